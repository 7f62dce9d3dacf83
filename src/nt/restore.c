/*
 * Writing back what an operation overwrote.
 */
#include "restore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"

struct work {
  struct nt_handle *handle;
  const struct nt_keeper *keeper;
  int64_t id;
  struct nt_error *err;
  unsigned char *before, *after, *there; /* NT_SAVED_MAX bytes each */
  uint64_t written;
  bool good_only; /* damaged ranges are left out */
};

static nt_status prepare(struct work *work) {
  work->before = malloc(3 * NT_SAVED_MAX);
  if (work->before == NULL) {
    return nt_fail(work->err, NT_STATUS_NO_MEMORY, NULL);
  }
  work->after = work->before + NT_SAVED_MAX;
  work->there = work->after + NT_SAVED_MAX;
  return NT_STATUS_SUCCESS;
}

/* Without this request a mounted FAT lets no write pass its own end (1.11). A
 * file system that does not know the request has no such end. */
static void reach_all(struct nt_handle *handle) {
  struct nt_error ignored = {0};
  nt_verb(handle, NT_FSCTL_ALLOW_EXTENDED_DASD_IO, &ignored);
}

/* ---- bytes --------------------------------------------------------------- */

static nt_status about(struct work *work, nt_status status, const char *step,
                       uint64_t offset) {
  nt_error_about(work->err, NT_REASON_NONE, "%s at offset %" PRIu64, step,
                 offset);
  return status;
}

static nt_status read_all(void *ctx, uint64_t offset, void *bytes,
                          size_t length, struct nt_error *err) {
  struct work *work = ctx;
  size_t done = 0;
  nt_status status = nt_read(work->handle, offset, bytes, length, &done, err);
  if (nt_ok(status) && done < length) {
    status = nt_refuse(err, NT_REASON_SHORT_TRANSFER, "read %zu of %zu bytes",
                       done, length);
  }
  return nt_ok(status) ? status
                       : about(work, status, "read what is there", offset);
}

static nt_status read_there(struct work *work, uint64_t offset, size_t length) {
  return read_all(work, offset, work->there, length, work->err);
}

/* Writes a range, but only where the volume has other bytes. */
static nt_status put(struct work *work, uint64_t offset, const void *bytes,
                     size_t length) {
  size_t done = 0;
  nt_status status = read_there(work, offset, length);
  if (!nt_ok(status) || memcmp(work->there, bytes, length) == 0) {
    return status;
  }
  status = nt_write(work->handle, offset, bytes, length, &done, work->err);
  if (nt_ok(status) && done < length) {
    status = nt_refuse(work->err, NT_REASON_SHORT_TRANSFER,
                       "wrote %zu of %zu bytes", done, length);
  }
  work->written += done;
  return nt_ok(status) ? status : about(work, status, "write back", offset);
}

/* Whether a range that was refused is to be left out. */
static bool leave_out(const struct work *work, nt_status status) {
  return work->good_only && status == NT_STATUS_FILE_CORRUPT_ERROR &&
         nt_because_of(work->err, NT_REASON_JOURNAL_DAMAGED);
}

/* Calls `each` for every saved range from *cursor on, until it refuses. */
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
    if (leave_out(work, status)) {
      memset(work->err, 0, sizeof(*work->err));
      continue;
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

/* Finds the boot sector, which is the first range. When that range is damaged,
 * only its length is known, from the volume. */
static nt_status find_boot(struct work *work, struct nt_saved *boot,
                           bool *is_good) {
  struct nt_volume_info info = {0};
  uint64_t cursor = 0;
  *boot = (struct nt_saved){.before = work->before};
  nt_status status = work->keeper->ops->next_saved(
      work->keeper->journal, work->id, &cursor, boot, work->err);
  *is_good = nt_ok(status) && boot->offset == 0;
  if (*is_good) {
    return status;
  }
  if (work->good_only &&
      (nt_ok(status) || status == NT_STATUS_NO_MORE_ENTRIES ||
       leave_out(work, status))) {
    memset(work->err, 0, sizeof(*work->err));
    status = nt_info(work->handle, &info, work->err);
    boot->length = info.sector_size;
    return status;
  }
  if (nt_ok(status) || status == NT_STATUS_NO_MORE_ENTRIES) {
    return nt_refuse(work->err, NT_REASON_JOURNAL_DAMAGED,
                     "the journal has no boot sector of operation %lld",
                     (long long)work->id);
  }
  return status;
}

static nt_status wipe_boot(struct work *work, size_t length) {
  memset(work->after, 0, length);
  NT_TRY(put(work, 0, work->after, length));
  return nt_flush(work->handle, work->err);
}

/* Writes the boot sector. It is read again, because the buffer has held other
 * ranges since. */
static nt_status put_boot(struct work *work) {
  struct nt_saved boot;
  bool is_good = false;
  NT_TRY(find_boot(work, &boot, &is_good));
  if (is_good) {
    NT_TRY(put(work, 0, boot.before, boot.length));
  }
  return nt_flush(work->handle, work->err);
}

static nt_status restore(struct work *work) {
  struct nt_saved boot;
  bool is_good = false;
  nt_status status = find_boot(work, &boot, &is_good);
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
  return nt_ok(status) ? put_boot(work) : status;
}

/* Checks that the volume now holds what was there before. Nothing else proves
 * it. */
static nt_status verify(struct work *work) {
  nt_status status =
      work->keeper->ops->matches(work->keeper->journal, work->id, read_all,
                                 work, work->good_only, work->err);
  if (status == NT_STATUS_DEVICE_DATA_ERROR &&
      nt_because_of(work->err, NT_REASON_VERIFY)) {
    work->err->outcome = "partly restored";
  }
  return status;
}

static nt_status restore_and_verify(struct nt_handle *handle,
                                    const struct nt_keeper *keeper, int64_t id,
                                    bool good_only, uint64_t *written,
                                    struct nt_error *err) {
  struct work work = {.handle = handle,
                      .keeper = keeper,
                      .id = id,
                      .err = err,
                      .good_only = good_only};
  nt_status status = prepare(&work);
  if (nt_ok(status)) {
    reach_all(handle);
    status = restore(&work);
  }
  if (nt_ok(status)) {
    status = verify(&work);
  }
  if (nt_ok(status)) {
    status = nt_follow_type(handle, err);
  }
  free(work.before);
  *written = work.written;
  return status;
}

nt_status nt_restore(struct nt_handle *handle, const struct nt_keeper *keeper,
                     int64_t id, uint64_t *written, struct nt_error *err) {
  struct nt_saved_check found;
  nt_status status =
      keeper->ops->check(keeper->journal, id, NULL, NULL, &found, err);
  *written = 0;
  return nt_ok(status)
             ? restore_and_verify(handle, keeper, id, false, written, err)
             : status;
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
  nt_refuse(work->err, NT_REASON_FILE_SYSTEM_USED,
            "the new file system has been used: byte %" PRIu64
            " of the volume is 0x%02X, the format wrote 0x%02X",
            saved->offset + at, (unsigned)work->there[at],
            (unsigned)saved->after[at]);
  nt_hint(work->err,
          "copy away what is on it now; the old file system cannot come back");
  return NT_STATUS_ACCESS_DENIED;
}

/* Checks that each byte is one that was there, one that was written, or wiped.
 * A write that was cut off may end at any byte, so the bytes are compared one
 * by one. */
static nt_status recognise(struct work *work, const struct nt_saved *saved) {
  nt_status status = read_there(work, saved->offset, saved->length);
  const unsigned char *there = work->there;
  for (size_t at = 0; nt_ok(status) && at < saved->length; at++) {
    if (there[at] == saved->before[at] || there[at] == saved->after[at] ||
        there[at] == 0) {
      continue;
    }
    status = nt_refuse(
        work->err, NT_REASON_FILE_SYSTEM_USED,
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
                             bool over, bool good_only, struct nt_error *err) {
  struct work work = {.handle = handle,
                      .keeper = keeper,
                      .id = id,
                      .err = err,
                      .good_only = good_only};
  nt_status status = prepare(&work);
  if (nt_ok(status)) {
    reach_all(handle);
    status = walk(&work, 0, true, over ? compare : recognise);
  }
  free(work.before);
  return status;
}

/* Verifies all that is saved before any of it is used. With `good_only` damage
 * is no refusal, as long as something is left. */
static nt_status check_journal(struct nt_handle *handle,
                               const struct nt_keeper *keeper,
                               const struct nt_operation *operation,
                               bool good_only, struct nt_restored *out,
                               struct nt_error *err) {
  struct nt_saved_check found = {0};
  nt_status status = keeper->ops->check(keeper->journal, operation->id, NULL,
                                        NULL, &found, err);
  out->pieces = found.noted > found.there ? found.noted : found.there;
  out->good = found.good;
  nt_copy(out->damaged, sizeof(out->damaged), found.damaged);
  if (nt_ok(status) || found.good == 0 ||
      !nt_because_of(err, NT_REASON_JOURNAL_DAMAGED)) {
    return status;
  }
  if (good_only) {
    out->partly = true;
    memset(err, 0, sizeof(*err));
    return NT_STATUS_SUCCESS;
  }
  nt_hint(err,
          "bring the journal back from a backup; see each piece: ntvol log "
          "%lld --check; write back the good ones only: ntvol %s %s "
          "--good-only",
          (long long)operation->id,
          strcmp(operation->state, "committed") == 0 ? "undo" : "recover",
          handle->name);
  return status;
}

static nt_status check_saved(const struct nt_operation *operation,
                             struct nt_error *err) {
  bool over = strcmp(operation->state, "committed") == 0;
  if (!over && strcmp(operation->state, "interrupted") != 0) {
    nt_refuse_as(err, NT_STATUS_INVALID_PARAMETER, NT_REASON_NO_UNDO,
                 "operation %lld is %s", (long long)operation->id,
                 operation->state);
  } else if (operation->saved_bytes == 0) {
    nt_refuse_as(err, NT_STATUS_INVALID_PARAMETER, NT_REASON_NO_UNDO,
                 "nothing is saved of operation %lld",
                 (long long)operation->id);
  } else {
    return NT_STATUS_SUCCESS;
  }
  nt_hint(err, "see what there is: ntvol log");
  return NT_STATUS_INVALID_PARAMETER;
}

static nt_status check(struct nt_handle *handle, const struct nt_keeper *keeper,
                       int64_t id, bool good_only, bool *over,
                       struct nt_restored *out, struct nt_error *err) {
  struct nt_operation *operation = calloc(1, sizeof(*operation));
  struct nt_volume_info info = {0};
  nt_status status =
      operation != NULL ? keeper->ops->find(keeper->journal, id, operation, err)
                        : nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  if (nt_ok(status)) {
    status = check_saved(operation, err);
  }
  if (nt_ok(status)) {
    status = nt_info(handle, &info, err);
  }
  if (nt_ok(status)) {
    status = nt_operation_check(&operation->identity, &info, err);
  }
  if (nt_ok(status)) {
    status = check_journal(handle, keeper, operation, good_only, out, err);
  }
  *over = nt_ok(status) && strcmp(operation->state, "committed") == 0;
  free(operation);
  return nt_ok(status)
             ? check_bytes(handle, keeper, id, *over, out->partly, err)
             : status;
}

nt_status nt_take_back_check(struct nt_handle *handle,
                             const struct nt_keeper *keeper, int64_t id,
                             bool good_only, struct nt_error *err) {
  struct nt_restored ignored = {0};
  bool over;
  return check(handle, keeper, id, good_only, &over, &ignored, err);
}

/* ---- taking back --------------------------------------------------------- */

static nt_status check_lock(const struct nt_handle *handle,
                            struct nt_error *err) {
  if (handle->kind == NT_KIND_VOLUME && handle->locked) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(err, NT_REASON_NOT_LOCKED, NULL);
}

static nt_status finish(const struct nt_keeper *keeper, int64_t id, bool over,
                        const struct nt_restored *restored,
                        struct nt_error *err) {
  char message[400];
  if (!restored->partly) {
    return keeper->ops->finish(keeper->journal, id,
                               over ? "undone" : "recovered", NULL, err);
  }
  nt_format_text(
      message, sizeof(message),
      "%" PRIu64 " of %" PRIu64
      " pieces were written back; the "
      "journal was damaged; not restored: %s",
      restored->good, restored->pieces,
      restored->damaged[0] != '\0' ? restored->damaged : "what is missing");
  return keeper->ops->finish(keeper->journal, id, "partly undone", message,
                             err);
}

nt_status nt_take_back(struct nt_handle *handle, const struct nt_keeper *keeper,
                       int64_t id, bool good_only, struct nt_restored *out,
                       struct nt_error *err) {
  bool over = false;
  nt_status status = check_lock(handle, err);
  memset(out, 0, sizeof(*out));
  if (nt_ok(status)) {
    status = check(handle, keeper, id, good_only, &over, out, err);
  }
  if (nt_ok(status)) {
    status = keeper->ops->claim(keeper->journal, id, err);
  }
  if (!nt_ok(status)) {
    err->outcome = "untouched";
    return status;
  }
  status =
      restore_and_verify(handle, keeper, id, out->partly, &out->written, err);
  if (nt_ok(status)) {
    return finish(keeper, id, over, out, err);
  }
  keeper->ops->release(keeper->journal, id);
  nt_hint(err,
          "what is saved is still there: repeat it, ntvol recover %s; when it "
          "fails again, look at the disk",
          handle->name);
  return status;
}
