/* Plug and Play for devices that the caller names: uninstalling, and masking
 * LUNs. */
#include "../rules/pnp.h"
#include "../../name.h"
#include "../rules/resolve.h"
#include "slots.h"
#include "transaction.h"

nt_status nt__sim_uninstall(struct nt_machine *machine, const char *name,
                            struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  struct sim_target target;
  nt_status status = nt__sim_begin(m, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_resolve(m, name, &target, err);
  if (nt_ok(status) && target.has_rest) {
    nt_refuse(err, NT_REASON_NOT_A_VOLUME, "this names a file or directory");
    nt_hint(err, "name a volume or a disk: D:, PhysicalDrive1");
    status = NT_STATUS_INVALID_PARAMETER;
  }
  if (nt_ok(status)) {
    status = target.volume != 0
                 ? nt__sim_uninstall_volume(m, target.volume, err)
                 : nt__sim_uninstall_disk(m, target.disk, err);
  }
  return nt__sim_end(m, status, err);
}

/* Finds a disk by its name. A masked disk cannot be opened by its name, so this
 * does not use the functions that open use. */
static nt_status find_disk(struct sim_machine *m, const char *name,
                           struct sim_disk *out, struct nt_error *err) {
  struct nt_name parsed;
  nt_status status = nt_name_parse(name, &parsed, err);
  if (!nt_ok(status)) {
    return status;
  }
  if (parsed.kind == NT_NAME_DISK && !parsed.path) {
    status = nt__sim_load_disk(m, parsed.number, out, err);
    bool cd = nt_ok(status) && out->flags & NT_DISK_CDROM; /* it is no LUN */
    if (status != NT_STATUS_NO_MORE_ENTRIES && !cd) {
      return status;
    }
  }
  nt_refuse(err, NT_REASON_NOT_FOUND, "the machine has no such disk");
  nt_hint(err, "list the disks: ntvol disks");
  return NT_STATUS_OBJECT_NAME_NOT_FOUND;
}

nt_status nt__sim_mask(struct nt_machine *machine, const char *name,
                       struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  struct sim_disk disk;
  nt_status status = nt__sim_begin(m, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = find_disk(m, name, &disk, err);
  if (nt_ok(status) && !(disk.flags & NT_DISK_MASKED)) {
    status = nt__sim_mask_disk(m, &disk, err);
  }
  return nt__sim_end(m, status, err);
}

nt_status nt__sim_unmask(struct nt_machine *machine, const char *name,
                         struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  struct sim_disk disk;
  nt_status status = nt__sim_begin(m, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = find_disk(m, name, &disk, err);
  if (nt_ok(status)) {
    status = nt__sim_unmask_disk(m, &disk, err);
  }
  return nt__sim_end(m, status, err);
}
