-- What file systems tell of themselves: docs/rules.md 4.3, against what other
-- programs read from the same bytes. How long buffers must be:
-- spec/contract/query_fs_spec.lua.

local c = require "spec.support.conformance"
local machines = require "spec.support.machines"
local volumes = require "spec.support.volumes"

local output = volumes.output

local cases = {}

-- `made` is for what other programs are asked about, too.
local function add(result, id, text, body, made)
  local case = { id, text, body, result = result, made = made }
  cases[#cases + 1] = case
  return case
end

-- ---- FSCTL_GET_VOLUME_BITMAP -----------------------------------------------------

-- Clusters, used clusters, as another program counts them.
local count = {}

function count.fat12(image)
  local used, total =
    output("fsck.fat -n -v %s 2>&1", image):match("files, (%d+)/(%d+) clusters")
  return tonumber(total), tonumber(used)
end

count.fat16, count.fat32 = count.fat12, count.fat12

function count.exfat(image)
  local text = output("dump.exfat %s 2>&1", image)
  local total = tonumber(text:match("Total Clusters:%s*(%d+)"))
  return total, total - tonumber(text:match("Free Clusters:%s*(%d+)"))
end

local function free_clusters(image)
  return tonumber(output("ntfscluster -f -i %s 2>&1", image)
    :match("clusters of free space%s*: (%d+)"))
end

function count.ntfs(image)
  local total = tonumber(output("ntfsinfo -f -m %s 2>&1", image)
    :match("Volume Size in Clusters: (%d+)"))
  return total, total - free_clusters(image)
end

-- { start, count, used } for every run of bits, the slow way.
local function runs_of(bits, total)
  local runs, last = {}, nil
  for i = 0, total - 1 do
    local used = bits:byte(i // 8 + 1) >> i % 8 & 1 == 1
    if not last or last[3] ~= used then
      last = { i, 0, used }
      runs[#runs + 1] = last
    end
    last[2] = last[2] + 1
  end
  return runs
end

local function runs_by_method(v)
  local runs, found = {}, 0
  for start, length, used in assert(v:bitmap()) do
    runs[#runs + 1] = { start, length, used }
    found = found + (used and length or 0)
  end
  return runs, found
end

local BITMAP = "FSCTL_GET_VOLUME_BITMAP"

local function bitmap(v, start)
  local out = assert(v:control(BITMAP, string.pack("<i8", start), 1 << 16))
  local first, size = string.unpack("<i8i8", out)
  return { first = first, size = size, bits = out:sub(17) }
end

add("as many clusters, and as many used", "4.3 bitmap fat ntfs",
  "counted as other programs do", function(lab, made)
    local v = lab:open "D:"
    local total, used = count[made](volumes.image(lab))
    local answer = bitmap(v, 0)
    assert.same({ 0, total }, { answer.first, answer.size })
    assert.equal((total + 7) // 8, #answer.bits)
    local runs, found = runs_by_method(v)
    assert.same(runs_of(answer.bits, total), runs)
    assert.equal(used, found)
    assert.is_true(used > 0)
  end, true)
add("STATUS_BUFFER_OVERFLOW with a part of it", "4.3 bitmap fat ntfs",
  "a buffer that is too short", function(lab)
    local v = lab:open "D:"
    local all = bitmap(v, 0)
    local info = c.refused("STATUS_BUFFER_OVERFLOW",
      v:control(BITMAP, string.pack("<i8", 0), 16 + 5))
    assert.equal(string.pack("<i8i8", 0, all.size) .. all.bits:sub(1, 5),
      info.output)
  end, true)
add("the rest from a whole byte on, STATUS_INVALID_PARAMETER", "4.3 bitmap fat ntfs",
  "from a cluster on, from the last, from behind it", function(lab)
    local v = lab:open "D:"
    local all, part = bitmap(v, 0), bitmap(v, 45)
    assert.same({ 40, all.size - 40, all.bits:sub(6) },
      { part.first, part.size, part.bits })
    assert.equal((all.size - 1) // 8 * 8, bitmap(v, all.size - 1).first)
    for _, start in ipairs { all.size, -1, math.maxinteger } do
      c.refused("STATUS_INVALID_PARAMETER",
        v:control(BITMAP, string.pack("<i8", start), 4096))
    end
  end, true)
add("a run of used ones, then a free one", "4.3 bitmap fat",
  "the clusters of the only file", function(lab)
    local v = lab:open "D:"
    local first, last = output("mshowfat -i %s ::A.BIN", volumes.image(lab))
      :match("<(%d+)%-(%d+)>")
    local runs = runs_by_method(v)
    assert.same({ tonumber(first) - 2, last - first + 1, true }, runs[1])
    assert.is_false(runs[2][3])
  end, "fat16")
add("STATUS_INVALID_PARAMETER", "4.3 bitmap fat ntfs",
  "asked of a file, a directory, a disk", [[
    f = open D:\a.txt
    d = open D:\
    p = open PhysicalDrive0
    --
    f bitmap -> STATUS_INVALID_PARAMETER
    d bitmap -> STATUS_INVALID_PARAMETER
    p bitmap -> STATUS_INVALID_PARAMETER
  ]])
add("STATUS_VOLUME_DISMOUNTED; what was asked before is told", "I15 fat ntfs",
  "the bitmap after a dismount", function(lab)
    local v = lab:open "D:"
    local iterate = assert(v:bitmap())
    assert(v:dismount())
    c.refused("STATUS_VOLUME_DISMOUNTED", v:bitmap())
    assert.equal(0, (iterate()))
  end)

-- ---- a damaged file system ---------------------------------------------------------

-- Overwrites bytes below the mounted file system, which does not look again.
local function damage(v, offset, bytes)
  assert(v:lock())
  local sector = offset // 512 * 512
  local data = assert(v:read(sector, 512))
  local at = offset - sector
  assert(v:write(sector, data:sub(1, at) .. bytes .. data:sub(at + #bytes + 1)))
end

-- Clusters of no size, tables of one sector, more clusters than there can be.
local HURT = {
  fat12 = { 22, "\1\0" }, fat16 = { 13, "\0" }, fat32 = { 13, "\0" },
  exfat = { 88, "\xFF\xFF\xFF\x7F" }, ntfs = { 48, ("\xFF"):rep(8) },
}

add("STATUS_FILE_CORRUPT_ERROR, and it is not called dirty", "4.3 damaged fat ntfs",
  "the bitmap, after the boot sector was damaged", function(lab, made)
    local v = lab:open "D:"
    damage(v, table.unpack(HURT[made]))
    local info = c.refused("STATUS_FILE_CORRUPT_ERROR", v:bitmap())
    assert.equal("file_system", info.reason)
    assert.is_false(v:info().dirty)
  end, true)
add("STATUS_FILE_CORRUPT_ERROR", "4.3 damaged ntfs",
  "the bitmap and the numbers, after a record was torn", function(lab)
    local v = lab:open "D:"
    local mft = v:ntfs_data().mft_start * 4096
    damage(v, mft + 6 * 1024 + 510, "\xAA\x55")
    c.refused("STATUS_FILE_CORRUPT_ERROR", v:bitmap())
    c.refused("STATUS_FILE_CORRUPT_ERROR", v:ntfs_data())
    assert.is_false(v:is_dirty())
  end, true)

-- ---- FSCTL_GET_NTFS_VOLUME_DATA ------------------------------------------------------

add("the numbers of ntfsinfo and ntfscluster", "4.3 NTFS data ntfs",
  "compared with other programs", function(lab)
    local v = lab:open "D:"
    local image = volumes.image(lab)
    local info = output("ntfsinfo -f -m %s 2>&1", image)
    local function number(label)
      return tonumber(info:match(label .. ":%s*(%d+)"))
    end
    local boot = v:read(0, 512)
    assert.same({
      serial = string.unpack("<i8", boot, 73),
      sectors = string.unpack("<i8", boot, 41),
      clusters = number "Volume Size in Clusters",
      free_clusters = free_clusters(image),
      reserved_clusters = 0,
      sector_size = number "Sector Size",
      cluster_size = number "Cluster Size",
      record_size = number "MFT Record Size",
      clusters_per_record = 0,
      mft_size = tonumber(output("ntfsinfo -f -i 0 -v %s 2>&1", image)
        :match("DATA %(0x80%).-[Ii]nitialized [Ss]ize:%s*(%d+)")),
      mft_start = number "LCN of Data Attribute for FILE_MFT",
      mft_mirror = number "LCN of Data Attribute for File_MFTMirr",
      mft_zone_start = 4,
      mft_zone_end = number "MFT Zone End",
    }, v:ntfs_data())
  end, true)
add("96 bytes, the same", "4.3 NTFS data ntfs", "by the volume, its root, a file",
  function(lab)
    local v, first = lab:open "D:", nil
    for _, name in ipairs { "D:", "D:\\", "D:\\A.BIN" } do
      local h = lab:open(name)
      local out = assert(h:control("FSCTL_GET_NTFS_VOLUME_DATA", "", 200))
      first = first or out
      assert.equal(96, #out)
      assert.equal(first, out)
      c.refused("STATUS_BUFFER_TOO_SMALL",
        h:control("FSCTL_GET_NTFS_VOLUME_DATA", "", 95))
    end
    local data = v:ntfs_data()
    assert.equal(string.pack("<i8i8i8i8i8I4I4I4I4i8i8i8i8i8", data.serial,
      data.sectors, data.clusters, data.free_clusters, data.reserved_clusters,
      data.sector_size, data.cluster_size, data.record_size,
      data.clusters_per_record, data.mft_size, data.mft_start, data.mft_mirror,
      data.mft_zone_start, data.mft_zone_end), first)
  end, true)
add("STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER of a disk",
  "4.3 NTFS data fat", "asked of a volume and of a disk", [[
    v = open D:
    p = open PhysicalDrive0
    --
    v control FSCTL_GET_NTFS_VOLUME_DATA 96 -> STATUS_INVALID_DEVICE_REQUEST
    v ntfs_data -> STATUS_INVALID_DEVICE_REQUEST
    p ntfs_data -> STATUS_INVALID_PARAMETER
  ]])

-- ---- FSCTL_QUERY_FAT_BPB ----------------------------------------------------------------

add("36 bytes of the boot sector", "4.3 FAT boot fat", "asked", function(lab, made)
  local v = lab:open "D:"
  local head = v:read(0, 512):sub(1, 0x24)
  if made == "fat32" then -- X18
    c.refused("STATUS_INVALID_DEVICE_REQUEST",
      v:control("FSCTL_QUERY_FAT_BPB", "", 0x24))
    return
  end
  assert.equal(head, v:control("FSCTL_QUERY_FAT_BPB", "", 0x24))
  assert.equal(head, v:control("FSCTL_QUERY_FAT_BPB", "", 512))
  c.refused("STATUS_BUFFER_TOO_SMALL", v:control("FSCTL_QUERY_FAT_BPB", "", 0x23))
end, true)
add(nil, "4.3 FAT boot exfat ntfs", "asked", [[
  v = open D:
  --
  v control FSCTL_QUERY_FAT_BPB 36 -> STATUS_INVALID_DEVICE_REQUEST
]]).also = "given"

-- ---- the dirty mark ---------------------------------------------------------------------

-- Whether other programs call the file system dirty.
local seen_dirty = {}

function seen_dirty.fat12(image)
  return output("fsck.fat -n %s 2>&1", image):find("Dirty bit is set", 1, true)
    ~= nil
end

seen_dirty.fat16, seen_dirty.fat32 = seen_dirty.fat12, seen_dirty.fat12

-- fsck.exfat -n says nothing of it; the place is that of the specification.
function seen_dirty.exfat(image)
  local file <close> = assert(io.open(image, "rb"))
  assert(file:seek("set", 106))
  return string.unpack("<I2", file:read(2)) == 2
end

function seen_dirty.ntfs(image)
  local flags = output("ntfsinfo -f -m %s 2>&1", image)
    :match("Volume Flags: 0x(%x+)")
  return tonumber(flags, 16) & 1 == 1
end

add("in the bytes, where other programs see it", "4.3 mark dirty fat ntfs",
  "marked, and marked again", function(lab, made)
    local v = lab:open "D:"
    assert.is_false(v:is_dirty())
    assert.is_false(v:info().dirty)
    assert.is_false(seen_dirty[made](volumes.image(lab)))
    assert.is_true(v:mark_dirty())
    assert.is_true(v:is_dirty())
    assert.equal("\1\0\0\0", v:control("FSCTL_IS_VOLUME_DIRTY", "", 4))
    local info = v:info()
    assert.is_true(info.dirty)
    assert.equal("mounted, dirty", info.state)
    assert.is_true(seen_dirty[made](volumes.image(lab)))
    assert.is_true(v:mark_dirty())
    assert(v:close())
    assert.is_true(lab.machine:volumes()[1].dirty)
    assert.is_true(lab:open("D:"):is_dirty())
  end, true)

local FSCK = {
  fat12 = "fsck.fat -a", fat16 = "fsck.fat -a", fat32 = "fsck.fat -a",
  exfat = "fsck.exfat -y",
}

add("clean", "4.3 is dirty fat", "after another program repaired it",
  function(lab, made)
    local v = lab:open "D:"
    assert(v:mark_dirty())
    local image = volumes.image(lab)
    output("%s %s 2>&1", FSCK[made], image)
    local file <close> = assert(io.open(image, "rb"))
    local head = file:read(1 << 20)
    assert(v:lock())
    assert.equal(#head, v:write(0, head))
    assert(v:dismount())
    assert(v:close())
    assert.is_false(lab:open("D:"):is_dirty()) -- X17: known since the mount
  end, true)
add("in both copies of its record, and ntfsfix accepts them", "4.3 mark dirty ntfs",
  "marked, then repaired by another program", function(lab)
    local v = lab:open "D:"
    assert(v:mark_dirty())
    local image = volumes.image(lab)
    assert(output("ntfsfix -n %s 2>&1", image)
      :find("MFTMirr completed successfully", 1, true))
    machines.sh("ntfsfix -d %s", image)
    assert.is_false(seen_dirty.ntfs(image))
  end, true)
add("4 bytes", "4.3 is dirty room fat", "a buffer that is too long", [[
  v = open D:
  --
  v control FSCTL_IS_VOLUME_DIRTY 40 -> "\0\0\0\0"
]])
add("STATUS_INVALID_PARAMETER", "4.3 is dirty fat ntfs",
  "asked and marked by a file, a directory, a disk", [[
    f = open D:\a.txt
    d = open D:\
    p = open PhysicalDrive0
    --
    f is_dirty -> STATUS_INVALID_PARAMETER
    f mark_dirty -> STATUS_INVALID_PARAMETER
    d is_dirty -> STATUS_INVALID_PARAMETER
    d mark_dirty -> STATUS_INVALID_PARAMETER
    p is_dirty -> STATUS_INVALID_PARAMETER
    p mark_dirty -> STATUS_INVALID_PARAMETER
  ]])
add(nil, "4.3 is dirty fat ntfs", "asked without data access", [[
  v = open D: access=none
  --
  v is_dirty -> STATUS_INVALID_DEVICE_REQUEST
]])
add("STATUS_VOLUME_DISMOUNTED", "I15 fat ntfs",
  "marked by who dismounted, and asked by both methods", [[
    v = open D:
    w = open D:
    v dismount
    --
    v mark_dirty -> STATUS_VOLUME_DISMOUNTED
    v is_dirty -> STATUS_VOLUME_DISMOUNTED
    w mark_dirty -> STATUS_VOLUME_DISMOUNTED
    w is_dirty -> STATUS_VOLUME_DISMOUNTED
  ]])
add("STATUS_MEDIA_WRITE_PROTECTED, and it is clean", "1.12 read-only fat",
  "marking it dirty, the disk made read-only meanwhile", [[
    v = open D:
    p = open PhysicalDrive0
    p send IOCTL_DISK_SET_DISK_ATTRIBUTES 0 I4=40 I4=1 i8=2 i8=2 i8=0 i8=0
    --
    v mark_dirty -> STATUS_MEDIA_WRITE_PROTECTED
    v is_dirty -> false
  ]])
add("STATUS_DEVICE_NOT_READY, and it is not called dirty", "F10 fat ntfs",
  "the dirty mark while offline", [[
    v = open D:
    v offline
    --
    v is_dirty -> STATUS_DEVICE_NOT_READY
    v mark_dirty -> STATUS_DEVICE_NOT_READY
    v info dirty -> false
  ]])

-- ---- FSCTL_QUERY_FILE_SYSTEM_RECOGNITION -----------------------------------------------

local RECOGNITION = "FSCTL_QUERY_FILE_SYSTEM_RECOGNITION"

-- FILE_SYSTEM_RECOGNITION_STRUCTURE with this name, in a sector; `off` is how far
-- its sum is off.
local function recognition(name, off)
  local body = string.pack("<c3c8c5c4I2", "\xEB\0\0", name, "", "FSRS", 24)
  local sum = off or 0
  for i = 4, #body do
    sum = ((sum & 1 == 1 and 0x8000 or 0) + (sum >> 1) + body:byte(i)) & 0xFFFF
  end
  return body .. string.pack("<I2", sum) .. ("\0"):rep(512 - 24)
end

add("its name, at once and after it was opened again", "4.3 recognition raw",
  "a file system that names itself", function(lab)
    local v = lab:open "D:"
    c.refused("STATUS_UNRECOGNIZED_VOLUME", v:control(RECOGNITION, nil, 9))
    assert.equal(512, v:write(0, recognition "NewFS"))
    assert.equal("NewFS\0\0\0\0", v:control(RECOGNITION, nil, 9))
    assert(v:close())
    v = lab:open "D:"
    assert.equal("NewFS\0\0\0\0", v:control(RECOGNITION, nil, 9))
    c.refused("STATUS_BUFFER_TOO_SMALL", v:control(RECOGNITION, nil, 8))
  end)
add("STATUS_UNRECOGNIZED_VOLUME", "4.3 recognition raw", "a sum that is wrong",
  function(lab)
    local v = lab:open "D:"
    assert.equal(512, v:write(0, recognition("NewFS", 1 << 8)))
    c.refused("STATUS_UNRECOGNIZED_VOLUME", v:control(RECOGNITION, nil, 9))
  end)
add(nil, "4.3 recognition fat ntfs", "asked of what is mounted", [[
  v = open D:
  --
  v control FSCTL_QUERY_FILE_SYSTEM_RECOGNITION 9 -> STATUS_INVALID_DEVICE_REQUEST
]]).also = "given"

c.suite(_ENV, cases)
