--- Every procedure of ntvol.plan with a machine that it can run on, for specs
--- that hold for all of them:
---
---   for _, row in ipairs(procedures) do
---     local machine = sim.create(path, { disks = row.disks })
---     if row.before then row.before(machine) end
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
    name = "format_volume", disks = { "16M:fat:D:OLD" },
    make = function(machine)
      return plan.format_volume("D:", { machine = machine })
    end,
    run = { erase = "D:" },
  },
  {
    name = "undo", disks = { "16M:fat:D:OLD" },
    before = function(machine)
      assert(assert(plan.change_filesystem("D:", { to = "ntfs",
        machine = machine })):run { erase = "D:" })
    end,
    make = function(machine)
      return plan.undo("D:", { machine = machine })
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
  {
    name = "restore_lun", disks = { TWO },
    before = function(machine)
      assert(assert(plan.prepare_lun_removal(0, { machine = machine })):run())
      assert(machine:mask(0))
      assert(machine:unmask(0))
      local volume <close> = assert(machine:open "D:")
      assert(volume:dismount())
      assert(volume:offline())
    end,
    make = function(machine)
      return plan.restore_lun(0, { machine = machine })
    end,
    run = {},
  },
  {
    name = "with_exclusive_volume", disks = { "16M:fat:D:OLD" },
    make = function(machine)
      return plan.with_exclusive_volume("D:", { machine = machine,
        work = function(volume)
          return volume:write(0, volume:read(0, 512))
        end })
    end,
    run = {},
  },
  {
    name = "eject",
    disks = { { size = "16M", removable = true, volumes = { { letter = "D:",
      fs = "fat" } } } },
    make = function(machine)
      return plan.eject("D:", { machine = machine })
    end,
    run = {},
  },
}
