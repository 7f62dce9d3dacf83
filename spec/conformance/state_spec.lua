-- The variables of the state model, handles and statuses: docs/rules.md 1.1 to
-- 1.3.

local c = require "spec.support.conformance"
local core = require "ntvol.core"
local rows = require "spec.conformance.rows"

local cases = {}
local function add(...)
  cases[#cases + 1] = { ... }
  return cases[#cases]
end

-- Like add, with words for the name and flags of the volume.
local function tell(result, volume, ...)
  local case = add(...)
  case.result, case.volume = result, volume or nil
  return case
end

-- ---- 1.1 --------------------------------------------------------------------------

tell("true, then false", nil, "1.1 offline", "offline and online", [[
  v = open D:; MOUNT
  v info offline -> false
  v offline
  v info offline -> true
  v online
  v info offline -> false
]])
tell("true", { readonly = true }, "1.1 readonly", "as configured", [[
  volume readonly D: -> true
]])
tell("true", { system = true, pagefile = true }, "1.1 system_or_boot",
  "as configured", [[
  volume system D: -> true
  volume pagefile D: -> true
  volume boot D: -> false
]])
tell("verified by the next open: MOUNT of the changed one", nil,
  "1.1 verify_pending fat", "written without dismount, closed", [[
  v = open D:
  v renumber -> 512
  v close
  --
  w = open D:; MOUNT
]])
add("1.1 verify_pending fat", "the medium changed, to another one and back",
  function(lab)
    local f = lab:open("E:\\a.txt", { access = "r" })
    assert(lab:open("E:"):eject())
    assert(lab:open("E:", { access = "r" }):control "IOCTL_STORAGE_LOAD_MEDIA")
    lab:trail()
    c.refused("STATUS_WRONG_VOLUME", f:read(0, 6))
    local g = lab:open("E:\\a.txt", { access = "r" })
    assert.equal("MOUNT", lab:trail())
    local v = lab:open "E:"
    assert(v:eject())
    assert(v:control "IOCTL_STORAGE_LOAD_MEDIA")
    lab:trail()
    assert.equal("alpha\n", g:read(0, 6))
    assert.equal("", lab:trail())
  end)
cases[#cases].result, cases[#cases].removable = "verified by the next use", true
tell("false, true, false", nil, "1.1 MOUNTED", "open, dismount, close", [[
  volume mounted D: -> false
  v = open D:; MOUNT
  volume mounted D: -> true
  v dismount; DISMOUNT
  volume mounted D: -> false
  v close
  volume mounted D: -> false
]])
tell("true, false, true, false", nil, "1.1 LOCKED", "lock, unlock, lock, close", [[
  v = open D:; MOUNT
  v lock; LOCK
  volume locked D: -> true
  v unlock; UNLOCK
  volume locked D: -> false
  v lock; LOCK
  volume locked D: -> true
  v close; UNLOCK
  volume locked D: -> false
]])
add("1.1 REMOVE_PENDING", "open, the LUN gone while a handle is open", function(lab)
  local device = lab.machine:volumes()[1].device
  local v = lab:open "D:"
  assert(lab.machine:mask(0))
  c.refused("STATUS_DEVICE_DOES_NOT_EXIST", lab.machine:open(device))
  assert(v:close())
end).result = "STATUS_DEVICE_DOES_NOT_EXIST"
tell("RAW, not mounted by a file system", nil, "1.1 RAW_MOUNT raw", "open", [[
  v = open D:
  v info file_system -> "RAW"
  volume mounted D: -> false
]])
tell("allowed, refused, allowed", nil, "1.1 DIRECT_WRITES",
  "writes by the disk: locked, unlocked, dismounted", [[
  v = open D:; MOUNT
  p = open PhysicalDrive0
  v lock; LOCK
  p write DATA x -> 512
  v unlock; UNLOCK
  p write DATA x -> STATUS_ACCESS_DENIED
  v dismount; DISMOUNT
  p write DATA x -> 512
]])
add("1.1 reference count", "lock while only a section is left", [[
  v = open D:
  f = open D:\a.txt access=r
  s = f map
  f close
  --
  v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
]])
tell("good, dismounted, replaced, removed", nil, "1.1 condition",
  "of four instances", [[
  v = open D:; MOUNT
  f = open D:\a.txt
  f flush
  v dismount; DISMOUNT
  f flush -> STATUS_VOLUME_DISMOUNTED
  v close
  g = open D:\a.txt; MOUNT
  w = open D:
  w renumber -> 512
  w close
  g flush -> STATUS_WRONG_VOLUME
  h = open D:\a.txt; MOUNT
  machine mask 0
  h flush -> STATUS_FILE_INVALID
]])
tell("STATUS_VOLUME_DISMOUNTED as before", nil, "1.1 dismounted",
  "an old handle after the next mount", [[
  v = open D:
  w = open D:
  v dismount
  v close
  --
  x = open D:; MOUNT
  w read 0 512 -> STATUS_VOLUME_DISMOUNTED
]])
tell("STATUS_NOT_LOCKED for the other, of the same process", nil,
  "1.1 lock_owner", "unlock by another file object", [[
  v = open D:
  w = open D:
  v dismount
  v close
  x = open D:
  x lock
  --
  w unlock -> STATUS_NOT_LOCKED
  x unlock; UNLOCK
]])
tell(nil, { pagefile = true }, "1.1 boot_or_pagefile", "dismount", [[
  v = open D:
  --
  v dismount -> STATUS_ACCESS_DENIED
]])
add("1.1 open counts", "lock, while handles close one by one", [[
  v = open D:
  f = open D:\a.txt
  w = open D: access=r
  --
  v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  f close
  v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  w close
  v lock; LOCK
]])
tell("volume, file, directory, device, disk", nil, "1.1 kind", "of handles", [[
  v = open D:; MOUNT
  v kind -> "volume"
  f = open D:\a.txt
  f kind -> "file"
  d = open D:\
  d kind -> "directory"
  n = open D: access=none
  n kind -> "device"
  p = open PhysicalDrive0
  p kind -> "disk"
]]).also = "windows"
tell("STATUS_INVALID_FILE_FOR_SECTION for all but a file", nil, "1.1 kind",
  "what is mapped", [[
  v = open D:
  d = open D:\
  p = open PhysicalDrive0
  f = open D:\a.txt
  --
  v map -> STATUS_INVALID_FILE_FOR_SECTION; reason=not_a_file
  d map -> STATUS_INVALID_FILE_FOR_SECTION; reason=not_a_file
  p map -> STATUS_INVALID_FILE_FOR_SECTION; reason=not_a_file
  s = f map
  s kind -> "section"
]])
tell("STATUS_ACCESS_DENIED for the other", nil, "1.1 access bits",
  "reading and writing with one right", [[
  r = open D: access=read_data; MOUNT
  w = open D: access=write_data
  r count 0 512 -> 512
  r write 0 x -> STATUS_ACCESS_DENIED
  r flush -> STATUS_ACCESS_DENIED
  w read 0 512 -> STATUS_ACCESS_DENIED
]]).also = "windows foreign"
add("1.1 manage_volume", "lock by a handle without it, whatever else is open", [[
  v = open D: access=traverse
  w = open D: access=none
  --
  v lock -> STATUS_INVALID_PARAMETER
]])
tell("only for this handle", nil, "1.1 extended_dasd", "reading past the end", [[
  v = open D:; MOUNT
  w = open D:
  v extended_io
  v count END 512 -> 512
  w read END 512 -> STATUS_END_OF_FILE
]])
tell("this handle's close ends the dismount, no other", nil,
  "1.1 complete_dismount", "opens after closes", [[
  v = open D:
  w = open D:
  v dismount
  --
  w close
  open D: -> STATUS_VOLUME_DISMOUNTED
  v close
  x = open D:; MOUNT
]])
tell("verified only after a write", nil, "1.1 modified",
  "the boot sector changed by the disk; close without and with a write", [[
  p = open PhysicalDrive0
  v = open D:
  v close
  w = open D:
  w rewrite -> 512
  p renumber -> 512
  --
  w close
  x = open D:; MOUNT
]])
tell("not verified", nil, "1.1 modified",
  "the boot sector changed by the disk; close without a write", [[
  p = open PhysicalDrive0
  v = open D:
  p renumber -> 512
  --
  v close
  w = open D:
]])
tell("the dead one", nil, "1.1 instance", "of a handle, after a new mount", [[
  v = open D:
  f = open D:\a.txt
  v dismount
  v close
  w = open D:
  --
  f read 0 6 -> STATUS_VOLUME_DISMOUNTED
  w lock; LOCK
]])
tell("both can be locked", nil, "1.1 two instances",
  "a stale and a fresh handle", [[
  v = open D:
  w = open D:
  v dismount
  v close
  x = open D:
  --
  x lock; LOCK
  w lock; LOCK
]])
tell("not in the way, nor when they are closed", nil, "1.1 two instances",
  "stale handles, a file among them, and a lock of the fresh one", [[
  v = open D:
  w = open D:
  f = open D:\a.txt
  v dismount
  v close
  x = open D:
  --
  x lock; LOCK
  f close
  w close
  x is_locked -> true
]])

-- ---- 1.2 --------------------------------------------------------------------------

tell("a volume handle; MOUNT", nil, "1.2 volume handle", "data access", [[
  v = open \\.\D: access=r; MOUNT
  v kind -> "volume"
]]).also = "windows"
tell("a device handle, STATUS_INVALID_DEVICE_REQUEST", nil,
  "1.2 direct device open", "lock, and a code that needs no access", [[
  v = open \\.\D: access=none
  v kind -> "device"
  v lock -> STATUS_INVALID_DEVICE_REQUEST
  v device_number -> { type = 7, number = 0, partition = 0 }
]])
tell("MOUNT, STATUS_INVALID_PARAMETER", nil, "1.2 traverse",
  "synchronize, traverse; then lock", [[
  v = open D: access=synchronize+traverse; MOUNT
  v lock -> STATUS_INVALID_PARAMETER
]])
tell("MOUNT", nil, "1.2 traverse", "attributes, synchronize, traverse", [[
  v = open D: access=read_attributes+synchronize+traverse; MOUNT
  v kind -> "volume"
]])
tell("STATUS_INVALID_PARAMETER", nil, "1.2 root directory",
  "lock, unlock, dismount", [[
  d = open \\.\D:\
  --
  d lock -> STATUS_INVALID_PARAMETER
  d unlock -> STATUS_INVALID_PARAMETER
  d dismount -> STATUS_INVALID_PARAMETER
]])
tell("the volume does not notice", nil, "1.2 disk handle",
  "lock, and a volume offline", [[
  v = open D:; MOUNT
  p = open \\.\PhysicalDrive0
  p lock; LOCK
  v mounted -> ""
  v offline
  p count 0 512 -> 512
]])
for _, disposition in ipairs {
  "create", "overwrite", "overwrite_if", "supersede",
} do
  add("1.2 disposition fat ntfs raw", disposition, ([[
    w = open D: disposition=open_if
    v = open D: disposition=open
    --
    open D: disposition=%s -> STATUS_ACCESS_DENIED
  ]]):format(disposition)).also = "windows"
end
add("1.2 directory fat ntfs raw", "open as a directory", [[
  w = open D:
  --
  open D: directory -> STATUS_NOT_A_DIRECTORY
]]).also = "windows"
add("1.2 disk handle", "dispositions that make something, and as a directory", [[
  p = open PhysicalDrive0 disposition=open_if
  p close
  --
  open PhysicalDrive0 disposition=create -> STATUS_ACCESS_DENIED
  open PhysicalDrive0 disposition=overwrite -> STATUS_ACCESS_DENIED
  open PhysicalDrive0 disposition=overwrite_if -> STATUS_ACCESS_DENIED
  open PhysicalDrive0 disposition=supersede -> STATUS_ACCESS_DENIED
  open PhysicalDrive0 directory -> STATUS_NOT_A_DIRECTORY
]]).also = "windows"
tell("RAW, STATUS_UNRECOGNIZED_VOLUME", nil, "1.2 unmountable raw",
  "open the volume, a path, the root", [[
  v = open D:
  open D:\a.txt access=r -> STATUS_UNRECOGNIZED_VOLUME
  open D:\ access=r -> STATUS_UNRECOGNIZED_VOLUME
]])
for _, access in ipairs {
  "read_data", "write_data", "append_data", "write_attributes", "delete",
} do
  add("1.2 right fat ntfs", "lock with only " .. access, ([[
    v = open D: access=%s
    --
    v lock; LOCK
  ]]):format(access))
end
add("1.2 right fat ntfs", "the right does not come later", [[
  v = open D: access=traverse
  w = open D:
  --
  v lock -> STATUS_INVALID_PARAMETER
  v unlock -> STATUS_INVALID_PARAMETER
  v dismount -> STATUS_INVALID_PARAMETER
  v control FSCTL_ALLOW_EXTENDED_DASD_IO -> STATUS_INVALID_PARAMETER
]])
for _, access in ipairs { "traverse+synchronize", "traverse+read_control" } do
  add("1.2 right fat ntfs", "lock with only " .. access, ([[
    v = open D: access=%s; MOUNT
    v lock -> STATUS_INVALID_PARAMETER
  ]]):format(access))
end
for _, access in ipairs {
  "traverse+read_data", "traverse+delete", "read_ea", "write_ea",
} do
  add("1.2 right fat ntfs", "lock with only " .. access, ([[
    v = open D: access=%s
    --
    v lock; LOCK
  ]]):format(access))
end
add("1.2 right fat ntfs", "lock with only traverse", [[
  v = open D: access=traverse
  --
  v lock -> STATUS_INVALID_PARAMETER
]])
tell("the bytes that were written", nil, "1.2 uncached fat ntfs raw",
  "a write, read through the disk", function(lab)
  local v, p = lab:open "D:", lab:open "PhysicalDrive0"
  assert(v:lock())
  assert.equal(512, v:write(512 << 10, ("u"):rep(512)))
  assert.equal(("u"):rep(512), p:read(512 << 10, 512))
end)
tell("the bytes that were written", nil, "1.2 uncached raw",
  "writes by two volume handles and the disk, read by each", [[
  v = open D:
  w = open D:
  p = open PhysicalDrive0
  v write 512 1 -> 512
  w write 1024 2 -> 512
  p write 1536 3 -> 512
  v read 512 1536 -> ("1"):rep(512) .. ("2"):rep(512) .. ("3"):rep(512)
  w read 512 1536 -> ("1"):rep(512) .. ("2"):rep(512) .. ("3"):rep(512)
  p read 512 1536 -> ("1"):rep(512) .. ("2"):rep(512) .. ("3"):rep(512)
]])
tell("all of it", nil, "1.2 uncached raw", "the whole volume in one transfer",
  function(lab)
    local v, block = lab:open "D:", {}
    for i = 1, v:size() // 512 do
      block[i] = ("%08x"):format(i):rep(512 // 8)
    end
    local data = table.concat(block)
    assert.equal(#data, v:write(0, data))
    assert.equal(data, v:read(0, #data))
    assert.equal(block[1000], v:read(999 * 512, 512))
  end)
tell("the bytes that were written", nil, "1.2 uncached disk",
  "a write, read through the volume", function(lab)
  local p, v = lab:open "PhysicalDrive0", lab:open "D:"
  assert(v:dismount())
  assert.equal(512, p:write(512 << 10, ("u"):rep(512)))
  assert.equal(("u"):rep(512), v:read(512 << 10, 512))
end)
tell("success; LOCK, UNLOCK", nil, "1.2 duplicates fat ntfs raw",
  "lock by one, unlock by the other", [[
  v = open D:
  w = v duplicate
  --
  v lock; LOCK
  w unlock; UNLOCK
]])
tell("the lock stays; UNLOCK at the last close", nil,
  "1.2 duplicates fat ntfs raw", "close of the first, then of the last", [[
  v = open D:
  w = v duplicate
  v lock
  --
  v close
  open D: -> STATUS_ACCESS_DENIED
  w close; UNLOCK
]])
add("1.2 duplicates fat ntfs raw", "unlock by one, then by both", [[
  v = open D:
  w = v duplicate
  v lock
  --
  w unlock; UNLOCK
  v unlock -> STATUS_NOT_LOCKED
  w unlock -> STATUS_NOT_LOCKED
]])
add("1.2 duplicates fat ntfs raw", "lock by the other one, too", [[
  v = open D:
  w = v duplicate
  v lock
  --
  w is_locked -> true
  w lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=already_locked
]])
tell("they are one", nil, "1.2 duplicates fat ntfs raw", "lock with three of them", [[
  v = open D:
  w = v duplicate
  x = w duplicate
  --
  v lock; LOCK
]])
tell("the other goes on; MOUNT after both", nil, "1.2 duplicates fat ntfs",
  "dismount by one, then closed", [[
  v = open D:
  w = v duplicate
  v dismount
  --
  w count 0 512 -> 512
  w dismount -> STATUS_VOLUME_DISMOUNTED
  v close
  open D: -> STATUS_VOLUME_DISMOUNTED
  w close
  x = open D:; MOUNT
]])
add("1.2 second open fat ntfs", "unlock by another open of the same volume", [[
  v = open D:
  w = open D:
  v dismount
  --
  w unlock -> STATUS_NOT_LOCKED
]])

-- ---- 1.3 --------------------------------------------------------------------------

local function win32_of(status)
  for _, entry in pairs(core.errors) do
    for _, one in ipairs(entry.statuses) do
      if one == status then
        return entry.win32
      end
    end
  end
end

for _, row in ipairs(rows) do
  if row.table == "1.3 statuses" then
    local case = add(row.id, "in Win32", function()
      for status, win32 in row.text:gmatch("(STATUS_%S+) %x+=(%x+)") do
        local wanted = #win32 == 8 and tonumber(win32, 16) or tonumber(win32)
        assert.equal(wanted, win32_of(status), status)
      end
    end)
    case.result = row.text:gsub("STATUS_%S+ %x+=", ""):gsub(" ", ", ")
    case.shared = true
  end
end

c.suite(_ENV, cases)
