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

nt_status nt_db_check_files(const char *path, enum nt_reason reason,
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

static int begin_statement(unsigned event, void *limit, void *stmt,
                           void *text) {
  (void)event, (void)stmt, (void)text;
  ((struct nt_db_limit *)limit)->left = MOST_STEPS / STEPS_AT_ONCE;
  return 0;
}

static int go_on(void *limit) {
  return --((struct nt_db_limit *)limit)->left < 0;
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

int nt_db_open(const char *path, int flags, struct nt_db_limit *limit,
               sqlite3 **db) {
  int code = sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (code != SQLITE_OK) {
    return code;
  }
  sqlite3_extended_result_codes(*db, 1);
  set_limits(*db);
  sqlite3_trace_v2(*db, SQLITE_TRACE_STMT, begin_statement, limit);
  sqlite3_progress_handler(*db, STEPS_AT_ONCE, go_on, limit);
  code = set_trust(*db);
  /* Neither looks at the file. A mapped file that somebody cuts would end the
   * process. */
  return code == SQLITE_OK
             ? sqlite3_exec(*db,
                            "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0",
                            NULL, NULL, NULL)
             : code;
}

/* ---- failures ------------------------------------------------------------ */

static nt_status status_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return NT_STATUS_DISK_FULL;
    case SQLITE_READONLY:
      return NT_STATUS_MEDIA_WRITE_PROTECTED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:      /* a table is missing: not our schema any more */
    case SQLITE_CONSTRAINT: /* what stands there is in the way */
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_INTERRUPT: /* see nt_db_open() */
      return NT_STATUS_FILE_CORRUPT_ERROR;
    case SQLITE_NOMEM:
      return NT_STATUS_NO_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return NT_STATUS_DEVICE_BUSY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return NT_STATUS_ACCESS_DENIED;
    default:
      return NT_STATUS_IO_DEVICE_ERROR;
  }
}

/* What the system said of the last transfer that failed, of the database or of
 * its log. The number that SQLite keeps for a connection is that of the last
 * call that failed, which may be one of those that clean up. */
static bool was_too_large(sqlite3 *db) {
  int number = sqlite3_system_errno(db), of_log = 0;
  sqlite3_file *log = NULL;
  if (!nt_says_too_large(number)) {
    sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
  }
  sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (log && log->pMethods) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &of_log);
  }
  return nt_says_too_large(number) || nt_says_too_large(of_log);
}

/* What SQLite calls an I/O error, or a file that cannot be opened, may be no
 * fault of the file. */
nt_status nt_db_status(sqlite3 *db, int code) {
  if (db == NULL) {
    return NT_STATUS_NO_MEMORY; /* there was none for the connection */
  }
  int number = sqlite3_system_errno(db);
  bool opening = (code & 0xFF) == SQLITE_CANTOPEN;
  bool transfer = (code & 0xFF) == SQLITE_IOERR;
  if (opening && nt_says_too_many(number)) {
    return NT_STATUS_INSUFFICIENT_RESOURCES;
  }
  if (code == SQLITE_IOERR_NOMEM ||
      ((opening || transfer) && nt_says_no_memory(number))) {
    return NT_STATUS_NO_MEMORY;
  }
  if (transfer && was_too_large(db)) {
    return NT_STATUS_FILE_TOO_LARGE;
  }
  /* no room for its index of the write-ahead log */
  if (code == SQLITE_IOERR_SHMSIZE || (transfer && nt_says_full(number))) {
    return NT_STATUS_DISK_FULL;
  }
  return status_of(code);
}

const char *nt_db_message(sqlite3 *db, int code) {
  return db != NULL && sqlite3_extended_errcode(db) == code
             ? sqlite3_errmsg(db)
             : sqlite3_errstr(db != NULL ? code : SQLITE_NOMEM);
}

/* ---- the schema ---------------------------------------------------------- */

#define OBJECTS "SELECT type, name, tbl_name, sql FROM sqlite_schema"

struct comparison {
  sqlite3 *here, *there;
  bool altered;
  char *found;
  size_t cap;
};

static const char *text(sqlite3_stmt *stmt, int column) {
  const char *value = (const char *)sqlite3_column_text(stmt, column);
  return value ? value : "";
}

/* One row of texts; SQLITE_ROW, or what else became of it. */
static int ask(sqlite3 *db, const char *sql, const char *const args[3],
               sqlite3_stmt **stmt) {
  int code = sqlite3_prepare_v2(db, sql, -1, stmt, NULL);
  for (int i = 0; code == SQLITE_OK && i < 3 && args[i]; i++) {
    code = sqlite3_bind_text(*stmt, i + 1, args[i], -1, SQLITE_TRANSIENT);
  }
  return code == SQLITE_OK ? sqlite3_step(*stmt) : code;
}

/* The properties of a table and of its columns, in one text. */
#define COLUMNS                                                             \
  "SELECT (SELECT strict || wr FROM pragma_table_list WHERE name = ?1 AND " \
  "schema = 'main') || group_concat(c) FROM (SELECT printf('|%s %s %d %d "  \
  "%d', name, type, \"notnull\", pk, hidden) AS c FROM "                    \
  "pragma_table_xinfo(?1) ORDER BY name)"

static int compare_columns(struct comparison *c, const char *table,
                           bool *same) {
  const char *const args[3] = {table};
  sqlite3_stmt *here = NULL, *there = NULL;
  int code = ask(c->here, COLUMNS, args, &here);
  if (code == SQLITE_ROW) {
    code = ask(c->there, COLUMNS, args, &there);
  }
  *same = code == SQLITE_ROW && strcmp(text(here, 0), text(there, 0)) == 0;
  sqlite3_finalize(here);
  sqlite3_finalize(there);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Looks in `there` for the object of a row of `here`. */
static int compare_object(struct comparison *c, sqlite3_stmt *row,
                          const char *missing) {
  const char *const args[3] = {text(row, 0), text(row, 1), text(row, 2)};
  sqlite3_stmt *other = NULL;
  int code =
      ask(c->there, OBJECTS " WHERE type = ?1 AND name = ?2 AND tbl_name = ?3",
          args, &other);
  bool same = code == SQLITE_ROW && strcmp(text(row, 3), text(other, 3)) == 0;
  if (code == SQLITE_DONE) {
    nt_format_text(c->found, c->cap, missing, args[0], args[1]);
    code = SQLITE_OK;
  } else if (code == SQLITE_ROW) {
    code = SQLITE_OK;
    if (!same && c->altered && strcmp(args[0], "table") == 0) {
      code = compare_columns(c, args[1], &same);
    }
    if (code == SQLITE_OK && !same) {
      nt_format_text(c->found, c->cap, "the %s %s is not as it was made",
                     args[0], args[1]);
    }
  }
  sqlite3_finalize(other);
  return code;
}

static int compare(struct comparison *c, const char *missing) {
  sqlite3_stmt *row = NULL;
  int code = sqlite3_prepare_v2(c->here, OBJECTS, -1, &row, NULL);
  while (code == SQLITE_OK && c->found[0] == '\0' &&
         (code = sqlite3_step(row)) == SQLITE_ROW) {
    code = compare_object(c, row, missing);
  }
  sqlite3_finalize(row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int nt_db_compare(sqlite3 *db, const char *schema, bool altered, char *found,
                  size_t cap) {
  sqlite3 *model = NULL;
  int code = sqlite3_open_v2(
      ":memory:", &model,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
  found[0] = '\0';
  if (code == SQLITE_OK) {
    code = sqlite3_exec(model, schema, NULL, NULL, NULL);
  }
  struct comparison extra = {db, model, altered, found, cap};
  struct comparison lacking = {model, db, altered, found, cap};
  if (code == SQLITE_OK) {
    code = compare(&extra, "it has the %s %s, which does not belong there");
  }
  if (code == SQLITE_OK && found[0] == '\0') {
    code = compare(&lacking, "it lacks the %s %s");
  }
  sqlite3_close(model);
  return code;
}
