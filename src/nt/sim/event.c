/* The history: what happened on a machine, as rows. */
#include <stdio.h>

#include "internal.h"

static const struct {
  const char *name;
  enum nt_event_kind kind;
  const char *guid;
} events[] = {
#define X(name, kind, guid) {#name, NT_EVENT_##kind, guid},
    SIM_EVENT_LIST(X)
#undef X
};

static void describe(enum sim_event event, struct nt_event *out) {
  out->kind = events[event].kind;
  snprintf(out->name, sizeof out->name, "%s", events[event].name);
  snprintf(out->guid, sizeof out->guid, "%s", events[event].guid);
}

/* Section 2: what a file system announces is told on the node of the request
 * only; devices and their states are everybody's. */
static int64_t node_of(const struct sim_machine *m, enum sim_event event) {
  return events[event].kind == NT_EVENT_VOLUME ? m->acting_node : 0;
}

/* For subscribers: what was just recorded, if it is told on their node. */
static nt_status keep(struct sim_machine *m, enum sim_event event,
                      const char *target, int64_t time_us,
                      struct nt_error *err) {
  int64_t node = node_of(m, event);
  struct nt_event kept = {
      .id = (uint64_t)sqlite3_last_insert_rowid(m->db),
      .pid = m->acting,
      .time_us = time_us,
  };
  if (node != 0 && node != m->node) {
    return NT_STATUS_SUCCESS;
  }
  describe(event, &kept);
  if (node != 0) {
    snprintf(kept.node, sizeof kept.node, "%s", m->node_name);
  }
  snprintf(kept.target, sizeof kept.target, "%s", target);
  return nt__sim_keep_event(m, &kept, err);
}

static nt_status put(struct sim_machine *m, enum sim_event event,
                     const char *target, struct nt_error *err) {
  int64_t time_us = nt__sim_now(m);
  nt_status status = nt__sim_exec(
      m,
      "INSERT INTO event (event, target, pid, time_us, node) "
      "VALUES (?1, ?2, ?3, ?4, ?5)",
      SIM_ARGS(SIM_INT(event), SIM_TEXT(target), SIM_INT(m->acting),
               SIM_INT(time_us), SIM_INT(node_of(m, event))),
      err);
  return nt_ok(status) && m->notify.first ? keep(m, event, target, time_us, err)
                                          : status;
}

nt_status nt__sim_event_volume(struct sim_machine *m, enum sim_event event,
                               int64_t volume, struct nt_error *err) {
  char name[NT_NAME_MAX];
  NT_TRY(nt__sim_volume_name(m, volume, name, sizeof name, err));
  return put(m, event, name, err);
}

nt_status nt__sim_event_disk(struct sim_machine *m, enum sim_event event,
                             int64_t disk, struct nt_error *err) {
  char name[40];
  snprintf(name, sizeof name, "PhysicalDrive%lld", (long long)disk);
  return put(m, event, name, err);
}

nt_status nt__sim_event_instance(struct sim_machine *m, enum sim_event event,
                                 const struct sim_instance *instance,
                                 struct nt_error *err) {
  return instance->volume != 0
             ? nt__sim_event_volume(m, event, instance->volume, err)
             : nt__sim_event_disk(m, event, instance->disk, err);
}

static nt_status read_event(struct sim_machine *m, uint64_t *cursor,
                            struct nt_event *out, struct nt_error *err) {
  sqlite3_stmt *stmt;
  nt_status status =
      nt__sim_query(m,
                    "SELECT * FROM event "
                    "WHERE id > ?1 AND event <> -1 AND node IN (0, ?2) "
                    "ORDER BY id LIMIT 1",
                    SIM_ARGS(SIM_INT(*cursor), SIM_INT(m->node)), &stmt, err);
  if (nt_ok(status)) {
    status = nt__sim_step(m, stmt, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_check_row(m, "event", stmt, err);
  if (!nt_ok(status)) {
    sqlite3_reset(stmt);
    return status;
  }
  *cursor = out->id = (uint64_t)sqlite3_column_int64(stmt, 0);
  describe((enum sim_event)sqlite3_column_int(stmt, 1), out);
  nt__sim_text(stmt, 2, out->target, sizeof out->target);
  out->pid = sqlite3_column_int64(stmt, 3);
  out->time_us = sqlite3_column_int64(stmt, 5);
  snprintf(out->node, sizeof out->node, "%s",
           sqlite3_column_int64(stmt, 4) != 0 ? m->node_name : "");
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}

/* The deaths of other processes are part of the history: it has not ended
 * before they are looked for. */
nt_status nt__sim_next_event(struct nt_machine *machine, uint64_t *cursor,
                             struct nt_event *out, struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  nt_status status = read_event(m, cursor, out, err);
  if (status != NT_STATUS_NO_MORE_ENTRIES) {
    return status;
  }
  status = nt__sim_begin(m, err);
  if (nt_ok(status)) {
    status = nt__sim_end(m, status, err);
  }
  return nt_ok(status) ? read_event(m, cursor, out, err) : status;
}

/* The last row stays, hidden: ids go on from it, because an id that was used
 * twice would hide events from who remembers the last one he saw. */
nt_status nt_sim_forget_events(struct nt_machine *machine,
                               struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  nt_status status = nt__sim_begin(m, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_exec(m,
                        "DELETE FROM event "
                        "WHERE id < (SELECT max(id) FROM event)",
                        SIM_NO_ARGS, err);
  if (nt_ok(status)) {
    status = nt__sim_exec(m, "UPDATE event SET event = -1", SIM_NO_ARGS, err);
  }
  return nt__sim_end(m, status, err);
}
