--- What a run of a plan writes into the journal. A step is noted, durably,
-- before it begins and after it has ended. So the journal says how far a
-- process came that was killed.
-- @module ntvol.record

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local journal = require "ntvol.journal"

local try = failure.try

local M = {}

local borrow = failure.protect(journal._borrow)

local Record = {}
Record.__index = Record

-- A record without a journal: nothing is written, and the report says why.
local function nothing(why)
  return setmetatable({ missing = why }, Record)
end

--- Opens the journal for a run.
-- @param option of `plan:run`: nil for the journal of the machine, false for
--  none, or an open journal, which stays open
-- @tparam ?ntvol.machine machine of the plan
-- @treturn table
-- @failure
function M.open(option, machine)
  if option == false then
    return nothing "the run was told not to"
  elseif core.type(option) == "journal" then
    return setmetatable({ log = option }, Record)
  end
  local log, own, code, info = borrow(machine)
  if log then
    return setmetatable({ log = log, own = own }, Record)
  elseif info.reason == "not_installed" then
    return nothing(info.detail)
  end
  try(log, own, code, info)
end

--- Begins the operation of a run.
-- @tparam ntvol.report report
-- @tparam string name of the operation
-- @tparam ?integer parent
-- @failure
function Record:begin(report, name, parent)
  if not self.log then
    report.journal_missing = self.missing
    return
  end
  self.id = try(self.log:begin {
    plan = name, target = report.target, machine = report.machine,
    identity = report.identity[1], command = report.command, parent = parent,
  })
  report.journal = self.id
end

--- Notes a step as its report has it. A step that cannot be noted must not
-- begin.
-- @tparam integer i
-- @tparam table step of the report
-- @tparam ?string outcome instead of the step's
-- @treturn true, or nil, message, code, info
function Record:step(i, step, outcome)
  if not self.id then
    return true
  end
  return self.log:step(self.id, i, {
    name = step.name, target = step.target,
    outcome = outcome or step.outcome,
    message = step.message and tostring(step.message),
    started = step.started, ended = step.ended,
    undo_started = step.undo_started, undo_ended = step.undo_ended,
    final = step.final,
  })
end

--- Ends the operation.
-- @tparam string state of the journal
-- @tparam ?string message
function Record:finish(state, message)
  if self.id then
    self.log:finish(self.id, state, message and tostring(message))
    self.id = nil
  end
end

--- Closes a journal that the run opened.
function Record:close()
  if self.own then
    self.log:close()
    self.own, self.log = nil, nil
  end
end

return M
