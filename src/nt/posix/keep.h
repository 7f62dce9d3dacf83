/*
 * Saving what a format is about to overwrite.
 */
#ifndef NT_POSIX_KEEP_H
#define NT_POSIX_KEEP_H

#include "../format.h"
#include "ranges.h"

struct nt_keep_request {
  struct nt_handle *handle;
  const struct nt_format_options *options; /* keeper, operation, undo_limit */
  const struct nt_ranges *ranges;          /* all that will be written, but the
                                              boot sector; may overlap */
  int scratch;                             /* what will be written */
  uint32_t sector_size;                    /* of the boot sector */
};

/* Gives the keeper what the ranges hold now and what they will hold. Success:
 * it is durable. */
nt_status nt_keep(const struct nt_keep_request *request, struct nt_error *err);

#endif
