--- The identity of a volume, which does not depend on its name. It is recorded
-- ("pinned") when a plan is made, and compared on the open handle before the
-- first write.
-- @module ntvol.identity

local failure = require "ntvol.failure"
local size = require "ntvol.size"

local try = failure.try

local M = {}

-- ---- what a device says of itself ----------------------------------------

-- STORAGE_PROPERTY_QUERY for the device, as ntddstor.h defines it; and where
-- STORAGE_DEVICE_DESCRIPTOR has the offset of the serial number. The offset is
-- 0 when there is none.
local DEVICE_PROPERTY = ("<I4I4I4"):pack(0, 0, 0)
local SERIAL_OFFSET = 24
local DESCRIPTOR_ROOM = 1024

-- The serial number of the disk below an open handle; nil when the disk, or
-- the system, does not tell it.
local function device_serial(handle)
  local answer = handle:control("IOCTL_STORAGE_QUERY_PROPERTY",
    DEVICE_PROPERTY, DESCRIPTOR_ROOM)
  if not answer or #answer < SERIAL_OFFSET + 4 then
    return nil
  end
  local at = ("<I4"):unpack(answer, SERIAL_OFFSET + 1)
  if at == 0 or at >= #answer then
    return nil
  end
  local text = answer:match("^[^\0]*", at + 1):match("^%s*(.-)%s*$")
  return text ~= "" and text or nil
end

-- The disks of these extents as the machine lists them. `sequence` is a number
-- that some systems give to a disk when it appears. No other disk gets the same
-- number later.
local function disks_of(machine, extents)
  local wanted, found = {}, {}
  for _, extent in ipairs(extents) do
    wanted[extent.disk] = true
  end
  for _, disk in ipairs(machine:disks() or {}) do
    if wanted[disk.number] then
      found[#found + 1] = {
        number = disk.number, serial = disk.serial, size = disk.size,
        sequence = disk.sequence,
      }
    end
  end
  return found
end

--- The present identity of the volume of an open handle.
-- @tparam ntvol.volume handle of a volume, or of its device
-- @treturn table `{ name, guid_path, serial, size, extents, file_system,
--  label, disk_serial, disks }`
-- @failure
function M.of_handle(handle)
  local found = try(handle:info())
  return {
    name = found.name, guid_path = found.guid_path, serial = found.serial,
    size = found.size, extents = found.extents,
    file_system = found.file_system, label = found.label,
    disk_serial = device_serial(handle),
    disks = disks_of(handle:machine(), found.extents),
    unreadable = found.unreadable,
  }
end

--- Pins a volume. This looks at its device; it does not mount the volume, and
-- changes nothing.
-- @tparam ntvol.machine machine
-- @tparam string name
-- @treturn table as of `of_handle`
-- @failure
function M.pin(machine, name)
  local device <close> = try(machine:open(name, { access = "none" }))
  return M.of_handle(device)
end

-- ---- comparing -----------------------------------------------------------

local function same_extents(a, b)
  if #a ~= #b then
    return false
  end
  for i, extent in ipairs(a) do
    local other = b[i]
    if extent.disk ~= other.disk or extent.offset ~= other.offset
      or extent.length ~= other.length then
      return false
    end
  end
  return true
end

local function disk_difference(pinned, found)
  for i, disk in ipairs(pinned or {}) do
    local other = found[i]
    if not other or other.number ~= disk.number then
      return ("PhysicalDrive%d is not there"):format(disk.number)
    elseif disk.serial ~= other.serial then
      return ("the serial number of PhysicalDrive%d is '%s' now, it was '%s'")
        :format(disk.number, other.serial, disk.serial)
    elseif disk.size ~= other.size then
      return ("the size of PhysicalDrive%d is %s now, it was %s"):format(
        disk.number, size.format(other.size), size.format(disk.size))
    elseif disk.sequence ~= other.sequence then
      return ("PhysicalDrive%d went away and came back meanwhile"):format(
        disk.number)
    end
  end
end

--- What differs between a pinned volume and one that was found.
-- @tparam table pinned
-- @tparam table found
-- @treturn ?string nil when it is the same
function M.difference(pinned, found)
  if pinned.guid_path ~= found.guid_path then
    return "it is another volume"
  elseif pinned.size ~= found.size then
    return ("its size is %s now, it was %s"):format(
      size.format(found.size), size.format(pinned.size))
  elseif not same_extents(pinned.extents, found.extents) then
    return "it lies elsewhere on the disks now"
  elseif pinned.disk_serial and pinned.disk_serial ~= found.disk_serial then
    return ("the serial number of its disk is '%s' now, it was '%s'"):format(
      found.disk_serial or "", pinned.disk_serial)
  end
  local text = disk_difference(pinned.disks, found.disks)
  if not text and pinned.serial ~= found.serial then
    text = ("its serial number is '%s' now, it was '%s'"):format(
      found.serial, pinned.serial)
  end
  return text
end

--- Makes sure that what was found is what was pinned.
-- @tparam table pinned
-- @tparam table found
-- @failure `"ERROR_WRONG_DISK"`; the reason is `"identity_changed"`
function M.compare(pinned, found)
  local text = M.difference(pinned, found)
  if text and (pinned.unreadable or found.unreadable) then
    failure.fail {
      op = "identify", target = pinned.name,
      status = "STATUS_DEVICE_DATA_ERROR",
      detail = "its bytes cannot be read, so nobody knows whether it is"
        .. " another volume",
      hint = "look at its disk, then make a new plan",
    }
  elseif text then
    failure.fail {
      op = "identify", target = pinned.name, reason = "identity_changed",
      detail = text, hint = "look at the volume and make a new plan",
    }
  end
end

--- Makes sure that the volume of an open handle is the pinned one.
function M.verify(pinned, handle)
  M.compare(pinned, M.of_handle(handle))
end

-- ---- for people ----------------------------------------------------------

--- Lines that identify a pinned volume.
-- @tparam table pinned
-- @treturn {string,...}
function M.describe(pinned)
  local lines = { pinned.guid_path }
  local serials = {}
  if pinned.serial ~= "" then
    serials[1] = "serial " .. pinned.serial
  end
  if pinned.disk_serial then
    serials[#serials + 1] = "disk serial " .. pinned.disk_serial
  end
  for _, disk in ipairs(pinned.disks) do
    if disk.sequence then
      serials[#serials + 1] = ("PhysicalDrive%d sequence %d"):format(
        disk.number, disk.sequence)
    end
  end
  if #serials > 0 then
    lines[#lines + 1] = table.concat(serials, ", ")
  end
  local places = {}
  for i, extent in ipairs(pinned.extents) do
    places[i] = ("PhysicalDrive%d from byte %d, %d bytes"):format(
      extent.disk, extent.offset, extent.length)
  end
  -- Not every driver tells where its volume lies.
  lines[#lines + 1] = places[1] and table.concat(places, "; ")
  return lines
end

return M
