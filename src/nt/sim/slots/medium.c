/* Puts media into drives, takes them out and ejects them; drives are named by
 * the caller. */
#include <stdlib.h>
#include <string.h>

#include "../db/store.h"
#include "../disk/image.h"
#include "../rules/holders.h"
#include "../rules/medium.h"
#include "../rules/resolve.h"
#include "slots.h"
#include "transaction.h"

/* ---- by name ------------------------------------------------------------- */

static nt_status find_disk(const struct sim_request *r, const char *name,
                           struct sim_disk *out) {
  struct sim_target target;
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t count = 0;
  NT_TRY(nt__sim_resolve(r, name, &target));
  if (target.has_rest) {
    nt_refuse(r->err, NT_REASON_NOT_A_VOLUME, "this names a file or directory");
    nt_hint(r->err, "name the drive: E:, CdRom0, PhysicalDrive1");
    return NT_STATUS_INVALID_PARAMETER;
  }
  if (target.volume != 0) {
    NT_TRY(nt__sim_load_extents(r, target.volume, extents, &count));
    target.disk = count > 0 ? (int64_t)extents[0].disk : 0;
  }
  return nt__sim_load_disk(r, target.disk, out);
}

static nt_status find_drive(const struct sim_request *r, const char *name,
                            struct sim_disk *out) {
  NT_TRY(find_disk(r, name, out));
  if (out->flags & NT_DISK_REMOVABLE) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(r->err, NT_REASON_FIXED_DISK, "its medium is fixed");
}

static nt_status insert(const struct sim_request *r, const char *name,
                        const char *image, bool readonly) {
  struct sim_disk disk;
  NT_TRY(find_drive(r, name, &disk));
  if (!(disk.flags & NT_DISK_NO_MEDIUM)) {
    return nt_refuse(r->err, NT_REASON_MEDIUM_PRESENT,
                     "there is a medium in the drive");
  }
  if (strlen(image) >= sizeof disk.image) {
    nt_refuse_as(r->err, NT_STATUS_OBJECT_NAME_INVALID, NT_REASON_IMAGE,
                 "the path of the image %s has %zu bytes", image,
                 strlen(image));
    nt_hint(r->err, "move it to a shorter one");
    return NT_STATUS_OBJECT_NAME_INVALID;
  }
  nt_copy(disk.image, sizeof disk.image, image);
  if (!(disk.flags & NT_DISK_CDROM)) {
    disk.flags &= ~NT_DISK_READONLY;
    disk.flags |= readonly ? NT_DISK_READONLY : 0;
  }
  NT_TRY(nt__sim_allow_image(r, image));
  return nt__sim_load_medium(r, &disk);
}

nt_status nt_sim_insert(struct nt_machine *machine, const char *drive,
                        const char *image, bool readonly,
                        struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  char *full;
  nt_error_name(err, "insert a medium into", drive);
  nt_status status = nt_path_full(image, &full, err);
  if (!nt_ok(status)) {
    nt_error_about(err, NT_REASON_IMAGE, "the image %s", image);
    nt_hint(err, "name an image that exists");
    return status;
  }
  status = nt__sim_begin(&r);
  if (nt_ok(status)) {
    status = nt__sim_end(&r, insert(&r, drive, full, readonly));
  }
  free(full);
  return status;
}

nt_status nt_sim_take_out(struct nt_machine *machine, const char *drive,
                          struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  struct sim_disk disk;
  nt_error_name(err, "take the medium out of", drive);
  NT_TRY(nt__sim_begin(&r));
  nt_status status = find_drive(&r, drive, &disk);
  if (nt_ok(status)) {
    status = nt__sim_take_medium(&r, &disk);
  }
  return nt__sim_end(&r, status);
}

/* ---- Plug and Play ------------------------------------------------------- */

/* Refuses if somebody has the disk or one of its volumes open. */
static nt_status check_unused(const struct sim_request *r, uint32_t disk) {
  int64_t openers, volume = 0;
  nt_status status = nt__sim_number(
      r,
      "SELECT count(*) FROM file_object WHERE disk = ?1 OR volume IN "
      "(SELECT volume FROM extent WHERE disk = ?1)",
      SIM_ARGS(SIM_INT(disk)), 0, &openers);
  if (!nt_ok(status) || openers == 0) {
    return status;
  }
  nt_refuse_as(r->err, NT_STATUS_DEVICE_BUSY, NT_REASON_IN_USE,
               "the ejection was vetoed by open handles");
  nt__sim_add_openers(r, 0, disk);
  struct nt_error ignored = {0};
  do {
    status = nt__sim_number(
        SIM_REQUEST(r->m, &ignored),
        "SELECT min(volume) FROM extent WHERE disk = ?1 AND volume > ?2",
        SIM_ARGS(SIM_INT(disk), SIM_INT(volume)), 0, &volume);
    if (nt_ok(status) && volume != 0) {
      nt__sim_add_openers(r, volume, -1);
    }
  } while (nt_ok(status) && volume != 0);
  nt_hint(r->err, "close all handles to it, or try again");
  return NT_STATUS_DEVICE_BUSY;
}

static nt_status eject_device(const struct sim_request *r, const char *name) {
  struct sim_disk disk;
  NT_TRY(find_disk(r, name, &disk));
  if (!(disk.flags & NT_DISK_REMOVABLE)) {
    nt_refuse_as(r->err, NT_STATUS_NOT_SUPPORTED, NT_REASON_FIXED_DISK,
                 "a fixed disk is not ejected");
    nt_hint(r->err, "uninstall its volumes and the disk instead");
    return NT_STATUS_NOT_SUPPORTED;
  }
  NT_TRY(check_unused(r, disk.number));
  return nt__sim_eject_medium(r, &disk);
}

nt_status nt__sim_eject(struct nt_machine *machine, const char *name,
                        struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  NT_TRY(nt__sim_begin(&r));
  return nt__sim_end(&r, eject_device(&r, name));
}
