/*
 * The GUID partition table. Layout: UEFI specification 2.10, section 5.3 "GUID
 * Partition Table (GPT) Disk Layout". The header at LBA 1 and its array of
 * entries have a copy at the end of the disk; either is enough.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#define AT_ENTRIES_LBA 72
#define AT_ENTRY_COUNT 80
#define AT_ENTRY_SIZE 84
#define AT_ENTRIES_CRC 88

/* What is written. */
#define ENTRIES_BYTES (NT_GPT_ENTRY * NT_GPT_ENTRIES)

/* No real table is larger, and no real disk. */
#define MOST_BYTES (1U << 20)
#define MOST_SECTORS (UINT64_C(1) << 44)

/* EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, the type that Windows gives a data
 * partition. The first three groups of a GUID are little-endian. */
static const uint8_t basic_data[16] = {0xA2, 0xA0, 0xD0, 0xEB, 0xE5, 0xB9,
                                       0x33, 0x44, 0x87, 0xC0, 0x68, 0xB6,
                                       0xB7, 0x26, 0x99, 0xC7};
/* AF9B60A0-1431-4F62-BC68-3311714A69AD, a part of a dynamic disk */
static const uint8_t ldm_data[16] = {0xA0, 0x60, 0x9B, 0xAF, 0x31, 0x14,
                                     0x62, 0x4F, 0xBC, 0x68, 0x33, 0x11,
                                     0x71, 0x4A, 0x69, 0xAD};

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

/* The sum covers the header, with zeros in the place of the sum. */
static uint32_t header_crc(struct nt_gpt *gpt) {
  uint32_t stored = nt_get_u32(gpt->header + AT_HEADER_CRC);
  nt_put_u32(gpt->header + AT_HEADER_CRC, 0);
  uint32_t sum = crc32(gpt->header, gpt->header_size);
  nt_put_u32(gpt->header + AT_HEADER_CRC, stored);
  return sum;
}

static size_t entries_bytes(const struct nt_gpt *gpt) {
  return (size_t)gpt->entry_count * gpt->entry_size;
}

/* ---- reading ------------------------------------------------------------- */

/* Checks the header, which was read from gpt->lba. */
static bool decode(const struct nt_disk *disk, struct nt_gpt *gpt) {
  const uint8_t *header = gpt->header;
  uint64_t sectors = nt_disk_sectors(disk);
  gpt->header_size = nt_get_u32(header + AT_HEADER_SIZE);
  gpt->first = nt_get_u64(header + AT_FIRST_USABLE);
  gpt->last = nt_get_u64(header + AT_LAST_USABLE);
  gpt->entries_lba = nt_get_u64(header + AT_ENTRIES_LBA);
  gpt->entry_count = nt_get_u32(header + AT_ENTRY_COUNT);
  gpt->entry_size = nt_get_u32(header + AT_ENTRY_SIZE);
  return memcmp(header, SIGNATURE, 8) == 0 && gpt->header_size >= HEADER_SIZE &&
         gpt->header_size <= disk->sector_size &&
         nt_get_u32(header + AT_HEADER_CRC) == header_crc(gpt) &&
         nt_get_u64(header + AT_MY_LBA) == gpt->lba &&
         gpt->first <= gpt->last && gpt->last < sectors &&
         !(gpt->first < gpt->lba && gpt->lba < gpt->last) &&
         gpt->entries_lba < sectors && gpt->entry_size >= NT_GPT_ENTRY &&
         nt_is_power_of_two(gpt->entry_size) && gpt->entry_count > 0 &&
         gpt->entry_count <= MOST_BYTES / gpt->entry_size &&
         entries_bytes(gpt) <= (sectors - gpt->entries_lba) * disk->sector_size;
}

static bool read_entries(const struct nt_disk *disk, struct nt_gpt *gpt) {
  size_t bytes = entries_bytes(gpt);
  gpt->entries = malloc(bytes);
  if (gpt->entries == NULL) {
    return nt_region_damaged(disk->region, "its table needs too much memory");
  }
  bool good = nt_region_read(disk->region, gpt->entries_lba * disk->sector_size,
                             gpt->entries, bytes);
  if (!good ||
      crc32(gpt->entries, bytes) != nt_get_u32(gpt->header + AT_ENTRIES_CRC)) {
    nt_gpt_close(gpt);
  }
  return good;
}

/* Reads one copy. The entries are NULL when it is damaged. */
static bool read_copy(const struct nt_disk *disk, uint64_t lba,
                      struct nt_gpt *gpt) {
  *gpt = (struct nt_gpt){.lba = lba, .sectors = nt_disk_sectors(disk)};
  return nt_region_read(disk->region, lba * disk->sector_size, gpt->header,
                        disk->sector_size) &&
         (!decode(disk, gpt) || read_entries(disk, gpt));
}

void nt_gpt_close(struct nt_gpt *gpt) {
  free(gpt->entries);
  gpt->entries = NULL;
}

bool nt_gpt_open(const struct nt_disk *disk, struct nt_gpt *out) {
  uint64_t sectors = nt_disk_sectors(disk);
  *out = (struct nt_gpt){.lba = 1};
  if (sectors < 3) {
    return true;
  }
  bool good = read_copy(disk, 1, out);
  return good && out->entries == NULL ? read_copy(disk, sectors - 1, out)
                                      : good;
}

static uint8_t *entry_at(const struct nt_gpt *gpt, uint32_t number) {
  return gpt->entries != NULL && number >= 1 && number <= gpt->entry_count
             ? gpt->entries + (size_t)(number - 1) * gpt->entry_size
             : NULL;
}

const uint8_t *nt_gpt_entry(const struct nt_gpt *gpt, uint32_t number) {
  return entry_at(gpt, number);
}

bool nt_gpt_range(const struct nt_gpt *gpt, const uint8_t *entry,
                  struct nt_range *out) {
  static const uint8_t unused[16];
  uint64_t first = nt_get_u64(entry + NT_GPT_FIRST);
  uint64_t last = nt_get_u64(entry + NT_GPT_LAST);
  bool on_table =
      first < gpt->first || (last > gpt->last && last < gpt->sectors);
  if (memcmp(entry + NT_GPT_TYPE, unused, sizeof unused) == 0 || last < first ||
      on_table || last >= MOST_SECTORS) {
    return false;
  }
  *out = (struct nt_range){.start = first, .count = last - first + 1};
  return true;
}

void nt_guid_text(const uint8_t guid[16], char buf[NT_GUID_TEXT]) {
  snprintf(buf, NT_GUID_TEXT,
           "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
           (unsigned)nt_get_u32(guid), nt_get_u16(guid + 4),
           nt_get_u16(guid + 6), guid[8], guid[9], guid[10], guid[11], guid[12],
           guid[13], guid[14], guid[15]);
}

/* ---- writing ------------------------------------------------------------- */

/* Writes one of the two copies, with its sums; the header last. */
static bool write_copy(const struct nt_disk *disk, struct nt_gpt *gpt) {
  size_t bytes = entries_bytes(gpt);
  nt_put_u32(gpt->header + AT_ENTRIES_CRC, crc32(gpt->entries, bytes));
  nt_put_u32(gpt->header + AT_HEADER_CRC, header_crc(gpt));
  return nt_region_write(disk->region, gpt->entries_lba * disk->sector_size,
                         gpt->entries, bytes) &&
         nt_region_write(disk->region, gpt->lba * disk->sector_size,
                         gpt->header, disk->sector_size);
}

/* Changes both copies as `change` does. Writes the copy at the end first, so
 * that one of the two is whole at any time. */
static bool change_copies(const struct nt_disk *disk,
                          bool (*change)(struct nt_gpt *gpt, const void *how),
                          const void *how, unsigned *written) {
  const uint64_t lbas[] = {nt_disk_sectors(disk) - 1, 1};
  bool good = true;
  *written = 0;
  for (int i = 0; good && nt_disk_sectors(disk) >= 3 && i < 2; i++) {
    struct nt_gpt gpt;
    good = read_copy(disk, lbas[i], &gpt);
    if (good && gpt.entries != NULL && change(&gpt, how)) {
      good = write_copy(disk, &gpt);
      *written += good;
    }
    nt_gpt_close(&gpt);
  }
  return good;
}

struct attributes {
  uint32_t number;
  uint64_t value;
};

static bool set_attributes(struct nt_gpt *gpt, const void *how) {
  const struct attributes *to = how;
  uint8_t *entry = entry_at(gpt, to->number);
  if (entry != NULL) {
    nt_put_u64(entry + NT_GPT_ATTRIBUTES, to->value);
  }
  return entry != NULL;
}

bool nt_gpt_set_attributes(const struct nt_disk *disk, uint32_t number,
                           uint64_t attributes, unsigned *written) {
  const struct attributes to = {number, attributes};
  return change_copies(disk, set_attributes, &to, written);
}

static void change_id(uint8_t *id, const uint8_t random[16]) {
  for (int i = 0; i < 16; i++) {
    id[i] ^= random[i];
  }
}

/* Ids that differ differ afterwards, too. */
static bool change_ids(struct nt_gpt *gpt, const void *how) {
  change_id(gpt->header + NT_GPT_DISK_ID, how);
  for (uint32_t i = 1; i <= gpt->entry_count; i++) {
    struct nt_range ignored;
    uint8_t *entry = entry_at(gpt, i);
    if (nt_gpt_range(gpt, entry, &ignored)) {
      change_id(entry + NT_GPT_ID, how);
    }
  }
  return true;
}

bool nt_gpt_change_ids(const struct nt_disk *disk, const uint8_t random[16],
                       unsigned *written) {
  uint8_t how[16];
  memcpy(how, random, sizeof how);
  how[7] &= 0x0F; /* the version and the variant stay */
  how[8] &= 0x3F;
  return change_copies(disk, change_ids, how, written);
}

uint64_t nt_gpt_first(const struct nt_disk *disk) {
  return 2 + ENTRIES_BYTES / disk->sector_size;
}

/* The copies of the array and of the header lie at the end of the disk. */
uint64_t nt_gpt_end(const struct nt_disk *disk) {
  uint64_t sectors = nt_disk_sectors(disk);
  uint64_t taken = ENTRIES_BYTES / disk->sector_size + 1;
  return sectors > 2 * taken + 1 ? sectors - taken : 0;
}

/* Makes a GUID of version 4 (RFC 4122). */
static void put_guid(uint8_t *at, const uint8_t random[16]) {
  memcpy(at, random, 16);
  at[7] = (uint8_t)((at[7] & 0x0FU) | 0x40U);
  at[8] = (uint8_t)((at[8] & 0x3FU) | 0x80U);
}

static void fill_entries(uint8_t *entries, const struct nt_range *ranges,
                         uint32_t count, uint8_t (*random)[16]) {
  for (uint32_t i = 0; i < count; i++) {
    uint8_t *entry = entries + (size_t)i * NT_GPT_ENTRY;
    memcpy(entry + NT_GPT_TYPE, ranges[i].piece ? ldm_data : basic_data, 16);
    put_guid(entry + NT_GPT_ID, random[i]);
    nt_put_u64(entry + NT_GPT_FIRST, ranges[i].start);
    nt_put_u64(entry + NT_GPT_LAST, ranges[i].start + ranges[i].count - 1);
  }
}

/* Fills in what both copies have. */
static void fill_header(const struct nt_disk *disk, struct nt_gpt *gpt,
                        const uint8_t random[16]) {
  uint8_t *header = gpt->header;
  memcpy(header, SIGNATURE, 8);
  nt_put_u32(header + AT_REVISION, REVISION);
  nt_put_u32(header + AT_HEADER_SIZE, HEADER_SIZE);
  nt_put_u64(header + AT_FIRST_USABLE, nt_gpt_first(disk));
  nt_put_u64(header + AT_LAST_USABLE, nt_gpt_end(disk) - 1);
  nt_put_u32(header + AT_ENTRY_COUNT, gpt->entry_count);
  nt_put_u32(header + AT_ENTRY_SIZE, gpt->entry_size);
  put_guid(header + NT_GPT_DISK_ID, random);
}

static bool place_copy(const struct nt_disk *disk, struct nt_gpt *gpt,
                       uint64_t lba, uint64_t entries_lba) {
  gpt->lba = lba;
  gpt->entries_lba = entries_lba;
  nt_put_u64(gpt->header + AT_MY_LBA, lba);
  nt_put_u64(gpt->header + AT_OTHER_LBA, nt_disk_sectors(disk) - lba);
  nt_put_u64(gpt->header + AT_ENTRIES_LBA, entries_lba);
  return write_copy(disk, gpt);
}

static bool write_copies(const struct nt_disk *disk, struct nt_gpt *gpt) {
  return place_copy(disk, gpt, nt_disk_sectors(disk) - 1, nt_gpt_end(disk)) &&
         place_copy(disk, gpt, 1, 2) && nt_mbr_protect(disk);
}

static const struct nt_gpt empty = {.entry_count = NT_GPT_ENTRIES,
                                    .entry_size = NT_GPT_ENTRY,
                                    .header_size = HEADER_SIZE};

bool nt_gpt_write(const struct nt_disk *disk, const struct nt_range *ranges,
                  uint32_t count, uint8_t (*random)[16]) {
  uint8_t entries[ENTRIES_BYTES] = {0};
  struct nt_gpt gpt = empty;
  gpt.entries = entries;
  fill_header(disk, &gpt, random[count]);
  fill_entries(entries, ranges, count, random);
  return write_copies(disk, &gpt);
}

/* ---- another table --------------------------------------------------------
 */

bool nt_gpt_replace(const struct nt_disk *disk, const uint8_t id[16],
                    uint8_t entries[NT_GPT_ENTRIES * NT_GPT_ENTRY],
                    uint8_t (*random)[16]) {
  static const uint8_t none[16];
  struct nt_gpt gpt = empty;
  if (nt_disk_sectors(disk) == 0 || nt_gpt_end(disk) == 0) {
    return nt_region_damaged(disk->region, "it is too small for a GPT");
  }
  for (uint32_t i = 0; i < NT_GPT_ENTRIES; i++) {
    uint8_t *entry = entries + (size_t)i * NT_GPT_ENTRY;
    if (memcmp(entry + NT_GPT_TYPE, none, sizeof none) != 0 &&
        memcmp(entry + NT_GPT_ID, none, sizeof none) == 0) {
      put_guid(entry + NT_GPT_ID, random[i]);
    }
  }
  gpt.entries = entries;
  fill_header(disk, &gpt, id);
  memcpy(gpt.header + NT_GPT_DISK_ID, id, 16);
  return write_copies(disk, &gpt);
}

bool nt_gpt_erase(const struct nt_disk *disk) {
  const uint64_t lbas[] = {nt_disk_sectors(disk) - 1, 1};
  bool good = true;
  for (int i = 0; good && nt_disk_sectors(disk) >= 3 && i < 2; i++) {
    uint8_t sector[4096];
    uint64_t place = lbas[i] * disk->sector_size;
    good = nt_region_read(disk->region, place, sector, disk->sector_size);
    if (good && memcmp(sector, SIGNATURE, 8) == 0) {
      memset(sector, 0, sizeof sector);
      good = nt_region_write(disk->region, place, sector, disk->sector_size);
    }
  }
  return good;
}
