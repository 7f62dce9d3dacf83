--- Taking the last format of a volume back: open, lock, compare, write back,
-- dismount, unlock, close; then a look at the result.
-- @module ntvol.procedures.undo

local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local identity = require "ntvol.identity"
local journal = require "ntvol.journal"
local names = require "ntvol.names"
local options = require "ntvol.options"
local safety = require "ntvol.safety"
local size = require "ntvol.size"
local steps = require "ntvol.procedures.steps"
local take_back = require "ntvol.take_back"

local try = failure.try

local NAME = "undo"

local FIELDS = { machine = "userdata|string", journal = "userdata",
  good_only = "boolean" }

-- ---- the journal ---------------------------------------------------------

-- Each run opens the journal, because a plan may be run long after it was made.
local function open_journal(context)
  if context.options.journal then
    return context.options.journal
  end
  local log, own = journal._borrow(context.machine)
  context.log = own and context.keep(log) or log
  return log
end

local function log_of(context)
  return context.options.journal or context.log
end

-- ---- steps ---------------------------------------------------------------

-- Verifies what would be written back, before anything is locked.
local function check_saved(context, log, entry)
  local found = try(log:check(entry.id))
  if not found.damaged or context.options.good_only and found.good > 0 then
    return
  end
  failure.fail {
    op = "undo the format of", target = context.name,
    reason = "journal_damaged",
    detail = found.damaged, outcome = "untouched",
    hint = found.good == 0 and "bring the journal back from a backup, or restore"
        .. " the volume from one"
      or ("bring the journal back from a backup; see each piece: ntvol log %d"
        .. " --check; write back the good ones only: ntvol undo %s --good-only")
        :format(entry.id, context.name),
  }
end

local function check(context)
  safety.check("undo the format of", context.machine, context.name,
    context.pinned, { "online", "writable" })
  local log = open_journal(context)
  check_saved(context, log, take_back.last_format(log, context.volume_info))
  return true
end

-- Compares the volume with what the format wrote. The lock is held, so nobody
-- can use the volume any more before it is written.
local function compare(context)
  identity.verify(context.pinned, context.volume)
  return core.take_back(context.volume, log_of(context), context.entry.id, true,
    context.options.good_only)
end

local function write_back(context)
  local written
  written, context.partly = take_back.write(context.volume, log_of(context),
    context.entry.id, context.options.good_only)
  return true, ("%s written%s"):format(size.format(written), context.partly
    and "; the volume is only partly restored" or context.entry.unchecked
    and "; " .. take_back.UNCHECKED or "")
end

local function verify(context, found)
  local wanted = context.entry.identity
  if context.partly then
    take_back.partly_restored("verify", context.name, context.partly)
  end
  if found.file_system == wanted.file_system
    and found.serial == (wanted.serial or "") then
    return true, ("%s \"%s\""):format(found.file_system, found.label)
  end
  failure.fail {
    op = "verify", target = context.name, reason = "verify",
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

local function find_entry(machine, found, opts)
  if opts.journal then
    return take_back.last_format(opts.journal, found)
  end
  local log, own = journal._borrow(machine)
  local _ <close> = own and log or nil
  return take_back.last_format(log, found)
end

local new = failure.protect(function(new_plan, name, opts)
  local machine = current.of_option(opts.machine)
  local found = names.volume(machine, name)
  local entry, pinned = find_entry(machine, found, opts), identity.pin(machine, name)
  return new_plan {
    name = NAME, target = found.name, about = about(found, entry, opts.good_only),
    steps = list_steps(entry), erase = names.of_volume(found),
    identity = { pinned },
    unchecked = {
      "whether it is in use (known only when locking)",
      "whether the new file system was used: that is compared under the lock",
    },
    context = {
      machine = machine, name = name, options = opts, pinned = pinned,
      entry = entry, volume_info = found,
    },
  }
end)

return function(new_plan, name, opts)
  options.argument(NAME, name, "string", 2)
  return new(new_plan, name, options.check(2, NAME, opts, FIELDS, 3))
end
