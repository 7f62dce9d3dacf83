--- Ejecting: every volume of the disk is locked and dismounted, then the
-- medium comes out of the drive, or the device is made safe to take away.
-- @module ntvol.procedures.eject

local failure = require "ntvol.failure"
local identity = require "ntvol.identity"
local names = require "ntvol.names"
local options = require "ntvol.options"
local safety = require "ntvol.safety"
local steps = require "ntvol.procedures.steps"

local NAME = "eject"

local FIELDS = { machine = "userdata|string", what = "string" }

local WHATS = { medium = true, device = true }

local function read_options(name, opts)
  options.argument(NAME, name, "string", 3)
  opts = options.check(2, NAME, opts, FIELDS, 4)
  if opts.what and not WHATS[opts.what] then
    error(("bad argument #2 to '%s' (option 'what' must be one of: medium,"
      .. " device; got \"%s\")"):format(NAME, opts.what), 3)
  end
  return opts
end

local function refuse(target, status, reason, detail, hint)
  return failure.make {
    op = "eject", target = target, status = status, reason = reason,
    detail = detail, hint = hint,
  }
end

-- ---- preconditions -------------------------------------------------------

local function check_way(context)
  if context.what == "device" then
    if context.machine:capabilities().eject then
      return true
    end
    return refuse(context.name, "STATUS_NOT_SUPPORTED", nil,
      "this machine ejects no devices", "eject the medium: what = \"medium\","
      .. " or ntvol eject --what medium")
  elseif context.disk.removable or context.disk.cdrom then
    return true
  end
  return refuse(context.name, "STATUS_NOT_SUPPORTED", "not_removable",
    "its medium cannot be taken out", "eject the device: what = \"device\"")
end

local function check(context)
  local ok, message, code, info = check_way(context)
  if not ok then
    return nil, message, code, info
  end
  return steps.each(context.volumes, function(volume)
    return safety.check("eject", context.machine, volume.guid_path,
      context.pinned[volume])
  end)
end

-- ---- steps of a volume ---------------------------------------------------

local function add_volume(list, volume)
  list[#list + 1] = steps.open_one(volume)
  list[#list + 1] = { name = "lock", target = volume.name,
    run = steps.on(volume, steps.lock_one),
    says = "Lock it: nobody else may have it open.",
    undo = function(context) return context.guards[volume]:unlock() end }
end

local function add_dismount(list, volume)
  list[#list + 1] = { name = "dismount", target = volume.name,
    says = "Dismount its file system.",
    run = function(context) return context.handles[volume]:dismount() end }
end

-- ---- steps of the drive --------------------------------------------------

local function first(context)
  return context.handles[context.volumes[1]]
end

-- Whether the volume that was there answers no more.
local function verify_out(context)
  for _, volume in ipairs(context.volumes) do
    local handle = context.machine:open(volume.guid_path, { access = "r" })
    if handle then
      local _ <close> = handle
      if identity.verify(context.pinned[volume], handle) then
        return refuse(volume.name, "STATUS_DEVICE_BUSY", "in_use",
          "it is still there", "look at the drive")
      end
    end
  end
  return true
end

-- A drive without a lock for its medium lets it out anyway.
local function allow_removal(context)
  local ok, message, code, info = first(context):media_removal(true)
  if ok then
    return true
  elseif code == "ERROR_INVALID_FUNCTION" then
    return true, "the drive has no lock"
  end
  return nil, message, code, info
end

local function medium_steps(disk, list)
  local function add(step)
    step.target = disk.name
    list[#list + 1] = step
  end
  add { name = "allow removal", says = "Let the medium be taken out.",
    run = allow_removal }
  add { name = "eject", says = "Eject the medium.", final = true,
    run = function(context) return first(context):eject() end }
  list[#list + 1] = steps.close_all "Close the handles."
end

-- An open handle is a veto, so they are closed first. Who refuses is named.
local function device_steps(disk, list)
  list[#list + 1] = steps.close_all "Close the handles."
  list[#list + 1] = { name = "eject", target = disk.name, final = true,
    says = "Make the device safe to take away.",
    run = function(context) return context.machine:eject(disk.name) end }
end

local function list_steps(volumes, disk, what)
  local list = {}
  for _, volume in ipairs(volumes) do
    add_volume(list, volume)
  end
  for _, volume in ipairs(volumes) do
    add_dismount(list, volume)
  end
  local more = what == "medium" and medium_steps or device_steps
  more(disk, list)
  list[#list + 1] = { name = "verify", run = verify_out,
    says = "Make sure that it is out." }
  list[1].check = check
  return list
end

-- ---- the plan ------------------------------------------------------------

-- The disk that a name means: its own, or that of the volume.
local function find_disk(machine, name)
  if names.disk_number(name) then
    return names.disk(machine, name)
  end
  local volume, message, code, info = names.volume(machine, name)
  if not volume then
    return nil, message, code, info
  elseif #volume.extents ~= 1 then
    return refuse(name, "STATUS_NOT_SUPPORTED", "spanned",
      "the volume does not lie on one disk", "name one of its disks")
  end
  return names.disk(machine, volume.extents[1].disk)
end

local function about(disk, volumes)
  local lines = { tostring(disk) }
  for _, volume in ipairs(volumes) do
    lines[#lines + 1] = tostring(volume)
  end
  return lines
end

local function new(new_plan, machine, disk, volumes, opts)
  local pinned, list, code, info = steps.pin_all(machine, volumes)
  if not pinned then
    return nil, list, code, info
  end
  local what = opts.what
    or (disk.removable or disk.cdrom) and "medium" or "device"
  return new_plan {
    name = NAME, target = disk.name, about = about(disk, volumes),
    steps = list_steps(volumes, disk, what), identity = list,
    unchecked = {
      "whether others have a volume open: only the lock finds out",
      "whether the drive, or somebody at the device, refuses",
    },
    context = { machine = machine, name = disk.name, disk = disk,
      volumes = volumes, pinned = pinned, what = what,
      -- a CD drive gives no handle that may write
      access = disk.cdrom and "r" or "rw" },
  }
end

return function(new_plan, name, opts)
  opts = read_options(name, opts)
  local machine, disk, code, info = steps.find(opts.machine, find_disk, name)
  if not machine then
    return nil, disk, code, info
  end
  local volumes, message
  volumes, message, code, info = names.volumes_of_disk(machine, disk.number)
  if not volumes then
    return nil, message, code, info
  elseif #volumes == 0 then
    return refuse(disk.name, "STATUS_NO_SUCH_DEVICE", "uninstalled",
      "it has no volume that could be ejected", "list the disks: ntvol disks")
  end
  return new(new_plan, machine, disk, volumes, opts)
end
