/*
 * Waits for other processes. They write what they do into the log of the
 * database (store.c: WAL), so this process only has to watch that file. The
 * file exists as long as somebody is connected.
 */
#include "../db/rows.h"
#include "../db/store.h"
#include "slots.h"

static nt_status refuse_memory(const struct sim_request *r) {
  nt_refuse(r->err, NT_REASON_IN_MEMORY,
            "nobody else can do anything to a machine in memory while this "
            "process waits");
  nt_hint(r->err, "list what happened with events, or subscribe");
  return NT_STATUS_NOT_SUPPORTED;
}

static nt_status begin_to_watch(const struct sim_request *r) {
  if (r->m->notify.watch) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt_watch_open(r->m->folder, "machine.db-wal",
                                   &r->m->notify.watch, r->err);
  if (!nt_ok(status)) {
    nt_error_about(r->err, NT_REASON_STORE, "%s-wal", r->m->db_path);
  }
  return status;
}

/* Only reads. Processes that have died are found by whoever writes. */
static nt_status look(const struct sim_request *r, uint64_t after,
                      bool *found) {
  int64_t id;
  int64_t from = after < INT64_MAX ? (int64_t)after : INT64_MAX;
  nt_status status = nt__sim_number(
      r,
      "SELECT id FROM event WHERE id > ?1 AND event <> ?3 "
      "AND node IN (0, ?2) LIMIT 1",
      SIM_ARGS(SIM_INT(from), SIM_INT(r->m->node), SIM_INT(SIM_FORGOTTEN)), 0,
      &id);
  *found = nt_ok(status) && id != 0;
  return status;
}

/* Returns how many milliseconds are left of `timeout`, which began at `since`.
 */
static uint32_t left(uint32_t timeout, int64_t since) {
  int64_t passed = (nt_steady_us() - since) / 1000;
  if (timeout == UINT32_MAX) {
    return timeout;
  }
  return passed < timeout ? timeout - (uint32_t)passed : 0;
}

nt_status nt__sim_wait_event(struct nt_machine *machine, uint64_t after,
                             uint32_t timeout, struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  int64_t since = nt_steady_us();
  bool found, wrote = true;
  if (r.m->folder[0] == '\0') {
    return refuse_memory(&r);
  }
  nt_status status = begin_to_watch(&r);
  while (nt_ok(status)) {
    status = look(&r, after, &found);
    if (!nt_ok(status) || found) {
      return status;
    }
    if (!wrote) {
      return NT_STATUS_NO_MORE_ENTRIES;
    }
    status =
        nt_watch_wait(r.m->notify.watch, left(timeout, since), &wrote, err);
  }
  return status;
}

/* ---- the clock ----------------------------------------------------------- */

int64_t nt__sim_clock(struct nt_machine *machine) {
  const struct sim_machine *m = nt__sim_machine(machine);
  return m->virtual_clock ? m->waited_us : nt_steady_us();
}

void nt_sim_set_virtual_clock(struct nt_machine *machine, bool on) {
  nt__sim_machine(machine)->virtual_clock = on;
}

/* ---- changes ------------------------------------------------------------- */

/* The hash function FNV-1a, for one number at a time. */
static uint64_t mix(uint64_t hash, int64_t value) {
  return (hash ^ (uint64_t)value) * UINT64_C(0x100000001B3);
}

/* Turns what is open, locked, dismounted and offline into one number, which
 * changes when any of it changes. Ids are never used again, so the highest id
 * and the number of rows tell what is open. Refused attempts do not change the
 * number, so two processes that both wait do not wake each other. */
static nt_status sign(const struct sim_request *r, uint64_t *out) {
  sqlite3_stmt *stmt;
  NT_TRY(nt__sim_query(r,
                       "SELECT (SELECT count(*) FROM file_object),"
                       " (SELECT max(id) FROM file_object),"
                       " (SELECT total(lock_owner * 64 + vpb) FROM instance),"
                       " (SELECT total(id * 4 + condition) FROM instance),"
                       " (SELECT total(flags * 2 + installed) FROM volume)",
                       SIM_NO_ARGS, &stmt));
  NT_TRY(nt__sim_step(r, stmt));
  *out = UINT64_C(0xCBF29CE484222325);
  for (int i = 0; i < 5; i++) {
    *out = mix(*out, sqlite3_column_int64(stmt, i));
  }
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}

static nt_status look_for_change(const struct sim_request *r, uint64_t *seen,
                                 bool *changed) {
  uint64_t now;
  nt_status status = sign(r, &now);
  *changed = nt_ok(status) && now != *seen;
  if (*changed) {
    *seen = now;
  }
  return status;
}

/* Waits by the virtual clock. No real time passes, so nothing can change during
 * the wait, only before and after it. */
static nt_status pass(const struct sim_request *r, uint64_t *seen,
                      uint32_t timeout) {
  bool changed;
  NT_TRY(look_for_change(r, seen, &changed));
  if (!changed) {
    r->m->waited_us += (int64_t)timeout * 1000;
    NT_TRY(NT_STATUS_NO_MORE_ENTRIES);
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_wait_change(struct nt_machine *machine, uint64_t *seen,
                              uint32_t timeout, struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  int64_t since = nt_steady_us();
  bool changed, wrote = true;
  if (r.m->virtual_clock) {
    return pass(&r, seen, timeout);
  }
  if (r.m->folder[0] == '\0') {
    nt_sleep_ms(timeout);
    return NT_STATUS_NO_MORE_ENTRIES;
  }
  nt_status status = begin_to_watch(&r);
  while (nt_ok(status)) {
    status = look_for_change(&r, seen, &changed);
    if (!nt_ok(status) || changed) {
      return status;
    }
    if (!wrote) {
      return NT_STATUS_NO_MORE_ENTRIES;
    }
    status =
        nt_watch_wait(r.m->notify.watch, left(timeout, since), &wrote, err);
  }
  return status;
}
