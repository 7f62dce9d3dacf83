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

nt_status nt__sim_no_node(const struct sim_request *r, const char *name) {
  return nt_refuse(r->err, NT_REASON_NO_NODE, "the machine has no node %s",
                   name);
}

nt_status nt__sim_find_node(const struct sim_request *r, const char *name,
                            int64_t *out) {
  return nt__sim_number(r,
                        "SELECT id FROM node WHERE name = ?1 OR ?1 = '' "
                        "ORDER BY id LIMIT 1",
                        SIM_ARGS(SIM_TEXT(name)), 0, out);
}

nt_status nt__sim_node_name(const struct sim_request *r, int64_t node,
                            char buf[NT_NODE_MAX]) {
  sqlite3_stmt *stmt;
  buf[0] = '\0';
  nt_status status = nt__sim_query(r, "SELECT name FROM node WHERE id = ?1",
                                   SIM_ARGS(SIM_INT(node)), &stmt);
  if (nt_ok(status)) {
    status = nt__sim_step(r, stmt);
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

nt_status nt__sim_node_enter(const struct sim_request *r) {
  NT_TRY(nt__sim_find_node(r, r->m->node_name, &r->m->node));
  if (r->m->node == 0) {
    return r->m->node_name[0] ? nt__sim_no_node(r, r->m->node_name)
                              : NT_STATUS_SUCCESS;
  }
  nt_status status = nt__sim_node_name(r, r->m->node, r->m->node_name);
  r->m->acting_node = r->m->node;
  name_machine(r->m);
  return status;
}

/* ---- what the others have mounted ---------------------------------------- */

nt_status nt__sim_locked_elsewhere(const struct sim_request *r, int64_t volume,
                                   int64_t *instance) {
  return nt__sim_number(r,
                        "SELECT id FROM instance WHERE volume = ?1 "
                        "AND disk = -1 AND current = 1 AND node <> ?2 "
                        "AND lock_owner <> 0 LIMIT 1",
                        SIM_ARGS(SIM_INT(volume), SIM_INT(r->m->node)), 0,
                        instance);
}

static nt_status refuse_locked(const struct sim_request *r, int64_t id) {
  struct sim_instance instance;
  NT_TRY(nt__sim_load_instance(r, id, &instance));
  nt_refuse(r->err, NT_REASON_LOCKED_BY_OTHER,
            instance.vpb & SIM_VPB_LOCKED
                ? "the volume is locked by another node of the cluster"
                : "another node opened the volume without sharing it");
  nt__sim_add_holders(r, &instance, 0);
  return NT_STATUS_ACCESS_DENIED;
}

/* U8: refuses while the handle that held the lock is open, even if the lock
 * itself has been released. */
static nt_status check_held(const struct sim_request *r, int64_t volume) {
  struct sim_instance instance;
  int64_t id = 0;
  NT_TRY(nt__sim_number(
      r,
      "SELECT i.id FROM instance i JOIN file_object f ON f.instance = i.id "
      "WHERE i.volume = ?1 AND i.disk = -1 AND i.current = 1 "
      "AND i.vpb & ?2 = 0 AND f.flags & ?3 <> 0 LIMIT 1",
      SIM_ARGS(SIM_INT(volume), SIM_INT(SIM_VPB_LOCKED),
               SIM_INT(SIM_FO_HELD_LOCK)),
      0, &id));
  if (id != 0) {
    NT_TRY(nt__sim_load_instance(r, id, &instance));
  }
  if (id == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(r->err, NT_REASON_LOCKING_HANDLE_OPEN,
            "the handle that locked the volume is still open");
  nt__sim_add_holders(r, &instance, 0);
  return NT_STATUS_ACCESS_DENIED;
}

nt_status nt__sim_check_cluster(const struct sim_request *r) {
  int64_t id = 0;
  NT_TRY(nt__sim_locked_elsewhere(r, r->volume.id, &id));
  return id != 0 ? refuse_locked(r, id) : check_held(r, r->volume.id);
}

/* Removes rows of other nodes that nobody can reach any more. */
static nt_status forget_elsewhere(const struct sim_request *r, int64_t volume) {
  return nt__sim_exec(
      r,
      "DELETE FROM instance WHERE volume = ?1 AND disk = -1 AND node <> ?2 "
      "AND current = 0 AND NOT EXISTS "
      "(SELECT 1 FROM file_object f WHERE f.instance = instance.id)",
      SIM_ARGS(SIM_INT(volume), SIM_INT(r->m->node)));
}

nt_status nt__sim_end_elsewhere(const struct sim_request *r,
                                const struct sim_instance *instance) {
  NT_TRY(nt__sim_exec(
      r,
      "UPDATE instance SET condition = ?3, current = 0, vpb = vpb & ~?4 "
      "WHERE volume = ?1 AND disk = -1 AND node <> ?2 AND current = 1",
      SIM_ARGS(SIM_INT(instance->volume), SIM_INT(r->m->node),
               SIM_INT(SIM_INVALIDATED), SIM_INT(SIM_VPB_OF_MOUNT))));
  return forget_elsewhere(r, instance->volume);
}

nt_status nt__sim_verify_elsewhere(const struct sim_request *r,
                                   const struct sim_instance *now) {
  NT_TRY(nt__sim_exec(
      r,
      "UPDATE instance SET condition = ?5, current = 0, vpb = vpb & ~?6 "
      "WHERE volume = ?1 AND disk = -1 AND node <> ?2 AND current = 1 "
      "AND condition = ?7 AND (file_system <> ?3 OR serial <> ?4)",
      SIM_ARGS(SIM_INT(now->volume), SIM_INT(r->m->node),
               SIM_TEXT(now->file_system), SIM_TEXT(now->serial),
               SIM_INT(SIM_WRONG_VOLUME), SIM_INT(SIM_VPB_OF_MOUNT),
               SIM_INT(SIM_GOOD))));
  return forget_elsewhere(r, now->volume);
}
