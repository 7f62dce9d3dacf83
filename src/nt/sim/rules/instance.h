/*
 * Mounting and ending file systems, and the handles on them. Within a
 * transaction, all of these.
 */
#ifndef NT_SIM_RULES_INSTANCE_H
#define NT_SIM_RULES_INSTANCE_H

#include "../db/rows.h"

/* Finds the mounted instance of a volume or mounts it. */
nt_status nt__sim_mount(struct sim_machine *m, struct sim_volume *volume,
                        struct sim_instance *out, struct nt_error *err);

/* I8: whether the bytes may be another file system than the mounted one, and
 * looking. An instance that is not the volume's any more is detached then. */
bool nt__sim_must_verify(const struct sim_volume *volume,
                         const struct sim_instance *instance);
nt_status nt__sim_verify(struct sim_machine *m, struct sim_volume *volume,
                         struct sim_instance *instance, struct nt_error *err);

/* 9.3: RAW is what mounts a drive without a medium. */
nt_status nt__sim_mount_empty(struct sim_machine *m,
                              const struct sim_volume *volume,
                              struct sim_instance *out, struct nt_error *err);

/* The device does not point to the instance any more; its row goes away when
 * no handle is left. */
nt_status nt__sim_detach(struct sim_machine *m, struct sim_instance *instance,
                         struct nt_error *err);

/* 1.9: opens the bytes of a dismounted instance to the disk: at once, or where
 * files outlive the dismount, when none is left. Sets the flag only. */
nt_status nt__sim_allow_writes(struct sim_machine *m,
                               struct sim_instance *instance,
                               struct nt_error *err);

/* Removes the row of an instance that nobody can reach any more. */
nt_status nt__sim_forget(struct sim_machine *m,
                         const struct sim_instance *instance,
                         struct nt_error *err);

/* Cleanup of a file object: finishes its dismount, sets verify, releases its
 * lock, in NT's order. */
nt_status nt__sim_cleanup(struct sim_machine *m, int64_t file_object,
                          struct nt_error *err);
/* One of its handles is closed; the last one cleans up. */
nt_status nt__sim_release(struct sim_machine *m, int64_t file_object,
                          struct nt_error *err);

/* How many file objects an instance has besides `except`; with those of other
 * nodes, where that matters. */
nt_status nt__sim_count_handles(struct sim_machine *m,
                                const struct sim_instance *instance,
                                int64_t except, int64_t *files,
                                int64_t *volumes, struct nt_error *err);

/* The instances of a device on all nodes come to an end with it. */
nt_status nt__sim_end_instances(struct sim_machine *m, int64_t volume,
                                int64_t disk, struct nt_error *err);

#endif
