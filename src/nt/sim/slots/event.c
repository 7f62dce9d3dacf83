/* Reads the history of events, and makes it begin anew. */
#include <stdio.h>

#include "../db/store.h"
#include "../db/trust.h"
#include "../rules/event.h"
#include "slots.h"
#include "transaction.h"

static nt_status read_event(const struct sim_request *r, uint64_t *cursor,
                            struct nt_event *out) {
  sqlite3_stmt *stmt;
  NT_TRY(nt__sim_query(
      r,
      "SELECT * FROM event "
      "WHERE id > ?1 AND event <> ?3 AND node IN (0, ?2) "
      "ORDER BY id LIMIT 1",
      SIM_ARGS(SIM_INT(*cursor), SIM_INT(r->m->node), SIM_INT(SIM_FORGOTTEN)),
      &stmt));
  NT_TRY(nt__sim_step(r, stmt));
  nt_status status = nt__sim_check_row(r->m, "event", stmt, r->err);
  if (!nt_ok(status)) {
    sqlite3_reset(stmt);
    return status;
  }
  *cursor = out->id = (uint64_t)sqlite3_column_int64(stmt, 0);
  nt__sim_describe_event((enum sim_event)sqlite3_column_int(stmt, 1), out);
  nt__sim_text(stmt, 2, out->target, sizeof out->target);
  out->pid = sqlite3_column_int64(stmt, 3);
  out->time_us = sqlite3_column_int64(stmt, 5);
  snprintf(out->node, sizeof out->node, "%s",
           sqlite3_column_int64(stmt, 4) != 0 ? r->m->node_name : "");
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}

/* The deaths of other processes are part of the history. So before this says
 * that there is no further event, it looks for processes that have died. */
nt_status nt__sim_next_event(struct nt_machine *machine, uint64_t *cursor,
                             struct nt_event *out, struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  nt_status status = read_event(&r, cursor, out);
  if (status != NT_STATUS_NO_MORE_ENTRIES) {
    return status;
  }
  status = nt__sim_begin(&r);
  if (nt_ok(status)) {
    status = nt__sim_end(&r, status);
  }
  return nt_ok(status) ? read_event(&r, cursor, out) : status;
}

/* The last row stays but is hidden, so that the next event gets a higher id. If
 * an id were used twice, whoever remembers the last event that he saw would
 * miss new ones. */
nt_status nt_sim_forget_events(struct nt_machine *machine,
                               struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  NT_TRY(nt__sim_begin(&r));
  nt_status status = nt__sim_exec(&r,
                                  "DELETE FROM event "
                                  "WHERE id < (SELECT max(id) FROM event)",
                                  SIM_NO_ARGS);
  if (nt_ok(status)) {
    status = nt__sim_exec(&r, "UPDATE event SET event = ?1",
                          SIM_ARGS(SIM_INT(SIM_FORGOTTEN)));
  }
  return nt__sim_end(&r, status);
}
