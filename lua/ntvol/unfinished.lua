--- Work that a crash or a kill cut off on a volume or a disk: it is told before
-- anything else is done there. The journal knows it.
-- @module ntvol.unfinished

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local journal = require "ntvol.journal"
local names = require "ntvol.names"
local shell = require "ntvol.shell"
local take_back = require "ntvol.take_back"

local try = failure.try

local M = {}

-- Whether an item is about the object of this name: about it itself, or about a
-- volume on it.
local function is_about(item, name, volumes)
  if names.is_one_of(name, { item.target })
    or names.disk_number(name)
      and names.disk_number(name) == names.disk_number(item.target) then
    return true
  end
  local volume = volumes[item.guid_path]
  if not volume then
    return false
  end
  for _, extent in ipairs(volume.extents) do
    if extent.disk == names.disk_number(name) then
      return true
    end
  end
  return names.is_one_of(name, names.of_volume(volume))
end

-- What was interrupted on a machine, and its volumes by GUID path.
local find = failure.protect(function(machine)
  local volumes, items = {}, {}
  if journal._is_there(machine) then
    items = try(take_back.find(nil, { machine = machine }))
  end
  for _, volume in ipairs(#items > 0 and try(machine:volumes()) or {}) do
    volumes[volume.guid_path] = volume
  end
  return { items = items, volumes = volumes }
end)

local NOTHING = { items = {}, volumes = {}, told = {} }

-- What an interrupted operation left, and the next command.
local function left_by(item)
  if item.outcome == "superseded" then
    return item.message, "ntvol log"
  elseif item.saved_bytes then
    return "the volume may hold part of a file system",
      "ntvol recover " .. shell.word(item.target)
  elseif item.unsaved then
    return "it had begun to write, and nothing is saved of what it overwrote",
      "ntvol log " .. item.operation
  end
  return "nothing is saved of it that could be written back",
    "ntvol recover " .. shell.word(item.target)
end

-- A format is a part of the run of a plan. One line tells of both.
local function without_parents(items)
  local parents, list = {}, {}
  for _, item in ipairs(items) do
    parents[item.parent or 0] = true
  end
  for _, item in ipairs(items) do
    if not parents[item.operation] then
      list[#list + 1] = item
    end
  end
  return list
end

local function lines(found, name)
  local list = {}
  for _, item in ipairs(without_parents(found.items)) do
    if is_about(item, name, found.volumes) then
      local left, command = left_by(item)
      list[#list + 1] = { core.printable(("operation %d (%s) of %s was"
        .. " interrupted: %s"):format(item.operation, item.plan, item.target,
        left)), core.printable(command) }
    end
  end
  return list
end

--- Says what was interrupted on a volume or a disk, one line and one command
-- for each operation. It changes nothing. A journal that cannot be read says
-- nothing here: whatever needs it says why.
-- @tparam ntvol.machine machine
-- @tparam string|integer name
-- @treturn {{string,string},...}
function M.lines(machine, name)
  return lines(find(machine) or NOTHING, tostring(name))
end

-- What was interrupted when a machine was first used here, and the names that
-- were told since.
local known = setmetatable({}, { __mode = "k" })

--- Warns of what was interrupted before this process used the machine, once for
-- each name.
-- @tparam ntvol.machine machine
-- @tparam string name
function M.warn(machine, name)
  local found = known[machine] or find(machine) or NOTHING
  known[machine] = found
  found.told = found.told or {}
  local key = names.canonical(name)
  if #found.items == 0 or found.told[key] then
    return
  end
  found.told[key] = true
  for _, line in ipairs(lines(found, name)) do
    warn("ntvol: " .. line[1] .. "; see " .. line[2])
  end
end

return M
