/*
 * Loading a row of journal.db. The file may come from anybody, and its CHECKs
 * bind only a program that writes by SQLite's rules. So each value is checked
 * here.
 */
#ifndef NT_JOURNAL_ROW_H
#define NT_JOURNAL_ROW_H

#include "internal.h"

/* The end of the year 9999, microseconds since 1970. */
#define NT__JOURNAL_LATEST INT64_C(253402300799999999)

/* A row that is being loaded. After the first value that is refused, all others
 * are 0 and empty; `status` tells it at the end. */
struct nt__row {
  struct nt_journal *journal;
  sqlite3_stmt *stmt;
  const char *table;
  int64_t id; /* number of the operation, for messages */
  struct nt_error *err;
  nt_status status;
  int next; /* number of the next column */
};

/* Returns the value of the next column. */
int64_t nt__row_integer(struct nt__row *row, int64_t low, int64_t high);
void nt__row_text(struct nt__row *row, char *buf, size_t cap);
/* Returns the bytes of the next column, at most `most`; they are valid until
 * the statement goes on. */
const unsigned char *nt__row_blob(struct nt__row *row, size_t most,
                                  size_t *length);

/* Refuses the row because its values contradict each other. The text says
 * which. */
void nt__row_refuse(struct nt__row *row, const char *fmt, ...) NT_PRINTF(2, 3);

#endif
