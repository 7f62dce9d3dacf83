/*
 * Nodes of a cluster (section 3), and what one node does to the others. All of
 * these functions must be called within a transaction.
 */
#ifndef NT_SIM_RULES_CLUSTER_H
#define NT_SIM_RULES_CLUSTER_H

#include "../db/request.h"

/* Finds a node by its name; the result is 0 when there is none. The name ""
 * means the first node. */
nt_status nt__sim_find_node(const struct sim_request *r, const char *name,
                            int64_t *out);
nt_status nt__sim_no_node(const struct sim_request *r, const char *name);

/* Finds the node that the connection was made for. */
nt_status nt__sim_node_enter(const struct sim_request *r);
/* The name of a node; "" when there is no such node. */
nt_status nt__sim_node_name(const struct sim_request *r, int64_t node,
                            char buf[NT_NODE_MAX]);

/* Refuses if a volume of the cluster cannot be opened here: while another node
 * holds its lock and, by U8, while the handle that held it is still open. */
nt_status nt__sim_check_cluster(const struct sim_request *r);
/* Finds the instance that is locked on another node; 0 when there is none. */
nt_status nt__sim_locked_elsewhere(const struct sim_request *r, int64_t volume,
                                   int64_t *instance);
/* Invalidates the instances of the same volume that the other nodes have
 * mounted. */
nt_status nt__sim_end_elsewhere(const struct sim_request *r,
                                const struct sim_instance *instance);
/* Called when the bytes of a shared volume were looked at, for all nodes. What
 * another node has mounted of it ends if it is another file system than `now`.
 */
nt_status nt__sim_verify_elsewhere(const struct sim_request *r,
                                   const struct sim_instance *now);

#endif
