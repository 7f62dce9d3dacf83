/* Whether what stands in machine.db can be: nothing of it is believed before.
 */
#ifndef NT_SIM_DB_TRUST_H
#define NT_SIM_DB_TRUST_H

#include "../machine.h"

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

/* Looks through what others have written since the last time. Called
 * by whatever reads the database. */
nt_status nt__sim_trust(struct sim_machine *m, struct nt_error *err);
void nt__sim_trust_end(struct sim_machine *m);
/* Checks the row on which `stmt` stands, of a table whose rows are looked at
 * when they are read; it has all columns, in their order. */
nt_status nt__sim_check_row(struct sim_machine *m, const char *table,
                            sqlite3_stmt *stmt, struct nt_error *err);

#endif
