/*
 * Nodes of a cluster (section 3), and what one does to the others. Within a
 * transaction, all of these.
 */
#ifndef NT_SIM_RULES_CLUSTER_H
#define NT_SIM_RULES_CLUSTER_H

#include "../db/rows.h"

/* 0: there is none of this name. The name "" is the first node. */
nt_status nt__sim_find_node(struct sim_machine *m, const char *name,
                            int64_t *out, struct nt_error *err);
nt_status nt__sim_no_node(const char *name, struct nt_error *err);

/* Finds the node that the connection was made for. */
nt_status nt__sim_node_enter(struct sim_machine *m, struct nt_error *err);
/* "": there is no such node. */
nt_status nt__sim_node_name(struct sim_machine *m, int64_t node,
                            char buf[NT_NODE_MAX], struct nt_error *err);

/* Whether a volume of the cluster can be opened here: not while a node holds
 * its lock, nor, U8, while the handle that held it is open. */
nt_status nt__sim_check_cluster(struct sim_machine *m,
                                const struct sim_volume *volume,
                                struct nt_error *err);
/* The instance that is locked on another node; 0: there is none. */
nt_status nt__sim_locked_elsewhere(struct sim_machine *m, int64_t volume,
                                   int64_t *instance, struct nt_error *err);
/* Invalidates what the other nodes have mounted of the instance's volume. */
nt_status nt__sim_end_elsewhere(struct sim_machine *m,
                                const struct sim_instance *instance,
                                struct nt_error *err);
/* The bytes of a shared volume were looked at, for all nodes: ends what another
 * one has mounted of it if that is another file system than `now`. */
nt_status nt__sim_verify_elsewhere(struct sim_machine *m,
                                   const struct sim_instance *now,
                                   struct nt_error *err);

#endif
