/*
 * What the portable code needs of the system that it runs on: files, folders,
 * byte locks, the process and the clock. Each system has a definition of its
 * own, in its folder.
 *
 * Names are UTF-8. A failure fills struct nt_error with the system's own words
 * and number: an errno value, or a Win32 error on Windows. The caller puts in
 * front what it was about, by nt_error_about(). Callers tell these statuses
 * apart: STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_COLLISION,
 * STATUS_ACCESS_DENIED, STATUS_MEDIA_WRITE_PROTECTED, STATUS_DISK_FULL.
 */
#ifndef NT_HOST_H
#define NT_HOST_H

#include "error.h"

/* ---- files --------------------------------------------------------------- */

struct nt_file;

/* Opens an existing file. It never waits, and no child process inherits the
 * file. */
nt_status nt_file_open(const char *path, bool writable, struct nt_file **out,
                       struct nt_error *err);
/* The same, but refuses a link (STATUS_OBJECT_NAME_INVALID). Folders above it
 * may be links. */
nt_status nt_file_open_plain(const char *path, bool writable,
                             struct nt_file **out, struct nt_error *err);
/* Creates a new file, for reading and writing. */
nt_status nt_file_create(const char *path, struct nt_file **out,
                         struct nt_error *err);
/* Creates a new file that only its owner may read, and makes its name durable.
 * On Windows the rights of the folder decide who may read it. */
nt_status nt_file_create_private(const char *path, struct nt_file **out,
                                 struct nt_error *err);
/* Creates a file without a name, which is gone when it is closed. `name` is
 * only for people who look at this process. */
nt_status nt_file_memory(const char *name, struct nt_file **out,
                         struct nt_error *err);
void nt_file_close(struct nt_file *file); /* NULL: nothing */

/* *done is less than `length` only at the end of the file. */
nt_status nt_file_read(const struct nt_file *file, uint64_t offset, void *buf,
                       size_t length, size_t *done, struct nt_error *err);
/* Writes all of it, or fails. */
nt_status nt_file_write(const struct nt_file *file, uint64_t offset,
                        const void *buf, size_t length, struct nt_error *err);
/* Makes durable what was written. */
nt_status nt_file_flush(const struct nt_file *file, struct nt_error *err);
/* Sets the length. Bytes that are added are a hole, where the file system has
 * holes. */
nt_status nt_file_resize(const struct nt_file *file, uint64_t length,
                         struct nt_error *err);

struct nt_file_facts {
  uint64_t length; /* bytes */
  bool regular;    /* not a device, pipe or folder */
  bool deleted;    /* its name was taken away while it was open */
  bool linked;     /* it has two names or more: hard links */
};
nt_status nt_file_look(const struct nt_file *file, struct nt_file_facts *out,
                       struct nt_error *err);

/* Whether both are one file, by whatever names; false also when the system
 * cannot say. */
bool nt_file_same(const struct nt_file *a, const struct nt_file *b);

/* ---- byte locks ---------------------------------------------------------- */

/* Locks a byte for this open file until the file is closed or its process ends,
 * however it ends. Refused while another open file has the byte, one of this
 * process too. The lock hinders nobody from reading and writing. A child of
 * fork does not keep the file open; a program that is started to keep it does
 * (nt_program_run). */
nt_status nt_file_lock_byte(struct nt_file *file, uint64_t byte,
                            struct nt_error *err);
/* Unlocks a byte that this open file has locked. */
void nt_file_unlock_byte(const struct nt_file *file, uint64_t byte);
/* Whether nobody has locked the byte; false also when the system cannot say. */
bool nt_file_byte_is_free(const struct nt_file *file, uint64_t byte);

/* ---- the user of a file -------------------------------------------------- */

/* Those who use a file together: they all have the file at `path`, or if that
 * is NULL the same number. */
struct nt_group {
  const char *path;
  uint64_t number;
};

/* Claims an open file until it is closed or its process ends, however it ends.
 * Refused (reason image_in_use, which says who) while somebody else writes to
 * it; one who writes is also refused while somebody forbids that, or a loop
 * device has the file. Who is of the same group is nobody else. `path` is for
 * messages. */
nt_status nt_file_claim(struct nt_file *file, const char *path,
                        const struct nt_group *group, bool writes,
                        struct nt_error *err);

/* ---- folders and paths --------------------------------------------------- */

/* Makes a folder. Others than its owner may look into it, but not write. */
nt_status nt_folder_make(const char *path, struct nt_error *err);
/* Makes a folder that only its owner may use, and all folders above it that are
 * missing. A folder that is there already is a success and stays as it is. */
nt_status nt_folder_make_private(const char *path, struct nt_error *err);
nt_status nt_folder_is_empty(const char *path, bool *out, struct nt_error *err);
/* These two do nothing when they fail. */
void nt_folder_remove(const char *path); /* only an empty one */
void nt_file_remove(const char *path);

/* Refuses a path that leads to nothing. */
nt_status nt_path_check(const char *path, struct nt_error *err);

/* What a name itself is. A link counts as a link, whatever it leads to. */
struct nt_path_facts {
  bool plain;     /* a file, neither link, folder, pipe nor device */
  bool linked;    /* the file has another name, too: hard links */
  bool foreign;   /* it belongs to somebody else than this user or the system */
  bool shared;    /* others than its owner may write to it. Windows, where the
                     rights of the folders above decide, says false to both */
  uint64_t inode; /* its number in its file system, which is used again */
  int64_t born;   /* when it was made, as the system counts; 0: not known */
};
nt_status nt_path_look(const char *path, struct nt_path_facts *out,
                       struct nt_error *err);
/* Makes the absolute path of an existing object; the caller frees it. */
nt_status nt_path_full(const char *path, char **out, struct nt_error *err);
bool nt_path_is_absolute(const char *path);
void nt_path_join(char *buf, size_t cap, const char *folder, const char *name);

/* Finds the folder for what ntvol keeps between two runs; it need not exist.
 * NTVOL_STATE names it, else it is the system's usual place for such files. */
nt_status nt_state_folder(char *buf, size_t cap, struct nt_error *err);

/* ---- waiting for other processes ----------------------------------------- */

struct nt_watch;

/* Notices, from now on, when anybody writes to the file `name` of a folder. */
nt_status nt_watch_open(const char *folder, const char *name,
                        struct nt_watch **out, struct nt_error *err);
/* Sleeps until somebody has written since the last wait, or for `timeout`
 * milliseconds (UINT32_MAX: without a limit). *wrote is false when nobody has:
 * the time is over, or a signal ended the sleep. *wrote may be true without a
 * write, and on Windows, which reports writes late, true some time after it. */
nt_status nt_watch_wait(struct nt_watch *watch, uint32_t timeout, bool *wrote,
                        struct nt_error *err);
void nt_watch_close(struct nt_watch *watch); /* NULL: nothing */

/* ---- other programs ------------------------------------------------------ */

struct nt_process {
  int64_t id;
  int64_t start_us; /* when it began, as nt_process_start_us() says it */
  char program[64];
};

/* Whether the process with this number is still the one that began at that
 * time, and has not ended; false when it cannot be seen from here. */
bool nt_process_lives(int64_t id, int64_t start_us);

struct nt_program {
  const char *const *words; /* the program, which is looked for as a shell does,
                               and its arguments; NULL ends them */
  bool to_stderr;           /* what it prints goes to standard error */
  const char *machine;      /* what NTVOL_MACHINE says to it; NULL: what it says
                               here */
  /* An open file that the program keeps open, and with it its byte locks, so
   * that they outlive this process; NULL: none. Windows gives the locks of a
   * file to one process only: there the program ends with this process. */
  struct nt_file *keep;
  /* Called before the program may do anything. When it fails, the program is
   * ended. NULL: nothing is called */
  nt_status (*started)(void *ctx, const struct nt_process *process,
                       struct nt_error *err);
  void *ctx;
};

/* Runs a program and waits for it, whatever happens. SIGHUP, SIGINT, SIGQUIT
 * and SIGTERM are passed on to the program, unless a terminal has sent them to
 * it already; SIGTSTP and SIGCONT stop and continue both. On Windows the
 * console sends Ctrl-C to both, and only the program obeys it. Fails when the
 * program cannot be started; else *exit_status is the program's own, or 128 and
 * more for a signal. */
nt_status nt_program_run(const struct nt_program *program, int *exit_status,
                         struct nt_error *err);

/* ---- process, clock, chance ---------------------------------------------- */

int64_t nt_process_id(void);
/* Returns when this process began, in microseconds since 1970, UTC; 0 when the
 * system does not tell. A later process with the same number has another
 * start. */
int64_t nt_process_start_us(void);
/* Returns the name of this process's program, as the system's lists of
 * processes show it. */
void nt_process_name(char *buf, size_t cap);
/* Whether a standard channel is a terminal: 0 input, 1 output, 2 errors. */
bool nt_is_terminal(int channel);
/* Columns of the terminal that it is; 0 when nobody knows. */
uint32_t nt_terminal_width(int channel);
/* Microseconds since 1970, UTC. */
int64_t nt_time_us(void);
/* Microseconds of a clock that nobody sets; for differences. */
int64_t nt_steady_us(void);
/* Calls `handler` when the system asks this process to end (SIGTERM, SIGHUP). A
 * process that ignores these signals goes on ignoring them. */
void nt_on_termination(void (*handler)(int number));
/* Waits until standard input has something to read, or its end. Returns false
 * when a signal came first. On Windows it does not wait. */
bool nt_await_input(void);
/* From now on a write that nobody reads fails, and does not end this process.
 * Programs that it starts are not affected. */
void nt_outlive_writes(void);
/* The same, for a write that makes a file larger than this process may. */
void nt_outlive_limits(void);
/* Sleeps so many milliseconds, less when a signal comes. */
void nt_sleep_ms(uint32_t ms);
/* Makes random bytes that are good enough for identifiers. */
nt_status nt_random(void *buf, size_t length, struct nt_error *err);
/* Whether this number of a failed system call says that there is no room, that
 * the file would be too large, that this process has too many files open, or
 * that there is no memory. */
bool nt_says_full(int number);
bool nt_says_too_large(int number);
bool nt_says_too_many(int number);
bool nt_says_no_memory(int number);

#endif
