/*
 * The thin checked callers of control codes, and the queries that decode
 * their answers.
 */
#include "callers.h"

#include <inttypes.h>
#include <string.h>

#include "disk/bytes.h"

_Static_assert(NT_FILE_READ_DATA == 1 && NT_FILE_WRITE_DATA == 2,
               "nt_code_access() returns these two as bits 0 and 1");

/* ---- control codes ------------------------------------------------------- */

static void name_code(uint32_t code, char *buf, size_t cap) {
  const struct nt_code_row *row = nt_code_find(code);
  if (row == NULL) {
    nt_format_text(buf, cap, "control 0x%" PRIX32, code);
  } else if (row->verb == NULL) {
    nt_format_text(buf, cap, "control %s", row->name);
  } else {
    nt_copy(buf, cap, row->verb);
  }
}

static bool is_question(uint32_t code) {
  return code == NT_IOCTL_VOLUME_IS_CLUSTERED ||
         code == NT_IOCTL_VOLUME_IS_OFFLINE ||
         code == NT_IOCTL_VOLUME_IS_IO_CAPABLE ||
         code == NT_IOCTL_VOLUME_IS_PARTITION ||
         code == NT_IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE;
}

/* Explains the refusal of a code by its status, when the machine has not. */
static void explain(nt_status status, struct nt_error *err, uint32_t code) {
  if (err == NULL || err->reason != NULL) {
    return;
  }
  if (status == NT_STATUS_UNSUCCESSFUL && is_question(code)) {
    nt_error_because(err, NT_REASON_ANSWER_NO, NULL);
  } else if (status == NT_STATUS_INVALID_DEVICE_REQUEST ||
             status == NT_STATUS_NOT_SUPPORTED ||
             status == NT_STATUS_NOT_IMPLEMENTED) {
    nt_error_because(err, NT_REASON_UNKNOWN_CODE, NULL);
  }
}

static nt_status finish_control(nt_status status, struct nt_error *err,
                                const struct nt_handle *handle, uint32_t code) {
  char op[sizeof(err->op)];
  if (nt_ok(status)) {
    return status;
  }
  explain(status, err, code);
  name_code(code, op, sizeof(op));
  return nt__finish(status, err, op, handle->name);
}

/* Checks the rights, as the I/O manager does before any driver sees the request
 * (I14). */
static nt_status check_access(const struct nt_handle *handle, uint32_t code,
                              struct nt_error *err) {
  static const char *const missing_names[] = {
      NULL, "read access", "write access", "read and write access"};
  uint32_t missing = nt_code_access(code) & ~handle->access;
  if (missing == 0) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(err, NT_REASON_HANDLE_ACCESS, "the handle lacks %s",
                   missing_names[missing]);
}

static void remember_one(struct nt_handle *handle, uint32_t code) {
  switch (code) {
    case NT_FSCTL_LOCK_VOLUME:
      handle->locked = true;
      break;
    case NT_FSCTL_UNLOCK_VOLUME:
      handle->locked = false;
      break;
    case NT_FSCTL_DISMOUNT_VOLUME:
      handle->dismounted = true;
      break;
    default:
      break;
  }
}

/* Lock and dismount belong to the file object, so they are noted for all its
 * handles. */
static void remember(struct nt_handle *handle, uint32_t code) {
  struct nt_handle *one = handle;
  do {
    remember_one(one, code);
    one = one->peer;
  } while (one != NULL && one != handle);
}

static nt_status finish_output(nt_status status, size_t length, size_t out_cap,
                               size_t *out_len) {
  if (out_len != NULL &&
      (nt_ok(status) || status == NT_STATUS_BUFFER_OVERFLOW)) {
    *out_len = length < out_cap ? length : out_cap;
  }
  return status;
}

nt_status nt_control(struct nt_handle *handle, uint32_t code, const void *in,
                     size_t in_len, void *out, size_t out_cap, size_t *out_len,
                     struct nt_error *err) {
  size_t length = 0;
  nt_status status = check_access(handle, code, err);
  if (nt_ok(status)) {
    status = nt__check_handle(handle, HANDLE_HAS(handle, control), err);
  }
  if (nt_ok(status)) {
    status = handle->ops->control(handle, code, in, in_len, out, out_cap,
                                  &length, err);
  }
  if (nt_ok(status)) {
    remember(handle, code);
  }
  finish_output(status, length, out_cap, out_len);
  return finish_control(status, err, handle, code);
}

nt_status nt_control_by(struct nt_handle *handle, bool file_system,
                        uint32_t code, const void *in, size_t in_len, void *out,
                        size_t out_cap, size_t *out_len, struct nt_error *err) {
  if (file_system == nt_code_is_fsctl(code)) {
    return nt_control(handle, code, in, in_len, out, out_cap, out_len, err);
  }
  size_t length = 0;
  nt_status status = check_access(handle, code, err);
  if (nt_ok(status)) {
    status = nt__check_handle(handle, HANDLE_HAS(handle, control_by), err);
  }
  if (nt_ok(status)) {
    status = handle->ops->control_by(handle, file_system, code, in, in_len, out,
                                     out_cap, &length, err);
  }
  finish_output(status, length, out_cap, out_len);
  return finish_control(status, err, handle, code);
}

nt_status nt_verb(struct nt_handle *handle, uint32_t code,
                  struct nt_error *err) {
  return nt_control(handle, code, NULL, 0, NULL, 0, NULL, err);
}

/* Whether the status is the answer "no" to the question. */
static bool is_no(uint32_t code, nt_status status) {
  if (status == NT_STATUS_UNSUCCESSFUL) {
    return true;
  }
  return code == NT_FSCTL_IS_VOLUME_MOUNTED &&
         (status == NT_STATUS_VOLUME_DISMOUNTED ||
          status == NT_STATUS_WRONG_VOLUME ||
          status == NT_STATUS_VERIFY_REQUIRED);
}

nt_status nt_ask(struct nt_handle *handle, uint32_t code, bool *answer,
                 struct nt_error *err) {
  nt_status status = nt_verb(handle, code, err);
  if (is_no(code, status)) {
    memset(err, 0, sizeof(*err));
    *answer = false;
    return NT_STATUS_SUCCESS;
  }
  if (nt_ok(status)) {
    *answer = true;
  }
  return status;
}

/* ---- typed queries ------------------------------------------------------- */

static nt_status refuse_short(const struct nt_handle *handle, uint32_t code,
                              size_t length, size_t wanted,
                              struct nt_error *err) {
  nt_fail(err, NT_STATUS_INFO_LENGTH_MISMATCH,
          "the %s machine answered %" PRIu64 " bytes, at least %" PRIu64
          " were expected",
          handle->machine->ops->kind, (uint64_t)length, (uint64_t)wanted);
  return finish_control(NT_STATUS_INFO_LENGTH_MISMATCH, err, handle, code);
}

/* Asks for up to `cap` bytes and insists on the first `wanted` of them. */
static nt_status query(struct nt_handle *handle, uint32_t code,
                       unsigned char *buf, size_t cap, size_t wanted,
                       struct nt_error *err) {
  size_t length = 0;
  nt_status status = nt_control(handle, code, NULL, 0, buf, cap, &length, err);
  if (nt_ok(status) && length < wanted) {
    return refuse_short(handle, code, length, wanted, err);
  }
  return status;
}

/* GET_LENGTH_INFORMATION: { i64 length } */
nt_status nt_length(struct nt_handle *handle, uint64_t *out,
                    struct nt_error *err) {
  unsigned char buf[8];
  NT_TRY(query(handle, NT_IOCTL_DISK_GET_LENGTH_INFO, buf, sizeof(buf),
               sizeof(buf), err));
  *out = nt_get_u64(buf);
  return NT_STATUS_SUCCESS;
}

/* DISK_GEOMETRY_EX: { { i64 cylinders, u32 media type, u32 tracks per
 * cylinder, u32 sectors per track, u32 bytes per sector }, i64 size, ... } */
nt_status nt_geometry(struct nt_handle *handle, struct nt_geometry *out,
                      struct nt_error *err) {
  unsigned char buf[40];
  NT_TRY(query(handle, NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, buf, sizeof(buf),
               32, err));
  out->cylinders = nt_get_u64(buf);
  out->heads = nt_get_u32(buf + 12);
  out->sectors_per_track = nt_get_u32(buf + 16);
  out->sector_size = nt_get_u32(buf + 20);
  out->length = nt_get_u64(buf + 24);
  return NT_STATUS_SUCCESS;
}

#define EXTENTS_HEADER 8
#define EXTENT_SIZE 24

/* Also for a machine that returns success although it counts more extents than
 * fit. */
static nt_status refuse_many_extents(struct nt_handle *handle, uint32_t count,
                                     struct nt_error *err) {
  nt_fail(err, NT_STATUS_BUFFER_OVERFLOW,
          "the volume has %" PRIu32 " extents, at most %d are supported", count,
          NT_MAX_EXTENTS);
  return finish_control(NT_STATUS_BUFFER_OVERFLOW, err, handle,
                        NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS);
}

/* VOLUME_DISK_EXTENTS: { u32 count, u32 padding, { u32 disk, u32 padding,
 * i64 start, i64 length }[count] } */
nt_status nt_extents(struct nt_handle *handle,
                     struct nt_extent out[NT_MAX_EXTENTS], uint32_t *count,
                     struct nt_error *err) {
  const uint32_t code = NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS;
  unsigned char buf[EXTENTS_HEADER + EXTENT_SIZE * NT_MAX_EXTENTS];
  size_t length = 0;
  nt_status status =
      nt_control(handle, code, NULL, 0, buf, sizeof(buf), &length, err);
  if (!nt_ok(status) && status != NT_STATUS_BUFFER_OVERFLOW) {
    return status;
  }
  if (length < EXTENTS_HEADER) {
    return refuse_short(handle, code, length, EXTENTS_HEADER, err);
  }
  uint32_t found = nt_get_u32(buf);
  if (!nt_ok(status) || found > NT_MAX_EXTENTS) {
    return refuse_many_extents(handle, found, err);
  }
  size_t wanted = EXTENTS_HEADER + EXTENT_SIZE * (size_t)found;
  if (length < wanted) {
    return refuse_short(handle, code, length, wanted, err);
  }
  for (uint32_t i = 0; i < found; i++) {
    const unsigned char *at = buf + EXTENTS_HEADER + EXTENT_SIZE * (size_t)i;
    out[i].disk = nt_get_u32(at);
    out[i].offset = nt_get_u64(at + 8);
    out[i].length = nt_get_u64(at + 16);
  }
  *count = found;
  return status;
}

/* STORAGE_DEVICE_NUMBER: { u32 type, u32 number, u32 partition } */
nt_status nt_device_number(struct nt_handle *handle,
                           struct nt_device_number *out, struct nt_error *err) {
  unsigned char buf[12];
  NT_TRY(query(handle, NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, buf, sizeof(buf),
               sizeof(buf), err));
  out->type = nt_get_u32(buf);
  out->number = nt_get_u32(buf + 4);
  out->partition = nt_get_u32(buf + 8);
  return NT_STATUS_SUCCESS;
}

/* PARTITION_INFORMATION_EX: { u32 style, u32 padding, i64 start, ... }, 144
 * bytes of which only the start is of interest here. */
nt_status nt_partition_start(struct nt_handle *handle, uint64_t *out,
                             struct nt_error *err) {
  unsigned char buf[144];
  NT_TRY(query(handle, NT_IOCTL_DISK_GET_PARTITION_INFO_EX, buf, sizeof(buf),
               16, err));
  *out = nt_get_u64(buf + 8);
  return NT_STATUS_SUCCESS;
}
