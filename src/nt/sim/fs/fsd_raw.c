/*
 * RAW mounts what no other driver recognises, and whole disks. It behaves as
 * observed (docs/rules.md 9.4): a lock is refused while there are other
 * handles, dismount needs the lock and changes nothing, and share modes are not
 * enforced.
 */
#include "fsd.h"

const struct sim_fsd nt__sim_fsd_raw = {
    .name = "raw",
    .counts_volume_handles = true,
    .lock_allows_writes = true,
    .unlock_by_anyone = true,
    .dismount_needs_lock = true,
    .open_dismounted = NT_STATUS_VOLUME_DISMOUNTED,
    .unknown_fsctl = NT_STATUS_INVALID_PARAMETER,
};
