/*
 * Writing back what an operation overwrote.
 */
#include "restore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct work {
  struct nt_handle *handle;
  const struct nt_keeper *keeper;
  int64_t id;
  struct nt_error *err;
  unsigned char *before, *after, *there; /* NT_SAVED_MAX bytes each */
  uint64_t written;
};

static nt_status prepare(struct work *work) {
  work->before = malloc(3 * NT_SAVED_MAX);
  if (work->before == NULL) {
    return nt_fail(work->err, NT_STATUS_NO_MEMORY, NULL, NULL);
  }
  work->after = work->before + NT_SAVED_MAX;
  work->there = work->after + NT_SAVED_MAX;
  return NT_STATUS_SUCCESS;
}

/* A mounted FAT does not let writes pass its own end without it (1.11). Who
 * does not know the request has no such end. */
static void reach_all(struct nt_handle *handle) {
  struct nt_error ignored = {0};
  nt_verb(handle, NT_FSCTL_ALLOW_EXTENDED_DASD_IO, &ignored);
}

/* ---- bytes --------------------------------------------------------------- */

static nt_status about(struct work *work, nt_status status, const char *step,
                       uint64_t offset) {
  nt_error_about(work->err, NULL, "%s at offset %" PRIu64, step, offset);
  return status;
}

static nt_status read_there(struct work *work, uint64_t offset, size_t length) {
  size_t done = 0;
  nt_status status =
      nt_read(work->handle, offset, work->there, length, &done, work->err);
  if (nt_ok(status) && done < length) {
    status = nt_fail(work->err, NT_STATUS_END_OF_FILE, "short_transfer",
                     "read %zu of %zu bytes", done, length);
  }
  return nt_ok(status) ? status
                       : about(work, status, "read what is there", offset);
}

/* Only what differs is written. */
static nt_status put(struct work *work, uint64_t offset, const void *bytes,
                     size_t length) {
  size_t done = 0;
  nt_status status = read_there(work, offset, length);
  if (!nt_ok(status) || memcmp(work->there, bytes, length) == 0) {
    return status;
  }
  status = nt_write(work->handle, offset, bytes, length, &done, work->err);
  if (nt_ok(status) && done < length) {
    status = nt_fail(work->err, NT_STATUS_END_OF_FILE, "short_transfer",
                     "wrote %zu of %zu bytes", done, length);
  }
  work->written += done;
  return nt_ok(status) ? status : about(work, status, "write back", offset);
}

/* Every saved range from *cursor on, until `each` refuses. */
static nt_status walk(struct work *work, uint64_t cursor, bool with_after,
                      nt_status (*each)(struct work *,
                                        const struct nt_saved *)) {
  struct nt_saved saved = {.before = work->before,
                           .after = with_after ? work->after : NULL};
  for (;;) {
    nt_status status = work->keeper->ops->next_saved(
        work->keeper->journal, work->id, &cursor, &saved, work->err);
    if (status == NT_STATUS_NO_MORE_ENTRIES) {
      return NT_STATUS_SUCCESS;
    }
    if (nt_ok(status)) {
      status = each(work, &saved);
    }
    if (!nt_ok(status)) {
      return status;
    }
  }
}

static nt_status put_before(struct work *work, const struct nt_saved *saved) {
  return put(work, saved->offset, saved->before, saved->length);
}

/* The boot sector is the first range, on its own. */
static nt_status find_boot(struct work *work, struct nt_saved *boot) {
  uint64_t cursor = 0;
  *boot = (struct nt_saved){.before = work->before};
  nt_status status = work->keeper->ops->next_saved(
      work->keeper->journal, work->id, &cursor, boot, work->err);
  if (status == NT_STATUS_NO_MORE_ENTRIES ||
      (nt_ok(status) && boot->offset != 0)) {
    return nt_fail(work->err, NT_STATUS_FILE_CORRUPT_ERROR, "journal",
                   "the journal has no boot sector of operation %lld",
                   (long long)work->id);
  }
  return status;
}

static nt_status wipe_boot(struct work *work, size_t length) {
  memset(work->after, 0, length);
  nt_status status = put(work, 0, work->after, length);
  return nt_ok(status) ? nt_flush(work->handle, work->err) : status;
}

static nt_status restore(struct work *work) {
  struct nt_saved boot;
  nt_status status = find_boot(work, &boot);
  size_t length = boot.length;
  if (nt_ok(status)) {
    status = wipe_boot(work, length);
  }
  if (nt_ok(status)) {
    status = walk(work, length, false, put_before);
  }
  if (nt_ok(status)) {
    status = nt_flush(work->handle, work->err);
  }
  if (nt_ok(status)) {
    status = find_boot(work, &boot); /* the buffer held others meanwhile */
  }
  if (nt_ok(status)) {
    status = put(work, 0, boot.before, length);
  }
  return nt_ok(status) ? nt_flush(work->handle, work->err) : status;
}

nt_status nt_restore(struct nt_handle *handle, const struct nt_keeper *keeper,
                     int64_t id, uint64_t *written, struct nt_error *err) {
  struct work work = {.handle = handle, .keeper = keeper, .id = id, .err = err};
  nt_status status = prepare(&work);
  if (nt_ok(status)) {
    reach_all(handle);
    status = restore(&work);
  }
  free(work.before);
  *written = work.written;
  return status;
}

/* ---- may it -------------------------------------------------------------- */

static size_t first_difference(const unsigned char *a, const unsigned char *b,
                               size_t length) {
  size_t at = 0;
  while (at < length && a[at] == b[at]) {
    at++;
  }
  return at;
}

static nt_status compare(struct work *work, const struct nt_saved *saved) {
  nt_status status = read_there(work, saved->offset, saved->length);
  if (!nt_ok(status)) {
    return status;
  }
  size_t at = first_difference(work->there, saved->after, saved->length);
  if (at == saved->length) {
    return status;
  }
  nt_fail(work->err, NT_STATUS_ACCESS_DENIED, "file_system_used",
          "the new file system has been used: byte %" PRIu64
          " of the volume is 0x%02X, the format wrote 0x%02X",
          saved->offset + at, (unsigned)work->there[at],
          (unsigned)saved->after[at]);
  nt_hint(work->err,
          "copy away what is on it now; the old file system cannot come back");
  return NT_STATUS_ACCESS_DENIED;
}

/* What a cut leaves of a write may end anywhere, so bytes are looked at: each
 * is what was there, what was written, or wiped. */
static nt_status recognise(struct work *work, const struct nt_saved *saved) {
  nt_status status = read_there(work, saved->offset, saved->length);
  const unsigned char *there = work->there;
  for (size_t at = 0; nt_ok(status) && at < saved->length; at++) {
    if (there[at] == saved->before[at] || there[at] == saved->after[at] ||
        there[at] == 0) {
      continue;
    }
    status = nt_fail(
        work->err, NT_STATUS_ACCESS_DENIED, "file_system_used",
        "somebody wrote to it after the operation was interrupted: byte "
        "%" PRIu64
        " of the volume is 0x%02X, the operation would have left "
        "0x%02X",
        saved->offset + at, (unsigned)there[at], (unsigned)saved->after[at]);
    nt_hint(work->err,
            "what is there now is newer: to keep it, ntvol log %lld --dismiss",
            (long long)work->id);
  }
  return status;
}

static nt_status check_bytes(struct nt_handle *handle,
                             const struct nt_keeper *keeper, int64_t id,
                             bool over, struct nt_error *err) {
  struct work work = {.handle = handle, .keeper = keeper, .id = id, .err = err};
  nt_status status = prepare(&work);
  if (nt_ok(status)) {
    reach_all(handle);
    status = walk(&work, 0, true, over ? compare : recognise);
  }
  free(work.before);
  return status;
}

static nt_status check_saved(const struct nt_operation *operation,
                             struct nt_error *err) {
  bool over = strcmp(operation->state, "committed") == 0;
  if (!over && strcmp(operation->state, "interrupted") != 0) {
    nt_fail(err, NT_STATUS_INVALID_PARAMETER, "no_undo", "operation %lld is %s",
            (long long)operation->id, operation->state);
  } else if (operation->saved_bytes == 0) {
    nt_fail(err, NT_STATUS_INVALID_PARAMETER, "no_undo",
            "nothing is saved of operation %lld", (long long)operation->id);
  } else {
    return NT_STATUS_SUCCESS;
  }
  nt_hint(err, "see what there is: ntvol log");
  return NT_STATUS_INVALID_PARAMETER;
}

static nt_status check(struct nt_handle *handle, const struct nt_keeper *keeper,
                       int64_t id, bool *over, struct nt_error *err) {
  struct nt_operation *operation = calloc(1, sizeof(*operation));
  struct nt_volume_info info = {0};
  nt_status status =
      operation != NULL ? keeper->ops->find(keeper->journal, id, operation, err)
                        : nt_fail(err, NT_STATUS_NO_MEMORY, NULL, NULL);
  if (nt_ok(status)) {
    status = check_saved(operation, err);
  }
  if (nt_ok(status)) {
    status = nt_info(handle, &info, err);
  }
  if (nt_ok(status)) {
    status = nt_operation_check(&operation->identity, &info, err);
  }
  *over = nt_ok(status) && strcmp(operation->state, "committed") == 0;
  free(operation);
  return nt_ok(status) ? check_bytes(handle, keeper, id, *over, err) : status;
}

nt_status nt_take_back_check(struct nt_handle *handle,
                             const struct nt_keeper *keeper, int64_t id,
                             struct nt_error *err) {
  bool over;
  return check(handle, keeper, id, &over, err);
}

/* ---- taking back --------------------------------------------------------- */

static nt_status check_lock(const struct nt_handle *handle,
                            struct nt_error *err) {
  if (handle->kind == NT_KIND_VOLUME && handle->locked) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(err, NT_STATUS_NOT_LOCKED, "not_locked", NULL);
  nt_hint(err, "lock the volume first, with this handle");
  return NT_STATUS_NOT_LOCKED;
}

nt_status nt_take_back(struct nt_handle *handle, const struct nt_keeper *keeper,
                       int64_t id, uint64_t *written, struct nt_error *err) {
  bool over = false;
  nt_status status = check_lock(handle, err);
  *written = 0;
  if (nt_ok(status)) {
    status = check(handle, keeper, id, &over, err);
  }
  if (nt_ok(status)) {
    status = keeper->ops->claim(keeper->journal, id, err);
  }
  if (!nt_ok(status)) {
    err->outcome = "untouched";
    return status;
  }
  status = nt_restore(handle, keeper, id, written, err);
  if (nt_ok(status)) {
    return keeper->ops->finish(keeper->journal, id,
                               over ? "undone" : "recovered", NULL, err);
  }
  keeper->ops->release(keeper->journal, id);
  nt_hint(err, "what is saved is still there: repeat it, ntvol recover %s",
          handle->name);
  return status;
}
