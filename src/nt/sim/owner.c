/*
 * Processes that share a machine. Each connection is a row in `owner` and
 * holds the byte of its row's number in machine.lock by an open-file lock,
 * which the kernel drops when the process ends, however it ends. A row whose
 * byte is free is a dead process, and what it had open is cleaned up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* Open-file locks belong to the descriptor, not to the process: two
 * connections of one process see each other, and closing one does not drop
 * the other's. */
static int lock_byte(int fd, int command, int64_t byte, short *type) {
  struct flock lock = {0};
  lock.l_type = *type;
  lock.l_whence = SEEK_SET;
  lock.l_start = (off_t)byte;
  lock.l_len = 1;
  int result = fcntl(fd, command, &lock);
  *type = lock.l_type;
  return result;
}

bool nt__sim_owner_alive(struct sim_machine *m, int64_t owner) {
  short type = F_WRLCK;
  if (owner == m->owner) {
    return true;
  }
  /* When the kernel cannot say, the owner counts as alive: taking a live
   * process for dead would break its locks. */
  if (m->lock_fd < 0 || lock_byte(m->lock_fd, F_OFD_GETLK, owner, &type) != 0) {
    return true;
  }
  return type != F_UNLCK;
}

static void program_name(char *buf, size_t cap) {
  FILE *comm = fopen("/proc/self/comm", "re");
  snprintf(buf, cap, "process");
  if (!comm) {
    return;
  }
  if (fgets(buf, (int)cap, comm)) {
    buf[strcspn(buf, "\n")] = '\0';
  }
  fclose(comm);
}

static nt_status open_lock_file(struct sim_machine *m, struct nt_error *err) {
  char path[sizeof m->folder + 16];
  if (m->folder[0] == '\0') {
    return NT_STATUS_SUCCESS; /* in memory: nobody to share it with */
  }
  snprintf(path, sizeof path, "%s/machine.lock", m->folder);
  /* Never made here: those who are connected hold their bytes in the file
   * that was there, and would count as dead in a new one. */
  m->lock_fd = open(path, O_RDWR | O_CLOEXEC);
  if (m->lock_fd >= 0) {
    return NT_STATUS_SUCCESS;
  }
  int number = errno;
  nt_status status = nt_fail_errno(err, number, "store", "%s", path);
  nt_hint(err, number == ENOENT
                   ? "when nobody uses the machine, make an empty file there"
                   : "make the folder writable, or copy the machine elsewhere");
  return status;
}

static nt_status take_byte(struct sim_machine *m, struct nt_error *err) {
  short type = F_WRLCK;
  if (m->lock_fd < 0 ||
      lock_byte(m->lock_fd, F_OFD_SETLK, m->owner, &type) == 0) {
    return NT_STATUS_SUCCESS;
  }
  return nt_fail_errno(err, errno, "store", "%s/machine.lock", m->folder);
}

/* While nobody was connected, anything may have written to the images. */
static nt_status verify_if_first(struct sim_machine *m, struct nt_error *err) {
  int64_t others;
  nt_status status =
      nt__sim_number(m, "SELECT count(*) FROM owner WHERE id <> ?1",
                     SIM_ARGS(SIM_INT(m->owner)), 0, &others, err);
  if (nt_ok(status) && others == 0) {
    status = nt__sim_exec(m, "UPDATE volume SET verify_pending = 1",
                          SIM_NO_ARGS, err);
  }
  return status;
}

nt_status nt__sim_owner_enter(struct sim_machine *m, struct nt_error *err) {
  char program[64];
  program_name(program, sizeof program);
  nt_status status = open_lock_file(m, err);
  if (nt_ok(status)) {
    status = nt__sim_begin(m, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_exec(m, "INSERT INTO owner (pid, program) VALUES (?1, ?2)",
                        SIM_ARGS(SIM_INT(m->pid), SIM_TEXT(program)), err);
  if (nt_ok(status)) {
    m->owner = sqlite3_last_insert_rowid(m->db);
    status = take_byte(m, err);
    /* Not an answer of the store, but the row must not stay all the same. */
    m->store_failed = m->store_failed || !nt_ok(status);
  }
  if (nt_ok(status)) {
    status = verify_if_first(m, err);
  }
  return nt__sim_end(m, status, err);
}

/* Everything that `owner` had open, oldest first. */
static nt_status clean_up(struct sim_machine *m, int64_t owner, int64_t pid,
                          struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  m->acting = pid;
  for (;;) {
    int64_t file_object;
    status = nt__sim_number(
        m, "SELECT id FROM file_object WHERE owner = ?1 ORDER BY id LIMIT 1",
        SIM_ARGS(SIM_INT(owner)), 0, &file_object, err);
    if (!nt_ok(status) || file_object == 0) {
      break;
    }
    status = nt__sim_cleanup(m, file_object, err);
    if (!nt_ok(status)) {
      break;
    }
  }
  m->acting = m->pid;
  if (nt_ok(status)) {
    status = nt__sim_exec(m, "DELETE FROM owner WHERE id = ?1",
                          SIM_ARGS(SIM_INT(owner)), err);
  }
  return status;
}

nt_status nt__sim_owner_reap(struct sim_machine *m, struct nt_error *err) {
  int64_t after = 0;
  for (;;) {
    sqlite3_stmt *stmt;
    nt_status status =
        nt__sim_query(m,
                      "SELECT id, pid FROM owner WHERE id > ?1 AND id <> ?2 "
                      "ORDER BY id LIMIT 1",
                      SIM_ARGS(SIM_INT(after), SIM_INT(m->owner)), &stmt, err);
    if (nt_ok(status)) {
      status = nt__sim_step(m, stmt, err);
    }
    if (status == NT_STATUS_NO_MORE_ENTRIES) {
      return NT_STATUS_SUCCESS;
    }
    if (!nt_ok(status)) {
      return status;
    }
    after = sqlite3_column_int64(stmt, 0);
    int64_t pid = sqlite3_column_int64(stmt, 1);
    sqlite3_reset(stmt);
    if (nt__sim_owner_alive(m, after)) {
      continue;
    }
    status = clean_up(m, after, pid, err);
    if (!nt_ok(status)) {
      return status;
    }
  }
}

void nt__sim_owner_leave(struct sim_machine *m) {
  struct nt_error err = {0};
  /* A child of fork must leave its parent's row and lock alone. If the row
   * cannot be removed now, the free byte tells the next process. */
  if (m->owner != 0 && m->pid == getpid() && nt_ok(nt__sim_begin(m, &err))) {
    nt__sim_end(m, clean_up(m, m->owner, m->pid, &err), &err);
  }
  if (m->lock_fd >= 0) {
    close(m->lock_fd);
  }
  m->lock_fd = -1;
}
