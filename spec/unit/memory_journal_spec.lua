-- Machines in memory have a journal of their own, and what is forgotten by
-- itself never costs a volume its newest undo.

local core = require "ntvol.core"
local helpers = require "spec.helpers"
local machines = require "spec.support.machines"
local ntvol = require "ntvol"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local raises = helpers.raises

-- A machine with one FAT volume, D:, which is closed when the test ends.
local function new_machine(defer, path)
  return machines.create(defer, path or ":memory:",
    { disks = { "2M:fat:D:OLD" } })
end

local function format(machine, options)
  local volume <close> = assert(machine:open "D:")
  local _guard <close> = assert(volume:lock())
  options = options or {}
  options.fs, options.erase = "ntfs", "D:"
  local result = assert(volume:format(options))
  assert(volume:dismount())
  return result
end

local function file_system(machine)
  return assert(machine:volumes())[1].file_system
end

-- Entries of the user's journal.
local function of_user()
  local log <close> = assert(ntvol.journal.open())
  return assert(log:entries())
end

describe("a machine in memory", function()
  it("leaves no trace in the user's journal", function()
    local machine = new_machine(machines.cleanup(finally))
    local before = #of_user()
    format(machine)
    assert(ntvol.undo("D:", { machine = machine, erase = "D:" }))
    local plan = assert(ntvol.plan.change_filesystem("D:",
      { to = "ntfs", machine = machine }))
    assert(plan:run { erase = "D:" })
    assert(plan:undo())
    assert.same({}, assert(ntvol.recover(nil, { machine = machine })))
    assert.equal(before, #of_user())
    assert.equal("FAT12", file_system(machine))
  end)

  it("has a journal of its own, which others do not see", function()
    local defer = machines.cleanup(finally)
    local machine, other = new_machine(defer), new_machine(defer)
    local journal = assert(ntvol.journal.of(machine))
    assert.equal(":memory:", journal:path())
    assert.equal(journal, ntvol.journal.of(machine))
    local id = format(machine).operation
    assert.equal("committed", assert(journal:entry(id)).state)
    assert.same({}, assert(assert(ntvol.journal.of(other)):entries()))
  end)

  it("gets a new journal when that was closed", function()
    local machine = new_machine(machines.cleanup(finally))
    assert(assert(ntvol.journal.of(machine)):close())
    format(machine)
    assert.equal(1, #assert(assert(ntvol.journal.of(machine)):entries()))
  end)

  it("is noted in a journal that is named", function()
    local defer = machines.cleanup(finally)
    local machine = new_machine(defer)
    local log <close> = assert(ntvol.journal.open(
      proc.native(tempdir(defer)) .. "/state"))
    format(machine, { journal = log })
    assert.equal(1, #assert(log:entries()))
    assert.same({}, assert(assert(ntvol.journal.of(machine)):entries()))
  end)

  it("shares the user's journal when it is in a folder", function()
    local defer = machines.cleanup(finally)
    local machine = new_machine(defer, proc.native(tempdir(defer)) .. "/lab")
    local before = #of_user()
    format(machine)
    assert.equal(before + 1, #of_user())
  end)

  it("is told from other values", function()
    local machine = new_machine(machines.cleanup(finally))
    raises("ntvol.machine expected, got number", ntvol.journal.of, 3)
    machine:close()
    raises("attempt to use a closed machine", ntvol.journal.of, machine)
  end)
end)

describe("a journal in memory", function()
  it("knows what runs and what was given up", function()
    local defer = machines.cleanup(finally)
    local machine = new_machine(defer)
    local log <close> = assert(ntvol.journal.open(":memory:"))
    local id = format(machine, { journal = log }).operation
    local running = assert(log:begin { plan = "test" })
    assert.equal("running", assert(log:entry(running)).state)
    local volume <close> = assert(machine:open "D:")
    local _guard <close> = assert(volume:lock())
    assert(core.take_back(volume, log, id, true))
    assert(core.take_back(volume, log, id))
    assert.equal("undone", assert(log:entry(id)).state)
    assert(log:finish(running, "failed"))
    assert.equal("failed", assert(log:entry(running)).state)
  end)

  it("is gone when it is closed", function()
    local log = assert(ntvol.journal.open ":memory:")
    assert(log:begin { plan = "test" })
    log:close()
    log = assert(ntvol.journal.open ":memory:")
    assert.same({}, assert(log:entries()))
    log:close()
  end)
end)

-- How many operations have saved bytes, by machine.
local function saved(log)
  local count = {}
  for _, entry in ipairs(assert(log:entries())) do
    if entry.saved_bytes then
      count[entry.machine] = (count[entry.machine] or 0) + 1
    end
  end
  return count
end

describe("forgetting by itself", function()
  local function two_machines(finally)
    local defer = machines.cleanup(finally)
    local folder = proc.native(tempdir(defer))
    local lab = { defer = defer, folder = folder }
    lab.log = assert(ntvol.journal.open(folder .. "/state"))
    defer(function() lab.log:close() end)
    lab.mine = new_machine(defer, folder .. "/mine")
    lab.other = new_machine(defer, folder .. "/other")
    return lab
  end

  it("never takes the newest undo of a volume, whatever others do", function()
    local lab = two_machines(finally)
    local before = proc.slurp(lab.folder .. "/mine/disk0.img")
    format(lab.mine, { journal = lab.log })
    format(lab.mine, { journal = lab.log })
    format(lab.mine, { journal = lab.log }) -- this one is the newest
    local newest = #assert(lab.log:entries())
    for _ = 1, 30 do
      format(lab.other, { journal = lab.log })
    end
    assert.same({ [lab.mine:name()] = 1, [lab.other:name()] = 20 },
      saved(lab.log))
    assert(assert(lab.log:entry(newest)).saved_bytes)
    assert(ntvol.undo("D:", { machine = lab.mine, journal = lab.log,
      erase = "D:" }))
    assert.equal("NTFS", file_system(lab.mine)) -- what the second one made
    assert.not_equal(before, proc.slurp(lab.folder .. "/mine/disk0.img"))
  end)

  it("brings the volume back byte for byte after 30 formats elsewhere",
    function()
      local lab = two_machines(finally)
      local before = proc.slurp(lab.folder .. "/mine/disk0.img")
      format(lab.mine, { journal = lab.log })
      for _ = 1, 30 do
        format(lab.other, { journal = lab.log })
      end
      assert(ntvol.undo("D:", { machine = lab.mine, journal = lab.log,
        erase = "D:" }))
      assert.equal(before, proc.slurp(lab.folder .. "/mine/disk0.img"))
    end)

  it("takes it when the machine is gone, or was made anew in its place",
    function()
      local lab = two_machines(finally)
      format(lab.mine, { journal = lab.log })
      lab.mine:close()
      assert(ntvol.sim.remove(lab.folder .. "/mine"))
      for _ = 1, 10 do
        format(lab.other, { journal = lab.log })
      end
      lab.other:close()
      assert(ntvol.sim.remove(lab.folder .. "/other"))
      local again = new_machine(lab.defer, lab.folder .. "/other")
      for _ = 1, 20 do
        format(again, { journal = lab.log })
      end
      assert.same({ [again:name()] = 20 }, saved(lab.log))
    end)

  it("takes it when limits for saved bytes are given, and else not", function()
    local lab = two_machines(finally)
    format(lab.mine, { journal = lab.log })
    assert.same({ operations = 0, saved = 0 }, assert(lab.log:prune {
      keep = 0, days = 0 }))
    assert.same({ operations = 0, saved = 1 }, assert(lab.log:prune {
      keep_saved = 0 }))
    assert.equal(1, assert(lab.log:prune { keep = 0 }).operations)
  end)
end)

describe("the name of a machine", function()
  it("has the full path of its folder", function()
    local defer = machines.cleanup(finally)
    local folder = proc.native(tempdir(defer))
    new_machine(defer, folder .. "/lab"):close()
    local output = proc.lines(("cd %s && %s -e %s"):format(
      proc.quote(tempdir(defer) .. "/../" .. folder:match "[^/\\]+$"),
      require "spec.support.command".LUA, proc.quote(
        'print(require "ntvol".machine("lab"):name())')))
    assert.equal("lab", output[1]:match "^sim:.*[/\\](%w+)$")
    assert.not_equal("sim:lab", output[1])
  end)
end)
