/*
 * The bytes of a volume or of a disk, as the parsers of this folder get them:
 * by two functions of whoever has the bytes.
 *
 * What the parsers read comes from anywhere. A function that returns false has
 * either failed to read or found something that cannot be: then `damage` says
 * what.
 */
#ifndef NT_DISK_REGION_H
#define NT_DISK_REGION_H

#include "bytes.h"

struct nt_region {
  void *from; /* for the two functions, which remember here why they failed */
  uint64_t length; /* bytes */
  bool (*read)(void *from, uint64_t offset, void *buf, size_t length);
  bool (*write)(void *from, uint64_t offset, const void *buf, size_t length);
  bool failed;        /* one of the two functions has failed */
  const char *damage; /* NULL: nothing was found */
};

/* A range outside of the region is damage: the bytes say what to read. */
bool nt_region_read(struct nt_region *region, uint64_t offset, void *buf,
                    size_t length);
bool nt_region_write(struct nt_region *region, uint64_t offset, const void *buf,
                     size_t length);

/* Notes the damage, and returns false. */
bool nt_region_damaged(struct nt_region *region, const char *what);

#endif
