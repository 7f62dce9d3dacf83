-- S18: unlock by somebody else, unlock twice, close while locked.

local machines = require "spec.support.machines"
local shared = require "spec.support.shared"

describe("S18: the end of a lock", function()
  it("is not for another process to say", function()
    local lab = shared.start(finally)
    local child = lab:child()
    child:run [[other = assert(machine:open("E:", { access = "none" }))]]
    local volume <close> = assert(lab.machine:open "E:")
    local guard = assert(volume:lock())
    assert.equal("ERROR_INVALID_FUNCTION",
      (select(3, child:run "return other:unlock()")))
    assert.is_true(guard:held())
    local info = machines.refused("STATUS_ACCESS_DENIED",
      lab.machine:open("E:", { access = "r" }))
    assert.is_true(info.holders[1].self)
    assert.equal("lock", info.holders[1].how)
  end)

  it("comes once: a second unlock is refused, and tells nobody", function()
    local lab = shared.start(finally)
    local volume <close> = assert(lab.machine:open "D:")
    assert(volume:lock())
    assert(volume:unlock())
    assert.equal("MOUNT; LOCK; UNLOCK", lab:trail())
    machines.refused("STATUS_NOT_LOCKED", volume:unlock())
    machines.refused("STATUS_NOT_LOCKED", volume:unlock())
    assert.equal("", lab:trail())
  end)

  it("comes with the close, and wakes whoever waits", function()
    local lab = shared.start(finally)
    local child = lab:child()
    child:run 'require "ntvol"'
    local volume = assert(lab.machine:open "D:")
    assert(volume:lock())
    child:send [[
      vol, waited = machine:open("D:", { wait = 600, on_attempt = function(n)
        if n == 1 then
          say "waiting"
        end
      end })
      return vol ~= nil, waited.holders[1].pid, waited.attempts]]
    child:expect "waiting"
    assert(volume:close())
    local opened, pid, attempts = child:answer()
    assert.is_true(opened)
    assert.equal(assert(lab.machine:events())[1].pid, pid)
    assert(attempts >= 2)
    assert.equal("MOUNT; LOCK; UNLOCK", lab:trail())
  end)

  it("comes with the end of the process", function()
    local lab = shared.start(finally)
    local child = lab:child()
    child:run "vol = assert(machine:open 'D:'); guard = assert(vol:lock())"
    child:kill()
    local volume <close> = assert(lab.machine:open "D:")
    assert(volume:lock())
  end)
end)
