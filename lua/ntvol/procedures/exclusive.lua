--- Work on a volume that nobody else can open meanwhile: open, lock, work,
-- unlock, close. A backup or a disk utility needs that. It is one call, or a
-- plan.
-- @module ntvol.procedures.exclusive

local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local identity = require "ntvol.identity"
local names = require "ntvol.names"
local options = require "ntvol.options"
local retry = require "ntvol.retry"
local safety = require "ntvol.safety"
local steps = require "ntvol.procedures.steps"

local try = failure.try

local M = {}

local NAME = "with_exclusive_volume"
local OP = "get exclusive access to"

local CALL_FIELDS = { access = "string|table", machine = "userdata|string",
  wait = "number|table", on_attempt = "function", on_busy = "function" }

local PLAN_FIELDS = {
  access = "string|table", machine = "userdata|string", work = "function",
  says = "string", undo = "function",
}

-- ---- as one call ---------------------------------------------------------

-- What the function of the caller returned; nothing stands for true.
local function answer(...)
  if select("#", ...) == 0 then
    return true
  end
  return ...
end

-- The volume, and the guard of its lock.
local open_locked = failure.protect(function(name, opts)
  local machine = current.of_option(opts.machine)
  safety.check_volume(OP, names.volume(machine, name))
  local waiting = retry.share(machine, opts)
  local volume = try(machine:open(name, waiting { access = opts.access }))
  local _ <close> = failure.on_error(function() volume:close() end)
  return volume, (try(volume:lock(waiting())))
end)

--- See `ntvol.with_exclusive_volume`.
function M.call(name, fn, opts)
  options.argument(NAME, name, "string", 2)
  if type(fn) ~= "function" then
    error(("bad argument #2 to '%s' (function expected, got %s)"):format(
      NAME, type(fn)), 2)
  end
  opts = options.check(3, NAME, opts, CALL_FIELDS, 3)
  retry._policy(NAME, 3, opts.wait, 2)
  return failure.and_then(function(volume, guard)
    local _ <close> = volume
    local _guard <close> = guard
    return answer(fn(volume))
  end, open_locked(name, opts))
end

-- ---- as a plan -----------------------------------------------------------

local function check(context)
  return safety.check(OP, context.machine, context.name, context.pinned,
    context.reads_only and {} or { "writable" })
end

-- A function may return nothing: that is no failure.
local function work(context)
  return answer(context.interruptible(context.work, context.volume))
end

-- Undoes the work. When the run has ended, the volume is opened again for that.
local function undo_work(context)
  if core.type(context.volume) == "volume" and context.guard:held() then
    return answer(context.undo_work(context.volume))
  end
  -- The letter may belong to another volume by now, so the GUID path is used.
  return M.call(context.pinned.guid_path, context.undo_work,
    { machine = context.machine, access = context.access })
end

local function list_steps(opts, reads_only)
  return {
    steps.open { check = check,
      says = reads_only and "Open the volume for reading." or nil },
    steps.lock(),
    steps.identify(),
    { name = "work", says = opts.says or "Run the function with the volume.",
      run = work, undo = opts.undo and undo_work,
      final = not reads_only and not opts.undo },
    steps.unlock(),
    steps.close(),
  }
end

local new = failure.protect(function(new_plan, name, opts)
  local machine = current.of_option(opts.machine)
  local found = names.volume(machine, name)
  local pinned = identity.pin(machine, name)
  local reads_only = opts.access == "r"
  return new_plan {
    name = NAME, target = found.name, about = steps.about(machine, found, pinned),
    steps = list_steps(opts, reads_only), identity = { pinned },
    unchecked = { "whether it is in use (known only when locking)" },
    context = {
      machine = machine, name = name, pinned = pinned, work = opts.work,
      undo_work = opts.undo, access = opts.access, reads_only = reads_only,
    },
  }
end)

--- See `ntvol.plan.with_exclusive_volume`.
function M.plan(new_plan, name, opts)
  options.argument(NAME, name, "string", 2)
  opts = options.check(2, NAME, opts, PLAN_FIELDS, 3)
  if not opts.work then
    error(("bad argument #2 to '%s' (option 'work' is missing)"):format(NAME),
      2)
  end
  return new(new_plan, name, opts)
end

return M
