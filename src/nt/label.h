/*
 * Which texts may be the label of a volume.
 */
#ifndef NT_LABEL_H
#define NT_LABEL_H

#include "format_check.h"

/*
 * Refuses a label that the file system cannot hold, or would hold in another
 * form than it is written: STATUS_INVALID_PARAMETER, reason "label", and the
 * next step. So a label that is accepted here is found again, byte for byte. No
 * label is NULL or "".
 *
 * FAT holds 11 characters of ASCII in capitals, because a FAT label is a folder
 * entry, which does not say its code page. NTFS holds 32 UTF-16 units, exFAT
 * 11.
 */
nt_status nt_label_check(enum nt_format_fs fs, const char *label,
                         struct nt_error *err);

#endif
