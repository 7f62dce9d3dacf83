-- What once went wrong: each of these failed before it was mended.

local core = require "ntvol.core"
local lfs = require "lfs"
local machines = require "spec.support.machines"
local process = require "spec.multi.process"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local MIB = 1 << 20

local function closed(defer, machine)
  defer(function()
    machine:close()
  end)
  return machine
end

-- A machine in memory, one disk of 1 MiB and one volume, D:.
local function start(defer, disk)
  disk = disk or {}
  disk.size = disk.size or MIB
  return closed(defer, assert(sim.create(":memory:", { disks = { disk } })))
end

describe("the folder of a machine", function()
  it("is found after the process went elsewhere", function()
    local defer = machines.cleanup(finally)
    local folder, here = tempdir(defer), lfs.currentdir()
    assert(lfs.mkdir(folder .. "/elsewhere"))
    assert(lfs.chdir(folder))
    defer(function()
      assert(lfs.chdir(here))
    end)
    assert(sim.create("lab", { disks = { { size = MIB } } })):close()
    local machine = closed(defer, assert(core.connect("sim", "lab/")))
    assert(lfs.chdir(folder .. "/elsewhere"))
    -- Another machine of that name must not be taken for this one.
    assert(sim.create("lab", { disks = { { size = MIB } } })):close()
    local vol = assert(machine:open "D:")
    assert.equal(MIB, vol:write(0, ("x"):rep(MIB)))
    assert.equal("\0", proc.slurp("lab/disk0.img"):sub(1, 1))
    assert.equal("x", proc.slurp("../lab/disk0.img"):sub(1, 1))
  end)

  it("with a path that is too long for us is refused, not cut", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    for _, length in ipairs { 300, 490, 600, 1023, 1024, 2000 } do
      local path = folder
      while #path < length - 100 do
        path = path .. "/" .. ("a"):rep(90)
        lfs.mkdir(path)
      end
      path = path .. "/" .. ("b"):rep(length - #path - 1)
      local info = refused("STATUS_OBJECT_NAME_INVALID",
        sim.create(path, { disks = {} }))
      assert.truthy(info.hint:find "short", info.hint)
      assert.is_nil(lfs.attributes(path))
      refused("STATUS_OBJECT_NAME_INVALID", core.connect("sim", path))
    end
  end)

  it("has a name", function()
    local answer, _, code = sim.create("", { disks = {} })
    assert.is_nil(answer)
    assert.equal("ERROR_INVALID_NAME", code)
  end)

  it("is made by one process when two try", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local one, two = process.start(defer), process.start(defer)
    for round = 1, 20 do
      local path = ("%s/lab%d"):format(folder, round)
      assert(lfs.mkdir(path))
      local chunk = ([[
        local machine, message, code = sim.create(%q, { disks = { { size = 1 << 20 } } })
        if machine then machine:close() end
        return machine and true, code]]):format(path)
      one:send(chunk)
      two:send(chunk)
      local first, first_code = one:answer()
      local second, second_code = two:answer()
      assert(not (first and second))
      assert(first or second, "neither: " .. tostring(first_code))
      assert.equal("ERROR_ALREADY_EXISTS", first_code or second_code)
      local machine = assert(core.connect("sim", path))
      assert(assert(machine:open "D:"):close())
      machine:close()
    end
  end)
end)

describe("what is asked for in a new machine", function()
  local function asked(disk)
    return sim.create(":memory:", { disks = { disk } })
  end

  it("is refused when a mount folder cannot be one", function()
    for _, path in ipairs { "", "foo", "E:", "E:\\", "C:\\mnt\\", "C:/mnt/data",
      "C:mnt", "\\\\?\\C:\\mnt", "C:\\" .. ("x"):rep(300) } do
      local info = refused("STATUS_INVALID_PARAMETER", asked {
        size = MIB, volumes = { { mount_points = { path } } } })
      assert.equal("spec", info.reason)
    end
  end)

  it("is refused when a serial number is too long", function()
    refused("STATUS_INVALID_PARAMETER", asked { size = MIB, serial = ("s"):rep(100) })
  end)

  it("is refused when a size cannot be kept", function()
    refused("STATUS_INVALID_PARAMETER",
      asked { size = MIB, volumes = { { size = MIB // 2 } } })
    refused("STATUS_INVALID_PARAMETER",
      asked { size = 4 * MIB, style = "mbr", volumes = { { size = 1000 } } })
    local machine = assert(asked { size = MIB, volumes = { { size = MIB } } })
    machine:close()
  end)

  it("is refused at once when an image is a pipe", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    if proc.windows then
      pending "Windows has no pipes among its files"
    end
    machines.sh("mkfifo %s/pipe", folder)
    refused("STATUS_INVALID_PARAMETER",
      asked { image = folder .. "/pipe", readonly = true })
  end)

  it("is refused when the path of an image is too long, not cut", function()
    if proc.windows then
      pending "Windows lets nobody enter a folder with such a path"
    end
    local defer = machines.cleanup(finally)
    local folder, here = tempdir(defer), lfs.currentdir()
    defer(function()
      assert(lfs.chdir(here))
    end)
    assert(lfs.chdir(folder))
    for _ = 1, 6 do -- step by step: longer than a path may be
      assert(lfs.mkdir(("d"):rep(200)))
      assert(lfs.chdir(("d"):rep(200)))
    end
    machines.put("image", ("\0"):rep(MIB))
    refused("STATUS_OBJECT_NAME_INVALID", asked { image = "image" })
  end)
end)

describe("a name", function()
  it("with forward slashes goes through mount folders", function()
    local defer = machines.cleanup(finally)
    local machine = start(defer, { size = machines.FAT_SIZE, volumes = {
      { letter = false, mount_points = { "C:\\mnt\\däta" } } } })
    local disk = assert(machine:open "PhysicalDrive0")
    assert(disk:write(0, machines.content "fat"))
    assert(disk:close())
    local vol = assert(machine:open "c:/MNT/däta")
    assert(vol:lock())
    assert(vol:close())
    local file = assert(machine:open "C:/mnt/däta/Some Dir/file name.txt")
    assert.equal("in a folder\n", file:read(0, 100))
  end)

  it("that is too long is refused, not cut", function()
    local defer = machines.cleanup(finally)
    local machine = start(defer)
    for _, length in ipairs { 280, 281, 1000, 100000 } do
      refused("STATUS_OBJECT_NAME_INVALID",
        machine:open("D:\\" .. ("a"):rep(length - 3)))
    end
    refused("STATUS_UNRECOGNIZED_VOLUME", machine:open("D:\\" .. ("a"):rep(276)))
  end)
end)

describe("an image that was deleted", function()
  it("is named, and takes no more writes", function()
    if proc.windows then
      pending "Windows does not take away a file that somebody has open"
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local machine = closed(defer, assert(sim.create(folder .. "/lab",
      { disks = { { size = MIB } } })))
    local vol = assert(machine:open "D:")
    assert(vol:lock())
    assert.equal(512, vol:write(0, ("x"):rep(512)))
    assert(os.remove(folder .. "/lab/disk0.img"))
    for _, answer in ipairs { table.pack(vol:write(0, ("y"):rep(512))),
      table.pack(machine:open "PhysicalDrive0") } do
      local info, message = refused("STATUS_DEVICE_NOT_CONNECTED",
        table.unpack(answer, 1, answer.n))
      assert(message:find(proc.native(folder .. "/lab/disk0.img"), 1, true),
        message)
      assert.equal("string", type(info.hint))
    end
    assert(vol:unlock())
  end)
end)

describe("an offline volume", function()
  it("O5, O10: is closed to others while it is locked", function()
    local defer = machines.cleanup(finally)
    local machine = start(defer, { size = machines.FAT_SIZE })
    local disk = assert(machine:open "PhysicalDrive0")
    assert(disk:write(0, machines.content "fat"))
    assert(disk:close())
    local vol = assert(machine:open "D:")
    assert(vol:dismount() and vol:offline() and vol:close())
    local first = assert(machine:open "D:")
    local guard = assert(first:lock())
    refused("STATUS_ACCESS_DENIED", machine:open "D:")
    assert(guard:unlock())
    local second = assert(machine:open "D:")
    -- L3: neither is alone now.
    refused("STATUS_ACCESS_DENIED", first:lock())
    refused("STATUS_ACCESS_DENIED", second:lock())
  end)
end)

describe("1.12: a boot sector of the same serial number and another size",
  function()
    local HALF = machines.FAT_SIZE // 2

    local function start_fat(defer)
      local machine = start(defer, { size = machines.FAT_SIZE })
      local data = machines.content "fat"
      local disk <close> = assert(machine:open "PhysicalDrive0")
      assert(disk:write(0, data))
      return machine, data:sub(1, 19) .. string.pack("<I2", HALF // 512)
        .. data:sub(22, 512)
    end

    it("is another volume: it is mounted, and ends where it says", function()
      local defer = machines.cleanup(finally)
      local machine, boot = start_fat(defer)
      local v = assert(machine:open "D:")
      assert(v:lock())
      assert.equal(512, v:write(0, boot))
      assert(v:close())
      local events = machine:events()
      local seen = events[#events].id
      v = assert(machine:open "D:")
      local names = {}
      for i, event in ipairs(machine:events(seen)) do
        names[i] = event.name
      end
      assert.same({ "MOUNT" }, names)
      assert.equal(512, #assert(v:read(HALF - 512, 512)))
      refused("STATUS_END_OF_FILE", v:read(HALF, 512))
      assert(v:close())
    end)

    it("is the wrong volume for a file that is open", function()
      local defer = machines.cleanup(finally)
      local machine, boot = start_fat(defer)
      local f = assert(machine:open "D:\\a.txt")
      local v = assert(machine:open "D:")
      assert.equal(512, v:write(0, boot))
      assert(v:close())
      refused("STATUS_WRONG_VOLUME", f:read(0, 6))
      f:close()
    end)
  end)

describe("O4: an open without sharing writes and deletes", function()
  it("is refused while somebody may delete", function()
    local defer = machines.cleanup(finally)
    local machine = start(defer, { size = machines.FAT_SIZE })
    local disk = assert(machine:open "PhysicalDrive0")
    assert(disk:write(0, machines.content "fat"))
    assert(disk:close())
    local other = assert(machine:open("D:\\a.txt",
      { access = { "delete" }, share = "rwd" }))
    refused("STATUS_SHARING_VIOLATION",
      machine:open("D:", { access = "r", share = "r" }))
    assert(other:close())
    assert(machine:open("D:", { access = "r", share = "r" }))
  end)
end)

describe("a close that the database refuses", function()
  it("is finished by what follows", function()
    local defer = machines.cleanup(finally)
    local reason = machines.missing("unshare", "mount")
      or select(2, proc.run "unshare -m true") ~= 0 and "no private mounts here"
    if reason then
      pending(reason)
    end
    local folder = tempdir(defer)
    local child = process.start(defer, "unshare -m --propagation private")
    assert.same({ true, "ERROR_DISK_FULL", true, true }, { child:run(([[
      local folder = %q
      assert(os.execute("mkdir " .. folder .. "/t && mount -t tmpfs -o size=1M tmpfs "
        .. folder .. "/t"))
      local machine = assert(sim.create(folder .. "/t/lab", { disks = {
        { size = 1 << 20 }, { size = 1 << 20 } } }))
      local vol, other = machine:open "D:", machine:open "E:"
      assert(vol:lock())
      os.execute("cat /dev/zero >" .. folder .. "/t/filler 2>/dev/null")
      repeat
        local ok = other:lock()
      until not ok or not other:unlock()
      local closed, message, code = vol:close()
      assert(os.remove(folder .. "/t/filler"))
      vol = machine:open "D:"
      local list = machine:volumes()
      return not closed, code, vol ~= nil, not list[1].locked]]):format(folder)) })
  end)
end)
