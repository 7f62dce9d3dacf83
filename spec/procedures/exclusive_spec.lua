-- A volume for oneself: ntvol.with_exclusive_volume, and the plan of that name.

local ntvol = require "ntvol"
local plan = require "ntvol.plan"
local sim = require "ntvol.sim"

local function lab(...)
  local machine = assert(sim.create(":memory:", { disks = { ... } }))
  finally(function() machine:close() end)
  return machine
end

local function event_names(machine)
  local list = {}
  for _, event in ipairs(assert(machine:events())) do
    list[#list + 1] = event.name
  end
  return table.concat(list, " ")
end

local function assert_free(machine)
  local volume <close> = assert(machine:open "D:")
  assert(volume:lock())
  assert(volume:unlock())
end

describe("ntvol.with_exclusive_volume", function()
  local function call(machine, fn, options)
    options = options or {}
    options.machine = machine
    return ntvol.with_exclusive_volume("D:", fn, options)
  end

  it("locks, calls, unlocks, closes, and returns what the function does",
    function()
      local machine = lab "16M:fat:D:OLD"
      local seen
      local a, b = call(machine, function(volume)
        seen = volume
        assert.is_true(volume:is_locked())
        assert.is_nil((machine:open "D:"))
        return 7, "eight"
      end)
      assert.equal(7, a)
      assert.equal("eight", b)
      assert.equal("closed volume", ntvol.type(seen))
      assert.equal("LOCK UNLOCK", event_names(machine):gsub(
        " LOCK_FAILED", ""), nil)
      assert_free(machine)
    end)

  it("returns true for nothing, and passes a refusal on", function()
    local machine = lab "16M:fat:D:OLD"
    assert.is_true(call(machine, function() end))
    assert.is_nil((call(machine, function() return nil end)))
    assert.is_false(call(machine, function() return false end))
    local ok, message, code, info = call(machine, function(volume)
      return volume:read(volume:size(), 512)
    end)
    assert.is_nil(ok)
    assert.equal("string", type(message))
    assert.equal("ERROR_HANDLE_EOF", code)
    assert.equal("read", info.op)
    assert_free(machine)
  end)

  it("writes, and reads with access r", function()
    local machine = lab "16M:fat:D:OLD"
    local boot = assert(call(machine, function(volume)
      return volume:read(0, 512)
    end, { access = "r" }))
    assert(call(machine, function(volume)
      return volume:write(0, boot)
    end))
    local ok, _, code = call(machine, function(volume)
      return volume:write(0, boot)
    end, { access = "r" })
    assert.is_nil(ok)
    assert.equal("ERROR_ACCESS_DENIED", code)
  end)

  for name, problem in pairs { ["an error"] = "bug",
    ["Ctrl-C"] = "exclusive.lua:1: interrupted!" } do
    it("releases everything after " .. name, function()
      local machine = lab "16M:fat:D:OLD"
      local seen
      local ok, caught = pcall(call, machine, function(volume)
        seen = volume
        error(problem, 0)
      end)
      assert.is_false(ok)
      assert.equal(problem, caught)
      assert.equal("closed volume", ntvol.type(seen))
      assert.matches("LOCK UNLOCK$", event_names(machine))
      assert_free(machine)
    end)
  end

  it("is content when the function unlocks or closes by itself", function()
    local machine = lab "16M:fat:D:OLD"
    assert(call(machine, function(volume) return volume:unlock() end))
    assert(call(machine, function(volume) return volume:close() end))
    assert_free(machine)
  end)

  it("does not call while others have it open, and names them", function()
    local machine = lab "16M:fat:D:OLD"
    local other <close> = assert(machine:open "D:")
    assert.equal("volume", other:kind())
    local called = false
    local ok, message, code, info = call(machine, function()
      called = true
    end)
    assert.is_nil(ok)
    assert.is_false(called)
    assert.matches("^lock 'D:': ", message)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.is_true(info.holders[1].self)
  end)

  for flag, reason in pairs { system = "system_volume", boot = "system_volume",
    pagefile = "page_file" } do
    it("refuses a " .. flag .. " volume before it is opened", function()
      local machine = lab { size = "16M", volumes = { { letter = "D:",
        fs = "ntfs", [flag] = true } } }
      local ok, _, code, info = call(machine, error)
      assert.is_nil(ok)
      assert.equal("ERROR_ACCESS_DENIED", code)
      assert.equal(reason, info.reason)
      assert.same({}, machine:events())
    end)
  end

  it("says when there is no such volume, or no such machine", function()
    local machine = lab "16M:fat:D:OLD"
    local _, _, code = ntvol.with_exclusive_volume("Q:", error,
      { machine = machine })
    assert.equal("ERROR_FILE_NOT_FOUND", code)
    _, _, code = call("/nowhere/at/all", error)
    assert.equal("ERROR_FILE_NOT_FOUND", code)
  end)

  local bad = {
    { 1, print, nil, "#1 to 'with_exclusive_volume' (string expected" },
    { "D:", 1, nil, "#2 to 'with_exclusive_volume' (function expected" },
    { "D:", print, { lock = 1 }, "unknown option 'lock'" },
    { "D:", print, 1, "#3 to 'with_exclusive_volume' (table expected" },
  }
  for i, row in ipairs(bad) do
    it(("raises for bad arguments %d: %s"):format(i, row[4]), function()
      local ok, problem = pcall(function()
        ntvol.with_exclusive_volume(row[1], row[2], row[3])
      end)
      assert.is_false(ok)
      assert(problem:find(row[4], 1, true), problem)
      assert.matches("^spec/procedures/exclusive_spec.lua:", problem)
    end)
  end
end)

describe("plan.with_exclusive_volume", function()
  local function make(machine, options)
    options.machine = machine
    return plan.with_exclusive_volume("D:", options)
  end

  local function nothing() end

  it("has the documented steps, and says what it runs", function()
    local machine = lab "16M:fat:D:OLD"
    local object = assert(make(machine, { work = nothing,
      says = "Back it up." }))
    local found = {}
    for i, step in ipairs(object.steps) do
      found[i] = step.name
    end
    assert.same({ "open", "lock", "identify", "work", "unlock", "close" },
      found)
    assert.matches("cannot be undone from here %-%-\n   4. work  [^\n]+"
      .. "Back it up%.", tostring(object))
  end)

  it("has no line that cannot be undone when it reads, or has an undo",
    function()
      local machine = lab "16M:fat:D:OLD"
      for _, options in ipairs { { work = nothing, access = "r" },
        { work = nothing, undo = nothing } } do
        local text = tostring(assert(make(machine, options)))
        assert.is_nil(text:find("cannot be undone", 1, true))
      end
    end)

  it("runs the function under the lock", function()
    local machine = lab "16M:fat:D:OLD"
    local locked
    local report = assert(assert(make(machine, { work = function(volume)
      locked = volume:is_locked()
      return true, "512 bytes"
    end })):run())
    assert.is_true(locked)
    assert.equal("512 bytes", report.steps[4].message)
    assert.equal("LOCK UNLOCK", event_names(machine))
    assert_free(machine)
  end)

  for _, how in ipairs { "refuses", "raises" } do
    it("releases everything when the function " .. how, function()
      local machine = lab "16M:fat:D:OLD"
      local object = assert(make(machine, { work = function()
        if how == "raises" then
          error("bug", 0)
        end
        return nil, "no backup today", "ERROR_DISK_FULL"
      end }))
      local called, ok, message, code = pcall(object.run, object)
      if how == "raises" then
        assert.is_false(called)
        assert.equal("bug", ok)
      else
        assert.is_nil(ok)
        assert.equal("step 'work': no backup today", message)
        assert.equal("ERROR_DISK_FULL", code)
      end
      -- what the function did, nobody knows
      assert.equal("failed", object:report().state)
      assert.equal("undone", object:report().steps[2].outcome)
      assert.equal("LOCK UNLOCK", event_names(machine))
      assert_free(machine)
    end)
  end

  it("takes the work back, at once and later", function()
    local machine = lab "16M:fat:D:OLD"
    local log = {}
    local function options()
      return {
        work = function() log[#log + 1] = "work" end,
        undo = function(volume)
          assert.is_true(volume:is_locked())
          log[#log + 1] = "undo"
        end,
      }
    end
    local object = assert(make(machine, options()))
    object.steps[5].run = function() return nil, "no" end
    assert.is_nil((object:run()))
    assert.equal("undone", object:report().state)
    object = assert(make(machine, options()))
    assert(object:run())
    assert.equal("undone", assert(object:undo()).state)
    assert.same({ "work", "undo", "work", "undo" }, log)
    assert_free(machine)
  end)

  it("takes back on the volume that it worked on, whoever has its letter now",
    function()
      local machine = lab("16M:fat:D:OLD", "16M:fat:E:OTHER")
      local one, two = table.unpack(machine:volumes())
      local undone
      local object = assert(make(machine, { work = nothing,
        undo = function(volume) undone = volume:info().guid_path end }))
      assert(object:run())
      assert(machine:remove_mount_point "D:")
      assert(machine:remove_mount_point "E:")
      assert(machine:add_mount_point(two.guid_path, "D:"))
      assert(object:undo())
      assert.equal(one.guid_path, undone)
    end)

  it("reads a read-only volume, and does not write to one", function()
    local machine = lab { size = "16M", volumes = { { letter = "D:",
      fs = "fat", readonly = true } } }
    local _, _, code, info = assert(make(machine, { work = nothing })):check()
    assert.equal("ERROR_WRITE_PROTECT", code)
    assert.equal("readonly", info.reason)
    assert(assert(make(machine, { work = nothing, access = "r" })):check())
  end)

  it("needs a function, and says where it is missing", function()
    local ok, problem = pcall(function()
      plan.with_exclusive_volume("D:", {})
    end)
    assert.is_false(ok)
    assert.matches("option 'work' is missing", problem, 1, true)
    assert.matches("^spec/procedures/exclusive_spec.lua:", problem)
    ok, problem = pcall(function() plan.with_exclusive_volume(1, {}) end)
    assert.is_false(ok)
    assert.matches("^spec/procedures/exclusive_spec.lua:", problem)
    local _, _, code = plan.with_exclusive_volume("Q:", { work = nothing,
      machine = lab "16M:fat:D" })
    assert.equal("ERROR_FILE_NOT_FOUND", code)
  end)
end)
