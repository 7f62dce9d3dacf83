/*
 * FAT12, FAT16 and FAT32. Layout: "FAT: General Overview of On-Disk Format"
 * (fatgen103). Dirty is said twice: by the second entry of the table, where a
 * set bit means clean, and by bit 0 of a byte of the boot sector that the
 * document calls reserved; FAT12 has only the latter.
 */
#include <string.h>

#include "bytes.h"
#include "fsd.h"

struct fat {
  uint32_t sector, width; /* bytes; bits of an entry: 12, 16 or 32 */
  uint64_t first, bytes;  /* the table in use, and its size */
  uint64_t other, copies; /* the first table, and how many are kept alike */
  uint64_t clusters;
  uint32_t state; /* place of the byte in the boot sector */
  uint8_t boot[512];
};

#define STATE_DIRTY 0x01U
#define CLEAN_16 0x8000U
#define CLEAN_32 0x08000000U

/* FAT32 keeps its tables alike, or uses one only. */
static void choose_table(struct fat *f) {
  uint32_t flags = boot_u16(f->boot + 40);
  f->first = f->other;
  if (f->width == 32 && flags & 0x80U) {
    f->first += (flags & 0x0FU) * f->bytes;
    f->other = f->first;
    f->copies = 1;
  }
}

static bool decode(struct fat *f) {
  const uint8_t *boot = f->boot;
  uint64_t reserved = boot_u16(boot + 14), root = boot_u16(boot + 17);
  uint64_t sectors = boot_u16(boot + 19), table = boot_u16(boot + 22);
  f->sector = boot_u16(boot + 11);
  f->copies = boot[16];
  f->width = table == 0 ? 32 : 16;
  table = table ? table : boot_u32(boot + 36);
  sectors = sectors ? sectors : boot_u32(boot + 32);
  if (f->sector == 0 || boot[13] == 0 || f->copies == 0) {
    return false;
  }
  uint64_t head =
      reserved + f->copies * table + (root * 32 + f->sector - 1) / f->sector;
  if (sectors <= head) {
    return false;
  }
  f->clusters = (sectors - head) / boot[13];
  if (f->width == 16 && f->clusters < 4085) {
    f->width = 12;
  }
  f->state = f->width == 32 ? 0x41 : 0x25;
  f->other = reserved * f->sector;
  f->bytes = table * f->sector;
  choose_table(f);
  return (f->clusters + 2) * f->width <= f->bytes * 8;
}

static nt_status open_fat(const struct sim_bytes *b, struct fat *f,
                          struct nt_error *err) {
  nt_status status = nt__sim_bytes_read(b, 0, f->boot, sizeof f->boot, err);
  if (nt_ok(status) && !decode(f)) {
    status = nt__sim_bytes_damaged(err, "the FAT boot sector is damaged");
  }
  return status;
}

static nt_status clusters(const struct sim_bytes *b, uint64_t *count,
                          struct nt_error *err) {
  struct fat f;
  nt_status status = open_fat(b, &f, err);
  *count = nt_ok(status) ? f.clusters : 0;
  return status;
}

/* ---- which clusters are used --------------------------------------------- */

/* Entry `index` of a piece of the table that begins at an even entry. */
static uint32_t entry_of(const struct fat *f, const uint8_t *piece,
                         size_t index) {
  if (f->width == 32) {
    return boot_u32(piece + index * 4) & 0x0FFFFFFFU;
  }
  if (f->width == 16) {
    return boot_u16(piece + index * 2);
  }
  uint32_t pair = boot_u16(piece + index * 3 / 2);
  return index % 2 ? pair >> 4 : pair & 0xFFFU;
}

#define PIECE 2048U /* entries */

/* Sets the bits of `count` clusters, from `first` on, at buf. */
static nt_status piece_bits(const struct sim_bytes *b, const struct fat *f,
                            uint64_t first, size_t count, uint8_t *buf,
                            struct nt_error *err) {
  uint8_t piece[PIECE * 4];
  uint64_t place = f->first + (first + 2) * f->width / 8;
  nt_status status =
      nt__sim_bytes_read(b, place, piece, (count * f->width + 7) / 8, err);
  for (size_t i = 0; nt_ok(status) && i < count; i++) {
    if (entry_of(f, piece, i) != 0) {
      buf[i / 8] |= (uint8_t)(1U << i % 8);
    }
  }
  return status;
}

static nt_status bitmap(const struct sim_bytes *b, uint64_t first, uint8_t *buf,
                        size_t bytes, struct nt_error *err) {
  struct fat f;
  nt_status status = open_fat(b, &f, err);
  memset(buf, 0, bytes);
  for (size_t done = 0; nt_ok(status) && done < bytes; done += PIECE / 8) {
    uint64_t from = first + done * 8, left = f.clusters - from;
    size_t count = (bytes - done) * 8;
    count = count > PIECE ? PIECE : count;
    count = count > left ? (size_t)left : count;
    status = piece_bits(b, &f, from, count, buf + done, err);
  }
  return status;
}

/* ---- dirty --------------------------------------------------------------- */

static uint32_t clean_bit(const struct fat *f) {
  return f->width == 32 ? CLEAN_32 : CLEAN_16;
}

/* The second entry of a table; FAT12's has no place for a mark. */
static nt_status read_mark(const struct sim_bytes *b, const struct fat *f,
                           uint64_t table, uint32_t *out,
                           struct nt_error *err) {
  uint8_t entry[4] = {0};
  size_t size = f->width / 8;
  nt_status status = nt__sim_bytes_read(b, table + size, entry, size, err);
  *out = boot_u32(entry);
  return status;
}

static nt_status is_dirty(const struct sim_bytes *b, bool *out,
                          struct nt_error *err) {
  struct fat f;
  uint32_t mark = 0;
  nt_status status = open_fat(b, &f, err);
  if (!nt_ok(status)) {
    return status;
  }
  *out = f.boot[f.state] & STATE_DIRTY;
  if (f.width == 12) {
    return status;
  }
  status = read_mark(b, &f, f.first, &mark, err);
  *out = *out || !(mark & clean_bit(&f));
  return status;
}

static nt_status mark_table(const struct sim_bytes *b, const struct fat *f,
                            uint64_t table, struct nt_error *err) {
  uint32_t mark = 0;
  uint8_t entry[4];
  size_t size = f->width / 8;
  nt_status status = read_mark(b, f, table, &mark, err);
  mark &= ~clean_bit(f);
  for (size_t i = 0; i < size; i++) {
    entry[i] = (uint8_t)(mark >> 8 * i);
  }
  return nt_ok(status) ? nt__sim_bytes_write(b, table + size, entry, size, err)
                       : status;
}

static nt_status mark_dirty(const struct sim_bytes *b, struct nt_error *err) {
  struct fat f;
  nt_status status = open_fat(b, &f, err);
  for (uint64_t i = 0; nt_ok(status) && f.width != 12 && i < f.copies; i++) {
    status = mark_table(b, &f, f.other + i * f.bytes, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  f.boot[f.state] |= STATE_DIRTY;
  return nt__sim_bytes_write(b, f.state, f.boot + f.state, 1, err);
}

const struct sim_format nt__sim_format_fat = {clusters, bitmap, is_dirty,
                                              mark_dirty};
