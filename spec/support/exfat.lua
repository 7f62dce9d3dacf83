--- Puts files and folders into the bytes of a new exFAT file system, as the
-- exFAT specification of Microsoft has them: mkfs.exfat makes empty ones, and
-- no program here copies into them. fsck.exfat judges the result.
--
--   local bytes = exfat(proc.slurp "new.img", {
--     ["a.txt"] = "alpha\n",
--     ["long file name.txt"] = text,
--     ["Some Dir/file name.txt"] = "in a folder\n",
--   })
--
-- What is longer than one cluster lies in every other cluster, by a chain in
-- the table; the rest is contiguous and needs none.

local END_OF_CHAIN = 0xFFFFFFFF
local DIRECTORY, ARCHIVE = 0x10, 0x20
local TIMESTAMP = (46 << 9 | 11 << 5 | 28) << 16 -- 2026-11-28, 00:00

local Volume = {}
Volume.__index = Volume

local SECTOR = 512

local function open(bytes)
  local fat, _, heap, _, root, _, _, _, shift = ("<I4I4I4I4I4I4I2I2xB")
    :unpack(bytes, 81)
  assert(bytes:byte(109) == 9, "a sector is not 512 bytes")
  local volume = setmetatable({ bytes = bytes, fat = fat * SECTOR,
    heap = heap * SECTOR, root = root, cluster = SECTOR << shift }, Volume)
  volume.next = root + 1
  volume.bitmap = volume:place(2) -- mkfs.exfat puts it first
  return volume
end

--- Where a cluster begins.
function Volume:place(cluster)
  return self.heap + (cluster - 2) * self.cluster
end

function Volume:read(offset, length)
  return self.bytes:sub(offset + 1, offset + length)
end

function Volume:write(offset, data)
  self.bytes = self.bytes:sub(1, offset) .. data
    .. self.bytes:sub(offset + #data + 1)
end

function Volume:use(cluster)
  local bit = cluster - 2
  local at = self.bitmap + bit // 8
  self:write(at, string.char(self:read(at, 1):byte() | 1 << bit % 8))
end

function Volume:link(cluster, to)
  self:write(self.fat + 4 * cluster, ("<I4"):pack(to))
end

--- Stores data. Returns its first cluster, 0 for none, and whether that begins
-- a chain.
function Volume:store(data)
  local count = (#data + self.cluster - 1) // self.cluster
  local first, step = self.next, count > 1 and 2 or 1
  for i = 0, count - 1 do
    local cluster = first + i * step
    self:use(cluster)
    self:write(self:place(cluster),
      data:sub(i * self.cluster + 1, (i + 1) * self.cluster))
    if count > 1 then
      self:link(cluster, i == count - 1 and END_OF_CHAIN or cluster + step)
    end
  end
  self.next = first + count * step
  return count > 0 and first or 0, count > 1
end

-- ---- directory entries --------------------------------------------------------

local function rotate(sum, byte)
  return ((sum & 1) << 15 | sum >> 1) + byte & 0xFFFF
end

local function to_utf16(name)
  return (name:gsub(".", "%0\0"))
end

local function name_hash(name)
  local hash = 0
  for byte in to_utf16(name:upper()):gmatch "." do
    hash = rotate(hash, byte:byte())
  end
  return hash
end

-- Over all but itself.
local function checksum(set)
  local sum = 0
  for i = 1, #set do
    if i ~= 3 and i ~= 4 then
      sum = rotate(sum, set:byte(i))
    end
  end
  return sum
end

local function name_entries(name)
  local text, count = to_utf16(name), (#name + 14) // 15
  text = text .. ("\0"):rep(30 * count - #text)
  return (text:gsub(("."):rep(30), "\xC1\0%0")), count
end

--- The entries of one file or folder.
local function entry_set(name, attributes, first, chained, length)
  local names, count = name_entries(name)
  local flags = first == 0 and 1 or chained and 1 or 3
  local stream = ("<BBxBI2xxI8xxxxI4I8"):pack(0xC0, flags, #name,
    name_hash(name), length, first, length)
  local function file(sum)
    return ("<BBI2I2xxI4I4I4"):pack(0x85, count + 1, sum, attributes,
      TIMESTAMP, TIMESTAMP, TIMESTAMP) .. ("\0"):rep(12)
  end
  local set = file(0) .. stream .. names
  return file(checksum(set)) .. stream .. names
end

function Volume:file(name, data)
  local first, chained = self:store(data)
  return entry_set(name, ARCHIVE, first, chained, #data)
end

-- A folder of these entries, which take one cluster.
function Volume:folder(name, entries)
  assert(#entries <= self.cluster)
  local first = self:store(entries .. ("\0"):rep(self.cluster - #entries))
  return entry_set(name, DIRECTORY, first, false, self.cluster)
end

-- Behind what mkfs.exfat put there.
function Volume:add_to_root(entries)
  local at = self:place(self.root)
  while self:read(at, 1) ~= "\0" do
    at = at + 32
  end
  assert(at + #entries <= self:place(self.root + 1))
  self:write(at, entries)
end

local function sorted(files)
  local paths = {}
  for path in pairs(files) do
    paths[#paths + 1] = path
  end
  table.sort(paths)
  return paths
end

return function(bytes, files)
  local volume = open(bytes)
  local root, folders = {}, {}
  for _, path in ipairs(sorted(files)) do
    local folder, name = path:match "^(.*)/([^/]+)$"
    local set = volume:file(name or path, files[path])
    if folder then
      folders[folder] = (folders[folder] or "") .. set
    else
      root[#root + 1] = set
    end
  end
  for _, folder in ipairs(sorted(folders)) do
    root[#root + 1] = volume:folder(folder, folders[folder])
  end
  volume:add_to_root(table.concat(root))
  return volume.bytes
end
