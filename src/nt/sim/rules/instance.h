/*
 * Mounting and ending file systems, and the handles on them. All of these
 * functions must be called within a transaction.
 */
#ifndef NT_SIM_RULES_INSTANCE_H
#define NT_SIM_RULES_INSTANCE_H

#include "../db/rows.h"

/* Finds the mounted instance of a volume, or mounts the volume. */
nt_status nt__sim_mount(struct sim_machine *m, struct sim_volume *volume,
                        struct sim_instance *out, struct nt_error *err);

/* I8: the first function returns whether the bytes may be those of another file
 * system than the mounted one. The second one looks at the bytes. If the
 * instance turns out not to fit them any more, it is detached. */
bool nt__sim_must_verify(const struct sim_volume *volume,
                         const struct sim_instance *instance);
nt_status nt__sim_verify(struct sim_machine *m, struct sim_volume *volume,
                         struct sim_instance *instance, struct nt_error *err);

/* 9.3: a drive without a medium is mounted by RAW. */
nt_status nt__sim_mount_empty(struct sim_machine *m,
                              const struct sim_volume *volume,
                              struct sim_instance *out, struct nt_error *err);

/* Makes the device point to this instance no longer. The row of the instance is
 * removed when no handle is left. */
nt_status nt__sim_detach(struct sim_machine *m, struct sim_instance *instance,
                         struct nt_error *err);

/* 1.9: allows handles of the disk to write to the bytes of a dismounted
 * instance. They may do so at once or, where files outlive the dismount, when
 * no file is left open. Only sets the flag; the caller saves it. */
nt_status nt__sim_allow_writes(struct sim_machine *m,
                               struct sim_instance *instance,
                               struct nt_error *err);

/* Removes the row of an instance that nobody can reach any more. */
nt_status nt__sim_forget(struct sim_machine *m,
                         const struct sim_instance *instance,
                         struct nt_error *err);

/* Cleans up after a file object, in the order of NT: finishes its dismount,
 * marks the volume to be verified, and releases its lock. */
nt_status nt__sim_cleanup(struct sim_machine *m, int64_t file_object,
                          struct nt_error *err);
/* Called when one handle of the file object is closed. The last one cleans up.
 */
nt_status nt__sim_release(struct sim_machine *m, int64_t file_object,
                          struct nt_error *err);

/* Counts the file objects of an instance, leaving out `except`. Where those of
 * other nodes matter, they are counted, too. */
nt_status nt__sim_count_handles(struct sim_machine *m,
                                const struct sim_instance *instance,
                                int64_t except, int64_t *files,
                                int64_t *volumes, struct nt_error *err);

/* Ends all instances of a device, on all nodes, because the device goes away.
 */
nt_status nt__sim_end_instances(struct sim_machine *m, int64_t volume,
                                int64_t disk, struct nt_error *err);

#endif
