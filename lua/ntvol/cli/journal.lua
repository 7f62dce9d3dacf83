--- The command that reads the journal: log.
-- @module ntvol.cli.journal

local journal = require "ntvol.journal"
local output = require "ntvol.cli.output"
local size = require "ntvol.size"

local M = {}

local function show_time(time)
  if not time then
    return ""
  end
  local ms = math.floor(time * 1000 + 0.5)
  return os.date("!%Y-%m-%d %H:%M:%S", ms // 1000) .. (".%03d"):format(ms % 1000)
end

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

local function add_if(fields, name, value)
  if value ~= nil and value ~= "" then
    fields[#fields + 1] = { name, value }
  end
end

local function bytes(value)
  return value and ("%d (%s)"):format(value, size.format(value))
end

local function entry_fields(entry)
  local fields, identity = {}, entry.identity
  add_if(fields, "operation", entry.id)
  add_if(fields, "part of", entry.parent)
  add_if(fields, "plan", entry.plan)
  add_if(fields, "machine", entry.machine)
  add_if(fields, "target", entry.target)
  add_if(fields, "state", entry.state)
  add_if(fields, "message", entry.message)
  add_if(fields, "started", show_time(entry.started))
  add_if(fields, "ended", show_time(entry.ended))
  add_if(fields, "process", ("%d, %s"):format(entry.pid, entry.program))
  add_if(fields, "command", entry.command)
  add_if(fields, "GUID path", identity.guid_path)
  add_if(fields, "serial", identity.serial)
  add_if(fields, "file system", identity.file_system)
  add_if(fields, "size", bytes(identity.size))
  for _, extent in ipairs(identity.extents) do
    add_if(fields, "extent", ("PhysicalDrive%d from %d, %s"):format(
      extent.disk, extent.offset, bytes(extent.length)))
  end
  add_if(fields, "saved", bytes(entry.saved_bytes))
  add_if(fields, "in the journal", bytes(entry.stored_bytes))
  return fields
end

local function show_entry(log, args)
  local entry, message, code, info = log:entry(args.id)
  if not entry then
    return output.fail(message, code, info)
  elseif args.svg then
    return require "ntvol.cli.picture".write(args.svg, entry, args.machine)
  elseif args.json then
    output.json(entry)
    return output.EXIT.ok
  end
  output.fields(entry_fields(entry))
  if #entry.steps > 0 then
    output.table(STEPS, entry.steps)
  end
  return output.EXIT.ok
end

local function show_entries(log, args)
  local entries, message, code, info = log:entries()
  if not entries then
    return output.fail(message, code, info)
  elseif args.json then
    output.json(entries)
  else
    output.table(ENTRIES, entries)
  end
  return output.EXIT.ok
end

local function prune(log, args)
  local done, message, code, info = log:prune()
  if not done then
    return output.fail(message, code, info)
  elseif args.json then
    output.json(done)
  else
    output.fields { { "operations forgotten", done.operations },
      { "of others, saved bytes forgotten", done.saved } }
  end
  return output.EXIT.ok
end

local function run(args)
  if args.prune and args.id then
    return output.usage("an operation and --prune do not go together")
  end
  if args.svg and not args.id then
    return output.usage("--svg draws one operation: give its number",
      "hint: ntvol log lists them")
  end
  local log, message, code, info = journal.open()
  if not log then
    return output.fail(message, code, info)
  end
  local _ <close> = log
  if args.prune then
    return prune(log, args)
  end
  return args.id and show_entry(log, args) or not args.id
    and show_entries(log, args)
end

local function to_id(text)
  local id = math.tointeger(tonumber(text))
  if not id or id < 1 then
    return nil, ("'%s' is not the number of an operation"):format(text)
  end
  return id
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
    :convert(to_id)
  command:option "--svg"
    :argname "FILE"
    :description("Draw the operation as a picture: each step, who held which"
      .. " lock when, each event of its machine. - is standard output.")
  command:flag "--prune"
    :description("Forget what is old: all but the newest 1000 operations, what"
      .. " ended more than a year ago, and saved bytes beyond the newest 20"
      .. " or older than 31 days.")
  command:epilog [[
The journal is in the folder NTVOL_STATE, else in ~/.local/state/ntvol, on
Windows in %LOCALAPPDATA%\ntvol. An operation is "interrupted" when its process
died before it ended.
Examples: ntvol log
          ntvol log 7 --json
          ntvol log 7 --svg run.svg]]
end

return M
