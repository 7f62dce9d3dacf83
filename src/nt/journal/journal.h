/*
 * The journal: what was done to which volume, when, by whom, and how it ended.
 * It is a SQLite database in the user's state folder, one for all machines, and
 * it outlives the processes that write to it.
 *
 * A running operation holds a lock on one byte of journal.lock, the byte with
 * its number. The system drops the lock when the process ends, however it ends.
 * So an operation that is "running" and whose byte is free was interrupted. A
 * process number cannot show that, because it may be used again.
 *
 * Every function here that returns success has made its change durable.
 */
#ifndef NT_JOURNAL_H
#define NT_JOURNAL_H

#include "../operation.h"

/* Instead of a folder: a new journal that is in memory, and is gone when it is
 * closed. */
#define NT_JOURNAL_MEMORY ":memory:"

/* Opens the journal in a folder; NULL: in the user's state folder (host.h).
 * Makes folder and journal when they are missing, readable by their owner
 * only. */
nt_status nt_journal_open(const char *folder, struct nt_journal **out,
                          struct nt_error *err);

/* Whether there is a journal in a folder; NULL: in the user's state folder.
 * Nothing is made. */
bool nt_journal_exists(const char *folder);

/* Closes the journal. Operations that still run count as interrupted from then
 * on. NULL: nothing is done. */
void nt_journal_close(struct nt_journal *journal);

/* The functions of this header as a table. */
extern const struct nt_journal_ops nt_journal_ops;

/* Returns the path of the database, for messages. */
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

/* Notes a step of a running operation. To note a number again adds what is
 * known now: an empty field leaves the old value. */
nt_status nt_journal_step(struct nt_journal *journal, int64_t id,
                          const struct nt_step *step, struct nt_error *err);

/* Ends an operation that runs or was interrupted. `state` is one of those of
 * nt_operation but "running"; `message` may be NULL. Saved bytes stay when the
 * operation is committed or interrupted. */
nt_status nt_journal_finish(struct nt_journal *journal, int64_t id,
                            const char *state, const char *message,
                            struct nt_error *err);

/* Whether nt_journal_finish() takes this state. */
bool nt_journal_is_final(const char *state);

/* ---- reading ------------------------------------------------------------- */

/* Finds the operation with the smallest number above *cursor, which becomes
 * that number. STATUS_NO_MORE_ENTRIES (err untouched): there is none. */
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
  int64_t keep;       /* so many of the newest operations stay */
  int64_t days;       /* operations that ended longer ago go */
  int64_t keep_saved; /* the same for saved bytes: their operations stay, but
                         cannot be undone any more */
  int64_t days_saved;
  bool spare_newest; /* the newest saved bytes of each volume stay whatever the
                        limits say, as long as its machine is there */
};
extern const struct nt_journal_policy nt_journal_default_policy;

/* Forgets operations by the policy. A volume is known by its machine and its
 * place on the disks. A machine is gone when its name ends in a full path, and
 * nothing is there. *operations is how many lost their entry,
 * *saved how many lost their saved bytes. An operation that runs or was
 * interrupted is never touched. */
nt_status nt_journal_prune(struct nt_journal *journal,
                           const struct nt_journal_policy *policy,
                           uint64_t *operations, uint64_t *saved,
                           struct nt_error *err);

#endif
