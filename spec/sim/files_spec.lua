-- Files on simulated volumes: really looked up in the image, on every file
-- system, whatever put them there.

local btrfs = require "spec.support.btrfs"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local FATS = {
  { name = "FAT12", bits = 12, size = "2M" },
  { name = "FAT16", bits = 16, size = "16M" },
  { name = "FAT32", bits = 32, size = "64M" },
}

local function connect(defer, folder, image)
  local machine = assert(sim.create(folder .. "/lab",
    { disks = { { image = image } } }))
  defer(function()
    machine:close()
  end)
  return machine
end

local function content(machine, path)
  local file <close> = assert(machine:open(path, { access = "r" }))
  local parts, offset = {}, 0
  while true do
    local data, message, code = file:read(offset, 100000)
    if not data then
      assert(code == "ERROR_HANDLE_EOF", message)
      assert.equal(offset, file:size())
      return table.concat(parts)
    end
    parts[#parts + 1] = data
    offset = offset + #data
  end
end

for _, fat in ipairs(FATS) do
  describe("files on " .. fat.name, function()
    -- An image with `commands` run on it: "%s" is the image and then a folder.
    local function create(finally, ...)
      local reason = machines.missing("mkfs.fat", "mcopy", "mdel")
      if reason then
        pending(reason)
      end
      local defer = machines.cleanup(finally)
      local folder = tempdir(defer)
      local image = folder .. "/fat.img"
      machines.sh("truncate -s %s %s && mkfs.fat -F %d -n FILES %s", fat.size,
        image, fat.bits, image)
      machines.put(folder .. "/small", "small\n")
      machines.put(folder .. "/large", ("0123456789abcdef"):rep(40000))
      machines.put(folder .. "/empty", "")
      for _, command in ipairs { ... } do
        machines.sh("cd %s && %s", folder, (command:gsub("IMG", "-i fat.img")))
      end
      local machine = connect(defer, folder, image)
      assert.equal(fat.name, machine:volumes()[1].file_system)
      return machine
    end

    it("with long names are read, in any case", function()
      local machine = create(finally, "mmd IMG '::Some Dir'",
        "mmd IMG '::Some Dir/An even longer folder name'",
        "mcopy IMG large '::Some Dir/file name with spaces.text'",
        "mcopy IMG small '::Some Dir/An even longer folder name/x.y.z'")
      local large = ("0123456789abcdef"):rep(40000)
      for _, path in ipairs {
        "D:\\Some Dir\\file name with spaces.text",
        "D:\\SOME DIR\\FILE NAME WITH SPACES.TEXT",
        "d:/some dir/file name with spaces.text",
        "\\\\?\\D:\\some dir\\file name with spaces.text",
        "D:\\SOMEDI~1\\FILENA~1.TEX",
      } do
        assert.equal(large, content(machine, path))
      end
      assert.equal("small\n", content(machine,
        "D:\\Some Dir\\an even longer folder name\\X.Y.Z"))
      local file = assert(machine:open(
        "D:\\Some Dir\\file name with spaces.text", { access = "r" }))
      assert.equal(large:sub(600001, 600100), file:read(600000, 100))
      assert.equal(large:sub(-10), file:read(#large - 10, 100))
    end)

    it("that are empty end at once", function()
      local machine = create(finally, "mcopy IMG empty ::empty.txt")
      assert.equal("", content(machine, "D:\\empty.txt"))
    end)

    it("that were deleted are not found", function()
      local machine = create(finally, "mcopy IMG small ::gone.txt",
        "mcopy IMG small ::stays.txt", "mmd IMG ::folder",
        "mcopy IMG small ::folder/inner.txt", "mdel IMG ::gone.txt",
        "mdel IMG ::folder/inner.txt", "mrd IMG ::folder")
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open "D:\\gone.txt")
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open "D:\\folder")
      refused("STATUS_OBJECT_PATH_NOT_FOUND", machine:open "D:\\folder\\inner.txt")
      assert.equal("small\n", content(machine, "D:\\stays.txt"))
    end)

    it("that were made anew are the new ones", function()
      local machine = create(finally, "mcopy IMG large ::a.txt",
        "mdel IMG ::a.txt", "mcopy IMG small ::b.txt", "mcopy IMG small ::a.txt")
      assert.equal("small\n", content(machine, "D:\\a.txt"))
      assert.equal("small\n", content(machine, "D:\\b.txt"))
    end)

    it("invented by the reader are not there", function()
      local machine = create(finally, "mcopy IMG small ::a.txt")
      for _, name in ipairs { "$OrphanFiles", "$MBR", "$FAT1", "FILES" } do
        refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open("D:\\" .. name))
      end
    end)

    it("of many are all found", function()
      local machine = create(finally, "mmd IMG ::many",
        "for i in $(seq 100); do echo $i >n$i.file; done; mcopy IMG *.file ::many")
      for i = 1, 100, 11 do
        assert.equal(i .. "\n", content(machine, "D:\\many\\N" .. i .. ".FILE"))
      end
    end)
  end)
end

describe("files on NTFS", function()
  it("copied by ntfscp are read, in any case", function()
    local reason = machines.missing("mkfs.ntfs", "ntfscp")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local image = folder .. "/ntfs.img"
    local large = ("0123456789abcdef"):rep(40000)
    machines.sh("truncate -s 8M %s && mkfs.ntfs -q -F -f %s", image, image)
    machines.put(folder .. "/large", large)
    machines.put(folder .. "/small", "small\n")
    machines.sh("ntfscp -q %s %s/large 'Long File Name.data'", image, folder)
    machines.sh("ntfscp -q %s %s/small small.txt", image, folder)
    local machine = connect(defer, folder, image)
    assert.equal(large, content(machine, "D:\\long file NAME.data"))
    assert.equal("small\n", content(machine, "D:\\SMALL.TXT"))
    assert.equal("directory", assert(machine:open "D:\\$Extend"):kind())
    refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open "D:\\$OrphanFiles")
  end)

  it("are read with every size of clusters that a format makes", function()
    local reason = machines.missing("mkfs.ntfs", "ntfscp")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local large = ("0123456789abcdef"):rep(40000)
    machines.put(folder .. "/large", large)
    for _, size in ipairs { 65536, 131072, 524288, 2097152 } do
      local image = ("%s/%d.img"):format(folder, size)
      machines.sh("truncate -s 1G %s && mkfs.ntfs -q -F -f -c %d %s", image,
        size, image)
      machines.sh("ntfscp -q %s %s/large 'Long File Name.data'", image, folder)
      local machine <close> = assert(sim.create(folder .. "/lab" .. size,
        { disks = { { image = image } } }))
      assert.equal(large, content(machine, "D:\\long file NAME.data"))
      local root <close> = assert(machine:open "D:\\")
      assert.equal("Long File Name.data", assert(root:list())[1].name)
      local file <close> = assert(machine:open("D:\\long file name.data",
        { access = "rw" }))
      assert(file:write(0, ("W"):rep(512)))
      assert.equal("W", assert(file:read(511, 1)))
    end
  end)

  it("in folders are found, and deleted ones are not", function()
    local reason = machines.missing("mkfs.ntfs", "ntfs-3g", "unshare")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.sh("cd %s && truncate -s 8M ntfs.img && mkfs.ntfs -q -F -f ntfs.img"
      .. " && mkdir mnt", folder)
    local output, code = proc.run(([[cd %s && unshare -m sh -ec '
      ntfs-3g ntfs.img mnt
      trap "umount mnt" EXIT
      mkdir -p "mnt/Some Dir/deeper" mnt/gone
      echo kept >"mnt/Some Dir/deeper/file name.txt"
      echo gone >mnt/gone/inner.txt
      echo gone >mnt/gone.txt
      rm -r mnt/gone mnt/gone.txt
      echo other >mnt/other.txt']]):format(folder))
    if code ~= 0 then
      pending("NTFS cannot be mounted here: " .. output)
    end
    local machine = connect(defer, folder, folder .. "/ntfs.img")
    assert.equal("kept\n", content(machine, "D:\\some dir\\DEEPER\\File Name.txt"))
    assert.equal("other\n", content(machine, "D:\\other.txt"))
    refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open "D:\\gone.txt")
    refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open "D:\\gone")
    refused("STATUS_OBJECT_PATH_NOT_FOUND", machine:open "D:\\gone\\inner.txt")
    refused("STATUS_OBJECT_NAME_NOT_FOUND",
      machine:open "D:\\Some Dir\\deeper\\none.txt")
  end)
end)

describe("files on exFAT", function()
  local function create(finally)
    local reason = machines.missing("mkfs.exfat", "fsck.exfat")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.put(folder .. "/exfat.img", machines.content "exfat")
    return connect(defer, folder, folder .. "/exfat.img")
  end

  it("are looked up, in any case, and read", function()
    local machine = create(finally)
    assert.equal("exFAT", machine:volumes()[1].file_system)
    assert.equal("directory", assert(machine:open "D:\\"):kind())
    for path, data in pairs(machines.FILES) do
      local name = "D:\\" .. path:gsub("/", "\\")
      assert.equal(data, content(machine, name), name)
      assert.equal(data, content(machine, "D:" .. name:sub(3):upper()), name)
    end
    assert.equal("directory", assert(machine:open "D:\\some dir"):kind())
    refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open "D:\\none.txt")
    refused("STATUS_OBJECT_PATH_NOT_FOUND", machine:open "D:\\none\\a.txt")
  end)

  it("are listed", function()
    local machine = create(finally)
    local function names(path)
      local dir <close> = assert(machine:open(path, { access = "r" }))
      local list = {}
      for i, entry in ipairs(assert(dir:list())) do
        list[i] = entry.name .. " " .. entry.size
      end
      table.sort(list)
      return list
    end
    assert.same({ "Some Dir 0", "a.txt 6", "long file name.txt 14000" },
      names "D:\\")
    assert.same({ "file name.txt 12" }, names "D:\\Some Dir")
  end)
end)

describe("the root of a file system that nothing here reads", function()
  -- Every request for what is in it is refused by name, and ends no process.
  local function assert_unread(machine)
    assert.equal("btrfs", machine:volumes()[1].file_system)
    local root <close> = assert(machine:open("D:\\", { access = "r" }))
    assert.equal("directory", root:kind())
    local info = refused("STATUS_NOT_SUPPORTED", root:list())
    assert.equal("no_file_reader", info.reason)
    info = refused("STATUS_NOT_SUPPORTED", machine:open "D:\\x.txt")
    assert.equal("no_file_reader", info.reason)
    assert.is_nil((root:read(0, 512)))
    local writer <close> = machine:open("D:\\", { access = "rw" })
    if writer then
      assert.is_nil((writer:write(0, ("x"):rep(512))))
    end
    assert.is_true(root:close())
  end

  it("opens, and is not listed", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.put(folder .. "/b.img", btrfs { label = "DATA", size = 1 << 20 })
    assert_unread(connect(defer, folder, folder .. "/b.img"))
  end)

  it("is in the way of its own lock (9.4), and the refusal names it", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.put(folder .. "/b.img", btrfs { label = "DATA", size = 1 << 20 })
    local machine = connect(defer, folder, folder .. "/b.img")
    local root <close> = assert(machine:open("D:\\", { access = "r" }))
    local info = refused("STATUS_ACCESS_DENIED",
      root:control "FSCTL_LOCK_VOLUME")
    assert.equal("in_use", info.reason)
    assert.equal(1, #info.holders)
    assert.equal("directory", info.holders[1].how)
    assert.is_true(info.holders[1].self)
  end)

  it("opens, and is not listed, when mkfs.btrfs made it", function()
    local reason = machines.missing "mkfs.btrfs"
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.sh("truncate -s 200M %s/b.img && mkfs.btrfs -q %s/b.img", folder,
      folder)
    assert_unread(connect(defer, folder, folder .. "/b.img"))
  end)

  it("does not open when only the magic of btrfs is there (W1): no driver"
    .. " recognises that", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.put(folder .. "/b.img", ("\0"):rep(0x10040) .. "_BHRfS_M"
      .. ("\0"):rep((1 << 20) - 0x10048))
    local machine = connect(defer, folder, folder .. "/b.img")
    local volume = machine:volumes()[1]
    assert.equal("RAW", volume.file_system)
    assert.equal("btrfs", volume.content)
    local info = refused("STATUS_UNRECOGNIZED_VOLUME", machine:open "D:\\")
    assert.equal("no_file_system", info.reason)
  end)
end)
