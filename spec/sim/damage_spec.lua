-- Damaged, missing, full and forbidden: every refusal names the file and says
-- what to do, and nothing is lost by it.

local core = require "ntvol.core"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local MIB = 1 << 20

-- A machine in folder/lab: D: is an image that was made for it, E: is the
-- existing folder/old.img. Both hold FAT. It is closed.
local function start(finally)
  local defer = machines.cleanup(finally)
  local folder = tempdir(defer)
  local path = folder .. "/lab"
  machines.put(folder .. "/old.img", machines.content "fat")
  local machine = assert(sim.create(path, { disks = { { size = MIB },
    { image = folder .. "/old.img" } } }))
  local disk = assert(machine:open "PhysicalDrive0")
  assert(disk:write(0, machines.content "fat"))
  assert(machine:close())
  return path, folder, defer
end

-- Checksums of everything below a folder.
local function sums(folder)
  return machines.sh("cd %s && find . -type f | sort | xargs sha256sum", folder)
end

local function connect(defer, path)
  local machine = assert(core.connect("sim", path))
  defer(function()
    machine:close()
  end)
  return machine
end

-- Bytes without a pattern, the same ones every time (the generator of C's
-- manual page of rand).
local function noise(count)
  local bytes, state = {}, 1
  for i = 1, count do
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    bytes[i] = string.char(state >> 16 & 0xFF)
  end
  return table.concat(bytes)
end

local function overwrite(path, offset, data)
  local file <close> = assert(io.open(path, "r+b"))
  assert(file:seek("set", offset))
  assert(file:write(data))
end

-- A refusal of any kind that names `file` and says what to do.
local function explains(file, answer, message, code, info)
  assert.is_nil(answer)
  assert(message:find(file, 1, true)
    or message:find(proc.native(file), 1, true),
    ("%s is not in: %s"):format(file, message))
  assert.equal("string", type(info.hint), message)
  return code, info, message
end

describe("machine.lock", function()
  it("that is missing is not made anew while others hold theirs", function()
    if proc.windows then
      pending "Windows does not take away a file that somebody has open"
    end
    local path, _, defer = start(finally)
    local machine = connect(defer, path)
    local vol = assert(machine:open "D:")
    assert(vol:lock())
    assert(os.remove(path .. "/machine.lock"))
    assert.equal("ERROR_FILE_NOT_FOUND",
      explains(path .. "/machine.lock", core.connect("sim", path)))
    assert.is_true(vol:is_locked())
    assert(vol:unlock())
  end)
end)

describe("machine.db", function()
  it("that was edited to own other files does not get them removed", function()
    local reason = machines.missing "sqlite3"
    if reason then
      pending(reason)
    end
    local path, folder = start(finally)
    machines.sh([[sqlite3 %s/machine.db "UPDATE disk SET made = 1,
      image = '../old.img' WHERE number = 1"]], path)
    assert(sim.remove(path))
    assert.is_not_nil(sums(folder):find("old.img", 1, true))
  end)

  local function sqlite(path, statements)
    machines.sh("sqlite3 %s/machine.db '%s'", path, statements)
  end

  local cases = {
    { "is missing", "ERROR_FILE_NOT_FOUND", function(path)
      assert(os.remove(path .. "/machine.db"))
    end },
    { "is empty", "ERROR_FILE_CORRUPT", function(path)
      machines.put(path .. "/machine.db", "")
    end },
    { "is noise", "ERROR_FILE_CORRUPT", function(path)
      machines.put(path .. "/machine.db", noise(8192))
    end },
    { "is text", "ERROR_FILE_CORRUPT", function(path)
      machines.put(path .. "/machine.db", "hello")
    end },
    { "is another SQLite database", "ERROR_FILE_CORRUPT", function(path)
      os.remove(path .. "/machine.db")
      sqlite(path, "CREATE TABLE song (title); INSERT INTO song VALUES (1)")
    end, "sqlite3" },
    { "has a newer schema", "ERROR_NOT_SUPPORTED", function(path)
      sqlite(path, "PRAGMA user_version = 1000")
    end, "sqlite3" },
    { "lacks a table", "ERROR_FILE_CORRUPT", function(path)
      sqlite(path, "DROP TABLE owner")
    end, "sqlite3" },
    { "lacks an index", "ERROR_FILE_CORRUPT", function(path)
      sqlite(path, "DROP INDEX dirty_of_file")
    end, "sqlite3" },
    { "lacks its second half", "ERROR_FILE_CORRUPT", function(path)
      machines.sh("truncate -s 2048 %s/machine.db", path)
    end },
    { "has noise in the middle", "ERROR_FILE_CORRUPT", function(path)
      overwrite(path .. "/machine.db", 1000, noise(12000))
    end },
  }

  for _, case in ipairs(cases) do
    it(case[1] .. ": it is named, and nothing is touched", function()
      local reason = case[4] and machines.missing(case[4])
      if reason then
        pending(reason)
      end
      local path, folder = start(finally)
      case[3](path)
      local before = sums(folder)
      for _ = 1, 2 do
        local code = explains(path .. "/machine.db", core.connect("sim", path))
        assert.equal(case[2], code)
        explains(path .. "/machine.db", sim.remove(path))
      end
      assert.equal(before, sums(folder))
    end)
  end

  it("is a folder: it is named", function()
    local path, folder = start(finally)
    machines.sh("rm %s/machine.db && mkdir %s/machine.db", path, path)
    local before = sums(folder)
    explains(path .. "/machine.db", core.connect("sim", path))
    assert.equal(before, sums(folder))
  end)

  it("is lost: a new machine is made around the images", function()
    local path, folder, defer = start(finally)
    assert(os.remove(path .. "/machine.db"))
    local machine = assert(sim.create(folder .. "/again", { disks = {
      { image = path .. "/disk0.img" }, { image = folder .. "/old.img" } } }))
    defer(function()
      machine:close()
    end)
    for _, letter in ipairs { "D:", "E:" } do
      local file = assert(machine:open(letter .. "\\a.txt", { access = "r" }))
      assert.equal("alpha\n", file:read(0, 10))
    end
  end)

  it("cannot be connected to where there is no folder", function()
    local _, folder = start(finally)
    local code = explains(folder .. "/none", core.connect("sim", folder .. "/none"))
    assert.equal("ERROR_FILE_NOT_FOUND", code)
    code = explains(folder .. "/machine.db", core.connect("sim", folder))
    assert.equal("ERROR_FILE_NOT_FOUND", code)
  end)
end)

describe("an image", function()
  it("that is missing is named; the others work", function()
    local path, folder, defer = start(finally)
    machines.sh("mv %s/old.img %s/away.img", folder, folder)
    local machine = connect(defer, path)
    assert.equal(2, #machine:volumes())
    assert.equal(2, #machine:disks())
    for _, name in ipairs { "E:", "E:\\a.txt", "PhysicalDrive1" } do
      local info, message = refused("STATUS_DEVICE_NOT_CONNECTED", machine:open(name))
      assert(message:find(proc.native(folder .. "/old.img"), 1, true), message)
      assert.equal("string", type(info.hint))
    end
    local vol = assert(machine:open "D:")
    assert(vol:lock())
    machines.sh("mv %s/away.img %s/old.img", folder, folder)
    local file = assert(machine:open "E:\\a.txt")
    assert.equal("alpha\n", file:read(0, 10))
  end)

  it("that was cut before it is opened is named, and not extended", function()
    local path, folder, defer = start(finally)
    machines.sh("truncate -s 500K %s/old.img", folder)
    local before = sums(folder)
    local machine = connect(defer, path)
    local volumes, disks = machine:volumes(), machine:disks()
    assert.equal(2, #volumes)
    for i, broken in ipairs { false, true } do
      assert.equal(broken, volumes[i].unreadable)
      assert.equal(broken, disks[i].unreadable)
      assert.equal(broken, volumes[i].state:find("cannot be read") ~= nil)
      assert.equal(broken, disks[i].state:find("cannot be read") ~= nil)
    end
    for _, name in ipairs { "E:", "E:\\a.txt", "PhysicalDrive1" } do
      local info, message = refused("STATUS_DEVICE_DATA_ERROR", machine:open(name))
      assert.equal("image_truncated", info.reason)
      assert(message:find(proc.native(folder .. "/old.img"), 1, true), message)
      assert.equal("string", type(info.hint))
    end
    assert(machine:close())
    assert.equal(before:match("%x+  %./old.img"), sums(folder):match("%x+  %./old.img"))
  end)

  it("that is cut while it is open is named, and not extended", function()
    local path, folder, defer = start(finally)
    local machine = connect(defer, path)
    local vol = assert(machine:open "E:")
    assert(vol:lock())
    machines.sh("truncate -s 500K %s/old.img", folder)
    local before = sums(folder)
    for _, one in ipairs { { vol:read(600 << 10, 512) },
      { vol:read(400 << 10, 512 << 10) },
      { vol:write(600 << 10, ("x"):rep(512)) } } do
      local info, message = refused("STATUS_DEVICE_DATA_ERROR",
        table.unpack(one, 1, 4))
      assert.equal("image_truncated", info.reason)
      assert(message:find(proc.native(folder .. "/old.img"), 1, true), message)
      assert.equal("string", type(info.hint))
    end
    assert.equal(before:match("%x+  %./old.img"), sums(folder):match("%x+  %./old.img"))
    assert.equal(512, #vol:read(0, 512))
    assert.equal(512, vol:write(400 << 10, ("x"):rep(512)))
    assert(vol:unlock())
    refused("STATUS_DEVICE_DATA_ERROR", machine:open "E:\\a.txt")
  end)

  it("that is a folder now is named", function()
    local path, folder, defer = start(finally)
    machines.sh("rm %s/old.img && mkdir %s/old.img", folder, folder)
    local machine = connect(defer, path)
    assert.equal(2, #machine:volumes())
    explains(folder .. "/old.img", machine:open "E:")
  end)

  it("that is larger now keeps its old length", function()
    local path, folder, defer = start(finally)
    machines.sh("truncate -s 2M %s/old.img", folder)
    local machine = connect(defer, path)
    local vol = assert(machine:open "E:")
    assert.equal(machines.FAT_SIZE, vol:size())
  end)

  it("with a damaged file system says so, and the volume opens", function()
    local path, folder, defer = start(finally)
    -- The boot sector stays; the FATs and the root directory are noise.
    overwrite(folder .. "/old.img", 512, noise(20000))
    local machine = connect(defer, path)
    local answer, _, _, info = machine:open "E:\\a.txt"
    assert.is_nil(answer)
    assert.equal("string", type(info.hint))
    assert(assert(machine:open "E:"):lock())
  end)
end)

-- A process with file systems of its own: what it mounts is gone with it.
local function private(defer)
  local reason = machines.missing("unshare", "mount")
  if reason then
    pending(reason)
  end
  local output, code = proc.run "unshare -m true"
  if code ~= 0 then
    pending("no private mounts here: " .. output)
  end
  return process.start(defer, "unshare -m --propagation private")
end

-- Its values are those of a refusal that names `file`.
local function child_explains(file, child, chunk)
  return explains(file, child:run(chunk))
end

describe("a full disk", function()
  -- The machine lies in folder/tmpfs, 4 MiB; D: has 16 MiB.
  local function start_full(finally)
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local child = private(defer)
    child:run(([[
      folder = %q
      assert(os.execute("mkdir " .. folder .. "/tmpfs"))
      assert(os.execute("mount -t tmpfs -o size=4M tmpfs " .. folder .. "/tmpfs"))
      path = folder .. "/tmpfs/lab"
      function fill()
        os.execute("cat /dev/zero >" .. folder .. "/tmpfs/filler 2>/dev/null")
      end
      function free()
        assert(os.remove(folder .. "/tmpfs/filler"))
      end
      function make()
        machine = assert(sim.create(path, { disks = { { size = 16 << 20 } } }))
      end]]):format(folder))
    return child, folder .. "/tmpfs/lab"
  end

  it("under an image: the write is refused by name, the rest goes on", function()
    local child, path = start_full(finally)
    child:run "make(); vol = assert(machine:open 'D:'); assert(vol:lock())"
    local code, info = child_explains(path .. "/disk0.img", child, [[
      local block = ("x"):rep(1 << 20)
      for i = 0, 15 do
        local done, message, code, info = vol:write(i << 20, block)
        if not done then
          return done, message, code, info
        end
      end]])
    assert.equal("ERROR_DISK_FULL", code)
    assert.equal("write", info.op)
    assert.is_true(child:run [[
      return vol:read(0, 1 << 20) == ("x"):rep(1 << 20) and vol:is_locked()]])
  end)

  it("under machine.db: nothing changes, and all goes on later", function()
    local child, path = start_full(finally)
    child:run "make(); vol = assert(machine:open 'D:'); fill()"
    local code, info = child_explains(path .. "/machine.db", child, [[
      for i = 1, 10000 do
        local guard, message, code, info = vol:lock()
        if not guard then
          return guard, message, code, info
        end
        local done
        done, message, code, info = vol:unlock()
        if not done then
          return done, message, code, info
        end
      end]])
    assert.equal("ERROR_DISK_FULL", code)
    assert.equal("store", info.reason)
    assert(info.op == "lock" or info.op == "unlock")
    assert.same({ true, true, true }, { child:run [[
      free()
      if vol:is_locked() then
        assert(vol:unlock())
      end
      local locked = vol:lock() ~= nil
      local unlocked = vol:unlock()
      return locked, unlocked, machine:volumes()[1].locked == false]] })
  end)

  it("under a new connection: it is refused by name", function()
    local child, path = start_full(finally)
    child:run "make(); machine:close(); fill()"
    local code = child_explains(path .. "/machine.", child, [[
      return core.connect("sim", path)]])
    assert.equal("ERROR_DISK_FULL", code)
    assert.equal("machine", child:run [[
      free()
      machine = assert(core.connect("sim", path))
      return core.type(machine)]])
  end)

  it("under a new machine: nothing is left of it", function()
    local child = start_full(finally)
    local answer, message, code, info, left = child:run [[
      fill()
      local answer, message, code, info =
        sim.create(path, { disks = { { size = 1 << 20 } } })
      free()
      return answer, message, code, info,
        io.popen("ls -A " .. folder .. "/tmpfs"):read("a")]]
    assert.is_nil(answer)
    assert.equal("ERROR_DISK_FULL", code, message)
    assert.equal("string", type(info.hint))
    assert.equal("", left)
  end)
end)

describe("a read-only folder", function()
  it("is named, by a read-only mount", function()
    local path, folder, defer = start(finally)
    local before = sums(folder)
    local child = private(defer)
    child:run(([[
      folder = %q
      assert(os.execute("mount --bind " .. folder .. " " .. folder))
      assert(os.execute("mount -o remount,bind,ro " .. folder))]]):format(folder))
    local code = child_explains(path .. "/machine.", child,
      ([[return core.connect("sim", %q)]]):format(path))
    assert(code == "ERROR_WRITE_PROTECT" or code == "ERROR_ACCESS_DENIED", code)
    child_explains(folder .. "/new", child,
      ([[return sim.create(%q, { disks = {} })]]):format(folder .. "/new"))
    child_explains(path .. "/machine.", child, ([[return sim.remove(%q)]]):format(path))
    child:stop()
    assert.equal(before, sums(folder))
  end)

  it("of somebody else is named", function()
    local path, folder, defer = start(finally)
    local reason = machines.missing "setpriv"
    if reason then
      pending(reason)
    end
    local nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    local output, code = proc.run(("%s test -r %s"):format(nobody,
      proc.quote(os.getenv("NTVOL_BUILD") .. "/ntvol/sim/core.so")))
    if code ~= 0 then
      pending("no other user can read the modules: " .. output)
    end
    machines.sh("chmod 755 %s %s && chmod 644 %s/* %s/old.img", folder, path,
      path, folder)
    output, code = proc.run(("%s test -r %s"):format(nobody,
      proc.quote(path .. "/machine.db")))
    if code ~= 0 then
      pending("no other user can reach the temporary folder: " .. output)
    end
    local before = sums(folder)
    local child = process.start(defer, nobody)
    local connected = child_explains(path .. "/machine.", child,
      ([[return core.connect("sim", %q)]]):format(path))
    assert(connected == "ERROR_WRITE_PROTECT" or connected == "ERROR_ACCESS_DENIED",
      connected)
    child_explains(folder .. "/new", child,
      ([[return sim.create(%q, { disks = {} })]]):format(folder .. "/new"))
    child_explains(folder .. "/old.img", child, ([[
      return sim.create(":memory:", { disks = { { image = %q } } })]])
      :format(folder .. "/old.img"))
    -- To look at an image is enough for a disk that is read-only.
    assert.equal("OLD", child:run(([[
      local machine <close> = assert(sim.create(":memory:",
        { disks = { { image = %q, readonly = true } } }))
      local vol <close> = assert(machine:open("D:", { access = "r" }))
      assert(#vol:read(0, 512) == 512)
      return vol:label()]]):format(folder .. "/old.img")))
    child:stop()
    assert.equal(before, sums(folder))
  end)
end)
