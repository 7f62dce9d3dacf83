--- What the command prints: tables for people and for pipes, JSON for
-- programs, failures on stderr.
-- @module ntvol.cli.output

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local json = require "ntvol.json"
local lines = require "ntvol.lines"
local progress = require "ntvol.progress"
local size = require "ntvol.size"

local M = {}

--- Exit codes of the command.
M.EXIT = {
  ok = 0, refused = 1, usage = 2, not_found = 3, busy = 4, cancelled = 5,
  unsupported = 6,
}

local BY_CODE = {
  ERROR_FILE_NOT_FOUND = "not_found", ERROR_PATH_NOT_FOUND = "not_found",
  ERROR_BUSY = "busy", ERROR_SHARING_VIOLATION = "busy",
}

local BY_CLASS = {
  usage = "usage", cancelled = "cancelled", unsupported = "unsupported",
}

local BY_REASON = { in_use = "busy", locked_by_other = "busy" }

--- The exit code of a failure.
-- @tparam ?string code
-- @tparam ?table info
-- @treturn integer
function M.exit_code(code, info)
  info = info or {}
  local word = BY_REASON[info.reason] or BY_CODE[code] or BY_CLASS[info.class]
  return M.EXIT[word or "refused"]
end

-- ---- what is said on standard error ---------------------------------------

-- With --json, what was said so far: `error`, a table for programs, and `notes`.
-- It is printed at the end, so that standard error has one object.
local told

--- From now on, what is said on standard error is one JSON object on one line,
-- which `flush` writes: `error` says why the command failed, `notes` has all
-- else.
function M.say_json()
  told = { notes = {} }
end

--- Says something on standard error; lines stay lines.
-- @tparam string text
function M.say(text)
  if told then
    table.insert(told.notes, text)
  else
    io.stderr:write(core.printable(text, true), "\n")
  end
end

-- Says why the command failed; `fields` are what programs may know beside it.
local function print_error(text, fields)
  if told then
    told.error = fields or {}
    told.error.message = text
  else
    M.say("ntvol: " .. core.printable(text))
  end
end

-- What of a failure is for programs.
local function error_fields(code, info)
  return { code = code, status = info.status_name, reason = info.reason,
    class = info.class, op = info.op, target = info.target,
    detail = info.detail, outcome = info.outcome, holders = info.holders,
    hint = info.hint_command or info.hint }
end

-- The object, when there is something to say.
local function write_told(code)
  local error_of, notes = told.error, told.notes
  if code ~= M.EXIT.ok and not error_of and notes[1] then
    error_of = { message = table.remove(notes, 1):gsub("^ntvol: ", "") }
  end
  if error_of then
    error_of.exit_code = code
  end
  if error_of or notes[1] then
    io.stderr:write(json.line { error = error_of,
      notes = notes[1] and notes or nil }, "\n")
  end
  told = { notes = {} }
end

--- Prints a failure, and returns its exit code.
-- @tparam string message
-- @tparam ?string code
-- @tparam ?table info
-- @treturn integer
function M.fail(message, code, info)
  progress.finish()
  print_error(failure.without_hint(message, info),
    error_fields(code, info or {}))
  local hint = info and (info.hint_command or info.hint)
  if hint and not told then
    M.say("hint: " .. core.printable(hint))
  end
  return M.exit_code(code, info)
end

--- Whether an error was raised by Ctrl-C, or by a signal to end.
-- @param problem
-- @treturn boolean
function M.is_interrupt(problem)
  return type(problem) == "string" and problem:find("interrupted!$") ~= nil
end

--- The exit code of what only succeeds or fails.
-- @param ... true, or nil, message, code, info
-- @treturn integer
-- @failure
function M.done(...)
  failure.try(...)
  return M.EXIT.ok
end

--- Prints a mistake of the caller, and how the command is used.
-- @tparam string text
-- @tparam ?string usage
-- @treturn integer
function M.usage(text, usage)
  print_error(text, { class = "usage" })
  if usage then
    M.say(usage)
  end
  return M.EXIT.usage
end

local lost -- why output could not be written; print() does not tell

local function note(ok, problem)
  lost = lost or not ok and problem or nil
end

--- Writes to standard output; lines stay lines.
function M.write(text)
  note(io.stdout:write(core.printable(text, true)))
end

--- Prints a line, or the lines of an object.
function M.print(value)
  M.write(tostring(value) .. "\n")
end

--- Sends on what was printed so far.
-- @treturn boolean whether nothing got lost yet
function M.send()
  note(io.stdout:flush())
  return not lost
end

--- Writes out what was printed. Lost output is a failure, too, because a list
-- that is cut off looks like a whole one.
-- @tparam integer code the exit code so far
-- @treturn integer
function M.flush(code)
  if not M.send() then
    print_error("write to standard output: " .. lost)
    code = code ~= M.EXIT.ok and code or M.EXIT.refused
  end
  if told then
    write_told(code)
  end
  return code
end

--- Prints a value as JSON.
function M.json(value)
  M.print(json.encode(value))
end

local function one_line(value)
  return core.printable(tostring(value))
end

--- The rows of a list, the titles first.
-- @tparam {table,...} columns as of `table`
-- @tparam {table,...} list
-- @tparam[opt] boolean raw for a program
-- @treturn {table,...} lists of strings
function M.rows(columns, list, raw)
  local rows = { {} }
  for i, column in ipairs(columns) do
    rows[1][i] = column.title
  end
  for _, item in ipairs(list) do
    local row = {}
    for i, column in ipairs(columns) do
      local value = item[column.field]
      if column.show and (column.always or not raw) then
        value = column.show(value)
      end
      row[i] = one_line(value == nil and "" or value)
    end
    rows[#rows + 1] = row
  end
  return rows
end

--- Prints a list. On a terminal it has aligned columns. Elsewhere the fields
-- have tabs between them, sizes are in bytes, and the titles come first.
-- @tparam {table,...} columns `{ title, field, show, always }`; `show` makes a
--  value readable for people, with `always` also in a pipe
-- @tparam {table,...} list
function M.table(columns, list)
  local terminal = core.is_terminal(1)
  local rows = M.rows(columns, list, not terminal)
  if terminal then
    rows = lines.aligned(rows)
  else
    for i, row in ipairs(rows) do
      rows[i] = table.concat(row, "\t")
    end
  end
  for _, line in ipairs(rows) do
    M.print(line)
  end
end

--- Prints the result of a command, as JSON with --json.
-- @tparam table args of the parser: `json`
-- @tparam function show prints it for people
-- @param ... the result, or nil, message, code, info
-- @treturn integer exit code
-- @failure
function M.answer(args, show, ...)
  local found = failure.try(...)
  if args.json then
    M.json(found)
  else
    show(found)
  end
  return M.EXIT.ok
end

--- Tells programs what a command did that prints nothing for people.
-- @tparam table args of the parser: `json`
-- @tparam table data `did`, the verbs in order, and what they were done to
-- @treturn integer exit code
function M.did(args, data)
  if args.json then
    M.json(data)
  end
  return M.EXIT.ok
end

--- A time for people; an empty text when there is none.
-- @tparam ?number time seconds since 1970
-- @treturn string
function M.time(time)
  if not time then
    return ""
  end
  local ms = math.floor(time * 1000 + 0.5)
  return os.date("!%Y-%m-%d %H:%M:%S", ms // 1000)
    .. (".%03d"):format(ms % 1000)
end

--- A number of bytes, exact and in a unit for people; nil when there is none.
-- @tparam ?integer value
-- @treturn ?string
function M.bytes(value)
  return value and ("%d (%s)"):format(value, size.format(value))
end

--- Adds a named value for `fields`, when there is one.
function M.add_field(fields, name, value)
  if value ~= nil and value ~= "" then
    fields[#fields + 1] = { name, value }
  end
end

--- Adds fields of a record, under their own names with blanks.
-- @tparam {table,...} fields
-- @tparam table record
-- @tparam string names with blanks between them
function M.add_fields(fields, record, names)
  for name in names:gmatch "%S+" do
    M.add_field(fields, (name:gsub("_", " ")), record[name])
  end
end

--- Adds where something lies on the disks.
-- @tparam {table,...} fields
-- @tparam {table,...} extents
function M.add_extents(fields, extents)
  for _, extent in ipairs(extents) do
    M.add_field(fields, "extent", ("PhysicalDrive%d from %d, %s"):format(
      extent.disk, extent.offset, M.bytes(extent.length)))
  end
end

--- Prints named values, one a line.
-- @tparam {table,...} fields `{ name, value }`
function M.fields(fields)
  local width = 0
  for _, field in ipairs(fields) do
    width = math.max(width, #field[1])
  end
  for _, field in ipairs(fields) do
    M.print(("%s:%s %s"):format(field[1], (" "):rep(width - #field[1]),
      one_line(field[2])))
  end
end

return M
