/*
 * Bytes of a volume in the journal: what was there before an operation, and
 * what the operation wrote, so that an undo can see whether that is still
 * there. Most pieces are one byte over and over, and cost nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "pack.h"

/* How a piece is stored; the numbers are in the database. */
enum method {
  METHOD_ZEROS = 0, /* nothing */
  METHOD_FILL = 1,  /* one byte, all are like it */
  METHOD_PLAIN = 2,
  METHOD_PACKED = 3 /* by nt__pack() */
};

/* ---- writing ------------------------------------------------------------- */

nt_status nt_journal_save_begin(struct nt_journal *journal, int64_t id,
                                uint64_t limit, struct nt_error *err) {
  journal->saving = id;
  journal->limit = limit;
  journal->saved_bytes = journal->stored_bytes = 0;
  nt_status status = NT_STATUS_SUCCESS;
  if (journal->scratch == NULL) {
    journal->scratch = malloc(NT_SAVED_MAX);
    status = journal->scratch == NULL
                 ? nt_fail(err, NT_STATUS_NO_MEMORY, NULL, NULL)
                 : status;
  }
  return nt_ok(status) ? nt__journal_begin(journal, err) : status;
}

static bool uniform(const unsigned char *bytes, size_t length) {
  return length == 0 || memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* Binds method and blob, and counts what they take. */
static void bind_piece(struct nt_journal *j, sqlite3_stmt *stmt, int method_at,
                       int blob_at, const unsigned char *bytes, size_t length) {
  enum method method = METHOD_PLAIN;
  size_t stored = length;
  const void *blob = bytes;
  if (uniform(bytes, length)) {
    method = bytes[0] == 0 ? METHOD_ZEROS : METHOD_FILL;
    stored = method == METHOD_FILL;
  } else {
    size_t packed = nt__pack(bytes, length, j->scratch, NT_SAVED_MAX);
    if (packed > 0) {
      method = METHOD_PACKED;
      stored = packed;
      blob = j->scratch;
    }
  }
  sqlite3_bind_int(stmt, method_at, (int)method);
  sqlite3_bind_blob(stmt, blob_at, blob, (int)stored, SQLITE_TRANSIENT);
  j->stored_bytes += stored;
}

static nt_status check_limit(struct nt_journal *j, struct nt_error *err) {
  if (j->stored_bytes <= j->limit) {
    return NT_STATUS_SUCCESS;
  }
  return nt_fail(err, NT_STATUS_INVALID_PARAMETER, "undo_limit",
                 "what has to be saved for an undo takes more than %" PRIu64
                 " bytes",
                 j->limit);
}

nt_status nt_journal_save(struct nt_journal *journal, uint64_t offset,
                          const void *before, const void *after, size_t length,
                          struct nt_error *err) {
  sqlite3_stmt *stmt;
  nt_status status = nt__journal_prepare(
      journal, "INSERT INTO saved VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", &stmt,
      err);
  if (!nt_ok(status)) {
    return status;
  }
  sqlite3_bind_int64(stmt, 1, journal->saving);
  sqlite3_bind_int64(stmt, 2, (int64_t)offset);
  sqlite3_bind_int64(stmt, 3, (int64_t)length);
  bind_piece(journal, stmt, 4, 6, before, length);
  bind_piece(journal, stmt, 5, 7, after, length);
  status = check_limit(journal, err);
  if (!nt_ok(status)) {
    sqlite3_finalize(stmt);
    return status;
  }
  journal->saved_bytes += length;
  return nt__journal_finish(journal, status, stmt, err);
}

static nt_status note_sizes(struct nt_journal *journal, struct nt_error *err) {
  sqlite3_stmt *stmt;
  nt_status status = nt__journal_prepare(
      journal,
      "UPDATE operation SET saved_bytes = ?2, stored_bytes = ?3 WHERE id = ?1",
      &stmt, err);
  if (!nt_ok(status)) {
    return status;
  }
  sqlite3_bind_int64(stmt, 1, journal->saving);
  sqlite3_bind_int64(stmt, 2, (int64_t)journal->saved_bytes);
  sqlite3_bind_int64(stmt, 3, (int64_t)journal->stored_bytes);
  return nt__journal_finish(journal, status, stmt, err);
}

nt_status nt_journal_save_end(struct nt_journal *journal, nt_status status,
                              struct nt_error *err) {
  if (nt_ok(status)) {
    status = note_sizes(journal, err);
  }
  return nt__journal_end(journal, status, err);
}

/* ---- reading ------------------------------------------------------------- */

static bool expand(enum method method, const void *blob, size_t stored,
                   unsigned char *out, size_t length) {
  switch (method) {
    case METHOD_ZEROS:
      memset(out, 0, length);
      return true;
    case METHOD_FILL:
      if (stored == 1) {
        memset(out, *(const unsigned char *)blob, length);
      }
      return stored == 1;
    case METHOD_PLAIN:
      if (stored == length) {
        memcpy(out, blob, length);
      }
      return stored == length;
    case METHOD_PACKED:
      return nt__unpack(blob, stored, out, length);
  }
  return false;
}

static nt_status read_piece(struct nt_journal *journal, sqlite3_stmt *row,
                            int method_at, int blob_at, unsigned char *out,
                            const struct nt_saved *saved,
                            struct nt_error *err) {
  if (out == NULL ||
      expand((enum method)sqlite3_column_int(row, method_at),
             sqlite3_column_blob(row, blob_at),
             (size_t)sqlite3_column_bytes(row, blob_at), out, saved->length)) {
    return NT_STATUS_SUCCESS;
  }
  return nt_fail(err, NT_STATUS_FILE_CORRUPT_ERROR, "journal",
                 "%s: what is saved of offset %" PRIu64 " cannot be read",
                 nt_journal_path(journal), saved->offset);
}

static nt_status read_row(struct nt_journal *journal, sqlite3_stmt *row,
                          struct nt_saved *out, struct nt_error *err) {
  int64_t length = sqlite3_column_int64(row, 1);
  out->offset = (uint64_t)sqlite3_column_int64(row, 0);
  if (length <= 0 || (uint64_t)length > NT_SAVED_MAX) {
    return nt_fail(err, NT_STATUS_FILE_CORRUPT_ERROR, "journal",
                   "%s: a saved range has %lld bytes", nt_journal_path(journal),
                   (long long)length);
  }
  out->length = (size_t)length;
  nt_status status = read_piece(journal, row, 2, 4, out->before, out, err);
  return nt_ok(status) ? read_piece(journal, row, 3, 5, out->after, out, err)
                       : status;
}

nt_status nt_journal_next_saved(struct nt_journal *journal, int64_t id,
                                uint64_t *cursor, struct nt_saved *out,
                                struct nt_error *err) {
  sqlite3_stmt *stmt;
  nt_status status = nt__journal_prepare(
      journal,
      "SELECT start, length, old_method, new_method, old, new FROM saved"
      " WHERE operation = ?1 AND start >= ?2 ORDER BY start LIMIT 1",
      &stmt, err);
  if (nt_ok(status)) {
    sqlite3_bind_int64(stmt, 1, id);
    sqlite3_bind_int64(stmt, 2, (int64_t)*cursor);
    status = nt__journal_step(journal, stmt, err);
  }
  if (nt_ok(status)) {
    status = read_row(journal, stmt, out, err);
  }
  sqlite3_finalize(stmt);
  if (nt_ok(status)) {
    *cursor = out->offset + out->length;
  }
  return status;
}
