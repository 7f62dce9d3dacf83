-- The other process of specs with several processes. It runs the chunks that
-- its parent sends, one a line as a quoted string, and answers each with a line
-- "= RESULTS". See process.lua, which starts it and talks to it.

local windows = package.config:sub(1, 1) == "\\"

-- Windows does not tell a Lua program its number, the history of a machine does.
local function windows_pid()
  local machine <close> = assert(require "ntvol.sim".create(":memory:",
    { disks = { "1M:raw:D" } }))
  local volume <close> = assert(machine:open "D:")
  assert(volume:lock()):unlock()
  return assert(machine:events())[1].pid
end

local function pid()
  if windows then
    return windows_pid()
  end
  local stat <close> = assert(io.open("/proc/self/stat"))
  return stat:read("n")
end

-- Values as Lua source on one line. Userdata become what they print as.
local function show(value)
  if type(value) == "table" then
    local parts = {}
    for key, field in pairs(value) do
      parts[#parts + 1] = ("[%s]=%s"):format(show(key), show(field))
    end
    return "{" .. table.concat(parts, ",") .. "}"
  elseif type(value) == "userdata" or type(value) == "function" then
    value = tostring(value)
  end
  return (("%q"):format(value):gsub("\\\n", "\\n"))
end

local function show_all(results, from)
  local parts = {}
  for i = from, results.n do
    parts[#parts + 1] = show(results[i])
  end
  return ("{n=%d,%s}"):format(results.n - from + 1, table.concat(parts, ","))
end

-- Not "line", which Windows takes for "full".
io.stdout:setvbuf("no")

local env = setmetatable({
  core = require "ntvol.core",
  sim = require "ntvol.sim.core",
  pid = pid,
  -- For what happens in the middle of a chunk.
  say = function(text)
    io.write("- ", text, "\n")
  end,
  hear = function()
    return io.read("l")
  end,
}, { __index = _G })

for line in io.lines() do
  local code = assert(load("return " .. line))()
  local chunk = assert(load(code, "=child", "t", env))
  local results = table.pack(pcall(chunk))
  if results[1] then
    io.write("= ", show_all(results, 2), "\n")
  else
    io.write("! ", show(tostring(results[2])), "\n")
  end
end
