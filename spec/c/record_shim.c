/*
 * Records what a program writes to the files of a folder and when it makes them
 * durable, so that a test can build what a kill or a power cut leaves behind.
 *
 *   LD_PRELOAD=record.so NTVOL_RECORD=trace NTVOL_RECORD_ROOT=/folder program
 *
 * A record is kind (1 byte), length of the path (4 bytes), offset, length of
 * the data (8 bytes each, little-endian), path, data. With NTVOL_RECORD_KILL=N
 * the program is killed (SIGKILL) when the Nth of them is done. Kinds: w a
 * write, t a truncation to `offset`, s a flush of a file or folder, u an
 * unlink.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static int trace = -1;
static long left = -1; /* records until this process is killed; -1: never */
static char root[PATH_MAX];
static size_t root_length;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("NTVOL_RECORD");
  const char *folder = getenv("NTVOL_RECORD_ROOT");
  if (path == NULL || folder == NULL || realpath(folder, root) == NULL) {
    return;
  }
  root_length = strlen(root);
  const char *kill_at = getenv("NTVOL_RECORD_KILL");
  left = kill_at != NULL ? atol(kill_at) : -1;
  trace = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* By the system call itself: our own writes must not be recorded. */
static void put(const void *bytes, size_t length) {
  for (size_t at = 0; at < length;) {
    long n = syscall(SYS_write, trace, (const char *)bytes + at, length - at);
    if (n <= 0) {
      _exit(99); /* a trace with holes is worse than none */
    }
    at += (size_t)n;
  }
}

static void put_le(uint64_t value, size_t bytes) {
  unsigned char out[8];
  for (size_t i = 0; i < bytes; i++) {
    out[i] = (unsigned char)(value >> (8 * i));
  }
  put(out, bytes);
}

static bool inside(const char *path) {
  return strncmp(path, root, root_length) == 0 &&
         (path[root_length] == '/' || path[root_length] == '\0');
}

static void record(char kind, const char *path, uint64_t offset,
                   const void *data, size_t length) {
  int error = errno;
  if (trace >= 0 && inside(path)) {
    const char *name = path + root_length;
    put(&kind, 1);
    put_le(strlen(name), 4);
    put_le(offset, 8);
    put_le(length, 8);
    put(name, strlen(name));
    put(data, length);
    if (left > 0 && --left == 0) {
      kill(getpid(), SIGKILL);
    }
  }
  errno = error;
}

static bool path_of(int fd, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH_MAX - 1);
  if (n > 0) {
    path[n] = '\0';
  }
  return n > 0;
}

static void record_fd(char kind, int fd, uint64_t offset, const void *data,
                      size_t length) {
  char path[PATH_MAX];
  int error = errno;
  if (trace >= 0 && path_of(fd, path)) {
    record(kind, path, offset, data, length);
  }
  errno = error;
}

/* The function that this one stands before. */
#define NEXT(type, name)                  \
  static type next;                       \
  if (next == NULL) {                     \
    void *found = dlsym(RTLD_NEXT, name); \
    memcpy(&next, &found, sizeof(next));  \
  }

typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);
typedef ssize_t (*write_fn)(int, const void *, size_t);
typedef int (*truncate_fn)(int, off_t);
typedef int (*sync_fn)(int);
typedef int (*unlink_fn)(const char *);

EXPORT ssize_t pwrite(int fd, const void *buf, size_t count, off_t offset) {
  NEXT(pwrite_fn, "pwrite")
  ssize_t n = next(fd, buf, count, offset);
  if (n > 0) {
    record_fd('w', fd, (uint64_t)offset, buf, (size_t)n);
  }
  return n;
}

EXPORT ssize_t pwrite64(int fd, const void *buf, size_t count, off_t offset) {
  return pwrite(fd, buf, count, offset);
}

EXPORT ssize_t write(int fd, const void *buf, size_t count) {
  NEXT(write_fn, "write")
  off_t at = trace >= 0 ? lseek(fd, 0, SEEK_CUR) : -1;
  ssize_t n = next(fd, buf, count);
  if (n > 0 && at >= 0) {
    record_fd('w', fd, (uint64_t)at, buf, (size_t)n);
  }
  return n;
}

EXPORT int ftruncate(int fd, off_t length) {
  NEXT(truncate_fn, "ftruncate")
  int result = next(fd, length);
  if (result == 0) {
    record_fd('t', fd, (uint64_t)length, "", 0);
  }
  return result;
}

EXPORT int ftruncate64(int fd, off_t length) {
  return ftruncate(fd, length);
}

EXPORT int fsync(int fd) {
  NEXT(sync_fn, "fsync")
  int result = next(fd);
  if (result == 0) {
    record_fd('s', fd, 0, "", 0);
  }
  return result;
}

EXPORT int fdatasync(int fd) {
  NEXT(sync_fn, "fdatasync")
  int result = next(fd);
  if (result == 0) {
    record_fd('s', fd, 0, "", 0);
  }
  return result;
}

EXPORT int unlink(const char *path) {
  NEXT(unlink_fn, "unlink")
  int result = next(path);
  if (result == 0) {
    record('u', path, 0, "", 0);
  }
  return result;
}
