/*
 * The part of the table of Windows about processes and privileges.
 */
#include "parts.h"
/* Needs windows.h first. */
#include <tlhelp32.h>

/* ---- who uses a file ----------------------------------------------------- */

#define PROCESS_IDS_USING_FILE 47 /* FileProcessIdsUsingFileInformation */
#define MOST_PROCESSES 65536U

struct process_ids {
  ULONG count;
  ULONG_PTR ids[1];
};

/* Asks, with a buffer that has room for `room` processes. */
static nt_status ask_users(HANDLE file, struct process_ids *list, ULONG room) {
  IO_STATUS_BLOCK io;
  ULONG size =
      (ULONG)(offsetof(struct process_ids, ids) + room * sizeof list->ids[0]);
  nt_status status = (nt_status)NtQueryInformationFile(
      file, &io, list, size, (FILE_INFORMATION_CLASS)PROCESS_IDS_USING_FILE);
  if (nt_ok(status) && list->count > room) {
    return NT_STATUS_BUFFER_OVERFLOW;
  }
  return status;
}

static bool has_no_room(nt_status status) {
  return status == NT_STATUS_BUFFER_OVERFLOW ||
         status == NT_STATUS_BUFFER_TOO_SMALL ||
         status == NT_STATUS_INFO_LENGTH_MISMATCH;
}

nt_status nt__os_processes_using(nt_win32_handle file, uint32_t *pids,
                                 uint32_t capacity, uint32_t *count) {
  nt_status status = NT_STATUS_INFO_LENGTH_MISMATCH;
  for (ULONG room = 64; has_no_room(status) && room <= MOST_PROCESSES;
       room *= 4) {
    struct process_ids *list =
        HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY,
                  sizeof *list + room * sizeof list->ids[0]);
    if (list == NULL) {
      return NT_STATUS_NO_MEMORY;
    }
    status = ask_users(file, list, room);
    if (nt_ok(status)) {
      *count = list->count;
      for (ULONG i = 0; i < list->count && i < capacity; i++) {
        pids[i] = (uint32_t)list->ids[i];
      }
    }
    HeapFree(GetProcessHeap(), 0, list);
  }
  return status;
}

/* ---- names --------------------------------------------------------------- */

uint32_t nt__os_process_name(uint32_t pid, nt_wchar *name, uint32_t capacity) {
  PROCESSENTRY32W entry = {.dwSize = sizeof entry};
  HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  if (all == INVALID_HANDLE_VALUE) {
    return nt__os_error();
  }
  uint32_t error = NT_WIN32_ERROR_NOT_FOUND;
  for (BOOL more = Process32FirstW(all, &entry); more;
       more = Process32NextW(all, &entry)) {
    if (entry.th32ProcessID == pid) {
      error = nt__os_copy(name, capacity, entry.szExeFile);
      break;
    }
  }
  CloseHandle(all);
  return error;
}

uint32_t nt__os_current_process(void) {
  return GetCurrentProcessId();
}

/* ---- privileges ---------------------------------------------------------- */

uint32_t nt__os_enable_privilege(const nt_wchar *name) {
  TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
  HANDLE token;
  wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
  if (!LookupPrivilegeValueW(NULL, name, &wanted.Privileges[0].Luid) ||
      !OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token)) {
    return nt__os_error();
  }
  /* This succeeds also when the token does not have the privilege; then the
   * error is ERROR_NOT_ALL_ASSIGNED. */
  SetLastError(ERROR_SUCCESS);
  BOOL done = AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
  DWORD error = GetLastError();
  CloseHandle(token);
  return done || error != ERROR_SUCCESS ? error : ERROR_GEN_FAILURE;
}
