/* Devices that go and come. All of these must be called within a transaction.
 */
#ifndef NT_SIM_RULES_PNP_H
#define NT_SIM_RULES_PNP_H

#include "../db/rows.h"

/* Uninstalls a volume or a disk. This is refused while somebody has it open. */
nt_status nt__sim_uninstall_volume(struct sim_machine *m, int64_t id,
                                   struct nt_error *err);
nt_status nt__sim_uninstall_disk(struct sim_machine *m, int64_t number,
                                 struct nt_error *err);

/* Installs a volume when all that it lies on is there. */
nt_status nt__sim_arrive(struct sim_machine *m, struct sim_volume *volume,
                         struct nt_error *err);

/* Hides the LUN of a disk, and shows it again. */
nt_status nt__sim_mask_disk(struct sim_machine *m, const struct sim_disk *disk,
                            struct nt_error *err);
nt_status nt__sim_unmask_disk(struct sim_machine *m,
                              const struct sim_disk *disk,
                              struct nt_error *err);

/* Takes a disk offline, so that its volumes go away, or brings it back online.
 */
nt_status nt__sim_disk_offline(struct sim_machine *m, struct sim_disk *disk,
                               bool offline, struct nt_error *err);

#endif
