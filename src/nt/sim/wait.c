/*
 * Waiting for events of other processes. What they do they write into the log
 * of the database (store.c: WAL), so waiting is watching that file. It is there
 * as long as somebody is connected.
 */
#include "internal.h"

static nt_status refuse_memory(struct nt_error *err) {
  nt_fail(err, NT_STATUS_NOT_SUPPORTED, "in_memory",
          "nobody else can do anything to a machine in memory while this "
          "process waits");
  nt_hint(err, "list what happened with events, or subscribe");
  return NT_STATUS_NOT_SUPPORTED;
}

static nt_status begin_to_watch(struct sim_machine *m, struct nt_error *err) {
  if (m->notify.watch) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status =
      nt_watch_open(m->folder, "machine.db-wal", &m->notify.watch, err);
  if (!nt_ok(status)) {
    nt_error_about(err, "store", "%s-wal", m->db_path);
  }
  return status;
}

/* Reads only: the deaths of processes are found by who has to write. */
static nt_status look(struct sim_machine *m, uint64_t after, bool *found,
                      struct nt_error *err) {
  int64_t id;
  int64_t from = after < INT64_MAX ? (int64_t)after : INT64_MAX;
  nt_status status = nt__sim_number(
      m, "SELECT id FROM event WHERE id > ?1 AND event >= 0 LIMIT 1",
      SIM_ARGS(SIM_INT(from)), 0, &id, err);
  *found = nt_ok(status) && id != 0;
  return status;
}

/* What is left of `timeout` milliseconds after `since`. */
static uint32_t left(uint32_t timeout, int64_t since) {
  int64_t passed = (nt_steady_us() - since) / 1000;
  if (timeout == UINT32_MAX) {
    return timeout;
  }
  return passed < timeout ? timeout - (uint32_t)passed : 0;
}

nt_status nt__sim_wait_event(struct nt_machine *machine, uint64_t after,
                             uint32_t timeout, struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  int64_t since = nt_steady_us();
  bool found, wrote = true;
  if (m->folder[0] == '\0') {
    return refuse_memory(err);
  }
  nt_status status = begin_to_watch(m, err);
  while (nt_ok(status)) {
    status = look(m, after, &found, err);
    if (!nt_ok(status) || found) {
      return status;
    }
    if (!wrote) {
      return NT_STATUS_NO_MORE_ENTRIES;
    }
    status = nt_watch_wait(m->notify.watch, left(timeout, since), &wrote, err);
  }
  return status;
}
