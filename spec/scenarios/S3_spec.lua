-- S3: the holder is in another mount namespace, is a mapping without a handle,
-- or is no process at all.

local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local shared = require "spec.support.shared"

describe("S3: a holder that others do not see", function()
  it("in another mount namespace is named", function()
    if machines.missing("unshare")
      or select(2, proc.run("unshare -m true")) ~= 0 then
      pending("this user may not make a mount namespace")
    end
    local lab = shared.start(finally)
    local child = lab:child("unshare -m")
    child:run [[file = assert(machine:open("D:\\a.txt", { access = "r" }))]]
    local volume <close> = assert(lab.machine:open "D:")
    local info = machines.refused("STATUS_ACCESS_DENIED", volume:lock())
    assert.equal(child.pid, info.holders[1].pid)
    assert.is_true(info.holders.complete)
    assert.equal(child.pid, lab.machine:holders("D:\\a.txt")[1].pid)
  end)

  it("that closed its handle and kept a mapping is named as that", function()
    local lab = shared.start(finally)
    local child = lab:child()
    child:run [[
      local file <close> = assert(machine:open("D:\\a.txt", { access = "r" }))
      section = assert(file:map { image = true })]]
    local volume <close> = assert(lab.machine:open "D:")
    local info, message = machines.refused("STATUS_ACCESS_DENIED", volume:lock())
    assert.equal(1, #info.holders)
    assert.equal("image", info.holders[1].how)
    assert.equal("\\a.txt", info.holders[1].path)
    assert(message:find(("(pid %d, running program \\a.txt)"):format(child.pid),
      1, true), message)
  end)

  it("that is a device above the volume is named", function()
    pending("device-mapper and loop devices hold block devices, and there is no"
      .. " machine of block devices here")
  end)
end)
