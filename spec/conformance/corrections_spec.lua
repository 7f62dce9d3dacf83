-- Corrections of the rules: docs/rules.md 10.

local c = require "spec.support.conformance"
local machines = require "spec.support.machines"
local tempdir = require "spec.support.tempdir"

local cases = {}
local function add(id, text, body, more)
  local case = more or {}
  case[1], case[2], case[3] = id, text, body
  cases[#cases + 1] = case
end

-- ---- X1, X2: volume handles ---------------------------------------------------------

add("X1 fat", "opened without sharing, then locked and unlocked", [[
  v = open D: share=
  --
  v lock; LOCK
  v unlock; UNLOCK
  open D: -> STATUS_SHARING_VIOLATION; reason=in_use; holders=1; how=volume handle
  open D: access=r share=rwd -> STATUS_SHARING_VIOLATION
  f = open D:\a.txt
  w = open D: access=none
  v close
  w = open D:
]], { also = "given", result = "STATUS_SHARING_VIOLATION, for files success" })
add("X1 cdfs", "opened without sharing reading, then locked and unlocked", [[
  v = open D: access=r share=w
  --
  v lock; LOCK
  v unlock; UNLOCK
  open D: access=r -> STATUS_SHARING_VIOLATION
  f = open D:\a.txt access=r
  v close
  w = open D: access=r
]], { result = "STATUS_SHARING_VIOLATION, for files success" })

for _, right in ipairs { "read_attributes", "read_attributes+synchronize", "read_ea" } do
  add("X2 fat ntfs", "lock, dismount, unlock with traverse+" .. right, ([[
    v = open D: access=traverse+%s
    --
    v lock; LOCK
    v dismount; DISMOUNT
    v unlock; UNLOCK
  ]]):format(right))
end
add("X2 fat ntfs", "lock and dismount with traverse alone, by who is no administrator", [[
  v = open D: access=traverse
  --
  v lock -> STATUS_INVALID_PARAMETER; reason=privilege
  v unlock -> STATUS_INVALID_PARAMETER; reason=privilege
  v dismount -> STATUS_INVALID_PARAMETER; reason=privilege
]])
add("X2 cdfs", "lock, unlock, dismount with traverse alone", [[
  v = open D: access=traverse
  --
  v lock; LOCK
  v unlock; UNLOCK
  v dismount; DISMOUNT
]])

-- ---- X3, X4, X5, X17: what became of the bytes -------------------------------------

-- Another handle has written the boot sector, and is closed.
local OTHER_BYTES = [[
  v = open D:
  w = open D:
  w renumber
  w close
  --
]]

add("X3 fat ntfs", "dismount twice after another file system was written", OTHER_BYTES .. [[
  v mounted -> STATUS_WRONG_VOLUME
  v dismount; DISMOUNT
  v dismount -> STATUS_VOLUME_DISMOUNTED
]], { result = "success, then STATUS_VOLUME_DISMOUNTED" })
add("X3 fat", "dismount twice after another medium was put in", function(lab)
  local v = lab:open "E:"
  local sim = require "ntvol.sim"
  local image = tempdir(lab.defer) .. "/other.img"
  machines.put(image, machines.other_serial(machines.content(lab.subject)))
  assert(sim.eject(lab.machine, "E:"))
  assert(sim.insert(lab.machine, "E:", image))
  c.refused("STATUS_WRONG_VOLUME", v:control "FSCTL_IS_VOLUME_MOUNTED")
  assert(v:dismount())
  c.refused("STATUS_VOLUME_DISMOUNTED", v:dismount())
end, { removable = true, result = "success, then STATUS_VOLUME_DISMOUNTED" })

add("X4 fat ntfs", "asked after another file system was written", OTHER_BYTES .. [[
  v control FSCTL_IS_VOLUME_DIRTY 4 -> STATUS_VOLUME_DISMOUNTED; reason=dismounted
]])

add("X5 cdfs", "asked in every state", [[
  v = open D: access=r
  f = open D:\a.txt access=r
  --
  v control FSCTL_IS_VOLUME_DIRTY 4 -> "\0\0\0\0"
  v is_dirty -> false
  v control FSCTL_IS_VOLUME_DIRTY 0 -> STATUS_INVALID_USER_BUFFER
  v control FSCTL_IS_VOLUME_DIRTY 3 -> STATUS_INVALID_PARAMETER
  f control FSCTL_IS_VOLUME_DIRTY 4 -> STATUS_INVALID_PARAMETER
  v dismount; DISMOUNT
  v control FSCTL_IS_VOLUME_DIRTY 4 -> STATUS_VOLUME_DISMOUNTED
]], { result = "not dirty; STATUS_VOLUME_DISMOUNTED after a dismount" })

-- FAT12 keeps the mark in the first table, where a raw write can take it away.
add("X17 fat ntfs", "marked, and what was there before written back", function(lab)
  local v, bytes = lab:open "D:", machines.content(lab.subject)
  assert.is_false(v:is_dirty())
  assert(v:lock())
  assert(v:mark_dirty())
  assert.is_true(v:is_dirty())
  for offset = 0, #bytes - 1, 1 << 16 do
    assert(v:write(offset, bytes:sub(offset + 1, offset + (1 << 16))))
  end
  assert.is_true(v:is_dirty())
  assert(v:dismount())
  assert(v:close())
  local w <close> = lab:open "D:"
  assert.is_false(w:is_dirty())
end, { result = "dirty until the next mount" })
add("X17 fat ntfs", "marked on the disk, while it is mounted", function(lab)
  local v <close> = lab:open "D:"
  assert(v:lock())
  local before = v:read(0, #machines.content(lab.subject))
  assert(v:mark_dirty())
  local marked = v:read(0, #before)
  assert(v:write(0, before))
  assert(v:dismount())
  v:close()
  local w <close> = lab:open "D:"
  assert.is_false(w:is_dirty())
  assert(w:lock())
  assert(w:write(0, marked))
  assert.is_false(w:is_dirty())
  assert(w:dismount())
  w:close()
  local x <close> = lab:open "D:"
  assert.is_true(x:is_dirty())
end, { result = "not dirty until the next mount" })

-- ---- X6, X7, X8: flush ----------------------------------------------------------------

add("X6 fat ntfs", "lock, dismount, write, flush", [[
  v = open D:
  v flush
  v lock
  v flush
  v dismount
  v write DATA x -> 512
  --
  v flush -> STATUS_FILE_INVALID; reason=dismounted; hint=before the dismount
]])
add("X6 fat ntfs", "by another volume handle, and beside the next mount", [[
  v = open D:
  w = open D:
  v dismount
  --
  w flush -> STATUS_FILE_INVALID; reason=dismounted
  v close
  x = open D:; MOUNT
  w flush -> STATUS_FILE_INVALID
  x flush
]], { result = "STATUS_FILE_INVALID" })
add("X6 fat ntfs", "what the Windows machine makes of it", [[
  v = open D:
  v dismount
  --
  v flush -> STATUS_FILE_INVALID
]], { also = "given" })

add("X7 fat ntfs", "the volume, and a file", [[
  v = open D:
  f = open D:\a.txt
  --
  v flush
  f flush -> STATUS_MEDIA_WRITE_PROTECTED
]], { volume = { readonly = true }, result = "success; of a file STATUS_MEDIA_WRITE_PROTECTED" })

add("X8 cdfs", "the volume", [[
  v = open D:
  --
  v flush -> STATUS_INVALID_DEVICE_REQUEST
]])

-- ---- X9, X16: sections ----------------------------------------------------------------

add("X9 fat ntfs", "open for writing while it is mapped as a program", [[
  f = open D:\a.txt access=r
  s = f map_program
  f close
  --
  open D:\a.txt access=rw -> STATUS_SHARING_VIOLATION; reason=in_use
  open D:\a.txt access=w -> STATUS_SHARING_VIOLATION
  g = open D:\a.txt access=r
  h = open D:\long%20file%20name.txt access=rw
  s close
  f = open D:\a.txt access=rw
]], { result = "STATUS_SHARING_VIOLATION" })
add("X9 fat ntfs", "open for writing while it is mapped as data", [[
  f = open D:\a.txt access=r
  s = f map
  f close
  --
  g = open D:\a.txt access=rw
]])

add("X16 fat ntfs", "opened for writing, mapped and closed", [[
  f = open D:\a.txt access=rw share=rwd
  s = f map
  f close
  --
  open D: access=r share=r -> STATUS_SHARING_VIOLATION
  s close
  v = open D: access=r share=r
]], { result = "STATUS_SHARING_VIOLATION until it is unmapped" })
add("X16 fat ntfs", "opened for reading, mapped and closed", [[
  f = open D:\a.txt access=r
  s = f map
  f close
  --
  v = open D: access=r share=r
]])

-- ---- X10, X12, X18: control codes -----------------------------------------------------

add("X10 fat", "asked by a volume and a file, also after a dismount and another format",
  function(lab)
    local v, f = lab:open "D:", lab:open("D:\\a.txt", { access = "r" })
    local wanted = machines.content("fat"):sub(1, 36)
    local function ask(handle)
      assert.equal(wanted, handle:control("FSCTL_QUERY_FAT_BPB", nil, 36))
    end
    ask(v)
    ask(f)
    assert(v:dismount())
    assert(v:write(0, ("\0"):rep(512)))
    ask(v)
    ask(f)
    assert(v:close())
    ask(f)
  end, { result = "36 bytes as they were mounted" })
add("X10 exfat", "asked", [[
  v = open D:
  --
  v control FSCTL_QUERY_FAT_BPB 36 -> STATUS_INVALID_DEVICE_REQUEST
]])

add("X12 fat ntfs", "asked by a volume and a file, also after a dismount", [[
  v = open D:
  f = open D:\a.txt
  --
  v control FSCTL_IS_PATHNAME_VALID -> ""
  f control FSCTL_IS_PATHNAME_VALID -> ""
  v dismount; DISMOUNT
  v control FSCTL_IS_PATHNAME_VALID -> ""
]], { result = "success" })
add("X12 cdfs", "asked", [[
  v = open D: access=r
  --
  v control FSCTL_IS_PATHNAME_VALID -> ""
]], { result = "success" })
add("X12 raw", "asked where there are no paths", [[
  v = open D:
  --
  v control FSCTL_IS_PATHNAME_VALID -> STATUS_INVALID_PARAMETER
]])

local function fat32(lab)
  local image = tempdir(lab.defer) .. "/fat32.img"
  machines.sh("mkfs.fat -C -F 32 -s 1 -S 512 %s 40960", image)
  local machine <close> = lab.kind.create(lab.defer, { disks = {
    { image = image, volumes = { { letter = "G:" } } } } })
  local v <close> = assert(machine:open "G:")
  assert.equal("FAT32", v:info().file_system)
  c.refused("STATUS_INVALID_DEVICE_REQUEST", v:control("FSCTL_QUERY_FAT_BPB", nil, 36))
end
add("X18 fat", "asked of a FAT32", fat32, { result = "STATUS_INVALID_DEVICE_REQUEST" })
add("X18 exfat", "asked", [[
  v = open D:
  --
  v control FSCTL_QUERY_FAT_BPB 36 -> STATUS_INVALID_DEVICE_REQUEST
]])

-- ---- X11, X13, X19: bytes -------------------------------------------------------------

add("X11 fat ntfs", "read and write by a dead handle, a file, and while the volume is offline", [[
  v = open D:
  w = open D:
  f = open D:\a.txt
  v dismount
  v offline
  --
  w count 0 0 -> 0
  w write DATA x 0 -> 0
  w count LENGTH 0 -> 0
  f count 0 0 -> 0
  f write 0 x 0 -> 0
  v write DATA x 0 -> 0
]], { result = "success" })
add("X11 fat ntfs", "write zero bytes to a mounted volume, and without the right", [[
  v = open D:
  w = open D: access=r
  --
  v write DATA x 0 -> 0
  w write DATA x 0 -> STATUS_ACCESS_DENIED
]], { result = "success; STATUS_ACCESS_DENIED comes first" })
add("X11 cdfs", "read and write", [[
  v = open D:
  --
  v write 0 x 0 -> 0
  v count 0 0 -> 0
]], { result = "success" })

add("X13 cdfs", "write within it, and past its end", [[
  v = open D:
  --
  v write 0 x 4 -> STATUS_MEDIA_WRITE_PROTECTED
  v write 1024M x 4 -> STATUS_END_OF_FILE
]])

add("X19 fat ntfs", "read and write the root folder", [[
  f = open D:\ access=rw
  --
  f read 0 512 -> STATUS_INVALID_PARAMETER
  f put 0 x -> STATUS_INVALID_PARAMETER
]])
add("X19 fat", "read another folder", [[
  f = open D:\Some%20Dir access=r
  --
  f read 0 512 -> STATUS_INVALID_PARAMETER
]])

-- ---- X14, X15, X20, X21: names and dispositions ----------------------------------------

add("X14 fat ntfs", "open as a directory that is created", [[
  v = open D:
  --
  open D: directory disposition=create -> STATUS_NOT_A_DIRECTORY
]])

add("X15 fat ntfs", "create what is there, the root, and below a missing folder", [[
  v = open D:
  --
  open D:\a.txt disposition=create -> STATUS_OBJECT_NAME_COLLISION
  open D:\ disposition=create -> STATUS_ACCESS_DENIED
  open D:\ disposition=overwrite_if -> STATUS_ACCESS_DENIED
  open D:\none\a.txt disposition=create -> STATUS_OBJECT_PATH_NOT_FOUND
  open D:\none disposition=overwrite -> STATUS_OBJECT_NAME_NOT_FOUND
]])
add("X15 fat ntfs", "create and overwrite on a write-protected volume", [[
  v = open D:
  --
  open D:\new.txt disposition=create -> STATUS_MEDIA_WRITE_PROTECTED
  open D:\new.txt disposition=open_if -> STATUS_MEDIA_WRITE_PROTECTED
  open D:\a.txt disposition=overwrite -> STATUS_MEDIA_WRITE_PROTECTED
  f = open D:\a.txt access=r disposition=open_if
]], { volume = { readonly = true }, result = "STATUS_MEDIA_WRITE_PROTECTED" })
add("X15 fat ntfs", "what NT would do, and cannot be done here", [[
  v = open D:
  --
  open D:\new.txt disposition=create -> STATUS_NOT_SUPPORTED; reason=no_new_files
  open D:\a.txt disposition=supersede -> STATUS_NOT_SUPPORTED; reason=no_new_files
]])
for _, disposition in ipairs { "create", "overwrite", "overwrite_if", "supersede" } do
  add("X15 cdfs", disposition .. " a file that is there, and one that is not", ([[
    v = open D: access=r
    --
    open D:\a.txt access=r disposition=%s -> STATUS_ACCESS_DENIED
    open D:\new.txt access=r disposition=%s -> STATUS_ACCESS_DENIED
  ]]):format(disposition, disposition))
end
add("X15 cdfs", "open or create a file that is not there", [[
  v = open D: access=r
  --
  open D:\new.txt access=r disposition=open_if -> STATUS_ACCESS_DENIED
]])

add("X20", "a file, a folder, the root, and the drive itself", [[
  open Z:\a.txt access=r -> STATUS_OBJECT_PATH_NOT_FOUND; reason=not_found
  open Z:\none\a.txt access=r -> STATUS_OBJECT_PATH_NOT_FOUND
  open Z:\ access=r -> STATUS_OBJECT_PATH_NOT_FOUND
  open \\?\Z:\a.txt access=r -> STATUS_OBJECT_PATH_NOT_FOUND
  --
  open Z: -> STATUS_OBJECT_NAME_NOT_FOUND; reason=not_found
]], { result = "STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND" })

for _, name in ipairs { "D:\\*", "D:\\a.?xt", "D:\\<.txt", "D:\\a>txt", "D:\\\"a.txt" } do
  add("X21 fat ntfs", "open " .. name, ([[
    v = open D:
    --
    open %s access=r -> STATUS_OBJECT_NAME_INVALID
  ]]):format(name))
end
add("X21 fat", "a stream, an alternate name of the data, and below a folder", [[
  v = open D:
  --
  open D:\a.txt:stream access=r -> STATUS_OBJECT_NAME_INVALID
  open D:\a.txt::$DATA access=r -> STATUS_OBJECT_NAME_INVALID
  open D:\Some%20Dir\*.txt access=r -> STATUS_OBJECT_NAME_INVALID
]])
for _, path in ipairs {
  "D:\\a.txt.", "D:\\a.txt...", "D:\\a.txt%20", "D:\\a.txt%20.%20.", "D:\\.\\a.txt",
  "D:\\none\\..\\a.txt", "D:\\..\\a.txt", "D:\\none\\.\\..\\.\\\\a.txt",
  "\\\\.\\D:\\.\\a.txt.", "D:/./a.txt%20", "D:\\a.b\\..\\a.txt",
} do
  add("X21 fat ntfs", "open " .. path .. " by its Win32 name", ([[
    v = open D:
    --
    f = open %s access=r
    f read 0 6 -> "alpha\n"
  ]]):format(path), { result = "the file" })
end
add("X21 fat", "a dot behind the name of a folder", [[
  v = open D:
  --
  f = open D:\Some%20Dir.\file%20name.txt access=r
  open D:\Some%20Dir..\file%20name.txt access=r -> STATUS_OBJECT_PATH_NOT_FOUND
  open D:\Some%20Dir%20\file%20name.txt access=r -> STATUS_OBJECT_PATH_NOT_FOUND
]])
add("X21 fat ntfs", "the root folder", [[
  v = open D:
  --
  f = open D:\none\..
  f kind -> "directory"
  g = open D:\..
  g kind -> "directory"
]], { result = "the root folder" })
add("X21 fat ntfs", "a name that goes to NT as it is", [[
  v = open D:
  --
  open \\?\D:\.\a.txt access=r -> STATUS_OBJECT_NAME_INVALID
  open \\?\D:\none\..\a.txt access=r -> STATUS_OBJECT_PATH_NOT_FOUND
]])

c.suite(_ENV, cases)
