/*
 * What a format asks before it starts: may it, and where will the new file
 * system live. Only format.c includes this header.
 */
#ifndef NT_FORMAT_CHECK_H
#define NT_FORMAT_CHECK_H

#include "format.h"
#include "mkfs.h"

/* Refuses what nt_format() refuses by looking at the handle and its volume;
 * on success fills the whole request. Changes nothing but the handle's reach:
 * it may use the whole volume afterwards. */
nt_status nt_format_check(struct nt_handle *handle,
                          const struct nt_format_options *options,
                          struct nt_mkfs_request *request,
                          struct nt_error *err);

#endif
