/* Whether what stands in machine.db can be: nothing of it is believed before.
 */
#ifndef NT_SIM_TRUST_H
#define NT_SIM_TRUST_H

#include "internal.h"
#include "schema.h"

/* Something that is wrong with a machine. */
struct sim_damage {
  char table[32], column[32]; /* "": not of one */
  char row[48];               /* what tells the row from others: "id 3" */
  char value[100];
  char what[160]; /* what is wrong */
  bool note;      /* nothing is: it mends itself */
};

/* Hears of one; answers whether it wants more. */
typedef bool (*nt__sim_heard)(void *context, const struct sim_damage *damage);

/* Looks through the tables, with `all` also through those that grow. */
nt_status nt__sim_find_damage(struct sim_machine *m, bool all,
                              nt__sim_heard heard, void *context,
                              struct nt_error *err);

/* A damage as a refusal. */
nt_status nt__sim_refuse_damage(const struct sim_machine *m,
                                const struct sim_damage *damage,
                                struct nt_error *err);

#endif
