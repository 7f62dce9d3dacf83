-- What the close of a handle ends, in which order: docs/rules.md 1.8.

local c = require "spec.support.conformance"
local machines = require "spec.support.machines"

c.suite(_ENV, {
  { "close dismount fat ntfs", "close the dismounting handle, then open", [[
    v = open D:
    v dismount
    --
    v close
    w = open D:; MOUNT
  ]] },
  { "close dismount fat ntfs", "close another handle of the dismounted instance", [[
    v = open D:
    w = open D:
    v dismount
    --
    w close
    open D: -> STATUS_VOLUME_DISMOUNTED
  ]] },
  { "close dismount fat ntfs", "the same bytes, dismounted: nothing to verify, they mount anew", [[
    v = open D:
    v lock
    v rewrite -> 512
    v dismount
    --
    v close; UNLOCK
    w = open D:; MOUNT
  ]], result = "success; UNLOCK, MOUNT" },

  { "close verify fat ntfs", "written without dismount, the same file system", [[
    v = open D:
    v rewrite -> 512
    v close
    --
    w = open D:
  ]] },
  { "close verify fat ntfs", "written without dismount, another file system", [[
    v = open D:
    f = open D:\a.txt
    v renumber -> 512
    v close
    --
    w = open D:; MOUNT
    f read 0 6 -> STATUS_WRONG_VOLUME
  ]], result = "mounted anew, old files answer STATUS_WRONG_VOLUME" },

  { "close lock fat ntfs raw", "close the handle that locked", [[
    v = open D:
    v lock
    --
    v close; UNLOCK
  ]] },
  { "close lock fat ntfs", "close the handle that locks by its share mode", [[
    v = open D: share=
    --
    v close; UNLOCK
  ]] },
  { "close lock fat ntfs", "close after lock and dismount", [[
    v = open D:
    v lock
    v dismount
    --
    v close; UNLOCK
    w = open D:; MOUNT
  ]], result = "success; UNLOCK, MOUNT" },
  { "close lock fat ntfs", "close one of two duplicates", [[
    v = open D:
    w = v duplicate
    v lock
    --
    v close
    open D: -> STATUS_ACCESS_DENIED
    w close; UNLOCK
  ]], result = "success; UNLOCK when the last one closes" },

  { "close process", "a connection that ends without closing its handles", function(lab)
    local folder = require("spec.support.tempdir")(lab.defer) .. "/lab"
    local core = require "ntvol.sim.core"
    local machine <close> = assert(core.create(folder, {
      disks = { { size = machines.RAW_SIZE, volumes = { { letter = "D:" } } } },
    }))
    local other = assert(require("ntvol.core").connect("sim", folder))
    assert(assert(other:open "D:"):lock())
    c.refused("STATUS_ACCESS_DENIED", machine:open "D:")
    local seen = machine:events()
    assert(other:close())
    assert(assert(machine:open "D:"):close())
    assert.equal("UNLOCK", machine:events(seen[#seen].id)[1].name)
  end, result = "its locks are released; UNLOCK", only = "folder" },

  { "close lock fat", "close another handle than the one that locked, then that one twice", [[
    v = open D:
    w = open D: access=none
    v lock
    --
    w close
    v is_locked -> true
    open D: -> STATUS_ACCESS_DENIED
    v close -> true; UNLOCK
    v close -> true
  ]], result = "the lock stays; UNLOCK once" },
  { "close verify fat ntfs", "written under a lock, another file system", [[
    v = open D:
    --
    v lock; LOCK
    v renumber -> 512
    v close; UNLOCK
    w = open D:; MOUNT
    w is_mounted -> true
    w info serial
  ]], result = "LOCK, UNLOCK, MOUNT" },
  -- Not on exFAT: there it takes more sectors than the disk may write.
  { "close verify ntfs fat", "written by the disk, another file system", [[
    v = open D:
    v close
    p = open PhysicalDrive0
    p renumber -> 512
    p close
    --
    w = open D:; MOUNT
  ]] },
  { "close verify fat ntfs", "erased", function(lab)
    local v = lab:open "D:"
    assert(v:lock())
    assert.equal(512, v:write(0, ("\0"):rep(512)))
    assert(v:close())
    assert.equal("RAW", lab:open("D:"):info().file_system)
    lab:refuses("STATUS_UNRECOGNIZED_VOLUME", "D:\\a.txt")
  end, result = "RAW; STATUS_UNRECOGNIZED_VOLUME for its files" },
  { "close verify fat", "a FAT written to a volume that is RAW", function(lab)
    local v = lab:open "E:"
    assert.equal(machines.FAT_SIZE, v:write(0, machines.content "fat"))
    assert.equal("RAW", v:info().file_system)
    assert(v:close())
    lab:trail()
    local w = lab:open "E:"
    assert.equal("MOUNT", lab:trail())
    assert.equal("FAT12", w:info().file_system)
    assert.equal("OLD", w:label())
    assert.equal("alpha\n", lab:open("E:\\a.txt", { access = "r" }):read(0, 10))
  end, result = "RAW until it is closed; MOUNT", more = { "raw" } },

  { "close verify fat", "its serial number, when it was changed", [[
    v = open D:
    v renumber -> 512
    v close
    --
    w = open D:; MOUNT
    w info serial -> "4433-2211"
  ]], result = "the new one" },
})

c.not_yet(_ENV, "1.8 close")
