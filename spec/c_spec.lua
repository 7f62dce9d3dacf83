-- Runs the C test programs, which `make tests` builds from spec/c/*_test.c,
-- and makes a test of every line that they report.

local proc = require "spec.support.proc"
local tap = require "spec.support.tap"

local build = os.getenv("NTVOL_BUILD") or "build/release"
-- `make valgrind` puts valgrind before each program.
local checker = os.getenv("NTVOL_CHECKER") or ""

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
  local output, code = proc.run(checker .. " " .. proc.quote(program))
  local result = tap.parse(output)
  describe(name, function()
    for _, test in ipairs(result.tests) do
      make_test(test)
    end
    it("ran to its end", function()
      assert.equal(0, code, output)
      assert.is_not_nil(result.planned, "no plan printed: " .. output)
      assert.equal(result.planned, #result.tests, output)
      assert(#result.tests > 0, "no test in " .. source)
    end)
  end)
end

describe("C:", function()
  for _, source in ipairs(proc.lines("ls spec/c/*_test.c")) do
    make_tests(source)
  end
end)
