/*
 * Format by transplant: a mkfs tool makes the new file system in a sparse
 * scratch file of the volume's size; its data extents are then written
 * through the locked handle. Works on any machine, because it sees the volume
 * only through the contract.
 */
#ifndef NT_FORMAT_H
#define NT_FORMAT_H

#include "operation.h"

/* Called between writes with the number of bytes that are done and of all;
 * false cancels. The first call comes before the first write, the last one when
 * everything is durable. `total` never changes, and what the last call returns
 * is ignored. */
typedef bool (*nt_progress_fn)(void *ctx, uint64_t done, uint64_t total);

struct nt_format_options {
  const char *fs;          /* "ntfs", "fat", "fat16", "fat32", "exfat" */
  const char *label;       /* NULL or "": no label */
  uint32_t cluster_size;   /* bytes; 0: the tool's default for the size */
  bool full;               /* also write zeros to all that the new file system
                              leaves alone; slow, and for old disks */
  const char *erase;       /* must name this volume: its letter, a mount folder
                              or its GUID path; the caller's proof that it means
                              this one */
  bool overlaps;           /* the partition table and volumes in the same place
                              may go, too */
  nt_progress_fn progress; /* may be NULL */
  void *progress_ctx;
  /* The keeper notes the format, and saves what it overwrites; NULL: nobody
   * does. */
  const struct nt_keeper *keeper;
  int64_t parent;      /* operation of the journal that it is a part of, or 0 */
  bool no_undo;        /* note the format, and save nothing */
  uint64_t undo_limit; /* bytes that may be stored; 0: NT_UNDO_LIMIT */
  int64_t operation;   /* set by nt_format() for those below it */
};

/* Enough for the packed bytes that a quick format overwrites, but for very
 * large and very full volumes. */
#define NT_UNDO_LIMIT (UINT64_C(256) << 20)

struct nt_format_result {
  char file_system[16];   /* "NTFS", "FAT16", ... as libblkid names it */
  uint64_t bytes_written; /* through the handle; 0: the machine's own formatter
                             does not tell */
  int64_t operation;      /* its number in the journal; 0: it was not noted */
  bool can_undo;          /* what it overwrote is saved */
};

/* Returns row `index` of the file systems that can be made; NULL at the end. */
const char *nt_format_fs_at(size_t index);

/*
 * Makes the file system in a scratch file as nt_format() would for a volume of
 * `length` bytes with sectors of `sector_size` bytes, and throws it away: says
 * beforehand what the mkfs tool says of label, cluster size and size, or that
 * it is missing. Touches no volume. `options` as for nt_format(); the fields
 * that are about a volume or about progress are not looked at.
 */
nt_status nt_format_rehearse(const struct nt_format_options *options,
                             uint64_t length, uint32_t sector_size,
                             struct nt_error *err);

/*
 * Formats the volume of `handle`.
 *
 * With a keeper, what will be overwritten is saved before the first write,
 * unless the format is full or the machine's own. A failure or a cancel then
 * writes it back. When it cannot be saved, the format is refused.
 *
 * Refuses, before anything is written, when: the handle is not a volume
 * handle (STATUS_INVALID_PARAMETER); it does not hold the lock
 * (STATUS_NOT_LOCKED, reason "not_locked"); `erase` does not name the volume
 * (STATUS_INVALID_PARAMETER, reason "erase_token"); it holds the partition
 * table or lies where others do, unless `overlaps` allows it (reason
 * "overlaps"), or one of those is in use (reason "in_use"); it is a system,
 * boot or page-file volume (STATUS_ACCESS_DENIED); the mkfs tool is missing
 * (STATUS_NOT_SUPPORTED, hint names the package) or refuses
 * (STATUS_INVALID_PARAMETER with its own words, native = its exit status).
 *
 * err->outcome after a failure or a cancel says what the volume holds:
 * "untouched" (the old file system, byte for byte), "unformatted" (no file
 * system is recognised; format it again) or "formatted" (the new file system
 * is there: what failed came after it). It stays NULL when nobody knows: the
 * volume refused even to be wiped, or the machine's own formatter failed
 * without a word on how far it came.
 */
nt_status nt_format(struct nt_handle *handle,
                    const struct nt_format_options *options,
                    struct nt_format_result *result, struct nt_error *err);

#endif
