/*
 * Lets a system call fail, or do less than it was asked for: the nth of those
 * of a kind, or all from the nth on. Preloaded, it stands before the C library,
 * for SQLite, libblkid and libfdisk as well; required by the same program as
 * the Lua module "calls", it is told what to do:
 *
 *   calls.arm(n, kind, how, every)   0: none fails, they are counted
 *   calls.disarm()                   calls seen, the one that failed (or nil)
 *
 * Kinds: read, write, open, flush, size, lock, name, process, map, any. How: a
 * name of an errno value, or "short" (read and write: half of the bytes).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <lauxlib.h>

#define EXPORT __attribute__((visibility("default")))

/* The names that a program without Lua need not have. */
#pragma weak lua_createtable
#pragma weak lua_setfield
#pragma weak lua_pushinteger
#pragma weak lua_pushstring
#pragma weak lua_toboolean
#pragma weak luaL_argerror
#pragma weak luaL_checkinteger
#pragma weak luaL_checklstring
#pragma weak luaL_checkoption
#pragma weak luaL_setfuncs

enum kind { READ, WRITE, OPEN, FLUSH, SIZE, LOCK, NAME, PROCESS, MAP, ANY };

static const char *const kinds[] = {"read", "write", "open", "flush",
                                    "size", "lock",  "name", "process",
                                    "map",  "any",   NULL};

static const struct {
  const char *name;
  int number;
} errors[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EINTR", EINTR},
              {"EMFILE", EMFILE}, {"EACCES", EACCES}, {"ENOMEM", ENOMEM},
              {"EAGAIN", EAGAIN}, {"short", 0}};

#define ERRORS (sizeof(errors) / sizeof(errors[0]))

static bool armed, every;
static enum kind wanted_kind;
static long seen, wanted;
static int error; /* 0: short */
static const char *failed;

/* Whether this call is the one. errno is set then. */
static bool is_chosen(enum kind kind, const char *name) {
  if (!armed || (wanted_kind != ANY && kind != wanted_kind)) {
    return false;
  }
  seen++;
  if (wanted < 1 || seen < wanted || (seen > wanted && !every)) {
    return false;
  }
  failed = name;
  errno = error;
  return true;
}

static bool fails(enum kind kind, const char *name) {
  return is_chosen(kind, name) && error != 0;
}

/* How many bytes of `count` to let through; -1: fail. */
static ssize_t allowed(enum kind kind, const char *name, size_t count) {
  if (!is_chosen(kind, name)) {
    return (ssize_t)count;
  }
  if (error != 0) {
    return -1;
  }
  return (ssize_t)(count > 1 ? count / 2 : count);
}

/* The function that this one stands before. */
#define NEXT(type, name)                  \
  static type next;                       \
  if (next == NULL) {                     \
    void *found = dlsym(RTLD_NEXT, name); \
    memcpy(&next, &found, sizeof(next));  \
  }

typedef ssize_t (*read_fn)(int, void *, size_t);
typedef ssize_t (*pread_fn)(int, void *, size_t, off_t);
typedef ssize_t (*write_fn)(int, const void *, size_t);
typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);
typedef int (*open_fn)(const char *, int, mode_t);
typedef int (*openat_fn)(int, const char *, int, mode_t);
typedef int (*fd_fn)(int);
typedef int (*truncate_fn)(int, off_t);
typedef int (*fallocate_fn)(int, int, off_t, off_t);
typedef int (*posix_fallocate_fn)(int, off_t, off_t);
typedef int (*fcntl_fn)(int, int, void *);
typedef int (*path_fn)(const char *);
typedef int (*paths_fn)(const char *, const char *);
typedef int (*mkdir_fn)(const char *, mode_t);
typedef int (*template_fn)(char *, int);
typedef int (*memfd_fn)(const char *, unsigned);
typedef int (*pipe_fn)(int *, int);
typedef void *(*mmap_fn)(void *, size_t, int, int, int, off_t);
typedef int (*spawn_fn)(pid_t *, const char *,
                        const posix_spawn_file_actions_t *,
                        const posix_spawnattr_t *, char *const *,
                        char *const *);

/* ---- bytes --------------------------------------------------------------- */

EXPORT ssize_t read(int fd, void *buf, size_t count) {
  NEXT(read_fn, "read")
  ssize_t most = allowed(READ, "read", count);
  return most < 0 ? -1 : next(fd, buf, (size_t)most);
}

EXPORT ssize_t pread(int fd, void *buf, size_t count, off_t offset) {
  NEXT(pread_fn, "pread")
  ssize_t most = allowed(READ, "pread", count);
  return most < 0 ? -1 : next(fd, buf, (size_t)most, offset);
}

EXPORT ssize_t pread64(int fd, void *buf, size_t count, off_t offset) {
  return pread(fd, buf, count, offset);
}

EXPORT ssize_t write(int fd, const void *buf, size_t count) {
  NEXT(write_fn, "write")
  ssize_t most = allowed(WRITE, "write", count);
  return most < 0 ? -1 : next(fd, buf, (size_t)most);
}

EXPORT ssize_t pwrite(int fd, const void *buf, size_t count, off_t offset) {
  NEXT(pwrite_fn, "pwrite")
  ssize_t most = allowed(WRITE, "pwrite", count);
  return most < 0 ? -1 : next(fd, buf, (size_t)most, offset);
}

EXPORT ssize_t pwrite64(int fd, const void *buf, size_t count, off_t offset) {
  return pwrite(fd, buf, count, offset);
}

/* ---- opening ------------------------------------------------------------- */

/* What follows `last` in a list of arguments. */
#define ARGUMENT(type, value, last)  \
  type value;                        \
  {                                  \
    va_list arguments;               \
    va_start(arguments, last);       \
    value = va_arg(arguments, type); \
    va_end(arguments);               \
  }

EXPORT int open(const char *path, int flags, ...) {
  NEXT(open_fn, "open")
  ARGUMENT(mode_t, mode, flags)
  return fails(OPEN, "open") ? -1 : next(path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...) {
  NEXT(open_fn, "open64")
  ARGUMENT(mode_t, mode, flags)
  return fails(OPEN, "open64") ? -1 : next(path, flags, mode);
}

EXPORT int openat(int folder, const char *path, int flags, ...) {
  NEXT(openat_fn, "openat")
  ARGUMENT(mode_t, mode, flags)
  return fails(OPEN, "openat") ? -1 : next(folder, path, flags, mode);
}

EXPORT int mkostemp(char *path, int flags) {
  NEXT(template_fn, "mkostemp")
  return fails(OPEN, "mkostemp") ? -1 : next(path, flags);
}

EXPORT int mkostemp64(char *path, int flags) {
  return mkostemp(path, flags);
}

EXPORT int memfd_create(const char *name, unsigned flags) {
  NEXT(memfd_fn, "memfd_create")
  return fails(OPEN, "memfd_create") ? -1 : next(name, flags);
}

EXPORT int pipe2(int ends[2], int flags) {
  NEXT(pipe_fn, "pipe2")
  return fails(OPEN, "pipe2") ? -1 : next(ends, flags);
}

/* ---- files --------------------------------------------------------------- */

EXPORT int fsync(int fd) {
  NEXT(fd_fn, "fsync")
  return fails(FLUSH, "fsync") ? -1 : next(fd);
}

EXPORT int fdatasync(int fd) {
  NEXT(fd_fn, "fdatasync")
  return fails(FLUSH, "fdatasync") ? -1 : next(fd);
}

EXPORT int ftruncate(int fd, off_t length) {
  NEXT(truncate_fn, "ftruncate")
  return fails(SIZE, "ftruncate") ? -1 : next(fd, length);
}

EXPORT int ftruncate64(int fd, off_t length) {
  return ftruncate(fd, length);
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t length) {
  NEXT(fallocate_fn, "fallocate")
  return fails(SIZE, "fallocate") ? -1 : next(fd, mode, offset, length);
}

EXPORT int posix_fallocate(int fd, off_t offset, off_t length) {
  NEXT(posix_fallocate_fn, "posix_fallocate")
  return fails(SIZE, "posix_fallocate") ? error : next(fd, offset, length);
}

EXPORT int posix_fallocate64(int fd, off_t offset, off_t length) {
  return posix_fallocate(fd, offset, length);
}

/* Whether a lock is asked for. A kernel refuses that, and never to give one up:
 * SQLite does not look at what unlocking returned. */
static bool asks_for_lock(int command, const void *argument) {
  return (command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
          command == F_OFD_SETLKW) &&
         ((const struct flock *)argument)->l_type != F_UNLCK;
}

/* The argument is a number or a pointer: either way it is handed on whole. */
static int control(int fd, int command, void *argument) {
  NEXT(fcntl_fn, "fcntl")
  bool lock = asks_for_lock(command, argument);
  bool copy = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
  if ((lock && fails(LOCK, "fcntl lock")) ||
      (copy && fails(OPEN, "fcntl dup"))) {
    return -1;
  }
  return next(fd, command, argument);
}

EXPORT int fcntl(int fd, int command, ...) {
  ARGUMENT(void *, argument, command)
  return control(fd, command, argument);
}

EXPORT int fcntl64(int fd, int command, ...) {
  ARGUMENT(void *, argument, command)
  return control(fd, command, argument);
}

/* ---- names --------------------------------------------------------------- */

EXPORT int unlink(const char *path) {
  NEXT(path_fn, "unlink")
  return fails(NAME, "unlink") ? -1 : next(path);
}

EXPORT int rmdir(const char *path) {
  NEXT(path_fn, "rmdir")
  return fails(NAME, "rmdir") ? -1 : next(path);
}

EXPORT int mkdir(const char *path, mode_t mode) {
  NEXT(mkdir_fn, "mkdir")
  return fails(NAME, "mkdir") ? -1 : next(path, mode);
}

EXPORT int rename(const char *from, const char *to) {
  NEXT(paths_fn, "rename")
  return fails(NAME, "rename") ? -1 : next(from, to);
}

/* ---- processes and memory ------------------------------------------------ */

EXPORT int posix_spawn(pid_t *pid, const char *path,
                       const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const *words,
                       char *const *environment) {
  NEXT(spawn_fn, "posix_spawn")
  return fails(PROCESS, "posix_spawn")
             ? error
             : next(pid, path, actions, attributes, words, environment);
}

EXPORT void *mmap(void *address, size_t length, int protection, int flags,
                  int fd, off_t offset) {
  NEXT(mmap_fn, "mmap")
  if (fd >= 0 && fails(MAP, "mmap")) {
    return MAP_FAILED;
  }
  return next(address, length, protection, flags, fd, offset);
}

EXPORT void *mmap64(void *address, size_t length, int protection, int flags,
                    int fd, off_t offset) {
  return mmap(address, length, protection, flags, fd, offset);
}

/* ---- the module ---------------------------------------------------------- */

static int arm(lua_State *L) {
  wanted = (long)luaL_checkinteger(L, 1);
  wanted_kind = (enum kind)luaL_checkoption(L, 2, NULL, kinds);
  const char *how = luaL_checkstring(L, 3);
  size_t i = 0;
  while (i < ERRORS && strcmp(errors[i].name, how) != 0) {
    i++;
  }
  if (i == ERRORS) {
    return luaL_argerror(L, 3, "no such way to fail");
  }
  every = lua_toboolean(L, 4);
  error = errors[i].number;
  seen = 0;
  failed = NULL;
  armed = true;
  return 0;
}

static int disarm(lua_State *L) {
  armed = false;
  lua_pushinteger(L, seen);
  lua_pushstring(L, failed);
  return 2;
}

EXPORT int luaopen_calls(lua_State *L);
EXPORT int luaopen_calls(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"arm", arm}, {"disarm", disarm}, {NULL, NULL}};
  lua_createtable(L, 0, 2);
  luaL_setfuncs(L, functions, 0);
  return 1;
}
