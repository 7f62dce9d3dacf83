/*
 * FAT12, FAT16, FAT32 and exFAT, as Microsoft's published fastfat driver
 * answers (nt-semantics 1.4 to 1.11). exFAT's driver is not published; it is
 * taken to answer like FAT.
 */
#include <string.h>

#include "fsd.h"

/* Offsets: BIOS parameter block of the FAT specification (fatgen103). */
static void fat_layout(const uint8_t *boot, struct sim_instance *instance) {
  uint64_t sector = boot_u16(boot + 11);
  uint64_t reserved = boot_u16(boot + 14);
  uint64_t sectors = boot_u16(boot + 19);
  if (sectors == 0) {
    sectors = boot_u32(boot + 32);
  }
  instance->reserved_bytes = reserved * sector;
  instance->fs_bytes = sectors * sector;
}

/* Offsets: exFAT file system specification, main boot sector. The boot area
 * is the main and the backup boot region, 12 sectors each. */
static void exfat_layout(const uint8_t *boot, struct sim_instance *instance) {
  unsigned shift = boot[108] <= 12 ? boot[108] : 9;
  instance->reserved_bytes = (uint64_t)24 << shift;
  instance->fs_bytes = boot_u64(boot + 72) << shift;
}

static void layout(const uint8_t boot[512], struct sim_instance *instance) {
  if (strcmp(instance->file_system, "exFAT") == 0) {
    exfat_layout(boot, instance);
  } else {
    fat_layout(boot, instance);
  }
}

const struct sim_fsd nt__sim_fsd_fat = {
    .name = "fat",
    .counts_volume_handles = true,
    .lock_allows_writes = true,
    .checks_share_modes = true,
    .guards_writes = true,
    .has_files = true,
    .implicit_lock = NT_SHARE_WRITE | NT_SHARE_DELETE,
    .open_dismounted = NT_STATUS_VOLUME_DISMOUNTED,
    .unknown_fsctl = NT_STATUS_INVALID_DEVICE_REQUEST,
    .layout = layout,
};
