-- Cuts a change of ntfs to fat32 at every write; see spec/crash/lab.lua.

local lab = require "spec.crash.lab"
local machines = require "spec.support.machines"

describe("a change of the file system that is cut at any write:", function()
  it("ntfs to fat32 is recovered byte for byte, or done and can be undone", function()
    if lab.obstacle() then
      pending(lab.obstacle())
    end
    lab.cut(lab.CHANGES[2], machines.cleanup(finally))
  end)
end)
