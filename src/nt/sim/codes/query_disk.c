/*
 * What the disk driver reports of a disk and of the partitions on it
 * (docs/rules.md 4.4). What is reported of a single partition comes from the
 * database, which keeps it as the partition manager does. The whole layout
 * comes from the bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "../../disk/bytes.h"
#include "../db/store.h"
#include "../disk/image.h"
#include "../rules/refuse.h"
#include "layout.h"

/* ---- sizes --------------------------------------------------------------- */

static nt_status length_info(struct sim_request *r) {
  NT_TRY(nt__sim_claim(r, 8));
  nt_put_u64(r->out, r->handle->length);
  return NT_STATUS_SUCCESS;
}

/* The geometry that every BIOS, and Windows, assumes for disks of any size. */
#define HEADS 255U
#define SECTORS_PER_TRACK 63U
#define MEDIA_REMOVABLE 11U
#define MEDIA_FIXED 12U

static void put_geometry(const struct sim_request *r) {
  uint64_t track = (uint64_t)r->disk.sector_size * SECTORS_PER_TRACK;
  nt_put_u64(r->out, r->disk.length / (track * HEADS));
  nt_put_u32(r->out + 8,
             r->disk.flags & NT_DISK_REMOVABLE ? MEDIA_REMOVABLE : MEDIA_FIXED);
  nt_put_u32(r->out + 12, HEADS);
  nt_put_u32(r->out + 16, SECTORS_PER_TRACK);
  nt_put_u32(r->out + 20, r->disk.sector_size);
}

static nt_status geometry(struct sim_request *r) {
  NT_TRY(nt__sim_claim(r, 24));
  put_geometry(r);
  return NT_STATUS_SUCCESS;
}

static nt_status geometry_ex(struct sim_request *r) {
  NT_TRY(nt__sim_claim(r, 40));
  put_geometry(r);
  nt_put_u64(r->out + 24, r->disk.length);
  return NT_STATUS_SUCCESS;
}

/* ---- one partition ------------------------------------------------------- */

/* PARTITION_INFORMATION_MBR */
static void put_mbr(struct sim_request *r, sqlite3_stmt *stmt) {
  char type[16];
  nt__sim_text(stmt, 0, type, sizeof type);
  nt__sim_layout_mbr(r->out + 32, (uint8_t)strtoul(type, NULL, 16),
                     (sqlite3_column_int64(stmt, 3) & 0x80) != 0,
                     r->handle->extents[0].offset / r->disk.sector_size);
}

/* PARTITION_INFORMATION_GPT */
static void put_gpt(struct sim_request *r, sqlite3_stmt *stmt) {
  char text[128];
  nt__sim_text(stmt, 0, text, sizeof text);
  nt__sim_put_guid(r->out + 32, text);
  nt__sim_text(stmt, 1, text, sizeof text);
  nt__sim_put_guid(r->out + 48, text);
  nt_put_u64(r->out + 64, (uint64_t)sqlite3_column_int64(stmt, 3));
  nt__sim_text(stmt, 2, text, sizeof text);
  nt__sim_put_utf16(r->out + 72, 36, text);
}

static nt_status put_partition(struct sim_request *r) {
  sqlite3_stmt *stmt;
  NT_TRY(nt__sim_query(r,
                       "SELECT partition_type, partition_id, partition_name, "
                       "partition_attributes FROM volume WHERE id = ?1",
                       SIM_ARGS(SIM_INT(r->volume.id)), &stmt));
  NT_TRY(nt__sim_step(r, stmt));
  if (strcmp(r->disk.style, "gpt") == 0) {
    put_gpt(r, stmt);
  } else {
    put_mbr(r, stmt);
  }
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}

static nt_status partition_info(struct sim_request *r) {
  bool gpt = strcmp(r->disk.style, "gpt") == 0;
  bool table = r->volume.id != 0 && r->volume.partition_number != 0;
  NT_TRY(nt__sim_claim(r, SIM_LAYOUT_ENTRY));
  nt_put_u32(r->out, !table ? SIM_STYLE_RAW
                     : gpt  ? SIM_STYLE_GPT
                            : SIM_STYLE_MBR);
  nt_put_u64(r->out + 8, r->handle->extents[0].offset);
  nt_put_u64(r->out + 16, r->handle->length);
  nt_put_u32(r->out + 24, table ? r->volume.partition_number : 0);
  return table ? put_partition(r) : NT_STATUS_SUCCESS;
}

/* ---- the medium ---------------------------------------------------------- */

static nt_status is_writable(struct sim_request *r) {
  bool readonly;
  NT_TRY(nt__sim_disks_readonly(r, r->handle->extents, r->handle->extent_count,
                                &readonly));
  if (readonly || r->volume.flags & NT_VOLUME_READONLY) {
    return nt_refuse(r->err, NT_REASON_READONLY, NULL);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_range(const struct sim_request *r, uint64_t start,
                             uint64_t length) {
  uint32_t sector = r->disk.sector_size;
  if (start % sector != 0 || length % sector != 0) {
    return nt_refuse(r->err, NT_REASON_ALIGNMENT,
                     "the range is not whole sectors of %u bytes", sector);
  }
  if (start > r->handle->length || length > r->handle->length - start) {
    return nt_refuse_as(r->err, NT_STATUS_NONEXISTENT_SECTOR,
                        NT_REASON_PAST_END,
                        "the range ends behind the last byte, %llu",
                        (unsigned long long)r->handle->length);
  }
  return NT_STATUS_SUCCESS;
}

/* VERIFY_INFORMATION: { i64 start, u32 length, padding }. Every sector is
 * read. */
static nt_status verify(struct sim_request *r) {
  char buf[65536];
  NT_TRY(nt__sim_input(r, 16, NT_STATUS_INFO_LENGTH_MISMATCH));
  uint64_t at = nt_get_u64(r->in), left = nt_get_u32(r->in + 8);
  nt_status status = check_range(r, at, left);
  for (uint32_t i = 0; nt_ok(status) && i < r->handle->extent_count; i++) {
    status = nt__sim_image(r, r->handle->extents[i].disk);
  }
  while (nt_ok(status) && left > 0) {
    size_t n = left < sizeof buf ? (size_t)left : sizeof buf;
    status = nt__sim_image_read(r, r->handle->extents, r->handle->extent_count,
                                at, buf, n);
    at += n;
    left -= n;
  }
  return status;
}

/* STORAGE_DEVICE_NUMBER */
#define FILE_DEVICE_CD_ROM 2U
#define FILE_DEVICE_DISK 7U
#define NO_PARTITION 0xFFFFFFFFU /* the device cannot be partitioned */

/* CD drives have numbers of their own: \Device\CdRom0 is the first. */
static nt_status cd_number(struct sim_request *r) {
  int64_t number;
  NT_TRY(nt__sim_cd_number(r, r->disk.number, &number));
  NT_TRY(nt__sim_claim(r, 12));
  nt_put_u32(r->out, FILE_DEVICE_CD_ROM);
  nt_put_u32(r->out + 4, (uint32_t)number);
  nt_put_u32(r->out + 8, NO_PARTITION);
  return NT_STATUS_SUCCESS;
}

static nt_status device_number(struct sim_request *r) {
  if (r->disk.flags & NT_DISK_CDROM) {
    return cd_number(r);
  }
  NT_TRY(nt__sim_claim(r, 12));
  nt_put_u32(r->out, FILE_DEVICE_DISK);
  nt_put_u32(r->out + 4, r->disk.number);
  nt_put_u32(r->out + 8, r->volume.id ? r->volume.partition_number : 0);
  return NT_STATUS_SUCCESS;
}

const struct sim_answer nt__sim_disk_answers[] = {
    {NT_IOCTL_DISK_GET_LENGTH_INFO, SIM_OF_MEDIUM | SIM_OF_ONLINE, length_info},
    {NT_IOCTL_DISK_GET_DRIVE_GEOMETRY, SIM_OF_MEDIUM, geometry},
    {NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, SIM_OF_MEDIUM, geometry_ex},
    {NT_IOCTL_DISK_GET_PARTITION_INFO_EX, SIM_ONE_DISK | SIM_OF_MEDIUM,
     partition_info},
    {NT_IOCTL_DISK_SET_PARTITION_INFO, SIM_ONE_DISK | SIM_OF_MEDIUM,
     nt__sim_set_partition_type},
    {NT_IOCTL_DISK_GET_DRIVE_LAYOUT_EX, SIM_ONE_DISK | SIM_OF_MEDIUM,
     nt__sim_layout_answer},
    {NT_IOCTL_DISK_SET_DRIVE_LAYOUT_EX,
     SIM_OF_DISK | SIM_NOT_OF_CD | SIM_OF_MEDIUM, nt__sim_set_table},
    {NT_IOCTL_DISK_CREATE_DISK, SIM_OF_DISK | SIM_NOT_OF_CD | SIM_OF_MEDIUM,
     nt__sim_create_table},
    {NT_IOCTL_DISK_DELETE_DRIVE_LAYOUT,
     SIM_OF_DISK | SIM_NOT_OF_CD | SIM_OF_MEDIUM, nt__sim_delete_table},
    {NT_IOCTL_DISK_IS_WRITABLE, SIM_OF_MEDIUM, is_writable},
    {NT_IOCTL_DISK_VERIFY, SIM_OF_MEDIUM | SIM_OF_ONLINE, verify},
    {NT_IOCTL_DISK_UPDATE_PROPERTIES, SIM_OF_MEDIUM, nt__sim_layout_update},
    {NT_IOCTL_VOLUME_UPDATE_PROPERTIES, SIM_OF_VOLUME | SIM_OF_MEDIUM,
     nt__sim_layout_update},
    {NT_IOCTL_DISK_GET_DISK_ATTRIBUTES, SIM_OF_DISK,
     nt__sim_get_disk_attributes},
    {NT_IOCTL_DISK_SET_DISK_ATTRIBUTES, SIM_OF_DISK,
     nt__sim_set_disk_attributes},
    {NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, SIM_ONE_DISK, device_number},
    {0, 0, NULL},
};
