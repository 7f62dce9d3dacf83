--- Simulated machines: a folder with a database and disk images that behaves
-- as NT does.
-- @module ntvol.sim

local core = require "ntvol.core"
local names = require "ntvol.names"
local sim_core = require "ntvol.sim.core"
local sim_spec = require "ntvol.sim_spec"

local M = {}

local MEMORY = ":memory:"

-- A volume with one of these flags cannot be formatted, as on NT: a new one
-- gets them when its file system is there.
local FLAGS = { "system", "boot", "pagefile", "readonly", "busy" }

-- Takes the flags out of the specification of a volume.
local function take_flags(volume)
  local flags = {}
  for _, flag in ipairs(FLAGS) do
    flags[flag], volume[flag] = volume[flag], nil
  end
  return flags
end

-- Volume `index` (from 1) of a disk.
local function find_volume(machine, disk, index)
  local list, message, code, info = names.volumes_of_disk(machine, disk)
  if not list then
    return nil, message, code, info
  end
  return assert(list[index], "a volume that was asked for is not there")
end

local function format_open(volume, name, format)
  local guard, message, code, info = volume:lock()
  if not guard then
    return nil, message, code, info
  end
  local _ <close> = guard
  local done
  done, message, code, info = volume:format {
    fs = format.fs, label = format.label, erase = name,
  }
  if not done then
    return nil, message, code, info
  end
  return volume:dismount()
end

local function format_volume(machine, disk, format)
  local found, message, code, info = find_volume(machine, disk, format.index)
  if not found then
    return nil, message, code, info
  end
  local volume
  volume, message, code, info = machine:open(found.guid_path)
  if not volume then
    return nil, message, code, info
  end
  local done
  do
    local _ <close> = volume
    done, message, code, info = format_open(volume, found.guid_path, format)
  end
  if not done then
    return nil, message, code, info
  end
  return sim_core.set_flags(machine, found.guid_path, format.flags)
end

local function make_file_systems(machine, formats)
  for _, format in ipairs(formats) do
    local done, message, code, info =
      format_volume(machine, format.disk - 1, format)
    if not done then
      return nil, ("disk %d, volume %d: %s"):format(format.disk, format.index,
        message), code, info
    end
  end
  return sim_core.forget_events(machine)
end

local function discard(machine, path)
  machine:close()
  if path ~= MEMORY then
    sim_core.remove(path)
  end
end

--- Creates a simulated machine in a folder or in memory, and connects to it.
--
-- `spec.disks` lists disks: strings as on the command line, or tables (see
-- `types/ntvol.lua`). A disk with several volumes, or with a volume smaller
-- than itself, gets a GPT unless `style` says otherwise. The history of events
-- begins empty.
-- @tparam string path a folder that does not exist or is empty, or
--  `":memory:"`
-- @tparam table spec
-- @treturn[1] ntvol.machine
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] table info
-- @raise for an unknown field or a wrong value
-- @usage
-- local machine <close> = assert(ntvol.sim.create(":memory:", {
--   disks = {
--     "64M:fat:D:OLD",
--     { size = "1G", volumes = { { letter = "E:", fs = "ntfs" } } },
--   },
-- }))
-- for _, v in ipairs(machine:volumes()) do print(v) end
function M.create(path, spec)
  if type(path) ~= "string" or type(spec) ~= "table" then
    error(("bad argument #%d to 'create' (%s expected)"):format(
      type(path) ~= "string" and 1 or 2,
      type(path) ~= "string" and "string" or "table"), 2)
  end
  local complete, formats = sim_spec.complete(spec)
  if not complete then
    error(("bad argument #2 to 'create' (%s)"):format(formats), 2)
  end
  for _, format in ipairs(formats) do
    format.flags = take_flags(complete.disks[format.disk].volumes[format.index])
  end
  local machine, message, code, info = sim_core.create(path, complete)
  if not machine then
    return nil, message, code, info
  end
  local ok, done
  ok, done, message, code, info =
    pcall(make_file_systems, machine, formats)
  if not ok or not done then
    discard(machine, path)
  end
  if not ok then
    error(done, 0)
  elseif not done then
    return nil, message, code, info
  end
  return machine
end

--- Connects to a simulated machine.
-- @tparam string path its folder
-- @treturn[1] ntvol.machine
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] table info
function M.open(path)
  if type(path) ~= "string" then
    error("bad argument #1 to 'open' (string expected, got "
      .. type(path) .. ")", 2)
  end
  return core.connect("sim", path)
end

--- Removes a simulated machine's folder: its database, and the images it made.
-- Existing images that it was made of stay.
-- @tparam string path
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code `"ERROR_BUSY"` while somebody has it open
-- @treturn[2] table info
function M.remove(path)
  return sim_core.remove(path)
end

return M
