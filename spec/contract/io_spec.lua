-- Reading and writing: direct writes beside volumes (docs/rules.md 1.10), alignment,
-- ends and extended DASD (1.11). Who may write where stands in spec/conformance.

local machines = require "spec.support.machines"

local refused = machines.refused

local SECTOR = 512
local FS_END = machines.FAT_SIZE             -- of D:, where its FAT ends
local VOLUME_END = machines.FAT_VOLUME_SIZE  -- of D:
local DATA = 512 << 10                       -- in the data area of D: and E:

machines.each(_ENV, function(lab)
  local function bytes(text, count)
    return text:rep(count or SECTOR)
  end

  describe("1.10 a direct write", function()
    for _, style in ipairs { "mbr", "gpt" } do
      it("to the gaps of a disk is free, style " .. style, function()
        lab:start { { size = 8 << 20, style = style, volumes = {
          { letter = "D:", size = 2 << 20, content = "fat" },
          { letter = "E:", size = 2 << 20, content = "fat" },
        } } }
        local d, e = lab:open "D:", lab:open "E:"
        local disk = lab:open "PhysicalDrive0"
        local one, two = d:extents()[1], e:extents()[1]
        assert.equal(SECTOR, disk:write(0, disk:read(0, SECTOR)))
        assert.equal(SECTOR, disk:write(one.offset - SECTOR, bytes "g"))
        refused("STATUS_ACCESS_DENIED", disk:write(one.offset, bytes "g"))
        refused("STATUS_ACCESS_DENIED",
          disk:write(one.offset - SECTOR, bytes("g", 2 * SECTOR)))
        refused("STATUS_ACCESS_DENIED",
          disk:write(one.offset + one.length - SECTOR, bytes "g"))
        local gap = two.offset + two.length
        assert.equal(SECTOR, disk:write(gap, bytes "g"))
        assert(d:lock())
        assert.equal(SECTOR, disk:write(one.offset + DATA, bytes "l"))
        assert.equal(bytes "l", d:read(DATA, SECTOR))
        local info = refused("STATUS_ACCESS_DENIED",
          disk:write(two.offset + DATA, bytes "l"))
        assert(info.detail:find("E:", 1, true))
      end)
    end
  end)

  describe("1.11 alignment:", function()
    it("obs 39: offsets and lengths are whole sectors, or it raises", function()
      lab:start()
      for _, name in ipairs { "D:", "E:", "F:", "PhysicalDrive0" } do
        local v = lab:open(name)
        for _, wrong in ipairs { { 7, 512 }, { 0, 100 }, { 256, 512 } } do
          assert.is_false(pcall(v.read, v, wrong[1], wrong[2]))
        end
        assert.is_false(pcall(v.write, v, 1, bytes "a"))
        assert.is_false(pcall(v.write, v, 0, "short"))
        assert.is_false(pcall(v.read, v, -512, 512))
        assert.is_false(pcall(v.read, v, 0, -512))
        assert.is_false(pcall(v.read, v, math.maxinteger - 511, 1024))
      end
    end)

    it("of a disk with large sectors is 4096", function()
      lab:start { { size = 4 << 20, sector_size = 4096,
        volumes = { { letter = "G:" } } } }
      for _, name in ipairs { "G:", "PhysicalDrive0" } do
        local v = lab:open(name)
        assert.equal(4096, v:sector_size())
        assert.is_false(pcall(v.read, v, 512, 4096))
        assert.is_false(pcall(v.read, v, 0, 512))
        assert.equal(4096, #v:read(4096, 4096))
        assert.equal(4096, v:write(8192, bytes("a", 4096)))
      end
    end)

    it("of files is 1", function()
      lab:start()
      local f = lab:open("D:\\a.txt", { access = "r" })
      assert.equal("lph", f:read(1, 3))
    end)

    it("zero bytes are read and written anywhere", function()
      lab:start()
      local v = lab:open "D:"
      for _, offset in ipairs { 0, FS_END, VOLUME_END, VOLUME_END << 10 } do
        assert.equal("", v:read(offset, 0))
      end
      assert.equal(0, v:write(0, ""))
    end)
  end)

  describe("1.11 the end:", function()
    it("a read at or past the end of FAT meets the end of file", function()
      lab:start()
      local v = lab:open "D:"
      for _, offset in ipairs { FS_END, VOLUME_END - SECTOR, VOLUME_END,
        1 << 50 } do
        refused("STATUS_END_OF_FILE", v:read(offset, SECTOR))
      end
      assert.equal(SECTOR, #v:read(FS_END - SECTOR, SECTOR))
    end)

    it("a read across the end of FAT is clipped", function()
      lab:start()
      local v = lab:open "D:"
      assert.equal(SECTOR, #v:read(FS_END - SECTOR, 8 * SECTOR))
      assert.equal(FS_END, #v:read(0, VOLUME_END))
    end)

    it("a write past the end of FAT writes nothing, and succeeds", function()
      lab:start()
      local v = lab:open "D:"
      for _, lock in ipairs { false, true } do
        if lock then
          assert(v:lock())
        end
        assert.equal(0, v:write(FS_END, bytes "a"))
        assert.equal(0, v:write(VOLUME_END, bytes "a"))
      end
      local disk = lab:open("PhysicalDrive0", { access = "r" })
      assert.equal(bytes "\0", disk:read(FS_END, SECTOR))
    end)

    it("a write across the end of FAT is clipped without a word", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:lock())
      assert.equal(SECTOR, v:write(FS_END - SECTOR, bytes("a", 4 * SECTOR)))
      local disk = lab:open("PhysicalDrive0", { access = "r" })
      assert.equal(bytes "a" .. bytes "\0", disk:read(FS_END - SECTOR, 2 * SECTOR))
    end)

    it("is the same where FAT fills its volume", function()
      lab:start { { size = FS_END, volumes = {
        { letter = "D:", content = "fat" } } } }
      local v = lab:open "D:"
      assert(v:lock())
      refused("STATUS_END_OF_FILE", v:read(FS_END, SECTOR))
      assert.equal(0, v:write(FS_END, bytes "a"))
      assert.equal(SECTOR, v:write(FS_END - SECTOR, bytes("a", 4 * SECTOR)))
    end)

    it("of NTFS leaves its last sector to extended DASD", function()
      lab:start()
      local v = lab:open "E:"
      local last = machines.NTFS_SIZE - SECTOR
      refused("STATUS_END_OF_FILE", v:read(last, SECTOR))
      assert.equal(SECTOR, #v:read(last - SECTOR, 2 * SECTOR))
      assert.equal("", v:control "FSCTL_ALLOW_EXTENDED_DASD_IO")
      assert.equal("NTFS", v:read(last, SECTOR):sub(4, 7))
    end)

    it("extended DASD is for its handle only", function()
      lab:start()
      local v, w = lab:open "D:", lab:open "D:"
      assert.equal("", v:control "FSCTL_ALLOW_EXTENDED_DASD_IO")
      assert.equal(SECTOR, #v:read(VOLUME_END - SECTOR, SECTOR))
      assert.equal(VOLUME_END, #v:read(0, VOLUME_END + SECTOR))
      refused("STATUS_END_OF_FILE", v:read(VOLUME_END, SECTOR))
      refused("STATUS_END_OF_FILE", v:write(VOLUME_END, bytes "a"))
      refused("STATUS_END_OF_FILE", w:read(FS_END, SECTOR))
    end)

    it("extended DASD needs a volume handle and the right", function()
      lab:start()
      local code = "FSCTL_ALLOW_EXTENDED_DASD_IO"
      refused("STATUS_INVALID_PARAMETER", lab:open("D:\\a.txt"):control(code))
      refused("STATUS_INVALID_PARAMETER", lab:open("D:\\"):control(code))
      refused("STATUS_INVALID_PARAMETER",
        lab:open("D:", { access = { "traverse" } }):control(code))
      refused("STATUS_INVALID_DEVICE_REQUEST",
        lab:open("D:", { access = "none" }):control(code))
    end)

    it("of a RAW volume and of a disk is their length", function()
      lab:start()
      for _, name in ipairs { "F:", "PhysicalDrive2" } do
        local v = lab:open(name)
        local size = machines.RAW_SIZE
        assert.equal(SECTOR, v:write(size - SECTOR, bytes "e"))
        assert.equal(bytes "e", v:read(size - SECTOR, 16 * SECTOR))
        refused("STATUS_END_OF_FILE", v:read(size, SECTOR))
        refused("STATUS_END_OF_FILE", v:write(size, bytes "e"))
        refused("STATUS_END_OF_FILE",
          v:write(size - SECTOR, bytes("f", 2 * SECTOR)))
        assert.equal(bytes "e", v:read(size - SECTOR, SECTOR))
      end
    end)
  end)

  it("what one handle writes, every handle reads", function()
    lab:start()
    local v, w, disk = lab:open "F:", lab:open "F:", lab:open "PhysicalDrive2"
    for i, handle in ipairs { v, w, disk } do
      assert.equal(SECTOR, handle:write(i * SECTOR, bytes(tostring(i))))
    end
    for _, handle in ipairs { v, w, disk } do
      assert.equal(bytes "1" .. bytes "2" .. bytes "3",
        handle:read(SECTOR, 3 * SECTOR))
    end
  end)

  it("large transfers are whole", function()
    lab:start()
    local v = lab:open "F:"
    local block = {}
    for i = 1, machines.RAW_SIZE // SECTOR do
      block[i] = ("%08x"):format(i):rep(SECTOR // 8)
    end
    local data = table.concat(block)
    assert.equal(#data, v:write(0, data))
    assert.equal(data, v:read(0, #data))
    assert.equal(block[1000], v:read(999 * SECTOR, SECTOR))
  end)
end)
