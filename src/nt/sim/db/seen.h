/* The rows of a table as they were when they were last found good. What has not
 * changed since needs no second check. */
#ifndef NT_SIM_DB_SEEN_H
#define NT_SIM_DB_SEEN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

struct sim_seen {
  unsigned char *bytes; /* of all rows, one after the other */
  size_t used, room;
  bool known; /* `bytes` is the whole table, and it was good */
  size_t at;  /* how far the present rows have been read */
  bool same;  /* so far, they are the same */
  bool lost;  /* there is too much to be kept */
};

/* Begins a comparison: the table is read from its start. */
void nt__sim_seen_begin(struct sim_seen *seen);
/* Compares the row that `stmt` is on. Returns whether it is the one that was
 * there, as all before it are. */
bool nt__sim_seen_row(struct sim_seen *seen, sqlite3_stmt *stmt);
/* Called after the last row. `same` then says whether the table is what it was.
 */
void nt__sim_seen_end(struct sim_seen *seen);

#endif
