/*
 * Partition tables, read and written byte by byte: libfdisk and libblkid do
 * this on POSIX, and neither can be built for Windows. Nothing here knows an
 * operating system. Only src/nt/sim/win32 includes this header.
 */
#ifndef NT_SIM_WIN32_TABLE_H
#define NT_SIM_WIN32_TABLE_H

#include "../internal.h"

/* nt__sim_partition_write() and nt__sim_partition_read(), under names of their
 * own, so that a test can have both. */
nt_status nt__sim_table_create(const struct nt_file *file, const char *path,
                               const char *style, uint32_t sector_size,
                               const uint64_t *sizes, uint32_t count,
                               uint64_t pieces, struct nt_error *err);
nt_status nt__sim_table_find(const struct nt_file *file, uint64_t length,
                             uint32_t sector_size, char style[8],
                             struct sim_partition *out, uint32_t capacity,
                             uint32_t *count, struct nt_error *err);

/* A disk image; LBAs count its sectors. */
struct sim_table {
  const struct nt_file *file;
  uint64_t sectors;
  uint32_t sector_size;
};

/* Partitions found so far. */
struct sim_found {
  struct sim_partition *out;
  uint32_t capacity, count;
};

/* ---- table.c --------------------------------------------------------- */

/* Bytes at an LBA; what lies behind the end of the image reads as zeros. */
nt_status nt__sim_table_read(const struct sim_table *table, uint64_t lba,
                             void *buf, size_t length, struct nt_error *err);
nt_status nt__sim_table_write(const struct sim_table *table, uint64_t lba,
                              const void *buf, size_t length,
                              struct nt_error *err);
/* The place for one more, with number, offset and length filled. */
nt_status nt__sim_table_add(const struct sim_table *table,
                            struct sim_found *found, uint32_t number,
                            const struct sim_range *range,
                            struct sim_partition **out, struct nt_error *err);

static inline uint64_t table_get(const uint8_t *at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = bytes; i > 0; i--) {
    value = value << 8 | at[i - 1];
  }
  return value;
}

static inline void table_put(uint8_t *at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    at[i] = (uint8_t)(value >> (8 * i));
  }
}

/* ---- mbr.c --------------------------------------------------------------- */

/* What the first 512 bytes of a disk are. */
enum sim_mbr { SIM_MBR_NONE, SIM_MBR_TABLE, SIM_MBR_PROTECTS_GPT };

enum sim_mbr nt__sim_mbr_kind(const uint8_t sector[512]);

nt_status nt__sim_mbr_read(const struct sim_table *table,
                           const uint8_t sector[512], struct sim_found *found,
                           struct nt_error *err);

/* One behind the last sector that a table can name. */
uint64_t nt__sim_mbr_end(const struct sim_table *table);

/* At most 4 partitions. */
nt_status nt__sim_mbr_write(const struct sim_table *table,
                            const struct sim_range *ranges, uint32_t count,
                            struct nt_error *err);

/* The MBR in front of a GPT. */
nt_status nt__sim_mbr_protect(const struct sim_table *table,
                              struct nt_error *err);

/* ---- gpt.c --------------------------------------------------------------- */

/* *valid is false when neither header is whole. */
nt_status nt__sim_gpt_read(const struct sim_table *table,
                           struct sim_found *found, bool *valid,
                           struct nt_error *err);

/* One behind the last sector that a partition may have; 0: too small. */
uint64_t nt__sim_gpt_end(const struct sim_table *table);

/* At most NT_SIM_MAX_VOLUMES partitions. */
nt_status nt__sim_gpt_write(const struct sim_table *table,
                            const struct sim_range *ranges, uint32_t count,
                            struct nt_error *err);

#endif
