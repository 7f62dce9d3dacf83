/*
 * The database of the journal: opening it, statements, transactions, and one
 * place that turns a failure of SQLite into an error that names the file.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* How long to wait for another process to finish its transaction. */
#define BUSY_TIMEOUT_MS 10000

/* ---- failures ------------------------------------------------------------ */

static void hint_for(nt_status status, struct nt_error *err) {
  if (status == NT_STATUS_FILE_CORRUPT_ERROR) {
    nt_hint(err,
            "move the file away, and a new journal is begun; or name another "
            "folder in NTVOL_STATE");
  } else if (status == NT_STATUS_DEVICE_BUSY) {
    nt_hint(err, "another process holds the journal: repeat when it is done");
  } else if (status == NT_STATUS_DISK_FULL) {
    nt_hint(err,
            "free some space, forget old operations with ntvol log --prune, "
            "or name another folder in NTVOL_STATE");
  } else if (nt_is_shortage(status)) {
    nt_hint_shortage(err, status);
  } else {
    nt_hint(err, "make the folder writable, or name another in NTVOL_STATE");
  }
}

static nt_status fail_with(struct nt_journal *journal, int code,
                           struct nt_error *err) {
  nt_status status = nt_db_status(journal->db, code);
  nt_refuse_as(err, status, NT_REASON_JOURNAL, "%s: %s", journal->path,
               nt_db_message(journal->db, code));
  if (err != NULL) {
    err->native_kind = NT_NATIVE_SQLITE;
    err->native = code;
  }
  hint_for(status, err);
  return status;
}

nt_status nt__journal_fail(struct nt_journal *journal, struct nt_error *err) {
  return fail_with(journal, sqlite3_extended_errcode(journal->db), err);
}

/* ---- statements ---------------------------------------------------------- */

/* Refuses a child of fork: SQLite's files belong to its parent. */
static nt_status check_process(const struct nt_journal *journal,
                               struct nt_error *err) {
  if (journal->pid == nt_process_id()) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, NT_REASON_FORKED, "this journal belongs to process %lld",
            (long long)journal->pid);
  nt_hint(err, "open the journal again after fork");
  return NT_STATUS_INVALID_HANDLE;
}

nt_status nt__journal_prepare(struct nt_journal *journal, const char *sql,
                              sqlite3_stmt **out, struct nt_error *err) {
  *out = NULL;
  NT_TRY(check_process(journal, err));
  if (sqlite3_prepare_v2(journal->db, sql, -1, out, NULL) != SQLITE_OK) {
    NT_TRY(nt__journal_fail(journal, err));
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__journal_step(struct nt_journal *journal, sqlite3_stmt *stmt,
                           struct nt_error *err) {
  int code = sqlite3_step(stmt);
  if (code == SQLITE_ROW) {
    return NT_STATUS_SUCCESS;
  }
  return code == SQLITE_DONE ? NT_STATUS_NO_MORE_ENTRIES
                             : nt__journal_fail(journal, err);
}

nt_status nt__journal_finish(struct nt_journal *journal, nt_status status,
                             sqlite3_stmt *stmt, struct nt_error *err) {
  while (nt_ok(status)) {
    status = nt__journal_step(journal, stmt, err);
  }
  sqlite3_finalize(stmt);
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

void nt__journal_bind_text(sqlite3_stmt *stmt, int index, const char *text) {
  /* A copy needs memory, and without memory SQLite would make it NULL. */
  sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC);
}

/* ---- transactions -------------------------------------------------------- */

static nt_status run(struct nt_journal *journal, const char *sql,
                     struct nt_error *err) {
  NT_TRY(check_process(journal, err));
  if (sqlite3_exec(journal->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
    NT_TRY(nt__journal_fail(journal, err));
  }
  return NT_STATUS_SUCCESS;
}

/* Uses a statement that was prepared when there was memory, because a
 * transaction that stays open keeps all other processes out. */
static void roll_back(struct nt_journal *journal) {
  if (!sqlite3_get_autocommit(journal->db)) {
    sqlite3_step(journal->rollback);
    sqlite3_reset(journal->rollback);
  }
}

nt_status nt__journal_begin(struct nt_journal *journal, struct nt_error *err) {
  if (journal->pid == nt_process_id()) {
    roll_back(journal); /* in case an earlier rollback has failed */
  }
  return run(journal, "BEGIN IMMEDIATE", err);
}

nt_status nt__journal_end(struct nt_journal *journal, nt_status status,
                          struct nt_error *err) {
  if (nt_ok(status)) {
    status = run(journal, "COMMIT", err);
  }
  if (!nt_ok(status)) {
    roll_back(journal);
  }
  return status;
}

/* ---- opening ------------------------------------------------------------- */

static nt_status about(nt_status status, const char *path,
                       struct nt_error *err) {
  nt_error_about(err, NT_REASON_JOURNAL, "%s", path);
  if (!nt_is_shortage(status)) {
    nt_hint(err, "make the folder writable, or name another in NTVOL_STATE");
  }
  return status;
}

/* The files that SQLite makes beside the database take its file mode, so only
 * the database itself has to be made by us. */
static nt_status make_if_missing(const char *path, struct nt_error *err) {
  struct nt_file *file = NULL;
  struct nt_error failure = {0};
  if (nt_path_check(path, NULL) != NT_STATUS_OBJECT_NAME_NOT_FOUND) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt_file_create_private(path, &file, &failure);
  nt_file_close(file);
  /* Another process may have been faster. */
  if (nt_ok(status) || status == NT_STATUS_OBJECT_NAME_COLLISION) {
    return NT_STATUS_SUCCESS;
  }
  *err = failure;
  return about(status, path, err);
}

static nt_status open_locks(struct nt_journal *journal, const char *folder,
                            struct nt_error *err) {
  char path[NT_JOURNAL_PATH_MAX];
  nt_path_join(path, sizeof path, folder, "journal.lock");
  nt_status status = make_if_missing(path, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt_file_open(path, true, &journal->lock, err);
  if (nt_ok(status)) {
    status = nt_file_open(path, true, &journal->look, err);
  }
  return nt_ok(status) ? status : about(status, path, err);
}

static nt_status number(struct nt_journal *journal, const char *sql,
                        int64_t *out, struct nt_error *err) {
  sqlite3_stmt *stmt;
  nt_status status = nt__journal_prepare(journal, sql, &stmt, err);
  if (nt_ok(status)) {
    status = nt__journal_step(journal, stmt, err);
    *out = nt_ok(status) ? sqlite3_column_int64(stmt, 0) : 0;
  }
  return nt__journal_finish(journal, status, stmt, err);
}

/* Of two processes that change the schema, the second finds what the first has
 * made, version `made` or a later one, and that is all right. */
static nt_status change_schema(struct nt_journal *journal, const char *sql,
                               int64_t made, struct nt_error *err) {
  int64_t version = 0;
  struct nt_error ignored = {0};
  nt_status status = run(journal, sql, err);
  if (nt_ok(status)) {
    return status;
  }
  if (!sqlite3_get_autocommit(journal->db)) {
    sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL);
  }
  return nt_ok(number(journal, "PRAGMA user_version", &version, &ignored)) &&
                 version >= made
             ? NT_STATUS_SUCCESS
             : status;
}

static nt_status update_schema(struct nt_journal *journal, int64_t version,
                               struct nt_error *err) {
  NT_TRY(version > 1 ? NT_STATUS_SUCCESS
                     : change_schema(journal, nt__journal_from_1, 2, err));
  if (version < 3) {
    NT_TRY(change_schema(journal, nt__journal_from_2, 3, err));
  }
  return change_schema(journal, nt__journal_from_3, 4, err);
}

/* An empty file is a new journal. */
static nt_status make_schema(struct nt_journal *journal, struct nt_error *err) {
  NT_TRY(run(journal, "PRAGMA journal_mode = WAL", err));
  return change_schema(journal, nt__journal_schema, NT__JOURNAL_VERSION, err);
}

static nt_status check_schema(struct nt_journal *journal,
                              struct nt_error *err) {
  int64_t id = 0, version = 0, tables = 0;
  nt_status status = number(journal, "PRAGMA application_id", &id, err);
  if (nt_ok(status)) {
    status = number(journal, "PRAGMA user_version", &version, err);
  }
  if (nt_ok(status)) {
    status =
        number(journal, "SELECT count(*) FROM sqlite_schema", &tables, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  if (id == 0 && version == 0 && tables == 0) {
    return make_schema(journal, err);
  }
  if (id != NT__JOURNAL_APPLICATION_ID) {
    nt_refuse(err, NT_REASON_JOURNAL, "%s is not a journal of ntvol",
              journal->path);
    hint_for(NT_STATUS_FILE_CORRUPT_ERROR, err);
    return NT_STATUS_FILE_CORRUPT_ERROR;
  }
  if (version >= 1 && version < NT__JOURNAL_VERSION) {
    return update_schema(journal, version, err);
  }
  if (version != NT__JOURNAL_VERSION) {
    nt_refuse_as(err, NT_STATUS_NOT_SUPPORTED, NT_REASON_JOURNAL,
                 "%s has schema %lld, this build knows schema %d",
                 journal->path, (long long)version, NT__JOURNAL_VERSION);
    nt_hint(err,
            "use the ntvol that wrote it, or name another folder in "
            "NTVOL_STATE");
    return NT_STATUS_NOT_SUPPORTED;
  }
  return NT_STATUS_SUCCESS;
}

/* Refuses a schema that is not ours. An older journal got its new columns by
 * ALTER TABLE. */
static nt_status check_objects(struct nt_journal *journal,
                               struct nt_error *err) {
  char found[200];
  int code =
      nt_db_compare(journal->db, nt__journal_schema, true, found, sizeof found);
  if (code != SQLITE_OK) {
    return fail_with(journal, code, err);
  }
  if (found[0] == '\0') {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, NT_REASON_JOURNAL_DAMAGED, "%s: %s", journal->path, found);
  hint_for(NT_STATUS_FILE_CORRUPT_ERROR, err);
  return NT_STATUS_FILE_CORRUPT_ERROR;
}

/* FULL: a commit is on the disk when it returns. A journal is worth nothing if
 * a power cut can take back what it noted. */
static nt_status open_database(struct nt_journal *journal,
                               struct nt_error *err) {
  NT_TRY(nt_db_check_files(journal->path, NT_REASON_JOURNAL_DAMAGED, err));
  int code = nt_db_open(journal->path, SQLITE_OPEN_READWRITE,
                        &journal->limit_of_steps, &journal->db);
  if (code != SQLITE_OK) {
    return fail_with(journal, code, err);
  }
  sqlite3_busy_timeout(journal->db, BUSY_TIMEOUT_MS);
  NT_TRY(run(journal,
             "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
             /* What an undo needs may be large: it is not worth
              * copying into the database while a format waits. */
             "PRAGMA wal_autocheckpoint = 65536",
             err));
  if (sqlite3_prepare_v2(journal->db, "ROLLBACK", -1, &journal->rollback,
                         NULL) != SQLITE_OK) {
    NT_TRY(nt__journal_fail(journal, err));
  }
  NT_TRY(check_schema(journal, err));
  return check_objects(journal, err);
}

static nt_status open_in(struct nt_journal *journal, const char *folder,
                         struct nt_error *err) {
  nt_path_join(journal->path, sizeof journal->path, folder, "journal.db");
  nt_status status = nt_folder_make_private(folder, err);
  if (!nt_ok(status)) {
    return about(status, folder, err);
  }
  status = open_locks(journal, folder, err);
  if (nt_ok(status)) {
    status = make_if_missing(journal->path, err);
  }
  return nt_ok(status) ? open_database(journal, err) : status;
}

nt_status nt_journal_open(const char *folder, struct nt_journal **out,
                          struct nt_error *err) {
  char state[NT_JOURNAL_PATH_MAX];
  struct nt_journal *journal = calloc(1, sizeof *journal);
  nt_status status = NT_STATUS_SUCCESS;
  if (journal == NULL) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  journal->pid = nt_process_id();
  if (folder == NULL) {
    status = nt_state_folder(state, sizeof state, err);
    folder = state;
  }
  if (nt_ok(status)) {
    status = open_in(journal, folder, err);
  }
  if (!nt_ok(status)) {
    nt_error_name(err, "open journal", folder == state ? "" : folder);
    nt_journal_close(journal);
    return status;
  }
  *out = journal;
  return status;
}

void nt_journal_close(struct nt_journal *journal) {
  if (journal == NULL) {
    return;
  }
  if (journal->pid == nt_process_id()) {
    sqlite3_finalize(journal->rollback);
    sqlite3_close(journal->db);
  }
  free(journal->scratch);
  nt_file_close(journal->lock);
  nt_file_close(journal->look);
  free(journal);
}

const char *nt_journal_path(const struct nt_journal *journal) {
  return journal->path;
}

bool nt__journal_alive(const struct nt_journal *journal, int64_t id) {
  return !nt_file_byte_is_free(journal->look, (uint64_t)id);
}
