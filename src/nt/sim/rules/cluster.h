/*
 * Nodes of a cluster (section 3), and what one node does to the others. All of
 * these functions must be called within a transaction.
 */
#ifndef NT_SIM_RULES_CLUSTER_H
#define NT_SIM_RULES_CLUSTER_H

#include "../db/rows.h"

/* Finds a node by its name; the result is 0 when there is none. The name ""
 * means the first node. */
nt_status nt__sim_find_node(struct sim_machine *m, const char *name,
                            int64_t *out, struct nt_error *err);
nt_status nt__sim_no_node(const char *name, struct nt_error *err);

/* Finds the node that the connection was made for. */
nt_status nt__sim_node_enter(struct sim_machine *m, struct nt_error *err);
/* The name of a node; "" when there is no such node. */
nt_status nt__sim_node_name(struct sim_machine *m, int64_t node,
                            char buf[NT_NODE_MAX], struct nt_error *err);

/* Refuses if a volume of the cluster cannot be opened here: while another node
 * holds its lock and, by U8, while the handle that held it is still open. */
nt_status nt__sim_check_cluster(struct sim_machine *m,
                                const struct sim_volume *volume,
                                struct nt_error *err);
/* Finds the instance that is locked on another node; 0 when there is none. */
nt_status nt__sim_locked_elsewhere(struct sim_machine *m, int64_t volume,
                                   int64_t *instance, struct nt_error *err);
/* Invalidates the instances of the same volume that the other nodes have
 * mounted. */
nt_status nt__sim_end_elsewhere(struct sim_machine *m,
                                const struct sim_instance *instance,
                                struct nt_error *err);
/* Called when the bytes of a shared volume were looked at, for all nodes. What
 * another node has mounted of it ends if it is another file system than `now`.
 */
nt_status nt__sim_verify_elsewhere(struct sim_machine *m,
                                   const struct sim_instance *now,
                                   struct nt_error *err);

#endif
