/*
 * The database of a simulated machine: statements, transactions, and one place
 * that turns a failure of SQLite into an error that names the file.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "schema.h"

/* How long to wait for another process to finish its transaction. */
#define BUSY_TIMEOUT_MS 10000

static void hint_for(nt_status status, struct nt_error *err) {
  if (status == NT_STATUS_FILE_CORRUPT_ERROR) {
    nt_hint(err,
            "the images are whole: make a new machine around them with "
            "--disk-image, and delete the damaged one by hand");
  } else if (status == NT_STATUS_DISK_FULL) {
    nt_hint(err, "free some space and repeat");
  } else if (status == NT_STATUS_MEDIA_WRITE_PROTECTED ||
             status == NT_STATUS_ACCESS_DENIED) {
    nt_hint(err, "make the folder writable, or copy the machine elsewhere");
  } else if (status == NT_STATUS_DEVICE_BUSY) {
    nt_hint(err, "another process holds the database: repeat when it is done");
  } else if (nt_is_shortage(status)) {
    nt_hint_shortage(err, status);
  } else {
    nt_hint(err, "look at the disk that the folder is on");
  }
}

static nt_status fail_with(struct sim_machine *m, int code,
                           struct nt_error *err) {
  nt_status status = nt_db_status(m->db, code);
  m->store_failed = true;
  nt_refuse_as(err, status, NT_REASON_STORE, "%s: %s", m->db_path,
               nt_db_message(m->db, code));
  err->native_kind = NT_NATIVE_SQLITE;
  err->native = code;
  hint_for(status, err);
  return status;
}

nt_status nt__sim_store_fail(struct sim_machine *m, struct nt_error *err) {
  return fail_with(m, sqlite3_extended_errcode(m->db), err);
}

/* ---- statements ---------------------------------------------------------- */

static struct sim_prepared *find_slot(struct sim_machine *m, const char *sql) {
  size_t i = ((uintptr_t)sql >> 3) & (SIM_PREPARED_MAX - 1);
  while (m->prepared[i].sql && m->prepared[i].sql != sql) {
    i = (i + 1) & (SIM_PREPARED_MAX - 1);
  }
  return &m->prepared[i];
}

static int bind_one(sqlite3_stmt *stmt, int index, const struct sim_arg *arg) {
  switch (arg->type) {
    case SIM_ARG_INT:
      return sqlite3_bind_int64(stmt, index, arg->number);
    case SIM_ARG_BLOB:
      return sqlite3_bind_blob(stmt, index, arg->text, (int)arg->number,
                               SQLITE_TRANSIENT);
    case SIM_ARG_TEXT:
    case SIM_ARG_END:
      break;
  }
  return sqlite3_bind_text(stmt, index, arg->text, -1, SQLITE_TRANSIENT);
}

static int bind(sqlite3_stmt *stmt, const struct sim_arg *args) {
  int code = SQLITE_OK;
  for (int i = 0; args[i].type != SIM_ARG_END && code == SQLITE_OK; i++) {
    code = bind_one(stmt, i + 1, &args[i]);
  }
  return code;
}

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
  /* Nobody forks within a transaction: it was checked when it began. */
  nt_status status =
      m->in_transaction ? NT_STATUS_SUCCESS : nt__sim_check_process(m, err);
  if (nt_ok(status) && !m->in_transaction) {
    status = nt__sim_trust(m, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  /* SQLite may have rolled back already: what followed would stay. */
  if (m->in_transaction && m->store_failed) {
    return nt_refuse_as(err, NT_STATUS_UNSUCCESSFUL, NT_REASON_STORE,
                        "%s: an earlier statement failed", m->db_path);
  }
  /* Not before: the statements that look at the rows take slots, too. */
  struct sim_prepared *slot = find_slot(m, sql);
  if (!slot->sql) {
    if (sqlite3_prepare_v3(m->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &slot->stmt, NULL) != SQLITE_OK) {
      return nt__sim_store_fail(m, err);
    }
    slot->sql = sql;
  }
  if (bind(slot->stmt, args) != SQLITE_OK) {
    return nt__sim_store_fail(m, err);
  }
  *out = slot->stmt;
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_step(struct sim_machine *m, sqlite3_stmt *stmt,
                       struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  int code = sqlite3_step(stmt);
  if (code == SQLITE_ROW) {
    return status;
  }
  status = code == SQLITE_DONE ? NT_STATUS_NO_MORE_ENTRIES
                               : nt__sim_store_fail(m, err);
  sqlite3_reset(stmt);
  return status;
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

void nt__sim_text(sqlite3_stmt *stmt, int column, char *buf, size_t cap) {
  /* Not as text: SQLite asks for memory to end that with a zero, and has none
   * to tell when it does not get it. */
  const char *text = sqlite3_column_blob(stmt, column);
  int length = sqlite3_column_bytes(stmt, column);
  nt_format_text(buf, cap, "%.*s", text ? length : 0, text ? text : "");
}

/* ---- transactions -------------------------------------------------------- */

/* By a statement that was prepared when there was memory: a transaction that
 * stays open keeps all other processes out. */
static void roll_back(struct sim_machine *m) {
  if (!sqlite3_get_autocommit(m->db)) {
    sqlite3_step(m->rollback);
    sqlite3_reset(m->rollback);
  }
}

nt_status nt__sim_begin(struct sim_machine *m, struct nt_error *err) {
  nt_status status = nt__sim_check_process(m, err);
  if (nt_ok(status) && m->notify.delivering > 0) {
    status = nt__sim_check_depth(m, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  if (m->notify.closed) {
    nt__sim_free_retired(m);
  }
  m->store_failed = false;
  m->in_transaction = true;
  m->acting = m->pid;
  m->acting_node = m->node;
  roll_back(m); /* what an earlier one could not */
  status = nt__sim_exec(m, "BEGIN IMMEDIATE", SIM_NO_ARGS, err);
  if (nt_ok(status)) {
    status = nt__sim_trust(m, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_owner_reap(m, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_close_unfinished(m, err);
  }
  /* A BEGIN that fails may have begun all the same. */
  return nt_ok(status) ? status : nt__sim_end(m, status, err);
}

nt_status nt__sim_end(struct sim_machine *m, nt_status status,
                      struct nt_error *err) {
  m->in_transaction = false;
  if (!m->store_failed) {
    struct nt_error commit = {0};
    nt_status ended = nt__sim_exec(m, "COMMIT", SIM_NO_ARGS, &commit);
    if (nt_ok(ended)) {
      nt__sim_free_unfinished(m);
      if (m->notify.first) {
        nt__sim_settle_events(m, true);
      }
      return status;
    }
    nt_error_name(&commit, err->op, err->target);
    *err = commit;
    status = ended;
  }
  /* A failed statement may have rolled back already: then this does nothing. */
  roll_back(m);
  nt__sim_settle_events(m, false);
  return status;
}

/* ---- opening ------------------------------------------------------------- */

/* A write-ahead log with NORMAL: a transaction is whole or not there after a
 * power cut, and a commit does not wait for the disk. What a power cut loses
 * are handles and locks, and those die with their processes anyway. */
static nt_status make_schema(struct sim_machine *m, struct nt_error *err) {
  char schema[NT__SIM_SCHEMA_MAX];
  nt__sim_schema(schema);
  /* The log stays a property of the file. Asking for it again at every
   * connection would contend with those that leave. */
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
  nt_status status = pragma_number(m, "PRAGMA application_id", &id, err);
  if (nt_ok(status)) {
    status = pragma_number(m, "PRAGMA user_version", &version, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
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

/* Nothing but what we made: a trigger or another column has a purpose. */
static nt_status check_objects(struct sim_machine *m, struct nt_error *err) {
  char schema[NT__SIM_SCHEMA_MAX], found[200];
  nt__sim_schema(schema);
  int code = nt_db_compare(m->db, schema, false, found, sizeof found);
  if (code != SQLITE_OK) {
    return fail_with(m, code, err);
  }
  if (found[0] == '\0') {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, NT_REASON_MACHINE_DAMAGED, "%s: %s", m->db_path, found);
  hint_for(NT_STATUS_FILE_CORRUPT_ERROR, err);
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
    return fail_with(m, code, err);
  }
  /* Before the first look: another process may be closing the log. */
  sqlite3_busy_timeout(m->db, BUSY_TIMEOUT_MS);
  status = create ? make_schema(m, err) : nt__sim_store_look(m, err);
  m->guarded = nt_ok(status);
  return nt_ok(status) ? set_durability(m, err) : status;
}

void nt__sim_store_close(struct sim_machine *m) {
  for (size_t i = 0; i < SIM_PREPARED_MAX; i++) {
    sqlite3_finalize(m->prepared[i].stmt);
  }
  memset(m->prepared, 0, sizeof m->prepared);
  sqlite3_finalize(m->rollback);
  m->rollback = NULL;
  sqlite3_close(m->db);
  m->db = NULL;
  nt__sim_trust_end(m);
}
