/*
 * exFAT. Offsets and rules: Microsoft's exFAT file system specification,
 * sections 3.1 (boot sector), 3.4 (boot checksum), 7.1 (allocation bitmap) and
 * 7.3 (volume label).
 */
#include <string.h>

#include "../text.h"
#include "file_system.h"

#define AT_PARTITION_OFFSET 64
#define AT_FLAGS 106U /* not covered by the checksum of the boot region */
#define AT_PERCENT_IN_USE 112
#define SECOND_FAT 0x1U
#define VOLUME_DIRTY 0x2U

#define SUMMED_SECTORS (NT_EXFAT_REGION_SECTORS - 1)

#define ENTRY_SIZE 32U
#define ENTRY_END 0x00U
#define ENTRY_BITMAP 0x81U
#define ENTRY_LABEL 0x83U
#define LABEL_MOST 11U

/* At most so many entries of the root folder are read. Formatters put the label
 * and the bitmap first. */
#define MOST_ENTRIES 10000U

struct exfat {
  uint32_t sector;      /* bytes */
  uint64_t table, heap; /* bytes from the start of the volume */
  uint32_t clusters, root;
  uint64_t cluster; /* bytes */
  uint32_t flags;
};

/* ---- the boot region ----------------------------------------------------- */

static bool decode(const uint8_t *boot, struct exfat *x) {
  unsigned sector = boot[108], cluster = boot[109], tables = boot[110];
  if (sector < 9 || sector > 12 || cluster > 25 - sector || tables < 1 ||
      tables > 2) {
    return false;
  }
  x->sector = 1U << sector;
  x->flags = nt_get_u16(boot + AT_FLAGS);
  x->table = (uint64_t)nt_get_u32(boot + 80) << sector;
  if (x->flags & SECOND_FAT && tables == 2) {
    x->table += (uint64_t)nt_get_u32(boot + 84) << sector;
  }
  x->heap = (uint64_t)nt_get_u32(boot + 88) << sector;
  x->clusters = nt_get_u32(boot + 92);
  x->root = nt_get_u32(boot + 96);
  x->cluster = (uint64_t)1 << (sector + cluster);
  return x->clusters > 0 && x->clusters <= UINT32_MAX - 10;
}

static bool open_exfat(struct nt_region *region, struct exfat *x) {
  uint8_t boot[512];
  return nt_region_read(region, 0, boot, sizeof boot) &&
         (decode(boot, x) ||
          nt_region_damaged(region, "the exFAT boot sector is damaged"));
}

/* Adds bytes to the sum, but for the flags and "percent in use", which change
 * while the volume is in use. `at` is the place of the bytes in the boot
 * region. */
static uint32_t add_bytes(uint32_t sum, const uint8_t *bytes, size_t length,
                          size_t at) {
  for (size_t i = 0; i < length; i++) {
    if (at + i != AT_FLAGS && at + i != AT_FLAGS + 1 &&
        at + i != AT_PERCENT_IN_USE) {
      sum = (sum << 31 | sum >> 1) + bytes[i];
    }
  }
  return sum;
}

static bool check_sum(struct nt_region *region, size_t size) {
  uint8_t sector[4096];
  uint32_t sum = 0;
  for (size_t i = 0; i < SUMMED_SECTORS; i++) {
    if (!nt_region_read(region, i * size, sector, size)) {
      return false;
    }
    sum = add_bytes(sum, sector, size, i * size);
  }
  if (!nt_region_read(region, SUMMED_SECTORS * size, sector, size)) {
    return false;
  }
  for (size_t i = 0; i < size; i += 4) {
    if (nt_get_u32(sector + i) != sum) {
      return false;
    }
  }
  return true;
}

void nt_exfat_place(uint8_t *region, uint32_t sector_size,
                    uint64_t partition_offset) {
  size_t summed = (size_t)SUMMED_SECTORS * sector_size;
  nt_put_u64(region + AT_PARTITION_OFFSET, partition_offset);
  uint32_t sum = add_bytes(0, region, summed, 0);
  for (size_t i = 0; i < sector_size; i += 4) {
    nt_put_u32(region + summed + i, sum);
  }
}

static bool clusters(struct nt_region *region, uint64_t *count) {
  struct exfat x = {0};
  bool good = open_exfat(region, &x);
  *count = x.clusters;
  return good;
}

/* ---- chains of clusters -------------------------------------------------- */

static bool is_cluster(const struct exfat *x, uint32_t cluster) {
  return cluster >= 2 && cluster - 2 < x->clusters;
}

/* Finds the cluster behind `*cluster`; 0 at the end of the chain. */
static bool follow(struct nt_region *region, const struct exfat *x,
                   uint32_t *cluster) {
  uint8_t entry[4];
  if (!nt_region_read(region, x->table + (uint64_t)*cluster * 4, entry,
                      sizeof entry)) {
    return false;
  }
  *cluster = is_cluster(x, nt_get_u32(entry)) ? nt_get_u32(entry) : 0;
  return true;
}

static bool broken(struct nt_region *region) {
  return nt_region_damaged(region, "a chain of clusters ends early");
}

/* Reads from the file that begins at cluster `at`. */
static bool read_chain(struct nt_region *region, const struct exfat *x,
                       uint32_t at, uint64_t offset, uint8_t *buf,
                       size_t length) {
  bool good = is_cluster(x, at) || broken(region);
  for (; good && at != 0 && offset >= x->cluster; offset -= x->cluster) {
    good = follow(region, x, &at);
  }
  while (good && length > 0) {
    uint64_t left = x->cluster - offset;
    size_t n = length < left ? length : (size_t)left;
    if (at == 0) {
      return broken(region);
    }
    good = nt_region_read(region, x->heap + (at - 2) * x->cluster + offset, buf,
                          n);
    buf += n;
    length -= n;
    offset = 0;
    if (good && length > 0) {
      good = follow(region, x, &at);
    }
  }
  return good;
}

/* ---- the root folder ----------------------------------------------------- */

static bool is_label(const uint8_t *entry, uint32_t flags) {
  (void)flags;
  return entry[0] == ENTRY_LABEL;
}

/* Whether the entry is the bitmap of the FAT that is in use. */
static bool is_bitmap(const uint8_t *entry, uint32_t flags) {
  return entry[0] == ENTRY_BITMAP && (entry[1] & 1U) == (flags & SECOND_FAT);
}

/* Looks for an entry, one cluster after the other. When there is none, it is no
 * failure, and entry[0] is ENTRY_END. The count ends a chain that runs in a
 * circle. */
static bool find_entry(struct nt_region *region, const struct exfat *x,
                       bool (*wanted)(const uint8_t *entry, uint32_t flags),
                       uint8_t entry[ENTRY_SIZE]) {
  uint32_t cluster = x->root;
  uint64_t offset = 0;
  for (uint32_t i = 0; i < MOST_ENTRIES && cluster != 0; i++) {
    if (!read_chain(region, x, cluster, offset, entry, ENTRY_SIZE)) {
      return false;
    }
    if (entry[0] == ENTRY_END || wanted(entry, x->flags)) {
      return true;
    }
    offset += ENTRY_SIZE;
    if (offset == x->cluster) {
      offset = 0;
      if (!follow(region, x, &cluster)) {
        return false;
      }
    }
  }
  entry[0] = ENTRY_END;
  return true;
}

static bool recognise(struct nt_region *region, const uint8_t boot[512],
                      struct nt_probe *out) {
  static const uint8_t zeros[53];
  uint8_t entry[ENTRY_SIZE];
  struct exfat x;
  if (memcmp(boot,
             "\xEB\x76\x90"
             "EXFAT   ",
             11) != 0 ||
      memcmp(boot + 11, zeros, sizeof zeros) != 0 || boot[510] != 0x55 ||
      boot[511] != 0xAA || !decode(boot, &x) || !check_sum(region, x.sector)) {
    return false;
  }
  nt_copy(out->file_system, sizeof out->file_system, "exFAT");
  out->boot_bytes = (uint64_t)2 * NT_EXFAT_REGION_SECTORS * x.sector;
  out->fs_bytes = nt_get_u64(boot + 72) * x.sector;
  nt_short_serial(nt_get_u32(boot + 100), out->serial, sizeof out->serial);
  if (find_entry(region, &x, is_label, entry) && entry[0] == ENTRY_LABEL) {
    size_t units = entry[1] < LABEL_MOST ? entry[1] : LABEL_MOST;
    nt_utf16le_text(entry + 2, units, out->label, sizeof out->label);
  }
  return true;
}

static bool bitmap(struct nt_region *region, uint64_t first, uint8_t *buf,
                   size_t bytes) {
  uint8_t entry[ENTRY_SIZE];
  struct exfat x = {0};
  if (!open_exfat(region, &x) || !find_entry(region, &x, is_bitmap, entry)) {
    return false;
  }
  return entry[0] == ENTRY_BITMAP
             ? read_chain(region, &x, nt_get_u32(entry + 20), first / 8, buf,
                          bytes)
             : nt_region_damaged(region, "there is no allocation bitmap");
}

/* ---- dirty --------------------------------------------------------------- */

static bool is_dirty(struct nt_region *region, bool *out) {
  struct exfat x = {0};
  bool good = open_exfat(region, &x);
  *out = x.flags & VOLUME_DIRTY;
  return good;
}

static bool mark_dirty(struct nt_region *region) {
  struct exfat x = {0};
  if (!open_exfat(region, &x)) {
    return false;
  }
  uint8_t low = (uint8_t)(x.flags | VOLUME_DIRTY);
  return nt_region_write(region, AT_FLAGS, &low, 1);
}

const struct nt_fs nt_fs_exfat = {recognise, clusters, bitmap, is_dirty,
                                  mark_dirty};
