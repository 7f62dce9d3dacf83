--- Volumes with a file system that other programs made and other programs check.
--
--   local volumes = require "spec.support.volumes"
--   volumes.write(disk, 0, volumes.bytes "fat16")
--   local image = volumes.image(lab)             -- a file with its bytes now

local assert = require "luassert"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local M = {}

local sh = machines.sh

--- What a volume of a kind has: FILE is /A.BIN on FAT and NTFS.
M.FILE = ("the quick brown fox\n"):rep(3500)

local function put_file(folder)
  local path = folder .. "/file"
  machines.put(path, M.FILE)
  return path
end

local function fat(width, kib)
  return function(folder, image)
    sh("mkfs.fat -C -F %d -s 1 -n OLD -i 1234ABCD %s %d", width, image, kib)
    sh("mcopy -i %s %s ::A.BIN", image, put_file(folder))
  end
end

local make = {
  fat12 = fat(12, 1024),
  fat16 = fat(16, 8192),
  fat32 = fat(32, 34816),
  exfat = function(_, image)
    sh("truncate -s 8M %s", image)
    sh("mkfs.exfat %s", image)
  end,
  ntfs = function(folder, image)
    sh("truncate -s 4M %s", image)
    sh("mkfs.ntfs -q -F -f -p 0 -H 255 -S 63 -s 512 %s", image)
    sh("ntfscp -q %s %s A.BIN", image, put_file(folder))
  end,
}

M.ALL = { "fat12", "fat16", "fat32", "exfat", "ntfs" }

--- What there is of each file system.
M.KINDS = { fat = { "fat12", "fat16", "fat32" }, exfat = { "exfat" },
  ntfs = { "ntfs" } }

--- Programs that are not there, as a reason to skip.
function M.missing()
  return machines.missing("mkfs.fat", "mcopy", "mshowfat", "fsck.fat",
    "mkfs.exfat", "dump.exfat", "fsck.exfat", "mkfs.ntfs", "ntfscp",
    "ntfsinfo", "ntfscluster", "ntfsfix", "sfdisk")
end

local bytes = {}

-- A folder for the time of `body`.
local function in_folder(body)
  local clean
  local folder = tempdir(function(f)
    clean = f
  end)
  local ok, result = pcall(body, folder)
  clean()
  assert(ok, result)
  return result
end

--- The bytes of a volume, as another program made it.
function M.bytes(name)
  bytes[name] = bytes[name] or in_folder(function(folder)
    local image = folder .. "/volume.img"
    make[name](folder, image)
    return proc.slurp(image)
  end)
  return bytes[name]
end

local PIECE = 1 << 16
local EMPTY = ("\0"):rep(PIECE)

--- Writes what is not zero into an empty disk.
function M.write(disk, offset, data)
  for at = 1, #data, PIECE do
    local piece = data:sub(at, at + PIECE - 1)
    if piece ~= EMPTY then
      assert.equal(#piece, disk:write(offset + at - 1, piece))
    end
  end
end

--- The bytes of disk 0, as a file that lives until the test ends.
function M.image(lab)
  local path = tempdir(lab.defer) .. "/disk.img"
  local disk <close> = assert(lab.machine:open "PhysicalDrive0")
  local file <close> = assert(io.open(path, "wb"))
  local size = disk:size()
  for at = 0, size - 1, PIECE do
    local data = assert(disk:read(at, math.min(PIECE, size - at)))
    assert(file:write(data))
  end
  return path
end

--- Output of a program, whatever its exit status is.
function M.output(format, ...)
  return (proc.run(format:format(...)))
end

return M
