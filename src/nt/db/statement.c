/*
 * Statements of a database, and its transactions.
 */
#include "../db.h"

#include "../host.h"

/* ---- statements ---------------------------------------------------------- */

/* Whoever is told of a row may ask the same again: a statement that is between
 * two rows stays as it is, and its text gets another slot. */
static struct nt_db_prepared *find_slot(struct nt_db *db, const char *sql) {
  size_t i = ((uintptr_t)sql >> 3) & (NT_DB_PREPARED_MAX - 1);
  const struct nt_db_prepared *slots = db->prepared;
  while (slots[i].sql &&
         (slots[i].sql != sql || sqlite3_stmt_busy(slots[i].stmt))) {
    i = (i + 1) & (NT_DB_PREPARED_MAX - 1);
  }
  return &db->prepared[i];
}

static int bind_one(sqlite3_stmt *stmt, int index,
                    const struct nt_db_arg *arg) {
  switch (arg->type) {
    case NT_DB_ARG_INT:
      return sqlite3_bind_int64(stmt, index, arg->number);
    case NT_DB_ARG_BLOB:
      return sqlite3_bind_blob(stmt, index, arg->text, (int)arg->number,
                               SQLITE_TRANSIENT);
    case NT_DB_ARG_TEXT:
    case NT_DB_ARG_END:
      break;
  }
  return sqlite3_bind_text(stmt, index, arg->text, -1, SQLITE_TRANSIENT);
}

static int bind(sqlite3_stmt *stmt, const struct nt_db_arg *args) {
  int code = SQLITE_OK;
  for (int i = 0; args[i].type != NT_DB_ARG_END && code == SQLITE_OK; i++) {
    code = bind_one(stmt, i + 1, &args[i]);
  }
  return code;
}

nt_status nt_db_start(struct nt_db *db, const char *sql,
                      const struct nt_db_arg *args, sqlite3_stmt **out,
                      struct nt_error *err) {
  *out = NULL;
  NT_TRY(nt_db_check_process(db, err));
  /* SQLite may have rolled back already; then further statements would run
   * outside of the transaction, and their changes would stay. */
  if (db->in_transaction && db->failed) {
    return nt_refuse_as(err, NT_STATUS_UNSUCCESSFUL, db->kind->failed,
                        "%s: an earlier statement failed", db->path);
  }
  struct nt_db_prepared *slot = find_slot(db, sql);
  if (!slot->sql) {
    if (sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &slot->stmt, NULL) != SQLITE_OK) {
      return nt_db_fail(db, err);
    }
    slot->sql = sql;
  }
  if (bind(slot->stmt, args) != SQLITE_OK) {
    return nt_db_fail(db, err);
  }
  *out = slot->stmt;
  return NT_STATUS_SUCCESS;
}

nt_status nt_db_step(struct nt_db *db, sqlite3_stmt *stmt,
                     struct nt_error *err) {
  nt_status status = NT_STATUS_NO_MORE_ENTRIES;
  int code = sqlite3_step(stmt);
  if (code == SQLITE_ROW) {
    return NT_STATUS_SUCCESS;
  }
  if (code != SQLITE_DONE) {
    status = nt_db_fail(db, err);
  }
  sqlite3_reset(stmt);
  return status;
}

nt_status nt_db_finish(struct nt_db *db, sqlite3_stmt *stmt,
                       struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  while (nt_ok(status)) {
    status = nt_db_step(db, stmt, err);
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

nt_status nt_db_run(struct nt_db *db, const char *sql,
                    const struct nt_db_arg *args, struct nt_error *err) {
  sqlite3_stmt *stmt;
  NT_TRY(nt_db_start(db, sql, args, &stmt, err));
  return nt_db_finish(db, stmt, err);
}

nt_status nt_db_take_number(struct nt_db *db, sqlite3_stmt *stmt, int64_t none,
                            int64_t *out, struct nt_error *err) {
  nt_status status = nt_db_step(db, stmt, err);
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    *out = none;
    return NT_STATUS_SUCCESS;
  }
  if (nt_ok(status)) {
    *out = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
  }
  return status;
}

nt_status nt_db_script(struct nt_db *db, const char *sql,
                       struct nt_error *err) {
  NT_TRY(nt_db_check_process(db, err));
  return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK
             ? NT_STATUS_SUCCESS
             : nt_db_fail(db, err);
}

/* ---- transactions -------------------------------------------------------- */

void nt_db_roll_back(struct nt_db *db) {
  db->in_transaction = false;
  if (!sqlite3_get_autocommit(db->sqlite)) {
    sqlite3_step(db->rollback);
    sqlite3_reset(db->rollback);
  }
}

nt_status nt_db_begin(struct nt_db *db, struct nt_error *err) {
  NT_TRY(nt_db_check_process(db, err));
  nt_db_roll_back(db); /* an earlier rollback may have failed */
  db->failed = false;
  db->in_transaction = true;
  return nt_db_run(db, "BEGIN IMMEDIATE", NT_DB_NO_ARGS, err);
}

nt_status nt_db_commit(struct nt_db *db, struct nt_error *err) {
  nt_status status = nt_db_run(db, "COMMIT", NT_DB_NO_ARGS, err);
  if (!nt_ok(status)) {
    nt_db_roll_back(db);
  }
  db->in_transaction = false;
  return status;
}
