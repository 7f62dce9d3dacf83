/*
 * Text between this program and Windows: UTF-8 here, UTF-16 there.
 */
#include <string.h>

#include "../../text.h"
#include "utf16.h"

#define REPLACEMENT 0xFFFDU

/* ---- one character ------------------------------------------------------- */

/* Decodes the character at `text`. The caller has checked its length. */
static uint32_t decode_utf8(const char *text, size_t length) {
  static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t c = (unsigned char)text[0] & masks[length];
  for (size_t i = 1; i < length; i++) {
    c = c << 6 | ((unsigned char)text[i] & 0x3FU);
  }
  return c;
}

static size_t encode_utf8(uint32_t c, char out[4]) {
  static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
  size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  if (length == 1) {
    out[0] = (char)c;
    return 1;
  }
  for (size_t i = length - 1; i > 0; i--, c >>= 6) {
    out[i] = (char)(0x80U | (c & 0x3FU));
  }
  out[0] = (char)(leads[length] | c);
  return length;
}

static bool is_high(nt_wchar unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(nt_wchar unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

/* Takes one character from *text. Returns false, and takes one unit, when that
 * is half a surrogate pair. */
static bool next_utf16(const nt_wchar **text, uint32_t *c) {
  nt_wchar unit = *(*text)++;
  *c = unit;
  if (!is_high(unit) && !is_low(unit)) {
    return true;
  }
  if (!is_high(unit) || !is_low(**text)) {
    return false;
  }
  nt_wchar low = *(*text)++;
  *c = 0x10000U + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
  return true;
}

/* ---- whole texts --------------------------------------------------------- */

static nt_status too_long(struct nt_error *err, size_t cap) {
  nt_status status =
      nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID,
              "the text does not fit into %u characters", (unsigned)(cap - 1));
  nt_hint(err, "use a shorter one");
  return status;
}

static nt_status no_text(struct nt_error *err, const char *what) {
  nt_status status = nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID,
                             "the text is not valid %s", what);
  nt_hint(err, "use characters of Unicode only");
  return status;
}

nt_status nt__win32_wide(const char *utf8, nt_wchar *buf, size_t cap,
                         struct nt_error *err) {
  size_t count = 0;
  buf[0] = 0;
  for (size_t length; *utf8 != '\0'; utf8 += length) {
    length = nt_utf8_length(utf8);
    if (length == 0) {
      buf[0] = 0;
      return no_text(err, "UTF-8");
    }
    uint32_t c = decode_utf8(utf8, length);
    if (count + (c < 0x10000 ? 1 : 2) >= cap) {
      buf[0] = 0;
      return too_long(err, cap);
    }
    if (c >= 0x10000) {
      buf[count++] = (nt_wchar)(0xD800U + ((c - 0x10000) >> 10));
      c = 0xDC00U + (c & 0x3FFU);
    }
    buf[count++] = (nt_wchar)c;
  }
  buf[count] = 0;
  return NT_STATUS_SUCCESS;
}

/* Half a surrogate pair becomes U+FFFD and sets *wrong. Returns false when the
 * text did not fit and was cut. */
static bool to_utf8(const nt_wchar *text, char *buf, size_t cap, bool *wrong) {
  size_t count = 0;
  *wrong = false;
  while (*text != 0) {
    uint32_t c;
    char bytes[4];
    if (!next_utf16(&text, &c)) {
      *wrong = true;
      c = REPLACEMENT;
    }
    size_t length = encode_utf8(c, bytes);
    if (count + length >= cap) {
      buf[count] = '\0';
      return false;
    }
    memcpy(buf + count, bytes, length);
    count += length;
  }
  buf[count] = '\0';
  return true;
}

nt_status nt__win32_narrow(const nt_wchar *text, char *buf, size_t cap,
                           struct nt_error *err) {
  bool wrong;
  bool fits = to_utf8(text, buf, cap, &wrong);
  if (fits && !wrong) {
    return NT_STATUS_SUCCESS;
  }
  buf[0] = '\0';
  return wrong ? no_text(err, "UTF-16") : too_long(err, cap);
}

void nt__win32_show(const nt_wchar *text, char *buf, size_t cap) {
  bool ignored;
  to_utf8(text, buf, cap, &ignored);
}

size_t nt__win32_length(const nt_wchar *text) {
  size_t length = 0;
  while (text[length] != 0) {
    length++;
  }
  return length;
}

const nt_wchar *nt__win32_next(const nt_wchar *text) {
  return text + nt__win32_length(text) + 1;
}

bool nt__win32_copy(nt_wchar *buf, size_t cap, const nt_wchar *text) {
  size_t length = nt__win32_length(text);
  if (length >= cap) {
    buf[0] = 0;
    return false;
  }
  memmove(buf, text, (length + 1) * sizeof(*buf));
  return true;
}

static nt_wchar lower(nt_wchar unit) {
  return unit >= 'A' && unit <= 'Z' ? (nt_wchar)(unit - 'A' + 'a') : unit;
}

bool nt__win32_same(const nt_wchar *a, const nt_wchar *b) {
  while (*a != 0 && lower(*a) == lower(*b)) {
    a++;
    b++;
  }
  return *a == 0 && *b == 0;
}

const nt_wchar *nt__win32_after(const nt_wchar *text, const char *start) {
  for (; *start != '\0'; text++, start++) {
    if (lower(*text) != lower((unsigned char)*start)) {
      return NULL;
    }
  }
  return text;
}

void nt__win32_copy_bare(nt_wchar *buf, size_t cap, const nt_wchar *text) {
  if (nt__win32_copy(buf, cap, text)) {
    size_t length = nt__win32_length(buf);
    if (length > 0 && buf[length - 1] == '\\') {
      buf[length - 1] = 0;
    }
  }
}
