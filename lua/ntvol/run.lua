--- One run of a plan: its steps, its undo, and what the report says of them.
--
-- A run is shielded: Ctrl-C, or another hook that raises an error, cuts neither
-- a step nor the undo nor what is written about them. The run notices such an
-- interrupt only where it calls functions of the caller: when it tells of a
-- step or of progress, and between two attempts of a request that waits. It
-- keeps what was raised in `run.problem`, and stops as long as all that was
-- done can be undone.
-- @module ntvol.run

local aftermath = require "ntvol.aftermath"
local core = require "ntvol.core"
local failure = require "ntvol.failure"
local names = require "ntvol.names"
local records = require "ntvol.record"
local reports = require "ntvol.report"
local retry = require "ntvol.retry"
local take_back = require "ntvol.take_back"

local protect, try = failure.protect, failure.try

local M = {}

local Run = {}
Run.__index = Run

--- Whether a step cannot be taken back.
-- @tparam table step
-- @treturn boolean
function M.is_final(step)
  return (step.destroys or step.final or false) and step.undo == nil
end

--- Whether running a plan destroys data.
-- @tparam table plan
-- @treturn boolean
function M.destroys(plan)
  for _, step in ipairs(plan.steps) do
    if step.destroys then
      return true
    end
  end
  return false
end

local function nothing() end

-- The options of a request that waits. It calls the functions of the caller, so
-- an interrupt ends the wait, too.
local function waiting_options(run, opts)
  local function calls(f)
    return function(...)
      return run:call(f, ...)
    end
  end
  local waits = opts.wait or opts.on_attempt or opts.on_busy
  return { wait = opts.wait, on_busy = opts.on_busy and calls(opts.on_busy),
    on_attempt = waits and calls(opts.on_attempt or nothing) or nil }
end

-- The function that steps call with their progress. A step that was asked to
-- stop may succeed all the same: `run.asked` remembers that.
local function progress_of(run, on_progress)
  return function(done, total)
    local ok, answer = run.outside(on_progress or nothing, done, total)
    if not ok then
      run.problem = run.problem or { answer }
      return false
    end
    run.asked = run.asked or answer == false
    return answer
  end
end

--- Begins a run; it is a `<close>` value.
-- @tparam table plan
-- @tparam table opts of `plan:run`
function M.new(plan, opts)
  local run = setmetatable({
    plan = plan, options = opts, kept = {}, done = {}, at = 0,
    report = reports.new(plan),
    outside = pcall, -- until it is shielded
  }, Run)
  run.context = setmetatable({
    on_progress = progress_of(run, opts.on_progress),
    interruptible = function(...)
      return run:call(...)
    end,
    waiting = retry.share(plan.context.machine, waiting_options(run, opts)),
    keep = function(object)
      run.kept[#run.kept + 1] = object
      return object
    end,
  }, { __index = plan.context })
  return run
end

--- Calls f(run, ...) so that no interrupt cuts it, and closes the run.
-- @return what `f` returns
-- @failure
M.shielded = protect(function(run, f, ...)
  return core.shield(function(outside, ...)
    local _ <close> = run
    run.outside = outside
    return f(run, ...)
  end, ...)
end)

-- Closes what the steps opened, the last first. To close an object twice is
-- allowed.
function Run:__close()
  while #self.kept > 0 do
    table.remove(self.kept):close()
  end
  if self.record then
    self.record:close()
  end
end

-- ---- interrupts ----------------------------------------------------------

local function called(run, ok, ...)
  if ok then
    return ...
  end
  run.problem = run.problem or { (...) }
  error((...), 0)
end

-- Calls a function that may be interrupted. When it raises an error, that is
-- noted as the problem of the run, and raised again.
function Run:call(f, ...)
  return called(self, self.outside(f, ...))
end

-- Whether an interrupt ends the run here. It is too late for that when all
-- steps are done, and when a finished step cannot be undone: only the end of
-- the run leaves things in order then.
function Run:stops()
  if not self.problem or self.late then
    return false
  end
  self.late = self:first_final() ~= nil or #self.done == #self.plan.steps
  return not self.late
end

-- ---- telling -------------------------------------------------------------

function Run:label(i)
  local step = self.plan.steps[i]
  if step.target and step.target ~= self.plan.target then
    return step.name .. " " .. step.target
  end
  return step.name
end

function Run:tell(i, state, message)
  local ok, problem = self.outside(self.options.on_step or nothing,
    self.plan.steps[i], state, message)
  if not ok then
    self.problem = self.problem or { problem }
  end
end

-- Notes the outcome of a step. When the journal cannot be written any more,
-- that changes nothing about a step that is over.
function Run:set(i, outcome, message, code)
  local step = self.report.steps[i]
  step.outcome, step.message, step.code = outcome, message, code
  self.record:step(i, step)
end

-- Steps open volumes by their GUID paths, because a letter may go to another
-- volume. People know volumes by their letters, so a failure names those.
local function by_letter(plan, message, info)
  for _, pinned in ipairs(plan.identity) do
    local path, name = pinned.guid_path, pinned.name
    local pattern = path and path:gsub("%p", "%%%0")
    local function named(text)
      return type(text) == "string" and pattern and name
        and text:gsub(pattern, (name:gsub("%%", "%%%%"))) or text
    end
    message = named(message)
    for _, field in ipairs { "target", "detail", "hint" } do
      info[field] = named(info[field])
    end
  end
  return message
end

-- A failure of step `i` as the plan returns it: `{ message, code, info }`.
function Run:of_step(i, message, code, info)
  local step = self.plan.steps[i]
  info = info or { op = step.name, target = step.target or self.plan.target,
    class = "permanent" }
  info.report = self.report
  message = by_letter(self.plan, tostring(message or "failed without a reason"),
    info)
  return { code = code, info = info,
    message = core.printable(("step '%s': %s"):format(self:label(i), message)) }
end

local function raise(failed)
  try(nil, failed.message, failed.code, failed.info)
end

-- ---- events --------------------------------------------------------------

-- The events of a machine after the one with this id. A machine that keeps no
-- history has none. A machine that others use, too, shows what they did.
local function events_after(machine, id)
  local ok, list = pcall(function()
    return machine:events(id)
  end)
  return ok and list or {}
end

function Run:watch()
  local machine = self.plan.context.machine
  if machine then
    local before = events_after(machine)
    self.last_event = #before > 0 and before[#before].id or 0
  end
end

-- The state of an operation in the journal, by the state of the run.
local JOURNAL_STATES = { done = "committed", undone = "failed",
  failed = "failed", refused = "failed" }

-- Ends the report, and the operation of the journal. `why` is the failure, or
-- another message.
function Run:finish(state, why, journal_state)
  local report, machine = self.report, self.plan.context.machine
  why = why or {}
  report.state, report.ended = state, reports.now()
  report.message, report.code = why.message, why.code
  for _, field in ipairs { "outcome", "reason", "class", "veto" } do
    report[field] = why.info and why.info[field]
  end
  if state ~= "done" and state ~= "refused" or self.late then
    report.holds = aftermath.holds(machine, report.target)
  end
  if machine and self.last_event then
    report.events = events_after(machine, self.last_event)
  end
  if self.record then
    self.record:finish(journal_state or JOURNAL_STATES[state], why.message)
    report.next = (state ~= "done" or self.late) and self.record.log
      and report.journal and take_back.advice(self.record.log, report.journal,
        self.plan.target) or nil
  end
  return report
end

-- ---- checking ------------------------------------------------------------

--- Checks the preconditions of the steps.
-- @failure
function Run:check()
  for i, step in ipairs(self.plan.steps) do
    if step.check then
      local ok, message, code, info = protect(step.check)(self.context)
      if not ok then
        raise(self:of_step(i, message, code, info))
      end
    end
  end
  return true
end

function Run:check_token()
  local plan, given = self.plan, self.options.erase
  if not M.destroys(plan) or names.is_one_of(given, plan.erase) then
    return
  end
  local add_report = failure.newtry(function(_, _, info)
    info.report = self.report
  end)
  add_report(core.fail {
    op = plan.name, target = plan.target, reason = "erase_token",
    detail = given and ("erase = %q does not name it"):format(given)
      or "it destroys data, and the confirmation is missing",
    hint = plan.run_it and "to run the plan: " .. plan.run_it
      or ("give erase = %q"):format(plan.erase[1]),
  })
end

-- Begins the run in the journal.
function Run:note(name, parent)
  self.record = records.open(self.options.journal, self.plan.context.machine)
  self.record:begin(self.report, name, parent)
  self.context.journal = self.record.log or false
  self.context.operation = self.record.id
end

--- Checks the plan and runs it.
-- @treturn ntvol.report
-- @failure
function Run:go()
  self:prepare()
  return self:steps()
end

local prepare = protect(function(run)
  run:check()
  run:check_token()
  run:note(run.plan.name)
  return true
end)

--- Makes sure of all that must hold before the first step. It changes nothing
-- but the journal.
-- @failure
function Run:prepare()
  local refused = failure.newtry(function(message, code, info)
    self:finish("refused", { message = message, code = code, info = info })
  end)
  refused(prepare(self))
end

-- ---- running -------------------------------------------------------------

-- A step that cannot be noted in the journal is not begun.
local note_and_run = protect(function(run, i)
  try(run.record:step(i, run.report.steps[i], "begun"))
  return run.plan.steps[i].run(run.context)
end)

-- Runs a step. It returns nil and the note of the step, or its failure. An
-- error that the step raises becomes a failure without details, and is raised
-- again at the end of the run.
function Run:step(i)
  local outcome = self.report.steps[i]
  outcome.started = reports.now()
  local ok, result, message, code, info = pcall(note_and_run, self, i)
  outcome.ended = reports.now()
  outcome.seconds = outcome.ended - outcome.started
  if not ok then
    self.problem = self.problem or { result }
    return { message = tostring(result) }
  elseif not result then
    return { message = by_letter(self.plan, message, info or {}), code = code,
      info = info }
  end
  return nil, type(message) == "string" and message or nil
end

-- Notes that a step succeeded. When it was asked to stop, it was too late.
function Run:step_done(i, note)
  self.done[#self.done + 1] = i
  self:set(i, "done", note)
  self.late = self.late or self.problem ~= nil or self.asked
  self:tell(i, "done", note)
end

function Run:step_failed(i, failed)
  self:set(i, "failed", failed.message, failed.code)
  self:tell(i, "failed", failed.message)
end

-- Runs the steps until one fails, whose failure it returns, or until an
-- interrupt ends the run between two steps.
function Run:forward()
  for i in ipairs(self.plan.steps) do
    self.at = i
    self:tell(i, "start")
    if self:stops() then
      return
    end
    local failed, note = self:step(i)
    if failed then
      self:step_failed(i, failed)
      return failed
    end
    self:step_done(i, note)
    if self:stops() then
      return
    end
  end
end

-- Undoes one finished step. Nothing that goes wrong here stops the others.
function Run:undo_step(i)
  local step, outcome = self.plan.steps[i], self.report.steps[i]
  outcome.undo_started = reports.now()
  local ok, result, message, code, info = pcall(protect(step.undo),
    self.context)
  outcome.undo_ended = reports.now()
  if ok and result then
    self:set(i, "undone")
  else
    message = tostring(ok and message or result)
    self:set(i, "undo failed", message, ok and code or nil)
    table.insert(self.report.undo_failures, {
      name = step.name, target = step.target or self.plan.target,
      message = message, code = ok and code or nil, info = ok and info or nil,
    })
  end
  self:tell(i, outcome.outcome, outcome.message)
end

--- Undoes what is done, in reverse.
-- @treturn boolean whether nothing of it stayed
function Run:undo()
  local clean = true
  for k = #self.done, 1, -1 do
    local i = self.done[k]
    if self.plan.steps[i].undo then
      self:undo_step(i)
    elseif M.is_final(self.plan.steps[i]) then
      clean = false
    end
  end
  self.done = {}
  return clean and #self.report.undo_failures == 0
end

-- Whether the step that failed may have left something behind.
function Run:left_something(failed)
  local step, info = self.plan.steps[self.at], failed.info
  if info and info.outcome == "untouched" then
    return false
  elseif info or not step.undo then
    return M.is_final(step) or step.destroys or false
  end
  -- Nobody knows how far the step came, so it is undone, too.
  local failures = #self.report.undo_failures
  if step.destroys then
    self:undo_step(self.at)
  end
  return #self.report.undo_failures > failures
end

-- Ends a run whose steps are all done.
function Run:finish_done()
  local report = self.report
  report.too_late = self.late or nil
  return self:finish("done", self.late
    and { message = "the cancel came too late: every step is done" })
end

-- Why a run was undone: the failure of a step, what interrupted it, or both.
function Run:reason_of(failed)
  local problem = self.problem and tostring(self.problem[1])
  if not failed then
    return { message = problem }
  end
  local why = self:of_step(self.at, failed.message, failed.code, failed.info)
  if problem then
    why.message = failed.message == problem and problem
      or problem .. "; " .. why.message
  end
  return why
end

-- Undoes what can be undone, and ends the run.
function Run:finish_undone(failed)
  local left = failed and self:left_something(failed)
  local state = self:undo() and not left and "undone" or "failed"
  local why = self:reason_of(failed)
  self:finish(state, why)
  return why
end

-- What was raised says nothing of the volume. So a warning does, unless somebody
-- else tells it.
local function tell_end(plan, report)
  local words = { "ntvol: " .. aftermath.what(report.plan, report.target,
    report) }
  for _, line in ipairs(aftermath.now(report)) do
    words[#words + 1] = line:gsub("^hint: ", "")
  end
  if not plan.told then
    warn(table.concat(words, "; "))
  end
end

-- What interrupted the run, or was a mistake, is raised at its end.
function Run:raise_problem()
  if self.problem then
    tell_end(self.plan, self.report)
    error(self.problem[1], 0)
  end
end

--- Runs the steps and, on a failure, undoes them. What was raised (a mistake,
-- or Ctrl-C) undoes as well, and is raised again.
-- @treturn ntvol.report
-- @failure
function Run:steps()
  self:watch()
  local failed = self:forward()
  if #self.done == #self.plan.steps then
    self:finish_done()
  else
    failed = self:finish_undone(failed)
  end
  self:raise_problem()
  if failed then
    raise(failed)
  end
  return self.report
end

-- ---- taking back ---------------------------------------------------------

--- The first finished step that cannot be taken back; nil when there is none.
-- @treturn ?integer
function Run:first_final()
  for _, i in ipairs(self.done) do
    if M.is_final(self.plan.steps[i]) then
      return i
    end
  end
end

--- Takes a finished run back: every step, the last first. It is an operation
-- of its own in the journal, a part of the one that it takes back.
-- @tparam table opts of `plan:undo`
-- @treturn ntvol.report
-- @failure
function Run:take_back(opts)
  local report = self.report
  self.options = opts
  self:note("undo " .. self.plan.name, report.journal)
  self.problem = nil
  local failed
  if self:undo() then
    self:finish("undone", nil, "committed")
  else
    failed = self:not_taken_back()
  end
  self:raise_problem()
  if failed then
    raise(failed)
  end
  return report
end

function Run:not_taken_back()
  local failed = self.report.undo_failures[1]
  local info = failed.info or { op = failed.name, target = failed.target,
    class = "permanent" }
  local why = { code = failed.code, info = info,
    message = ("undo of step '%s': %s"):format(failed.name, failed.message) }
  info.report = self:finish("failed", why)
  return why
end

return M
