-- Subscriptions and watching, on a machine that fails and tells as it is asked:
-- shapes, lives, and what a subscriber may do. What is told when is NT's
-- business: spec/contract/subscribe_spec.lua.

local helpers = require "spec.helpers"

local core, fake = helpers.core, helpers.fake
local raises, refused = helpers.raises, helpers.refused

local STATUS = core.statuses

local function nothing() end

-- Subscribes a function that keeps the names it is told.
local function listen(machine)
  local names = {}
  local sub = assert(machine:subscribe(function(event)
    names[#names + 1] = event.name
  end))
  return names, sub
end

local function turn(volume)
  local guard <close> = assert(volume:lock())
  assert(guard:held())
end

describe("machine:subscribe", function()
  before_each(helpers.start)
  after_each(function()
    helpers.finish()
    assert.equal(0, fake.stats().subscriptions, "subscriptions are open")
  end)

  it("calls the function with each event", function()
    local volume, machine = helpers.volume()
    local events = {}
    local sub <close> = assert(machine:subscribe(function(...)
      events[#events + 1] = table.pack(...)
    end))
    assert.equal("subscription", core.type(sub))
    turn(volume)
    assert.equal(2, #events)
    assert.equal(1, events[1].n)
    assert.equal("LOCK", events[1][1].name)
    assert.equal("UNLOCK", events[2][1].name)
    assert.equal("ntvol.event", debug.getmetatable(events[1][1]).__name)
  end)

  it("calls all that are open", function()
    local volume, machine = helpers.volume()
    local first, one = listen(machine)
    local second, two = listen(machine)
    turn(volume)
    assert(one:close())
    turn(volume)
    assert(two:close())
    turn(volume)
    assert.same({ "LOCK", "UNLOCK" }, first)
    assert.same({ "LOCK", "UNLOCK", "LOCK", "UNLOCK" }, second)
    assert.equal(2, fake.stats().unsubscribe)
  end)

  it("goes on when nobody keeps it", function()
    local volume, machine = helpers.volume()
    local names = listen(machine)
    helpers.collect()
    turn(volume)
    assert.same({ "LOCK", "UNLOCK" }, names)
  end)

  it("says why the machine refuses", function()
    local machine = helpers.machine()
    fake.fail("subscribe", 1, STATUS.STATUS_NO_MEMORY, { detail = "no room" })
    local message, info = refused("ERROR_NOT_ENOUGH_MEMORY",
      machine:subscribe(nothing))
    assert.equal("subscribe to", info.op)
    assert.equal("fake:spec", info.target)
    assert(message:find("no room", 1, true), message)
    assert.equal(0, fake.stats().unsubscribe)
    assert(machine:subscribe(nothing))
  end)

  it("is refused where nobody is told", function()
    local machine <close> = assert(core.connect("formatter", "spec"))
    refused("ERROR_NOT_SUPPORTED", machine:subscribe(nothing))
    refused("ERROR_NOT_SUPPORTED", machine:watch())
    local has = machine:capabilities()
    assert.is_false(has.subscribe)
    assert.is_false(has.watch)
    has = helpers.machine():capabilities()
    assert.is_true(has.subscribe)
    assert.is_true(has.watch)
  end)

  it("wants a function and nothing else", function()
    local machine = helpers.machine()
    raises("function expected", machine.subscribe, machine)
    raises("function expected", machine.subscribe, machine, {})
    raises("subscribe takes no options", machine.subscribe, machine, nothing, 1)
    raises("ntvol.machine expected", machine.subscribe, nil, nothing)
    machine:close()
    raises("attempt to use a closed machine", machine.subscribe, machine,
      nothing)
  end)
end)

describe("a subscription", function()
  before_each(helpers.start)
  after_each(function()
    helpers.finish()
    assert.equal(0, fake.stats().subscriptions, "subscriptions are open")
  end)

  it("closes once, by close, by its scope, with its machine", function()
    local machine = helpers.machine()
    local sub = assert(machine:subscribe(nothing))
    assert.equal("ntvol.subscription (fake:spec)", tostring(sub))
    assert.is_true(sub:close())
    assert.is_true(sub:close())
    assert.equal("closed subscription", core.type(sub))
    assert.equal("ntvol.subscription (closed)", tostring(sub))
    raises("close takes no options", sub.close, sub, 1)
    do
      local _ <close> = assert(machine:subscribe(nothing))
    end
    assert.equal(2, fake.stats().unsubscribe)
    sub = assert(machine:subscribe(nothing))
    assert(machine:close())
    assert.equal(3, fake.stats().unsubscribe)
    assert.equal("closed subscription", core.type(sub))
    assert.is_true(sub:close())
    assert.equal(3, fake.stats().unsubscribe)
  end)

  it("is collected with its machine, though its function knows both", function()
    do
      local machine = assert(core.connect("fake", "spec"))
      local sub
      sub = assert(machine:subscribe(function()
        return machine, sub
      end))
    end
    helpers.collect()
    assert.equal(0, fake.stats().machines)
    assert.equal(1, fake.stats().unsubscribe)
  end)

  it("is not called by the collector of its machine", function()
    local count = 0
    do
      local machine = assert(core.connect("fake", "spec"))
      local volume = assert(machine:open "D:")
      assert(volume:lock())
      assert(machine:subscribe(function()
        count = count + 1
      end))
    end
    helpers.collect()
    assert.equal(0, fake.stats().machines)
    assert.equal(0, count)
    assert(fake.warnings():find("was collected while", 1, true))
  end)

  it("is not told any more once it is closed, by its own function too", function()
    local volume, machine = helpers.volume()
    local count, sub = 0, nil
    sub = assert(machine:subscribe(function()
      count = count + 1
      assert(sub:close())
    end))
    turn(volume)
    assert.equal(1, count)
  end)

  it("helps", function()
    local sub <close> = assert(helpers.machine():subscribe(nothing))
    assert(sub:help():find("close()", 1, true))
    assert.equal(sub:help(), core.help_class "subscription")
    raises("help takes no options", sub.help, sub, 1)
    for _, name in ipairs { "close", "help" } do
      raises("ntvol.subscription expected", sub[name], io.stdout)
    end
  end)
end)

describe("a subscriber", function()
  before_each(helpers.start)
  after_each(helpers.finish)

  it("that raises warns, and the request goes on", function()
    local volume, machine = helpers.volume()
    local names = listen(machine)
    assert(machine:subscribe(function(event)
      error("no " .. event.name, 0)
    end))
    assert(machine:subscribe(function()
      error {}
    end))
    turn(volume)
    assert.same({ "LOCK", "UNLOCK" }, names)
    assert.equal(table.concat({
      "ntvol: a subscriber raised: table", "ntvol: a subscriber raised: no LOCK",
      "ntvol: a subscriber raised: table", "ntvol: a subscriber raised: no UNLOCK",
      "" }, "\n"), fake.warnings())
  end)

  it("cannot yield", function()
    local volume, machine = helpers.volume()
    local sub <close> = assert(machine:subscribe(function()
      coroutine.yield()
    end))
    local thread = coroutine.wrap(function()
      turn(volume)
      return "done"
    end)
    assert.equal("done", thread())
    assert.equal("subscription", core.type(sub))
    assert(fake.warnings():find("attempt to yield", 1, true))
  end)

  it("is called when the coroutine that subscribed is gone", function()
    local volume, machine = helpers.volume()
    local names
    coroutine.wrap(function()
      names = listen(machine)
    end)()
    helpers.collect()
    coroutine.wrap(function()
      turn(volume)
    end)()
    assert.same({ "LOCK", "UNLOCK" }, names)
  end)

  it("can use the machine, and is told of that, too", function()
    local volume, machine = helpers.volume()
    local other = assert(machine:open "E:")
    local names, depth = {}, 0
    assert(machine:subscribe(function(event)
      names[#names + 1] = ("%d %s"):format(depth, event.name)
      if depth == 0 then
        depth = 1
        turn(other)
        depth = 0
      end
    end))
    turn(volume)
    assert.same({ "0 LOCK", "1 LOCK", "1 UNLOCK",
      "0 UNLOCK", "1 LOCK", "1 UNLOCK" }, names)
  end)

  it("cannot close the machine", function()
    local volume, machine = helpers.volume()
    local problems = {}
    local sub <close> = assert(machine:subscribe(function()
      problems[#problems + 1] = select(2, pcall(machine.close, machine))
      problems[#problems + 1] = select(2, pcall(function()
        local _ <close> = machine
      end))
    end))
    assert(volume:lock())
    assert.equal(2, #problems)
    for _, problem in ipairs(problems) do
      assert(problem:find("a request of the machine waits for this subscriber",
        1, true), problem)
    end
    assert.equal("machine", core.type(machine))
    assert.equal("subscription", core.type(sub))
  end)

  it("cannot format", function()
    local volume, machine = helpers.volume()
    local other = assert(machine:open "E:")
    local problem
    local sub <close> = assert(machine:subscribe(function()
      problem = select(2, pcall(other.format, other,
        { fs = "fat", erase = "E:" }))
    end))
    assert(volume:lock())
    assert.equal("subscription", core.type(sub))
    assert(problem:find("format when it is over", 1, true), problem)
  end)

  it("can close the handle of the request", function()
    local volume, machine = helpers.volume()
    local sub = assert(machine:subscribe(function()
      assert(volume:close())
    end))
    refused("ERROR_INVALID_HANDLE", volume:lock())
    assert.equal("closed volume", core.type(volume))
    assert(sub:close())
  end)

  it("can close the handle whose lock has just ended", function()
    local volume, machine = helpers.volume()
    local guard = assert(volume:lock())
    local sub <close> = assert(machine:subscribe(function()
      assert(volume:close())
    end))
    assert.is_true(guard:unlock())
    assert.equal("closed lock", core.type(guard))
    assert.equal("closed volume", core.type(volume))
    assert.equal("subscription", core.type(sub))
  end)

  it("can end the program", function()
    local output, code = helpers.child [[
      local core, fake = require "ntvol.core", require "fake"
      local machine = assert(core.connect("fake", "spec"))
      assert(fake)
      local volume = assert(machine:open "D:")
      assert(machine:subscribe(function()
        os.exit(3, true)
      end))
      volume:lock()
      print "goes on"]]
    assert.equal(3, code, output)
    assert.is_nil(output:find("goes on", 1, true), output)
  end)
end)

describe("machine:watch", function()
  before_each(helpers.start)
  after_each(helpers.finish)

  local function collect(...)
    local ids = {}
    for event in assert(helpers.machine():watch(...)) do
      ids[#ids + 1] = event.id
    end
    return ids
  end

  it("lists what is there after an id, and ends with the time", function()
    assert.same({ 1, 2, 5 }, collect(0, 0))
    assert.same({ 5 }, collect(2, 0.01))
    assert.same({}, collect(5, 0))
    assert.same({}, collect(17, 0))
  end)

  it("begins now when nothing else is said", function()
    assert.same({}, collect(nil, 0))
  end)

  it("goes on waiting until the time is over", function()
    local start = core.time()
    assert.same({}, collect(5, 0.05))
    assert(core.time() - start >= 0.04)
    assert(fake.stats().wait_event > 1)
  end)

  -- lua ends a program at Ctrl-C by a hook.
  it("ends by a hook, also when it waits for ever", function()
    local watch = assert(helpers.machine():watch(5))
    debug.sethook(function()
      if fake.stats().wait_event > 3 then
        debug.sethook()
        error("interrupted!", 0)
      end
    end, "c")
    local ok, problem = pcall(watch)
    debug.sethook()
    assert.is_false(ok)
    assert.equal("interrupted!", problem)
  end)

  it("says why the machine cannot be watched", function()
    local machine = helpers.machine()
    fake.fail("wait_event", 1, STATUS.STATUS_INSUFFICIENT_RESOURCES,
      { hint = "end other watches" })
    local message, info = refused("ERROR_NO_SYSTEM_RESOURCES", machine:watch())
    assert.equal("watch", info.op)
    assert(message:find("end other watches", 1, true), message)
    fake.fail("next_event", 1, STATUS.STATUS_FILE_CORRUPT_ERROR)
    refused("ERROR_FILE_CORRUPT", machine:watch())
  end)

  it("raises what is refused later", function()
    local machine = helpers.machine()
    local watch = assert(machine:watch(5, 10))
    fake.fail("wait_event", 1, STATUS.STATUS_IO_DEVICE_ERROR)
    raises("[ERROR_IO_DEVICE, STATUS_IO_DEVICE_ERROR]", watch)
    fake.fail("next_event", 1, STATUS.STATUS_FILE_CORRUPT_ERROR)
    raises("list events of 'fake:spec'", watch)
    machine:close()
    raises("attempt to use a closed machine", watch)
  end)

  it("checks its arguments", function()
    local machine = helpers.machine()
    raises("event id -1 is not from 0", machine.watch, machine, -1)
    raises("a time is 0 or more seconds", machine.watch, machine, 0, -1)
    raises("a time is 0 or more seconds", machine.watch, machine, 0, 0 / 0)
    raises("number expected", machine.watch, machine, 0, {})
    raises("watch takes no options", machine.watch, machine, 0, 0, {})
    assert.equal("function", type(machine:watch(0, math.huge)))
  end)
end)

describe("the vocabulary of events", function()
  before_each(helpers.start)
  after_each(helpers.finish)

  it("has the codes FSRTL_VOLUME_* 1 to 14, each once", function()
    local names = {}
    for name, event in pairs(core.events) do
      assert(event.guid:find("^%x+%-%x+%-%x+%-%x+%-%x+$"), event.guid)
      assert.equal(event.guid:lower(), event.guid)
      if event.code then
        assert.is_nil(names[event.code])
        names[event.code] = name
      end
    end
    assert.same({ "DISMOUNT", "DISMOUNT_FAILED", "LOCK", "LOCK_FAILED", "UNLOCK",
      "MOUNT", "NEED_CHKDSK", "WORM_NEAR_FULL", "WEARING_OUT", "FORCE_CLOSED",
      "INFO_MAKE_COMPAT", "PREPARING_EJECT", "CHANGE_SIZE",
      "BACKGROUND_FORMAT" }, names)
    assert.same({ guid = "d07433c0-a98e-11d2-917a-00a0c9068ff3" },
      core.events.MEDIA_ARRIVAL)
  end)

  it("gives an event its code by its GUID, in either case", function()
    local events = helpers.machine():events()
    assert.equal(3, events[1].code)
    assert.equal("50708874-C9AF-11D1-8FEF-00A0C9A06D32", events[1].guid)
    assert.is_nil(events[2].code)
  end)
end)
