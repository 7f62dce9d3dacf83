/*
 * Processes that share a machine. Each connection is a row in the table
 * `owner`, and locks one byte in machine.lock, whose position is the number of
 * the row. The lock belongs to its open file, and the system releases it when
 * the process ends, in whatever way it ends. If the byte of a row is not
 * locked, the process of that row is dead, and what it had open is cleaned up.
 *
 * A program that runs under a lock has the open file, too. So when its owner is
 * killed, the byte stays locked until the program ends. The row in the table
 * `heir` says which program that is.
 */
#include "owner.h"

#include "../db/store.h"
#include "instance.h"

bool nt__sim_owner_alive(struct sim_machine *m, int64_t owner) {
  /* When the system cannot say, the owner counts as alive: taking a live
   * process for dead would break its locks. */
  return owner == m->owner || m->lock == NULL ||
         !nt_file_byte_is_free(m->lock, (uint64_t)owner);
}

/* Closes what the owner had open, the oldest first. */
nt_status nt__sim_owner_clean_up(const struct sim_request *r, int64_t owner,
                                 int64_t pid, int64_t node) {
  nt_status status = NT_STATUS_SUCCESS;
  r->m->acting = pid;
  r->m->acting_node = node;
  for (;;) {
    int64_t file_object;
    status = nt__sim_number(
        r, "SELECT id FROM file_object WHERE owner = ?1 ORDER BY id LIMIT 1",
        SIM_ARGS(SIM_INT(owner)), 0, &file_object);
    if (!nt_ok(status) || file_object == 0) {
      break;
    }
    status = nt__sim_cleanup(r, file_object);
    if (!nt_ok(status)) {
      break;
    }
  }
  r->m->acting = r->m->pid;
  r->m->acting_node = r->m->node;
  if (nt_ok(status)) {
    status = nt__sim_exec(r, "DELETE FROM heir WHERE owner = ?1",
                          SIM_ARGS(SIM_INT(owner)));
  }
  if (nt_ok(status)) {
    status = nt__sim_exec(r, "DELETE FROM owner WHERE id = ?1",
                          SIM_ARGS(SIM_INT(owner)));
  }
  return status;
}

nt_status nt__sim_owner_reap(const struct sim_request *r) {
  int64_t after = 0;
  for (;;) {
    sqlite3_stmt *stmt;
    nt_status status =
        nt__sim_query(r,
                      "SELECT id, pid, node FROM owner WHERE id > ?1 "
                      "AND id <> ?2 ORDER BY id LIMIT 1",
                      SIM_ARGS(SIM_INT(after), SIM_INT(r->m->owner)), &stmt);
    if (nt_ok(status)) {
      status = nt__sim_step(r, stmt);
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
    if (nt__sim_owner_alive(r->m, after)) {
      continue;
    }
    status = nt__sim_owner_clean_up(r, after, pid, node);
    if (!nt_ok(status)) {
      return status;
    }
  }
}
