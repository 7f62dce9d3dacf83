/*
 * Partition tables by hand: where new partitions go, and which table a disk
 * has.
 */
#include <string.h>

#include "../../text.h"
#include "table.h"

/* ---- bytes --------------------------------------------------------------- */

nt_status nt__sim_table_read(const struct sim_table *table, uint64_t lba,
                             void *buf, size_t length, struct nt_error *err) {
  size_t done = 0;
  nt_status status = nt_file_read(table->file, lba * table->sector_size, buf,
                                  length, &done, err);
  if (nt_ok(status)) {
    memset((char *)buf + done, 0, length - done);
  } else {
    nt_error_about(err, "partition_table", "reading the partition table");
  }
  return status;
}

nt_status nt__sim_table_write(const struct sim_table *table, uint64_t lba,
                              const void *buf, size_t length,
                              struct nt_error *err) {
  nt_status status =
      nt_file_write(table->file, lba * table->sector_size, buf, length, err);
  if (!nt_ok(status)) {
    nt_error_about(err, "partition_table", "writing the partition table");
  }
  return status;
}

nt_status nt__sim_table_add(const struct sim_table *table,
                            struct sim_found *found, uint32_t number,
                            const struct sim_range *range,
                            struct sim_partition **out, struct nt_error *err) {
  if (found->count == found->capacity) {
    return nt_fail(err, NT_STATUS_NOT_SUPPORTED, "partition_table",
                   "the disk has more than %u volumes", found->capacity);
  }
  struct sim_partition *part = &found->out[found->count++];
  *part = (struct sim_partition){
      .number = number,
      .offset = range->start * table->sector_size,
      .length = range->count * table->sector_size,
  };
  *out = part;
  return NT_STATUS_SUCCESS;
}

/* ---- writing ------------------------------------------------------------- */

static nt_status check_count(bool gpt, uint32_t count, struct nt_error *err) {
  if (gpt ? count <= NT_SIM_MAX_VOLUMES : count <= 4) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(err, NT_STATUS_INVALID_PARAMETER, "partition_table",
          "%s has room for %d volumes, %u were asked for",
          gpt ? "a GPT" : "an MBR", gpt ? NT_SIM_MAX_VOLUMES : 4, count);
  nt_hint(err, gpt ? "use several disks" : "use the partition style gpt");
  return NT_STATUS_INVALID_PARAMETER;
}

nt_status nt__sim_table_create(const struct nt_file *file, const char *path,
                               const char *style, uint32_t sector_size,
                               const uint64_t *sizes, uint32_t count,
                               uint64_t pieces, struct nt_error *err) {
  struct sim_range ranges[NT_SIM_MAX_VOLUMES];
  struct nt_file_facts facts;
  bool gpt = strcmp(style, "gpt") == 0;
  nt_status status = check_count(gpt, count, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt_file_look(file, &facts, err);
  if (!nt_ok(status)) {
    nt_error_about(err, "partition_table", "%s", path);
    return status;
  }
  struct sim_table table = {file, facts.length / sector_size, sector_size};
  uint64_t end = gpt ? nt__sim_gpt_end(&table) : nt__sim_mbr_end(&table);
  status =
      nt__sim_place(style, sector_size, end, sizes, count, pieces, ranges, err);
  if (!nt_ok(status)) {
    return status;
  }
  return gpt ? nt__sim_gpt_write(&table, ranges, count, err)
             : nt__sim_mbr_write(&table, ranges, count, err);
}

/* ---- reading ------------------------------------------------------------- */

static nt_status read_table(const struct sim_table *table, char style[8],
                            struct sim_found *found, struct nt_error *err) {
  uint8_t sector[512];
  bool valid = false;
  nt_status status = nt__sim_table_read(table, 0, sector, sizeof sector, err);
  if (!nt_ok(status)) {
    return status;
  }
  switch (nt__sim_mbr_kind(sector)) {
    case SIM_MBR_PROTECTS_GPT:
      status = nt__sim_gpt_read(table, found, &valid, err);
      nt_copy(style, 8, valid ? "gpt" : "none");
      return status;
    case SIM_MBR_TABLE:
      nt_copy(style, 8, "mbr");
      return nt__sim_mbr_read(table, sector, found, err);
    case SIM_MBR_NONE:
      break;
  }
  return status;
}

nt_status nt__sim_table_find(const struct nt_file *file, uint64_t length,
                             uint32_t sector_size, char style[8],
                             struct sim_partition *out, uint32_t capacity,
                             uint32_t *count, struct nt_error *err) {
  struct nt_probe whole;
  struct sim_found found = {out, capacity, 0};
  struct sim_table table = {file, length / sector_size, sector_size};
  nt_copy(style, 8, "none");
  /* A boot sector of a file system ends in the same signature as an MBR; what
   * mounts as a whole is not partitioned. */
  nt_status status = nt_probe(file, 0, length, &whole, err);
  if (nt_ok(status) && !nt__sim_fsd_mounts(whole.file_system, false)) {
    status = read_table(&table, style, &found, err);
  }
  if (nt_ok(status) && strcmp(style, "none") == 0) {
    *out = (struct sim_partition){.length = length};
    found.count = 1;
  }
  *count = found.count;
  return status;
}
