/*
 * NtDeviceIoControlFile: what the volume and disk drivers answer. They know
 * nothing of mounts and locks (docs/rules.md 0.4): offline is a bit of the
 * volume device. The queries are in files of their own.
 */
#include "query.h"

/* ---- offline and online (F1 to F15) -------------------------------------- */

static nt_status set_offline(struct sim_request *r, bool offline,
                             struct nt_error *err) {
  bool was = (r->volume.flags & NT_VOLUME_OFFLINE) != 0;
  if (was == offline) {
    return NT_STATUS_SUCCESS; /* F4 */
  }
  r->volume.flags ^= NT_VOLUME_OFFLINE;
  nt_status status = nt__sim_save_volume(r->m, &r->volume, err);
  if (!nt_ok(status)) {
    return status;
  }
  return nt__sim_event_volume(r->m, offline ? SIM_OFFLINE : SIM_ONLINE,
                              r->volume.id, err);
}

/* 9.3: an empty drive cannot be verified. A CD's driver says yes to ONLINE. */
static nt_status check_verified(const struct sim_request *r,
                                struct nt_error *err) {
  if (!r->handle->removable || r->handle->length > 0 ||
      r->disk.flags & NT_DISK_CDROM) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse_as(err, NT_STATUS_VERIFY_REQUIRED, NT_REASON_NO_MEDIA,
                      "there is no medium in the drive");
}

static nt_status offline(struct sim_request *r, struct nt_error *err) {
  NT_TRY(check_verified(r, err));
  /* F8 */
  NT_TRY(nt__sim_check_not_shared(&r->volume, err));
  NT_TRY(nt__sim_check_system(&r->volume, err));
  return set_offline(r, true, err);
}

static nt_status online(struct sim_request *r, struct nt_error *err) {
  NT_TRY(check_verified(r, err));
  /* F8 */
  NT_TRY(nt__sim_check_not_shared(&r->volume, err));
  return set_offline(r, false, err);
}

static nt_status is_offline(struct sim_request *r, struct nt_error *err) {
  return nt__sim_boolean(r->volume.flags & NT_VOLUME_OFFLINE, err);
}

static nt_status supports_offline(struct sim_request *r, struct nt_error *err) {
  return nt__sim_boolean(!nt__sim_is_shared(&r->volume), err);
}

/* ---- dispatch ------------------------------------------------------------ */

static const struct sim_answer answers[] = {
    {NT_IOCTL_VOLUME_OFFLINE, SIM_OF_VOLUME | SIM_NOT_OF_CD, offline},
    {NT_IOCTL_VOLUME_ONLINE, SIM_OF_VOLUME, online},
    {NT_IOCTL_VOLUME_IS_OFFLINE, SIM_OF_VOLUME | SIM_NOT_OF_CD, is_offline},
    {NT_IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE, SIM_OF_VOLUME | SIM_NOT_OF_CD,
     supports_offline},
    {0, 0, NULL},
};

static const struct sim_answer *find(uint32_t code) {
  const struct sim_answer *const tables[] = {answers,
                                             nt__sim_volume_answers,
                                             nt__sim_disk_answers,
                                             nt__sim_storage_answers,
                                             nt__sim_snapshot_answers,
                                             nt__sim_medium_answers};
  const struct sim_answer *row = NULL;
  for (size_t i = 0; !row && i < sizeof tables / sizeof tables[0]; i++) {
    row = nt__sim_answer(tables[i], code);
  }
  return row;
}

static nt_status wrong_device(const struct sim_request *r,
                              struct nt_error *err) {
  bool volume = r->volume.id != 0;
  nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST,
          volume ? "this is a volume; only a disk answers this"
                 : "this is a disk; only a volume answers this");
  nt_hint(err, volume ? "name its disk: PhysicalDrive1"
                      : "name a volume of the disk");
  return NT_STATUS_INVALID_DEVICE_REQUEST;
}

static nt_status check_needs(const struct sim_request *r, uint32_t needs,
                             struct nt_error *err) {
  if (needs & (r->volume.id != 0 ? SIM_OF_DISK : SIM_OF_VOLUME)) {
    return wrong_device(r, err);
  }
  if (needs & SIM_NOT_OF_CD && r->disk.flags & NT_DISK_CDROM) {
    nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST,
            "the CD driver does not know this code");
    nt_hint(err, "only volumes of disks have this");
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  if (needs & SIM_OF_DRIVE && !(r->disk.flags & NT_DISK_REMOVABLE)) {
    return nt_refuse(err, NT_REASON_FIXED_DISK,
                     "the medium of a fixed disk stays where it is");
  }
  if (needs & SIM_ONE_DISK && r->handle->extent_count != 1) {
    nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST,
            "the volume lies in several pieces");
    nt_hint(err, "ask for its extents, and then their disks");
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  nt_status status = needs & SIM_OF_ONLINE
                         ? nt__sim_check_online(&r->volume, err)
                         : NT_STATUS_SUCCESS;
  return nt_ok(status) && needs & SIM_OF_MEDIUM
             ? nt__sim_check_medium(r->handle, err)
             : status;
}

static nt_status dispatch(struct sim_request *r, uint32_t code,
                          struct nt_error *err) {
  const struct sim_answer *row = find(code);
  if (!row) {
    return nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST,
                   "the %s driver does not know this code",
                   r->volume.id ? "volume" : "disk");
  }
  NT_TRY(check_needs(r, row->needs, err));
  return row->answer(r, err);
}

static nt_status load(struct sim_request *r, struct nt_error *err) {
  struct sim_handle *h = r->handle;
  nt_status status = nt__sim_find_place(h, err);
  if (nt_ok(status)) {
    status = nt__sim_load_disk(r->m, h->extents[0].disk, &r->disk, err);
  }
  if (nt_ok(status) && h->volume != 0) {
    status = nt__sim_load_volume(r->m, h->volume, &r->volume, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  bool there = h->volume != 0 ? r->volume.installed
                              : !(r->disk.flags & NT_DISK_UNINSTALLED);
  if (there) {
    return status;
  }
  return nt_refuse_as(err, NT_STATUS_DEVICE_DOES_NOT_EXIST, NT_REASON_REMOVED,
                      NULL);
}

nt_status nt__sim_device_control(struct sim_request *r, uint32_t code,
                                 struct nt_error *err) {
  if (r->handle->file) { /* I10 */
    return nt_refuse(err, NT_REASON_NOT_A_VOLUME,
                     "this is a handle to a file or directory");
  }
  if (nt__sim_is_mount_manager(r->handle)) {
    return nt__sim_mount_manager(r, code, err);
  }
  nt_status status = nt__sim_begin(r->m, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = load(r, err);
  if (nt_ok(status)) {
    status = dispatch(r, code, err);
  }
  return nt__sim_end(r->m, status, err);
}
