-- A machine that formats volumes itself: volume:format hands over, and the
-- plan says what that means.

local helpers = require "spec.helpers"
local journal = require "ntvol.journal"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local core, fake, refused = helpers.core, helpers.fake, helpers.refused

local STATUS = core.statuses

local machine

before_each(function()
  helpers.start()
  machine = assert(core.connect("formatter", "spec"))
end)

after_each(function()
  machine:close()
  helpers.finish()
end)

local function locked()
  local volume = assert(machine:open "D:")
  return volume, assert(volume:lock())
end

describe("a formatter of the machine's own:", function()
  it("formats, and nothing is written through the handle", function()
    local volume, guard = locked()
    local calls = {}
    local result = assert(volume:format { fs = "ntfs", erase = "D:",
      on_progress = function(done, total)
        calls[#calls + 1] = done .. "/" .. total
      end })
    assert.equal("NTFS", result.file_system)
    assert.same({ "0/8388608" }, calls)
    assert.equal(1, fake.stats().format)
    assert.equal(0, fake.stats().write)
    assert.is_true(guard:held())
    assert.is_true(volume:is_locked())
  end)

  it("leaves a note in the journal, and nothing to undo", function()
    local volume = locked()
    local log <close> = assert(journal.open(proc.native(tempdir(finally))))
    local result = assert(volume:format { fs = "ntfs", erase = "D:",
      journal = log })
    assert.equal(false, result.can_undo)
    local entry = assert(log:entry(result.operation))
    assert.equal("committed", entry.state)
    assert.equal("NTFS; cannot be undone", entry.message)
    fake.fail("format", 1, STATUS.STATUS_DEVICE_BUSY, { untouched = true })
    refused("ERROR_BUSY", volume:format { fs = "ntfs", erase = "D:",
      journal = log })
    entry = assert(log:entry(result.operation + 1))
    assert.equal("failed", entry.state)
    assert.matches("ERROR_BUSY", entry.message)
  end)

  it("is asked only when handle, lock and erase token are right", function()
    local volume = assert(machine:open "D:")
    refused("ERROR_NOT_LOCKED", volume:format { fs = "ntfs", erase = "D:" })
    assert(volume:lock())
    refused("ERROR_INVALID_PARAMETER",
      volume:format { fs = "ntfs", erase = "E:" })
    assert.equal(0, fake.stats().format)
  end)

  it("refuses in its own words", function()
    local volume, guard = locked()
    fake.fail("format", 1, STATUS.STATUS_DEVICE_BUSY,
      { reason = "in_use", detail = "somebody was faster", untouched = true })
    local message, info = refused("ERROR_BUSY",
      volume:format { fs = "ntfs", erase = "D:" })
    assert.equal("format", info.op)
    assert.equal("untouched", info.outcome)
    assert.equal("in_use", info.reason)
    assert.matches("somebody was faster", message)
    assert.is_true(guard:held())
  end)

  it("may lose the lock, and the guard knows", function()
    local volume, guard = locked()
    fake.fail("format", 1, STATUS.STATUS_ACCESS_DENIED, { unlocks = true })
    refused("ERROR_ACCESS_DENIED", volume:format { fs = "ntfs", erase = "D:" })
    assert.is_false(guard:held())
    assert.is_false(volume:is_locked())
    assert.equal("closed lock", core.type(guard))
  end)
end)

describe("change_filesystem with such a formatter", function()
  local function change()
    return assert(plan.change_filesystem("D:", { to = "ntfs",
      machine = machine }))
  end

  it("names the window and says that nothing is taken back", function()
    local text = tostring(change())
    assert.matches("cannot be undone from here %-%-\n   4. format", text)
    assert.matches("system's own formatter", text)
    assert.matches("lock is given up", text)
    assert.matches("This has no undo", text)
  end)

  it("does not say so where the lock is kept", function()
    local sim <close> = assert(require "ntvol.sim".create(":memory:",
      { disks = { "16M:raw:D:" } }))
    local text = tostring(assert(plan.change_filesystem("D:", { to = "ntfs",
      machine = sim })))
    assert.is_nil(text:find("formatter", 1, true))
    assert.is_nil(text:find("lock is given up", 1, true))
  end)

  it("checks without a rehearsal, and opens nothing for writing", function()
    local object = change()
    fake.reset()
    assert.is_true(object:check())
    assert.equal(0, fake.last_open().access & 0x2)
    assert.equal(0, fake.stats().format)
    -- one question: the serial number of the disk
    assert.equal(1, fake.stats().control)
  end)

  it("checks the label beforehand: the rules are those of the file system",
    function()
      fake.reset()
      local object = assert(plan.change_filesystem("D:", { to = "fat",
        label = "DATA ", machine = machine }))
      local ok, _, code, info = object:run { erase = "D:" }
      assert.is_nil(ok)
      assert.equal("ERROR_INVALID_PARAMETER", code)
      assert.equal("label", info.reason)
      assert.equal(0, fake.stats().format)
    end)

  it("undoes what it did when the formatter refuses", function()
    fake.fail("format", 1, STATUS.STATUS_DEVICE_BUSY, { untouched = true })
    local report, message, code, info = change():run { erase = "D:" }
    assert.is_nil(report)
    assert.matches("^step 'format': format 'D:': ", message)
    assert.equal("ERROR_BUSY", code)
    assert.equal("untouched", info.outcome)
    local outcomes = {}
    for _, step in ipairs(info.report.steps) do
      outcomes[step.name] = step.outcome
    end
    assert.equal("failed", outcomes.format)
    assert.equal("undone", outcomes.lock)
    assert.equal("undone", outcomes.open)
    assert.equal(0, fake.stats().handles)
  end)
end)
