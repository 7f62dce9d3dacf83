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

/* The text is made in another buffer, because an argument may lie in the error
 * that is being filled, as in nt_fail(err, ..., "second try: %s",
 * err->detail). */
static void set_detail(struct nt_error *err, const char *fmt, va_list args) {
  char text[sizeof(err->detail)];
  nt_vformat_text(text, sizeof(text), fmt, args);
  nt_copy(err->detail, sizeof(err->detail), text);
}

static nt_status fail(struct nt_error *err, nt_status status,
                      const struct nt_reason_row *row, const char *fmt,
                      va_list args) {
  if (err == NULL) {
    return status;
  }
  err->status = status;
  err->reason = row != NULL ? row->name : NULL;
  err->cls = row != NULL ? row->cls : NT_CLASS_NONE;
  err->hint[0] = err->command[0] = '\0';
  if (fmt != NULL) {
    set_detail(err, fmt, args);
  } else {
    err->detail[0] = '\0';
  }
  return status;
}

nt_status nt_refuse(struct nt_error *err, enum nt_reason reason,
                    const char *fmt, ...) {
  const struct nt_reason_row *row = nt_reason_at(reason);
  va_list args;
  va_start(args, fmt);
  nt_status status = fail(err, row->statuses[0], row, fmt, args);
  va_end(args);
  return status;
}

nt_status nt_refuse_as(struct nt_error *err, nt_status status,
                       enum nt_reason reason, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  fail(err, status, nt_reason_at(reason), fmt, args);
  va_end(args);
  return status;
}

nt_status nt_fail(struct nt_error *err, nt_status status, const char *fmt,
                  ...) {
  va_list args;
  va_start(args, fmt);
  fail(err, status, NULL, fmt, args);
  va_end(args);
  return status;
}

nt_status nt_fail_errno(struct nt_error *err, int number, enum nt_reason reason,
                        const char *fmt, ...) {
  nt_status status = status_of_errno(number);
  if (err == NULL) {
    return status;
  }
  va_list args;
  va_start(args, fmt);
  fail(err, status, nt_reason_at(reason), fmt, args);
  va_end(args);
  nt_hint_shortage(err, status);
  err->native_kind = NT_NATIVE_ERRNO;
  err->native = number;
  size_t length = strlen(err->detail);
  nt_format_text(err->detail + length, sizeof(err->detail) - length, "%s%s",
                 length > 0 ? ": " : "", strerror(number));
  return status;
}

static void set_reason(struct nt_error *err, enum nt_reason reason) {
  const struct nt_reason_row *row = nt_reason_at(reason);
  if (row != NULL) {
    err->reason = row->name;
    err->cls = row->cls;
  }
}

void nt_error_about(struct nt_error *err, enum nt_reason reason,
                    const char *fmt, ...) {
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
  set_reason(err, reason);
}

void nt_error_because(struct nt_error *err, enum nt_reason reason,
                      const char *fmt, ...) {
  if (err == NULL) {
    return;
  }
  set_reason(err, reason);
  if (fmt != NULL) {
    va_list args;
    va_start(args, fmt);
    set_detail(err, fmt, args);
    va_end(args);
  }
}

static const char *hint_for_shortage(nt_status status) {
  switch (status) {
    case NT_STATUS_INSUFFICIENT_RESOURCES:
      return "close files, or raise the limit of open files: ulimit -n";
    case NT_STATUS_FILE_TOO_LARGE:
      return "raise the limit of file sizes (ulimit -f), or use a file system "
             "that takes larger files";
    case NT_STATUS_NO_MEMORY:
      return "repeat when there is memory";
    default:
      return NULL;
  }
}

bool nt_is_shortage(nt_status status) {
  return hint_for_shortage(status) != NULL;
}

void nt_hint_shortage(struct nt_error *err, nt_status status) {
  if (nt_is_shortage(status)) {
    nt_hint(err, "%s", hint_for_shortage(status));
  }
}

static void set_text(char *out, size_t cap, const char *fmt, va_list args) {
  char text[sizeof(((struct nt_error *)NULL)->hint)];
  nt_vformat_text(text, sizeof(text), fmt, args);
  nt_copy(out, cap, text);
}

void nt_hint(struct nt_error *err, const char *fmt, ...) {
  if (err == NULL) {
    return;
  }
  va_list args;
  va_start(args, fmt);
  set_text(err->hint, sizeof(err->hint), fmt, args);
  va_end(args);
  err->command[0] = '\0';
}

void nt_hints(struct nt_error *err, const char *lua, const char *command, ...) {
  if (err == NULL) {
    return;
  }
  va_list args;
  va_start(args, command);
  set_text(err->hint, sizeof(err->hint), lua, args);
  va_end(args);
  va_start(args, command);
  set_text(err->command, sizeof(err->command), command, args);
  va_end(args);
}

void nt_error_clear(struct nt_error *err) {
  *err = (struct nt_error){.holders = err->holders};
}

void nt_error_copy(struct nt_error *err, const struct nt_error *from) {
  struct nt_holder *room = err->holders;
  *err = *from;
  err->holders = room;
  if (room == NULL) {
    err->holders_kept = 0;
  } else if (from->holders_kept > 0 && room != from->holders) {
    memcpy(room, from->holders, from->holders_kept * sizeof(*room));
  }
}

void nt_add_holder_row(struct nt_error *err, const struct nt_holder *holder) {
  if (err == NULL) {
    return;
  }
  err->holders_known = true;
  if (err->holders != NULL && err->holders_kept < NT_MAX_HOLDERS) {
    err->holders[err->holders_kept++] = *holder;
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

bool nt_because_of(const struct nt_error *err, enum nt_reason reason) {
  return nt_reason_find(err->reason) == nt_reason_at(reason);
}

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

/* Returns the next step of the reason's row. */
static const char *usual_next(const struct nt_error *err,
                              enum nt_language language) {
  const struct nt_reason_row *row = nt_reason_find(err->reason);
  if (row == NULL) {
    return "";
  }
  return language == NT_LANGUAGE_COMMAND && row->command != NULL ? row->command
                                                                 : row->next;
}

/* Copies a next step without its marks of code, with the object in the place of
 * `{}`. */
static void fill_in(const char *from, const char *target, char *buf,
                    size_t cap) {
  size_t length = 0;
  buf[0] = '\0';
  for (; *from != '\0' && length + 1 < cap; from++) {
    if (from[0] == '{' && from[1] == '}') {
      nt_copy(buf + length, cap - length, target[0] != '\0' ? target : "D:");
      length += strlen(buf + length);
      from++;
    } else if (*from != '`') {
      buf[length++] = *from;
      buf[length] = '\0';
    }
  }
}

void nt_error_next(const struct nt_error *err, enum nt_language language,
                   char *buf, size_t cap) {
  bool command = language == NT_LANGUAGE_COMMAND && err->command[0] != '\0';
  if (err->hint[0] != '\0') {
    nt_copy(buf, cap, command ? err->command : err->hint);
  } else {
    fill_in(usual_next(err, language), err->target, buf, cap);
  }
}

/* ---- the message --------------------------------------------------------- */

/* Writes into a bounded buffer. After the first character that does not fit it
 * writes nothing more, so no text is left out in the middle. */
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

/* Writes a text from outside, which may hold anything. It becomes one line of
 * UTF-8 without sequences that a terminal would obey. */
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

/* Two words of the contract are too short for a message. */
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
  const uint32_t shown = err->holders_kept;
  put_number(w, err->holder_count);
  put(w, err->holder_count == 1 ? " holder" : " holders");
  if (shown == 0) {
    return;
  }
  put(w, ": ");
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

static void put_next(struct writer *w, const struct nt_error *err) {
  char next[sizeof(err->hint)];
  nt_error_next(err, NT_LANGUAGE_LUA, next, sizeof(next));
  if (next[0] != '\0') {
    put(w, "; ");
    put(w, next);
  }
}

/* What happened, and who is in the way. */
static void put_cause(struct writer *w, const struct nt_error *err) {
  const struct nt_status_row *row = nt_status_find(err->status);
  put(w, row != NULL ? row->message : "unknown status");
  if (err->detail[0] != '\0') {
    put(w, ": ");
    put(w, err->detail);
  }
  put_holders(w, err);
}

size_t nt_error_cause(const struct nt_error *err, char *buf, size_t cap) {
  struct writer w = {buf, cap, 0, false};
  if (cap > 0) {
    put_cause(&w, err);
    buf[w.length] = '\0';
  }
  return w.length;
}

size_t nt_error_format(const struct nt_error *err, char *buf, size_t cap) {
  struct writer w = {buf, cap, 0, false};
  if (cap == 0) {
    return 0;
  }
  if (err != NULL) {
    put_subject(&w, err);
    put_cause(&w, err);
    put_next(&w, err);
    put_codes(&w, err);
  }
  buf[w.length] = '\0';
  return w.length;
}
