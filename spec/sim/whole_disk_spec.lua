-- What is on an image that somebody brings: a table or one volume, which
-- volumes get a letter, sectors of which size, and files that are no plain
-- image.

local machines = require "spec.support.machines"
local ntvol_sim = require "ntvol.sim"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local MIB = 1 << 20

local defer, folder

before_each(function()
  folder = nil
end)

local function prepare(finally)
  defer = machines.cleanup(finally)
  folder = tempdir(defer)
end

-- An image of zeros with these bytes in it: { place = bytes }.
local function image(size, places)
  local path = folder .. "/disk.img"
  local file <close> = assert(io.open(path, "wb"))
  for place, bytes in pairs(places) do
    assert(file:seek("set", place))
    assert(file:write(bytes))
  end
  if assert(file:seek "end") < size then
    assert(file:seek("set", size - 1))
    assert(file:write "\0")
  end
  return path
end

local function open(disk)
  return machines.create(defer, folder .. "/lab", { disks = { disk } })
end

-- "D: 100 MiB at 56 MiB"
local function volumes(machine)
  local list = {}
  for i, volume in ipairs(machine:volumes()) do
    list[i] = { volume.mount_points[1] or "-", volume.extents[1].offset,
      volume.size }
  end
  return list
end

local function entry(kind, start, count)
  return string.pack("<BBBBBBBBI4I4", 0, 0, 0, 0, kind, 0, 0, 0, start, count)
end

-- An MBR of these entries.
local function mbr(...)
  local table_of = table.concat { ... }
  return ("\0"):rep(440) .. "\x78\x56\x34\x12\0\0" .. table_of
    .. ("\0"):rep(64 - #table_of) .. "\x55\xaa"
end

local function sfdisk(path, script)
  machines.sh("printf '%s' | sfdisk -q %s", script, path)
end

local ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
local MSR = "E3C9E316-0B5C-4DB8-817D-F92DF00215AE"
local DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
local RECOVERY = "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC"

describe("the partitions of an image", function()
  it("W4: of a GPT: the data has a letter, the MSR is no volume", function()
    local reason = machines.missing "sfdisk"
    if reason then
      pending(reason)
    end
    prepare(finally)
    local path = image(64 * MIB, {})
    sfdisk(path, ("label: gpt\\nsize=8M,type=%s,attrs=\"GUID:63\"\\n"
      .. "size=8M,type=%s\\nsize=16M,type=%s\\nsize=8M,type=%s,"
      .. "attrs=\"RequiredPartition,GUID:63\"\\nsize=1M,type=%s,"
      .. "attrs=\"GUID:63\"\\n"):format(ESP, MSR, DATA, RECOVERY, DATA))
    local machine = assert(open { image = path })
    assert.same({ { "-", 1 * MIB, 8 * MIB }, { "D:", 17 * MIB, 16 * MIB },
      { "-", 33 * MIB, 8 * MIB }, { "-", 41 * MIB, MIB } }, volumes(machine))
    local wanted = { 1 << 63, 0, 1 << 63 | 1, 1 << 63 }
    for i, volume in ipairs(machine:volumes()) do
      local handle <close> = assert(machine:open(volume.name, { access = "none" }))
      assert.equal(wanted[i], (string.unpack("<i8",
        handle:control("IOCTL_VOLUME_GET_GPT_ATTRIBUTES", "", 8))))
    end
  end)

  it("W4: of an MBR: hidden and foreign types have no letter", function()
    prepare(finally)
    local path = image(16 * MIB, { [0] = mbr(entry(0x17, 2048, 2048),
      entry(0x27, 4096, 2048), entry(0xEF, 6144, 2048),
      entry(0x0C, 8192, 2048)) })
    assert.same({ { "-", 1 * MIB, MIB }, { "-", 2 * MIB, MIB },
      { "-", 3 * MIB, MIB }, { "D:", 4 * MIB, MIB } },
      volumes(assert(open { image = path })))
  end)

  it("W4: a letter that is named goes to the data", function()
    prepare(finally)
    local path = image(16 * MIB, { [0] = mbr(entry(0xEF, 2048, 2048),
      entry(0x07, 4096, 2048)) })
    assert.same({ { "-", 1 * MIB, MIB }, { "X:", 2 * MIB, MIB } },
      volumes(assert(open { image = path, volumes = { { letter = "X:" } } })))
  end)

  it("W4: where as many are named as there are volumes, to each", function()
    prepare(finally)
    local path = image(16 * MIB, { [0] = mbr(entry(0xEF, 2048, 2048),
      entry(0x07, 4096, 2048)) })
    assert.same({ { "S:", 1 * MIB, MIB }, { "X:", 2 * MIB, MIB } },
      volumes(assert(open { image = path,
        volumes = { { letter = "S:" }, { letter = "X:" } } })))
  end)

  it("W4: a volume without a letter gets none when it arrives", function()
    prepare(finally)
    local path = image(16 * MIB, { [0] = mbr(entry(0x27, 2048, 2048)) })
    local machine = assert(open { image = path })
    assert(machine:mask "PhysicalDrive0")
    assert(machine:unmask "PhysicalDrive0")
    assert.same({ { "-", 1 * MIB, MIB } }, volumes(machine))
  end)

  it("W5: without a whole GPT are none, and the disk says so", function()
    prepare(finally)
    local path = image(16 * MIB, { [0] = mbr(entry(0xEE, 1, 0xFFFFFFFF)) })
    local machine = assert(open { image = path })
    assert.same({}, machine:volumes())
    local disk = machine:disks()[1]
    assert.same({ "gpt", 0, "partition_table" },
      { disk.style, disk.volume_count, disk.reason })
    assert.matches("partition table damaged", disk.state)
  end)

  it("W5: a volume that is named there is refused", function()
    prepare(finally)
    local path = image(16 * MIB, { [0] = mbr(entry(0xEE, 1, 0xFFFFFFFF)) })
    local info = refused("STATUS_DISK_CORRUPT_ERROR",
      open { image = path, volumes = { { letter = "D:" } } })
    assert.equal("partition_table", info.reason)
  end)

  for name, sector_size in pairs { ["found"] = false, ["given"] = 4096 } do
    it("W5: of a GPT of 4096-byte sectors are " .. name, function()
      prepare(finally)
      assert(ntvol_sim.create(folder .. "/first", { disks = { {
        size = 32 * MIB, style = "gpt", sector_size = 4096,
        volumes = { { size = 8 * MIB }, {} } } } })):close()
      local machine = assert(open { image = folder .. "/first/disk0.img",
        sector_size = sector_size or nil })
      local list = volumes(machine)
      assert.equal(2, #list)
      assert.same({ "D:", MIB, 8 * MIB }, list[1])
      assert.equal(4096, machine:volumes()[1].sector_size)
      assert.equal(4096, machine:disks()[1].sector_size)
    end)
  end

  it("W5: with the wrong size of sectors the right one is said", function()
    prepare(finally)
    assert(ntvol_sim.create(folder .. "/first", { disks = { {
      size = 32 * MIB, style = "gpt", sector_size = 4096 } } })):close()
    local info = refused("STATUS_DISK_CORRUPT_ERROR", open {
      image = folder .. "/first/disk0.img", sector_size = 512,
      volumes = { { letter = "D:" } } })
    assert.matches("sector_size = 4096", info.hint, 1, true)
    assert.matches("4096:", info.hint_command, 1, true)
  end)

  it("that reach past the end are there and do not open", function()
    prepare(finally)
    local path = image(16 * MIB, { [0] = mbr(entry(7, 2048, 2048),
      entry(7, 4096, 80000), entry(7, 1 << 30, 2048)) })
    local machine = assert(open { image = path })
    local found = machine:volumes()
    assert.equal(3, #found)
    for i = 2, 3 do
      assert.is_true(found[i].unreadable)
      local info, message = refused("STATUS_DISK_CORRUPT_ERROR",
        machine:open(found[i].name))
      assert.same({ "permanent", "partition_table" }, { info.class, info.reason })
      assert.is_nil(message:find("os error", 1, true))
      refused("STATUS_DISK_CORRUPT_ERROR", machine:open(found[i].name .. "\\"))
      assert(machine:open(found[i].name, { access = "none" })):close()
    end
    assert(machine:open "D:"):close()
    assert.same({}, sim.check(folder .. "/lab"))
  end)
end)

describe("a boot sector without a table", function()
  local boots = {
    BitLocker = "\xeb\x58\x90-FVE-FS-\0\2\8",
    ["damaged NTFS"] = "\xeb\x52\x90NTFS    \0\2\8",
    ["damaged exFAT"] = "\xeb\x76\x90EXFAT   ",
  }
  for name, boot in pairs(boots) do
    it("of " .. name .. " makes the disk one volume", function()
      prepare(finally)
      local path = image(16 * MIB, { [0] = boot, [510] = "\x55\xaa" })
      local machine = assert(open { image = path })
      assert.same({ { "D:", 0, 16 * MIB } }, volumes(machine))
      assert.equal("none", machine:disks()[1].style)
    end)
  end

  it("of BitLocker does so when its code looks like an entry", function()
    prepare(finally)
    local path = image(16 * MIB, { [0] = boots.BitLocker,
      [446] = entry(7, 2048, 2048), [510] = "\x55\xaa" })
    assert.same({ { "D:", 0, 16 * MIB } }, volumes(assert(open { image = path })))
  end)
end)

-- A footer of a VHD, with its sum.
local function footer(kind, length)
  local first = string.pack(">c8I4I4i8I4c4I4c4I8I8I4I4", "conectix", 2, 0x10000, -1, 0, "tst ",
    0x10000, "Wi2k", length, length, 0x03C10411, kind)
  local rest = ("\7"):rep(16) .. ("\0"):rep(428)
  local sum = 0
  for byte in (first .. rest):gmatch "." do
    sum = sum + byte:byte()
  end
  return first .. string.pack(">I4", ~sum & 0xFFFFFFFF) .. rest
end

describe("a VHD of fixed size", function()
  it("keeps its footer, which is no part of the disk", function()
    prepare(finally)
    local last = footer(2, 16 * MIB)
    local path = image(0, { [0] = mbr(entry(7, 2048, 30720)),
      [16 * MIB] = last })
    local machine = assert(open { image = path })
    assert.equal(16 * MIB, machine:disks()[1].size)
    assert.same({ { "D:", MIB, 15 * MIB } }, volumes(machine))
    do
      local disk <close> = assert(machine:open "PhysicalDrive0")
      assert.equal(512, disk:write(16 * MIB - 512, ("x"):rep(512)))
      refused("STATUS_END_OF_FILE", disk:write(16 * MIB, ("x"):rep(512)))
    end
    local file <close> = assert(io.open(path, "rb"))
    file:seek("set", 16 * MIB)
    assert.equal(last, file:read "a")
  end)

  it("is refused when the sum of its footer is wrong", function()
    prepare(finally)
    local path = image(0, { [16 * MIB] = (footer(2, 16 * MIB)
      :gsub("Wi2k", "Mac ")) })
    local info, message =
      refused("STATUS_NOT_SUPPORTED", open { image = path })
    assert.equal("image_format", info.reason)
    assert.matches("VHD with a damaged footer", message, 1, true)
  end)

  it("goes into a drive, too", function()
    prepare(finally)
    local path = image(0, { [0] = mbr(entry(7, 2048, 30720)),
      [16 * MIB] = footer(2, 16 * MIB) })
    local machine = assert(open { removable = true })
    assert(ntvol_sim.insert(machine, "D:", path))
    assert.equal(16 * MIB, machine:disks()[1].size)
  end)
end)

describe("a container", function()
  local rows = {
    { "qcow2", "qemu-img convert -f qcow2 -O raw", { [0] = "QFI\xfb\0\0\0\3" } },
    { "VHDX", "qemu-img convert -f vhdx -O raw", { [0] = "vhdxfile" } },
    { "VMDK", "qemu-img convert -f vmdk -O raw", { [0] = "KDMV\1\0\0\0" } },
    { "VDI", "qemu-img convert -f vdi -O raw", { [64] = "\x7f\x10\xda\xbe" } },
    { "dynamic VHD", "qemu-img convert -f vpc -O raw",
      { [0] = footer(3, 16 * MIB), [2 * MIB - 512] = footer(3, 16 * MIB) } },
    { "xz file", "xz -dc", { [0] = "\xfd7zXZ\0" } },
    { "EWF (E01)", "ewfexport -f raw", { [0] = "EVF\9\r\n\xff\0" } },
  }
  for _, row in ipairs(rows) do
    it(row[1] .. " is refused, with the command that converts it", function()
      prepare(finally)
      local path = image(2 * MIB, row[3])
      local info, message =
        refused("STATUS_NOT_SUPPORTED", open { image = path })
      assert.same({ "permanent", "image_format" }, { info.class, info.reason })
      assert.matches(row[1], message, 1, true)
      assert.matches(row[2] .. " " .. (proc.windows and "" or path), info.hint,
        1, true)
      local machine <close> = assert(ntvol_sim.create(":memory:",
        { disks = { { removable = true } } }))
      assert.equal("image_format", refused("STATUS_NOT_SUPPORTED",
        ntvol_sim.insert(machine, "D:", path)).reason)
    end)
  end

  -- QEMU hangs below a preloaded checker.
  local QEMU = "env -u LD_PRELOAD "

  for _, format in ipairs { "qcow2", "vhdx", "vmdk", "vdi", "vpc", "qed",
    "parallels" } do
    it("that QEMU makes as " .. format .. " is what its command makes of it",
      function()
        local reason = machines.missing "qemu-img"
        if reason then
          pending(reason)
        end
        prepare(finally)
        local path = folder .. "/disk.img"
        machines.sh(QEMU .. "qemu-img create -q -f %s %s 4M", format, path)
        local info = refused("STATUS_NOT_SUPPORTED", open { image = path })
        machines.sh(QEMU .. "%s %s/NEW.img",
          info.hint:match ": (.*) NEW%.img$", folder)
        assert(open { image = folder .. "/NEW.img" })
      end)
  end
end)

describe("the signature of a disk", function()
  local function unique_ids(machine)
    local ids, count = {}, 0
    for _, volume in ipairs(machine:volumes()) do
      local handle <close> = assert(machine:open(volume.name, { access = "none" }))
      local id = handle:control("IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", "", 64)
      assert.is_nil(ids[id])
      ids[id], count = true, count + 1
    end
    return count
  end

  local function online(machine, disk)
    local handle <close> = assert(machine:open(disk))
    return handle:control("IOCTL_DISK_SET_DISK_ATTRIBUTES",
      string.pack("<I4I4I8I8I8I8", 40, 0, 0, 1, 0, 0))
  end

  -- Two disks of the same bytes.
  local function twins(options)
    local path = folder .. "/disk.img"
    machines.sh("cp %s %s/twin.img", path, folder)
    local first, second = { image = path }, { image = folder .. "/twin.img" }
    for key, value in pairs(options or {}) do
      first[key], second[key] = value, value
    end
    local machine = assert(ntvol_sim.create(folder .. "/lab",
      { disks = { first, second } }))
    defer(function()
      machine:close()
    end)
    return machine
  end

  local tables = {
    mbr = function()
      image(16 * MIB, { [0] = mbr(entry(7, 2048, 2048), entry(7, 8192, 2048)) })
    end,
    gpt = function()
      assert(ntvol_sim.create(folder .. "/first", { disks = { {
        size = 16 * MIB, style = "gpt",
        volumes = { { size = 4 * MIB }, {} } } } })):close()
      os.rename(folder .. "/first/disk0.img", folder .. "/disk.img")
    end,
  }
  local function twins_of(finally, make)
    local reason = machines.missing "cp"
    if reason then
      pending(reason)
    end
    prepare(finally)
    make()
    return twins()
  end

  for style, make in pairs(tables) do
    it("W6: that another has keeps it offline: " .. style, function()
      local machine = twins_of(finally, make)
      local disks = machine:disks()
      assert.same({ false, true }, { disks[1].offline, disks[2].offline })
      assert.equal("signature_collision", disks[2].reason)
      assert.matches("signature collision", disks[2].state)
      assert.equal(2, unique_ids(machine))
      -- Brought online, it has one of its own.
      assert.equal("", online(machine, "PhysicalDrive1"))
      assert.is_nil(machine:disks()[2].reason)
      assert.equal(4, unique_ids(machine))
      assert(machine:mask "PhysicalDrive1")
      assert(machine:unmask "PhysicalDrive1")
      assert.equal(4, unique_ids(machine))
      assert.same({}, sim.check(folder .. "/lab"))
    end)

    it("W6: that another has is free when that is gone: " .. style, function()
      local machine = twins_of(finally, make)
      assert(machine:mask "PhysicalDrive0")
      assert(machine:mask "PhysicalDrive1")
      assert(machine:unmask "PhysicalDrive1")
      assert.is_false(machine:disks()[2].offline)
      assert(machine:unmask "PhysicalDrive0")
      assert.equal("signature_collision", machine:disks()[1].reason)
    end)
  end

  it("W6: cannot be changed on a read-only disk", function()
    local reason = machines.missing "cp"
    if reason then
      pending(reason)
    end
    prepare(finally)
    tables.mbr()
    local machine = twins { readonly = true }
    assert.equal("signature_collision", refused("STATUS_MEDIA_WRITE_PROTECTED",
      online(machine, "PhysicalDrive1")).reason)
  end)

  it("W6: of disks in drives keeps none offline", function()
    local reason = machines.missing "cp"
    if reason then
      pending(reason)
    end
    prepare(finally)
    tables.mbr()
    local machine = twins { removable = true }
    assert.equal(4, unique_ids(machine))
  end)

  it("W6: of zeros is none", function()
    local reason = machines.missing "cp"
    if reason then
      pending(reason)
    end
    prepare(finally)
    image(16 * MIB, { [0] = (mbr(entry(7, 2048, 2048))
      :gsub("\x78\x56\x34\x12", "\0\0\0\0")) })
    assert.equal(2, unique_ids(twins()))
  end)

  it("W6: does not make partitions at one place one volume", function()
    prepare(finally)
    local path = image(16 * MIB, { [0] = mbr(entry(7, 2048, 2048),
      entry(7, 2048, 4096)) })
    assert.equal(2, unique_ids(assert(open { image = path })))
  end)
end)

describe("the type of a partition", function()
  local function types(machine)
    local list = {}
    for i, volume in ipairs(machine:volumes()) do
      local handle <close> = assert(machine:open(volume.name, { access = "none" }))
      list[i] = handle:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144)
        :byte(33)
    end
    return list
  end

  -- What the table on the disk says.
  local function on_disk(machine)
    local disk <close> = assert(machine:open "PhysicalDrive0")
    local sector, list = disk:read(0, 512), {}
    for i = 1, #machine:volumes() do
      list[i] = sector:byte(447 + 16 * (i - 1) + 4)
    end
    return list
  end

  it("W7: follows the file system at create and after a format", function()
    local reason = machines.missing("mkfs.fat", "mkfs.ntfs", "mkfs.exfat")
    if reason then
      pending(reason)
    end
    prepare(finally)
    local machine = assert(open("mbr:200M=8M:fat:D+64M:fat16:E+64M:fat32:F"
      .. "+rest:exfat:G"))
    assert.same({ 1, 6, 0x0B, 7 }, types(machine))
    assert.same(types(machine), on_disk(machine))
    local ntvol = require "ntvol"
    local log = assert(ntvol.journal.open(folder .. "/journal.db"))
    defer(function()
      log:close()
    end)
    local plan = assert(ntvol.plan.change_filesystem("E:",
      { to = "ntfs", machine = machine }))
    local report = assert(plan:run { erase = "E:", journal = log })
    assert.same({ 1, 7, 0x0B, 7 }, types(machine))
    assert.same(types(machine), on_disk(machine))
    assert(ntvol.undo("E:", { machine = machine, journal = log,
      erase = "E:" }))
    assert(report)
    assert.same({ 1, 6, 0x0B, 7 }, types(machine))
  end)

  it("W7: stays that of basic data on a GPT", function()
    local reason = machines.missing "mkfs.fat"
    if reason then
      pending(reason)
    end
    prepare(finally)
    local machine = assert(open "gpt:16M=8M:fat:D+rest")
    local first, second = {}, {}
    for i, volume in ipairs(machine:volumes()) do
      local handle <close> = assert(machine:open(volume.name, { access = "none" }))
      first[i] = handle:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144)
        :sub(33, 48)
      refused("STATUS_INVALID_DEVICE_REQUEST",
        assert(machine:open(volume.name)):control(
          "IOCTL_DISK_SET_PARTITION_INFO", "\7"))
      second[i] = first[1]
    end
    assert.same(second, first)
  end)

  it("W7: of a logical partition follows, too", function()
    local reason = machines.missing("sfdisk", "mkfs.fat")
    if reason then
      pending(reason)
    end
    prepare(finally)
    local path = image(32 * MIB, {})
    sfdisk(path, "label: dos\\n2048,8192,7\\n10240,,5\\n12288,8192,7\\n"
      .. "22528,8192,7\\n")
    local machine = assert(open { image = path })
    local volume <close> = assert(machine:open "F:")
    assert(volume:lock())
    assert(volume:format { fs = "fat", erase = "F:", journal = false })
    assert.same({ 7, 7, 1 }, types(machine))
    assert.equal("1", (machines.sh("sfdisk --part-type %s 6", path)
      :match "%S+"))
  end)
end)

describe("partitions in one place", function()
  local ntvol = require "ntvol"

  -- The table of an isohybrid stick: D: holds it, and E:.
  local function stick()
    local path = image(16 * MIB, { [0] = mbr(entry(0x17, 0, 8192),
      entry(0xEF, 136, 4096)) })
    return assert(open { image = path, removable = true,
      volumes = { { letter = "D:" }, { letter = "E:" } } })
  end

  local function format(machine, name, options)
    local volume <close> = assert(machine:open(name))
    local _ <close> = assert(volume:lock())
    options.fs, options.erase, options.journal = "fat", name, false
    return volume:format(options)
  end

  it("are not formatted without a word of its own", function()
    prepare(finally)
    local machine = stick()
    local info, message = refused("STATUS_NOT_SUPPORTED", format(machine, "D:", {}))
    assert.same({ "overlaps", "untouched" }, { info.reason, info.outcome })
    assert.matches("the partition table", message, 1, true)
    assert.matches("E:", message, 1, true)
    info, message = refused("STATUS_NOT_SUPPORTED", format(machine, "E:", {}))
    assert.equal("overlaps", info.reason)
    assert.is_nil(message:find("the partition table", 1, true))
  end)

  it("are no damage of the machine", function()
    prepare(finally)
    stick()
    assert.same({}, sim.check(folder .. "/lab"))
  end)

  it("get no letter unless one is named, where Windows gives none", function()
    prepare(finally)
    local path = image(16 * MIB, { [0] = mbr(entry(0x17, 0, 8192),
      entry(0xEF, 136, 4096)) })
    assert.same({ { "-", 0, 4 * MIB }, { "-", 136 * 512, 2 * MIB } },
      volumes(assert(open { image = path, removable = true })))
  end)

  it("are one volume when a format has taken the table away", function()
    local reason = machines.missing "mkfs.fat"
    if reason then
      pending(reason)
    end
    prepare(finally)
    local machine = stick()
    assert(format(machine, "D:", { overlaps = true }))
    local disk <close> = assert(machine:open "PhysicalDrive0")
    assert.equal("", disk:control "IOCTL_DISK_UPDATE_PROPERTIES")
    local list = machine:volumes()
    assert.same({ "none", 16 * MIB, "FAT12", true }, { machine:disks()[1].style,
      list[1].size, list[1].file_system, list[2].no_medium })
  end)

  it("are not formatted while the other one is open", function()
    prepare(finally)
    local machine = stick()
    local other <close> = assert(machine:open "E:")
    local info = refused("STATUS_ACCESS_DENIED",
      format(machine, "D:", { overlaps = true }))
    assert.same({ "in_use", 1 }, { info.reason, #info.holders })
    assert(other)
  end)

  it("are formatted with that word", function()
    local reason = machines.missing "mkfs.fat"
    if reason then
      pending(reason)
    end
    prepare(finally)
    assert(format(stick(), "D:", { overlaps = true }))
  end)

  it("are named in a plan, which needs the word, too", function()
    prepare(finally)
    local machine = stick()
    local plan = assert(ntvol.plan.change_filesystem("D:",
      { to = "fat", machine = machine }))
    assert.matches("It also destroys the partition table of PhysicalDrive0; E:",
      tostring(plan), 1, true)
    local done, _, _, info = plan:run { erase = "D:", journal = false }
    assert.is_nil(done)
    assert.equal("overlaps", info.reason)
  end)
end)

describe("what a RAW volume holds", function()
  local rows = {
    BitLocker = { [0] = "\xeb\x58\x90-FVE-FS-", [510] = "\x55\xaa" },
    LUKS = { [0] = "LUKS\xba\xbe\0\1aes" },
    LVM = { [512] = "LABELONE" .. string.pack("<I8I4I4", 1, 0, 32)
      .. "LVM2 001" },
    VMFS_volume_member = { [MIB] = "\x0d\xd0\x01\xc0" },
    ZFS = { [0x20000] = string.pack("<I8", 0x00BAB10C) },
    btrfs = { [0x10040] = "_BHRfS_M" },
    XFS = { [0] = "XFSB\0\0\16\0" },
    ext2 = { [1080] = "\x53\xef" },
    ext3 = { [1080] = "\x53\xef", [1024 + 92] = "\4" },
    ext4 = { [1080] = "\x53\xef", [1024 + 92] = "\4\0\0\0\x42" },
    mdraid = { [4096] = "\xfc\x4e\x2b\xa9" },
    ["a partition table"] = { [2 * MIB] = mbr(entry(7, 64, 128)),
      [0] = mbr(entry(7, 4096, 8192)) },
  }
  for name, places in pairs(rows) do
    it("is named, and a plan says that it is lost: " .. name, function()
      prepare(finally)
      local machine = assert(open { image = image(16 * MIB, places) })
      local volume = machine:volumes()[1]
      assert.same({ "RAW", name }, { volume.file_system, volume.content })
      local plan = assert(require "ntvol".plan.change_filesystem(volume.name,
        { to = "fat", machine = machine }))
      local line = ("What Windows calls RAW is %s: that is lost."):format(name)
      assert.matches("\n[^\n]*" .. line:gsub("%p", "%%%0"), tostring(plan))
    end)

    it("is in lists, in show and in their JSON: " .. name, function()
      prepare(finally)
      assert(open { image = image(16 * MIB, places) }):close()
      if proc.windows then
        pending "the command is run by a shell"
      end
      local function ntvol(words)
        return machines.sh("lua5.4 bin/ntvol --machine sim:%s %s",
          folder .. "/lab", words)
      end
      assert.matches("CONTENT\n[^\n]*\t" .. name .. "\n", ntvol "volumes")
      assert.matches("content:?%s+" .. name .. "\n", ntvol "show D:")
      assert.matches('"content": ?"' .. name .. '"', ntvol "volumes --json")
      assert.matches('"content": ?"' .. name .. '"', ntvol "show D: --json")
    end)
  end

  local programs = { { "mkswap", "swap" }, { "mkfs.ext4", "ext4", "-q -F" },
    { "mkfs.ext4", "ext2", "-q -F -t ext2" },
    { "mkfs.minix", "minix", by_libblkid = true } }
  for _, row in ipairs(programs) do
    it("is what the program made: " .. row[2], function()
      local reason = machines.missing(row[1])
        or proc.windows and row.by_libblkid and "there is no libblkid on Windows"
      if reason then
        pending(reason)
      end
      prepare(finally)
      local path = image(16 * MIB, {})
      machines.sh("%s %s %s", row[1], row[3] or "", path)
      assert.equal(row[2], assert(open { image = path }):volumes()[1].content)
    end)
  end

  it("is nothing where nothing is known", function()
    prepare(finally)
    local path = image(16 * MIB, {})
    assert.is_nil(assert(open { image = path }):volumes()[1].content)
  end)
end)
