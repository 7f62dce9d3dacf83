--- The bytes of a volume that is recognised as btrfs: its superblock, with the
-- checksum, as the on-disk format is documented. Nothing else is on it.
--
--   put("b.img", btrfs { label = "DATA", size = 2 << 20 })

-- CRC-32C (Castagnoli), bit by bit: it runs over 4 KiB.
local function crc32c(data)
  local crc = 0xFFFFFFFF
  for i = 1, #data do
    crc = crc ~ data:byte(i)
    for _ = 1, 8 do
      crc = crc & 1 == 1 and (crc >> 1) ~ 0x82F63B78 or crc >> 1
    end
  end
  return crc ~ 0xFFFFFFFF
end

local PLACE, LENGTH = 64 << 10, 4096

-- Everything behind the checksum's 32 bytes.
local function fields(volume)
  local text = ("\x11"):rep(16) -- the file system's id
    .. string.pack("<I8I8", PLACE, 1) .. "_BHRfS_M"
    .. string.pack("<I8I8I8I8I8I8I8I8I8", 1, 0, 0, 0, 0, volume.size, 65536, 6, 1)
    .. string.pack("<I4I4I4I4I4", 4096, 16384, 16384, 4096, 0)
    .. ("\0"):rep(4 * 8 + 2 + 3) .. ("\0"):rep(98)
    .. volume.label
  return text .. ("\0"):rep(LENGTH - 32 - #text)
end

return function(volume)
  local body = fields(volume)
  local super = string.pack("<I4", crc32c(body)) .. ("\0"):rep(28) .. body
  return ("\0"):rep(PLACE) .. super
    .. ("\0"):rep(volume.size - PLACE - LENGTH)
end
