/*
 * Requests to Windows: opening and closing what gets them, one request, and
 * questions that several rooms ask.
 */
#ifndef NT_WIN32_REQUEST_H
#define NT_WIN32_REQUEST_H

#include "../../disk/bytes.h"
#include "machine.h"

/* ---- file.c: what requests are sent to ----------------------------------- */

#define WIN32_SHARE_ALL (NT_SHARE_READ | NT_SHARE_WRITE | NT_SHARE_DELETE)

/* A handle that is not open yet. */
struct win32_handle nt__win32_unopened(const struct nt_win32_os *os,
                                       uint32_t timeout);

/* CreateFileW and an event for the requests; both are closed again on failure.
 * `flags` besides NT_WIN32_FLAG_OVERLAPPED. Names no reason. */
nt_status nt__win32_open_file(struct win32_handle *h, const nt_wchar *name,
                              uint32_t access, uint32_t share,
                              uint32_t disposition, uint32_t flags,
                              struct nt_error *err);

/* Closes file and event; frees the memory of a request that never ended, when
 * it has ended now. The status is that of the file. */
nt_status nt__win32_release(struct win32_handle *h);

/* ---- request.c: one request ----------------------------------------------
 */

/* One request from start to end: waits at most h->timeout, then cancels it.
 * *out_len is at most out_cap, whatever the driver says. Answers the bare
 * NTSTATUS; `err` is filled on failure but for the reason. */
nt_status nt__win32_request(struct win32_handle *h, uint32_t code,
                            const void *in, size_t in_len, void *out,
                            size_t out_cap, size_t *out_len,
                            struct nt_error *err);

/* The same through the system call that is named: NtFsControlFile, else
 * NtDeviceIoControlFile. */
nt_status nt__win32_request_by(struct win32_handle *h, bool file_system,
                               uint32_t code, const void *in, size_t in_len,
                               void *out, size_t out_cap, size_t *out_len,
                               struct nt_error *err);

/* One NtReadFile or NtWriteFile of at most WIN32_PIECE bytes, in the same
 * way. *done is at most `len`, whatever the driver says. */
#define WIN32_PIECE (4U * 1024 * 1024)
nt_status nt__win32_read_piece(struct win32_handle *h, uint64_t offset,
                               void *buf, size_t len, size_t *done,
                               struct nt_error *err);
nt_status nt__win32_write_piece(struct win32_handle *h, uint64_t offset,
                                const void *buf, size_t len, size_t *done,
                                struct nt_error *err);

/* Refuses what cannot reach the system: the file was given up, or a request
 * never ended. */
nt_status nt__win32_check_usable(const struct win32_handle *h,
                                 struct nt_error *err);

/* ---- question.c ----------------------------------------------------------
 */

/* Opens something without data access for a question, asks it, closes it:
 * what enumeration is made of. */
nt_status nt__win32_ask(struct win32_machine *m, const nt_wchar *open_name,
                        uint32_t code, const void *in, size_t in_len, void *out,
                        size_t out_cap, size_t *out_len);

/* Sectors of 128 bytes to 64 KiB; 0 for what is no size of a sector. */
uint32_t nt__win32_plausible_sector(uint32_t told);

/* Bytes of a sector as the device tells them, 512 when it does not. Fails only
 * when the device did not answer in time. */
nt_status nt__win32_ask_sector_size(struct win32_handle *h, uint32_t *out,
                                    struct nt_error *err);

/* FILE_STANDARD_INFORMATION. */
nt_status nt__win32_standard_information(struct win32_handle *h, uint64_t *size,
                                         bool *directory, struct nt_error *err);

#endif
