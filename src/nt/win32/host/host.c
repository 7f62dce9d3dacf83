/*
 * Folders, paths, the process and the clock on Windows.
 */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

/* In advapi32 of 5.1 and later under this name; the headers call it
 * RtlGenRandom. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

/* ---- failures ------------------------------------------------------------ */

/* Gets the system's text for an error, without the period and the line end. */
static void system_words(DWORD error, char *buf, size_t cap) {
  nt_wchar text[256];
  DWORD length = FormatMessageW(
      FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
          FORMAT_MESSAGE_MAX_WIDTH_MASK,
      NULL, error, 0, text, sizeof(text) / sizeof(text[0]), NULL);
  while (length > 0 && (text[length - 1] <= L' ' || text[length - 1] == L'.')) {
    length--;
  }
  if (length == 0) {
    nt_format_text(buf, cap, "Windows error %u", (unsigned)error);
    return;
  }
  text[length] = 0;
  nt__win32_show(text, buf, cap);
}

/* Makes two numbers mean what they mean on other systems: a missing folder in a
 * path is a missing name, and both numbers for a full disk are one status. */
nt_status nt__host_failed_by(DWORD error, struct nt_error *err) {
  char words[256];
  system_words(error, words, sizeof(words));
  nt_status status = nt__win32_fail(err, error, 0, "%s", words);
  if (error == ERROR_PATH_NOT_FOUND) {
    status = NT_STATUS_OBJECT_NAME_NOT_FOUND;
  } else if (error == ERROR_HANDLE_DISK_FULL) {
    status = NT_STATUS_DISK_FULL;
  }
  if (err != NULL) {
    err->status = status;
  }
  return status;
}

nt_status nt__host_failed(struct nt_error *err) {
  DWORD error = GetLastError();
  return nt__host_failed_by(error != 0 ? error : ERROR_GEN_FAILURE, err);
}

/* ---- folders ------------------------------------------------------------- */

nt_status nt_folder_make(const char *path, struct nt_error *err) {
  nt_wchar name[HOST_PATH_MAX];
  NT_TRY(nt__win32_wide(path, name, HOST_PATH_MAX, err));
  if (!CreateDirectoryW(name, NULL)) {
    NT_TRY(nt__host_failed(err));
  }
  return NT_STATUS_SUCCESS;
}

static bool is_folder(const nt_wchar *name) {
  DWORD attributes = GetFileAttributesW(name);
  return attributes != INVALID_FILE_ATTRIBUTES &&
         (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

/* A folder of the path that cannot be made may be there already, and so may a
 * drive. */
nt_status nt_folder_make_private(const char *path, struct nt_error *err) {
  nt_wchar name[HOST_PATH_MAX];
  NT_TRY(nt__win32_wide(path, name, HOST_PATH_MAX, err));
  for (size_t i = 1, length = nt__win32_length(name); i < length; i++) {
    if (name[i] == L'\\' || name[i] == L'/') {
      nt_wchar separator = name[i];
      name[i] = 0;
      CreateDirectoryW(name, NULL);
      name[i] = separator;
    }
  }
  return CreateDirectoryW(name, NULL) || is_folder(name) ? NT_STATUS_SUCCESS
                                                         : nt__host_failed(err);
}

static bool is_dots(const nt_wchar *name) {
  return name[0] == L'.' && (name[1] == 0 || (name[1] == L'.' && name[2] == 0));
}

nt_status nt_folder_is_empty(const char *path, bool *out,
                             struct nt_error *err) {
  nt_wchar name[HOST_PATH_MAX];
  WIN32_FIND_DATAW entry;
  char pattern[HOST_PATH_MAX];
  nt_path_join(pattern, sizeof(pattern), path, "*");
  NT_TRY(nt__win32_wide(pattern, name, HOST_PATH_MAX, err));
  HANDLE find = FindFirstFileW(name, &entry);
  if (find == INVALID_HANDLE_VALUE) {
    return nt__host_failed(err);
  }
  bool empty = is_dots(entry.cFileName);
  while (empty && FindNextFileW(find, &entry)) {
    empty = is_dots(entry.cFileName);
  }
  FindClose(find);
  *out = empty;
  return NT_STATUS_SUCCESS;
}

void nt_folder_remove(const char *path) {
  nt_wchar name[HOST_PATH_MAX];
  if (nt_ok(nt__win32_wide(path, name, HOST_PATH_MAX, NULL))) {
    RemoveDirectoryW(name);
  }
}

void nt_file_remove(const char *path) {
  nt_wchar name[HOST_PATH_MAX];
  if (nt_ok(nt__win32_wide(path, name, HOST_PATH_MAX, NULL))) {
    DeleteFileW(name);
  }
}

/* ---- paths --------------------------------------------------------------- */

static nt_status check_wide(const nt_wchar *name, struct nt_error *err) {
  return GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES
             ? NT_STATUS_SUCCESS
             : nt__host_failed(err);
}

nt_status nt_path_check(const char *path, struct nt_error *err) {
  nt_wchar name[HOST_PATH_MAX];
  NT_TRY(nt__win32_wide(path, name, HOST_PATH_MAX, err));
  return check_wide(name, err);
}

/* Drops the last backslash: "C:\lab\" and "C:\lab" are one folder. But "C:\" is
 * another folder than "C:". */
static void drop_last_separator(nt_wchar *name) {
  size_t length = nt__win32_length(name);
  if (length > 3 && name[length - 1] == L'\\') {
    name[length - 1] = 0;
  }
}

static nt_status narrow(const nt_wchar *name, char **out,
                        struct nt_error *err) {
  size_t cap = nt__win32_length(name) * 3 + 1;
  char *text = malloc(cap);
  if (text == NULL) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_status status = nt__win32_narrow(name, text, cap, err);
  if (nt_ok(status)) {
    *out = text;
  } else {
    free(text);
  }
  return status;
}

nt_status nt_path_full(const char *path, char **out, struct nt_error *err) {
  nt_wchar name[HOST_PATH_MAX], full[HOST_PATH_MAX];
  NT_TRY(nt__win32_wide(path, name, HOST_PATH_MAX, err));
  DWORD length = GetFullPathNameW(name, HOST_PATH_MAX, full, NULL);
  if (length == 0 || length >= HOST_PATH_MAX) {
    return length == 0 ? nt__host_failed(err)
                       : nt__host_failed_by(ERROR_FILENAME_EXCED_RANGE, err);
  }
  drop_last_separator(full);
  NT_TRY(check_wide(full, err));
  return narrow(full, out, err);
}

static bool is_separator(char c) {
  return c == '\\' || c == '/';
}

bool nt_path_is_absolute(const char *path) {
  return (is_separator(path[0]) && is_separator(path[1])) ||
         (path[0] != '\0' && path[1] == ':' && is_separator(path[2]));
}

void nt_path_join(char *buf, size_t cap, const char *folder, const char *name) {
  size_t length = strlen(folder);
  bool ends = length > 0 && is_separator(folder[length - 1]);
  nt_format_text(buf, cap, "%s%s%s", folder, ends ? "" : "\\", name);
}

static bool variable(const nt_wchar *name, char *buf, size_t cap) {
  nt_wchar value[HOST_PATH_MAX];
  DWORD length = GetEnvironmentVariableW(name, value, HOST_PATH_MAX);
  return length > 0 && length < HOST_PATH_MAX &&
         nt_ok(nt__win32_narrow(value, buf, cap, NULL));
}

nt_status nt_state_folder(char *buf, size_t cap, struct nt_error *err) {
  char local[HOST_PATH_MAX * 3];
  if (variable(L"NTVOL_STATE", buf, cap)) {
    return NT_STATUS_SUCCESS;
  }
  if (variable(L"LOCALAPPDATA", local, sizeof(local))) {
    nt_path_join(buf, cap, local, "ntvol");
    return NT_STATUS_SUCCESS;
  }
  nt_fail(err, NT_STATUS_OBJECT_PATH_NOT_FOUND,
          "neither NTVOL_STATE nor LOCALAPPDATA is set");
  nt_hint(err, "name a folder in NTVOL_STATE");
  return NT_STATUS_OBJECT_PATH_NOT_FOUND;
}

/* ---- process, clock, chance ---------------------------------------------- */

int64_t nt_process_id(void) {
  return GetCurrentProcessId();
}

void nt_process_name(char *buf, size_t cap) {
  nt_wchar path[HOST_PATH_MAX];
  DWORD length = GetModuleFileNameW(NULL, path, HOST_PATH_MAX);
  if (length == 0 || length >= HOST_PATH_MAX) {
    nt_copy(buf, cap, "process");
    return;
  }
  const nt_wchar *name = path;
  for (const nt_wchar *at = path; *at != 0; at++) {
    name = *at == L'\\' ? at + 1 : name;
  }
  nt__win32_show(name, buf, cap);
}

/* Nothing to do: Windows ends a process without asking it, and the interpreter
 * handles Ctrl-C. */
void nt_on_termination(void (*handler)(int number)) {
  (void)handler;
}

/* Ctrl-C ends a read of the console, so nobody has to wait before it. */
bool nt_await_input(void) {
  return true;
}

/* Nothing to do: such a write fails on Windows and does not end the process. */
void nt_outlive_writes(void) {
}

void nt_outlive_limits(void) {
}

static HANDLE standard(int channel) {
  static const DWORD channels[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
                                   STD_ERROR_HANDLE};
  return GetStdHandle(channels[channel]);
}

bool nt_is_terminal(int channel) {
  DWORD mode;
  return GetConsoleMode(standard(channel), &mode) != 0;
}

uint32_t nt_terminal_width(int channel) {
  CONSOLE_SCREEN_BUFFER_INFO info;
  return GetConsoleScreenBufferInfo(standard(channel), &info)
             ? (uint32_t)(info.srWindow.Right - info.srWindow.Left + 1)
             : 0;
}

typedef void(WINAPI *system_time_fn)(FILETIME *);

/* Windows 8 and newer have a finer clock. */
static void system_time(FILETIME *now) {
  HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
  FARPROC fine = kernel == NULL
                     ? NULL
                     : GetProcAddress(kernel, "GetSystemTimePreciseAsFileTime");
  if (fine != NULL) {
    ((system_time_fn)(void (*)(void))fine)(now);
  } else {
    GetSystemTimeAsFileTime(now);
  }
}

int64_t nt_time_us(void) {
  FILETIME now;
  system_time(&now);
  uint64_t units = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
  return ((int64_t)units - UNITS_TO_1970) / 10;
}

int64_t nt__host_start_us(HANDLE process) {
  FILETIME start, unused;
  if (!GetProcessTimes(process, &start, &unused, &unused, &unused)) {
    return 0;
  }
  uint64_t units = (uint64_t)start.dwHighDateTime << 32 | start.dwLowDateTime;
  return ((int64_t)units - UNITS_TO_1970) / 10;
}

int64_t nt_process_start_us(void) {
  return nt__host_start_us(GetCurrentProcess());
}

int64_t nt_steady_us(void) {
  LARGE_INTEGER frequency, now;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&now);
  return now.QuadPart / frequency.QuadPart * 1000000 +
         now.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart;
}

void nt_sleep_ms(uint32_t ms) {
  Sleep(ms);
}

nt_status nt_random(void *buf, size_t length, struct nt_error *err) {
  return SystemFunction036(buf, (ULONG)length)
             ? NT_STATUS_SUCCESS
             : nt_fail(err, NT_STATUS_UNSUCCESSFUL,
                       "Windows gave no random numbers");
}

bool nt_says_full(int number) {
  return number == ERROR_DISK_FULL || number == ERROR_HANDLE_DISK_FULL;
}

bool nt_says_too_large(int number) {
  return number == ERROR_FILE_TOO_LARGE;
}

bool nt_says_too_many(int number) {
  return number == ERROR_TOO_MANY_OPEN_FILES;
}

bool nt_says_no_memory(int number) {
  return number == ERROR_NOT_ENOUGH_MEMORY || number == ERROR_OUTOFMEMORY;
}
