-- types/ntvol.lua: the functions of each class, behind its records.

local model = require "tools.reference.model"

local M = { PATH = "types/ntvol.lua" }

-- The comments have types without blanks, because a blank ends them there.
local function spaced(type)
  local parts = {}
  for outside, quoted in (type .. '""'):gmatch '([^"]*)("[^"]*")' do
    outside = outside:gsub("[,:]", "%0 "):gsub("{", "{ "):gsub("}", " }")
    parts[#parts + 1] = outside .. quoted
  end
  return (table.concat(parts):sub(1, -3))
end

-- Plain text of a description: paragraphs and lines of at most 80 columns.
local function add_text(lines, text)
  model.each_part(text, function(part, indent)
    local line = "---"
    for word in part:gmatch "%S+" do
      if #line + #word >= 80 then
        lines[#lines + 1], line = line, "---" .. indent .. word
      else
        line = line .. (line == "---" and "" or " ") .. word
      end
    end
    lines[#lines + 1] = line
  end)
end

local function described(head, text)
  return text == "" and head or head .. " # " .. text:gsub("\n+", " ")
end

-- The types of the class itself, of which a plan is a "plan.object".
local SELF = { object = "ntvol.plan.object", policy = "ntvol.retry" }

local function overload(item)
  local list = {}
  if item.separator == ":" then
    list[1] = "self: " .. (SELF[item.class] or "ntvol." .. item.class)
  end
  for _, param in ipairs(item.params) do
    list[#list + 1] = ("%s%s: %s"):format(param.name,
      param.optional and "?" or "", spaced(param.type))
  end
  return ("---@overload fun(%s): nil, string, string, ntvol.info"):format(
    table.concat(list, ", "))
end

local function add_function(lines, item)
  add_text(lines, item.description)
  for _, param in ipairs(item.params) do
    lines[#lines + 1] = described(("---@param %s%s %s"):format(param.name,
      param.optional and "?" or "", spaced(param.type)), param.text)
  end
  for _, value in ipairs(item.returns) do
    lines[#lines + 1] = described("---@return " .. spaced(value.type)
      .. (value.optional and "?" or ""), value.text)
  end
  if item.failure then
    lines[#lines + 1] = overload(item)
  end
  lines[#lines + 1] = ("function %s%s end"):format(item.name,
    model.arguments(item))
  lines[#lines + 1] = ""
end

--- The file with the functions of `items`, a list in the order of the manual.
function M.make(text, items)
  return (text:gsub("(%-%- begin functions of (%l+)\n).-(%-%- end functions\n)",
    function(head, class, tail)
      local lines = {}
      for _, item in ipairs(items) do
        if item.class == class then
          add_function(lines, item)
        end
      end
      return head .. table.concat(lines, "\n") .. tail
    end))
end

return M
