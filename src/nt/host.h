/*
 * What the portable code needs of the system that it runs on: files, folders,
 * byte locks, the process and the clock. One definition for each system, in
 * its folder.
 *
 * Names are UTF-8. A failure fills struct nt_error with the system's own words
 * and number: an errno value, or a Win32 error on Windows. Who calls puts in
 * front what it was about, with nt_error_about(). The statuses that callers
 * tell apart: STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_COLLISION,
 * STATUS_ACCESS_DENIED, STATUS_MEDIA_WRITE_PROTECTED, STATUS_DISK_FULL.
 */
#ifndef NT_HOST_H
#define NT_HOST_H

#include "error.h"

/* ---- files --------------------------------------------------------------- */

struct nt_file;

/* An existing file; waits for nobody, and no child process gets it. */
nt_status nt_file_open(const char *path, bool writable, struct nt_file **out,
                       struct nt_error *err);
/* The same, but a link is refused (STATUS_OBJECT_NAME_INVALID). Folders above
 * it may be links. */
nt_status nt_file_open_plain(const char *path, bool writable,
                             struct nt_file **out, struct nt_error *err);
/* A new file, for reading and writing. */
nt_status nt_file_create(const char *path, struct nt_file **out,
                         struct nt_error *err);
/* A new file that only its owner may read; its name is durable, too. On
 * Windows the rights of the folder decide. */
nt_status nt_file_create_private(const char *path, struct nt_file **out,
                                 struct nt_error *err);
/* A new file without a name in any folder that lasts: it is gone when it is
 * closed. `name` is for those who look at this process. */
nt_status nt_file_memory(const char *name, struct nt_file **out,
                         struct nt_error *err);
void nt_file_close(struct nt_file *file); /* NULL: nothing */

/* *done is less than `length` only at the end of the file. */
nt_status nt_file_read(const struct nt_file *file, uint64_t offset, void *buf,
                       size_t length, size_t *done, struct nt_error *err);
/* All of it, or a failure. */
nt_status nt_file_write(const struct nt_file *file, uint64_t offset,
                        const void *buf, size_t length, struct nt_error *err);
/* Makes durable what was written. */
nt_status nt_file_flush(const struct nt_file *file, struct nt_error *err);
/* What is added is a hole, where the file system has holes. */
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

/* Takes a byte for this open file, until it is closed or its process ends,
 * however it ends. Refused while another open file has it, of this process
 * too. Nobody's reading and writing is hindered. A child of fork does not have
 * the file; a program that was started to keep it has (nt_program_run). */
nt_status nt_file_lock_byte(struct nt_file *file, uint64_t byte,
                            struct nt_error *err);
/* Gives a byte back that this open file has. */
void nt_file_unlock_byte(const struct nt_file *file, uint64_t byte);
/* Whether nobody has the byte; false also when the system cannot say. */
bool nt_file_byte_is_free(const struct nt_file *file, uint64_t byte);

/* ---- folders and paths --------------------------------------------------- */

/* Others than its owner may look into it, and not write. */
nt_status nt_folder_make(const char *path, struct nt_error *err);
/* With all folders above it that are missing, for their owner only. One that
 * is there already is a success, and stays as it is. */
nt_status nt_folder_make_private(const char *path, struct nt_error *err);
nt_status nt_folder_is_empty(const char *path, bool *out, struct nt_error *err);
/* These two do nothing when they cannot. */
void nt_folder_remove(const char *path); /* only an empty one */
void nt_file_remove(const char *path);

/* Refuses a path that leads to nothing. */
nt_status nt_path_check(const char *path, struct nt_error *err);

/* What a name itself is: a link is a link, wherever it leads. */
struct nt_path_facts {
  bool plain;     /* a file, neither link, folder, pipe nor device */
  bool linked;    /* the file has another name, too: hard links */
  bool foreign;   /* it belongs neither to this user nor to the system's own */
  bool shared;    /* others than its owner may write to it. Windows, where the
                     rights of the folders above decide, says false to both */
  uint64_t inode; /* its number in its file system, which is used again */
  int64_t born;   /* when it was made, as the system counts; 0: not known */
};
nt_status nt_path_look(const char *path, struct nt_path_facts *out,
                       struct nt_error *err);
/* The absolute path of something that is there; the caller frees it. */
nt_status nt_path_full(const char *path, char **out, struct nt_error *err);
bool nt_path_is_absolute(const char *path);
void nt_path_join(char *buf, size_t cap, const char *folder, const char *name);

/* The folder for what ntvol keeps between two runs, which need not be there:
 * the variable NTVOL_STATE, else the system's own place for such things. */
nt_status nt_state_folder(char *buf, size_t cap, struct nt_error *err);

/* ---- waiting for other processes ----------------------------------------- */

struct nt_watch;

/* Notices from now on when anybody writes to the file `name` of a folder. */
nt_status nt_watch_open(const char *folder, const char *name,
                        struct nt_watch **out, struct nt_error *err);
/* Sleeps until somebody wrote since the last wait, or for so many
 * milliseconds (UINT32_MAX: for ever). *wrote is false when nobody did: the
 * time is over, or a signal ended the sleep. It may be true without need, and
 * on Windows, whose cache is not in a hurry, late. */
nt_status nt_watch_wait(struct nt_watch *watch, uint32_t timeout, bool *wrote,
                        struct nt_error *err);
void nt_watch_close(struct nt_watch *watch); /* NULL: nothing */

/* ---- other programs ------------------------------------------------------ */

struct nt_process {
  int64_t id;
  int64_t start_us; /* when it began, as nt_process_start_us() says it */
  char program[64];
};

/* Whether the process of this number is still the one that began then, and has
 * not ended; false when it cannot be seen from here. */
bool nt_process_lives(int64_t id, int64_t start_us);

struct nt_program {
  const char *const *words; /* the program, which is looked for as a shell does,
                               and its arguments; NULL ends them */
  bool to_stderr;           /* what it prints goes to standard error */
  /* What it has open, too, and with it the byte locks of this open file, so
   * that they outlive this process; NULL: nothing. Windows gives the locks of
   * a file to one process only: there the program ends with this process. */
  struct nt_file *keep;
  /* Called before the program may do anything. A failure ends it. NULL: none */
  nt_status (*started)(void *ctx, const struct nt_process *process,
                       struct nt_error *err);
  void *ctx;
};

/* Runs a program and waits for it, whatever comes: SIGHUP, SIGINT, SIGQUIT and
 * SIGTERM are passed on to it, unless a terminal has sent them to it already;
 * SIGTSTP and SIGCONT stop and continue both. On Windows the console sends
 * Ctrl-C to both, and it matters to the program only. Fails when the program
 * cannot be started; else *exit_status is its own, 128 and more for a signal.
 */
nt_status nt_program_run(const struct nt_program *program, int *exit_status,
                         struct nt_error *err);

/* ---- process, clock, chance ---------------------------------------------- */

int64_t nt_process_id(void);
/* When this process began, microseconds since 1970, UTC; 0: the system does not
 * say. With the number it tells a process from a later one. */
int64_t nt_process_start_us(void);
/* The program of this process, as the system's lists of processes show it. */
void nt_process_name(char *buf, size_t cap);
/* Whether a standard channel is a terminal: 0 input, 1 output, 2 errors. */
bool nt_is_terminal(int channel);
/* Microseconds since 1970, UTC. */
int64_t nt_time_us(void);
/* Microseconds of a clock that nobody sets; for differences. */
int64_t nt_steady_us(void);
/* Calls `handler` when the system asks this process to end: SIGTERM, SIGHUP.
 * One that was told to ignore them goes on ignoring them. */
void nt_on_termination(void (*handler)(int number));
/* From now on a write that nobody reads fails and does not end this process.
 * For programs that it starts all is as before. */
void nt_outlive_writes(void);
/* The same, for a write that makes a file larger than this process may. */
void nt_outlive_limits(void);
/* Sleeps so many milliseconds, less when a signal comes. */
void nt_sleep_ms(uint32_t ms);
/* Random bytes, good enough for identifiers. */
nt_status nt_random(void *buf, size_t length, struct nt_error *err);
/* Whether this number of a failed system call says that there is no room, that
 * the file would be too large, that this process has too many files open, or
 * that there is no memory. */
bool nt_says_full(int number);
bool nt_says_too_large(int number);
bool nt_says_too_many(int number);
bool nt_says_no_memory(int number);

#endif
