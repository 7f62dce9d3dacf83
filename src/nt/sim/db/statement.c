/*
 * Statements of the database of a simulated machine, and one place that turns a
 * failure of SQLite into an error that names the file.
 */
#include "statement.h"

/* ---- failures ------------------------------------------------------------ */

void nt__sim_store_hint(nt_status status, struct nt_error *err) {
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

nt_status nt__sim_store_fail_with(struct sim_machine *m, int code,
                                  struct nt_error *err) {
  nt_status status = nt_db_status(m->db, code);
  m->store_failed = true;
  nt_refuse_as(err, status, NT_REASON_STORE, "%s: %s", m->db_path,
               nt_db_message(m->db, code));
  err->native_kind = NT_NATIVE_SQLITE;
  err->native = code;
  nt__sim_store_hint(status, err);
  return status;
}

nt_status nt__sim_store_fail(struct sim_machine *m, struct nt_error *err) {
  return nt__sim_store_fail_with(m, sqlite3_extended_errcode(m->db), err);
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

nt_status nt__sim_prepare(struct sim_machine *m, const char *sql,
                          const struct sim_arg *args, sqlite3_stmt **out,
                          struct nt_error *err) {
  /* SQLite may have rolled back already; then further statements would run
   * outside of the transaction, and their changes would stay. */
  if (m->in_transaction && m->store_failed) {
    return nt_refuse_as(err, NT_STATUS_UNSUCCESSFUL, NT_REASON_STORE,
                        "%s: an earlier statement failed", m->db_path);
  }
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

void nt__sim_text(sqlite3_stmt *stmt, int column, char *buf, size_t cap) {
  /* The column is not read as text, because SQLite would need memory to end it
   * with a zero, and cannot report that there is none. */
  const char *text = sqlite3_column_blob(stmt, column);
  int length = sqlite3_column_bytes(stmt, column);
  nt_format_text(buf, cap, "%.*s", text ? length : 0, text ? text : "");
}
