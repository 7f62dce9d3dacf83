/* The bytes of disks: image files, and objects that lie on extents of them. */
#include "image.h"

#include "../../disk/container.h"
#include "../../probe.h"
#include "../db/rows.h"

nt_status nt__sim_no_medium(struct nt_error *err) {
  return nt_refuse(err, NT_REASON_NO_MEDIA, "there is no medium in the drive");
}

static nt_status deleted(const char *path, struct nt_error *err) {
  nt_refuse(err, NT_REASON_IMAGE,
            "the image %s was deleted or replaced while it was open", path);
  nt_hint(err, "put the image back and connect to the machine again");
  return NT_STATUS_DEVICE_NOT_CONNECTED;
}

static nt_status cut_off(const char *path, uint64_t length,
                         const struct sim_disk *disk, struct nt_error *err) {
  nt_refuse(err, NT_REASON_IMAGE_TRUNCATED,
            "the image %s has %llu bytes, the disk has %llu", path,
            (unsigned long long)length, (unsigned long long)disk->length);
  nt_hint(err, "put the whole image back; do not extend it by hand");
  return NT_STATUS_DEVICE_DATA_ERROR;
}

static nt_status check_length(const char *path, const struct nt_file *file,
                              const struct sim_disk *disk,
                              struct nt_error *err) {
  struct nt_file_facts facts;
  nt_status status = nt_file_look(file, &facts, err);
  if (!nt_ok(status)) {
    nt_error_about(err, NT_REASON_IMAGE, "%s", path);
    return status;
  }
  if (facts.deleted) {
    return deleted(path, err);
  }
  return facts.length >= disk->length ? NT_STATUS_SUCCESS
                                      : cut_off(path, facts.length, disk, err);
}

static nt_status open_image(const struct sim_request *r, const char *path,
                            const struct sim_disk *disk,
                            struct nt_file **file) {
  bool readonly = (disk->flags & NT_DISK_READONLY) != 0;
  nt_status status = nt__sim_open_image(r, disk->image, !readonly, file);
  if (nt_ok(status) || r->err->reason) {
    return status;
  }
  nt_error_about(r->err, NT_REASON_IMAGE, "the image %s", path);
  if (status == NT_STATUS_OBJECT_NAME_NOT_FOUND) {
    r->err->status = status = NT_STATUS_DEVICE_NOT_CONNECTED;
    nt_hint(r->err, "put the image back where it was");
  } else if (status == NT_STATUS_ACCESS_DENIED ||
             status == NT_STATUS_MEDIA_WRITE_PROTECTED) {
    nt_hint(r->err,
            "make the image writable, or make a machine in which the "
            "disk is read-only");
  } else if (!nt_is_shortage(status)) {
    nt_hint(r->err, "put the disk image back there");
  }
  return status;
}

static bool is_in_memory(const struct sim_machine *m,
                         const struct sim_disk *disk) {
  return m->folder[0] == '\0' && !nt_path_is_absolute(disk->image);
}

/* Returns whether a file is open that belongs to an earlier medium. Images in
 * memory have no name by which they could be opened again: they stay open until
 * another medium comes. */
static bool is_another(const struct sim_machine *m,
                       const struct sim_disk *disk) {
  const struct sim_image *image = &m->images[disk->number];
  if (!image->file) {
    return true;
  }
  return image->changes != disk->changes && !is_in_memory(m, disk);
}

nt_status nt__sim_image(const struct sim_request *r, uint32_t number) {
  struct sim_disk disk;
  char path[2100];
  if (number >= NT_SIM_MAX_DISKS) {
    return nt_refuse(r->err, NT_REASON_STORE, "%s: disk number %u",
                     r->m->db_path, number);
  }
  struct sim_image *image = &r->m->images[number];
  nt_status status = nt__sim_load_disk(r, number, &disk);
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    return nt_refuse(r->err, NT_REASON_STORE, "%s: there is no disk %u",
                     r->m->db_path, number);
  }
  if (!nt_ok(status)) {
    return status;
  }
  if (disk.flags & NT_DISK_NO_MEDIUM) {
    return nt__sim_no_medium(r->err);
  }
  nt__sim_image_path(r->m, disk.image, path, sizeof path);
  if (is_another(r->m, &disk) ||
      (image->readonly && !(disk.flags & NT_DISK_READONLY))) {
    struct nt_file *file;
    status = open_image(r, path, &disk, &file);
    if (!nt_ok(status)) {
      return status;
    }
    nt__sim_image_keep(r->m, &disk, file);
  }
  image->changes = disk.changes;
  image->length = disk.length;
  return check_length(path, image->file, &disk, r->err);
}

void nt__sim_images_close(struct sim_machine *m) {
  for (uint32_t i = 0; i < NT_SIM_MAX_DISKS; i++) {
    nt_file_close(m->images[i].file);
    m->images[i].file = NULL;
  }
}

void nt__sim_image_close(struct sim_machine *m, const struct sim_disk *disk) {
  if (!is_in_memory(m, disk)) {
    nt_file_close(m->images[disk->number].file);
    m->images[disk->number].file = NULL;
  }
}

void nt__sim_image_keep(struct sim_machine *m, const struct sim_disk *disk,
                        struct nt_file *file) {
  struct sim_image *image = &m->images[disk->number];
  nt_file_close(image->file);
  *image = (struct sim_image){.file = file,
                              .readonly = (disk->flags & NT_DISK_READONLY) != 0,
                              .changes = disk->changes,
                              .length = disk->length};
}

/* ---- I/O over extents ---------------------------------------------------- */

/* Finds the piece of [offset, offset + len) that lies in one extent: its disk,
 * its place there and its length. */
static size_t piece(const struct nt_extent *extents, uint32_t count,
                    uint64_t offset, size_t len, uint32_t *disk,
                    uint64_t *place) {
  for (uint32_t i = 0; i < count; i++) {
    if (offset < extents[i].length) {
      uint64_t left = extents[i].length - offset;
      *disk = extents[i].disk;
      *place = extents[i].offset + offset;
      return len < left ? len : (size_t)left;
    }
    offset -= extents[i].length;
  }
  return 0;
}

static void path_of(struct sim_machine *m, uint32_t number, char *buf,
                    size_t cap) {
  struct sim_disk disk = {0};
  struct nt_error ignored = {0};
  nt__sim_load_disk(SIM_REQUEST(m, &ignored), number, &disk);
  nt__sim_image_path(m, disk.image, buf, cap);
}

static nt_status ends_early(const struct sim_request *r, uint32_t number,
                            uint64_t place) {
  char path[2100];
  path_of(r->m, number, path, sizeof path);
  nt_refuse(r->err, NT_REASON_IMAGE_TRUNCATED,
            "the image %s is cut off: it ends before byte %llu", path,
            (unsigned long long)place);
  nt_hint(r->err, "put the whole image back; do not extend it by hand");
  return NT_STATUS_DEVICE_DATA_ERROR;
}

static nt_status failed(const struct sim_request *r, uint32_t number,
                        nt_status status, const char *verb, uint64_t place) {
  char path[2100];
  path_of(r->m, number, path, sizeof path);
  nt_error_about(r->err, NT_REASON_IMAGE, "%s the image %s at byte %llu", verb,
                 path, (unsigned long long)place);
  if (status == NT_STATUS_DISK_FULL) {
    nt_hint(r->err, "free some space on the file system of the image");
  }
  return status;
}

/* What lies behind the disk in its image is not its own. */
static nt_status check_within(const struct sim_request *r, uint32_t disk,
                              uint64_t end) {
  return end <= r->m->images[disk].length
             ? NT_STATUS_SUCCESS
             : nt_refuse(r->err, NT_REASON_PARTITION_TABLE,
                         "byte %llu lies behind the end of disk %u",
                         (unsigned long long)end, disk);
}

nt_status nt__sim_image_read(const struct sim_request *r,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t offset, void *buf, size_t len) {
  char *to = buf;
  while (len > 0) {
    uint32_t disk = 0;
    uint64_t place = 0;
    size_t done = 0, n = piece(extents, count, offset, len, &disk, &place);
    if (n == 0) {
      return nt_fail(r->err, NT_STATUS_END_OF_FILE, NULL);
    }
    NT_TRY(check_within(r, disk, place + n));
    nt_status status =
        nt_file_read(r->m->images[disk].file, place, to, n, &done, r->err);
    if (!nt_ok(status)) {
      return failed(r, disk, status, "reading", place);
    }
    if (done < n) {
      return ends_early(r, disk, place + done);
    }
    to += n;
    offset += n;
    len -= n;
  }
  return NT_STATUS_SUCCESS;
}

/* Refuses to write to an image that was truncated. A disk does not shrink, and
 * writing behind the end would only make the image look complete again. Also
 * refuses an image without a name: what is written into it would be lost when
 * it is closed. */
static nt_status check_not_cut(const struct sim_request *r, uint32_t disk,
                               uint64_t end) {
  struct nt_file_facts facts;
  nt_status status = nt_file_look(r->m->images[disk].file, &facts, r->err);
  if (!nt_ok(status)) {
    return failed(r, disk, status, "looking at", end);
  }
  if (facts.deleted) {
    char path[2100];
    path_of(r->m, disk, path, sizeof path);
    return deleted(path, r->err);
  }
  return facts.length >= end ? status : ends_early(r, disk, facts.length);
}

nt_status nt__sim_image_write(const struct sim_request *r,
                              const struct nt_extent *extents, uint32_t count,
                              uint64_t offset, const void *buf, size_t len) {
  const char *from = buf;
  while (len > 0) {
    uint32_t disk = 0;
    uint64_t place = 0;
    size_t n = piece(extents, count, offset, len, &disk, &place);
    if (n == 0) {
      return nt_fail(r->err, NT_STATUS_END_OF_FILE, NULL);
    }
    NT_TRY(check_within(r, disk, place + n));
    nt_status status = check_not_cut(r, disk, place + n);
    if (!nt_ok(status)) {
      return status;
    }
    r->m->images[disk].dirty = true;
    status = nt_file_write(r->m->images[disk].file, place, from, n, r->err);
    if (!nt_ok(status)) {
      return failed(r, disk, status, "writing", place);
    }
    from += n;
    offset += n;
    len -= n;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_image_flush(const struct sim_request *r,
                              const struct nt_extent *extents, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    struct sim_image *image = &r->m->images[extents[i].disk];
    if (!image->dirty) {
      continue;
    }
    nt_status status = nt_file_flush(image->file, r->err);
    if (!nt_ok(status)) {
      return failed(r, extents[i].disk, status, "flushing", 0);
    }
    image->dirty = false;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- containers ---------------------------------------------------------- */

static nt_status is_container(const char *image,
                              const struct nt_container *found,
                              struct nt_error *err) {
  nt_refuse(err, NT_REASON_IMAGE_FORMAT,
            "the image %s is no plain image of a disk: %s", image, found->name);
  nt_hint(err, "make one: %s %s %s%sNEW.img", found->command, image,
          found->between, found->between[0] ? " " : "");
  return NT_STATUS_NOT_SUPPORTED;
}

nt_status nt__sim_image_disk(const struct nt_file *file, const char *image,
                             uint64_t bytes, uint64_t *length,
                             struct nt_error *err) {
  struct nt_file_region r;
  struct nt_container found;
  nt_file_region(file, 0, bytes, &r, err);
  if (!nt_container_look(&r.region, &found)) {
    nt_error_about(err, NT_REASON_IMAGE, "reading the image %s", image);
    return r.status;
  }
  *length = found.length;
  return found.name ? is_container(image, &found, err) : NT_STATUS_SUCCESS;
}
