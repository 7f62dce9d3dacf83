/*
 * Inside the Windows machine. Only src/nt/win32 includes this header; of it
 * not the files os*.c, and host*.c for utf16.c and refuse.c only.
 */
#ifndef NT_WIN32_INTERNAL_H
#define NT_WIN32_INTERNAL_H

#include "../disk/bytes.h"
#include "../name.h"
#include "os.h"
#include "win32.h"

/* A name in UTF-16 units: every UTF-8 byte is at most one. */
#define WIN32_NAME_MAX 512

struct win32_events; /* event.c */

struct win32_machine {
  struct nt_machine base; /* first */
  const struct nt_win32_os *os;
  struct win32_events *events; /* NULL: nobody has asked for events */
};

struct win32_handle {
  struct nt_handle base; /* first */
  const struct nt_win32_os *os;
  nt_win32_handle file;  /* NT_WIN32_NO_HANDLE: given up by a format that
                            could not open it again */
  nt_win32_handle event; /* of the one request at a time */
  uint32_t timeout;      /* milliseconds, NT_WIN32_FOREVER */
  uint32_t share;        /* NT_SHARE_* as it was opened */
  nt_wchar open_name[WIN32_NAME_MAX]; /* as CreateFileW got it */
  /* "\\?\Volume{guid}\", "D:\" where Windows has no GUID for it; empty for
   * disks. What files and directories lie on. */
  nt_wchar root[WIN32_NAME_MAX];
  /* The request that never ended: nothing else is sent (request.c). */
  struct win32_memory *left;
};

static inline struct win32_machine *nt__win32_machine(struct nt_machine *m) {
  return (struct win32_machine *)m;
}

static inline struct win32_handle *nt__win32_handle(struct nt_handle *h) {
  return (struct win32_handle *)h;
}

/* ---- utf16.c: text at the edge ------------------------------------------- */

/* Both refuse what does not fit or is no text (a lone surrogate, a wrong UTF-8
 * sequence) with STATUS_OBJECT_NAME_INVALID; `buf` then holds "". */
nt_status nt__win32_wide(const char *utf8, nt_wchar *buf, size_t cap,
                         struct nt_error *err);
nt_status nt__win32_narrow(const nt_wchar *text, char *buf, size_t cap,
                           struct nt_error *err);
/* For texts that are only shown: what is wrong shows as U+FFFD, what does not
 * fit is cut. */
void nt__win32_show(const nt_wchar *text, char *buf, size_t cap);

size_t nt__win32_length(const nt_wchar *text);
/* Copies; false, and "" in `buf`, when it does not fit. */
bool nt__win32_copy(nt_wchar *buf, size_t cap, const nt_wchar *text);
/* Case-insensitive for ASCII, which is all that is compared: letters, GUIDs,
 * device names. */
bool nt__win32_same(const nt_wchar *a, const nt_wchar *b);

/* ---- refuse.c: failures -------------------------------------------------- */

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

/* ---- resolve.c: from names to what CreateFileW takes ----------------------
 */

struct win32_target {
  enum nt_handle_kind kind; /* VOLUME, DISK or FILE */
  nt_wchar open_name[WIN32_NAME_MAX];
  nt_wchar root[WIN32_NAME_MAX]; /* as in struct win32_handle */
};

/* A folder in which a volume is mounted names that volume, unless
 * `directory`. Opens nothing. */
nt_status nt__win32_resolve(struct win32_machine *m, const char *name,
                            bool directory, struct win32_target *out,
                            struct nt_error *err);

/* ---- open.c, request.c, volume.c: handles -------------------------------- */

extern const struct nt_handle_ops nt__win32_handle_ops;

nt_status nt__win32_open(struct nt_machine *machine,
                         const struct nt_open_options *options,
                         struct nt_handle **out, struct nt_error *err);

/* CreateFileW and an event for the requests; both are closed again on failure.
 * `flags` besides NT_WIN32_FLAG_OVERLAPPED. Names no reason. */
nt_status nt__win32_open_file(struct win32_handle *h, const nt_wchar *name,
                              uint32_t access, uint32_t share,
                              uint32_t disposition, uint32_t flags,
                              struct nt_error *err);

/* Opens handle->open_name again after a format gave the file up. */
nt_status nt__win32_reopen(struct win32_handle *h, struct nt_error *err);

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

/* Closes file and event; frees the memory of a request that never ended, when
 * it has ended now. The status is that of the file. */
nt_status nt__win32_release(struct win32_handle *h);

/* Sectors of 128 bytes to 64 KiB; 0 for what is no size of a sector. */
static inline uint32_t nt__win32_plausible_sector(uint32_t told) {
  return told >= 128 && told <= 65536 && nt_is_power_of_two(told) ? told : 0;
}

/* Bytes of a sector as the device tells them, 512 when it does not. Fails only
 * when the device did not answer in time. */
nt_status nt__win32_ask_sector_size(struct win32_handle *h, uint32_t *out,
                                    struct nt_error *err);

/* FILE_STANDARD_INFORMATION. */
nt_status nt__win32_standard_information(struct win32_handle *h, uint64_t *size,
                                         bool *directory, struct nt_error *err);

/* Opens something without data access for a question, asks it, closes it:
 * what enumeration is made of. */
nt_status nt__win32_ask(struct win32_machine *m, const nt_wchar *open_name,
                        uint32_t code, const void *in, size_t in_len, void *out,
                        size_t out_cap, size_t *out_len);

/* Adds what a refusal of `code` (0: reading, writing, flushing) means on this
 * handle: the reason, what to do next, holders. May ask the device. */
void nt__win32_explain_handle(struct win32_handle *h, uint32_t code,
                              struct nt_error *err);

nt_status nt__win32_control(struct nt_handle *handle, uint32_t code,
                            const void *in, size_t in_len, void *out,
                            size_t out_cap, size_t *out_len,
                            struct nt_error *err);
nt_status nt__win32_control_by(struct nt_handle *handle, bool file_system,
                               uint32_t code, const void *in, size_t in_len,
                               void *out, size_t out_cap, size_t *out_len,
                               struct nt_error *err);
nt_status nt__win32_read(struct nt_handle *handle, uint64_t offset, void *buf,
                         size_t len, size_t *done, struct nt_error *err);
nt_status nt__win32_write(struct nt_handle *handle, uint64_t offset,
                          const void *buf, size_t len, size_t *done,
                          struct nt_error *err);
nt_status nt__win32_flush(struct nt_handle *handle, struct nt_error *err);
nt_status nt__win32_close(struct nt_handle *handle, struct nt_error *err);
nt_status nt__win32_file_size(struct nt_handle *handle, uint64_t *out,
                              struct nt_error *err);

/* ---- list.c, describe.c: enumeration --------------------------------------
 */

nt_status nt__win32_next_volume(struct nt_machine *machine, uint64_t *cursor,
                                struct nt_volume_info *out,
                                struct nt_error *err);
nt_status nt__win32_next_disk(struct nt_machine *machine, uint64_t *cursor,
                              struct nt_disk_info *out, struct nt_error *err);
nt_status nt__win32_info(struct nt_handle *handle, struct nt_volume_info *out,
                         struct nt_error *err);

/* What is known about the volume with this root. Facts that a driver does not
 * tell stay empty; fails only when there is no such volume. */
nt_status nt__win32_describe(struct win32_machine *m, const nt_wchar *root,
                             struct nt_volume_info *out, struct nt_error *err);

/* ---- holders.c ------------------------------------------------------------
 */

/* Adds who has the object of the handle open to `err`, and says why the list
 * may be incomplete. */
void nt__win32_add_holders(struct win32_handle *h, struct nt_error *err);
nt_status nt__win32_next_holder(struct nt_handle *handle, uint64_t *cursor,
                                struct nt_holder *out, const char **missing,
                                struct nt_error *err);

/* ---- removal.c ------------------------------------------------------------
 */

nt_status nt__win32_uninstall(struct nt_machine *machine, const char *name,
                              struct nt_error *err);
nt_status nt__win32_eject(struct nt_machine *machine, const char *name,
                          struct nt_error *err);

/* ---- event.c --------------------------------------------------------------
 */

nt_status nt__win32_next_event(struct nt_machine *machine, uint64_t *cursor,
                               struct nt_event *out, struct nt_error *err);
void nt__win32_events_free(struct win32_machine *m);

/* ---- format.c -------------------------------------------------------------
 */

nt_status nt__win32_format(struct nt_handle *handle,
                           const struct nt_format_options *options,
                           struct nt_format_result *result,
                           struct nt_error *err);

#endif
