--- Plans. A plan is a procedure as data: it can be printed and checked before
-- it is run, and its finished steps are undone when a step fails.
-- @module ntvol.plan

local failure = require "ntvol.failure"
local lines = require "ntvol.lines"
local options = require "ntvol.options"
local retry = require "ntvol.retry"
local runs = require "ntvol.run"

-- They put their methods over those of the core.
require "ntvol.machine"
require "ntvol.volume"

local M = {}

local Plan = {}
Plan.__index = Plan
Plan.__name = "ntvol.plan"

local MARK = "-- cannot be undone from here --"

local SPEC_FIELDS = {
  name = "string", target = "string", steps = "table", context = "table",
  erase = "string|table", about = "table", run_it = "string",
  identity = "table", unchecked = "table",
}

local STEP_FIELDS = {
  name = "string", says = "string", target = "string", check = "function",
  run = "function", undo = "function", destroys = "boolean", final = "boolean",
}

local RUN_FIELDS = {
  erase = "string", on_step = "function", on_progress = "function",
  journal = "boolean|userdata", wait = "number|table",
  on_attempt = "function", on_busy = "function",
}

local UNDO_FIELDS = { on_step = "function", journal = "boolean|userdata" }

-- ---- making --------------------------------------------------------------

local function check_step(step, i)
  local text
  if type(step) ~= "table" then
    text = "table expected, got " .. type(step)
  else
    text = options.problem(step, STEP_FIELDS)
    for _, field in ipairs { "name", "says", "run" } do
      if not text and step[field] == nil then
        text = ("'%s' is missing"):format(field)
      end
    end
  end
  if text then
    error(("bad argument #1 to 'new' (step %d: %s)"):format(i, text), 3)
  end
end

--- Makes a plan out of steps of your own.
--
-- A step is a table with the fields `name` (a word), `says` (one line for
-- people) and `run`. Optional fields are `target` (the target of the plan
-- unless given), `check` (tests a precondition and changes nothing), `undo`
-- (takes the step back), `destroys` (the step loses data) and `final` (the step
-- loses nothing, but cannot be undone). The functions `check`, `run` and `undo`
-- get the context. They return a true value, or nil, message, code, info. When
-- `run` succeeds and returns a string as its second value, the report has that
-- as a note. Whatever `run` opens it gives to `context.keep(object)`: that
-- object is closed at the end of the run, whatever happens. An error that a
-- step raises is a mistake of the program: the finished steps are undone, and
-- the error is raised again. Nobody knows how far such a step came. So when the
-- step has `destroys`, its own `undo` is called, too.
--
-- The context of a run inherits the fields of `spec.context`. It has three
-- functions of its own. `on_progress(done, total)` calls the one of `plan:run`,
-- and returns false when the step is to stop. `interruptible(f, ...)` calls `f`
-- so that Ctrl-C may end it, and returns what `f` returns; nothing else in a
-- step is cut by an [interrupt](plans.md#interrupts). `waiting(options)`
-- returns the options for a request that may wait, as `plan:run` says. When the
-- context has a field `machine`, the report has the name and the events of that
-- machine. The functions of a plan cannot yield.
-- @tparam ntvol.plan.spec spec `{ name, target, steps }`, and optional:
--  `context`, `erase` (the name, or names, that must be given to run a plan
--  that destroys data; the target unless given), `about` (lines on the
--  objects), `run_it` (how it is run, the last line that it prints),
--  `identity` (pinned volumes, for the report), `unchecked` (lines: what no
--  check can find out without writing)
-- @treturn ntvol.plan.object
-- @raise for an unknown field or a missing one
-- @usage
-- local plan = ntvol.plan.new {
--   name = "say hello", target = "D:",
--   steps = { { name = "hello", says = "Says hello.", run = function()
--     return true
--   end } },
-- }
-- print(plan)
-- assert(plan:run())
function M.new(spec)
  if type(spec) ~= "table" then
    error("bad argument #1 to 'new' (table expected, got "
      .. type(spec) .. ")", 2)
  end
  local text = options.problem(spec, SPEC_FIELDS)
  for _, field in ipairs { "name", "target", "steps" } do
    if not text and spec[field] == nil then
      text = ("option '%s' is missing"):format(field)
    end
  end
  if text then
    error(("bad argument #1 to 'new' (%s)"):format(text), 2)
  end
  for i, step in ipairs(spec.steps) do
    check_step(step, i)
  end
  local erase = spec.erase or spec.target
  return setmetatable({
    name = spec.name, target = spec.target, steps = spec.steps,
    context = spec.context or {}, about = spec.about or {},
    erase = type(erase) == "table" and erase or { erase },
    run_it = spec.run_it, identity = spec.identity or {},
    unchecked = spec.unchecked or {},
  }, Plan)
end

-- ---- printing ------------------------------------------------------------

local function how_to_run(plan)
  local token = runs.destroys(plan) and (" { erase = %q }"):format(
    plan.erase[1]) or "()"
  return plan.run_it or "plan:run" .. token
end

local function add_steps(plan, list)
  local rows, marked = {}, false
  for i, step in ipairs(plan.steps) do
    rows[i] = { ("  %2d. %s"):format(i, step.name), step.target or plan.target,
      step.says }
  end
  for i, line in ipairs(lines.aligned(rows)) do
    if not marked and runs.is_final(plan.steps[i]) then
      list[#list + 1] = "      " .. MARK
      marked = true
    end
    list[#list + 1] = line
  end
end

function Plan:__tostring()
  local list = { ("%s %s"):format(self.name, self.target) }
  for _, line in ipairs(self.about) do
    list[#list + 1] = "  " .. line
  end
  add_steps(self, list)
  for i, line in ipairs(self.unchecked) do
    list[#list + 1] = (i == 1 and "  Cannot be checked beforehand: "
      or "                                ") .. line
  end
  if not self.refused then
    list[#list + 1] = "Run it: " .. how_to_run(self)
  end
  return lines.join(list)
end

-- ---- the object ----------------------------------------------------------

-- Raises unless the object of a method is a plan: plan.run() for plan:run().
local function check_object(self, name)
  if getmetatable(self) ~= Plan then
    error(("bad argument #1 to '%s' (a plan expected, got %s; write it with a"
      .. " colon: plan:%s())"):format(name, type(self), name), 3)
  end
end

--- Tests every precondition, and changes nothing. `plan.unchecked` lists what
-- no check can find out without writing. A plan whose last check failed does
-- not say how to run it when it is printed.
-- @treturn true
-- @failure the message: it begins with the step
function Plan:check()
  check_object(self, "check")
  local run = runs.new(self, {})
  self.refused = true -- until all is well
  return failure.and_then(function(...)
    self.refused = false
    return ...
  end, runs.shielded(run, run.check))
end

--- Checks the plan and runs it. When a step fails, the finished steps are
-- undone in reverse.
--
-- The run is interrupted by Ctrl-C, and by an error of one of the functions
-- below. It notices an interrupt between two steps and where it calls these
-- functions. Then it undoes the finished steps, and raises the error again.
-- When it is too late for that, the run goes on to its end, and the report says
-- so.
--
-- Options:
-- * `erase`: names the object that loses its contents; it is needed when the
--   plan destroys data.
-- * `on_step(step, state, message)`: called with `"start"`, `"done"`,
--   `"failed"`, `"undone"` or `"undo failed"`.
-- * `on_progress(done, total)`: as in `volume:format`.
-- * `wait`, `on_attempt`, `on_busy`: to [wait](manual.md#waiting) while
--   somebody uses the volume, as in `volume:lock`; all steps share the time.
-- * `journal`: an open [journal](journal.md), or false for none; unless given
--   it is that of the machine, and the run is refused when that cannot be
--   written.
-- @tparam[opt] ntvol.plan.run_options opts
-- @treturn ntvol.report the report, see `plan:report`
-- @failure the message: it begins with the step; `info` of the first failure,
--  and `info.report`
-- @raise what interrupted it, and what a step raises: `plan:report()` says how
--  it ended
function Plan:run(opts)
  check_object(self, "run")
  opts = options.check(1, "run", opts, RUN_FIELDS)
  retry._policy("run", 1, opts.wait, 2)
  local run = runs.new(self, opts)
  self.last = run
  return runs.shielded(run, run.go)
end

-- The run that an undo takes back.
local last_done = failure.protect(function(plan)
  local last = plan.last
  if not last or last.report.state ~= "done" then
    failure.fail { op = "undo", target = plan.target,
      reason = "nothing_to_undo",
      detail = last and "the last run is: " .. last.report.state
        or "the plan was not run",
      hint = "run the plan; a run that fails is undone at once" }
  end
  local final = last:first_final()
  if final then
    failure.fail { op = "undo", target = plan.target, reason = "no_undo",
      detail = ("step '%s' cannot be undone"):format(last:label(final)),
      hint = "the plan marks it: print(plan)" }
  end
  return last
end)

--- Takes the last run of this plan back: every finished step, the last first.
-- When one of the steps cannot be undone, nothing is undone, and the reason is
-- `no_undo`. A run that failed was undone at once.
-- @tparam[opt] ntvol.plan.take_back_options opts `on_step`, `journal`, as in
--  `plan:run`
-- @treturn ntvol.report
-- @failure `"ERROR_INVALID_PARAMETER"` when there is nothing to undo,
--  `"ERROR_NOT_SUPPORTED"` when a step has no way back
function Plan:undo(opts)
  check_object(self, "undo")
  opts = options.check(1, "undo", opts, UNDO_FIELDS)
  return failure.and_then(function(last)
    return runs.shielded(last, last.take_back, opts)
  end, last_done(self))
end

--- The report of the last run; nil before the first one. [Its
-- fields](plans.md#the-report) are stable.
--
-- It prints as a table. Fields: `plan`, `target`, `machine`, `command`,
-- `state` (`"done"`, `"undone"`, `"failed"`, `"refused"`), `started` and
-- `ended` (seconds since 1970, UTC), `steps` (`{ name, target, says,
-- outcome, message, code, started, ended, seconds, destroys, can_undo }`; an
-- outcome is `"done"`, `"failed"`, `"undone"`, `"undo failed"` or `"not
-- run"`), `events`, `undo_failures`, `identity`, `unchecked`, and after a
-- failure `message`, `code`, `class`, `reason`, `outcome`, `next` (the command
-- that deals with what is left); `too_late` when it was cancelled and was done
-- all the same. `report:data()` returns plain tables for JSON.
-- @treturn ?ntvol.report
function Plan:report()
  check_object(self, "report")
  return self.last and self.last.report
end

-- ---- the procedures ------------------------------------------------------

--- The documented procedure that changes the file system of a volume: open,
-- lock, format, dismount, unlock, close; then it is opened again, and has to
-- come back as the new file system. The volume's identity is pinned when the
-- plan is made, and compared before the first write.
-- @function change_filesystem
-- @tparam string volume name of the volume
-- @tparam ntvol.plan.change_options options `to` (`"ntfs"`, `"fat"`, ...), and
--  optional: `label`, `cluster_size` (bytes), `quick`, `undo`, `undo_limit`,
--  `machine`
-- @treturn ntvol.plan.object
-- @failure
-- @usage
-- local plan = assert(ntvol.plan.change_filesystem("D:", { to = "ntfs" }))
-- print(plan)
-- assert(plan:run { erase = "D:" })
function M.change_filesystem(...)
  return require "ntvol.procedures.change_filesystem".change_filesystem(M.new,
    ...)
end

--- Formats a volume, whatever it holds now: a file system, or none. Steps,
-- checks, token and undo are those of `change_filesystem`. Without `fs` the
-- volume gets the file system again that it has.
-- @function format_volume
-- @tparam string volume name of the volume
-- @tparam[opt] ntvol.plan.format_options options `fs` (`"ntfs"`, `"fat"`,
--  ...; the one it has unless given), `label`, `cluster_size` (bytes), `quick`,
--  `undo`, `undo_limit`, `overlaps`, `machine`
-- @treturn ntvol.plan.object
-- @failure `"ERROR_UNRECOGNIZED_VOLUME"`, reason `no_file_system`, when the
--  volume has no file system and `fs` names none
-- @usage
-- local plan = assert(ntvol.plan.format_volume("D:", { fs = "exfat" }))
-- print(plan)
-- assert(plan:run { erase = "D:" })
function M.format_volume(...)
  return require "ntvol.procedures.change_filesystem".format_volume(M.new, ...)
end

--- Takes the last format of a volume back, as long as its new file system was
-- not used: open, lock, compare, write back, dismount, unlock, close; then it
-- is opened again, and the old file system has to be there. `ntvol.undo` is
-- the same in one call.
-- @function undo
-- @tparam string volume name of the volume
-- @tparam[opt] ntvol.plan.undo_options options `machine`, `journal` (an open
--  one; that of the machine unless given), `good_only` (when it is damaged:
--  write back what is good in it; the run fails with outcome `"partly
--  restored"`)
-- @treturn ntvol.plan.object
-- @failure `"ERROR_FILE_NOT_FOUND"` when the journal has nothing of it
-- @usage
-- local change = assert(ntvol.plan.change_filesystem("D:", { to = "ntfs" }))
-- assert(change:run { erase = "D:" })
-- local plan = assert(ntvol.plan.undo "D:")
-- print(plan)
-- assert(plan:run { erase = "D:" })
function M.undo(...)
  return require "ntvol.procedures.undo"(M.new, ...)
end

--- The documented procedure before a LUN is masked. Every volume of the disk is
-- opened, locked (optional), dismounted and taken offline, all on the same
-- handle. Then the volumes and the disk are uninstalled. After that the LUN can
-- be masked without a surprise removal. When a step fails, the finished steps
-- are undone in reverse: the volumes are brought online and unlocked.
-- @function prepare_lun_removal
-- @tparam string|integer disk `"PhysicalDrive1"` or 1
-- @tparam[opt] ntvol.plan.removal_options options `lock`: `"required"`
--  (a volume in use is refused; unless given), `"try"` (goes on without it:
--  programs that have the volume open lose their handles) or `"no"`; `spanned`:
--  true when a volume may go away that lies on another disk, too (refused
--  otherwise); `machine`
-- @treturn ntvol.plan.object
-- @failure
-- @usage
-- local plan = assert(ntvol.plan.prepare_lun_removal(0))
-- print(plan)
-- assert(plan:run())
function M.prepare_lun_removal(...)
  return require "ntvol.procedures.prepare_lun_removal"(M.new, ...)
end

--- Brings back a disk whose LUN was masked. The LUN is presented again where
-- the machine can do that. The disk and its volumes arrive, are brought online,
-- and are compared with what was known of them. An undo takes the disk away
-- again, in the documented way.
-- @function restore_lun
-- @tparam string|integer disk `"PhysicalDrive1"` or 1
-- @tparam[opt] ntvol.plan.restore_options options `serial`: what the disk must
--  tell as its serial number; `expect`: the pinned volumes that must come
--  back, no more and no less, as `report.identity` of `prepare_lun_removal` has
--  them; `machine`
-- @treturn ntvol.plan.object
-- @failure
-- @usage
-- local removal = assert(ntvol.plan.prepare_lun_removal(0))
-- local report = assert(removal:run())
-- local plan = assert(ntvol.plan.restore_lun(0, { expect = report.identity }))
-- assert(plan:run())
function M.restore_lun(...)
  return require "ntvol.procedures.restore_lun"(M.new, ...)
end

--- Works on a volume that nobody else can open meanwhile, as a plan: open,
-- lock, work, unlock, close. `ntvol.with_exclusive_volume` does the same in one
-- call, without a plan.
-- @function with_exclusive_volume
-- @tparam string volume name of the volume
-- @tparam ntvol.plan.exclusive_options options `work(volume)`, which returns
--  nothing or a true value, or nil, message, code, info; and optional: `says`
--  (its line in the plan), `undo(volume)` (takes back what `work` did; without
--  it, and unless `access` is `"r"`, the step cannot be undone), `access`,
--  `machine`
-- @treturn ntvol.plan.object
-- @failure
-- @usage
-- local plan = assert(ntvol.plan.with_exclusive_volume("D:", { access = "r",
--   says = "Read the boot sector.",
--   work = function(volume) return volume:read(0, 512) end }))
-- print(plan)
-- assert(plan:run())
function M.with_exclusive_volume(...)
  return require "ntvol.procedures.exclusive".plan(M.new, ...)
end

--- Ejects a medium or a device. Every volume of the disk is locked and
-- dismounted. Then the medium comes out of the drive, or the device is made
-- safe to take away.
-- @function eject
-- @tparam string name of a volume on it, or of the disk
-- @tparam[opt] ntvol.plan.eject_options options `what`: `"medium"` or
--  `"device"`; unless given the medium where it can be taken out; `machine`
-- @treturn ntvol.plan.object
-- @failure `info.veto` of a failed run says who refused
-- @usage
-- local plan = assert(ntvol.plan.eject "D:")
-- print(plan)
function M.eject(...)
  return require "ntvol.procedures.eject"(M.new, ...)
end

return M
