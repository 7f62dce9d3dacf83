-- The picture of a run. What is drawn is read back from the SVG: every text with
-- the place that it takes, so that no two of them may overlap.

local history = require "ntvol.timeline.history"
local proc = require "spec.support.proc"
local style = require "ntvol.timeline.style"
local tempdir = require "spec.support.tempdir"
local text = require "ntvol.timeline.text"
local timeline = require "ntvol.timeline"

local T = 1764331200123456

-- ---- data ----------------------------------------------------------------

-- Steps one after the other: rows are { name, target, microseconds }.
local function run(rows)
  local steps, time = {}, T
  for i, row in ipairs(rows) do
    steps[i] = { name = row[1], target = row[2], started = time,
      ended = time + row[3], outcome = "done" }
    time = time + row[3] + 8
  end
  return steps
end

local function change()
  local steps = run { { "open", "D:", 412 }, { "lock", "D:", 1530 },
    { "format", "D:", 1843221 }, { "dismount", "D:", 2210 },
    { "close", "D:", 75 } }
  steps[3].final, steps[3].message = true, "NTFS, 6.2 MiB written"
  return {
    title = "change_filesystem D:", result = "result: done", pid = 4711,
    steps = steps,
    locks = { { target = "D:", holder = "this run", from = steps[2].ended,
      to = steps[5].started } },
    events = { { name = "LOCK", target = "D:", pid = 4711,
      time = steps[2].ended } },
  }
end

local function failure()
  local steps = run { { "open", "E:", 40 }, { "lock", "E:", 15000000 } }
  steps[1].outcome, steps[2].outcome = "undone", "failed"
  steps[1].undo_started, steps[1].undo_ended = T + 15000100, T + 15000105
  steps[2].message = "lock 'E:': access denied: backup.exe (pid 812)"
  steps[3] = { name = "format", target = "E:", outcome = "not run",
    final = true }
  local events = {}
  for i = 1, 40 do
    events[i] = { name = "LOCK_FAILED", target = "E:", pid = 4711,
      time = T + i * 370000 }
  end
  return { title = "change", result = "result: undone", bad = true, pid = 4711,
    steps = steps, events = events,
    locks = { { target = "E:", holder = "pid 812" } } }
end

local WORDS = { "D:", "E:", "PhysicalDrive1",
  "\\\\?\\Volume{6f1c2b34-0000-4000-8000-00a0c9a06d32}\\",
  "a name <with> \"signs\" & 'quotes'", "\u{65e5}\u{672c}\u{8a9e}",
  ("long"):rep(30) }

-- A run of any size and speed; the same seed makes the same run.
local function any_run(seed)
  math.randomseed(seed)
  local random = math.random
  local function duration()
    return math.floor(10 ^ (random() * 10)) -- 1 microsecond to 3 hours
  end
  local rows = {}
  for i = 1, random(1, 25) do
    rows[i] = { WORDS[random(#WORDS)], WORDS[random(#WORDS)], duration() }
  end
  local data = { title = WORDS[random(#WORDS)], steps = run(rows), locks = {},
    events = {} }
  local last = data.steps[#data.steps].ended
  for _, step in ipairs(data.steps) do
    if random() < 0.3 then
      step.outcome, step.message = "undo failed", WORDS[random(#WORDS)]
      step.undo_started = last + random(100)
      step.undo_ended = step.undo_started + duration()
      last = step.undo_ended
    end
    step.final = random() < 0.1
  end
  for i = 1, random(0, 12) do
    local from = T + random(0, last - T)
    data.locks[i] = { target = WORDS[random(#WORDS)], from = from,
      holder = WORDS[random(#WORDS)], to = random() < 0.7 and from
        + random(0, last - from) or nil }
  end
  for i = 1, random(0, 40) do
    data.events[i] = { name = random() < 0.5 and "LOCK" or "LOCK_FAILED",
      target = WORDS[random(3)], pid = random(3), time = T
        + random(0, last - T) }
  end
  table.sort(data.events, function(a, b) return a.time < b.time end)
  return data
end

-- ---- reading the picture -------------------------------------------------

local NAMES = { amp = "&", lt = "<", gt = ">", quot = '"', ["#39"] = "'" }

local function unescape(words)
  return (words:gsub("&([%w#]+);", NAMES))
end

-- All texts: { words, class, x0, x1, y }.
local function texts(svg)
  local list = {}
  for class, x, y, more, words in svg:gmatch(
      '<text class="([%w ]+)" x="([-%d.]+)" y="([-%d.]+)"([^>]*)>(.-)</text>')
  do
    words = unescape(words)
    local cell = class:find("title") and style.CELL * 17 / 12 or style.CELL
    local width = text.cells(words) * cell
    local shift = more:find("middle") and width / 2 or more:find('"end"')
      and width or 0
    list[#list + 1] = { words = words, class = class, y = tonumber(y),
      x0 = x - shift, x1 = x - shift + width }
  end
  return list
end

local function overlaps(a, b)
  return a.x0 < b.x1 - 0.5 and b.x0 < a.x1 - 0.5 and math.abs(a.y - b.y) < 12
end

local function assert_readable(svg)
  local list = texts(svg)
  local width = tonumber(svg:match('<svg[^>]-width="(%d+)"'))
  local height = tonumber(svg:match('<svg[^>]-height="(%d+)"'))
  for i, a in ipairs(list) do
    assert(a.x0 >= 0 and a.x1 <= width and a.y <= height,
      ("'%s' is outside: %s to %s of %s"):format(a.words, a.x0, a.x1, width))
    for k = i + 1, #list do
      local b = list[k]
      assert(not overlaps(a, b), ("'%s' at %s,%s is on '%s' at %s,%s"):format(
        a.words, a.x0, a.y, b.words, b.x0, b.y))
    end
  end
end

local function find(svg, words)
  for _, item in ipairs(texts(svg)) do
    if item.words == words then
      return item
    end
  end
end

local function has(svg, words)
  return assert(find(svg, words), "no text: " .. words)
end

-- ---- the specs -----------------------------------------------------------

describe("timeline.svg", function()
  it("shows each step with its outcome and its time", function()
    local svg = timeline.svg(change())
    assert(has(svg, "1. open D:").y < has(svg, "2. lock D:").y)
    has(svg, "NTFS, 6.2 MiB written")
    has(svg, "412 \u{b5}s")
    has(svg, "1.53 ms")
    has(svg, "1.84 s")
    local _, count = svg:gsub(">done</text>", "")
    assert.equal(5, count)
    local _, signs = svg:gsub(style.SIGNS.done, "")
    assert.equal(5, signs)
    has(svg, "began 2025-11-28 12:00:00.123456 UTC, took 1.85 s")
    has(svg, "result: done")
  end)

  it("shows who held a lock inside its bar", function()
    local svg = timeline.svg(change())
    local label = has(svg, "locked by this run")
    local left, right = svg:match(
      '<polygon class="lock" points="([%d.]+),[%d.]+ ([%d.]+),')
    assert(tonumber(left) < label.x0 and label.x1 < tonumber(right))
  end)

  it("shows what goes on by a point, and draws it to the end", function()
    local data = change()
    data.locks[1].to = nil
    local svg = timeline.svg(data)
    local points = svg:match('<polygon class="lock" points="([^"]+)"')
    local _, count = points:gsub(",", "")
    assert.equal(5, count, points)
  end)

  it("shows each event with its name, and whose it is", function()
    local data = change()
    data.events[2] = { name = "LOCK_FAILED", target = "D:", pid = 99,
      time = T + 3000 }
    local svg = timeline.svg(data)
    has(svg, "LOCK")
    assert.equal("bad strong", has(svg, "LOCK_FAILED by pid 99").class)
  end)

  it("counts events that repeat", function()
    has(timeline.svg(failure()), "LOCK_FAILED \u{d7}40")
  end)

  it("shows failures and undo by words and signs", function()
    local svg = timeline.svg(failure())
    for _, outcome in ipairs { "failed", "undone", "not run" } do
      has(svg, outcome)
      assert(svg:find(style.SIGNS[outcome], 1, true), outcome)
    end
    has(svg, "lock 'E:': access denied: backup.exe (pid 812)")
    local bar = svg:match('<rect class="undo"[^>]- x="([%d.]+)"')
    assert(tonumber(bar) < has(svg, "undo").x0)
    assert.equal("bad strong", has(svg, "result: undone").class)
  end)

  it("marks from where on nothing can be undone, once", function()
    local data = change()
    data.steps[4].final = true
    local svg = timeline.svg(data)
    local mark = has(svg, "cannot be undone from here")
    assert(has(svg, "2. lock D:").y < mark.y)
    assert(mark.y < has(svg, "3. format D:").y)
    local _, count = svg:gsub("cannot be undone from here", "")
    assert.equal(1, count)
    data.steps[3].final, data.steps[4].final = false, false
    assert.is_nil(find(timeline.svg(data), "cannot be undone from here"))
  end)

  it("is to scale when everything can be read that way, and says so",
    function()
      local data = { title = "t", steps = run { { "open", "D:", 3000000 },
        { "read", "D:", 9000000 }, { "close", "D:", 4000000 } } }
      data.steps[2].started = data.steps[1].ended
      data.steps[3].started = data.steps[2].ended
      local svg = timeline.svg(data)
      has(svg, "time since the start, to scale")
      has(svg, "2 s")
      local bars = {}
      for width in svg:gmatch('class="done" x="[%d.]+" y="[%d.]+" width="(.-)"')
      do
        bars[#bars + 1] = tonumber(width)
      end
      assert(math.abs(bars[2] / bars[1] - 3) < 0.01)
    end)

  it("says on the axis that it is not to scale, and where much time passes",
    function()
      local rows = {}
      for i = 1, 20 do
        rows[i] = { "step", "D:", i == 7 and 7200000000 or i * 13 }
      end
      local svg = timeline.svg { title = "t", steps = run(rows) }
      has(svg, "time since the start, not to scale: short times are drawn wider")
      local _, bands = svg:gsub('class="band"', "")
      assert.equal(1, bands)
      local band = svg:match('<rect class="band" x="([%d.]+)"')
      local bar = svg:match('<title>7%. step D:: 2 h</title>')
      assert(bar, svg)
      assert(tonumber(band) < has(svg, "2 h pass here").x0)
    end)

  it("draws what was never run", function()
    local svg = timeline.svg { title = "t", steps = { { name = "open",
      target = "D:", outcome = "not run" } } }
    has(svg, "nothing was run")
    has(svg, "not run")
    assert_readable(svg)
    assert_readable(timeline.svg { title = "t", steps = {} })
  end)

  it("draws what took no time at all", function()
    assert_readable(timeline.svg { title = "t", steps = { { name = "open",
      started = 5, ended = 5, outcome = "done" } } })
  end)

  it("has labels that never overlap and never leave the picture", function()
    assert_readable(timeline.svg(change()))
    assert_readable(timeline.svg(failure()))
    for seed = 1, 150 do
      local ok, problem = pcall(assert_readable, timeline.svg(any_run(seed)))
      assert(ok, ("run %d: %s"):format(seed, tostring(problem)))
    end
  end)

  it("makes the same bytes of the same data, and leaves the data alone",
    function()
      local data = any_run(7)
      assert.same(any_run(7), data)
      local first = timeline.svg(data)
      assert.equal(first, timeline.svg(data))
      assert.equal(first, timeline.svg(any_run(7)))
      assert.same(any_run(7), data)
    end)

  it("has colours for a dark viewer, and a ground of its own", function()
    local svg = timeline.svg(change())
    assert.matches("@media(prefers-color-scheme:dark){", svg, 1, true)
    assert.matches('<rect class="paper" width="%d+" height="%d+"/>', svg)
  end)

  it("tells who cannot see it", function()
    local svg = timeline.svg(change())
    assert.matches('role="img" aria-labelledby="t d"', svg, 1, true)
    assert.matches('<title id="t">change_filesystem D:</title>', svg, 1, true)
    local words = unescape(svg:match('<desc id="d">(.-)</desc>'))
    assert.matches("2. lock D:: done, 1.53 ms.", words, 1, true)
    assert.matches("D: locked by this run from 1.95 ms to 1.85 s.", words, 1,
      true)
  end)

  it("writes any name as XML", function()
    local data = { title = "<b>&\"'\0\27\xff\u{202e}\u{ffff}", steps = {} }
    local svg = timeline.svg(data)
    assert.matches("&lt;b&gt;&amp;&quot;&#39;", svg, 1, true)
    assert(not svg:find("[\0\27]"))
    assert(utf8.len(svg))
    assert(not svg:find("\u{202e}", 1, true))
  end)

  it("is well-formed XML", function()
    if not proc.has("xmllint") then
      pending("xmllint is not installed")
    end
    local path = tempdir(finally) .. "/run.svg"
    for _, data in ipairs { change(), failure(), any_run(3), any_run(4),
      { title = "\0<&>\xff", steps = {} } } do
      local file = assert(io.open(path, "w"))
      assert(file:write(timeline.svg(data)))
      assert(file:close())
      assert.same({}, proc.lines("xmllint --noout " .. path .. " 2>&1"))
    end
  end)

  it("refuses what is not data", function()
    assert.has_error(function() timeline.svg() end)
    assert.has_error(function() timeline.svg { titel = "x" } end)
    assert.has_error(function() timeline.svg { title = 7 } end)
  end)
end)

describe("times are written", function()
  for us, words in pairs { [0] = "0 \u{b5}s", [412] = "412 \u{b5}s",
    [999] = "999 \u{b5}s", [1530] = "1.53 ms", [82700] = "82.7 ms",
    [999999] = "1 s", [1843221] = "1.84 s", [15003210] = "15 s",
    [119999999] = "2 min", [125000000] = "2 min 5 s", [3599999999] = "1 h",
    [3600000000] = "1 h", [7300000000] = "2 h 01 min" } do
    it(words .. " for " .. us, function()
      assert.equal(words, text.time(us))
    end)
  end

  it("as exactly as the next one is near", function()
    assert.equal("15.00003 s", text.offset(15000030, 20))
    assert.equal("15 s", text.offset(15000030, 5000000))
    assert.equal("0", text.offset(0, 1))
    assert.equal("2 h 01 min 35.0001 s", text.offset(7295000100, 300))
  end)
end)

describe("intervals of the history", function()
  local function who(pid)
    return "pid " .. pid
  end

  local function intervals(...)
    local events = {}
    for i, row in ipairs { ... } do
      events[i] = { name = row[1], target = row[2] or "D:", pid = row[3] or 1,
        time = i }
    end
    local list = {}
    for i, item in ipairs(history.intervals(events, who)) do
      list[i] = ("%s %s %s %s-%s"):format(item.kind, item.target, item.holder,
        item.from or "", item.to or "")
    end
    return list
  end

  it("begin with LOCK and end with UNLOCK", function()
    assert.same({ "lock D: pid 1 1-2", "lock E: pid 2 3-" },
      intervals({ "LOCK" }, { "UNLOCK" }, { "LOCK", "E:", 2 }))
  end)

  it("do not begin when the lock was refused", function()
    assert.same({}, intervals({ "LOCK" }, { "LOCK_FAILED" }))
    assert.same({ "lock D: pid 1 1-4" }, intervals({ "LOCK" },
      { "LOCK", "D:", 2 }, { "LOCK_FAILED", "D:", 2 }, { "UNLOCK" }))
  end)

  it("began before when only their end is seen", function()
    assert.same({ "lock D: pid 9 -1" }, intervals({ "UNLOCK", "D:", 9 }))
    assert.same({ "offline D: pid 1 -1" }, intervals({ "ONLINE" }))
    assert.same({}, intervals({ "LOCK" }, { "LOCK_FAILED" }, { "UNLOCK" }))
  end)

  it("follow each other: dismounted, offline, removed", function()
    assert.same({ "dismounted D: pid 1 1-2", "offline D: pid 1 2-3",
      "removed D: pid 1 3-4" }, intervals({ "DISMOUNT" }, { "OFFLINE" },
      { "REMOVAL" }, { "ARRIVAL" }))
    assert.same({ "lock D: pid 1 1-2", "lost D: pid 1 2-" },
      intervals({ "LOCK" }, { "SURPRISE_REMOVAL" }))
  end)
end)

describe("timeline.of_report", function()
  local sim = require "ntvol.sim"
  local plan = require "ntvol.plan"

  local function machine()
    return assert(sim.create(":memory:", { disks = {
      "gpt:48M=16M:fat:D+16M:ntfs:E" } }))
  end

  it("draws a removal: what held each volume, and when", function()
    local lab <close> = machine()
    local report = assert(assert(plan.prepare_lun_removal(0,
      { machine = lab })):run())
    local data = timeline.of_report(report)
    local kinds = {}
    for i, lock in ipairs(data.locks) do
      kinds[i] = lock.kind .. " " .. lock.target
      assert(lock.from >= data.started)
    end
    table.sort(kinds)
    assert.same({ "dismounted D:", "dismounted E:", "lock D:", "lock E:",
      "offline D:", "offline E:", "removed D:", "removed E:",
      "removed PhysicalDrive0" }, kinds)
    local svg = timeline.svg(data)
    assert_readable(svg)
    has(svg, "0. check PhysicalDrive0")
    has(svg, "1. open D:")
    assert.equal(svg, timeline.svg(timeline.of_report(report:data())))
  end)

  it("draws a failure and its undo", function()
    local lab <close> = machine()
    local other <close> = assert(lab:open("E:"))
    local _, _, _, info = assert(plan.prepare_lun_removal(0,
      { machine = lab, lock = "required" })):run()
    assert(other:size())
    local svg = timeline.svg(timeline.of_report(info.report))
    assert_readable(svg)
    has(svg, "failed")
    has(svg, "LOCK_FAILED")
    local _, undone = svg:gsub(">undone</text>", "")
    local _, bars = svg:gsub('<rect class="undo"', "")
    assert.equal(4, undone)
    assert.equal(4, bars)
  end)

  it("draws a run that a check refused", function()
    local report = {
      plan = "p", target = "D:", state = "refused", message = "no",
      started = 1764331200.25, ended = 1764331200.5,
      steps = { { name = "open", outcome = "not run" } },
    }
    local data = timeline.of_report(report, {})
    assert.equal(1764331200250000, data.started)
    assert.equal("failed", data.steps[1].outcome)
    assert_readable(timeline.svg(data))
  end)
end)
