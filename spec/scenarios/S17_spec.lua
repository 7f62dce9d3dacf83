-- S17: what is offline, online or dismounted already is no failure for those
-- who ask for it.

local machines = require "spec.support.machines"
local sim = require "ntvol.sim"

describe("S17: done already", function()
  local function start()
    local machine = assert(sim.create(":memory:", { disks = { "8M:fat:D" } }))
    finally(function()
      machine:close()
    end)
    return machine, assert(machine:open "D:")
  end

  it("offline and online can be said twice", function()
    local _, volume = start()
    assert(volume:dismount())
    for _, verb in ipairs { "offline", "online" } do
      for _ = 1, 2 do
        assert.is_true(volume[verb](volume))
      end
    end
  end)

  it("dismount says that it was done, unless it may find it so", function()
    local machine, volume = start()
    assert.is_true(volume:dismount { again = true })
    local info = machines.refused("STATUS_VOLUME_DISMOUNTED", volume:dismount())
    assert.equal("dismounted", info.reason)
    local before = #machine:events()
    assert.is_true(volume:dismount { again = true })
    assert.is_true((volume:dismount { again = true, wait = 5 }))
    machines.refused("STATUS_VOLUME_DISMOUNTED", volume:dismount { wait = 5 })
    assert.equal(before, #machine:events())
  end)

  it("a real refusal stays one", function()
    local machine = assert(sim.create(":memory:", { disks = { { size = "8M",
      volumes = { { letter = "D:", fs = "fat", system = true } } } } }))
    finally(function()
      machine:close()
    end)
    local volume = assert(machine:open "D:")
    machines.refused("STATUS_ACCESS_DENIED", volume:dismount { again = true })
  end)

  it("a guard that was unlocked already unlocks without a word", function()
    local _, volume = start()
    local guard = assert(volume:lock())
    assert(volume:unlock())
    assert.is_true(guard:unlock())
  end)
end)
