/*
 * A connection to a simulated machine, and its handles: everything that all
 * folders of it may know. Only src/nt/sim includes this header.
 *
 * The database is the state. Every function loads the rows it needs, decides,
 * and saves them, all within one transaction. Nothing about the state of a
 * volume is kept in memory between two calls, because another process may
 * change it.
 */
#ifndef NT_SIM_MACHINE_H
#define NT_SIM_MACHINE_H

#include "../db.h"
#include "../host.h"
#include "sim.h"

struct sim_request; /* db/request.h */

struct sim_image {
  struct nt_file *file; /* NULL: not open */
  bool dirty;           /* written by this process since the last flush */
  bool readonly;        /* opened so because the disk was read-only then */
  int64_t changes;      /* value of sim_disk.changes when it was opened */
  uint64_t length;      /* length of the disk: what lies behind is no part */
};

/* ---- who is told of events: rules/notify.c ------------------------------- */

struct sim_subscription;
struct sim_handle;

struct sim_notify {
  struct sim_subscription *first; /* the oldest; NULL: there is none */
  struct nt_event *events; /* kept until all subscribers have seen them */
  size_t count, capacity;
  size_t committed;          /* how many of `count` are committed */
  unsigned delivering;       /* deliveries that run now, one within another */
  bool resuming;             /* a request is beginning its second transaction */
  struct sim_handle *closed; /* closed by subscribers: see nt__sim_retire() */
  struct nt_watch *watch;    /* used by wait_event, from its first call on */
};

/* ---- the connection ------------------------------------------------------ */

struct sim_machine {
  struct nt_machine base; /* first */
  char folder[480]; /* "" for a machine in memory. SQLite takes 512 bytes for
                       this and the name of a file */
  char db_path[496];
  struct nt_db db;
  bool guarded;          /* rows are checked before use: see trust.c */
  int64_t trusted;       /* version of the database that was last found good */
  struct sim_seen *seen; /* its tables at that time; NULL: not known */
  struct sim_loaded *loaded; /* rows of this transaction; NULL: no memory */
  struct nt_file *lock;      /* machine.lock; NULL in memory */
  int64_t owner;             /* the row of this connection */
  int64_t node; /* the node of this process; 0: there is no cluster */
  char node_name[NT_NODE_MAX];
  int64_t pid;         /* the process that connected */
  int64_t acting;      /* the pid that events are recorded for */
  int64_t acting_node; /* and the node */
  struct sim_image images[NT_SIM_MAX_DISKS];
  struct sim_handle *unfinished; /* closed, but the database failed */
  struct sim_notify notify;
  bool virtual_clock; /* waiting takes no time, but is added up here: */
  int64_t waited_us;
};

/* ---- handles ------------------------------------------------------------- */

struct sim_files;

struct sim_handle {
  struct nt_handle base; /* first */
  int64_t file_object;
  int64_t volume;  /* 0: the handle is a disk's */
  int64_t disk;    /* -1: the handle is a volume's */
  uint64_t length; /* of the volume or disk, bytes */
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t extent_count;
  struct sim_files *file; /* for files, sections, directories; else NULL */
  bool removable;         /* of a drive: its place on the medium can change */
  bool flushed;           /* 1.11: the first raw access has flushed */
  bool closed; /* closed by a subscriber while its request was told */
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

/* Returns whether the handle is neither a volume's nor a disk's, but the mount
 * manager's. */
static inline bool nt__sim_is_mount_manager(const struct sim_handle *handle) {
  return handle->volume == 0 && handle->disk < 0;
}

#endif
