/* The database: opening it, and statements that believe nothing unseen. */
#ifndef NT_SIM_DB_STORE_H
#define NT_SIM_DB_STORE_H

#include "statement.h"

/* Opens (or creates, with the schema) the database at m->db_path. */
nt_status nt__sim_store_open(struct sim_machine *m, bool create,
                             struct nt_error *err);
/* Whether the open database is one of a machine, and has what one has. */
nt_status nt__sim_store_look(struct sim_machine *m, struct nt_error *err);
void nt__sim_store_close(struct sim_machine *m);

/* Starts a statement (statement.h), when the database may be believed. */
nt_status nt__sim_query(struct sim_machine *m, const char *sql,
                        const struct sim_arg *args, sqlite3_stmt **out,
                        struct nt_error *err);

/* Runs a statement without rows. */
nt_status nt__sim_exec(struct sim_machine *m, const char *sql,
                       const struct sim_arg *args, struct nt_error *err);

/* A query that answers one number; `none` when it has no row. */
nt_status nt__sim_number(struct sim_machine *m, const char *sql,
                         const struct sim_arg *args, int64_t none, int64_t *out,
                         struct nt_error *err);

/* A child of fork must not use SQLite's files: they are its parent's. */
nt_status nt__sim_check_process(const struct sim_machine *m,
                                struct nt_error *err);

#endif
