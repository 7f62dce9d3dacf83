/*
 * Shared by the files of the journal: the open database and its statements.
 */
#ifndef NT_JOURNAL_INTERNAL_H
#define NT_JOURNAL_INTERNAL_H

#include <sqlite3.h>

#include "../host.h"
#include "journal.h"

#define NT_JOURNAL_PATH_MAX 4096

struct nt_journal {
  sqlite3 *db;
  struct nt_file *lock; /* bytes of this connection's operations */
  struct nt_file *look; /* to ask for bytes: an open file does not see its own
                           locks */
  int64_t pid;          /* a child of fork must not use it */
  int64_t saving;       /* operation of the save that is under way */
  uint64_t limit;       /* bytes that it may store */
  uint64_t saved_bytes, stored_bytes; /* so far */
  unsigned char *scratch; /* NT_SAVED_MAX bytes, once it is needed */
  char path[NT_JOURNAL_PATH_MAX];
};

extern const char nt__journal_schema[];
extern const char nt__journal_from_1[];       /* what schema 1 lacks */
extern const char nt__journal_from_2[];       /* what schema 2 lacks */
#define NT__JOURNAL_APPLICATION_ID 0x4e544a4c /* "NTJL" */
#define NT__JOURNAL_VERSION 3

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

/* Binds parameter ?index. */
void nt__journal_bind_text(sqlite3_stmt *stmt, int index, const char *text);
void nt__journal_column(sqlite3_stmt *stmt, int column, char *buf, size_t cap);

/* Whether the process that ran an operation is alive and has the journal open.
 */
bool nt__journal_alive(const struct nt_journal *journal, int64_t id);

#endif
