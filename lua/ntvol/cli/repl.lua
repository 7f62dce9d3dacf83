--- The command `ntvol repl`: a read-eval-print loop with a machine at hand.
-- @module ntvol.cli.repl

local complete = require "ntvol.cli.repl_complete"
local core = require "ntvol.core"
local current = require "ntvol.current"
local editor = require "ntvol.cli.editor"
local failure = require "ntvol.failure"
local ntvol = require "ntvol"
local output = require "ntvol.cli.output"
local playground = require "ntvol.cli.playground"
local progress = require "ntvol.progress"
local show = require "ntvol.cli.show"

local M = {}

local HELP = [[
ntvol    the module           ntvol.help(), ntvol.volumes()
machine  the machine          machine:help()
vol      the volume that was named, or vol = assert(machine:open "D:")
         vol:help(), vol:lock(), vol:info(), vol:close()
explain  what an error means: explain "ERROR_NOT_READY"; explain() for the
         last failure that was printed
help     this text            exit, or the end of the input, leaves
The value of an expression is printed. A statement that is not finished goes on
in the next line. A local variable ends with its line: write v = ..., not local
v = ...  Tab completes names and volumes. Ctrl-C clears the line, or cancels
what runs.]]

-- ---- printing ------------------------------------------------------------

-- The details of the last failure that was printed, for explain().
local last_failure

local function explain(what)
  what = what == nil and last_failure or what
  if what == nil then
    return "nothing has failed"
  end
  return ntvol.explain(what)
end

local function print_values(values)
  if values[1] == nil and type(values[4]) == "table" then
    last_failure = values[4]
  end
  if values.n > 0 then
    output.print(show.text(values))
  end
end

-- ---- reading -------------------------------------------------------------

local function compile(text, env)
  local chunk = load("return " .. text, "=repl", "t", env)
  if chunk then
    return chunk
  end
  return load(text, "=repl", "t", env)
end

local function is_unfinished(problem)
  return problem:find("<eof>$") ~= nil or problem:find("near <eof>$") ~= nil
end

-- Reads the next chunk: it adds lines until the chunk is complete. It returns
-- nil at the end of the input, and false and a message for a mistake.
local function read_chunk(state)
  local text = state.editor:read("> ")
  if not text then
    return nil
  end
  while true do
    local chunk, problem = compile(text, state.env)
    if chunk then
      return chunk
    elseif not is_unfinished(problem) then
      return false, problem
    end
    local line = state.editor:read(">> ")
    if not line then
      return false, problem
    end
    text = text .. line
  end
end

-- ---- the names -----------------------------------------------------------

local Exit = {}

local function print_shown(...)
  output.print(show.text(table.pack(...)))
end

local function leave()
  error(Exit, 0)
end

-- People type these words without parentheses.
local function make_words()
  local exit = setmetatable({}, { __tostring = leave, __call = leave })
  return {
    help = setmetatable({}, {
      __tostring = function() return HELP end,
      __call = function(_, topic) return topic and ntvol.help(topic) or HELP end,
    }),
    exit = exit, quit = exit, print = print_shown, explain = explain,
  }
end

local function environment(machine, volume)
  local words = make_words()
  return setmetatable({ ntvol = ntvol, machine = machine, vol = volume }, {
    __index = function(_, name)
      if words[name] ~= nil then
        return words[name]
      end
      return _G[name]
    end,
  })
end

-- ---- the loop ------------------------------------------------------------

local function say_problem(state, problem)
  output.say(tostring(problem))
  state.failed = true
end

-- Without a terminal nobody can go on after an interrupt, and a request to end
-- is one everywhere.
local function must_end(state, problem)
  return output.is_interrupt(problem)
    and (not state.interactive or core.is_terminating())
end

-- Returns false when the loop is over.
local function evaluate(state, chunk)
  local ok, problem = pcall(function()
    print_values(table.pack(chunk()))
  end)
  progress.finish()
  if ok or problem == Exit then
    return ok
  elseif must_end(state, problem) then
    error(problem, 0)
  elseif output.is_interrupt(problem) then
    output.say "interrupted"
    return true
  end
  say_problem(state, problem)
  return true
end

-- Reads and runs one chunk; returns false when the loop is over.
local function round(state)
  local chunk, problem = read_chunk(state)
  if chunk then
    return evaluate(state, chunk)
  elseif chunk == nil then
    return false
  end
  say_problem(state, problem)
  return true
end

-- The loop itself runs where no interrupt reaches; what it calls may be cut.
local function loop(state)
  core.shield(function(outside)
    local going = true
    while going do
      local ok, answer = outside(round, state)
      if ok then
        going = answer
      elseif must_end(state, answer) or not output.is_interrupt(answer) then
        error(answer, 0)
      else
        output.print "" -- the line that was typed is cleared
      end
    end
  end)
end

local function greet(machine, missing)
  output.print(core.printable(("ntvol %s on %s. Type help, or exit."):format(
    ntvol._VERSION, machine:name())))
  if missing then
    output.print(missing)
  end
end

local function make_editor(env)
  if not core.is_terminal(0) then
    return editor.plain(io.stdin, false)
  end
  core.heed_interrupts()
  return editor.terminal(function(line, from)
    return complete.find(line, from, env)
  end)
end

-- Runs the loop on stdin. It returns the exit code: 1 when something that was
-- read raised an error.
local function run(machine, name)
  local volume <close> = name and failure.try(machine:open(name)) or nil
  local env = environment(machine, volume)
  local made, missing = make_editor(env)
  local reader <close> = made
  local state = { editor = reader, env = env, failed = false,
    interactive = core.is_terminal(0) }
  if state.interactive then
    greet(machine, missing)
  end
  loop(state)
  if state.interactive then
    output.print ""
  end
  return state.failed and output.EXIT.refused or output.EXIT.ok
end

local function repl(args)
  if not args.playground then
    local machine <close> = current.machine(args.machine)
    return run(machine, args.volume)
  elseif args.machine then
    return output.usage("repl: --playground brings a machine of its own",
      "hint: leave out --machine")
  end
  local place <close> = playground.open()
  return run(place.machine, args.volume)
end

--- Adds the command to the parser.
-- @param add function(name, summary, run)
function M.add(add)
  local command = add("repl", "Explore a machine in Lua.", repl)
  command:argument "volume"
    :args "?"
    :description "A volume to open as 'vol'."
  command:flag "--playground"
    :description("Bring a simulated machine, and a journal, that are removed at"
      .. " the end.")
  command:epilog("Examples: ntvol --machine lab repl D:\n"
    .. "          ntvol repl --playground")
end

return M
