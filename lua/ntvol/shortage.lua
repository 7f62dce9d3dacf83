--- What a process lacks, when that is why something went wrong. This module
-- needs no other: the command uses it when nothing else can be loaded.
-- @module ntvol.shortage

local M = {}

-- errno of Linux and of the C library of Windows alike.
local EMFILE = 24

-- What a process may lack. A module that is there is not found then, or cannot
-- be loaded.
M.FILES = {
  status = "STATUS_INSUFFICIENT_RESOURCES", detail = "too many open files",
  hint = "close files, or raise the limit of open files: ulimit -n",
}
local MEMORY = {
  status = "STATUS_NO_MEMORY", detail = "not enough memory",
  hint = "give this process more memory: ulimit -v",
}

-- More bytes than all libraries together need. A read asks for a buffer of this
-- size and writes nothing into it, so the memory is not really used.
local ROOM = 64 << 20

-- Whether memory was too short. When the system has no memory for a library,
-- its message does not always say so, and is in the language of the user. So
-- memory is asked for.
local function says_memory(problem, file)
  return problem:find("not enough memory", 1, true)
    or problem:find("error loading module", 1, true)
      and not pcall(file.read, file, ROOM)
end

--- What this process lacks, when that is why something went wrong.
-- @tparam string problem the error that Lua raised
-- @treturn ?table `status`, `detail`, `hint`; nil when it lacks nothing
function M.lacking(problem)
  local file, _, number = io.open(package.config:sub(1, 1) == "\\" and "NUL"
    or "/dev/null")
  if not file then
    return number == EMFILE and M.FILES or nil
  end
  local memory = says_memory(problem, file)
  file:close()
  return memory and MEMORY or nil
end

--- What the command says of it on standard error.
-- @tparam table lacking of `lacking`
-- @tparam string problem the error that Lua raised
-- @treturn string lines, without the last newline
function M.words(lacking, problem)
  return ("ntvol: %s: %s\nhint: %s"):format(lacking.detail,
    problem:match "^[^\n]*", lacking.hint)
end

return M
