-- Other processes, names and file systems, as observed: docs/rules.md 9.2 to
-- 9.4.

local c = require "spec.support.conformance"
local core = require "ntvol.core"
local machines = require "spec.support.machines"
local tempdir = require "spec.support.tempdir"

-- ---- 9.2: two connections to one folder ------------------------------------------

-- A machine in a folder with a FAT volume, and its folder.
local function shared(lab)
  local folder = tempdir(lab.defer) .. "/lab"
  local machine = assert(require("ntvol.sim.core").create(folder, {
    disks = { { size = machines.FAT_VOLUME_SIZE,
      volumes = { { letter = "D:" } } } },
  }))
  lab.defer(function()
    machine:close()
  end)
  do
    local disk <close> = assert(machine:open "PhysicalDrive0")
    assert(disk:write(0, machines.content "fat"))
  end
  return machine, folder
end

-- Another connection, as another process has it.
local function connect(lab, folder)
  local machine = assert(core.connect("sim", folder))
  lab.defer(function()
    machine:close()
  end)
  return machine
end

-- Runs Lua code in another process, with `machine` connected and `v` open.
local function elsewhere(folder, code)
  local output, status = require("spec.helpers").child(([[
    require "ntvol.sim.core"
    local machine = assert(require("ntvol.core").connect("sim", %q))
    local v = assert(machine:open "D:")
    %s]]):format(folder, code))
  return output, status
end

-- The names of all events of file systems so far.
local function trail(machine)
  local names = {}
  for _, event in ipairs(machine:events()) do
    names[#names + 1] = event.kind == "volume" and event.name or nil
  end
  return table.concat(names, "; ")
end

-- ---- 9.3 ----------------------------------------------------------------------------

local function names_of(lab)
  local info = lab.machine:volumes()[1]
  return {
    "D:", "\\\\.\\D:", "\\\\.\\d:", "\\\\?\\D:", info.guid_path,
    info.guid_path:upper():gsub("VOLUME", "Volume"),
    (info.guid_path:gsub("^\\\\%?", "\\\\.")), info.device,
    "\\\\?\\GLOBALROOT" .. info.device, "\\\\.\\GLOBALROOT" .. info.device,
    "\\\\.\\" .. info.device:match "HarddiskVolume%d+$",
  }
end

-- Two partitions of a GPT, and another disk.
local TWO_DISKS = {
  { size = 16 << 20, style = "gpt", volumes = {
    { letter = "D:", size = 4 << 20 }, { letter = "E:" } } },
  { size = 1 << 20, volumes = { { letter = "F:" } } },
}

-- By the device paths of disks and of their partitions.
local function device_paths(lab)
  local function kind_and_size(name)
    local v <close> = lab:open(name)
    return { v:kind(), v:size() }
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
  assert.equal(lab.machine:volumes()[2].guid_path, v:info().guid_path)
  local disk = lab:open("PhysicalDrive1", { access = "none" })
  local name = assert(disk:control("IOCTL_MOUNTDEV_QUERY_DEVICE_NAME", nil, 128))
  assert.same({ "disk", 1 << 20 }, kind_and_size((name:sub(3):gsub("(.)%z", "%1"))))
end

-- Refused with this status, saying what was asked and for what.
local function all_refused(lab, status, names)
  for _, name in ipairs(names) do
    local info = lab:refuses(status, name)
    assert.same({ "open", name }, { info.op, info.target })
  end
end

c.suite(_ENV, {
  { "9.2 exit fat", "a process locks and exits", function(lab)
    local machine, folder = shared(lab)
    local output, status = elsewhere(folder, "assert(v:lock()) os.exit(true, false)")
    assert.equal(0, status, output)
    local w <close> = assert(machine:open "D:")
    assert.equal("MOUNT; LOCK; UNLOCK", trail(machine))
    c.refused("STATUS_NOT_LOCKED", w:unlock())
    assert(w:lock())
  end, result = "the lock is gone, STATUS_NOT_LOCKED, then lock succeeds", only = "folder" },

  { "9.2 other fat", "another process holds the lock, then ends", function(lab)
    local machine, folder = shared(lab)
    local other = connect(lab, folder)
    local v = assert(other:open "D:")
    assert(v:lock())
    c.refused("STATUS_ACCESS_DENIED", machine:open "D:")
    c.refused("STATUS_ACCESS_DENIED", machine:open "D:\\a.txt")
    assert(other:close())
    local w <close> = assert(machine:open "D:")
    assert(w:lock())
  end, result = "STATUS_ACCESS_DENIED, then success", only = "folder" },

  { "9.2 killed fat", "the process that holds the lock is killed", function(lab)
    local machine, folder = shared(lab)
    local output, status = elsewhere(folder, [[
      assert(v:lock())
      os.execute "kill -9 $PPID"]])
    assert.not_equal(0, status, output)
    local w <close> = assert(machine:open "D:")
    assert.equal("MOUNT; LOCK; UNLOCK", trail(machine))
    assert(w:lock())
  end, result = "the lock is gone at once", only = "folder",
    posix = "no signal of POSIX ends a process there" },

  { "9.2 handle fat", "another process has a volume handle", function(lab)
    local machine, folder = shared(lab)
    local other = connect(lab, folder)
    local theirs <close> = assert(other:open "D:")
    local v <close> = assert(machine:open "D:")
    c.refused("STATUS_ACCESS_DENIED", v:lock())
    c.refused("STATUS_NOT_LOCKED", v:unlock())
    assert(v:dismount())
    c.refused("STATUS_VOLUME_DISMOUNTED", theirs:read(0, 512))
  end, result = "STATUS_ACCESS_DENIED, STATUS_NOT_LOCKED, success", only = "folder" },

  { "9.2 directory fat", "another process has its current directory there", function(lab)
    local machine, folder = shared(lab)
    local other = connect(lab, folder)
    local directory = assert(other:open("D:\\Some Dir", { access = { "traverse" } }))
    local v <close> = assert(machine:open "D:")
    c.refused("STATUS_ACCESS_DENIED", v:lock())
    assert(directory:close())
    assert(v:lock())
  end, result = "STATUS_ACCESS_DENIED, then success", only = "folder" },

  { "9.2 image fat", "another process runs a program from there", function(lab)
    local machine, folder = shared(lab)
    local other = connect(lab, folder)
    local file = assert(other:open("D:\\a.txt", { access = "r", share = "rd" }))
    local _image <close> = assert(file:map { image = true })
    assert(file:close())
    local v = assert(machine:open "D:")
    c.refused("STATUS_ACCESS_DENIED", v:lock())
    assert(v:dismount())
    assert(v:close())
    local w <close> = assert(machine:open "D:")
    assert(w:lock())
  end, result = "STATUS_ACCESS_DENIED, dismount succeeds, then lock succeeds", only = "folder" },

  { "9.2 system fat", "lock and unlock the system volume", [[
    v = open D: access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    v unlock -> STATUS_NOT_LOCKED
  ]], volume = { system = true },
    result = "STATUS_ACCESS_DENIED, STATUS_NOT_LOCKED" },

  { "9.3 volume", "every name of a volume, then lock", function(lab)
    local guid = lab.machine:volumes()[1].guid_path
    for _, name in ipairs(names_of(lab)) do
      local v <close> = lab:open(name)
      assert.same({ "volume", name, guid, machines.FAT_VOLUME_SIZE },
        { v:kind(), v:name(), v:info().guid_path, v:size() })
      assert(v:lock())
    end
  end, result = "success; LOCK" },
  { "9.3 volume", "a mount folder, itself and what is below", function(lab)
    local v = lab:open "C:\\mnt\\data"
    assert.equal("volume", v:kind())
    assert.same({ { disk = 1, offset = 0, length = machines.FAT_VOLUME_SIZE } },
      v:extents())
    local f = lab:open("c:\\MNT\\Data\\a.txt", { access = "r" })
    assert.equal("file", f:kind())
    assert.equal("alpha\n", f:read(0, 100))
    assert.equal("directory", lab:open("C:\\mnt\\data\\"):kind())
    assert.equal("C:\\mnt\\data", lab.machine:volumes()[2].name)
  end, result = "a volume, a file of it, its root", disks = {
    { size = machines.FAT_VOLUME_SIZE, volumes = {
      { letter = "C:", content = "fat" } } },
    { size = machines.FAT_VOLUME_SIZE, volumes = {
      { letter = false, content = "fat", mount_points = { "C:\\mnt\\data" } } } } } },
  { "9.3 backslash", "the same with a backslash, then lock, unlock, dismount", function(lab)
    local names = { "D:/" }
    for _, name in ipairs(names_of(lab)) do
      names[#names + 1] = name .. "\\"
    end
    for _, name in ipairs(names) do
      local f <close> = lab:open(name, { access = "r" })
      assert.equal("directory", f:kind(), name)
      c.refused("STATUS_INVALID_PARAMETER", f:lock())
      c.refused("STATUS_INVALID_PARAMETER", f:unlock())
      c.refused("STATUS_INVALID_PARAMETER", f:dismount())
    end
  end, result = "a directory, STATUS_INVALID_PARAMETER" },
  { "9.3 backslash", "disks with one", [[
    open PhysicalDrive0\ -> STATUS_OBJECT_PATH_NOT_FOUND
    open \\.\PhysicalDrive0\ -> STATUS_OBJECT_PATH_NOT_FOUND
    open \Device\Harddisk0\DR0\ -> STATUS_OBJECT_PATH_NOT_FOUND
    open PhysicalDrive0\a.txt -> STATUS_OBJECT_PATH_NOT_FOUND
  ]] },
  { "1.2 unmountable raw", "open folders and files, by every kind of name", function(lab)
    local info = lab.machine:volumes()[1]
    all_refused(lab, "STATUS_UNRECOGNIZED_VOLUME", { "D:\\", "\\\\.\\D:\\",
      "D:\\a.txt", "D:\\dir\\a.txt", info.device .. "\\", info.guid_path .. "\\a" })
  end, result = "STATUS_UNRECOGNIZED_VOLUME" },
  { "9.3 nothing", "letters, devices and GUIDs that are not there", function(lab)
    all_refused(lab, "STATUS_OBJECT_NAME_NOT_FOUND", { "Z:", "\\\\.\\Z:",
      "\\\\.\\HarddiskVolume99", "PhysicalDrive9",
      "\\\\?\\Volume{01234567-89ab-cdef-0123-456789abcdef}" })
  end, result = "STATUS_OBJECT_NAME_NOT_FOUND" },
  { "9.3 nothing", "partitions and disks that are not there", [[
    open \Device\Harddisk0\Partition3 -> STATUS_OBJECT_NAME_NOT_FOUND
    open \Device\Harddisk1\Partition1 -> STATUS_OBJECT_NAME_NOT_FOUND
    open \Device\Harddisk9\Partition0 -> STATUS_OBJECT_NAME_NOT_FOUND
    open \Device\Harddisk9\DR9 -> STATUS_OBJECT_NAME_NOT_FOUND
  ]], disks = TWO_DISKS },
  { "9.3 nothing", "the link of a volume's device, as on Windows", [[
    v = open \\.\HarddiskVolume1
    --
    v lock; LOCK
  ]] },
  { "9.3 PhysicalDrive", "every name of a disk: unlock, then lock", function(lab)
    for _, name in ipairs { "PhysicalDrive0", "\\\\.\\PhysicalDrive0",
      "\\\\?\\PhysicalDrive0", "\\\\.\\PHYSICALDRIVE0" } do
      local p <close> = lab:open(name)
      assert.same({ "disk", machines.FAT_VOLUME_SIZE }, { p:kind(), p:size() })
      c.refused("STATUS_NOT_LOCKED", p:unlock())
      lab:trail()
      assert(p:lock())
      assert.equal("LOCK", lab:trail())
    end
  end, result = "STATUS_NOT_LOCKED, then success" },
  { "9.3 PhysicalDrive", "device paths of disks and of their partitions", device_paths,
    result = "the disk, its partitions", disks = TWO_DISKS },
  { "9.3 PhysicalDrive offline", "online and offline", [[
    p = open \\.\PhysicalDrive0
    --
    p online -> STATUS_INVALID_DEVICE_REQUEST
    p offline -> STATUS_INVALID_DEVICE_REQUEST
  ]] },
  { "9.3 no medium", "lock, unlock, online, offline", [[
    v = open \\.\A:
    --
    v lock; LOCK
    v online -> STATUS_VERIFY_REQUIRED
    v offline -> STATUS_VERIFY_REQUIRED
    v unlock; UNLOCK
    v info file_system -> ""
  ]], result = "success, but STATUS_VERIFY_REQUIRED for online and offline",
    disks = { { removable = true, volumes = { { letter = "A:" } } } } },
  { "9.3 no medium inside", "read, write, and a question for the medium", [[
    v = open \\.\A:
    --
    v read 0 512 -> STATUS_NO_MEDIA_IN_DEVICE
    v write 0 x -> STATUS_NO_MEDIA_IN_DEVICE
    v size -> STATUS_NO_MEDIA_IN_DEVICE
    v control IOCTL_STORAGE_CHECK_VERIFY -> STATUS_NO_MEDIA_IN_DEVICE
    open \\.\A:\a.txt access=r -> STATUS_NO_MEDIA_IN_DEVICE
  ]], disks = { { removable = true, volumes = { { letter = "A:" } } } } },
  { "9.3 invalid", "a prefix without a name", [[
    open \\.\ -> STATUS_OBJECT_NAME_INVALID
  ]], also = "windows" },
  { "9.3 invalid", "what is no name", function(lab)
    all_refused(lab, "STATUS_OBJECT_NAME_INVALID", { "\\\\.\\", "\\\\?\\", "\\",
      "D", "DD:", "D:a.txt", "\\\\.\\D:a.txt", "1:", "PhysicalDrive",
      "PhysicalDrive01", "PhysicalDrive0x", "PhysicalDrive99999999999",
      "\\\\?\\Volume{0123}", "NUL", "a.txt", "\\Device\\HarddiskVolume",
      "\\\\?\\D:/a.txt", "\\Device\\Harddisk0", "\\Device\\Harddisk0\\",
      "\\Device\\Harddisk0\\DR1", "\\Device\\Harddisk0\\Partition" })
  end, result = "STATUS_OBJECT_NAME_INVALID", also = "windows" },
  { "9.3 invalid", "a path without its backslash", [[
    open D:a.txt -> STATUS_OBJECT_NAME_INVALID; hint=D:\a.txt
  ]], also = "windows" },

  { "9.4 CDFS cdfs", "lock and unlock, by a handle that reads", [[
    v = open D: access=r
    --
    v unlock -> STATUS_NOT_LOCKED
    v lock; LOCK
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    open D: access=r -> STATUS_ACCESS_DENIED
    open D:\a.txt access=r -> STATUS_ACCESS_DENIED
    v unlock; UNLOCK
    v unlock -> STATUS_NOT_LOCKED
    f = open D:\a.txt access=r
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]], result = "as FAT" },
  { "9.4 CDFS cdfs", "dismount with a file open, and after it", [[
    v = open D: access=r
    f = open D:\a.txt access=r
    --
    v dismount; DISMOUNT
    v mounted -> STATUS_VOLUME_DISMOUNTED
    v dismount -> STATUS_VOLUME_DISMOUNTED; DISMOUNT
    f read 0 5 -> STATUS_VOLUME_DISMOUNTED
    v lock -> STATUS_VOLUME_DISMOUNTED; LOCK, LOCK_FAILED
    v unlock -> STATUS_NOT_LOCKED
    open D: access=r -> STATUS_VOLUME_DISMOUNTED
    v close
    w = open D: access=r; MOUNT
  ]], result = "STATUS_VOLUME_DISMOUNTED, until the handle is closed" },
  { "9.4 CDFS cdfs", "the volume is the whole disc, by its drive", function(lab)
    local v, disk = lab.machine:volumes()[1], lab.machine:disks()[1]
    assert.same({ "CDFS", "MY_CD", "\\Device\\CdRom0", 2048, true },
      { v.file_system, v.label, v.device, v.sector_size, v.readonly })
    assert.same({ true, "CdRom0" }, { disk.cdrom, disk.name })
    lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", "PhysicalDrive0")
    for _, name in ipairs { "\\\\.\\CdRom0", "\\Device\\CdRom0", "D:" } do
      local number = assert(lab:open(name, { access = "r" }):device_number())
      assert.same({ type = 2, number = 0, partition = 0xFFFFFFFF }, number)
    end
  end, result = "\\Device\\CdRom0, no partition, no PhysicalDrive0" },
  { "9.4 CDFS cdfs", "the same bytes on a disk", [[
    v = open D:
    v info file_system -> "RAW"
  ]], disks = { { size = 1 << 20, volumes = { { letter = "D:", content = "cdfs" } } } },
    result = "RAW" },
  { "9.4 CDFS cdfs", "files, in any case, for reading and for writing", [[
    f = open d:\A.TXT access=r; MOUNT
    f read 0 100 -> "alpha\n"
    f size -> 6
    open D:\a.txt -> STATUS_ACCESS_DENIED
    open D:\b access=r -> STATUS_OBJECT_NAME_NOT_FOUND
  ]], result = "read, never written" },
  { "F7 cdfs", "offline and online of a CD, with one right and with both", [[
    r = open D: access=r
    v = open D:
    --
    r offline -> STATUS_ACCESS_DENIED
    r online -> STATUS_ACCESS_DENIED
    v offline -> STATUS_INVALID_DEVICE_REQUEST
    v online
    v online
  ]], result = "STATUS_ACCESS_DENIED, STATUS_INVALID_DEVICE_REQUEST; online succeeds" },
  { "1.12 read-only cdfs", "write a CD, ask whether one may, read", [[
    v = open D:
    --
    v write 0 x 4 -> STATUS_MEDIA_WRITE_PROTECTED
    v control IOCTL_DISK_IS_WRITABLE -> STATUS_MEDIA_WRITE_PROTECTED
    v count 32768 2048 -> 2048
  ]], result = "STATUS_MEDIA_WRITE_PROTECTED, but it is read" },
  { "9.4 WinBtrfs btrfs", "open what is recognised by its bytes", [[
    v = open D:; MOUNT
    v info file_system -> "btrfs"
    v info label -> "DATA"
  ]], result = "MOUNT, its label" },

  { "9.4 CDFS cdfs", "online and offline by a handle that reads", [[
    v = open D: access=r
    --
    v online -> STATUS_ACCESS_DENIED
    v offline -> STATUS_ACCESS_DENIED
  ]] },

  { "9.4 WinBtrfs btrfs", "lock again, also by another handle, and unlock", [[
    v = open D:
    w = open D:
    --
    v lock; LOCK
    v lock; LOCK
    w lock; LOCK
    w unlock -> STATUS_NOT_LOCKED
    v unlock; UNLOCK
    f = open D:\ access=r
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]], result = "success, but not with a file open and not for the wrong handle" },
  { "9.4 WinBtrfs btrfs", "lock, unlock, dismount by a directory", [[
    f = open D:\ access=r
    --
    f lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    f unlock -> STATUS_NOT_LOCKED
    f dismount; DISMOUNT
  ]], result = "STATUS_ACCESS_DENIED, STATUS_NOT_LOCKED, success" },
  { "9.4 WinBtrfs btrfs", "dismount twice with a folder open, then opens", [[
    v = open D:
    f = open D:\ access=r
    --
    v dismount; DISMOUNT
    v dismount
    f size -> 0
    open D: -> STATUS_ACCESS_DENIED
    v close
    open D: -> STATUS_ACCESS_DENIED
  ]], result = "success, the folder works on, and nothing else opens" },

  { "9.4 RAW lock raw", "lock, unlock, a second handle", [[
    v = open D:
    --
    v unlock -> STATUS_NOT_LOCKED
    v lock; LOCK
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    open D: -> STATUS_ACCESS_DENIED
    v unlock; UNLOCK
    w = open D:
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    w lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    w close
    v lock; LOCK
  ]], result = "as FAT" },
  { "9.4 RAW dismount raw", "without and with the lock", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED
    v lock; LOCK
    v dismount
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    v unlock; UNLOCK
    w = open D:
  ]], result = "STATUS_ACCESS_DENIED, then success without effect" },
  { "9.4 RAW codes raw", "IS_VOLUME_MOUNTED and others", [[
    v = open D:
    --
    p = open PhysicalDrive0
    p is_mounted -> STATUS_INVALID_PARAMETER
    v is_mounted -> STATUS_INVALID_PARAMETER
    v mounted -> STATUS_INVALID_PARAMETER
    v control FSCTL_IS_VOLUME_DIRTY 4 -> STATUS_INVALID_PARAMETER
  ]] },
  { "9.4 RAW path raw", "a file, the root directory", [[
    open D:\a.txt access=r -> STATUS_UNRECOGNIZED_VOLUME
    open D:\ access=r -> STATUS_UNRECOGNIZED_VOLUME
  ]] },
  { "9.4 RAW share raw", "two handles that share nothing", [[
    v = open D: share=
    w = open D: share=
    x = open D:
  ]] },

  { "9.4 disk lock disk", "unlock, lock, dismount", [[
    p = open PhysicalDrive0
    --
    p unlock -> STATUS_NOT_LOCKED
    p dismount -> STATUS_ACCESS_DENIED
    p lock; LOCK
    p lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    open PhysicalDrive0 -> STATUS_ACCESS_DENIED
    x = open PhysicalDrive0 access=none
    x kind -> "device"
    p dismount
    p unlock; UNLOCK
    p dismount -> STATUS_ACCESS_DENIED
    q = open PhysicalDrive0
  ]], result = "as RAW" },
  { "9.4 disk lock disk", "closed while it is locked", [[
    p = open PhysicalDrive0
    p lock
    --
    p close; UNLOCK
    q = open PhysicalDrive0
  ]] },
  { "9.4 disk volumes disk", "a locked and dismounted disk, its volume and a file", [[
    v = open D:
    f = open D:\a.txt
    p = open PhysicalDrive0
    --
    p lock; LOCK
    p dismount
    v mounted -> ""
    f read 0 6 -> "alpha\n"
    w = open D:
    g = open D:\a.txt access=r
    g read 0 6 -> "alpha\n"
    d = open D:\ access=r
    f close
    g close
    d close
    w close
    v lock; LOCK
    p unlock; UNLOCK
    v mounted -> ""
  ]], result = "they go on" },
  { "9.4 disk volumes disk", "a locked volume, its disk locked and unlocked", [[
    v = open D:
    v lock
    p = open PhysicalDrive0
    --
    p lock; LOCK
    p unlock; UNLOCK
    v unlock; UNLOCK
  ]], result = "neither notices" },
  { "9.4 disk offline disk", "online and offline", [[
    p = open PhysicalDrive0
    --
    p online -> STATUS_INVALID_DEVICE_REQUEST
    p offline -> STATUS_INVALID_DEVICE_REQUEST
  ]] },
})

c.not_yet(_ENV, "9.3 names", "9.4 others")
