/*
 * exFAT. Layout: "exFAT file system specification", main boot sector, FAT and
 * the directory entry of the allocation bitmap.
 */
#include <string.h>

#include "bytes.h"
#include "fsd.h"

struct exfat {
  uint64_t table, heap; /* bytes from the start of the volume */
  uint32_t clusters, root;
  uint64_t cluster; /* bytes */
  uint32_t flags;
};

#define AT_FLAGS 106U /* not covered by the checksum of the boot region */
#define SECOND_FAT 0x1U
#define VOLUME_DIRTY 0x2U

static bool decode(const uint8_t *boot, struct exfat *x) {
  unsigned sector = boot[108], cluster = boot[109];
  if (sector < 9 || sector > 12 || cluster > 25 - sector) {
    return false;
  }
  x->flags = boot_u16(boot + AT_FLAGS);
  x->table = (uint64_t)boot_u32(boot + 80) << sector;
  if (x->flags & SECOND_FAT && boot[110] == 2) {
    x->table += (uint64_t)boot_u32(boot + 84) << sector;
  }
  x->heap = (uint64_t)boot_u32(boot + 88) << sector;
  x->clusters = boot_u32(boot + 92);
  x->root = boot_u32(boot + 96);
  x->cluster = (uint64_t)1 << (sector + cluster);
  return x->clusters > 0;
}

static nt_status open_exfat(const struct sim_bytes *b, struct exfat *x,
                            struct nt_error *err) {
  uint8_t boot[512];
  nt_status status = nt__sim_bytes_read(b, 0, boot, sizeof boot, err);
  if (nt_ok(status) && !decode(boot, x)) {
    status = nt__sim_bytes_damaged(err, "the exFAT boot sector is damaged");
  }
  return status;
}

static nt_status clusters(const struct sim_bytes *b, uint64_t *count,
                          struct nt_error *err) {
  struct exfat x = {0};
  nt_status status = open_exfat(b, &x, err);
  *count = x.clusters;
  return status;
}

/* ---- chains of clusters -------------------------------------------------- */

/* The cluster behind `*cluster`; 0 at the end of the chain. */
static nt_status follow(const struct sim_bytes *b, const struct exfat *x,
                        uint32_t *cluster, struct nt_error *err) {
  uint8_t entry[4];
  nt_status status = nt__sim_bytes_read(b, x->table + (uint64_t)*cluster * 4,
                                        entry, sizeof entry, err);
  uint32_t next = nt_ok(status) ? boot_u32(entry) : 0;
  *cluster = next >= 2 && next - 2 < x->clusters ? next : 0;
  return status;
}

static uint64_t place_of(const struct exfat *x, uint32_t cluster) {
  return x->heap + (cluster - 2) * x->cluster;
}

static nt_status broken(struct nt_error *err) {
  return nt__sim_bytes_damaged(err, "a chain of clusters ends early");
}

/* Reads from the file that begins at cluster `at`. */
static nt_status read_chain(const struct sim_bytes *b, const struct exfat *x,
                            uint32_t at, uint64_t offset, uint8_t *buf,
                            size_t len, struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  if (at < 2 || at - 2 >= x->clusters) {
    return broken(err);
  }
  for (; nt_ok(status) && at != 0 && offset >= x->cluster;
       offset -= x->cluster) {
    status = follow(b, x, &at, err);
  }
  while (nt_ok(status) && len > 0) {
    uint64_t left = x->cluster - offset;
    size_t n = len < left ? len : (size_t)left;
    if (at == 0) {
      return broken(err);
    }
    status = nt__sim_bytes_read(b, place_of(x, at) + offset, buf, n, err);
    buf += n;
    len -= n;
    offset = 0;
    if (nt_ok(status) && len > 0) {
      status = follow(b, x, &at, err);
    }
  }
  return status;
}

/* ---- the allocation bitmap ----------------------------------------------- */

#define ENTRY_SIZE 32U
#define ENTRY_END 0x00U
#define ENTRY_BITMAP 0x81U

/* Where the bitmap of the FAT in use begins. It is among the first entries of
 * the root directory; the count of steps keeps a looped chain from hanging. */
static nt_status find_bitmap(const struct sim_bytes *b, const struct exfat *x,
                             uint32_t *cluster, struct nt_error *err) {
  uint8_t entry[ENTRY_SIZE];
  for (uint64_t i = 0; i < 4096; i++) {
    nt_status status =
        read_chain(b, x, x->root, i * ENTRY_SIZE, entry, sizeof entry, err);
    if (!nt_ok(status)) {
      return status;
    }
    if (entry[0] == ENTRY_END) {
      break;
    }
    if (entry[0] == ENTRY_BITMAP &&
        (entry[1] & 1U) == (x->flags & SECOND_FAT)) {
      *cluster = boot_u32(entry + 20);
      return NT_STATUS_SUCCESS;
    }
  }
  return nt__sim_bytes_damaged(err, "there is no allocation bitmap");
}

static nt_status bitmap(const struct sim_bytes *b, uint64_t first, uint8_t *buf,
                        size_t bytes, struct nt_error *err) {
  struct exfat x = {0};
  uint32_t cluster = 0;
  nt_status status = open_exfat(b, &x, err);
  if (nt_ok(status)) {
    status = find_bitmap(b, &x, &cluster, err);
  }
  return nt_ok(status) ? read_chain(b, &x, cluster, first / 8, buf, bytes, err)
                       : status;
}

/* ---- dirty --------------------------------------------------------------- */

static nt_status is_dirty(const struct sim_bytes *b, bool *out,
                          struct nt_error *err) {
  struct exfat x = {0};
  nt_status status = open_exfat(b, &x, err);
  *out = x.flags & VOLUME_DIRTY;
  return status;
}

static nt_status mark_dirty(const struct sim_bytes *b, struct nt_error *err) {
  struct exfat x = {0};
  nt_status status = open_exfat(b, &x, err);
  if (!nt_ok(status)) {
    return status;
  }
  uint8_t low = (uint8_t)(x.flags | VOLUME_DIRTY);
  return nt__sim_bytes_write(b, AT_FLAGS, &low, 1, err);
}

const struct sim_format nt__sim_format_exfat = {clusters, bitmap, is_dirty,
                                                mark_dirty};
