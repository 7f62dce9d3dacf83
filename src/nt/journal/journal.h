/*
 * The journal: what was done to which volume, when, by whom, and how it ended.
 * It is a SQLite database in the folder of the user's state, one for all
 * machines, and it outlives the processes that write to it.
 *
 * An operation that runs holds the byte of its number in journal.lock by a
 * lock of the open file, which the system drops when the process ends, however
 * it ends. So an operation that is "running" and whose byte is free was
 * interrupted; a process number says nothing of the kind.
 *
 * Everything that answers success here is durable.
 */
#ifndef NT_JOURNAL_H
#define NT_JOURNAL_H

#include "../operation.h"

/* Opens the journal in a folder, NULL: in that of the user's state (host.h).
 * Makes both when they are not there, readable by their owner only. */
nt_status nt_journal_open(const char *folder, struct nt_journal **out,
                          struct nt_error *err);

/* What still runs counts as interrupted from now on. NULL: nothing. */
void nt_journal_close(struct nt_journal *journal);

/* The functions of this header as a table. */
extern const struct nt_journal_ops nt_journal_ops;

/* The database, for messages. */
const char *nt_journal_path(const struct nt_journal *journal);

/* ---- saved bytes --------------------------------------------------------- */

/* The slots of struct nt_journal_ops (operation.h) of the same names. */
nt_status nt_journal_save_begin(struct nt_journal *journal, int64_t id,
                                uint64_t limit, struct nt_error *err);
nt_status nt_journal_save(struct nt_journal *journal, uint64_t offset,
                          const void *before, const void *after, size_t length,
                          struct nt_error *err);
nt_status nt_journal_save_end(struct nt_journal *journal, nt_status status,
                              struct nt_error *err);
nt_status nt_journal_next_saved(struct nt_journal *journal, int64_t id,
                                uint64_t *cursor, struct nt_saved *out,
                                struct nt_error *err);
nt_status nt_journal_claim(struct nt_journal *journal, int64_t id,
                           struct nt_error *err);
void nt_journal_release(struct nt_journal *journal, int64_t id);
nt_status nt_journal_mark_unsaved(struct nt_journal *journal, int64_t id,
                                  bool unsaved, struct nt_error *err);
nt_status nt_journal_check(struct nt_journal *journal, int64_t id,
                           nt_piece_fn each, void *ctx,
                           struct nt_saved_check *out, struct nt_error *err);
nt_status nt_journal_matches(struct nt_journal *journal, int64_t id,
                             nt_read_all_fn read, void *ctx, bool good_only,
                             struct nt_error *err);

/* ---- writing ------------------------------------------------------------- */

/* Begins an operation: takes parent, plan, machine, target, identity and
 * command from `about`, the rest from process and clock. */
nt_status nt_journal_begin(struct nt_journal *journal,
                           const struct nt_operation *about, int64_t *id,
                           struct nt_error *err);

/* Notes a step of a running operation. Noting a number again adds what is
 * known now: an empty field leaves what was there. */
nt_status nt_journal_step(struct nt_journal *journal, int64_t id,
                          const struct nt_step *step, struct nt_error *err);

/* Ends an operation that runs or was interrupted. `state` as in nt_operation,
 * but "running"; `message` may be NULL. Saved bytes stay when it is committed
 * or interrupted. */
nt_status nt_journal_finish(struct nt_journal *journal, int64_t id,
                            const char *state, const char *message,
                            struct nt_error *err);

/* Whether nt_journal_finish() knows a state. */
bool nt_journal_is_final(const char *state);

/* ---- reading ------------------------------------------------------------- */

/* The operation with the smallest number above *cursor, which becomes that
 * number. STATUS_NO_MORE_ENTRIES (err untouched): there is none. */
nt_status nt_journal_next(struct nt_journal *journal, int64_t *cursor,
                          struct nt_operation *out, struct nt_error *err);

/* Refuses an unknown number with STATUS_OBJECT_NAME_NOT_FOUND. */
nt_status nt_journal_find(struct nt_journal *journal, int64_t id,
                          struct nt_operation *out, struct nt_error *err);

/* The steps of an operation; the cursor is as that of nt_journal_next(). */
nt_status nt_journal_next_step(struct nt_journal *journal, int64_t id,
                               int64_t *cursor, struct nt_step *out,
                               struct nt_error *err);

/* ---- expiring ------------------------------------------------------------ */

struct nt_journal_policy {
  int64_t keep;       /* newest operations that stay */
  int64_t days;       /* those that ended longer ago go */
  int64_t keep_saved; /* the same for saved bytes: their operations stay, but
                         cannot be undone any more */
  int64_t days_saved;
};
extern const struct nt_journal_policy nt_journal_default_policy;

/* Forgets by the policy; *operations and *saved are how many lost their entry
 * and their saved bytes. What runs or was interrupted is never touched. */
nt_status nt_journal_prune(struct nt_journal *journal,
                           const struct nt_journal_policy *policy,
                           uint64_t *operations, uint64_t *saved,
                           struct nt_error *err);

#endif
