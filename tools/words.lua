-- Prints the tables of docs/from-other-tools.md, from lua/ntvol/cli/words.lua.
-- `make tables` writes them into the page; spec/cli/words_spec.lua compares.

local words = require "ntvol.cli.words"

local FROM, TO = "<!-- words -->\n", "<!-- end of words -->"

local function code(list, separator)
  local parts = {}
  for i, text in ipairs(list) do
    parts[i] = "`" .. text .. "`"
  end
  return table.concat(parts, separator)
end

local function make()
  local lines = {}
  for _, tool in ipairs(words.TOOLS) do
    table.move({ "", "## " .. tool.name, "", "| there | here | |",
      "| --- | --- | --- |" }, 1, 5, #lines + 1, lines)
    for _, row in ipairs(tool.rows) do
      lines[#lines + 1] = ("| %s | %s | %s |"):format(
        code(words.words_of(row), ", "), code(row[2] or {}, ", "), row[3] or "")
    end
  end
  return table.concat(lines, "\n"):sub(2) .. "\n\n"
end

local path = assert(..., "usage: lua5.4 tools/words.lua docs/from-other-tools.md")
if path == "table" then
  return make()
end

local file = assert(io.open(path))
local text = file:read "a"
file:close()
local head, tail = text:match("^(.*" .. FROM:gsub("%-", "%%-") .. ").-("
  .. TO:gsub("%-", "%%-") .. ".*)$")
assert(head, path .. " has no mark " .. FROM)
file = assert(io.open(path, "w"))
assert(file:write(head .. make() .. tail))
assert(file:close())
