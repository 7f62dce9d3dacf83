--- How `ntvol repl` reads its lines: with history, editing and completion where
-- the module `readline` is installed, else as the terminal gives them. Ctrl-C
-- raises "interrupted!" here, and the terminal is then as it was.
-- @module ntvol.cli.editor

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local output = require "ntvol.cli.output"

local M = {}

-- ---- plain ---------------------------------------------------------------

local Plain = {}
Plain.__index = Plain

function Plain.__close()
end

-- On a terminal it waits before it reads: a signal ends the wait, but not the
-- read.
function Plain:read(prompt)
  if self.interactive then
    output.write(prompt)
    output.send()
    core.await_input()
  end
  return self.input:read("L")
end

--- Lines of a file, or of a terminal without editing.
-- @param input a file
-- @tparam boolean interactive whether it is a terminal
function M.plain(input, interactive)
  return setmetatable({ input = input, interactive = interactive }, Plain)
end

-- ---- readline ------------------------------------------------------------

local Editor = {}
Editor.__index = Editor

-- A raised error must not pass through the library. That appends a blank unless
-- it is told at every completion.
local function completer(readline, complete)
  return function(line, from, to)
    readline.set_completion_append_character ""
    local ok, list = pcall(complete, line:sub(1, to - 1), from)
    return ok and list or {}
  end
end

-- The library is only called when there is something to read, because Ctrl-C
-- does not end its own wait. After Ctrl-C the next call installs the handler
-- once more, which clears the line. It is only removed by itself: elsewhere
-- `handler_remove` writes to a stream that it has closed before.
function Editor:read(prompt)
  output.send()
  local readline, line = self.readline, nil
  self.reading = true
  readline.handler_install(prompt, function(text)
    line, self.reading = text, false
    readline.handler_remove()
  end)
  while self.reading do
    if core.await_input() then
      readline.read_char()
    end
  end
  if line and line:find "%S" and line ~= self.last then
    readline.add_history(line)
    self.last = line
  end
  return line and line .. "\n"
end

-- Gives the terminal back as it was, when a line was not finished.
function Editor:__close()
  if self.reading then
    -- The sequence ends the marks that the library has asked for around what
    -- is pasted.
    os.execute(("{ printf '\\033[?2004l'; stty %s; } <>/dev/tty >&0 2>/dev/null")
      :format(self.terminal))
  end
  if self.keeps then
    self.readline.save_history()
  end
end

-- How the terminal is set, in the words of stty.
local function terminal_mode()
  local pipe <close> = io.popen("stty -g 2>/dev/null")
  local mode = pipe and pipe:read "l"
  return mode and mode:find "^[%x:]+$" and mode or "sane"
end

-- Where earlier lines are kept; nil where there is no such place.
local function history_file()
  local folder = core.state_folder()
  return folder and folder .. "/repl_history"
end

--- A terminal with editing.
-- @tparam table readline the module of this name
-- @tparam function complete complete(line, from) returns what may stand in
--  place of the word that begins at `from`
-- @tparam[opt] string history the file of earlier lines
function M.editing(readline, complete, history)
  readline.set_options { histfile = history or "", auto_add = false,
    completion = true }
  readline.set_readline_name "ntvol"
  readline.set_complete_function(completer(readline, complete))
  return setmetatable({ readline = readline, keeps = history ~= nil,
    terminal = terminal_mode() }, Editor)
end

M.MISSING = "no history, editing and completion: the module readline for Lua"
  .. " 5.4 is not installed (Debian: apt-get install lua-readline)"

--- The editor for a terminal.
-- @tparam function complete as of `editing`
-- @treturn table a `<close>` value; `read(self, prompt)` returns a line, nil at
--  the end
-- @treturn ?string what is missing, in words
function M.terminal(complete)
  local found, readline = failure.load "readline"
  if not found or type(readline) ~= "table" or not readline.handler_install then
    return M.plain(io.stdin, true), M.MISSING
  end
  return M.editing(readline, complete, history_file())
end

return M
