--- Failures: what a machine refused, as opposed to a mistake of the program.
--
-- Inside ntvol a failure is raised: `try(volume:lock())` returns the guard, or
-- raises what the call returned in its place, and `fail { ... }` raises a
-- failure of our own, in the words of the core. So functions just call each
-- other. A function that others may call is made by `protect`: it returns
-- nil, message, code, info. All other errors are mistakes of the program, and
-- pass through.
-- @module ntvol.failure

local core = require "ntvol.core"
local shortage = require "ntvol.shortage"

local M = {}

-- ---- raising, and the edge -----------------------------------------------

-- A failure on its way to the edge.
local Failure = {}

function Failure:__tostring()
  return tostring(self.message)
end

local function raise(message, code, info)
  error(setmetatable({ message = message, code = code, info = info }, Failure),
    0)
end

local function checked(finalizer, ...)
  if (...) ~= nil then
    return ...
  end
  if finalizer then
    finalizer(select(2, ...))
  end
  raise(select(2, ...))
end

--- Makes a function like `try` that first calls `finalizer(message, code,
-- info)` when something failed.
-- @tparam function finalizer
-- @treturn function
function M.newtry(finalizer)
  return function(...)
    return checked(finalizer, ...)
  end
end

--- Returns its arguments, unless they are a failure: that is raised.
-- @param ... what a function returned that may fail
-- @return the same
function M.try(...)
  return checked(nil, ...)
end

--- Makes a value for `local _ <close>` that calls `f` when its block ends by
-- an error: a failure, a mistake or an interrupt.
-- @tparam function f
-- @treturn table
function M.on_error(f)
  return setmetatable({}, { __close = function(_, problem)
    if problem ~= nil then
      f()
    end
  end })
end

--- Raises a failure of our own.
-- @tparam table fields `op`, `target`; `reason`, a row of `ntvol.reasons`, or
--  `status` (a name, `"STATUS_..."`), or both; and optional: `class`, `detail`,
--  `outcome`, and where the reason does not know them `hint` and
--  `hint_command`: what to do next in Lua and on the command line
function M.fail(fields)
  raise(select(2, core.fail(fields)))
end

--- Whether an error is a failure on its way to the edge: it has the fields
-- `message`, `code` and `info`.
-- @param problem what was raised
-- @treturn boolean
function M.is_raised(problem)
  return getmetatable(problem) == Failure
end

-- The last mistake that reached an edge, and the traceback from the place where
-- it was raised. The edge raises the mistake again, and a traceback made after
-- that would not show the place any more.
local mistake = setmetatable({}, { __mode = "v" })

local function handle(problem)
  if not M.is_raised(problem) and not rawequal(mistake.problem, problem) then
    mistake.problem = problem
    mistake.traceback = debug.traceback(nil, 2)
  end
  return problem
end

--- A mistake of the program with the traceback of where it was raised, for the
-- message handler of `xpcall`.
-- @param problem
-- @treturn string
function M.traceback(problem)
  local text = tostring(problem)
  if problem ~= nil and rawequal(mistake.problem, problem) then
    return text .. "\n" .. mistake.traceback
  end
  return debug.traceback(text, 2)
end

local function finish(ok, ...)
  if ok then
    return ...
  end
  local problem = ...
  if M.is_raised(problem) then
    return nil, problem.message, problem.code, problem.info
  end
  error(problem, 0)
end

--- Makes a function that returns what `f` does, and for a failure nil, message,
-- code, info. Mistakes of the program are raised.
-- @tparam function f
-- @treturn function
function M.protect(f)
  return function(...)
    return finish(xpcall(f, handle, ...))
  end
end

--- Calls `f` with what a protected function returned, and passes a failure on.
-- What `f` raises keeps its traceback, and wrong arguments are blamed on the
-- line of the caller.
-- @tparam function f
-- @param ... what a function returned that may fail
-- @return what `f` returns
-- @failure
function M.and_then(f, ...)
  if (...) == nil then
    return ...
  end
  return f(...)
end

-- ---- loading -------------------------------------------------------------

-- The first line of an error of `require`. For a library that cannot be loaded,
-- Lua says why on a second line, which is kept, too. For one that is missing,
-- Lua adds a line for each place where it looked.
local function why_not(problem)
  return (tostring(problem):gsub("^(error loading module [^\n]*)\n%s*", "%1 ")
    :match "^[^\n]*")
end

local function protected_require(_, name)
  local found, module = pcall(require, name)
  return found, found and module or why_not(module)
end

--- Loads a module. An interrupt waits until the module is loaded; otherwise it
-- would look as if the module were missing.
-- @tparam string name
-- @treturn boolean
-- @return the module, or a line that says why it cannot be loaded
function M.load(name)
  return core.shield(protected_require, name)
end

--- Loads a module that some installations of ntvol lack.
-- @tparam string name
-- @tparam table part `op`, `target`: what it is needed for; `missing`,
--  `broken`: what is not installed or cannot be loaded, in words; `needs`: its
--  libraries; `module`: which one has to be installed, that one unless given
-- @return the module
-- @failure
function M.load_part(name, part)
  local found, module = M.load(name)
  if found then
    return module
  end
  local lacking = shortage.lacking(module)
  if lacking then
    M.fail { op = part.op, target = part.target, status = lacking.status,
      detail = lacking == shortage.FILES and lacking.detail or module,
      hint = lacking.hint }
  end
  M.fail {
    op = part.op, target = part.target, reason = "not_installed",
    detail = module:find("not found", 1, true) and part.missing
      or ("%s: %s"):format(part.broken, module),
    hint = ("install the module %s, it comes with ntvol and needs %s"):format(
      part.module or name, part.needs),
  }
end

-- ---- words ---------------------------------------------------------------

--- Adds a text to the details of a failure.
-- @tparam string message the message of the failure; it is used for a failure
--  that has no status
-- @tparam table info
-- @tparam string text
-- @treturn string the new message
function M.add_detail(message, info, text)
  info.detail = info.detail and info.detail .. ": " .. text or text
  return info.status and core.message(info) or message .. ": " .. text
end

--- The part of a message that says what happened, and who is in the way. It has
-- no operation, no object, no next step and no codes.
-- @tparam string message as above
-- @tparam table info
-- @treturn string
function M.cause(message, info)
  return info.status and core.message(info, true) or message
end

--- The message of a failure without its hint. The command prints the hint on a
-- line of its own.
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

return M
