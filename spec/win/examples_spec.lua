-- The examples on Windows: without NTVOL_MACHINE they work on this computer.

local win = require "spec.win.support"

-- Other specs chose a machine, and a choice stays: these are for an example that
-- loads ntvol for the first time. Answers what puts the others back.
local function forget_modules()
  local known = {}
  for name, module in pairs(package.loaded) do
    if name:find "^ntvol" and not name:find "core$" then
      known[name], package.loaded[name] = module, nil
    end
  end
  return setmetatable({}, { __close = function()
    for name, module in pairs(known) do
      package.loaded[name] = module
    end
  end })
end

-- Runs an example in a world of its own; answers what it printed.
local function run(name, ...)
  local lines = {}
  local env = setmetatable({
    arg = { ... },
    print = function(...)
      local words = table.pack(...)
      for i = 1, words.n do
        words[i] = tostring(words[i])
      end
      lines[#lines + 1] = table.concat(words, "\t")
    end,
    os = setmetatable({
      exit = function(code)
        error({ exit = code }, 0)
      end,
    }, { __index = os }),
  }, { __index = _G })
  local _ <close> = forget_modules()
  local chunk = assert(loadfile("examples/" .. name .. ".lua", "t", env))
  local ok, problem = pcall(chunk)
  assert(ok or type(problem) == "table" and problem.exit == 0, problem)
  return table.concat(lines, "\n")
end

win.describe(_ENV, "the examples", function()
  it("list_volumes.lua lists this computer", function()
    local text = run("list_volumes")
    assert.matches("^machine win32:", text)
    assert.matches("PhysicalDrive%d", text)
  end)

  it("raw_sectors.lua prints bytes of a real volume", function()
    local text = run("raw_sectors", "G:", "1")
    assert.matches("0000000200  30 30 30", text)
  end)

  it("windows_selftest.lua lists what may be used, and changes nothing",
    function()
      local text = run("windows_selftest")
      assert.matches("C:  [^\n]*not this one: ", text)
      assert.matches("Nothing was changed", text)
    end)

  it("change_filesystem.lua prints a plan that names the window", function()
    local text = run("change_filesystem", "C:")
    assert.matches("system's own formatter", text)
    assert.matches("Nothing was changed", text)
  end)
end)
