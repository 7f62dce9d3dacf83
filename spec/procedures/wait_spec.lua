-- Procedures that wait: plan:run { wait, on_attempt, on_busy }, and --wait.

local command = require "spec.support.command"
local ntvol = require "ntvol"
local machines = require "spec.support.machines"
local process = require "spec.multi.process"
local sim = require "ntvol.sim"

local function start(finally)
  local machine = assert(sim.create(":memory:", { disks = { "8M:fat:D:OLD" } }))
  finally(function()
    machine:close()
  end)
  return machine
end

local PLANS = {
  change_filesystem = function(machine)
    return ntvol.plan.change_filesystem("D:", { to = "fat", machine = machine })
  end,
  prepare_lun_removal = function(machine)
    return ntvol.plan.prepare_lun_removal(0,
      { machine = machine, lock = "required" })
  end,
  undo = function(machine)
    assert(assert(ntvol.plan.change_filesystem("D:", { to = "fat",
      machine = machine })):run { erase = "D:" })
    return ntvol.plan.undo("D:", { machine = machine })
  end,
  with_exclusive_volume = function(machine)
    return ntvol.plan.with_exclusive_volume("D:",
      { machine = machine, work = function() return true end })
  end,
}

local DESTROYS = { change_filesystem = true, undo = true }

-- The details of a plan's refusal: its message begins with the step.
local function refused(report, message, code, info)
  assert.is_nil(report)
  assert.equal("ERROR_ACCESS_DENIED", code, message)
  assert(message:find("^step 'lock[ D:]*': lock '.-': access denied: "), message)
  return info, message
end

describe("a plan that waits:", function()
  for name, make in pairs(PLANS) do
    local function run(plan, opts)
      opts.erase, opts.journal = DESTROYS[name] and "D:" or nil, false
      return plan:run(opts)
    end

    it(name .. " ends when the time is over, and undoes", function()
      local machine = start(finally)
      local plan = assert(make(machine))
      local other = assert(machine:open("D:", { access = "r" }))
      local info = refused(run(plan, { wait = 3 }))
      assert.equal("timeout", info.class)
      assert.equal("in_use", info.reason)
      assert(info.waited >= 3 and info.waited < 3.1, info.waited)
      assert.is_true(info.holders[1].self)
      assert.equal("failed", info.report.steps[2].outcome)
      other:close()
      assert(machine:open "D:"):close()
    end)

    it(name .. " goes on when those who were asked have left", function()
      local machine = start(finally)
      local plan = assert(make(machine))
      local other = assert(machine:open("D:", { access = "r" }))
      local asked = 0
      assert(run(plan, { wait = 3, on_busy = function(holders)
        asked = asked + 1
        assert.equal("volume handle", holders[1].how)
        return other:close()
      end }))
      assert.equal(1, asked)
    end)

    it(name .. " does not wait unless it is told to", function()
      local machine = start(finally)
      local plan = assert(make(machine))
      local other = assert(machine:open("D:", { access = "r" }))
      local info = refused(run(plan, {}))
      assert.equal("transient", info.class)
      assert.is_nil(info.waited)
      other:close()
    end)
  end

  it("ntvol.with_exclusive_volume, too", function()
    local machine = start(finally)
    local other = assert(machine:open("D:", { access = "r" }))
    local info = machines.refused("STATUS_ACCESS_DENIED",
      ntvol.with_exclusive_volume("D:", print, { machine = machine, wait = 2 }))
    assert.equal("timeout", info.class)
    assert.equal("locked", (ntvol.with_exclusive_volume("D:", function(volume)
      return volume:is_locked() and "locked"
    end, { machine = machine, wait = 2, on_busy = function()
      return other:close()
    end })))
  end)

  it("a plan of one's own has context.waiting", function()
    local machine = start(finally)
    local volume = assert(machine:open "D:")
    local other = assert(machine:open "D:")
    local plan = ntvol.plan.new { name = "lock it", target = "D:",
      context = { machine = machine }, steps = { { name = "lock", says = "Lock.",
        run = function(context)
          return volume:lock(context.waiting())
        end } } }
    assert(plan:run { journal = false, wait = 60, on_attempt = function(n)
      if n == 3 then
        other:close()
      end
    end })
    assert.is_true(volume:is_locked())
  end)
end)

describe("--wait of a command that runs a plan", function()
  local function busy_lab(finally)
    local defer = machines.cleanup(finally)
    local lab = command.lab(defer, "8M:fat:D")
    local child = process.start(defer)
    child:run(("machine = assert(core.connect('sim', %q))"):format(lab.path))
    child:run "vol = assert(machine:open 'D:')"
    return lab, child
  end

  it("waits, and names who was in the way", function()
    local lab, child = busy_lab(finally)
    local result = lab:run { "exclusive", "D:", "--wait", "0.5", "--", "true" }
    assert.equal(4, result.code, result.err)
    assert(result.err:find(("attempts: 1 holder: lua5.4 (pid %d, volume"
      .. " handle)"):format(child.pid), 1, true), result.err)
  end)

  it("goes on when the holder leaves", function()
    local lab, child = busy_lab(finally)
    child:send [[
      for event in assert(machine:watch(0)) do
        if event.name == "LOCK_FAILED" then
          return vol:close()
        end
      end]]
    local result = lab:run { "change-fs", "D:", "--to", "fat", "--wait", "600",
      "--erase", "D:" }
    assert.equal(0, result.code, result.err)
    assert.is_true(child:answer())
  end)

  it("is in the command that a plan prints", function()
    local lab = command.lab(finally, "8M:fat:D")
    local result = lab:run { "prepare-removal", "0", "--wait", "7.5" }
    assert.equal(2, result.code)
    assert(result.out:find("prepare-removal --wait 7.5 0 --yes", 1, true),
      result.out)
  end)
end)
