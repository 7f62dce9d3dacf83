/*
 * Strings of bounded length.
 */
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int is_continuation(unsigned char byte) {
  return (byte & 0xC0U) == 0x80U;
}

/* Returns how many bytes a character has that begins with `lead`; 0 when no
 * character begins with it. */
static size_t sequence_length(unsigned char lead) {
  if (lead < 0x80U) {
    return 1;
  }
  if (lead < 0xC2U || lead > 0xF4U) {
    return 0;
  }
  return lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
}

/* Overlong forms, surrogates and values past U+10FFFF can be told by the second
 * byte. */
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

/* ---- what people see ----------------------------------------------------- */

struct span {
  uint32_t first, last;
};

/* Unicode 15, DerivedCoreProperties (Default_Ignorable_Code_Point) and UAX 9
 * (Bidi_Control), in their order; see text.h. */
static const struct span hidden[] = {
    {0x0080, 0x009F},   /* control characters of Latin 1 */
    {0x00AD, 0x00AD},   /* soft hyphen */
    {0x034F, 0x034F},   /* combining grapheme joiner */
    {0x061C, 0x061C},   /* Arabic letter mark */
    {0x115F, 0x1160},   /* Hangul fillers */
    {0x17B4, 0x17B5},   /* Khmer vowels that are not seen */
    {0x180E, 0x180E},   /* Mongolian vowel separator */
    {0x200B, 0x200B},   /* zero width space */
    {0x200E, 0x200F},   /* marks of direction */
    {0x2028, 0x202E},   /* separators; embeddings and overrides */
    {0x2060, 0x206F},   /* word joiner, invisible signs, isolates */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xFDD0, 0xFDEF},   /* no characters */
    {0xFEFF, 0xFEFF},   /* byte order mark */
    {0xFFA0, 0xFFA0},   /* Hangul filler of half width */
    {0xFFF0, 0xFFFB},   /* unassigned and annotation signs */
    {0x1BCA0, 0x1BCA3}, /* shorthand controls */
    {0x1D173, 0x1D17A}, /* musical controls */
    {0xE0000, 0xE00FF}, /* tags: a text within the text */
    {0xE01F0, 0xE0FFF},
};

static bool is_hidden(uint32_t c) {
  for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
    if (c >= hidden[i].first && c <= hidden[i].last) {
      return true;
    }
  }
  return (c & 0xFFFEU) == 0xFFFEU; /* the last two of each plane */
}

/* Decodes a character that nt_utf8_length() has measured. */
static uint32_t decode(const char *text, size_t length) {
  static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t c = (unsigned char)text[0] & masks[length];
  for (size_t i = 1; i < length; i++) {
    c = c << 6 | ((unsigned char)text[i] & 0x3FU);
  }
  return c;
}

static size_t put_hex(char *out, uint32_t value, size_t least) {
  static const char digits[] = "0123456789abcdef";
  size_t count = least;
  while (value >> (4 * count) != 0) {
    count++;
  }
  for (size_t i = 0; i < count; i++) {
    out[i] = digits[value >> (4 * (count - 1 - i)) & 0xFU];
  }
  return count;
}

static size_t escape_byte(unsigned char byte, char *out) {
  memcpy(out, "\\x", 2);
  return 2 + put_hex(out + 2, byte, 2);
}

static size_t escape_character(uint32_t c, char *out) {
  memcpy(out, "\\u{", 3);
  size_t length = 3 + put_hex(out + 3, c, 2);
  out[length] = '}';
  return length + 1;
}

size_t nt_printable(const char *text, size_t *taken,
                    char out[NT_PRINTABLE_MAX]) {
  unsigned char first = (unsigned char)text[0];
  size_t length = nt_utf8_length(text);
  *taken = length > 0 ? length : 1;
  if (length == 0 || first < 0x20U || first == 0x7FU) {
    return escape_byte(first, out);
  }
  uint32_t c = decode(text, length);
  if (is_hidden(c)) {
    return escape_character(c, out);
  }
  memcpy(out, text, length);
  return length;
}

size_t nt_printable_text(char *buf, size_t cap, const char *text) {
  size_t used = 0;
  while (cap > 0 && *text != '\0') {
    char shown[NT_PRINTABLE_MAX];
    size_t taken, length = nt_printable(text, &taken, shown);
    if (used + length >= cap) {
      break;
    }
    memcpy(buf + used, shown, length);
    used += length;
    text += taken;
  }
  if (cap > 0) {
    buf[used] = '\0';
  }
  return used;
}

/* ---- bounded copies ------------------------------------------------------ */

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

size_t nt_copy_utf8(char *buf, size_t cap, const char *text) {
  size_t used = 0;
  while (*text != '\0') {
    size_t length = nt_utf8_length(text), size = length > 0 ? length : 3;
    if (used + size >= cap) {
      break;
    }
    memcpy(buf + used, length > 0 ? text : "\xEF\xBF\xBD", size);
    used += size;
    text += length > 0 ? length : 1;
  }
  if (cap > 0) {
    buf[used] = '\0';
  }
  return used;
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

/* Takes one character from `at`, which has *units units left, at least one. */
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
