/*
 * Text between this program and Windows: UTF-8 here, UTF-16 there.
 */
#ifndef NT_WIN32_UTF16_H
#define NT_WIN32_UTF16_H

#include "../../error.h"
#include "../os/os.h"

/* Room for a name, in UTF-16 units: a text has at most as many units as it has
 * bytes in UTF-8. */
#define WIN32_NAME_MAX 512

/* Both refuse, with STATUS_OBJECT_NAME_INVALID, a text that does not fit and
 * one that is not valid (a lone surrogate, a wrong UTF-8 sequence). `buf` then
 * holds "". */
nt_status nt__win32_wide(const char *utf8, nt_wchar *buf, size_t cap,
                         struct nt_error *err);
nt_status nt__win32_narrow(const nt_wchar *text, char *buf, size_t cap,
                           struct nt_error *err);
/* For texts that are only shown: an invalid part shows as U+FFFD, and a text
 * that does not fit is cut. */
void nt__win32_show(const nt_wchar *text, char *buf, size_t cap);

size_t nt__win32_length(const nt_wchar *text);
/* Texts lie one behind the other, and an empty one ends them. Returns the one
 * behind `text`. */
const nt_wchar *nt__win32_next(const nt_wchar *text);
/* Copies the text. Returns false, and leaves "" in `buf`, when it does not
 * fit. */
bool nt__win32_copy(nt_wchar *buf, size_t cap, const nt_wchar *text);
/* Whether both are equal. Letters of ASCII are equal in either case; nothing
 * else is compared here: drive letters, GUIDs, names of devices. */
bool nt__win32_same(const nt_wchar *a, const nt_wchar *b);
/* Returns what follows `start` in `text`, in either case of ASCII letters; NULL
 * when `text` does not begin with it. */
const nt_wchar *nt__win32_after(const nt_wchar *text, const char *start);
/* Copies the text without the backslash at its end; "" when it does not fit. */
void nt__win32_copy_bare(nt_wchar *buf, size_t cap, const nt_wchar *text);

#endif
