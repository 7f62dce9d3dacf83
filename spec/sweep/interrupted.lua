-- Runs `ntvol` and sends it a signal at a moment that is the same each time.
--
--   interrupted.lua KIND N SIGNAL AGAIN FILE WORDS...
--
-- KIND says what is counted: "progress" calls, "step" calls, or "hook":
-- instructions of Lua, on whatever thread they run. SIGNAL is sent at the Nth,
-- and once more so many instructions later when AGAIN is not 0. At the end the
-- number of each is written to FILE.

local core = require "ntvol.core"
local progress = require "ntvol.progress"
local runs = require "ntvol.run"

local kind, at, signal, again, file = arg[1], tonumber(arg[2]), arg[3],
  tonumber(arg[4]), arg[5]
local counts = { progress = 0, step = 0, hook = 0 }

local function send()
  -- not os.execute, which ignores the signal meanwhile
  io.popen(("kill -%s %d"):format(signal, core.pid())):close()
end

local function count(what)
  counts[what] = counts[what] + 1
  if what == kind and counts[what] == at then
    send()
    if again > 0 then
      kind, at, again = "hook", counts.hook + again, 0
    end
  end
end

local function counting(what, f)
  return function(...)
    count(what)
    if f then
      return f(...)
    end
  end
end

progress.bar = counting("progress", progress.bar)

local new = runs.new
function runs.new(plan, opts)
  opts.on_step = counting("step", opts.on_step)
  return new(plan, opts)
end

local function watch()
  debug.sethook(function() count "hook" end, "", 1)
end

-- A shield takes the hook away; here it is what counts.
local shield = core.shield
function core.shield(f, ...)
  return shield(function(...)
    watch()
    return f(...)
  end, ...)
end

local function leave(code)
  debug.sethook()
  local out = assert(io.open(file, "w"))
  assert(out:write(("return { progress = %d, step = %d, hook = %d }"):format(
    counts.progress, counts.step, counts.hook)))
  assert(out:close())
  os.exit(code, true)
end

local words = table.move(arg, 6, #arg, 1, {})
local main = require "ntvol.cli".main
watch()
main(words, leave)
