/* The rows of a table as they were when they were last found all right: what
 * has not changed since needs no second look. */
#ifndef NT_SIM_DB_SEEN_H
#define NT_SIM_DB_SEEN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

struct sim_seen {
  unsigned char *bytes; /* of all rows, one after the other */
  size_t used, room;
  bool known; /* `bytes` is the whole table, and all of it was all right */
  size_t at;  /* so far, of the rows that are there now */
  bool same;  /* they are those that were there */
  bool lost;  /* too much to be kept */
};

/* Begins to read the table. */
void nt__sim_seen_begin(struct sim_seen *seen);
/* The next row, on which `stmt` stands. Answers whether it is the one that was
 * there, as all before it are. */
bool nt__sim_seen_row(struct sim_seen *seen, sqlite3_stmt *stmt);
/* There is no other row: whether the table is what it was is in `same`. */
void nt__sim_seen_end(struct sim_seen *seen);

#endif
