/*
 * A volume handle over an image file: implements what a format needs of the
 * contract, records every write and flush, and fails where a test says.
 * For one C file each: everything is static.
 */
#ifndef SPEC_C_FAKE_VOLUME_H
#define SPEC_C_FAKE_VOLUME_H

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../src/nt/format.h"
#include "../../src/nt/posix/file.h"
#include "../../src/nt/probe.h"
#include "check.h"

#define SKIP(reason, ...)              \
  do {                                 \
    printf("ok %d - ", ++check_count); \
    printf(__VA_ARGS__);               \
    printf(" # SKIP %s\n", reason);    \
  } while (0)

#define MIB (UINT64_C(1) << 20)
#define MAX_RECORDS 4096

/* LOST: the write is said to be done, and nothing is there. */
enum fault { FAULT_NONE, FAULT_REFUSE, FAULT_TORN, FAULT_SHORT, FAULT_LOST };

/* The Nth call (1..) of a kind fails, and with `always` all later ones. */
struct fault_plan {
  int nth;
  bool always;
  enum fault kind;
};

struct record {
  char kind; /* 'w' or 'f' */
  uint64_t offset;
  size_t length;
};

struct fake_volume {
  struct nt_handle handle; /* first */
  int fd;
  uint64_t length, start;
  uint32_t heads, sectors_per_track, flags;
  nt_status questions; /* answer to geometry, partition and DASD, if failing */
  bool drop;           /* past the first MiB all is zeros and stays so */
  int reads, writes, flushes, dasd;
  struct fault_plan read_fault, write_fault, flush_fault;
  struct record log[MAX_RECORDS];
  int log_count;
};

static struct nt_machine_ops fake_machine_ops = {
    .version = NT_OPS_VERSION,
    .size = sizeof(fake_machine_ops),
    .kind = "fake"};
static struct nt_machine fake_machine = {.ops = &fake_machine_ops,
                                         .name = "fake"};

static inline enum fault due(const struct fault_plan *plan, int count) {
  bool hit = plan->nth > 0 &&
             (count == plan->nth || (plan->always && count > plan->nth));
  return hit ? plan->kind : FAULT_NONE;
}

static inline void put_fake_le(unsigned char *at, uint64_t value,
                               size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    at[i] = (unsigned char)(value >> (8 * i));
  }
}

static inline nt_status fake_control(struct nt_handle *handle, uint32_t code,
                                     const void *in, size_t in_len, void *out,
                                     size_t out_cap, size_t *out_len,
                                     struct nt_error *err) {
  struct fake_volume *v = (struct fake_volume *)handle;
  unsigned char *to = out;
  (void)in;
  (void)in_len;
  if (out_cap > 0) {
    memset(out, 0, out_cap);
  }
  *out_len = out_cap;
  if (code == NT_IOCTL_DISK_GET_LENGTH_INFO) {
    put_fake_le(to, v->length, 8);
    return NT_STATUS_SUCCESS;
  }
  v->dasd += code == NT_FSCTL_ALLOW_EXTENDED_DASD_IO;
  if (v->questions != NT_STATUS_SUCCESS) {
    return nt_fail(err, v->questions, "fake");
  }
  switch (code) {
    case NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX:
      put_fake_le(to + 12, v->heads, 4);
      put_fake_le(to + 16, v->sectors_per_track, 4);
      put_fake_le(to + 20, v->handle.sector_size, 4);
      put_fake_le(to + 24, v->start + v->length, 8);
      return NT_STATUS_SUCCESS;
    case NT_IOCTL_DISK_GET_PARTITION_INFO_EX:
      put_fake_le(to + 8, v->start, 8);
      return NT_STATUS_SUCCESS;
    case NT_FSCTL_ALLOW_EXTENDED_DASD_IO:
    case NT_FSCTL_LOCK_VOLUME:
    case NT_FSCTL_UNLOCK_VOLUME:
      return NT_STATUS_SUCCESS;
    default:
      return nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST, NULL);
  }
}

static inline nt_status check_alignment(const struct fake_volume *v,
                                        uint64_t offset, size_t len,
                                        struct nt_error *err) {
  uint32_t sector = v->handle.sector_size;
  if (offset % sector != 0 || len % sector != 0 || len == 0 ||
      len > v->length || offset > v->length - len) {
    return nt_fail(err, NT_STATUS_INVALID_PARAMETER, "fake: bad range");
  }
  return NT_STATUS_SUCCESS;
}

static inline nt_status fake_read(struct nt_handle *handle, uint64_t offset,
                                  void *buf, size_t len, size_t *done,
                                  struct nt_error *err) {
  struct fake_volume *v = (struct fake_volume *)handle;
  nt_status status = check_alignment(v, offset, len, err);
  v->reads++;
  if (nt_ok(status) && due(&v->read_fault, v->reads) != FAULT_NONE) {
    status = nt_fail(err, NT_STATUS_DEVICE_DATA_ERROR, NULL);
  }
  if (nt_ok(status) && v->drop && offset >= MIB) {
    memset(buf, 0, len);
    *done = len;
  } else if (nt_ok(status)) {
    *done = pread(v->fd, buf, len, (off_t)offset) == (ssize_t)len ? len : 0;
  }
  return status;
}

static inline void note(struct fake_volume *v, char kind, uint64_t offset,
                        size_t length) {
  if (v->log_count < MAX_RECORDS) {
    v->log[v->log_count++] = (struct record){kind, offset, length};
  }
}

static inline nt_status fake_write(struct nt_handle *handle, uint64_t offset,
                                   const void *buf, size_t len, size_t *done,
                                   struct nt_error *err) {
  struct fake_volume *v = (struct fake_volume *)handle;
  nt_status status = check_alignment(v, offset, len, err);
  v->writes++;
  enum fault fault = due(&v->write_fault, v->writes);
  if (!nt_ok(status) || fault == FAULT_REFUSE) {
    return nt_ok(status) ? nt_fail(err, NT_STATUS_IO_DEVICE_ERROR, NULL)
                         : status;
  }
  size_t stored = fault == FAULT_NONE ? len : len / 2;
  if (fault == FAULT_LOST) {
    *done = stored = len;
  } else if (!v->drop || offset < MIB) {
    *done = (size_t)pwrite(v->fd, buf, stored, (off_t)offset);
  } else {
    *done = stored;
  }
  note(v, 'w', offset, stored);
  return fault == FAULT_TORN ? nt_fail(err, NT_STATUS_IO_DEVICE_ERROR, NULL)
                             : NT_STATUS_SUCCESS;
}

static inline nt_status fake_flush(struct nt_handle *handle,
                                   struct nt_error *err) {
  struct fake_volume *v = (struct fake_volume *)handle;
  v->flushes++;
  note(v, 'f', 0, 0);
  return due(&v->flush_fault, v->flushes) == FAULT_NONE
             ? NT_STATUS_SUCCESS
             : nt_fail(err, NT_STATUS_IO_DEVICE_ERROR, NULL);
}

static inline nt_status fake_close(struct nt_handle *handle,
                                   struct nt_error *err) {
  (void)handle;
  (void)err;
  return NT_STATUS_SUCCESS;
}

static inline nt_status fake_info(struct nt_handle *handle,
                                  struct nt_volume_info *out,
                                  struct nt_error *err) {
  struct fake_volume *v = (struct fake_volume *)handle;
  (void)err;
  *out = (struct nt_volume_info){
      .name = "D:",
      .guid_path = "\\\\?\\Volume{01234567-89ab-cdef-0123-456789abcdef}",
      .mount_points = {"C:\\mnt\\data"},
      .mount_point_count = 1,
      .extents = {{0, v->start, v->length}},
      .extent_count = 1,
      .length = v->length,
      .sector_size = v->handle.sector_size,
      .flags = v->flags};
  return NT_STATUS_SUCCESS;
}

static const struct nt_handle_ops fake_handle_ops = {
    .version = NT_OPS_VERSION,
    .size = sizeof(struct nt_handle_ops),
    .control = fake_control,
    .read = fake_read,
    .write = fake_write,
    .flush = fake_flush,
    .close = fake_close,
    .info = fake_info};

/* ---- the folder of the test and its images ------------------------------- */

static char work[200];

static inline void remove_work(void) {
  char command[300];
  snprintf(command, sizeof(command), "rm -rf '%s'", work);
  if (system(command) != 0) {
    fprintf(stderr, "%s stays behind\n", work);
  }
}

static pid_t work_owner;

/* Children of the test must leave the folder alone. */
static inline void remove_own_work(void) {
  if (getpid() == work_owner) {
    remove_work();
  }
}

/* Everything a test makes lies in `work`, scratch files included. */
static inline void make_work(void) {
  const char *folder = getenv("TMPDIR");
  snprintf(work, sizeof(work), "%s/ntvol-test-XXXXXX",
           folder != NULL && folder[0] == '/' ? folder : "/tmp");
  if (mkdtemp(work) == NULL) {
    perror(work);
    exit(1);
  }
  work_owner = getpid();
  atexit(remove_own_work);
  setenv("NTVOL_TMPDIR", work, 1);
}

static inline const char *image_path(void) {
  static char path[256];
  snprintf(path, sizeof(path), "%s/volume.img", work);
  return path;
}

/* A locked volume, all zeros. */
static inline void make_volume(struct fake_volume *v, uint64_t length,
                               uint32_t sector_size, uint64_t start) {
  memset(v, 0, sizeof(*v));
  v->handle.ops = &fake_handle_ops;
  v->handle.machine = &fake_machine;
  v->handle.kind = NT_KIND_VOLUME;
  v->handle.access = NT_GENERIC_READ_MAPPED | NT_GENERIC_WRITE_MAPPED;
  v->handle.sector_size = sector_size;
  v->handle.locked = true;
  snprintf(v->handle.name, sizeof(v->handle.name), "\\\\.\\D:");
  v->length = length;
  v->start = start;
  v->heads = 255;
  v->sectors_per_track = 63;
  v->fd = open(image_path(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (v->fd < 0 || ftruncate(v->fd, (off_t)length) != 0) {
    perror(image_path());
    exit(1);
  }
}

static inline void drop_volume(struct fake_volume *v) {
  close(v->fd);
  v->fd = -1;
}

static inline void put_bytes_at(const struct fake_volume *v, uint64_t offset,
                                const void *bytes, size_t length) {
  if (pwrite(v->fd, bytes, length, (off_t)offset) != (ssize_t)length) {
    perror("pwrite");
    exit(1);
  }
}

/* Old data everywhere: what a new file system does not write shows. */
static inline void fill_volume(const struct fake_volume *v,
                               unsigned char byte) {
  static unsigned char block[1 << 20];
  memset(block, byte, sizeof(block));
  for (uint64_t at = 0; at < v->length; at += sizeof(block)) {
    uint64_t rest = v->length - at;
    put_bytes_at(v, at, block,
                 rest < sizeof(block) ? (size_t)rest : sizeof(block));
  }
}

static inline bool under_valgrind(void) {
  const char *preload = getenv("LD_PRELOAD");
  return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

/* ---- asking others ------------------------------------------------------- */

static inline bool has_tool(const char *name) {
  char command[300];
  snprintf(command, sizeof(command),
           "PATH=$PATH:/usr/sbin:/sbin command -v %s >/dev/null", name);
  return system(command) == 0;
}

/* True when `command` followed by the image succeeds. */
static inline bool succeeds(const char *command) {
  char line[1000];
  snprintf(line, sizeof(line),
           "PATH=$PATH:/usr/sbin:/sbin %s '%s' >'%s/out' 2>&1", command,
           image_path(), work);
  bool good = system(line) == 0;
  if (!good) {
    snprintf(line, sizeof(line), "sed 's/^/# /' '%s/out'", work);
    good = system(line) != 0 && false;
  }
  return good;
}

/* First words that `command` prints about the image. */
static inline const char *answer(const char *command) {
  static char text[400];
  char line[600];
  snprintf(line, sizeof(line), "PATH=$PATH:/usr/sbin:/sbin %s '%s' 2>&1",
           command, image_path());
  text[0] = '\0';
  FILE *from = popen(line, "r");
  size_t length = from != NULL ? fread(text, 1, sizeof(text) - 1, from) : 0;
  text[length] = '\0';
  if (from != NULL) {
    pclose(from);
  }
  while (length > 0 && text[length - 1] == '\n') {
    text[--length] = '\0';
  }
  return text;
}

static inline nt_status probe_fd(int fd, uint64_t offset, uint64_t length,
                                 struct nt_probe *out, struct nt_error *err) {
  const struct nt_file file = {.fd = fd, .nameless = false};
  return nt_probe(&file, offset, length, out, err);
}

static inline const char *probed(const struct fake_volume *v) {
  static struct nt_probe probe;
  struct nt_error err = {0};
  nt_status status = probe_fd(v->fd, 0, v->length, &probe, &err);
  return nt_ok(status) ? probe.file_system : "unreadable";
}

#endif
