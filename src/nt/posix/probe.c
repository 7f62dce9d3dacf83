/*
 * File system recognition by libblkid, in NT's words.
 */
#include "../probe.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <string.h>

#include "../text.h"
#include "file.h"

/* No file system fits in less; libblkid reads 0 as "up to the end". */
#define SMALLEST_REGION 1024U

static const struct {
  const char *type, *name;
} nt_names[] = {
    {"ntfs", "NTFS"},
    {"exfat", "exFAT"},
    {"iso9660", "CDFS"},
    {"udf", "UDF"},
};

static const char *lookup(blkid_probe probe, const char *name) {
  const char *value = NULL;
  if (blkid_probe_lookup_value(probe, name, &value, NULL) != 0 ||
      value == NULL) {
    return ""; /* without memory libblkid has the name and no value */
  }
  return value;
}

/* "FAT16" stands in VERSION: libblkid's type is "vfat" for all three. */
static const char *nt_name(blkid_probe probe) {
  const char *type = lookup(probe, "TYPE");
  const char *version = lookup(probe, "VERSION");
  if (strcmp(type, "vfat") == 0 && version[0] != '\0') {
    return version;
  }
  for (size_t i = 0; i < sizeof nt_names / sizeof nt_names[0]; i++) {
    if (strcmp(type, nt_names[i].type) == 0) {
      return nt_names[i].name;
    }
  }
  return type;
}

/* Old code pages on the medium must not break the UTF-8 of our strings. */
static void copy_utf8(char *out, size_t cap, const char *text) {
  size_t used = 0;
  while (*text != '\0') {
    size_t length = nt_utf8_length(text);
    const char *from = length > 0 ? text : "\xEF\xBF\xBD";
    size_t size = length > 0 ? length : 3;
    if (used + size >= cap) {
      break;
    }
    memcpy(out + used, from, size);
    used += size;
    text += length > 0 ? length : 1;
  }
  out[used] = '\0';
}

static void fill(blkid_probe probe, struct nt_probe *out) {
  nt_copy(out->file_system, sizeof out->file_system, nt_name(probe));
  copy_utf8(out->label, sizeof out->label, lookup(probe, "LABEL"));
  copy_utf8(out->serial, sizeof out->serial, lookup(probe, "UUID"));
}

/* libblkid's "several things"; other negative numbers are failures. */
#define AMBIVALENT (-2)

/* Partition tables are not looked for: a FAT boot sector may well look like
 * one, and a volume that holds both is the file system. */
static nt_status ask(blkid_probe probe, struct nt_probe *out,
                     struct nt_error *err) {
  blkid_probe_enable_superblocks(probe, 1);
  blkid_probe_set_superblocks_flags(
      probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID |
                 BLKID_SUBLKS_VERSION | BLKID_SUBLKS_SECTYPE);
  blkid_probe_enable_partitions(probe, 0);
  int found;
  do {
    errno = 0;
    found = blkid_do_safeprobe(probe);
  } while (found < 0 && errno == EINTR);
  if (found < 0 && found != AMBIVALENT) {
    return nt_fail_errno(err, errno != 0 ? errno : EIO, NULL,
                         "reading it to recognise its file system");
  }
  if (found == 0) {
    fill(probe, out);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status probe_once(const struct nt_file *file, uint64_t offset,
                            uint64_t length, struct nt_probe *out,
                            struct nt_error *err) {
  blkid_probe probe = blkid_new_probe();
  if (probe == NULL) {
    return nt_fail_errno(err, ENOMEM, NULL, "recognising the file system");
  }
  errno = 0;
  nt_status status =
      blkid_probe_set_device(probe, file->fd, (blkid_loff_t)offset,
                             (blkid_loff_t)length) == 0
          ? ask(probe, out, err)
          : nt_fail_errno(err, errno != 0 ? errno : EIO, NULL,
                          "opening it to recognise its file system");
  blkid_free_probe(probe);
  return status;
}

static bool is_whole(const struct nt_probe *found) {
  return found->file_system[0] != '\0' && found->label[0] != '\0' &&
         found->serial[0] != '\0' && strcmp(found->file_system, "RAW") != 0;
}

static bool is_same(const struct nt_probe *a, const struct nt_probe *b) {
  return strcmp(a->file_system, b->file_system) == 0 &&
         strcmp(a->label, b->label) == 0 && strcmp(a->serial, b->serial) == 0;
}

/* When libblkid gets no memory it often says nothing: it leaves a value out, or
 * finds no file system. So what lacks something counts when it was found twice.
 */
nt_status nt_probe(const struct nt_file *file, uint64_t offset, uint64_t length,
                   struct nt_probe *out, struct nt_error *err) {
  struct nt_probe result = {.file_system = "RAW"};
  struct nt_probe again = result;
  nt_status status = NT_STATUS_SUCCESS;
  if (length >= SMALLEST_REGION) {
    status = probe_once(file, offset, length, &result, err);
  }
  if (nt_ok(status) && length >= SMALLEST_REGION && !is_whole(&result)) {
    status = probe_once(file, offset, length, &again, err);
    if (nt_ok(status) && !is_same(&result, &again)) {
      status = nt_fail(err, NT_STATUS_NO_MEMORY, NULL,
                       "recognising the file system");
    }
  }
  if (nt_ok(status)) {
    *out = result;
  }
  return status;
}
