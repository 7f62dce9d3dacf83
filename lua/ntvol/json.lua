--- Writes JSON. Integers are exact and names are in alphabetical order, so that
-- equal values always make the same text. An empty table is an empty list.
-- @module ntvol.json

local core = require "ntvol.core"
local numbers = require "ntvol.number"

local M = {}

local ESCAPES = {
  ["\""] = "\\\"", ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r",
  ["\t"] = "\\t", ["\b"] = "\\b", ["\f"] = "\\f",
}

-- A character that `printable` would change is written as an escape, so that
-- the JSON may also be printed on a terminal. A program that parses it gets the
-- character back.
local function escape(char)
  if ESCAPES[char] or core.printable(char) == char then
    return ESCAPES[char]
  end
  local code = utf8.codepoint(char)
  if code < 0x10000 then
    return ("\\u%04x"):format(code)
  end
  code = code - 0x10000
  return ("\\u%04x\\u%04x"):format(0xD800 + (code >> 10),
    0xDC00 + (code & 0x3FF))
end

-- JSON is UTF-8. A byte that is not UTF-8 becomes the replacement character.
local function valid(text)
  local parts, at = {}, 1
  while at <= #text do
    local _, bad = utf8.len(text, at)
    if not bad then
      break
    end
    parts[#parts + 1] = text:sub(at, bad - 1) .. "\u{FFFD}"
    at = bad + 1
  end
  return table.concat(parts) .. text:sub(at)
end

local function write_number(value)
  if math.type(value) == "integer" then
    return ("%d"):format(value)
  elseif value ~= value or value == math.huge or value == -math.huge then
    return "null"
  end
  return numbers.format("%.17g", value)
end

local encode

local function write_list(list, indent)
  local parts = {}
  for i, value in ipairs(list) do
    parts[i] = indent .. "  " .. encode(value, indent .. "  ")
  end
  return "[\n" .. table.concat(parts, ",\n") .. "\n" .. indent .. "]"
end

local function write_object(object, indent)
  local keys = {}
  for key in pairs(object) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  local parts = {}
  for i, key in ipairs(keys) do
    parts[i] = ("%s  %s: %s"):format(indent, encode(key),
      encode(object[key], indent .. "  "))
  end
  return "{\n" .. table.concat(parts, ",\n") .. "\n" .. indent .. "}"
end

--- Writes a value: nil, booleans, numbers, strings, and tables of them that
-- are lists or have strings as keys.
-- @param value
-- @tparam[opt=""] string indent of the lines after the first
-- @treturn string
function M.encode(value, indent)
  indent = indent or ""
  local kind = type(value)
  if kind == "string" then
    return "\"" .. valid(value):gsub(utf8.charpattern, escape) .. "\""
  elseif kind == "number" then
    return write_number(value)
  elseif kind == "boolean" or kind == "nil" then
    return kind == "nil" and "null" or tostring(value)
  elseif kind ~= "table" then
    error("no JSON for a " .. kind, 2)
  elseif next(value) == nil then
    return "[]"
  end
  return #value > 0 and write_list(value, indent) or write_object(value, indent)
end

encode = M.encode

--- Writes a value on one line, for JSON Lines.
-- @param value
-- @treturn string
function M.line(value)
  -- Only the layout has line ends: within strings they are written as \n.
  return (M.encode(value):gsub(",\n *", ", "):gsub("\n *", ""))
end

return M
