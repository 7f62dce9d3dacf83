/* Gives letters and mount folders to volumes, and takes them away. */
#include "../rules/mount_points.h"
#include "../rules/resolve.h"
#include "slots.h"
#include "transaction.h"

nt_status nt__sim_add_mount_point(struct nt_machine *machine,
                                  const char *volume, const char *point,
                                  struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  int64_t id = 0;
  NT_TRY(nt__sim_begin(&r));
  nt_status status = nt__sim_resolve_volume(&r, volume, &id);
  if (nt_ok(status)) {
    status = nt__sim_give_point(&r, id, point);
  }
  return nt__sim_end(&r, status);
}

nt_status nt__sim_remove_mount_point(struct nt_machine *machine,
                                     const char *point, struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  NT_TRY(nt__sim_begin(&r));
  return nt__sim_end(&r, nt__sim_take_point(&r, point));
}
