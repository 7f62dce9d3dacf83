--- What a machine's events say about the time between them: from when to when
-- a volume was locked, dismounted, offline, removed, and by whom.
-- @module ntvol.timeline.history

local M = {}

-- Which event begins a state, and which ones end it. The event `failed` takes
-- the beginning back. When the event `before` comes first, the state had begun
-- before the first event.
local GONE = { "REMOVAL", "SURPRISE_REMOVAL" }
local STATES = {
  { kind = "lock", begins = "LOCK", failed = "LOCK_FAILED", before = "UNLOCK",
    ends = { "UNLOCK", table.unpack(GONE) } },
  { kind = "dismounted", begins = "DISMOUNT", failed = "DISMOUNT_FAILED",
    ends = { "MOUNT", "OFFLINE", table.unpack(GONE) } },
  { kind = "offline", begins = "OFFLINE", before = "ONLINE",
    ends = { "ONLINE", table.unpack(GONE) } },
  { kind = "removed", begins = "REMOVAL", ends = { "ARRIVAL" } },
  { kind = "lost", begins = "SURPRISE_REMOVAL", ends = { "ARRIVAL" } },
  { kind = "masked", begins = "MASKED", before = "UNMASKED",
    ends = { "UNMASKED" } },
}

local function contains(list, name)
  for _, item in ipairs(list) do
    if item == name then
      return true
    end
  end
  return false
end

-- Enters a state of a target. `current` is the interval that has not ended yet.
-- `again` counts attempts to enter the state while it lasts; they may fail, and
-- change nothing.
local function enter(list, machine, state, event, holder)
  if machine.current then
    machine.again = machine.again + 1
    return
  end
  machine.current = { kind = state.kind, target = event.target,
    holder = holder(event.pid), from = event.time }
  machine.again = 0
  list[#list + 1] = machine.current
end

local function take_back(machine)
  if machine.again > 0 then
    machine.again = machine.again - 1
  else
    machine.current.dropped = true
    machine.current = nil
  end
end

local function leave(list, machine, state, event, holder)
  if machine.current then
    machine.current.to = event.time
  elseif not machine.seen and state.before == event.name then
    list[#list + 1] = { kind = state.kind, target = event.target,
      holder = holder(event.pid), to = event.time }
  end
  machine.current = nil
end

local function step(list, machine, state, event, holder)
  if state.begins == event.name then
    enter(list, machine, state, event, holder)
  elseif machine.current and state.failed == event.name then
    take_back(machine)
  elseif contains(state.ends, event.name) then
    leave(list, machine, state, event, holder)
  else
    return
  end
  machine.seen = true
end

--- The intervals, in the order in which they begin.
-- @tparam {table,...} events `{ name, target, time, pid }`, oldest first
-- @tparam function holder returns the name of a pid
-- @treturn {table,...} `{ kind, target, holder, from, to }`; an interval
--  without `from` began before the first event, one without `to` goes on
function M.intervals(events, holder)
  local list, machines = {}, {}
  for _, event in ipairs(events) do
    for _, state in ipairs(STATES) do
      local key = state.kind .. "\0" .. event.target
      machines[key] = machines[key] or { again = 0 }
      step(list, machines[key], state, event, holder)
    end
  end
  local kept = {}
  for _, interval in ipairs(list) do
    if not interval.dropped then
      kept[#kept + 1] = interval
    end
  end
  return kept
end

return M
