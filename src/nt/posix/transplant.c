/*
 * Format by transplant.
 *
 * The order of writes is what makes it safe: first the boot sector and every
 * place where a signature may be are wiped, then all of the new file system
 * but its boot sector is written, then that. Between the first write and the
 * last the volume holds no file system at all, never half of one.
 */
#include "../transplant.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../restore.h"
#include "../text.h"
#include "keep.h"
#include "mkfs.h"
#include "place.h"
#include "ranges.h"
#include "scratch.h"

#define MIB (UINT64_C(1) << 20)
#define PIECE ((size_t)MIB)

/* The windows at both ends of a volume in which signatures of file systems,
 * RAID, LVM and swap lie. The furthest from the start is that of VMFS, at 2
 * MiB; the furthest from the end are the last two labels of ZFS, 512 KiB. */
#define HEAD_WINDOW (4 * MIB)
#define TAIL_WINDOW MIB

struct job {
  struct nt_handle *handle;
  const struct nt_format_options *options;
  struct nt_error *err;
  struct nt_mkfs_request place;
  int scratch;             /* descriptor; -1: none yet */
  struct nt_ranges ranges; /* first the windows, then the new data without
                              its boot sector */
  size_t windows;          /* how many are windows */
  unsigned char *data;     /* PIECE bytes */
  unsigned char *zeros;    /* PIECE bytes of zeros */
  uint64_t done, total;    /* bytes, as progress counts them */
  uint64_t written;        /* bytes, through the handle */
  bool touched;            /* something may have been written */
  bool wiped;              /* every window has been all zeros */
  bool saved; /* the journal has the bytes that will be overwritten */
};

/* ---- listing ------------------------------------------------------------- */

static nt_status list_windows(struct job *job) {
  uint64_t length = job->place.length;
  uint64_t head = length < HEAD_WINDOW ? length : HEAD_WINDOW;
  uint64_t tail = length - head < TAIL_WINDOW ? length - head : TAIL_WINDOW;
  uint64_t boot = job->place.sector_size; /* wiped and written on its own */
  nt_status status = nt_ranges_add(&job->ranges, boot, head - boot, job->err);
  if (nt_ok(status)) {
    status = nt_ranges_add(&job->ranges, length - tail, tail, job->err);
  }
  job->windows = job->ranges.count;
  return status;
}

/* Lists all ranges that will be written, before the first write. */
static nt_status list_ranges(struct job *job) {
  const struct nt_mkfs_request *place = &job->place;
  nt_status status = list_windows(job);
  if (nt_ok(status)) {
    status = nt_ranges_add_data(&job->ranges, job->scratch, place->sector_size,
                                place->length, place->sector_size, job->err);
  }
  job->total = job->options->full ? place->length : place->sector_size;
  job->total += place->sector_size; /* the boot sector is wiped, too */
  for (size_t i = 0; i < job->ranges.count; i++) {
    bool counted = i < job->windows || !job->options->full;
    job->total += counted ? job->ranges.at[i].length : 0;
  }
  return status;
}

/* ---- reading and writing ------------------------------------------------- */

static nt_status failed(struct job *job, nt_status status, const char *step) {
  nt_error_about(job->err, NT_REASON_NONE, "%s", step);
  return status;
}

static nt_status failed_at(struct job *job, nt_status status, const char *step,
                           uint64_t offset) {
  nt_error_about(job->err, NT_REASON_NONE, "%s at offset %" PRIu64, step,
                 offset);
  return status;
}

static nt_status cut_short(struct job *job, const char *verb, size_t done,
                           size_t length) {
  return nt_refuse(job->err, NT_REASON_SHORT_TRANSFER,
                   "%s %" PRIu64 " of %" PRIu64 " bytes", verb, (uint64_t)done,
                   (uint64_t)length);
}

static nt_status read_old(struct job *job, uint64_t offset, void *buf,
                          size_t length) {
  size_t done = 0;
  nt_status status = nt_read(job->handle, offset, buf, length, &done, job->err);
  if (nt_ok(status) && done < length) {
    status = cut_short(job, "read", done, length);
  }
  return nt_ok(status) ? status
                       : failed_at(job, status, "read what is there", offset);
}

/* The only way by which bytes of the volume are overwritten. */
static nt_status overwrite(struct job *job, uint64_t offset, const void *bytes,
                           size_t length, const char *step) {
  size_t done = 0;
  job->touched = true;
  nt_status status =
      nt_write(job->handle, offset, bytes, length, &done, job->err);
  if (nt_ok(status)) {
    job->written += done;
    if (done < length) {
      status = cut_short(job, "wrote", done, length);
    }
  }
  return nt_ok(status) ? status : failed_at(job, status, step, offset);
}

static nt_status flush(struct job *job, const char *step) {
  nt_status status = nt_flush(job->handle, job->err);
  return nt_ok(status) ? status : failed(job, status, step);
}

static nt_status advance(struct job *job, uint64_t bytes) {
  const struct nt_format_options *options = job->options;
  job->done += bytes;
  if (options->progress == NULL ||
      options->progress(options->progress_ctx, job->done, job->total)) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(job->err, NT_REASON_CANCELLED,
                   "stopped after %" PRIu64 " of %" PRIu64 " bytes", job->done,
                   job->total);
}

/* Calls `step` for a range, one piece at a time, and reports progress after
 * each. */
static nt_status by_pieces(struct job *job, uint64_t offset, uint64_t length,
                           nt_status (*step)(struct job *, uint64_t, size_t)) {
  nt_status status = NT_STATUS_SUCCESS;
  while (nt_ok(status) && length > 0) {
    size_t room = PIECE - (size_t)(offset % PIECE); /* whole pieces align */
    size_t piece = length < room ? (size_t)length : room;
    status = step(job, offset, piece);
    if (nt_ok(status)) {
      status = advance(job, piece);
    }
    offset += piece;
    length -= piece;
  }
  return status;
}

/* ---- the steps ----------------------------------------------------------- */

static bool all_zero(const unsigned char *bytes, size_t length) {
  return length == 0 ||
         (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/* Whether a failed write left the old bytes, which are in job->data. */
static bool unchanged(struct job *job, uint64_t offset, size_t length) {
  struct nt_error ignored = {0};
  size_t done = 0;
  nt_status status =
      nt_read(job->handle, offset, job->zeros, length, &done, &ignored);
  bool same = nt_ok(status) && done == length &&
              memcmp(job->data, job->zeros, length) == 0;
  memset(job->zeros, 0, PIECE);
  return same;
}

static nt_status wipe_piece(struct job *job, uint64_t offset, size_t length) {
  bool first = !job->touched;
  nt_status status = read_old(job, offset, job->data, length);
  if (!nt_ok(status) || all_zero(job->data, length)) {
    return status;
  }
  status = overwrite(job, offset, job->zeros, length, "wipe old signatures");
  if (!nt_ok(status) && first && unchanged(job, offset, length)) {
    job->touched = false;
  }
  return status;
}

/* Makes the wipe durable before anything else is touched: after a power cut,
 * the old boot sector must not stand in front of wiped tables. */
static nt_status wipe_boot_sector(struct job *job) {
  NT_TRY(wipe_piece(job, 0, job->place.sector_size));
  NT_TRY(flush(job, "flush the wiped boot sector"));
  return advance(job, job->place.sector_size);
}

static nt_status wipe_windows(struct job *job) {
  nt_status status = wipe_boot_sector(job);
  for (size_t i = 0; nt_ok(status) && i < job->windows; i++) {
    const struct nt_range *window = &job->ranges.at[i];
    status = by_pieces(job, window->offset, window->length, wipe_piece);
  }
  if (nt_ok(status)) {
    status = flush(job, "flush the wiped signatures");
  }
  job->wiped = job->wiped || nt_ok(status);
  return status;
}

static nt_status copy_piece(struct job *job, uint64_t offset, size_t length) {
  NT_TRY(nt_scratch_read(job->scratch, offset, job->data, length, job->err));
  return overwrite(job, offset, job->data, length, "write the new file system");
}

static nt_status zero_piece(struct job *job, uint64_t offset, size_t length) {
  return overwrite(job, offset, job->zeros, length, "write zeros");
}

/* Writes all data; with `full` also zeros before, between and after it. */
static nt_status write_data(struct job *job) {
  nt_status status = NT_STATUS_SUCCESS;
  uint64_t at = job->place.sector_size;
  for (size_t i = job->windows; nt_ok(status) && i < job->ranges.count; i++) {
    const struct nt_range *extent = &job->ranges.at[i];
    if (job->options->full) {
      status = by_pieces(job, at, extent->offset - at, zero_piece);
    }
    if (nt_ok(status)) {
      status = by_pieces(job, extent->offset, extent->length, copy_piece);
    }
    at = extent->offset + extent->length;
  }
  if (nt_ok(status) && job->options->full) {
    status = by_pieces(job, at, job->place.length - at, zero_piece);
  }
  return nt_ok(status) ? flush(job, "flush the new file system") : status;
}

static nt_status write_boot_sector(struct job *job) {
  size_t length = job->place.sector_size;
  NT_TRY(nt_scratch_read(job->scratch, 0, job->data, length, job->err));
  NT_TRY(overwrite(job, 0, job->data, length, "write the boot sector"));
  return flush(job, "flush the boot sector");
}

/* Saves the old bytes and makes them durable before the first write. A full
 * format overwrites the whole volume: nobody keeps that, and the journal says
 * so. */
static nt_status save_old(struct job *job) {
  const struct nt_format_options *options = job->options;
  struct nt_keep_request request = {.handle = job->handle,
                                    .options = options,
                                    .ranges = &job->ranges,
                                    .scratch = job->scratch,
                                    .sector_size = job->place.sector_size};
  const struct nt_keeper *keeper = options->keeper;
  nt_status status = NT_STATUS_SUCCESS;
  if (keeper == NULL) {
    return status;
  }
  if (options->no_undo || options->full) {
    status = keeper->ops->mark_unsaved(keeper->journal, options->operation,
                                       true, job->err);
    return nt_ok(status) ? status : failed(job, status, "note it");
  }
  status = nt_keep(&request, job->err);
  job->saved = nt_ok(status);
  return nt_ok(status) ? status : failed(job, status, "save for an undo");
}

static nt_status transplant(struct job *job) {
  NT_TRY(list_ranges(job));
  NT_TRY(advance(job, 0));
  NT_TRY(save_old(job));
  NT_TRY(wipe_windows(job));
  NT_TRY(write_data(job));
  return write_boot_sector(job);
}

/* ---- the end ------------------------------------------------------------- */

static bool boot_sector_is_zero(struct job *job) {
  struct nt_error ignored = {0};
  size_t done = 0, length = job->place.sector_size;
  nt_status status =
      nt_read(job->handle, 0, job->data, length, &done, &ignored);
  return nt_ok(status) && done == length && all_zero(job->data, length);
}

/* Wipes again, as far as the volume lets us. */
static bool wipe_quietly(const struct job *job) {
  struct nt_error ignored = {0};
  struct nt_format_options options = *job->options;
  struct job quiet = *job;
  options.progress = NULL;
  quiet.options = &options;
  quiet.err = &ignored;
  return nt_ok(wipe_windows(&quiet));
}

static bool write_back(const struct job *job) {
  struct nt_error ignored = {0};
  uint64_t written;
  return nt_ok(nt_restore(job->handle, job->options->keeper,
                          job->options->operation, &written, &ignored));
}

/* After a failure: writes the old bytes back, or makes sure that no file system
 * is recognised, and returns what the volume holds; NULL when that could not be
 * found out. */
static const char *settle(struct job *job) {
  if (!job->touched || (job->saved && write_back(job))) {
    return "untouched";
  }
  if (wipe_quietly(job) || (job->wiped && boot_sector_is_zero(job))) {
    return "unformatted";
  }
  return NULL;
}

static nt_status prepare(struct job *job, struct nt_probe *made) {
  const struct nt_format_options *options = job->options;
  job->place.fs = options->fs;
  job->place.label = options->label;
  job->place.cluster_size = options->cluster_size;
  NT_TRY(nt_place_ask(job->handle, &job->place, job->err));
  nt_status status = nt_mkfs(&job->place, &job->scratch, made, job->err);
  if (!nt_ok(status)) {
    return status;
  }
  job->data = malloc(PIECE);
  job->zeros = calloc(1, PIECE);
  return job->data != NULL && job->zeros != NULL
             ? status
             : nt_fail(job->err, NT_STATUS_NO_MEMORY, NULL);
}

static void release(struct job *job) {
  nt_ranges_free(&job->ranges);
  free(job->data);
  free(job->zeros);
  if (job->scratch >= 0) {
    close(job->scratch);
  }
}

nt_status nt_transplant_rehearse(const struct nt_format_options *options,
                                 uint64_t length, uint32_t sector_size,
                                 struct nt_error *err) {
  struct nt_mkfs_request request = {.fs = options->fs,
                                    .label = options->label,
                                    .cluster_size = options->cluster_size,
                                    .length = length,
                                    .sector_size = sector_size,
                                    .heads = 255,
                                    .sectors_per_track = 63};
  struct nt_probe made;
  int scratch = -1;
  nt_status status = nt_mkfs(&request, &scratch, &made, err);
  if (scratch >= 0) {
    close(scratch);
  }
  return status;
}

nt_status nt_transplant(struct nt_handle *handle,
                        const struct nt_format_options *options,
                        struct nt_format_result *result, struct nt_error *err) {
  struct job job = {
      .handle = handle, .options = options, .err = err, .scratch = -1};
  struct nt_probe made;
  nt_status status = prepare(&job, &made);
  if (nt_ok(status)) {
    status = transplant(&job);
  }
  if (nt_ok(status)) {
    nt_copy(result->file_system, sizeof(result->file_system), made.file_system);
    result->bytes_written = job.written;
    if (options->progress != NULL) {
      options->progress(options->progress_ctx, job.total, job.total);
    }
  } else {
    err->outcome = settle(&job);
    if (err->outcome == NULL || strcmp(err->outcome, "untouched") != 0) {
      err->hint[0] = '\0'; /* first: what becomes of the volume */
    }
  }
  result->can_undo = job.saved;
  release(&job);
  return status;
}
