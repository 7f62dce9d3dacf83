/*
 * The contract: the NT surface as two tables of functions.
 *
 * A machine is a place that has volumes and disks (a simulated machine, this
 * Linux, this Windows). A handle is one open object on it. Nothing here knows
 * Lua, and nothing here knows an operating system. Back ends include this
 * header and fill the tables; everybody else calls the thin functions at the
 * end, never the pointers. What only an administrator does, to the storage or
 * to a cluster, is a table of its own in admin.h, which a real machine has not.
 *
 * Rules that hold for every slot
 *
 * - The result is an NTSTATUS. On failure the slot fills `err` by nt_fail();
 *   `err` is never NULL in a slot. On success the slot does not touch it.
 * - A slot never raises, never jumps and never calls back into its caller
 *   except through a function it was handed.
 * - A machine can what it has a slot for: a slot that is NULL means "this
 *   machine does not have that". Callers ask by nt_machine_can() and
 *   nt_handle_can(), and there is no other way to ask. Without the slot the
 * thin caller returns STATUS_NOT_SUPPORTED with operation and machine. Back
 * ends have no stubs.
 * - Strings are UTF-8. Offsets and sizes are bytes unless the name says
 *   sectors. A slot writes its out parameters on success only.
 * - Nothing is thread-safe: one machine and its handles belong to one thread.
 */
#ifndef NT_NT_H
#define NT_NT_H

#include "codes.h"
#include "error.h"

#define NT_OPS_VERSION 3U

#define NT_NAME_MAX 280
#define NT_LABEL_MAX 256
#define NT_MAX_MOUNT_POINTS 8
#define NT_MAX_EXTENTS 32

/* Access rights, the bits of ACCESS_MASK (winnt.h). */
#define NT_FILE_READ_DATA 0x00000001U
#define NT_FILE_WRITE_DATA 0x00000002U
#define NT_FILE_APPEND_DATA 0x00000004U
#define NT_FILE_READ_EA 0x00000008U
#define NT_FILE_WRITE_EA 0x00000010U
#define NT_FILE_TRAVERSE 0x00000020U
#define NT_FILE_READ_ATTRIBUTES 0x00000080U
#define NT_FILE_WRITE_ATTRIBUTES 0x00000100U
#define NT_DELETE 0x00010000U
#define NT_READ_CONTROL 0x00020000U
#define NT_WRITE_DAC 0x00040000U
#define NT_WRITE_OWNER 0x00080000U
#define NT_SYNCHRONIZE 0x00100000U
#define NT_ACCESS_SYSTEM_SECURITY 0x01000000U
#define NT_GENERIC_READ_MAPPED 0x00120089U  /* FILE_GENERIC_READ */
#define NT_GENERIC_WRITE_MAPPED 0x00120116U /* FILE_GENERIC_WRITE */

/* Share modes (winnt.h). */
#define NT_SHARE_READ 1U
#define NT_SHARE_WRITE 2U
#define NT_SHARE_DELETE 4U

/* Create dispositions, NtCreateFile's numbers. */
enum nt_disposition {
  NT_SUPERSEDE = 0,
  NT_OPEN = 1,
  NT_CREATE = 2,
  NT_OPEN_IF = 3,
  NT_OVERWRITE = 4,
  NT_OVERWRITE_IF = 5
};

enum nt_handle_kind {
  NT_KIND_VOLUME,    /* \\.\D: with data access: the file system serves it */
  NT_KIND_DISK,      /* \\.\PhysicalDriveN */
  NT_KIND_FILE,      /* D:\path */
  NT_KIND_DIRECTORY, /* D:\ or D:\path */
  NT_KIND_DEVICE,    /* a volume or disk opened without data access: no
                        mount, no file system, only device queries */
  NT_KIND_SECTION    /* a mapped file: keeps its file in use */
};

struct nt_open_options {
  const char *name;
  uint32_t access; /* access bits, 0 allowed */
  uint32_t share;  /* NT_SHARE_* */
  enum nt_disposition disposition;
  bool directory; /* FILE_DIRECTORY_FILE: must be a directory */
  /* Milliseconds that one request on this handle may take; then it is
   * cancelled and returns STATUS_IO_TIMEOUT. 0: as long as it takes. A machine
   * whose requests never wait has no use for it. */
  uint32_t timeout;
};

#define NT_VOLUME_MOUNTED 0x0001U    /* a file system is mounted */
#define NT_VOLUME_LOCKED 0x0002U     /* FSCTL_LOCK_VOLUME holds */
#define NT_VOLUME_DISMOUNTED 0x0004U /* dismounted, dismounting handle open */
#define NT_VOLUME_OFFLINE 0x0008U
#define NT_VOLUME_READONLY 0x0010U
#define NT_VOLUME_REMOVABLE 0x0020U
#define NT_VOLUME_SYSTEM 0x0040U     /* the system boots from it */
#define NT_VOLUME_BOOT 0x0080U       /* the running system is on it */
#define NT_VOLUME_UNREADABLE 0x0200U /* its bytes cannot be read now */
#define NT_VOLUME_PAGEFILE 0x0100U   /* memory is paged to it */
#define NT_VOLUME_CSV 0x0400U        /* a cluster shared volume */
#define NT_VOLUME_DIRTY 0x0800U      /* its file system wants to be checked */
#define NT_VOLUME_BUSY 0x1000U       /* its file system is being maintained */
#define NT_VOLUME_NO_MEDIUM 0x4000U  /* its drive is empty */
#define NT_VOLUME_CUT 0x8000U        /* it reaches past the end of its disk */
/* cluster shared, but taken out of the name space of the cluster for now */
#define NT_VOLUME_MAINTENANCE 0x2000U

#define NT_NODE_MAX 16 /* the name of a node of a cluster: 15 bytes */

struct nt_extent {
  uint32_t disk;   /* PhysicalDrive number */
  uint64_t offset; /* bytes from the start of the disk */
  uint64_t length; /* bytes */
};

struct nt_volume_info {
  char name[NT_NAME_MAX]; /* how to call it: "D:", else its first mount
                             folder, else its GUID path */
  char guid_path[64];     /* \\?\Volume{...} without trailing backslash */
  char device[64];        /* \Device\HarddiskVolume3 */
  char mount_points[NT_MAX_MOUNT_POINTS][NT_NAME_MAX];
  uint32_t mount_point_count;
  char file_system[32]; /* "FAT16", "NTFS", "RAW", "ext4", ... */
  char label[NT_LABEL_MAX];
  char serial[64];      /* volume serial or UUID as the file system writes it */
  uint64_t length;      /* bytes */
  uint32_t sector_size; /* bytes */
  uint32_t partition_number; /* 1.., 0: the volume is the whole disk, or lies
                                in several pieces */
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t extent_count;
  char content[32];        /* what a RAW volume holds: "ext4", "BitLocker"; "":
                              nothing that is known */
  uint32_t flags;          /* NT_VOLUME_* */
  char owner[NT_NODE_MAX]; /* the node that owns it; "": there is no cluster */
};

#define NT_DISK_READONLY 0x01U
#define NT_DISK_REMOVABLE 0x02U
#define NT_DISK_MASKED 0x04U        /* the storage does not present the LUN */
#define NT_DISK_UNREADABLE 0x10U    /* what backs it is missing or damaged */
#define NT_DISK_UNINSTALLED 0x08U   /* the device node was removed */
#define NT_DISK_OFFLINE 0x20U       /* by its attribute: it shows no volumes */
#define NT_DISK_NO_MEDIUM 0x40U     /* a drive without a medium */
#define NT_DISK_MEDIUM_LOCKED 0x80U /* the drive does not eject it */
#define NT_DISK_CDROM 0x100U        /* a CD drive, one volume, no partitions */
#define NT_DISK_COLLISION 0x400U    /* offline: another one has its signature */
#define NT_DISK_TABLE_DAMAGED 0x200U /* its partitions cannot be known */

struct nt_disk_info {
  uint32_t number;
  char name[32];       /* "PhysicalDrive1" */
  char location[1024]; /* what backs it: an image file, a device node */
  char serial[64];
  char model[64];
  char style[8]; /* "none", "mbr", "gpt" */
  uint64_t length;
  uint32_t sector_size;
  uint32_t volume_count;
  uint32_t flags; /* NT_DISK_* */
};

/* Where an event comes from. "volume" events are the GUID_IO_VOLUME_* of the
 * file systems; "device" is Plug and Play; "state" is what the volume driver
 * did (OFFLINE, ONLINE), which has no notification on Windows. */
enum nt_event_kind { NT_EVENT_VOLUME, NT_EVENT_DEVICE, NT_EVENT_STATE };

struct nt_event {
  uint64_t id; /* rises, never used twice */
  enum nt_event_kind kind;
  char name[40]; /* "LOCK", "LOCK_FAILED", "SURPRISE_REMOVAL", ... */
  char guid[40]; /* GUID_IO_VOLUME_*, empty when it has none */
  char target[NT_NAME_MAX];
  int64_t pid;            /* of the process that caused it */
  int64_t time_us;        /* microseconds since 1970, UTC */
  char node[NT_NODE_MAX]; /* the one that it is told on; "": all of them */
};

/* Called in the process that subscribed, while the request of the event waits.
 * It may use the machine, unsubscribe, and close handles, that of the waiting
 * request too: its memory stays until the request has returned. */
typedef void (*nt_event_fn)(void *ctx, const struct nt_event *event);

struct nt_directory_entry {
  char name[NT_NAME_MAX];
  uint64_t size; /* bytes; 0 for a directory */
  bool directory;
};

struct nt_machine;
struct nt_admin_ops; /* admin.h */
struct nt_program;   /* host.h */
struct nt_handle;
struct nt_subscription;
struct nt_format_options; /* format.h */
struct nt_format_result;

struct nt_machine_ops {
  /* NT_OPS_VERSION. Within a version new slots go to the end, and `size` says
   * where the table of a back end ends that was built with an older header:
   * sizeof(struct nt_machine_ops) when it was built. */
  uint32_t version, size;
  const char *kind; /* "sim", "linux", "win32": the word before the colon */

  /* Connects to the machine at `location` (what stands after the colon of
   * "sim:lab"; the native machine ignores it). On success *out has `ops` and
   * `name` set. Never creates a machine. A process may connect to several,
   * and to one machine several times: each connection has its own handles. */
  nt_status (*connect)(const char *location, struct nt_machine **out,
                       struct nt_error *err);

  /* Ends a connection. Called exactly once after a successful connect, when
   * every handle of this connection is closed. Cannot fail. */
  void (*disconnect)(struct nt_machine *machine);

  /* NtCreateFile. `options->name` may be D:, \\.\D:, \\?\D:, a volume GUID
   * path, \\.\PhysicalDriveN, D:\path, or whatever else the machine knows;
   * letters are case-insensitive. Data access to a volume mounts it. On
   * success *out has every field of struct nt_handle set. */
  nt_status (*open)(struct nt_machine *machine,
                    const struct nt_open_options *options,
                    struct nt_handle **out, struct nt_error *err);

  /* Enumeration without a resource that could leak: *cursor is 0 at first and
   * belongs to the back end afterwards; STATUS_NO_MORE_ENTRIES (err untouched)
   * ends it. Objects that come or go between two calls may be seen or not;
   * nothing is seen twice. Enumerating never mounts, locks or changes
   * anything. Volumes of uninstalled or masked disks are not there; disks are,
   * with their flag. Events come in order of id: the cursor is the last id
   * seen, so a caller can go on where it stopped. */
  nt_status (*next_volume)(struct nt_machine *machine, uint64_t *cursor,
                           struct nt_volume_info *out, struct nt_error *err);
  nt_status (*next_disk)(struct nt_machine *machine, uint64_t *cursor,
                         struct nt_disk_info *out, struct nt_error *err);
  nt_status (*next_event)(struct nt_machine *machine, uint64_t *cursor,
                          struct nt_event *out, struct nt_error *err);

  /* Plug and Play removal of one volume or disk by name (query-remove, then
   * remove). Vetoed with STATUS_DEVICE_BUSY and the holders while anybody has
   * it open; a disk also while one of its volumes is still installed. */
  nt_status (*uninstall)(struct nt_machine *machine, const char *name,
                         struct nt_error *err);

  /* Plug and Play ejection of the device that holds a volume or disk:
   * everything on it is removed, and it is safe to take it away; of a drive,
   * its medium. Vetoed with STATUS_DEVICE_BUSY, err->veto or the holders say by
   * whom. */
  nt_status (*eject)(struct nt_machine *machine, const char *name,
                     struct nt_error *err);

  /* Delivers events to a function of this process, as they happen. LOCK and
   * DISMOUNT, which announce an attempt, are delivered before it: a function
   * that then closes what it has open lets the attempt succeed. All others come
   * after the fact. On success *out has `machine` set. */
  nt_status (*subscribe)(struct nt_machine *machine, nt_event_fn callback,
                         void *ctx, struct nt_subscription **out,
                         struct nt_error *err);

  /* Called exactly once after a successful subscribe, before disconnect. The
   * callback is not called any more. */
  void (*unsubscribe)(struct nt_subscription *subscription);

  /* Waits, without asking again and again, until there is an event with an id
   * above `after`, of whatever process. STATUS_NO_MORE_ENTRIES (err untouched)
   * when `timeout` milliseconds passed without one (UINT32_MAX: waits for
   * ever), and earlier when a signal came. Refused where nobody else can cause
   * one. */
  nt_status (*wait_event)(struct nt_machine *machine, uint64_t after,
                          uint32_t timeout, struct nt_error *err);

  /* The clock by which this machine waits: microseconds, never set back, for
   * differences. NULL: the host's steady clock. */
  int64_t (*clock)(struct nt_machine *machine);

  /* Waits for up to `timeout` milliseconds of that clock, without asking again
   * and again where that is possible, until something was opened, closed,
   * locked or unlocked, by whatever process, since the call that set *seen (a
   * first call with 0 milliseconds does). Success when that has happened; the
   * machine may say so without need. STATUS_NO_MORE_ENTRIES (err untouched)
   * when the time passed, and earlier when a signal came; an end of a process
   * may be seen late. NULL: the time just passes. */
  nt_status (*wait_change)(struct nt_machine *machine, uint64_t *seen,
                           uint32_t timeout, struct nt_error *err);

  /* Runs a program and waits for it, as nt_program_run() does. Where that is
   * possible, what this process has open and locked stays so until the program
   * has ended, even when this process is killed. `keep` and `started` are the
   * machine's. NULL: the program is run, and nothing outlives this process. */
  nt_status (*run)(struct nt_machine *machine, const struct nt_program *program,
                   int *exit_status, struct nt_error *err);

  /* Formats the volume of a handle with the machine's own formatter: nothing is
   * known about its result beforehand, and nothing can be undone. nt_format()
   * has checked handle, lock, erase token and the volume's flags. The handle
   * must hold the lock again when the slot returns; where the formatter wants
   * the volume for itself, the slot gives the lock up for that time. NULL:
   * nt_format() makes the file system itself (see transplant.h). The slot fills
   * err->outcome on failure. */
  nt_status (*format)(struct nt_handle *handle,
                      const struct nt_format_options *options,
                      struct nt_format_result *result, struct nt_error *err);

  /* What an administrator does to the storage and the cluster. NULL: here its
   * own tools do that. */
  const struct nt_admin_ops *admin;
};

struct nt_handle_ops {
  uint32_t version;
  uint32_t size;

  /* NtFsControlFile for codes of device FILE_SYSTEM, NtDeviceIoControlFile
   * for all others. `in` may be NULL when in_len is 0, `out` when out_cap is
   * 0. *out_len is set on success and on STATUS_BUFFER_OVERFLOW, and is never
   * more than out_cap. An unknown code returns STATUS_INVALID_DEVICE_REQUEST.
   * A code that needs access bits which the handle lacks returns
   * STATUS_ACCESS_DENIED before anything else is looked at. */
  nt_status (*control)(struct nt_handle *handle, uint32_t code, const void *in,
                       size_t in_len, void *out, size_t out_cap,
                       size_t *out_len, struct nt_error *err);

  /* NtReadFile at `offset`. *done is what was read: less than `len` only at
   * the end of the object. Starting at or past the end is
   * STATUS_END_OF_FILE. Volumes and disks demand whole sectors
   * (STATUS_INVALID_PARAMETER otherwise). */
  nt_status (*read)(struct nt_handle *handle, uint64_t offset, void *buf,
                    size_t len, size_t *done, struct nt_error *err);

  /* NtWriteFile at `offset`. *done may be less than `len`, even 0, with a
   * success status: a FAT volume clips writes at the end of its file system
   * without saying so. On failure nothing is promised about the range. */
  nt_status (*write)(struct nt_handle *handle, uint64_t offset, const void *buf,
                     size_t len, size_t *done, struct nt_error *err);

  /* NtFlushBuffersFile: when it returns, what was written is durable. */
  nt_status (*flush)(struct nt_handle *handle, struct nt_error *err);

  /* NtClose. Called exactly once after a successful open and never after a
   * failed one; the handle is gone whatever it returns. Releases the lock this
   * handle owns and finishes its dismount. Does not flush and does not wait. */
  nt_status (*close)(struct nt_handle *handle, struct nt_error *err);

  /* NtQueryVolumeInformationFile and friends: what next_volume would return
   * for the volume of this handle, now. Volumes, files, directories and
   * devices of volumes; a disk returns STATUS_INVALID_DEVICE_REQUEST. */
  nt_status (*info)(struct nt_handle *handle, struct nt_volume_info *out,
                    struct nt_error *err);

  /* NtQueryInformationFile, the end of a file: bytes of a file, 0 for a
   * directory. The size of volumes, disks and devices is asked
   * for by control codes, not here. */
  nt_status (*file_size)(struct nt_handle *handle, uint64_t *out,
                         struct nt_error *err);

  /* DuplicateHandle: another handle on the same file object. What the file
   * object owns, a lock too, ends when the last of its handles is closed. */
  nt_status (*duplicate)(struct nt_handle *handle, struct nt_handle **out,
                         struct nt_error *err);

  /* A section of an open file: it keeps the file in use after its handle was
   * closed. `image`: the file is run as a program. *out is of the kind
   * NT_KIND_SECTION and can be read and closed. */
  nt_status (*map)(struct nt_handle *handle, bool image, struct nt_handle **out,
                   struct nt_error *err);

  /* The entries of a directory, without "." and ".."; the cursor is as that of
   * the machine's enumerations. */
  nt_status (*next_entry)(struct nt_handle *handle, uint64_t *cursor,
                          struct nt_directory_entry *out, struct nt_error *err);

  /* `control` through the system call that is named, whatever the code's own
   * is: NtFsControlFile for `file_system`, else NtDeviceIoControlFile. */
  nt_status (*control_by)(struct nt_handle *handle, bool file_system,
                          uint32_t code, const void *in, size_t in_len,
                          void *out, size_t out_cap, size_t *out_len,
                          struct nt_error *err);

  /* Lists the others that have the object of this handle open: a volume with
   * all that is open on it, a disk with its volumes too, a file or directory by
   * itself. One row for what each of them has open; this handle is left out.
   * The cursor is as that of the machine's enumerations. With
   * STATUS_NO_MORE_ENTRIES *missing is set: a static string that says why some
   * may be missing, NULL when the list is complete. */
  nt_status (*next_holder)(struct nt_handle *handle, uint64_t *cursor,
                           struct nt_holder *out, const char **missing,
                           struct nt_error *err);
};

/* First member of every back end's subscription. */
struct nt_subscription {
  struct nt_machine *machine;
};

/* First member of every back end's machine. */
struct nt_machine {
  const struct nt_machine_ops *ops;
  char name[NT_NAME_MAX]; /* "sim:lab" */
};

/* First member of every back end's handle. */
struct nt_handle {
  const struct nt_handle_ops *ops;
  struct nt_machine *machine;
  enum nt_handle_kind kind;
  uint32_t access;        /* granted bits */
  uint32_t sector_size;   /* alignment of read and write, bytes; 1: none */
  char name[NT_NAME_MAX]; /* as the user called it */
  /* Kept by nt_control(), so that they mean the same on every machine: this
   * handle locked its volume and did not unlock it; it dismounted it. */
  bool locked;
  bool dismounted;
  struct nt_handle *peer; /* the handles on one file object are a ring; NULL:
                             this is the only one. Kept by nt_duplicate() */
};

/* ---- thin checked callers ------------------------------------------------
 *
 * They check the version, refuse where a slot is NULL, and put operation and
 * target into the error. `err` must not be NULL and must be zeroed. */

nt_status nt_connect(const struct nt_machine_ops *ops, const char *location,
                     struct nt_machine **out, struct nt_error *err);
void nt_disconnect(struct nt_machine *machine);

nt_status nt_open(struct nt_machine *machine,
                  const struct nt_open_options *options, struct nt_handle **out,
                  struct nt_error *err);
nt_status nt_next_volume(struct nt_machine *machine, uint64_t *cursor,
                         struct nt_volume_info *out, struct nt_error *err);
nt_status nt_next_disk(struct nt_machine *machine, uint64_t *cursor,
                       struct nt_disk_info *out, struct nt_error *err);
nt_status nt_next_event(struct nt_machine *machine, uint64_t *cursor,
                        struct nt_event *out, struct nt_error *err);
nt_status nt_uninstall(struct nt_machine *machine, const char *name,
                       struct nt_error *err);
/* `words` are a program and its arguments; NULL ends them. */
nt_status nt_run(struct nt_machine *machine, const char *const *words,
                 bool to_stderr, int *exit_status, struct nt_error *err);
nt_status nt_eject(struct nt_machine *machine, const char *name,
                   struct nt_error *err);

nt_status nt_subscribe(struct nt_machine *machine, nt_event_fn callback,
                       void *ctx, struct nt_subscription **out,
                       struct nt_error *err);
void nt_unsubscribe(struct nt_subscription *subscription);
nt_status nt_wait_event(struct nt_machine *machine, uint64_t after,
                        uint32_t timeout, struct nt_error *err);

int64_t nt_clock(struct nt_machine *machine);
nt_status nt_wait_change(struct nt_machine *machine, uint64_t *seen,
                         uint32_t timeout, struct nt_error *err);

/* ---- what can be done -----------------------------------------------------
 *
 * Whether a machine or a handle has the slot for something. It may refuse it
 * all the same, for reasons of its own. */

enum nt_machine_ability {
  NT_CAN_OPEN,
  NT_CAN_LIST_VOLUMES,
  NT_CAN_LIST_DISKS,
  NT_CAN_LIST_EVENTS,
  NT_CAN_UNINSTALL,
  NT_CAN_EJECT,
  NT_CAN_SUBSCRIBE,
  NT_CAN_WATCH,
  NT_CAN_FORMAT, /* by a formatter of its own */
  /* the administrator's, admin.h */
  NT_CAN_MASK,
  NT_CAN_UNMASK,
  NT_CAN_CLUSTER,
  NT_CAN_MOUNT_POINTS
};
bool nt_machine_can(const struct nt_machine *machine,
                    enum nt_machine_ability ability);

enum nt_handle_ability {
  NT_CAN_CONTROL,
  NT_CAN_READ,
  NT_CAN_WRITE,
  NT_CAN_FLUSH,
  NT_CAN_TELL_INFO,
  NT_CAN_DUPLICATE,
  NT_CAN_MAP,
  NT_CAN_LIST,
  NT_CAN_NAME_HOLDERS
};
bool nt_handle_can(const struct nt_handle *handle,
                   enum nt_handle_ability ability);

/* ---- requests to a handle -------------------------------------------------
 */

nt_status nt_control(struct nt_handle *handle, uint32_t code, const void *in,
                     size_t in_len, void *out, size_t out_cap, size_t *out_len,
                     struct nt_error *err);
nt_status nt_read(struct nt_handle *handle, uint64_t offset, void *buf,
                  size_t len, size_t *done, struct nt_error *err);
nt_status nt_write(struct nt_handle *handle, uint64_t offset, const void *buf,
                   size_t len, size_t *done, struct nt_error *err);
nt_status nt_flush(struct nt_handle *handle, struct nt_error *err);
nt_status nt_close(struct nt_handle *handle, struct nt_error *err);
nt_status nt_info(struct nt_handle *handle, struct nt_volume_info *out,
                  struct nt_error *err);

nt_status nt_duplicate(struct nt_handle *handle, struct nt_handle **out,
                       struct nt_error *err);
nt_status nt_map(struct nt_handle *handle, bool image, struct nt_handle **out,
                 struct nt_error *err);
nt_status nt_next_entry(struct nt_handle *handle, uint64_t *cursor,
                        struct nt_directory_entry *out, struct nt_error *err);
nt_status nt_control_by(struct nt_handle *handle, bool file_system,
                        uint32_t code, const void *in, size_t in_len, void *out,
                        size_t out_cap, size_t *out_len, struct nt_error *err);
nt_status nt_next_holder(struct nt_handle *handle, uint64_t *cursor,
                         struct nt_holder *out, const char **missing,
                         struct nt_error *err);

/* A control code without buffers: lock, unlock, dismount, offline, online. */
nt_status nt_verb(struct nt_handle *handle, uint32_t code,
                  struct nt_error *err);

/* A boolean by status: *answer is true on success, false when the status is
 * the code's documented "no" (STATUS_UNSUCCESSFUL; for
 * FSCTL_IS_VOLUME_MOUNTED also STATUS_VOLUME_DISMOUNTED, STATUS_WRONG_VOLUME
 * and STATUS_VERIFY_REQUIRED). Any other failure is returned. */
nt_status nt_ask(struct nt_handle *handle, uint32_t code, bool *answer,
                 struct nt_error *err);

/* Typed queries, decoded from the buffers of the control codes. */

/* Bytes of whatever the handle is: of a volume or disk nt_length(), of a file,
 * directory or section the slot file_size. */
nt_status nt_size(struct nt_handle *handle, uint64_t *out,
                  struct nt_error *err);

/* Bytes of a volume or disk; IOCTL_DISK_GET_LENGTH_INFO. */
nt_status nt_length(struct nt_handle *handle, uint64_t *out,
                    struct nt_error *err);

struct nt_geometry {
  uint64_t cylinders;
  uint32_t heads, sectors_per_track, sector_size; /* sector_size in bytes */
  uint64_t length;                                /* bytes of the whole disk */
};
/* IOCTL_DISK_GET_DRIVE_GEOMETRY_EX. */
nt_status nt_geometry(struct nt_handle *handle, struct nt_geometry *out,
                      struct nt_error *err);

/* IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS. */
nt_status nt_extents(struct nt_handle *handle,
                     struct nt_extent out[NT_MAX_EXTENTS], uint32_t *count,
                     struct nt_error *err);

struct nt_device_number {
  uint32_t type, number, partition; /* partition 0: the whole disk */
};
/* IOCTL_STORAGE_GET_DEVICE_NUMBER. */
nt_status nt_device_number(struct nt_handle *handle,
                           struct nt_device_number *out, struct nt_error *err);

/* Where the volume lies on its disk, bytes from the disk's start: the start
 * of IOCTL_DISK_GET_PARTITION_INFO_EX; 0 for a whole-disk volume. */
nt_status nt_partition_start(struct nt_handle *handle, uint64_t *out,
                             struct nt_error *err);

#endif
