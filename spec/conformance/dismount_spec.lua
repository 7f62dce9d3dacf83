-- Dismounting: docs/rules.md 1.7.

local c = require "spec.support.conformance"

c.suite(_ENV, {
  { "D1 fat ntfs", "dismount, locked by this handle", [[
    v = open D:
    v lock
    --
    v dismount; DISMOUNT
    v is_mounted -> false
    v is_locked -> true
    v info dismounted -> true
    v info locked -> true
    v info mounted -> false
  ]], result = "success; DISMOUNT, and locked as before" },

  { "D2 fat ntfs", "dismount with files and volume handles open", [[
    v = open D:
    w = open D:
    f = open D:\a.txt
    d = open D:\
    --
    v dismount; DISMOUNT
    f read 0 6 -> STATUS_VOLUME_DISMOUNTED; reason=dismounted
    f put 0 x -> STATUS_VOLUME_DISMOUNTED; reason=dismounted
    f flush -> STATUS_VOLUME_DISMOUNTED; reason=dismounted
    d flush -> STATUS_VOLUME_DISMOUNTED; reason=dismounted
    w read 0 512 -> STATUS_VOLUME_DISMOUNTED; reason=dismounted
    f is_mounted -> false
    w close
    f close
    d close
  ]], result = "success; DISMOUNT, and they answer STATUS_VOLUME_DISMOUNTED" },

  { "D3 fat ntfs raw", "open of a volume that is locked: no other handle can try", [[
    v = open D:
    v lock
    --
    open D: -> STATUS_ACCESS_DENIED
  ]] },

  { "D3 btrfs", "dismount by another handle that was open", [[
    v = open D:
    w = open D:
    v lock
    --
    w dismount -> STATUS_ACCESS_DENIED
  ]] },

  { "D4 fat ntfs", "dismount twice", [[
    v = open D:
    v dismount
    --
    v dismount -> STATUS_VOLUME_DISMOUNTED; reason=dismounted
  ]], also = "given" },
  { "D4 fat ntfs", "dismount by another handle of the dismounted instance", [[
    v = open D:
    w = open D:
    v dismount
    --
    w dismount -> STATUS_VOLUME_DISMOUNTED; reason=dismounted
  ]], also = "given" },
  { "D4 cdfs", "dismount twice, and by another handle", [[
    v = open D:
    w = open D:
    v dismount
    --
    v dismount -> STATUS_VOLUME_DISMOUNTED; DISMOUNT
    w dismount -> STATUS_VOLUME_DISMOUNTED; DISMOUNT
  ]] },
  { "D4 btrfs", "dismount twice, and by another handle", [[
    v = open D:
    w = open D:
    v dismount
    --
    v dismount
    w dismount
  ]] },
  { "D4 raw", "dismount, not locked", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED; reason=not_locked
  ]] },

  { "D5 fat ntfs btrfs", "dismount the system volume", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED; reason=system_volume; class=permanent
    v is_mounted -> true
  ]], volume = { system = true }, also = "given", result = "STATUS_ACCESS_DENIED" },
  { "D5 fat ntfs btrfs", "dismount the boot volume", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED; reason=system_volume; class=permanent
    v is_mounted -> true
  ]], volume = { boot = true }, also = "given", result = "STATUS_ACCESS_DENIED" },
  { "D5 fat ntfs btrfs", "dismount a volume with a page file", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED; reason=page_file; class=permanent
    v is_mounted -> true
  ]], volume = { pagefile = true }, also = "given", result = "STATUS_ACCESS_DENIED" },

  { "D5 cdfs", "dismount the volume that the system runs from", [[
    v = open D: access=r
    --
    v dismount; DISMOUNT
  ]], volume = { system = true, boot = true } },

  { "D6 fat ntfs", "dismount a file", [[
    f = open D:\a.txt
    --
    f dismount -> STATUS_INVALID_PARAMETER; reason=not_a_volume
    f is_mounted -> true
  ]], also = "given", result = "STATUS_INVALID_PARAMETER" },
  { "D6 fat ntfs", "dismount a directory", [[
    f = open D:\ access=r
    --
    f dismount -> STATUS_INVALID_PARAMETER; reason=not_a_volume
  ]], also = "given" },
  { "D6 fat ntfs", "dismount without the right to manage", [[
    v = open D: access=traverse+synchronize
    --
    v dismount -> STATUS_INVALID_PARAMETER; reason=privilege
  ]], also = "given" },

  { "D7 fat ntfs", "dismount a read-only volume", [[
    v = open D: access=r
    --
    v dismount; DISMOUNT
  ]], volume = { readonly = true } },

  { "D8 fat", "dismount, the handle closed by a listener", function(lab)
    local v = lab:open "D:"
    local _subscription <close> = assert(lab.machine:subscribe(function(event)
      if event.name == "DISMOUNT" then
        assert(v:close())
      end
    end))
    lab:trail()
    c.refused("STATUS_FILE_CLOSED", v:dismount())
    assert.equal("DISMOUNT; DISMOUNT_FAILED", lab:trail())
    assert(lab:open("D:"):close())
    assert.equal("", lab:trail())
  end, result = "STATUS_FILE_CLOSED; DISMOUNT, DISMOUNT_FAILED, still mounted" },
  { "D8 fat", "dismount, a listener dismounts first", function(lab)
    local v, w, done = lab:open "D:", lab:open "D:", nil
    local _subscription <close> = assert(lab.machine:subscribe(function(event)
      if event.name == "DISMOUNT" and not done then
        done = true
        assert(w:dismount())
      end
    end))
    lab:trail()
    c.refused("STATUS_VOLUME_DISMOUNTED", v:dismount())
    assert.equal("DISMOUNT; DISMOUNT", lab:trail())
  end, result = "STATUS_VOLUME_DISMOUNTED; DISMOUNT twice, no DISMOUNT_FAILED" },
  { "D8 fat", "dismount of what is dismounted is no failure to announce", [[
    v = open D:
    v dismount
    --
    v dismount -> STATUS_VOLUME_DISMOUNTED
  ]] },

  { "D9 raw", "dismount, locked", [[
    v = open D:
    v lock
    --
    v dismount
    v dismount
  ]] },
  { "D9 raw", "reading and opening after it", [[
    v = open D:
    v lock
    v dismount
    v unlock
    --
    w = open D:
    v count 0 512 -> 512
  ]], result = "success, nothing has changed" },

  { "D10 ntfs", "dismount, then lock", [[
    v = open D:
    v dismount
    --
    v lock; LOCK
  ]] },

  { "D deferred fat ntfs", "an open between dismount and close, then after the close", [[
    v = open D:
    v dismount
    --
    open D: -> STATUS_VOLUME_DISMOUNTED
    v close
    w = open D:; MOUNT
  ]] },
})

c.not_yet(_ENV, "1.7 dismount")
