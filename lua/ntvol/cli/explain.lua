--- The command that explains errors.
-- @module ntvol.cli.explain

local ntvol = require "ntvol"
local output = require "ntvol.cli.output"

local M = {}

local function explain(args)
  local answer, message, code, info = ntvol.explain(args.what)
  if not answer then
    return output.fail(message, code, info)
  elseif args.json then
    output.json(answer)
  else
    print(answer)
  end
  return output.EXIT.ok
end

--- Adds the command to the parser; it needs no machine.
function M.add(add, json)
  local command = json(add("explain",
    "Explain an error: what it means, its reasons, what to do next.", explain))
  command:argument "what"
    :description("ERROR_NOT_READY, STATUS_VOLUME_DISMOUNTED, 21, 0xC000026E or a"
      .. " reason: in_use.")
  command:epilog [[
Examples: ntvol explain ERROR_NOT_READY
          ntvol explain 0xC000026E]]
end

return M
