/* Finds out who has a volume or disk open. */
#ifndef NT_SIM_RULES_HOLDERS_H
#define NT_SIM_RULES_HOLDERS_H

#include "../db/request.h"

/* Adds to the error who holds an instance open, leaving out `except`. Where
 * other nodes matter, their holders are added, too. */
void nt__sim_add_holders(const struct sim_request *r,
                         const struct sim_instance *instance, int64_t except);
/* Adds to the error who has a volume (or with volume 0 a disk) open in any way.
 */
void nt__sim_add_openers(const struct sim_request *r, int64_t volume,
                         int64_t disk);

/* If the process of an owner is gone, changes the holder to the heir, which is
 * the program that the process had started. A pid of 0 means that the owner has
 * no heir. */
void nt__sim_who_holds(int64_t heir, const char *heir_program,
                       int64_t heir_start_us, struct nt_holder *holder);

/* Finds the next holder of the object that a handle belongs to. Must be called
 * within a transaction. */
nt_status nt__sim_find_holder(const struct sim_request *r, uint64_t *cursor,
                              struct nt_holder *out);

#endif
