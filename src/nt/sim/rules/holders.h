/* Who has what open. */
#ifndef NT_SIM_RULES_HOLDERS_H
#define NT_SIM_RULES_HOLDERS_H

#include "../db/rows.h"

/* Adds who holds an instance open, besides `except`, and on other nodes, where
 * that matters. */
void nt__sim_add_holders(struct sim_machine *m,
                         const struct sim_instance *instance, int64_t except,
                         struct nt_error *err);
/* Adds who has a volume (or with volume 0 a disk) open in any way. */
void nt__sim_add_openers(struct sim_machine *m, int64_t volume, int64_t disk,
                         struct nt_error *err);

/* Makes a holder that is the process of an owner its heir, if that process is
 * gone; pid 0: it has none. */
void nt__sim_who_holds(int64_t heir, const char *heir_program,
                       int64_t heir_start_us, struct nt_holder *holder);

/* Within a transaction: the next one who has what a handle is of. */
nt_status nt__sim_find_holder(struct sim_handle *h, uint64_t *cursor,
                              struct nt_holder *out, struct nt_error *err);

#endif
