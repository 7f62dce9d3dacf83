-- Names (docs/rules.md 9.3) and files, and which options an open takes. What opens are
-- refused for stands in spec/conformance/open_spec.lua.

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

  describe("options", function()
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
