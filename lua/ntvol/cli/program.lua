--- Exit statuses of the commands that run a program.
-- @module ntvol.cli.program

local output = require "ntvol.cli.output"

local M = {}

local NOT_FOUND = { ERROR_FILE_NOT_FOUND = true, ERROR_PATH_NOT_FOUND = true }

--- The exit status of a program that could not be started, as shells have it.
-- @tparam ?string code of the failure
-- @treturn integer
function M.not_started(code)
  return NOT_FOUND[code] and 127 or 126
end

--- Makes the function of a command that runs a program: it refuses an empty
-- name, else it calls `f`.
-- @tparam string verb
-- @tparam function f function(args, machine) of the command
-- @treturn function
function M.named(verb, f)
  return function(args, machine)
    if args.command[1] == "" then
      return output.usage("the name of the program is empty",
        ("hint: name one: ntvol %s D: -- command"):format(verb))
    end
    return f(args, machine)
  end
end

--- The exit status for the result of `volume:run`; a failure is printed.
-- @tparam ?integer status nil: it failed
-- @tparam[opt] string message what `run` returned then
-- @tparam[opt] string code
-- @tparam[opt] table info
-- @treturn integer
function M.status(status, message, code, info)
  if status then
    return status
  end
  output.fail(message, code, info)
  return M.not_started(code)
end

return M
