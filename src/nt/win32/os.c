/*
 * The table of this Windows, and what its parts share: functions that are
 * looked up, errors, texts.
 */
#include "os_parts.h"

/* ---- functions that are looked up ---------------------------------------- */

/* "C:\Windows\system32\NAME". */
static bool system_path(WCHAR path[MAX_PATH], const WCHAR *dll) {
  UINT length = GetSystemDirectoryW(path, MAX_PATH);
  if (length == 0 || length >= MAX_PATH - 1) {
    return false;
  }
  path[length] = L'\\';
  return nt__os_copy(path + length + 1, MAX_PATH - length - 1, dll) == 0;
}

nt_os_function nt__os_function(const WCHAR *dll, const char *name) {
  WCHAR path[MAX_PATH];
  if (!system_path(path, dll)) {
    return NULL;
  }
  /* What the DLL needs is looked for beside it first, too. */
  HMODULE module = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
  return module == NULL ? NULL : (nt_os_function)GetProcAddress(module, name);
}

bool nt__os_has_dll(const WCHAR *dll) {
  WCHAR path[MAX_PATH];
  return system_path(path, dll) &&
         GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* ---- errors and texts ---------------------------------------------------- */

uint32_t nt__os_error(void) {
  DWORD error = GetLastError();
  switch (error) {
    case ERROR_SUCCESS:
      return ERROR_GEN_FAILURE;
    case ERROR_INSUFFICIENT_BUFFER:
    case ERROR_FILENAME_EXCED_RANGE:
    case ERROR_BAD_LENGTH:
      return ERROR_MORE_DATA;
    default:
      return error;
  }
}

uint32_t nt__os_copy(WCHAR *out, uint32_t capacity, const WCHAR *text) {
  uint32_t length = 0;
  while (text[length] != 0) {
    length++;
  }
  if (length >= capacity) {
    return ERROR_MORE_DATA;
  }
  for (uint32_t i = 0; i <= length; i++) {
    out[i] = text[i];
  }
  return 0;
}

/* ---- no windows ---------------------------------------------------------- */

typedef BOOL(WINAPI *thread_error_mode_fn)(DWORD mode, DWORD *before);

/* Windows 7: for this thread only. Before that the mode is the process's. */
static thread_error_mode_fn thread_error_mode(void) {
  HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
  return kernel == NULL ? NULL
                        : (thread_error_mode_fn)(nt_os_function)GetProcAddress(
                              kernel, "SetThreadErrorMode");
}

DWORD nt__os_quiet_begin(void) {
  thread_error_mode_fn set = thread_error_mode();
  DWORD before = 0;
  if (set == NULL) {
    before = SetErrorMode(SEM_FAILCRITICALERRORS);
    SetErrorMode(before | SEM_FAILCRITICALERRORS);
  } else {
    set(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX, &before);
  }
  return before;
}

/* Keeps the error of what was done in between. */
void nt__os_quiet_end(DWORD before) {
  DWORD error = GetLastError();
  thread_error_mode_fn set = thread_error_mode();
  if (set == NULL) {
    SetErrorMode(before);
  } else {
    set(before, NULL);
  }
  SetLastError(error);
}

/* ---- the table ----------------------------------------------------------- */

/* What every Windows has from 5.1 on. */
static struct nt_win32_os table = {
    .create_file = nt__os_create_file,
    .close = nt__os_close,
    .create_event = nt__os_create_event,
    .wait = nt__os_wait,
    .cancel = nt__os_cancel,
    .control = nt__os_control,
    .read = nt__os_read,
    .write = nt__os_write,
    .flush = nt__os_flush,
    .query_file = nt__os_query_file,
    .query_volume = nt__os_query_volume,

    .find_first_volume = nt__os_find_first_volume,
    .find_next_volume = nt__os_find_next_volume,
    .find_volume_close = nt__os_find_volume_close,
    .volume_paths = nt__os_volume_paths,
    .volume_of_mount_point = nt__os_volume_of_mount_point,
    .mount_point_of_path = nt__os_mount_point_of_path,
    .volume_information = nt__os_volume_information,
    .drive_type = nt__os_drive_type,
    .query_dos_device = nt__os_query_dos_device,

    .version = nt__os_version,
    .system_directory = nt__os_system_directory,
    .system_partition = nt__os_system_partition,
    .page_file = nt__os_page_file,
    .process_name = nt__os_process_name,
    .current_process = nt__os_current_process,
    .enable_privilege = nt__os_enable_privilege,
};

/* Which functions there are does not change, so that two threads that come
 * here at once write the same. DLLs are asked for by name; they are loaded
 * when they are needed. */
const struct nt_win32_os *nt_win32_os(void) {
  bool vista = nt__os_version() >= 0x0600;
  bool setup = nt__os_has_dll(L"setupapi.dll");
  bool manager = nt__os_has_dll(L"cfgmgr32.dll");
  bool events = nt__os_way_manager.available() || nt__os_has_dll(L"user32.dll");
  table.processes_using = vista ? nt__os_processes_using : NULL;
  table.interfaces = setup ? nt__os_interfaces : NULL;
  table.device_of_interface = setup ? nt__os_device_of_interface : NULL;
  table.remove_device = setup ? nt__os_remove_device : NULL;
  table.parent_device = manager ? nt__os_parent_device : NULL;
  table.query_and_remove = manager ? nt__os_query_and_remove : NULL;
  table.request_eject = manager ? nt__os_request_eject : NULL;
  table.listen = events ? nt__os_listen : NULL;
  table.watch = events ? nt__os_watch_volume : NULL;
  table.next_notification = events ? nt__os_next_notification : NULL;
  table.stop_listening = events ? nt__os_stop_listening : NULL;
  table.format = nt__os_has_dll(L"fmifs.dll") ? nt__os_format : NULL;
  return &table;
}
