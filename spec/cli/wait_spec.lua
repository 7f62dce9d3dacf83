-- ntvol holders, and --wait of ntvol lock, dismount and offline.

local cjson = require "cjson"
local command = require "spec.support.command"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"

-- A machine, and another process that has D: open.
local function start(finally)
  local defer = machines.cleanup(finally)
  local lab = command.lab(defer, "8M:fat:D")
  local child = process.start(defer)
  child:run(("machine = assert(core.connect('sim', %q))"):format(lab.path))
  child:run "vol = assert(machine:open 'D:')"
  return lab, child
end

local function run(lab, words, code)
  local result = lab:run(words)
  assert.equal(code, result.code, result.err .. result.out)
  return result
end

describe("ntvol holders", function()
  it("lists who has a volume open, with tabs in a pipe", function()
    local lab, child = start(finally)
    local result = run(lab, { "holders", "D:" }, 0)
    local head, row, more = result.out:match("^(.-)\n(.-)\n(.*)$")
    assert.equal("PID\tNAME\tHOW\tPATH\tNODE\tSINCE", head)
    local pid, name, how, path, node, since =
      row:match("^(%d+)\t(.-)\t(.-)\t(.-)\t(.-)\t(.-)$")
    assert.equal(child.pid, tonumber(pid))
    assert(name:find("lua", 1, true), name)
    assert.equal("volume handle", how)
    assert.equal("", path .. node)
    assert(since:find("^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d%.%d%d%d$"), since)
    assert.equal("", more)
    assert.equal("", result.err)
  end)

  it("says the same as JSON", function()
    local lab, child = start(finally)
    child:run "guard = assert(vol:lock())"
    local answer = cjson.decode(run(lab, { "holders", "D:", "--json" }, 0).out)
    assert.equal("D:", answer.target)
    assert.is_true(answer.complete)
    assert.equal(1, #answer.holders)
    assert.equal("lock", answer.holders[1].how)
    assert.equal(child.pid, answer.holders[1].pid)
    assert.is_false(answer.holders[1].self)
  end)

  it("returns an empty list when there is nobody", function()
    local lab = command.lab(finally, "8M:fat:D")
    assert.equal("PID\tNAME\tHOW\tPATH\tNODE\tSINCE\n",
      run(lab, { "holders", "D:" }, 0).out)
    assert.same({}, cjson.decode(run(lab, { "holders", "D:", "--json" }, 0).out)
      .holders)
  end)

  it("exits with 3 when there is no such volume", function()
    local lab = command.lab(finally, "8M:fat:D")
    run(lab, { "holders", "Q:" }, 3)
  end)
end)

describe("--wait of", function()
  local COMMANDS = {
    lock = { "lock", "D:", "--wait", "0.05", "--", "true" },
    dismount = { "dismount", "D:", "--wait", "0.05" },
    offline = { "offline", "D:", "--wait=0.05" },
  }

  for name, words in pairs(COMMANDS) do
    it("ntvol " .. name .. " ends in 'in use' when the time is over", function()
      local lab, child = start(finally)
      local result = run(lab, words, 4)
      assert(result.err:find(("attempts: 1 holder: lua5.4 (pid %d, volume"
        .. " handle)"):format(child.pid), 1, true), result.err)
      assert(result.err:find("\nhint: close all handles to it, or wait: --wait 10\n", 1, true),
        result.err)
      assert.is_nil(result.err:find("waiting for", 1, true)) -- no terminal
    end)
  end

  it("ntvol lock goes on when the holder leaves", function()
    local lab, child = start(finally)
    -- the child closes when it sees that the command has tried
    child:send [[
      for event in assert(machine:watch(0)) do
        if event.name == "LOCK_FAILED" then
          return vol:close()
        end
      end]]
    assert.equal("done\n", run(lab, { "lock", "D:", "--wait", "600", "--",
      "echo", "done" }, 0).out)
    assert.is_true(child:answer())
  end)

  it("ntvol lock says on a terminal who is waited for", function()
    local missing = machines.missing "script"
    if missing then
      pending(missing)
    end
    local lab, child = start(finally)
    local line = command.line({ "lock", "D:", "--wait", "0.2", "--", "true" },
      { machine = lab.path })
    local result = command.capture(("script -qec %s /dev/null"):format(
      proc.quote(line)), lab.folder)
    assert.equal(4, result.code, result.out)
    assert(result.out:find(("\rwaiting for 1 holder: lua5.4 (pid %d, volume"
      .. " handle)"):format(child.pid), 1, true), result.out)
  end)

  it("takes seconds", function()
    local lab = command.lab(finally, "8M:fat:D")
    for _, text in ipairs { "x", "-1", "nan", "86401" } do
      local result = run(lab, { "dismount", "D:", "--wait=" .. text }, 2)
      assert(result.err:find("not a number of seconds", 1, true), result.err)
    end
  end)
end)

describe("Ctrl-C", function()
  it("ends a wait at once", function()
    if proc.windows then
      pending "there is no SIGINT for one process"
    end
    local lab, child = start(finally)
    -- the child interrupts the command when it sees that it waits
    child:send(([[
      for event in assert(machine:watch(0)) do
        if event.name == "LOCK_FAILED" then
          return os.execute("kill -INT " .. event.pid)
        end
      end]]))
    local result = run(lab, { "lock", "D:", "--wait", "3600", "--", "true" }, 5)
    assert(result.err:find("ntvol: interrupted", 1, true), result.err)
    assert.is_true(child:answer())
  end)
end)
