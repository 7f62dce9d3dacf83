/*
 * Names: turns the name that a caller writes into the name that CreateFileW
 * takes.
 */
#ifndef NT_WIN32_RESOLVE_H
#define NT_WIN32_RESOLVE_H

#include "../request/machine.h"

struct win32_target {
  enum nt_handle_kind kind; /* VOLUME, DISK or FILE */
  nt_wchar open_name[WIN32_NAME_MAX];
  nt_wchar root[WIN32_NAME_MAX]; /* as in struct win32_handle */
};

/* Resolves a name and opens nothing. A folder in which a volume is mounted
 * names that volume, unless `directory` is set. */
nt_status nt__win32_resolve(struct win32_machine *m, const char *name,
                            bool directory, struct win32_target *out,
                            struct nt_error *err);

#endif
