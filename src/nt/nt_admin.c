/* The thin checked callers of an administrator's slots. */
#include "callers.h"

nt_status nt_mask(struct nt_machine *machine, const char *disk,
                  struct nt_error *err) {
  nt_status status = nt__check_machine(machine, ADMIN_HAS(machine, mask), err);
  if (nt_ok(status)) {
    status = machine->ops->admin->mask(machine, disk, err);
  }
  return nt__finish(status, err, "mask", disk);
}

nt_status nt_unmask(struct nt_machine *machine, const char *disk,
                    struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, ADMIN_HAS(machine, unmask), err);
  if (nt_ok(status)) {
    status = machine->ops->admin->unmask(machine, disk, err);
  }
  return nt__finish(status, err, "unmask", disk);
}

nt_status nt_next_node(struct nt_machine *machine, uint64_t *cursor,
                       struct nt_node_info *out, struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, ADMIN_HAS(machine, next_node), err);
  if (nt_ok(status)) {
    status = machine->ops->admin->next_node(machine, cursor, out, err);
  }
  return nt__finish_next(status, err, "list nodes of", machine);
}

nt_status nt_set_maintenance(struct nt_machine *machine, const char *volume,
                             bool on, struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, ADMIN_HAS(machine, set_maintenance), err);
  if (nt_ok(status)) {
    status = machine->ops->admin->set_maintenance(machine, volume, on, err);
  }
  return nt__finish(status, err,
                    on ? "begin maintenance of" : "end maintenance of", volume);
}

nt_status nt_set_owner(struct nt_machine *machine, const char *volume,
                       const char *node, struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, ADMIN_HAS(machine, set_owner), err);
  if (nt_ok(status)) {
    status = machine->ops->admin->set_owner(machine, volume, node, err);
  }
  return nt__finish(status, err, "set the owner of", volume);
}

nt_status nt_add_mount_point(struct nt_machine *machine, const char *volume,
                             const char *point, struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, ADMIN_HAS(machine, add_mount_point), err);
  if (nt_ok(status)) {
    status = machine->ops->admin->add_mount_point(machine, volume, point, err);
  }
  return nt__finish(status, err, "add mount point", point);
}

nt_status nt_remove_mount_point(struct nt_machine *machine, const char *point,
                                struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, ADMIN_HAS(machine, remove_mount_point), err);
  if (nt_ok(status)) {
    status = machine->ops->admin->remove_mount_point(machine, point, err);
  }
  return nt__finish(status, err, "remove mount point", point);
}
