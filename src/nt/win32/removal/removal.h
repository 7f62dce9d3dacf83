/*
 * Taking devices away.
 */
#ifndef NT_WIN32_REMOVAL_H
#define NT_WIN32_REMOVAL_H

#include "../request/machine.h"

nt_status nt__win32_uninstall(struct nt_machine *machine, const char *name,
                              struct nt_error *err);
nt_status nt__win32_eject(struct nt_machine *machine, const char *name,
                          struct nt_error *err);

#endif
