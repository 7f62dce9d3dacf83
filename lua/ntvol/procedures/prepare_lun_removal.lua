--- What the documents of Windows ask for before the LUN of a disk is masked:
-- every volume is dismounted and taken offline on one handle, then the volumes
-- and the disk are uninstalled. If the volumes were not taken offline, somebody
-- could mount one again between the close of the handle and the uninstall.
-- Masking would be a surprise removal then.
-- @module ntvol.procedures.prepare_lun_removal

local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local holders = require "ntvol.holders"
local names = require "ntvol.names"
local options = require "ntvol.options"
local safety = require "ntvol.safety"
local steps = require "ntvol.procedures.steps"

local try = failure.try

local NAME = "prepare_lun_removal"

local FIELDS = {
  lock = "string", spanned = "boolean", machine = "userdata|string",
}

local LOCKS = { required = true, try = true, no = true }

local function read_options(disk, opts)
  options.argument(NAME, disk, "string|integer", 3)
  opts = options.check(2, NAME, opts, FIELDS, 4)
  local lock = opts.lock or "required"
  if not LOCKS[lock] then
    error(("bad argument #2 to '%s' (option 'lock' must be one of: required,"
      .. " try, no; got \"%s\")"):format(NAME, lock), 3)
  end
  return opts, lock
end

local OP = "prepare the removal of"

local function refuse(target, reason, detail, hint)
  failure.fail { op = OP, target = target, reason = reason,
    class = "permanent", detail = detail, hint = hint }
end

-- ---- preconditions -------------------------------------------------------

-- The other disk on which a part of the volume lies. The volume will be gone
-- there as well.
local function other_disk(volume, disk)
  for _, extent in ipairs(volume.extents) do
    if extent.disk ~= disk.number then
      return ("PhysicalDrive%d"):format(extent.disk)
    end
  end
end

local function check_volume(volume, disk, spanned)
  safety.check_volume(OP, volume, { "unshared" })
  local other = other_disk(volume, disk)
  if other and not spanned then
    failure.fail { op = OP, target = volume.name, reason = "spanned",
      class = "permanent",
      detail = ("the volume lies on %s, too, and would be gone there as well")
        :format(other),
      hint = "say that this is meant: spanned = true",
      hint_command = "say that this is meant: --spanned" }
  end
end

local function check_disk(context)
  local disk = names.disk(context.machine, context.disk.number)
  if disk.masked or disk.uninstalled then
    refuse(disk.name, "uninstalled", disk.masked and "its LUN is masked"
      or "it is uninstalled already", "there is nothing left to prepare")
  end
end

-- Makes sure that the volumes are those that the plan was made for, no more and
-- no less.
local function check_volumes(context)
  local found = names.volumes_of_disk(context.machine, context.disk.number)
  local same = #found == #context.volumes
  for i, volume in ipairs(context.volumes) do
    same = same and found[i].guid_path == volume.guid_path
  end
  if not same then
    refuse(context.disk.name, "identity_changed",
      "other volumes are on the disk now",
      "look at the disk and make a new plan")
  end
  for _, volume in ipairs(found) do
    check_volume(volume, context.disk, context.spanned)
  end
end

-- Whether `path` is a folder below one of the volume's names.
local function is_below(path, volume)
  path = path:lower()
  for _, place in ipairs(volume.mount_points) do
    local folder = place:lower():gsub("\\+$", "") .. "\\"
    if path:sub(1, #folder) == folder and #path > #folder then
      return true
    end
  end
  return false
end

local function check_child(context, child, gone)
  for _, place in ipairs(child.mount_points) do
    for _, volume in ipairs(context.volumes) do
      if is_below(place, volume) and not gone[child.guid_path] then
        refuse(volume.name, "mount_folder",
          ("a volume that stays is mounted in its folder %s"):format(place))
      end
    end
  end
end

-- Makes sure that no volume that stays is mounted in a folder of one that goes.
local function check_children(context)
  local gone = {}
  for _, volume in ipairs(context.volumes) do
    gone[volume.guid_path] = true
  end
  for _, child in ipairs(try(context.machine:volumes())) do
    check_child(context, child, gone)
  end
end

local function check(context)
  check_disk(context)
  check_volumes(context)
  check_children(context)
  return true
end

-- ---- asking --------------------------------------------------------------

-- Plug and Play has no request that asks and removes nothing. But whoever has a
-- volume open vetoes its uninstall, even by a handle that a dismount has
-- killed. So before anything is dismounted without a lock, it is known that the
-- uninstall would fail, and others keep their handles.
local function ask(context)
  for _, volume in ipairs(context.volumes) do
    local found = context.machine:holders(volume.guid_path)
    if found and #found > 0 then
      failure.fail { op = OP, target = volume.name, reason = "in_use",
        status = "STATUS_DEVICE_BUSY", outcome = "untouched",
        detail = "the uninstall would be refused: " .. holders.text(found) }
    end
  end
  return true
end

local function ask_step()
  return { name = "ask", run = ask,
    says = "Ask who has a volume open: that would veto the uninstall." }
end

-- ---- steps of one volume -------------------------------------------------

-- The documents say: try to lock, and go on when that fails. We do so only when
-- we are told to: a program that uses the volume would lose its handles, and
-- then prevent the uninstall all the same.
local lock_one = failure.protect(steps.lock_one)

local function lock_if_possible(context, volume)
  local locked, message = lock_one(context, volume)
  return true, not locked and "goes on without the lock: " .. message or nil
end

-- Nobody can open a volume that is offline.
local function lock_required(context, volume)
  return (volume.offline and lock_if_possible or steps.lock_one)(context,
    volume)
end

local function guard_of(context, volume)
  return context.guards and context.guards[volume]
end

local function unlock(context, volume)
  local guard = guard_of(context, volume)
  if not guard then
    return true
  end
  return guard:unlock()
end

-- A volume that others have open is dismounted all the same; one that is
-- dismounted or offline already needs no more.
local function dismount(context, volume)
  local ok, message, code, info = context.handles[volume]:dismount()
  if ok then
    return true
  elseif volume.offline or info.reason == "dismounted" then
    return true, "nothing to dismount: " .. message
  elseif not guard_of(context, volume) and volume.file_system == "RAW" then
    return true, "RAW has nothing to dismount: " .. message
  end
  return nil, message, code, info
end

-- Brings a volume online again. A later step may have closed the handle; then
-- another one is opened.
local function online(context, volume)
  if volume.offline then
    return true
  end
  local handle = context.handles[volume]
  if core.type(handle) ~= "volume" then
    handle = context.keep(try(context.machine:open(volume.guid_path)))
  end
  return handle:online()
end

local function volume_steps(volume, mode)
  local name, on = volume.name, steps.on
  local list = { steps.open_one(volume) }
  if mode ~= "no" then
    list[#list + 1] = {
      name = "lock", target = name, undo = on(volume, unlock),
      run = on(volume, mode == "required" and lock_required
        or lock_if_possible),
      says = mode == "required" and "Lock it: nobody else may have it open."
        or "Lock it; when others have it open, go on without the lock.",
    }
  end
  list[#list + 1] = { name = "dismount", target = name,
    run = on(volume, dismount), says = mode == "required"
      and "Dismount its file system."
      or "Dismount its file system: programs that have it open lose their"
        .. " handles." }
  list[#list + 1] = {
    name = "offline", target = name, undo = on(volume, online),
    says = "Take it offline, so that nobody can mount it again.",
    run = function(context) return context.handles[volume]:offline() end,
  }
  return list
end

-- ---- steps of the disk ---------------------------------------------------

local function verify_offline(context)
  for _, volume in ipairs(context.volumes) do
    if not try(context.handles[volume]:is_offline()) then
      refuse(volume.name, "online", "the volume is not offline", "try again")
    end
  end
  return true
end

-- Undoes an uninstall, where a LUN can be presented again: that makes the disk
-- and its volumes arrive.
local function arrive(context)
  return context.machine:unmask(context.disk.name)
end

local function verify_gone(context)
  local left = names.volumes_of_disk(context.machine, context.disk.number)
  local name = #left > 0 and left[1].name
  for _, disk in ipairs(try(context.machine:disks())) do
    if disk.number == context.disk.number and not disk.uninstalled then
      name = name or disk.name
    end
  end
  if name then
    refuse(name, "installed", "it is still installed",
      "uninstall it before the LUN is masked")
  end
  return true
end

local function uninstall_steps(volumes, disk, can_arrive)
  local list = {}
  local function add(target, name, says)
    list[#list + 1] = {
      name = "uninstall", target = target, says = says,
      final = not can_arrive, undo = can_arrive and arrive or nil,
      run = function(context) return context.machine:uninstall(name) end,
    }
  end
  for _, volume in ipairs(volumes) do
    add(volume.name, volume.guid_path, "Uninstall the volume.")
  end
  add(disk.name, disk.name, "Uninstall the disk.")
  return list
end

local function list_steps(volumes, disk, mode, can_arrive)
  local list = { mode ~= "required" and ask_step() or nil }
  for _, volume in ipairs(volumes) do
    table.move(volume_steps(volume, mode), 1, 9, #list + 1, list)
  end
  list[#list + 1] = { name = "verify", run = verify_offline,
    says = "Make sure that every volume is offline." }
  list[#list + 1] = steps.close_all(
    "Close the handles: an open one vetoes the next steps.")
  table.move(uninstall_steps(volumes, disk, can_arrive), 1, #volumes + 1,
    #list + 1, list)
  list[#list + 1] = { name = "verify", run = verify_gone,
    says = "Make sure that nothing of it is left; the LUN can be masked." }
  list[1].check = check
  return list
end

-- ---- the plan ------------------------------------------------------------

-- Handles of others veto an uninstall. Only trying shows whether there are
-- some.
local UNCHECKED = {
  "whether others have a volume open: the lock and the uninstall find out",
}

local function about(disk, volumes)
  local lines = { tostring(disk) }
  for _, volume in ipairs(volumes) do
    lines[#lines + 1] = tostring(volume)
    local other = other_disk(volume, disk)
    if other then
      lines[#lines + 1] = ("%s lies on %s, too, and will be gone there as well")
        :format(volume.name, other)
    end
  end
  return lines
end

local new = failure.protect(function(new_plan, name, opts, mode)
  local machine = current.of_option(opts.machine)
  local disk = names.disk(machine, name)
  local volumes = names.volumes_of_disk(machine, disk.number)
  local pinned, list = steps.pin_all(machine, volumes)
  return new_plan {
    name = NAME, target = disk.name, about = about(disk, volumes),
    steps = list_steps(volumes, disk, mode, machine:capabilities().unmask),
    identity = list, unchecked = UNCHECKED,
    context = { machine = machine, disk = disk, volumes = volumes,
      pinned = pinned, spanned = opts.spanned },
  }
end)

return function(new_plan, name, opts)
  return new(new_plan, name, read_options(name, opts))
end
