--- Ejecting: every volume of the disk is locked and dismounted, then the
-- medium comes out of the drive, or the device is made safe to take away.
-- @module ntvol.procedures.eject

local current = require "ntvol.current"
local failure = require "ntvol.failure"
local identity = require "ntvol.identity"
local names = require "ntvol.names"
local options = require "ntvol.options"
local safety = require "ntvol.safety"
local steps = require "ntvol.procedures.steps"

local try = failure.try

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

local function refuse(target, reason, detail, hint)
  failure.fail { op = "eject", target = target, reason = reason,
    detail = detail, hint = hint }
end

-- ---- preconditions -------------------------------------------------------

local function check_way(context)
  if context.what == "medium" then
    if not (context.disk.removable or context.disk.cdrom) then
      refuse(context.name, "not_removable", "its medium cannot be taken out",
        "eject the device: what = \"device\"")
    end
  elseif not context.machine:capabilities().eject then
    failure.fail { op = "eject", target = context.name,
      status = "STATUS_NOT_SUPPORTED",
      detail = "this machine ejects no devices",
      hint = "eject the medium: what = \"medium\"",
      hint_command = "eject the medium: ntvol eject --what medium" }
  elseif context.fixed then
    failure.fail { op = "eject", target = context.name, reason = "fixed_disk",
      detail = "neither its medium nor, as far as is known, the disk comes out",
      hint = "name a drive with a medium; when the device itself can be"
        .. " unplugged: what = \"device\"",
      hint_command = "name a drive with a medium; when the device itself can be"
        .. (" unplugged: ntvol eject %s --what device"):format(context.name) }
  end
end

local function check(context)
  check_way(context)
  for _, volume in ipairs(context.volumes) do
    safety.check("eject", context.machine, volume.guid_path,
      context.pinned[volume])
  end
  return true
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

local is_there = failure.protect(function(context, volume)
  local handle <close> = try(context.machine:open(volume.guid_path,
    { access = "r" }))
  identity.verify(context.pinned[volume], handle)
  return true
end)

-- A volume that was ejected cannot be opened any more.
local function verify_out(context)
  for _, volume in ipairs(context.volumes) do
    if is_there(context, volume) then
      failure.fail { op = "eject", target = volume.name, reason = "in_use",
        status = "STATUS_DEVICE_BUSY", detail = "it is still there",
        hint = "look at the drive" }
    end
  end
  return true
end

-- A drive that cannot lock its medium lets it out anyway.
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

-- The handles are closed first, because an open handle is a veto. The failure
-- names the program or driver that refused.
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
  local volume = names.volume(machine, name)
  if #volume.extents ~= 1 then
    refuse(name, "spanned", "the volume does not lie on one disk",
      "name one of its disks")
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

local new = failure.protect(function(new_plan, name, opts)
  local machine = current.of_option(opts.machine)
  local disk = find_disk(machine, name)
  local volumes = names.volumes_of_disk(machine, disk.number)
  if #volumes == 0 then
    refuse(disk.name, "uninstalled", "it has no volume that could be ejected",
      "list the disks: ntvol disks")
  end
  local pinned, list = steps.pin_all(machine, volumes)
  local what = opts.what
    or (disk.removable or disk.cdrom) and "medium" or "device"
  return new_plan {
    name = NAME, target = disk.name, about = about(disk, volumes),
    steps = list_steps(volumes, disk, what), identity = list,
    unchecked = {
      "whether a volume is in use (known only when locking)",
      "whether the drive, or somebody at the device, refuses",
    },
    context = { machine = machine, name = disk.name, disk = disk,
      -- Nobody said that a fixed disk can be unplugged.
      fixed = not (opts.what or disk.removable or disk.cdrom),
      volumes = volumes, pinned = pinned, what = what,
      -- A CD drive has no handle that may write.
      access = disk.cdrom and "r" or "rw" },
  }
end)

return function(new_plan, name, opts)
  return new(new_plan, name, read_options(name, opts))
end
