/*
 * Formatting by Windows' own formatter: FormatEx of fmifs.dll.
 *
 * The steps, and why:
 *
 * 1. Unlock, and close our handle. The formatter takes the volume for itself,
 * and any other volume handle is in its way (row L3); on Windows 11 so is a
 * handle to the drive that the caller may have. We do not dismount first: since
 * we held the lock, nobody else has anything open; and a dismount would end
 * when we close the handle.
 *
 * 2. FormatEx. From the unlock until the formatter has its own lock, somebody
 * else may open the volume. Then the formatter says "in use" and has changed
 * nothing.
 *
 * 3. Open the volume again, and ask which file system it has now. This decides
 * whether the format succeeded, not the word of the formatter.
 *
 * 4. Lock the volume again, so that the caller can go on in the documented
 * order: dismount, unlock, close. Somebody may have opened the new volume
 * meanwhile, so this is tried several times.
 */
#include "format.h"

#include <string.h>

#include "../handle/handle.h"
#include "../list/list.h"
#include "formatter.h"

#define LOCK_TRIES 10
#define LOCK_PAUSE 200U /* milliseconds */

/* ---- giving the volume up and taking it back ----------------------------- */

static nt_status let_go(struct win32_format *f) {
  struct win32_handle *h = f->h;
  size_t length = 0;
  nt_status status = nt__win32_control(&h->base, NT_FSCTL_UNLOCK_VOLUME, NULL,
                                       0, NULL, 0, &length, f->err);
  if (!nt_ok(status)) {
    h->base.locked = status != NT_STATUS_NOT_LOCKED && h->base.locked;
    return status;
  }
  h->base.locked = false;
  h->base.dismounted = false; /* closing ends the dismount */
  h->os->close(h->file);      /* the handle is closed even when this fails */
  h->file = NT_WIN32_NO_HANDLE;
  return NT_STATUS_SUCCESS;
}

/* Whether the next try may succeed. A lock is refused with "access denied"
 * while somebody has a file open (L2). */
static bool may_pass(const struct nt_error *err) {
  return err->status == NT_STATUS_ACCESS_DENIED ||
         nt_error_class(err) == NT_CLASS_TRANSIENT;
}

/* Sleeps, by waiting for an event that nobody signals. */
static void pause_for(const struct nt_win32_os *os, uint32_t milliseconds) {
  nt_win32_handle event;
  if (os->create_event(&event) == 0) {
    os->wait(event, milliseconds);
    os->close(event);
  }
}

/* Calls `step` until it succeeds, fails for good, or was tried LOCK_TRIES
 * times. */
static nt_status try_often(struct win32_format *f, struct nt_error *err,
                           nt_status (*step)(struct win32_handle *h,
                                             struct nt_error *err)) {
  nt_status status = step(f->h, err);
  for (int i = 1; !nt_ok(status) && may_pass(err) && i < LOCK_TRIES; i++) {
    pause_for(f->h->os, LOCK_PAUSE);
    nt_error_clear(err);
    status = step(f->h, err);
  }
  return status;
}

static nt_status lock(struct win32_handle *h, struct nt_error *err) {
  size_t length = 0;
  nt_status status = nt__win32_control(&h->base, NT_FSCTL_LOCK_VOLUME, NULL, 0,
                                       NULL, 0, &length, err);
  h->base.locked = nt_ok(status);
  return status;
}

/* ---- after a format that succeeded --------------------------------------- */

static nt_status refuse_raw(struct win32_format *f) {
  nt_refuse_as(
      f->err, NT_STATUS_UNRECOGNIZED_VOLUME, NT_REASON_FS,
      "the formatter says that it is done, but Windows recognises no file "
      "system");
  f->err->outcome = "unformatted";
  nt_hint(f->err, "check the disk, then format it again");
  return NT_STATUS_UNRECOGNIZED_VOLUME;
}

static nt_status refuse_unknown(struct win32_format *f) {
  nt_refuse(f->err, NT_REASON_UNVERIFIED,
            "the formatter says that it is done, but the volume does not say "
            "what it holds");
  f->err->outcome = "formatted";
  nt_hint(f->err, "open the volume again to see what it holds");
  return NT_STATUS_UNSUCCESSFUL;
}

static nt_status refuse_made(struct win32_format *f, const char *made) {
  nt_refuse_as(f->err, NT_STATUS_NOT_SUPPORTED, NT_REASON_FS,
               "the formatter made %s where %s was asked for", made,
               f->options->fs);
  f->err->outcome = "formatted";
  nt_hint(f->err, "the format is done: format it again if it must be %s",
          f->options->fs);
  return NT_STATUS_NOT_SUPPORTED;
}

/* Checks which file system Windows mounts now. */
static nt_status verify(struct win32_format *f,
                        struct nt_format_result *result) {
  struct nt_volume_info info = {.name = ""};
  struct nt_error ignored = {0};
  nt_status status = nt__win32_info(&f->h->base, &info, &ignored);
  if (!nt_ok(status) || info.file_system[0] == '\0') {
    return refuse_unknown(f);
  }
  if (strcmp(info.file_system, "RAW") == 0) {
    return refuse_raw(f);
  }
  if (!nt__win32_format_makes(f, info.file_system)) {
    return refuse_made(f, info.file_system);
  }
  nt_copy(result->file_system, sizeof(result->file_system), info.file_system);
  result->bytes_written = 0; /* the formatter does not tell */
  return NT_STATUS_SUCCESS;
}

/* Fails after a format that succeeded: the caller cannot go on with this
 * handle. */
static nt_status fail_after(struct win32_format *f, const struct nt_error *why,
                            const char *what) {
  nt_error_copy(f->err, why);
  nt_error_about(f->err, NT_REASON_NONE, "the volume is formatted, but %s",
                 what);
  f->err->outcome = "formatted";
  nt_hint(f->err,
          "do not format again: close the handle, open the volume "
          "and go on from there");
  return why->status;
}

/* Adds to an error about something else that the handle has lost its file or
 * its lock. */
static void say_lost(struct win32_format *f) {
  struct nt_error *err = f->err;
  size_t length = strlen(err->detail);
  nt_format_text(err->detail + length, sizeof(err->detail) - length,
                 "%sthe volume could not be %s again", length > 0 ? "; " : "",
                 f->h->file == NT_WIN32_NO_HANDLE ? "opened" : "locked");
}

/* Opens the volume and locks it again, if that is possible. */
static void take_back_after_failure(struct win32_format *f) {
  NT_DECLARE_ERROR(why);
  nt_status status = try_often(f, &why, nt__win32_reopen);
  if (nt_ok(status)) {
    if (nt_because_of(f->err, NT_REASON_IN_USE)) {
      nt__win32_add_holders(f->h, f->err);
    }
    nt_error_clear(&why);
    status = try_often(f, &why, lock);
  }
  if (!nt_ok(status)) {
    say_lost(f);
  }
}

static nt_status take_back(struct win32_format *f,
                           struct nt_format_result *result) {
  NT_DECLARE_ERROR(why);
  nt_status status = try_often(f, &why, nt__win32_reopen);
  if (!nt_ok(status)) {
    return fail_after(f, &why, "could not be opened again");
  }
  nt_status verified = verify(f, result);
  nt_error_clear(&why);
  status = try_often(f, &why, lock);
  if (nt_ok(verified)) {
    return nt_ok(status) ? status
                         : fail_after(f, &why, "could not be locked again");
  }
  if (!nt_ok(status)) {
    say_lost(f);
  }
  return verified;
}

/* ---- the whole ----------------------------------------------------------- */

static nt_status begin(struct win32_format *f) {
  const struct nt_format_options *options = f->options;
  NT_TRY(nt__win32_format_prepare(f));
  if (options->progress != NULL &&
      !options->progress(options->progress_ctx, 0, f->length)) {
    NT_TRY(nt_refuse(f->err, NT_REASON_CANCELLED,
                     "stopped before the formatter was started"));
  }
  return let_go(f);
}

/* Every full Windows has FormatEx. A small one that starts from a stick may not
 * have it. */
static nt_status missing_formatter(struct nt_error *err) {
  nt_status status = nt__win32_missing(err, "FormatEx in fmifs.dll");
  nt_hint(err, "format the volume from a full Windows");
  return status;
}

nt_status nt__win32_format(struct nt_handle *handle,
                           const struct nt_format_options *options,
                           struct nt_format_result *result,
                           struct nt_error *err) {
  struct win32_format f = {
      .h = nt__win32_handle(handle), .options = options, .err = err};
  nt_status status =
      f.h->os->format == NULL ? missing_formatter(err) : begin(&f);
  if (!nt_ok(status)) {
    err->outcome = "untouched";
    return status;
  }
  status = nt__win32_format_run(&f);
  if (!nt_ok(status)) {
    take_back_after_failure(&f);
    return status;
  }
  status = take_back(&f, result);
  if (nt_ok(status) && options->progress != NULL) {
    options->progress(options->progress_ctx, f.length, f.length);
  }
  return status;
}
