/* Rows of the database as structs. */
#ifndef NT_SIM_DB_ROWS_H
#define NT_SIM_DB_ROWS_H

#include "../../disk/file_system.h"
#include "../../disk/table.h"
#include "../fs/fsd.h"
#include "../machine.h"

struct sim_disk {
  uint32_t number;
  char image[1024]; /* relative to the folder, or absolute */
  uint64_t length;
  uint32_t sector_size;
  char style[8];
  uint32_t flags;  /* NT_DISK_* */
  int64_t changes; /* how many media were put into the drive */
};

struct sim_volume {
  int64_t id; /* HarddiskVolume number */
  char guid[40];
  uint64_t length;
  uint32_t sector_size;
  uint32_t partition_number;
  uint32_t flags;      /* NT_VOLUME_OFFLINE and the configured ones */
  bool installed;      /* the device node exists */
  bool verify_pending; /* the bytes may be another file system now */
  int64_t node;        /* the node that owns it; 0: no cluster */
};

/* Section 3: returns whether the nodes of the cluster share the volume now. */
static inline bool nt__sim_is_shared(const struct sim_volume *volume) {
  return (volume->flags & (NT_VOLUME_CSV | NT_VOLUME_MAINTENANCE)) ==
         NT_VOLUME_CSV;
}

/* The part of a statement that tests whether the volume of table `v` is there
 * on node `n`. A volume is there on the node that owns it, and on all nodes
 * when they share it. */
#define SIM_IS_HERE(v, n, mask, shared) \
  "(" v "node IN (0, " n ") OR " n " < 0 OR " v "flags & " mask " = " shared ")"
/* Three arguments for it, of which `node` is the first. */
#define SIM_HERE(node)                                           \
  SIM_INT(node), SIM_INT(NT_VOLUME_CSV | NT_VOLUME_MAINTENANCE), \
      SIM_INT(NT_VOLUME_CSV)
#define SIM_EVERY_NODE (-1)

/* VPB flags (wdm.h). */
#define SIM_VPB_MOUNTED 0x01U
#define SIM_VPB_LOCKED 0x02U
#define SIM_VPB_DIRECT_WRITES 0x20U
#define SIM_VPB_OF_MOUNT \
  (SIM_VPB_MOUNTED | SIM_VPB_LOCKED | SIM_VPB_DIRECT_WRITES)
/* This flag is not one of NT: the medium was changed, and nobody has checked
 * yet whether it is the same. */
#define SIM_VPB_CHANGED 0x10000U
/* Nor is this one: the file system wants to be checked, as the mount found, or
 * as somebody marked it since (X17). */
#define SIM_VPB_DIRTY 0x20000U

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
  int64_t volume; /* 0: it is that of a whole disk */
  int64_t disk;   /* -1: of a volume */
  int64_t node;   /* the node that mounted it: each has its own */
  const struct sim_fsd *fsd;
  char file_system[32];
  char label[NT_LABEL_MAX];
  char serial[64];
  uint64_t reserved_bytes; /* boot area in front of the file system */
  uint64_t fs_bytes;       /* where the file system ends */
  uint8_t bpb[NT_FAT_BPB]; /* X10: of FAT12 and FAT16, from the mount */
  size_t bpb_size;         /* NT_FAT_BPB, or 0: of others */
  bool current;            /* the device's VPB points here */
  enum sim_condition condition;
  uint32_t vpb;
  int64_t lock_owner; /* file object; 0: not locked. Without
                         SIM_VPB_LOCKED: a lock by share mode */
};

/* Conditions of a statement that select the file objects that count: those of
 * the instance or, where other nodes matter, those of the mounted instances of
 * all nodes. ?1 is the scope. */
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

#define SIM_FO_COMPLETE_DISMOUNT 0x1U /* it did the dismount */
#define SIM_FO_MODIFIED 0x2U          /* it has written */
#define SIM_FO_EXTENDED_DASD 0x4U     /* FSCTL_ALLOW_EXTENDED_DASD_IO */
#define SIM_FO_MANAGE_VOLUME 0x8U     /* it may lock and dismount */
#define SIM_FO_WROTE_FILE 0x10U       /* it has written into its file */
#define SIM_FO_IMAGE 0x20U            /* a section that is run as a program */
#define SIM_FO_HOLDS_WRITES 0x40U     /* it holds writes for a snapshot */
#define SIM_FO_HELD_LOCK 0x80U        /* U8: once locked a shared volume */

/* This condition is that of an index, so it must be the same text there and in
 * statements: SQLite takes no parameter for it. */
#define SIM_HOLDS_WRITES "flags & 64 <> 0"
_Static_assert(SIM_FO_HOLDS_WRITES == 64, "the condition tests this flag");

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

/* Finds the driver that mounts a file system on this volume, which nodes may
 * share. */
const struct sim_fsd *nt__sim_fsd_of_volume(const struct sim_volume *volume,
                                            const char *file_system);

/* Returns the name that nt_probe() gives the bytes of an instance. */
const char *nt__sim_bytes_of(const struct sim_instance *instance);

/* A partition of a disk, as it is kept with its volume. */
struct sim_partition {
  uint32_t number; /* 1..; 0: the whole disk */
  uint64_t offset, length;
  char type[40]; /* "0x7" on MBR, a GUID on GPT */
  char id[40];
  char name[128];
  uint64_t attributes;
  enum nt_partition_use use;
};

/* File data that waits (table dirty) is kept in pieces of this size, the
 * smallest sector; larger sectors are multiples of it. */
#define SIM_CACHE_SECTOR 512U

/* ---- events -------------------------------------------------------------- */

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

#define SIM_FORGOTTEN (-1) /* stands where an event was */
enum sim_event {
#define X(name, kind, guid) SIM_##name,
  SIM_EVENT_LIST(X)
#undef X
      SIM_EVENT_COUNT
};

/* ---- loading and saving -------------------------------------------------- */

/* rows.c: these return STATUS_NO_MORE_ENTRIES when there is no such row. */
nt_status nt__sim_load_disk(const struct sim_request *r, int64_t number,
                            struct sim_disk *out);
nt_status nt__sim_save_disk(const struct sim_request *r,
                            const struct sim_disk *disk);
/* Finds the N of \Device\CdRomN: CD drives have numbers of their own. */
nt_status nt__sim_cd_number(const struct sim_request *r, uint32_t disk,
                            int64_t *out);
nt_status nt__sim_load_volume(const struct sim_request *r, int64_t id,
                              struct sim_volume *out);
nt_status nt__sim_save_volume(const struct sim_request *r,
                              const struct sim_volume *volume);
/* Sets or clears NT_VOLUME_CUT, by where its extents lie now. */
nt_status nt__sim_mark_cut(const struct sim_request *r, int64_t volume);
nt_status nt__sim_load_extents(const struct sim_request *r, int64_t volume,
                               struct nt_extent out[NT_MAX_EXTENTS],
                               uint32_t *count);
nt_status nt__sim_load_instance(const struct sim_request *r, int64_t id,
                                struct sim_instance *out);
/* Loads the instance that the device's VPB points to on this node. */
nt_status nt__sim_current_instance(const struct sim_request *r, int64_t volume,
                                   int64_t disk, struct sim_instance *out);
nt_status nt__sim_insert_instance(const struct sim_request *r,
                                  struct sim_instance *instance);
nt_status nt__sim_save_instance(const struct sim_request *r,
                                const struct sim_instance *instance);
nt_status nt__sim_load_file_object(const struct sim_request *r, int64_t id,
                                   struct sim_file_object *out);
nt_status nt__sim_insert_file_object(const struct sim_request *r,
                                     struct sim_file_object *object);
nt_status nt__sim_save_file_object(const struct sim_request *r,
                                   const struct sim_file_object *object);

#endif
