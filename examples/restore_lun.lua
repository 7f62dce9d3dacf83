-- Takes a disk away and brings it back. It prepares the removal of the LUN, masks
-- it, presents it again, and makes sure that the same volumes come back. It does
-- so on a simulated machine of its own. On the machine that NTVOL_MACHINE names,
-- it does so only with --yes.
--
--   lua5.4 examples/restore_lun.lua 1 --yes

local ntvol = require "ntvol"

local disk, yes = arg[1] or "0", arg[2] == "--yes"

local ours = not os.getenv("NTVOL_MACHINE") and not ntvol.machine()
if ours then
  ntvol.machine(assert(ntvol.sim.create(":memory:", {
    disks = { "gpt:200M=100M:ntfs:D:DATA+rest:fat32:E:LOGS" },
  })))
end
local machine = assert(ntvol.machine())

local removal = assert(ntvol.plan.prepare_lun_removal(disk))
if not ours and not yes then
  print(removal)
  print("Nothing was changed. To run it, add: " .. disk .. " --yes")
  os.exit(0, true)
end

local report = assert(removal:run())
-- Masks the LUN, as a storage administrator does, where the machine can do that.
if machine:capabilities().mask then
  assert(machine:mask(disk))
end

local restore = assert(ntvol.plan.restore_lun(disk,
  { expect = report.identity }))
print(restore)
print(assert(restore:run()))
for _, volume in ipairs(assert(ntvol.volumes())) do
  print(volume)
end
