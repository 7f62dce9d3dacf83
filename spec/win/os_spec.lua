-- Runs spec/win/tool/os_test.c, which tests the table of Windows itself, and
-- makes a test of every line that it reports.

local win = require "spec.win.support"

local function run()
  local program = os.getenv "NTVOL_BUILD":gsub("/", "\\") .. "\\os_test.exe"
  local pipe = assert(io.popen(program))
  local output = pipe:read "a"
  return output:gsub("\r", ""), pipe:close()
end

describe("on Windows: the table of functions:", function()
  local reason = win.absent()
  if reason then
    pending(reason)
    return
  end
  local output, ended_well = run()
  local result = require("spec.support.tap").parse(output)
  for _, test in ipairs(result.tests) do
    it(test.name, function()
      assert(test.ok, "not ok\n" .. table.concat(test.notes, "\n"))
    end)
  end

  it("ran to its end", function()
    assert.is_true(ended_well, output)
    assert.equal(result.planned, #result.tests, output)
    assert(#result.tests > 0)
  end)
end)
