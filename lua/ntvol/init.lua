--- NT volume control: open a volume, lock it, format it, dismount it, take it
-- offline and bring it back.
--
-- A function that a machine may refuse returns nil, a message, an error code
-- and a table of details (see `types/ntvol.lua`, ntvol.info). Wrong use of a
-- function raises an error.
-- @module ntvol
-- @usage
-- for _, v in ipairs(ntvol.volumes()) do print(v) end
-- local vol <close> = assert(ntvol.open "D:")
-- assert(vol:lock())

local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local options_of = require "ntvol.options"
local progress = require "ntvol.progress"

-- They put their methods over those of the core.
require "ntvol.machine"
require "ntvol.volume"

local and_then, protect = failure.and_then, failure.protect
local argument, check_options = options_of.argument, options_of.check

local get_machine = protect(current.machine)

local M = {}

--- Version of ntvol.
M._VERSION = core._VERSION

--- Control codes by name: `codes.FSCTL_LOCK_VOLUME`.
M.codes = core.codes

--- Error codes by name: `errors.ERROR_ACCESS_DENIED` is
-- `{ win32, statuses, class, message }`.
M.errors = core.errors

--- Notifications of volumes by name: `events.LOCK` is `{ code, guid }`.
M.events = core.events

--- What a value is. `"volume"`, `"closed volume"`, `"machine"`, `"closed
-- machine"`, `"lock"`, `"closed lock"`, `"subscription"`, `"closed
-- subscription"`, `"journal"`, `"closed journal"`, or nil for anything else.
-- @function type
-- @tparam any value anything
-- @treturn ?string
M.type = core.type

--- The number of a control code, from its parts: `device << 16 | access << 14 |
-- func << 2 | method`.
-- @function ctl_code
-- @tparam integer device
-- @tparam integer func
-- @tparam integer method
-- @tparam integer access
-- @treturn integer
M.ctl_code = core.ctl_code

--- Makes a text that is safe to show. Labels, names, paths and messages come
-- from disks and from other programs. They may hold codes that make a terminal
-- show anything. So this function makes visible escapes, like `\x1b` and
-- `\u{202e}`, of codes that a terminal obeys, of characters that turn the
-- direction of writing or cannot be seen, and of bytes that are not UTF-8.
--
-- A backslash stays a backslash, since NT paths are full of them. Look at the
-- field for the exact bytes. All that ntvol prints for people has gone through
-- this function: every message with its `info.detail` and `info.hint`, every
-- `tostring`, warnings, and what the command prints. All other fields (`label`,
-- `name`, `info.target`, the name of a holder) are the exact bytes; a script
-- that prints them itself calls `ntvol.printable`. `--json` writes the same
-- characters as `\u001b`, and a program that parses it gets them back. JSON
-- cannot hold a byte that is not UTF-8; such a byte becomes U+FFFD.
-- @function printable
-- @tparam string text
-- @tparam[opt] boolean lines whether line ends and tabs stay as they are
-- @treturn string
-- @usage assert(ntvol.printable "a\27[2Jb" == "a\\x1b[2Jb")
M.printable = core.printable

--- A ready-made `on_progress`. It draws a bar when standard error is a
-- terminal, and does nothing otherwise.
-- @function progress_bar
-- @tparam integer done bytes
-- @tparam integer total bytes
M.progress_bar = progress.bar

--- Connects to a machine and makes it the current one. `"sim:lab"` or `"lab"`
-- is the simulated machine in the folder `lab`. An open machine object is
-- taken as it is.
--
-- Without an argument it returns the current machine. That is the machine that
-- was set before, else the one that the environment variable `NTVOL_MACHINE`
-- names, else the native machine of this system.
-- @tparam[opt] string|ntvol.machine spec `"sim:lab"`, or `"lab"` for a folder
--  with a simulated machine, or a machine
-- @treturn ntvol.machine
-- @failure `"ERROR_NOT_SUPPORTED"` when there is no such kind of machine here,
--  and without an argument where there is no native machine
-- @usage print(ntvol.machine():name())
function M.machine(spec)
  current.check(spec)
  return get_machine(spec)
end

--- Opens a volume, disk, file or directory of the current machine, as
-- `machine:open` does. When a crash or a kill has interrupted an operation on
-- it, a warning says so first, once for each name.
-- @tparam string name
-- @tparam[opt] ntvol.open_options options
-- @treturn ntvol.volume
-- @failure
-- @usage
-- local vol <close> = assert(ntvol.open("D:", { access = "r" }))
-- print(vol)
function M.open(name, options)
  argument("open", name, "string", 2)
  return and_then(function(machine)
    require "ntvol.unfinished".warn(machine, name)
    return machine:open(name, options)
  end, get_machine())
end

--- Lists the volumes of the current machine: see `machine:volumes`.
-- @treturn ntvol.volume_info[] they print as one line each
-- @failure
-- @usage for _, v in ipairs(ntvol.volumes()) do print(v.name, v.size) end
function M.volumes()
  return and_then(function(machine) return machine:volumes() end, get_machine())
end

--- Lists the disks of the current machine: see `machine:disks`.
-- @treturn ntvol.disk_info[] they print as one line each
-- @failure
-- @usage for _, d in ipairs(ntvol.disks()) do print(d) end
function M.disks()
  return and_then(function(machine) return machine:disks() end, get_machine())
end

--- Calls a function with a volume that is locked, so that nobody else has it
-- open. The volume is unlocked and closed however the function ends, also by an
-- error or Ctrl-C. A system, boot or page-file volume is refused.
-- @tparam string name of the volume
-- @tparam fun(volume:ntvol.volume):... fn called with the volume
-- @tparam[opt] ntvol.exclusive_options options `access` (as of
--  `machine:open`), `machine`, and `wait`, `on_attempt`, `on_busy` as of
--  `volume:lock`
-- @treturn any what the function returns; true when it returns nothing
-- @failure
-- @raise what the function raises
-- @usage
-- local boot = assert(ntvol.with_exclusive_volume("D:", function(volume)
--   return volume:read(0, 512)
-- end))
-- print(#boot)
function M.with_exclusive_volume(name, fn, options)
  return require "ntvol.procedures.exclusive".call(name, fn, options)
end

--- Explains an error: what it means, which reasons ntvol gives with it, what to
-- do next. The result prints as text. In `ntvol repl` it is `explain`;
-- `explain()` explains the last failure.
-- @tparam string|integer|ntvol.info what `"ERROR_NOT_READY"`,
--  `"STATUS_VOLUME_DISMOUNTED"`, a number of either (`21`, `0xC000026E`), a
--  reason as `"in_use"`, or the table `info` of a failure
-- @treturn ntvol.explanation `{ kind, name, statuses, reasons }`, and where it
--  has them `meaning`, `next`, `class`, `holders`; `kind` is `"code"`,
--  `"status"`, `"reason"` or `"failure"`
-- @failure `"ERROR_FILE_NOT_FOUND"` when nobody knows it
-- @raise for a value of another type
-- @usage
-- print(ntvol.explain "ERROR_NOT_READY")
-- local vol <close> = assert(ntvol.open("D:", { access = "none" }))
-- local _, _, _, info = vol:lock()
-- print(ntvol.explain(info))
function M.explain(what)
  local kind = math.type(what) or type(what)
  if kind ~= "string" and kind ~= "integer" and kind ~= "table" then
    error(("bad argument #1 to 'explain' (string, integer or table expected,"
      .. " got %s)"):format(kind), 2)
  elseif kind == "table" and not (what.code or what.reason or what.status
    or what.class) then
    error("bad argument #1 to 'explain' (the table is not the info of a"
      .. " failure: it has no code, status, reason or class)", 2)
  end
  return protect(require "ntvol.explain".explain)(what)
end

local UNDO_FIELDS = { machine = "userdata|string", journal = "userdata",
  good_only = "boolean", erase = "string" }

--- Takes the last format of a volume back, byte for byte, as long as its new
-- file system was not used. The file system that is on the volume now is lost,
-- so `erase` names the volume once more. Under the lock, the volume is compared with what
-- the format wrote. When a byte differs, the undo is refused, reason
-- `file_system_used`, and the message names the first such byte. `ntvol log`
-- says what the journal has. `ntvol.plan.undo` makes a plan of the same.
--
-- All that the journal has saved is verified before the first write, and is
-- read back from the volume after the last one. When the journal is damaged,
-- the undo is refused, reason `journal_damaged`, and `info.detail` says which
-- bytes are good. `good_only = true` writes back what is good and leaves the
-- rest as it is. That is a failure with the outcome `"partly restored"`, because the volume is not
-- what it was. The reason `verify` means that the volume did not keep what was
-- written back.
-- @tparam string name of the volume
-- @tparam ntvol.undo_options options `erase`, the name of the volume once more,
--  and optional: `machine`, `journal`; `good_only`: when the journal is
--  damaged, write back what is good in it and leave the rest as it is
-- @treturn ntvol.report of the plan
-- @failure `"ERROR_INVALID_PARAMETER"`, reason `erase_token`, without `erase`,
--  `"ERROR_FILE_NOT_FOUND"` when the journal has nothing of it,
--  `"ERROR_ACCESS_DENIED"`, reason `file_system_used`, `"ERROR_FILE_CORRUPT"`,
--  reason `journal_damaged`: `info.outcome` is `"untouched"`, or `"partly
--  restored"` with `good_only`
-- @usage
-- do
--   local vol <close> = assert(ntvol.open "D:")
--   local _guard <close> = assert(vol:lock())
--   assert(vol:format { fs = "ntfs", erase = "D:" })
--   assert(vol:dismount())
-- end
-- assert(ntvol.undo("D:", { erase = "D:" }))
function M.undo(name, options)
  argument("undo", name, "string", 2)
  options = check_options(2, "undo", options, UNDO_FIELDS)
  return and_then(function(plan)
    return plan:run { erase = options.erase, journal = options.journal }
  end, M.plan.undo(name, { machine = options.machine,
    journal = options.journal, good_only = options.good_only }))
end

--- Takes back what a crash, a kill or a power cut has interrupted, on one
-- volume or on all volumes of the machine. Afterwards the volume is what it was
-- before, byte for byte. A recovery that was interrupted itself can be
-- repeated. An error of a hook, or Ctrl-C, ends it between two operations, and
-- cuts none of them.
--
-- The outcome of an operation is `"recovered"`, `"closed"` (it had written
-- nothing, and only the journal was put in order) or `"superseded"` (a later
-- format wrote over it; undo that first, then recover). When a format without
-- an undo had begun to write, its outcome is `"lost"`, and the recovery fails
-- with the reason `no_undo`. A damaged journal is refused as by `ntvol.undo`,
-- and `good_only` with `erase` means the same here. A recovery is also refused
-- when GUID path, size or place on the disks have changed (reason
-- `identity_changed`), when bytes are on the volume that were neither there
-- before nor written by the format (`file_system_used`), and when others have
-- it open (`in_use`).
-- @tparam[opt] string name of a volume; all of the machine unless given
-- @tparam[opt] ntvol.undo_options options `machine`, `journal`; `good_only`
--  with `erase`, the name of the volume once more: when the journal is
--  damaged, write back what is good in it
-- @treturn ntvol.recovered[] `{ operation, plan, target, outcome,
--  bytes_written, message }`; an outcome is `"recovered"`, `"closed"` where
--  nothing was written and only the journal was put in order, or
--  `"superseded"` where a later format has to be undone first
-- @failure that of the first operation that failed; `"ERROR_WRONG_DISK"`,
--  reason `identity_changed`, when it is not the volume that it was;
--  `"ERROR_ACCESS_DENIED"`, reason `file_system_used`, when somebody wrote to
--  it since; `"ERROR_FILE_NOT_FOUND"`, reason `no_undo`, when a format without
--  an undo had begun to write: the outcome is `"lost"`;
--  `"ERROR_FILE_CORRUPT"`, reason `journal_damaged`: the outcome is
--  `"failed"`, or `"partly restored"` with `good_only`; `info.recovered` is
--  the list
-- @usage
-- for _, item in ipairs(assert(ntvol.recover())) do
--   print(item.target, item.outcome)
-- end
function M.recover(name, options)
  return require "ntvol.take_back".recover(name, options)
end

local OVERVIEW = ([[
ntvol %s: NT volume control
  open(name, options)    Opens a volume, disk, file or directory.
  volumes()              Lists the volumes.
  disks()                Lists the disks.
  with_exclusive_volume(name, fn)  Runs a function with a locked volume.
  machine(spec)          Connects to a machine, or returns the current one.
  type(value)            Says what a value is: "volume", "closed volume", ...
  codes, errors, events  Control codes, error codes, notifications by name.
  ctl_code(...)          A control code from its parts.
  printable(text)        A text as it may be shown: no control characters.
  explain(what)          What an error means, and what to do next.
  progress_bar           A ready-made on_progress.
  sim                    Simulated machines: create, open, remove.
  plan                   Procedures: change_filesystem, format_volume,
                         prepare_lun_removal, restore_lun,
                         with_exclusive_volume, eject.
  undo(name, options)    Takes the last format of a volume back.
  recover(name)          Takes back what was interrupted.
  journal                What was done: open, of.
  retry                  Policies for waiting.
  timeline               The picture of a run: svg, of_report.
  help(topic)            This text, or help on one of the topics.
Topics: "machine", "volume", "lock", "subscription", "journal", or such an
object.]]):format(M._VERSION)

--- Help on the module, or on a machine, volume, lock, subscription or journal.
-- It has one line for each function, for an interactive Lua:
-- `print(ntvol.help())`.
-- @tparam[opt] any topic nil, such an object, or `"machine"`, `"volume"`,
--  `"lock"`, `"subscription"`, `"journal"`
-- @treturn string
-- @usage print(ntvol.help "volume")
function M.help(topic)
  if topic == nil then
    return OVERVIEW
  end
  local class = core.type(topic) or topic
  if type(class) == "string" then
    if class:find("journal$") then
      pcall(require, "ntvol.journal.core") -- this adds its class to the core
    end
    local text = core.help_class((class:gsub("^closed ", "")))
    if text then
      return text
    end
  end
  error(("bad argument #1 to 'help' (no help on %s; topics are: \"machine\","
    .. " \"volume\", \"lock\", \"subscription\", \"journal\")"):format(tostring(topic)), 2)
end

-- These modules need more code and libraries, so they are loaded when they are
-- first used.
local LAZY = {
  sim = "ntvol.sim", plan = "ntvol.plan", journal = "ntvol.journal",
  timeline = "ntvol.timeline",
}

--- Policies for waiting: see ntvol.retry.
M.retry = require "ntvol.retry"

setmetatable(M, {
  __name = "ntvol",
  __parts = LAZY, -- for completion
  __tostring = function(self)
    return ("ntvol %s: print(ntvol.help())"):format(self._VERSION)
  end,
  __index = function(self, name)
    if LAZY[name] then
      local module = require(LAZY[name])
      rawset(self, name, module)
      return module
    end
  end,
})

return M
