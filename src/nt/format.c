/*
 * Formatting a volume: the checks that are the same everywhere, then the
 * machine's own formatter or the transplant.
 */
#include "format.h"

#include <string.h>

#include "follow.h"
#include "format_check.h"
#include "text.h"
#include "transplant.h"

/* The new file system is there, whatever becomes of the type. */
static nt_status follow_type(struct nt_handle *handle, struct nt_error *err) {
  nt_status status = nt_follow_type(handle, err);
  err->outcome = nt_ok(status) ? err->outcome : "formatted";
  return status;
}

static nt_status make(struct nt_handle *handle,
                      const struct nt_format_options *options,
                      struct nt_format_result *result, struct nt_error *err) {
  if (nt_machine_can(handle->machine, NT_CAN_FORMAT)) {
    return handle->machine->ops->format(handle, options, result, err);
  }
  NT_TRY(nt_transplant(handle, options, result, err));
  return follow_type(handle, err);
}

/* What the user does next depends on what the volume holds now. */
static void explain(const struct nt_handle *handle, nt_status status,
                    bool saved, struct nt_error *err) {
  err->status = status;
  nt_copy(err->op, sizeof(err->op), "format");
  nt_copy(err->target, sizeof(err->target), handle->name);
  if (err->hint[0] != '\0') {
    return;
  }
  if (err->outcome == NULL && saved) {
    nt_hint(err,
            "the volume may hold part of a file system: ntvol recover %s "
            "writes the old one back",
            handle->name);
  } else if (err->outcome == NULL) {
    nt_hint(err,
            "the volume may hold part of a file system: format it again "
            "before anything else uses it");
  } else if (strcmp(err->outcome, "untouched") == 0) {
    nt_hint(err, "nothing was written: the volume is as it was");
  } else if (strcmp(err->outcome, "formatted") == 0) {
    nt_hint(err, "look at it, and at ntvol log, before you go on");
  } else if (saved) {
    nt_hint(err,
            "the volume holds no file system now: ntvol recover %s writes the "
            "old one back",
            handle->name);
  } else {
    nt_hint(err, "the volume holds no file system now: format it again");
  }
}

/* ---- with a journal ------------------------------------------------------ */

static void describe(const struct nt_format_options *options, char *buf,
                     size_t cap) {
  size_t used = nt_format_text(buf, cap, "fs=%s", options->fs);
  if (options->label != NULL && options->label[0] != '\0') {
    used += nt_format_text(buf + used, cap - used, " label=%s", options->label);
  }
  if (options->cluster_size != 0) {
    used += nt_format_text(buf + used, cap - used, " cluster_size=%u",
                           (unsigned)options->cluster_size);
  }
  nt_format_text(buf + used, cap - used, "%s%s",
                 options->full ? " quick=false" : "",
                 options->no_undo ? " undo=false" : "");
}

static nt_status begin(struct nt_handle *handle,
                       const struct nt_format_options *options, int64_t *id,
                       struct nt_error *err) {
  const struct nt_keeper *keeper = options->keeper;
  struct nt_operation about;
  NT_TRY(nt_operation_about(handle, "format", &about, err));
  about.parent = options->parent;
  describe(options, about.command, sizeof(about.command));
  return keeper->ops->begin(keeper->journal, &about, id, err);
}

static nt_status committed(const struct nt_keeper *keeper, int64_t id,
                           const struct nt_format_result *result,
                           struct nt_error *err) {
  char message[100];
  nt_format_text(message, sizeof(message), "%s%s", result->file_system,
                 result->can_undo ? "; can be undone" : "; cannot be undone");
  nt_status status =
      keeper->ops->finish(keeper->journal, id, "committed", message, err);
  if (!nt_ok(status)) {
    err->outcome = "formatted";
    nt_error_about(err, NT_REASON_NONE,
                   "the new file system is there, but the journal");
  }
  return status;
}

/* After a failure: the saved bytes stay in the journal as long as the volume
 * may need them. A volume that is as it was needs none. When this cannot be
 * noted, the first failure is still the one that is reported. */
static void failed(const struct nt_keeper *keeper, int64_t id, bool saved,
                   const struct nt_error *err) {
  struct nt_error ignored = {0};
  char message[NT_JOURNAL_MESSAGE_MAX];
  bool whole = err->outcome != NULL && strcmp(err->outcome, "untouched") == 0;
  nt_error_format(err, message, sizeof(message));
  if (whole) {
    keeper->ops->mark_unsaved(keeper->journal, id, false, &ignored);
  }
  keeper->ops->finish(keeper->journal, id,
                      saved && !whole ? "interrupted" : "failed", message,
                      &ignored);
}

/* Formats, and first notes in the journal that nothing is saved when the
 * machine has its own formatter; the transplant notes for itself what it
 * saves. */
static nt_status make_marked(struct nt_handle *handle,
                             const struct nt_format_options *options,
                             struct nt_format_result *result,
                             struct nt_error *err) {
  const struct nt_keeper *keeper = options->keeper;
  nt_status status = NT_STATUS_SUCCESS;
  if (nt_machine_can(handle->machine, NT_CAN_FORMAT)) {
    status = keeper->ops->mark_unsaved(keeper->journal, options->operation,
                                       true, err);
  }
  if (!nt_ok(status)) {
    err->outcome = "untouched";
    return status;
  }
  return make(handle, options, result, err);
}

static nt_status make_noted(struct nt_handle *handle,
                            const struct nt_format_options *options,
                            struct nt_format_result *result,
                            struct nt_error *err) {
  struct nt_format_options noted = *options;
  nt_status status = begin(handle, options, &noted.operation, err);
  if (!nt_ok(status)) {
    err->outcome = "untouched";
    return status;
  }
  result->operation = noted.operation;
  status = make_marked(handle, &noted, result, err);
  if (nt_ok(status)) {
    return committed(options->keeper, noted.operation, result, err);
  }
  explain(handle, status, result->can_undo, err);
  failed(options->keeper, noted.operation, result->can_undo, err);
  return status;
}

nt_status nt_format(struct nt_handle *handle,
                    const struct nt_format_options *options,
                    struct nt_format_result *result, struct nt_error *err) {
  nt_status status = nt_format_check(handle, options, err);
  if (!nt_ok(status)) {
    err->outcome = "untouched";
  } else if (options->keeper != NULL) {
    status = make_noted(handle, options, result, err);
  } else {
    status = make(handle, options, result, err);
  }
  if (!nt_ok(status)) {
    explain(handle, status, result->can_undo, err);
  }
  return status;
}

nt_status nt_format_rehearse(const struct nt_format_options *options,
                             uint64_t length, uint32_t sector_size,
                             struct nt_error *err) {
  return nt_transplant_rehearse(options, length, sector_size, err);
}
