/* Control codes that concern the medium of a drive. */
#include "../rules/medium.h"
#include "query.h"

static nt_status eject_media(struct sim_request *r) {
  return nt__sim_eject_medium(r, &r->disk);
}

/* Loads the medium that lies in front of the drive. If there is none, the drive
 * just closes. */
static nt_status load_media(struct sim_request *r) {
  bool ejected = r->disk.flags & NT_DISK_NO_MEDIUM && r->disk.image[0] != '\0';
  return ejected ? nt__sim_load_medium(r, &r->disk) : NT_STATUS_SUCCESS;
}

/* PREVENT_MEDIA_REMOVAL: { u8 prevent }. The setting belongs to the drive, not
 * to the handle (choice). */
static nt_status media_removal(struct sim_request *r) {
  NT_TRY(nt__sim_input(r, 1, NT_STATUS_INFO_LENGTH_MISMATCH));
  r->disk.flags &= ~NT_DISK_MEDIUM_LOCKED;
  if (r->in[0] != 0) {
    r->disk.flags |= NT_DISK_MEDIUM_LOCKED;
  }
  return nt__sim_save_disk(r, &r->disk);
}

const struct sim_answer nt__sim_medium_answers[] = {
    {NT_IOCTL_STORAGE_EJECT_MEDIA, SIM_OF_DRIVE | SIM_OF_ONLINE, eject_media},
    {NT_IOCTL_STORAGE_LOAD_MEDIA, SIM_OF_DRIVE | SIM_OF_ONLINE, load_media},
    {NT_IOCTL_STORAGE_MEDIA_REMOVAL, SIM_OF_DRIVE | SIM_OF_ONLINE,
     media_removal},
    {0, 0, NULL},
};
