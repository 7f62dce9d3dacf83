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

/* What stands in front of the partitions of a disk. */
struct sim_layout {
  char style[8];        /* "none", "mbr" or "gpt" */
  uint32_t sector_size; /* 0 at first: to be found */
  bool damaged;         /* W5: a GPT of which neither copy is whole */
  uint32_t elsewhere;   /* with sectors of this size it is; 0: neither so */
  uint32_t count;       /* of partitions */
};

/* Finds the partitions of a disk, or the whole disk when it has a file system
 * or no partition table. */
nt_status nt__sim_partition_read(const struct nt_file *file, uint64_t length,
                                 struct sim_layout *layout,
                                 struct sim_partition *out, uint32_t capacity,
                                 struct nt_error *err);
/* Refuses for a damaged one, and says what is wrong. */
nt_status nt__sim_layout_damage(const struct sim_layout *layout,
                                struct nt_error *err);

#endif
