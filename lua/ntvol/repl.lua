--- A small read-eval-print loop with a machine at hand.
-- @module ntvol.repl

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local ntvol = require "ntvol"
local output = require "ntvol.cli.output"
local progress = require "ntvol.progress"

local M = {}

local HELP = [[
ntvol    the module           ntvol.help()
machine  the machine          machine:help()
vol      the volume that was named, or vol = assert(machine:open "D:")
         vol:help(), vol:lock(), vol:info(), vol:close()
explain  what an error means: explain "ERROR_NOT_READY"; explain() for the
         last failure that was printed
help     this text            exit, or the end of the input, leaves
The value of an expression is printed. A statement that is not finished goes on
in the next line. A local variable ends with its line: write v = ..., not local
v = ...]]

-- ---- printing ------------------------------------------------------------

local function is_plain(value)
  local meta = debug.getmetatable(value)
  return type(value) == "table" and not (meta and meta.__tostring)
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then
      return a < b
    end
    return type(a) < type(b)
  end)
  return keys
end

-- A list is printed with one entry in each line, any other table with one field
-- in each line.
local function write_table(write, value)
  if next(value) == nil then
    return write("{}\n")
  end
  local list = #value > 0
  for _, key in ipairs(sorted_keys(value)) do
    local text = tostring(value[key])
    write(core.printable(list and math.type(key) and text or
      ("%s = %s"):format(tostring(key), text)), "\n")
  end
end

-- The details of the last failure that was printed, for explain().
local last_failure

local function explain(what)
  what = what == nil and last_failure or what
  if what == nil then
    return "nothing has failed"
  end
  return ntvol.explain(what)
end

local function write_values(write, values)
  if values[1] == nil and type(values[4]) == "table" then
    last_failure = values[4]
  end
  if values.n == 1 and is_plain(values[1]) then
    return write_table(write, values[1])
  elseif values[1] == nil and type(values[2]) == "string" then
    return write("nil: ", values[2], "\n")
  end
  local texts = {}
  for i = 1, values.n do
    texts[i] = tostring(values[i])
  end
  if values.n > 0 then
    write(table.concat(texts, "\t"), "\n")
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
  state.prompt("> ")
  local text = state.input:read("L")
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
    state.prompt(">> ")
    local line = state.input:read("L")
    if not line then
      return false, problem
    end
    text = text .. line
  end
end

-- ---- the loop ------------------------------------------------------------

local Exit = {}

-- The function print of the loop. Its text may come from a disk, so control
-- characters are made visible.
local function print_shown(...)
  local texts = table.pack(...)
  for i = 1, texts.n do
    texts[i] = tostring(texts[i])
  end
  output.print(table.concat(texts, "\t"))
end

local function environment(machine, volume)
  local env = { ntvol = ntvol, machine = machine, vol = volume }
  -- People type these words without parentheses.
  local words = {
    help = setmetatable({}, {
      __tostring = function() return HELP end,
      __call = function(_, topic) return topic and ntvol.help(topic) or HELP end,
    }),
    exit = setmetatable({}, {
      __tostring = function() error(Exit, 0) end,
      __call = function() error(Exit, 0) end,
    }),
  }
  words.quit = words.exit
  words.print = print_shown
  words.explain = explain
  return setmetatable(env, {
    __index = function(_, name)
      if words[name] ~= nil then
        return words[name]
      end
      return _G[name]
    end,
  })
end

local function evaluate(state, chunk)
  local ok, problem = pcall(function()
    write_values(state.write, table.pack(chunk()))
  end)
  progress.finish()
  if not ok and problem ~= Exit then
    output.say(tostring(problem))
    state.failed = true
  end
  return ok or problem ~= Exit
end

local function loop(state)
  while true do
    local chunk, problem = read_chunk(state)
    if chunk == nil then
      return
    elseif not chunk then
      output.say(problem)
      state.failed = true
    elseif not evaluate(state, chunk) then
      return
    end
  end
end

local function prompter(interactive)
  return function(text)
    if interactive then
      output.write(text)
      output.send()
    end
  end
end

--- Runs the loop on stdin.
-- @tparam table options `machine`, and optional: `volume` (a name to open as
--  `vol`), `input` (a file)
-- @treturn integer exit code: 1 when something that was read raised an error
function M.run(options)
  local machine = options.machine
  local volume <close> = options.volume
    and failure.try(machine:open(options.volume)) or nil
  local interactive = not options.input and core.is_terminal(0)
  local state = {
    input = options.input or io.stdin, env = environment(machine, volume),
    write = function(...) output.write(table.concat { ... }) end,
    prompt = prompter(interactive), failed = false,
  }
  if interactive then
    output.print(core.printable(("ntvol %s on %s. Type help, or exit."):format(
      ntvol._VERSION, machine:name())))
  end
  loop(state)
  if interactive then
    output.print ""
  end
  return state.failed and 1 or 0
end

return M
