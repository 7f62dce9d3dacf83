-- Opening: docs/rules.md 1.4.

local c = require "spec.support.conformance"

c.suite(_ENV, {
  { "O1 fat ntfs", "volume with data access", "v = open D:; MOUNT" },
  { "O1 fat ntfs", "file", "f = open D:\\a.txt access=r; MOUNT" },
  { "O1 raw", "volume that nobody recognises", [[
    v = open D:
    v info file_system -> "RAW"
  ]], result = "success, RAW" },

  { "O2", "access none", "v = open D: access=none" },
  { "O2", "access to attributes", "v = open D: access=read_attributes" },
  { "O2", "access to synchronize", "v = open D: access=synchronize" },
  { "O2", "access to the descriptor", [[
    v = open D: access=read_control
    v close
    v = open D: access=write_dac
    v close
    v = open D: access=write_owner
    volume mounted D: -> false
  ]], result = "success, not mounted" },

  { "O3 fat ntfs", "writing, where a volume handle shares only reading and deleting", [[
    v = open D: access=r share=rd
    --
    open D: -> STATUS_SHARING_VIOLATION
  ]] },
  { "O3 fat ntfs", "sharing only writing, where a volume handle reads", [[
    v = open D: access=r share=rw
    --
    open D: access=w share=w -> STATUS_SHARING_VIOLATION
  ]] },
  { "O3 fat ntfs", "a file that shares nothing does not matter to the volume", [[
    f = open D:\a.txt share=
    --
    v = open D:
  ]] },

  { "O4 fat ntfs", "volume that shares nothing", [[
    v = open D: access=r share=; MOUNT
    open D: access=r -> STATUS_ACCESS_DENIED
  ]] },
  { "O4 fat ntfs", "volume that shares reading only", [[
    v = open D: access=r share=r; MOUNT
    open D: access=r -> STATUS_ACCESS_DENIED
  ]] },
  { "O4 fat ntfs", "volume that shares writing or deleting is no lock", [[
    v = open D: access=r share=rw; MOUNT
    w = open D: access=r
    x = open D: access=r share=rd
  ]] },

  { "O5 fat ntfs raw", "locked volume, for reading and writing", [[
    v = open D:
    v lock
    --
    open D: -> STATUS_ACCESS_DENIED
  ]] },
  { "O5 fat ntfs raw", "locked volume, for reading", [[
    v = open D:
    v lock
    --
    open D: access=r -> STATUS_ACCESS_DENIED
  ]] },
  { "O5 fat ntfs raw", "file on a locked volume", [[
    v = open D:
    v lock
    --
    open D:\a.txt access=r -> STATUS_ACCESS_DENIED
    open D:\ access=r -> STATUS_ACCESS_DENIED
    open D:\none.txt disposition=create -> STATUS_ACCESS_DENIED
  ]] },

  { "O6", "locked volume, access none", [[
    v = open D:
    v lock
    --
    w = open D: access=none
  ]] },

  { "O7 fat ntfs", "locked and dismounted", [[
    v = open D:
    v lock
    v dismount
    --
    open D:\a.txt access=r -> STATUS_ACCESS_DENIED
    open D: -> STATUS_ACCESS_DENIED
  ]] },

  { "O8 fat ntfs", "dismounted volume", [[
    v = open D:
    v dismount
    --
    open D: -> STATUS_VOLUME_DISMOUNTED
  ]] },
  { "O8 fat ntfs", "file on a dismounted volume", [[
    v = open D:
    v dismount
    --
    open D:\none.txt disposition=create -> STATUS_VOLUME_DISMOUNTED
    open D:\a.txt access=r -> STATUS_VOLUME_DISMOUNTED
  ]] },

  { "O9 fat ntfs", "volume after the dismounting handle was closed", [[
    v = open D:
    v dismount
    v close
    --
    w = open D:; MOUNT
  ]] },
  { "O9 fat ntfs", "file after the dismounting handle was closed", [[
    v = open D:
    v dismount
    v close
    --
    f = open D:\a.txt access=r; MOUNT
  ]] },

  { "O10 fat ntfs", "offline volume", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    w = open D:
  ]] },
  { "O10 fat ntfs", "reading the handle to an offline volume", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    w = open D:
    w read 0 512 -> STATUS_DEVICE_NOT_READY
  ]] },
  { "O10 fat ntfs", "file on an offline volume", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    open D:\a.txt access=r -> STATUS_DEVICE_NOT_READY
  ]] },

  { "O11", "offline volume, access none", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    w = open D: access=none
    w is_offline -> true
  ]], result = "success" },

  { "O12", "device of a masked disk", function(lab)
    local device = lab.machine:volumes()[1].device
    assert(lab.machine:mask(0))
    lab:trail()
    c.refused("STATUS_DEVICE_DOES_NOT_EXIST",
      lab.machine:open("\\\\?\\GLOBALROOT" .. device))
    assert.equal("", lab:trail())
  end, result = "STATUS_DEVICE_DOES_NOT_EXIST" },

  { "O13 fat ntfs", "lock by share mode", [[
    v = open D: access=r share=
    --
    open D:\a.txt access=r -> STATUS_ACCESS_DENIED
    open D: access=r -> STATUS_ACCESS_DENIED
  ]] },

  { "O process fat ntfs", "file, by the process that locked the volume", [[
    v = open D:
    v lock
    --
    open D:\a.txt access=r -> STATUS_ACCESS_DENIED
  ]] },
})

c.not_yet(_ENV, "1.4 open")
