/*
 * The GUID partition table in place. Layout: UEFI specification 2.10, section
 * 5.3. Creating one is the business of partition.c.
 */
#include "gpt_table.h"

#include <stdlib.h>
#include <string.h>

#include "fsd.h"
#include "query.h"

#define AT_HEADER_SIZE 12
#define AT_HEADER_CRC 16
#define AT_MY_LBA 24
#define AT_ENTRIES_LBA 72
#define AT_ENTRY_COUNT 80
#define AT_ENTRY_SIZE 84
#define AT_ENTRIES_CRC 88

/* More is no table that anybody made. */
#define MOST_BYTES (1U << 20)

/* CRC-32 of ISO 3309. */
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

static uint32_t header_crc(const struct sim_gpt *gpt) {
  uint8_t copy[sizeof gpt->header];
  memcpy(copy, gpt->header, sizeof copy);
  memset(copy + AT_HEADER_CRC, 0, 4);
  return crc32(copy, boot_u32(copy + AT_HEADER_SIZE));
}

static bool is_whole(const struct sim_gpt *gpt) {
  uint32_t size = boot_u32(gpt->header + AT_HEADER_SIZE);
  return memcmp(gpt->header, "EFI PART", 8) == 0 && size >= 92 &&
         size <= sizeof gpt->header &&
         boot_u32(gpt->header + AT_HEADER_CRC) == header_crc(gpt) &&
         boot_u64(gpt->header + AT_MY_LBA) == gpt->lba &&
         gpt->entry_size >= SIM_GPT_ENTRY && gpt->entry_size % 8 == 0 &&
         gpt->entry_count > 0 &&
         gpt->entry_count <= MOST_BYTES / gpt->entry_size;
}

static size_t entries_bytes(const struct sim_gpt *gpt) {
  return (size_t)gpt->entry_count * gpt->entry_size;
}

/* Where the entries lie on the disk; false: not within it. */
static bool entries_place(const struct sim_gpt *gpt, uint64_t *out) {
  uint64_t lba = boot_u64(gpt->header + AT_ENTRIES_LBA);
  uint64_t length = gpt->place.length;
  *out = lba * gpt->sector_size;
  return lba < length / gpt->sector_size && entries_bytes(gpt) <= length - *out;
}

static nt_status read_entries(struct sim_machine *m, struct sim_gpt *gpt,
                              bool *whole, struct nt_error *err) {
  uint64_t place;
  size_t bytes = entries_bytes(gpt);
  *whole = entries_place(gpt, &place);
  if (!*whole) {
    return NT_STATUS_SUCCESS;
  }
  gpt->entries = malloc(bytes);
  if (!gpt->entries) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL, NULL);
  }
  nt_status status =
      nt__sim_image_read(m, &gpt->place, 1, place, gpt->entries, bytes, err);
  *whole = nt_ok(status) &&
           crc32(gpt->entries, bytes) == boot_u32(gpt->header + AT_ENTRIES_CRC);
  return status;
}

/* `*whole`: it is, and the caller closes it. */
static nt_status read_copy(struct sim_machine *m, const struct sim_disk *disk,
                           uint64_t lba, struct sim_gpt *gpt, bool *whole,
                           struct nt_error *err) {
  *gpt = (struct sim_gpt){
      .place = {disk->number, 0, disk->length},
      .sector_size = disk->sector_size,
      .lba = lba,
  };
  nt_status status =
      nt__sim_image_read(m, &gpt->place, 1, lba * disk->sector_size,
                         gpt->header, sizeof gpt->header, err);
  gpt->entry_count = boot_u32(gpt->header + AT_ENTRY_COUNT);
  gpt->entry_size = boot_u32(gpt->header + AT_ENTRY_SIZE);
  *whole = nt_ok(status) && is_whole(gpt);
  if (*whole) {
    status = read_entries(m, gpt, whole, err);
  }
  if (!*whole) {
    nt__sim_gpt_close(gpt);
  }
  return status;
}

void nt__sim_gpt_close(struct sim_gpt *gpt) {
  free(gpt->entries);
  gpt->entries = NULL;
}

static uint64_t last_lba(const struct sim_disk *disk) {
  return disk->length / disk->sector_size - 1;
}

static nt_status damaged(struct nt_error *err) {
  nt_fail(err, NT_STATUS_DISK_CORRUPT_ERROR, "partition_table",
          "neither copy of the partition table is whole");
  nt_hint(err, "look at the partition table with fdisk -l");
  return NT_STATUS_DISK_CORRUPT_ERROR;
}

nt_status nt__sim_gpt_open(struct sim_machine *m, const struct sim_disk *disk,
                           struct sim_gpt *out, struct nt_error *err) {
  bool whole = false;
  nt_status status = nt__sim_image(m, disk->number, err);
  if (nt_ok(status)) {
    status = read_copy(m, disk, 1, out, &whole, err);
  }
  if (nt_ok(status) && !whole) {
    status = read_copy(m, disk, last_lba(disk), out, &whole, err);
  }
  return nt_ok(status) && !whole ? damaged(err) : status;
}

/* ---- entries ------------------------------------------------------------- */

static nt_status no_entry(uint32_t number, struct nt_error *err) {
  nt_fail(err, NT_STATUS_DISK_CORRUPT_ERROR, "partition_table",
          "the partition table has no entry %u", number);
  nt_hint(err, "look at the partition table with fdisk -l");
  return NT_STATUS_DISK_CORRUPT_ERROR;
}

static uint8_t *entry_at(const struct sim_gpt *gpt, uint32_t number) {
  return number >= 1 && number <= gpt->entry_count
             ? gpt->entries + (size_t)(number - 1) * gpt->entry_size
             : NULL;
}

nt_status nt__sim_gpt_entry(struct sim_machine *m, const struct sim_disk *disk,
                            uint32_t number, uint8_t out[SIM_GPT_ENTRY],
                            struct nt_error *err) {
  struct sim_gpt gpt;
  nt_status status = nt__sim_gpt_open(m, disk, &gpt, err);
  if (!nt_ok(status)) {
    return status;
  }
  const uint8_t *entry = entry_at(&gpt, number);
  if (entry) {
    memcpy(out, entry, SIM_GPT_ENTRY);
  } else {
    status = no_entry(number, err);
  }
  nt__sim_gpt_close(&gpt);
  return status;
}

static nt_status write_copy(struct sim_machine *m, struct sim_gpt *gpt,
                            struct nt_error *err) {
  uint64_t place;
  size_t bytes = entries_bytes(gpt);
  nt__sim_put_u32(gpt->header + AT_ENTRIES_CRC, crc32(gpt->entries, bytes));
  nt__sim_put_u32(gpt->header + AT_HEADER_CRC, header_crc(gpt));
  nt_status status = NT_STATUS_SUCCESS;
  if (entries_place(gpt, &place)) {
    status =
        nt__sim_image_write(m, &gpt->place, 1, place, gpt->entries, bytes, err);
  }
  return nt_ok(status) ? nt__sim_image_write(
                             m, &gpt->place, 1, gpt->lba * gpt->sector_size,
                             gpt->header, sizeof gpt->header, err)
                       : status;
}

/* The copy at the end first: one of the two is whole at any time. */
nt_status nt__sim_gpt_set_attributes(struct sim_machine *m,
                                     const struct sim_disk *disk,
                                     uint32_t number, uint64_t attributes,
                                     struct nt_error *err) {
  const uint64_t lbas[] = {last_lba(disk), 1};
  unsigned written = 0;
  nt_status status = nt__sim_image(m, disk->number, err);
  for (size_t i = 0; nt_ok(status) && i < 2; i++) {
    struct sim_gpt gpt;
    bool whole = false;
    status = read_copy(m, disk, lbas[i], &gpt, &whole, err);
    uint8_t *entry = whole ? entry_at(&gpt, number) : NULL;
    if (nt_ok(status) && entry) {
      nt__sim_put_u64(entry + SIM_GPT_ATTRIBUTES, attributes);
      status = write_copy(m, &gpt, err);
      written++;
    }
    if (whole) {
      nt__sim_gpt_close(&gpt);
    }
  }
  return nt_ok(status) && written == 0 ? no_entry(number, err) : status;
}
