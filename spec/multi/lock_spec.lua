-- One machine, several processes: what one holds, the others feel, and what a
-- dead one held is released. docs/rules.md 9.2, and 1.4 to 1.8 across
-- processes.

local core = require "ntvol.core"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local lab, machine, seen

-- Makes the machine: D: is FAT, E: is NTFS, F: is RAW.
local function start(finally)
  local defer = machines.cleanup(finally)
  lab = tempdir(defer) .. "/lab"
  machine = assert(sim.create(lab, { disks = {
    { size = machines.FAT_VOLUME_SIZE }, { size = machines.NTFS_SIZE },
    { size = machines.RAW_SIZE },
  } }))
  defer(function()
    machine:close()
  end)
  for number, content in pairs { [0] = "fat", [1] = "ntfs" } do
    local disk <close> = assert(machine:open("PhysicalDrive" .. number))
    assert(disk:write(0, machines.content(content)))
  end
  assert(sim.forget_events(machine))
  seen = 0
  return defer
end

-- Another process that is connected to it.
local function connect(defer, prefix)
  local child = process.start(defer, prefix)
  child:run(("machine = assert(core.connect('sim', %q))"):format(lab))
  return child
end

-- Events of volumes since the last call as "LOCK; UNLOCK", and their pids.
local function trail()
  local names, pids = {}, {}
  for _, event in ipairs(assert(machine:events(seen))) do
    seen = event.id
    if event.kind == "volume" then
      names[#names + 1] = event.name
      pids[#pids + 1] = event.pid
    end
  end
  return table.concat(names, "; "), pids
end

local function check_holder(info, child, how)
  assert.is_true(info.holders_complete)
  assert.equal(1, #info.holders)
  local holder = info.holders[1]
  assert.equal(child.pid, holder.pid)
  assert.is_false(holder.self)
  assert(holder.name:find("lua", 1, true), holder.name)
  assert.equal(how, holder.path and holder.how .. " " .. holder.path or holder.how)
end

describe("a lock in one process", function()
  it("9.2: refuses opening in another, and names its holder", function()
    local defer = start(finally)
    local child = connect(defer)
    child:run [[
      vol = assert(machine:open "D:")
      guard = assert(vol:lock())]]
    for _, name in ipairs { "D:", "D:\\a.txt", "D:\\" } do
      local info, message = refused("STATUS_ACCESS_DENIED", machine:open(name))
      assert.equal("locked_by_other", info.reason)
      check_holder(info, child, "lock")
      assert(message:find("pid " .. child.pid, 1, true), message)
    end
    assert(machine:open("D:", { access = "none" })):close()
    child:run "assert(guard:unlock())"
    assert(machine:open "D:")
    local _, pids = trail()
    assert.same({ child.pid, child.pid, child.pid }, pids)
  end)

  it("9.2: is refused while another has the volume or a file open", function()
    local defer = start(finally)
    local child = connect(defer)
    local vol = assert(machine:open "D:")
    for name, how in pairs {
      ["D:"] = "volume handle", ["D:\\a.txt"] = "open file \\a.txt",
      ["D:\\Some Dir"] = "directory \\Some Dir",
    } do
      child:run(("other = assert(machine:open %q)"):format(name))
      check_holder((refused("STATUS_ACCESS_DENIED", vol:lock())), child, how)
      child:run "assert(other:close())"
    end
    assert(vol:lock())
  end)

  it("9.2: another with a volume handle gets 5, 158 and 0", function()
    local defer = start(finally)
    local child = connect(defer)
    child:run "vol = assert(machine:open 'D:')"
    local vol = assert(machine:open "D:")
    refused("STATUS_ACCESS_DENIED", vol:lock())
    refused("STATUS_NOT_LOCKED", vol:unlock())
    assert.is_true(vol:dismount())
    assert.equal("ERROR_NOT_READY", (select(3, child:run "return vol:read(0, 512)")))
    assert.equal("ERROR_NOT_LOCKED", (select(3, child:run "return vol:unlock()")))
    assert.equal("ERROR_NOT_READY", (select(3, child:run "return vol:dismount()")))
  end)

  it("by share mode refuses in another, too", function()
    local defer = start(finally)
    local child = connect(defer)
    child:run "vol = assert(machine:open('E:', { share = '' }))"
    local info = refused("STATUS_ACCESS_DENIED", machine:open "E:")
    assert.equal(child.pid, info.holders[1].pid)
    child:kill()
    assert(machine:open "E:")
  end)
end)

describe("a process that ends", function()
  local ends = {
    { "is killed", function(child)
      child:kill()
    end },
    { "exits without closing", function(child)
      child:send "os.exit(0)"
      child:stop()
    end },
    { "fails with an error", function(child)
      child:send "os.exit(1)"
      child:stop()
    end },
    { "ends properly", function(child)
      child:stop()
    end },
  }

  for _, one in ipairs(ends) do
    it("9.2: gives its lock back when it " .. one[1], function()
      local defer = start(finally)
      local child = connect(defer)
      child:run "vol = assert(machine:open 'D:'); guard = assert(vol:lock())"
      refused("STATUS_ACCESS_DENIED", machine:open "D:")
      trail()
      one[2](child)
      local vol = assert(machine:open "D:")
      local events, pids = trail()
      assert.equal("UNLOCK", events)
      assert.same({ child.pid }, pids)
      refused("STATUS_NOT_LOCKED", vol:unlock())
      assert(vol:lock())
    end)

    it("9.2: finishes its dismount when it " .. one[1], function()
      local defer = start(finally)
      local child = connect(defer)
      child:run [[
        vol = assert(machine:open "D:")
        guard = assert(vol:lock())
        assert(vol:dismount())]]
      trail()
      one[2](child)
      assert.is_true(assert(machine:open "D:"):is_mounted())
      local events, pids = trail()
      assert.equal("UNLOCK; MOUNT", events)
      assert.equal(child.pid, pids[1])
    end)
  end

  it("shows its end in the history before anybody opens", function()
    local defer = start(finally)
    local child = connect(defer)
    child:run "vol = assert(machine:open 'D:'); guard = assert(vol:lock())"
    child:kill()
    local events, pids = trail()
    assert.equal("MOUNT; LOCK; UNLOCK", events)
    assert.same({ child.pid, child.pid, child.pid }, pids)
    for _, volume in ipairs(machine:volumes()) do
      assert.is_false(volume.locked)
    end
  end)

  it("leaves what it wrote: the next open mounts the new file system", function()
    local defer = start(finally)
    local child = connect(defer)
    local boot = machines.other_serial(machines.content("fat"):sub(1, 512))
    child:run(([[
      vol = assert(machine:open "D:")
      guard = assert(vol:lock())
      assert(vol:write(0, %q))
      assert(vol:dismount())]]):format(boot))
    trail()
    child:kill()
    local vol = assert(machine:open "D:")
    assert.equal("UNLOCK; MOUNT", (trail()))
    assert.equal("4433-2211", vol:info().serial)
  end)

  it("without dismount has its volume verified", function()
    local defer = start(finally)
    local child = connect(defer)
    local boot = machines.other_serial(machines.content("fat"):sub(1, 512))
    child:run(([[
      vol = assert(machine:open "D:")
      assert(vol:write(0, %q))]]):format(boot))
    trail()
    child:kill()
    assert.equal("4433-2211", assert(machine:open "D:"):info().serial)
    assert.equal("MOUNT", (trail()))
  end)

  it("gives files back", function()
    local defer = start(finally)
    local child = connect(defer)
    child:run "file = assert(machine:open 'D:\\\\a.txt')"
    local vol = assert(machine:open "D:")
    check_holder((refused("STATUS_ACCESS_DENIED", vol:lock())), child,
      "open file \\a.txt")
    child:kill()
    assert(vol:lock())
  end)

  it("keeps a volume offline that it took offline", function()
    local defer = start(finally)
    local child = connect(defer)
    child:run [[
      vol = assert(machine:open "D:")
      assert(vol:dismount())
      assert(vol:offline())]]
    assert.is_true(machine:volumes()[1].offline)
    child:kill()
    local vol = assert(machine:open "D:")
    assert.is_true(vol:is_offline())
    refused("STATUS_DEVICE_NOT_READY", vol:read(0, 512))
    assert(vol:online())
    assert(vol:close())
    assert.is_true(assert(machine:open "D:"):is_mounted())
  end)

  -- Points of a format: the first block of data, one in the middle.
  for _, after in ipairs { 1, 3 } do
    it("by kill -9 in block " .. after .. " of a format leaves old or nothing", function()
      if not require("spec.support.proc").has("mkfs.ntfs") then
        pending("mkfs.ntfs is not installed")
      end
      local defer = start(finally)
      local child = connect(defer)
      child:send(([[
        vol = assert(machine:open "D:")
        guard = assert(vol:lock())
        local calls = 0
        return vol:format { fs = "ntfs", label = "NEW", erase = "D:",
          on_progress = function(done, total)
            calls = calls + 1
            if calls == %d then
              say(done < total and "middle" or "end")
              hear()
            end
          end }]]):format(after))
      child:expect "middle"
      trail()
      child:kill()
      assert.equal("UNLOCK", (trail()))
      local vol = assert(machine:open "D:")
      local info = vol:info()
      assert(info.file_system == "RAW" or info.label == "OLD",
        info.file_system .. " " .. info.label)
      assert.is_false(info.locked)
      assert(vol:lock())
      assert(vol:format { fs = "fat", label = "AGAIN", erase = "D:" })
    end)
  end
end)

describe("descriptors", function()
  local function sleeper(defer)
    if proc.windows then
      pending "spec/win tests that Windows' handles are not inherited"
    end
    local pipe = assert(io.popen("echo $$; exec sleep 1000"))
    local pid = pipe:read("n")
    defer(function()
      os.execute("kill -9 " .. pid)
      pipe:close()
    end)
    return pid
  end

  it("are not inherited: a lock ends although a child still runs", function()
    local defer = start(finally)
    -- Of the maker's connection and of one that was made later.
    local later <close> = assert(core.connect("sim", lab))
    local _handle <close> = assert(later:open "E:")
    local vol = assert(machine:open "D:")
    assert(vol:lock())
    local pid = sleeper(defer)
    local links = machines.sh("ls -l /proc/%d/fd", pid)
    assert.is_nil(links:find(lab, 1, true), links)
    assert(vol:close())
    local child = connect(defer)
    child:run "vol = assert(machine:open 'D:'); assert(vol:lock())"
  end)

  it("are not inherited: a killed parent of a running child lets go", function()
    if proc.windows then
      pending "there is no sh for the child"
    end
    local defer = start(finally)
    local child = connect(defer)
    child:run [[
      vol = assert(machine:open "D:")
      guard = assert(vol:lock())]]
    local pid = child:run [[
      sleeper = assert(io.popen("echo $$; exec sleep 1000 >&- 2>&-"))
      return sleeper:read("n")]]
    defer(function()
      os.execute("kill -9 " .. pid)
    end)
    child:kill()
    assert(assert(machine:open "D:"):lock())
  end)
end)

describe("several processes", function()
  it("race for one volume, and exactly one wins each time", function()
    local defer = start(finally)
    local children = { connect(defer), connect(defer) }
    for _ = 1, 50 do
      for _, child in ipairs(children) do
        child:send [[
          local code
          vol, _, code = machine:open("D:", { share = "" })
          return vol ~= nil, code, vol and vol:lock() and true]]
      end
      local wins = 0
      for _, child in ipairs(children) do
        local won, code, locked = child:answer()
        if won then
          wins = wins + 1
          assert.is_true(locked)
        else
          assert(code == "ERROR_ACCESS_DENIED"
            or code == "ERROR_SHARING_VIOLATION", code)
        end
      end
      assert.equal(1, wins)
      for _, child in ipairs(children) do
        child:run "if vol then assert(vol:close()) end"
      end
    end
  end)

  it("race with shared handles, and never both win", function()
    local defer = start(finally)
    local children = { connect(defer), connect(defer) }
    local wins = 0
    for _ = 1, 50 do
      for _, child in ipairs(children) do
        child:send [[
          vol = machine:open "D:"
          return vol ~= nil and vol:lock() ~= nil]]
      end
      local one, two = children[1]:answer(), children[2]:answer()
      assert(not (one and two))
      wins = wins + ((one or two) and 1 or 0)
      for _, child in ipairs(children) do
        child:run "if vol then assert(vol:close()) end"
      end
    end
    local seen_locks = select(2, (trail()):gsub("UNLOCK", ""))
    assert.equal(wins, seen_locks)
  end)

  it("open and close at once, twenty of them, and all succeed", function()
    local defer = start(finally)
    local children = {}
    for i = 1, 20 do
      children[i] = process.start(defer)
    end
    for _, child in ipairs(children) do
      child:send(([[
        for i = 1, 5 do
          local machine <close> = assert(core.connect("sim", %q))
          local vol <close> = assert(machine:open "D:")
          local file <close> = assert(machine:open("E:\\a.txt", { access = "r" }))
          assert(file:read(0, 5) == "alpha")
          assert(#vol:read(0, 512) == 512)
        end
        return true]]):format(lab))
    end
    for _, child in ipairs(children) do
      assert.is_true(child:answer())
    end
    assert(assert(machine:open "D:"):lock())
    assert(assert(machine:open "E:"):lock())
  end)

  it("write boot areas, and read what the other wrote", function()
    local defer = start(finally)
    local child = connect(defer)
    local mine, theirs = ("m"):rep(512), ("t"):rep(512)
    child:run "vol = assert(machine:open 'F:')"
    local vol = assert(machine:open "F:")
    assert.equal(512, vol:write(0, mine))
    assert.equal(mine, child:run "return vol:read(0, 512)")
    assert.equal(512, child:run("return vol:write(512, ('t'):rep(512))"))
    assert.equal(mine .. theirs, vol:read(0, 1024))
    -- The boot sector of a mounted volume is free to both, too.
    child:run "dee = assert(machine:open 'D:')"
    local dee = assert(machine:open "D:")
    local boot = dee:read(0, 512)
    assert.equal(512, dee:write(0, boot))
    assert.equal(512, child:run "return dee:write(0, dee:read(0, 512))")
    assert.equal(boot, dee:read(0, 512))
  end)

  it("enumerate without disturbing anybody", function()
    local defer = start(finally)
    local child = connect(defer)
    assert(machine:open("D:")):close()
    child:send [[
      say "begun"
      local rounds = 0
      repeat
        assert(#machine:volumes() == 3)
        assert(#machine:disks() == 3)
        assert(machine:events())
        rounds = rounds + 1
      until rounds == 100
      return rounds]]
    child:expect "begun"
    trail()
    for _ = 1, 50 do
      local vol <close> = assert(machine:open "D:")
      assert(vol:lock())
      assert(vol:unlock())
    end
    assert.equal(100, child:answer())
    local events, pids = trail()
    assert.equal(("LOCK; UNLOCK; "):rep(50):sub(1, -3), events)
    for _, pid in ipairs(pids) do
      assert.not_equal(child.pid, pid)
    end
  end)

  it("see offline and online of each other", function()
    local defer = start(finally)
    local child = connect(defer)
    child:run "dev = assert(machine:open('D:', { access = 'none' }))"
    assert.is_false(child:run "return dev:is_offline()")
    local vol = assert(machine:open "D:")
    assert(vol:dismount())
    assert(vol:offline())
    assert.is_true(child:run "return dev:is_offline()")
    assert.equal("ERROR_NOT_READY",
      (select(3, child:run "return machine:open 'D:\\\\a.txt'")))
    assert(vol:online())
    assert.is_false(child:run "return dev:is_offline()")
  end)

  it("I4, I5: see VOLUME_DISMOUNTED after a forced dismount", function()
    local defer = start(finally)
    local child = connect(defer)
    child:run [[
      vol = assert(machine:open "D:")
      file = assert(machine:open "D:\\a.txt")
      assert(file:read(0, 5) == "alpha")]]
    local vol = assert(machine:open "D:")
    assert(vol:dismount())
    for _, read in ipairs { "file:read(0, 5)", "vol:read(0, 512)" } do
      local info = select(4, child:run("return " .. read))
      assert.equal("STATUS_VOLUME_DISMOUNTED", info.status_name)
      assert.equal("dismounted", info.reason)
    end
    assert(vol:close())
    assert.equal("alpha", child:run [[
      local again <close> = assert(machine:open "D:\\a.txt")
      return again:read(0, 5)]])
    assert.equal("ERROR_NOT_READY", (select(3, child:run "return file:read(0, 5)")))
  end)

  it("hold handles apart within one process, too", function()
    start(finally)
    local other <close> = assert(core.connect("sim", lab))
    local vol <close> = assert(other:open "D:")
    assert(vol:lock())
    local info = refused("STATUS_ACCESS_DENIED", machine:open "D:")
    assert.is_true(info.holders[1].self)
    assert(other:close())
    assert(assert(machine:open "D:"):lock())
  end)

  it("are told apart after fork by nobody else than their own", function()
    local defer = start(finally)
    local child = connect(defer)
    -- os.execute forks and execs: nothing of the connection goes along.
    child:run "vol = assert(machine:open 'D:'); assert(vol:lock())"
    assert.is_true(child:run(proc.windows and "return os.execute 'exit 0'"
      or "return os.execute 'true'"))
    refused("STATUS_ACCESS_DENIED", machine:open "D:")
    assert.is_true(child:run "return vol:is_locked()")
  end)

  it("do not outlive their process in a child of fork", function()
    if proc.windows then
      pending "there is no fork on Windows"
    end
    local defer = start(finally)
    local child = connect(defer)
    local idle = child:run [[
      vol = assert(machine:open "D:")
      assert(vol:lock())
      return require "fork".idle()]]
    defer(function()
      proc.kill(idle)
    end)
    check_holder(refused("STATUS_ACCESS_DENIED", machine:open "D:"), child,
      "lock")
    child:kill()
    local vol <close> = assert(machine:open "D:")
    assert(vol:lock())
    assert.equal("MOUNT; LOCK; UNLOCK; LOCK", (trail()))
  end)

  it("stay with their process when its child of fork ends", function()
    if proc.windows then
      pending "there is no fork on Windows"
    end
    local defer = start(finally)
    local child = connect(defer)
    child:run "vol = assert(machine:open 'D:'); assert(vol:lock())"
    for _, call in ipairs { "vol:unlock()", "vol:run { 'true' }",
      "machine:open 'E:'" } do
      assert.equal("forked", child:run(([[
        return require "fork".tell(function()
          return select(4, %s).reason
        end)]]):format(call)))
    end
    assert.equal("true", child:run [[
      return require "fork".tell(function()
        vol:close()
        return machine:close()
      end)]])
    check_holder(refused("STATUS_ACCESS_DENIED", machine:open "D:"), child,
      "lock")
    assert.is_true(child:run "return vol:is_locked()")
  end)
end)
