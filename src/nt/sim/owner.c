/*
 * Processes that share a machine. Each connection is a row in `owner` and
 * holds the byte of its row's number in machine.lock by a lock of its open
 * file, which the system drops when the process ends, however it ends. A row
 * whose byte is free is a dead process, and what it had open is cleaned up.
 *
 * A program that runs under a lock has the open file, too: when its owner is
 * killed, the byte is held until the program ends. The row in `heir` says who
 * that is.
 */
#include "../text.h"
#include "internal.h"

bool nt__sim_owner_alive(struct sim_machine *m, int64_t owner) {
  /* When the system cannot say, the owner counts as alive: taking a live
   * process for dead would break its locks. */
  return owner == m->owner || m->lock == NULL ||
         !nt_file_byte_is_free(m->lock, (uint64_t)owner);
}

static nt_status open_lock_file(struct sim_machine *m, struct nt_error *err) {
  char path[sizeof m->folder + 16];
  if (m->folder[0] == '\0') {
    return NT_STATUS_SUCCESS; /* in memory: nobody to share it with */
  }
  nt_path_join(path, sizeof path, m->folder, "machine.lock");
  /* Never made here: those who are connected hold their bytes in the file
   * that was there, and would count as dead in a new one. */
  nt_status status = nt_file_open_plain(path, true, &m->lock, err);
  if (nt_ok(status)) {
    return status;
  }
  nt_error_about(err, NT_REASON_STORE, "%s", path);
  if (!nt_is_shortage(status)) {
    nt_hint(err,
            status == NT_STATUS_OBJECT_NAME_NOT_FOUND
                ? "when nobody uses the machine, make an empty file there"
                : "make the folder writable, or copy the machine elsewhere");
  }
  return status;
}

static nt_status take_byte(struct sim_machine *m, struct nt_error *err) {
  if (m->lock == NULL) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt_file_lock_byte(m->lock, (uint64_t)m->owner, err);
  if (!nt_ok(status)) {
    char path[sizeof m->folder + 16];
    nt_path_join(path, sizeof path, m->folder, "machine.lock");
    nt_error_about(err, NT_REASON_STORE, "%s", path);
    nt_hint(err, "keep the machine on a file system that knows byte locks");
  }
  return status;
}

/* While nobody was connected, anything may have written to the images. */
static nt_status verify_if_first(struct sim_machine *m, struct nt_error *err) {
  int64_t others;
  NT_TRY(nt__sim_number(m, "SELECT count(*) FROM owner WHERE id <> ?1",
                        SIM_ARGS(SIM_INT(m->owner)), 0, &others, err));
  if (others == 0) {
    NT_TRY(nt__sim_exec(m, "UPDATE volume SET verify_pending = 1", SIM_NO_ARGS,
                        err));
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_owner_enter(struct sim_machine *m, struct nt_error *err) {
  char program[64];
  nt_process_name(program, sizeof program);
  nt_status status = open_lock_file(m, err);
  if (nt_ok(status)) {
    status = nt__sim_begin(m, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_node_enter(m, err);
  if (nt_ok(status)) {
    status =
        nt__sim_exec(m,
                     "INSERT INTO owner (pid, program, start_us, node) "
                     "VALUES (?1, ?2, ?3, ?4)",
                     SIM_ARGS(SIM_INT(m->pid), SIM_TEXT(program),
                              SIM_INT(nt_process_start_us()), SIM_INT(m->node)),
                     err);
  }
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
                          int64_t node, struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  m->acting = pid;
  m->acting_node = node;
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
  m->acting_node = m->node;
  if (nt_ok(status)) {
    status = nt__sim_exec(m, "DELETE FROM heir WHERE owner = ?1",
                          SIM_ARGS(SIM_INT(owner)), err);
  }
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
                      "SELECT id, pid, node FROM owner WHERE id > ?1 "
                      "AND id <> ?2 ORDER BY id LIMIT 1",
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
    int64_t node = sqlite3_column_int64(stmt, 2);
    sqlite3_reset(stmt);
    if (nt__sim_owner_alive(m, after)) {
      continue;
    }
    status = clean_up(m, after, pid, node, err);
    if (!nt_ok(status)) {
      return status;
    }
  }
}

/* ---- programs that run under a lock ---------------------------------------
 */

static nt_status note_heir(void *ctx, const struct nt_process *process,
                           struct nt_error *err) {
  struct sim_machine *m = ctx;
  nt_status status = nt__sim_begin(m, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_exec(
      m,
      "INSERT OR REPLACE INTO heir "
      "(owner, pid, program, start_us) "
      "VALUES (?1, ?2, ?3, ?4)",
      SIM_ARGS(SIM_INT(m->owner), SIM_INT(process->id),
               SIM_TEXT(process->program), SIM_INT(process->start_us)),
      err);
  return nt__sim_end(m, status, err);
}

/* The row in `heir` stays: something that the program left behind may hold the
 * byte still, and is what holds it if this process dies later. */
nt_status nt__sim_run(struct nt_machine *machine,
                      const struct nt_program *program, int *exit_status,
                      struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  struct nt_program own = *program;
  nt_status status = nt__sim_check_process(m, err);
  if (!nt_ok(status)) {
    return status;
  }
  if (m->lock != NULL) {
    own.keep = m->lock;
    own.started = note_heir;
    own.ctx = m;
  }
  return nt_program_run(&own, exit_status, err);
}

/* A process that was killed is not the one that holds anything: its program is,
 * or what that left behind, of which nobody knows the number. */
void nt__sim_who_holds(int64_t heir, const char *heir_program,
                       int64_t heir_start_us, struct nt_holder *holder) {
  if (heir == 0 || nt_process_lives(holder->pid, holder->start_us)) {
    return;
  }
  bool lives = nt_process_lives(heir, heir_start_us);
  holder->pid = lives ? heir : 0;
  holder->start_us = lives ? heir_start_us : 0;
  nt_format_text(holder->program, sizeof holder->program,
                 lives ? "%s" : "started by %s", heir_program);
}

/* ---- the end ------------------------------------------------------------- */

void nt__sim_owner_leave(struct sim_machine *m) {
  struct nt_error err = {0};
  /* A child of fork must leave its parent's row and lock alone. If the row
   * cannot be removed now, the free byte tells the next process. */
  if (m->owner != 0 && m->pid == nt_process_id() &&
      nt_ok(nt__sim_begin(m, &err))) {
    nt__sim_end(m, clean_up(m, m->owner, m->pid, m->node, &err), &err);
  }
  /* Else what a program left behind would keep it. */
  if (m->lock != NULL && m->pid == nt_process_id()) {
    nt_file_unlock_byte(m->lock, (uint64_t)m->owner);
  }
  nt_file_close(m->lock);
  m->lock = NULL;
}
