/*
 * Waiting until another process writes to a file: inotify.
 */
#include "../host.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

struct nt_watch {
  int fd;
};

static nt_status failed(struct nt_error *err) {
  nt_status status = nt_fail_errno(err, errno, NT_REASON_NONE, NULL);
  /* The system's texts for these two numbers are about files and disks. */
  if (err->native == EMFILE || err->native == ENOSPC) {
    nt_hint(err,
            "end programs that watch files, or raise the limits "
            "fs.inotify.max_user_instances and max_user_watches");
  }
  return status;
}

static nt_status watch_file(int fd, const char *folder, const char *name,
                            struct nt_error *err) {
  char path[PATH_MAX];
  nt_path_join(path, sizeof path, folder, name);
  return inotify_add_watch(fd, path, IN_MODIFY) >= 0 ? NT_STATUS_SUCCESS
                                                     : failed(err);
}

nt_status nt_watch_open(const char *folder, const char *name,
                        struct nt_watch **out, struct nt_error *err) {
  struct nt_watch *watch = malloc(sizeof *watch);
  if (watch == NULL) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  nt_status status =
      watch->fd >= 0 ? watch_file(watch->fd, folder, name, err) : failed(err);
  if (nt_ok(status)) {
    *out = watch;
  } else {
    nt_watch_close(watch);
  }
  return status;
}

/* Drops the events. The database says who wrote what. */
static void forget_writes(const struct nt_watch *watch) {
  char events[4096];
  while (read(watch->fd, events, sizeof events) > 0) {
  }
}

nt_status nt_watch_wait(struct nt_watch *watch, uint32_t timeout, bool *wrote,
                        struct nt_error *err) {
  struct pollfd one = {.fd = watch->fd, .events = POLLIN};
  int ms = timeout == UINT32_MAX ? -1 : (int)timeout;
  if (timeout != UINT32_MAX && timeout > INT_MAX) {
    ms = INT_MAX;
  }
  int ready = poll(&one, 1, ms);
  if (ready < 0 && errno != EINTR) {
    return failed(err);
  }
  *wrote = ready > 0;
  if (*wrote) {
    forget_writes(watch);
  }
  return NT_STATUS_SUCCESS;
}

void nt_watch_close(struct nt_watch *watch) {
  if (watch == NULL) {
    return;
  }
  if (watch->fd >= 0) {
    close(watch->fd);
  }
  free(watch);
}
