-- S2: a holder never leaves. It fails at the deadline, the error lists pid,
-- name and how, and says whether the list is complete.

local core = require "ntvol.core"
local helpers = require "spec.helpers"
local machines = require "spec.support.machines"
local shared = require "spec.support.shared"

describe("S2: a holder that stays", function()
  before_each(helpers.start)
  after_each(helpers.finish)

  it("is named when the time is over, and 15 seconds take no time", function()
    local lab = shared.start(finally)
    local child = lab:child()
    child:run [[
      file = assert(machine:open("D:\\a.txt", { access = "r" }))
      folder = assert(machine:open("D:\\Some Dir", { access = "r" }))]]
    local machine = lab:virtual()
    local volume = assert(machine:open "D:")
    local info, message = machines.refused("STATUS_ACCESS_DENIED",
      volume:lock { timeout = 15 })
    assert.equal("timeout", info.class)
    assert.equal("in_use", info.reason)
    assert(info.waited >= 15 and info.waited < 15.01, info.waited)
    assert(info.attempts > 15, info.attempts)
    assert.is_true(info.holders.complete)
    local seen = {}
    for i, holder in ipairs(info.holders) do
      assert.equal(child.pid, holder.pid)
      assert.is_false(holder.self)
      assert(holder.name:find("lua", 1, true), holder.name)
      assert(holder.start_time <= core.time() and
        holder.start_time > core.time() - 86400, holder.start_time)
      seen[i] = holder.how .. " " .. holder.path
    end
    assert.same({ "open file \\a.txt", "directory \\Some Dir" }, seen)
    assert(message:find(("waited 15.00 s, %d attempts: 2 holders: %s (pid %d,"
      .. " open file \\a.txt), %s (pid %d, directory \\Some Dir); "):format(
      info.attempts, info.holders[1].name, child.pid, info.holders[2].name,
      child.pid), 1, true), message)
    -- the file is the child's all the same
    assert.equal("alpha\n", child:run "return file:read(0, 6)")
  end)

  it("repeats exactly", function()
    local lab = shared.start(finally)
    local child = lab:child()
    child:run [[file = assert(machine:open("D:\\a.txt", { access = "r" }))]]
    local function times()
      local machine <close> = lab:virtual()
      local volume <close> = assert(machine:open "D:")
      local list = {}
      volume:lock { wait = 15, on_attempt = function(n, info)
        list[n] = info.waited
      end }
      return list
    end
    local first = times()
    assert(#first > 15)
    assert.same(first, times())
  end)

  it("says so when some may be missing", function()
    local volume = helpers.volume()
    helpers.fake.fail("control", 1, core.statuses.STATUS_SHARING_VIOLATION,
      { every = true, holders = 1, missing = "cannot look into other processes" })
    local message, info = helpers.refused("ERROR_SHARING_VIOLATION",
      volume:lock { wait = 0.01 })
    assert.equal("timeout", info.class)
    assert.is_false(info.holders.complete)
    assert.equal("cannot look into other processes", info.holders.missing)
    assert(message:find("(list may be incomplete: cannot look into other"
      .. " processes)", 1, true), message)
  end)
end)
