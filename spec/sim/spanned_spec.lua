-- Volumes in several pieces, on one disk and on two (issue: two extents).

local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local sim_core = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local MIB = 1 << 20
local SEAM = 3 * MIB -- where the second piece begins

local refused = machines.refused

-- D: is 3 MiB of disk 0 and 2 MiB of disk 1; E: and F: are what is left.
local function disks(fs)
  return {
    { size = "64M", style = "gpt", volumes = {
      { letter = "E:", size = "1M" },
      { letter = "D:", size = "3M", span = "set", fs = fs, label = fs and "SPAN" },
    } },
    { size = "16M", style = "mbr", volumes = {
      { size = "2M", span = "set" }, { letter = "F:" },
    } },
  }
end

local EXTENTS = {
  { disk = 0, offset = 2 * MIB, length = 3 * MIB },
  { disk = 1, offset = MIB, length = 2 * MIB },
}

describe("a volume in several pieces", function()
  local machine, folder
  local function create(fs)
    local defer = machines.cleanup(finally)
    local reason = machines.missing("mkfs.fat", "mcopy", "sfdisk")
    if reason then
      pending(reason)
    end
    folder = tempdir(defer)
    machine = assert(sim.create(folder .. "/lab", { disks = disks(fs) }))
    defer(function()
      machine:close()
    end)
    return machine
  end

  it("is listed once, and counts on both disks", function()
    create "fat"
    local list = machine:volumes()
    assert.equal(3, #list)
    local volume = list[2]
    assert.same({ "D:", "FAT12", "SPAN", 5 * MIB, 0 }, { volume.name,
      volume.file_system, volume.label, volume.size, volume.partition_number })
    assert.same(EXTENTS, volume.extents)
    assert.same({ 2, 2 }, { machine:disks()[1].volume_count,
      machine:disks()[2].volume_count })
    local v <close> = assert(machine:open "D:")
    assert.same(EXTENTS, v:extents())
    assert.equal(5 * MIB, v:size())
  end)

  it("has real partitions, which no other program takes for whole ones",
    function()
      create()
      local function types(number)
        local list = {}
        for name in machines.sh("sfdisk -d %s/lab/disk%d.img", folder, number)
          :gmatch("type=([%w-]+)") do
          list[#list + 1] = name
        end
        return list
      end
      assert.same({ "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
        "AF9B60A0-1431-4F62-BC68-3311714A69AD" }, types(0))
      assert.same({ "42", "7" }, types(1))
    end)

  it("is one range of bytes over the seam, on both disks", function()
    create()
    local v <close> = assert(machine:open "D:")
    local data = ("12345678"):rep(1024)
    assert.equal(#data, v:write(SEAM - 4096, data))
    assert.equal(data, v:read(SEAM - 4096, #data))
    assert.is_true(v:flush())
    local one <close> = assert(machine:open "PhysicalDrive0")
    local two <close> = assert(machine:open "PhysicalDrive1")
    assert.equal(data:sub(1, 4096), one:read(5 * MIB - 4096, 4096))
    assert.equal(data:sub(4097), two:read(MIB, 4096))
    assert.equal(("\0"):rep(4096), one:read(5 * MIB, 4096))
    refused("STATUS_END_OF_FILE", v:read(5 * MIB, 512))
  end)

  it("maps offsets to both disks and back", function()
    create()
    local v <close> = assert(machine:open "D:")
    for offset, place in pairs { [0] = { 0, 2 * MIB }, [SEAM - 512] = { 0, 5 * MIB - 512 },
      [SEAM] = { 1, MIB }, [5 * MIB - 512] = { 1, 3 * MIB - 512 } } do
      local out = assert(v:control("IOCTL_VOLUME_LOGICAL_TO_PHYSICAL",
        string.pack("<i8", offset), 24))
      assert.equal(string.pack("<I4I4I4I4i8", 1, 0, place[1], 0, place[2]), out)
      assert.equal(string.pack("<i8", offset),
        v:control("IOCTL_VOLUME_PHYSICAL_TO_LOGICAL",
          string.pack("<I4I4i8", place[1], 0, place[2]), 8))
    end
  end)

  it("locks, is formatted, dismounts and goes offline as one", function()
    create()
    local v <close> = assert(machine:open "D:")
    do
      local guard <close> = assert(v:lock())
      assert(v:format { fs = "fat", label = "WHOLE", erase = "D:" })
      assert(v:dismount())
      assert(v:offline())
      refused("STATUS_DEVICE_NOT_READY", v:read(SEAM, 512))
      local disk <close> = assert(machine:open "PhysicalDrive1")
      assert.equal(512, #disk:read(MIB, 512))
      assert(v:online())
      assert(guard:unlock())
    end
    assert(v:close())
    local w <close> = assert(machine:open "D:")
    assert.is_true(w:is_mounted())
    assert.equal("WHOLE", w:info().label)
    assert.equal(512, #w:read(SEAM, 512))
  end)

  it("holds files that lie over the seam", function()
    create()
    local image = folder .. "/fat.img"
    machines.sh("truncate -s %d %s && mkfs.fat %s", 5 * MIB, image, image)
    local long = ("over two disks\n"):rep(290000)
    machines.put(folder .. "/long", long)
    machines.sh("mcopy -i %s %s/long ::long.txt", image, folder)
    local bytes = proc.slurp(image)
    local v <close> = assert(machine:open "D:")
    assert.equal(5 * MIB, v:write(0, bytes))
    assert(v:close())
    local file <close> = assert(machine:open "D:\\LONG.TXT")
    assert.equal(long, file:read(0, #long))
    local at = SEAM - assert(bytes:find(long:sub(1, 4096), 1, true)) + 1
    assert.equal(9, file:write(at - 4, "over seam"))
    local locked <close> = assert(machine:open "D:")
    refused("STATUS_ACCESS_DENIED", locked:lock())
    assert(file:close())
    assert(locked:lock())
    local one <close> = assert(machine:open "PhysicalDrive0")
    local two <close> = assert(machine:open "PhysicalDrive1")
    assert.equal("over", one:read(5 * MIB - 512, 512):sub(-4))
    assert.equal(" seam", two:read(MIB, 512):sub(1, 5))
  end)

  it("1.10: guards its pieces on both disks, and nothing between", function()
    create "fat"
    local v <close> = assert(machine:open "D:")
    assert.is_true(v:is_mounted())
    local one <close> = assert(machine:open "PhysicalDrive0")
    local two <close> = assert(machine:open "PhysicalDrive1")
    local sector = ("x"):rep(512)
    refused("STATUS_ACCESS_DENIED", one:write(2 * MIB, sector))
    refused("STATUS_ACCESS_DENIED", one:write(5 * MIB - 512, sector))
    refused("STATUS_ACCESS_DENIED", two:write(MIB, sector))
    refused("STATUS_ACCESS_DENIED", two:write(3 * MIB - 512, sector))
    assert.equal(512, one:write(5 * MIB, sector))
    assert.equal(512, two:write(MIB - 512, sector))
    assert.equal(512, two:write(0, two:read(0, 512)))
    local guard <close> = assert(v:lock())
    assert.equal(512, two:write(3 * MIB - 512, sector))
    assert(guard:unlock())
    refused("STATUS_ACCESS_DENIED", two:write(3 * MIB - 512, sector))
  end)

  it("is read-only when one of its disks is", function()
    create "fat"
    for number = 0, 1 do
      local disk <close> = assert(machine:open("PhysicalDrive" .. number))
      local function set(value)
        assert(disk:control("IOCTL_DISK_SET_DISK_ATTRIBUTES",
          string.pack("<I4Bxxxi8i8I4I4I4I4", 40, 0, value, 2, 0, 0, 0, 0)))
      end
      set(2)
      assert.is_true(machine:volumes()[2].readonly)
      do
        local v <close> = assert(machine:open "D:")
        local _ <close> = assert(v:lock())
        refused("STATUS_MEDIA_WRITE_PROTECTED", v:write(0, v:read(0, 512)))
        refused("STATUS_MEDIA_WRITE_PROTECTED",
          v:control("FSCTL_MARK_VOLUME_DIRTY"))
        refused("STATUS_MEDIA_WRITE_PROTECTED",
          v:control("IOCTL_DISK_IS_WRITABLE"))
      end
      set(0)
    end
  end)

  it("goes away with either disk, and comes back with it", function()
    create "fat"
    for number = 0, 1 do
      local v <close> = assert(machine:open "D:")
      assert(machine:mask(number))
      refused("STATUS_FILE_INVALID", v:read(0, 512))
      for _, volume in ipairs(machine:volumes()) do
        assert.not_equal("D:", volume.name)
      end
      refused("STATUS_DEVICE_DOES_NOT_EXIST",
        machine:open "\\\\.\\HarddiskVolume2")
      assert(v:close())
      assert(machine:unmask(number))
      local w <close> = assert(machine:open "D:")
      assert.is_true(w:is_mounted())
    end
  end)

  it("keeps a disk installed until it is uninstalled", function()
    create "fat"
    assert(machine:uninstall "F:")
    local _, info = refused("STATUS_DEVICE_BUSY",
      machine:uninstall "PhysicalDrive1")
    assert.equal("volumes_installed", info and info.reason or "volumes_installed")
    assert(machine:uninstall "D:")
    assert(machine:uninstall "PhysicalDrive1")
    assert.equal("E:", machine:volumes()[1].name)
  end)

  it("may have two pieces on one disk", function()
    local defer = machines.cleanup(finally)
    local one = assert(sim.create(":memory:", { disks = {
      "gpt:64M=2M@a:fat:D:TWICE+1M:raw:E+2M@a+rest" } }))
    defer(function()
      one:close()
    end)
    local list = one:volumes()
    assert.same({ "D:", 4 * MIB, "FAT12", "TWICE" }, { list[1].name,
      list[1].size, list[1].file_system, list[1].label })
    assert.same({ { disk = 0, offset = MIB, length = 2 * MIB },
      { disk = 0, offset = 4 * MIB, length = 2 * MIB } }, list[1].extents)
    local v <close> = assert(one:open "D:")
    assert.equal(string.pack("<I4I4", 1, 0),
      v:control("IOCTL_VOLUME_QUERY_FAILOVER_SET", nil, 64))
  end)

  it("is made again of its images when the same spans are named", function()
    create "fat"
    assert(machine:close())
    local again <close> = assert(sim.create(folder .. "/again", { disks = {
      { image = folder .. "/lab/disk0.img",
        volumes = { { letter = "E:" }, { letter = "D:", span = "x" } } },
      { image = folder .. "/lab/disk1.img", volumes = { { span = "x" } } },
    } }))
    assert.same(EXTENTS, again:volumes()[2].extents)
    assert.equal("SPAN", again:volumes()[2].label)
  end)
end)

describe("the description of a volume in pieces", function()
  local cases = {
    { "without a second piece", { "gpt:64M=8M@set+rest" }, "one piece only" },
    { "on a disk without a partition table",
      { { size = "8M", style = "none", volumes = { { span = "a" } } } }, "mbr or gpt" },
    { "with a letter at the second piece",
      { "gpt:64M=8M@set+8M@set:raw:E" }, "only it says what" },
    { "with a file system at the second piece",
      { "gpt:64M=8M@set+8M@set:fat" }, "only it says what" },
    { "on a removable disk", { { size = "8M", style = "gpt", removable = true,
      volumes = { { span = "a", size = "1M" }, { span = "a" } } } },
      "whole volumes only" },
    { "with an empty name",
      { { size = "8M", style = "gpt", volumes = { { span = "" } } } },
      "the name of a span is empty" },
  }
  for _, case in ipairs(cases) do
    it("is refused " .. case[1], function()
      local info = refused("STATUS_INVALID_PARAMETER",
        sim.create(":memory:", { disks = case[2] }))
      assert.equal("spec", info.reason)
      assert.matches(case[3], info.detail .. "; " .. info.hint, 1, true)
    end)
  end

  local function piece(more)
    more.size, more.span = MIB, "a"
    return more
  end
  local low = {
    { "pieces with other sectors",
      { { size = 16 * MIB, style = "gpt", volumes = { piece {} } },
        { size = 16 * MIB, style = "gpt", sector_size = 4096, volumes = { piece {} } } },
      "sectors" },
    { "one piece", { { size = 16 * MIB, style = "gpt", volumes = { piece {} } } },
      "one piece only" },
    { "flags at the second piece",
      { { size = 16 * MIB, style = "gpt",
        volumes = { piece {}, piece { system = true } } } }, "of its own" },
    { "a disk without a table", { { size = MIB, volumes = { piece {} } } },
      "partition" },
    { "a removable disk", { { size = 16 * MIB, style = "gpt", removable = true,
      volumes = { piece {}, piece {} } } }, "whole volumes only" },
    { "a shared piece", { { size = 16 * MIB, style = "gpt",
      volumes = { piece { csv = true }, piece {} } } }, "one piece", { "n1", "n2" } },
    { "too many pieces", { { size = 64 * MIB, style = "gpt",
      volumes = (function()
        local list = {}
        for i = 1, 33 do
          list[i] = piece {}
        end
        return list
      end)() } }, "at most 32" },
  }
  for _, case in ipairs(low) do
    it("is refused with " .. case[1], function()
      local spec = { disks = case[2], nodes = case[4] }
      refused("STATUS_INVALID_PARAMETER", sim_core.create(":memory:", spec))
      local _, message = sim_core.create(":memory:", spec)
      assert.matches(case[3], message, 1, true)
    end)
  end
end)
