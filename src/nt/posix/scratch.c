/*
 * Scratch files: sparse, without a name, gone when the process is gone.
 */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../host.h"
#include "../text.h"
#include "file.h"
#include "tool.h"

#define PAGE 4096
#define MIB (1 << 20)

const char *nt_scratch_folder(void) {
  static const char *const names[] = {"NTVOL_TMPDIR", "TMPDIR"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    const char *value = getenv(names[i]);
    if (value != NULL && value[0] != '\0') {
      return value;
    }
  }
  return "/tmp";
}

static nt_status refuse(struct nt_error *err, nt_status status) {
  if (status == NT_STATUS_DISK_FULL && err != NULL) {
    err->reason = "disk_full";
    nt_hint(err,
            "free some space there, or set NTVOL_TMPDIR to another folder");
  } else if (status == NT_STATUS_FILE_TOO_LARGE) {
    nt_hint(err,
            "raise the limit of file sizes (ulimit -f), or set NTVOL_TMPDIR "
            "to a folder whose file system takes larger files");
  } else if (!nt_is_shortage(status)) {
    nt_hint(err, "set NTVOL_TMPDIR to another folder");
  }
  return status;
}

/* The way of file systems that know no file without a name: between its making
 * and its unlinking, the death of the process leaves it behind. */
static int open_and_unlink(void) {
  char path[4096];
  nt_format_text(path, sizeof(path), "%s/ntvol-XXXXXX", nt_scratch_folder());
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0 && unlink(path) != 0) {
    int number = errno;
    close(fd);
    errno = number;
    return -1;
  }
  return fd;
}

static int open_nameless(void) {
  int fd = open(nt_scratch_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  return fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR) ? open_and_unlink()
                                                            : fd;
}

static nt_status make(int *fd, struct nt_error *err) {
  int low = open_nameless();
  if (low < 0) {
    return refuse(
        err, nt_fail_errno(err, errno, NT_REASON_SCRATCH,
                           "making a scratch file in %s", nt_scratch_folder()));
  }
  int number = 0;
  *fd = nt__descriptor_above(low, &number);
  return *fd >= 0 ? NT_STATUS_SUCCESS
                  : nt_fail_errno(err, number, NT_REASON_SCRATCH,
                                  "keeping a scratch file open");
}

static nt_status set_size(int fd, uint64_t size, struct nt_error *err) {
  if (ftruncate(fd, (off_t)size) == 0) {
    return NT_STATUS_SUCCESS;
  }
  return refuse(
      err, nt_fail_errno(err, errno, NT_REASON_SCRATCH,
                         "making a scratch file of %" PRIu64 " bytes in %s",
                         size, nt_scratch_folder()));
}

/* Some file systems report data everywhere, and some drop blocks of zeros that
 * were written. With the first kind, a quick format would write the whole
 * volume. With the second, it would leave old bytes where the new file system
 * needs zeros. */
static nt_status check_holes(int fd, struct nt_error *err) {
  static const unsigned char zeros[PAGE];
  bool hole = lseek(fd, 0, SEEK_DATA) < 0 && errno == ENXIO;
  NT_TRY(nt_scratch_write(fd, 0, zeros, sizeof(zeros), err));
  if (hole && lseek(fd, 0, SEEK_DATA) == 0) {
    return NT_STATUS_SUCCESS;
  }
  return refuse(err, nt_refuse(err, NT_REASON_SCRATCH,
                               "the file system of %s does not tell data from "
                               "holes in a sparse file",
                               nt_scratch_folder()));
}

static nt_status prepare(int fd, uint64_t size, struct nt_error *err) {
  NT_TRY(set_size(fd, size, err));
  NT_TRY(check_holes(fd, err));
  NT_TRY(set_size(fd, 0, err));
  return set_size(fd, size, err);
}

nt_status nt_scratch_open(uint64_t size, int *fd, struct nt_error *err) {
  int made = -1;
  NT_TRY(make(&made, err));
  nt_status status = prepare(made, size, err);
  if (!nt_ok(status)) {
    close(made);
    return status;
  }
  *fd = made;
  return status;
}

nt_status nt_scratch_read(int fd, uint64_t offset, void *buf, size_t length,
                          struct nt_error *err) {
  unsigned char *to = buf;
  for (size_t done = 0; done < length;) {
    ssize_t n = pread(fd, to + done, length - done, (off_t)(offset + done));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return nt_fail_errno(err, n < 0 ? errno : EIO, NT_REASON_SCRATCH,
                           "reading the scratch file at offset %" PRIu64,
                           offset + done);
    }
    done += (size_t)n;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt_scratch_write(int fd, uint64_t offset, const void *buf,
                           size_t length, struct nt_error *err) {
  const unsigned char *from = buf;
  for (size_t done = 0; done < length;) {
    ssize_t n = pwrite(fd, from + done, length - done, (off_t)(offset + done));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return refuse(err,
                    nt_fail_errno(err, n < 0 ? errno : EIO, NT_REASON_SCRATCH,
                                  "writing the scratch file at offset "
                                  "%" PRIu64 " in %s",
                                  offset + done, nt_scratch_folder()));
    }
    done += (size_t)n;
  }
  return NT_STATUS_SUCCESS;
}

/* Tries to make room for another megabyte behind the end of the file. */
bool nt_scratch_is_full(int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0 ||
      fallocate(fd, FALLOC_FL_KEEP_SIZE, st.st_size, MIB) == 0) {
    return false;
  }
  return nt_says_full(errno);
}
