/*
 * Nodes of a cluster, and what the administrator of a cluster does: choosing
 * the owner of a volume, and maintenance.
 */
#include "../db/store.h"
#include "../rules/cluster.h"
#include "../rules/event.h"
#include "../rules/instance.h"
#include "../rules/refuse.h"
#include "../rules/resolve.h"
#include "slots.h"
#include "transaction.h"

nt_status nt__sim_next_node(struct nt_machine *machine, uint64_t *cursor,
                            struct nt_node_info *out, struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  sqlite3_stmt *stmt;
  NT_TRY(nt__sim_query(
      &r, "SELECT id, name FROM node WHERE id > ?1 ORDER BY id LIMIT 1",
      SIM_ARGS(SIM_INT(*cursor)), &stmt));
  NT_TRY(nt__sim_step(&r, stmt));
  *cursor = (uint64_t)sqlite3_column_int64(stmt, 0);
  nt__sim_text(stmt, 1, out->name, sizeof out->name);
  out->own = sqlite3_column_int64(stmt, 0) == r.m->node;
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}

/* Finds a volume by its name, whichever node it is on. */
static nt_status find_volume(const struct sim_request *r, const char *name,
                             struct sim_volume *out) {
  int64_t id = 0, own = r->m->node;
  r->m->node = SIM_EVERY_NODE;
  nt_status status = nt__sim_resolve_volume(r, name, &id);
  r->m->node = own;
  return nt_ok(status) ? nt__sim_load_volume(r, id, out) : status;
}

static nt_status check_csv(const struct sim_request *r,
                           const struct sim_volume *volume) {
  if (volume->flags & NT_VOLUME_CSV) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(r->err, NT_REASON_NOT_CLUSTER_SHARED,
                   "it is no cluster shared volume");
}

/* Unmounts the volume. This is refused while somebody has it open, so nobody
 * loses anything. */
static nt_status unmount(const struct sim_request *r,
                         const struct sim_volume *volume) {
  NT_TRY(
      nt__sim_check_unused(r, volume->id, -1, "somebody has the volume open"));
  return nt__sim_end_instances(r, volume->id, -1);
}

/* When the volume is back in the name space, the cluster service brings it
 * online. */
static nt_status put_online(const struct sim_request *r,
                            struct sim_volume *volume) {
  if (!(volume->flags & NT_VOLUME_OFFLINE)) {
    return NT_STATUS_SUCCESS;
  }
  volume->flags &= ~NT_VOLUME_OFFLINE;
  return nt__sim_event_volume(r, SIM_ONLINE, volume->id);
}

static nt_status set_maintenance(const struct sim_request *r, const char *name,
                                 bool on) {
  struct sim_volume volume;
  nt_status status = find_volume(r, name, &volume);
  if (nt_ok(status)) {
    status = check_csv(r, &volume);
  }
  if (!nt_ok(status) || on == ((volume.flags & NT_VOLUME_MAINTENANCE) != 0)) {
    return status;
  }
  status = unmount(r, &volume);
  volume.flags ^= NT_VOLUME_MAINTENANCE;
  if (nt_ok(status) && !on) {
    status = put_online(r, &volume);
  }
  return nt_ok(status) ? nt__sim_save_volume(r, &volume) : status;
}

nt_status nt__sim_set_maintenance(struct nt_machine *machine,
                                  const char *volume, bool on,
                                  struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  NT_TRY(nt__sim_begin(&r));
  return nt__sim_end(&r, set_maintenance(&r, volume, on));
}

/* Sets the owner of a volume. A shared volume stays mounted, because its nodes
 * have it mounted whichever node owns it. */
static nt_status set_owner(const struct sim_request *r, const char *name,
                           const char *node) {
  struct sim_volume volume;
  int64_t owner = 0;
  nt_status status = find_volume(r, name, &volume);
  if (nt_ok(status) && node[0]) {
    status = nt__sim_find_node(r, node, &owner);
  }
  if (!nt_ok(status)) {
    return status;
  }
  if (owner == 0) {
    return nt__sim_no_node(r, node);
  }
  if (owner != volume.node && !nt__sim_is_shared(&volume)) {
    status = unmount(r, &volume);
  }
  volume.node = owner;
  return nt_ok(status) ? nt__sim_save_volume(r, &volume) : status;
}

nt_status nt__sim_set_owner(struct nt_machine *machine, const char *volume,
                            const char *node, struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  NT_TRY(nt__sim_begin(&r));
  return nt__sim_end(&r, set_owner(&r, volume, node));
}
