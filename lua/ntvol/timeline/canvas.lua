--- SVG, written piece by piece.
-- @module ntvol.timeline.canvas

local numbers = require "ntvol.number"
local style = require "ntvol.timeline.style"
local text = require "ntvol.timeline.text"

local M = {}

local Canvas = {}
Canvas.__index = Canvas

--- @return an empty canvas
function M.new()
  return setmetatable({}, Canvas)
end

-- A number, as short as possible. It looks the same in every locale.
local function number(value)
  return (numbers.format("%.1f", value):gsub("%.0$", ""))
end

local function add(canvas, format, ...)
  canvas[#canvas + 1] = format:format(...)
end

local function tooltip(words)
  return words and "<title>" .. text.escape(words) .. "</title>" or ""
end

function Canvas:rect(class, x, y, width, height, words)
  add(self, '<rect class="%s" x="%s" y="%s" width="%s" height="%s">%s</rect>',
    class, number(x), number(y), number(width), number(height),
    tooltip(words))
end

--- A closed shape through these points: x, y, x, y...
function Canvas:shape(class, points, words)
  local list = {}
  for i = 1, #points, 2 do
    list[#list + 1] = number(points[i]) .. "," .. number(points[i + 1])
  end
  add(self, '<polygon class="%s" points="%s">%s</polygon>', class,
    table.concat(list, " "), tooltip(words))
end

function Canvas:line(class, x1, y1, x2, y2)
  add(self, '<path class="%s" d="M%s %sL%s %s"/>', class, number(x1),
    number(y1), number(x2), number(y2))
end

--- A sign of style.SIGNS, its upper left corner at x, y.
function Canvas:sign(class, x, y, name, words)
  add(self, '<path class="%s" transform="translate(%s %s)" d="%s">%s</path>',
    class, number(x), number(y), style.SIGNS[name] or name, tooltip(words))
end

--- Text whose base line is at y; `anchor` is nil, "middle" or "end".
function Canvas:text(class, x, y, words, anchor)
  add(self, '<text class="%s" x="%s" y="%s"%s>%s</text>', class, number(x),
    number(y), anchor and (' text-anchor="%s"'):format(anchor) or "",
    text.escape(words))
end

--- The whole picture.
-- @tparam number width
-- @tparam number height
-- @tparam string title
-- @tparam string description for people who cannot see the picture
-- @treturn string
function Canvas:svg(width, height, title, description)
  local w, h = number(math.ceil(width)), number(math.ceil(height))
  return table.concat({
    '<?xml version="1.0" encoding="UTF-8"?>',
    ('<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s"'
      .. ' viewBox="0 0 %s %s" role="img" aria-labelledby="t d"'
      .. ' xml:space="preserve">'):format(w, h, w, h),
    '<title id="t">' .. text.escape(title) .. "</title>",
    '<desc id="d">' .. text.escape(description) .. "</desc>",
    "<style>" .. style.sheet() .. "</style>",
    ('<rect class="paper" width="%s" height="%s"/>'):format(w, h),
    table.concat(self, "\n"),
    "</svg>\n",
  }, "\n")
end

return M
