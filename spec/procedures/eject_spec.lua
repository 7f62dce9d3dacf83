-- Ejecting a medium or a device: with the drive of the simulated machine, and
-- with verbs that are recorded, for what it cannot do.

local plan = require "ntvol.plan"
local sim = require "ntvol.sim"

local STICK = { size = "60M", removable = true, style = "mbr", volumes = {
  { size = "20M", fs = "fat", letter = "D:", label = "ONE" },
  { fs = "fat", letter = "E:", label = "TWO" } } }

local function lab(...)
  local machine = assert(sim.create(":memory:", { disks = { ... } }))
  finally(function() machine:close() end)
  return machine
end

-- Puts functions in place of methods until the test ends. Once a test.
local function replace(machine, volume_methods, machine_methods)
  local device <close> = assert(machine:open("D:", { access = "none" }))
  local classes = { debug.getmetatable(device).__index,
    debug.getmetatable(machine).__index }
  local before = {}
  for i, methods in ipairs { volume_methods, machine_methods or {} } do
    for name, f in pairs(methods) do
      before[#before + 1] = { classes[i], name, classes[i][name] }
      classes[i][name] = f
    end
  end
  finally(function()
    for _, row in ipairs(before) do
      row[1][row[2]] = row[3]
    end
    machine:close()
  end)
end

local function events(machine)
  local list = {}
  for _, event in ipairs(machine:events()) do
    list[#list + 1] = event.name .. " " .. event.target
  end
  return list
end

local function assert_free(machine)
  for _, name in ipairs { "D:", "E:" } do
    local volume <close> = assert(machine:open(name))
    assert(volume:lock())
  end
end

local function step_names(object)
  local list = {}
  for i, step in ipairs(object.steps) do
    list[i] = step.name .. (step.target and " " .. step.target or "")
  end
  return list
end

describe("eject", function()
  it("locks every volume of the disk before it dismounts one", function()
    local machine = lab(STICK)
    for _, name in ipairs { "D:", "E:", "0", "PhysicalDrive0" } do
      local object = assert(plan.eject(name, { machine = machine }))
      assert.equal("PhysicalDrive0", object.target)
      assert.same({ "open D:", "lock D:", "open E:", "lock E:", "dismount D:",
        "dismount E:", "allow removal PhysicalDrive0", "eject PhysicalDrive0",
        "close", "verify" }, step_names(object))
      assert.matches("cannot be undone from here %-%-\n   8. eject",
        tostring(object))
    end
  end)

  it("takes the medium out of the drive", function()
    local machine = lab(STICK)
    local report = assert(assert(plan.eject("D:", { machine = machine }))
      :run())
    for _, step in ipairs(report.steps) do
      assert.equal("done", step.outcome)
    end
    assert.is_true(machine:disks()[1].no_medium)
    for _, volume in ipairs(machine:volumes()) do
      assert.is_true(volume.no_medium)
    end
    assert.same({ "MOUNT D:", "LOCK D:", "MOUNT E:", "LOCK E:", "DISMOUNT D:",
      "DISMOUNT E:", "MEDIA_REMOVAL D:", "MEDIA_REMOVAL E:", "UNLOCK E:",
      "UNLOCK D:" }, events(machine))
  end)

  it("lets it out of a drive that was told to keep it", function()
    local machine = lab(STICK)
    do
      local volume <close> = assert(machine:open "D:")
      assert(volume:media_removal(false))
    end
    assert(assert(plan.eject("D:", { machine = machine })):run())
    assert.is_true(machine:disks()[1].no_medium)
  end)

  it("lets the medium out with both volumes dismounted", function()
    local machine = lab(STICK)
    local calls, out = {}, false
    local open = debug.getmetatable(machine).__index.open
    replace(machine, {
      media_removal = function(volume, allowed)
        assert.is_true(volume:is_locked())
        calls[#calls + 1] = "allow " .. tostring(allowed)
        return true
      end,
      eject = function(volume)
        assert.is_true(volume:is_locked())
        calls[#calls + 1] = "eject"
        out = true
        return true
      end,
    }, { open = function(self, name, options)
      if out then
        return nil, "no medium", "ERROR_NOT_READY"
      end
      return open(self, name, options)
    end })
    local object = assert(plan.eject("D:", { machine = machine }))
    assert(object:run())
    assert.same({ "allow true", "eject" }, calls)
    assert.same({ "MOUNT D:", "LOCK D:", "MOUNT E:", "LOCK E:", "DISMOUNT D:",
      "DISMOUNT E:", "UNLOCK E:", "UNLOCK D:" }, events(machine))
    assert.equal("no_undo", select(4, object:undo()).reason)
  end)

  it("goes on where the drive has no lock, and fails when it stays", function()
    local machine = lab(STICK)
    replace(machine, {
      media_removal = function()
        return nil, "no lock", "ERROR_INVALID_FUNCTION", {}
      end,
      eject = function() return true end,
    })
    local object = assert(plan.eject("D:", { machine = machine }))
    local ok, message, code = object:run()
    assert.is_nil(ok)
    assert.matches("^step 'verify': eject 'D:': ", message)
    assert.matches("it is still there", message)
    assert.equal("ERROR_BUSY", code)
    assert.equal("the drive has no lock", object:report().steps[7].message)
    assert_free(machine)
  end)

  it("is refused while one of the volumes is in use, and undone", function()
    local machine = lab(STICK)
    local other = assert(machine:open("E:\\", { access = "r" }))
    local ok, message, code, info =
      assert(plan.eject("D:", { machine = machine })):run()
    assert.is_nil(ok)
    assert.matches("^step 'lock E:': ", message)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.equal("in_use", info.reason)
    assert.equal("undone", info.report.state)
    for _, event in ipairs(events(machine)) do
      assert.is_nil(event:find("^DISMOUNT"), event)
    end
    other:close()
    assert_free(machine)
  end)

  it("keeps the veto and the name of a device that refuses", function()
    local machine = lab(STICK)
    local asked
    replace(machine, {}, {
      capabilities = function() return { eject = true } end,
      eject = function(_, name)
        asked = name
        return nil, "eject: vetoed", "ERROR_BUSY", { op = "eject",
          target = name, class = "transient", reason = "vetoed",
          veto = { type = "outstanding open", name = "backup.exe" } }
      end,
    })
    local object = assert(plan.eject("D:", { machine = machine,
      what = "device" }))
    assert.same({ "close", "eject PhysicalDrive0", "verify" },
      { table.unpack(step_names(object), 7) })
    local ok, message, code, info = object:run()
    assert.is_nil(ok)
    assert.equal("step 'eject': eject: vetoed", message)
    assert.equal("ERROR_BUSY", code)
    assert.same({ type = "outstanding open", name = "backup.exe" }, info.veto)
    assert.same(info.veto, info.report:data().veto)
    assert.equal("PhysicalDrive0", asked)
    assert_free(machine)
  end)

  it("as a device is vetoed by who has it open, and named", function()
    local machine = lab(STICK)
    local other = assert(machine:open("E:", { access = "none" }))
    local object = assert(plan.eject("D:", { machine = machine,
      what = "device" }))
    local ok, message, code, info = object:run()
    assert.is_nil(ok)
    assert.matches("^step 'eject': ", message)
    assert.equal("ERROR_BUSY", code)
    assert.is_true(info.holders[1].self)
    assert.is_false(machine:disks()[1].no_medium)
    other:close()
    assert(object:run())
    assert.is_true(machine:disks()[1].no_medium)
  end)

  it("refuses a fixed disk by its check, and says how a device is named",
    function()
      local machine = lab "8M:fat:D"
      local object = assert(plan.eject("D:", { machine = machine }))
      local ok, message, _, info = object:check()
      assert.is_nil(ok)
      assert.equal("fixed_disk", info.reason)
      assert.matches("^step 'open D:': eject 'PhysicalDrive0': ", message)
      assert.matches("ntvol eject PhysicalDrive0 --what device",
        info.hint_command, 1, true)
      assert.same({}, events(machine))
      -- who says that it can be unplugged is not refused by the check
      assert(assert(plan.eject("D:", { machine = machine, what = "device" }))
        :check())
    end)

  it("refuses before anything what cannot be ejected", function()
    local machine = lab("16M:fat:D:OLD")
    local _, _, code, info =
      assert(plan.eject("D:", { machine = machine, what = "medium" })):check()
    assert.equal("ERROR_NOT_SUPPORTED", code)
    assert.equal("not_removable", info.reason)
    local object = assert(plan.eject("D:", { machine = machine }))
    assert.equal("device", object.context.what)
    object.context.machine = setmetatable({
      capabilities = function() return { eject = false } end,
    }, { __index = function(_, name)
      return function(_, ...) return machine[name](machine, ...) end
    end })
    _, _, code = object:check()
    assert.equal("ERROR_NOT_SUPPORTED", code)
    assert.same({}, machine:events())
  end)

  for _, flag in ipairs { "system", "boot", "pagefile" } do
    it("refuses a disk with a " .. flag .. " volume", function()
      local machine = lab { size = "60M", removable = true, style = "mbr",
        volumes = { { size = "20M", fs = "fat", letter = "D:" },
          { fs = "fat", letter = "E:", [flag] = true } } }
      local ok, _, code =
        assert(plan.eject("D:", { machine = machine })):run()
      assert.is_nil(ok)
      assert.equal("ERROR_ACCESS_DENIED", code)
      assert.same({}, machine:events())
    end)
  end

  it("refuses what is not there, and raises for wrong arguments", function()
    local machine = lab(STICK)
    for _, name in ipairs { "Q:", "PhysicalDrive7", "7" } do
      local _, _, code = plan.eject(name, { machine = machine })
      assert.equal("ERROR_FILE_NOT_FOUND", code)
    end
    for _, row in ipairs { { 1 }, { "D:", { what = "disk" } },
      { "D:", { what = 1 } }, { "D:", { whats = "medium" } } } do
      local ok, problem = pcall(function() plan.eject(row[1], row[2]) end)
      assert.is_false(ok)
      assert.matches("^spec/procedures/eject_spec.lua:", problem)
    end
    assert(assert(plan.prepare_lun_removal(0, { machine = machine })):run())
    local _, _, code = plan.eject("0", { machine = machine })
    assert.equal("ERROR_NO_SUCH_DEVICE", code)
  end)
end)
