/*
 * NTSTATUS values: the tables made from the lists of status.h.
 */
#include "status.h"

/* The names of the Win32 column as numbers. One status passes through
 * RtlNtStatusToDosError unchanged, and so is its own Win32 code. */
enum {
#define X(name, value) WIN32_##name = value,
  NT_WIN32_LIST(X)
#undef X
      WIN32_STATUS_VOLMGR_VOLUME_OFFLINE = 0xC038004B
};

static const struct nt_status_row rows[] = {
#define X(name, value, win32, cls, text) \
  {value, #name, #win32, WIN32_##win32, NT_CLASS_##cls, text},
    NT_STATUS_LIST(X)
#undef X
};

static const struct {
  uint32_t code;
  const char *name;
} win32_rows[] = {
#define X(name, value) {value, #name},
    NT_WIN32_LIST(X)
#undef X
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct nt_status_row *nt_status_at(size_t index) {
  return index < COUNT(rows) ? &rows[index] : NULL;
}

const struct nt_status_row *nt_status_find(nt_status status) {
  for (size_t i = 0; i < COUNT(rows); i++) {
    if (rows[i].value == status) {
      return &rows[i];
    }
  }
  return NULL;
}

uint32_t nt_status_to_win32(nt_status status) {
  const struct nt_status_row *row = nt_status_find(status);
  if (row != NULL) {
    return row->win32;
  }
  if (status >> 16 == 0x8007U) {
    return status & 0xFFFFU;
  }
  return WIN32_ERROR_MR_MID_NOT_FOUND;
}

const char *nt_win32_name(uint32_t code) {
  for (size_t i = 0; i < COUNT(win32_rows); i++) {
    if (win32_rows[i].code == code) {
      return win32_rows[i].name;
    }
  }
  return NULL;
}

const char *nt_class_name(enum nt_class cls) {
  switch (cls) {
    case NT_CLASS_TRANSIENT:
      return "transient";
    case NT_CLASS_PERMANENT:
      return "permanent";
    case NT_CLASS_UNSUPPORTED:
      return "unsupported";
    case NT_CLASS_CANCELLED:
      return "cancelled";
    case NT_CLASS_TIMEOUT:
      return "timeout";
    case NT_CLASS_USAGE:
      return "usage";
    case NT_CLASS_NONE:
      break;
  }
  return "none";
}
