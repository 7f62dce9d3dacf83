/*
 * The master boot record. Layout: UEFI specification 2.10, section 5.2.1
 * "Legacy Master Boot Record" and 5.2.3 "Protective MBR". Extended partitions
 * are read, not written: a chain of records like it, each with one logical
 * partition and a link to the next, which counts from the start of the first.
 */
#include <stdio.h>
#include <string.h>

#include "table.h"

#define ENTRY(sector, i) ((sector) + 446 + 16 * (i))
#define DISK_SIGNATURE 440

#define TYPE_IFS 0x07U /* what Windows gives a data partition */
#define TYPE_LDM 0x42U /* a part of a dynamic disk */
#define TYPE_GPT 0xEEU

/* The translation every BIOS and Windows use for disks of any size. */
#define HEADS 255U
#define SECTORS_PER_TRACK 63U

/* A chain that is longer than that runs in a circle. */
#define LONGEST_CHAIN 128

struct entry {
  uint8_t boot, type;
  struct sim_range range;
};

static struct entry get_entry(const uint8_t *sector, int i) {
  const uint8_t *at = ENTRY(sector, i);
  return (struct entry){
      at[0], at[4], {table_get(at + 8, 4), table_get(at + 12, 4), false}};
}

static bool is_signed(const uint8_t *sector) {
  return sector[510] == 0x55 && sector[511] == 0xAA;
}

static bool is_container(uint8_t type) {
  return type == 0x05 || type == 0x0F || type == 0x85;
}

enum sim_mbr nt__sim_mbr_kind(const uint8_t sector[512]) {
  bool table = is_signed(sector);
  for (int i = 0; table && i < 4; i++) {
    if (get_entry(sector, i).type == TYPE_GPT) {
      return SIM_MBR_PROTECTS_GPT;
    }
  }
  for (int i = 0; table && i < 4; i++) {
    uint8_t boot = get_entry(sector, i).boot;
    table = boot == 0 || boot == 0x80; /* else it is code or data */
  }
  return table ? SIM_MBR_TABLE : SIM_MBR_NONE;
}

/* ---- reading ------------------------------------------------------------- */

struct reading {
  const struct sim_table *table;
  struct sim_found *found;
  struct nt_error *err;
  uint32_t signature;
  uint32_t next_logical; /* number of the next logical partition, from 5 */
};

static nt_status add(struct reading *r, uint32_t number,
                     const struct entry *entry, const struct sim_range *range) {
  struct sim_partition *part;
  nt_status status =
      nt__sim_table_add(r->table, r->found, number, range, &part, r->err);
  if (nt_ok(status)) {
    snprintf(part->type, sizeof part->type, "0x%x", entry->type);
    if (r->signature != 0) { /* else the disk has none */
      snprintf(part->id, sizeof part->id, "%08x-%02x", r->signature, number);
    }
    part->attributes = entry->boot;
  }
  return status;
}

/* Later entries of a record in the chain are rarely used: what they say must
 * lie within the extended partition. */
static bool is_within(const struct sim_range *range,
                      const struct sim_range *extended, int index) {
  return index < 2 ||
         (range->start >= extended->start &&
          range->start + range->count <= extended->start + extended->count);
}

static nt_status add_logical(struct reading *r, const uint8_t *sector,
                             uint64_t at, const struct sim_range *extended) {
  nt_status status = NT_STATUS_SUCCESS;
  for (int i = 0; i < 4 && nt_ok(status); i++) {
    struct entry entry = get_entry(sector, i);
    entry.range.start += at;
    if (entry.range.count != 0 && !is_container(entry.type) &&
        is_within(&entry.range, extended, i)) {
      status = add(r, r->next_logical++, &entry, &entry.range);
    }
  }
  return status;
}

/* The place of the next record of the chain; 0 at its end. */
static uint64_t next_record(const uint8_t *sector,
                            const struct sim_range *extended) {
  for (int i = 0; i < 4; i++) {
    struct entry entry = get_entry(sector, i);
    if (entry.range.count != 0 && is_container(entry.type)) {
      return extended->start + entry.range.start;
    }
  }
  return 0;
}

static nt_status read_extended(struct reading *r,
                               const struct sim_range *extended) {
  uint8_t sector[512];
  uint64_t at = extended->start;
  nt_status status = NT_STATUS_SUCCESS;
  for (int i = 0; i < LONGEST_CHAIN && at != 0 && nt_ok(status); i++) {
    status = nt__sim_table_read(r->table, at, sector, sizeof sector, r->err);
    if (!nt_ok(status) || !is_signed(sector)) {
      break;
    }
    status = add_logical(r, sector, at, extended);
    at = next_record(sector, extended);
  }
  return status;
}

nt_status nt__sim_mbr_read(const struct sim_table *table,
                           const uint8_t sector[512], struct sim_found *found,
                           struct nt_error *err) {
  struct reading r = {table, found, err,
                      (uint32_t)table_get(sector + DISK_SIGNATURE, 4), 5};
  nt_status status = NT_STATUS_SUCCESS;
  for (int i = 0; i < 4 && nt_ok(status); i++) {
    struct entry entry = get_entry(sector, i);
    if (entry.range.count != 0 && !is_container(entry.type)) {
      status = add(&r, (uint32_t)i + 1, &entry, &entry.range);
    }
  }
  for (int i = 0; i < 4 && nt_ok(status); i++) {
    struct entry entry = get_entry(sector, i);
    if (entry.range.count != 0 && is_container(entry.type)) {
      status = read_extended(&r, &entry.range);
    }
  }
  return status;
}

/* ---- writing ------------------------------------------------------------- */

uint64_t nt__sim_mbr_end(const struct sim_table *table) {
  return table->sectors < UINT32_MAX ? table->sectors : UINT32_MAX;
}

/* Cylinder, head and sector; what lies past cylinder 1023 has the last one. */
static void put_chs(uint8_t *at, uint64_t lba) {
  uint64_t cylinder = lba / (HEADS * SECTORS_PER_TRACK);
  uint64_t head = lba / SECTORS_PER_TRACK % HEADS;
  uint64_t sector = lba % SECTORS_PER_TRACK + 1;
  if (cylinder > 1023) {
    cylinder = 1023, head = HEADS - 1, sector = SECTORS_PER_TRACK;
  }
  at[0] = (uint8_t)head;
  at[1] = (uint8_t)(sector | (cylinder >> 8 << 6));
  at[2] = (uint8_t)cylinder;
}

static void put_entry(uint8_t *at, uint8_t type, const struct sim_range *r) {
  put_chs(at + 1, r->start);
  at[4] = type;
  put_chs(at + 5, r->start + r->count - 1);
  table_put(at + 8, r->start, 4);
  table_put(at + 12, r->count, 4);
}

/* The rest of the first sector is zeros, whatever its size is. */
static nt_status write_sector(const struct sim_table *table, uint8_t *sector,
                              struct nt_error *err) {
  sector[510] = 0x55;
  sector[511] = 0xAA;
  return nt__sim_table_write(table, 0, sector, table->sector_size, err);
}

nt_status nt__sim_mbr_write(const struct sim_table *table,
                            const struct sim_range *ranges, uint32_t count,
                            struct nt_error *err) {
  uint8_t sector[4096] = {0};
  nt_status status = nt_random(sector + DISK_SIGNATURE, 4, err);
  if (!nt_ok(status)) {
    return status;
  }
  sector[DISK_SIGNATURE] |= 1; /* 0 means that there is none */
  for (uint32_t i = 0; i < count; i++) {
    put_entry(ENTRY(sector, i), ranges[i].piece ? TYPE_LDM : TYPE_IFS,
              &ranges[i]);
  }
  return write_sector(table, sector, err);
}

/* Its one partition is the rest of the disk, as far as 32 bits go. */
nt_status nt__sim_mbr_protect(const struct sim_table *table,
                              struct nt_error *err) {
  uint8_t sector[4096] = {0};
  uint64_t rest = table->sectors - 1;
  struct sim_range all = {.start = 1,
                          .count = rest < UINT32_MAX ? rest : UINT32_MAX};
  put_entry(ENTRY(sector, 0), TYPE_GPT, &all);
  memset(ENTRY(sector, 0) + 5, 0xFF, 3);
  return write_sector(table, sector, err);
}
