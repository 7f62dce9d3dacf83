-- The mount manager: docs/rules.md 4.4, codes of device MOUNTMGR.

local c = require "spec.support.conformance"

local MIB = 1 << 20

local function u16(text, at)
  return (string.unpack("<I2", text, at + 1))
end

local function u32(text, at)
  return (string.unpack("<I4", text, at + 1))
end

-- ASCII to UTF-16 and back.
local function wide(text)
  return (text:gsub(".", "%0\0"))
end

local function narrow(text)
  return (text:gsub("(.)%z", "%1"))
end

-- MOUNTMGR_MOUNT_POINT with its three texts.
local function triple(link, id, device)
  local parts, at, head = {}, 24, ""
  for _, part in ipairs { link and wide(link) or "", id or "",
    device and wide(device) or "" } do
    head = head .. string.pack("<I4I2I2", #part > 0 and at or 0, #part, 0)
    parts[#parts + 1], at = part, at + #part
  end
  return head .. table.concat(parts)
end

local function target(name)
  return string.pack("<I2", 2 * #name) .. wide(name)
end

-- MOUNTMGR_MOUNT_POINTS, decoded: { "LINK DEVICE", ... }, and the ids.
local function points(out)
  assert.equal(#out, u32(out, 0))
  local list, ids = {}, {}
  for i = 0, u32(out, 4) - 1 do
    local at = 8 + 24 * i
    local function part(field)
      local offset, length = u32(out, at + field), u16(out, at + field + 4)
      assert(offset >= 8 + 24 * u32(out, 4) and offset + length <= #out)
      return out:sub(offset + 1, offset + length)
    end
    list[i + 1] = narrow(part(0)) .. " " .. narrow(part(16))
    ids[i + 1] = part(8)
  end
  return list, ids
end

-- MOUNTMGR_VOLUME_PATHS
local function paths(out)
  assert.equal(#out - 4, u32(out, 0))
  local text = narrow(out:sub(5)):gsub("%z", "|")
  return text
end

local function disks()
  return {
    { size = 16 * MIB, style = "gpt", volumes = {
      { letter = "D:", size = 4 * MIB, mount_points = { "E:\\mnt\\data" } },
      { letter = false, size = 3 * MIB } } },
    { size = 16 * MIB, style = "mbr", volumes = { { letter = "E:" } } },
  }
end

local function manager(lab, access)
  return lab:open("\\\\.\\MountPointManager", access and { access = access })
end

-- "\??\Volume{...}" of volume N.
local function link_of(lab, number)
  return "\\??\\" .. lab.machine:volumes()[number].guid_path:sub(5)
end

local function row(result, id, text, body)
  return { id, text, body, disks = disks(), result = result }
end

local QUERY, DELETE = "IOCTL_MOUNTMGR_QUERY_POINTS", "IOCTL_MOUNTMGR_DELETE_POINTS"

local function letters_of(m)
  local list = {}
  for _, line in ipairs((points(assert(m:control(QUERY, triple(), 4096))))) do
    list[#list + 1] = line:match "^\\DosDevices\\(.:)"
  end
  return table.concat(list, " ")
end

local function create(m, link, device)
  return m:control("IOCTL_MOUNTMGR_CREATE_POINT", string.pack("<I2I2I2I2", 8,
    2 * #link, 8 + 2 * #link, 2 * #device) .. wide(link) .. wide(device))
end

c.suite(_ENV, {
  row("every letter and every name, each with its device",
    "4.4 query points", "an empty triple, by a handle without rights", function(lab)
      local m <close> = manager(lab, "none")
      assert.equal("device", m:kind())
      local list, ids = points(assert(m:control(QUERY, triple(), 4096)))
      assert.same({
        "\\DosDevices\\D: \\Device\\HarddiskVolume1",
        link_of(lab, 1) .. " \\Device\\HarddiskVolume1",
        link_of(lab, 2) .. " \\Device\\HarddiskVolume2",
        "\\DosDevices\\E: \\Device\\HarddiskVolume3",
        link_of(lab, 3) .. " \\Device\\HarddiskVolume3",
      }, list)
      assert.equal(ids[1], ids[2])
      assert.not_equal(ids[2], ids[3])
      for i, name in ipairs { "D:", "D:", "\\Device\\HarddiskVolume2", "E:" } do
        local v <close> = lab:open(name, { access = "none" })
        local id = assert(v:control("IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", nil, 64))
        assert.equal(ids[i], id:sub(3))
      end
    end),
  row("the one link; all of the device; all of the id", "4.4 query points",
    "a link, a device, an id", function(lab)
      local m <close> = manager(lab)
      local function ask(...)
        return points(assert(m:control(QUERY, triple(...), 4096)))
      end
      assert.same({ "\\DosDevices\\D: \\Device\\HarddiskVolume1" },
        (ask "\\DosDevices\\D:"))
      assert.same({ "\\DosDevices\\D: \\Device\\HarddiskVolume1" },
        (ask "\\??\\d:"))
      assert.same({ link_of(lab, 2) .. " \\Device\\HarddiskVolume2" },
        (ask(link_of(lab, 2))))
      local both, ids = ask(nil, nil, "\\Device\\HarddiskVolume1")
      assert.equal(2, #both)
      assert.same(both, (ask(nil, ids[1])))
      assert.equal(1, #ask("\\DosDevices\\D:", ids[1]))
      assert.same({}, (ask(nil, "none")))
    end),
  { "4.4 query points", "drives without a medium",
    function(lab)
      local m <close> = manager(lab)
      local list = points(assert(m:control(QUERY, triple(), 4096)))
      assert.same({ "\\DosDevices\\D: \\Device\\CdRom0",
        link_of(lab, 1) .. " \\Device\\CdRom0",
        "\\DosDevices\\E: \\Device\\HarddiskVolume2",
        link_of(lab, 2) .. " \\Device\\HarddiskVolume2" }, list)
    end, result = "they are in the list", disks = {
      { cdrom = true, volumes = { { letter = "D:" } } },
      { removable = true, volumes = { { letter = "E:" } } } } },
  row("STATUS_BUFFER_OVERFLOW with the size", "4.4 query points",
    "32 bytes of room, and too little for the structure", function(lab)
      local m <close> = manager(lab)
      local whole = assert(m:control(QUERY, triple(), 4096))
      for _, room in ipairs { 32, #whole - 1 } do
        local info = c.refused("STATUS_BUFFER_OVERFLOW",
          m:control(QUERY, triple(), room))
        assert.equal(string.pack("<I4I4", #whole, 0) .. ("\0"):rep(24), info.output)
      end
      assert.equal(whole, m:control(QUERY, triple(), #whole))
      c.refused("STATUS_INVALID_PARAMETER", m:control(QUERY, triple(), 31))
    end),
  row("STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_NOT_FOUND", "4.4 query points",
    "no triple, texts outside of the buffer, a letter that is none", function(lab)
      local m <close> = manager(lab)
      c.refused("STATUS_INVALID_PARAMETER", m:control(QUERY, nil, 4096))
      c.refused("STATUS_INVALID_PARAMETER",
        m:control(QUERY, triple():sub(1, 23), 4096))
      local bad = string.pack("<I4I2I2I4I2I2I4I2I2", 24, 4, 0, 0, 0, 0, 0, 0, 0)
      c.refused("STATUS_INVALID_PARAMETER", m:control(QUERY, bad .. "ab", 4096))
      bad = string.pack("<I4I2I2I4I2I2I4I2I2", 0, 0, 0, 4000, 1, 0, 0, 0, 0)
      c.refused("STATUS_INVALID_PARAMETER", m:control(QUERY, bad, 4096))
      bad = string.pack("<I4I2I2I4I2I2I4I2I2", 24, 3, 0, 0, 0, 0, 0, 0, 0)
      c.refused("STATUS_INVALID_PARAMETER", m:control(QUERY, bad .. "abc", 4096))
      c.refused("STATUS_OBJECT_NAME_NOT_FOUND",
        m:control(QUERY, triple "\\DosDevices\\Q:", 4096))
    end),

  row("success, and the volume opens by it", "4.4 create point",
    "a letter for a volume without one", function(lab)
      local m <close> = manager(lab)
      assert.equal("", create(m, "\\DosDevices\\M:", "\\Device\\HarddiskVolume2"))
      assert.equal("D: M: E:", letters_of(m))
      local v <close> = lab:open "M:"
      assert.equal(3 * MIB, v:size())
    end),
  row("STATUS_OBJECT_NAME_COLLISION, STATUS_INVALID_PARAMETER",
    "4.4 create point", "a letter in use, a second one, what is no letter",
    function(lab)
      local m <close> = manager(lab)
      c.refused("STATUS_OBJECT_NAME_COLLISION",
        create(m, "\\DosDevices\\E:", "\\Device\\HarddiskVolume2"))
      c.refused("STATUS_INVALID_PARAMETER",
        create(m, "\\DosDevices\\Q:", "\\Device\\HarddiskVolume1"))
      c.refused("STATUS_INVALID_PARAMETER",
        create(m, "\\DosDevices\\QQ:", "\\Device\\HarddiskVolume2"))
      c.refused("STATUS_INVALID_PARAMETER", create(m, "Q:", "\\Device\\HarddiskVolume2"))
      c.refused("STATUS_INVALID_PARAMETER",
        m:control("IOCTL_MOUNTMGR_CREATE_POINT", "1234567"))
      c.refused("STATUS_OBJECT_NAME_NOT_FOUND",
        create(m, "\\DosDevices\\Q:", "\\Device\\HarddiskVolume9"))
      c.refused("STATUS_OBJECT_NAME_NOT_FOUND",
        create(m, "\\DosDevices\\Q:", "\\DosDevices\\PhysicalDrive0"))
      assert.equal("D: E:", letters_of(m))
    end),
  row("STATUS_ACCESS_DENIED", "4.4 create point",
    "created and deleted by handles without both rights", function(lab)
      for _, access in ipairs { "none", "r", "w" } do
        local m <close> = manager(lab, access)
        c.refused("STATUS_ACCESS_DENIED",
          create(m, "\\DosDevices\\Q:", "\\Device\\HarddiskVolume2"))
        c.refused("STATUS_ACCESS_DENIED",
          m:control(DELETE, triple "\\DosDevices\\D:", 4096))
        assert.equal("D: E:", letters_of(m))
      end
    end),

  row("what was deleted; then no letter comes by itself", "4.4 delete points",
    "by the letter alone", function(lab)
      local m <close> = manager(lab)
      local list = points(assert(m:control(DELETE, triple "\\DosDevices\\D:", 4096)))
      assert.same({ "\\DosDevices\\D: \\Device\\HarddiskVolume1" }, list)
      assert.equal("E:", letters_of(m))
      c.refused("STATUS_OBJECT_NAME_NOT_FOUND", lab.machine:open "D:")
      assert.equal("\0\0", m:control("IOCTL_MOUNTMGR_NEXT_DRIVE_LETTER",
        target "\\Device\\HarddiskVolume1", 2))
      c.refused("STATUS_OBJECT_NAME_NOT_FOUND",
        m:control(DELETE, triple "\\DosDevices\\D:", 4096))
    end),
  row("what was deleted; the next letter is assigned again", "4.4 delete points",
    "by the device", function(lab)
      local m <close> = manager(lab)
      local list = points(assert(m:control(DELETE,
        triple(nil, nil, "\\Device\\HarddiskVolume1"), 4096)))
      assert.same({ "\\DosDevices\\D: \\Device\\HarddiskVolume1" }, list)
      assert.equal("\1D", m:control("IOCTL_MOUNTMGR_NEXT_DRIVE_LETTER",
        target "\\Device\\HarddiskVolume1", 2))
      assert.equal("D: E:", letters_of(m))
    end),
  row("STATUS_BUFFER_OVERFLOW, and nothing is deleted", "4.4 delete points",
    "32 bytes of room", function(lab)
      local m <close> = manager(lab)
      c.refused("STATUS_BUFFER_OVERFLOW",
        m:control(DELETE, triple "\\DosDevices\\D:", 32))
      assert.equal("D: E:", letters_of(m))
    end),
  row("STATUS_NOT_SUPPORTED", "4.4 delete points", "the name of a volume",
    function(lab)
      local m <close> = manager(lab)
      c.refused("STATUS_NOT_SUPPORTED",
        m:control(DELETE, triple(link_of(lab, 1)), 4096))
    end),
  row("it is there until the volume arrives again", "4.4 delete points",
    "in the database only", function(lab)
      local m <close> = manager(lab)
      assert(m:control("IOCTL_MOUNTMGR_DELETE_POINTS_DBONLY",
        triple "\\DosDevices\\E:", 4096))
      assert.equal("D: E:", letters_of(m))
      assert(lab.machine:mask(0))
      assert(lab.machine:mask(1))
      assert(m:control("IOCTL_MOUNTMGR_SET_AUTO_MOUNT", "\0\0\0\0"))
      assert(lab.machine:unmask(0))
      assert(lab.machine:unmask(1))
      assert.equal("D:", letters_of(m))
    end),
  row("open handles do not notice", "4.4 delete points",
    "the letter of a volume that is open", function(lab)
      local m <close> = manager(lab)
      local v <close> = lab:open "E:"
      assert(v:lock())
      assert(m:control(DELETE, triple "\\DosDevices\\E:", 4096))
      assert.equal(512, #v:read(0, 512))
      assert(v:unlock())
    end),

  row("\\0D, \\1F, then \\0F", "4.4 next letter",
    "of a volume with a letter, and of one that lost it by its device",
    function(lab)
      local m <close> = manager(lab)
      local code = "IOCTL_MOUNTMGR_NEXT_DRIVE_LETTER"
      assert.equal("\0D", m:control(code, target "\\Device\\HarddiskVolume1", 2))
      assert(create(m, "\\DosDevices\\Q:", "\\Device\\HarddiskVolume2"))
      assert(m:control(DELETE, triple(nil, nil, "\\Device\\HarddiskVolume2"), 4096))
      assert.equal("\1F", m:control(code, target(link_of(lab, 2)), 2))
      assert.equal("\0F", m:control(code, target "\\Device\\HarddiskVolume2", 2))
      c.refused("STATUS_INVALID_PARAMETER",
        m:control(code, target "\\Device\\HarddiskVolume1", 1))
      c.refused("STATUS_INVALID_PARAMETER", m:control(code, "\4", 2))
      c.refused("STATUS_INVALID_PARAMETER", m:control(code, "\255\0ab", 2))
      c.refused("STATUS_OBJECT_NAME_NOT_FOUND",
        m:control(code, target "\\Device\\HarddiskVolume9", 2))
    end),

  row("the letter, the name; all paths, none", "4.4 DOS paths",
    "of a volume with a letter and a folder, and of one with neither", function(lab)
      local m <close> = manager(lab, "none")
      local function ask(code, name)
        return paths(assert(m:control("IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_" .. code,
          target(name), 4096)))
      end
      assert.equal("D:||", ask("PATH", "\\Device\\HarddiskVolume1"))
      assert.equal("D:|E:\\mnt\\data||", ask("PATHS", "\\Device\\HarddiskVolume1"))
      assert.equal("D:||", ask("PATH", link_of(lab, 1)))
      local guid = lab.machine:volumes()[2].guid_path
      assert.equal(guid .. "||", ask("PATH", "\\Device\\HarddiskVolume2"))
      local none = assert(m:control("IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATHS",
        target "\\Device\\HarddiskVolume2", 4096))
      assert.equal(string.pack("<I4I4", 2, 0), none)
    end),
  row("STATUS_BUFFER_OVERFLOW with the bytes that there are", "4.4 DOS paths",
    "8 bytes of room, and fewer", function(lab)
      local m <close> = manager(lab)
      local code = "IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATHS"
      local name = target "\\Device\\HarddiskVolume1"
      local info = c.refused("STATUS_BUFFER_OVERFLOW", m:control(code, name, 8))
      assert.equal(string.pack("<I4I4", 2 * #"D:|E:\\mnt\\data||", 0), info.output)
      c.refused("STATUS_INVALID_PARAMETER", m:control(code, name, 7))
      c.refused("STATUS_INVALID_PARAMETER", m:control(code, nil, 64))
    end),

  row("1, then 0", "4.4 automount", "asked and set", function(lab)
    local m <close> = manager(lab)
    local ask, set = "IOCTL_MOUNTMGR_QUERY_AUTO_MOUNT", "IOCTL_MOUNTMGR_SET_AUTO_MOUNT"
    assert.equal("\1\0\0\0", m:control(ask, nil, 4))
    assert.equal("", m:control(set, "\0\0\0\0"))
    assert.equal("\0\0\0\0", m:control(ask, nil, 4))
    c.refused("STATUS_INVALID_PARAMETER", m:control(set, "\2\0\0\0"))
    c.refused("STATUS_INVALID_PARAMETER", m:control(set, "\1\0\0"))
    c.refused("STATUS_INVALID_PARAMETER", m:control(ask, nil, 3))
  end),
  row("a letter when it arrives", "4.4 automount",
    "a volume whose letter was forgotten, and one that wants none", function(lab)
      local m <close> = manager(lab)
      assert(lab.machine:mask(0))
      assert(m:control("IOCTL_MOUNTMGR_SCRUB_REGISTRY"))
      assert(lab.machine:unmask(0))
      assert.equal("D: F: E:", letters_of(m))
      local v <close> = lab:open "D:"
      assert.equal(4 * MIB, v:size())
      assert.same({ "D:" }, lab.machine:volumes()[1].mount_points)
    end),

  row("STATUS_INVALID_DEVICE_REQUEST", "4.4 mount manager only",
    "its codes on a volume and a disk, and theirs on it", function(lab)
      local m <close> = manager(lab)
      for _, name in ipairs { "D:", "PhysicalDrive0" } do
        local v <close> = lab:open(name)
        for _, code in ipairs { QUERY, DELETE, "IOCTL_MOUNTMGR_QUERY_AUTO_MOUNT",
          "IOCTL_MOUNTMGR_SCRUB_REGISTRY", "IOCTL_MOUNTMGR_NEXT_DRIVE_LETTER" } do
          c.refused("STATUS_INVALID_DEVICE_REQUEST", v:control(code, triple(), 4096))
        end
      end
      for _, code in ipairs { "FSCTL_LOCK_VOLUME", "IOCTL_VOLUME_OFFLINE",
        "IOCTL_DISK_GET_LENGTH_INFO", "IOCTL_STORAGE_GET_DEVICE_NUMBER",
        "IOCTL_MOUNTMGR_CHANGE_NOTIFY" } do
        c.refused("STATUS_INVALID_DEVICE_REQUEST", m:control(code, nil, 64))
      end
      c.refused("STATUS_INVALID_DEVICE_REQUEST", m:read(0, 512))
      c.refused("STATUS_INVALID_DEVICE_REQUEST", m:write(0, ("x"):rep(512)))
      c.refused("STATUS_INVALID_DEVICE_REQUEST", m:flush())
      c.refused("STATUS_INVALID_DEVICE_REQUEST", m:info())
    end),
  row("success; STATUS_OBJECT_NAME_NOT_FOUND", "4.4 mount manager only",
    "the names that it has", function(lab)
      for _, name in ipairs { "\\\\.\\MountPointManager", "\\\\?\\mountpointmanager",
        "\\\\?\\GLOBALROOT\\Device\\MountPointManager", "\\Device\\MountPointManager" } do
        local m <close> = lab:open(name, { access = "none" })
        assert.equal("device", m:kind())
        local copy <close> = assert(m:duplicate())
        assert.equal("D: E:", letters_of(copy))
      end
      c.refused("STATUS_OBJECT_NAME_NOT_FOUND",
        lab.machine:open "\\\\.\\MountPointManager\\x")
      c.refused("STATUS_OBJECT_NAME_NOT_FOUND",
        lab.machine:uninstall "\\\\.\\MountPointManager")
    end),
})
