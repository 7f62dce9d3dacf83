--- The option --wait of commands that others can be in the way of.
-- @module ntvol.cli.wait

local core = require "ntvol.core"
local holders = require "ntvol.holders"
local progress = require "ntvol.progress"

local M = {}

local function to_seconds(text)
  local seconds = tonumber(text)
  if not seconds or seconds ~= seconds or seconds < 0 or seconds > 86400 then
    return nil, ("'%s' is not a number of seconds from 0 to 86400"):format(text)
  end
  return seconds
end

--- Adds the option to a command.
function M.flag(command)
  command:option "--wait"
    :argname "SECONDS"
    :description "Wait so long while somebody is in the way."
    :convert(to_seconds)
  return command
end

local function show(_, info)
  progress.note("waiting for " .. (info.holders and holders.text(info.holders)
    or info.reason or "others"))
end

--- A function that answers the options for the next request: all requests of a
-- command share its time.
-- @tparam table args
-- @tparam ntvol.machine machine
-- @treturn function
function M.options(args, machine)
  if not args.wait then
    return function() end
  end
  local began = core.clock(machine)
  return function()
    local left = args.wait - (core.clock(machine) - began)
    return { wait = math.max(left, 0), on_attempt = show }
  end
end

return M
