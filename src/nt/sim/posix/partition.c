/*
 * Writes the partition tables of new disks by libfdisk, as other tools do.
 */
#include <errno.h>
#include <libfdisk/libfdisk.h>
#include <stdlib.h>
#include <string.h>

#include "../../posix/file.h"
#include "../disk/partitions.h"
#include "../partition.h"

/* The type that Windows gives a data partition. */
#define MBR_TYPE_IFS "7"
#define GPT_TYPE_BASIC_DATA "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
/* The type of a part of a dynamic disk. */
#define MBR_TYPE_LDM "42"
#define GPT_TYPE_LDM_DATA "AF9B60A0-1431-4F62-BC68-3311714A69AD"

static nt_status fdisk_failed(int code, const char *what,
                              struct nt_error *err) {
  return nt_fail_errno(err, -code, NT_REASON_PARTITION_TABLE, "%s", what);
}

static struct fdisk_parttype *type_of(struct fdisk_context *cxt,
                                      const struct nt_range *range, bool gpt) {
  const char *name = range->piece ? (gpt ? GPT_TYPE_LDM_DATA : MBR_TYPE_LDM)
                                  : (gpt ? GPT_TYPE_BASIC_DATA : MBR_TYPE_IFS);
  return fdisk_label_parse_parttype(fdisk_get_label(cxt, NULL), name);
}

/* libfdisk writes into a new partition without a look at whether it got
 * memory for it. So memory is asked for first, much more than it takes; given
 * back, it is there for the library. */
static struct fdisk_partition *new_partition(void) {
  void *volatile room = malloc(4096);
  if (room == NULL) {
    return NULL;
  }
  free(room);
  return fdisk_new_partition();
}

static nt_status add_partition(struct fdisk_context *cxt, uint32_t index,
                               const struct nt_range *range, bool gpt,
                               struct nt_error *err) {
  struct fdisk_parttype *type = type_of(cxt, range, gpt);
  struct fdisk_partition *part = new_partition();
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
  struct nt_range ranges[NT_SIM_MAX_VOLUMES];
  bool gpt = strcmp(style, "gpt") == 0;
  NT_TRY(nt__sim_place(style, sector_size, fdisk_get_last_lba(cxt) + 1, sizes,
                       count, pieces, ranges, err));
  for (uint32_t i = 0; i < count; i++) {
    NT_TRY(add_partition(cxt, i, &ranges[i], gpt, err));
  }
  return NT_STATUS_SUCCESS;
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
  NT_TRY(add_partitions(cxt, style, sector_size, sizes, count, pieces, err));
  code = fdisk_write_disklabel(cxt);
  return code ? fdisk_failed(code, "writing the partition table", err)
              : NT_STATUS_SUCCESS;
}

/* Gives libfdisk a path, which it needs: an image in memory has none. */
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
    nt_refuse_as(err, NT_STATUS_INVALID_PARAMETER, NT_REASON_PARTITION_TABLE,
                 "an MBR has room for 4 volumes, %u were asked for", count);
    nt_hint(err, "use the partition style gpt");
    return NT_STATUS_INVALID_PARAMETER;
  }
  struct fdisk_context *cxt = fdisk_new_context();
  if (!cxt) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
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
