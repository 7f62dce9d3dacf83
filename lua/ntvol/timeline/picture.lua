--- The picture of a run, over one axis of time: the steps, and the volumes and
-- disks with what held them and what happened to them.
-- @module ntvol.timeline.picture

local axes = require "ntvol.timeline.axis"
local canvases = require "ntvol.timeline.canvas"
local style = require "ntvol.timeline.style"
local text = require "ntvol.timeline.text"

local M = {}

local CELL = style.CELL
local MARGIN, GAP = 16, 14
local WIDTH = 1180            -- of the whole picture, when the axis allows
local SIGN, WORD, TIME = 20, 12 * CELL, 11 * CELL
local RIGHT = 14 + SIGN + WORD + TIME -- the column of the outcomes
local LINE, ROW = 15, 24
local LABEL_MIN, LABEL_MAX = 16, 34 -- cells of the column of the names
local BAR_CELLS = 44          -- a longer name in a bar is cut

local Picture = {}
Picture.__index = Picture

-- ---- what is drawn -------------------------------------------------------

local STATES = {
  lock = { class = "lock", words = "locked" },
  dismounted = { class = "state", words = "dismounted" },
  offline = { class = "state", words = "offline" },
  removed = { class = "gone", words = "removed" },
  lost = { class = "gone", words = "removed by surprise" },
  masked = { class = "gone", words = "masked" },
}

local function bar_words(lock)
  local state = STATES[lock.kind or "lock"]
    or { class = "state", words = text.clean(lock.kind) }
  local words = state.words
  if lock.holder then
    words = words .. " by " .. text.clean(lock.holder)
  end
  return words, state.class
end

-- The least width of a bar with this text inside.
local function bar_width(words, arrow)
  return text.cells(text.cut(words, BAR_CELLS)) * CELL + 14
    + (arrow and 12 or 0)
end

local function earlier(a, b)
  return not b or a and a < b
end

-- The first and the last instant of the data.
local function ends_of(data)
  local first, last = data.started, data.ended
  local function note(time)
    if time then
      first = earlier(time, first) and time or first
      last = earlier(last, time) and time or last or time
    end
  end
  for _, step in ipairs(data.steps) do
    for _, field in ipairs { "started", "ended", "undo_started",
      "undo_ended" } do
      note(step[field])
    end
  end
  for _, lock in ipairs(data.locks) do
    note(lock.from)
    note(lock.to)
  end
  for _, event in ipairs(data.events) do
    note(event.time)
  end
  return first, last or first
end

local function spans_of(picture)
  local spans = {}
  local function add(from, to, min)
    spans[#spans + 1] = { from = from, to = math.max(from, to), min = min }
  end
  local first, last = picture.first, picture.last
  add(first, last)
  for _, step in ipairs(picture.data.steps) do
    if step.started then
      add(step.started, step.ended or last, 4)
    end
    if step.undo_started then
      add(step.undo_started, step.undo_ended or last, 4 * CELL + 14)
    end
  end
  for _, lock in ipairs(picture.data.locks) do
    add(lock.from or first, lock.to or last,
      bar_width(bar_words(lock), not lock.to))
  end
  for _, entry in ipairs(picture.events) do
    add(entry.from, entry.from)
    add(entry.to, entry.to)
  end
  return spans
end

-- ---- events that are the same --------------------------------------------

local function same(entry, event)
  return entry and entry.name == event.name and entry.target == event.target
    and entry.pid == event.pid
end

-- More than two equal events in a row become one entry with a count.
local function merged(events)
  local list, i = {}, 1
  while i <= #events do
    local last = i
    while same(events[last + 1], events[i]) do
      last = last + 1
    end
    if last - i < 2 then
      last = i
    end
    local entry = { name = events[i].name, target = events[i].target,
      pid = events[i].pid, from = events[i].time, to = events[last].time,
      times = {} }
    for k = i, last do
      entry.times[#entry.times + 1] = events[k].time
    end
    list[#list + 1] = entry
    i = last + 1
  end
  return list
end

-- ---- columns -------------------------------------------------------------

local function step_label(i, step)
  return ("%d. %s %s"):format(step.number or i, text.clean(step.name),
    text.clean(step.target or ""))
end

local function label_cells(picture)
  local cells = LABEL_MIN
  for i, step in ipairs(picture.data.steps) do
    cells = math.max(cells, text.cells(step_label(i, step)))
  end
  for _, group in ipairs(picture.groups) do
    cells = math.max(cells, text.cells(group.target))
  end
  return math.min(cells, LABEL_MAX)
end

local function groups_of(picture)
  local groups, by_target = {}, {}
  local function group(target)
    target = text.clean(target or "")
    if not by_target[target] then
      by_target[target] = { target = target, locks = {}, events = {} }
      groups[#groups + 1] = by_target[target]
    end
    return by_target[target]
  end
  for _, lock in ipairs(picture.data.locks) do
    table.insert(group(lock.target).locks, lock)
  end
  for _, entry in ipairs(picture.events) do
    table.insert(group(entry.target).events, entry)
  end
  return groups
end

function Picture:layout()
  self.first, self.last = ends_of(self.data)
  self.events = merged(self.data.events)
  self.groups = groups_of(self)
  self.cells = label_cells(self)
  self.left = MARGIN + self.cells * CELL + GAP
  if self.first then
    self.axis = axes.new(spans_of(self), WIDTH - self.left - RIGHT - MARGIN)
  end
  self.chart = self.axis and self.axis.width
    or WIDTH - self.left - RIGHT - MARGIN
  self.right = self.left + self.chart
  self.width = self.right + RIGHT + MARGIN
  self.y = MARGIN
end

function Picture:x(time)
  return self.left + self.axis:x(time)
end

-- ---- the head ------------------------------------------------------------

local function absolute(us)
  return ("%s.%06d UTC"):format(os.date("!%Y-%m-%d %H:%M:%S", us // 1000000),
    us % 1000000)
end

-- Whether a time is one since 1970 that every system can write as a date. A
-- time since the start of something is smaller; Windows ends with the year
-- 3000.
local function is_absolute(us)
  return us >= 100000000000000 and us < 32503680000 * 1000000
end

function Picture:subtitle()
  local parts = {}
  if not self.first then
    return "nothing was run"
  elseif is_absolute(self.first) then
    parts[1] = "began " .. absolute(math.floor(self.first))
  end
  parts[#parts + 1] = "took " .. text.time(self.last - self.first)
  if self.data.process then
    parts[#parts + 1] = text.clean(self.data.process)
  end
  return table.concat(parts, ", ")
end

function Picture:lines(class, x, words, width)
  for _, line in ipairs(text.wrap(words, math.floor(width / CELL))) do
    self.canvas:text(class, x, self.y + 11, line)
    self.y = self.y + LINE
  end
end

function Picture:head()
  local room = self.width - 2 * MARGIN
  for _, line in ipairs(text.wrap(self.title, math.floor(room / CELL / 1.45)))
  do
    self.canvas:text("text title", MARGIN, self.y + 15, line)
    self.y = self.y + 21
  end
  self:lines("faint", MARGIN, self:subtitle(), room)
  if self.data.result then
    self:lines(self.data.bad and "bad strong" or "text strong", MARGIN,
      text.clean(self.data.result), room)
  end
  self.y = self.y + 10
end

function Picture:scale()
  local note = self.axis.to_scale and "time since the start, to scale"
    or "time since the start, not to scale: short times are drawn wider"
  self.canvas:text("faint", self.left, self.y + 11, note)
  self.y = self.y + 20
  self.ticks = self.axis:ticks(CELL)
  for _, tick in ipairs(self.ticks) do
    local half = text.cells(tick.label) * CELL / 2
    local x = math.max(self.left + tick.x, self.left + half - GAP)
    self.canvas:text("text", x, self.y + 11, tick.label, "middle")
  end
  self.y = self.y + 16
  self.axis_y = self.y + 6
  self.y = self.y + 10
  self:dense()
end

-- Where much more time passes than the width shows, the time is written below
-- the axis, between two strokes across it.
function Picture:dense()
  self.bands = self.axis:dense()
  for _, band in ipairs(self.bands) do
    local from, to = self:x(band.from), self:x(band.to)
    local took = text.time(band.to - band.from)
    for _, words in ipairs { took .. " pass here", took } do
      if text.cells(words) * CELL <= to - from then
        self.canvas:text("faint", (from + to) / 2, self.y + 11, words,
          "middle")
        break
      end
    end
  end
  self.y = self.y + (#self.bands > 0 and 16 or 2)
end

-- Draws the axis and its grid, which lie below all bars. That is done last,
-- because only then it is known how far down they reach.
function Picture:grid(below)
  for _, band in ipairs(self.bands or {}) do
    local from, to = self:x(band.from), self:x(band.to)
    below:rect("band", from, self.axis_y, to - from, self.y - self.axis_y)
    local middle = (from + to) / 2
    for _, x in ipairs { middle - 3, middle + 3 } do
      below:line("axis", x - 3, self.axis_y + 5, x + 3, self.axis_y - 5)
    end
  end
  for _, tick in ipairs(self.ticks or {}) do
    local x = self.left + tick.x
    below:line("grid", x, self.axis_y, x, self.y)
    below:line("axis", x, self.axis_y - 5, x, self.axis_y)
  end
  if self.axis then
    below:line("axis", self.left, self.axis_y, self.right, self.axis_y)
  end
end

function Picture:section(words)
  self.y = self.y + 6
  self.canvas:text("faint strong", MARGIN, self.y + 12, words)
  self.y = self.y + 20
end

-- Writes the name of a row, in as many lines as it needs, and returns where
-- they end.
function Picture:label(words)
  local lines = text.wrap(words, self.cells)
  for i, line in ipairs(lines) do
    self.canvas:text("text", MARGIN, self.y + 16 + (i - 1) * LINE, line)
  end
  return self.y + ROW + (#lines - 1) * LINE
end

-- ---- steps ---------------------------------------------------------------

local function took(step)
  return step.started and step.ended
    and text.time(step.ended - step.started) or ""
end

function Picture:outcome(step, name)
  local outcome = text.clean(step.outcome or "not run")
  local x = self.right + GAP
  local bad = style.BAD[outcome]
  self.canvas:sign(bad and "badsign" or "sign", x, self.y + 6,
    style.SIGNS[outcome] and outcome or "not run", name .. ": " .. outcome)
  self.canvas:text(bad and "bad strong" or "text", x + SIGN, self.y + 16, outcome)
  self.canvas:text("faint", self.right + RIGHT, self.y + 16, took(step), "end")
end

local BARS = { done = "done", failed = "failed", running = "done",
  begun = "done" }

function Picture:step_bars(step, name)
  local y, height = self.y + 5, 14
  if step.started then
    local from, to = self:x(step.started), self:x(step.ended or self.last)
    self.canvas:rect(BARS[step.outcome] or "taken", from, y,
      math.max(3, to - from), height, name .. ": " .. took(step))
  end
  if step.undo_started then
    local from, to = self:x(step.undo_started),
      self:x(step.undo_ended or self.last)
    self.canvas:rect("undo", from, y, to - from, height, name .. ": undo")
    self.canvas:text("text", (from + to) / 2, y + 11, "undo", "middle")
  end
end

function Picture:message(step)
  if not step.message then
    return
  end
  local bad = style.BAD[step.outcome]
  self:lines(bad and "bad" or "faint", self.left, text.clean(step.message),
    self.chart + RIGHT)
  self.y = self.y + 4
end

function Picture:step(i, step)
  local name = step_label(i, step)
  local top = self.y
  local bottom = self:label(name)
  self:outcome(step, name)
  if self.axis then
    self:step_bars(step, name)
  end
  self.y = top + ROW
  self:message(step)
  self.y = math.max(self.y, bottom)
end

local FINAL = "cannot be undone from here"

function Picture:final_line()
  local y = self.y + 9
  local half = (text.cells(FINAL) * CELL) / 2 + 8
  local middle = self.left + self.chart / 2
  self.canvas:line("badsign dash", MARGIN, y, middle - half, y)
  self.canvas:line("badsign dash", middle + half, y, self.right + RIGHT, y)
  self.canvas:text("bad strong", middle, y + 4, FINAL, "middle")
  self.y = self.y + 20
end

function Picture:steps()
  local marked = false
  self:section "STEPS, in the order in which they were run"
  for i, step in ipairs(self.data.steps) do
    if step.final and not marked then
      marked = true
      self:final_line()
    end
    self:step(i, step)
  end
end

-- ---- volumes and disks ---------------------------------------------------

-- Puts each item into the first lane that is free at its place, and returns how
-- many lanes there are.
local function lanes(items)
  local list = {}
  for _, item in ipairs(items) do
    local lane = 1
    local function is_free()
      for _, other in ipairs(list[lane] or {}) do
        if item.x0 < other.x1 and other.x0 < item.x1 then
          return false
        end
      end
      return true
    end
    while not is_free() do
      lane = lane + 1
    end
    item.lane = lane
    list[lane] = list[lane] or {}
    table.insert(list[lane], item)
  end
  return #list
end

-- Draws a bar. When the state goes on after the picture, its end is a point.
function Picture:bar(item, y)
  local x0, x1, bottom = item.x0, item.x1, y + 18
  local points = { x0, y, x1, y, x1, bottom, x0, bottom }
  if item.goes_on then
    points = { x0, y, x1 - 9, y, x1, y + 9, x1 - 9, bottom, x0, bottom }
  end
  self.canvas:shape(item.class, points, item.words)
  local room = math.floor((x1 - x0 - 10 - (item.goes_on and 9 or 0)) / CELL)
  self.canvas:text("text", x0 + 6, y + 13, text.cut(item.words,
    math.max(room, 1)))
end

-- Draws items so that none covers another: each at the height of its lane.
function Picture:stack(items, height, draw)
  local count, top = lanes(items), self.y
  for _, item in ipairs(items) do
    draw(item, top + (item.lane - 1) * height)
  end
  self.y = top + count * height
end

function Picture:bars(group)
  local items = {}
  for i, lock in ipairs(group.locks) do
    local words, class = bar_words(lock)
    items[i] = { words = words, class = class, goes_on = not lock.to,
      x0 = self:x(lock.from or self.first), x1 = self:x(lock.to or self.last) }
  end
  self:stack(items, 22, function(item, y) self:bar(item, y + 3) end)
end

local function is_bad_event(name)
  return name:find("FAILED") or name:find("SURPRISE")
end

function Picture:event_words(entry)
  local words = text.clean(entry.name)
  if #entry.times > 1 then
    words = ("%s \u{d7}%d"):format(words, #entry.times)
  end
  if entry.pid and entry.pid ~= self.data.pid then
    words = ("%s by pid %d"):format(words, entry.pid)
  end
  return words
end

-- The label of an event is right of its last tick, or left of the first one
-- when the picture ends there.
function Picture:event_item(entry)
  local words = self:event_words(entry)
  local wide = text.cells(words) * CELL + 14
  local from, to = self:x(entry.from), self:x(entry.to)
  local left = to + wide > self.right + RIGHT
  return { entry = entry, words = words, left = left,
    x0 = left and from - wide or from - 5, x1 = left and to + 5 or to + wide }
end

function Picture:event(item, y)
  local bad = is_bad_event(item.entry.name)
  local drawn
  for _, time in ipairs(item.entry.times) do
    local x = self:x(time)
    if not drawn or x - drawn >= 1 then
      drawn = x
      if bad then
        self.canvas:sign("badsign", x, y + 9, "M-4-4L4 4M4-4L-4 4")
      else
        self.canvas:line("sign", x, y + 3, x, y + 15)
      end
    end
  end
  local class = bad and "bad strong" or "text"
  if item.left then
    self.canvas:text(class, self:x(item.entry.from) - 8, y + 13, item.words,
      "end")
  else
    self.canvas:text(class, self:x(item.entry.to) + 8, y + 13, item.words)
  end
end

function Picture:group_events(group)
  local items = {}
  for i, entry in ipairs(group.events) do
    items[i] = self:event_item(entry)
  end
  self:stack(items, 18, function(item, y) self:event(item, y + 2) end)
end

function Picture:group(group)
  self.canvas:line("rule", MARGIN, self.y, self.right + RIGHT, self.y)
  self.y = self.y + 4
  local bottom = self:label(group.target)
  self:bars(group)
  self:group_events(group)
  self.y = math.max(self.y, bottom) + 5
end

function Picture:volumes()
  if #self.groups > 0 then
    self:section "VOLUMES AND DISKS: who held what, and what happened"
    for _, group in ipairs(self.groups) do
      self:group(group)
    end
  end
  self.y = self.y + 6
  for _, line in ipairs(self.data.notes or {}) do
    self:lines("faint", MARGIN, text.clean(line), self.width - 2 * MARGIN)
  end
end

-- ---- in words ------------------------------------------------------------

function Picture:description()
  local parts = { self:subtitle() .. "." }
  for i, step in ipairs(self.data.steps) do
    parts[#parts + 1] = ("%s: %s%s%s."):format(step_label(i, step),
      text.clean(step.outcome or "not run"),
      step.started and step.ended and ", " .. took(step) or "",
      step.message and " (" .. text.clean(step.message) .. ")" or "")
  end
  for _, lock in ipairs(self.data.locks) do
    local words = bar_words(lock)
    parts[#parts + 1] = ("%s %s from %s to %s."):format(
      text.clean(lock.target or ""), words,
      lock.from and text.time(lock.from - self.first) or "before the start",
      lock.to and text.time(lock.to - self.first) or "after the end")
  end
  return table.concat(parts, " ")
end

--- Draws the picture.
-- @tparam table data as ntvol.timeline.svg has it, with all its lists
-- @treturn string SVG
function M.draw(data)
  local picture = setmetatable({ data = data, canvas = canvases.new(),
    title = text.clean(data.title or "ntvol") }, Picture)
  picture:layout()
  picture:head()
  if picture.axis then
    picture:scale()
  end
  picture:steps()
  picture:volumes()
  local below = canvases.new()
  picture:grid(below)
  table.move(picture.canvas, 1, #picture.canvas, #below + 1, below)
  return below:svg(picture.width, picture.y + MARGIN, picture.title,
    picture:description())
end

return M
