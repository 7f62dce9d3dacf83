/*
 * Text at the edge: UTF-8 here, UTF-16 in Windows.
 */
#ifndef NT_WIN32_UTF16_H
#define NT_WIN32_UTF16_H

#include "../../error.h"
#include "../os/os.h"

/* A name in UTF-16 units: every UTF-8 byte is at most one. */
#define WIN32_NAME_MAX 512

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
/* Of texts that lie one behind the other, an empty one at the end: the one
 * behind `text`. */
const nt_wchar *nt__win32_next(const nt_wchar *text);
/* Copies; false, and "" in `buf`, when it does not fit. */
bool nt__win32_copy(nt_wchar *buf, size_t cap, const nt_wchar *text);
/* Case-insensitive for ASCII, which is all that is compared: letters, GUIDs,
 * device names. */
bool nt__win32_same(const nt_wchar *a, const nt_wchar *b);
/* What follows `start` in `text`, in the same way; NULL when `text` begins
 * otherwise. */
const nt_wchar *nt__win32_after(const nt_wchar *text, const char *start);
/* Copies without the backslash at the end; "" when it does not fit. */
void nt__win32_copy_bare(nt_wchar *buf, size_t cap, const nt_wchar *text);

#endif
