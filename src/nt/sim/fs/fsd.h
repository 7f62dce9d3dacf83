/* How each kind of file system behaves, one record for each. */
#ifndef NT_SIM_FS_FSD_H
#define NT_SIM_FS_FSD_H

#include "../../nt.h"

/* How a file system driver behaves by table 1.9; there is one const record for
 * each. */
struct sim_fsd {
  const char *name;
  bool counts_volume_handles;  /* L3: another volume handle defeats a lock */
  bool lock_allows_writes;     /* lock sets VPB_DIRECT_WRITES */
  bool unlock_by_anyone;       /* U3: no owner check */
  bool unlock_ends_instance;   /* U7: unlock is dismount and remount */
  bool dismount_needs_lock;    /* D9; a dismount then changes nothing */
  bool locked_means_unmounted; /* I12: FSCTL_IS_VOLUME_MOUNTED when locked */
  bool checks_share_modes;     /* O3, O4 */
  bool guards_writes;          /* 1.10: raw writes need a lock or dismount */
  bool has_files;              /* a path can be opened */
  bool relocks;                /* L9, L10: a second lock succeeds */
  bool lock_needs_mounted;     /* L16: no lock after a dismount */
  bool takes_file_handles;     /* 9.4: the codes work on files, too */
  bool dismounts_system;       /* D5 does not apply */
  bool dismounts_twice;        /* D4 succeeds */
  bool announces_dismounted;   /* D4 is announced, though it is refused */
  bool waits_for_files;        /* files outlive a dismount and delay its end */
  bool locks_when_idle;        /* L18: no lock while it is maintained */
  bool hides_failed_dismount;  /* never announces DISMOUNT_FAILED */
  bool writes_need_own_lock;   /* 1.10: nothing else opens it to raw writes */
  bool read_only;              /* nothing is ever written */
  bool anyone_manages;         /* X2: lock and dismount need no right */
  bool never_dirty;            /* X5: it is asked, and never wants a check */
  bool no_flush;               /* X8: it does not know the request */
  bool takes_path_check;       /* X12: FSCTL_IS_PATHNAME_VALID succeeds */
  bool no_streams;             /* X21: a colon is not for its names */
  bool root_only;              /* nothing reads its files; the root opens */
  bool across_nodes;           /* section 3: opens, locks and dismounts of one
                                  node matter on the others */
  const char *calls_itself;    /* NULL: the name of its bytes */
  const char *lies_on;         /* the name of its bytes then */
  uint32_t implicit_lock;      /* O4: a volume open that shares none of these
                                  locks; 0: never */
  uint32_t refused_on_files;   /* rights that nobody gets on files, folders */
  uint32_t refused_on_volumes; /* and on the volume */
  nt_status open_dismounted;   /* O8 */
  nt_status unknown_fsctl;     /* L19 */
};

extern const struct sim_fsd nt__sim_fsd_fat, nt__sim_fsd_ntfs, nt__sim_fsd_cdfs,
    nt__sim_fsd_btrfs, nt__sim_fsd_raw, nt__sim_fsd_csvfs;

/* Returns whether NT mounts this file system on a CD, or on a disk. */
bool nt__sim_fsd_mounts(const char *file_system, bool cd);

/* Returns the driver that mounts a file system that nt_probe() calls
 * `file_system`, where nodes do not share it. */
const struct sim_fsd *nt__sim_fsd_for(const char *file_system);

const char *nt__sim_fsd_title(const struct sim_fsd *fsd,
                              const char *file_system);

/* Finds the record with this name, which is kept in the row of an instance. */
const struct sim_fsd *nt__sim_fsd_named(const char *name);

#endif
