-- Direct writes: docs/rules.md 1.10.

local c = require "spec.support.conformance"

local WRITE = "1.10 volume handle "
local DISK = "1.10 disk handle "

-- Two FAT volumes with another between them, and room in front and behind.
local function three_volumes(style)
  return { { size = 16 << 20, style = style, volumes = {
    { letter = "D:", size = 1 << 20, content = "fat" },
    { letter = false, size = 1 << 20 },
    { letter = "E:", size = 2 << 20, content = "fat" } } } }
end

local function gaps(style)
  return { DISK .. "fat", "write sector 0, the gaps, and across into a volume, " .. style, [[
    v = open D:
    w = open E:
    p = open PhysicalDrive0
    --
    p rewrite -> 512
    p write 1M-512 x -> 512
    p write 2M x -> 512
    p write 3M-512 x -> 512
    p write 5M x -> 512
    p write 15M x -> 512
    p write 1M-512 x 2 -> STATUS_ACCESS_DENIED
    p write 1M-512 x 2049 -> STATUS_ACCESS_DENIED
    p write 2M-512 x 2 -> STATUS_ACCESS_DENIED
    v mounted -> ""
    w mounted -> ""
  ]], result = "success, but STATUS_ACCESS_DENIED for what touches a volume",
    disks = three_volumes(style) }
end

c.suite(_ENV, {
  { WRITE .. "raw", "write where nothing is mounted", [[
    v = open D:
    --
    v write DATA x -> 512
    v read DATA 512 -> ("x"):rep(512)
  ]] },
  { WRITE .. "fat ntfs", "write the boot sector", [[
    v = open D:
    --
    v rewrite -> 512
  ]] },
  { WRITE .. "fat ntfs", "write into the file system", [[
    v = open D:
    --
    v write DATA x -> STATUS_ACCESS_DENIED; reason=mounted; hint=lock
  ]] },
  { WRITE .. "fat", "what was there, after a refused write", [[
    v = open D:
    --
    v write DATA x -> STATUS_ACCESS_DENIED
    v read DATA 512 -> ("\0"):rep(512)
    v write 0 a 128 -> STATUS_ACCESS_DENIED
    v renumber -> 512
  ]], result = "is still there" },
  { WRITE .. "fat ntfs", "write from the boot area into the file system", [[
    v = open D:
    --
    v write 0 x 200 -> STATUS_ACCESS_DENIED
  ]] },
  { WRITE .. "ntfs", "write the end of the boot area, behind it, and across", [[
    v = open D:
    --
    v write 7680 x -> 512
    v write 8192 x -> STATUS_ACCESS_DENIED
    v write 7680 x 2 -> STATUS_ACCESS_DENIED
  ]] },
  { WRITE .. "fat", "write behind the file system", [[
    v = open D:
    v extended_io
    --
    v write FAT_LAST x -> STATUS_ACCESS_DENIED
    v write END x -> 512
    v read END 512 -> ("x"):rep(512)
  ]] },
  { WRITE .. "ntfs", "write behind the file system", [[
    v = open D:
    v extended_io
    --
    v write NTFS_LAST x -> 512
  ]] },
  { WRITE .. "fat ntfs", "write a locked volume", [[
    v = open D:
    v lock
    --
    v write DATA x -> 512
    v read DATA 512 -> ("x"):rep(512)
  ]] },
  { WRITE .. "fat ntfs", "write a volume that was opened without sharing", [[
    v = open D: share=
    --
    v write DATA x -> 512
  ]] },
  { WRITE .. "fat ntfs", "write by the handle that dismounted", [[
    v = open D:
    w = open D: access=none
    v dismount
    --
    v write DATA x -> 512
    v read DATA 512 -> ("x"):rep(512)
  ]] },
  { WRITE .. "fat ntfs", "write by another handle than the one that dismounted", [[
    v = open D:
    w = open D:
    v dismount
    v write DATA b -> 512
    --
    w write DATA c -> STATUS_ACCESS_DENIED
    v read DATA 512 -> ("b"):rep(512)
  ]], result = "STATUS_ACCESS_DENIED" },

  { DISK .. "fat ntfs", "write into a mounted volume", [[
    v = open D:
    p = open PhysicalDrive0
    --
    p write DATA x -> STATUS_ACCESS_DENIED; reason=mounted; detail=D:
    p write 0 x 2 -> STATUS_ACCESS_DENIED
    p rewrite -> 512
  ]], result = "STATUS_ACCESS_DENIED, but for the boot sector" },
  { DISK .. "fat ntfs", "write into a locked volume", [[
    v = open D:
    v lock
    p = open PhysicalDrive0
    --
    p write DATA x -> 512
    v read DATA 512 -> ("x"):rep(512)
  ]], result = "512" },
  { DISK .. "fat ntfs", "write into a dismounted volume", [[
    v = open D:
    v dismount
    p = open PhysicalDrive0
    --
    p write DATA x -> 512
    v read DATA 512 -> ("x"):rep(512)
  ]] },
  { DISK .. "fat ntfs", "write into a volume that was never mounted", [[
    p = open PhysicalDrive0
    --
    p write DATA x -> 512
  ]] },
  { DISK .. "raw", "write into a volume without a file system", [[
    v = open D:
    p = open PhysicalDrive0
    --
    p write DATA x -> 512
  ]] },
  gaps "mbr", gaps "gpt",
  { DISK .. "fat", "write the volumes of a disk, mounted, locked, dismounted", [[
    v = open D:
    w = open E:
    p = open PhysicalDrive0
    --
    p write 1M x -> STATUS_ACCESS_DENIED
    p write 1M+512 x -> STATUS_ACCESS_DENIED
    p write 2M-512 x -> STATUS_ACCESS_DENIED
    p write 3M x -> STATUS_ACCESS_DENIED
    p write 5M-512 x -> STATUS_ACCESS_DENIED; detail=E:
    p write 512 x -> 512
    p write 16M-512 x -> 512
    v lock; LOCK
    p write 1M+512 x -> 512
    v read 512 512 -> ("x"):rep(512)
    p write 3M x -> STATUS_ACCESS_DENIED; detail=E:
    v unlock; UNLOCK
    p write 1M+512 x -> STATUS_ACCESS_DENIED; detail=D:
    w dismount; DISMOUNT
    p write 3M x -> 512
  ]], result = "STATUS_ACCESS_DENIED for the mounted one only", disks = three_volumes "mbr" },

  { "1.10 order fat", "write by a stale handle, into the file system and into the boot area", [[
    v = open D:
    w = open D:
    v dismount
    --
    w write DATA x -> STATUS_ACCESS_DENIED
    w write 0 x -> STATUS_VOLUME_DISMOUNTED
  ]], result = "STATUS_ACCESS_DENIED, STATUS_VOLUME_DISMOUNTED" },

  { "1.10 owner btrfs", "write by who locked, by another handle, by who dismounted", [[
    v = open D:
    w = open D:
    --
    v write 0 x -> STATUS_ACCESS_DENIED
    v write DATA x -> STATUS_ACCESS_DENIED
    v lock; LOCK
    w write DATA x -> STATUS_ACCESS_DENIED
    v write DATA x -> 512
    v unlock; UNLOCK
    v dismount; DISMOUNT
    v write DATA x -> STATUS_ACCESS_DENIED
  ]], result = "success for who locked, else STATUS_ACCESS_DENIED" },

  { "1.10 unlock fat ntfs", "write after lock, dismount, unlock", [[
    v = open D:
    p = open PhysicalDrive0
    v lock
    v dismount
    p write DATA x -> 512
    v unlock
    --
    p write DATA x -> STATUS_ACCESS_DENIED
    v write DATA x -> 512
  ]], result = "STATUS_ACCESS_DENIED for the disk, success for who dismounted" },
})

c.not_yet(_ENV, "1.10 direct writes")
