--- The command that reads the journal: log.
-- @module ntvol.cli.journal

local failure = require "ntvol.failure"
local journal = require "ntvol.journal"
local output = require "ntvol.cli.output"
local size = require "ntvol.size"
local values = require "ntvol.cli.values"

local try = failure.try

local M = {}

local add_if, bytes, show_time = output.add_field, output.bytes, output.time

local ENTRIES = {
  { title = "ID", field = "id" },
  { title = "TIME", field = "started", show = show_time, always = true },
  { title = "PLAN", field = "plan" },
  { title = "MACHINE", field = "machine" },
  { title = "TARGET", field = "target" },
  { title = "STATE", field = "state" },
  { title = "SAVED", field = "saved_bytes",
    show = function(value) return value and size.format(value) or "" end },
}

local STEPS = {
  { title = "STEP", field = "number" },
  { title = "TIME", field = "started", show = show_time, always = true },
  { title = "NAME", field = "name" },
  { title = "TARGET", field = "target" },
  { title = "OUTCOME", field = "outcome" },
  { title = "MESSAGE", field = "message" },
}

local function entry_fields(entry)
  local fields, identity = {}, entry.identity
  add_if(fields, "operation", entry.id)
  add_if(fields, "part of", entry.parent)
  output.add_fields(fields, entry, "plan machine target state message")
  add_if(fields, "started", show_time(entry.started))
  add_if(fields, "ended", show_time(entry.ended))
  add_if(fields, "process", ("%d, %s"):format(entry.pid, entry.program))
  add_if(fields, "command", entry.command)
  add_if(fields, "GUID path", identity.guid_path)
  output.add_fields(fields, identity, "serial file_system")
  add_if(fields, "size", bytes(identity.size))
  output.add_extents(fields, identity.extents)
  add_if(fields, "saved", bytes(entry.saved_bytes))
  add_if(fields, "in the journal", bytes(entry.stored_bytes))
  add_if(fields, "checksums", entry.unchecked
    and "none: an older version saved it" or nil)
  add_if(fields, "not saved", entry.unsaved and "what it overwrote" or nil)
  return fields
end

local function print_entry(entry)
  output.fields(entry_fields(entry))
  if #entry.steps > 0 then
    output.table(STEPS, entry.steps)
  end
end

local PIECES = {
  { title = "OFFSET", field = "offset" },
  { title = "LENGTH", field = "length" },
  { title = "GOOD", field = "good",
    show = function(value) return value and "yes" or "no" end, always = true },
  { title = "PROBLEM", field = "problem" },
}

local function print_check(found)
  output.table(PIECES, found.pieces)
  output.fields { { "pieces that were saved", found.noted },
    { "good pieces", found.good } }
end

-- Prints all that is known of the saved bytes. When they are damaged, it fails
-- after that.
local function check(log, args)
  local found = try(log:check(args.id))
  local status = output.answer(args, print_check, found)
  if found.damaged then
    failure.fail {
      op = "check", target = ("operation %d"):format(args.id),
      reason = "journal_damaged", detail = found.damaged,
      hint = "bring the journal back from a backup; what is good can be written"
        .. " back: ntvol undo D: --good-only, or ntvol recover D: --good-only",
    }
  end
  return status
end

local function show_entry(log, args)
  local entry = try(log:entry(args.id))
  if args.svg then
    return require "ntvol.cli.picture".write(args.svg, entry, args.machine)
  end
  return output.answer(args, print_entry, entry)
end

-- Ends the note of an interrupted operation. After that, nobody can write back
-- what it saved.
local function dismiss(log, args)
  local entry = try(log:entry(args.id))
  if entry.state ~= "interrupted" then
    failure.fail { op = "dismiss", target = ("operation %d"):format(args.id),
      reason = "not_interrupted", detail = "it is " .. entry.state }
  end
  try(log:finish(args.id, "failed",
    "interrupted, and dismissed: what it had saved is forgotten"))
  return show_entry(log, args)
end

local function print_entries(entries)
  output.table(ENTRIES, entries)
end

local function print_pruned(done)
  output.fields { { "operations deleted", done.operations },
    { "undo data deleted", done.saved } }
end

local function misused(args)
  if args.prune and args.id then
    return "an operation and --prune do not go together"
  elseif args.svg and not args.id then
    return "--svg draws one operation: give its number",
      "hint: ntvol log lists them"
  elseif args.check and (args.svg or args.dismiss or not args.id) then
    return "--check looks at what one operation saved: give its number, alone",
      "hint: ntvol log lists them"
  elseif args.dismiss and (args.svg or not args.id) then
    return "--dismiss ends the note of one operation: give its number, alone",
      "hint: ntvol recover --plan lists what was interrupted"
  end
end

local function run(args)
  local problem, hint = misused(args)
  if problem then
    return output.usage(problem, hint)
  end
  local log <close> = try(journal.open())
  if args.prune then
    return output.answer(args, print_pruned, log:prune())
  elseif args.check then
    return check(log, args)
  elseif args.dismiss then
    return dismiss(log, args)
  elseif args.id then
    return show_entry(log, args)
  end
  return output.answer(args, print_entries, log:entries())
end

--- Adds the command to the parser.
-- @param add function(name, summary, run), of commands without a machine
-- @param json function(command) that adds --json
function M.add(add, json)
  local command = json(add("log",
    "List what was done, or show one operation.", run))
  command:argument "id"
    :args "?"
    :description "The number of an operation."
    :convert(values.whole("the number of an operation", 1))
  command:option "--svg"
    :argname "FILE"
    :description("Draw the operation as a picture: each step, who held which"
      .. " lock when, each event of its machine. - is standard output.")
  command:flag "--check"
    :description("Look at each piece that the operation saved of its volume:"
      .. " whether it is good, and what is wrong with it.")
  command:flag "--dismiss"
    :description("End the note of an interrupted operation, when the volume is"
      .. " to stay as it is: what was saved of it is forgotten, and recover"
      .. " does not look at it any more.")
  command:flag "--prune"
    :description("Forget what is old: all but the newest 1000 operations, what"
      .. " ended more than a year ago, and saved bytes beyond the newest 20"
      .. " or older than 31 days. The newest undo of each volume stays.")
  command:epilog [[
The journal is in the folder NTVOL_STATE, else in ~/.local/state/ntvol, on
Windows in %LOCALAPPDATA%\ntvol. An operation is "interrupted" when its process
died before it ended.
Examples: ntvol log
          ntvol log 7 --json
          ntvol log 7 --svg run.svg
          ntvol log 7 --check
          ntvol log 7 --dismiss]]
end

return M
