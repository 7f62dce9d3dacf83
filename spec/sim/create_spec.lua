-- Creating and removing simulated machines: what is refused names what is
-- wrong, leaves nothing behind, and never touches existing images.

local core = require "ntvol.core"
local machines = require "spec.support.machines"
local process = require "spec.multi.process"
local sim = require "ntvol.sim.core"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local MIB = 1 << 20

local function hash(path)
  return (machines.sh("sha256sum %s", path):match("^%x+"))
end

local function listing(folder)
  return machines.sh("cd %s && find . | sort | tr '\\n' ' '", folder)
end

-- A folder with an image in it, 1 MiB of FAT.
local function existing(defer)
  local folder = tempdir(defer)
  local image = folder .. "/old.img"
  machines.put(image, machines.content "fat")
  return folder, image
end

describe("sim.core.create", function()
  it("makes folder, database and images, and connects", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local machine = assert(sim.create(folder .. "/lab",
      { disks = { { size = MIB }, { size = 8 * MIB, style = "gpt" } } }))
    assert.equal("machine", core.type(machine))
    assert.equal("sim:" .. proc.native(folder .. "/lab"), machine:name())
    assert.equal(proc.native(folder .. "/lab/disk0.img"),
      machine:disks()[1].location)
    assert.equal(MIB, #proc.slurp(folder .. "/lab/disk0.img"))
    assert(machine:close())
    assert.equal(". ./lab ./lab/disk0.img ./lab/disk1.img ./lab/machine.db"
      .. " ./lab/machine.lock ", listing(folder))
  end)

  it("uses an empty folder, and again what it made", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    assert(sim.create(folder, { disks = { { size = MIB } } })):close()
    local machine <close> = assert(core.connect("sim", folder))
    assert.equal(1, #machine:volumes())
  end)

  it("makes a machine without disks", function()
    local machine <close> = assert(sim.create(":memory:", { disks = {} }))
    assert.same({}, machine:volumes())
    assert.same({}, machine:disks())
    assert.same({}, machine:events())
  end)

  it("keeps machines in memory apart", function()
    local one <close> = assert(sim.create(":memory:", { disks = { { size = MIB } } }))
    local two <close> = assert(sim.create(":memory:", { disks = { { size = MIB } } }))
    local vol = assert(one:open "D:")
    assert(vol:write(0, ("1"):rep(512)))
    assert(vol:lock())
    local other = assert(two:open "D:")
    assert.equal(("\0"):rep(512), other:read(0, 512))
    refused("STATUS_OBJECT_NAME_INVALID", core.connect("sim", ":memory:"))
  end)

  it("survives being closed: bytes, names and offline stay", function()
    local defer = machines.cleanup(finally)
    local path = tempdir(defer) .. "/lab"
    local machine = assert(sim.create(path, { disks = { { size = MIB,
      serial = "S", volumes = { { letter = "Q:", mount_points = { "C:\\q" } } } } } }))
    local guid = machine:volumes()[1].guid_path
    local vol = assert(machine:open "Q:")
    assert(vol:write(512, ("k"):rep(512)))
    assert(vol:offline())
    assert(machine:close())
    machine = assert(core.connect("sim", path))
    defer(function()
      machine:close()
    end)
    local volume = machine:volumes()[1]
    assert.equal(guid, volume.guid_path)
    assert.same({ "Q:", "C:\\q" }, volume.mount_points)
    assert.is_true(volume.offline)
    assert.equal("S", machine:disks()[1].serial)
    vol = assert(machine:open "C:\\q")
    assert(vol:online())
    assert(vol:close())
    assert.equal(("k"):rep(512), assert(machine:open "Q:"):read(512, 512))
  end)

  it("looks at images again that changed while nobody was connected", function()
    local defer = machines.cleanup(finally)
    local folder, image = existing(defer)
    local path = folder .. "/lab"
    local machine = assert(sim.create(path, { disks = { { image = image } } }))
    assert(machine:open("D:")):close()
    assert(machine:close())
    machines.sh("mlabel -i %s ::CHANGED", image)
    machine = assert(core.connect("sim", path))
    assert.equal("CHANGED", machine:volumes()[1].label)
    assert.equal("CHANGED", assert(machine:open "D:"):label())
    assert(machine:close())
    machines.sh("mkfs.fat -i 00C0FFEE %s", image)
    machine = assert(core.connect("sim", path))
    assert.equal("00C0-FFEE", assert(machine:open "D:"):info().serial)
    assert(machine:close())
  end)

  it("forgets events when asked, and counts on", function()
    local machine <close> = assert(sim.create(":memory:", { disks = { { size = MIB } } }))
    local vol <close> = assert(machine:open "D:")
    assert(vol:lock())
    assert(vol:offline())
    local last = #machine:events()
    assert(last > 1)
    assert.equal(last, machine:events()[last].id)
    assert.is_true(sim.forget_events(machine))
    assert.same({}, machine:events())
    assert(vol:online())
    local events = machine:events(last)
    assert.equal(1, #events)
    assert.equal("ONLINE", events[1].name)
    assert.equal(last + 1, events[1].id)
    assert.is_false(pcall(sim.forget_events, {}))
  end)
end)

describe("sim.core.create refuses", function()
  local cases = {
    { "a size that is no whole sectors", { { size = 1000 } },
      "STATUS_INVALID_PARAMETER", "whole sectors" },
    { "no size", { {} }, "STATUS_INVALID_PARAMETER", "neither size nor image" },
    { "a style that is none", { { size = MIB, style = "apm" } },
      "STATUS_INVALID_PARAMETER", "style is unknown" },
    { "odd sectors", { { size = MIB, sector_size = 1024 } },
      "STATUS_INVALID_PARAMETER", "sector size" },
    { "two volumes without a table",
      { { size = MIB, volumes = { { size = 512 }, { size = 512 } } } },
      "STATUS_INVALID_PARAMETER", "partition table" },
    { "a letter twice", { { size = MIB, volumes = { { letter = "D:" } } },
      { size = MIB, volumes = { { letter = "d:" } } } },
      "STATUS_INVALID_PARAMETER", "letter" },
    { "a letter that is none", { { size = MIB, volumes = { { letter = "DD" } } } },
      "STATUS_INVALID_PARAMETER", "letter" },
    { "a mount folder twice", {
      { size = MIB, volumes = { { mount_points = { "C:\\a" } } } },
      { size = MIB, volumes = { { mount_points = { "c:\\A" } } } } },
      "STATUS_INVALID_PARAMETER", "mount folder" },
    { "five volumes on an MBR", { { size = MIB }, { size = 32 * MIB, style = "mbr",
      volumes = { { size = MIB }, { size = MIB }, { size = MIB }, { size = MIB },
        { size = MIB } } } }, "STATUS_INVALID_PARAMETER", "MBR" },
    { "volumes that do not fit", { { size = 8 * MIB, style = "gpt",
      volumes = { { size = 6 * MIB }, { size = 6 * MIB } } } },
      "STATUS_INVALID_PARAMETER", "fit" },
    { "an image that is not there", { { size = MIB }, { image = "/none/x.img" } },
      nil, "/none/x.img" },
  }

  for _, case in ipairs(cases) do
    it(case[1] .. ", and leaves nothing behind", function()
      local defer = machines.cleanup(finally)
      local folder = tempdir(defer)
      local made = folder .. "/made"
      machines.sh("mkdir %s", made)
      for _, path in ipairs { folder .. "/lab", made, ":memory:" } do
        local answer, message, code, info = sim.create(path, { disks = case[2] })
        if case[3] then
          refused(case[3], answer, message, code, info)
        else
          assert.equal("ERROR_FILE_NOT_FOUND", code)
        end
        assert(message:find(case[4], 1, true), message)
        assert.equal("string", type(info.hint), message)
        assert.equal(path, info.target)
      end
      assert.equal(". ./made ", listing(folder))
    end)
  end

  it("wrong types and unknown fields by raising", function()
    for _, spec in ipairs {
      { disks = "x" }, { disks = { "64M" } }, { disk = {} },
      { disks = { { size = "64M" } } }, { disks = { { sise = 1 } } },
      { disks = { { size = -512 } } },
      { disks = { { size = MIB, volumes = { { label = "A" } } } } },
      { disks = { { size = MIB, volumes = { { mount_points = { 1 } } } } } },
    } do
      assert.is_false(pcall(sim.create, ":memory:", spec))
    end
    assert.is_false(pcall(sim.create, ":memory:"))
    assert.is_false(pcall(sim.create, 1, { disks = {} }))
  end)

  -- One place decides, so a script and the command line get the same words.
  local contradictions = {
    { { { size = "1M", image = "a" } }, "disk 1: an existing image has its size" },
    { { { image = "a", style = "gpt" } }, "keeps its partition table" },
    { { { size = "1M", style = "none", volumes = { { size = "1K" }, {} } } },
      "several volumes need a partition table" },
    { { { size = "1M", volumes = { {}, { size = "1K" } } } },
      "disk 1: volume 1: its size is missing" },
    { { { size = "1M", readonly = true, volumes = { { fs = "fat" } } } },
      "volume 1: a read-only disk cannot be formatted" },
    { { { image = "a", volumes = { { fs = "fat" } } } },
      "an existing image keeps its volumes" },
    { { { image = "a", volumes = { { size = "1M" } } } },
      "an existing image keeps its volumes" },
    { { { size = "8M", cdrom = true } }, "a CD is not made" },
    { { { removable = true, volumes = { { fs = "fat" } } } },
      "nothing to format" },
    { { { removable = true, volumes = { {}, {} } } },
      "an empty drive is one volume" },
    { { { removable = true, style = "gpt" } }, "an empty drive is one volume" },
    { { { image = "x", cdrom = true, sector_size = 512 } },
      "sectors of 2048 bytes" },
    { { { image = "x", cdrom = true, volumes = { {}, {} } } }, "is one volume" },
    { { "64M:fat:D", "64M:fat:d" },
      "disk 2: the drive letter D: is given to disk 1 already" },
  }
  for i, case in ipairs(contradictions) do
    it(("what contradicts itself, %d: %s"):format(i, case[2]), function()
      local defer = machines.cleanup(finally)
      local folder = tempdir(defer)
      local info, message = refused("STATUS_INVALID_PARAMETER",
        require "ntvol.sim".create(folder .. "/lab", { disks = case[1] }))
      assert.equal("spec", info.reason)
      assert(message:find(case[2], 1, true), message)
      assert.equal("string", type(info.hint))
      assert.equal(". ", listing(folder))
    end)
  end

  it("two disks with one image", function()
    local defer = machines.cleanup(finally)
    local folder, image = existing(defer)
    local before = hash(image)
    machines.sh("ln %s %s/link.img && ln -s old.img %s/symlink.img", image,
      folder, folder)
    for _, other in ipairs { "old.img", "link.img", "symlink.img", "../"
      .. folder:match("[^/]+$") .. "/old.img" } do
      local info = refused("STATUS_INVALID_PARAMETER",
        sim.create(folder .. "/lab", { disks = { { image = image },
          { image = folder .. "/" .. other } } }))
      assert.equal("string", type(info.hint))
    end
    assert.equal(before, hash(image))
    assert.is_nil(listing(folder):find("lab", 1, true))
  end)

  it("a folder that is not empty, and keeps what is there", function()
    local defer = machines.cleanup(finally)
    local folder, image = existing(defer)
    local before = hash(image)
    local info, message = refused("STATUS_OBJECT_NAME_COLLISION",
      sim.create(folder, { disks = { { size = MIB } } }))
    assert(message:find(folder, 1, true), message)
    assert.equal("string", type(info.hint))
    assert.equal(". ./old.img ", listing(folder))
    assert.equal(before, hash(image))
  end)

  it("a folder with a machine in it, which stays whole", function()
    local defer = machines.cleanup(finally)
    local path = tempdir(defer) .. "/lab"
    local machine <close> = assert(sim.create(path, { disks = { { size = MIB } } }))
    assert(assert(machine:open "D:"):write(0, ("x"):rep(512)))
    refused("STATUS_OBJECT_NAME_COLLISION", sim.create(path, { disks = {} }))
    assert.equal(("x"):rep(512), assert(machine:open "D:"):read(0, 512))
  end)

  it("a folder below nothing, and a file", function()
    local defer = machines.cleanup(finally)
    local folder, image = existing(defer)
    for _, path in ipairs { folder .. "/none/lab", image } do
      local answer, message, _, info = sim.create(path, { disks = {} })
      assert.is_nil(answer)
      assert(message:find(path, 1, true), message)
      assert.equal("string", type(info.hint), message)
    end
    assert.equal(". ./old.img ", listing(folder))
  end)

  it("an image that is a folder or too small for a disk", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.put(folder .. "/tiny", "x")
    for _, image in ipairs { folder, folder .. "/tiny" } do
      local answer, _, _, info = sim.create(":memory:", { disks = { { image = image } } })
      assert.is_nil(answer)
      assert.equal("string", type(info.hint))
    end
  end)

  it("more volumes than are on an image", function()
    local defer = machines.cleanup(finally)
    local folder, image = existing(defer)
    local before = hash(image)
    local info = refused("STATUS_INVALID_PARAMETER", sim.create(folder .. "/lab",
      { disks = { { image = image, volumes = { { letter = "D:" },
        { letter = "E:" } } } } }))
    assert.equal("string", type(info.hint))
    assert.equal(". ./old.img ", listing(folder))
    assert.equal(before, hash(image))
  end)
end)

describe("sim.core.remove", function()
  it("removes what was made, and keeps images of others", function()
    local defer = machines.cleanup(finally)
    local folder, image = existing(defer)
    local before = hash(image)
    assert(sim.create(folder .. "/lab", { disks = { { size = MIB },
      { image = image } } })):close()
    assert.is_true(sim.remove(folder .. "/lab"))
    assert.equal(". ./old.img ", listing(folder))
    assert.equal(before, hash(image))
  end)

  it("keeps files of others, and then the folder", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local path = folder .. "/lab"
    assert(sim.create(path, { disks = { { size = MIB } } })):close()
    machines.put(path .. "/notes.txt", "mine")
    machines.put(path .. "/disk7.img", "mine too")
    assert.is_true(sim.remove(path))
    assert.equal(". ./lab ./lab/disk7.img ./lab/notes.txt ", listing(folder))
  end)

  it("is refused while this or another process is connected", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local path = folder .. "/lab"
    local machine = assert(sim.create(path, { disks = { { size = MIB } } }))
    local info = refused("STATUS_DEVICE_BUSY", sim.remove(path))
    assert.equal("in_use", info.reason)
    assert.is_true(info.holders[1].self)
    assert(machine:close())
    local child = process.start(defer)
    child:run(("machine = assert(core.connect('sim', %q))"):format(path))
    info = refused("STATUS_DEVICE_BUSY", sim.remove(path))
    assert.equal(child.pid, info.holders[1].pid)
    assert.equal("connected", info.holders[1].how)
    assert.equal("string", type(info.hint))
    assert(child:run "return #machine:volumes()" == 1)
    child:kill()
    assert.is_true(sim.remove(path))
    assert.equal(". ", listing(folder))
  end)

  it("is refused where no machine is", function()
    local defer = machines.cleanup(finally)
    local folder, image = existing(defer)
    local before = hash(image)
    for _, path in ipairs { folder, folder .. "/none", image } do
      local answer, message, _, info = sim.remove(path)
      assert.is_nil(answer)
      assert(message:find(path, 1, true), message)
      assert.equal("string", type(info.hint), message)
    end
    assert.equal(". ./old.img ", listing(folder))
    assert.equal(before, hash(image))
  end)
end)
