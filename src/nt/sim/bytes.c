/* Reading and writing a file system in place, with a check of where. */
#include "bytes.h"

#include <string.h>

const struct sim_format *nt__sim_format_for(const char *file_system) {
  static const struct {
    const char *file_system;
    const struct sim_format *format;
  } formats[] = {
      {"FAT12", &nt__sim_format_fat}, {"FAT16", &nt__sim_format_fat},
      {"FAT32", &nt__sim_format_fat}, {"exFAT", &nt__sim_format_exfat},
      {"NTFS", &nt__sim_format_ntfs},
  };
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    if (strcmp(formats[i].file_system, file_system) == 0) {
      return formats[i].format;
    }
  }
  return NULL;
}

nt_status nt__sim_bytes_open(struct sim_machine *m,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t length, struct sim_bytes *out,
                             struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  for (uint32_t i = 0; nt_ok(status) && i < count; i++) {
    status = nt__sim_image(m, extents[i].disk, err);
  }
  *out = (struct sim_bytes){m, extents, count, length};
  return status;
}

nt_status nt__sim_bytes_damaged(struct nt_error *err, const char *what) {
  nt_fail(err, NT_STATUS_FILE_CORRUPT_ERROR, "file_system", "%s", what);
  nt_hint(err, "check the file system of the image");
  return NT_STATUS_FILE_CORRUPT_ERROR;
}

static nt_status check_range(const struct sim_bytes *b, uint64_t offset,
                             size_t len, struct nt_error *err) {
  return offset <= b->length && len <= b->length - offset
             ? NT_STATUS_SUCCESS
             : nt__sim_bytes_damaged(
                   err, "the file system points behind the end of its volume");
}

nt_status nt__sim_bytes_read(const struct sim_bytes *b, uint64_t offset,
                             void *buf, size_t len, struct nt_error *err) {
  nt_status status = check_range(b, offset, len, err);
  return nt_ok(status) ? nt__sim_image_read(b->m, b->extents, b->extent_count,
                                            offset, buf, len, err)
                       : status;
}

nt_status nt__sim_bytes_write(const struct sim_bytes *b, uint64_t offset,
                              const void *buf, size_t len,
                              struct nt_error *err) {
  nt_status status = check_range(b, offset, len, err);
  return nt_ok(status) ? nt__sim_image_write(b->m, b->extents, b->extent_count,
                                             offset, buf, len, err)
                       : status;
}
