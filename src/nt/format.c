/*
 * Formatting a volume: the checks that are the same everywhere, then the
 * machine's own formatter or the transplant.
 */
#include "format.h"

#include <string.h>

#include "format_check.h"
#include "text.h"
#include "transplant.h"

/* The table may have been filled by who did not know the slot (see nt.c). */
static bool has_formatter(const struct nt_handle *handle) {
  const struct nt_handle_ops *ops = handle->ops;
  return ops->size >=
             offsetof(struct nt_handle_ops, format) + sizeof(ops->format) &&
         ops->format != NULL;
}

static nt_status make(struct nt_handle *handle,
                      const struct nt_format_options *options,
                      struct nt_format_result *result, struct nt_error *err) {
  nt_status status = nt_format_check(handle, options, err);
  if (!nt_ok(status)) {
    err->outcome = "untouched";
    return status;
  }
  return has_formatter(handle)
             ? handle->ops->format(handle, options, result, err)
             : nt_transplant(handle, options, result, err);
}

/* What the user does next depends on what the volume holds now. */
static void explain(const struct nt_handle *handle, nt_status status,
                    struct nt_error *err) {
  err->status = status;
  nt_copy(err->op, sizeof(err->op), "format");
  nt_copy(err->target, sizeof(err->target), handle->name);
  if (err->hint[0] != '\0') {
    return;
  }
  if (err->outcome == NULL) {
    nt_hint(err,
            "the volume may hold part of a file system: format it again "
            "before anything else uses it");
  } else if (strcmp(err->outcome, "untouched") == 0) {
    nt_hint(err, "nothing was written: the volume is as it was");
  } else {
    nt_hint(err, "the volume holds no file system now: format it again");
  }
}

nt_status nt_format(struct nt_handle *handle,
                    const struct nt_format_options *options,
                    struct nt_format_result *result, struct nt_error *err) {
  nt_status status = make(handle, options, result, err);
  if (!nt_ok(status)) {
    explain(handle, status, err);
  }
  return status;
}

nt_status nt_format_rehearse(const struct nt_format_options *options,
                             uint64_t length, uint32_t sector_size,
                             struct nt_error *err) {
  return nt_transplant_rehearse(options, length, sector_size, err);
}
