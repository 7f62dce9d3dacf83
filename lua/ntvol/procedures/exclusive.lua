--- A volume for oneself: open, lock, work, unlock, close. What a backup or a
-- disk utility wants. As one call, and as a plan.
-- @module ntvol.procedures.exclusive

local core = require "ntvol.core"
local current = require "ntvol.current"
local identity = require "ntvol.identity"
local names = require "ntvol.names"
local options = require "ntvol.options"
local retry = require "ntvol.retry"
local safety = require "ntvol.safety"

local M = {}

local NAME = "with_exclusive_volume"
local OP = "have for oneself"

local CALL_FIELDS = { access = "string|table", machine = "userdata|string",
  wait = "number|table", on_attempt = "function", on_busy = "function" }

local PLAN_FIELDS = {
  access = "string|table", machine = "userdata|string", work = "function",
  says = "string", undo = "function",
}

local function check_name(name, level)
  if type(name) ~= "string" then
    error(("bad argument #1 to '%s' (string expected, got %s)"):format(
      NAME, type(name)), level + 1)
  end
end

-- The machine and what it says of the volume, when it may be worked on.
local function find(name, opts)
  local machine, message, code, info = current.of_option(opts.machine)
  if not machine then
    return nil, message, code, info
  end
  local found
  found, message, code, info = names.volume(machine, name)
  if not found then
    return nil, message, code, info
  end
  return machine, found
end

-- ---- as one call ---------------------------------------------------------

-- What the function answers is the answer; nothing stands for true.
local function answer(...)
  if select("#", ...) == 0 then
    return true
  end
  return ...
end

--- See `ntvol.with_exclusive_volume`.
function M.call(name, fn, opts)
  check_name(name, 2)
  if type(fn) ~= "function" then
    error(("bad argument #2 to '%s' (function expected, got %s)"):format(
      NAME, type(fn)), 2)
  end
  opts = options.check(3, NAME, opts, CALL_FIELDS, 3)
  local machine, found, code, info = find(name, opts)
  if not machine then
    return nil, found, code, info
  end
  local ok, message
  ok, message, code, info = safety.check_volume(OP, found)
  if not ok then
    return nil, message, code, info
  end
  local waiting = retry.share(machine, opts)
  local volume
  volume, message, code, info = machine:open(name,
    waiting { access = opts.access })
  if not volume then
    return nil, message, code, info
  end
  local _ <close> = volume
  local guard
  guard, message, code, info = volume:lock(waiting())
  if not guard then
    return nil, message, code, info
  end
  local _guard <close> = guard
  return answer(fn(volume))
end

-- ---- as a plan -----------------------------------------------------------

local function check(context)
  return safety.check(OP, context.machine, context.name, context.pinned,
    context.reads_only and {} or { "writable" })
end

local function open(context)
  local volume, message, code, info = context.machine:open(context.name,
    context.waiting { access = context.access })
  context.volume = volume and context.keep(volume)
  return volume, message, code, info
end

local function lock(context)
  local guard, message, code, info = context.volume:lock(context.waiting())
  context.guard = guard
  return guard, message, code, info
end

local function identify(context)
  return identity.verify(context.pinned, context.volume)
end

-- A function may end without an answer: that is no failure.
local function work(context)
  return answer(context.work(context.volume))
end

-- The volume is open again for the undo when the run has ended.
local function undo_work(context)
  if core.type(context.volume) == "volume" and context.guard:held() then
    return answer(context.undo_work(context.volume))
  end
  return M.call(context.name, context.undo_work,
    { machine = context.machine, access = context.access })
end

local function steps(opts, reads_only)
  return {
    { name = "open", check = check, run = open,
      says = reads_only and "Open the volume for reading."
        or "Open the volume for reading and writing.",
      undo = function(context) return context.volume:close() end },
    { name = "lock", says = "Lock it: nobody else may have it open.",
      run = lock,
      undo = function(context) return context.guard:unlock() end },
    { name = "identify",
      says = "Compare it with the volume that this plan was made for.",
      run = identify },
    { name = "work", says = opts.says or "Run the function with the volume.",
      run = work, undo = opts.undo and undo_work,
      final = not reads_only and not opts.undo },
    { name = "unlock", says = "Unlock the volume.",
      run = function(context) return context.volume:unlock() end },
    { name = "close", says = "Close it.",
      run = function(context) return context.volume:close() end },
  }
end

local function about(found, pinned)
  local lines = identity.describe(pinned)
  table.insert(lines, 1, tostring(found))
  return lines
end

--- See `ntvol.plan.with_exclusive_volume`.
function M.plan(new_plan, name, opts)
  check_name(name, 2)
  opts = options.check(2, NAME, opts, PLAN_FIELDS, 3)
  if not opts.work then
    error(("bad argument #2 to '%s' (option 'work' is missing)"):format(NAME),
      2)
  end
  local machine, found, code, info = find(name, opts)
  if not machine then
    return nil, found, code, info
  end
  local pinned, message
  pinned, message, code, info = identity.pin(machine, name)
  if not pinned then
    return nil, message, code, info
  end
  local reads_only = opts.access == "r"
  return new_plan {
    name = NAME, target = found.name, about = about(found, pinned),
    steps = steps(opts, reads_only), identity = { pinned },
    unchecked = { "whether others have it open: only the lock finds out" },
    context = {
      machine = machine, name = name, pinned = pinned, work = opts.work,
      undo_work = opts.undo, access = opts.access, reads_only = reads_only,
    },
  }
end

return M
