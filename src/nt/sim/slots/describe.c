/* Lists volumes and disks. It only looks: nothing is mounted by it. */
#include <stdio.h>
#include <string.h>

#include "../db/store.h"
#include "../disk/bytes.h"
#include "../disk/image.h"
#include "../rules/cluster.h"
#include "../rules/refuse.h"
#include "../rules/resolve.h"
#include "slots.h"
#include "transaction.h"

/* ---- volumes ------------------------------------------------------------- */

static nt_status add_mount_points(const struct sim_request *r, int64_t volume,
                                  struct nt_volume_info *out) {
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(r,
                                   "SELECT path FROM mount_point "
                                   "WHERE volume = ?1 "
                                   "ORDER BY length(path), path",
                                   SIM_ARGS(SIM_INT(volume)), &stmt);
  if (!nt_ok(status)) {
    return status;
  }
  while (nt_ok(status = nt__sim_step(r, stmt)) &&
         out->mount_point_count < NT_MAX_MOUNT_POINTS) {
    nt__sim_text(stmt, 0, out->mount_points[out->mount_point_count++],
                 NT_NAME_MAX);
  }
  sqlite3_reset(stmt);
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

static void show_instance(const struct sim_instance *instance,
                          struct nt_volume_info *out) {
  nt_copy(out->file_system, sizeof out->file_system, instance->file_system);
  nt_copy(out->label, sizeof out->label, instance->label);
  nt_copy(out->serial, sizeof out->serial, instance->serial);
  if (instance->vpb & SIM_VPB_LOCKED) {
    out->flags |= NT_VOLUME_LOCKED;
  }
  if (instance->condition == SIM_DISMOUNTED) {
    out->flags |= NT_VOLUME_DISMOUNTED;
  } else if (instance->fsd != &nt__sim_fsd_raw) {
    out->flags |= NT_VOLUME_MOUNTED;
  }
}

/* Shows what a mount would find. If the image cannot be read, no file system is
 * shown; opening the volume then says why. If this process lacks memory or may
 * open no more files, that is an error, because nothing was looked at. */
static nt_status show_bytes(const struct sim_request *r,
                            const struct sim_volume *volume,
                            struct nt_volume_info *out) {
  struct nt_probe probe;
  struct nt_error unread = {0};
  nt_status status =
      nt__sim_image_probe(SIM_REQUEST(r->m, &unread), out->extents,
                          out->extent_count, out->length, &probe);
  if (!nt_ok(status)) {
    bool looked = !nt_is_shortage(status);
    out->flags |= NT_VOLUME_UNREADABLE;
    if (!looked) {
      nt_error_copy(r->err, &unread);
    }
    return looked ? NT_STATUS_SUCCESS : status;
  }
  const struct sim_fsd *fsd = nt__sim_fsd_of_volume(volume, probe.file_system);
  nt_copy(out->file_system, sizeof out->file_system,
          nt__sim_fsd_title(fsd, probe.file_system));
  if (fsd != &nt__sim_fsd_raw) {
    nt_copy(out->label, sizeof out->label, probe.label);
    nt_copy(out->serial, sizeof out->serial, probe.serial);
  }
  return NT_STATUS_SUCCESS;
}

/* Shows what lies in a volume that is RAW. Bytes that cannot be read show
 * nothing; a shortage of this process is a failure. */
static nt_status show_content(const struct sim_request *r,
                              struct nt_volume_info *out) {
  const uint32_t unseen =
      NT_VOLUME_UNREADABLE | NT_VOLUME_OFFLINE | NT_VOLUME_NO_MEDIUM;
  struct nt_error unread = {0};
  if (strcmp(out->file_system, "RAW") != 0 || out->flags & unseen) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status =
      nt__sim_image_content(SIM_REQUEST(r->m, &unread), out->extents,
                            out->extent_count, out->length, out->content);
  if (nt_is_shortage(status)) {
    nt_error_copy(r->err, &unread);
    return status;
  }
  return NT_STATUS_SUCCESS;
}

/* For a mounted file system whose bytes have to be verified, shows what the
 * bytes are now. It is shown as mounted only if they are still its own. */
static nt_status show_unverified(const struct sim_request *r,
                                 const struct sim_volume *volume,
                                 const struct sim_instance *instance,
                                 struct nt_volume_info *out) {
  nt_status status = show_bytes(r, volume, out);
  if (instance->fsd != &nt__sim_fsd_raw &&
      strcmp(out->file_system, instance->file_system) == 0 &&
      strcmp(out->serial, instance->serial) == 0) {
    out->flags |= NT_VOLUME_MOUNTED;
  }
  return status;
}

static nt_status show_file_system(const struct sim_request *r,
                                  const struct sim_volume *volume,
                                  struct nt_volume_info *out) {
  struct sim_instance instance;
  bool offline = (volume->flags & NT_VOLUME_OFFLINE) != 0;
  nt_status status = nt__sim_current_instance(r, volume->id, -1, &instance);
  if (out->flags & NT_VOLUME_NO_MEDIUM) {
    if (nt_ok(status) && instance.vpb & SIM_VPB_LOCKED) {
      out->flags |= NT_VOLUME_LOCKED;
    }
    return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
  }
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    return offline ? NT_STATUS_SUCCESS : show_bytes(r, volume, out);
  }
  if (!nt_ok(status)) {
    return status;
  }
  if (volume->verify_pending && !offline && instance.condition == SIM_GOOD &&
      instance.lock_owner == 0) {
    return show_unverified(r, volume, &instance, out);
  }
  show_instance(&instance, out);
  return NT_STATUS_SUCCESS;
}

/* A shared volume that is locked on one node is locked on all of them. */
static nt_status show_cluster(const struct sim_request *r,
                              const struct sim_volume *volume,
                              struct nt_volume_info *out) {
  struct sim_instance locked;
  int64_t id = 0;
  NT_TRY(nt__sim_node_name(r, volume->node, out->owner));
  if (nt__sim_is_shared(volume)) {
    NT_TRY(nt__sim_locked_elsewhere(r, volume->id, &id));
  }
  if (id == 0) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_load_instance(r, id, &locked));
  if (locked.vpb & SIM_VPB_LOCKED) {
    out->flags |= NT_VOLUME_LOCKED;
  }
  return NT_STATUS_SUCCESS;
}

/* Shows whether the file system is dirty, also when it is not mounted, because
 * the mark is in its bytes. */
static void show_dirty(struct sim_machine *m, struct nt_volume_info *out) {
  struct sim_bytes b;
  struct nt_error ignored = {0};
  bool dirty = false;
  const struct sim_fsd *shared = &nt__sim_fsd_csvfs;
  const struct nt_fs *fs = nt_fs_with_clusters(
      strcmp(out->file_system, shared->calls_itself) == 0 ? shared->lies_on
                                                          : out->file_system);
  if (!fs || out->flags & NT_VOLUME_OFFLINE) {
    return;
  }
  nt_status status = nt__sim_bytes_open(SIM_REQUEST(m, &ignored), out->extents,
                                        out->extent_count, out->length, &b);
  if (nt_ok(status) && fs->is_dirty(&b.region, &dirty) && dirty) {
    out->flags |= NT_VOLUME_DIRTY;
  }
}

static nt_status name_cd(const struct sim_request *r, uint32_t disk,
                         const char *in, char *buf, size_t cap) {
  int64_t number;
  NT_TRY(nt__sim_cd_number(r, disk, &number));
  snprintf(buf, cap, "%sCdRom%lld", in, (long long)number);
  return NT_STATUS_SUCCESS;
}

/* Sets `flag` when the image of a disk cannot be read; opening the disk then
 * says why. If this process lacks memory or open files, that is no fault of the
 * image. */
static nt_status check_image(const struct sim_request *r, uint32_t disk,
                             uint32_t flag, uint32_t *flags) {
  struct nt_error unread = {0};
  nt_status status = nt__sim_image(SIM_REQUEST(r->m, &unread), disk);
  if (nt_is_shortage(status)) {
    nt_error_copy(r->err, &unread);
    return status;
  }
  *flags |= nt_ok(status) ? 0 : flag;
  return NT_STATUS_SUCCESS;
}

static nt_status describe(const struct sim_request *r, int64_t id,
                          struct nt_volume_info *out) {
  struct sim_volume volume;
  *out = (struct nt_volume_info){0};
  NT_TRY(nt__sim_load_volume(r, id, &volume));
  snprintf(out->guid_path, sizeof out->guid_path, "\\\\?\\Volume{%s}",
           volume.guid);
  snprintf(out->device, sizeof out->device, "\\Device\\HarddiskVolume%lld",
           (long long)id);
  out->length = volume.length;
  out->sector_size = volume.sector_size;
  out->partition_number = volume.partition_number;
  out->flags = volume.flags | (volume.length == 0 ? NT_VOLUME_NO_MEDIUM : 0);
  NT_TRY(nt__sim_volume_name(r, id, out->name, sizeof out->name));
  NT_TRY(add_mount_points(r, id, out));
  NT_TRY(nt__sim_load_extents(r, id, out->extents, &out->extent_count));
  for (uint32_t i = 0; i < out->extent_count; i++) {
    struct sim_disk disk;
    NT_TRY(nt__sim_load_disk(r, out->extents[i].disk, &disk));
    if (disk.flags & NT_DISK_READONLY) {
      out->flags |= NT_VOLUME_READONLY;
    }
    if (disk.flags & NT_DISK_REMOVABLE) {
      out->flags |= NT_VOLUME_REMOVABLE;
    }
    if (disk.flags & NT_DISK_CDROM) {
      NT_TRY(name_cd(r, disk.number, "\\Device\\", out->device,
                     sizeof out->device));
    }
    if (!(disk.flags & NT_DISK_NO_MEDIUM)) {
      NT_TRY(check_image(r, disk.number, NT_VOLUME_UNREADABLE, &out->flags));
    }
  }
  if (volume.flags & NT_VOLUME_CUT) {
    out->flags |= NT_VOLUME_UNREADABLE;
  } else {
    NT_TRY(show_file_system(r, &volume, out));
    NT_TRY(show_content(r, out));
  }
  if (volume.node != 0) {
    NT_TRY(show_cluster(r, &volume, out));
  }
  show_dirty(r->m, out);
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_next_volume(struct nt_machine *machine, uint64_t *cursor,
                              struct nt_volume_info *out,
                              struct nt_error *err) {
  static const char next[] =
      "SELECT min(id) FROM volume WHERE id > ?1 AND installed = 1 "
      "AND " SIM_IS_HERE("", "?2", "?3", "?4");
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  int64_t id;
  if (*cursor == 0) { /* a lock ends with its process */
    nt_status reaped = nt__sim_begin(&r);
    if (nt_ok(reaped)) {
      reaped = nt__sim_end(&r, reaped);
    }
    if (!nt_ok(reaped)) {
      return reaped;
    }
  }
  nt_status status = nt__sim_number(
      &r, next, SIM_ARGS(SIM_INT(*cursor), SIM_HERE(r.m->node)), 0, &id);
  NT_TRY(status);
  if (id == 0) {
    return NT_STATUS_NO_MORE_ENTRIES;
  }
  *cursor = (uint64_t)id;
  return describe(&r, id, out);
}

nt_status nt__sim_info(struct nt_handle *handle, struct nt_volume_info *out,
                       struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_request r = {.m = nt__sim_machine_of(h), .err = err, .handle = h};
  NT_TRY(nt__sim_check_not_section(&r));
  if (h->volume == 0) {
    nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST,
            h->disk < 0 ? "this is the mount manager, not a volume"
                        : "this is a disk, not a volume");
    nt_hint(err, h->disk < 0 ? "list the volumes: ntvol volumes"
                             : "list the disks: ntvol disks");
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  return describe(&r, h->volume, out);
}

/* ---- disks --------------------------------------------------------------- */

/* The cursor is the lowest number that the next disk can have. So it can be 0
 * at first although disks are numbered from 0. */
nt_status nt__sim_next_disk(struct nt_machine *machine, uint64_t *cursor,
                            struct nt_disk_info *out, struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  sqlite3_stmt *stmt;
  char image[1024];
  NT_TRY(nt__sim_query(
      &r,
      "SELECT number, image, serial, model, style, length, sector_size, flags,"
      " (SELECT count(DISTINCT e.volume) FROM extent e JOIN volume v"
      "  ON v.id = e.volume AND v.installed = 1 WHERE e.disk = number)"
      " FROM disk WHERE number >= ?1 ORDER BY number LIMIT 1",
      SIM_ARGS(SIM_INT(*cursor)), &stmt));
  nt_status status = nt__sim_step(&r, stmt);
  if (!nt_ok(status)) {
    return status;
  }
  *out = (struct nt_disk_info){0};
  out->number = (uint32_t)sqlite3_column_int64(stmt, 0);
  *cursor = (uint64_t)out->number + 1;
  snprintf(out->name, sizeof out->name, "PhysicalDrive%u", out->number);
  nt__sim_text(stmt, 1, image, sizeof image);
  nt__sim_image_path(r.m, image, out->location, sizeof out->location);
  nt__sim_text(stmt, 2, out->serial, sizeof out->serial);
  nt__sim_text(stmt, 3, out->model, sizeof out->model);
  nt__sim_text(stmt, 4, out->style, sizeof out->style);
  out->length = (uint64_t)sqlite3_column_int64(stmt, 5);
  out->sector_size = (uint32_t)sqlite3_column_int64(stmt, 6);
  out->flags = (uint32_t)sqlite3_column_int64(stmt, 7);
  out->volume_count = (uint32_t)sqlite3_column_int64(stmt, 8);
  sqlite3_reset(stmt);
  if (out->flags & NT_DISK_NO_MEDIUM) {
    out->location[0] = '\0';
  } else {
    status = check_image(&r, out->number, NT_DISK_UNREADABLE, &out->flags);
  }
  if (nt_ok(status) && out->flags & NT_DISK_CDROM) {
    return name_cd(&r, out->number, "", out->name, sizeof out->name);
  }
  return status;
}
