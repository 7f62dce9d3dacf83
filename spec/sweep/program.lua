--- Runs a program of a sweep with a shim of spec/c preloaded.

local assert = require "luassert"
local proc = require "spec.support.proc"
local sweep = require "spec.support.sweep"
local tap = require "spec.support.tap"
local tempdir = require "spec.support.tempdir"

local M = {}

--- Why no shim can stand before the C library; nil when one can.
function M.preloaded()
  return (os.getenv "LD_PRELOAD" or "") ~= "" and "something else is preloaded"
    or nil
end

--- Runs it in a folder of its own; fails with the tests that failed, or with the
-- last line of a program that died.
-- @param finally of busted
-- @param shim name of the shim
-- @param script path of the Lua program
-- @param what its second argument
function M.run(finally, shim, script, what)
  local folder = tempdir(finally)
  local output, code = proc.run(("NTVOL_STATE=%s LD_PRELOAD=%s %s %s %s %s")
    :format(proc.quote(folder .. "/state"),
      proc.quote(assert(os.getenv "NTVOL_BUILD") .. "/" .. shim .. ".so"),
      os.getenv "LUA" or "lua5.4", script, proc.quote(folder), what))
  local result, bad = tap.parse(output), {}
  for _, test in ipairs(result.tests) do
    if not test.ok then
      bad[#bad + 1] = test.name .. "\n" .. table.concat(test.notes, "\n", 1,
        math.min(#test.notes, 12))
    end
  end
  local last = output:match "([^\n]*)\n*$"
  assert(code == 0, ("exit %d after: %s"):format(code, last))
  assert(#bad == 0, ("seed %d: %s"):format(sweep.seed,
    table.concat(bad, "\n")))
  assert(#result.tests > 0 and result.planned == #result.tests,
    "it ended early: " .. last)
end

return M
