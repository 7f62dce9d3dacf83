/*
 * Opening a database that a stranger may have written. Whoever keeps one here
 * opens it by nt_db_open() and looks with nt_db_compare() before the first
 * statement of its own. Failures are codes of SQLite: each database has its own
 * next steps for them.
 */
#ifndef NT_DB_H
#define NT_DB_H

#include <sqlite3.h>

#include "error.h"

/* How much longer the statement that runs may run. It lives as long as the
 * connection. */
struct nt_db_limit {
  int64_t left;
};

/* Refuses, with `reason`, a database that is no plain file, or has beside it
 * what SQLite would take for its own and is none: a link, a pipe, a folder. A
 * missing file is not refused. */
nt_status nt_db_check_files(const char *path, enum nt_reason reason,
                            struct nt_error *err);

/* sqlite3_open_v2(), and nothing of the file is trusted: the connection runs no
 * trigger, view, extension or unknown function of a schema, cannot write the
 * schema by hand, and refuses values, statements and running times that no
 * database of ours needs (SQLITE_TOOBIG, SQLITE_INTERRUPT). *db is to be closed
 * on failure, too. */
int nt_db_open(const char *path, int flags, struct nt_db_limit *limit,
               sqlite3 **db);

/* Whether the schema in the file is what `schema`, a list of statements, makes.
 * `found` names the first object that differs, or is "". Tables that were
 * changed by ALTER TABLE differ in their text: with `altered` their columns are
 * compared. */
int nt_db_compare(sqlite3 *db, const char *schema, bool altered, char *found,
                  size_t cap);

/* What a code of SQLite is in NT's words, and SQLite's own words for it. Both
 * take a connection that could not be made, NULL, for a lack of memory. */
nt_status nt_db_status(sqlite3 *db, int code);
const char *nt_db_message(sqlite3 *db, int code);

#endif
