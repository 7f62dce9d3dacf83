/*
 * Finds the volumes of a disk in its partition table.
 */
#include <string.h>

#include "../../probe.h"
#include "partitions.h"

struct found {
  const struct nt_disk *disk;
  struct sim_partition *out;
  uint32_t capacity, count;
};

/* Adds one more partition, with number, offset and length filled in. */
static nt_status add(struct found *found, uint32_t number,
                     const struct nt_range *range, struct sim_partition **out,
                     struct nt_error *err) {
  if (found->count == found->capacity) {
    return nt_refuse_as(err, NT_STATUS_NOT_SUPPORTED, NT_REASON_PARTITION_TABLE,
                        "the disk has more than %u volumes", found->capacity);
  }
  *out = &found->out[found->count++];
  **out = (struct sim_partition){
      .number = number,
      .offset = range->start * found->disk->sector_size,
      .length = range->count * found->disk->sector_size,
  };
  return NT_STATUS_SUCCESS;
}

static nt_status add_mbr(struct found *found, const struct nt_mbr *mbr,
                         struct nt_error *err) {
  struct sim_partition *part;
  nt_status status = NT_STATUS_SUCCESS;
  for (uint32_t i = 0; i < mbr->count && nt_ok(status); i++) {
    const struct nt_mbr_entry *entry = &mbr->entries[i];
    if (entry->number == 0) {
      continue;
    }
    status = add(found, entry->number, &entry->range, &part, err);
    if (!nt_ok(status)) {
      break;
    }
    nt_format_text(part->type, sizeof part->type, "0x%x", entry->type);
    if (mbr->signature != 0) {
      nt_format_text(part->id, sizeof part->id, "%08x-%02x",
                     (unsigned)mbr->signature, (unsigned)entry->number);
    }
    part->attributes = entry->boot;
  }
  return status;
}

static nt_status add_gpt(struct found *found, const struct nt_gpt *gpt,
                         struct nt_error *err) {
  struct sim_partition *part;
  struct nt_range range;
  for (uint32_t i = 1; i <= gpt->entry_count; i++) {
    const uint8_t *entry = nt_gpt_entry(gpt, i);
    if (!nt_gpt_range(gpt, entry, &range)) {
      continue;
    }
    NT_TRY(add(found, i, &range, &part, err));
    nt_guid_text(entry + NT_GPT_TYPE, part->type);
    nt_guid_text(entry + NT_GPT_ID, part->id);
    nt_utf16le_text(entry + NT_GPT_NAME, NT_GPT_NAME_UNITS, part->name,
                    sizeof part->name);
    part->attributes = nt_get_u64(entry + NT_GPT_ATTRIBUTES);
  }
  return NT_STATUS_SUCCESS;
}

/* Returns false when bytes cannot be read. *status says what was found. */
static bool read_table(struct found *found, const uint8_t sector[512],
                       char style[8], nt_status *status, struct nt_error *err) {
  struct nt_mbr mbr;
  struct nt_gpt gpt;
  bool good = true;
  switch (nt_mbr_kind(sector)) {
    case NT_MBR_PROTECTS_GPT:
      good = nt_gpt_open(found->disk, &gpt);
      if (good && gpt.entries != NULL) {
        nt_copy(style, 8, "gpt");
        *status = add_gpt(found, &gpt, err);
      }
      nt_gpt_close(&gpt);
      break;
    case NT_MBR_TABLE:
      good = nt_mbr_read(found->disk, sector, &mbr);
      if (good) {
        nt_copy(style, 8, "mbr");
        *status = add_mbr(found, &mbr, err);
      }
      break;
    case NT_MBR_NONE:
      break;
  }
  return good;
}

static nt_status failed_to_read(const struct nt_file_region *r,
                                struct nt_error *err) {
  if (!r->region.failed) {
    return nt_refuse(err, NT_REASON_PARTITION_TABLE, "%s", r->region.damage);
  }
  nt_error_about(err, NT_REASON_PARTITION_TABLE, "reading the partition table");
  return r->status;
}

nt_status nt__sim_partition_read(const struct nt_file *file, uint64_t length,
                                 uint32_t sector_size, char style[8],
                                 struct sim_partition *out, uint32_t capacity,
                                 uint32_t *count, struct nt_error *err) {
  struct nt_file_region r;
  struct nt_probe whole;
  uint8_t sector[512];
  const struct nt_disk disk = {&r.region, sector_size};
  struct found found = {&disk, out, capacity, 0};
  nt_status status = NT_STATUS_SUCCESS;
  nt_file_region(file, 0, length, &r, err);
  nt_copy(style, 8, "none");
  /* A boot sector of a file system ends in the same signature as an MBR. A disk
   * that can be mounted as a whole is not partitioned. */
  bool good = nt_recognise(&r.region, &whole);
  if (good && length >= sizeof sector &&
      !nt__sim_fsd_mounts(whole.file_system, false)) {
    good = nt_region_read(&r.region, 0, sector, sizeof sector) &&
           read_table(&found, sector, style, &status, err);
  }
  if (!good) {
    return failed_to_read(&r, err);
  }
  if (strcmp(style, "none") == 0) {
    *out = (struct sim_partition){.length = length};
    found.count = 1;
  }
  *count = found.count;
  return status;
}
