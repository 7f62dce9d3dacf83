/*
 * What file system is in a region of a file, by its bytes.
 *
 * One definition for each system that ntvol runs on: on POSIX it asks
 * libblkid, and is the only place that knows what NT calls what libblkid found.
 */
#ifndef NT_PROBE_H
#define NT_PROBE_H

#include "host.h"

struct nt_probe {
  /* "NTFS", "exFAT", "FAT12", "FAT16", "FAT32", "CDFS"; "RAW" when nothing is
   * recognised, or several things are. With libblkid also "UDF", and its own
   * type for anything else ("ext4", "btrfs"). */
  char file_system[32];
  char label[256]; /* UTF-8; what is not UTF-8 on the medium shows as U+FFFD */
  char serial[64]; /* serial number or UUID as libblkid writes it */
};

/* Probes `length` bytes at `offset`. An empty or tiny region is RAW.
 * Fails only when the bytes cannot be read. */
nt_status nt_probe(const struct nt_file *file, uint64_t offset, uint64_t length,
                   struct nt_probe *out, struct nt_error *err);

#endif
