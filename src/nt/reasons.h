/*
 * The vocabulary of refusals: what a status of NT cannot say, one row each.
 *
 * A refusal names a row: return nt_refuse(err, NT_REASON_IN_USE, ...). Its
 * status, its class and its next step follow from the row. docs/errors.md
 * (`make tables`), `ntvol explain` and the tables of Lua are made from it.
 *
 * Everything below src/ may include this header.
 */
#ifndef NT_REASONS_H
#define NT_REASONS_H

#include "status.h"

#define NT_REASON_STATUSES 6

struct nt_reason_row {
  const char *name;    /* "in_use" */
  enum nt_class cls;   /* NT_CLASS_NONE: that of the status */
  const char *meaning; /* lower case, no period */
  const char *next;    /* what to do next: imperative, no period, for Lua */
  const char *command; /* the same for the command line */
  nt_status statuses[NT_REASON_STATUSES]; /* all statuses that come with it, the
                                             usual one first; 0 ends them */
};

/* X(id, name, class, meaning, next step in Lua, next step on the command line
 * or SAME, statuses). In a next step `{}` stands for the object as the caller
 * named it; marks of code are for documents, messages leave them out. */
/* clang-format off */
#define NT_REASON_LIST(X) \
X(ALIGNMENT, "alignment", NONE,                                               \
  "offset or length is not a whole number of sectors",                        \
  "use multiples of `volume:sector_size()`",                                  \
  "use whole sectors",                                                        \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(ALREADY_LOCKED, "already_locked", PERMANENT,                                \
  "this handle holds the lock already, and locks do not nest",                \
  "go on: the volume is locked",                                              \
  SAME,                                                                       \
  NT_STATUS_ACCESS_DENIED)                                                    \
X(ANSWER_NO, "answer_no", NONE,                                               \
  "the code is a question, and this status is its answer: no",                \
  "take it for the answer: nothing has to be mended",                         \
  SAME,                                                                       \
  NT_STATUS_UNSUCCESSFUL)                                                     \
X(ARGUMENTS, "arguments", NONE,                                               \
  "the input of a control code is not what the code takes, or its output "    \
  "has no room",                                                              \
  "send the whole structure that the code takes, and ask with room for "      \
  "its answer",                                                               \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER, NT_STATUS_INFO_LENGTH_MISMATCH,                \
  NT_STATUS_BUFFER_TOO_SMALL, NT_STATUS_BUFFER_OVERFLOW,                      \
  NT_STATUS_NOT_SUPPORTED, NT_STATUS_INVALID_USER_BUFFER)                     \
X(BUSY, "busy", TRANSIENT,                                                    \
  "the file system is being scrubbed or balanced",                            \
  "try again when that has ended",                                            \
  SAME,                                                                       \
  NT_STATUS_DEVICE_NOT_READY)                                                 \
X(CANCELLED, "cancelled", NONE,                                               \
  "the caller stopped it: the progress function returned false, or "          \
  "Ctrl-C was pressed",                                                       \
  "look at `info.outcome`, which says what the volume holds",                 \
  "see what was done: ntvol log",                                             \
  NT_STATUS_CANCELLED)                                                        \
X(CLOSED, "closed", NONE,                                                     \
  "the volume could not be opened again after it was formatted",              \
  "close the handle and open the volume again",                               \
  SAME,                                                                       \
  NT_STATUS_FILE_CLOSED)                                                      \
X(CLOSED_MEANWHILE, "closed_meanwhile", NONE,                                 \
  "a subscriber closed the handle of the request that it was told of",        \
  "let subscribers close their own handles only",                             \
  SAME,                                                                       \
  NT_STATUS_FILE_CLOSED)                                                      \
X(CLUSTER_SHARED, "cluster_shared", NONE,                                     \
  "the volume is cluster shared: the cluster service takes it online and "    \
  "offline",                                                                  \
  "put the volume into maintenance first: `machine:maintenance(name, "        \
  "true)`, or the cluster manager",                                           \
  "put the volume into maintenance first, in the cluster manager; of a "      \
  "simulated machine: ntvol sim maintenance",                                 \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(CLUSTER_SIZE, "cluster_size", NONE,                                         \
  "the cluster size does not suit the file system or the sector size",        \
  "leave `cluster_size` out, or use another power of two",                    \
  "leave --cluster-size out, or use another power of two",                    \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(DISK_FULL, "disk_full", NONE,                                               \
  "the file system that has to take the file is full",                        \
  "free some space and try again; a format can use another folder: "          \
  "NTVOL_TMPDIR",                                                             \
  SAME,                                                                       \
  NT_STATUS_DISK_FULL)                                                        \
X(DISMOUNTED, "dismounted", NONE,                                             \
  "the volume was dismounted, and this handle belongs to the file system "    \
  "that was mounted before",                                                  \
  "close the handle and open it again",                                       \
  SAME,                                                                       \
  NT_STATUS_VOLUME_DISMOUNTED, NT_STATUS_ACCESS_DENIED, NT_STATUS_FILE_INVALID)\
X(DISMOUNTED_ELSEWHERE, "dismounted_elsewhere", NONE,                         \
  "another node of the cluster dismounted the volume",                        \
  "close the handle and open it again",                                       \
  SAME,                                                                       \
  NT_STATUS_FILE_INVALID)                                                     \
X(DYNAMIC_DISK, "dynamic_disk", NONE,                                         \
  "Windows XP and Server 2003 do not support this on dynamic disks",          \
  "use a basic disk, or a newer Windows",                                     \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(EMPTY_FILE, "empty_file", NONE,                                             \
  "an empty file cannot be mapped",                                           \
  "map a file that has bytes",                                                \
  SAME,                                                                       \
  NT_STATUS_MAPPED_FILE_SIZE_ZERO)                                            \
X(ENCODED_FILE, "encoded_file", NONE,                                         \
  "the file is compressed or encrypted, and cannot be overwritten where "     \
  "it lies",                                                                  \
  "use another file",                                                         \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(ERASE_TOKEN, "erase_token", NONE,                                           \
  "it destroys data, and `erase` does not name the object",                   \
  "to say that its contents may go: `erase = \"{}\"`",                        \
  "to say that its contents may go: --erase {}",                              \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(FILE_SYSTEM, "file_system", NONE,                                           \
  "the file system in the image cannot be read, or is damaged",               \
  "check the file system with the program that belongs to it",                \
  SAME,                                                                       \
  NT_STATUS_FILE_CORRUPT_ERROR)                                               \
X(FILE_SYSTEM_USED, "file_system_used", NONE,                                 \
  "the new file system was used: the format cannot be taken back",            \
  "restore the volume from a backup",                                         \
  SAME,                                                                       \
  NT_STATUS_ACCESS_DENIED)                                                    \
X(FIXED_DISK, "fixed_disk", NONE,                                             \
  "the medium of a fixed disk does not leave it",                             \
  "name a removable disk or a CD drive",                                      \
  SAME,                                                                       \
  NT_STATUS_INVALID_DEVICE_REQUEST, NT_STATUS_NOT_SUPPORTED)                  \
X(FOLDER, "folder", NONE,                                                     \
  "the folder of a new machine cannot be used",                               \
  "name one that is empty or not there",                                      \
  SAME,                                                                       \
  NT_STATUS_OBJECT_NAME_COLLISION)                                            \
X(FORKED, "forked", NONE,                                                     \
  "the connection belongs to the parent process",                             \
  "connect anew after a fork",                                                \
  SAME,                                                                       \
  NT_STATUS_INVALID_HANDLE)                                                   \
X(FORMATTER, "formatter", NONE,                                               \
  "the formatter of the system failed; its own words are in `info.detail`",   \
  "look at `info.outcome`, then try again",                                   \
  SAME,                                                                       \
  NT_STATUS_UNSUCCESSFUL)                                                     \
X(FS, "fs", NONE,                                                             \
  "no such file system can be made",                                          \
  "use one of ntfs, fat, fat16, fat32, exfat",                                \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER, NT_STATUS_NOT_SUPPORTED,                       \
  NT_STATUS_UNRECOGNIZED_VOLUME)                                              \
X(FULL_NEEDED, "full_needed", NONE,                                           \
  "the formatter wants `quick = false`",                                      \
  "format with `quick = false`",                                              \
  "format with --full",                                                       \
  NT_STATUS_UNSUCCESSFUL)                                                     \
X(HANDLE_ACCESS, "handle_access", NONE,                                       \
  "the handle was opened without the access that the request needs",          \
  "open it with access `\"rw\"`",                                             \
  SAME,                                                                       \
  NT_STATUS_ACCESS_DENIED, NT_STATUS_INVALID_DEVICE_REQUEST)                  \
X(HAS_LETTER, "has_letter", NONE,                                             \
  "the volume has a letter already, and a volume has one letter",             \
  "remove that letter first: `machine:delete_mount_point(name)`",             \
  "remove that letter first: ntvol unassign",                                 \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(IDENTITY_CHANGED, "identity_changed", NONE,                                 \
  "another file system is on the volume now, or it is another volume "        \
  "than the journal tells of",                                                \
  "close the handle, look at the volume, open it again",                      \
  SAME,                                                                       \
  NT_STATUS_WRONG_VOLUME)                                                     \
X(IMAGE, "image", NONE,                                                       \
  "the image file cannot be opened, read or written",                         \
  "put it back where the machine looks for it, or make it readable",          \
  SAME,                                                                       \
  NT_STATUS_DEVICE_NOT_CONNECTED, NT_STATUS_OBJECT_NAME_INVALID,              \
  NT_STATUS_IO_DEVICE_ERROR, NT_STATUS_INVALID_PARAMETER,                     \
  NT_STATUS_DEVICE_BUSY)                                                      \
X(IMAGE_FORMAT, "image_format", PERMANENT,                                    \
  "the file holds a disk, or files, in a format of its own, and its bytes "   \
  "are not those of a disk",                                                  \
  "convert it to a plain image, and use that",                                \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(IMAGE_IN_USE, "image_in_use", TRANSIENT,                                    \
  "another machine, another program or a loop device uses the image",         \
  "close what uses it, then try again",                                       \
  SAME,                                                                       \
  NT_STATUS_SHARING_VIOLATION)                                                \
X(IMAGE_OUTSIDE, "image_outside", NONE,                                       \
  "the image is a link or lies outside of the machine's folder, and this "    \
  "user has not allowed it to the machine, or others can write to the "       \
  "machine",                                                                  \
  "if you trust it: `ntvol sim check DIR --allow-images`",                    \
  SAME,                                                                       \
  NT_STATUS_ACCESS_DENIED)                                                    \
X(IMAGE_TRUNCATED, "image_truncated", NONE,                                   \
  "the image file is shorter than the disk",                                  \
  "bring back the whole image",                                               \
  SAME,                                                                       \
  NT_STATUS_DEVICE_DATA_ERROR)                                                \
X(IN_MEMORY, "in_memory", NONE,                                               \
  "no other process can change a machine in memory, so there is nothing "     \
  "to wait for",                                                              \
  "list its events, or subscribe",                                            \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(IN_USE, "in_use", TRANSIENT,                                                \
  "others have it open: `info.holders`",                                      \
  "close all handles to it, or wait: `wait = 10`",                            \
  "close all handles to it, or wait: --wait 10",                              \
  NT_STATUS_ACCESS_DENIED, NT_STATUS_DEVICE_BUSY,                             \
  NT_STATUS_SHARING_VIOLATION)                                                \
X(INSTALLED, "installed", NONE,                                               \
  "it is still installed after its removal",                                  \
  "look at it with `machine:disks()`, then run the plan again",               \
  "look at it with ntvol disks, then run the plan again",                     \
  NT_STATUS_DEVICE_BUSY)                                                      \
X(JOURNAL, "journal", NONE,                                                   \
  "the journal cannot be used: its folder, its database or its lock file",    \
  "make its folder writable, or name another folder in `NTVOL_STATE`",        \
  SAME,                                                                       \
  NT_STATUS_FILE_CORRUPT_ERROR, NT_STATUS_NOT_SUPPORTED,                      \
  NT_STATUS_FILE_INVALID)                                                     \
X(JOURNAL_DAMAGED, "journal_damaged", NONE,                                   \
  "the journal is not what was written into it: a value that cannot be, "     \
  "or saved bytes that do not fit their checksums",                           \
  "see what is good: `ntvol log 7 --check`; bring the journal back from "     \
  "a backup, or write back the good pieces only: `ntvol undo D: "             \
  "--good-only`",                                                             \
  SAME,                                                                       \
  NT_STATUS_FILE_CORRUPT_ERROR)                                               \
X(LABEL, "label", NONE,                                                       \
  "the label does not suit the file system",                                  \
  "choose another label: letters, digits and spaces are safe",                \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(LOCKED_BY_OTHER, "locked_by_other", TRANSIENT,                              \
  "another handle holds the lock: `info.holders`",                            \
  "wait until it unlocks: `wait = 10`",                                       \
  "wait until it unlocks: --wait 10",                                         \
  NT_STATUS_ACCESS_DENIED)                                                    \
X(LOCKING_HANDLE_OPEN, "locking_handle_open", TRANSIENT,                      \
  "the handle that had locked the cluster shared volume is still open",       \
  "close that handle: unlocking a cluster shared volume is not enough",       \
  SAME,                                                                       \
  NT_STATUS_ACCESS_DENIED)                                                    \
X(MACHINE_DAMAGED, "machine_damaged", NONE,                                   \
  "the database of the simulated machine holds what cannot be: it was "       \
  "edited, or it is damaged",                                                 \
  "see all that is wrong: `ntvol sim check DIR`",                             \
  SAME,                                                                       \
  NT_STATUS_FILE_CORRUPT_ERROR)                                               \
X(MEDIA, "media", NONE,                                                       \
  "Windows formats no volumes of this kind",                                  \
  "use another volume",                                                       \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(MEDIUM_LOCKED, "medium_locked", TRANSIENT,                                  \
  "the drive was told to keep its medium",                                    \
  "allow its removal: `volume:media_removal(true)`",                          \
  "end the program that keeps the medium in: ntvol holders {}",               \
  NT_STATUS_DEVICE_BUSY)                                                      \
X(MEDIUM_PRESENT, "medium_present", NONE,                                     \
  "there is a medium in the drive already",                                   \
  "eject it first",                                                           \
  "eject it first: ntvol sim eject",                                          \
  NT_STATUS_DEVICE_BUSY)                                                      \
X(MKFS_KILLED, "mkfs_killed", NONE,                                           \
  "the program that makes the file system was ended by a signal",             \
  "try again: the volume is untouched",                                       \
  SAME,                                                                       \
  NT_STATUS_UNSUCCESSFUL, NT_STATUS_INVALID_PARAMETER)                        \
X(MKFS_MISSING, "mkfs_missing", NONE,                                         \
  "the program that makes this file system is not installed",                 \
  "install it: the message names it",                                         \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(MKFS_REFUSED, "mkfs_refused", NONE,                                         \
  "the program that makes the file system refused; its own words are in "     \
  "`info.detail`",                                                            \
  "use another file system or cluster size, or a larger volume",              \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER, NT_STATUS_UNSUCCESSFUL)                        \
X(MOUNT_FOLDER, "mount_folder", NONE,                                         \
  "a volume that stays is mounted in a folder of one that goes",              \
  "remove that mount folder first: `machine:delete_mount_point(name)`",       \
  "remove that mount folder first: ntvol unassign",                           \
  NT_STATUS_DEVICE_BUSY)                                                      \
X(MOUNTED, "mounted", NONE,                                                   \
  "a file system is mounted there and its volume is not locked",              \
  "lock the volume first",                                                    \
  SAME,                                                                       \
  NT_STATUS_ACCESS_DENIED)                                                    \
X(NAME, "name", NONE,                                                         \
  "the name is not that of a volume, a disk or a file",                       \
  "write D:, \\\\.\\D:, \\\\?\\Volume{guid}, \\\\.\\PhysicalDrive1, "         \
  "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1 or D:\\dir\\file",              \
  "write D:, \\\\?\\Volume{guid}, PhysicalDrive1 or D:\\dir\\file",           \
  NT_STATUS_OBJECT_NAME_INVALID, NT_STATUS_OBJECT_PATH_NOT_FOUND)             \
X(NESTED, "nested", NONE,                                                     \
  "subscribers answer events with requests that cause events, too deeply",    \
  "make no request in a subscriber that causes the event it is told of",      \
  SAME,                                                                       \
  NT_STATUS_INSUFFICIENT_RESOURCES)                                           \
X(NO_FILE_READER, "no_file_reader", NONE,                                     \
  "this build cannot read the files of this file system",                     \
  "open the volume or its root folder",                                       \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(NO_FILE_SYSTEM, "no_file_system", NONE,                                     \
  "the volume holds no file system that this machine mounts",                 \
  "open the volume itself, or format it first",                               \
  SAME,                                                                       \
  NT_STATUS_UNRECOGNIZED_VOLUME)                                              \
X(NO_GROWTH, "no_growth", NONE,                                               \
  "files on a simulated volume do not grow",                                  \
  "write within its size, or put a larger file into the image with "          \
  "mtools or ntfscp",                                                         \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(NO_MACHINE, "no_machine", NONE,                                             \
  "there is no such machine",                                                 \
  "name the folder of a simulated machine, or create one: `ntvol sim "        \
  "create`",                                                                  \
  SAME,                                                                       \
  NT_STATUS_OBJECT_NAME_INVALID, NT_STATUS_OBJECT_NAME_NOT_FOUND)             \
X(NO_MEDIA, "no_media", NONE,                                                 \
  "there is no medium in the device",                                         \
  "put a medium in",                                                          \
  SAME,                                                                       \
  NT_STATUS_NO_MEDIA_IN_DEVICE, NT_STATUS_VERIFY_REQUIRED)                    \
X(NO_NATIVE_MACHINE, "no_native_machine", NONE,                               \
  "this build of ntvol knows no machine of its own",                          \
  "name a simulated machine: `ntvol.machine \"sim:lab\"`, or "                \
  "NTVOL_MACHINE",                                                            \
  "name a simulated machine: --machine lab, or NTVOL_MACHINE",                \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(NO_NEW_FILES, "no_new_files", NONE,                                         \
  "files on a simulated volume are not made or emptied",                      \
  "open a file that exists, or put files into the image with mtools or "      \
  "ntfscp",                                                                   \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(NO_NODE, "no_node", NONE,                                                   \
  "the cluster has no node of this name",                                     \
  "list its nodes: `machine:nodes()`",                                        \
  "list its nodes: ntvol sim show",                                           \
  NT_STATUS_OBJECT_NAME_NOT_FOUND, NT_STATUS_OBJECT_NAME_INVALID)             \
X(NO_UNDO, "no_undo", NONE,                                                   \
  "a step of the plan has no way back, or the journal has nothing saved "     \
  "of it",                                                                    \
  "print the plan: it says from which step on; "                              \
  "`ntvol.journal.open():list()` says what was saved",                        \
  "print the plan with --plan: it says from which step on; ntvol log "        \
  "says what was saved",                                                      \
  NT_STATUS_NOT_SUPPORTED, NT_STATUS_INVALID_PARAMETER,                       \
  NT_STATUS_OBJECT_NAME_NOT_FOUND)                                            \
X(NOT_A_DIRECTORY, "not_a_directory", NONE,                                   \
  "the handle is not one of a directory",                                     \
  "open a directory: `D:\\`",                                                 \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER, NT_STATUS_NOT_A_DIRECTORY)                     \
X(NOT_A_DISK, "not_a_disk", NONE,                                             \
  "only a disk can do this",                                                  \
  "name a disk: `PhysicalDrive1`; `machine:disks()` lists them",              \
  "name a disk: PhysicalDrive1; ntvol disks lists them",                      \
  NT_STATUS_INVALID_DEVICE_REQUEST, NT_STATUS_OBJECT_NAME_NOT_FOUND)          \
X(NOT_A_FILE, "not_a_file", NONE,                                             \
  "the handle is not one of a file",                                          \
  "open a file: `D:\\path`",                                                  \
  SAME,                                                                       \
  NT_STATUS_INVALID_FILE_FOR_SECTION)                                         \
X(NOT_A_VOLUME, "not_a_volume", NONE,                                         \
  "the handle or the name is not that of a volume",                           \
  "open the volume itself, without a path: `D:`",                             \
  "name the volume itself, without a path: D:",                               \
  NT_STATUS_INVALID_PARAMETER, NT_STATUS_OBJECT_NAME_NOT_FOUND,               \
  NT_STATUS_INVALID_DEVICE_REQUEST)                                           \
X(NOT_CLUSTER_SHARED, "not_cluster_shared", NONE,                             \
  "the volume is no cluster shared volume",                                   \
  "use a cluster shared volume",                                              \
  SAME,                                                                       \
  NT_STATUS_INVALID_DEVICE_REQUEST)                                           \
X(NOT_FOUND, "not_found", NONE,                                               \
  "nothing of this name is there",                                            \
  "list what is there: `machine:volumes()`, `machine:disks()`",               \
  "list what is there: ntvol volumes, ntvol disks",                           \
  NT_STATUS_OBJECT_NAME_NOT_FOUND, NT_STATUS_OBJECT_PATH_NOT_FOUND,           \
  NT_STATUS_NO_SUCH_DEVICE)                                                   \
X(NOT_HELD, "not_held", NONE,                                                 \
  "no writes are held for a snapshot",                                        \
  "a hold ends with the handle that began it: hold the writes first",         \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(NOT_INSTALLED, "not_installed", NONE,                                       \
  "simulated machines are not installed, or cannot be loaded",                \
  "install the module ntvol.sim.core: it comes with ntvol",                   \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(NOT_INTERRUPTED, "not_interrupted", NONE,                                   \
  "only what was interrupted can be dismissed",                               \
  "list what was: `ntvol.recover { plan = true }`",                           \
  "list what was: ntvol recover --plan",                                      \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(NOT_LOCKED, "not_locked", NONE,                                             \
  "this handle does not hold the lock",                                       \
  "lock the volume first, with this handle",                                  \
  SAME,                                                                       \
  NT_STATUS_NOT_LOCKED, NT_STATUS_ACCESS_DENIED)                              \
X(NOT_REMOVABLE, "not_removable", NONE,                                       \
  "the medium of this disk cannot be taken out",                              \
  "prepare the disk for removal instead",                                     \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(NOTHING_TO_UNDO, "nothing_to_undo", NONE,                                   \
  "no finished run of this plan is there to be taken back",                   \
  "run it first",                                                             \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(OFFLINE, "offline", NONE,                                                   \
  "the volume is offline",                                                    \
  "bring it online first: `volume:online()`",                                 \
  "bring it online first: ntvol online {}",                                   \
  NT_STATUS_DEVICE_NOT_READY, NT_STATUS_DEVICE_OFF_LINE)                      \
X(ONLINE, "online", NONE,                                                     \
  "the disk or volume is online",                                             \
  "take it offline first: `volume:offline()`",                                \
  "take it offline first: ntvol offline {}",                                  \
  NT_STATUS_UNSUCCESSFUL)                                                     \
X(OVERLAPS, "overlaps", PERMANENT,                                            \
  "the volume holds the partition table, or other volumes lie in the same "   \
  "place",                                                                    \
  "say that they may go, too: `overlaps = true`",                             \
  "say that they may go, too: --overlaps",                                    \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(PAGE_FILE, "page_file", NONE,                                               \
  "the volume holds a page file",                                             \
  "move the page file to another volume first",                               \
  SAME,                                                                       \
  NT_STATUS_ACCESS_DENIED)                                                    \
X(PARTITION_TABLE, "partition_table", NONE,                                   \
  "the partition table cannot be read, or cannot hold this",                  \
  "look at the partition table with fdisk -l",                                \
  SAME,                                                                       \
  NT_STATUS_DISK_CORRUPT_ERROR, NT_STATUS_INVALID_PARAMETER,                  \
  NT_STATUS_IO_DEVICE_ERROR, NT_STATUS_NOT_SUPPORTED)                         \
X(PAST_END, "past_end", NONE,                                                 \
  "the offset or the range lies behind the last byte",                        \
  "stay within its size",                                                     \
  SAME,                                                                       \
  NT_STATUS_END_OF_FILE, NT_STATUS_NONEXISTENT_SECTOR,                        \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(PRIVILEGE, "privilege", NONE,                                               \
  "the handle was opened without the right to do this, or the process "       \
  "lacks administrator rights",                                               \
  "open it with access `\"rw\"`, as an administrator",                        \
  "run it as an administrator",                                               \
  NT_STATUS_ACCESS_DENIED, NT_STATUS_INVALID_PARAMETER,                       \
  NT_STATUS_PRIVILEGE_NOT_HELD)                                               \
X(PROGRAM, "program", NONE,                                                   \
  "the command failed with an exit status other than 0",                      \
  "read what the command wrote",                                              \
  SAME,                                                                       \
  NT_STATUS_UNSUCCESSFUL)                                                     \
X(READONLY, "readonly", NONE,                                                 \
  "the volume is read-only",                                                  \
  "remove the write protection, or choose another volume",                    \
  SAME,                                                                       \
  NT_STATUS_MEDIA_WRITE_PROTECTED)                                            \
X(REMOVED, "removed", NONE,                                                   \
  "the device was removed",                                                   \
  "close the handle",                                                         \
  SAME,                                                                       \
  NT_STATUS_FILE_INVALID, NT_STATUS_DEVICE_DOES_NOT_EXIST)                    \
X(RESIDENT_FILE, "resident_file", NONE,                                       \
  "the file is so small that NTFS keeps its bytes in the record of the "      \
  "file",                                                                     \
  "use a larger file",                                                        \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(RESOURCES, "resources", NONE,                                               \
  "the system has no memory or no handles left",                              \
  "close what is not needed, and try again",                                  \
  SAME,                                                                       \
  NT_STATUS_NO_MEMORY, NT_STATUS_INSUFFICIENT_RESOURCES)                      \
X(RESTART_NEEDED, "restart_needed", PERMANENT,                                \
  "the removal ends at the next start of Windows; the LUN must not be "       \
  "masked before",                                                            \
  "restart Windows",                                                          \
  SAME,                                                                       \
  NT_STATUS_DEVICE_BUSY)                                                      \
X(REVERT_ON_CLOSE, "revert_on_close", NONE,                                   \
  "a simulated machine does not take GPT attributes back when the handle "    \
  "is closed",                                                                \
  "set them without that flag",                                               \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(SCRATCH, "scratch", NONE,                                                   \
  "the scratch file of a format cannot be made",                              \
  "set NTVOL_TMPDIR or TMPDIR to a folder with room",                         \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED, NT_STATUS_DISK_FULL)                               \
X(SECTION, "section", NONE,                                                   \
  "a mapped file can be read and closed, nothing else",                       \
  "use a handle of the file or of the volume",                                \
  SAME,                                                                       \
  NT_STATUS_OBJECT_TYPE_MISMATCH)                                             \
X(SECTOR_SIZE, "sector_size", NONE,                                           \
  "the file system cannot live on sectors of this size",                      \
  "take another file system",                                                 \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(SHORT_TRANSFER, "short_transfer", NONE,                                     \
  "the machine moved fewer bytes than asked",                                 \
  "look at the disk",                                                         \
  SAME,                                                                       \
  NT_STATUS_END_OF_FILE)                                                      \
X(SIGNATURE_COLLISION, "signature_collision", PERMANENT,                      \
  "another disk that is online has the same MBR signature or GPT disk id, "   \
  "so this one is offline",                                                   \
  "take the other disk away, or bring this one online, which gives it a "     \
  "signature of its own",                                                     \
  SAME,                                                                       \
  NT_STATUS_MEDIA_WRITE_PROTECTED)                                            \
X(SIZE, "size", NONE,                                                         \
  "a volume of this size does not fit on the disk",                           \
  "make the disk larger or the volumes smaller",                              \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(SPANNED, "spanned", NONE,                                                   \
  "the volume lies on several disks",                                         \
  "name one of its disks, or say that this is meant: `spanned = true`",       \
  "name one of its disks, or say that this is meant: --spanned",              \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(SPARSE_FILE, "sparse_file", NONE,                                           \
  "the file has no clusters in this range",                                   \
  "use another range or file",                                                \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(SPEC, "spec", NONE,                                                         \
  "the description of a new machine contradicts itself",                      \
  "correct what the message names",                                           \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(STORE, "store", NONE,                                                       \
  "the database of the simulated machine cannot be used",                     \
  "make its folder writable, or copy the machine elsewhere",                  \
  SAME,                                                                       \
  NT_STATUS_FILE_CORRUPT_ERROR, NT_STATUS_NOT_SUPPORTED,                      \
  NT_STATUS_UNSUCCESSFUL)                                                     \
X(STUCK, "stuck", NONE,                                                       \
  "a request on this handle never ended",                                     \
  "close the handle: the device or its driver does not answer",               \
  SAME,                                                                       \
  NT_STATUS_IO_TIMEOUT)                                                       \
X(SYSTEM_FILE, "system_file", NONE,                                           \
  "the file system keeps its own state in this file",                         \
  "leave it alone",                                                           \
  SAME,                                                                       \
  NT_STATUS_ACCESS_DENIED)                                                    \
X(SYSTEM_VOLUME, "system_volume", NONE,                                       \
  "the system needs this volume",                                             \
  "start another system to work on this volume",                              \
  SAME,                                                                       \
  NT_STATUS_ACCESS_DENIED)                                                    \
X(TIMEOUT, "timeout", NONE,                                                   \
  "the time limit of the handle ran out, and the request was cancelled",      \
  "try again, or allow more time",                                            \
  SAME,                                                                       \
  NT_STATUS_IO_TIMEOUT)                                                       \
X(TOO_LARGE, "too_large", NONE,                                               \
  "the volume is too large for the file system",                              \
  "use ntfs or exfat",                                                        \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(TOO_SMALL, "too_small", NONE,                                               \
  "the volume is too small for the file system",                              \
  "use fat or fat16",                                                         \
  SAME,                                                                       \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(TOOL, "tool", NONE,                                                         \
  "a program could not be started",                                           \
  "install it, or make it executable",                                        \
  SAME,                                                                       \
  NT_STATUS_UNSUCCESSFUL, NT_STATUS_OBJECT_NAME_NOT_FOUND)                    \
X(UNDO_LIMIT, "undo_limit", NONE,                                             \
  "the undo data of a format takes more than `undo_limit` allows",            \
  "allow more, or do without an undo: `undo = false`",                        \
  "allow more with --undo-limit, or do without an undo: --no-undo",           \
  NT_STATUS_INVALID_PARAMETER)                                                \
X(UNINITIALIZED, "uninitialized", NONE,                                       \
  "the file system has not given this range of the file a value yet",         \
  "use another range",                                                        \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(UNINSTALLED, "uninstalled", NONE,                                           \
  "the disk is uninstalled, or its LUN is masked",                            \
  "there is nothing left to do: `machine:rescan()` or an unmasked LUN "       \
  "brings it back",                                                           \
  "there is nothing left to do: ntvol restore-lun brings it back",            \
  NT_STATUS_NO_SUCH_DEVICE, NT_STATUS_NOT_SUPPORTED)                          \
X(UNKNOWN_CODE, "unknown_code", NONE,                                         \
  "no driver of this volume or disk knows the code, or none has such a "      \
  "request",                                                                  \
  "use another volume or disk, or a code that its drivers know: "             \
  "`ntvol.codes` names codes",                                                \
  "use another volume or disk",                                               \
  NT_STATUS_INVALID_DEVICE_REQUEST, NT_STATUS_INVALID_PARAMETER,              \
  NT_STATUS_NOT_SUPPORTED, NT_STATUS_NOT_IMPLEMENTED)                         \
X(UNKNOWN_KIND, "unknown_kind", NONE,                                         \
  "there is no such kind of machine",                                         \
  "use a kind of machine that this build has",                                \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(UNVERIFIED, "unverified", NONE,                                             \
  "the formatter said that it is done, but the volume does not hold what "    \
  "was asked for",                                                            \
  "format it again",                                                          \
  SAME,                                                                       \
  NT_STATUS_UNSUCCESSFUL)                                                     \
X(VERIFY, "verify", NONE,                                                     \
  "the volume does not come back as what was made",                           \
  "look at the volume; format it again when it is damaged",                   \
  "look at the volume with ntvol show {}; format it again when it is "        \
  "damaged",                                                                  \
  NT_STATUS_UNRECOGNIZED_VOLUME, NT_STATUS_DEVICE_DATA_ERROR)                 \
X(VERSION, "version", NONE,                                                   \
  "a machine kind was built for another version",                             \
  "build the machine kind and ntvol from the same version",                   \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(VETOED, "vetoed", NONE,                                                     \
  "Plug and Play asked before a removal, and a program or driver "            \
  "refused; see `info.veto`",                                                 \
  "close what it names, then try again",                                      \
  SAME,                                                                       \
  NT_STATUS_DEVICE_BUSY)                                                      \
X(VOLUME_NAME, "volume_name", NONE,                                           \
  "a volume keeps its name, `\\??\\Volume{guid}`",                            \
  "delete its letter",                                                        \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(VOLUMES_INSTALLED, "volumes_installed", NONE,                               \
  "volumes of the disk are still installed",                                  \
  "uninstall its volumes first",                                              \
  "uninstall its volumes first: ntvol prepare-removal does",                  \
  NT_STATUS_DEVICE_BUSY)                                                      \
X(WINDOWS_VERSION, "windows_version", NONE,                                   \
  "this Windows does not have a function that this needs",                    \
  "use a newer Windows",                                                      \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED)                                                    \
X(WRITES_HELD, "writes_held", TRANSIENT,                                      \
  "writes are held for a snapshot of the volume",                             \
  "try again when the snapshot is taken",                                     \
  SAME,                                                                       \
  NT_STATUS_DEVICE_BUSY, NT_STATUS_MEDIA_WRITE_PROTECTED)                     \
X(WRONG_ENTRY, "wrong_entry", NONE,                                           \
  "the code was sent through the other system call than its own",             \
  "leave the option `entry` out",                                             \
  SAME,                                                                       \
  NT_STATUS_NOT_SUPPORTED, NT_STATUS_INVALID_DEVICE_REQUEST,                  \
  NT_STATUS_INVALID_PARAMETER, NT_STATUS_NOT_IMPLEMENTED)

/* clang-format on */

enum nt_reason {
  NT_REASON_NONE, /* the status says it all */
#define X(id, ...) NT_REASON_##id,
  NT_REASON_LIST(X)
#undef X
};

/* Returns the row of a reason; NULL for NT_REASON_NONE and after the last. */
const struct nt_reason_row *nt_reason_at(enum nt_reason reason);

/* Returns the row with this name; NULL when the list has none. */
const struct nt_reason_row *nt_reason_find(const char *name);

#endif
