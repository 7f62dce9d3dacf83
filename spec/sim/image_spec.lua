-- Machines around existing images: what others made is recognised, and stays
-- what it is. Images and what they hold: the corpus beside the repository.

local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local CORPUS = "../shared/corpus/blkid/"

local function exists(path)
  local file = io.open(path)
  return file and file:close()
end

local function missing()
  return not exists(CORPUS .. "expected/low-probe-fat")
    and "the corpus of images is not there"
    or machines.missing("xz", "cksum")
end

local function unpack_image(kind, name, folder)
  local image = folder .. "/image"
  machines.sh("xz -dc %s%s/%s.img.xz >%s", CORPUS, kind, name, image)
  return image
end

local function hash(path)
  return (machines.sh("cksum %s", path):match("^%d+ %d+"))
end

local function names(kind, pattern)
  local list = {}
  if not missing() then
    for _, path in ipairs(proc.lines("ls " .. CORPUS .. kind)) do
      local name = path:match("^(.*)%.img%.xz$")
      if name and name:find(pattern) then
        list[#list + 1] = name
      end
    end
  end
  return list
end

-- What blkid's own low-level probe says, without its quoting.
local function expectation(name)
  local values = {}
  for line in proc.slurp(CORPUS .. "expected/low-probe-" .. name):gmatch("[^\n]+") do
    local key, value = line:match("^ID_FS_([%w_]+)=(.*)$")
    if key then
      values[key] = value:gsub("\\x(%x%x)", function(digits)
        return string.char(tonumber(digits, 16))
      end)
    end
  end
  return values
end

-- Labels in code pages of old are no UTF-8: their letters are not guessed.
local function readable(label)
  return utf8.len(label) and label or (label:gsub("[\x80-\xFF]", "\u{FFFD}"))
end

local NT_NAMES = { exfat = "exFAT", ntfs = "NTFS" }

describe("an image that others made", function()
  local reason = missing()
  if reason then
    it("is recognised", function()
      pending(reason)
    end)
    return
  end

  for _, name in ipairs(names("images-fs", "fat")) do
    it("is recognised: " .. name, function()
      local defer = machines.cleanup(finally)
      local folder = tempdir(defer)
      local image = unpack_image("images-fs", name, folder)
      local before = hash(image)
      local expected = expectation(name)
      local machine = assert(sim.create(folder .. "/lab",
        { disks = { { image = image } } }))
      defer(function()
        machine:close()
      end)
      local volume = machine:volumes()[1]
      assert.equal(1, #machine:volumes())
      assert.equal(NT_NAMES[expected.TYPE] or expected.VERSION, volume.file_system)
      assert.equal(readable(expected.LABEL_ENC or ""), volume.label)
      assert.equal(expected.UUID, volume.serial)
      assert.equal("none", machine:disks()[1].style)
      local root = assert(machine:open "D:\\")
      assert.equal("directory", root:kind())
      local vol = assert(machine:open "D:")
      assert.is_true(vol:is_mounted())
      assert.equal(expected.UUID, vol:info().serial)
      assert(root:close())
      assert(vol:lock())
      assert(vol:dismount())
      assert(vol:close())
      assert(machine:close())
      assert(sim.remove(folder .. "/lab"))
      assert.equal(before, hash(image))
    end)
  end

  it("is recognised: ntfs", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local image = unpack_image("images-fs", "ntfs", folder)
    local expected = expectation "ntfs"
    local machine <close> = assert(sim.create(folder .. "/lab",
      { disks = { { image = image } } }))
    local vol = assert(machine:open "D:")
    local info = vol:info()
    assert.same({ "NTFS", expected.LABEL_ENC, expected.UUID },
      { info.file_system, info.label, info.serial })
    assert(machine:open "D:\\")
  end)

  for _, name in ipairs(names("images-fs", "^iso")) do
    if exists(CORPUS .. "expected/low-probe-" .. name) then
      it("is recognised as a CD: " .. name, function()
        local expected = expectation(name)
        local defer = machines.cleanup(finally)
        local image = unpack_image("images-fs", name, tempdir(defer))
        local machine <close> = assert(sim.create(":memory:",
          { disks = { { image = image, cdrom = true } } }))
        local volume = machine:volumes()[1]
        assert.same({ "CDFS", expected.LABEL_ENC, expected.UUID or "" },
          { volume.file_system, volume.label, volume.serial })
      end)
    end
  end

  for _, name in ipairs { "iso", "udf", "udf-hdd-win7" } do
    it("is RAW when no driver of ours knows it: " .. name, function()
      local defer = machines.cleanup(finally)
      local folder = tempdir(defer)
      local image = unpack_image("images-fs", name, folder)
      local machine <close> = assert(sim.create(":memory:",
        { disks = { { image = image, readonly = true } } }))
      assert.equal("RAW", machine:volumes()[1].file_system)
      assert.equal("RAW", assert(machine:open("D:", { access = "r" })):info().file_system)
    end)
  end

  it("has the GPT that was written there", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local machine <close> = assert(sim.create(folder .. "/lab",
      { disks = { { image = unpack_image("images-pt", "gpt", folder) } } }))
    assert.equal("gpt", machine:disks()[1].style)
    local list = {}
    for i, volume in ipairs(machine:volumes()) do
      local vol <close> = assert(machine:open(volume.name, { access = "none" }))
      local info = assert(vol:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144))
      list[i] = { volume.partition_number, volume.extents[1].offset // 512,
        volume.size // 512, (info:sub(73):gsub("\0", "")) }
    end
    assert.same({
      { 1, 34, 2014, "ThisIsName" }, { 2, 2048, 2048, "ThisIsOtherName" },
      { 3, 4096, 2048, "primary" }, { 4, 6144, 2048, "primary" },
      { 5, 8192, 2048, "primary" },
    }, list)
  end)

  it("has the MBR partitions only, not those of a BSD table in one", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local machine <close> = assert(sim.create(folder .. "/lab",
      { disks = { { image = unpack_image("images-pt", "dos+bsd", folder) } } }))
    assert.equal("mbr", machine:disks()[1].style)
    local list = {}
    for i, volume in ipairs(machine:volumes()) do
      list[i] = { volume.partition_number, volume.extents[1].offset // 512,
        volume.size // 512 }
    end
    assert.same({ { 1, 32, 7648 }, { 2, 7680, 8704 } }, list)
  end)

  for _, name in ipairs { "bsd", "sun", "sgi", "atari-primary" } do
    it("is one RAW volume when its table is none of NT's: " .. name, function()
      local defer = machines.cleanup(finally)
      local folder = tempdir(defer)
      local machine <close> = assert(sim.create(folder .. "/lab",
        { disks = { { image = unpack_image("images-pt", name, folder) } } }))
      assert.equal("none", machine:disks()[1].style)
      assert.equal(1, #machine:volumes())
      assert.equal("RAW", machine:volumes()[1].file_system)
    end)
  end
end)

describe("a signature that something else left on a volume", function()
  local function machine_with(file_system, place, bytes)
    local defer = machines.cleanup(finally)
    local machine = assert(sim.create(":memory:",
      { disks = { { size = #machines.content(file_system) } } }))
    defer(function()
      machine:close()
    end)
    local disk <close> = assert(machine:open "PhysicalDrive0")
    assert(disk:write(0, machines.content(file_system)))
    local sector = place // 512 * 512
    local old = assert(disk:read(sector, 512))
    local at = place - sector
    assert(disk:write(sector, old:sub(1, at) .. bytes
      .. old:sub(at + #bytes + 1)))
    return machine
  end

  -- What users' files hold; superblocks of what was there before a format.
  for _, case in ipairs {
    { "fat", 0x10040, "_BHRfS_M", "of btrfs" },
    { "fat", 0x8001, "CD001", "of ISO 9660" },
    { "ntfs", -65536, "\xFC\x4E\x2B\xA9\0\0\0\0\x5A\0\0\0", "of an old RAID" },
    { "exfat", 0x10040, "_BHRfS_M", "of btrfs" },
  } do
    it(("changes nothing (W1): %s, on %s"):format(case[4], case[1]), function()
      local reason = machines.missing("mkfs.fat", "mkfs.ntfs", "mkfs.exfat", "mmd",
        "mcopy", "ntfscp")
      if reason then
        pending(reason)
      end
      local place = case[2]
      if place < 0 then
        place = #machines.content(case[1]) + place
      end
      local machine = machine_with(case[1], place, case[3])
      local NAMES = { fat = "^FAT", ntfs = "^NTFS$", exfat = "^exFAT$" }
      assert.matches(NAMES[case[1]], machine:volumes()[1].file_system)
      local vol = assert(machine:open "D:")
      assert.is_true(vol:is_mounted())
      machines.refused("STATUS_ACCESS_DENIED", vol:write(vol:info().size - 4096,
        ("\0"):rep(512)))
    end)
  end
end)
