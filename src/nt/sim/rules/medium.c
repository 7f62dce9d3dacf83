/*
 * Drives are removable disks and CD drives, whose medium comes and goes. A
 * drive keeps its volumes when the medium goes. The medium says how long they
 * are, and without a medium a volume has no bytes at all.
 *
 * A file system that was mounted on an earlier medium is marked. The next
 * request that needs its bytes looks at them again (docs/rules.md 1.1
 * verify_pending, I7, I8).
 */
#include "medium.h"

#include <stdlib.h>

#include "../db/store.h"
#include "../disk/image.h"
#include "event.h"
#include "partitions.h"

/* ---- what a handle of a drive meets -------------------------------------- */

nt_status nt__sim_find_place(const struct sim_request *r) {
  struct sim_handle *h = r->handle;
  struct sim_disk disk;
  if (!h->removable) {
    return NT_STATUS_SUCCESS;
  }
  if (h->volume != 0) {
    h->length = r->volume.length;
    return nt__sim_load_extents(r, h->volume, h->extents, &h->extent_count);
  }
  nt_status status = nt__sim_load_disk(r, h->disk, &disk);
  h->length = nt_ok(status) ? disk.length : 0;
  h->extents[0].length = h->length;
  return status;
}

nt_status nt__sim_check_medium(const struct sim_request *r) {
  struct sim_handle *h = r->handle;
  if (!h->removable) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_find_place(r));
  if (h->length == 0) {
    NT_TRY(nt__sim_no_medium(r->err));
  }
  return nt__sim_image(r, h->extents[0].disk);
}

/* ---- the medium goes ----------------------------------------------------- */

static nt_status check_not_held(const struct sim_request *r,
                                const struct sim_disk *disk) {
  if (!(disk->flags & NT_DISK_MEDIUM_LOCKED)) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(r->err, NT_REASON_MEDIUM_LOCKED,
            "the drive was told to keep its medium in");
  nt_hint(r->err, "allow its removal first: IOCTL_STORAGE_MEDIA_REMOVAL");
  return NT_STATUS_DEVICE_BUSY;
}

/* Marks everything that is mounted from the drive, because it has to be looked
 * at again. */
static nt_status mark_changed(const struct sim_request *r, uint32_t disk) {
  NT_TRY(nt__sim_exec(r,
                      "UPDATE volume SET verify_pending = 1 WHERE id IN "
                      "(SELECT volume FROM extent WHERE disk = ?1)",
                      SIM_ARGS(SIM_INT(disk))));
  return nt__sim_exec(
      r,
      "UPDATE instance SET vpb = vpb | ?2 WHERE condition = ?3 "
      "AND (disk = ?1 OR volume IN "
      "(SELECT volume FROM extent WHERE disk = ?1))",
      SIM_ARGS(SIM_INT(disk), SIM_INT(SIM_VPB_CHANGED), SIM_INT(SIM_GOOD)));
}

/* Gives the volumes of the drive the partitions of the medium, in order.
 * Volumes for which no partition is left have no medium. */
static nt_status place_volumes(const struct sim_request *r, uint32_t disk,
                               const struct sim_partition *parts,
                               uint32_t count, enum sim_event event) {
  static const struct sim_partition none;
  int64_t id = 0;
  for (uint32_t i = 0;; i++) {
    nt_status status = nt__sim_number(
        r, "SELECT min(volume) FROM extent WHERE disk = ?1 AND volume > ?2",
        SIM_ARGS(SIM_INT(disk), SIM_INT(id)), 0, &id);
    if (!nt_ok(status) || id == 0) {
      return status;
    }
    NT_TRY(nt__sim_place_volume(r, id, i < count ? &parts[i] : &none));
    NT_TRY(nt__sim_event_volume(r, event, id));
  }
}

/* An ejected medium stays in front of the drive, as in an open tray, and the
 * drive can load it again. */
nt_status nt__sim_eject_medium(const struct sim_request *r,
                               struct sim_disk *disk) {
  if (disk->flags & NT_DISK_NO_MEDIUM) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(check_not_held(r, disk));
  nt__sim_image_close(r->m, disk);
  disk->flags |= NT_DISK_NO_MEDIUM;
  disk->flags &= ~NT_DISK_TABLE_DAMAGED;
  disk->length = 0;
  nt_copy(disk->style, sizeof disk->style, "none");
  NT_TRY(nt__sim_save_disk(r, disk));
  NT_TRY(mark_changed(r, disk->number));
  return place_volumes(r, disk->number, NULL, 0, SIM_MEDIA_REMOVAL);
}

nt_status nt__sim_take_medium(const struct sim_request *r,
                              struct sim_disk *disk) {
  nt_status status = nt__sim_eject_medium(r, disk);
  disk->image[0] = '\0';
  return nt_ok(status) ? nt__sim_save_disk(r, disk) : status;
}

/* ---- the medium comes ---------------------------------------------------- */

/* A medium that is being put into a drive. */
struct coming {
  const struct sim_request *r;
  struct sim_disk *disk;
  struct nt_file *file;
  bool opened; /* opened by this code, which must close it */
};

static bool is_memory(const struct coming *c) {
  return c->r->m->folder[0] == '\0' && !nt_path_is_absolute(c->disk->image);
}

static nt_status measure(struct coming *c, const char *path, uint64_t bytes) {
  uint64_t length = bytes;
  NT_TRY(nt__sim_image_disk(c->file, path, bytes, &length, c->r->err));
  c->disk->length = length - length % c->disk->sector_size;
  return NT_STATUS_SUCCESS;
}

static nt_status open_medium(struct coming *c) {
  char path[2100];
  struct nt_file_facts facts;
  nt__sim_image_path(c->r->m, c->disk->image, path, sizeof path);
  if (is_memory(c)) {
    c->file = c->r->m->images[c->disk->number].file;
  }
  nt_status status = NT_STATUS_SUCCESS;
  if (!c->file) {
    bool writes = (c->disk->flags & NT_DISK_READONLY) == 0;
    status = nt__sim_open_image(c->r, c->disk->image, writes, &c->file);
    c->opened = nt_ok(status);
  }
  if (nt_ok(status)) {
    status = nt_file_look(c->file, &facts, c->r->err);
  }
  if (!nt_ok(status) && c->r->err->reason) {
    return status;
  }
  if (!nt_ok(status)) {
    nt_error_about(c->r->err, NT_REASON_IMAGE, "the image %s", path);
    nt_hint(c->r->err,
            "name an image that exists and is writable, or write-protect the "
            "medium");
    return status;
  }
  if (!facts.regular || facts.length < c->disk->sector_size) {
    nt_refuse_as(c->r->err, NT_STATUS_INVALID_PARAMETER, NT_REASON_IMAGE,
                 "%s is not a file with a medium in it", path);
    nt_hint(c->r->err, "name the image of a disk or a CD");
    return NT_STATUS_INVALID_PARAMETER;
  }
  return measure(c, path, facts.length);
}

/* Finds out whether a disk has the same image. An image that cannot be read
 * counts as a different one. */
static nt_status is_in(const struct coming *c, uint32_t disk, bool *same) {
  struct nt_error failure = {0};
  *same = false;
  if (nt_ok(nt__sim_image(SIM_REQUEST(c->r->m, &failure), disk))) {
    *same = nt_file_same(c->r->m->images[disk].file, c->file);
  } else if (c->r->m->db.failed) {
    *c->r->err = failure;
    return failure.status;
  }
  return NT_STATUS_SUCCESS;
}

/* Refuses an image that is in another drive already. */
static nt_status check_not_elsewhere(const struct coming *c) {
  int64_t count = 0;
  nt_status status =
      nt__sim_number(c->r, "SELECT count(*) FROM disk", SIM_NO_ARGS, 0, &count);
  for (uint32_t i = 0; nt_ok(status) && i < count; i++) {
    bool same = false;
    if (i != c->disk->number) {
      status = is_in(c, i, &same);
    }
    if (!same) {
      continue;
    }
    nt_refuse_as(c->r->err, NT_STATUS_DEVICE_BUSY, NT_REASON_IMAGE,
                 "the image is that of disk %u already", i);
    nt_hint(c->r->err, "take it out there first");
    return NT_STATUS_DEVICE_BUSY;
  }
  return status;
}

static nt_status arrive(struct coming *c, struct sim_partition *parts) {
  uint32_t count = 0;
  nt_status status = open_medium(c);
  if (nt_ok(status)) {
    status = check_not_elsewhere(c);
  }
  if (nt_ok(status)) {
    status = nt__sim_find_volumes(c->r, c->disk, c->file, parts, &count);
  }
  c->disk->flags &= ~NT_DISK_NO_MEDIUM;
  c->disk->changes++;
  if (nt_ok(status)) {
    status = nt__sim_save_disk(c->r, c->disk);
  }
  if (nt_ok(status)) {
    status = mark_changed(c->r, c->disk->number);
  }
  return nt_ok(status) ? place_volumes(c->r, c->disk->number, parts, count,
                                       SIM_MEDIA_ARRIVAL)
                       : status;
}

nt_status nt__sim_load_medium(const struct sim_request *r,
                              struct sim_disk *disk) {
  struct coming c = {.r = r, .disk = disk};
  struct sim_partition *parts = calloc(NT_SIM_MAX_VOLUMES, sizeof *parts);
  if (!parts) {
    return nt_fail(r->err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_status status = arrive(&c, parts);
  if (c.opened && nt_ok(status)) {
    nt__sim_image_keep(r->m, disk, c.file);
  } else if (c.opened) {
    nt_file_close(c.file);
  }
  free(parts);
  return status;
}
