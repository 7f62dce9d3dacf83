/*
 * Lists of byte ranges.
 */
#ifndef NT_RANGES_H
#define NT_RANGES_H

#include "../error.h"

struct nt_range {
  uint64_t offset, length; /* bytes */
};

struct nt_ranges {
  struct nt_range *at; /* owned; starts as NULL */
  size_t count, capacity;
};

/* Appends a range; an empty one is left out. */
nt_status nt_ranges_add(struct nt_ranges *ranges, uint64_t offset,
                        uint64_t length, struct nt_error *err);

/* Appends the ranges of data (SEEK_DATA) that a sparse file has between `from`
 * and `to`, widened to multiples of `unit`; both ends must be such multiples.
 * The new ranges are in order, and there is a hole between each two. */
nt_status nt_ranges_add_data(struct nt_ranges *ranges, int fd, uint64_t from,
                             uint64_t to, uint32_t unit, struct nt_error *err);

void nt_ranges_free(struct nt_ranges *ranges);

#endif
