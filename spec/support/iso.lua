--- A CD image: ISO 9660 (ECMA-119) with folders of files, as bytes.
--
--   local iso = require "spec.support.iso"
--   put("cd.iso", iso { label = "MY_CD", files = { ["A.TXT;1"] = "text" } })
--   put("cd.iso", iso { label = "MY_CD", files = { ["DIR/A.TXT;1"] = "text" },
--     joliet = { ["A folder/A long name.txt"] = "text" } })
--
-- Names are as the standard has them: upper case, and with a version; those of
-- Joliet are free, and a tree of their own. A folder is one sector of records.

local SECTOR = 2048
local FIRST = 19 -- sector behind the descriptors

local function both16(n)
  return string.pack("<I2>I2", n, n)
end

local function both32(n)
  return string.pack("<I4>I4", n, n)
end

local function pad(text, length, with)
  assert(#text <= length, "too long")
  return text .. (with or "\0"):rep(length - #text)
end

local function whole(text)
  return pad(text, (#text + SECTOR - 1) // SECTOR * SECTOR)
end

-- A directory record (9.1): 1 January 2020 at midnight.
local function record(name, sector, size, directory)
  local id = name .. (#name % 2 == 0 and "\0" or "")
  return string.char(33 + #id, 0) .. both32(sector) .. both32(size)
    .. string.char(120, 1, 1, 0, 0, 0, 0, directory and 2 or 0, 0, 0)
    .. both16(1) .. string.char(#name) .. id
end

-- ---- trees -------------------------------------------------------------------

-- { ["DIR/A.TXT;1"] = text } as folders in folders.
local function grow(files)
  local root = { folders = {}, files = {} }
  for path, data in pairs(files) do
    local at = root
    for name in path:gmatch("([^/]+)/") do
      at.folders[name] = at.folders[name] or { folders = {}, files = {} }
      at = at.folders[name]
    end
    at.files[path:match("[^/]+$")] = data
  end
  return root
end

local function sorted(list)
  local names = {}
  for name in pairs(list) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- Gives every folder and file its sectors, from `disc.next` on.
local function place(folder, disc)
  folder.sector, disc.next = disc.next, disc.next + 1
  for _, name in ipairs(sorted(folder.folders)) do
    place(folder.folders[name], disc)
  end
  folder.at = {}
  for _, name in ipairs(sorted(folder.files)) do
    folder.at[name] = disc.next
    disc.next = disc.next + (#folder.files[name] + SECTOR - 1) // SECTOR
  end
end

local function write(folder, parent, disc, encode)
  local records = record("\0", folder.sector, SECTOR, true)
    .. record("\1", parent.sector, SECTOR, true)
  for _, name in ipairs(sorted(folder.folders)) do
    local inner = folder.folders[name]
    records = records .. record(encode(name), inner.sector, SECTOR, true)
    write(inner, folder, disc, encode)
  end
  for _, name in ipairs(sorted(folder.files)) do
    local data = folder.files[name]
    records = records .. record(encode(name), folder.at[name], #data)
    if data ~= "" then
      disc.sectors[folder.at[name]] = whole(data)
    end
  end
  disc.sectors[folder.sector] = pad(records, SECTOR)
end

-- The folders of a tree as a path table (6.9) has them: level by level.
local function table_of(root, encode, format)
  local text, level, count = "", { { root, 1, "\0" } }, 0
  while #level > 0 do
    local deeper = {}
    for _, one in ipairs(level) do
      local folder, parent, id = one[1], one[2], one[3]
      count = count + 1
      text = text .. string.pack("<I1I1", #id, 0)
        .. string.pack(format, folder.sector, parent) .. id
        .. (#id % 2 == 1 and "\0" or "")
      for _, name in ipairs(sorted(folder.folders)) do
        deeper[#deeper + 1] = { folder.folders[name], count, encode(name) }
      end
    end
    level = deeper
  end
  return text
end

-- Returns the root's sector, both tables' sectors and their length.
local function add_tree(disc, files, encode)
  local root = grow(files)
  local little, big = disc.next, disc.next + 1
  disc.next = disc.next + 2
  place(root, disc)
  write(root, root, disc, encode)
  local data = table_of(root, encode, "<I4I2")
  disc.sectors[little] = pad(data, SECTOR)
  disc.sectors[big] = pad(table_of(root, encode, ">I4I2"), SECTOR)
  return { root = root.sector, little = little, big = big, length = #data }
end

-- ---- the disc ----------------------------------------------------------------

local function plain(name)
  return name
end

-- Joliet: big-endian UCS-2.
local function wide(text)
  local units = {}
  for _, code in utf8.codes(text) do
    units[#units + 1] = string.pack(">I2", code)
  end
  return table.concat(units)
end

-- A volume descriptor (8.4, 8.5).
local function descriptor(kind, label, tree, sectors, escape)
  local date = "2020010100000000\0"
  local never = ("0"):rep(16) .. "\0"
  local space = kind == 2 and "\0" or " "
  return pad(string.char(kind) .. "CD001\1\0" .. pad("", 32, space)
    .. pad(label, 32, space) .. pad("", 8) .. both32(sectors)
    .. pad(escape, 32) .. both16(1) .. both16(1)
    .. both16(SECTOR) .. both32(tree.length)
    .. string.pack("<I4I4>I4I4", tree.little, 0, tree.big, 0)
    .. record("\0", tree.root, SECTOR, true) .. pad("", 128 * 4 + 37 * 3, space)
    .. date .. date .. never .. never .. "\1\0", SECTOR)
end

return function(cd)
  local disc = { next = FIRST, sectors = {} }
  local tree = add_tree(disc, cd.files, plain)
  local joliet = cd.joliet and add_tree(disc, cd.joliet, wide)
  local parts = { ("\0"):rep(16 * SECTOR),
    descriptor(1, cd.label, tree, disc.next, "") }
  if joliet then
    parts[3] = descriptor(2, wide(cd.label), joliet, disc.next, "%/E")
  end
  parts[#parts + 1] = pad("\255CD001\1", SECTOR)
  if not joliet then
    parts[#parts + 1] = pad("", SECTOR)
  end
  local sector = FIRST
  while sector < disc.next do
    local data = disc.sectors[sector] or pad("", SECTOR)
    parts[#parts + 1] = data
    sector = sector + #data // SECTOR
  end
  return table.concat(parts)
end
