/* Processes that share a machine. */
#ifndef NT_SIM_RULES_OWNER_H
#define NT_SIM_RULES_OWNER_H

#include "../db/request.h"

/* Cleans up after owners whose process is gone. Must be called within a
 * transaction. */
nt_status nt__sim_owner_reap(const struct sim_request *r);
/* Returns whether the process of `owner`, or a program that it started, is
 * still alive. */
bool nt__sim_owner_alive(struct sim_machine *m, int64_t owner);
/* Closes everything that an owner had open, and removes its row. Must be called
 * within a transaction. */
nt_status nt__sim_owner_clean_up(const struct sim_request *r, int64_t owner,
                                 int64_t pid, int64_t node);

#endif
