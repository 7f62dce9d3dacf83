-- What volume and disk drivers tell (docs/rules.md 4.4), against what sfdisk reads
-- from the same bytes, or wrote there. What they tell otherwise stands in
-- spec/conformance/device_spec.lua.

local machines = require "spec.support.machines"
local volumes = require "spec.support.volumes"

local refused = machines.refused

local MIB = 1 << 20

local function utf16(text)
  return (text:gsub(".", "%0\0"))
end

local function two_partitions(style)
  return { { size = MIB, volumes = { { letter = "F:" } } },
    { size = 16 * MIB, style = style, volumes = {
      { letter = "D:", size = 4 * MIB }, { letter = "E:", size = 5 * MIB } } } }
end

machines.each(_ENV, function(lab)
  local reason = machines.missing "sfdisk"
  if reason then
    pending(reason)
    return
  end

  local function layout(handle)
    local out = assert(handle:control("IOCTL_DISK_GET_DRIVE_LAYOUT_EX", "",
      1 << 16))
    local style, count = string.unpack("<I4I4", out)
    local entries = {}
    for i = 1, count do
      local at = 48 + 144 * (i - 1)
      local one, start, length, number =
        string.unpack("<I4xxxxi8i8I4", out, at + 1)
      entries[i] = { style = one, start = start, length = length,
        number = number, rest = out:sub(at + 33, at + 144) }
    end
    return style, entries, out
  end

  -- Shell: `sfdisk` on the disk's bytes now.
  local function sfdisk(name, options)
    local path = lab.machine:disks()[name + 1].location
    return volumes.output("sfdisk %s %s 2>&1", options, path)
  end

  describe("GPT attributes", function()
    local get, set = "IOCTL_VOLUME_GET_GPT_ATTRIBUTES",
      "IOCTL_VOLUME_SET_GPT_ATTRIBUTES"

    local function input(value)
      return string.pack("<i8BBI2I4", value, 0, 0, 0, 0)
    end

    it("4.4: are those in the table, which stays whole", function()
      lab:start(two_partitions "gpt")
      local v = lab:open "E:"
      assert.equal(("\0"):rep(8), v:control(get, "", 8))
      local value = 1 << 60 | 1 << 62 | 1
      assert.equal("", v:control(set, input(value)))
      assert.equal(string.pack("<i8", value), v:control(get, "", 8))
      local _, entries = layout(lab:open "PhysicalDrive1")
      assert.equal(value, (string.unpack("<i8", entries[2].rest, 33)))
      assert.equal(0, (string.unpack("<i8", entries[1].rest, 33)))
      if lab.kind.name:find("folder", 1, true) then
        local dump = sfdisk(1, "-d")
        assert(dump:find('attrs="RequiredPartition GUID:60,62"', 1, true), dump)
        local check = sfdisk(1, "--verify")
        assert(check:find("No errors detected", 1, true), check)
      end
    end)

    it("4.4: the first copy of a damaged table is not needed", function()
      lab:start(two_partitions "gpt")
      local disk = lab:open "PhysicalDrive1"
      assert(disk:write(512, ("\0"):rep(512)))
      local v = lab:open "E:"
      assert(v:control(set, input(1 << 63)))
      assert.equal(string.pack("<i8", 1 << 63), v:control(get, "", 8))
      assert(disk:write(16 * MIB - 512, ("\0"):rep(512)))
      local info = refused("STATUS_DISK_CORRUPT_ERROR", v:control(get, "", 8))
      assert.equal("partition_table", info.reason)
      refused("STATUS_DISK_CORRUPT_ERROR", v:control(set, input(0)))
    end)
  end)

  it("4.4: logical partitions come four by four, names as UTF-16", function()
    local path = require "spec.support.tempdir"(lab.defer) .. "/disk.img"
    machines.sh("truncate -s 16M %s", path)
    machines.sh([[printf '2048,4096,7\n8192,,5\n10240,2048,7\n14336,4096,c\n' |
      sfdisk -q %s]], path)
    lab:start { { image = path, volumes = {} } }
    local style, entries = layout(lab:open "PhysicalDrive0")
    assert.same({ 0, 12 }, { style, #entries })
    local found = {}
    for i, entry in ipairs(entries) do
      local kind, _, known = string.unpack("<BBB", entry.rest)
      if kind ~= 0 then
        found[#found + 1] = { i, kind, known, entry.start // 512,
          entry.length // 512, entry.number }
      end
    end
    assert.same({
      { 1, 0x07, 1, 2048, 4096, 1 }, { 2, 0x05, 0, 8192, 24576, 0 },
      { 5, 0x07, 1, 10240, 2048, 5 }, { 6, 0x05, 0, 12288, 6144, 0 },
      { 9, 0x0C, 1, 14336, 4096, 6 },
    }, found)
  end)

  it("4.4: UPDATE_PROPERTIES takes over what changed in the table", function()
    local path = require "spec.support.tempdir"(lab.defer) .. "/disk.img"
    machines.sh("truncate -s 16M %s", path)
    machines.sh("printf 'label: gpt\\n2048,4096\\n' | sfdisk -q %s", path)
    lab:start { { image = path, volumes = { { letter = "D:" } } } }
    local v = lab:open "D:"
    local old = v:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144)
    machines.sh("printf ',8192' | sfdisk -q -N 1 --no-reread %s", path)
    machines.sh("LC_ALL=C.UTF-8 sfdisk -q --part-label %s 1 'D\xC3\xA4ta'", path)
    machines.sh("sfdisk -q --part-attrs %s 1 GUID:60", path)
    assert.equal(old, v:control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144))
    assert.equal("", v:control "IOCTL_VOLUME_UPDATE_PROPERTIES")
    assert.equal("",
      lab:open("PhysicalDrive0"):control "IOCTL_DISK_UPDATE_PROPERTIES")
    refused("STATUS_INVALID_DEVICE_REQUEST",
      lab:open("PhysicalDrive0"):control "IOCTL_VOLUME_UPDATE_PROPERTIES")
    local new =
      lab:open("D:"):control("IOCTL_DISK_GET_PARTITION_INFO_EX", "", 144)
    assert.equal(8192 * 512, (string.unpack("<i8", new, 17)))
    assert.equal(1 << 60, (string.unpack("<i8", new, 65)))
    local name = utf16 "D\xE4ta"
    assert.equal(name .. ("\0"):rep(72 - #name), new:sub(73))
    local info = lab.machine:volumes()[1]
    assert.same({ 8192 * 512, true }, { info.size, info.readonly })
  end)
end)
