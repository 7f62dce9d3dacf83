--- proc.run under Wine: the specs' helper programs (mkfs.fat, mtools, sqlite3,
--- truncate ...) are programs of the host, and tools/windows/host.sh runs them.
--- Paths without a drive letter mean the same on both sides, because the run
--- starts on drive Z:, the root of the host.
---
--- On Windows itself there is no such host: no program is found.

local folder = os.getenv "NTVOL_WINE_HOST"
local ask, answer

local M = {}

local function connect()
  ask = ask or assert(io.open(folder .. "/ask", "wb"))
  answer = answer or assert(io.open(folder .. "/answer", "rb"))
end

-- A path that a machine named, Z:\dir\file, as the host calls it.
local function to_host(command)
  return (command:gsub("Z:(\\[^%s'\"]*)", function(path)
    return path:gsub("\\", "/")
  end))
end

--- The other way round, for a full path.
function M.native(path)
  return (path:gsub("^/.*", function(full)
    return "Z:" .. full:gsub("/", "\\")
  end))
end

function M.run(command)
  if not folder then
    return "no shell here\n", 127
  end
  connect()
  local file = assert(io.open(folder .. "/command", "wb"))
  assert(file:write(to_host(command), "\n"))
  assert(file:close())
  assert(ask:write("run\n"))
  assert(ask:flush())
  local code = assert(tonumber(answer:read("l")))
  local output <close> = assert(io.open(folder .. "/output", "rb"))
  -- A child that is a Windows program ends its lines as they do there.
  return (output:read("a"):gsub("\r\n", "\n")), code
end

function M.kill(pid)
  os.execute(("taskkill /F /PID %d >NUL 2>&1"):format(pid))
end

-- A pipe to a program of the host.
local feeder = {}
feeder.__index = feeder

function feeder:setvbuf(mode)
  return self.pipe:setvbuf(mode)
end

function feeder:write(...)
  return self.pipe:write(...) and self.pipe:flush()
end

function feeder:close()
  self.pipe:close()
  M.run(("while [ ! -e %s/ended ]; do sleep 0.02; done; rm -r %s")
    :format(self.folder, self.folder))
end

function M.feed(command, out)
  local made = M.run "mktemp -d"
  local self = setmetatable({ folder = made:match("%S+") }, feeder)
  local pipe = self.folder .. "/pipe"
  M.run("mkfifo " .. pipe)
  -- Wine never waits for the other end of a FIFO: ours is open before the
  -- command begins, and the shell holds the one of `out` while it runs.
  self.pipe = assert(io.open(pipe, "wb"))
  local output, code = M.run(
    ("exec 7<>%s; { ( %s\n) <%s 7>&-; : >%s/ended; } &"):format(out, command,
      pipe, self.folder))
  assert(code == 0, output)
  return self
end

return M
