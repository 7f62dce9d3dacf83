/*
 * Saving what a format is about to overwrite.
 */
#ifndef NT_POSIX_KEEP_H
#define NT_POSIX_KEEP_H

#include "../format.h"
#include "ranges.h"

struct nt_keep_request {
  struct nt_handle *handle;
  /* Of these, the keeper, the operation and undo_limit are used. */
  const struct nt_format_options *options;
  const struct nt_ranges *ranges; /* all ranges that will be written but the
                                     boot sector; they may overlap */
  int scratch;                    /* the scratch file with the new bytes */
  uint32_t sector_size;           /* bytes of the boot sector */
};

/* Gives the keeper the bytes that the ranges hold now and those that they will
 * hold. On success both are durable. */
nt_status nt_keep(const struct nt_keep_request *request, struct nt_error *err);

#endif
