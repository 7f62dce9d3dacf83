/* Control codes: finds the function that handles a code, and handles the
 * buffers of requests. */
#include "query.h"

#include <stdlib.h>
#include <string.h>

const struct sim_answer *nt__sim_answer(const struct sim_answer *table,
                                        uint32_t code) {
  for (; table->code != 0; table++) {
    if (table->code == code) {
      return table;
    }
  }
  return NULL;
}

const struct sim_answer *nt__sim_find_answer(
    const struct sim_answer *const tables[], size_t count, uint32_t code) {
  const struct sim_answer *row = NULL;
  for (size_t i = 0; !row && i < count; i++) {
    row = nt__sim_answer(tables[i], code);
  }
  return row;
}

/* ---- sizes --------------------------------------------------------------- */

nt_status nt__sim_claim(struct sim_request *r, size_t size) {
  if (r->out_cap < size) {
    nt_fail(r->err, NT_STATUS_BUFFER_TOO_SMALL,
            "the answer needs %zu bytes, the buffer has %zu", size, r->out_cap);
    nt_hint(r->err, "ask with room for %zu bytes", size);
    return NT_STATUS_BUFFER_TOO_SMALL;
  }
  memset(r->out, 0, size);
  r->out_len = size;
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_input(const struct sim_request *r, size_t size,
                        nt_status status) {
  if (r->in_len >= size) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(r->err, status, "the code takes %zu bytes of input, %zu came", size,
          r->in_len);
  nt_hint(r->err, "send the whole structure");
  return status;
}

nt_status nt__sim_more(const struct sim_request *r, size_t size) {
  nt_fail(r->err, NT_STATUS_BUFFER_OVERFLOW,
          "the answer has %zu bytes, %zu are in the buffer", size, r->out_len);
  nt_hint(r->err, "ask with room for %zu bytes", size);
  return NT_STATUS_BUFFER_OVERFLOW;
}

nt_status nt__sim_boolean(const struct sim_request *r, bool answer) {
  return answer ? NT_STATUS_SUCCESS
                : nt_fail(r->err, NT_STATUS_UNSUCCESSFUL, NULL);
}

/* ---- fields -------------------------------------------------------------- */

/* The first three groups of a GUID are little-endian. */
void nt__sim_put_guid(uint8_t *at, const char *text) {
  static const uint8_t order[16] = {3, 2, 1,  0,  5,  4,  7,  6,
                                    8, 9, 10, 11, 12, 13, 14, 15};
  for (int i = 0; i < 16 && text[0] && text[1]; text++) {
    char digits[3] = {text[0], text[1], '\0'};
    if (*text == '-') {
      continue;
    }
    at[order[i++]] = (uint8_t)strtoul(digits, NULL, 16);
    text++;
  }
}

bool nt__sim_get_utf16(const uint8_t *at, size_t bytes, char *buf, size_t cap) {
  if (bytes % 2 != 0) {
    return false;
  }
  for (size_t i = 0; i < bytes; i += 2) {
    if (at[i] == 0 && at[i + 1] == 0) {
      return false;
    }
  }
  return nt_utf16le_text(at, bytes / 2, buf, cap) < cap;
}

/* Returns the code point of the UTF-8 character at `text`, which is `length`
 * bytes long. */
static uint32_t code_point(const char *text, size_t length) {
  const uint8_t *at = (const uint8_t *)text;
  static const uint8_t first[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t value = at[0] & first[length];
  for (size_t i = 1; i < length; i++) {
    value = value << 6 | (at[i] & 0x3FU);
  }
  return value;
}

static void put_unit(uint8_t *at, uint32_t unit) {
  at[0] = (uint8_t)unit;
  at[1] = (uint8_t)(unit >> 8);
}

size_t nt__sim_put_utf16(uint8_t *at, size_t units, const char *text) {
  size_t used = 0, length;
  while ((length = nt_utf8_length(text)) != 0) {
    uint32_t value = code_point(text, length);
    size_t need = value > 0xFFFF ? 2 : 1;
    if (used + need > units) {
      break;
    }
    if (need == 2) {
      put_unit(at + 2 * used, 0xD800U + ((value - 0x10000U) >> 10));
      put_unit(at + 2 * used + 2, 0xDC00U + ((value - 0x10000U) & 0x3FFU));
    } else {
      put_unit(at + 2 * used, value);
    }
    used += need;
    text += length;
  }
  return used;
}
