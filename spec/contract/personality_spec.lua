-- btrfs and CDFS: how they are recognised, and what a CD is. Where they answer
-- differently than FAT stands in spec/conformance.

local btrfs = require "spec.support.btrfs"
local iso = require "spec.support.iso"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local FILES = { ["A.TXT;1"] = "alpha\n", ["LONG.BIN;1"] = ("0123456"):rep(900) }
local READ = { access = "r" }

describe("personality", function()
  if proc.windows then -- docs/simulator.md, "On Windows"
    pending("the Windows build opens no files of images")
    return
  end

  local defer, finish, machine, seen

  local function image(name, data)
    local path = tempdir(defer) .. "/" .. name
    machines.put(path, data)
    return path
  end

  local function start(disk)
    machine = assert(sim.create(":memory:", { disks = { disk } }))
    seen = 0
    defer(function()
      machine:close()
    end)
  end

  local function start_btrfs()
    start { image = image("b.img", btrfs { label = "DATA", size = 1 << 20 }) }
  end

  local function start_cd(volume)
    start { image = image("cd.iso", iso { label = "MY_CD", files = FILES }),
      cdrom = true, volumes = { volume } }
  end

  local function open(name, options)
    return assert(machine:open(name or "D:", options))
  end

  local function trail()
    local names = {}
    for _, event in ipairs(assert(machine:events(seen))) do
      seen = event.id
      names[#names + 1] = event.name
    end
    return table.concat(names, "; ")
  end

  before_each(function()
    defer = machines.cleanup(function(f)
      finish = f
    end)
  end)

  after_each(function()
    finish()
  end)

  describe("btrfs", function()
    before_each(start_btrfs)

    it("btrfs: is recognised by its bytes, and mounts", function()
      local v = open()
      assert.equal("btrfs", v:info().file_system)
      assert.equal("DATA", v:info().label)
      assert.equal("MOUNT", trail())
    end)
  end)

  describe("CDFS", function()
    it("CDFS: is the whole disc, by its drive", function()
      start_cd()
      local v = machine:volumes()[1]
      assert.equal("CDFS", v.file_system)
      assert.equal("MY_CD", v.label)
      assert.equal("\\Device\\CdRom0", v.device)
      assert.equal(2048, v.sector_size)
      assert.is_true(v.readonly)
      local disk = machine:disks()[1]
      assert.is_true(disk.cdrom)
      assert.equal("CdRom0", disk.name)
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open "PhysicalDrive0")
      for _, name in ipairs { "\\\\.\\CdRom0", "\\Device\\CdRom0", "D:" } do
        local number = assert(open(name, READ):device_number())
        assert.equal(2, number.type)
        assert.equal(0, number.number)
        assert.equal(0xFFFFFFFF, number.partition)
      end
    end)

    it("4.4 CDFS: QUERY_DEVICE_NAME names the drive", function()
      local path = image("cd.iso", iso { label = "X", files = FILES })
      machine = assert(sim.create(":memory:", { disks = {
        { size = 1 << 20 },
        { image = path, cdrom = true, volumes = { { letter = "X:" } } },
        { image = image("two.iso", iso { label = "Y", files = FILES }),
          cdrom = true, volumes = { { letter = "Y:" } } },
      } }))
      defer(function()
        machine:close()
      end)
      local code = "IOCTL_MOUNTDEV_QUERY_DEVICE_NAME"
      for letter, device in pairs {
        ["X:"] = "\\Device\\CdRom0", ["Y:"] = "\\Device\\CdRom1",
      } do
        local v = open(letter, READ)
        local units = device:gsub(".", "%0\0")
        assert.equal(device, v:info().device)
        assert.equal(string.pack("<s2", units), v:control(code, "", 200))
        local info = refused("STATUS_BUFFER_OVERFLOW", v:control(code, "", 4))
        assert.equal(string.pack("<I2I2", #units, 0), info.output)
      end
    end)

    it("CDFS: the same bytes on a disk are RAW", function()
      start { image = image("cd.iso", iso { label = "X", files = FILES }) }
      assert.equal("RAW", machine:volumes()[1].file_system)
    end)

    it("CDFS: files are read, in any case, and never written", function()
      start_cd()
      local f = open("D:\\a.txt", READ)
      assert.equal("alpha\n", f:read(0, 100))
      assert.equal(#FILES["LONG.BIN;1"], open("d:\\long.bin", READ):size())
      refused("STATUS_ACCESS_DENIED", machine:open "D:\\A.TXT")
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open("D:\\b", READ))
    end)

    it("F2, F7 CDFS: offline is no request for a CD, online always succeeds",
      function()
        start_cd()
        local r, v = open("D:", READ), open "D:"
        refused("STATUS_ACCESS_DENIED", r:control("IOCTL_VOLUME_OFFLINE"))
        refused("STATUS_ACCESS_DENIED", r:control("IOCTL_VOLUME_ONLINE"))
        refused("STATUS_INVALID_DEVICE_REQUEST",
          v:control("IOCTL_VOLUME_OFFLINE"))
        assert(v:control("IOCTL_VOLUME_ONLINE"))
        assert(v:control("IOCTL_VOLUME_ONLINE"))
      end)

    it("1.12 CDFS: nothing is written", function()
      start_cd()
      local v = open "D:"
      refused("STATUS_MEDIA_WRITE_PROTECTED", v:write(0, ("x"):rep(2048)))
      refused("STATUS_MEDIA_WRITE_PROTECTED",
        v:control("IOCTL_DISK_IS_WRITABLE"))
      assert.equal(2048, #v:read(16 * 2048, 2048))
    end)
  end)
end)
