-- The same calls on five file systems: docs/rules.md 1.9.

local c = require "spec.support.conformance"

c.suite(_ENV, {
  { "1.9 lock alone fat ntfs raw cdfs btrfs", "lock", [[
    v = open D:
    --
    v lock; LOCK
  ]] },

  { "1.9 lock files open fat ntfs", "lock with a file open", [[
    v = open D:
    f = open D:\a.txt access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  { "1.9 lock files open cdfs btrfs", "lock with the root directory open", [[
    v = open D:
    f = open D:\ access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  -- RAW has no files; what stands for one is another handle.
  { "1.9 lock files open raw", "lock with another handle open", [[
    v = open D:
    w = open D: access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },

  { "1.9 lock second handle btrfs", "lock with a second volume handle", [[
    v = open D:
    w = open D:
    --
    v lock; LOCK
  ]] },
  { "1.9 lock second handle fat ntfs raw cdfs", "lock with a second volume handle", [[
    v = open D:
    w = open D:
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },

  { "1.9 lock twice btrfs", "lock again by the same handle", [[
    v = open D:
    v lock
    --
    v lock; LOCK
  ]] },
  { "1.9 lock twice fat ntfs raw cdfs", "lock again by the same handle", [[
    v = open D:
    v lock
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },

  { "1.9 lock dismounted cdfs", "lock by the dismounting handle", [[
    v = open D:
    v dismount
    --
    v lock -> STATUS_VOLUME_DISMOUNTED; LOCK, LOCK_FAILED
  ]] },
  { "1.9 lock dismounted fat ntfs btrfs", "lock by the dismounting handle", [[
    v = open D:
    v dismount
    --
    v lock; LOCK
  ]] },
  { "1.9 lock dismounted raw", "lock by the handle that dismounted, the lock kept", [[
    v = open D:
    v lock
    v dismount
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },

  { "1.9 lock direct writes fat ntfs raw", "write by the disk into a locked volume", [[
    v = open D:
    p = open PhysicalDrive0
    v lock
    --
    p write DATA x -> 512
  ]] },

  -- A CD is never written, and its drive is the volume itself.
  { "1.9 lock direct writes cdfs", "write into a locked volume", [[
    v = open \\.\CdRom0
    v lock
    --
    v write 0 x 4 -> STATUS_MEDIA_WRITE_PROTECTED
  ]] },
  { "1.9 lock direct writes btrfs", "write by the disk, locked and then dismounted", [[
    v = open D:
    p = open PhysicalDrive0
    v lock
    --
    p write DATA x -> STATUS_ACCESS_DENIED
    v unlock; UNLOCK
    v dismount; DISMOUNT
    p write DATA x -> 512
  ]], result = "STATUS_ACCESS_DENIED, then success" },
  { "1.9 lock direct writes btrfs", "write by the disk, dismounted with a file open", [[
    v = open D:
    p = open PhysicalDrive0
    f = open D:\ access=r
    v dismount
    --
    p write DATA x -> STATUS_ACCESS_DENIED
    f close
    p write DATA x -> 512
  ]], result = "STATUS_ACCESS_DENIED until the last file is closed" },

  { "1.9 unlock not locked fat ntfs raw cdfs btrfs", "unlock", [[
    v = open D:
    --
    v unlock -> STATUS_NOT_LOCKED
  ]] },
  { "1.9 unlock not owner btrfs", "unlock by a second handle", [[
    v = open D:
    w = open D:
    v lock
    --
    w unlock -> STATUS_NOT_LOCKED
  ]] },
  { "1.9 unlock not owner fat ntfs cdfs", "unlock by a stale handle", [[
    v = open D:
    w = open D:
    v dismount
    v close
    x = open D:
    x lock
    --
    w unlock -> STATUS_NOT_LOCKED
  ]] },
  { "1.9 unlock not owner raw", "an open of a locked volume: no other handle can try", [[
    v = open D:
    v lock
    --
    open D: -> STATUS_ACCESS_DENIED
  ]] },

  { "1.9 unlock effect fat", "write by the disk after unlock", [[
    v = open D:
    p = open PhysicalDrive0
    v lock
    v unlock
    --
    p write DATA x -> STATUS_ACCESS_DENIED
    v mounted -> ""
  ]], result = "STATUS_ACCESS_DENIED, still mounted" },
  { "1.9 unlock effect ntfs", "the instance after unlock", [[
    v = open D:
    v lock
    --
    v unlock; UNLOCK
    w = open D:; MOUNT
  ]], result = "UNLOCK, MOUNT" },

  { "1.9 dismount unlocked fat ntfs cdfs btrfs", "dismount", [[
    v = open D:
    --
    v dismount; DISMOUNT
  ]] },
  { "1.9 dismount unlocked raw", "dismount", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED
  ]] },

  { "1.9 dismount twice cdfs", "dismount again by the same handle", [[
    v = open D:
    v dismount
    --
    v dismount -> STATUS_VOLUME_DISMOUNTED; DISMOUNT
  ]] },
  { "1.9 dismount twice btrfs", "dismount again by the same handle", [[
    v = open D:
    v dismount
    --
    v dismount
  ]] },
  { "1.9 dismount twice fat ntfs", "dismount again by the same handle", [[
    v = open D:
    v dismount
    --
    v dismount -> STATUS_VOLUME_DISMOUNTED
  ]] },

  { "1.9 dismount boot cdfs", "dismount of the boot volume", [[
    v = open D:
    --
    v dismount; DISMOUNT
  ]], volume = { boot = true } },
  { "1.9 dismount boot fat ntfs btrfs", "dismount of the boot volume", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED
  ]], volume = { boot = true } },
  { "1.9 dismount boot fat ntfs btrfs", "dismount with a page file", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED
  ]], volume = { pagefile = true } },

  { "1.9 dismount when btrfs", "opens while a file is open, then while nothing is", [[
    v = open D:
    f = open D:\ access=r
    v dismount
    --
    open D: -> STATUS_ACCESS_DENIED
    v close
    open D: -> STATUS_ACCESS_DENIED
    f close
    w = open D:; MOUNT
  ]], result = "when no file is open" },
  { "1.9 dismount when fat ntfs cdfs", "opens before and after the close", [[
    v = open D:
    v dismount
    --
    open D: -> STATUS_VOLUME_DISMOUNTED
    v close
    w = open D:; MOUNT
  ]], result = "at the close of the handle" },
  { "1.9 dismount when raw", "opens after the dismount and the unlock", [[
    v = open D:
    v lock
    v dismount
    v unlock
    --
    w = open D:
    w count 0 512 -> 512
  ]], result = "never" },

  { "1.9 mounted locked fat cdfs btrfs", "IS_VOLUME_MOUNTED while locked", [[
    v = open D:
    v lock
    --
    v mounted -> ""
  ]], result = "success" },
  { "1.9 mounted locked ntfs", "IS_VOLUME_MOUNTED while locked", [[
    v = open D:
    v lock
    --
    v mounted -> STATUS_VOLUME_DISMOUNTED
  ]] },
  { "1.9 mounted locked raw", "IS_VOLUME_MOUNTED while locked", [[
    v = open D:
    v lock
    --
    v mounted -> STATUS_INVALID_PARAMETER
  ]] },

  { "1.9 lock refusal fat ntfs cdfs btrfs", "lock with a folder open", [[
    v = open D:
    f = open D:\ access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  { "1.9 lock refusal btrfs", "lock while it is busy", [[
    v = open D:
    --
    v lock -> STATUS_DEVICE_NOT_READY
  ]], volume = { busy = true } },
  { "1.9 lock refusal cdfs", "that of Plug and Play, with a folder open", [[
    f = open D:\ access=r
    --
    machine uninstall D: -> STATUS_DEVICE_BUSY
  ]] },
  { "1.9 lock refusal raw", "lock with a second volume handle", [[
    v = open D:
    w = open D:
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },

  { "1.9 raw write fat ntfs", "write into the data area", [[
    v = open D:
    --
    v write DATA x -> STATUS_ACCESS_DENIED
  ]] },
  { "1.9 raw write btrfs", "write without the lock, and with it", [[
    v = open D:
    --
    v write 0 x -> STATUS_ACCESS_DENIED
    v write DATA x -> STATUS_ACCESS_DENIED
    v lock; LOCK
    v write DATA x -> 512
  ]], result = "STATUS_ACCESS_DENIED, but for who locked" },
  { "1.9 raw write fat ntfs", "write the boot sector", [[
    v = open D:
    --
    v rewrite -> 512
  ]] },
  { "1.9 raw write raw", "write anywhere", [[
    v = open D:
    --
    v write DATA x -> 512
  ]] },
})

c.not_yet(_ENV, "1.9 file systems")
