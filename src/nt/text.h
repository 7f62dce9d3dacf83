/*
 * Strings of bounded length. The result always ends with a terminator and is
 * never cut inside a UTF-8 character; `cap` 0 writes nothing.
 *
 * Everything below src/ may include this header. It includes nothing of ours.
 */
#ifndef NT_TEXT_H
#define NT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* "gnu_printf" also where the system's own printf is another: _GNU_SOURCE
 * brings the one of C11 there. */
#if defined(__GNUC__) && !defined(__clang__)
#define NT_PRINTF(fmt, args) __attribute__((format(gnu_printf, fmt, args)))
#elif defined(__GNUC__)
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

/* Whether two texts, or their first `length` bytes, are the same in either
 * case of ASCII letters. The locale has no say in it. */
bool nt_same_text(const char *a, const char *b);
bool nt_same_bytes(const char *a, const char *b, size_t length);

/* UTF-8 of little-endian UTF-16, as it lies on media: up to a zero or `units`
 * units. Half a surrogate pair shows as U+FFFD. */
size_t nt_utf16le_text(const unsigned char *bytes, size_t units, char *buf,
                       size_t cap);

/* Bytes of the UTF-8 character at `text`, 1 to 4; 0 when there is none
 * (a stray, overlong or unfinished sequence, or the end). */
size_t nt_utf8_length(const char *text);

#endif
