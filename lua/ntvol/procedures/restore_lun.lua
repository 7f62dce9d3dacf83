--- Bringing back a disk whose LUN was masked. The LUN is presented again, the
-- disk and its volumes arrive and are brought online, and are compared with
-- what was known of them.
-- @module ntvol.procedures.restore_lun

local current = require "ntvol.current"
local failure = require "ntvol.failure"
local identity = require "ntvol.identity"
local names = require "ntvol.names"
local options = require "ntvol.options"
local plans = require "ntvol.plan"
local steps = require "ntvol.procedures.steps"

local try = failure.try

local NAME = "restore_lun"

local FIELDS = { machine = "userdata|string", serial = "string",
  expect = "table" }

local function refuse(target, reason, detail, hint)
  failure.fail { op = "restore", target = target, reason = reason,
    class = "permanent", detail = detail, hint = hint }
end

-- ---- the disk ------------------------------------------------------------

local function wrong_disk(context, detail)
  refuse(context.name, "identity_changed", detail,
    "look at the disk: ntvol disks")
end

-- Makes sure that a disk is the one that is wanted: by the serial number that
-- was given, and by what was known of it when the plan was made.
local function compare_disk(context, disk)
  local pinned, serial = context.pinned, context.serial
  if serial and disk.serial ~= serial then
    wrong_disk(context, ("its serial number is '%s', not '%s'"):format(
      disk.serial, serial))
  elseif disk.serial ~= pinned.serial then
    wrong_disk(context, ("its serial number is '%s' now, it was '%s'")
      :format(disk.serial, pinned.serial))
  elseif disk.size ~= pinned.size then
    wrong_disk(context, "its size is another one now")
  end
end

local function find_disk(context)
  local disk = names.disk(context.machine, context.pinned.number)
  compare_disk(context, disk)
  return disk
end

local function is_here(disk)
  return not disk.masked and not disk.uninstalled
end

local function check(context)
  if not is_here(find_disk(context)) and not context.can_unmask then
    failure.fail { op = "restore", target = context.name,
      status = "STATUS_NOT_SUPPORTED", reason = "uninstalled",
      class = "permanent", detail = "this machine cannot present a LUN",
      hint = "present it at the storage and look for new disks, then try"
        .. " again" }
  end
  return true
end

-- ---- steps ---------------------------------------------------------------

local function present(context)
  local disk = find_disk(context)
  context.was_masked, context.was_away = disk.masked, not is_here(disk)
  -- This is done for a disk that is there, too: its volumes that were
  -- uninstalled arrive.
  try(context.machine:unmask(context.name))
  return true, not context.was_away and "it is there already" or nil
end

-- Takes the disk away again, in the documented way, so that its removal is no
-- surprise either.
local function take_away(context)
  if not context.was_away then
    return true
  end
  local removal = try(plans.prepare_lun_removal(context.pinned.number,
    { machine = context.machine }))
  try(removal:run())
  if context.was_masked then
    try(context.machine:mask(context.name))
  end
  return true
end

local function arrive(context)
  if not is_here(find_disk(context)) then
    refuse(context.name, "uninstalled", "it has not arrived",
      "look at the storage and at the cables")
  end
  return true
end

-- SET_DISK_ATTRIBUTES of winioctl.h: size, persist, attributes, mask,
-- reserved; bit 0 is offline.
local function attributes(offline)
  return ("<I4I4I8I8I8I8"):pack(40, 1, offline and 1 or 0, 1, 0, 0)
end

local function set_disk_offline(context, offline)
  return steps.with_open(context.machine, context.name, nil, function(disk)
    return disk:control("IOCTL_DISK_SET_DISK_ATTRIBUTES", attributes(offline))
  end)
end

-- A disk that the SAN policy left offline shows no volumes.
local function disk_online(context)
  if not find_disk(context).offline then
    return true, "it is online already"
  end
  context.disk_was_offline = true
  return set_disk_offline(context, false)
end

local function disk_offline_again(context)
  if not context.disk_was_offline then
    return true
  end
  return set_disk_offline(context, true)
end

local function online_volume(context, volume)
  steps.with_open(context.machine, volume.guid_path, nil, function(handle)
    try(handle:online())
  end)
  table.insert(context.brought, volume)
end

local function volumes_of(context)
  return names.volumes_of_disk(context.machine, context.pinned.number)
end

local function volumes_online(context)
  context.brought = {}
  for _, volume in ipairs(volumes_of(context)) do
    if volume.offline then
      online_volume(context, volume)
    end
  end
  return true, #context.brought == 0 and "they are online already" or nil
end

local function offline_volume(handle)
  handle:dismount() -- this may fail; it is the result of offline that counts
  try(handle:offline())
end

-- Takes those volumes offline that were offline before.
local function volumes_offline_again(context)
  for _, volume in ipairs(context.brought) do
    steps.with_open(context.machine, volume.guid_path, nil, offline_volume)
  end
  return true
end

-- ---- what came back ------------------------------------------------------

local function expected(context, guid_path)
  for _, pinned in ipairs(context.expect or {}) do
    if pinned.guid_path == guid_path then
      return pinned
    end
  end
end

local function verify_volume(context, volume)
  local found = identity.pin(context.machine, volume.guid_path)
  if volume.offline then
    failure.fail { op = "restore", target = volume.name, reason = "offline",
      status = "STATUS_DEVICE_OFF_LINE", class = "permanent",
      detail = "the volume is offline" }
  end
  local pinned = expected(context, volume.guid_path)
  if pinned then
    identity.compare(pinned, found)
  elseif context.expect then
    refuse(volume.name, "identity_changed",
      "this volume was not on the disk before", "look at the disk")
  end
end

local function verify(context)
  local found = {}
  for i, volume in ipairs(volumes_of(context)) do
    verify_volume(context, volume)
    found[i] = volume.name
  end
  if context.expect and #found ~= #context.expect then
    wrong_disk(context, ("%d of its volumes came back, it had %d")
      :format(#found, #context.expect))
  end
  return true, table.concat(found, ", ")
end

local function list_steps(can_unmask)
  local list = {
    { name = "arrive", check = check, run = arrive,
      says = "Make sure that the disk is there, and the one it was." },
    { name = "disk online", run = disk_online, undo = disk_offline_again,
      says = "Bring the disk online when a policy left it offline." },
    { name = "online", run = volumes_online, undo = volumes_offline_again,
      says = "Bring its volumes online." },
    { name = "verify", run = verify,
      says = "Make sure that all its volumes are there and online." },
  }
  if can_unmask then
    list[1].check = nil
    table.insert(list, 1, { name = "present", check = check, run = present,
      undo = take_away, says = "Present the LUN, so that the disk arrives." })
  end
  return list
end

-- ---- the plan ------------------------------------------------------------

local new = failure.protect(function(new_plan, name, opts)
  local machine = current.of_option(opts.machine)
  local disk = names.disk(machine, name)
  local can_unmask = machine:capabilities().unmask
  return new_plan {
    name = NAME, target = disk.name, about = { tostring(disk) },
    steps = list_steps(can_unmask), identity = opts.expect,
    unchecked = {
      "what is on the disk: that is seen when it has arrived",
    },
    context = { machine = machine, name = disk.name, pinned = disk,
      serial = opts.serial, expect = opts.expect, can_unmask = can_unmask },
  }
end)

return function(new_plan, name, opts)
  options.argument(NAME, name, "string|integer", 2)
  return new(new_plan, name, options.check(2, NAME, opts, FIELDS, 3))
end
