-- S13: a LUN is taken away. A process that tries to open its volumes all the
-- time gets none of them between the dismount and the uninstall, and masking is
-- no surprise. Without the offline it gets one, and masking is.

local machines = require "spec.support.machines"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local TWO = "gpt:60M=20M:ntfs:D:DATA+rest:fat:E:LOGS"

local function lab(...)
  local defer = machines.cleanup(finally)
  local folder = proc.native(tempdir(defer)) .. "/lab"
  local machine = assert(sim.create(folder, { disks = { ... } }))
  defer(function() machine:close() end)
  return defer, machine, folder
end

local function connect(defer, folder)
  local child = process.start(defer)
  child:run(("machine = assert(core.connect('sim', %q))"):format(folder))
  return child
end

-- Tries to open the root folder of a volume, as an indexer does, until it gets
-- it, and keeps it then, or until the volume is gone. Returns how often it
-- tried and which refusals it saw.
local HOSTILE = [[
  local tries, codes = 0, {}
  say "begun"
  while true do
    tries = tries + 1
    local code
    file, _, code = machine:open("%s\\", { access = "r" })
    if file then
      say "got it"
      return tries, "open"
    end
    codes[code] = true
    if code == "ERROR_PATH_NOT_FOUND" then
      local seen = {}
      for name in pairs(codes) do
        seen[#seen + 1] = name
      end
      table.sort(seen)
      return tries, table.concat(seen, " ")
    end
  end]]

local function hostile(defer, folder, name)
  local child = connect(defer, folder)
  child:send(HOSTILE:format(name))
  child:expect "begun"
  return child
end

local function events(machine)
  local list = {}
  for _, event in ipairs(assert(machine:events())) do
    list[#list + 1] = event.name .. " " .. event.target
  end
  return list
end

local function count(list, words)
  local found = 0
  for _, text in ipairs(list) do
    found = found + (text:find(words, 1, true) and 1 or 0)
  end
  return found
end

local function prepare(machine, options)
  options = options or {}
  options.machine = machine
  return assert(plan.prepare_lun_removal(0, options))
end

describe("S13: with a process that opens all the time", function()
  for mode, after in pairs { try = "lock", required = "lock",
    no = "dismount" } do
    it("lock = " .. mode .. ": nobody mounts, and masking is no surprise",
      function()
        local defer, machine, folder = lab(TWO)
        local children = {}
        local object = prepare(machine, { lock = mode })
        local second = connect(defer, folder)
        assert(object:run { on_step = function(step, state)
          if step.name == after and state == "done" then
            children[#children + 1] = hostile(defer, folder, step.target)
          elseif step.name == "close" and state == "done" then
            -- in the very moment that matters, twenty more
            assert.equal(0, second:run [[
              local got = 0
              for _ = 1, 20 do
                local file <close> = machine:open("D:\\", { access = "r" })
                local other <close> = machine:open("E:\\", { access = "r" })
                got = got + (file and 1 or 0) + (other and 1 or 0)
              end
              return got]])
          end
        end })
        assert.equal(2, #children)
        for _, child in ipairs(children) do
          local tries, codes = child:answer()
          assert(tries > 0)
          assert.matches("ERROR_PATH_NOT_FOUND", codes)
        end
        local list = events(machine)
        -- mounted from the start, and no more after that
        assert.equal(0, count(list, "MOUNT D:") - count(list, "DISMOUNT D:"))
        assert.equal(0, count(list, "MOUNT E:") - count(list, "DISMOUNT E:"))
        assert(machine:mask(0))
        assert.equal(0, count(events(machine), "SURPRISE"))
      end)
  end

  it("without the offline one of them gets in, and masking is a surprise",
    function()
      local defer, machine, folder = lab(TWO)
      local object = prepare(machine)
      for _, step in ipairs(object.steps) do
        if step.name == "offline" or step.name == "verify" then
          step.run = function() return true end
        end
      end
      local child
      local ok, message, code, info = object:run {
        on_step = function(step, state)
          if step.name == "close" and state == "done" then
            child = hostile(defer, folder, "D:")
            child:expect "got it"
          end
        end }
      assert.is_nil(ok)
      assert.matches("^step 'uninstall D:': ", message)
      assert.equal("ERROR_BUSY", code)
      assert.equal(child.pid, info.holders[1].pid)
      local list = events(machine)
      assert.equal(1, count(list, "MOUNT D:") - count(list, "DISMOUNT D:"))
      assert.equal(0, count(list, "SURPRISE"))
      -- the storage does not ask
      assert(machine:mask(0))
      list = events(machine)
      assert.equal(1, count(list, "SURPRISE_REMOVAL D:"))
      assert.equal(1, count(list, "SURPRISE_REMOVAL PhysicalDrive0"))
      child:answer()
      local left, _, dead = child:run "return file:list()"
      assert.is_nil(left)
      assert.equal("string", type(dead))
    end)
end)

describe("S13: a volume that is mounted in a folder of the disk", function()
  local FOLDER = { size = "8M", volumes = { { letter = false, fs = "fat",
    mount_points = { "D:\\mnt\\more" } } } }

  it("refuses the removal, by its folder", function()
    local _, machine = lab(TWO, FOLDER)
    local ok, message, code, info = prepare(machine):check()
    assert.is_nil(ok)
    assert.equal("ERROR_BUSY", code)
    assert.equal("mount_folder", info.reason)
    assert(message:find("D:\\mnt\\more", 1, true), message)
    assert.same({}, machine:events())
  end)

  it("refuses it below a mount folder, too", function()
    local _, machine = lab({ size = "60M", volumes = {
      { letter = false, fs = "fat", mount_points = { "C:\\mnt" } } } },
      { size = "8M", volumes = { { letter = "F:", fs = "fat",
        mount_points = { "c:\\MNT\\more" } } } })
    local _, _, _, info = prepare(machine):check()
    assert.equal("mount_folder", info.reason)
  end)

  it("of another disk, or of the disk itself, is no obstacle", function()
    local _, machine = lab({ size = "60M", volumes = {
      { size = "20M", letter = "D:", fs = "fat" },
      { letter = "E:", fs = "fat", mount_points = { "D:\\e" } } } },
      { size = "8M", volumes = { { letter = "F:", fs = "fat",
        mount_points = { "G:\\mnt" } } } })
    assert(prepare(machine):check())
    assert(prepare(machine):run())
  end)
end)

describe("S13: the order", function()
  it("cannot be another one: the disk goes after its volumes", function()
    local _, machine = lab(TWO)
    local ok, _, code, info = machine:uninstall "PhysicalDrive0"
    assert.is_nil(ok)
    assert.equal("ERROR_BUSY", code)
    assert.equal("volumes_installed", info.reason)
    local object = prepare(machine)
    -- the last volume's uninstall becomes the disk's
    object.steps[12].run = object.steps[13].run
    local _, message = object:run()
    assert.matches("still installed", message)
    assert.equal(2, #machine:volumes())
  end)

  it("is verified afterwards: nothing of it may be left", function()
    local _, machine = lab(TWO)
    local object = prepare(machine)
    object.steps[13].run = function() return true end
    local ok, message = object:run()
    assert.is_nil(ok)
    assert.matches("^step 'verify': .*still installed", message)
  end)

  it("is undone as a whole: disk and volumes arrive, online and free",
    function()
      local _, machine = lab(TWO)
      local object = prepare(machine)
      assert(object:run())
      assert.same({}, machine:volumes())
      local report = assert(object:undo())
      assert.equal("undone", report.state)
      assert.equal(2, #machine:volumes())
      for _, volume in ipairs(machine:volumes()) do
        assert.is_false(volume.offline)
        local handle <close> = assert(machine:open(volume.name))
        assert(handle:lock())
      end
    end)

  it("flushes a queued multipath map before the paths go", function()
    pending "needs a Linux machine with device-mapper multipath"
  end)
end)
