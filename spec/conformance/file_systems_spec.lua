-- The same calls on five file systems: nt-semantics 1.9.

local c = require "spec.support.conformance"

c.suite(_ENV, {
  { "1.9 lock alone fat ntfs raw", "lock", [[
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
  -- RAW has no files; what stands for one is another handle.
  { "1.9 lock files open raw", "lock with another handle open", [[
    v = open D:
    w = open D: access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },

  { "1.9 lock second handle fat ntfs raw", "lock with a second volume handle", [[
    v = open D:
    w = open D:
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },

  { "1.9 lock twice fat ntfs raw", "lock again by the same handle", [[
    v = open D:
    v lock
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },

  { "1.9 lock dismounted fat ntfs", "lock by the dismounting handle", [[
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

  { "1.9 unlock not locked fat ntfs raw", "unlock", [[
    v = open D:
    --
    v unlock -> STATUS_NOT_LOCKED
  ]] },
  { "1.9 unlock not owner fat ntfs", "unlock by a stale handle", [[
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

  { "1.9 dismount unlocked fat ntfs", "dismount", [[
    v = open D:
    --
    v dismount; DISMOUNT
  ]] },
  { "1.9 dismount unlocked raw", "dismount", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED
  ]] },

  { "1.9 dismount twice fat ntfs", "dismount again by the same handle", [[
    v = open D:
    v dismount
    --
    v dismount -> STATUS_VOLUME_DISMOUNTED
  ]] },

  { "1.9 dismount boot fat ntfs", "dismount of the boot volume", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED
  ]], volume = { boot = true } },
  { "1.9 dismount boot fat ntfs", "dismount with a page file", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED
  ]], volume = { pagefile = true } },

  { "1.9 dismount when fat ntfs", "opens before and after the close", [[
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

  { "1.9 mounted locked fat", "IS_VOLUME_MOUNTED while locked", [[
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

  { "1.9 lock refusal fat ntfs raw", "open of a locked volume", [[
    v = open D:
    v lock
    --
    open D: -> STATUS_ACCESS_DENIED
  ]] },

  { "1.9 raw write fat ntfs", "write into the data area", [[
    v = open D:
    --
    v write DATA x -> STATUS_ACCESS_DENIED
  ]] },
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
