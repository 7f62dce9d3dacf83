/*
 * The simulated machine as the Lua binding sees it: its table of functions, and
 * what only a simulated machine has (it can be created and removed).
 */
#ifndef NT_SIM_SIM_H
#define NT_SIM_SIM_H

#include "../nt.h"

#define NT_SIM_MAX_DISKS 64
#define NT_SIM_MAX_VOLUMES 64 /* on one disk */
#define NT_SIM_MAX_SPANS 64   /* volumes in several pieces */
#define NT_SIM_MAX_NODES 64   /* in a cluster, as on Windows Server */

/* Stands before the name of a node in the location of a machine: "lab?node=n2".
 * Without it, whoever connects to a cluster is its first node. */
#define NT_SIM_NODE "?node="

/* A machine that lives in this process only. */
#define NT_SIM_MEMORY ":memory:"

extern const struct nt_machine_ops nt_sim_ops;

/* Whether the file system of a volume is mounted when the machine is ready. */
enum nt_sim_mounted {
  NT_SIM_MOUNTED_AS_USUAL, /* as nt_sim_spec.mounted says */
  NT_SIM_MOUNTED,
  NT_SIM_UNMOUNTED
};

struct nt_sim_volume_spec {
  uint64_t size;      /* bytes; 0: what is left of the disk */
  const char *letter; /* "D:"; NULL: the next free one; "": none */
  const char *mount_points[NT_MAX_MOUNT_POINTS]; /* "C:\mnt\data"; NULL ends */
  /* All volumes of the same name are one volume, in pieces that follow one
   * another, on one disk or on several; each piece is a partition. The first
   * one has its letter, mount points and flags. NULL: in one piece. */
  const char *span;
  /* What is done to the volume afterwards, and checked here: the file system
   * that it gets, and the node that gets it. NULL: it stays RAW, and with the
   * first node. */
  const char *fs, *owner;
  enum nt_sim_mounted mounted;
  /* With `fs`, all but _CSV are given by nt_sim_set_flags() afterwards. */
  uint32_t flags; /* NT_VOLUME_SYSTEM, _BOOT, _PAGEFILE, _READONLY, _BUSY; _CSV:
                     the nodes of the cluster share it */
};

struct nt_sim_disk_spec {
  const char *image;    /* an existing image, or NULL: one is made */
  uint64_t size;        /* bytes, whole sectors; 0 with `image` */
  uint32_t sector_size; /* bytes: 512 or 4096; 0: 512, of a CD 2048 */
  const char *style;    /* "none", "mbr", "gpt"; NULL: "none". NULL with
                           `image`, which keeps its own partition table */
  const char *serial;   /* NULL: one is made up */
  uint32_t flags;       /* NT_DISK_READONLY, NT_DISK_REMOVABLE; with
                           NT_DISK_CDROM: both, too. A removable one without
                           image and size is an empty drive */
  /* Volumes in order. With an existing image: letters and flags for the
   * volumes found there, in order; further ones get the next free letter. */
  const struct nt_sim_volume_spec *volumes;
  uint32_t volume_count;
};

struct nt_sim_spec {
  const struct nt_sim_disk_spec *disks;
  uint32_t disk_count;
  const char *const *nodes; /* names of 1 to 15 letters, digits and "-" */
  uint32_t node_count;      /* 0: no cluster */
  /* W3: volumes with a letter on fixed disks are mounted from the start, where
   * they can be. What the system uses always is (W2). */
  bool mounted;
};

/* Creates a machine in the folder `path` (made when missing; must be empty)
 * or in memory, and connects to it, as its first node. A description that
 * contradicts itself is refused (reason spec) before anything is made; disks
 * and volumes count from 1 in the message. On failure everything
 * that was made is removed again; existing images are never changed by it. New
 * volumes are RAW. */
nt_status nt_sim_create(const char *path, const struct nt_sim_spec *spec,
                        struct nt_machine **out, struct nt_error *err);

/* Removes a machine's folder: machine.db, machine.lock and the images that
 * were made for it. Refused (STATUS_DEVICE_BUSY, holders) while another
 * process is connected. Anything else in the folder stays, and then so does
 * the folder. */
nt_status nt_sim_remove(const char *path, struct nt_error *err);

/* Something that is wrong with a machine; its texts belong to the report. It
 * concerns a value of a table or, if table is "", something else. If `note` is
 * set, it will be repaired automatically. */
struct nt_sim_damage {
  const char *table, *column, *row, *value, *what;
  bool note;
};
struct nt_sim_report;

/* Looks for everything that is wrong with the machine in a folder, and changes
 * nothing. A damaged machine is a success; nt_sim_free_report() ends *out. */
nt_status nt_sim_check(const char *path, struct nt_sim_report **out,
                       struct nt_error *err);
bool nt_sim_next_damage(const struct nt_sim_report *report, uint32_t index,
                        struct nt_sim_damage *out);
void nt_sim_free_report(struct nt_sim_report *report); /* NULL: nothing */

/* Called when the user trusts a machine: allows it to use the images outside of
 * its folder that its disks name now. */
nt_status nt_sim_allow_images(const char *path, struct nt_error *err);

/* Sets what a volume is for the system: NT_VOLUME_SYSTEM, _BOOT, _PAGEFILE,
 * _READONLY, _BUSY; those that are not in `flags` are cleared. Such a volume
 * refuses to be formatted, so a new one gets its flags after its file system.
 */
nt_status nt_sim_set_flags(struct nt_machine *machine, const char *volume,
                           uint32_t flags, struct nt_error *err);

/* With a virtual clock, waiting takes no time and is only added up: a retry
 * over 15 seconds ends at once, and always goes the same way. Each connection
 * has its own setting, which is on from the beginning for a machine in memory.
 */
void nt_sim_set_virtual_clock(struct nt_machine *machine, bool on);

/* The first function puts a medium, which is an existing image, into an empty
 * drive. The second one takes the medium away, also one that was ejected
 * before. A drive is named by its volume or as a disk. Open handles do not
 * prevent this; only the drive itself can refuse (STATUS_DEVICE_BUSY when it
 * has a medium, or was told to keep it). */
nt_status nt_sim_insert(struct nt_machine *machine, const char *drive,
                        const char *image, bool readonly, struct nt_error *err);
nt_status nt_sim_take_out(struct nt_machine *machine, const char *drive,
                          struct nt_error *err);

/* Empties the event history, so that it begins when a new machine is ready. Do
 * not use it on a machine whose events somebody has seen. */
nt_status nt_sim_forget_events(struct nt_machine *machine,
                               struct nt_error *err);

#endif
