-- Cuts a change of exfat to ntfs at every write; see spec/crash/lab.lua.

local lab = require "spec.crash.lab"
local machines = require "spec.support.machines"

describe("a change of the file system that is cut at any write:", function()
  it("exfat to ntfs is recovered byte for byte, or done and can be undone", function()
    if lab.obstacle() then
      pending(lab.obstacle())
    end
    lab.cut(lab.CHANGES[3], machines.cleanup(finally))
  end)
end)
