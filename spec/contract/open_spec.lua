-- Opening: names, kinds of handles, access, share modes and dispositions.
-- Rows O1 to O13 of docs/rules.md 1.4, the tables of 1.2 and 9.3.

local machines = require "spec.support.machines"

local refused = machines.refused

machines.each(_ENV, function(lab)
  local function volume_of(letter)
    for _, volume in ipairs(lab.machine:volumes()) do
      if volume.name == letter then
        return volume
      end
    end
    error("no volume " .. letter)
  end

  describe("names", function()
    for _, name in ipairs { "D:", "d:", "\\\\.\\D:", "\\\\.\\d:", "\\\\?\\D:" } do
      it("9.3: " .. name .. " is the volume", function()
        lab:start()
        local v = lab:open(name)
        assert.equal("volume", v:kind())
        assert.equal(name, v:name())
        assert.equal(machines.FAT_VOLUME_SIZE, v:size())
        assert(v:lock())
      end)
    end

    it("9.3: GUID paths and device paths are the volume", function()
      lab:start()
      local info = volume_of "E:"
      local number = info.device:match("^\\Device\\HarddiskVolume(%d+)$")
      for _, name in ipairs {
        info.guid_path,
        info.guid_path:upper():gsub("VOLUME", "Volume"),
        (info.guid_path:gsub("^\\\\%?", "\\\\.")),
        info.device,
        "\\\\?\\GLOBALROOT" .. info.device,
        "\\\\.\\GLOBALROOT" .. info.device,
        "\\\\.\\HarddiskVolume" .. number,
      } do
        local v = lab:open(name)
        assert.equal("volume", v:kind(), name)
        assert.equal(info.guid_path, v:info().guid_path, name)
        assert(v:lock())
        assert(v:close())
      end
    end)

    it("9.3: device paths of disks and partitions", function()
      lab:start {
        { size = 16 << 20, style = "gpt", volumes = {
          { letter = "D:", size = 4 << 20 }, { letter = "E:" } } },
        { size = 1 << 20, volumes = { { letter = "F:" } } },
      }
      local function kind_and_size(name)
        local v = lab:open(name)
        local kind, size = v:kind(), v:size()
        assert(v:close())
        return { kind, size }
      end
      for _, prefix in ipairs { "", "\\\\?\\GLOBALROOT", "\\\\.\\globalroot" } do
        for _, name in ipairs { "DR0", "Partition0", "partition0" } do
          assert.same({ "disk", 16 << 20 },
            kind_and_size(prefix .. "\\Device\\Harddisk0\\" .. name))
        end
        assert.same({ "volume", 4 << 20 },
          kind_and_size(prefix .. "\\Device\\Harddisk0\\Partition1"))
      end
      local v = lab:open "\\Device\\Harddisk0\\Partition2"
      assert.equal(volume_of("E:").guid_path, v:info().guid_path)
      local disk = lab:open("PhysicalDrive1", { access = "none" })
      local name = assert(disk:control("IOCTL_MOUNTDEV_QUERY_DEVICE_NAME", nil, 128))
      name = name:sub(3):gsub("(.)%z", "%1")
      assert.same({ "disk", 1 << 20 }, kind_and_size(name))
      for _, missing in ipairs { "Harddisk0\\Partition3", "Harddisk9\\Partition0",
        "Harddisk1\\Partition1", "Harddisk9\\DR9" } do
        lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", "\\Device\\" .. missing)
      end
      for _, wrong in ipairs { "Harddisk0", "Harddisk0\\", "Harddisk0\\DR1",
        "Harddisk0\\Partition" } do
        lab:refuses("STATUS_OBJECT_NAME_INVALID", "\\Device\\" .. wrong)
      end
    end)

    it("9.3: a disk with a backslash, and folders of a RAW volume", function()
      lab:start()
      for _, name in ipairs { "PhysicalDrive0\\", "\\\\.\\PhysicalDrive0\\",
        "\\Device\\Harddisk0\\DR0\\" } do
        lab:refuses("STATUS_OBJECT_PATH_NOT_FOUND", name)
      end
      for _, name in ipairs { "F:\\", "\\\\.\\F:\\", "F:\\a.txt", "F:\\dir\\a.txt",
        volume_of("F:").device .. "\\", volume_of("F:").guid_path .. "\\a" } do
        local info = lab:refuses("STATUS_UNRECOGNIZED_VOLUME", name)
        assert.equal("string", type(info.hint))
      end
    end)

    it("1.2: a trailing backslash means the root directory", function()
      lab:start()
      local guid = volume_of("D:").guid_path
      for _, name in ipairs {
        "D:\\", "\\\\.\\D:\\", "\\\\?\\D:\\", guid .. "\\", "D:/",
        "\\\\.\\d:\\", volume_of("D:").device .. "\\",
        "\\\\?\\GLOBALROOT" .. volume_of("D:").device .. "\\",
      } do
        local f = lab:open(name)
        assert.equal("directory", f:kind(), name)
        refused("STATUS_INVALID_PARAMETER", f:lock())
        refused("STATUS_INVALID_PARAMETER", f:unlock())
        refused("STATUS_INVALID_PARAMETER", f:dismount())
      end
    end)

    for _, name in ipairs {
      "PhysicalDrive0", "\\\\.\\PhysicalDrive0", "\\\\?\\PhysicalDrive0",
      "\\\\.\\PHYSICALDRIVE0",
    } do
      it("9.3: " .. name .. " is the disk", function()
        lab:start()
        local disk = lab:open(name)
        assert.equal("disk", disk:kind())
        assert.equal(machines.FAT_VOLUME_SIZE, disk:size())
        refused("STATUS_NOT_LOCKED", disk:unlock())
        assert(disk:lock())
      end)
    end

    for _, name in ipairs {
      "Z:", "\\\\.\\Z:", "\\\\.\\HarddiskVolume99", "PhysicalDrive9",
      "\\\\?\\Volume{01234567-89ab-cdef-0123-456789abcdef}", "Z:\\a.txt",
    } do
      it("9.3: " .. name .. " is not there", function()
        lab:start()
        local info = lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", name)
        assert.equal("open", info.op)
        assert.equal(name, info.target)
        assert.equal("string", type(info.hint))
      end)
    end

    for _, name in ipairs {
      "\\\\.\\", "\\\\?\\", "\\", "D", "DD:", "D:a.txt", "\\\\.\\D:a.txt", "1:",
      "PhysicalDrive", "PhysicalDrive01", "PhysicalDrive0x",
      "PhysicalDrive99999999999", "\\\\?\\Volume{0123}", "NUL", "a.txt",
      "\\Device\\HarddiskVolume", "\\\\?\\D:/a.txt",
    } do
      it(("9.3: %q is no name"):format(name), function()
        lab:start()
        local info = lab:refuses("STATUS_OBJECT_NAME_INVALID", name)
        assert.equal("string", type(info.hint))
      end)
    end

    it("9.3: D:x says that a backslash is missing", function()
      lab:start()
      local info = lab:refuses("STATUS_OBJECT_NAME_INVALID", "D:a.txt")
      assert(info.hint:find("D:\\a.txt", 1, true), info.hint)
    end)

    it("a path on a disk is not there", function()
      lab:start()
      lab:refuses("STATUS_OBJECT_PATH_NOT_FOUND", "PhysicalDrive0\\a.txt")
    end)

    it("a mount folder is another name of the volume", function()
      lab:start {
        { size = machines.FAT_VOLUME_SIZE, volumes = {
          { letter = "C:", content = "fat" } } },
        { size = machines.FAT_VOLUME_SIZE, volumes = {
          { letter = false, content = "fat",
            mount_points = { "C:\\mnt\\data" } } } },
      }
      local v = lab:open "C:\\mnt\\data"
      assert.equal("volume", v:kind())
      assert.same({ { disk = 1, offset = 0, length = machines.FAT_VOLUME_SIZE } },
        v:extents())
      local f = lab:open("c:\\MNT\\Data\\a.txt", { access = "r" })
      assert.equal("file", f:kind())
      assert.equal("alpha\n", f:read(0, 100))
      assert.equal("directory", lab:open("C:\\mnt\\data\\"):kind())
      assert.equal("C:\\mnt\\data", volume_of("C:\\mnt\\data").name)
    end)
  end)

  describe("files", function()
    for _, letter in ipairs { "D:", "E:" } do
      it("are found on " .. letter .. ", in any case", function()
        lab:start()
        for _, path in ipairs {
          "\\a.txt", "\\A.TXT", "/a.txt", "\\A.txt",
        } do
          local f = lab:open(letter .. path, { access = "r" })
          assert.equal("file", f:kind())
          assert.equal(1, f:sector_size())
          assert.equal("alpha\n", f:read(0, 4096))
          assert.equal("pha", f:read(2, 3))
          assert.equal("", f:read(0, 0))
          refused("STATUS_END_OF_FILE", f:read(6, 1))
        end
        local long = machines.FILES["long file name.txt"]
        local f = lab:open(letter .. "\\Long File Name.TXT", { access = "r" })
        assert.equal(long, f:read(0, #long + 100))
        assert.equal(long:sub(5001, 6000), f:read(5000, 1000))
      end)

      it("that are not there on " .. letter .. " are refused", function()
        lab:start()
        lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", letter .. "\\none.txt")
        lab:refuses("STATUS_OBJECT_PATH_NOT_FOUND", letter .. "\\none\\a.txt")
        lab:refuses("STATUS_OBJECT_PATH_NOT_FOUND", letter .. "\\a.txt\\b")
        for _, path in ipairs { "\\a.txt\\", "\\.", "\\..\\a.txt" } do
          lab:refuses("STATUS_OBJECT_NAME_INVALID", letter .. path)
        end
        assert.equal("MOUNT", lab:trail())
      end)

      it("are not directories on " .. letter, function()
        lab:start()
        lab:refuses("STATUS_NOT_A_DIRECTORY", letter .. "\\a.txt",
          { directory = true })
        local root = lab:open(letter .. "\\", { directory = true })
        assert.equal("directory", root:kind())
        refused("STATUS_INVALID_DEVICE_REQUEST", root:read(0, 1))
      end)
    end

    it("lie in folders", function()
      lab:start()
      local f = lab:open("D:\\some dir\\FILE NAME.TXT", { access = "r" })
      assert.equal("in a folder\n", f:read(0, 100))
      assert.equal("directory", lab:open("D:\\Some Dir"):kind())
      lab:open("D:\\Some Dir", { directory = true })
    end)

    it("are not on a volume without a file system", function()
      lab:start()
      lab:refuses("STATUS_UNRECOGNIZED_VOLUME", "F:\\a.txt")
      lab:refuses("STATUS_UNRECOGNIZED_VOLUME", "F:\\")
    end)

    it("are guarded by their share modes", function()
      lab:start()
      local f = lab:open("D:\\a.txt", { access = "r", share = "r" })
      lab:refuses("STATUS_SHARING_VIOLATION", "D:\\A.TXT", { access = "rw" })
      lab:open("D:\\a.txt", { access = "r", share = "r" })
      lab:refuses("STATUS_SHARING_VIOLATION", "D:\\a.txt",
        { access = "r", share = "" })
      lab:refuses("STATUS_SHARING_VIOLATION", "D:\\\\a.txt", { access = "rw" })
      lab:open("D:\\long file name.txt", { access = "rw", share = "" })
      lab:refuses("STATUS_SHARING_VIOLATION", "D:\\LONGFI~1.TXT")
      assert.equal("alpha\n", f:read(0, 100))
    end)
  end)

  describe("open", function()
    it("O1: of a volume mounts it, once", function()
      lab:start()
      assert.is_false(volume_of("D:").mounted)
      lab:open "D:"
      assert.equal("MOUNT", lab:trail())
      assert.is_true(volume_of("D:").mounted)
      lab:open "D:"
      assert.equal("", lab:trail())
    end)

    it("O1: of a file mounts the volume", function()
      lab:start()
      lab:open "E:\\a.txt"
      assert.equal("MOUNT", lab:trail("volume", "E:"))
    end)

    it("O1: of a volume that nobody recognises gives RAW", function()
      lab:start()
      local v = lab:open "F:"
      assert.equal("volume", v:kind())
      assert.equal("RAW", v:info().file_system)
      assert.is_false(v:info().mounted)
    end)

    for _, access in ipairs {
      "none", { "read_attributes" }, { "synchronize" }, { "read_control" },
      { "write_dac" }, { "write_owner" }, {},
    } do
      local text = type(access) == "table" and table.concat(access, " ") or access
      it("O2: for " .. text .. " opens the device, and mounts nothing", function()
        lab:start()
        local v = lab:open("D:", { access = access })
        assert.equal("device", v:kind())
        assert.equal("", lab:trail())
        assert.is_false(v:info().mounted)
        assert.same({ type = 7, number = 0, partition = 0 }, v:device_number())
        refused("STATUS_ACCESS_DENIED", v:read(0, 512))
      end)
    end

    it("O2: with the right to traverse mounts", function()
      lab:start()
      local v = lab:open("D:", { access = { "traverse" } })
      assert.equal("volume", v:kind())
      assert.equal("MOUNT", lab:trail())
    end)

    it("O3: looks at the share modes of volume handles only", function()
      lab:start()
      lab:open("D:\\a.txt", { access = "rw", share = "" })
      lab:open("D:", { access = "r", share = "w" })
      local info = lab:refuses("STATUS_SHARING_VIOLATION", "D:")
      assert.equal("in_use", info.reason)
      assert.equal("transient", info.class)
      lab:refuses("STATUS_SHARING_VIOLATION", "D:", { access = "r" })
      lab:refuses("STATUS_SHARING_VIOLATION", "D:",
        { access = "w", share = "w" })
      lab:open("D:", { access = "w", share = "rw" })
      lab:open("D:", { access = { "write_attributes" }, share = "w" })
    end)

    it("O5: is refused while the volume is locked, to its owner too", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:lock())
      lab:trail()
      for _, options in ipairs {
        {}, { access = "r" }, { access = "w" }, { access = { "traverse" } },
        { directory = true }, { disposition = "create" },
      } do
        local info = lab:refuses("STATUS_ACCESS_DENIED", "D:", options)
        assert.equal("locked_by_other", info.reason)
        assert.equal("lock", info.holders[1].how)
      end
      for _, path in ipairs { "D:\\a.txt", "D:\\", "D:\\none.txt" } do
        lab:refuses("STATUS_ACCESS_DENIED", path)
        lab:refuses("STATUS_ACCESS_DENIED", path, { disposition = "create" })
      end
      assert.equal("", lab:trail())
      assert(v:unlock())
      lab:open "D:"
      lab:open "D:\\a.txt"
    end)

    it("O5: of a path on a locked RAW volume is refused for the lock", function()
      lab:start()
      assert(lab:open("F:"):lock())
      lab:refuses("STATUS_ACCESS_DENIED", "F:\\a.txt")
    end)

    it("O6: without data access is not refused by a lock", function()
      lab:start()
      assert(lab:open("D:"):lock())
      local w = lab:open("D:", { access = "none" })
      assert.equal("device", w:kind())
      assert.equal(0, w:device_number().number)
    end)

    it("O7: is refused for the lock first, when locked and dismounted", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:lock())
      assert(v:dismount())
      lab:refuses("STATUS_ACCESS_DENIED", "D:")
      lab:refuses("STATUS_ACCESS_DENIED", "D:\\a.txt")
      lab:open("D:", { access = "none" })
    end)

    for _, letter in ipairs { "D:", "E:" } do
      it("O8: of dismounted " .. letter .. " does not mount", function()
        lab:start()
        local v = lab:open(letter)
        assert(v:dismount())
        lab:trail()
        for _, options in ipairs {
          {}, { access = "r" }, { disposition = "create" }, { directory = true },
        } do
          local info = lab:refuses("STATUS_VOLUME_DISMOUNTED", letter, options)
          assert.equal("dismounted", info.reason)
          assert.is_true(info.holders[1].self)
        end
        lab:refuses("STATUS_VOLUME_DISMOUNTED", letter .. "\\a.txt")
        lab:refuses("STATUS_VOLUME_DISMOUNTED", letter .. "\\none.txt",
          { disposition = "create" })
        assert.equal("", lab:trail())
      end)

      it("O9: mounts " .. letter .. " again when that handle is closed", function()
        lab:start()
        local v = lab:open(letter)
        assert(v:dismount())
        assert(v:close())
        lab:trail()
        assert.is_false(volume_of(letter).mounted)
        assert.is_true(lab:open(letter):is_mounted())
        assert.equal("MOUNT", lab:trail())
        lab:open(letter .. "\\a.txt")
      end)
    end

    local function take_offline(letter)
      local v = lab:open(letter)
      assert(v:dismount())
      assert(v:offline())
      assert(v:close())
      lab:trail()
    end

    it("O10: of an offline volume succeeds, and reading does not", function()
      lab:start()
      take_offline "D:"
      local v = lab:open "D:"
      assert.equal("volume", v:kind())
      assert.equal("", lab:trail())
      for _, one in ipairs { { v:read(0, 512) }, { v:write(0, ("x"):rep(512)) },
        { v:flush() } } do
        local info = refused("STATUS_DEVICE_NOT_READY", table.unpack(one, 1, 4))
        assert.equal("offline", info.reason)
      end
      lab:open "D:"
    end)

    it("O10: of a file on an offline volume is refused", function()
      lab:start()
      take_offline "D:"
      local info = lab:refuses("STATUS_DEVICE_NOT_READY", "D:\\a.txt")
      assert.equal("offline", info.reason)
      assert(info.hint:find("online", 1, true))
    end)

    it("O10: of a file on an offline, still mounted volume is refused", function()
      lab:start()
      local v = lab:open "D:"
      assert(v:offline())
      lab:refuses("STATUS_DEVICE_NOT_READY", "D:\\a.txt")
      lab:refuses("STATUS_DEVICE_NOT_READY", "D:\\")
    end)

    it("O10: a handle from then does not outlive the next mount", function()
      lab:start()
      take_offline "D:"
      local old = lab:open "D:"
      assert(old:online())
      local new = lab:open "D:"
      assert.equal("MOUNT", lab:trail())
      assert.is_true(new:is_mounted())
      local sector = ("x"):rep(512)
      refused("STATUS_VOLUME_DISMOUNTED", old:read(0, 512))
      refused("STATUS_VOLUME_DISMOUNTED", old:write(512 << 10, sector))
      assert(new:lock())
    end)

    it("O10: a lock taken then holds when the volume is online", function()
      lab:start()
      take_offline "D:"
      local old = lab:open "D:"
      assert(old:lock())
      assert(old:online())
      lab:refuses("STATUS_ACCESS_DENIED", "D:")
      lab:refuses("STATUS_ACCESS_DENIED", "D:\\a.txt")
      assert(old:unlock())
      lab:trail()
      lab:open "D:"
      assert.equal("MOUNT", lab:trail())
    end)

    it("O11: without data access succeeds on an offline volume", function()
      lab:start()
      take_offline "D:"
      local v = lab:open("D:", { access = "none" })
      assert.is_true(v:is_offline())
      assert.is_true(v:info().offline)
    end)

    it("O12: of a device that is gone finds nothing", function()
      local machine = lab:start()
      assert(machine:mask(0))
      lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", "D:")
      lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", "D:\\a.txt")
      lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", "PhysicalDrive0")
    end)

    it("O13: is refused by a lock by share mode", function()
      lab:start()
      lab:open("D:", { access = "r", share = "" })
      local info = lab:refuses("STATUS_ACCESS_DENIED", "D:\\a.txt")
      assert.equal("locked_by_other", info.reason)
      lab:open("D:", { access = "none" })
    end)
  end)

  describe("options", function()
    for _, name in ipairs { "D:", "F:", "PhysicalDrive0" } do
      it("1.2: only open and open_if are for " .. name, function()
        lab:start()
        for _, disposition in ipairs {
          "create", "overwrite", "overwrite_if", "supersede",
        } do
          lab:refuses("STATUS_ACCESS_DENIED", name, { disposition = disposition })
        end
        assert(lab:open(name, { disposition = "open" }):close())
        assert(lab:open(name, { disposition = "open_if" }):close())
      end)

      it("1.2: " .. name .. " is not a directory", function()
        lab:start()
        lab:refuses("STATUS_NOT_A_DIRECTORY", name, { directory = true })
      end)
    end

    it("files cannot be made here", function()
      lab:start()
      for _, disposition in ipairs { "create", "overwrite", "supersede" } do
        lab:refuses("STATUS_NOT_SUPPORTED", "D:\\new.txt",
          { disposition = disposition })
      end
    end)

    it("are checked by name and value", function()
      local machine = lab:start()
      for _, options in ipairs {
        { acces = "r" }, { access = "x" }, { access = { "fly" } },
        { share = "x" }, { disposition = "truncate" }, { directory = 1 },
      } do
        assert.is_false(pcall(machine.open, machine, "D:", options))
      end
      assert.is_false(pcall(machine.open, machine, "D:\0x"))
      assert.is_false(pcall(machine.open, machine))
    end)
  end)
end)
