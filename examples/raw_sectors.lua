#!/usr/bin/env lua5.4
-- Prints sectors of a volume or disk in hexadecimal. Changes nothing.
--
--   lua5.4 examples/raw_sectors.lua D:          the first sector
--   lua5.4 examples/raw_sectors.lua 0 2048 1    one sector of a disk

local USAGE = "usage: raw_sectors.lua [NAME [FIRST [COUNT]]]"
local name = arg[1] or "D:"
local first = math.tointeger(tonumber(arg[2] or "0"))
local count = math.tointeger(tonumber(arg[3] or "1"))
if arg[1] == "--help" or arg[1] == "-h" then
  print(USAGE)
  os.exit(0, true)
elseif #arg > 3 or not name:find "^[^-]" or not first or not count
  or first < 0 or count < 1 then
  io.stderr:write(USAGE, "\n")
  os.exit(2, true)
end

local ntvol = require "ntvol"

if name:find("^%d+$") then
  name = "PhysicalDrive" .. name
end

-- The machine that NTVOL_MACHINE names, else this computer, else a simulated
-- one in memory.
if not os.getenv("NTVOL_MACHINE") and not ntvol.machine() then
  ntvol.machine(assert(ntvol.sim.create(":memory:", {
    disks = { "8M:fat:D:OLD" },
  })))
end

local function print_hex(data, offset)
  for at = 1, #data, 16 do
    local row = data:sub(at, at + 15)
    local hex = row:gsub(".", function(char)
      return ("%02x "):format(char:byte())
    end)
    print(("%010x  %-48s %s"):format(offset + at - 1, hex,
      (row:gsub("[^\x20-\x7e]", "."))))
  end
end

local volume <close> = assert(ntvol.open(name, { access = "r" }))
local sector = volume:sector_size()
local data = assert(volume:read(first * sector, count * sector))
print(volume)
print_hex(data, first * sector)
