/*
 * NtDeviceIoControlFile: what the volume and disk drivers answer. They know
 * nothing of mounts and locks (nt-semantics 0.4): offline is a bit of the
 * volume device. Buffer layouts are those of winioctl.h.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct request {
  struct sim_machine *m;
  struct sim_handle *handle;
  struct sim_volume volume; /* id 0: a disk */
  struct sim_disk disk;     /* the (first) disk */
  uint8_t *out;
  size_t out_cap, out_len;
};

static void put_u32(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    at[i] = (uint8_t)(value >> 8 * i);
  }
}

static void put_u64(uint8_t *at, uint64_t value) {
  put_u32(at, (uint32_t)value);
  put_u32(at + 4, (uint32_t)(value >> 32));
}

/* Claims `size` zeroed bytes of the output buffer. */
static nt_status need(struct request *r, size_t size, struct nt_error *err) {
  if (r->out_cap < size) {
    return nt_fail(err, NT_STATUS_BUFFER_TOO_SMALL, NULL,
                   "the answer needs %zu bytes, the buffer has %zu", size,
                   r->out_cap);
  }
  memset(r->out, 0, size);
  r->out_len = size;
  return NT_STATUS_SUCCESS;
}

/* ---- offline and online (F1 to F15) -------------------------------------- */

static nt_status volume_only(const struct request *r, struct nt_error *err) {
  if (r->volume.id != 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST, NULL,
          "this is a disk; only volumes go offline and online");
  nt_hint(err, "name a volume of the disk");
  return NT_STATUS_INVALID_DEVICE_REQUEST;
}

static bool on_cd(const struct request *r) {
  return (r->disk.flags & NT_DISK_CDROM) != 0;
}

/* F7: the CD driver does not know these codes. */
static nt_status not_on_cd(const struct request *r, struct nt_error *err) {
  if (!on_cd(r)) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST, NULL,
          "the CD driver does not know this code");
  nt_hint(err, "only volumes of disks have this");
  return NT_STATUS_INVALID_DEVICE_REQUEST;
}

static nt_status set_offline(struct request *r, bool offline,
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

static nt_status offline(struct request *r, struct nt_error *err) {
  nt_status status = volume_only(r, err);
  if (nt_ok(status)) {
    status = not_on_cd(r, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_check_system(&r->volume, err);
  }
  return nt_ok(status) ? set_offline(r, true, err) : status;
}

static nt_status online(struct request *r, struct nt_error *err) {
  nt_status status = volume_only(r, err);
  return nt_ok(status) ? set_offline(r, false, err) : status;
}

static nt_status boolean(bool answer, struct nt_error *err) {
  return answer ? NT_STATUS_SUCCESS
                : nt_fail(err, NT_STATUS_UNSUCCESSFUL, NULL, NULL);
}

/* ---- queries ------------------------------------------------------------- */

/* F10: needs the medium. */
static nt_status length_info(struct request *r, struct nt_error *err) {
  nt_status status = nt__sim_check_online(&r->volume, err);
  if (nt_ok(status)) {
    status = need(r, 8, err);
  }
  if (nt_ok(status)) {
    put_u64(r->out, r->handle->length);
  }
  return status;
}

/* The translation every BIOS and Windows use for disks of any size. */
#define HEADS 255U
#define SECTORS_PER_TRACK 63U
#define MEDIA_REMOVABLE 11U
#define MEDIA_FIXED 12U

static nt_status geometry(struct request *r, bool extended,
                          struct nt_error *err) {
  nt_status status = need(r, extended ? 40 : 24, err);
  if (!nt_ok(status)) {
    return status;
  }
  uint64_t track = (uint64_t)r->disk.sector_size * SECTORS_PER_TRACK;
  put_u64(r->out, r->disk.length / (track * HEADS));
  put_u32(r->out + 8,
          r->disk.flags & NT_DISK_REMOVABLE ? MEDIA_REMOVABLE : MEDIA_FIXED);
  put_u32(r->out + 12, HEADS);
  put_u32(r->out + 16, SECTORS_PER_TRACK);
  put_u32(r->out + 20, r->disk.sector_size);
  if (extended) {
    put_u64(r->out + 24, r->disk.length);
  }
  return status;
}

static nt_status extents(struct request *r, struct nt_error *err) {
  uint32_t count = r->handle->extent_count;
  if (on_cd(r)) {
    return not_on_cd(r, err);
  }
  if (r->volume.id == 0) {
    return nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST, NULL,
                   "this is a disk, not a volume");
  }
  if (r->out_cap < 32) {
    return nt_fail(err, NT_STATUS_BUFFER_TOO_SMALL, NULL,
                   "the answer needs %u bytes", 8 + 24 * count);
  }
  uint32_t fit = (uint32_t)((r->out_cap - 8) / 24);
  bool more = fit < count;
  if (more) {
    fit = 1; /* one extent and the true count */
  }
  nt_status status = need(r, 8 + 24 * (size_t)(more ? 1 : count), err);
  put_u32(r->out, count);
  for (uint32_t i = 0; i < count && i < fit; i++) {
    uint8_t *at = r->out + 8 + 24 * (size_t)i;
    put_u32(at, r->handle->extents[i].disk);
    put_u64(at + 8, r->handle->extents[i].offset);
    put_u64(at + 16, r->handle->extents[i].length);
  }
  return more ? nt_fail(err, NT_STATUS_BUFFER_OVERFLOW, NULL,
                        "the volume has %u extents", count)
              : status;
}

#define FILE_DEVICE_CD_ROM 2U
#define FILE_DEVICE_DISK 7U
#define NO_PARTITION 0xFFFFFFFFU /* the device cannot be partitioned */

/* CD drives count apart from disks: \Device\CdRom0 is the first. */
static nt_status cd_number(struct request *r, struct nt_error *err) {
  int64_t number;
  nt_status status = nt__sim_cd_number(r->m, r->disk.number, &number, err);
  if (nt_ok(status)) {
    status = need(r, 12, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  put_u32(r->out, FILE_DEVICE_CD_ROM);
  put_u32(r->out + 4, (uint32_t)number);
  put_u32(r->out + 8, NO_PARTITION);
  return status;
}

static nt_status device_number(struct request *r, struct nt_error *err) {
  if (r->handle->extent_count != 1) {
    return nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST, NULL,
                   "the volume lies on several disks");
  }
  if (on_cd(r)) {
    return cd_number(r, err);
  }
  nt_status status = need(r, 12, err);
  if (!nt_ok(status)) {
    return status;
  }
  put_u32(r->out, FILE_DEVICE_DISK);
  put_u32(r->out + 4, r->disk.number);
  put_u32(r->out + 8, r->volume.id ? r->volume.partition_number : 0);
  return status;
}

/* "0fc63daf-8483-..." to the 16 bytes of a GUID: the first three groups are
 * little-endian. */
static void put_guid(uint8_t *at, const char *text) {
  static const uint8_t order[16] = {3, 2, 1,  0,  5,  4,  7,  6,
                                    8, 9, 10, 11, 12, 13, 14, 15};
  for (int i = 0; i < 16 && *text; text++) {
    char digits[3] = {text[0], text[1], '\0'};
    if (*text == '-') {
      continue;
    }
    at[order[i++]] = (uint8_t)strtoul(digits, NULL, 16);
    text++;
  }
}

/* The fields of the partition table that the database keeps as text. */
static nt_status put_partition(struct request *r, bool gpt,
                               struct nt_error *err) {
  sqlite3_stmt *stmt;
  char text[128];
  nt_status status =
      nt__sim_query(r->m,
                    "SELECT partition_type, partition_id, partition_name, "
                    "partition_attributes FROM volume WHERE id = ?1",
                    SIM_ARGS(SIM_INT(r->volume.id)), &stmt, err);
  if (nt_ok(status)) {
    status = nt__sim_step(r->m, stmt, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  nt__sim_text(stmt, 0, text, sizeof text);
  if (!gpt) {
    r->out[32] = (uint8_t)strtoul(text, NULL, 16);
    r->out[33] = (sqlite3_column_int64(stmt, 3) & 0x80) != 0;
    r->out[34] = r->out[32] != 0;
    put_u32(r->out + 36,
            (uint32_t)(r->handle->extents[0].offset / r->disk.sector_size));
  } else {
    put_guid(r->out + 32, text);
    nt__sim_text(stmt, 1, text, sizeof text);
    put_guid(r->out + 48, text);
    put_u64(r->out + 64, (uint64_t)sqlite3_column_int64(stmt, 3));
    nt__sim_text(stmt, 2, text, sizeof text);
    for (size_t i = 0; i < 35 && text[i]; i++) { /* ASCII part of the name */
      r->out[72 + 2 * i] = (uint8_t)text[i];
    }
  }
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}

#define PARTITION_STYLE_MBR 0U
#define PARTITION_STYLE_GPT 1U
#define PARTITION_STYLE_RAW 2U

static nt_status partition_info(struct request *r, struct nt_error *err) {
  bool gpt = strcmp(r->disk.style, "gpt") == 0;
  bool table = r->volume.id != 0 && r->volume.partition_number != 0;
  if (r->handle->extent_count != 1) {
    return nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST, NULL,
                   "the volume lies on several partitions");
  }
  nt_status status = need(r, 144, err);
  if (!nt_ok(status)) {
    return status;
  }
  put_u32(r->out, !table ? PARTITION_STYLE_RAW
                  : gpt  ? PARTITION_STYLE_GPT
                         : PARTITION_STYLE_MBR);
  put_u64(r->out + 8, r->handle->extents[0].offset);
  put_u64(r->out + 16, r->handle->length);
  put_u32(r->out + 24, table ? r->volume.partition_number : 0);
  return table ? put_partition(r, gpt, err) : status;
}

static nt_status is_writable(const struct request *r, struct nt_error *err) {
  if (r->disk.flags & NT_DISK_READONLY ||
      r->volume.flags & NT_VOLUME_READONLY) {
    return nt_fail(err, NT_STATUS_MEDIA_WRITE_PROTECTED, NULL, NULL);
  }
  return NT_STATUS_SUCCESS;
}

/* ---- dispatch ------------------------------------------------------------ */

static nt_status dispatch(struct request *r, uint32_t code,
                          struct nt_error *err) {
  switch (code) {
    case NT_IOCTL_VOLUME_OFFLINE:
      return offline(r, err);
    case NT_IOCTL_VOLUME_ONLINE:
      return online(r, err);
    case NT_IOCTL_VOLUME_IS_OFFLINE:
      return r->volume.id == 0 ? volume_only(r, err)
             : on_cd(r)        ? not_on_cd(r, err)
                        : boolean(r->volume.flags & NT_VOLUME_OFFLINE, err);
    case NT_IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE:
      return on_cd(r) ? not_on_cd(r, err) : volume_only(r, err);
    case NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS:
      return extents(r, err);
    case NT_IOCTL_DISK_GET_LENGTH_INFO:
      return length_info(r, err);
    case NT_IOCTL_DISK_GET_DRIVE_GEOMETRY:
      return geometry(r, false, err);
    case NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX:
      return geometry(r, true, err);
    case NT_IOCTL_DISK_GET_PARTITION_INFO_EX:
      return partition_info(r, err);
    case NT_IOCTL_DISK_IS_WRITABLE:
      return is_writable(r, err);
    case NT_IOCTL_STORAGE_GET_DEVICE_NUMBER:
      return device_number(r, err);
    default:
      return nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST, NULL,
                     "the %s driver does not know this code",
                     r->volume.id ? "volume" : "disk");
  }
}

static nt_status load(struct request *r, struct nt_error *err) {
  struct sim_handle *h = r->handle;
  nt_status status = nt__sim_load_disk(r->m, h->extents[0].disk, &r->disk, err);
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
  nt_fail(err, NT_STATUS_DEVICE_DOES_NOT_EXIST, "removed", NULL);
  nt_hint(err, "close the handle");
  return NT_STATUS_DEVICE_DOES_NOT_EXIST;
}

nt_status nt__sim_device_control(struct sim_handle *handle, uint32_t code,
                                 void *out, size_t out_cap, size_t *out_len,
                                 struct nt_error *err) {
  struct request r = {.m = nt__sim_machine_of(handle),
                      .handle = handle,
                      .out = out,
                      .out_cap = out_cap};
  if (handle->file) { /* I10 */
    nt_fail(err, NT_STATUS_INVALID_PARAMETER, "not_a_volume",
            "this is a handle to a file or directory");
    nt_hint(err, "open the volume itself, without a path: D:");
    return NT_STATUS_INVALID_PARAMETER;
  }
  nt_status status = nt__sim_begin(r.m, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = load(&r, err);
  if (nt_ok(status)) {
    status = dispatch(&r, code, err);
  }
  status = nt__sim_end(r.m, status, err);
  if (nt_ok(status) || status == NT_STATUS_BUFFER_OVERFLOW) {
    *out_len = r.out_len;
  }
  return status;
}
