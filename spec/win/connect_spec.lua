-- The connection to this Windows: its name, what it has, its end.

local helpers = require "spec.helpers"
local win = require "spec.win.support"

win.describe(_ENV, "the machine", function(lab)
  it("is called win32:", function()
    assert.equal("win32:", lab.machine:name())
  end)

  it("has no other location than this Windows", function()
    local _, info = helpers.refused("ERROR_INVALID_NAME", helpers.core.connect("win32", "x"))
    assert.equal("no_machine", info.reason)
    assert.equal("write win32:", info.hint)
  end)

  it("does not present LUNs: that is the storage's business", function()
    local has = lab.machine:capabilities()
    assert.is_false(has.mask)
    assert.is_false(has.unmask)
    helpers.refused("ERROR_NOT_SUPPORTED", lab.machine:mask "PhysicalDrive0")
    helpers.refused("ERROR_NOT_SUPPORTED", lab.machine:unmask "PhysicalDrive0")
  end)

  it("formats by the formatter of Windows", function()
    assert.is_true(lab.machine:capabilities().own_formatter)
  end)

  it("closes what was opened on it", function()
    local machine = assert(helpers.core.connect("win32", ""))
    local volume = assert(machine:open("F:", { share = "" }))
    assert.is_true(machine:close())
    helpers.raises("closed", volume.read, volume, 0, 512)
    lab:open("F:", { share = "" })
    helpers.raises("closed machine", machine.volumes, machine)
  end)

  it("may be connected to twice", function()
    local other <close> = assert(helpers.core.connect("win32", ""))
    assert.equal(#lab.machine:volumes(), #other:volumes())
  end)
end)
