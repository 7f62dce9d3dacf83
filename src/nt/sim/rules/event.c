/* The history: what happened on a machine, as rows. */
#include "event.h"

#include <stdio.h>

#include "../db/store.h"
#include "notify.h"
#include "resolve.h"

static const struct {
  const char *name;
  enum nt_event_kind kind;
  const char *guid;
} events[] = {
#define X(name, kind, guid) {#name, NT_EVENT_##kind, guid},
    SIM_EVENT_LIST(X)
#undef X
};

void nt__sim_describe_event(enum sim_event event, struct nt_event *out) {
  out->kind = events[event].kind;
  snprintf(out->name, sizeof out->name, "%s", events[event].name);
  snprintf(out->guid, sizeof out->guid, "%s", events[event].guid);
}

/* Section 2: what a file system announces is told only on the node of the
 * request. What happens to devices is told on all nodes. */
static int64_t node_of(const struct sim_machine *m, enum sim_event event) {
  return events[event].kind == NT_EVENT_VOLUME ? m->acting_node : 0;
}

/* Keeps the event that was just recorded for the subscribers, if it is told on
 * their node. */
static nt_status keep(const struct sim_request *r, enum sim_event event,
                      const char *target, int64_t time_us) {
  int64_t node = node_of(r->m, event);
  struct nt_event kept = {
      .id = (uint64_t)sqlite3_last_insert_rowid(r->m->db.sqlite),
      .pid = r->m->acting,
      .time_us = time_us,
  };
  if (node != 0 && node != r->m->node) {
    return NT_STATUS_SUCCESS;
  }
  nt__sim_describe_event(event, &kept);
  if (node != 0) {
    snprintf(kept.node, sizeof kept.node, "%s", r->m->node_name);
  }
  snprintf(kept.target, sizeof kept.target, "%s", target);
  return nt__sim_keep_event(r, &kept);
}

/* The time in microseconds since 1970. With a virtual clock, the time that was
 * only counted is added, as if it had passed. */
static int64_t now(const struct sim_machine *m) {
  return nt_time_us() + m->waited_us;
}

/* Records an event. If the device is a volume, the statement itself finds out
 * its name; otherwise the caller gives the name. A statement that inserts one
 * row of values needs no journal of its own; one that inserts the rows of a
 * query would need one. */
static nt_status put(const struct sim_request *r, enum sim_event event,
                     int64_t volume, const char *name) {
  char target[NT_NAME_MAX];
  int64_t time_us = now(r->m);
  NT_TRY(nt__sim_exec(
      r,
      "INSERT INTO event (event, target, pid, time_us, node) VALUES (?1, "
      "ifnull(?3, (SELECT " SIM_VOLUME_NAME
      "FROM volume WHERE id = ?2)), "
      "?4, ?5, ?6)",
      SIM_ARGS(SIM_INT(event), SIM_INT(volume), SIM_TEXT(name),
               SIM_INT(r->m->acting), SIM_INT(time_us),
               SIM_INT(node_of(r->m, event)))));
  if (!r->m->notify.first) {
    return NT_STATUS_SUCCESS;
  }
  if (!name) {
    NT_TRY(nt__sim_volume_name(r, volume, target, sizeof target));
    name = target;
  }
  return keep(r, event, name, time_us);
}

nt_status nt__sim_event_volume(const struct sim_request *r,
                               enum sim_event event, int64_t volume) {
  return put(r, event, volume, NULL);
}

nt_status nt__sim_event_disk(const struct sim_request *r, enum sim_event event,
                             int64_t disk) {
  char name[40];
  snprintf(name, sizeof name, "PhysicalDrive%lld", (long long)disk);
  return put(r, event, 0, name);
}

nt_status nt__sim_event_instance(const struct sim_request *r,
                                 enum sim_event event,
                                 const struct sim_instance *instance) {
  return instance->volume != 0
             ? nt__sim_event_volume(r, event, instance->volume)
             : nt__sim_event_disk(r, event, instance->disk);
}
