/* Writes partition tables. Each operating system has this in a folder of its
 * own. */
#ifndef NT_SIM_PARTITION_H
#define NT_SIM_PARTITION_H

#include "../host.h"

/* Writes a new partition table into an image; `path` names it in refusals.
 * `sizes[i]` are bytes; 0 takes the rest. At most NT_SIM_MAX_VOLUMES. Bit i of
 * `pieces`: partition i is a piece of a volume (see nt_range). */
nt_status nt__sim_partition_write(const struct nt_file *file, const char *path,
                                  const char *style, uint32_t sector_size,
                                  const uint64_t *sizes, uint32_t count,
                                  uint64_t pieces, struct nt_error *err);

#endif
