--- What the reasons of failures mean, and what to do next. docs/errors.md has
-- the same table: `make tables` writes it.
-- @module ntvol.reasons

-- { reason, meaning, what to do next, the statuses that bring it }
local ROWS = {
  { "alignment", "offset or length is not a whole number of sectors",
    "use multiples of `volume:sector_size()`", "INVALID_PARAMETER" },
  { "already_locked", "this handle holds the lock; locks do not nest",
    "go on: the volume is locked", "ACCESS_DENIED" },
  { "busy", "the file system is being scrubbed or balanced",
    "wait until that is over", "DEVICE_NOT_READY" },
  { "cancelled", "the progress function answered false",
    "look at `info.outcome`, which says what the volume holds", "CANCELLED" },
  { "closed", "the volume could not be opened again after it was formatted",
    "close the handle and open the volume again", "FILE_CLOSED" },
  { "closed_meanwhile", "a subscriber closed the handle of this very request",
    "let subscribers close their own handles only", "FILE_CLOSED" },
  { "cluster_shared",
    "the cluster service puts this volume online and offline itself",
    "use the cluster's maintenance mode", "NOT_SUPPORTED" },
  { "cluster_size",
    "the cluster size does not suit the file system or the sector size",
    "leave `cluster_size` out, or take another power of two",
    "INVALID_PARAMETER" },
  { "disk_full", "the folder for scratch files has no room for what a format"
    .. " needs", "free some space there, or name another in `NTVOL_TMPDIR`",
    "DISK_FULL" },
  { "dismounted", "the volume was dismounted, and this handle belongs to what"
    .. " was there before", "close the handle and open it again",
    "VOLUME_DISMOUNTED", "ACCESS_DENIED" },
  { "dismounted_elsewhere", "another node of the cluster dismounted the volume",
    "close the handle and open it again", "FILE_INVALID" },
  { "dynamic_disk", "Windows XP and Server 2003 do not support this on dynamic"
    .. " disks", "use a basic disk, or a newer Windows", "NOT_SUPPORTED" },
  { "empty_file", "an empty file cannot be mapped", "map a file that has bytes",
    "MAPPED_FILE_SIZE_ZERO" },
  { "encoded_file", "the file is compressed or encrypted, and cannot be"
    .. " overwritten where it lies", "use another file", "NOT_SUPPORTED" },
  { "erase_token", "`erase` does not name this volume",
    "give its name once more, as the plan prints it", "INVALID_PARAMETER" },
  { "file_system", "the file system in the image cannot be read, or is damaged",
    "check it with the program of that file system", "FILE_CORRUPT_ERROR" },
  { "file_system_used", "the new file system was used: the format cannot be taken"
    .. " back", "restore the volume from a backup", "ACCESS_DENIED" },
  { "fixed_disk", "the medium of a fixed disk does not leave it",
    "name a removable disk or a CD drive",
    "INVALID_DEVICE_REQUEST", "NOT_SUPPORTED" },
  { "folder", "the folder of a new machine cannot be used",
    "name one that is empty or not there", "OBJECT_NAME_COLLISION" },
  { "forked", "the connection belongs to the parent process",
    "connect anew after a fork", "INVALID_HANDLE" },
  { "formatter", "the formatter of the system failed; its own words are in"
    .. " `info.detail`", "look at `info.outcome`, then try again",
    "UNSUCCESSFUL" },
  { "fs", "this file system cannot be made",
    "take one of: ntfs, fat, fat16, fat32, exfat", "INVALID_PARAMETER",
    "NOT_SUPPORTED", "UNRECOGNIZED_VOLUME" },
  { "full_needed", "the formatter wants `quick = false`",
    "format with `quick = false`", "UNSUCCESSFUL" },
  { "handle_access", "the handle was opened without the access that the code"
    .. " needs", "open it with access `\"rw\"`", "ACCESS_DENIED" },
  { "has_letter", "the volume has a letter already", "remove that first",
    "INVALID_PARAMETER" },
  { "identity_changed", "another file system is on the volume now, or it is"
    .. " another volume than the journal tells of",
    "close the handle, look at the volume, open it again", "WRONG_VOLUME" },
  { "image", "the image file cannot be opened, read or written",
    "put it back where the machine looks for it, or make it readable",
    "DEVICE_NOT_CONNECTED", "OBJECT_NAME_INVALID", "IO_DEVICE_ERROR",
    "INVALID_PARAMETER", "DEVICE_BUSY" },
  { "image_outside", "the image is a link or lies outside of the machine's folder,"
    .. " and this user has not allowed it to the machine, or others can write to"
    .. " the machine", "if you trust it: `ntvol sim check DIR --allow-images`",
    "ACCESS_DENIED" },
  { "image_truncated", "the image file is shorter than the disk",
    "bring back the whole image", "DEVICE_DATA_ERROR" },
  { "in_memory", "nobody else can do anything to a machine in memory, so it is"
    .. " not watched", "list its events, or subscribe", "NOT_SUPPORTED" },
  { "in_use", "somebody has it open: `info.holders`",
    "close them, or wait: `lock { wait = 10 }`", "ACCESS_DENIED",
    "DEVICE_BUSY", "SHARING_VIOLATION" },
  { "installed", "it is still installed after its removal", "look at it: `ntvol"
    .. " disks`, then run the plan again", "DEVICE_BUSY" },
  { "journal", "the journal cannot be used: its folder, its database or its"
    .. " lock file", "make its folder writable, or name another with"
    .. " `NTVOL_STATE`", "FILE_CORRUPT_ERROR", "NOT_SUPPORTED" },
  { "journal_damaged", "the journal is not what was written into it: a value that"
    .. " cannot be, or saved bytes that do not fit their checksums",
    "see what is good: `ntvol log 7 --check`; bring the journal back from a"
    .. " backup, or write back the good pieces only: `ntvol undo D:"
    .. " --good-only`", "FILE_CORRUPT_ERROR" },
  { "label", "the label does not suit the file system",
    "take a shorter one, with plain letters", "INVALID_PARAMETER" },
  { "locked_by_other", "another handle holds the lock: `info.holders`",
    "wait until it unlocks: `open(name, { wait = 10 })`", "ACCESS_DENIED" },
  { "locking_handle_open", "the handle that had locked the cluster shared volume"
    .. " is still open", "close that handle, not only its lock",
    "ACCESS_DENIED" },
  { "machine_damaged", "the database of the simulated machine holds what cannot"
    .. " be: somebody edited it, or it is damaged", "see all that is wrong:"
    .. " `ntvol sim check DIR`", "FILE_CORRUPT_ERROR" },
  { "media", "Windows formats no volumes of this kind",
    "use another volume", "NOT_SUPPORTED" },
  { "mkfs_killed", "the program that makes the file system was ended by a"
    .. " signal", "try again: the volume is untouched", "UNSUCCESSFUL",
    "INVALID_PARAMETER" },
  { "medium_locked", "the drive was told to keep its medium",
    "allow its removal: `volume:media_removal(true)`",
    "DEVICE_BUSY" },
  { "medium_present", "there is a medium in the drive already",
    "eject it first", "DEVICE_BUSY" },
  { "mkfs_missing", "the program that makes this file system is not installed,"
    .. " or there is none for this system", "install it: the message names it",
    "NOT_SUPPORTED" },
  { "mkfs_refused", "that program refused; its own words are in `info.detail`",
    "change what it complains of", "INVALID_PARAMETER", "UNSUCCESSFUL" },
  { "mount_folder", "a volume that stays is mounted in a folder of one that goes",
    "take that mount folder away first", "DEVICE_BUSY" },
  { "mounted", "a mounted file system protects this range",
    "lock the volume first", "ACCESS_DENIED" },
  { "nested", "subscribers make requests of events that are requests of"
    .. " subscribers, too deep", "make no requests in subscribers of them",
    "INSUFFICIENT_RESOURCES" },
  { "no_file_reader", "this build cannot look into the file systems of images:"
    .. " the one for Windows", "open the root folder, or the volume",
    "NOT_SUPPORTED" },
  { "no_growth", "files on a simulated volume do not grow",
    "write within the file", "NOT_SUPPORTED" },
  { "no_machine", "there is no such machine", "name the folder of a simulated"
    .. " machine, or make one: `ntvol sim create`", "OBJECT_NAME_INVALID",
    "OBJECT_NAME_NOT_FOUND" },
  { "no_media", "there is no medium in the device", "put one in",
    "NO_MEDIA_IN_DEVICE", "VERIFY_REQUIRED" },
  { "no_native_machine", "this build of ntvol knows no machine of its own",
    "name a simulated machine: `NTVOL_MACHINE`", "NOT_SUPPORTED" },
  { "no_new_files", "files on a simulated volume are not made or emptied",
    "open a file that is there", "NOT_SUPPORTED" },
  { "no_node", "the cluster has no node of this name",
    "see which it has: `machine:nodes()`", "OBJECT_NAME_NOT_FOUND",
    "OBJECT_NAME_INVALID" },
  { "no_undo", "a step of the plan has no way back, or the journal has nothing"
    .. " saved of it",
    "see the plan: it says from where on; and: ntvol log", "NOT_SUPPORTED",
    "INVALID_PARAMETER",
    "OBJECT_NAME_NOT_FOUND" },
  { "not_a_directory", "the handle is not one of a directory",
    "open a directory: `D:\\`", "INVALID_PARAMETER" },
  { "not_a_file", "the handle is not one of a file", "open a file: `D:\\path`",
    "INVALID_FILE_FOR_SECTION" },
  { "not_a_volume", "the handle or the name is not one of a volume",
    "open the volume itself, without a path: `D:`", "INVALID_PARAMETER",
    "OBJECT_NAME_NOT_FOUND" },
  { "not_cluster_shared", "the volume is no cluster shared volume",
    "do this on one of a cluster", "INVALID_DEVICE_REQUEST" },
  { "not_held", "no writes are held for a snapshot", "hold them first",
    "INVALID_PARAMETER" },
  { "not_installed", "simulated machines are not installed, or cannot be"
    .. " loaded", "install the module ntvol.sim.core", "NOT_SUPPORTED" },
  { "not_interrupted", "only what was interrupted can be dismissed",
    "see what was: `ntvol recover --plan`", "INVALID_PARAMETER" },
  { "not_locked", "this handle does not hold the lock", "lock it first, and"
    .. " unlock by the handle that locked", "NOT_LOCKED", "ACCESS_DENIED" },
  { "not_removable", "the medium of this disk cannot be taken out",
    "prepare the disk for removal instead", "NOT_SUPPORTED" },
  { "nothing_to_undo", "no finished run of this plan is there to be taken back",
    "run it first", "INVALID_PARAMETER" },
  { "offline", "the volume is offline", "bring it online first",
    "DEVICE_NOT_READY", "DEVICE_OFF_LINE" },
  { "online", "the disk or volume is online", "take it offline first",
    "UNSUCCESSFUL" },
  { "page_file", "the volume holds a page file",
    "move the page file to another volume first", "ACCESS_DENIED" },
  { "partition_table", "the partition table cannot be read or cannot hold this",
    "look at the disk with a partition program", "DISK_CORRUPT_ERROR",
    "INVALID_PARAMETER", "IO_DEVICE_ERROR", "NOT_SUPPORTED" },
  { "privilege", "the handle was opened without the right to do this, or the"
    .. " process has not the rights of an administrator",
    "open it with access `\"rw\"`, as an administrator", "ACCESS_DENIED",
    "INVALID_PARAMETER", "PRIVILEGE_NOT_HELD" },
  { "program", "the program that was run ended with an exit status other than 0",
    "see what it wrote", "UNSUCCESSFUL" },
  { "readonly", "the volume is read-only", "make it writable first",
    "MEDIA_WRITE_PROTECTED" },
  { "removed", "the device was removed", "close the handle",
    "FILE_INVALID", "DEVICE_DOES_NOT_EXIST" },
  { "resident_file", "the file is so small that NTFS keeps its bytes in the"
    .. " record of the file", "use a larger file", "NOT_SUPPORTED" },
  { "restart_needed", "the removal ends at the next start of Windows; the LUN"
    .. " must not be masked before", "restart Windows", "DEVICE_BUSY" },
  { "revert_on_close", "a simulated machine does not take GPT attributes back"
    .. " when the handle is closed", "set them without that flag",
    "NOT_SUPPORTED" },
  { "scratch", "the scratch file of a format cannot be made",
    "make room where `TMPDIR` points, or point it elsewhere", "NOT_SUPPORTED",
    "DISK_FULL" },
  { "section", "a mapped file can be read and closed, nothing else",
    "use a handle of the file or of the volume", "OBJECT_TYPE_MISMATCH" },
  { "sector_size", "the file system cannot live on sectors of this size",
    "take another file system", "NOT_SUPPORTED" },
  { "short_transfer", "the machine moved fewer bytes than asked",
    "look at the disk", "END_OF_FILE" },
  { "size", "a volume of this size does not fit on the disk",
    "take a smaller volume or a larger disk", "INVALID_PARAMETER" },
  { "spanned", "the volume lies on several disks", "name one of them, or say"
    .. " that this is meant: `spanned = true`", "NOT_SUPPORTED" },
  { "sparse_file", "the file has no clusters in this range",
    "use another range or file", "NOT_SUPPORTED" },
  { "spec", "the description of a new machine contradicts itself",
    "correct what the message names", "INVALID_PARAMETER" },
  { "store", "the database of the simulated machine cannot be used",
    "make its folder writable, or copy the machine elsewhere",
    "FILE_CORRUPT_ERROR", "NOT_SUPPORTED", "UNSUCCESSFUL" },
  { "stuck", "a request on this handle never ended", "close it", "IO_TIMEOUT" },
  { "system_file", "the file system keeps its own state in this file",
    "leave it alone", "ACCESS_DENIED" },
  { "system_volume", "the system needs this volume",
    "start another system to work on this volume", "ACCESS_DENIED" },
  { "too_large", "the volume is too large for the file system",
    "take another file system", "INVALID_PARAMETER" },
  { "too_small", "the volume is too small for the file system",
    "take another file system", "INVALID_PARAMETER" },
  { "tool", "a program could not be started", "install it, or make it"
    .. " executable", "UNSUCCESSFUL", "OBJECT_NAME_NOT_FOUND" },
  { "undo_limit", "what a format would have to save takes more than `undo_limit`"
    .. " allows", "allow more, or format without undo data",
    "INVALID_PARAMETER" },
  { "uninitialized", "the file system has not given this range of the file a"
    .. " value yet", "use another range", "NOT_SUPPORTED" },
  { "uninstalled", "the disk is uninstalled, or its LUN is masked",
    "there is nothing left to do: unmask or rescan to get it back",
    "NO_SUCH_DEVICE", "NOT_SUPPORTED" },
  { "unknown_kind", "there is no such kind of machine", "name one that this"
    .. " build has", "NOT_SUPPORTED" },
  { "unverified", "the formatter said that it is done, but the volume does not"
    .. " hold what was asked for", "format it again", "UNSUCCESSFUL" },
  { "verify", "the volume does not come back as what was made",
    "look at it: `ntvol show`", "UNRECOGNIZED_VOLUME" },
  { "version", "a machine kind was built for another version",
    "build the machine kind and ntvol from the same version", "NOT_SUPPORTED" },
  { "vetoed", "Plug and Play asked before a removal, and somebody refused; see"
    .. " `info.veto`", "close what it names, then try again", "DEVICE_BUSY" },
  { "volume_name", "a volume keeps its name, `\\??\\Volume{guid}`",
    "delete its letter", "NOT_SUPPORTED" },
  { "volumes_installed", "volumes of the disk are still installed",
    "uninstall its volumes first", "DEVICE_BUSY" },
  { "windows_version", "this Windows does not have a function that this needs",
    "use a newer Windows", "NOT_SUPPORTED" },
  { "writes_held", "writes are held for a snapshot of the volume",
    "wait until they are released", "DEVICE_BUSY", "MEDIA_WRITE_PROTECTED" },
  { "wrong_entry", "the code was sent through the other system call than its"
    .. " own", "leave the option `entry` out", "NOT_SUPPORTED" },
}

-- What can be done about a failure of each class.
local CLASSES = {
  transient = "wait and try again: somebody has it open",
  permanent = "waiting does not help; something must be changed first",
  unsupported = "this machine, volume or handle cannot do it",
  cancelled = "the caller stopped it",
  timeout = "the time that was given ran out",
  usage = "the request itself is wrong",
}

local M = { list = {}, classes = CLASSES }

table.sort(ROWS, function(a, b)
  return a[1] < b[1]
end)

for i, row in ipairs(ROWS) do
  local statuses = {}
  for k = 4, #row do
    statuses[k - 3] = "STATUS_" .. row[k]
  end
  M.list[i] = { reason = row[1], meaning = row[2], next = row[3],
    statuses = statuses }
end

--- The row of a reason: `{ reason, meaning, next, statuses }`.
-- @tparam string reason
-- @treturn ?table
function M.find(reason)
  for _, row in ipairs(M.list) do
    if row.reason == reason then
      return row
    end
  end
end

return M
