/*
 * Writing to the journal: an operation begins, takes steps, and ends.
 */
#include <string.h>

#include "internal.h"

static const char *const final_states[] = {"committed",   "failed",
                                           "undone",      "recovered",
                                           "interrupted", "partly undone"};

bool nt_journal_is_final(const char *state) {
  for (size_t i = 0; i < sizeof final_states / sizeof final_states[0]; i++) {
    if (strcmp(state, final_states[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* ---- begin --------------------------------------------------------------- */

static nt_status insert(struct nt_journal *journal,
                        const struct nt_operation *about,
                        struct nt_error *err) {
  const struct nt_identity *identity = &about->identity;
  char program[64];
  nt_process_name(program, sizeof program);
  return nt_db_run(
      &journal->db,
      "INSERT INTO operation VALUES (NULL,"
      /* an operation of another journal is none here */
      " iif(?1 <= (SELECT max(seq) FROM sqlite_sequence"
      "  WHERE name = 'operation'), ?1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
      " ?10, ?11, ?12, 0, 'running', '', 0, 0, 0, 0, 0, 0, 0, 0)",
      NT_DB_ARGS(NT_DB_INT(about->parent), NT_DB_TEXT(about->plan),
                 NT_DB_TEXT(about->machine), NT_DB_TEXT(about->target),
                 NT_DB_TEXT(identity->guid_path), NT_DB_TEXT(identity->serial),
                 NT_DB_TEXT(identity->file_system), NT_DB_INT(identity->size),
                 NT_DB_TEXT(about->command), NT_DB_INT(nt_process_id()),
                 NT_DB_TEXT(program), NT_DB_INT(nt_time_us())),
      err);
}

static nt_status insert_extent(struct nt_journal *journal, int64_t id,
                               uint32_t ordinal, const struct nt_extent *extent,
                               struct nt_error *err) {
  return nt_db_run(
      &journal->db, "INSERT INTO extent VALUES (?1, ?2, ?3, ?4, ?5)",
      NT_DB_ARGS(NT_DB_INT(id), NT_DB_INT(ordinal), NT_DB_INT(extent->disk),
                 NT_DB_INT(extent->offset), NT_DB_INT(extent->length)),
      err);
}

static nt_status take_byte(struct nt_journal *journal, int64_t id,
                           struct nt_error *err) {
  if (nt__journal_in_memory(journal)) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt_file_lock_byte(journal->lock, (uint64_t)id, err);
  if (!nt_ok(status)) {
    nt_error_about(err, NT_REASON_JOURNAL, "the lock beside %s", journal->path);
    nt_hint(err,
            "keep the journal on a file system that knows byte locks: "
            "name another folder in NTVOL_STATE");
  }
  return status;
}

/* Refuses a journal whose file has lost its name: what is written to it is lost
 * when the process ends. */
static nt_status check_place(struct nt_journal *journal, struct nt_error *err) {
  int moved = 0;
  if (sqlite3_file_control(journal->db.sqlite, "main", SQLITE_FCNTL_HAS_MOVED,
                           &moved) != SQLITE_OK ||
      moved == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(err, NT_STATUS_FILE_INVALID, NT_REASON_JOURNAL,
               "%s was moved or deleted while it was open", journal->path);
  nt_hint(err, "start the program again: it opens the one that is there");
  return NT_STATUS_FILE_INVALID;
}

nt_status nt_journal_begin(struct nt_journal *journal,
                           const struct nt_operation *about, int64_t *id,
                           struct nt_error *err) {
  int64_t made = 0;
  NT_TRY(check_place(journal, err));
  NT_TRY(nt_db_begin(&journal->db, err));
  nt_status status = insert(journal, about, err);
  if (nt_ok(status)) {
    made = sqlite3_last_insert_rowid(journal->db.sqlite);
    /* before anybody sees the row: without its byte it would look
     * interrupted */
    status = take_byte(journal, made, err);
  }
  for (uint32_t i = 0; nt_ok(status) && i < about->identity.extent_count; i++) {
    status = insert_extent(journal, made, i, &about->identity.extents[i], err);
  }
  status = nt__journal_end(journal, status, err);
  if (nt_ok(status)) {
    *id = made;
  }
  return status;
}

/* ---- steps and the end --------------------------------------------------- */

/* Refuses when the last statement changed no row. */
static nt_status check_changed(struct nt_journal *journal, int64_t id,
                               struct nt_error *err) {
  if (sqlite3_changes(journal->db.sqlite) > 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(err, NT_STATUS_OBJECT_NAME_NOT_FOUND,
          "no operation %lld is under way", (long long)id);
  nt_hint(err, "see what there is: ntvol log");
  return NT_STATUS_OBJECT_NAME_NOT_FOUND;
}

nt_status nt_journal_step(struct nt_journal *journal, int64_t id,
                          const struct nt_step *step, struct nt_error *err) {
  NT_TRY(nt_db_run(
      &journal->db,
      "INSERT INTO step SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11"
      " FROM operation"
      " WHERE id = ?1 AND state = 'running'"
      " ON CONFLICT DO UPDATE SET"
      " name = coalesce(nullif(excluded.name, ''), name),"
      " target = coalesce(nullif(excluded.target, ''), target),"
      " started_us = coalesce(nullif(excluded.started_us, 0), started_us),"
      " ended_us = coalesce(nullif(excluded.ended_us, 0), ended_us),"
      " outcome = coalesce(nullif(excluded.outcome, ''), outcome),"
      " message = coalesce(nullif(excluded.message, ''), message),"
      " undo_started_us = max(excluded.undo_started_us, undo_started_us),"
      " undo_ended_us = max(excluded.undo_ended_us, undo_ended_us),"
      " final = max(excluded.final, final)",
      NT_DB_ARGS(NT_DB_INT(id), NT_DB_INT(step->number), NT_DB_TEXT(step->name),
                 NT_DB_TEXT(step->target), NT_DB_INT(step->started_us),
                 NT_DB_INT(step->ended_us), NT_DB_TEXT(step->outcome),
                 NT_DB_TEXT(step->message), NT_DB_INT(step->undo_started_us),
                 NT_DB_INT(step->undo_ended_us), NT_DB_INT(step->final)),
      err));
  return check_changed(journal, id, err);
}

static nt_status set_state(struct nt_journal *journal, int64_t id,
                           const char *state, const char *message,
                           struct nt_error *err) {
  char text[NT_JOURNAL_MESSAGE_MAX];
  nt_copy(text, sizeof text, message);
  NT_TRY(
      nt_db_run(&journal->db,
                "UPDATE operation SET state = ?2, message = ?3, ended_us = ?4"
                " WHERE id = ?1 AND state IN ('running', 'interrupted')",
                NT_DB_ARGS(NT_DB_INT(id), NT_DB_TEXT(state), NT_DB_TEXT(text),
                           NT_DB_INT(nt_time_us())),
                err));
  return check_changed(journal, id, err);
}

static nt_status run_for(struct nt_journal *journal, const char *sql,
                         int64_t id, struct nt_error *err) {
  return nt_db_run(&journal->db, sql, NT_DB_ARGS(NT_DB_INT(id)), err);
}

/* Forgets the saved bytes. They are back where they came from, so nobody needs
 * the copy. */
static nt_status forget_saved(struct nt_journal *journal, int64_t id,
                              struct nt_error *err) {
  NT_TRY(run_for(journal, "DELETE FROM saved WHERE operation = ?1", id, err));
  return run_for(journal,
                 "UPDATE operation SET " NT__JOURNAL_NOTHING_SAVED
                 " WHERE id = ?1",
                 id, err);
}

nt_status nt_journal_finish(struct nt_journal *journal, int64_t id,
                            const char *state, const char *message,
                            struct nt_error *err) {
  bool keeps =
      strcmp(state, "committed") == 0 || strcmp(state, "interrupted") == 0;
  NT_TRY(nt_db_begin(&journal->db, err));
  nt_status status = set_state(journal, id, state, message, err);
  if (nt_ok(status) && !keeps) {
    status = forget_saved(journal, id, err);
  }
  status = nt__journal_end(journal, status, err);
  if (nt_ok(status)) {
    nt_journal_release(journal, id);
  }
  return status;
}

/* Forgets what is old whenever something new was added. A failure to forget is
 * no failure of the operation. */
static nt_status finish_and_prune(struct nt_journal *journal, int64_t id,
                                  const char *state, const char *message,
                                  struct nt_error *err) {
  struct nt_error ignored = {0};
  uint64_t operations, saved;
  NT_TRY(nt_journal_finish(journal, id, state, message, err));
  nt_journal_prune(journal, &nt_journal_default_policy, &operations, &saved,
                   &ignored);
  return NT_STATUS_SUCCESS;
}

/* ---- taking over --------------------------------------------------------- */

static nt_status refuse_claim(int64_t id, struct nt_error *err) {
  nt_refuse_as(err, NT_STATUS_DEVICE_BUSY, NT_REASON_IN_USE,
               "operation %lld belongs to a process that is alive",
               (long long)id);
  nt_hint(err, "wait until it ends: ntvol log %lld", (long long)id);
  return NT_STATUS_DEVICE_BUSY;
}

static nt_status reopen(struct nt_journal *journal, int64_t id,
                        struct nt_error *err) {
  NT_TRY(run_for(
      journal,
      "UPDATE operation SET state = 'running', ended_us = 0 WHERE id = ?1"
      " AND state IN ('running', 'interrupted', 'committed')",
      id, err));
  return check_changed(journal, id, err);
}

nt_status nt_journal_claim(struct nt_journal *journal, int64_t id,
                           struct nt_error *err) {
  if (nt__journal_alive(journal, id) || !nt_ok(take_byte(journal, id, NULL))) {
    return refuse_claim(id, err);
  }
  nt_status status = reopen(journal, id, err);
  if (!nt_ok(status)) {
    nt_journal_release(journal, id);
  }
  return status;
}

/* In memory the row itself says that nobody runs the operation. When even that
 * fails, the process lacks memory, and the operation counts as running until
 * the journal is gone. */
void nt_journal_release(struct nt_journal *journal, int64_t id) {
  if (nt__journal_in_memory(journal)) {
    run_for(journal,
            "UPDATE operation SET state = 'interrupted' WHERE id = ?1"
            " AND state = 'running'",
            id, NULL);
  } else {
    nt_file_unlock_byte(journal->lock, (uint64_t)id);
  }
}

/* ---- what nobody saves --------------------------------------------------- */

nt_status nt_journal_mark_unsaved(struct nt_journal *journal, int64_t id,
                                  bool unsaved, struct nt_error *err) {
  NT_TRY(run_for(journal,
                 unsaved ? "UPDATE operation SET unsaved = 1"
                           " WHERE id = ?1 AND state = 'running'"
                         : "UPDATE operation SET unsaved = 0"
                           " WHERE id = ?1 AND state = 'running'",
                 id, err));
  return check_changed(journal, id, err);
}

const struct nt_journal_ops nt_journal_ops = {
    .version = NT_JOURNAL_OPS_VERSION,
    .size = sizeof nt_journal_ops,
    .begin = nt_journal_begin,
    .finish = finish_and_prune,
    .find = nt_journal_find,
    .next = nt_journal_next,
    .save_begin = nt_journal_save_begin,
    .save = nt_journal_save,
    .save_end = nt_journal_save_end,
    .next_saved = nt_journal_next_saved,
    .claim = nt_journal_claim,
    .release = nt_journal_release,
    .mark_unsaved = nt_journal_mark_unsaved,
    .check = nt_journal_check,
    .matches = nt_journal_matches};
