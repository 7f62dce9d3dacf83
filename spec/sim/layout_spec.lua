-- Partition tables that are written by control codes (docs/rules.md 4.4), and
-- what becomes of the volumes when a table changes. sfdisk is the judge of the
-- tables.

local machines = require "spec.support.machines"
local ntvol_sim = require "ntvol.sim"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local MIB = 1 << 20

local DATA =
  "\xA2\xA0\xD0\xEB\xE5\xB9\x33\x44\x87\xC0\x68\xB6\xB7\x26\x99\xC7"
local MSR =
  "\x16\xE3\xC9\xE3\x5C\x0B\xB8\x4D\x81\x7D\xF9\x2D\xF0\x02\x15\xAE"
local RECOVERY =
  "\xA4\xBB\x94\xDE\xD1\x06\x40\x4D\xA1\x6A\xBF\xD5\x01\x79\xD6\xAC"

local SET, CREATE, DELETE, UPDATE = "IOCTL_DISK_SET_DRIVE_LAYOUT_EX",
  "IOCTL_DISK_CREATE_DISK", "IOCTL_DISK_DELETE_DRIVE_LAYOUT",
  "IOCTL_DISK_UPDATE_PROPERTIES"

local defer, folder

local function machine_with(finally, disk)
  defer = machines.cleanup(finally)
  folder = tempdir(defer)
  local machine = assert(ntvol_sim.create(folder .. "/lab", { disks = { disk } }))
  defer(function()
    machine:close()
    assert.same({}, sim.check(folder .. "/lab"))
  end)
  return machine
end

local function image()
  return folder .. "/lab/disk0.img"
end

local function control(machine, code, input, name, room)
  local disk <close> = assert(machine:open(name or "PhysicalDrive0"))
  return disk:control(code, input or "", room or 0)
end

local function create_disk(style, id)
  return string.pack("<I4c16I4", style, id or ("\7"):rep(16), 128)
end

-- PARTITION_INFORMATION_EX of an MBR.
local function mbr(kind, start, length, boot)
  return string.pack("<I4I4i8i8I4I4BBBBI4", 0, 0, start, length, 0, 1, kind,
    boot and 1 or 0, 0, 0, start // 512 & 0xFFFFFFFF) .. ("\0"):rep(104)
end

local function gpt(kind, start, length, name, attributes)
  local text = (name or ""):gsub(".", "%0\0")
  return string.pack("<I4I4i8i8I4I4c16c16i8", 1, 0, start, length, 0, 1, kind,
    ("\0"):rep(16), attributes or 0) .. text .. ("\0"):rep(72 - #text)
end

local EMPTY = mbr(0, 0, 0)

-- DRIVE_LAYOUT_INFORMATION_EX
local function layout(style, entries, id)
  return string.pack("<I4I4", style, #entries) .. (id or ("\9"):rep(16))
    .. ("\0"):rep(24) .. table.concat(entries)
end

-- { letter or "-", place, length } of each volume.
local function volumes(machine)
  local list = {}
  for i, volume in ipairs(machine:volumes()) do
    list[i] = { volume.mount_points[1] or "-", volume.extents[1].offset // MIB,
      volume.size // MIB }
  end
  return list
end

local function names(machine)
  local list = {}
  for i, volume in ipairs(machine:volumes()) do
    list[i] = volume.guid_path
  end
  return list
end

-- The devices that went and came since then.
local function events(machine, after)
  local list = {}
  for _, event in ipairs(machine:events(after)) do
    if event.name:find("REMOVAL", 1, true) or event.name == "ARRIVAL" then
      list[#list + 1] = event.name
    end
  end
  return table.concat(list, " ")
end

-- { start in sectors, sectors, type } of each partition, as sfdisk sees them.
local function partitions()
  local list = {}
  local text = machines.sh("sfdisk -d %s", image())
  for start, size, kind in text:gmatch
    "start= *(%d+), size= *(%d+), type=([%x-]+)" do
    list[#list + 1] = { tonumber(start), tonumber(size), kind }
  end
  return list, text
end

local function needs_sfdisk()
  local reason = machines.missing "sfdisk"
  if reason then
    pending(reason)
  end
end

describe("IOCTL_DISK_CREATE_DISK", function()
  for style, name in pairs { [0] = "dos", [1] = "gpt" } do
    it("makes an empty table: " .. name, function()
      needs_sfdisk()
      local machine = machine_with(finally, "16M:raw:D")
      local last = #machine:events()
      assert.equal("", control(machine, CREATE, create_disk(style)))
      local list, text = partitions()
      assert.same({}, list)
      assert.matches("label: " .. name, text, 1, true)
      assert.matches(style == 0 and "label%-id: 0x07070707"
        or "label%-id: 07070707%-0707", text)
      assert.same({}, machine:volumes())
      assert.equal(({ [0] = "mbr", "gpt" })[style], machine:disks()[1].style)
      assert.matches("^REMOVAL", events(machine, last))
    end)
  end

  it("removes a table that is there, and what lies in the first sector", function()
    local machine = machine_with(finally, "gpt:16M=4M:raw:D+rest:raw:E")
    assert.equal("", control(machine, CREATE, create_disk(2)))
    assert.same({ { "D:", 0, 16 } }, volumes(machine))
    assert.equal("none", machine:disks()[1].style)
    assert.equal("", control(machine, CREATE, create_disk(1)))
    assert.equal("", control(machine, CREATE, create_disk(0)))
    assert.equal("mbr", machine:disks()[1].style)
    assert.equal("", control(machine, UPDATE))
    assert.equal("mbr", machine:disks()[1].style)
  end)

  it("replaces a boot sector that would make the disk one volume", function()
    local reason = machines.missing "mkfs.fat"
    if reason then
      pending(reason)
    end
    local machine = machine_with(finally, "16M:fat:D")
    assert.equal("", control(machine, CREATE, create_disk(0)))
    assert.same({}, machine:volumes())
  end)

  it("refuses other styles, short buffers and disks without room", function()
    local machine = machine_with(finally, { size = 32768 })
    refused("STATUS_INVALID_PARAMETER", control(machine, CREATE, create_disk(3)))
    refused("STATUS_INFO_LENGTH_MISMATCH",
      control(machine, CREATE, create_disk(1):sub(1, 23)))
    refused("STATUS_INVALID_PARAMETER", control(machine, CREATE, create_disk(1)))
    refused("STATUS_INVALID_DEVICE_REQUEST",
      control(machine, CREATE, create_disk(0), "D:"))
    assert.equal(1, #machine:volumes())
  end)
end)

describe("IOCTL_DISK_DELETE_DRIVE_LAYOUT", function()
  for _, style in ipairs { "mbr", "gpt" } do
    it("removes the table: " .. style, function()
      needs_sfdisk()
      local machine = machine_with(finally, style .. ":16M=4M:raw:D+rest:raw:E")
      assert.equal("", control(machine, DELETE))
      assert.equal("none", machine:disks()[1].style)
      assert.same({ { "D:", 0, 16 } }, volumes(machine))
      assert.is_nil(os.execute(("sfdisk -d %s >/dev/null 2>&1"):format(image())))
      assert.equal("", control(machine, UPDATE))
      assert.equal("none", machine:disks()[1].style)
    end)
  end

  it("leaves a disk alone that has none", function()
    local machine = machine_with(finally, "16M:raw:D")
    local volume <close> = assert(machine:open "D:")
    assert(volume:write(0, ("x"):rep(512)))
    assert.equal("", control(machine, DELETE))
    assert.equal(("x"):rep(512), volume:read(0, 512))
  end)
end)

describe("IOCTL_DISK_SET_DRIVE_LAYOUT_EX", function()
  it("writes an MBR, with extended partitions", function()
    needs_sfdisk()
    local machine = machine_with(finally, "mbr:32M=4M:raw:D+4M:raw:E")
    local old = names(machine)
    assert.equal("", control(machine, SET, layout(0, {
      mbr(7, MIB, 4 * MIB, true), mbr(0x0F, 8 * MIB, 16 * MIB), EMPTY, EMPTY,
      mbr(0x0C, 9 * MIB, 2 * MIB), mbr(5, 12 * MIB, 4 * MIB), EMPTY, EMPTY,
      mbr(0x27, 13 * MIB, 3 * MIB), EMPTY, EMPTY, EMPTY })))
    local list, text = partitions()
    assert.same({ { 2048, 8192, "7" }, { 16384, 32768, "f" },
      { 18432, 4096, "c" }, { 26624, 6144, "27" } }, list)
    assert.matches("type=7, bootable", text, 1, true)
    assert.matches("label-id: 0x09090909", text, 1, true)
    assert.same({ { "D:", 1, 4 }, { "E:", 9, 2 }, { "-", 13, 3 } },
      volumes(machine))
    assert.equal(old[1], names(machine)[1])
    assert.not_equal(old[2], names(machine)[2])
  end)

  it("writes what GET_DRIVE_LAYOUT_EX says, and nothing changes", function()
    needs_sfdisk()
    local path = tempdir(machines.cleanup(finally)) .. "/disk.img"
    machines.sh("truncate -s 32M %s", path)
    machines.sh("printf 'label: dos\\n2048,4096,7,*\\n8192,40000,5\\n"
      .. "10240,4096,7\\n20480,4096,7\\n' | sfdisk -q %s", path)
    local machine <close> = assert(ntvol_sim.create(":memory:",
      { disks = { { image = path } } }))
    local disk <close> = assert(machine:open "PhysicalDrive0")
    local before = machines.sh("sfdisk -d %s", path)
    local said = disk:control("IOCTL_DISK_GET_DRIVE_LAYOUT_EX", "", 1 << 16)
    local was = names(machine)
    assert.equal(3, #was)
    assert.equal("", disk:control(SET, said))
    assert.equal(before, machines.sh("sfdisk -d %s", path))
    assert.equal(said,
      disk:control("IOCTL_DISK_GET_DRIVE_LAYOUT_EX", "", 1 << 16))
    assert.same(was, names(machine))
  end)

  it("writes a GPT, both copies", function()
    needs_sfdisk()
    local machine = machine_with(finally, "gpt:32M=4M:raw:D")
    local list = { gpt(DATA, MIB, 4 * MIB, "one"),
      gpt(MSR, 6 * MIB, MIB), gpt(RECOVERY, 8 * MIB, 2 * MIB, "", 1),
      gpt(DATA, 12 * MIB, 3 * MIB, "hidden", 1 << 63),
      gpt(DATA, 16 * MIB, 3 * MIB, "read", 1 << 60) }
    assert.equal("", control(machine, SET, layout(1, list)))
    local found, text = partitions()
    assert.equal(5, #found)
    assert.matches('name="one"', text, 1, true)
    assert.matches("label%-id: 09090909%-0909", text)
    assert.same({ { "D:", 1, 4 }, { "-", 8, 2 }, { "-", 12, 3 },
      { "E:", 16, 3 } }, volumes(machine))
    assert.is_true(machine:volumes()[4].readonly)
    -- The copy at the end is whole, too.
    local disk <close> = assert(machine:open "PhysicalDrive0")
    assert(disk:write(512, ("\0"):rep(512)))
    assert.equal("", disk:control(UPDATE))
    assert.equal(4, #machine:volumes())
    assert.is_nil(machine:disks()[1].reason)
  end)

  it("makes volumes that can be used at once", function()
    local reason = machines.missing "mkfs.fat"
    if reason then
      pending(reason)
    end
    local machine = machine_with(finally, "16M:raw:D")
    assert.equal("", control(machine, CREATE, create_disk(0)))
    assert.equal("", control(machine, SET, layout(0,
      { mbr(7, MIB, 8 * MIB), EMPTY, EMPTY, EMPTY })))
    local volume <close> = assert(machine:open "D:")
    assert(volume:lock())
    assert(volume:format { fs = "fat", erase = "D:", journal = false })
    assert(volume:close())
    assert.equal("FAT12", machine:volumes()[1].file_system)
    assert.equal(1, (control(machine, "IOCTL_DISK_GET_PARTITION_INFO_EX", "",
      "D:", 144):byte(33)))
  end)

  it("takes no volume that is in use, and writes nothing then", function()
    local machine = machine_with(finally, "mbr:16M=4M:raw:D+rest:raw:E")
    local volume <close> = assert(machine:open "D:")
    local disk <close> = assert(machine:open "PhysicalDrive0")
    local before = disk:read(0, 512)
    for code, input in pairs { [SET] = layout(0, { EMPTY, EMPTY, EMPTY, EMPTY }),
      [CREATE] = create_disk(0), [DELETE] = "" } do
      local info, message =
        refused("STATUS_DEVICE_BUSY", disk:control(code, input))
      assert.same({ "in_use", 1 }, { info.reason, #info.holders })
      assert.matches("D:", message, 1, true)
    end
    -- A partition that would get shorter is one that goes.
    refused("STATUS_DEVICE_BUSY", disk:control(SET, layout(0,
      { mbr(7, MIB, MIB), EMPTY, EMPTY, EMPTY })))
    assert.equal(before, disk:read(0, 512))
    assert.equal("", disk:control(SET, layout(0,
      { mbr(7, MIB, 6 * MIB), EMPTY, EMPTY, EMPTY })))
    assert.same({ { "D:", 1, 6 } }, volumes(machine))
    assert(volume:lock())
  end)

  it("takes no system volume", function()
    local machine = machine_with(finally, { size = 16 * MIB, style = "mbr", volumes = {
      { letter = "C:", system = true } } })
    refused("STATUS_ACCESS_DENIED", control(machine, DELETE))
    assert.equal(1, #machine:volumes())
  end)

  it("takes no piece of a volume", function()
    defer = machines.cleanup(finally)
    folder = tempdir(defer)
    local machine <close> = assert(ntvol_sim.create(folder .. "/lab", { disks = {
      { size = 16 * MIB, style = "gpt", volumes = {
        { letter = "D:", size = 4 * MIB, span = "set" }, { size = 2 * MIB } } },
      { size = 16 * MIB, style = "mbr", volumes = {
        { size = 3 * MIB, span = "set" } } } } }))
    refused("STATUS_NOT_SUPPORTED", control(machine, DELETE, "", "PhysicalDrive1"))
    assert.equal("", control(machine, UPDATE, "", "PhysicalDrive1"))
    assert.equal("", control(machine, UPDATE))
    assert.equal(2, #machine:volumes())
    assert.equal(2, #machine:volumes()[1].extents)
  end)

  it("refuses a read-only disk", function()
    local machine = machine_with(finally, { size = 16 * MIB, style = "mbr",
      readonly = true })
    for code, input in pairs { [CREATE] = create_disk(0), [DELETE] = "",
      [SET] = layout(0, { EMPTY, EMPTY, EMPTY, EMPTY }) } do
      refused("STATUS_MEDIA_WRITE_PROTECTED", control(machine, code, input))
    end
  end)

  it("refuses what is no table", function()
    local machine = machine_with(finally, "mbr:16M=4M:raw:D")
    local disk <close> = assert(machine:open "PhysicalDrive0")
    local before = disk:read(0, MIB)
    local function list(...)
      local entries = { ... }
      for i = #entries + 1, #entries + -#entries % 4 do
        entries[i] = EMPTY
      end
      return layout(0, entries)
    end
    local same = mbr(7, MIB, 4 * MIB)
    local whole = list(same)
    for what, row in pairs {
      ["another style"] = layout(1, { gpt(DATA, MIB, MIB) }),
      ["no whole record"] = layout(0, { same }),
      ["no record"] = layout(0, {}),
      ["no whole sector"] = list(mbr(7, MIB + 1, 4 * MIB)),
      ["past the end"] = list(same, mbr(7, 8 * MIB, 9 * MIB)),
      ["far past the end"] = list(same, mbr(7, 8 * MIB, math.maxinteger)),
      ["before the start"] = list(same, mbr(7, -MIB, MIB)),
      ["no length"] = list(same, mbr(7, 8 * MIB, 0)),
      ["a style that is none"] = layout(7, { same, EMPTY, EMPTY, EMPTY }),
      ["too many"] = layout(0, { same }) .. ("\0"):rep(144 * 3),
    } do
      local info = refused("STATUS_INVALID_PARAMETER", disk:control(SET, row))
      assert(info.hint, what)
    end
    -- Logical partitions without an extended one, and two extended ones.
    refused("STATUS_DISK_CORRUPT_ERROR", disk:control(SET,
      list(same, EMPTY, EMPTY, EMPTY, mbr(7, 8 * MIB, MIB))))
    refused("STATUS_DISK_CORRUPT_ERROR", disk:control(SET,
      list(same, mbr(5, 8 * MIB, MIB), mbr(5, 10 * MIB, MIB))))
    refused("STATUS_INFO_LENGTH_MISMATCH", disk:control(SET, whole:sub(1, 47)))
    refused("STATUS_INFO_LENGTH_MISMATCH",
      disk:control(SET, whole:sub(1, #whole - 1)))
    assert.equal(before, disk:read(0, MIB))
  end)

  it("does not let a GPT have a partition on itself", function()
    local machine = machine_with(finally, "gpt:16M=4M:raw:D")
    for _, place in ipairs { 0, 512, 16 * MIB - 1024 } do
      refused("STATUS_INVALID_PARAMETER", control(machine, SET, layout(1, {
        gpt(DATA, MIB, 4 * MIB), gpt(DATA, place, 1024) })))
    end
    assert.equal(1, #machine:volumes())
  end)

  it("goes as often as one likes, and letters come back", function()
    local machine = machine_with(finally, "mbr:16M=4M:raw:D")
    for i = 1, 100 do
      local start_of = i % 2 == 0 and MIB or 2 * MIB
      assert.equal("", control(machine, SET, layout(0,
        { mbr(7, start_of, 4 * MIB), EMPTY, EMPTY, EMPTY })))
      assert.same({ { "D:", start_of // MIB, 4 } }, volumes(machine))
    end
  end)

  it("on a stick keeps its volumes, which may lie nowhere", function()
    local machine = machine_with(finally, { size = 16 * MIB, removable = true,
      style = "mbr", volumes = { { letter = "D:", size = 4 * MIB },
      { letter = "E:" } } })
    local was = names(machine)
    assert.equal("", control(machine, SET, layout(0,
      { mbr(7, 6 * MIB, 8 * MIB), EMPTY, EMPTY, EMPTY })))
    assert.same(was, names(machine))
    assert.same({ { "D:", 6, 8 }, { "E:", 0, 0 } }, volumes(machine))
    assert.is_true(machine:volumes()[2].no_medium)
    assert.equal("", control(machine, SET, layout(0, { mbr(7, 6 * MIB, 2 * MIB),
      mbr(7, 8 * MIB, 2 * MIB), mbr(7, 10 * MIB, 2 * MIB), EMPTY })))
    assert.same({ { "D:", 6, 2 }, { "E:", 8, 2 }, { "F:", 10, 2 } },
      volumes(machine))
  end)
end)

describe("a table that another program changed", function()
  local function write(path, place, bytes)
    local file <close> = assert(io.open(path, "r+b"))
    assert(file:seek("set", place))
    assert(file:write(bytes))
  end

  it("is taken over by UPDATE_PROPERTIES: volumes go and come", function()
    needs_sfdisk()
    local machine = machine_with(finally, "mbr:16M=4M:raw:D+4M:raw:E")
    local was = names(machine)
    machines.sh("printf '20480,2048,7\\n22528,2048,27\\n' | "
      .. "sfdisk -q --no-reread %s", image())
    local last = #machine:events()
    assert.equal("", control(machine, UPDATE))
    assert.same({ { "D:", 10, 1 }, { "-", 11, 1 } }, volumes(machine))
    assert.not_equal(was[1], names(machine)[1])
    assert.equal("REMOVAL REMOVAL ARRIVAL ARRIVAL", events(machine, last))
  end)

  it("takes a volume away that is in use, as if it was pulled out", function()
    needs_sfdisk()
    local machine = machine_with(finally, "mbr:16M=4M:fat:D+4M:raw:E")
    local volume <close> = assert(machine:open "D:")
    machines.sh("sfdisk -q --no-reread --delete %s 1", image())
    local last = #machine:events()
    assert.equal("", control(machine, UPDATE))
    assert.same({ { "E:", 5, 4 } }, volumes(machine))
    assert.equal("SURPRISE_REMOVAL", events(machine, last))
    assert.is_nil((volume:read(0, 512)))
    assert.is_nil((volume:lock()))
    -- Nothing brings it back.
    assert(machine:mask "PhysicalDrive0")
    assert(machine:unmask "PhysicalDrive0")
    assert.equal(1, #machine:volumes())
    volume:close()
    assert.equal("", control(machine, UPDATE))
    assert.equal(1, #machine:volumes())
  end)

  it("shows a partition past the end, whose volume does not open", function()
    local function entry(kind, start_of, count)
      return string.pack("<BBBBBBBBI4I4", 0, 0, 0, 0, kind, 0, 0, 0, start_of,
        count)
    end
    local machine = machine_with(finally, "mbr:16M=4M:raw:D+rest:raw:E")
    -- D: grows past the end, E: becomes an extended partition.
    write(image(), 446, entry(7, 2048, 80000) .. entry(5, 10240, 80000))
    write(image(), 10240 * 512 + 446, entry(7, 64, 79000) .. ("\0"):rep(48)
      .. "\x55\xaa")
    assert.equal("", control(machine, UPDATE))
    local list = machine:volumes()
    assert.equal(2, #list)
    for _, volume in ipairs(list) do
      assert.is_true(volume.unreadable)
      local info = refused("STATUS_DISK_CORRUPT_ERROR", machine:open(volume.name))
      assert.same({ "permanent", "partition_table" }, { info.class, info.reason })
    end
    write(image(), 446, entry(7, 2048, 2048))
    assert.equal("", control(machine, UPDATE))
    assert.is_false(machine:volumes()[1].unreadable)
    assert(machine:open "D:"):close()
  end)

  it("shows one of a GPT past the end, too", function()
    needs_sfdisk()
    local machine = machine_with(finally, "gpt:16M=4M:raw:D")
    machines.sh("truncate -s 64M %s/big.img", folder)
    machines.sh("printf 'label: gpt\\n2048,4096\\n20480,80000\\n' | sfdisk -q "
      .. "%s/big.img", folder)
    -- The entries of a larger disk, in a header that fits this one.
    local big <close> = assert(io.open(folder .. "/big.img", "rb"))
    big:seek("set", 1024)
    local entries = big:read(128 * 128)
    local disk <close> = assert(machine:open "PhysicalDrive0")
    local function crc(bytes)
      local sum = 0xFFFFFFFF
      for i = 1, #bytes do
        sum = sum ~ bytes:byte(i)
        for _ = 1, 8 do
          sum = sum >> 1 ~ (sum & 1 == 1 and 0xEDB88320 or 0)
        end
      end
      return ~sum & 0xFFFFFFFF
    end
    local header = disk:read(512, 512)
    header = header:sub(1, 88) .. string.pack("<I4", crc(entries))
      .. header:sub(93)
    local zeroed = header:sub(1, 16) .. "\0\0\0\0" .. header:sub(21, 92)
    header = header:sub(1, 16) .. string.pack("<I4", crc(zeroed))
      .. header:sub(21)
    assert(disk:write(512, header .. entries))
    assert.equal("", disk:control(UPDATE))
    local list = machine:volumes()
    assert.same({ 2, false, true },
      { #list, list[1].unreadable, list[2].unreadable })
    assert.equal("partition_table",
      refused("STATUS_DISK_CORRUPT_ERROR", machine:open(list[2].name)).reason)
  end)
end)
