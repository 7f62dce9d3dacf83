/*
 * The connection to this Windows, and an open handle: the structs that all
 * rooms above share.
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
  const struct nt_handle_ops *handle_ops; /* of all handles that it opens */
  struct win32_events *events; /* NULL: nobody has asked for events */
};

struct win32_handle {
  struct nt_handle base; /* first */
  const struct nt_win32_os *os;
  nt_win32_handle file; /* NT_WIN32_NO_HANDLE: a format gave it up and could not
                           open it again */
  nt_win32_handle event; /* signalled when a request ends; a handle has one
                            request at a time */
  uint32_t timeout;      /* milliseconds, NT_WIN32_FOREVER */
  uint32_t share;        /* NT_SHARE_* as it was opened */
  nt_wchar open_name[WIN32_NAME_MAX]; /* the name that CreateFileW got */
  /* The root of the volume that the object lies on: "\\?\Volume{guid}\", or
   * "D:\" where Windows has no GUID for it. Empty for disks. */
  nt_wchar root[WIN32_NAME_MAX];
  /* The memory of a request that never ended; while it is set, nothing else is
   * sent (request.c). */
  struct win32_memory *left;
};

static inline struct win32_machine *nt__win32_machine(struct nt_machine *m) {
  return (struct win32_machine *)m;
}

static inline struct win32_handle *nt__win32_handle(struct nt_handle *h) {
  return (struct win32_handle *)h;
}

#endif
