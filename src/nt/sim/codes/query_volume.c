/*
 * What the volume driver reports of a volume (docs/rules.md 4.4): where it
 * lies, what its names are, and its entry in the partition table.
 */
#include <stdio.h>
#include <string.h>

#include "../db/store.h"
#include "../disk/bytes.h"
#include "query.h"

/* ---- questions by status ------------------------------------------------- */

static nt_status is_clustered(struct sim_request *r) {
  return nt__sim_boolean(r, r->volume.node != 0);
}

/* The output is one BOOLEAN, which is always true: for other volumes the code
 * is refused. */
static nt_status is_csv(struct sim_request *r) {
  if (!nt__sim_is_shared(&r->volume)) {
    nt_fail(r->err, NT_STATUS_INVALID_DEVICE_REQUEST,
            "the volume is not cluster shared");
    nt_hint(r->err, "only cluster shared volumes answer this");
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  NT_TRY(nt__sim_claim(r, 1));
  r->out[0] = 1;
  return NT_STATUS_SUCCESS;
}

static nt_status is_io_capable(struct sim_request *r) {
  return nt__sim_boolean(r,
                         !(r->volume.flags & NT_VOLUME_OFFLINE) &&
                             (!r->handle->removable || r->handle->length > 0));
}

static nt_status is_partition(struct sim_request *r) {
  return nt__sim_boolean(
      r, r->volume.partition_number != 0 && r->handle->extent_count == 1);
}

/* ---- disks --------------------------------------------------------------- */

/* VOLUME_DISK_EXTENTS. A buffer that is too small for one extent is refused. A
 * buffer that is too small for all of them gets one and the true count. */
static nt_status extents(struct sim_request *r) {
  uint32_t count = r->handle->extent_count;
  size_t whole = 8 + 24 * (size_t)count;
  bool more = r->out_cap >= 32 && r->out_cap < whole;
  NT_TRY(nt__sim_claim(r, more ? 32 : whole));
  nt_put_u32(r->out, count);
  for (uint32_t i = 0; i < (more ? 1 : count); i++) {
    uint8_t *at = r->out + 8 + 24 * (size_t)i;
    nt_put_u32(at, r->handle->extents[i].disk);
    nt_put_u64(at + 8, r->handle->extents[i].offset);
    nt_put_u64(at + 16, r->handle->extents[i].length);
  }
  return more ? nt__sim_more(r, whole) : NT_STATUS_SUCCESS;
}

/* Lists the disks of a volume, each one once. */
static uint32_t list_disks(const struct sim_handle *h,
                           uint32_t disks[NT_MAX_EXTENTS]) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < h->extent_count; i++) {
    uint32_t j = 0;
    while (j < count && disks[j] != h->extents[i].disk) {
      j++;
    }
    if (j == count) {
      disks[count++] = h->extents[i].disk;
    }
  }
  return count;
}

/* VOLUME_FAILOVER_SET: { u32 count, u32 disk[] } */
static nt_status failover_set(struct sim_request *r) {
  uint32_t disks[NT_MAX_EXTENTS];
  uint32_t count = list_disks(r->handle, disks);
  size_t whole = 4 + 4 * (size_t)count;
  bool more = r->out_cap >= 8 && r->out_cap < whole;
  NT_TRY(nt__sim_claim(r, more ? 8 : whole));
  nt_put_u32(r->out, count);
  for (uint32_t i = 0; i < (more ? 1 : count); i++) {
    nt_put_u32(r->out + 4 + 4 * (size_t)i, disks[i]);
  }
  return more ? nt__sim_more(r, whole) : NT_STATUS_SUCCESS;
}

/* VOLUME_LOGICAL_OFFSET to VOLUME_PHYSICAL_OFFSETS: { u32 count, u32 padding,
 * { u32 disk, u32 padding, i64 offset }[] } */
static nt_status to_physical(struct sim_request *r) {
  nt_status status = nt__sim_input(r, 8, NT_STATUS_INVALID_PARAMETER);
  if (nt_ok(status)) {
    status = nt__sim_claim(r, 24);
  }
  uint64_t offset = nt_ok(status) ? nt_get_u64(r->in) : 0;
  for (uint32_t i = 0; nt_ok(status) && i < r->handle->extent_count; i++) {
    const struct nt_extent *extent = &r->handle->extents[i];
    if (offset < extent->length) {
      nt_put_u32(r->out, 1);
      nt_put_u32(r->out + 8, extent->disk);
      nt_put_u64(r->out + 16, extent->offset + offset);
      return status;
    }
    offset -= extent->length;
  }
  if (nt_ok(status)) {
    status =
        nt_refuse_as(r->err, NT_STATUS_INVALID_PARAMETER, NT_REASON_PAST_END,
                     "the offset is not within the volume");
  }
  return status;
}

/* Converts a VOLUME_PHYSICAL_OFFSET to a VOLUME_LOGICAL_OFFSET. */
static nt_status to_logical(struct sim_request *r) {
  NT_TRY(nt__sim_input(r, 16, NT_STATUS_BUFFER_TOO_SMALL));
  nt_status status = nt__sim_claim(r, 8);
  if (!nt_ok(status)) {
    return status;
  }
  uint32_t disk = nt_get_u32(r->in);
  uint64_t offset = nt_get_u64(r->in + 8), before = 0;
  for (uint32_t i = 0; i < r->handle->extent_count; i++) {
    const struct nt_extent *extent = &r->handle->extents[i];
    if (disk == extent->disk && offset >= extent->offset &&
        offset - extent->offset < extent->length) {
      nt_put_u64(r->out, before + offset - extent->offset);
      return status;
    }
    before += extent->length;
  }
  nt_fail(r->err, NT_STATUS_INVALID_PARAMETER,
          "that place of disk %u is not of the volume", disk);
  nt_hint(r->err, "ask for its extents");
  return NT_STATUS_INVALID_PARAMETER;
}

/* ---- names --------------------------------------------------------------- */

/* VOLUME_NUMBER: { u32 number, WCHAR driver[8] } */
static nt_status volume_number(struct sim_request *r) {
  NT_TRY(nt__sim_claim(r, 20));
  nt_put_u32(r->out, (uint32_t)r->volume.id);
  nt__sim_put_utf16(r->out + 4, 8, "VOLMGR  ");
  return NT_STATUS_SUCCESS;
}

/* { u16 length, bytes }: a buffer that is too small for all of it gets only the
 * length. `least` is the size of the structure of mountmgr.h, without what
 * follows it. */
static nt_status put_counted(struct sim_request *r, const uint8_t *bytes,
                             size_t length, size_t least) {
  bool more = r->out_cap >= least && r->out_cap < 2 + length;
  NT_TRY(nt__sim_claim(r, more ? least : 2 + length));
  r->out[0] = (uint8_t)length;
  r->out[1] = (uint8_t)(length >> 8);
  if (more) {
    return nt__sim_more(r, 2 + length);
  }
  memcpy(r->out + 2, bytes, length);
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_volume_device(const struct sim_request *r, int64_t volume,
                                char *buf, size_t cap) {
  int64_t drive = -1;
  nt_status status = nt__sim_number(
      r,
      "SELECT d.number FROM extent e JOIN disk d ON d.number = e.disk "
      "WHERE e.volume = ?1 AND d.flags & ?2 <> 0",
      SIM_ARGS(SIM_INT(volume), SIM_INT(NT_DISK_CDROM)), -1, &drive);
  if (nt_ok(status) && drive < 0) {
    snprintf(buf, cap, "\\Device\\HarddiskVolume%lld", (long long)volume);
  } else if (nt_ok(status)) {
    status = nt__sim_cd_number(r, (uint32_t)drive, &drive);
    snprintf(buf, cap, "\\Device\\CdRom%lld", (long long)drive);
  }
  return status;
}

/* MOUNTDEV_NAME */
static nt_status device_name(struct sim_request *r) {
  char name[64];
  uint8_t units[2 * sizeof name];
  nt_status status = NT_STATUS_SUCCESS;
  if (r->volume.id != 0) {
    status = nt__sim_volume_device(r, r->volume.id, name, sizeof name);
  } else {
    snprintf(name, sizeof name, "\\Device\\Harddisk%u\\DR%u", r->disk.number,
             r->disk.number);
  }
  if (!nt_ok(status)) {
    return status;
  }
  size_t count = nt__sim_put_utf16(units, sizeof name, name);
  return put_counted(r, units, 2 * count, 4);
}

/* Reads the signature of a disk from its MBR. */
static nt_status read_signature(const struct sim_request *r,
                                const struct sim_disk *disk, uint8_t out[4]) {
  struct nt_extent whole = {disk->number, 0, disk->length};
  struct sim_bytes b;
  NT_TRY(nt__sim_bytes_open(r, &whole, 1, disk->length, &b));
  return nt__sim_bytes_status(
      &b, nt_region_read(&b.region, NT_MBR_SIGNATURE, out, 4));
}

/* W6: whether the entry of the volume says of it what it says of another one
 * that was there before: two entries of a table that are the same, or clones
 * in two drives. */
static nt_status is_twin(const struct sim_request *r,
                         const struct sim_volume *volume, bool *out) {
  int64_t before = 0;
  nt_status status = nt__sim_number(
      r,
      "SELECT count(*) FROM volume v, volume o, extent e, extent f WHERE "
      "v.id = ?1 AND o.id < ?1 AND e.volume = v.id AND f.volume = o.id AND "
      "e.ordinal = 0 AND f.ordinal = 0 AND f.length > 0 AND ((e.disk = "
      "f.disk AND e.start = f.start) OR (v.partition_id <> '' AND "
      "v.partition_id = "
      "o.partition_id AND o.installed = 1))",
      SIM_ARGS(SIM_INT(volume->id)), 0, &before);
  *out = before != 0;
  return status;
}

/* Whether the table tells the volume from all others. The signature of a disk
 * in a drive is not looked at by Windows, and one of zeros is none. */
static nt_status has_own_entry(const struct sim_request *r,
                               const struct sim_volume *volume,
                               const struct sim_disk *disk, bool *out) {
  uint8_t signature[4] = {1};
  bool twin = false;
  NT_TRY(is_twin(r, volume, &twin));
  if (strcmp(disk->style, "mbr") == 0) {
    NT_TRY(read_signature(r, disk, signature));
  }
  *out =
      !twin && !(disk->flags & NT_DISK_REMOVABLE) && nt_get_u32(signature) != 0;
  return NT_STATUS_SUCCESS;
}

/* The unique id of a GPT partition is "DMIO:ID:" and its GUID. That of an MBR
 * partition is the signature of the disk and the place of the partition. A
 * volume without a partition of its own has neither; choice: its GUID. */
nt_status nt__sim_unique_id(const struct sim_request *r,
                            const struct sim_volume *volume,
                            uint8_t id[SIM_UNIQUE_ID_MAX], size_t *length) {
  struct nt_extent extents[NT_MAX_EXTENTS];
  struct sim_disk disk;
  uint8_t entry[NT_GPT_ENTRY];
  uint32_t count = 0;
  bool own = false;
  nt_status status = NT_STATUS_SUCCESS;
  *length = 16;
  if (volume->partition_number == 0) {
    nt__sim_put_guid(id, volume->guid);
    return status;
  }
  status = nt__sim_load_extents(r, volume->id, extents, &count);
  if (nt_ok(status)) {
    status = nt__sim_load_disk(r, extents[0].disk, &disk);
  }
  if (nt_ok(status)) {
    status = has_own_entry(r, volume, &disk, &own);
  }
  if (nt_ok(status) && !own) {
    nt__sim_put_guid(id, volume->guid);
  } else if (nt_ok(status) && strcmp(disk.style, "gpt") == 0) {
    status = nt__sim_gpt_entry(r, &disk, volume->partition_number, entry);
    memcpy(id, "DMIO:ID:", 8);
    memcpy(id + 8, entry + NT_GPT_ID, 16);
    *length = 24;
  } else if (nt_ok(status)) {
    status = read_signature(r, &disk, id);
    nt_put_u64(id + 4, extents[0].offset);
    *length = 12;
  }
  return status;
}

/* MOUNTDEV_UNIQUE_ID */
static nt_status unique_id(struct sim_request *r) {
  uint8_t id[SIM_UNIQUE_ID_MAX];
  size_t length;
  NT_TRY(nt__sim_unique_id(r, &r->volume, id, &length));
  return put_counted(r, id, length, 4);
}

/* MOUNTDEV_STABLE_GUID */
static nt_status stable_guid(struct sim_request *r) {
  NT_TRY(nt__sim_claim(r, 16));
  nt__sim_put_guid(r->out, r->volume.guid);
  return NT_STATUS_SUCCESS;
}

/* ---- attributes of a GPT partition --------------------------------------- */

static nt_status check_gpt(const struct sim_request *r) {
  if (r->volume.partition_number != 0 && strcmp(r->disk.style, "gpt") == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(r->err, NT_STATUS_INVALID_DEVICE_REQUEST,
          "the volume is no partition of a GPT");
  nt_hint(r->err, "only GPT partitions have attributes");
  return NT_STATUS_INVALID_DEVICE_REQUEST;
}

static nt_status gpt_attributes(struct sim_request *r) {
  uint8_t entry[NT_GPT_ENTRY];
  NT_TRY(check_gpt(r));
  NT_TRY(nt__sim_claim(r, 8));
  NT_TRY(nt__sim_gpt_entry(r, &r->disk, r->volume.partition_number, entry));
  memcpy(r->out, entry + NT_GPT_ATTRIBUTES, 8);
  return NT_STATUS_SUCCESS;
}

/* Saves the attributes. The volume is read-only if the attribute for that is
 * set. */
static nt_status save_attributes(struct sim_request *r, uint64_t attributes) {
  r->volume.flags &= ~NT_VOLUME_READONLY;
  if (attributes & NT_GPT_READ_ONLY) {
    r->volume.flags |= NT_VOLUME_READONLY;
  }
  NT_TRY(nt__sim_save_volume(r, &r->volume));
  return nt__sim_exec(
      r, "UPDATE volume SET partition_attributes = ?2 WHERE id = ?1",
      SIM_ARGS(SIM_INT(r->volume.id), SIM_INT(attributes)));
}

/* VOLUME_SET_GPT_ATTRIBUTES_INFORMATION: { u64 attributes, u8 revert on close,
 * u8 all volumes of the disk, padding to 16 }. The last field is for MBR disks.
 */
static nt_status set_gpt_attributes(struct sim_request *r) {
  NT_TRY(check_gpt(r));
  NT_TRY(nt__sim_input(r, 16, NT_STATUS_INVALID_PARAMETER));
  if (r->in[8] != 0) {
    return nt_refuse(
        r->err, NT_REASON_REVERT_ON_CLOSE,
        "the simulated machine does not take attributes back at the close");
  }
  uint64_t attributes = nt_get_u64(r->in);
  NT_TRY(nt__sim_gpt_set_attributes(r, &r->disk, r->volume.partition_number,
                                    attributes));
  return save_attributes(r, attributes);
}

const struct sim_answer nt__sim_volume_answers[] = {
    {NT_IOCTL_VOLUME_IS_CLUSTERED, SIM_OF_VOLUME | SIM_NOT_OF_CD, is_clustered},
    {NT_IOCTL_VOLUME_IS_CSV, SIM_OF_VOLUME | SIM_NOT_OF_CD, is_csv},
    {NT_IOCTL_VOLUME_IS_IO_CAPABLE, SIM_OF_VOLUME | SIM_NOT_OF_CD,
     is_io_capable},
    {NT_IOCTL_VOLUME_IS_PARTITION, SIM_OF_VOLUME | SIM_NOT_OF_CD, is_partition},
    {NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS,
     SIM_OF_VOLUME | SIM_NOT_OF_CD | SIM_OF_MEDIUM, extents},
    {NT_IOCTL_VOLUME_QUERY_FAILOVER_SET, SIM_OF_VOLUME | SIM_NOT_OF_CD,
     failover_set},
    {NT_IOCTL_VOLUME_QUERY_VOLUME_NUMBER, SIM_OF_VOLUME | SIM_NOT_OF_CD,
     volume_number},
    {NT_IOCTL_VOLUME_LOGICAL_TO_PHYSICAL,
     SIM_OF_VOLUME | SIM_NOT_OF_CD | SIM_OF_MEDIUM, to_physical},
    {NT_IOCTL_VOLUME_PHYSICAL_TO_LOGICAL,
     SIM_OF_VOLUME | SIM_NOT_OF_CD | SIM_OF_MEDIUM, to_logical},
    {NT_IOCTL_VOLUME_GET_GPT_ATTRIBUTES,
     SIM_OF_VOLUME | SIM_NOT_OF_CD | SIM_OF_MEDIUM, gpt_attributes},
    {NT_IOCTL_VOLUME_SET_GPT_ATTRIBUTES,
     SIM_OF_VOLUME | SIM_NOT_OF_CD | SIM_OF_MEDIUM, set_gpt_attributes},
    {NT_IOCTL_MOUNTDEV_QUERY_DEVICE_NAME, 0, device_name},
    {NT_IOCTL_MOUNTDEV_QUERY_UNIQUE_ID, SIM_OF_VOLUME, unique_id},
    {NT_IOCTL_MOUNTDEV_QUERY_STABLE_GUID, SIM_OF_VOLUME, stable_guid},
    {0, 0, NULL},
};
