/*
 * FAT12, FAT16 and FAT32. Layout: Microsoft's FAT specification 1.03
 * (fatgen103). Which bytes are one: the rule of Microsoft's published fastfat
 * driver, FatIsBootSectorFat().
 *
 * "Dirty" is stored in two places: in the second entry of the table, where a
 * set bit means clean, and in bit 0 of a byte of the boot sector that the
 * specification calls reserved. FAT12 has only the latter.
 */
#include <string.h>

#include "../text.h"
#include "file_system.h"

/* With one more cluster the entries of the FAT must be wider. */
#define FAT12_CLUSTERS 4085U
#define FAT16_MOST_CLUSTERS 0xFFF4U
#define FAT32_MOST_CLUSTERS 0x0FFFFFF6U

#define ENTRY_SIZE 32U
#define ATTRIBUTES 11
#define ATTRIBUTE_LABEL 0x08U
#define ATTRIBUTE_FOLDER 0x10U
#define ATTRIBUTE_LONG_NAME 0x0FU

/* A root folder of FAT32 may have any number of clusters. At most so many are
 * read to find the label. */
#define MOST_ROOT_CLUSTERS 100

#define STATE_DIRTY 0x01U
#define CLEAN_16 0x8000U
#define CLEAN_32 0x08000000U

/* ---- the boot sector ----------------------------------------------------- */

#define FAT32_BPB 54U
#define AT_FLAGS_32 40
#define AT_VERSION_32 42
#define ONE_TABLE_ONLY 0x80U

/* Only FAT32 leaves the old field for the size of a FAT empty. A volume that
 * uses only one of its tables is being converted, and is not mounted. */
static bool decode_table(const uint8_t *boot, size_t length,
                         struct nt_fat *out) {
  uint64_t sectors = nt_get_u16(boot + 22);
  out->width = sectors != 0 ? 16 : 32;
  if (out->width == 32) {
    if (length < FAT32_BPB || nt_get_u16(boot + AT_VERSION_32) != 0 ||
        boot[AT_FLAGS_32] & ONE_TABLE_ONLY) {
      return false;
    }
    sectors = nt_get_u32(boot + 36);
  }
  out->bytes = sectors * out->sector_size;
  out->root_entries = out->width == 32 ? 0 : nt_get_u16(boot + 17);
  return sectors != 0 && (out->width == 32 || out->root_entries != 0);
}

static bool count_clusters(struct nt_fat *fat) {
  uint64_t sector = fat->sector_size;
  uint64_t end = fat->sectors * sector;
  if (fat->data > end) {
    return false;
  }
  fat->clusters = (end - fat->data) / (fat->cluster_sectors * sector);
  if (fat->width == 16 && fat->clusters < FAT12_CLUSTERS) {
    fat->width = 12;
  }
  return fat->clusters <=
         (fat->width == 32 ? FAT32_MOST_CLUSTERS : FAT16_MOST_CLUSTERS);
}

bool nt_fat_decode(const uint8_t *boot, size_t length, struct nt_fat *out) {
  uint64_t sector = nt_get_u16(boot + 11), reserved = nt_get_u16(boot + 14);
  uint32_t sectors = nt_get_u16(boot + 19);
  *out =
      (struct nt_fat){.sector_size = (uint32_t)sector,
                      .cluster_sectors = boot[13],
                      .fats = boot[16],
                      .sectors = sectors != 0 ? sectors : nt_get_u32(boot + 32),
                      .table = reserved * sector};
  if (!nt_is_power_of_two(sector) || sector < 512 || sector > 4096 ||
      !nt_is_power_of_two(out->cluster_sectors) || reserved == 0 ||
      out->fats == 0 || !decode_table(boot, length, out)) {
    return false;
  }
  uint64_t folder = (uint64_t)out->root_entries * ENTRY_SIZE;
  out->root = out->table + out->fats * out->bytes;
  out->data = out->root + (folder + sector - 1) / sector * sector;
  return count_clusters(out);
}

const char *nt_fat_name(const struct nt_fat *fat) {
  return fat->width == 32 ? "FAT32" : fat->width == 16 ? "FAT16" : "FAT12";
}

/* Checks the values that the boot code and the medium byte may have. */
static bool is_fat(const uint8_t *boot, struct nt_fat *out) {
  return (boot[0] == 0xE9 || boot[0] == 0xEB || boot[0] == 0x49) &&
         (boot[21] == 0xF0 || boot[21] == 0xF8 || boot[21] == 0xF9 ||
          boot[21] >= 0xFB) &&
         nt_fat_decode(boot, 512, out);
}

static bool open_fat(struct nt_region *region, uint8_t boot[512],
                     struct nt_fat *fat) {
  return nt_region_read(region, 0, boot, 512) &&
         ((nt_fat_decode(boot, 512, fat) &&
           (fat->clusters + 2) * fat->width <= fat->bytes * 8) ||
          nt_region_damaged(region, "the FAT boot sector is damaged"));
}

/* ---- the label, an entry of the root folder ------------------------------ */

static bool is_label(const uint8_t *entry) {
  unsigned attributes = entry[ATTRIBUTES];
  return entry[0] != 0xE5 && (attributes & 0x3FU) != ATTRIBUTE_LONG_NAME &&
         (attributes & (ATTRIBUTE_LABEL | ATTRIBUTE_FOLDER)) ==
             ATTRIBUTE_LABEL &&
         nt_get_u16(entry + 20) == 0 && nt_get_u16(entry + 26) == 0;
}

/* A first character 0xE5 is stored as 0x05. */
static void show_label(const uint8_t *entry, struct nt_probe *out) {
  uint8_t name[11];
  memcpy(name, entry, sizeof name);
  if (name[0] == 0x05) {
    name[0] = 0xE5;
  }
  nt_show_label(out, name, sizeof name);
}

/* Returns true when the search is over: at the label, or at the end of the
 * folder. */
static bool find_label(struct nt_region *region, uint64_t at, uint64_t count,
                       struct nt_probe *out) {
  uint8_t entry[ENTRY_SIZE];
  for (uint64_t i = 0; i < count; i++) {
    if (!nt_region_read(region, at + i * ENTRY_SIZE, entry, ENTRY_SIZE) ||
        entry[0] == 0) {
      return true;
    }
    if (is_label(entry)) {
      show_label(entry, out);
      return true;
    }
  }
  return false;
}

/* The root folder of FAT32 is a chain of clusters. */
static void find_label_wide(struct nt_region *region, const struct nt_fat *fat,
                            uint32_t cluster, struct nt_probe *out) {
  uint64_t size = (uint64_t)fat->cluster_sectors * fat->sector_size;
  uint8_t next[4];
  for (int i = 0; i < MOST_ROOT_CLUSTERS && cluster >= 2 &&
                  cluster < fat->bytes / sizeof next;
       i++) {
    if (find_label(region, fat->data + (cluster - 2) * size, size / ENTRY_SIZE,
                   out) ||
        !nt_region_read(region, fat->table + (uint64_t)cluster * sizeof next,
                        next, sizeof next)) {
      return;
    }
    cluster = nt_get_u32(next) & 0x0FFFFFFFU;
  }
}

static bool recognise(struct nt_region *region, const uint8_t boot[512],
                      struct nt_probe *out) {
  struct nt_fat fat;
  if (!is_fat(boot, &fat)) {
    return false;
  }
  const uint8_t *extended = boot + (fat.width == 32 ? 64 : 36);
  nt_copy(out->file_system, sizeof out->file_system, nt_fat_name(&fat));
  out->boot_bytes = fat.table;
  out->fs_bytes = fat.sectors * fat.sector_size;
  if (fat.width == 32) {
    find_label_wide(region, &fat, nt_get_u32(boot + 44), out);
  } else {
    find_label(region, fat.root, fat.root_entries, out);
  }
  /* Old volumes have no serial number. */
  if (fat.width == 32 || extended[2] == 0x28 || extended[2] == 0x29) {
    nt_short_serial(nt_get_u32(extended + 3), out->serial, sizeof out->serial);
  }
  return true;
}

/* ---- which clusters are used --------------------------------------------- */

static bool clusters(struct nt_region *region, uint64_t *count) {
  uint8_t boot[512];
  struct nt_fat fat;
  bool good = open_fat(region, boot, &fat);
  *count = good ? fat.clusters : 0;
  return good;
}

/* Returns entry `index` of a piece of the table. The piece begins at an even
 * entry. */
static uint32_t entry_of(uint32_t width, const uint8_t *piece, size_t index) {
  if (width == 32) {
    return nt_get_u32(piece + index * 4) & 0x0FFFFFFFU;
  }
  if (width == 16) {
    return nt_get_u16(piece + index * 2);
  }
  uint32_t pair = nt_get_u16(piece + index * 3 / 2);
  return index % 2 ? pair >> 4 : pair & 0xFFFU;
}

#define PIECE 2048U /* entries */

/* Sets the bits of `count` clusters, from `first` on, at buf. */
static bool piece_bits(struct nt_region *region, const struct nt_fat *fat,
                       uint64_t first, size_t count, uint8_t *buf) {
  uint8_t piece[PIECE * 4];
  uint64_t place = fat->table + (first + 2) * fat->width / 8;
  if (!nt_region_read(region, place, piece, (count * fat->width + 7) / 8)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    if (entry_of(fat->width, piece, i) != 0) {
      buf[i / 8] |= (uint8_t)(1U << i % 8);
    }
  }
  return true;
}

static bool bitmap(struct nt_region *region, uint64_t first, uint8_t *buf,
                   size_t bytes) {
  uint8_t boot[512];
  struct nt_fat fat;
  bool good = open_fat(region, boot, &fat);
  memset(buf, 0, bytes);
  for (size_t done = 0; good && done < bytes; done += PIECE / 8) {
    uint64_t from = first + done * 8;
    uint64_t left = from < fat.clusters ? fat.clusters - from : 0;
    size_t count = (bytes - done) * 8;
    count = count > PIECE ? PIECE : count;
    count = count > left ? (size_t)left : count;
    good = count == 0 || piece_bits(region, &fat, from, count, buf + done);
  }
  return good;
}

/* ---- dirty --------------------------------------------------------------- */

static uint32_t clean_bit(const struct nt_fat *fat) {
  return fat->width == 32 ? CLEAN_32 : CLEAN_16;
}

/* Returns the place of the byte in the boot sector. */
static size_t state_of(const struct nt_fat *fat) {
  return fat->width == 32 ? 0x41 : 0x25;
}

/* Reads the second entry of a table. That of FAT12 has no bit for it. */
static bool read_mark(struct nt_region *region, const struct nt_fat *fat,
                      uint64_t table, uint8_t entry[4]) {
  memset(entry, 0, 4);
  return nt_region_read(region, table + fat->width / 8, entry, fat->width / 8);
}

static bool is_dirty(struct nt_region *region, bool *out) {
  uint8_t boot[512], entry[4];
  struct nt_fat fat;
  if (!open_fat(region, boot, &fat)) {
    return false;
  }
  *out = boot[state_of(&fat)] & STATE_DIRTY;
  if (fat.width == 12) {
    return true;
  }
  if (!read_mark(region, &fat, fat.table, entry)) {
    return false;
  }
  *out = *out || !(nt_get_u32(entry) & clean_bit(&fat));
  return true;
}

static bool mark_table(struct nt_region *region, const struct nt_fat *fat,
                       uint64_t table) {
  uint8_t entry[4];
  bool good = read_mark(region, fat, table, entry);
  nt_put_u32(entry, nt_get_u32(entry) & ~clean_bit(fat));
  return good &&
         nt_region_write(region, table + fat->width / 8, entry, fat->width / 8);
}

static bool mark_dirty(struct nt_region *region) {
  uint8_t boot[512];
  struct nt_fat fat;
  bool good = open_fat(region, boot, &fat);
  for (uint64_t i = 0; good && fat.width != 12 && i < fat.fats; i++) {
    good = mark_table(region, &fat, fat.table + i * fat.bytes);
  }
  if (!good) {
    return false;
  }
  uint8_t state = boot[state_of(&fat)] | STATE_DIRTY;
  return nt_region_write(region, state_of(&fat), &state, 1);
}

const struct nt_fs nt_fs_fat = {recognise, clusters, bitmap, is_dirty,
                                mark_dirty};
