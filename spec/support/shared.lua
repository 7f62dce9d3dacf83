--- A simulated machine that several processes share: D: is FAT, E: is NTFS, with
-- the files of spec/support/machines.lua, and F: has no file system.
--
--   local lab = shared.start(finally)
--   local child = lab:child()
--   child:run "file = assert(machine:open [[D:\\a.txt]])"

local machines = require "spec.support.machines"
local process = require "spec.multi.process"
local sim = require "ntvol.sim"
local sim_core = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local M = {}

local Lab = {}
Lab.__index = Lab

--- Makes the machine. Skips the test when a program for that is missing.
function M.start(finally)
  local reason = machines.missing("mkfs.fat", "mmd", "mcopy", "mkfs.ntfs",
    "ntfscp")
  if reason then
    pending(reason)
  end
  local defer = machines.cleanup(finally)
  local path = tempdir(defer) .. "/lab"
  local machine = assert(sim_core.create(path, { disks = {
    { size = machines.FAT_VOLUME_SIZE }, { size = machines.NTFS_SIZE },
    { size = machines.RAW_SIZE },
  } }))
  defer(function()
    machine:close()
  end)
  for number, content in pairs { [0] = "fat", [1] = "ntfs" } do
    local disk <close> = assert(machine:open("PhysicalDrive" .. number))
    assert(disk:write(0, machines.content(content)))
  end
  assert(sim_core.forget_events(machine))
  return setmetatable({ machine = machine, path = path, defer = defer,
    seen = 0 }, Lab)
end

--- Another connection of this process, by a clock that takes no time.
function Lab:virtual()
  local machine = assert(sim.open(self.path, { clock = "virtual" }))
  self.defer(function()
    machine:close()
  end)
  return machine
end

--- Another process, connected as `machine`.
function Lab:child(prefix)
  local child = process.start(self.defer, prefix)
  child:run(("machine = assert(core.connect('sim', %q))"):format(self.path))
  return child
end

--- Volume events since the last call, as "LOCK; UNLOCK".
function Lab:trail()
  local names = {}
  for _, event in ipairs(assert(self.machine:events(self.seen))) do
    self.seen = event.id
    if event.kind == "volume" then
      names[#names + 1] = event.name
    end
  end
  return table.concat(names, "; ")
end

return M
