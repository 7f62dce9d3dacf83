--- Volumes that no procedure touches, in one place: what the system starts
-- from, runs from or pages to; and what a procedure needs of a volume before
-- it begins.
-- @module ntvol.safety

local failure = require "ntvol.failure"
local identity = require "ntvol.identity"
local names = require "ntvol.names"

local M = {}

-- On a machine that is not Windows, `boot` is its root, `system` what it
-- starts from, `pagefile` its swap space.
local ALWAYS = {
  { flag = "pagefile", status = "STATUS_ACCESS_DENIED", reason = "page_file",
    detail = "the volume holds a page file or swap space",
    hint = "move it to another volume first" },
  { flag = "system", status = "STATUS_ACCESS_DENIED",
    reason = "system_volume", detail = "the system starts from this volume",
    hint = "start another system to work on this volume" },
  { flag = "boot", status = "STATUS_ACCESS_DENIED", reason = "system_volume",
    detail = "the system runs from this volume",
    hint = "start another system to work on this volume" },
}

local NEEDS = {
  medium = { flag = "no_medium", status = "STATUS_NO_MEDIA_IN_DEVICE",
    reason = "no_media", detail = "there is no medium in the drive",
    hint = "put one in" },
  online = { flag = "offline", status = "STATUS_DEVICE_OFF_LINE",
    reason = "offline", detail = "the volume is offline",
    hint = "bring it online first" },
  -- In maintenance it is an ordinary volume of one node.
  unshared = { flag = "csv", unless = "maintenance",
    status = "STATUS_NOT_SUPPORTED", reason = "cluster_shared",
    detail = "the nodes of a cluster share the volume",
    hint = "put it into the cluster's maintenance mode first" },
  writable = { flag = "readonly", status = "STATUS_MEDIA_WRITE_PROTECTED",
    reason = "readonly", detail = "the volume is read-only",
    hint = "remove the write protection first" },
}

local function refuse(op, volume, refusal)
  return failure.make {
    op = op, target = volume.name, status = refusal.status,
    reason = refusal.reason, class = "permanent", detail = refusal.detail,
    hint = refusal.hint,
  }
end

--- Whether a procedure may touch a volume.
-- @tparam string op for the message: "change the file system of"
-- @tparam table volume as `machine:volumes` gives it
-- @tparam ?{string,...} needs `"medium"`, `"online"`, `"unshared"`, `"writable"`
-- @treturn boolean true
-- @failure
function M.check_volume(op, volume, needs)
  for _, name in ipairs(needs or {}) do
    local need = NEEDS[name]
    if volume[need.flag] and not volume[need.unless] then
      return refuse(op, volume, need)
    end
  end
  for _, refusal in ipairs(ALWAYS) do
    if volume[refusal.flag] then
      return refuse(op, volume, refusal)
    end
  end
  return true
end

--- The check of a procedure that works on one volume: it is there, it is the
-- pinned one, and it may be touched. Opens nothing but its device.
-- @tparam string op
-- @tparam ntvol.machine machine
-- @tparam string name by which the caller chose it
-- @tparam table pinned
-- @tparam ?{string,...} needs
-- @treturn boolean true
-- @failure
function M.check(op, machine, name, pinned, needs)
  local volume, message, code, info = names.volume(machine, name)
  if not volume then
    return nil, message, code, info
  end
  local found
  found, message, code, info = identity.pin(machine, name)
  if not found then
    return nil, message, code, info
  end
  local ok
  ok, message, code, info = identity.compare(pinned, found)
  if not ok then
    return nil, message, code, info
  end
  return M.check_volume(op, volume, needs)
end

return M
