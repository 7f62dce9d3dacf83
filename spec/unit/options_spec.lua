-- Arguments: options that are not known, values that are out of range, and
-- what good ones become; and what the tables and texts of the binding look
-- like.

local helpers = require "spec.helpers"

local core, fake, raises = helpers.core, helpers.fake, helpers.raises

-- Access bits, share modes and dispositions of the Windows SDK.
local GENERIC_READ, GENERIC_WRITE = 0x120089, 0x120116
-- SYNCHRONIZE and FILE_READ_ATTRIBUTES: CreateFile adds them to all.
local ALWAYS = 0x100080
local RIGHTS = {
  read_data = 0x1, write_data = 0x2, append_data = 0x4, read_ea = 0x8,
  write_ea = 0x10, traverse = 0x20, read_attributes = 0x80,
  write_attributes = 0x100, delete = 0x10000, read_control = 0x20000,
  write_dac = 0x40000, write_owner = 0x80000, synchronize = 0x100000,
}
local DISPOSITIONS = {
  supersede = 0, open = 1, create = 2, open_if = 3, overwrite = 4,
  overwrite_if = 5,
}

local rep = string.rep

before_each(helpers.start)
after_each(helpers.finish)

describe("options of open:", function()
  local function opened_with(options)
    local volume = helpers.volume("D:", options)
    local last = fake.last_open()
    volume:close()
    return last
  end

  local function refuses(text, options)
    local machine = helpers.machine()
    raises(text, machine.open, machine, "D:", options)
    assert.equal(0, fake.stats().open)
  end

  it("read and write, shared, existing, unless given", function()
    local wanted = {
      access = GENERIC_READ | GENERIC_WRITE, share = 3, disposition = 1,
      directory = false, timeout = 0,
    }
    assert.same(wanted, opened_with(nil))
    assert.same(wanted, opened_with({}))
  end)

  it("access by one word", function()
    local wanted = {
      rw = GENERIC_READ | GENERIC_WRITE, r = GENERIC_READ,
      w = GENERIC_WRITE | ALWAYS, none = ALWAYS,
    }
    for word, access in pairs(wanted) do
      assert.equal(access, opened_with({ access = word }).access, word)
    end
  end)

  it("access by a list of rights, taken as it is", function()
    local all, list = 0, {}
    for name, bit in pairs(RIGHTS) do
      assert.equal(bit, opened_with({ access = { name } }).access, name)
      all, list[#list + 1] = all | bit, name
    end
    assert.equal(all, opened_with({ access = list }).access)
    assert.equal(0, opened_with({ access = {} }).access)
  end)

  it("share by letters in any order", function()
    local wanted = {
      [""] = 0, r = 1, w = 2, d = 4, rw = 3, wr = 3, rwd = 7, dwr = 7,
    }
    for letters, share in pairs(wanted) do
      assert.equal(share, opened_with({ share = letters }).share, letters)
    end
  end)

  it("disposition and directory", function()
    for name, number in pairs(DISPOSITIONS) do
      local last = opened_with({ disposition = name, directory = true })
      assert.equal(number, last.disposition, name)
      assert.is_true(last.directory)
    end
  end)

  it("timeout in seconds, kept as milliseconds", function()
    for seconds, wanted in pairs { [1] = 1000, [0.25] = 250, [86400] = 86400000,
      [0.001] = 1 } do
      assert.equal(wanted, opened_with({ timeout = seconds }).timeout)
    end
  end)

  it("wrong timeout", function()
    for _, value in ipairs { 0, -1, 0.0009, 86401, 0 / 0, math.huge, "1", true,
    } do
      refuses("option 'timeout' must be seconds from 0.001 to 86400, got "
        .. tostring(value), { timeout = value })
    end
  end)

  it("wrong access", function()
    refuses("option 'access' must be one of rw, r, w, none, or a list of: " ..
      "read_data, write_data", { access = "rwx" })
    refuses('got "rwx"', { access = "rwx" })
    refuses("got number", { access = 3 })
    refuses("got everything", { access = { "read_data", "everything" } })
    refuses("got 1", { access = { 1 } })
    refuses("named or missing fields", { access = { read_data = true } })
    refuses("named or missing fields", { access = { "read_data", x = 1 } })
  end)

  it("wrong share, disposition and directory", function()
    refuses('option \'share\' must be letters of r, w and d; got "rx"',
      { share = "rx" })
    refuses("option 'share' must be a string, got boolean", { share = true })
    refuses("option 'disposition' must be one of: open, open_if, create, " ..
      "overwrite, overwrite_if, supersede; got \"new\"",
      { disposition = "new" })
    refuses("option 'directory' must be true or false, got number",
      { directory = 1 })
  end)

  it("unknown names", function()
    refuses("unknown option 'acess'; options are: " ..
      "access, share, disposition, directory", { acess = "r" })
    refuses("unknown option '1'", { "r" })
    refuses("unknown option 'true'", { [true] = 1 })
    refuses("table expected, got string", "r")
  end)

  it("does not call metamethods of the table", function()
    local options = setmetatable({}, { __index = error, __pairs = error })
    assert.equal(1, opened_with(options).disposition)
  end)

  it("wrong names of the object", function()
    local machine = helpers.machine()
    raises("string expected, got no value", machine.open, machine)
    raises("string expected, got number", machine.open, machine, 1)
    raises("contains a zero byte", machine.open, machine, "D:\0")
    raises("string expected", machine.uninstall, machine)
    raises("string expected", machine.eject, machine)
    raises("string expected", machine.mask, machine)
    raises("string expected", machine.unmask, machine, true)
    raises("string expected", machine.set_owner, machine, "D:")
    raises("string expected", machine.set_maintenance, machine)
    raises("boolean expected", machine.set_maintenance, machine, "D:", 1)
  end)
end)

describe("arguments of methods:", function()
  -- Those that take arguments; all others take none.
  local taking = {
    volume = { read = 1, write = 1, format = 1, control = 1,
      media_removal = 1, map = 1, lock = 1, dismount = 1, run = 1 },
    machine = { open = 1, events = 1, subscribe = 1, watch = 1, uninstall = 1,
      mask = 1, unmask = 1, eject = 1, holders = 1,
      set_maintenance = 1, set_owner = 1, add_mount_point = 2,
      remove_mount_point = 1 },
    lock = {},
  }

  it("there are none where none are taken", function()
    local volume, machine = helpers.volume()
    local guard = assert(volume:lock())
    for class, object in pairs {
      volume = volume, machine = machine, lock = guard,
    } do
      for name, f in pairs(debug.getmetatable(object).__index) do
        if not taking[class][name] then
          raises(name .. " takes no options", f, object, { timeout = 10 })
          raises(name .. " takes no options", f, object, nil, false)
        end
      end
    end
    assert.equal("volume", core.type(volume))
    assert.is_true(guard:held())
    assert.equal("D:", volume:name(nil))
  end)

  it("offsets of whole sectors", function()
    local volume = helpers.volume()
    raises("bad argument #1 to 'read' (offset -512 is negative)", function()
      return volume:read(-512, 512)
    end)
    raises("bad argument #1 to 'read' (offset 100 is not a multiple of the " ..
      "sector size 512)", function() return volume:read(100, 512) end)
    raises("bad argument #2 to 'read' (length 100 is not a multiple of the " ..
      "sector size 512)", function() return volume:read(0, 100) end)
    raises("bad argument #2 to 'read' (length -1 is negative)", function()
      return volume:read(0, -1)
    end)
    raises("bad argument #1 to 'write' (offset 1 is not a multiple",
      function() return volume:write(1, rep("x", 512)) end)
    raises("bad argument #2 to 'write' (data length 511 is not a multiple",
      function() return volume:write(0, rep("x", 511)) end)
    raises("number expected, got no value", volume.read, volume)
    raises("number expected, got no value", volume.read, volume, 0)
    raises("string expected, got no value", volume.write, volume, 0)
    raises("integer representation", volume.read, volume, 0.5, 512)
    assert.equal(0, fake.stats().read + fake.stats().write)
  end)

  it("offsets up to the largest", function()
    local volume = helpers.volume()
    local last = math.maxinteger - 511
    raises("length 512 at offset 9223372036854775296 goes past the largest",
      volume.read, volume, last, 512)
    raises("data length 512 at offset 9223372036854775296 goes past",
      volume.write, volume, last, rep("x", 512))
    helpers.refused("ERROR_HANDLE_EOF", volume:read(last, 0))
    helpers.refused("ERROR_HANDLE_EOF", volume:read(last - 512, 512))
  end)

  it("reads of at most 1 GiB", function()
    local volume = helpers.volume()
    raises("length 1073742336 is more than 1 GiB; read in pieces",
      volume.read, volume, 0, (1 << 30) + 512)
    assert.equal(8 << 20, #volume:read(0, 1 << 30))
  end)

  it("files have no sectors", function()
    local file = helpers.volume("D:\\a.txt")
    assert.equal("file", file:kind())
    assert.equal(1, file:sector_size())
    assert.equal(3, file:write(5, "abc"))
    assert.equal("abc", file:read(5, 3))
  end)

  it("data go there and back as they are", function()
    local volume = helpers.volume()
    local data = {}
    for i = 1, 4096 do
      data[i] = string.char(i * 7 % 256)
    end
    data = table.concat(data)
    assert.equal(#data, volume:write(512, data))
    assert.equal(data, volume:read(512, #data))
    assert.equal(rep("\0", 512), volume:read(0, 512))
    assert.equal("", volume:read(0, 0))
    assert.equal(512, volume:write((8 << 20) - 512, rep("z", 1024)))
    assert.equal(0, volume:write(8 << 20, rep("z", 512)))
    assert.equal(rep("z", 512), volume:read((8 << 20) - 512, 4096))
  end)

  it("control codes by name and number", function()
    local volume = helpers.volume()
    local length = string.pack("<I8", 8 << 20)
    local code = core.codes.IOCTL_DISK_GET_LENGTH_INFO
    assert.equal(length, volume:control("IOCTL_DISK_GET_LENGTH_INFO", "", 8))
    assert.equal(length, volume:control(code, nil, 100))
    assert.equal("", volume:control("IOCTL_VOLUME_ONLINE"))
    helpers.refused("ERROR_MORE_DATA", volume:control(code, "", 4))
    helpers.refused("ERROR_INVALID_FUNCTION", volume:control(0x12345678))
    raises("unknown control code 'FSCTL_NOTHING'; ntvol.codes lists the names",
      volume.control, volume, "FSCTL_NOTHING")
    raises("control code 4294967296 is not from 0 to 4294967295",
      volume.control, volume, 1 << 32)
    raises("control code -1 is not", volume.control, volume, -1)
    raises("length -1 is negative", volume.control, volume, code, "", -1)
    raises("more than 1 GiB", volume.control, volume, code, "", 1 << 31)
    raises("string expected", volume.control, volume)
    raises("string expected", volume.control, volume, code, {})
  end)

  it("events after an id", function()
    local machine = helpers.machine()
    assert.equal(3, #machine:events())
    assert.equal(3, #machine:events(0))
    assert.equal(5, machine:events(2)[1].id)
    assert.same({}, machine:events(5))
    raises("event id -1 is not from 0", machine.events, machine, -1)
    raises("number expected", machine.events, machine, "last")
  end)

  it("disks by number or name", function()
    local machine = helpers.machine()
    local wanted = {
      [0] = "PhysicalDrive0", ["3"] = "PhysicalDrive3",
      PhysicalDrive7 = "PhysicalDrive7", ["disk 2"] = "disk 2",
    }
    for disk, target in pairs(wanted) do
      local message = select(2, machine:mask(disk))
      assert(message:find("mask '" .. target .. "'", 1, true), message)
      message = select(2, machine:unmask(disk))
      assert(message:find("unmask '" .. target .. "'", 1, true), message)
    end
    raises("disk number -1 is not from 0", machine.mask, machine, -1)
    raises("integer representation", machine.mask, machine, 1.5)
  end)
end)

describe("options of format:", function()
  local function refuses(text, options)
    local volume = helpers.volume()
    assert(volume:lock())
    raises(text, volume.format, volume, options)
    assert.equal(0, fake.stats().write)
  end

  it("wrong ones", function()
    refuses("table expected, got nil", nil)
    refuses("option 'fs' is missing; give one of: ", { erase = "D:" })
    refuses("option 'fs' must be one of: ", { fs = "zfs", erase = "D:" })
    refuses('got "zfs"', { fs = "zfs", erase = "D:" })
    refuses("option 'fs' must be a string, got number", { fs = 1 })
    refuses("option 'erase' is missing; name the volume that loses",
      { fs = "ntfs" })
    refuses("unknown option 'lable'; options are: fs, label, cluster_size, " ..
      "quick, erase, undo, undo_limit, journal, operation, on_progress",
      { fs = "ntfs", lable = "X", erase = "D:" })
    refuses("option 'label' must be a string, got table",
      { fs = "ntfs", label = {}, erase = "D:" })
    refuses("option 'label' contains a zero byte",
      { fs = "ntfs", label = "A\0B", erase = "D:" })
    refuses("option 'cluster_size' must be from 1 to 4294967295, got 0",
      { fs = "ntfs", cluster_size = 0, erase = "D:" })
    refuses("option 'cluster_size' must be an integer, got 1.5",
      { fs = "ntfs", cluster_size = 1.5, erase = "D:" })
    refuses("option 'cluster_size' must be an integer, got string",
      { fs = "ntfs", cluster_size = "4096", erase = "D:" })
    refuses("option 'quick' must be true or false, got string",
      { fs = "ntfs", quick = "yes", erase = "D:" })
    refuses("option 'on_progress' must be a function, got table",
      { fs = "ntfs", on_progress = {}, erase = "D:" })
  end)

  it("every file system that is offered", function()
    local volume = helpers.volume()
    local _, message = pcall(volume.format, volume, {})
    local names = message:match("one of: ([%w, ]+)")
    for _, name in ipairs { "ntfs", "fat", "fat16", "fat32", "exfat" } do
      assert(names:find(name, 1, true), names)
    end
    for name in names:gmatch("%w+") do
      helpers.refused("ERROR_NOT_LOCKED",
        volume:format { fs = name, erase = "D:" })
    end
  end)
end)

describe("machine kinds:", function()
  it("registered ones have names", function()
    local found = {}
    local kinds = core.kinds()
    for i, name in ipairs(kinds) do
      found[name] = true
      assert(i == 1 or kinds[i - 1] < name)
    end
    assert.is_true(found.fake)
    assert.equal("ntvol.machine_kind (fake)", tostring(fake.kind))
    assert.is_nil(core.type(fake.kind))
  end)

  it("the same one may be registered again, another one not", function()
    assert.is_true(core.register(fake.kind))
    raises("a machine kind 'fake' is registered already",
      core.register, fake.rival())
    assert(assert(core.connect("fake")):close())
  end)

  it("of another contract version are refused", function()
    raises("contract version 2", core.register, fake.bad_kind(2, 4096))
    raises("contract version 4", core.register, fake.bad_kind(4, 4096))
    raises("is needed: rebuild it", core.register, fake.bad_kind(3, 16))
    raises("ntvol.machine_kind expected, got table", core.register, {})
    raises("ntvol.machine_kind expected", core.register, io.stdout)
  end)

  it("C modules make machines through the interface", function()
    local machine <close> = fake.adopt()
    assert.equal("machine", core.type(machine))
    assert.equal("fake:adopted", machine:name())
    assert.equal("fake:adopted", fake.machine_name(machine))
    raises("ntvol.machine expected, got no value", fake.machine_name)
    assert(machine:close())
    raises("attempt to use a closed machine", fake.machine_name, machine)
  end)

  it("connect wants a name", function()
    raises("string expected", core.connect)
    raises("string expected", core.connect, "fake", 1)
    raises("zero byte", core.connect, "fake", "a\0b")
  end)
end)

describe("what the binding tells:", function()
  local function is_plain(value)
    local kind = type(value)
    if kind == "table" then
      for _, field in pairs(value) do
        is_plain(field)
      end
    else
      assert(kind == "string" or kind == "number" or kind == "boolean", kind)
    end
  end

  it("volumes", function()
    local machine = helpers.machine()
    local list = machine:volumes()
    assert.equal(2, #list)
    local first = list[1]
    is_plain(list)
    assert.equal('D:  FAT16  "OLD"  8 MiB  mounted', tostring(first))
    assert.same({
      name = "D:",
      guid_path = "\\\\?\\Volume{00000000-0000-0000-0000-000000000000}",
      device = "\\Device\\HarddiskVolume1",
      mount_points = { "D:", "C:\\mnt\\data" },
      file_system = "FAT16", label = "OLD", serial = "1234-ABCD",
      size = 8 << 20, sector_size = 512, partition_number = 1,
      extents = { { disk = 0, offset = 1 << 20, length = 8 << 20 } },
      mounted = true, locked = false, dismounted = false, offline = false,
      readonly = false, removable = false, system = false, boot = false,
      pagefile = false, unreadable = false, csv = false, maintenance = false,
      dirty = false, busy = false, no_medium = false, state = "mounted",
    }, setmetatable(first, nil))
  end)

  it("disks", function()
    local list = helpers.machine():disks()
    assert.equal(1, #list)
    is_plain(list)
    assert.equal("PhysicalDrive0  17 MiB  mbr  2 volumes  " ..
      "present, read-only, removable  memory", tostring(list[1]))
    assert.same({
      number = 0, name = "PhysicalDrive0", location = "memory",
      serial = "FAKE0001", model = "fake disk", style = "mbr",
      size = 17 << 20, sector_size = 512, volume_count = 2, readonly = true,
      removable = true, cdrom = false, no_medium = false,
      medium_locked = false, masked = false, uninstalled = false,
      offline = false,
      unreadable = false,
      state = "present, read-only, removable",
    }, setmetatable(list[1], nil))
  end)

  it("events", function()
    local list = helpers.machine():events()
    is_plain(list)
    assert.equal("1  2000-02-29 12:30:45.250  volume  D:  LOCK  pid 812",
      tostring(list[1]))
    assert.equal("5  1969-12-31 23:59:59.999  device  PhysicalDrive0  " ..
      "ARRIVAL  pid 0", tostring(list[3]))
    assert.equal("state", list[2].kind)
    assert.same({
      id = 1, kind = "volume", name = "LOCK", target = "D:", pid = 812,
      guid = "50708874-C9AF-11D1-8FEF-00A0C9A06D32", code = 3,
      time = 951827445.25,
    }, setmetatable(list[1], nil))
    assert.is_nil(list[2].guid)
  end)

  it("lines also for tables that somebody changed", function()
    local machine = helpers.machine()
    local volume, event = machine:volumes()[1], machine:events()[1]
    volume.label, volume.size, volume.state = nil, 1536, 7
    assert.equal('D:  FAT16  "?"  1.5 KiB  7', tostring(volume))
    event.time = 1e300
    assert.matches("^1  %?  volume", tostring(event))
    for _, object in ipairs { volume, event, machine:disks()[1] } do
      local text = debug.getmetatable(object).__tostring
      assert.equal("string", type(text({})))
      raises("table expected", text, 42)
    end
  end)

  it("sizes for people", function()
    local volume = helpers.machine():volumes()[1]
    local wanted = {
      [0] = "0 bytes", [1023] = "1023 bytes", [1024] = "1 KiB",
      [1025] = "1.0 KiB", [1 << 20] = "1 MiB", [3 << 29] = "1.5 GiB",
      [1 << 40] = "1 TiB", [5 << 50] = "5 PiB",
      [math.maxinteger] = "7.9 EiB",
    }
    for size, text in pairs(wanted) do
      volume.size = size
      assert.equal('D:  FAT16  "OLD"  ' .. text .. "  mounted",
        tostring(volume))
    end
  end)

  it("states", function()
    local volume, machine = helpers.volume()
    local function state()
      local info = assert(volume:info())
      assert.equal(info.state, machine:volumes()[1].state)
      return info.state
    end
    assert.equal("mounted", state())
    assert(volume:lock())
    assert.equal("mounted, locked", state())
    assert.equal('ntvol.volume (D: FAT16 "OLD" 8 MiB, mounted, locked)',
      tostring(volume))
    assert(volume:dismount())
    assert.equal("not mounted, locked", state())
    assert(volume:offline())
    assert.equal("offline, locked", state())
    assert.is_true(volume:is_offline())
    assert(volume:unlock())
    assert(volume:online())
    assert.equal("not mounted", state())
  end)

  it("a volume about itself", function()
    local volume, machine = helpers.volume("E:")
    assert.equal("E:", volume:name())
    assert.equal("volume", volume:kind())
    assert.equal(machine, volume:machine())
    assert.equal(8 << 20, volume:size())
    assert.equal(512, volume:sector_size())
    assert.equal("", volume:label())
    local extents = { { disk = 0, offset = 9 << 20, length = 8 << 20 } }
    assert.same(extents, volume:extents())
    assert.same({
      guid_path = volume:info().guid_path, serial = "1234-ABCD",
      size = 8 << 20, extents = extents,
    }, volume:identity())
    assert.same({
      cylinders = 2, heads = 255, sectors_per_track = 63, sector_size = 512,
      size = 17 << 20,
    }, volume:geometry())
    assert.same({ type = 7, number = 0, partition = 2 },
      volume:device_number())
  end)

  it("other handles about themselves", function()
    local disk = helpers.volume("PhysicalDrive0")
    assert.equal("ntvol.volume (PhysicalDrive0, disk)", tostring(disk))
    assert.equal("disk", disk:kind())
    assert.equal(17 << 20, disk:size())
    local device = helpers.volume("D:", { access = "none" })
    assert.equal("device", device:kind())
    assert.equal("ntvol.volume (D:, device)", tostring(device))
    assert.equal("OLD", device:label())
    local machine = helpers.machine()
    assert.equal("ntvol.machine (fake:spec)", tostring(machine))
    assert.equal("fake:spec", machine:name())
  end)

  it("capabilities of a machine", function()
    assert.same({
      open = true, volumes = true, disks = true, events = true,
      subscribe = true, watch = true,
      uninstall = true, mask = false, unmask = false, eject = true,
      own_formatter = false, cluster = false, mount_points = false,
    }, helpers.machine():capabilities())
  end)

  it("what a machine without mount points says", function()
    local machine = helpers.machine()
    for call, target in pairs {
      [function() return machine:add_mount_point("D:", "E:") end] = "E:",
      [function() return machine:remove_mount_point "F:" end] = "F:",
    } do
      local message, info = helpers.refused("ERROR_NOT_SUPPORTED", call())
      assert.equal(target, info.target)
      assert.matches("mount point '" .. target .. "'", message, 1, true)
    end
    raises("string expected", machine.add_mount_point, machine, "D:")
    raises("string expected", machine.remove_mount_point, machine)
  end)

  it("capabilities of a machine with a formatter of its own", function()
    local machine <close> = assert(core.connect("formatter", "spec"))
    local has = machine:capabilities()
    assert.is_true(has.own_formatter)
    assert.is_false(has.eject)
    assert.is_false(has.disks)
  end)

  it("capabilities of a handle", function()
    local function having(name, options)
      local list = {}
      for verb, has in pairs(helpers.volume(name, options):capabilities()) do
        assert.equal("boolean", type(has), verb)
        list[#list + 1] = has and verb or nil
      end
      table.sort(list)
      return table.concat(list, " ")
    end
    assert.equal("bitmap control device_number dismount extents flush format "
      .. "geometry info is_dirty is_mounted is_offline lock mark_dirty "
      .. "ntfs_data offline online read unlock write", having("D:"))
    assert.equal("bitmap control device_number dismount extents geometry info "
      .. "is_dirty is_mounted is_offline lock mark_dirty ntfs_data read unlock",
      having("D:", { access = "r" }))
    assert.equal("control device_number extents geometry info is_offline",
      having("D:", { access = "none" }))
    assert.equal("control device_number geometry read",
      having("PhysicalDrive0"))
    assert.equal("control flush info is_mounted read write",
      having("D:\\a.txt"))
  end)

  it("types of all other values", function()
    for _, value in ipairs { 1, "x", {}, io.stdout, print } do
      assert.is_nil(core.type(value))
    end
    assert.is_nil(core.type(nil))
    raises("value expected", core.type)
  end)

  it("help of classes that exist", function()
    assert.is_nil(core.help_class("nothing"))
    assert.is_nil(core.help_class("volume_info"))
    raises("string expected", core.help_class)
    assert.matches("^ntvol%.machine: ", core.help_class("machine"))
  end)

  it("whether a channel is a terminal", function()
    for channel = 0, 2 do
      local output, code = helpers.child(("os.exit(require 'ntvol.core'" ..
        ".is_terminal(%d) == false)"):format(channel))
      assert.equal(0, code, output)
    end
    for _, f in ipairs { core.is_terminal, core.terminal_width } do
      raises("channel 3 is not from 0 to 2", f, 3)
      raises("number expected", f)
    end
  end)

  it("its version", function()
    assert.matches("^%d+%.%d+%.%d+$", core._VERSION)
  end)
end)

describe("specification of a simulated machine:", function()
  local sim = require "ntvol.sim.core"

  local function refuses(text, spec)
    raises(text, sim.create, ":memory:", spec)
  end

  local function refuses_disk(text, disk)
    refuses(text, { disks = { { size = 1 << 20 }, disk } })
  end

  local function refuses_volume(text, volume)
    refuses_disk(text, { size = 1 << 20, volumes = { {}, volume } })
  end

  it("unknown fields, by their place", function()
    refuses("unknown option 'disk'; options are: disks", { disk = {} })
    refuses_disk("unknown option 'disks[2].sise'; options are: image, size",
      { sise = 1 })
    refuses_volume("unknown option 'disks[2].volumes[2].fz'; options are: " ..
      "size, letter", { fz = "ntfs" })
  end)

  it("wrong types, by their place", function()
    refuses("table expected, got nil", nil)
    refuses("option 'disks' must be a list, got number", { disks = 1 })
    refuses("option 'disks' must be a list of tables, got string in it",
      { disks = { "64M" } })
    refuses_disk("option 'disks[2].size' must be an integer, got string",
      { size = "64M" })
    refuses_disk("option 'disks[2].size' must be from 0 to", { size = -1 })
    refuses_disk("option 'disks[2].style' must be a string, got number",
      { size = 1, style = 1 })
    refuses_disk("option 'disks[2].readonly' must be true or false",
      { size = 1, readonly = 1 })
    refuses_volume("option 'disks[2].volumes[2].letter' must be a string",
      { letter = true })
    refuses_volume("option 'disks[2].volumes[2].mount_points' must be a list",
      { mount_points = "C:\\mnt" })
    refuses_volume("'disks[2].volumes[2].mount_points' must be strings",
      { mount_points = { 1 } })
    refuses_volume("mount_points' contains a zero byte",
      { mount_points = { "C:\\mnt\0" } })
  end)

  it("too many", function()
    local many = {}
    for i = 1, 65 do
      many[i] = { size = 1 << 20 }
    end
    refuses("option 'disks' has 65 entries, at most 64 are possible",
      { disks = many })
    refuses_volume("mount_points' has 9 entries, at most 8 are possible",
      { mount_points = { "1", "2", "3", "4", "5", "6", "7", "8", "9" } })
  end)

  it("becomes a machine", function()
    local machine <close> = assert(sim.create(":memory:", { disks = { {
      size = 8 << 20, serial = "S1", removable = true,
      volumes = { { letter = "F:", mount_points = { "C:\\mnt\\data" } } },
    }, {
      size = 4 << 20, volumes = { { letter = false } },
    } } }))
    local volumes, disks = machine:volumes(), machine:disks()
    assert.equal(2, #disks)
    assert.equal("S1", disks[1].serial)
    assert.is_true(disks[1].removable)
    assert.equal("F:", volumes[1].name)
    assert.equal("RAW", volumes[1].file_system)
    assert.equal(volumes[2].guid_path, volumes[2].name)
    assert.is_true(machine:capabilities().mask)
    assert.is_true(sim.forget_events(machine))
  end)

  it("belongs to simulated machines only", function()
    raises("'fake:spec' is not a simulated machine",
      sim.forget_events, helpers.machine())
    raises("ntvol.machine expected", sim.forget_events, {})
    raises("string expected", sim.create)
    raises("string expected", sim.remove)
  end)

  it("is named in refusals", function()
    local path = "/nonexistent/folder/lab"
    for _, answer in ipairs {
      table.pack(sim.create(path, { disks = {} })),
      table.pack(sim.remove(path)),
    } do
      local _, info = helpers.refused(answer[3], table.unpack(answer, 1, 4))
      assert.equal(path, info.target)
    end
  end)
end)
