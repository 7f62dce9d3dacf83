/*
 * Writes the partition tables of simulated disks without libfdisk, which cannot
 * be built for Windows.
 */
#include "../partition.h"
#include "table.h"

nt_status nt__sim_partition_write(const struct nt_file *file, const char *path,
                                  const char *style, uint32_t sector_size,
                                  const uint64_t *sizes, uint32_t count,
                                  uint64_t pieces, struct nt_error *err) {
  return nt__sim_table_create(file, path, style, sector_size, sizes, count,
                              pieces, err);
}
