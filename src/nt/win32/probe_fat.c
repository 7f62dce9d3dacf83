/*
 * Recognising FAT12, FAT16 and FAT32. Offsets and rules: Microsoft's FAT
 * specification 1.03, "Boot Sector and BPB Structure", "FAT Type
 * Determination" and "FAT Directory Structure".
 */
#include <string.h>

#include "../text.h"
#include "probe_parts.h"

/* One more cluster and the entries of the FAT must be wider. */
#define FAT12_MOST_CLUSTERS 0xFF4U
#define FAT16_MOST_CLUSTERS 0xFFF4U
#define FAT32_MOST_CLUSTERS 0x0FFFFFF6U

#define ENTRY_SIZE 32U
#define ATTRIBUTES 11
#define ATTRIBUTE_LABEL 0x08U
#define ATTRIBUTE_FOLDER 0x10U
#define ATTRIBUTE_LONG_NAME 0x0FU

/* A root folder of FAT32 may have any number of clusters; so many are looked
 * through for the label. */
#define MOST_ROOT_CLUSTERS 100

struct fat {
  uint32_t sector_size, cluster_sectors, reserved, root_entries;
  uint64_t fat_sectors; /* of one FAT */
  uint64_t fats, clusters;
  bool wide; /* FAT32 */
};

/* ---- the boot sector ----------------------------------------------------- */

/* Some have a word in the boot sector. Those that have none are known by the
 * signature at its end, but so are boot sectors that OS/2 puts in front of
 * other file systems. */
static bool has_magic(const unsigned char *boot) {
  static const char *const words[] = {"MSDOS", "FAT12   ", "FAT16   ",
                                      "FAT     "};
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (memcmp(boot + 54, words[i], strlen(words[i])) == 0) {
      return true;
    }
  }
  return memcmp(boot + 82, "FAT32   ", 8) == 0 ||
         memcmp(boot + 82, "MSWIN", 5) == 0 ||
         (boot[510] == 0x55 && boot[511] == 0xAA &&
          memcmp(boot + 54, "JFS     ", 8) != 0 &&
          memcmp(boot + 54, "HPFS    ", 8) != 0);
}

static struct fat decode(const unsigned char *boot) {
  struct fat fat = {
      .sector_size = (uint32_t)probe_get(boot + 11, 2),
      .cluster_sectors = boot[13],
      .reserved = (uint32_t)probe_get(boot + 14, 2),
      .fats = boot[16],
      .root_entries = (uint32_t)probe_get(boot + 17, 2),
      .fat_sectors = probe_get(boot + 22, 2),
  };
  if (fat.fat_sectors == 0) { /* only FAT32 leaves this field empty */
    fat.fat_sectors = probe_get(boot + 36, 4);
    fat.wide = fat.fat_sectors != 0;
  }
  return fat;
}

static bool is_sane(const struct fat *fat, unsigned char media) {
  return fat->fats != 0 && fat->reserved != 0 &&
         (media == 0xF0 || media >= 0xF8) &&
         is_power_of_two(fat->cluster_sectors) &&
         is_power_of_two(fat->sector_size) && fat->sector_size >= 512 &&
         fat->sector_size <= 4096;
}

/* Counts the clusters, which decide about the kind; false when they cannot
 * be. */
static bool count_clusters(struct fat *fat, const unsigned char *boot) {
  uint64_t sectors = probe_get(boot + 19, 2);
  uint64_t root =
      ((uint64_t)fat->root_entries * ENTRY_SIZE + fat->sector_size - 1) /
      fat->sector_size;
  uint64_t taken = fat->reserved + fat->fats * fat->fat_sectors + root;
  if (sectors == 0) {
    sectors = probe_get(boot + 32, 4);
  }
  if (taken > sectors) {
    return false;
  }
  fat->clusters = (sectors - taken) / fat->cluster_sectors;
  return fat->clusters <=
         (fat->wide ? FAT32_MOST_CLUSTERS : FAT16_MOST_CLUSTERS);
}

/* The FSInfo sector of FAT32, where there is one, has its signatures, or was
 * left empty. */
static bool check_info_sector(struct nt_region *region,
                              const unsigned char *boot,
                              const struct fat *fat) {
  static const unsigned char empty[4];
  unsigned char info[512];
  uint64_t sector = probe_get(boot + 48, 2);
  if (!fat->wide || sector == 0) {
    return true;
  }
  if (!nt__probe_read(region, sector * fat->sector_size, info, sizeof(info))) {
    return false;
  }
  return (memcmp(info, "RRaA", 4) == 0 || memcmp(info, "RRdA", 4) == 0 ||
          memcmp(info, empty, 4) == 0) &&
         (memcmp(info + 484, "rrAa", 4) == 0 ||
          memcmp(info + 484, empty, 4) == 0);
}

/* ---- the label, an entry of the root folder ------------------------------ */

static bool is_label(const unsigned char *entry) {
  unsigned attributes = entry[ATTRIBUTES];
  return entry[0] != 0xE5 && (attributes & 0x3FU) != ATTRIBUTE_LONG_NAME &&
         (attributes & (ATTRIBUTE_LABEL | ATTRIBUTE_FOLDER)) ==
             ATTRIBUTE_LABEL &&
         probe_get(entry + 20, 2) == 0 && probe_get(entry + 26, 2) == 0;
}

/* 0xE5 as the first character is kept as 0x05. */
static void show_label(const unsigned char *entry, struct nt_probe *out) {
  unsigned char name[11];
  memcpy(name, entry, sizeof(name));
  if (name[0] == 0x05) {
    name[0] = 0xE5;
  }
  nt__probe_label(out, name, sizeof(name));
}

/* True when the search is over: the label, or the end of the folder. */
static bool find_label(struct nt_region *region, uint64_t at, uint64_t count,
                       struct nt_probe *out) {
  unsigned char entry[ENTRY_SIZE];
  for (uint64_t i = 0; i < count; i++) {
    if (!nt__probe_read(region, at + i * ENTRY_SIZE, entry, ENTRY_SIZE) ||
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
static void find_label_wide(struct nt_region *region, const unsigned char *boot,
                            const struct fat *fat, struct nt_probe *out) {
  uint64_t data = fat->reserved + fat->fats * fat->fat_sectors;
  uint64_t entries = fat->fat_sectors * fat->sector_size / 4;
  uint64_t cluster = probe_get(boot + 44, 4);
  uint64_t count =
      (uint64_t)fat->cluster_sectors * fat->sector_size / ENTRY_SIZE;
  unsigned char next[4];
  for (int i = 0; i < MOST_ROOT_CLUSTERS && cluster >= 2 && cluster < entries;
       i++) {
    uint64_t sector = data + (cluster - 2) * fat->cluster_sectors;
    if (find_label(region, sector * fat->sector_size, count, out) ||
        !nt__probe_read(
            region, (uint64_t)fat->reserved * fat->sector_size + cluster * 4,
            next, sizeof(next))) {
      return;
    }
    cluster = probe_get(next, 4) & 0x0FFFFFFFU;
  }
}

/* ---- all of it ----------------------------------------------------------- */

static void show_serial(const unsigned char *at, struct nt_probe *out) {
  uint64_t serial = probe_get(at, 4);
  if (serial != 0) {
    nt_format_text(out->serial, sizeof(out->serial), "%04X-%04X",
                   (unsigned)(serial >> 16), (unsigned)(serial & 0xFFFF));
  }
}

bool nt__probe_fat(struct nt_region *region, const unsigned char *boot,
                   struct nt_probe *out) {
  struct fat fat = decode(boot);
  if (!has_magic(boot) || !is_sane(&fat, boot[21]) ||
      !count_clusters(&fat, boot) || !check_info_sector(region, boot, &fat)) {
    return false;
  }
  if (fat.wide) {
    nt_copy(out->file_system, sizeof(out->file_system), "FAT32");
    find_label_wide(region, boot, &fat, out);
    show_serial(boot + 67, out);
    return true;
  }
  uint64_t root = fat.reserved + fat.fats * fat.fat_sectors;
  nt_copy(out->file_system, sizeof(out->file_system),
          fat.clusters < FAT12_MOST_CLUSTERS ? "FAT12" : "FAT16");
  find_label(region, root * fat.sector_size, fat.root_entries, out);
  if (boot[38] == 0x28 || boot[38] == 0x29) { /* else there is no serial */
    show_serial(boot + 39, out);
  }
  return true;
}
