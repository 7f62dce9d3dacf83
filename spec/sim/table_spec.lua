-- Partition tables that the simulated machine writes and reads, against what
-- sfdisk and fdisk say of the same image.

local machines = require "spec.support.machines"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local MIB = 1 << 20

local function create(finally, disk)
  local defer = machines.cleanup(finally)
  local folder = tempdir(defer)
  local machine = assert(sim.create(folder .. "/lab", { disks = { disk } }))
  defer(function()
    machine:close()
  end)
  return machine, machine:disks()[1].location, folder
end

local function places(machine)
  local list = {}
  for i, volume in ipairs(machine:volumes()) do
    assert.equal(volume.size, volume.extents[1].length)
    list[i] = { start = volume.extents[1].offset, size = volume.size }
  end
  return list
end

-- Start and size in bytes of every partition that fdisk sees.
local function fdisk(image, sector)
  local list = {}
  for line in machines.sh("fdisk -b %d -o Start,Sectors,Type -l %s", sector,
    image):gmatch("[^\n]+") do
    local start, size, kind = line:match("^%s*(%d+)%s+(%d+)%s+(%S.*)$")
    if start then
      list[#list + 1] = { start = start * sector, size = size * sector, kind = kind }
    end
  end
  return list
end

local function sfdisk(image)
  local cjson = require "cjson"
  local found = cjson.decode(machines.sh("sfdisk -J %s", image)).partitiontable
  local list = {}
  for i, part in ipairs(found.partitions) do
    list[i] = { start = math.tointeger(part.start) * 512,
      size = math.tointeger(part.size) * 512, kind = part.type }
  end
  return list, found
end

local function check(machine, found, kind)
  local mine = places(machine)
  assert.equal(#mine, #found)
  for i, one in ipairs(found) do
    assert.equal(mine[i].start, one.start)
    assert.equal(mine[i].size, one.size)
    assert.equal(kind, one.kind)
  end
end

local BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"

describe("a partition table", function()
  local sizes = { { size = 4 * MIB }, { size = 5 * MIB + 512 * 3 }, {} }

  it("GPT: sfdisk and fdisk read what was written", function()
    local reason = machines.missing("sfdisk", "fdisk")
    if reason then
      pending(reason)
    end
    local machine, image = create(finally,
      { size = 32 * MIB, style = "gpt", volumes = sizes })
    local found, header = sfdisk(image)
    assert.equal("gpt", header.label)
    check(machine, found, BASIC_DATA)
    check(machine, fdisk(image, 512), "Microsoft basic data")
    assert(machines.sh("sfdisk --verify %s", image):find("No errors"))
    for _, part in ipairs(found) do
      assert.equal(0, part.start % MIB)
    end
  end)

  it("MBR: sfdisk and fdisk read what was written", function()
    local reason = machines.missing("sfdisk", "fdisk")
    if reason then
      pending(reason)
    end
    local machine, image = create(finally,
      { size = 32 * MIB, style = "mbr", volumes = sizes })
    local found, header = sfdisk(image)
    assert.equal("dos", header.label)
    check(machine, found, "7")
    check(machine, fdisk(image, 512), "HPFS/NTFS/exFAT")
    assert(machines.sh("sfdisk --verify %s", image):find("No errors"))
  end)

  for _, style in ipairs { "gpt", "mbr" } do
    it(style .. ": fdisk reads it with sectors of 4096 bytes", function()
      local reason = machines.missing "fdisk"
      if reason then
        pending(reason)
      end
      local machine, image = create(finally, { size = 32 * MIB, style = style,
        sector_size = 4096, volumes = { { size = 4 * MIB }, {} } })
      check(machine, fdisk(image, 4096),
        style == "gpt" and "Microsoft basic data" or "HPFS/NTFS/exFAT")
      for _, volume in ipairs(machine:volumes()) do
        assert.equal(4096, volume.sector_size)
      end
      local vol <close> = assert(machine:open "E:")
      assert.equal(4096, vol:write(0, ("x"):rep(4096)))
      local disk <close> = assert(machine:open "PhysicalDrive0")
      assert.equal(("x"):rep(4096),
        disk:read(machine:volumes()[2].extents[1].offset, 4096))
    end)

    it(style .. ": without volumes has one that takes all", function()
      local machine = create(finally, { size = 8 * MIB, style = style })
      local list = places(machine)
      assert.equal(1, #list)
      assert.equal(MIB, list[1].start)
      assert(list[1].size >= 6 * MIB)
    end)
  end

  it("of others is read: extended and logical partitions", function()
    local reason = machines.missing "sfdisk"
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local image = folder .. "/disk.img"
    machines.sh([[truncate -s 32M %s && printf '%s' | sfdisk -q %s]], image,
      "label: dos\\n2048,8192,7\\n10240,,5\\n12288,8192,7\\n22528,8192,c\\n", image)
    local machine <close> = assert(sim.create(folder .. "/lab",
      { disks = { { image = image } } }))
    local expected = {}
    for _, part in ipairs(sfdisk(image)) do
      if part.kind ~= "5" then
        expected[#expected + 1] = { start = part.start, size = part.size }
      end
    end
    assert.equal(3, #expected)
    assert.same(expected, places(machine))
  end)

  it("of others with a file system in a partition mounts", function()
    local reason = machines.missing("sfdisk", "mkfs.fat", "mcopy")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local image = folder .. "/disk.img"
    machines.sh([[truncate -s 8M %s && printf '%s' | sfdisk -q %s]], image,
      "label: gpt\\n2048,4096\\n6144,4096\\n", image)
    machines.sh("mkfs.fat -n SECOND --offset 6144 -h 6144 %s 2048", image)
    machines.put(folder .. "/hello", "hello\n")
    machines.sh("mcopy -i %s@@3M %s/hello ::hello.txt", image, folder)
    local machine <close> = assert(sim.create(folder .. "/lab", { disks = {
      { image = image, volumes = { { letter = "S:" }, { letter = "T:" } } } } }))
    assert.equal("SECOND", machine:volumes()[2].label)
    local file <close> = assert(machine:open("T:\\hello.txt", { access = "r" }))
    assert.equal("hello\n", file:read(0, 100))
    assert.equal("RAW", machine:volumes()[1].file_system)
  end)
end)
