-- docs/manual.md: a section for each function, between the comments
-- "<!-- reference volume:read -->" and "<!-- end of reference -->".

local model = require "tools.reference.model"

local M = { PATH = "docs/manual.md" }

local WIDTH = 118

-- Breaks a paragraph into lines; further ones begin with `indent`.
local function wrap(lines, text, indent)
  local line
  for word in text:gmatch "%S+" do
    if line and #line + #word >= WIDTH then
      lines[#lines + 1], line = line, indent .. word
    else
      line = line and line .. " " .. word or word
    end
  end
  lines[#lines + 1] = line
end

local function add_description(lines, text)
  model.each_part(text, function(part, indent)
    if part == "" then
      lines[#lines + 1] = ""
    else
      wrap(lines, part, indent)
    end
  end)
  lines[#lines + 1] = ""
end

-- "name [, options]": what may be left out is in brackets.
local function arguments(item)
  local text = ""
  for i, param in ipairs(item.params) do
    local comma = i > 1 and ", " or ""
    if param.optional then
      text = text .. (i > 1 and " [" or "[") .. comma .. param.name .. "]"
    else
      text = text .. comma .. param.name
    end
  end
  return text
end

local function shown(class)
  return class == "object" and "plan" or class
end

-- In words where it is a plain type, else as it is.
local function type_of(one)
  return one.type == "any" and "" or (" (`%s`)"):format(one.type)
end

local function add_item(lines, head, text)
  wrap(lines, "* " .. head .. (text ~= "" and ": " .. text or ""), "  ")
end

-- Arguments and results. A list right before them would swallow theirs.
local function add_values(lines, item)
  if item.description:find "\n%* [^\n]+$" then
    lines[#lines + 1] = "Arguments and results:"
  end
  for _, param in ipairs(item.params) do
    add_item(lines, ("`%s`%s"):format(param.name, type_of(param)), param.text)
  end
  for _, value in ipairs(item.returns) do
    add_item(lines, "returns " .. (value.type == "any" and "a value"
      or ("`%s`"):format(value.type .. (value.optional and "?" or ""))),
      value.text)
  end
  if item.failure then
    add_item(lines, "or `nil, message, code, info`", item.failure)
  end
  if item.raises then
    add_item(lines, "raises", item.raises)
  end
  if #item.params + #item.returns > 0 or item.failure or item.raises then
    lines[#lines + 1] = ""
  end
end

local function section(item)
  local lines = { ("### `%s%s%s(%s)`"):format(shown(item.class),
    item.separator, item.method, arguments(item)), "" }
  add_description(lines, item.description)
  add_values(lines, item)
  if item.usage then
    lines[#lines + 1] = "```lua\n" .. item.usage .. "\n```"
    lines[#lines + 1] = ""
  end
  return table.concat(lines, "\n")
end

local BLOCK = "(<!%-%- reference (%S+) %-%->\n).-"
  .. "(<!%-%- end of reference %-%->)"

--- The functions that the page describes, in its order.
function M.names(text)
  local names = {}
  for _, name in text:gmatch(BLOCK) do
    names[#names + 1] = name
  end
  return names
end

--- The page with the sections of all functions.
function M.make(text, functions)
  return (text:gsub(BLOCK, function(head, name, tail)
    return head .. section(assert(functions[name], name)) .. "\n" .. tail
  end))
end

return M
