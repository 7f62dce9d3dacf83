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

/* All of these return the length of the text that is in `buf` now. */

/* `text` NULL is the empty string. */
size_t nt_copy(char *buf, size_t cap, const char *text);

/* A byte that is not UTF-8, as in a text of an old code page, shows as
 * U+FFFD. */
size_t nt_copy_utf8(char *buf, size_t cap, const char *text);

/* The arguments must not lie in `buf`. */
size_t nt_format_text(char *buf, size_t cap, const char *fmt, ...)
    NT_PRINTF(3, 4);
size_t nt_vformat_text(char *buf, size_t cap, const char *fmt, va_list args)
    NT_PRINTF(3, 0);

/* Whether two texts, or their first `length` bytes, are equal; letters of ASCII
 * in either case. The locale does not matter. */
bool nt_same_text(const char *a, const char *b);
bool nt_same_bytes(const char *a, const char *b, size_t length);

/* UTF-8 of little-endian UTF-16, as it lies on media: up to a zero or `units`
 * units. Half a surrogate pair shows as U+FFFD. */
size_t nt_utf16le_text(const unsigned char *bytes, size_t units, char *buf,
                       size_t cap);

/* Bytes of the UTF-8 character at `text`, 1 to 4; 0 when there is none
 * (a stray, overlong or unfinished sequence, or the end). */
size_t nt_utf8_length(const char *text);

/* ---- what people see ------------------------------------------------------
 *
 * Names, labels and messages come from disks and from other programs, and end
 * on terminals: one that obeys a sequence of control characters, or shows a
 * name from right to left, shows what is not so. This is the only place that
 * decides what may be shown; all that is printed goes through it.
 *
 * Shown as an escape: control characters of ASCII (\x1b, the line end and the
 * tab with them) and of Latin 1 (\u{9b}); marks, overrides and isolates of the
 * writing direction; the separators of lines and paragraphs; characters that
 * take no room, but the two joiners and the variation selectors, without which
 * some scripts cannot be written; what is no character at all; and every byte
 * that is not UTF-8 (\xff). A backslash stays one: NT paths are full of them.
 */

/* Room for what one character is shown as: "\u{10ffff}". */
#define NT_PRINTABLE_MAX 10

/* Writes the first character of `text` as it is shown, without a terminator,
 * and returns the length; *taken is the number of bytes of `text` that it
 * stands for, 1 to 4. `text` ends with a zero somewhere; a zero before its end
 * is a character. */
size_t nt_printable(const char *text, size_t *taken,
                    char out[NT_PRINTABLE_MAX]);

/* The same for a whole text: writes as many characters as fit. */
size_t nt_printable_text(char *buf, size_t cap, const char *text);

#endif
