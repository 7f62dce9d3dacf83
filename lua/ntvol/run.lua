--- One run of a plan: its steps, its undo, what it leaves in the report.
-- @module ntvol.run

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local names = require "ntvol.names"
local records = require "ntvol.record"
local reports = require "ntvol.report"
local retry = require "ntvol.retry"

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

--- Begins a run; it is a `<close>` value.
-- @tparam table plan
-- @tparam table opts of `plan:run`
function M.new(plan, opts)
  local run = setmetatable({
    plan = plan, options = opts, kept = {}, done = {}, at = 0,
    report = reports.new(plan),
  }, Run)
  run.context = setmetatable({
    on_progress = opts.on_progress,
    waiting = retry.share(plan.context.machine, opts),
    keep = function(object)
      run.kept[#run.kept + 1] = object
      return object
    end,
  }, { __index = plan.context })
  return run
end

-- Closes what the steps opened, the last first. Objects that a step closed
-- already do not mind.
function Run:__close()
  while #self.kept > 0 do
    table.remove(self.kept):close()
  end
  if self.record then
    self.record:close()
  end
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
  local on_step = self.options.on_step
  if on_step then
    on_step(self.plan.steps[i], state, message)
  end
end

-- What a step came to. That the journal cannot be written any more changes
-- nothing about what is done already.
function Run:set(i, outcome, message, code)
  local step = self.report.steps[i]
  step.outcome, step.message, step.code = outcome, message, code
  self.record:step(i, step)
end

-- The failure of step `i` as the plan returns it.
function Run:failure(i, message, code, info)
  local step = self.plan.steps[i]
  info = info or { op = step.name, target = step.target or self.plan.target,
    class = "permanent" }
  info.report = self.report
  return nil, core.printable(("step '%s': %s"):format(self:label(i),
    tostring(message or "failed without a reason"))), code, info
end

-- ---- events --------------------------------------------------------------

-- A machine that keeps no history has none to show. One in use by others
-- shows what they did meanwhile, too.
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

-- What the journal calls it.
local JOURNAL_STATES = { done = "committed", undone = "failed",
  failed = "failed", refused = "failed" }

-- Ends the report, and the operation of the journal.
function Run:finish(state, message, code, info, journal_state)
  local report, machine = self.report, self.plan.context.machine
  report.state, report.ended = state, reports.now()
  report.message, report.code = message, code
  for _, field in ipairs { "outcome", "reason", "class", "veto" } do
    report[field] = info and info[field]
  end
  if machine and self.last_event then
    report.events = events_after(machine, self.last_event)
  end
  if self.record then
    self.record:finish(journal_state or JOURNAL_STATES[state], message)
  end
  return report
end

-- ---- checking ------------------------------------------------------------

function Run:check()
  for i, step in ipairs(self.plan.steps) do
    if step.check then
      local ok, message, code, info = step.check(self.context)
      if not ok then
        return self:failure(i, message, code, info)
      end
    end
  end
  return true
end

function Run:check_token()
  local plan, given = self.plan, self.options.erase
  if not M.destroys(plan) or names.is_one_of(given, plan.erase) then
    return true
  end
  local _, message, code, info = failure.make {
    op = plan.name, target = plan.target, status = "STATUS_INVALID_PARAMETER",
    reason = "erase_token",
    detail = given and ("erase = %q does not name it"):format(given)
      or "it destroys data, and nothing says that it is meant",
    hint = plan.run_it and "to run the plan: " .. plan.run_it
      or ("give erase = %q"):format(plan.erase[1]),
  }
  info.report = self.report
  return nil, message, code, info
end

-- Begins the run in the journal.
function Run:note(name, parent)
  local message, code, info
  self.record, message, code, info = records.open(self.options.journal)
  if not self.record then
    return nil, message, code, info
  end
  local ok
  ok, message, code, info = self.record:begin(self.report, name, parent)
  self.context.journal = self.record.log or false
  self.context.operation = self.record.id
  return ok, message, code, info
end

--- All that must hold before the first step; changes nothing but the journal.
function Run:prepare()
  local ok, message, code, info = self:check()
  if ok then
    ok, message, code, info = self:check_token()
  end
  if ok then
    ok, message, code, info = self:note(self.plan.name)
  end
  if not ok then
    self:finish("refused", message, code, info)
  end
  return ok, message, code, info
end

-- ---- running -------------------------------------------------------------

-- What is not in the journal is not begun.
function Run:step(i)
  local outcome = self.report.steps[i]
  outcome.started = reports.now()
  local result, message, code, info = self.record:step(i, outcome, "begun")
  if result then
    result, message, code, info = self.plan.steps[i].run(self.context)
  end
  outcome.ended = reports.now()
  outcome.seconds = (outcome.ended - outcome.started) / 1000000
  return result, message, code, info
end

-- Runs the steps. Answers true, or the number of the step that failed and the
-- failure.
function Run:forward()
  for i in ipairs(self.plan.steps) do
    self.at = i
    self:tell(i, "start")
    local result, message, code, info = self:step(i)
    if not result then
      self:set(i, "failed", message, code)
      self:tell(i, "failed", message)
      return i, message, code, info
    end
    local note = type(message) == "string" and message or nil
    self.done[#self.done + 1] = i
    self:set(i, "done", note)
    self:tell(i, "done", note)
  end
  return true
end

-- Undoes one finished step. Nothing that goes wrong here stops the others.
function Run:undo_step(i)
  local step, outcome = self.plan.steps[i], self.report.steps[i]
  outcome.undo_started = reports.now()
  local ok, result, message, code, info = pcall(step.undo, self.context)
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
  pcall(self.tell, self, i, outcome.outcome, outcome.message)
end

--- Undoes what is done, in reverse. Answers whether nothing of it stayed.
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

-- Whether the step that failed may have left something, too.
function Run:left_something(info)
  local step = self.plan.steps[self.at]
  if not step or info and info.outcome == "untouched" then
    return false
  end
  -- the undo of a step is for one that was done: nobody ran it here
  return M.is_final(step) or step.destroys and info ~= nil
end

--- Runs the steps and, on a failure, undoes them. A Lua error in a step (a
-- bug, or Ctrl-C) undoes as well, and goes on unchanged.
function Run:steps()
  self:watch()
  local ok, failed, message, code, info = pcall(self.forward, self)
  if ok and failed == true then
    return self:finish "done"
  end
  local last = self.report.steps[self.at]
  if not ok and last and last.outcome == "not run" then
    last.ended = reports.now()
    self:set(self.at, "failed", tostring(failed))
  end
  local clean = self:undo() and not self:left_something(info)
  local state = clean and "undone" or "failed"
  if not ok then
    self:finish(state, tostring(failed))
    error(failed, 0)
  end
  local _
  _, message, code, info = self:failure(failed, message, code, info)
  self:finish(state, message, code, info)
  return nil, message, code, info
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
function Run:take_back(opts)
  local report = self.report
  self.options = opts
  local ok, message, code, info = self:note("undo " .. self.plan.name,
    report.journal)
  if not ok then
    return nil, message, code, info
  end
  return self:taken_back(self:undo())
end

function Run:taken_back(clean)
  if clean then
    return self:finish("undone", nil, nil, nil, "committed")
  end
  local failed = self.report.undo_failures[1]
  local info = failed.info or { op = failed.name, target = failed.target,
    class = "permanent" }
  local message = ("undo of step '%s': %s"):format(failed.name,
    failed.message)
  info.report = self:finish("failed", message, failed.code, info)
  return nil, message, failed.code, info
end

return M
