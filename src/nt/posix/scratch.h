/*
 * Scratch files: sparse, without a name, gone when the process is gone.
 */
#ifndef NT_SCRATCH_H
#define NT_SCRATCH_H

#include "../error.h"

/* Makes an empty sparse file of `size` bytes in $NTVOL_TMPDIR, $TMPDIR or
 * /tmp, unlinked already. The descriptor is close-on-exec; the caller closes
 * it. Refuses a folder whose file system cannot tell data from holes. */
nt_status nt_scratch_open(uint64_t size, int *fd, struct nt_error *err);

/* Whether its folder has no room for more. */
bool nt_scratch_is_full(int fd);
/* The folder that scratch files are in. */
const char *nt_scratch_folder(void);

/* Reads or writes all of `length` bytes at `offset`; less is a failure. */
nt_status nt_scratch_read(int fd, uint64_t offset, void *buf, size_t length,
                          struct nt_error *err);
nt_status nt_scratch_write(int fd, uint64_t offset, const void *buf,
                           size_t length, struct nt_error *err);

#endif
