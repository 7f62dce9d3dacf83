/*
 * FAT12, FAT16, FAT32 and exFAT, as Microsoft's published fastfat driver
 * behaves (docs/rules.md 1.4 to 1.11). The driver of exFAT is not published; it
 * is assumed to behave like that of FAT.
 */
#include "fsd.h"

const struct sim_fsd nt__sim_fsd_fat = {
    .name = "fat",
    .counts_volume_handles = true,
    .lock_allows_writes = true,
    .checks_share_modes = true,
    .guards_writes = true,
    .has_files = true,
    .takes_path_check = true,
    .no_streams = true,
    .implicit_lock = NT_SHARE_WRITE | NT_SHARE_DELETE,
    .open_dismounted = NT_STATUS_VOLUME_DISMOUNTED,
    .unknown_fsctl = NT_STATUS_INVALID_DEVICE_REQUEST,
};
