-- Drives, whose medium comes and goes: docs/rules.md 9.3 "without a medium",
-- I7, 1.1 verify_pending, 4.4 EJECT_MEDIA and its kin, and the choices of
-- docs/simulator.md, "Drives and their media".

local core = require "ntvol.core"
local helpers = require "spec.helpers"
local iso = require "spec.support.iso"
local machines = require "spec.support.machines"
local media = require "spec.support.media"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local READ = { access = "r" }
local CODE = {
  load = "IOCTL_STORAGE_LOAD_MEDIA", check = "IOCTL_STORAGE_CHECK_VERIFY",
  check2 = "IOCTL_STORAGE_CHECK_VERIFY2",
}

describe("a drive", function()
  local reason = machines.missing("mkfs.fat", "mmd", "mcopy")
  if reason then
    pending(reason)
    return
  end

  local defer, finish, handles, machine, seen

  local function start(disk, path)
    machine = assert(sim.create(path or ":memory:", { disks = { disk } }))
    seen = 0
    defer(function()
      machine:close()
    end)
  end

  -- An empty removable drive, D:.
  local function empty()
    start { removable = true, volumes = { { letter = "D:" } } }
  end

  -- What is open stays referenced until the test ends.
  local function open(name, options)
    handles[#handles + 1] = assert(machine:open(name or "D:", options))
    return handles[#handles]
  end

  local function insert(path, options)
    assert(sim.insert(machine, "D:", path, options))
  end

  local function trail()
    local names = {}
    for _, event in ipairs(assert(machine:events(seen))) do
      seen = event.id
      names[#names + 1] = event.name
    end
    return table.concat(names, "; ")
  end

  -- The change counter, by CHECK_VERIFY.
  local function changes(volume)
    return (string.unpack("<I4", assert(volume:control(CODE.check, nil, 4))))
  end

  before_each(function()
    helpers.start()
    handles = {}
    defer = machines.cleanup(function(f)
      finish = f
    end)
  end)

  after_each(function()
    finish()
    handles = nil
    helpers.finish()
  end)

  describe("without a medium", function()
    before_each(empty)

    it("is listed so", function()
      local volume, disk = machine:volumes()[1], machine:disks()[1]
      assert.is_true(volume.no_medium)
      assert.equal("no medium", volume.state)
      assert.equal("", volume.file_system)
      assert.equal(0, volume.size)
      assert.is_false(volume.unreadable)
      assert.is_true(disk.no_medium)
      assert.equal("", disk.location)
      assert.equal(0, disk.size)
      assert.is_false(disk.unreadable)
      assert.equal("present, removable, no medium", disk.state)
    end)

    it("9.3: opens as RAW and is locked", function()
      local v = open()
      assert.is_true(v:info().no_medium)
      local guard = assert(v:lock())
      assert.is_true(machine:volumes()[1].locked)
      refused("STATUS_ACCESS_DENIED", machine:open "D:")
      assert(v:dismount())
      assert(guard:unlock())
      assert(open():close())
      assert.equal("LOCK; UNLOCK", trail())
    end)

    it("9.3: online and offline want a medium", function()
      local v = open()
      refused("STATUS_VERIFY_REQUIRED", v:online())
      refused("STATUS_VERIFY_REQUIRED", v:offline())
    end)

    it("has nothing to read, write or tell", function()
      local v = open()
      refused("STATUS_NO_MEDIA_IN_DEVICE", v:read(0, 512))
      refused("STATUS_NO_MEDIA_IN_DEVICE", v:write(0, ("x"):rep(512)))
      refused("STATUS_NO_MEDIA_IN_DEVICE", v:flush())
      refused("STATUS_NO_MEDIA_IN_DEVICE", v:size())
      refused("STATUS_NO_MEDIA_IN_DEVICE", v:extents())
      for _, code in ipairs {
        "IOCTL_DISK_GET_DRIVE_GEOMETRY", "IOCTL_DISK_GET_DRIVE_GEOMETRY_EX",
        "IOCTL_DISK_GET_PARTITION_INFO_EX", "IOCTL_DISK_GET_DRIVE_LAYOUT_EX",
        "IOCTL_DISK_IS_WRITABLE", "IOCTL_STORAGE_READ_CAPACITY",
        "IOCTL_DISK_UPDATE_PROPERTIES", "IOCTL_VOLUME_GET_GPT_ATTRIBUTES",
        CODE.check, CODE.check2, "FSCTL_QUERY_FILE_SYSTEM_RECOGNITION",
      } do
        refused("STATUS_NO_MEDIA_IN_DEVICE", v:control(code, nil, 4096))
      end
      refused("STATUS_UNSUCCESSFUL", v:control "IOCTL_VOLUME_IS_IO_CAPABLE")
    end)

    it("tells what it is, also to a device handle", function()
      local v = open("D:", { access = "none" })
      assert.equal(0, assert(v:device_number()).number)
      local out = assert(v:control("IOCTL_STORAGE_GET_HOTPLUG_INFO", nil, 8))
      assert.equal(1, out:byte(5))
      refused("STATUS_NO_MEDIA_IN_DEVICE", v:control(CODE.check2))
    end)

    it("opens no files", function()
      refused("STATUS_NO_MEDIA_IN_DEVICE", machine:open("D:\\a.txt", READ))
      local v = open()
      refused("STATUS_NO_MEDIA_IN_DEVICE", machine:open("D:\\", READ))
      assert(v:lock())
      refused("STATUS_ACCESS_DENIED", machine:open("D:\\", READ))
    end)

    it("is not formatted", function()
      local v = open()
      local _guard <close> = assert(v:lock())
      refused("STATUS_NO_MEDIA_IN_DEVICE",
        v:format { fs = "fat", erase = "D:" })
    end)

    it("opens as a disk, too", function()
      local p = open "PhysicalDrive0"
      refused("STATUS_NO_MEDIA_IN_DEVICE", p:read(0, 512))
      refused("STATUS_NO_MEDIA_IN_DEVICE", p:size())
    end)

    it("has nothing to eject or load", function()
      local v = open()
      assert(v:eject())
      assert(v:control(CODE.load))
      assert(sim.eject(machine, "D:"))
      assert.equal("", trail())
      assert.is_true(machine:volumes()[1].no_medium)
    end)
  end)

  describe("a medium", function()
    it("comes, with its file system", function()
      empty()
      local path = media.image(defer, "fat")
      insert(path)
      local disk = machine:disks()[1]
      assert.equal(proc.native(path), disk.location)
      assert.equal(machines.FAT_SIZE, disk.size)
      assert.is_false(disk.no_medium)
      assert.equal("MEDIA_ARRIVAL", trail())
      local v = open()
      assert.equal("OLD", v:info().label)
      assert.equal(machines.FAT_SIZE, v:size())
      assert.equal("alpha\n", open("D:\\a.txt", READ):read(0, 6))
      assert.equal(1, changes(v))
    end)

    it("has the GUID of Windows' notification", function()
      empty()
      insert(media.image(defer, "fat"))
      assert(sim.eject(machine, "D:"))
      local list = machine:events()
      assert.equal("volume", list[1].kind)
      assert.equal("d07433c0-a98e-11d2-917a-00a0c9068ff3", list[1].guid)
      assert.equal("MEDIA_REMOVAL", list[2].name)
      assert.equal("d07433c1-a98e-11d2-917a-00a0c9068ff3", list[2].guid)
      assert.equal("D:", list[2].target)
    end)

    it("does not serve handles of the empty drive", function()
      empty()
      local v, p = open(), open "PhysicalDrive0"
      insert(media.image(defer, "fat"))
      refused("STATUS_WRONG_VOLUME", v:read(0, 512))
      refused("STATUS_WRONG_VOLUME", p:read(0, 512))
      assert.equal(512, #open("PhysicalDrive0"):read(0, 512))
      assert.equal("FAT12", open():info().file_system)
    end)

    it("does not come into a full drive", function()
      empty()
      local path = media.image(defer, "fat")
      insert(path)
      local info = refused("STATUS_DEVICE_BUSY",
        sim.insert(machine, "D:", path))
      assert.equal("medium_present", info.reason)
    end)

    it("comes by any name of its drive", function()
      empty()
      for _, name in ipairs { "\\\\.\\D:", "PhysicalDrive0",
        machine:volumes()[1].guid_path } do
        assert(sim.insert(machine, name, media.image(defer, "fat")))
        assert(sim.eject(machine, name))
      end
      refused("STATUS_INVALID_PARAMETER", sim.eject(machine, "D:\\"))
      refused("STATUS_OBJECT_NAME_NOT_FOUND", sim.eject(machine, "Q:"))
    end)

    it("that is none is refused, and the drive stays empty", function()
      empty()
      local short = tempdir(defer) .. "/short.img"
      machines.put(short, "x")
      refused("STATUS_INVALID_PARAMETER", sim.insert(machine, "D:", short))
      refused("STATUS_OBJECT_NAME_NOT_FOUND",
        sim.insert(machine, "D:", short .. ".not"))
      assert.is_true(machine:volumes()[1].no_medium)
      assert.equal("", trail())
    end)

    it("is in one drive only", function()
      local path = media.image(defer, "fat")
      machine = assert(sim.create(":memory:", { disks = {
        { removable = true, volumes = { { letter = "D:" } } },
        { removable = true, image = path, volumes = { { letter = "E:" } } },
      } }))
      defer(function()
        machine:close()
      end)
      local info = refused("STATUS_DEVICE_BUSY",
        sim.insert(machine, "D:", path))
      assert.equal("image", info.reason)
      assert(sim.eject(machine, "E:"))
      assert(sim.insert(machine, "D:", path))
    end)

    it("can be write-protected, and the next one is not", function()
      empty()
      local path = media.image(defer, "fat")
      insert(path, { readonly = true })
      local v = open()
      assert.is_true(v:info().readonly)
      assert(v:lock())
      refused("STATUS_MEDIA_WRITE_PROTECTED", v:write(0, ("x"):rep(512)))
      assert(v:close())
      assert(sim.eject(machine, "D:"))
      insert(path)
      assert.is_false(machine:volumes()[1].readonly)
      v = open()
      assert(v:lock())
      assert.equal(512, v:write(0, v:read(0, 512)))
    end)

    it("with partitions gives them to the volumes in order", function()
      local path = tempdir(defer) .. "/disk.img"
      do
        local other <close> = assert(sim.create(tempdir(defer) .. "/lab",
          { disks = { { size = "8M", style = "mbr", volumes = {
            { size = "2M", letter = "X:", fs = "fat", label = "FIRST" },
            { size = "2M", letter = "Y:", fs = "fat", label = "SECOND" },
          } } } }))
        local location = other:disks()[1].location
        machines.put(path, proc.slurp(location))
      end
      empty()
      insert(path)
      local volume = machine:volumes()[1]
      assert.equal(1, #machine:volumes())
      assert.equal("FIRST", volume.label)
      assert.equal(1, volume.partition_number)
      assert.equal(1 << 20, volume.extents[1].offset)
      assert.equal("mbr", machine:disks()[1].style)
      assert(open():eject())
      assert.equal(0, machine:volumes()[1].partition_number)
    end)
  end)

  describe("whose medium is changed", function()
    if proc.windows then -- docs/simulator.md, "On Windows"
      pending("the Windows build opens no files of images")
      return
    end
    local first, v, f

    before_each(function()
      empty()
      first = media.image(defer, "fat")
      insert(first)
      v, f = open("D:", READ), open "D:\\a.txt"
      trail()
      assert(v:eject())
    end)

    it("is empty meanwhile", function()
      assert.equal("MEDIA_REMOVAL", trail())
      refused("STATUS_NO_MEDIA_IN_DEVICE", f:read(0, 6))
      refused("STATUS_NO_MEDIA_IN_DEVICE", f:size())
      refused("STATUS_NO_MEDIA_IN_DEVICE", v:read(0, 512))
      refused("STATUS_NO_MEDIA_IN_DEVICE", f:is_mounted())
      refused("STATUS_NO_MEDIA_IN_DEVICE", v:control("FSCTL_IS_VOLUME_DIRTY", nil, 4))
      refused("STATUS_NO_MEDIA_IN_DEVICE", machine:open("D:\\a.txt", READ))
      assert.is_true(machine:volumes()[1].no_medium)
    end)

    it("goes on when the same one is back", function()
      assert(v:control(CODE.load))
      assert.equal("MEDIA_REMOVAL; MEDIA_ARRIVAL", trail())
      assert.equal("alpha\n", f:read(0, 6))
      assert.equal(512, #v:read(0, 512))
      assert.is_true(v:is_mounted())
      assert.equal(2, changes(v))
      assert.equal("", trail())
    end)

    it("I7: another one is another volume, and mounts", function()
      assert(sim.eject(machine, "D:"))
      insert(media.image(defer, "fat", media.other))
      trail()
      refused("STATUS_WRONG_VOLUME", f:read(0, 6))
      refused("STATUS_WRONG_VOLUME", v:read(0, 512))
      refused("STATUS_WRONG_VOLUME", v:control "FSCTL_IS_VOLUME_MOUNTED")
      local w = open()
      assert.equal("MOUNT", trail())
      assert.equal("alpha\n", open("D:\\a.txt", READ):read(0, 6))
      assert.equal(2, changes(w))
    end)

    it("a copy with another label, or of another length, is another one",
      function()
        for _, change in ipairs {
          function(data) -- the label of the boot sector, and of the root
            return (data:gsub("OLD        ", "NEW        "))
          end,
          function(data) -- sectors of the file system
            local count = string.unpack("<I2", data, 20)
            return data:sub(1, 19) .. string.pack("<I2", count - 8)
              .. data:sub(22)
          end,
        } do
          assert(sim.eject(machine, "D:"))
          local path = media.image(defer, "fat", change)
          insert(path)
          local g = open("D:\\a.txt", READ)
          refused("STATUS_WRONG_VOLUME", f:read(0, 6))
          f = g
        end
      end)

    it("is given up when the empty drive is opened", function()
      local w = open()
      assert.equal("RAW", w:info().no_medium and "RAW")
      assert(w:lock())
      assert(v:control(CODE.load))
      refused("STATUS_WRONG_VOLUME", f:read(0, 6))
      refused("STATUS_ACCESS_DENIED", machine:open "D:")
      assert(w:close())
      assert(open():close())
      assert.equal("MEDIA_REMOVAL; LOCK; MEDIA_ARRIVAL; UNLOCK; MOUNT", trail())
    end)

    it("keeps what waits until the medium is back", function()
      assert(v:control(CODE.load))
      assert.equal(5, f:write(0, "ALPHA"))
      assert(v:eject())
      assert(f:close())
      assert(v:control(CODE.load))
      local g = open("D:\\a.txt", READ)
      assert.equal("ALPHA\n", g:read(0, 6))
      local data = proc.slurp(first)
      assert.is_nil(data:find("ALPHA\n", 1, true))
      assert(g:close())
      assert(v:lock())
      data = proc.slurp(first)
      assert(data:find("ALPHA\n", 1, true))
    end)

    it("loses what waits when another medium comes", function()
      assert(v:control(CODE.load))
      assert.equal(5, f:write(0, "ALPHA"))
      assert(sim.eject(machine, "D:"))
      local second = media.image(defer, "fat", media.other)
      local before = proc.slurp(second)
      insert(second)
      local w = open()
      assert(f:close())
      assert(w:lock())
      assert(w:dismount())
      assert.equal(before, proc.slurp(second))
      assert(w:close())
      assert(sim.eject(machine, "D:"))
      insert(first)
      assert.equal("alpha\n", open("D:\\a.txt", READ):read(0, 6))
    end)
  end)

  it("1.1: a lock holds the drive, not the medium", function()
    empty()
    insert(media.image(defer, "fat"))
    local v = open()
    local guard = assert(v:lock())
    assert(v:eject())
    insert(media.image(defer, "fat", media.other))
    refused("STATUS_ACCESS_DENIED", machine:open "D:")
    refused("STATUS_WRONG_VOLUME", v:write(512 << 10, ("x"):rep(512)))
    assert(open():close())
    assert(guard:unlock())
    assert.equal("MEDIA_ARRIVAL; MOUNT; LOCK; MEDIA_REMOVAL; MEDIA_ARRIVAL; "
      .. "MOUNT; UNLOCK", trail())
  end)

  it("D1: the handle that dismounted writes on whatever medium there is", function()
    empty()
    insert(media.image(defer, "fat"))
    local v = open()
    assert(v:lock())
    assert(v:dismount())
    assert(v:eject())
    refused("STATUS_NO_MEDIA_IN_DEVICE", v:read(0, 512))
    local second = media.image(defer, "fat", media.other)
    insert(second)
    local sector = ("\xA5"):rep(512)
    assert.equal(512, v:write(machines.FAT_SIZE - 512, sector))
    assert.equal(sector, proc.slurp(second):sub(-512))
  end)

  it("keeps its medium when it is told to", function()
    empty()
    local path = media.image(defer, "fat")
    insert(path)
    local v = open()
    assert(v:media_removal(false))
    assert.is_true(machine:disks()[1].medium_locked)
    for _, try in ipairs {
      function() return v:eject() end,
      function() return sim.eject(machine, "D:") end,
    } do
      assert.equal("medium_locked", refused("STATUS_DEVICE_BUSY", try()).reason)
    end
    assert(v:close())
    assert.equal("medium_locked",
      refused("STATUS_DEVICE_BUSY", machine:eject "D:").reason)
    v = open()
    assert(v:media_removal(true))
    assert(v:eject())
    refused("STATUS_INFO_LENGTH_MISMATCH",
      v:control("IOCTL_STORAGE_MEDIA_REMOVAL", ""))
    refused("STATUS_ACCESS_DENIED",
      open("D:", { access = "none" }):control "IOCTL_STORAGE_EJECT_MEDIA")
  end)

  it("is ejected by Plug and Play when nobody has it open", function()
    empty()
    insert(media.image(defer, "fat"))
    assert.is_true(machine:capabilities().eject)
    for _, name in ipairs { "D:", "PhysicalDrive0", "D:\\a.txt" } do
      local handle = open(name, READ)
      local info = refused("STATUS_DEVICE_BUSY", machine:eject "D:")
      assert.equal("in_use", info.reason)
      assert.equal(1, #info.holders)
      assert(handle:close())
    end
    assert(machine:eject "PhysicalDrive0")
    assert.is_true(machine:volumes()[1].no_medium)
    assert(open():control(CODE.load))
    assert.equal("OLD", machine:volumes()[1].label)
  end)

  it("that is a fixed disk has none of this", function()
    start { size = "1M" }
    local v = open()
    for _, code in ipairs { "EJECT_MEDIA", "LOAD_MEDIA", "MEDIA_REMOVAL" } do
      local info = refused("STATUS_INVALID_DEVICE_REQUEST",
        v:control("IOCTL_STORAGE_" .. code, "\0"))
      assert.equal("fixed_disk", info.reason)
    end
    assert.equal(0, changes(v))
    refused("STATUS_INVALID_DEVICE_REQUEST", sim.eject(machine, "D:"))
    refused("STATUS_INVALID_DEVICE_REQUEST",
      sim.insert(machine, "D:", media.image(defer, "fat")))
    assert(v:close())
    refused("STATUS_NOT_SUPPORTED", machine:eject "D:")
  end)

  it("of a CD is empty, full, and another CD", function()
    if proc.windows then -- docs/simulator.md, "On Windows"
      pending("the Windows build opens no files of images")
      return
    end
    local function cd(label)
      local path = tempdir(defer) .. "/cd.iso"
      machines.put(path, iso { label = label,
        files = { ["A.TXT;1"] = label } })
      return path
    end
    start { cdrom = true, volumes = { { letter = "D:" } } }
    assert.equal("\\Device\\CdRom0", machine:volumes()[1].device)
    local v = open()
    refused("STATUS_NO_MEDIA_IN_DEVICE", v:read(0, 2048))
    assert(v:online())
    refused("STATUS_INVALID_DEVICE_REQUEST", v:offline())
    assert(v:close())
    assert(sim.insert(machine, "CdRom0", cd "ONE"))
    local f = open("D:\\a.txt", READ)
    assert.equal("ONE", f:read(0, 10))
    assert(sim.eject(machine, "CdRom0"))
    assert(sim.insert(machine, "CdRom0", cd "TWO"))
    refused("STATUS_WRONG_VOLUME", f:read(0, 10))
    assert.equal("TWO", open("D:\\a.txt", READ):read(0, 10))
    assert.is_true(machine:volumes()[1].readonly)
  end)

  it("of a machine in a folder is seen changed by other processes", function()
    local folder = tempdir(defer) .. "/lab"
    start({ size = "1M", removable = true,
      volumes = { { letter = "D:", fs = "fat", label = "MADE" } } }, folder)
    local other = assert(core.connect("sim", folder))
    defer(function()
      other:close()
    end)
    local v = assert(other:open("D:", READ))
    local boot = v:read(0, 512)
    assert(sim.eject(machine, "D:"))
    refused("STATUS_NO_MEDIA_IN_DEVICE", v:read(0, 512))
    insert(media.image(defer, "fat"))
    refused("STATUS_WRONG_VOLUME", v:read(0, 512))
    local w = assert(other:open("D:", READ))
    assert.equal("OLD", w:info().label)
    assert.not_equal(boot, w:read(0, 512))
    assert(sim.eject(machine, "D:"))
    insert(folder .. "/disk0.img")
    refused("STATUS_WRONG_VOLUME", w:read(0, 512))
    local x = assert(other:open("D:", READ))
    assert.equal("MADE", x:info().label)
    assert(other:close())
    assert(machine:close())
    assert(sim.remove(folder))
    local _, code = proc.run("test -e " .. folder)
    assert.equal(1, code)
  end)

  it("of a machine is removed with what was made for it only", function()
    local folder = tempdir(defer) .. "/lab"
    start({ size = "1M", removable = true }, folder)
    assert(sim.eject(machine, "D:"))
    local path = media.image(defer, "fat")
    insert(path)
    assert(machine:close())
    assert(sim.remove(folder))
    assert.equal(machines.content "fat", proc.slurp(path))
    local _, code = proc.run("test -e " .. folder)
    assert.equal(1, code)
  end)

  it("is made right", function()
    local raw = require "ntvol.sim.core"
    for _, disk in ipairs {
      { removable = true, style = "mbr" },
      { removable = true, volumes = { {}, {} } },
      { cdrom = true, size = 4096 },
      { size = 0 },
    } do
      refused("STATUS_INVALID_PARAMETER",
        raw.create(":memory:", { disks = { disk } }))
    end
    helpers.raises("not a simulated machine", sim.eject, helpers.machine(), "D:")
    empty()
    helpers.raises("string expected", sim.insert, machine, "D:")
    helpers.raises("unknown option 'x'", sim.insert, machine, "D:", "a",
      { x = 1 })
  end)
end)
