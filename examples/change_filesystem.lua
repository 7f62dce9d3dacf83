#!/usr/bin/env lua5.4
-- Changes the file system of a volume to NTFS. Prints the plan, and runs it
-- only when the volume is named a second time.
--
--   lua5.4 examples/change_filesystem.lua D:
--   lua5.4 examples/change_filesystem.lua D: D:

local USAGE = "usage: change_filesystem.lua [VOLUME [VOLUME]]"
if arg[1] == "--help" or arg[1] == "-h" then
  print(USAGE)
  os.exit(0, true)
elseif #arg > 2 or not (arg[1] or "D:"):find "^[^-]" then
  io.stderr:write(USAGE, "\n")
  os.exit(2, true)
end

local ntvol = require "ntvol"

local name, erase = arg[1] or "D:", arg[2]

-- The machine that NTVOL_MACHINE names, else this computer, else a simulated
-- one in memory.
if not os.getenv("NTVOL_MACHINE") and not ntvol.machine() then
  ntvol.machine(assert(ntvol.sim.create(":memory:", {
    disks = { "64M:fat:D:OLD" },
  })))
end

local plan, problem = ntvol.plan.change_filesystem(name,
  { to = "ntfs", label = "DATA" })
if not plan then
  io.stderr:write(problem, "\n")
  os.exit(1, true)
end
print(plan)

if not erase then
  print(("Nothing was changed. To run it: lua5.4 %s %s %s"):format(arg[0],
    name, name))
  os.exit(0, true)
end

local report, message, _, info = plan:run {
  erase = erase, on_progress = ntvol.progress_bar,
}
if not report then
  io.stderr:write(message, "\n")
  for _, step in ipairs(info.report.steps) do
    io.stderr:write(("  %s: %s\n"):format(step.name, step.outcome))
  end
  os.exit(1, true)
end
for _, volume in ipairs(assert(ntvol.volumes())) do
  print(volume)
end
