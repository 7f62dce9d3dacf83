-- What volume, disk and storage drivers tell (docs/rules.md 4.4), against the
-- bytes of the disk and what sfdisk reads from them.

local machines = require "spec.support.machines"
local volumes = require "spec.support.volumes"

local refused = machines.refused

local MIB = 1 << 20
local BASIC_DATA =
  "\xA2\xA0\xD0\xEB\xE5\xB9\x33\x44\x87\xC0\x68\xB6\xB7\x26\x99\xC7"

local function utf16(text)
  return (text:gsub(".", "%0\0"))
end

-- "0fc63daf-..." as it lies in memory.
local function guid(text)
  local a, b, c, d, e = text:lower():match("(%x+)-(%x+)-(%x+)-(%x+)-(%x+)")
  local tail = (d .. e):gsub("%x%x", function(digits)
    return string.char(tonumber(digits, 16))
  end)
  return string.pack("<I4I2I2", tonumber(a, 16), tonumber(b, 16),
    tonumber(c, 16)) .. tail
end

local function two_partitions(style, more)
  local disk = { size = 16 * MIB, style = style, serial = "S/N 1", volumes = {
    { letter = "D:", size = 4 * MIB }, { letter = "E:", size = 5 * MIB } } }
  for key, value in pairs(more or {}) do
    disk[key] = value
  end
  return { { size = MIB, volumes = { { letter = "F:" } } }, disk }
end

local function attributes(value, mask, size)
  return string.pack("<I4I4i8i8i8i8", size or 40, 1, value, mask, 0, 0)
end

machines.each(_ENV, function(lab)
  local reason = machines.missing "sfdisk"
  if reason then
    pending(reason)
    return
  end

  local function layout(handle)
    local out = assert(handle:control("IOCTL_DISK_GET_DRIVE_LAYOUT_EX", "",
      1 << 16))
    local style, count = string.unpack("<I4I4", out)
    local entries = {}
    for i = 1, count do
      local at = 48 + 144 * (i - 1)
      local one, start, length, number =
        string.unpack("<I4xxxxi8i8I4", out, at + 1)
      entries[i] = { style = one, start = start, length = length,
        number = number, rest = out:sub(at + 33, at + 144) }
    end
    return style, entries, out
  end

  -- Shell: `sfdisk` on the disk's bytes now.
  local function sfdisk(name, options)
    local path = lab.machine:disks()[name + 1].location
    return volumes.output("sfdisk %s %s 2>&1", options, path)
  end

  describe("a question by status", function()
    it("1.8: IS_CLUSTERED is no", function()
      lab:start()
      local code = "IOCTL_VOLUME_IS_CLUSTERED"
      refused("STATUS_UNSUCCESSFUL", lab:open("D:"):control(code))
      refused("STATUS_INVALID_DEVICE_REQUEST",
        lab:open("PhysicalDrive0"):control(code))
    end)

    it("1.8: IS_IO_CAPABLE is yes, while it is online", function()
      lab:start()
      local v = lab:open "D:"
      assert.equal("", v:control "IOCTL_VOLUME_IS_IO_CAPABLE")
      assert(v:offline())
      refused("STATUS_UNSUCCESSFUL", v:control "IOCTL_VOLUME_IS_IO_CAPABLE")
    end)

    it("1.8: IS_PARTITION is yes for a partition only", function()
      lab:start(two_partitions "mbr")
      local code = "IOCTL_VOLUME_IS_PARTITION"
      assert.equal("", lab:open("D:"):control(code))
      refused("STATUS_UNSUCCESSFUL", lab:open("F:"):control(code))
    end)
  end)

  describe("where a volume lies:", function()
    it("4.4: QUERY_FAILOVER_SET names its disks", function()
      lab:start(two_partitions "gpt")
      local v = lab:open "E:"
      assert.equal(string.pack("<I4I4", 1, 1),
        v:control("IOCTL_VOLUME_QUERY_FAILOVER_SET", "", 8))
      refused("STATUS_BUFFER_TOO_SMALL",
        v:control("IOCTL_VOLUME_QUERY_FAILOVER_SET", "", 7))
    end)

    it("4.4: offsets go both ways", function()
      lab:start(two_partitions "gpt")
      local v = lab:open "E:"
      local there, back = "IOCTL_VOLUME_LOGICAL_TO_PHYSICAL",
        "IOCTL_VOLUME_PHYSICAL_TO_LOGICAL"
      for _, offset in ipairs { 0, 1, 5 * MIB - 1 } do
        local out = assert(v:control(there, string.pack("<i8", offset), 24))
        local count, disk, place = string.unpack("<I4xxxxI4xxxxi8", out)
        assert.same({ 1, 1, 5 * MIB + offset }, { count, disk, place })
        assert.equal(string.pack("<i8", offset), v:control(back, out:sub(9), 8))
      end
      refused("STATUS_INVALID_PARAMETER",
        v:control(there, string.pack("<i8", 5 * MIB), 24))
      refused("STATUS_INVALID_PARAMETER", v:control(there, "1234567", 24))
      refused("STATUS_BUFFER_TOO_SMALL",
        v:control(there, string.pack("<i8", 0), 23))
      local function place(disk, offset)
        return string.pack("<I4xxxxi8", disk, offset)
      end
      refused("STATUS_INVALID_PARAMETER", v:control(back, place(0, 5 * MIB), 8))
      refused("STATUS_INVALID_PARAMETER", v:control(back, place(1, 0), 8))
      refused("STATUS_INVALID_PARAMETER", v:control(back, place(1, 10 * MIB), 8))
      refused("STATUS_BUFFER_TOO_SMALL",
        v:control(back, place(1, 5 * MIB):sub(1, 15), 8))
      refused("STATUS_BUFFER_TOO_SMALL",
        v:control(back, place(1, 5 * MIB), 7))
    end)
  end)

  describe("what a volume is called:", function()
    it("4.4: QUERY_VOLUME_NUMBER", function()
      lab:start(two_partitions "gpt")
      local v = lab:open("E:", { access = "none" })
      local number = tonumber(lab.machine:volumes()[3].device:match("%d+$"))
      assert.equal(string.pack("<I4", number) .. utf16 "VOLMGR  ",
        v:control("IOCTL_VOLUME_QUERY_VOLUME_NUMBER", "", 20))
      refused("STATUS_BUFFER_TOO_SMALL",
        v:control("IOCTL_VOLUME_QUERY_VOLUME_NUMBER", "", 19))
    end)

    it("4.4: QUERY_DEVICE_NAME, and its length for a small buffer", function()
      lab:start()
      local code = "IOCTL_MOUNTDEV_QUERY_DEVICE_NAME"
      for name, device in pairs {
        ["D:"] = lab.machine:volumes()[1].device,
        ["PhysicalDrive0"] = "\\Device\\Harddisk0\\DR0",
      } do
        local v = lab:open(name)
        local whole = string.pack("<I2", 2 * #device) .. utf16(device)
        assert.equal(whole, v:control(code, "", 200))
        local info = refused("STATUS_BUFFER_OVERFLOW", v:control(code, "", 4))
        assert.equal(whole:sub(1, 2) .. "\0\0", info.output)
        refused("STATUS_BUFFER_TOO_SMALL", v:control(code, "", 3))
      end
    end)

    it("4.4: QUERY_UNIQUE_ID of a GPT partition is its GUID", function()
      lab:start(two_partitions "gpt")
      local v = lab:open "E:"
      local _, entries = layout(lab:open "PhysicalDrive1")
      assert.equal("\24\0DMIO:ID:" .. entries[2].rest:sub(17, 32),
        v:control("IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", "", 100))
    end)

    it("4.4: QUERY_UNIQUE_ID of an MBR partition is disk and place", function()
      lab:start(two_partitions "mbr")
      local signature = lab:open("PhysicalDrive1"):read(0, 512):sub(0x1B9, 0x1BC)
      assert.not_equal("\0\0\0\0", signature)
      assert.equal("\12\0" .. signature .. string.pack("<i8", 5 * MIB),
        lab:open("E:"):control("IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", "", 100))
    end)

    it("4.4: QUERY_STABLE_GUID is that of its GUID path", function()
      lab:start()
      local path = lab.machine:volumes()[1].guid_path
      local v = lab:open "D:"
      assert.equal(guid(path:match("{(.*)}")),
        v:control("IOCTL_MOUNTDEV_QUERY_STABLE_GUID", "", 16))
      refused("STATUS_BUFFER_TOO_SMALL",
        v:control("IOCTL_MOUNTDEV_QUERY_STABLE_GUID", "", 15))
      assert.equal("\16\0" .. guid(path:match("{(.*)}")),
        v:control("IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", "", 18))
    end)
  end)

  describe("GPT attributes", function()
    local get, set = "IOCTL_VOLUME_GET_GPT_ATTRIBUTES",
      "IOCTL_VOLUME_SET_GPT_ATTRIBUTES"

    local function input(value)
      return string.pack("<i8BBI2I4", value, 0, 0, 0, 0)
    end

    it("4.4: are those in the table, which stays whole", function()
      lab:start(two_partitions "gpt")
      local v = lab:open "E:"
      assert.equal(("\0"):rep(8), v:control(get, "", 8))
      local value = 1 << 60 | 1 << 62 | 1
      assert.equal("", v:control(set, input(value)))
      assert.equal(string.pack("<i8", value), v:control(get, "", 8))
      local _, entries = layout(lab:open "PhysicalDrive1")
      assert.equal(value, (string.unpack("<i8", entries[2].rest, 33)))
      assert.equal(0, (string.unpack("<i8", entries[1].rest, 33)))
      if lab.kind.name:find("folder", 1, true) then
        local dump = sfdisk(1, "-d")
        assert(dump:find('attrs="RequiredPartition GUID:60,62"', 1, true), dump)
        local check = sfdisk(1, "--verify")
        assert(check:find("No errors detected", 1, true), check)
      end
    end)

    it("4.4: the first copy of a damaged table is not needed", function()
      lab:start(two_partitions "gpt")
      local disk = lab:open "PhysicalDrive1"
      assert(disk:write(512, ("\0"):rep(512)))
      local v = lab:open "E:"
      assert(v:control(set, input(1 << 63)))
      assert.equal(string.pack("<i8", 1 << 63), v:control(get, "", 8))
      assert(disk:write(16 * MIB - 512, ("\0"):rep(512)))
      local info = refused("STATUS_DISK_CORRUPT_ERROR", v:control(get, "", 8))
      assert.equal("partition_table", info.reason)
      refused("STATUS_DISK_CORRUPT_ERROR", v:control(set, input(0)))
    end)

    it("4.4: read-only makes the volume so", function()
      lab:start(two_partitions "gpt")
      local v = lab:open "E:"
      assert(v:control(set, input(1 << 60)))
      refused("STATUS_MEDIA_WRITE_PROTECTED", v:write(0, ("x"):rep(512)))
      refused("STATUS_MEDIA_WRITE_PROTECTED", v:control "IOCTL_DISK_IS_WRITABLE")
      assert.is_true(v:info().readonly)
      assert(v:control(set, input(0)))
      assert.equal(512, v:write(0, ("x"):rep(512)))
    end)

    it("4.4: are not for MBR disks, nor for less than their input", function()
      lab:start(two_partitions "mbr")
      local v = lab:open "E:"
      refused("STATUS_INVALID_DEVICE_REQUEST", v:control(get, "", 8))
      refused("STATUS_INVALID_DEVICE_REQUEST", v:control(set, input(0)))
      refused("STATUS_INVALID_DEVICE_REQUEST",
        lab:open("F:"):control(get, "", 8))
    end)

    it("4.4: buffers", function()
      lab:start(two_partitions "gpt")
      local v = lab:open "E:"
      refused("STATUS_BUFFER_TOO_SMALL", v:control(get, "", 7))
      refused("STATUS_INVALID_PARAMETER", v:control(set, input(0):sub(1, 15)))
      local info = refused("STATUS_NOT_SUPPORTED",
        v:control(set, string.pack("<i8BBI2I4", 0, 1, 0, 0, 0)))
      assert.equal("revert_on_close", info.reason)
    end)
  end)

  describe("IOCTL_DISK_GET_DRIVE_LAYOUT_EX", function()
    it("4.4: of a GPT has every partition, as PARTITION_INFO_EX", function()
      lab:start(two_partitions "gpt")
      local disk = lab:open "PhysicalDrive1"
      local style, entries, out = layout(disk)
      assert.same({ 1, 2, 48 + 2 * 144 }, { style, #entries, #out })
      local first, usable, most = string.unpack("<i8i8I4", out, 25)
      local header = disk:read(512, 512)
      local from, to = string.unpack("<i8i8", header, 41)
      assert.same({ from * 512, (to - from + 1) * 512, 128 },
        { first, usable, most })
      assert.equal(header:sub(57, 72), out:sub(9, 24))
      for i, name in ipairs { "D:", "E:" } do
        assert.equal(BASIC_DATA, entries[i].rest:sub(1, 16))
        assert.equal(out:sub(49 + 144 * (i - 1), 48 + 144 * i),
          lab:open(name):control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144))
      end
      refused("STATUS_BUFFER_TOO_SMALL",
        disk:control("IOCTL_DISK_GET_DRIVE_LAYOUT_EX", "", #out - 1))
    end)

    it("4.4: of an MBR has four entries", function()
      lab:start(two_partitions "mbr")
      local disk = lab:open "PhysicalDrive1"
      local style, entries, out = layout(disk)
      assert.same({ 0, 4 }, { style, #entries })
      assert.equal(disk:read(0, 512):sub(0x1B9, 0x1BC), out:sub(9, 12))
      assert.same({ 5 * MIB, 5 * MIB, 2 },
        { entries[2].start, entries[2].length, entries[2].number })
      assert.equal(("\0"):rep(2 * 144), out:sub(-2 * 144))
      for i, name in ipairs { "D:", "E:" } do
        assert.equal(out:sub(49 + 144 * (i - 1), 48 + 144 * i),
          lab:open(name):control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144))
      end
    end)

    it("4.4: of a disk without a table is RAW and empty", function()
      lab:start()
      local style, entries = layout(lab:open "PhysicalDrive0")
      assert.same({ 2, 0 }, { style, #entries })
    end)
  end)

  it("4.4: logical partitions come four by four, names as UTF-16", function()
    local path = require "spec.support.tempdir"(lab.defer) .. "/disk.img"
    machines.sh("truncate -s 16M %s", path)
    machines.sh([[printf '2048,4096,7\n8192,,5\n10240,2048,7\n14336,4096,c\n' |
      sfdisk -q %s]], path)
    lab:start { { image = path, volumes = {} } }
    local style, entries = layout(lab:open "PhysicalDrive0")
    assert.same({ 0, 12 }, { style, #entries })
    local found = {}
    for i, entry in ipairs(entries) do
      local kind, _, known = string.unpack("<BBB", entry.rest)
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
  end)

  it("4.4: UPDATE_PROPERTIES takes over what changed in the table", function()
    local path = require "spec.support.tempdir"(lab.defer) .. "/disk.img"
    machines.sh("truncate -s 16M %s", path)
    machines.sh("printf 'label: gpt\\n2048,4096\\n' | sfdisk -q %s", path)
    lab:start { { image = path, volumes = {} } }
    local v = lab:open "D:"
    local old = v:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144)
    machines.sh("printf ',8192' | sfdisk -q -N 1 --no-reread %s", path)
    machines.sh("LC_ALL=C.UTF-8 sfdisk -q --part-label %s 1 'D\xC3\xA4ta'", path)
    machines.sh("sfdisk -q --part-attrs %s 1 GUID:60", path)
    assert.equal(old, v:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144))
    assert.equal("", v:control "IOCTL_VOLUME_UPDATE_PROPERTIES")
    assert.equal("",
      lab:open("PhysicalDrive0"):control "IOCTL_DISK_UPDATE_PROPERTIES")
    refused("STATUS_INVALID_DEVICE_REQUEST",
      lab:open("PhysicalDrive0"):control "IOCTL_VOLUME_UPDATE_PROPERTIES")
    local new =
      lab:open("D:"):control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144)
    assert.equal(8192 * 512, (string.unpack("<i8", new, 17)))
    assert.equal(1 << 60, (string.unpack("<i8", new, 65)))
    local name = utf16 "D\xE4ta"
    assert.equal(name .. ("\0"):rep(72 - #name), new:sub(73))
    local info = lab.machine:volumes()[1]
    assert.same({ 8192 * 512, true }, { info.size, info.readonly })
  end)

  describe("IOCTL_DISK_VERIFY", function()
    local code = "IOCTL_DISK_VERIFY"

    local function range(start, length)
      return string.pack("<i8I4I4", start, length, 0)
    end

    it("4.4: reads a range of the disk or volume", function()
      lab:start(two_partitions "gpt")
      for name, size in pairs { ["E:"] = 5 * MIB, PhysicalDrive1 = 16 * MIB } do
        local v = lab:open(name)
        assert.equal("", v:control(code, range(0, size)))
        assert.equal("", v:control(code, range(size, 0)))
        refused("STATUS_NONEXISTENT_SECTOR", v:control(code, range(512, size)))
        refused("STATUS_NONEXISTENT_SECTOR", v:control(code, range(-512, 512)))
        refused("STATUS_INVALID_PARAMETER", v:control(code, range(0, 100)))
        refused("STATUS_INVALID_PARAMETER", v:control(code, range(7, 512)))
        refused("STATUS_INFO_LENGTH_MISMATCH",
          v:control(code, range(0, 512):sub(1, 15)))
      end
    end)
  end)

  describe("disk attributes", function()
    local get, set = "IOCTL_DISK_GET_DISK_ATTRIBUTES",
      "IOCTL_DISK_SET_DISK_ATTRIBUTES"

    local function read(disk)
      local size, value = string.unpack("<I4xxxxi8", assert(
        disk:control(get, "", 16)))
      assert.equal(16, size)
      return value
    end

    it("4.4: read-only, and back", function()
      lab:start()
      local disk, v = lab:open "PhysicalDrive2", lab:open "F:"
      assert.equal(0, read(disk))
      assert.equal("", disk:control(set, attributes(2, 2)))
      assert.equal(2, read(disk))
      local sector = ("x"):rep(512)
      refused("STATUS_MEDIA_WRITE_PROTECTED", v:write(0, sector))
      refused("STATUS_MEDIA_WRITE_PROTECTED", disk:write(0, sector))
      refused("STATUS_MEDIA_WRITE_PROTECTED", v:control "IOCTL_DISK_IS_WRITABLE")
      assert.equal("", disk:control(set, attributes(2, 0)))
      assert.equal(2, read(disk))
      assert.equal("", disk:control(set, attributes(0, 2)))
      assert.equal(512, v:write(0, sector))
    end)

    it("4.4: a disk that was made read-only can be made writable", function()
      lab:start { { size = MIB, readonly = true, volumes = { { letter = "D:" } } } }
      local disk = lab:open "PhysicalDrive0"
      assert.equal(2, read(disk))
      assert.equal("", disk:control(set, attributes(0, 2)))
      assert.equal(512, disk:write(0, ("x"):rep(512)))
    end)

    it("4.4: offline takes its volumes away, online brings them", function()
      lab:start(two_partitions "gpt")
      local disk, v = lab:open "PhysicalDrive1", lab:open "E:"
      lab:trail "device"
      assert.equal("", disk:control(set, attributes(1, 1)))
      assert.equal(1, read(disk))
      assert.equal("SURPRISE_REMOVAL; SURPRISE_REMOVAL", lab:trail "device")
      assert.equal(1, #lab.machine:volumes())
      local info = lab.machine:disks()[2]
      assert.is_true(info.offline)
      assert.equal("present, offline", info.state)
      lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", "E:")
      refused("STATUS_FILE_INVALID", v:read(0, 512))
      refused("STATUS_DEVICE_DOES_NOT_EXIST", v:control(
        "IOCTL_STORAGE_GET_DEVICE_NUMBER", "", 12))
      assert.equal(512, disk:write(5 * MIB, ("x"):rep(512))) -- F12's reason
      assert.equal(512, #disk:read(5 * MIB, 512))
      assert.equal("", disk:control(set, attributes(1, 1)))
      assert.equal("", lab:trail "device")
      assert.equal("", disk:control(set, attributes(0, 1)))
      assert.equal("ARRIVAL; ARRIVAL", lab:trail "device")
      assert.equal(3, #lab.machine:volumes())
      assert.is_false(lab.machine:disks()[2].offline)
      assert.equal(("x"):rep(512), lab:open("E:"):read(0, 512))
    end)

    it("4.4: unmasking an offline disk shows no volumes", function()
      lab:start(two_partitions "gpt")
      assert(lab:open("PhysicalDrive1"):control(set, attributes(1, 1)))
      assert(lab.machine:mask "PhysicalDrive1")
      assert(lab.machine:unmask "PhysicalDrive1")
      assert.equal(1, #lab.machine:volumes())
      assert(lab:open("PhysicalDrive1"):control(set, attributes(0, 1)))
      assert.equal(3, #lab.machine:volumes())
    end)

    it("4.4: the system's disk stays", function()
      local disks = two_partitions "gpt"
      disks[2].volumes[1].system = true
      lab:start(disks)
      refused("STATUS_ACCESS_DENIED",
        lab:open("PhysicalDrive1"):control(set, attributes(1, 1)))
      assert.equal(3, #lab.machine:volumes())
    end)

    it("4.4, I14: buffers and rights", function()
      lab:start()
      local disk = lab:open "PhysicalDrive0"
      refused("STATUS_BUFFER_TOO_SMALL", disk:control(get, "", 15))
      refused("STATUS_INFO_LENGTH_MISMATCH",
        disk:control(set, attributes(1, 1):sub(1, 39)))
      refused("STATUS_INVALID_PARAMETER", disk:control(set, attributes(1, 1, 16)))
      refused("STATUS_INVALID_PARAMETER", disk:control(set, attributes(4, 4)))
      refused("STATUS_INVALID_DEVICE_REQUEST", lab:open("D:"):control(get, "", 16))
      refused("STATUS_ACCESS_DENIED", lab:open("PhysicalDrive0",
        { access = "r" }):control(set, attributes(1, 1)))
      assert.equal(0, read(lab:open("PhysicalDrive0", { access = "none" })))
    end)
  end)

  describe("IOCTL_STORAGE_QUERY_PROPERTY", function()
    local code = "IOCTL_STORAGE_QUERY_PROPERTY"

    local function ask(property, question)
      return string.pack("<I4I4I4", property, question or 0, 0)
    end

    it("4.4: has model, serial number, bus and removability", function()
      lab:start(two_partitions("gpt", { removable = true }))
      for _, name in ipairs { "E:", "PhysicalDrive1" } do
        local v = lab:open(name, { access = "none" })
        local out = assert(v:control(code, ask(0), 1024))
        local version, size, kind, _, removable, _, vendor, product, revision,
          serial, bus = string.unpack("<I4I4BBBBI4I4I4I4I4", out)
        assert.same({ 40, #out, 0, 1, 0, 0, 15 },
          { version, size, kind, removable, vendor, revision, bus })
        local info = lab.machine:disks()[2]
        assert.equal(info.model, (string.unpack("z", out, product + 1)))
        assert.equal("S/N 1", (string.unpack("z", out, serial + 1)))
        assert.equal(info.serial, (string.unpack("z", out, serial + 1)))
        assert.equal(out:sub(1, 8), v:control(code, ask(0), 8))
        assert.equal(out:sub(1, 40), v:control(code, ask(0), 40))
        refused("STATUS_BUFFER_TOO_SMALL", v:control(code, ask(0), 7))
      end
    end)

    it("4.4: has the alignment", function()
      lab:start { { size = MIB, sector_size = 4096 } }
      assert.equal(string.pack("<I4I4I4I4I4I4I4", 28, 28, 0, 0, 4096, 4096, 0),
        lab:open("PhysicalDrive0"):control(code, ask(6), 28))
    end)

    it("4.4: says what there is, and refuses what there is not", function()
      lab:start()
      local v = lab:open "D:"
      assert.equal("", v:control(code, ask(0, 1)))
      assert.equal("", v:control(code, ask(6, 1), 100))
      refused("STATUS_NOT_SUPPORTED", v:control(code, ask(7, 1)))
      refused("STATUS_NOT_SUPPORTED", v:control(code, ask(7), 100))
      refused("STATUS_INVALID_PARAMETER", v:control(code, ask(0, 2), 100))
      refused("STATUS_INFO_LENGTH_MISMATCH",
        v:control(code, ask(0):sub(1, 11), 100))
    end)
  end)

  describe("the medium", function()
    it("4.4: READ_CAPACITY", function()
      lab:start { { size = 8 * MIB, sector_size = 4096 } }
      local disk = lab:open "PhysicalDrive0"
      assert.equal(string.pack("<I4I4I4I4i8i8", 32, 32, 4096, 0, 2048, 8 * MIB),
        disk:control("IOCTL_STORAGE_READ_CAPACITY", "", 32))
      refused("STATUS_BUFFER_TOO_SMALL",
        disk:control("IOCTL_STORAGE_READ_CAPACITY", "", 31))
      refused("STATUS_ACCESS_DENIED", lab:open("PhysicalDrive0",
        { access = "none" }):control("IOCTL_STORAGE_READ_CAPACITY", "", 32))
    end)

    it("4.4: a fixed disk has its medium", function()
      lab:start()
      for _, name in ipairs { "D:", "PhysicalDrive0" } do
        local v = lab:open(name)
        for _, code in ipairs { "IOCTL_STORAGE_CHECK_VERIFY",
          "IOCTL_STORAGE_CHECK_VERIFY2" } do
          assert.equal("", v:control(code))
          assert.equal("\0\0\0\0", v:control(code, "", 4))
          refused("STATUS_BUFFER_TOO_SMALL", v:control(code, "", 3))
        end
        assert.equal("\8\0\0\0\0\0\0\0",
          v:control("IOCTL_STORAGE_GET_HOTPLUG_INFO", "", 8))
        refused("STATUS_BUFFER_TOO_SMALL",
          v:control("IOCTL_STORAGE_GET_HOTPLUG_INFO", "", 7))
      end
      refused("STATUS_ACCESS_DENIED", lab:open("D:", { access = "none" })
        :control "IOCTL_STORAGE_CHECK_VERIFY")
    end)
  end)

  it("F10: while offline, queries are answered and the medium is not", function()
    lab:start(two_partitions "gpt")
    local v = lab:open "E:"
    assert(v:offline())
    for code, size in pairs {
      IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS = 32, IOCTL_VOLUME_IS_OFFLINE = 0,
      IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE = 0,
      IOCTL_VOLUME_QUERY_VOLUME_NUMBER = 20,
      IOCTL_VOLUME_QUERY_FAILOVER_SET = 8, IOCTL_VOLUME_GET_GPT_ATTRIBUTES = 8,
      IOCTL_STORAGE_GET_DEVICE_NUMBER = 12,
      IOCTL_DISK_GET_DRIVE_GEOMETRY = 24,
      IOCTL_DISK_GET_PARTITION_INFO_EX = 144,
      IOCTL_MOUNTDEV_QUERY_STABLE_GUID = 16,
      IOCTL_MOUNTDEV_QUERY_DEVICE_NAME = 100,
      IOCTL_MOUNTDEV_QUERY_UNIQUE_ID = 26,
    } do
      assert.is_string(v:control(code, "", size), code)
    end
    for code, size in pairs {
      IOCTL_DISK_GET_LENGTH_INFO = 8, IOCTL_STORAGE_READ_CAPACITY = 32,
      IOCTL_STORAGE_CHECK_VERIFY = 0, IOCTL_STORAGE_CHECK_VERIFY2 = 0,
    } do
      refused("STATUS_DEVICE_NOT_READY", v:control(code, "", size))
    end
    refused("STATUS_DEVICE_NOT_READY",
      v:control("IOCTL_DISK_VERIFY", string.pack("<i8i8", 0, 512)))
  end)
end)
