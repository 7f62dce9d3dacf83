--- Sizes as people write and read them. Units are powers of 1024, also "MB":
-- so it is for all tools that disks and volumes are managed with on Windows.
-- @module ntvol.size

local M = {}

local LETTERS = "KMGTPE"

local function unit_of(text)
  local letter = text:upper():match("^([KMGTPE])I?B?$")
  if letter then
    return 1 << (10 * LETTERS:find(letter, 1, true))
  end
  if text == "" or text:upper() == "B" or text == "bytes" then
    return 1
  end
end

-- The exact product of a number like 1.5 and a unit. It is nil when it is not a
-- whole number of bytes, or has more than 63 bits.
local function multiply(whole, fraction, unit)
  local bytes = math.tointeger(tonumber(whole))
  if not bytes or bytes > math.maxinteger // unit or #fraction > 6 then
    return nil
  end
  if fraction == "" then
    return bytes * unit
  end
  local digits = math.tointeger(tonumber(fraction))
  local part, scale = digits * unit, math.tointeger(10 ^ #fraction)
  if part < 0 or part // unit ~= digits or part % scale ~= 0 then
    return nil
  end
  local rest = part // scale
  return bytes * unit <= math.maxinteger - rest and bytes * unit + rest or nil
end

--- Reads a size: `"64M"`, `"64MB"`, `"64 MiB"`, `"1.5G"`, `"512"`. An integer is bytes
-- already.
-- @tparam string|integer text
-- @treturn[1] integer bytes
-- @treturn[2] nil
-- @treturn[2] string what is wrong with it
function M.parse(text)
  if math.type(text) == "integer" then
    if text < 0 then
      return nil, ("size %d is negative"):format(text)
    end
    return text
  end
  if type(text) ~= "string" then
    return nil, ("a size is a string or an integer, got %s"):format(type(text))
  end
  local whole, fraction, unit = text:match("^(%d+)%.?(%d*)%s*(%a*)$")
  local factor = unit and unit_of(unit)
  if not factor or text:find("%.%a*$") then
    return nil, ("'%s' is not a size; write 512, 64K, 64M, 1.5G, 2T")
      :format(text)
  end
  local bytes = multiply(whole, fraction, factor)
  if not bytes then
    return nil, ("size '%s' is too large or no whole number of bytes")
      :format(text)
  end
  return bytes
end

--- Writes a size: `"64 MiB"`, `"1.5 GiB"` (cut, not rounded), `"512 bytes"`.
-- @tparam integer bytes
-- @treturn string
function M.format(bytes)
  if bytes < 1024 then
    return ("%d bytes"):format(bytes)
  end
  local unit, index = 1024, 1
  while index < #LETTERS and bytes // unit >= 1024 do
    unit, index = unit * 1024, index + 1
  end
  local name = LETTERS:sub(index, index) .. "iB"
  if bytes % unit == 0 then
    return ("%d %s"):format(bytes // unit, name)
  end
  -- The product may need 64 bits; the shift treats it as unsigned.
  return ("%d.%d %s"):format(
    bytes // unit, bytes % unit * 10 >> (10 * index), name)
end

return M
