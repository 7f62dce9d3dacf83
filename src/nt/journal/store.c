/*
 * The database of the journal: opening it, and bringing an older one to the
 * schema of today.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const struct nt_db_kind kind = {
    .application_id = NT__JOURNAL_APPLICATION_ID,
    .version = NT__JOURNAL_VERSION,
    .oldest = 1,
    .failed = NT_REASON_JOURNAL,
    .damaged = NT_REASON_JOURNAL_DAMAGED,
    .is = "a journal of ntvol",
    .connection = "journal",
    .hints = {
        .foreign = "move the file away, and a new journal is begun; or name "
                   "another folder in NTVOL_STATE",
        .newer = "use the ntvol that wrote it, or name another folder in "
                 "NTVOL_STATE",
        .damaged = "move the file away, and a new journal is begun; or name "
                   "another folder in NTVOL_STATE",
        .full = "free some space, forget old operations with "
                "ntvol log --prune, or name another folder in NTVOL_STATE",
        .unwritable = "make the folder writable, or name another in "
                      "NTVOL_STATE",
        .busy = "another process holds the journal: repeat when it is done",
        .other = "make the folder writable, or name another in NTVOL_STATE",
        .forked = "open the journal again after fork"}};

nt_status nt__journal_end(struct nt_journal *journal, nt_status status,
                          struct nt_error *err) {
  if (nt_ok(status)) {
    return nt_db_commit(&journal->db, err);
  }
  nt_db_roll_back(&journal->db);
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
  nt_error_copy(err, &failure);
  return about(status, path, err);
}

static nt_status open_locks(struct nt_journal *journal, const char *folder,
                            struct nt_error *err) {
  char path[NT_JOURNAL_PATH_MAX];
  nt_path_join(path, sizeof path, folder, "journal.lock");
  NT_TRY(make_if_missing(path, err));
  nt_status status = nt_file_open(path, true, &journal->lock, err);
  if (nt_ok(status)) {
    status = nt_file_open(path, true, &journal->look, err);
  }
  return nt_ok(status) ? status : about(status, path, err);
}

static nt_status read_number(struct nt_journal *journal, const char *sql,
                             int64_t *out, struct nt_error *err) {
  sqlite3_stmt *stmt;
  NT_TRY(nt_db_start(&journal->db, sql, NT_DB_NO_ARGS, &stmt, err));
  return nt_db_take_number(&journal->db, stmt, 0, out, err);
}

/* Of two processes that change the schema, the second finds what the first has
 * made, version `made` or a later one, and that is all right. */
static nt_status change_schema(struct nt_journal *journal, const char *sql,
                               int64_t made, struct nt_error *err) {
  int64_t version = 0;
  nt_status status = nt_db_script(&journal->db, sql, err);
  if (nt_ok(status)) {
    return status;
  }
  nt_db_roll_back(&journal->db);
  return nt_ok(nt_db_check_version(&journal->db, &version, NULL)) &&
                 version >= made
             ? NT_STATUS_SUCCESS
             : status;
}

static nt_status update_schema(struct nt_journal *journal,
                               struct nt_error *err) {
  int64_t version = 0;
  NT_TRY(nt_db_check_version(&journal->db, &version, err));
  if (version < 2) {
    NT_TRY(change_schema(journal, nt__journal_from_1, 2, err));
  }
  if (version < 3) {
    NT_TRY(change_schema(journal, nt__journal_from_2, 3, err));
  }
  return version < 4 ? change_schema(journal, nt__journal_from_3, 4, err)
                     : NT_STATUS_SUCCESS;
}

/* An empty file is a new journal. */
static nt_status make_schema(struct nt_journal *journal, struct nt_error *err) {
  int64_t id = 0, version = 0, objects = 0;
  NT_TRY(read_number(journal, "PRAGMA application_id", &id, err));
  NT_TRY(read_number(journal, "PRAGMA user_version", &version, err));
  NT_TRY(read_number(journal, "SELECT count(*) FROM sqlite_schema", &objects,
                     err));
  if (id != 0 || version != 0 || objects != 0) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt_db_script(&journal->db, "PRAGMA journal_mode = WAL", err));
  return change_schema(journal, nt__journal_schema, NT__JOURNAL_VERSION, err);
}

/* FULL: a commit is on the disk when it returns. A journal is worth nothing if
 * a power cut can take back what it noted. An older journal got new columns by
 * ALTER TABLE. */
static nt_status open_database(struct nt_journal *journal,
                               struct nt_error *err) {
  int where = nt__journal_in_memory(journal) ? SQLITE_OPEN_MEMORY : 0;
  NT_TRY(nt_db_open(&journal->db, &kind, journal->path, NULL,
                    SQLITE_OPEN_READWRITE | where, err));
  NT_TRY(nt__journal_add_functions(journal, err));
  NT_TRY(nt_db_script(&journal->db,
                      "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
                      /* What an undo needs may be large: it is not worth
                       * copying into the database while a format waits. */
                      "PRAGMA wal_autocheckpoint = 65536",
                      err));
  NT_TRY(make_schema(journal, err));
  NT_TRY(update_schema(journal, err));
  return nt_db_check_schema(&journal->db, nt__journal_schema, true, err);
}

static nt_status open_in(struct nt_journal *journal, const char *folder,
                         struct nt_error *err) {
  if (strcmp(folder, NT_JOURNAL_MEMORY) == 0) {
    nt_copy(journal->path, sizeof journal->path, folder);
    return open_database(journal, err);
  }
  nt_path_join(journal->path, sizeof journal->path, folder, "journal.db");
  nt_status status = nt_folder_make_private(folder, err);
  if (!nt_ok(status)) {
    return about(status, folder, err);
  }
  NT_TRY(open_locks(journal, folder, err));
  NT_TRY(make_if_missing(journal->path, err));
  return open_database(journal, err);
}

nt_status nt_journal_open(const char *folder, struct nt_journal **out,
                          struct nt_error *err) {
  char state[NT_JOURNAL_PATH_MAX];
  struct nt_journal *journal = calloc(1, sizeof *journal);
  nt_status status = NT_STATUS_SUCCESS;
  if (journal == NULL) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
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

bool nt_journal_exists(const char *folder) {
  char state[NT_JOURNAL_PATH_MAX], path[NT_JOURNAL_PATH_MAX];
  if (folder == NULL) {
    if (!nt_ok(nt_state_folder(state, sizeof state, NULL))) {
      return false;
    }
    folder = state;
  }
  nt_path_join(path, sizeof path, folder, "journal.db");
  return nt_ok(nt_path_check(path, NULL));
}

void nt_journal_close(struct nt_journal *journal) {
  if (journal == NULL) {
    return;
  }
  nt_db_close(&journal->db);
  free(journal->scratch);
  nt_file_close(journal->lock);
  nt_file_close(journal->look);
  free(journal);
}

const char *nt_journal_path(const struct nt_journal *journal) {
  return journal->path;
}

bool nt__journal_in_memory(const struct nt_journal *journal) {
  return journal->lock == NULL;
}

/* Nobody but this process has a journal in memory, so the row says enough. When
 * it cannot be read, whatever comes next fails by that, too. */
static bool is_running(struct nt_journal *journal, int64_t id) {
  sqlite3_stmt *stmt;
  int64_t running = 0;
  if (nt_ok(nt_db_start(&journal->db,
                        "SELECT count(*) FROM operation WHERE id = ?1"
                        " AND state = 'running'",
                        NT_DB_ARGS(NT_DB_INT(id)), &stmt, NULL))) {
    nt_db_take_number(&journal->db, stmt, 0, &running, NULL);
  }
  return running > 0;
}

bool nt__journal_alive(struct nt_journal *journal, int64_t id) {
  return nt__journal_in_memory(journal)
             ? is_running(journal, id)
             : !nt_file_byte_is_free(journal->look, (uint64_t)id);
}
