--- Every procedure of ntvol.plan with a machine that it can run on, for specs
--- that hold for all of them:
---
---   for _, row in ipairs(procedures) do
---     local machine = sim.create(path, { disks = row.disks })
---     local plan = row.make(machine)
---     plan:run(row.run)

local plan = require "ntvol.plan"

local TWO = "gpt:60M=20M:ntfs:D:DATA+rest:fat:E:LOGS"

return {
  {
    name = "change_filesystem", disks = { "16M:fat:D:OLD" },
    make = function(machine)
      return plan.change_filesystem("D:", { to = "ntfs", machine = machine })
    end,
    run = { erase = "D:" },
  },
  {
    name = "prepare_lun_removal", disks = { TWO },
    make = function(machine)
      return plan.prepare_lun_removal(0, { machine = machine })
    end,
    run = {},
  },
}
