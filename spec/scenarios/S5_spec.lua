-- S5: page file, system and boot volume: refused for good, at once, without a
-- second attempt.

local core = require "ntvol.core"
local machines = require "spec.support.machines"
local sim = require "ntvol.sim"

local FLAGS = { pagefile = "page_file", system = "system_volume",
  boot = "system_volume" }

describe("S5: waiting does not help", function()
  local function start(flag)
    local machine = assert(sim.create(":memory:", { disks = { { size = "8M",
      volumes = { { letter = "D:", fs = "fat", [flag] = true } } } } }))
    finally(function()
      machine:close()
    end)
    return machine, assert(machine:open "D:")
  end

  local function check(machine, reason, ...)
    local info, message = machines.refused("STATUS_ACCESS_DENIED", ...)
    assert.equal(reason, info.reason)
    assert.equal("permanent", info.class)
    assert.equal(1, info.attempts)
    assert.equal(0, info.waited)
    assert.equal(0, core.clock(machine))
    assert.is_nil(message:find("waited", 1, true))
    assert.equal("string", type(info.hint))
  end

  local function never()
    error("nobody can leave who is not there")
  end

  for flag, reason in pairs(FLAGS) do
    for _, verb in ipairs { "lock", "dismount" } do
      it(("to %s a volume with the flag %s"):format(verb, flag), function()
        local machine, volume = start(flag)
        check(machine, reason, volume[verb](volume, { wait = 3600,
          on_attempt = never, on_busy = never }))
      end)
    end
  end

  it("to lock a handle of the wrong kind", function()
    local machine = start "pagefile"
    local folder = assert(machine:open("D:\\", { access = "r" }))
    local info = machines.refused("STATUS_INVALID_PARAMETER",
      folder:lock { wait = 3600, on_attempt = never })
    assert.equal("not_a_volume", info.reason)
    assert.equal(1, info.attempts)
  end)

  it("to open what is not there", function()
    local machine = start "pagefile"
    local info = machines.refused("STATUS_OBJECT_NAME_NOT_FOUND",
      machine:open("Q:", { wait = 3600, on_attempt = never }))
    assert.equal(1, info.attempts)
    assert.equal(0, core.clock(machine))
  end)
end)
