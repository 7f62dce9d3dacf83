/*
 * Where a new file system will live: what the volume says about its place.
 */
#include "place.h"

#include <string.h>

/* Whether the device or the file system does not know the question. */
static bool not_known(nt_status status) {
  return status == NT_STATUS_INVALID_DEVICE_REQUEST ||
         status == NT_STATUS_NOT_SUPPORTED ||
         status == NT_STATUS_INVALID_PARAMETER;
}

/* Takes the failure of a question that is not known for a success: the answer
 * keeps its default. */
static nt_status tolerate(nt_status status, struct nt_error *err) {
  if (!not_known(status)) {
    return status;
  }
  memset(err, 0, sizeof(*err));
  return NT_STATUS_SUCCESS;
}

/* Without this request a mounted FAT cuts off writes at its own end (1.11), and
 * the new file system may be longer than the old one. */
static nt_status allow_whole_volume(struct nt_handle *handle,
                                    struct nt_error *err) {
  return tolerate(nt_verb(handle, NT_FSCTL_ALLOW_EXTENDED_DASD_IO, err), err);
}

/* A disk without a geometry says 255 heads and 63 sectors. */
static nt_status ask_geometry(struct nt_handle *handle,
                              struct nt_mkfs_request *place,
                              struct nt_error *err) {
  struct nt_geometry geometry = {0};
  NT_TRY(tolerate(nt_geometry(handle, &geometry, err), err));
  bool known = geometry.heads - 1 < UINT16_MAX &&
               geometry.sectors_per_track - 1 < UINT16_MAX;
  place->heads = known ? geometry.heads : 255;
  place->sectors_per_track = known ? geometry.sectors_per_track : 63;
  place->sector_size =
      geometry.sector_size != 0 ? geometry.sector_size : handle->sector_size;
  return NT_STATUS_SUCCESS;
}

nt_status nt_place_ask(struct nt_handle *handle, struct nt_mkfs_request *place,
                       struct nt_error *err) {
  NT_TRY(allow_whole_volume(handle, err));
  NT_TRY(nt_length(handle, &place->length, err));
  NT_TRY(ask_geometry(handle, place, err));
  NT_TRY(tolerate(nt_partition_start(handle, &place->start, err), err));
  if (place->sector_size > 1) {
    place->length -= place->length % place->sector_size;
  }
  return NT_STATUS_SUCCESS;
}
