/* Drives, whose medium comes and goes. */
#ifndef NT_SIM_RULES_MEDIUM_H
#define NT_SIM_RULES_MEDIUM_H

#include "../db/rows.h"

/* Where the object of a handle lies on the medium that its drive has now, with
 * length 0 on none. Fixed disks stay as they are. */
nt_status nt__sim_find_place(struct sim_handle *handle, struct nt_error *err);
/* Refuses when there is no medium; finds the place and opens the image. */
nt_status nt__sim_check_medium(struct sim_handle *handle, struct nt_error *err);

/* Within a transaction. A drive without a medium is content. */
nt_status nt__sim_eject_medium(struct sim_machine *m, struct sim_disk *disk,
                               struct nt_error *err);
/* The medium does not lie in front of the drive either. */
nt_status nt__sim_take_medium(struct sim_machine *m, struct sim_disk *disk,
                              struct nt_error *err);
/* disk->image and NT_DISK_READONLY say which medium comes. */
nt_status nt__sim_load_medium(struct sim_machine *m, struct sim_disk *disk,
                              struct nt_error *err);

#endif
