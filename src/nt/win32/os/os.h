/*
 * What the Windows machine asks of Windows: one typed table.
 *
 * The Windows machine is plain C11 without a system header, and reaches Windows
 * only through this table. So it is compiled, and tested with a table of fakes,
 * on any system, under sanitizers.
 *
 * Rules that hold for every function
 *
 * - No GetLastError outside: a function answers an NTSTATUS where ntdll gives
 *   one, else a Win32 error number, 0 for success. Out parameters are written
 *   on success only, unless it says otherwise.
 * - Names are UTF-16, ended by a zero; capacities count 16-bit units and
 *   include it. A name that does not fit is NT_WIN32_ERROR_MORE_DATA.
 * - A pointer is NULL when this Windows does not have the function (all that
 *   is newer than 5.2, and every DLL that is not loaded at start): its user
 *   answers STATUS_NOT_SUPPORTED and says what is missing.
 */
#ifndef NT_WIN32_OS_H
#define NT_WIN32_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../status.h"

typedef uint16_t nt_wchar; /* WCHAR */
typedef void *nt_win32_handle;

/* INVALID_HANDLE_VALUE */
#define NT_WIN32_NO_HANDLE ((nt_win32_handle)(intptr_t)-1)
#define NT_WIN32_FOREVER 0xFFFFFFFFU

/* Win32 errors that the code above looks at (winerror.h). */
#define NT_WIN32_ERROR_FILE_NOT_FOUND 2U
#define NT_WIN32_ERROR_PATH_NOT_FOUND 3U
#define NT_WIN32_ERROR_ACCESS_DENIED 5U
#define NT_WIN32_ERROR_NO_MORE_FILES 18U
#define NT_WIN32_ERROR_NOT_READY 21U
#define NT_WIN32_ERROR_SHARING_VIOLATION 32U
#define NT_WIN32_ERROR_NOT_SUPPORTED 50U
#define NT_WIN32_ERROR_INVALID_PARAMETER 87U
#define NT_WIN32_ERROR_INSUFFICIENT_BUFFER 122U
#define NT_WIN32_ERROR_INVALID_NAME 123U
#define NT_WIN32_ERROR_MORE_DATA 234U
#define NT_WIN32_WAIT_TIMEOUT 258U
#define NT_WIN32_ERROR_NOT_FOUND 1168U

/* Flags and dispositions of CreateFileW (winbase.h). */
#define NT_WIN32_CREATE_NEW 1U
#define NT_WIN32_CREATE_ALWAYS 2U
#define NT_WIN32_OPEN_EXISTING 3U
#define NT_WIN32_OPEN_ALWAYS 4U
#define NT_WIN32_TRUNCATE_EXISTING 5U
#define NT_WIN32_FLAG_BACKUP_SEMANTICS 0x02000000U
#define NT_WIN32_FLAG_OVERLAPPED 0x40000000U

/* GetDriveTypeW */
#define NT_WIN32_DRIVE_REMOVABLE 2U
#define NT_WIN32_DRIVE_FIXED 3U
#define NT_WIN32_DRIVE_REMOTE 4U
#define NT_WIN32_DRIVE_CDROM 5U

/* GetVolumeInformationW */
#define NT_WIN32_FILE_READ_ONLY_VOLUME 0x00080000U

/* Classes of NtQueryVolumeInformationFile and NtQueryInformationFile. */
#define NT_WIN32_FS_VOLUME_INFORMATION 1
#define NT_WIN32_FS_ATTRIBUTE_INFORMATION 5
#define NT_WIN32_STANDARD_INFORMATION 5

/* IO_STATUS_BLOCK. Written by the system when a request ends, which may be
 * later than the call: it must live until then. */
struct nt_win32_io {
  union {
    nt_status status;
    void *pointer;
  } u;
  uintptr_t information;
};

/* One request to a driver, as NtFsControlFile takes it. */
struct nt_win32_request {
  nt_win32_handle file;
  nt_win32_handle event; /* signalled when it ended */
  struct nt_win32_io *io;
  bool file_system; /* NtFsControlFile, else NtDeviceIoControlFile */
  uint32_t code;
  const void *in;
  uint32_t in_length;
  void *out;
  uint32_t out_capacity;
};

/* Why Plug and Play refused: PNP_VETO_TYPE and the name with it. */
struct nt_win32_veto {
  uint32_t type;
  nt_wchar name[260];
};

/* What a listener was told. */
enum nt_win32_notification_kind {
  NT_WIN32_ARRIVAL,             /* of a device interface: `name` */
  NT_WIN32_REMOVAL,             /* of a device interface: `name` */
  NT_WIN32_QUERY_REMOVE,        /* of a watched volume: `cookie` */
  NT_WIN32_QUERY_REMOVE_FAILED, /* of a watched volume: `cookie` */
  NT_WIN32_REMOVE_PENDING,      /* of a watched volume: `cookie` */
  NT_WIN32_REMOVE_COMPLETE,     /* of a watched volume: `cookie` */
  NT_WIN32_CUSTOM               /* `guid` from a watched volume: `cookie` */
};

struct nt_win32_notification {
  enum nt_win32_notification_kind kind;
  uint32_t cookie;
  uint8_t guid[16]; /* as in memory: GUID_IO_VOLUME_* */
  nt_wchar name[260];
  int64_t time_us; /* microseconds since 1970, UTC */
};

struct nt_win32_listener;

/* FMIFS callback: command and data as fmifs hands them over. False asks the
 * formatter to stop. */
typedef bool (*nt_win32_format_fn)(void *ctx, uint32_t command, uint32_t action,
                                   const void *data);

struct nt_win32_os {
  /* ---- files ------------------------------------------------------------ */

  /* CreateFileW, not inheritable. *status is RtlGetLastNtStatus() after a
   * failure, 0 when it is not known. */
  uint32_t (*create_file)(const nt_wchar *name, uint32_t access, uint32_t share,
                          uint32_t disposition, uint32_t flags,
                          nt_win32_handle *out, nt_status *status);
  /* NtClose, of files and events. */
  nt_status (*close)(nt_win32_handle handle);
  /* CreateEventW: manual reset, not signalled. */
  uint32_t (*create_event)(nt_win32_handle *out);
  /* WaitForSingleObject: 0 when signalled, NT_WIN32_WAIT_TIMEOUT, or an
   * error. */
  uint32_t (*wait)(nt_win32_handle event, uint32_t milliseconds);
  /* CancelIoEx of one request, CancelIo where that is missing. The request
   * still ends by its event, with its own status. NT_WIN32_ERROR_NOT_FOUND
   * when it has ended. */
  uint32_t (*cancel)(nt_win32_handle file, struct nt_win32_io *io);

  /* These answer NT_STATUS_PENDING when the request goes on; the event is
   * signalled at its end. Resetting the event is done by the system. */
  nt_status (*control)(const struct nt_win32_request *request);
  nt_status (*read)(nt_win32_handle file, nt_win32_handle event,
                    struct nt_win32_io *io, void *buf, uint32_t length,
                    uint64_t offset);
  nt_status (*write)(nt_win32_handle file, nt_win32_handle event,
                     struct nt_win32_io *io, const void *buf, uint32_t length,
                     uint64_t offset);

  nt_status (*flush)(nt_win32_handle file, struct nt_win32_io *io);
  /* NtQueryInformationFile and NtQueryVolumeInformationFile; io->information
   * is the length of the answer. */
  nt_status (*query_file)(nt_win32_handle file, struct nt_win32_io *io,
                          void *buf, uint32_t capacity, int information_class);
  nt_status (*query_volume)(nt_win32_handle file, struct nt_win32_io *io,
                            void *buf, uint32_t capacity,
                            int information_class);

  /* ---- volumes ---------------------------------------------------------- */

  /* FindFirstVolumeW, FindNextVolumeW: "\\?\Volume{guid}\".
   * NT_WIN32_ERROR_NO_MORE_FILES at the end. */
  uint32_t (*find_first_volume)(nt_wchar *name, uint32_t capacity,
                                nt_win32_handle *find);
  uint32_t (*find_next_volume)(nt_win32_handle find, nt_wchar *name,
                               uint32_t capacity);
  void (*find_volume_close)(nt_win32_handle find);
  /* GetVolumePathNamesForVolumeNameW: names one behind the other, an empty one
   * at the end. */
  uint32_t (*volume_paths)(const nt_wchar *volume, nt_wchar *names,
                           uint32_t capacity);
  /* GetVolumeNameForVolumeMountPointW: "D:\" or "C:\mnt\data\" ->
   * "\\?\Volume{guid}\". */
  uint32_t (*volume_of_mount_point)(const nt_wchar *mount_point, nt_wchar *name,
                                    uint32_t capacity);
  /* GetVolumePathNameW: the mount point that holds a path. */
  uint32_t (*mount_point_of_path)(const nt_wchar *path, nt_wchar *mount_point,
                                  uint32_t capacity);
  /* GetVolumeInformationW. May mount the volume. */
  uint32_t (*volume_information)(const nt_wchar *root, nt_wchar *label,
                                 uint32_t label_capacity, uint32_t *serial,
                                 uint32_t *flags, nt_wchar *file_system,
                                 uint32_t file_system_capacity);
  uint32_t (*drive_type)(const nt_wchar *root); /* GetDriveTypeW */
  /* QueryDosDeviceW: "Volume{guid}" or "D:" -> "\Device\HarddiskVolume3". */
  uint32_t (*query_dos_device)(const nt_wchar *name, nt_wchar *target,
                               uint32_t capacity);

  /* ---- the system ------------------------------------------------------- */

  /* RtlGetVersion: 0x0502 for Windows Server 2003, 0x0A00 for 10 and 11. */
  uint32_t (*version)(void);
  uint32_t (*system_directory)(nt_wchar *path, uint32_t capacity);
  /* SystemSystemPartitionInformation: the device that the system was started
   * from, "\Device\HarddiskVolume1". */
  nt_status (*system_partition)(nt_wchar *device, uint32_t capacity);
  /* SystemPageFileInformation, entry `index`: "\??\C:\pagefile.sys";
   * STATUS_NO_MORE_ENTRIES at the end. */
  nt_status (*page_file)(uint32_t index, nt_wchar *path, uint32_t capacity);
  /* FileProcessIdsUsingFileInformation (Vista): *count is how many there are,
   * which may be more than `capacity`. */
  nt_status (*processes_using)(nt_win32_handle file, uint32_t *pids,
                               uint32_t capacity, uint32_t *count);
  /* The name of the program, by a snapshot of all processes. */
  uint32_t (*process_name)(uint32_t pid, nt_wchar *name, uint32_t capacity);
  uint32_t (*current_process)(void);
  /* AdjustTokenPrivileges: "SeLoadDriverPrivilege". */
  uint32_t (*enable_privilege)(const nt_wchar *name);

  /* ---- Plug and Play (cfgmgr32.dll, setupapi.dll) ------------------------ */

  /* Device interfaces of a class that are present, one behind the other, an
   * empty one at the end: CM_Get_Device_Interface_ListW. */
  uint32_t (*interfaces)(const uint8_t class_guid[16], nt_wchar *names,
                         uint32_t capacity);
  /* The device node of an interface, and its instance id. */
  uint32_t (*device_of_interface)(const nt_wchar *interface_name,
                                  uint32_t *device, nt_wchar *instance,
                                  uint32_t capacity);
  /* The three below answer a CONFIGRET: 0 success, 0x17 CR_REMOVE_VETOED. */
  uint32_t (*parent_device)(uint32_t device, uint32_t *parent);
  uint32_t (*query_and_remove)(uint32_t device, struct nt_win32_veto *veto);
  uint32_t (*request_eject)(uint32_t device, struct nt_win32_veto *veto);
  /* SetupDiCallClassInstaller(DIF_REMOVE); *reboot: the removal ends at the
   * next start. */
  uint32_t (*remove_device)(const nt_wchar *instance, bool *reboot);

  /* ---- notifications ----------------------------------------------------- */

  /* Starts to listen for volumes and disks that come and go, by
   * CM_Register_Notification or, where that is missing, by
   * RegisterDeviceNotificationW and a message window. Notifications arrive on
   * a thread of their own and wait in a queue. */
  uint32_t (*listen)(struct nt_win32_listener **out);
  /* Opens a volume without any access, and listens to it, too. When the
   * volume is to be removed, the listener lets go by itself. */
  uint32_t (*watch)(struct nt_win32_listener *listener, const nt_wchar *volume,
                    uint32_t cookie);
  /* Takes the oldest notification from the queue; false when it is empty. */
  bool (*next_notification)(struct nt_win32_listener *listener,
                            struct nt_win32_notification *out);
  void (*stop_listening)(struct nt_win32_listener *listener);

  /* ---- format (fmifs.dll) ------------------------------------------------ */

  /* FormatEx. Answers when the formatter is done; whether it succeeded only
   * the callback says. An error means that it did not run. */
  uint32_t (*format)(const nt_wchar *root, uint32_t media,
                     const nt_wchar *file_system, const nt_wchar *label,
                     bool quick, uint32_t cluster_size,
                     nt_win32_format_fn callback, void *ctx);
};

/* The table of this Windows, filled at the first call. Defined by table.c. */
const struct nt_win32_os *nt_win32_os(void);

#endif
