/*
 * Saving what a format is about to overwrite.
 */
#include "keep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scratch.h"

struct work {
  const struct nt_keep_request *request;
  struct nt_error *err;
  unsigned char *before, *after; /* NT_SAVED_MAX bytes each */
};

/* ---- ranges -------------------------------------------------------------- */

static int by_offset(const void *a, const void *b) {
  const struct nt_range *left = a, *right = b;
  return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static nt_status copy_sorted(const struct nt_ranges *from, struct nt_ranges *to,
                             struct nt_error *err) {
  for (size_t i = 0; i < from->count; i++) {
    NT_TRY(nt_ranges_add(to, from->at[i].offset, from->at[i].length, err));
  }
  if (to->count > 0) {
    qsort(to->at, to->count, sizeof(to->at[0]), by_offset);
  }
  return NT_STATUS_SUCCESS;
}

/* ---- pieces -------------------------------------------------------------- */

static nt_status read_old(struct work *work, uint64_t offset, size_t length) {
  size_t done = 0;
  nt_status status = nt_read(work->request->handle, offset, work->before,
                             length, &done, work->err);
  if (nt_ok(status) && done < length) {
    status = nt_refuse(work->err, NT_REASON_SHORT_TRANSFER,
                       "read %zu of %zu bytes", done, length);
  }
  if (!nt_ok(status)) {
    nt_error_about(work->err, NT_REASON_NONE,
                   "read what is there at offset %" PRIu64, offset);
  }
  return status;
}

static nt_status keep_piece(struct work *work, uint64_t offset, size_t length) {
  const struct nt_keep_request *request = work->request;
  const struct nt_keeper *keeper = request->options->keeper;
  NT_TRY(read_old(work, offset, length));
  NT_TRY(nt_scratch_read(request->scratch, offset, work->after, length,
                         work->err));
  return keeper->ops->save(keeper->journal, offset, work->before, work->after,
                           length, work->err);
}

static nt_status keep_range(struct work *work, uint64_t offset,
                            uint64_t length) {
  nt_status status = NT_STATUS_SUCCESS;
  while (nt_ok(status) && length > 0) {
    /* aligned, so that no page is read twice */
    size_t room = NT_SAVED_MAX - (size_t)(offset % NT_SAVED_MAX);
    size_t piece = length < room ? (size_t)length : room;
    status = keep_piece(work, offset, piece);
    offset += piece;
    length -= piece;
  }
  return status;
}

/* Saves the boot sector first, as a range of its own: whoever writes the ranges
 * back needs that order. */
static nt_status keep_all(struct work *work, const struct nt_ranges *sorted) {
  uint64_t end = work->request->sector_size;
  nt_status status = keep_range(work, 0, end);
  for (size_t i = 0; nt_ok(status) && i < sorted->count; i++) {
    uint64_t from = sorted->at[i].offset;
    uint64_t to = from + sorted->at[i].length;
    from = from < end ? end : from;
    if (from < to) {
      status = keep_range(work, from, to - from);
      end = to;
    }
  }
  return status;
}

static uint64_t sum_of(const struct nt_ranges *sorted, uint64_t end) {
  uint64_t sum = end;
  for (size_t i = 0; i < sorted->count; i++) {
    uint64_t from = sorted->at[i].offset;
    uint64_t to = from + sorted->at[i].length;
    from = from < end ? end : from;
    sum += from < to ? to - from : 0;
    end = to > end ? to : end;
  }
  return sum;
}

/* ---- the whole ----------------------------------------------------------- */

static nt_status save(struct work *work, const struct nt_ranges *sorted) {
  const struct nt_format_options *options = work->request->options;
  const struct nt_keeper *keeper = options->keeper;
  uint64_t limit =
      options->undo_limit != 0 ? options->undo_limit : NT_UNDO_LIMIT;
  NT_TRY(keeper->ops->save_begin(keeper->journal, options->operation, limit,
                                 work->err));
  nt_status status = keep_all(work, sorted);
  status = keeper->ops->save_end(keeper->journal, status, work->err);
  if (!nt_ok(status) && nt_because_of(work->err, NT_REASON_UNDO_LIMIT)) {
    nt_hint(work->err,
            "allow more with undo_limit, %" PRIu64
            " bytes are always enough, or do without an undo: undo = false",
            2 * sum_of(sorted, work->request->sector_size));
  }
  return status;
}

nt_status nt_keep(const struct nt_keep_request *request, struct nt_error *err) {
  struct work work = {.request = request, .err = err};
  struct nt_ranges sorted = {0};
  nt_status status = copy_sorted(request->ranges, &sorted, err);
  work.before = nt_ok(status) ? malloc(2 * NT_SAVED_MAX) : NULL;
  if (nt_ok(status) && work.before == NULL) {
    status = nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  if (nt_ok(status)) {
    work.after = work.before + NT_SAVED_MAX;
    status = save(&work, &sorted);
  }
  free(work.before);
  nt_ranges_free(&sorted);
  return status;
}
