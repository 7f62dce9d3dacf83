-- Unlocking: docs/rules.md 1.6.

local c = require "spec.support.conformance"

c.suite(_ENV, {
  { "U1 fat ntfs raw", "unlock", [[
    v = open D:
    v lock
    --
    v unlock -> true; UNLOCK
    v is_locked -> false
    v info locked -> false
  ]], result = "success; UNLOCK" },
  { "U1 fat ntfs raw", "opens after it", [[
    v = open D:
    v lock
    v unlock
    v close
    w = open D:
    --
    w lock; LOCK
  ]] },
  { "U1 fat", "direct writes after it, by the volume and by the disk", [[
    p = open PhysicalDrive0
    v = open D:
    v lock
    v write DATA x -> 512
    p write DATA y -> 512
    v unlock
    --
    p write DATA x -> STATUS_ACCESS_DENIED
    v write DATA x -> STATUS_ACCESS_DENIED
  ]] },
  { "U1 fat ntfs", "unlock by a duplicate", [[
    v = open D:
    w = v duplicate
    v lock
    --
    w unlock; UNLOCK
  ]] },

  { "U2 fat ntfs raw cdfs btrfs", "unlock, not locked", [[
    v = open D:
    --
    v unlock -> STATUS_NOT_LOCKED; reason=not_locked
  ]], also = "given" },
  { "U2 fat ntfs raw cdfs btrfs", "unlock twice", [[
    v = open D:
    v lock
    v unlock
    --
    v unlock -> STATUS_NOT_LOCKED
  ]] },

  { "U3 fat ntfs cdfs", "unlock by a handle of an older instance", [[
    v = open D:
    w = open D:
    v dismount
    v close
    x = open D:
    x lock
    --
    w unlock -> STATUS_NOT_LOCKED
    x is_locked -> true
  ]], result = "STATUS_NOT_LOCKED" },
  { "U3 fat ntfs", "unlock by another handle of the same, dismounted instance", [[
    v = open D:
    w = open D:
    v dismount
    v lock -> STATUS_ACCESS_DENIED
    --
    w unlock -> STATUS_NOT_LOCKED
  ]] },
  { "U3 btrfs", "unlock by a second volume handle", [[
    v = open D:
    w = open D:
    v lock
    --
    w unlock -> STATUS_NOT_LOCKED
    v is_locked -> true
    v unlock; UNLOCK
  ]], result = "STATUS_NOT_LOCKED" },
  { "U3 btrfs", "unlock by a directory", [[
    v = open D:
    f = open D:\ access=r
    --
    f unlock -> STATUS_NOT_LOCKED
  ]] },
  { "U3 raw", "an open of a locked volume, so that no other handle is there to unlock", [[
    v = open D:
    v lock
    --
    open D: -> STATUS_ACCESS_DENIED
  ]] },

  { "U4 fat ntfs", "unlock the lock by share mode", [[
    v = open D: share=
    --
    v unlock -> STATUS_NOT_LOCKED
  ]] },

  { "U5 fat ntfs", "unlock a file", [[
    f = open D:\a.txt
    --
    f unlock -> STATUS_INVALID_PARAMETER; reason=not_a_volume
  ]], also = "given" },
  { "U5 fat ntfs", "unlock a directory", [[
    f = open D:\ access=r
    --
    f unlock -> STATUS_INVALID_PARAMETER; reason=not_a_volume
  ]], also = "given" },
  { "U5 fat ntfs", "unlock without the right to manage", [[
    v = open D: access=traverse
    --
    v unlock -> STATUS_INVALID_PARAMETER; reason=privilege
  ]], also = "given" },

  { "U6 fat ntfs", "unlock after lock and dismount", [[
    v = open D:
    v lock
    v dismount
    --
    v unlock; UNLOCK
  ]] },

  { "U7 ntfs", "the next open after unlock", [[
    v = open D:
    v lock
    v unlock
    v close
    --
    w = open D:; MOUNT
  ]] },
  { "U7 handle ntfs", "a second lock by the handle that unlocked", [[
    v = open D:
    v lock
    v unlock
    --
    v is_mounted -> false
    v read 0 512 -> STATUS_VOLUME_DISMOUNTED
    v lock; LOCK
    w = open D:; MOUNT
    w is_mounted -> true
    w lock; LOCK
  ]], result = "success, and it keeps nobody out" },
  { "U7 ntfs", "the next open after a lock by share mode", [[
    v = open D: share=
    v close
    --
    w = open D:
  ]] },
})

c.not_yet(_ENV, "1.6 unlock")
