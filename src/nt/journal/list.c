/*
 * Reading the journal, and forgetting what is old.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"

/* ---- operations ---------------------------------------------------------- */

/* The columns, in the order of read_operation(). */
#define COLUMNS                                                             \
  "SELECT id, parent, plan, machine, target, guid_path, serial,"            \
  " file_system, size, command, pid, program, started_us, ended_us, state," \
  " message, saved_bytes, stored_bytes, unsaved, pieces, checked"           \
  " FROM operation "

static bool is_state(const char *state) {
  return strcmp(state, "running") == 0 || nt_journal_is_final(state);
}

/* Refuses an operation whose notes about its saved bytes contradict each
 * other. */
static void check_saved(struct nt__row *row, const struct nt_operation *o,
                        bool checked) {
  if (o->saved_bytes > o->identity.size) {
    nt__row_refuse(row, "saved_bytes %" PRIu64 " is more than size %" PRIu64,
                   o->saved_bytes, o->identity.size);
  } else if (o->stored_bytes / 2 > o->saved_bytes) {
    nt__row_refuse(row,
                   "stored_bytes %" PRIu64 " is more than saved_bytes %" PRIu64
                   " can take",
                   o->stored_bytes, o->saved_bytes);
  } else if ((o->pieces == 0) != (o->saved_bytes == 0) ||
             o->pieces > o->saved_bytes) {
    nt__row_refuse(row, "pieces %" PRIu64 " do not fit saved_bytes %" PRIu64,
                   o->pieces, o->saved_bytes);
  } else if (checked && o->pieces == 0) {
    nt__row_refuse(row, "checked is 1, and nothing is saved");
  }
}

static nt_status read_operation(struct nt__row *row, struct nt_operation *out) {
  struct nt_identity *identity = &out->identity;
  row->id = sqlite3_column_int64(row->stmt, 0);
  out->id = nt__row_integer(row, 1, INT64_MAX);
  out->parent = nt__row_integer(row, 0, out->id > 0 ? out->id - 1 : 0);
  nt__row_text(row, out->plan, sizeof out->plan);
  nt__row_text(row, out->machine, sizeof out->machine);
  nt__row_text(row, out->target, sizeof out->target);
  nt__row_text(row, identity->guid_path, sizeof identity->guid_path);
  nt__row_text(row, identity->serial, sizeof identity->serial);
  nt__row_text(row, identity->file_system, sizeof identity->file_system);
  identity->size = (uint64_t)nt__row_integer(row, 0, INT64_MAX);
  nt__row_text(row, out->command, sizeof out->command);
  out->pid = nt__row_integer(row, 0, UINT32_MAX);
  nt__row_text(row, out->program, sizeof out->program);
  out->started_us = nt__row_integer(row, 0, NT__JOURNAL_LATEST);
  out->ended_us = nt__row_integer(row, 0, NT__JOURNAL_LATEST);
  nt__row_text(row, out->state, sizeof out->state);
  if (!is_state(out->state)) {
    nt__row_refuse(row, "state '%s' is none", out->state);
  }
  nt__row_text(row, out->message, sizeof out->message);
  out->saved_bytes = (uint64_t)nt__row_integer(row, 0, INT64_MAX);
  out->stored_bytes = (uint64_t)nt__row_integer(row, 0, INT64_MAX);
  out->unsaved = nt__row_integer(row, 0, 1) != 0;
  out->pieces = (uint64_t)nt__row_integer(row, 0, INT64_MAX);
  bool checked = nt__row_integer(row, 0, 1) != 0;
  out->unchecked = out->pieces > 0 && !checked;
  check_saved(row, out, checked);
  return row->status;
}

static void read_extent(struct nt__row *row, struct nt_identity *identity) {
  struct nt_extent *extent = &identity->extents[identity->extent_count];
  row->next = 0;
  nt__row_integer(row, identity->extent_count, identity->extent_count);
  extent->disk = (uint32_t)nt__row_integer(row, 0, UINT32_MAX);
  extent->offset = (uint64_t)nt__row_integer(row, 0, INT64_MAX);
  extent->length = (uint64_t)nt__row_integer(row, 0, INT64_MAX);
  if (extent->length > INT64_MAX - extent->offset) {
    nt__row_refuse(row,
                   "start %" PRIu64 " and length %" PRIu64 " pass all disks",
                   extent->offset, extent->length);
  }
  identity->extent_count++;
}

static nt_status read_extents(struct nt_journal *journal,
                              struct nt_operation *out, struct nt_error *err) {
  struct nt__row row = {
      .journal = journal, .table = "extent", .id = out->id, .err = err};
  struct nt_identity *identity = &out->identity;
  nt_status status = nt_db_start(
      &journal->db,
      "SELECT ordinal, disk, start, length FROM extent WHERE operation = ?1"
      " ORDER BY ordinal",
      NT_DB_ARGS(NT_DB_INT(out->id)), &row.stmt, err);
  while (nt_ok(status) && nt_ok(row.status) &&
         nt_ok(status = nt_db_step(&journal->db, row.stmt, err))) {
    if (identity->extent_count == NT_MAX_EXTENTS) {
      nt__row_refuse(&row, "there are more than %d", NT_MAX_EXTENTS);
    } else {
      read_extent(&row, identity);
    }
  }
  sqlite3_reset(row.stmt);
  status = nt_ok(row.status) ? status : row.status;
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

static nt_status read_row(struct nt_journal *journal, const char *sql,
                          int64_t id, struct nt_operation *out,
                          struct nt_error *err) {
  struct nt__row row = {
      .journal = journal, .table = "operation", .id = id, .err = err};
  memset(out, 0, sizeof *out);
  nt_status status =
      nt_db_start(&journal->db, sql, NT_DB_ARGS(NT_DB_INT(id)), &row.stmt, err);
  if (nt_ok(status)) {
    status = nt_db_step(&journal->db, row.stmt, err);
  }
  if (nt_ok(status)) {
    status = read_operation(&row, out);
  }
  sqlite3_reset(row.stmt);
  return status;
}

/* An operation may end between the look at its row and the look at its byte. So
 * the row is read again after the byte was free: only when it still says
 * "running" has the process died. */
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
  NT_TRY(read_judged(journal, sql, id, out, err));
  return read_extents(journal, out, err);
}

nt_status nt_journal_next(struct nt_journal *journal, int64_t *cursor,
                          struct nt_operation *out, struct nt_error *err) {
  /* no number is below 1: such a row comes first, and is refused */
  NT_TRY(fetch(journal, COLUMNS "WHERE id > ?1 OR id < 1 ORDER BY id LIMIT 1",
               *cursor, out, err));
  *cursor = out->id;
  return NT_STATUS_SUCCESS;
}

nt_status nt_journal_find(struct nt_journal *journal, int64_t id,
                          struct nt_operation *out, struct nt_error *err) {
  nt_status status = fetch(journal, COLUMNS "WHERE id = ?1", id, out, err);
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    status = nt_fail(err, NT_STATUS_OBJECT_NAME_NOT_FOUND,
                     "the journal has no operation %lld", (long long)id);
    nt_hint(err, "see what there is: ntvol log");
  }
  return status;
}

/* ---- steps --------------------------------------------------------------- */

static nt_status read_step(struct nt__row *row, struct nt_step *out) {
  out->number = nt__row_integer(row, 1, INT64_MAX);
  nt__row_text(row, out->name, sizeof out->name);
  nt__row_text(row, out->target, sizeof out->target);
  out->started_us = nt__row_integer(row, 0, NT__JOURNAL_LATEST);
  out->ended_us = nt__row_integer(row, 0, NT__JOURNAL_LATEST);
  nt__row_text(row, out->outcome, sizeof out->outcome);
  nt__row_text(row, out->message, sizeof out->message);
  out->undo_started_us = nt__row_integer(row, 0, NT__JOURNAL_LATEST);
  out->undo_ended_us = nt__row_integer(row, 0, NT__JOURNAL_LATEST);
  out->final = nt__row_integer(row, 0, 1) != 0;
  return row->status;
}

nt_status nt_journal_next_step(struct nt_journal *journal, int64_t id,
                               int64_t *cursor, struct nt_step *out,
                               struct nt_error *err) {
  struct nt__row row = {
      .journal = journal, .table = "step", .id = id, .err = err};
  nt_status status = nt_db_start(
      &journal->db,
      "SELECT number, name, target, started_us, ended_us, outcome, message,"
      " undo_started_us, undo_ended_us, final FROM step WHERE operation = ?1"
      " AND (number > ?2 OR number < 1) ORDER BY number LIMIT 1",
      NT_DB_ARGS(NT_DB_INT(id), NT_DB_INT(*cursor)), &row.stmt, err);
  if (nt_ok(status)) {
    status = nt_db_step(&journal->db, row.stmt, err);
  }
  if (nt_ok(status)) {
    status = read_step(&row, out);
    *cursor = out->number;
  }
  sqlite3_reset(row.stmt);
  return status;
}

/* ---- forgetting ---------------------------------------------------------- */

const struct nt_journal_policy nt_journal_default_policy = {
    .keep = 1000,
    .days = 366,
    .keep_saved = 20,
    .days_saved = 31,
    .spare_newest = true};

#define DAY_US (INT64_C(86400) * 1000000)

/* An operation is over unless it is "interrupted" in the table, or "running"
 * there, when its process may be dead. Those two may need their bytes. */
#define OVER "state NOT IN ('running', 'interrupted') "

/* The name of this function in statements. */
#define GONE "ntvol_gone"

/* Whether a machine is gone: the name of its kind is followed by a full path,
 * perhaps with a node behind it, and nothing is there. */
static void is_gone(sqlite3_context *ctx, int count, sqlite3_value **values) {
  const char *name = (const char *)sqlite3_value_text(values[0]);
  const char *path = name != NULL ? strchr(name, ':') : NULL;
  char folder[NT_NAME_MAX] = "";
  (void)count;
  if (path != NULL) {
    nt_copy(folder, sizeof folder, path + 1);
    folder[strcspn(folder, "?")] = '\0';
  }
  sqlite3_result_int(
      ctx, nt_path_is_absolute(folder) &&
               nt_path_check(folder, NULL) == NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

nt_status nt__journal_add_functions(struct nt_journal *journal,
                                    struct nt_error *err) {
  int code = sqlite3_create_function_v2(journal->db.sqlite, GONE, 1,
                                        SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL,
                                        is_gone, NULL, NULL, NULL);
  return code == SQLITE_OK ? NT_STATUS_SUCCESS
                           : nt_db_fail_with(&journal->db, code, err);
}

/* Whether the operation holds the newest saved bytes of its volume, on a
 * machine that is there. A volume in the same place is the same one, or came
 * after it: a machine may have been made anew in the same folder. */
#define NEWEST                                                         \
  "(saved_bytes > 0 AND NOT " GONE                                     \
  "(machine) AND NOT EXISTS ("                                         \
  "SELECT 1 FROM operation AS later WHERE later.id > operation.id"     \
  " AND later.saved_bytes > 0 AND later.machine = operation.machine"   \
  " AND (later.guid_path = operation.guid_path OR EXISTS ("            \
  "SELECT 1 FROM extent AS its, extent AS mine WHERE"                  \
  " its.operation = later.id AND mine.operation = operation.id"        \
  " AND its.disk = mine.disk AND its.start < mine.start + mine.length" \
  " AND mine.start < its.start + its.length))))"

static nt_status forget(struct nt_journal *journal, const char *sql,
                        int64_t keep, int64_t days, bool spare_newest,
                        uint64_t *count, struct nt_error *err) {
  NT_TRY(nt_db_run(
      &journal->db, sql,
      NT_DB_ARGS(NT_DB_INT(keep), NT_DB_INT(nt_time_us() - days * DAY_US),
                 NT_DB_INT(spare_newest)),
      err));
  *count = (uint64_t)sqlite3_changes(journal->db.sqlite);
  return NT_STATUS_SUCCESS;
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
             " ORDER BY id DESC LIMIT ?1)) AND NOT (?3 AND " NEWEST ")",
             policy->keep, policy->days, policy->spare_newest, operations, err);
  if (nt_ok(status)) {
    status = forget(journal,
                    "UPDATE operation SET " NT__JOURNAL_NOTHING_SAVED
                    " WHERE saved_bytes > 0 AND " OVER
                    "AND (ended_us < ?2 OR id NOT IN (SELECT id FROM operation"
                    " WHERE saved_bytes > 0 ORDER BY id DESC LIMIT ?1))"
                    " AND NOT (?3 AND " NEWEST ")",
                    policy->keep_saved, policy->days_saved,
                    policy->spare_newest, saved, err);
  }
  for (size_t i = 0; nt_ok(status) && i < 3; i++) {
    status = nt_db_run(&journal->db, orphans[i], NT_DB_NO_ARGS, err);
  }
  return status;
}

/* States and times decide which operations are forgotten, so all must have
 * possible values. */
static nt_status check_operations(struct nt_journal *journal,
                                  struct nt_error *err) {
  struct nt_operation *operation = calloc(1, sizeof *operation);
  int64_t cursor = 0;
  nt_status status = operation != NULL
                         ? NT_STATUS_SUCCESS
                         : nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  while (nt_ok(status)) {
    status = nt_journal_next(journal, &cursor, operation, err);
  }
  free(operation);
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

nt_status nt_journal_prune(struct nt_journal *journal,
                           const struct nt_journal_policy *policy,
                           uint64_t *operations, uint64_t *saved,
                           struct nt_error *err) {
  uint64_t gone = 0, lost = 0;
  NT_TRY(nt_db_begin(&journal->db, err));
  nt_status status = check_operations(journal, err);
  if (nt_ok(status)) {
    status = forget_all(journal, policy, &gone, &lost, err);
  }
  status = nt__journal_end(journal, status, err);
  if (nt_ok(status) && gone + lost > 0) {
    /* gives the room back; when that fails, the rows are gone all the same */
    nt_db_run(&journal->db, "PRAGMA incremental_vacuum", NT_DB_NO_ARGS, NULL);
    nt_db_run(&journal->db, "PRAGMA wal_checkpoint(TRUNCATE)", NT_DB_NO_ARGS,
              NULL);
  }
  if (nt_ok(status)) {
    *operations = gone;
    *saved = lost;
  }
  return status;
}
