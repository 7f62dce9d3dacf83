-- What a simulated machine is made of: the short form and the table form.

local sim_spec = require "ntvol.sim_spec"

local MIB = 1 << 20

describe("the short form of a disk", function()
  local good = {
    ["64M"] = { size = 64 * MIB, volumes = { {} } },
    ["64M:fat"] = { size = 64 * MIB, volumes = { { fs = "fat" } } },
    ["64M:NTFS:d"] = { size = 64 * MIB,
      volumes = { { fs = "ntfs", letter = "D:" } } },
    ["64M:fat:D:OLD"] = { size = 64 * MIB,
      volumes = { { fs = "fat", letter = "D:", label = "OLD" } } },
    ["64M:raw:-"] = { size = 64 * MIB,
      volumes = { { fs = "raw", letter = false } } },
    ["64M::D"] = { size = 64 * MIB, volumes = { { letter = "D:" } } },
    ["64M:ntfs::a:b"] = { size = 64 * MIB,
      volumes = { { fs = "ntfs", label = "a:b" } } },
    ["gpt:64M:fat"] = { size = 64 * MIB, style = "gpt",
      volumes = { { fs = "fat" } } },
    ["mbr:1G=512M:ntfs:D:DATA+rest:fat32:E:BOOT"] = {
      size = 1024 * MIB, style = "mbr", volumes = {
        { size = 512 * MIB, fs = "ntfs", letter = "D:", label = "DATA" },
        { fs = "fat32", letter = "E:", label = "BOOT" },
      },
    },
    ["4096:64M:fat:D"] = { size = 64 * MIB, sector_size = 4096,
      volumes = { { fs = "fat", letter = "D:" } } },
    ["512:gpt:64M=rest"] = { size = 64 * MIB, sector_size = 512, style = "gpt",
      volumes = { {} } },
    ["4096:fat"] = { size = 4096, volumes = { { fs = "fat" } } },
    ["gpt:1.5G=rest"] = { size = 1536 * MIB, style = "gpt", volumes = { {} } },
  }
  for text, disk in pairs(good) do
    it("reads " .. text, function()
      assert.same(disk, sim_spec.disk(text))
    end)
  end

  local bad = {
    [""] = "not a size", ["fat"] = "not a size", ["64Q:fat"] = "64Q",
    ["64M:fat:DD"] = "DD", ["64M:fat:4"] = "drive letter",
    ["gpt:"] = "not a size", ["gpt:1G="] = "volume 1",
    ["gpt:1G=512M+"] = "volume 2", ["4096:gpt:x"] = "not a size", ["gpt:1G=x:ntfs"] = "volume 1",
    ["gpt:64M=8M@+8M@set"] = "names no span",
    ["1G=512M:ntfs+rest"] = "partition table", ["none:1G"] = "not a size",
    ["rest:fat"] = "not a size",
  }
  for text, words in pairs(bad) do
    it(("refuses %q"):format(text), function()
      local disk, problem = sim_spec.disk(text)
      assert.is_nil(disk)
      assert(problem:find(words, 1, true), problem)
    end)
  end
end)

describe("the short form of an image", function()
  local rows = {
    ["old.img"] = { image = "old.img" },
    ["old.img:D"] = { image = "old.img", volumes = { { letter = "D:" } } },
    ["old.img:d"] = { image = "old.img", volumes = { { letter = "D:" } } },
    ["old.img:-"] = { image = "old.img", volumes = { { letter = false } } },
    ["a:b/old.img"] = { image = "a:b/old.img" },
    ["a:b:C"] = { image = "a:b", volumes = { { letter = "C:" } } },
    ["old:DD"] = { image = "old:DD" },
    [":D"] = { image = ":D" },
    ["4096:old.img:D"] = { image = "old.img", sector_size = 4096,
      volumes = { { letter = "D:" } } },
    ["512:old.img"] = { image = "old.img", sector_size = 512 },
    ["./4096:xy"] = { image = "./4096:xy" },
    ["2048:xy"] = { image = "2048:xy" },
  }
  for text, disk in pairs(rows) do
    it("reads " .. text, function()
      assert.same(disk, sim_spec.image(text))
    end)
  end

  it("refuses an empty path", function()
    local disk, problem = sim_spec.image ""
    assert.is_nil(disk)
    assert.matches("path", problem)
  end)
end)

describe("the table form", function()
  local function complete(disk)
    return assert(sim_spec.complete { disks = { disk } })
  end

  it("gets sizes in bytes and letters with a colon", function()
    local disks = complete({ size = "1G", volumes = {
      { letter = "e", fs = "NTFS", label = "X" } } }).disks
    assert.same({ size = 1 << 30,
      volumes = { { letter = "E:", fs = "ntfs" } } }, disks[1])
  end)

  it("lists what to format, RAW left out", function()
    local _, formats = complete { size = "1G", volumes = {
      { size = "100M", fs = "fat", label = "A" }, { size = "100M", fs = "raw" },
      { fs = "exfat" } } }
    assert.same({
      { disk = 1, index = 1, fs = "fat", label = "A" },
      { disk = 1, index = 3, fs = "exfat" },
    }, formats)
  end)

  it("gives a disk without volumes one that fills it", function()
    local disks = complete { size = 1 << 20 }.disks
    assert.same({ size = 1 << 20, volumes = { {} } }, disks[1])
  end)

  it("gives an image no volumes of its own", function()
    assert.same({ image = "a.img", volumes = {} },
      complete({ image = "a.img" }).disks[1])
  end)

  it("chooses GPT when the volume is not the whole disk", function()
    assert.equal("gpt", complete({ size = "1G",
      volumes = { { size = "1M" }, {} } }).disks[1].style)
    assert.equal("gpt", complete({ size = "1G",
      volumes = { { size = "1M" } } }).disks[1].style)
    assert.is_nil(complete({ size = "1G", volumes = { {} } }).disks[1].style)
    assert.equal("mbr", complete({ size = "1G", style = "mbr",
      volumes = { { size = "1M" } } }).disks[1].style)
  end)

  it("hands on what it need not change", function()
    local volume = { mount_points = { "C:\\mnt" }, system = true, boot = true,
      pagefile = true, readonly = true, busy = true, letter = false }
    local disk = complete({ size = 1 << 20, sector_size = 4096,
      removable = true, serial = "S1", volumes = { volume } }).disks[1]
    assert.same(volume, disk.volumes[1])
    assert.equal(4096, disk.sector_size)
    assert.equal("S1", disk.serial)
    assert.is_true(disk.removable)
  end)

  it("reads strings as the short form", function()
    assert.same(complete "64M:fat:D", complete { size = "64M",
      volumes = { { fs = "fat", letter = "D:" } } })
  end)

  local bad = {
    { {}, "at least one disk" },
    { { disks = {} }, "at least one disk" },
    { { disk = {} }, "unknown option 'disk'" },
    { { disks = 1 }, "'disks' must be table" },
    { { disks = { 1 } }, "disk 1: string or table" },
    { { disks = { "64M", "64Q" } }, "disk 2: disk '64Q'" },
    { { disks = { { size = true } } }, "'size' must be" },
    { { disks = { { size = "1M", volumes = 1 } } }, "'volumes' must be table" },
    { { disks = { "1M" }, nodes = { 1 } }, "'nodes' must be names" },
    { { disks = { { size = "1Q" } } }, "'1Q' is not a size" },
    { { disks = { { size = "1M", sise = 1 } } }, "unknown option 'sise'" },
    { { disks = { { size = "1M", volumes = { 1 } } } }, "volume 1: table" },
    { { disks = { { size = "1M", volumes = { { fz = 1 } } } } },
      "volume 1: unknown option 'fz'" },
    { { disks = { { size = "1M", volumes = { { fs = "xfs" } } } } },
      "volume 1: option 'fs' must be one of: raw, ntfs" },
    { { disks = { { size = "1M", volumes = { { letter = "DD" } } } } },
      "volume 1: option 'letter'" },
    { { disks = { { size = "1M", volumes = { { letter = true } } } } },
      "volume 1: option 'letter'" },
    { { disks = { { size = "1M", volumes = { { label = "A" } } } } },
      "RAW volume has no label" },
    { { disks = { { size = "1M", volumes = { { size = "x" } } } } },
      "volume 1: 'x' is not a size" },
  }
  for i, row in ipairs(bad) do
    it(("refuses %d: %s"):format(i, row[2]), function()
      local spec, problem = sim_spec.complete(row[1])
      assert.is_nil(spec)
      assert(problem:find(row[2], 1, true), problem)
    end)
  end

  it("reads drives, with a medium and without", function()
    assert.same({ image = "a:b.iso", cdrom = true,
      volumes = { { letter = "E:" } } }, sim_spec.cd("a:b.iso:e"))
    assert.same({ cdrom = true }, sim_spec.cd("none"))
    assert.same({ cdrom = true, volumes = { { letter = "E:" } } },
      sim_spec.cd("none:E"))
    assert.same({ image = "a.img", removable = true },
      sim_spec.removable("a.img"))
    assert.same({ removable = true, volumes = { { letter = false } } },
      sim_spec.removable("none:-"))
    assert.same({ { removable = true, volumes = { {} } } },
      sim_spec.complete({ disks = { { removable = true } } }).disks)
  end)

  it("knows the file systems that volume:format knows", function()
    local sim = require "ntvol.sim"
    local machine <close> = assert(sim.create(":memory:",
      { disks = { "8M" } }))
    local volume <close> = assert(machine:open(machine:volumes()[1].guid_path))
    local ok, message = pcall(volume.format, volume,
      { fs = "?", erase = "D:" })
    assert.is_false(ok)
    local known = message:match("one of: ([%w, ]+);")
    local list = {}
    for name in known:gmatch("%w+") do
      list[#list + 1] = name
    end
    table.sort(list)
    local ours = table.move(require "ntvol.file_systems".names, 1, 99, 1, {})
    table.sort(ours)
    assert.same(list, ours)
  end)
end)
