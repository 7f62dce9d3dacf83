/*
 * Partition tables of new disks, written byte by byte: libfdisk does this on
 * POSIX, and cannot be built for Windows. Nothing here knows an operating
 * system. Only src/nt/sim/win32 includes this header.
 */
#ifndef NT_SIM_WIN32_TABLE_H
#define NT_SIM_WIN32_TABLE_H

#include "../../host.h"

/* nt__sim_partition_write(), under a name of its own, so that a test can have
 * both. */
nt_status nt__sim_table_create(const struct nt_file *file, const char *path,
                               const char *style, uint32_t sector_size,
                               const uint64_t *sizes, uint32_t count,
                               uint64_t pieces, struct nt_error *err);

#endif
