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

static nt_status check_removable(struct sim_machine *m, int64_t volume,
                                 int64_t disk, struct nt_error *err) {
  return nt__sim_check_unused(m, volume, disk,
                              "the removal was vetoed by open handles", err);
}

/* ---- uninstall ----------------------------------------------------------- */

nt_status nt__sim_uninstall_volume(struct sim_machine *m, int64_t id,
                                   struct nt_error *err) {
  struct sim_volume volume;
  nt_status status = nt__sim_load_volume(m, id, &volume, err);
  if (nt_ok(status)) {
    status = check_removable(m, id, -1, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_check_system(&volume, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_end_instances(m, id, -1, err);
  }
  volume.installed = false;
  if (nt_ok(status)) {
    status = nt__sim_event_volume(m, SIM_REMOVAL, id, err);
  }
  return nt_ok(status) ? nt__sim_save_volume(m, &volume, err) : status;
}

static nt_status set_disk_flags(struct sim_machine *m, int64_t disk,
                                uint32_t flags, struct nt_error *err) {
  return nt__sim_exec(m, "UPDATE disk SET flags = ?2 WHERE number = ?1",
                      SIM_ARGS(SIM_INT(disk), SIM_INT(flags)), err);
}

nt_status nt__sim_uninstall_disk(struct sim_machine *m, int64_t number,
                                 struct nt_error *err) {
  struct sim_disk disk;
  int64_t volumes;
  NT_TRY(nt__sim_load_disk(m, number, &disk, err));
  NT_TRY(check_removable(m, 0, number, err));
  NT_TRY(nt__sim_number(
      m,
      "SELECT count(*) FROM volume WHERE installed = 1 AND id IN "
      "(SELECT volume FROM extent WHERE disk = ?1)",
      SIM_ARGS(SIM_INT(number)), 0, &volumes, err));
  if (volumes > 0) {
    return nt_refuse(err, NT_REASON_VOLUMES_INSTALLED,
                     "%lld of its volumes are still installed",
                     (long long)volumes);
  }
  NT_TRY(nt__sim_end_instances(m, 0, number, err));
  NT_TRY(set_disk_flags(m, number, disk.flags | NT_DISK_UNINSTALLED, err));
  return nt__sim_event_disk(m, SIM_REMOVAL, number, err);
}

/* ---- masking ------------------------------------------------------------- */

/* Calls `fn` for every volume that has a part on the disk. */
static nt_status each_volume(struct sim_machine *m, uint32_t disk,
                             nt_status (*fn)(struct sim_machine *m,
                                             struct sim_volume *volume,
                                             struct nt_error *err),
                             struct nt_error *err) {
  for (int64_t id = 0;;) {
    struct sim_volume volume;
    nt_status status = nt__sim_number(
        m, "SELECT min(volume) FROM extent WHERE disk = ?1 AND volume > ?2",
        SIM_ARGS(SIM_INT(disk), SIM_INT(id)), 0, &id, err);
    if (!nt_ok(status) || id == 0) {
      return status;
    }
    status = nt__sim_load_volume(m, id, &volume, err);
    if (nt_ok(status)) {
      status = fn(m, &volume, err);
    }
    if (!nt_ok(status)) {
      return status;
    }
  }
}

static nt_status surprise_volume(struct sim_machine *m,
                                 struct sim_volume *volume,
                                 struct nt_error *err) {
  if (!volume->installed) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status =
      nt__sim_event_volume(m, SIM_SURPRISE_REMOVAL, volume->id, err);
  if (nt_ok(status)) {
    status = nt__sim_end_instances(m, volume->id, -1, err);
  }
  volume->installed = false;
  return nt_ok(status) ? nt__sim_save_volume(m, volume, err) : status;
}

nt_status nt__sim_mask_disk(struct sim_machine *m, const struct sim_disk *disk,
                            struct nt_error *err) {
  nt_status status = nt__sim_event_disk(m, SIM_MASKED, disk->number, err);
  if (nt_ok(status)) {
    status = each_volume(m, disk->number, surprise_volume, err);
  }
  if (nt_ok(status) && !(disk->flags & NT_DISK_UNINSTALLED)) {
    status = nt__sim_event_disk(m, SIM_SURPRISE_REMOVAL, disk->number, err);
    if (nt_ok(status)) {
      status = nt__sim_end_instances(m, 0, disk->number, err);
    }
  }
  if (!nt_ok(status)) {
    return status;
  }
  return set_disk_flags(
      m, disk->number, disk->flags | NT_DISK_MASKED | NT_DISK_UNINSTALLED, err);
}

/* Finds out whether every disk that a volume lies on is there and online, and
 * its partition, too: on a fixed disk that is a place with a length. */
static nt_status has_all_disks(struct sim_machine *m, int64_t volume,
                               bool *whole, struct nt_error *err) {
  int64_t missing = 0;
  nt_status status = nt__sim_number(
      m,
      "SELECT count(*) FROM extent e JOIN disk d ON d.number = e.disk "
      "WHERE e.volume = ?1 AND (d.flags & ?2 <> 0 OR (e.length = 0 AND "
      "d.flags & ?3 = 0))",
      SIM_ARGS(SIM_INT(volume),
               SIM_INT(NT_DISK_MASKED | NT_DISK_UNINSTALLED | NT_DISK_OFFLINE),
               SIM_INT(NT_DISK_REMOVABLE)),
      0, &missing, err);
  *whole = missing == 0;
  return status;
}

/* F14: the mount manager sends ONLINE to every volume that arrives, unless it
 * is told not to, and the volume has no name. */
nt_status nt__sim_arrive(struct sim_machine *m, struct sim_volume *volume,
                         struct nt_error *err) {
  bool whole;
  if (volume->installed) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(has_all_disks(m, volume->id, &whole, err));
  if (!whole) {
    return NT_STATUS_SUCCESS;
  }
  bool online = false;
  volume->installed = true;
  NT_TRY(nt__sim_save_volume(m, volume, err));
  NT_TRY(nt__sim_event_volume(m, SIM_ARRIVAL, volume->id, err));
  NT_TRY(nt__sim_points_arrive(m, volume->id, &online, err));
  /* a new letter may have put the volume online */
  NT_TRY(nt__sim_load_volume(m, volume->id, volume, err));
  return online ? nt__sim_set_online(m, volume, err) : NT_STATUS_SUCCESS;
}

/* W6: whether its signature is somebody else's is found anew. */
static nt_status set_present(struct sim_machine *m, struct sim_disk disk,
                             struct nt_error *err) {
  if (disk.flags & NT_DISK_COLLISION) {
    disk.flags &= ~(NT_DISK_COLLISION | NT_DISK_OFFLINE);
  }
  if (disk.flags & NT_DISK_UNINSTALLED && !(disk.flags & NT_DISK_OFFLINE)) {
    NT_TRY(nt__sim_find_collision(m, &disk, err));
  }
  disk.flags &= ~(NT_DISK_MASKED | NT_DISK_UNINSTALLED);
  return set_disk_flags(m, disk.number, disk.flags, err);
}

nt_status nt__sim_unmask_disk(struct sim_machine *m,
                              const struct sim_disk *disk,
                              struct nt_error *err) {
  if (disk->flags & NT_DISK_MASKED) {
    NT_TRY(nt__sim_event_disk(m, SIM_UNMASKED, disk->number, err));
  }
  NT_TRY(set_present(m, *disk, err));
  if (disk->flags & NT_DISK_UNINSTALLED) {
    NT_TRY(nt__sim_event_disk(m, SIM_ARRIVAL, disk->number, err));
  }
  return each_volume(m, disk->number, nt__sim_arrive, err);
}

/* ---- the disk's own offline ---------------------------------------------- */

static nt_status check_system(struct sim_machine *m, struct sim_volume *volume,
                              struct nt_error *err) {
  (void)m;
  return nt__sim_check_system(volume, err);
}

/* Open handles do not prevent this. Whoever has a volume of the disk open has a
 * dead handle afterwards. */
nt_status nt__sim_disk_offline(struct sim_machine *m, struct sim_disk *disk,
                               bool offline, struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  if (offline == ((disk->flags & NT_DISK_OFFLINE) != 0)) {
    return status;
  }
  if (offline) {
    status = each_volume(m, disk->number, check_system, err);
  }
  if (nt_ok(status) && offline) {
    status = each_volume(m, disk->number, surprise_volume, err);
  }
  if (nt_ok(status) && !offline) {
    status = nt__sim_end_collision(m, disk, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  disk->flags ^= NT_DISK_OFFLINE;
  if (nt_ok(status)) {
    status = set_disk_flags(m, disk->number, disk->flags, err);
  }
  return nt_ok(status) && !offline
             ? each_volume(m, disk->number, nt__sim_arrive, err)
             : status;
}
