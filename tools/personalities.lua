-- Prints the table of personalities, which a C test makes of the drivers'
-- records. `make tables` writes it into docs/simulator.md;
-- spec/docs_spec.lua compares.

local function make()
  local build = os.getenv("NTVOL_BUILD") or "build/release"
  local pipe = assert(io.popen(("'%s/c/personality_test' table"):format(build)))
  local text = pipe:read("a")
  assert(pipe:close())
  return text
end

if ... == "table" then
  return make()
end

local path = assert(..., "usage: lua5.4 tools/personalities.lua docs/simulator.md")
local file = assert(io.open(path))
local text = file:read("a")
file:close()
local head, tail = text:match("^(.*\n)| question .-\n\n(.*)$")
assert(head, path .. " has no table that begins with | question")
file = assert(io.open(path, "w"))
assert(file:write(head, make(), "\n", tail))
assert(file:close())
