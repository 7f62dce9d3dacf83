#!/usr/bin/env lua5.4
-- Lists volumes and disks of a machine. Changes nothing.
--
--   lua5.4 examples/list_volumes.lua
--   NTVOL_MACHINE=lab lua5.4 examples/list_volumes.lua

local USAGE = "usage: list_volumes.lua"
if arg[1] == "--help" or arg[1] == "-h" then
  print(USAGE)
  os.exit(0, true)
elseif #arg > 0 then
  io.stderr:write(USAGE, "\n")
  os.exit(2, true)
end

local ntvol = require "ntvol"

-- The machine that NTVOL_MACHINE names, else this computer, else a simulated
-- one in memory.
if not os.getenv("NTVOL_MACHINE") and not ntvol.machine() then
  ntvol.machine(assert(ntvol.sim.create(":memory:", { disks = {
    "64M:fat:D:OLD",
    "gpt:300M=100M:ntfs:E:DATA+rest:exfat:F:MEDIA",
  } })))
end

print("machine " .. assert(ntvol.machine()):name())
for _, disk in ipairs(assert(ntvol.disks())) do
  print(disk)
  for _, volume in ipairs(assert(ntvol.volumes())) do
    for _, extent in ipairs(volume.extents) do
      if extent.disk == disk.number then
        print("  " .. tostring(volume))
      end
    end
  end
end
