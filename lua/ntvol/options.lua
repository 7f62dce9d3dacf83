--- Checks of tables of options. An unknown name or a wrong type raises an
-- error.
-- @module ntvol.options

local core = require "ntvol.core"

local M = {}

local function names_of(fields)
  local names = {}
  for name in pairs(fields) do
    names[#names + 1] = name
  end
  table.sort(names)
  return table.concat(names, ", ")
end

local function fits(value, wanted)
  for kind in wanted:gmatch("[^|]+") do
    if kind == "integer" then
      if math.type(value) == "integer" then
        return true
      end
    elseif type(value) == kind or kind == "any" then
      return true
    end
  end
  return false
end

--- Says what is wrong with a table of options.
-- @tparam table options
-- @tparam table fields name -> types: `"string"`, `"string|integer"`, `"any"`
-- @treturn ?string nil when all is well
function M.problem(options, fields)
  for name in pairs(options) do
    if not fields[name] then
      return ("unknown option '%s'; options are: %s"):format(
        tostring(name), names_of(fields))
    end
  end
  for name, wanted in pairs(fields) do
    local value = options[name]
    if value ~= nil and not fits(value, wanted) then
      return ("option '%s' must be %s, got %s"):format(
        name, (wanted:gsub("|", " or ")), type(value))
    end
  end
end

--- Checks the first argument of a function.
-- @tparam string name of the function
-- @param value
-- @tparam string wanted types as in `problem`
-- @tparam[opt=2] integer level of the caller to blame, as in `error`
function M.argument(name, value, wanted, level)
  if not fits(value, wanted) then
    error(("bad argument #1 to '%s' (%s expected, got %s)"):format(name,
      (wanted:gsub("|", " or ")), type(value)), (level or 2) + 1)
  end
end

--- Checks the object of a method, which must be open.
-- @param value
-- @tparam string class `"machine"` or `"volume"`
-- @tparam string name of the method
-- @tparam[opt=2] integer level of the one to blame, as in `error`
function M.object(value, class, name, level)
  local kind = core.type(value)
  if kind == "closed " .. class then
    error("attempt to use a closed " .. class, (level or 2) + 1)
  elseif kind ~= class then
    error(("bad argument #1 to '%s' (ntvol.%s expected, got %s)"):format(name,
      class, type(value)), (level or 2) + 1)
  end
end

--- Raises when there is an argument behind the last one of a method.
-- @tparam integer arg which argument the first one is, for the error
-- @tparam string name of the method
-- @tparam integer level of the one to blame, as in `error`
-- @param ... what is there; nil is nothing
function M.no_more(arg, name, level, ...)
  for i = 1, select("#", ...) do
    if select(i, ...) ~= nil then
      error(("bad argument #%d to '%s' (%s takes no options)"):format(
        arg + i - 1, name, name), level + 1)
    end
  end
end

local function passed(name, shift, ok, ...)
  if ok then
    return ...
  end
  -- a function that pcall calls is named by its module, or by "?"
  local number, rest = tostring((...)):match
    "^bad argument #(%d+) to '[^']*' (.*)$"
  if not number then
    error((...), 0)
  end
  error(("bad argument #%d to '%s' %s"):format(number - shift, name, rest), 2)
end

--- Calls a function of the core in the place of one of ours, which does that
-- last, by a tail call. When an argument is wrong, the error points to the line
-- of the caller, and counts the arguments as the caller does.
-- @tparam string name of the function, as the error has it
-- @tparam integer shift how many arguments stand in front of the caller's
-- @tparam function f
-- @param ... its arguments
-- @return what it returns
function M.pass(name, shift, f, ...)
  return passed(name, shift, pcall(f, ...))
end

--- Checks a table of options; nil stands for an empty one.
-- @tparam integer arg the number of the argument, for the error
-- @tparam string name of the function
-- @tparam ?table options
-- @tparam table fields
-- @tparam[opt=3] integer level of the caller to blame, as in `error`
-- @treturn table options
function M.check(arg, name, options, fields, level)
  if options == nil then
    return {}
  end
  local text
  if type(options) ~= "table" then
    text = "table expected, got " .. type(options)
  else
    text = M.problem(options, fields)
  end
  if text then
    error(("bad argument #%d to '%s' (%s)"):format(arg, name, text), level or 3)
  end
  return options
end

return M
