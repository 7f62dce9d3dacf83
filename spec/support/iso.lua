--- A CD image: ISO 9660 (ECMA-119) with one folder of files, as bytes.
--
--   local iso = require "spec.support.iso"
--   put("cd.iso", iso { label = "MY_CD", files = { ["A.TXT;1"] = "text" } })
--
-- Names are as the standard has them: upper case, and with a version.

local SECTOR = 2048
local TABLE, TABLE_BIG, ROOT, DATA = 18, 19, 20, 21 -- sectors

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

local function descriptor(label, sectors)
  local date = "2020010100000000\0"
  local never = ("0"):rep(16) .. "\0"
  return pad("\1CD001\1\0" .. pad("", 32, " ") .. pad(label, 32, " ")
    .. pad("", 8) .. both32(sectors) .. pad("", 32) .. both16(1) .. both16(1)
    .. both16(SECTOR) .. both32(10) .. string.pack("<I4I4>I4I4", TABLE, 0, TABLE_BIG, 0)
    .. record("\0", ROOT, SECTOR, true) .. pad("", 128 * 4 + 37 * 3, " ")
    .. date .. date .. never .. never .. "\1\0", SECTOR)
end

return function(cd)
  local names, body = {}, {}
  for name in pairs(cd.files) do
    names[#names + 1] = name
  end
  table.sort(names)
  local folder = record("\0", ROOT, SECTOR, true)
    .. record("\1", ROOT, SECTOR, true)
  local next_sector = DATA
  for _, name in ipairs(names) do
    local data = whole(cd.files[name])
    folder = folder .. record(name, next_sector, #cd.files[name])
    body[#body + 1] = data
    next_sector = next_sector + #data // SECTOR
  end
  return ("\0"):rep(16 * SECTOR) .. descriptor(cd.label, next_sector)
    .. pad("\255CD001\1", SECTOR)
    .. pad(string.pack("<I1I1I4I2", 1, 0, ROOT, 1), SECTOR)
    .. pad(string.pack(">I1I1I4I2", 1, 0, ROOT, 1), SECTOR)
    .. pad(folder, SECTOR) .. table.concat(body)
end
