/*
 * NTFS: FAT's answers, with what is proven to differ (U7: an explicit unlock
 * ends the instance, and the next open mounts again) and what is documented
 * (a locked volume counts as dismounted: I12). What ntfs.sys answers beyond
 * that is unproven; FAT's answer is the choice.
 */
#include "fsd.h"

/* Offsets: NTFS boot sector. The boot area is the $Boot file, 8 KiB; the last
 * sector of the volume, its copy, lies behind the end of the file system. */
void nt__sim_ntfs_layout(const uint8_t boot[512],
                         struct sim_instance *instance) {
  uint64_t sector = boot_u16(boot + 11);
  instance->reserved_bytes = 8192;
  instance->fs_bytes = boot_u64(boot + 40) * sector;
}

const struct sim_fsd nt__sim_fsd_ntfs = {
    .name = "ntfs",
    .counts_volume_handles = true,
    .lock_allows_writes = true,
    .unlock_ends_instance = true,
    .locked_means_unmounted = true,
    .checks_share_modes = true,
    .guards_writes = true,
    .has_files = true,
    .implicit_lock = NT_SHARE_WRITE | NT_SHARE_DELETE,
    .open_dismounted = NT_STATUS_VOLUME_DISMOUNTED,
    .unknown_fsctl = NT_STATUS_INVALID_DEVICE_REQUEST,
    .layout = nt__sim_ntfs_layout,
};
