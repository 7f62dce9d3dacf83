-- What the simulated machine chooses: docs/rules.md 7 and 8, and where no
-- cluster is: 3.

local c = require "spec.support.conformance"

c.suite(_ENV, {
  { "7 instances fat", "an old handle and a new one", [[
    v = open D:
    w = open D:
    v dismount
    v close
    --
    x = open D:; MOUNT
    w read 0 512 -> STATUS_VOLUME_DISMOUNTED
    x count 0 512 -> 512
  ]], result = "STATUS_VOLUME_DISMOUNTED, success" },
  { "7 lock fat", "the file that was written is open: flushed before the test", [[
    f = open D:\a.txt
    v = open D:
    --
    f put 0 ALPHA -> 5
    disk has ALPHA -> false
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    disk has ALPHA -> true
  ]], result = "STATUS_ACCESS_DENIED, and the bytes are on the disk" },
  { "7 open fat", "a locked volume, with and without data access", [[
    v = open D:
    v lock
    --
    open D: -> STATUS_ACCESS_DENIED
    w = open D: access=none
  ]], result = "STATUS_ACCESS_DENIED, success" },
  { "7 dismount fat", "other handles and opens, until the close", [[
    v = open D:
    w = open D:
    --
    v dismount; DISMOUNT
    w read 0 512 -> STATUS_VOLUME_DISMOUNTED
    open D: -> STATUS_VOLUME_DISMOUNTED
    v close
    x = open D:; MOUNT
  ]], result = "STATUS_VOLUME_DISMOUNTED; then MOUNT" },
  { "7 unlock fat", "twice, and a direct write", [[
    v = open D:
    v lock
    --
    v unlock; UNLOCK
    v unlock -> STATUS_NOT_LOCKED
    v write DATA x -> STATUS_ACCESS_DENIED
  ]], result = "STATUS_NOT_LOCKED, STATUS_ACCESS_DENIED" },
  { "7 cleanup fat", "close after lock and dismount, opened by who hears UNLOCK", function(lab)
    local v = lab:open "D:"
    assert(v:lock())
    assert(v:dismount())
    local w
    local _subscription <close> = assert(lab.machine:subscribe(function(event)
      if event.name == "UNLOCK" then
        w = assert(lab.machine:open "D:")
      end
    end))
    lab:trail()
    assert(v:close())
    assert.equal("UNLOCK; MOUNT", lab:trail())
    assert(w:close())
  end, result = "the dismount is finished before; UNLOCK, MOUNT" },
  { "7 offline fat", "lock, dismount and unlock do not touch it", [[
    v = open D:
    v offline
    --
    v lock; LOCK
    v dismount; DISMOUNT
    v unlock; UNLOCK
    v is_offline -> true
  ]], result = "offline as before" },
  { "7 writes fat", "into the data area, into the boot sector", [[
    v = open D:
    --
    v write DATA x -> STATUS_ACCESS_DENIED
    v rewrite -> 512
  ]], result = "STATUS_ACCESS_DENIED, success" },
  { "7 events fat", "a listener closes its handle at LOCK", function(lab)
    local v, mine = lab:open "D:", lab:open("D:", { access = "r" })
    local _subscription <close> = assert(lab.machine:subscribe(function(event)
      if event.name == "LOCK" then
        assert(mine:close())
      end
    end))
    lab:trail()
    assert(v:lock())
    assert.equal("LOCK", lab:trail())
  end, result = "success; LOCK" },
  { "7 duplicates fat", "dismount by one, write by the other", [[
    v = open D:
    w = v duplicate
    --
    v dismount; DISMOUNT
    w write DATA x -> 512
    v close
    open D: -> STATUS_VOLUME_DISMOUNTED
    w close
    x = open D:; MOUNT
  ]], result = "success; MOUNT after the last close" },

  { "8 lock by itself ntfs", "lock twice", [[
    v = open D:
    v lock
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  { "8 dismount locked elsewhere ntfs", "open, so that nobody else can dismount", [[
    v = open D:
    v lock
    --
    open D: -> STATUS_ACCESS_DENIED
  ]] },
  { "8 lock system volume ntfs", "lock", [[
    v = open D:
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]], volume = { system = true } },
  { "8 mounted while locked ntfs", "IS_VOLUME_MOUNTED", [[
    v = open D:
    v lock
    --
    v mounted -> STATUS_VOLUME_DISMOUNTED
  ]] },
  { "8 second handle ntfs", "lock", [[
    v = open D:
    w = open D:
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  { "8 sections ntfs", "lock with nothing but a section", [[
    v = open D:
    f = open D:\a.txt access=r
    s = f map
    f close
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  { "8 offline I/O", "read while offline", [[
    v = open D:
    v offline
    --
    v read 0 512 -> STATUS_DEVICE_NOT_READY
  ]] },
  { "8 offline system volume", "offline", [[
    v = open D:
    --
    v offline -> STATUS_ACCESS_DENIED
  ]], volume = { system = true } },
  { "8 offline undismounted", "offline while mounted", [[
    v = open D:
    --
    v offline
  ]] },
  { "8 offline asked", "IS_OFFLINE while offline", [[
    v = open D:
    v offline
    --
    v control IOCTL_VOLUME_IS_OFFLINE -> ""
  ]], result = "success" },
  { "8 offline open", "open while offline", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    w = open D:
  ]] },
  { "8 RAW raw", "lock, dismount, unlock", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED
    v lock; LOCK
    v dismount
    v unlock; UNLOCK
  ]], result = "as observed elsewhere" },
  { "8 reboot", "offline, the machine closed and opened again", function(lab)
    local machines = require "spec.support.machines"
    local folder = require("spec.support.tempdir")(lab.defer) .. "/lab"
    do
      local machine <close> = assert(require("ntvol.sim.core").create(folder, {
        disks = { { size = machines.RAW_SIZE, volumes = { { letter = "D:" } } } },
      }))
      assert(assert(machine:open "D:"):offline())
    end
    local machine <close> = assert(require("ntvol.core").connect("sim", folder))
    assert.is_true(machine:volumes()[1].offline)
  end, result = "offline; a simulated machine never boots",
    only = "folder" },

  { "3 not shared fat ntfs", "IOCTL_VOLUME_IS_CSV", [[
    v = open D:
    --
    v control IOCTL_VOLUME_IS_CSV 4 -> STATUS_INVALID_DEVICE_REQUEST
  ]] },
})
