/* Disks that have one signature (W6). Within a transaction, all of these. */
#ifndef NT_SIM_RULES_COLLISION_H
#define NT_SIM_RULES_COLLISION_H

#include "../db/request.h"

/* A disk arrives: notes NT_DISK_COLLISION and NT_DISK_OFFLINE in its flags, and
 * does not save them, when another one that is online has its signature. */
nt_status nt__sim_find_collision(const struct sim_request *r,
                                 struct sim_disk *disk);

/* A disk of a new machine: the same, and its volumes are not there then. */
nt_status nt__sim_first_arrival(const struct sim_request *r, uint32_t disk);

/* Such a disk comes online: gives it a signature of its own, on the medium. */
nt_status nt__sim_end_collision(const struct sim_request *r,
                                struct sim_disk *disk);

#endif
