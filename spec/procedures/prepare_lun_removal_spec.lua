-- The documented procedure before the LUN of a disk is masked.

local plan = require "ntvol.plan"
local sim = require "ntvol.sim"

local TWO = "gpt:60M=20M:ntfs:D:DATA+rest:fat:E:LOGS"

local function lab(...)
  local machine = assert(sim.create(":memory:", { disks = { ... } }))
  finally(function() machine:close() end)
  return machine
end

local function prepare(machine, options)
  options = options or {}
  options.machine = machine
  return plan.prepare_lun_removal(options.disk or 0,
    { machine = machine, lock = options.lock, spanned = options.spanned })
end

local SPANNED = "gpt:40M=8M@set:fat:D:SPAN+rest:ntfs:E"

local function names_of(machine)
  local list = {}
  for i, volume in ipairs(assert(machine:volumes())) do
    list[i] = volume.name
  end
  return list
end

local function history(machine, after)
  local list = {}
  for _, event in ipairs(assert(machine:events(after))) do
    list[#list + 1] = event.name .. " " .. event.target
  end
  return list
end

local function last_event(machine)
  local events = machine:events()
  return #events > 0 and events[#events].id or 0
end

local function step_names(object)
  local list = {}
  for i, step in ipairs(object.steps) do
    list[i] = step.name .. (step.target and " " .. step.target or "")
  end
  return list
end

local function find_all(list, words)
  local found = {}
  for _, text in ipairs(list) do
    if text:find(words, 1, true) then
      found[#found + 1] = text
    end
  end
  return found
end

-- Every volume is there, online and free.
local function assert_back(machine, letters)
  for _, letter in ipairs(letters) do
    local volume <close> = assert(machine:open(letter))
    assert.is_false(volume:is_offline(), letter .. " is offline")
    assert(volume:lock())
    assert(volume:unlock())
  end
end

describe("prepare_lun_removal", function()
  it("has the documented steps for every volume of the disk", function()
    local machine = lab(TWO, "8M:fat:F")
    assert.same({
      "open D:", "lock D:", "dismount D:", "offline D:",
      "open E:", "lock E:", "dismount E:", "offline E:",
      "verify", "close",
      "uninstall D:", "uninstall E:", "uninstall PhysicalDrive0",
      "verify",
    }, step_names(assert(prepare(machine))))
    assert.same({}, find_all(
      step_names(assert(prepare(machine, { lock = "no" }))), "lock"))
  end)

  it("does them in the documented order: the history shows it", function()
    local machine = lab(TWO, "8M:fat:F")
    local report = assert(assert(prepare(machine)):run())
    for _, step in ipairs(report.steps) do
      assert.equal("done", step.outcome)
    end
    assert.same({
      "LOCK D:", "DISMOUNT D:", "OFFLINE D:",
      "LOCK E:", "DISMOUNT E:", "OFFLINE E:", "UNLOCK E:", "UNLOCK D:",
      "REMOVAL D:", "REMOVAL E:", "REMOVAL PhysicalDrive0",
    }, history(machine))
    assert.equal(1, #machine:volumes())
    assert.is_true(machine:disks()[1].uninstalled)
  end)

  it("lets the LUN be masked without a surprise, and come back", function()
    local machine = lab(TWO)
    assert(assert(prepare(machine)):run())
    assert(machine:mask(0))
    assert.same({}, find_all(history(machine), "SURPRISE"))
    assert(machine:unmask(0))
    assert_back(machine, { "D:", "E:" })
    assert.equal("DATA", machine:volumes()[1].label)
  end)

  it("is what makes the difference: without it masking is a surprise",
    function()
      local machine = lab(TWO)
      assert(machine:mask(0))
      assert.equal(3, #find_all(history(machine), "SURPRISE_REMOVAL"))
    end)

  local left_out = {
    { "offline D:", "a volume is not offline" },
    { "uninstall D:", "a volume is still installed" },
    { "uninstall PhysicalDrive0", "the disk is still installed" },
  }
  for _, row in ipairs(left_out) do
    it("fails when a step is left out: " .. row[2], function()
      local machine = lab(TWO)
      local object = assert(prepare(machine))
      for i, name in ipairs(step_names(object)) do
        if name == row[1] then
          object.steps[i].run = function() return true end
        end
      end
      local ok = object:run()
      assert.is_nil(ok)
      assert_back(machine, { "D:", "E:" })
    end)
  end

  it("takes a disk by name and by number", function()
    local machine = lab(TWO)
    for _, disk in ipairs { 0, "0", "PhysicalDrive0",
      "\\\\.\\physicaldrive0" } do
      assert.equal("PhysicalDrive0",
        assert(prepare(machine, { disk = disk })).target)
    end
  end)

  it("works on a disk without a file system, and on one offline already",
    function()
      local machine = lab("8M:raw:D", "8M:fat:E")
      assert(assert(prepare(machine)):run())
      do
        local volume <close> = assert(machine:open "E:")
        assert(volume:lock())
        assert(volume:dismount())
        assert(volume:offline())
      end
      assert(assert(prepare(machine, { disk = 1 })):run())
      assert.same({}, machine:volumes())
    end)

  it("prints what it will do", function()
    local text = tostring(assert(prepare(lab(TWO))))
    assert.matches("^prepare_lun_removal PhysicalDrive0\n", text)
    assert.matches("\n  11%. uninstall  D: +Uninstall the volume%.", text)
    assert.matches("Run it: plan:run()", text, 1, true)
  end)

  it("needs no token: no data is lost", function()
    for _, step in ipairs(assert(prepare(lab(TWO))).steps) do
      assert.is_nil(step.destroys)
    end
  end)
end)

describe("the lock", function()
  it("may be tried: then the plan goes on without it", function()
    local machine = lab(TWO)
    local object = assert(prepare(machine, { lock = "try" }))
    assert.matches("programs that have it open lose their handles",
      tostring(object))
    local note, late
    local ok, message, code = object:run { on_step = function(step, state, text)
      if step.name == "ask" and state == "done" then
        -- it comes too late to be asked
        late = assert(machine:open("D:\\", { access = "r", directory = true }))
      elseif step.name == "lock" and state == "done" then
        note = note or text
      end
    end }
    -- the forced dismount killed the handle, but it vetoes the uninstall
    assert.is_nil(ok)
    assert.matches("goes on without the lock: lock .*1 holder", note or "")
    assert.matches("^step 'uninstall D:': ", message)
    assert.equal("ERROR_BUSY", code)
    late:close()
  end)

  for _, mode in ipairs { "try", "no" } do
    it("without it (" .. mode .. ") asks first, and nobody is cut off for an"
      .. " uninstall that would be refused", function()
      local machine = lab(TWO)
      local file <close> = assert(machine:open("E:\\", { access = "r",
        directory = true }))
      local object = assert(prepare(machine, { lock = mode }))
      local ok, message, code, info = object:run()
      assert.is_nil(ok)
      assert.matches("^step 'ask': .*'E:': .*would be refused: 1 holder", message)
      assert.equal("ERROR_BUSY", code)
      assert.equal("in_use", info.reason)
      assert.same({}, find_all(history(machine), "DISMOUNT"))
      assert.same({}, assert(file:list()))
      file:close()
      assert_back(machine, { "D:", "E:" })
    end)
  end

  it("is required otherwise, and nobody is cut off", function()
    local machine = lab(TWO)
    local file = assert(machine:open("D:\\", { access = "r",
      directory = true }))
    local ok, message, code, info =
      assert(prepare(machine)):run()
    assert.is_nil(ok)
    assert.matches("^step 'lock D:': ", message)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.equal("in_use", info.reason)
    assert.same({}, find_all(history(machine), "DISMOUNT"))
    assert.same({}, assert(file:list()))
    file:close()
    assert_back(machine, { "D:", "E:" })
  end)

  it("can be left out", function()
    local machine = lab(TWO)
    assert(assert(prepare(machine, { lock = "no" })):run())
    assert.same({}, find_all(history(machine), "LOCK"))
  end)
end)

describe("checking and printing", function()
  it("change nothing", function()
    local machine = lab(TWO)
    local object = assert(prepare(machine))
    assert.is_true(object:check())
    assert.equal("string", type(tostring(object)))
    assert.same({}, machine:events())
  end)

  for flag, reason in pairs { system = "system_volume", boot = "system_volume",
    pagefile = "page_file" } do
    it("refuse a disk with a " .. flag .. " volume", function()
      local machine = lab { size = "60M", volumes = {
        { size = "20M", fs = "fat" }, { fs = "fat", [flag] = true } } }
      local ok, _, code, info = assert(prepare(machine)):run()
      assert.is_nil(ok)
      assert.equal("ERROR_ACCESS_DENIED", code)
      assert.equal(reason, info.reason)
      assert.same({}, machine:events())
    end)
  end

  it("refuse a disk that is uninstalled or masked already", function()
    local machine = lab(TWO)
    local object = assert(prepare(machine))
    assert(object:run())
    for _, words in ipairs { "uninstalled already", "LUN is masked" } do
      local ok, message, code, info = assert(prepare(machine)):check()
      assert.is_nil(ok)
      assert.equal("ERROR_NO_SUCH_DEVICE", code)
      assert.equal("uninstalled", info.reason)
      assert.matches(words, message, 1, true)
      assert(machine:mask(0))
    end
  end)

  it("refuse when the disk has other volumes by now", function()
    local machine = lab(TWO)
    local object = assert(prepare(machine))
    assert(machine:uninstall "E:")
    local _, _, code, info = object:check()
    assert.equal("ERROR_WRONG_DISK", code)
    assert.equal("identity_changed", info.reason)
  end)

  it("refuse a volume that lies on another disk, too", function()
    local machine = lab(SPANNED, "gpt:8M=4M@set+rest:fat:F")
    for disk, other in pairs { [0] = "PhysicalDrive1", [1] = "PhysicalDrive0" } do
      local _, message, code, info =
        assert(prepare(machine, { disk = disk })):check()
      assert.equal("ERROR_NOT_SUPPORTED", code)
      assert.equal("spanned", info.reason)
      assert.matches(other, message)
    end
    assert.same({}, history(machine, 0))
  end)

  it("take a volume of two disks away when that is meant", function()
    for disk = 0, 1 do
      local machine = lab(SPANNED, "gpt:8M=4M@set+rest:fat:F")
      local stays = disk == 0 and "F:" or "E:"
      local object = assert(prepare(machine, { disk = disk, spanned = true }))
      assert.matches(("D: lies on PhysicalDrive%d, too"):format(1 - disk),
        tostring(object))
      assert(object:run())
      assert.same({ stays }, names_of(machine))
      assert(machine:mask(disk))
      for _, event in ipairs(history(machine, 0)) do
        assert.is_nil(event:find "SURPRISE", event)
      end
      assert(machine:unmask(disk))
      assert.same({ "D:", "E:", "F:" }, names_of(machine))
      assert.is_true(assert(machine:open "D:"):is_mounted())
    end
  end)

  it("bring a volume of two disks back when the run is taken back", function()
    local machine = lab(SPANNED, "gpt:8M=4M@set+rest:fat:F")
    local object = assert(prepare(machine, { disk = 1, spanned = true }))
    assert(object:run())
    assert.same({ "E:" }, names_of(machine))
    assert(object:undo())
    assert.same({ "D:", "E:", "F:" }, names_of(machine))
    assert_back(machine, { "D:", "E:", "F:" })
  end)

  it("bring a volume of two disks back when a later step fails", function()
    local machine = lab(SPANNED, "gpt:8M=4M@set+rest:fat:F")
    local object = assert(prepare(machine, { spanned = true }))
    local holder <close> = assert(machine:open("PhysicalDrive0"))
    assert.is_nil((object:run()))
    assert(holder:close())
    assert.same({ "D:", "E:", "F:" }, names_of(machine))
    assert_back(machine, { "D:", "E:" })
  end)
end)

describe("making the plan", function()
  it("refuses a disk that is not there", function()
    local object, _, code = prepare(lab(TWO), { disk = 7 })
    assert.is_nil(object)
    assert.equal("ERROR_FILE_NOT_FOUND", code)
  end)

  local bad = {
    { {}, nil, "string or integer expected" },
    { 1.5, nil, "string or integer expected" },
    { 0, { lock = "maybe" }, "required, try, no; got \"maybe\"" },
    { 0, { lock = true }, "'lock' must be string" },
    { 0, { locks = "no" }, "unknown option 'locks'" },
  }
  for i, row in ipairs(bad) do
    it(("raises for bad arguments %d: %s"):format(i, row[3]), function()
      local ok, problem = pcall(function()
        plan.prepare_lun_removal(row[1], row[2])
      end)
      assert.is_false(ok)
      assert(problem:find(row[3], 1, true), problem)
      assert.matches("^spec/procedures/prepare_lun_removal_spec.lua:", problem)
    end)
  end
end)

describe("all or nothing:", function()
  local count = 14
  for n = 1, count do
    for _, how in ipairs { "refuses", "raises" } do
      it(("when step %d %s, everything is brought back in reverse"):format(
        n, how), function()
        local machine = lab(TWO)
        local object = assert(prepare(machine))
        assert.equal(count, #object.steps)
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
          return nil, "broken on purpose", "ERROR_IO_DEVICE", {}
        end
        local called, ok, message, _, info = pcall(object.run, object)
        if how == "raises" then
          assert.is_false(called)
          assert.equal("bug", ok)
        else
          assert.is_nil(ok)
          assert.matches("broken on purpose$", message)
          assert.same({}, info.report.undo_failures)
        end
        local expected = {}
        for i = n - 1, 1, -1 do
          if object.steps[i].undo then
            expected[#expected + 1] = i
          end
        end
        assert.same(expected, undone)
        assert_back(machine, { "D:", "E:" })
        assert.equal("DATA", machine:volumes()[1].label)
        assert.equal("LOGS", machine:volumes()[2].label)
        assert.is_false(machine:disks()[1].uninstalled)
      end)
    end
  end

  it("the history shows ONLINE before UNLOCK", function()
    local machine = lab(TWO)
    local object = assert(prepare(machine))
    object.steps[9].run = function() return nil, "no" end
    assert.is_nil((object:run()))
    local list = history(machine)
    assert.same({ "ONLINE E:", "UNLOCK E:", "ONLINE D:", "UNLOCK D:" },
      { table.unpack(list, #list - 3) })
  end)

  it("a volume that was offline before stays offline", function()
    local machine = lab("8M:fat:D")
    do
      local volume <close> = assert(machine:open "D:")
      assert(volume:lock())
      assert(volume:dismount())
      assert(volume:offline())
    end
    local object = assert(prepare(machine))
    local after = last_event(machine)
    object.steps[#object.steps - 3].run = function() return nil, "no" end
    assert.is_nil((object:run()))
    assert.same({}, find_all(history(machine, after), "ONLINE"))
    assert.is_true(machine:volumes()[1].offline)
  end)

  it("a veto of the uninstall brings everything back and names the holder",
    function()
      local machine = lab(TWO)
      local holder = assert(machine:open("E:", { access = "none" }))
      local ok, message, code, info = assert(prepare(machine)):run()
      assert.is_nil(ok)
      assert.matches("^step 'uninstall E:': ", message)
      assert.equal("ERROR_BUSY", code)
      assert.is_true(info.holders[1].self)
      assert.same({}, info.report.undo_failures)
      holder:close()
      assert_back(machine, { "D:", "E:" })
    end)
end)
