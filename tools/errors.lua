-- Prints the table of docs/errors.md from the codes that the module knows.
-- `make tables` writes it into the document; spec/docs_spec.lua compares.

local core = require "ntvol.core"

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

if ... == "table" then
  return make()
end

local path = assert(..., "usage: lua5.4 tools/errors.lua docs/errors.md")
local file = assert(io.open(path))
local text = file:read("a")
file:close()
local head, tail = text:match("^(.*\n)| code .-\n\n(.*)$")
assert(head, path .. " has no table that begins with | code")
file = assert(io.open(path, "w"))
assert(file:write(head, make(), "\n", tail))
assert(file:close())
