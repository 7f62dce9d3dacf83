-- ntvol.sim: machines made by name of file system, looked at by other tools.

local core = require "ntvol.core"
local machines = require "spec.support.machines"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local ok, ntvol = pcall(require, "ntvol")
local sim = ok and ntvol.sim

describe("ntvol.sim", function()
  if not sim then
    it("makes machines", function()
      pending("ntvol.sim is not there")
    end)
    return
  end

  local function blkid(image, tag, offset)
    return (machines.sh("blkid -p -O %d -s %s -o value %s", offset or 0, tag,
      image):gsub("\n", ""))
  end

  local FILE_SYSTEMS = {
    { "fat", "64M", "vfat" }, { "fat16", "64M", "vfat" },
    { "fat32", "64M", "vfat" }, { "ntfs", "32M", "ntfs" },
    { "exfat", "32M", "exfat" },
  }

  for _, one in ipairs(FILE_SYSTEMS) do
    it("creates a volume with " .. one[1] .. ", as blkid sees it", function()
      local reason = machines.missing("blkid", "mkfs.fat", "mkfs.ntfs", "mkfs.exfat")
      if reason then
        pending(reason)
      end
      local defer = machines.cleanup(finally)
      local path = tempdir(defer) .. "/lab"
      local machine <close> = assert(sim.create(path,
        { disks = { ("%s:%s:K:NAME"):format(one[2], one[1]) } }))
      local volume = machine:volumes()[1]
      local image = machine:disks()[1].location
      assert.equal("K:", volume.name)
      assert.equal("NAME", volume.label)
      assert.equal(one[3], blkid(image, "TYPE"))
      assert.equal("NAME", blkid(image, "LABEL"))
      assert.equal(volume.serial, blkid(image, "UUID"))
      assert.same({}, machine:events())
      local vol = assert(machine:open "K:")
      assert.is_true(vol:is_mounted())
      assert(machine:open "K:\\"):close()
      assert(vol:lock())
    end)
  end

  it("creates partitions, each with its file system", function()
    local reason = machines.missing("blkid", "mkfs.fat", "mkfs.ntfs")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local machine <close> = assert(sim.create(tempdir(defer) .. "/lab", { disks = {
      { size = "64M", volumes = { { fs = "fat", label = "ONE", size = "16M" },
        { fs = "ntfs", label = "two", size = 16 << 20 }, { letter = false } } } } }))
    local image = machine:disks()[1].location
    local list = machine:volumes()
    assert.equal("gpt", machine:disks()[1].style)
    assert.equal(3, #list)
    for i, expected in ipairs { { "vfat", "ONE" }, { "ntfs", "two" } } do
      local offset = list[i].extents[1].offset
      assert.equal(expected[1], blkid(image, "TYPE", offset))
      assert.equal(expected[2], blkid(image, "LABEL", offset))
      assert.equal(16 << 20, list[i].size)
    end
    assert.equal("RAW", list[3].file_system)
    assert.equal(list[3].guid_path, list[3].name)
  end)

  it("opens and removes what it created", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local path = folder .. "/lab"
    assert(sim.create(path, { disks = { "1M" } })):close()
    local machine = assert(sim.open(path))
    assert.equal("machine", core.type(machine))
    refused("STATUS_DEVICE_BUSY", sim.remove(path))
    assert(machine:close())
    assert.is_true(sim.remove(path))
    assert.equal("", machines.sh("ls -A %s", folder))
    assert.is_nil((sim.open(path)))
  end)

  it("leaves nothing behind when a file system cannot be made", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local answer, message, _, info = sim.create(folder .. "/lab",
      { disks = { "64M:fat:D:OLD", "8K:ntfs:E" } })
    assert.is_nil(answer)
    assert.equal("string", type(message))
    assert.equal("table", type(info))
    assert.equal("", machines.sh("ls -A %s", folder))
  end)

  it("formats system, page file and read-only volumes when it makes them", function()
    local reason = machines.missing "mkfs.fat"
    if reason then
      pending(reason)
    end
    local machine <close> = assert(sim.create(":memory:", { disks = {
      { size = "8M", volumes = { { letter = "C:", fs = "fat", label = "SYS",
        system = true, boot = true, pagefile = true } } },
      { size = "8M", volumes = { { letter = "D:", fs = "fat", label = "RO",
        readonly = true } } } } }))
    local list = machine:volumes()
    assert.equal("SYS", list[1].label)
    assert.equal("RO", list[2].label)
    refused("STATUS_ACCESS_DENIED", assert(machine:open "C:"):lock())
    assert(assert(machine:open "D:"):lock())
  end)

  it("keeps an existing image as it is", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.put(folder .. "/old.img", machines.content "fat")
    local machine <close> = assert(sim.create(folder .. "/lab", { disks = {
      { image = folder .. "/old.img", volumes = { { letter = "X:" } } } } }))
    assert.equal("OLD", machine:volumes()[1].label)
    local file <close> = assert(machine:open("X:\\a.txt", { access = "r" }))
    assert.equal("alpha\n", file:read(0, 10))
    assert.equal(machines.content "fat",
      require("spec.support.proc").slurp(folder .. "/old.img"))
  end)
end)
