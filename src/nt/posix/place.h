/*
 * Where a new file system will live: what the volume says about its place.
 */
#ifndef NT_POSIX_PLACE_H
#define NT_POSIX_PLACE_H

#include "../nt.h"
#include "mkfs.h"

/* Fills length, start, sector size and geometry of the request. It changes only
 * how far the handle reaches: afterwards it may use the whole volume. */
nt_status nt_place_ask(struct nt_handle *handle,
                       struct nt_mkfs_request *request, struct nt_error *err);

#endif
