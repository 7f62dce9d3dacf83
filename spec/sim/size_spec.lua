-- Large disks, many volumes, and volumes that lie on several disks: 64-bit
-- values stay exact, and bytes arrive where they belong.

local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local MIB, TIB = 1 << 20, 1 << 40

-- A folder on a file system that holds files of 16 TiB, or nil.
local function large_folder(defer)
  for _, base in ipairs { os.getenv("TMPDIR") or "/tmp", "/dev/shm" } do
    local output, code = proc.run("mktemp -d " .. base .. "/ntvol-spec.XXXXXX")
    if code == 0 then
      local folder = output:match("[^\n]+")
      defer(function()
        machines.sh("rm -rf %s", folder)
      end)
      local _, refused_code = proc.run("truncate -s 16T " .. folder .. "/try")
      os.remove(folder .. "/try")
      if refused_code == 0 then
        return folder
      end
    end
  end
end

-- Where a machine of this kind is made; nil when there is no place.
local function place(kind, defer)
  if kind == "memory" then
    return ":memory:"
  end
  local folder = large_folder(defer)
  return folder and folder .. "/lab"
end

for _, kind in ipairs { "folder", "memory" } do
  describe("16 TiB in a " .. kind, function()
    local function create(finally, disk)
      local defer = machines.cleanup(finally)
      local path = place(kind, defer)
      if not path then
        pending("no file system here holds a file of 16 TiB")
      end
      if path == ":memory:" and proc.windows then
        pending "on Windows memory is a file, and here no file is that large"
      end
      local machine = assert(sim.create(path, { disks = { disk } }))
      defer(function()
        machine:close()
      end)
      return machine
    end

    it("are read and written at the far end", function()
      local size = 16 * TIB
      local machine = create(finally, { size = size })
      local vol = assert(machine:open "D:")
      assert.equal(size, vol:size())
      assert.equal(size, vol:geometry().size)
      assert.equal(size // (255 * 63 * 512), vol:geometry().cylinders)
      assert.same({ { disk = 0, offset = 0, length = size } }, vol:extents())
      local far = { 0, 2 * TIB - 512, 2 * TIB, 2 * TIB + 512, 4 * TIB + 4096,
        size - 512 }
      for i, offset in ipairs(far) do
        assert.equal(512, vol:write(offset, string.char(64 + i):rep(512)))
      end
      assert.is_true(vol:flush())
      local disk = assert(machine:open "PhysicalDrive0")
      for i, offset in ipairs(far) do
        local expected = string.char(64 + i):rep(512)
        assert.equal(expected, vol:read(offset, 512))
        assert.equal(expected, disk:read(offset, 512))
      end
      assert.equal(("\0"):rep(512), vol:read(8 * TIB, 512))
      assert.equal(512, #vol:read(size - 512, 4096))
      refused("STATUS_END_OF_FILE", vol:read(size, 512))
      refused("STATUS_END_OF_FILE", vol:write(size, ("x"):rep(512)))
      assert.is_false(pcall(vol.read, vol, math.maxinteger, 1))
      assert.equal(size, machine:disks()[1].size)
      assert(tostring(machine:volumes()[1]):find("16 TiB", 1, true))
    end)

    it("hold partitions beyond 2^32 sectors", function()
      local machine = create(finally, { size = 16 * TIB - MIB, style = "gpt",
        volumes = { { size = 9 * TIB }, { size = 3 * TIB }, {} } })
      local list = machine:volumes()
      local expected = {
        { 1, MIB, 9 * TIB }, { 2, 9 * TIB + MIB, 3 * TIB },
        { 3, 12 * TIB + MIB, 4 * TIB - 3 * MIB },
      }
      for i, one in ipairs(expected) do
        assert.same({ { disk = 0, offset = one[2], length = one[3] } },
          list[i].extents)
        local vol = assert(machine:open(list[i].name))
        local info = vol:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144)
        local start, length, number = string.unpack("<i8i8I4", info, 9)
        assert.same(one, { number, start, length })
        assert.equal(512, vol:write(one[3] - 512, tostring(i):rep(512)))
      end
      local disk = assert(machine:open "PhysicalDrive0")
      for i, one in ipairs(expected) do
        assert.equal(tostring(i):rep(512), disk:read(one[2] + one[3] - 512, 512))
      end
    end)
  end)
end

describe("many volumes", function()
  it("have letters while there are some, and are all listed", function()
    local volumes = {}
    for i = 1, 60 do
      volumes[i] = { size = MIB }
    end
    local machine <close> = assert(sim.create(":memory:", { disks = {
      { size = 64 * MIB, style = "gpt", volumes = volumes } } }))
    local list = machine:volumes()
    assert.equal(60, #list)
    local seen = {}
    for i, volume in ipairs(list) do
      assert.is_nil(seen[volume.guid_path])
      seen[volume.guid_path] = true
      assert.equal(i, volume.partition_number)
      assert.equal(i <= 23 and string.char(67 + i) .. ":" or volume.guid_path,
        volume.name)
      local vol <close> = assert(machine:open(volume.name))
      assert.equal(512, vol:write(0, ("%3d "):format(i):rep(128)))
    end
    local disk <close> = assert(machine:open "PhysicalDrive0")
    for i, volume in ipairs(list) do
      assert.equal(("%3d "):format(i), disk:read(volume.extents[1].offset, 512):sub(1, 4))
    end
    assert.equal(60, machine:disks()[1].volume_count)
  end)

  it("lie on many disks", function()
    local disks = {}
    for i = 1, 64 do
      disks[i] = { size = MIB }
    end
    local machine <close> = assert(sim.create(":memory:", { disks = disks }))
    assert.equal(64, #machine:disks())
    assert.equal(64, #machine:volumes())
    assert(assert(machine:open "PhysicalDrive63"):lock())
    disks[65] = { size = MIB }
    assert.is_false(pcall(sim.create, ":memory:", { disks = disks }))
  end)
end)

describe("a spanned volume", function()
  -- Two disks of 1 MiB; D: gets a part of each, in another order than they lie.
  local function create(finally)
    local defer = machines.cleanup(finally)
    local reason = machines.missing("sqlite3", "mkfs.fat", "mcopy")
    if reason then
      pending(reason)
    end
    local folder = tempdir(defer)
    local path = folder .. "/lab"
    assert(sim.create(path, { disks = { { size = MIB }, { size = MIB,
      volumes = { { letter = false } } } } })):close()
    machines.sh([[sqlite3 %s/machine.db "
      UPDATE volume SET length = %d WHERE id = 1;
      DELETE FROM extent; DELETE FROM volume WHERE id = 2;
      INSERT INTO extent VALUES (1, 0, 1, 65536, 786432), (1, 1, 0, 4096, 786432);"]],
      path, 2 * 786432)
    local machine = assert(require("ntvol.core").connect("sim", path))
    defer(function()
      machine:close()
    end)
    return machine, folder
  end

  it("is one range of bytes over its extents", function()
    local machine = create(finally)
    local vol = assert(machine:open "D:")
    local extents = {
      { disk = 1, offset = 65536, length = 786432 },
      { disk = 0, offset = 4096, length = 786432 },
    }
    assert.same(extents, vol:extents())
    assert.equal(2 * 786432, vol:size())
    local data = ("12345678"):rep(1024)
    assert.equal(#data, vol:write(786432 - 4096, data))
    assert.equal(data, vol:read(786432 - 4096, #data))
    assert.is_true(vol:flush())
    local one = assert(machine:open "PhysicalDrive1")
    local two = assert(machine:open "PhysicalDrive0")
    assert.equal(data:sub(1, 4096), one:read(65536 + 786432 - 4096, 4096))
    assert.equal(data:sub(4097), two:read(4096, 4096))
    assert.equal(("\0"):rep(4096), two:read(0, 4096))
    refused("STATUS_END_OF_FILE", vol:read(2 * 786432, 512))
  end)

  it("says that there are more extents than fit", function()
    local machine = create(finally)
    local vol = assert(machine:open "D:")
    local code = "IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS"
    refused("STATUS_BUFFER_OVERFLOW", vol:control(code, "", 32))
    assert.equal(56, #vol:control(code, "", 56))
    refused("STATUS_INVALID_DEVICE_REQUEST", vol:device_number())
  end)

  it("mounts, and its files are found", function()
    local machine, folder = create(finally)
    local image = folder .. "/fat.img"
    machines.sh("truncate -s %d %s && mkfs.fat -n SPAN %s", 2 * 786432, image, image)
    local long = ("over two disks\n"):rep(60000)
    machines.put(folder .. "/long", long)
    machines.sh("mcopy -i %s %s/long ::long.txt", image, folder)
    local vol = assert(machine:open "D:")
    assert.equal(2 * 786432, vol:write(0, proc.slurp(image)))
    assert(vol:close())
    assert.equal("SPAN", machine:volumes()[1].label)
    local file = assert(machine:open("D:\\LONG.TXT", { access = "r" }))
    assert.equal(long, file:read(0, #long))
    local locked = assert(machine:open "D:")
    refused("STATUS_ACCESS_DENIED", locked:lock())
    assert(file:close())
    assert(locked:lock())
  end)

  it("guards both disks while it is mounted", function()
    local machine = create(finally)
    local vol = assert(machine:open "D:")
    assert.equal(machines.FAT_SIZE, vol:write(0, machines.content "fat"))
    assert(vol:close())
    vol = assert(machine:open "D:")
    assert.is_true(vol:is_mounted())
    for number = 0, 1 do
      local disk = assert(machine:open("PhysicalDrive" .. number))
      refused("STATUS_ACCESS_DENIED", disk:write(512 << 10, ("x"):rep(512)))
    end
  end)

  it("is surprised by the loss of one disk", function()
    local machine = create(finally)
    local vol = assert(machine:open "D:")
    assert(machine:mask(1))
    refused("STATUS_FILE_INVALID", vol:read(0, 512))
    assert.same({}, machine:volumes())
  end)
end)
