-- What a run leaves behind, and taking a finished run back.

local cjson = require "cjson"
local json = require "ntvol.json"
local plan = require "ntvol.plan"
local reports = require "ntvol.report"

-- A plan of steps; `changes[name]` are more fields of a step.
local function make(changes, log)
  log = log or {}
  local steps = {}
  for i, name in ipairs { "a", "b", "c" } do
    local step = { name = name, says = "Does " .. name .. ".",
      run = function() return true end,
      undo = function()
        log[#log + 1] = name
        return true
      end }
    for field, value in pairs(changes and changes[name] or {}) do
      step[field] = value or nil
    end
    steps[i] = step
  end
  return plan.new { name = "test", target = "D:", steps = steps,
    unchecked = { "whether the moon is full" },
    identity = { { name = "D:", serial = "1234", extents = {}, disks = {} } },
  }, log
end

local function refuse()
  return nil, "b 'D:': no", "ERROR_BUSY", { op = "b", target = "D:",
    class = "transient", reason = "in_use" }
end

describe("a report", function()
  it("has the times of every step, in seconds, in order", function()
    local before = reports.now()
    local report = assert(make()):run()
    local at = report.started
    assert(before <= at)
    for _, step in ipairs(report.steps) do
      assert.equal("float", math.type(step.started))
      assert(at <= step.started and step.started <= step.ended)
      at = step.ended
    end
    assert(at <= report.ended)
  end)

  it("says how it ended", function()
    assert.equal("done", assert(make()):run().state)
    local rows = {
      { { b = { run = refuse } }, "undone" },
      { { b = { run = refuse }, a = { undo = false } }, "undone" },
      { { b = { run = refuse }, a = { undo = false, final = true } },
        "failed" },
      { { b = { run = refuse, undo = false, final = true } }, "failed" },
      { { b = { run = refuse }, a = { undo = refuse } }, "failed" },
      { { b = { check = refuse } }, "refused" },
    }
    for i, row in ipairs(rows) do
      local object = make(row[1])
      local ok, message, code, info = object:run()
      assert.is_nil(ok)
      local report = info.report
      assert.equal(row[2], report.state, "row " .. i)
      assert.equal(message, report.message)
      assert.equal(code, report.code)
      assert.equal("in_use", report.reason)
      assert.equal("transient", report.class)
      assert.equal(report, object:report())
    end
  end)

  it("of a last step that left nothing is undone", function()
    local object = make { b = { final = true, undo = false, run = function()
      return nil, "no", "ERROR_BUSY", { outcome = "untouched" }
    end } }
    local _, _, _, info = object:run()
    assert.equal("undone", info.report.state)
    assert.equal("untouched", info.report.outcome)
  end)

  it("is there after an error, too", function()
    local object = make { b = { run = function() error("bug", 0) end } }
    assert.is_nil(object:report())
    assert.is_false(pcall(object.run, object))
    local report = object:report()
    assert.equal("undone", report.state)
    assert.equal("bug", report.message)
    assert.equal("failed", report.steps[2].outcome)
  end)

  it("prints as a table", function()
    local object = make { a = { run = function() return true, "well" end } }
    local report = assert(object:run())
    report.events = { { name = "LOCK", target = "D:", pid = 7,
      time = report.started + 0.5 } }
    local lines = {}
    for line in tostring(report):gmatch("[^\n]+") do
      lines[#lines + 1] = line
    end
    assert.matches("^test 'D:': done, %d%d%d%d%-%d%d%-%d%dT[%d:.]+Z, "
      .. "%d+%.%d%d%d s$", lines[1])
    assert.matches("^   1%.  a  D:  done  %d+%.%d%d%d s  well$", lines[2])
    assert.matches("^   3%.  c  D:  done  %d+%.%d%d%d s$", lines[4])
    assert.equal("  Events:", lines[5])
    assert.matches("^ +%+0%.500 s  LOCK  D:  pid 7$", lines[6])
    assert.equal(6, #lines)
  end)

  it("prints what went wrong, and what could not be undone", function()
    local object = make { b = { run = refuse },
      a = { undo = function() return nil, "stuck" end } }
    assert.is_nil((object:run()))
    local text = tostring(object:report())
    assert.matches("^test 'D:': failed, ", text)
    assert.matches("\n   1%.  a  D:  undo failed  [^\n]*stuck\n", text)
    assert.matches("\n   3%.  c  D:  not run\n", text)
    assert.matches("\n  Undo of a D: failed: stuck\n", text)
    assert.matches("\n  step 'b': b 'D:': no\n  hint: see what was done: ntvol log %d+$", text)
  end)

  it("writes times as ISO 8601 does", function()
    assert.equal("1970-01-01T00:00:00.000001Z", reports.iso(0.000001))
    assert.equal("2026-03-04T05:06:07.089000Z",
      reports.iso(1772600767.089))
  end)

  it("returns plain tables for JSON with the documented fields", function()
    local report = assert(make()):run()
    report.events = { { id = 3, kind = "volume", name = "LOCK",
      target = "D:", pid = 7, time = 1.5 } }
    local data = cjson.decode(json.encode(report:data()))
    assert.equal("ntvol.report/1", data.format)
    assert.equal("test", data.plan)
    assert.equal("D:", data.target)
    assert.equal("done", data.state)
    assert.is_true(data.ok)
    assert.equal(reports.iso(report.started), data.started_at)
    assert.equal(reports.iso(report.ended), data.ended_at)
    assert.same({ "whether the moon is full" }, data.unchecked)
    assert.equal("1234", data.identity[1].serial)
    assert.same({ id = 3, kind = "volume", name = "LOCK", target = "D:",
      pid = 7, time = 1.5 }, data.events[1])
    for i, step in ipairs(data.steps) do
      assert.equal(i, step.number)
      assert.equal("done", step.outcome)
      assert.equal(("Does %s."):format(step.name), step.says)
      assert.is_true(step.can_undo)
      assert.is_false(step.destroys)
      assert(step.started <= step.ended)
    end
  end)

  it("names every field of its data in docs/plans.md", function()
    local file = assert(io.open("docs/plans.md"))
    local text = file:read("a")
    file:close()
    local object = make { b = { run = refuse }, a = { undo = refuse } }
    object:run()
    local report = object:report()
    report.events = { { id = 3, kind = "volume", name = "LOCK",
      target = "D:", pid = 7, time = 1.5 } }
    local data = report:data()
    for name in pairs(data) do
      assert(text:find("`" .. name .. "`", 1, true), name)
    end
    for _, list in ipairs { "steps", "events", "identity", "undo_failures" } do
      for name in pairs(data[list][1]) do
        assert(text:find("`" .. name .. "`", 1, true), list .. "." .. name)
      end
    end
  end)
end)

describe("plan:undo", function()
  it("takes a finished run back, the last step first", function()
    local object, log = make()
    assert(object:run())
    local told = {}
    local report = assert(object:undo { on_step = function(step, state)
      told[#told + 1] = step.name .. " " .. state
    end })
    assert.same({ "c", "b", "a" }, log)
    assert.same({ "c undone", "b undone", "a undone" }, told)
    assert.equal("undone", report.state)
    for _, step in ipairs(report.steps) do
      assert.equal("undone", step.outcome)
    end
  end)

  it("passes over steps that have nothing to take back", function()
    local object, log = make { b = { undo = false } }
    assert(object:run())
    assert.equal("done", assert(object:undo()).steps[2].outcome)
    assert.same({ "c", "a" }, log)
  end)

  it("is refused as a whole when a step has no way back", function()
    for _, field in ipairs { "final", "destroys" } do
      local object, log = make { b = { undo = false, [field] = true } }
      assert(object:run { erase = "D:" })
      local ok, message, code, info = object:undo()
      assert.is_nil(ok)
      assert.equal("ERROR_NOT_SUPPORTED", code)
      assert.equal("no_undo", info.reason)
      assert.matches("step 'b' cannot be undone", message)
      assert.same({}, log)
      assert.equal("done", object:report().state)
    end
  end)

  it("is refused when there is nothing to take back", function()
    local object, log = make { b = { run = refuse } }
    for _ = 1, 2 do
      local ok, _, code, info = object:undo()
      assert.is_nil(ok)
      assert.equal("ERROR_INVALID_PARAMETER", code)
      assert.equal("nothing_to_undo", info.reason)
      object:run()
    end
    assert.same({ "a", "a" }, log)
    local good = make()
    assert(good:run())
    assert(good:undo())
    assert.equal("nothing_to_undo", select(4, good:undo()).reason)
  end)

  it("goes on when one step does not let itself be undone, and says it",
    function()
      local object, log = make { b = { undo = refuse } }
      assert(object:run())
      local ok, message, code, info = object:undo()
      assert.is_nil(ok)
      assert.equal("undo of step 'b': b 'D:': no", message)
      assert.equal("ERROR_BUSY", code)
      assert.equal("failed", info.report.state)
      assert.same({ "c", "a" }, log)
    end)

  it("closes what the undo opened", function()
    local closed = 0
    local object = make { b = { run = function(context)
      context.open = function()
        return context.keep { close = function() closed = closed + 1 end }
      end
      return context.open()
    end, undo = function(context) return context.open() end } }
    assert(object:run())
    assert.equal(1, closed)
    assert(object:undo())
    assert.equal(2, closed)
  end)

  it("refuses options that it does not know", function()
    local ok, problem = pcall(function() make():undo { force = true } end)
    assert.is_false(ok)
    assert.matches("bad argument #1 to 'undo'", problem, 1, true)
  end)
end)

describe("the journal of a run", function()
  local journal = require "ntvol.journal"
  local tempdir = require "spec.support.tempdir"
  local proc = require "spec.support.proc"

  local function open()
    local log = assert(journal.open(proc.native(tempdir(finally))))
    return log
  end

  it("has the run, its steps, and how it ended", function()
    local log <close> = open()
    local object = make { a = { run = function() return true, "well" end } }
    object.run_it = "ntvol test"
    local report = assert(object:run { journal = log })
    local entry = assert(log:entry(report.journal))
    assert.equal("test", entry.plan)
    assert.equal("D:", entry.target)
    assert.equal("ntvol test", entry.command)
    assert.equal("1234", entry.identity.serial)
    assert.equal("committed", entry.state)
    assert.equal(3, #entry.steps)
    assert.equal("done", entry.steps[1].outcome)
    assert.equal("well", entry.steps[1].message)
    -- the journal keeps microseconds
    assert(math.abs(report.steps[3].ended - entry.steps[3].ended) < 2e-6)
    assert.equal(report.journal, report:data().journal)
  end)

  it("has what failed, and what was undone", function()
    local log <close> = open()
    local object = make { b = { run = refuse } }
    object:run { journal = log }
    local entry = assert(log:entry(object:report().journal))
    assert.equal("failed", entry.state)
    assert.equal("step 'b': b 'D:': no", entry.message)
    assert.equal("undone", entry.steps[1].outcome)
    assert.equal("failed", entry.steps[2].outcome)
    assert.is_nil(entry.steps[3])
    object = make { b = { run = function() error("bug", 0) end } }
    assert.is_false(pcall(object.run, object, { journal = log }))
    entry = assert(log:entry(object:report().journal))
    assert.equal("failed", entry.state)
    assert.equal("bug", entry.message)
  end)

  it("has the taking back as an operation of its own", function()
    local log <close> = open()
    local object = make()
    local first = assert(object:run { journal = log }).journal
    local second = assert(object:undo { journal = log }).journal
    assert.equal("committed", assert(log:entry(first)).state)
    local entry = assert(log:entry(second))
    assert.equal("undo test", entry.plan)
    assert.equal(first, entry.parent)
    assert.equal("committed", entry.state)
    assert.equal("undone", entry.steps[1].outcome)
  end)

  it("is that of the user unless another one is given, or none", function()
    local report = assert(make()):run()
    local log <close> = assert(journal.open())
    assert.equal("test", assert(log:entry(report.journal)).plan)
    report = assert(make()):run { journal = false }
    assert.is_nil(report.journal)
    assert.equal("the run was told not to", report.journal_missing)
  end)

  it("has nothing of a run that was refused", function()
    local log <close> = open()
    local object = make { b = { check = refuse } }
    assert.is_nil((object:run { journal = log }))
    assert.same({}, log:entries())
    assert.is_nil(object:report().journal)
  end)

  -- Puts a function in place of a method of journals until the test ends.
  local function replace(log, name, f)
    local methods = debug.getmetatable(log).__index
    local before = methods[name]
    methods[name] = f
    return setmetatable({}, { __close = function()
      methods[name] = before
    end })
  end

  it("that cannot be written stops the run before it begins", function()
    local log <close> = open()
    local _ <close> = replace(log, "begin", function()
      return nil, "begin: disk full", "ERROR_DISK_FULL", { class = "permanent" }
    end)
    local ran = false
    local object = make { a = { run = function() ran = true end } }
    local ok, message, code = object:run { journal = log }
    assert.is_nil(ok)
    assert.equal("begin: disk full", message)
    assert.equal("ERROR_DISK_FULL", code)
    assert.equal("refused", object:report().state)
    assert.is_false(ran)
  end)

  it("that cannot be written any more lets no step begin", function()
    local log <close> = open()
    local calls, ran = 0, ""
    local object, undone = make()
    for _, step in ipairs(object.steps) do
      step.run = function()
        ran = ran .. step.name
        return true
      end
    end
    local _ <close> = replace(log, "step", function()
      calls = calls + 1
      if calls <= 2 then -- a begun, a done
        return true
      end
      return nil, "note: disk full", "ERROR_DISK_FULL", { class = "permanent" }
    end)
    local ok, message = object:run { journal = log }
    assert.is_nil(ok)
    assert.equal("step 'b': note: disk full", message)
    assert.equal("a", ran)
    assert.same({ "a" }, undone)
    assert.equal("undone", object:report().state)
  end)

  it("that is not installed is missed in the report", function()
    local before = journal.open
    journal.open = function()
      return nil, "no", "ERROR_NOT_SUPPORTED", { reason = "not_installed",
        detail = "the journal is not installed" }
    end
    local report = assert(make()):run()
    journal.open = before
    assert.equal("done", report.state)
    assert.equal("the journal is not installed", report.journal_missing)
  end)

  it("that cannot be opened refuses the run", function()
    local before = journal.open
    journal.open = function()
      return nil, "open: no", "ERROR_ACCESS_DENIED", { reason = "store" }
    end
    local ok, message = make():run()
    journal.open = before
    assert.is_nil(ok)
    assert.equal("open: no", message)
  end)
end)
