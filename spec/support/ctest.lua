--- Runs a program that prints TAP, and says how it ended: a crash has a name.

local proc = require "spec.support.proc"
local tap = require "spec.support.tap"

local M = {}

local function signal_name(code)
  local names = proc.run("kill -l " .. code - 128)
  return "SIG" .. names:match "%S+":gsub("^SIG", "")
end

-- How a process ended, in words; nil when it ended well.
local function how(code)
  if code > 128 then
    return ("killed by signal %d, %s"):format(code - 128, signal_name(code))
  end
  return code ~= 0 and ("ended with exit status %d"):format(code) or nil
end

-- This is plain Lua: whoever runs programs with a checker in them loads none of
-- our C code.
local function last_line(output)
  local last = "it printed nothing"
  for line in output:gmatch "[^\n]+" do
    last = "its last line: " .. line:gsub("[^ -~]", function(byte)
      return ("\\x%02x"):format(byte:byte())
    end)
  end
  return last
end

local function problem_of(result, code)
  if how(code) then
    return how(code)
  elseif not result.planned then
    return "ended early: it printed no plan"
  elseif result.planned ~= #result.tests then
    return ("ended early: %d tests of %d"):format(#result.tests,
      result.planned)
  elseif #result.tests == 0 then
    return "has no test"
  end
end

--- Runs it. A test that failed ends the program with 1: that alone is no
-- problem of the program's.
-- @param line the command
-- @return what spec.support.tap reads, with `problem`: how it died, in words,
--  with its last line; nil when it ran to its end
function M.run(line)
  -- without a shell above it that says "Segmentation fault" itself
  local output, code = proc.run("exec " .. line)
  local result = tap.parse(output)
  local failed = false
  for _, test in ipairs(result.tests) do
    failed = failed or not test.ok
  end
  local problem = problem_of(result, failed and code == 1 and 0 or code)
  result.problem = problem and ("%s; %s"):format(problem, last_line(output))
  return result
end

return M
