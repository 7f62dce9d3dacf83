/*
 * Shared by the files of this room: paths, and failures of calls to Windows.
 */
#ifndef NT_WIN32_HOST_PARTS_H
#define NT_WIN32_HOST_PARTS_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <winioctl.h>
#include <winternl.h>

#include "../../host.h"
#include "../convert/refuse.h"
#include "../convert/utf16.h"

/* Room for a path, in UTF-16 units. Windows itself takes 260 without a
 * prefix. */
#define HOST_PATH_MAX 1024

/* Fails with the number of GetLastError(), or with the given one. */
nt_status nt__host_failed(struct nt_error *err);
nt_status nt__host_failed_by(DWORD error, struct nt_error *err);

/* A FILETIME counts units of 100 ns from the start of 1601. */
#define UNITS_TO_1970 INT64_C(116444736000000000)

/* Returns when a process began, in the units of nt_process_start_us(). */
int64_t nt__host_start_us(HANDLE process);

#endif
