-- W2, W3: which volumes are mounted before any script begins. A script that
-- writes an image over such a volume must lock it first, as on Windows.

local cjson = require "cjson"
local command = require "spec.support.command"
local core = require "ntvol.sim.core"
local helpers = require "spec.helpers"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local BASIC = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
local BLOCK = ("\xFF"):rep(1 << 16)

local function create(finally, spec)
  local machine = assert(sim.create(":memory:", spec))
  finally(function()
    machine:close()
  end)
  return machine
end

-- Which volumes are mounted: "C: D:".
local function mounted(machine)
  local names = {}
  for _, volume in ipairs(assert(machine:volumes())) do
    if volume.mounted then
      names[#names + 1] = volume.name:gsub("{.*}", "{}")
    end
  end
  return table.concat(names, " ")
end

-- Writes an image over a disk from its start to its end, as a script does that
-- burns one.
local function burn(machine, disk)
  local drive <close> = assert(machine:open(disk))
  for at = 0, (8 << 20) - #BLOCK, #BLOCK do
    local done, message, code, info = drive:write(at, BLOCK)
    if not done then
      return nil, message, code, info
    end
  end
  return true
end

describe("W3: from the start", function()
  it("volumes with a letter on fixed disks are mounted, and no others", function()
    local machine = create(finally, { disks = {
      "8M:fat:D:ONE", "8M:fat:-:NONE", "8M:raw:R",
      { size = "8M", removable = true,
        volumes = { { letter = "S:", fs = "fat" } } },
      { size = "32M", style = "gpt", volumes = {
        { letter = "E:", fs = "ntfs", size = "8M" },
        { letter = false, fs = "fat", mount_points = { "C:\\mnt" } } } } } })
    assert.equal("D: E:", mounted(machine))
    assert.same({}, machine:events())
  end)

  it("an image is burned over a mounted volume only under its lock", function()
    local machine = create(finally, { disks = { "8M:fat:D:OLD" } })
    machines.refused("STATUS_ACCESS_DENIED", burn(machine, "PhysicalDrive0"))
    local volume <close> = assert(machine:open "D:")
    machines.refused("STATUS_ACCESS_DENIED", volume:write(1 << 20, BLOCK))
    assert.equal("OLD", machine:volumes()[1].label)
    assert(volume:lock())
    assert.is_true(burn(machine, "PhysicalDrive0"))
  end)

  it("mounted = false says otherwise, of the machine and of a volume", function()
    local machine = create(finally, { mounted = false, disks = {
      "8M:fat:D:OLD", "8M:fat:E:OLD:mounted" } })
    assert.equal("E:", mounted(machine))
    assert.is_true(burn(machine, "PhysicalDrive0"))
    machines.refused("STATUS_ACCESS_DENIED", burn(machine, "PhysicalDrive1"))
  end)

  it("mounted in a volume says it of that volume", function()
    local machine = create(finally, { disks = {
      { size = "8M", volumes = { { letter = "D:", fs = "fat", mounted = false } } },
      { size = "8M", volumes = { { letter = false, fs = "fat", mounted = true } } },
      { size = "8M", removable = true,
        volumes = { { letter = "S:", fs = "fat", mounted = true } } } } })
    assert.equal("\\\\?\\Volume{} S:", mounted(machine))
  end)

  it("an image that is there already is mounted; its bytes stay", function()
    local reason = machines.missing("mkfs.fat", "sfdisk")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local image = tempdir(defer) .. "/disk.img"
    -- the first partition is an EFI system partition, which has no letter
    machines.sh("truncate -s 24M %s && printf 'label: gpt\\nstart=2048,"
      .. "size=8192,type=U\\n"
      .. "start=10240,size=8192,type=%s\\nstart=18432,size=8192,type=%s\\n'"
      .. " | sfdisk -q %s", image, BASIC, BASIC, image)
    for _, start in ipairs { 2048, 10240, 18432 } do
      machines.sh("mkfs.fat --offset %d %s 4096", start, image)
    end
    local before = proc.slurp(image)
    local function which(volumes)
      local machine <close> = assert(sim.create(":memory:",
        { disks = { { image = image, volumes = volumes } } }))
      return mounted(machine)
    end
    assert.equal("D: E:", which {})
    assert.equal("E:", which { { mounted = false } })
    assert.equal("D:", which { {}, { mounted = false } })
    assert.equal("\\\\?\\Volume{} D: E:", which { { mounted = true }, {}, {} })
    assert.equal(before, proc.slurp(image))
  end)

  it("what cannot be mounted is left, unless it was asked for", function()
    local reason = machines.missing "sfdisk"
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local image = tempdir(defer) .. "/disk.img"
    machines.sh("truncate -s 64M %s && printf 'label: dos\\nstart=2048,"
      .. "size=20480,type=7\\nstart=40960,size=80000,type=7\\n' | sfdisk -q %s"
      .. " && truncate -s 32M %s", image, image, image)
    local machine <close> = assert(sim.create(":memory:",
      { disks = { { image = image } } }))
    assert.is_true(machine:volumes()[2].unreadable)
    machine:close()
    local _, message = machines.refused("STATUS_DISK_CORRUPT_ERROR",
      sim.create(":memory:", { disks = { { image = image,
        volumes = { {}, { mounted = true } } } } }))
    assert(message:find("mounting a volume from the start", 1, true), message)
  end)

  it("the private part of the module mounts only what it is told", function()
    local defer = machines.cleanup(finally)
    local image = tempdir(defer) .. "/fat.img"
    machines.put(image, machines.content "fat")
    for _, told in ipairs { false, true } do
      local machine <close> = assert(core.create(":memory:",
        { mounted = told, disks = { { image = image } } }))
      assert.equal(told and "D:" or "", mounted(machine))
    end
  end)
end)

describe("W2: what the system uses", function()
  for _, flag in ipairs { "system", "boot", "pagefile" } do
    it("is mounted, with the flag " .. flag .. " and without a letter, too",
      function()
        local machine = create(finally, { mounted = false, disks = {
          { size = "8M", volumes = {
            { letter = false, fs = "fat", [flag] = true } } },
          "8M:fat:D" } })
        assert.equal("\\\\?\\Volume{}", mounted(machine))
      end)

    it("is not made unmounted, with the flag " .. flag, function()
      for _, fs in ipairs { "raw", "fat" } do
        local _, info = helpers.refused("ERROR_INVALID_PARAMETER",
          sim.create(":memory:", { disks = { { size = "8M", volumes = {
            { letter = "C:", fs = fs, [flag] = true, mounted = false } } } } }))
        assert.equal("spec", info.reason)
      end
    end)
  end
end)

describe("ntvol sim create", function()
  local function volumes(lab, words)
    local line = { "sim", "create", lab.path, "--json", table.unpack(words) }
    local result = lab:run(line)
    assert.equal(0, result.code, result.err)
    local list = {}
    for _, volume in ipairs(cjson.decode(result.out).volumes) do
      list[#list + 1] = ("%s %s"):format(volume.name, volume.mounted)
    end
    assert.equal(0, lab:run({ "sim", "rm", lab.path }).code)
    return list
  end

  it("mounts what has a letter, and the words say otherwise", function()
    if proc.windows then
      pending "Lua for Windows does not find the modules of this tree"
    end
    local lab = command.lab(finally)
    assert.same({ "D: true", "E: false" },
      volumes(lab, { "--disk", "8M:fat:D", "--disk", "8M:fat:E:OLD:unmounted" }))
    assert.same({ "D: false", "E: true" }, volumes(lab, { "--unmounted",
      "--disk", "8M:fat:D", "--disk", "gpt:16M=rest:fat:E:Mounted" }))
  end)

  it("takes the words behind an image, too", function()
    if proc.windows then
      pending "Lua for Windows does not find the modules of this tree"
    end
    local lab = command.lab(finally)
    local image = lab:neighbour("8M:fat:D:KEPT").path .. "/disk0.img"
    local mine = lab.folder .. "/old.img"
    machines.put(mine, proc.slurp(image))
    assert.same({ "D: true" }, volumes(lab, { "--disk-image", mine }))
    assert.same({ "K: false" },
      volumes(lab, { "--disk-image", mine .. ":K:unmounted" }))
    assert.same({ "D: false" },
      volumes(lab, { "--disk-image", mine .. ":UNMOUNTED" }))
    assert.same({ "D: true" },
      volumes(lab, { "--removable", mine .. ":mounted" }))
  end)
end)
