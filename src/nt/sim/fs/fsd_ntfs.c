/*
 * NTFS: it behaves like FAT, except for what is proven to differ (U7: an
 * explicit unlock ends the instance, and the next open mounts again) and what
 * is documented (a locked volume counts as dismounted: I12). How ntfs.sys
 * behaves beyond that is unproven; the behaviour of FAT is the choice.
 */
#include "fsd.h"

const struct sim_fsd nt__sim_fsd_ntfs = {
    .name = "ntfs",
    .counts_volume_handles = true,
    .lock_allows_writes = true,
    .unlock_ends_instance = true,
    .locked_means_unmounted = true,
    .checks_share_modes = true,
    .guards_writes = true,
    .has_files = true,
    .takes_path_check = true,
    .implicit_lock = NT_SHARE_WRITE | NT_SHARE_DELETE,
    .open_dismounted = NT_STATUS_VOLUME_DISMOUNTED,
    .unknown_fsctl = NT_STATUS_INVALID_DEVICE_REQUEST,
};
