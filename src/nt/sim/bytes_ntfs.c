/*
 * NTFS, as the documentation of libfsntfs and of the Linux-NTFS project has its
 * layout: the boot sector, file records with their update sequence, attributes
 * and their runs of clusters.
 */
#include <string.h>

#include "bytes.h"
#include "fsd.h"

#define RECORD_MAX 4096U
#define RECORD_MFT 0U
#define RECORD_VOLUME 3U
#define RECORD_BITMAP 6U

#define ATTRIBUTE_VOLUME_INFORMATION 0x70U
#define ATTRIBUTE_DATA 0x80U
#define ATTRIBUTE_END 0xFFFFFFFFU

#define VOLUME_IS_DIRTY 0x1U

struct ntfs {
  uint32_t sector, cluster, record; /* bytes */
  uint64_t sectors, clusters, mft, mirror, serial;
};

struct record {
  uint8_t bytes[RECORD_MAX]; /* with the update sequence undone */
  size_t size;
};

/* A size in clusters, or as a negative power of two in bytes. */
static uint32_t record_size(uint8_t value, uint32_t cluster) {
  if (value < 0x80) {
    return value * cluster;
  }
  return value > 0xE0 ? 1U << (0x100U - value) : 0;
}

static bool decode(const uint8_t *boot, struct ntfs *n) {
  uint32_t per_cluster = boot[13];
  if (per_cluster > 0x80) { /* large clusters are a power, too */
    per_cluster = 1U << (0x100U - per_cluster) % 32;
  }
  n->sector = boot_u16(boot + 11);
  if (n->sector < 256 || n->sector > 4096 || per_cluster == 0 ||
      per_cluster > (2U << 20) / n->sector) {
    return false;
  }
  n->cluster = per_cluster * n->sector;
  n->sectors = boot_u64(boot + 40);
  n->clusters = n->sectors / per_cluster;
  n->mft = boot_u64(boot + 48);
  n->mirror = boot_u64(boot + 56);
  n->serial = boot_u64(boot + 72);
  n->record = record_size(boot[64], n->cluster);
  return n->record >= 512 && n->record <= RECORD_MAX && n->mft < n->clusters &&
         n->mirror < n->clusters;
}

static nt_status open_ntfs(const struct sim_bytes *b, struct ntfs *n,
                           struct nt_error *err) {
  uint8_t boot[512];
  nt_status status = nt__sim_bytes_read(b, 0, boot, sizeof boot, err);
  if (nt_ok(status) && !decode(boot, n)) {
    status = nt__sim_bytes_damaged(err, "the NTFS boot sector is damaged");
  }
  return status;
}

static nt_status clusters(const struct sim_bytes *b, uint64_t *count,
                          struct nt_error *err) {
  struct ntfs n = {0};
  nt_status status = open_ntfs(b, &n, err);
  *count = n.clusters;
  return status;
}

/* ---- file records -------------------------------------------------------- */

#define FIXUP_STRIDE 512U

/* The last two bytes of every 512 are kept in the update sequence. */
static bool undo_fixups(struct record *r) {
  size_t at = boot_u16(r->bytes + 4), count = boot_u16(r->bytes + 6);
  if (memcmp(r->bytes, "FILE", 4) != 0 || at < 40 ||
      count != r->size / FIXUP_STRIDE + 1 || at + 2 * count > r->size ||
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

/* The first records of the table lie in one piece. */
static nt_status read_record(const struct sim_bytes *b, const struct ntfs *n,
                             uint32_t number, struct record *r,
                             struct nt_error *err) {
  r->size = n->record;
  nt_status status = nt__sim_bytes_read(b, place_of(n, n->mft, number),
                                        r->bytes, r->size, err);
  if (nt_ok(status) && !undo_fixups(r)) {
    status = nt__sim_bytes_damaged(err, "a record of the MFT is damaged");
  }
  return status;
}

/* The unnamed attribute of a type, whole within the record; NULL: there is
 * none. */
static const uint8_t *find_attribute(const struct record *r, uint32_t type,
                                     size_t *size) {
  size_t at = boot_u16(r->bytes + 20);
  while (at % 8 == 0 && at + 24 <= r->size) {
    const uint8_t *attribute = r->bytes + at;
    uint32_t length = boot_u32(attribute + 4);
    if (boot_u32(attribute) == ATTRIBUTE_END || length < 24 ||
        length > r->size - at) {
      return NULL;
    }
    if (boot_u32(attribute) == type && attribute[9] == 0) {
      *size = length;
      return attribute;
    }
    at += length;
  }
  return NULL;
}

/* ---- runs of clusters ---------------------------------------------------- */

struct run {
  uint64_t length; /* clusters */
  uint64_t lcn;
  bool hole;
};

/* A little-endian number of `size` bytes, with its sign. */
static uint64_t signed_number(const uint8_t *at, size_t size) {
  uint64_t value = size > 0 && at[size - 1] & 0x80 ? UINT64_MAX : 0;
  for (size_t i = size; i > 0; i--) {
    value = value << 8 | at[i - 1];
  }
  return value;
}

/* Takes the next run; `run->lcn` is that of the one before. False at the end,
 * and for nonsense. */
static bool next_run(const uint8_t **at, const uint8_t *end, struct run *run) {
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
  return run->length < (uint64_t)1 << 60;
}

#define AT_NON_RESIDENT 8
#define AT_RUNS 32
#define AT_REAL_SIZE 48
#define AT_VALID_SIZE 56
#define NON_RESIDENT_HEADER 64U

/* Reads from the contents of a non-resident attribute. */
static nt_status read_runs(const struct sim_bytes *b, const struct ntfs *n,
                           const uint8_t *attribute, size_t size,
                           uint64_t offset, uint8_t *buf, size_t len,
                           struct nt_error *err) {
  size_t first = boot_u16(attribute + AT_RUNS);
  const uint8_t *end = attribute + size;
  const uint8_t *at = first < size ? attribute + first : end;
  struct run run = {0};
  while (len > 0 && next_run(&at, end, &run)) {
    uint64_t bytes = run.length * n->cluster;
    if (offset >= bytes) {
      offset -= bytes;
      continue;
    }
    size_t part = len < bytes - offset ? len : (size_t)(bytes - offset);
    if (run.hole || run.lcn >= n->clusters) {
      break;
    }
    nt_status status =
        nt__sim_bytes_read(b, run.lcn * n->cluster + offset, buf, part, err);
    if (!nt_ok(status)) {
      return status;
    }
    buf += part;
    len -= part;
    offset = 0;
  }
  return len == 0 ? NT_STATUS_SUCCESS
                  : nt__sim_bytes_damaged(err,
                                          "a file of the NTFS file system "
                                          "has no clusters there");
}

/* ---- the bitmap ---------------------------------------------------------- */

/* The contents of a file of the file system itself, whose runs are in its own
 * record. */
static nt_status find_data(const struct sim_bytes *b, const struct ntfs *n,
                           uint32_t number, struct record *r,
                           const uint8_t **attribute, size_t *size,
                           struct nt_error *err) {
  nt_status status = read_record(b, n, number, r, err);
  if (!nt_ok(status)) {
    return status;
  }
  *attribute = find_attribute(r, ATTRIBUTE_DATA, size);
  return *attribute && (*attribute)[AT_NON_RESIDENT] == 1 &&
                 *size >= NON_RESIDENT_HEADER
             ? status
             : nt__sim_bytes_damaged(err, "a record of the MFT lacks its runs");
}

static nt_status bitmap(const struct sim_bytes *b, uint64_t first, uint8_t *buf,
                        size_t bytes, struct nt_error *err) {
  struct ntfs n = {0};
  struct record r;
  const uint8_t *attribute = NULL;
  size_t size = 0;
  nt_status status = open_ntfs(b, &n, err);
  if (nt_ok(status)) {
    status = find_data(b, &n, RECORD_BITMAP, &r, &attribute, &size, err);
  }
  return nt_ok(status)
             ? read_runs(b, &n, attribute, size, first / 8, buf, bytes, err)
             : status;
}

/* ---- dirty --------------------------------------------------------------- */

#define AT_VALUE_SIZE 16
#define AT_VALUE 20
#define AT_FLAGS 10U /* in the value */

/* Where the low byte of the flags lies in the record of $Volume. */
static nt_status find_flags(const struct sim_bytes *b, const struct ntfs *n,
                            struct record *r, size_t *place,
                            struct nt_error *err) {
  size_t size;
  nt_status status = read_record(b, n, RECORD_VOLUME, r, err);
  if (!nt_ok(status)) {
    return status;
  }
  const uint8_t *attribute =
      find_attribute(r, ATTRIBUTE_VOLUME_INFORMATION, &size);
  if (!attribute || attribute[AT_NON_RESIDENT] != 0 ||
      boot_u32(attribute + AT_VALUE_SIZE) < AT_FLAGS + 2 ||
      boot_u16(attribute + AT_VALUE) + AT_FLAGS + 2 > size) {
    return nt__sim_bytes_damaged(err, "$Volume is damaged");
  }
  *place = (size_t)(attribute - r->bytes) + boot_u16(attribute + AT_VALUE) +
           AT_FLAGS;
  return status;
}

static nt_status is_dirty(const struct sim_bytes *b, bool *out,
                          struct nt_error *err) {
  struct ntfs n = {0};
  struct record r;
  size_t place = 0;
  nt_status status = open_ntfs(b, &n, err);
  if (nt_ok(status)) {
    status = find_flags(b, &n, &r, &place, err);
  }
  *out = nt_ok(status) && r.bytes[place] & VOLUME_IS_DIRTY;
  return status;
}

/* Bytes that the update sequence took are kept there. */
static size_t stored_at(const struct record *r, size_t place) {
  size_t within = place % FIXUP_STRIDE;
  if (within < FIXUP_STRIDE - 2) {
    return place;
  }
  return boot_u16(r->bytes + 4) + 2 * (place / FIXUP_STRIDE + 1) + within -
         (FIXUP_STRIDE - 2);
}

/* The first four records have a copy, which must say the same. */
static nt_status mark_dirty(const struct sim_bytes *b, struct nt_error *err) {
  struct ntfs n = {0};
  struct record r;
  size_t place = 0;
  nt_status status = open_ntfs(b, &n, err);
  if (nt_ok(status)) {
    status = find_flags(b, &n, &r, &place, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  uint8_t flags = r.bytes[place] | VOLUME_IS_DIRTY;
  place = stored_at(&r, place);
  status = nt__sim_bytes_write(b, place_of(&n, n.mft, RECORD_VOLUME) + place,
                               &flags, 1, err);
  return nt_ok(status) ? nt__sim_bytes_write(
                             b, place_of(&n, n.mirror, RECORD_VOLUME) + place,
                             &flags, 1, err)
                       : status;
}

const struct sim_format nt__sim_format_ntfs = {clusters, bitmap, is_dirty,
                                               mark_dirty};

/* ---- facts --------------------------------------------------------------- */

static unsigned zero_bits(uint8_t byte) {
  unsigned count = 0;
  for (unsigned bits = (uint8_t)~byte; bits; bits &= bits - 1) {
    count++;
  }
  return count;
}

static nt_status count_free(const struct sim_bytes *b, const struct ntfs *n,
                            uint64_t *out, struct nt_error *err) {
  struct record r;
  const uint8_t *attribute = NULL;
  size_t size = 0;
  uint8_t buf[4096];
  uint64_t bytes = (n->clusters + 7) / 8;
  nt_status status = find_data(b, n, RECORD_BITMAP, &r, &attribute, &size, err);
  *out = 0;
  for (uint64_t at = 0; nt_ok(status) && at < bytes; at += sizeof buf) {
    size_t part = bytes - at < sizeof buf ? (size_t)(bytes - at) : sizeof buf;
    status = read_runs(b, n, attribute, size, at, buf, part, err);
    if (at + part == bytes && n->clusters % 8 != 0) {
      buf[part - 1] |= (uint8_t)(0xFFU << n->clusters % 8); /* no clusters */
    }
    for (size_t i = 0; nt_ok(status) && i < part; i++) {
      *out += zero_bits(buf[i]);
    }
  }
  return status;
}

nt_status nt__sim_ntfs_facts(const struct sim_bytes *b,
                             struct sim_ntfs_facts *out, struct nt_error *err) {
  struct ntfs n = {0};
  struct record r;
  const uint8_t *attribute = NULL;
  size_t size = 0;
  nt_status status = open_ntfs(b, &n, err);
  if (nt_ok(status)) {
    status = find_data(b, &n, RECORD_MFT, &r, &attribute, &size, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  *out = (struct sim_ntfs_facts){
      .serial = n.serial,
      .sectors = n.sectors,
      .clusters = n.clusters,
      .sector_size = n.sector,
      .cluster_size = n.cluster,
      .record_size = n.record,
      .mft_valid = boot_u64(attribute + AT_VALID_SIZE),
      .mft_lcn = n.mft,
      .mirror_lcn = n.mirror,
  };
  return count_free(b, &n, &out->free_clusters, err);
}
