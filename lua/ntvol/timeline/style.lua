--- How a picture looks: colours for a light background and a dark one, which
-- colour-blind people can tell apart; patterns; and the signs of the outcomes.
-- @module ntvol.timeline.style

local M = {}

--- The width of a character of 12 pixels in the fonts below, and a little more.
M.CELL = 7.3
M.FONT = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"

-- class, what it colours, light, dark
local COLOURS = {
  { "paper", "fill", "#ffffff", "#16191d" },
  { "band", "fill", "#f3f5f7", "#1e2228" },
  { "text", "fill", "#1b1f24", "#e6e9ed" },
  { "faint", "fill", "#57606a", "#9aa4af" },
  { "bad", "fill", "#a40e26", "#ff8f8f" },
  { "rule", "stroke", "#d0d7de", "#39414a" },
  { "grid", "stroke", "#e3e8ed", "#2a3038" },
  { "axis", "stroke", "#57606a", "#9aa4af" },
  { "sign", "stroke", "#1b1f24", "#e6e9ed" },
  { "badsign", "stroke", "#a40e26", "#ff8f8f" },
  { "done", "fill", "#0072b2", "#56b4e9" },
  { "failed", "fill", "#d1242f", "#ff6b6b" },
  { "taken", "fill", "#b6c2cf", "#4a5665" },
  { "undo", "fill", "#fff1d6", "#4a3a12" },
  { "undo", "stroke", "#9a6700", "#e3b341" },
  { "lock", "fill", "#cfe8fb", "#0f3a5c" },
  { "lock", "stroke", "#0072b2", "#56b4e9" },
  { "state", "fill", "#eceff2", "#2b323b" },
  { "state", "stroke", "#57606a", "#9aa4af" },
  { "gone", "fill", "#fbe3d0", "#4d2a12" },
  { "gone", "stroke", "#b35900", "#f0985a" },
}

local function colours(column)
  local rules = {}
  for i, row in ipairs(COLOURS) do
    rules[i] = ("svg .%s{%s:%s}"):format(row[1], row[2], row[column])
  end
  return table.concat(rules)
end

--- The style sheet.
-- @treturn string
function M.sheet()
  return table.concat({
    ("text{font-family:%s;font-size:12px}"):format(M.FONT),
    ".title{font-size:17px;font-weight:bold}",
    ".strong{font-weight:bold}",
    ".rule,.grid,.axis,.sign,.badsign{fill:none}",
    ".sign,.badsign{stroke-width:2;stroke-linecap:round;"
      .. "stroke-linejoin:round}",
    ".dash{stroke-dasharray:6 4}",
    colours(3),
    ("@media(prefers-color-scheme:dark){%s}"):format(colours(4)),
  }, "\n")
end

--- Signs of 12 by 12 pixels, as the path of a line. An outcome can be told by
-- its shape and its word, not only by a colour.
M.SIGNS = {
  done = "M1 7L4 10L11 2",
  failed = "M2 2L10 10M10 2L2 10",
  undone = "M4 11H8A3.5 3.5 0 0 0 8 4H1M4 1L1 4L4 7",
  ["undo failed"] = "M6 1L11 11H1ZM6 5V7M6 9V9",
  ["not run"] = "M2 6H10",
  running = "M2 6V6M6 6V6M10 6V6",
  begun = "M2 6V6M6 6V6M10 6V6", -- the process died during the step
}

--- Outcomes that are bad news.
M.BAD = { failed = true, ["undo failed"] = true }

return M
