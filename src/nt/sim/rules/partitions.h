/*
 * The volumes of a disk, which its partition table says. All of these must be
 * called within a transaction.
 */
#ifndef NT_SIM_RULES_PARTITIONS_H
#define NT_SIM_RULES_PARTITIONS_H

#include "../db/request.h"
#include "../disk/partitions.h"

struct sim_new_volume {
  uint32_t disk, sector_size;
  const struct sim_partition *part;
  uint32_t flags; /* NT_VOLUME_* */
  bool piece;     /* the first one of a volume in several pieces */
  bool installed;
};

/* Inserts the rows of a volume and of the place where it lies. */
nt_status nt__sim_add_volume(const struct sim_request *r,
                             const struct sim_new_volume *made, int64_t *id);

/* Inserts the row of one place. */
nt_status nt__sim_add_extent(const struct sim_request *r, int64_t volume,
                             uint32_t ordinal, uint32_t disk,
                             const struct sim_partition *part);

/* Says that a volume in one piece is this partition now. */
nt_status nt__sim_place_volume(const struct sim_request *r, int64_t volume,
                               const struct sim_partition *part);

/* Finds the partitions of a disk that are volumes, and notes what its table is.
 * A CD has none: the whole CD is its volume. */
nt_status nt__sim_find_volumes(const struct sim_request *r,
                               struct sim_disk *disk,
                               const struct nt_file *file,
                               struct sim_partition out[NT_SIM_MAX_VOLUMES],
                               uint32_t *count);

/* Refuses unless every volume of the disk may go that is not at one of these
 * places and at least as long as there: it is in use, the system's, or in
 * several pieces. */
nt_status nt__sim_check_may_go(const struct sim_request *r, uint32_t disk,
                               const struct nt_extent *stay, uint32_t count);

/* Reads the partition table again. The volumes whose partitions are gone go,
 * those of new partitions arrive, and what the table says of the others is
 * taken over. */
nt_status nt__sim_read_table(const struct sim_request *r,
                             struct sim_disk *disk);

#endif
