-- S9: the process is killed between two steps. Its lock is gone, the journal
-- says where it was, and the plan can be made and run again.

local journal = require "ntvol.journal"
local ntvol = require "ntvol"
local machines = require "spec.support.machines"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

-- A machine, a journal, and a process that uses both.
local function lab(disk)
  local defer = machines.cleanup(finally)
  local folder = proc.native(tempdir(defer))
  local path = folder .. "/lab"
  assert(sim.create(path, { disks = { disk } })):close()
  local child = process.start(defer)
  child:run(([[
    plan = require "ntvol.plan"
    machine = assert(require "ntvol.sim".open(%q))
    journal = assert(require "ntvol.journal".open(%q))]]):format(path,
    folder .. "/state"))
  local machine = assert(sim.open(path))
  local log = assert(journal.open(folder .. "/state"))
  defer(function()
    machine:close()
    log:close()
  end)
  return child, machine, log
end

-- Kills the child when step `n` of the plan is about to begin.
local function kill_before(child, make, n, options)
  child:send(([[
    local object = assert(%s)
    local count = 0
    object:run { %s journal = journal, on_step = function(step, state)
      count = count + (state == "start" and 1 or 0)
      if state == "start" and count == %d then
        say "here"
        hear()
      end
    end }]]):format(make, options or "", n))
  child:expect "here"
  child:kill()
end

-- The one plan: interrupted, and its steps. A format is an operation of its
-- own, and was done.
local function interrupted(log)
  local found
  for _, entry in ipairs(assert(log:entries())) do
    if entry.plan == "format" then
      assert.equal("committed", entry.state)
      assert.equal(found.id, entry.parent)
    else
      assert.is_nil(found)
      found = assert(log:entry(entry.id))
    end
  end
  assert.equal("interrupted", found.state)
  return found
end

local function assert_done(entry, names)
  assert.equal(#names, #entry.steps)
  for i, step in ipairs(entry.steps) do
    assert.equal(names[i], step.name)
    assert.equal("done", step.outcome)
    assert(step.started <= step.ended)
  end
end

local function bytes_of(machine)
  local disk <close> = assert(machine:open("PhysicalDrive0",
    { access = "r" }))
  return assert(disk:read(0, assert(disk:size())))
end

local function assert_free(machine, name)
  local volume <close> = assert(machine:open(name))
  assert(volume:lock())
  assert(volume:unlock())
end

local CHANGE = [[plan.change_filesystem("D:", { to = "ntfs",
  machine = machine })]]

local STEPS = { "open", "lock", "identify", "format", "dismount", "unlock",
  "close", "verify" }

describe("S9: change_filesystem", function()
  for n, name in ipairs(STEPS) do
    it(("killed before step %d (%s)"):format(n, name), function()
      local child, machine, log = lab "16M:fat:D:OLD"
      kill_before(child, CHANGE, n, 'erase = "D:",')
      local entry = interrupted(log)
      assert.equal("change_filesystem", entry.plan)
      assert.equal("D:", entry.target)
      assert.equal(child.pid, entry.pid)
      assert.equal(machine:volumes()[1].guid_path, entry.identity.guid_path)
      assert_done(entry, { table.unpack(STEPS, 1, n - 1) })
      assert_free(machine, "D:")
      local found = machine:volumes()[1]
      assert.equal(n <= 4 and "FAT16" or "NTFS", found.file_system)

      local again = assert(plan.change_filesystem("D:", { to = "ntfs",
        machine = machine }))
      local report = assert(again:run { erase = "D:", journal = log })
      assert.equal("done", report.state)
      assert.equal("committed", assert(log:entry(report.journal)).state)
      assert.equal("NTFS", machine:volumes()[1].file_system)
    end)
  end

  it("killed within the format: no file system is half there", function()
    local child, machine, log = lab "16M:fat:D:OLD"
    local before = bytes_of(machine)
    child:send(([[
      local object = assert(%s)
      local calls = 0
      object:run { erase = "D:", journal = journal, on_progress = function()
        calls = calls + 1
        if calls == 3 then
          say "here"
          hear()
        end
      end }]]):format(CHANGE))
    child:expect "here"
    child:kill()
    local steps
    for _, entry in ipairs(assert(log:entries())) do
      assert.equal("interrupted", entry.state)
      if entry.plan == "change_filesystem" then
        steps = assert(log:entry(entry.id)).steps
      end
    end
    assert.equal(4, #steps)
    assert.equal("format", steps[4].name)
    assert.equal("begun", steps[4].outcome)
    assert.is_nil(steps[4].ended)
    assert_free(machine, "D:")
    assert.equal("RAW", machine:volumes()[1].file_system)
    assert(ntvol.recover("D:", { machine = machine, journal = log }))
    assert.equal(before, bytes_of(machine))
    for _, entry in ipairs(assert(log:entries())) do
      assert.equal("recovered", entry.state)
    end
  end)
end)

describe("S9: prepare_lun_removal", function()
  local TWO = "gpt:60M=20M:ntfs:D:DATA+rest:fat:E:LOGS"
  local names = { "open", "lock", "dismount", "offline", "open", "lock",
    "dismount", "offline", "verify", "close", "uninstall", "uninstall",
    "uninstall", "verify" }

  for n = 1, #names do
    it(("killed before step %d (%s): restore_lun brings all back"):format(n,
      names[n]), function()
        local child, machine, log = lab(TWO)
        kill_before(child, "plan.prepare_lun_removal(0, { machine = machine })",
          n)
        assert_done(interrupted(log), { table.unpack(names, 1, n - 1) })
        local restore = assert(plan.restore_lun(0, { machine = machine }))
        assert(restore:run { journal = log })
        assert.equal(2, #machine:volumes())
        for _, volume in ipairs(machine:volumes()) do
          assert.is_false(volume.offline)
          assert_free(machine, volume.name)
        end
      end)
  end
end)

describe("S9: with_exclusive_volume", function()
  it("killed while it works: the lock is gone", function()
    local child, machine, log = lab "16M:fat:D:OLD"
    child:send [[
      local object = assert(plan.with_exclusive_volume("D:", {
        machine = machine, access = "r", work = function()
          say "here"
          hear()
        end }))
      object:run { journal = journal }]]
    child:expect "here"
    assert.is_nil((machine:open "D:"))
    child:kill()
    local entry = interrupted(log)
    assert.equal("work", entry.steps[4].name)
    assert.equal("begun", entry.steps[4].outcome)
    assert_free(machine, "D:")
  end)
end)
