/*
 * The lines of help(): the arguments and the first sentence of each method's
 * comment. `make tables` writes this file from the comments.
 */
#ifndef NTVOL_LUA_HELP_H
#define NTVOL_LUA_HELP_H

/* clang-format off */
#define HELP_MACHINE_OPEN \
  "(name, options)", \
  "Opens a volume, disk, file or directory."
#define HELP_MACHINE_VOLUMES \
  "()", \
  "Lists the volumes."
#define HELP_MACHINE_DISKS \
  "()", \
  "Lists the disks, masked and uninstalled ones too."
#define HELP_MACHINE_EVENTS \
  "(after)", \
  "Lists what happened, oldest first."
#define HELP_MACHINE_SUBSCRIBE \
  "(fn)", \
  "Calls a function with every event that this connection causes."
#define HELP_SUBSCRIPTION_CLOSE \
  "()", \
  "Ends the subscription: its function is not called any more."
#define HELP_SUBSCRIPTION_HELP \
  "()", \
  "Lists the methods with one line each."
#define HELP_MACHINE_WATCH \
  "(after, timeout)", \
  "Iterates over events of all processes, and waits for them."
#define HELP_MACHINE_UNINSTALL \
  "(name)", \
  "Uninstalls a volume or disk (Plug and Play)."
#define HELP_MACHINE_EJECT \
  "(name)", \
  "Ejects the device of a volume or disk, as \"safely remove\" does."
#define HELP_MACHINE_MASK \
  "(disk)", \
  "Stops presenting the LUN of a disk."
#define HELP_MACHINE_UNMASK \
  "(disk)", \
  "Presents the LUN of a disk again."
#define HELP_MACHINE_ADD_MOUNT_POINT \
  "(volume, point)", \
  "Gives a volume a letter or a mount folder."
#define HELP_MACHINE_REMOVE_MOUNT_POINT \
  "(point)", \
  "Takes a letter or a mount folder away."
#define HELP_MACHINE_HOLDERS \
  "(name)", \
  "Lists who has a volume, disk, file or directory open."
#define HELP_MACHINE_NODES \
  "()", \
  "Lists the nodes of the machine's cluster."
#define HELP_MACHINE_SET_MAINTENANCE \
  "(volume, on)", \
  "Takes a cluster shared volume out of its name space, or puts it back."
#define HELP_MACHINE_SET_OWNER \
  "(volume, node)", \
  "Makes a node the owner of a volume."
#define HELP_MACHINE_CAPABILITIES \
  "()", \
  "Says which operations this machine has."
#define HELP_MACHINE_NAME \
  "()", \
  "Returns the machine's name, as `ntvol.machine` takes it."
#define HELP_MACHINE_CLOSE \
  "()", \
  "Closes the machine and everything that was opened on it."
#define HELP_MACHINE_HELP \
  "()", \
  "Lists the methods with one line each."
#define HELP_VOLUME_LOCK \
  "(options)", \
  "Locks the volume (FSCTL_LOCK_VOLUME); returns a guard."
#define HELP_VOLUME_UNLOCK \
  "()", \
  "Unlocks the volume (FSCTL_UNLOCK_VOLUME)."
#define HELP_VOLUME_DISMOUNT \
  "(options)", \
  "Dismounts the volume (FSCTL_DISMOUNT_VOLUME), locked or not."
#define HELP_VOLUME_OFFLINE \
  "()", \
  "Takes the volume offline (IOCTL_VOLUME_OFFLINE)."
#define HELP_VOLUME_ONLINE \
  "()", \
  "Brings the volume online (IOCTL_VOLUME_ONLINE)."
#define HELP_VOLUME_EXTENDED_IO \
  "()", \
  "Lets this handle reach the volume behind the end of its file system, too (FSCTL_ALLOW_EXTENDED_DASD_IO)."
#define HELP_VOLUME_RUN \
  "(words, options)", \
  "Runs a program while the volume stays as it is."
#define HELP_VOLUME_EJECT \
  "()", \
  "Ejects the medium (IOCTL_STORAGE_EJECT_MEDIA)."
#define HELP_VOLUME_MEDIA_REMOVAL \
  "(allowed)", \
  "Allows or forbids taking the medium out by hand (IOCTL_STORAGE_MEDIA_REMOVAL)."
#define HELP_VOLUME_FORMAT \
  "(options)", \
  "Formats the locked volume."
#define HELP_VOLUME_READ \
  "(offset, length)", \
  "Reads bytes at an offset: up to `length`, fewer only at the end."
#define HELP_VOLUME_WRITE \
  "(offset, data)", \
  "Writes bytes at an offset."
#define HELP_VOLUME_FLUSH \
  "()", \
  "Makes what was written durable."
#define HELP_VOLUME_SIZE \
  "()", \
  "Returns the size in bytes."
#define HELP_VOLUME_SECTOR_SIZE \
  "()", \
  "Returns the sector size in bytes."
#define HELP_VOLUME_HOLDERS \
  "()", \
  "Lists who else has it open."
#define HELP_VOLUME_INFO \
  "()", \
  "Returns what is known about the volume."
#define HELP_VOLUME_IDENTITY \
  "()", \
  "Returns what tells this volume from others, whatever its letter."
#define HELP_VOLUME_LABEL \
  "()", \
  "Returns the label of the file system."
#define HELP_VOLUME_EXTENTS \
  "()", \
  "Says where the volume lies on disks (IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS)."
#define HELP_VOLUME_GEOMETRY \
  "()", \
  "Returns the geometry of the disk below (IOCTL_DISK_GET_DRIVE_GEOMETRY_EX)."
#define HELP_VOLUME_DEVICE_NUMBER \
  "()", \
  "Returns device type, disk number and partition number (IOCTL_STORAGE_GET_DEVICE_NUMBER)."
#define HELP_VOLUME_IS_LOCKED \
  "()", \
  "Returns true when this handle holds the lock."
#define HELP_VOLUME_IS_MOUNTED \
  "()", \
  "Asks whether a file system is mounted (FSCTL_IS_VOLUME_MOUNTED)."
#define HELP_VOLUME_IS_OFFLINE \
  "()", \
  "Asks whether the volume is offline (IOCTL_VOLUME_IS_OFFLINE)."
#define HELP_VOLUME_IS_DIRTY \
  "()", \
  "Asks whether the file system wants to be checked (FSCTL_IS_VOLUME_DIRTY)."
#define HELP_VOLUME_MARK_DIRTY \
  "()", \
  "Marks the file system as one to be checked (FSCTL_MARK_VOLUME_DIRTY), for all programs to see."
#define HELP_VOLUME_NTFS_DATA \
  "()", \
  "Returns what NTFS knows of its volume (FSCTL_GET_NTFS_VOLUME_DATA)."
#define HELP_VOLUME_BITMAP \
  "()", \
  "Iterates over used and free clusters (FSCTL_GET_VOLUME_BITMAP)."
#define HELP_VOLUME_DUPLICATE \
  "()", \
  "Makes another handle on the same open object, as DuplicateHandle does."
#define HELP_VOLUME_MAP \
  "(options)", \
  "Maps an open file, which keeps it in use."
#define HELP_VOLUME_LIST \
  "()", \
  "Lists an open directory."
#define HELP_VOLUME_CONTROL \
  "(code, input, out_size, options)", \
  "Sends a control code, as DeviceIoControl does."
#define HELP_VOLUME_NAME \
  "()", \
  "Returns the name by which it was opened."
#define HELP_VOLUME_KIND \
  "()", \
  "Says what kind of handle it is: volume, disk, file, directory, section or device."
#define HELP_VOLUME_MACHINE \
  "()", \
  "Returns the machine on which it was opened."
#define HELP_VOLUME_CAPABILITIES \
  "()", \
  "Says which operations this handle has, by its kind and its access."
#define HELP_VOLUME_CLOSE \
  "()", \
  "Closes the handle and ends its lock: first the lock, then the handle."
#define HELP_VOLUME_HELP \
  "()", \
  "Lists the methods with one line each."
#define HELP_LOCK_UNLOCK \
  "()", \
  "Unlocks now."
#define HELP_LOCK_HELD \
  "()", \
  "Returns true while the lock is held."
#define HELP_LOCK_VOLUME \
  "()", \
  "Returns the volume that was locked."
#define HELP_LOCK_HELP \
  "()", \
  "Lists the methods with one line each."
#define HELP_JOURNAL_BEGIN \
  "(about)", \
  "Begins an operation and returns its number."
#define HELP_JOURNAL_STEP \
  "(id, number, step)", \
  "Notes a step of an operation that runs."
#define HELP_JOURNAL_FINISH \
  "(id, state, message)", \
  "Ends an operation that runs, or that was interrupted."
#define HELP_JOURNAL_ENTRIES \
  "()", \
  "Lists the operations, oldest first, without their steps."
#define HELP_JOURNAL_ENTRY \
  "(id)", \
  "Returns one operation with its steps, as a plain table (ntvol.journal_entry)."
#define HELP_JOURNAL_CHECK \
  "(id)", \
  "Looks whether what an operation saved is good."
#define HELP_JOURNAL_PRUNE \
  "(policy)", \
  "Forgets what is old."
#define HELP_JOURNAL_PATH \
  "()", \
  "Returns the path of the database."
#define HELP_JOURNAL_CLOSE \
  "()", \
  "Closes the journal."
#define HELP_JOURNAL_HELP \
  "()", \
  "Lists the methods with one line each."
/* clang-format on */

#endif
