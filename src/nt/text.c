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
