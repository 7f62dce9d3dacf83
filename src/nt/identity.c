/*
 * Which volume an operation is about, and whether a volume is still that one.
 */
#include "operation.h"

#include <inttypes.h>
#include <string.h>

static void identify(const struct nt_volume_info *info,
                     struct nt_identity *out) {
  nt_copy(out->guid_path, sizeof(out->guid_path), info->guid_path);
  nt_copy(out->serial, sizeof(out->serial), info->serial);
  nt_copy(out->file_system, sizeof(out->file_system), info->file_system);
  out->size = info->length;
  out->extent_count = info->extent_count;
  memcpy(out->extents, info->extents, sizeof(out->extents));
}

nt_status nt_operation_about(struct nt_handle *handle, const char *plan,
                             struct nt_operation *out, struct nt_error *err) {
  struct nt_volume_info info = {0};
  NT_TRY(nt_info(handle, &info, err));
  memset(out, 0, sizeof(*out));
  nt_copy(out->plan, sizeof(out->plan), plan);
  nt_copy(out->machine, sizeof(out->machine), handle->machine->name);
  nt_copy(out->target, sizeof(out->target), info.name);
  identify(&info, &out->identity);
  return NT_STATUS_SUCCESS;
}

static bool same_place(const struct nt_identity *pinned,
                       const struct nt_volume_info *info) {
  if (pinned->extent_count != info->extent_count) {
    return false;
  }
  for (uint32_t i = 0; i < info->extent_count && i < NT_MAX_EXTENTS; i++) {
    const struct nt_extent *a = &pinned->extents[i], *b = &info->extents[i];
    if (a->disk != b->disk || a->offset != b->offset ||
        a->length != b->length) {
      return false;
    }
  }
  return true;
}

nt_status nt_operation_check(const struct nt_identity *pinned,
                             const struct nt_volume_info *info,
                             struct nt_error *err) {
  if (!nt_same_text(pinned->guid_path, info->guid_path)) {
    nt_refuse(err, NT_REASON_IDENTITY_CHANGED,
              "it is %s, the operation was on %s", info->guid_path,
              pinned->guid_path);
  } else if (pinned->size != info->length) {
    nt_refuse(err, NT_REASON_IDENTITY_CHANGED,
              "its size is %" PRIu64 " bytes now, it was %" PRIu64,
              info->length, pinned->size);
  } else if (!same_place(pinned, info)) {
    nt_refuse(err, NT_REASON_IDENTITY_CHANGED,
              "it lies elsewhere on the disks now");
  } else {
    return NT_STATUS_SUCCESS;
  }
  nt_hint(err,
          "write nothing to it: find the volume that the operation was "
          "on with ntvol volumes and ntvol log");
  return NT_STATUS_WRONG_VOLUME;
}
