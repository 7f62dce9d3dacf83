/*
 * Strings of bounded length.
 */
#include "text.h"

#include <stdio.h>
#include <string.h>

static int is_continuation(unsigned char byte) {
  return (byte & 0xC0U) == 0x80U;
}

/* Bytes that a character beginning with `lead` has; 0: no lead byte. */
static size_t sequence_length(unsigned char lead) {
  if (lead < 0x80U) {
    return 1;
  }
  if (lead < 0xC2U || lead > 0xF4U) {
    return 0;
  }
  return lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
}

/* Overlong forms, surrogates and values past U+10FFFF show in byte two. */
static int second_byte_fits(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xE0U:
      return second >= 0xA0U;
    case 0xEDU:
      return second < 0xA0U;
    case 0xF0U:
      return second >= 0x90U;
    case 0xF4U:
      return second < 0x90U;
    default:
      return 1;
  }
}

size_t nt_utf8_length(const char *text) {
  const unsigned char *s = (const unsigned char *)text;
  size_t length = s[0] == '\0' ? 0 : sequence_length(s[0]);
  for (size_t i = 1; i < length; i++) {
    if (!is_continuation(s[i])) {
      return 0;
    }
  }
  return length > 1 && !second_byte_fits(s[0], s[1]) ? 0 : length;
}

/* Takes away a character that the cut at `length` left unfinished. */
static size_t drop_unfinished(char *buf, size_t length) {
  size_t start = length;
  while (start > 0 && length - start < 3 &&
         is_continuation((unsigned char)buf[start - 1])) {
    start--;
  }
  if (start > 0 && (unsigned char)buf[start - 1] >= 0xC0U) {
    start--;
    if (sequence_length((unsigned char)buf[start]) > length - start) {
      length = start;
    }
  }
  buf[length] = '\0';
  return length;
}

size_t nt_copy(char *buf, size_t cap, const char *text) {
  if (cap == 0) {
    return 0;
  }
  size_t length = text == NULL ? 0 : strlen(text);
  int cut = length >= cap;
  if (cut) {
    length = cap - 1;
  }
  if (length > 0) {
    memmove(buf, text, length);
  }
  buf[length] = '\0';
  return cut ? drop_unfinished(buf, length) : length;
}

size_t nt_vformat_text(char *buf, size_t cap, const char *fmt, va_list args) {
  if (cap == 0) {
    return 0;
  }
  int wanted = vsnprintf(buf, cap, fmt, args);
  if (wanted < 0) {
    buf[0] = '\0';
    return 0;
  }
  if ((size_t)wanted < cap) {
    return (size_t)wanted;
  }
  return drop_unfinished(buf, cap - 1);
}

size_t nt_format_text(char *buf, size_t cap, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  size_t length = nt_vformat_text(buf, cap, fmt, args);
  va_end(args);
  return length;
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool nt_same_bytes(const char *a, const char *b, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (lower(a[i]) != lower(b[i])) {
      return false;
    }
  }
  return true;
}

bool nt_same_text(const char *a, const char *b) {
  size_t length = strlen(a);
  return length == strlen(b) && nt_same_bytes(a, b, length);
}

/* ---- UTF-16 -------------------------------------------------------------- */

#define REPLACEMENT 0xFFFDUL

static unsigned long get_unit(const unsigned char *at) {
  return (unsigned long)at[0] | (unsigned long)at[1] << 8;
}

static int is_surrogate(unsigned long unit, unsigned long kind) {
  return (unit & 0xFC00UL) == kind;
}

/* The character at `at`, of which *units are left, one at least; takes its
 * units away. */
static unsigned long take_character(const unsigned char **at, size_t *units) {
  unsigned long c = get_unit(*at), low;
  *at += 2;
  *units -= 1;
  if (!is_surrogate(c, 0xD800UL)) {
    return is_surrogate(c, 0xDC00UL) ? REPLACEMENT : c;
  }
  low = *units > 0 ? get_unit(*at) : 0;
  if (!is_surrogate(low, 0xDC00UL)) {
    return REPLACEMENT;
  }
  *at += 2;
  *units -= 1;
  return 0x10000UL + ((c & 0x3FFUL) << 10 | (low & 0x3FFUL));
}

static size_t put_utf8(unsigned long c, char out[4]) {
  size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (size_t i = length - 1; i > 0; i--, c >>= 6) {
    out[i] = (char)(0x80 | (c & 0x3F));
  }
  out[0] = (char)(leads[length] | c);
  return length;
}

size_t nt_utf16le_text(const unsigned char *bytes, size_t units, char *buf,
                       size_t cap) {
  size_t used = 0;
  while (units > 0 && cap > 0) {
    char text[4];
    unsigned long c = take_character(&bytes, &units);
    size_t length = put_utf8(c, text);
    if (c == 0 || used + length >= cap) {
      break;
    }
    memcpy(buf + used, text, length);
    used += length;
  }
  if (cap > 0) {
    buf[used] = '\0';
  }
  return used;
}
