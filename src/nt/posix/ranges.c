/*
 * Lists of byte ranges, and the data extents of sparse files.
 */
#include "ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

nt_status nt_ranges_add(struct nt_ranges *ranges, uint64_t offset,
                        uint64_t length, struct nt_error *err) {
  if (length == 0) {
    return NT_STATUS_SUCCESS;
  }
  if (ranges->count == ranges->capacity) {
    size_t capacity = ranges->capacity > 0 ? ranges->capacity * 2 : 16;
    struct nt_range *at = realloc(ranges->at, capacity * sizeof(*at));
    if (at == NULL) {
      return nt_fail_errno(err, ENOMEM, NT_REASON_NONE,
                           "listing what to write");
    }
    ranges->at = at;
    ranges->capacity = capacity;
  }
  ranges->at[ranges->count++] = (struct nt_range){offset, length};
  return NT_STATUS_SUCCESS;
}

/* Finds the next extent of data at or after `from`. Returns false behind the
 * last one (errno is 0 then) and on failure. */
static bool next_data(int fd, uint64_t from, uint64_t *start, uint64_t *end) {
  off_t data = lseek(fd, (off_t)from, SEEK_DATA);
  off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
  if (hole < 0) {
    errno = data < 0 && errno == ENXIO ? 0 : errno;
    return false;
  }
  *start = (uint64_t)data;
  *end = (uint64_t)hole;
  return true;
}

nt_status nt_ranges_add_data(struct nt_ranges *ranges, int fd, uint64_t from,
                             uint64_t to, uint32_t unit, struct nt_error *err) {
  uint64_t at = from, start, end;
  while (at < to) {
    if (!next_data(fd, at, &start, &end)) {
      return errno == 0 ? NT_STATUS_SUCCESS
                        : nt_fail_errno(err, errno, NT_REASON_NONE,
                                        "looking for data in a scratch file");
    }
    if (start >= to) {
      break;
    }
    start -= start % unit;
    at = end < to ? end + (unit - end % unit) % unit : to;
    nt_status status = nt_ranges_add(ranges, start, at - start, err);
    if (!nt_ok(status)) {
      return status;
    }
  }
  return NT_STATUS_SUCCESS;
}

void nt_ranges_free(struct nt_ranges *ranges) {
  free(ranges->at);
  *ranges = (struct nt_ranges){0};
}
