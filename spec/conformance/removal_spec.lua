-- Taking a LUN away and bringing it back: docs/rules.md 5.2, I6, F14 and O12.

local c = require "spec.support.conformance"

local cases = {}
local function add(id, what, body, result, fields)
  local case = fields or {}
  case[1], case[2], case[3], case.result = id, what, body, result
  cases[#cases + 1] = case
end

add("5.2 dismount", "with a file open: lock, dismount, offline", [[
  f = open D:\a.txt
  v = open D:
  --
  v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  v dismount; DISMOUNT
  v offline
  v is_offline -> true
  open D:\a.txt -> STATUS_VOLUME_DISMOUNTED
]], "STATUS_ACCESS_DENIED for the lock, and the rest succeeds")

-- ---- uninstall ---------------------------------------------------------------------

add("5.2 uninstall", "the volume, then its disk", [[
  machine uninstall D: -> true
  open D: -> STATUS_OBJECT_NAME_NOT_FOUND
  disk volume_count 0 -> 0
  disk uninstalled 0 -> false
  machine uninstall PhysicalDrive0 -> true
  open PhysicalDrive0 -> STATUS_OBJECT_NAME_NOT_FOUND
  disk uninstalled 0 -> true
  events device D: -> "REMOVAL"
  events device PhysicalDrive0 -> "REMOVAL"
  v = open E:; MOUNT
]], "REMOVAL of both, and their names are gone", { more = { "fat" } })
add("5.2 uninstall", "the volume with a handle open, with and without data access", [[
  v = open D:
  --
  machine uninstall D: -> STATUS_DEVICE_BUSY; reason=in_use; class=transient; holders=1; self=yes
  v close
  v = open D: access=none
  machine uninstall D: -> STATUS_DEVICE_BUSY; reason=in_use; class=transient; holders=1; self=yes
  v close
  f = open D:\a.txt
  machine uninstall D: -> STATUS_DEVICE_BUSY; reason=in_use; how=open file; path=\a.txt
  f close
  machine uninstall D: -> true
]], "STATUS_DEVICE_BUSY with the names of who is open")
add("5.2 uninstall", "the disk: its volume is installed, then a handle is open", [[
  machine uninstall PhysicalDrive0 -> STATUS_DEVICE_BUSY; reason=volumes_installed
  machine uninstall D: -> true
  p = open PhysicalDrive0
  machine uninstall PhysicalDrive0 -> STATUS_DEVICE_BUSY; reason=in_use
  p close
  machine uninstall PhysicalDrive0 -> true
]], "STATUS_DEVICE_BUSY, until neither is there")
for _, flag in ipairs { "system", "boot", "pagefile" } do
  add("5.2 uninstall", "the volume of the system: " .. flag, [[
    machine uninstall D: -> STATUS_ACCESS_DENIED
    v = open D:; MOUNT
  ]], "STATUS_ACCESS_DENIED", { volume = { [flag] = true } })
end
add("5.2 uninstall", "what is not there, and what is neither volume nor disk", [[
  machine uninstall Z: -> STATUS_OBJECT_NAME_NOT_FOUND
  machine uninstall PhysicalDrive9 -> STATUS_OBJECT_NAME_NOT_FOUND
  machine uninstall nonsense -> STATUS_OBJECT_NAME_INVALID
  machine uninstall D:\a.txt -> STATUS_INVALID_PARAMETER
]], "STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_INVALID, STATUS_INVALID_PARAMETER")
add("5.2 uninstall", "and back by unmasking: the bytes", [[
  machine uninstall D:
  machine uninstall PhysicalDrive0
  machine unmask 0
  f = open D:\a.txt; MOUNT
  f read 0 10 -> "alpha\n"
]], "are as they were")
add("1.12 removal fat ntfs", "uninstall with a section of a closed file", [[
  f = open D:\a.txt access=r
  s = f map
  f close
  --
  machine uninstall D: -> STATUS_DEVICE_BUSY
  s close
  machine uninstall D: -> true
]], "STATUS_DEVICE_BUSY, then success")

-- ---- letters -----------------------------------------------------------------------

add("5.2 letters", "forgotten while the volume is away", [[
  m = open \\.\MountPointManager
  machine uninstall Q:
  machine uninstall PhysicalDrive0
  machine mask 0
  m control IOCTL_MOUNTMGR_SCRUB_REGISTRY -> ""
  machine unmask 0
  open Q: -> STATUS_OBJECT_NAME_NOT_FOUND
  v = open D:; MOUNT
]], "it comes back with the next free one", { disks = {
  { size = 1 << 20, volumes = { { letter = "Q:", content = "fat" } } } } })

-- ---- mask --------------------------------------------------------------------------

add("5.2 mask", "after both were uninstalled", [[
  machine uninstall D:
  machine uninstall PhysicalDrive0
  machine mask PhysicalDrive0 -> true
  events device -> "REMOVAL, REMOVAL"
  events state -> "MASKED"
  disk masked 0 -> true
  disk state 0 -> "masked"
]], "MASKED, no surprise")
add("5.2 mask", "while all is installed and a file is open", [[
  f = open D:\a.txt; MOUNT
  machine mask 0 -> true
  events device D: -> "SURPRISE_REMOVAL"
  events device PhysicalDrive0 -> "SURPRISE_REMOVAL"
  open D: -> STATUS_OBJECT_NAME_NOT_FOUND
  v = open E:; MOUNT
]], "SURPRISE_REMOVAL of both, and no other volume notices", { more = { "ntfs" } })
add("5.2 mask", "while only the disk is installed", [[
  machine uninstall D:
  machine mask 0
  events device D: -> "REMOVAL"
  events device PhysicalDrive0 -> "SURPRISE_REMOVAL"
]], "SURPRISE_REMOVAL of the disk")
add("5.2 mask", "twice, what is not there, and a volume", [[
  machine mask 0 -> true
  machine mask \\.\PhysicalDrive0 -> true
  events state -> "MASKED"
  machine mask 9 -> STATUS_OBJECT_NAME_NOT_FOUND
  machine mask D: -> STATUS_OBJECT_NAME_NOT_FOUND
]], "once; STATUS_OBJECT_NAME_NOT_FOUND")
add("5.2 mask", "by the text of its number", function(lab)
  assert.is_true(lab.machine:mask "0")
  assert.is_true(lab.machine:disks()[1].masked)
end, "success")
add("5.2 mask", "unmask of what is there, and of what is not", [[
  machine unmask 0 -> true
  events state -> ""
  machine unmask 9 -> STATUS_OBJECT_NAME_NOT_FOUND
]], "nothing; STATUS_OBJECT_NAME_NOT_FOUND")
add("5.2 mask", "a handle of the disk, before and after unmask", [[
  p = open PhysicalDrive0
  machine mask 0
  p read 0 512 -> STATUS_FILE_INVALID
  machine unmask 0
  p read 0 512 -> STATUS_FILE_INVALID
  p write 0 x -> STATUS_FILE_INVALID
]], "STATUS_FILE_INVALID")
add("I6 fat ntfs", "handles from before, beside those after unmask", [[
  v = open D:
  f = open D:\a.txt
  machine mask 0
  machine unmask 0
  --
  f read 0 10 -> STATUS_FILE_INVALID
  v read 0 512 -> STATUS_FILE_INVALID
  w = open D:; MOUNT
  w lock; LOCK
  f close
  v close
  w is_locked -> true
]], "STATUS_FILE_INVALID, and not in the way")
add("F14", "dismounted and offline, masked, unmasked", [[
  v = open D:
  v dismount
  v offline
  v close
  machine mask 0
  --
  machine unmask 0 -> true
  events device D: -> "SURPRISE_REMOVAL, ARRIVAL"
  events device PhysicalDrive0 -> "SURPRISE_REMOVAL, ARRIVAL"
  events state -> "OFFLINE, MASKED, UNMASKED, ONLINE"
  disk masked 0 -> false
  volume offline D: -> false
  w = open D:; MOUNT
  w is_offline -> false
  f = open D:\a.txt
  f read 0 10 -> "alpha\n"
]], "ARRIVAL of both, ONLINE")

c.suite(_ENV, cases)
