/*
 * The checks of a format before it starts: whether it is allowed.
 */
#ifndef NT_FORMAT_CHECK_H
#define NT_FORMAT_CHECK_H

#include "format.h"

/* The file systems, in the order of nt_format_fs_at(). */
enum nt_format_fs {
  NT_FORMAT_NTFS,
  NT_FORMAT_FAT,
  NT_FORMAT_FAT16,
  NT_FORMAT_FAT32,
  NT_FORMAT_EXFAT
};

/* Finds a file system by its name, in either case. Refuses an unknown one with
 * STATUS_INVALID_PARAMETER, reason "fs". */
nt_status nt_format_find_fs(const char *fs, enum nt_format_fs *out,
                            struct nt_error *err);

/* Refuses what nt_format() refuses by looking at the handle and its volume.
 * Changes nothing. */
nt_status nt_format_check(struct nt_handle *handle,
                          const struct nt_format_options *options,
                          struct nt_error *err);

#endif
