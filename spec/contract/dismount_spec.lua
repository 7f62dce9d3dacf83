-- Dismounting: FSCTL_DISMOUNT_VOLUME, and what becomes of the handles. Rows D1
-- to D10, I1 to I11 of docs/rules.md 1.7 and 1.8.

local machines = require "spec.support.machines"

local refused = machines.refused

machines.each(_ENV, function(lab)
  local function start_with(flags)
    flags.letter, flags.content = "D:", "fat"
    return lab:start { { size = machines.FAT_VOLUME_SIZE, volumes = { flags } } }
  end

  describe("dismount", function()
    for _, letter in ipairs { "D:", "E:" } do
      it("D1: of locked " .. letter .. " succeeds", function()
        lab:start()
        local v = lab:open(letter)
        assert(v:lock())
        lab:trail()
        assert.is_true(v:dismount())
        assert.equal("DISMOUNT", lab:trail())
        assert.is_false(v:is_mounted())
        assert.is_true(v:is_locked())
        local info = v:info()
        assert.is_true(info.dismounted)
        assert.is_true(info.locked)
        assert.is_false(info.mounted)
      end)

      it("D2: without a lock is forced on " .. letter, function()
        lab:start()
        local v, w = lab:open(letter), lab:open(letter)
        local f = lab:open(letter .. "\\a.txt")
        local d = lab:open(letter .. "\\")
        lab:trail()
        assert.is_true(v:dismount())
        assert.equal("DISMOUNT", lab:trail())
        for _, dead in ipairs { { w:read(0, 512) }, { f:read(0, 10) },
          { f:write(0, "x") }, { f:flush() }, { d:flush() } } do
          local info = refused("STATUS_VOLUME_DISMOUNTED",
            table.unpack(dead, 1, 4))
          assert.equal("dismounted", info.reason)
          assert.equal("string", type(info.hint))
        end
        assert.is_false(f:is_mounted())
        assert.is_true(w:close())
        assert.is_true(f:close())
        assert.is_true(d:close())
      end)
    end

    it("D4: of what is dismounted is refused, in silence", function()
      lab:start()
      local v, w = lab:open "D:", lab:open "D:"
      assert(v:dismount())
      lab:trail()
      for _, handle in ipairs { v, w } do
        local info = refused("STATUS_VOLUME_DISMOUNTED", handle:dismount())
        assert.equal("dismounted", info.reason)
      end
      assert.equal("", lab:trail())
    end)

    for _, flag in ipairs { "system", "boot", "pagefile" } do
      it("D5: is refused on the " .. flag .. " volume, in silence", function()
        start_with { [flag] = true }
        local v = lab:open "D:"
        lab:trail()
        local info = refused("STATUS_ACCESS_DENIED", v:dismount())
        assert.equal(flag == "pagefile" and "page_file" or "system_volume",
          info.reason)
        assert.equal("permanent", info.class)
        assert.equal("", lab:trail())
        assert.is_true(v:is_mounted())
      end)
    end

    for _, path in ipairs { "D:\\a.txt", "D:\\", "E:\\a.txt" } do
      it("D6: is not for " .. path, function()
        lab:start()
        local f = lab:open(path)
        lab:trail()
        local info = refused("STATUS_INVALID_PARAMETER", f:dismount())
        assert.equal("not_a_volume", info.reason)
        assert.equal("", lab:trail())
        assert.is_true(f:is_mounted())
      end)
    end

    it("D6: needs the right to manage the volume", function()
      lab:start()
      local v = lab:open("D:", { access = { "traverse", "synchronize" } })
      lab:trail()
      local info = refused("STATUS_INVALID_PARAMETER", v:dismount())
      assert.equal("privilege", info.reason)
      assert.equal("", lab:trail())
    end)

    it("L13: does not reach the file system without data access", function()
      lab:start()
      lab:open "D:"
      lab:trail()
      local v = lab:open("D:", { access = "none" })
      refused("STATUS_INVALID_DEVICE_REQUEST", v:dismount())
      assert.equal("", lab:trail())
    end)

    it("D7: of a read-only volume succeeds", function()
      start_with { readonly = true }
      local v = lab:open "D:"
      lab:trail()
      assert(v:dismount())
      assert.equal("DISMOUNT", lab:trail())
    end)

    it("D9, 9.4 RAW: needs the lock, and changes nothing", function()
      lab:start()
      local v = lab:open "F:"
      local info = refused("STATUS_ACCESS_DENIED", v:dismount())
      assert.equal("not_locked", info.reason)
      assert(v:lock())
      assert.is_true(v:dismount())
      assert.is_true(v:dismount())
      refused("STATUS_ACCESS_DENIED", v:lock())
      lab:refuses("STATUS_ACCESS_DENIED", "F:")
      assert(v:unlock())
      lab:open "F:"
    end)

    it("9.4 disk: needs the lock, and leaves its volumes alone", function()
      lab:start()
      local f = lab:open "D:\\a.txt"
      local disk = lab:open "PhysicalDrive0"
      refused("STATUS_ACCESS_DENIED", disk:dismount())
      assert(disk:lock())
      assert(disk:dismount())
      assert.equal("alpha\n", f:read(0, 10))
    end)
  end)

  describe("after a dismount,", function()
    it("I3: its handle still reads and writes", function()
      lab:start()
      local sector = ("\xC3"):rep(512)
      local v = lab:open "D:"
      assert(v:dismount())
      assert.equal(512, v:write(512 << 10, sector))
      assert.equal(sector, v:read(512 << 10, 512))
      assert.is_true(v:flush())
    end)

    it("I4: other volume handles do not", function()
      lab:start()
      local sector = ("\xC3"):rep(512)
      local v, w = lab:open "D:", lab:open "D:"
      assert(v:dismount())
      refused("STATUS_VOLUME_DISMOUNTED", w:read(0, 512))
      -- The boot area passes the test of direct writes, which comes first.
      refused("STATUS_VOLUME_DISMOUNTED", w:write(0, sector))
      refused("STATUS_ACCESS_DENIED", w:write(512 << 10, sector))
      refused("STATUS_VOLUME_DISMOUNTED", w:flush())
    end)

    it("I5: files stay dead when the volume is mounted again", function()
      lab:start()
      local v, f = lab:open "D:", lab:open "D:\\a.txt"
      assert(v:dismount())
      assert(v:close())
      local again = lab:open "D:\\a.txt"
      assert.equal("alpha\n", again:read(0, 10))
      refused("STATUS_VOLUME_DISMOUNTED", f:read(0, 10))
      refused("STATUS_VOLUME_DISMOUNTED", f:write(0, "x"))
      assert.is_false(f:is_mounted())
      assert.is_true(again:is_mounted())
    end)

    it("I9: device codes still work, on every volume handle", function()
      lab:start()
      local v, w = lab:open "D:", lab:open "D:"
      assert(v:dismount())
      for _, handle in ipairs { v, w } do
        assert.equal(machines.FAT_VOLUME_SIZE, handle:size())
        assert.equal(0, handle:device_number().number)
        assert.equal(1, #handle:extents())
        assert.is_false(handle:is_offline())
        assert.is_true(handle:online())
      end
    end)

    it("the dead handles do not hinder the new instance", function()
      lab:start()
      local v, f, w = lab:open "D:", lab:open "D:\\a.txt", lab:open "D:"
      assert(v:dismount())
      assert(v:close())
      local x = lab:open "D:"
      lab:trail()
      assert(x:lock())
      assert(f:close())
      assert(w:close())
      assert.equal("LOCK", lab:trail())
      assert.is_true(x:is_locked())
    end)
  end)

  describe("a handle", function()
    it("I6: of a device that was removed answers FILE_INVALID", function()
      local machine = lab:start()
      local v, f = lab:open "D:", lab:open "D:\\a.txt"
      assert(machine:mask(0))
      for _, one in ipairs { { f:read(0, 10) }, { v:read(0, 512) },
        { f:flush() }, { v:lock() }, { v:control "FSCTL_IS_VOLUME_MOUNTED" } } do
        local info = refused("STATUS_FILE_INVALID", table.unpack(one, 1, 4))
        assert.equal("removed", info.reason)
      end
      refused("STATUS_DEVICE_DOES_NOT_EXIST", v:offline())
      refused("STATUS_DEVICE_DOES_NOT_EXIST", v:size())
      assert.is_true(f:close())
      assert.is_true(v:close())
    end)

    it("I7: of another file system than is there now answers WRONG_VOLUME", function()
      lab:start()
      local v, f = lab:open "D:", lab:open "D:\\a.txt"
      assert.equal(512, v:write(0, machines.other_serial(v:read(0, 512))))
      assert(v:close())
      lab:trail()
      assert.equal("4433-2211", lab:open("D:"):info().serial)
      assert.equal("MOUNT", lab:trail())
      local info = refused("STATUS_WRONG_VOLUME", f:read(0, 10))
      assert.equal("identity_changed", info.reason)
      refused("STATUS_WRONG_VOLUME", f:flush())
      refused("STATUS_WRONG_VOLUME", f:control "FSCTL_IS_VOLUME_MOUNTED")
      assert.is_false(f:is_mounted())
    end)

    it("I8: is verified by its first use, not only by the next open", function()
      lab:start()
      local v, f = lab:open "D:", lab:open "D:\\a.txt"
      assert.equal(512, v:write(0, machines.other_serial(v:read(0, 512))))
      assert(v:close())
      refused("STATUS_WRONG_VOLUME", f:read(0, 10))
    end)

    it("I8: is verified when the volume is asked about, too", function()
      lab:start()
      local v, f = lab:open "D:", lab:open "D:\\a.txt"
      assert.equal(512, v:write(0, machines.other_serial(v:read(0, 512))))
      assert(v:close())
      refused("STATUS_WRONG_VOLUME", f:control "FSCTL_IS_VOLUME_MOUNTED")
    end)

    it("I8: goes on when the file system is the same", function()
      lab:start()
      local v, f = lab:open "D:", lab:open "D:\\a.txt"
      assert.equal(512, v:write(0, v:read(0, 512)))
      assert(v:close())
      lab:trail()
      assert.equal("alpha\n", f:read(0, 10))
      lab:open "D:"
      assert.equal("", lab:trail())
    end)

    it("I10: of a file takes no device codes", function()
      lab:start()
      for _, path in ipairs { "D:\\a.txt", "D:\\" } do
        local f = lab:open(path)
        for _, code in ipairs {
          "IOCTL_VOLUME_ONLINE", "IOCTL_VOLUME_OFFLINE",
          "IOCTL_VOLUME_IS_OFFLINE", "IOCTL_STORAGE_GET_DEVICE_NUMBER",
        } do
          local info = refused("STATUS_INVALID_PARAMETER", f:control(code))
          assert.equal("not_a_volume", info.reason)
        end
      end
    end)

    it("I11: answers IS_VOLUME_MOUNTED while merely locked, on FAT", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:lock())
      assert.equal("", v:control "FSCTL_IS_VOLUME_MOUNTED")
      assert(v:dismount())
      refused("STATUS_VOLUME_DISMOUNTED", v:control "FSCTL_IS_VOLUME_MOUNTED")
    end)

    it("I12: counts as dismounted while locked, on NTFS", function()
      lab:start()
      local v = lab:open "E:"
      assert.is_true(v:is_mounted())
      assert(v:lock())
      refused("STATUS_VOLUME_DISMOUNTED", v:control "FSCTL_IS_VOLUME_MOUNTED")
    end)

    it("9.4 RAW: cannot be asked whether it is mounted", function()
      lab:start()
      refused("STATUS_INVALID_PARAMETER", lab:open("F:"):is_mounted())
      refused("STATUS_INVALID_PARAMETER", lab:open("PhysicalDrive2"):is_mounted())
    end)

    it("I13: raises when it is closed", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:close())
      for _, verb in ipairs { "lock", "unlock", "dismount", "online", "offline" } do
        assert.has_error(function()
          v[verb](v)
        end, "attempt to use a closed volume")
      end
    end)

    it("I14: needs the access bits of the code, whatever else holds", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:dismount())
      for _, access in ipairs { "r", "w", "none" } do
        -- Opens of the dismounted volume are refused, but not of a device.
        local name = access == "none" and "D:" or "E:"
        local w = lab:open(name, { access = access })
        refused("STATUS_ACCESS_DENIED", w:online())
        refused("STATUS_ACCESS_DENIED", w:offline())
      end
      refused("STATUS_ACCESS_DENIED", lab:open("E:", { access = "w" }):size())
    end)
  end)
end)
