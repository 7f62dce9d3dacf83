/*
 * NtDeviceIoControlFile: a control code for the driver of a volume or disk.
 * These drivers know nothing of mounts and locks (docs/rules.md 0.4); offline
 * is a bit of the volume device. The functions that handle the codes are in
 * codes/.
 */
#include "../codes/query.h"
#include "../rules/medium.h"
#include "../rules/refuse.h"
#include "slots.h"
#include "transaction.h"

/* ---- dispatch ------------------------------------------------------------ */

static const struct sim_answer *find(uint32_t code) {
  const struct sim_answer *const tables[] = {
      nt__sim_offline_answers,  nt__sim_volume_answers,
      nt__sim_disk_answers,     nt__sim_storage_answers,
      nt__sim_snapshot_answers, nt__sim_medium_answers};
  return nt__sim_find_answer(tables, sizeof tables / sizeof tables[0], code);
}

static nt_status wrong_device(const struct sim_request *r) {
  bool volume = r->volume.id != 0;
  nt_fail(r->err, NT_STATUS_INVALID_DEVICE_REQUEST,
          volume ? "this is a volume; only a disk answers this"
                 : "this is a disk; only a volume answers this");
  nt_hint(r->err, volume ? "name its disk: PhysicalDrive1"
                         : "name a volume of the disk");
  return NT_STATUS_INVALID_DEVICE_REQUEST;
}

static nt_status check_needs(const struct sim_request *r, uint32_t needs) {
  if (needs & (r->volume.id != 0 ? SIM_OF_DISK : SIM_OF_VOLUME)) {
    return wrong_device(r);
  }
  if (needs & SIM_NOT_OF_CD && r->disk.flags & NT_DISK_CDROM) {
    nt_fail(r->err, NT_STATUS_INVALID_DEVICE_REQUEST,
            "the CD driver does not know this code");
    nt_hint(r->err, "only volumes of disks have this");
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  if (needs & SIM_OF_DRIVE && !(r->disk.flags & NT_DISK_REMOVABLE)) {
    return nt_refuse(r->err, NT_REASON_FIXED_DISK,
                     "the medium of a fixed disk stays where it is");
  }
  if (needs & SIM_ONE_DISK && r->handle->extent_count != 1) {
    nt_fail(r->err, NT_STATUS_INVALID_DEVICE_REQUEST,
            "the volume lies in several pieces");
    nt_hint(r->err, "ask for its extents, and then their disks");
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  NT_TRY(needs & SIM_OF_ONLINE ? nt__sim_check_online(r) : NT_STATUS_SUCCESS);
  return needs & SIM_OF_MEDIUM ? nt__sim_check_medium(r) : NT_STATUS_SUCCESS;
}

static nt_status dispatch(struct sim_request *r, uint32_t code) {
  const struct sim_answer *row = find(code);
  if (!row) {
    return nt_fail(r->err, NT_STATUS_INVALID_DEVICE_REQUEST,
                   "the %s driver does not know this code",
                   r->volume.id ? "volume" : "disk");
  }
  NT_TRY(check_needs(r, row->needs));
  return row->answer(r);
}

static nt_status load(struct sim_request *r) {
  struct sim_handle *h = r->handle;
  if (h->volume != 0) {
    NT_TRY(nt__sim_load_volume(r, h->volume, &r->volume));
  }
  NT_TRY(nt__sim_find_place(r));
  NT_TRY(nt__sim_load_disk(r, h->extents[0].disk, &r->disk));
  bool there = h->volume != 0 ? r->volume.installed
                              : !(r->disk.flags & NT_DISK_UNINSTALLED);
  if (there) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse_as(r->err, NT_STATUS_DEVICE_DOES_NOT_EXIST,
                      NT_REASON_REMOVED, NULL);
}

static nt_status mount_manager(struct sim_request *r, uint32_t code) {
  const struct sim_answer *row =
      nt__sim_answer(nt__sim_mount_manager_answers, code);
  if (!row) {
    return nt_fail(r->err, NT_STATUS_INVALID_DEVICE_REQUEST,
                   "the mount manager does not know this code");
  }
  NT_TRY(nt__sim_begin(r));
  return nt__sim_end(r, row->answer(r));
}

nt_status nt__sim_device_control(struct sim_request *r, uint32_t code) {
  if (r->handle->file) { /* I10 */
    return nt_refuse(r->err, NT_REASON_NOT_A_VOLUME,
                     "this is a handle to a file or directory");
  }
  if (nt__sim_is_mount_manager(r->handle)) {
    return mount_manager(r, code);
  }
  NT_TRY(nt__sim_begin(r));
  nt_status status = load(r);
  if (nt_ok(status)) {
    status = dispatch(r, code);
  }
  return nt__sim_end(r, status);
}
