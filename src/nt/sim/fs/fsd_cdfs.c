/*
 * CDFS: ISO 9660 on a CD, as Microsoft's published cdfs driver behaves
 * (docs/rules.md 1.4 to 1.9, and observed in 9.4). Nothing on a CD is written,
 * so a lock does not allow any writing.
 */
#include "fsd.h"

#define FILE_DELETE_CHILD 0x00000040U
#define NEVER (FILE_DELETE_CHILD | NT_DELETE | NT_WRITE_DAC)

const struct sim_fsd nt__sim_fsd_cdfs = {
    .name = "cdfs",
    .counts_volume_handles = true,
    .lock_needs_mounted = true,
    .dismounts_system = true,
    .announces_dismounted = true,
    .hides_failed_dismount = true,
    .checks_share_modes = true,
    .read_only = true,
    .anyone_manages = true,
    .never_dirty = true,
    .no_flush = true,
    .takes_path_check = true,
    .has_files = true,
    .implicit_lock = NT_SHARE_READ,
    .refused_on_files = NEVER | NT_FILE_WRITE_ATTRIBUTES | NT_FILE_WRITE_DATA |
                        NT_FILE_WRITE_EA | NT_FILE_APPEND_DATA,
    .refused_on_volumes = NEVER,
    .open_dismounted = NT_STATUS_VOLUME_DISMOUNTED,
    .unknown_fsctl = NT_STATUS_INVALID_DEVICE_REQUEST,
};
