--- The command that waits: watch.
-- @module ntvol.cli.watch

local failure = require "ntvol.failure"
local json = require "ntvol.json"
local output = require "ntvol.cli.output"
local values = require "ntvol.cli.values"

local M = {}

-- Returns whether anybody still reads what is printed.
local function show(event, as_json)
  output.print(as_json and json.line(event) or event)
  return output.send()
end

local function watch(args, machine)
  for event in failure.try(machine:watch(args.after, args.timeout)) do
    if not show(event, args.json) then
      break
    end
  end
  return output.EXIT.ok
end

--- Adds the command to the parser.
-- @param add function(name, summary, run)
-- @param json_flag function(command) that adds --json
-- @param to_event_id converts the argument of --after
function M.add(add, json_flag, to_event_id)
  local command = json_flag(add("watch",
    "Print events of all processes as they occur.",
    watch))
  command:option "--after"
    :argname "ID"
    :description("Begin with the events after this one, 0 for all; without it,"
      .. " with what happens from now on.")
    :convert(to_event_id)
  command:option "--timeout"
    :argname "SECONDS"
    :description "End when nothing happens for so long."
    :convert(values.seconds())
  command:epilog("Ctrl-C ends it with exit code 5.\n\n"
    .. "Example: ntvol watch --json --timeout 60")
end

return M
