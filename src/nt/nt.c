/*
 * What the callers of the contract share: whether a table of functions has a
 * slot, and how the error of a refusal is completed; and what a machine or a
 * handle can do. The callers are in nt_machine.c, nt_handle.c, nt_control.c.
 */
#include "callers.h"

#include <inttypes.h>

/* ---- slots and errors ---------------------------------------------------- */

nt_status nt__check_slot(uint32_t version, bool has, const char *kind,
                         struct nt_error *err) {
  if (version != NT_OPS_VERSION) {
    return nt_refuse(err, NT_REASON_VERSION,
                     "the machine kind is built for version %" PRIu32
                     " of the contract, this is version %" PRIu32,
                     version, (uint32_t)NT_OPS_VERSION);
  }
  if (!has) {
    return nt_fail(err, NT_STATUS_NOT_SUPPORTED,
                   "the %s machine has no such operation", kind);
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__check_handle(const struct nt_handle *handle, bool has,
                           struct nt_error *err) {
  return nt__check_slot(handle->ops->version, has, handle->machine->ops->kind,
                        err);
}

nt_status nt__finish(nt_status status, struct nt_error *err, const char *op,
                     const char *target) {
  if (!nt_ok(status)) {
    err->status = status;
    nt_error_name(err, op, target);
  }
  return status;
}

/* ---- abilities ----------------------------------------------------------- */

bool nt_machine_has_mount_points(const struct nt_machine *machine) {
  return MACHINE_HAS(machine, add_mount_point) &&
         MACHINE_HAS(machine, remove_mount_point);
}

bool nt_machine_can_cluster(const struct nt_machine *machine) {
  return MACHINE_HAS(machine, next_node);
}

bool nt_machine_can_eject(const struct nt_machine *machine) {
  return MACHINE_HAS(machine, eject);
}

bool nt_machine_can_subscribe(const struct nt_machine *machine) {
  return MACHINE_HAS(machine, subscribe);
}

bool nt_machine_can_wait(const struct nt_machine *machine) {
  return MACHINE_HAS(machine, wait_event);
}

bool nt_handle_can(const struct nt_handle *handle, enum nt_ability ability) {
  switch (ability) {
    case NT_CAN_DUPLICATE:
      return HANDLE_HAS(handle, duplicate);
    case NT_CAN_MAP:
      return HANDLE_HAS(handle, map);
    case NT_CAN_NAME_HOLDERS:
      return HANDLE_HAS(handle, next_holder);
    case NT_CAN_LIST:
      break;
  }
  return HANDLE_HAS(handle, next_entry);
}

bool nt_machine_has(const struct nt_machine *machine, uint32_t trait) {
  return machine->ops->size >=
             offsetof(struct nt_machine_ops, traits) + sizeof(uint32_t) &&
         (machine->ops->traits & trait) == trait;
}
