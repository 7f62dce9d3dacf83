/*
 * The attributes of a disk. A disk that is offline takes all its volumes away.
 * That is something else than a volume that is offline (docs/rules.md 4.4).
 */
#include "../../disk/bytes.h"
#include "../db/store.h"
#include "../disk/image.h"
#include "../rules/pnp.h"
#include "layout.h"

#define ATTRIBUTE_OFFLINE 0x1U
#define ATTRIBUTE_READ_ONLY 0x2U
#define ATTRIBUTES (ATTRIBUTE_OFFLINE | ATTRIBUTE_READ_ONLY)

/* GET_DISK_ATTRIBUTES: { u32 size, u32 reserved, u64 attributes } */
nt_status nt__sim_get_disk_attributes(struct sim_request *r) {
  uint64_t attributes = 0;
  NT_TRY(nt__sim_claim(r, 16));
  if (r->disk.flags & NT_DISK_OFFLINE) {
    attributes |= ATTRIBUTE_OFFLINE;
  }
  if (r->disk.flags & NT_DISK_READONLY) {
    attributes |= ATTRIBUTE_READ_ONLY;
  }
  nt_put_u32(r->out, 16);
  nt_put_u64(r->out + 8, attributes);
  return NT_STATUS_SUCCESS;
}

static nt_status invalid(const struct sim_request *r, const char *detail) {
  nt_fail(r->err, NT_STATUS_INVALID_PARAMETER, "%s", detail);
  nt_hint(r->err, "bit 0 is offline, bit 1 read-only; the first field is 40");
  return NT_STATUS_INVALID_PARAMETER;
}

/* An image that was opened read-only is opened again, which shows whether it
 * can be written at all. */
static nt_status set_read_only(struct sim_request *r, bool on) {
  if (on) {
    r->disk.flags |= NT_DISK_READONLY;
  } else {
    r->disk.flags &= ~NT_DISK_READONLY;
  }
  NT_TRY(
      nt__sim_exec(r, "UPDATE disk SET flags = ?2 WHERE number = ?1",
                   SIM_ARGS(SIM_INT(r->disk.number), SIM_INT(r->disk.flags))));
  return nt__sim_image(r, r->disk.number);
}

/* SET_DISK_ATTRIBUTES: { u32 size, u8 persist, padding, u64 attributes, u64
 * mask, u32 reserved[4] }. A simulated machine never restarts, so all
 * attributes that are set stay. */
nt_status nt__sim_set_disk_attributes(struct sim_request *r) {
  NT_TRY(nt__sim_input(r, 40, NT_STATUS_INFO_LENGTH_MISMATCH));
  uint64_t value = nt_get_u64(r->in + 8), mask = nt_get_u64(r->in + 16);
  if (nt_get_u32(r->in) != 40) {
    return invalid(r, "the structure is of another version");
  }
  if (mask & ~(uint64_t)ATTRIBUTES) {
    return invalid(r, "there is no such attribute");
  }
  if (mask & ATTRIBUTE_READ_ONLY) {
    NT_TRY(set_read_only(r, (value & ATTRIBUTE_READ_ONLY) != 0));
  }
  if (mask & ATTRIBUTE_OFFLINE) {
    NT_TRY(nt__sim_disk_offline(r, &r->disk, (value & ATTRIBUTE_OFFLINE) != 0));
  }
  return NT_STATUS_SUCCESS;
}
