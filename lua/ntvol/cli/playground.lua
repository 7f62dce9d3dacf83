--- The machine of `ntvol repl --playground`: simulated, with a journal of its
-- own, and gone at the end.
-- @module ntvol.cli.playground

local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local journal = require "ntvol.journal"
local output = require "ntvol.cli.output"

local try = failure.try

local M = {}

local DISKS = {
  "64M:fat:D:OLD", "gpt:128M=64M:ntfs:E:DATA+rest:fat:F:LOGS",
}

-- All that a journal makes in its folder.
local JOURNAL = { "journal.db-wal", "journal.db-shm", "journal.db-journal",
  "journal.db", "journal.lock" }

local WINDOWS = package.config:sub(1, 1) == "\\"

local Place = {}
Place.__index = Place

-- A name for a folder that nobody has.
local function free_name()
  local name = os.tmpname()
  os.remove(name)
  if WINDOWS and not name:find "^%a:" then
    name = (os.getenv "TEMP" or ".") .. "\\" .. name:gsub("[\\/]", "")
  end
  return name
end

local function remove_journal(folder)
  for _, name in ipairs(JOURNAL) do
    os.remove(folder .. "/" .. name)
  end
  if WINDOWS then
    os.execute(('rmdir "%s" 2>nul'):format(folder))
  else
    os.remove(folder)
  end
end

--- Makes the machine, which becomes the current one.
-- @treturn table `machine`; a `<close>` value
-- @failure
function M.open()
  local sim = require "ntvol.sim"
  local path = free_name()
  local place = setmetatable({ path = path, journal = path .. ".journal" },
    Place)
  place.machine = try(sim.create(path, { disks = DISKS }))
  current.machine(place.machine)
  journal._use(place.journal)
  return place
end

-- No interrupt keeps what was made from being removed.
function Place:__close()
  core.shield(function()
    journal._close()
    journal._use(nil)
    self.machine:close()
    local removed, why = require "ntvol.sim".remove(self.path)
    if not removed then
      output.say("ntvol: the playground was not removed: " .. why)
    end
    remove_journal(self.journal)
  end)
end

return M
