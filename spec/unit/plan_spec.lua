-- Plans: what they print, what they check, how they run, how they undo.

local core = require "ntvol.core"
local plan = require "ntvol.plan"

-- A plan of steps that write down what happens to them. `faults[name]` is what
-- the step's run answers.
local function recorder(faults, names)
  local log, steps = {}, {}
  for i, name in ipairs(names or { "a", "b", "c" }) do
    steps[i] = {
      name = name, says = "Does " .. name .. ".",
      check = function()
        log[#log + 1] = "check " .. name
        return true
      end,
      run = function()
        log[#log + 1] = "run " .. name
        local fault = faults and faults[name]
        if type(fault) == "function" then
          return fault()
        elseif fault then
          return table.unpack(fault, 1, 4)
        end
        return true
      end,
      undo = function()
        log[#log + 1] = "undo " .. name
        return true
      end,
    }
  end
  return plan.new { name = "test", target = "D:", steps = steps }, log
end

local function outcomes(report)
  local list = {}
  for i, step in ipairs(report.steps) do
    list[i] = step.name .. " " .. step.outcome
  end
  return list
end

local REFUSAL = { n = 4, nil, "a 'D:': no", "ERROR_ACCESS_DENIED",
  { op = "a", target = "D:", class = "permanent" } }

describe("plan.new", function()
  local function step(changes)
    local fields = { name = "a", says = "A.", run = function() return true end }
    for name, value in pairs(changes) do
      fields[name] = value or nil
    end
    return { name = "n", target = "D:", steps = { fields } }
  end
  local rows = {
    { nil, "table expected" },
    { {}, "'name' is missing" },
    { { name = "n" }, "'target' is missing" },
    { { name = "n", target = "D:" }, "'steps' is missing" },
    { { name = "n", target = "D:", steps = {}, stepz = 1 }, "'stepz'" },
    { { name = 1, target = "D:", steps = {} }, "'name' must be string" },
    { { name = "n", target = "D:", steps = { 1 } }, "step 1: table expected" },
    { step { name = false }, "step 1: 'name' is missing" },
    { step { says = false }, "step 1: 'says' is missing" },
    { step { run = false }, "step 1: 'run' is missing" },
    { step { run = 1 }, "step 1: option 'run' must be function" },
    { step { undoo = 1 }, "step 1: unknown option 'undoo'" },
  }
  for i, row in ipairs(rows) do
    it(("refuses %d: %s"):format(i, row[2]), function()
      local ok, problem = pcall(plan.new, row[1])
      assert.is_false(ok)
      assert(problem:find(row[2], 1, true), problem)
    end)
  end
end)

describe("a printed plan", function()
  it("numbers its steps and says how to run it", function()
    local object = plan.new {
      name = "test", target = "D:", about = { "a disk" },
      steps = {
        { name = "look", says = "Look.", run = print },
        { name = "go", target = "E:", says = "Go.", run = print },
      },
    }
    assert.equal(table.concat({
      "test D:",
      "  a disk",
      "   1. look  D:  Look.",
      "   2. go    E:  Go.",
      "Run it: plan:run()",
    }, "\n"), tostring(object))
  end)

  local MARK = "      -- cannot be undone from here --"
  for _, field in ipairs { "destroys", "final" } do
    it("marks the first step that " .. field, function()
      local steps = {}
      for i = 1, 4 do
        steps[i] = { name = "s" .. i, says = "S.", run = print,
          [field] = i == 2 or i == 3 or nil }
      end
      local object = plan.new { name = "t", target = "D:", steps = steps }
      local lines = {}
      for line in tostring(object):gmatch("[^\n]+") do
        lines[#lines + 1] = line
      end
      assert.equal(MARK, lines[3])
      assert.matches("s2", lines[4])
      local _, marks = tostring(object):gsub("cannot be undone", "")
      assert.equal(1, marks)
    end)
  end

  it("names the token of a plan that destroys", function()
    local object = plan.new { name = "t", target = "D:", steps = {
      { name = "x", says = "X.", run = print, destroys = true } } }
    assert.matches('Run it: plan:run { erase = "D:" }', tostring(object), 1,
      true)
  end)

  it("prints a way to run it that was given", function()
    local object = plan.new { name = "t", target = "D:", steps = {},
      run_it = "push the button" }
    assert.matches("Run it: push the button$", tostring(object))
  end)
end)

describe("plan:check", function()
  it("asks every step and runs none", function()
    local object, log = recorder()
    assert.is_true(object:check())
    assert.same({ "check a", "check b", "check c" }, log)
  end)

  it("returns the first refusal with the name of its step", function()
    local object = recorder()
    object.steps[2].check = function()
      return table.unpack(REFUSAL, 1, 4)
    end
    local ok, message, code, info = object:check()
    assert.is_nil(ok)
    assert.equal("step 'b': a 'D:': no", message)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.same({ "a not run", "b not run", "c not run" },
      outcomes(info.report))
  end)
end)

describe("plan:run", function()
  it("checks, then runs in order", function()
    local object, log = recorder()
    local report = assert(object:run())
    assert.same({ "check a", "check b", "check c", "run a", "run b", "run c" },
      log)
    assert.same({ "a done", "b done", "c done" }, outcomes(report))
    assert.equal("test", report.plan)
    assert.equal("D:", report.target)
    assert.same({}, report.undo_failures)
    for _, step in ipairs(report.steps) do
      assert(step.seconds >= 0)
    end
  end)

  it("runs nothing when a check refuses", function()
    local object, log = recorder()
    object.steps[3].check = function() return nil, "no" end
    local ok, message = object:run()
    assert.is_nil(ok)
    assert.equal("step 'c': no", message)
    assert.same({ "check a", "check b" }, log)
  end)

  local order = { "a", "b", "c", "d" }
  for n, name in ipairs(order) do
    it("undoes in reverse when step " .. n .. " fails", function()
      local object, log = recorder({ [name] = REFUSAL }, order)
      local ok, message, code, info = object:run()
      assert.is_nil(ok)
      assert.equal(("step '%s': a 'D:': no"):format(name), message)
      assert.equal("ERROR_ACCESS_DENIED", code)
      assert.equal("permanent", info.class)
      local expected, states = {}, {}
      for i = 1, 4 do
        expected[i] = "check " .. order[i]
        states[i] = order[i] .. (i < n and " undone" or i == n and " failed"
          or " not run")
      end
      for i = 1, n do
        expected[#expected + 1] = "run " .. order[i]
      end
      for i = n - 1, 1, -1 do
        expected[#expected + 1] = "undo " .. order[i]
      end
      assert.same(expected, log)
      assert.same(states, outcomes(info.report))
      assert.equal("a 'D:': no", info.report.steps[n].message)
    end)

    it("undoes in reverse when step " .. n .. " raises", function()
      local bug = setmetatable({}, { __tostring = function() return "bug" end })
      local object, log = recorder(
        { [name] = function() error(bug) end }, order)
      local states
      local ok, problem = pcall(object.run, object, {
        on_step = function(step, state)
          states = (states or "") .. step.name .. " " .. state .. ";"
        end,
      })
      assert.is_false(ok)
      assert.equal(bug, problem, "the error is another one")
      local undone = {}
      for _, line in ipairs(log) do
        undone[#undone + 1] = line:match("^undo (.)$")
      end
      local expected = {}
      for i = n - 1, 1, -1 do
        expected[#expected + 1] = order[i]
      end
      assert.same(expected, undone)
      assert.matches(name .. " start;", states, 1, true)
    end)
  end

  it("leaves a step without undo done", function()
    local object, log = recorder { c = REFUSAL }
    object.steps[2].undo = nil
    local _, _, _, info = object:run()
    assert.same({ "a undone", "b done", "c failed" }, outcomes(info.report))
    assert.equal("undo a", log[#log])
  end)

  it("collects what goes wrong while undoing, and hides nothing", function()
    local object, log = recorder({ d = REFUSAL }, { "a", "b", "c", "d" })
    object.steps[3].undo = function() return nil, "stuck", "ERROR_BUSY" end
    object.steps[2].undo = function() error("broken", 0) end
    local ok, message, code, info = object:run()
    assert.is_nil(ok)
    assert.equal("step 'd': a 'D:': no", message)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.same({ "a undone", "b undo failed", "c undo failed", "d failed" },
      outcomes(info.report))
    assert.equal("undo a", log[#log])
    -- something of it may have stayed: it is not undone
    assert.equal("failed", info.report.state)
    local failures = info.report.undo_failures
    assert.equal(2, #failures)
    assert.equal("c", failures[1].name)
    assert.equal("stuck", failures[1].message)
    assert.equal("ERROR_BUSY", failures[1].code)
    assert.equal("broken", failures[2].message)
  end)

  it("fills in what a step does not say", function()
    local object = recorder { b = {} }
    local ok, message, code, info = object:run()
    assert.is_nil(ok)
    assert.equal("step 'b': failed without a reason", message)
    assert.is_nil(code)
    assert.equal("b", info.op)
    assert.equal("D:", info.target)
  end)

  it("names the target of a step that has its own", function()
    local object = recorder { b = REFUSAL }
    object.steps[2].target = "E:"
    local _, message, _, info = object:run()
    assert.matches("^step 'b E:': ", message)
    assert.equal("E:", info.report.steps[2].target)
    assert.equal("D:", info.report.steps[1].target)
  end)

  it("keeps a note of a step", function()
    local object = recorder { b = { true, "by another way" } }
    assert.equal("by another way", assert(object:run()).steps[2].message)
  end)

  it("tells what happens", function()
    local object = recorder { b = REFUSAL }
    local told = {}
    object:run { on_step = function(step, state, message)
      told[#told + 1] = { step.name, state, message }
    end }
    assert.same({
      { "a", "start" }, { "a", "done" }, { "b", "start" },
      { "b", "failed", "a 'D:': no" }, { "a", "undone" },
    }, told)
  end)

  it("undoes when the listener raises", function()
    local object, log = recorder()
    local ok, problem = pcall(object.run, object, {
      on_step = function(step, state)
        if step.name == "b" and state == "start" then
          error("listener", 0)
        end
      end,
    })
    assert.is_false(ok)
    assert.equal("listener", problem)
    assert.equal("undo a", log[#log])
  end)

  it("undoes when it is interrupted", function()
    local object, log = recorder { b = function()
      error("plan.lua:1: interrupted!", 0)
    end }
    local ok, problem = pcall(object.run, object)
    assert.is_false(ok)
    assert.equal("plan.lua:1: interrupted!", problem)
    assert.equal("undo a", log[#log])
  end)

  it("refuses options that it does not know", function()
    local object = recorder()
    for _, options in ipairs { { eraze = "D:" }, { erase = 1 }, 1 } do
      local ok, problem = pcall(object.run, object, options)
      assert.is_false(ok)
      assert.matches("bad argument #1 to 'run'", problem, 1, true)
    end
  end)
end)

describe("what a step opens", function()
  local function closable(log, name)
    return { close = function() log[#log + 1] = "close " .. name end }
  end

  local function opener(ending)
    local object, log = recorder { c = ending }
    for i, name in ipairs { "x", "y" } do
      local run = object.steps[i].run
      object.steps[i].run = function(context)
        context[name] = context.keep(closable(log, name))
        return run(context)
      end
    end
    return object, log
  end

  local function tail(log)
    return { log[#log - 1], log[#log] }
  end

  it("is closed in reverse after success", function()
    local object, log = opener()
    assert(object:run())
    assert.same({ "close y", "close x" }, tail(log))
  end)

  it("is closed after undoing", function()
    local object, log = opener(REFUSAL)
    assert.is_nil((object:run()))
    assert.same({ "close y", "close x" }, tail(log))
    assert.equal("undo a", log[#log - 2])
  end)

  it("is closed after an error", function()
    local object, log = opener(function() error "bug" end)
    assert.is_false(pcall(object.run, object))
    assert.same({ "close y", "close x" }, tail(log))
  end)

  it("does not stay in the plan: it can run twice", function()
    local seen = {}
    local object = plan.new {
      name = "t", target = "D:", context = { shared = 7 },
      steps = { { name = "a", says = "A.", run = function(context)
        seen[#seen + 1] = context.mark or context.shared
        context.mark = "left over"
        return true
      end } },
    }
    assert(object:run())
    assert(object:run())
    assert.same({ 7, 7 }, seen)
  end)

  it("gets on_progress in the context", function()
    local got
    local object = plan.new { name = "t", target = "D:", steps = { {
      name = "a", says = "A.", run = function(context)
        return context.on_progress(1, 2)
      end } } }
    assert(object:run { on_progress = function(...)
      got = { ... }
      return true
    end })
    assert.same({ 1, 2 }, got)
  end)
end)

describe("a plan that destroys data", function()
  local function destroyer(erase)
    local ran = {}
    return plan.new { name = "t", target = "D:", erase = erase, steps = {
      { name = "x", says = "X.", destroys = true, run = function()
        ran.done = true
        return true
      end } } }, ran
  end

  local GUID = "\\\\?\\Volume{A-B}"
  local good = {
    { nil, "D:" }, { nil, "d:" }, { nil, "\\\\.\\D:" }, { nil, "D:\\" },
    { "E:", "E:" }, { { "D:", GUID }, GUID }, { { "D:", GUID }, GUID:lower() },
    { { "D:", GUID }, GUID .. "\\" }, { { "D:", GUID }, "d:" },
  }
  for _, row in ipairs(good) do
    it("runs with erase = " .. row[2], function()
      local object, ran = destroyer(row[1])
      assert(object:run { erase = row[2] })
      assert.is_true(ran.done)
    end)
  end

  local bad = { { nil, nil }, { nil, "E:" }, { nil, "" }, { "E:", "D:" },
    { { "D:", GUID }, "A-B" }, { nil, "D" } }
  for _, row in ipairs(bad) do
    it("does not run with erase = " .. tostring(row[2]), function()
      local object, ran = destroyer(row[1])
      local ok, message, code, info = object:run { erase = row[2] }
      assert.is_nil(ok)
      assert.is_nil(ran.done)
      assert.equal("ERROR_INVALID_PARAMETER", code)
      assert.equal("erase_token", info.reason)
      assert.equal("usage", info.class)
      assert.matches("give erase = ", info.hint)
      assert(message:find(info.hint, 1, true), message)
      assert.same({ "x not run" }, outcomes(info.report))
    end)
  end

  it("checks before it looks at the token", function()
    local object = destroyer()
    object.steps[1].check = function() return nil, "not there" end
    local _, message = object:run()
    assert.equal("step 'x': not there", message)
  end)
end)

describe("a plan whose check failed", function()
  it("does not say how to run it, until a check succeeds", function()
    local good = false
    local object = plan.new { name = "test", target = "D:", steps = {
      { name = "a", says = "Does a.", run = function() return true end,
        check = function() return good or nil, "not now" end } } }
    assert.matches("\nRun it: plan:run%(%)$", tostring(object))
    assert.is_nil((object:check()))
    assert.is_nil(tostring(object):find("Run it", 1, true))
    good = true
    assert(object:check())
    assert.matches("\nRun it: plan:run%(%)$", tostring(object))
  end)
end)

describe("a failure of a step", function()
  it("names a volume by its letter, not by its GUID path", function()
    local path = [[\\?\Volume{0f7a1b2c-0000-4000-8000-00c04f97ab12}]]
    local object = plan.new { name = "test", target = "PhysicalDrive0",
      identity = { { name = "E:", guid_path = path } }, steps = {
      { name = "lock", target = "E:", says = "Locks.", run = function()
        return core.fail { op = "lock", target = path, reason = "in_use" }
      end } } }
    local _, message, _, info = object:run { journal = false }
    assert.matches("^step 'lock E:': lock 'E:': ", message)
    assert.equal("E:", info.target)
    assert.is_nil(tostring(object:report()):find("Volume{", 1, true))
  end)
end)
