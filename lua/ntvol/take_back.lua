--- Taking operations back: what the journal has saved of a volume is written to
-- that volume again, on any kind of machine.
-- @module ntvol.take_back

local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local journal = require "ntvol.journal"
local names = require "ntvol.names"
local options = require "ntvol.options"
local shell = require "ntvol.shell"

local protect, try = failure.protect, failure.try

local M = {}

local FIELDS = { machine = "userdata|string", journal = "userdata",
  good_only = "boolean", erase = "string" }

local function refuse(op, target, detail, hint)
  failure.fail {
    op = op, target = target, status = "STATUS_OBJECT_NAME_NOT_FOUND",
    reason = "no_undo", detail = detail, hint = hint,
  }
end

-- ---- finding -------------------------------------------------------------

local function same_volume(entry, volume)
  local path = entry.identity.guid_path
  return path ~= nil and path:lower() == volume.guid_path:lower()
end

-- The newest format of the volume that was not taken back.
local function newest(entries, volume)
  for i = #entries, 1, -1 do
    local entry = entries[i]
    if entry.plan == "format" and same_volume(entry, volume)
      and (entry.state == "committed" or entry.state == "interrupted") then
      return entry
    end
  end
end

--- The operation that an undo of a volume takes back: its newest format.
-- @tparam ntvol.journal log
-- @tparam table volume as `machine:volumes` gives it
-- @treturn table entry of the journal
-- @failure
function M.last_format(log, volume)
  local entry = newest(try(log:entries()), volume)
  if not entry then
    refuse("undo", volume.name, "the journal knows no format of it that could"
      .. " be taken back", "see what there is: ntvol log")
  elseif entry.state == "interrupted" then
    refuse("undo", volume.name, ("its last format, operation %d, was"
      .. " interrupted"):format(entry.id), "ntvol recover " .. volume.name)
  elseif not entry.saved_bytes then
    refuse("undo", volume.name, ("nothing is saved of its last format,"
      .. " operation %d"):format(entry.id), "restore it from a backup")
  end
  return entry
end

-- ---- what is only partly there -------------------------------------------

--- Fails for a volume that got back only what is good in the journal. It is a
-- failure because the volume is not what it was, although all that was asked
-- for was done.
-- @tparam string op
-- @tparam string target
-- @tparam table partly as `core.take_back` returns it
-- @failure
function M.partly_restored(op, target, partly)
  failure.fail {
    op = op, target = target, reason = "journal_damaged",
    outcome = "partly restored",
    detail = ("the volume is only partly restored: %d of %d saved pieces were"
      .. " good and were written back; not what they were: %s"):format(
      partly.good, partly.pieces, partly.damaged ~= "" and "bytes "
        .. partly.damaged or "what is missing in the journal"),
    hint = "check the file system with its own program, read-only first, and"
      .. " bring the rest from a backup",
  }
end

--- The format that a plan made, as far as something of it is left.
-- @param log a journal, or false
-- @tparam integer id of the plan's operation
-- @treturn ?table `{ operation, can_undo, state }`
function M.part(log, id)
  local entries = log and log:entries() or {}
  for i = #entries, 1, -1 do
    local entry = entries[i]
    if entry.parent == id and entry.plan == "format"
      and (entry.state == "committed" or entry.state == "interrupted"
        or entry.unsaved) then
      return { operation = entry.id, can_undo = entry.saved_bytes ~= nil,
        state = entry.state }
    end
  end
end

--- The command to run about what a plan left: it takes a whole format back, or
-- half of one, or shows what was done.
-- @param log a journal, or false
-- @tparam integer id of the plan's operation
-- @tparam string target
-- @treturn string
function M.advice(log, id, target)
  local part = M.part(log, id)
  if not part or not part.can_undo then
    return ("ntvol log %d"):format(id)
  elseif part.state == "committed" then
    return "ntvol undo " .. shell.word(target)
  end
  return "ntvol recover " .. shell.word(target)
end

-- ---- one volume ----------------------------------------------------------

--- Makes a `try` for what writes to a locked volume. When it fails after it
-- has changed bytes, the file system that is mounted is not the one that is
-- there, and so the volume is dismounted.
-- @tparam ntvol.volume volume
-- @treturn function
function M.trying(volume)
  return failure.newtry(function(_, _, info)
    if info.outcome ~= "untouched" then
      volume:dismount() -- nobody can do more when it refuses
    end
  end)
end

--- Writes back what an operation overwrote, on the locked volume.
-- @tparam ntvol.volume volume
-- @tparam ntvol.journal log
-- @tparam integer id of the operation
-- @tparam ?boolean good_only leave out what is damaged in the journal
-- @treturn integer bytes that were written
-- @treturn ?table what was left out, as `core.take_back` returns it
-- @failure
function M.write(volume, log, id, good_only)
  return M.trying(volume)(core.take_back(volume, log, id, false, good_only))
end

-- Dismounts the volume after the bytes were written back: the file system that
-- is mounted is not there any more.
local end_file_system = protect(function(volume, partly)
  try(volume:dismount())
  if partly then
    M.partly_restored("take back", volume:name(), partly)
  end
  return true
end)

--- Opens and locks the volume, writes back, dismounts, unlocks and closes.
-- @tparam ntvol.machine machine
-- @tparam string name of the volume
-- @tparam ntvol.journal log
-- @tparam integer id of the operation
-- @tparam ?boolean good_only leave out what is damaged in the journal
-- @treturn integer bytes that were written
-- @failure `info` with `bytes_written` when it was written back, and only the
--  dismount failed, or a part of it was damaged in the journal (`outcome` is
--  `"partly restored"`)
function M.run(machine, name, log, id, good_only)
  local volume <close> = try(machine:open(name))
  local _guard <close> = try(volume:lock())
  local written, partly = M.write(volume, log, id, good_only)
  local ok, message, code, info = end_file_system(volume, partly)
  if not ok then
    info.bytes_written = written
    try(nil, message, code, info)
  end
  return written
end

-- ---- recovering ----------------------------------------------------------

-- The volumes to look at: all of the machine, or the one that is named.
local function volumes_of(machine, name)
  if not name then
    return try(machine:volumes())
  end
  return { names.volume(machine, name) }
end

local function find_volume(volumes, entry)
  for _, volume in ipairs(volumes) do
    if same_volume(entry, volume) then
      return volume
    end
  end
end

-- The newest format of the same volume that came after an entry and has to be
-- taken back before it.
local function later_format(entries, entry, volume)
  for i = #entries, 1, -1 do
    local other = entries[i]
    if other.id > entry.id and other.plan == "format"
      and (other.state == "committed" or other.unsaved)
      and same_volume(other, volume) then
      return other
    end
  end
end

local function superseded(later, volume)
  if later.state == "committed" then
    return ("operation %d formatted the volume after it (ntvol undo %s takes"
      .. " that back first)"):format(later.id, volume.name)
  end
  return ("operation %d, which has no undo, wrote to the volume after it")
    :format(later.id)
end

local function found_item(entries, entry, volume)
  local later = entry.saved_bytes and later_format(entries, entry, volume)
  return { operation = entry.id, plan = entry.plan,
    target = volume.name, guid_path = volume.guid_path,
    saved_bytes = entry.saved_bytes,
    outcome = later and "superseded" or "interrupted",
    parent = entry.parent, unsaved = entry.unsaved,
    unchecked = entry.unchecked,
    message = later and superseded(later, volume) or nil }
end

-- Whether an entry is only a note of a plan on this machine. It is about no
-- volume that is there, and there is nothing to write back.
local function is_note(entry, machine)
  return entry.machine == machine:name() and not entry.saved_bytes
    and not entry.unsaved
end

-- What was interrupted on these volumes, and, when `machine` is given, the
-- notes that are about none of them. The newest comes first, because it has to
-- be taken back first. An operation that a later format wrote over has to wait
-- until that format is taken back.
local function interrupted(log, volumes, machine)
  local entries, found = try(log:entries()), {}
  for i = #entries, 1, -1 do
    local entry = entries[i]
    local is_open = entry.state == "interrupted"
    local volume = is_open and find_volume(volumes, entry)
    if volume then
      found[#found + 1] = found_item(entries, entry, volume)
    elseif is_open and machine and is_note(entry, machine) then
      found[#found + 1] = found_item(entries, entry, { name = entry.target })
    end
  end
  return found
end

M.UNCHECKED = "it was saved by an older version, without checksums: whether it"
  .. " is what was there could not be verified"

local run = protect(M.run)

local function write_back(machine, log, item, good_only, recovered)
  local written, message, code, info = run(machine, item.guid_path, log,
    item.operation, good_only)
  item.bytes_written = written or info.bytes_written
  item.outcome = not item.bytes_written and "failed"
    or info and info.outcome == "partly restored" and info.outcome
    or "recovered"
  item.message = not written and message
    or item.unchecked and M.UNCHECKED or nil
  if item.outcome == "recovered" then
    recovered[item.guid_path] = true
    recovered[item.parent or false] = true
  end
  try(written, message, code, info)
end

-- Ends the note of an operation that has saved nothing: a plan, or a format
-- that ended before its first write.
local function close_note(log, item, recovered)
  local part = M.part(log, item.operation)
  local state = (recovered[item.operation] or item.plan:find "^undo"
    and recovered[item.guid_path]) and "recovered" or "failed"
  item.outcome = "closed"
  item.message = part and part.state == "committed"
    and ("its process died, but its format, operation %d, is complete%s")
      :format(part.operation, part.can_undo and ": to take it back: ntvol undo "
        .. shell.word(item.target) or "")
    or "its process died; nothing is saved of it that could be written back"
  try(log:finish(item.operation, state, item.message))
end

-- Fails for a format without an undo that had begun to write. Nothing can be
-- done about it here. So it is told once, and its note is ended.
local function give_up(log, item)
  local detail = ("operation %d was interrupted after it had begun to write,"
    .. " and nothing is saved of what it overwrote"):format(item.operation)
  item.outcome, item.message = "lost", detail
  try(log:finish(item.operation, "failed", detail))
  refuse("recover", item.target, detail,
    "look at the volume, and restore it from a backup or format it again")
end

-- Writes back the operations that have saved something, then ends the notes of
-- all others.
local function recover_all(machine, log, opts, each)
  local recovered = {}
  each(function(item)
    if item.saved_bytes and item.outcome ~= "superseded" then
      write_back(machine, log, item, opts.good_only, recovered)
    end
  end)
  each(function(item)
    if item.unsaved then
      give_up(log, item)
    elseif not item.saved_bytes then
      close_note(log, item, recovered)
    end
  end)
end

local function nothing() end

-- Recovers what was found. An interrupt does not cut the work on one item. It
-- ends the list: the items that are left stay interrupted, and are found again.
local function recover(outside, machine, log, found, opts)
  local first, problem
  recover_all(machine, log, opts, function(f)
    local attempt = protect(f)
    for _, item in ipairs(found) do
      local ok, raised = outside(nothing)
      problem = problem or not ok and { raised }
      if problem then
        return
      end
      local _, message, code, info = attempt(item)
      first = first or message and { message, code, info }
    end
  end)
  if problem then
    error(problem[1], 0)
  elseif first then
    first[3].recovered = found
    try(nil, table.unpack(first, 1, 3))
  end
  return found
end

-- With `good_only`, the places stay as they are whose saved bytes are damaged.
-- A caller who wants that must name the volume once more.
local function check_token(name, opts)
  if not opts.good_only or name ~= nil and opts.erase == name then
    return
  end
  failure.fail {
    op = "recover", target = name or "all volumes", reason = "erase_token",
    detail = name and "with `good_only` the volume is only partly restored, and"
        .. " the confirmation is missing"
      or "`good_only` is for one volume, and none is named",
    hint = ("recover it with `good_only = true, erase = %q`; on the command"
      .. " line: ntvol recover %s --good-only --erase %s"):format(name or "D:",
      name or "D:", name or "D:"),
  }
end

-- Calls f(machine, log, found, opts) with what was interrupted.
local with_interrupted = protect(function(name, opts, f)
  check_token(name, opts)
  local machine = current.of_option(opts.machine)
  local log, own = opts.journal, false
  if not log then
    log, own = journal._borrow(machine)
  end
  local _ <close> = own and log or nil
  local found = interrupted(log, volumes_of(machine, name),
    not name and machine or nil)
  return f(machine, log, found, opts)
end)

local function check_arguments(caller, name, opts)
  if name ~= nil and type(name) ~= "string" then
    error(("bad argument #1 to '%s' (string expected, got %s)"):format(caller,
      type(name)), 3)
  end
  return options.check(2, caller, opts, FIELDS, 3)
end

--- What `recover` would look at; changes nothing.
-- @tparam ?string name of a volume
-- @tparam ?table opts as of `recover`
-- @treturn {table,...}
-- @failure
function M.find(name, opts)
  opts = check_arguments("find", name, opts)
  return with_interrupted(name, opts, function(_, _, found)
    return found
  end)
end

--- See `ntvol.recover`.
function M.recover(name, opts)
  opts = check_arguments("recover", name, opts)
  return with_interrupted(name, opts, function(...)
    return core.shield(recover, ...)
  end)
end

return M
