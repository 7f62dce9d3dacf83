/*
 * Strings of bounded length. The result always ends with a terminator and is
 * never cut inside a UTF-8 character; `cap` 0 writes nothing.
 *
 * Everything below src/ may include this header. It includes nothing of ours.
 */
#ifndef NT_TEXT_H
#define NT_TEXT_H

#include <stdarg.h>
#include <stddef.h>

#if defined(__GNUC__)
#define NT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define NT_PRINTF(fmt, args)
#endif

/* All three return the length of what is in `buf` now. */

/* `text` NULL is the empty string. */
size_t nt_copy(char *buf, size_t cap, const char *text);

/* The arguments must not lie in `buf`. */
size_t nt_format_text(char *buf, size_t cap, const char *fmt, ...)
    NT_PRINTF(3, 4);
size_t nt_vformat_text(char *buf, size_t cap, const char *fmt, va_list args)
    NT_PRINTF(3, 0);

/* Bytes of the UTF-8 character at `text`, 1 to 4; 0 when there is none
 * (a stray, overlong or unfinished sequence, or the end). */
size_t nt_utf8_length(const char *text);

#endif
