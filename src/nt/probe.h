/*
 * Which file system is in a region of a file, by its bytes.
 */
#ifndef NT_PROBE_H
#define NT_PROBE_H

#include "disk/file_system.h"
#include "host.h"

/* The bytes of a file as a region. Behind the end of the file it has zeros. */
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

/* Probes `length` bytes at `offset` by nt_recognise(); what that calls RAW gets
 * the name of nt_probe_foreign(), if it has one. An empty or tiny region is
 * RAW. Fails only when the bytes cannot be read. */
nt_status nt_probe(const struct nt_file *file, uint64_t offset, uint64_t length,
                   struct nt_probe *out, struct nt_error *err);

/* Names a file system that Windows has no driver for ("UDF", "ext4",
 * "LVM2_member", "BitLocker"), with label and serial number. Leaves *out as it
 * is when nothing is recognised. Each system has a definition of its own. */
nt_status nt_probe_foreign(const struct nt_file *file, uint64_t offset,
                           uint64_t length, struct nt_probe *out,
                           struct nt_error *err);

#endif
