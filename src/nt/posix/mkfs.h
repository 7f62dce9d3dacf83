/*
 * Making a file system in a scratch file with the mkfs tools.
 */
#ifndef NT_MKFS_H
#define NT_MKFS_H

#include "../probe.h"

struct nt_mkfs_request {
  const char *fs;        /* "ntfs", "fat", "fat16", "fat32", "exfat" */
  const char *label;     /* NULL or "": none */
  uint32_t cluster_size; /* bytes; 0: the usual one for the size */
  /* Where the file system will live. */
  uint64_t length;      /* bytes, a multiple of sector_size */
  uint64_t start;       /* bytes from the start of the disk */
  uint32_t sector_size; /* bytes */
  uint32_t heads;
  uint32_t sectors_per_track;
};

/* Makes the file system in a sparse scratch file of request->length bytes.
 * Returns its descriptor, which the caller closes, and what it holds now.
 * Refuses with the reasons of nt_format(), and then leaves nothing behind. */
nt_status nt_mkfs(const struct nt_mkfs_request *request, int *scratch,
                  struct nt_probe *made, struct nt_error *err);

#endif
