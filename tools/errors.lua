-- Prints the tables of docs/errors.md: codes, as the module knows them, and
-- reasons, from lua/ntvol/reasons.lua.
-- `make tables` writes it into the document; spec/docs_spec.lua compares.

local core = require "ntvol.core"
local reasons = require "ntvol.reasons"

local function rows()
  local names = {}
  for name in pairs(core.errors) do
    if name ~= "ERROR_SUCCESS" then
      names[#names + 1] = name
    end
  end
  table.sort(names, function(a, b)
    return core.errors[a].win32 < core.errors[b].win32
  end)
  return names
end

local function statuses(entry)
  local list = {}
  for _, name in ipairs(entry.statuses) do
    list[#list + 1] = ("`%s` %08X"):format(name, core.statuses[name])
  end
  return table.concat(list, ", ")
end

local function make()
  local lines = {
    "| code | Win32 | class | message | statuses |",
    "| --- | --- | --- | --- | --- |",
  }
  for _, name in ipairs(rows()) do
    local entry = core.errors[name]
    lines[#lines + 1] = ("| `%s` | %d | %s | %s | %s |"):format(
      name, entry.win32, entry.class, entry.message, statuses(entry))
  end
  return table.concat(lines, "\n") .. "\n"
end

local function make_reasons()
  local lines = {
    "| reason | meaning | what to do next |",
    "| --- | --- | --- |",
  }
  for _, row in ipairs(reasons.list) do
    lines[#lines + 1] = ("| `%s` | %s | %s |"):format(row.reason, row.meaning,
      row.next)
  end
  return table.concat(lines, "\n") .. "\n"
end

if ... == "table" then
  return make()
elseif ... == "reasons" then
  return make_reasons()
end

local path = assert(..., "usage: lua5.4 tools/errors.lua docs/errors.md")
local file = assert(io.open(path))
local text = file:read("a") .. "\n"
file:close()

-- The table whose first line begins like this, replaced.
local function replace(first, new)
  local head, tail = text:match("^(.*\n)| " .. first .. " .-\n\n(.*)$")
  assert(head, path .. " has no table that begins with | " .. first)
  text = head .. new .. "\n" .. tail
end

replace("code", make())
replace("reason |", make_reasons())
file = assert(io.open(path, "w"))
assert(file:write((text:gsub("\n+$", "\n"))))
assert(file:close())
