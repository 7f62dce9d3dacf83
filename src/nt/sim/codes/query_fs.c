/*
 * What file system drivers report of themselves (docs/rules.md 4.3), from the
 * bytes of the volume.
 */
#include <string.h>

#include "../disk/bytes.h"
#include "../disk/image.h"
#include "../rules/instance.h"
#include "../rules/refuse.h"
#include "query.h"

/* ---- who answers --------------------------------------------------------- */

static nt_status unknown(const struct sim_request *r, const char *file_system) {
  return nt_refuse_as(
      r->err, r->instance.fsd->unknown_fsctl, NT_REASON_UNKNOWN_CODE,
      "only %s answers this, here is %s", file_system, r->instance.file_system);
}

nt_status nt__sim_check_volume_handle(const struct sim_request *r) {
  if (r->object.kind == NT_KIND_VOLUME || r->object.kind == NT_KIND_DISK) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(r->err, NT_REASON_NOT_A_VOLUME,
                   "this is a handle to a file or directory");
}

nt_status nt__sim_check_alive(struct sim_request *r) {
  NT_TRY(nt__sim_verify(r));
  NT_TRY(nt__sim_check_condition(r));
  return nt__sim_check_online(r);
}

static nt_status open_bytes(struct sim_request *r, struct sim_bytes *out) {
  NT_TRY(nt__sim_check_alive(r));
  return nt__sim_bytes_open(r, r->handle->extents, r->handle->extent_count,
                            r->handle->length, out);
}

/* Returns the parser that reads the bytes. For RAW, and for file systems whose
 * clusters cannot be read here, returns NULL and fills in a refusal. */
static const struct nt_fs *fs_of(const struct sim_request *r,
                                 nt_status *status) {
  const struct nt_fs *fs = nt_fs_with_clusters(nt__sim_bytes_of(&r->instance));
  *status =
      fs ? NT_STATUS_SUCCESS : unknown(r, "a FAT, exFAT or NTFS file system");
  return fs;
}

nt_status nt__sim_check_format(const struct sim_request *r) {
  nt_status status;
  fs_of(r, &status);
  return status;
}

/* ---- FAT and NTFS -------------------------------------------------------- */

/* The first bytes of the boot sector, with the BIOS parameter block. The driver
 * has them from the mount (X10), and of FAT12 and FAT16 only (X18). */
static nt_status fat_bpb(struct sim_request *r) {
  if (r->instance.bpb_size != NT_FAT_BPB) {
    return unknown(r, "FAT12 or FAT16");
  }
  NT_TRY(nt__sim_claim(r, NT_FAT_BPB));
  memcpy(r->out, r->instance.bpb, NT_FAT_BPB);
  return NT_STATUS_SUCCESS;
}

/* The zone that is kept free for the MFT is not recorded on the medium; a
 * driver chooses it when it mounts. Choice: an eighth of the volume from the
 * MFT on, which is what NTFS does by default. */
static void put_mft_zone(uint8_t *out, const struct nt_ntfs_facts *facts) {
  uint64_t end = facts->mft_lcn + facts->clusters / 8;
  nt_put_u64(out + 80, facts->mft_lcn);
  nt_put_u64(out + 88, end < facts->clusters ? end : facts->clusters);
}

/* NTFS_VOLUME_DATA_BUFFER. */
static nt_status ntfs_data(struct sim_request *r) {
  struct sim_bytes b;
  struct nt_ntfs_facts facts;
  if (strcmp(nt__sim_bytes_of(&r->instance), "NTFS") != 0) {
    return unknown(r, "NTFS");
  }
  NT_TRY(nt__sim_claim(r, 96));
  NT_TRY(open_bytes(r, &b));
  NT_TRY(nt__sim_bytes_status(&b, nt_ntfs_facts(&b.region, &facts)));
  nt_put_u64(r->out, facts.serial);
  nt_put_u64(r->out + 8, facts.sectors);
  nt_put_u64(r->out + 16, facts.clusters);
  nt_put_u64(r->out + 24, facts.free_clusters);
  /* 32: clusters reserved for data that was not written yet; there are none */
  nt_put_u32(r->out + 40, facts.sector_size);
  nt_put_u32(r->out + 44, facts.cluster_size);
  nt_put_u32(r->out + 48, facts.record_size);
  nt_put_u32(r->out + 52, facts.record_size / facts.cluster_size);
  nt_put_u64(r->out + 56, facts.mft_valid);
  nt_put_u64(r->out + 64, facts.mft_lcn);
  nt_put_u64(r->out + 72, facts.mirror_lcn);
  put_mft_zone(r->out, &facts);
  return NT_STATUS_SUCCESS;
}

/* ---- the bitmap ---------------------------------------------------------- */

#define BITMAP_HEADER 16U

static nt_status check_start(const struct sim_request *r, uint64_t start,
                             uint64_t clusters) {
  if (start < clusters) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(r->err, NT_STATUS_INVALID_PARAMETER,
          "cluster %lld is not among the %llu of the volume", (long long)start,
          (unsigned long long)clusters);
  nt_hint(r->err, "begin at a cluster of the volume");
  return NT_STATUS_INVALID_PARAMETER;
}

/* VOLUME_BITMAP_BUFFER: { i64 first, i64 clusters from there to the end, bits
 * }. The first is rounded down to a whole byte. If not all bits fit, the count
 * tells that there are more. */
static nt_status put_bitmap(struct sim_request *r, struct sim_bytes *b,
                            const struct nt_fs *fs, uint64_t start,
                            uint64_t clusters) {
  start &= ~(uint64_t)7;
  uint64_t bytes = (clusters - start + 7) / 8;
  size_t room = r->out_cap - BITMAP_HEADER;
  size_t fit = bytes < room ? (size_t)bytes : room;
  NT_TRY(nt__sim_claim(r, BITMAP_HEADER + fit));
  NT_TRY(nt__sim_bytes_status(
      b, fs->bitmap(&b->region, start, r->out + BITMAP_HEADER, fit)));
  nt_put_u64(r->out, start);
  nt_put_u64(r->out + 8, clusters - start);
  return fit < bytes ? nt__sim_more(r, (size_t)(BITMAP_HEADER + bytes))
                     : NT_STATUS_SUCCESS;
}

/* METHOD_NEITHER: the file system itself checks the buffers. */
static nt_status volume_bitmap(struct sim_request *r) {
  struct sim_bytes b;
  uint64_t clusters = 0;
  nt_status status;
  const struct nt_fs *fs = fs_of(r, &status);
  if (nt_ok(status)) {
    status = nt__sim_check_volume_handle(r);
  }
  if (nt_ok(status)) {
    status = nt__sim_input(r, 8, NT_STATUS_BUFFER_TOO_SMALL);
  }
  if (nt_ok(status)) {
    status = nt__sim_claim(r, BITMAP_HEADER);
  }
  if (nt_ok(status)) {
    status = open_bytes(r, &b);
  }
  if (nt_ok(status)) {
    status = nt__sim_bytes_status(&b, fs->clusters(&b.region, &clusters));
  }
  uint64_t start = nt_ok(status) ? nt_get_u64(r->in) : 0;
  if (nt_ok(status)) {
    status = check_start(r, start, clusters);
  }
  return nt_ok(status) ? put_bitmap(r, &b, fs, start, clusters) : status;
}

/* ---- dirty --------------------------------------------------------------- */

static nt_status check_dirty_buffer(const struct sim_request *r) {
  if (r->out_cap >= 4) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = r->out_cap == 0 ? NT_STATUS_INVALID_USER_BUFFER
                                     : NT_STATUS_INVALID_PARAMETER;
  nt_fail(r->err, status, "the answer needs 4 bytes, the buffer has %zu",
          r->out_cap);
  nt_hint(r->err, "ask with room for 4 bytes");
  return status;
}

/* X4: a file system that is not the one that was mounted counts as dismounted.
 */
static nt_status check_dirty_condition(struct sim_request *r) {
  NT_TRY(nt__sim_verify(r));
  if (r->instance.condition == SIM_WRONG_VOLUME) {
    return nt_refuse(r->err, NT_REASON_DISMOUNTED,
                     "another file system is on the volume now");
  }
  return nt__sim_check_alive(r);
}

/* X5, X17: the driver says what it knows since the mount, or since somebody
 * marked the volume. It does not look at the bytes again. */
static nt_status is_dirty(struct sim_request *r) {
  if (!r->instance.fsd->never_dirty) {
    NT_TRY(nt__sim_check_format(r));
  }
  NT_TRY(check_dirty_buffer(r));
  NT_TRY(nt__sim_check_volume_handle(r));
  NT_TRY(check_dirty_condition(r));
  NT_TRY(nt__sim_claim(r, 4));
  nt_put_u32(r->out, r->instance.vpb & SIM_VPB_DIRTY ? 1 : 0);
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_check_writable(const struct sim_request *r) {
  bool readonly;
  NT_TRY(nt__sim_disks_readonly(r, r->handle->extents, r->handle->extent_count,
                                &readonly));
  if (!readonly && !(r->volume.flags & NT_VOLUME_READONLY)) {
    return nt__sim_check_held(r);
  }
  return nt_refuse(r->err, NT_REASON_READONLY, "the volume is read-only");
}

/* The row is saved first: when that fails, the bytes are as they were. */
static nt_status mark_dirty(struct sim_request *r) {
  struct sim_bytes b;
  nt_status status;
  const struct nt_fs *fs = fs_of(r, &status);
  NT_TRY(status);
  NT_TRY(nt__sim_check_manage(r));
  NT_TRY(open_bytes(r, &b));
  NT_TRY(nt__sim_check_writable(r));
  r->instance.vpb |= SIM_VPB_DIRTY;
  NT_TRY(nt__sim_save_instance(r, &r->instance));
  NT_TRY(nt__sim_bytes_status(&b, fs->mark_dirty(&b.region)));
  return nt__sim_image_flush(r, r->handle->extents, r->handle->extent_count);
}

/* ---- names --------------------------------------------------------------- */

/* X12: FAT and CDFS find every path valid, and look at nothing. */
static nt_status is_path_valid(struct sim_request *r) {
  return r->instance.fsd->takes_path_check
             ? NT_STATUS_SUCCESS
             : unknown(r, "a file system with such names");
}

/* ---- what RAW recognises ------------------------------------------------- */

/* RAW recognises a file system that names itself in its bytes, but has no
 * driver here. */
static nt_status recognition(struct sim_request *r) {
  struct sim_bytes b;
  uint8_t boot[NT_RECOGNITION_SIZE];
  if (r->instance.fsd != &nt__sim_fsd_raw) {
    return unknown(r, "RAW");
  }
  NT_TRY(nt__sim_claim(r, 9));
  NT_TRY(open_bytes(r, &b));
  NT_TRY(nt__sim_bytes_status(&b,
                              nt_region_read(&b.region, 0, boot, sizeof boot)));
  if (!nt_is_recognition(boot)) {
    return nt_refuse(r->err, NT_REASON_NO_FILE_SYSTEM,
                     "nothing on the volume names its file system");
  }
  memcpy(r->out, boot + NT_RECOGNITION_NAME, 8);
  return NT_STATUS_SUCCESS;
}

const struct sim_answer nt__sim_fs_answers[] = {
    {NT_FSCTL_IS_PATHNAME_VALID, 0, is_path_valid},
    {NT_FSCTL_QUERY_FAT_BPB, 0, fat_bpb},
    {NT_FSCTL_GET_NTFS_VOLUME_DATA, 0, ntfs_data},
    {NT_FSCTL_GET_VOLUME_BITMAP, 0, volume_bitmap},
    {NT_FSCTL_IS_VOLUME_DIRTY, 0, is_dirty},
    {NT_FSCTL_MARK_VOLUME_DIRTY, 0, mark_dirty},
    {NT_FSCTL_QUERY_FILE_SYSTEM_RECOGNITION, 0, recognition},
    {0, 0, NULL},
};
