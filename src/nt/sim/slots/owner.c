/*
 * This process as one of those that share a machine (rules/owner.c): it enters
 * and leaves, and runs programs under its locks.
 */
#include "../rules/owner.h"
#include "../db/store.h"
#include "../rules/cluster.h"
#include "slots.h"
#include "transaction.h"

/* ---- entering ------------------------------------------------------------ */

static nt_status open_lock_file(const struct sim_request *r) {
  char path[sizeof r->m->folder + 16];
  if (r->m->folder[0] == '\0') {
    return NT_STATUS_SUCCESS; /* it is in memory, so nobody shares it */
  }
  nt_path_join(path, sizeof path, r->m->folder, "machine.lock");
  /* The file must not be created here. Other connected processes have locked
   * their bytes in the old file, and would count as dead in a new one. */
  nt_status status = nt_file_open_plain(path, true, &r->m->lock, r->err);
  if (nt_ok(status)) {
    return status;
  }
  nt_error_about(r->err, NT_REASON_STORE, "%s", path);
  if (!nt_is_shortage(status)) {
    nt_hint(r->err,
            status == NT_STATUS_OBJECT_NAME_NOT_FOUND
                ? "when nobody uses the machine, make an empty file there"
                : "make the folder writable, or copy the machine elsewhere");
  }
  return status;
}

static nt_status take_byte(const struct sim_request *r) {
  if (r->m->lock == NULL) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status =
      nt_file_lock_byte(r->m->lock, (uint64_t)r->m->owner, r->err);
  if (!nt_ok(status)) {
    char path[sizeof r->m->folder + 16];
    nt_path_join(path, sizeof path, r->m->folder, "machine.lock");
    nt_error_about(r->err, NT_REASON_STORE, "%s", path);
    nt_hint(r->err, "keep the machine on a file system that knows byte locks");
  }
  return status;
}

/* While nobody was connected, any program may have written to the images. So
 * the first process to connect marks everything to be verified. */
static nt_status verify_if_first(const struct sim_request *r) {
  int64_t others;
  NT_TRY(nt__sim_number(r, "SELECT count(*) FROM owner WHERE id <> ?1",
                        SIM_ARGS(SIM_INT(r->m->owner)), 0, &others));
  if (others == 0) {
    NT_TRY(
        nt__sim_exec(r, "UPDATE volume SET verify_pending = 1", SIM_NO_ARGS));
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_owner_enter(const struct sim_request *r) {
  char program[64];
  nt_process_name(program, sizeof program);
  NT_TRY(open_lock_file(r));
  NT_TRY(nt__sim_begin(r));
  nt_status status = nt__sim_node_enter(r);
  if (nt_ok(status)) {
    status = nt__sim_exec(
        r,
        "INSERT INTO owner (pid, program, start_us, node) "
        "VALUES (?1, ?2, ?3, ?4)",
        SIM_ARGS(SIM_INT(r->m->pid), SIM_TEXT(program),
                 SIM_INT(nt_process_start_us()), SIM_INT(r->m->node)));
  }
  if (nt_ok(status)) {
    r->m->owner = sqlite3_last_insert_rowid(r->m->db.sqlite);
    status = take_byte(r);
    /* This failure is not one of the database, but the row must be removed all
     * the same, by a rollback. */
    r->m->db.failed = r->m->db.failed || !nt_ok(status);
  }
  if (nt_ok(status)) {
    status = verify_if_first(r);
  }
  return nt__sim_end(r, status);
}

/* ---- programs that run under a lock -------------------------------------- */

static nt_status note_heir(void *ctx, const struct nt_process *process,
                           struct nt_error *err) {
  struct sim_machine *m = ctx;
  struct sim_request r = {.m = m, .err = err};
  NT_TRY(nt__sim_begin(&r));
  nt_status status = nt__sim_exec(
      &r,
      "INSERT OR REPLACE INTO heir "
      "(owner, pid, program, start_us) "
      "VALUES (?1, ?2, ?3, ?4)",
      SIM_ARGS(SIM_INT(m->owner), SIM_INT(process->id),
               SIM_TEXT(process->program), SIM_INT(process->start_us)));
  return nt__sim_end(&r, status);
}

/* The row in `heir` stays. The program may have left another process behind,
 * which still keeps the byte locked. If this process dies later, that other
 * process is the holder. */
nt_status nt__sim_run(struct nt_machine *machine,
                      const struct nt_program *program, int *exit_status,
                      struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  struct nt_program own = *program;
  NT_TRY(nt_db_check_process(&m->db, err));
  if (m->lock != NULL) {
    own.keep = m->lock;
    own.started = note_heir;
    own.ctx = m;
  }
  return nt_program_run(&own, exit_status, err);
}

/* ---- leaving ------------------------------------------------------------- */

void nt__sim_owner_leave(struct sim_machine *m) {
  struct nt_error ignored = {0};
  struct sim_request r = {.m = m, .err = &ignored};
  /* A child of fork must not touch the row and the lock of its parent. If the
   * row cannot be removed now, the next process sees by the unlocked byte that
   * this one is gone. */
  if (m->owner != 0 && m->pid == nt_process_id() && nt_ok(nt__sim_begin(&r))) {
    nt__sim_end(&r, nt__sim_owner_clean_up(&r, m->owner, m->pid, m->node));
  }
  /* Otherwise a process that a program left behind would keep the byte locked.
   */
  if (m->lock != NULL && m->pid == nt_process_id()) {
    nt_file_unlock_byte(m->lock, (uint64_t)m->owner);
  }
  nt_file_close(m->lock);
  m->lock = NULL;
}
