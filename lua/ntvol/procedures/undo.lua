--- Taking the last format of a volume back: open, lock, compare, write back,
-- dismount, unlock, close; then a look at the result.
-- @module ntvol.procedures.undo

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local identity = require "ntvol.identity"
local journal = require "ntvol.journal"
local names = require "ntvol.names"
local options = require "ntvol.options"
local safety = require "ntvol.safety"
local size = require "ntvol.size"
local steps = require "ntvol.procedures.steps"
local take_back = require "ntvol.take_back"

local NAME = "undo"

local FIELDS = { machine = "userdata|string", journal = "userdata",
  good_only = "boolean" }

-- ---- the journal ---------------------------------------------------------

-- A plan may be run long after it was made, so each run opens the journal.
local function open_journal(context)
  if context.options.journal then
    return context.options.journal
  end
  local log, message, code, info = journal.open()
  context.log = log and context.keep(log)
  return log, message, code, info
end

local function log_of(context)
  return context.options.journal or context.log
end

-- ---- steps ---------------------------------------------------------------

-- What it would write back is verified before anything is locked.
local function check_saved(context, log, entry)
  local found, message, code, info = log:check(entry.id)
  if not found then
    return nil, message, code, info
  elseif not found.damaged or context.options.good_only and found.good > 0 then
    return entry
  end
  return failure.make {
    op = "undo the format of", target = context.name,
    status = "STATUS_FILE_CORRUPT_ERROR", reason = "journal_damaged",
    detail = found.damaged, outcome = "untouched",
    hint = found.good == 0 and "bring the journal back from a backup, or restore"
        .. " the volume from one"
      or ("bring the journal back from a backup; see each piece: ntvol log %d"
        .. " --check; write back the good ones only: ntvol undo %s --good-only")
        :format(entry.id, context.name),
  }
end

local function check(context)
  local ok, message, code, info = safety.check("undo the format of",
    context.machine, context.name, context.pinned, { "online", "writable" })
  if not ok then
    return nil, message, code, info
  end
  local log
  log, message, code, info = open_journal(context)
  if not log then
    return nil, message, code, info
  end
  local entry
  entry, message, code, info = take_back.last_format(log, context.volume_info)
  if not entry then
    return nil, message, code, info
  end
  return check_saved(context, log, entry)
end

-- Under the lock: nobody can use it any more before it is written.
local function compare(context)
  local ok, message, code, info = identity.verify(context.pinned,
    context.volume)
  if ok then
    ok, message, code, info = core.take_back(context.volume, log_of(context),
      context.entry.id, true, context.options.good_only)
  end
  return ok, message, code, info
end

local function write_back(context)
  local written, message, code, info = take_back.write(context.volume,
    log_of(context), context.entry.id, context.options.good_only)
  if not written then
    return nil, message, code, info
  end
  context.partly = message
  return true, ("%s written%s"):format(size.format(written), context.partly
    and "; the volume is only partly restored" or context.entry.unchecked
    and "; " .. take_back.UNCHECKED or "")
end

local function verify(context, found)
  local wanted = context.entry.identity
  if context.partly then
    return take_back.partly_restored("verify", context.name, context.partly)
  end
  if found.file_system == wanted.file_system
    and found.serial == (wanted.serial or "") then
    return true, ("%s \"%s\""):format(found.file_system, found.label)
  end
  return failure.make {
    op = "verify", target = context.name,
    status = "STATUS_UNRECOGNIZED_VOLUME", reason = "verify",
    detail = ("it holds %s with the serial number '%s', not %s with '%s'")
      :format(found.file_system, found.serial, wanted.file_system,
        wanted.serial or ""),
    hint = "look at the volume, and at ntvol log",
  }
end

local function list_steps(entry)
  return {
    steps.open { check = check },
    steps.lock(),
    { name = "compare", run = compare,
      says = "Compare it with what the format wrote: a file system that was"
        .. " used stays." },
    { name = "write back", destroys = true, run = write_back,
      says = ("Write back the %s that the format overwrote."):format(
        size.format(entry.saved_bytes)) },
    steps.dismount "Dismount the file system that is gone.",
    steps.unlock(),
    steps.close(),
    { name = "verify",
      run = function(context) return steps.look(context, verify) end,
      says = ("Open it again, read-only, and find %s."):format(
        entry.identity.file_system or "what was there") },
  }
end

-- ---- the plan ------------------------------------------------------------

local function about(found, entry, good_only)
  local lines = { tostring(found), found.guid_path,
    ("operation %d of the journal: %s, %s"):format(entry.id,
      entry.command or entry.plan,
      os.date("!%Y-%m-%d %H:%M:%S UTC", (entry.started or 0) // 1 | 0)) }
  if entry.unchecked then
    lines[#lines + 1] = take_back.UNCHECKED:gsub("could not be", "cannot be")
  end
  if good_only then
    lines[#lines + 1] = "What is damaged in the journal stays as it is now."
  end
  return lines
end

local function find_entry(found, opts)
  if opts.journal then
    return take_back.last_format(opts.journal, found)
  end
  local log, message, code, info = journal.open()
  if not log then
    return nil, message, code, info
  end
  local _ <close> = log
  return take_back.last_format(log, found)
end

local function new(new_plan, machine, name, found, opts)
  local entry, pinned, message, code, info
  entry, message, code, info = find_entry(found, opts)
  if not entry then
    return nil, message, code, info
  end
  pinned, message, code, info = identity.pin(machine, name)
  if not pinned then
    return nil, message, code, info
  end
  return new_plan {
    name = NAME, target = found.name, about = about(found, entry, opts.good_only),
    steps = list_steps(entry), erase = names.of_volume(found),
    identity = { pinned },
    unchecked = {
      "whether others have it open: only the lock finds out",
      "whether the new file system was used: that is compared under the lock",
    },
    context = {
      machine = machine, name = name, options = opts, pinned = pinned,
      entry = entry, volume_info = found,
    },
  }
end

return function(new_plan, name, opts)
  options.argument(NAME, name, "string", 2)
  opts = options.check(2, NAME, opts, FIELDS, 3)
  local machine, found, code, info = steps.find(opts.machine, names.volume,
    name)
  if not machine then
    return nil, found, code, info
  end
  return new(new_plan, machine, name, found, opts)
end
