-- Whole disks: what they have to do with the volumes on them, and what not
-- (docs/rules.md 1.2, 1.10, 4.4, 9.4, F12).

local machines = require "spec.support.machines"

local refused = machines.refused

local MIB = 1 << 20
local SECTOR = ("x"):rep(512)

-- { u32 size, u8 persist, padding, u64 attributes, u64 mask, u32[4] }
local function attributes(value, mask)
  return string.pack("<I4Bxxxi8i8I4I4I4I4", 40, 0, value, mask, 0, 0, 0, 0)
end

machines.each(_ENV, function(lab)
  -- Two FAT volumes on one disk, room in front and behind, a RAW one between.
  local function start()
    lab:start {
      { size = 16 * MIB, style = "mbr", volumes = {
        { letter = "D:", size = MIB }, { letter = false, size = MIB },
        { letter = "E:", size = 2 * MIB } } },
    }
    local disk = lab:open "PhysicalDrive0"
    local content = machines.content "fat"
    assert.equal(#content, disk:write(MIB, content))
    assert.equal(#content, disk:write(3 * MIB, content))
    assert(disk:close())
    lab:trail()
  end

  describe("a disk", function()
    it("1.10: sector 0 and the gaps are free, the volumes are not", function()
      start()
      local v, w = lab:open "D:", lab:open "E:"
      assert.is_true(v:is_mounted())
      assert.is_true(w:is_mounted())
      local disk = lab:open "PhysicalDrive0"
      local table = disk:read(0, 512)
      assert.equal(512, disk:write(0, table))
      for _, offset in ipairs { 512, MIB - 512, 2 * MIB, 3 * MIB - 512, 5 * MIB,
        16 * MIB - 512 } do
        assert.equal(512, disk:write(offset, SECTOR), offset)
      end
      for _, offset in ipairs { MIB, MIB + 512, 2 * MIB - 512, 3 * MIB,
        5 * MIB - 512 } do
        refused("STATUS_ACCESS_DENIED", disk:write(offset, SECTOR))
      end
      refused("STATUS_ACCESS_DENIED", disk:write(MIB - 512, SECTOR:rep(2)))
      refused("STATUS_ACCESS_DENIED", disk:write(0, table .. SECTOR:rep(2048)))
      assert(v:lock())
      assert.equal(512, disk:write(MIB + 512, disk:read(MIB + 512, 512)))
      refused("STATUS_ACCESS_DENIED", disk:write(3 * MIB, SECTOR))
      assert(v:unlock())
      refused("STATUS_ACCESS_DENIED", disk:write(MIB + 512, SECTOR))
      assert(w:dismount())
      assert.equal(512, disk:write(3 * MIB, disk:read(3 * MIB, 512)))
    end)

    it("4.4: offline by its attribute is another thing than its volumes'", function()
      start()
      local v, f = lab:open "D:", lab:open("E:\\a.txt", { access = "r" })
      local disk = lab:open "PhysicalDrive0"
      local set = "IOCTL_DISK_SET_DISK_ATTRIBUTES"
      assert.equal("", disk:control(set, attributes(1, 1)))
      assert.equal(0, #lab.machine:volumes())
      refused("STATUS_FILE_INVALID", v:read(0, 512))
      refused("STATUS_FILE_INVALID", f:read(0, 6))
      lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", "D:")
      assert.equal(512, #disk:read(MIB, 512))
      assert.equal(512, disk:write(MIB, disk:read(MIB, 512)))
      assert.equal("disk", lab:open("PhysicalDrive0"):kind())
      assert.equal("", disk:control(set, attributes(0, 1)))
      assert.equal(3, #lab.machine:volumes())
      refused("STATUS_FILE_INVALID", v:read(0, 512))
      local w = lab:open "D:"
      assert.is_false(w:is_offline())
      assert(w:lock())
    end)

    it("4.4: read-only by its attribute, its volumes are so, too", function()
      start()
      local disk, v = lab:open "PhysicalDrive0", lab:open "D:"
      local f = lab:open "E:\\a.txt"
      local set = "IOCTL_DISK_SET_DISK_ATTRIBUTES"
      assert.equal("", disk:control(set, attributes(2, 2)))
      refused("STATUS_MEDIA_WRITE_PROTECTED", disk:write(0, disk:read(0, 512)))
      assert(v:lock())
      refused("STATUS_MEDIA_WRITE_PROTECTED", v:write(0, v:read(0, 512)))
      refused("STATUS_MEDIA_WRITE_PROTECTED", f:write(0, "ALPHA"))
      assert.equal("alpha", f:read(0, 5))
      for _, volume in ipairs(lab.machine:volumes()) do
        assert.is_true(volume.readonly)
      end
      assert(v:dismount())
      assert.equal("", disk:control(set, attributes(0, 2)))
      assert.equal(5, f:write(0, "ALPHA"))
    end)
  end)
end)
