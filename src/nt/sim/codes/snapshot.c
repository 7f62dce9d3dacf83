/*
 * What the driver of shadow copies asks of a volume (docs/rules.md 1.12): to
 * write all waiting data to the image and hold further writes while the
 * snapshot is taken, and then to go on. A simulated write cannot wait, because
 * the same process may have to send the release. So during that time the volume
 * is write protected; it can be mounted and read, as documented. The hold
 * belongs to a handle, and ends when that handle closes.
 */
#include "../db/store.h"
#include "../disk/image.h"
#include "../rules/cache.h"
#include "../rules/instance.h"
#include "../rules/refuse.h"
#include "query.h"

static nt_status held_by_other(const struct sim_request *r, int64_t *count) {
  return nt__sim_number(
      r,
      "SELECT count(*) FROM file_object "
      "WHERE volume = ?1 AND " SIM_HOLDS_WRITES " AND id <> ?2",
      SIM_ARGS(SIM_INT(r->volume.id), SIM_INT(r->object.id)), 0, count);
}

static nt_status load(struct sim_request *r) {
  NT_TRY(nt__sim_load_file_object(r, r->handle->file_object, &r->object));
  return nt__sim_load_instance(r, r->object.instance, &r->instance);
}

static nt_status hold(struct sim_request *r) {
  int64_t others = 0;
  NT_TRY(load(r));
  NT_TRY(nt__sim_verify(r));
  /* STATUS_VOLUME_DISMOUNTED, as documented */
  NT_TRY(nt__sim_check_condition(r));
  NT_TRY(held_by_other(r, &others));
  if (others > 0) {
    return nt_refuse(r->err, NT_REASON_WRITES_HELD,
                     "another handle holds the writes already");
  }
  NT_TRY(nt__sim_cache_write_back(r, &r->instance, SIM_ALL_FILES));
  NT_TRY(nt__sim_image_flush(r, r->handle->extents, r->handle->extent_count));
  r->object.flags |= SIM_FO_HOLDS_WRITES;
  return nt__sim_save_file_object(r, &r->object);
}

/* Releases the writes. The coordinator opens the volume anew for this, so any
 * handle may do it. */
static nt_status release(struct sim_request *r) {
  int64_t count = 0;
  NT_TRY(held_by_other(r, &count));
  if (count == 0) {
    return nt_refuse(r->err, NT_REASON_NOT_HELD,
                     "nobody holds the writes of this volume");
  }
  return nt__sim_exec(
      r, "UPDATE file_object SET flags = flags & ~?2 WHERE volume = ?1",
      SIM_ARGS(SIM_INT(r->volume.id), SIM_INT(SIM_FO_HOLDS_WRITES)));
}

const struct sim_answer nt__sim_snapshot_answers[] = {
    {NT_IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES,
     SIM_OF_VOLUME | SIM_OF_MEDIUM | SIM_OF_ONLINE | SIM_NOT_OF_CD, hold},
    {NT_IOCTL_VOLSNAP_RELEASE_WRITES, SIM_OF_VOLUME | SIM_NOT_OF_CD, release},
    {0, 0, NULL},
};
