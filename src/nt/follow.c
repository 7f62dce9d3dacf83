/* The type of an MBR partition follows the file system on it. */
#include "follow.h"

#include <string.h>

#include "disk/file_system.h"
#include "disk/table.h"

/* The bytes of a volume, by its handle. */
struct source {
  struct nt_region region;
  struct nt_handle *handle;
  struct nt_error *err;
  nt_status status;
};

static bool read_volume(void *from, uint64_t offset, void *buf, size_t length) {
  struct source *source = from;
  const uint64_t sector = source->handle->sector_size;
  uint8_t *to = buf;
  /* Volumes are read in whole sectors. */
  for (size_t done = 0; done < length;) {
    uint8_t bytes[4096];
    uint64_t start = (offset + done) / sector * sector;
    size_t got = 0, skip = (size_t)(offset + done - start);
    size_t n = (size_t)sector - skip;
    n = n < length - done ? n : length - done;
    source->status = nt_read(source->handle, start, bytes, (size_t)sector, &got,
                             source->err);
    if (!nt_ok(source->status) || got < skip + n) {
      return false;
    }
    memcpy(to + done, bytes + skip, n);
    done += n;
  }
  return true;
}

/* PARTITION_INFORMATION_EX: its style is at 0, its place at 8 and 16, the type
 * of an MBR partition at 32. */
#define PARTITION_INFO 144
#define STYLE_MBR 0

static bool find_partition(struct nt_handle *handle, uint8_t *type,
                           struct nt_range *range) {
  uint8_t info[PARTITION_INFO];
  struct nt_error ignored = {0};
  size_t length = 0;
  const uint64_t sector = handle->sector_size;
  if (!nt_ok(nt_control(handle, NT_IOCTL_DISK_GET_PARTITION_INFO_EX, NULL, 0,
                        info, sizeof info, &length, &ignored)) ||
      length < sizeof info || nt_get_u32(info) != STYLE_MBR || sector == 0 ||
      sector > 4096) {
    return false;
  }
  *type = info[32];
  *range = (struct nt_range){.start = nt_get_u64(info + 8) / sector,
                             .count = nt_get_u64(info + 16) / sector};
  return true;
}

static bool cannot(nt_status status) {
  return status == NT_STATUS_INVALID_DEVICE_REQUEST ||
         status == NT_STATUS_NOT_SUPPORTED;
}

static nt_status set_type(struct nt_handle *handle, uint8_t type,
                          struct nt_error *err) {
  struct nt_error failure = {0};
  size_t length = 0;
  nt_status status = nt_control(handle, NT_IOCTL_DISK_SET_PARTITION_INFO, &type,
                                sizeof type, NULL, 0, &length, &failure);
  if (nt_ok(status) || cannot(status)) {
    return NT_STATUS_SUCCESS;
  }
  nt_error_copy(err, &failure);
  nt_error_about(err, NT_REASON_NONE, "setting the type of the partition");
  return status;
}

nt_status nt_follow_type(struct nt_handle *handle, struct nt_error *err) {
  struct nt_volume_info info = {0};
  struct nt_probe probe;
  struct nt_range range;
  uint8_t type = 0;
  /* One that begins with the table has overwritten it. */
  if (!find_partition(handle, &type, &range) || range.start == 0) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt_info(handle, &info, err));
  struct source source = {.handle = handle, .err = err};
  source.region = (struct nt_region){
      .from = &source, .length = info.length, .read = read_volume};
  if (!nt_recognise(&source.region, &probe)) {
    return nt_ok(source.status)
               ? nt_refuse(err, NT_REASON_SHORT_TRANSFER,
                           "the volume gave fewer bytes than it has")
               : source.status;
  }
  uint8_t wanted = nt_mbr_type_for(probe.file_system, type, &range);
  return wanted != type ? set_type(handle, wanted, err) : NT_STATUS_SUCCESS;
}
