-- Cuts a change of fat to ntfs at every write; see spec/crash/lab.lua.

local lab = require "spec.crash.lab"
local machines = require "spec.support.machines"

describe("a change of the file system that is cut at any write:", function()
  it("fat to ntfs is recovered byte for byte, or done and can be undone", function()
    if lab.obstacle() then
      pending(lab.obstacle())
    end
    lab.cut(lab.CHANGES[1], machines.cleanup(finally))
  end)
end)
