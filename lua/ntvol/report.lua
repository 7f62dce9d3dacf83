--- The report of a run of a plan: every step with its outcome and its times,
-- the events that were seen, and how the run ended. It prints as a table.
-- `report:data()` is what `--json` writes; docs/plans.md lists its fields.
-- @module ntvol.report

local aftermath = require "ntvol.aftermath"
local core = require "ntvol.core"
local lines = require "ntvol.lines"

local M = {}

local Report = {}
Report.__index = Report
Report.__name = "ntvol.report"

--- The name of the format of `data`. It changes when a field changes its
-- meaning.
M.FORMAT = "ntvol.report/1"

--- Seconds since 1970, UTC, as all times are.
-- @treturn number
M.now = core.time

--- A time as ISO 8601 has it, UTC.
-- @tparam number time seconds since 1970
-- @treturn string
function M.iso(time)
  local us = math.floor(time * 1000000 + 0.5)
  return ("%s.%06dZ"):format(os.date("!%Y-%m-%dT%H:%M:%S", us // 1000000),
    us % 1000000)
end

--- Makes the report of a run that begins now.
-- @tparam table plan
-- @treturn ntvol.report
function M.new(plan)
  local machine = plan.context.machine
  local report = setmetatable({
    plan = plan.name, target = plan.target, command = plan.run_it,
    machine = core.type(machine) == "machine" and machine:name() or nil,
    identity = plan.identity, unchecked = plan.unchecked,
    state = "not run", pid = core.pid(), started = M.now(),
    steps = {}, events = {}, undo_failures = {},
  }, Report)
  for i, step in ipairs(plan.steps) do
    report.steps[i] = {
      name = step.name, target = step.target or plan.target,
      says = step.says, destroys = step.destroys or false,
      can_undo = step.undo ~= nil, outcome = "not run",
      final = (step.destroys or step.final or false) and step.undo == nil,
    }
  end
  return report
end

-- ---- as data -------------------------------------------------------------

local function copy(source, names)
  local copied = {}
  for name in names:gmatch("%S+") do
    copied[name] = source[name]
  end
  return copied
end

local function copies(list, names)
  local copied = {}
  for i, item in ipairs(list or {}) do
    copied[i] = copy(item, names)
  end
  return copied
end

local IDENTITY = "name guid_path serial size extents file_system label"
  .. " disk_serial disks"
local STEP = "name target says outcome message code started ended undo_started"
  .. " undo_ended destroys can_undo final"

--- The report as plain tables, for JSON.
-- @treturn table
function Report:data()
  local data = copy(self, "plan target machine command pid state message"
    .. " code outcome reason class veto started ended journal"
    .. " journal_missing too_late holds next")
  data.format = M.FORMAT
  data.ok = self.state == "done"
  data.started_at = M.iso(self.started)
  data.ended_at = self.ended and M.iso(self.ended)
  data.identity = copies(self.identity, IDENTITY)
  data.steps = copies(self.steps, STEP)
  for i, step in ipairs(data.steps) do
    step.number = i
  end
  data.undo_failures = copies(self.undo_failures, "name target message code")
  data.events = copies(self.events, "id kind name target pid time")
  data.unchecked = self.unchecked or {}
  return data
end

-- ---- for people ----------------------------------------------------------

local function seconds(from, to)
  return from and to and ("%.3f s"):format(to - from) or ""
end

local function step_rows(report)
  local rows = {}
  for i, step in ipairs(report.steps) do
    rows[i] = { ("  %2d."):format(i), step.name, step.target, step.outcome,
      seconds(step.started, step.ended), step.message or "" }
  end
  return rows
end

local function event_rows(report)
  local rows = {}
  for i, event in ipairs(report.events) do
    rows[i] = { "     ", ("+%.3f s"):format(event.time - report.started),
      event.name, event.target, ("pid %d"):format(event.pid) }
  end
  return rows
end

local function append(list, more)
  return table.move(more, 1, #more, #list + 1, list)
end

function Report:__tostring()
  local took = seconds(self.started, self.ended)
  local list = { ("%s '%s': %s, %s%s"):format(self.plan, self.target,
    self.state, M.iso(self.started), took ~= "" and ", " .. took or "") }
  append(list, lines.aligned(step_rows(self)))
  if #self.events > 0 then
    list[#list + 1] = "  Events:"
    append(list, lines.aligned(event_rows(self)))
  end
  for _, failed in ipairs(self.undo_failures) do
    list[#list + 1] = ("  Undo of %s %s failed: %s"):format(failed.name,
      failed.target, failed.message)
  end
  if self.message then
    list[#list + 1] = "  " .. self.message
  end
  for _, line in ipairs(aftermath.now(self)) do
    list[#list + 1] = "  " .. line
  end
  return lines.join(list)
end

return M
