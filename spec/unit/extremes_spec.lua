-- Pictures of any times and names, numbers in any locale, finalizers called by
-- hand while what they free is in use.

local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"
local timeline = require "ntvol.timeline"

local function data(from, to, name)
  return { title = name or "a run",
    steps = { { name = name or "step", target = name or "D:", started = from,
      ended = to, outcome = "done", message = name } },
    locks = { { target = name or "D:", holder = name, from = from, to = to } },
    events = { { name = name or "LOCK", target = name or "D:", time = from },
      { name = "UNLOCK", target = name or "D:", time = to } } }
end

local function check(svg)
  for number in svg:gmatch ' [xy][12]?="([^"]*)"' do
    local value = tonumber(number)
    assert(value and value > -1e5 and value < 1e5, "a coordinate: " .. number)
  end
  local height = tonumber(svg:match ' height="(%d+)"')
  assert(height < 4000, "it is too high: " .. height)
end

describe("A picture", function()
  for name, times in pairs {
    ["negative times"] = { -5000, -1 }, ["2^53"] = { 0, 2 ^ 53 },
    ["2^63 - 1"] = { 0, math.maxinteger },
    ["all of 64 bits"] = { math.mininteger, math.maxinteger },
    ["the same instant"] = { 7, 7 }, ["an end before the start"] = { 10, 0 },
    ["1e300"] = { 0, 1e300 }, ["infinity"] = { -math.huge, math.huge },
    ["what is no number"] = { 0 / 0, 5 }, ["the largest"] = {
      math.maxinteger, math.maxinteger },
  } do
    it("of times like " .. name .. " can be drawn", function()
      local run = data(times[1], times[2])
      run.events[1].time = times[1] == times[1] and times[1] or 0
      check(timeline.svg(run))
    end)
  end

  for name, text in pairs { letters = ("x"):rep(10000),
    ["wide characters"] = ("\u{65e5}"):rep(3334),
    ["bytes that are not UTF-8"] = ("\xff"):rep(10000),
    ["control characters"] = ("\27\u{202e}\0"):rep(2000),
    words = ("word "):rep(2000) } do
    it("of names of 10,000 bytes can be read: " .. name, function()
      local svg = timeline.svg(data(0, 1000, text))
      check(svg)
      assert.is_nil(svg:find "[\0-\8\11-\31\127]")
      assert(utf8.len(svg))
    end)
  end

  it("of one event alone can be drawn", function()
    check(timeline.svg { title = "a", steps = {},
      events = { { name = "LOCK", target = "D:", time = 3 } } })
  end)
end)

describe("In a locale with a comma", function()
  it("JSON and pictures have points", function()
    if proc.windows or not proc.has "localedef" then
      pending "localedef is not installed"
      return
    end
    local folder = tempdir(finally)
    local _, code = proc.run(("localedef -c -i de_DE -f UTF-8 %s/de_DE.UTF-8")
      :format(folder))
    if code > 1 then
      pending "localedef has no source of de_DE"
      return
    end
    local out = proc.run(("LOCPATH=%s LUA_PATH=%s LUA_CPATH=%s %s -e %s"):format(
      folder, proc.quote(package.path), proc.quote(package.cpath),
      os.getenv "LUA" or "lua5.4", proc.quote [[
        local function draw()
          return require "ntvol.timeline".svg { title = "a", steps = {
            { name = "b", started = 0, ended = 1534 },
            { name = "c", started = 1600, ended = 91534567 } } }
        end
        local before = draw()
        assert(os.setlocale "de_DE.UTF-8", "no such locale")
        assert(tostring(1.5) == "1,5", "no comma: " .. tostring(1.5))
        print(require "ntvol.json".line { 1.5, 1e300, -0.25, "a,b \u{e0}" })
        print(draw() == before)]]))
    assert.equal('[1.5, 1.0000000000000001e+300, -0.25, "a,b \u{e0}"]\ntrue\n', out)
  end)
end)

describe("__gc called by hand", function()
  local helpers = require "spec.helpers"
  before_each(helpers.start)
  after_each(helpers.finish)

  local function gc(object, ...)
    return pcall(debug.getmetatable(object).__gc, object, ...)
  end

  it("refuses what is no object of its class", function()
    local volume, machine = helpers.volume()
    for _, object in ipairs { volume, machine } do
      for _, wrong in ipairs { false, 1, "x", {}, io.stdout } do
        assert.is_false((pcall(debug.getmetatable(object).__gc, wrong)))
      end
      assert.is_false((pcall(debug.getmetatable(object).__gc)))
    end
  end)

  it("twice closes once", function()
    local volume, machine = helpers.volume()
    for _, object in ipairs { volume, volume, machine, machine } do
      gc(object)
    end
    assert.equal("closed volume", helpers.core.type(volume))
    assert.equal("closed machine", helpers.core.type(machine))
    helpers.fake.warnings()
  end)

  it("changes nothing while a format runs", function()
    local sim <const> = require "ntvol.sim"
    local folder = tempdir(finally)
    local machine <close> = assert(sim.create(folder .. "/lab",
      { disks = { "8M:raw:D" } }))
    local journal <close> = assert(require "ntvol.journal".open(
      folder .. "/journal"))
    local volume <close> = assert(machine:open "D:")
    local guard <close> = assert(volume:lock())
    local calls = 0
    local done, message = volume:format { fs = "fat", erase = "D:",
      journal = journal, on_progress = function()
        calls = calls + 1
        for _, object in ipairs { volume, machine, journal, volume } do
          gc(object)
        end
      end }
    assert(done, message)
    assert(calls > 0)
    assert.equal("volume", helpers.core.type(volume))
    assert.equal("machine", helpers.core.type(machine))
    assert.equal("journal", helpers.core.type(journal))
    assert.is_true(guard:held())
    helpers.fake.warnings()
  end)

  it("in a subscriber and in a loop of events ends in order", function()
    local sim = require "ntvol.sim"
    local machine = assert(sim.create(":memory:", { disks = { "1M:raw:D" } }))
    local subscription
    subscription = assert(machine:subscribe(function()
      gc(subscription)
      gc(machine)
    end))
    local volume = machine:open "D:"
    if volume then
      pcall(volume.lock, volume)
      gc(volume)
    end
    gc(subscription)
    gc(machine)
    helpers.fake.warnings()
  end)
end)
