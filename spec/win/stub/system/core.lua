--- What busted needs of lua-system's C part, in Lua: the run under Wine has no
-- such DLL. In Windows' C library os.clock() is the time since the start of the
-- process.

local M = {}

local started = os.time() - os.clock()

function M.gettime()
  return started + os.clock()
end

M.monotime = os.clock

function M.sleep(seconds)
  local stop = os.clock() + seconds
  repeat until os.clock() >= stop
end

return M
