-- Kills changes of a file system; see spec/crash/lab.lua.

local lab = require "spec.crash.lab"
local machines = require "spec.support.machines"

describe("a change that is really killed", function()
  it("is recovered byte for byte, whatever it was doing", function()
    if lab.obstacle() then
      pending(lab.obstacle())
    end
    lab.kill(lab.CHANGES[1], machines.cleanup(finally))
  end)
end)
