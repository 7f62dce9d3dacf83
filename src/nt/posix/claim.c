/*
 * The one user of an image, on Linux. QEMU keeps images apart by locks of an
 * open file, and its bytes are used here, so that a simulated machine and QEMU
 * respect each other: a shared lock of byte 100 + N says "I do N", one of byte
 * 200 + N says "nobody else may do N"; N is 0 for reading, 1 for writing and 3
 * for changing the length. First the locks are taken, then it is looked whether
 * others have those that do not go with them.
 *
 * Those who belong together have one more byte, which no other group has: who
 * finds it taken joins them.
 *
 * A loop device takes no locks. The system says which file it has.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

#define DOES 100U
#define FORBIDS 200U
#define READING 0U
#define WRITING 1U
#define RESIZING 3U

/* Far behind all of QEMU's. */
#define GROUPS (UINT64_C(1) << 61)
#define GATE (GROUPS - 1) /* had by the one who is looking */
#define GATE_TRIES 2000U  /* milliseconds */

/* ---- groups -------------------------------------------------------------- */

static uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t mixed =
      a * UINT64_C(0x9E3779B97F4A7C15) ^ b * UINT64_C(0xC2B2AE3D27D4EB4F);
  return GROUPS + ((mixed ^ mixed >> 29) & (GROUPS - 1));
}

/* The byte of a group: that of the one file that all of it have. */
static uint64_t byte_of(const struct stat *st) {
  return mix(st->st_ino, st->st_dev);
}

/* 0: the file of the group is not there. */
static uint64_t find_group(const struct nt_group *group) {
  struct stat st;
  if (group->path == NULL) {
    return mix(group->number, 0);
  }
  return stat(group->path, &st) == 0 ? byte_of(&st) : 0;
}

static bool is_taken(const struct nt_file *file, uint64_t byte) {
  return !nt_file_byte_is_free(file, byte);
}

/* ---- who it is ----------------------------------------------------------- */

struct user {
  int64_t pid;
  char program[64];
  char folder[480]; /* of its group; "": not known */
};

static bool is_number(const char *name) {
  return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

static void read_line(const char *path, char *buf, size_t cap) {
  FILE *file = fopen(path, "re");
  buf[0] = '\0';
  if (file != NULL) {
    if (fgets(buf, (int)cap, file) != NULL) {
      buf[strcspn(buf, "\n")] = '\0';
    }
    fclose(file);
  }
}

/* Whether a descriptor of a process has a lock. */
static bool has_lock(const char *pid, const char *number) {
  char path[80], line[200];
  bool found = false;
  nt_format_text(path, sizeof path, "/proc/%s/fdinfo/%s", pid, number);
  FILE *file = fopen(path, "re");
  while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
    found = strncmp(line, "lock:", 5) == 0;
  }
  if (file != NULL) {
    fclose(file);
  }
  return found;
}

/* What is looked for among the open files of all processes. */
struct search {
  const struct nt_file *file;
  const char *group; /* name of the file that makes a group, NULL: none */
  struct stat st;    /* of the file */
  struct user *out;
};

static bool is_own(const struct search *s, const char *pid,
                   const char *number) {
  return strtoll(pid, NULL, 10) == nt_process_id() &&
         strtol(number, NULL, 10) == s->file->fd;
}

/* The folder of a file that a process has open, if it makes a group that has
 * its byte now. */
static void note_folder(const struct search *s, const char *opened) {
  char target[sizeof s->out->folder];
  struct stat st;
  ssize_t length = readlink(opened, target, sizeof target - 1);
  if (s->group == NULL || length <= 0) {
    return;
  }
  target[length] = '\0';
  char *last = strrchr(target, '/');
  if (last != NULL && last != target && strcmp(last + 1, s->group) == 0 &&
      stat(opened, &st) == 0 && is_taken(s->file, byte_of(&st))) {
    *last = '\0';
    nt_copy(s->out->folder, sizeof s->out->folder, target);
  }
}

/* Looks through the open files of one process; true when it has the file. */
static bool look_at_process(const struct search *s, const char *pid) {
  char path[64], opened[80];
  bool found = false;
  nt_format_text(path, sizeof path, "/proc/%s/fd", pid);
  DIR *folder = opendir(path);
  for (struct dirent *at = NULL;
       folder != NULL && (at = readdir(folder)) != NULL;) {
    struct stat st;
    nt_format_text(opened, sizeof opened, "%s/%.20s", path, at->d_name);
    if (!is_number(at->d_name) || stat(opened, &st) != 0) {
      continue;
    }
    note_folder(s, opened);
    found = found || (st.st_dev == s->st.st_dev && st.st_ino == s->st.st_ino &&
                      !is_own(s, pid, at->d_name) && has_lock(pid, at->d_name));
  }
  if (folder != NULL) {
    closedir(folder);
  }
  return found;
}

/* False when no process that this user may look at has it. */
static bool find_user(struct search *s) {
  char path[64];
  DIR *folder = opendir("/proc");
  bool found = false;
  for (struct dirent *at = NULL;
       folder != NULL && !found && (at = readdir(folder)) != NULL;) {
    *s->out = (struct user){.pid = 0};
    if (is_number(at->d_name) && look_at_process(s, at->d_name)) {
      found = true;
      s->out->pid = strtoll(at->d_name, NULL, 10);
      nt_format_text(path, sizeof path, "/proc/%s/comm", at->d_name);
      read_line(path, s->out->program, sizeof s->out->program);
    }
  }
  if (folder != NULL) {
    closedir(folder);
  }
  return found;
}

/* ---- refusals ------------------------------------------------------------ */

static nt_status used_by_user(const char *path, const struct user *user,
                              struct nt_error *err) {
  char by[600];
  if (user->folder[0] != '\0') {
    nt_format_text(by, sizeof by, "the machine in %s (process %lld, %s)",
                   user->folder, (long long)user->pid, user->program);
  } else {
    nt_format_text(by, sizeof by, "process %lld (%s)", (long long)user->pid,
                   user->program);
  }
  nt_status status = nt_refuse(err, NT_REASON_IMAGE_IN_USE,
                               "the image %s is used by %s", path, by);
  nt_add_holder(err, user->pid, user->pid == nt_process_id(), user->program,
                "disk image");
  return status;
}

static nt_status used(const struct nt_file *file, const char *path,
                      const struct nt_group *group, struct nt_error *err) {
  struct user user = {.pid = 0};
  const char *name = group->path != NULL ? strrchr(group->path, '/') : NULL;
  struct search s = {
      .file = file, .group = name != NULL ? name + 1 : NULL, .out = &user};
  if (fstat(file->fd, &s.st) == 0 && find_user(&s)) {
    return used_by_user(path, &user, err);
  }
  return nt_refuse(err, NT_REASON_IMAGE_IN_USE,
                   "the image %s is used by another process", path);
}

static nt_status cannot_lock(const char *path, int number,
                             struct nt_error *err) {
  nt_fail_errno(err, number, NT_REASON_IMAGE, "locking the image %s", path);
  nt_hint(err, "keep the image on a file system that knows byte locks");
  return err->status;
}

/* ---- loop devices -------------------------------------------------------- */

static bool has_file(const char *device, const struct stat *file) {
  char path[80], backing[4096];
  struct stat st;
  nt_format_text(path, sizeof path, "/sys/block/%.20s/loop/backing_file",
                 device);
  read_line(path, backing, sizeof backing);
  return backing[0] != '\0' && stat(backing, &st) == 0 &&
         st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

static nt_status check_loops(const struct nt_file *file, const char *path,
                             struct nt_error *err) {
  struct stat st;
  nt_status status = NT_STATUS_SUCCESS;
  DIR *folder = opendir("/sys/block");
  if (folder == NULL) { /* in a container that hides it, nobody has loops */
    return nt_says_too_many(errno) || nt_says_no_memory(errno)
               ? nt_fail_errno(err, errno, NT_REASON_NONE, "/sys/block")
               : status;
  }
  bool looks = fstat(file->fd, &st) == 0;
  for (struct dirent *at = NULL;
       looks && nt_ok(status) && (at = readdir(folder)) != NULL;) {
    if (strncmp(at->d_name, "loop", 4) == 0 && has_file(at->d_name, &st)) {
      status =
          nt_refuse(err, NT_REASON_IMAGE_IN_USE,
                    "the image %s is attached to /dev/%s", path, at->d_name);
      nt_hint(err, "detach it: losetup -d /dev/%s", at->d_name);
    }
  }
  closedir(folder);
  return status;
}

/* ---- taking it ----------------------------------------------------------- */

static const uint64_t of_readers[] = {DOES + READING, 0};
static const uint64_t of_writers[] = {DOES + READING, DOES + WRITING,
                                      FORBIDS + WRITING, FORBIDS + RESIZING, 0};

/* What others have that does not go with these. A reader of a medium that is
 * write-protected forbids nobody anything, but wants no writer. */
static const uint64_t against_readers[] = {FORBIDS + READING, DOES + WRITING,
                                           0};
static const uint64_t against_writers[] = {FORBIDS + READING, FORBIDS + WRITING,
                                           DOES + WRITING, DOES + RESIZING, 0};

static bool any_taken(const struct nt_file *file, const uint64_t *bytes) {
  for (; *bytes != 0; bytes++) {
    if (is_taken(file, *bytes)) {
      return true;
    }
  }
  return false;
}

static void give_back(const struct nt_file *file, const uint64_t *bytes) {
  for (; *bytes != 0; bytes++) {
    nt_file_unlock_byte(file, *bytes);
  }
}

/* 0, or an errno value. */
static int take(const struct nt_file *file, const uint64_t *bytes) {
  int number = 0;
  for (const uint64_t *at = bytes; *at != 0 && number == 0; at++) {
    number = nt__share_byte(file, *at);
  }
  if (number != 0) {
    give_back(file, bytes);
  }
  return number;
}

/* Joins its group, or is the first of it. */
static nt_status decide(const struct nt_file *file, const char *path,
                        const struct nt_group *group, bool writes,
                        struct nt_error *err) {
  const uint64_t *bytes = writes ? of_writers : of_readers;
  uint64_t own[] = {find_group(group), 0};
  bool joins = own[0] != 0 && is_taken(file, own[0]);
  if (!joins && writes) {
    NT_TRY(check_loops(file, path, err));
  }
  int number = take(file, bytes);
  if (number != 0 && !writes) {
    return NT_STATUS_SUCCESS; /* a medium on a file system without locks */
  }
  if (number != 0) {
    return cannot_lock(path, number, err);
  }
  if (!joins && any_taken(file, writes ? against_writers : against_readers)) {
    give_back(file, bytes);
    return used(file, path, group, err);
  }
  number = writes ? take(file, own) : 0;
  return number != 0 ? cannot_lock(path, number, err) : NT_STATUS_SUCCESS;
}

/* Two of one group must not both take the other for a stranger. Only who may
 * write can have the gate; readers of one group never stand in the way. */
static bool enter(struct nt_file *file) {
  struct nt_error ignored = {0};
  for (unsigned i = 0; i < GATE_TRIES; i++) {
    if (nt_ok(nt_file_lock_byte(file, GATE, &ignored))) {
      return true;
    }
    if (ignored.native != EAGAIN && ignored.native != EACCES) {
      return false;
    }
    nt_sleep_ms(1);
  }
  return false;
}

nt_status nt_file_claim(struct nt_file *file, const char *path,
                        const struct nt_group *group, bool writes,
                        struct nt_error *err) {
  int number = nt__keep_from_children(file);
  if (number != 0) {
    return cannot_lock(path, number, err);
  }
  bool entered = writes && enter(file);
  nt_status status = decide(file, path, group, writes, err);
  if (entered) {
    nt_file_unlock_byte(file, GATE);
  }
  return status;
}
