--- The machines that contract specs run on, and what stands on their volumes.
--
--   local machines = require "spec.support.machines"
--   machines.each(_ENV, function(lab)
--     it("L1: ...", function()
--       local machine = lab:start()
--
-- The body runs once for every kind of machine in `kinds`. `lab:start()` makes
-- one: D: is FAT, E: is NTFS, F: has no file system, each a disk of its own.
-- It is closed, and its folder removed, when the test ends.

local assert = require "luassert"
local btrfs = require "spec.support.btrfs"
local exfat = require "spec.support.exfat"
local helpers = require "spec.helpers"
local iso = require "spec.support.iso"
local kinds = require "spec.support.kinds"
local proc = require "spec.support.proc"
local sim_core = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local M = {}

--- What a status is called in Win32, and its number there: the column of
-- docs/rules.md 1.3 that callers see.
local WIN32 = {
  STATUS_ACCESS_DENIED = { 5, "ERROR_ACCESS_DENIED" },
  STATUS_BUFFER_OVERFLOW = { 234, "ERROR_MORE_DATA" },
  STATUS_BUFFER_TOO_SMALL = { 122, "ERROR_INSUFFICIENT_BUFFER" },
  STATUS_DEVICE_BUSY = { 170, "ERROR_BUSY" },
  STATUS_DEVICE_DATA_ERROR = { 23, "ERROR_CRC" },
  STATUS_DEVICE_DOES_NOT_EXIST = { 55, "ERROR_DEV_NOT_EXIST" },
  STATUS_DEVICE_NOT_CONNECTED = { 1167, "ERROR_DEVICE_NOT_CONNECTED" },
  STATUS_DEVICE_NOT_READY = { 21, "ERROR_NOT_READY" },
  STATUS_DISK_CORRUPT_ERROR = { 1393, "ERROR_DISK_CORRUPT" },
  STATUS_DISK_FULL = { 112, "ERROR_DISK_FULL" },
  STATUS_END_OF_FILE = { 38, "ERROR_HANDLE_EOF" },
  STATUS_FILE_CLOSED = { 6, "ERROR_INVALID_HANDLE" },
  STATUS_FILE_CORRUPT_ERROR = { 1392, "ERROR_FILE_CORRUPT" },
  STATUS_FILE_INVALID = { 1006, "ERROR_FILE_INVALID" },
  STATUS_INVALID_DEVICE_REQUEST = { 1, "ERROR_INVALID_FUNCTION" },
  STATUS_INVALID_FILE_FOR_SECTION = { 193, "ERROR_BAD_EXE_FORMAT" },
  STATUS_INVALID_PARAMETER = { 87, "ERROR_INVALID_PARAMETER" },
  STATUS_MAPPED_FILE_SIZE_ZERO = { 1006, "ERROR_FILE_INVALID" },
  STATUS_INFO_LENGTH_MISMATCH = { 24, "ERROR_BAD_LENGTH" },
  STATUS_INVALID_USER_BUFFER = { 1784, "ERROR_INVALID_USER_BUFFER" },
  STATUS_MEDIA_WRITE_PROTECTED = { 19, "ERROR_WRITE_PROTECT" },
  STATUS_NO_MEDIA_IN_DEVICE = { 21, "ERROR_NOT_READY" },
  STATUS_NONEXISTENT_SECTOR = { 27, "ERROR_SECTOR_NOT_FOUND" },
  STATUS_DIRECTORY_NOT_EMPTY = { 145, "ERROR_DIR_NOT_EMPTY" },
  STATUS_NOT_A_DIRECTORY = { 267, "ERROR_DIRECTORY" },
  STATUS_NOT_LOCKED = { 158, "ERROR_NOT_LOCKED" },
  STATUS_NOT_SUPPORTED = { 50, "ERROR_NOT_SUPPORTED" },
  STATUS_OBJECT_NAME_COLLISION = { 183, "ERROR_ALREADY_EXISTS" },
  STATUS_OBJECT_NAME_INVALID = { 123, "ERROR_INVALID_NAME" },
  STATUS_OBJECT_NAME_NOT_FOUND = { 2, "ERROR_FILE_NOT_FOUND" },
  STATUS_OBJECT_TYPE_MISMATCH = { 6, "ERROR_INVALID_HANDLE" },
  STATUS_OBJECT_PATH_NOT_FOUND = { 3, "ERROR_PATH_NOT_FOUND" },
  STATUS_SHARING_VIOLATION = { 32, "ERROR_SHARING_VIOLATION" },
  STATUS_UNRECOGNIZED_VOLUME = { 1005, "ERROR_UNRECOGNIZED_VOLUME" },
  STATUS_UNSUCCESSFUL = { 31, "ERROR_GEN_FAILURE" },
  STATUS_VERIFY_REQUIRED = { 1110, "ERROR_MEDIA_CHANGED" },
  STATUS_VOLUME_DISMOUNTED = { 21, "ERROR_NOT_READY" },
  STATUS_WRONG_VOLUME = { 34, "ERROR_WRONG_DISK" },
}

--- Checks that the values are a refusal with this NTSTATUS and the Win32 code
-- that belongs to it. Returns the details and the message.
function M.refused(status, ...)
  local win32 = assert(WIN32[status], "the table above lacks " .. status)
  local message, info = helpers.refused(win32[2], ...)
  assert.equal(status, info.status_name, message)
  assert.equal(win32[1], info.win32, message)
  return info, message
end

--- busted's `finally` keeps one function; this keeps all, and runs the last
-- one first, each of them whatever the others do.
function M.cleanup(finally)
  local list = {}
  finally(function()
    local problem
    for i = #list, 1, -1 do
      local ok, message = pcall(list[i])
      problem = problem or (not ok and message)
    end
    if problem then
      error(problem, 0)
    end
  end)
  return function(f)
    list[#list + 1] = f
  end
end

-- ---- contents ---------------------------------------------------------------

--- Every volume called "fat" or "exfat" holds these files, "ntfs" those without a folder.
M.FILES = {
  ["a.txt"] = "alpha\n",
  ["long file name.txt"] = ("a longer text\n"):rep(1000),
  ["Some Dir/file name.txt"] = "in a folder\n",
}

M.FAT_SIZE = 1 << 20
M.NTFS_SIZE = 4 << 20
--- The FAT volume is larger than its file system.
M.FAT_VOLUME_SIZE = M.FAT_SIZE + (64 << 10)
M.RAW_SIZE = 1 << 20
M.BTRFS_SIZE = 1 << 20

local function put(path, data)
  local file = assert(io.open(path, "wb"))
  assert(file:write(data))
  assert(file:close())
end

M.put = put

--- Runs a command that must succeed; returns its output.
function M.sh(format, ...)
  local command = format:format(...)
  local output, code = proc.run(command)
  assert(code == 0, ("%s: exit %d: %s"):format(command, code, output))
  return output
end

-- These change the process that they start.
local NOT_FROM_HERE = { mount = true, setpriv = true, unshare = true }

--- Programs that are not there, as the reason to skip; nil when all are.
function M.missing(...)
  for _, program in ipairs { ... } do
    if proc.windows and NOT_FROM_HERE[program] then
      return program .. " of the host does not reach programs under Wine"
    end
    if not proc.has(program) then
      return program .. " is not installed"
    end
  end
end

local make = {}

function make.fat(folder)
  local image = folder .. "/fat.img"
  M.sh("mkfs.fat -C -F 12 -n OLD -i 1234ABCD %s %d", image, M.FAT_SIZE >> 10)
  M.sh("mmd -i %s '::Some Dir'", image)
  for name, data in pairs(M.FILES) do
    put(folder .. "/file", data)
    M.sh("mcopy -i %s %s/file '::%s'", image, folder, name)
  end
  return image
end

-- Of the same size as FAT, with the same files.
function make.exfat(folder)
  local image = folder .. "/exfat.img"
  M.sh("truncate -s %d %s", M.FAT_SIZE, image)
  M.sh("mkfs.exfat -b 4K -c 4K -L OLD %s", image)
  put(image, exfat(proc.slurp(image), M.FILES))
  M.sh("fsck.exfat -n %s", image)
  return image
end

function make.ntfs(folder)
  local image = folder .. "/ntfs.img"
  M.sh("truncate -s %d %s", M.NTFS_SIZE, image)
  M.sh("mkfs.ntfs -q -F -f -L DATA -p 0 -H 255 -S 63 -s 512 %s", image)
  for name, data in pairs(M.FILES) do
    if not name:find("/", 1, true) then
      put(folder .. "/file", data)
      M.sh("ntfscp -q %s %s/file '%s'", image, folder, name)
    end
  end
  return image
end

-- Of a CD, the files that its names allow.
function make.cdfs(folder)
  put(folder .. "/cd.iso", iso { label = "MY_CD",
    files = { ["A.TXT;1"] = M.FILES["a.txt"] } })
  return folder .. "/cd.iso"
end

-- Nothing is on it but what it is recognised by.
function make.btrfs(folder)
  put(folder .. "/btrfs.img", btrfs { label = "DATA", size = M.BTRFS_SIZE })
  return folder .. "/btrfs.img"
end

local contents = {}

--- The bytes of a volume with this file system ("fat", "exfat", "ntfs", "cdfs",
-- "btrfs")
-- and FILES, as far as they go there.
function M.content(name)
  if not contents[name] then
    local cleaners = {}
    local folder = tempdir(function(f)
      cleaners[#cleaners + 1] = f
    end)
    local ok, image = pcall(make[name], folder)
    contents[name] = ok and proc.slurp(image)
    cleaners[1]()
    assert(ok, image)
  end
  return contents[name]
end

-- The twelfth sector is the sum of the eleven in front of it, but for the fields
-- that change while a volume is in use.
local function with_exfat_sum(region)
  local sum = 0
  for i = 1, 11 * 512 do
    if i ~= 107 and i ~= 108 and i ~= 113 then
      sum = ((sum << 31 | sum >> 1) + region:byte(i)) & 0xFFFFFFFF
    end
  end
  return region:sub(1, 11 * 512) .. ("<I4"):pack(sum):rep(128)
    .. region:sub(12 * 512 + 1)
end

--- The start of a volume as another one of the same kind has it: the serial
-- number differs. An exFAT has a sum of its boot region, 12 sectors: pass all of
-- it, or more; of others the boot sector is enough.
function M.other_serial(boot)
  local kind = boot:sub(4, 8)
  local at = kind == "NTFS " and 0x48 or kind == "EXFAT" and 0x64 or 0x27
  boot = boot:sub(1, at) .. "\x11\x22\x33\x44" .. boot:sub(at + 5)
  return kind == "EXFAT" and with_exfat_sum(boot) or boot
end

-- ---- kinds of machines --------------------------------------------------------

--- Those that can be made with given disks: see spec/support/kinds.lua.
M.kinds = {}
for _, kind in ipairs(kinds.list) do
  M.kinds[#M.kinds + 1] = kind.disks and kind or nil
end

--- A simulated machine in a folder, which is closed when the test ends.
-- @return what `sim.create` returns
function M.create(defer, folder, options)
  local machine, message, code, info = require "ntvol.sim".create(folder,
    options)
  if machine then
    defer(function()
      machine:close()
    end)
  end
  return machine, message, code, info
end

-- ---- a machine for one test -----------------------------------------------------

local lab_methods = {}
lab_methods.__index = lab_methods

local function default_disks()
  return {
    { size = M.FAT_VOLUME_SIZE, volumes = { { letter = "D:", content = "fat" } } },
    { size = M.NTFS_SIZE, volumes = { { letter = "E:", content = "ntfs" } } },
    { size = M.RAW_SIZE, volumes = { { letter = "F:" } } },
  }
end

-- W2: what the system uses cannot be filled through its disk; so a volume gets
-- these flags when it is filled.
local function take_flags(volume)
  if not volume.content
    or not (volume.system or volume.boot or volume.pagefile) then
    return nil
  end
  local flags = {}
  for _, name in ipairs { "system", "boot", "pagefile", "readonly", "busy" } do
    flags[name], volume[name] = volume[name], nil
  end
  return flags
end

--- The specification without our field `content`, and what belongs on which volume.
-- `unfilled`: it is for a machine that `fill` is not called for.
function M.split(disks, unfilled)
  local plain, wanted = {}, {}
  for i, disk in ipairs(disks) do
    local copy = {}
    for key, value in pairs(disk) do
      copy[key] = value
    end
    copy.volumes = {}
    for j, volume in ipairs(disk.volumes or {}) do
      local one = {}
      for key, value in pairs(volume) do
        one[key] = value
      end
      wanted[#wanted + 1] = { disk = i - 1, flags = not unfilled and take_flags(one) or nil,
        content = one.content }
      one.content = nil
      copy.volumes[j] = one
    end
    plain[i] = copy
  end
  return plain, wanted
end

--- Puts it there, through the disk, while nothing is mounted.
function M.fill(machine, wanted)
  local volumes = assert(machine:volumes())
  for i, one in ipairs(wanted) do
    if one.content then
      local disk <close> = assert(machine:open("PhysicalDrive" .. one.disk))
      local data = M.content(one.content)
      local offset = volumes[i].extents[1].offset
      assert.equal(one.disk, volumes[i].extents[1].disk)
      assert.equal(#data, disk:write(offset, data))
      if one.flags then
        assert(sim_core.set_flags(machine, volumes[i].guid_path, one.flags))
      end
    end
  end
end

--- Makes the machine of this test and connects to it. Without `disks` it is the
-- default one; `content = "fat"` or "ntfs" in a volume fills it.
function lab_methods:start(disks)
  local plain, wanted = M.split(disks or default_disks())
  self.machine = self.kind.create(self.defer, { disks = plain })
  self.defer(function()
    self.machine:close()
  end)
  M.fill(self.machine, wanted)
  self:trail()
  return self.machine
end

--- Opens something that must open; it stays referenced until the test ends.
function lab_methods:open(name, options)
  local handle = assert(self.machine:open(name, options))
  self.handles[#self.handles + 1] = handle
  return handle
end

--- Opens something that must be refused with this status.
function lab_methods:refuses(status, name, options)
  return M.refused(status, self.machine:open(name, options))
end

--- The events since the last call, as "LOCK; UNLOCK": those of file systems
-- unless another kind is named, and of one volume when it is named.
function lab_methods:trail(kind, target)
  local names = {}
  for _, event in ipairs(assert(self.machine:events(self.seen))) do
    self.seen = event.id
    if event.kind == (kind or "volume") and (target or event.target) == event.target then
      names[#names + 1] = event.name
    end
  end
  return table.concat(names, "; ")
end

--- Runs `body(lab)` for every kind, within a `describe`. Pass `_ENV`.
function M.each(env, body)
  for _, kind in ipairs(M.kinds) do
    env.describe("on a " .. kind.name .. ":", function()
      local reason =
        M.missing("mkfs.fat", "mmd", "mcopy", "mkfs.ntfs", "ntfscp")
      if reason then
        env.pending(reason)
        return
      end
      local lab = setmetatable({ kind = kind }, lab_methods)
      local finish
      env.before_each(function()
        helpers.start()
        lab.handles, lab.seen = {}, 0
        lab.defer = M.cleanup(function(f)
          finish = f
        end)
      end)
      env.after_each(function()
        finish()
        lab.machine, lab.handles = nil, nil
        helpers.finish()
      end)
      body(lab)
    end)
  end
end

return M
