--- What an error means, which reasons it has, and what to do next.
-- @module ntvol.explain

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local holders = require "ntvol.holders"
local lines_of = require "ntvol.lines"
local reasons = require "ntvol.reasons"

local M = {}

local Answer = {}
Answer.__index = Answer
Answer.__name = "ntvol.explanation"

-- What to do next, on the command line or in Lua. In the list of reasons, `{}`
-- stands for the object.
local function next_of(row, language, target)
  local text = language == "command" and row.command or row.next
  return (text:gsub("{}", (target or "D:"):gsub("%%", "%%%%")))
end

-- ---- finding -------------------------------------------------------------

local function sorted(list, field)
  table.sort(list, function(a, b)
    return a[field] < b[field]
  end)
  return list
end

-- The statuses for which `accepts(row)` is true, in the order of their numbers.
local function statuses_where(accepts)
  local found = {}
  for _, row in pairs(core.status_info) do
    if accepts(row) then
      found[#found + 1] = row
    end
  end
  return sorted(found, "value")
end

local function reasons_of(statuses)
  local wanted, found = {}, {}
  for _, row in ipairs(statuses) do
    wanted[row.name] = true
  end
  for _, row in ipairs(reasons.list) do
    for _, status in ipairs(row.statuses) do
      if wanted[status] then
        found[#found + 1] = row
        break
      end
    end
  end
  return found
end

local function answer(kind, name, statuses, fields)
  fields = fields or {}
  fields.kind, fields.name, fields.statuses = kind, name, statuses
  fields.reasons = fields.reasons or reasons_of(statuses)
  return setmetatable(fields, Answer)
end

local function of_code(name)
  local statuses = statuses_where(function(row)
    return row.code == name
  end)
  return #statuses > 0 and answer("code", name, statuses,
    { win32 = statuses[1].win32 })
end

local function of_status(name)
  local row = core.status_info[name]
  return row and answer("status", name, { row })
end

local function of_reason(name, language)
  local row = reasons.find(name)
  if not row then
    return nil
  end
  local wanted = {}
  for _, status in ipairs(row.statuses) do
    wanted[status] = true
  end
  return answer("reason", name, statuses_where(function(status)
    return wanted[status.name]
  end), { meaning = row.meaning, next = next_of(row, language), reasons = {} })
end

-- Numbers of Win32 errors are small. A status of NT has the highest bit set,
-- except for a few.
local function of_number(number)
  number = number & 0xFFFFFFFF
  local names = {}
  for _, row in pairs(core.status_info) do
    if row.win32 == number and number < 0x80000000 then
      return of_code(row.code)
    elseif row.value == number then
      names[1] = row.name
    end
  end
  return names[1] and of_status(names[1])
end

-- The explanation of one failure, from its details: they say more than its code
-- and its status.
local function of_info(info, language)
  local row = core.status_info[info.status_name]
  local reason = info.reason and reasons.find(info.reason)
  return answer("failure", ("%s '%s'"):format(info.op or "?",
    info.target or "?"), { row }, {
      class = info.class, reason = info.reason,
      meaning = reason and reason.meaning or info.detail,
      next = language == "command" and info.hint_command or info.hint
        or reason and next_of(reason, language, info.target),
      holders = info.holders, attempts = info.attempts, waited = info.waited,
      reasons = {},
    })
end

local function find(what, language)
  if type(what) == "table" then
    return of_info(what, language)
  elseif math.type(what) == "integer" then
    return of_number(what)
  end
  local number = math.tointeger(tonumber(what))
  if number then
    return of_number(number)
  end
  local upper = what:upper()
  return of_code(upper) or of_status(upper) or of_reason(what:lower(), language)
    or of_code("ERROR_" .. upper) or of_status("STATUS_" .. upper)
end

-- ---- printing ------------------------------------------------------------

-- Text for people: without the marks of code.
local function plain(text)
  return (text:gsub("`", ""))
end

local function add_statuses(lines, statuses)
  local width = 0
  for _, row in ipairs(statuses) do
    width = math.max(width, #row.name)
  end
  for _, row in ipairs(statuses) do
    lines[#lines + 1] = ("  %s%s  %08X  %s"):format(row.name,
      (" "):rep(width - #row.name), row.value, row.message)
  end
end

local function add_reasons(lines, list, language)
  if #list > 0 then
    lines[#lines + 1] = "reasons:"
  end
  for _, row in ipairs(list) do
    lines[#lines + 1] = ("  %s: %s"):format(row.reason, plain(row.meaning))
    lines[#lines + 1] = "    next: " .. plain(next_of(row, language))
  end
end

local function class_line(class)
  return ("class %s: %s"):format(class, reasons.classes[class])
end

-- The class of a code or status. A reason may have another one.
local function usual_class_line(class, list)
  local line = class_line(class)
  return class == "permanent" and #list > 0
    and line .. ", unless a reason below says to wait" or line
end

local PRINT = {}

function PRINT.code(self, lines)
  lines[1] = ("%s, Win32 error %d: %s"):format(self.name, self.win32,
    #self.statuses > 1 and "the status says which" or self.statuses[1].message)
  add_statuses(lines, self.statuses)
  lines[#lines + 1] = usual_class_line(self.statuses[1].class, self.reasons)
  add_reasons(lines, self.reasons, self.language)
end

function PRINT.status(self, lines)
  local row = self.statuses[1]
  lines[1] = ("%s, NTSTATUS 0x%08X: %s"):format(row.name, row.value, row.message)
  lines[2] = ("in Win32: %s (%d)"):format(row.code, row.win32)
  lines[3] = usual_class_line(row.class, self.reasons)
  add_reasons(lines, self.reasons, self.language)
end

function PRINT.reason(self, lines)
  lines[1] = ("%s: %s"):format(self.name, plain(self.meaning))
  lines[2] = "next: " .. plain(self.next)
  lines[3] = "comes with:"
  for _, row in ipairs(self.statuses) do
    lines[#lines + 1] = ("  %s, %s"):format(row.code, row.name)
  end
end

function PRINT.failure(self, lines)
  local row = self.statuses[1]
  lines[1] = row and ("%s: %s, %s"):format(self.name, row.code, row.name)
    or self.name
  if self.meaning then
    lines[#lines + 1] = (self.reason and self.reason .. ": " or "")
      .. plain(self.meaning)
  elseif row then
    lines[#lines + 1] = row.message
  end
  if self.class and reasons.classes[self.class] then
    lines[#lines + 1] = class_line(self.class)
  end
  if self.holders then
    lines[#lines + 1] = holders.text(self.holders)
  end
  if self.waited then
    lines[#lines + 1] = ("waited %.2f s, attempts: %d"):format(self.waited,
      self.attempts)
  end
  if self.next then
    lines[#lines + 1] = "next: " .. plain(self.next)
  end
end

function Answer:__tostring()
  local list = {}
  PRINT[self.kind](self, list)
  return lines_of.join(list)
end

--- Explains a code, a status, a reason, a number or the details of a failure:
-- see `ntvol.explain`.
-- @tparam string|integer|table what
-- @tparam[opt="lua"] string language `"command"`: for the command line
-- @treturn ntvol.explanation
-- @failure
function M.explain(what, language)
  local found = find(what, language)
  if found then
    found.language = language
    return found
  end
  failure.fail {
    op = "explain", target = tostring(what),
    status = "STATUS_OBJECT_NAME_NOT_FOUND",
    detail = "no code, status, reason or number of this name is known",
    hint = "name one like ERROR_NOT_READY, STATUS_VOLUME_DISMOUNTED, in_use, 21",
  }
end

return M
