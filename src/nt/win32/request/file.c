/*
 * The object that gets requests: a file of Windows, with an event that is
 * signalled at the end of a request.
 */
#include <stdlib.h>

#include "request.h"

struct win32_handle nt__win32_unopened(const struct nt_win32_os *os,
                                       uint32_t timeout) {
  return (struct win32_handle){
      .os = os,
      .file = NT_WIN32_NO_HANDLE,
      .event = NT_WIN32_NO_HANDLE,
      .timeout = timeout,
  };
}

nt_status nt__win32_open_file(struct win32_handle *h, const nt_wchar *name,
                              uint32_t access, uint32_t share,
                              uint32_t disposition, uint32_t flags,
                              struct nt_error *err) {
  nt_status told = 0;
  uint32_t error =
      h->os->create_file(name, access, share, disposition,
                         flags | NT_WIN32_FLAG_OVERLAPPED, &h->file, &told);
  if (error != 0) {
    h->file = NT_WIN32_NO_HANDLE;
    return nt__win32_fail(err, error, told, "%s", "");
  }
  error = h->os->create_event(&h->event);
  if (error != 0) {
    h->event = NT_WIN32_NO_HANDLE;
    nt__win32_release(h);
    return nt__win32_fail(err, error, 0, "an event for its requests");
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__win32_release(struct win32_handle *h) {
  nt_status status = NT_STATUS_SUCCESS;
  if (h->file != NT_WIN32_NO_HANDLE) {
    status = h->os->close(h->file);
    h->file = NT_WIN32_NO_HANDLE;
  }
  if (h->left != NULL && h->os->wait(h->event, 0) == 0) {
    free(h->left);
  }
  h->left = NULL; /* if it has not ended, the memory is never freed: the system
                     may still write there */
  if (h->event != NT_WIN32_NO_HANDLE) {
    h->os->close(h->event);
    h->event = NT_WIN32_NO_HANDLE;
  }
  return status;
}
