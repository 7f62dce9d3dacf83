-- Control codes: docs/rules.md 4.

local c = require "spec.support.conformance"
local core = require "ntvol.core"
local machines = require "spec.support.machines"
local rows = require "spec.conformance.rows"

local MIB = 1 << 20

-- Codes of other subjects: nobody here answers them.
local NOT_SIMULATED = {}
for name in ([[
  FSCTL_CSV_GET_VOLUME_NAME_FOR_VOLUME_MOUNT_POINT FSCTL_CSV_GET_VOLUME_PATH_NAME
  FSCTL_EXTEND_VOLUME FSCTL_FILESYSTEM_GET_STATISTICS FSCTL_GET_BOOT_AREA_INFO
  FSCTL_GET_RETRIEVAL_POINTERS FSCTL_GET_RETRIEVAL_POINTER_BASE
  FSCTL_INVALIDATE_VOLUMES
  FSCTL_LOOKUP_STREAM_FROM_CLUSTER FSCTL_MARK_HANDLE FSCTL_MOVE_FILE
  FSCTL_QUERY_ON_DISK_VOLUME_INFO
  FSCTL_QUERY_USN_JOURNAL FSCTL_SHRINK_VOLUME
  IOCTL_DISK_GROW_PARTITION
  IOCTL_MOUNTMGR_AUTO_DL_ASSIGNMENTS IOCTL_MOUNTMGR_CHANGE_NOTIFY
  IOCTL_MOUNTMGR_KEEP_LINKS_WHEN_OFFLINE
  IOCTL_MOUNTMGR_VOLUME_ARRIVAL_NOTIFICATION
  IOCTL_VOLUME_IS_DYNAMIC
  IOCTL_VOLUME_POST_ONLINE IOCTL_VOLUME_PREPARE_FOR_CRITICAL_IO
  IOCTL_VOLUME_PREPARE_FOR_SHRINK IOCTL_VOLUME_QUERY_ALLOCATION_HINT
  IOCTL_VOLUME_QUERY_MINIMUM_SHRINK_SIZE IOCTL_VOLUME_READ_PLEX
]]):gmatch("%S+") do
  NOT_SIMULATED[name] = true
end

local cases = {}
local function add(result, id, text, body, disks)
  local case = { id, text, body, result = result, disks = disks }
  cases[#cases + 1] = case
  return case
end

for _, row in ipairs(rows) do
  local name = row.code and row.id:match("(%S+)$")
  if name then
    add(("0x%08X"):format(row.code), row.id, "its number", function()
      assert.equal(row.code, core.codes[name])
    end).shared = true
  end
  if name and NOT_SIMULATED[name] then
    add(nil, row.id, "not simulated, never a made-up success", [[
      v = open D:
      --
      v control ]] .. name .. [[ 4096 -> STATUS_INVALID_DEVICE_REQUEST
    ]])
  end
end

local function u32(text, at)
  return (string.unpack("<I4", text, at + 1))
end

local function u64(text, at)
  return (string.unpack("<i8", text, at + 1))
end

add("device << 16 | access << 14 | function << 2 | method", "4.1 arithmetic",
  "of every code that has a name", function()
    for name, code in pairs(core.codes) do
      local device, access = code >> 16, code >> 14 & 3
      local number, method = code >> 2 & 0xFFF, code & 3
      assert.equal(code, core.ctl_code(device, number, method, access), name)
    end
  end).shared = true

-- ---- file systems --------------------------------------------------------------------

add("false, true, also after the next mount", "4.3 mark dirty fat ntfs",
  "asked, marked, asked", [[
    v = open D:; MOUNT
    v is_dirty -> false
    v mark_dirty
    v is_dirty -> true
    v dismount; DISMOUNT
    v close
    w = open D:; MOUNT
    w is_dirty -> true
  ]])
add(nil, "4.3 mark dirty right fat", "without the right to manage", [[
  v = open D: access=traverse
  --
  v control FSCTL_MARK_VOLUME_DIRTY -> STATUS_INVALID_PARAMETER
]])
add("\\0\\0\\0\\0, then \\1\\0\\0\\0", "4.3 is dirty fat ntfs", "before and after marking", [[
  v = open D:; MOUNT
  v control FSCTL_IS_VOLUME_DIRTY 4 -> "\0\0\0\0"
  v control FSCTL_MARK_VOLUME_DIRTY -> ""
  v control FSCTL_IS_VOLUME_DIRTY 4 -> "\1\0\0\0"
]])
add("STATUS_INVALID_USER_BUFFER, STATUS_INVALID_PARAMETER",
  "4.3 is dirty room fat", "no buffer, a short one, a file handle", [[
  v = open D:
  f = open D:\a.txt
  --
  v control FSCTL_IS_VOLUME_DIRTY 0 -> STATUS_INVALID_USER_BUFFER
  v control FSCTL_IS_VOLUME_DIRTY 3 -> STATUS_INVALID_PARAMETER
  f control FSCTL_IS_VOLUME_DIRTY 4 -> STATUS_INVALID_PARAMETER
]])

-- FILE_FS_PERSISTENT_VOLUME_INFORMATION
local function persistent(flags, mask, version)
  return string.pack("<I4I4I4I4", flags, mask, version or 1, 0)
end

local SET, QUERY = "FSCTL_SET_PERSISTENT_VOLUME_STATE",
  "FSCTL_QUERY_PERSISTENT_VOLUME_STATE"

add("16 bytes: flags, mask, version 1, 0", "4.3 persistent state fat",
  "set, asked, and asked after the next mount", function(lab)
    local v <close> = lab:open "D:"
    assert.equal(persistent(0, 3), v:control(QUERY, persistent(0, 3), 16))
    assert.equal("", v:control(SET, persistent(7, 5)))
    assert.equal(persistent(5, 0x7FFF),
      v:control(QUERY, persistent(0, 0x7FFF), 16))
    assert(v:control(SET, persistent(0, 1)))
    assert(v:dismount())
    assert(v:close())
    local w <close> = lab:open "D:"
    assert.equal(persistent(4, 7), w:control(QUERY, persistent(0, 7), 64))
    assert.equal(persistent(0, 1), w:control(QUERY, persistent(0, 1), 16))
  end)
add("STATUS_VOLUME_DISMOUNTED", "4.3 persistent state fat",
  "set and asked after a dismount", function(lab)
    local v <close> = lab:open "D:"
    assert(v:dismount())
    c.refused("STATUS_VOLUME_DISMOUNTED", v:control(SET, persistent(1, 1)))
    c.refused("STATUS_VOLUME_DISMOUNTED",
      v:control(QUERY, persistent(0, 1), 16))
  end)
add("the documented refusals", "4.3 persistent state fat",
  "short buffers, another version, no such flag, a file", function(lab)
    local v <close> = lab:open "D:"
    local f <close> = lab:open "D:\\a.txt"
    local whole = persistent(0, 1)
    c.refused("STATUS_BUFFER_TOO_SMALL", v:control(SET, whole:sub(1, 15)))
    c.refused("STATUS_BUFFER_TOO_SMALL", v:control(QUERY, whole:sub(1, 15), 16))
    c.refused("STATUS_BUFFER_TOO_SMALL", v:control(QUERY, whole, 15))
    c.refused("STATUS_NOT_SUPPORTED", v:control(SET, persistent(0, 1, 2)))
    c.refused("STATUS_NOT_SUPPORTED", v:control(QUERY, persistent(0, 1, 0), 16))
    c.refused("STATUS_INVALID_PARAMETER", v:control(SET, persistent(0, 0x8000)))
    c.refused("STATUS_INVALID_PARAMETER", f:control(QUERY, whole, 16))
    local disk <close> = lab:open "PhysicalDrive0"
    c.refused("STATUS_INVALID_PARAMETER", disk:control(QUERY, whole, 16))
  end)
add("nothing is set there", "4.3 persistent state fat",
  "asked of another file system on the same volume", function(lab)
    local v <close> = lab:open "D:"
    assert(v:control(SET, persistent(1, 1)))
    assert(v:lock())
    assert(v:write(0, machines.other_serial(v:read(0, 12 * 512))))
    assert(v:dismount())
    assert(v:close())
    local w <close> = lab:open "D:"
    assert.equal(persistent(0, 1), w:control(QUERY, persistent(0, 1), 16))
  end)
add("STATUS_MEDIA_WRITE_PROTECTED", "4.3 persistent state fat",
  "set on a read-only disk", function(lab)
    local disk <close> = lab:open "PhysicalDrive0"
    assert(disk:control("IOCTL_DISK_SET_DISK_ATTRIBUTES",
      string.pack("<I4Bxxxi8i8I4I4I4I4", 40, 0, 2, 2, 0, 0, 0, 0)))
    local v <close> = lab:open("D:", { access = "r" })
    c.refused("STATUS_MEDIA_WRITE_PROTECTED", v:control(SET, persistent(1, 1)))
    assert.equal(persistent(0, 1), v:control(QUERY, persistent(0, 1), 16))
  end)

-- ---- volumes and disks -----------------------------------------------------------------

local function spanned()
  return {
    { size = 16 * MIB, style = "gpt", volumes = {
      { letter = "D:", size = 4 * MIB, span = "set" } } },
    { size = 16 * MIB, style = "mbr", volumes = {
      { letter = "E:", size = 2 * MIB }, { size = 3 * MIB, span = "set" } } },
  }
end

add("STATUS_BUFFER_OVERFLOW with one extent and the true count",
  "4.4 two extents", "32 bytes of room", function(lab)
    local v <close> = lab:open("D:", { access = "none" })
    local code = "IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS"
    local info = c.refused("STATUS_BUFFER_OVERFLOW", v:control(code, nil, 32))
    local out = info.output
    assert.same({ 32, 2, 0, MIB, 4 * MIB },
      { #out, u32(out, 0), u32(out, 8), u64(out, 16), u64(out, 24) })
    c.refused("STATUS_BUFFER_OVERFLOW", v:control(code, nil, 55))
    c.refused("STATUS_BUFFER_TOO_SMALL", v:control(code, nil, 31))
    out = assert(v:control(code, nil, 56))
    assert.same({ 56, 2, 1, 3 * MIB, 3 * MIB },
      { #out, u32(out, 0), u32(out, 32), u64(out, 40), u64(out, 48) })
  end, spanned())
add("both disks", "4.4 two extents", "the disks that move together",
  function(lab)
    local v <close> = lab:open("D:", { access = "none" })
    assert.equal(string.pack("<I4I4I4", 2, 0, 1),
      v:control("IOCTL_VOLUME_QUERY_FAILOVER_SET", nil, 12))
    local info = c.refused("STATUS_BUFFER_OVERFLOW",
      v:control("IOCTL_VOLUME_QUERY_FAILOVER_SET", nil, 8))
    assert.equal(string.pack("<I4I4", 2, 0), info.output)
  end, spanned())
add("STATUS_INVALID_DEVICE_REQUEST", "4.4 two extents",
  "what only a volume in one piece has", [[
    v = open D:
    --
    v control IOCTL_STORAGE_GET_DEVICE_NUMBER 12 -> STATUS_INVALID_DEVICE_REQUEST
    v control IOCTL_DISK_GET_PARTITION_INFO_EX 144 -> STATUS_INVALID_DEVICE_REQUEST
    v control IOCTL_VOLUME_GET_GPT_ATTRIBUTES 8 -> STATUS_INVALID_DEVICE_REQUEST
    v control IOCTL_VOLUME_IS_PARTITION -> STATUS_UNSUCCESSFUL
  ]], spanned())
add("8 bytes", "4.4 length", "asked by a reader", function(lab)
  local out = lab:open("D:", { access = "r" })
    :control("IOCTL_DISK_GET_LENGTH_INFO", nil, 8)
  assert.same({ 8, machines.FAT_VOLUME_SIZE }, { #out, u64(out, 0) })
end)
add(nil, "4.4 length", "asked without the right to read", [[
  v = open D: access=w
  --
  v control IOCTL_DISK_GET_LENGTH_INFO 8 -> STATUS_ACCESS_DENIED
]])
add("the medium is out, and nothing asks who uses it", "4.4 eject",
  "of a removable disk, of a fixed one", function(lab)
    local v, f = lab:open "E:", lab:open("E:\\a.txt", { access = "r" })
    lab:trail()
    assert.equal("", v:control "IOCTL_STORAGE_EJECT_MEDIA")
    assert.equal("MEDIA_REMOVAL", lab:trail())
    assert.is_true(lab.machine:volumes()[2].no_medium)
    c.refused("STATUS_NO_MEDIA_IN_DEVICE", f:read(0, 6))
    assert.equal("", v:control "IOCTL_STORAGE_LOAD_MEDIA")
    assert.equal("MEDIA_ARRIVAL", lab:trail())
    assert.equal("alpha\n", f:read(0, 6))
    c.refused("STATUS_INVALID_DEVICE_REQUEST",
      lab:open("D:"):control "IOCTL_STORAGE_EJECT_MEDIA")
  end)
cases[#cases].removable = true

c.suite(_ENV, cases)
c.not_yet(_ENV, "4.3 codes", "4.4 codes", "4 answers")
