--- The command that explains errors.
-- @module ntvol.cli.explain

local explain = require "ntvol.explain"
local output = require "ntvol.cli.output"

local M = {}

local function run(args)
  return output.answer(args, output.print,
    explain.explain(args.what, "command"))
end

--- Adds the command to the parser; it needs no machine.
function M.add(add, json)
  local command = json(add("explain",
    "Explain an error: what it means, its reasons, what to do next.", run))
  command:argument "what"
    :description("ERROR_NOT_READY, STATUS_VOLUME_DISMOUNTED, 21, 0xC000026E or a"
      .. " reason: in_use.")
  command:epilog [[
Examples: ntvol explain ERROR_NOT_READY
          ntvol explain 0xC000026E]]
end

return M
