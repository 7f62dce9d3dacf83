/*
 * The part of the table of Windows about files: open, requests, close.
 */
#include "parts.h"

/* These are in ntdll of every Windows, but not in winternl.h. */
NTSTATUS NTAPI NtReadFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc,
                          PVOID context, PIO_STATUS_BLOCK io, PVOID buffer,
                          ULONG length, PLARGE_INTEGER offset, PULONG key);
NTSTATUS NTAPI NtWriteFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc,
                           PVOID context, PIO_STATUS_BLOCK io, PVOID buffer,
                           ULONG length, PLARGE_INTEGER offset, PULONG key);
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE file, PIO_STATUS_BLOCK io);

_Static_assert(sizeof(struct nt_win32_io) == sizeof(IO_STATUS_BLOCK),
               "struct nt_win32_io is an IO_STATUS_BLOCK");
_Static_assert(offsetof(struct nt_win32_io, information) ==
                   offsetof(IO_STATUS_BLOCK, Information),
               "struct nt_win32_io is an IO_STATUS_BLOCK");
_Static_assert(sizeof(nt_wchar) == sizeof(WCHAR), "nt_wchar is WCHAR");

static IO_STATUS_BLOCK *block_of(struct nt_win32_io *io) {
  return (IO_STATUS_BLOCK *)(void *)io;
}

/* ---- open and close ------------------------------------------------------ */

typedef NTSTATUS(NTAPI *last_status_fn)(void);

/* Returns the NTSTATUS behind the Win32 error of this thread; 0 when there is
 * none or it does not belong to this error. */
static nt_status last_status(DWORD error) {
  HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  last_status_fn ask = ntdll == NULL
                           ? NULL
                           : (last_status_fn)(nt_os_function)GetProcAddress(
                                 ntdll, "RtlGetLastNtStatus");
  NTSTATUS status = ask == NULL ? 0 : ask();
  return RtlNtStatusToDosError(status) == error ? (nt_status)status : 0;
}

uint32_t nt__os_create_file(const nt_wchar *name, uint32_t access,
                            uint32_t share, uint32_t disposition,
                            uint32_t flags, nt_win32_handle *out,
                            nt_status *status) {
  DWORD mode = nt__os_quiet_begin();
  RtlNtStatusToDosError(0); /* the thread forgets its last status */
  /* No security attributes: the handle is not inheritable. */
  HANDLE file =
      CreateFileW(name, access, share, NULL, disposition, flags, NULL);
  DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
  *status = error == 0 ? 0 : last_status(error);
  nt__os_quiet_end(mode);
  if (file == INVALID_HANDLE_VALUE) {
    return error == 0 ? ERROR_GEN_FAILURE : error;
  }
  *out = file;
  return 0;
}

nt_status nt__os_close(nt_win32_handle handle) {
  return (nt_status)NtClose(handle);
}

/* ---- waiting ------------------------------------------------------------- */

uint32_t nt__os_create_event(nt_win32_handle *out) {
  HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (event == NULL) {
    return nt__os_error();
  }
  *out = event;
  return 0;
}

uint32_t nt__os_wait(nt_win32_handle event, uint32_t milliseconds) {
  switch (WaitForSingleObject(event, milliseconds)) {
    case WAIT_OBJECT_0:
      return 0;
    case WAIT_TIMEOUT:
      return NT_WIN32_WAIT_TIMEOUT;
    default:
      return nt__os_error();
  }
}

typedef BOOL(WINAPI *cancel_io_ex_fn)(HANDLE file, LPOVERLAPPED overlapped);

/* CancelIoEx finds a request by the address of its status block, which is the
 * first member of an OVERLAPPED. CancelIo ends all requests of this thread on
 * the file, which is the same: a handle has one request at a time. */
uint32_t nt__os_cancel(nt_win32_handle file, struct nt_win32_io *io) {
  HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
  cancel_io_ex_fn cancel =
      kernel == NULL ? NULL
                     : (cancel_io_ex_fn)(nt_os_function)GetProcAddress(
                           kernel, "CancelIoEx");
  BOOL done =
      cancel == NULL ? CancelIo(file) : cancel(file, (LPOVERLAPPED)(void *)io);
  return done ? 0 : nt__os_error();
}

/* ---- requests ------------------------------------------------------------ */

nt_status nt__os_control(const struct nt_win32_request *request) {
  IO_STATUS_BLOCK *io = block_of(request->io);
  /* The system only reads it, but its type is not const. */
  void *in = (void *)(uintptr_t)request->in;
  NTSTATUS status;
  if (request->file_system) {
    status = NtFsControlFile(request->file, request->event, NULL, NULL, io,
                             request->code, in, request->in_length,
                             request->out, request->out_capacity);
  } else {
    status = NtDeviceIoControlFile(request->file, request->event, NULL, NULL,
                                   io, request->code, in, request->in_length,
                                   request->out, request->out_capacity);
  }
  return (nt_status)status;
}

nt_status nt__os_read(nt_win32_handle file, nt_win32_handle event,
                      struct nt_win32_io *io, void *buf, uint32_t length,
                      uint64_t offset) {
  LARGE_INTEGER at = {.QuadPart = (LONGLONG)offset};
  return (nt_status)NtReadFile(file, event, NULL, NULL, block_of(io), buf,
                               length, &at, NULL);
}

nt_status nt__os_write(nt_win32_handle file, nt_win32_handle event,
                       struct nt_win32_io *io, const void *buf, uint32_t length,
                       uint64_t offset) {
  LARGE_INTEGER at = {.QuadPart = (LONGLONG)offset};
  return (nt_status)NtWriteFile(file, event, NULL, NULL, block_of(io),
                                (void *)(uintptr_t)buf, length, &at, NULL);
}

/* These three return when the request has ended. */
nt_status nt__os_flush(nt_win32_handle file, struct nt_win32_io *io) {
  return (nt_status)NtFlushBuffersFile(file, block_of(io));
}

nt_status nt__os_query_file(nt_win32_handle file, struct nt_win32_io *io,
                            void *buf, uint32_t capacity,
                            int information_class) {
  return (nt_status)NtQueryInformationFile(
      file, block_of(io), buf, capacity,
      (FILE_INFORMATION_CLASS)information_class);
}

nt_status nt__os_query_volume(nt_win32_handle file, struct nt_win32_io *io,
                              void *buf, uint32_t capacity,
                              int information_class) {
  return (nt_status)NtQueryVolumeInformationFile(
      file, block_of(io), buf, capacity,
      (FS_INFORMATION_CLASS)information_class);
}
