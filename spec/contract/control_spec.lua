-- Control codes by name and by number, unknown codes, and the queries with
-- their exact values. Layouts: docs/rules.md 4.4; arithmetic: 4.1.

local core = require "ntvol.core"
local machines = require "spec.support.machines"

local refused = machines.refused

local MIB = 1 << 20

-- EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, a basic data partition, as a GUID lies
-- in memory: three little-endian numbers, then bytes.
local BASIC_DATA =
  "\xA2\xA0\xD0\xEB\xE5\xB9\x33\x44\x87\xC0\x68\xB6\xB7\x26\x99\xC7"

machines.each(_ENV, function(lab)
  local function partition_info(v)
    local out = assert(v:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144))
    assert.equal(144, #out)
    local style, start, length, number, rewrite =
      string.unpack("<I4xxxxi8i8I4B", out)
    return {
      style = style, start = start, length = length, number = number,
      rewrite = rewrite,
    }, out:sub(33)
  end

  describe("a code", function()
    it("4.2: has a name and a number, and both work", function()
      lab:start()
      local numbers = {
        FSCTL_LOCK_VOLUME = 0x00090018,
        FSCTL_UNLOCK_VOLUME = 0x0009001C,
        FSCTL_DISMOUNT_VOLUME = 0x00090020,
        IOCTL_VOLUME_ONLINE = 0x0056C008,
        IOCTL_VOLUME_OFFLINE = 0x0056C00C,
      }
      local order = {
        "FSCTL_LOCK_VOLUME", "FSCTL_UNLOCK_VOLUME", "FSCTL_DISMOUNT_VOLUME",
        "IOCTL_VOLUME_OFFLINE", "IOCTL_VOLUME_ONLINE",
      }
      for _, by in ipairs { "name", "number" } do
        local v = lab:open "D:"
        lab:trail()
        for _, name in ipairs(order) do
          assert.equal(numbers[name], core.codes[name])
          assert.equal("", v:control(by == "name" and name or numbers[name]))
        end
        assert(v:close())
        assert.equal("LOCK; UNLOCK; DISMOUNT", lab:trail())
        lab:open("D:"):close()
      end
    end)

    it("obs 34: ignores buffers that it does not need", function()
      lab:start()
      local v = lab:open "D:"
      for _, name in ipairs {
        "FSCTL_LOCK_VOLUME", "FSCTL_DISMOUNT_VOLUME", "FSCTL_UNLOCK_VOLUME",
        "IOCTL_VOLUME_OFFLINE", "IOCTL_VOLUME_ONLINE",
      } do
        assert.equal("", v:control(name, ("junk"):rep(100), 4096))
      end
    end)

    it("obs 37: that the file system does not know is refused", function()
      lab:start()
      local unknown = core.ctl_code(9, 0x7FF, 0, 0)
      for _, name in ipairs { "D:", "E:", "D:\\a.txt" } do
        local info = refused("STATUS_INVALID_DEVICE_REQUEST",
          lab:open(name):control(unknown))
        assert.equal("unsupported", info.class)
        assert.equal("control 0x91FFC", info.op)
      end
      refused("STATUS_INVALID_DEVICE_REQUEST",
        lab:open("D:"):control "FSCTL_GET_NTFS_VOLUME_DATA")
    end)

    it("L19, 9.4: that RAW does not know is a wrong parameter", function()
      lab:start()
      local unknown = core.ctl_code(9, 0x7FF, 0, 0)
      for _, name in ipairs { "F:", "PhysicalDrive0" } do
        refused("STATUS_INVALID_PARAMETER", lab:open(name):control(unknown))
        refused("STATUS_INVALID_PARAMETER",
          lab:open(name):control "FSCTL_IS_VOLUME_MOUNTED")
      end
    end)

    it("that no driver knows is refused", function()
      lab:start()
      for _, device in ipairs { 0x56, 0x07, 0x2D, 0x4D, 0x1234 } do
        local code = core.ctl_code(device, 0x7FF, 0, 0)
        for _, name in ipairs { "D:", "F:", "PhysicalDrive0" } do
          local info = refused("STATUS_INVALID_DEVICE_REQUEST",
            lab:open(name):control(code))
          assert.equal("unsupported", info.class)
        end
      end
    end)

    it("I14: needs the rights that its number names", function()
      lab:start()
      for access = 0, 3 do
        local code = core.ctl_code(0x56, 0x7FF, 0, access)
        for word, held in pairs { none = 0, r = 1, w = 2, rw = 3 } do
          local v = lab:open("F:", { access = word })
          refused(held & access == access and "STATUS_INVALID_DEVICE_REQUEST"
            or "STATUS_ACCESS_DENIED", v:control(code))
        end
      end
    end)

    it("I14: needs exactly these two rights, and no other gives them", function()
      lab:start()
      local rights = { "read_data", "write_data", "append_data", "read_ea",
        "write_ea", "traverse", "read_attributes", "write_attributes", "delete",
        "read_control", "write_dac", "write_owner", "synchronize" }
      local bits = { read_data = 1, write_data = 2 }
      local function check(name, list, held)
        local v = lab:open(name, { access = list })
        for access = 0, 3 do
          local code = core.ctl_code(0x56, 0x7FF, 0, access)
          refused(held & access == access and "STATUS_INVALID_DEVICE_REQUEST"
            or "STATUS_ACCESS_DENIED", v:control(code))
        end
        assert(v:close())
      end
      for _, name in ipairs { "D:", "F:", "PhysicalDrive0" } do
        check(name, {}, 0)
        for _, right in ipairs(rights) do
          check(name, { right }, bits[right] or 0)
          if not bits[right] then
            check(name, { right, "read_data" }, 1)
            check(name, { right, "write_data" }, 2)
          end
        end
        check(name, { "read_data", "write_data" }, 3)
      end
    end)

    it("that nobody listed raises by name", function()
      lab:start()
      local v = lab:open "D:"
      assert.is_false(pcall(v.control, v, "FSCTL_NO_SUCH_CODE"))
      assert.is_false(pcall(v.control, v, -1))
      assert.is_false(pcall(v.control, v, 1 << 32))
      assert.is_false(pcall(v.control, v))
    end)
  end)

  describe("IOCTL_DISK_GET_LENGTH_INFO", function()
    it("answers the length of volume and disk", function()
      lab:start()
      for name, size in pairs {
        ["D:"] = machines.FAT_VOLUME_SIZE, ["E:"] = machines.NTFS_SIZE,
        ["F:"] = machines.RAW_SIZE,
        ["PhysicalDrive0"] = machines.FAT_VOLUME_SIZE,
      } do
        local v = lab:open(name)
        local out = assert(v:control("IOCTL_DISK_GET_LENGTH_INFO", "", 8))
        assert.equal(8, #out)
        assert.equal(size, (string.unpack("<i8", out)))
        assert.equal(size, v:size())
      end
    end)

    it("wants room for it, and the right to read", function()
      lab:start()
      refused("STATUS_BUFFER_TOO_SMALL",
        lab:open("D:"):control("IOCTL_DISK_GET_LENGTH_INFO", "", 7))
      refused("STATUS_BUFFER_TOO_SMALL",
        lab:open("D:"):control("IOCTL_DISK_GET_LENGTH_INFO"))
      refused("STATUS_ACCESS_DENIED",
        lab:open("D:", { access = "none" }):size())
    end)
  end)

  describe("IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS", function()
    local code = "IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS"

    it("answers disk, start and length", function()
      lab:start {
        { size = MIB }, { size = 16 * MIB, style = "gpt", volumes = {
          { letter = "D:", size = 4 * MIB }, { letter = "E:", size = 3 * MIB } } },
      }
      local v = lab:open "E:"
      local out = assert(v:control(code, "", 32))
      assert.equal(32, #out)
      local count, disk, start, length = string.unpack("<I4xxxxI4xxxxi8i8", out)
      assert.same({ 1, 1, 5 * MIB, 3 * MIB }, { count, disk, start, length })
      assert.same({ { disk = 1, offset = 5 * MIB, length = 3 * MIB } },
        v:extents())
      assert.same(v:extents(), v:info().extents)
    end)

    it("wants room for one extent", function()
      lab:start()
      for size = 0, 31, 31 do
        refused("STATUS_BUFFER_TOO_SMALL", lab:open("D:"):control(code, "", size))
      end
      assert.equal(32, #lab:open("D:"):control(code, "", 4096))
    end)

    it("needs no data access", function()
      lab:start()
      assert.equal(32, #lab:open("D:", { access = "none" }):control(code, "", 32))
    end)

    it("is not for disks", function()
      lab:start()
      refused("STATUS_INVALID_DEVICE_REQUEST", lab:open("PhysicalDrive0"):extents())
    end)
  end)

  describe("the geometry", function()
    it("is the usual translation of the disk", function()
      lab:start { { size = 100 * MIB, volumes = { { letter = "D:" } } } }
      local cylinders = 100 * MIB // (255 * 63 * 512)
      for _, name in ipairs { "D:", "PhysicalDrive0" } do
        local v = lab:open(name)
        assert.same({ cylinders = cylinders, heads = 255, sector_size = 512,
          sectors_per_track = 63, size = 100 * MIB }, v:geometry())
        local out = assert(v:control("IOCTL_DISK_GET_DRIVE_GEOMETRY", "", 24))
        assert.same({ cylinders, 12, 255, 63, 512, 25 },
          { string.unpack("<i8I4I4I4I4", out) })
        refused("STATUS_BUFFER_TOO_SMALL",
          v:control("IOCTL_DISK_GET_DRIVE_GEOMETRY", "", 23))
        local extended =
          assert(v:control("IOCTL_DISK_GET_DRIVE_GEOMETRY_EX", "", 40))
        assert.equal(out, extended:sub(1, 24))
        assert.equal(100 * MIB, (string.unpack("<i8", extended, 25)))
      end
    end)

    it("names a removable medium and large sectors", function()
      lab:start { { size = 8 * MIB, sector_size = 4096, removable = true,
        volumes = { { letter = "D:" } } } }
      local v = lab:open("D:", { access = "none" })
      local out = assert(v:control("IOCTL_DISK_GET_DRIVE_GEOMETRY", "", 24))
      assert.same({ 0, 11, 255, 63, 4096, 25 },
        { string.unpack("<i8I4I4I4I4", out) })
    end)
  end)

  describe("IOCTL_STORAGE_GET_DEVICE_NUMBER", function()
    it("pairs a volume with its disk and partition", function()
      lab:start {
        { size = MIB, volumes = { { letter = "D:" } } },
        { size = 16 * MIB, style = "mbr", volumes = {
          { letter = "E:", size = 4 * MIB }, { letter = "F:" } } },
      }
      for name, expected in pairs {
        ["D:"] = { 7, 0, 0 }, ["E:"] = { 7, 1, 1 }, ["F:"] = { 7, 1, 2 },
        ["PhysicalDrive0"] = { 7, 0, 0 }, ["PhysicalDrive1"] = { 7, 1, 0 },
      } do
        local v = lab:open(name, { access = "none" })
        assert.same({ type = expected[1], number = expected[2],
          partition = expected[3] }, v:device_number())
        local out = v:control("IOCTL_STORAGE_GET_DEVICE_NUMBER", "", 12)
        assert.equal(12, #out)
        local kind, number, partition = string.unpack("<I4I4I4", out)
        assert.same(expected, { kind, number, partition })
      end
    end)
  end)

  describe("IOCTL_DISK_GET_PARTITION_INFO_EX", function()
    it("says RAW for a disk without a table", function()
      lab:start()
      local info = partition_info(lab:open "D:")
      assert.same({ style = 2, start = 0, length = machines.FAT_VOLUME_SIZE,
        number = 0, rewrite = 0 }, info)
    end)

    it("describes an MBR partition", function()
      lab:start { { size = 16 * MIB, style = "mbr", volumes = {
        { letter = "D:", size = 4 * MIB }, { letter = "E:", size = 5 * MIB } } } }
      local info, mbr = partition_info(lab:open "E:")
      assert.same({ style = 0, start = 5 * MIB, length = 5 * MIB, number = 2,
        rewrite = 0 }, info)
      local kind, boot, recognised, hidden = string.unpack("<BBBxI4", mbr)
      assert.same({ 0x07, 0, 1, 5 * MIB // 512 },
        { kind, boot, recognised, hidden })
    end)

    it("describes a GPT partition", function()
      lab:start { { size = 16 * MIB, style = "gpt", volumes = {
        { letter = "D:", size = 4 * MIB }, { letter = "E:", size = 5 * MIB } } } }
      local info, gpt = partition_info(lab:open "E:")
      assert.same({ style = 1, start = 5 * MIB, length = 5 * MIB, number = 2,
        rewrite = 0 }, info)
      assert.equal(BASIC_DATA, gpt:sub(1, 16))
      assert.not_equal(("\0"):rep(16), gpt:sub(17, 32))
      assert.equal(0, (string.unpack("<I8", gpt, 33)))
      local _, other = partition_info(lab:open "D:")
      assert.not_equal(other:sub(17, 32), gpt:sub(17, 32))
    end)

    it("wants room for all of it", function()
      lab:start()
      refused("STATUS_BUFFER_TOO_SMALL",
        lab:open("D:"):control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 143))
    end)

    it("says RAW for the whole disk", function()
      lab:start { { size = 16 * MIB, style = "gpt" } }
      local info = partition_info(lab:open "PhysicalDrive0")
      assert.equal(0, info.start)
      assert.equal(16 * MIB, info.length)
      assert.equal(0, info.number)
    end)
  end)

  describe("a question by status", function()
    it("1.8: IS_OFFLINE answers by success or ERROR_GEN_FAILURE", function()
      lab:start()
      local v = lab:open "D:"
      refused("STATUS_UNSUCCESSFUL", v:control "IOCTL_VOLUME_IS_OFFLINE")
      assert.is_false(v:is_offline())
      assert(v:offline())
      assert.equal("", v:control "IOCTL_VOLUME_IS_OFFLINE")
      assert.is_true(v:is_offline())
    end)

    it("1.8: SUPPORTS_ONLINE_OFFLINE is yes for volumes", function()
      lab:start()
      local code = "IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE"
      assert.equal("", lab:open("D:"):control(code))
      refused("STATUS_INVALID_DEVICE_REQUEST",
        lab:open("PhysicalDrive0"):control(code))
    end)

    it("IS_WRITABLE is yes unless disk or volume are read-only", function()
      lab:start()
      assert.equal("", lab:open("D:"):control "IOCTL_DISK_IS_WRITABLE")
    end)
  end)
end)
