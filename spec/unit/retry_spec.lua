-- Policies for waiting: ntvol.retry, on a clock that takes no time.

local helpers = require "spec.helpers"
local machines = require "spec.support.machines"
local ntvol = require "ntvol"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"

local raises = helpers.raises

describe("retry", function()
  local machine

  before_each(function()
    helpers.start()
    machine = assert(sim.create(":memory:", { disks = { "1M:raw:D" } }))
  end)

  after_each(function()
    machine:close()
    helpers.finish()
  end)

  -- An attempt that fails `times` times, with what `change` puts into info.
  local function failing(times, change)
    local calls = 0
    return function(n)
      calls = calls + 1
      assert.equal(calls, n)
      if calls > times then
        return "done"
      end
      local info = { op = "lock", target = "D:", class = "transient",
        status = 0xC0000022,
        detail = "who", reason = "in_use", hint = "wait" }
      for name, value in pairs(change or {}) do
        info[name] = value
      end
      return nil, "lock 'D:': access denied: who; wait [ERROR_ACCESS_DENIED,"
        .. " STATUS_ACCESS_DENIED]", "ERROR_ACCESS_DENIED", info
    end
  end

  local function run(policy, attempt, opts)
    opts = opts or {}
    opts.machine = machine
    return ntvol.retry.new(policy):run(attempt, opts)
  end

  it("returns what the first attempt returns", function()
    local result, waited = run({}, failing(0))
    assert.equal("done", result)
    assert.equal(1, waited.attempts)
    assert.equal(0, waited.waited)
    assert.is_nil(waited.cause)
    assert.equal("1 attempt in 0.00 s", tostring(waited))
  end)

  it("says after success what was waited for, and how long", function()
    local holders = { { pid = 7, name = "x" }, complete = true }
    local result, waited = run({}, failing(3, { holders = holders }))
    assert.equal("done", result)
    assert.equal(4, waited.attempts)
    assert(waited.waited > 0.1 and waited.waited < 0.35, waited.waited)
    assert.equal(holders, waited.holders)
    assert.equal("in_use", waited.reason)
    assert.equal("access denied: who: 1 holder: x (pid 7)", waited.cause)
    assert(tostring(waited):find("4 attempts in 0.", 1, true), tostring(waited))
  end)

  it("ends at the deadline, with the last cause and class timeout", function()
    local seen = {}
    local result, message, code, info = run({ wait = 15 }, failing(1000), {
      on_attempt = function(n, what)
        seen[n] = what.waited
      end })
    assert.is_nil(result)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.equal("timeout", info.class)
    assert.equal("in_use", info.reason)
    assert.equal(#seen, info.attempts)
    assert(info.waited >= 15 and info.waited < 15.01, info.waited)
    assert.equal(("lock 'D:': access denied: who: waited %.2f s, %d attempts;"
      .. " wait [ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED]"):format(
      info.waited, info.attempts), message)
  end)

  it("makes longer and longer pauses, up to the longest", function()
    local times = {}
    run({ wait = 20, first = 0.1, factor = 3, longest = 2, jitter = 0 },
      failing(1000), { on_attempt = function(n, info)
        times[n] = info.waited
      end })
    local pauses = {}
    for i = 2, 6 do
      pauses[i - 1] = math.floor((times[i] - times[i - 1]) * 1000 + 0.5)
    end
    assert.same({ 100, 300, 900, 2000, 2000 }, pauses)
  end)

  local function pauses_of(seed)
    local times = {}
    run({ wait = 5, seed = seed }, failing(1000), {
      on_attempt = function(n, info)
        times[n] = info.waited
      end })
    for i = #times, 2, -1 do
      times[i] = math.floor((times[i] - times[i - 1]) * 1000 + 0.5)
    end
    return times
  end

  it("leaves a random part out, that a seed repeats", function()
    local one, again, other = pauses_of(1), pauses_of(1), pauses_of(2)
    assert.same(one, again)
    assert.not_same(one, other)
    for i = 2, #one - 1 do
      local full = math.min(50 * 2 ^ (i - 2), 1000)
      assert(one[i] <= full + 1 and one[i] >= full // 2,
        ("%d: %d of %d"):format(i, one[i], full))
    end
  end)

  for _, class in ipairs { "permanent", "usage", "unsupported", "cancelled" } do
    it("returns a failure of the class " .. class .. " at once", function()
      local called = false
      local result, message, _, info = run({ wait = 60 },
        failing(9, { class = class }), {
          on_attempt = function() called = true end,
          on_busy = function() called = true end })
      assert.is_nil(result)
      assert.equal(class, info.class)
      assert.equal(1, info.attempts)
      assert.equal(0, info.waited)
      assert.is_nil(message:find("waited", 1, true))
      assert.is_false(called)
    end)
  end

  it("waits for other classes when it is told to", function()
    assert.equal("done", (run({ classes = { "permanent" } },
      failing(2, { class = "permanent" }))))
  end)

  it("makes one attempt when it shall wait 0 seconds", function()
    local _, _, _, info = run({ wait = 0 }, failing(9))
    assert.equal("transient", info.class)
    assert.equal(1, info.attempts)
  end)

  it("stops when on_attempt returns false", function()
    local _, message, _, info = run({ wait = 60 }, failing(9), {
      on_attempt = function(n) return n < 3 end })
    assert.equal("cancelled", info.class)
    assert.equal(3, info.attempts)
    assert(message:find("stopped after 0.%d+ s, attempt 3"), message)
  end)

  it("goes on after any other result of on_attempt", function()
    assert.equal("done", (run({}, failing(2), { on_attempt = function() end })))
  end)

  it("tries at once when on_busy returns true, but never without a pause for"
    .. " ever", function()
    local holders = { complete = true }
    local times = {}
    local result = run({ wait = 1, jitter = 0 },
      failing(4, { holders = holders }), {
        on_busy = function(given, n)
          assert.equal(holders, given)
          times[n] = require("ntvol.core").clock(machine)
          return true
        end })
    assert.equal("done", result)
    assert.equal(times[1], times[2])
    assert(times[3] > times[2])
    assert.equal(times[3], times[4])
  end)

  it("does not ask on_busy where nobody is known to be in the way", function()
    local called = false
    run({ wait = 1 }, failing(3), { on_busy = function() called = true end })
    assert.is_false(called)
  end)

  it("passes on what a function raises", function()
    raises("oops", run, { wait = 60 }, failing(9), {
      on_attempt = function() error "oops" end })
  end)

  it("returns what the machine refuses while it waits", function()
    local core = require "ntvol.core"
    local real = core.wait_change
    finally(function()
      core.wait_change = real
    end)
    core.wait_change = function(_, seconds)
      if seconds > 0 then
        return nil, "the disk is full", "ERROR_DISK_FULL", { class = "permanent" }
      end
      return true, 1
    end
    local result, message, code, info = run({}, failing(9))
    assert.is_nil(result)
    assert.equal("the disk is full", message)
    assert.equal("ERROR_DISK_FULL", code)
    assert.equal("permanent", info.class)
  end)

  it("passes on a failure without details", function()
    local result, message, code, info = run({}, function()
      return nil, "no", "CODE"
    end)
    assert.same({ n = 4, nil, "no", "CODE", nil },
      table.pack(result, message, code, info))
  end)

  it("prints", function()
    assert.equal("ntvol.retry (3 s, pauses from 0.05 to 1 s)",
      tostring(ntvol.retry.new { wait = 3 }))
  end)

  it("uses the current machine", function()
    assert(ntvol.machine(machine))
    assert.equal("done", (ntvol.retry.new():run(failing(1))))
  end)

  it("refuses what is wrong", function()
    local new = ntvol.retry.new
    raises("unknown option 'waits'", new, { waits = 1 })
    raises("option 'wait' must be number, got string", new, { wait = "1" })
    raises("'wait' must be 0 or more", new, { wait = -1 })
    raises("'wait' must be 0 or more", new, { wait = 0 / 0 })
    raises("'first' must be from 0.001", new, { first = 0 })
    raises("'first' must be from 0.001", new, { first = 2 })
    raises("'longest' must be from 0.001 seconds to an hour", new, { longest = 3601 })
    raises("'factor' must be 1 or more", new, { factor = 0.5 })
    raises("'jitter' must be from 0 to 1", new, { jitter = 2 })
    raises("function expected, got nil", function() new():run() end)
    raises("unknown option 'x'", function() new():run(print, { x = 1 }) end)
  end)

  describe("as an option of", function()
    local volume, other

    before_each(function()
      volume, other = assert(machine:open "D:"), assert(machine:open "D:")
    end)

    it("lock: takes seconds, a policy, and timeout", function()
      for _, opts in ipairs { { wait = 2 }, { timeout = 2 },
        { wait = ntvol.retry.new { wait = 2, seed = 3 } } } do
        local info = machines.refused("STATUS_ACCESS_DENIED", volume:lock(opts))
        assert.equal("timeout", info.class)
        assert(info.waited >= 2 and info.waited < 2.01)
      end
      other:close()
      local guard, waited = volume:lock { wait = 2 }
      assert.equal("lock", ntvol.type(guard))
      assert.equal(1, waited.attempts)
    end)

    it("lock: an empty table is one attempt", function()
      local info = machines.refused("STATUS_ACCESS_DENIED", volume:lock {})
      assert.equal("transient", info.class)
      assert.is_nil(info.attempts)
    end)

    it("lock: a function alone waits ten seconds", function()
      local info = machines.refused("STATUS_ACCESS_DENIED",
        volume:lock { on_busy = function() end })
      assert(info.waited >= 10 and info.waited < 10.01)
    end)

    it("lock: on_busy lets a holder go", function()
      local guard, waited = volume:lock { wait = 60,
        on_busy = function(holders, n)
          assert.equal(1, n)
          assert.equal("volume handle", holders[1].how)
          assert.is_true(holders.complete)
          return other:close()
        end }
      assert.is_true(guard:held())
      assert.equal(0, waited.waited)
      assert.equal(2, waited.attempts)
      assert.is_true(waited.holders[1].self)
    end)

    it("open: waits for the lock to end", function()
      other:close()
      local guard = assert(volume:lock())
      local opened, waited = machine:open("D:", { access = "r", wait = 60,
        on_attempt = function(n)
          if n == 3 then guard:unlock() end
        end })
      assert.equal("volume", ntvol.type(opened))
      assert.equal(4, waited.attempts)
      assert.equal("locked_by_other", waited.reason)
      local info = machines.refused("STATUS_OBJECT_NAME_NOT_FOUND",
        machine:open("Q:", { wait = 60 }))
      assert.equal(1, info.attempts)
    end)

    it("dismount: waits for the lock of another handle to end", function()
      assert.is_true(volume:close())
      local info = machines.refused("STATUS_ACCESS_DENIED",
        other:dismount { wait = 60 }) -- RAW: not locked, permanent
      assert.equal("not_locked", info.reason)
      assert.equal(1, info.attempts)
      assert(other:lock())
      local done, waited = other:dismount { wait = 60 }
      assert.is_true(done)
      assert.equal(1, waited.attempts)
    end)

    it("each of them: what is called may yield", function()
      local waiting = coroutine.wrap(function()
        return volume:lock { wait = 60, on_attempt = coroutine.yield }
      end)
      local n, info = waiting()
      assert.equal(1, n)
      assert.equal("in_use", info.reason)
      assert.equal(2, (waiting()))
      other:close()
      local guard, waited = waiting()
      assert.is_true(guard:held())
      assert.equal(3, waited.attempts)
    end)

    it("several requests, which share one time", function()
      other:close()
      local blocker = assert(machine:open("PhysicalDrive0", { access = "r" }))
      local share = ntvol.retry.share(machine, { wait = 5 })
      local busy = assert(machine:open("D:", { access = "r" }))
      local first = machines.refused("STATUS_ACCESS_DENIED",
        volume:lock(share()))
      assert(first.waited >= 5, first.waited)
      local second = machines.refused("STATUS_ACCESS_DENIED",
        volume:lock(share()))
      assert.equal(0, second.waited)
      assert.equal(1, second.attempts)
      assert.equal("timeout", second.class)
      assert(second.detail:find("waited 0.00 s, 1 attempt$"), second.detail)
      local opened = assert(machine:open("D:", share { access = "none" }))
      assert.equal("device", opened:kind())
      blocker:close()
      busy:close()
      assert.is_nil(ntvol.retry.share(machine, {})())
      local options = { access = "r" }
      assert.equal(options, ntvol.retry.share(machine, {})(options))
      raises("seconds or a policy", ntvol.retry.share, machine, { wait = "1" })
    end)

    it("each of them: wrong options raise", function()
      raises("unknown option 'waits'", volume.lock, volume, { waits = 1 })
      raises("unknown option 'x'", volume.dismount, volume, { x = 1 })
      raises("table expected, got number", volume.lock, volume, 10)
      raises("table expected, got number", volume.dismount, volume, 10)
      raises("lock takes no options", volume.lock, volume, { wait = 1 }, 1)
      raises("'wait' and 'timeout' are the same", volume.lock, volume,
        { wait = 1, timeout = 1 })
      raises("seconds or a policy", volume.lock, volume, { wait = "1" })
      raises("'wait' must be 0 or more", volume.lock, volume, { wait = -1 })
      raises("seconds or a policy", machine.open, machine, "D:", { wait = {} })
      raises("must be function, got number", machine.open, machine, "D:",
        { on_busy = 1 })
      raises("unknown option 'q'", machine.open, machine, "D:",
        { wait = 1, q = 1 })
      raises("option 'on_attempt' must be function, got number", machine.open,
        machine, "D:", { access = "r", on_attempt = 1 })
      raises("dismount takes no options", volume.dismount, volume, nil, 1)
      volume:close()
      raises("closed volume", volume.lock, volume, { wait = 1 })
    end)

    local function blamed(text, f)
      local ok, message = pcall(f)
      assert.is_false(ok)
      assert(message:find("retry_spec.lua:%d+: ") and
        message:find(text, 1, true), message)
    end

    it("lock and dismount: the line that called them is to blame", function()
      blamed("unknown option 'x'", function() volume:lock { x = 1 } end)
      blamed("unknown option 'x'", function() volume:dismount { x = 1 } end)
      blamed("'wait' must be 0 or more", function()
        volume:lock { wait = -1 }
      end)
      blamed("seconds or a policy", function()
        ntvol.retry.share(machine, { wait = "1" })
      end)
      blamed("ntvol.volume expected, got number", function() volume.lock(1) end)
      volume:close()
      for _, name in ipairs { "lock", "dismount" } do
        blamed("attempt to use a closed volume", function()
          volume[name](volume)
        end)
      end
    end)

    it("open: the line that called it is to blame", function()
      if proc.windows then
        return pending "on Windows a guard of the suite calls open: limits.lua"
      end
      blamed("seconds or a policy", function()
        machine:open("D:", { wait = "1" })
      end)
      blamed("ntvol.machine expected, got userdata", function()
        machine.open(volume, "D:")
      end)
      local other_machine = assert(sim.create(":memory:",
        { disks = { "1M:raw:D" } }))
      other_machine:close()
      blamed("attempt to use a closed machine", function()
        other_machine:open "D:"
      end)
    end)

    it("each of them: metamethods of the options are not called", function()
      other:close()
      local options = setmetatable({ access = "r" }, {
        __index = error, __pairs = error })
      assert.equal("volume", ntvol.type(assert(machine:open("D:", options))))
    end)

    it("lock: an error of a callback leaves nothing locked", function()
      raises("oops", volume.lock, volume, { wait = 60,
        on_attempt = function() error "oops" end })
      other:close()
      assert.is_false(volume:is_locked())
      assert.is_true(assert(volume:lock()):held())
    end)
  end)
end)

describe("sim", function()
  it("has a real and a virtual clock", function()
    local memory <close> = assert(sim.create(":memory:",
      { disks = { "1M:raw:D" }, clock = "real" }))
    assert.equal("machine", ntvol.type(memory))
    raises("option 'clock' must be", sim.create, ":memory:",
      { disks = { "1M:raw:D" }, clock = "x" })
    raises("option 'clock' must be", sim.open, "lab", { clock = "x" })
    raises("unknown option 'x'", sim.open, "lab", { x = 1 })
  end)

  it("waits on the real clock of a machine in memory, too", function()
    local memory <close> = assert(sim.create(":memory:",
      { disks = { "1M:raw:D" }, clock = "real" }))
    local one, two = assert(memory:open "D:"), assert(memory:open "D:")
    local before = require("ntvol.core").clock(memory)
    local info = machines.refused("STATUS_ACCESS_DENIED",
      one:lock { wait = 0.02 })
    assert(info.waited >= 0.02)
    assert(require("ntvol.core").clock(memory) - before >= 0.02)
    two:close()
  end)
end)

describe("the core alone", function()
  local function alone(code)
    local output, status = helpers.child([[
      local core, sim = require "ntvol.core", require "ntvol.sim.core"
      local machine = sim.create(":memory:", { disks = { { size = 1 << 20 } } })
      local volume <close> = machine:open "PhysicalDrive0"
      ]] .. code)
    assert.equal(0, status, output)
    return output
  end

  it("makes single attempts", function()
    assert.equal("true\nfalse\n", alone [[
      local d <close> = machine:open("D:", { access = "rw" })
      local guard = assert(d:lock())
      print(guard:held())
      assert(d:dismount())
      guard:unlock()
      print(guard:held())]])
  end)

  for call, text in pairs {
    ["volume.lock, volume, { wait = 1 }"] =
      "lock with options waits, and that needs the module ntvol: require it",
    ["volume.dismount, volume, { again = true }"] =
      "dismount with options waits, and that needs the module ntvol: require",
    ["machine.open, machine, 'D:', { wait = 1 }"] =
      "option 'wait' waits, and that needs the module ntvol: require it first",
    ["machine.open, machine, 'D:', { on_busy = print }"] =
      "option 'on_busy' waits, and that needs the module ntvol: require it",
  } do
    it("says what is needed to wait: " .. call, function()
      local output = alone("print(pcall(" .. call .. "))")
      assert(output:find(text, 1, true), output)
    end)
  end

  it("waits when the module is loaded, on what is open already", function()
    local output = alone [[
      package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
      require "ntvol"
      local d <close> = machine:open("D:", { wait = 1 })
      local guard, waited = d:lock { wait = 1 }
      print(guard:held(), waited.attempts)]]
    assert.equal("true\t1\n", output)
  end)

  it("puts a function over a method that is there", function()
    local core = require "ntvol.core"
    raises("no class 'x'", core.interpose, "x", "lock", print)
    raises("class 'volume' has no method 'x'", core.interpose, "volume", "x",
      print)
    raises("class 'volume' has no method '__gc'", core.interpose, "volume",
      "__gc", print)
    raises("function expected", core.interpose, "volume", "lock", 1)
    local memory <close> = assert(sim.create(":memory:",
      { disks = { "1M:raw:D" } }))
    local own
    own = core.interpose("machine", "name", function(self)
      return own(self) .. "!"
    end)
    finally(function()
      core.interpose("machine", "name", own)
    end)
    assert.equal("sim::memory:!", memory:name())
  end)
end)
