/*
 * The checks of a format before it starts.
 */
#include "format_check.h"

#include <string.h>

#include "label.h"
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

/* ---- what lies in the same place ----------------------------------------- */

static bool lie_together(const struct nt_volume_info *a,
                         const struct nt_volume_info *b) {
  for (uint32_t i = 0; i < a->extent_count; i++) {
    for (uint32_t j = 0; j < b->extent_count; j++) {
      const struct nt_extent *one = &a->extents[i], *other = &b->extents[j];
      if (one->disk == other->disk &&
          one->offset < other->offset + other->length &&
          other->offset < one->offset + one->length) {
        return true;
      }
    }
  }
  return false;
}

/* Partitions begin behind their table, or one of them holds it. */
static bool holds_table(const struct nt_volume_info *info) {
  return info->partition_number != 0 && info->extent_count == 1 &&
         info->extents[0].offset == 0;
}

/* Who has it open would find other bytes there. A machine that does not say
 * who has nobody to name. */
static nt_status check_unused(const struct question *q,
                              const struct nt_volume_info *other) {
  const struct nt_open_options options = {
      .name = other->guid_path,
      .share = NT_SHARE_READ | NT_SHARE_WRITE | NT_SHARE_DELETE,
      .disposition = NT_OPEN};
  struct nt_handle *handle = NULL;
  struct nt_holder holder;
  struct nt_error ignored = {0};
  const char *missing = NULL;
  uint64_t cursor = 0;
  nt_status status = NT_STATUS_SUCCESS;
  if (!nt_ok(nt_open(q->handle->machine, &options, &handle, &ignored))) {
    return NT_STATUS_SUCCESS;
  }
  while (nt_ok(nt_next_holder(handle, &cursor, &holder, &missing, &ignored))) {
    if (nt_ok(status)) {
      status =
          nt_refuse(q->err, NT_REASON_IN_USE,
                    "%s, which lies in the same place, is in use", other->name);
    }
    nt_add_holder_row(q->err, &holder);
  }
  nt_close(handle, &ignored);
  return status;
}

static nt_status refuse_overlap(const struct question *q, const char *what) {
  return nt_refuse(q->err, NT_REASON_OVERLAPS,
                   "it would destroy %s, which %s in the same place", what,
                   strchr(what, ',') != NULL ? "lie" : "lies");
}

static nt_status check_overlaps(const struct question *q,
                                const struct nt_volume_info *info) {
  char what[400] = "";
  struct nt_volume_info other;
  struct nt_error ended = {0};
  uint64_t cursor = 0;
  if (holds_table(info)) {
    nt_copy(what, sizeof(what), "the partition table");
  }
  while (nt_ok(nt_next_volume(q->handle->machine, &cursor, &other, &ended))) {
    if (strcmp(other.guid_path, info->guid_path) == 0 ||
        !lie_together(info, &other)) {
      continue;
    }
    NT_TRY(check_unused(q, &other));
    size_t used = strlen(what);
    nt_format_text(what + used, sizeof(what) - used, "%s%s",
                   used > 0 ? ", " : "", other.name);
  }
  return what[0] != '\0' && !q->options->overlaps ? refuse_overlap(q, what)
                                                  : NT_STATUS_SUCCESS;
}

nt_status nt_format_check(struct nt_handle *handle,
                          const struct nt_format_options *options,
                          struct nt_error *err) {
  struct question question = {handle, options, err};
  struct nt_volume_info info = {0};
  enum nt_format_fs fs;
  NT_TRY(check_handle(&question));
  NT_TRY(nt_info(handle, &info, err));
  NT_TRY(check_erase(&question, &info));
  NT_TRY(check_flags(&question, &info));
  NT_TRY(nt_format_find_fs(options->fs, &fs, err));
  NT_TRY(nt_label_check(fs, options->label, err));
  return check_overlaps(&question, &info);
}
