/*
 * The connection to this Windows and an open handle, as all rooms above know
 * them.
 */
#ifndef NT_WIN32_MACHINE_H
#define NT_WIN32_MACHINE_H

#include "../../nt.h"
#include "../convert/refuse.h"
#include "../convert/utf16.h"
#include "../os/os.h"

struct win32_events; /* events/event.c */
struct win32_memory; /* request.c */

struct win32_machine {
  struct nt_machine base; /* first */
  const struct nt_win32_os *os;
  const struct nt_handle_ops *handle_ops; /* of every handle it opens */
  struct win32_events *events; /* NULL: nobody has asked for events */
};

struct win32_handle {
  struct nt_handle base; /* first */
  const struct nt_win32_os *os;
  nt_win32_handle file;  /* NT_WIN32_NO_HANDLE: given up by a format that
                            could not open it again */
  nt_win32_handle event; /* of the one request at a time */
  uint32_t timeout;      /* milliseconds, NT_WIN32_FOREVER */
  uint32_t share;        /* NT_SHARE_* as it was opened */
  nt_wchar open_name[WIN32_NAME_MAX]; /* as CreateFileW got it */
  /* "\\?\Volume{guid}\", "D:\" where Windows has no GUID for it; empty for
   * disks. What files and directories lie on. */
  nt_wchar root[WIN32_NAME_MAX];
  /* The request that never ended: nothing else is sent (request.c). */
  struct win32_memory *left;
};

static inline struct win32_machine *nt__win32_machine(struct nt_machine *m) {
  return (struct win32_machine *)m;
}

static inline struct win32_handle *nt__win32_handle(struct nt_handle *h) {
  return (struct win32_handle *)h;
}

#endif
