-- Offline and online, and questions by status: docs/rules.md 1.8.

local c = require "spec.support.conformance"

c.suite(_ENV, {
  { "F1 fat ntfs", "offline after a dismount on the same handle", [[
    v = open D:
    v is_offline -> false
    v lock
    v dismount
    --
    v offline
    v is_offline -> true
    v info offline -> true
    v info state -> "offline, locked"
    v read 0 512 -> STATUS_DEVICE_NOT_READY; reason=offline; hint=online
  ]], result = "success, then STATUS_DEVICE_NOT_READY" },
  { "F1 raw", "offline", [[
    v = open D:
    --
    v offline
    v read 0 512 -> STATUS_DEVICE_NOT_READY; reason=offline; hint=online
    v online
    v count 0 512 -> 512
  ]], result = "success, then STATUS_DEVICE_NOT_READY" },

  { "F2", "offline with one right only", [[
    v = open D: access=r
    w = open D: access=w
    --
    v offline -> STATUS_ACCESS_DENIED
    v online -> STATUS_ACCESS_DENIED
    w offline -> STATUS_ACCESS_DENIED
    w online -> STATUS_ACCESS_DENIED
  ]], also = "windows foreign" },
  { "F2", "offline with one of the data rights only", [[
    v = open D: access=read_data
    w = open D: access=write_data
    --
    v offline -> STATUS_ACCESS_DENIED
    v online -> STATUS_ACCESS_DENIED
    v is_offline -> false
    w offline -> STATUS_ACCESS_DENIED
    w online -> STATUS_ACCESS_DENIED
    w is_offline -> false
  ]], result = "STATUS_ACCESS_DENIED" },
  { "F2", "offline without data access", [[
    v = open D: access=none
    --
    v offline -> STATUS_ACCESS_DENIED
    v online -> STATUS_ACCESS_DENIED
  ]], also = "windows foreign" },
  { "F2", "offline with the two data rights", [[
    v = open D: access=read_data+write_data
    --
    v online
    v offline
  ]], also = "windows foreign" },

  { "F3 fat ntfs", "offline while mounted, then reading", [[
    v = open D:
    f = open D:\a.txt
    --
    v offline
    v is_mounted -> true
    f read 0 6 -> STATUS_DEVICE_NOT_READY; reason=offline; hint=online
    v read 0 512 -> STATUS_DEVICE_NOT_READY; reason=offline; hint=online
    v write 0 x -> STATUS_DEVICE_NOT_READY; reason=offline; hint=online
    open D:\a.txt -> STATUS_DEVICE_NOT_READY; reason=offline
    open D:\ -> STATUS_DEVICE_NOT_READY; reason=offline
    v online
    v count 0 512 -> 512
    f read 0 6 -> "alpha\n"
  ]], result = "success; reads answer STATUS_DEVICE_NOT_READY until it is online" },

  { "F4 fat ntfs", "offline twice", [[
    v = open D:
    v dismount
    v offline
    --
    v offline
    v is_offline -> true
  ]], result = "success" },

  { "F5 fat ntfs", "offline of the system volume", [[
    v = open D:
    --
    v offline -> STATUS_ACCESS_DENIED; reason=system_volume
    v is_offline -> false
    v online
  ]], volume = { system = true }, result = "STATUS_ACCESS_DENIED" },
  { "F5 fat ntfs", "offline of the boot volume", [[
    v = open D:
    --
    v offline -> STATUS_ACCESS_DENIED; reason=system_volume
    v is_offline -> false
    v online
  ]], volume = { boot = true }, result = "STATUS_ACCESS_DENIED" },
  { "F5 fat ntfs", "offline of a volume with a page file", [[
    v = open D:
    --
    v offline -> STATUS_ACCESS_DENIED; reason=page_file
  ]], volume = { pagefile = true }, also = "given" },
  { "F5 fat ntfs", "offline of what the system needs", [[
    v = open D:
    --
    v offline -> STATUS_ACCESS_DENIED; reason=system_volume
  ]], volume = { system = true, boot = true }, also = "given" },

  { "F7 disk", "offline of a whole disk", [[
    p = open PhysicalDrive0
    --
    p offline -> STATUS_INVALID_DEVICE_REQUEST
    p online -> STATUS_INVALID_DEVICE_REQUEST
    p is_offline -> STATUS_INVALID_DEVICE_REQUEST
  ]] },

  { "F9 fat ntfs raw", "read and write while offline", [[
    v = open D:
    v lock
    v dismount
    v offline
    --
    v write 0 x -> STATUS_DEVICE_NOT_READY; reason=offline
    v write DATA x -> STATUS_DEVICE_NOT_READY; reason=offline
    v read 0 512 -> STATUS_DEVICE_NOT_READY; reason=offline
  ]] },
  { "F9 fat ntfs raw", "flush while offline", [[
    v = open D:
    v lock
    v offline
    --
    v flush -> STATUS_DEVICE_NOT_READY; reason=offline
  ]] },

  { "F10 fat ntfs", "queries while offline", [[
    v = open D:
    v dismount
    v offline
    --
    v is_offline -> true
    v control IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE -> ""
    v device_number -> { type = 7, number = 0, partition = 0 }
    v extents
    v geometry
    v count 0 512 -> STATUS_DEVICE_NOT_READY
    v size -> STATUS_DEVICE_NOT_READY; reason=offline
  ]], result = "success, but not for the medium" },
  { "F10 fat", "every question while offline", [[
    v = open E:
    v offline
    --
    v control IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS 32
    v control IOCTL_VOLUME_IS_OFFLINE
    v control IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE
    v control IOCTL_VOLUME_QUERY_VOLUME_NUMBER 20
    v control IOCTL_VOLUME_QUERY_FAILOVER_SET 8
    v control IOCTL_VOLUME_GET_GPT_ATTRIBUTES 8
    v control IOCTL_STORAGE_GET_DEVICE_NUMBER 12
    v control IOCTL_DISK_GET_DRIVE_GEOMETRY 24
    v control IOCTL_DISK_GET_PARTITION_INFO_EX 144
    v control IOCTL_MOUNTDEV_QUERY_STABLE_GUID 16
    v control IOCTL_MOUNTDEV_QUERY_DEVICE_NAME 100
    v control IOCTL_MOUNTDEV_QUERY_UNIQUE_ID 26
    v control IOCTL_DISK_GET_LENGTH_INFO 8 -> STATUS_DEVICE_NOT_READY
    v control IOCTL_STORAGE_READ_CAPACITY 32 -> STATUS_DEVICE_NOT_READY
    v control IOCTL_STORAGE_CHECK_VERIFY -> STATUS_DEVICE_NOT_READY
    v control IOCTL_STORAGE_CHECK_VERIFY2 -> STATUS_DEVICE_NOT_READY
    v send IOCTL_DISK_VERIFY 0 i8=0 i8=512 -> STATUS_DEVICE_NOT_READY
  ]], result = "success, but not for the medium",
    disks = { { size = 16 << 20, style = "gpt", volumes = {
      { letter = "D:", size = 4 << 20 }, { letter = "E:", size = 4 << 20 } } } } },
  { "F10 fat ntfs", "the length while offline", [[
    v = open D:
    v dismount
    v offline
    --
    v control IOCTL_DISK_GET_LENGTH_INFO 8 -> STATUS_DEVICE_NOT_READY
  ]] },

  { "F10 fat ntfs", "eject while offline", [[
    v = open E:
    v dismount
    v offline
    --
    v eject -> STATUS_DEVICE_NOT_READY
    v control IOCTL_STORAGE_CHECK_VERIFY -> STATUS_DEVICE_NOT_READY
    v online
    v eject; MEDIA_REMOVAL
  ]], result = "STATUS_DEVICE_NOT_READY, and MEDIA_REMOVAL when it is online", removable = true },

  { "F11 fat", "open of an offline volume, and of its file", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    w = open D:
    x = open D: access=none
    open D:\a.txt access=r -> STATUS_DEVICE_NOT_READY
  ]], result = "success, but STATUS_DEVICE_NOT_READY for the file" },

  { "F12", "the disk while its volume is offline", [[
    v = open D:
    p = open PhysicalDrive0
    v dismount
    v offline
    --
    p write DATA x -> 512
    p read DATA 512 -> ("x"):rep(512)
    p size -> 1114112
    p flush
  ]], result = "success" },

  { "F13 fat ntfs", "open while offline", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    w = open D:
    volume mounted D: -> false
    volume offline D: -> true
    w close
  ]], result = "no MOUNT" },

  { "F14", "it comes back without a name, automount off: stays offline",
    function(lab)
      local manager <close> = lab:open "\\\\.\\MountPointManager"
      assert(manager:control("IOCTL_MOUNTMGR_SET_AUTO_MOUNT", "\0\0\0\0"))
      local guid = lab.machine:volumes()[1].guid_path
      do
        local v <close> = lab:open "D:"
        assert(v:dismount())
        assert(v:offline())
      end
      assert(lab.machine:remove_mount_point "D:")
      assert(lab.machine:mask(0))
      lab:trail "state"
      assert(lab.machine:unmask(0))
      assert.is_true(lab.machine:volumes()[1].offline)
      assert.equal("UNMASKED", lab:trail "state")
      assert(manager:control("IOCTL_MOUNTMGR_SET_AUTO_MOUNT", "\1\0\0\0"))
      assert(lab.machine:mask(0))
      assert(lab.machine:unmask(0))
      local v <close> = lab:open(guid)
      assert.is_false(v:is_offline())
    end, result = "offline, then online" },
  { "F15", "a letter and a folder for a volume that is offline",
    function(lab)
      local name = lab.machine:volumes()[2].guid_path
      assert(lab.machine:remove_mount_point "E:")
      for _, point in ipairs { "Z:", "C:\\data" } do
        local v <close> = lab:open(name)
        assert(v:dismount())
        assert(v:offline())
        assert(v:close())
        lab:trail "state"
        assert(lab.machine:add_mount_point(name, point))
        assert.equal("ONLINE", lab:trail "state")
        local w <close> = lab:open(point)
        assert.is_false(w:is_offline())
        assert.is_true(w:is_mounted())
      end
    end, result = "ONLINE", more = { "fat" } },
  { "F online fat ntfs", "online twice, and the next open", [[
    v = open D:
    v dismount
    v offline
    --
    v online
    v online
    v is_offline -> false
    v is_mounted -> false
    open D: -> STATUS_VOLUME_DISMOUNTED
    v close
    volume mounted D: -> false
    w = open D:; MOUNT
  ]], result = "success, mounted by the next open" },
  { "F online raw", "online, not offline before", [[
    v = open D:
    --
    v online
    v online
  ]] },

  { "1.8 IS_CLUSTERED", "a volume that is not in a cluster", [[
    v = open D: access=none
    --
    v control IOCTL_VOLUME_IS_CLUSTERED -> STATUS_UNSUCCESSFUL
  ]] },
  { "1.8 IS_OFFLINE", "an online volume", [[
    v = open D: access=none
    --
    v control IOCTL_VOLUME_IS_OFFLINE -> STATUS_UNSUCCESSFUL
  ]] },
  { "1.8 IS_OFFLINE", "an offline volume", [[
    v = open D:
    v offline
    w = open D: access=none
    --
    w control IOCTL_VOLUME_IS_OFFLINE -> ""
  ]], result = "success" },
  { "1.8 SUPPORTS_ONLINE_OFFLINE", "a volume", [[
    v = open D: access=none
    --
    v control IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE -> ""
  ]], result = "success" },
  { "1.8 IS_IO_CAPABLE", "a volume", [[
    v = open D: access=none
    --
    v control IOCTL_VOLUME_IS_IO_CAPABLE -> ""
  ]], result = "success" },
  { "1.8 IS_PARTITION", "a volume that is a partition", [[
    v = open D: access=none
    --
    v control IOCTL_VOLUME_IS_PARTITION -> ""
  ]], result = "success",
    disks = { { size = 16 << 20, style = "gpt",
      volumes = { { letter = "D:", size = 4 << 20 } } } } },
  { "1.8 IS_VOLUME_MOUNTED fat", "good, dismounted, replaced", [[
    v = open D:
    f = open D:\a.txt
    f mounted -> ""
    v renumber -> 512
    v close
    --
    f mounted -> STATUS_WRONG_VOLUME
    w = open D:; MOUNT
    w dismount; DISMOUNT
    w mounted -> STATUS_VOLUME_DISMOUNTED
  ]], result = "success, STATUS_WRONG_VOLUME, STATUS_VOLUME_DISMOUNTED" },

  { "F4 fat ntfs", "the second time leaves no trace", function(lab)
    local v = lab:open "D:"
    assert(v:dismount())
    assert(v:offline())
    lab:trail "state"
    assert(v:offline())
    assert.equal("", lab:trail "state")
  end, result = "success" },
  { "F1 fat", "a volume beside one that is offline", [[
    v = open D:
    v dismount
    v offline
    --
    w = open E:; MOUNT
    w is_offline -> false
    w count 0 512 -> 512
  ]], result = "does not notice", more = { "ntfs" } },
  { "F online fat ntfs", "by a handle that was opened while offline", [[
    v = open D:
    v dismount
    v offline
    v close
    --
    w = open D:
    w online
    w close
    f = open D:\a.txt access=r; MOUNT
    f read 0 6 -> "alpha\n"
  ]], result = "success; MOUNT by the next open" },
  { "F online fat", "of what is online, in every state", function(lab)
    local v = lab:open "D:"
    assert(v:online())
    assert(v:lock())
    assert(v:online())
    assert(v:dismount())
    assert(v:online())
    assert.equal("", lab:trail "state")
    assert.is_true(v:is_locked())
  end, result = "success, no trace" },
})

c.not_yet(_ENV, "1.8 offline", "1.8 questions")
