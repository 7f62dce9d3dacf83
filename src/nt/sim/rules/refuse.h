/* Refusals that several requests share. */
#ifndef NT_SIM_RULES_REFUSE_H
#define NT_SIM_RULES_REFUSE_H

#include "../db/rows.h"

/* Open handles keep a volume (or with volume 0 a disk) where it is. */
nt_status nt__sim_check_unused(struct sim_machine *m, int64_t volume,
                               int64_t disk, const char *detail,
                               struct nt_error *err);

/* F8, section 3: the cluster takes its volumes on- and offline itself. */
nt_status nt__sim_check_not_shared(const struct sim_volume *volume,
                                   struct nt_error *err);

/* L6, L7, D5, F5: system, boot and page-file volumes are left alone. */
nt_status nt__sim_check_system(const struct sim_volume *volume,
                               struct nt_error *err);

/* Refuses a volume that reaches past the end of its disk. */
nt_status nt__sim_check_not_cut(const struct sim_volume *volume,
                                struct nt_error *err);

/* I4 to I7: whether the file system of a handle is still alive. */
nt_status nt__sim_check_condition(const struct sim_instance *instance,
                                  struct nt_error *err);

/* Whether one of the disks is read-only. */
nt_status nt__sim_disks_readonly(struct sim_machine *m,
                                 const struct nt_extent *extents,
                                 uint32_t count, bool *out,
                                 struct nt_error *err);

/* F9, F10, F13: nothing reaches the medium of an offline volume. */
nt_status nt__sim_check_online(const struct sim_volume *volume,
                               struct nt_error *err);

/* Whether writes to a volume are held for a snapshot (1.12). */
nt_status nt__sim_check_held(struct sim_machine *m, int64_t volume,
                             struct nt_error *err);

/* A section is read and closed; every other request is refused. */
nt_status nt__sim_check_not_section(const struct sim_handle *handle,
                                    struct nt_error *err);

#endif
