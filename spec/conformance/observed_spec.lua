-- Sequences that were observed on a running kernel, FAT: docs/rules.md 9.1.
-- The Win32 codes that were seen stand here as the NTSTATUS that gives them.

local c = require "spec.support.conformance"

local cases = {}

-- Several cases of one row.
local function row(number, list)
  for _, case in ipairs(list) do
    table.insert(case, 1, ("obs 9.1.%d fat"):format(number))
    cases[#cases + 1] = case
  end
end

row(1, { { "lock, unlock", [[
  v = open D:
  --
  v lock; LOCK
  v unlock; UNLOCK
]] } })

row(2, { { "unlock", [[
  v = open D:
  --
  v unlock -> STATUS_NOT_LOCKED
]] } })

row(3, { { "lock, lock, unlock, unlock", [[
  v = open D:
  --
  v lock; LOCK
  v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  v unlock; UNLOCK
  v unlock -> STATUS_NOT_LOCKED
]] } })

row(4, { { "two handles, then one", [[
  v = open D:
  w = open D:
  --
  v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  w unlock -> STATUS_NOT_LOCKED
  w close
  v lock; LOCK
]] } })

row(5, { { "opens of a locked and an unlocked volume", [[
  v = open D:
  --
  v lock; LOCK
  open D: -> STATUS_ACCESS_DENIED
  open D: access=r -> STATUS_ACCESS_DENIED
  x = open D: access=none
  v unlock; UNLOCK
  w = open D:
]] } })

row(6, { { "opens of files on a locked and an unlocked volume", [[
  v = open D:
  --
  v lock; LOCK
  open D:\a.txt access=r -> STATUS_ACCESS_DENIED
  open D:\ access=r -> STATUS_ACCESS_DENIED
  open D:\new.txt disposition=create -> STATUS_ACCESS_DENIED
  v unlock; UNLOCK
  f = open D:\a.txt access=r
]] } })

for _, how in ipairs {
  "D:\\a.txt", "D:\\a.txt access=r", "D:\\a.txt access=w", "D:\\a.txt access=read_attributes",
  "D:\\a.txt access=delete", "D:\\ access=r",
} do
  row(7, { { "lock with " .. how .. " open, then closed", [[
    v = open D:
    f = open ]] .. how .. [[

    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    f close
    v lock; LOCK
  ]] } })
end

row(8, { { "lock with an attribute-only handle open", [[
  w = open D: access=read_attributes
  v = open D:
  --
  v lock; LOCK
]] } })

row(9, { { "lock, close, open, unlock, lock", [[
  v = open D:
  --
  v lock; LOCK
  v close; UNLOCK
  w = open D:
  w unlock -> STATUS_NOT_LOCKED
  w lock; LOCK
]] } })

row(10, { { "lock and unlock through two duplicates", [[
  v = open D:
  w = v duplicate
  --
  v lock; LOCK
  w unlock; UNLOCK
  w lock; LOCK
  v close
  open D: -> STATUS_ACCESS_DENIED
  open D:\a.txt access=r -> STATUS_ACCESS_DENIED
  w close; UNLOCK
  x = open D:
]] } })

row(11, { { "lock with a mapped file, then unmapped", [[
  v = open D:
  f = open D:\a.txt access=r
  s = f map
  f close
  --
  v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  s close
  v lock; LOCK
]] } })

row(12, { { "dismount with a mapped file", [[
  v = open D:
  f = open D:\a.txt access=r
  s = f map
  f close
  --
  v dismount; DISMOUNT
]] } })

for _, access in ipairs {
  "none", "read_attributes", "read_control", "synchronize",
} do
  row(13, { { "codes with access " .. access, ([[
    v = open D: access=%s
    --
    v lock -> STATUS_INVALID_DEVICE_REQUEST
    v unlock -> STATUS_INVALID_DEVICE_REQUEST
    v dismount -> STATUS_INVALID_DEVICE_REQUEST
    v online -> STATUS_ACCESS_DENIED
    v offline -> STATUS_ACCESS_DENIED
  ]]):format(access),
    result = "STATUS_INVALID_DEVICE_REQUEST, STATUS_ACCESS_DENIED" } })
end

for _, access in ipairs {
  "r", "w", "read_data", "write_data", "write_attributes", "delete",
} do
  row(14, { { "codes with access " .. access, ([[
    v = open D: access=%s
    --
    v lock; LOCK
    v unlock; UNLOCK
    v dismount; DISMOUNT
    v online -> STATUS_ACCESS_DENIED
    v offline -> STATUS_ACCESS_DENIED
  ]]):format(access), result = "success, STATUS_ACCESS_DENIED for offline" } })
end

-- OFFLINE is not known there: 50. The machine answers as documented, F1.
for _, access in ipairs { "rw", "read_data+write_data" } do
  row(15, { { "codes with access " .. access, ([[
    v = open D: access=%s
    --
    v lock; LOCK
    v unlock; UNLOCK
    v dismount; DISMOUNT
    v online
    v offline
  ]]):format(access) } })
end

row(16, { { "opened without sharing, then locked and unlocked", [[
  v = open D: share=
  --
  v unlock -> STATUS_NOT_LOCKED
  open D: -> STATUS_ACCESS_DENIED
  v lock; LOCK
  v unlock; UNLOCK
]] } })

row(17, {
  { "open without sharing, a file open", [[
    f = open D:\a.txt
    --
    open D: share= -> STATUS_SHARING_VIOLATION
  ]] },
  { "open without sharing, a volume handle open", [[
    w = open D:
    --
    open D: share= -> STATUS_SHARING_VIOLATION
  ]] },
})

row(18, { { "codes on a file", [[
  f = open D:\a.txt
  --
  f lock -> STATUS_INVALID_PARAMETER
  f unlock -> STATUS_INVALID_PARAMETER
  f dismount -> STATUS_INVALID_PARAMETER
  f online -> STATUS_INVALID_PARAMETER
]] } })

for _, path in ipairs { "D:\\", "D:\\Some%20Dir" } do
  row(19, { { "codes on the directory " .. path, [[
    f = open ]] .. path .. [[

    --
    f lock -> STATUS_INVALID_PARAMETER
    f unlock -> STATUS_INVALID_PARAMETER
    f dismount -> STATUS_INVALID_PARAMETER
    f online -> STATUS_INVALID_PARAMETER
  ]] } })
end
row(19, { { "online on a directory that is open for reading", [[
  f = open D:\ access=r
  --
  f online -> STATUS_ACCESS_DENIED
]] } })

row(20, { { "dismount, ask, dismount", [[
  v = open D:
  --
  v dismount; DISMOUNT
  v mounted -> STATUS_VOLUME_DISMOUNTED
  v dismount -> STATUS_VOLUME_DISMOUNTED
]] } })

row(21, {
  { "lock, unlock, read by the dismounting handle", [[
    v = open D:
    v dismount
    --
    v lock; LOCK
    v unlock; UNLOCK
    v count 0 512 -> 512
  ]] },
  { "the label, asked by the dismounting handle", [[
    v = open D:
    v dismount
    --
    v label -> STATUS_VOLUME_DISMOUNTED
  ]] },
})

row(22, { { "opens before the dismounting handle is closed", [[
  v = open D:
  v dismount
  --
  open D: -> STATUS_VOLUME_DISMOUNTED
  open D: access=r -> STATUS_VOLUME_DISMOUNTED
  open D:\a.txt -> STATUS_VOLUME_DISMOUNTED
]] } })

row(23, { { "opens after it was closed", [[
  v = open D:
  v dismount
  v close
  --
  w = open D:; MOUNT
  w mounted -> ""
  f = open D:\a.txt access=r
]] } })

row(24, { { "lock, dismount, lock, unlock, unlock, lock, close, open, lock", [[
  v = open D:
  --
  v lock; LOCK
  v dismount; DISMOUNT
  v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  v unlock; UNLOCK
  v unlock -> STATUS_NOT_LOCKED
  v lock; LOCK
  v close; UNLOCK
  w = open D:; MOUNT
  w lock; LOCK
]] } })

row(25, { { "opens of a locked and dismounted volume, then unlocked", [[
  v = open D:
  --
  v lock; LOCK
  v dismount; DISMOUNT
  open D: -> STATUS_ACCESS_DENIED
  open D:\a.txt access=r -> STATUS_ACCESS_DENIED
  v unlock; UNLOCK
  open D: -> STATUS_VOLUME_DISMOUNTED
]] } })

row(26, { { "everything on a file after a dismount", [[
  v = open D:
  f = open D:\a.txt
  --
  v dismount; DISMOUNT
  f read 0 6 -> STATUS_VOLUME_DISMOUNTED
  f put 0 x -> STATUS_VOLUME_DISMOUNTED
  f mounted -> STATUS_VOLUME_DISMOUNTED
  f flush -> STATUS_VOLUME_DISMOUNTED
  f close
]], result = "STATUS_VOLUME_DISMOUNTED, close succeeds" } })

row(27, { { "the file, opened again", [[
  v = open D:
  f = open D:\a.txt
  v dismount
  f close
  --
  v close
  g = open D:\a.txt access=r; MOUNT
  g read 0 6 -> "alpha\n"
]] } })

row(28, { { "everything on another volume handle after a dismount", [[
  v = open D:
  w = open D:
  --
  v dismount; DISMOUNT
  w mounted -> STATUS_VOLUME_DISMOUNTED
  w lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  w unlock -> STATUS_NOT_LOCKED
  w dismount -> STATUS_VOLUME_DISMOUNTED
  w read 0 512 -> STATUS_VOLUME_DISMOUNTED
]] } })

row(29, { { "a stale handle and a fresh one, both lock", [[
  v = open D:
  w = open D:
  v dismount
  v close
  --
  x = open D:; MOUNT
  w mounted -> STATUS_VOLUME_DISMOUNTED
  w dismount -> STATUS_VOLUME_DISMOUNTED
  w lock; LOCK
  x lock; LOCK
]] } })

row(30, { { "lock with a stale file open", [[
  v = open D:
  f = open D:\a.txt
  v dismount
  v close
  x = open D:
  --
  x lock; LOCK
]] } })

row(31, { { "dismount by a duplicate of the handle that locked", [[
  v = open D:
  w = v duplicate
  v lock
  --
  w dismount; DISMOUNT
  w close
  open D: -> STATUS_ACCESS_DENIED
  v close; UNLOCK
  x = open D:; MOUNT
]] } })

row(32, { { "online at any time", [[
  v = open D:
  --
  v online
  v online
  v lock; LOCK
  v online
  v dismount; DISMOUNT
  v online
]] } })

row(34, { { "codes with buffers that they do not need", function(lab)
  local v = lab:open "D:"
  for _, name in ipairs {
    "FSCTL_LOCK_VOLUME", "FSCTL_DISMOUNT_VOLUME", "FSCTL_UNLOCK_VOLUME",
    "IOCTL_VOLUME_OFFLINE", "IOCTL_VOLUME_ONLINE",
  } do
    assert.equal("", v:control(name, ("junk"):rep(100), 4096))
  end
end, result = "no bytes" } })

row(35, {
  { "lock, unlock, dismount by the device's system call", [[
    v = open D:
    --
    v control FSCTL_LOCK_VOLUME 0 ioctl -> STATUS_NOT_SUPPORTED
    v control FSCTL_UNLOCK_VOLUME 0 ioctl -> STATUS_NOT_SUPPORTED
    v control FSCTL_DISMOUNT_VOLUME 0 ioctl -> STATUS_NOT_SUPPORTED
    v is_locked -> false
    v is_mounted -> true
  ]], result = "STATUS_NOT_SUPPORTED" },
  { "the rights come first, and whether there is a file system", [[
    r = open D: access=r
    d = open D: access=none
    f = open D:\a.txt
    --
    r control IOCTL_VOLUME_ONLINE 0 fsctl -> STATUS_ACCESS_DENIED; reason=handle_access
    r control IOCTL_VOLUME_OFFLINE 0 fsctl -> STATUS_ACCESS_DENIED; reason=handle_access
    r control FSCTL_LOCK_VOLUME 0 ioctl -> STATUS_NOT_SUPPORTED
    d control FSCTL_LOCK_VOLUME 0 ioctl -> STATUS_NOT_SUPPORTED
    d control IOCTL_DISK_GET_DRIVE_GEOMETRY 24 fsctl -> STATUS_INVALID_DEVICE_REQUEST
    f control FSCTL_LOCK_VOLUME 0 ioctl -> STATUS_INVALID_PARAMETER
  ]], result = "STATUS_ACCESS_DENIED, then as other codes" },
  { "on NTFS, and on RAW", [[
    n = open E:
    w = open F:
    --
    n control FSCTL_LOCK_VOLUME 0 ioctl -> STATUS_NOT_SUPPORTED
    n control IOCTL_VOLUME_OFFLINE 0 fsctl -> STATUS_INVALID_DEVICE_REQUEST
    n is_offline -> false
    w control IOCTL_VOLUME_ONLINE 0 fsctl -> STATUS_INVALID_PARAMETER; reason=wrong_entry
    w control FSCTL_LOCK_VOLUME 0 ioctl -> STATUS_NOT_SUPPORTED
  ]], more = { "ntfs", "raw" }, result = "the same, STATUS_INVALID_PARAMETER on RAW" },
  { "online, offline by the file system's system call", [[
    v = open D:
    --
    v control IOCTL_VOLUME_ONLINE 0 fsctl -> STATUS_INVALID_DEVICE_REQUEST
    v control IOCTL_VOLUME_OFFLINE 0 fsctl -> STATUS_INVALID_DEVICE_REQUEST
  ]] },
})

-- The binding never sends a closed handle.
row(36, { { "lock by a closed handle", function(lab)
  local v = lab:open "D:"
  assert(v:close())
  assert.has_error(function()
    v:lock()
  end, "attempt to use a closed volume")
end, result = "raises", also = "windows foreign" } })

row(37, {
  { "a code that the file system does not know", function(lab)
    c.refused("STATUS_INVALID_DEVICE_REQUEST", lab:open("D:"):control(0x91FFC))
  end, result = "STATUS_INVALID_DEVICE_REQUEST" },
  -- Observed was 50, NOT_SUPPORTED, from a driver of that kernel. The contract
  -- names one answer for what a driver does not know.
  { "a code that the volume does not know (observed: STATUS_NOT_SUPPORTED, a choice)",
    function(lab)
    c.refused("STATUS_INVALID_DEVICE_REQUEST", lab:open("D:"):control(0x561FFC))
  end, result = "STATUS_INVALID_DEVICE_REQUEST" },
})

row(38, { { "write into the data area, in every state", [[
  v = open D:
  --
  v write DATA x -> STATUS_ACCESS_DENIED
  v lock; LOCK
  v write DATA x -> 512
  v unlock; UNLOCK
  v write DATA x -> STATUS_ACCESS_DENIED
  v dismount; DISMOUNT
  v write DATA x -> 512
]] } })

-- The binding refuses it before the machine is asked.
row(39, { { "unaligned reads", function(lab)
  local v = lab:open "D:"
  assert.is_false(pcall(v.read, v, 7, 512))
  assert.is_false(pcall(v.read, v, 0, 100))
end, result = "raises", also = "windows foreign" } })

row(40, { { "two volumes locked; one unlocked and dismounted", [[
  v = open D:
  w = open E:
  --
  v lock; LOCK
  w lock; LOCK
  v unlock; UNLOCK
  v dismount; DISMOUNT
  w is_locked -> true
  w mounted -> ""
  open E: -> STATUS_ACCESS_DENIED
  w unlock; UNLOCK
]], more = { "fat" } } })

row(41, { { "write, dismount, write, open again", [[
  v = open D:
  f = open D:\a.txt
  --
  f put 0 ALPHA -> 5
  v dismount; DISMOUNT
  f put 0 OMEGA -> STATUS_VOLUME_DISMOUNTED
  f close
  v close
  g = open D:\a.txt access=r; MOUNT
  g read 0 6 -> "ALPHA\n"
]], result = "the first write is on disk" } })

c.suite(_ENV, cases)
