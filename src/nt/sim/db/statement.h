/* Statements of the database. */
#ifndef NT_SIM_DB_STATEMENT_H
#define NT_SIM_DB_STATEMENT_H

#include "../machine.h"

/* One argument of a statement. */
struct sim_arg {
  enum { SIM_ARG_END, SIM_ARG_INT, SIM_ARG_TEXT, SIM_ARG_BLOB } type;
  int64_t number; /* of a blob: its length, at most INT_MAX */
  const void *text;
};
#define SIM_INT(value) \
  { SIM_ARG_INT, (int64_t)(value), NULL }
#define SIM_TEXT(value) \
  { SIM_ARG_TEXT, 0, (value) }
#define SIM_BLOB(bytes, length) \
  { SIM_ARG_BLOB, (int64_t)(length), (bytes) }
#define SIM_ARGS(...)        \
  (const struct sim_arg[]) { \
    __VA_ARGS__, {           \
      SIM_ARG_END, 0, NULL   \
    }                        \
  }
#define SIM_NO_ARGS          \
  (const struct sim_arg[]) { \
    { SIM_ARG_END, 0, NULL } \
  }

/* Starts a statement; the caller steps until STATUS_NO_MORE_ENTRIES, or resets
 * it early. `sql` must be a string literal: statements are prepared once and
 * found again by their address. The rows have not been checked; whoever needs
 * that starts the statement by nt__sim_query(). */
nt_status nt__sim_prepare(struct sim_machine *m, const char *sql,
                          const struct sim_arg *args, sqlite3_stmt **out,
                          struct nt_error *err);
nt_status nt__sim_step(struct sim_machine *m, sqlite3_stmt *stmt,
                       struct nt_error *err);

/* Copies a text column. The schema makes sure that it fits. */
void nt__sim_text(sqlite3_stmt *stmt, int column, char *buf, size_t cap);

/* The first two functions turn a failure of SQLite into an error with a hint:
 * the last failure, or that with `code`. The third one only adds the hint,
 * which says what to do. */
nt_status nt__sim_store_fail(struct sim_machine *m, struct nt_error *err);
nt_status nt__sim_store_fail_with(struct sim_machine *m, int code,
                                  struct nt_error *err);
void nt__sim_store_hint(nt_status status, struct nt_error *err);

#endif
