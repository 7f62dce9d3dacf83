-- S7: somebody mounts the volume again between dismount and format, because no
-- lock is held. It is detected, and nothing is written; the procedure holds the
-- lock, and then nobody can.

local machines = require "spec.support.machines"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local function lab()
  local defer = machines.cleanup(finally)
  local folder = proc.native(tempdir(defer)) .. "/lab"
  local machine = assert(sim.create(folder, { disks = { "16M:fat:D:OLD" } }))
  defer(function() machine:close() end)
  local child = process.start(defer)
  child:run(("machine = assert(core.connect('sim', %q))"):format(folder))
  return machine, child, folder
end

local function bytes_of(machine)
  local disk <close> = assert(machine:open("PhysicalDrive0",
    { access = "r" }))
  return assert(disk:read(0, assert(disk:size())))
end

local function event_names(machine)
  local list = {}
  for _, event in ipairs(assert(machine:events())) do
    list[#list + 1] = event.name
  end
  return list
end

local FORMAT = { fs = "ntfs", erase = "D:" }

describe("S7: without a lock", function()
  it("a format is refused, before and after the remount", function()
    local machine, child = lab()
    local before = bytes_of(machine)
    do
      local volume <close> = assert(machine:open "D:")
      assert(volume:dismount())
      local ok, _, code, info = volume:format(FORMAT)
      assert.is_nil(ok)
      assert.equal("ERROR_NOT_LOCKED", code)
      assert.equal("not_locked", info.reason)
    end
    child:run [[vol = assert(machine:open "D:\\")]]
    assert.is_true(machine:volumes()[1].mounted)
    local volume <close> = assert(machine:open "D:")
    assert.equal("ERROR_NOT_LOCKED", (select(3, volume:format(FORMAT))))
    assert.equal(before, bytes_of(machine))
  end)

  it("a lock after the remount names who came between", function()
    local machine, child = lab()
    do
      local volume <close> = assert(machine:open "D:")
      assert(volume:dismount())
    end
    child:run [[file = assert(machine:open "D:\\")]]
    local volume <close> = assert(machine:open "D:")
    local guard, _, code, info = volume:lock()
    assert.is_nil(guard)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.equal("in_use", info.reason)
    assert.equal(child.pid, info.holders[1].pid)
  end)

  it("a handle of before the dismount writes nothing", function()
    local machine, child = lab()
    local old <close> = assert(machine:open "D:")
    child:run [[
      vol = assert(machine:open "D:")
      assert(vol:dismount())
      assert(vol:close())
      file = assert(machine:open "D:\\")]]
    local before = bytes_of(machine)
    local written, _, code, info = old:write(1 << 20, ("x"):rep(512))
    assert.is_nil(written)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.equal("mounted", info.reason)
    -- L16: the file system that is gone can be locked; that is no lock of the
    -- one that is there, and does not let the format through
    assert(old:lock())
    local ok
    ok, _, code, info = old:format(FORMAT)
    assert.is_nil(ok)
    assert.equal("ERROR_NOT_READY", code)
    assert.equal("dismounted", info.reason)
    assert.equal(before, bytes_of(machine))
  end)
end)

describe("S7: change_filesystem", function()
  it("lets nobody mount between its lock and its unlock", function()
    local machine, child = lab()
    local object = assert(plan.change_filesystem("D:", { to = "ntfs",
      machine = machine }))
    local opened = {}
    assert(object:run { erase = "D:", on_step = function(step, state)
      local ok, _, code = child:run [[
        local file, message, code = machine:open("D:\\", { access = "r" })
        local _ <close> = file
        return file ~= nil, message, code]]
      opened[#opened + 1] = ("%s %s %s"):format(step.name, state,
        ok or code)
    end })
    local seen = table.concat(opened, "\n")
    for _, line in ipairs { "lock done", "identify start", "identify done",
      "format start", "format done", "dismount start", "dismount done",
      "unlock start" } do
      assert(seen:find(line .. " ERROR_", 1, true), seen)
    end
    local between, locked = {}, false
    for _, name in ipairs(event_names(machine)) do
      locked = (locked or name == "LOCK") and name ~= "UNLOCK"
      if locked then
        between[#between + 1] = name
      end
    end
    assert.same({ "LOCK", "DISMOUNT" }, between)
    assert.equal("NTFS", machine:volumes()[1].file_system)
  end)

  it("refuses when somebody has it open before the lock", function()
    local machine, child = lab()
    local before = bytes_of(machine)
    local object = assert(plan.change_filesystem("D:", { to = "ntfs",
      machine = machine }))
    local ok, message, code, info = object:run { erase = "D:",
      on_step = function(step, state)
        if step.name == "lock" and state == "start" then
          child:run [[file = assert(machine:open "D:\\")]]
        end
      end }
    assert.is_nil(ok)
    assert.matches("^step 'lock': ", message)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.equal(child.pid, info.holders[1].pid)
    assert.equal("undone", info.report.state)
    assert.equal(before, bytes_of(machine))
  end)
end)
