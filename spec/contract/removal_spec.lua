-- Plug and Play: uninstall, and the LUN that is masked and unmasked at the
-- storage. docs/rules.md 5.2, rows I6, F14 and O12.

local machines = require "spec.support.machines"

local refused = machines.refused

machines.each(_ENV, function(lab)
  local function disk(number)
    return lab.machine:disks()[number + 1]
  end

  local function volume_names()
    local names = {}
    for i, volume in ipairs(lab.machine:volumes()) do
      names[i] = volume.name
    end
    return table.concat(names, " ")
  end

  describe("uninstall", function()
    it("5.2: removes volumes, then their disk", function()
      local machine = lab:start()
      assert.is_true(machine:uninstall "D:")
      assert.equal("E: F:", volume_names())
      lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", "D:")
      assert.equal(0, disk(0).volume_count)
      assert.is_false(disk(0).uninstalled)
      assert.is_true(machine:uninstall "PhysicalDrive0")
      assert.is_true(disk(0).uninstalled)
      lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", "PhysicalDrive0")
      lab.seen = 0
      assert.equal("REMOVAL", lab:trail("device", "D:"))
      lab.seen = 0
      assert.equal("REMOVAL", lab:trail("device", "PhysicalDrive0"))
    end)

    it("5.2: is vetoed by open handles, with their names", function()
      local machine = lab:start()
      for _, options in ipairs { {}, { access = "none" } } do
        local v = lab:open("D:", options)
        local info = refused("STATUS_DEVICE_BUSY", machine:uninstall "D:")
        assert.equal("in_use", info.reason)
        assert.equal("transient", info.class)
        assert.equal(1, #info.holders)
        assert.is_true(info.holders[1].self)
        assert(v:close())
      end
      local f = lab:open "D:\\a.txt"
      local info = refused("STATUS_DEVICE_BUSY", machine:uninstall "D:")
      assert.equal("open file", info.holders[1].how)
      assert.equal("\\a.txt", info.holders[1].path)
      assert(f:close())
      assert.is_true(machine:uninstall "D:")
    end)

    it("5.2: of a disk waits for its volumes and its handles", function()
      local machine = lab:start()
      local info = refused("STATUS_DEVICE_BUSY",
        machine:uninstall "PhysicalDrive0")
      assert.equal("volumes_installed", info.reason)
      assert(machine:uninstall "D:")
      local handle = lab:open "PhysicalDrive0"
      info = refused("STATUS_DEVICE_BUSY", machine:uninstall "PhysicalDrive0")
      assert.equal("in_use", info.reason)
      assert(handle:close())
      assert(machine:uninstall "PhysicalDrive0")
    end)

    for _, flag in ipairs { "system", "boot", "pagefile" } do
      it("5.2: is refused for the " .. flag .. " volume", function()
        local machine = lab:start { { size = 1 << 20, volumes = {
          { letter = "C:", [flag] = true } } } }
        refused("STATUS_ACCESS_DENIED", machine:uninstall "C:")
        assert.equal("C:", volume_names())
      end)
    end

    it("5.2: is for volumes and disks that are there", function()
      local machine = lab:start()
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:uninstall "Z:")
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:uninstall "PhysicalDrive9")
      refused("STATUS_OBJECT_NAME_INVALID", machine:uninstall "nonsense")
      refused("STATUS_INVALID_PARAMETER", machine:uninstall "D:\\a.txt")
    end)

    it("5.2: leaves the bytes alone", function()
      local machine = lab:start()
      assert(machine:uninstall "D:")
      assert(machine:uninstall "PhysicalDrive0")
      assert(machine:unmask(0))
      assert.equal("alpha\n", lab:open("D:\\a.txt"):read(0, 10))
    end)
  end)

  describe("mask", function()
    it("5.2: after uninstall is no surprise", function()
      local machine = lab:start()
      assert(machine:uninstall "D:")
      assert(machine:uninstall "PhysicalDrive0")
      lab:trail()
      assert.is_true(machine:mask "PhysicalDrive0")
      local mark = lab.seen
      assert.equal("", lab:trail("device"))
      lab.seen = mark
      assert.equal("MASKED", lab:trail("state"))
      assert.is_true(disk(0).masked)
      assert.equal("masked", disk(0).state)
    end)

    it("5.2: of what is installed is a surprise removal", function()
      local machine = lab:start()
      lab:open "D:\\a.txt"
      lab:trail()
      local mark = lab.seen
      assert.is_true(machine:mask(0))
      assert.equal("SURPRISE_REMOVAL", lab:trail("device", "D:"))
      lab.seen = mark
      assert.equal("SURPRISE_REMOVAL", lab:trail("device", "PhysicalDrive0"))
      assert.equal("E: F:", volume_names())
    end)

    it("5.2: after uninstalling only the volume surprises the disk", function()
      local machine = lab:start()
      assert(machine:uninstall "D:")
      lab:trail()
      assert(machine:mask "0")
      assert.equal("SURPRISE_REMOVAL", lab:trail("device"))
    end)

    it("is idempotent, and takes names and numbers of disks", function()
      local machine = lab:start()
      assert(machine:mask(0))
      lab:trail()
      assert.is_true(machine:mask "\\\\.\\PhysicalDrive0")
      assert.equal("", lab:trail("state"))
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:mask(9))
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:mask "D:")
    end)
  end)

  describe("unmask", function()
    it("F14: is an arrival, and the volumes come online", function()
      local machine = lab:start()
      local v = lab:open "D:"
      assert(v:dismount())
      assert(v:offline())
      assert(v:close())
      assert(machine:mask(0))
      lab:trail()
      local mark = lab.seen
      assert.is_true(machine:unmask(0))
      assert.equal("ARRIVAL", lab:trail("device", "D:"))
      lab.seen = mark
      assert.equal("ARRIVAL", lab:trail("device", "PhysicalDrive0"))
      lab.seen = mark
      assert.equal("UNMASKED; ONLINE", lab:trail("state"))
      assert.is_false(lab:open("D:"):is_offline())
      assert.equal("alpha\n", lab:open("D:\\a.txt"):read(0, 10))
      assert.is_false(disk(0).masked)
    end)

    it("does not revive the handles from before", function()
      local machine = lab:start()
      local v, f = lab:open "D:", lab:open "D:\\a.txt"
      assert(machine:mask(0))
      assert(machine:unmask(0))
      refused("STATUS_FILE_INVALID", f:read(0, 10))
      refused("STATUS_FILE_INVALID", v:read(0, 512))
      local w = lab:open "D:"
      assert(w:lock())
      assert(f:close())
      assert(v:close())
      assert.is_true(w:is_locked())
    end)

    it("of a disk handle from before does not revive it", function()
      local machine = lab:start()
      local handle = lab:open "PhysicalDrive2"
      assert(machine:mask(2))
      refused("STATUS_FILE_INVALID", handle:read(0, 512))
      assert(machine:unmask(2))
      refused("STATUS_FILE_INVALID", handle:read(0, 512))
      refused("STATUS_FILE_INVALID", handle:write(0, ("x"):rep(512)))
    end)

    it("of what is not masked changes nothing", function()
      local machine = lab:start()
      assert.is_true(machine:unmask(0))
      assert.equal("", lab:trail("state"))
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:unmask(9))
    end)
  end)
end)
