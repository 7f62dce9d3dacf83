/*
 * Running a command-line tool on a scratch file.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../text.h"
#include "file.h"

#define SYSTEM_PATH "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
#define FILE_DESCRIPTOR 3
/* ---- finding ------------------------------------------------------------- */

static bool is_program(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static bool find_in(const char *folders, const char *name, char *path,
                    size_t cap) {
  while (*folders != '\0') {
    size_t length = strcspn(folders, ":");
    nt_format_text(path, cap, "%.*s/%s", (int)length, folders, name);
    /* Only absolute folders count; "" and "." would mean the current folder */
    if (folders[0] == '/' && is_program(path)) {
      return true;
    }
    folders += length;
    folders += *folders == ':';
  }
  return false;
}

bool nt_tool_find(const char *name, char *path, size_t cap) {
  const char *folders = getenv("PATH");
  return (folders != NULL && find_in(folders, name, path, cap)) ||
         find_in(SYSTEM_PATH, name, path, cap);
}

/* ---- starting ------------------------------------------------------------ */

/* Lists what the child does between fork and exec. All descriptors that it gets
 * from us are 10 or higher, so no step overwrites the source of another. */
static int describe_files(posix_spawn_file_actions_t *actions, int output,
                          int file) {
  int number =
      posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
  if (number == 0) {
    number = posix_spawn_file_actions_adddup2(actions, output, 1);
  }
  if (number == 0) {
    number = posix_spawn_file_actions_adddup2(actions, output, 2);
  }
  if (number == 0) {
    number = posix_spawn_file_actions_adddup2(actions, file, FILE_DESCRIPTOR);
  }
  return number;
}

/* The host program may ignore SIGPIPE or block signals; the tool must not
 * inherit that. */
static int describe_signals(posix_spawnattr_t *attributes) {
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGCHLD);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setsigdefault(attributes, &defaults);
  return posix_spawnattr_setflags(
      attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* The tool gets English messages, labels in UTF-8, and the local time zone for
 * the dates that it writes. */
static void describe_environment(const char *environment[4], char *zone,
                                 size_t cap) {
  size_t count = 0;
  environment[count++] = "PATH=" SYSTEM_PATH;
  environment[count++] = "LC_ALL=C.UTF-8";
  if (getenv("TZ") != NULL) {
    nt_format_text(zone, cap, "TZ=%s", getenv("TZ"));
    environment[count++] = zone;
  }
  environment[count] = NULL;
}

/* Returns an errno value, like the functions it calls. */
static int start(const char *path, const char *const *arguments, int output,
                 int file, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  const char *environment[4];
  char zone[256];
  int number = posix_spawn_file_actions_init(&actions);
  if (number != 0) {
    return number;
  }
  number = posix_spawnattr_init(&attributes);
  if (number == 0) {
    describe_environment(environment, zone, sizeof(zone));
    number = describe_files(&actions, output, file);
    if (number == 0) {
      number = describe_signals(&attributes);
    }
    if (number == 0) {
      /* posix_spawn changes neither vector; its type is older than const. */
      number = posix_spawn(pid, path, &actions, &attributes,
                           (char *const *)(uintptr_t)arguments,
                           (char *const *)(uintptr_t)environment);
    }
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return number;
}

/* ---- listening and reaping ----------------------------------------------- */

/* Keeps the last bytes: a tool says at the end why it stopped. */
static void keep_end(char *output, size_t *length, const char *chunk,
                     size_t count) {
  size_t room = NT_TOOL_OUTPUT_MAX - 1 - *length;
  if (count > room) {
    size_t drop = count - room;
    memmove(output, output + drop, *length - drop);
    *length -= drop;
  }
  memcpy(output + *length, chunk, count);
  *length += count;
}

static void listen_to(int from, char *output) {
  char chunk[1024];
  size_t length = 0;
  for (;;) {
    ssize_t n = read(from, chunk, sizeof(chunk));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      break;
    }
    keep_end(output, &length, chunk, (size_t)n);
  }
  output[length] = '\0';
}

static nt_status reap(pid_t pid, const char *name,
                      struct nt_tool_result *result, struct nt_error *err) {
  int state = 0;
  while (waitpid(pid, &state, 0) < 0) {
    if (errno != EINTR) {
      nt_status status = nt_fail_errno(err, errno, NT_REASON_TOOL,
                                       "learning how %s ended", name);
      nt_hint(err, "do not ignore SIGCHLD in this program");
      return status;
    }
  }
  result->exit_status = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
  result->killed_by = WIFSIGNALED(state) ? WTERMSIG(state) : 0;
  return NT_STATUS_SUCCESS;
}

/* Makes a pipe whose ends are none of the descriptors that the child fills. */
static int make_pipe(int ends[2]) {
  int low[2], number = 0;
  if (pipe2(low, O_CLOEXEC) != 0) {
    return errno;
  }
  ends[0] = nt__descriptor_above(low[0], &number);
  ends[1] = nt__descriptor_above(low[1], &number);
  for (int i = 0; number != 0 && i < 2; i++) {
    if (ends[i] >= 0) {
      close(ends[i]);
    }
  }
  return number;
}

nt_status nt_tool_run(const char *path, const char *const *arguments, int file,
                      struct nt_tool_result *result, struct nt_error *err) {
  int ends[2] = {-1, -1};
  pid_t pid = 0;
  *result = (struct nt_tool_result){0};
  int number = make_pipe(ends);
  if (number == 0) {
    number = start(path, arguments, ends[1], file, &pid);
    close(ends[1]);
    if (number != 0) {
      close(ends[0]);
    }
  }
  if (number != 0) {
    return nt_fail_errno(err, number, NT_REASON_TOOL, "starting %s", path);
  }
  listen_to(ends[0], result->output);
  close(ends[0]);
  return reap(pid, arguments[0], result, err);
}
