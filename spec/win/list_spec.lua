-- Enumeration, and what needs parts of Windows that Wine lacks: it answers, or
-- says what is missing.

local helpers = require "spec.helpers"
local win = require "spec.win.support"

win.describe(_ENV, "the list of volumes", function(lab)
  local function find(name)
    for _, info in ipairs(assert(lab.machine:volumes())) do
      if info.name == name then
        return info
      end
    end
  end

  it("has C:, with its names and its device", function()
    local c = assert(find "C:")
    assert.matches([[^\\%?\Volume{%x+%-%x+%-%x+%-%x+%-%x+}$]], c.guid_path)
    assert.matches([[^\Device\HarddiskVolume%d+$]], c.device)
    assert.same({ "C:" }, c.mount_points)
    assert.is_true(c.mounted)
  end)

  it("knows the volume that Windows itself is on", function()
    assert.is_true(find "C:".boot)
    assert.is_false(find "Z:".boot)
  end)

  it("has every volume once", function()
    local seen = {}
    for _, info in ipairs(assert(lab.machine:volumes())) do
      assert.is_nil(seen[info.guid_path])
      seen[info.guid_path] = true
    end
  end)

  it("says of an open volume what the list says", function()
    local listed, info = find "C:", assert(lab:open("C:"):info())
    for _, field in ipairs { "name", "guid_path", "device", "file_system", "serial", "label" } do
      assert.equal(listed[field], info[field], field)
    end
  end)
end)

win.describe(_ENV, "the list of disks", function(lab)
  it("has disks that can be opened", function()
    local disks = assert(lab.machine:disks())
    assert(#disks > 0)
    for _, disk in ipairs(disks) do
      assert.equal("disk", lab:open(disk.name):kind())
    end
  end)
end)

win.describe(_ENV, "events", function(lab)
  it("begin with the first question, and the list can be asked again", function()
    assert.same({}, assert(lab.machine:events()))
    assert.same({}, assert(lab.machine:events(0)))
  end)

  it("of two machines do not disturb each other", function()
    assert(lab.machine:events())
    local other = assert(helpers.core.connect("win32", ""))
    assert(other:events())
    assert(other:close())
    assert(lab.machine:events())
  end)

  it("stop with the machine, again and again", function()
    for _ = 1, 20 do
      local machine <close> = assert(helpers.core.connect("win32", ""))
      assert(machine:events())
    end
  end)
end)

win.describe(_ENV, "removal", function(lab)
  it("of what is not there is not found", function()
    helpers.refused("ERROR_FILE_NOT_FOUND", lab.machine:eject "H:")
    helpers.refused("ERROR_FILE_NOT_FOUND", lab.machine:uninstall "H:")
  end)

  it("of the volume that Windows is on is refused", function()
    local _, info = helpers.refused("ERROR_ACCESS_DENIED", lab.machine:uninstall "C:")
    assert.equal("system_volume", info.reason)
    _, info = helpers.refused("ERROR_ACCESS_DENIED", lab.machine:eject "C:")
    assert.equal("system_volume", info.reason)
  end)
end)
