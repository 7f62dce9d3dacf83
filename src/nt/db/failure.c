/*
 * What a failure of SQLite is in NT's words, and what to do then.
 */
#include "../db.h"

#include "../host.h"

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
static nt_status find_status(sqlite3 *db, int code) {
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

static const char *words_of(sqlite3 *db, int code) {
  return db != NULL && sqlite3_extended_errcode(db) == code
             ? sqlite3_errmsg(db)
             : sqlite3_errstr(db != NULL ? code : SQLITE_NOMEM);
}

static const char *hint_for(const struct nt_db_kind *kind, nt_status status) {
  switch (status) {
    case NT_STATUS_FILE_CORRUPT_ERROR:
      return kind->hints.damaged;
    case NT_STATUS_DISK_FULL:
      return kind->hints.full;
    case NT_STATUS_MEDIA_WRITE_PROTECTED:
    case NT_STATUS_ACCESS_DENIED:
      return kind->hints.unwritable;
    case NT_STATUS_DEVICE_BUSY:
      return kind->hints.busy;
    default:
      return kind->hints.other;
  }
}

nt_status nt_db_fail_with(struct nt_db *db, int code, struct nt_error *err) {
  nt_status status = find_status(db->sqlite, code);
  db->failed = true;
  nt_refuse_as(err, status, db->kind->failed, "%s: %s", db->path,
               words_of(db->sqlite, code));
  if (err != NULL) {
    err->native_kind = NT_NATIVE_SQLITE;
    err->native = code;
  }
  nt_hint(err, "%s", hint_for(db->kind, status));
  nt_hint_shortage(err, status);
  return status;
}

nt_status nt_db_fail(struct nt_db *db, struct nt_error *err) {
  return nt_db_fail_with(db, sqlite3_extended_errcode(db->sqlite), err);
}
