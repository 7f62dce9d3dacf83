/*
 * Opening a database that a stranger may have written.
 */
#include "../db.h"

#include <string.h>

#include "../host.h"
#include "../text.h"

/* ---- the files ----------------------------------------------------------- */

/* What SQLite writes to a part of a database would be in that file, too. */
static nt_status has_another_name(const char *name, enum nt_reason reason,
                                  struct nt_error *err) {
  nt_refuse_as(err, NT_STATUS_FILE_CORRUPT_ERROR, reason,
               "%s is a hard link: the file has another name, too", name);
  nt_hint(err, "put a copy of the file in its place");
  return NT_STATUS_FILE_CORRUPT_ERROR;
}

static nt_status check_files(const char *path, enum nt_reason reason,
                             struct nt_error *err) {
  static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    char name[4096];
    struct nt_path_facts facts;
    nt_format_text(name, sizeof name, "%s%s", path, ends[i]);
    if (!nt_ok(nt_path_look(name, &facts, NULL))) {
      continue; /* what cannot be looked at, SQLite cannot open either */
    }
    if (facts.linked) {
      return has_another_name(name, reason, err);
    }
    if (facts.plain) {
      continue;
    }
    nt_refuse_as(err, NT_STATUS_FILE_CORRUPT_ERROR, reason,
                 "%s is a link, a folder or a device, not a file", name);
    nt_hint(err, "look where it leads, and take it away");
    return NT_STATUS_FILE_CORRUPT_ERROR;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- limits -------------------------------------------------------------- */

/* Steps of SQLite's machine that no statement of ours needs: some seconds. */
#define MOST_STEPS 200000000
#define STEPS_AT_ONCE 100000

/* How long to wait for another process to finish its transaction. */
#define BUSY_TIMEOUT_MS 10000

static int begin_statement(unsigned event, void *left, void *stmt, void *text) {
  (void)event, (void)stmt, (void)text;
  *(int64_t *)left = MOST_STEPS / STEPS_AT_ONCE;
  return 0;
}

static int go_on(void *left) {
  return --*(int64_t *)left < 0;
}

static void set_limits(sqlite3 *db) {
  static const struct {
    int id, most;
  } limits[] = {
      {SQLITE_LIMIT_LENGTH, 16 << 20},
      {SQLITE_LIMIT_SQL_LENGTH, 100000},
      {SQLITE_LIMIT_COLUMN, 100},
      {SQLITE_LIMIT_EXPR_DEPTH, 200},
      {SQLITE_LIMIT_COMPOUND_SELECT, 10},
      {SQLITE_LIMIT_VDBE_OP, 100000},
      {SQLITE_LIMIT_FUNCTION_ARG, 10},
      {SQLITE_LIMIT_ATTACHED, 0},
      {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
      {SQLITE_LIMIT_VARIABLE_NUMBER, 50},
      {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
      {SQLITE_LIMIT_WORKER_THREADS, 0},
  };
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    sqlite3_limit(db, limits[i].id, limits[i].most);
  }
}

static int set_trust(sqlite3 *db) {
  static const struct {
    int option, on;
  } options[] = {
      {SQLITE_DBCONFIG_DEFENSIVE, 1},
      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
      {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
      {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
      {SQLITE_DBCONFIG_DQS_DML, 0},
      {SQLITE_DBCONFIG_DQS_DDL, 0},
  };
  int code = SQLITE_OK;
  for (size_t i = 0;
       code == SQLITE_OK && i < sizeof options / sizeof options[0]; i++) {
    code = sqlite3_db_config(db, options[i].option, options[i].on, NULL);
  }
  return code;
}

/* None of this looks at the file. A mapped file that somebody cuts would end
 * the process. */
static int set_up(struct nt_db *db) {
  sqlite3_extended_result_codes(db->sqlite, 1);
  set_limits(db->sqlite);
  sqlite3_trace_v2(db->sqlite, SQLITE_TRACE_STMT, begin_statement,
                   &db->steps_left);
  sqlite3_progress_handler(db->sqlite, STEPS_AT_ONCE, go_on, &db->steps_left);
  /* This comes before the first read, because another process may be closing
   * the log. */
  sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MS);
  int code = set_trust(db->sqlite);
  if (code == SQLITE_OK) {
    code = sqlite3_exec(db->sqlite,
                        "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0",
                        NULL, NULL, NULL);
  }
  return code == SQLITE_OK ? sqlite3_prepare_v3(db->sqlite, "ROLLBACK", -1,
                                                SQLITE_PREPARE_PERSISTENT,
                                                &db->rollback, NULL)
                           : code;
}

nt_status nt_db_open(struct nt_db *db, const struct nt_db_kind *kind,
                     const char *path, const char *uri, int flags,
                     struct nt_error *err) {
  *db = (struct nt_db){.kind = kind, .path = path, .pid = nt_process_id()};
  if (!(flags & SQLITE_OPEN_MEMORY)) {
    NT_TRY(check_files(path, kind->damaged, err));
  }
  int code = sqlite3_open_v2(flags & SQLITE_OPEN_URI ? uri : path, &db->sqlite,
                             flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (code == SQLITE_OK) {
    code = set_up(db);
  }
  return code == SQLITE_OK ? NT_STATUS_SUCCESS : nt_db_fail_with(db, code, err);
}

void nt_db_close(struct nt_db *db) {
  if (db->sqlite == NULL || db->pid != nt_process_id()) {
    return;
  }
  for (size_t i = 0; i < NT_DB_PREPARED_MAX; i++) {
    sqlite3_finalize(db->prepared[i].stmt);
  }
  sqlite3_finalize(db->rollback);
  sqlite3_close(db->sqlite);
  *db = (struct nt_db){0};
}

nt_status nt_db_check_process(const struct nt_db *db, struct nt_error *err) {
  if (db->pid == nt_process_id()) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, NT_REASON_FORKED, "this %s belongs to process %lld",
            db->kind->connection, (long long)db->pid);
  nt_hint(err, "%s", db->kind->hints.forked);
  return NT_STATUS_INVALID_HANDLE;
}
