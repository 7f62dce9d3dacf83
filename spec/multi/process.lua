--- Starts other processes and talks to them over a pipe and a FIFO. Nothing
-- waits by the clock: a reply is a line, an end is the end of the process.
--
--   local child = process.start(defer)
--   child:run [[machine = assert(core.connect("sim", "lab"))]]
--   local ok, message, code, info = child:run [[return vol:lock()]]
--   child:kill()
--
-- Chunks see `core`, `sim`, `pid()`, `say(text)`, `hear()`, and share globals.

local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local M = {}

local child = {}
child.__index = child

--- Starts a process; `defer` gets the function that ends it. `prefix` are words
-- before the command: "unshare -m".
function M.start(defer, prefix)
  local folder = tempdir(defer)
  local out, err = folder .. "/out", folder .. "/err"
  proc.lines("mkfifo " .. proc.quote(out))
  proc.lines("chmod 755 " .. proc.quote(folder))
  local command = ("LUA_PATH=%s LUA_CPATH=%s exec %s %s spec/multi/child.lua >%s 2>%s")
    :format(proc.quote(package.path), proc.quote(package.cpath), prefix or "",
      os.getenv("LUA") or "lua5.4", proc.quote(out), proc.quote(err))
  local self = setmetatable({ err = err }, child)
  self.to = proc.feed(command, proc.quote(out))
  self.to:setvbuf("line")
  self.from = assert(io.open(out, "r"))
  defer(function()
    self:stop()
  end)
  self.pid = self:run "return pid()"
  return self
end

--- The next line, nil when the process is gone.
function child:line()
  local line = self.from:read("l")
  if proc.windows and line then
    require "spec.support.win.limits".skip_when_said(line)
  end
  return line
end

--- Sends a chunk and does not wait. With end of line only: an answer to hear().
function child:send(code)
  assert(self.to, "the process has ended")
  self.to:write((("%q"):format(code):gsub("\\\n", "\\n")), "\n")
end

--- What the chunk that was sent answers; raises what it raised.
function child:answer()
  local line = self:line()
  local kind, text = (line or ""):match("^(.) (.*)$")
  if kind == "=" then
    local results = load("return " .. text)()
    return table.unpack(results, 1, results.n)
  end
  error(("child %s: %s"):format(tostring(self.pid), kind == "!"
    and load("return " .. text)() or (line or "ended: " .. proc.slurp(self.err))), 2)
end

function child:run(code)
  self:send(code)
  return self:answer()
end

--- Waits until the running chunk said this.
function child:expect(text)
  local line = self:line()
  assert(line == "- " .. text, ("said %q instead of %q: %s"):format(
    tostring(line), text, line and "" or proc.slurp(self.err)))
end

-- Ends the pipe and waits until the process is gone, with all that it held.
local function leave(self)
  if self.to then
    self.to:close()
    self.to = nil
    self.from:close()
  end
end

--- Kills it with no chance to clean up.
function child:kill()
  proc.kill(self.pid)
  leave(self)
end

--- Lets it end by itself: everything is closed by it.
function child:stop()
  leave(self)
end

return M
