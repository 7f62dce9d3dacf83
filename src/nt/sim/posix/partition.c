/*
 * Partition tables: written by libfdisk, read by libblkid, so that any other
 * tool sees the same disks.
 */
#include <blkid/blkid.h>
#include <errno.h>
#include <libfdisk/libfdisk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../posix/file.h"
#include "../../text.h"
#include "../internal.h"

/* What Windows gives a data partition. */
#define MBR_TYPE_IFS "7"
#define GPT_TYPE_BASIC_DATA "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
/* And a part of a dynamic disk. */
#define MBR_TYPE_LDM "42"
#define GPT_TYPE_LDM_DATA "AF9B60A0-1431-4F62-BC68-3311714A69AD"

/* ---- writing ------------------------------------------------------------- */

static nt_status fdisk_failed(int code, const char *what,
                              struct nt_error *err) {
  return nt_fail_errno(err, -code, "partition_table", "%s", what);
}

static struct fdisk_parttype *type_of(struct fdisk_context *cxt,
                                      const struct sim_range *range, bool gpt) {
  const char *name = range->piece ? (gpt ? GPT_TYPE_LDM_DATA : MBR_TYPE_LDM)
                                  : (gpt ? GPT_TYPE_BASIC_DATA : MBR_TYPE_IFS);
  return fdisk_label_parse_parttype(fdisk_get_label(cxt, NULL), name);
}

static nt_status add_partition(struct fdisk_context *cxt, uint32_t index,
                               const struct sim_range *range, bool gpt,
                               struct nt_error *err) {
  struct fdisk_parttype *type = type_of(cxt, range, gpt);
  struct fdisk_partition *part = fdisk_new_partition();
  int code = -ENOMEM;
  if (type && part) {
    fdisk_partition_set_partno(part, index);
    fdisk_partition_set_start(part, range->start);
    fdisk_partition_set_size(part, range->count);
    fdisk_partition_set_type(part, type);
    code = fdisk_add_partition(cxt, part, NULL);
  }
  fdisk_unref_partition(part);
  fdisk_unref_parttype(type);
  return code ? fdisk_failed(code, "adding a partition", err)
              : NT_STATUS_SUCCESS;
}

static nt_status add_partitions(struct fdisk_context *cxt, const char *style,
                                uint32_t sector_size, const uint64_t *sizes,
                                uint32_t count, uint64_t pieces,
                                struct nt_error *err) {
  struct sim_range ranges[NT_SIM_MAX_VOLUMES];
  bool gpt = strcmp(style, "gpt") == 0;
  nt_status status =
      nt__sim_place(style, sector_size, fdisk_get_last_lba(cxt) + 1, sizes,
                    count, pieces, ranges, err);
  for (uint32_t i = 0; nt_ok(status) && i < count; i++) {
    status = add_partition(cxt, i, &ranges[i], gpt, err);
  }
  return status;
}

static nt_status write_table(struct fdisk_context *cxt, const char *style,
                             uint32_t sector_size, const uint64_t *sizes,
                             uint32_t count, uint64_t pieces,
                             struct nt_error *err) {
  bool gpt = strcmp(style, "gpt") == 0;
  int code = fdisk_create_disklabel(cxt, gpt ? "gpt" : "dos");
  if (code) {
    return fdisk_failed(code, "creating the partition table", err);
  }
  nt_status status =
      add_partitions(cxt, style, sector_size, sizes, count, pieces, err);
  if (!nt_ok(status)) {
    return status;
  }
  code = fdisk_write_disklabel(cxt);
  return code ? fdisk_failed(code, "writing the partition table", err)
              : NT_STATUS_SUCCESS;
}

/* libfdisk takes a path, and an image in memory has none. */
static void path_of(const struct nt_file *file, const char *path, char *buf,
                    size_t cap) {
  if (file->nameless) {
    nt_format_text(buf, cap, "/proc/self/fd/%d", file->fd);
  } else {
    nt_copy(buf, cap, path);
  }
}

nt_status nt__sim_partition_write(const struct nt_file *file, const char *path,
                                  const char *style, uint32_t sector_size,
                                  const uint64_t *sizes, uint32_t count,
                                  uint64_t pieces, struct nt_error *err) {
  char place[2100];
  if (strcmp(style, "mbr") == 0 && count > 4) {
    nt_fail(err, NT_STATUS_INVALID_PARAMETER, "partition_table",
            "an MBR has room for 4 volumes, %u were asked for", count);
    nt_hint(err, "use the partition style gpt");
    return NT_STATUS_INVALID_PARAMETER;
  }
  struct fdisk_context *cxt = fdisk_new_context();
  if (!cxt) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL, NULL);
  }
  fdisk_disable_dialogs(cxt, 1);
  fdisk_save_user_sector_size(cxt, sector_size, sector_size);
  path_of(file, path, place, sizeof place);
  int code = fdisk_assign_device(cxt, place, 0);
  nt_status status =
      code ? fdisk_failed(code, path, err)
           : write_table(cxt, style, sector_size, sizes, count, pieces, err);
  if (!code) {
    fdisk_deassign_device(cxt, 1);
  }
  fdisk_unref_context(cxt);
  return status;
}

/* ---- reading ------------------------------------------------------------- */

static void copy_text(char *buf, size_t cap, const char *text) {
  nt_copy(buf, cap, text ? text : "");
}

/* Extended containers and empty entries hold no volume. */
static bool is_container(int type) {
  return type == 0x05 || type == 0x0F || type == 0x85;
}

static void read_partition(blkid_partition part, bool gpt,
                           struct sim_partition *out) {
  /* libblkid counts in units of 512 bytes whatever the sector size is. */
  out->number = (uint32_t)blkid_partition_get_partno(part);
  out->offset = (uint64_t)blkid_partition_get_start(part) * 512;
  out->length = (uint64_t)blkid_partition_get_size(part) * 512;
  if (gpt) {
    copy_text(out->type, sizeof out->type,
              blkid_partition_get_type_string(part));
  } else {
    snprintf(out->type, sizeof out->type, "0x%x",
             (unsigned)blkid_partition_get_type(part));
  }
  copy_text(out->id, sizeof out->id, blkid_partition_get_uuid(part));
  copy_text(out->name, sizeof out->name, blkid_partition_get_name(part));
  out->attributes = blkid_partition_get_flags(part);
}

static nt_status read_list(blkid_partlist list, char style[8],
                           struct sim_partition *out, uint32_t capacity,
                           uint32_t *count, struct nt_error *err) {
  const char *type = blkid_parttable_get_type(blkid_partlist_get_table(list));
  bool gpt = type && strcmp(type, "gpt") == 0;
  if (!gpt && !(type && strcmp(type, "dos") == 0)) {
    return NT_STATUS_SUCCESS; /* a table that NT does not know */
  }
  snprintf(style, 8, "%s", gpt ? "gpt" : "mbr");
  int found = blkid_partlist_numof_partitions(list);
  for (int i = 0; i < found; i++) {
    blkid_partition part = blkid_partlist_get_partition(list, i);
    /* Tables within a partition (BSD's, Solaris') are nothing to NT. */
    if (blkid_partition_get_table(part) != blkid_partlist_get_table(list) ||
        (!gpt && is_container(blkid_partition_get_type(part)))) {
      continue;
    }
    if (*count == capacity) {
      return nt_fail(err, NT_STATUS_NOT_SUPPORTED, "partition_table",
                     "the disk has more than %u volumes", capacity);
    }
    read_partition(part, gpt, &out[(*count)++]);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status probe_table(blkid_probe probe, const struct nt_file *file,
                             uint64_t length, uint32_t sector_size,
                             char style[8], struct sim_partition *out,
                             uint32_t capacity, uint32_t *count,
                             struct nt_error *err) {
  if (blkid_probe_set_device(probe, file->fd, 0, (blkid_loff_t)length) != 0) {
    return nt_fail_errno(err, errno != 0 ? errno : EIO, "partition_table",
                         "reading the partition table");
  }
  blkid_probe_set_sectorsize(probe, sector_size);
  blkid_probe_enable_superblocks(probe, 0);
  blkid_probe_enable_partitions(probe, 1);
  errno = 0;
  blkid_partlist list = blkid_probe_get_partitions(probe);
  if (!list && (errno == ENOMEM || errno == EIO)) {
    return nt_fail_errno(err, errno, "partition_table",
                         "reading the partition table");
  }
  if (!list || !blkid_partlist_get_table(list)) {
    return NT_STATUS_SUCCESS; /* NULL is libblkid's "none", too */
  }
  return read_list(list, style, out, capacity, count, err);
}

nt_status nt__sim_partition_read(const struct nt_file *file, uint64_t length,
                                 uint32_t sector_size, char style[8],
                                 struct sim_partition *out, uint32_t capacity,
                                 uint32_t *count, struct nt_error *err) {
  struct nt_probe whole;
  *count = 0;
  snprintf(style, 8, "none");
  /* A boot sector of a file system ends in the same signature as an MBR; what
   * mounts as a whole is not partitioned. */
  nt_status status = nt_probe(file, 0, length, &whole, err);
  if (nt_ok(status) && !nt__sim_fsd_mounts(whole.file_system, false)) {
    blkid_probe probe = blkid_new_probe();
    status = probe ? probe_table(probe, file, length, sector_size, style, out,
                                 capacity, count, err)
                   : nt_fail(err, NT_STATUS_NO_MEMORY, NULL, NULL);
    blkid_free_probe(probe);
  }
  if (nt_ok(status) && strcmp(style, "none") == 0) {
    memset(out, 0, sizeof *out);
    out->length = length;
    *count = 1;
  }
  return status;
}
