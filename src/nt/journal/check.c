/*
 * Whether the saved bytes of an operation are still the ones that were saved:
 * how checksums are made, and a check of all of them. Checksums find what time,
 * disks and editors do to a file. Against somebody who may write to it they are
 * no protection; its file modes are.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "row.h"

/* ---- checksums ----------------------------------------------------------- */

static nt_status cannot_hash(struct nt_error *err) {
  nt_refuse_as(err, NT_STATUS_NOT_SUPPORTED, NT_REASON_JOURNAL,
               "this build has no library for the checksums of what is saved");
  nt_hint(err, "use the ntvol of the system that saved it");
  return NT_STATUS_NOT_SUPPORTED;
}

static void put_number(unsigned char *at, uint64_t number) {
  for (int i = 0; i < 8; i++) {
    at[i] = (unsigned char)(number >> 8 * i);
  }
}

/* The numbers are little-endian, so the hash is the same on every system. */
static bool hash_numbers(const uint64_t *numbers, size_t count,
                         uint64_t *hash) {
  unsigned char bytes[64];
  for (size_t i = 0; i < count; i++) {
    put_number(bytes + 8 * i, numbers[i]);
  }
  return nt__hash(bytes, 8 * count, *hash, hash);
}

nt_status nt__journal_hash_piece(int64_t id, const struct nt__piece *piece,
                                 bool new_side, const unsigned char *bytes,
                                 uint64_t *out, struct nt_error *err) {
  enum nt__method method = new_side ? piece->new_method : piece->old_method;
  const uint64_t place[] = {(uint64_t)id, piece->start, piece->length,
                            (uint64_t)method, new_side};
  uint64_t hash = 0;
  if (!hash_numbers(place, sizeof place / sizeof place[0], &hash) ||
      !nt__hash(bytes, piece->length, hash, out)) {
    return cannot_hash(err);
  }
  return NT_STATUS_SUCCESS;
}

void nt__journal_add(struct nt__sums *sums, const struct nt__piece *piece) {
  sums->pieces++;
  sums->bytes += piece->length;
  sums->stored += piece->stored;
  hash_numbers(&piece->old_checksum, 1, &sums->old);
  hash_numbers(&piece->new_checksum, 1, &sums->new);
}

/* A text is hashed with its terminator, so no text runs into the next. */
static bool hash_text(const char *text, uint64_t *hash) {
  return nt__hash(text, strlen(text) + 1, *hash, hash);
}

static bool hash_operation(const struct nt_operation *o, uint64_t *hash) {
  const struct nt_identity *identity = &o->identity;
  const char *const texts[] = {o->plan,          o->machine,
                               o->target,        identity->guid_path,
                               identity->serial, identity->file_system,
                               o->command,       o->program};
  const uint64_t numbers[] = {(uint64_t)o->id,  (uint64_t)o->parent,
                              identity->size,   identity->extent_count,
                              (uint64_t)o->pid, (uint64_t)o->started_us};
  bool done = hash_numbers(numbers, sizeof numbers / sizeof numbers[0], hash);
  for (size_t i = 0; done && i < sizeof texts / sizeof texts[0]; i++) {
    done = hash_text(texts[i], hash);
  }
  for (uint32_t i = 0; done && i < identity->extent_count; i++) {
    const struct nt_extent *extent = &identity->extents[i];
    const uint64_t place[] = {extent->disk, extent->offset, extent->length};
    done = hash_numbers(place, 3, hash);
  }
  return done;
}

nt_status nt__journal_hash_about(struct nt_journal *journal, int64_t id,
                                 uint64_t *out, struct nt_error *err) {
  struct nt_operation *operation = calloc(1, sizeof *operation);
  nt_status status = operation != NULL
                         ? nt_journal_find(journal, id, operation, err)
                         : nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  *out = 0;
  if (nt_ok(status) && !hash_operation(operation, out)) {
    status = cannot_hash(err);
  }
  free(operation);
  return status;
}

/* ---- what the operation noted -------------------------------------------- */

struct noted {
  uint64_t saved_bytes, stored_bytes, pieces, about, old, new;
  bool checked;
};

static nt_status load_noted(struct nt_journal *journal, int64_t id,
                            struct noted *out, struct nt_error *err) {
  struct nt__row row = {
      .journal = journal, .table = "operation", .id = id, .err = err};
  row.status = nt_db_start(
      &journal->db,
      "SELECT saved_bytes, stored_bytes, pieces, checked, about_checksum,"
      " old_checksum, new_checksum FROM operation WHERE id = ?1",
      NT_DB_ARGS(NT_DB_INT(id)), &row.stmt, err);
  if (nt_ok(row.status)) {
    row.status = nt_db_step(&journal->db, row.stmt, err);
  }
  if (nt_ok(row.status)) {
    out->saved_bytes = (uint64_t)nt__row_integer(&row, 0, INT64_MAX);
    out->stored_bytes = (uint64_t)nt__row_integer(&row, 0, INT64_MAX);
    out->pieces = (uint64_t)nt__row_integer(&row, 0, INT64_MAX);
    out->checked = nt__row_integer(&row, 0, 1) != 0;
    out->about = (uint64_t)nt__row_integer(&row, INT64_MIN, INT64_MAX);
    out->old = (uint64_t)nt__row_integer(&row, INT64_MIN, INT64_MAX);
    out->new = (uint64_t)nt__row_integer(&row, INT64_MIN, INT64_MAX);
  }
  sqlite3_reset(row.stmt);
  return row.status;
}

static nt_status damaged(struct nt_journal *journal, int64_t id,
                         const char *what, struct nt_error *err) {
  nt_refuse(err, NT_REASON_JOURNAL_DAMAGED, "%s of operation %lld in %s", what,
            (long long)id, nt_journal_path(journal));
  nt_hint(err,
          "bring the journal back from a backup, or restore the volume from "
          "one");
  return NT_STATUS_FILE_CORRUPT_ERROR;
}

/* Checks the identity of the volume, which must be right before anything else
 * counts. */
static nt_status check_about(struct nt_journal *journal, int64_t id,
                             const struct noted *noted, struct nt_error *err) {
  uint64_t made = 0;
  nt_status status = noted->checked
                         ? nt__journal_hash_about(journal, id, &made, err)
                         : NT_STATUS_SUCCESS;
  if (!nt_ok(status) || made == noted->about) {
    return status;
  }
  damaged(journal, id,
          "operation.about_checksum does not fit what the tables operation and "
          "extent say",
          err);
  nt_hint(err,
          "which volume it was is not certain: bring the journal back from a "
          "backup, or the volume");
  return NT_STATUS_FILE_CORRUPT_ERROR;
}

/* ---- ranges, as a text --------------------------------------------------- */

struct ranges {
  char *text;
  size_t cap, used;
  uint64_t from, to; /* the range that is not in the text yet; to is 0: none */
  unsigned more;     /* ranges for which there was no room */
};

static void close_range(struct ranges *ranges) {
  char text[48];
  if (ranges->to == 0) {
    return;
  }
  size_t length = nt_format_text(text, sizeof text, "%s%" PRIu64 "-%" PRIu64,
                                 ranges->used > 0 ? ", " : "", ranges->from,
                                 ranges->to - 1);
  /* room for " and ... more" */
  if (ranges->used + length + 24 < ranges->cap) {
    ranges->used +=
        nt_copy(ranges->text + ranges->used, ranges->cap - ranges->used, text);
  } else {
    ranges->more++;
  }
  ranges->to = 0;
}

static void add_range(struct ranges *ranges, uint64_t from, uint64_t length) {
  if (ranges->to != from) {
    close_range(ranges);
    ranges->from = from;
  }
  ranges->to = from + length;
}

static void end_ranges(struct ranges *ranges) {
  close_range(ranges);
  if (ranges->more > 0) {
    nt_format_text(ranges->text + ranges->used, ranges->cap - ranges->used,
                   " and %u more", ranges->more);
  }
}

/* ---- all of it ----------------------------------------------------------- */

struct look {
  struct nt_journal *journal;
  int64_t id;
  nt_piece_fn each;
  void *ctx;
  struct nt_saved_check *out;
  struct noted noted;
  struct nt__sums sums;
  struct ranges good, bad;
  uint64_t end;            /* end of the range before */
  struct nt_error problem; /* of this piece */
  char first[300];         /* problem */
  unsigned char *bytes;    /* 2 * NT_SAVED_MAX */
};

/* Returns the words of a problem, without the path before them. */
static const char *words_of(const struct look *look) {
  const char *path = nt_journal_path(look->journal);
  size_t length = strlen(path);
  return strncmp(look->problem.detail, path, length) == 0 &&
                 strncmp(look->problem.detail + length, ": ", 2) == 0
             ? look->problem.detail + length + 2
             : look->problem.detail;
}

static void tell_piece(struct look *look, const struct nt__piece *piece,
                       bool good) {
  struct nt_piece told = {.offset = piece->start,
                          .length = piece->length,
                          .problem = good ? NULL : words_of(look)};
  look->out->there++;
  if (good) {
    look->out->good++;
    add_range(&look->good, piece->start, piece->length);
  } else {
    if (look->first[0] == '\0') {
      nt_copy(look->first, sizeof look->first, told.problem);
    }
    if (piece->length > 0) {
      add_range(&look->bad, piece->start, piece->length);
    }
  }
  if (look->each != NULL) {
    look->each(look->ctx, &told);
  }
}

static bool fits_before(struct look *look, const struct nt__piece *piece) {
  if (piece->start >= look->end) {
    return true;
  }
  nt_format_text(look->problem.detail, sizeof look->problem.detail,
                 "saved.start: offset %" PRIu64 " overlaps the piece before",
                 piece->start);
  return false;
}

/* Looks at one piece. A damaged one is a success, too: the check goes on. */
static nt_status look_at_piece(struct look *look, sqlite3_stmt *row) {
  struct nt_saved saved = {.before = look->bytes,
                           .after = look->bytes + NT_SAVED_MAX};
  struct nt__piece piece = {0};
  memset(&look->problem, 0, sizeof look->problem);
  nt_status status = nt__journal_read_piece(look->journal, look->id, row,
                                            &piece, &saved, &look->problem);
  if (!nt_ok(status) &&
      !nt_because_of(&look->problem, NT_REASON_JOURNAL_DAMAGED)) {
    return status;
  }
  tell_piece(look, &piece, nt_ok(status) && fits_before(look, &piece));
  nt__journal_add(&look->sums, &piece);
  look->end = piece.start + piece.length;
  return NT_STATUS_SUCCESS;
}

static nt_status look_at_all(struct look *look, struct nt_error *err) {
  sqlite3_stmt *stmt;
  struct nt_db *db = &look->journal->db;
  nt_status status = nt__journal_pieces(look->journal, look->id, &stmt, err);
  while (nt_ok(status) && nt_ok(status = nt_db_step(db, stmt, err))) {
    status = look_at_piece(look, stmt);
    if (!nt_ok(status) && err != NULL) {
      nt_error_copy(err, &look->problem);
    }
  }
  sqlite3_reset(stmt);
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

/* Returns the column of which the sum over the pieces is not the one that was
 * noted; NULL: all are right. */
static const char *wrong_sum(const struct look *look) {
  const struct noted *noted = &look->noted;
  const struct nt__sums *sums = &look->sums;
  bool checked = noted->checked;
  return sums->pieces != noted->pieces             ? "operation.pieces"
         : sums->bytes != noted->saved_bytes       ? "operation.saved_bytes"
         : sums->stored != noted->stored_bytes     ? "operation.stored_bytes"
         : (checked ? sums->old : 0) != noted->old ? "operation.old_checksum"
         : (checked ? sums->new : 0) != noted->new ? "operation.new_checksum"
                                                   : NULL;
}

static nt_status judge(struct look *look, struct nt_error *err) {
  const struct nt_saved_check *out = look->out;
  const char *column = wrong_sum(look);
  char what[520];
  if (out->good == out->there && column == NULL) {
    return NT_STATUS_SUCCESS;
  }
  if (out->good < out->there) {
    nt_format_text(what, sizeof what,
                   "%" PRIu64 " of %" PRIu64
                   " saved pieces are damaged: %s; "
                   "damaged bytes: %s; good: %s;",
                   out->there - out->good, out->there, look->first,
                   out->damaged[0] != '\0' ? out->damaged : "not known",
                   out->intact[0] != '\0' ? out->intact : "none");
  } else {
    nt_format_text(what, sizeof what,
                   "%s does not fit the %" PRIu64
                   " pieces that are there "
                   "(%" PRIu64 " were noted); good bytes: %s;",
                   column, out->there, out->noted,
                   out->intact[0] != '\0' ? out->intact : "none");
  }
  return damaged(look->journal, look->id, what, err);
}

nt_status nt_journal_check(struct nt_journal *journal, int64_t id,
                           nt_piece_fn each, void *ctx,
                           struct nt_saved_check *out, struct nt_error *err) {
  memset(out, 0, sizeof *out);
  struct look *look = calloc(1, sizeof *look);
  unsigned char *bytes = look != NULL ? malloc(2 * NT_SAVED_MAX) : NULL;
  if (bytes == NULL) {
    free(look);
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  *look = (struct look){
      .journal = journal, .id = id, .each = each, .ctx = ctx, .out = out};
  look->bytes = bytes;
  look->good = (struct ranges){.text = out->intact, .cap = sizeof out->intact};
  look->bad = (struct ranges){.text = out->damaged, .cap = sizeof out->damaged};
  nt_status status = load_noted(journal, id, &look->noted, err);
  out->noted = look->noted.pieces;
  if (nt_ok(status)) {
    status = check_about(journal, id, &look->noted, err);
  }
  if (nt_ok(status)) {
    status = look_at_all(look, err);
  }
  end_ranges(&look->good);
  end_ranges(&look->bad);
  out->there_bytes = look->sums.bytes;
  status = nt_ok(status) ? judge(look, err) : status;
  free(bytes);
  free(look);
  return status;
}

/* ---- what the volume holds ----------------------------------------------- */

struct comparison {
  struct nt_journal *journal;
  int64_t id;
  nt_read_all_fn read;
  void *ctx;
  bool good_only;
  struct nt__sums sums; /* of what the volume holds */
  unsigned char *saved, *there;
  struct nt_error *err;
};

static nt_status differs(struct comparison *c, uint64_t offset, size_t length) {
  return nt_refuse_as(c->err, NT_STATUS_DEVICE_DATA_ERROR, NT_REASON_VERIFY,
                      "the %zu bytes of the volume at offset %" PRIu64
                      " are not what was written back",
                      length, offset);
}

static nt_status compare_piece(struct comparison *c, struct nt__piece *piece) {
  uint64_t made = 0;
  NT_TRY(c->read(c->ctx, piece->start, c->there, piece->length, c->err));
  if (piece->checked) {
    NT_TRY(
        nt__journal_hash_piece(c->id, piece, false, c->there, &made, c->err));
  }
  bool same = piece->checked ? made == piece->old_checksum
                             : memcmp(c->there, c->saved, piece->length) == 0;
  if (!same) {
    return differs(c, piece->start, piece->length);
  }
  piece->old_checksum = made;
  nt__journal_add(&c->sums, piece);
  return NT_STATUS_SUCCESS;
}

static nt_status compare_row(struct comparison *c, sqlite3_stmt *row) {
  struct nt_saved saved = {.before = c->saved};
  struct nt__piece piece = {0};
  struct nt_error problem = {0};
  nt_status status =
      nt__journal_read_piece(c->journal, c->id, row, &piece, &saved, &problem);
  if (nt_ok(status)) {
    return compare_piece(c, &piece);
  }
  if (c->good_only && nt_because_of(&problem, NT_REASON_JOURNAL_DAMAGED)) {
    return NT_STATUS_SUCCESS;
  }
  *c->err = problem;
  return status;
}

static nt_status compare_all(struct comparison *c) {
  sqlite3_stmt *stmt;
  struct noted noted = {0};
  NT_TRY(load_noted(c->journal, c->id, &noted, c->err));
  nt_status status = nt__journal_pieces(c->journal, c->id, &stmt, c->err);
  while (nt_ok(status) &&
         nt_ok(status = nt_db_step(&c->journal->db, stmt, c->err))) {
    status = compare_row(c, stmt);
  }
  sqlite3_reset(stmt);
  status = status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
  if (nt_ok(status) && !c->good_only && noted.checked &&
      (c->sums.old != noted.old || c->sums.pieces != noted.pieces)) {
    status =
        nt_refuse_as(c->err, NT_STATUS_DEVICE_DATA_ERROR, NT_REASON_VERIFY,
                     "what the volume holds does not fit the checksum of all "
                     "that was saved");
  }
  return status;
}

nt_status nt_journal_matches(struct nt_journal *journal, int64_t id,
                             nt_read_all_fn read, void *ctx, bool good_only,
                             struct nt_error *err) {
  struct comparison c = {.journal = journal,
                         .id = id,
                         .read = read,
                         .ctx = ctx,
                         .good_only = good_only,
                         .err = err};
  c.saved = malloc(2 * NT_SAVED_MAX);
  if (c.saved == NULL) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  c.there = c.saved + NT_SAVED_MAX;
  nt_status status = compare_all(&c);
  free(c.saved);
  return status;
}
