/*
 * Shared by the files of the journal: the open database and its statements.
 */
#ifndef NT_JOURNAL_INTERNAL_H
#define NT_JOURNAL_INTERNAL_H

#include <sqlite3.h>

#include "../db.h"
#include "../host.h"
#include "journal.h"

#define NT_JOURNAL_PATH_MAX 4096

/* How a piece is stored; the numbers are in the database. */
enum nt__method {
  NT__METHOD_ZEROS = 0, /* nothing */
  NT__METHOD_FILL = 1,  /* one byte, all are like it */
  NT__METHOD_PLAIN = 2,
  NT__METHOD_PACKED = 3 /* by nt__pack() */
};

/* What the pieces of an operation come to, one after the other. */
struct nt__sums {
  uint64_t pieces, bytes, stored;
  uint64_t old, new; /* checksums */
};

/* One row of saved, with the checksums that are in it. */
struct nt__piece {
  uint64_t start;
  size_t length;
  size_t stored; /* bytes that both sides take */
  enum nt__method old_method, new_method;
  uint64_t old_checksum, new_checksum;
  bool checked; /* it was saved with checksums */
};

struct nt_journal {
  sqlite3 *db;
  sqlite3_stmt *rollback;
  struct nt_db_limit limit_of_steps;
  struct nt_file *lock;   /* bytes of this connection's operations */
  struct nt_file *look;   /* to ask for bytes: an open file does not see its own
                             locks */
  int64_t pid;            /* a child of fork must not use it */
  int64_t saving;         /* operation of the save that is under way */
  uint64_t limit;         /* bytes that it may store */
  struct nt__sums sums;   /* so far */
  unsigned char *scratch; /* NT_SAVED_MAX bytes, once it is needed */
  char path[NT_JOURNAL_PATH_MAX];
};

extern const char nt__journal_schema[];
extern const char nt__journal_from_1[];       /* what schema 1 lacks */
extern const char nt__journal_from_2[];       /* what schema 2 lacks */
extern const char nt__journal_from_3[];       /* what schema 3 lacks */
#define NT__JOURNAL_APPLICATION_ID 0x4e544a4c /* "NTJL" */
#define NT__JOURNAL_VERSION 4

/* What SQLite says now, about the journal's file. */
nt_status nt__journal_fail(struct nt_journal *journal, struct nt_error *err);

nt_status nt__journal_prepare(struct nt_journal *journal, const char *sql,
                              sqlite3_stmt **out, struct nt_error *err);
/* Success: there is a row. STATUS_NO_MORE_ENTRIES (err untouched): none. */
nt_status nt__journal_step(struct nt_journal *journal, sqlite3_stmt *stmt,
                           struct nt_error *err);
/* Steps to the end and finalizes; takes a failed prepare's status, too. */
nt_status nt__journal_finish(struct nt_journal *journal, nt_status status,
                             sqlite3_stmt *stmt, struct nt_error *err);

/* One transaction: nt__journal_end() commits after a success and rolls back
 * after anything else. */
nt_status nt__journal_begin(struct nt_journal *journal, struct nt_error *err);
nt_status nt__journal_end(struct nt_journal *journal, nt_status status,
                          struct nt_error *err);

/* Binds parameter ?index. The text must stay until the statement has run. */
void nt__journal_bind_text(sqlite3_stmt *stmt, int index, const char *text);

/* What the table operation has of an operation's saved bytes when there are
 * none (any more). */
#define NT__JOURNAL_NOTHING_SAVED                               \
  "saved_bytes = 0, stored_bytes = 0, pieces = 0, checked = 0," \
  " about_checksum = 0, old_checksum = 0, new_checksum = 0"

/* ---- checksums (check.c) --------------------------------------------------
 */

/* One side of a piece: of operation, place, length, method, side, and bytes.
 * Refused where this system has no library for it. */
nt_status nt__journal_hash_piece(int64_t id, const struct nt__piece *piece,
                                 bool new_side, const unsigned char *bytes,
                                 uint64_t *out, struct nt_error *err);

/* Takes the next piece of an operation into its sums. */
void nt__journal_add(struct nt__sums *sums, const struct nt__piece *piece);

/* What is noted of an operation's identity, in one number. */
nt_status nt__journal_hash_about(struct nt_journal *journal, int64_t id,
                                 uint64_t *out, struct nt_error *err);

/* ---- pieces (saved.c) -----------------------------------------------------
 */

/* Columns in the order of nt__journal_read_piece(); ?1 is the operation. */
#define NT__PIECES                                                    \
  "SELECT start, length, old_method, new_method, saved.old_checksum," \
  " saved.new_checksum, old, new, checked FROM saved"                 \
  " JOIN operation ON operation.id = saved.operation"                 \
  " WHERE saved.operation = ?1 "

/* Reads a row: a value out of its range is refused, and so are bytes that do
 * not fit their checksum. What `out` does not want is not looked at. */
nt_status nt__journal_read_piece(struct nt_journal *journal, int64_t id,
                                 sqlite3_stmt *row, struct nt__piece *piece,
                                 struct nt_saved *out, struct nt_error *err);

/* Whether the process that ran an operation is alive and has the journal open.
 */
bool nt__journal_alive(const struct nt_journal *journal, int64_t id);

#endif
