-- Bringing a masked disk back.

local plan = require "ntvol.plan"
local sim = require "ntvol.sim"

local TWO = { size = "60M", serial = "AAAA", style = "gpt", volumes = {
  { size = "20M", fs = "ntfs", letter = "D:", label = "DATA" },
  { fs = "fat", letter = "E:", label = "LOGS" } } }

local function lab(...)
  local machine = assert(sim.create(":memory:", { disks = { ... } }))
  finally(function() machine:close() end)
  return machine
end

-- Takes the disk away in the documented way; returns the identities.
local function take_away(machine)
  local report = assert(assert(plan.prepare_lun_removal(0,
    { machine = machine })):run())
  assert(machine:mask(0))
  return report.identity
end

local function restore(machine, options)
  options = options or {}
  options.machine = machine
  return plan.restore_lun(options.disk or 0, { machine = machine,
    serial = options.serial, expect = options.expect })
end

local function history(machine, words)
  local list = {}
  for _, event in ipairs(assert(machine:events())) do
    if event.name:find(words) then
      list[#list + 1] = event.name .. " " .. event.target
    end
  end
  return list
end

local function set_disk_offline(machine)
  local disk <close> = assert(machine:open "PhysicalDrive0")
  assert(disk:control("IOCTL_DISK_SET_DISK_ATTRIBUTES",
    ("<I4I4I8I8I8I8"):pack(40, 1, 1, 1, 0, 0)))
end

local function take_offline(machine, name)
  local volume <close> = assert(machine:open(name))
  assert(volume:dismount())
  assert(volume:offline())
end

local function assert_here(machine)
  local volumes = machine:volumes()
  assert.equal(2, #volumes)
  for _, volume in ipairs(volumes) do
    assert.is_false(volume.offline)
  end
  assert.equal("DATA", volumes[1].label)
end

describe("restore_lun", function()
  it("brings disk and volumes back", function()
    local machine = lab(TWO)
    local expect = take_away(machine)
    assert.same({}, machine:volumes())
    local object = assert(restore(machine, { serial = "AAAA",
      expect = expect }))
    assert.is_true(object:check())
    local report = assert(object:run())
    for _, step in ipairs(report.steps) do
      assert.equal("done", step.outcome)
    end
    assert.equal("D:, E:", report.steps[5].message)
    assert_here(machine)
    assert.same({}, history(machine, "SURPRISE"))
  end)

  it("has nothing that cannot be undone, and needs no token", function()
    local machine = lab(TWO)
    take_away(machine)
    local text = tostring(assert(restore(machine)))
    assert.is_nil(text:find("cannot be undone", 1, true))
    assert.matches("Run it: plan:run()", text, 1, true)
  end)

  it("brings online what a policy left offline: the disk, or its volumes",
    function()
      local machine = lab(TWO)
      set_disk_offline(machine)
      assert.same({}, machine:volumes())
      local object = assert(restore(machine))
      assert(object:run())
      assert_here(machine)
      assert(object:undo())
      assert.is_true(machine:disks()[1].offline)
      assert(object:run())
      take_offline(machine, "D:")
      local report = assert(assert(restore(machine)):run())
      assert.is_nil(report.steps[4].message)
      assert_here(machine)
    end)

  it("is content with a disk that is there", function()
    local machine = lab(TWO)
    local report = assert(assert(restore(machine)):run())
    assert.equal("it is there already", report.steps[1].message)
    assert.equal("it is online already", report.steps[3].message)
    assert.equal("they are online already", report.steps[4].message)
    assert.same({}, machine:events())
  end)

  it("is taken back in the documented way: no surprise", function()
    local machine = lab(TWO)
    take_away(machine)
    local object = assert(restore(machine))
    assert(object:run())
    assert_here(machine)
    assert.equal("undone", assert(object:undo()).state)
    assert.same({}, machine:volumes())
    assert.is_true(machine:disks()[1].masked)
    assert.same({}, history(machine, "SURPRISE"))
    -- and what was there before stays
    assert(machine:unmask(0))
    object = assert(restore(machine))
    assert(object:run())
    assert(object:undo())
    assert_here(machine)
  end)

  it("takes a volume that was offline before offline again", function()
    local machine = lab(TWO)
    take_offline(machine, "D:")
    local object = assert(restore(machine))
    assert(object:run())
    assert(object:undo())
    assert.is_true(machine:volumes()[1].offline)
    assert.is_false(machine:volumes()[2].offline)
  end)

  local steps = { "present", "arrive", "disk online", "online", "verify" }
  for n, name in ipairs(steps) do
    it(("takes everything back when step %d (%s) fails"):format(n, name),
      function()
        local machine = lab(TWO)
        take_away(machine)
        local object = assert(restore(machine))
        assert.equal(name, object.steps[n].name)
        object.steps[n].run = function() return nil, "broken" end
        assert.is_nil((object:run()))
        assert.equal("undone", object:report().state)
        assert.is_true(machine:disks()[1].masked)
        assert.same({}, history(machine, "SURPRISE"))
      end)
  end

  it("refuses a disk with another serial number, before anything", function()
    local machine = lab(TWO)
    take_away(machine)
    local object = assert(restore(machine, { serial = "BBBB" }))
    for _, f in ipairs { object.check, object.run } do
      local ok, message, code, info = f(object)
      assert.is_nil(ok)
      assert.equal("ERROR_WRONG_DISK", code)
      assert.equal("identity_changed", info.reason)
      assert.matches("its serial number is 'AAAA', not 'BBBB'", message)
    end
    assert.is_true(machine:disks()[1].masked)
  end)

  it("refuses volumes that are not the ones that went away", function()
    local rows = {
      { function(expect) expect[1].serial = "0" end, "serial number" },
      { function(expect) expect[1].guid_path = "x" end,
        "was not on the disk before" },
      { function(expect) expect[3] = expect[1] end,
        "2 of its volumes came back, it had 3" },
    }
    for _, row in ipairs(rows) do
      local machine <close> = assert(sim.create(":memory:",
        { disks = { TWO } }))
      local expect = take_away(machine)
      row[1](expect)
      local object = assert(restore(machine, { expect = expect }))
      local ok, message, code = object:run()
      assert.is_nil(ok)
      assert.matches("^step 'verify': ", message)
      assert(message:find(row[2], 1, true), message)
      assert.equal("ERROR_WRONG_DISK", code)
      assert.is_true(machine:disks()[1].masked)
    end
  end)

  it("on a machine that cannot present a LUN waits for nobody", function()
    local machine = lab(TWO)
    take_away(machine)
    local methods = debug.getmetatable(machine).__index
    local capabilities = methods.capabilities
    methods.capabilities = function() return { unmask = false } end
    local object = assert(restore(machine))
    methods.capabilities = capabilities
    assert.equal("arrive", object.steps[1].name)
    local ok, _, code, info = object:check()
    assert.is_nil(ok)
    assert.equal("ERROR_NOT_SUPPORTED", code)
    assert.equal("uninstalled", info.reason)
    assert(machine:unmask(0))
    assert.is_true(object:check())
    assert(object:run())
  end)

  it("refuses a disk that is not there, and raises for wrong arguments",
    function()
      local machine = lab(TWO)
      local _, _, code = restore(machine, { disk = 7 })
      assert.equal("ERROR_FILE_NOT_FOUND", code)
      for _, row in ipairs { { {} }, { 0, { serial = 1 } },
        { 0, { expects = {} } } } do
        local ok, problem = pcall(function()
          plan.restore_lun(row[1], row[2])
        end)
        assert.is_false(ok)
        assert.matches("^spec/procedures/restore_lun_spec.lua:", problem)
      end
    end)
end)
