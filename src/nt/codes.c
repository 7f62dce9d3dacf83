/*
 * Control codes: the table made from the list of codes.h.
 */
#include "codes.h"

static const struct nt_code_row rows[] = {
#define X(name, device, function, method, access, verb) \
  {#name, NT_CTL_CODE(device, function, method, access), verb},
    NT_CODE_LIST(X)
#undef X
};

/* Checks five codes that this project is about against the values of winioctl.h
 * and ntddvol.h. With a mistake in the arithmetic this does not compile. */
_Static_assert(NT_FSCTL_LOCK_VOLUME == 0x00090018, "FSCTL_LOCK_VOLUME");
_Static_assert(NT_FSCTL_UNLOCK_VOLUME == 0x0009001C, "FSCTL_UNLOCK_VOLUME");
_Static_assert(NT_FSCTL_DISMOUNT_VOLUME == 0x00090020, "FSCTL_DISMOUNT_VOLUME");
_Static_assert(NT_IOCTL_VOLUME_ONLINE == 0x0056C008, "IOCTL_VOLUME_ONLINE");
_Static_assert(NT_IOCTL_VOLUME_OFFLINE == 0x0056C00C, "IOCTL_VOLUME_OFFLINE");

const struct nt_code_row *nt_code_at(size_t index) {
  return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}

const struct nt_code_row *nt_code_find(uint32_t code) {
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (rows[i].code == code) {
      return &rows[i];
    }
  }
  return NULL;
}

/* The two access bits of a code are FILE_READ_DATA and FILE_WRITE_DATA in
 * their own places. */
uint32_t nt_code_access(uint32_t code) {
  return code >> 14 & 3U;
}
