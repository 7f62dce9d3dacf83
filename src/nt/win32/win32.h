/*
 * The Windows machine, as the rest of the program sees it.
 */
#ifndef NT_WIN32_WIN32_H
#define NT_WIN32_WIN32_H

#include "../nt.h"
#include "os/os.h"

extern const struct nt_machine_ops nt_win32_ops;

/* Connects to the machine behind `os`. nt_win32_ops.connect passes the table of
 * this Windows, tests pass one of fakes. `os` must live longer than the
 * machine. */
nt_status nt_win32_connect(const struct nt_win32_os *os,
                           struct nt_machine **out, struct nt_error *err);

#endif
