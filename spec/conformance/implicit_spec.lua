-- The lock by share mode: docs/rules.md 1.5.

local c = require "spec.support.conformance"

c.suite(_ENV, {
  { "implicit write fat ntfs", "with write access, read sharing is dropped", [[
    v = open D: share=r
    --
    open D: access=r -> STATUS_ACCESS_DENIED
  ]] },
  { "implicit write fat ntfs", "with write access, a reader is in the way", [[
    w = open D: access=r
    --
    open D: share=r -> STATUS_SHARING_VIOLATION
  ]] },

  { "implicit no read fat ntfs", "a volume handle is in the way", [[
    w = open D: access=r
    --
    open D: access=r share= -> STATUS_SHARING_VIOLATION; reason=in_use; holders=1
      ; how=volume handle
    w close
    v = open D: access=r share=
  ]], result = "STATUS_SHARING_VIOLATION", also = "given" },
  { "implicit no read fat ntfs", "a file is in the way", [[
    f = open D:\a.txt access=r share=rwd
    --
    open D: access=r share= -> STATUS_SHARING_VIOLATION; reason=in_use; holders=1
      ; how=open file
  ]], also = "given" },
  { "implicit no read fat ntfs", "a directory is in the way", [[
    f = open D:\ access=r share=rwd
    --
    open D: access=r share= -> STATUS_SHARING_VIOLATION; reason=in_use; holders=1
      ; how=directory
  ]], also = "given" },

  { "implicit read fat ntfs", "readers are not in the way", [[
    w = open D: access=r
    f = open D:\a.txt access=r
    --
    v = open D: access=r share=r
  ]] },
  { "implicit read fat ntfs", "a writer is in the way", [[
    f = open D:\a.txt access=rw share=rwd
    --
    open D: access=r share=r -> STATUS_SHARING_VIOLATION
  ]] },
  { "implicit read fat ntfs", "a writing volume handle is in the way", [[
    w = open D: share=rwd
    --
    open D: access=r share=r -> STATUS_SHARING_VIOLATION
  ]] },

  { "implicit flags fat ntfs", "direct device opens, and locks of the volume", [[
    v = open D: access=r share=
    --
    w = open D: access=none
    v is_locked -> false
    v info locked -> false
    volume locked D: -> false
  ]], result = "not locked for the device" },
  { "implicit flags fat ntfs", "the disk stays blocked", [[
    v = open D: share=
    p = open PhysicalDrive0
    --
    p write DATA x -> STATUS_ACCESS_DENIED
  ]] },

  { "implicit unlock fat ntfs", "unlock by the owner", [[
    v = open D: share=
    --
    v unlock -> STATUS_NOT_LOCKED
  ]] },

  { "implicit explicit fat", "a file opens after lock and unlock", [[
    v = open D: share=
    --
    v lock; LOCK
    v unlock; UNLOCK
    f = open D:\a.txt
    v close
  ]], result = "success; LOCK, UNLOCK" },
  { "implicit explicit ntfs", "opens after lock and unlock", [[
    v = open D: share=
    --
    v lock; LOCK
    v unlock; UNLOCK
    w = open D:; MOUNT
    v close
  ]], result = "success; LOCK, UNLOCK, MOUNT" },

  { "implicit close fat ntfs", "close", [[
    v = open D: share=
    --
    v close; UNLOCK
  ]] },
  { "implicit close fat ntfs", "the next open", [[
    v = open D: share=
    v close
    --
    w = open D:
  ]] },

  { "implicit access fat ntfs", "any access locks", [[
    v = open D: access=r share=
    open D: access=r -> STATUS_ACCESS_DENIED; reason=locked_by_other
    open D:\a.txt -> STATUS_ACCESS_DENIED; reason=locked_by_other
    v close
    v = open D: access=w share=
    open D: access=r -> STATUS_ACCESS_DENIED
    v close
    v = open D: access=traverse share=
    --
    open D: access=r -> STATUS_ACCESS_DENIED
  ]] },

  { "implicit trigger cdfs", "an open that does not share reading", [[
    v = open D: access=r share=wd
    --
    open D: access=r -> STATUS_ACCESS_DENIED
    v unlock -> STATUS_NOT_LOCKED
    v close; UNLOCK
  ]], result = "STATUS_ACCESS_DENIED, and UNLOCK at the close" },
  { "implicit trigger cdfs", "an open that shares reading only", [[
    v = open D: access=r share=r
    --
    w = open D: access=r
    open D: access=r share=w -> STATUS_SHARING_VIOLATION
  ]], result = "success, no lock" },
  { "implicit trigger raw", "share modes play no role", [[
    v = open D: share=
    --
    w = open D: share=
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]], result = "success, no lock" },
})

c.not_yet(_ENV, "1.5 implicit lock")
