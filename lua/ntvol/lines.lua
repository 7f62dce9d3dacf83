--- Lines for people. Their text comes from disks, from other programs and from
-- callers. So control characters are made visible, and each line stays one
-- line.
-- @module ntvol.lines

local core = require "ntvol.core"

local M = {}

--- Rows with their columns aligned.
-- @tparam {table,...} rows lists of strings
-- @treturn {string,...} a line for each
function M.aligned(rows)
  local shown, widths, lines = {}, {}, {}
  for i, row in ipairs(rows) do
    shown[i] = {}
    for k, text in ipairs(row) do
      text = core.printable(text)
      shown[i][k] = text
      widths[k] = math.max(widths[k] or 0, utf8.len(text))
    end
  end
  for i, row in ipairs(shown) do
    for k, text in ipairs(row) do
      row[k] = text .. (" "):rep(widths[k] - utf8.len(text))
    end
    lines[i] = (table.concat(row, "  "):gsub(" +$", ""))
  end
  return lines
end

--- Lines as one text.
-- @tparam {string,...} lines
-- @treturn string
function M.join(lines)
  local shown = {}
  for i, line in ipairs(lines) do
    shown[i] = core.printable(line)
  end
  return table.concat(shown, "\n")
end

return M
