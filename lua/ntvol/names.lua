--- Names of volumes and disks: comparing different spellings of a name, and
-- finding what a machine says about it.
-- @module ntvol.names

local failure = require "ntvol.failure"

local try = failure.try

local M = {}

--- The one spelling that stands for all others: `\\.\D:`, `d:` and `D:\`
-- become `d:`.
-- @tparam string name
-- @treturn string
function M.canonical(name)
  name = tostring(name):gsub("^\\\\[.?]\\", ""):gsub("\\+$", "")
  return name:lower()
end

--- Whether `name` is one of `names` in another spelling.
-- @tparam any name
-- @tparam {string,...} names
-- @treturn boolean
function M.is_one_of(name, names)
  if type(name) ~= "string" then
    return false
  end
  local wanted = M.canonical(name)
  for _, other in ipairs(names) do
    if M.canonical(other) == wanted then
      return true
    end
  end
  return false
end

--- Every name of a volume.
-- @tparam table info as `machine:volumes` gives it
-- @treturn {string,...}
function M.of_volume(info)
  local names = { info.name, info.guid_path, info.device }
  for _, folder in ipairs(info.mount_points) do
    names[#names + 1] = folder
  end
  return names
end

--- What a machine says about a volume, without mounting it or changing
-- anything.
-- @tparam ntvol.machine machine
-- @tparam string name
-- @treturn table info
-- @failure
function M.volume(machine, name)
  local device <close> = try(machine:open(name, { access = "none" }))
  if device:kind() ~= "device" then
    failure.fail { op = "look up", target = name, reason = "not_a_volume",
      detail = "this names a " .. device:kind() }
  end
  return try(device:info())
end

--- The number in the name of a disk: 1 for 1, `"1"`, `"PhysicalDrive1"`,
-- `\\.\PhysicalDrive1`.
-- @tparam string|integer disk
-- @treturn ?integer
function M.disk_number(disk)
  local text = M.canonical(disk)
  return math.tointeger(tonumber(text:match("^physicaldrive(%d+)$")
    or text:match("^%d+$")))
end

--- A name as machines take it: the number of a disk, which people may write
-- wherever a disk is named, becomes its name.
-- @tparam string name
-- @treturn string
function M.full(name)
  return name:find "^%d+$" and "PhysicalDrive" .. name or name
end

-- What to do about a name that is not the name of a disk. When it is the name
-- of a volume, the hint says on which disk that volume lies.
local function hint_for(machine, name)
  for _, volume in ipairs(machine:volumes() or {}) do
    if M.is_one_of(name, M.of_volume(volume)) and volume.extents[1] then
      return ("%s is a volume; name its disk: PhysicalDrive%d"):format(name,
        volume.extents[1].disk)
    end
  end
  return "list the disks: ntvol disks"
end

--- What a machine says about a disk, also when it is masked or uninstalled.
-- @tparam ntvol.machine machine
-- @tparam string|integer disk
-- @treturn table info
-- @failure
function M.disk(machine, disk)
  local number = M.disk_number(disk)
  for _, found in ipairs(try(machine:disks())) do
    if found.number == number then
      return found
    end
  end
  failure.fail {
    op = "look up", target = tostring(disk),
    status = "STATUS_OBJECT_NAME_NOT_FOUND",
    detail = "the machine has no such disk",
    hint = hint_for(machine, tostring(disk)),
  }
end

--- The volumes that have a part on a disk, in the order of the disk.
-- @tparam ntvol.machine machine
-- @tparam integer number of the disk
-- @treturn {table,...}
-- @failure
function M.volumes_of_disk(machine, number)
  local found, start = {}, {}
  for _, volume in ipairs(try(machine:volumes())) do
    for _, extent in ipairs(volume.extents) do
      if extent.disk == number and not start[volume] then
        start[volume] = extent.offset
        found[#found + 1] = volume
      end
    end
  end
  table.sort(found, function(a, b)
    return start[a] < start[b]
  end)
  return found
end

return M
