/*
 * The database of a simulated machine: opens it, and runs statements whose rows
 * are checked before they are used (trust.c).
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "loaded.h"
#include "schema.h"
#include "trust.h"

/* How long to wait for another process to finish its transaction. */
#define BUSY_TIMEOUT_MS 10000

/* ---- statements ---------------------------------------------------------- */

nt_status nt__sim_check_process(const struct sim_machine *m,
                                struct nt_error *err) {
  if (m->pid == nt_process_id()) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, NT_REASON_FORKED, "this connection belongs to process %lld",
            (long long)m->pid);
  nt_hint(err, "connect to the machine again after fork");
  return NT_STATUS_INVALID_HANDLE;
}

nt_status nt__sim_query(struct sim_machine *m, const char *sql,
                        const struct sim_arg *args, sqlite3_stmt **out,
                        struct nt_error *err) {
  if (!m->in_transaction) { /* otherwise it was done when it began */
    NT_TRY(nt__sim_check_process(m, err));
    NT_TRY(nt__sim_trust(m, err));
  }
  nt__sim_loaded_forget(m, sql);
  return nt__sim_prepare(m, sql, args, out, err);
}

nt_status nt__sim_exec(struct sim_machine *m, const char *sql,
                       const struct sim_arg *args, struct nt_error *err) {
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(m, sql, args, &stmt, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_step(m, stmt, err);
  sqlite3_reset(stmt);
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

nt_status nt__sim_number(struct sim_machine *m, const char *sql,
                         const struct sim_arg *args, int64_t none, int64_t *out,
                         struct nt_error *err) {
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(m, sql, args, &stmt, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_step(m, stmt, err);
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    *out = none;
    return NT_STATUS_SUCCESS;
  }
  if (nt_ok(status)) {
    *out = sqlite3_column_int64(stmt, 0);
  }
  sqlite3_reset(stmt);
  return status;
}

/* ---- opening ------------------------------------------------------------- */

/* The database uses a write-ahead log with NORMAL: after a power cut a
 * transaction is there as a whole or not at all, and a commit does not wait for
 * the disk. A power cut may lose handles and locks, but those die with their
 * processes anyway. */
static nt_status make_schema(struct sim_machine *m, struct nt_error *err) {
  char schema[NT__SIM_SCHEMA_MAX];
  nt__sim_schema(schema);
  /* The file remembers that it uses a log. If every connection asked for it
   * again, it would conflict with processes that are leaving. */
  if (sqlite3_exec(m->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
      sqlite3_exec(m->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) !=
          SQLITE_OK) {
    return nt__sim_store_fail(m, err);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status set_durability(struct sim_machine *m, struct nt_error *err) {
  if (sqlite3_exec(m->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL) !=
          SQLITE_OK ||
      sqlite3_prepare_v3(m->db, "ROLLBACK", -1, SQLITE_PREPARE_PERSISTENT,
                         &m->rollback, NULL) != SQLITE_OK) {
    return nt__sim_store_fail(m, err);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status pragma_number(struct sim_machine *m, const char *sql,
                               int64_t *out, struct nt_error *err) {
  return nt__sim_number(m, sql, SIM_NO_ARGS, 0, out, err);
}

static nt_status check_schema(struct sim_machine *m, struct nt_error *err) {
  int64_t id, version;
  NT_TRY(pragma_number(m, "PRAGMA application_id", &id, err));
  NT_TRY(pragma_number(m, "PRAGMA user_version", &version, err));
  if (id != NT__SIM_APPLICATION_ID) {
    nt_refuse(err, NT_REASON_STORE,
              "%s is not the database of a simulated machine", m->db_path);
    nt_hint(err,
            "name the folder of a machine, or create one: "
            "ntvol sim create");
    return NT_STATUS_FILE_CORRUPT_ERROR;
  }
  if (version != NT__SIM_SCHEMA_VERSION) {
    nt_refuse_as(err, NT_STATUS_NOT_SUPPORTED, NT_REASON_STORE,
                 "%s has schema %lld, this build knows schema %d", m->db_path,
                 (long long)version, NT__SIM_SCHEMA_VERSION);
    nt_hint(err, "make a new machine around the images with --disk-image");
    return NT_STATUS_NOT_SUPPORTED;
  }
  return NT_STATUS_SUCCESS;
}

/* Refuses a database that has anything besides what was made here: somebody
 * added a trigger or another column for a purpose. */
static nt_status check_objects(struct sim_machine *m, struct nt_error *err) {
  char schema[NT__SIM_SCHEMA_MAX], found[200];
  nt__sim_schema(schema);
  int code = nt_db_compare(m->db, schema, false, found, sizeof found);
  if (code != SQLITE_OK) {
    return nt__sim_store_fail_with(m, code, err);
  }
  if (found[0] == '\0') {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, NT_REASON_MACHINE_DAMAGED, "%s: %s", m->db_path, found);
  nt__sim_store_hint(NT_STATUS_FILE_CORRUPT_ERROR, err);
  return NT_STATUS_FILE_CORRUPT_ERROR;
}

nt_status nt__sim_store_look(struct sim_machine *m, struct nt_error *err) {
  NT_TRY(check_schema(m, err));
  return check_objects(m, err);
}

nt_status nt__sim_store_open(struct sim_machine *m, bool create,
                             struct nt_error *err) {
  int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
  nt_status status =
      m->folder[0]
          ? nt_db_check_files(m->db_path, NT_REASON_MACHINE_DAMAGED, err)
          : NT_STATUS_SUCCESS;
  if (!nt_ok(status)) {
    return status;
  }
  int code = nt_db_open(m->db_path, flags, &m->limit, &m->db);
  if (code != SQLITE_OK) {
    return nt__sim_store_fail_with(m, code, err);
  }
  /* This comes before the first read, because another process may be closing
   * the log. */
  sqlite3_busy_timeout(m->db, BUSY_TIMEOUT_MS);
  status = create ? make_schema(m, err) : nt__sim_store_look(m, err);
  m->guarded = nt_ok(status);
  m->loaded = calloc(1, sizeof *m->loaded);
  return nt_ok(status) ? set_durability(m, err) : status;
}

void nt__sim_store_close(struct sim_machine *m) {
  for (size_t i = 0; i < SIM_PREPARED_MAX; i++) {
    sqlite3_finalize(m->prepared[i].stmt);
  }
  memset(m->prepared, 0, sizeof m->prepared);
  free(m->loaded);
  m->loaded = NULL;
  sqlite3_finalize(m->rollback);
  m->rollback = NULL;
  sqlite3_close(m->db);
  m->db = NULL;
  nt__sim_trust_end(m);
}
