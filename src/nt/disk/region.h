/*
 * The bytes of a volume or of a disk, as the parsers of this folder get them:
 * through two functions of whoever has the bytes.
 *
 * The bytes may come from anybody. When a function returns false, it has either
 * failed to read or found something impossible; in the second case `damage`
 * says what.
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
  const char *damage; /* NULL: no damage was found */
};

/* Reads a range. One outside of the region is damage: other bytes of the volume
 * named it. */
bool nt_region_read(struct nt_region *region, uint64_t offset, void *buf,
                    size_t length);
bool nt_region_write(struct nt_region *region, uint64_t offset, const void *buf,
                     size_t length);

/* Notes the damage, and returns false. */
bool nt_region_damaged(struct nt_region *region, const char *what);

#endif
