/*
 * Failures: the numbers of Windows as NTSTATUS, and what they mean.
 */
#ifndef NT_WIN32_REFUSE_H
#define NT_WIN32_REFUSE_H

#include "../../error.h"
#include "../os/os.h"

/* Fails with a Win32 error: returns it as NTSTATUS, and keeps the number as
 * native. `told` is the status that the system gave with the error, 0 when it
 * gave none; where there is one, it is returned. */
nt_status nt__win32_fail(struct nt_error *err, uint32_t error, nt_status told,
                         const char *fmt, ...) NT_PRINTF(4, 5);

/* Fails with the NTSTATUS that Windows returned, and keeps it as native. */
nt_status nt__win32_fail_status(struct nt_error *err, nt_status status,
                                const char *fmt, ...) NT_PRINTF(3, 4);

/* Adds what the status in `err` means by itself: a reason where none is given
 * yet, and the next step where none is given yet. */
void nt__win32_explain(struct nt_error *err);

/* Refuses with STATUS_NOT_SUPPORTED: "this Windows has no CancelIoEx". */
nt_status nt__win32_missing(struct nt_error *err, const char *function);

#endif
