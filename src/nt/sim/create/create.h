/*
 * Declarations for the files create*.c, which make a machine. Only they include
 * this header.
 */
#ifndef NT_SIM_CREATE_CREATE_H
#define NT_SIM_CREATE_CREATE_H

#include "../db/request.h"
#include "../disk/partitions.h"

#define SIM_SERIAL_MAX 40 /* bytes of a serial number, with the zero */

/* W2: a volume with one of these is mounted from the start. */
#define NT__SIM_USED_BY_SYSTEM \
  (NT_VOLUME_SYSTEM | NT_VOLUME_BOOT | NT_VOLUME_PAGEFILE)

/* A volume in several pieces. */
struct sim_span {
  const char *name;
  uint32_t disk;   /* the disk of its first piece */
  uint32_t pieces; /* how many were asked for */
  uint32_t made;
  int64_t volume; /* 0: not made yet */
};

struct sim_creation {
  struct sim_request r;
  const struct nt_sim_spec *spec;
  bool made_folder, own_folder;
  bool made_image[NT_SIM_MAX_DISKS];
  uint32_t letter_used[26];               /* the disk, from 1; 0: none */
  uint32_t sector_size[NT_SIM_MAX_DISKS]; /* that the disks have */
  /* By volume: enum nt_sim_mounted, as it was asked for. */
  uint8_t mounted[NT_SIM_MAX_DISKS * NT_SIM_MAX_VOLUMES + 1];
  struct sim_span spans[NT_SIM_MAX_SPANS];
  uint32_t span_count;
};

/* ---- create_check.c: what the caller asked for --------------------------- */

/* Fills the error, and returns STATUS_INVALID_PARAMETER. */
nt_status nt__sim_bad_spec(struct nt_error *err, uint32_t disk,
                           const char *detail, const char *hint);

uint32_t nt__sim_spec_sector_size(const struct nt_sim_disk_spec *disk);
const char *nt__sim_spec_style(const struct nt_sim_disk_spec *disk);
/* Returns whether this is an empty drive: it has no image, and no size for a
 * new one. */
bool nt__sim_spec_is_empty(const struct nt_sim_disk_spec *disk);

/* Returns the place of a letter in the alphabet, or -1 if it is none, whatever
 * the locale is. */
int nt__sim_letter_index(char c);

/* Finds the volume with this name; NULL when no piece of it was named so far.
 */
struct sim_span *nt__sim_find_span(struct sim_creation *c, const char *name);

/* Refuses what cannot be made. Notes the letters that are taken, and the
 * volumes in several pieces. */
nt_status nt__sim_check_spec(struct sim_creation *c);

/* ---- create_disk.c ------------------------------------------------------- */

/* Makes or opens the image of a disk, and writes the rows of the disk and its
 * volumes. `parts` has room for NT_SIM_MAX_VOLUMES. Must be called within a
 * transaction. */
nt_status nt__sim_create_disk(struct sim_creation *c, uint32_t number,
                              struct sim_partition *parts);

/* ---- create_volume.c ----------------------------------------------------- */

/* Inserts the rows of the volumes of a disk: its partitions that are volumes.
 * What the specification asks for goes to those that get a letter, in order; if
 * it asks for more than these, it goes to all volumes in order. Moves the
 * partitions that are volumes to the front of `parts`. */
nt_status nt__sim_insert_volumes(struct sim_creation *c, uint32_t disk,
                                 struct sim_partition *parts,
                                 struct sim_layout *layout);

/* W3: mounts the volumes that are to be mounted from the start. Must be called
 * within a transaction, when all disks are there. */
nt_status nt__sim_mount_volumes(const struct sim_creation *c);

/* ---- remove.c ------------------------------------------------------------ */

/* The first function removes a file of a machine's folder. The second one
 * removes the machine's own files that are not images. */
void nt__sim_unlink(const char *folder, const char *name);
void nt__sim_unlink_machine(const char *folder);

#endif
