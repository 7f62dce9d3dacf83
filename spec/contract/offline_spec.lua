-- Offline and online: IOCTL_VOLUME_OFFLINE, IOCTL_VOLUME_ONLINE. Rows F1 to F14
-- of docs/rules.md 1.8. Offline is a bit of the volume device, on another layer
-- than mounts and locks.

local machines = require "spec.support.machines"

local refused = machines.refused

machines.each(_ENV, function(lab)
  local sector = ("\x3C"):rep(512)

  -- A handle that dismounted the volume and took it offline.
  local function offline(letter)
    local v = lab:open(letter)
    assert(v:dismount())
    assert(v:offline())
    return v
  end

  describe("offline", function()
    it("F1: after a dismount, on the same handle", function()
      lab:start()
      local v = lab:open "D:"
      assert.is_false(v:is_offline())
      assert(v:lock())
      assert(v:dismount())
      lab:trail()
      assert.is_true(v:offline())
      assert.is_true(v:is_offline())
      assert.is_true(v:info().offline)
      assert(v:info().state:find("offline", 1, true))
      assert.equal("", lab:trail())
    end)

    it("section 2: has no event of the file system, but leaves a trace", function()
      lab:start()
      local v = offline "D:"
      assert(v:online())
      assert.equal("OFFLINE; ONLINE", lab:trail("state", "D:"))
    end)

    it("F2: needs a handle for reading and writing", function()
      lab:start()
      for _, access in ipairs {
        "r", "w", "none", { "read_data" }, { "write_data" },
      } do
        local v = lab:open("D:", { access = access })
        refused("STATUS_ACCESS_DENIED", v:offline())
        refused("STATUS_ACCESS_DENIED", v:online())
        assert.is_false(v:is_offline())
      end
      local v = lab:open("D:", { access = { "read_data", "write_data" } })
      assert.is_true(v:online())
      assert.is_true(v:offline())
    end)

    it("F3: without a dismount succeeds, and then I/O fails", function()
      lab:start()
      local v, f = lab:open "D:", lab:open "D:\\a.txt"
      assert.is_true(v:offline())
      assert.is_true(v:is_mounted())
      for _, one in ipairs { { v:read(0, 512) }, { f:read(0, 10) },
        { v:write(0, sector) } } do
        local info = refused("STATUS_DEVICE_NOT_READY", table.unpack(one, 1, 4))
        assert.equal("offline", info.reason)
        assert(info.hint:find("online", 1, true))
      end
      assert.is_true(v:online())
      assert.equal("alpha\n", f:read(0, 10))
      assert.equal(512, #v:read(0, 512))
    end)

    it("F4: twice is once", function()
      lab:start()
      local v = offline "D:"
      lab:trail("state")
      assert.is_true(v:offline())
      assert.equal("", lab:trail("state"))
      assert.is_true(v:is_offline())
    end)

    for _, flag in ipairs { "system", "boot", "pagefile" } do
      it("F5: is refused on the " .. flag .. " volume", function()
        lab:start { { size = machines.FAT_VOLUME_SIZE, volumes = {
          { letter = "D:", content = "fat", [flag] = true } } } }
        local v = lab:open "D:"
        local info = refused("STATUS_ACCESS_DENIED", v:offline())
        assert.equal(flag == "pagefile" and "page_file" or "system_volume",
          info.reason)
        assert.is_false(v:is_offline())
        assert.is_true(v:online())
      end)
    end

    it("F7: is not for a whole disk", function()
      lab:start()
      local disk = lab:open "PhysicalDrive0"
      refused("STATUS_INVALID_DEVICE_REQUEST", disk:offline())
      refused("STATUS_INVALID_DEVICE_REQUEST", disk:online())
      refused("STATUS_INVALID_DEVICE_REQUEST", disk:is_offline())
    end)

    it("is for RAW and NTFS volumes, too", function()
      lab:start()
      for _, letter in ipairs { "E:", "F:" } do
        local v = lab:open(letter)
        assert.is_true(v:offline())
        refused("STATUS_DEVICE_NOT_READY", v:read(0, 512))
        assert.is_true(v:online())
        assert.equal(512, #v:read(0, 512))
      end
    end)
  end)

  describe("while offline,", function()
    it("F9: the dismounting handle neither reads nor writes", function()
      lab:start()
      local v = offline "D:"
      for _, one in ipairs { { v:read(0, 512) }, { v:write(0, sector) },
        { v:write(512 << 10, sector) }, { v:flush() } } do
        local info = refused("STATUS_DEVICE_NOT_READY", table.unpack(one, 1, 4))
        assert.equal("offline", info.reason)
      end
    end)

    it("F10: queries that need no medium are answered", function()
      lab:start()
      local v = offline "D:"
      assert.is_true(v:is_offline())
      assert.equal("", v:control "IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE")
      assert.same({ { disk = 0, offset = 0, length = machines.FAT_VOLUME_SIZE } },
        v:extents())
      assert.same({ type = 7, number = 0, partition = 0 }, v:device_number())
      assert.equal(512, v:geometry().sector_size)
    end)

    it("F10: the length is not", function()
      lab:start()
      local info = refused("STATUS_DEVICE_NOT_READY", offline("D:"):size())
      assert.equal("offline", info.reason)
    end)

    it("F12: the disk reads and writes the same sectors", function()
      lab:start()
      offline "D:"
      local disk = lab:open "PhysicalDrive0"
      assert.equal(512, disk:write(512 << 10, sector))
      assert.equal(sector, disk:read(512 << 10, 512))
      assert.equal(machines.FAT_VOLUME_SIZE, disk:size())
    end)

    it("F13: nothing mounts it", function()
      local machine = lab:start()
      local v = offline "D:"
      assert(v:close())
      lab:trail()
      local w = lab:open "D:"
      assert(machine:volumes())
      assert(w:close())
      assert.equal("", lab:trail())
      for _, volume in ipairs(machine:volumes()) do
        if volume.name == "D:" then
          assert.is_true(volume.offline)
          assert.is_false(volume.mounted)
        end
      end
    end)

    it("is still offline when every handle is closed", function()
      lab:start()
      assert(offline("D:"):close())
      assert.is_true(lab:open("D:", { access = "none" }):is_offline())
    end)

    it("the other volumes are not", function()
      lab:start()
      offline "D:"
      local v = lab:open "E:"
      assert.is_false(v:is_offline())
      assert.equal("NTFS", v:read(0, 512):sub(4, 7))
    end)
  end)

  describe("online", function()
    it("does not mount; the next open does", function()
      lab:start()
      local v = offline "D:"
      lab:trail()
      assert.is_true(v:online())
      assert.is_false(v:is_offline())
      assert.is_false(v:is_mounted())
      assert.equal("", lab:trail())
      lab:refuses("STATUS_VOLUME_DISMOUNTED", "D:")
      assert(v:close())
      assert.is_true(lab:open("D:"):is_mounted())
      assert.equal("MOUNT", lab:trail())
    end)

    it("of what is online succeeds, in every state (obs 32)", function()
      lab:start()
      local v = lab:open "D:"
      assert.is_true(v:online())
      assert.is_true(v:online())
      assert(v:lock())
      assert.is_true(v:online())
      assert(v:dismount())
      assert.is_true(v:online())
      assert.equal("", lab:trail("state"))
      assert.is_true(v:is_locked())
    end)

    it("is possible on a handle that was opened while offline", function()
      lab:start()
      assert(offline("D:"):close())
      local v = lab:open "D:"
      assert.is_true(v:online())
      assert(v:close())
      lab:trail()
      assert.equal("alpha\n", lab:open("D:\\a.txt"):read(0, 10))
      assert.equal("MOUNT", lab:trail())
    end)

    it("F14: is sent to a volume that arrives", function()
      local machine = lab:start()
      assert(offline("D:"):close())
      assert(machine:mask(0))
      lab:trail("state")
      assert(machine:unmask(0))
      assert.is_false(lab:open("D:", { access = "none" }):is_offline())
      assert.is_true(lab:open("D:"):is_mounted())
    end)
  end)
end)
