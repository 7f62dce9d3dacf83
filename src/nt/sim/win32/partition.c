/*
 * Partition tables of simulated disks: by hand, because libfdisk and libblkid
 * cannot be built for Windows.
 */
#include "table.h"

nt_status nt__sim_partition_write(const struct nt_file *file, const char *path,
                                  const char *style, uint32_t sector_size,
                                  const uint64_t *sizes, uint32_t count,
                                  uint64_t pieces, struct nt_error *err) {
  return nt__sim_table_create(file, path, style, sector_size, sizes, count,
                              pieces, err);
}

nt_status nt__sim_partition_read(const struct nt_file *file, uint64_t length,
                                 uint32_t sector_size, char style[8],
                                 struct sim_partition *out, uint32_t capacity,
                                 uint32_t *count, struct nt_error *err) {
  return nt__sim_table_find(file, length, sector_size, style, out, capacity,
                            count, err);
}
