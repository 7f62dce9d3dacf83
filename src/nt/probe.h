/*
 * What file system is in a region of a file, by its bytes.
 */
#ifndef NT_PROBE_H
#define NT_PROBE_H

#include "disk/file_system.h"
#include "host.h"

/* Bytes of a file as a region. Behind the end of the file there are zeros. */
struct nt_file_region {
  struct nt_region region;
  const struct nt_file *file;
  uint64_t offset;
  struct nt_error *err; /* filled by a read or write that fails */
  nt_status status;
};

/* *out must stay where it is while its region is used. */
void nt_file_region(const struct nt_file *file, uint64_t offset,
                    uint64_t length, struct nt_file_region *out,
                    struct nt_error *err);

/* Probes `length` bytes at `offset`: nt_recognise(), and what is RAW to it gets
 * the name that nt_probe_foreign() has for it. An empty or tiny region is RAW.
 * Fails only when the bytes cannot be read. */
nt_status nt_probe(const struct nt_file *file, uint64_t offset, uint64_t length,
                   struct nt_probe *out, struct nt_error *err);

/* One definition for each system: what Windows has no driver for ("UDF",
 * "ext4", "LVM2_member", "BitLocker"), with label and serial. Leaves *out as it
 * is when nothing is known. */
nt_status nt_probe_foreign(const struct nt_file *file, uint64_t offset,
                           uint64_t length, struct nt_probe *out,
                           struct nt_error *err);

#endif
