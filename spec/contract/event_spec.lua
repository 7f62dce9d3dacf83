-- The traces of docs/rules.md section 2: which events a sequence of calls
-- leaves, in which order, and what an event tells.

local machines = require "spec.support.machines"

local refused = machines.refused

-- GUID_IO_VOLUME_* of ioevent.h.
local GUIDS = {
  DISMOUNT = "d16a55e8-1059-11d2-8ffd-00a0c9a06d32",
  LOCK = "50708874-c9af-11d1-8fef-00a0c9a06d32",
  LOCK_FAILED = "ae2eed10-0ba8-11d2-8ffb-00a0c9a06d32",
  UNLOCK = "9a8c3d68-d0cb-11d1-8fef-00a0c9a06d32",
  MOUNT = "b5804878-1a96-11d2-8ffd-00a0c9a06d32",
}

machines.each(_ENV, function(lab)
  describe("trace", function()
    for _, letter in ipairs { "D:", "E:" } do
      it("section 2: dismount, close, open on " .. letter, function()
        lab:start()
        local v = lab:open(letter)
        lab:trail()
        assert(v:dismount())
        assert(v:close())
        lab:open(letter)
        assert.equal("DISMOUNT; MOUNT", lab:trail())
      end)

      it("section 2: lock, close on " .. letter, function()
        lab:start()
        local v = lab:open(letter)
        lab:trail()
        assert(v:lock())
        assert(v:close())
        assert.equal("LOCK; UNLOCK", lab:trail())
      end)

      it("section 2: lock fails on " .. letter, function()
        lab:start()
        local v = lab:open(letter)
        lab:open(letter .. "\\a.txt")
        lab:trail()
        refused("STATUS_ACCESS_DENIED", v:lock())
        assert.equal("LOCK; LOCK_FAILED", lab:trail())
      end)

      it("section 2: dismount, dismount on " .. letter, function()
        lab:start()
        local v = lab:open(letter)
        lab:trail()
        assert(v:dismount())
        refused("STATUS_VOLUME_DISMOUNTED", v:dismount())
        assert.equal("DISMOUNT", lab:trail())
      end)

      it("section 2: lock, dismount, offline, close on " .. letter, function()
        lab:start()
        local v = lab:open(letter)
        lab:trail()
        assert(v:lock())
        assert(v:dismount())
        assert(v:offline())
        assert.equal("LOCK; DISMOUNT", lab:trail())
        assert(v:close())
        assert.equal("UNLOCK", lab:trail())
        assert(lab:open(letter):close())
        assert.equal("", lab:trail())
      end)
    end

    it("section 2: lock, unlock, close", function()
      lab:start()
      local v = lab:open "D:"
      lab:trail()
      assert(v:lock())
      assert(v:unlock())
      assert(v:close())
      assert.equal("LOCK; UNLOCK", lab:trail())
      lab:open "D:"
      assert.equal("", lab:trail())
    end)

    it("section 2: NTFS lock, unlock, then the next open", function()
      lab:start()
      local v = lab:open "E:"
      lab:trail()
      assert(v:lock())
      assert(v:unlock())
      assert(v:close())
      lab:open "E:"
      assert.equal("LOCK; UNLOCK; MOUNT", lab:trail())
    end)

    it("section 2: lock, format writes, dismount, unlock, close, open", function()
      lab:start()
      local v = lab:open "D:"
      lab:trail()
      assert(v:lock())
      assert(v:write(0, machines.other_serial(v:read(0, 512))))
      assert(v:dismount())
      assert(v:unlock())
      assert(v:close())
      lab:open "D:"
      assert.equal("LOCK; DISMOUNT; UNLOCK; MOUNT", lab:trail())
    end)

    it("section 2: what is refused for its parameters sends nothing", function()
      lab:start()
      local f = lab:open "D:\\a.txt"
      local d = lab:open("D:", { access = "none" })
      local v = lab:open("D:", { access = { "traverse" } })
      lab:trail()
      for _, handle in ipairs { f, d, v } do
        assert.is_nil((handle:lock()))
        assert.is_nil((handle:unlock()))
        assert.is_nil((handle:dismount()))
      end
      assert.equal("", lab:trail())
    end)
  end)

  describe("an event", function()
    it("tells what, where, who and when", function()
      local machine = lab:start()
      local before = os.time()
      local v = lab:open "D:"
      lab:open "D:\\a.txt"
      local seen = lab.seen
      refused("STATUS_ACCESS_DENIED", v:lock())
      assert(v:dismount())
      assert(v:close())
      lab:open "D:"
      local events = machine:events(seen)
      local last = seen
      for _, event in ipairs(events) do
        assert.equal("volume", event.kind)
        assert.equal(GUIDS[event.name], event.guid)
        assert.equal("D:", event.target)
        assert.equal("integer", math.type(event.pid))
        assert(event.time >= before and event.time <= os.time() + 1)
        assert(event.id > last)
        assert(tostring(event):find(event.name, 1, true))
        last = event.id
      end
      assert.equal(5, #events) -- MOUNT, LOCK, LOCK_FAILED, DISMOUNT, MOUNT
      local self_pid = io.open("/proc/self/stat")
      if self_pid then
        assert.equal(self_pid:read("n"), events[1].pid)
        self_pid:close()
      end
    end)

    it("is listed after the one that was named", function()
      local machine = lab:start()
      local v = lab:open "D:"
      assert(v:lock())
      assert(v:unlock())
      local all = machine:events()
      local last = all[#all]
      assert.equal("UNLOCK", last.name)
      assert.same({}, machine:events(last.id))
      assert.same({}, machine:events(last.id + 1000))
      local two = machine:events(all[#all - 2].id)
      assert.equal("LOCK", two[1].name)
      assert.equal(2, #two)
    end)

    it("names a volume without letter by its folder or GUID path", function()
      local machine = lab:start {
        { size = machines.FAT_VOLUME_SIZE, volumes = {
          { letter = false, content = "fat" } } },
        { size = machines.FAT_VOLUME_SIZE, volumes = {
          { letter = false, content = "fat", mount_points = { "C:\\x" } } } },
      }
      local guid = machine:volumes()[1].guid_path
      lab:open(guid)
      lab:open "C:\\x"
      assert.equal("MOUNT", lab:trail("volume", guid))
      lab.seen = 0
      assert.equal("MOUNT", lab:trail("volume", "C:\\x"))
    end)

    it("comes from two volumes apart (obs 40)", function()
      lab:start()
      local v, w = lab:open "D:", lab:open "E:"
      lab:trail()
      assert(v:lock())
      assert(w:lock())
      assert(v:unlock())
      assert.is_true(w:is_locked())
      lab:refuses("STATUS_ACCESS_DENIED", "E:")
      lab:open "D:"
      assert(w:dismount())
      assert.is_true(v:is_mounted())
      local mark = lab.seen
      assert.equal("LOCK; UNLOCK", lab:trail("volume", "D:"))
      lab.seen = mark
      assert.equal("LOCK; DISMOUNT", lab:trail("volume", "E:"))
    end)
  end)
end)
