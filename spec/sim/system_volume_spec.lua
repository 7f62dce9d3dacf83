-- W2: what the system runs from is in use before any script begins.

local helpers = require "spec.helpers"
local sim = require "ntvol.sim"

local SECTOR = ("\0"):rep(512)

describe("W2: a write through the disk", function()
  for _, flag in ipairs { "system", "boot", "pagefile" } do
    it("into a volume with the flag " .. flag .. " is refused, and changes"
      .. " nothing", function()
      local machine <close> = assert(sim.create(":memory:", { disks = {
        { size = "64M", style = "gpt", volumes = {
          { letter = "C:", fs = "ntfs", size = "32M", [flag] = true },
          { letter = "D:", fs = "raw" } } } } }))
      local disk <close> = assert(machine:open "PhysicalDrive0")
      local place = {}
      for i, volume in ipairs(assert(machine:volumes())) do
        place[i] = volume.extents[1].offset
      end
      for _, offset in ipairs { 0, 20 << 20, (32 << 20) - 512 } do
        local before = assert(disk:read(place[1] + offset, 512))
        local message, info = helpers.refused("ERROR_ACCESS_DENIED",
          disk:write(place[1] + offset, SECTOR))
        assert.equal("system_volume", info.reason)
        assert(message:find("volume C:", 1, true), message)
        assert.equal(before, assert(disk:read(place[1] + offset, 512)))
      end
      -- A write that reaches into it from before it.
      helpers.refused("ERROR_ACCESS_DENIED",
        disk:write(place[1] - 512, SECTOR:rep(2)))
      assert.equal(512, assert(disk:write(place[2], SECTOR)))
    end)
  end
end)
