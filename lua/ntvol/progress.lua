--- A progress bar for `on_progress`: on a terminal, and silent elsewhere.
-- @module ntvol.progress

local core = require "ntvol.core"
local size = require "ntvol.size"

local M = {}

local WIDTH = 32

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

--- The line that stands for a state of progress.
-- @tparam integer done bytes
-- @tparam integer total bytes
-- @treturn string
function M.line(done, total)
  local share = total > 0 and math.min(done / total, 1) or 1
  local filled = math.floor(share * WIDTH)
  return ("[%s%s] %3d%%  %s of %s"):format(("#"):rep(filled),
    ("-"):rep(WIDTH - filled), math.floor(share * 100), size.format(done),
    size.format(total))
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
-- @tparam[opt=79] integer width a longer text is cut
function M.note(text, width)
  width = width or 79
  if not on_terminal() then
    return
  end
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
  overwrite(M.line(done, total))
  if done >= total then
    M.finish()
  end
end

return M
