/*
 * An operation on a volume, and the keeper that notes it: what a format, a
 * recovery and an undo need of the journal. The journal itself is a module of
 * its own (src/nt/journal), because it needs SQLite. This header has the
 * structs that both sides share, and the journal's functions as a table.
 */
#ifndef NT_OPERATION_H
#define NT_OPERATION_H

#include "nt.h"

#define NT_JOURNAL_COMMAND_MAX 2048
#define NT_JOURNAL_MESSAGE_MAX 4096

/* Which volume an operation was about. "" and 0 mean "not known". */
struct nt_identity {
  char guid_path[64];
  char serial[64];
  char file_system[32];
  uint64_t size; /* bytes */
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t extent_count;
};

struct nt_operation {
  int64_t id;
  int64_t parent;              /* the operation it is a part of, or 0 */
  char plan[64];               /* "change_filesystem", "format" */
  char machine[NT_NAME_MAX];   /* "sim:lab" */
  char target[NT_NAME_MAX];    /* "D:" */
  struct nt_identity identity; /* of the target */
  char command[NT_JOURNAL_COMMAND_MAX]; /* options, as a text */
  int64_t pid;
  char program[64];
  int64_t started_us, ended_us; /* since 1970, UTC; 0: not yet */
  char state[16];               /* "running", "interrupted", "committed",
                                   "failed", "undone", "partly undone",
                                   "recovered" */
  char message[NT_JOURNAL_MESSAGE_MAX];
  uint64_t saved_bytes;  /* bytes of the volume that can be written back */
  uint64_t stored_bytes; /* bytes that these take in the journal */
  bool unsaved; /* the volume was written to, and nobody saved what was there */
  uint64_t pieces; /* ranges that are saved */
  bool unchecked;  /* an older version saved them, without checksums */
};

struct nt_step {
  int64_t number; /* 1.. */
  char name[64];
  char target[NT_NAME_MAX];
  int64_t started_us, ended_us; /* 0: not known */
  char outcome[32];             /* as the plan says it */
  char message[NT_JOURNAL_MESSAGE_MAX];
  int64_t undo_started_us, undo_ended_us; /* 0: was not undone */
  bool final;                             /* it cannot be undone */
};

/* Bytes of the longest range that is saved in one go. */
#define NT_SAVED_MAX ((size_t)1 << 20)

struct nt_saved {
  uint64_t offset;       /* on the volume */
  size_t length;         /* bytes, at most NT_SAVED_MAX */
  unsigned char *before; /* what was there: room for NT_SAVED_MAX bytes, of the
                            caller; NULL: not wanted */
  unsigned char *after;  /* what the operation wrote there; the same */
};

/* One saved range, as a check found it. */
struct nt_piece {
  uint64_t offset, length; /* 0, 0: not even these can be read */
  const char *problem;     /* what is wrong, in words; NULL: it is good */
};
typedef void (*nt_piece_fn)(void *ctx, const struct nt_piece *piece);

/* What a check found about all pieces. */
struct nt_saved_check {
  uint64_t noted;       /* pieces that the operation noted */
  uint64_t there, good; /* pieces that are there, and that are good */
  uint64_t there_bytes; /* of the volume */
  char damaged[160];    /* which ranges, as a text */
  char intact[160];
};

/* Reads `length` bytes of the volume, all of them. */
typedef nt_status (*nt_read_all_fn)(void *ctx, uint64_t offset, void *bytes,
                                    size_t length, struct nt_error *err);

struct nt_journal;

#define NT_JOURNAL_OPS_VERSION 2U

/* The rules of nt.h hold: results are NTSTATUS, `err` is filled on failure, a
 * success is durable. Append-only. */
struct nt_journal_ops {
  uint32_t version; /* NT_JOURNAL_OPS_VERSION */
  uint32_t size;

  /* nt_journal_begin(), nt_journal_finish(), nt_journal_find(),
   * nt_journal_next() of journal.h; finish() forgets what is old, too. */
  nt_status (*begin)(struct nt_journal *journal,
                     const struct nt_operation *about, int64_t *id,
                     struct nt_error *err);
  nt_status (*finish)(struct nt_journal *journal, int64_t id, const char *state,
                      const char *message, struct nt_error *err);
  nt_status (*find)(struct nt_journal *journal, int64_t id,
                    struct nt_operation *out, struct nt_error *err);
  nt_status (*next)(struct nt_journal *journal, int64_t *cursor,
                    struct nt_operation *out, struct nt_error *err);

  /* Saving: begin, any number of ranges that rise and do not overlap, end.
   * Nothing else may be asked of the journal meanwhile. It is one transaction:
   * end() with a success makes all of it durable at once, with a failure
   * forgets it and returns that failure. When more than `limit` bytes would be
   * stored, save() refuses with reason "undo_limit". */
  nt_status (*save_begin)(struct nt_journal *journal, int64_t id,
                          uint64_t limit, struct nt_error *err);
  nt_status (*save)(struct nt_journal *journal, uint64_t offset,
                    const void *before, const void *after, size_t length,
                    struct nt_error *err);
  nt_status (*save_end)(struct nt_journal *journal, nt_status status,
                        struct nt_error *err);

  /* The saved range with the smallest offset from *cursor on; *cursor becomes
   * its end. STATUS_NO_MORE_ENTRIES (err untouched): there is none. One that is
   * damaged is refused with reason "journal_damaged"; *cursor is behind its
   * first byte then. */
  nt_status (*next_saved)(struct nt_journal *journal, int64_t id,
                          uint64_t *cursor, struct nt_saved *out,
                          struct nt_error *err);

  /* Makes an interrupted or committed operation one that runs again, by this
   * process: when that dies, it is interrupted. Refused with
   * STATUS_DEVICE_BUSY while a process has it. release() gives it up without
   * an end: it is interrupted then. */
  nt_status (*claim)(struct nt_journal *journal, int64_t id,
                     struct nt_error *err);
  void (*release)(struct nt_journal *journal, int64_t id);

  /* Notes that a running operation is about to overwrite what nobody saves;
   * false: that it did not come to it. */
  nt_status (*mark_unsaved)(struct nt_journal *journal, int64_t id,
                            bool unsaved, struct nt_error *err);

  /* Looks at all that is saved of an operation: each range, that none is
   * missing, doubled or overlaps another, and that they are of the volume that
   * the operation tells of. Refuses with reason "journal_damaged" when anything
   * is not as it was saved; `out` is filled then, too, but for a refusal that
   * leaves nothing to go by: out->there is 0. `each` may be NULL. */
  nt_status (*check)(struct nt_journal *journal, int64_t id, nt_piece_fn each,
                     void *ctx, struct nt_saved_check *out,
                     struct nt_error *err);

  /* Refuses with reason "verify" when the bytes that `read` gives are not those
   * that were there before the operation: range by range, and by the checksum
   * of all. With `good_only` damaged ranges are left out, and so is the last.
   */
  nt_status (*matches)(struct nt_journal *journal, int64_t id,
                       nt_read_all_fn read, void *ctx, bool good_only,
                       struct nt_error *err);
};

/* A journal, for code that knows it only by its table. */
struct nt_keeper {
  const struct nt_journal_ops *ops;
  struct nt_journal *journal;
};

/* Fills plan, machine, target and identity; asks the handle for them. */
nt_status nt_operation_about(struct nt_handle *handle, const char *plan,
                             struct nt_operation *out, struct nt_error *err);

/* Refuses with reason "identity_changed", and says what differs, when the
 * volume of the handle is not the one that `pinned` tells of: GUID path, size
 * or place on the disks. Neither serial number nor file system counts, because
 * a format changes them. */
nt_status nt_operation_check(const struct nt_identity *pinned,
                             const struct nt_volume_info *info,
                             struct nt_error *err);

#endif
