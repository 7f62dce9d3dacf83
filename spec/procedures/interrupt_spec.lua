-- Plans that are told to stop: what they came to, and what they say of it. The
-- sweep of interrupts (spec/sweep) does that at every moment; here are the cases
-- with a rule of their own.

local fake = require "fake"
local journal = require "ntvol.journal"
local machines = require "spec.support.machines"
local ntvol = require "ntvol"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local take_back = require "ntvol.take_back"
local tempdir = require "spec.support.tempdir"

-- What would not see that the build cannot format.
local function needs_mkfs()
  if proc.windows then
    pending "Windows has no mkfs programs"
  end
end

local function new_lab(finally)
  needs_mkfs()
  local defer = machines.cleanup(finally)
  local lab = { folder = tempdir(defer) }
  lab.machine = assert(sim.create(lab.folder .. "/lab",
    { disks = { "6M:fat:D:OLD" } }))
  lab.log = assert(journal.open(lab.folder .. "/state"))
  defer(function()
    lab.log:close()
    lab.machine:close()
  end)
  function lab.bytes()
    return proc.slurp(lab.folder .. "/lab/disk0.img")
  end
  function lab.plan(options)
    options = options or {}
    options.to, options.machine = "ntfs", lab.machine
    return assert(plan.change_filesystem("D:", options))
  end
  function lab.events()
    local names = {}
    for _, event in ipairs(assert(lab.machine:events())) do
      names[#names + 1] = event.name
    end
    return table.concat(names, " ")
  end
  function lab.states()
    local states = {}
    for _, entry in ipairs(assert(lab.log:entries())) do
      states[entry.plan] = entry.state
    end
    return states
  end
  return lab
end

local function run(object, lab, opts)
  opts.erase, opts.journal = "D:", lab.log
  local results = table.pack(pcall(object.run, object, opts))
  return object:report(), table.unpack(results, 1, results.n)
end

local function all_done(report)
  for _, step in ipairs(report.steps) do
    assert.equal("done", step.outcome, step.name)
  end
end

-- Does something at the call of on_progress that comes when all is durable.
local function at_the_end(f)
  return function(done, total)
    if done == total then
      return f()
    end
  end
end

describe("a cancel that comes when the new file system is durable", function()
  local problem = { "of the program" }
  local ways = {
    ["by an error"] = function() error(problem) end,
    ["by the answer false"] = function() return false end,
  }
  for name, way in pairs(ways) do
    it(name .. " is too late: the change is done, and the report says so", function()
      local lab = new_lab(finally)
      local before = lab.bytes()
      local report, ok, answer = run(lab.plan(), lab,
        { on_progress = at_the_end(way) })
      if name == "by an error" then
        assert.is_false(ok)
        assert.equal(problem, answer)
      else
        assert.is_true(ok)
        assert.equal(report, answer)
      end
      assert.equal("done", report.state)
      assert.is_true(report.too_late)
      assert.matches("the cancel came too late", report.message)
      assert.equal("ntvol undo D:", report.next)
      assert.is_true(report:data().too_late)
      all_done(report)
      assert.same({ change_filesystem = "committed", format = "committed" },
        lab.states())
      assert.equal("LOCK DISMOUNT UNLOCK MOUNT", lab.events())
      assert.equal("NTFS", lab.machine:volumes()[1].file_system)
      assert(ntvol.undo("D:", { machine = lab.machine, journal = lab.log,
        erase = "D:" }))
      assert(lab.bytes() == before)
    end)
  end

  it("dismounts the volume of a program that formats by itself", function()
    local lab = new_lab(finally)
    fake.warnings()
    local volume <close> = assert(lab.machine:open "D:")
    do
      local guard <close> = assert(volume:lock())
      local ok, message = pcall(volume.format, volume, { fs = "ntfs",
        erase = "D:", journal = lab.log,
        on_progress = at_the_end(ways["by an error"]) })
      assert.is_false(ok)
      assert.equal(problem, message)
      assert.is_true(guard:held())
    end
    local warning = fake.warnings()
    assert.matches("format 'D:': .*too late.*the volume holds NTFS now", warning)
    assert.is_nil(warning:find("success", 1, true))
    assert.equal("LOCK DISMOUNT UNLOCK", lab.events())
    assert.same({ format = "committed" }, lab.states())
  end)
end)

describe("what cannot be undone", function()
  it("goes on to its end when it is interrupted afterwards", function()
    local lab = new_lab(finally)
    local problem = {}
    local report, ok, answer = run(lab.plan { undo = false }, lab, {
      on_step = function(step, state)
        if step.name == "format" and state == "done" then
          error(problem)
        end
      end })
    assert.is_false(ok)
    assert.equal(problem, answer)
    assert.equal("done", report.state)
    assert.is_true(report.too_late)
    assert.equal("ntvol log 1", report.next)
    all_done(report)
    assert.equal("LOCK DISMOUNT UNLOCK MOUNT", lab.events())
  end)

  it("is dismounted when a cancel leaves no file system", function()
    local lab = new_lab(finally)
    local report, ok, answer = run(lab.plan { undo = false }, lab,
      { on_progress = function(done, total) return done <= total // 2 end })
    assert.is_true(ok)
    assert.is_nil(answer)
    assert.equal("failed", report.state)
    assert.equal("unformatted", report.outcome)
    assert.equal("LOCK DISMOUNT UNLOCK", lab.events())
    assert.equal("RAW", lab.machine:volumes()[1].file_system)
  end)

  it("is finished by a program's own plan, too", function()
    local log = {}
    local function step(name, final)
      return { name = name, says = name, final = final, run = function()
        log[#log + 1] = name
        return true
      end }
    end
    local object = plan.new { name = "t", target = "D:", steps = {
      step "a", step("b", true), step "c" } }
    local ok, problem = pcall(object.run, object, { journal = false,
      on_step = function(at, state)
        if at.name == "b" and state == "done" then
          error("stop", 0)
        end
      end })
    assert.same({ false, "stop" }, { ok, problem })
    assert.same({ "a", "b", "c" }, log)
    assert.equal("done", object:report().state)
    assert.is_true(object:report().too_late)
  end)
end)

describe("an interrupt of a format that cannot be written back", function()
  it("is not called undone, and recover is what the user reads", function()
    local lab = new_lab(finally)
    local before = lab.bytes()
    local other <close> = assert(sim.open(lab.folder .. "/lab"))
    local report, ok, answer = run(lab.plan(), lab, {
      on_progress = function(done, total)
        if done > total // 2 then
          assert(other:mask(0)) -- the disk is gone
          error("interrupted!", 0)
        end
      end })
    assert.same({ false, "interrupted!" }, { ok, answer })
    assert.equal("failed", report.state)
    assert.matches("^interrupted!; step 'format': ", report.message)
    assert.equal("ntvol recover D:", report.next)
    assert.same({ change_filesystem = "failed", format = "interrupted" },
      lab.states())
    assert(lab.bytes() ~= before)
    assert(other:unmask(0))
    assert(ntvol.recover("D:", { machine = lab.machine, journal = lab.log }))
    assert(lab.bytes() == before)
    assert.equal("recovered", lab.states().format)
  end)
end)

describe("a plan that died after its format was complete", function()
  it("is closed by recover, which says what takes the format back", function()
    local lab = new_lab(finally)
    local id = assert(lab.log:begin { plan = "change_filesystem", target = "D:",
      identity = { guid_path = lab.machine:volumes()[1].guid_path } })
    do
      local volume <close> = assert(lab.machine:open "D:")
      local _guard <close> = assert(volume:lock())
      assert(volume:format { fs = "ntfs", erase = "D:", journal = lab.log,
        operation = id })
      assert(volume:dismount())
    end
    assert(lab.log:finish(id, "interrupted"))
    local found = assert(ntvol.recover("D:", { machine = lab.machine,
      journal = lab.log }))
    assert.equal("closed", found[1].outcome)
    assert.matches("format, operation 2, is complete: .*ntvol undo D:",
      found[1].message)
    assert.equal("ntvol undo D:", take_back.advice(lab.log, 1, "D:"))
  end)
end)

describe("a plan that died and is about no volume that is there", function()
  it("is closed by a recover of its whole machine", function()
    local lab = new_lab(finally)
    local function begin(plan_name, machine, identity)
      local id = assert(lab.log:begin { plan = plan_name, target = "a disk",
        machine = machine, identity = identity })
      assert(lab.log:finish(id, "interrupted"))
    end
    local here = lab.machine:name()
    begin("restore_lun", here)
    begin("prepare_lun_removal", here, { guid_path = "\\\\?\\Volume{gone}\\" })
    begin("elsewhere", "sim:/somewhere/else")
    local options = { machine = lab.machine, journal = lab.log }
    assert.same({}, assert(ntvol.recover("D:", options)))
    local found = assert(ntvol.recover(nil, options))
    assert.equal(2, #found)
    assert.equal("a disk", found[1].target)
    assert.equal("closed", found[1].outcome)
    assert.same({ restore_lun = "failed", prepare_lun_removal = "failed",
      elsewhere = "interrupted" }, lab.states())
  end)
end)

describe("an interrupt of recover", function()
  it("cuts none of what it recovers, and leaves the rest to the next", function()
    local lab = new_lab(finally)
    for _, name in ipairs { "one", "two", "three" } do
      local found = lab.machine:volumes()[1]
      local id = assert(lab.log:begin { plan = name, target = "D:",
        identity = { guid_path = found.guid_path } })
      assert(lab.log:finish(id, "interrupted"))
    end
    local calls, problem = 0, {}
    local thread = coroutine.create(ntvol.recover)
    debug.sethook(thread, function()
      calls = calls + 1
      local states = lab.states()
      if states.three == "failed" then
        debug.sethook(thread)
        error(problem, 0)
      end
    end, "c")
    local ok, message = coroutine.resume(thread, "D:",
      { machine = lab.machine, journal = lab.log })
    assert.is_false(ok)
    assert.equal(problem, message)
    assert.same({ one = "interrupted", two = "interrupted", three = "failed" },
      lab.states())
    assert(ntvol.recover("D:", { machine = lab.machine, journal = lab.log }))
    assert.same({ one = "failed", two = "failed", three = "failed" },
      lab.states())
  end)
end)
