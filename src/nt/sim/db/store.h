/* The database of a machine: opening it, and statements whose rows are checked
 * before they are used. */
#ifndef NT_SIM_DB_STORE_H
#define NT_SIM_DB_STORE_H

#include "../machine.h"

/* Arguments of statements (db.h). */
#define SIM_INT NT_DB_INT
#define SIM_TEXT NT_DB_TEXT
#define SIM_BLOB NT_DB_BLOB
#define SIM_ARGS NT_DB_ARGS
#define SIM_NO_ARGS NT_DB_NO_ARGS

/* Opens the database at m->db_path, or creates it with the schema. */
nt_status nt__sim_store_open(struct sim_machine *m, bool create,
                             struct nt_error *err);
/* Opens it without a change to any file, and does not check its rows. */
nt_status nt__sim_store_open_to_read(struct sim_machine *m,
                                     struct nt_error *err);
void nt__sim_store_close(struct sim_machine *m);

/* Begins a transaction, and checks that the database can be trusted. A failure
 * may have begun one all the same. */
nt_status nt__sim_store_begin(const struct sim_request *r);

/* Starts a statement (db.h), after checking that the database can be trusted.
 */
nt_status nt__sim_query(const struct sim_request *r, const char *sql,
                        const struct nt_db_arg *args, sqlite3_stmt **out);
nt_status nt__sim_step(const struct sim_request *r, sqlite3_stmt *stmt);

/* Runs a statement without rows. */
nt_status nt__sim_exec(const struct sim_request *r, const char *sql,
                       const struct nt_db_arg *args);

/* Runs a query for one number, which is `none` when there is no row. */
nt_status nt__sim_number(const struct sim_request *r, const char *sql,
                         const struct nt_db_arg *args, int64_t none,
                         int64_t *out);

/* Copies a text column. The schema makes sure that it fits. */
void nt__sim_text(sqlite3_stmt *stmt, int column, char *buf, size_t cap);

#endif
