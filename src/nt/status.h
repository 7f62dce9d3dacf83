/*
 * NTSTATUS values, the Win32 codes that RtlNtStatusToDosError maps them to,
 * and what each means for a caller who wonders whether to try again.
 *
 * Everything below src/ may include this header. It includes nothing of ours.
 *
 * Source of values and mapping: Microsoft's [MS-ERREF] and, for the mapping,
 * RtlNtStatusToDosError as measured (see docs/errors.md).
 */
#ifndef NT_STATUS_H
#define NT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t nt_status;

/* What a caller can do about a status. Retry looks at nothing else. */
enum nt_class {
  NT_CLASS_NONE,        /* success, or "take the status's own class" */
  NT_CLASS_TRANSIENT,   /* may go away by waiting: somebody has it open */
  NT_CLASS_PERMANENT,   /* will not change by waiting */
  NT_CLASS_UNSUPPORTED, /* this machine, volume or handle cannot do it */
  NT_CLASS_CANCELLED,   /* the caller asked to stop */
  NT_CLASS_TIMEOUT,     /* the time given ran out */
  NT_CLASS_USAGE        /* the request itself is wrong */
};

/* X(name, value, Win32 name, class, message) */
#define NT_STATUS_LIST(X)                                                      \
  X(STATUS_SUCCESS, 0x00000000, ERROR_SUCCESS, NONE, "success")                \
  X(STATUS_PENDING, 0x00000103, ERROR_IO_PENDING, TRANSIENT, "pending")        \
  X(STATUS_BUFFER_OVERFLOW, 0x80000005, ERROR_MORE_DATA, USAGE,                \
    "more data than the buffer holds")                                         \
  X(STATUS_DEVICE_OFF_LINE, 0x80000010, ERROR_NOT_READY, PERMANENT,            \
    "the device is offline")                                                   \
  X(STATUS_DEVICE_BUSY, 0x80000011, ERROR_BUSY, TRANSIENT,                     \
    "the device is busy")                                                      \
  X(STATUS_VERIFY_REQUIRED, 0x80000016, ERROR_MEDIA_CHANGED, TRANSIENT,        \
    "the medium may have changed")                                             \
  X(STATUS_NO_MORE_ENTRIES, 0x8000001A, ERROR_NO_MORE_ITEMS, PERMANENT,        \
    "no more entries")                                                         \
  X(STATUS_UNSUCCESSFUL, 0xC0000001, ERROR_GEN_FAILURE, PERMANENT,             \
    "the request failed")                                                      \
  X(STATUS_NOT_IMPLEMENTED, 0xC0000002, ERROR_INVALID_FUNCTION, UNSUPPORTED,   \
    "not implemented")                                                         \
  X(STATUS_INFO_LENGTH_MISMATCH, 0xC0000004, ERROR_BAD_LENGTH, USAGE,          \
    "wrong buffer length")                                                     \
  X(STATUS_INVALID_HANDLE, 0xC0000008, ERROR_INVALID_HANDLE, USAGE,            \
    "invalid handle")                                                          \
  X(STATUS_INVALID_PARAMETER, 0xC000000D, ERROR_INVALID_PARAMETER, USAGE,      \
    "invalid parameter")                                                       \
  X(STATUS_NO_SUCH_DEVICE, 0xC000000E, ERROR_NO_SUCH_DEVICE, PERMANENT,        \
    "no such device")                                                          \
  X(STATUS_INVALID_DEVICE_REQUEST, 0xC0000010, ERROR_INVALID_FUNCTION,         \
    UNSUPPORTED, "not a request for this device")                              \
  X(STATUS_END_OF_FILE, 0xC0000011, ERROR_HANDLE_EOF, PERMANENT,               \
    "end of file")                                                             \
  X(STATUS_WRONG_VOLUME, 0xC0000012, ERROR_WRONG_DISK, PERMANENT,              \
    "another volume is in the device")                                         \
  X(STATUS_NO_MEDIA_IN_DEVICE, 0xC0000013, ERROR_NOT_READY, PERMANENT,         \
    "no medium in the device")                                                 \
  X(STATUS_UNRECOGNIZED_MEDIA, 0xC0000014, ERROR_UNRECOGNIZED_MEDIA,           \
    PERMANENT, "unrecognized medium")                                          \
  X(STATUS_NONEXISTENT_SECTOR, 0xC0000015, ERROR_SECTOR_NOT_FOUND, PERMANENT,  \
    "there is no such sector")                                                 \
  X(STATUS_NO_MEMORY, 0xC0000017, ERROR_NOT_ENOUGH_MEMORY, TRANSIENT,          \
    "not enough memory")                                                       \
  X(STATUS_INVALID_FILE_FOR_SECTION, 0xC0000020, ERROR_BAD_EXE_FORMAT, USAGE,  \
    "not a file that can be mapped")                                           \
  X(STATUS_ACCESS_DENIED, 0xC0000022, ERROR_ACCESS_DENIED, PERMANENT,          \
    "access denied")                                                           \
  X(STATUS_BUFFER_TOO_SMALL, 0xC0000023, ERROR_INSUFFICIENT_BUFFER, USAGE,     \
    "the buffer is too small")                                                 \
  X(STATUS_OBJECT_TYPE_MISMATCH, 0xC0000024, ERROR_INVALID_HANDLE, USAGE,      \
    "not an object of that type")                                              \
  X(STATUS_NOT_LOCKED, 0xC000002A, ERROR_NOT_LOCKED, PERMANENT,                \
    "not locked by this handle")                                               \
  X(STATUS_DISK_CORRUPT_ERROR, 0xC0000032, ERROR_DISK_CORRUPT, PERMANENT,      \
    "the disk is damaged")                                                     \
  X(STATUS_OBJECT_NAME_INVALID, 0xC0000033, ERROR_INVALID_NAME, USAGE,         \
    "not a valid name")                                                        \
  X(STATUS_OBJECT_NAME_NOT_FOUND, 0xC0000034, ERROR_FILE_NOT_FOUND, PERMANENT, \
    "not found")                                                               \
  X(STATUS_OBJECT_NAME_COLLISION, 0xC0000035, ERROR_ALREADY_EXISTS, PERMANENT, \
    "exists already")                                                          \
  X(STATUS_OBJECT_PATH_NOT_FOUND, 0xC000003A, ERROR_PATH_NOT_FOUND, PERMANENT, \
    "path not found")                                                          \
  X(STATUS_SHARING_VIOLATION, 0xC0000043, ERROR_SHARING_VIOLATION, TRANSIENT,  \
    "sharing violation")                                                       \
  X(STATUS_PRIVILEGE_NOT_HELD, 0xC0000061, ERROR_PRIVILEGE_NOT_HELD,           \
    PERMANENT, "privilege not held")                                           \
  X(STATUS_DISK_FULL, 0xC000007F, ERROR_DISK_FULL, PERMANENT,                  \
    "the disk is full")                                                        \
  X(STATUS_FILE_INVALID, 0xC0000098, ERROR_FILE_INVALID, PERMANENT,            \
    "the volume of this file is gone")                                         \
  X(STATUS_INSUFFICIENT_RESOURCES, 0xC000009A, ERROR_NO_SYSTEM_RESOURCES,      \
    TRANSIENT, "insufficient resources")                                       \
  X(STATUS_DEVICE_DATA_ERROR, 0xC000009C, ERROR_CRC, PERMANENT, "data error")  \
  X(STATUS_DEVICE_NOT_CONNECTED, 0xC000009D, ERROR_DEVICE_NOT_CONNECTED,       \
    PERMANENT, "the device is not connected")                                  \
  X(STATUS_MEDIA_WRITE_PROTECTED, 0xC00000A2, ERROR_WRITE_PROTECT, PERMANENT,  \
    "write protected")                                                         \
  X(STATUS_DEVICE_NOT_READY, 0xC00000A3, ERROR_NOT_READY, PERMANENT,           \
    "the device is not ready")                                                 \
  X(STATUS_IO_TIMEOUT, 0xC00000B5, ERROR_SEM_TIMEOUT, TIMEOUT, "timed out")    \
  X(STATUS_FILE_IS_A_DIRECTORY, 0xC00000BA, ERROR_ACCESS_DENIED, PERMANENT,    \
    "it is a directory")                                                       \
  X(STATUS_NOT_SUPPORTED, 0xC00000BB, ERROR_NOT_SUPPORTED, UNSUPPORTED,        \
    "not supported")                                                           \
  X(STATUS_DEVICE_DOES_NOT_EXIST, 0xC00000C0, ERROR_DEV_NOT_EXIST, PERMANENT,  \
    "the device does not exist any more")                                      \
  X(STATUS_INVALID_USER_BUFFER, 0xC00000E8, ERROR_INVALID_USER_BUFFER, USAGE,  \
    "invalid buffer")                                                          \
  X(STATUS_DIRECTORY_NOT_EMPTY, 0xC0000101, ERROR_DIR_NOT_EMPTY, PERMANENT,    \
    "the directory is not empty")                                              \
  X(STATUS_FILE_CORRUPT_ERROR, 0xC0000102, ERROR_FILE_CORRUPT, PERMANENT,      \
    "the file is damaged")                                                     \
  X(STATUS_NOT_A_DIRECTORY, 0xC0000103, ERROR_DIRECTORY, USAGE,                \
    "not a directory")                                                         \
  X(STATUS_MAPPED_FILE_SIZE_ZERO, 0xC000011E, ERROR_FILE_INVALID, USAGE,       \
    "an empty file cannot be mapped")                                          \
  X(STATUS_CANCELLED, 0xC0000120, ERROR_OPERATION_ABORTED, CANCELLED,          \
    "cancelled")                                                               \
  X(STATUS_FILE_CLOSED, 0xC0000128, ERROR_INVALID_HANDLE, USAGE,               \
    "the handle is closed")                                                    \
  X(STATUS_UNRECOGNIZED_VOLUME, 0xC000014F, ERROR_UNRECOGNIZED_VOLUME,         \
    PERMANENT, "no file system is recognised on the volume")                   \
  X(STATUS_IO_DEVICE_ERROR, 0xC0000185, ERROR_IO_DEVICE, PERMANENT,            \
    "I/O error of the device")                                                 \
  X(STATUS_TOO_LATE, 0xC0000189, ERROR_WRITE_PROTECT, PERMANENT, "too late")   \
  X(STATUS_VOLUME_DISMOUNTED, 0xC000026E, ERROR_NOT_READY, PERMANENT,          \
    "the volume was dismounted")                                               \
  X(STATUS_DEVICE_REMOVED, 0xC00002B6, ERROR_DEVICE_REMOVED, PERMANENT,        \
    "the device was removed")                                                  \
  X(STATUS_INVALID_DEVICE_OBJECT_PARAMETER, 0xC0000369,                        \
    ERROR_INVALID_DEVICE_OBJECT_PARAMETER, PERMANENT,                          \
    "not the device of this file system any more")                             \
  X(STATUS_FILE_TOO_LARGE, 0xC0000904, ERROR_FILE_TOO_LARGE, PERMANENT,        \
    "the file would be larger than the limit allows")                          \
  X(STATUS_VOLMGR_VOLUME_OFFLINE, 0xC038004B, STATUS_VOLMGR_VOLUME_OFFLINE,    \
    PERMANENT, "the volume manager holds the volume offline")

/* X(name, value): every Win32 code of the list above. */
#define NT_WIN32_LIST(X)                        \
  X(ERROR_SUCCESS, 0)                           \
  X(ERROR_INVALID_FUNCTION, 1)                  \
  X(ERROR_FILE_NOT_FOUND, 2)                    \
  X(ERROR_PATH_NOT_FOUND, 3)                    \
  X(ERROR_ACCESS_DENIED, 5)                     \
  X(ERROR_INVALID_HANDLE, 6)                    \
  X(ERROR_NOT_ENOUGH_MEMORY, 8)                 \
  X(ERROR_WRITE_PROTECT, 19)                    \
  X(ERROR_NOT_READY, 21)                        \
  X(ERROR_CRC, 23)                              \
  X(ERROR_BAD_LENGTH, 24)                       \
  X(ERROR_SECTOR_NOT_FOUND, 27)                 \
  X(ERROR_GEN_FAILURE, 31)                      \
  X(ERROR_SHARING_VIOLATION, 32)                \
  X(ERROR_WRONG_DISK, 34)                       \
  X(ERROR_HANDLE_EOF, 38)                       \
  X(ERROR_NOT_SUPPORTED, 50)                    \
  X(ERROR_DEV_NOT_EXIST, 55)                    \
  X(ERROR_INVALID_PARAMETER, 87)                \
  X(ERROR_DISK_FULL, 112)                       \
  X(ERROR_SEM_TIMEOUT, 121)                     \
  X(ERROR_INSUFFICIENT_BUFFER, 122)             \
  X(ERROR_INVALID_NAME, 123)                    \
  X(ERROR_DIR_NOT_EMPTY, 145)                   \
  X(ERROR_NOT_LOCKED, 158)                      \
  X(ERROR_BUSY, 170)                            \
  X(ERROR_ALREADY_EXISTS, 183)                  \
  X(ERROR_BAD_EXE_FORMAT, 193)                  \
  X(ERROR_FILE_TOO_LARGE, 223)                  \
  X(ERROR_MORE_DATA, 234)                       \
  X(ERROR_NO_MORE_ITEMS, 259)                   \
  X(ERROR_DIRECTORY, 267)                       \
  X(ERROR_MR_MID_NOT_FOUND, 317)                \
  X(ERROR_NO_SUCH_DEVICE, 433)                  \
  X(ERROR_INVALID_DEVICE_OBJECT_PARAMETER, 650) \
  X(ERROR_OPERATION_ABORTED, 995)               \
  X(ERROR_IO_PENDING, 997)                      \
  X(ERROR_UNRECOGNIZED_VOLUME, 1005)            \
  X(ERROR_FILE_INVALID, 1006)                   \
  X(ERROR_MEDIA_CHANGED, 1110)                  \
  X(ERROR_IO_DEVICE, 1117)                      \
  X(ERROR_DEVICE_NOT_CONNECTED, 1167)           \
  X(ERROR_PRIVILEGE_NOT_HELD, 1314)             \
  X(ERROR_FILE_CORRUPT, 1392)                   \
  X(ERROR_DISK_CORRUPT, 1393)                   \
  X(ERROR_NO_SYSTEM_RESOURCES, 1450)            \
  X(ERROR_DEVICE_REMOVED, 1617)                 \
  X(ERROR_INVALID_USER_BUFFER, 1784)            \
  X(ERROR_UNRECOGNIZED_MEDIA, 1785)

/* NT_STATUS_ACCESS_DENIED and so on: the list's names with NT_ before them,
 * so that <ntstatus.h> can be included beside this header. */
enum {
#define X(name, value, win32, cls, text) NT_##name = value,
  NT_STATUS_LIST(X)
#undef X
};

struct nt_status_row {
  nt_status value;
  const char *name;       /* "STATUS_ACCESS_DENIED" */
  const char *win32_name; /* "ERROR_ACCESS_DENIED" */
  uint32_t win32;
  enum nt_class cls;
  const char *message; /* lower case, no period */
};

/* NT's own rule: success and informational values are below 0x80000000. */
static inline bool nt_ok(nt_status status) {
  return status < 0x80000000U;
}

/* Goes on when `call` succeeded, else returns its status. So steps that follow
 * one another read as a list. It must not be used where something has to be
 * released. */
#define NT_TRY(call)                  \
  do {                                \
    nt_status nt_try_status = (call); \
    if (!nt_ok(nt_try_status)) {      \
      return nt_try_status;           \
    }                                 \
  } while (0)

/* The row of a status; NULL for one that is not in the list. */
const struct nt_status_row *nt_status_find(nt_status status);

/* Row number `index` of the list, NULL at its end: for tables and docs. */
const struct nt_status_row *nt_status_at(size_t index);

/* Returns what RtlNtStatusToDosError returns. A status outside the list gives
 * 317 (ERROR_MR_MID_NOT_FOUND), as it does there; but 0x8007xxxx wraps a Win32
 * code and gives it back. */
uint32_t nt_status_to_win32(nt_status status);

/* "ERROR_ACCESS_DENIED" for 5; NULL when the code is not in the list. */
const char *nt_win32_name(uint32_t code);

/* "transient", "permanent", "unsupported", "cancelled", "timeout", "usage";
 * "none" for NT_CLASS_NONE. */
const char *nt_class_name(enum nt_class cls);

#endif
