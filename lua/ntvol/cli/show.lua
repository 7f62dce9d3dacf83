--- Values of Lua as text for a person: what `ntvol repl` prints, and `print`
-- after `require "ntvol.repl"`. A list of records is a table with columns, other
-- tables are shown with what is in them, and a failure (nil, message, code,
-- info) is an error with its next step. Texts come from disks, so control
-- characters are made visible.
-- @module ntvol.cli.show

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local lines_of = require "ntvol.lines"
local list = require "ntvol.cli.list"
local output = require "ntvol.cli.output"

local M = {}

local WIDTH = 79 -- a table that needs less stands on one line
local MAX_DEPTH = 8
local MAX_ENTRIES = 200 -- of one table
local MAX_COLUMNS = 8

-- ---- what a value is -----------------------------------------------------

local function has_text(value)
  local meta = debug.getmetatable(value)
  return type(meta) == "table" and rawget(meta, "__tostring") ~= nil
end

-- A table that does not say itself how it prints.
local function is_plain(value)
  return type(value) == "table" and not has_text(value)
end

local function name_of(value)
  local meta = debug.getmetatable(value)
  return type(meta) == "table" and rawget(meta, "__name") or nil
end

local function sorted_keys(value)
  local keys = {}
  for key in next, value do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then
      return a < b
    end
    return type(a) < type(b)
  end)
  return keys
end

-- ---- lists of records ----------------------------------------------------

local function is_holder(value)
  return rawget(value, "pid") ~= nil and rawget(value, "how") ~= nil
end

local COLUMNS = {
  ["ntvol.volume_info"] = list.volume_columns,
  ["ntvol.disk_info"] = function() return list.DISKS end,
  ["ntvol.event"] = list.event_columns,
}

-- The names of all fields of records, or nothing when one of them is no plain
-- record: a table whose values are texts, numbers and booleans, under names.
local function scalar_fields(value)
  local fields = {}
  for i = 1, rawlen(value) do
    if not is_plain(value[i]) then
      return nil
    end
    for key, field in next, value[i] do
      if type(key) ~= "string" or type(field) == "table"
        or type(field) == "function" then
        return nil
      end
      fields[key] = true
    end
  end
  return sorted_keys(fields)
end

local function columns_of_fields(names)
  local columns = {}
  for i, name in ipairs(names) do
    columns[i] = { title = name:upper(), field = name }
  end
  return columns
end

-- The columns of a list of records; nil when it is none.
local function columns_of(value)
  local first = rawlen(value) > 0 and value[1]
  if type(first) ~= "table" then
    return nil
  end
  local name = name_of(first)
  for i = 2, rawlen(value) do
    if type(value[i]) ~= "table" or name_of(value[i]) ~= name then
      return nil
    end
  end
  if COLUMNS[name] then
    return COLUMNS[name](value)
  end
  local names = scalar_fields(value)
  if not names or #names == 0 or #names > MAX_COLUMNS then
    return nil
  end
  return is_holder(first) and list.HOLDERS or columns_of_fields(names)
end

-- ---- other tables --------------------------------------------------------

local function quoted(value)
  return type(value) == "string" and '"' .. value .. '"' or tostring(value)
end

local function key_text(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" then
    return key
  end
  return ("[%s]"):format(quoted(key))
end

-- A table on one line; nil when it does not fit into `room`.
local function inline(value, room, depth)
  if not is_plain(value) then
    return quoted(value)
  elseif next(value) == nil then
    return "{}"
  elseif depth > MAX_DEPTH then
    return "{ ... }"
  end
  local parts, length, count = {}, 4, rawlen(value)
  for _, key in ipairs(sorted_keys(value)) do
    local text = inline(value[key], room - length, depth + 1)
    if not text then
      return nil
    elseif not (math.type(key) == "integer" and key >= 1 and key <= count) then
      text = key_text(key) .. " = " .. text
    end
    length = length + #text + 2
    if length > room then
      return nil
    end
    parts[#parts + 1] = text
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local append_entries

-- Adds what stands behind a key: on the same line where it fits, else on lines
-- of their own.
local function append_value(lines, head, value, indent, above)
  local text = not is_plain(value) and tostring(value)
    or above[value] and "{ ... }"
    or inline(value, WIDTH - #indent - #head, #indent // 2)
  if text then
    lines[#lines + 1] = indent .. head .. text
    return
  end
  lines[#lines + 1] = indent .. head:gsub(" $", "")
  append_entries(lines, value, indent .. "  ", above)
end

-- Adds a line for each entry of a table. `above` has the tables that this one
-- is in.
function append_entries(lines, value, indent, above)
  if #indent // 2 > MAX_DEPTH then
    lines[#lines + 1] = indent .. "..."
    return
  end
  above[value] = true
  local count, keys = rawlen(value), sorted_keys(value)
  for i, key in ipairs(keys) do
    if i > MAX_ENTRIES then
      lines[#lines + 1] = ("%s... and %d more"):format(indent,
        #keys - MAX_ENTRIES)
      break
    end
    local of_list = math.type(key) == "integer" and key >= 1 and key <= count
    local below = is_plain(value[key])
    append_value(lines, of_list and (below and ("[%d] = "):format(key) or "")
      or (type(key) == "string" and key or key_text(key)) .. " = ",
      value[key], indent, above)
  end
  above[value] = nil
end

local function table_text(value)
  if next(value) == nil then
    return "{}"
  end
  local columns = columns_of(value)
  if columns then
    return lines_of.join(lines_of.aligned(output.rows(columns, value)))
  end
  local lines = {}
  append_entries(lines, value, "", {})
  return lines_of.join(lines)
end

-- ---- results -------------------------------------------------------------

--- Whether values are a failure: nil, message, code, info.
-- @tparam table values packed
-- @treturn boolean
function M.is_failure(values)
  return values.n >= 2 and values[1] == nil and type(values[2]) == "string"
end

local function failure_text(values)
  local info = type(values[4]) == "table" and values[4] or nil
  local text = "error: " .. core.printable(
    failure.without_hint(values[2], info))
  if info and type(info.hint) == "string" then
    text = text .. "\nhint: " .. core.printable(info.hint)
  end
  return text
end

--- The text for values, without a line end.
-- @tparam table values packed by `table.pack`
-- @treturn string
function M.text(values)
  if values.n == 1 and is_plain(values[1]) then
    return table_text(values[1])
  elseif M.is_failure(values) then
    return failure_text(values)
  end
  local texts = {}
  for i = 1, values.n do
    texts[i] = is_plain(values[i]) and inline(values[i], WIDTH, 0)
      or tostring(values[i])
  end
  return core.printable(table.concat(texts, "\t"), true)
end

return M
