/*
 * Folders, paths, the process and the clock on POSIX.
 */
#include "../host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

static nt_status failed(struct nt_error *err) {
  return nt_fail_errno(err, errno, NT_REASON_NONE, NULL);
}

/* ---- folders and paths --------------------------------------------------- */

nt_status nt_folder_make(const char *path, struct nt_error *err) {
  return mkdir(path, 0755) == 0 ? NT_STATUS_SUCCESS : failed(err);
}

/* Makes the folder of each part of the path in turn, the last one at the
 * end. */
nt_status nt_folder_make_private(const char *path, struct nt_error *err) {
  char part[4096];
  struct stat st;
  size_t length = nt_copy(part, sizeof(part), path);
  for (size_t i = 1; i <= length; i++) {
    if (part[i] != '/' && part[i] != '\0') {
      continue;
    }
    part[i] = '\0';
    if (mkdir(part, 0700) == 0) {
      nt__flush_folder_of(part);
    } else if (errno != EEXIST) {
      return failed(err);
    }
    part[i] = path[i];
  }
  if (stat(path, &st) != 0) {
    return failed(err);
  }
  return S_ISDIR(st.st_mode)
             ? NT_STATUS_SUCCESS
             : nt_fail_errno(err, ENOTDIR, NT_REASON_NONE, NULL);
}

nt_status nt_folder_is_empty(const char *path, bool *out,
                             struct nt_error *err) {
  DIR *dir = opendir(path);
  if (dir == NULL) {
    return failed(err);
  }
  *out = true;
  for (struct dirent *entry; *out && (entry = readdir(dir)) != NULL;) {
    *out = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
  }
  closedir(dir);
  return NT_STATUS_SUCCESS;
}

void nt_folder_remove(const char *path) {
  rmdir(path);
}

void nt_file_remove(const char *path) {
  unlink(path);
}

nt_status nt_path_check(const char *path, struct nt_error *err) {
  struct stat st;
  return stat(path, &st) == 0 ? NT_STATUS_SUCCESS : failed(err);
}

nt_status nt_path_look(const char *path, struct nt_path_facts *out,
                       struct nt_error *err) {
  struct statx st;
  if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW,
            STATX_BASIC_STATS | STATX_BTIME, &st) != 0) {
    return failed(err);
  }
  *out = (struct nt_path_facts){
      .plain = S_ISREG(st.stx_mode),
      .linked = S_ISREG(st.stx_mode) && st.stx_nlink > 1,
      .foreign = st.stx_uid != geteuid() && st.stx_uid != 0,
      .shared = (st.stx_mode & (S_IWGRP | S_IWOTH)) != 0,
      .inode = st.stx_ino,
  };
  if (st.stx_mask & STATX_BTIME) {
    out->born = st.stx_btime.tv_sec * 1000000000 + st.stx_btime.tv_nsec;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt_path_full(const char *path, char **out, struct nt_error *err) {
  char *full = realpath(path, NULL);
  if (full == NULL) {
    return failed(err);
  }
  *out = full;
  return NT_STATUS_SUCCESS;
}

bool nt_path_is_absolute(const char *path) {
  return path[0] == '/';
}

void nt_path_join(char *buf, size_t cap, const char *folder, const char *name) {
  nt_format_text(buf, cap, "%s/%s", folder, name);
}

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The XDG base directory specification: a relative XDG_STATE_HOME does not
 * count. */
nt_status nt_state_folder(char *buf, size_t cap, struct nt_error *err) {
  const char *own = variable("NTVOL_STATE");
  const char *xdg = variable("XDG_STATE_HOME");
  const char *home = variable("HOME");
  if (own != NULL) {
    nt_copy(buf, cap, own);
  } else if (xdg != NULL && nt_path_is_absolute(xdg)) {
    nt_path_join(buf, cap, xdg, "ntvol");
  } else if (home != NULL) {
    nt_path_join(buf, cap, home, ".local/state/ntvol");
  } else {
    nt_fail(err, NT_STATUS_OBJECT_PATH_NOT_FOUND,
            "neither NTVOL_STATE nor HOME is set");
    nt_hint(err, "name a folder in NTVOL_STATE");
    return NT_STATUS_OBJECT_PATH_NOT_FOUND;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- process, clock, chance ---------------------------------------------- */

/* Every statement of a database asks for the process, and getpid() goes to the
 * kernel each time. So the number is kept until a fork. */
static _Atomic int64_t kept_process; /* 0: not known */
static bool hears_of_forks;

static void forget_process(void) {
  kept_process = 0;
}

static void listen_for_forks(void) {
  hears_of_forks = pthread_atfork(NULL, NULL, forget_process) == 0;
}

int64_t nt_process_id(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  int64_t process = kept_process;
  if (process == 0) {
    pthread_once(&once, listen_for_forks);
    process = getpid();
    kept_process = hears_of_forks ? process : 0;
  }
  return process;
}

void nt_process_name(char *buf, size_t cap) {
  FILE *comm = fopen("/proc/self/comm", "re");
  nt_copy(buf, cap, "process");
  if (comm == NULL) {
    return;
  }
  if (fgets(buf, (int)cap, comm) != NULL) {
    buf[strcspn(buf, "\n")] = '\0';
  }
  fclose(comm);
}

/* Reads field 22 of /proc/ID/stat: when the process began, in ticks since the
 * system began. The fields are counted from behind the name, which may hold any
 * character. Returns 0 when the file cannot be read, and when the process has
 * ended and only waits for its parent (state Z or X, field 3). */
static int64_t start_ticks(int64_t id) {
  char path[48], line[1024];
  nt_format_text(path, sizeof path, "/proc/%lld/stat", (long long)id);
  FILE *stat_file = fopen(path, "re");
  if (stat_file == NULL) {
    return 0;
  }
  char *at = fgets(line, sizeof line, stat_file);
  fclose(stat_file);
  at = at == NULL ? NULL : strrchr(line, ')');
  if (at != NULL &&
      (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0)) {
    return 0;
  }
  for (int field = 2; at != NULL && field < 22; field++) {
    at = strchr(at + 1, ' ');
  }
  return at != NULL ? strtoll(at, NULL, 10) : 0;
}

int64_t nt__process_start_us(int64_t id) {
  struct timespec up = {0};
  int64_t ticks = start_ticks(id);
  long per_second = sysconf(_SC_CLK_TCK);
  if (ticks <= 0 || per_second <= 0 || clock_gettime(CLOCK_BOOTTIME, &up)) {
    return 0;
  }
  int64_t up_us = (int64_t)up.tv_sec * 1000000 + up.tv_nsec / 1000;
  return nt_time_us() - up_us + ticks * (1000000 / per_second);
}

int64_t nt_process_start_us(void) {
  return nt__process_start_us(getpid());
}

/* The start is computed from two clocks, and one of them is set now and then;
 * so it counts as equal within this time. */
#define START_TOLERANCE_US 2000000

bool nt_process_lives(int64_t id, int64_t start_us) {
  int64_t now = nt__process_start_us(id);
  return now != 0 &&
         (start_us == 0 || llabs(now - start_us) < START_TOLERANCE_US);
}

bool nt_is_terminal(int channel) {
  return isatty(channel) == 1;
}

uint32_t nt_terminal_width(int channel) {
  struct winsize size = {0};
  return ioctl(channel, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int64_t nt_time_us(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t nt_steady_us(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void heed(int number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  struct sigaction old = {0};
  if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
    sigaction(number, &action, NULL);
  }
}

void nt_on_termination(void (*handler)(int number)) {
  heed(SIGTERM, handler);
  heed(SIGHUP, handler); /* nohup ignores it */
}

/* poll() is not begun again after a signal, whatever its handler asks for. */
bool nt_await_input(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  return poll(&input, 1, -1) >= 0 || errno != EINTR;
}

static void do_nothing(int number) {
  (void)number;
}

/* Sets a handler that does nothing instead of ignoring the signal: programs
 * that are started would inherit that it is ignored. */
void nt_outlive_writes(void) {
  heed(SIGPIPE, do_nothing);
}

void nt_outlive_limits(void) {
  heed(SIGXFSZ, do_nothing);
}

void nt_sleep_ms(uint32_t ms) {
  const struct timespec time = {(time_t)(ms / 1000),
                                (long)(ms % 1000) * 1000000L};
  nanosleep(&time, NULL);
}

nt_status nt_random(void *buf, size_t length, struct nt_error *err) {
  return getentropy(buf, length) == 0
             ? NT_STATUS_SUCCESS
             : nt_fail_errno(err, errno, NT_REASON_NONE, "random numbers");
}

bool nt_says_full(int number) {
  return number == ENOSPC || number == EDQUOT;
}

bool nt_says_too_large(int number) {
  return number == EFBIG;
}

bool nt_says_too_many(int number) {
  return number == EMFILE || number == ENFILE;
}

bool nt_says_no_memory(int number) {
  return number == ENOMEM;
}
