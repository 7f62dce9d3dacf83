--- What NT answers, in plain Lua: opening with access and share, lock, unlock,
-- dismount, offline, online, reading, writing, closing and the death of a
-- process, on FAT and RAW volumes that fill a disk each, and through the disks.
--
-- It is written from docs/rules.md (numbers stand beside the code) and from
-- nothing else: no database, no code of the simulated machine. An answer is a
-- Win32 error, 0 for success, and a value.

local M = {}

M.SECTOR = 512

local INVALID_FUNCTION, ACCESS_DENIED, NOT_READY = 1, 5, 21
local SHARING_VIOLATION, END_OF_FILE = 32, 38
local INVALID_PARAMETER, NOT_LOCKED = 87, 158

--- Corrections of section 10 that this model, and the simulated machine, follow.
M.BUILT_IN = { X1 = true, X6 = true }

local Model = {}
Model.__index = Model

-- ---- state (1.1) ---------------------------------------------------------

-- Where the boot area and the file system of a FAT volume end (1.10, 1.11).
local function layout(boot)
  local reserved, small = string.unpack("<I2", boot, 15),
    string.unpack("<I2", boot, 20)
  local sectors = small ~= 0 and small or string.unpack("<I4", boot, 33)
  return reserved * M.SECTOR, sectors * M.SECTOR
end

--- @tparam {table,...} disks `{ letter, fs = "fat" or "raw", bytes }`
function M.new(disks)
  local self = setmetatable({ volumes = {}, disks = {}, next = 0 }, Model)
  for number, disk in ipairs(disks) do
    local volume = { letter = disk.letter, fs = disk.fs, base = disk.bytes,
      size = #disk.bytes, written = {}, offline = false }
    if disk.fs == "fat" then
      volume.reserved, volume.fs_end = layout(disk.bytes)
    end
    self.volumes[disk.letter] = volume
    self.disks["PhysicalDrive" .. number - 1] = volume
  end
  return self
end

-- An instance is one mounted file system; handles belong to it (7 step 1).
local function mount(volume)
  volume.instance = volume.instance or { volume = volume, fs = volume.fs,
    handles = {} }
  return volume.instance
end

local function handles_of(instance, kind)
  local list = {}
  for handle in pairs(instance.handles) do
    if not kind or handle.kind == kind then
      list[#list + 1] = handle
    end
  end
  return list
end

local function has(letters, letter)
  return letters:find(letter, 1, true) ~= nil
end

-- ---- open (1.4) ----------------------------------------------------------

-- Share modes, both ways; share "r" of one must allow access "r" of another.
local function shares(a, b)
  for letter in ("rw"):gmatch "." do
    if has(a.access, letter) and not has(b.share, letter)
      or has(b.access, letter) and not has(a.share, letter) then
      return false
    end
  end
  return true
end

-- The lock by share mode (1.5, "Implicit lock"). Returns whether it is one.
local function check_implicit(instance, handle)
  if has(handle.share, "w") or has(handle.share, "d") then
    return 0, false
  end
  if has(handle.access, "w") then
    handle.share = "" -- the right to read is dropped silently
  end
  for _, other in ipairs(handles_of(instance)) do
    if not has(handle.share, "r") or has(other.access, "w") then
      return SHARING_VIOLATION, false
    end
  end
  return 0, true
end

local function open_volume(instance, handle)
  if instance.fs == "raw" then
    return 0 -- 9.4: share modes are not enforced
  end
  local code, implicit = check_implicit(instance, handle)
  if code ~= 0 then
    return code
  end
  for _, other in ipairs(handles_of(instance, "volume")) do
    if not shares(handle, other) then
      return SHARING_VIOLATION -- O3, X1
    end
  end
  if implicit then
    instance.owner = handle -- O4: without VPB_LOCKED
  end
  return 0
end

-- O5 and O7 by the I/O manager, then O8 and O13, in this order, by FAT.
local function check_open(instance)
  if instance.locked then
    return ACCESS_DENIED
  elseif instance.dismounted then
    return NOT_READY
  end
  return instance.owner and ACCESS_DENIED or 0
end

--- @tparam string process
-- @tparam string name "D:", "D:\\", "D:\\a.txt", "PhysicalDrive0"
-- @tparam string access "rw", "r", "none"
-- @tparam string share
-- @treturn integer code
-- @treturn ?table handle
function Model:open(process, name, access, share)
  local letter, path = name:match "^(%a:)(.*)$"
  local volume = self.volumes[letter] or self.disks[name]
  self.next = self.next + 1
  local handle = { id = self.next, process = process, volume = volume,
    access = access == "none" and "" or access, share = share,
    kind = not letter and "disk" or access == "none" and "device"
      or path == "" and "volume" or path == "\\" and "directory" or "file" }
  if handle.kind == "disk" or handle.kind == "device" then
    return 0, handle -- O2, O6, O11; 9.4: volumes do not feel a disk's handles
  end
  if volume.offline and not volume.instance then
    assert(handle.kind ~= "volume", "O10: sources disagree")
    return NOT_READY -- 7 step 7
  end
  local instance = mount(volume)
  local code = check_open(instance)
  if code == 0 and handle.kind == "volume" then
    code = open_volume(instance, handle)
  end
  if code ~= 0 then
    return code
  end
  handle.instance = instance
  instance.handles[handle] = true
  return 0, handle
end

-- ---- lock, unlock, dismount (1.5 to 1.7) ---------------------------------

-- What comes before any rule of a file system: I14 and 1.2.
local function check_control(handle)
  if handle.kind == "device" then
    return INVALID_FUNCTION -- L13
  end
  return handle.kind == "volume" and 0 or INVALID_PARAMETER -- L11, U5, D6
end

function Model:lock(handle) -- luacheck: no self
  local code = check_control(handle)
  local instance = handle.instance
  if code ~= 0 then
    return code
  end
  if instance.locked or #handles_of(instance) > 1 then
    return ACCESS_DENIED -- L2, L3, L9, L10
  end
  instance.locked, instance.owner = true, handle
  instance.direct_writes = true
  return 0
end

function Model:unlock(handle) -- luacheck: no self
  local code = check_control(handle)
  local instance = handle.instance
  if code ~= 0 then
    return code
  end
  if not instance.locked or instance.owner ~= handle then
    return NOT_LOCKED -- U2, U3, U4
  end
  -- X1: the share mode stays as it is.
  instance.locked, instance.owner, instance.direct_writes = nil, nil, nil
  return 0
end

function Model:dismount(handle) -- luacheck: no self
  local code = check_control(handle)
  local instance = handle.instance
  if code ~= 0 then
    return code
  end
  if instance.fs == "raw" then
    return instance.owner == handle and 0 or ACCESS_DENIED -- D9
  end
  if instance.dismounted then
    return NOT_READY -- D4
  end
  instance.dismounted, instance.direct_writes = true, true -- D1, D2
  handle.complete_dismount = true
  return 0
end

-- ---- close, death (1.8) --------------------------------------------------

function Model:close(handle) -- luacheck: no self
  local instance = handle.instance
  if not instance then
    return 0
  end
  if handle.complete_dismount and handle.volume.instance == instance then
    handle.volume.instance = nil -- the next open mounts (O9)
  end
  if instance.owner == handle then
    instance.locked, instance.owner, instance.direct_writes = nil, nil, nil
  end
  instance.handles[handle] = nil
  return 0
end

--- All that a process had open, oldest first.
function Model:die(handles)
  table.sort(handles, function(a, b)
    return a.id < b.id
  end)
  for _, handle in ipairs(handles) do
    self:close(handle)
  end
end

-- ---- offline, online, questions ------------------------------------------

local function set_offline(handle, on)
  if handle.access ~= "rw" then
    return ACCESS_DENIED -- F2
  elseif handle.kind ~= "volume" then
    return INVALID_PARAMETER -- I10
  end
  handle.volume.offline = on -- F1, F3, F4
  return 0
end

function Model:offline(handle) -- luacheck: no self
  return set_offline(handle, true)
end

function Model:online(handle) -- luacheck: no self
  return set_offline(handle, false)
end

function Model:is_mounted(handle) -- luacheck: no self
  if handle.kind == "device" then
    return INVALID_FUNCTION -- 1.2
  elseif handle.instance.fs == "raw" then
    return INVALID_PARAMETER -- 9.4
  end
  return 0, not handle.instance.dismounted -- I11
end

function Model:is_offline(handle) -- luacheck: no self
  return 0, handle.volume.offline -- F10
end

-- ---- bytes (1.8, 1.10, 1.11) ---------------------------------------------

local function bytes(volume, offset, length)
  local parts = {}
  for at = offset, offset + length - 1, M.SECTOR do
    parts[#parts + 1] = volume.written[at // M.SECTOR]
      or volume.base:sub(at + 1, at + M.SECTOR)
  end
  return table.concat(parts)
end

--- All bytes of a volume.
function Model:image(letter)
  local volume = self.volumes[letter]
  return bytes(volume, 0, volume.size)
end

local function is_aligned(offset, length)
  return offset % M.SECTOR == 0 and length % M.SECTOR == 0
end

-- Where this handle's reading and writing ends.
local function end_of(handle)
  local volume = handle.volume
  return handle.kind == "volume" and volume.fs_end or volume.size
end

local function is_dead(handle)
  return handle.instance and handle.instance.dismounted
    and not handle.complete_dismount -- I3, I4, I5
end

local function is_offline(handle)
  return handle.kind ~= "disk" and handle.volume.offline -- F9; F12
end

function Model:read(handle, offset, length) -- luacheck: no self
  if not has(handle.access, "r") then
    return ACCESS_DENIED -- I14
  elseif handle.kind == "file" then
    return (is_dead(handle) or is_offline(handle)) and NOT_READY or 0
  elseif not is_aligned(offset, length) then
    return INVALID_PARAMETER
  elseif is_dead(handle) or is_offline(handle) then
    return NOT_READY
  elseif offset >= end_of(handle) then
    return END_OF_FILE
  end
  return 0, bytes(handle.volume, offset,
    math.min(length, end_of(handle) - offset))
end

-- 1.10: who may write where. Of a handle on the volume ...
local function may_write_volume(handle, offset, length)
  local volume, instance = handle.volume, handle.instance
  return instance.fs == "raw" or instance.owner or handle.complete_dismount
    or offset + length <= volume.reserved or offset >= volume.fs_end
end

-- ... and of one on the disk below it.
local function may_write_disk(handle)
  local instance = handle.volume.instance
  return not instance or instance.fs == "raw" or instance.direct_writes
end

local function check_write(handle, offset, length)
  if not has(handle.access, "w") then
    return ACCESS_DENIED
  elseif not is_aligned(offset, length) then
    return INVALID_PARAMETER
  elseif handle.kind == "disk" then
    return may_write_disk(handle) and 0 or ACCESS_DENIED
  elseif not may_write_volume(handle, offset, length) then
    return ACCESS_DENIED
  end
  return (is_dead(handle) or is_offline(handle)) and NOT_READY or 0
end

function Model:write(handle, offset, data) -- luacheck: no self
  local code = check_write(handle, offset, #data)
  if code ~= 0 then
    return code
  end
  local length = math.max(0, math.min(#data, end_of(handle) - offset))
  if length == 0 then
    return 0, 0 -- success, and nothing is written
  end
  for at = 0, length - 1, M.SECTOR do
    handle.volume.written[(offset + at) // M.SECTOR] =
      data:sub(at + 1, at + M.SECTOR)
  end
  return 0, length
end

local FILE_INVALID = 1006

function Model:flush(handle) -- luacheck: no self
  if not has(handle.access, "w") then
    return ACCESS_DENIED
  elseif handle.kind == "volume" and handle.instance.dismounted then
    return FILE_INVALID -- X6
  end
  return is_dead(handle) and NOT_READY or 0
end

return M
