/*
 * Requests to Windows: opening and closing the object that gets them, sending
 * one request, and the questions that several rooms ask.
 */
#ifndef NT_WIN32_REQUEST_H
#define NT_WIN32_REQUEST_H

#include "../../disk/bytes.h"
#include "machine.h"

/* ---- file.c: what requests are sent to ----------------------------------- */

#define WIN32_SHARE_ALL (NT_SHARE_READ | NT_SHARE_WRITE | NT_SHARE_DELETE)

/* Returns a handle that is not open yet. */
struct win32_handle nt__win32_unopened(const struct nt_win32_os *os,
                                       uint32_t timeout);

/* Opens a file by CreateFileW, and makes the event for its requests; closes
 * both again on failure. NT_WIN32_FLAG_OVERLAPPED is added to `flags`. The
 * error has no reason: the caller knows it. */
nt_status nt__win32_open_file(struct win32_handle *h, const nt_wchar *name,
                              uint32_t access, uint32_t share,
                              uint32_t disposition, uint32_t flags,
                              struct nt_error *err);

/* Closes the file and the event, and frees the memory of a request that never
 * ended, if it has ended meanwhile. The status is that of closing the file. */
nt_status nt__win32_release(struct win32_handle *h);

/* ---- request.c: one request ----------------------------------------------
 */

/* Sends one request, waits at most h->timeout for its end, then cancels it.
 * *out_len is at most out_cap, whatever the driver says. Returns the NTSTATUS
 * as it came; on failure `err` has all but a reason. */
nt_status nt__win32_request(struct win32_handle *h, uint32_t code,
                            const void *in, size_t in_len, void *out,
                            size_t out_cap, size_t *out_len,
                            struct nt_error *err);

/* The same through a system call of the caller's choice: NtFsControlFile when
 * `file_system`, else NtDeviceIoControlFile. */
nt_status nt__win32_request_by(struct win32_handle *h, bool file_system,
                               uint32_t code, const void *in, size_t in_len,
                               void *out, size_t out_cap, size_t *out_len,
                               struct nt_error *err);

/* Sends one NtReadFile or NtWriteFile of at most WIN32_PIECE bytes, in the same
 * way. *done is at most `len`, whatever the driver says. */
#define WIN32_PIECE (4U * 1024 * 1024)
nt_status nt__win32_read_piece(struct win32_handle *h, uint64_t offset,
                               void *buf, size_t len, size_t *done,
                               struct nt_error *err);
nt_status nt__win32_write_piece(struct win32_handle *h, uint64_t offset,
                                const void *buf, size_t len, size_t *done,
                                struct nt_error *err);

/* Refuses a handle through which nothing can reach the system any more: its
 * file was given up, or a request of it never ended. */
nt_status nt__win32_check_usable(const struct win32_handle *h,
                                 struct nt_error *err);

/* ---- question.c ----------------------------------------------------------
 */

/* Opens an object without data access, asks it one question and closes it.
 * Lists of volumes and disks are made of such questions. */
nt_status nt__win32_ask(struct win32_machine *m, const nt_wchar *open_name,
                        uint32_t code, const void *in, size_t in_len, void *out,
                        size_t out_cap, size_t *out_len);

/* Returns the size of a sector if it is a possible one, a power of two from 128
 * bytes to 64 KiB; else 0. */
uint32_t nt__win32_plausible_sector(uint32_t told);

/* Asks the device for the size of its sectors; 512 when it does not tell. Fails
 * only when the device did not answer in time. */
nt_status nt__win32_ask_sector_size(struct win32_handle *h, uint32_t *out,
                                    struct nt_error *err);

/* Asks a file for its FILE_STANDARD_INFORMATION. */
nt_status nt__win32_standard_information(struct win32_handle *h, uint64_t *size,
                                         bool *directory, struct nt_error *err);

#endif
