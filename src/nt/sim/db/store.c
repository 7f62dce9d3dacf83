/*
 * The database of a simulated machine: opens it, and runs statements whose rows
 * are checked before they are used (trust.c).
 */
#include "store.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "loaded.h"
#include "schema.h"
#include "trust.h"

static const struct nt_db_kind kind = {
    .application_id = NT__SIM_APPLICATION_ID,
    .version = NT__SIM_SCHEMA_VERSION,
    .oldest = NT__SIM_SCHEMA_VERSION,
    .failed = NT_REASON_STORE,
    .damaged = NT_REASON_MACHINE_DAMAGED,
    .is = "the database of a simulated machine",
    .connection = "connection",
    .hints = {
        .foreign = "name the folder of a machine, or create one: "
                   "ntvol sim create",
        .newer = "make a new machine around the images with --disk-image",
        .damaged = "the images are whole: make a new machine around them with "
                   "--disk-image, and delete the damaged one by hand",
        .full = "free some space and repeat",
        .unwritable = "make the folder writable, or copy the machine elsewhere",
        .busy = "another process holds the database: repeat when it is done",
        .other = "look at the disk that the folder is on",
        .forked = "connect to the machine again after fork"}};

/* ---- statements ---------------------------------------------------------- */

nt_status nt__sim_query(const struct sim_request *r, const char *sql,
                        const struct nt_db_arg *args, sqlite3_stmt **out) {
  if (!r->m->db.in_transaction) { /* otherwise it was done when it began */
    NT_TRY(nt__sim_trust(r->m, r->err));
  }
  nt__sim_loaded_forget(r->m, sql);
  return nt_db_start(&r->m->db, sql, args, out, r->err);
}

nt_status nt__sim_step(const struct sim_request *r, sqlite3_stmt *stmt) {
  return nt_db_step(&r->m->db, stmt, r->err);
}

nt_status nt__sim_exec(const struct sim_request *r, const char *sql,
                       const struct nt_db_arg *args) {
  sqlite3_stmt *stmt;
  NT_TRY(nt__sim_query(r, sql, args, &stmt));
  return nt_db_finish(&r->m->db, stmt, r->err);
}

nt_status nt__sim_number(const struct sim_request *r, const char *sql,
                         const struct nt_db_arg *args, int64_t none,
                         int64_t *out) {
  sqlite3_stmt *stmt;
  NT_TRY(nt__sim_query(r, sql, args, &stmt));
  return nt_db_take_number(&r->m->db, stmt, none, out, r->err);
}

void nt__sim_text(sqlite3_stmt *stmt, int column, char *buf, size_t cap) {
  /* The column is not read as text, because SQLite would need memory to end it
   * with a zero, and cannot report that there is none. */
  const char *text = sqlite3_column_blob(stmt, column);
  int length = sqlite3_column_bytes(stmt, column);
  nt_format_text(buf, cap, "%.*s", text ? length : 0, text ? text : "");
}

nt_status nt__sim_store_begin(const struct sim_request *r) {
  nt__sim_loaded_forget_all(r->m);
  NT_TRY(nt_db_begin(&r->m->db, r->err));
  return nt__sim_trust(r->m, r->err);
}

/* ---- opening ------------------------------------------------------------- */

/* The database uses a write-ahead log with NORMAL: after a power cut a
 * transaction is there as a whole or not at all, and a commit does not wait for
 * the disk. A power cut may lose handles and locks, but those die with their
 * processes anyway. */
static nt_status make_schema(struct sim_machine *m, struct nt_error *err) {
  char schema[NT__SIM_SCHEMA_MAX];
  nt__sim_schema(schema);
  NT_TRY(nt_db_script(&m->db, schema, err));
  /* The file remembers that it uses a log. If every connection asked for it
   * again, it would conflict with processes that are leaving. */
  return nt_db_script(&m->db, "PRAGMA journal_mode = WAL", err);
}

/* Refuses a database that has anything besides what was made here: somebody
 * added a trigger or another column for a purpose. */
static nt_status check_schema(struct sim_machine *m, struct nt_error *err) {
  char schema[NT__SIM_SCHEMA_MAX];
  int64_t version;
  NT_TRY(nt_db_check_version(&m->db, &version, err));
  nt__sim_schema(schema);
  return nt_db_check_schema(&m->db, schema, false, err);
}

nt_status nt__sim_store_open(struct sim_machine *m, bool create,
                             struct nt_error *err) {
  int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0) |
              (m->folder[0] ? 0 : SQLITE_OPEN_MEMORY);
  NT_TRY(nt_db_open(&m->db, &kind, m->db_path, NULL, flags, err));
  nt_status status = create ? make_schema(m, err) : check_schema(m, err);
  m->guarded = nt_ok(status);
  m->loaded = calloc(1, sizeof *m->loaded);
  return nt_ok(status)
             ? nt_db_script(&m->db, "PRAGMA synchronous = NORMAL", err)
             : status;
}

/* Appends a path, with the characters escaped that have a meaning in a URI. */
static void add_escaped(char *buf, size_t cap, const char *path) {
  size_t used = strlen(buf);
  for (; *path && used + 4 < cap; path++) {
    bool special = strchr("%?#", *path) != NULL;
    used += nt_format_text(buf + used, cap - used, special ? "%%%02x" : "%c",
                           special ? (unsigned char)*path : *path);
  }
}

/* If nobody is connected, there is no log, and SQLite would create one in order
 * to read. So the file is then read as it is. */
nt_status nt__sim_store_open_to_read(struct sim_machine *m,
                                     struct nt_error *err) {
  char uri[2048] = "file:", log[sizeof m->db_path + 8];
  nt_format_text(log, sizeof log, "%s-wal", m->db_path);
  add_escaped(uri, sizeof uri, m->db_path);
  bool alone = !nt_ok(nt_path_check(log, NULL));
  nt_format_text(uri + strlen(uri), sizeof uri - strlen(uri), "%s",
                 alone ? "?immutable=1" : "");
  NT_TRY(nt_db_open(&m->db, &kind, m->db_path, uri,
                    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err));
  return check_schema(m, err);
}

void nt__sim_store_close(struct sim_machine *m) {
  nt_db_close(&m->db);
  free(m->loaded);
  m->loaded = NULL;
  nt__sim_trust_end(m);
}
