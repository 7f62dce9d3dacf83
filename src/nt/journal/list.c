/*
 * Reading the journal, and forgetting what is old.
 */
#include <string.h>

#include "internal.h"

/* ---- operations ---------------------------------------------------------- */

/* Columns in the order of read_operation(). */
#define COLUMNS                                                             \
  "SELECT id, parent, plan, machine, target, guid_path, serial,"            \
  " file_system, size, command, pid, program, started_us, ended_us, state," \
  " message, saved_bytes, stored_bytes, unsaved FROM operation "

static void read_operation(sqlite3_stmt *row, struct nt_operation *out) {
  out->id = sqlite3_column_int64(row, 0);
  out->parent = sqlite3_column_int64(row, 1);
  nt__journal_column(row, 2, out->plan, sizeof out->plan);
  nt__journal_column(row, 3, out->machine, sizeof out->machine);
  nt__journal_column(row, 4, out->target, sizeof out->target);
  nt__journal_column(row, 5, out->identity.guid_path,
                     sizeof out->identity.guid_path);
  nt__journal_column(row, 6, out->identity.serial, sizeof out->identity.serial);
  nt__journal_column(row, 7, out->identity.file_system,
                     sizeof out->identity.file_system);
  out->identity.size = (uint64_t)sqlite3_column_int64(row, 8);
  nt__journal_column(row, 9, out->command, sizeof out->command);
  out->pid = sqlite3_column_int64(row, 10);
  nt__journal_column(row, 11, out->program, sizeof out->program);
  out->started_us = sqlite3_column_int64(row, 12);
  out->ended_us = sqlite3_column_int64(row, 13);
  nt__journal_column(row, 14, out->state, sizeof out->state);
  nt__journal_column(row, 15, out->message, sizeof out->message);
  out->saved_bytes = (uint64_t)sqlite3_column_int64(row, 16);
  out->stored_bytes = (uint64_t)sqlite3_column_int64(row, 17);
  out->unsaved = sqlite3_column_int(row, 18) != 0;
}

static nt_status read_extents(struct nt_journal *journal,
                              struct nt_operation *out, struct nt_error *err) {
  sqlite3_stmt *stmt;
  struct nt_identity *identity = &out->identity;
  nt_status status = nt__journal_prepare(
      journal,
      "SELECT disk, start, length FROM extent WHERE operation = ?1"
      " ORDER BY ordinal",
      &stmt, err);
  if (!nt_ok(status)) {
    return status;
  }
  sqlite3_bind_int64(stmt, 1, out->id);
  while (identity->extent_count < NT_MAX_EXTENTS &&
         nt_ok(status = nt__journal_step(journal, stmt, err))) {
    struct nt_extent *extent = &identity->extents[identity->extent_count++];
    extent->disk = (uint32_t)sqlite3_column_int64(stmt, 0);
    extent->offset = (uint64_t)sqlite3_column_int64(stmt, 1);
    extent->length = (uint64_t)sqlite3_column_int64(stmt, 2);
  }
  return nt__journal_finish(journal, status, stmt, err);
}

static nt_status read_row(struct nt_journal *journal, const char *sql,
                          int64_t id, struct nt_operation *out,
                          struct nt_error *err) {
  sqlite3_stmt *stmt;
  memset(out, 0, sizeof *out);
  nt_status status = nt__journal_prepare(journal, sql, &stmt, err);
  if (nt_ok(status)) {
    sqlite3_bind_int64(stmt, 1, id);
    status = nt__journal_step(journal, stmt, err);
  }
  if (nt_ok(status)) {
    read_operation(stmt, out);
  }
  sqlite3_finalize(stmt);
  return status;
}

/* An operation may end between the look at its row and the look at its byte:
 * only a row that says "running" after the byte was free is of a dead one. */
static nt_status read_judged(struct nt_journal *journal, const char *sql,
                             int64_t id, struct nt_operation *out,
                             struct nt_error *err) {
  int64_t free_byte = 0;
  for (;;) {
    nt_status status = read_row(journal, sql, id, out, err);
    if (!nt_ok(status) || strcmp(out->state, "running") != 0) {
      return status;
    }
    if (free_byte == out->id) {
      nt_copy(out->state, sizeof out->state, "interrupted");
      return status;
    }
    if (nt__journal_alive(journal, out->id)) {
      return status;
    }
    free_byte = out->id;
  }
}

static nt_status fetch(struct nt_journal *journal, const char *sql, int64_t id,
                       struct nt_operation *out, struct nt_error *err) {
  nt_status status = read_judged(journal, sql, id, out, err);
  return nt_ok(status) ? read_extents(journal, out, err) : status;
}

nt_status nt_journal_next(struct nt_journal *journal, int64_t *cursor,
                          struct nt_operation *out, struct nt_error *err) {
  nt_status status = fetch(journal, COLUMNS "WHERE id > ?1 ORDER BY id LIMIT 1",
                           *cursor, out, err);
  if (nt_ok(status)) {
    *cursor = out->id;
  }
  return status;
}

nt_status nt_journal_find(struct nt_journal *journal, int64_t id,
                          struct nt_operation *out, struct nt_error *err) {
  nt_status status = fetch(journal, COLUMNS "WHERE id = ?1", id, out, err);
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    status = nt_fail(err, NT_STATUS_OBJECT_NAME_NOT_FOUND, NULL,
                     "the journal has no operation %lld", (long long)id);
    nt_hint(err, "see what there is: ntvol log");
  }
  return status;
}

/* ---- steps --------------------------------------------------------------- */

static void read_step(sqlite3_stmt *row, struct nt_step *out) {
  out->number = sqlite3_column_int64(row, 0);
  nt__journal_column(row, 1, out->name, sizeof out->name);
  nt__journal_column(row, 2, out->target, sizeof out->target);
  out->started_us = sqlite3_column_int64(row, 3);
  out->ended_us = sqlite3_column_int64(row, 4);
  nt__journal_column(row, 5, out->outcome, sizeof out->outcome);
  nt__journal_column(row, 6, out->message, sizeof out->message);
  out->undo_started_us = sqlite3_column_int64(row, 7);
  out->undo_ended_us = sqlite3_column_int64(row, 8);
  out->final = sqlite3_column_int(row, 9) != 0;
}

nt_status nt_journal_next_step(struct nt_journal *journal, int64_t id,
                               int64_t *cursor, struct nt_step *out,
                               struct nt_error *err) {
  sqlite3_stmt *stmt;
  nt_status status = nt__journal_prepare(
      journal,
      "SELECT number, name, target, started_us, ended_us, outcome, message,"
      " undo_started_us, undo_ended_us, final FROM step WHERE operation = ?1"
      " AND number > ?2 ORDER BY number LIMIT 1",
      &stmt, err);
  if (nt_ok(status)) {
    sqlite3_bind_int64(stmt, 1, id);
    sqlite3_bind_int64(stmt, 2, *cursor);
    status = nt__journal_step(journal, stmt, err);
  }
  if (nt_ok(status)) {
    read_step(stmt, out);
    *cursor = out->number;
  }
  sqlite3_finalize(stmt);
  return status;
}

/* ---- forgetting ---------------------------------------------------------- */

const struct nt_journal_policy nt_journal_default_policy = {
    .keep = 1000, .days = 366, .keep_saved = 20, .days_saved = 31};

#define DAY_US (INT64_C(86400) * 1000000)

/* "interrupted" in the table, or "running" and its process may be dead: both
 * may need their bytes. */
#define OVER "state NOT IN ('running', 'interrupted') "

static nt_status forget(struct nt_journal *journal, const char *sql,
                        int64_t keep, int64_t days, uint64_t *count,
                        struct nt_error *err) {
  sqlite3_stmt *stmt;
  nt_status status = nt__journal_prepare(journal, sql, &stmt, err);
  if (!nt_ok(status)) {
    return status;
  }
  sqlite3_bind_int64(stmt, 1, keep);
  sqlite3_bind_int64(stmt, 2, nt_time_us() - days * DAY_US);
  status = nt__journal_finish(journal, status, stmt, err);
  *count = nt_ok(status) ? (uint64_t)sqlite3_changes(journal->db) : 0;
  return status;
}

static nt_status run(struct nt_journal *journal, const char *sql,
                     struct nt_error *err) {
  sqlite3_stmt *stmt;
  nt_status status = nt__journal_prepare(journal, sql, &stmt, err);
  return nt__journal_finish(journal, status, stmt, err);
}

static nt_status forget_all(struct nt_journal *journal,
                            const struct nt_journal_policy *policy,
                            uint64_t *operations, uint64_t *saved,
                            struct nt_error *err) {
#define LOST "operation NOT IN (SELECT id FROM operation"
  static const char *const orphans[] = {
      "DELETE FROM saved WHERE " LOST " WHERE saved_bytes > 0)",
      "DELETE FROM extent WHERE " LOST ")", "DELETE FROM step WHERE " LOST ")"};
  nt_status status =
      forget(journal,
             "DELETE FROM operation WHERE " OVER
             "AND (ended_us < ?2 OR id NOT IN (SELECT id FROM operation"
             " ORDER BY id DESC LIMIT ?1))",
             policy->keep, policy->days, operations, err);
  if (nt_ok(status)) {
    status = forget(journal,
                    "UPDATE operation SET saved_bytes = 0, stored_bytes = 0"
                    " WHERE saved_bytes > 0 AND " OVER
                    "AND (ended_us < ?2 OR id NOT IN (SELECT id FROM operation"
                    " WHERE saved_bytes > 0 ORDER BY id DESC LIMIT ?1))",
                    policy->keep_saved, policy->days_saved, saved, err);
  }
  for (size_t i = 0; nt_ok(status) && i < 3; i++) {
    status = run(journal, orphans[i], err);
  }
  return status;
}

nt_status nt_journal_prune(struct nt_journal *journal,
                           const struct nt_journal_policy *policy,
                           uint64_t *operations, uint64_t *saved,
                           struct nt_error *err) {
  uint64_t gone = 0, lost = 0;
  nt_status status = nt__journal_begin(journal, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = forget_all(journal, policy, &gone, &lost, err);
  status = nt__journal_end(journal, status, err);
  if (nt_ok(status) && gone + lost > 0) {
    /* Gives the room back; when that fails, the rows are gone all the same. */
    run(journal, "PRAGMA incremental_vacuum", NULL);
    run(journal, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
  }
  if (nt_ok(status)) {
    *operations = gone;
    *saved = lost;
  }
  return status;
}
