-- The life of handles that come from other handles: duplicates, with their guards, and
-- mapped files. What NT does with duplicates, with sections, and with codes through the
-- wrong system call, stands in spec/conformance.

local core = require "ntvol.core"
local machines = require "spec.support.machines"
local helpers = require "spec.helpers"

local refused = machines.refused

machines.each(_ENV, function(lab)
  local function duplicate(handle)
    local twin = assert(handle:duplicate())
    lab.handles[#lab.handles + 1] = twin
    return twin
  end

  local function map(file, options)
    local section = assert(file:map(options))
    lab.handles[#lab.handles + 1] = section
    return section
  end

  it("a machine that is closed closes what was opened on it", function()
    local machine = lab:start()
    local v, f = lab:open "D:", lab:open "E:\\a.txt"
    assert(v:lock())
    assert.is_true(machine:close())
    assert.equal("closed volume", core.type(v))
    assert.equal("closed volume", core.type(f))
  end)

  describe("a duplicate", function()
    it("1.2: is the same open object by another handle", function()
      lab:start()
      local v = lab:open "D:"
      local w = duplicate(v)
      assert.equal("volume", w:kind())
      assert.equal("D:", w:name())
      assert.equal(v:machine(), w:machine())
      assert.equal(v:read(0, 512), w:read(0, 512))
      assert(v:close())
      assert.equal(512, #assert(w:read(0, 512)))
    end)

    it("of a file keeps the file open, and is counted once", function()
      lab:start()
      local v, f = lab:open "D:", lab:open "D:\\a.txt"
      local g = duplicate(f)
      assert(f:close())
      assert.equal("alpha\n", g:read(0, 10))
      local info = refused("STATUS_ACCESS_DENIED", v:lock())
      assert.equal(1, #info.holders)
      assert(g:close())
      assert(v:lock())
    end)

    it("exists of every kind of handle", function()
      lab:start()
      for name, kind in pairs {
        ["PhysicalDrive0"] = "disk", ["E:\\"] = "directory", ["F:"] = "volume",
      } do
        local v = lab:open(name)
        local w = duplicate(duplicate(v))
        assert(v:close())
        assert.equal(kind, w:kind())
        assert(w:close())
      end
      local v = lab:open("D:", { access = "none" })
      assert.equal("device", duplicate(v):kind())
    end)

    it("of a locked handle refuses the removal until all are closed", function()
      lab:start()
      local v = lab:open "D:"
      local w = duplicate(v)
      assert(v:close())
      local info = refused("STATUS_DEVICE_BUSY", lab.machine:uninstall "D:")
      assert.equal(1, #info.holders)
      assert(w:close())
      assert(lab.machine:uninstall "D:")
    end)

    describe("and guards:", function()
      it("a guard ends when a duplicate unlocks", function()
        lab:start()
        local v = lab:open "D:"
        local w = duplicate(v)
        local guard = assert(v:lock())
        assert(w:unlock())
        assert.is_false(guard:held())
        assert.is_true(guard:unlock())
      end)

      it("a guard is not that of a later lock of a duplicate", function()
        lab:start()
        local v = lab:open "D:"
        local w, x = duplicate(v), duplicate(v)
        local guard = assert(v:lock())
        assert(w:unlock())
        local later = assert(x:lock())
        assert.is_false(guard:held())
        assert.is_true(guard:unlock())
        assert.is_true(later:held())
        assert.is_true(v:is_locked())
      end)

      it("nor when it was ended and begun by control codes", function()
        lab:start()
        local v = lab:open "D:"
        local w = duplicate(v)
        local guard = assert(v:lock())
        assert(w:control "FSCTL_UNLOCK_VOLUME")
        assert(w:control "FSCTL_LOCK_VOLUME")
        assert.is_false(guard:held())
        assert.is_true(w:is_locked())
      end)

      it("a guard unlocks while its own handle is open", function()
        lab:start()
        local v = lab:open "D:"
        local w = duplicate(v)
        local guard = assert(v:lock())
        assert(w:close())
        assert.is_true(guard:held())
        assert(guard:unlock())
        lab:open "D:"
      end)

      it("a guard whose handle was closed leaves the lock to the others", function()
        lab:start()
        local v = lab:open "D:"
        local w = duplicate(v)
        local guard = assert(v:lock())
        assert(v:close())
        assert.is_false(guard:held())
        assert.is_true(guard:unlock())
        assert.is_true(w:is_locked())
        assert(w:unlock())
      end)
    end)

    it("takes no arguments, and is not made of a closed handle", function()
      lab:start()
      local v = lab:open "D:"
      helpers.raises("duplicate", v.duplicate, v, {})
      v:close()
      helpers.raises("closed volume", v.duplicate, v)
    end)
  end)

  describe("a section", function()
    it("is read, and has a size", function()
      lab:start()
      local f = lab:open("D:\\long file name.txt", { access = "r" })
      local section = map(f)
      f:close()
      local text = machines.FILES["long file name.txt"]
      assert.equal(#text, section:size())
      assert.equal(text:sub(101, 300), section:read(100, 200))
      refused("STATUS_END_OF_FILE", section:read(#text, 1))
    end)

    it("answers everything else with its type", function()
      lab:start()
      local f = lab:open "D:\\a.txt"
      local section = map(f)
      for name, call in pairs {
        write = function() return section:write(0, "x") end,
        flush = function() return section:flush() end,
        lock = function() return section:lock() end,
        unlock = function() return section:unlock() end,
        dismount = function() return section:dismount() end,
        is_mounted = function() return section:is_mounted() end,
        info = function() return section:info() end,
        list = function() return section:list() end,
        map = function() return section:map() end,
        extents = function() return section:extents() end,
      } do
        assert.is_nil((call()), name)
        local info = refused("STATUS_OBJECT_TYPE_MISMATCH", call())
        assert.equal("section", info.reason, name)
        assert(info.hint, name)
      end
      local can = section:capabilities()
      for _, verb in ipairs { "lock", "write", "info", "control", "map", "list",
        "is_mounted", "extents" } do
        assert.is_false(can[verb], verb)
      end
      assert.is_true(can.read)
      assert.is_true(can.duplicate)
    end)

    it("takes the option image, a boolean, and no other", function()
      lab:start()
      local f = lab:open "D:\\a.txt"
      helpers.raises("image", f.map, f, { image = 1 })
      helpers.raises("size", f.map, f, { size = 1 })
      helpers.raises("map", f.map, f, {}, 1)
    end)
  end)

  describe("the system call of a code", function()
    local FSCTL, IOCTL = { entry = "fsctl" }, { entry = "ioctl" }

    it("the right one may be named", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:control("FSCTL_LOCK_VOLUME", "", 0, FSCTL))
      assert.is_true(v:is_locked())
      assert.equal(8, #assert(v:control("IOCTL_DISK_GET_LENGTH_INFO", "", 8, IOCTL)))
      assert(v:control("FSCTL_UNLOCK_VOLUME", "", 0, {}))
      helpers.raises("fsctl, ioctl", v.control, v, 1, "", 0, { entry = "nt" })
      helpers.raises("entry", v.control, v, 1, "", 0, { entri = "ioctl" })
    end)
  end)
end)
