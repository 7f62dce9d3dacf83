--- The one list of volumes that no procedure touches: those that the system
-- starts from, runs from or pages to. And what a procedure may need of a volume
-- before it begins.
-- @module ntvol.safety

local failure = require "ntvol.failure"
local identity = require "ntvol.identity"
local names = require "ntvol.names"

local M = {}

-- On a machine that is not Windows, `boot` is the root, `system` is the volume
-- that it starts from, and `pagefile` is swap space.
local ALWAYS = {
  { flag = "pagefile", reason = "page_file",
    detail = "the volume holds a page file or swap space" },
  { flag = "system", reason = "system_volume",
    detail = "the system starts from this volume" },
  { flag = "boot", reason = "system_volume",
    detail = "the system runs from this volume" },
}

local NEEDS = {
  medium = { flag = "no_medium", reason = "no_media",
    detail = "there is no medium in the drive" },
  online = { flag = "offline", status = "STATUS_DEVICE_OFF_LINE",
    reason = "offline", detail = "the volume is offline" },
  -- In maintenance, a shared volume is an ordinary volume of one node.
  unshared = { flag = "csv", unless = "maintenance", reason = "cluster_shared",
    detail = "the nodes of a cluster share the volume" },
  writable = { flag = "readonly", reason = "readonly",
    detail = "the volume is read-only" },
}

local function refuse(op, volume, refusal)
  failure.fail {
    op = op, target = volume.name, status = refusal.status,
    reason = refusal.reason, class = "permanent", detail = refusal.detail,
  }
end

--- Makes sure that a procedure may touch a volume.
-- @tparam string op for the message: "change the file system of"
-- @tparam table volume as `machine:volumes` gives it
-- @tparam ?{string,...} needs `"medium"`, `"online"`, `"unshared"`,
--  `"writable"`
-- @failure
function M.check_volume(op, volume, needs)
  for _, name in ipairs(needs or {}) do
    local need = NEEDS[name]
    if volume[need.flag] and not volume[need.unless] then
      refuse(op, volume, need)
    end
  end
  for _, refusal in ipairs(ALWAYS) do
    if volume[refusal.flag] then
      refuse(op, volume, refusal)
    end
  end
end

local function lie_together(a, b)
  for _, one in ipairs(a.extents) do
    for _, other in ipairs(b.extents) do
      if one.disk == other.disk and one.offset < other.offset + other.length
        and other.offset < one.offset + one.length then
        return true
      end
    end
  end
  return false
end

--- What else a format of a volume destroys: the partition table that it holds,
-- and volumes that lie in the same place.
-- @tparam ntvol.machine machine
-- @tparam table volume as `machine:volumes` gives it
-- @treturn {string,...} in words
-- @failure
function M.overlaps(machine, volume)
  local list = {}
  local first = volume.extents[1]
  if volume.partition_number ~= 0 and #volume.extents == 1
    and first.offset == 0 then
    list[1] = ("the partition table of PhysicalDrive%d"):format(first.disk)
  end
  for _, other in ipairs(failure.try(machine:volumes())) do
    if other.guid_path ~= volume.guid_path and lie_together(volume, other) then
      list[#list + 1] = tostring(other)
    end
  end
  return list
end

--- The check of a procedure that works on one volume: the volume is there, it
-- is the pinned one, and it may be touched. Nothing but its device is opened.
-- @tparam string op
-- @tparam ntvol.machine machine
-- @tparam string name by which the caller chose it
-- @tparam table pinned
-- @tparam ?{string,...} needs
-- @treturn true
-- @failure
function M.check(op, machine, name, pinned, needs)
  local volume = names.volume(machine, name)
  identity.compare(pinned, identity.pin(machine, name))
  M.check_volume(op, volume, needs)
  return true
end

return M
