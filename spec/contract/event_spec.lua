-- What an event tells, and which are listed. Which events a sequence of calls leaves
-- stands in spec/conformance/event_spec.lua.

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

  end)
end)
