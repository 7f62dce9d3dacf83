-- volume:run: a program and its words. What comes to this process meanwhile is
-- tested in spec/cli/signals_spec.lua.

local helpers = require "spec.helpers"
local proc = require "spec.support.proc"

local raises = helpers.raises

-- Words that run a Lua program.
local function lua(...)
  local name = proc.windows and os.getenv "NTVOL_BUILD" .. "/../bin/lua.exe"
    or "lua5.4"
  return { name, "-e", ... }
end

describe("a program that is run", function()
  before_each(helpers.start)
  after_each(helpers.finish)

  it("gets its words as they are, and returns its status", function()
    local volume = helpers.volume()
    local null = proc.windows and "NUL" or "/dev/null"
    local words = { "a b", 'say "x"', "C:\\dir\\", 'a\\"b', "", "it's", "*" }
    for _, word in ipairs(words) do
      assert.equal(0, volume:run(lua(
        ("os.exit(arg[1] == %q)"):format(word), null, word)), word)
    end
  end)

  it("returns 128 and more for a signal", function()
    if proc.windows then
      pending "there are no signals on Windows"
    end
    local volume = helpers.volume()
    assert.equal(128 + 9, volume:run { "sh", "-c", "kill -9 $$" })
    assert.equal(7, volume:run { "sh", "-c", "exit 7" })
  end)

  it("is missing: a refusal that names it, and says what to do", function()
    local volume = helpers.volume()
    local message, info = helpers.refused("ERROR_FILE_NOT_FOUND",
      volume:run { "no-such-program-anywhere" })
    assert.equal("run", info.op)
    assert.equal("no-such-program-anywhere", info.target)
    assert.equal("tool", info.reason)
    assert.matches("^run 'no%-such%-program%-anywhere': ", message)
    assert(info.hint)
  end)

  it("is a list of strings", function()
    local volume = helpers.volume()
    raises("table expected, got no value", volume.run, volume)
    raises("table expected, got string", volume.run, volume, "true")
    raises("no program is named", volume.run, volume, {})
    raises("no program is named", volume.run, volume, { "" })
    raises("its words must be strings", volume.run, volume, { "true", 1 })
    raises("a word has a zero byte in it", volume.run, volume, { "a\0b" })
    raises("unknown option 'stderr'", volume.run, volume, { "true" },
      { stderr = true })
    raises("run takes no options", volume.run, volume, { "true" }, {}, false)
  end)
end)
