/*
 * Errors: filling struct nt_error, and the one place that writes the message.
 */
#include "error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- filling ------------------------------------------------------------- */

static const struct {
  int number;
  nt_status status;
} errno_rows[] = {
    {ENOENT, NT_STATUS_OBJECT_NAME_NOT_FOUND},
    {ENOTDIR, NT_STATUS_OBJECT_PATH_NOT_FOUND},
    {EISDIR, NT_STATUS_FILE_IS_A_DIRECTORY},
    {EEXIST, NT_STATUS_OBJECT_NAME_COLLISION},
    {EACCES, NT_STATUS_ACCESS_DENIED},
    {EPERM, NT_STATUS_ACCESS_DENIED},
    {EROFS, NT_STATUS_MEDIA_WRITE_PROTECTED},
    {ENOSPC, NT_STATUS_DISK_FULL},
    {EFBIG, NT_STATUS_FILE_TOO_LARGE},
    {EIO, NT_STATUS_IO_DEVICE_ERROR},
    {EBUSY, NT_STATUS_DEVICE_BUSY},
    {EINVAL, NT_STATUS_INVALID_PARAMETER},
    {EINTR, NT_STATUS_CANCELLED},
    {ENOMEM, NT_STATUS_NO_MEMORY},
    {EMFILE, NT_STATUS_INSUFFICIENT_RESOURCES},
    {ENFILE, NT_STATUS_INSUFFICIENT_RESOURCES},
    {ETIMEDOUT, NT_STATUS_IO_TIMEOUT},
#ifdef EDQUOT
    {EDQUOT, NT_STATUS_DISK_FULL},
#endif
};

static nt_status status_of_errno(int number) {
  for (size_t i = 0; i < COUNT(errno_rows); i++) {
    if (errno_rows[i].number == number) {
      return errno_rows[i].status;
    }
  }
  return NT_STATUS_UNSUCCESSFUL;
}

/* Through a buffer of its own: arguments may lie in the error that is being
 * filled, as in nt_fail(err, ..., "second try: %s", err->detail). */
static void set_detail(struct nt_error *err, const char *fmt, va_list args) {
  char text[sizeof(err->detail)];
  nt_vformat_text(text, sizeof(text), fmt, args);
  nt_copy(err->detail, sizeof(err->detail), text);
}

nt_status nt_fail(struct nt_error *err, nt_status status, const char *reason,
                  const char *fmt, ...) {
  if (err == NULL) {
    return status;
  }
  err->status = status;
  err->reason = reason;
  if (fmt == NULL) {
    err->detail[0] = '\0';
    return status;
  }
  va_list args;
  va_start(args, fmt);
  set_detail(err, fmt, args);
  va_end(args);
  return status;
}

nt_status nt_fail_errno(struct nt_error *err, int number, const char *reason,
                        const char *fmt, ...) {
  nt_status status = status_of_errno(number);
  if (err == NULL) {
    return status;
  }
  nt_fail(err, status, reason, NULL);
  if (status == NT_STATUS_INSUFFICIENT_RESOURCES) {
    nt_hint(err, "close files, or raise the limit of open files: ulimit -n");
  }
  err->native_kind = NT_NATIVE_ERRNO;
  err->native = number;
  if (fmt != NULL) {
    va_list args;
    va_start(args, fmt);
    set_detail(err, fmt, args);
    va_end(args);
  }
  size_t length = strlen(err->detail);
  nt_format_text(err->detail + length, sizeof(err->detail) - length, "%s%s",
                 length > 0 ? ": " : "", strerror(number));
  return status;
}

void nt_error_about(struct nt_error *err, const char *reason, const char *fmt,
                    ...) {
  if (err == NULL) {
    return;
  }
  char known[sizeof(err->detail)];
  nt_copy(known, sizeof(known), err->detail);
  va_list args;
  va_start(args, fmt);
  set_detail(err, fmt, args);
  va_end(args);
  size_t length = strlen(err->detail);
  nt_format_text(err->detail + length, sizeof(err->detail) - length, "%s%s",
                 known[0] != '\0' ? ": " : "", known);
  if (reason != NULL) {
    err->reason = reason;
  }
}

bool nt_is_shortage(nt_status status) {
  return status == NT_STATUS_INSUFFICIENT_RESOURCES ||
         status == NT_STATUS_NO_MEMORY;
}

void nt_hint(struct nt_error *err, const char *fmt, ...) {
  if (err == NULL) {
    return;
  }
  char text[sizeof(err->hint)];
  va_list args;
  va_start(args, fmt);
  nt_vformat_text(text, sizeof(text), fmt, args);
  va_end(args);
  nt_copy(err->hint, sizeof(err->hint), text);
}

void nt_add_holder_row(struct nt_error *err, const struct nt_holder *holder) {
  if (err == NULL) {
    return;
  }
  err->holders_known = true;
  if (err->holder_count < NT_MAX_HOLDERS) {
    err->holders[err->holder_count] = *holder;
  }
  err->holder_count++;
}

void nt_add_holder(struct nt_error *err, int64_t pid, bool self,
                   const char *program, const char *how) {
  struct nt_holder holder = {.pid = pid, .self = self};
  nt_copy(holder.program, sizeof(holder.program), program);
  nt_copy(holder.how, sizeof(holder.how), how);
  nt_add_holder_row(err, &holder);
}

void nt_error_name(struct nt_error *err, const char *op, const char *target) {
  if (err == NULL) {
    return;
  }
  if (err->op[0] == '\0') {
    nt_copy(err->op, sizeof(err->op), op);
  }
  if (err->target[0] == '\0') {
    nt_copy(err->target, sizeof(err->target), target);
  }
}

/* ---- reading ------------------------------------------------------------- */

enum nt_class nt_error_class(const struct nt_error *err) {
  if (err == NULL) {
    return NT_CLASS_NONE;
  }
  if (err->cls != NT_CLASS_NONE) {
    return err->cls;
  }
  const struct nt_status_row *row = nt_status_find(err->status);
  if (row != NULL) {
    return row->cls;
  }
  return nt_ok(err->status) ? NT_CLASS_NONE : NT_CLASS_PERMANENT;
}

const char *nt_error_code(const struct nt_error *err, char *buf, size_t cap) {
  nt_status status = err == NULL ? NT_STATUS_SUCCESS : err->status;
  const struct nt_status_row *row = nt_status_find(status);
  if (row != NULL) {
    return row->win32_name;
  }
  uint32_t code = nt_status_to_win32(status);
  const char *name = nt_win32_name(code);
  if (name != NULL) {
    return name;
  }
  nt_format_text(buf, cap, "ERROR_%" PRIu32, code);
  return buf;
}

const char *nt_status_text(nt_status status, char *buf, size_t cap) {
  const struct nt_status_row *row = nt_status_find(status);
  if (row != NULL) {
    return row->name;
  }
  nt_format_text(buf, cap, "STATUS_0x%08" PRIX32, status);
  return buf;
}

/* ---- the message --------------------------------------------------------- */

/* Writes into a bounded buffer; after the first character that does not fit
 * nothing more is written, so a cut never leaves a hole. */
struct writer {
  char *buf;
  size_t cap, length;
  bool full;
};

static void put_bytes(struct writer *w, const char *bytes, size_t count) {
  if (w->full || w->length + count >= w->cap) {
    w->full = true;
    return;
  }
  memcpy(w->buf + w->length, bytes, count);
  w->length += count;
}

/* Text from outside: whatever is in it, one line of UTF-8 comes out, and
 * nothing that a terminal obeys. */
static void put(struct writer *w, const char *text) {
  while (*text != '\0') {
    char shown[NT_PRINTABLE_MAX];
    size_t taken;
    put_bytes(w, shown, nt_printable(text, &taken, shown));
    text += taken;
  }
}

static void put_number(struct writer *w, int64_t number) {
  char text[24];
  nt_format_text(text, sizeof(text), "%" PRId64, number);
  put(w, text);
}

/* "lock 'D:': " */
static void put_subject(struct writer *w, const struct nt_error *err) {
  bool op = err->op[0] != '\0';
  bool target = err->target[0] != '\0';
  put(w, err->op);
  if (target) {
    put(w, op ? " '" : "'");
    put(w, err->target);
    put(w, "'");
  }
  if (op || target) {
    put(w, ": ");
  }
}

/* Two words of the contract are too short for people. */
static const char *say_how(const char *how) {
  if (strcmp(how, "lock") == 0) {
    return "volume handle, holds the lock";
  }
  return strcmp(how, "image") == 0 ? "running program" : how;
}

static void put_who(struct writer *w, const struct nt_holder *holder) {
  if (holder->self) {
    put(w, "this script");
  } else if (holder->program[0] != '\0') {
    put(w, holder->program);
  } else {
    put(w, holder->pid != 0 ? "a process" : "the system");
  }
  if (holder->node[0] != '\0') {
    put(w, " on ");
    put(w, holder->node);
  }
}

/* "python3 (pid 812, open file \a.txt)" */
static void put_holder(struct writer *w, const struct nt_holder *holder) {
  bool pid = holder->pid != 0;
  bool how = holder->how[0] != '\0';
  put_who(w, holder);
  if (pid || how) {
    put(w, " (");
    if (pid) {
      put(w, "pid ");
      put_number(w, holder->pid);
    }
    put(w, pid && how ? ", " : "");
    put(w, say_how(holder->how));
    put(w, how && holder->path[0] != '\0' ? " " : "");
    put(w, how ? holder->path : "");
    put(w, ")");
  }
}

static void put_holder_list(struct writer *w, const struct nt_error *err) {
  uint32_t shown = err->holder_count;
  if (shown > NT_MAX_HOLDERS) {
    shown = NT_MAX_HOLDERS;
  }
  put_number(w, err->holder_count);
  put(w, err->holder_count == 1 ? " holder: " : " holders: ");
  for (uint32_t i = 0; i < shown; i++) {
    put(w, i == 0 ? "" : ", ");
    put_holder(w, &err->holders[i]);
  }
  if (err->holder_count > shown) {
    put(w, " and ");
    put_number(w, (int64_t)err->holder_count - shown);
    put(w, " more");
  }
}

static void put_holders(struct writer *w, const struct nt_error *err) {
  if (err->holder_count == 0 && err->holders_missing == NULL) {
    return;
  }
  put(w, ": ");
  if (err->holder_count > 0) {
    put_holder_list(w, err);
  } else {
    put(w, "no holder found");
  }
  if (err->holders_missing != NULL) {
    put(w, " (list may be incomplete: ");
    put(w, err->holders_missing);
    put(w, ")");
  }
}

static void put_codes(struct writer *w, const struct nt_error *err) {
  char buf[32];
  put(w, " [");
  put(w, nt_error_code(err, buf, sizeof(buf)));
  put(w, ", ");
  put(w, nt_status_text(err->status, buf, sizeof(buf)));
  put(w, "]");
}

size_t nt_error_format(const struct nt_error *err, char *buf, size_t cap) {
  struct writer w = {buf, cap, 0, false};
  if (cap == 0) {
    return 0;
  }
  if (err != NULL) {
    const struct nt_status_row *row = nt_status_find(err->status);
    put_subject(&w, err);
    put(&w, row != NULL ? row->message : "unknown status");
    if (err->detail[0] != '\0') {
      put(&w, ": ");
      put(&w, err->detail);
    }
    put_holders(&w, err);
    if (err->hint[0] != '\0') {
      put(&w, "; ");
      put(&w, err->hint);
    }
    put_codes(&w, err);
  }
  buf[w.length] = '\0';
  return w.length;
}
