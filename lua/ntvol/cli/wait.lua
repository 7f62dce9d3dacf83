--- The option "wait" of commands that have to wait when others use the volume.
-- @module ntvol.cli.wait

local holders = require "ntvol.holders"
local progress = require "ntvol.progress"
local retry = require "ntvol.retry"
local values = require "ntvol.cli.values"

local M = {}

--- Adds the option to a command.
function M.flag(command)
  command:option "--wait"
    :argname "SECONDS"
    :description "Wait up to SECONDS while the volume is in use."
    :convert(values.seconds(86400))
  return command
end

--- Says on a terminal which programs are waited for; give it as `on_attempt`.
function M.show(_, info)
  progress.note("waiting for " .. (info.holders and holders.text(info.holders)
    or info.reason or "others"))
end

--- A function that returns the options for the next request. All requests of a
-- command share its time.
-- @tparam table args
-- @tparam ntvol.machine machine
-- @treturn function
function M.options(args, machine)
  return retry.share(machine, { wait = args.wait,
    on_attempt = args.wait and M.show or nil })
end

return M
