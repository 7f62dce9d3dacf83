-- Processes on different nodes of a cluster: docs/rules.md 3, U8, F8, and the
-- last rule of 2.

require "ntvol" -- which a lock that waits needs
local machines = require "spec.support.machines"
local process = require "spec.multi.process"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local lab, machine, seen

-- This process is on n1; D: is shared and has NTFS on it.
local function start(finally)
  local defer = machines.cleanup(finally)
  lab = tempdir(defer) .. "/lab"
  machine = assert(sim.create(lab, { nodes = { "n1", "n2", "n3" }, disks = {
    { size = machines.NTFS_SIZE, volumes = { { letter = "D:", csv = true } } },
  } }))
  defer(function()
    machine:close()
  end)
  do
    local disk <close> = assert(machine:open "PhysicalDrive0")
    assert(disk:write(0, machines.content "ntfs"))
  end
  seen = 0
  return defer
end

-- Another process, on another node.
local function connect(defer, node)
  local child = process.start(defer)
  child:run(("machine = assert(core.connect('sim', %q))")
    :format(lab .. "?node=" .. node))
  return child
end

-- What this node sees of the events since the last call.
local function trail()
  local names = {}
  for _, event in ipairs(assert(machine:events(seen))) do
    seen = event.id
    assert.equal("n1", event.node)
    names[#names + 1] = event.name
  end
  return table.concat(names, "; ")
end

-- And another process on its own.
local TRAIL = [[
  local names = {}
  for _, event in ipairs(assert(machine:events())) do
    names[#names + 1] = event.node .. " " .. event.name
  end
  return table.concat(names, "; ")]]

-- One on n2 is in the way.
local function check_holder(info, how, path)
  assert.equal(1, #info.holders)
  local holder = info.holders[1]
  assert.same({ "n2", how, path }, { holder.node, holder.how, holder.path })
end

describe("a process on another node", function()
  local reason = machines.missing("mkfs.ntfs", "ntfscp")
  if reason then
    pending(reason)
    return
  end

  it("3: refuses a lock by a file that it has open, and is named", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run "file = assert(machine:open('D:\\\\a.txt', { access = 'r' }))"
    local volume = assert(machine:open "D:")
    local info = refused("STATUS_ACCESS_DENIED", volume:lock())
    assert.equal(child.pid, info.holders[1].pid)
    check_holder(info, "open file", "\\a.txt")
    child:run "assert(file:close())"
    assert(volume:lock())
    assert.equal("MOUNT; LOCK; LOCK_FAILED; LOCK", trail())
    assert.equal("n2 MOUNT", child:run(TRAIL))
  end)

  it("3: does so until it dies", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run "file = assert(machine:open('D:\\\\a.txt', { access = 'r' }))"
    local volume = assert(machine:open "D:")
    refused("STATUS_ACCESS_DENIED", volume:lock())
    child:kill()
    assert(volume:lock())
  end)

  it("U8: cannot open what was locked until that handle is closed", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run [[
      volume = assert(machine:open "D:")
      guard = assert(volume:lock())]]
    local info = refused("STATUS_ACCESS_DENIED", machine:open "D:")
    assert.equal("locked_by_other", info.reason)
    check_holder(info, "lock")
    assert.is_true(machine:volumes()[1].locked)
    child:run "assert(guard:unlock())"
    assert.is_false(machine:volumes()[1].locked)
    info = refused("STATUS_ACCESS_DENIED", machine:open "D:")
    assert.equal("locking_handle_open", info.reason)
    assert.equal(child.pid, info.holders[1].pid)
    child:run "assert(volume:close())"
    assert(machine:open "D:")
    assert.equal("MOUNT", trail())
    assert.equal("n2 MOUNT; n2 LOCK; n2 UNLOCK", child:run(TRAIL))
  end)

  for _, unlocked in ipairs { false, true } do
    it("U8: that dies gives both back, and its UNLOCK is told on its node: "
      .. (unlocked and "unlocked" or "locked"), function()
      local defer = start(finally)
      local child, other = connect(defer, "n2"), connect(defer, "n2")
      child:run [[
        volume = assert(machine:open "D:")
        guard = assert(volume:lock())]]
      if unlocked then
        child:run "assert(guard:unlock())"
      end
      refused("STATUS_ACCESS_DENIED", machine:open "D:")
      child:kill()
      local volume = assert(machine:open "D:")
      assert(volume:lock())
      assert.equal("MOUNT; LOCK", trail())
      assert.equal("n2 MOUNT; n2 LOCK; n2 UNLOCK", other:run(TRAIL))
      assert.is_true(other:run "return machine:volumes()[1].locked")
      volume:close()
    end)
  end

  it("3: has invalid files after a dismount, on every node but one", function()
    local defer = start(finally)
    local two, three = connect(defer, "n2"), connect(defer, "n3")
    for _, child in ipairs { two, three } do
      child:run [[
        volume = assert(machine:open "D:")
        file = assert(machine:open("D:\\a.txt", { access = "r" }))]]
    end
    local volume = assert(machine:open "D:")
    local file = assert(machine:open("D:\\a.txt", { access = "r" }))
    assert(volume:dismount())
    refused("STATUS_VOLUME_DISMOUNTED", file:read(0, 5))
    for _, child in ipairs { two, three } do
      for _, what in ipairs { "file:read(0, 5)", "volume:read(0, 512)" } do
        local info = select(4, child:run("return " .. what))
        assert.equal("STATUS_FILE_INVALID", info.status_name)
        assert.equal("dismounted_elsewhere", info.reason)
      end
      child:run "assert(file:close())"
      assert.equal("alpha", child:run [[
        file = assert(machine:open("D:\\a.txt", { access = "r" }))
        return file:read(0, 5)]])
    end
    assert.equal("MOUNT; DISMOUNT", trail())
    assert.equal("n2 MOUNT; n2 MOUNT", two:run(TRAIL))
  end)

  it("3: cannot be dismounted over while it holds the lock", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run [[
      volume = assert(machine:open "D:")
      guard = assert(volume:lock())
      assert(volume:dismount())]]
    refused("STATUS_ACCESS_DENIED", machine:open "D:")
    child:run "assert(volume:close())"
    assert(machine:open "D:")
    assert.equal("n2 MOUNT; n2 LOCK; n2 DISMOUNT; n2 UNLOCK", child:run(TRAIL))
  end)

  it("F8: cannot take the volume offline or online either", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run "volume = assert(machine:open 'D:')"
    for _, verb in ipairs { "offline", "online" } do
      local info = select(4, child:run(("return volume:%s()"):format(verb)))
      assert.equal("STATUS_NOT_SUPPORTED", info.status_name)
      assert.equal("cluster_shared", info.reason)
    end
  end)

  it("2: is told nothing by watch and subscribe of what others do", function()
    local defer = start(finally)
    local child, same = connect(defer, "n2"), connect(defer, "n1")
    child:run [[
      heard = {}
      subscription = assert(machine:subscribe(function(event)
        heard[#heard + 1] = event.name
      end))]]
    same:send [[
      local watch = assert(machine:watch())
      say "ready"
      for event in watch do
        say(event.node .. " " .. event.name)
        if event.name == "UNLOCK" then
          return
        end
      end]]
    same:expect "ready"
    local volume = assert(machine:open "D:")
    assert(volume:lock()):unlock()
    for _, name in ipairs { "MOUNT", "LOCK", "UNLOCK" } do
      same:expect("n1 " .. name)
    end
    same:answer()
    assert.equal("", child:run [[
      local names = ""
      for event in assert(machine:watch(0, 0)) do
        names = names .. event.name
      end
      return names .. table.concat(heard)]])
    volume:close()
    assert.equal("MOUNT LOCK", child:run [[
      volume = assert(machine:open "D:")
      guard = assert(volume:lock())
      return table.concat(heard, " ")]])
  end)

  it("2: that dies is not heard of by who cleans up on this node", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run [[
      volume = assert(machine:open "D:")
      guard = assert(volume:lock())]]
    local heard = {}
    local sub <close> = assert(machine:subscribe(function(event)
      heard[#heard + 1] = event.name
    end))
    child:kill()
    assert(machine:open "D:")
    assert.same({ "MOUNT" }, heard)
    assert.equal("subscription", require("ntvol.core").type(sub))
  end)

  it("reads what another wrote to a file, at once", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    local path = "D:\\long file name.txt"
    local long = machines.FILES["long file name.txt"]
    child:run(("file = assert(machine:open(%q)); assert(file:read(0, 100))")
      :format(path))
    local file = assert(machine:open(path))
    assert.equal(6, file:write(100, "nodes!"))
    assert.equal(long:sub(1, 100) .. "nodes!" .. long:sub(107, 200),
      child:run "return file:read(0, 200)")
  end)

  it("shares files as a process of the same node does", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run [[
      file = assert(machine:open("D:\\a.txt", { access = "r", share = "" }))]]
    local info = refused("STATUS_SHARING_VIOLATION",
      machine:open("D:\\a.txt", { access = "r" }))
    check_holder(info, "open file", "\\a.txt")
    child:run [[
      file:close()
      volume = assert(machine:open("D:", { share = "" }))]]
    info = refused("STATUS_ACCESS_DENIED", machine:open("D:\\a.txt"))
    assert.equal("locked_by_other", info.reason)
    child:run "volume:close()"
    local own = assert(machine:open("D:\\a.txt", { access = "r" }))
    assert.equal("STATUS_SHARING_VIOLATION", select(4, child:run [[
      return machine:open("D:", { share = "" })]]).status_name)
    -- a handle that reads, and lets others read, minds writers only
    child:run "assert(machine:open('D:', { access = 'r', share = 'r' })):close()"
    own:close()
    own = assert(machine:open("D:\\a.txt"))
    assert.equal("STATUS_SHARING_VIOLATION", select(4, child:run [[
      return machine:open("D:", { access = "r", share = "r" })]]).status_name)
    own:close()
  end)

  it("loses the file system that another overwrote", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run "other = assert(machine:open('D:\\\\a.txt', { access = 'r' }))"
    local volume = assert(machine:open "D:")
    assert(volume:write(0, machines.other_serial(volume:read(0, 512))))
    assert(volume:close())
    assert(machine:open "D:")
    assert.equal("STATUS_WRONG_VOLUME",
      select(4, child:run "return other:read(0, 5)").status_name)
  end)

  it("is not in the way of writes through a disk, but on its own node", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    assert(machine:open "D:")
    local disk = assert(machine:open "PhysicalDrive0")
    local sector = disk:read(1 << 20, 512)
    assert.equal("mounted",
      refused("STATUS_ACCESS_DENIED", disk:write(1 << 20, sector)).reason)
    local write = ("return disk:write(1 << 20, %q)"):format(sector)
    child:run "disk = assert(machine:open 'PhysicalDrive0')"
    assert.equal(512, child:run(write))
    child:run "assert(machine:open 'D:')"
    assert.equal("STATUS_ACCESS_DENIED", select(4, child:run(write)).status_name)
  end)

  it("is asked to leave by the process that waits for the lock", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run "file = assert(machine:open('D:\\\\a.txt', { access = 'r' }))"
    local volume = assert(machine:open "D:")
    local asked
    assert(volume:lock { wait = 60, on_busy = function(holders)
      asked = holders[1].node
      child:run "assert(file:close())"
      return true
    end })
    assert.equal("n2", asked)
  end)

  it("is in the list of who has what open", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run "file = assert(machine:open('D:\\\\a.txt', { access = 'r' }))"
    local file = assert(machine:open("D:\\a.txt", { access = "r" }))
    for _, handle in ipairs { file, assert(machine:open "D:") } do
      local list = assert(handle:holders())
      assert.equal(child.pid, list[1].pid)
      assert.equal("n2", list[1].node)
    end
    assert.equal(1, #file:holders())
    assert.is_nil(machine:holders("D:")[2].node)
  end)

  it("loses it too when this one had not mounted it before", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run "file = assert(machine:open('D:\\\\a.txt', { access = 'r' }))"
    local function write(change)
      local disk <close> = assert(machine:open "PhysicalDrive0")
      assert.equal(512, disk:write(0, change(disk:read(0, 512))))
    end
    write(function(sector)
      return sector
    end)
    assert(machine:open "D:"):close()
    assert.equal("alpha", child:run "return file:read(0, 5)")
    child:run "file:close()"
    assert.is_true(machine:set_maintenance("D:", true))
    assert.is_true(machine:set_maintenance("D:", false))
    child:run "file = assert(machine:open('D:\\\\a.txt', { access = 'r' }))"
    write(machines.other_serial)
    assert(machine:open "D:")
    assert.equal("STATUS_WRONG_VOLUME",
      select(4, child:run "return file:read(0, 5)").status_name)
  end)

  it("keeps a volume out of maintenance, by name", function()
    local defer = start(finally)
    local child = connect(defer, "n2")
    child:run "volume = assert(machine:open 'D:')"
    local info = refused("STATUS_DEVICE_BUSY", machine:set_maintenance("D:", true))
    check_holder(info, "volume handle")
    assert.equal(child.pid, info.holders[1].pid)
    child:kill()
    assert.is_true(machine:set_maintenance("D:", true))
    assert.equal("NTFS", machine:volumes()[1].file_system)
  end)
end)
