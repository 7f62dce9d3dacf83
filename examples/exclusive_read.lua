#!/usr/bin/env lua5.4
-- Reads a whole volume while nobody else can write to it, and prints a
-- checksum (Adler-32), as a backup would. Changes nothing.
--
--   lua5.4 examples/exclusive_read.lua D:

local USAGE = "usage: exclusive_read.lua [VOLUME]"
if arg[1] == "--help" or arg[1] == "-h" then
  print(USAGE)
  os.exit(0, true)
elseif #arg > 1 or not (arg[1] or "D:"):find "^[^-]" then
  io.stderr:write(USAGE, "\n")
  os.exit(2, true)
end

local ntvol = require "ntvol"

local name = arg[1] or "D:"
local PIECE = 64 * 1024

-- The machine that NTVOL_MACHINE names, else this computer, else a simulated
-- one in memory.
if not os.getenv("NTVOL_MACHINE") and not ntvol.machine() then
  ntvol.machine(assert(ntvol.sim.create(":memory:", {
    disks = { "8M:fat:D:OLD" },
  })))
end

-- Adler-32 (RFC 1950, section 8.2). The sums are reduced after 4096 bytes; 64
-- bits have room for the sums of many more.
local function adler32(data, a, b)
  for row = 1, #data, 4096 do
    local bytes = { data:byte(row, math.min(row + 4095, #data)) }
    for i = 1, #bytes do
      a = a + bytes[i]
      b = b + a
    end
    a, b = a % 65521, b % 65521
  end
  return a, b
end

local function checksum(volume)
  local a, b, offset, size = 1, 0, 0, assert(volume:size())
  while offset < size do
    local data = assert(volume:read(offset, math.min(PIECE, size - offset)))
    a, b = adler32(data, a, b)
    offset = offset + #data
    ntvol.progress_bar(offset, size)
  end
  return b << 16 | a, size
end

local sum, size = ntvol.with_exclusive_volume(name, function(volume)
  -- A file system may end before its volume does; this opens the rest, too.
  assert(volume:extended_io())
  return checksum(volume)
end, { access = "r" })
if not sum then
  io.stderr:write(size, "\n") -- the message
  os.exit(1, true)
end
print(("%s  %d bytes  adler32 %08x"):format(name, size, sum))
