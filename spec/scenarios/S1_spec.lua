-- S1: a holder appears, stays 0.3 seconds, leaves. The lock succeeds, and the
-- result says how long it took and for whom.

local ntvol = require "ntvol"
local shared = require "spec.support.shared"

describe("S1: a holder that leaves", function()
  -- On a clock that takes no time, with a holder of this process.
  local function run(lab)
    local machine <close> = lab:virtual()
    local volume = assert(machine:open "D:")
    local file = assert(machine:open("D:\\a.txt", { access = "r" }))
    local guard, waited = volume:lock { wait = 15,
      on_attempt = function(_, info)
        if info.waited >= 0.3 then
          file:close()
        end
      end }
    assert.is_true(guard:held())
    assert.equal("open file", waited.holders[1].how)
    assert.equal("\\a.txt", waited.holders[1].path)
    assert.equal("in_use", waited.reason)
    assert(waited.attempts > 2, waited.attempts)
    assert(waited.waited >= 0.3 and waited.waited < 1.3, waited.waited)
    return tostring(waited)
  end

  it("is waited for, and that repeats exactly", function()
    local lab = shared.start(finally)
    local first = run(lab)
    assert(first:find("attempts in 0.%d+ s, waited for: access denied: 1 holder:"
      .. " this script %(pid %d+, open file \\a.txt%)"), first)
    assert.equal(first, run(lab))
  end)

  it("is waited for without asking again and again, when it is another process",
    function()
      local lab = shared.start(finally)
      local child = lab:child()
      child:run [[file = assert(machine:open("D:\\a.txt", { access = "r" }))]]
      local volume <close> = assert(lab.machine:open "D:")
      -- the second pause would take a thousand seconds
      local policy = ntvol.retry.new { wait = 3600, first = 0.001,
        factor = 1e6, longest = 3600 }
      local guard, waited = volume:lock { wait = policy,
        on_attempt = function(n)
          if n == 2 then
            child:send "return file:close()"
          end
        end }
      assert.is_true(guard:held())
      assert.is_true(child:answer())
      assert.equal(child.pid, waited.holders[1].pid)
      assert.is_false(waited.holders[1].self)
      assert.is_true(waited.holders.complete)
      assert.equal(3, waited.attempts)
      assert(waited.waited > 0)
    end)

  it("is waited for when it is killed, too", function()
    local lab = shared.start(finally)
    local child = lab:child()
    child:run [[file = assert(machine:open("D:\\a.txt", { access = "r" }))]]
    local volume <close> = assert(lab.machine:open "D:")
    local guard, waited = volume:lock { wait = 600,
      on_attempt = function(n)
        if n == 1 then
          child:kill()
        end
      end }
    assert.is_true(guard:held())
    assert.equal(child.pid, waited.holders[1].pid)
  end)
end)
