/*
 * Which file system the bytes are; every build decides it here.
 */
#include <inttypes.h>
#include <string.h>

#include "../text.h"
#include "file_system.h"

/* No file system fits in less. */
#define SMALLEST_REGION 1024U

/* A volume that BitLocker has locked counts as no file system, although a stick
 * has a FAT32 in front that explains this to old systems. */
static bool is_bitlocker(const uint8_t *boot) {
  static const uint8_t id[16] = {0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E,
                                 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3,
                                 0x39, 0xE3, 0xD0, 0x01};
  return memcmp(boot + 3, "-FVE-FS-", 8) == 0 ||
         memcmp(boot + 160, id, sizeof id) == 0 ||
         memcmp(boot + 424, id, sizeof id) == 0;
}

static bool look(struct nt_region *region, struct nt_probe *out) {
  static const struct nt_fs *const kinds[] = {
      &nt_fs_fat, &nt_fs_exfat, &nt_fs_ntfs, &nt_fs_btrfs, &nt_fs_iso};
  uint8_t boot[512];
  if (region->length < SMALLEST_REGION ||
      !nt_region_read(region, 0, boot, sizeof boot) || is_bitlocker(boot)) {
    return false;
  }
  for (size_t i = 0; !region->failed && i < sizeof kinds / sizeof kinds[0];
       i++) {
    *out = (struct nt_probe){.file_system = ""};
    if (kinds[i]->recognise(region, boot, out)) {
      return true;
    }
  }
  return false;
}

bool nt_recognise(struct nt_region *region, struct nt_probe *out) {
  bool found = look(region, out) && !region->failed;
  region->damage = NULL; /* of a file system that it is not, or a label */
  if (!found) {
    *out = (struct nt_probe){.file_system = "RAW"};
  }
  return !region->failed;
}

const struct nt_fs *nt_fs_with_clusters(const char *file_system) {
  static const struct {
    const char *name;
    const struct nt_fs *fs;
  } rows[] = {{"FAT12", &nt_fs_fat},
              {"FAT16", &nt_fs_fat},
              {"FAT32", &nt_fs_fat},
              {"exFAT", &nt_fs_exfat},
              {"NTFS", &nt_fs_ntfs}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (strcmp(rows[i].name, file_system) == 0) {
      return rows[i].fs;
    }
  }
  return NULL;
}

/* ---- a whole disk that is a volume --------------------------------------- */

/* File systems that are said by the first sector. */
static bool has_boot_sector(struct nt_region *region, const uint8_t boot[512]) {
  static const struct nt_fs *const kinds[] = {&nt_fs_fat, &nt_fs_exfat,
                                              &nt_fs_ntfs};
  struct nt_probe ignored = {.file_system = ""};
  bool found = is_bitlocker(boot);
  for (size_t i = 0;
       !found && !region->failed && i < sizeof kinds / sizeof kinds[0]; i++) {
    found = kinds[i]->recognise(region, boot, &ignored);
    region->damage = NULL;
  }
  return found;
}

/* What a damaged one goes by: its jump and its name. */
static bool is_named(const uint8_t boot[512]) {
  bool jumps = (boot[0] == 0xEB && boot[2] == 0x90) || boot[0] == 0xE9;
  return jumps && (memcmp(boot + NT_RECOGNITION_NAME, "NTFS    ", 8) == 0 ||
                   memcmp(boot + NT_RECOGNITION_NAME, "EXFAT   ", 8) == 0 ||
                   memcmp(boot + NT_RECOGNITION_NAME, "MSDOS", 5) == 0 ||
                   memcmp(boot + NT_RECOGNITION_NAME, "MSWIN", 5) == 0);
}

enum nt_boot_sector nt_boot_sector(struct nt_region *region,
                                   const uint8_t boot[512]) {
  if (region->length >= SMALLEST_REGION && has_boot_sector(region, boot)) {
    return NT_BOOT_SECTOR;
  }
  return is_named(boot) ? NT_BOOT_SECTOR_NAMED : NT_BOOT_SECTOR_NONE;
}

/* ---- labels and serials -------------------------------------------------- */

void nt_show_label(struct nt_probe *out, const uint8_t *bytes, size_t length) {
  char text[sizeof out->label] = "";
  memcpy(text, bytes, length < sizeof text ? length : sizeof text - 1);
  size_t used = strlen(text);
  while (used > 0 && text[used - 1] == ' ') {
    text[--used] = '\0';
  }
  nt_copy_utf8(out->label, sizeof out->label, text);
}

void nt_short_serial(uint32_t serial, char *buf, size_t cap) {
  nt_copy(buf, cap, "");
  if (serial != 0) {
    nt_format_text(buf, cap, "%04X-%04X", (unsigned)(serial >> 16),
                   (unsigned)(serial & 0xFFFF));
  }
}

void nt_long_serial(uint64_t serial, char *buf, size_t cap) {
  nt_copy(buf, cap, "");
  if (serial != 0) {
    nt_format_text(buf, cap, "%016" PRIX64, serial);
  }
}

/* ---- a file system that names itself ------------------------------------- */

#define AT_ZEROS 11
#define AT_IDENTIFIER 16
#define AT_LENGTH 20
#define AT_CHECKSUM 22

/* The sum over the structure without the jump and the sum itself. It is rotated
 * to the right for each byte. */
static uint16_t recognition_sum(const uint8_t *boot) {
  uint32_t sum = 0;
  for (uint32_t i = NT_RECOGNITION_NAME; i < NT_RECOGNITION_SIZE; i++) {
    if (i != AT_CHECKSUM && i != AT_CHECKSUM + 1) {
      sum = ((sum & 1U ? 0x8000U : 0) + (sum >> 1) + boot[i]) & 0xFFFFU;
    }
  }
  return (uint16_t)sum;
}

bool nt_is_recognition(const uint8_t boot[NT_RECOGNITION_SIZE]) {
  static const uint8_t zeros[5];
  return memcmp(boot + AT_IDENTIFIER, "FSRS", 4) == 0 &&
         memcmp(boot + AT_ZEROS, zeros, sizeof zeros) == 0 &&
         nt_get_u16(boot + AT_LENGTH) == NT_RECOGNITION_SIZE &&
         nt_get_u16(boot + AT_CHECKSUM) == recognition_sum(boot);
}
