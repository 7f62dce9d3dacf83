-- Formats a volume with undo data, and is killed half-way. bench/run.lua starts
-- it: child_killed.lua FOLDER STATE

local ntvol = require "ntvol"

local folder, state = arg[1], arg[2]
local machine <close> = assert(ntvol.sim.open(folder))
local log <close> = assert(ntvol.journal.open(state))
local volume <close> = assert(machine:open("D:"))
local _guard <close> = assert(volume:lock())
assert(volume:format { fs = "ntfs", erase = "D:", journal = log, undo = true,
  on_progress = function(done, total)
    if done > total / 2 then
      os.execute("kill -9 $PPID")
    end
    return true
  end })
