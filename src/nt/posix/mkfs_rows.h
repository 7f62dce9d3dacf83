/*
 * The table of mkfs tools: one row per file system that can be made. Only
 * mkfs.c includes this header.
 */
#ifndef NT_MKFS_ROWS_H
#define NT_MKFS_ROWS_H

#include "../format_check.h"
#include "mkfs.h"

/* A command line, and room for the texts that were made for it. */
struct nt_arguments {
  const char *at[28];
  size_t count;
  char texts[8][32];
  size_t text_count;
};

struct nt_mkfs_row {
  const char *fs; /* as users write it */
  const char *tool, *package;
  const char *makes[3];     /* what nt_probe() may call the result */
  uint32_t biggest_sector;  /* bytes; the smallest is 512 */
  uint32_t biggest_cluster; /* bytes; the smallest is one sector */
  uint32_t most_cluster_sectors;
  uint64_t most_volume_sectors;
  void (*arguments)(struct nt_arguments *a, const struct nt_mkfs_request *r);
  nt_status (*finish)(const struct nt_mkfs_request *r, int scratch,
                      struct nt_error *err); /* NULL: nothing is left to do */
};

const struct nt_mkfs_row *nt_mkfs_row(enum nt_format_fs fs);

#endif
