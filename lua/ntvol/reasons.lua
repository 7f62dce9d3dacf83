--- What the reasons of failures mean, and what to do next. The list is that of
-- the core (src/nt/reasons.h). docs/errors.md has the same table, which `make
-- tables` writes.
-- @module ntvol.reasons

local core = require "ntvol.core"

-- What can be done about a failure of each class.
local CLASSES = {
  transient = "wait and try again: others have it open",
  permanent = "waiting does not help; something must be changed first",
  unsupported = "this machine, volume or handle cannot do it",
  cancelled = "the caller stopped it",
  timeout = "the time that was given ran out",
  usage = "the request itself is wrong",
}

local M = { list = core.reasons, classes = CLASSES }

local BY_NAME = {}
for _, row in ipairs(core.reasons) do
  BY_NAME[row.reason] = row
end

--- The row of a reason: `{ reason, meaning, next, command, class, statuses }`.
-- @tparam string reason
-- @treturn ?table
function M.find(reason)
  return BY_NAME[reason]
end

return M
