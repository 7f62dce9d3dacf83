/*
 * CSVFS: a cluster shared volume, as every node of the cluster mounts it. This
 * much is documented (docs/rules.md 3, U8, F8): the opens of all nodes count,
 * the handle that locked must be closed, and a dismount invalidates what the
 * other nodes have open. Where the documents say nothing, the choice is NTFS,
 * on which it lies. Unlike on NTFS, an unlock does not end the instance,
 * because the handle must be closed anyway.
 */
#include "fsd.h"

const struct sim_fsd nt__sim_fsd_csvfs = {
    .name = "csvfs",
    .counts_volume_handles = true,
    .lock_allows_writes = true,
    .checks_share_modes = true,
    .guards_writes = true,
    .has_files = true,
    .takes_path_check = true,
    .across_nodes = true,
    .calls_itself = "CSVFS",
    .lies_on = "NTFS",
    .implicit_lock = NT_SHARE_WRITE | NT_SHARE_DELETE,
    .open_dismounted = NT_STATUS_VOLUME_DISMOUNTED,
    .unknown_fsctl = NT_STATUS_INVALID_DEVICE_REQUEST,
};
