/*
 * ISO 9660, with Joliet, and High Sierra. Layout: ECMA-119, section 8, and the
 * Joliet specification. Which bytes are one: the rule of Microsoft's published
 * cdfs driver.
 */
#include <string.h>

#include "../text.h"
#include "file_system.h"

#define MOST_DESCRIPTORS 64U

#define TYPE_PRIMARY 1
#define TYPE_SUPPLEMENTARY 2
#define TYPE_PARTITION 3
#define TYPE_END 255

#define LABEL_BYTES 32
#define JOLIET_UNITS 16
#define AT_LABEL 40
#define AT_ESCAPE 88
#define AT_CREATED 813
#define AT_MODIFIED 830
#define DATE_DIGITS 16

#define AT_LABEL_HIGH_SIERRA 48

/* Whether the names are UCS-2, at one of three levels. */
static bool is_joliet(const uint8_t *sector) {
  const uint8_t *escape = sector + AT_ESCAPE;
  return sector[0] == TYPE_SUPPLEMENTARY && escape[0] == '%' &&
         escape[1] == '/' &&
         (escape[2] == '@' || escape[2] == 'C' || escape[2] == 'E');
}

/* Whether it is a descriptor of ISO 9660, and not the end of them. */
static bool is_descriptor(const uint8_t *sector) {
  return memcmp(sector + 1, "CD001", 5) == 0 && sector[0] != TYPE_END;
}

void nt_iso_hide_unused(uint8_t *bytes, size_t length) {
  for (size_t at = 0; length - at >= NT_ISO_SECTOR && is_descriptor(bytes + at);
       at += NT_ISO_SECTOR) {
    if (bytes[at] == TYPE_SUPPLEMENTARY && !is_joliet(bytes + at)) {
      bytes[at] = TYPE_PARTITION;
    }
  }
}

/* Whether the primary label is the longer form of the Joliet label, which was
 * cut. Then both start alike; the primary one has '_' for characters that it
 * may not have. */
static bool goes_on(const uint8_t *units, const char *primary) {
  for (size_t i = 0; i < JOLIET_UNITS; i++) {
    uint16_t unit = nt_get_u16(units + 2 * i);
    char c = (char)unit;
    if (primary[i] == '\0' || unit < ' ' ||
        (primary[i] != '_' &&
         (unit > 0x7E || !nt_same_bytes(&c, &primary[i], 1)))) {
      return false;
    }
  }
  return nt_get_u16(units + LABEL_BYTES - 2) != ' ';
}

/* A label of Joliet has 16 units, that of the primary descriptor 32 letters. */
static void show_joliet_label(const uint8_t *at, struct nt_probe *out) {
  uint8_t units[LABEL_BYTES];
  char label[4 * JOLIET_UNITS + LABEL_BYTES + 1], tail[LABEL_BYTES + 1] = "";
  for (size_t i = 0; i < LABEL_BYTES; i++) {
    units[i] = at[i ^ 1]; /* big-endian on the medium */
  }
  if (goes_on(units, out->label)) {
    nt_copy(tail, sizeof tail, out->label + JOLIET_UNITS);
  }
  size_t used = nt_utf16le_text(units, JOLIET_UNITS, label, sizeof label);
  used += nt_copy(label + used, sizeof label - used, tail);
  nt_show_label(out, (const uint8_t *)label, used);
}

/* Writes "2009-09-24-10-34-40-00". Returns false when there is no date, only
 * zeros. */
static bool show_date(const uint8_t *at, struct nt_probe *out) {
  bool set = false;
  for (int i = 0; i < DATE_DIGITS; i++) {
    if (at[i] < '0' || at[i] > '9') {
      return false;
    }
    set = set || at[i] != '0';
  }
  const char *d = (const char *)at;
  if (set) {
    nt_format_text(out->serial, sizeof out->serial,
                   "%.4s-%.2s-%.2s-%.2s-%.2s-%.2s-%.2s", d, d + 4, d + 6, d + 8,
                   d + 10, d + 12, d + 14);
  }
  return set;
}

static bool recognise_high_sierra(const uint8_t *sector, struct nt_probe *out) {
  if (memcmp(sector + 9, "CDROM", 5) != 0 || sector[8] != TYPE_PRIMARY) {
    return false;
  }
  nt_show_label(out, sector + AT_LABEL_HIGH_SIERRA, LABEL_BYTES);
  return true;
}

/* The label of Joliet is preferred to that of the primary descriptor, as its
 * file names are. */
static bool recognise(struct nt_region *region, const uint8_t boot[512],
                      struct nt_probe *out) {
  uint8_t sector[NT_ISO_SECTOR];
  bool primary = false, joliet = false;
  (void)boot;
  for (uint32_t i = 0; i < MOST_DESCRIPTORS && !joliet; i++) {
    if (!nt_region_read(region,
                        (uint64_t)(NT_ISO_FIRST_DESCRIPTOR + i) * NT_ISO_SECTOR,
                        sector, sizeof sector)) {
      break;
    }
    if (i == 0 && recognise_high_sierra(sector, out)) {
      primary = true;
      break;
    }
    if (!is_descriptor(sector)) {
      break;
    }
    if (sector[0] == TYPE_PRIMARY && !primary) {
      primary = true;
      nt_show_label(out, sector + AT_LABEL, LABEL_BYTES);
      if (!show_date(sector + AT_MODIFIED, out)) {
        show_date(sector + AT_CREATED, out);
      }
    } else if (is_joliet(sector) && primary) {
      joliet = true;
      show_joliet_label(sector + AT_LABEL, out);
    }
  }
  nt_copy(out->file_system, sizeof out->file_system, "CDFS");
  return primary;
}

const struct nt_fs nt_fs_iso = {.recognise = recognise};
