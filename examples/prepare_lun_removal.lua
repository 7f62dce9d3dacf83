#!/usr/bin/env lua5.4
-- Prepares a disk for the removal of its LUN. Prints the plan, and runs it
-- only with --yes. On a simulated machine the LUN is masked afterwards, and
-- the history shows whether that was a surprise.
--
--   lua5.4 examples/prepare_lun_removal.lua 1
--   lua5.4 examples/prepare_lun_removal.lua 1 --yes

local USAGE = "usage: prepare_lun_removal.lua [DISK [--yes]]"
if arg[1] == "--help" or arg[1] == "-h" then
  print(USAGE)
  os.exit(0, true)
elseif #arg > 2 or not (arg[1] or "0"):find "^[^-]" or arg[2] and arg[2] ~= "--yes" then
  io.stderr:write(USAGE, "\n")
  os.exit(2, true)
end

local ntvol = require "ntvol"

local disk, yes = arg[1] or "0", arg[2] == "--yes"

-- The machine that NTVOL_MACHINE names, else this computer, else a simulated
-- one in memory.
local ours = not os.getenv("NTVOL_MACHINE") and not ntvol.machine()
if ours then
  ntvol.machine(assert(ntvol.sim.create(":memory:", {
    disks = { "gpt:200M=100M:ntfs:D:DATA+rest:fat32:E:LOGS" },
  })))
end

local plan, problem = ntvol.plan.prepare_lun_removal(disk)
if not plan then
  io.stderr:write(problem, "\n")
  os.exit(1, true)
end
print(plan)

if not yes then
  print(("Nothing was changed. To run it: lua5.4 %s %s --yes"):format(arg[0],
    disk))
  os.exit(0, true)
end

local report, message = plan:run()
if not report then
  io.stderr:write(message, "\n")
  os.exit(1, true)
end

local machine = assert(ntvol.machine())
if ours then
  assert(machine:mask(disk))
end
for _, event in ipairs(assert(machine:events())) do
  print(event)
end
