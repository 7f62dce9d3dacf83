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
  struct sim_machine *m = nt__sim_machine(machine);
  sqlite3_stmt *stmt;
  NT_TRY(nt__sim_query(
      m, "SELECT id, name FROM node WHERE id > ?1 ORDER BY id LIMIT 1",
      SIM_ARGS(SIM_INT(*cursor)), &stmt, err));
  NT_TRY(nt__sim_step(m, stmt, err));
  *cursor = (uint64_t)sqlite3_column_int64(stmt, 0);
  nt__sim_text(stmt, 1, out->name, sizeof out->name);
  out->own = sqlite3_column_int64(stmt, 0) == m->node;
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}

/* Finds a volume by its name, whichever node it is on. */
static nt_status find_volume(struct sim_machine *m, const char *name,
                             struct sim_volume *out, struct nt_error *err) {
  int64_t id = 0, own = m->node;
  m->node = SIM_EVERY_NODE;
  nt_status status = nt__sim_resolve_volume(m, name, &id, err);
  m->node = own;
  return nt_ok(status) ? nt__sim_load_volume(m, id, out, err) : status;
}

static nt_status check_csv(const struct sim_volume *volume,
                           struct nt_error *err) {
  if (volume->flags & NT_VOLUME_CSV) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(err, NT_REASON_NOT_CLUSTER_SHARED,
                   "it is no cluster shared volume");
}

/* Unmounts the volume. This is refused while somebody has it open, so nobody
 * loses anything. */
static nt_status unmount(struct sim_machine *m, const struct sim_volume *volume,
                         struct nt_error *err) {
  NT_TRY(nt__sim_check_unused(m, volume->id, -1, "somebody has the volume open",
                              err));
  return nt__sim_end_instances(m, volume->id, -1, err);
}

/* When the volume is back in the name space, the cluster service brings it
 * online. */
static nt_status put_online(struct sim_machine *m, struct sim_volume *volume,
                            struct nt_error *err) {
  if (!(volume->flags & NT_VOLUME_OFFLINE)) {
    return NT_STATUS_SUCCESS;
  }
  volume->flags &= ~NT_VOLUME_OFFLINE;
  return nt__sim_event_volume(m, SIM_ONLINE, volume->id, err);
}

static nt_status set_maintenance(struct sim_machine *m, const char *name,
                                 bool on, struct nt_error *err) {
  struct sim_volume volume;
  nt_status status = find_volume(m, name, &volume, err);
  if (nt_ok(status)) {
    status = check_csv(&volume, err);
  }
  if (!nt_ok(status) || on == ((volume.flags & NT_VOLUME_MAINTENANCE) != 0)) {
    return status;
  }
  status = unmount(m, &volume, err);
  volume.flags ^= NT_VOLUME_MAINTENANCE;
  if (nt_ok(status) && !on) {
    status = put_online(m, &volume, err);
  }
  return nt_ok(status) ? nt__sim_save_volume(m, &volume, err) : status;
}

nt_status nt__sim_set_maintenance(struct nt_machine *machine,
                                  const char *volume, bool on,
                                  struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  NT_TRY(nt__sim_begin(m, err));
  return nt__sim_end(m, set_maintenance(m, volume, on, err), err);
}

/* Sets the owner of a volume. A shared volume stays mounted, because its nodes
 * have it mounted whichever node owns it. */
static nt_status set_owner(struct sim_machine *m, const char *name,
                           const char *node, struct nt_error *err) {
  struct sim_volume volume;
  int64_t owner = 0;
  nt_status status = find_volume(m, name, &volume, err);
  if (nt_ok(status) && node[0]) {
    status = nt__sim_find_node(m, node, &owner, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  if (owner == 0) {
    return nt__sim_no_node(node, err);
  }
  if (owner != volume.node && !nt__sim_is_shared(&volume)) {
    status = unmount(m, &volume, err);
  }
  volume.node = owner;
  return nt_ok(status) ? nt__sim_save_volume(m, &volume, err) : status;
}

nt_status nt__sim_set_owner(struct nt_machine *machine, const char *volume,
                            const char *node, struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  NT_TRY(nt__sim_begin(m, err));
  return nt__sim_end(m, set_owner(m, volume, node, err), err);
}
