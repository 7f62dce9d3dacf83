/*
 * Plug and Play: uninstalls a volume or disk, and hides ("masks") a LUN at the
 * storage or shows it again. A device that vanishes while it is still installed
 * is a surprise removal, and the history says so.
 */
#include "pnp.h"

#include "../db/store.h"
#include "collision.h"
#include "event.h"
#include "instance.h"
#include "mount_points.h"
#include "refuse.h"

static nt_status check_removable(const struct sim_request *r, int64_t volume,
                                 int64_t disk) {
  return nt__sim_check_unused(r, volume, disk,
                              "the removal was vetoed by open handles");
}

/* ---- uninstall ----------------------------------------------------------- */

nt_status nt__sim_uninstall_volume(const struct sim_request *r, int64_t id) {
  struct sim_volume volume;
  nt_status status = nt__sim_load_volume(r, id, &volume);
  if (nt_ok(status)) {
    status = check_removable(r, id, -1);
  }
  if (nt_ok(status)) {
    status = nt__sim_check_system(r, &volume);
  }
  if (nt_ok(status)) {
    status = nt__sim_end_instances(r, id, -1);
  }
  volume.installed = false;
  if (nt_ok(status)) {
    status = nt__sim_event_volume(r, SIM_REMOVAL, id);
  }
  return nt_ok(status) ? nt__sim_save_volume(r, &volume) : status;
}

static nt_status set_disk_flags(const struct sim_request *r, int64_t disk,
                                uint32_t flags) {
  return nt__sim_exec(r, "UPDATE disk SET flags = ?2 WHERE number = ?1",
                      SIM_ARGS(SIM_INT(disk), SIM_INT(flags)));
}

nt_status nt__sim_uninstall_disk(const struct sim_request *r, int64_t number) {
  struct sim_disk disk;
  int64_t volumes;
  NT_TRY(nt__sim_load_disk(r, number, &disk));
  NT_TRY(check_removable(r, 0, number));
  NT_TRY(nt__sim_number(
      r,
      "SELECT count(*) FROM volume WHERE installed = 1 AND id IN "
      "(SELECT volume FROM extent WHERE disk = ?1)",
      SIM_ARGS(SIM_INT(number)), 0, &volumes));
  if (volumes > 0) {
    return nt_refuse(r->err, NT_REASON_VOLUMES_INSTALLED,
                     "%lld of its volumes are still installed",
                     (long long)volumes);
  }
  NT_TRY(nt__sim_end_instances(r, 0, number));
  NT_TRY(set_disk_flags(r, number, disk.flags | NT_DISK_UNINSTALLED));
  return nt__sim_event_disk(r, SIM_REMOVAL, number);
}

/* ---- masking ------------------------------------------------------------- */

/* Calls `fn` for every volume that has a part on the disk. */
static nt_status each_volume(const struct sim_request *r, uint32_t disk,
                             nt_status (*fn)(const struct sim_request *r,
                                             struct sim_volume *volume)) {
  for (int64_t id = 0;;) {
    struct sim_volume volume;
    nt_status status = nt__sim_number(
        r, "SELECT min(volume) FROM extent WHERE disk = ?1 AND volume > ?2",
        SIM_ARGS(SIM_INT(disk), SIM_INT(id)), 0, &id);
    if (!nt_ok(status) || id == 0) {
      return status;
    }
    status = nt__sim_load_volume(r, id, &volume);
    if (nt_ok(status)) {
      status = fn(r, &volume);
    }
    if (!nt_ok(status)) {
      return status;
    }
  }
}

static nt_status surprise_volume(const struct sim_request *r,
                                 struct sim_volume *volume) {
  if (!volume->installed) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt__sim_event_volume(r, SIM_SURPRISE_REMOVAL, volume->id);
  if (nt_ok(status)) {
    status = nt__sim_end_instances(r, volume->id, -1);
  }
  volume->installed = false;
  return nt_ok(status) ? nt__sim_save_volume(r, volume) : status;
}

nt_status nt__sim_mask_disk(const struct sim_request *r,
                            const struct sim_disk *disk) {
  nt_status status = nt__sim_event_disk(r, SIM_MASKED, disk->number);
  if (nt_ok(status)) {
    status = each_volume(r, disk->number, surprise_volume);
  }
  if (nt_ok(status) && !(disk->flags & NT_DISK_UNINSTALLED)) {
    status = nt__sim_event_disk(r, SIM_SURPRISE_REMOVAL, disk->number);
    if (nt_ok(status)) {
      status = nt__sim_end_instances(r, 0, disk->number);
    }
  }
  if (!nt_ok(status)) {
    return status;
  }
  return set_disk_flags(r, disk->number,
                        disk->flags | NT_DISK_MASKED | NT_DISK_UNINSTALLED);
}

/* Finds out whether every disk that a volume lies on is there and online, and
 * its partition, too: on a fixed disk that is a place with a length. */
static nt_status has_all_disks(const struct sim_request *r, int64_t volume,
                               bool *whole) {
  int64_t missing = 0;
  nt_status status = nt__sim_number(
      r,
      "SELECT count(*) FROM extent e JOIN disk d ON d.number = e.disk "
      "WHERE e.volume = ?1 AND (d.flags & ?2 <> 0 OR (e.length = 0 AND "
      "d.flags & ?3 = 0))",
      SIM_ARGS(SIM_INT(volume),
               SIM_INT(NT_DISK_MASKED | NT_DISK_UNINSTALLED | NT_DISK_OFFLINE),
               SIM_INT(NT_DISK_REMOVABLE)),
      0, &missing);
  *whole = missing == 0;
  return status;
}

/* F14: the mount manager sends ONLINE to every volume that arrives, unless it
 * is told not to, and the volume has no name. */
nt_status nt__sim_arrive(const struct sim_request *r,
                         struct sim_volume *volume) {
  bool whole;
  if (volume->installed) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(has_all_disks(r, volume->id, &whole));
  if (!whole) {
    return NT_STATUS_SUCCESS;
  }
  bool online = false;
  volume->installed = true;
  NT_TRY(nt__sim_save_volume(r, volume));
  NT_TRY(nt__sim_event_volume(r, SIM_ARRIVAL, volume->id));
  NT_TRY(nt__sim_points_arrive(r, volume->id, &online));
  /* a new letter may have put the volume online */
  NT_TRY(nt__sim_load_volume(r, volume->id, volume));
  return online ? nt__sim_set_online(r, volume) : NT_STATUS_SUCCESS;
}

/* W6: whether its signature is somebody else's is found anew. */
static nt_status set_present(const struct sim_request *r,
                             struct sim_disk disk) {
  if (disk.flags & NT_DISK_COLLISION) {
    disk.flags &= ~(NT_DISK_COLLISION | NT_DISK_OFFLINE);
  }
  if (disk.flags & NT_DISK_UNINSTALLED && !(disk.flags & NT_DISK_OFFLINE)) {
    NT_TRY(nt__sim_find_collision(r, &disk));
  }
  disk.flags &= ~(NT_DISK_MASKED | NT_DISK_UNINSTALLED);
  return set_disk_flags(r, disk.number, disk.flags);
}

nt_status nt__sim_unmask_disk(const struct sim_request *r,
                              const struct sim_disk *disk) {
  if (disk->flags & NT_DISK_MASKED) {
    NT_TRY(nt__sim_event_disk(r, SIM_UNMASKED, disk->number));
  }
  NT_TRY(set_present(r, *disk));
  if (disk->flags & NT_DISK_UNINSTALLED) {
    NT_TRY(nt__sim_event_disk(r, SIM_ARRIVAL, disk->number));
  }
  return each_volume(r, disk->number, nt__sim_arrive);
}

/* ---- the disk's own offline ---------------------------------------------- */

static nt_status check_system(const struct sim_request *r,
                              struct sim_volume *volume) {
  return nt__sim_check_system(r, volume);
}

/* Open handles do not prevent this. Whoever has a volume of the disk open has a
 * dead handle afterwards. */
nt_status nt__sim_disk_offline(const struct sim_request *r,
                               struct sim_disk *disk, bool offline) {
  nt_status status = NT_STATUS_SUCCESS;
  if (offline == ((disk->flags & NT_DISK_OFFLINE) != 0)) {
    return status;
  }
  if (offline) {
    status = each_volume(r, disk->number, check_system);
  }
  if (nt_ok(status) && offline) {
    status = each_volume(r, disk->number, surprise_volume);
  }
  if (nt_ok(status) && !offline) {
    status = nt__sim_end_collision(r, disk);
  }
  if (!nt_ok(status)) {
    return status;
  }
  disk->flags ^= NT_DISK_OFFLINE;
  if (nt_ok(status)) {
    status = set_disk_flags(r, disk->number, disk->flags);
  }
  return nt_ok(status) && !offline
             ? each_volume(r, disk->number, nt__sim_arrive)
             : status;
}
