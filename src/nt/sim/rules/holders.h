/* Finds out who has a volume or disk open. */
#ifndef NT_SIM_RULES_HOLDERS_H
#define NT_SIM_RULES_HOLDERS_H

#include "../db/rows.h"

/* Adds to the error who holds an instance open, leaving out `except`. Where
 * other nodes matter, their holders are added, too. */
void nt__sim_add_holders(struct sim_machine *m,
                         const struct sim_instance *instance, int64_t except,
                         struct nt_error *err);
/* Adds to the error who has a volume (or with volume 0 a disk) open in any way.
 */
void nt__sim_add_openers(struct sim_machine *m, int64_t volume, int64_t disk,
                         struct nt_error *err);

/* If the process of an owner is gone, changes the holder to the heir, which is
 * the program that the process had started. A pid of 0 means that the owner has
 * no heir. */
void nt__sim_who_holds(int64_t heir, const char *heir_program,
                       int64_t heir_start_us, struct nt_holder *holder);

/* Finds the next holder of the object that a handle belongs to. Must be called
 * within a transaction. */
nt_status nt__sim_find_holder(struct sim_handle *h, uint64_t *cursor,
                              struct nt_holder *out, struct nt_error *err);

#endif
