--- The picture of a run: who held which lock when, each step, each event, on
-- one axis of time, as SVG.
-- @module ntvol.timeline

local history = require "ntvol.timeline.history"
local options = require "ntvol.options"
local picture = require "ntvol.timeline.picture"

local M = {}

local FIELDS = {
  title = "string", result = "string", bad = "boolean", process = "string",
  pid = "integer", started = "number", ended = "number", steps = "table",
  locks = "table", events = "table", notes = "table",
}

-- The latest time that is drawn; a later one is drawn there. So sums and
-- differences stay exact enough, and no number of a picture is infinite.
local LATEST = 1 << 60

local TIMES = { "started", "ended", "undo_started", "undo_ended", "from", "to",
  "time" }

-- A copy whose times can be drawn. A time that is NaN is left out.
local function drawable(item)
  local copy = {}
  for name, value in pairs(item) do
    copy[name] = value
  end
  for _, name in ipairs(TIMES) do
    local time = copy[name]
    if time ~= nil then
      copy[name] = time == time
        and math.max(-LATEST, math.min(time, LATEST)) or nil
    end
  end
  return copy
end

--- Draws a run. The picture depends on the data alone: the same data make the
-- same bytes. All times are microseconds, since 1970 or since any other moment.
-- @tparam ntvol.timeline_data data `title`, `steps`, and optional: `locks`,
--  `events`, `result` (how it ended, in words; `bad` when that is bad news),
--  `process` (who ran it, in words), `pid` (its events need not say whose they
--  are), `started`, `ended`, `notes` (lines below). A step is `{ name, target,
--  started, ended, outcome, message, final, undo_started, undo_ended, number
--  }`, with the outcomes of `plan:run`; `final` marks one that cannot be
--  undone; `number` is its place in the list unless given. A lock is `{ kind,
--  holder, target, from, to }`, its kind `"lock"` unless given, or
--  `"dismounted"`, `"offline"`, `"removed"`, `"lost"`, `"masked"`; without
--  `from` it was there before, without `to` it stays. An event is `{ name,
--  target, time, pid }`.
-- @treturn string SVG
-- @raise for a field that is not known or has the wrong type
-- @usage
-- local svg = ntvol.timeline.svg {
--   title = "dismount D:",
--   steps = { { name = "dismount", target = "D:", started = 0, ended = 1500,
--     outcome = "done" } },
-- }
-- assert(svg:find "^<%?xml")
function M.svg(data)
  data = options.check(1, "svg", data, FIELDS)
  for _, name in ipairs { "title", "steps" } do
    if data[name] == nil then
      error(("bad argument #1 to 'svg' (option '%s' is missing)"):format(name),
        2)
    end
  end
  local copy = drawable(data)
  for _, name in ipairs { "steps", "locks", "events" } do
    local list = {}
    for _, item in ipairs(copy[name] or {}) do
      list[#list + 1] = drawable(item)
    end
    copy[name] = list
  end
  return picture.draw(copy)
end

-- ---- of a report ---------------------------------------------------------

-- A time in microseconds. Seconds and microseconds cannot be confused: seconds
-- up to the year 5000 are smaller numbers than microseconds since 1973.
local function to_us(time)
  return time and (time < 1e11 and math.floor(time * 1000000 + 0.5)
    or math.tointeger(time) or math.floor(time))
end

local function step_of(step, number)
  local final = step.final
  if final == nil then
    final = step.destroys and not step.can_undo or false
  end
  return {
    number = number, name = step.name, target = step.target,
    outcome = step.outcome, message = step.message, final = final,
    started = to_us(step.started), ended = to_us(step.ended),
    undo_started = to_us(step.undo_started),
    undo_ended = to_us(step.undo_ended),
  }
end

-- The checks before the first step, as a step of the picture.
local function checks_of(report, first)
  local refused = report.state == "refused"
  local ended = refused and report.ended or first and first.started
  if report.started and ended and ended > report.started then
    return {
      number = 0, name = "check", target = report.target,
      started = to_us(report.started), ended = to_us(ended),
      outcome = refused and "failed" or "done",
      message = refused and report.message or nil,
    }
  end
end

local OUTCOMES = { committed = "done", done = "done", running = "running",
  undone = "undone", recovered = "undone", interrupted = "begun" }

-- An operation that was not done in steps is drawn as one step.
local function only_step(report)
  return {
    number = 1, name = report.plan, target = report.target,
    outcome = OUTCOMES[report.state] or "failed", message = report.message,
    started = to_us(report.started), ended = to_us(report.ended),
  }
end

local function steps_of(report)
  local steps = report.steps or {}
  if #steps == 0 then
    return { only_step(report) }
  end
  local list = { checks_of(report, steps[1]) }
  for i, step in ipairs(steps) do
    list[#list + 1] = step_of(step, i)
  end
  return list
end

-- The volumes and disks that a run worked on.
local function targets_of(report)
  local known = { [report.target or ""] = true }
  for _, step in ipairs(report.steps or {}) do
    known[step.target or ""] = true
  end
  return known
end

-- The events on them, and how many others there were.
local function events_of(report, list)
  local events, others, known = {}, 0, targets_of(report)
  for _, event in ipairs(list or {}) do
    if known[event.target] then
      events[#events + 1] = { name = event.name, target = event.target,
        pid = event.pid, time = to_us(event.time) }
    else
      others = others + 1
    end
  end
  return events, others
end

local GOOD = { done = true, committed = true, recovered = true,
  running = true }

local function result_of(report)
  local state = report.state or "not run"
  return report.message and ("result: %s, %s"):format(state, report.message)
    or "result: " .. state
end

--- Makes the data that `svg` needs to draw a run. They are made from the report
-- of a plan, or an entry of the journal, and from the events that the machine
-- saw meanwhile. Events on other volumes and disks are left out. The locks and
-- the other states are found in the events.
-- @tparam table report a report, its `report:data()`, or `journal:entry(id)`;
--  times are seconds or microseconds since 1970
-- @tparam[opt] ntvol.event[] events as `machine:events` returns them; those of
--  the report unless given
-- @treturn ntvol.timeline_data
-- @usage
-- local plan = assert(ntvol.plan.change_filesystem("D:", { to = "ntfs" }))
-- local report = assert(plan:run { erase = "D:" })
-- local svg = ntvol.timeline.svg(ntvol.timeline.of_report(report))
-- print(#svg)
function M.of_report(report, events)
  if type(report) ~= "table" then
    error("bad argument #1 to 'of_report' (table expected, got "
      .. type(report) .. ")", 2)
  end
  local list, others = events_of(report, events or report.events)
  local pid = math.tointeger(report.pid)
  return {
    title = ("%s %s"):format(report.plan, report.target or ""),
    result = result_of(report), bad = not GOOD[report.state],
    pid = pid, process = pid and ("run by process %d"):format(pid) or nil,
    started = to_us(report.started), ended = to_us(report.ended),
    steps = steps_of(report), events = list,
    notes = { others > 0 and ("Not shown: %d events on other volumes and disks.")
      :format(others) or nil },
    locks = history.intervals(list, function(number)
      return number and (number == pid and ("this run, pid %d")
        or "pid %d"):format(number)
    end),
  }
end

return M
