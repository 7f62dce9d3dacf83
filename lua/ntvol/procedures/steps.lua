--- What the procedures share: what a plan is made for, the steps that several
-- plans have, with their undo, and the ways in which steps call. The functions
-- of a step raise their failures, or return them as a plan of a user does.
--
-- A plan on one volume has its handle in `context.volume` and the guard of its
-- lock in `context.guard`; a plan on all volumes of a disk has them by volume,
-- in `context.handles` and `context.guards`. Both are of a run: the plan's own
-- context is shared by all runs. `context.access` says how a volume is opened.
-- @module ntvol.procedures.steps

local failure = require "ntvol.failure"
local identity = require "ntvol.identity"
local unfinished = require "ntvol.unfinished"

local try = failure.try

local M = {}

-- ---- what a plan is made for ---------------------------------------------

--- Pins volumes. The first result has the identities by volume, the second is a
-- list of them for the report.
function M.pin_all(machine, volumes)
  local pinned, list = {}, {}
  for i, volume in ipairs(volumes) do
    list[i] = identity.pin(machine, volume.guid_path)
    pinned[volume] = list[i]
  end
  return pinned, list
end

--- Lines on a volume, on what identifies it, and on what was interrupted there.
function M.about(machine, found, pinned)
  local lines = identity.describe(pinned)
  table.insert(lines, 1, tostring(found))
  for _, line in ipairs(unfinished.lines(machine, found.guid_path)) do
    lines[#lines + 1] = line[1] .. "; see " .. line[2]
  end
  return lines
end

-- ---- ways of calling -----------------------------------------------------

--- Opens something for as long as `f(handle)` runs.
function M.with_open(machine, name, opts, f)
  local handle <close> = try(machine:open(name, opts))
  return f(handle)
end

--- Looks at the volume after a plan, read-only, on a handle of its own.
-- `judge(context, found)` fails when the volume is not what it should be.
function M.look(context, judge)
  return M.with_open(context.machine, context.name, { access = "r" },
    function(volume)
      return judge(context, try(volume:info()))
    end)
end

--- The function of a step for one of several volumes.
function M.on(volume, f, extra)
  return function(context) return f(context, volume, extra) end
end

-- Opens a volume for a step. It is closed at the end of the run, whatever
-- happens.
local function open_handle(context, name)
  return context.keep(try(context.machine:open(name,
    context.waiting { access = context.access })))
end

-- ---- steps of a plan on one volume ---------------------------------------

local function open(context)
  context.volume = open_handle(context, context.name)
  return true
end

local function lock(context)
  context.guard = try(context.volume:lock(context.waiting()))
  return true
end

local function close(context)
  return context.volume:close()
end

--- Opens the volume.
-- @tparam table step `check`, and where they are others `says` and `run`
function M.open(step)
  return { name = "open", check = step.check, run = step.run or open,
    says = step.says or "Open the volume for reading and writing.",
    undo = close }
end

--- Locks it.
function M.lock()
  return { name = "lock", says = "Lock it: nobody else may have it open.",
    run = lock,
    undo = function(context) return context.guard:unlock() end }
end

--- Compares the volume with the pinned one. That happens under the lock and on
-- the handle that will write, so that nobody can come between.
function M.identify()
  return { name = "identify",
    says = "Compare it with the volume that this plan was made for.",
    run = function(context)
      identity.verify(context.pinned, context.volume)
      return true
    end }
end

--- Ends the file system; `says` tells which one.
function M.dismount(says)
  return { name = "dismount", says = says,
    run = function(context) return context.volume:dismount() end }
end

--- Gives the lock back.
function M.unlock()
  return { name = "unlock", says = "Unlock the volume.",
    run = function(context) return context.volume:unlock() end }
end

--- Closes the handle.
function M.close()
  return { name = "close", says = "Close it.", run = close }
end

-- ---- steps of a plan on all volumes of a disk ----------------------------

local function open_one(context, volume)
  context.handles = context.handles or {}
  local handle = open_handle(context, volume.guid_path)
  context.handles[volume] = handle
  identity.verify(context.pinned[volume], handle)
  return true
end

--- Opens one of the volumes, and compares it at once: a wrong volume must not
-- even be locked.
function M.open_one(volume)
  return { name = "open", target = volume.name, run = M.on(volume, open_one),
    says = "Open the volume, and compare it with the one of this plan.",
    undo = function(context) return context.handles[volume]:close() end }
end

--- Locks one of the volumes.
-- @treturn true
-- @failure
function M.lock_one(context, volume)
  context.guards = context.guards or {}
  context.guards[volume] = try(context.handles[volume]:lock(context.waiting()))
  return true
end

local function close_all(context)
  for i = #context.volumes, 1, -1 do
    try(context.handles[context.volumes[i]]:close())
  end
  return true
end

--- Closes the handles of all the volumes, the last first.
function M.close_all(says)
  return { name = "close", says = says, run = close_all }
end

return M
