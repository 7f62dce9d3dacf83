--- Lists, tables and failures print well in `lua5.4 -i`: this module puts a
-- `print` of its own in place of Lua's, and the interpreter prints results with
-- it. `ntvol repl` prints in the same way, and has more.
-- @module ntvol.repl
-- @usage
-- require "ntvol.repl"
-- print(ntvol.volumes())

local output = require "ntvol.cli.output"
local show = require "ntvol.cli.show"

local M = {}

--- Prints values for a person. A list of volumes, of disks or of other records
-- is a table with columns; other tables are shown with what is in them. A
-- failure (nil, message, code, info) is an error with its next step. Control
-- characters, which may come from a disk, are made visible.
-- @param ... anything
function M.print(...)
  output.print(show.text(table.pack(...)))
end

_G.print = M.print

return M
