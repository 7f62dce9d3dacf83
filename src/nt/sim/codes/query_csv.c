/*
 * Codes that tell a cluster shared volume, and the files on it, from others
 * (docs/rules.md 3 and 4.3). FSCTL_CSV_GET_VOLUME_PATH_NAME and
 * FSCTL_CSV_GET_VOLUME_NAME_FOR_VOLUME_MOUNT_POINT are not here, because their
 * buffers are documented nowhere: nobody knows these codes.
 */
#include "../../disk/bytes.h"
#include "../rules/refuse.h"
#include "query.h"

/* CSV_NAMESPACE_INFO: { u32 version, u32 disk, i64 start, u32 sector size,
 * padding to 24 }; the version is its size. */
#define NAMESPACE_INFO 24U

static nt_status unknown(const struct sim_request *r) {
  return nt_refuse_as(r->err, r->instance.fsd->unknown_fsctl,
                      NT_REASON_UNKNOWN_CODE,
                      "only a cluster shared volume answers this, here is %s",
                      r->instance.file_system);
}

static nt_status check_version(const struct sim_request *r) {
  NT_TRY(nt__sim_input(r, NAMESPACE_INFO, NT_STATUS_INVALID_PARAMETER));
  if (nt_get_u32(r->in) == NAMESPACE_INFO) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(r->err, NT_STATUS_INVALID_PARAMETER,
          "the version of the structure is %u", (unsigned)nt_get_u32(r->in));
  nt_hint(r->err, "send version %u, its size", NAMESPACE_INFO);
  return NT_STATUS_INVALID_PARAMETER;
}

/* FSCTL_IS_CSV_FILE, FSCTL_IS_FILE_ON_CSV_VOLUME: the status is the result. If
 * the caller gives room for the structure, it is filled in, too. */
static nt_status is_shared(struct sim_request *r) {
  const struct nt_extent *first = &r->handle->extents[0];
  if (!r->instance.fsd->across_nodes) {
    return unknown(r);
  }
  NT_TRY(nt__sim_check_condition(r));
  if (r->in_len == 0) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(check_version(r));
  NT_TRY(nt__sim_claim(r, NAMESPACE_INFO));
  nt_put_u32(r->out, NAMESPACE_INFO);
  nt_put_u32(r->out + 4, first->disk);
  nt_put_u64(r->out + 8, first->offset);
  nt_put_u32(r->out + 16, r->volume.sector_size);
  return NT_STATUS_SUCCESS;
}

/* CSV_IS_OWNED_BY_CSVFS: one BOOLEAN. NTFS returns false; other drivers do not
 * know the code. */
static nt_status is_owned(struct sim_request *r) {
  bool shared = r->instance.fsd->across_nodes;
  if (!shared && r->instance.fsd != &nt__sim_fsd_ntfs) {
    return unknown(r);
  }
  NT_TRY(nt__sim_claim(r, 1));
  r->out[0] = shared;
  return NT_STATUS_SUCCESS;
}

const struct sim_answer nt__sim_csv_answers[] = {
    {NT_FSCTL_IS_CSV_FILE, 0, is_shared},
    {NT_FSCTL_IS_FILE_ON_CSV_VOLUME, 0, is_shared},
    {NT_FSCTL_IS_VOLUME_OWNED_BYCSVFS, 0, is_owned},
    {0, 0, NULL},
};
