--- The journal: what was done to which volume, when, by whom, and how it
-- ended. It is a database in the folder of the user's state: `NTVOL_STATE`,
-- else `$XDG_STATE_HOME/ntvol` or `~/.local/state/ntvol`, on Windows
-- `%LOCALAPPDATA%\ntvol`.
-- @module ntvol.journal
-- @usage
-- local journal <close> = assert(ntvol.journal.open())
-- for _, entry in ipairs(assert(journal:entries())) do
--   print(entry.id, entry.plan, entry.target, entry.state)
-- end

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local options = require "ntvol.options"

local try = failure.try

local M = {}

-- Instead of a folder: a new journal in memory. Names of machines in memory have
-- the same word.
local MEMORY = ":memory:"

local load = failure.protect(function(path)
  return failure.load_part("ntvol.journal.core", {
    op = "open journal", target = path or "of the user",
    missing = "the journal is not installed",
    broken = "the journal cannot be loaded", needs = "the library sqlite3",
  })
end)

-- The user's journal as this process writes to it, and the value that
-- NTVOL_STATE had when it was opened.
local current, folder

-- The folder of the journal when it is not that of the user's state.
local chosen

-- From now on, the journal that nobody names is the one in this folder.
function M._use(path)
  chosen = path
end

-- Closes the journal that this process writes to when nobody names one.
function M._close()
  if current then
    current:close()
    current = nil
  end
end

--- Opens the journal in a folder, that of the user's state unless one is given.
-- It makes both when they are not there, readable by their owner only. On
-- Windows it comes with the zip and not with the rock. `":memory:"` is a new
-- journal in memory, which is gone when it is closed.
-- @tparam[opt] string path that of the user's state unless given, or
--  `":memory:"`
-- @treturn ntvol.journal
-- @failure
-- @usage
-- local journal <close> = assert(ntvol.journal.open())
-- print(journal:path())
function M.open(path)
  path = path or chosen
  return failure.and_then(function(module)
    return options.pass("open", 0, module.open, path)
  end, load(path))
end

-- ---- which journal -------------------------------------------------------

-- Journals of machines in memory. Each lives as long as its machine.
local in_memory = setmetatable({}, { __mode = "k" })

local function is_open(journal)
  return core.type(journal) == "journal"
end

local function is_in_memory(machine)
  return machine:name():find("^%a+:" .. MEMORY) ~= nil
end

local function of_memory(machine)
  if not is_open(in_memory[machine]) then
    local opened, message, code, info = M.open(MEMORY)
    if not opened then
      return nil, message, code, info
    end
    in_memory[machine] = opened
  end
  return in_memory[machine]
end

local function of_user()
  local named = chosen or os.getenv("NTVOL_STATE") or ""
  if is_open(current) and folder == named then
    return current
  end
  local opened, message, code, info = M.open()
  if not opened then
    return nil, message, code, info
  end
  current, folder = opened, named
  return opened
end

--- Returns the journal in which operations on a machine are noted when no other
-- one is named. A machine in memory has a journal of its own. It is in memory,
-- too, and ends with its machine, so that a test leaves no trace in the user's
-- journal. All other machines share the user's journal. The journal stays open,
-- and every call returns the same one.
-- @tparam ntvol.machine machine
-- @treturn ntvol.journal
-- @failure
-- @raise for anything but an open machine
-- @usage
-- local machine <close> = assert(ntvol.sim.create(":memory:",
--   { disks = { "8M:fat:D" } }))
-- local journal = assert(ntvol.journal.of(machine))
-- print(journal:path())
function M.of(machine)
  options.object(machine, "machine", "of")
  if is_in_memory(machine) then
    return of_memory(machine)
  end
  return of_user()
end

-- The journal of a machine, for volume:format. The result is false where the
-- journal is not installed.
function M._of(machine)
  local journal, message, code, info = M.of(machine)
  if journal then
    return journal
  elseif info.reason == "not_installed" then
    return false
  end
  info.outcome = "untouched"
  return nil, message, code, info
end

-- The same for work that lasts, and whether the caller has to close it. The
-- user's journal is opened for such work, so that two of them do not get into
-- each other's way. The machine is nil for a plan that is about none. Failures
-- are raised.
function M._borrow(machine)
  if core.type(machine) == "machine" and is_in_memory(machine) then
    return try(of_memory(machine)), false
  end
  return try(M.open()), true
end

-- Whether the journal of a machine is there. It is not made by that.
function M._is_there(machine)
  if is_in_memory(machine) then
    return is_open(in_memory[machine])
  end
  return try(load()).exists()
end

return M
