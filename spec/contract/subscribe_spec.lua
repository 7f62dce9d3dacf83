-- Notifications as a subscriber in this process gets them: docs/rules.md section
-- 2 (synchronous, before or after), L3, L17, 1.8 step 3, 7 step 9; and who
-- waits for those of other processes.

local core = require "ntvol.core"
local machines = require "spec.support.machines"

local refused = machines.refused

-- Subscribes a function and keeps the names of what it was told.
local function listen(machine, act)
  local names = {}
  assert(machine:subscribe(function(event)
    names[#names + 1] = event.name
    if act then
      act(event)
    end
  end))
  return function()
    local text = table.concat(names, "; ")
    names = {}
    return text
  end
end

machines.each(_ENV, function(lab)
  describe("LOCK", function()
    for _, letter in ipairs { "D:", "E:" } do
      it("section 2, 7 step 9: is told before the attempt: who then closes lets it"
        .. " succeed, on " .. letter, function()
        local machine = lab:start()
        local v, f = lab:open(letter), lab:open(letter .. "\\a.txt")
        local w = lab:open(letter)
        local told = listen(machine, function(event)
          if event.name == "LOCK" then
            assert.is_false(v:is_locked())
            assert(f:close())
            assert(w:close())
          end
        end)
        lab:trail()
        assert(v:lock())
        assert.equal("LOCK", told())
        assert.equal("LOCK", lab:trail())
        lab:refuses("STATUS_ACCESS_DENIED", letter)
      end)
    end

    it("L3: a listener that keeps its own volume handle defeats the lock",
      function()
        local machine = lab:start()
        local own = lab:open "D:"
        local told = listen(machine)
        local v = lab:open "D:"
        refused("STATUS_ACCESS_DENIED", v:lock())
        assert.equal("LOCK; LOCK_FAILED", told())
        assert(own:close())
        own = lab:open("D:", { access = { "read_attributes" } })
        assert(v:lock())
        assert.equal("LOCK", told())
        assert.equal("device", own:kind())
      end)

    it("L17: the listener closes the very handle that locks", function()
      local machine = lab:start()
      local v = lab:open "D:"
      local told = listen(machine, function(event)
        if event.name == "LOCK" then
          assert(v:close())
        end
      end)
      local info = refused("STATUS_FILE_CLOSED", v:lock())
      assert.equal("closed_meanwhile", info.reason)
      assert.equal("D:", info.target)
      assert.equal("LOCK; LOCK_FAILED", told())
      assert.equal("closed volume", core.type(v))
      assert(lab:open("D:", { share = "" }))
    end)

    it("L17: also when a duplicate of the handle is open (choice)", function()
      local machine = lab:start()
      local v = lab:open "D:"
      local copy = assert(v:duplicate())
      local told = listen(machine, function(event)
        if event.name == "LOCK" then
          v:close()
        end
      end)
      refused("STATUS_FILE_CLOSED", v:lock())
      assert.equal("LOCK; LOCK_FAILED", told())
      assert.is_false(copy:is_locked())
      assert(copy:lock())
      assert.equal("LOCK", told())
      assert(copy:close())
    end)

    it("L17: the listener takes the place of the handle that it closes",
      function()
        local machine = lab:start()
        local f = lab:open "F:"
        local g, guard = lab:open "F:", nil
        local told = listen(machine, function(event)
          if event.name == "LOCK" and not guard then
            guard = true
            f:close() -- it would be in the way of the listener's lock
            guard = assert(g:lock())
          end
        end)
        refused("STATUS_FILE_CLOSED", f:lock())
        assert.equal("LOCK; LOCK; LOCK_FAILED", told())
        assert.is_true(guard:held())
      end)

    it("is followed by what is true then: the disk went away", function()
      local machine = lab:start()
      local v = lab:open "D:"
      local told = listen(machine, function(event)
        if event.name == "LOCK" then
          assert(machine:mask(0))
        end
      end)
      refused("STATUS_FILE_INVALID", v:lock())
      assert.equal("LOCK; MASKED; SURPRISE_REMOVAL; SURPRISE_REMOVAL;"
        .. " LOCK_FAILED", told())
    end)
  end)

  describe("LOCK_FAILED", function()
    it("section 2: is told after the failure: listeners may reopen", function()
      local machine = lab:start()
      local v, f, own = lab:open "D:", lab:open "D:\\a.txt", lab:open "D:"
      local told = listen(machine, function(event)
        if event.name == "LOCK" then
          own:close()
        elseif event.name == "LOCK_FAILED" then
          own = lab:open "D:"
        end
      end)
      refused("STATUS_ACCESS_DENIED", v:lock())
      assert.equal("LOCK; LOCK_FAILED", told())
      assert.equal("volume", core.type(own))
      assert.equal("file", f:kind())
    end)
  end)

  describe("UNLOCK", function()
    it("section 2: is told after success: the volume can be locked then",
      function()
        local machine = lab:start()
        local v = lab:open "D:"
        assert(v:lock())
        local taken
        local told = listen(machine, function(event)
          if event.name == "UNLOCK" and not taken then
            local w = lab:open "D:"
            assert(v:close())
            taken = assert(w:lock())
          end
        end)
        assert(v:unlock())
        assert.equal("UNLOCK; LOCK", told())
        assert.is_true(taken:held())
      end)

    it("1.8 step 3: is told when everything of the close is done", function()
      local machine = lab:start()
      local v = lab:open "D:"
      assert(v:lock())
      assert(v:dismount())
      local mounted
      local told = listen(machine, function(event)
        if event.name == "UNLOCK" then
          local w = lab:open "D:" -- the dismount is finished, so it mounts
          mounted = w:is_mounted()
        end
      end)
      assert(v:close())
      assert.equal("UNLOCK; MOUNT", told())
      assert.is_true(mounted)
    end)

    it("section 2: of a lock by share mode comes without a LOCK", function()
      local machine = lab:start()
      local told = listen(machine)
      local v = lab:open("D:", { share = "" })
      assert.equal("MOUNT", told())
      assert(v:close())
      assert.equal("UNLOCK", told())
    end)
  end)

  describe("DISMOUNT", function()
    it("section 2: is told before the attempt: a file can still be read",
      function()
        local machine = lab:start()
        local v, f = lab:open "D:", lab:open "D:\\a.txt"
        local text
        local told = listen(machine, function(event)
          if event.name == "DISMOUNT" then
            text = f:read(0, 100)
          end
        end)
        assert(v:dismount())
        assert.equal("alpha\n", text)
        refused("STATUS_VOLUME_DISMOUNTED", f:read(0, 100))
        assert.equal("DISMOUNT", told())
      end)

    it("D4, D8: fails without another event when the listener dismounts",
      function()
        local machine = lab:start()
        local v, w, done = lab:open "D:", lab:open "D:", nil
        local told = listen(machine, function(event)
          if event.name == "DISMOUNT" and not done then
            done = true
            assert(w:dismount())
          end
        end)
        refused("STATUS_VOLUME_DISMOUNTED", v:dismount())
        assert.equal("DISMOUNT; DISMOUNT", told())
      end)

    it("L17: the listener closes the very handle that dismounts", function()
      local machine = lab:start()
      local v, w = lab:open "D:", lab:open "D:"
      local told = listen(machine, function(event)
        if event.name == "DISMOUNT" then
          v:close()
        end
      end)
      refused("STATUS_FILE_CLOSED", v:dismount())
      assert.equal("DISMOUNT; DISMOUNT_FAILED", told())
      assert.is_true(w:is_mounted())
    end)
  end)

  describe("a subscriber", function()
    it("section 2: is told all traces in order", function()
      local machine = lab:start()
      local told = listen(machine)
      local v = lab:open "D:"
      assert(v:lock())
      assert(v:write(0, machines.other_serial(v:read(0, 512))))
      assert(v:dismount())
      assert(v:unlock())
      assert(v:close())
      v = lab:open "D:"
      assert.equal("MOUNT; LOCK; DISMOUNT; UNLOCK; MOUNT", told())
      assert(v:dismount())
      assert(v:offline())
      assert(v:online())
      assert(v:close())
      assert.equal("DISMOUNT; OFFLINE; ONLINE", told())
      assert(machine:mask(2))
      assert(machine:unmask(2))
      assert.equal("MASKED; SURPRISE_REMOVAL; SURPRISE_REMOVAL; UNMASKED;"
        .. " ARRIVAL; ARRIVAL", told())
    end)

    it("section 2: is told what the history has", function()
      local machine = lab:start()
      local events, seen = {}, lab.seen
      assert(machine:subscribe(function(event)
        events[#events + 1] = event
      end))
      local v = lab:open "D:"
      assert(v:lock())
      assert(v:offline())
      local history = machine:events(seen)
      assert.equal(3, #history)
      assert.same(history, events)
      for i, name in ipairs { "MOUNT", "LOCK" } do
        assert.equal(core.events[name].guid, events[i].guid)
        assert.equal(core.events[name].code, events[i].code)
      end
      assert.is_nil(events[3].code)
    end)

    it("section 2: is told nothing of what is refused for its parameters",
      function()
        local machine = lab:start()
        local handles = {
          lab:open "D:\\a.txt", lab:open("D:", { access = "none" }),
          lab:open("D:", { access = { "traverse" } }),
        }
        local told = listen(machine)
        for _, handle in ipairs(handles) do
          assert.is_nil((handle:lock()))
          assert.is_nil((handle:dismount()))
        end
        assert.equal("", told())
      end)

    it("sees all events before its own request returns, each once", function()
      local machine = lab:start()
      local v, w = lab:open "D:", lab:open "E:"
      local first, second = {}, {}
      local function keep(list, act)
        assert(machine:subscribe(function(event)
          list[#list + 1] = ("%s %s"):format(event.name, event.target)
          if act then
            act(event)
          end
        end))
      end
      keep(first, function(event)
        if event.target == "D:" and event.name == "LOCK" then
          local guard = assert(w:lock())
          assert.equal("LOCK E:", second[#second])
          assert(guard:unlock())
        end
      end)
      keep(second)
      assert(v:lock())
      assert.same({ "LOCK D:", "LOCK E:", "UNLOCK E:" }, first)
      assert.same(first, second)
    end)

    it("that answers each event with a request is stopped", function()
      local machine = lab:start()
      local v, w = lab:open "D:", lab:open "E:"
      local count, problem = 0, nil
      local sub = assert(machine:subscribe(function()
        count = count + 1
        local guard, _, _, info = w:lock()
        if guard then
          guard:unlock()
        elseif info.reason == "nested" then
          problem = info
        end
      end))
      assert(v:lock())
      assert(sub:close())
      assert.equal("STATUS_INSUFFICIENT_RESOURCES", problem.status_name)
      assert(count < 10000, count)
      assert(w:lock())
    end)

    it("can close handles in any request, and others work on", function()
      local machine = lab:start()
      local v, w = lab:open "D:", lab:open "E:"
      assert(machine:subscribe(function(event)
        if event.name == "OFFLINE" and event.target == "D:" then
          v:close()
        elseif event.name == "ONLINE" then
          w:close()
        end
      end))
      assert(w:offline())
      assert(v:offline())
      assert(w:online())
      assert.equal("closed volume", core.type(v))
      assert.equal("closed volume", core.type(w))
      v = lab:open "D:"
      assert.is_true(v:is_offline())
    end)

    it("is not told any more when it ends, and the next one is", function()
      local machine = lab:start()
      local v = lab:open "D:"
      local later, sub
      local count = 0
      sub = assert(machine:subscribe(function()
        count = count + 1
        assert(sub:close())
        later = listen(machine)
      end))
      assert(v:lock())
      assert.equal("", later())
      assert(v:unlock())
      assert.equal("UNLOCK", later())
      assert.equal(1, count)
    end)

    it("hears how the volumes end when the machine is closed", function()
      local machine = lab:start()
      local told = listen(machine)
      assert(lab:open("D:"):lock())
      assert(machine:close())
      assert.equal("MOUNT; LOCK; UNLOCK", told())
    end)
  end)

  describe("watching", function()
    local function watch(machine, ...)
      local names = {}
      for event in assert(machine:watch(...)) do
        names[#names + 1] = event.name
      end
      return table.concat(names, "; ")
    end

    it("lists what is there, and ends with the time", function()
      local machine = lab:start()
      local mark = lab.seen
      assert(lab:open("D:"):lock())
      if not machine:watch() then
        local info = refused("STATUS_NOT_SUPPORTED", machine:watch(0, 0))
        assert.equal("in_memory", info.reason)
        return
      end
      assert.equal("MOUNT; LOCK", watch(machine, mark, 0))
      assert.equal("MOUNT; LOCK", watch(machine, mark, 0.02))
      assert.equal("", watch(machine, nil, 0.02))
    end)
  end)
end)
