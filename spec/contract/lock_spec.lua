-- Locking and unlocking: FSCTL_LOCK_VOLUME, FSCTL_UNLOCK_VOLUME and the lock by
-- share mode. Rows L1 to L20, U1 to U7 of docs/rules.md 1.5 and 1.6.

local machines = require "spec.support.machines"

local refused = machines.refused

machines.each(_ENV, function(lab)
  -- The disks of a machine with one FAT volume of this description.
  local function start_with(flags)
    flags.letter, flags.content = "D:", "fat"
    return lab:start { { size = machines.FAT_VOLUME_SIZE, volumes = { flags } } }
  end

  describe("lock", function()
    it("L1: succeeds when alone, and announces itself", function()
      lab:start()
      local v = lab:open "D:"
      assert.equal("MOUNT", lab:trail())
      local guard = assert(v:lock())
      assert.equal("LOCK", lab:trail())
      assert.is_true(guard:held())
      assert.is_true(v:is_locked())
      assert.is_true(v:info().locked)
      assert.is_true(v:is_mounted())
    end)

    it("L1: opens the whole volume for writing", function()
      lab:start()
      local v = lab:open "D:"
      local sector = ("\xA5"):rep(512)
      refused("STATUS_ACCESS_DENIED", v:write(512 << 10, sector))
      assert(v:lock())
      assert.equal(512, v:write(512 << 10, sector))
      assert.equal(sector, v:read(512 << 10, 512))
    end)

    for _, path in ipairs { "D:\\a.txt", "D:\\", "D:\\Some Dir" } do
      it("L2: is refused while " .. path .. " is open", function()
        lab:start()
        local v, f = lab:open "D:", lab:open(path, { access = "r" })
        lab:trail()
        local info = refused("STATUS_ACCESS_DENIED", v:lock())
        assert.equal("LOCK; LOCK_FAILED", lab:trail())
        assert.equal("in_use", info.reason)
        assert.equal("transient", info.class)
        assert.is_true(info.holders_complete)
        assert.equal(1, #info.holders)
        assert.is_true(info.holders[1].self)
        assert.is_false(v:is_locked())
        assert(f:close())
        assert(v:lock())
        assert.equal("LOCK", lab:trail())
      end)
    end

    it("L2: names the files that are in the way", function()
      lab:start()
      local v = lab:open "D:"
      lab:open "D:\\a.txt"
      lab:open "D:\\Some Dir\\file name.txt"
      local info, message = refused("STATUS_ACCESS_DENIED", v:lock())
      assert.equal("open file", info.holders[1].how)
      assert.equal("\\a.txt", info.holders[1].path)
      assert.equal("open file", info.holders[2].how)
      assert.equal("\\Some Dir\\file name.txt", info.holders[2].path)
      assert(message:find("open file \\a.txt", 1, true), message)
      assert.equal("string", type(info.hint))
    end)

    for _, share in ipairs { "rw", "rwd" } do
      it("L3: is refused by another volume handle, share " .. share, function()
        lab:start()
        local v = lab:open("D:", { share = share })
        local w = lab:open("D:", { access = "r", share = share })
        lab:trail()
        local info = refused("STATUS_ACCESS_DENIED", v:lock())
        assert.equal("in_use", info.reason)
        assert.equal("volume handle", info.holders[1].how)
        refused("STATUS_ACCESS_DENIED", w:lock())
        assert.equal("LOCK; LOCK_FAILED; LOCK; LOCK_FAILED", lab:trail())
      end)
    end

    it("L4: does not count handles without data access", function()
      lab:start()
      local v = lab:open "D:"
      lab:open("D:", { access = "none" })
      lab:open("D:", { access = { "read_control" } })
      lab:trail()
      assert(v:lock())
      assert.equal("LOCK", lab:trail())
    end)

    it("L6: is refused on a volume with a page file", function()
      start_with { pagefile = true }
      local v = lab:open "D:"
      lab:trail()
      local info = refused("STATUS_ACCESS_DENIED", v:lock())
      assert.equal("page_file", info.reason)
      assert.equal("permanent", info.class)
      assert.equal("LOCK; LOCK_FAILED", lab:trail())
    end)

    for _, flag in ipairs { "system", "boot" } do
      it("L7: is refused on the " .. flag .. " volume", function()
        start_with { [flag] = true }
        local v = lab:open "D:"
        lab:trail()
        local info = refused("STATUS_ACCESS_DENIED", v:lock())
        assert.equal("system_volume", info.reason)
        assert.equal("permanent", info.class)
        assert.equal("LOCK; LOCK_FAILED", lab:trail())
      end)
    end

    it("L8: succeeds on a read-only volume", function()
      start_with { readonly = true }
      local v = lab:open "D:"
      lab:trail()
      assert(v:lock())
      assert.equal("LOCK", lab:trail())
      refused("STATUS_MEDIA_WRITE_PROTECTED", v:write(0, ("x"):rep(512)))
      assert(v:dismount())
    end)

    it("L9: does not nest", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:lock())
      lab:trail()
      local info = refused("STATUS_ACCESS_DENIED", v:lock())
      assert.equal("LOCK; LOCK_FAILED", lab:trail())
      assert.equal("already_locked", info.reason)
      assert.equal("permanent", info.class)
      assert.is_true(v:is_locked())
    end)

    for _, path in ipairs { "D:\\a.txt", "D:\\", "E:\\a.txt", "E:\\" } do
      it("L11: is not for " .. path, function()
        lab:start()
        local f = lab:open(path)
        lab:trail()
        local info = refused("STATUS_INVALID_PARAMETER", f:lock())
        assert.equal("not_a_volume", info.reason)
        assert.equal("", lab:trail())
      end)
    end

    it("L12: needs the right to manage the volume", function()
      lab:start()
      local v = lab:open("D:", {
        access = { "read_attributes", "synchronize", "traverse" },
      })
      assert.equal("volume", v:kind())
      assert.equal("MOUNT", lab:trail())
      local info = refused("STATUS_INVALID_PARAMETER", v:lock())
      assert.equal("privilege", info.reason)
      assert.equal("", lab:trail())
    end)

    it("L13: does not reach the file system without data access", function()
      lab:start()
      local v = lab:open("D:", { access = "none" })
      refused("STATUS_INVALID_DEVICE_REQUEST", v:lock())
      assert.equal("", lab:trail())
    end)

    it("L14: needs no write access", function()
      lab:start()
      local v = lab:open("D:", { access = "r" })
      lab:trail()
      assert(v:lock())
      assert.equal("LOCK", lab:trail())
    end)

    it("L15: asks for no share mode", function()
      lab:start()
      for _, share in ipairs { "", "r", "w", "d", "rw" } do
        local v = lab:open("D:", { share = share })
        lab:trail()
        assert(v:lock())
        assert.equal("LOCK", lab:trail())
        assert(v:close())
      end
    end)

    it("L16: succeeds after a dismount on the same handle", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:dismount())
      lab:trail()
      assert(v:lock())
      assert.equal("LOCK", lab:trail())
    end)

    it("L16: is refused after a dismount while files are open", function()
      lab:start()
      local v = lab:open "D:"
      local f = lab:open "D:\\a.txt"
      assert(v:dismount())
      lab:trail()
      refused("STATUS_ACCESS_DENIED", v:lock())
      assert.equal("LOCK; LOCK_FAILED", lab:trail())
      assert(f:close())
      assert(v:lock())
    end)

    it("9.4 RAW: does not nest, and needs to be alone", function()
      lab:start()
      local v = lab:open "F:"
      refused("STATUS_NOT_LOCKED", v:unlock())
      assert(v:lock())
      refused("STATUS_ACCESS_DENIED", v:lock())
      lab:refuses("STATUS_ACCESS_DENIED", "F:")
      assert(v:unlock())
      local w = lab:open "F:"
      refused("STATUS_ACCESS_DENIED", v:lock())
      assert(w:close())
      assert(v:lock())
    end)

    it("9.4 disk: leaves the volumes on the disk alone", function()
      lab:start()
      local f = lab:open "D:\\a.txt"
      local disk = lab:open "PhysicalDrive0"
      lab:trail()
      refused("STATUS_NOT_LOCKED", disk:unlock())
      assert(disk:lock())
      refused("STATUS_ACCESS_DENIED", disk:lock())
      lab:refuses("STATUS_ACCESS_DENIED", "PhysicalDrive0")
      assert(disk:dismount())
      assert.equal("alpha\n", f:read(0, 100))
      assert.is_true(lab:open("D:"):is_mounted())
      assert.equal("", lab:trail("volume", "D:"))
      assert(disk:unlock())
      lab:open "PhysicalDrive0"
    end)
  end)

  describe("the lock by share mode", function()
    it("1.5: keeps others out, and is not a lock to unlock (U4)", function()
      lab:start()
      local v = lab:open("D:", { share = "" })
      assert.equal("MOUNT", lab:trail())
      local info = lab:refuses("STATUS_ACCESS_DENIED", "D:")
      assert.equal("locked_by_other", info.reason)
      lab:refuses("STATUS_ACCESS_DENIED", "D:", { access = "r" })
      lab:refuses("STATUS_ACCESS_DENIED", "D:\\a.txt")
      lab:open("D:", { access = "none" })
      refused("STATUS_NOT_LOCKED", v:unlock())
      assert.is_false(v:is_locked())
      assert.is_false(v:info().locked)
      assert.equal("", lab:trail())
    end)

    it("1.5: ends with an UNLOCK event although no LOCK was sent", function()
      lab:start()
      local v = lab:open("D:", { share = "" })
      lab:trail()
      assert(v:close())
      assert.equal("UNLOCK", lab:trail())
      lab:open "D:"
    end)

    it("1.5: is ended by an explicit lock and unlock", function()
      lab:start()
      local v = lab:open("D:", { share = "" })
      lab:trail()
      assert(v:lock())
      assert(v:unlock())
      assert.equal("LOCK; UNLOCK", lab:trail())
      lab:open "D:"
      assert(v:close())
      assert.equal("", lab:trail())
    end)

    it("1.5: with write access, sharing for reading is dropped", function()
      lab:start()
      local r = lab:open("D:", { access = "r" })
      lab:refuses("STATUS_SHARING_VIOLATION", "D:", { share = "r" })
      assert(r:close())
      lab:open("D:", { share = "r" })
      lab:refuses("STATUS_ACCESS_DENIED", "D:", { access = "r" })
    end)

    it("1.5: without sharing, any open handle is in the way", function()
      lab:start()
      for _, name in ipairs { "D:", "D:\\a.txt", "D:\\" } do
        local other = lab:open(name, { access = "r", share = "rwd" })
        local info = lab:refuses("STATUS_SHARING_VIOLATION", "D:",
          { access = "r", share = "" })
        assert.equal("in_use", info.reason)
        assert.equal(1, #info.holders)
        assert(other:close())
      end
      lab:open("D:", { access = "r", share = "" })
    end)

    it("1.5: sharing for reading, only writers are in the way", function()
      lab:start()
      for _, name in ipairs { "D:", "D:\\a.txt" } do
        local writer = lab:open(name, { share = "rwd" })
        lab:refuses("STATUS_SHARING_VIOLATION", "D:",
          { access = "r", share = "r" })
        assert(writer:close())
      end
      lab:open("D:", { access = "r" })
      lab:open("D:\\a.txt", { access = "r" })
      lab:open("D:", { access = "r", share = "r" })
      lab:refuses("STATUS_ACCESS_DENIED", "D:", { access = "r" })
    end)

    it("1.10: allows direct writes to the volume, not to its disk", function()
      lab:start()
      local sector = ("\x5A"):rep(512)
      local v = lab:open("D:", { share = "" })
      assert.equal(512, v:write(512 << 10, sector))
      local disk = lab:open "PhysicalDrive0"
      refused("STATUS_ACCESS_DENIED", disk:write(512 << 10, sector))
    end)

    it("1.5: holds on NTFS too", function()
      lab:start()
      local v = lab:open("E:", { share = "" })
      lab:refuses("STATUS_ACCESS_DENIED", "E:")
      refused("STATUS_NOT_LOCKED", v:unlock())
      lab:trail()
      assert(v:close())
      assert.equal("UNLOCK", lab:trail())
      -- U7: a lock by share mode does not remount.
      lab:open "E:"
      assert.equal("", lab:trail())
    end)

    it("9.4 RAW: is not there", function()
      lab:start()
      local v = lab:open("F:", { share = "" })
      local w = lab:open("F:", { share = "" })
      refused("STATUS_ACCESS_DENIED", v:lock())
      assert(w:close())
      assert(v:close())
      assert.equal("LOCK; LOCK_FAILED", lab:trail())
    end)
  end)

  describe("unlock", function()
    it("U1: ends the lock, then announces it", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:lock())
      lab:trail()
      assert.is_true(v:unlock())
      assert.equal("UNLOCK", lab:trail())
      assert.is_false(v:is_locked())
      assert.is_false(v:info().locked)
      lab:open "D:"
    end)

    it("U1: ends direct writes, by volume and by disk", function()
      lab:start()
      local sector = ("\x5A"):rep(512)
      local v, disk = lab:open "D:", lab:open "PhysicalDrive0"
      assert(v:lock())
      assert.equal(512, v:write(512 << 10, sector))
      assert.equal(512, disk:write(513 << 10, sector))
      assert(v:unlock())
      refused("STATUS_ACCESS_DENIED", v:write(512 << 10, sector))
      refused("STATUS_ACCESS_DENIED", disk:write(513 << 10, sector))
    end)

    it("U2: is refused when nothing is locked", function()
      lab:start()
      for _, name in ipairs { "D:", "E:", "F:" } do
        local v = lab:open(name)
        lab:trail()
        local info = refused("STATUS_NOT_LOCKED", v:unlock())
        assert.equal("not_locked", info.reason)
        assert.equal("", lab:trail())
      end
    end)

    it("U3: is refused to another handle, whatever the first holds", function()
      lab:start()
      local v, w = lab:open "D:", lab:open "D:"
      assert(v:dismount())
      assert(v:close())
      local x = lab:open "D:"
      assert(x:lock())
      lab:trail()
      refused("STATUS_NOT_LOCKED", w:unlock())
      assert.equal("", lab:trail())
      assert.is_true(x:is_locked())
      assert(x:unlock())
    end)

    it("U5: is not for files and directories", function()
      lab:start()
      for _, path in ipairs { "D:\\a.txt", "D:\\Some Dir", "E:\\" } do
        refused("STATUS_INVALID_PARAMETER", lab:open(path):unlock())
      end
    end)

    it("U5: needs the right to manage the volume", function()
      lab:start()
      local v = lab:open("D:", { access = { "traverse" } })
      lab:trail()
      refused("STATUS_INVALID_PARAMETER", v:unlock())
      assert.equal("", lab:trail())
    end)

    it("U6: succeeds after lock and dismount", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:lock())
      assert(v:dismount())
      lab:trail()
      assert.is_true(v:unlock())
      assert.equal("UNLOCK", lab:trail())
    end)

    it("U7: on NTFS ends the instance, and the next open mounts", function()
      lab:start()
      local v = lab:open "E:"
      assert(v:lock())
      lab:trail()
      assert(v:unlock())
      assert.is_false(v:is_mounted())
      refused("STATUS_VOLUME_DISMOUNTED", v:read(0, 512))
      local w = lab:open "E:"
      assert.is_true(w:is_mounted())
      assert.equal("UNLOCK; MOUNT", lab:trail())
    end)

    it("U7: on NTFS closing with the lock does not remount", function()
      lab:start()
      local v = lab:open "E:"
      assert(v:lock())
      lab:trail()
      assert(v:close())
      lab:open "E:"
      assert.equal("UNLOCK", lab:trail())
    end)
  end)
end)
