/* The database: functions that open it, and statements whose rows are checked
 * before they are used. */
#ifndef NT_SIM_DB_STORE_H
#define NT_SIM_DB_STORE_H

#include "statement.h"

/* Opens (or creates, with the schema) the database at m->db_path. */
nt_status nt__sim_store_open(struct sim_machine *m, bool create,
                             struct nt_error *err);
/* Refuses unless the open database is that of a machine, and has everything
 * that one has. */
nt_status nt__sim_store_look(struct sim_machine *m, struct nt_error *err);
void nt__sim_store_close(struct sim_machine *m);

/* Starts a statement (statement.h), after checking that the database can be
 * trusted. */
nt_status nt__sim_query(struct sim_machine *m, const char *sql,
                        const struct sim_arg *args, sqlite3_stmt **out,
                        struct nt_error *err);

/* Runs a statement without rows. */
nt_status nt__sim_exec(struct sim_machine *m, const char *sql,
                       const struct sim_arg *args, struct nt_error *err);

/* Runs a query for one number, which is `none` when there is no row. */
nt_status nt__sim_number(struct sim_machine *m, const char *sql,
                         const struct sim_arg *args, int64_t none, int64_t *out,
                         struct nt_error *err);

/* Refuses in a child of fork, which must not use SQLite's files: they belong to
 * its parent. */
nt_status nt__sim_check_process(const struct sim_machine *m,
                                struct nt_error *err);

#endif
