/*
 * Shared by the files of the journal: the open database and its statements.
 */
#ifndef NT_JOURNAL_INTERNAL_H
#define NT_JOURNAL_INTERNAL_H

#include "../db.h"
#include "../host.h"
#include "journal.h"

#define NT_JOURNAL_PATH_MAX 4096

/* How a piece is stored; the numbers are in the database. */
enum nt__method {
  NT__METHOD_ZEROS = 0, /* nothing */
  NT__METHOD_FILL = 1,  /* one byte: all bytes are like it */
  NT__METHOD_PLAIN = 2,
  NT__METHOD_PACKED = 3 /* by nt__pack() */
};

/* The sums over the pieces of an operation, in their order. */
struct nt__sums {
  uint64_t pieces, bytes, stored;
  uint64_t old, new; /* checksums */
};

/* One row of saved, with the checksums that are in it. */
struct nt__piece {
  uint64_t start;
  size_t length;
  size_t stored; /* bytes that both sides take in the journal */
  enum nt__method old_method, new_method;
  uint64_t old_checksum, new_checksum;
  bool checked; /* it was saved with checksums */
};

struct nt_journal {
  struct nt_db db;
  struct nt_file *lock;   /* bytes of this connection's operations; NULL in
                             memory, as `look` is */
  struct nt_file *look;   /* to ask whether bytes are locked: an open file does
                             not see its own locks */
  int64_t saving;         /* the operation that is being saved */
  uint64_t limit;         /* bytes that it may store */
  struct nt__sums sums;   /* the sums of the save so far */
  unsigned char *scratch; /* NT_SAVED_MAX bytes for each side, made when
                             needed */
  char path[NT_JOURNAL_PATH_MAX];
};

extern const char nt__journal_schema[];
extern const char nt__journal_from_1[];       /* what schema 1 lacks */
extern const char nt__journal_from_2[];       /* what schema 2 lacks */
extern const char nt__journal_from_3[];       /* what schema 3 lacks */
#define NT__JOURNAL_APPLICATION_ID 0x4e544a4c /* "NTJL" */
#define NT__JOURNAL_VERSION 4

/* Ends a transaction that nt_db_begin() began: commits after a success and
 * rolls back after anything else. */
nt_status nt__journal_end(struct nt_journal *journal, nt_status status,
                          struct nt_error *err);

/* The columns of the table operation when an operation has no saved bytes, or
 * none any more. */
#define NT__JOURNAL_NOTHING_SAVED                               \
  "saved_bytes = 0, stored_bytes = 0, pieces = 0, checked = 0," \
  " about_checksum = 0, old_checksum = 0, new_checksum = 0"

/* ---- checksums (check.c) --------------------------------------------------
 */

/* The checksum of one side of a piece: of operation, place, length, method,
 * side, and bytes. Refused on a system that has no library for it. */
nt_status nt__journal_hash_piece(int64_t id, const struct nt__piece *piece,
                                 bool new_side, const unsigned char *bytes,
                                 uint64_t *out, struct nt_error *err);

/* Adds the next piece of an operation to its sums. */
void nt__journal_add(struct nt__sums *sums, const struct nt__piece *piece);

/* The checksum of the identity that is noted for an operation. */
nt_status nt__journal_hash_about(struct nt_journal *journal, int64_t id,
                                 uint64_t *out, struct nt_error *err);

/* ---- pieces (saved.c) -----------------------------------------------------
 */

/* Starts reading all pieces of an operation by their place, whatever the column
 * for it holds. Each row is one for nt__journal_read_piece(). */
nt_status nt__journal_pieces(struct nt_journal *journal, int64_t id,
                             sqlite3_stmt **out, struct nt_error *err);

/* Reads a row. A value out of its range is refused, and so are bytes that do
 * not fit their checksum. A side that `out` does not want is not read. */
nt_status nt__journal_read_piece(struct nt_journal *journal, int64_t id,
                                 sqlite3_stmt *row, struct nt__piece *piece,
                                 struct nt_saved *out, struct nt_error *err);

/* Whether the process that ran an operation is alive and has the journal open.
 */
bool nt__journal_alive(struct nt_journal *journal, int64_t id);

/* Whether the journal is in memory: it has no files, and no locks. */
bool nt__journal_in_memory(const struct nt_journal *journal);

/* Adds the functions that statements of list.c call. */
nt_status nt__journal_add_functions(struct nt_journal *journal,
                                    struct nt_error *err);

#endif
