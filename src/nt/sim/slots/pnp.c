/* Plug and Play for devices that the caller names: uninstalling, and masking
 * LUNs. */
#include "../rules/pnp.h"
#include "../../name.h"
#include "../rules/resolve.h"
#include "slots.h"
#include "transaction.h"

nt_status nt__sim_uninstall(struct nt_machine *machine, const char *name,
                            struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  struct sim_target target;
  NT_TRY(nt__sim_begin(&r));
  nt_status status = nt__sim_resolve(&r, name, &target);
  if (nt_ok(status) && target.has_rest) {
    nt_refuse(err, NT_REASON_NOT_A_VOLUME, "this names a file or directory");
    nt_hint(err, "name a volume or a disk: D:, PhysicalDrive1");
    status = NT_STATUS_INVALID_PARAMETER;
  }
  if (nt_ok(status)) {
    status = target.volume != 0 ? nt__sim_uninstall_volume(&r, target.volume)
                                : nt__sim_uninstall_disk(&r, target.disk);
  }
  return nt__sim_end(&r, status);
}

/* Finds a disk by its name. A masked disk cannot be opened by its name, so this
 * does not use the functions that open use. */
static nt_status find_disk(const struct sim_request *r, const char *name,
                           struct sim_disk *out) {
  struct nt_name parsed;
  nt_status status = nt_name_parse(name, &parsed, r->err);
  if (!nt_ok(status)) {
    return status;
  }
  if (parsed.kind == NT_NAME_DISK && !parsed.path) {
    status = nt__sim_load_disk(r, parsed.number, out);
    bool cd = nt_ok(status) && out->flags & NT_DISK_CDROM; /* it is no LUN */
    if (status != NT_STATUS_NO_MORE_ENTRIES && !cd) {
      return status;
    }
  }
  nt_refuse(r->err, NT_REASON_NOT_FOUND, "the machine has no such disk");
  nt_hint(r->err, "list the disks: ntvol disks");
  return NT_STATUS_OBJECT_NAME_NOT_FOUND;
}

nt_status nt__sim_mask(struct nt_machine *machine, const char *name,
                       struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  struct sim_disk disk;
  NT_TRY(nt__sim_begin(&r));
  nt_status status = find_disk(&r, name, &disk);
  if (nt_ok(status) && !(disk.flags & NT_DISK_MASKED)) {
    status = nt__sim_mask_disk(&r, &disk);
  }
  return nt__sim_end(&r, status);
}

nt_status nt__sim_unmask(struct nt_machine *machine, const char *name,
                         struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  struct sim_disk disk;
  NT_TRY(nt__sim_begin(&r));
  nt_status status = find_disk(&r, name, &disk);
  if (nt_ok(status)) {
    status = nt__sim_unmask_disk(&r, &disk);
  }
  return nt__sim_end(&r, status);
}
