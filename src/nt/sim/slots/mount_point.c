/* Gives letters and mount folders to volumes, and takes them away. */
#include "../rules/mount_points.h"
#include "../rules/resolve.h"
#include "slots.h"
#include "transaction.h"

nt_status nt__sim_add_mount_point(struct nt_machine *machine,
                                  const char *volume, const char *point,
                                  struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  int64_t id = 0;
  nt_status status = nt__sim_begin(m, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_resolve_volume(m, volume, &id, err);
  if (nt_ok(status)) {
    status = nt__sim_give_point(m, id, point, err);
  }
  return nt__sim_end(m, status, err);
}

nt_status nt__sim_remove_mount_point(struct nt_machine *machine,
                                     const char *point, struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  NT_TRY(nt__sim_begin(m, err));
  return nt__sim_end(m, nt__sim_take_point(m, point, err), err);
}
