/* Refusals that several requests have in common. */
#ifndef NT_SIM_RULES_REFUSE_H
#define NT_SIM_RULES_REFUSE_H

#include "../db/request.h"

/* Refuses while somebody has the volume (or with volume 0 the disk) open. */
nt_status nt__sim_check_unused(const struct sim_request *r, int64_t volume,
                               int64_t disk, const char *detail);

/* F8, section 3: refuses for a shared volume, because the cluster itself takes
 * its volumes online and offline. */
nt_status nt__sim_check_not_shared(const struct sim_request *r);

/* W2: volumes that the system has mounted from the start, and holds. */
#define SIM_VOLUME_OF_SYSTEM \
  (NT_VOLUME_SYSTEM | NT_VOLUME_BOOT | NT_VOLUME_PAGEFILE)

/* L6, L7, D5, F5: refuses for system, boot and page-file volumes. */
nt_status nt__sim_check_system(const struct sim_request *r,
                               const struct sim_volume *volume);

/* Refuses a volume that reaches past the end of its disk. */
nt_status nt__sim_check_not_cut(const struct sim_request *r);

/* I4 to I7: refuses if the file system of a handle is not alive any more. */
nt_status nt__sim_check_condition(const struct sim_request *r);

/* Finds out whether one of the disks is read-only. */
nt_status nt__sim_disks_readonly(const struct sim_request *r,
                                 const struct nt_extent *extents,
                                 uint32_t count, bool *out);

/* F9, F10, F13: refuses while the volume is offline, because nothing reaches
 * its medium then. */
nt_status nt__sim_check_online(const struct sim_request *r);

/* Refuses while writes to a volume are held for a snapshot (1.12). */
nt_status nt__sim_check_held(const struct sim_request *r);

/* Refuses a section: it can only be read and closed. */
nt_status nt__sim_check_not_section(const struct sim_request *r);

#endif
