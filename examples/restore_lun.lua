#!/usr/bin/env lua5.4
-- Takes a disk away and brings it back. It prepares the removal of the LUN, masks
-- it, presents it again, and makes sure that the same volumes come back. It does
-- so on a simulated machine of its own. On the machine that NTVOL_MACHINE names,
-- it does so only with --yes.
--
--   lua5.4 examples/restore_lun.lua 1 --yes

local USAGE = "usage: restore_lun.lua [DISK [--yes]]"
if arg[1] == "--help" or arg[1] == "-h" then
  print(USAGE)
  os.exit(0, true)
elseif #arg > 2 or not (arg[1] or "0"):find "^[^-]" or arg[2] and arg[2] ~= "--yes" then
  io.stderr:write(USAGE, "\n")
  os.exit(2, true)
end

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
  print(("Nothing was changed. To run it: lua5.4 %s %s --yes"):format(arg[0],
    disk))
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
