--- The time axis of a picture. The axis is to scale when everything on it can
-- be read that way. Else short times are drawn wider and long ones narrower, so
-- that every label has its place.
-- @module ntvol.timeline.axis

local text = require "ntvol.timeline.text"

local M = {}

local Axis = {}
Axis.__index = Axis

-- A time that is twice as long is drawn about a fifth wider. So 15 seconds are
-- drawn five times as wide as 15 milliseconds.
local POWER = 0.25
local LEAST = 6 -- the least distance of two instants, when there is room

-- ---- where an instant lies -----------------------------------------------

local function sorted_instants(spans)
  local seen, list = {}, {}
  for _, span in ipairs(spans) do
    for _, time in ipairs { span.from, span.to } do
      if not seen[time] then
        seen[time] = true
        list[#list + 1] = time
      end
    end
  end
  table.sort(list)
  return list
end

local function fits_to_scale(axis, spans)
  for _, span in ipairs(spans) do
    local width = (span.to - span.from) * axis.width / axis.total
    if width < (span.min or 0) or span.from < span.to and width < 3 then
      return false
    end
  end
  return true
end

local function first_gaps(axis)
  local gaps, sum = {}, 0
  local times = axis.times
  local least = math.min(LEAST, axis.width / 2 / math.max(1, #times - 1))
  for i = 1, #times - 1 do
    gaps[i] = (times[i + 1] - times[i]) ^ POWER
    sum = sum + gaps[i]
  end
  local spare = axis.width - least * #gaps
  for i, gap in ipairs(gaps) do
    gaps[i] = least + gap * spare / sum
  end
  return gaps
end

-- Makes room for the spans that need more. The short spans come first, because
-- what is added to them makes the long spans around them wider, too.
local function stretch(axis, gaps, spans)
  local order = {}
  for i, span in ipairs(spans) do
    order[i] = { first = axis.index[span.from], last = axis.index[span.to],
      min = span.min or 0, number = i }
  end
  table.sort(order, function(a, b)
    local by_a, by_b = a.last - a.first, b.last - b.first
    return by_a < by_b or by_a == by_b and a.number < b.number
  end)
  for _, span in ipairs(order) do
    local width = 0
    for i = span.first, span.last - 1 do
      width = width + gaps[i]
    end
    if width > 0 and width < span.min then
      for i = span.first, span.last - 1 do
        gaps[i] = gaps[i] * span.min / width
      end
    end
  end
end

local function place(axis, gaps)
  local x = 0
  axis.places = { 0 }
  for i, gap in ipairs(gaps) do
    x = x + gap
    axis.places[i + 1] = x
  end
  axis.width = math.max(axis.width, x)
end

--- Lays an axis out.
-- @tparam {table,...} spans `{ from, to, min }` in microseconds; `min` is how
--  wide it must be drawn
-- @tparam number width how wide the axis is at least
-- @return the axis: `width`, `to_scale`, `x(time)`, `ticks()`
function M.new(spans, width)
  local axis = setmetatable({ width = width, times = sorted_instants(spans),
    index = {} }, Axis)
  for i, time in ipairs(axis.times) do
    axis.index[time] = i
  end
  axis.first, axis.last = axis.times[1], axis.times[#axis.times]
  axis.total = axis.last - axis.first
  axis.to_scale = axis.total > 0 and fits_to_scale(axis, spans)
  if not axis.to_scale and axis.total > 0 then
    local gaps = first_gaps(axis)
    stretch(axis, gaps, spans)
    place(axis, gaps)
  end
  return axis
end

-- The last instant that is not after `time`.
local function index_before(times, time)
  local low, high = 1, #times
  while low < high do
    local middle = (low + high + 1) // 2
    if times[middle] <= time then
      low = middle
    else
      high = middle - 1
    end
  end
  return low
end

--- Where a time lies, from 0 to `width`.
-- @treturn number
function Axis:x(time)
  if self.total == 0 then
    return 0
  elseif self.to_scale then
    return (time - self.first) * self.width / self.total
  end
  local i = index_before(self.times, time)
  local from, to = self.times[i], self.times[i + 1]
  if not to or time <= from then
    return self.places[i]
  end
  return self.places[i] + (self.places[i + 1] - self.places[i])
    * (time - from) / (to - from)
end

-- A squeezed time misleads people only when it is longer than this part of the
-- whole.
local LONG = 0.2

local function only_long(axis, list)
  local kept = {}
  for _, band in ipairs(list) do
    if band.to - band.from >= LONG * axis.total then
      kept[#kept + 1] = band
    end
  end
  return kept
end

-- A time counts as squeezed when it would be that much wider to scale.
local SQUEEZED = 1.3

--- The long times that are drawn shorter than others, `{ from, to }`.
-- @treturn {table,...}
function Axis:dense()
  local list = {}
  for i = 1, #(self.places or {}) - 1 do
    local time = (self.times[i + 1] - self.times[i]) / self.total
    local width = (self.places[i + 1] - self.places[i]) / self.width
    local last = list[#list]
    if time > SQUEEZED * width and last and last.to == self.times[i] then
      last.to = self.times[i + 1]
    elseif time > SQUEEZED * width then
      list[#list + 1] = { from = self.times[i], to = self.times[i + 1] }
    end
  end
  return only_long(self, list)
end

-- ---- ticks ---------------------------------------------------------------

local STEPS = { 1, 2, 5, 10, 20, 50, 100, 200, 500 }
local LARGE = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  14400, 21600, 43200, 86400 }

-- A round distance between the ticks of an axis that is to scale.
local function round_step(total, count)
  for _, unit in ipairs { 1, 1000 } do
    for _, step in ipairs(STEPS) do
      if total / (step * unit) <= count then
        return step * unit
      end
    end
  end
  for _, step in ipairs(LARGE) do
    if total / (step * 1000000) <= count then
      return step * 1000000
    end
  end
  return math.ceil(total / count / 86400000000) * 86400000000
end

local function scale_ticks(axis)
  local list, step = {}, round_step(axis.total, axis.width / 90)
  for offset = 0, axis.total, step do
    list[#list + 1] = { time = axis.first + offset, x = axis:x(axis.first
      + offset), label = text.offset(offset, step) }
  end
  return list
end

-- An axis that is not to scale has its labels at instants: at both ends, then
-- at the instants after the longest times, as long as there is room.
local function candidates(axis)
  local list = {}
  for i = 2, #axis.times - 1 do
    list[#list + 1] = { time = axis.times[i],
      weight = axis.times[i] - axis.times[i - 1] }
  end
  table.sort(list, function(a, b)
    return a.weight > b.weight or a.weight == b.weight and a.time < b.time
  end)
  table.insert(list, 1, { time = axis.last })
  table.insert(list, 1, { time = axis.first })
  return list
end

local function label_instants(axis, list)
  for i, tick in ipairs(list) do
    local gap = math.huge
    for _, other in ipairs { list[i - 1] or false, list[i + 1] or false } do
      gap = other and math.min(gap, math.abs(other.time - tick.time)) or gap
    end
    tick.label = text.offset(tick.time - axis.first, gap)
  end
end

local function collides(list, cell)
  for i = 2, #list do
    local a, b = list[i - 1], list[i]
    if a.x + text.cells(a.label) * cell / 2 + 10
      > b.x - text.cells(b.label) * cell / 2 then
      return true
    end
  end
end

local function in_order(a, b)
  return a.time < b.time
end

--- The ticks that have room for their labels: `{ time, x, label }`.
-- @tparam number cell width of a character
-- @treturn {table,...}
function Axis:ticks(cell)
  if self.to_scale then
    return scale_ticks(self)
  elseif self.total == 0 then
    return { { time = self.first, x = 0, label = "0" } }
  end
  local list = {}
  for _, tick in ipairs(candidates(self)) do
    local longer = table.move(list, 1, #list, 1, {})
    longer[#longer + 1] = { time = tick.time, x = self:x(tick.time) }
    table.sort(longer, in_order)
    label_instants(self, longer)
    if #list < 2 or not collides(longer, cell) then
      list = longer
    end
  end
  label_instants(self, list)
  return list
end

return M
