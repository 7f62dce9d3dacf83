/* Devices that go and come. All of these must be called within a transaction.
 */
#ifndef NT_SIM_RULES_PNP_H
#define NT_SIM_RULES_PNP_H

#include "../db/request.h"

/* Uninstalls a volume or a disk. This is refused while somebody has it open. */
nt_status nt__sim_uninstall_volume(const struct sim_request *r, int64_t id);
nt_status nt__sim_uninstall_disk(const struct sim_request *r, int64_t number);

/* Installs a volume when all that it lies on is there. */
nt_status nt__sim_arrive(const struct sim_request *r,
                         struct sim_volume *volume);

/* Hides the LUN of a disk, and shows it again. */
nt_status nt__sim_mask_disk(const struct sim_request *r,
                            const struct sim_disk *disk);
nt_status nt__sim_unmask_disk(const struct sim_request *r,
                              const struct sim_disk *disk);

/* Takes a disk offline, so that its volumes go away, or brings it back online.
 */
nt_status nt__sim_disk_offline(const struct sim_request *r,
                               struct sim_disk *disk, bool offline);

#endif
