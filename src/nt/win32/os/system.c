/*
 * The part of the table of Windows about the system: its version, and the
 * volumes that it needs itself.
 */
#include "parts.h"

/* It is in ntdll of every Windows since 5.1. */
NTSTATUS NTAPI RtlGetVersion(RTL_OSVERSIONINFOW *info);

/* Classes of NtQuerySystemInformation, from public headers; winternl.h names
 * only some. */
#define PAGE_FILE_INFORMATION 18
#define SYSTEM_PARTITION_INFORMATION 98

#define UNKNOWN_CLASS 0xC0000003U     /* STATUS_INVALID_INFO_CLASS */
#define LENGTH_MISMATCH 0xC0000004U   /* STATUS_INFO_LENGTH_MISMATCH */
#define BUFFER_TOO_SMALL 0xC0000023U  /* STATUS_BUFFER_TOO_SMALL */
#define QUERY_LIMIT (1024UL * 1024UL) /* no answer is larger */

struct page_file {
  ULONG next; /* bytes to the next entry, 0: the last */
  ULONG total, in_use, peak;
  UNICODE_STRING name;
};

uint32_t nt__os_version(void) {
  RTL_OSVERSIONINFOW info = {.dwOSVersionInfoSize = sizeof info};
  RtlGetVersion(&info);
  return (uint32_t)(info.dwMajorVersion << 8 | (info.dwMinorVersion & 0xFF));
}

uint32_t nt__os_system_directory(nt_wchar *path, uint32_t capacity) {
  UINT length = GetSystemDirectoryW(path, capacity);
  if (length == 0) {
    return nt__os_error();
  }
  return length < capacity ? 0 : NT_WIN32_ERROR_MORE_DATA;
}

/* ---- questions to the kernel --------------------------------------------- */

/* Asks with a buffer that grows until the answer fits. The caller frees
 * *buf. */
static nt_status query_system(int class, void **buf, ULONG *length) {
  nt_status status = LENGTH_MISMATCH;
  for (ULONG size = 4096; size <= QUERY_LIMIT; size *= 4) {
    void *room = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);
    if (room == NULL) {
      return NT_STATUS_NO_MEMORY;
    }
    *length = 0;
    status = (nt_status)NtQuerySystemInformation(
        (SYSTEM_INFORMATION_CLASS) class, room, size, length);
    if (nt_ok(status)) {
      *buf = room;
      return status;
    }
    HeapFree(GetProcessHeap(), 0, room);
    if (status != LENGTH_MISMATCH && status != BUFFER_TOO_SMALL) {
      return status;
    }
  }
  return status;
}

/* Copies the text of a UNICODE_STRING, which may have no zero at its end. */
static nt_status copy_string(const UNICODE_STRING *text, nt_wchar *out,
                             uint32_t capacity) {
  uint32_t length = text->Length / sizeof(WCHAR);
  if (length >= capacity) {
    return NT_STATUS_BUFFER_OVERFLOW;
  }
  for (uint32_t i = 0; i < length; i++) {
    out[i] = text->Buffer[i];
  }
  out[length] = 0;
  return NT_STATUS_SUCCESS;
}

/* ---- where the system was started from ----------------------------------- */

/* Before Vista the kernel does not tell it, but Windows Setup noted it in the
 * registry. */
static nt_status system_partition_of_setup(nt_wchar *device,
                                           uint32_t capacity) {
  HKEY key;
  WCHAR text[MAX_PATH] = {0};
  DWORD size = sizeof text - sizeof text[0];
  DWORD type = REG_NONE;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SYSTEM\\Setup", 0, KEY_QUERY_VALUE,
                    &key) != ERROR_SUCCESS) {
    return UNKNOWN_CLASS;
  }
  LONG error = RegQueryValueExW(key, L"SystemPartition", NULL, &type,
                                (BYTE *)text, &size);
  RegCloseKey(key);
  if (error != ERROR_SUCCESS || type != REG_SZ || text[0] == 0) {
    return UNKNOWN_CLASS;
  }
  return nt__os_copy(device, capacity, text) == 0 ? NT_STATUS_SUCCESS
                                                  : NT_STATUS_BUFFER_OVERFLOW;
}

nt_status nt__os_system_partition(nt_wchar *device, uint32_t capacity) {
  void *buf = NULL;
  ULONG length = 0;
  nt_status status = query_system(SYSTEM_PARTITION_INFORMATION, &buf, &length);
  if (status == UNKNOWN_CLASS) {
    return system_partition_of_setup(device, capacity);
  }
  if (!nt_ok(status)) {
    return status;
  }
  status = length < sizeof(UNICODE_STRING) ? NT_STATUS_INFO_LENGTH_MISMATCH
                                           : copy_string(buf, device, capacity);
  HeapFree(GetProcessHeap(), 0, buf);
  return status;
}

/* ---- page files ---------------------------------------------------------- */

/* Returns entry `index` of the answer; NULL when there are fewer. */
static const struct page_file *page_file_at(const void *buf, ULONG length,
                                            uint32_t index) {
  ULONG offset = 0;
  for (;;) {
    if (length < sizeof(struct page_file) ||
        offset > length - sizeof(struct page_file)) {
      return NULL;
    }
    const struct page_file *file = (const void *)((const char *)buf + offset);
    if (index == 0) {
      return file;
    }
    if (file->next == 0 || file->next > length - offset) {
      return NULL;
    }
    offset += file->next;
    index--;
  }
}

nt_status nt__os_page_file(uint32_t index, nt_wchar *path, uint32_t capacity) {
  void *buf = NULL;
  ULONG length = 0;
  NT_TRY(query_system(PAGE_FILE_INFORMATION, &buf, &length));
  const struct page_file *file = page_file_at(buf, length, index);
  nt_status status = file == NULL ? NT_STATUS_NO_MORE_ENTRIES
                                  : copy_string(&file->name, path, capacity);
  HeapFree(GetProcessHeap(), 0, buf);
  return status;
}
