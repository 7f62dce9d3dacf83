/*
 * Where a new file system will live: what the volume says about its place.
 */
#ifndef NT_POSIX_PLACE_H
#define NT_POSIX_PLACE_H

#include "../nt.h"
#include "mkfs.h"

/* Fills length, start, sector size and geometry of the request. Changes
 * nothing but the handle's reach: it may use the whole volume afterwards. */
nt_status nt_place_ask(struct nt_handle *handle,
                       struct nt_mkfs_request *request, struct nt_error *err);

#endif
