-- Control codes: their names, and how long buffers must be. What the codes answer
-- stands in spec/conformance.

local machines = require "spec.support.machines"

local refused = machines.refused

local MIB = 1 << 20

local function attributes(value, size)
  return string.pack("<I4I4i8i8i8i8", size or 40, 1, value, value, 0, 0)
end

-- Codes that take no input: how many bytes of room the answer needs.
local ROOM = {
  IOCTL_DISK_GET_DISK_ATTRIBUTES = 16, IOCTL_DISK_GET_DRIVE_GEOMETRY = 24,
  IOCTL_DISK_GET_DRIVE_GEOMETRY_EX = 40, IOCTL_DISK_GET_DRIVE_LAYOUT_EX = 336,
  IOCTL_DISK_GET_LENGTH_INFO = 8, IOCTL_DISK_GET_PARTITION_INFO_EX = 144,
  IOCTL_MOUNTDEV_QUERY_DEVICE_NAME = 4, IOCTL_MOUNTDEV_QUERY_STABLE_GUID = 16,
  IOCTL_STORAGE_GET_DEVICE_NUMBER = 12, IOCTL_STORAGE_GET_HOTPLUG_INFO = 8,
  IOCTL_STORAGE_READ_CAPACITY = 32, IOCTL_VOLUME_GET_GPT_ATTRIBUTES = 8,
  IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS = 32, IOCTL_VOLUME_QUERY_FAILOVER_SET = 8,
  IOCTL_VOLUME_QUERY_VOLUME_NUMBER = 20,
}
local OF_DISKS = {
  IOCTL_DISK_GET_DISK_ATTRIBUTES = true, IOCTL_DISK_GET_DRIVE_LAYOUT_EX = true,
}
-- Who has room for the head of the answer gets that.
local IN_PARTS = { IOCTL_MOUNTDEV_QUERY_DEVICE_NAME = true }

machines.each(_ENV, function(lab)
  local function start()
    lab:start { { size = 16 * MIB, style = "gpt", volumes = {
      { letter = "D:", size = 4 * MIB }, { letter = "E:", size = 5 * MIB } } } }
  end

  for code, size in pairs(ROOM) do
    it(code .. ": room that is too short, exact, and too long", function()
      start()
      local v = lab:open(OF_DISKS[code] and "PhysicalDrive0" or "E:")
      refused("STATUS_BUFFER_TOO_SMALL", v:control(code))
      refused("STATUS_BUFFER_TOO_SMALL", v:control(code, "", size - 1))
      if IN_PARTS[code] then
        local info = refused("STATUS_BUFFER_OVERFLOW", v:control(code, "", size))
        assert.equal(size, #info.output)
        assert(#v:control(code, "", 4096) > size)
      else
        local out = assert(v:control(code, "", size))
        assert.equal(size, #out)
        assert.equal(out, v:control(code, "", 4096):sub(1, size))
      end
    end)
  end

  it("a code that needs no room fills what it is given, from 4 bytes on", function()
    start()
    local v = lab:open "D:"
    for _, code in ipairs { "IOCTL_STORAGE_CHECK_VERIFY",
      "IOCTL_STORAGE_CHECK_VERIFY2" } do
      assert.equal("", v:control(code))
      refused("STATUS_BUFFER_TOO_SMALL", v:control(code, "", 3))
      assert.equal(4, #v:control(code, "", 40))
    end
  end)

  it("offsets: input and room that are too short", function()
    start()
    local v = lab:open "E:"
    local there, back = "IOCTL_VOLUME_LOGICAL_TO_PHYSICAL",
      "IOCTL_VOLUME_PHYSICAL_TO_LOGICAL"
    local place = string.pack("<I4xxxxi8", 0, 5 * MIB)
    refused("STATUS_INVALID_PARAMETER", v:control(there, "1234567", 24))
    refused("STATUS_BUFFER_TOO_SMALL", v:control(there, ("\0"):rep(8), 23))
    refused("STATUS_BUFFER_TOO_SMALL", v:control(back, place:sub(1, 15), 8))
    refused("STATUS_BUFFER_TOO_SMALL", v:control(back, place, 7))
  end)

  it("attributes, properties and ranges: input that is too short or says so", function()
    start()
    local v, disk = lab:open "E:", lab:open "PhysicalDrive0"
    local set = "IOCTL_DISK_SET_DISK_ATTRIBUTES"
    refused("STATUS_INVALID_PARAMETER",
      v:control("IOCTL_VOLUME_SET_GPT_ATTRIBUTES", ("\0"):rep(15)))
    refused("STATUS_INFO_LENGTH_MISMATCH", disk:control(set, attributes(1):sub(1, 39)))
    refused("STATUS_INVALID_PARAMETER", disk:control(set, attributes(1, 16)))
    refused("STATUS_INFO_LENGTH_MISMATCH",
      v:control("IOCTL_STORAGE_QUERY_PROPERTY", ("\0"):rep(11), 100))
    refused("STATUS_BUFFER_TOO_SMALL",
      v:control("IOCTL_STORAGE_QUERY_PROPERTY", ("\0"):rep(12), 7))
    refused("STATUS_INFO_LENGTH_MISMATCH",
      v:control("IOCTL_DISK_VERIFY", ("\0"):rep(15)))
  end)

  it("a code that nobody listed raises by name, and is named by its number", function()
    lab:start()
    local v = lab:open "D:"
    assert.is_false(pcall(v.control, v, "FSCTL_NO_SUCH_CODE"))
    assert.is_false(pcall(v.control, v, -1))
    assert.is_false(pcall(v.control, v, 1 << 32))
    assert.is_false(pcall(v.control, v))
    local info = refused("STATUS_INVALID_DEVICE_REQUEST", v:control(0x91FFC))
    assert.equal("control 0x91FFC", info.op)
  end)
end)
