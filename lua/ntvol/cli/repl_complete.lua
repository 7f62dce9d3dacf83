--- What can be typed next at the prompt of `ntvol repl`: names, fields and
-- methods; in a string volumes, disks, file systems and reasons.
-- @module ntvol.cli.repl_complete

local core = require "ntvol.core"
local file_systems = require "ntvol.file_systems"
local reasons = require "ntvol.reasons"

local M = {}

local KEYWORDS = { "and", "assert", "break", "do", "else", "elseif", "end",
  "exit", "explain", "false", "for", "function", "help", "if", "in", "local",
  "nil", "not", "or", "print", "quit", "repeat", "return", "then", "true",
  "until", "while" }

-- ---- names ---------------------------------------------------------------

local function add_keys(found, value)
  for key in next, value do
    if type(key) == "string" and key:find "^[%a_][%w_]*$" then
      found[key] = true
    end
  end
end

-- The names that a value has: its own, those of its class, and the parts of
-- the module that are loaded when they are first used.
local function add_members(found, value)
  if type(value) == "table" then
    add_keys(found, value)
  end
  local meta = debug.getmetatable(value)
  if type(meta) ~= "table" then
    return
  end
  for _, field in ipairs { "__index", "__parts" } do
    if type(rawget(meta, field)) == "table" then
      add_keys(found, meta[field])
    end
  end
end

local function field_of(value, name)
  local ok, field = pcall(function() return value[name] end)
  return ok and field or nil
end

-- The value of a path like "ntvol.plan", and the end that is being typed, with
-- the separator before it.
local function follow(path, env)
  local value, rest = env, path
  while true do
    local name, after = rest:match "^([%a_][%w_]*)([.:].*)$"
    if not name then
      return value, rest, ""
    end
    value = field_of(value, name)
    local separator, next_rest = after:match "^([.:])(.*)$"
    if value == nil then
      return nil
    elseif not next_rest:find "[.:]" then
      return value, next_rest, separator
    end
    rest = next_rest
  end
end

local function names(path, env)
  local value, start, separator = follow(path, env)
  local found, list = {}, {}
  if value == nil or start:find "[^%w_]" then
    return list
  end
  add_members(found, value)
  if separator == "" then
    add_keys(found, _G)
    for _, word in ipairs(KEYWORDS) do
      found[word] = true
    end
  end
  local head = path:sub(1, #path - #start)
  for name in next, found do
    if name:sub(1, #start) == start and (separator ~= ":"
      or type(field_of(value, name)) == "function") then
      list[#list + 1] = head .. name
    end
  end
  return list
end

-- ---- texts ---------------------------------------------------------------

local function add_names(list, found)
  for _, item in ipairs(type(found) == "table" and found or {}) do
    if type(item.name) == "string" then
      list[#list + 1] = item.name
    end
  end
end

local function objects(machine)
  local list = {}
  if core.type(machine) == "machine" then
    add_names(list, machine:volumes())
    add_names(list, machine:disks())
  end
  return list
end

local function reason_names()
  local list = {}
  for _, row in ipairs(reasons.list) do
    list[#list + 1] = row.reason
  end
  for name in next, core.errors do
    list[#list + 1] = name
  end
  return list
end

-- What may stand in a string, from what is in front of it.
local function texts(before, machine)
  if before:find "fs%s*=%s*$" or before:find "to%s*=%s*$" then
    return file_systems.names
  elseif before:find "explain%s*%(?%s*$" then
    return reason_names()
  elseif before:find "help%s*%(?%s*$" then
    return { "machine", "volume", "lock", "subscription", "journal" }
  end
  return objects(machine)
end

-- What can follow here must be typed as it stands: no control characters from a
-- disk, nothing that a string of Lua would change.
local function can_be_typed(text)
  return text:find "^[%w%p ]+$" and not text:find "[\"'\\]"
end

-- Large and small letters are the same; what was typed stays as it is.
local function starting_with(list, start)
  local found, upper = {}, start:upper()
  for _, text in ipairs(list) do
    if can_be_typed(text) and text:sub(1, #start):upper() == upper then
      found[#found + 1] = start .. text:sub(#start + 1)
    end
  end
  return found
end

-- The quote of the string that the line ends in, and where it began; nil
-- outside of strings.
local function open_string(line)
  local quote, from
  local at = 1
  while at <= #line do
    local char = line:sub(at, at)
    if quote and char == "\\" then
      at = at + 1
    elseif char == quote then
      quote = nil
    elseif not quote and (char == '"' or char == "'") then
      quote, from = char, at
    end
    at = at + 1
  end
  return quote and from
end

--- What can stand in place of the last word of a line.
-- @tparam string line up to the cursor
-- @tparam integer from where the word begins
-- @tparam table env what names mean; `env.machine` has the volumes
-- @treturn {string,...} sorted
function M.find(line, from, env)
  local word, at = line:sub(from), open_string(line)
  local list, kept
  if at then
    local text = line:sub(at + 1)
    list = starting_with(texts(line:sub(1, at - 1), env.machine), text)
    -- The word may begin after the string, as with a blank in a name.
    for i, found in ipairs(list) do
      list[i] = found:sub(math.max(from - at, 1))
    end
    kept = word:sub(1, math.max(at + 1 - from, 0))
  else
    local path = word:match "[%w_.:]*$"
    kept = word:sub(1, #word - #path)
    list = names(path, env)
  end
  for i, found in ipairs(list) do
    list[i] = kept .. found
  end
  table.sort(list)
  return list
end

return M
