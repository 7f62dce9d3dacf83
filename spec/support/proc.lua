--- Runs programs for the specs that look at the tree from outside.

local M = {}

--- Whether this Lua is a Windows program.
M.windows = package.config:sub(1, 1) == "\\"

--- Quotes a word for sh.
function M.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

--- Runs a shell command without stdin. Returns what it printed on both
--- channels, and its exit status (128 and more: a signal).
function M.run(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} </dev/null 2>&1", "r"))
  local output = pipe:read("a")
  local _, how, code = pipe:close()
  return output, how == "signal" and 128 + code or code
end

--- What a machine calls this path of the host: on Windows the full one.
function M.native(path)
  return path
end

--- Starts a shell command that writes to the FIFO `out`, and returns a file:
--- the command reads what is written to it. Closing the file waits until the
--- command has ended.
function M.feed(command, out) -- luacheck: no unused args
  return assert(io.popen(command, "w"))
end

--- Ends a process with no chance to clean up.
function M.kill(pid)
  M.lines("kill -9 " .. pid)
end

if M.windows then
  local here = require "spec.support.win.proc"
  for name, f in pairs(here) do
    M[name] = f
  end
end

--- The lines that a command prints; fails when the command does.
function M.lines(command)
  local output, code = M.run(command)
  assert(code == 0, ("%s: exit %d: %s"):format(command, code, output))
  local lines = {}
  for line in output:gmatch("[^\n]+") do
    lines[#lines + 1] = line
  end
  return lines
end

--- Whether a program is there.
function M.has(program)
  local _, code = M.run("command -v " .. M.quote(program))
  return code == 0
end

--- What a file holds.
function M.slurp(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("a")
  file:close()
  return content
end

return M
