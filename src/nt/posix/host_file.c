/*
 * Files and byte locks on POSIX.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

static nt_status failed(int number, struct nt_error *err) {
  return nt_fail_errno(err, number, NT_REASON_NONE, NULL);
}

/* ---- children of fork ----------------------------------------------------
 *
 * A lock of an open file lasts as long as any process has the file open. A
 * child of fork has it open, too, without knowing of it; so after the death of
 * the parent its locks would remain. Therefore the child closes these files
 * before it does anything else. A child that calls exec closes them anyway; a
 * program that is to keep them gets a descriptor of its own (host_program.c).
 */

static struct nt_file *locked_files;
static pthread_mutex_t locked_files_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static int fork_error;

static void before_fork(void) {
  pthread_mutex_lock(&locked_files_mutex);
}

static void after_fork(void) {
  pthread_mutex_unlock(&locked_files_mutex);
}

static void in_child(void) {
  for (struct nt_file *file = locked_files; file; file = file->next) {
    close(file->fd);
    file->fd = -1;
  }
  after_fork();
}

static void watch_forks(void) {
  fork_error = pthread_atfork(before_fork, after_fork, in_child);
}

/* Returns an errno value. */
int nt__keep_from_children(struct nt_file *file) {
  pthread_once(&fork_once, watch_forks);
  if (fork_error != 0 || file->listed) {
    return fork_error;
  }
  before_fork();
  file->next = locked_files;
  file->listed = true;
  locked_files = file;
  after_fork();
  return 0;
}

static void forget(struct nt_file *file) {
  if (!file->listed) {
    return;
  }
  before_fork();
  struct nt_file **at = &locked_files;
  while (*at != file) {
    at = &(*at)->next;
  }
  *at = file->next;
  after_fork();
}

/* ---- opening and closing ------------------------------------------------- */

/* Makes a file of the descriptor, and owns it from then on. A descriptor of -1
 * is a failure that errno tells. */
static nt_status keep(int fd, bool nameless, struct nt_file **out,
                      struct nt_error *err) {
  if (fd < 0) {
    return failed(errno, err);
  }
  struct nt_file *file = malloc(sizeof(*file));
  if (file == NULL) {
    close(fd);
    return failed(ENOMEM, err);
  }
  *file = (struct nt_file){.fd = fd, .nameless = nameless};
  *out = file;
  return NT_STATUS_SUCCESS;
}

nt_status nt_file_open(const char *path, bool writable, struct nt_file **out,
                       struct nt_error *err) {
  int flags = (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_CLOEXEC;
  return keep(open(path, flags), false, out, err);
}

nt_status nt_file_open_plain(const char *path, bool writable,
                             struct nt_file **out, struct nt_error *err) {
  int flags = (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_CLOEXEC;
  int fd = open(path, flags | O_NOFOLLOW);
  if (fd < 0 && errno == ELOOP) {
    return nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID, "it is a link");
  }
  return keep(fd, false, out, err);
}

nt_status nt_file_create(const char *path, struct nt_file **out,
                         struct nt_error *err) {
  int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  return keep(open(path, flags, 0666), false, out, err);
}

/* A new name is a change of the folder, so the folder is flushed. When that
 * fails, nothing more can be done. */
void nt__flush_folder_of(const char *path) {
  char folder[4096];
  nt_copy(folder, sizeof(folder), path);
  char *last = strrchr(folder, '/');
  if (last != NULL) {
    last[last == folder ? 1 : 0] = '\0';
  }
  int fd =
      open(last != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    fsync(fd);
    close(fd);
  }
}

nt_status nt_file_create_private(const char *path, struct nt_file **out,
                                 struct nt_error *err) {
  int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  NT_TRY(keep(open(path, flags, 0600), false, out, err));
  nt__flush_folder_of(path);
  return NT_STATUS_SUCCESS;
}

nt_status nt_file_memory(const char *name, struct nt_file **out,
                         struct nt_error *err) {
  return keep(memfd_create(name, MFD_CLOEXEC), true, out, err);
}

void nt_file_close(struct nt_file *file) {
  if (file != NULL) {
    forget(file);
    if (file->fd >= 0) {
      close(file->fd);
    }
    free(file);
  }
}

/* ---- bytes --------------------------------------------------------------- */

nt_status nt_file_read(const struct nt_file *file, uint64_t offset, void *buf,
                       size_t length, size_t *done, struct nt_error *err) {
  size_t at = 0;
  while (at < length) {
    ssize_t n =
        pread(file->fd, (char *)buf + at, length - at, (off_t)(offset + at));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return failed(errno, err);
    }
    if (n == 0) {
      break;
    }
    at += (size_t)n;
  }
  *done = at;
  return NT_STATUS_SUCCESS;
}

nt_status nt_file_write(const struct nt_file *file, uint64_t offset,
                        const void *buf, size_t length, struct nt_error *err) {
  for (size_t at = 0; at < length;) {
    ssize_t n = pwrite(file->fd, (const char *)buf + at, length - at,
                       (off_t)(offset + at));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return failed(n < 0 ? errno : ENOSPC, err);
    }
    at += (size_t)n;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt_file_flush(const struct nt_file *file, struct nt_error *err) {
  return fdatasync(file->fd) == 0 ? NT_STATUS_SUCCESS : failed(errno, err);
}

nt_status nt_file_resize(const struct nt_file *file, uint64_t length,
                         struct nt_error *err) {
  return ftruncate(file->fd, (off_t)length) == 0 ? NT_STATUS_SUCCESS
                                                 : failed(errno, err);
}

nt_status nt_file_look(const struct nt_file *file, struct nt_file_facts *out,
                       struct nt_error *err) {
  struct stat st;
  if (fstat(file->fd, &st) != 0) {
    return failed(errno, err);
  }
  out->length = (uint64_t)st.st_size;
  out->regular = S_ISREG(st.st_mode);
  out->deleted = st.st_nlink == 0 && !file->nameless;
  out->linked = st.st_nlink > 1;
  return NT_STATUS_SUCCESS;
}

bool nt_file_same(const struct nt_file *a, const struct nt_file *b) {
  struct stat left, right;
  return fstat(a->fd, &left) == 0 && fstat(b->fd, &right) == 0 &&
         left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

/* ---- byte locks ---------------------------------------------------------- */

/* Locks of open files belong to the open file, not to the process. So two
 * connections of one process see each other's locks, and to close one does not
 * drop the other's. */
static int lock_byte(const struct nt_file *file, int command, uint64_t byte,
                     short *type) {
  struct flock lock = {0};
  lock.l_type = *type;
  lock.l_whence = SEEK_SET;
  lock.l_start = (off_t)byte;
  lock.l_len = 1;
  int result = fcntl(file->fd, command, &lock);
  *type = lock.l_type;
  return result;
}

nt_status nt_file_lock_byte(struct nt_file *file, uint64_t byte,
                            struct nt_error *err) {
  short type = F_WRLCK;
  int number = nt__keep_from_children(file);
  if (number != 0) {
    return failed(number, err);
  }
  return lock_byte(file, F_OFD_SETLK, byte, &type) == 0 ? NT_STATUS_SUCCESS
                                                        : failed(errno, err);
}

int nt__share_byte(const struct nt_file *file, uint64_t byte) {
  short type = F_RDLCK;
  return lock_byte(file, F_OFD_SETLK, byte, &type) == 0 ? 0 : errno;
}

void nt_file_unlock_byte(const struct nt_file *file, uint64_t byte) {
  short type = F_UNLCK;
  lock_byte(file, F_OFD_SETLK, byte, &type);
}

bool nt_file_byte_is_free(const struct nt_file *file, uint64_t byte) {
  short type = F_WRLCK;
  return lock_byte(file, F_OFD_GETLK, byte, &type) == 0 && type == F_UNLCK;
}

/* ---- descriptors --------------------------------------------------------- */

#define FIRST_DESCRIPTOR 10

int nt__descriptor_above(int low, int *number) {
  int high = fcntl(low, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
  if (high < 0) {
    /* EINVAL: the limit of this process is lower */
    *number = errno == EINVAL ? EMFILE : errno;
  }
  close(low);
  return high;
}
