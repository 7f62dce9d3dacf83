/*
 * A machine that is a cluster (docs/rules.md 3): its nodes, what a node's lock
 * and dismount mean to the others, who owns a volume, and maintenance. Every
 * connection is a process of one node, and every node mounts a shared volume by
 * itself. What is not documented is a choice, and docs/simulator.md says so.
 */
#include "cluster.h"

#include <string.h>

#include "../db/store.h"
#include "holders.h"

/* ---- nodes --------------------------------------------------------------- */

nt_status nt__sim_no_node(const char *name, struct nt_error *err) {
  return nt_refuse(err, NT_REASON_NO_NODE, "the machine has no node %s", name);
}

nt_status nt__sim_find_node(struct sim_machine *m, const char *name,
                            int64_t *out, struct nt_error *err) {
  return nt__sim_number(m,
                        "SELECT id FROM node WHERE name = ?1 OR ?1 = '' "
                        "ORDER BY id LIMIT 1",
                        SIM_ARGS(SIM_TEXT(name)), 0, out, err);
}

nt_status nt__sim_node_name(struct sim_machine *m, int64_t node,
                            char buf[NT_NODE_MAX], struct nt_error *err) {
  sqlite3_stmt *stmt;
  buf[0] = '\0';
  nt_status status = nt__sim_query(m, "SELECT name FROM node WHERE id = ?1",
                                   SIM_ARGS(SIM_INT(node)), &stmt, err);
  if (nt_ok(status)) {
    status = nt__sim_step(m, stmt, err);
  }
  if (!nt_ok(status)) {
    return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
  }
  nt__sim_text(stmt, 0, buf, NT_NODE_MAX);
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}

/* Puts the name of the node into the name of the machine, also when the caller
 * did not ask for a certain node. */
static void name_machine(struct sim_machine *m) {
  char *end = strstr(m->base.name, NT_SIM_NODE);
  size_t used = end ? (size_t)(end - m->base.name) : strlen(m->base.name);
  nt_format_text(m->base.name + used, sizeof m->base.name - used, "%s%s",
                 NT_SIM_NODE, m->node_name);
}

nt_status nt__sim_node_enter(struct sim_machine *m, struct nt_error *err) {
  nt_status status = nt__sim_find_node(m, m->node_name, &m->node, err);
  if (!nt_ok(status)) {
    return status;
  }
  if (m->node == 0) {
    return m->node_name[0] ? nt__sim_no_node(m->node_name, err)
                           : NT_STATUS_SUCCESS;
  }
  status = nt__sim_node_name(m, m->node, m->node_name, err);
  m->acting_node = m->node;
  name_machine(m);
  return status;
}

/* ---- what the others have mounted ---------------------------------------- */

nt_status nt__sim_locked_elsewhere(struct sim_machine *m, int64_t volume,
                                   int64_t *instance, struct nt_error *err) {
  return nt__sim_number(m,
                        "SELECT id FROM instance WHERE volume = ?1 "
                        "AND disk = -1 AND current = 1 AND node <> ?2 "
                        "AND lock_owner <> 0 LIMIT 1",
                        SIM_ARGS(SIM_INT(volume), SIM_INT(m->node)), 0,
                        instance, err);
}

static nt_status refuse_locked(struct sim_machine *m, int64_t id,
                               struct nt_error *err) {
  struct sim_instance instance;
  NT_TRY(nt__sim_load_instance(m, id, &instance, err));
  nt_refuse(err, NT_REASON_LOCKED_BY_OTHER,
            instance.vpb & SIM_VPB_LOCKED
                ? "the volume is locked by another node of the cluster"
                : "another node opened the volume without sharing it");
  nt__sim_add_holders(m, &instance, 0, err);
  return NT_STATUS_ACCESS_DENIED;
}

/* U8: refuses while the handle that held the lock is open, even if the lock
 * itself has been released. */
static nt_status check_held(struct sim_machine *m, int64_t volume,
                            struct nt_error *err) {
  struct sim_instance instance;
  int64_t id = 0;
  NT_TRY(nt__sim_number(
      m,
      "SELECT i.id FROM instance i JOIN file_object f ON f.instance = i.id "
      "WHERE i.volume = ?1 AND i.disk = -1 AND i.current = 1 "
      "AND i.vpb & ?2 = 0 AND f.flags & ?3 <> 0 LIMIT 1",
      SIM_ARGS(SIM_INT(volume), SIM_INT(SIM_VPB_LOCKED),
               SIM_INT(SIM_FO_HELD_LOCK)),
      0, &id, err));
  if (id != 0) {
    NT_TRY(nt__sim_load_instance(m, id, &instance, err));
  }
  if (id == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, NT_REASON_LOCKING_HANDLE_OPEN,
            "the handle that locked the volume is still open");
  nt__sim_add_holders(m, &instance, 0, err);
  return NT_STATUS_ACCESS_DENIED;
}

nt_status nt__sim_check_cluster(struct sim_machine *m,
                                const struct sim_volume *volume,
                                struct nt_error *err) {
  int64_t id = 0;
  NT_TRY(nt__sim_locked_elsewhere(m, volume->id, &id, err));
  return id != 0 ? refuse_locked(m, id, err) : check_held(m, volume->id, err);
}

/* Removes rows of other nodes that nobody can reach any more. */
static nt_status forget_elsewhere(struct sim_machine *m, int64_t volume,
                                  struct nt_error *err) {
  return nt__sim_exec(
      m,
      "DELETE FROM instance WHERE volume = ?1 AND disk = -1 AND node <> ?2 "
      "AND current = 0 AND NOT EXISTS "
      "(SELECT 1 FROM file_object f WHERE f.instance = instance.id)",
      SIM_ARGS(SIM_INT(volume), SIM_INT(m->node)), err);
}

nt_status nt__sim_end_elsewhere(struct sim_machine *m,
                                const struct sim_instance *instance,
                                struct nt_error *err) {
  NT_TRY(nt__sim_exec(
      m,
      "UPDATE instance SET condition = ?3, current = 0, vpb = vpb & ~?4 "
      "WHERE volume = ?1 AND disk = -1 AND node <> ?2 AND current = 1",
      SIM_ARGS(SIM_INT(instance->volume), SIM_INT(m->node),
               SIM_INT(SIM_INVALIDATED), SIM_INT(SIM_VPB_OF_MOUNT)),
      err));
  return forget_elsewhere(m, instance->volume, err);
}

nt_status nt__sim_verify_elsewhere(struct sim_machine *m,
                                   const struct sim_instance *now,
                                   struct nt_error *err) {
  NT_TRY(nt__sim_exec(
      m,
      "UPDATE instance SET condition = ?5, current = 0, vpb = vpb & ~?6 "
      "WHERE volume = ?1 AND disk = -1 AND node <> ?2 AND current = 1 "
      "AND condition = ?7 AND (file_system <> ?3 OR serial <> ?4)",
      SIM_ARGS(SIM_INT(now->volume), SIM_INT(m->node),
               SIM_TEXT(now->file_system), SIM_TEXT(now->serial),
               SIM_INT(SIM_WRONG_VOLUME), SIM_INT(SIM_VPB_OF_MOUNT),
               SIM_INT(SIM_GOOD)),
      err));
  return forget_elsewhere(m, now->volume, err);
}
