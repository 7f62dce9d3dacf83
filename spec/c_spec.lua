-- Runs the C test programs, which `make tests` builds from spec/c/*_test.c,
-- and makes a test of every line that they report.

local ctest = require "spec.support.ctest"
local proc = require "spec.support.proc"

local build = os.getenv("NTVOL_BUILD") or "build/release"
-- `make valgrind` puts valgrind before each program.
local checker = os.getenv("NTVOL_CHECKER") or ""
-- tools/suite.sh gives each C test a process of its own.
local only = os.getenv "NTVOL_C_TEST"

local function name_of(source)
  return source:match("([^/]+)%.c$")
end

local function make_test(test)
  it(test.name, function()
    if test.skip then
      pending(test.skip)
    end
    assert(test.ok, "not ok\n" .. table.concat(test.notes, "\n"))
  end)
end

local function make_tests(source)
  local name = name_of(source)
  local program = build .. "/c/" .. name
  local result = ctest.run(checker .. " " .. proc.quote(program))
  describe(name, function()
    for _, test in ipairs(result.tests) do
      make_test(test)
    end
    it("ran to its end", function()
      assert(not result.problem, ("%s %s"):format(name, result.problem))
    end)
  end)
end

describe("C:", function()
  for _, source in ipairs(only and { only } or proc.lines("ls spec/c/*_test.c")) do
    make_tests(source)
  end
end)
