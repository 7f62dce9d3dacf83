/*
 * The partition table of a disk as the disk driver reports it, and when another
 * program has changed it.
 */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "../db/store.h"
#include "../disk/bytes.h"
#include "../disk/image.h"
#include "../rules/partitions.h"

void nt__sim_layout_mbr(uint8_t *at, uint8_t type, bool boot,
                        uint64_t hidden_sectors) {
  at[0] = type;
  at[1] = boot;
  at[2] = nt_mbr_is_recognised(type);
  nt_put_u32(at + 4, (uint32_t)hidden_sectors);
}

/* ---- a list of PARTITION_INFORMATION_EX ---------------------------------- */

/* A GPT has as many partitions as it has entries; an MBR has four for each
 * record. */
#define MOST_ENTRIES 1024U
_Static_assert(MOST_ENTRIES >= 4 * NT_MBR_RECORDS, "all of an MBR fit");

struct list {
  struct sim_request *r;
  uint8_t header[SIM_LAYOUT_HEADER];
  uint8_t *entries;
  uint32_t count;
};

static uint8_t *add_entry(struct list *l) {
  return l->entries + SIM_LAYOUT_ENTRY * (size_t)l->count++;
}

static void put_place(uint8_t *at, uint32_t style, uint64_t start,
                      uint64_t length, uint32_t number) {
  nt_put_u32(at, style);
  nt_put_u64(at + 8, start);
  nt_put_u64(at + 16, length);
  nt_put_u32(at + 24, number);
}

/* ---- MBR ----------------------------------------------------------------- */

/* Finds the number by which the machine knows the partition; 0 when it has
 * none. */
static nt_status number_of(struct sim_request *r, uint64_t start,
                           int64_t *number) {
  return nt__sim_number(
      r, "SELECT partition_number FROM extent WHERE disk = ?1 AND start = ?2",
      SIM_ARGS(SIM_INT(r->disk.number), SIM_INT(start)), 0, number);
}

/* Adds an entry of an MBR; unused entries are zeros. */
static nt_status add_mbr_entry(struct list *l,
                               const struct nt_mbr_entry *entry) {
  uint8_t *at = add_entry(l);
  uint64_t sector = l->r->disk.sector_size;
  int64_t number = 0;
  if (entry->type == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status =
      nt_mbr_is_container(entry->type)
          ? NT_STATUS_SUCCESS
          : number_of(l->r, entry->range.start * sector, &number);
  put_place(at, SIM_STYLE_MBR, entry->range.start * sector,
            entry->range.count * sector, (uint32_t)number);
  nt__sim_layout_mbr(at + 32, entry->type, entry->boot & 0x80,
                     entry->range.start);
  return status;
}

static nt_status list_mbr(struct list *l) {
  struct sim_disk_bytes b;
  struct nt_mbr mbr = {.count = 0};
  uint8_t sector[512];
  nt_status status = nt__sim_disk_open(l->r, &l->r->disk, &b);
  if (nt_ok(status)) {
    status = nt__sim_table_status(
        &b, nt_region_read(&b.bytes.region, 0, sector, sizeof sector) &&
                nt_mbr_read(&b.disk, sector, &mbr));
  }
  nt_put_u32(l->header, SIM_STYLE_MBR);
  nt_put_u32(l->header + 8, mbr.signature);
  for (uint32_t i = 0; nt_ok(status) && i < mbr.count; i++) {
    status = add_mbr_entry(l, &mbr.entries[i]);
  }
  return status;
}

/* ---- GPT ----------------------------------------------------------------- */

static void add_gpt_entry(struct list *l, const struct nt_gpt *gpt,
                          uint32_t number) {
  const uint8_t *entry = nt_gpt_entry(gpt, number);
  uint64_t sector = l->r->disk.sector_size;
  struct nt_range range;
  if (!nt_gpt_range(gpt, entry, &range)) {
    return;
  }
  uint8_t *at = add_entry(l);
  put_place(at, SIM_STYLE_GPT, range.start * sector, range.count * sector,
            number);
  memcpy(at + 32, entry, NT_GPT_FIRST);
  memcpy(at + 64, entry + NT_GPT_ATTRIBUTES, 8 + 2 * NT_GPT_NAME_UNITS);
}

static nt_status list_gpt(struct list *l) {
  struct nt_gpt gpt;
  uint64_t sector = l->r->disk.sector_size;
  NT_TRY(nt__sim_gpt_open(l->r, &l->r->disk, &gpt));
  nt_put_u32(l->header, SIM_STYLE_GPT);
  memcpy(l->header + 8, gpt.header + NT_GPT_DISK_ID, 16);
  nt_put_u64(l->header + 24, gpt.first * sector);
  nt_put_u64(l->header + 32, (gpt.last - gpt.first + 1) * sector);
  nt_put_u32(l->header + 40, gpt.entry_count);
  for (uint32_t i = 1; i <= gpt.entry_count && l->count < MOST_ENTRIES; i++) {
    add_gpt_entry(l, &gpt, i);
  }
  nt_gpt_close(&gpt);
  return NT_STATUS_SUCCESS;
}

/* ---- DRIVE_LAYOUT_INFORMATION_EX ----------------------------------------- */

static nt_status fill(struct list *l) {
  if (strcmp(l->r->disk.style, "gpt") == 0) {
    return list_gpt(l);
  }
  if (strcmp(l->r->disk.style, "mbr") == 0) {
    return list_mbr(l);
  }
  nt_put_u32(l->header, SIM_STYLE_RAW);
  return nt__sim_image(l->r, l->r->disk.number);
}

nt_status nt__sim_layout_answer(struct sim_request *r) {
  struct list l = {.r = r};
  l.entries = calloc(MOST_ENTRIES, SIM_LAYOUT_ENTRY);
  if (!l.entries) {
    return nt_fail(r->err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_status status = fill(&l);
  size_t bytes = SIM_LAYOUT_ENTRY * (size_t)l.count;
  if (nt_ok(status)) {
    status = nt__sim_claim(r, SIM_LAYOUT_HEADER + bytes);
  }
  if (nt_ok(status)) {
    nt_put_u32(l.header + 4, l.count);
    memcpy(r->out, l.header, SIM_LAYOUT_HEADER);
    memcpy(r->out + SIM_LAYOUT_HEADER, l.entries, bytes);
  }
  free(l.entries);
  return status;
}

/* ---- taking changes over ------------------------------------------------- */

nt_status nt__sim_layout_update(struct sim_request *r) {
  return nt__sim_read_table(r, &r->disk);
}

/* ---- the type of a partition --------------------------------------------- */

static nt_status check_mbr(const struct sim_request *r) {
  if (r->volume.id != 0 && r->volume.partition_number != 0 &&
      strcmp(r->disk.style, "mbr") == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(r->err, NT_STATUS_INVALID_DEVICE_REQUEST,
          "the volume is no partition of an MBR");
  nt_hint(r->err, "on a GPT the type stays that of basic data");
  return NT_STATUS_INVALID_DEVICE_REQUEST;
}

/* SET_PARTITION_INFORMATION: { u8 type } */
nt_status nt__sim_set_partition_type(struct sim_request *r) {
  struct sim_disk_bytes b;
  char type[16];
  NT_TRY(check_mbr(r));
  NT_TRY(nt__sim_input(r, 1, NT_STATUS_INFO_LENGTH_MISMATCH));
  NT_TRY(nt__sim_disk_open(r, &r->disk, &b));
  NT_TRY(nt__sim_table_status(
      &b, nt_mbr_set_type(&b.disk, r->volume.partition_number, r->in[0])));
  NT_TRY(nt__sim_image_flush(r, &b.whole, 1));
  nt_format_text(type, sizeof type, "0x%x", r->in[0]);
  return nt__sim_exec(r, "UPDATE volume SET partition_type = ?2 WHERE id = ?1",
                      SIM_ARGS(SIM_INT(r->volume.id), SIM_TEXT(type)));
}
