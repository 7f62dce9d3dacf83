-- Enumeration: volumes and disks with exact values. Listing looks only; it
-- mounts, locks and announces nothing.

local machines = require "spec.support.machines"

local MIB = 1 << 20

machines.each(_ENV, function(lab)
  local function by_name(list)
    local map = {}
    for _, one in ipairs(list) do
      assert.is_nil(map[one.name], "twice: " .. one.name)
      map[one.name] = one
    end
    return map
  end

  local function volume(name)
    return (by_name(assert(lab.machine:volumes()))[name])
  end

  it("list: tells everything about a volume that is not mounted", function()
    lab:start()
    local d = volume "D:"
    assert.equal("FAT12", d.file_system)
    assert.equal("OLD", d.label)
    assert.equal("1234-ABCD", d.serial)
    assert.equal(machines.FAT_VOLUME_SIZE, d.size)
    assert.equal(512, d.sector_size)
    assert.equal(0, d.partition_number)
    assert.same({ "D:" }, d.mount_points)
    assert.same({ { disk = 0, offset = 0, length = machines.FAT_VOLUME_SIZE } },
      d.extents)
    assert.equal("not mounted", d.state)
    assert(d.guid_path:find(
      "^\\\\%?\\Volume{%x+%-%x+%-4%x+%-[89ab]%x+%-%x+}$"), d.guid_path)
    assert(d.device:find("^\\Device\\HarddiskVolume%d+$"), d.device)
    for _, flag in ipairs {
      "mounted", "locked", "dismounted", "offline", "readonly", "removable",
      "system", "boot", "pagefile",
    } do
      assert.is_false(d[flag], flag)
    end
    assert.equal("NTFS", volume("E:").file_system)
    assert.equal("DATA", volume("E:").label)
    assert.equal("RAW", volume("F:").file_system)
    assert.equal("", volume("F:").label)
    assert.equal("", volume("F:").serial)
    assert.equal("", lab:trail())
  end)

  it("list: follows the state", function()
    lab:start()
    local v = lab:open "D:"
    assert.equal("mounted", volume("D:").state)
    assert.is_true(volume("D:").mounted)
    assert(v:lock())
    assert.equal("mounted, locked", volume("D:").state)
    assert.is_true(volume("D:").locked)
    assert(v:dismount())
    assert.is_true(volume("D:").dismounted)
    assert.is_false(volume("D:").mounted)
    assert(v:offline())
    assert.is_true(volume("D:").offline)
    assert(v:close())
    assert.is_false(volume("D:").locked)
    assert.is_true(volume("D:").offline)
    assert.same(volume("D:"), lab:open("D:", { access = "none" }):info())
  end)

  it("list: shows the bytes that are there when nothing is mounted", function()
    lab:start()
    local disk = lab:open "PhysicalDrive2"
    assert.equal(machines.FAT_SIZE, disk:write(0, machines.content "fat"))
    assert.equal("FAT12", volume("F:").file_system)
    assert(disk:close())
    assert.equal("OLD", volume("F:").label)
  end)

  it("list: gives letters in order, and none when asked", function()
    lab:start { { size = 16 * MIB, style = "gpt", volumes = {
      { size = MIB }, { size = MIB, letter = "D:" }, { size = MIB },
      { size = MIB, letter = false },
      { size = MIB, letter = "k:", mount_points = { "C:\\a", "C:\\b c" } },
    } } }
    local list = lab.machine:volumes()
    local names, numbers = {}, {}
    for i, one in ipairs(list) do
      names[i], numbers[i] = one.name, one.partition_number
    end
    assert.same({ "E:", "D:", "F:", list[4].guid_path, "K:" }, names)
    assert.same({ 1, 2, 3, 4, 5 }, numbers)
    assert.same({}, list[4].mount_points)
    assert.same({ "K:", "C:\\a", "C:\\b c" }, list[5].mount_points)
  end)

  it("list: shows the flags of volumes and of their disks", function()
    lab:start {
      { size = MIB, volumes = { { letter = "C:", system = true, boot = true,
        pagefile = true } } },
      { size = MIB, removable = true, volumes = { { letter = "D:",
        readonly = true } } },
      { size = MIB, readonly = true, volumes = { { letter = "E:" } } },
    }
    local c, d, e = volume "C:", volume "D:", volume "E:"
    assert.same({ true, true, true, false },
      { c.system, c.boot, c.pagefile, c.readonly })
    assert.same({ true, true, false }, { d.readonly, d.removable, d.system })
    assert.same({ true, false }, { e.readonly, e.removable })
    local disks = by_name(lab.machine:disks())
    assert.is_true(disks.PhysicalDrive1.removable)
    assert.is_true(disks.PhysicalDrive2.readonly)
    assert.is_false(disks.PhysicalDrive0.readonly)
  end)

  it("list: tells everything about a disk", function()
    lab:start {
      { size = 16 * MIB, style = "gpt", serial = "S-1", volumes = {
        { size = MIB }, { size = MIB } } },
      { size = 8 * MIB, style = "mbr", sector_size = 4096 },
      { size = MIB },
    }
    local disks = lab.machine:disks()
    assert.equal(3, #disks)
    for i, expected in ipairs {
      { "gpt", 16 * MIB, 512, 2 }, { "mbr", 8 * MIB, 4096, 1 },
      { "none", MIB, 512, 1 },
    } do
      local disk = disks[i]
      assert.equal(i - 1, disk.number)
      assert.equal("PhysicalDrive" .. i - 1, disk.name)
      assert.same(expected,
        { disk.style, disk.size, disk.sector_size, disk.volume_count })
      assert.is_false(disk.masked)
      assert.is_false(disk.uninstalled)
      assert.equal("present", disk.state)
      assert(#disk.model > 0)
      assert(#disk.location > 0)
    end
    assert.equal("S-1", disks[1].serial)
    assert.not_equal(disks[2].serial, disks[3].serial)
  end)

  it("list: entries print as one line", function()
    lab:start()
    local line = tostring(volume "D:")
    for _, part in ipairs { "D:", "FAT12", "OLD", "not mounted" } do
      assert(line:find(part, 1, true), line)
    end
    line = tostring(lab.machine:disks()[1])
    assert(line:find("PhysicalDrive0", 1, true), line)
    assert.is_nil(line:find("\n", 1, true))
  end)

  it("list: does not refuse or disturb anybody", function()
    lab:start()
    local v = lab:open "D:"
    assert(v:lock())
    lab:trail()
    for _ = 1, 20 do
      assert.equal(3, #lab.machine:volumes())
      assert.equal(3, #lab.machine:disks())
    end
    assert.equal("", lab:trail())
    assert(v:unlock())
    assert(v:lock())
  end)

  it("identity: stays what it is", function()
    lab:start()
    local v = lab:open "D:"
    local before = v:identity()
    assert.equal(volume("D:").guid_path, before.guid_path)
    assert.equal("1234-ABCD", before.serial)
    assert.equal(machines.FAT_VOLUME_SIZE, before.size)
    assert.same(v:extents(), before.extents)
    assert(v:dismount())
    assert(v:close())
    assert.same(before, lab:open("D:"):identity())
  end)

  it("info: of files, directories and devices is that of the volume", function()
    lab:start()
    for _, handle in ipairs {
      lab:open "D:\\a.txt", lab:open "D:\\", lab:open("D:", { access = "none" }),
    } do
      local info = handle:info()
      assert.equal("D:", info.name)
      assert.equal("FAT12", info.file_system)
      assert.equal("OLD", handle:label())
    end
    machines.refused("STATUS_INVALID_DEVICE_REQUEST",
      lab:open("PhysicalDrive0"):info())
  end)
end)
