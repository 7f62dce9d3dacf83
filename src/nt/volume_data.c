/* Decoding what file systems tell of their clusters. A machine may return
 * anything: too few bytes, or numbers that contradict each other. */
#include "volume_data.h"

#include <inttypes.h>
#include <string.h>

#include "disk/bytes.h"

static nt_status refuse_answer(const struct nt_handle *handle, uint32_t code,
                               const char *detail, struct nt_error *err) {
  const struct nt_code_row *row = nt_code_find(code);
  nt_fail(err, NT_STATUS_INFO_LENGTH_MISMATCH, "the %s machine answered %s",
          handle->machine->ops->kind, detail);
  nt_error_name(err, row->verb, handle->name);
  return NT_STATUS_INFO_LENGTH_MISMATCH;
}

/* ---- NTFS ---------------------------------------------------------------- */

/* NTFS_VOLUME_DATA_BUFFER: { i64 serial, sectors, clusters, free, reserved,
 * u32 bytes per sector, per cluster, per record, clusters per record, i64 valid
 * length of the MFT, its start, that of its copy, zone start, zone end } */
nt_status nt_ntfs_data(struct nt_handle *handle, struct nt_ntfs_data *out,
                       struct nt_error *err) {
  const uint32_t code = NT_FSCTL_GET_NTFS_VOLUME_DATA;
  unsigned char buf[96];
  size_t length = 0;
  NT_TRY(nt_control(handle, code, NULL, 0, buf, sizeof(buf), &length, err));
  if (length < sizeof(buf)) {
    return refuse_answer(handle, code, "less than 96 bytes", err);
  }
  out->serial = nt_get_u64(buf);
  out->sectors = nt_get_u64(buf + 8);
  out->clusters = nt_get_u64(buf + 16);
  out->free_clusters = nt_get_u64(buf + 24);
  out->reserved_clusters = nt_get_u64(buf + 32);
  out->sector_size = nt_get_u32(buf + 40);
  out->cluster_size = nt_get_u32(buf + 44);
  out->record_size = nt_get_u32(buf + 48);
  out->clusters_per_record = nt_get_u32(buf + 52);
  out->mft_size = nt_get_u64(buf + 56);
  out->mft_start = nt_get_u64(buf + 64);
  out->mft_mirror = nt_get_u64(buf + 72);
  out->mft_zone_start = nt_get_u64(buf + 80);
  out->mft_zone_end = nt_get_u64(buf + 88);
  return NT_STATUS_SUCCESS;
}

/* ---- dirty --------------------------------------------------------------- */

#define VOLUME_IS_DIRTY 0x1U

nt_status nt_is_dirty(struct nt_handle *handle, bool *out,
                      struct nt_error *err) {
  const uint32_t code = NT_FSCTL_IS_VOLUME_DIRTY;
  unsigned char buf[4];
  size_t length = 0;
  nt_status status =
      nt_control(handle, code, NULL, 0, buf, sizeof(buf), &length, err);
  if (nt_ok(status) && length < sizeof(buf)) {
    return refuse_answer(handle, code, "less than 4 bytes", err);
  }
  if (nt_ok(status)) {
    *out = (nt_get_u32(buf) & VOLUME_IS_DIRTY) != 0;
  }
  return status;
}

/* ---- the bitmap ---------------------------------------------------------- */

#define HEADER 16

/* Whether the piece has the cluster that was asked for, and no sum of its
 * numbers overflows. */
static bool is_sane(const struct nt_bitmap *b, uint64_t start, uint64_t size) {
  return b->first <= start && start <= INT64_MAX &&
         size <= (uint64_t)INT64_MAX - b->first && start - b->first < b->count;
}

/* VOLUME_BITMAP_BUFFER: { i64 first, i64 clusters from there to the end, bits
 * }. The buffer is too small for all, so the machine returns a piece. */
nt_status nt_read_bitmap(struct nt_handle *handle, uint64_t start,
                         struct nt_bitmap *out, struct nt_error *err) {
  const uint32_t code = NT_FSCTL_GET_VOLUME_BITMAP;
  unsigned char in[8], buf[HEADER + NT_BITMAP_BYTES];
  size_t length = 0;
  nt_put_u64(in, start);
  nt_status status =
      nt_control(handle, code, in, sizeof(in), buf, sizeof(buf), &length, err);
  if (!nt_ok(status) && status != NT_STATUS_BUFFER_OVERFLOW) {
    return status;
  }
  memset(err, 0, sizeof(*err));
  if (length < HEADER) {
    return refuse_answer(handle, code, "less than 16 bytes", err);
  }
  uint64_t size = nt_get_u64(buf + 8), bits = (uint64_t)(length - HEADER) * 8;
  out->first = nt_get_u64(buf);
  out->count = size < bits ? size : bits;
  if (!is_sane(out, start, size)) {
    return refuse_answer(handle, code, "clusters that were not asked for", err);
  }
  out->end = out->first + size;
  memcpy(out->bits, buf + HEADER, length - HEADER);
  return NT_STATUS_SUCCESS;
}

static bool has(const struct nt_bitmap *b, uint64_t cluster) {
  return cluster >= b->first && cluster - b->first < b->count;
}

static bool is_used(const struct nt_bitmap *b, uint64_t cluster) {
  uint64_t bit = cluster - b->first;
  return b->bits[bit / 8] >> bit % 8 & 1;
}

/* Finds the first cluster of the piece, from `at` on, that is not as `used`
 * says; the end of the piece when there is none. */
static uint64_t skip(const struct nt_bitmap *b, uint64_t at, bool used) {
  unsigned char all = used ? 0xFF : 0;
  while (has(b, at) && is_used(b, at) == used) {
    uint64_t bit = at - b->first;
    bool whole = bit % 8 == 0 && b->count - bit >= 8 && b->bits[bit / 8] == all;
    at += whole ? 8 : 1;
  }
  return at;
}

nt_status nt_next_run(struct nt_handle *handle, struct nt_bitmap *bitmap,
                      uint64_t *cursor, struct nt_run *out,
                      struct nt_error *err) {
  uint64_t at = *cursor;
  bool used = false;
  while (at < bitmap->end) {
    nt_status status = has(bitmap, at)
                           ? NT_STATUS_SUCCESS
                           : nt_read_bitmap(handle, at, bitmap, err);
    if (!nt_ok(status)) {
      return status;
    }
    if (at == *cursor) {
      used = is_used(bitmap, at);
    }
    at = skip(bitmap, at, used);
    if (has(bitmap, at)) {
      break;
    }
  }
  if (at == *cursor) {
    return NT_STATUS_NO_MORE_ENTRIES;
  }
  *out = (struct nt_run){*cursor, at - *cursor, used};
  *cursor = at;
  return NT_STATUS_SUCCESS;
}
