/*
 * Recognising NTFS: its boot sector, and the label in record 3 of the master
 * file table ($Volume, attribute $VOLUME_NAME). Layouts: the public
 * documentation of the Linux-NTFS project.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "probe_parts.h"

#define RECORD_VOLUME 3U
#define ATTRIBUTE_VOLUME_NAME 0x60U
#define ATTRIBUTES_END 0xFFFFFFFFU
#define ATTRIBUTE_HEADER 24U /* of one whose value is in the record */

/* 1 KiB and 4 KiB are usual. */
#define BIGGEST_RECORD (1U << 20)

/* The last two bytes of every 512 of a record are kept elsewhere. */
#define FIXUP_STRIDE 512U

struct ntfs {
  uint32_t sector_size, cluster_sectors;
  uint64_t record_size, table; /* bytes */
};

/* ---- the boot sector ----------------------------------------------------- */

/* Big clusters are written as a negative power of two. */
static uint32_t get_cluster_sectors(unsigned char byte) {
  if (byte >= 240 && byte <= 249) {
    return UINT32_C(1) << (256 - byte);
  }
  return byte <= 128 && is_power_of_two(byte) ? byte : 0;
}

static uint64_t get_record_size(unsigned char byte, uint64_t cluster) {
  if (byte >= 0xE1 && byte <= 0xF7) {
    return UINT64_C(1) << (256 - byte);
  }
  return byte <= 64 && is_power_of_two(byte) ? byte * cluster : 0;
}

/* The fields of FAT that NTFS does not use are zeros. */
static bool has_no_fat(const unsigned char *boot) {
  static const unsigned char zeros[7];
  return memcmp(boot + 14, zeros, 7) == 0 && memcmp(boot + 22, zeros, 2) == 0 &&
         memcmp(boot + 32, zeros, 4) == 0;
}

static bool decode(const unsigned char *boot, struct ntfs *out) {
  uint32_t sector = (uint32_t)probe_get(boot + 11, 2);
  uint32_t cluster_sectors = get_cluster_sectors(boot[13]);
  if (memcmp(boot + 3, "NTFS    ", 8) != 0 || !is_power_of_two(sector) ||
      sector < 256 || sector > 4096 || cluster_sectors == 0 ||
      !has_no_fat(boot)) {
    return false;
  }
  uint64_t cluster = (uint64_t)sector * cluster_sectors;
  uint64_t clusters = probe_get(boot + 40, 8) / cluster_sectors;
  uint64_t table = probe_get(boot + 48, 8), mirror = probe_get(boot + 56, 8);
  *out = (struct ntfs){sector, cluster_sectors,
                       get_record_size(boot[64], cluster), table * cluster};
  return table <= clusters && mirror <= clusters &&
         table <= INT64_MAX / cluster && out->record_size >= FIXUP_STRIDE &&
         out->record_size <= BIGGEST_RECORD;
}

/* ---- the label ----------------------------------------------------------- */

/* Puts back the bytes that were replaced by a check number. */
static bool fix_up(unsigned char *record, uint64_t size) {
  uint64_t at = probe_get(record + 4, 2), count = probe_get(record + 6, 2);
  if (count < 1 || at + 2 * count > size || (count - 1) * FIXUP_STRIDE > size) {
    return false;
  }
  for (uint64_t i = 1; i < count; i++) {
    unsigned char *end = record + i * FIXUP_STRIDE - 2;
    if (memcmp(end, record + at, 2) == 0) {
      memcpy(end, record + at + 2 * i, 2);
    }
  }
  return true;
}

static void show_label(const unsigned char *record, uint64_t size,
                       struct nt_probe *out) {
  uint64_t at = probe_get(record + 20, 2);
  while (at + ATTRIBUTE_HEADER <= size) {
    const unsigned char *attribute = record + at;
    uint64_t type = probe_get(attribute, 4),
             length = probe_get(attribute + 4, 4);
    if (length == 0 || type == ATTRIBUTES_END) {
      return;
    }
    if (type == ATTRIBUTE_VOLUME_NAME) {
      uint64_t bytes = probe_get(attribute + 16, 4);
      uint64_t start = at + probe_get(attribute + 20, 2);
      if (start + bytes <= size) {
        nt_utf16le_text(record + start, (size_t)bytes / 2, out->label,
                        sizeof(out->label));
      }
      return;
    }
    at += length;
  }
}

static bool read_record(struct nt_region *region, const struct ntfs *fs,
                        uint32_t number, unsigned char *record) {
  return nt__probe_read(region, fs->table + number * fs->record_size, record,
                        (size_t)fs->record_size) &&
         memcmp(record, "FILE", 4) == 0;
}

static bool read_label(struct nt_region *region, const struct ntfs *fs,
                       struct nt_probe *out) {
  unsigned char *record = malloc((size_t)fs->record_size);
  if (record == NULL) {
    region->status = nt_fail(region->err, NT_STATUS_NO_MEMORY, NULL, NULL);
    return false;
  }
  bool good = read_record(region, fs, 0, record) &&
              read_record(region, fs, RECORD_VOLUME, record);
  if (good && fix_up(record, fs->record_size)) {
    show_label(record, fs->record_size, out);
  }
  free(record);
  return good;
}

bool nt__probe_ntfs(struct nt_region *region, const unsigned char *boot,
                    struct nt_probe *out) {
  struct ntfs fs;
  if (!decode(boot, &fs) || !read_label(region, &fs, out)) {
    return false;
  }
  uint64_t serial = probe_get(boot + 72, 8);
  nt_copy(out->file_system, sizeof(out->file_system), "NTFS");
  if (serial != 0) {
    nt_format_text(out->serial, sizeof(out->serial), "%016" PRIX64, serial);
  }
  return true;
}
