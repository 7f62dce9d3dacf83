/*
 * The thin checked callers of a handle's slots: data and life. Control codes
 * are in nt_control.c.
 */
#include "callers.h"

#include <inttypes.h>
#include <string.h>

/* ---- rights -------------------------------------------------------------- */

#define WRITING (NT_FILE_WRITE_DATA | NT_FILE_APPEND_DATA)
#define LISTING NT_FILE_READ_DATA /* FILE_LIST_DIRECTORY is the same bit */

/* Checks what NT checks before any driver sees the request (I16): the handle
 * needs one of the rights. A section is another type of object, and its machine
 * refuses it itself. Then the machine must have the slot. */
static nt_status check_slot(const struct nt_handle *handle, bool has,
                            uint32_t rights, struct nt_error *err) {
  if (!(handle->access & rights) && handle->kind != NT_KIND_SECTION) {
    return nt_refuse(err, NT_REASON_HANDLE_ACCESS,
                     "the handle was not opened for %s",
                     rights & NT_FILE_READ_DATA ? "reading" : "writing");
  }
  return nt__check_handle(handle, has, err);
}

/* ---- data ---------------------------------------------------------------- */

static nt_status finish_transfer(nt_status status, struct nt_error *err,
                                 const char *op, const struct nt_handle *handle,
                                 uint64_t offset, size_t len) {
  if (!nt_ok(status) && err->detail[0] == '\0') {
    nt_format_text(err->detail, sizeof(err->detail),
                   "%" PRIu64 " bytes at offset %" PRIu64, (uint64_t)len,
                   offset);
  }
  return nt__finish(status, err, op, handle->name);
}

nt_status nt_read(struct nt_handle *handle, uint64_t offset, void *buf,
                  size_t len, size_t *done, struct nt_error *err) {
  nt_status status =
      check_slot(handle, HANDLE_HAS(handle, read), NT_FILE_READ_DATA, err);
  if (nt_ok(status)) {
    status = handle->ops->read(handle, offset, buf, len, done, err);
  }
  return finish_transfer(status, err, "read", handle, offset, len);
}

nt_status nt_write(struct nt_handle *handle, uint64_t offset, const void *buf,
                   size_t len, size_t *done, struct nt_error *err) {
  nt_status status =
      check_slot(handle, HANDLE_HAS(handle, write), NT_FILE_WRITE_DATA, err);
  if (nt_ok(status)) {
    status = handle->ops->write(handle, offset, buf, len, done, err);
  }
  return finish_transfer(status, err, "write", handle, offset, len);
}

nt_status nt_flush(struct nt_handle *handle, struct nt_error *err) {
  nt_status status =
      check_slot(handle, HANDLE_HAS(handle, flush), WRITING, err);
  if (nt_ok(status)) {
    status = handle->ops->flush(handle, err);
  }
  return nt__finish(status, err, "flush", handle->name);
}

/* ---- handles on one file object ------------------------------------------ */

static void join(struct nt_handle *handle, struct nt_handle *copy) {
  if (handle->peer == NULL) {
    handle->peer = handle;
  }
  copy->peer = handle->peer;
  handle->peer = copy;
  copy->locked = handle->locked;
  copy->dismounted = handle->dismounted;
}

static void leave(struct nt_handle *handle) {
  struct nt_handle *before = handle->peer;
  if (before == NULL) {
    return;
  }
  while (before->peer != handle) {
    before = before->peer;
  }
  before->peer = handle->peer != before ? handle->peer : NULL;
  handle->peer = NULL;
}

nt_status nt_duplicate(struct nt_handle *handle, struct nt_handle **out,
                       struct nt_error *err) {
  nt_status status =
      nt__check_handle(handle, HANDLE_HAS(handle, duplicate), err);
  if (nt_ok(status)) {
    status = handle->ops->duplicate(handle, out, err);
  }
  if (nt_ok(status)) {
    join(handle, *out);
  }
  return nt__finish(status, err, "duplicate", handle->name);
}

nt_status nt_map(struct nt_handle *handle, bool image, struct nt_handle **out,
                 struct nt_error *err) {
  nt_status status =
      check_slot(handle, HANDLE_HAS(handle, map), NT_FILE_READ_DATA, err);
  if (nt_ok(status)) {
    status = handle->ops->map(handle, image, out, err);
  }
  return nt__finish(status, err, "map", handle->name);
}

nt_status nt_next_entry(struct nt_handle *handle, uint64_t *cursor,
                        struct nt_directory_entry *out, struct nt_error *err) {
  nt_status status =
      check_slot(handle, HANDLE_HAS(handle, next_entry), LISTING, err);
  if (nt_ok(status)) {
    status = handle->ops->next_entry(handle, cursor, out, err);
  }
  return status == NT_STATUS_NO_MORE_ENTRIES
             ? status
             : nt__finish(status, err, "list", handle->name);
}

nt_status nt_next_holder(struct nt_handle *handle, uint64_t *cursor,
                         struct nt_holder *out, const char **missing,
                         struct nt_error *err) {
  nt_status status =
      nt__check_handle(handle, HANDLE_HAS(handle, next_holder), err);
  if (nt_ok(status)) {
    memset(out, 0, sizeof(*out));
    status = handle->ops->next_holder(handle, cursor, out, missing, err);
  }
  return status == NT_STATUS_NO_MORE_ENTRIES
             ? status
             : nt__finish(status, err, "name the holders of", handle->name);
}

nt_status nt_close(struct nt_handle *handle, struct nt_error *err) {
  char target[NT_NAME_MAX]; /* used when the handle is gone */
  nt_copy(target, sizeof(target), handle->name);
  nt_status status = nt__check_handle(handle, HANDLE_HAS(handle, close), err);
  if (nt_ok(status)) {
    leave(handle);
    status = handle->ops->close(handle, err);
  }
  return nt__finish(status, err, "close", target);
}

nt_status nt_info(struct nt_handle *handle, struct nt_volume_info *out,
                  struct nt_error *err) {
  nt_status status = nt__check_handle(handle, HANDLE_HAS(handle, info), err);
  if (nt_ok(status)) {
    out->owner[0] = '\0';
    status = handle->ops->info(handle, out, err);
  }
  return nt__finish(status, err, "query", handle->name);
}

nt_status nt_size(struct nt_handle *handle, uint64_t *out,
                  struct nt_error *err) {
  if (handle->kind != NT_KIND_FILE && handle->kind != NT_KIND_DIRECTORY &&
      handle->kind != NT_KIND_SECTION) {
    return nt_length(handle, out, err);
  }
  nt_status status =
      nt__check_handle(handle, HANDLE_HAS(handle, file_size), err);
  if (nt_ok(status)) {
    status = handle->ops->file_size(handle, out, err);
  }
  return nt__finish(status, err, "query the size of", handle->name);
}
