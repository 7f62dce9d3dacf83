/* Checks whether the rows in machine.db can be true. No row is used before it
 * was checked. */
#ifndef NT_SIM_DB_TRUST_H
#define NT_SIM_DB_TRUST_H

#include "../machine.h"

/* Something that is wrong with a machine. */
struct sim_damage {
  char table[32], column[32]; /* "": not in a table */
  char row[48];               /* which row it is: "id 3" */
  char value[100];
  char what[160]; /* what is wrong */
  bool note;      /* it is repaired automatically */
};

/* Is called for each damage, and returns whether it wants to be told more. */
typedef bool (*nt__sim_heard)(void *context, const struct sim_damage *damage);

/* Checks the tables and, if `all` is set, also those that grow. */
nt_status nt__sim_find_damage(struct sim_machine *m, bool all,
                              nt__sim_heard heard, void *context,
                              struct nt_error *err);

/* Turns a damage into a refusal. */
nt_status nt__sim_refuse_damage(const struct sim_machine *m,
                                const struct sim_damage *damage,
                                struct nt_error *err);

/* Checks what others have written since the last time. Every function that
 * reads the database calls this. */
nt_status nt__sim_trust(struct sim_machine *m, struct nt_error *err);
void nt__sim_trust_end(struct sim_machine *m);
/* Checks the row that `stmt` is on, for a table whose rows are checked when
 * they are read. It must have all columns, in their order. */
nt_status nt__sim_check_row(struct sim_machine *m, const char *table,
                            sqlite3_stmt *stmt, struct nt_error *err);

#endif
