/*
 * What the bytes of a file system say of themselves: its clusters, which of
 * them are used, and whether it wants to be checked. Read and written in
 * place, so that every other program sees the same. Nothing here knows an
 * operating system. Only src/nt/sim includes this header.
 */
#ifndef NT_SIM_BYTES_H
#define NT_SIM_BYTES_H

#include "internal.h"

/* Where a file system lies; the images of its extents are open. */
struct sim_bytes {
  struct sim_machine *m;
  const struct nt_extent *extents;
  uint32_t extent_count;
  uint64_t length;
};

/* Clusters are numbered from 0, as LCNs are: on FAT and exFAT the first is the
 * one that the format calls 2. */
struct sim_format {
  nt_status (*clusters)(const struct sim_bytes *b, uint64_t *count,
                        struct nt_error *err);
  /* Bit 0 of buf[0] is cluster `first`, which is a multiple of 8; the bits lie
   * below the count of clusters, but for the rest of the last byte. */
  nt_status (*bitmap)(const struct sim_bytes *b, uint64_t first, uint8_t *buf,
                      size_t bytes, struct nt_error *err);
  nt_status (*is_dirty)(const struct sim_bytes *b, bool *out,
                        struct nt_error *err);
  nt_status (*mark_dirty)(const struct sim_bytes *b, struct nt_error *err);
};

extern const struct sim_format nt__sim_format_fat, nt__sim_format_exfat,
    nt__sim_format_ntfs;

/* NULL for one whose bytes nobody here reads. */
const struct sim_format *nt__sim_format_for(const char *file_system);

/* Opens the images, too. */
nt_status nt__sim_bytes_open(struct sim_machine *m,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t length, struct sim_bytes *out,
                             struct nt_error *err);

/* A range outside of the volume is damage, not a wrong request: the file
 * system says what to read. */
nt_status nt__sim_bytes_read(const struct sim_bytes *b, uint64_t offset,
                             void *buf, size_t len, struct nt_error *err);
nt_status nt__sim_bytes_write(const struct sim_bytes *b, uint64_t offset,
                              const void *buf, size_t len,
                              struct nt_error *err);
nt_status nt__sim_bytes_damaged(struct nt_error *err, const char *what);

/* What FSCTL_GET_NTFS_VOLUME_DATA answers, but for the zone (see there). */
struct sim_ntfs_facts {
  uint64_t serial, sectors, clusters, free_clusters;
  uint32_t sector_size, cluster_size, record_size;
  uint64_t mft_valid, mft_lcn, mirror_lcn;
};
nt_status nt__sim_ntfs_facts(const struct sim_bytes *b,
                             struct sim_ntfs_facts *out, struct nt_error *err);

#endif
