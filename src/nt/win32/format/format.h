/*
 * Formatting by Windows' own formatter.
 */
#ifndef NT_WIN32_FORMAT_H
#define NT_WIN32_FORMAT_H

#include "../request/machine.h"

nt_status nt__win32_format(struct nt_handle *handle,
                           const struct nt_format_options *options,
                           struct nt_format_result *result,
                           struct nt_error *err);

#endif
