-- ntvol watch: prints what happens as it happens.

local cjson = require "cjson"
local command = require "spec.support.command"
local proc = require "spec.support.proc"

-- Starts `ntvol watch` with these words: a pipe with its output, and its number.
local function start(lab, words)
  local pipe = assert(io.popen("echo $$; exec " .. command.line(
    { "watch", table.unpack(words) }, { machine = lab.path })))
  return pipe, pipe:read("n", "l")
end

local function act(lab)
  local machine <close> = lab:connect()
  local volume <close> = assert(machine:open "D:")
  assert(volume:lock()):unlock()
end

describe("ntvol watch", function()
  it("prints a line for an event, as it happens", function()
    local lab = command.lab(finally, "8M:raw:D")
    act(lab)
    local pipe, pid = start(lab, { "--after", "0" })
    assert.matches("^%d+  %d+%-%d+%-%d+ [%d:.]+  volume  D:  LOCK  pid %d+$",
      pipe:read("l"))
    assert.matches("  UNLOCK  ", pipe:read("l"))
    act(lab) -- while the command waits
    assert.matches("  LOCK  ", pipe:read("l"))
    assert.matches("  UNLOCK  ", pipe:read("l"))
    proc.kill(pid)
    pipe:close()
  end)

  it("prints JSON, an object a line", function()
    local lab = command.lab(finally, "8M:raw:D")
    act(lab)
    local result = lab:run { "watch", "--json", "--after", "0",
      "--timeout", "0" }
    assert.equal(0, result.code, result.err)
    local names = {}
    for line in result.out:gmatch("[^\n]+") do
      local event = cjson.decode(line)
      names[#names + 1] = event.name
      assert.equal("D:", event.target)
      assert.equal(event.name == "LOCK" and 3 or 5, event.code)
      assert.equal(36, #event.guid)
    end
    assert.same({ "LOCK", "UNLOCK" }, names)
  end)

  it("begins with what happens from now on, and ends with the time", function()
    local lab = command.lab(finally, "8M:raw:D")
    act(lab)
    local result = lab:run { "watch", "--timeout", "0.05" }
    assert.equal(0, result.code, result.err)
    assert.equal("", result.out)
  end)

  it("ends at Ctrl-C with 5", function()
    local lab = command.lab(finally, "8M:raw:D")
    act(lab)
    -- the shell's child prints an event, then waits for ever
    local line = ([[
      mkfifo %s/out
      %s >%s/out &
      read -r first <%s/out
      kill -INT $!
      wait $!]]):format(lab.folder, command.line({ "watch", "--after", "0" },
      { machine = lab.path }), lab.folder, lab.folder)
    -- a shell without job control lets its children ignore the signal
    local script = lab.folder .. "/script"
    local file = assert(io.open(script, "w"))
    assert(file:write("set -m\n", line, "\n"))
    assert(file:close())
    local result = command.capture("sh " .. script, lab.folder)
    assert.equal(5, result.code, result.err .. result.out)
    assert.matches("ntvol: interrupted", result.err)
  end)

  it("refuses what is not an id or a time, and no machine", function()
    local lab = command.lab(finally, "8M:raw:D")
    for _, words in ipairs { { "--timeout", "soon" }, { "--timeout=-1" },
      { "--after", "x" }, { "D:" } } do
      local result = lab:run { "watch", table.unpack(words) }
      assert.equal(2, result.code, result.err)
    end
    local result = lab:run({ "watch" }, { machine = lab.folder .. "/none" })
    assert.equal(3, result.code, result.err)
  end)
end)
