/*
 * The part of the table of Windows about volumes and their names.
 */
#include "parts.h"

static uint32_t answer(BOOL done) {
  return done ? 0 : nt__os_error();
}

uint32_t nt__os_find_first_volume(nt_wchar *name, uint32_t capacity,
                                  nt_win32_handle *find) {
  HANDLE handle = FindFirstVolumeW(name, capacity);
  if (handle == INVALID_HANDLE_VALUE) {
    return nt__os_error();
  }
  *find = handle;
  return 0;
}

uint32_t nt__os_find_next_volume(nt_win32_handle find, nt_wchar *name,
                                 uint32_t capacity) {
  return answer(FindNextVolumeW(find, name, capacity));
}

void nt__os_find_volume_close(nt_win32_handle find) {
  FindVolumeClose(find);
}

uint32_t nt__os_volume_paths(const nt_wchar *volume, nt_wchar *names,
                             uint32_t capacity) {
  DWORD needed = 0;
  return answer(
      GetVolumePathNamesForVolumeNameW(volume, names, capacity, &needed));
}

uint32_t nt__os_volume_of_mount_point(const nt_wchar *mount_point,
                                      nt_wchar *name, uint32_t capacity) {
  DWORD mode = nt__os_quiet_begin();
  BOOL done = GetVolumeNameForVolumeMountPointW(mount_point, name, capacity);
  nt__os_quiet_end(mode);
  return answer(done);
}

uint32_t nt__os_mount_point_of_path(const nt_wchar *path, nt_wchar *mount_point,
                                    uint32_t capacity) {
  DWORD mode = nt__os_quiet_begin();
  BOOL done = GetVolumePathNameW(path, mount_point, capacity);
  nt__os_quiet_end(mode);
  return answer(done);
}

uint32_t nt__os_volume_information(const nt_wchar *root, nt_wchar *label,
                                   uint32_t label_capacity, uint32_t *serial,
                                   uint32_t *flags, nt_wchar *file_system,
                                   uint32_t file_system_capacity) {
  DWORD number = 0;
  DWORD bits = 0;
  DWORD mode = nt__os_quiet_begin();
  BOOL done = GetVolumeInformationW(root, label, label_capacity, &number, NULL,
                                    &bits, file_system, file_system_capacity);
  nt__os_quiet_end(mode);
  if (!done) {
    return nt__os_error();
  }
  *serial = number;
  *flags = bits;
  return 0;
}

uint32_t nt__os_drive_type(const nt_wchar *root) {
  return GetDriveTypeW(root);
}

/* QueryDosDeviceW may return several names; the first one is in effect. */
uint32_t nt__os_query_dos_device(const nt_wchar *name, nt_wchar *target,
                                 uint32_t capacity) {
  return answer(QueryDosDeviceW(name, target, capacity) != 0);
}
