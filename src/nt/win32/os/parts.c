/*
 * What the parts of the table of Windows share: functions that are looked up,
 * errors, texts.
 */
#include "parts.h"

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
  /* DLLs that this one needs are looked for in its folder first, too. */
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

/* Windows 7 and newer have a mode for each thread. Before, the mode is that of
 * the process. */
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

/* Leaves GetLastError() as it was before the call. */
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
