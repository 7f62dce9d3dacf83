/*
 * The GUID partition table. Layout: UEFI specification 2.10, section 5.3 "GUID
 * Partition Table (GPT) Disk Layout". The header at LBA 1 and its array of
 * entries have a copy at the end of the disk; either is enough.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../text.h"
#include "table.h"

/* The header. */
#define SIGNATURE "EFI PART"
#define REVISION 0x00010000U
#define HEADER_SIZE 92U
#define AT_REVISION 8
#define AT_HEADER_SIZE 12
#define AT_HEADER_CRC 16
#define AT_MY_LBA 24
#define AT_OTHER_LBA 32
#define AT_FIRST_USABLE 40
#define AT_LAST_USABLE 48
#define AT_DISK_GUID 56
#define AT_ENTRIES_LBA 72
#define AT_ENTRY_COUNT 80
#define AT_ENTRY_SIZE 84
#define AT_ENTRIES_CRC 88

/* An entry. */
#define ENTRY_SIZE 128U
#define ENTRY_COUNT 128U
#define ENTRIES_BYTES (ENTRY_SIZE * ENTRY_COUNT)
#define AT_TYPE 0
#define AT_ID 16
#define AT_START 32
#define AT_LAST 40
#define AT_ATTRIBUTES 48
#define AT_NAME 56
#define NAME_UNITS 36

/* More is no table that anybody made. */
#define MOST_ENTRIES 8192U

/* EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, what Windows gives a data partition.
 * The first three groups of a GUID are little-endian. */
/* AF9B60A0-1431-4F62-BC68-3311714A69AD, a part of a dynamic disk */
static const uint8_t ldm_data[16] = {0xA0, 0x60, 0x9B, 0xAF, 0x31, 0x14,
                                     0x62, 0x4F, 0xBC, 0x68, 0x33, 0x11,
                                     0x71, 0x4A, 0x69, 0xAD};
static const uint8_t basic_data[16] = {0xA2, 0xA0, 0xD0, 0xEB, 0xE5, 0xB9,
                                       0x33, 0x44, 0x87, 0xC0, 0x68, 0xB6,
                                       0xB7, 0x26, 0x99, 0xC7};

/* CRC-32 of ISO 3309, as zip and Ethernet have it. */
static uint32_t crc32(const uint8_t *bytes, size_t length) {
  uint32_t crc = 0xFFFFFFFFU;
  for (size_t i = 0; i < length; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = crc >> 1 ^ (0xEDB88320U & (0U - (crc & 1U)));
    }
  }
  return ~crc;
}

/* ---- reading ------------------------------------------------------------- */

struct header {
  uint64_t first_usable, last_usable, entries_lba;
  uint32_t entry_count, entries_crc;
};

static bool check_sum(uint8_t *sector, uint32_t size) {
  uint32_t sum = (uint32_t)table_get(sector + AT_HEADER_CRC, 4);
  table_put(sector + AT_HEADER_CRC, 0, 4);
  return crc32(sector, size) == sum;
}

/* Checks the header at `lba`, which is in `sector`. */
static bool decode(const struct sim_table *table, uint64_t lba, uint8_t *sector,
                   struct header *h) {
  uint32_t size = (uint32_t)table_get(sector + AT_HEADER_SIZE, 4);
  if (memcmp(sector, SIGNATURE, 8) != 0 || size < HEADER_SIZE ||
      size > table->sector_size || !check_sum(sector, size)) {
    return false;
  }
  *h = (struct header){table_get(sector + AT_FIRST_USABLE, 8),
                       table_get(sector + AT_LAST_USABLE, 8),
                       table_get(sector + AT_ENTRIES_LBA, 8),
                       (uint32_t)table_get(sector + AT_ENTRY_COUNT, 4),
                       (uint32_t)table_get(sector + AT_ENTRIES_CRC, 4)};
  return table_get(sector + AT_MY_LBA, 8) == lba &&
         h->first_usable <= h->last_usable && h->last_usable < table->sectors &&
         h->entries_lba < table->sectors &&
         !(h->first_usable < lba && lba < h->last_usable) &&
         h->entry_count > 0 && h->entry_count <= MOST_ENTRIES &&
         table_get(sector + AT_ENTRY_SIZE, 4) == ENTRY_SIZE;
}

static nt_status read_header(const struct sim_table *table, uint64_t lba,
                             struct header *h, bool *valid,
                             struct nt_error *err) {
  uint8_t sector[4096] = {0};
  nt_status status =
      nt__sim_table_read(table, lba, sector, table->sector_size, err);
  *valid = nt_ok(status) && decode(table, lba, sector, h);
  return status;
}

/* The caller frees the entries. */
static nt_status read_entries(const struct sim_table *table,
                              const struct header *h, uint8_t **out,
                              bool *valid, struct nt_error *err) {
  size_t size = (size_t)h->entry_count * ENTRY_SIZE;
  uint8_t *entries = malloc(size);
  if (!entries) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL, NULL);
  }
  nt_status status =
      nt__sim_table_read(table, h->entries_lba, entries, size, err);
  *valid = nt_ok(status) && crc32(entries, size) == h->entries_crc;
  if (*valid) {
    *out = entries;
  } else {
    free(entries);
  }
  return status;
}

static nt_status read_copy(const struct sim_table *table, uint64_t lba,
                           struct header *h, uint8_t **entries, bool *valid,
                           struct nt_error *err) {
  nt_status status = read_header(table, lba, h, valid, err);
  return *valid ? read_entries(table, h, entries, valid, err) : status;
}

static void show_guid(const uint8_t *at, char *buf, size_t cap) {
  snprintf(buf, cap, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
           (unsigned)table_get(at, 4), (unsigned)table_get(at + 4, 2),
           (unsigned)table_get(at + 6, 2), at[8], at[9], at[10], at[11], at[12],
           at[13], at[14], at[15]);
}

/* Adds a partition unless the entry is empty or points outside. */
static nt_status add_entry(const struct sim_table *table,
                           const struct header *h, const uint8_t *entry,
                           uint32_t number, struct sim_found *found,
                           struct nt_error *err) {
  static const uint8_t empty[16];
  uint64_t first = table_get(entry + AT_START, 8);
  uint64_t last = table_get(entry + AT_LAST, 8);
  struct sim_partition *part;
  if (memcmp(entry + AT_TYPE, empty, sizeof empty) == 0 || last < first ||
      first < h->first_usable || last > h->last_usable) {
    return NT_STATUS_SUCCESS;
  }
  struct sim_range range = {.start = first, .count = last - first + 1};
  nt_status status =
      nt__sim_table_add(table, found, number, &range, &part, err);
  if (nt_ok(status)) {
    show_guid(entry + AT_TYPE, part->type, sizeof part->type);
    show_guid(entry + AT_ID, part->id, sizeof part->id);
    nt_utf16le_text(entry + AT_NAME, NAME_UNITS, part->name, sizeof part->name);
    part->attributes = table_get(entry + AT_ATTRIBUTES, 8);
  }
  return status;
}

nt_status nt__sim_gpt_read(const struct sim_table *table,
                           struct sim_found *found, bool *valid,
                           struct nt_error *err) {
  struct header h = {0};
  uint8_t *entries = NULL;
  *valid = false;
  if (table->sectors < 3) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = read_copy(table, 1, &h, &entries, valid, err);
  if (nt_ok(status) && !*valid) {
    status = read_copy(table, table->sectors - 1, &h, &entries, valid, err);
  }
  for (uint32_t i = 0; *valid && nt_ok(status) && i < h.entry_count; i++) {
    status = add_entry(table, &h, entries + (size_t)i * ENTRY_SIZE, i + 1,
                       found, err);
  }
  if (*valid) {
    free(entries);
  }
  return status;
}

/* ---- writing ------------------------------------------------------------- */

/* Sectors of the array of entries. */
static uint64_t entries_sectors(const struct sim_table *table) {
  return ENTRIES_BYTES / table->sector_size;
}

/* At the end of the disk lie the copy of the array and of the header. */
uint64_t nt__sim_gpt_end(const struct sim_table *table) {
  uint64_t taken = entries_sectors(table) + 1;
  return table->sectors > 2 * taken + 1 ? table->sectors - taken : 0;
}

static nt_status put_new_guid(uint8_t *at, struct nt_error *err) {
  nt_status status = nt_random(at, 16, err);
  at[7] = (uint8_t)((at[7] & 0x0FU) | 0x40U); /* version 4 (RFC 4122) */
  at[8] = (uint8_t)((at[8] & 0x3FU) | 0x80U);
  return status;
}

static nt_status fill_entries(uint8_t *entries, const struct sim_range *ranges,
                              uint32_t count, struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  for (uint32_t i = 0; i < count && nt_ok(status); i++) {
    uint8_t *entry = entries + (size_t)i * ENTRY_SIZE;
    memcpy(entry + AT_TYPE, ranges[i].piece ? ldm_data : basic_data, 16);
    status = put_new_guid(entry + AT_ID, err);
    table_put(entry + AT_START, ranges[i].start, 8);
    table_put(entry + AT_LAST, ranges[i].start + ranges[i].count - 1, 8);
  }
  return status;
}

/* One of the two copies; what both share is in `sector` already. */
static nt_status write_copy(const struct sim_table *table, uint8_t *sector,
                            const uint8_t *entries, uint64_t lba,
                            uint64_t entries_lba, struct nt_error *err) {
  table_put(sector + AT_MY_LBA, lba, 8);
  table_put(sector + AT_OTHER_LBA, table->sectors - lba, 8);
  table_put(sector + AT_ENTRIES_LBA, entries_lba, 8);
  table_put(sector + AT_HEADER_CRC, 0, 4);
  table_put(sector + AT_HEADER_CRC, crc32(sector, HEADER_SIZE), 4);
  nt_status status =
      nt__sim_table_write(table, entries_lba, entries, ENTRIES_BYTES, err);
  return nt_ok(status)
             ? nt__sim_table_write(table, lba, sector, table->sector_size, err)
             : status;
}

static nt_status write_copies(const struct sim_table *table,
                              const uint8_t *entries, struct nt_error *err) {
  uint8_t sector[4096] = {0};
  uint64_t end = nt__sim_gpt_end(table);
  memcpy(sector, SIGNATURE, 8);
  table_put(sector + AT_REVISION, REVISION, 4);
  table_put(sector + AT_HEADER_SIZE, HEADER_SIZE, 4);
  table_put(sector + AT_FIRST_USABLE, 2 + entries_sectors(table), 8);
  table_put(sector + AT_LAST_USABLE, end - 1, 8);
  table_put(sector + AT_ENTRY_COUNT, ENTRY_COUNT, 4);
  table_put(sector + AT_ENTRY_SIZE, ENTRY_SIZE, 4);
  table_put(sector + AT_ENTRIES_CRC, crc32(entries, ENTRIES_BYTES), 4);
  nt_status status = put_new_guid(sector + AT_DISK_GUID, err);
  if (nt_ok(status)) {
    status = write_copy(table, sector, entries, table->sectors - 1, end, err);
  }
  if (nt_ok(status)) {
    status = write_copy(table, sector, entries, 1, 2, err);
  }
  return nt_ok(status) ? nt__sim_mbr_protect(table, err) : status;
}

nt_status nt__sim_gpt_write(const struct sim_table *table,
                            const struct sim_range *ranges, uint32_t count,
                            struct nt_error *err) {
  uint8_t *entries = calloc(ENTRY_COUNT, ENTRY_SIZE);
  if (!entries) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL, NULL);
  }
  nt_status status = fill_entries(entries, ranges, count, err);
  if (nt_ok(status)) {
    status = write_copies(table, entries, err);
  }
  free(entries);
  return status;
}
