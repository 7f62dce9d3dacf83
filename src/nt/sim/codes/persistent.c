/*
 * Settings of a file system that outlive its mounts: FSCTL_SET and
 * QUERY_PERSISTENT_VOLUME_STATE (docs/rules.md 4.3). It is not public where a
 * file system keeps them. Here they are kept in the database, with the name and
 * the serial number of the file system that they belong to. So another file
 * system on the same volume begins without any settings.
 */
#include "../../disk/bytes.h"
#include "../db/store.h"
#include "query.h"

/* FILE_FS_PERSISTENT_VOLUME_INFORMATION: { u32 flags, u32 mask, u32 version,
 * u32 reserved } */
#define STATE_SIZE 16U
#define AT_FLAGS 0
#define AT_MASK 4
#define AT_VERSION 8

/* PERSISTENT_VOLUME_STATE_SHORT_NAME_CREATION_DISABLED up to
 * PERSISTENT_VOLUME_STATE_TRUSTED_VOLUME (ntifs.h). */
#define KNOWN_FLAGS 0x7FFFU

static nt_status check_structure(const struct sim_request *r) {
  NT_TRY(nt__sim_input(r, STATE_SIZE, NT_STATUS_BUFFER_TOO_SMALL));
  if (nt_get_u32(r->in + AT_VERSION) != 1) {
    nt_fail(r->err, NT_STATUS_NOT_SUPPORTED,
            "the structure is of another version");
    nt_hint(r->err, "set its third field to 1");
    return NT_STATUS_NOT_SUPPORTED;
  }
  if (nt_get_u32(r->in + AT_MASK) & ~KNOWN_FLAGS) {
    nt_fail(r->err, NT_STATUS_INVALID_PARAMETER,
            "the mask has flags that are none");
    nt_hint(r->err, "use the flags of ntifs.h, 0x1 to 0x4000");
    return NT_STATUS_INVALID_PARAMETER;
  }
  return NT_STATUS_SUCCESS;
}

/* Refuses unless the handle is a volume handle, and the file system has such
 * settings and is mounted. */
static nt_status check(struct sim_request *r) {
  NT_TRY(nt__sim_check_format(r));
  NT_TRY(nt__sim_check_volume_handle(r));
  NT_TRY(check_structure(r));
  return nt__sim_check_alive(r);
}

static nt_status load(struct sim_request *r, uint32_t *flags) {
  int64_t found = 0;
  nt_status status = nt__sim_number(
      r,
      "SELECT flags FROM persistent_state WHERE volume = ?1 "
      "AND file_system = ?2 AND serial = ?3",
      SIM_ARGS(SIM_INT(r->volume.id), SIM_TEXT(nt__sim_bytes_of(&r->instance)),
               SIM_TEXT(r->instance.serial)),
      0, &found);
  *flags = (uint32_t)found;
  return status;
}

static nt_status query(struct sim_request *r) {
  uint32_t flags = 0;
  nt_status status = check(r);
  uint32_t mask = nt_ok(status) ? nt_get_u32(r->in + AT_MASK) : 0;
  if (nt_ok(status)) {
    status = load(r, &flags);
  }
  if (nt_ok(status)) { /* the buffers may be the same one */
    status = nt__sim_claim(r, STATE_SIZE);
  }
  if (nt_ok(status)) {
    nt_put_u32(r->out + AT_FLAGS, flags & mask);
    nt_put_u32(r->out + AT_MASK, mask);
    nt_put_u32(r->out + AT_VERSION, 1);
  }
  return status;
}

static nt_status set(struct sim_request *r) {
  uint32_t flags = 0;
  NT_TRY(check(r));
  NT_TRY(nt__sim_check_manage(r));
  NT_TRY(nt__sim_check_writable(r));
  NT_TRY(load(r, &flags));
  uint32_t mask = nt_get_u32(r->in + AT_MASK);
  flags = (flags & ~mask) | (nt_get_u32(r->in + AT_FLAGS) & mask);
  return nt__sim_exec(
      r,
      "INSERT OR REPLACE INTO persistent_state "
      "(volume, file_system, serial, flags) VALUES (?1, ?2, ?3, ?4)",
      SIM_ARGS(SIM_INT(r->volume.id), SIM_TEXT(nt__sim_bytes_of(&r->instance)),
               SIM_TEXT(r->instance.serial), SIM_INT(flags)));
}

const struct sim_answer nt__sim_persistent_answers[] = {
    {NT_FSCTL_QUERY_PERSISTENT_VOLUME_STATE, 0, query},
    {NT_FSCTL_SET_PERSISTENT_VOLUME_STATE, 0, set},
    {0, 0, NULL},
};
