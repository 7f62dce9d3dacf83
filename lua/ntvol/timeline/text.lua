--- The texts of a picture: how wide they are, how they are broken into lines,
-- and how XML and times are written.
-- @module ntvol.timeline.text

local core = require "ntvol.core"
local numbers = require "ntvol.number"

local M = {}

-- ---- characters ----------------------------------------------------------

local MOST = 500 -- characters; a longer text cannot be read in a picture

--- A value as one line of text that can be drawn.
-- @treturn string
function M.clean(value)
  local words = (core.printable((tostring(value):gsub("[ \t\n\v\f\r]+", " ")))
    :gsub("^ ", ""):gsub(" $", ""))
  local cut = utf8.offset(words, MOST + 1)
  return cut and cut <= #words and words:sub(1, cut - 1) .. "\u{2026}" or words
end

local ENTITIES = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
  ["'"] = "&#39;",
}

--- Text as XML writes it. XML cannot write control characters, for one;
-- `printable` has made them visible.
-- @treturn string
function M.escape(text)
  return (core.printable(text):gsub("[&<>\"']", ENTITIES))
end

-- ---- width ---------------------------------------------------------------

-- Characters from here on are counted as two cells, because many of them are
-- wide. That is never too little.
local WIDE = 0x1100
local NARROW_FROM, NARROW_TO = 0x2000, 0x2bff -- arrows, dashes, signs

--- Cells that a text takes in a font of one width.
-- @treturn integer
function M.cells(text)
  local cells = 0
  for _, code in utf8.codes(text) do
    local wide = code >= WIDE and not (code >= NARROW_FROM
      and code <= NARROW_TO)
    cells = cells + (wide and 2 or 1)
  end
  return cells
end

-- The beginning of a text that takes at most so many cells, and the rest.
local function head(text, cells)
  local used = 0
  for at, code in utf8.codes(text) do
    used = used + M.cells(utf8.char(code))
    if used > cells then
      return text:sub(1, at - 1), text:sub(at)
    end
  end
  return text, ""
end

--- Cuts a text that takes more cells.
-- @treturn string
function M.cut(text, cells)
  if M.cells(text) <= cells then
    return text
  end
  return head(text, cells - 1) .. "\u{2026}"
end

--- Breaks a text into lines, between words where it can.
-- @treturn {string,...}
function M.wrap(text, cells)
  local lines, line = {}, ""
  for word in text:gmatch("[^ ]+") do
    local longer = line == "" and word or line .. " " .. word
    if M.cells(longer) > cells and line ~= "" then
      lines[#lines + 1], longer = line, word
    end
    while M.cells(longer) > cells do
      lines[#lines + 1], longer = head(longer, cells)
    end
    line = longer
  end
  if line ~= "" then
    lines[#lines + 1] = line
  end
  return lines
end

-- ---- times ---------------------------------------------------------------

local UNITS = {
  { below = 1000, divide = 1, name = "\u{b5}s" },
  { below = 1000000, divide = 1000, name = "ms" },
  { below = 120 * 1000000, divide = 1000000, name = "s" },
}

local function trim(number)
  return (number:gsub("(%..-)0+$", "%1"):gsub("%.$", ""))
end

-- Hours and minutes. Seconds have as many decimals as asked for. When no
-- decimals are asked for, a time of an hour or more has no seconds.
local function clock(us, decimals)
  local seconds = us / 1000000
  local minutes = math.floor(seconds / 60)
  local rest = trim(numbers.format("%." .. (decimals or 0) .. "f",
    seconds - minutes * 60))
  if tonumber(rest) >= 60 then
    minutes, rest = minutes + 1, "0"
  end
  local tail = rest ~= "0" and (decimals or minutes < 60)
    and (" %s s"):format(rest) or ""
  if minutes < 60 then
    return ("%d min%s"):format(minutes, tail)
  end
  local hours = minutes // 60
  minutes = minutes % 60
  if minutes == 0 and tail == "" then
    return ("%d h"):format(hours)
  end
  return ("%d h %02d min%s"):format(hours, minutes, tail)
end

--- Microseconds in the unit that suits them.
-- @tparam number us
-- @tparam ?integer decimals the most digits behind the point; unless given, the
--  number has three digits in all
-- @treturn string
function M.time(us, decimals)
  for _, unit in ipairs(UNITS) do
    local number = us / unit.divide
    local digits = decimals or number < 10 and 2 or number < 100 and 1 or 0
    local text = numbers.format("%." .. digits .. "f", number)
    if us < unit.below and tonumber(text) < unit.below / unit.divide then
      return (digits > 0 and trim(text) or text) .. " " .. unit.name
    end
  end
  return clock(us, decimals)
end

--- A time since the start, exact enough to differ from one that lies `gap`
-- away.
-- @tparam number us
-- @tparam number gap microseconds
-- @treturn string
function M.offset(us, gap)
  if us == 0 then
    return "0"
  end
  local divide = us < 1000 and 1 or us < 1000000 and 1000 or 1000000
  local decimals = 0
  while decimals < 6 and 10 ^ -decimals * divide > gap / 5 do
    decimals = decimals + 1
  end
  return M.time(us, divide == 1 and 0 or decimals)
end

return M
