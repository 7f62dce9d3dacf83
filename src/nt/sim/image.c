/* The bytes of disks: image files, and objects that lie on extents of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

void nt__sim_image_path(const struct sim_machine *m, const char *image,
                        char *buf, size_t cap) {
  if (image[0] == '/' || m->folder[0] == '\0') {
    snprintf(buf, cap, "%s", image);
  } else {
    snprintf(buf, cap, "%s/%s", m->folder, image);
  }
}

/* Whether the file has no name any more. Images in memory never had one. */
static bool is_deleted(const char *path, const struct stat *st) {
  return st->st_nlink == 0 && path[0] == '/';
}

static nt_status deleted(const char *path, struct nt_error *err) {
  nt_fail(err, NT_STATUS_DEVICE_NOT_CONNECTED, "image",
          "the image %s was deleted or replaced while it was open", path);
  nt_hint(err, "put the image back and connect to the machine again");
  return NT_STATUS_DEVICE_NOT_CONNECTED;
}

static nt_status check_length(const char *path, int fd,
                              const struct sim_disk *disk,
                              struct nt_error *err) {
  struct stat st;
  if (fstat(fd, &st) != 0) {
    return nt_fail_errno(err, errno, "image", "%s", path);
  }
  if (is_deleted(path, &st)) {
    return deleted(path, err);
  }
  if ((uint64_t)st.st_size >= disk->length) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(err, NT_STATUS_DEVICE_DATA_ERROR, "image_truncated",
          "the image %s has %llu bytes, the disk has %llu", path,
          (unsigned long long)st.st_size, (unsigned long long)disk->length);
  nt_hint(err, "put the whole image back; do not extend it by hand");
  return NT_STATUS_DEVICE_DATA_ERROR;
}

static nt_status open_image(const char *path, const struct sim_disk *disk,
                            int *fd, struct nt_error *err) {
  bool readonly = (disk->flags & NT_DISK_READONLY) != 0;
  *fd = open(path, (readonly ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_CLOEXEC);
  if (*fd >= 0) {
    return NT_STATUS_SUCCESS;
  }
  int number = errno;
  nt_status status = nt_fail_errno(err, number, "image", "the image %s", path);
  if (number == ENOENT) {
    err->status = status = NT_STATUS_DEVICE_NOT_CONNECTED;
    nt_hint(err, "put the image back where it was");
  } else if (number == EACCES || number == EROFS || number == EPERM) {
    nt_hint(err,
            "make the image writable, or make a machine in which the "
            "disk is read-only");
  } else {
    nt_hint(err, "put the disk image back there");
  }
  return status;
}

nt_status nt__sim_image(struct sim_machine *m, uint32_t number,
                        struct nt_error *err) {
  struct sim_disk disk;
  char path[2100];
  if (number >= NT_SIM_MAX_DISKS) {
    return nt_fail(err, NT_STATUS_FILE_CORRUPT_ERROR, "store",
                   "%s: disk number %u", m->db_path, number);
  }
  struct sim_image *image = &m->images[number];
  nt_status status = nt__sim_load_disk(m, number, &disk, err);
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    return nt_fail(err, NT_STATUS_FILE_CORRUPT_ERROR, "store",
                   "%s: there is no disk %u", m->db_path, number);
  }
  if (!nt_ok(status)) {
    return status;
  }
  nt__sim_image_path(m, disk.image, path, sizeof path);
  if (image->fd < 0) {
    status = open_image(path, &disk, &image->fd, err);
    if (!nt_ok(status)) {
      return status;
    }
  }
  return check_length(path, image->fd, &disk, err);
}

void nt__sim_images_close(struct sim_machine *m) {
  for (uint32_t i = 0; i < NT_SIM_MAX_DISKS; i++) {
    if (m->images[i].fd >= 0) {
      close(m->images[i].fd);
    }
    m->images[i].fd = -1;
  }
}

/* ---- I/O over extents ---------------------------------------------------- */

/* The piece of [offset, offset + len) that lies in one extent: its disk, its
 * place there and its length. */
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

static nt_status failed(struct sim_machine *m, uint32_t number, int code,
                        const char *verb, uint64_t place,
                        struct nt_error *err) {
  struct sim_disk disk = {0};
  char path[2100];
  struct nt_error ignored = {0};
  nt__sim_load_disk(m, number, &disk, &ignored);
  nt__sim_image_path(m, disk.image, path, sizeof path);
  if (code == 0) {
    nt_fail(err, NT_STATUS_DEVICE_DATA_ERROR, "image_truncated",
            "the image %s is cut off: it ends before byte %llu", path,
            (unsigned long long)place);
    nt_hint(err, "put the whole image back; do not extend it by hand");
    return NT_STATUS_DEVICE_DATA_ERROR;
  }
  nt_status status =
      nt_fail_errno(err, code, "image", "%s the image %s at byte %llu", verb,
                    path, (unsigned long long)place);
  if (status == NT_STATUS_DISK_FULL) {
    nt_hint(err, "free some space on the file system of the image");
  }
  return status;
}

nt_status nt__sim_image_read(struct sim_machine *m,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t offset, void *buf, size_t len,
                             struct nt_error *err) {
  char *to = buf;
  while (len > 0) {
    uint32_t disk = 0;
    uint64_t place = 0;
    size_t n = piece(extents, count, offset, len, &disk, &place);
    if (n == 0) {
      return nt_fail(err, NT_STATUS_END_OF_FILE, NULL, NULL);
    }
    ssize_t got = pread(m->images[disk].fd, to, n, (off_t)place);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return failed(m, disk, got < 0 ? errno : 0, "reading", place, err);
    }
    to += got;
    offset += (uint64_t)got;
    len -= (size_t)got;
  }
  return NT_STATUS_SUCCESS;
}

/* An image without a name: written bytes would be lost with the last close. */
static nt_status check_name(struct sim_machine *m, uint32_t number,
                            const struct stat *st, struct nt_error *err) {
  struct sim_disk disk;
  char path[2100];
  nt_status status = nt__sim_load_disk(m, number, &disk, err);
  if (nt_ok(status)) {
    nt__sim_image_path(m, disk.image, path, sizeof path);
  }
  return nt_ok(status) && is_deleted(path, st) ? deleted(path, err) : status;
}

/* A disk does not shrink: writing behind the end of a truncated image would
 * only make it look whole again. */
static nt_status check_not_cut(struct sim_machine *m, uint32_t disk,
                               uint64_t end, struct nt_error *err) {
  struct stat st;
  if (fstat(m->images[disk].fd, &st) != 0) {
    return failed(m, disk, errno, "looking at", end, err);
  }
  if (st.st_nlink == 0) {
    return check_name(m, disk, &st, err);
  }
  if ((uint64_t)st.st_size >= end) {
    return NT_STATUS_SUCCESS;
  }
  return failed(m, disk, 0, "writing", (uint64_t)st.st_size, err);
}

nt_status nt__sim_image_write(struct sim_machine *m,
                              const struct nt_extent *extents, uint32_t count,
                              uint64_t offset, const void *buf, size_t len,
                              struct nt_error *err) {
  const char *from = buf;
  while (len > 0) {
    uint32_t disk = 0;
    uint64_t place = 0;
    size_t n = piece(extents, count, offset, len, &disk, &place);
    if (n == 0) {
      return nt_fail(err, NT_STATUS_END_OF_FILE, NULL, NULL);
    }
    nt_status status = check_not_cut(m, disk, place + n, err);
    if (!nt_ok(status)) {
      return status;
    }
    m->images[disk].dirty = true;
    ssize_t put = pwrite(m->images[disk].fd, from, n, (off_t)place);
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put <= 0) {
      return failed(m, disk, put < 0 ? errno : ENOSPC, "writing", place, err);
    }
    from += put;
    offset += (uint64_t)put;
    len -= (size_t)put;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_image_flush(struct sim_machine *m,
                              const struct nt_extent *extents, uint32_t count,
                              struct nt_error *err) {
  for (uint32_t i = 0; i < count; i++) {
    struct sim_image *image = &m->images[extents[i].disk];
    if (!image->dirty) {
      continue;
    }
    if (fdatasync(image->fd) != 0) {
      return failed(m, extents[i].disk, errno, "flushing", 0, err);
    }
    image->dirty = false;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- probing ------------------------------------------------------------- */

/* libblkid reads one descriptor; a volume on several extents is shown to it as
 * a sparse copy of its two ends, where every file system has its signatures. */
#define PROBE_HEAD (4U << 20)
#define PROBE_TAIL (1U << 20)

static nt_status copy_part(struct sim_machine *m,
                           const struct nt_extent *extents, uint32_t count,
                           int fd, uint64_t from, uint64_t to,
                           struct nt_error *err) {
  char buf[65536];
  while (from < to) {
    size_t n = to - from < sizeof buf ? (size_t)(to - from) : sizeof buf;
    nt_status status = nt__sim_image_read(m, extents, count, from, buf, n, err);
    if (!nt_ok(status)) {
      return status;
    }
    if (pwrite(fd, buf, n, (off_t)from) != (ssize_t)n) {
      return nt_fail_errno(err, errno, NULL, "copying for the probe");
    }
    from += n;
  }
  return NT_STATUS_SUCCESS;
}

static nt_status probe_copy(struct sim_machine *m,
                            const struct nt_extent *extents, uint32_t count,
                            uint64_t length, struct nt_probe *out,
                            struct nt_error *err) {
  uint64_t head = length < PROBE_HEAD ? length : PROBE_HEAD;
  uint64_t tail = length - head < PROBE_TAIL ? length - head : PROBE_TAIL;
  int fd = memfd_create("ntvol-probe", MFD_CLOEXEC);
  if (fd < 0) {
    return nt_fail_errno(err, errno, NULL, "memory for the probe");
  }
  nt_status status = NT_STATUS_SUCCESS;
  if (ftruncate(fd, (off_t)length) != 0) {
    status = nt_fail_errno(err, errno, NULL, "memory for the probe");
  }
  if (nt_ok(status)) {
    status = copy_part(m, extents, count, fd, 0, head, err);
  }
  if (nt_ok(status)) {
    status = copy_part(m, extents, count, fd, length - tail, length, err);
  }
  if (nt_ok(status)) {
    status = nt_probe(fd, 0, length, out, err);
  }
  close(fd);
  return status;
}

nt_status nt__sim_image_probe(struct sim_machine *m,
                              const struct nt_extent *extents, uint32_t count,
                              uint64_t length, struct nt_probe *out,
                              struct nt_error *err) {
  for (uint32_t i = 0; i < count; i++) {
    nt_status status = nt__sim_image(m, extents[i].disk, err);
    if (!nt_ok(status)) {
      return status;
    }
  }
  if (count != 1) {
    return probe_copy(m, extents, count, length, out, err);
  }
  return nt_probe(m->images[extents[0].disk].fd, extents[0].offset, length, out,
                  err);
}
