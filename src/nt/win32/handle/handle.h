/*
 * What a handle does: opening, control codes, bytes, holders.
 */
#ifndef NT_WIN32_HANDLE_H
#define NT_WIN32_HANDLE_H

#include "../request/machine.h"

/* ---- open.c -------------------------------------------------------------- */

nt_status nt__win32_open(struct nt_machine *machine,
                         const struct nt_open_options *options,
                         struct nt_handle **out, struct nt_error *err);
nt_status nt__win32_close(struct nt_handle *handle, struct nt_error *err);

/* Opens h->open_name again after a format gave the file up. */
nt_status nt__win32_reopen(struct win32_handle *h, struct nt_error *err);

/* ---- control.c ----------------------------------------------------------- */

nt_status nt__win32_control(struct nt_handle *handle, uint32_t code,
                            const void *in, size_t in_len, void *out,
                            size_t out_cap, size_t *out_len,
                            struct nt_error *err);
nt_status nt__win32_control_by(struct nt_handle *handle, bool file_system,
                               uint32_t code, const void *in, size_t in_len,
                               void *out, size_t out_cap, size_t *out_len,
                               struct nt_error *err);

/* Explains the refusal of the control code `code` on this handle, 0 for
 * reading, writing and flushing: adds the reason, the next step and the
 * holders. It may ask the device. */
void nt__win32_explain_handle(struct win32_handle *h, uint32_t code,
                              struct nt_error *err);

/* ---- io.c ---------------------------------------------------------------- */

nt_status nt__win32_read(struct nt_handle *handle, uint64_t offset, void *buf,
                         size_t len, size_t *done, struct nt_error *err);
nt_status nt__win32_write(struct nt_handle *handle, uint64_t offset,
                          const void *buf, size_t len, size_t *done,
                          struct nt_error *err);
nt_status nt__win32_flush(struct nt_handle *handle, struct nt_error *err);
nt_status nt__win32_file_size(struct nt_handle *handle, uint64_t *out,
                              struct nt_error *err);

/* ---- holders.c ----------------------------------------------------------- */

/* Adds to `err` who has the object of the handle open, and why the list may be
 * incomplete. */
void nt__win32_add_holders(struct win32_handle *h, struct nt_error *err);
nt_status nt__win32_next_holder(struct nt_handle *handle, uint64_t *cursor,
                                struct nt_holder *out, const char **missing,
                                struct nt_error *err);

#endif
