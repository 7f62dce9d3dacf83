-- What is told of the public functions in more than one place is made from
-- their LDoc comments: types/ntvol.lua, the lines of help() and the reference
-- in docs/manual.md, whose order is that of all three.
-- `make tables` writes it; spec/docs_spec.lua compares.

package.path = "./?.lua;" .. package.path

local model = require "tools.reference.model"
local types = require "tools.reference.types"
local help = require "tools.reference.help"
local manual = require "tools.reference.manual"

local function slurp(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

-- Functions in the order of the manual; one that is not there is an error.
local function ordered(functions, page)
  local items, left = {}, {}
  for name in pairs(functions) do
    left[name] = true
  end
  for _, name in ipairs(manual.names(page)) do
    items[#items + 1] = assert(functions[name], name .. " has no comment")
    left[name] = nil
  end
  local name = next(left)
  assert(not name, (name or "") .. " is not in " .. manual.PATH)
  return items
end

-- From a path to what the file should be.
local function make()
  local functions = model.read()
  local page = slurp(manual.PATH)
  local items = ordered(functions, page)
  return {
    [types.PATH] = types.make(slurp(types.PATH), items),
    [help.PATH] = help.make(items),
    [manual.PATH] = manual.make(page, functions),
  }
end

if ... == "texts" then
  return make()
end
for path, text in pairs(make()) do
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end
