/*
 * New partition tables (docs/rules.md 4.4). The table is written as a whole,
 * whatever RewritePartition says of an entry, and the volumes follow it at
 * once: those whose partitions are gone go, unless they are in use, and new
 * ones arrive.
 */
#include <stdlib.h>
#include <string.h>

#include "../db/store.h"
#include "../disk/bytes.h"
#include "../disk/image.h"
#include "../rules/partitions.h"
#include "layout.h"

static nt_status invalid(const struct sim_request *r, const char *detail,
                         const char *hint) {
  nt_fail(r->err, NT_STATUS_INVALID_PARAMETER, "%s", detail);
  nt_hint(r->err, "%s", hint);
  return NT_STATUS_INVALID_PARAMETER;
}

/* ---- before and after ---------------------------------------------------- */

/* What is written, and the places of the partitions that it has. */
struct table {
  uint32_t style; /* SIM_STYLE_* */
  uint8_t id[16]; /* of the disk; of an MBR 4 bytes */
  struct nt_mbr mbr;
  uint8_t entries[NT_GPT_ENTRIES * NT_GPT_ENTRY]; /* of a GPT */
  struct nt_extent places[4 * NT_MBR_RECORDS];
  uint32_t count;
};

static nt_status check_writable(const struct sim_request *r) {
  return r->disk.flags & NT_DISK_READONLY
             ? nt_refuse(r->err, NT_REASON_READONLY, NULL)
             : NT_STATUS_SUCCESS;
}

static bool write_bytes(const struct nt_disk *disk, struct table *t,
                        uint8_t (*random)[16]) {
  switch (t->style) {
    case SIM_STYLE_GPT:
      return nt_gpt_replace(disk, t->id, t->entries, random);
    case SIM_STYLE_MBR:
      t->mbr.signature = nt_get_u32(t->id);
      return nt_mbr_replace(disk, &t->mbr);
    default:
      return nt_table_erase(disk);
  }
}

/* `wipes`: what was in the first sector is no part of the new table. */
static nt_status write_table(struct sim_request *r, struct table *t,
                             bool wipes) {
  struct sim_disk_bytes b;
  uint8_t random[NT_GPT_ENTRIES][16];
  NT_TRY(check_writable(r));
  NT_TRY(nt__sim_check_may_go(r, r->disk.number, t->places, t->count));
  for (uint32_t i = 0; i < NT_GPT_ENTRIES; i++) {
    NT_TRY(nt_random(random[i], sizeof random[i], r->err));
  }
  NT_TRY(nt__sim_disk_open(r, &r->disk, &b));
  bool good =
      (!wipes || nt_table_erase(&b.disk)) && write_bytes(&b.disk, t, random);
  NT_TRY(nt__sim_table_status(&b, good));
  NT_TRY(nt__sim_image_flush(r, &b.whole, 1));
  return nt__sim_read_table(r, &r->disk);
}

static nt_status with_table(struct sim_request *r,
                            nt_status (*f)(struct sim_request *r,
                                           struct table *t)) {
  struct table *t = calloc(1, sizeof *t);
  if (!t) {
    return nt_fail(r->err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_status status = f(r, t);
  free(t);
  return status;
}

/* ---- CREATE_DISK, DELETE_DRIVE_LAYOUT ------------------------------------ */

static nt_status check_room(const struct sim_request *r) {
  struct nt_region region = {.length = r->disk.length};
  const struct nt_disk disk = {&region, r->disk.sector_size};
  if (nt_gpt_end(&disk) > nt_gpt_first(&disk)) {
    return NT_STATUS_SUCCESS;
  }
  return invalid(r, "the disk is too small for a GPT", "make it an MBR");
}

static nt_status create(struct sim_request *r, struct table *t) {
  t->style = nt_get_u32(r->in);
  t->mbr.count = 4;
  switch (t->style) {
    case SIM_STYLE_MBR:
      memcpy(t->id, r->in + 4, 4);
      break;
    case SIM_STYLE_GPT:
      NT_TRY(check_room(r));
      memcpy(t->id, r->in + 4, 16);
      break;
    case SIM_STYLE_RAW:
      break;
    default:
      return invalid(r, "there is no such partition style",
                     "0 is an MBR, 1 a GPT, 2 none");
  }
  return write_table(r, t, true);
}

/* CREATE_DISK: { u32 style, union { u32 signature, { guid id, u32 entries } }
 * }. A table of this machine has 128 entries. */
nt_status nt__sim_create_table(struct sim_request *r) {
  NT_TRY(nt__sim_input(r, 24, NT_STATUS_INFO_LENGTH_MISMATCH));
  return with_table(r, create);
}

static nt_status erase(struct sim_request *r, struct table *t) {
  t->style = SIM_STYLE_RAW;
  return write_table(r, t, false);
}

/* Where there is no table, nothing is removed. */
nt_status nt__sim_delete_table(struct sim_request *r) {
  NT_TRY(check_writable(r));
  return strcmp(r->disk.style, "none") == 0 ? NT_STATUS_SUCCESS
                                            : with_table(r, erase);
}

/* ---- SET_DRIVE_LAYOUT_EX ------------------------------------------------- */

static const uint8_t *entry_of(const struct sim_request *r, uint32_t i) {
  return r->in + SIM_LAYOUT_HEADER + SIM_LAYOUT_ENTRY * (size_t)i;
}

/* In sectors; false when it is not whole sectors of the disk. */
static bool get_place(const struct sim_request *r, const uint8_t *at,
                      struct nt_range *out) {
  uint64_t start = nt_get_u64(at + 8), length = nt_get_u64(at + 16);
  uint32_t sector = r->disk.sector_size;
  *out = (struct nt_range){.start = start / sector, .count = length / sector};
  return start % sector == 0 && length % sector == 0 && length > 0 &&
         start <= r->disk.length && length <= r->disk.length - start;
}

static nt_status not_there(const struct sim_request *r, uint32_t i) {
  nt_fail(r->err, NT_STATUS_INVALID_PARAMETER,
          "partition %u of the list is not whole sectors on the disk", i + 1);
  nt_hint(r->err, "the disk has %llu bytes in sectors of %u",
          (unsigned long long)r->disk.length, r->disk.sector_size);
  return NT_STATUS_INVALID_PARAMETER;
}

static void add_place(const struct sim_request *r, struct table *t,
                      const struct nt_range *range) {
  uint64_t sector = r->disk.sector_size;
  t->places[t->count++] = (struct nt_extent){
      r->disk.number, range->start * sector, range->count * sector};
}

static nt_status take_mbr(struct sim_request *r, struct table *t, uint32_t i) {
  const uint8_t *at = entry_of(r, i);
  struct nt_mbr_entry *entry = &t->mbr.entries[i];
  *entry = (struct nt_mbr_entry){.boot = at[33] ? 0x80 : 0, .type = at[32]};
  if (entry->type == 0) {
    return NT_STATUS_SUCCESS;
  }
  if (!get_place(r, at, &entry->range)) {
    return not_there(r, i);
  }
  if (!nt_mbr_is_container(entry->type)) {
    add_place(r, t, &entry->range);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status take_gpt(struct sim_request *r, struct table *t, uint32_t i) {
  static const uint8_t unused[16];
  struct nt_region region = {.length = r->disk.length};
  const struct nt_disk disk = {&region, r->disk.sector_size};
  const uint8_t *at = entry_of(r, i);
  uint8_t *entry = t->entries + (size_t)i * NT_GPT_ENTRY;
  struct nt_range range;
  if (memcmp(at + 32, unused, sizeof unused) == 0) {
    return NT_STATUS_SUCCESS;
  }
  if (!get_place(r, at, &range)) {
    return not_there(r, i);
  }
  if (range.start < nt_gpt_first(&disk) ||
      range.start + range.count > nt_gpt_end(&disk)) {
    return invalid(r, "a partition lies on the partition table",
                   "leave the sectors free that GET_DRIVE_LAYOUT_EX names");
  }
  memcpy(entry, at + 32, NT_GPT_FIRST); /* type and id */
  nt_put_u64(entry + NT_GPT_FIRST, range.start);
  nt_put_u64(entry + NT_GPT_LAST, range.start + range.count - 1);
  memcpy(entry + NT_GPT_ATTRIBUTES, at + 64, 8 + 2 * NT_GPT_NAME_UNITS);
  add_place(r, t, &range);
  return NT_STATUS_SUCCESS;
}

static nt_status check_list(const struct sim_request *r, uint32_t style,
                            uint32_t count) {
  const bool gpt = strcmp(r->disk.style, "gpt") == 0;
  const bool mbr = strcmp(r->disk.style, "mbr") == 0;
  if (!(gpt && style == SIM_STYLE_GPT) && !(mbr && style == SIM_STYLE_MBR)) {
    return invalid(r, "the list is of another partition style",
                   "initialise the disk first: IOCTL_DISK_CREATE_DISK");
  }
  if (count > (gpt ? NT_GPT_ENTRIES : 4 * NT_MBR_RECORDS)) {
    return invalid(r, "the list has more partitions than a table",
                   "a GPT has 128 of them");
  }
  if (mbr && (count == 0 || count % 4 != 0)) {
    return invalid(r, "the list of an MBR has four entries per record",
                   "fill it with entries of type 0");
  }
  return nt__sim_input(r, SIM_LAYOUT_HEADER + SIM_LAYOUT_ENTRY * (size_t)count,
                       NT_STATUS_INFO_LENGTH_MISMATCH);
}

static nt_status set(struct sim_request *r, struct table *t) {
  uint32_t count = nt_get_u32(r->in + 4);
  t->style = nt_get_u32(r->in);
  NT_TRY(check_list(r, t->style, count));
  t->mbr.count = count;
  memcpy(t->id, r->in + 8, t->style == SIM_STYLE_GPT ? 16 : 4);
  for (uint32_t i = 0; i < count; i++) {
    NT_TRY(t->style == SIM_STYLE_GPT ? take_gpt(r, t, i) : take_mbr(r, t, i));
  }
  return write_table(r, t, false);
}

nt_status nt__sim_set_table(struct sim_request *r) {
  NT_TRY(nt__sim_input(r, SIM_LAYOUT_HEADER, NT_STATUS_INFO_LENGTH_MISMATCH));
  return with_table(r, set);
}
