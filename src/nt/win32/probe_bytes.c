/*
 * Which file system the bytes are, by boot sectors: FAT12, FAT16, FAT32, exFAT
 * and NTFS, in the words of libblkid. Nothing here knows an operating system.
 *
 * The kinds are told apart by probe_fat.c, probe_exfat.c and probe_ntfs.c.
 */
#include <string.h>

#include "probe_parts.h"

/* No file system fits in less. */
#define SMALLEST_REGION 1024U

bool nt__probe_read(struct nt_region *region, uint64_t offset, void *buf,
                    size_t length) {
  size_t done = 0;
  if (length > region->length || offset > region->length - length) {
    return false;
  }
  nt_status status = nt_file_read(region->file, region->offset + offset, buf,
                                  length, &done, region->err);
  if (!nt_ok(status)) {
    region->status = status;
  }
  return nt_ok(status) && done == length;
}

static void trim_end(char *text) {
  size_t length = strlen(text);
  while (length > 0 && text[length - 1] == ' ') {
    text[--length] = '\0';
  }
}

/* Old code pages on the medium must not break the UTF-8 of our strings. */
void nt__probe_label(struct nt_probe *out, const unsigned char *bytes,
                     size_t length) {
  size_t used = 0;
  for (size_t i = 0; i < length && bytes[i] != 0; i++) {
    bool ascii = bytes[i] < 0x80;
    size_t size = ascii ? 1 : 3;
    if (used + size >= sizeof(out->label)) {
      break;
    }
    memcpy(out->label + used, ascii ? (const char *)&bytes[i] : "\xEF\xBF\xBD",
           size);
    used += size;
  }
  out->label[used] = '\0';
  trim_end(out->label);
}

/* Several at once are as good as none: the next format or mount of one of them
 * might destroy the other. */
nt_status nt__probe_bytes(const struct nt_file *file, uint64_t offset,
                          uint64_t length, struct nt_probe *out,
                          struct nt_error *err) {
  static bool (*const kinds[])(struct nt_region *, const unsigned char *,
                               struct nt_probe *) = {
      nt__probe_fat, nt__probe_exfat, nt__probe_ntfs};
  struct nt_region region = {file, offset, length, err, NT_STATUS_SUCCESS};
  struct nt_probe result = {.file_system = "RAW"}, answer;
  unsigned char boot[512];
  int found = 0;
  bool look =
      length >= SMALLEST_REGION && nt__probe_read(&region, 0, boot, 512);
  for (size_t i = 0; look && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    answer = (struct nt_probe){.file_system = ""};
    if (kinds[i](&region, boot, &answer)) {
      result = answer;
      found++;
    }
  }
  if (!nt_ok(region.status)) {
    nt_error_about(err, NULL, "reading it to recognise its file system");
    return region.status;
  }
  *out = found < 2 ? result : (struct nt_probe){.file_system = "RAW"};
  return NT_STATUS_SUCCESS;
}
