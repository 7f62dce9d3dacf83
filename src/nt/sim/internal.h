/*
 * Inside the simulated machine. Only src/nt/sim includes this header.
 *
 * The database is the state: every function loads the rows it needs into the
 * structs below, decides, and saves them, all within one transaction. Nothing
 * about the state of a volume is kept in memory between two calls, because
 * another process may change it.
 */
#ifndef NT_SIM_INTERNAL_H
#define NT_SIM_INTERNAL_H

#include <sqlite3.h>

#include "../db.h"
#include "../disk/table.h"
#include "../host.h"
#include "../name.h"
#include "../probe.h"
#include "notify.h"
#include "sim.h"

/* ---- store.c: the database ----------------------------------------------- */

/* One argument of a statement. */
struct sim_arg {
  enum { SIM_ARG_END, SIM_ARG_INT, SIM_ARG_TEXT, SIM_ARG_BLOB } type;
  int64_t number; /* of a blob: its bytes, at most INT_MAX */
  const void *text;
};
#define SIM_INT(value) \
  { SIM_ARG_INT, (int64_t)(value), NULL }
#define SIM_TEXT(value) \
  { SIM_ARG_TEXT, 0, (value) }
#define SIM_BLOB(bytes, length) \
  { SIM_ARG_BLOB, (int64_t)(length), (bytes) }
#define SIM_ARGS(...)        \
  (const struct sim_arg[]) { \
    __VA_ARGS__, {           \
      SIM_ARG_END, 0, NULL   \
    }                        \
  }
#define SIM_NO_ARGS          \
  (const struct sim_arg[]) { \
    { SIM_ARG_END, 0, NULL } \
  }

/* A statement, prepared once and found again by the address of its text. */
struct sim_prepared {
  const char *sql;
  sqlite3_stmt *stmt;
};
#define SIM_PREPARED_MAX 512 /* a power of two, over twice what there are */

struct sim_image {
  struct nt_file *file; /* NULL: not open */
  bool dirty;           /* written by this process since the last flush */
  bool readonly;        /* opened so, because the disk was read-only then */
  int64_t changes;      /* of the disk when it was opened */
};

struct sim_machine {
  struct nt_machine base; /* first */
  char folder[480];       /* "" for a machine in memory. With a name behind it
                             SQLite, which takes 512 bytes, must be content */
  char db_path[496];
  sqlite3 *db;
  struct nt_db_limit limit;
  bool guarded;          /* nothing is believed unseen: see trust.c */
  bool looking;          /* just now */
  int64_t trusted;       /* version of the database that was found all right */
  struct sim_seen *seen; /* its tables then; NULL: not known */
  struct sim_prepared prepared[SIM_PREPARED_MAX];
  sqlite3_stmt *rollback;
  bool in_transaction;
  bool store_failed;    /* in this transaction: it must be rolled back */
  struct nt_file *lock; /* machine.lock; NULL in memory */
  int64_t owner;        /* row of this connection */
  int64_t node;         /* that it is a process of; 0: there is no cluster */
  char node_name[NT_NODE_MAX];
  int64_t pid;         /* of the process that connected */
  int64_t acting;      /* pid to which events are put down */
  int64_t acting_node; /* and node */
  struct sim_image images[NT_SIM_MAX_DISKS];
  struct sim_handle *unfinished; /* closed, but the database did not take it */
  struct sim_notify notify;
  bool virtual_clock; /* waiting takes no time, it only counts here: */
  int64_t waited_us;
};

/* Opens (or creates, with the schema) the database at m->db_path. */
nt_status nt__sim_store_open(struct sim_machine *m, bool create,
                             struct nt_error *err);
/* Whether the open database is one of a machine, and has what one has. */
nt_status nt__sim_store_look(struct sim_machine *m, struct nt_error *err);
void nt__sim_store_close(struct sim_machine *m);

/* A transaction that may change the state. It first cleans up after processes
 * that died, and after handles whose close failed. nt__sim_end() commits
 * whatever `status` says, because a refused request leaves events behind too,
 * and rolls back when the store failed; it returns `status` or the store's
 * failure. */
nt_status nt__sim_begin(struct sim_machine *m, struct nt_error *err);
nt_status nt__sim_end(struct sim_machine *m, nt_status status,
                      struct nt_error *err);

/* Runs a statement without rows. `sql` must be a string literal: statements
 * are prepared once and found again by its address. */
nt_status nt__sim_exec(struct sim_machine *m, const char *sql,
                       const struct sim_arg *args, struct nt_error *err);

/* Starts a query; step until STATUS_NO_MORE_ENTRIES, or reset early. */
nt_status nt__sim_query(struct sim_machine *m, const char *sql,
                        const struct sim_arg *args, sqlite3_stmt **out,
                        struct nt_error *err);
nt_status nt__sim_step(struct sim_machine *m, sqlite3_stmt *stmt,
                       struct nt_error *err);

/* A query that answers one number; `none` when it has no row. */
nt_status nt__sim_number(struct sim_machine *m, const char *sql,
                         const struct sim_arg *args, int64_t none, int64_t *out,
                         struct nt_error *err);

/* trust.c: looks through what others have written since the last time. Called
 * by whatever reads the database. */
nt_status nt__sim_trust(struct sim_machine *m, struct nt_error *err);
void nt__sim_trust_end(struct sim_machine *m);
/* Checks the row on which `stmt` stands, of a table whose rows are looked at
 * when they are read; it has all columns, in their order. */
nt_status nt__sim_check_row(struct sim_machine *m, const char *table,
                            sqlite3_stmt *stmt, struct nt_error *err);

/* Copies a text column, which the schema says has room. */
void nt__sim_text(sqlite3_stmt *stmt, int column, char *buf, size_t cap);

nt_status nt__sim_store_fail(struct sim_machine *m, struct nt_error *err);

/* A child of fork must not use SQLite's files: they are its parent's. */
nt_status nt__sim_check_process(const struct sim_machine *m,
                                struct nt_error *err);

/* ---- owner.c: processes that share a machine ----------------------------- */

nt_status nt__sim_owner_enter(struct sim_machine *m, struct nt_error *err);
void nt__sim_owner_leave(struct sim_machine *m);
/* Within a transaction: cleans up after owners whose process is gone. */
nt_status nt__sim_owner_reap(struct sim_machine *m, struct nt_error *err);
/* Whether the process of `owner` still lives, or a program that it started. */
bool nt__sim_owner_alive(struct sim_machine *m, int64_t owner);
nt_status nt__sim_run(struct nt_machine *machine,
                      const struct nt_program *program, int *exit_status,
                      struct nt_error *err);
/* Makes a holder that is the process of an owner its heir, if that process is
 * gone; pid 0: it has none. */
void nt__sim_who_holds(int64_t heir, const char *heir_program,
                       int64_t heir_start_us, struct nt_holder *holder);

/* ---- rows ---------------------------------------------------------------- */

struct sim_disk {
  uint32_t number;
  char image[1024]; /* relative to the folder, or absolute */
  uint64_t length;
  uint32_t sector_size;
  char style[8];
  uint32_t flags;  /* NT_DISK_* */
  int64_t changes; /* how many media came into the drive */
};

struct sim_volume {
  int64_t id; /* HarddiskVolume number */
  char guid[40];
  uint64_t length;
  uint32_t sector_size;
  uint32_t partition_number;
  uint32_t flags;      /* NT_VOLUME_OFFLINE and the configured ones */
  bool installed;      /* the device node is there */
  bool verify_pending; /* the bytes may be another file system now */
  int64_t node;        /* that owns it; 0: there is no cluster */
};

/* Section 3: whether the nodes of the cluster share it now. */
static inline bool nt__sim_is_shared(const struct sim_volume *volume) {
  return (volume->flags & (NT_VOLUME_CSV | NT_VOLUME_MAINTENANCE)) ==
         NT_VOLUME_CSV;
}

/* In a statement: whether the volume of table `v` is there on node `n`. It is
 * on the node that owns it, and on all when they share it. */
#define SIM_IS_HERE(v, n) \
  "(" v "node IN (0, " n ") OR " n " < 0 OR " v "flags & 9216 = 1024)"
#define SIM_EVERY_NODE (-1)

_Static_assert((NT_VOLUME_CSV | NT_VOLUME_MAINTENANCE) == 9216 &&
                   NT_VOLUME_CSV == 1024,
               "the condition above tests these flags");

/* VPB flags (wdm.h). */
#define SIM_VPB_MOUNTED 0x01U
#define SIM_VPB_LOCKED 0x02U
#define SIM_VPB_DIRECT_WRITES 0x20U
/* Ours: the medium was changed, and nobody has looked whether it is the same.
 */
#define SIM_VPB_CHANGED 0x10000U

/* What became of a mounted file system (the VCB's condition). */
enum sim_condition {
  SIM_GOOD,
  SIM_DISMOUNTED,   /* FSCTL_DISMOUNT_VOLUME */
  SIM_WRONG_VOLUME, /* the bytes are another file system now */
  SIM_GONE,         /* the device was removed */
  SIM_INVALIDATED   /* section 3: dismounted by another node */
};

/* One mounted file system. Handles belong to an instance, never to a volume:
 * a dismounted one lives beside its successor until its handles close. */
struct sim_instance {
  int64_t id;
  int64_t volume; /* 0: of a whole disk */
  int64_t disk;   /* -1: of a volume */
  int64_t node;   /* that mounted it: each has its own */
  const struct sim_fsd *fsd;
  char file_system[32];
  char label[NT_LABEL_MAX];
  char serial[64];
  uint64_t reserved_bytes; /* boot area in front of the file system */
  uint64_t fs_bytes;       /* where the file system ends */
  bool current;            /* the device's VPB points here */
  enum sim_condition condition;
  uint32_t vpb;
  int64_t lock_owner; /* file object; 0: not locked. Without
                         SIM_VPB_LOCKED: a lock by share mode */
};

#define SIM_FO_COMPLETE_DISMOUNT 0x1U /* this one did the dismount */
#define SIM_FO_MODIFIED 0x2U          /* wrote */
#define SIM_FO_EXTENDED_DASD 0x4U     /* FSCTL_ALLOW_EXTENDED_DASD_IO */
#define SIM_FO_MANAGE_VOLUME 0x8U     /* may lock and dismount */
#define SIM_FO_WROTE_FILE 0x10U       /* wrote into its file */
#define SIM_FO_IMAGE 0x20U            /* a section that is run as a program */
#define SIM_FO_HOLDS_WRITES 0x40U     /* of its volume, for a snapshot */
#define SIM_FO_HELD_LOCK 0x80U        /* U8: once locked a shared volume */

struct sim_file_object {
  int64_t id;
  int64_t owner;
  int64_t instance; /* 0: a device, no file system */
  int64_t volume;   /* 0: of a disk */
  int64_t disk;     /* -1: of a volume */
  enum nt_handle_kind kind;
  uint32_t access, share, flags;
  int64_t refs; /* handles on it: duplicates share the file object */
  int64_t file; /* nt__sim_files_id() of a file, directory or section */
  char path[NT_NAME_MAX];
};

/* rows.c: STATUS_NO_MORE_ENTRIES when there is no such row. */
nt_status nt__sim_load_disk(struct sim_machine *m, int64_t number,
                            struct sim_disk *out, struct nt_error *err);
/* N of \Device\CdRomN: CD drives are counted by themselves. */
nt_status nt__sim_cd_number(struct sim_machine *m, uint32_t disk, int64_t *out,
                            struct nt_error *err);
nt_status nt__sim_load_volume(struct sim_machine *m, int64_t id,
                              struct sim_volume *out, struct nt_error *err);
nt_status nt__sim_save_volume(struct sim_machine *m,
                              const struct sim_volume *volume,
                              struct nt_error *err);
nt_status nt__sim_load_extents(struct sim_machine *m, int64_t volume,
                               struct nt_extent out[NT_MAX_EXTENTS],
                               uint32_t *count, struct nt_error *err);
nt_status nt__sim_load_instance(struct sim_machine *m, int64_t id,
                                struct sim_instance *out, struct nt_error *err);
/* The instance that the device's VPB points to, on this node. */
nt_status nt__sim_current_instance(struct sim_machine *m, int64_t volume,
                                   int64_t disk, struct sim_instance *out,
                                   struct nt_error *err);
nt_status nt__sim_insert_instance(struct sim_machine *m,
                                  struct sim_instance *instance,
                                  struct nt_error *err);
nt_status nt__sim_save_instance(struct sim_machine *m,
                                const struct sim_instance *instance,
                                struct nt_error *err);
nt_status nt__sim_load_file_object(struct sim_machine *m, int64_t id,
                                   struct sim_file_object *out,
                                   struct nt_error *err);
nt_status nt__sim_insert_file_object(struct sim_machine *m,
                                     struct sim_file_object *object,
                                     struct nt_error *err);
nt_status nt__sim_save_file_object(struct sim_machine *m,
                                   const struct sim_file_object *object,
                                   struct nt_error *err);

/* ---- fsd.c: personalities ------------------------------------------------ */

/* How a file system driver answers table 1.9; one const record each. */
struct sim_fsd {
  const char *name;
  bool counts_volume_handles;  /* L3: another volume handle defeats a lock */
  bool lock_allows_writes;     /* lock sets VPB_DIRECT_WRITES */
  bool unlock_by_anyone;       /* U3: no owner check */
  bool unlock_ends_instance;   /* U7: unlock is dismount and remount */
  bool dismount_needs_lock;    /* D9, and then it changes nothing */
  bool locked_means_unmounted; /* I12: FSCTL_IS_VOLUME_MOUNTED when locked */
  bool checks_share_modes;     /* O3, O4 */
  bool guards_writes;          /* 1.10: raw writes need a lock or dismount */
  bool has_files;              /* a path can be opened */
  bool relocks;                /* L9, L10: a second lock succeeds */
  bool lock_needs_mounted;     /* L16: no lock after a dismount */
  bool takes_file_handles;     /* 9.4: the codes work on files, too */
  bool dismounts_system;       /* D5 is not looked at */
  bool dismounts_twice;        /* D4 succeeds */
  bool announces_dismounted;   /* D4 is announced, though it is refused */
  bool waits_for_files; /* files outlive a dismount, and put off its end */
  bool locks_when_idle; /* L18: no lock while it is maintained */
  bool hides_failed_dismount; /* never announces DISMOUNT_FAILED */
  bool writes_need_own_lock;  /* 1.10: nothing else opens it to raw writes */
  bool read_only;             /* never written */
  bool root_only;             /* nothing here reads its files: the root opens */
  bool across_nodes;          /* section 3: opens, locks and dismounts of one
                                 node matter on the others */
  const char *calls_itself;   /* NULL: as its bytes are called */
  const char *lies_on;        /* how those are called then */
  uint32_t implicit_lock;     /* O4: a volume open that shares none of these
                                 locks; 0: never */
  uint32_t refused_on_files;  /* rights nobody gets on files and folders */
  uint32_t refused_on_volumes; /* and on the volume */
  nt_status open_dismounted;   /* O8 */
  nt_status unknown_fsctl;     /* L19 */
};

extern const struct sim_fsd nt__sim_fsd_fat, nt__sim_fsd_ntfs, nt__sim_fsd_cdfs,
    nt__sim_fsd_btrfs, nt__sim_fsd_raw, nt__sim_fsd_csvfs;

/* Whether NT mounts this file system on a CD, or on a disk. */
bool nt__sim_fsd_mounts(const char *file_system, bool cd);

/* Who mounts a file system that nt_probe() calls `file_system`, where nobody
 * shares it. */
const struct sim_fsd *nt__sim_fsd_for(const char *file_system);

/* The same, and how it is called, on a volume that may be shared. */
const struct sim_fsd *nt__sim_fsd_of_volume(const struct sim_volume *volume,
                                            const char *file_system);
const char *nt__sim_fsd_title(const struct sim_fsd *fsd,
                              const char *file_system);

/* What nt_probe() calls the bytes of an instance. */
const char *nt__sim_bytes_of(const struct sim_instance *instance);

/* The record called `name`, as the instance row keeps it. */
const struct sim_fsd *nt__sim_fsd_named(const char *name);

/* ---- image.c: bytes ------------------------------------------------------ */

/* Opens the image of a disk, or finds it open. Refuses a missing image and one
 * that is shorter than the disk, by name. */
nt_status nt__sim_image(struct sim_machine *m, uint32_t disk,
                        struct nt_error *err);
void nt__sim_images_close(struct sim_machine *m);

/* Reads or writes `len` bytes at `offset` of an object that lies on `extents`.
 * The range must lie within them. */
nt_status nt__sim_image_read(struct sim_machine *m,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t offset, void *buf, size_t len,
                             struct nt_error *err);
nt_status nt__sim_image_write(struct sim_machine *m,
                              const struct nt_extent *extents, uint32_t count,
                              uint64_t offset, const void *buf, size_t len,
                              struct nt_error *err);
nt_status nt__sim_image_flush(struct sim_machine *m,
                              const struct nt_extent *extents, uint32_t count,
                              struct nt_error *err);

/* What file system the bytes are. */
nt_status nt__sim_image_probe(struct sim_machine *m,
                              const struct nt_extent *extents, uint32_t count,
                              uint64_t length, struct nt_probe *out,
                              struct nt_error *err);

/* The path of an image as a person can find it. */
void nt__sim_image_path(const struct sim_machine *m, const char *image,
                        char *buf, size_t cap);

/* ---- outside.c: which files a machine may use ---------------------------- */

/* Whether an image is none that lies in the machine's folder. */
bool nt__sim_is_outside(const struct sim_machine *m, const char *image);
/* Opens an image, if the machine may: a refusal has a reason, "image_outside"
 * or "image", and a hint, but for those of the system. */
nt_status nt__sim_open_image(struct sim_machine *m, const char *image,
                             bool writable, struct nt_file **out,
                             struct nt_error *err);
/* The user names the image, by its full path: the machine may use it. */
nt_status nt__sim_allow_image(struct sim_machine *m, const char *image,
                              struct nt_error *err);
/* The machine is going to be removed. */
void nt__sim_forget_images(struct sim_machine *m);

/* ---- partition.c: one for each system that ntvol runs on
 * --------------------------------------------------------- */

struct sim_partition {
  uint32_t number; /* 1..; 0: the whole disk */
  uint64_t offset, length;
  char type[40]; /* "0x7" on MBR, a GUID on GPT */
  char id[40];
  char name[128];
  uint64_t attributes;
};

/* place.c: where new partitions lie. They start at whole MiB, as Windows and
 * fdisk place them; a size of 0 takes what is left before sector `end`. */
nt_status nt__sim_place(const char *style, uint32_t sector_size, uint64_t end,
                        const uint64_t *sizes, uint32_t count, uint64_t pieces,
                        struct nt_range *ranges, struct nt_error *err);

/* Writes a new partition table into an image; `path` names it in refusals.
 * `sizes[i]` are bytes; 0 takes the rest. At most NT_SIM_MAX_VOLUMES. Bit i of
 * `pieces`: partition i is a piece of a volume (see nt_range). */
nt_status nt__sim_partition_write(const struct nt_file *file, const char *path,
                                  const char *style, uint32_t sector_size,
                                  const uint64_t *sizes, uint32_t count,
                                  uint64_t pieces, struct nt_error *err);

/* Finds the volumes of a disk: its partitions, or the whole disk when it has a
 * file system or no partition table. `style` gets "none", "mbr" or "gpt". */
nt_status nt__sim_partition_read(const struct nt_file *file, uint64_t length,
                                 uint32_t sector_size, char style[8],
                                 struct sim_partition *out, uint32_t capacity,
                                 uint32_t *count, struct nt_error *err);

/* ---- instance.c: mounting and ending ------------------------------------- */

/* Finds the mounted instance of a volume or mounts it. */
nt_status nt__sim_mount(struct sim_machine *m, struct sim_volume *volume,
                        struct sim_instance *out, struct nt_error *err);

/* I8: whether the bytes may be another file system than the mounted one, and
 * looking. An instance that is not the volume's any more is detached then. */
bool nt__sim_must_verify(const struct sim_volume *volume,
                         const struct sim_instance *instance);
nt_status nt__sim_verify(struct sim_machine *m, struct sim_volume *volume,
                         struct sim_instance *instance, struct nt_error *err);

/* 9.3: RAW is what mounts a drive without a medium. */
nt_status nt__sim_mount_empty(struct sim_machine *m,
                              const struct sim_volume *volume,
                              struct sim_instance *out, struct nt_error *err);

/* The device does not point to the instance any more; its row goes away when
 * no handle is left. */
nt_status nt__sim_detach(struct sim_machine *m, struct sim_instance *instance,
                         struct nt_error *err);

/* 1.9: opens the bytes of a dismounted instance to the disk: at once, or where
 * files outlive the dismount, when none is left. Sets the flag only. */
nt_status nt__sim_allow_writes(struct sim_machine *m,
                               struct sim_instance *instance,
                               struct nt_error *err);

/* Removes the row of an instance that nobody can reach any more. */
nt_status nt__sim_forget(struct sim_machine *m,
                         const struct sim_instance *instance,
                         struct nt_error *err);

/* Cleanup of a file object: finishes its dismount, sets verify, releases its
 * lock, in NT's order. */
nt_status nt__sim_cleanup(struct sim_machine *m, int64_t file_object,
                          struct nt_error *err);
/* One of its handles is closed; the last one cleans up. */
nt_status nt__sim_release(struct sim_machine *m, int64_t file_object,
                          struct nt_error *err);

/* Whose file objects count: those of the instance, or where that matters those
 * of the mounted instances of all nodes. In a statement ?1 is the scope. */
#define SIM_OF_INSTANCE "instance = ?1 "
#define SIM_OF_NODES                                                      \
  "instance IN (SELECT id FROM instance WHERE volume = ?1 AND disk = -1 " \
  "AND current = 1) "
static inline bool nt__sim_spans_nodes(const struct sim_instance *instance) {
  return instance->fsd->across_nodes && instance->current;
}
static inline int64_t nt__sim_scope(const struct sim_instance *instance) {
  return nt__sim_spans_nodes(instance) ? instance->volume : instance->id;
}

/* How many file objects an instance has besides `except`; with those of other
 * nodes, where that matters. */
nt_status nt__sim_count_handles(struct sim_machine *m,
                                const struct sim_instance *instance,
                                int64_t except, int64_t *files,
                                int64_t *volumes, struct nt_error *err);

/* The instances of a device on all nodes come to an end with it. */
nt_status nt__sim_end_instances(struct sim_machine *m, int64_t volume,
                                int64_t disk, struct nt_error *err);

/* ---- holders.c ----------------------------------------------------------- */

/* Adds who holds an instance open, besides `except`, and on other nodes, where
 * that matters. */
void nt__sim_add_holders(struct sim_machine *m,
                         const struct sim_instance *instance, int64_t except,
                         struct nt_error *err);
/* Adds who has a volume (or with volume 0 a disk) open in any way. */
void nt__sim_add_openers(struct sim_machine *m, int64_t volume, int64_t disk,
                         struct nt_error *err);

/* ---- cluster.c: nodes (section 3) ---------------------------------------- */

/* Within a transaction: finds the node that the connection was made for. */
nt_status nt__sim_node_enter(struct sim_machine *m, struct nt_error *err);
/* "": there is no such node. */
nt_status nt__sim_node_name(struct sim_machine *m, int64_t node,
                            char buf[NT_NODE_MAX], struct nt_error *err);

/* Whether a volume of the cluster can be opened here: not while a node holds
 * its lock, nor, U8, while the handle that held it is open. */
nt_status nt__sim_check_cluster(struct sim_machine *m,
                                const struct sim_volume *volume,
                                struct nt_error *err);
/* The instance that is locked on another node; 0: there is none. */
nt_status nt__sim_locked_elsewhere(struct sim_machine *m, int64_t volume,
                                   int64_t *instance, struct nt_error *err);
/* Invalidates what the other nodes have mounted of the instance's volume. */
nt_status nt__sim_end_elsewhere(struct sim_machine *m,
                                const struct sim_instance *instance,
                                struct nt_error *err);
/* The bytes of a shared volume were looked at, for all nodes: ends what another
 * one has mounted of it if that is another file system than `now`. */
nt_status nt__sim_verify_elsewhere(struct sim_machine *m,
                                   const struct sim_instance *now,
                                   struct nt_error *err);

nt_status nt__sim_next_node(struct nt_machine *machine, uint64_t *cursor,
                            struct nt_node_info *out, struct nt_error *err);
nt_status nt__sim_set_maintenance(struct nt_machine *machine,
                                  const char *volume, bool on,
                                  struct nt_error *err);
nt_status nt__sim_set_owner(struct nt_machine *machine, const char *volume,
                            const char *node, struct nt_error *err);

/* ---- refuse.c ------------------------------------------------------------ */

/* Open handles keep a volume (or with volume 0 a disk) where it is. */
nt_status nt__sim_check_unused(struct sim_machine *m, int64_t volume,
                               int64_t disk, const char *detail,
                               struct nt_error *err);

/* F8, section 3: the cluster takes its volumes on- and offline itself. */
nt_status nt__sim_check_not_shared(const struct sim_volume *volume,
                                   struct nt_error *err);

/* L6, L7, D5, F5: system, boot and page-file volumes are left alone. */
nt_status nt__sim_check_system(const struct sim_volume *volume,
                               struct nt_error *err);

/* I4 to I7: whether the file system of a handle is still alive. */
nt_status nt__sim_check_condition(const struct sim_instance *instance,
                                  struct nt_error *err);

/* Whether one of the disks is read-only. */
nt_status nt__sim_disks_readonly(struct sim_machine *m,
                                 const struct nt_extent *extents,
                                 uint32_t count, bool *out,
                                 struct nt_error *err);

/* F9, F10, F13: nothing reaches the medium of an offline volume. */
nt_status nt__sim_check_online(const struct sim_volume *volume,
                               struct nt_error *err);

/* snapshot.c: whether writes to a volume are held for a snapshot (1.12). */
nt_status nt__sim_check_held(struct sim_machine *m, int64_t volume,
                             struct nt_error *err);

/* ---- medium.c: drives ---------------------------------------------------- */

struct sim_handle;

nt_status nt__sim_no_medium(struct nt_error *err);
/* Where the object of a handle lies on the medium that its drive has now, with
 * length 0 on none. Fixed disks stay as they are. */
nt_status nt__sim_find_place(struct sim_handle *handle, struct nt_error *err);
/* Refuses when there is no medium; finds the place and opens the image. */
nt_status nt__sim_check_medium(struct sim_handle *handle, struct nt_error *err);
nt_status nt__sim_eject(struct nt_machine *machine, const char *name,
                        struct nt_error *err);

/* ---- event.c ------------------------------------------------------------- */

/* X(name, kind, GUID): codes and GUIDs of docs/rules.md section 2. */
#define SIM_EVENT_LIST(X)                                            \
  X(DISMOUNT, VOLUME, "d16a55e8-1059-11d2-8ffd-00a0c9a06d32")        \
  X(DISMOUNT_FAILED, VOLUME, "e3c5b178-105d-11d2-8ffd-00a0c9a06d32") \
  X(LOCK, VOLUME, "50708874-c9af-11d1-8fef-00a0c9a06d32")            \
  X(LOCK_FAILED, VOLUME, "ae2eed10-0ba8-11d2-8ffb-00a0c9a06d32")     \
  X(UNLOCK, VOLUME, "9a8c3d68-d0cb-11d1-8fef-00a0c9a06d32")          \
  X(MOUNT, VOLUME, "b5804878-1a96-11d2-8ffd-00a0c9a06d32")           \
  X(ARRIVAL, DEVICE, "")                                             \
  X(REMOVAL, DEVICE, "")                                             \
  X(SURPRISE_REMOVAL, DEVICE, "")                                    \
  X(OFFLINE, STATE, "")                                              \
  X(ONLINE, STATE, "")                                               \
  X(MASKED, STATE, "")                                               \
  X(UNMASKED, STATE, "")                                             \
  X(MEDIA_ARRIVAL, VOLUME, "d07433c0-a98e-11d2-917a-00a0c9068ff3")   \
  X(MEDIA_REMOVAL, VOLUME, "d07433c1-a98e-11d2-917a-00a0c9068ff3")

enum sim_event {
#define X(name, kind, guid) SIM_##name,
  SIM_EVENT_LIST(X)
#undef X
      SIM_EVENT_COUNT
};

nt_status nt__sim_event_volume(struct sim_machine *m, enum sim_event event,
                               int64_t volume, struct nt_error *err);
nt_status nt__sim_event_disk(struct sim_machine *m, enum sim_event event,
                             int64_t disk, struct nt_error *err);
/* For the device of an instance: its volume or its disk. */
nt_status nt__sim_event_instance(struct sim_machine *m, enum sim_event event,
                                 const struct sim_instance *instance,
                                 struct nt_error *err);

/* ---- handles ------------------------------------------------------------- */

struct sim_files;

struct sim_handle {
  struct nt_handle base; /* first */
  int64_t file_object;
  int64_t volume;  /* 0: a disk's */
  int64_t disk;    /* -1: a volume's */
  uint64_t length; /* of the volume or disk, bytes */
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t extent_count;
  struct sim_files *file;  /* for files and what is mapped of them, and for
                              directories; else NULL */
  bool removable;          /* of a drive: the place can change */
  bool flushed;            /* 1.11: the first raw read or write flushed */
  bool closed;             /* by a subscriber, who heard of its request */
  struct sim_handle *next; /* in a list of the machine: unfinished, retired */
};

static inline struct sim_machine *nt__sim_machine(struct nt_machine *machine) {
  return (struct sim_machine *)machine;
}
static inline struct sim_handle *nt__sim_handle(struct nt_handle *handle) {
  return (struct sim_handle *)handle;
}
static inline struct sim_machine *nt__sim_machine_of(
    const struct sim_handle *handle) {
  return nt__sim_machine(handle->base.machine);
}

/* Neither a volume's nor a disk's. */
static inline bool nt__sim_is_mount_manager(const struct sim_handle *handle) {
  return handle->volume == 0 && handle->disk < 0;
}

extern const struct nt_handle_ops nt__sim_handle_ops;

/* The slots, by the file that has them. */
nt_status nt__sim_open(struct nt_machine *machine,
                       const struct nt_open_options *options,
                       struct nt_handle **out, struct nt_error *err);
nt_status nt__sim_close(struct nt_handle *handle, struct nt_error *err);
/* Handles whose close the database refused: within a transaction, closes them
 * for good; frees them when it is committed, or when the connection ends. */
nt_status nt__sim_close_unfinished(struct sim_machine *m, struct nt_error *err);
void nt__sim_free_unfinished(struct sim_machine *m);
nt_status nt__sim_duplicate(struct nt_handle *handle, struct nt_handle **out,
                            struct nt_error *err);
nt_status nt__sim_map(struct nt_handle *handle, bool image,
                      struct nt_handle **out, struct nt_error *err);
nt_status nt__sim_next_entry(struct nt_handle *handle, uint64_t *cursor,
                             struct nt_directory_entry *out,
                             struct nt_error *err);
/* A section is read and closed; every other request is refused. */
nt_status nt__sim_check_not_section(const struct sim_handle *handle,
                                    struct nt_error *err);
nt_status nt__sim_control_by(struct nt_handle *handle, bool file_system,
                             uint32_t code, const void *in, size_t in_len,
                             void *out, size_t out_cap, size_t *out_len,
                             struct nt_error *err);
nt_status nt__sim_control(struct nt_handle *handle, uint32_t code,
                          const void *in, size_t in_len, void *out,
                          size_t out_cap, size_t *out_len,
                          struct nt_error *err);
nt_status nt__sim_read(struct nt_handle *handle, uint64_t offset, void *buf,
                       size_t len, size_t *done, struct nt_error *err);
nt_status nt__sim_write(struct nt_handle *handle, uint64_t offset,
                        const void *buf, size_t len, size_t *done,
                        struct nt_error *err);
nt_status nt__sim_flush(struct nt_handle *handle, struct nt_error *err);
nt_status nt__sim_info(struct nt_handle *handle, struct nt_volume_info *out,
                       struct nt_error *err);
nt_status nt__sim_file_size(struct nt_handle *handle, uint64_t *out,
                            struct nt_error *err);
/* Whether the file system of an open file or directory is still alive. */
nt_status nt__sim_check_file(struct sim_handle *handle, struct nt_error *err);
nt_status nt__sim_next_holder(struct nt_handle *handle, uint64_t *cursor,
                              struct nt_holder *out, const char **missing,
                              struct nt_error *err);
nt_status nt__sim_next_volume(struct nt_machine *machine, uint64_t *cursor,
                              struct nt_volume_info *out, struct nt_error *err);
nt_status nt__sim_next_disk(struct nt_machine *machine, uint64_t *cursor,
                            struct nt_disk_info *out, struct nt_error *err);
nt_status nt__sim_next_event(struct nt_machine *machine, uint64_t *cursor,
                             struct nt_event *out, struct nt_error *err);
nt_status nt__sim_uninstall(struct nt_machine *machine, const char *name,
                            struct nt_error *err);
nt_status nt__sim_mask(struct nt_machine *machine, const char *disk,
                       struct nt_error *err);
nt_status nt__sim_unmask(struct nt_machine *machine, const char *disk,
                         struct nt_error *err);

/* ---- resolve.c: from a name to a device ---------------------------------- */

/* Exactly one of volume (not 0) and disk (not -1) is set. `rest` is what
 * follows the device's name: NULL, "\" or "\path". */
struct sim_target {
  int64_t volume, disk;
  char rest[NT_NAME_MAX];
  bool has_rest;
};
nt_status nt__sim_resolve(struct sim_machine *m, const char *name,
                          struct sim_target *out, struct nt_error *err);

/* How to call a volume: its letter, else a folder, else its GUID path. */
nt_status nt__sim_volume_name(struct sim_machine *m, int64_t volume, char *buf,
                              size_t cap, struct nt_error *err);

/* ---- device.c: IOCTLs, answered by the volume and disk drivers ----------- */

struct sim_request; /* query.h */

nt_status nt__sim_device_control(struct sim_request *r, uint32_t code,
                                 struct nt_error *err);

/* ---- files.c: paths in the image, one for each system
 * ----------------------------------------- */

/* Looks `path` ("\dir\file", "\" for the root) up in the file system of an
 * object that lies on `extents`; nt_probe() called it `file_system`. */
nt_status nt__sim_files_open(struct sim_machine *m,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t length, uint32_t sector_size,
                             const char *file_system, const char *path,
                             struct sim_files **out, struct nt_error *err);
/* Where nothing here reads the file system: only the root folder opens. */
nt_status nt__sim_files_open_root(const char *path, struct sim_files **out,
                                  struct nt_error *err);
bool nt__sim_files_is_directory(const struct sim_files *file);
/* The number of a file in its file system. */
int64_t nt__sim_files_id(const struct sim_files *file);
/* The path as the file system spells it: one name for one file. */
const char *nt__sim_files_path(const struct sim_files *file);
uint64_t nt__sim_files_size(const struct sim_files *file);
/* How many of its bytes have a value; those behind them read as zeros. */
uint64_t nt__sim_files_valid(struct sim_files *file);
nt_status nt__sim_files_read(struct sim_files *file, uint64_t offset, void *buf,
                             size_t len, size_t *done, struct nt_error *err);
/* Where on the volume the byte at `offset` lies, and in *length how many
 * follow it there. Refuses a file whose bytes do not lie there as they are. */
nt_status nt__sim_files_place(struct sim_files *file, uint64_t offset,
                              uint64_t *place, uint64_t *length,
                              struct nt_error *err);
/* The entries of a directory; *cursor is 0 at first. */
nt_status nt__sim_files_next(struct sim_files *file, uint64_t *cursor,
                             struct nt_directory_entry *out,
                             struct nt_error *err);
/* One more handle has it; each of them closes it. */
struct sim_files *nt__sim_files_share(struct sim_files *file);
void nt__sim_files_close(struct sim_files *file);

/* ---- cache.c: file data that waits to be written --------------------------
 */

#define SIM_ALL_FILES (-1)

/* What waits is kept in pieces of the smallest sector; larger ones are
 * multiples of it. */
#define SIM_CACHE_SECTOR 512U

/* Whether data of the file waits, or with SIM_ALL_FILES of any file. */
nt_status nt__sim_cache_has(struct sim_machine *m, int64_t instance,
                            int64_t file, bool *out, struct nt_error *err);

/* Within a transaction, all of these. */

/* Keeps what was written to the file of a handle. More than a limit is written
 * to the image at once. The range lies within the file. */
nt_status nt__sim_cache_write(struct sim_handle *handle,
                              const struct sim_instance *instance,
                              uint64_t offset, const void *buf, size_t len,
                              struct nt_error *err);
/* Puts what waits over what was read from the image. */
nt_status nt__sim_cache_overlay(const struct sim_handle *handle,
                                const struct sim_instance *instance,
                                uint64_t offset, void *buf, size_t len,
                                struct nt_error *err);
/* Writes what waits to the image. While the volume is offline it goes on
 * waiting. */
nt_status nt__sim_cache_write_back(struct sim_machine *m,
                                   const struct sim_instance *instance,
                                   int64_t file, struct nt_error *err);
/* What waits is lost. */
nt_status nt__sim_cache_drop(struct sim_machine *m, int64_t instance,
                             struct nt_error *err);

#endif
