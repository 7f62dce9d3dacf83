/*
 * Names of foreign file systems, by libblkid.
 */
#include "../probe.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <string.h>

#include "../text.h"
#include "file.h"

/* No file system fits in less; libblkid reads 0 as "up to the end". */
#define SMALLEST_REGION 1024U

/* nt_recognise() decides these. What it calls RAW is none of them, whatever
 * libblkid finds. */
static char *const decided[] = {"vfat",    "ntfs",  "exfat",
                                "iso9660", "btrfs", NULL};

static const char *lookup(blkid_probe probe, const char *name) {
  const char *value = NULL;
  if (blkid_probe_lookup_value(probe, name, &value, NULL) != 0 ||
      value == NULL) {
    return ""; /* without memory libblkid gives the name and no value */
  }
  return value;
}

static void fill(blkid_probe probe, struct nt_probe *out) {
  const char *type = lookup(probe, "TYPE");
  nt_copy(out->file_system, sizeof out->file_system,
          strcmp(type, "udf") == 0 ? "UDF" : type);
  nt_copy_utf8(out->label, sizeof out->label, lookup(probe, "LABEL"));
  nt_copy_utf8(out->serial, sizeof out->serial, lookup(probe, "UUID"));
}

/* libblkid found several; other negative numbers are failures */
#define AMBIVALENT (-2)

/* Asks libblkid. Several signatures count as none. Partition tables are not
 * looked for. */
static nt_status ask(blkid_probe probe, struct nt_probe *out,
                     struct nt_error *err) {
  blkid_probe_enable_superblocks(probe, 1);
  blkid_probe_set_superblocks_flags(
      probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID);
  blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_NOTIN,
                                      (char **)decided);
  blkid_probe_enable_partitions(probe, 0);
  int found;
  do {
    errno = 0;
    found = blkid_do_safeprobe(probe);
  } while (found < 0 && errno == EINTR);
  if (found < 0 && found != AMBIVALENT) {
    return nt_fail_errno(err, errno != 0 ? errno : EIO, NT_REASON_NONE,
                         "reading it to recognise its file system");
  }
  if (found == 0) {
    fill(probe, out);
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt_probe_foreign(const struct nt_file *file, uint64_t offset,
                           uint64_t length, struct nt_probe *out,
                           struct nt_error *err) {
  if (length < SMALLEST_REGION) {
    return NT_STATUS_SUCCESS;
  }
  blkid_probe probe = blkid_new_probe();
  if (probe == NULL) {
    return nt_fail_errno(err, ENOMEM, NT_REASON_NONE,
                         "recognising the file system");
  }
  nt_status status =
      blkid_probe_set_device(probe, file->fd, (blkid_loff_t)offset,
                             (blkid_loff_t)length) != 0
          ? nt_fail_errno(err, errno != 0 ? errno : EIO, NT_REASON_NONE,
                          "opening it to recognise its file system")
          : ask(probe, out, err);
  blkid_free_probe(probe);
  return status;
}
