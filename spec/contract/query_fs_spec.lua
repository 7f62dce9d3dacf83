-- What file systems tell of themselves (docs/rules.md 4.3, I15), against what
-- other programs read from the same bytes.

local machines = require "spec.support.machines"
local volumes = require "spec.support.volumes"

local refused = machines.refused
local output = volumes.output

-- Clusters, used clusters, as another program counts them.
local count = {}

function count.fat(image)
  local used, total =
    output("fsck.fat -n -v %s 2>&1", image):match("files, (%d+)/(%d+) clusters")
  return tonumber(total), tonumber(used)
end

count.fat12, count.fat16, count.fat32 = count.fat, count.fat, count.fat

function count.exfat(image)
  local text = output("dump.exfat %s 2>&1", image)
  local total = tonumber(text:match("Total Clusters:%s*(%d+)"))
  return total, total - tonumber(text:match("Free Clusters:%s*(%d+)"))
end

function count.ntfs(image)
  local text = output("ntfsinfo -f -m %s 2>&1", image)
  local total = tonumber(text:match("Volume Size in Clusters: (%d+)"))
  local free = output("ntfscluster -f -i %s 2>&1", image)
    :match("clusters of free space%s*: (%d+)")
  return total, total - tonumber(free)
end

-- Whether other programs call the file system dirty.
local seen_dirty = {}

function seen_dirty.fat(image)
  return output("fsck.fat -n %s 2>&1", image):find("Dirty bit is set", 1, true)
    ~= nil
end

seen_dirty.fat12, seen_dirty.fat16 = seen_dirty.fat, seen_dirty.fat
seen_dirty.fat32 = seen_dirty.fat

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

local function bitmap(v, start, room)
  local answer_, message, _, info =
    v:control("FSCTL_GET_VOLUME_BITMAP", string.pack("<i8", start), room)
  local bytes = answer_ or assert(info.output, message)
  local first, size = string.unpack("<i8i8", bytes)
  return { first = first, size = size, bits = bytes:sub(17), whole = answer_ ~= nil,
    status = info and info.status_name }
end

machines.each(_ENV, function(lab)
  local reason = volumes.missing()
  if reason then
    pending(reason)
    return
  end

  describe("FSCTL_GET_VOLUME_BITMAP", function()
    for _, name in ipairs(volumes.ALL) do
      it("4.3 " .. name .. ": counts as other programs do", function()
        local v = volumes.start(lab, name)
        local total, used = count[name](volumes.image(lab))
        local answer = bitmap(v, 0, 16 + (total + 7) // 8)
        assert.is_true(answer.whole)
        assert.same({ 0, total }, { answer.first, answer.size })
        assert.equal((total + 7) // 8, #answer.bits)
        local found, runs = 0, {}
        for start, length, is_used in assert(v:bitmap()) do
          runs[#runs + 1] = { start, length, is_used }
          found = found + (is_used and length or 0)
        end
        assert.same(runs_of(answer.bits, total), runs)
        assert.equal(used, found)
        assert.is_true(used > 0)
      end)

      it("4.3 " .. name .. ": too little room is 234 and a part", function()
        local v = volumes.start(lab, name)
        local all = bitmap(v, 0, 1 << 16)
        local part = bitmap(v, 0, 16 + 5)
        assert.equal("STATUS_BUFFER_OVERFLOW", part.status)
        assert.same({ 0, all.size, all.bits:sub(1, 5) },
          { part.first, part.size, part.bits })
        local header = bitmap(v, 0, 16)
        assert.same({ "STATUS_BUFFER_OVERFLOW", all.size, "" },
          { header.status, header.size, header.bits })
        refused("STATUS_BUFFER_TOO_SMALL", v:control("FSCTL_GET_VOLUME_BITMAP",
          string.pack("<i8", 0), 15))
      end)

      it("4.3 " .. name .. ": begins at a whole byte", function()
        local v = volumes.start(lab, name)
        local all = bitmap(v, 0, 1 << 16)
        local part = bitmap(v, 45, 1 << 16)
        assert.same({ 40, all.size - 40, all.bits:sub(6) },
          { part.first, part.size, part.bits })
        local last = bitmap(v, all.size - 1, 1 << 16)
        assert.equal((all.size - 1) // 8 * 8, last.first)
        for _, start in ipairs { all.size, -1, math.maxinteger } do
          refused("STATUS_INVALID_PARAMETER", v:control(
            "FSCTL_GET_VOLUME_BITMAP", string.pack("<i8", start), 4096))
        end
      end)
    end

    it("4.3 fat16: has the clusters of a file", function()
      local v = volumes.start(lab, "fat16")
      local first, last = output("mshowfat -i %s ::A.BIN", volumes.image(lab))
        :match("<(%d+)%-(%d+)>")
      local runs = {}
      for start, length, used in assert(v:bitmap()) do
        runs[#runs + 1] = { start, length, used }
      end
      assert.same({ tonumber(first) - 2, last - first + 1, true }, runs[1])
      assert.is_false(runs[2][3])
    end)

    it("4.3: wants its input, and a volume with clusters", function()
      local v = volumes.start(lab, "fat12")
      refused("STATUS_BUFFER_TOO_SMALL",
        v:control("FSCTL_GET_VOLUME_BITMAP", "1234567", 4096))
      refused("STATUS_BUFFER_TOO_SMALL",
        v:control("FSCTL_GET_VOLUME_BITMAP", "", 4096))
      refused("STATUS_INVALID_PARAMETER", lab:open("D:\\A.BIN"):bitmap())
      refused("STATUS_INVALID_PARAMETER", lab:open("D:\\"):bitmap())
      refused("STATUS_INVALID_PARAMETER", lab:open("PhysicalDrive0"):bitmap())
    end)

    it("I15: not of a dismounted file system", function()
      local v = volumes.start(lab, "fat12")
      local iterate = assert(v:bitmap())
      assert(v:dismount())
      refused("STATUS_VOLUME_DISMOUNTED", v:bitmap())
      assert.equal(0, (iterate())) -- the piece was asked for before
    end)
  end)

  describe("FSCTL_GET_NTFS_VOLUME_DATA", function()
    it("4.3 ntfs: has the numbers that ntfsinfo and ntfscluster have", function()
      local v = volumes.start(lab, "ntfs")
      local image = volumes.image(lab)
      local info = output("ntfsinfo -f -m %s 2>&1", image)
      local function number(label)
        return tonumber(info:match(label .. ":%s*(%d+)"))
      end
      local data = assert(v:ntfs_data())
      local boot = v:read(0, 512)
      assert.same({
        serial = string.unpack("<i8", boot, 73),
        sectors = string.unpack("<i8", boot, 41),
        clusters = number "Volume Size in Clusters",
        free_clusters = tonumber(output("ntfscluster -f -i %s 2>&1", image)
          :match("clusters of free space%s*: (%d+)")),
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
      }, data)
    end)

    it("4.3 ntfs: is 96 bytes, for every handle", function()
      volumes.start(lab, "ntfs")
      for _, name in ipairs { "D:", "D:\\", "D:\\A.BIN" } do
        local v = lab:open(name)
        assert.equal(96, #v:control("FSCTL_GET_NTFS_VOLUME_DATA", "", 200))
        refused("STATUS_BUFFER_TOO_SMALL",
          v:control("FSCTL_GET_NTFS_VOLUME_DATA", "", 95))
      end
    end)

    for _, name in ipairs { "fat12", "exfat" } do
      it("4.3 " .. name .. ": is for NTFS only", function()
        local v = volumes.start(lab, name)
        refused("STATUS_INVALID_DEVICE_REQUEST", v:ntfs_data())
        refused("STATUS_INVALID_PARAMETER",
          lab:open("PhysicalDrive0"):ntfs_data())
      end)
    end
  end)

  describe("FSCTL_QUERY_FAT_BPB", function()
    for _, name in ipairs { "fat12", "fat16", "fat32" } do
      it("4.3 " .. name .. ": is the head of the boot sector", function()
        local v = volumes.start(lab, name)
        assert.equal(v:read(0, 512):sub(1, 0x24),
          v:control("FSCTL_QUERY_FAT_BPB", "", 0x24))
        assert.equal(0x24, #v:control("FSCTL_QUERY_FAT_BPB", "", 512))
        refused("STATUS_BUFFER_TOO_SMALL",
          v:control("FSCTL_QUERY_FAT_BPB", "", 0x23))
      end)
    end

    for _, name in ipairs { "ntfs", "exfat" } do
      it("4.3 " .. name .. ": is for FAT only", function()
        refused("STATUS_INVALID_DEVICE_REQUEST",
          volumes.start(lab, name):control("FSCTL_QUERY_FAT_BPB", "", 0x24))
      end)
    end
  end)

  describe("the dirty mark", function()
    for _, name in ipairs(volumes.ALL) do
      it("I15 " .. name .. ": is in the bytes, where others see it", function()
        local v = volumes.start(lab, name)
        assert.is_false(v:is_dirty())
        assert.is_false(v:info().dirty)
        assert.is_false(seen_dirty[name](volumes.image(lab)))
        assert.is_true(v:mark_dirty())
        assert.is_true(v:is_dirty())
        assert.equal("\1\0\0\0", v:control("FSCTL_IS_VOLUME_DIRTY", "", 4))
        local info = v:info()
        assert.is_true(info.dirty)
        assert.equal("mounted, dirty", info.state)
        assert.is_true(seen_dirty[name](volumes.image(lab)))
        assert.is_true(v:mark_dirty())
        assert(v:close())
        assert.is_true(lab.machine:volumes()[1].dirty)
        assert.is_true(lab:open("D:"):is_dirty())
      end)
    end

    for name, fsck in pairs {
      fat12 = "fsck.fat -a", fat16 = "fsck.fat -a", fat32 = "fsck.fat -a",
      exfat = "fsck.exfat -y",
    } do
      it("I15 " .. name .. ": what fsck made clean is clean", function()
        local v = volumes.start(lab, name)
        assert(v:mark_dirty())
        local image = volumes.image(lab)
        output("%s %s 2>&1", fsck, image)
        local file <close> = assert(io.open(image, "rb"))
        local head = file:read(1 << 20)
        assert(v:lock())
        assert.equal(#head, v:write(0, head))
        assert.is_false(v:is_dirty())
      end)
    end

    it("I15 ntfs: ntfsfix accepts both copies of the record", function()
      local v = volumes.start(lab, "ntfs")
      assert(v:mark_dirty())
      local image = volumes.image(lab)
      assert(output("ntfsfix -n %s 2>&1", image)
        :find("MFTMirr completed successfully", 1, true))
      machines.sh("ntfsfix -d %s", image)
      assert.is_false(seen_dirty.ntfs(image))
    end)

    it("I15: buffers, as FAT looks at them", function()
      local v = volumes.start(lab, "fat12")
      refused("STATUS_INVALID_USER_BUFFER", v:control "FSCTL_IS_VOLUME_DIRTY")
      refused("STATUS_INVALID_PARAMETER",
        v:control("FSCTL_IS_VOLUME_DIRTY", "", 3))
      assert.equal("\0\0\0\0", v:control("FSCTL_IS_VOLUME_DIRTY", "", 40))
    end)

    it("I15: is asked of volumes, and set with the right", function()
      volumes.start(lab, "fat12")
      for _, name in ipairs { "D:\\", "D:\\A.BIN" } do
        local file = lab:open(name)
        refused("STATUS_INVALID_PARAMETER", file:is_dirty())
        refused("STATUS_INVALID_PARAMETER", file:mark_dirty())
      end
      local disk = lab:open "PhysicalDrive0"
      refused("STATUS_INVALID_PARAMETER", disk:is_dirty())
      refused("STATUS_INVALID_PARAMETER", disk:mark_dirty())
      refused("STATUS_INVALID_DEVICE_REQUEST",
        lab:open("D:", { access = "none" }):is_dirty())
    end)

    it("I15: neither on a dismounted file system", function()
      local v = volumes.start(lab, "fat16")
      local other = lab:open "D:"
      assert(v:dismount())
      for _, handle in ipairs { v, other } do
        refused("STATUS_VOLUME_DISMOUNTED", handle:is_dirty())
        refused("STATUS_VOLUME_DISMOUNTED", handle:mark_dirty())
      end
    end)

    it("1.12: is not set on a read-only volume", function()
      local v = volumes.start(lab, "fat16")
      assert(lab:open("PhysicalDrive0"):control(
        "IOCTL_DISK_SET_DISK_ATTRIBUTES",
        string.pack("<I4I4i8i8i8i8", 40, 1, 2, 2, 0, 0)))
      refused("STATUS_MEDIA_WRITE_PROTECTED", v:mark_dirty())
      assert.is_false(v:is_dirty())
    end)

    it("F10: not while the volume is offline", function()
      local v = volumes.start(lab, "fat16")
      assert(v:offline())
      refused("STATUS_DEVICE_NOT_READY", v:is_dirty())
      refused("STATUS_DEVICE_NOT_READY", v:mark_dirty())
      assert.is_false(v:info().dirty)
    end)
  end)

  describe("FSCTL_QUERY_FILE_SYSTEM_RECOGNITION", function()
    local code = "FSCTL_QUERY_FILE_SYSTEM_RECOGNITION"

    -- The structure of a volume that names itself, with its sum.
    local function structure(name)
      local body = string.pack("<c3c8c5c4I2", "\xEB\0\0", name, "", "FSRS", 24)
      local sum = 0
      for i = 4, #body do
        sum = ((sum & 1 == 1 and 0x8000 or 0) + (sum >> 1) + body:byte(i))
          & 0xFFFF
      end
      return body .. string.pack("<I2", sum)
    end

    it("4.3 raw: names what is recognised but not mounted", function()
      lab:start()
      local v = lab:open "F:"
      refused("STATUS_UNRECOGNIZED_VOLUME", v:control(code, "", 9))
      local head = structure "NewFS"
      assert(v:write(0, head .. ("\0"):rep(512 - #head)))
      assert.equal("NewFS\0\0\0\0", v:control(code, "", 9))
      refused("STATUS_BUFFER_TOO_SMALL", v:control(code, "", 8))
      local wrong = head:sub(1, 22) .. "\1\1"
      assert(v:write(0, wrong .. ("\0"):rep(512 - #wrong)))
      refused("STATUS_UNRECOGNIZED_VOLUME", v:control(code, "", 9))
    end)

    it("4.3: is not answered by a file system", function()
      lab:start()
      refused("STATUS_INVALID_DEVICE_REQUEST",
        lab:open("D:"):control(code, "", 9))
    end)
  end)

  describe("a damaged file system", function()
    -- Overwrites bytes below the mounted file system, which does not look again.
    local function damage(v, offset, bytes)
      assert(v:lock())
      local sector = offset // 512 * 512
      local data = assert(v:read(sector, 512))
      local at = offset - sector
      assert(v:write(sector, data:sub(1, at) .. bytes
        .. data:sub(at + #bytes + 1)))
    end

    for name, hurt in pairs {
      fat16 = { 13, "\0" }, fat12 = { 22, "\1\0" },
      exfat = { 88, "\xFF\xFF\xFF\x7F" }, ntfs = { 48, ("\xFF"):rep(8) },
    } do
      it(name .. ": is refused as damaged, and shows no mark", function()
        local v = volumes.start(lab, name)
        damage(v, hurt[1], hurt[2])
        local info = refused("STATUS_FILE_CORRUPT_ERROR", v:bitmap())
        assert.equal("file_system", info.reason)
        assert.is_false(v:info().dirty)
      end)
    end

    it("4.3 ntfs: a torn record is not believed", function()
      local v = volumes.start(lab, "ntfs")
      local mft = v:ntfs_data().mft_start * 4096
      damage(v, mft + 6 * 1024 + 510, "\xAA\x55")
      refused("STATUS_FILE_CORRUPT_ERROR", v:bitmap())
      refused("STATUS_FILE_CORRUPT_ERROR", v:ntfs_data())
      assert.is_false(v:is_dirty())
    end)
  end)
end)
