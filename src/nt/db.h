/*
 * A SQLite database that a stranger may have written: opening it safely, its
 * statements and transactions, and one place that turns a failure of SQLite
 * into an error that names the file and says what to do. What differs between
 * two databases is in a struct nt_db_kind.
 */
#ifndef NT_DB_H
#define NT_DB_H

#include <sqlite3.h>

#include "error.h"

/* ---- one kind of database ------------------------------------------------ */

struct nt_db_kind {
  int application_id, version; /* of the schema, in the file */
  int oldest;                  /* version that can be brought to this one */
  enum nt_reason failed;       /* SQLite cannot read or write the file */
  enum nt_reason damaged;      /* the file is not as it was made */
  const char *is;              /* as in "FILE is not ..." */
  const char *connection;      /* as in "this ... belongs to process 7" */
  struct {
    const char *foreign; /* it is another database */
    const char *newer;   /* another version of ntvol wrote it */
    const char *damaged;
    const char *full;
    const char *unwritable;
    const char *busy;
    const char *other;
    const char *forked;
  } hints;
};

/* ---- one open database --------------------------------------------------- */

/* A statement that is prepared once, and found again by the address of its
 * text. */
struct nt_db_prepared {
  const char *sql;
  sqlite3_stmt *stmt;
};
#define NT_DB_PREPARED_MAX                          \
  512 /* a power of two, over twice the number used \
       */

struct nt_db {
  sqlite3 *sqlite; /* NULL: it is not open */
  const struct nt_db_kind *kind;
  const char *path;   /* for messages; belongs to whoever opened it */
  int64_t pid;        /* the process that opened it */
  int64_t steps_left; /* how much longer the statement may run */
  bool in_transaction;
  bool failed; /* in this transaction: it must be rolled back */
  sqlite3_stmt *rollback;
  struct nt_db_prepared prepared[NT_DB_PREPARED_MAX];
};

/* Opens a database, and trusts nothing of the file: the connection runs no
 * trigger, view, extension or unknown function of a schema, cannot write the
 * schema by hand, and refuses values, statements and running times that no
 * database of ours needs. Refused is also a file that is a link, a pipe or a
 * folder, or that has one beside it which SQLite would take for its own.
 * `flags` are those of sqlite3_open_v2(); with SQLITE_OPEN_URI the file is
 * opened by `uri` instead of `path`. A database that could not be opened is to
 * be closed, too. */
nt_status nt_db_open(struct nt_db *db, const struct nt_db_kind *kind,
                     const char *path, const char *uri, int flags,
                     struct nt_error *err);

/* Leaves everything as it is in a child of fork, because SQLite's files belong
 * to its parent. SQLite's manual asks for that. */
void nt_db_close(struct nt_db *db);

/* Refuses in a child of fork. */
nt_status nt_db_check_process(const struct nt_db *db, struct nt_error *err);

/* ---- the schema ---------------------------------------------------------- */

/* Reads the version of the schema. Refuses a file that is no database of this
 * kind, or has a version that this build does not know. */
nt_status nt_db_check_version(struct nt_db *db, int64_t *version,
                              struct nt_error *err);

/* Refuses a file whose schema is not what `schema`, a list of statements,
 * makes. Tables that were changed by ALTER TABLE differ in their text: with
 * `altered` their columns are compared. */
nt_status nt_db_check_schema(struct nt_db *db, const char *schema, bool altered,
                             struct nt_error *err);

/* ---- statements ---------------------------------------------------------- */

/* One argument of a statement. */
struct nt_db_arg {
  enum { NT_DB_ARG_END, NT_DB_ARG_INT, NT_DB_ARG_TEXT, NT_DB_ARG_BLOB } type;
  int64_t number; /* of a blob: its length, at most INT_MAX */
  const void *text;
};
#define NT_DB_INT(value) \
  { NT_DB_ARG_INT, (int64_t)(value), NULL }
#define NT_DB_TEXT(value) \
  { NT_DB_ARG_TEXT, 0, (value) }
#define NT_DB_BLOB(bytes, length) \
  { NT_DB_ARG_BLOB, (int64_t)(length), (bytes) }
#define NT_DB_ARGS(...)        \
  (const struct nt_db_arg[]) { \
    __VA_ARGS__, {             \
      NT_DB_ARG_END, 0, NULL   \
    }                          \
  }
#define NT_DB_NO_ARGS          \
  (const struct nt_db_arg[]) { \
    { NT_DB_ARG_END, 0, NULL } \
  }

/* Starts a statement; the caller steps until STATUS_NO_MORE_ENTRIES, or resets
 * it early. *out is NULL on failure. `sql` must be a string literal: statements
 * are prepared once and found again by their address. Arguments are copied. */
nt_status nt_db_start(struct nt_db *db, const char *sql,
                      const struct nt_db_arg *args, sqlite3_stmt **out,
                      struct nt_error *err);

/* Success: there is a row. STATUS_NO_MORE_ENTRIES (err untouched): there is
 * none. After that, and after a failure, the statement is reset. */
nt_status nt_db_step(struct nt_db *db, sqlite3_stmt *stmt,
                     struct nt_error *err);

/* Steps to the end of a statement that was started, whose rows do not matter.
 */
nt_status nt_db_finish(struct nt_db *db, sqlite3_stmt *stmt,
                       struct nt_error *err);

/* Starts a statement and steps to its end. */
nt_status nt_db_run(struct nt_db *db, const char *sql,
                    const struct nt_db_arg *args, struct nt_error *err);

/* Reads the number in the first row of a statement that was started; it is
 * `none` when there is no row. */
nt_status nt_db_take_number(struct nt_db *db, sqlite3_stmt *stmt, int64_t none,
                            int64_t *out, struct nt_error *err);

/* Runs a list of statements without arguments and rows. */
nt_status nt_db_script(struct nt_db *db, const char *sql, struct nt_error *err);

/* ---- transactions -------------------------------------------------------- */

/* Begins a transaction that writes, after waiting for those of others. A BEGIN
 * that fails may have begun one all the same: it is to be rolled back. */
nt_status nt_db_begin(struct nt_db *db, struct nt_error *err);

/* Commits, or rolls back if that fails. */
nt_status nt_db_commit(struct nt_db *db, struct nt_error *err);

/* Cannot fail for lack of memory, because a transaction that stays open keeps
 * all other processes out. Does nothing if SQLite has rolled back already. */
void nt_db_roll_back(struct nt_db *db);

/* ---- failures ------------------------------------------------------------ */

/* Turns a failure of SQLite into an error: the last one, or that with `code`.
 * The transaction must be rolled back then. */
nt_status nt_db_fail(struct nt_db *db, struct nt_error *err);
nt_status nt_db_fail_with(struct nt_db *db, int code, struct nt_error *err);

#endif
