-- Which file system a volume has, and which volumes are in use from the start:
-- docs/rules.md 10.1.

local c = require "spec.support.conformance"
local machines = require "spec.support.machines"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local cases = {}
local function add(id, text, body, more)
  local case = more or {}
  case[1], case[2], case[3] = id, text, body
  cases[#cases + 1] = case
end

local BLOCK = ("\0"):rep(4096)

-- Writes `text` into D: through its disk.
local function plant(lab, offset, text)
  local disk <close> = assert(lab.machine:open "PhysicalDrive0")
  local block = assert(disk:read(offset // 512 * 512, 512))
  local at = offset % 512
  assert(disk:write(offset // 512 * 512,
    block:sub(1, at) .. text .. block:sub(at + #text + 1)))
end

local SIGNATURES = { { "btrfs", 0x10040, "_BHRfS_M" },
  { "LUKS", 0x8000, "SKUL\xBA\xBE" }, { "XFS", 0x20000, "XFSB" } }
for _, one in ipairs(SIGNATURES) do
  add("W1 fat ntfs", "with a signature of " .. one[1] .. " on it", function(lab)
    local before = lab.machine:volumes()[1].file_system
    assert.not_equal("RAW", before)
    plant(lab, one[2], one[3])
    lab:open "D:"
    local volume = lab.machine:volumes()[1]
    assert.equal(before, volume.file_system)
    assert.is_true(volume.mounted)
  end, { result = "it is mounted as what its boot sector says" })
end

for _, flag in ipairs { "system", "boot", "pagefile" } do
  add("W2", "written through its disk, with the flag " .. flag, function(lab)
    local disk = lab:open "PhysicalDrive0"
    for _, offset in ipairs { 0, 1 << 19 } do
      local info = c.refused("STATUS_ACCESS_DENIED", disk:write(offset, BLOCK))
      assert.equal("system_volume", info.reason)
    end
  end, { volume = { [flag] = true }, result = "STATUS_ACCESS_DENIED" })
end

local function looked_at(mounted)
  return function()
    local machine <close> = assert(sim.create(":memory:", { mounted = mounted,
      disks = { "8M:fat:D" } }))
    assert.equal(mounted, machine:volumes()[1].mounted)
    local disk <close> = assert(machine:open "PhysicalDrive0")
    if not mounted then
      return assert.equal(#BLOCK, disk:write(1 << 20, BLOCK))
    end
    c.refused("STATUS_ACCESS_DENIED", disk:write(1 << 20, BLOCK))
    local volume <close> = assert(machine:open "D:")
    c.refused("STATUS_ACCESS_DENIED", volume:write(1 << 20, BLOCK))
    assert(volume:lock())
    assert.equal(#BLOCK, disk:write(1 << 20, BLOCK))
  end
end
add("W3", "written through its disk, mounted from the start", looked_at(true),
  { posix = "it is formatted", result = "STATUS_ACCESS_DENIED until it is locked" })
add("W3", "written through its disk, not mounted", looked_at(false),
  { posix = "it is formatted" })

-- ---- W4 to W7: disks with a partition table --------------------------------------

local MIB = 1 << 20
local SIGNATURE = "\x78\x56\x34\x12"

-- An MBR with partitions of these types, one at each MiB.
local function mbr(types, mib)
  local entries = {}
  for i, kind in ipairs(types) do
    entries[i] = string.pack("<I4BBBBI4I4", 0, kind, 0, 0, 0, i * 2048,
      (mib or 1) * 2048)
  end
  local list = table.concat(entries)
  return ("\0"):rep(440) .. SIGNATURE .. "\0\0" .. list
    .. ("\0"):rep(64 - #list) .. "\x55\xaa"
end

-- A machine with disks that begin with these bytes.
local function adopt(lab, ...)
  local folder, disks = tempdir(lab.defer), {}
  for i, bytes in ipairs { ... } do
    local path = ("%s/%d.img"):format(folder, i)
    machines.put(path, bytes .. ("\0"):rep(32 * MIB - #bytes))
    disks[i] = { image = path }
  end
  return lab.kind.create(lab.defer, { disks = disks })
end

-- Where the volumes are, and their letters: "-@1 D:@2", in MiB.
local function letters(machine)
  local list = {}
  for i, volume in ipairs(machine:volumes()) do
    list[i] = ("%s@%d"):format(volume.mount_points[1] or "-",
      volume.extents[1].offset // MIB)
  end
  return table.concat(list, " ")
end

for _, row in ipairs {
  { "hidden NTFS, recovery, an ESP and FAT", { 0x17, 0x27, 0xEF, 0x0C }, "-@1 -@2 -@3 D:@4" },
  { "hidden FAT16, hidden FAT32 and NTFS", { 0x16, 0x1C, 0x07 }, "-@1 -@2 D:@3" },
} do
  add("W4", "an MBR with " .. row[1], function(lab)
    assert.equal(row[3], letters(adopt(lab, mbr(row[2]))))
  end, { result = "the last one gets a letter" })
end

add("W5", "a protective MBR without a GPT", function(lab)
  local machine = adopt(lab, mbr { 0xEE })
  assert.same({}, machine:volumes())
  assert.equal("partition_table", machine:disks()[1].reason)
end, { result = "no volume" })
add("W5", "the first copy of the GPT is overwritten", function(lab)
  local machine = lab.kind.create(lab.defer, { disks = {
    { size = 8 * MIB, style = "gpt", volumes = { {}, } } } })
  local before = letters(machine)
  do
    local disk <close> = assert(machine:open "PhysicalDrive0")
    assert(disk:write(512, ("\0"):rep(33 * 512)))
    assert(disk:control "IOCTL_DISK_UPDATE_PROPERTIES")
  end
  assert.equal("D:@1", before)
  assert.equal(before, letters(machine))
end, { result = "the second copy counts" })

add("W6", "two disks with the same MBR signature", function(lab)
  local machine = adopt(lab, mbr { 7 }, mbr { 7 })
  local disks = machine:disks()
  assert.same({ false, true }, { disks[1].offline, disks[2].offline })
  assert.equal("signature_collision", disks[2].reason)
end, { result = "the second one is offline" })

-- The type of the only partition.
local function type_of(machine)
  local disk <close> = assert(machine:open "PhysicalDrive0")
  return disk:read(0, 512):byte(446 + 4 + 1)
end

add("W7 fat ntfs", "in a partition of another type", function(lab)
  local machine = adopt(lab, mbr({ 0x0C }, lab.subject == "fat" and 4 or 16))
  assert.equal(0x0C, type_of(machine))
  do
    local volume <close> = assert(machine:open "D:")
    assert(volume:lock())
    assert(volume:format { fs = lab.subject, erase = "D:" })
  end
  assert.equal(lab.subject == "fat" and 1 or 7, type_of(machine))
end, { posix = "it is formatted", result = "a format sets it" })

-- ---- W8: mount folders ----------------------------------------------------------------

add("W8 fat raw", "a folder on it becomes a mount folder", function(lab)
  local guid = lab.machine:volumes()[2].guid_path
  c.refused("STATUS_INVALID_DEVICE_REQUEST",
    lab.machine:add_mount_point(guid, "D:\\data"))
end, { more = { "raw" }, result = "STATUS_INVALID_DEVICE_REQUEST" })
add("W8 ntfs", "a folder that is not there, or a file, becomes a mount folder",
  function(lab)
    local guid = lab.machine:volumes()[2].guid_path
    c.refused("STATUS_OBJECT_NAME_NOT_FOUND",
      lab.machine:add_mount_point(guid, "D:\\none"))
    c.refused("STATUS_NOT_A_DIRECTORY",
      lab.machine:add_mount_point(guid, "D:\\a.txt"))
  end, { more = { "raw" }, posix = "it looks into a folder of an image",
    result = "STATUS_OBJECT_NAME_NOT_FOUND, STATUS_NOT_A_DIRECTORY" })

c.suite(_ENV, cases)
