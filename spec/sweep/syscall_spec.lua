-- A system call fails or does half of what it should: whole operations, the nth
-- call of a kind, for every n (here for a part of them). SQLite, libblkid and
-- libfdisk make theirs through the same shim. What is reported is true, the old
-- bytes come back, and others get the lock.

local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local program = require "spec.sweep.program"

local OPERATIONS = { "use", "file", "list", "log", "create", "format_fat",
  "format_ntfs", "change", "undo", "recover" }

describe("when a system call fails", function()
  local reason = proc.windows and "LD_PRELOAD is of POSIX"
    or machines.missing("mkfs.fat", "mkfs.ntfs", "mmd", "mcopy")
    or program.preloaded()
  if reason then
    pending(reason)
    return
  end

  for _, operation in ipairs(OPERATIONS) do
    it(("in %s, the report is true and all comes back"):format(operation),
      function()
        program.run(finally, "calls", "spec/sweep/system_calls.lua", operation)
      end)
  end
end)
