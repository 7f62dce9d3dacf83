/*
 * NTFS, as the documentation of libfsntfs and of the Linux-NTFS project has its
 * layout: the boot sector, file records with their update sequence, attributes
 * and their runs of clusters.
 */
#include <string.h>

#include "../text.h"
#include "file_system.h"

#define BOOT_BYTES 8192U /* the file $Boot */

/* Records have 1 KiB or 4 KiB. */
#define RECORD_MAX 4096U
#define RECORD_MFT 0U
#define RECORD_VOLUME 3U
#define RECORD_BITMAP 6U

#define ATTRIBUTE_VOLUME_NAME 0x60U
#define ATTRIBUTE_VOLUME_INFORMATION 0x70U
#define ATTRIBUTE_DATA 0x80U
#define ATTRIBUTE_END 0xFFFFFFFFU

#define BIGGEST_CLUSTER (2U << 20)

struct ntfs {
  uint32_t sector, cluster, record; /* bytes */
  uint64_t sectors, clusters, mft, mirror, serial;
};

struct record {
  uint8_t bytes[RECORD_MAX]; /* with the update sequence undone */
  size_t size;
};

/* ---- the boot sector ----------------------------------------------------- */

/* Sectors of a cluster. More than 128 are written as a negative power of two.
 */
static uint32_t cluster_sectors(uint8_t byte) {
  if (byte >= 240 && byte <= 249) {
    return 1U << (256 - byte);
  }
  return byte <= 128 && nt_is_power_of_two(byte) ? byte : 0;
}

/* A size in clusters, or as a negative power of two in bytes. */
static uint64_t record_size(uint8_t byte, uint64_t cluster) {
  if (byte >= 0xE1 && byte <= 0xF7) {
    return UINT64_C(1) << (256 - byte);
  }
  return byte <= 64 && nt_is_power_of_two(byte) ? byte * cluster : 0;
}

/* Whether the fields of FAT that NTFS does not use are zeros. */
static bool has_no_fat(const uint8_t *boot) {
  static const uint8_t zeros[7];
  return memcmp(boot + 14, zeros, 7) == 0 && memcmp(boot + 22, zeros, 2) == 0 &&
         memcmp(boot + 32, zeros, 4) == 0;
}

static bool decode(const uint8_t *boot, struct ntfs *n) {
  uint32_t per_cluster = cluster_sectors(boot[13]);
  *n = (struct ntfs){.sector = nt_get_u16(boot + 11)};
  if (!nt_is_power_of_two(n->sector) || n->sector < 256 || n->sector > 4096 ||
      per_cluster == 0 || per_cluster > BIGGEST_CLUSTER / n->sector) {
    return false;
  }
  uint64_t record = record_size(boot[64], (uint64_t)per_cluster * n->sector);
  n->cluster = per_cluster * n->sector;
  n->sectors = nt_get_u64(boot + 40);
  n->clusters = n->sectors / per_cluster;
  n->mft = nt_get_u64(boot + 48);
  n->mirror = nt_get_u64(boot + 56);
  n->serial = nt_get_u64(boot + NT_NTFS_SERIAL);
  n->record = record <= RECORD_MAX ? (uint32_t)record : 0;
  return n->record >= 512 && n->mft < n->clusters && n->mirror < n->clusters &&
         n->sectors <= INT64_MAX / n->sector;
}

#define MOST_PLAIN_SECTORS 128U

void nt_ntfs_tell_plainly(uint8_t boot[512]) {
  struct ntfs n;
  if (memcmp(boot + 3, "NTFS    ", 8) != 0 || !decode(boot, &n) ||
      n.cluster / n.sector <= MOST_PLAIN_SECTORS) {
    return;
  }
  uint32_t sector = n.cluster / MOST_PLAIN_SECTORS;
  nt_put_u16(boot + 11, (uint16_t)sector);
  boot[13] = MOST_PLAIN_SECTORS;
  nt_put_u64(boot + 40, n.sectors / (sector / n.sector));
}

static bool open_ntfs(struct nt_region *region, struct ntfs *n) {
  uint8_t boot[512];
  return nt_region_read(region, 0, boot, sizeof boot) &&
         (decode(boot, n) ||
          nt_region_damaged(region, "the NTFS boot sector is damaged"));
}

static bool clusters(struct nt_region *region, uint64_t *count) {
  struct ntfs n = {0};
  bool good = open_ntfs(region, &n);
  *count = n.clusters;
  return good;
}

/* ---- file records -------------------------------------------------------- */

#define FIXUP_STRIDE 512U

/* Puts the last two bytes of every 512 back, which the update sequence
 * keeps. */
static bool undo_fixups(struct record *r) {
  size_t at = nt_get_u16(r->bytes + 4), count = nt_get_u16(r->bytes + 6);
  if (at < 40 || count != r->size / FIXUP_STRIDE + 1 ||
      at + 2 * count > FIXUP_STRIDE - 2) {
    return false;
  }
  for (size_t i = 1; i < count; i++) {
    uint8_t *end = r->bytes + i * FIXUP_STRIDE - 2;
    if (memcmp(end, r->bytes + at, 2) != 0) {
      return false;
    }
    memcpy(end, r->bytes + at + 2 * i, 2);
  }
  return true;
}

static uint64_t place_of(const struct ntfs *n, uint64_t table,
                         uint32_t number) {
  return table * n->cluster + (uint64_t)number * n->record;
}

static bool has_record(struct nt_region *region, const struct ntfs *n,
                       uint32_t number, struct record *r) {
  r->size = n->record;
  return nt_region_read(region, place_of(n, n->mft, number), r->bytes,
                        r->size) &&
         (memcmp(r->bytes, "FILE", 4) == 0 ||
          nt_region_damaged(region, "a record of the MFT is damaged"));
}

/* Reads one of the first records of the table, which lie in one piece. */
static bool read_record(struct nt_region *region, const struct ntfs *n,
                        uint32_t number, struct record *r) {
  return has_record(region, n, number, r) &&
         (undo_fixups(r) ||
          nt_region_damaged(region, "a record of the MFT is damaged"));
}

/* Finds the unnamed attribute of a type; all of it lies within the record.
 * NULL: there is none. */
static const uint8_t *find_attribute(const struct record *r, uint32_t type,
                                     size_t *size) {
  size_t at = nt_get_u16(r->bytes + 20);
  while (at % 8 == 0 && at + 24 <= r->size) {
    const uint8_t *attribute = r->bytes + at;
    uint32_t length = nt_get_u32(attribute + 4);
    if (nt_get_u32(attribute) == ATTRIBUTE_END || length < 24 ||
        length > r->size - at) {
      return NULL;
    }
    if (nt_get_u32(attribute) == type && attribute[9] == 0) {
      *size = length;
      return attribute;
    }
    at += length;
  }
  return NULL;
}

#define AT_NON_RESIDENT 8
#define AT_VALUE_SIZE 16
#define AT_VALUE 20

/* Finds the value of an attribute that lies in the record; all of it does.
 * NULL: there is none. */
static const uint8_t *find_value(const struct record *r, uint32_t type,
                                 size_t *size) {
  size_t whole = 0;
  const uint8_t *attribute = find_attribute(r, type, &whole);
  if (attribute == NULL || attribute[AT_NON_RESIDENT] != 0) {
    return NULL;
  }
  size_t at = nt_get_u16(attribute + AT_VALUE);
  *size = nt_get_u32(attribute + AT_VALUE_SIZE);
  return at <= whole && *size <= whole - at ? attribute + at : NULL;
}

static bool recognise(struct nt_region *region, const uint8_t boot[512],
                      struct nt_probe *out) {
  struct ntfs n;
  struct record r;
  size_t size = 0;
  if (memcmp(boot + 3, "NTFS    ", 8) != 0 || !has_no_fat(boot) ||
      !decode(boot, &n) || !has_record(region, &n, RECORD_MFT, &r) ||
      !has_record(region, &n, RECORD_VOLUME, &r)) {
    return false;
  }
  nt_copy(out->file_system, sizeof out->file_system, "NTFS");
  out->boot_bytes = BOOT_BYTES;
  out->fs_bytes = n.sectors * n.sector;
  nt_long_serial(n.serial, out->serial, sizeof out->serial);
  const uint8_t *label =
      undo_fixups(&r) ? find_value(&r, ATTRIBUTE_VOLUME_NAME, &size) : NULL;
  if (label != NULL) {
    nt_utf16le_text(label, size / 2, out->label, sizeof out->label);
  }
  return true;
}

/* ---- runs of clusters ---------------------------------------------------- */

struct run {
  uint64_t length; /* clusters */
  uint64_t lcn;
  bool hole;
};

/* Reads a little-endian number of `size` bytes that has a sign. */
static uint64_t signed_number(const uint8_t *at, size_t size) {
  uint64_t value = size > 0 && at[size - 1] & 0x80 ? UINT64_MAX : 0;
  for (size_t i = size; i > 0; i--) {
    value = value << 8 | at[i - 1];
  }
  return value;
}

/* Takes the next run; before the call, `run->lcn` is that of the run before.
 * Returns false at the end, and for values that make no sense. */
static bool next_run(const struct ntfs *n, const uint8_t **at,
                     const uint8_t *end, struct run *run) {
  if (*at >= end || **at == 0) {
    return false;
  }
  size_t count = **at & 0x0FU, offset = **at >> 4;
  const uint8_t *body = *at + 1;
  if (count == 0 || count > 8 || offset > 8 ||
      (size_t)(end - body) < count + offset) {
    return false;
  }
  run->length = signed_number(body, count);
  run->hole = offset == 0;
  run->lcn += signed_number(body + count, offset);
  *at = body + count + offset;
  return run->length <= n->clusters &&
         (run->hole || run->lcn <= n->clusters - run->length);
}

#define AT_RUNS 32
#define AT_VALID_SIZE 56
#define NON_RESIDENT_HEADER 64U

/* A non-resident attribute, and the record with its bytes. */
struct file {
  struct record record;
  const uint8_t *attribute;
  size_t size;
};

/* Reads from the contents of the attribute. */
static bool read_runs(struct nt_region *region, const struct ntfs *n,
                      const struct file *file, uint64_t offset, uint8_t *buf,
                      size_t length) {
  size_t first = nt_get_u16(file->attribute + AT_RUNS);
  const uint8_t *end = file->attribute + file->size;
  const uint8_t *at = first < file->size ? file->attribute + first : end;
  struct run run = {0};
  while (length > 0 && next_run(n, &at, end, &run)) {
    uint64_t bytes = run.length * n->cluster;
    if (offset >= bytes) {
      offset -= bytes;
      continue;
    }
    size_t part = length < bytes - offset ? length : (size_t)(bytes - offset);
    if (run.hole) {
      break;
    }
    if (!nt_region_read(region, run.lcn * n->cluster + offset, buf, part)) {
      return false;
    }
    buf += part;
    length -= part;
    offset = 0;
  }
  return length == 0 ||
         nt_region_damaged(region,
                           "a file of the NTFS file system has no "
                           "clusters there");
}

static bool find_data(struct nt_region *region, const struct ntfs *n,
                      uint32_t number, struct file *file) {
  if (!read_record(region, n, number, &file->record)) {
    return false;
  }
  file->attribute = find_attribute(&file->record, ATTRIBUTE_DATA, &file->size);
  return (file->attribute && file->attribute[AT_NON_RESIDENT] == 1 &&
          file->size >= NON_RESIDENT_HEADER) ||
         nt_region_damaged(region, "a record of the MFT lacks its runs");
}

static bool bitmap(struct nt_region *region, uint64_t first, uint8_t *buf,
                   size_t bytes) {
  struct ntfs n = {0};
  struct file file;
  return open_ntfs(region, &n) && find_data(region, &n, RECORD_BITMAP, &file) &&
         read_runs(region, &n, &file, first / 8, buf, bytes);
}

/* ---- dirty --------------------------------------------------------------- */

#define AT_FLAGS 10U /* in the value */
#define VOLUME_IS_DIRTY 0x1U

/* Finds where the low byte of the flags lies in the record of $Volume. */
static bool find_flags(struct nt_region *region, struct ntfs *n,
                       struct record *r, size_t *place) {
  size_t size = 0;
  if (!open_ntfs(region, n) || !read_record(region, n, RECORD_VOLUME, r)) {
    return false;
  }
  const uint8_t *value = find_value(r, ATTRIBUTE_VOLUME_INFORMATION, &size);
  if (value == NULL || size < AT_FLAGS + 2) {
    return nt_region_damaged(region, "$Volume is damaged");
  }
  *place = (size_t)(value - r->bytes) + AT_FLAGS;
  return true;
}

static bool is_dirty(struct nt_region *region, bool *out) {
  struct ntfs n;
  struct record r;
  size_t place = 0;
  bool good = find_flags(region, &n, &r, &place);
  *out = good && r.bytes[place] & VOLUME_IS_DIRTY;
  return good;
}

/* Returns where a byte of the record is stored: in the update sequence, if that
 * has taken it. */
static size_t stored_at(const struct record *r, size_t place) {
  size_t within = place % FIXUP_STRIDE;
  if (within < FIXUP_STRIDE - 2) {
    return place;
  }
  return nt_get_u16(r->bytes + 4) + 2 * (place / FIXUP_STRIDE + 1) + within -
         (FIXUP_STRIDE - 2);
}

/* The first four records have a copy, which must say the same. */
static bool mark_dirty(struct nt_region *region) {
  struct ntfs n;
  struct record r;
  size_t place = 0;
  if (!find_flags(region, &n, &r, &place)) {
    return false;
  }
  uint8_t flags = r.bytes[place] | VOLUME_IS_DIRTY;
  place = stored_at(&r, place);
  return nt_region_write(region, place_of(&n, n.mft, RECORD_VOLUME) + place,
                         &flags, 1) &&
         nt_region_write(region, place_of(&n, n.mirror, RECORD_VOLUME) + place,
                         &flags, 1);
}

const struct nt_fs nt_fs_ntfs = {recognise, clusters, bitmap, is_dirty,
                                 mark_dirty};

/* ---- facts --------------------------------------------------------------- */

static unsigned zero_bits(uint8_t byte) {
  unsigned count = 0;
  for (unsigned bits = (uint8_t)~byte; bits; bits &= bits - 1) {
    count++;
  }
  return count;
}

static bool count_free(struct nt_region *region, const struct ntfs *n,
                       uint64_t *out) {
  struct file file;
  uint8_t buf[4096];
  uint64_t bytes = (n->clusters + 7) / 8;
  bool good = find_data(region, n, RECORD_BITMAP, &file);
  *out = 0;
  for (uint64_t at = 0; good && at < bytes; at += sizeof buf) {
    size_t part = bytes - at < sizeof buf ? (size_t)(bytes - at) : sizeof buf;
    good = read_runs(region, n, &file, at, buf, part);
    if (at + part == bytes && n->clusters % 8 != 0) {
      buf[part - 1] |= (uint8_t)(0xFFU << n->clusters % 8); /* past the end */
    }
    for (size_t i = 0; good && i < part; i++) {
      *out += zero_bits(buf[i]);
    }
  }
  return good;
}

bool nt_ntfs_facts(struct nt_region *region, struct nt_ntfs_facts *out) {
  struct ntfs n = {0};
  struct file file;
  if (!open_ntfs(region, &n) || !find_data(region, &n, RECORD_MFT, &file)) {
    return false;
  }
  *out = (struct nt_ntfs_facts){
      .serial = n.serial,
      .sectors = n.sectors,
      .clusters = n.clusters,
      .sector_size = n.sector,
      .cluster_size = n.cluster,
      .record_size = n.record,
      .mft_valid = nt_get_u64(file.attribute + AT_VALID_SIZE),
      .mft_lcn = n.mft,
      .mirror_lcn = n.mirror,
  };
  return count_free(region, &n, &out->free_clusters);
}
