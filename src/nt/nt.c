/*
 * What the callers of the contract share: whether a table of functions has a
 * slot, and how the error of a refusal is completed; and what a machine or a
 * handle can do. The callers are in nt_machine.c, nt_admin.c, nt_handle.c
 * and nt_control.c.
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

nt_status nt__check_machine(const struct nt_machine *machine, bool has,
                            struct nt_error *err) {
  return nt__check_slot(machine->ops->version, has, machine->ops->kind, err);
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

nt_status nt__finish_next(nt_status status, struct nt_error *err,
                          const char *op, const struct nt_machine *machine) {
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    return status;
  }
  return nt__finish(status, err, op, machine->name);
}

/* ---- abilities ----------------------------------------------------------- */

bool nt_machine_can(const struct nt_machine *machine,
                    enum nt_machine_ability ability) {
  switch (ability) {
    case NT_CAN_OPEN:
      return MACHINE_HAS(machine, open);
    case NT_CAN_LIST_VOLUMES:
      return MACHINE_HAS(machine, next_volume);
    case NT_CAN_LIST_DISKS:
      return MACHINE_HAS(machine, next_disk);
    case NT_CAN_LIST_EVENTS:
      return MACHINE_HAS(machine, next_event);
    case NT_CAN_UNINSTALL:
      return MACHINE_HAS(machine, uninstall);
    case NT_CAN_EJECT:
      return MACHINE_HAS(machine, eject);
    case NT_CAN_SUBSCRIBE:
      return MACHINE_HAS(machine, subscribe);
    case NT_CAN_WATCH:
      return MACHINE_HAS(machine, wait_event);
    case NT_CAN_FORMAT:
      return MACHINE_HAS(machine, format);
    case NT_CAN_MASK:
      return ADMIN_HAS(machine, mask);
    case NT_CAN_UNMASK:
      return ADMIN_HAS(machine, unmask);
    case NT_CAN_CLUSTER:
      return ADMIN_HAS(machine, next_node);
    case NT_CAN_MOUNT_POINTS:
      break;
  }
  return ADMIN_HAS(machine, add_mount_point) &&
         ADMIN_HAS(machine, remove_mount_point);
}

bool nt_handle_can(const struct nt_handle *handle,
                   enum nt_handle_ability ability) {
  switch (ability) {
    case NT_CAN_CONTROL:
      return HANDLE_HAS(handle, control);
    case NT_CAN_READ:
      return HANDLE_HAS(handle, read);
    case NT_CAN_WRITE:
      return HANDLE_HAS(handle, write);
    case NT_CAN_FLUSH:
      return HANDLE_HAS(handle, flush);
    case NT_CAN_TELL_INFO:
      return HANDLE_HAS(handle, info);
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
