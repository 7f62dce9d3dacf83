/*
 * Reading and writing.
 */
#include <inttypes.h>

#include "../request/request.h"
#include "handle.h"

/* ---- what can be said before the system is asked ------------------------- */

static nt_status check_alignment(const struct win32_handle *h, uint64_t offset,
                                 size_t len, struct nt_error *err) {
  uint32_t sector = h->base.sector_size;
  if (offset % sector == 0 && len % sector == 0) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(err, NT_REASON_ALIGNMENT,
                   "offset %" PRIu64 " and length %" PRIu64
                   " are not whole sectors of %" PRIu32 " bytes",
                   offset, (uint64_t)len, sector);
}

/* Offsets are signed in NT, and negative ones have special meanings. */
static nt_status check_range(uint64_t offset, size_t len,
                             struct nt_error *err) {
  if (offset <= INT64_MAX && len <= INT64_MAX - offset) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse_as(err, NT_STATUS_INVALID_PARAMETER, NT_REASON_PAST_END,
                      "%" PRIu64 " bytes at offset %" PRIu64
                      " are past all ends",
                      (uint64_t)len, offset);
}

static nt_status check_transfer(const struct win32_handle *h, uint64_t offset,
                                size_t len, struct nt_error *err) {
  NT_TRY(check_alignment(h, offset, len, err));
  return check_range(offset, len, err);
}

static size_t piece_of(size_t left) {
  return left < WIN32_PIECE ? left : WIN32_PIECE;
}

/* ---- reading ------------------------------------------------------------- */

static nt_status past_end(uint64_t offset, struct nt_error *err) {
  return nt_refuse(err, NT_REASON_PAST_END,
                   "offset %" PRIu64 " is at or past the end", offset);
}

/* Whether a disk driver may have refused a range because its end is past the
 * end of the disk. */
static bool may_cross_end(const struct win32_handle *h, nt_status status) {
  return h->base.sector_size > 1 && (status == NT_STATUS_INVALID_PARAMETER ||
                                     status == NT_STATUS_NONEXISTENT_SECTOR);
}

/* Finds how many bytes there are from `offset` to the end; false when the
 * device does not tell. */
static bool bytes_to_end(struct win32_handle *h, uint64_t offset,
                         uint64_t *out) {
  unsigned char buf[8] = {0};
  size_t length = 0;
  nt_status status = nt__win32_request(h, NT_IOCTL_DISK_GET_LENGTH_INFO, NULL,
                                       0, buf, sizeof(buf), &length, NULL);
  if (!nt_ok(status) || length < sizeof(buf)) {
    return false;
  }
  uint64_t end = nt_get_u64(buf);
  *out = offset < end ? end - offset : 0;
  return true;
}

/* Reads one piece; one that crosses the end is read up to there. At the end
 * *done is 0. */
static nt_status read_piece(struct win32_handle *h, uint64_t offset, void *buf,
                            size_t len, size_t *done, struct nt_error *err) {
  uint64_t rest;
  nt_status status = nt__win32_read_piece(h, offset, buf, len, done, err);
  if (may_cross_end(h, status) && bytes_to_end(h, offset, &rest) &&
      rest < len) {
    nt_error_clear(err);
    status = rest == 0 ? NT_STATUS_END_OF_FILE
                       : nt__win32_read_piece(h, offset, buf, (size_t)rest,
                                              done, err);
  }
  if (status == NT_STATUS_END_OF_FILE) {
    nt_error_clear(err);
    *done = 0;
    return NT_STATUS_SUCCESS;
  }
  if (!nt_ok(status)) {
    nt__win32_explain_handle(h, 0, err);
  }
  return status;
}

nt_status nt__win32_read(struct nt_handle *handle, uint64_t offset, void *buf,
                         size_t len, size_t *done, struct nt_error *err) {
  struct win32_handle *h = nt__win32_handle(handle);
  size_t total = 0;
  NT_TRY(check_transfer(h, offset, len, err));
  for (bool more = true; more;) {
    size_t piece = piece_of(len - total), count;
    NT_TRY(read_piece(h, offset + total, (unsigned char *)buf + total, piece,
                      &count, err));
    total += count;
    more = count == piece && total < len;
  }
  if (total == 0 && len > 0) {
    return past_end(offset, err);
  }
  *done = total;
  return NT_STATUS_SUCCESS;
}

/* ---- writing ------------------------------------------------------------- */

/* 1.10: where a file system is mounted, only the handle that locked or
 * dismounted the volume may write. */
static void explain_write(struct win32_handle *h, struct nt_error *err) {
  if (err->status == NT_STATUS_ACCESS_DENIED && h->base.sector_size > 1) {
    bool disk = h->base.kind == NT_KIND_DISK;
    nt_error_because(err, NT_REASON_MOUNTED, NULL);
    nt_copy(err->detail, sizeof(err->detail),
            disk ? "a volume in this range is mounted and not locked"
                 : "a file system is mounted there and the volume is not "
                   "locked");
    nt_hint(err, disk ? "open and lock the volumes of the disk while you write"
                      : "lock the volume first");
  }
  nt__win32_explain_handle(h, 0, err);
}

nt_status nt__win32_write(struct nt_handle *handle, uint64_t offset,
                          const void *buf, size_t len, size_t *done,
                          struct nt_error *err) {
  struct win32_handle *h = nt__win32_handle(handle);
  size_t total = 0;
  NT_TRY(check_transfer(h, offset, len, err));
  for (bool more = true; more;) {
    size_t piece = piece_of(len - total), count;
    nt_status status = nt__win32_write_piece(h, offset + total,
                                             (const unsigned char *)buf + total,
                                             piece, &count, err);
    if (!nt_ok(status)) {
      explain_write(h, err);
      return status;
    }
    total += count;
    more = count == piece && total < len;
  }
  *done = total;
  return NT_STATUS_SUCCESS;
}

nt_status nt__win32_flush(struct nt_handle *handle, struct nt_error *err) {
  struct win32_handle *h = nt__win32_handle(handle);
  struct nt_win32_io io = {.information = 0};
  NT_TRY(nt__win32_check_usable(h, err));
  nt_status status = h->os->flush(h->file, &io);
  if (!nt_ok(status)) {
    nt__win32_fail_status(err, status, "%s", "");
    nt__win32_explain_handle(h, 0, err);
  }
  return status;
}

nt_status nt__win32_file_size(struct nt_handle *handle, uint64_t *out,
                              struct nt_error *err) {
  bool directory;
  return nt__win32_standard_information(nt__win32_handle(handle), out,
                                        &directory, err);
}
