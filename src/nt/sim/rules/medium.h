/* Drives, whose medium comes and goes. */
#ifndef NT_SIM_RULES_MEDIUM_H
#define NT_SIM_RULES_MEDIUM_H

#include "../db/request.h"

/* Finds where the object of a handle lies on the medium that its drive has now.
 * Without a place there, its length is 0. On fixed disks nothing changes. */
nt_status nt__sim_find_place(const struct sim_request *r);
/* Refuses when there is no medium; finds the place and opens the image. */
nt_status nt__sim_check_medium(const struct sim_request *r);

/* Must be called within a transaction. For a drive without a medium this is a
 * success. */
nt_status nt__sim_eject_medium(const struct sim_request *r,
                               struct sim_disk *disk);
/* Takes the medium away altogether, so that it does not lie in front of the
 * drive either. */
nt_status nt__sim_take_medium(const struct sim_request *r,
                              struct sim_disk *disk);
/* Loads a medium. disk->image and NT_DISK_READONLY say which one. */
nt_status nt__sim_load_medium(const struct sim_request *r,
                              struct sim_disk *disk);

#endif
