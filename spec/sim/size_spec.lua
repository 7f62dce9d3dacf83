-- Large disks and many volumes: 64-bit values stay exact.

local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim.core"

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
