/*
 * btrfs as WinBtrfs behaves (docs/rules.md 1.5 to 1.10, rows marked [B], and
 * 9.4): locks nest; other volume handles and the kind of the handle do not
 * matter; open files outlive a dismount; and a raw write needs a lock of its
 * own handle. Where those rows say nothing, the behaviour of FAT is the choice.
 */
#include "fsd.h"

const struct sim_fsd nt__sim_fsd_btrfs = {
    .name = "btrfs",
    .relocks = true,
    .locks_when_idle = true,
    .takes_file_handles = true,
    .dismounts_twice = true,
    .waits_for_files = true,
    .checks_share_modes = true,
    .guards_writes = true,
    .writes_need_own_lock = true,
    .has_files = true,
    .root_only = true,
    .open_dismounted = NT_STATUS_ACCESS_DENIED,
    .unknown_fsctl = NT_STATUS_INVALID_DEVICE_REQUEST,
};
