-- What the drivers of volumes, disks and storage answer: docs/rules.md 4.4.
-- How long their buffers must be: spec/contract/control_spec.lua.

local c = require "spec.support.conformance"
local machines = require "spec.support.machines"
local tempdir = require "spec.support.tempdir"
local volumes = require "spec.support.volumes"

local MIB = 1 << 20
-- EBD0A0A2-B9E5-4433-87C0-68B6B72699C7 as it lies in memory.
local BASIC_DATA =
  "\xA2\xA0\xD0\xEB\xE5\xB9\x33\x44\x87\xC0\x68\xB6\xB7\x26\x99\xC7"

local cases = {}

-- `text` is in the name of the test when its steps do not end with it.
local function add(id, what, body, disks, result)
  cases[#cases + 1] = { id, what, body, disks = disks, result = result }
end

-- D: and E: on the second disk, whose first is a volume for itself.
local function two_partitions(style, more)
  local disk = { size = 16 * MIB, style = style, serial = "S/N 1", volumes = {
    { letter = "D:", size = 4 * MIB }, { letter = "E:", size = 5 * MIB } } }
  for key, value in pairs(more or {}) do
    disk[key] = value
  end
  return { { size = MIB, volumes = { { letter = "F:" } } }, disk }
end

local function utf16(text)
  return (text:gsub(".", "%0\0"))
end

-- "0fc63daf-..." as it lies in memory.
local function guid(text)
  local a, b, d, e, f = text:lower():match("(%x+)-(%x+)-(%x+)-(%x+)-(%x+)")
  local tail = (e .. f):gsub("%x%x", function(digits)
    return string.char(tonumber(digits, 16))
  end)
  return string.pack("<I4I2I2", tonumber(a, 16), tonumber(b, 16),
    tonumber(d, 16)) .. tail
end

-- ---- questions by status: 1.8 -------------------------------------------------------

add("1.8 IS_CLUSTERED", "a disk", [[
  p = open PhysicalDrive0
  --
  p control IOCTL_VOLUME_IS_CLUSTERED -> STATUS_INVALID_DEVICE_REQUEST
]])
add("1.8 SUPPORTS_ONLINE_OFFLINE", "a disk", [[
  p = open PhysicalDrive0
  --
  p control IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE -> STATUS_INVALID_DEVICE_REQUEST
]])
add("1.8 IS_IO_CAPABLE", "an offline volume", [[
  v = open D:
  v offline
  --
  v control IOCTL_VOLUME_IS_IO_CAPABLE -> STATUS_UNSUCCESSFUL; reason=answer_no
]])
add("1.8 IS_PARTITION", "a partition of an MBR, and a whole disk", [[
  v = open D:
  w = open F:
  --
  v control IOCTL_VOLUME_IS_PARTITION -> ""
  w control IOCTL_VOLUME_IS_PARTITION -> STATUS_UNSUCCESSFUL; reason=answer_no
]], two_partitions "mbr", "success, STATUS_UNSUCCESSFUL")
add("1.8 IS_OFFLINE", "by the method", [[
  v = open D:
  --
  v is_offline -> false
  v offline
  v is_offline -> true
]], nil, "false, true")
add("4.4 IOCTL_DISK_IS_WRITABLE", "a volume that is not read-only", [[
  v = open D:
  --
  v control IOCTL_DISK_IS_WRITABLE -> ""
]], nil, "success")

-- ---- where a volume lies ---------------------------------------------------------------

add("4.4 extents", "by code and by method, without data access", [[
  v = open E: access=none
  --
  v control IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS 32
    -> pack("I4x4I4x4i8i8", 1, 1, 5*MIB, 5*MIB)
  v extents -> { { disk = 1, offset = 5*MIB, length = 5*MIB } }
  v info extents -> { { disk = 1, offset = 5*MIB, length = 5*MIB } }
  p = open PhysicalDrive1
  p extents -> STATUS_INVALID_DEVICE_REQUEST
]], two_partitions "gpt", "disk, start and length; a disk has none")
add("4.4 IOCTL_VOLUME_QUERY_FAILOVER_SET", "of a volume on one disk", [[
  v = open E:
  --
  v control IOCTL_VOLUME_QUERY_FAILOVER_SET 8 -> pack("I4I4", 1, 1)
]], two_partitions "gpt", "its disk")
add("4.4 IOCTL_VOLUME_LOGICAL_TO_PHYSICAL", "the first byte, the last, one behind it", [[
  v = open E:
  --
  v send IOCTL_VOLUME_LOGICAL_TO_PHYSICAL 24 i8=0
    -> pack("I4x4I4x4i8", 1, 1, 5*MIB)
  v send IOCTL_VOLUME_LOGICAL_TO_PHYSICAL 24 i8=1
    -> pack("I4x4I4x4i8", 1, 1, 5*MIB + 1)
  v send IOCTL_VOLUME_LOGICAL_TO_PHYSICAL 24 i8=5242879
    -> pack("I4x4I4x4i8", 1, 1, 10*MIB - 1)
  v send IOCTL_VOLUME_LOGICAL_TO_PHYSICAL 24 i8=5242880 -> STATUS_INVALID_PARAMETER
]], two_partitions "gpt", "disk and place, STATUS_INVALID_PARAMETER behind the end")
add("4.4 IOCTL_VOLUME_PHYSICAL_TO_LOGICAL", "the first byte, the last, places elsewhere", [[
  v = open E:
  --
  v send IOCTL_VOLUME_PHYSICAL_TO_LOGICAL 8 I4x4=1 i8=5242880 -> pack("i8", 0)
  v send IOCTL_VOLUME_PHYSICAL_TO_LOGICAL 8 I4x4=1 i8=5242881 -> pack("i8", 1)
  v send IOCTL_VOLUME_PHYSICAL_TO_LOGICAL 8 I4x4=1 i8=10485759 -> pack("i8", 5*MIB - 1)
  v send IOCTL_VOLUME_PHYSICAL_TO_LOGICAL 8 I4x4=0 i8=5242880 -> STATUS_INVALID_PARAMETER
  v send IOCTL_VOLUME_PHYSICAL_TO_LOGICAL 8 I4x4=1 i8=0 -> STATUS_INVALID_PARAMETER
  v send IOCTL_VOLUME_PHYSICAL_TO_LOGICAL 8 I4x4=1 i8=10485760 -> STATUS_INVALID_PARAMETER
]], two_partitions "gpt", "the offset, STATUS_INVALID_PARAMETER elsewhere")

-- ---- what a volume is called -------------------------------------------------------------

add("4.4 IOCTL_VOLUME_QUERY_VOLUME_NUMBER", "of the third volume", function(lab)
  local v <close> = lab:open("E:", { access = "none" })
  local number = tonumber(lab.machine:volumes()[3].device:match "%d+$")
  assert.equal(string.pack("<I4", number) .. utf16 "VOLMGR  ",
    v:control("IOCTL_VOLUME_QUERY_VOLUME_NUMBER", "", 20))
end, two_partitions "gpt", "its number, and VOLMGR")
add("4.4 IOCTL_MOUNTDEV_QUERY_DEVICE_NAME", "of a volume and of a disk", function(lab)
  for name, device in pairs {
    ["D:"] = lab.machine:volumes()[1].device,
    PhysicalDrive0 = "\\Device\\Harddisk0\\DR0",
  } do
    local v <close> = lab:open(name)
    assert.equal(string.pack("<s2", utf16(device)),
      v:control("IOCTL_MOUNTDEV_QUERY_DEVICE_NAME", "", 200))
  end
end, nil, "the name of its device")
add("4.4 IOCTL_MOUNTDEV_QUERY_DEVICE_NAME", "of drives for CDs", function(lab)
  local code = "IOCTL_MOUNTDEV_QUERY_DEVICE_NAME"
  for letter, device in pairs {
    ["X:"] = "\\Device\\CdRom0", ["Y:"] = "\\Device\\CdRom1",
  } do
    local v <close> = lab:open(letter, { access = "r" })
    assert.equal(device, v:info().device)
    assert.equal(string.pack("<s2", utf16(device)), v:control(code, "", 200))
    local info = c.refused("STATUS_BUFFER_OVERFLOW", v:control(code, "", 4))
    assert.equal(string.pack("<I2I2", 2 * #device, 0), info.output)
  end
end, { { size = MIB }, { cdrom = true, volumes = { { letter = "X:" } } },
  { cdrom = true, volumes = { { letter = "Y:" } } } }, "the name of the drive")
add("4.4 IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", "of a GPT partition", function(lab)
  local p <close> = lab:open "PhysicalDrive1"
  local layout = assert(p:control("IOCTL_DISK_GET_DRIVE_LAYOUT_EX", "", 1 << 16))
  local v <close> = lab:open "E:"
  local second = 48 + 144 + 32 + 16 -- where its GUID lies
  assert.equal("\24\0DMIO:ID:" .. layout:sub(second + 1, second + 16),
    v:control("IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", "", 100))
end, two_partitions "gpt", "its GUID")
add("4.4 IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", "of an MBR partition", function(lab)
  local p <close> = lab:open "PhysicalDrive1"
  local v <close> = lab:open "E:"
  local signature = p:read(0, 512):sub(0x1B9, 0x1BC)
  assert.not_equal("\0\0\0\0", signature)
  assert.equal("\12\0" .. signature .. string.pack("<i8", 5 * MIB),
    v:control("IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", "", 100))
end, two_partitions "mbr", "the signature of the disk, and its place")
add("4.4 IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", "of a disk without a table", function(lab)
  local v <close> = lab:open "D:"
  assert.equal("\16\0" .. guid(lab.machine:volumes()[1].guid_path:match "{(.*)}"),
    v:control("IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", "", 18))
end, nil, "the GUID of its path")
add("4.4 IOCTL_MOUNTDEV_QUERY_STABLE_GUID", "of a volume", function(lab)
  local v <close> = lab:open "D:"
  assert.equal(guid(lab.machine:volumes()[1].guid_path:match "{(.*)}"),
    v:control("IOCTL_MOUNTDEV_QUERY_STABLE_GUID", "", 16))
end, nil, "the GUID of its path")

-- ---- partitions ------------------------------------------------------------------------------

add("4.4 GPT attributes", "read-only, and back", [[
  v = open E:
  --
  v control IOCTL_VOLUME_GET_GPT_ATTRIBUTES 8 -> pack("i8", 0)
  v send IOCTL_VOLUME_SET_GPT_ATTRIBUTES 0 i8=1152921504606846976 I8=0
  v control IOCTL_VOLUME_GET_GPT_ATTRIBUTES 8 -> pack("i8", 1 << 60)
  v write 0 x -> STATUS_MEDIA_WRITE_PROTECTED
  v control IOCTL_DISK_IS_WRITABLE -> STATUS_MEDIA_WRITE_PROTECTED; reason=readonly
  v info readonly -> true
  v send IOCTL_VOLUME_SET_GPT_ATTRIBUTES 0 i8=0 I8=0
  v write 0 x -> 512
]], two_partitions "gpt", "STATUS_MEDIA_WRITE_PROTECTED, success")
add("4.4 GPT attributes", "until the handle is closed: not simulated", [[
  v = open E:
  --
  v send IOCTL_VOLUME_SET_GPT_ATTRIBUTES 0 i8=0 B=1 I7=0
    -> STATUS_NOT_SUPPORTED; reason=revert_on_close
]], two_partitions "gpt")
add("4.4 GPT attributes", "of a partition of an MBR, and of a whole disk", [[
  v = open E:
  w = open F:
  --
  v control IOCTL_VOLUME_GET_GPT_ATTRIBUTES 8 -> STATUS_INVALID_DEVICE_REQUEST
  v send IOCTL_VOLUME_SET_GPT_ATTRIBUTES 0 i8=0 I8=0 -> STATUS_INVALID_DEVICE_REQUEST
  w control IOCTL_VOLUME_GET_GPT_ATTRIBUTES 8 -> STATUS_INVALID_DEVICE_REQUEST
]], two_partitions "mbr")

-- DRIVE_LAYOUT_INFORMATION_EX of an MBR with one partition; nil: with none.
local function mbr_of(start, length)
  local one = start and string.pack("<I4I4i8i8I4I4BBBBI4", 0, 0, start, length,
    1, 1, 7, 0, 0, 0, start // 512) or ""
  return string.pack("<I4I4I4", 0, 4, 0x12345678) .. ("\0"):rep(36) .. one
    .. ("\0"):rep(4 * 144 - #one)
end

local function names_of(lab)
  local list = {}
  for i, volume in ipairs(lab.machine:volumes()) do
    list[i] = volume.name
  end
  return table.concat(list, " ")
end

add("4.4 IOCTL_DISK_CREATE_DISK", "an MBR where a GPT was", function(lab)
  local p <close> = lab:open "PhysicalDrive1"
  assert.equal("", p:control("IOCTL_DISK_CREATE_DISK",
    string.pack("<I4I4c16", 0, 0x12345678, "")))
  assert.equal("F:", names_of(lab))
  local out = p:control("IOCTL_DISK_GET_DRIVE_LAYOUT_EX", "", 1 << 16)
  assert.equal(string.pack("<I4I4I4", 0, 4, 0x12345678), out:sub(1, 12))
end, two_partitions "gpt", "an empty table; D: and E: are gone")
add("4.4 IOCTL_DISK_DELETE_DRIVE_LAYOUT", "of an MBR", function(lab)
  local p <close> = lab:open "PhysicalDrive1"
  assert.equal("", p:control "IOCTL_DISK_DELETE_DRIVE_LAYOUT")
  assert.equal("none", lab.machine:disks()[2].style)
  assert.equal("", p:control "IOCTL_DISK_DELETE_DRIVE_LAYOUT")
end, two_partitions "mbr", "no table; success where there is none")
add("4.4 IOCTL_DISK_SET_DRIVE_LAYOUT_EX", "one partition instead of two",
  function(lab)
    local p <close> = lab:open "PhysicalDrive1"
    assert.equal("", p:control("IOCTL_DISK_SET_DRIVE_LAYOUT_EX",
      mbr_of(MIB, 8 * MIB)))
    assert.equal("F: D:", names_of(lab))
    assert.equal(8 * MIB, lab.machine:volumes()[2].size)
    assert.equal("\x78\x56\x34\x12", p:read(0, 512):sub(441, 444))
  end, two_partitions "mbr", "D: grew, E: is gone")
add("4.4 IOCTL_DISK_SET_DRIVE_LAYOUT_EX", "while a volume that would go is open",
  function(lab)
    local p <close> = lab:open "PhysicalDrive1"
    local v <close> = lab:open "E:"
    local info = c.refused("STATUS_DEVICE_BUSY",
      p:control("IOCTL_DISK_SET_DRIVE_LAYOUT_EX", mbr_of(MIB, 8 * MIB)))
    assert.same({ "in_use", 1 }, { info.reason, #info.holders })
    assert(v:lock())
  end, two_partitions "mbr", "STATUS_DEVICE_BUSY, and who has it")
add("4.4 IOCTL_DISK_SET_DRIVE_LAYOUT_EX", "a list of another style, and a short one",
  function(lab)
    local p <close> = lab:open "PhysicalDrive1"
    c.refused("STATUS_INVALID_PARAMETER",
      p:control("IOCTL_DISK_SET_DRIVE_LAYOUT_EX", mbr_of(MIB, 8 * MIB)))
    c.refused("STATUS_INFO_LENGTH_MISMATCH",
      p:control("IOCTL_DISK_SET_DRIVE_LAYOUT_EX", ("\0"):rep(47)))
  end, two_partitions "gpt", "STATUS_INVALID_PARAMETER, STATUS_INFO_LENGTH_MISMATCH")
add("4.4 IOCTL_DISK_UPDATE_PROPERTIES", "when the table was written as bytes",
  function(lab)
    local p <close> = lab:open "PhysicalDrive1"
    local sector = p:read(0, 512)
    assert(p:write(0, sector:sub(1, 462) .. ("\0"):rep(16) .. sector:sub(479)))
    assert.equal("F: D: E:", names_of(lab))
    assert.equal("", p:control "IOCTL_DISK_UPDATE_PROPERTIES")
    assert.equal("F: D:", names_of(lab))
  end, two_partitions "mbr", "E: is gone")

-- The entries of a layout: { style, start, length, number }, and its bytes.
local function layout_of(p)
  local out = assert(p:control("IOCTL_DISK_GET_DRIVE_LAYOUT_EX", "", 1 << 16))
  local style, count = string.unpack("<I4I4", out)
  local entries = {}
  for i = 1, count do
    local at = 48 + 144 * (i - 1) + 1
    local one, start, length, number = string.unpack("<I4xxxxi8i8I4", out, at)
    entries[i] = { style = one, start = start, length = length, number = number,
      bytes = out:sub(at, at + 143) }
  end
  return style, entries, out
end

-- Each volume says of itself what the layout says of it.
local function same_as_volumes(lab, entries)
  for i, name in ipairs { "D:", "E:" } do
    local v <close> = lab:open(name)
    assert.equal(entries[i].bytes,
      v:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144))
  end
end

add("4.4 layout", "of a GPT, against its header", function(lab)
  local p <close> = lab:open "PhysicalDrive1"
  local style, entries, out = layout_of(p)
  assert.same({ 1, 2, 48 + 2 * 144 }, { style, #entries, #out })
  local header = p:read(512, 512)
  local from, to = string.unpack("<i8i8", header, 41)
  assert.equal(string.pack("<i8i8I4", from * 512, (to - from + 1) * 512, 128),
    out:sub(25, 44))
  assert.equal(header:sub(57, 72), out:sub(9, 24))
  same_as_volumes(lab, entries)
end, two_partitions "gpt", "two partitions")
add("4.4 layout", "of an MBR, against its sector", function(lab)
  local p <close> = lab:open "PhysicalDrive1"
  local style, entries, out = layout_of(p)
  assert.same({ 0, 4 }, { style, #entries })
  assert.equal(p:read(0, 512):sub(0x1B9, 0x1BC), out:sub(9, 12))
  assert.equal(("\0"):rep(2 * 144), out:sub(-2 * 144))
  same_as_volumes(lab, entries)
end, two_partitions "mbr", "four entries")
add("4.4 layout", "of a disk without a table", function(lab)
  local p <close> = lab:open "PhysicalDrive0"
  local style, entries = layout_of(p)
  assert.same({ 2, 0 }, { style, #entries })
end, nil, "RAW, and empty")

-- The disk of the only case that runs now, made by sfdisk with these words. The case
-- may change it in `path`.
local path

local function by_sfdisk(words, disk_volumes)
  return function(defer)
    path = tempdir(defer) .. "/disk.img"
    machines.sh("truncate -s 16M %s", path)
    machines.sh("printf '%s' | sfdisk -q %s", words, path)
    return { { image = path, volumes = disk_volumes } }
  end
end

local function by_another_program(...)
  add(...)
  cases[#cases].programs = { "sfdisk" }
end

by_another_program("4.4 GPT attributes", "set, against what sfdisk reads", function(lab)
  local value = 1 << 60 | 1 << 62 | 1
  local v <close> = lab:open "E:"
  assert.equal("", v:control("IOCTL_VOLUME_SET_GPT_ATTRIBUTES",
    string.pack("<i8i8", value, 0)))
  assert.equal(string.pack("<i8", value),
    v:control("IOCTL_VOLUME_GET_GPT_ATTRIBUTES", "", 8))
  local p <close> = lab:open "PhysicalDrive1"
  local _, entries = layout_of(p)
  assert.equal(value, (string.unpack("<i8", entries[2].bytes, 65)))
  assert.equal(0, (string.unpack("<i8", entries[1].bytes, 65)))
  if lab.kind.key == "folder" then
    local image = lab.machine:disks()[2].location
    local dump = volumes.output("sfdisk -d %s 2>&1", image)
    assert(dump:find('attrs="RequiredPartition GUID:60,62"', 1, true), dump)
    local check = volumes.output("sfdisk --verify %s 2>&1", image)
    assert(check:find("No errors detected", 1, true), check)
  end
end, two_partitions "gpt", "they are in the table, which stays whole")
add("4.4 GPT attributes", "one copy of the table damaged, then both", function(lab)
  local get, set = "IOCTL_VOLUME_GET_GPT_ATTRIBUTES", "IOCTL_VOLUME_SET_GPT_ATTRIBUTES"
  local p <close> = lab:open "PhysicalDrive1"
  assert(p:write(512, ("\0"):rep(512)))
  local v <close> = lab:open "E:"
  assert(v:control(set, string.pack("<i8i8", 1 << 63, 0)))
  assert.equal(string.pack("<i8", 1 << 63), v:control(get, "", 8))
  assert(p:write(16 * MIB - 512, ("\0"):rep(512)))
  local info = c.refused("STATUS_DISK_CORRUPT_ERROR", v:control(get, "", 8))
  assert.equal("partition_table", info.reason)
  c.refused("STATUS_DISK_CORRUPT_ERROR", v:control(set, ("\0"):rep(16)))
end, two_partitions "gpt", "the other is used, STATUS_DISK_CORRUPT_ERROR")
by_another_program("4.4 layout", "of logical partitions of an MBR", function(lab)
  local p <close> = lab:open "PhysicalDrive0"
  local style, entries = layout_of(p)
  assert.same({ 0, 12 }, { style, #entries })
  local found = {}
  for i, entry in ipairs(entries) do
    local kind, _, known = string.unpack("<BBB", entry.bytes, 33)
    if kind ~= 0 then
      found[#found + 1] = { i, kind, known, entry.start // 512,
        entry.length // 512, entry.number }
    end
  end
  assert.same({
    { 1, 0x07, 1, 2048, 4096, 1 }, { 2, 0x05, 0, 8192, 24576, 0 },
    { 5, 0x07, 1, 10240, 2048, 5 }, { 6, 0x05, 0, 12288, 6144, 0 },
    { 9, 0x0C, 1, 14336, 4096, 6 },
  }, found)
end, by_sfdisk("2048,4096,7\\n8192,,5\\n10240,2048,7\\n14336,4096,c\\n", {}),
  "they come four by four")
by_another_program("4.4 IOCTL_VOLUME_UPDATE_PROPERTIES",
  "after another program changed size, name and attributes", function(lab)
    local v <close> = lab:open "D:"
    local old = v:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144)
    machines.sh("printf ',8192' | sfdisk -q -N 1 --no-reread %s", path)
    machines.sh("LC_ALL=C.UTF-8 sfdisk -q --part-label %s 1 'D\xC3\xA4ta'", path)
    machines.sh("sfdisk -q --part-attrs %s 1 GUID:60", path)
    assert.equal(old, v:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144))
    assert.equal("", v:control "IOCTL_VOLUME_UPDATE_PROPERTIES")
    local p <close> = lab:open "PhysicalDrive0"
    assert.equal("", p:control "IOCTL_DISK_UPDATE_PROPERTIES")
    c.refused("STATUS_INVALID_DEVICE_REQUEST",
      p:control "IOCTL_VOLUME_UPDATE_PROPERTIES")
    local w <close> = lab:open "D:"
    local new = w:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144)
    assert.equal(8192 * 512, (string.unpack("<i8", new, 17)))
    assert.equal(1 << 60, (string.unpack("<i8", new, 65)))
    local name = utf16 "D\xE4ta"
    assert.equal(name .. ("\0"):rep(72 - #name), new:sub(73))
    local info = lab.machine:volumes()[1]
    assert.same({ 8192 * 512, true }, { info.size, info.readonly })
  end, by_sfdisk("label: gpt\\n2048,4096\\n", { { letter = "D:" } }),
  "taken over with the code, not before")

add("4.4 partition", "a whole disk without a table, as a volume", [[
  v = open D:
  --
  v control IOCTL_DISK_GET_PARTITION_INFO_EX 144
    -> pack("I4x4i8i8I4Bx115", 2, 0, LENGTH, 0, 0)
]], nil, "RAW")
add("4.4 partition", "of an MBR: type, not active, recognised, sectors in front", [[
  v = open E:
  --
  v control IOCTL_DISK_GET_PARTITION_INFO_EX 144
    -> pack("I4x4i8i8I4x4BBBxI4x104", 0, 5*MIB, 5*MIB, 2, 7, 0, 1, 10240)
]], two_partitions "mbr", "the second entry")
add("4.4 partition", "of a GPT: basic data, with a GUID of its own", function(lab)
  local p <close> = lab:open "PhysicalDrive1"
  local _, entries = layout_of(p)
  for i, one in ipairs(entries) do
    assert.same({ 1, (i == 1 and 1 or 5) * MIB, (i == 1 and 4 or 5) * MIB, i },
      { one.style, one.start, one.length, one.number })
    assert.equal(BASIC_DATA, one.bytes:sub(33, 48))
    assert.not_equal(("\0"):rep(16), one.bytes:sub(49, 64))
    assert.equal(("\0"):rep(8), one.bytes:sub(65, 72))
  end
  assert.not_equal(entries[1].bytes:sub(49, 64), entries[2].bytes:sub(49, 64))
end, two_partitions "gpt", "the second entry")
add("4.4 partition", "of the whole disk", function(lab)
  local p <close> = lab:open "PhysicalDrive1"
  local out = assert(p:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144))
  local _, start, length, number = string.unpack("<I4xxxxi8i8I4", out)
  assert.same({ 0, 16 * MIB, 0 }, { start, length, number })
end, two_partitions "gpt", "all of it")
add("4.4 device number", "of volumes, of partitions and of disks", [[
  a = open F: access=none
  b = open D: access=none
  d = open E: access=none
  p = open PhysicalDrive0 access=none
  q = open PhysicalDrive1 access=none
  --
  a device_number -> { type = 7, number = 0, partition = 0 }
  b device_number -> { type = 7, number = 1, partition = 1 }
  d device_number -> { type = 7, number = 1, partition = 2 }
  p device_number -> { type = 7, number = 0, partition = 0 }
  q device_number -> { type = 7, number = 1, partition = 0 }
  d control IOCTL_STORAGE_GET_DEVICE_NUMBER 12 -> pack("I4I4I4", 7, 1, 2)
]], two_partitions "mbr", "type, disk and partition")

-- ---- the disk --------------------------------------------------------------------------------

add("4.4 length", "of each file system, and of a disk", [[
  d = open D:
  e = open E:
  f = open F:
  p = open PhysicalDrive0
  --
  d control IOCTL_DISK_GET_LENGTH_INFO 8 -> pack("i8", LENGTH)
  d size -> LENGTH
  e control IOCTL_DISK_GET_LENGTH_INFO 8 -> pack("i8", NTFS_LENGTH)
  e size -> NTFS_LENGTH
  f control IOCTL_DISK_GET_LENGTH_INFO 8 -> pack("i8", RAW_LENGTH)
  f size -> RAW_LENGTH
  p control IOCTL_DISK_GET_LENGTH_INFO 8 -> pack("i8", LENGTH)
  p size -> LENGTH
]], nil, "8 bytes")
cases[#cases].more = { "ntfs", "raw" }
add("4.4 length", "without data access", [[
  v = open D: access=none
  --
  v size -> STATUS_ACCESS_DENIED
]])
add("4.4 geometry", "of a volume and of its disk", [[
  v = open D:
  p = open PhysicalDrive0
  --
  v geometry
    -> { cylinders = 12, heads = 255, sectors_per_track = 63, sector_size = 512, size = 100*MIB }
  p geometry
    -> { cylinders = 12, heads = 255, sectors_per_track = 63, sector_size = 512, size = 100*MIB }
  v control IOCTL_DISK_GET_DRIVE_GEOMETRY 24 -> pack("i8I4I4I4I4", 12, 12, 255, 63, 512)
  p control IOCTL_DISK_GET_DRIVE_GEOMETRY 24 -> pack("i8I4I4I4I4", 12, 12, 255, 63, 512)
  v control IOCTL_DISK_GET_DRIVE_GEOMETRY_EX 40
    -> pack("i8I4I4I4I4i8x8", 12, 12, 255, 63, 512, 100*MIB)
]], { { size = 100 * MIB, volumes = { { letter = "D:" } } } }, "the usual translation")
add("4.4 geometry", "of a removable medium with large sectors", [[
  v = open D: access=none
  --
  v control IOCTL_DISK_GET_DRIVE_GEOMETRY 24 -> pack("i8I4I4I4I4", 0, 11, 255, 63, 4096)
]], { { size = 8 * MIB, sector_size = 4096, removable = true,
  volumes = { { letter = "D:" } } } }, "a removable medium, 4096")
add("4.4 IOCTL_DISK_VERIFY", "a range, one past the end, one of parts of sectors", [[
  v = open E:
  p = open PhysicalDrive1
  --
  v send IOCTL_DISK_VERIFY 0 i8=0 I8=5242880 -> ""
  v send IOCTL_DISK_VERIFY 0 i8=5242880 I8=0 -> ""
  v send IOCTL_DISK_VERIFY 0 i8=512 I8=5242880 -> STATUS_NONEXISTENT_SECTOR
  v send IOCTL_DISK_VERIFY 0 i8=-512 I8=512 -> STATUS_NONEXISTENT_SECTOR
  v send IOCTL_DISK_VERIFY 0 i8=0 I8=100 -> STATUS_INVALID_PARAMETER
  v send IOCTL_DISK_VERIFY 0 i8=7 I8=512 -> STATUS_INVALID_PARAMETER
  p send IOCTL_DISK_VERIFY 0 i8=0 I8=16777216 -> ""
  p send IOCTL_DISK_VERIFY 0 i8=512 I8=16777216 -> STATUS_NONEXISTENT_SECTOR
]], two_partitions "gpt", "success, STATUS_NONEXISTENT_SECTOR, STATUS_INVALID_PARAMETER")

-- ---- attributes of a disk ------------------------------------------------------------------

add("4.4 disk attributes", "read-only, a mask of nothing, and back", [[
  p = open PhysicalDrive0
  v = open D:
  --
  p control IOCTL_DISK_GET_DISK_ATTRIBUTES 16 -> pack("I4x4i8", 16, 0)
  p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=2 i8=2 i8=0 i8=0 -> ""
  p control IOCTL_DISK_GET_DISK_ATTRIBUTES 16 -> pack("I4x4i8", 16, 2)
  v write 0 x -> STATUS_MEDIA_WRITE_PROTECTED
  p write 0 x -> STATUS_MEDIA_WRITE_PROTECTED
  v control IOCTL_DISK_IS_WRITABLE -> STATUS_MEDIA_WRITE_PROTECTED
  p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=2 i8=0 i8=0 i8=0 -> ""
  p control IOCTL_DISK_GET_DISK_ATTRIBUTES 16 -> pack("I4x4i8", 16, 2)
  p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=0 i8=2 i8=0 i8=0 -> ""
  v write 0 x -> 512
]], { { size = MIB, volumes = { { letter = "D:" } } } },
  "STATUS_MEDIA_WRITE_PROTECTED, success")
add("4.4 disk attributes", "read-only: its volumes, a file, and a lock", [[
  p = open PhysicalDrive0
  v = open D:
  f = open E:\a.txt
  --
  p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=0 i8=2 i8=2 i8=0 i8=0 -> ""
  p write 0 x -> STATUS_MEDIA_WRITE_PROTECTED
  v lock; LOCK
  v write 0 x -> STATUS_MEDIA_WRITE_PROTECTED
  f put 0 ALPHA -> STATUS_MEDIA_WRITE_PROTECTED
  f read 0 5 -> "alpha"
  volume readonly D: -> true
  volume readonly E: -> true
  v dismount; DISMOUNT
  p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=0 i8=0 i8=2 i8=0 i8=0 -> ""
  f put 0 ALPHA -> 5
]], { { size = 16 * MIB, style = "mbr", volumes = {
  { letter = "D:", size = MIB, content = "fat" },
  { letter = "E:", size = 2 * MIB, content = "fat" } } } },
  "STATUS_MEDIA_WRITE_PROTECTED, until it is writable")
add("4.4 disk attributes", "offline: files of its volumes, and the disk itself", [[
  p = open PhysicalDrive0
  v = open D:
  f = open E:\a.txt access=r
  --
  p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=0 i8=1 i8=1 i8=0 i8=0 -> ""
  v read 0 512 -> STATUS_FILE_INVALID
  f read 0 6 -> STATUS_FILE_INVALID
  open D: -> STATUS_OBJECT_NAME_NOT_FOUND
  p count 1M 512 -> 512
  p write 1M+512 x -> 512
  q = open PhysicalDrive0
  q kind -> "disk"
  p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=0 i8=0 i8=1 i8=0 i8=0 -> ""
  v read 0 512 -> STATUS_FILE_INVALID
  w = open D:; MOUNT
  w is_offline -> false
  w lock; LOCK
]], { { size = 16 * MIB, style = "mbr", volumes = {
  { letter = "D:", size = MIB, content = "fat" },
  { letter = "E:", size = 2 * MIB, content = "fat" } } } },
  "STATUS_FILE_INVALID for what was open; the disk is read and written")
add("4.4 disk attributes", "of a disk that was made read-only", [[
  p = open PhysicalDrive0
  --
  p control IOCTL_DISK_GET_DISK_ATTRIBUTES 16 -> pack("I4x4i8", 16, 2)
  p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=0 i8=2 i8=0 i8=0 -> ""
  p write 0 x -> 512
]], { { size = MIB, readonly = true, volumes = { { letter = "D:" } } } },
  "it can be made writable")
add("4.4 disk attributes", "offline takes its volumes away, online brings them", function(lab)
  local script = [[
    p = open PhysicalDrive1
    v = open E:
    --
    p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=1 i8=1 i8=0 i8=0 -> ""
    p control IOCTL_DISK_GET_DISK_ATTRIBUTES 16 -> pack("I4x4i8", 16, 1)
    open E: -> STATUS_OBJECT_NAME_NOT_FOUND
    open D: -> STATUS_OBJECT_NAME_NOT_FOUND
    v read 0 512 -> STATUS_FILE_INVALID
    v device_number -> STATUS_DEVICE_DOES_NOT_EXIST
    p write 5M x -> 512
    p count 5M 512 -> 512
    p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=1 i8=1 i8=0 i8=0 -> ""
  ]]
  local seen = lab.seen
  lab:play(script)
  assert.equal("present, offline", lab.machine:disks()[2].state)
  assert.is_true(lab.machine:disks()[2].offline)
  assert.equal(1, #lab.machine:volumes())
  lab.seen = seen
  assert.equal("SURPRISE_REMOVAL; SURPRISE_REMOVAL", lab:trail "device")
  lab:play [[
    p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=0 i8=1 i8=0 i8=0 -> ""
    v read 0 512 -> STATUS_FILE_INVALID
    w = open E:
    w is_offline -> false
    w read 0 512 -> ("x"):rep(512)
  ]]
  assert.is_false(lab.machine:disks()[2].offline)
  assert.equal(3, #lab.machine:volumes())
end, two_partitions "gpt", "SURPRISE_REMOVAL of both, then they are back")
add("4.4 disk attributes", "of a masked and unmasked disk that is offline", function(lab)
  local set = "IOCTL_DISK_SET_DISK_ATTRIBUTES"
  local function disk_send(value)
    local p <close> = lab:open "PhysicalDrive1"
    assert(p:control(set, string.pack("<I4I4i8i8i8i8", 40, 1, value, 1, 0, 0)))
  end
  disk_send(1)
  assert(lab.machine:mask "PhysicalDrive1")
  assert(lab.machine:unmask "PhysicalDrive1")
  assert.equal(1, #lab.machine:volumes())
  disk_send(0)
  assert.equal(3, #lab.machine:volumes())
end, two_partitions "gpt", "no volumes before it is online")
add("4.4 disk attributes", "offline of the disk of the system", [[
  p = open PhysicalDrive0
  --
  p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=1 i8=1 i8=0 i8=0
    -> STATUS_ACCESS_DENIED; reason=system_volume
  v = open D:
]], { { size = MIB, volumes = { { letter = "D:", system = true } } } },
  "STATUS_ACCESS_DENIED")
add("4.4 disk attributes", "no such attribute, a volume, a reader, and no data access", [[
  p = open PhysicalDrive0
  r = open PhysicalDrive0 access=r
  n = open PhysicalDrive0 access=none
  v = open D:
  --
  p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=4 i8=4 i8=0 i8=0
    -> STATUS_INVALID_PARAMETER
  v control IOCTL_DISK_GET_DISK_ATTRIBUTES 16 -> STATUS_INVALID_DEVICE_REQUEST
  r send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=1 i8=1 i8=0 i8=0
    -> STATUS_ACCESS_DENIED
  n control IOCTL_DISK_GET_DISK_ATTRIBUTES 16 -> pack("I4x4i8", 16, 0)
]], nil, "refused; who only asks needs no access")

-- ---- storage ---------------------------------------------------------------------------------

add("4.4 property", "model, serial number, bus and removability", function(lab)
  for _, name in ipairs { "E:", "PhysicalDrive1" } do
    local v <close> = lab:open(name, { access = "none" })
    local out = assert(v:control("IOCTL_STORAGE_QUERY_PROPERTY", ("\0"):rep(12), 1024))
    local version, size, kind, _, removable, _, vendor, product, revision, serial,
      bus = string.unpack("<I4I4BBBBI4I4I4I4I4", out)
    assert.same({ 40, #out, 0, 1, 0, 0, 15 },
      { version, size, kind, removable, vendor, revision, bus })
    local info = lab.machine:disks()[2]
    assert.equal(info.model, (string.unpack("z", out, product + 1)))
    assert.equal("S/N 1", (string.unpack("z", out, serial + 1)))
    assert.equal(info.serial, (string.unpack("z", out, serial + 1)))
    assert.equal(out:sub(1, 8),
      v:control("IOCTL_STORAGE_QUERY_PROPERTY", ("\0"):rep(12), 8))
    assert.equal(out:sub(1, 40),
      v:control("IOCTL_STORAGE_QUERY_PROPERTY", ("\0"):rep(12), 40))
  end
end, two_partitions("gpt", { removable = true }), "a descriptor, or as much as fits")
add("4.4 property", "the alignment", [[
  p = open PhysicalDrive0
  --
  p send IOCTL_STORAGE_QUERY_PROPERTY 28 I4=6 I8=0
    -> pack("I4I4I4I4I4I4I4", 28, 28, 0, 0, 4096, 4096, 0)
]], { { size = MIB, sector_size = 4096 } }, "4096")
add("4.4 property", "whether there is one, and one that there is not", [[
  v = open D:
  --
  v send IOCTL_STORAGE_QUERY_PROPERTY 0 I4=0 I4=1 I4=0 -> ""
  v send IOCTL_STORAGE_QUERY_PROPERTY 100 I4=6 I4=1 I4=0 -> ""
  v send IOCTL_STORAGE_QUERY_PROPERTY 0 I4=7 I4=1 I4=0 -> STATUS_NOT_SUPPORTED
  v send IOCTL_STORAGE_QUERY_PROPERTY 100 I4=7 I4=0 I4=0 -> STATUS_NOT_SUPPORTED
  v send IOCTL_STORAGE_QUERY_PROPERTY 100 I4=0 I4=2 I4=0 -> STATUS_INVALID_PARAMETER
]], nil, "success, STATUS_NOT_SUPPORTED, STATUS_INVALID_PARAMETER")
add("4.4 IOCTL_STORAGE_READ_CAPACITY", "of large sectors; without the right to read", [[
  p = open PhysicalDrive0
  n = open PhysicalDrive0 access=none
  --
  p control IOCTL_STORAGE_READ_CAPACITY 32
    -> pack("I4I4I4I4i8i8", 32, 32, 4096, 0, 2048, 8*MIB)
  n control IOCTL_STORAGE_READ_CAPACITY 32 -> STATUS_ACCESS_DENIED
]], { { size = 8 * MIB, sector_size = 4096 } }, "32 bytes, STATUS_ACCESS_DENIED")
add("4.4 IOCTL_STORAGE_CHECK_VERIFY", "of a fixed disk", [[
  v = open D:
  p = open PhysicalDrive0
  n = open D: access=none
  --
  v control IOCTL_STORAGE_CHECK_VERIFY -> ""
  v control IOCTL_STORAGE_CHECK_VERIFY 4 -> "\0\0\0\0"
  p control IOCTL_STORAGE_CHECK_VERIFY 4 -> "\0\0\0\0"
  n control IOCTL_STORAGE_CHECK_VERIFY -> STATUS_ACCESS_DENIED
]], nil, "its medium is there")
add("4.4 IOCTL_STORAGE_CHECK_VERIFY2", "of a fixed disk", [[
  v = open D: access=none
  p = open PhysicalDrive0
  --
  v control IOCTL_STORAGE_CHECK_VERIFY2 -> ""
  v control IOCTL_STORAGE_CHECK_VERIFY2 4 -> "\0\0\0\0"
  p control IOCTL_STORAGE_CHECK_VERIFY2 4 -> "\0\0\0\0"
]], nil, "its medium is there")
add("4.4 hotplug", "of a volume and of a fixed disk", [[
  v = open D:
  p = open PhysicalDrive0
  --
  v control IOCTL_STORAGE_GET_HOTPLUG_INFO 8 -> pack("I4x4", 8)
  p control IOCTL_STORAGE_GET_HOTPLUG_INFO 8 -> pack("I4x4", 8)
]], nil, "8 bytes")

-- ---- codes ------------------------------------------------------------------------------------

add("4.4 unknown", "of the file system: FAT and NTFS, volume and file", [[
  v = open D:
  w = open E:
  f = open D:\a.txt
  --
  v control 0x91FFC -> STATUS_INVALID_DEVICE_REQUEST; reason=unknown_code; class=unsupported
  w control 0x91FFC -> STATUS_INVALID_DEVICE_REQUEST; reason=unknown_code; class=unsupported
  f control 0x91FFC -> STATUS_INVALID_DEVICE_REQUEST; reason=unknown_code; class=unsupported
  v control FSCTL_GET_NTFS_VOLUME_DATA -> STATUS_INVALID_DEVICE_REQUEST
]])
cases[#cases].more = { "ntfs" }
for _, device in ipairs { 0x56, 0x07, 0x2D, 0x4D, 0x6D, 0x53, 0x1234 } do
  add("4.4 unknown", ("of the device 0x%X: FAT, RAW and a disk"):format(device),
    (([[
      v = open D:
      w = open E:
      p = open PhysicalDrive0
      --
      v control CODE -> STATUS_INVALID_DEVICE_REQUEST; reason=unknown_code; class=unsupported
      w control CODE -> STATUS_INVALID_DEVICE_REQUEST; reason=unknown_code; class=unsupported
      p control CODE -> STATUS_INVALID_DEVICE_REQUEST; reason=unknown_code; class=unsupported
    ]]):gsub("CODE", tostring(device << 16 | 0x7FF << 2))))
  cases[#cases].more = { "raw" }
end
add("4.4 unknown", "RAW and disks know none of a file system", [[
  v = open E:
  p = open PhysicalDrive0
  --
  v control 0x91FFC -> STATUS_INVALID_PARAMETER; reason=unknown_code
  v control FSCTL_IS_VOLUME_MOUNTED -> STATUS_INVALID_PARAMETER; reason=unknown_code
  p control 0x91FFC -> STATUS_INVALID_PARAMETER; reason=unknown_code
  p control FSCTL_IS_VOLUME_MOUNTED -> STATUS_INVALID_PARAMETER; reason=unknown_code
]])
cases[#cases].more = { "raw" }
for _, by in ipairs { "name", "number" } do
  local codes = { "FSCTL_LOCK_VOLUME", "FSCTL_UNLOCK_VOLUME", "FSCTL_DISMOUNT_VOLUME",
    "IOCTL_VOLUME_OFFLINE", "IOCTL_VOLUME_ONLINE" }
  local numbers = { "0x90018", "0x9001C", "0x90020", "0x56C00C", "0x56C008" }
  local events = { "LOCK", "UNLOCK", "DISMOUNT", "", "" }
  local lines = { "v = open D:", "--" }
  for i, code in ipairs(codes) do
    lines[#lines + 1] = ('v control %s -> ""; %s'):format(
      by == "name" and code or numbers[i], events[i]):gsub("; $", "")
  end
  add("4.1 arithmetic", "codes by their " .. by, table.concat(lines, "\n"), nil,
    "the same")
end

c.suite(_ENV, cases)
