--- Failures made in Lua, in the same shape and the same words as those of the
-- core: nil, message, code, info.
-- @module ntvol.failure

local core = require "ntvol.core"

local M = {}

-- ERRNO of Linux and of the C library of Windows alike.
local EMFILE = 24

--- Whether this process has as many files open as it may: then a module that
-- is there is not found.
-- @treturn boolean
function M.too_many_files()
  local file, _, number = io.open(package.config:sub(1, 1) == "\\" and "NUL"
    or "/dev/null")
  if file then
    file:close()
  end
  return number == EMFILE
end

--- What to say then.
M.TOO_MANY_FILES = "too many open files"
M.CLOSE_FILES = "close files, or raise the limit of open files: ulimit -n"

-- What Lua says of a library that cannot be loaded stands on two lines; what it
-- says of one that is missing, on a line for each place where it looked.
local function why_not(problem)
  return (tostring(problem):gsub("^(error loading module [^\n]*)\n%s*", "%1 ")
    :match "^[^\n]*")
end

local function protected_require(_, name)
  local found, module = pcall(require, name)
  return found, found and module or why_not(module)
end

--- Loads a module; an interrupt waits until that is over, and is not taken for a
-- module that is missing.
-- @tparam string name
-- @treturn boolean
-- @return the module, or a line that says why it cannot be loaded
function M.load(name)
  return core.shield(protected_require, name)
end

--- Makes a failure.
-- @tparam table fields `op`, `target`; `reason`, a row of `ntvol.reasons`, or
--  `status` (a name, `"STATUS_..."`), or both; and optional: `class`, `detail`,
--  and where the reason does not know it, `hint` and `hint_command`: what to do
--  next in Lua and on the command line, `outcome`
-- @treturn nil
-- @treturn string message
-- @treturn string code
-- @treturn table info
M.make = core.fail

--- Adds what is known now to the details of a failure.
-- @tparam string message what a failure from elsewhere, without a status, says
-- @tparam table info
-- @tparam string text
-- @treturn string the message that says it
function M.add_detail(message, info, text)
  info.detail = info.detail and info.detail .. ": " .. text or text
  return info.status and core.message(info) or message .. ": " .. text
end

--- What happened, and who is in the way: no operation and object, no next step,
-- no codes.
-- @tparam string message as above
-- @tparam table info
-- @treturn string
function M.cause(message, info)
  return info.status and core.message(info, true) or message
end

--- The message of a failure without its hint, for those who print the hint on
-- a line of its own.
-- @tparam string message
-- @tparam ?table info
-- @treturn string
function M.without_hint(message, info)
  local hint = info and info.hint and "; " .. info.hint
  local from, to = message:find(hint or "\0", 1, true)
  if not from then
    return message
  end
  return message:sub(1, from - 1) .. message:sub(to + 1)
end

--- The failure of something that could not be loaded for want of files.
function M.no_files(op, target)
  return M.make {
    op = op, target = target, status = "STATUS_INSUFFICIENT_RESOURCES",
    detail = M.TOO_MANY_FILES, hint = M.CLOSE_FILES,
  }
end

return M
