--- Failures made in Lua, in the same shape as those of the core:
-- nil, message, code, info.
-- @module ntvol.failure

local core = require "ntvol.core"

local M = {}

-- Status name -> the error code that it maps to.
local code_of = {}
for code, entry in pairs(core.errors) do
  for _, status in ipairs(entry.statuses) do
    code_of[status] = code
  end
end

local printable = core.printable

-- The grammar of nt_error_format in src/nt/error.h.
local function message_of(info, code)
  local text = { ("%s '%s': "):format(info.op, info.target) }
  text[#text + 1] = core.errors[code].message
  if info.detail then
    text[#text + 1] = ": " .. info.detail
  end
  if info.hint then
    text[#text + 1] = "; " .. info.hint
  end
  text[#text + 1] = (" [%s, %s]"):format(code, info.status_name)
  return printable(table.concat(text))
end

-- ERRNO of Linux and of the C library of Windows alike.
local EMFILE = 24

--- Whether this process has as many files open as it may: then a module that
-- is there is not found.
-- @treturn boolean
function M.too_many_files()
  local file, _, number = io.open(package.config:sub(1, 1) == "\\" and "NUL"
    or "/dev/null")
  if file then
    file:close()
  end
  return number == EMFILE
end

--- What to say then.
M.TOO_MANY_FILES = "too many open files"
M.CLOSE_FILES = "close files, or raise the limit of open files: ulimit -n"

--- Makes a failure.
-- @tparam table fields `op`, `target`, `status` (a name, `"STATUS_..."`), and
--  optional: `reason`, `class`, `detail`, `hint`, `outcome`
-- @treturn nil
-- @treturn string message
-- @treturn string code
-- @treturn table info
function M.make(fields)
  local code = code_of[fields.status]
  if not code then
    error(("unknown status '%s'"):format(tostring(fields.status)), 2)
  end
  local info = {
    op = fields.op,
    target = fields.target,
    status = core.statuses[fields.status],
    status_name = fields.status,
    win32 = core.errors[code].win32,
    class = fields.class or core.errors[code].class,
    reason = fields.reason,
    detail = fields.detail and printable(fields.detail),
    hint = fields.hint and printable(fields.hint),
    outcome = fields.outcome,
  }
  return nil, message_of(info, code), code, info
end

-- Where the hint, or what comes behind it, begins in a message.
local function find_end(message, code, info)
  local hint = info and info.hint and message:find("; " .. info.hint, 1, true)
  return hint or code and message:find(" [" .. code, 1, true) or #message + 1
end

--- Adds what is known now to the message and the details of a failure.
-- @tparam string message
-- @tparam string code
-- @tparam table info
-- @tparam string text
-- @treturn string message
function M.add_detail(message, code, info, text)
  local at = find_end(message, code, info)
  text = printable(text)
  info.detail = info.detail and info.detail .. ": " .. text or text
  return message:sub(1, at - 1) .. ": " .. text .. message:sub(at)
end

--- The reason in a message: no operation and object, no hint, no codes.
-- @tparam string message
-- @tparam string code
-- @tparam table info
-- @treturn string
function M.cause(message, code, info)
  local subject = printable(("%s '%s': "):format(info.op, info.target))
  local from = message:sub(1, #subject) == subject and #subject + 1 or 1
  return message:sub(from, find_end(message, code, info) - 1)
end

--- The message of a failure without its hint, for those who print the hint on
-- a line of its own.
-- @tparam string message
-- @tparam ?table info
-- @treturn string
function M.without_hint(message, info)
  local hint = info and info.hint and "; " .. info.hint
  local from, to = message:find(hint or "\0", 1, true)
  if not from then
    return message
  end
  return message:sub(1, from - 1) .. message:sub(to + 1)
end

--- The failure of something that could not be loaded for want of files.
function M.no_files(op, target)
  return M.make {
    op = op, target = target, status = "STATUS_INSUFFICIENT_RESOURCES",
    detail = M.TOO_MANY_FILES, hint = M.CLOSE_FILES,
  }
end

return M
