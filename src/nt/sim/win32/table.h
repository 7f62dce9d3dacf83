/*
 * Writes the partition tables of new disks byte by byte. On POSIX libfdisk does
 * this, but it cannot be built for Windows. Nothing here depends on an
 * operating system. Only src/nt/sim/win32 includes this header.
 */
#ifndef NT_SIM_WIN32_TABLE_H
#define NT_SIM_WIN32_TABLE_H

#include "../../host.h"

/* This is nt__sim_partition_write() under another name, so that a test can have
 * both. */
nt_status nt__sim_table_create(const struct nt_file *file, const char *path,
                               const char *style, uint32_t sector_size,
                               const uint64_t *sizes, uint32_t count,
                               uint64_t pieces, struct nt_error *err);

#endif
