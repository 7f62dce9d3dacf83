/*
 * Recognising exFAT. Offsets and rules: Microsoft's exFAT file system
 * specification, sections 3.1 (boot sector), 3.4 (boot checksum) and 7.3
 * (volume label directory entry).
 */
#include <string.h>

#include "../text.h"
#include "probe_parts.h"

/* Sectors that the checksum is of; it lies in the next one. */
#define SUMMED_SECTORS 11U

#define ENTRY_SIZE 32U
#define ENTRY_END 0x00
#define ENTRY_LABEL 0x83
#define LABEL_MOST 11U

/* So many entries of the root folder are looked through for the label, which
 * formatters write first. */
#define MOST_ENTRIES 10000

struct exfat {
  uint32_t sector_shift, cluster_shift; /* of bytes; of sectors */
  uint64_t fat_sector, heap_sector, root, clusters;
};

static bool decode(const unsigned char *boot, struct exfat *out) {
  static const unsigned char zeros[53];
  if (memcmp(boot,
             "\xEB\x76\x90"
             "EXFAT   ",
             11) != 0 ||
      memcmp(boot + 11, zeros, sizeof(zeros)) != 0 || boot[510] != 0x55 ||
      boot[511] != 0xAA) {
    return false;
  }
  *out = (struct exfat){.sector_shift = boot[108],
                        .cluster_shift = boot[109],
                        .fat_sector = probe_get(boot + 80, 4),
                        .heap_sector = probe_get(boot + 88, 4),
                        .clusters = probe_get(boot + 92, 4),
                        .root = probe_get(boot + 96, 4)};
  return out->sector_shift >= 9 && out->sector_shift <= 12 &&
         out->cluster_shift <= 25 - out->sector_shift && out->clusters != 0 &&
         (boot[110] == 1 || boot[110] == 2);
}

/* Flags and "percent in use" change while the volume is in use, and are left
 * out. */
static uint32_t add_sector(uint32_t sum, const unsigned char *bytes,
                           size_t length, bool first) {
  for (size_t i = 0; i < length; i++) {
    if (!first || (i != 106 && i != 107 && i != 112)) {
      sum = (sum << 31 | sum >> 1) + bytes[i];
    }
  }
  return sum;
}

static bool check_sum(struct nt_region *region, const struct exfat *fs) {
  unsigned char sector[4096];
  size_t size = (size_t)1 << fs->sector_shift;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < SUMMED_SECTORS; i++) {
    if (!nt__probe_read(region, (uint64_t)i * size, sector, size)) {
      return false;
    }
    sum = add_sector(sum, sector, size, i == 0);
  }
  if (!nt__probe_read(region, (uint64_t)SUMMED_SECTORS * size, sector, size)) {
    return false;
  }
  for (size_t i = 0; i < size; i += 4) {
    if (probe_get(sector + i, 4) != sum) {
      return false;
    }
  }
  return true;
}

/* ---- the label, an entry of the root folder ------------------------------ */

static bool is_cluster(const struct exfat *fs, uint64_t cluster) {
  return cluster >= 2 && cluster < fs->clusters + 2;
}

static bool next_cluster(struct nt_region *region, const struct exfat *fs,
                         uint64_t *cluster) {
  unsigned char next[4];
  uint64_t fat = fs->fat_sector << fs->sector_shift;
  if (!nt__probe_read(region, fat + *cluster * 4, next, sizeof(next))) {
    return false;
  }
  *cluster = probe_get(next, 4);
  return is_cluster(fs, *cluster);
}

static void show_label(const unsigned char *entry, struct nt_probe *out) {
  size_t units = entry[1] < LABEL_MOST ? entry[1] : LABEL_MOST;
  nt_utf16le_text(entry + 2, units, out->label, sizeof(out->label));
}

static void find_label(struct nt_region *region, const struct exfat *fs,
                       struct nt_probe *out) {
  uint64_t size = UINT64_C(1) << (fs->sector_shift + fs->cluster_shift);
  uint64_t cluster = fs->root, at = 0;
  bool inside = is_cluster(fs, cluster);
  for (int i = 0; i < MOST_ENTRIES && inside; i++) {
    unsigned char entry[ENTRY_SIZE];
    uint64_t start =
        (fs->heap_sector << fs->sector_shift) + (cluster - 2) * size;
    if (!nt__probe_read(region, start + at, entry, sizeof(entry)) ||
        entry[0] == ENTRY_END) {
      return;
    }
    if (entry[0] == ENTRY_LABEL) {
      show_label(entry, out);
      return;
    }
    at += ENTRY_SIZE;
    if (at == size) {
      at = 0;
      inside = next_cluster(region, fs, &cluster);
    }
  }
}

bool nt__probe_exfat(struct nt_region *region, const unsigned char *boot,
                     struct nt_probe *out) {
  struct exfat fs;
  if (!decode(boot, &fs) || !check_sum(region, &fs)) {
    return false;
  }
  uint64_t serial = probe_get(boot + 100, 4);
  nt_copy(out->file_system, sizeof(out->file_system), "exFAT");
  if (serial != 0) {
    nt_format_text(out->serial, sizeof(out->serial), "%04X-%04X",
                   (unsigned)(serial >> 16), (unsigned)(serial & 0xFFFF));
  }
  find_label(region, &fs, out);
  return true;
}
