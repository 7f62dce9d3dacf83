-- Cluster shared volumes: docs/rules.md 3, and U8, F8 and the last rule of 2.

local c = require "spec.support.conformance"

-- CSV_NAMESPACE_INFO version 1, empty: { version, disk, start, sector size }.
local LAYOUT = "<I4 I4 i8 I4 I4"
local INFO = LAYOUT:pack(24, 0, 0, 0, 0)

c.suite(_ENV, {
  { "U8 csvfs", "opens after unlock, until the locking handle is closed", [[
    v = open D:
    v lock
    --
    v unlock; UNLOCK
    open D: -> STATUS_ACCESS_DENIED
    open D:\a.txt access=r -> STATUS_ACCESS_DENIED
    n2 open D: -> STATUS_ACCESS_DENIED
    n2 open D:\ access=r -> STATUS_ACCESS_DENIED
    v close
    w = open D:
    x = n2 open D:; n2:MOUNT
  ]], result = "STATUS_ACCESS_DENIED; then success" },
  { "U8 csvfs", "the same with a duplicate of the handle", [[
    v = open D:
    w = v duplicate
    v lock
    w unlock
    v close
    --
    n2 open D: -> STATUS_ACCESS_DENIED
    w close
    x = n2 open D:; n2:MOUNT
  ]], result = "STATUS_ACCESS_DENIED; then success" },
  { "U8 csvfs", "the locking handle itself goes on", [[
    v = open D:
    v lock
    v unlock
    --
    v mounted -> ""
    v lock; LOCK
    v unlock; UNLOCK
  ]], result = "success" },

  { "F8 csvfs", "offline and online, on both nodes", [[
    v = open D:
    w = n2 open D:
    --
    v offline -> STATUS_NOT_SUPPORTED
    v online -> STATUS_NOT_SUPPORTED
    w offline -> STATUS_NOT_SUPPORTED
    w online -> STATUS_NOT_SUPPORTED
    v is_offline -> false
    v control IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE -> STATUS_UNSUCCESSFUL
  ]], result = "STATUS_NOT_SUPPORTED" },

  { "2 cluster csvfs", "lock, unlock and close on one node, lock on the other", [[
    v = open D:
    --
    v lock; LOCK
    v unlock; UNLOCK
    v lock; LOCK
    v close; UNLOCK
    w = n2 open D:; n2:MOUNT
    w lock; n2:LOCK
    w close; n2:UNLOCK
  ]], result = "each on its node" },
  { "2 cluster csvfs", "a refused lock, a dismount, and the next mount", [[
    v = open D:
    f = n2 open D:\a.txt access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    f close
    v dismount; DISMOUNT
    v close
    w = open D:; MOUNT
  ]], result = "each on its node" },
  { "2 cluster csvfs", "subscribers of two nodes", function(lab)
    local heard = {}
    local function listen(node)
      return assert(lab.nodes[node]:subscribe(function(event)
        heard[#heard + 1] = node .. " " .. event.name .. " " .. event.node
      end))
    end
    local _one <close> = listen "n1"
    local _other <close> = listen "n2"
    local v = lab:open "D:"
    assert(v:lock()):unlock()
    assert.same({ "n1 MOUNT n1", "n1 LOCK n1", "n1 UNLOCK n1" }, heard)
  end, result = "one of them hears" },

  { "3 FSCTL_LOCK_VOLUME csvfs", "nothing else open, on any node", [[
    v = open D:
    --
    v lock; LOCK
    v is_locked -> true
  ]] },
  { "3 FSCTL_LOCK_VOLUME csvfs", "a file open on the other node", [[
    v = open D:
    f = n2 open D:\a.txt access=r
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    f close
    v lock; LOCK
  ]], result = "STATUS_ACCESS_DENIED; then success" },
  { "3 FSCTL_LOCK_VOLUME csvfs", "a file mapped on the other node", [[
    v = open D:
    f = n2 open D:\a.txt access=r
    s = f map
    f close
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  { "3 FSCTL_LOCK_VOLUME csvfs", "the volume open on the other node", [[
    v = open D:
    w = n2 open D:
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  { "3 FSCTL_LOCK_VOLUME csvfs", "opens on the other node meanwhile", [[
    v = open D:
    v lock
    --
    n2 open D: -> STATUS_ACCESS_DENIED
    n2 open D:\a.txt access=r -> STATUS_ACCESS_DENIED
    w = n2 open D: access=none
    v close; UNLOCK
    x = n2 open D:; n2:MOUNT
  ]], result = "STATUS_ACCESS_DENIED" },

  { "3 FSCTL_UNLOCK_VOLUME csvfs", "unlock, then open on either node", [[
    v = open D:
    v lock
    --
    v unlock; UNLOCK
    open D: -> STATUS_ACCESS_DENIED
    n2 open D: -> STATUS_ACCESS_DENIED
  ]] },
  { "3 FSCTL_UNLOCK_VOLUME csvfs", "unlock by another node", [[
    w = n2 open D:
    v = open D:
    --
    w unlock -> STATUS_NOT_LOCKED
  ]] },

  { "3 FSCTL_DISMOUNT_VOLUME csvfs", "files and volumes open on both nodes", [[
    v = open D:
    f = open D:\a.txt access=r
    w = n2 open D:
    g = n2 open D:\a.txt access=r
    --
    v dismount; DISMOUNT
    f read 0 5 -> STATUS_VOLUME_DISMOUNTED
    g read 0 5 -> STATUS_FILE_INVALID
    g size -> STATUS_FILE_INVALID
    w read 0 512 -> STATUS_FILE_INVALID
    w mounted -> STATUS_FILE_INVALID
    w lock -> STATUS_FILE_INVALID
    w unlock -> STATUS_NOT_LOCKED
    w dismount -> STATUS_FILE_INVALID
  ]], result = "STATUS_FILE_INVALID elsewhere" },
  { "3 FSCTL_DISMOUNT_VOLUME csvfs", "an ordinary dismount on the node itself", [[
    v = open D:
    --
    v dismount; DISMOUNT
    v dismount -> STATUS_VOLUME_DISMOUNTED
    open D: -> STATUS_VOLUME_DISMOUNTED
    v close
    w = open D:; MOUNT
  ]], result = "as NTFS" },
  { "3 FSCTL_DISMOUNT_VOLUME csvfs", "the other node opens again", [[
    v = open D:
    g = n2 open D:\a.txt access=r
    v dismount
    --
    h = n2 open D:\a.txt access=r; n2:MOUNT
    h read 0 5 -> "alpha"
    g read 0 5 -> STATUS_FILE_INVALID
  ]], result = "MOUNT; the old handle stays invalid" },
  { "3 FSCTL_DISMOUNT_VOLUME csvfs", "while locked: other nodes cannot open it to do so", [[
    w = n2 open D: access=none
    v = open D:
    v lock
    --
    n2 open D: -> STATUS_ACCESS_DENIED
    v dismount; DISMOUNT
    n2 open D: -> STATUS_ACCESS_DENIED
  ]] },

  { "3 IOCTL_VOLUME_OFFLINE csvfs", "the refusal says why", function(lab)
    for _, node in pairs(lab.nodes) do
      local v <close> = assert(node:open "D:")
      for _, verb in ipairs { "offline", "online" } do
        local info = c.refused("STATUS_NOT_SUPPORTED", v[verb](v))
        assert.equal("cluster_shared", info.reason)
        assert.is_string(info.hint)
      end
    end
  end, result = "STATUS_NOT_SUPPORTED, cluster_shared" },

  { "3 FSCTL_ALLOW_EXTENDED_DASD_IO csvfs", "the last sector, without and with it", [[
    v = open D:
    --
    v read NTFS_LAST 512 -> STATUS_END_OF_FILE
    v control FSCTL_ALLOW_EXTENDED_DASD_IO -> ""
    v count NTFS_LAST 512 -> 512
  ]], result = "STATUS_END_OF_FILE; then the sector" },

  { "3 FSCTL_IS_CSV_FILE csvfs", "files, directories and the volume", [[
    v = open D:
    f = open D:\a.txt access=r
    g = n2 open D:\ access=r
    --
    v control FSCTL_IS_CSV_FILE -> ""
    f control FSCTL_IS_CSV_FILE -> ""
    g control FSCTL_IS_CSV_FILE -> ""
    f control FSCTL_IS_FILE_ON_CSV_VOLUME -> ""
    g control FSCTL_IS_FILE_ON_CSV_VOLUME -> ""
  ]], result = "success" },
  { "3 FSCTL_IS_CSV_FILE csvfs", "the structure", function(lab)
    local f = lab:open("D:\\a.txt", { access = "r" })
    for _, code in ipairs { "FSCTL_IS_CSV_FILE", "FSCTL_IS_FILE_ON_CSV_VOLUME" } do
      local version, disk, start, sector =
        LAYOUT:unpack(assert(f:control(code, INFO, 24)))
      assert.same({ 24, 0, 0, 512 }, { version, disk, start, sector })
      c.refused("STATUS_INVALID_PARAMETER",
        f:control(code, LAYOUT:pack(25, 0, 0, 0, 0), 24))
      c.refused("STATUS_INVALID_PARAMETER", f:control(code, "1234", 24))
      c.refused("STATUS_BUFFER_TOO_SMALL", f:control(code, INFO, 20))
    end
  end, result = "version, disk, start, sector size" },

  { "3 FSCTL_IS_VOLUME_OWNED_BYCSVFS csvfs", "on each node, and in maintenance", [[
    v = open D:
    w = n2 open D:
    v control FSCTL_IS_VOLUME_OWNED_BYCSVFS 1 -> "\1"
    w control FSCTL_IS_VOLUME_OWNED_BYCSVFS 1 -> "\1"
    v control FSCTL_IS_VOLUME_OWNED_BYCSVFS -> STATUS_BUFFER_TOO_SMALL
    v close
    w close
    machine set_maintenance D: on
    v = open D:
    --
    v control FSCTL_IS_VOLUME_OWNED_BYCSVFS 1 -> "\0"
  ]], result = "true, false" },

  { "3 IOCTL_VOLUME_IS_CSV csvfs", "on each node, and in maintenance", [[
    v = open D:
    w = n2 open D: access=none
    v control IOCTL_VOLUME_IS_CSV 1 -> "\1"
    w control IOCTL_VOLUME_IS_CSV 1 -> "\1"
    v control IOCTL_VOLUME_IS_CLUSTERED -> ""
    v close
    w close
    machine set_maintenance D: on
    v = open D:
    --
    v control IOCTL_VOLUME_IS_CSV 1 -> STATUS_INVALID_DEVICE_REQUEST
    v control IOCTL_VOLUME_IS_CLUSTERED -> ""
  ]], result = "true; then it fails" },

  { "3 maintenance csvfs", "an ordinary volume of its owner, and nobody else's", [[
    v = open D:
    v info file_system -> "CSVFS"
    v close
    --
    machine set_maintenance D: on
    n2 open D: -> STATUS_OBJECT_NAME_NOT_FOUND
    v = open D:; MOUNT
    v info file_system -> "NTFS"
    v info csv_state -> "maintenance"
    v lock; LOCK
    v dismount; DISMOUNT
    v offline
    v unlock; UNLOCK
    v online
    v close
    v = open D:; MOUNT
    v close
    machine set_maintenance D: off
    w = n2 open D:; n2:MOUNT
    w info file_system -> "CSVFS"
    w info csv_state -> "direct"
  ]], result = "NTFS there, STATUS_OBJECT_NAME_NOT_FOUND elsewhere" },
  { "3 maintenance csvfs", "begin and end while a node has it open", [[
    f = n2 open D:\a.txt access=r
    --
    machine set_maintenance D: on -> STATUS_DEVICE_BUSY
    f close
    machine set_maintenance D: on
    machine set_maintenance D: on
    v = open D:; MOUNT
    n2 set_maintenance D: off -> STATUS_DEVICE_BUSY
    v close
    n2 set_maintenance D: off
  ]], result = "STATUS_DEVICE_BUSY" },
  { "3 maintenance csvfs", "end after the volume went offline", [[
    machine set_maintenance D: on
    v = open D:
    v dismount
    v offline
    v close
    volume offline D: -> true
    --
    machine set_maintenance D: off
    v = open D:; MOUNT
    v is_offline -> false
  ]], result = "online again" },
})
