/* Offline and online of a volume (F1 to F15): a bit of the volume device. */
#include "../rules/event.h"
#include "../rules/refuse.h"
#include "query.h"

static nt_status set_offline(struct sim_request *r, bool offline) {
  bool was = (r->volume.flags & NT_VOLUME_OFFLINE) != 0;
  if (was == offline) {
    return NT_STATUS_SUCCESS; /* F4 */
  }
  r->volume.flags ^= NT_VOLUME_OFFLINE;
  NT_TRY(nt__sim_save_volume(r, &r->volume));
  return nt__sim_event_volume(r, offline ? SIM_OFFLINE : SIM_ONLINE,
                              r->volume.id);
}

/* 9.3: an empty drive cannot be verified. The driver of a CD accepts ONLINE all
 * the same. */
static nt_status check_verified(const struct sim_request *r) {
  if (!r->handle->removable || r->handle->length > 0 ||
      r->disk.flags & NT_DISK_CDROM) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse_as(r->err, NT_STATUS_VERIFY_REQUIRED, NT_REASON_NO_MEDIA,
                      "there is no medium in the drive");
}

static nt_status offline(struct sim_request *r) {
  NT_TRY(check_verified(r));
  /* F8 */
  NT_TRY(nt__sim_check_not_shared(r));
  NT_TRY(nt__sim_check_system(r, &r->volume));
  return set_offline(r, true);
}

static nt_status online(struct sim_request *r) {
  NT_TRY(check_verified(r));
  /* F8 */
  NT_TRY(nt__sim_check_not_shared(r));
  return set_offline(r, false);
}

static nt_status is_offline(struct sim_request *r) {
  return nt__sim_boolean(r, r->volume.flags & NT_VOLUME_OFFLINE);
}

static nt_status supports_offline(struct sim_request *r) {
  return nt__sim_boolean(r, !nt__sim_is_shared(&r->volume));
}

const struct sim_answer nt__sim_offline_answers[] = {
    {NT_IOCTL_VOLUME_OFFLINE, SIM_OF_VOLUME | SIM_NOT_OF_CD, offline},
    {NT_IOCTL_VOLUME_ONLINE, SIM_OF_VOLUME, online},
    {NT_IOCTL_VOLUME_IS_OFFLINE, SIM_OF_VOLUME | SIM_NOT_OF_CD, is_offline},
    {NT_IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE, SIM_OF_VOLUME | SIM_NOT_OF_CD,
     supports_offline},
    {0, 0, NULL},
};
