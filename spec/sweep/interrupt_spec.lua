-- Plans and recoveries that are interrupted: at every call of on_progress, at
-- every step, and between any two instructions of Lua; by an error, by a
-- returned false, by a signal. Afterwards the report, the exit code, the journal and the
-- bytes on the disk say the same, and the old bytes can be had back.

local cjson = require "cjson"
local interrupts = require "spec.support.interrupts"
local machines = require "spec.support.machines"
local ntvol = require "ntvol"
local proc = require "spec.support.proc"
local sweep = require "spec.support.sweep"

local STATES = { from = { plan = "failed", report = "undone" },
  to = { plan = "committed", report = "done" } }

-- ---- what must agree -----------------------------------------------------

-- Steps of the report against those of the journal, and against its state.
local function check_steps(report, entry, what)
  local noted = {}
  for _, step in ipairs(entry.steps) do
    noted[step.number or #noted + 1] = step.outcome
  end
  for i, step in ipairs(report.steps) do
    local outcome = step.outcome
    assert(outcome == (noted[i] or "not run"), ("%s: step %s is %s, in the"
      .. " journal %s"):format(what, step.name, outcome, noted[i]))
    if report.state == "done" then
      assert(outcome == "done", what .. ": " .. step.name .. " " .. outcome)
    else
      assert(outcome ~= "done" or not step.can_undo, ("%s: step %s is %s")
        :format(what, step.name, outcome))
    end
  end
end

-- `report` nil, or of a run that was not begun: then nothing was done.
local function check_all(lab, report, what)
  local found, notes = lab:look()
  local states = assert(STATES[found], what .. ": there is " .. found)
  lab:check_format(found, notes, what)
  local state = report and report.state
  if not lab.scenario.make then -- it has no report, the journal is all
    assert(not report, what)
  elseif not state or state == "not run" or state == "refused" then
    assert(found == "from", what .. ": the report says nothing, and it is done")
    assert(not notes.plan or notes.plan.state == "failed", what)
  else
    assert(state == states.report, ("%s: the report says %s, and there is what"
      .. " was %s it"):format(what, state, found == "to" and "after" or "before"))
    assert(notes.plan.state == states.plan, ("%s: the report says %s, the"
      .. " journal %s"):format(what, state, notes.plan.state))
    check_steps(report, notes.plan, what)
  end
  return found
end

-- ---- in this process -----------------------------------------------------

-- Calls f(...) on a thread whose hook counts `mask` events and calls `tick`.
local function with_hook(mask, tick, f, ...)
  local thread = coroutine.create(f)
  debug.sethook(thread, tick, mask, mask == "" and 1 or 0)
  return coroutine.resume(thread, ...)
end

-- A tick that raises at the nth event: once, or from then on each time.
local function raising(n, again, problem)
  return function()
    n = n - 1
    if n == 0 or again and n < 0 then
      error(problem, 0)
    end
  end
end

-- Runs the scenario in this process. `interrupt(what)` is called with
-- "progress" and "step" whenever that is, and may return or raise; `call` calls
-- what runs it.
local function run_here(lab, interrupt, call)
  return lab:with(function(machine, log)
    if not lab.scenario.make then
      return nil, call(ntvol.recover, "D:", { machine = machine, journal = log })
    end
    local object, opts = lab.scenario.make(machine, log)
    opts.on_step = function() return interrupt "step" end
    opts.on_progress = function() return interrupt "progress" end
    local results = table.pack(call(object.run, object, opts))
    return object:report(), table.unpack(results, 1, results.n)
  end)
end

-- How often each happens when nothing is interrupted.
local function count_calls(lab)
  local counts = { progress = 0, step = 0 }
  lab:reset()
  assert(select(2, run_here(lab, function(kind)
    counts[kind] = counts[kind] + 1
  end, pcall)))
  return counts
end

local function count_events(lab, mask)
  local count = 0
  lab:reset()
  run_here(lab, function() end, function(...)
    return with_hook(mask, function() count = count + 1 end, ...)
  end)
  return count
end

local function too_late(found, report, what)
  if found == "to" and report then
    assert(report.too_late and report.message:find("too late", 1, true),
      what .. ": nothing says that the cancel came too late")
  end
end

-- At the nth call of on_step or on_progress: raises, or returns false.
local function try_call(lab, kind, n, how)
  local what = ("%s, %s %d, %s"):format(lab.scenario.name, kind, n, how)
  local problem, calls = {}, 0
  lab:reset()
  local report, ok, answer = run_here(lab, function(called)
    calls = calls + (called == kind and 1 or 0)
    if called == kind and calls == n then
      if how == "raises" then
        error(problem, 0)
      end
      return false
    end
  end, pcall)
  if how == "raises" then
    assert(not ok and answer == problem, what .. ": nothing was raised")
  elseif ok and kind == "progress" then
    assert((answer ~= nil) == (report.state == "done"), what)
  end
  local found = check_all(lab, report, what)
  if how == "raises" or kind == "progress" then
    too_late(found, report, what)
  end
  lab:put_back(what)
end

local function try_hook(lab, mask, n, again)
  local what = ("%s, hook '%s' %d%s"):format(lab.scenario.name, mask, n,
    again and " and on" or "")
  local problem = {}
  lab:reset()
  local report, ok, answer = run_here(lab, function() end, function(...)
    return with_hook(mask, raising(n, again, problem), ...)
  end)
  assert(ok or answer == problem, what .. ": " .. tostring(answer))
  check_all(lab, report, what)
  lab:put_back(what)
end

-- ---- by signals ----------------------------------------------------------

local function decode(text)
  local ok, value = pcall(cjson.decode, text)
  return ok and value.steps and value or nil
end

local function check_child(lab, result, code, what)
  what = ("%s: exit code %d, %s"):format(what, code, result.err)
  assert(not result.err:find("success", 1, true), what)
  local report = decode(result.out)
  local found = check_all(lab, report, what)
  if found == "to" then
    assert(code == 0, what .. ": it is done")
  elseif code == 143 or result.err:find "^lua[%w.]*: interrupted!" then
    -- the interpreter ended before the command began
    assert(not report and result.out == "", what)
  else
    assert(code == 5, what .. ": it is not done")
    assert(result.err:find("interrupted", 1, true), what)
  end
  if report and (code ~= 0 or report.too_late) then
    assert(result.err:find("hint: [^\n]*ntvol %a+ %S+"), what .. ": no hint")
  end
end

local function words_of(scenario)
  local words = table.move(scenario.words, 1, #scenario.words, 1, {})
  words[#words + 1] = "--json"
  return words
end

local function try_signal(lab, kind, n, signal)
  local what = ("%s, %s %d, SIG%s"):format(lab.scenario.name, kind, n, signal)
  lab:reset()
  local result, code = lab:child({ kind = kind, at = n, signal = signal },
    words_of(lab.scenario))
  if signal == "KILL" then
    assert(code == 137, what .. ": exit code " .. code)
  else
    check_child(lab, result, code, what)
  end
  lab:put_back(what)
end

-- The second signal ends the process, in the middle of what the first one made
-- it do: it leaves what kill -9 leaves.
local function try_two(lab, kind, n, later, signal)
  local what = ("%s, %s %d, SIG%s, again %d instructions later"):format(
    lab.scenario.name, kind, n, signal, later)
  lab:reset()
  local result, code = lab:child({ kind = kind, at = n, signal = signal,
    again = later }, words_of(lab.scenario))
  if code < 128 then
    check_child(lab, result, code, what)
  end
  lab:put_back(what)
end

-- ---- all of them ---------------------------------------------------------

local SIGNALS = { "INT", "TERM", "KILL" }
local ALL = 1 << 30

local function each_case(count, most, f)
  for n in sweep.sample(count, most) do
    f(n)
  end
end

-- Numbers from 1 to `count`: so many by chance, or all of them.
local function draw(random, count, most, f)
  if most >= count then
    return each_case(count, most, f)
  end
  for _ = 1, most do
    f(random(count))
  end
end

local function try_calls(lab, counts)
  for _, kind in ipairs { "progress", "step" } do
    each_case(counts[kind], sweep.pick(4, 16, ALL), function(n)
      try_call(lab, kind, n, "raises")
    end)
  end
  each_case(counts.progress, sweep.pick(1, 16, ALL), function(n)
    try_call(lab, "progress", n, "answers false")
  end)
  if counts.progress > 0 then -- the last one comes when all is durable
    try_call(lab, "progress", counts.progress, "raises")
    try_call(lab, "progress", counts.progress, "answers false")
  end
end

local function try_hooks(lab, random)
  for _, mask in ipairs { "", "cr" } do
    local count = count_events(lab, mask)
    draw(random, count, sweep.pick(3, 30, ALL), function(n)
      try_hook(lab, mask, n, false)
    end)
    draw(random, count, sweep.pick(1, 10, ALL), function(n)
      try_hook(lab, mask, n, true)
    end)
  end
end

-- With the suite each kind gets one of the signals, another one in the next
-- scenario.
local function try_signals(lab, counts, random, number)
  for i, signal in ipairs(SIGNALS) do
    for k, kind in ipairs { "progress", "step", "hook" } do
      local part = (i + k + number) % #SIGNALS == 0 and 1 or 0
      draw(random, counts[kind], sweep.pick(part, 3, ALL), function(n)
        try_signal(lab, kind, n, signal)
      end)
    end
  end
  draw(random, counts.step, sweep.pick(1, 6, 200), function(n)
    try_two(lab, "step", n, random(4000), SIGNALS[random(2)])
  end)
end

local function skip_on_windows()
  if proc.windows then
    pending "there are no signals and no process that is killed"
  end
end

for number, scenario in ipairs(interrupts.scenarios) do
  describe(scenario.name .. " that is interrupted", function()
    it("by an error or an answer, leaves what it says", function()
      skip_on_windows()
      local lab = interrupts.lab(machines.cleanup(finally), scenario)
      try_calls(lab, count_calls(lab))
    end)

    it("by a hook of Lua, leaves what it says", function()
      skip_on_windows()
      local lab = interrupts.lab(machines.cleanup(finally), scenario)
      try_hooks(lab, sweep.random(number))
    end)

    it("by a signal, leaves what it says", function()
      skip_on_windows()
      local lab = interrupts.lab(machines.cleanup(finally), scenario)
      lab:reset()
      local result, code = lab:child({ kind = "none", at = 0, signal = "INT" },
        scenario.words)
      assert(code == 0, ("exit code %d: %s"):format(code, result.err))
      try_signals(lab, lab:counts(), sweep.random(number), number)
    end)
  end)
end
