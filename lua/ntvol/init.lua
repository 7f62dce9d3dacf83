--- NT volume control: open a volume, lock it, format it, dismount it, take it
-- offline and bring it back.
--
-- Everything that a machine may refuse answers nil, a message, an error code
-- and a table of details (see `types/ntvol.lua`, ntvol.info). Misuse raises.
-- @module ntvol
-- @usage
-- for _, v in ipairs(ntvol.volumes()) do print(v) end
-- local vol <close> = assert(ntvol.open "D:")
-- assert(vol:lock())

local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local progress = require "ntvol.progress"

-- They put their methods over those of the core.
require "ntvol.machine"
require "ntvol.volume"

local and_then, protect = failure.and_then, failure.protect

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

--- A text as it may be shown. Labels, names, paths and messages come from disks
-- and from other programs; a terminal that obeys what is in them can be made
-- to show anything. So what a terminal would obey, what turns the direction of
-- writing, what cannot be seen, and bytes that are not UTF-8 become escapes
-- that can be read, `\x1b` and `\u{202e}`.
--
-- A backslash stays a backslash, since NT paths are full of them: for the
-- exact bytes look at the field. All that ntvol prints for people has gone
-- through this function: every message with its `info.detail` and `info.hint`,
-- every `tostring`, warnings, what the command prints. All other fields
-- (`label`, `name`, `info.target`, the name of a holder) are the exact bytes;
-- a script that prints them itself calls `ntvol.printable`. `--json` writes
-- the same characters as `\u001b` and gives them back to whoever parses it;
-- JSON has no way to hold a byte that is not UTF-8, it becomes U+FFFD.
-- @function printable
-- @tparam string text
-- @tparam[opt] boolean lines whether line ends and tabs stay as they are
-- @treturn string
-- @usage assert(ntvol.printable "a\27[2Jb" == "a\\x1b[2Jb")
M.printable = core.printable

--- A ready-made `on_progress`: draws a bar when standard error is a terminal,
-- does nothing otherwise.
-- @function progress_bar
-- @tparam integer done bytes
-- @tparam integer total bytes
M.progress_bar = progress.bar

--- Connects to a machine and makes it the current one. `"sim:lab"` or `"lab"`
-- is the simulated machine in the folder `lab`. An open machine object is
-- taken as it is.
--
-- Without an argument it returns the current machine. That is the one set
-- before, else the one that the environment variable `NTVOL_MACHINE` names,
-- else the native machine of this system.
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

--- Opens a volume, disk, file or directory of the current machine: the same as
-- `machine:open`.
-- @tparam string name
-- @tparam[opt] ntvol.open_options options
-- @treturn ntvol.volume
-- @failure
-- @usage
-- local vol <close> = assert(ntvol.open("D:", { access = "r" }))
-- print(vol)
function M.open(name, options)
  return and_then(function(machine)
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

--- Runs a function with a volume that is locked: nobody else has it open.
-- However the function ends, by an error or Ctrl-C too, the volume is unlocked
-- and closed. A system, boot or page-file volume is refused.
-- @tparam string name of the volume
-- @tparam fun(volume:ntvol.volume):... fn called with the volume
-- @tparam[opt] ntvol.exclusive_options options `access` (as of
--  `machine:open`), `machine`, and `wait`, `on_attempt`, `on_busy` as of
--  `volume:lock`
-- @treturn any what the function answers; true when it answers nothing
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
  end
  return protect(require "ntvol.explain".explain)(what)
end

--- Takes the last format of a volume back, byte for byte, as long as its new
-- file system was not used. What the format wrote is compared with what is
-- there, under the lock, and the first byte that differs is named in the
-- refusal: reason `file_system_used`. `ntvol log` says what the journal has.
-- As a plan with its steps it is `ntvol.plan.undo`.
--
-- All that the journal saved is verified before the first write, and read back
-- from the volume after the last. A journal that is damaged is refused: reason
-- `journal_damaged`, and `info.detail` says which bytes are good. `good_only =
-- true` together with `erase`, the name of the volume once more, writes back
-- what is good and leaves the rest as it is. That is a failure with the
-- outcome `"partly restored"`: the volume is not what it was. The reason
-- `verify` means that the volume did not keep what was written back.
-- @tparam string name of the volume
-- @tparam[opt] ntvol.undo_options options `machine`, `journal`; `good_only`:
--  when the journal is damaged, write back what is good in it and leave the
--  rest as it is, with `erase`, the name of the volume once more
-- @treturn ntvol.report of the plan
-- @failure `"ERROR_FILE_NOT_FOUND"` when the journal has nothing of it,
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
-- assert(ntvol.undo "D:")
function M.undo(name, options)
  local good_only = type(options) == "table" and options.good_only
  local erase
  if good_only then
    local copy = {}
    for field, value in pairs(options) do
      copy[field] = value
    end
    erase, copy.erase, options = copy.erase, nil, copy
  end
  return and_then(function(plan)
    return plan:run { erase = not good_only and plan.erase[1] or erase,
      journal = options and options.journal }
  end, M.plan.undo(name, options))
end

--- Takes back what was interrupted, by a crash, a kill or a power cut, on one
-- volume or on all of the machine. The volume is what it was before, byte for
-- byte. It may be repeated from any point, after it was interrupted itself,
-- too: an error of a hook, or Ctrl-C, cuts the list of operations, but none of
-- them.
--
-- An outcome is `"recovered"`, `"closed"` (it had written nothing; only the
-- journal was put in order) or `"superseded"` (a later format wrote over it;
-- undo that first, then recover). It is a failure with reason `no_undo` when a
-- format without an undo had begun to write: its outcome is `"lost"`. A
-- damaged journal is refused as by `ntvol.undo`, and `good_only` with `erase`
-- is the same here. It is refused with reason `identity_changed` when GUID
-- path, size or place on the disks are not what they were, `file_system_used`
-- when something is there that was neither found nor written, `in_use` when
-- others have it open.
-- @tparam[opt] string name of a volume; all of the machine unless given
-- @tparam[opt] ntvol.undo_options options `machine`, `journal`; `good_only`
--  with `erase`, the name of the volume once more: when the journal is
--  damaged, write back what is good in it
-- @treturn ntvol.recovered[] `{ operation, plan, target, outcome,
--  bytes_written, message }`; an outcome is `"recovered"`, `"closed"` where
--  nothing was written and only the journal was put in order, or
--  `"superseded"` where a later format has to be undone first
-- @failure the message of the first one that failed; `"ERROR_WRONG_DISK"`,
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
  machine(spec)          Connects to a machine, or answers the current one.
  type(value)            Says what a value is: "volume", "closed volume", ...
  codes, errors, events  Control codes, error codes, notifications by name.
  ctl_code(...)          A control code from its parts.
  printable(text)        A text as it may be shown: no control characters.
  explain(what)          What an error means, and what to do next.
  progress_bar           A ready-made on_progress.
  sim                    Simulated machines: create, open, remove.
  plan                   Procedures: change_filesystem, prepare_lun_removal,
                         restore_lun, with_exclusive_volume, eject.
  undo(name)             Takes the last format of a volume back.
  recover(name)          Takes back what was interrupted.
  journal                What was done: open.
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
      pcall(require, "ntvol.journal.core") -- it brings its class
    end
    local text = core.help_class((class:gsub("^closed ", "")))
    if text then
      return text
    end
  end
  error(("bad argument #1 to 'help' (no help on %s; topics are: \"machine\","
    .. " \"volume\", \"lock\", \"subscription\", \"journal\")"):format(tostring(topic)), 2)
end

-- These bring more code and libraries, so they are loaded when they are used.
local LAZY = {
  sim = "ntvol.sim", plan = "ntvol.plan", journal = "ntvol.journal",
  timeline = "ntvol.timeline",
}

--- Policies for waiting: see ntvol.retry.
M.retry = require "ntvol.retry"

setmetatable(M, {
  __name = "ntvol",
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
