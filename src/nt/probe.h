/*
 * What file system is in a region of a file or device, by its bytes.
 *
 * The only place that asks libblkid, and the only place that knows what NT
 * calls what libblkid found.
 */
#ifndef NT_PROBE_H
#define NT_PROBE_H

#include "error.h"

struct nt_probe {
  /* "NTFS", "exFAT", "FAT12", "FAT16", "FAT32", "CDFS", "UDF"; libblkid's own
   * type for anything else ("ext4", "btrfs"); "RAW" when nothing is
   * recognised, or several things are. */
  char file_system[32];
  char label[256]; /* UTF-8; what is not UTF-8 on the medium shows as U+FFFD */
  char serial[64]; /* serial number or UUID as libblkid writes it */
};

/* Probes `length` bytes at `offset` of `fd`. An empty or tiny region is RAW.
 * Fails only when the bytes cannot be read. */
nt_status nt_probe(int fd, uint64_t offset, uint64_t length,
                   struct nt_probe *out, struct nt_error *err);

#endif
