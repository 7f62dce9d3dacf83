-- The documented procedure that changes the file system of a volume.

local ntvol = require "ntvol"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local STEPS = { "open", "lock", "identify", "format", "dismount", "unlock",
  "close", "verify" }

-- A machine in memory that goes away with the test.
local function lab(...)
  local machine = assert(sim.create(":memory:", { disks = { ... } }))
  finally(function() machine:close() end)
  return machine
end

local function change(machine, name, options)
  options = options or {}
  options.to = options.to or "ntfs"
  options.machine = machine
  return plan.change_filesystem(name or "D:", options)
end

-- All bytes of a disk.
local function bytes_of(machine, disk)
  local handle <close> = assert(machine:open("PhysicalDrive" .. (disk or 0),
    { access = "r" }))
  return assert(handle:read(0, assert(handle:size())))
end

local function event_names(machine, target)
  local list = {}
  for _, event in ipairs(assert(machine:events())) do
    if event.target == target then
      list[#list + 1] = event.name
    end
  end
  return list
end

local function outcomes(report)
  local list = {}
  for i, step in ipairs(report.steps) do
    list[i] = step.name .. " " .. step.outcome
  end
  return list
end

-- Nobody holds the volume any more.
local function assert_free(machine, name)
  local volume <close> = assert(machine:open(name))
  assert(volume:lock())
  assert(volume:unlock())
end

describe("format_volume", function()
  it("is the same procedure under its own name", function()
    local machine = lab "16M:raw:D"
    local object = assert(plan.format_volume("D:", { fs = "ExFAT",
      cluster_size = 4096, machine = machine }))
    assert.equal("format_volume", object.name)
    local found = {}
    for i, step in ipairs(object.steps) do
      found[i] = step.name
    end
    assert.same(STEPS, found)
    local report = assert(object:run { erase = "D:", journal = false })
    assert.equal("done", report.state)
    assert.equal("format_volume", report.plan)
  end)

  it("makes the file system again that the volume has", function()
    local machine = lab("16M:fat:D:OLD", "16M:raw:E")
    local object = assert(plan.format_volume("D:", { machine = machine }))
    assert.matches("Make a new file system, FAT16;", tostring(object), 1, true)
    local small <close> = assert(sim.create(":memory:",
      { disks = { "2M:fat:D:OLD" } }))
    assert(assert(plan.format_volume("D:", { machine = small }))
      :run { erase = "D:", journal = false })
    assert.equal("FAT12", small:volumes()[1].file_system)
    local refused, message, code, info = plan.format_volume("E:",
      { machine = machine })
    assert.is_nil(refused)
    assert.matches("^format 'E:': .*it holds RAW", message)
    assert.equal("ERROR_UNRECOGNIZED_VOLUME", code)
    assert.equal("no_file_system", info.reason)
  end)

  it("blames the caller for an option it does not know", function()
    local machine = lab "16M:fat:D:OLD"
    for _, row in ipairs {
      { { to = "ntfs" }, "unknown option 'to'" },
      { { fs = "ext4" }, "option 'fs' must be one of: ntfs, fat" },
      { { cluster_size = 3 }, "power of two" },
    } do
      row[1].machine = machine
      local ok, problem = pcall(plan.format_volume, "D:", row[1])
      assert.is_false(ok)
      assert.matches("^bad argument #2 to 'format_volume' %(", problem)
      assert.matches(row[2], problem, 1, true)
    end
  end)
end)

describe("change_filesystem", function()
  it("has the documented steps in the documented order", function()
    local object = assert(change(lab "16M:fat:D:OLD"))
    local found = {}
    for i, step in ipairs(object.steps) do
      found[i] = step.name
    end
    assert.same(STEPS, found)
    -- only where it is true
    assert.is_nil(tostring(object):find "cannot be undone from here")
    for _, option in ipairs { "quick", "undo" } do
      object = assert(plan.change_filesystem("D:", { to = "ntfs",
        [option] = false, machine = object.context.machine }))
      assert.matches("cannot be undone from here %-%-\n   4. format",
        tostring(object))
      assert.matches("has no undo", tostring(object))
    end
    assert.matches('Run it: plan:run { erase = "D:" }', tostring(object), 1,
      true)
  end)

  local targets = {
    { "ntfs", "NTFS" }, { "fat16", "FAT16" }, { "fat", "FAT16" },
    { "exfat", "exFAT" }, { "NTFS", "NTFS" },
  }
  for _, row in ipairs(targets) do
    it("makes a " .. row[1] .. " volume of a FAT one", function()
      local machine = lab "16M:fat:D:OLD"
      local report = assert(assert(change(machine, "D:",
        { to = row[1], label = "NEW" })):run { erase = "D:" })
      for _, step in ipairs(report.steps) do
        assert.equal("done", step.outcome)
      end
      local volume = machine:volumes()[1]
      assert.equal(row[2], volume.file_system)
      assert.equal("NEW", volume.label)
      assert_free(machine, "D:")
    end)
  end

  it("does what the documents say, in their order: the history shows it",
    function()
      local machine = lab "16M:fat:D:OLD"
      assert(assert(change(machine)):run { erase = "D:" })
      assert.same({ "LOCK", "DISMOUNT", "UNLOCK", "MOUNT" },
        event_names(machine, "D:"))
    end)

  it("works on a volume without a file system, and in a partition", function()
    local machine = lab("gpt:40M=16M:raw:D+rest:fat:E:STAYS")
    local before = bytes_of(machine)
    assert(assert(change(machine)):run { erase = "D:" })
    local one, two = table.unpack(machine:volumes())
    assert.equal("NTFS", one.file_system)
    assert.equal("STAYS", two.label)
    local after, extent = bytes_of(machine), two.extents[1]
    assert.equal(before:sub(extent.offset + 1, extent.offset + extent.length),
      after:sub(extent.offset + 1, extent.offset + extent.length))
  end)

  it("accepts every name of the volume, as name and as token", function()
    local machine = lab { size = "16M", volumes = { { letter = "D:",
      fs = "fat", mount_points = { "C:\\mnt\\data" } } } }
    local info = machine:volumes()[1]
    for _, name in ipairs { "D:", "d:", "\\\\.\\D:", info.guid_path,
      "C:\\mnt\\data" } do
      for _, token in ipairs { "d:", "\\\\.\\D:", info.guid_path,
        "C:\\mnt\\data" } do
        local object = assert(change(machine, name))
        assert(object:run { erase = token })
      end
    end
  end)

  it("runs again and again", function()
    local machine = lab "16M:fat:D:OLD"
    for _, to in ipairs { "ntfs", "exfat", "fat", "ntfs" } do
      assert(assert(change(machine, "D:", { to = to })):run { erase = "D:" })
    end
    assert.equal("NTFS", machine:volumes()[1].file_system)
  end)

  it("works on the current machine unless told otherwise", function()
    local machine = lab "16M:fat:D:OLD"
    ntvol.machine(machine)
    local object = assert(plan.change_filesystem("D:", { to = "ntfs" }))
    assert(object:run { erase = "D:" })
    assert.equal("NTFS", machine:volumes()[1].file_system)
  end)

  it("hands progress on, and false cancels and undoes", function()
    local machine = lab "16M:fat:D:OLD"
    local calls, last = 0, nil
    assert(assert(change(machine)):run { erase = "D:",
      on_progress = function(done, total)
        calls, last = calls + 1, done == total
      end })
    assert(calls > 1 and last)

    local object = assert(change(machine, "D:", { to = "fat" }))
    local ok, message, code, info = object:run { erase = "D:",
      on_progress = function() return false end }
    assert.is_nil(ok)
    assert.matches("^step 'format': ", message)
    assert.equal("ERROR_OPERATION_ABORTED", code)
    assert.equal("cancelled", info.class)
    assert.equal("untouched", info.outcome)
    assert.same({ "open undone", "lock undone", "identify done",
      "format failed", "dismount not run", "unlock not run", "close not run",
      "verify not run" }, outcomes(info.report))
    assert_free(machine, "D:")
  end)

  it("is not called undone when nothing was saved to undo it with", function()
    local machine = lab "16M:fat:D:OLD"
    local before = bytes_of(machine)
    local ok, _, code, info = assert(change(machine)):run { erase = "D:",
      journal = false,
      on_progress = function(done, total) return done <= total // 2 end }
    assert.is_nil(ok)
    assert.equal("ERROR_OPERATION_ABORTED", code)
    assert(bytes_of(machine) ~= before)
    assert.equal("RAW", machine:volumes()[1].file_system)
    assert.equal("failed", info.report.state)
    assert_free(machine, "D:")
  end)

  it("undoes when the progress function raises, and raises that", function()
    local machine = lab "16M:fat:D:OLD"
    local bug = {}
    local ok, problem = pcall(function()
      assert(change(machine)):run { erase = "D:",
        on_progress = function() error(bug) end }
    end)
    assert.is_false(ok)
    assert.equal(bug, problem)
    assert.same({ "LOCK", "UNLOCK" }, event_names(machine, "D:"))
    assert_free(machine, "D:")
  end)
end)

describe("checking and printing", function()
  it("change nothing: the bytes and the history stay", function()
    local machine = lab "16M:fat:D:OLD"
    local before = bytes_of(machine)
    local object = assert(change(machine))
    assert.is_true(object:check())
    assert.equal("string", type(tostring(object)))
    assert.is_nil((object:run()))
    assert.is_nil((object:run { erase = "E:" }))
    assert.equal(before, bytes_of(machine))
    assert.same({}, machine:events())
  end)

  local flags = {
    { "system", "system_volume", "ERROR_ACCESS_DENIED" },
    { "boot", "system_volume", "ERROR_ACCESS_DENIED" },
    { "pagefile", "page_file", "ERROR_ACCESS_DENIED" },
    { "readonly", "readonly", "ERROR_WRITE_PROTECT" },
  }
  for _, row in ipairs(flags) do
    it(("refuse a %s volume before it is opened"):format(row[1]), function()
      local machine = lab { size = "16M", volumes = { { letter = "D:",
        fs = "ntfs", [row[1]] = true } } }
      local before = bytes_of(machine)
      local object = assert(change(machine))
      for _, f in ipairs { object.check, object.run } do
        local ok, message, code, info = f(object, { erase = "D:" })
        assert.is_nil(ok)
        assert.equal(row[3], code)
        assert.equal(row[2], info.reason)
        assert.equal("permanent", info.class)
        assert.matches("^step 'open': ", message)
        assert(info.hint)
      end
      assert.equal(before, bytes_of(machine))
      assert.same({}, machine:events())
    end)
  end

  it("refuse an offline volume", function()
    local machine = lab "16M:fat:D:OLD"
    do
      local volume <close> = assert(machine:open "D:")
      assert(volume:lock())
      assert(volume:dismount())
      assert(volume:offline())
    end
    local object = assert(change(machine))
    local _, _, code, info = object:check()
    assert.equal("ERROR_NOT_READY", code)
    assert.equal("offline", info.reason)
  end)

  it("refuse when the volume is gone by now", function()
    local machine = lab "16M:fat:D:OLD"
    local object = assert(change(machine))
    assert(machine:uninstall "D:")
    local _, message, code = object:check()
    assert.equal("ERROR_FILE_NOT_FOUND", code)
    assert.matches("^step 'open': ", message)
  end)
end)

describe("making the plan", function()
  it("refuses a volume that is not there", function()
    local machine = lab "16M:fat:D:OLD"
    local object, _, code = change(machine, "Q:")
    assert.is_nil(object)
    assert.equal("ERROR_FILE_NOT_FOUND", code)
    for _, name in ipairs { "PhysicalDrive0", "D:\\" } do
      object = change(machine, name)
      assert.is_nil(object, name)
    end
  end)

  it("refuses a machine that is not there", function()
    local object, _, code = change "/nowhere/at/all"
    assert.is_nil(object)
    assert.equal("ERROR_FILE_NOT_FOUND", code)
  end)

  local bad = {
    { {}, "'to' is missing" },
    { { to = "xfs" }, "ntfs, fat, fat16, fat32, exfat; got \"xfs\"" },
    { { to = 1 }, "'to' must be string" },
    { { to = "ntfs", lable = "x" }, "unknown option 'lable'" },
    { { to = "ntfs", cluster_size = 1000 }, "power of two" },
    { { to = "ntfs", cluster_size = 256 }, "power of two" },
    { { to = "ntfs", cluster_size = "4K" }, "'cluster_size' must be integer" },
    { { to = "ntfs", quick = 1 }, "'quick' must be boolean" },
    { 1, "table expected" },
  }
  for i, row in ipairs(bad) do
    it(("raises for bad options %d: %s"):format(i, row[2]), function()
      local ok, problem = pcall(function()
        plan.change_filesystem("D:", row[1])
      end)
      assert.is_false(ok)
      assert(problem:find(row[2], 1, true), problem)
      assert.matches("^spec/procedures/change_filesystem_spec.lua:", problem)
    end)
  end

  it("raises for a name that is no string", function()
    local ok, problem = pcall(function() plan.change_filesystem(1, {}) end)
    assert.is_false(ok)
    assert.matches("^spec/procedures/change_filesystem_spec.lua:", problem)
  end)
end)

describe("the identity of the volume", function()
  -- What may differ between making the plan and running it.
  local changes = {
    { "size", function(pinned) pinned.size = pinned.size + 512 end, "size" },
    { "extent", function(pinned)
      pinned.extents = { { disk = 0, offset = 512, length = 1 } }
    end, "elsewhere" },
    { "number of extents", function(pinned) pinned.extents = {} end,
      "elsewhere" },
    { "GUID", function(pinned) pinned.guid_path = "\\\\?\\Volume{0}" end,
      "another volume" },
    { "serial", function(pinned) pinned.serial = "0000-0000" end, "serial" },
  }
  for _, row in ipairs(changes) do
    it("is checked before anything: " .. row[1], function()
      local machine = lab "16M:fat:D:OLD"
      local object = assert(change(machine))
      row[2](object.context.pinned)
      local ok, message, code, info = object:run { erase = "D:" }
      assert.is_nil(ok)
      assert.equal("ERROR_WRONG_DISK", code)
      assert.equal("identity_changed", info.reason)
      assert.matches(row[3], message)
      assert.same({}, machine:events())
    end)

    it("is compared under the lock, before the format: " .. row[1], function()
      local machine = lab "16M:fat:D:OLD"
      local before = bytes_of(machine)
      local object = assert(change(machine))
      local lock = object.steps[2].run
      object.steps[2].run = function(context)
        row[2](context.pinned)
        return lock(context)
      end
      local ok, message, code, info = object:run { erase = "D:" }
      assert.is_nil(ok)
      assert.matches("^step 'identify': ", message)
      assert.equal("ERROR_WRONG_DISK", code)
      assert.equal("identity_changed", info.reason)
      assert.same({ "open undone", "lock undone", "identify failed" },
        { table.unpack(outcomes(info.report), 1, 3) })
      assert.equal(before, bytes_of(machine))
      assert.same({ "LOCK", "UNLOCK" }, event_names(machine, "D:"))
    end)
  end

  it("changes when somebody else formats the volume meanwhile", function()
    local machine = lab "16M:fat:D:OLD"
    local object = assert(change(machine))
    assert(assert(change(machine, "D:", { to = "exfat" }))
      :run { erase = "D:" })
    local ok, _, code, info = object:run { erase = "D:" }
    assert.is_nil(ok)
    assert.equal("ERROR_WRONG_DISK", code)
    assert.equal("identity_changed", info.reason)
    assert.equal("exFAT", machine:volumes()[1].file_system)
  end)
end)

describe("a failing step", function()
  -- What the history says when step N fails: from the sixth on the volume is
  -- opened again, to write back what the format overwrote.
  local history = {
    {}, {}, { "LOCK", "UNLOCK" },
    { "LOCK", "UNLOCK" }, { "LOCK", "UNLOCK" },
  }
  for n = 6, 8 do
    history[n] = { "LOCK", "DISMOUNT", "UNLOCK", "MOUNT", "LOCK",
      "DISMOUNT", "UNLOCK" }
  end
  for n, name in ipairs(STEPS) do
    for _, how in ipairs { "refuses", "raises" } do
      it(("%d (%s) that %s undoes the ones before in reverse"):format(
        n, name, how), function()
        local machine = lab "16M:fat:D:OLD"
        local before = bytes_of(machine)
        local object = assert(change(machine))
        local undone = {}
        for i, step in ipairs(object.steps) do
          local undo = step.undo
          step.undo = undo and function(context)
            undone[#undone + 1] = i
            return undo(context)
          end
        end
        object.steps[n].run = function()
          if how == "raises" then
            error("bug", 0)
          end
          return nil, "broken on purpose", "ERROR_IO_DEVICE", { op = name }
        end
        local called, ok, message, code = pcall(object.run, object,
          { erase = "D:" })
        if how == "raises" then
          assert.is_false(called)
          assert.equal("bug", ok)
        else
          assert.is_nil(ok)
          assert.equal(("step '%s': broken on purpose"):format(name), message)
          assert.equal("ERROR_IO_DEVICE", code)
        end
        -- how far a format came that raised, the journal knows
        local with_format = n > 4 or n == 4 and how == "raises"
        assert.same(n == 1 and {} or n == 2 and { 1 }
          or with_format and { 4, 2, 1 } or { 2, 1 }, undone)
        assert.same(history[n], event_names(machine, "D:"))
        assert.equal(before, bytes_of(machine))
        assert.equal("OLD", machine:volumes()[1].label)
        assert_free(machine, "D:")
      end)
    end
  end

  it("is the lock when the volume is in use; the holder is named", function()
    local machine = lab "16M:fat:D:OLD"
    local other = assert(machine:open "D:")
    finally(function()
      other:close()
      machine:close()
    end)
    local ok, message, code, info = assert(change(machine))
      :run { erase = "D:" }
    assert.is_nil(ok)
    assert.matches("^step 'lock': ", message)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.equal("in_use", info.reason)
    assert.is_true(info.holders[1].self)
    assert.equal("OLD", machine:volumes()[1].label)
    assert.is_true(other:close())
    assert_free(machine, "D:")
  end)

  it("is the format when mkfs will refuse, before anything is opened", function()
    local machine = lab "16M:fat:D:OLD"
    local before = bytes_of(machine)
    assert.is_nil((assert(change(machine, "D:",
      { to = "fat", label = "MUCH_TOO_LONG_FOR_FAT" })):check()))
    local ok, message, code, info = assert(change(machine, "D:",
      { to = "fat", label = "MUCH_TOO_LONG_FOR_FAT" })):run { erase = "D:" }
    assert.is_nil(ok)
    assert.matches("^step 'format': ", message)
    assert.equal("ERROR_INVALID_PARAMETER", code)
    assert.equal("D:", info.target)
    assert.equal("open not run", outcomes(info.report)[1])
    assert.equal(before, bytes_of(machine))
    assert.same({}, machine:events())
    assert_free(machine, "D:")
  end)

  it("is the format when the file system would hold another label, before"
    .. " anything is opened", function()
    local machine = lab "16M:fat:D:OLD"
    local before = bytes_of(machine)
    for _, row in ipairs {
      { "fat", "DATA ", "ends with a space", "use the label 'DATA'" },
      { "fat16", "data", "small letters", "use the label 'DATA'" },
      { "fat32", "NO NAME", "no label", "leave the label out" },
      { "exfat", "A:B", "does not take", "choose another label" },
      { "ntfs", ("x"):rep(33), "has 33 characters", "at most 32" },
    } do
      local object = assert(change(machine, "D:",
        { to = row[1], label = row[2] }))
      assert.is_nil((object:check()))
      local ok, message, code, info = object:run { erase = "D:" }
      assert.is_nil(ok)
      assert.equal("ERROR_INVALID_PARAMETER", code)
      assert.equal("label", info.reason)
      assert.matches(row[3], message, 1, true)
      assert.matches(row[4], message, 1, true)
      assert.equal("open not run", outcomes(info.report)[1])
    end
    assert.equal(before, bytes_of(machine))
    assert.same({}, machine:events())
  end)

  it("keeps what the file system can hold: blanks on NTFS and exFAT",
    function()
      for _, fs in ipairs { "ntfs", "exfat" } do
        local machine = lab "16M:fat:D:OLD"
        assert(assert(change(machine, "D:", { to = fs, label = " Data  " }))
          :run { erase = "D:" })
        assert.equal(" Data  ", machine:volumes()[1].label)
      end
    end)

  it("is the verification when another file system is found", function()
    local machine = lab "16M:fat:D:OLD"
    local object = assert(change(machine, "D:", { label = "NEW" }))
    for _, pretend in ipairs {
      { field = "file_system", value = "FAT16", words = "not FAT16" },
      { field = "label", value = "OTHER", words = "not 'OTHER'" },
    } do
      local close = object.steps[7].run
      object.steps[7].run = function(context)
        local kept = context.options.label
        if pretend.field == "label" then
          context.options = { label = pretend.value }
        else
          context.options = { label = kept }
          context.result = { file_system = pretend.value }
        end
        return close(context)
      end
      object.context.pinned.serial = machine:volumes()[1].serial
      local ok, message, code, info = object:run { erase = "D:" }
      object.steps[7].run = close
      assert.is_nil(ok)
      assert.matches("^step 'verify': ", message)
      assert.matches(pretend.words, message, 1, true)
      assert.equal("ERROR_CRC", code) -- a good file system, but another one
      assert.equal("verify", info.reason)
    end
  end)
end)

describe("a real image", function()
  it("becomes NTFS that other tools find healthy", function()
    local folder = tempdir(finally)
    local machine = assert(sim.create(folder .. "/lab",
      { disks = { "32M:fat:D:OLD" } }))
    finally(function()
      machine:close()
      proc.lines("rm -rf " .. proc.quote(folder))
    end)
    assert(assert(change(machine, "D:", { label = "DATA" }))
      :run { erase = "D:" })
    machine:close()
    local image = proc.quote(folder .. "/lab/disk0.img")
    local output = table.concat(proc.lines("blkid -p " .. image))
    assert.matches('TYPE="ntfs"', output, 1, true)
    assert.matches('LABEL="DATA"', output, 1, true)
    local text, code = proc.run("ntfsfix -n " .. image)
    assert.equal(0, code, text)
  end)
end)
