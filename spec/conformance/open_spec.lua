-- Opening: docs/rules.md 1.4.

local c = require "spec.support.conformance"

c.suite(_ENV, {
  { "O1 fat ntfs", "volume with data access", [[
    volume mounted D: -> false
    v = open D:; MOUNT
    volume mounted D: -> true
    w = open D:
  ]], result = "success; MOUNT once" },
  { "O1 fat ntfs", "file", "f = open D:\\a.txt access=r; MOUNT" },
  { "O1 raw", "volume that nobody recognises", [[
    v = open D:
    v kind -> "volume"
    v info file_system -> "RAW"
    v info mounted -> false
  ]], result = "success, RAW" },

  { "O2", "access none", [[
    v = open D: access=none
    v kind -> "device"
    v read 0 512 -> STATUS_ACCESS_DENIED
  ]], result = "success", also = "windows" },
  { "O2", "access to attributes", [[
    v = open D: access=read_attributes
    v kind -> "device"
    v read 0 512 -> STATUS_ACCESS_DENIED
  ]], result = "success", also = "windows" },
  { "O2", "access to synchronize", [[
    v = open D: access=synchronize
    v kind -> "device"
    v read 0 512 -> STATUS_ACCESS_DENIED
  ]], result = "success", also = "windows" },
  { "O2", "access without any right", [[
    v = open D: access=
    v kind -> "device"
    volume mounted D: -> false
    v info mounted -> false
    v device_number -> { type = 7, number = 0, partition = 0 }
  ]], result = "success, not mounted" },
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
    open D: -> STATUS_SHARING_VIOLATION; reason=in_use; class=transient; holders=1
  ]], also = "given" },
  { "O3 fat ntfs", "reading, where a volume handle shares only writing", [[
    f = open D:\a.txt access=rw share=
    v = open D: access=r share=w
    --
    open D: -> STATUS_SHARING_VIOLATION
    open D: access=w share=w -> STATUS_SHARING_VIOLATION
    w = open D: access=w share=rw
    x = open D: access=write_attributes share=w
    open D: access=r -> STATUS_SHARING_VIOLATION; reason=in_use
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
    open D: -> STATUS_ACCESS_DENIED; reason=locked_by_other; how=lock
    open D: access=w -> STATUS_ACCESS_DENIED
    open D: access=traverse -> STATUS_ACCESS_DENIED
    open D: directory -> STATUS_ACCESS_DENIED
    open D: disposition=create -> STATUS_ACCESS_DENIED
    v unlock; UNLOCK
  ]], result = "STATUS_ACCESS_DENIED" },
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
    w = open D: access=none
  ]], result = "STATUS_ACCESS_DENIED" },

  { "O8 fat ntfs", "dismounted volume", [[
    v = open D:
    v dismount
    --
    open D: -> STATUS_VOLUME_DISMOUNTED; reason=dismounted; holders=1
    open D: access=r -> STATUS_VOLUME_DISMOUNTED
    open D: disposition=create -> STATUS_VOLUME_DISMOUNTED
    open D: directory -> STATUS_VOLUME_DISMOUNTED
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
    volume mounted D: -> false
    --
    w = open D:; MOUNT
    w is_mounted -> true
    f = open D:\a.txt
  ]], result = "success; MOUNT" },
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
    w kind -> "volume"
    w write 0 x -> STATUS_DEVICE_NOT_READY; reason=offline
    w flush -> STATUS_DEVICE_NOT_READY; reason=offline
    x = open D:
    w read 0 512 -> STATUS_DEVICE_NOT_READY; reason=offline
  ]] },
  { "O10 fat ntfs", "file on an offline volume", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    open D:\a.txt access=r -> STATUS_DEVICE_NOT_READY; reason=offline; hint=online
  ]] },
  { "O10 fat ntfs", "a handle from then, after the next mount", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    w = open D:
    w online
    x = open D:; MOUNT
    x is_mounted -> true
    w read 0 512 -> STATUS_VOLUME_DISMOUNTED
    w write DATA x -> STATUS_VOLUME_DISMOUNTED
    x lock; LOCK
  ]], result = "STATUS_VOLUME_DISMOUNTED, and not in the way" },
  { "O10 fat ntfs", "a lock by a handle from then", [[
    v = open D:
    v dismount
    v offline
    v close
    w = open D:
    w lock
    --
    w online
    open D: -> STATUS_ACCESS_DENIED
    open D:\a.txt -> STATUS_ACCESS_DENIED
    w unlock; UNLOCK
    x = open D:; MOUNT
  ]], result = "holds; MOUNT after it" },

  { "O11", "offline volume, access none", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    w = open D: access=none
    w is_offline -> true
    w info offline -> true
  ]], result = "success" },

  { "O12", "device of a masked disk", function(lab)
    local device = lab.machine:volumes()[1].device
    assert(lab.machine:mask(0))
    lab:trail()
    c.refused("STATUS_DEVICE_DOES_NOT_EXIST",
      lab.machine:open("\\\\?\\GLOBALROOT" .. device))
    assert.equal("", lab:trail())
    for _, name in ipairs { "D:", "PhysicalDrive0" } do
      lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", name)
    end
    lab:refuses("STATUS_OBJECT_PATH_NOT_FOUND", "D:\\a.txt")
  end, result = "STATUS_DEVICE_DOES_NOT_EXIST, and its names are gone" },

  { "O13 fat ntfs", "lock by share mode", [[
    v = open D: access=r share=
    --
    open D:\a.txt access=r -> STATUS_ACCESS_DENIED; reason=locked_by_other
    w = open D: access=none
    open D: access=r -> STATUS_ACCESS_DENIED; reason=locked_by_other
  ]] },

  { "O process fat ntfs", "file, by the process that locked the volume", [[
    v = open D:
    v lock
    --
    open D:\a.txt access=r -> STATUS_ACCESS_DENIED
  ]] },
})

c.not_yet(_ENV, "1.4 open")
