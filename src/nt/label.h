/*
 * Which texts may be the label of a volume.
 */
#ifndef NT_LABEL_H
#define NT_LABEL_H

#include "error.h"

/* Copies the label as the file system will hold it. All refuse with
 * STATUS_INVALID_PARAMETER, reason "label". */

/* 11 characters of ASCII in upper case. A FAT label is a directory entry, which
 * does not say its code page, and Windows writes it in upper case. */
nt_status nt_label_fat(const char *label, char *out, size_t cap,
                       struct nt_error *err);

/* 32 and 11 UTF-16 units. */
nt_status nt_label_ntfs(const char *label, char *out, size_t cap,
                        struct nt_error *err);
nt_status nt_label_exfat(const char *label, char *out, size_t cap,
                         struct nt_error *err);

#endif
