/* Processes that share a machine. */
#ifndef NT_SIM_RULES_OWNER_H
#define NT_SIM_RULES_OWNER_H

#include "../machine.h"

/* Within a transaction: cleans up after owners whose process is gone. */
nt_status nt__sim_owner_reap(struct sim_machine *m, struct nt_error *err);
/* Whether the process of `owner` still lives, or a program that it started. */
bool nt__sim_owner_alive(struct sim_machine *m, int64_t owner);
/* Within a transaction: ends everything that an owner had open, and its row. */
nt_status nt__sim_owner_clean_up(struct sim_machine *m, int64_t owner,
                                 int64_t pid, int64_t node,
                                 struct nt_error *err);

#endif
