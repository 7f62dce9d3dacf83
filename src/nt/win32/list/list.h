/*
 * Which volumes and disks there are, and what is known about each.
 */
#ifndef NT_WIN32_LIST_H
#define NT_WIN32_LIST_H

#include "../request/machine.h"

nt_status nt__win32_next_volume(struct nt_machine *machine, uint64_t *cursor,
                                struct nt_volume_info *out,
                                struct nt_error *err);
nt_status nt__win32_next_disk(struct nt_machine *machine, uint64_t *cursor,
                              struct nt_disk_info *out, struct nt_error *err);
nt_status nt__win32_info(struct nt_handle *handle, struct nt_volume_info *out,
                         struct nt_error *err);

/* Describes the volume with this root. A fact that its driver does not tell
 * stays empty; fails only when there is no such volume. */
nt_status nt__win32_describe(struct win32_machine *m, const nt_wchar *root,
                             struct nt_volume_info *out, struct nt_error *err);

#endif
