/*
 * The checks of a format before it starts.
 */
#include "format_check.h"

#include <string.h>

#include "name.h"
#include "text.h"

struct question {
  struct nt_handle *handle;
  const struct nt_format_options *options;
  struct nt_error *err;
};

static nt_status check_handle(const struct question *q) {
  if (q->handle->kind != NT_KIND_VOLUME) {
    nt_status status =
        nt_refuse(q->err, NT_REASON_NOT_A_VOLUME, "it is not a volume handle");
    nt_hint(q->err, "open the volume itself, with access \"rw\"");
    return status;
  }
  if (!q->handle->locked) {
    return nt_refuse(q->err, NT_REASON_NOT_LOCKED,
                     "this handle does not hold the lock");
  }
  return NT_STATUS_SUCCESS;
}

/* "D:\" and "D:" are one name; folders on NT are the same in either case. */
static bool same_text(const char *a, const char *b) {
  size_t a_length = strlen(a), b_length = strlen(b);
  a_length -= a_length > 0 && a[a_length - 1] == '\\';
  b_length -= b_length > 0 && b[b_length - 1] == '\\';
  if (a_length != b_length || a_length == 0) {
    return false;
  }
  return a[0] == '/' ? memcmp(a, b, a_length) == 0
                     : nt_same_bytes(a, b, a_length);
}

static bool is_root(const char *path) {
  return path == NULL || strcmp(path, "\\") == 0 || strcmp(path, "/") == 0;
}

static bool same_name(const char *a, const char *b) {
  struct nt_name left, right;
  if (same_text(a, b)) {
    return true;
  }
  if (!nt_ok(nt_name_parse(a, &left, NULL)) ||
      !nt_ok(nt_name_parse(b, &right, NULL)) || !is_root(left.path) ||
      !is_root(right.path) || left.kind != right.kind) {
    return false;
  }
  return (left.kind == NT_NAME_LETTER && left.letter == right.letter) ||
         (left.kind == NT_NAME_GUID && strcmp(left.guid, right.guid) == 0);
}

static bool names_volume(const char *token, const struct nt_volume_info *info) {
  bool same = same_name(token, info->name) || same_name(token, info->guid_path);
  for (uint32_t i = 0; !same && i < info->mount_point_count; i++) {
    same = same_name(token, info->mount_points[i]);
  }
  return same;
}

static nt_status check_erase(const struct question *q,
                             const struct nt_volume_info *info) {
  const char *token = q->options->erase;
  if (token != NULL && names_volume(token, info)) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt_refuse(q->err, NT_REASON_ERASE_TOKEN,
                               "erase names '%s', not this volume",
                               token != NULL ? token : "");
  nt_hint(q->err, "erase = '%s' says that its contents may go", info->name);
  return status;
}

static nt_status check_flags(const struct question *q,
                             const struct nt_volume_info *info) {
  static const struct {
    uint32_t flag;
    enum nt_reason reason;
    const char *detail;
  } rows[] = {
      {NT_VOLUME_SYSTEM, NT_REASON_SYSTEM_VOLUME,
       "the system starts from this volume"},
      {NT_VOLUME_BOOT, NT_REASON_SYSTEM_VOLUME,
       "the running system is on this volume"},
      {NT_VOLUME_PAGEFILE, NT_REASON_PAGE_FILE,
       "memory is paged to this volume"},
      {NT_VOLUME_NO_MEDIUM, NT_REASON_NO_MEDIA,
       "there is no medium in the drive"},
      {NT_VOLUME_READONLY, NT_REASON_READONLY, "the volume is read-only"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if ((info->flags & rows[i].flag) != 0) {
      return nt_refuse(q->err, rows[i].reason, "%s", rows[i].detail);
    }
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt_format_check(struct nt_handle *handle,
                          const struct nt_format_options *options,
                          struct nt_error *err) {
  struct question question = {handle, options, err};
  struct nt_volume_info info = {0};
  NT_TRY(check_handle(&question));
  NT_TRY(nt_info(handle, &info, err));
  NT_TRY(check_erase(&question, &info));
  return check_flags(&question, &info);
}
