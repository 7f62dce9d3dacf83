/*
 * struct nt_error: what is known about a refusal, filled where it happens and
 * printed in one place.
 *
 * Everything below src/ may include this header.
 *
 * Life of an error. The caller owns the struct and hands it down zeroed; who
 * wants to know the holders declares it with NT_DECLARE_ERROR, which has room
 * for them. Whoever refuses calls nt_refuse() once, which takes status, class
 * and next step from the row of reasons.h, and may add holders, a native number
 * or a next step of its own. nt_fail() is for what has no row: the status says
 * it. The thin callers of nt.h add `op` and `target` where they are still
 * empty, so a back end names them only when it knows better. A function that
 * returns a success status leaves the struct alone.
 */
#ifndef NT_ERROR_H
#define NT_ERROR_H

#include "reasons.h"
#include "text.h"

#define NT_MAX_HOLDERS 16

enum nt_native_kind {
  NT_NATIVE_NONE,
  NT_NATIVE_ERRNO,
  NT_NATIVE_WIN32,
  NT_NATIVE_NTSTATUS,
  NT_NATIVE_SQLITE,
  NT_NATIVE_EXIT /* the exit status of a tool */
};

/* Somebody who keeps an object in use. Strings that are not known are empty. */
struct nt_holder {
  int64_t pid; /* 0: not a process (a device, the kernel) */
  bool self;   /* the process that asks */
  char program[64];
  char how[64];     /* a word of the contract: "volume handle", "disk handle",
                       "device handle", "open file", "directory", "mapped file",
                       "image" (a mapped file that is run), "lock" (a volume
                       handle that holds the lock); else the machine's own */
  char path[280];   /* what is open: "\\a.txt" */
  char node[64];    /* the computer it runs on, when that is another one */
  int64_t start_us; /* when the process began, microseconds since 1970, UTC:
                       a pid may be used again; 0: not known */
};

struct nt_error {
  nt_status status;
  char op[40];         /* verb: "lock", "read", "open" */
  char target[280];    /* object as the user called it: "D:" */
  enum nt_class cls;   /* NT_CLASS_NONE: the status's own class */
  const char *reason;  /* static string: a name of reasons.h, or a word of a
                          machine kind from elsewhere; NULL: none */
  char detail[600];    /* one sentence part, lower case, no period */
  char hint[280];      /* what to do next, imperative, no period; empty: what
                          the row of the reason says */
  char command[280];   /* the same for the command line; empty: the hint */
  const char *outcome; /* static string: what the object holds now, where that
                          is in doubt: "untouched", "unformatted",
                          "formatted", "partly restored" */
  enum nt_native_kind native_kind;
  int64_t native;
  struct nt_holder *holders;   /* room for NT_MAX_HOLDERS, of the caller; NULL:
                                  they are only counted */
  uint32_t holders_kept;       /* how many of them have a row there */
  uint32_t holder_count;       /* how many there are; may be more */
  bool holders_known;          /* somebody looked for holders */
  const char *holders_missing; /* static string: why the list may be
                                  incomplete; NULL: complete */
  const char *veto_type;       /* static string: what kind of object refused a
                                  removal, "driver", "open handle"; NULL: nobody */
  char veto_name[280];         /* that object: a device, service or window */
};

/* Declares an error that keeps holders. They lie beside it, and are not zeroed:
 * most errors stay empty. */
#define NT_DECLARE_ERROR(name)                     \
  struct nt_holder name##_holders[NT_MAX_HOLDERS]; \
  struct nt_error name = {.holders = name##_holders}

/* Makes `err` say what another error says, and nothing at all. Its room for
 * holders stays its own. */
void nt_error_copy(struct nt_error *err, const struct nt_error *from);
void nt_error_clear(struct nt_error *err);

/* Refuses for a reason of the list: fills status, class, reason and detail,
 * and returns the status, so that a refusal is one statement. `fmt` NULL means
 * no detail. `err` may be NULL everywhere below: the caller does not want to
 * know. The first takes the usual status of the row. */
nt_status nt_refuse(struct nt_error *err, enum nt_reason reason,
                    const char *fmt, ...) NT_PRINTF(3, 4);
nt_status nt_refuse_as(struct nt_error *err, nt_status status,
                       enum nt_reason reason, const char *fmt, ...)
    NT_PRINTF(4, 5);

/* Fails with a status that says all there is to say. */
nt_status nt_fail(struct nt_error *err, nt_status status, const char *fmt, ...)
    NT_PRINTF(3, 4);

/* Refuses for an errno value: picks the NTSTATUS that says it best (ENOENT,
 * EACCES, EROFS, ENOSPC, EIO, ENOMEM, EBUSY, ...), keeps the number as native
 * and appends strerror's text to the detail. */
nt_status nt_fail_errno(struct nt_error *err, int number, enum nt_reason reason,
                        const char *fmt, ...) NT_PRINTF(4, 5);

/* Says why something failed whose status is already set: replaces reason and
 * class, and the detail unless `fmt` is NULL. */
void nt_error_because(struct nt_error *err, enum nt_reason reason,
                      const char *fmt, ...) NT_PRINTF(3, 4);

/* Puts before the detail what the failure is about: "the image a.img: " and
 * then the system's words. Replaces the reason, unless it is NT_REASON_NONE. */
void nt_error_about(struct nt_error *err, enum nt_reason reason,
                    const char *fmt, ...) NT_PRINTF(3, 4);

/* Whether a failure is about a limit of this process (memory, open files, large
 * files) and not about the object. nt_fail_errno() gives the hint for it, which
 * should stay. The second function gives the hint to a failure that was made in
 * another way. */
bool nt_is_shortage(nt_status status);
void nt_hint_shortage(struct nt_error *err, nt_status status);

/* Says what to do next, where the row of the reason does not know it. The
 * second says it in both languages, with the same values. */
void nt_hint(struct nt_error *err, const char *fmt, ...) NT_PRINTF(2, 3);
void nt_hints(struct nt_error *err, const char *lua, const char *command, ...)
    NT_PRINTF(2, 4) NT_PRINTF(3, 4);

/* The language in which a next step is written. */
enum nt_language { NT_LANGUAGE_LUA, NT_LANGUAGE_COMMAND };

/* Writes what to do next in a language; "" when nobody knows. */
void nt_error_next(const struct nt_error *err, enum nt_language language,
                   char *buf, size_t cap);

/* Adds a holder. When there is no room for it, it is only counted. */
void nt_add_holder(struct nt_error *err, int64_t pid, bool self,
                   const char *program, const char *how);
void nt_add_holder_row(struct nt_error *err, const struct nt_holder *holder);

/* Sets op and target where they are empty. */
void nt_error_name(struct nt_error *err, const char *op, const char *target);

/* Whether the error has this reason. */
bool nt_because_of(const struct nt_error *err, enum nt_reason reason);

enum nt_class nt_error_class(const struct nt_error *err);

/* The one place that writes the message, always one line of UTF-8:
 *
 *   lock 'D:': access denied: 2 holders: python3 (pid 812, open file \a.txt),
 *   bash (pid 77, directory); close them or retry
 *   [ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED]
 *
 * Returns the length without the terminator; cuts at `cap`, always ends it. */
size_t nt_error_format(const struct nt_error *err, char *buf, size_t cap);

/* Writes only the part that says what happened and who is in the way. */
size_t nt_error_cause(const struct nt_error *err, char *buf, size_t cap);

/* Returns the stable name of an error: the Win32 name, or "ERROR_" with the
 * number when the list has no name. `buf` is used in the second case. */
const char *nt_error_code(const struct nt_error *err, char *buf, size_t cap);

/* "STATUS_ACCESS_DENIED", or "STATUS_0xC0001234" in `buf`. */
const char *nt_status_text(nt_status status, char *buf, size_t cap);

#endif
