-- Subscriptions: what a subscriber of this process is told and may do, and who waits
-- for the events of others. What is told when stands in spec/conformance.

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
