/* Drives, whose medium comes and goes. */
#ifndef NT_SIM_RULES_MEDIUM_H
#define NT_SIM_RULES_MEDIUM_H

#include "../db/rows.h"

/* Finds where the object of a handle lies on the medium that its drive has now.
 * Without a place there, its length is 0. On fixed disks nothing changes. */
nt_status nt__sim_find_place(struct sim_handle *handle, struct nt_error *err);
/* Refuses when there is no medium; finds the place and opens the image. */
nt_status nt__sim_check_medium(struct sim_handle *handle, struct nt_error *err);

/* Must be called within a transaction. For a drive without a medium this is a
 * success. */
nt_status nt__sim_eject_medium(struct sim_machine *m, struct sim_disk *disk,
                               struct nt_error *err);
/* Takes the medium away altogether, so that it does not lie in front of the
 * drive either. */
nt_status nt__sim_take_medium(struct sim_machine *m, struct sim_disk *disk,
                              struct nt_error *err);
/* Loads a medium. disk->image and NT_DISK_READONLY say which one. */
nt_status nt__sim_load_medium(struct sim_machine *m, struct sim_disk *disk,
                              struct nt_error *err);

#endif
