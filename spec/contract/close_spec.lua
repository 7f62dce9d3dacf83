-- Closing: what the cleanup of a handle ends, and in which order. docs/rules.md
-- 1.8 "Close", and what follows from it for the next open.

local machines = require "spec.support.machines"

local refused = machines.refused

machines.each(_ENV, function(lab)
  it("close: releases an explicit lock (obs 9)", function()
    lab:start()
    local v = lab:open "D:"
    assert(v:lock())
    lab:trail()
    assert.is_true(v:close())
    assert.equal("UNLOCK", lab:trail())
    local w = lab:open "D:"
    refused("STATUS_NOT_LOCKED", w:unlock())
    assert(w:lock())
  end)

  it("close: finishes a dismount, then releases the lock", function()
    lab:start()
    local v = lab:open "D:"
    assert(v:lock())
    assert(v:dismount())
    lab:trail()
    assert(v:close())
    assert.equal("UNLOCK", lab:trail())
    local w = lab:open "D:"
    assert.equal("MOUNT", lab:trail())
    assert(w:lock())
  end)

  it("close: of another handle does not finish the dismount", function()
    lab:start()
    local v, w = lab:open "D:", lab:open "D:"
    assert(v:dismount())
    assert(w:close())
    lab:refuses("STATUS_VOLUME_DISMOUNTED", "D:")
    assert(v:close())
    lab:open "D:"
  end)

  it("close: of another handle does not release the lock", function()
    lab:start()
    local v = lab:open "D:"
    local w = lab:open("D:", { access = "none" })
    assert(v:lock())
    lab:trail()
    assert(w:close())
    assert.equal("", lab:trail())
    assert.is_true(v:is_locked())
    lab:refuses("STATUS_ACCESS_DENIED", "D:")
  end)

  it("close: twice is harmless", function()
    lab:start()
    local v = lab:open "D:"
    assert(v:lock())
    lab:trail()
    assert.is_true(v:close())
    assert.is_true(v:close())
    assert.equal("UNLOCK", lab:trail())
  end)

  it("close: of the machine closes what was opened on it", function()
    local machine = lab:start()
    local v, f = lab:open "D:", lab:open "E:\\a.txt"
    assert(v:lock())
    assert.is_true(machine:close())
    assert.equal("closed volume", require("ntvol.core").type(v))
    assert.equal("closed volume", require("ntvol.core").type(f))
  end)

  describe("a handle that wrote", function()
    local function rewrite(letter, options)
      local v = lab:open(letter)
      local boot = v:read(0, 512)
      if options.lock then
        assert(v:lock())
      end
      assert.equal(512, v:write(0, options.bytes or boot))
      assert(v:close())
      return boot
    end

    for _, letter in ipairs { "D:", "E:" } do
      it("close: has the volume verified, same on " .. letter, function()
        lab:start()
        lab:open(letter .. "\\a.txt")
        lab:trail()
        rewrite(letter, {})
        lab:open(letter)
        assert.equal("", lab:trail())
      end)

      it("close: a changed one is mounted anew on " .. letter, function()
        lab:start()
        local v = lab:open(letter)
        local old, boot = v:info().serial, v:read(0, 512)
        assert(v:close())
        lab:trail()
        rewrite(letter, { lock = true, bytes = machines.other_serial(boot) })
        local w = lab:open(letter)
        assert.equal("LOCK; UNLOCK; MOUNT", lab:trail())
        assert.not_equal(old, w:info().serial)
        assert.is_true(w:is_mounted())
      end)

      it("close: an erased one becomes RAW on " .. letter, function()
        lab:start()
        rewrite(letter, { lock = true, bytes = ("\0"):rep(512) })
        assert.equal("RAW", lab:open(letter):info().file_system)
        lab:refuses("STATUS_UNRECOGNIZED_VOLUME", letter .. "\\a.txt")
      end)
    end

    it("close: through the disk has its volumes verified", function()
      lab:start()
      lab:open("D:"):close()
      lab:trail()
      local disk = lab:open "PhysicalDrive0"
      assert.equal(512, disk:write(0, machines.other_serial(disk:read(0, 512))))
      assert(disk:close())
      lab:open "D:"
      assert.equal("MOUNT", lab:trail())
    end)

    it("close: on a RAW volume that is now FAT mounts it", function()
      lab:start()
      local v = lab:open "F:"
      assert.equal(machines.FAT_SIZE, v:write(0, machines.content "fat"))
      assert.equal("RAW", v:info().file_system)
      assert(v:close())
      lab:trail()
      local w = lab:open "F:"
      assert.equal("MOUNT", lab:trail())
      assert.equal("FAT12", w:info().file_system)
      assert.equal("OLD", w:label())
      local f = lab:open("F:\\a.txt", { access = "r" })
      assert.equal("alpha\n", f:read(0, 10))
    end)
  end)
end)
