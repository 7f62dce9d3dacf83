/*
 * What Windows makes of a partition, by its type: the one table of types. GPT:
 * Microsoft's documentation of PARTITION_INFORMATION_GPT and of the attributes
 * of a partition. MBR: IsRecognizedPartition() of ntdddisk.h says which types
 * get a letter; diskpart's "set id" names those of recovery and of the EFI
 * system partition.
 */
#include <string.h>

#include "../text.h"
#include "table.h"

/* ---- MBR ----------------------------------------------------------------- */

#define FAT12 0x01U
#define FAT16_SMALL 0x04U
#define FAT16 0x06U
#define IFS 0x07U /* NTFS and exFAT */
#define FAT32 0x0BU
#define FAT32_LBA 0x0CU
#define FAT16_LBA 0x0EU
#define HIDDEN 0x10U /* added to one of those above */

bool nt_mbr_is_container(uint8_t type) {
  return type == 0x05 || type == 0x0F || type == 0x85;
}

bool nt_mbr_is_recognised(uint8_t type) {
  static const uint8_t types[] = {
      FAT12, FAT16_SMALL, FAT16, IFS, FAT32, FAT32_LBA, FAT16_LBA,
  };
  return memchr(types, type, sizeof types) != NULL;
}

enum nt_partition_use nt_mbr_use(uint8_t type) {
  if (type == 0 || type == NT_MBR_TYPE_GPT || nt_mbr_is_container(type)) {
    return NT_USE_NOTHING;
  }
  if (type == NT_MBR_TYPE_LDM) {
    return NT_USE_PIECE;
  }
  return nt_mbr_is_recognised(type) ? NT_USE_VOLUME : NT_USE_NO_LETTER;
}

/* ---- the type that follows the file system ------------------------------- */

/* Behind cylinder 1023 only the types that count in sectors reach. */
#define CHS_SECTORS (UINT64_C(1024) * 255 * 63)
#define FAT16_SMALL_SECTORS 65536U /* 32 MiB */

static uint8_t type_of_fat16(uint8_t now, const struct nt_range *range) {
  if (now == FAT16_LBA || range->start + range->count > CHS_SECTORS) {
    return FAT16_LBA;
  }
  return range->count < FAT16_SMALL_SECTORS ? FAT16_SMALL : FAT16;
}

static uint8_t type_of_fat32(uint8_t now, const struct nt_range *range) {
  return now == FAT32_LBA || range->start + range->count > CHS_SECTORS
             ? FAT32_LBA
             : FAT32;
}

/* 0: no type belongs to the file system. */
static uint8_t type_of(const char *file_system, uint8_t now,
                       const struct nt_range *range) {
  if (strcmp(file_system, "NTFS") == 0 || strcmp(file_system, "exFAT") == 0) {
    return IFS;
  }
  if (strcmp(file_system, "FAT12") == 0) {
    return FAT12;
  }
  if (strcmp(file_system, "FAT16") == 0) {
    return type_of_fat16(now, range);
  }
  return strcmp(file_system, "FAT32") == 0 ? type_of_fat32(now, range) : 0;
}

/* Types that say what a partition is for, whatever file system it has. */
static bool says_purpose(uint8_t type) {
  static const uint8_t types[] = {
      0x12, /* of the computer's maker */
      0x27, /* recovery */
      0xEF, /* EFI system partition */
  };
  return memchr(types, type, sizeof types) != NULL ||
         nt_mbr_use(type) == NT_USE_NOTHING || nt_mbr_use(type) == NT_USE_PIECE;
}

uint8_t nt_mbr_type_for(const char *file_system, uint8_t now,
                        const struct nt_range *range) {
  uint8_t hidden =
      nt_mbr_is_recognised((uint8_t)(now ^ HIDDEN)) ? now & HIDDEN : 0;
  uint8_t type = type_of(file_system, now ^ hidden, range);
  return type == 0 || says_purpose(now) ? now : type | hidden;
}

/* ---- GPT ----------------------------------------------------------------- */

static enum nt_partition_use use_of(const char *guid) {
  static const struct {
    const char *guid;
    enum nt_partition_use use;
  } rows[] = {
      /* basic data */
      {"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", NT_USE_VOLUME},
      /* Microsoft reserved (MSR) */
      {"e3c9e316-0b5c-4db8-817d-f92df00215ae", NT_USE_NOTHING},
      /* of dynamic disks: what describes them, and their data */
      {"5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", NT_USE_NOTHING},
      {"af9b60a0-1431-4f62-bc68-3311714a69ad", NT_USE_PIECE},
      /* of a cluster, of storage spaces and of storage replicas */
      {"db97dba9-0840-4bae-97f0-ffb9a327c7e1", NT_USE_NOTHING},
      {"e75caf8f-f680-4cee-afa3-b001e56efc2d", NT_USE_NOTHING},
      {"558d43c5-a1ac-43c0-aac8-d1472b2923d1", NT_USE_NOTHING},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (strcmp(rows[i].guid, guid) == 0) {
      return rows[i].use;
    }
  }
  /* The EFI system partition, recovery, and what belongs to other systems. */
  return NT_USE_NO_LETTER;
}

enum nt_partition_use nt_gpt_use(const uint8_t *entry) {
  char guid[NT_GUID_TEXT];
  nt_guid_text(entry + NT_GPT_TYPE, guid);
  enum nt_partition_use use = use_of(guid);
  bool unseen = (nt_get_u64(entry + NT_GPT_ATTRIBUTES) &
                 (NT_GPT_NO_LETTER | NT_GPT_HIDDEN)) != 0;
  return use == NT_USE_VOLUME && unseen ? NT_USE_NO_LETTER : use;
}
