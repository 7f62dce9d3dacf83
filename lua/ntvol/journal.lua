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

local M = {}

local load = failure.protect(function(path)
  return failure.load_part("ntvol.journal.core", {
    op = "open journal", target = path or "of the user",
    missing = "the journal is not installed",
    broken = "the journal cannot be loaded", needs = "the library sqlite3",
  })
end)

--- Opens the journal in a folder, that of the user's state unless one is given.
-- It makes both when they are not there, readable by their owner only. On
-- Windows it comes with the zip and not with the rock.
-- @tparam[opt] string path that of the user's state unless given
-- @treturn ntvol.journal
-- @failure
-- @usage
-- local journal <close> = assert(ntvol.journal.open())
-- print(journal:path())
function M.open(path)
  return failure.and_then(function(module)
    return module.open(path)
  end, load(path))
end

-- The journal that this process writes to when nobody names one, and the value
-- that NTVOL_STATE had when it was opened.
local current, folder

-- The journal of the user, for volume:format. It is opened once. The result is
-- false where the journal is not installed.
function M._of_user()
  local named = os.getenv("NTVOL_STATE") or ""
  if current and folder == named and core.type(current) == "journal" then
    return current
  end
  local opened, message, code, info = M.open()
  if opened then
    current, folder = opened, named
    return opened
  elseif info.reason == "not_installed" then
    return false
  end
  return nil, message, code, info
end

return M
