/*
 * Bytes of a volume in the journal: those that were there before an operation,
 * and those that the operation wrote, so that an undo can see whether they are
 * still there. Most pieces are one byte repeated, and take no room.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "row.h"

/* ---- writing ------------------------------------------------------------- */

nt_status nt_journal_save_begin(struct nt_journal *journal, int64_t id,
                                uint64_t limit, struct nt_error *err) {
  journal->saving = id;
  journal->limit = limit;
  memset(&journal->sums, 0, sizeof journal->sums);
  nt_status status = NT_STATUS_SUCCESS;
  if (journal->scratch == NULL) {
    journal->scratch = malloc(NT_SAVED_MAX);
    status = journal->scratch == NULL ? nt_fail(err, NT_STATUS_NO_MEMORY, NULL)
                                      : status;
  }
  return nt_ok(status) ? nt__journal_begin(journal, err) : status;
}

static bool uniform(const unsigned char *bytes, size_t length) {
  return length == 0 || memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* Binds method and blob, and counts what they take. Without memory for a copy
 * SQLite would store NULL; *bound is false then. */
static enum nt__method bind_piece(struct nt_journal *j, sqlite3_stmt *stmt,
                                  int method_at, int blob_at,
                                  const unsigned char *bytes, size_t length,
                                  size_t *taken, bool *bound) {
  enum nt__method method = NT__METHOD_PLAIN;
  size_t stored = length;
  const void *blob = bytes;
  if (uniform(bytes, length)) {
    method = bytes[0] == 0 ? NT__METHOD_ZEROS : NT__METHOD_FILL;
    stored = method == NT__METHOD_FILL;
  } else {
    size_t packed = nt__pack(bytes, length, j->scratch, NT_SAVED_MAX);
    if (packed > 0) {
      method = NT__METHOD_PACKED;
      stored = packed;
      blob = j->scratch;
    }
  }
  sqlite3_bind_int(stmt, method_at, (int)method);
  *bound = *bound && sqlite3_bind_blob(stmt, blob_at, blob, (int)stored,
                                       SQLITE_TRANSIENT) == SQLITE_OK;
  *taken += stored;
  return method;
}

static nt_status check_limit(struct nt_journal *j, struct nt_error *err) {
  if (j->sums.stored <= j->limit) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(err, NT_REASON_UNDO_LIMIT,
                   "what has to be saved for an undo takes more than %" PRIu64
                   " bytes",
                   j->limit);
}

static nt_status bind_checksums(struct nt_journal *j, sqlite3_stmt *stmt,
                                struct nt__piece *piece, const void *before,
                                const void *after, struct nt_error *err) {
  nt_status status = nt__journal_hash_piece(j->saving, piece, false, before,
                                            &piece->old_checksum, err);
  if (nt_ok(status)) {
    status = nt__journal_hash_piece(j->saving, piece, true, after,
                                    &piece->new_checksum, err);
  }
  sqlite3_bind_int64(stmt, 6, (int64_t)piece->old_checksum);
  sqlite3_bind_int64(stmt, 7, (int64_t)piece->new_checksum);
  return status;
}

nt_status nt_journal_save(struct nt_journal *journal, uint64_t offset,
                          const void *before, const void *after, size_t length,
                          struct nt_error *err) {
  struct nt__piece piece = {.start = offset, .length = length};
  sqlite3_stmt *stmt;
  nt_status status = nt__journal_prepare(
      journal, "INSERT INTO saved VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      &stmt, err);
  if (!nt_ok(status)) {
    return status;
  }
  sqlite3_bind_int64(stmt, 1, journal->saving);
  sqlite3_bind_int64(stmt, 2, (int64_t)offset);
  sqlite3_bind_int64(stmt, 3, (int64_t)length);
  bool bound = true;
  piece.old_method =
      bind_piece(journal, stmt, 4, 8, before, length, &piece.stored, &bound);
  piece.new_method =
      bind_piece(journal, stmt, 5, 9, after, length, &piece.stored, &bound);
  status = bound ? bind_checksums(journal, stmt, &piece, before, after, err)
                 : nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  if (nt_ok(status)) {
    nt__journal_add(&journal->sums, &piece);
    status = check_limit(journal, err);
  }
  if (!nt_ok(status)) {
    sqlite3_finalize(stmt);
    return status;
  }
  return nt__journal_finish(journal, status, stmt, err);
}

static nt_status note_sums(struct nt_journal *journal, struct nt_error *err) {
  const struct nt__sums *sums = &journal->sums;
  uint64_t about = 0;
  sqlite3_stmt *stmt;
  nt_status status =
      nt__journal_hash_about(journal, journal->saving, &about, err);
  if (nt_ok(status)) {
    status = nt__journal_prepare(
        journal,
        "UPDATE operation SET saved_bytes = ?2, stored_bytes = ?3, pieces = ?4,"
        " checked = 1, about_checksum = ?5, old_checksum = ?6,"
        " new_checksum = ?7 WHERE id = ?1",
        &stmt, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  sqlite3_bind_int64(stmt, 1, journal->saving);
  sqlite3_bind_int64(stmt, 2, (int64_t)sums->bytes);
  sqlite3_bind_int64(stmt, 3, (int64_t)sums->stored);
  sqlite3_bind_int64(stmt, 4, (int64_t)sums->pieces);
  sqlite3_bind_int64(stmt, 5, (int64_t)about);
  sqlite3_bind_int64(stmt, 6, (int64_t)sums->old);
  sqlite3_bind_int64(stmt, 7, (int64_t)sums->new);
  return nt__journal_finish(journal, status, stmt, err);
}

nt_status nt_journal_save_end(struct nt_journal *journal, nt_status status,
                              struct nt_error *err) {
  if (nt_ok(status)) {
    status = note_sums(journal, err);
  }
  return nt__journal_end(journal, status, err);
}

/* ---- reading ------------------------------------------------------------- */

static bool expand(enum nt__method method, const void *blob, size_t stored,
                   unsigned char *out, size_t length) {
  switch (method) {
    case NT__METHOD_ZEROS:
      memset(out, 0, length);
      return stored == 0;
    case NT__METHOD_FILL:
      if (stored == 1) {
        memset(out, *(const unsigned char *)blob, length);
      }
      return stored == 1;
    case NT__METHOD_PLAIN:
      if (stored == length) {
        memcpy(out, blob, length);
      }
      return stored == length;
    case NT__METHOD_PACKED:
      return nt__unpack(blob, stored, out, length);
  }
  return false;
}

/* Loads the numbers of a piece, and trusts none of them. */
static void load_piece(struct nt__row *row, struct nt__piece *piece) {
  memset(piece, 0, sizeof *piece);
  piece->start = (uint64_t)nt__row_integer(row, 0, INT64_MAX);
  piece->length = (size_t)nt__row_integer(row, 1, NT_SAVED_MAX);
  piece->old_method = (enum nt__method)nt__row_integer(row, NT__METHOD_ZEROS,
                                                       NT__METHOD_PACKED);
  piece->new_method = (enum nt__method)nt__row_integer(row, NT__METHOD_ZEROS,
                                                       NT__METHOD_PACKED);
  piece->old_checksum = (uint64_t)nt__row_integer(row, INT64_MIN, INT64_MAX);
  piece->new_checksum = (uint64_t)nt__row_integer(row, INT64_MIN, INT64_MAX);
  if (piece->length > INT64_MAX - piece->start) {
    nt__row_refuse(row, "start %" PRIu64 " and length %zu pass all volumes",
                   piece->start, piece->length);
  }
}

struct side {
  const unsigned char *blob;
  size_t stored;
  bool is_new;
};

/* Loads the bytes of one side, and checks them against the checksum. Bytes that
 * an older version saved have no checksum, and must have none. */
static void load_side(struct nt__row *row, const struct nt__piece *piece,
                      const struct side *side, unsigned char *out) {
  enum nt__method method = side->is_new ? piece->new_method : piece->old_method;
  uint64_t noted = side->is_new ? piece->new_checksum : piece->old_checksum;
  const char *name = side->is_new ? "new" : "old";
  uint64_t made = 0;
  if (!nt_ok(row->status)) {
    return;
  }
  errno = 0;
  if (!expand(method, side->blob, side->stored, out, piece->length)) {
    if (errno == ENOMEM) {
      row->status = nt_fail(row->err, NT_STATUS_NO_MEMORY, NULL);
      return;
    }
    nt__row_refuse(row, "%s at offset %" PRIu64 " cannot be unpacked", name,
                   piece->start);
    return;
  }
  if (piece->checked) {
    row->status = nt__journal_hash_piece(row->id, piece, side->is_new, out,
                                         &made, row->err);
  }
  if (nt_ok(row->status) && made != noted) {
    nt__row_refuse(row,
                   "%s at offset %" PRIu64
                   ", %zu bytes, does not fit "
                   "%s_checksum",
                   name, piece->start, piece->length, name);
  }
}

nt_status nt__journal_read_piece(struct nt_journal *journal, int64_t id,
                                 sqlite3_stmt *stmt, struct nt__piece *piece,
                                 struct nt_saved *out, struct nt_error *err) {
  struct nt__row row = {
      .journal = journal, .stmt = stmt, .table = "saved", .id = id, .err = err};
  struct side old = {.is_new = false}, new = {.is_new = true};
  load_piece(&row, piece);
  old.blob = nt__row_blob(&row, NT_SAVED_MAX, &old.stored);
  new.blob = nt__row_blob(&row, NT_SAVED_MAX, &new.stored);
  piece->checked = nt__row_integer(&row, 0, 1) != 0;
  piece->stored = old.stored + new.stored;
  out->offset = piece->start;
  out->length = piece->length;
  if (out->before != NULL) {
    load_side(&row, piece, &old, out->before);
  }
  if (out->after != NULL) {
    load_side(&row, piece, &new, out->after);
  }
  return row.status;
}

nt_status nt_journal_next_saved(struct nt_journal *journal, int64_t id,
                                uint64_t *cursor, struct nt_saved *out,
                                struct nt_error *err) {
  struct nt__piece piece = {0};
  sqlite3_stmt *stmt;
  nt_status status =
      nt__journal_prepare(journal,
                          NT__PIECES
                          "AND start >= ?2 AND typeof(start) = 'integer'"
                          " ORDER BY start LIMIT 1",
                          &stmt, err);
  if (nt_ok(status)) {
    sqlite3_bind_int64(stmt, 1, id);
    sqlite3_bind_int64(stmt, 2, (int64_t)*cursor);
    status = nt__journal_step(journal, stmt, err);
  }
  if (nt_ok(status)) {
    status = nt__journal_read_piece(journal, id, stmt, &piece, out, err);
    *cursor = piece.start + (nt_ok(status) ? piece.length : 1);
  }
  sqlite3_finalize(stmt);
  return status;
}
