/*
 * Files that hold a disk in a format of their own: their bytes are not those of
 * the disk.
 */
#ifndef NT_DISK_CONTAINER_H
#define NT_DISK_CONTAINER_H

#include "region.h"

struct nt_container {
  /* NULL: the bytes are those of a disk, but for what lies behind `length`. */
  const char *name; /* "qcow2", "dynamic VHD" */
  /* What makes a plain image of it: a command, in front of the names of the
   * file and of the new one and between them. */
  const char *command, *between;
  uint64_t length; /* of the disk: a VHD of fixed size has a footer behind it */
};

/* Looks at the start and the end. False when they cannot be read. */
bool nt_container_look(struct nt_region *region, struct nt_container *out);

#endif
