/*
 * A control code on its way to who answers it, and the tables by which it is
 * found.
 *
 * slots/control.c sends FSCTL codes to the tables of the file system,
 * slots/device.c all others to the tables of the volume and disk drivers.
 * Buffer layouts are those of winioctl.h, ntdddisk.h, ntddstor.h, ntddvol.h and
 * mountmgr.h.
 */
#ifndef NT_SIM_CODES_QUERY_H
#define NT_SIM_CODES_QUERY_H

#include "../db/rows.h"

struct sim_request {
  struct sim_machine *m;
  struct nt_error *err; /* what a refusal fills */
  struct sim_handle *handle;
  struct sim_volume volume;      /* id 0: a disk's */
  struct sim_file_object object; /* of codes to a file system */
  struct sim_instance instance;  /* of codes to a file system */
  struct sim_disk disk;          /* of codes to a device: the (first) disk */
  const uint8_t *in;
  size_t in_len;
  uint8_t *out;
  size_t out_cap, out_len;
};

/* What must hold before a device answers. */
#define SIM_OF_VOLUME 0x1U  /* a disk does not know the code */
#define SIM_OF_DISK 0x2U    /* a volume does not know the code */
#define SIM_ONE_DISK 0x4U   /* the volume lies in one piece */
#define SIM_OF_MEDIUM 0x8U  /* not without a medium */
#define SIM_NOT_OF_CD 0x10U /* F7: the CD driver does not know the code */
#define SIM_OF_ONLINE 0x20U /* F10: not while the volume is offline */
#define SIM_OF_DRIVE 0x40U  /* a fixed disk does not know the code */

struct sim_answer {
  uint32_t code;
  uint32_t needs; /* SIM_OF_*, SIM_ONE_DISK */
  nt_status (*answer)(struct sim_request *r);
};

/* The row of a code; NULL when the table has none. A table ends with code 0. */
const struct sim_answer *nt__sim_answer(const struct sim_answer *table,
                                        uint32_t code);

/* The same in several tables. */
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

/* The file system is one whose bytes are read here: FAT, exFAT or NTFS. */
nt_status nt__sim_check_format(const struct sim_request *r);
/* Not on a file or directory. */
nt_status nt__sim_check_volume_handle(const struct sim_request *r);
/* I15: the file system must be alive, and its medium there. */
nt_status nt__sim_check_alive(struct sim_request *r);
/* Neither the volume nor one of its disks is read-only, nor are writes held.
 */
nt_status nt__sim_check_writable(const struct sim_request *r);

/* ---- query.c: buffers ---------------------------------------------------- */

/* Claims `size` zeroed bytes of the output buffer, or refuses with
 * STATUS_BUFFER_TOO_SMALL. */
nt_status nt__sim_claim(struct sim_request *r, size_t size);

/* Refuses with `status` when the input is shorter than `size`. */
nt_status nt__sim_input(const struct sim_request *r, size_t size,
                        nt_status status);

/* STATUS_BUFFER_OVERFLOW: what was claimed is a part of `size` bytes. */
nt_status nt__sim_more(const struct sim_request *r, size_t size);

/* A question that is answered by the status alone. */
nt_status nt__sim_boolean(bool answer, struct nt_error *err);

/* "0fc63daf-8483-..." as a GUID lies in memory. */
void nt__sim_put_guid(uint8_t *at, const char *text);
/* UTF-16 of UTF-8, at most `units` units, without a terminator; answers how
 * many there are. A character is never cut. */
size_t nt__sim_put_utf16(uint8_t *at, size_t units, const char *text);

/* UTF-8 of a text without a zero; false when it is none, or too long. */
bool nt__sim_get_utf16(const uint8_t *at, size_t bytes, char *buf, size_t cap);

/* ---- query_volume.c: what a volume is called ----------------------------- */

/* \Device\HarddiskVolume1, \Device\CdRom0 */
nt_status nt__sim_volume_device(struct sim_machine *m, int64_t volume,
                                char *buf, size_t cap, struct nt_error *err);

/* What tells it from every other volume, wherever it is plugged in. */
#define SIM_UNIQUE_ID_MAX 24
nt_status nt__sim_unique_id(struct sim_machine *m,
                            const struct sim_volume *volume,
                            uint8_t id[SIM_UNIQUE_ID_MAX], size_t *length,
                            struct nt_error *err);

/* ---- lock.c -------------------------------------------------------------- */

/* L11, L12, U5, D6: only a volume handle with the right may do this. */
nt_status nt__sim_check_manage(const struct sim_request *r);

/* A lock is looked at, announced, looked at again and taken. */
nt_status nt__sim_check_lockable(const struct sim_request *r);
nt_status nt__sim_check_lock(const struct sim_request *r);
nt_status nt__sim_lock(struct sim_request *r);

/* So is a dismount; *over: there is nothing to announce, the status is the
 * answer. */
nt_status nt__sim_check_dismountable(const struct sim_request *r, bool *over);
nt_status nt__sim_check_dismount(const struct sim_request *r);
nt_status nt__sim_dismount(struct sim_request *r);

#endif
