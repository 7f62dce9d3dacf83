/*
 * Control codes: every code of the contract, one row each.
 *
 *   code = device << 16 | access << 14 | function << 2 | method
 *
 * access says which rights the handle must hold (0 any, 1 read data, 2 write
 * data, 3 both); the system checks it before any driver sees the request.
 * method says how buffers travel (0 buffered, 1 in-direct, 2 out-direct,
 * 3 neither). Values: winioctl.h, ntddvol.h, ntddstor.h, mountmgr.h of the
 * public Windows SDK and WDK. The verb is what error messages call it.
 */
#ifndef NT_CODES_H
#define NT_CODES_H

#include <stddef.h>
#include <stdint.h>

#define NT_DEVICE_DISK 0x07U
#define NT_DEVICE_FILE_SYSTEM 0x09U
#define NT_DEVICE_MASS_STORAGE 0x2DU
#define NT_DEVICE_MOUNTDEV 0x4DU
#define NT_DEVICE_VOLSNAP 0x53U
#define NT_DEVICE_VOLUME 0x56U
#define NT_DEVICE_MOUNTMGR 0x6DU

#define NT_CTL_CODE(device, function, method, access)               \
  ((uint32_t)((uint32_t)(device) << 16 | (uint32_t)(access) << 14 | \
              (uint32_t)(function) << 2 | (uint32_t)(method)))

/* X(name, device, function, method, access, verb) */
#define NT_CODE_LIST(X)                                                        \
  X(FSCTL_LOCK_VOLUME, NT_DEVICE_FILE_SYSTEM, 6, 0, 0, "lock")                 \
  X(FSCTL_UNLOCK_VOLUME, NT_DEVICE_FILE_SYSTEM, 7, 0, 0, "unlock")             \
  X(FSCTL_DISMOUNT_VOLUME, NT_DEVICE_FILE_SYSTEM, 8, 0, 0, "dismount")         \
  X(IOCTL_VOLUME_ONLINE, NT_DEVICE_VOLUME, 2, 0, 3, "online")                  \
  X(IOCTL_VOLUME_OFFLINE, NT_DEVICE_VOLUME, 3, 0, 3, "offline")                \
  X(FSCTL_IS_VOLUME_MOUNTED, NT_DEVICE_FILE_SYSTEM, 10, 0, 0, "is mounted")    \
  X(FSCTL_IS_PATHNAME_VALID, NT_DEVICE_FILE_SYSTEM, 11, 0, 0, NULL)            \
  X(FSCTL_MARK_VOLUME_DIRTY, NT_DEVICE_FILE_SYSTEM, 12, 0, 0, "mark dirty")    \
  X(FSCTL_INVALIDATE_VOLUMES, NT_DEVICE_FILE_SYSTEM, 21, 0, 0, NULL)           \
  X(FSCTL_QUERY_FAT_BPB, NT_DEVICE_FILE_SYSTEM, 22, 0, 0,                      \
    "query FAT boot sector")                                                   \
  X(FSCTL_FILESYSTEM_GET_STATISTICS, NT_DEVICE_FILE_SYSTEM, 24, 0, 0,          \
    "query statistics")                                                        \
  X(FSCTL_GET_NTFS_VOLUME_DATA, NT_DEVICE_FILE_SYSTEM, 25, 0, 0,               \
    "query NTFS data")                                                         \
  X(FSCTL_GET_VOLUME_BITMAP, NT_DEVICE_FILE_SYSTEM, 27, 3, 0, "query bitmap")  \
  X(FSCTL_GET_RETRIEVAL_POINTERS, NT_DEVICE_FILE_SYSTEM, 28, 3, 0,             \
    "query clusters")                                                          \
  X(FSCTL_MOVE_FILE, NT_DEVICE_FILE_SYSTEM, 29, 0, 0, "move clusters")         \
  X(FSCTL_IS_VOLUME_DIRTY, NT_DEVICE_FILE_SYSTEM, 30, 0, 0, "is dirty")        \
  X(FSCTL_ALLOW_EXTENDED_DASD_IO, NT_DEVICE_FILE_SYSTEM, 32, 3, 0,             \
    "allow extended I/O")                                                      \
  X(FSCTL_EXTEND_VOLUME, NT_DEVICE_FILE_SYSTEM, 60, 0, 0, "extend")            \
  X(FSCTL_QUERY_USN_JOURNAL, NT_DEVICE_FILE_SYSTEM, 61, 0, 0,                  \
    "query change journal")                                                    \
  X(FSCTL_MARK_HANDLE, NT_DEVICE_FILE_SYSTEM, 63, 0, 0, NULL)                  \
  X(FSCTL_QUERY_ON_DISK_VOLUME_INFO, NT_DEVICE_FILE_SYSTEM, 79, 0, 0,          \
    "query on-disk information")                                               \
  X(FSCTL_SHRINK_VOLUME, NT_DEVICE_FILE_SYSTEM, 108, 0, 0, "shrink")           \
  X(FSCTL_LOOKUP_STREAM_FROM_CLUSTER, NT_DEVICE_FILE_SYSTEM, 127, 0, 0,        \
    "look up clusters")                                                        \
  X(FSCTL_GET_BOOT_AREA_INFO, NT_DEVICE_FILE_SYSTEM, 140, 0, 0,                \
    "query boot area")                                                         \
  X(FSCTL_GET_RETRIEVAL_POINTER_BASE, NT_DEVICE_FILE_SYSTEM, 141, 0, 0,        \
    "query first cluster")                                                     \
  X(FSCTL_SET_PERSISTENT_VOLUME_STATE, NT_DEVICE_FILE_SYSTEM, 142, 0, 0,       \
    "set persistent state")                                                    \
  X(FSCTL_QUERY_PERSISTENT_VOLUME_STATE, NT_DEVICE_FILE_SYSTEM, 143, 0, 0,     \
    "query persistent state")                                                  \
  X(FSCTL_IS_CSV_FILE, NT_DEVICE_FILE_SYSTEM, 146, 0, 0,                       \
    "is cluster shared file")                                                  \
  X(FSCTL_QUERY_FILE_SYSTEM_RECOGNITION, NT_DEVICE_FILE_SYSTEM, 147, 0, 0,     \
    "recognise file system")                                                   \
  X(FSCTL_CSV_GET_VOLUME_PATH_NAME, NT_DEVICE_FILE_SYSTEM, 148, 0, 0,          \
    "query cluster path")                                                      \
  X(FSCTL_CSV_GET_VOLUME_NAME_FOR_VOLUME_MOUNT_POINT, NT_DEVICE_FILE_SYSTEM,   \
    149, 0, 0, "query cluster volume name")                                    \
  X(FSCTL_IS_FILE_ON_CSV_VOLUME, NT_DEVICE_FILE_SYSTEM, 151, 0, 0,             \
    "is on cluster shared volume")                                             \
  X(FSCTL_IS_VOLUME_OWNED_BYCSVFS, NT_DEVICE_FILE_SYSTEM, 158, 0, 0,           \
    "is owned by CSVFS")                                                       \
  X(IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, NT_DEVICE_VOLUME, 0, 0, 0,           \
    "query extents")                                                           \
  X(IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE, NT_DEVICE_VOLUME, 1, 0, 0,           \
    "supports offline")                                                        \
  X(IOCTL_VOLUME_IS_OFFLINE, NT_DEVICE_VOLUME, 4, 0, 0, "is offline")          \
  X(IOCTL_VOLUME_IS_IO_CAPABLE, NT_DEVICE_VOLUME, 5, 0, 0, "is I/O capable")   \
  X(IOCTL_VOLUME_QUERY_FAILOVER_SET, NT_DEVICE_VOLUME, 6, 0, 0,                \
    "query failover set")                                                      \
  X(IOCTL_VOLUME_QUERY_VOLUME_NUMBER, NT_DEVICE_VOLUME, 7, 0, 0,               \
    "query volume number")                                                     \
  X(IOCTL_VOLUME_LOGICAL_TO_PHYSICAL, NT_DEVICE_VOLUME, 8, 0, 0,               \
    "map to disk offset")                                                      \
  X(IOCTL_VOLUME_PHYSICAL_TO_LOGICAL, NT_DEVICE_VOLUME, 9, 0, 0,               \
    "map to volume offset")                                                    \
  X(IOCTL_VOLUME_IS_PARTITION, NT_DEVICE_VOLUME, 10, 0, 0, "is a partition")   \
  X(IOCTL_VOLUME_READ_PLEX, NT_DEVICE_VOLUME, 11, 2, 1, "read mirror")         \
  X(IOCTL_VOLUME_IS_CLUSTERED, NT_DEVICE_VOLUME, 12, 0, 0, "is clustered")     \
  X(IOCTL_VOLUME_SET_GPT_ATTRIBUTES, NT_DEVICE_VOLUME, 13, 0, 0,               \
    "set GPT attributes")                                                      \
  X(IOCTL_VOLUME_GET_GPT_ATTRIBUTES, NT_DEVICE_VOLUME, 14, 0, 0,               \
    "query GPT attributes")                                                    \
  X(IOCTL_VOLUME_IS_DYNAMIC, NT_DEVICE_VOLUME, 18, 0, 0, "is dynamic")         \
  X(IOCTL_VOLUME_PREPARE_FOR_CRITICAL_IO, NT_DEVICE_VOLUME, 19, 0, 3,          \
    "prepare for critical I/O")                                                \
  X(IOCTL_VOLUME_QUERY_ALLOCATION_HINT, NT_DEVICE_VOLUME, 20, 2, 1,            \
    "query allocation hint")                                                   \
  X(IOCTL_VOLUME_UPDATE_PROPERTIES, NT_DEVICE_VOLUME, 21, 0, 0,                \
    "update properties")                                                       \
  X(IOCTL_VOLUME_QUERY_MINIMUM_SHRINK_SIZE, NT_DEVICE_VOLUME, 22, 0, 1,        \
    "query minimum size")                                                      \
  X(IOCTL_VOLUME_PREPARE_FOR_SHRINK, NT_DEVICE_VOLUME, 23, 0, 3,               \
    "prepare for shrink")                                                      \
  X(IOCTL_VOLUME_IS_CSV, NT_DEVICE_VOLUME, 24, 0, 0, "is cluster shared")      \
  X(IOCTL_VOLUME_POST_ONLINE, NT_DEVICE_VOLUME, 25, 0, 3, "finish online")     \
  X(IOCTL_DISK_GET_DRIVE_GEOMETRY, NT_DEVICE_DISK, 0, 0, 0, "query geometry")  \
  X(IOCTL_DISK_SET_PARTITION_INFO, NT_DEVICE_DISK, 2, 0, 3,                    \
    "set the type of the partition")                                           \
  X(IOCTL_DISK_VERIFY, NT_DEVICE_DISK, 5, 0, 0, "verify surface")              \
  X(IOCTL_DISK_IS_WRITABLE, NT_DEVICE_DISK, 9, 0, 0, "is writable")            \
  X(IOCTL_DISK_GET_PARTITION_INFO_EX, NT_DEVICE_DISK, 18, 0, 0,                \
    "query partition")                                                         \
  X(IOCTL_DISK_GET_DRIVE_LAYOUT_EX, NT_DEVICE_DISK, 20, 0, 0, "query layout")  \
  X(IOCTL_DISK_SET_DRIVE_LAYOUT_EX, NT_DEVICE_DISK, 21, 0, 3, "set layout")    \
  X(IOCTL_DISK_CREATE_DISK, NT_DEVICE_DISK, 22, 0, 3, "initialise")            \
  X(IOCTL_DISK_GET_LENGTH_INFO, NT_DEVICE_DISK, 23, 0, 1, "query length")      \
  X(IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, NT_DEVICE_DISK, 40, 0, 0,                \
    "query geometry")                                                          \
  X(IOCTL_DISK_GROW_PARTITION, NT_DEVICE_DISK, 52, 0, 3, "grow partition")     \
  X(IOCTL_DISK_GET_DISK_ATTRIBUTES, NT_DEVICE_DISK, 60, 0, 0,                  \
    "query disk attributes")                                                   \
  X(IOCTL_DISK_SET_DISK_ATTRIBUTES, NT_DEVICE_DISK, 61, 0, 3,                  \
    "set disk attributes")                                                     \
  X(IOCTL_DISK_DELETE_DRIVE_LAYOUT, NT_DEVICE_DISK, 64, 0, 3, "delete layout") \
  X(IOCTL_DISK_UPDATE_PROPERTIES, NT_DEVICE_DISK, 80, 0, 0,                    \
    "update properties")                                                       \
  X(IOCTL_STORAGE_CHECK_VERIFY2, NT_DEVICE_MASS_STORAGE, 0x200, 0, 0,          \
    "check medium")                                                            \
  X(IOCTL_STORAGE_CHECK_VERIFY, NT_DEVICE_MASS_STORAGE, 0x200, 0, 1,           \
    "check medium")                                                            \
  X(IOCTL_STORAGE_MEDIA_REMOVAL, NT_DEVICE_MASS_STORAGE, 0x201, 0, 1,          \
    "allow or prevent removal")                                                \
  X(IOCTL_STORAGE_EJECT_MEDIA, NT_DEVICE_MASS_STORAGE, 0x202, 0, 1, "eject")   \
  X(IOCTL_STORAGE_LOAD_MEDIA, NT_DEVICE_MASS_STORAGE, 0x203, 0, 1, "load")     \
  X(IOCTL_STORAGE_GET_HOTPLUG_INFO, NT_DEVICE_MASS_STORAGE, 0x305, 0, 0,       \
    "query hotplug information")                                               \
  X(IOCTL_STORAGE_GET_DEVICE_NUMBER, NT_DEVICE_MASS_STORAGE, 0x420, 0, 0,      \
    "query device number")                                                     \
  X(IOCTL_STORAGE_READ_CAPACITY, NT_DEVICE_MASS_STORAGE, 0x450, 0, 1,          \
    "query capacity")                                                          \
  X(IOCTL_STORAGE_QUERY_PROPERTY, NT_DEVICE_MASS_STORAGE, 0x500, 0, 0,         \
    "query property")                                                          \
  X(IOCTL_MOUNTMGR_CREATE_POINT, NT_DEVICE_MOUNTMGR, 0, 0, 3,                  \
    "create mount point")                                                      \
  X(IOCTL_MOUNTMGR_DELETE_POINTS, NT_DEVICE_MOUNTMGR, 1, 0, 3,                 \
    "delete mount points")                                                     \
  X(IOCTL_MOUNTMGR_QUERY_POINTS, NT_DEVICE_MOUNTMGR, 2, 0, 0,                  \
    "query mount points")                                                      \
  X(IOCTL_MOUNTMGR_DELETE_POINTS_DBONLY, NT_DEVICE_MOUNTMGR, 3, 0, 3,          \
    "forget mount points")                                                     \
  X(IOCTL_MOUNTMGR_NEXT_DRIVE_LETTER, NT_DEVICE_MOUNTMGR, 4, 0, 3,             \
    "assign next letter")                                                      \
  X(IOCTL_MOUNTMGR_AUTO_DL_ASSIGNMENTS, NT_DEVICE_MOUNTMGR, 5, 0, 3,           \
    "assign letters")                                                          \
  X(IOCTL_MOUNTMGR_CHANGE_NOTIFY, NT_DEVICE_MOUNTMGR, 8, 0, 1,                 \
    "wait for mount points")                                                   \
  X(IOCTL_MOUNTMGR_KEEP_LINKS_WHEN_OFFLINE, NT_DEVICE_MOUNTMGR, 9, 0, 3,       \
    "keep letters offline")                                                    \
  X(IOCTL_MOUNTMGR_VOLUME_ARRIVAL_NOTIFICATION, NT_DEVICE_MOUNTMGR, 11, 0, 1,  \
    "announce volume")                                                         \
  X(IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATH, NT_DEVICE_MOUNTMGR, 12, 0, 0,        \
    "query path")                                                              \
  X(IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATHS, NT_DEVICE_MOUNTMGR, 13, 0, 0,       \
    "query paths")                                                             \
  X(IOCTL_MOUNTMGR_SCRUB_REGISTRY, NT_DEVICE_MOUNTMGR, 14, 0, 3,               \
    "forget absent volumes")                                                   \
  X(IOCTL_MOUNTMGR_QUERY_AUTO_MOUNT, NT_DEVICE_MOUNTMGR, 15, 0, 0,             \
    "query automatic mounting")                                                \
  X(IOCTL_MOUNTMGR_SET_AUTO_MOUNT, NT_DEVICE_MOUNTMGR, 16, 0, 3,               \
    "set automatic mounting")                                                  \
  X(IOCTL_MOUNTDEV_QUERY_UNIQUE_ID, NT_DEVICE_MOUNTDEV, 0, 0, 0,               \
    "query unique id")                                                         \
  X(IOCTL_MOUNTDEV_QUERY_DEVICE_NAME, NT_DEVICE_MOUNTDEV, 2, 0, 0,             \
    "query device name")                                                       \
  X(IOCTL_MOUNTDEV_QUERY_STABLE_GUID, NT_DEVICE_MOUNTDEV, 6, 0, 0,             \
    "query stable GUID")                                                       \
  X(IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES, NT_DEVICE_VOLSNAP, 0, 0, 3,           \
    "hold writes")                                                             \
  X(IOCTL_VOLSNAP_RELEASE_WRITES, NT_DEVICE_VOLSNAP, 1, 0, 3, "release writes")

/* NT_FSCTL_LOCK_VOLUME and so on. */
enum {
#define X(name, device, function, method, access, verb) \
  NT_##name = NT_CTL_CODE(device, function, method, access),
  NT_CODE_LIST(X)
#undef X
};

struct nt_code_row {
  const char *name;
  uint32_t code;
  const char *verb; /* NULL: messages call it "control NAME" */
};

/* The row of a code; NULL for one that is not in the list. */
const struct nt_code_row *nt_code_find(uint32_t code);

/* Row number `index`, NULL at the end of the list. */
const struct nt_code_row *nt_code_at(size_t index);

/* The access bits a handle must hold for `code`, as NT_FILE_READ_DATA and
 * NT_FILE_WRITE_DATA. */
uint32_t nt_code_access(uint32_t code);

/* FSCTL codes go to the file system, all others to the device below it. */
static inline int nt_code_is_fsctl(uint32_t code) {
  return code >> 16 == NT_DEVICE_FILE_SYSTEM;
}

#endif
