-- Requests through handles of every state: docs/rules.md 1.8, "I/O".

local c = require "spec.support.conformance"
local media = require "spec.support.media"
local sim = require "ntvol.sim"

c.suite(_ENV, {
  { "I1 fat ntfs", "an ANY_ACCESS code through a direct device open of a locked volume", [[
    v = open D:
    w = open D: access=none
    v lock
    --
    w control IOCTL_STORAGE_GET_DEVICE_NUMBER 12 -> "\7\0\0\0\0\0\0\0\0\0\0\0"
  ]], result = "12 bytes" },
  { "I1 fat ntfs", "no other handle can be there", [[
    v = open D:
    v lock
    --
    open D: -> STATUS_ACCESS_DENIED
  ]] },

  { "I2 fat ntfs", "write anywhere by the owner of the lock", [[
    v = open D:
    v lock
    --
    v write DATA x -> 512
    v read DATA 512 -> ("x"):rep(512)
    v write 0 x -> 512
  ]], result = "success" },

  { "I3 fat ntfs", "read and write by the dismounting handle", [[
    v = open D:
    v dismount
    --
    v write DATA x -> 512
    v read DATA 512 -> ("x"):rep(512)
  ]], result = "success" },

  { "I4 fat ntfs", "read by another volume handle after a dismount", [[
    v = open D:
    w = open D:
    v dismount
    --
    w read 0 512 -> STATUS_VOLUME_DISMOUNTED; reason=dismounted
  ]], also = "given" },
  { "I4 fat ntfs", "write the boot area by another volume handle after a dismount", [[
    v = open D:
    w = open D:
    v dismount
    --
    w write 0 x -> STATUS_VOLUME_DISMOUNTED
  ]] },

  { "I5 fat ntfs", "read, flush, ask and list by file handles after a dismount", [[
    v = open D:
    f = open D:\a.txt
    v dismount
    --
    f read 0 6 -> STATUS_VOLUME_DISMOUNTED
    f put 0 x -> STATUS_VOLUME_DISMOUNTED
    f flush -> STATUS_VOLUME_DISMOUNTED
    f mounted -> STATUS_VOLUME_DISMOUNTED
  ]] },
  { "I5 fat ntfs", "they stay dead beside the next mount, and close", [[
    v = open D:
    f = open D:\a.txt
    v dismount
    v close
    --
    g = open D:\a.txt; MOUNT
    g read 0 6 -> "alpha\n"
    f read 0 6 -> STATUS_VOLUME_DISMOUNTED
    f put 0 x -> STATUS_VOLUME_DISMOUNTED
    f is_mounted -> false
    g is_mounted -> true
    f close
  ]], result = "STATUS_VOLUME_DISMOUNTED, then success" },
  { "I5 fat ntfs", "a section after a dismount, its file closed", [[
    v = open D:
    f = open D:\a.txt access=r
    s = f map
    f close
    --
    v dismount; DISMOUNT
    s read 0 5 -> STATUS_VOLUME_DISMOUNTED
    s size -> STATUS_VOLUME_DISMOUNTED
    v close
    s read 0 5 -> STATUS_VOLUME_DISMOUNTED
    g = open D:\a.txt access=r; MOUNT
    g read 0 10 -> "alpha\n"
    s close
  ]], result = "STATUS_VOLUME_DISMOUNTED, also beside the next mount" },
  { "I5 fat ntfs", "map a file after a dismount", [[
    v = open D:
    f = open D:\a.txt
    v dismount
    --
    f map -> STATUS_VOLUME_DISMOUNTED
  ]] },

  { "I6 fat ntfs", "file after its device was removed", [[
    f = open D:\a.txt
    machine mask 0
    --
    f flush -> STATUS_FILE_INVALID; reason=removed
    f read 0 6 -> STATUS_FILE_INVALID; reason=removed
    f close
  ]], result = "STATUS_FILE_INVALID" },
  { "I6 fat ntfs", "volume handle after its device was removed", [[
    v = open D:
    machine mask 0
    --
    v lock -> STATUS_FILE_INVALID; reason=removed
    v mounted -> STATUS_FILE_INVALID; reason=removed
    v offline -> STATUS_DEVICE_DOES_NOT_EXIST
    v size -> STATUS_DEVICE_DOES_NOT_EXIST
    v read 0 512 -> STATUS_FILE_INVALID; reason=removed
  ]] },

  { "I7 fat ntfs", "file after another file system took its place", [[
    v = open D:
    f = open D:\a.txt
    v renumber -> 512
    v close
    w = open D:
    --
    f flush -> STATUS_WRONG_VOLUME; reason=identity_changed
    f mounted -> STATUS_WRONG_VOLUME; reason=identity_changed
    f is_mounted -> false
    f read 0 6 -> STATUS_WRONG_VOLUME; reason=identity_changed
  ]] },

  { "I7 fat ntfs", "file, another medium in the drive", function(lab, subject)
    local f = lab:open("E:\\a.txt", { access = "r" })
    assert(sim.eject(lab.machine, "E:"))
    assert(sim.insert(lab.machine, "E:",
      media.image(lab.defer, subject, media.other)))
    c.refused("STATUS_WRONG_VOLUME", f:read(0, 6))
    lab:trail()
    local g = lab:open("E:\\a.txt", { access = "r" })
    assert.equal("MOUNT", lab:trail())
    assert.equal("alpha\n", g:read(0, 6))
    c.refused("STATUS_WRONG_VOLUME", f:read(0, 6))
  end, result = "STATUS_WRONG_VOLUME, and the next open mounts",
    removable = true },

  { "I8 fat ntfs", "file whose volume is verified by this read, and changed", [[
    v = open D:
    f = open D:\a.txt
    v renumber -> 512
    v close
    --
    f read 0 6 -> STATUS_WRONG_VOLUME
  ]] },
  { "I8 fat ntfs", "file whose volume is verified by this question, and changed", [[
    v = open D:
    f = open D:\a.txt
    v renumber -> 512
    v close
    --
    f mounted -> STATUS_WRONG_VOLUME
  ]] },
  { "I8 fat ntfs", "file whose volume is verified by this read, and the same", [[
    v = open D:
    f = open D:\a.txt
    v rewrite -> 512
    v close
    --
    f read 0 6 -> "alpha\n"
    w = open D:
  ]], result = '"alpha\\n"' },

  { "I9 fat ntfs", "device codes after a dismount, by every volume handle", [[
    v = open D:
    w = open D:
    v dismount
    --
    v device_number -> { type = 7, number = 0, partition = 0 }
    w device_number -> { type = 7, number = 0, partition = 0 }
    v is_offline -> false
    w is_offline -> false
    v size
    w size
    v extents
    w extents
    v online
    w online
  ]] },

  { "I10 fat ntfs", "device codes on a file", [[
    f = open D:\a.txt
    --
    f control IOCTL_VOLUME_ONLINE -> STATUS_INVALID_PARAMETER; reason=not_a_volume
    f control IOCTL_VOLUME_OFFLINE -> STATUS_INVALID_PARAMETER; reason=not_a_volume
    f control IOCTL_VOLUME_IS_OFFLINE -> STATUS_INVALID_PARAMETER; reason=not_a_volume
    f control IOCTL_STORAGE_GET_DEVICE_NUMBER 12 -> STATUS_INVALID_PARAMETER
      ; reason=not_a_volume
  ]], result = "STATUS_INVALID_PARAMETER" },
  { "I10 fat ntfs", "device codes on a directory", [[
    f = open D:\
    --
    f control IOCTL_VOLUME_ONLINE -> STATUS_INVALID_PARAMETER; reason=not_a_volume
    f control IOCTL_VOLUME_OFFLINE -> STATUS_INVALID_PARAMETER; reason=not_a_volume
    f control IOCTL_VOLUME_IS_OFFLINE -> STATUS_INVALID_PARAMETER; reason=not_a_volume
    f control IOCTL_STORAGE_GET_DEVICE_NUMBER 12 -> STATUS_INVALID_PARAMETER
      ; reason=not_a_volume
  ]], result = "STATUS_INVALID_PARAMETER" },

  { "I11 fat cdfs", "asked while locked", [[
    v = open D:
    v lock
    --
    v mounted -> ""
  ]], result = "success" },
  { "I11 fat", "asked when dismounted, by the volume and by a file", [[
    v = open D:
    f = open D:\a.txt
    v dismount
    --
    f mounted -> STATUS_VOLUME_DISMOUNTED
    v mounted -> STATUS_VOLUME_DISMOUNTED
  ]] },
  { "I11 cdfs", "asked when dismounted, by the volume and by a file", [[
    v = open D:
    f = open D:\a.txt access=r
    v dismount
    --
    f mounted -> STATUS_VOLUME_DISMOUNTED
    v mounted -> STATUS_VOLUME_DISMOUNTED
  ]] },
  { "I11 cdfs", "asked of a file on a good volume", [[
    f = open D:\a.txt access=r
    --
    f mounted -> ""
  ]], result = "success" },
  { "I11 fat", "asked of a file on a good volume", [[
    f = open D:\a.txt
    --
    f mounted -> ""
  ]], result = "success" },

  { "I12 ntfs", "asked while locked", [[
    v = open D:
    v lock
    --
    v mounted -> STATUS_VOLUME_DISMOUNTED
  ]] },
  { "I12 ntfs", "asked while not locked", [[
    v = open D:
    --
    v mounted -> ""
  ]], result = "success" },

  -- The binding knows that the handle is closed and asks no machine.
  { "I13", "every method of a closed handle", function(lab)
    local v = lab:open "D:"
    assert(v:close())
    for _, verb in ipairs {
      "lock", "unlock", "dismount", "online", "offline", "flush", "is_mounted",
    } do
      assert.has_error(function()
        v[verb](v)
      end, "attempt to use a closed volume")
    end
    assert(v:close())
  end, result = "raises", also = "windows foreign" },

  { "I14", "codes without the rights that their number names", [[
    v = open D: access=r
    --
    w = open D: access=w
    x = open D: access=none
    v offline -> STATUS_ACCESS_DENIED; reason=handle_access
    v online -> STATUS_ACCESS_DENIED; reason=handle_access
    w online -> STATUS_ACCESS_DENIED; reason=handle_access
    w size -> STATUS_ACCESS_DENIED; reason=handle_access
    x online -> STATUS_ACCESS_DENIED; reason=handle_access
    x offline -> STATUS_ACCESS_DENIED; reason=handle_access
  ]], also = "windows foreign" },
  { "I14", "also on a dismounted volume", [[
    v = open D:
    v dismount
    x = open D: access=none
    --
    x online -> STATUS_ACCESS_DENIED
    x offline -> STATUS_ACCESS_DENIED
  ]] },
  { "I14", "before any driver sees the code, even an unknown one", function(lab)
    local core = require "ntvol.core"
    for access = 0, 3 do
      for word, held in pairs { none = 0, r = 1, w = 2, rw = 3 } do
        local v <close> = lab:open("D:", { access = word })
        c.refused(held & access == access and "STATUS_INVALID_DEVICE_REQUEST"
          or "STATUS_ACCESS_DENIED",
          v:control(core.ctl_code(0x56, 0x7FF, 0, access)))
      end
    end
  end, result = "STATUS_ACCESS_DENIED", also = "windows foreign" },

  { "I14", "these two rights, and no other gives them", function(lab)
    local core = require "ntvol.core"
    local bits = { read_data = 1, write_data = 2 }
    local function check(name, rights, held)
      local v <close> = lab:open(name, { access = rights })
      for access = 0, 3 do
        c.refused(held & access == access and "STATUS_INVALID_DEVICE_REQUEST"
          or "STATUS_ACCESS_DENIED",
          v:control(core.ctl_code(0x56, 0x7FF, 0, access)))
      end
    end
    for _, name in ipairs { "D:", "E:", "PhysicalDrive0" } do
      check(name, {}, 0)
      check(name, { "read_data", "write_data" }, 3)
      for right in ([[read_data write_data append_data read_ea write_ea traverse
        read_attributes write_attributes delete read_control write_dac write_owner
        synchronize]]):gmatch "%S+" do
        check(name, { right }, bits[right] or 0)
        check(name, { right, "read_data" }, 1 | (bits[right] or 0))
        check(name, { right, "write_data" }, 2 | (bits[right] or 0))
      end
    end
  end, result = "STATUS_ACCESS_DENIED", more = { "raw" } },

  { "I15 fat ntfs", "dirty questions after a dismount", [[
    v = open D:
    w = open D:
    v dismount
    --
    w control FSCTL_IS_VOLUME_DIRTY 4 -> STATUS_VOLUME_DISMOUNTED
    w control FSCTL_MARK_VOLUME_DIRTY -> STATUS_VOLUME_DISMOUNTED
    v control FSCTL_IS_VOLUME_DIRTY 4 -> STATUS_VOLUME_DISMOUNTED
  ]], also = "given" },

  { "I16", "a volume, with one right", [[
    r = open D: access=r
    w = open D: access=w
    --
    r write 0 x -> STATUS_ACCESS_DENIED; reason=handle_access; hint=rw
    r flush -> STATUS_ACCESS_DENIED; reason=handle_access; hint=rw
    w read 0 512 -> STATUS_ACCESS_DENIED; reason=handle_access; hint=rw
    w flush
    r count 0 512 -> 512
  ]], also = "windows foreign" },
  { "I16", "a file, with one right", [[
    r = open D:\a.txt access=r
    w = open D:\a.txt access=w
    --
    r put 0 x -> STATUS_ACCESS_DENIED; reason=handle_access; hint=rw
    r flush -> STATUS_ACCESS_DENIED; reason=handle_access; hint=rw
    w read 0 1 -> STATUS_ACCESS_DENIED; reason=handle_access; hint=rw
    w map -> STATUS_ACCESS_DENIED; reason=handle_access; hint=rw
    r read 0 6 -> "alpha\n"
  ]] },
  { "I16", "a directory, opened for its attributes", [[
    d = open D:\ access=read_attributes
    --
    d list -> STATUS_ACCESS_DENIED; reason=handle_access; hint=rw
  ]] },
  { "I16", "a volume without data access, also when it is dismounted", [[
    v = open D:
    d = open D: access=none
    v dismount
    --
    d read 0 512 -> STATUS_ACCESS_DENIED; reason=handle_access
    d write 0 x -> STATUS_ACCESS_DENIED; reason=handle_access
    d flush -> STATUS_ACCESS_DENIED; reason=handle_access
  ]] },
})

c.not_yet(_ENV, "1.8 I/O")
