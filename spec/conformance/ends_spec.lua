-- Alignment, ends, extended DASD: docs/rules.md 1.11. Corner cases: 1.12.

local c = require "spec.support.conformance"
local machines = require "spec.support.machines"

-- The binding refuses what is not aligned before any machine is asked.
local function unaligned(lab, name)
  local v = lab:open(name)
  for _, wrong in ipairs { { 7, 512 }, { 0, 100 }, { 256, 512 } } do
    assert.is_false(pcall(v.read, v, wrong[1], wrong[2]))
  end
  assert.is_false(pcall(v.write, v, 1, ("a"):rep(512)))
  assert.is_false(pcall(v.write, v, 0, "short"))
  assert.is_false(pcall(v.read, v, -512, 512))
  assert.is_false(pcall(v.read, v, 0, -512))
  assert.is_false(pcall(v.read, v, math.maxinteger - 511, 1024))
end

-- One volume and its disk, with sectors of 4096.
local LARGE = { { size = 4 << 20, sector_size = 4096, volumes = { { letter = "D:" } } } }

local function large_sectors(lab, name)
  local v = lab:open(name)
  assert.equal(4096, v:sector_size())
  assert.is_false(pcall(v.read, v, 512, 4096))
  assert.is_false(pcall(v.read, v, 0, 512))
  assert.equal(4096, #v:read(4096, 4096))
  assert.equal(4096, v:write(8192, ("a"):rep(4096)))
end

-- FAT, and no byte behind it.
local FULL = { { size = machines.FAT_SIZE, volumes = {
  { letter = "D:", content = "fat" } } } }

c.suite(_ENV, {
  { "1.11 alignment fat ntfs raw", "offsets and lengths that are no sectors", function(lab)
    unaligned(lab, "D:")
  end, result = "raises", also = "windows foreign" },
  { "1.11 alignment disk", "offsets and lengths that are no sectors", function(lab)
    unaligned(lab, "PhysicalDrive0")
  end, result = "raises", also = "windows foreign" },

  { "1.11 alignment raw", "a volume with sectors of 4096", function(lab)
    large_sectors(lab, "D:")
  end, result = "others raise", disks = LARGE },
  { "1.11 alignment disk", "a disk with sectors of 4096", function(lab)
    large_sectors(lab, "PhysicalDrive0")
  end, result = "others raise", disks = LARGE },
  { "1.11 alignment fat ntfs", "a file", [[
    f = open D:\a.txt access=r
    --
    f read 1 3 -> "lph"
  ]], result = "any byte" },
  { "1.11 alignment fat", "no bytes, anywhere", [[
    v = open D:
    --
    v read 0 0 -> ""
    v read END 0 -> ""
    v read LENGTH 0 -> ""
    v read 1140850688 0 -> ""
    v put 0 -> 0
  ]], result = "success" },

  { "1.11 read past the end fat", "read at the end of the file system", [[
    v = open D:
    --
    v read END 512 -> STATUS_END_OF_FILE
    v read LENGTH-512 512 -> STATUS_END_OF_FILE
    v read LENGTH 512 -> STATUS_END_OF_FILE
    v read 1125899906842624 512 -> STATUS_END_OF_FILE
    v count FAT_LAST 512 -> 512
  ]], result = "STATUS_END_OF_FILE, but not for the last sector" },
  { "1.11 read past the end fat", "read across the end of the file system", [[
    v = open D:
    --
    v count FAT_LAST 4096 -> 512
    v count 0 LENGTH -> END
  ]], result = "what is in front of it" },
  { "1.11 read past the end fat", "read at and across the end, where FAT fills its volume", [[
    v = open D:
    --
    v read END 512 -> STATUS_END_OF_FILE
    v count FAT_LAST 2048 -> 512
  ]], disks = FULL, result = "STATUS_END_OF_FILE, and what is in front of it" },
  { "1.11 read past the end ntfs", "read across the end of the file system", [[
    v = open D:
    --
    v count NTFS_LAST-512 1024 -> 512
  ]] },
  { "1.11 read past the end ntfs", "read at the end of the file system", [[
    v = open D:
    --
    v read NTFS_LAST 512 -> STATUS_END_OF_FILE
  ]], also = "given" },

  { "1.11 write past the end fat", "write at the end of the file system", [[
    v = open D:
    --
    v write END x -> 0
    v write LENGTH x -> 0
    v lock; LOCK
    v write END x -> 0
    v write LENGTH x -> 0
    p = open PhysicalDrive0 access=r
    p read END 512 -> ("\0"):rep(512)
  ]], result = "0, and the disk is as it was" },
  { "1.11 write past the end fat", "write across the end of the file system", [[
    v = open D:
    v lock
    --
    v write FAT_LAST x 4 -> 512
    p = open PhysicalDrive0 access=r
    p read FAT_LAST 1024 -> ("x"):rep(512) .. ("\0"):rep(512)
  ]], result = "512, and the disk is as it was behind it" },
  { "1.11 write past the end fat", "write at and across the end, where FAT fills its volume", [[
    v = open D:
    v lock
    --
    v write END x -> 0
    v write FAT_LAST x 4 -> 512
  ]], disks = FULL, result = "0, 512" },
  { "1.11 write past the end ntfs", "write at the end of the file system", [[
    v = open D:
    v lock
    --
    v write NTFS_LAST x -> 0
  ]] },

  { "1.11 extended fat", "read and write behind the end, for this handle only", [[
    v = open D:
    w = open D:
    v extended_io
    --
    v write END x -> 512
    v count END 512 -> 512
    w read END 512 -> STATUS_END_OF_FILE
  ]], result = "success, STATUS_END_OF_FILE for others" },
  { "1.11 extended fat", "read and write at the end of the volume, and across it", [[
    v = open D:
    --
    v control FSCTL_ALLOW_EXTENDED_DASD_IO -> ""
    v count LENGTH-512 512 -> 512
    v count 0 LENGTH+512 -> LENGTH
    v read LENGTH 512 -> STATUS_END_OF_FILE
    v write LENGTH x -> STATUS_END_OF_FILE
  ]], result = "what is in front of it, STATUS_END_OF_FILE" },
  { "1.11 extended fat", "a duplicate of the handle", [[
    v = open D:
    w = v duplicate
    --
    w read END 512 -> STATUS_END_OF_FILE
    v extended_io
    w count END 512 -> 512
  ]], result = "shares the right" },
  { "1.11 extended ntfs", "read the last sector", function(lab)
    local v = lab:open "D:"
    assert(v:extended_io())
    assert.equal(v:read(0, 512), v:read(machines.NTFS_SIZE - 512, 512))
  end, result = "the backup of the boot sector" },
  { "1.11 extended fat ntfs", "on a file, on a directory, and without the right to manage", [[
    f = open D:\a.txt
    d = open D:\
    v = open D: access=traverse
    --
    f extended_io -> STATUS_INVALID_PARAMETER
    d extended_io -> STATUS_INVALID_PARAMETER
    v extended_io -> STATUS_INVALID_PARAMETER
  ]] },
  { "1.11 extended fat ntfs", "without data access", [[
    v = open D: access=none
    --
    v extended_io -> STATUS_INVALID_DEVICE_REQUEST
  ]], also = "given" },
  -- There is no file system below a disk; RAW answers what it does not know.
  { "1.11 extended disk", "on a whole disk", [[
    p = open PhysicalDrive0
    --
    p extended_io -> STATUS_INVALID_PARAMETER
  ]] },

  { "1.11 RAW raw", "read and write at the end of the partition", [[
    v = open D:
    --
    v write RAW_LAST x -> 512
    v count RAW_LAST 4096 -> 512
    v read RAW_LENGTH 512 -> STATUS_END_OF_FILE
  ]] },
  { "1.11 RAW raw", "write behind the end and across it, by the volume and by the disk", [[
    v = open D:
    p = open PhysicalDrive0
    --
    v write RAW_LAST x -> 512
    v write RAW_LENGTH y -> STATUS_END_OF_FILE
    v write RAW_LAST y 2 -> STATUS_END_OF_FILE
    v read RAW_LAST 512 -> ("x"):rep(512)
    p read RAW_LENGTH 512 -> STATUS_END_OF_FILE
    p write RAW_LENGTH y -> STATUS_END_OF_FILE
    p write RAW_LAST y 2 -> STATUS_END_OF_FILE
    p read RAW_LAST 8192 -> ("x"):rep(512)
    p write RAW_LAST z -> 512
    v read RAW_LAST 512 -> ("z"):rep(512)
  ]], result = "STATUS_END_OF_FILE, and nothing is written" },

  { "1.11 first touch fat", "a raw read after a file was written, and the reverse", [[
    v = open D:
    f = open D:\a.txt
    --
    f put 0 ALPHA -> 5
    v count 0 512 -> 512
    f read 0 6 -> "ALPHA\n"
  ]], result = "both see the same bytes" },

  { "1.12 remount fat ntfs", "an open of another file by anyone", [[
    v = open D:
    v dismount
    v close
    --
    f = open D:\a.txt access=r; MOUNT
  ]] },

  { "1.12 verify fat ntfs", "open after the boot sector was changed", [[
    v = open D:
    v renumber -> 512
    v close
    --
    w = open D:; MOUNT
  ]] },

  { "1.12 read-only fat ntfs", "write", [[
    v = open D:
    v lock
    --
    v write DATA x -> STATUS_MEDIA_WRITE_PROTECTED
    v write 0 x -> STATUS_MEDIA_WRITE_PROTECTED
    v control IOCTL_DISK_IS_WRITABLE -> STATUS_MEDIA_WRITE_PROTECTED
  ]], volume = { readonly = true }, also = "given" },
  { "1.12 read-only fat", "marking it dirty", [[
    v = open D:
    --
    v control FSCTL_MARK_VOLUME_DIRTY -> STATUS_MEDIA_WRITE_PROTECTED
  ]], volume = { readonly = true } },
  { "1.12 read-only fat ntfs", "lock, unlock, dismount", [[
    v = open D:
    --
    v lock; LOCK
    v dismount; DISMOUNT
    v unlock; UNLOCK
  ]], volume = { readonly = true }, result = "success" },

  { "1.12 shadow copies", "writes are held, then released: what was written before is on disk", [[
    f = open D:\a.txt
    f put 0 ALPHA -> 5
    v = open D:
    v control IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES
    --
    f put 0 BETA1 -> STATUS_MEDIA_WRITE_PROTECTED
    f flush -> STATUS_MEDIA_WRITE_PROTECTED
    f read 0 5 -> "ALPHA"
    v write 0 x -> STATUS_MEDIA_WRITE_PROTECTED
    v control FSCTL_MARK_VOLUME_DIRTY -> STATUS_MEDIA_WRITE_PROTECTED
    v count 0 512 -> 512
    w = open D:
    w control IOCTL_VOLSNAP_RELEASE_WRITES -> ""
    f put 0 GAMMA -> 5
  ]], result = "STATUS_MEDIA_WRITE_PROTECTED, success" },
  { "1.12 shadow copies", "the volume mounts and locks while writes are held", [[
    v = open D:
    v dismount
    v close
    --
    w = open D:; MOUNT
    w control IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES
    w lock; LOCK
    w unlock; UNLOCK
    g = open D:\a.txt access=r
  ]] },
  { "1.12 shadow copies", "hold after a dismount, and while offline", [[
    v = open D:
    v dismount
    --
    v control IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES -> STATUS_VOLUME_DISMOUNTED
    v offline
    v control IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES -> STATUS_DEVICE_NOT_READY
  ]], result = "STATUS_VOLUME_DISMOUNTED, STATUS_DEVICE_NOT_READY" },
  { "1.12 shadow copies", "one handle holds; the hold ends with it", [[
    f = open D:\a.txt
    v = open D:
    w = open D:
    v control IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES
    v control IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES
    --
    w control IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES -> STATUS_DEVICE_BUSY
    v close
    f put 0 ALPHA -> 5
    w control IOCTL_VOLSNAP_RELEASE_WRITES -> STATUS_INVALID_PARAMETER
  ]], result = "STATUS_DEVICE_BUSY, success, STATUS_INVALID_PARAMETER" },
  { "1.12 shadow copies", "wrong handles: no write access, a file, a disk", [[
    r = open D: access=r
    f = open D:\a.txt
    d = open PhysicalDrive0
    --
    r control IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES -> STATUS_ACCESS_DENIED
    f control IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES -> STATUS_INVALID_PARAMETER
    d control IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES -> STATUS_INVALID_DEVICE_REQUEST
  ]], result = "STATUS_ACCESS_DENIED, STATUS_INVALID_PARAMETER, STATUS_INVALID_DEVICE_REQUEST" },
  { "1.12 removal fat ntfs", "uninstall with a file open", [[
    f = open D:\a.txt access=r
    --
    machine uninstall D: -> STATUS_DEVICE_BUSY
  ]] },
  { "1.12 removal fat ntfs", "uninstall, nothing open", [[
    v = open D:
    v close
    --
    machine uninstall D:
  ]] },

  { "1.12 bytes returned", "lock, dismount, unlock as codes with room for an answer", [[
    v = open D:
    --
    v control FSCTL_LOCK_VOLUME 100 -> ""; LOCK
    v control FSCTL_DISMOUNT_VOLUME 100 -> ""; DISMOUNT
    v control FSCTL_UNLOCK_VOLUME 100 -> ""; UNLOCK
  ]], result = "no bytes" },
})

c.not_yet(_ENV, "1.11 ends", "1.12 corners")
