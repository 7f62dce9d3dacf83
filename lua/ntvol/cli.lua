--- The command `ntvol`.
-- @module ntvol.cli

local argparse = require "argparse"
local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local ntvol = require "ntvol"
local output = require "ntvol.cli.output"
local progress = require "ntvol.progress"
local shortage = require "ntvol.shortage"
local unfinished = require "ntvol.unfinished"
local values = require "ntvol.cli.values"
local words = require "ntvol.cli.words"

local M = {}

local EPILOG = [[
The machine is what --machine names: a folder with a simulated machine, or
sim:FOLDER; else what the variable NTVOL_MACHINE names; else this computer.

Lists are aligned columns on a terminal. In a pipe the fields have tabs between
them and sizes are bytes; --json is made for programs.

Exit codes: 0 done, 1 refused by the machine, 2 wrong usage, or the
confirmation (--erase, --yes) is missing, 3 not found, 4 in use,
5 cancelled, 6 not supported here.
"ntvol lock" and "ntvol exclusive" pass on the exit code of their command.

Examples:
  ntvol sim create lab --disk 64M:fat:D:OLD
  ntvol --machine lab volumes
  ntvol --machine lab change-fs D: --to ntfs --erase D:]]

-- ---- the parser ----------------------------------------------------------

local function json_flag(command)
  command:flag "--json"
    :description "Print JSON."
  return command
end

-- A function add(name, summary, run) that adds commands below `parent`.
local function adder(parent, commands, prefix, needs_machine)
  return function(name, summary, run)
    local command = parent:command(name)
      :summary(summary)
      :description(summary)
    commands[prefix .. name] = { run = run, needs_machine = needs_machine }
    return command
  end
end

local function make_parser(commands)
  local parser = argparse("ntvol", "NT volume control.", EPILOG)
  parser:help_max_width(79)
  parser:command_target "command_name"
  parser:option "--machine"
    :argname "SPEC"
    :description "The machine to work on: lab, sim:lab."
  parser:flag "--version"
    :description "Print the version."
    :action(function()
      output.print("ntvol " .. ntvol._VERSION)
      os.exit(output.EXIT.ok)
    end)
  local add = adder(parser, commands, "", true)
  require "ntvol.cli.list".add(add, json_flag)
  require "ntvol.cli.verbs".add(add, json_flag)
  require "ntvol.cli.plans".add(add, json_flag)
  require "ntvol.cli.explain".add(adder(parser, commands, "", false), json_flag)
  require "ntvol.cli.undo".add(add, json_flag)
  require "ntvol.cli.journal".add(adder(parser, commands, "", false), json_flag)
  local sim = parser:command("sim")
    :summary "Create and manage simulated machines."
    :description "Create and manage simulated machines."
    :command_target "sim_name"
  require "ntvol.cli.sim".add(adder(sim, commands, "sim ", false), json_flag)
  require "ntvol.cli.repl".add(adder(parser, commands, "", false))
  require "ntvol.cli.manual".add(adder(parser, commands, "", false), parser,
    ntvol._VERSION)
  return parser
end

-- What is raised for wrong usage, and for what this process lacks.
local Usage, Shortage = {}, {}

-- What stands below a message about wrong usage: what a word of another tool
-- is called here, else how the command is used.
local function usage_of(at, tip, argv)
  local row = words.find(argv)
  if row then
    return "hint: " .. words.hint(row)
  end
  local usage = at:get_usage()
  return ("%s\n%shint: see %s --help"):format(usage,
    tip and "hint: " .. tip .. "\n" or "", usage:match "^Usage: ([%w -]*%w)")
end

local function parse(parser, argv)
  parser.error = function(at, text)
    local message, tip = text:match "^(.-)\n(Did you mean.*)$"
    local negative = values.of_negative(text)
    if negative then
      message, tip = negative, nil
    end
    error(setmetatable({ message = message or text,
      usage = usage_of(at, tip, argv) }, Usage), 0)
  end
  return parser:parse(values.join_negative(argv))
end

-- ---- running -------------------------------------------------------------

-- These commands are about what was interrupted, and tell it themselves.
local TELLS = { recover = true, undo = true }

-- Says what a crash or a kill left of the object of the command.
local function tell_unfinished(command, args, machine)
  local name = args.volume or args.disk or args.name
  if not name or TELLS[command] then
    return
  end
  for _, line in ipairs(unfinished.lines(machine, name)) do
    output.say("ntvol: " .. line[1] .. "\nhint: " .. line[2])
  end
end

local function run(commands, args)
  local name = args.command_name
  if args.sim_name then
    name = name .. " " .. args.sim_name
  end
  local command = commands[name]
  if not command.needs_machine then
    args.ended.begun = true
    return command.run(args)
  end
  local machine <close> = current.machine(args.machine)
  tell_unfinished(name, args, machine)
  args.ended.begun = true
  return command.run(args, machine)
end

-- What this process lacks, as a problem; nil when that is not why.
local function as_shortage(problem)
  local lacking = shortage.lacking(tostring(problem))
  return lacking and setmetatable({
    words = shortage.words(lacking, tostring(problem)) }, Shortage)
end

local function handle(problem)
  if getmetatable(problem) == Usage or output.is_interrupt(problem)
    or failure.is_raised(problem) then
    return problem
  end
  return as_shortage(problem) or failure.traceback(problem)
end

-- A command that has not begun cannot have changed anything.
local function explain_interrupt(begun)
  output.say(begun and "ntvol: interrupted\n"
      .. "hint: see what there is now: ntvol volumes"
    or "ntvol: interrupted: nothing was changed")
  return output.EXIT.cancelled
end

local function explain(problem, begun)
  progress.finish()
  if problem == "not enough memory" then
    problem = as_shortage(problem) -- Lua calls no handler for this one
  end
  if getmetatable(problem) == Usage then
    return output.usage(problem.message, problem.usage)
  elseif getmetatable(problem) == Shortage then
    output.say(problem.words)
    return output.EXIT.refused
  elseif output.is_interrupt(problem) then
    return explain_interrupt(begun)
  elseif failure.is_raised(problem) then
    return output.fail(problem.message, problem.code, problem.info)
  end
  output.say("ntvol: internal error: " .. problem)
  return output.EXIT.refused
end

-- Whether the words of the command, not those of a program that it runs, ask for
-- JSON. The parser cannot say so when it refuses them.
local function wants_json(argv)
  for _, word in ipairs(argv) do
    if word == "--" then
      break
    elseif word == "--json" then
      return true
    end
  end
  return false
end

-- When an interrupt arrives after a command has said how it ended
-- (`ended.code`), that exit code stays.
local function main(outside, argv, ended)
  local called, ok, result = outside(xpcall, function()
    local commands = {}
    local args = parse(make_parser(commands), argv)
    args.ended = ended
    return run(commands, args)
  end, handle)
  if not called then
    ok, result = false, ok
  end
  if ended.code and not ok and output.is_interrupt(result) then
    return ended.code
  end
  return ok and result or not ok and explain(result, ended.begun)
end

--- Runs the command with these arguments.
-- @tparam {string,...} argv
-- @tparam[opt] function leave it is called with the exit code at the end, when
--  no interrupt can arrive any more
-- @treturn integer exit code
function M.main(argv, leave)
  warn("@on") -- a handle that cannot be closed is told by a warning
  core.heed_termination()
  core.outlive_limits()
  if wants_json(argv) then
    output.say_json()
  end
  return core.shield(function(outside)
    local code = output.flush(main(outside, argv, {}))
    if leave then
      leave(code)
    end
    return code
  end)
end

return M
