--- Every row of the NT semantics: its name, what it is shown on with which
-- evidence, and what it says, shortly.
--
-- A group is a table of docs/rules.md. A row is
--   { NAME, "SUBJECT:EVIDENCE ...", TEXT, at = RULE, not_applicable = REASON }
-- SUBJECT is a file system, "disk" for a whole disk, or "nt" for what does not
-- depend on one. EVIDENCE is the mark of that page; "choice" stands
-- for what it calls unproven, where the simulated machine answers as documented
-- in docs/simulator.md. `at` is where the rule stands when the row has another
-- name: "1.9 row 3", "2 bullet 1"; a rule in running text is at "text",
-- and its anchor is the name of the row. `needs` names operations of a machine,
-- as its capabilities do, without which nothing can be seen of the row.

local groups = {}
local function group(name, rows)
  rows.name = name
  groups[#groups + 1] = rows
end

group("1.1 state", {
  { "1.1 offline", "nt:D", "a bit of the volume device", at = "1.1 row 1" },
  { "1.1 readonly", "nt:D", "of the medium or the disk", at = "1.1 row 2" },
  { "1.1 system_or_boot", "nt:D", "set by configuration", at = "1.1 row 3" },
  { "1.1 verify_pending", "fat:C",
    "set when a handle wrote without dismounting, or the medium was changed",
    at = "1.1 row 4" },
  { "1.1 MOUNTED", "nt:D", "set by the mount, ends with the instance",
    at = "1.1 row 5" },
  { "1.1 LOCKED", "nt:D", "set by lock, cleared by unlock or close",
    at = "1.1 row 6" },
  { "1.1 PERSISTENT", "nt:D", "set by the storage driver", at = "1.1 row 7",
    not_applicable = "nobody outside the kernel sees it" },
  { "1.1 REMOVE_PENDING", "nt:R", "set by a removal; nothing mounts then",
    at = "1.1 row 8", needs = "mask" },
  { "1.1 RAW_MOUNT", "raw:R", "set when RAW took the volume", at = "1.1 row 9" },
  { "1.1 DIRECT_WRITES", "nt:C,D", "set by lock and dismount, cleared by unlock",
    at = "1.1 row 10" },
  { "1.1 reference count", "nt:C", "opens and sections keep the instance",
    at = "1.1 row 11" },
  { "1.1 condition", "nt:C", "good, dismounted, replaced or removed",
    at = "1.1 row 12" },
  { "1.1 dismounted", "nt:C", "never ends but with the instance",
    at = "1.1 row 13" },
  { "1.1 lock_owner", "nt:C", "a file object, not a process", at = "1.1 row 14" },
  { "1.1 boot_or_pagefile", "nt:C", "refuses the dismount", at = "1.1 row 15" },
  { "1.1 open counts", "nt:C", "handles count until they are closed",
    at = "1.1 row 16" },
  { "1.1 kind", "nt:C", "file, directory, volume or direct device open",
    at = "1.1 row 17" },
  { "1.1 access bits", "nt:R", "as granted at the open", at = "1.1 row 18" },
  { "1.1 manage_volume", "nt:C", "decided once, at the open", at = "1.1 row 19" },
  { "1.1 extended_dasd", "nt:C", "for one handle", at = "1.1 row 20" },
  { "1.1 complete_dismount", "nt:C", "this handle did the dismount",
    at = "1.1 row 21" },
  { "1.1 modified", "nt:C", "set by the first write", at = "1.1 row 22" },
  { "1.1 instance", "nt:C", "a handle never moves to a new instance",
    at = "1.1 row 23" },
  { "1.1 two instances", "nt:D", "a dead instance lives beside the fresh one",
    at = "text" },
})

group("1.2 handles", {
  { "1.2 volume handle", "nt:D", "a volume name with data access mounts it",
    at = "1.2 row 1" },
  { "1.2 direct device open", "nt:R,D", "without data access: no mount, no file system",
    at = "1.2 row 2" },
  { "1.2 traverse", "nt:C,D", "mounts, without the right to manage",
    at = "1.2 row 3" },
  { "1.2 root directory", "nt:C,D", "a trailing backslash is no volume handle",
    at = "1.2 row 4" },
  { "1.2 disk handle", "nt:D", "no file system below it", at = "1.2 row 5" },
  { "1.2 disposition", "fat:C ntfs:choice raw:choice", "only open and open_if are for volumes",
    at = "1.2 row 6" },
  { "1.2 directory", "fat:C ntfs:choice raw:choice", "a volume is no directory", at = "1.2 row 7" },
  { "1.2 unmountable", "raw:R,D", "RAW takes the empty name, paths are refused",
    at = "1.2 row 8" },
  { "1.2 right", "fat:C ntfs:choice", "the right to manage comes with any specific access",
    at = "text" },
  { "1.2 uncached", "fat:C ntfs:D raw:D disk:D", "volume handles know no cache", at = "text" },
  { "1.2 duplicates", "fat:C ntfs:choice raw:choice", "duplicates own the lock together",
    at = "text" },
  { "1.2 second open", "fat:C ntfs:choice", "another open is another owner", at = "text" },
})

-- NTSTATUS, its number and what Win32 makes of it.
local statuses = {}
for i, words in ipairs {
  "STATUS_SUCCESS 0=0",
  "STATUS_UNSUCCESSFUL C0000001=31",
  "STATUS_NOT_IMPLEMENTED C0000002=1 STATUS_INVALID_DEVICE_REQUEST C0000010=1",
  "STATUS_INVALID_HANDLE C0000008=6 STATUS_FILE_CLOSED C0000128=6",
  "STATUS_INVALID_PARAMETER C000000D=87",
  "STATUS_NO_SUCH_DEVICE C000000E=433",
  "STATUS_END_OF_FILE C0000011=38",
  "STATUS_WRONG_VOLUME C0000012=34",
  "STATUS_NO_MEDIA_IN_DEVICE C0000013=21",
  "STATUS_UNRECOGNIZED_MEDIA C0000014=1785",
  "STATUS_ACCESS_DENIED C0000022=5",
  "STATUS_BUFFER_TOO_SMALL C0000023=122 STATUS_BUFFER_OVERFLOW 80000005=234",
  "STATUS_INFO_LENGTH_MISMATCH C0000004=24",
  "STATUS_NOT_LOCKED C000002A=158",
  "STATUS_OBJECT_NAME_NOT_FOUND C0000034=2",
  "STATUS_SHARING_VIOLATION C0000043=32",
  "STATUS_PRIVILEGE_NOT_HELD C0000061=1314",
  "STATUS_FILE_INVALID C0000098=1006",
  "STATUS_DEVICE_NOT_CONNECTED C000009D=1167",
  "STATUS_MEDIA_WRITE_PROTECTED C00000A2=19 STATUS_TOO_LATE C0000189=19",
  "STATUS_DEVICE_NOT_READY C00000A3=21",
  "STATUS_NOT_SUPPORTED C00000BB=50",
  "STATUS_DEVICE_DOES_NOT_EXIST C00000C0=55",
  "STATUS_INVALID_USER_BUFFER C00000E8=1784",
  "STATUS_NOT_A_DIRECTORY C0000103=267",
  "STATUS_CANCELLED C0000120=995",
  "STATUS_UNRECOGNIZED_VOLUME C000014F=1005",
  "STATUS_VOLUME_DISMOUNTED C000026E=21",
  "STATUS_INVALID_DEVICE_OBJECT_PARAMETER C0000369=650",
  "STATUS_DEVICE_REMOVED C00002B6=1617",
  "STATUS_VOLMGR_VOLUME_OFFLINE C038004B=C038004B",
  "STATUS_DEVICE_OFF_LINE 80000010=21",
  "STATUS_DEVICE_BUSY 80000011=170",
  "STATUS_VERIFY_REQUIRED 80000016=1110",
} do
  statuses[i] = { "1.3 " .. words:match("%S+"), "nt:X", words,
    at = "1.3 row " .. i }
end
group("1.3 statuses", statuses)

group("1.4 open", {
  { "O1", "fat:R,D ntfs:R,D raw:R", "not mounted, data access: mounts" },
  { "O2", "nt:R,D", "not mounted, no data access: no mount" },
  { "O3", "fat:C ntfs:choice", "share modes among volume handles" },
  { "O4", "fat:C ntfs:C", "neither write nor delete shared: a lock" },
  { "O5", "fat:C,D ntfs:D raw:R", "locked: refused to everybody" },
  { "O6", "nt:R", "locked, no data access: succeeds" },
  { "O7", "fat:R,C ntfs:choice", "locked and dismounted: the lock refuses" },
  { "O8", "fat:C ntfs:choice", "dismounted: no mount while that handle is open" },
  { "O9", "fat:C,D ntfs:D", "the dismounting handle is closed: mounts anew" },
  { "O10", "fat:choice ntfs:choice", "offline and not mounted" },
  { "O11", "nt:inf", "offline, no data access: succeeds" },
  { "O12", "nt:R", "removal pending: the device does not exist", needs = "mask" },
  { "O13", "fat:C ntfs:choice", "lock by share mode: every other open is refused" },
  { "O process", "fat:C ntfs:choice", "the process that locked is no exception",
    at = "text" },
})

group("1.5 lock", {
  { "L1", "fat:C ntfs:D raw:R cdfs:C btrfs:B", "alone: succeeds" },
  { "L2", "fat:C,D ntfs:D,P cdfs:C btrfs:B", "a file or directory is open" },
  { "L3", "fat:C ntfs:choice raw:O cdfs:C btrfs:B", "another volume handle is open" },
  { "L4", "fat:inf ntfs:inf", "direct device opens do not count" },
  { "L5", "fat:C ntfs:choice", "a section outlives the file's handle" },
  { "L6", "fat:C,D ntfs:D", "page file on the volume" },
  { "L7", "fat:C,D ntfs:choice", "system or boot volume" },
  { "L8", "fat:C ntfs:choice", "read-only volume: succeeds" },
  { "L9", "fat:C ntfs:choice raw:R cdfs:C btrfs:B", "locked by this handle" },
  { "L10", "fat:C ntfs:choice raw:choice btrfs:B", "locked by another handle" },
  { "L11", "fat:C ntfs:choice cdfs:C", "handle of a file or directory" },
  { "L12", "fat:C ntfs:choice", "no right to manage the volume" },
  { "L13", "fat:inf ntfs:inf raw:inf", "handle without data access" },
  { "L14", "fat:C ntfs:choice", "read access is enough" },
  { "L15", "fat:C ntfs:choice", "share modes play no role, nor the lock by share mode" },
  { "L16", "fat:C ntfs:choice cdfs:C", "after a dismount on this handle" },
  { "L17", "fat:C", "the handle is closed meanwhile" },
  { "L18", "btrfs:B", "busy with maintenance" },
  { "L19", "fat:C ntfs:choice raw:R", "a code that the driver does not know" },
  { "L20", "fat:choice ntfs:choice", "offline volume" },
})

group("1.5 implicit lock", {
  { "implicit write", "fat:C ntfs:choice", "with write access nothing is shared",
    at = "1.5 bullet 1" },
  { "implicit no read", "fat:C ntfs:choice", "without read sharing any handle is in the way",
    at = "1.5 bullet 2" },
  { "implicit read", "fat:C ntfs:choice", "with read sharing writers are in the way",
    at = "1.5 bullet 3" },
  { "implicit flags", "fat:C ntfs:choice", "it locks, yet is not the lock of the device",
    at = "1.5 bullet 4" },
  { "implicit unlock", "fat:C ntfs:choice", "there is nothing to unlock", at = "1.5 bullet 5" },
  { "implicit explicit", "fat:C ntfs:choice", "lock and unlock end it too", at = "1.5 bullet 6" },
  { "implicit close", "fat:C ntfs:choice", "UNLOCK at close, without a LOCK before",
    at = "1.5 bullet 7" },
  { "implicit access", "fat:C ntfs:C", "the wanted access plays no role", at = "text" },
  { "implicit trigger", "cdfs:C raw:O", "other drivers have another trigger, or none",
    at = "text" },
})

group("1.6 unlock", {
  { "U1", "fat:C ntfs:choice raw:R", "by the owner: succeeds, no direct writes any more" },
  { "U2", "fat:C ntfs:choice raw:R cdfs:C btrfs:B", "not locked" },
  { "U3", "fat:C ntfs:choice raw:R cdfs:C btrfs:B", "locked by another file object" },
  { "U4", "fat:C ntfs:choice", "locked by share mode only" },
  { "U5", "fat:C ntfs:choice", "wrong handle, or no right" },
  { "U6", "fat:C ntfs:choice", "after lock and dismount: succeeds" },
  { "U7", "ntfs:C", "ends the instance, the next open mounts" },
  { "U7 handle", "ntfs:choice", "the one that unlocked stays with the old instance",
    at = "U7" },
  { "U8", "csvfs:D", "is not enough, the handle must be closed" },
})

group("1.7 dismount", {
  { "D1", "fat:C ntfs:D", "locked by this handle" },
  { "D2", "fat:C,D ntfs:D", "not locked, files open: forced" },
  { "D3", "fat:choice ntfs:choice raw:R btrfs:choice",
    "locked by another handle" },
  { "D4", "fat:C ntfs:choice raw:R cdfs:C btrfs:B", "already dismounted" },
  { "D5", "fat:C,D ntfs:choice btrfs:B cdfs:C", "boot or paging volume" },
  { "D6", "fat:C ntfs:choice", "wrong handle, or no right" },
  { "D7", "fat:C ntfs:choice", "read-only volume: succeeds" },
  { "D8", "fat:C", "a failure inside announces DISMOUNT_FAILED" },
  { "D9", "raw:R,O", "RAW: only while locked, and nothing happens" },
  { "D10", "ntfs:D", "a locked volume counts as dismounted; any order works" },
  { "D deferred", "fat:C ntfs:choice", "the physical dismount waits for the close", at = "text" },
  { "D count", "nt:R,D", "the kernel counts dismounts", at = "text",
    not_applicable = "there is no shared kernel page; the history counts them" },
})

group("1.8 close", {
  { "close dismount", "fat:C ntfs:choice", "first: a dismount is finished", at = "1.8 step 1" },
  { "close verify", "fat:C ntfs:choice", "else: who wrote has the volume verified",
    at = "1.8 step 2" },
  { "close lock", "fat:C ntfs:choice raw:choice", "then: its lock is released", at = "1.8 step 3" },
  { "close process", "nt:D", "the end of a process does the same", at = "text" },
})

group("1.8 I/O", {
  { "I1", "fat:C ntfs:choice", "locked: only direct device opens are left" },
  { "I2", "fat:C ntfs:D", "the owner reads and writes everywhere" },
  { "I3", "fat:C ntfs:choice", "the dismounting handle goes on" },
  { "I4", "fat:C ntfs:choice", "other volume handles are dead" },
  { "I5", "fat:C,D ntfs:D", "files opened before are dead, their data is safe" },
  { "I6", "fat:C ntfs:choice", "removed device: the file is invalid" },
  { "I7", "fat:C ntfs:choice", "another medium: wrong volume" },
  { "I8", "fat:C ntfs:choice", "verified by the first touch" },
  { "I9", "fat:C ntfs:choice", "dismounted: device codes work" },
  { "I10", "fat:C ntfs:choice", "files take no storage codes" },
  { "I11", "fat:C cdfs:C", "IS_VOLUME_MOUNTED, also while locked" },
  { "I12", "ntfs:choice", "IS_VOLUME_MOUNTED while locked" },
  { "I13", "nt:C", "a closed handle" },
  { "I14", "nt:R,X", "the access bits of the code come first" },
  { "I15", "fat:C,D ntfs:choice", "dirty questions need a good instance" },
  { "I16", "nt:R,inf", "the right to read, list, write or flush comes first" },
})

group("1.8 offline", {
  { "F1", "fat:D ntfs:D raw:choice", "after a dismount on the same handle" },
  { "F2", "nt:R,X", "needs read and write access" },
  { "F3", "fat:choice ntfs:choice", "without a dismount" },
  { "F4", "fat:choice ntfs:choice", "twice is once" },
  { "F5", "fat:choice ntfs:choice", "system and boot volume" },
  { "F6", "nt:D", "dynamic disks of old systems",
    not_applicable = "the machine is not that old" },
  { "F7", "disk:R cdfs:R", "a driver that does not know the code" },
  { "F8", "csvfs:D", "cluster shared volumes" },
  { "F9", "fat:choice ntfs:choice raw:choice", "reads and writes: not ready" },
  { "F10", "fat:choice ntfs:choice", "queries that need no medium are answered" },
  { "F11", "fat:choice", "opens, as O10 and O11 say" },
  { "F12", "nt:D", "the disk is not affected" },
  { "F13", "fat:D ntfs:D", "nothing mounts" },
  { "F14", "nt:D", "an arrival puts online", needs = "mask unmask" },
  { "F15", "nt:D", "a new mount point puts online", needs = "mount_points" },
  { "F online", "fat:D,R ntfs:D raw:D", "may be repeated, and does not mount", at = "text" },
})

group("1.8 questions", {
  { "1.8 IS_CLUSTERED", "nt:D", "success means yes", at = "1.8 row 1" },
  { "1.8 IS_OFFLINE", "nt:P", "success means yes, ERROR_GEN_FAILURE no",
    at = "1.8 row 2" },
  { "1.8 SUPPORTS_ONLINE_OFFLINE", "nt:P", "success means yes", at = "1.8 row 2" },
  { "1.8 IS_IO_CAPABLE", "nt:P", "success means yes", at = "1.8 row 2" },
  { "1.8 IS_PARTITION", "nt:P", "success means yes", at = "1.8 row 2" },
  { "1.8 IS_VOLUME_MOUNTED", "fat:C", "yes, or which kind of no", at = "1.8 row 3" },
})

group("1.9 file systems", {
  { "1.9 lock alone", "fat:C cdfs:C ntfs:D raw:R btrfs:B", "succeeds",
    at = "1.9 row 1" },
  { "1.9 lock files open", "fat:C cdfs:C ntfs:P raw:R btrfs:B", "is refused",
    at = "1.9 row 2" },
  { "1.9 lock second handle", "fat:C cdfs:C ntfs:choice raw:R btrfs:B",
    "btrfs alone does not mind", at = "1.9 row 3" },
  { "1.9 lock twice", "fat:C cdfs:C ntfs:choice raw:R btrfs:B",
    "btrfs alone does not mind", at = "1.9 row 4" },
  { "1.9 lock dismounted", "fat:C cdfs:C ntfs:choice raw:O btrfs:choice",
    "on the dismounting handle", at = "1.9 row 5" },
  { "1.9 lock direct writes", "fat:C cdfs:C ntfs:choice raw:R btrfs:B",
    "whether the disk may be written then", at = "1.9 row 6" },
  { "1.9 unlock not locked", "fat:C cdfs:C ntfs:choice raw:R btrfs:B", "is refused",
    at = "1.9 row 7" },
  { "1.9 unlock not owner", "fat:C cdfs:C ntfs:choice raw:R btrfs:B",
    "RAW alone does not mind", at = "1.9 row 7" },
  { "1.9 unlock effect", "fat:C ntfs:C", "what else it does", at = "1.9 row 8" },
  { "1.9 dismount unlocked", "fat:C cdfs:C ntfs:D raw:R btrfs:B", "RAW alone minds",
    at = "1.9 row 9" },
  { "1.9 dismount twice", "fat:C cdfs:C ntfs:choice btrfs:B", "is refused, but on btrfs",
    at = "1.9 row 10" },
  { "1.9 dismount boot", "fat:C cdfs:C ntfs:choice btrfs:B", "is refused",
    at = "1.9 row 11" },
  { "1.9 dismount when", "fat:C cdfs:C ntfs:choice raw:R btrfs:B",
    "when the instance really ends", at = "1.9 row 12" },
  { "1.9 mounted locked", "fat:C cdfs:C ntfs:choice raw:O btrfs:choice",
    "IS_VOLUME_MOUNTED while locked", at = "1.9 row 13" },
  { "1.9 lock refusal", "fat:C cdfs:C ntfs:P raw:R btrfs:B", "its status",
    at = "1.9 row 14" },
  { "1.9 raw write", "fat:C ntfs:D raw:R btrfs:B", "without a lock",
    at = "1.9 row 15" },
})

group("1.10 direct writes", {
  { "1.10 volume handle", "fat:C,D ntfs:D raw:D", "where writes are allowed",
    at = "1.10 bullet 1" },
  { "1.10 disk handle", "fat:D ntfs:D raw:D", "refused inside mounted volumes",
    at = "1.10 bullet 2" },
  { "1.10 order", "fat:C", "this test comes before that of the instance",
    at = "text" },
  { "1.10 unlock", "fat:inf ntfs:choice", "unlock blocks the disk, not who dismounted",
    at = "text" },
  { "1.10 owner", "btrfs:B", "only the owner of the lock writes", at = "text" },
})

group("1.11 ends", {
  { "1.11 alignment", "fat:R,D ntfs:R,D raw:R,D disk:R,D", "whole sectors only",
    at = "1.11 bullet 1" },
  { "1.11 read past the end", "fat:C ntfs:choice", "end of file; across it is clipped",
    at = "1.11 bullet 2" },
  { "1.11 write past the end", "fat:C ntfs:choice", "0 bytes; across it is clipped",
    at = "1.11 bullet 2" },
  { "1.11 extended", "fat:C,D ntfs:D disk:P",
    "no clipping for one handle, with the right; not for a disk",
    at = "1.11 bullet 3" },
  { "1.11 RAW", "raw:R", "the end is that of the partition", at = "1.11 bullet 4" },
  { "1.11 first touch", "fat:C ntfs:choice", "the first raw access flushes or purges",
    at = "1.11 bullet 5" },
  { "1.11 cached file", "fat:inf ntfs:inf",
    "what a file was given waits for a flush, its close or the first raw access",
    at = "1.11 bullet 5" },
})

group("1.12 corners", {
  { "1.12 remount", "fat:D ntfs:D", "by any later open", at = "1.12 bullet 1" },
  { "1.12 verify", "fat:C ntfs:choice", "a changed boot sector is another volume",
    at = "1.12 bullet 2" },
  { "1.12 shadow copies", "nt:choice", "freezing for a snapshot", at = "1.12 bullet 3" },
  { "1.12 read-only", "fat:C ntfs:choice cdfs:choice",
    "write protected; lock and dismount are not affected",
    at = "1.12 bullet 4" },
  { "1.12 removal", "fat:C,D ntfs:choice", "open files veto it, and no LOCK is announced",
    at = "1.12 bullet 5" },
  { "1.12 overlapped", "nt:C", "codes complete at once", at = "1.12 bullet 6",
    not_applicable = "every handle is synchronous here" },
  { "1.12 bytes returned", "nt:D", "mean nothing for these codes",
    at = "1.12 bullet 7" },
})

local guids = {}
for i, words in ipairs {
  "DISMOUNT d16a55e8-1059-11d2-8ffd-00a0c9a06d32 1",
  "DISMOUNT_FAILED e3c5b178-105d-11d2-8ffd-00a0c9a06d32 2",
  "LOCK 50708874-c9af-11d1-8fef-00a0c9a06d32 3",
  "LOCK_FAILED ae2eed10-0ba8-11d2-8ffb-00a0c9a06d32 4",
  "UNLOCK 9a8c3d68-d0cb-11d1-8fef-00a0c9a06d32 5",
  "MOUNT b5804878-1a96-11d2-8ffd-00a0c9a06d32 6",
  "NEED_CHKDSK 799a0960-0a0b-4e03-ad88-2fa7c6ce748a 7",
  "WORM_NEAR_FULL f3bfff82-f3de-48d2-af95-457f80b763f2 8",
  "WEARING_OUT 873113ca-1486-4508-82ac-c3b2e5297aaa 9",
  "FORCE_CLOSED 411ad84f-433e-4dc2-a5ae-4a2d1a2de654 10",
  "INFO_MAKE_COMPAT 3ab9a0d2-ef80-45cf-8cdc-cbe02a212906 11",
  "PREPARING_EJECT c79eb16e-0dac-4e7a-a86c-b25ceeaa88f6 12",
  "CHANGE_SIZE 3a1625be-ad03-49f1-8ef8-6bbac182d1fd 13",
  "BACKGROUND_FORMAT a2e5fc86-d5cd-4038-b2e3-4445065c2377 14",
} do
  local name = words:match("%S+")
  guids[i] = { "2 GUID " .. name, "nt:D,X", words, at = "2 row " .. i }
end
guids[15] = { "2 GUID others", "nt:D,X", "events without a code of FSRTL",
  at = "2 row 15" }
group("2 identifiers", guids)

group("2 events", {
  { "2 before", "nt:C,R", "LOCK and DISMOUNT come before the attempt, synchronously",
    at = "2 bullet 1" },
  { "2 after", "nt:C", "UNLOCK comes after the lock has ended", at = "2 bullet 2" },
  { "2 failed", "nt:D", "LOCK_FAILED comes after the failure", at = "2 bullet 3" },
  { "2 listener", "fat:inf ntfs:inf", "a listener that keeps its handle defeats the lock",
    at = "2 bullet 4", needs = "subscribe" },
  { "2 dismount alone", "fat:D ntfs:D", "a DISMOUNT needs no LOCK before",
    at = "2 bullet 5" },
  { "2 parameters", "fat:C ntfs:choice cdfs:C", "wrong requests send nothing", at = "2 bullet 6" },
  { "2 unlock", "fat:C ntfs:choice", "unlock and close send the same UNLOCK", at = "2 bullet 7" },
  { "2 offline", "nt:inf", "OFFLINE and ONLINE are no events of the file system",
    at = "2 bullet 8" },
  { "2 cluster", "csvfs:D", "only on the node of the request", at = "2 bullet 9" },
  { "2 trace lock unlock close", "fat:C", "LOCK; UNLOCK", at = "2 row 16" },
  { "2 trace lock fails", "fat:C ntfs:choice", "LOCK; LOCK_FAILED", at = "2 row 17" },
  { "2 trace lock close", "fat:C ntfs:choice", "LOCK; UNLOCK", at = "2 row 18" },
  { "2 trace format", "fat:C ntfs:choice", "LOCK; DISMOUNT; UNLOCK; MOUNT", at = "2 row 19" },
  { "2 trace dismount close open", "fat:C ntfs:choice", "DISMOUNT; MOUNT", at = "2 row 20" },
  { "2 trace dismount twice", "fat:C ntfs:choice", "DISMOUNT", at = "2 row 21" },
  { "2 trace offline", "fat:C ntfs:choice", "LOCK; DISMOUNT; UNLOCK, no MOUNT", at = "2 row 22" },
  { "2 trace remount", "ntfs:C", "LOCK; UNLOCK; MOUNT", at = "2 row 23" },
})

group("3 cluster", {
  { "3 FSCTL_LOCK_VOLUME", "csvfs:D", "succeeds when no file is open", at = "3 row 1" },
  { "3 FSCTL_UNLOCK_VOLUME", "csvfs:D", "the handle must be closed, too",
    at = "3 row 2" },
  { "3 FSCTL_DISMOUNT_VOLUME", "csvfs:D", "files of other nodes become invalid",
    at = "3 row 3" },
  { "3 IOCTL_VOLUME_OFFLINE", "csvfs:D", "is the cluster's own affair, as ONLINE is",
    at = "3 row 4" },
  { "3 FSCTL_ALLOW_EXTENDED_DASD_IO", "csvfs:D", "is supported", at = "3 row 5" },
  { "3 FSCTL_IS_CSV_FILE", "csvfs:D", "tells where a file lies", at = "3 row 6" },
  { "3 FSCTL_IS_VOLUME_OWNED_BYCSVFS", "csvfs:D", "answers one byte", at = "3 row 7" },
  { "3 IOCTL_VOLUME_IS_CSV", "csvfs:D", "true, or it fails", at = "3 row 8" },
  { "3 not shared", "fat:D ntfs:D", "IS_CSV fails where nothing is shared",
    at = "3 row 8" },
  { "3 SMB", "nt:D", "the codes do not travel", at = "3 row 9",
    not_applicable = "the machine has no network" },
  { "3 maintenance", "csvfs:D", "repairs need maintenance, not a lock", at = "text" },
})

-- Control codes: NAME NUMBER, more of them in one row of the rules.
local function codes(section, list)
  local rows = {}
  for i, words in ipairs(list) do
    for name, number in words:gmatch("(%S+) (%x+)") do
      rows[#rows + 1] = { section .. " " .. name, "nt:X", "is 0x" .. number,
        at = section .. " row " .. i, code = tonumber(number, 16) }
    end
  end
  return rows
end

group("4.2 codes", codes("4.2", {
  "FSCTL_LOCK_VOLUME 90018",
  "FSCTL_UNLOCK_VOLUME 9001C",
  "FSCTL_DISMOUNT_VOLUME 90020",
  "IOCTL_VOLUME_ONLINE 56C008",
  "IOCTL_VOLUME_OFFLINE 56C00C",
}))

group("4.3 codes", codes("4.3", {
  "FSCTL_IS_VOLUME_MOUNTED 90028",
  "FSCTL_IS_PATHNAME_VALID 9002C",
  "FSCTL_MARK_VOLUME_DIRTY 90030",
  "FSCTL_INVALIDATE_VOLUMES 90054",
  "FSCTL_QUERY_FAT_BPB 90058",
  "FSCTL_FILESYSTEM_GET_STATISTICS 90060",
  "FSCTL_GET_NTFS_VOLUME_DATA 90064",
  "FSCTL_GET_VOLUME_BITMAP 9006F",
  "FSCTL_GET_RETRIEVAL_POINTERS 90073 FSCTL_GET_RETRIEVAL_POINTER_BASE 90234",
  "FSCTL_MOVE_FILE 90074",
  "FSCTL_IS_VOLUME_DIRTY 90078",
  "FSCTL_ALLOW_EXTENDED_DASD_IO 90083",
  "FSCTL_MARK_HANDLE 900FC",
  "FSCTL_EXTEND_VOLUME 900F0",
  "FSCTL_QUERY_USN_JOURNAL 900F4",
  "FSCTL_SHRINK_VOLUME 901B0",
  "FSCTL_LOOKUP_STREAM_FROM_CLUSTER 901FC",
  "FSCTL_GET_BOOT_AREA_INFO 90230",
  "FSCTL_SET_PERSISTENT_VOLUME_STATE 90238 FSCTL_QUERY_PERSISTENT_VOLUME_STATE 9023C",
  "FSCTL_QUERY_ON_DISK_VOLUME_INFO 9013C",
  "FSCTL_QUERY_FILE_SYSTEM_RECOGNITION 9024C",
  "FSCTL_IS_CSV_FILE 90248 FSCTL_IS_FILE_ON_CSV_VOLUME 9025C "
    .. "FSCTL_IS_VOLUME_OWNED_BYCSVFS 90278",
  "FSCTL_CSV_GET_VOLUME_PATH_NAME 90250 "
    .. "FSCTL_CSV_GET_VOLUME_NAME_FOR_VOLUME_MOUNT_POINT 90254",
}))

group("4.4 codes", codes("4.4", {
  "IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS 560000",
  "IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE 560004",
  "IOCTL_VOLUME_IS_OFFLINE 560010",
  "IOCTL_VOLUME_IS_IO_CAPABLE 560014",
  "IOCTL_VOLUME_QUERY_FAILOVER_SET 560018",
  "IOCTL_VOLUME_QUERY_VOLUME_NUMBER 56001C",
  "IOCTL_VOLUME_LOGICAL_TO_PHYSICAL 560020 IOCTL_VOLUME_PHYSICAL_TO_LOGICAL 560024",
  "IOCTL_VOLUME_IS_PARTITION 560028",
  "IOCTL_VOLUME_READ_PLEX 56402E",
  "IOCTL_VOLUME_IS_CLUSTERED 560030",
  "IOCTL_VOLUME_SET_GPT_ATTRIBUTES 560034",
  "IOCTL_VOLUME_GET_GPT_ATTRIBUTES 560038",
  "IOCTL_VOLUME_IS_DYNAMIC 560048",
  "IOCTL_VOLUME_PREPARE_FOR_CRITICAL_IO 56C04C",
  "IOCTL_VOLUME_QUERY_ALLOCATION_HINT 564052",
  "IOCTL_VOLUME_UPDATE_PROPERTIES 560054",
  "IOCTL_VOLUME_QUERY_MINIMUM_SHRINK_SIZE 564058 IOCTL_VOLUME_PREPARE_FOR_SHRINK 56C05C",
  "IOCTL_VOLUME_IS_CSV 560060",
  "IOCTL_VOLUME_POST_ONLINE 56C064",
  "IOCTL_DISK_GET_LENGTH_INFO 7405C",
  "IOCTL_DISK_GET_DRIVE_GEOMETRY 70000 IOCTL_DISK_GET_DRIVE_GEOMETRY_EX 700A0",
  "IOCTL_DISK_GET_PARTITION_INFO_EX 70048",
  "IOCTL_DISK_GET_DRIVE_LAYOUT_EX 70050 IOCTL_DISK_SET_DRIVE_LAYOUT_EX 7C054",
  "IOCTL_DISK_CREATE_DISK 7C058",
  "IOCTL_DISK_DELETE_DRIVE_LAYOUT 7C100",
  "IOCTL_DISK_GROW_PARTITION 7C0D0",
  "IOCTL_DISK_UPDATE_PROPERTIES 70140",
  "IOCTL_DISK_IS_WRITABLE 70024",
  "IOCTL_DISK_VERIFY 70014",
  "IOCTL_DISK_SET_PARTITION_INFO 7C008",
  "IOCTL_DISK_GET_DISK_ATTRIBUTES 700F0 IOCTL_DISK_SET_DISK_ATTRIBUTES 7C0F4",
  "IOCTL_STORAGE_GET_DEVICE_NUMBER 2D1080",
  "IOCTL_STORAGE_QUERY_PROPERTY 2D1400",
  "IOCTL_STORAGE_EJECT_MEDIA 2D4808 IOCTL_STORAGE_LOAD_MEDIA 2D480C",
  "IOCTL_STORAGE_MEDIA_REMOVAL 2D4804",
  "IOCTL_STORAGE_CHECK_VERIFY 2D4800 IOCTL_STORAGE_CHECK_VERIFY2 2D0800",
  "IOCTL_STORAGE_GET_HOTPLUG_INFO 2D0C14",
  "IOCTL_STORAGE_READ_CAPACITY 2D5140",
  "IOCTL_MOUNTMGR_QUERY_POINTS 6D0008",
  "IOCTL_MOUNTMGR_CREATE_POINT 6DC000 IOCTL_MOUNTMGR_DELETE_POINTS 6DC004 "
    .. "IOCTL_MOUNTMGR_DELETE_POINTS_DBONLY 6DC00C",
  "IOCTL_MOUNTMGR_NEXT_DRIVE_LETTER 6DC010 IOCTL_MOUNTMGR_AUTO_DL_ASSIGNMENTS 6DC014",
  "IOCTL_MOUNTMGR_KEEP_LINKS_WHEN_OFFLINE 6DC024",
  "IOCTL_MOUNTMGR_CHANGE_NOTIFY 6D4020",
  "IOCTL_MOUNTMGR_VOLUME_ARRIVAL_NOTIFICATION 6D402C",
  "IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATH 6D0030 IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATHS 6D0034",
  "IOCTL_MOUNTMGR_SCRUB_REGISTRY 6DC038 IOCTL_MOUNTMGR_QUERY_AUTO_MOUNT 6D003C "
    .. "IOCTL_MOUNTMGR_SET_AUTO_MOUNT 6DC040",
  "IOCTL_MOUNTDEV_QUERY_UNIQUE_ID 4D0000 IOCTL_MOUNTDEV_QUERY_DEVICE_NAME 4D0008 "
    .. "IOCTL_MOUNTDEV_QUERY_STABLE_GUID 4D0018",
  "IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES 53C000",
}))

-- What the codes answer that make sense here.
group("4 answers", {
  { "4.1 arithmetic", "nt:X", "a number is made of device, access, function, method",
    at = "text" },
  { "4.3 mark dirty", "fat:D ntfs:D", "sets the bit on the volume", at = "4.3 row 3" },
  { "4.3 mark dirty right", "fat:D", "needs the right to manage", at = "4.3 row 3" },
  { "4.3 FAT boot", "fat:D exfat:choice ntfs:choice",
    "the first bytes of the boot sector", at = "4.3 row 5" },
  { "4.3 NTFS data", "ntfs:D fat:choice", "96 bytes about the file system",
    at = "4.3 row 7" },
  { "4.3 bitmap", "fat:D ntfs:D", "which clusters are used", at = "4.3 row 8" },
  { "4.3 is dirty", "fat:C ntfs:choice", "one number, bit 0", at = "4.3 row 11" },
  { "4.3 is dirty room", "fat:C", "short and missing buffers", at = "4.3 row 11" },
  { "4.3 persistent state", "fat:D", "dismounted: not ready", at = "4.3 row 19" },
  { "4.3 recognition", "raw:D fat:D ntfs:D", "names what is not mounted",
    at = "4.3 row 21" },
  { "4.3 damaged", "fat:choice ntfs:choice", "nothing is told of a damaged file system",
    at = "4.3 row 8" },
  { "4.4 extents", "nt:D", "disk, start and length", at = "4.4 row 1" },
  { "4.4 two extents", "nt:D", "more data than one extent", at = "4.4 row 1" },
  { "4.4 GPT attributes", "nt:R", "8 bytes on GPT, refused on MBR", at = "4.4 row 12" },
  { "4.4 length", "nt:X", "8 bytes, needs to read", at = "4.4 row 20" },
  { "4.4 geometry", "nt:X", "24 or 40 bytes", at = "4.4 row 21" },
  { "4.4 partition", "nt:X", "144 bytes", at = "4.4 row 22" },
  { "4.4 layout", "nt:X", "a header and 144 bytes a partition", at = "4.4 row 23" },
  { "4.4 disk attributes", "nt:X", "bits of the disk: offline, read-only",
    at = "4.4 row 30" },
  { "4.4 device number", "nt:X", "type, disk and partition", at = "4.4 row 31" },
  { "4.4 property", "nt:X", "bus, serial number", at = "4.4 row 32" },
  { "4.4 eject", "nt:D", "takes the medium out", at = "4.4 row 33" },
  { "4.4 hotplug", "nt:X", "8 bytes", at = "4.4 row 36" },
  { "4.4 query points", "nt:D", "links, ids and devices; too short: the size",
    at = "4.4 row 38" },
  { "4.4 create point", "nt:D", "assigns a letter", at = "4.4 row 39" },
  { "4.4 delete points", "nt:D", "takes letters, and may say that none is wanted",
    at = "4.4 row 39" },
  { "4.4 next letter", "nt:D", "two bytes: whether it was assigned, and which",
    at = "4.4 row 40" },
  { "4.4 DOS paths", "nt:D", "letters and folders of a device", at = "4.4 row 44" },
  { "4.4 automount", "nt:D", "asked, set, and what is absent forgotten",
    at = "4.4 row 45" },
  { "4.4 mount manager only", "nt:D", "a volume does not know these codes",
    at = "4.4 row 38" },
  { "4.4 unknown", "nt:choice", "a code that is not simulated is refused", at = "text" },
})

group("5.2 removal", {
  { "5.2 dismount", "nt:D", "lock if possible, dismount, offline, by one handle",
    at = "5.2 step 1" },
  { "5.2 uninstall", "nt:D", "volumes first, then their disk; who is open vetoes it",
    at = "5.2 step 2", needs = "uninstall" },
  { "5.2 letters", "nt:D", "letters of what has gone are forgotten", at = "5.2 step 3" },
  { "5.2 mask", "nt:D", "no surprise for who did the other steps", at = "5.2 step 4",
    needs = "mask unmask" },
})

group("7 simulator", {
  { "7 instances", "fat:C", "one record each; old ones answer dismounted",
    at = "7 step 1" },
  { "7 lock", "fat:C", "flush, then test", at = "7 step 2" },
  { "7 open", "fat:C", "refused while locked, but not without data access",
    at = "7 step 3" },
  { "7 dismount", "fat:C", "everything else dies until the next mount",
    at = "7 step 4" },
  { "7 unlock", "fat:C", "clears direct writes", at = "7 step 5" },
  { "7 cleanup", "fat:C", "dismount, lock, UNLOCK", at = "7 step 6",
    needs = "subscribe" },
  { "7 offline", "fat:choice", "an independent bit", at = "7 step 7" },
  { "7 writes", "fat:C", "boot area and behind the end only", at = "7 step 8" },
  { "7 events", "fat:C", "a listener may close its handle in time", at = "7 step 9",
    needs = "subscribe" },
  { "7 duplicates", "fat:C", "share everything", at = "7 step 10" },
})

group("8 unproven", {
  { "8 lock by itself", "ntfs:choice", "locked twice", at = "text" },
  { "8 dismount locked elsewhere", "ntfs:choice", "by another handle", at = "text" },
  { "8 lock system volume", "ntfs:choice", "system volume", at = "text" },
  { "8 mounted while locked", "ntfs:choice", "IS_VOLUME_MOUNTED", at = "text" },
  { "8 second handle", "ntfs:choice", "whether it blocks a lock", at = "text" },
  { "8 sections", "ntfs:choice", "whether they alone block a lock", at = "text" },
  { "8 offline I/O", "nt:choice", "its status", at = "text" },
  { "8 offline system volume", "nt:choice", "its status", at = "text" },
  { "8 offline undismounted", "nt:choice", "whether it is refused", at = "text" },
  { "8 offline asked", "nt:choice", "IS_OFFLINE while offline", at = "text" },
  { "8 offline open", "nt:choice", "whether the open fails", at = "text" },
  { "8 RAW", "raw:choice", "RAW of Windows", at = "text" },
  { "8 reboot", "nt:choice", "whether offline lasts", at = "text" },
})

local observed = {}
for i, text in ipairs {
  "lock and unlock", "unlock, never locked", "locks do not nest",
  "two volume handles", "opening a locked volume", "files of a locked volume",
  "files and directories block the lock", "attribute-only handles do not count",
  "close without unlock", "a duplicate of the locking handle",
  "a mapped file blocks the lock", "a mapped file does not block the dismount",
  "handles without data access", "handles with one right",
  "handles for reading and writing", "opened without sharing",
  "opened without sharing while others are there", "codes on a file",
  "codes on a directory", "dismount twice", "after it, the same handle",
  "after it, other opens", "after it, closed", "lock and dismount mixed",
  "which error comes first", "files die by a dismount", "and can be opened again",
  "other volume handles die", "a stale handle beside the new mount",
  "a stale file does not count", "dismount by a duplicate of the owner",
  "online, always", "offline, not known there", "buffers are ignored",
  "the wrong system call", "closed handles", "unknown codes",
  "raw writes into the data area", "unaligned reads", "two volumes at once",
  "data written before a dismount is safe",
} do
  observed[i] = { "obs 9.1." .. i, "fat:O", text, at = "9.1 row " .. i }
end
observed[33].not_applicable =
  "that kernel has no such code; see F1 for what is documented"
observed[35][2] = "fat:O"
observed[37][2] = "fat:O"
group("9.1 observed", observed)

group("9.2 processes", {
  { "9.2 exit", "fat:O", "a lock ends with its process", at = "9.2 row 1" },
  { "9.2 other", "fat:O", "another process holds the lock", at = "9.2 row 2" },
  { "9.2 killed", "fat:O", "the holder is killed", at = "9.2 row 3" },
  { "9.2 handle", "fat:O", "another process has a volume handle", at = "9.2 row 4" },
  { "9.2 directory", "fat:O", "a current directory on the volume",
    at = "9.2 row 5" },
  { "9.2 image", "fat:O", "a program that runs from the volume", at = "9.2 row 6" },
  { "9.2 system", "fat:O", "the volume that the system runs from",
    at = "9.2 row 7" },
})

group("9.3 names", {
  { "9.3 volume", "nt:O", "the names of a volume", at = "9.3 row 1" },
  { "9.3 backslash", "nt:O", "a directory", at = "9.3 row 2" },
  { "9.3 nothing", "nt:O", "what is not there", at = "9.3 row 3" },
  { "9.3 PhysicalDrive", "nt:O", "a whole disk", at = "9.3 row 4" },
  { "9.3 PhysicalDrive offline", "nt:choice", "is not for disks; 50 was observed",
    at = "9.3 row 4" },
  { "9.3 no medium", "nt:O", "a drive without a medium", at = "9.3 row 5" },
  { "9.3 no medium inside", "nt:choice", "what needs the medium is refused",
    at = "9.3 row 5" },
  { "9.3 NUL", "nt:O", "the null device", at = "9.3 row 6",
    not_applicable = "the machine has volumes and disks only" },
  { "9.3 pipe", "nt:O", "a directory of pipes", at = "9.3 row 7",
    not_applicable = "the machine has volumes and disks only" },
  { "9.3 invalid", "nt:O", "no name at all", at = "9.3 row 8" },
})

group("9.4 others", {
  { "9.4 CDFS", "cdfs:O", "a data CD", at = "9.4 bullet 1" },
  { "9.4 RAW lock", "raw:O", "lock and unlock", at = "9.4 bullet 2" },
  { "9.4 RAW dismount", "raw:O", "only with the lock", at = "9.4 bullet 2" },
  { "9.4 RAW codes", "raw:O", "knows no other", at = "9.4 bullet 2" },
  { "9.4 RAW path", "raw:O", "a path is refused", at = "9.4 bullet 2" },
  { "9.4 RAW share", "raw:O", "share modes are not enforced", at = "9.4 bullet 2" },
  { "9.4 disk lock", "disk:O", "as RAW", at = "9.4 bullet 3" },
  { "9.4 disk volumes", "disk:O", "its volumes do not notice", at = "9.4 bullet 3" },
  { "9.4 disk offline", "disk:choice", "is not for disks; 50 was observed",
    at = "9.4 bullet 3" },
  { "9.4 WinBtrfs", "btrfs:O", "a lock of its own kind", at = "9.4 bullet 4" },
  { "9.4 ReactOS NTFS", "ntfs:O", "a driver that knows none of the codes",
    at = "9.4 bullet 5",
    not_applicable = "says nothing about the NTFS of Windows" },
})

-- They stand over the rows above.
group("10 corrections", {
  { "X1", "fat:C cdfs:C", "a handle without sharing keeps others out after unlock" },
  { "X2", "fat:C ntfs:choice cdfs:C", "traverse with another right manages the volume" },
  { "X3", "fat:C ntfs:choice", "dismount after a change of the bytes" },
  { "X4", "fat:C ntfs:choice", "dirty is asked after a change of the bytes" },
  { "X5", "cdfs:C", "a CD is asked whether it is dirty" },
  { "X6", "fat:C,O ntfs:choice", "flush of a volume handle after a dismount" },
  { "X7", "fat:C ntfs:choice", "flush on a write-protected volume" },
  { "X8", "cdfs:C", "flush on a CD" },
  { "X9", "fat:C ntfs:choice", "writing to a file that runs as a program" },
  { "X10", "fat:C exfat:choice", "the boot sector as it was mounted, in every state" },
  { "X11", "fat:C ntfs:choice cdfs:C", "zero bytes" },
  { "X12", "fat:C ntfs:choice cdfs:C raw:choice", "every path is valid" },
  { "X13", "cdfs:C", "writing past the end of a CD" },
  { "X14", "fat:C ntfs:choice", "a volume is no directory, nor created" },
  { "X15", "fat:C ntfs:choice cdfs:C", "dispositions have refusals of their own" },
  { "X16", "fat:C ntfs:choice", "a mapped file counts as it was opened" },
  { "X17", "fat:C ntfs:choice", "dirty is what is known since the mount" },
  { "X18", "fat:O exfat:choice", "FAT32 has no answer of FAT12 and FAT16" },
  { "X19", "fat:O ntfs:choice", "a directory has no bytes" },
  { "X20", "nt:O", "a path on a drive that is not there" },
  { "X21", "fat:O ntfs:choice", "what names NT takes, and what Win32 makes of them" },
})

group("10.1 volumes", {
  { "W1", "fat:C ntfs:D", "the boot sector decides, not a signature elsewhere" },
  { "W2", "nt:D", "what the system uses is not written" },
  { "W3", "nt:D", "volumes with a letter are mounted from the start" },
  { "W4", "nt:D", "which partitions are volumes, and which get a letter",
    needs = "mask" },
  { "W5", "nt:D", "a protective MBR never is a volume", needs = "mask" },
  { "W6", "nt:D", "two disks with one signature collide", needs = "mask" },
  { "W7", "fat:R ntfs:R", "the type of a partition follows its file system",
    needs = "mask" },
  { "W8", "fat:D ntfs:D raw:D", "where a mount folder may be",
    needs = "mount_points" },
})

local rows = {}
for _, list in ipairs(groups) do
  for _, row in ipairs(list) do
    rows[#rows + 1] = {
      table = list.name, id = row[1], on = row[2], text = row[3],
      at = row.at or row[1], code = row.code, needs = row.needs,
      not_applicable = row.not_applicable,
    }
  end
end
return rows
