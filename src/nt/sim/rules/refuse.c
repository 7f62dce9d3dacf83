/* Refusals that several requests have in common. They say what state a volume
 * or its file system is in, and what the user can do about it. */
#include "refuse.h"

#include "../db/store.h"
#include "holders.h"

nt_status nt__sim_check_system(const struct sim_request *r,
                               const struct sim_volume *volume) {
  bool page = (volume->flags & NT_VOLUME_PAGEFILE) != 0;
  if (!(volume->flags & SIM_VOLUME_OF_SYSTEM)) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(r->err, NT_STATUS_ACCESS_DENIED,
               page ? NT_REASON_PAGE_FILE : NT_REASON_SYSTEM_VOLUME,
               page ? "the volume holds a page file"
                    : "the system runs from this volume");
  nt_hint(r->err, page ? "move the page file to another volume first"
                       : "start another system to work on this volume");
  return NT_STATUS_ACCESS_DENIED;
}

nt_status nt__sim_check_not_shared(const struct sim_request *r) {
  if (!nt__sim_is_shared(&r->volume)) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(
      r->err, NT_REASON_CLUSTER_SHARED,
      "cluster shared volumes do not support it: the cluster service puts "
      "them online and offline itself");
}

nt_status nt__sim_check_unused(const struct sim_request *r, int64_t volume,
                               int64_t disk, const char *detail) {
  int64_t openers = 0;
  NT_TRY(nt__sim_number(
      r, "SELECT count(*) FROM file_object WHERE volume = ?1 AND disk = ?2",
      SIM_ARGS(SIM_INT(volume), SIM_INT(disk)), 0, &openers));
  if (openers == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(r->err, NT_STATUS_DEVICE_BUSY, NT_REASON_IN_USE, "%s", detail);
  nt__sim_add_openers(r, volume, disk);
  return NT_STATUS_DEVICE_BUSY;
}

nt_status nt__sim_check_condition(const struct sim_request *r) {
  switch (r->instance.condition) {
    case SIM_GOOD:
      return NT_STATUS_SUCCESS;
    case SIM_DISMOUNTED:
      nt_refuse(r->err, NT_REASON_DISMOUNTED, NULL);
      return NT_STATUS_VOLUME_DISMOUNTED;
    case SIM_WRONG_VOLUME:
      nt_refuse(r->err, NT_REASON_IDENTITY_CHANGED,
                "another file system is on the volume now");
      return NT_STATUS_WRONG_VOLUME;
    case SIM_GONE:
    case SIM_INVALIDATED:
      break;
  }
  if (r->instance.condition == SIM_INVALIDATED) {
    return nt_refuse(r->err, NT_REASON_DISMOUNTED_ELSEWHERE,
                     "another node of the cluster dismounted the volume");
  }
  return nt_refuse(r->err, NT_REASON_REMOVED, "the device was removed");
}

nt_status nt__sim_check_online(const struct sim_request *r) {
  if (!(r->volume.flags & NT_VOLUME_OFFLINE)) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(r->err, NT_REASON_OFFLINE, "the volume is offline");
}

nt_status nt__sim_check_not_cut(const struct sim_request *r) {
  if (!(r->volume.flags & NT_VOLUME_CUT)) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(r->err, NT_REASON_PARTITION_TABLE,
            "its partition reaches past the end of the disk");
  nt_hints(r->err,
           "bring back the whole image, or make the partition smaller and "
           "create the machine again",
           "bring back the whole image, or make the partition smaller and "
           "create the machine again");
  return NT_STATUS_DISK_CORRUPT_ERROR;
}

nt_status nt__sim_disks_readonly(const struct sim_request *r,
                                 const struct nt_extent *extents,
                                 uint32_t count, bool *out) {
  nt_status status = NT_STATUS_SUCCESS;
  *out = false;
  for (uint32_t i = 0; nt_ok(status) && !*out && i < count; i++) {
    struct sim_disk disk;
    status = nt__sim_load_disk(r, extents[i].disk, &disk);
    *out = nt_ok(status) && (disk.flags & NT_DISK_READONLY) != 0;
  }
  return status;
}

/* The object manager refuses this, because a section is not a file object. */
nt_status nt__sim_check_not_section(const struct sim_request *r) {
  if (r->handle->base.kind != NT_KIND_SECTION) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(r->err, NT_REASON_SECTION,
                   "a mapped file can be read and closed, nothing else");
}

nt_status nt__sim_check_held(const struct sim_request *r) {
  int64_t count = 0;
  NT_TRY(nt__sim_number(r,
                        "SELECT count(*) FROM file_object WHERE volume = ?1 "
                        "AND " SIM_HOLDS_WRITES,
                        SIM_ARGS(SIM_INT(r->volume.id)), 0, &count));
  if (count == 0) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse_as(r->err, NT_STATUS_MEDIA_WRITE_PROTECTED,
                      NT_REASON_WRITES_HELD,
                      "writes are held for a snapshot of the volume");
}
