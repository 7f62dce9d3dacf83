/* The functions that every kind of machine must have, in the order of the files
 * that implement them. */
#ifndef NT_SIM_SLOTS_SLOTS_H
#define NT_SIM_SLOTS_SLOTS_H

#include "../../admin.h"
#include "../db/request.h"

/* ---- handle_ops.c -------------------------------------------------------- */

extern const struct nt_handle_ops nt__sim_handle_ops;

/* ---- open.c -------------------------------------------------------------- */

nt_status nt__sim_open(struct nt_machine *machine,
                       const struct nt_open_options *options,
                       struct nt_handle **out, struct nt_error *err);

/* ---- handle.c ------------------------------------------------------------ */

nt_status nt__sim_close(struct nt_handle *handle, struct nt_error *err);
nt_status nt__sim_duplicate(struct nt_handle *handle, struct nt_handle **out,
                            struct nt_error *err);
nt_status nt__sim_map(struct nt_handle *handle, bool image,
                      struct nt_handle **out, struct nt_error *err);
nt_status nt__sim_next_entry(struct nt_handle *handle, uint64_t *cursor,
                             struct nt_directory_entry *out,
                             struct nt_error *err);
nt_status nt__sim_next_holder(struct nt_handle *handle, uint64_t *cursor,
                              struct nt_holder *out, const char **missing,
                              struct nt_error *err);

/* ---- control.c ----------------------------------------------------------- */

nt_status nt__sim_control_by(struct nt_handle *handle, bool file_system,
                             uint32_t code, const void *in, size_t in_len,
                             void *out, size_t out_cap, size_t *out_len,
                             struct nt_error *err);
nt_status nt__sim_control(struct nt_handle *handle, uint32_t code,
                          const void *in, size_t in_len, void *out,
                          size_t out_cap, size_t *out_len,
                          struct nt_error *err);

/* ---- device.c ------------------------------------------------------------ */

nt_status nt__sim_device_control(struct sim_request *r, uint32_t code);

/* ---- io.c ---------------------------------------------------------------- */

nt_status nt__sim_read(struct nt_handle *handle, uint64_t offset, void *buf,
                       size_t len, size_t *done, struct nt_error *err);
nt_status nt__sim_write(struct nt_handle *handle, uint64_t offset,
                        const void *buf, size_t len, size_t *done,
                        struct nt_error *err);
nt_status nt__sim_flush(struct nt_handle *handle, struct nt_error *err);
nt_status nt__sim_file_size(struct nt_handle *handle, uint64_t *out,
                            struct nt_error *err);
/* Refuses if the file system of an open file or directory is not alive any
 * more. */
nt_status nt__sim_check_file(struct sim_request *r);

/* ---- describe.c ---------------------------------------------------------- */

nt_status nt__sim_info(struct nt_handle *handle, struct nt_volume_info *out,
                       struct nt_error *err);
nt_status nt__sim_next_volume(struct nt_machine *machine, uint64_t *cursor,
                              struct nt_volume_info *out, struct nt_error *err);
nt_status nt__sim_next_disk(struct nt_machine *machine, uint64_t *cursor,
                            struct nt_disk_info *out, struct nt_error *err);

/* ---- event.c, wait.c ----------------------------------------------------- */

nt_status nt__sim_next_event(struct nt_machine *machine, uint64_t *cursor,
                             struct nt_event *out, struct nt_error *err);
nt_status nt__sim_wait_event(struct nt_machine *machine, uint64_t after,
                             uint32_t timeout, struct nt_error *err);
int64_t nt__sim_clock(struct nt_machine *machine);
nt_status nt__sim_wait_change(struct nt_machine *machine, uint64_t *seen,
                              uint32_t timeout, struct nt_error *err);

/* ---- node.c -------------------------------------------------------------- */

nt_status nt__sim_next_node(struct nt_machine *machine, uint64_t *cursor,
                            struct nt_node_info *out, struct nt_error *err);
nt_status nt__sim_set_maintenance(struct nt_machine *machine,
                                  const char *volume, bool on,
                                  struct nt_error *err);
nt_status nt__sim_set_owner(struct nt_machine *machine, const char *volume,
                            const char *node, struct nt_error *err);

/* ---- mount_point.c ------------------------------------------------------- */

nt_status nt__sim_add_mount_point(struct nt_machine *machine,
                                  const char *volume, const char *point,
                                  struct nt_error *err);
nt_status nt__sim_remove_mount_point(struct nt_machine *machine,
                                     const char *point, struct nt_error *err);

/* ---- medium.c, pnp.c ----------------------------------------------------- */

nt_status nt__sim_eject(struct nt_machine *machine, const char *name,
                        struct nt_error *err);
nt_status nt__sim_uninstall(struct nt_machine *machine, const char *name,
                            struct nt_error *err);
nt_status nt__sim_mask(struct nt_machine *machine, const char *disk,
                       struct nt_error *err);
nt_status nt__sim_unmask(struct nt_machine *machine, const char *disk,
                         struct nt_error *err);

/* ---- owner.c: this process ----------------------------------------------- */

nt_status nt__sim_owner_enter(const struct sim_request *r);
void nt__sim_owner_leave(struct sim_machine *m);
nt_status nt__sim_run(struct nt_machine *machine,
                      const struct nt_program *program, int *exit_status,
                      struct nt_error *err);

#endif
