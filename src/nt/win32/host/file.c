/*
 * Files and byte locks on Windows.
 */
#include <stdlib.h>

#include "parts.h"

struct nt_file {
  HANDLE handle;
};

/* Other processes may read and write a file that is open here, because byte
 * locks and the database keep order. They may not remove it. */
#define SHARE (FILE_SHARE_READ | FILE_SHARE_WRITE)
#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)

/* At most so many bytes go through one call of ReadFile or WriteFile, whose
 * lengths have 32 bits. */
#define PIECE (16U << 20)

/* ---- opening and closing ------------------------------------------------- */

static nt_status open_wide(const nt_wchar *name, DWORD access,
                           DWORD disposition, DWORD flags, struct nt_file **out,
                           struct nt_error *err) {
  struct nt_file *file = malloc(sizeof(*file));
  if (file == NULL) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  file->handle =
      CreateFileW(name, access, SHARE, NULL, disposition, flags, NULL);
  if (file->handle == INVALID_HANDLE_VALUE) {
    nt_status status = nt__host_failed(err);
    free(file);
    return status;
  }
  *out = file;
  return NT_STATUS_SUCCESS;
}

static nt_status open_name(const char *path, DWORD access, DWORD disposition,
                           struct nt_file **out, struct nt_error *err) {
  nt_wchar name[HOST_PATH_MAX];
  NT_TRY(nt__win32_wide(path, name, HOST_PATH_MAX, err));
  return open_wide(name, access, disposition, FILE_ATTRIBUTE_NORMAL, out, err);
}

nt_status nt_file_open(const char *path, bool writable, struct nt_file **out,
                       struct nt_error *err) {
  return open_name(path, writable ? READ_WRITE : GENERIC_READ, OPEN_EXISTING,
                   out, err);
}

nt_status nt_file_open_plain(const char *path, bool writable,
                             struct nt_file **out, struct nt_error *err) {
  nt_wchar name[HOST_PATH_MAX];
  BY_HANDLE_FILE_INFORMATION facts = {0};
  struct nt_file *file = NULL;
  nt_status status = nt__win32_wide(path, name, HOST_PATH_MAX, err);
  if (nt_ok(status)) {
    status = open_wide(name, writable ? READ_WRITE : GENERIC_READ,
                       OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, &file, err);
  }
  if (nt_ok(status) && GetFileInformationByHandle(file->handle, &facts) &&
      facts.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) {
    nt_file_close(file);
    return nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID, "it is a link");
  }
  if (nt_ok(status)) {
    *out = file;
  }
  return status;
}

nt_status nt_path_look(const char *path, struct nt_path_facts *out,
                       struct nt_error *err) {
  const DWORD odd = FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY |
                    FILE_ATTRIBUTE_DEVICE;
  nt_wchar name[HOST_PATH_MAX];
  BY_HANDLE_FILE_INFORMATION facts;
  struct nt_file *file = NULL;
  NT_TRY(nt__win32_wide(path, name, HOST_PATH_MAX, err));
  NT_TRY(open_wide(name, 0, OPEN_EXISTING,
                   FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS,
                   &file, err));
  if (GetFileInformationByHandle(file->handle, &facts)) {
    *out = (struct nt_path_facts){
        .plain = (facts.dwFileAttributes & odd) == 0,
        .linked = facts.nNumberOfLinks > 1,
        /* NTFS counts in the number how often it was used again, so the time of
         * creation is not needed. */
        .inode = (uint64_t)facts.nFileIndexHigh << 32 | facts.nFileIndexLow,
    };
  } else {
    *out = (struct nt_path_facts){.plain = false};
  }
  nt_file_close(file);
  return NT_STATUS_SUCCESS;
}

nt_status nt_file_create(const char *path, struct nt_file **out,
                         struct nt_error *err) {
  return open_name(path, READ_WRITE, CREATE_NEW, out, err);
}

/* A new file has the rights of its folder, and nobody else may look into the
 * user's folders. */
nt_status nt_file_create_private(const char *path, struct nt_file **out,
                                 struct nt_error *err) {
  return nt_file_create(path, out, err);
}

/* Windows has no files without a name. So a temporary file is made, which the
 * system deletes when it is closed or the process ends. */
nt_status nt_file_memory(const char *name, struct nt_file **out,
                         struct nt_error *err) {
  nt_wchar folder[MAX_PATH + 1], path[MAX_PATH + 1];
  DWORD length = GetTempPathW(MAX_PATH + 1, folder);
  (void)name;
  if (length == 0 || length > MAX_PATH ||
      GetTempFileNameW(folder, L"ntv", 0, path) == 0) {
    return nt__host_failed(err);
  }
  nt_status status =
      open_wide(path, READ_WRITE, CREATE_ALWAYS,
                FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, out, err);
  if (!nt_ok(status)) {
    DeleteFileW(path);
  }
  return status;
}

void nt_file_close(struct nt_file *file) {
  if (file != NULL) {
    CloseHandle(file->handle);
    free(file);
  }
}

/* ---- bytes --------------------------------------------------------------- */

static OVERLAPPED place(uint64_t offset) {
  OVERLAPPED at = {0};
  at.Offset = (DWORD)offset;
  at.OffsetHigh = (DWORD)(offset >> 32);
  return at;
}

static DWORD piece(size_t left) {
  return left < PIECE ? (DWORD)left : PIECE;
}

nt_status nt_file_read(const struct nt_file *file, uint64_t offset, void *buf,
                       size_t length, size_t *done, struct nt_error *err) {
  size_t count = 0;
  while (count < length) {
    OVERLAPPED at = place(offset + count);
    DWORD got = 0;
    if (!ReadFile(file->handle, (char *)buf + count, piece(length - count),
                  &got, &at)) {
      DWORD error = GetLastError();
      if (error != ERROR_HANDLE_EOF) {
        return nt__host_failed_by(error, err);
      }
      got = 0;
    }
    if (got == 0) {
      break;
    }
    count += got;
  }
  *done = count;
  return NT_STATUS_SUCCESS;
}

nt_status nt_file_write(const struct nt_file *file, uint64_t offset,
                        const void *buf, size_t length, struct nt_error *err) {
  for (size_t count = 0; count < length;) {
    OVERLAPPED at = place(offset + count);
    DWORD put = 0;
    if (!WriteFile(file->handle, (const char *)buf + count,
                   piece(length - count), &put, &at)) {
      return nt__host_failed(err);
    }
    if (put == 0) {
      return nt__host_failed_by(ERROR_DISK_FULL, err);
    }
    count += put;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt_file_flush(const struct nt_file *file, struct nt_error *err) {
  return FlushFileBuffers(file->handle) ? NT_STATUS_SUCCESS
                                        : nt__host_failed(err);
}

/* FAT has no sparse files. There the new bytes take room, which is no
 * failure. */
nt_status nt_file_resize(const struct nt_file *file, uint64_t length,
                         struct nt_error *err) {
  LARGE_INTEGER end;
  DWORD ignored;
  end.QuadPart = (LONGLONG)length;
  DeviceIoControl(file->handle, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &ignored,
                  NULL);
  return SetFilePointerEx(file->handle, end, NULL, FILE_BEGIN) &&
                 SetEndOfFile(file->handle)
             ? NT_STATUS_SUCCESS
             : nt__host_failed(err);
}

/* ---- facts --------------------------------------------------------------- */

/* FILE_STANDARD_INFORMATION (wdm.h), class 5. */
struct standard_information {
  LARGE_INTEGER allocation_size, end_of_file;
  ULONG links;
  BOOLEAN delete_pending, directory;
};
#define STANDARD_INFORMATION ((FILE_INFORMATION_CLASS)5)

nt_status nt_file_look(const struct nt_file *file, struct nt_file_facts *out,
                       struct nt_error *err) {
  IO_STATUS_BLOCK io;
  struct standard_information information = {0};
  NTSTATUS status =
      NtQueryInformationFile(file->handle, &io, &information,
                             sizeof(information), STANDARD_INFORMATION);
  if (!nt_ok((nt_status)status)) {
    return nt__host_failed_by(RtlNtStatusToDosError(status), err);
  }
  out->length = (uint64_t)information.end_of_file.QuadPart;
  out->regular =
      !information.directory && GetFileType(file->handle) == FILE_TYPE_DISK;
  out->deleted = information.delete_pending || information.links == 0;
  out->linked = information.links > 1;
  return NT_STATUS_SUCCESS;
}

bool nt_file_same(const struct nt_file *a, const struct nt_file *b) {
  BY_HANDLE_FILE_INFORMATION left, right;
  return GetFileInformationByHandle(a->handle, &left) &&
         GetFileInformationByHandle(b->handle, &right) &&
         left.dwVolumeSerialNumber == right.dwVolumeSerialNumber &&
         left.nFileIndexHigh == right.nFileIndexHigh &&
         left.nFileIndexLow == right.nFileIndexLow;
}

/* ---- byte locks ---------------------------------------------------------- */

/* On Windows a locked byte cannot be read or written by others. So the locks
 * are taken at 1 TiB, far behind the end of any such file. */
#define FAR_AWAY (UINT64_C(1) << 40)

static bool lock(const struct nt_file *file, uint64_t byte) {
  uint64_t at = FAR_AWAY + byte;
  return LockFile(file->handle, (DWORD)at, (DWORD)(at >> 32), 1, 0);
}

nt_status nt_file_lock_byte(struct nt_file *file, uint64_t byte,
                            struct nt_error *err) {
  return lock(file, byte) ? NT_STATUS_SUCCESS : nt__host_failed(err);
}

void nt_file_unlock_byte(const struct nt_file *file, uint64_t byte) {
  uint64_t at = FAR_AWAY + byte;
  UnlockFile(file->handle, (DWORD)at, (DWORD)(at >> 32), 1, 0);
}

/* Windows does not tell whether a byte is locked, so the lock is tried. */
bool nt_file_byte_is_free(const struct nt_file *file, uint64_t byte) {
  if (!lock(file, byte)) {
    return false;
  }
  nt_file_unlock_byte(file, byte);
  return true;
}

/* ---- the user of a file -------------------------------------------------- */

/* Bytes of a file that is claimed. Windows knows no user of them but these, so
 * one who looks keeps all others from looking. */
#define GATE (UINT64_C(1) << 40)
#define WRITER (GATE + 1)
#define GROUPS (GATE + 2)

static bool lock_as(const struct nt_file *file, uint64_t byte, DWORD flags) {
  OVERLAPPED at = place(FAR_AWAY + byte);
  return LockFileEx(file->handle, flags, 0, 1, 0, &at);
}

/* The byte of a group: that of the one file that all of it have; 0: none. */
static uint64_t find_group(const struct nt_group *group) {
  struct nt_path_facts facts;
  struct nt_error ignored = {0};
  if (group->path == NULL) {
    return GROUPS + (group->number & (GATE - 1));
  }
  return nt_ok(nt_path_look(group->path, &facts, &ignored))
             ? GROUPS + (facts.inode & (GATE - 1))
             : 0;
}

static nt_status decide(const struct nt_file *file, const char *path,
                        uint64_t group, bool writes, struct nt_error *err) {
  bool joins = group != 0 && !nt_file_byte_is_free(file, group);
  if (!joins && !nt_file_byte_is_free(file, WRITER)) {
    return nt_refuse(err, NT_REASON_IMAGE_IN_USE,
                     "the image %s is used by another process", path);
  }
  if (writes &&
      (!lock_as(file, WRITER, 0) || (group != 0 && !lock_as(file, group, 0)))) {
    return nt__host_failed(err);
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt_file_claim(struct nt_file *file, const char *path,
                        const struct nt_group *group, bool writes,
                        struct nt_error *err) {
  if (!lock_as(file, GATE, LOCKFILE_EXCLUSIVE_LOCK)) {
    return nt__host_failed(err);
  }
  nt_status status = decide(file, path, find_group(group), writes, err);
  nt_file_unlock_byte(file, GATE);
  return status;
}
