-- Run by the crash specs under the recorder: change.lua MACHINE FS changes the
-- file system of D:, change.lua MACHINE recovers it.
local ntvol = require "ntvol"

local machine <close> = assert(ntvol.machine(arg[1]))
if arg[2] then
  local plan = assert(ntvol.plan.change_filesystem("D:", { to = arg[2],
    machine = machine }))
  assert(plan:run { erase = "D:" })
else
  assert(ntvol.recover("D:", { machine = machine }))
end
