/*
 * Shared by the files create*.c, which make a machine. Only they include this
 * header.
 */
#ifndef NT_SIM_CREATE_CREATE_H
#define NT_SIM_CREATE_CREATE_H

#include "../disk/partitions.h"
#include "../machine.h"

#define SIM_SERIAL_MAX 40 /* bytes of a serial number, with the zero */

/* A volume in several pieces. */
struct sim_span {
  const char *name;
  uint32_t disk;   /* of its first piece */
  uint32_t pieces; /* that were asked for */
  uint32_t made;
  int64_t volume; /* 0: not made yet */
};

struct sim_creation {
  struct sim_machine *m;
  const struct nt_sim_spec *spec;
  bool made_folder, own_folder;
  bool made_image[NT_SIM_MAX_DISKS];
  bool letter_used[26];
  uint32_t sector_size[NT_SIM_MAX_DISKS]; /* that the disks have */
  struct sim_span spans[NT_SIM_MAX_SPANS];
  uint32_t span_count;
};

/* ---- create_check.c: what the caller asked for --------------------------- */

/* Fills the error, and answers STATUS_INVALID_PARAMETER. */
nt_status nt__sim_bad_spec(struct nt_error *err, uint32_t disk,
                           const char *detail, const char *hint);

uint32_t nt__sim_spec_sector_size(const struct nt_sim_disk_spec *disk);
const char *nt__sim_spec_style(const struct nt_sim_disk_spec *disk);
/* A drive may be empty: no image, and no size of a new one. */
bool nt__sim_spec_is_empty(const struct nt_sim_disk_spec *disk);

/* The place of a letter in the alphabet, -1 for what is none. The locale has
 * no say in it. */
int nt__sim_letter_index(char c);

/* NULL: no piece of a volume with this name was named so far. */
struct sim_span *nt__sim_find_span(struct sim_creation *c, const char *name);

/* Refuses what cannot be made. Notes the letters that are taken, and the
 * volumes in several pieces. */
nt_status nt__sim_check_spec(struct sim_creation *c, struct nt_error *err);

/* ---- create_disk.c ------------------------------------------------------- */

/* Makes or opens the image of a disk, and writes the rows of the disk and its
 * volumes. `parts` has room for NT_SIM_MAX_VOLUMES. Within a transaction. */
nt_status nt__sim_create_disk(struct sim_creation *c, uint32_t number,
                              struct sim_partition *parts,
                              struct nt_error *err);

/* ---- create_volume.c ----------------------------------------------------- */

/* The rows of the volumes of a disk: its partitions that are volumes. What was
 * asked for is of those that get a letter, in order, or where that is more than
 * there are of them, of all volumes. Moves the partitions that are volumes to
 * the front of `parts`. */
nt_status nt__sim_insert_volumes(struct sim_creation *c, uint32_t disk,
                                 struct sim_partition *parts,
                                 struct sim_layout *layout,
                                 struct nt_error *err);

/* ---- remove.c ------------------------------------------------------------ */

/* Removes a file of a machine's folder, and all that is not an image. */
void nt__sim_unlink(const char *folder, const char *name);
void nt__sim_unlink_machine(const char *folder);

#endif
