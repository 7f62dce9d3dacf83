/*
 * What a file system tells of its clusters, decoded from the buffers of its
 * control codes: the same on every machine.
 */
#ifndef NT_VOLUME_DATA_H
#define NT_VOLUME_DATA_H

#include "nt.h"

/* FSCTL_GET_NTFS_VOLUME_DATA. Sizes are bytes, places are clusters. */
struct nt_ntfs_data {
  uint64_t serial, sectors;
  uint64_t clusters, free_clusters, reserved_clusters;
  uint32_t sector_size, cluster_size, record_size;
  uint32_t clusters_per_record; /* 0: a record is smaller than a cluster */
  uint64_t mft_size, mft_start, mft_mirror;
  uint64_t mft_zone_start, mft_zone_end;
};
nt_status nt_ntfs_data(struct nt_handle *handle, struct nt_ntfs_data *out,
                       struct nt_error *err);

/* FSCTL_IS_VOLUME_DIRTY: whether the file system wants to be checked. */
nt_status nt_is_dirty(struct nt_handle *handle, bool *out,
                      struct nt_error *err);

/* A piece of the answer of FSCTL_GET_VOLUME_BITMAP. */
#define NT_BITMAP_BYTES 4096
struct nt_bitmap {
  uint64_t first; /* cluster of the lowest bit of the first byte */
  uint64_t count; /* clusters in `bits` */
  uint64_t end;   /* clusters of the volume */
  unsigned char bits[NT_BITMAP_BYTES];
};

/* Reads the piece with cluster `start`, which the volume must have. */
nt_status nt_read_bitmap(struct nt_handle *handle, uint64_t start,
                         struct nt_bitmap *out, struct nt_error *err);

/* Clusters that follow each other and are all used or all free. */
struct nt_run {
  uint64_t start, count;
  bool used;
};

/* Finds the run that begins at cluster *cursor, as long as it is; *cursor is
 * behind it then. Reads more pieces into `bitmap` as they are needed;
 * nt_read_bitmap() read the first one. STATUS_NO_MORE_ENTRIES (err untouched)
 * at the end. */
nt_status nt_next_run(struct nt_handle *handle, struct nt_bitmap *bitmap,
                      uint64_t *cursor, struct nt_run *out,
                      struct nt_error *err);

#endif
