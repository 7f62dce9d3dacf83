-- Several processes on one machine: data that waits to be written is everybody's,
-- and a process that dies loses all its handles, duplicates and mapped files too.

local helpers = require "spec.helpers"
local machines = require "spec.support.machines"
local process = require "spec.multi.process"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local PATH = "D:\\long file name.txt"
local TEXT = "written elsewhere"
local LONG = machines.FILES["long file name.txt"]
local CHANGED = LONG:sub(1, 100) .. TEXT .. LONG:sub(101 + #TEXT)

describe("several processes:", function()
  local finish, defer, folder

  before_each(function()
    local reason = machines.missing("mkfs.fat", "mmd", "mcopy")
    if reason then
      pending(reason)
    end
    helpers.start()
    defer = machines.cleanup(function(f)
      finish = f
    end)
    folder = tempdir(defer)
    machines.put(folder .. "/fat.img", machines.content "fat")
  end)

  after_each(function()
    finish()
    helpers.finish()
  end)

  local function start()
    local machine = assert(sim.create(folder .. "/lab",
      { disks = { { image = folder .. "/fat.img" } } }))
    defer(function()
      machine:close()
    end)
    local child = process.start(defer)
    child:run(("machine = assert(core.connect('sim', %q))"):format(folder .. "/lab"))
    return machine, child
  end

  local function in_image()
    local file <close> = assert(io.open(folder .. "/fat.img", "rb"))
    return file:read("a"):find(CHANGED, 1, true) ~= nil
  end

  it("what one wrote to a file, the others read before it is in the image", function()
    local machine, child = start()
    local f <close> = assert(machine:open(PATH))
    assert.equal(#LONG, #f:read(0, #LONG))
    child:run(("f = assert(machine:open(%q)); assert(f:write(100, %q))")
      :format(PATH, TEXT))
    assert.equal(CHANGED, f:read(0, #LONG))
    assert.is_false(in_image())
    child:run "assert(f:flush())"
    assert.is_true(in_image())
    assert.equal(CHANGED, f:read(0, #LONG))
  end)

  it("L1: a lock flushes what another process wrote", function()
    local machine, child = start()
    child:run(("f = assert(machine:open(%q)); assert(f:write(100, %q))")
      :format(PATH, TEXT))
    local v <close> = assert(machine:open "D:")
    machines.refused("STATUS_ACCESS_DENIED", v:lock())
    assert.is_true(in_image())
  end)

  it("what a process wrote is written back when it is killed", function()
    local machine, child = start()
    child:run(("f = assert(machine:open(%q)); assert(f:write(100, %q))")
      :format(PATH, TEXT))
    child:kill()
    local v <close> = assert(machine:open "D:")
    assert(v:lock())
    assert.is_true(in_image())
  end)

  it("9.2: a process that dies loses all duplicates of its handles", function()
    local machine, child = start()
    child:run [[
      v = assert(machine:open "D:")
      a, b = assert(v:duplicate()), assert(v:duplicate())
      assert(a:lock())
    ]]
    machines.refused("STATUS_ACCESS_DENIED", machine:open "D:")
    child:kill()
    local v <close> = assert(machine:open "D:")
    assert(v:lock())
  end)

  it("9.2: a program that another process runs refuses the lock, by name", function()
    local machine, child = start()
    child:run [[
      f = assert(machine:open("D:\\a.txt", { access = "r" }))
      program = assert(f:map { image = true })
      f:close()
    ]]
    local v <close> = assert(machine:open "D:")
    local info = machines.refused("STATUS_ACCESS_DENIED", v:lock())
    assert.equal("image", info.holders[1].how)
    assert.equal("\\a.txt", info.holders[1].path)
    assert.equal(child.pid, info.holders[1].pid)
    child:kill()
    assert(v:lock())
  end)
end)
