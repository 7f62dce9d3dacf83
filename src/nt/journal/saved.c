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
    journal->scratch = malloc((size_t)2 * NT_SAVED_MAX);
    status = journal->scratch == NULL ? nt_fail(err, NT_STATUS_NO_MEMORY, NULL)
                                      : status;
  }
  return nt_ok(status) ? nt_db_begin(&journal->db, err) : status;
}

static bool uniform(const unsigned char *bytes, size_t length) {
  return length == 0 || memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* The bytes of one side, as they are stored. */
struct stored {
  enum nt__method method;
  const void *blob;
  size_t length;
};

static struct stored store(const unsigned char *bytes, size_t length,
                           unsigned char *scratch) {
  if (uniform(bytes, length)) {
    bool zeros = bytes[0] == 0;
    return (struct stored){zeros ? NT__METHOD_ZEROS : NT__METHOD_FILL, bytes,
                           zeros ? 0 : 1};
  }
  size_t packed = nt__pack(bytes, length, scratch, NT_SAVED_MAX);
  return packed > 0 ? (struct stored){NT__METHOD_PACKED, scratch, packed}
                    : (struct stored){NT__METHOD_PLAIN, bytes, length};
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

nt_status nt_journal_save(struct nt_journal *journal, uint64_t offset,
                          const void *before, const void *after, size_t length,
                          struct nt_error *err) {
  int64_t id = journal->saving;
  struct stored old = store(before, length, journal->scratch);
  struct stored new = store(after, length, journal->scratch + NT_SAVED_MAX);
  struct nt__piece piece = {.start = offset,
                            .length = length,
                            .stored = old.length + new.length,
                            .old_method = old.method,
                            .new_method = new.method};
  NT_TRY(nt__journal_hash_piece(id, &piece, false, before, &piece.old_checksum,
                                err));
  NT_TRY(nt__journal_hash_piece(id, &piece, true, after, &piece.new_checksum,
                                err));
  nt__journal_add(&journal->sums, &piece);
  NT_TRY(check_limit(journal, err));
  return nt_db_run(
      &journal->db,
      "INSERT INTO saved VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      NT_DB_ARGS(NT_DB_INT(id), NT_DB_INT(offset), NT_DB_INT(length),
                 NT_DB_INT(old.method), NT_DB_INT(new.method),
                 NT_DB_INT(piece.old_checksum), NT_DB_INT(piece.new_checksum),
                 NT_DB_BLOB(old.blob, old.length),
                 NT_DB_BLOB(new.blob, new.length)),
      err);
}

static nt_status note_sums(struct nt_journal *journal, struct nt_error *err) {
  const struct nt__sums *sums = &journal->sums;
  uint64_t about = 0;
  NT_TRY(nt__journal_hash_about(journal, journal->saving, &about, err));
  return nt_db_run(
      &journal->db,
      "UPDATE operation SET saved_bytes = ?2, stored_bytes = ?3, pieces = ?4,"
      " checked = 1, about_checksum = ?5, old_checksum = ?6,"
      " new_checksum = ?7 WHERE id = ?1",
      NT_DB_ARGS(NT_DB_INT(journal->saving), NT_DB_INT(sums->bytes),
                 NT_DB_INT(sums->stored), NT_DB_INT(sums->pieces),
                 NT_DB_INT(about), NT_DB_INT(sums->old), NT_DB_INT(sums->new)),
      err);
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

/* The columns, in the order of nt__journal_read_piece(). */
#define PIECES                                                        \
  "SELECT start, length, old_method, new_method, saved.old_checksum," \
  " saved.new_checksum, old, new, checked FROM saved"                 \
  " JOIN operation ON operation.id = saved.operation"                 \
  " WHERE saved.operation = ?1 "

nt_status nt__journal_pieces(struct nt_journal *journal, int64_t id,
                             sqlite3_stmt **out, struct nt_error *err) {
  return nt_db_start(&journal->db, PIECES "ORDER BY start",
                     NT_DB_ARGS(NT_DB_INT(id)), out, err);
}

nt_status nt_journal_next_saved(struct nt_journal *journal, int64_t id,
                                uint64_t *cursor, struct nt_saved *out,
                                struct nt_error *err) {
  struct nt__piece piece = {0};
  sqlite3_stmt *stmt;
  NT_TRY(nt_db_start(&journal->db,
                     PIECES "AND start >= ?2 AND typeof(start) = 'integer'"
                            " ORDER BY start LIMIT 1",
                     NT_DB_ARGS(NT_DB_INT(id), NT_DB_INT(*cursor)), &stmt,
                     err));
  nt_status status = nt_db_step(&journal->db, stmt, err);
  if (nt_ok(status)) {
    status = nt__journal_read_piece(journal, id, stmt, &piece, out, err);
    *cursor = piece.start + (nt_ok(status) ? piece.length : 1);
  }
  sqlite3_reset(stmt);
  return status;
}
