/*
 * Format by transplant, for machines that have no formatter of their own: a
 * mkfs tool makes the new file system in a sparse scratch file of the volume's
 * size; its data extents are then written through the locked handle. Works on
 * any machine, because it sees the volume only through the contract.
 *
 * One definition for each system that ntvol runs on, in its folder; a system
 * without mkfs tools refuses. Only format.c includes this header, and those.
 */
#ifndef NT_TRANSPLANT_H
#define NT_TRANSPLANT_H

#include "format.h"

/* nt_format() after its checks. Sets err->outcome on failure. */
nt_status nt_transplant(struct nt_handle *handle,
                        const struct nt_format_options *options,
                        struct nt_format_result *result, struct nt_error *err);

/* nt_format_rehearse(). */
nt_status nt_transplant_rehearse(const struct nt_format_options *options,
                                 uint64_t length, uint32_t sector_size,
                                 struct nt_error *err);

#endif
