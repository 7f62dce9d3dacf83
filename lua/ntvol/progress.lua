--- A progress bar for `on_progress`: on a terminal, and silent elsewhere.
-- @module ntvol.progress

local core = require "ntvol.core"
local size = require "ntvol.size"

local M = {}

local MOST = 32  -- signs of the bar
local FEWEST = 8 -- with less room than that there is none
local USUAL = 80 -- columns of a terminal that does not tell

-- The line that was written last; nil when the cursor is at the start of a
-- line.
local shown

local terminal

local function on_terminal()
  if terminal == nil then
    terminal = core.is_terminal(2)
  end
  return terminal
end

-- A line that fills the last column goes on in the next line.
local function room()
  return (core.terminal_width(2) or USUAL) - 1
end

--- The line that stands for a state of progress. In a narrow terminal the bar
-- becomes shorter, then the numbers go.
-- @tparam integer done bytes
-- @tparam integer total bytes
-- @tparam[opt=79] integer width columns that it may take
-- @treturn string
function M.line(done, total, width)
  width = width or USUAL - 1
  local share = total > 0 and math.min(done / total, 1) or 1
  local percent = ("%3d%%"):format(math.floor(share * 100))
  local text = ("%s  %s of %s"):format(percent, size.format(done),
    size.format(total))
  local signs = math.min(MOST, width - #text - #"[] ")
  if signs < FEWEST then
    return #text <= width and text or percent
  end
  local filled = math.floor(share * signs)
  return ("[%s%s] %s"):format(("#"):rep(filled), ("-"):rep(signs - filled), text)
end

--- Ends the line of the bar, when there is one.
function M.finish()
  if shown then
    io.stderr:write("\n")
    shown = nil
  end
end

local function overwrite(line)
  if line ~= shown then
    local rest = shown and math.max(#shown - #line, 0) or 0
    io.stderr:write("\r", line, (" "):rep(rest))
    shown = line
  end
end

--- Shows a line on a terminal, in place of what it showed there before.
-- @tparam string text
-- @tparam[opt] integer width a longer text is cut; what the terminal has, at
--  most 79, unless given
function M.note(text, width)
  if not on_terminal() then
    return
  end
  width = width or math.max(math.min(room(), USUAL - 1), FEWEST)
  text = core.printable(text)
  overwrite(utf8.len(text) > width
    and text:sub(1, utf8.offset(text, width - 2) - 1) .. "..." or text)
end

--- Shows progress; give it as `on_progress`.
-- @tparam integer done bytes
-- @tparam integer total bytes
function M.bar(done, total)
  if not on_terminal() then
    return
  end
  overwrite(M.line(done, total, room()))
  if done >= total then
    M.finish()
  end
end

return M
