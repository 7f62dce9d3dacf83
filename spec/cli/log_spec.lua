-- ntvol log

local cjson = require "cjson"
local command = require "spec.support.command"
local journal = require "ntvol.journal"
local proc = require "spec.support.proc"

-- `ntvol` with the journal of the lab's folder.
local function run(lab, words)
  return command.capture(("NTVOL_STATE=%s %s"):format(
    proc.quote(lab.folder .. "/state"), command.line(words)), lab.folder)
end

local function fill(lab)
  local log <close> = assert(journal.open(lab.folder .. "/state"))
  local id = assert(log:begin { plan = "backup", target = "D:",
    machine = "sim:lab", command = "to tape",
    identity = { size = 1 << 20, extents = {} } })
  assert(log:step(id, 1, { name = "copy", outcome = "done", started = 1.5 }))
  assert(log:finish(id, "committed", "1 MiB"))
  assert(log:begin { plan = "lost", target = "E:" })
  return id
end

describe("ntvol log", function()
  it("lists nothing without a journal, and needs no machine", function()
    local lab = command.lab(finally)
    local result = run(lab, { "log", "--json" })
    assert.equal(0, result.code, result.err)
    assert.same({}, cjson.decode(result.out))
  end)

  it("lists operations, and says what was interrupted", function()
    local lab = command.lab(finally)
    fill(lab)
    local result = run(lab, { "log" })
    assert.equal(0, result.code, result.err)
    assert(result.out:find("^ID\tTIME\tPLAN\tMACHINE\tTARGET\tSTATE\tSAVED\n"))
    assert(result.out:find("\tbackup\tsim:lab\tD:\tcommitted\t\n"), result.out)
    assert(result.out:find("\tlost\t\tE:\tinterrupted\t\n"), result.out)
  end)

  it("shows one with its steps", function()
    local lab = command.lab(finally)
    local id = fill(lab)
    local result = run(lab, { "log", tostring(id) })
    assert.equal(0, result.code, result.err)
    for _, text in ipairs { "plan: +backup\n", "command: +to tape\n",
      "message: +1 MiB\n", "size: +1048576 %(1 MiB%)\n",
      "1\t1970%-01%-01 00:00:01%.500\tcopy\t\tdone\t\n" } do
      assert(result.out:find(text), text .. "\n" .. result.out)
    end
    local entry = cjson.decode(run(lab, { "log", tostring(id), "--json" }).out)
    assert.equal("copy", entry.steps[1].name)
    assert.equal(1 << 20, entry.identity.size)
  end)

  it("refuses an unknown number: 3; a wrong one and a wrong pair: 2", function()
    local lab = command.lab(finally)
    fill(lab)
    local result = run(lab, { "log", "99" })
    assert.equal(3, result.code)
    assert(result.err:find("no operation 99", 1, true), result.err)
    assert(result.err:find("hint: ", 1, true), result.err)
    assert.equal(2, run(lab, { "log", "x" }).code)
    assert.equal(2, run(lab, { "log", "1", "--prune" }).code)
  end)

  it("forgets what is old with --prune", function()
    local lab = command.lab(finally)
    fill(lab)
    local result = run(lab, { "log", "--prune", "--json" })
    assert.equal(0, result.code, result.err)
    assert.same({ operations = 0, saved = 0 }, cjson.decode(result.out))
    assert.equal(2, #cjson.decode(run(lab, { "log", "--json" }).out))
  end)

  it("says how to go on when there is no place for a journal", function()
    local lab = command.lab(finally)
    local result = command.capture("NTVOL_STATE= XDG_STATE_HOME= HOME= "
      .. command.line { "log" }, lab.folder)
    assert.equal(3, result.code)
    assert(result.err:find("hint: name a folder in NTVOL_STATE", 1, true),
      result.err)
    result = command.capture(("NTVOL_STATE= XDG_STATE_HOME=%s %s"):format(
      proc.quote(lab.folder .. "/xdg"), command.line { "log" }), lab.folder)
    assert.equal(0, result.code, result.err)
    proc.slurp(lab.folder .. "/xdg/ntvol/journal.db")
    result = command.capture(("NTVOL_STATE= XDG_STATE_HOME= HOME=%s %s"):format(
      proc.quote(lab.folder), command.line { "log" }), lab.folder)
    assert.equal(0, result.code, result.err)
    proc.slurp(lab.folder .. "/.local/state/ntvol/journal.db")
  end)
end)

describe("ntvol log ID --svg", function()
  local sim = require "ntvol.sim"

  -- A run in the journal, of a machine whose events can be asked for.
  local function locked(lab)
    local machine <close> = assert(sim.open(lab.path))
    local log <close> = assert(journal.open(lab.folder .. "/state"))
    local id = assert(log:begin { plan = "hold", target = "D:",
      machine = machine:name() })
    local volume <close> = assert(machine:open("D:"))
    local began = require "ntvol.core".time()
    local guard = assert(volume:lock())
    assert(log:step(id, 1, { name = "lock", target = "D:", outcome = "done",
      started = began, ended = require "ntvol.core".time() }))
    assert(guard:unlock())
    local other <close> = assert(machine:open("E:"))
    assert(other:lock()):unlock()
    assert(log:finish(id, "committed"))
    return tostring(id)
  end

  it("draws the steps, and the locks that its machine saw", function()
    local lab = command.lab(finally, "16M:fat:D", "16M:fat:E")
    local id = locked(lab)
    local path = lab.folder .. "/run.svg"
    local result = run(lab, { "log", id, "--svg", path })
    assert.equal(0, result.code, result.err)
    assert.equal("", result.out .. result.err)
    local svg = proc.slurp(path)
    assert.matches(">1. lock D:</text>", svg, 1, true)
    assert.matches(">locked by this run, pid %d+</text>", svg)
    assert.matches(">UNLOCK</text>", svg, 1, true)
    assert.matches("Not shown: %d events on other volumes and disks%.</text>",
      svg)
    assert.equal(svg, run(lab, { "log", id, "--svg", "-" }).out)
  end)

  it("draws what a run undid, and from where on nothing can be", function()
    local lab = command.lab(finally, "16M:fat:D")
    local plan = require "ntvol.plan"
    local steps = {}
    for i, name in ipairs { "one", "two", "three" } do
      steps[i] = { name = name, says = name, run = function()
        return i < 3 or nil, "refused"
      end, undo = i < 3 and function() return true end or nil,
        destroys = i == 3 }
    end
    do
      local log <close> = assert(journal.open(lab.folder .. "/state"))
      assert.is_nil((plan.new { name = "p", target = "D:", steps = steps }
        :run { erase = "D:", journal = log }))
    end
    local svg = run(lab, { "log", "1", "--svg", "-" }).out
    local _, bars = svg:gsub('<rect class="undo"', "")
    assert.equal(2, bars)
    assert.matches(">cannot be undone from here</text>", svg, 1, true)
  end)

  it("draws an operation without steps as one", function()
    local lab = command.lab(finally)
    do
      local log <close> = assert(journal.open(lab.folder .. "/state"))
      assert(log:finish(assert(log:begin { plan = "format", target = "D:" }),
        "committed", "NTFS"))
    end
    local svg = run(lab, { "log", "1", "--svg", "-" }).out
    assert.matches(">1. format D:</text>", svg, 1, true)
    assert.matches(">done</text>", svg, 1, true)
  end)

  it("draws what it has when the machine is gone, and says so", function()
    local lab = command.lab(finally, "16M:fat:D", "16M:fat:E")
    local id = locked(lab)
    assert(sim.remove(lab.path))
    local result = run(lab, { "log", id, "--svg", "-" })
    assert.equal(0, result.code, result.err)
    assert.matches(">1. lock D:</text>", result.out, 1, true)
    assert.matches("Locks and events are not known: ", result.out, 1, true)
    assert.matches("ntvol --machine FOLDER log 1 --svg FILE", result.out, 1,
      true)
    assert(not result.out:find("locked by", 1, true))
  end)

  it("refuses a picture of nothing, and a file that cannot be written",
    function()
      local lab = command.lab(finally)
      local id = tostring(fill(lab))
      assert.equal(2, run(lab, { "log", "--svg", "x.svg" }).code)
      local result = run(lab, { "log", id, "--svg",
        lab.folder .. "/no/such.svg" })
      assert.equal(1, result.code)
      assert.matches("write '.*/no/such.svg': ", result.err)
    end)
end)
