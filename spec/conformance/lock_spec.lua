-- Locking: docs/rules.md 1.5, the explicit lock.

local c = require "spec.support.conformance"
local sim = require "ntvol.sim.core"

local UNKNOWN = 0x91FFC

c.suite(_ENV, {
  { "L1 fat ntfs raw cdfs btrfs", "lock alone", [[
    v = open D:
    --
    g = v lock; LOCK
    g held -> true
    v is_locked -> true
    v info locked -> true
  ]], result = "success; LOCK" },
  { "L1 fat ntfs raw btrfs", "lock allows direct writes by the owner", [[
    v = open D:
    v lock
    --
    v write DATA x -> 512
    v is_locked -> true
  ]], result = "success" },

  { "L2 fat ntfs", "lock with a file open", [[
    v = open D:
    f = open D:\a.txt
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=in_use
      ; class=transient; holders=1; how=open file; path=\a.txt; complete=yes
    v is_locked -> false
  ]], result = "STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED", also = "given" },
  { "L2 fat", "lock with two files open", [[
    v = open D:
    f = open D:\a.txt
    g = open D:\Some%20Dir\file%20name.txt
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; holders=2
      ; how=open file, open file; path=\a.txt, \Some Dir\file name.txt
      ; message=open file \a.txt
  ]] },
  { "L2 fat", "lock with a folder open", [[
    v = open D:
    f = open D:\Some%20Dir access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=in_use; holders=1
      ; how=directory; path=\Some Dir
    f close
    v lock; LOCK
  ]] },
  { "L2 cdfs", "lock with a file open", [[
    v = open D: access=r
    f = open D:\a.txt access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  { "L2 fat ntfs cdfs btrfs", "lock with the root directory open", [[
    v = open D:
    f = open D:\ access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  { "L2 fat ntfs", "lock after the file was closed", [[
    v = open D:
    f = open D:\a.txt
    v lock -> STATUS_ACCESS_DENIED
    f close
    --
    v lock; LOCK
  ]] },

  { "L3 fat ntfs raw cdfs", "lock with a second volume handle", [[
    v = open D:
    w = open D:
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=in_use
      ; class=transient; holders=1; how=volume handle
  ]], also = "given" },
  { "L3 btrfs", "lock with a second volume handle", [[
    v = open D:
    w = open D:
    --
    v lock; LOCK
  ]] },
  { "L3 fat ntfs raw cdfs", "lock with a second volume handle that reads and shares all", [[
    v = open D: share=rwd
    w = open D: access=r share=rwd
    --
    w lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=in_use; holders=1
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=in_use; holders=1
  ]] },

  { "L4 fat ntfs", "lock with direct device opens", [[
    v = open D:
    w = open D: access=none
    x = open D: access=read_attributes+read_control
    --
    v lock; LOCK
  ]] },

  { "L5 fat ntfs", "lock with a mapped file whose handle is closed", [[
    v = open D:
    f = open D:\a.txt access=r
    s = f map
    f close
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=in_use; holders=1
      ; how=mapped file; path=\a.txt
  ]] },
  { "L5 fat ntfs", "lock after the section was closed", [[
    v = open D:
    f = open D:\a.txt access=r
    s = f map
    f close
    s close
    --
    v lock; LOCK
  ]] },

  { "L5 fat ntfs", "lock and dismount with a running program, its file closed", [[
    v = open D:
    f = open D:\a.txt access=r
    s = f map image
    f close
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=in_use; holders=1
      ; how=image; path=\a.txt
    v dismount; DISMOUNT
    v close
    w = open D:; MOUNT
    w lock; LOCK
    s close
  ]], result = "STATUS_ACCESS_DENIED; the dismount succeeds, and a lock after it" },
  { "L5 fat ntfs", "lock with a duplicate of a section", [[
    v = open D:
    f = open D:\a.txt access=r
    s = f map
    t = s duplicate
    f close
    s close
    --
    t read 0 10 -> "alpha\n"
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    t close
    v lock; LOCK
  ]], result = "STATUS_ACCESS_DENIED until it is closed" },
  { "L5 fat ntfs", "share modes of the file, while only its section is left", [[
    f = open D:\a.txt access=r share=
    s = f map
    f close
    --
    g = open D:\a.txt access=rw share=
  ]], result = "ended with its handle" },

  { "L6 fat ntfs", "lock with a page file", [[
    v = open D:
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=page_file
      ; class=permanent
  ]], volume = { pagefile = true }, also = "given" },

  { "L7 fat ntfs", "lock the system volume", [[
    v = open D:
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=system_volume
      ; class=permanent
  ]], volume = { system = true }, also = "given" },
  { "L7 fat ntfs", "lock the boot volume", [[
    v = open D:
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=system_volume
      ; class=permanent
  ]], volume = { boot = true }, also = "given" },

  { "L8 fat ntfs", "lock a read-only volume", [[
    v = open D: access=r
    --
    v lock; LOCK
  ]], volume = { readonly = true } },

  { "L9 fat ntfs raw cdfs", "lock twice", [[
    v = open D:
    v lock
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=already_locked
      ; class=permanent
    v is_locked -> true
  ]], result = "STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED, and locked as before",
    also = "given" },

  { "L9 btrfs", "lock twice, then unlock once", [[
    v = open D:
    v lock
    --
    v lock; LOCK
    v unlock; UNLOCK
    v unlock -> STATUS_NOT_LOCKED
  ]], result = "success; LOCK, and one unlock ends it" },

  { "L10 btrfs", "lock by a second handle, while the first has the lock", [[
    v = open D:
    w = open D:
    v lock
    --
    w lock; LOCK
    w unlock -> STATUS_NOT_LOCKED
    w close
    v is_locked -> true
    v unlock; UNLOCK
  ]], result = "success; LOCK, and it stays with the first" },
  { "L10 fat ntfs raw", "an open of a locked volume, so that no second lock can be tried", [[
    v = open D:
    v lock
    --
    open D: -> STATUS_ACCESS_DENIED
  ]] },

  { "L11 fat ntfs", "lock a file", [[
    f = open D:\a.txt
    --
    f lock -> STATUS_INVALID_PARAMETER; reason=not_a_volume
  ]], also = "given" },
  { "L11 cdfs", "lock a file", [[
    f = open D:\a.txt access=r
    --
    f lock -> STATUS_INVALID_PARAMETER
  ]] },
  { "L11 fat ntfs cdfs", "lock a directory", [[
    f = open D:\ access=r
    --
    f lock -> STATUS_INVALID_PARAMETER; reason=not_a_volume
  ]], also = "given" },

  { "L12 fat ntfs", "lock without the right to manage", [[
    v = open D: access=synchronize+traverse
    --
    v kind -> "volume"
    v lock -> STATUS_INVALID_PARAMETER; reason=privilege
  ]], also = "given" },

  { "L13 fat ntfs raw", "lock without data access", [[
    v = open D: access=none
    --
    v lock -> STATUS_INVALID_DEVICE_REQUEST
  ]], also = "given" },

  { "L14 fat ntfs", "lock with read access", [[
    v = open D: access=r
    --
    v lock; LOCK
  ]] },

  { "L15 fat ntfs", "lock a volume that was opened without sharing", [[
    v = open D: share=
    --
    v lock; LOCK
  ]] },
  { "L15 fat ntfs", "lock a volume that shares only reading, or only deleting", [[
    v = open D: share=r
    v lock; LOCK
    v close
    v = open D: share=w
    v lock; LOCK
    v close
    v = open D: share=rw
    v lock; LOCK
    v close
    v = open D: share=d
    --
    v lock; LOCK
  ]] },

  { "L16 fat ntfs", "lock after a dismount", [[
    v = open D:
    v dismount
    --
    v lock; LOCK
  ]] },
  { "L16 fat ntfs", "lock after a dismount, a file still open", [[
    v = open D:
    f = open D:\a.txt
    v dismount
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    f close
    v lock; LOCK
  ]], result = "STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED, until it is closed" },

  { "L16 cdfs", "lock after a dismount", [[
    v = open D:
    v dismount
    --
    v lock -> STATUS_VOLUME_DISMOUNTED; LOCK, LOCK_FAILED
  ]] },
  { "L16 cdfs", "lock after a dismount, a file still open", [[
    v = open D:
    f = open D:\a.txt access=r
    v dismount
    --
    v lock -> STATUS_VOLUME_DISMOUNTED; LOCK, LOCK_FAILED
  ]] },

  { "L17 fat", "lock, the handle closed by a listener", function(lab)
    local v = lab:open "D:"
    local _subscription <close> = assert(lab.machine:subscribe(function(event)
      if event.name == "LOCK" then
        assert(v:close())
      end
    end))
    lab:trail()
    c.refused("STATUS_FILE_CLOSED", v:lock())
    assert.equal("LOCK; LOCK_FAILED", lab:trail())
    assert(lab:open("D:"):close())
  end, result = "STATUS_FILE_CLOSED; LOCK, LOCK_FAILED" },
  { "L17 fat", "lock, the handle closed by a listener, a duplicate open", function(lab)
    local v = lab:open "D:"
    local copy <close> = assert(v:duplicate())
    do
      local _subscription <close> = assert(lab.machine:subscribe(function(event)
        if event.name == "LOCK" then
          assert(v:close())
        end
      end))
      lab:trail()
      local info = c.refused("STATUS_FILE_CLOSED", v:lock())
      assert.equal("closed_meanwhile", info.reason)
      assert.equal("D:", info.target)
      assert.equal("LOCK; LOCK_FAILED", lab:trail())
    end
    assert.is_false(copy:is_locked())
    assert(copy:lock())
    assert.equal("LOCK", lab:trail())
  end, result = "STATUS_FILE_CLOSED; LOCK, LOCK_FAILED; the duplicate locks" },
  { "L17 fat", "lock, a listener takes the place of the handle that it closes", function(lab)
    local v, w = lab:open "D:", lab:open "D:"
    local guard
    local _subscription <close> = assert(lab.machine:subscribe(function(event)
      if event.name == "LOCK" and not guard then
        guard = true
        assert(v:close()) -- it would be in the way of the listener's lock
        guard = assert(w:lock())
      end
    end))
    lab:trail()
    c.refused("STATUS_FILE_CLOSED", v:lock())
    assert.equal("LOCK; LOCK; LOCK_FAILED", lab:trail())
    assert.is_true(guard:held())
  end, result = "STATUS_FILE_CLOSED; the listener holds the lock" },

  { "L18 btrfs", "lock while the file system is scrubbed or balanced", [[
    v = open D:
    --
    v lock -> STATUS_DEVICE_NOT_READY
    v is_locked -> false
  ]], volume = { busy = true } },
  { "L18 btrfs", "lock when that is over", function(lab)
    local v = lab:open "D:"
    c.refused("STATUS_DEVICE_NOT_READY", v:lock())
    assert(sim.set_flags(lab.machine, "D:", {}))
    lab:trail()
    assert(v:lock())
    assert.equal("LOCK", lab:trail())
  end, result = "success; LOCK", volume = { busy = true } },

  { "L19 fat ntfs", "a code that nobody knows", function(lab)
    local v = lab:open "D:"
    lab:trail()
    c.refused("STATUS_INVALID_DEVICE_REQUEST", v:control(UNKNOWN))
    assert.equal("", lab:trail())
  end, result = "STATUS_INVALID_DEVICE_REQUEST" },
  { "L19 raw", "a code that nobody knows", function(lab)
    c.refused("STATUS_INVALID_PARAMETER",
      lab:open("D:"):control(UNKNOWN))
    assert.equal("", lab:trail())
  end, result = "STATUS_INVALID_PARAMETER" },

  { "L20 fat ntfs", "lock an offline volume, on the handle that dismounted", [[
    v = open D:
    v dismount
    v offline
    --
    v lock; LOCK
  ]] },
})

c.not_yet(_ENV, "1.5 lock")
