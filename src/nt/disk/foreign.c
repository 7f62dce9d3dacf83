/*
 * What a volume holds that Windows mounts as RAW: by the signatures that the
 * documentation of each gives. It only names what is there, so that nobody
 * erases it without knowing.
 */
#include <string.h>

#include "file_system.h"
#include "table.h"

static const struct {
  uint32_t at, length;
  const char *bytes, *name;
} rows[] = {
    {3, 8, "-FVE-FS-", "BitLocker"},
    {0, 6, "LUKS\xBA\xBE", "LUKS"},
    {512, 8, "LABELONE", "LVM"},
    {0, 8, "LABELONE", "LVM"},
    {1024, 8, "LABELONE", "LVM"},
    {1536, 8, "LABELONE", "LVM"},
    {0, 4, "XFSB", "XFS"},
    {4086, 10, "SWAPSPACE2", "swap"},
    {4086, 10, "SWAP-SPACE", "swap"},
    {4096, 4, "\xFC\x4E\x2B\xA9", "mdraid"},
    {0, 4, "\xFC\x4E\x2B\xA9", "mdraid"},
    {0x100000, 4, "\x0D\xD0\x01\xC0", "VMFS_volume_member"},
    {32, 4, "NXSB", "APFS"},
    {1024, 2, "H+", "HFS+"},
    {1024, 2, "HX", "HFS+"},
    {3, 8, "ReFS\0\0\0\0", "ReFS"},
    {0, 4, "hsqs", "squashfs"},
    {0x10040, 8, "_BHRfS_M", "btrfs"},
    {1024, 4, "\x10\x20\xF5\xF2", "F2FS"},
    {0x8001, 5, "CD001", "ISO 9660"},
    {0x8001, 5, "BEA01", "UDF"},
};

/* ext2, ext3 and ext4 are one format: what a driver must know of it tells them
 * apart, and whether there is a journal. */
#define EXT_MAGIC 0xEF53U
#define EXT_JOURNAL 0x4U
#define EXT_OF_4 \
  (0x40U | 0x80U | 0x200U) /* extents, 64 bits, flexible groups */

static const char *ext_name(struct nt_region *region) {
  uint8_t super[104];
  if (region->length < 1024 + sizeof super ||
      !nt_region_read(region, 1024, super, sizeof super) ||
      nt_get_u16(super + 56) != EXT_MAGIC) {
    return NULL;
  }
  if (nt_get_u32(super + 96) & EXT_OF_4) {
    return "ext4";
  }
  return nt_get_u32(super + 92) & EXT_JOURNAL ? "ext3" : "ext2";
}

/* The uberblocks of ZFS lie in the second half of each label. */
static bool is_zfs(struct nt_region *region) {
  for (uint64_t at = 0x20000; at < 0x40000; at += 0x400) {
    uint8_t bytes[8];
    if (region->length < at + sizeof bytes ||
        !nt_region_read(region, at, bytes, sizeof bytes)) {
      return false;
    }
    uint64_t magic = nt_get_u64(bytes);
    if (magic == 0x00BAB10CU || magic == UINT64_C(0x0CB1BA0000000000)) {
      return true;
    }
  }
  return false;
}

static bool has_table(struct nt_region *region) {
  struct nt_table table;
  struct nt_partition part;
  uint32_t cursor = 0;
  bool found = nt_table_open(region, 0, &table) &&
               (table.damaged || nt_table_next(&table, &cursor, &part));
  nt_table_close(&table);
  region->damage = NULL;
  return found;
}

const char *nt_foreign_name(struct nt_region *region) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t bytes[16];
    if (region->length >= (uint64_t)rows[i].at + rows[i].length &&
        nt_region_read(region, rows[i].at, bytes, rows[i].length) &&
        memcmp(bytes, rows[i].bytes, rows[i].length) == 0) {
      return rows[i].name;
    }
  }
  const char *ext = ext_name(region);
  if (ext != NULL) {
    return ext;
  }
  if (is_zfs(region)) {
    return "ZFS";
  }
  return has_table(region) ? "a partition table" : NULL;
}
