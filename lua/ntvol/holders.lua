--- Holders in words, as the messages of the core have them.
-- @module ntvol.holders

local core = require "ntvol.core"

local M = {}

-- Two words of the contract are too short for people. src/nt/error.c has the
-- same table.
local WORDS = { lock = "volume handle, holds the lock", image = "running program" }

--- How somebody holds something: "open file \\a.txt".
-- @tparam table holder
-- @treturn string
function M.how(holder)
  local word = WORDS[holder.how] or holder.how
  return holder.path and ("%s %s"):format(word, holder.path) or word
end

--- Who holds something: "python3", "this script", "backup on node2".
-- @tparam table holder
-- @treturn string
function M.who(holder)
  local name = holder.name
  if holder.self then
    name = "this script"
  elseif name == "" then
    name = holder.pid ~= 0 and "a process" or "the system"
  end
  return holder.node and ("%s on %s"):format(name, holder.node) or name
end

--- "2 holders: python3 (pid 812, open file \\a.txt), bash (pid 77, directory)"
-- @tparam {table,...} list
-- @treturn string
function M.text(list)
  local parts = {}
  for i, holder in ipairs(list) do
    local pid = holder.pid ~= 0 and ("pid %d, "):format(holder.pid) or ""
    parts[i] = ("%s (%s%s)"):format(M.who(holder), pid, M.how(holder))
  end
  if #parts == 0 then
    return "no holder found"
  end
  return core.printable(("%d holder%s: %s"):format(#parts,
    #parts == 1 and "" or "s", table.concat(parts, ", ")))
end

return M
