-- S10: two processes want the same volume. One gets it, the other learns the
-- pid, or waits and gets it afterwards.

local machines = require "spec.support.machines"
local shared = require "spec.support.shared"

describe("S10: two who want one volume", function()
  it("the second learns who has the lock", function()
    local lab = shared.start(finally)
    local child = lab:child()
    child:run [[
      vol = assert(machine:open "D:")
      guard = assert(vol:lock())]]
    local machine = lab:virtual()
    local info, message = machines.refused("STATUS_ACCESS_DENIED",
      machine:open("D:", { wait = 5 }))
    assert.equal("locked_by_other", info.reason)
    assert.equal("timeout", info.class)
    assert.equal(child.pid, info.holders[1].pid)
    assert.equal("lock", info.holders[1].how)
    assert(message:find(("(pid %d, volume handle, holds the lock)"):format(
      child.pid), 1, true), message)
    assert.equal("lock", lab.machine:holders("D:")[1].how)
  end)

  it("the second gets it when the first unlocks", function()
    local lab = shared.start(finally)
    local child = lab:child()
    child:run [[
      vol = assert(machine:open "D:")
      guard = assert(vol:lock())]]
    local volume, waited = lab.machine:open("D:", { wait = 600,
      on_attempt = function(n)
        if n == 1 then
          child:send "return vol:close()"
        end
      end })
    assert.is_true(child:answer())
    assert.equal(child.pid, waited.holders[1].pid)
    assert(volume:lock())
    assert(volume:close())
  end)

  it("both get it, one after the other, as often as they want", function()
    local lab = shared.start(finally)
    local children = { lab:child(), lab:child() }
    for _, child in ipairs(children) do
      child:run 'require "ntvol"'
      child:send [[
        local attempts = 0
        for i = 1, 20 do
          local vol, waited = machine:open("D:", { share = "", wait = 600 })
          assert(vol, waited)
          attempts = attempts + waited.attempts
          assert(vol:lock())
          assert(vol:unlock())
          assert(vol:close())
        end
        return attempts]]
    end
    for _, child in ipairs(children) do
      assert(child:answer() >= 20)
    end
    local locks = select(2, lab:trail():gsub("UNLOCK", ""))
    assert.equal(40, locks)
  end)
end)
