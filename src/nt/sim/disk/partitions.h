/* Partitions: finds the volumes of a disk, and chooses where those of a new one
 * lie. */
#ifndef NT_SIM_DISK_PARTITIONS_H
#define NT_SIM_DISK_PARTITIONS_H

#include "../../disk/table.h"
#include "../db/rows.h"

/* place.c: where new partitions lie. They start at whole MiB, as Windows and
 * fdisk place them; a size of 0 takes what is left before sector `end`. */
nt_status nt__sim_place(const char *style, uint32_t sector_size, uint64_t end,
                        const uint64_t *sizes, uint32_t count, uint64_t pieces,
                        struct nt_range *ranges, struct nt_error *err);

/* Finds the volumes of a disk: its partitions, or the whole disk when it has a
 * file system or no partition table. `style` gets "none", "mbr" or "gpt". */
nt_status nt__sim_partition_read(const struct nt_file *file, uint64_t length,
                                 uint32_t sector_size, char style[8],
                                 struct sim_partition *out, uint32_t capacity,
                                 uint32_t *count, struct nt_error *err);

#endif
