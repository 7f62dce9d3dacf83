/*
 * A control code on its way to the function that handles it, and the tables in
 * which that function is found.
 *
 * slots/control.c looks up FSCTL codes in the tables of the file system, and
 * slots/device.c looks up all others in the tables of the volume and disk
 * drivers. Buffer layouts are those of winioctl.h, ntdddisk.h, ntddstor.h,
 * ntddvol.h and mountmgr.h.
 */
#ifndef NT_SIM_CODES_QUERY_H
#define NT_SIM_CODES_QUERY_H

#include "../db/request.h"

/* Conditions that must be met before a device handles a code. */
#define SIM_OF_VOLUME 0x1U  /* a disk does not know the code */
#define SIM_OF_DISK 0x2U    /* a volume does not know the code */
#define SIM_ONE_DISK 0x4U   /* the volume lies in one piece */
#define SIM_OF_MEDIUM 0x8U  /* there must be a medium */
#define SIM_NOT_OF_CD 0x10U /* F7: the CD driver does not know the code */
#define SIM_OF_ONLINE 0x20U /* F10: not while the volume is offline */
#define SIM_OF_DRIVE 0x40U  /* a fixed disk does not know the code */

struct sim_answer {
  uint32_t code;
  uint32_t needs; /* SIM_OF_*, SIM_ONE_DISK */
  nt_status (*answer)(struct sim_request *r);
};

/* Finds the row of a code; NULL when the table has none. A table ends with code
 * 0. */
const struct sim_answer *nt__sim_answer(const struct sim_answer *table,
                                        uint32_t code);

/* Finds the row of a code in several tables. */
const struct sim_answer *nt__sim_find_answer(
    const struct sim_answer *const tables[], size_t count, uint32_t code);

extern const struct sim_answer nt__sim_lock_answers[];       /* lock.c */
extern const struct sim_answer nt__sim_persistent_answers[]; /* persistent.c */
extern const struct sim_answer nt__sim_offline_answers[];    /* offline.c */
extern const struct sim_answer nt__sim_mount_manager_answers[]; /* mountmgr.c */
extern const struct sim_answer nt__sim_fs_answers[];            /* query_fs.c */
extern const struct sim_answer nt__sim_csv_answers[];      /* query_csv.c */
extern const struct sim_answer nt__sim_volume_answers[];   /* query_volume.c */
extern const struct sim_answer nt__sim_disk_answers[];     /* query_disk.c */
extern const struct sim_answer nt__sim_storage_answers[];  /* query_storage.c */
extern const struct sim_answer nt__sim_snapshot_answers[]; /* snapshot.c */
extern const struct sim_answer nt__sim_medium_answers[];   /* medium.c */

/* ---- query_fs.c: what codes of a file system ask first ------------------- */

/* Refuses unless the file system is one whose bytes are read here: FAT, exFAT
 * or NTFS. */
nt_status nt__sim_check_format(const struct sim_request *r);
/* Refuses a handle to a file or directory. */
nt_status nt__sim_check_volume_handle(const struct sim_request *r);
/* I15: refuses unless the file system is alive and its medium is there. */
nt_status nt__sim_check_alive(struct sim_request *r);
/* Refuses if the volume or one of its disks is read-only, or if writes are
 * held. */
nt_status nt__sim_check_writable(const struct sim_request *r);

/* ---- query.c: buffers ---------------------------------------------------- */

/* Claims `size` zeroed bytes of the output buffer, or refuses with
 * STATUS_BUFFER_TOO_SMALL. */
nt_status nt__sim_claim(struct sim_request *r, size_t size);

/* Refuses with `status` when the input is shorter than `size`. */
nt_status nt__sim_input(const struct sim_request *r, size_t size,
                        nt_status status);

/* Returns STATUS_BUFFER_OVERFLOW: what was claimed is only a part of `size`
 * bytes. */
nt_status nt__sim_more(const struct sim_request *r, size_t size);

/* Answers a yes-or-no question by the status alone. */
nt_status nt__sim_boolean(const struct sim_request *r, bool answer);

/* Writes a GUID such as "0fc63daf-8483-..." as it lies in memory. */
void nt__sim_put_guid(uint8_t *at, const char *text);
/* Converts UTF-8 to UTF-16, at most `units` units and without a terminator, and
 * returns how many there are. A character is never cut. */
size_t nt__sim_put_utf16(uint8_t *at, size_t units, const char *text);

/* Converts UTF-16 to UTF-8. Returns false if the text has a zero in it, is no
 * valid text, or is too long. */
bool nt__sim_get_utf16(const uint8_t *at, size_t bytes, char *buf, size_t cap);

/* ---- query_volume.c: what a volume is called ----------------------------- */

/* Finds the name of a volume's device, such as \Device\HarddiskVolume1 or
 * \Device\CdRom0. */
nt_status nt__sim_volume_device(const struct sim_request *r, int64_t volume,
                                char *buf, size_t cap);

/* An id that no other volume has, wherever the volume is plugged in. */
#define SIM_UNIQUE_ID_MAX 24
nt_status nt__sim_unique_id(const struct sim_request *r,
                            const struct sim_volume *volume,
                            uint8_t id[SIM_UNIQUE_ID_MAX], size_t *length);

/* ---- lock.c -------------------------------------------------------------- */

/* L11, L12, U5, D6: only a volume handle with the right may do this. */
nt_status nt__sim_check_manage(const struct sim_request *r);

/* A lock is checked, announced, checked again, and then taken. */
nt_status nt__sim_check_lockable(const struct sim_request *r);
nt_status nt__sim_check_lock(const struct sim_request *r);
nt_status nt__sim_lock(struct sim_request *r);

/* A dismount goes the same way. If *over is set, there is nothing to announce,
 * and the status is the final one. */
nt_status nt__sim_check_dismountable(const struct sim_request *r, bool *over);
nt_status nt__sim_check_dismount(const struct sim_request *r);
nt_status nt__sim_dismount(struct sim_request *r);

#endif
