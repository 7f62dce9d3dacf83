/*
 * Failures: the numbers of Windows as NTSTATUS, what a status means by itself,
 * and what to do next.
 */
#include <inttypes.h>

#include "refuse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* CreateFileW returns it for STATUS_OBJECT_NAME_COLLISION. */
#define ERROR_FILE_EXISTS 80U
/* RtlNtStatusToDosError returns it for a status that it does not know. */
#define ERROR_MR_MID_NOT_FOUND 317U

/* ---- statuses ------------------------------------------------------------ */

/* Several statuses share each of these Win32 codes. The row names the status
 * that claims the least. */
static const struct {
  uint32_t error;
  nt_status status;
} plain_rows[] = {
    {1, NT_STATUS_INVALID_DEVICE_REQUEST},
    {NT_WIN32_ERROR_NO_MORE_FILES, NT_STATUS_NO_MORE_ENTRIES},
    {NT_WIN32_ERROR_NOT_READY, NT_STATUS_DEVICE_NOT_READY},
    {ERROR_FILE_EXISTS, NT_STATUS_OBJECT_NAME_COLLISION},
    {NT_WIN32_WAIT_TIMEOUT, NT_STATUS_IO_TIMEOUT},
    {NT_WIN32_ERROR_NOT_FOUND, NT_STATUS_OBJECT_NAME_NOT_FOUND},
};

static nt_status status_of(uint32_t error) {
  for (size_t i = 0; i < COUNT(plain_rows); i++) {
    if (plain_rows[i].error == error) {
      return plain_rows[i].status;
    }
  }
  const struct nt_status_row *row;
  for (size_t i = 0; (row = nt_status_at(i)) != NULL; i++) {
    if (row->win32 == error && !nt_ok(row->value)) {
      return row->value;
    }
  }
  return error < 0x10000 ? 0x80070000U | error : NT_STATUS_UNSUCCESSFUL;
}

/* The system keeps the last status of a thread, which may be that of an earlier
 * call. So it counts only when it fits the error. */
static bool is_told(nt_status told, uint32_t error) {
  if (nt_ok(told)) {
    return false;
  }
  uint32_t mapped = nt_status_to_win32(told);
  return mapped == error || mapped == ERROR_MR_MID_NOT_FOUND ||
         (error == ERROR_FILE_EXISTS &&
          told == NT_STATUS_OBJECT_NAME_COLLISION);
}

/* Keeps the number that Windows gave as native. */
static nt_status fail(struct nt_error *err, nt_status status,
                      enum nt_native_kind kind, uint32_t native,
                      const char *fmt, va_list args) {
  if (err != NULL) {
    char text[sizeof(err->detail)];
    nt_fail(err, status, NULL);
    nt_vformat_text(text, sizeof(text), fmt, args);
    nt_copy(err->detail, sizeof(err->detail), text);
    err->native_kind = kind;
    err->native = native;
  }
  return status;
}

nt_status nt__win32_fail(struct nt_error *err, uint32_t error, nt_status told,
                         const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  nt_status status = fail(err, is_told(told, error) ? told : status_of(error),
                          NT_NATIVE_WIN32, error, fmt, args);
  va_end(args);
  return status;
}

nt_status nt__win32_fail_status(struct nt_error *err, nt_status status,
                                const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  fail(err, status, NT_NATIVE_NTSTATUS, status, fmt, args);
  va_end(args);
  return status;
}

nt_status nt__win32_missing(struct nt_error *err, const char *function) {
  return nt_refuse(err, NT_REASON_WINDOWS_VERSION, "this Windows has no %s",
                   function);
}

/* ---- reasons ------------------------------------------------------------- */

/* What a status says by itself, whatever the request was. */
struct status_row {
  nt_status status;
  enum nt_reason reason;
  const char *hint; /* NULL: the next step of the reason */
};

static const struct status_row reason_rows[] = {
    {NT_STATUS_VOLUME_DISMOUNTED, NT_REASON_DISMOUNTED, NULL},
    {NT_STATUS_INVALID_DEVICE_OBJECT_PARAMETER, NT_REASON_DISMOUNTED, NULL},
    {NT_STATUS_WRONG_VOLUME, NT_REASON_IDENTITY_CHANGED, NULL},
    {NT_STATUS_VERIFY_REQUIRED, NT_REASON_IDENTITY_CHANGED, NULL},
    {NT_STATUS_DEVICE_OFF_LINE, NT_REASON_OFFLINE, NULL},
    {NT_STATUS_VOLMGR_VOLUME_OFFLINE, NT_REASON_OFFLINE, NULL},
    {NT_STATUS_DEVICE_NOT_READY, NT_REASON_NONE,
     "check that the device is connected and the volume online"},
    {NT_STATUS_NO_MEDIA_IN_DEVICE, NT_REASON_NO_MEDIA, "insert a medium"},
    {NT_STATUS_UNRECOGNIZED_MEDIA, NT_REASON_NONE,
     "insert a medium that is formatted"},
    {NT_STATUS_FILE_INVALID, NT_REASON_REMOVED, NULL},
    {NT_STATUS_DEVICE_DOES_NOT_EXIST, NT_REASON_REMOVED, NULL},
    {NT_STATUS_DEVICE_NOT_CONNECTED, NT_REASON_REMOVED,
     "connect the device again"},
    {NT_STATUS_DEVICE_REMOVED, NT_REASON_REMOVED, NULL},
    {NT_STATUS_NO_SUCH_DEVICE, NT_REASON_REMOVED,
     "list what is there: ntvol volumes"},
    {NT_STATUS_MEDIA_WRITE_PROTECTED, NT_REASON_READONLY, NULL},
    {NT_STATUS_PRIVILEGE_NOT_HELD, NT_REASON_PRIVILEGE,
     "run it as administrator"},
    {NT_STATUS_SHARING_VIOLATION, NT_REASON_IN_USE, NULL},
    {NT_STATUS_DEVICE_BUSY, NT_REASON_IN_USE, NULL},
    {NT_STATUS_NOT_LOCKED, NT_REASON_NOT_LOCKED,
     "unlock by the handle that locked it"},
    {NT_STATUS_UNRECOGNIZED_VOLUME, NT_REASON_NO_FILE_SYSTEM, NULL},
    {NT_STATUS_CANCELLED, NT_REASON_NONE, "try again if it is still wanted"},
    {NT_STATUS_INVALID_DEVICE_REQUEST, NT_REASON_NONE,
     "use another volume or disk: the driver of this one has no such "
     "request"},
    {NT_STATUS_NOT_IMPLEMENTED, NT_REASON_NONE,
     "use another volume or disk: the driver of this one has no such "
     "request"},
    {NT_STATUS_NOT_SUPPORTED, NT_REASON_NONE,
     "use another volume or disk: the driver of this one has no such "
     "request"},
    {NT_STATUS_INSUFFICIENT_RESOURCES, NT_REASON_RESOURCES, NULL},
    {NT_STATUS_OBJECT_NAME_NOT_FOUND, NT_REASON_NOT_FOUND, NULL},
    {NT_STATUS_OBJECT_PATH_NOT_FOUND, NT_REASON_NONE,
     "check the path, and list what is there: ntvol volumes"},
    {NT_STATUS_OBJECT_NAME_COLLISION, NT_REASON_NONE,
     "use another name, or open it"},
    {NT_STATUS_BUFFER_TOO_SMALL, NT_REASON_NONE, "ask with a larger buffer"},
    {NT_STATUS_BUFFER_OVERFLOW, NT_REASON_NONE, "ask with a larger buffer"},
    {NT_STATUS_DISK_CORRUPT_ERROR, NT_REASON_NONE,
     "check the volume with chkdsk"},
    {NT_STATUS_FILE_CORRUPT_ERROR, NT_REASON_NONE,
     "check the volume with chkdsk"},
    {NT_STATUS_IO_DEVICE_ERROR, NT_REASON_NONE,
     "check the disk and its cables"},
    {NT_STATUS_DEVICE_DATA_ERROR, NT_REASON_NONE,
     "check the disk and its cables"},
    {NT_STATUS_DISK_FULL, NT_REASON_DISK_FULL, NULL},
};

static bool has_next(const struct nt_error *err) {
  return err->hint[0] != '\0' || nt_reason_find(err->reason) != NULL;
}

static void explain_row(struct nt_error *err, const struct status_row *row) {
  bool open = err->reason == NULL;
  if (open) {
    nt_error_because(err, row->reason, NULL);
  }
  if (open && row->hint != NULL && err->hint[0] == '\0') {
    nt_hint(err, "%s", row->hint);
  }
}

void nt__win32_explain(struct nt_error *err) {
  for (size_t i = 0; err != NULL && i < COUNT(reason_rows); i++) {
    if (reason_rows[i].status == err->status) {
      explain_row(err, &reason_rows[i]);
    }
  }
  if (err != NULL && !has_next(err)) {
    nt_hint(err, "look up the number that Windows gave, 0x%" PRIX64,
            (uint64_t)err->native);
  }
}
