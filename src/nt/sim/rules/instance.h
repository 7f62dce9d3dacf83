/*
 * Mounting and ending file systems, and the handles on them. All of these
 * functions must be called within a transaction.
 */
#ifndef NT_SIM_RULES_INSTANCE_H
#define NT_SIM_RULES_INSTANCE_H

#include "../db/request.h"

/* Finds the mounted instance of a volume, or mounts the volume. */
nt_status nt__sim_mount(struct sim_request *r);

/* I8: the first function returns whether the bytes may be those of another file
 * system than the mounted one. The second one looks at the bytes. If the
 * instance turns out not to fit them any more, it is detached. */
bool nt__sim_must_verify(const struct sim_request *r);
nt_status nt__sim_verify(struct sim_request *r);

/* 9.3: a drive without a medium is mounted by RAW. */
nt_status nt__sim_mount_empty(struct sim_request *r);

/* Makes the device point to this instance no longer. The row of the instance is
 * removed when no handle is left. */
nt_status nt__sim_detach(const struct sim_request *r,
                         struct sim_instance *instance);

/* 1.9: allows handles of the disk to write to the bytes of a dismounted
 * instance. They may do so at once or, where files outlive the dismount, when
 * no file is left open. Only sets the flag; the caller saves it. */
nt_status nt__sim_allow_writes(const struct sim_request *r,
                               struct sim_instance *instance);

/* Removes the row of an instance that nobody can reach any more. */
nt_status nt__sim_forget(const struct sim_request *r,
                         const struct sim_instance *instance);

/* Cleans up after a file object, in the order of NT: finishes its dismount,
 * marks the volume to be verified, and releases its lock. */
nt_status nt__sim_cleanup(const struct sim_request *r, int64_t file_object);
/* Called when one handle of the file object is closed. The last one cleans up.
 */
nt_status nt__sim_release(const struct sim_request *r, int64_t file_object);

/* Counts the file objects of an instance, leaving out `except`. Where those of
 * other nodes matter, they are counted, too. */
nt_status nt__sim_count_handles(const struct sim_request *r,
                                const struct sim_instance *instance,
                                int64_t except, int64_t *files,
                                int64_t *volumes);

/* Ends all instances of a device, on all nodes, because the device goes away.
 */
nt_status nt__sim_end_instances(const struct sim_request *r, int64_t volume,
                                int64_t disk);

#endif
