--- The list of planted faults, spec/mutants.lua: reading, checking, planting.

local proc = require "spec.support.proc"

local M = {}

local FIELDS = { "name", "file", "old", "new", "breaks" }

--- The list of the tree that we are in.
function M.list()
  return dofile "spec/mutants.lua"
end

-- How often a text stands in another, and where it first does.
local function count(text, part)
  local first, found, at = text:find(part, 1, true), 0, 1
  while true do
    local from, to = text:find(part, at, true)
    if not from then
      return found, first
    end
    found, at = found + 1, to + 1
  end
end

local function exists(path)
  local file = io.open(path)
  return file and file:close()
end

local function missing_field(row)
  for _, field in ipairs(FIELDS) do
    if type(row[field]) ~= "string" then
      return "has no " .. field
    end
  end
  if type(row.specs) ~= "table" or #row.specs == 0 then
    return "has no specs"
  end
  for _, spec in ipairs(row.specs) do
    -- in one process the last tests of a folder take a hundred times as long
    if not spec:find "%.%w+$" or not exists(spec) then
      return ("names %s, which is no file that is there"):format(spec)
    end
  end
end

--- What is wrong with a row; nil when it can be planted.
function M.problem(row)
  local text = missing_field(row)
  if text then
    return text
  elseif not exists(row.file) then
    return row.file .. " is not there"
  elseif row.old == row.new then
    return "changes nothing"
  end
  local found = count(proc.slurp(row.file), row.old)
  return found ~= 1 and ("its old text stands in %s %d times"):format(row.file,
    found) or nil
end

--- What is wrong with the list: a text for each row.
function M.problems(list)
  local found, names = {}, {}
  for i, row in ipairs(list) do
    local name = row.name or "row " .. i
    local text = names[name] and "has the name of another" or M.problem(row)
    names[name] = true
    if text then
      found[#found + 1] = ("%s %s"):format(name, text)
    end
  end
  return found
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

--- Plants the fault of a row below `folder`. Returns a function that takes it
--- away again: the file is as old as it was, and make builds nothing anew.
function M.plant(folder, row)
  local path, old = folder .. "/" .. row.file, folder .. ".old"
  local text = proc.slurp(path)
  local found, at = count(text, row.old)
  assert(found == 1, row.name)
  assert(os.rename(path, old))
  write(path, text:sub(1, at - 1) .. row.new .. text:sub(at + #row.old))
  return function()
    assert(os.rename(old, path))
  end
end

return M
