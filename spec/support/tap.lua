--- Reads TAP, what the C test programs print.

local M = {}

local function parse_line(line)
  local verdict, rest = line:match("^(ok)%s+%d+%s*(.*)$")
  if not verdict then
    verdict, rest = line:match("^(not ok)%s+%d+%s*(.*)$")
  end
  if not verdict then
    return nil
  end
  local name, reason = rest:match("^(.-)%s*#%s*[Ss][Kk][Ii][Pp]%S*%s*(.*)$")
  return {
    ok = verdict == "ok",
    name = ((name or rest):gsub("^%-%s*", "")),
    skip = reason,
    notes = {},
  }
end

--- What a program printed, as tests and the number it planned.
function M.parse(output)
  local result = { tests = {}, planned = nil, loose = {} }
  for line in output:gmatch("[^\n]+") do
    local test = parse_line(line)
    local planned = line:match("^1%.%.(%d+)")
    if test then
      result.tests[#result.tests + 1] = test
    elseif planned then
      result.planned = tonumber(planned)
    else
      local last = result.tests[#result.tests]
      local notes = last and last.notes or result.loose
      notes[#notes + 1] = line
    end
  end
  return result
end

return M
