-- Watching across processes: a process sees what others do, in order, and does
-- nothing while it waits.

local core = require "ntvol.core"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local lab, machine

-- Makes the machine: two volumes without a file system.
local function start(finally)
  local defer = machines.cleanup(finally)
  lab = tempdir(defer) .. "/lab"
  machine = assert(sim.create(lab, { disks = {
    { size = machines.RAW_SIZE }, { size = machines.RAW_SIZE } } }))
  defer(function()
    machine:close()
  end)
  return defer
end

local function connect(defer)
  local child = process.start(defer)
  child:run(("machine = assert(core.connect('sim', %q))"):format(lab))
  return child
end

-- A process that watches, and says what it sees, until an event has this name.
local function watcher(defer, last)
  local child = connect(defer)
  child:send(([[
    local watch = assert(machine:watch())
    say "ready"
    for event in watch do
      say(event.name .. " " .. event.target .. " " .. event.pid)
      if event.name == %q then
        break
      end
    end]]):format(last))
  child:expect "ready"
  defer(function()
    if child.to then
      child:kill() -- it may be waiting
    end
  end)
  return child
end

-- How often the system let a process run since it started: it slept between.
local function wakeups(pid)
  local status = proc.slurp(("/proc/%d/status"):format(pid))
  return tonumber(status:match("\nvoluntary_ctxt_switches:%s*(%d+)"))
end

-- Waits until a process sleeps: on a busy machine it may not have come so far,
-- and then it finds what happened without being woken.
local function until_asleep(pid)
  for _ = 1, 1000 do
    if proc.slurp(("/proc/%d/stat"):format(pid)):match "%) (%a)" == "S" then
      return
    end
    os.execute "sleep 0.01"
  end
end

-- The number of this process, as an event of its own has it.
local function own_pid()
  for _, event in ipairs(assert(machine:events())) do
    if event.target == "E:" then
      return event.pid
    end
  end
end

describe("a process that watches", function()
  it("sees what others do, in order, with who did it", function()
    local defer = start(finally)
    local seer, actor = watcher(defer, "UNMASKED"), connect(defer)
    actor:run [[
      vol = assert(machine:open "D:")
      guard = assert(vol:lock())]]
    seer:expect("LOCK D: " .. actor.pid)
    local other = assert(machine:open "E:")
    assert(other:lock())
    seer:expect("LOCK E: " .. own_pid())
    actor:run "assert(guard:unlock())"
    seer:expect("UNLOCK D: " .. actor.pid)
    actor:run "assert(vol:close())"
    assert(machine:mask(0))
    assert(machine:unmask(0))
    for _, name in ipairs { "MASKED PhysicalDrive0", "SURPRISE_REMOVAL D:",
      "SURPRISE_REMOVAL PhysicalDrive0", "UNMASKED PhysicalDrive0" } do
      seer:expect(name .. " " .. own_pid())
    end
    seer:answer()
  end)

  it("loses nothing of what happens while it is busy", function()
    local defer = start(finally)
    local seer = connect(defer)
    seer:send [[
      local watch = assert(machine:watch())
      say "ready"
      hear()
      local names = {}
      for event in watch do
        names[#names + 1] = event.name
        if #names == 200 then
          return table.concat(names, " ")
        end
      end]]
    seer:expect "ready"
    local volume = assert(machine:open "D:")
    for _ = 1, 100 do
      assert(volume:lock()):unlock()
    end
    seer.to:write("go\n")
    assert.equal(("LOCK UNLOCK "):rep(100):sub(1, -2), (seer:answer()))
  end)

  it("sees the end of a lock of a killed process when another cleans up",
    function()
      local defer = start(finally)
      local seer, actor = watcher(defer, "UNLOCK"), connect(defer)
      actor:run [[
        vol = assert(machine:open "D:")
        guard = assert(vol:lock())]]
      seer:expect("LOCK D: " .. actor.pid)
      actor:kill()
      assert(machine:open "D:") -- cleans up first
      seer:expect("UNLOCK D: " .. actor.pid)
      seer:answer()
    end)

  it("sleeps until something is written", function()
    if proc.windows then
      pending "how often a process wakes is read from /proc"
      return
    end
    local defer = start(finally)
    local seer = connect(defer)
    local before = wakeups(seer.pid)
    seer:send [[
      for _ in assert(machine:watch(nil, 2.5)) do
        error "nobody did anything"
      end
      return "over"]]
    assert.equal("over", (seer:answer()))
    -- three slices of at most a second, and the talk over the pipe
    local count = wakeups(seer.pid) - before
    assert(count <= 12, count .. " wakeups")
  end)

  it("wakes for what others do, and not by itself", function()
    if proc.windows then
      pending "how often a process wakes is read from /proc"
      return
    end
    local defer = start(finally)
    local seer, actor = watcher(defer, "UNLOCK"), connect(defer)
    until_asleep(seer.pid)
    local before = wakeups(seer.pid)
    for _ = 1, 5 do
      actor:run "assert(assert(machine:open 'E:'):close())"
    end
    actor:run [[
      vol = assert(machine:open "D:")
      assert(vol:lock()):unlock()]]
    seer:expect("LOCK D: " .. actor.pid)
    seer:expect("UNLOCK D: " .. actor.pid)
    seer:answer()
    -- 13 transactions of others, which write some pages each
    local count = wakeups(seer.pid) - before
    assert(count >= 1 and count <= 200, count .. " wakeups")
  end)

  it("does not see its own past, others see all of it", function()
    local defer = start(finally)
    local child = connect(defer)
    local volume = assert(machine:open "D:")
    assert(volume:lock())
    assert.equal("", child:run [[
      local names = ""
      for event in assert(machine:watch(nil, 0)) do
        names = names .. event.name
      end
      return names]])
    assert.equal("LOCK", child:run [[
      local names = ""
      for event in assert(machine:watch(0, 0)) do
        names = names .. event.name
      end
      return names]])
  end)
end)

describe("a subscriber", function()
  it("hears of its own connection, not of other processes", function()
    local defer = start(finally)
    local child = connect(defer)
    local names = {}
    local sub <close> = assert(machine:subscribe(function(event)
      names[#names + 1] = event.name .. " " .. event.target
    end))
    child:run "assert(assert(machine:open 'D:'):lock())"
    assert(machine:volumes())
    assert.same({}, names)
    child:kill()
    local own = assert(machine:open "E:")
    assert(own:lock())
    -- this connection cleaned up after the child
    assert.same({ "UNLOCK D:", "LOCK E:" }, names)
    assert.equal("subscription", core.type(sub))
  end)

  it("keeps nobody out: others go on while it is told", function()
    local defer = start(finally)
    local child = connect(defer)
    child:run "vol = assert(machine:open 'D:')"
    local volume = assert(machine:open "D:")
    local code
    local sub <close> = assert(machine:subscribe(function(event)
      if event.name == "LOCK" then
        assert.is_true(child:run "return vol:close()")
        code = select(3, child:run "return machine:open 'Z:'")
      end
    end))
    assert(volume:lock())
    assert.equal("ERROR_FILE_NOT_FOUND", code)
    assert.equal("subscription", core.type(sub))
  end)
end)
