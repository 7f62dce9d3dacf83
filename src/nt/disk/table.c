/*
 * What a disk is: one volume as a whole, or partitioned, and with sectors of
 * which size. libblkid and libfdisk decide by the same signs: a boot sector of
 * a file system ends in the same signature as an MBR, and is none.
 */
#include <string.h>

#include "../text.h"
#include "file_system.h"
#include "table.h"

/* ---- GPT ----------------------------------------------------------------- */

static bool try_gpt(struct nt_region *region, uint32_t sector_size,
                    struct nt_table *out) {
  const struct nt_disk disk = {region, sector_size};
  nt_gpt_close(&out->gpt);
  return nt_gpt_open(&disk, &out->gpt);
}

/* The header of a GPT of 4096-byte sectors lies where one of 512-byte sectors
 * has entries. */
static bool open_gpt(struct nt_region *region, uint32_t sector_size,
                     struct nt_table *out) {
  const uint32_t first = sector_size != 0 ? sector_size : 512;
  const uint32_t other = first == 512 ? 4096 : 512;
  out->style = NT_TABLE_GPT;
  out->sector_size = first;
  if (!try_gpt(region, first, out)) {
    return false;
  }
  if (out->gpt.entries != NULL) {
    return true;
  }
  out->damaged = true;
  if (!try_gpt(region, other, out)) {
    return false;
  }
  bool found = out->gpt.entries != NULL;
  if (found && sector_size == 0) {
    out->damaged = false;
    out->sector_size = other;
  } else if (found) {
    out->elsewhere = other;
    nt_gpt_close(&out->gpt);
  }
  return true;
}

/* ---- the decision -------------------------------------------------------- */

/* A table without partitions in front of a file system that leaves the first
 * sector to others is none. */
static bool is_left_to_others(struct nt_region *region,
                              const struct nt_table *table) {
  struct nt_probe probe;
  struct nt_partition part;
  uint32_t cursor = 0;
  return !nt_table_next(table, &cursor, &part) &&
         nt_recognise(region, &probe) &&
         strcmp(probe.file_system, "btrfs") == 0;
}

static bool open_mbr(struct nt_region *region, const uint8_t sector[512],
                     struct nt_table *out) {
  const struct nt_disk disk = {region, out->sector_size};
  if (!nt_mbr_read(&disk, sector, &out->mbr)) {
    return false;
  }
  out->style = NT_TABLE_MBR;
  if (is_left_to_others(region, out)) {
    out->style = NT_TABLE_NONE;
  }
  return !region->failed;
}

/* W5: what protects a GPT does so whatever else the disk looks like. */
static enum nt_mbr_kind kind_of(struct nt_region *region,
                                const struct nt_disk *disk,
                                const uint8_t sector[512]) {
  if (nt_mbr_protects(sector)) {
    return NT_MBR_PROTECTS_GPT;
  }
  enum nt_boot_sector boot = nt_boot_sector(region, sector);
  bool volume =
      boot == NT_BOOT_SECTOR ||
      (boot == NT_BOOT_SECTOR_NAMED && !nt_mbr_names_partition(disk, sector));
  return volume ? NT_MBR_NONE : nt_mbr_kind(sector);
}

bool nt_table_open(struct nt_region *region, uint32_t sector_size,
                   struct nt_table *out) {
  uint8_t sector[512];
  *out = (struct nt_table){.sector_size = sector_size ? sector_size : 512};
  const struct nt_disk disk = {region, out->sector_size};
  if (region->length < sizeof sector) {
    return true;
  }
  if (!nt_region_read(region, 0, sector, sizeof sector)) {
    return false;
  }
  enum nt_mbr_kind kind = kind_of(region, &disk, sector);
  if (region->failed) {
    return false;
  }
  switch (kind) {
    case NT_MBR_PROTECTS_GPT:
      return open_gpt(region, sector_size, out);
    case NT_MBR_TABLE:
      return open_mbr(region, sector, out);
    case NT_MBR_NONE:
      break;
  }
  return true;
}

void nt_table_close(struct nt_table *table) {
  nt_gpt_close(&table->gpt);
}

bool nt_table_erase(const struct nt_disk *disk) {
  static const uint8_t zeros[4096];
  return nt_disk_sectors(disk) == 0
             ? nt_region_damaged(disk->region, "it has no sectors")
             : nt_gpt_erase(disk) &&
                   nt_region_write(disk->region, 0, zeros, disk->sector_size);
}

/* ---- partitions ---------------------------------------------------------- */

static void show_mbr(const struct nt_mbr *mbr, const struct nt_mbr_entry *entry,
                     struct nt_partition *out) {
  *out = (struct nt_partition){.number = entry->number,
                               .range = entry->range,
                               .use = nt_mbr_use(entry->type),
                               .attributes = entry->boot};
  nt_format_text(out->type, sizeof out->type, "0x%x", entry->type);
  if (mbr->signature != 0) {
    nt_format_text(out->id, sizeof out->id, "%08x-%02x",
                   (unsigned)mbr->signature, (unsigned)entry->number);
  }
}

static bool next_mbr(const struct nt_mbr *mbr, uint32_t *cursor,
                     struct nt_partition *out) {
  while (*cursor < mbr->count) {
    const struct nt_mbr_entry *entry = &mbr->entries[(*cursor)++];
    if (entry->number != 0) {
      show_mbr(mbr, entry, out);
      return true;
    }
  }
  return false;
}

static void show_gpt(const uint8_t *entry, struct nt_partition *out) {
  out->use = nt_gpt_use(entry);
  nt_guid_text(entry + NT_GPT_TYPE, out->type);
  nt_guid_text(entry + NT_GPT_ID, out->id);
  nt_utf16le_text(entry + NT_GPT_NAME, NT_GPT_NAME_UNITS, out->name,
                  sizeof out->name);
  out->attributes = nt_get_u64(entry + NT_GPT_ATTRIBUTES);
}

static bool next_gpt(const struct nt_gpt *gpt, uint32_t *cursor,
                     struct nt_partition *out) {
  while (gpt->entries != NULL && *cursor < gpt->entry_count) {
    const uint8_t *entry = nt_gpt_entry(gpt, ++*cursor);
    *out = (struct nt_partition){.number = *cursor};
    if (nt_gpt_range(gpt, entry, &out->range)) {
      show_gpt(entry, out);
      return true;
    }
  }
  return false;
}

bool nt_table_next(const struct nt_table *table, uint32_t *cursor,
                   struct nt_partition *out) {
  switch (table->style) {
    case NT_TABLE_MBR:
      return next_mbr(&table->mbr, cursor, out);
    case NT_TABLE_GPT:
      return next_gpt(&table->gpt, cursor, out);
    case NT_TABLE_NONE:
      break;
  }
  return false;
}
