/*
 * Shared by the files of this room.
 *
 * Functions that every supported Windows has are imported: all are in kernel32,
 * ntdll and advapi32 of version 5.1. All others are looked up when they are
 * called.
 */
#ifndef NT_WIN32_OS_PARTS_H
#define NT_WIN32_OS_PARTS_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <winternl.h>

#include "os.h"

/* ---- parts.c ------------------------------------------------------------- */

typedef void (*nt_os_function)(void);

/* Finds a function of a DLL in the system's folder. The DLL is loaded and stays
 * loaded; it is never taken from the current folder or the program's. NULL:
 * this Windows does not have the function. */
nt_os_function nt__os_function(const WCHAR *dll, const char *name);

/* Whether the system's folder has this DLL. */
bool nt__os_has_dll(const WCHAR *dll);

/* Returns GetLastError() after a failure, and never 0. It is ERROR_MORE_DATA
 * whenever a buffer was too small, whichever error the function gave. */
uint32_t nt__os_error(void);

/* Copies a text with its zero; ERROR_MORE_DATA when it does not fit. */
uint32_t nt__os_copy(WCHAR *out, uint32_t capacity, const WCHAR *text);

/* Between these two calls, a drive without a medium gives an error, and Windows
 * shows no window that asks for one. */
DWORD nt__os_quiet_begin(void);
void nt__os_quiet_end(DWORD before);

uint32_t nt__os_version(void);

/* ---- file.c ----------------------------------------------------------- */

uint32_t nt__os_create_file(const nt_wchar *name, uint32_t access,
                            uint32_t share, uint32_t disposition,
                            uint32_t flags, nt_win32_handle *out,
                            nt_status *status);
nt_status nt__os_close(nt_win32_handle handle);
uint32_t nt__os_create_event(nt_win32_handle *out);
uint32_t nt__os_wait(nt_win32_handle event, uint32_t milliseconds);
uint32_t nt__os_cancel(nt_win32_handle file, struct nt_win32_io *io);
nt_status nt__os_control(const struct nt_win32_request *request);
nt_status nt__os_read(nt_win32_handle file, nt_win32_handle event,
                      struct nt_win32_io *io, void *buf, uint32_t length,
                      uint64_t offset);
nt_status nt__os_write(nt_win32_handle file, nt_win32_handle event,
                       struct nt_win32_io *io, const void *buf, uint32_t length,
                       uint64_t offset);
nt_status nt__os_flush(nt_win32_handle file, struct nt_win32_io *io);
nt_status nt__os_query_file(nt_win32_handle file, struct nt_win32_io *io,
                            void *buf, uint32_t capacity,
                            int information_class);
nt_status nt__os_query_volume(nt_win32_handle file, struct nt_win32_io *io,
                              void *buf, uint32_t capacity,
                              int information_class);

/* ---- volumes.c -------------------------------------------------------- */

uint32_t nt__os_find_first_volume(nt_wchar *name, uint32_t capacity,
                                  nt_win32_handle *find);
uint32_t nt__os_find_next_volume(nt_win32_handle find, nt_wchar *name,
                                 uint32_t capacity);
void nt__os_find_volume_close(nt_win32_handle find);
uint32_t nt__os_volume_paths(const nt_wchar *volume, nt_wchar *names,
                             uint32_t capacity);
uint32_t nt__os_volume_of_mount_point(const nt_wchar *mount_point,
                                      nt_wchar *name, uint32_t capacity);
uint32_t nt__os_mount_point_of_path(const nt_wchar *path, nt_wchar *mount_point,
                                    uint32_t capacity);
uint32_t nt__os_volume_information(const nt_wchar *root, nt_wchar *label,
                                   uint32_t label_capacity, uint32_t *serial,
                                   uint32_t *flags, nt_wchar *file_system,
                                   uint32_t file_system_capacity);
uint32_t nt__os_drive_type(const nt_wchar *root);
uint32_t nt__os_query_dos_device(const nt_wchar *name, nt_wchar *target,
                                 uint32_t capacity);

/* ---- system.c, process.c ------------------------------------------- */

uint32_t nt__os_system_directory(nt_wchar *path, uint32_t capacity);
nt_status nt__os_system_partition(nt_wchar *device, uint32_t capacity);
nt_status nt__os_page_file(uint32_t index, nt_wchar *path, uint32_t capacity);
nt_status nt__os_processes_using(nt_win32_handle file, uint32_t *pids,
                                 uint32_t capacity, uint32_t *count);
uint32_t nt__os_process_name(uint32_t pid, nt_wchar *name, uint32_t capacity);
uint32_t nt__os_current_process(void);
uint32_t nt__os_enable_privilege(const nt_wchar *name);

/* ---- pnp.c, device.c ----------------------------------------------- */

uint32_t nt__os_interfaces(const uint8_t class_guid[16], nt_wchar *names,
                           uint32_t capacity);
uint32_t nt__os_device_of_interface(const nt_wchar *interface_name,
                                    uint32_t *device, nt_wchar *instance,
                                    uint32_t capacity);
uint32_t nt__os_parent_device(uint32_t device, uint32_t *parent);
uint32_t nt__os_query_and_remove(uint32_t device, struct nt_win32_veto *veto);
uint32_t nt__os_request_eject(uint32_t device, struct nt_win32_veto *veto);
uint32_t nt__os_remove_device(const nt_wchar *instance, bool *reboot);

/* ---- format.c --------------------------------------------------------- */

uint32_t nt__os_format(const nt_wchar *root, uint32_t media,
                       const nt_wchar *file_system, const nt_wchar *label,
                       bool quick, uint32_t cluster_size,
                       nt_win32_format_fn callback, void *ctx);

/* ---- notify.c, notify_manager.c, notify_window.c ----------------
 *
 * A listener has one lock, for its queue and its watches, and one "way": the
 * functions through which Windows reaches it. Threads of the way call the
 * nt__os_told functions; all other functions run on the thread of the user. No
 * function of the way is called while the lock is held, because it may wait for
 * a thread that wants the lock. */

struct nt__os_watch {
  struct nt__os_watch *next;
  struct nt_win32_listener *listener;
  uint32_t cookie;
  HANDLE volume;      /* INVALID_HANDLE_VALUE: it was closed */
  void *registration; /* of the way */
  bool over;          /* Windows will not tell more about it */
};

struct nt__os_way {
  bool (*available)(void);
  /* Starts to listen to device interfaces. *state belongs to the way. */
  uint32_t (*start)(struct nt_win32_listener *listener, void **state);
  uint32_t (*add)(void *state, struct nt__os_watch *watch);
  /* Once it has returned, nothing more is told about the watch. */
  void (*remove)(void *state, struct nt__os_watch *watch);
  /* Once it has returned, nothing more is told at all. All watches have been
   * removed before. */
  void (*stop)(void *state);
};

extern const struct nt__os_way nt__os_way_manager; /* Windows 8 */
extern const struct nt__os_way nt__os_way_window;

#define NT__OS_CLASSES 2
extern const GUID nt__os_classes[NT__OS_CLASSES]; /* volumes, disks */

void nt__os_told_interface(struct nt_win32_listener *listener,
                           enum nt_win32_notification_kind kind,
                           const WCHAR *name);
/* Both tell of a watched volume, and close it when it is to be removed. `guid`
 * is for NT_WIN32_CUSTOM only. The second finds the watch by its registration
 * or, while that is not known yet, by the handle. */
void nt__os_told_watch(struct nt__os_watch *watch,
                       enum nt_win32_notification_kind kind, const GUID *guid);
void nt__os_told_handle(struct nt_win32_listener *listener,
                        const void *registration, HANDLE volume,
                        enum nt_win32_notification_kind kind, const GUID *guid);

uint32_t nt__os_listen_by(const struct nt__os_way *way,
                          struct nt_win32_listener **out);
uint32_t nt__os_watch_volume(struct nt_win32_listener *listener,
                             const nt_wchar *volume, uint32_t cookie);
bool nt__os_next_notification(struct nt_win32_listener *listener,
                              struct nt_win32_notification *out);
void nt__os_stop_listening(struct nt_win32_listener *listener);

#endif
