-- ntvol explain, and explain in the REPL.

local cjson = require "cjson"
local command = require "spec.support.command"
local explain = require "ntvol.explain"
local ntvol = require "ntvol"
local tempdir = require "spec.support.tempdir"

describe("the command ntvol explain", function()
  local function run(finally, words)
    return command.capture(command.line(words), tempdir(finally))
  end

  it("prints text, and needs no machine", function()
    local result = run(finally, { "explain", "ERROR_NOT_READY" })
    assert.equal(0, result.code, result.err)
    assert.equal(tostring(explain.explain("ERROR_NOT_READY", "command")) .. "\n",
      result.out)
  end)

  it("says what to do next in the words of the command line", function()
    local result = run(finally, { "explain", "in_use" })
    assert(result.out:find("next: close all handles to it, or wait: --wait 10\n", 1, true),
      result.out)
    assert(tostring(ntvol.explain "in_use"):find(
      "next: close all handles to it, or wait: wait = 10\n", 1, true))
  end)

  it("prints JSON", function()
    local result = run(finally, { "explain", "0xC000026E", "--json" })
    local answer = cjson.decode(result.out)
    assert.equal("STATUS_VOLUME_DISMOUNTED", answer.name)
    assert.equal("dismounted", answer.reasons[1].reason)
  end)

  it("exits with 3 for what nobody knows", function()
    local result = run(finally, { "explain", "nonsense" })
    assert.equal(3, result.code)
    assert(result.err:find("hint: name one like", 1, true), result.err)
  end)
end)

describe("explain in the REPL", function()
  it("explains what is named, and the last failure", function()
    local lab = command.lab(finally, "1M:raw:D")
    local result = lab:run({ "repl", "D:" }, { input = [[
explain()
vol:unlock()
explain()
explain "in_use"
]] })
    assert.equal(0, result.code, result.err)
    assert(result.out:find("nothing has failed\n", 1, true), result.out)
    assert(result.out:find("unlock 'D:': ERROR_NOT_LOCKED, STATUS_NOT_LOCKED\n"
      .. "not_locked: ", 1, true), result.out)
    assert(result.out:find("in_use: others have it open", 1, true), result.out)
  end)
end)
