/*
 * Failures: Windows' numbers as NTSTATUS, and what they mean.
 */
#ifndef NT_WIN32_REFUSE_H
#define NT_WIN32_REFUSE_H

#include "../../error.h"
#include "../os/os.h"

/* A Win32 error as NTSTATUS; the number is kept as native. A status that the
 * system told wins: 0 when it is not known. */
nt_status nt__win32_fail(struct nt_error *err, uint32_t error, nt_status told,
                         const char *fmt, ...) NT_PRINTF(4, 5);

/* An NTSTATUS as it came; kept as native. */
nt_status nt__win32_fail_status(struct nt_error *err, nt_status status,
                                const char *fmt, ...) NT_PRINTF(3, 4);

/* Adds what the status in `err` says by itself: the reason where there is
 * none, and what to do next where that is not said. */
void nt__win32_explain(struct nt_error *err);

/* STATUS_NOT_SUPPORTED: "this Windows has no CancelIoEx". */
nt_status nt__win32_missing(struct nt_error *err, const char *function);

#endif
