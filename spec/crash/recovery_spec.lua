-- Cuts recoveries at every write; see spec/crash/lab.lua.

local lab = require "spec.crash.lab"
local machines = require "spec.support.machines"

describe("a recovery that is cut at any write", function()
  for i, moment in ipairs { "its first write", "half of it", "its last write" } do
    it(("of a change that was killed after %s is finished by the next one")
      :format(moment), function()
      if lab.obstacle() then
        pending(lab.obstacle())
      end
      lab.cut_recovery(lab.CHANGES[1], i, machines.cleanup(finally))
    end)
  end
end)
