-- Notifications: docs/rules.md 2.

local c = require "spec.support.conformance"
local core = require "ntvol.core"
local rows = require "spec.conformance.rows"

local cases = {}
local function add(case)
  cases[#cases + 1] = case
end

-- Steps that leave an event of each kind; D: is FAT.
local CAUSES = {
  LOCK = "v lock",
  LOCK_FAILED = "w = open D:\nv lock -> STATUS_ACCESS_DENIED",
  UNLOCK = "v lock\nv unlock",
  DISMOUNT = "v dismount",
  MOUNT = "v flush",
  DISMOUNT_FAILED = function(lab)
    local v = lab:open "D:"
    local _subscription <close> = assert(lab.machine:subscribe(function(event)
      if event.name == "DISMOUNT" then
        assert(v:close())
      end
    end))
    c.refused("STATUS_FILE_CLOSED", v:dismount())
  end,
}

for _, row in ipairs(rows) do
  local name, guid, code = row.text:match("^(%S+) (%x+%-%S+) (%d+)$")
  local cause = CAUSES[name]
  if row.table == "2 identifiers" and name then
    add { row.id, "its name", function()
      assert.same({ guid = guid, code = tonumber(code) }, core.events[name])
    end, result = guid .. ", " .. code, shared = true }
  end
  if row.table == "2 identifiers" and cause then
    add { row.id, "the event of a request", function(lab)
      local found
      if type(cause) == "function" then
        cause(lab)
      else
        lab:play("v = open D:\n" .. cause .. "\n--\nv is_offline -> false")
      end
      for _, event in ipairs(lab.machine:events()) do
        found = found or event.name == name and event.guid
      end
      assert.equal(guid, found)
    end, result = guid }
  end
end

add { "2 GUID others", "a medium that leaves and one that comes", function(lab)
  local v = lab:open "E:"
  assert(v:eject())
  assert(v:control "IOCTL_STORAGE_LOAD_MEDIA")
  local list = lab.machine:events()
  local left, came = list[#list - 1], list[#list]
  assert.same({ "MEDIA_REMOVAL", "d07433c1-a98e-11d2-917a-00a0c9068ff3", "E:" },
    { left.name, left.guid, left.target })
  assert.same({ "MEDIA_ARRIVAL", "d07433c0-a98e-11d2-917a-00a0c9068ff3", "E:" },
    { came.name, came.guid, came.target })
end, result = "MEDIA_REMOVAL, MEDIA_ARRIVAL with their GUIDs", removable = true }

-- What a subscription saw, and when: "verb" is said between the steps.
local function listen(lab, react)
  local heard = {}
  lab.subscription = assert(lab.machine:subscribe(function(event)
    if event.kind == "volume" then
      heard[#heard + 1] = event.name
      if react then
        react(event)
      end
    end
  end))
  lab.defer(function()
    lab.subscription:close()
  end)
  return function()
    local text = table.concat(heard, "; ")
    heard = {}
    return text
  end
end

for _, case in ipairs {
  { "2 before", "a listener closes the file and the handle that would be in the way",
    function(lab)
      for _, letter in ipairs { "D:", "E:" } do
        local v <close> = lab:open(letter)
        local f, w = lab:open(letter .. "\\a.txt"), lab:open(letter)
        local heard = listen(lab, function(event)
          if event.name == "LOCK" then
            assert.is_false(v:is_locked())
            assert(f:close())
            assert(w:close())
          end
        end)
        assert(v:lock())
        assert.equal("LOCK", heard())
        lab.subscription:close()
        lab:refuses("STATUS_ACCESS_DENIED", letter)
      end
    end, result = "lock succeeds; LOCK", more = { "ntfs" } },
  { "2 before", "the disk goes away at LOCK", function(lab)
    local v = lab:open "D:"
    local heard = listen(lab, function(event)
      if event.name == "LOCK" then
        assert(lab.machine:mask(0))
      end
    end)
    c.refused("STATUS_FILE_INVALID", v:lock())
    assert.equal("LOCK; LOCK_FAILED", heard())
  end, result = "STATUS_FILE_INVALID; LOCK, LOCK_FAILED" },
  { "2 before", "a listener reads a file at DISMOUNT", function(lab)
    local v, f = lab:open "D:", lab:open "D:\\a.txt"
    local text
    local heard = listen(lab, function(event)
      text = event.name == "DISMOUNT" and f:read(0, 100) or text
    end)
    assert(v:dismount())
    assert.equal("alpha\n", text)
    c.refused("STATUS_VOLUME_DISMOUNTED", f:read(0, 100))
    assert.equal("DISMOUNT", heard())
  end, result = "it is read, then STATUS_VOLUME_DISMOUNTED" },
  { "2 before", "a listener looks at the volume at DISMOUNT", function(lab)
    local v = lab:open "D:"
    local dismounted
    local heard = listen(lab, function(event)
      if event.name == "DISMOUNT" then
        dismounted = v:info().dismounted
      end
    end)
    assert(v:dismount())
    assert.equal("DISMOUNT", heard())
    assert.is_false(dismounted)
  end, result = "not dismounted yet; DISMOUNT" },

  { "2 after", "a listener opens the volume at UNLOCK", function(lab)
    local v = lab:open "D:"
    assert(v:lock())
    local w
    local heard = listen(lab, function(event)
      if event.name == "UNLOCK" then
        w = assert(lab.machine:open "D:")
      end
    end)
    assert(v:unlock())
    assert.equal("UNLOCK", heard())
    assert(w:close())
  end, result = "success; UNLOCK" },

  { "2 after", "a listener takes the volume at UNLOCK", function(lab)
    local v, taken = lab:open "D:", nil
    assert(v:lock())
    local heard = listen(lab, function(event)
      if event.name == "UNLOCK" and not taken then
        local w = lab:open "D:"
        assert(v:close())
        taken = assert(w:lock())
      end
    end)
    assert(v:unlock())
    assert.equal("UNLOCK; LOCK", heard())
    assert.is_true(taken:held())
    lab.subscription:close()
  end, result = "success; UNLOCK, LOCK" },

  { "2 failed", "a listener reopens its file at LOCK_FAILED", function(lab)
    local v, w = lab:open "D:", lab:open "D:"
    local f = lab:open "D:\\a.txt"
    local again
    local heard = listen(lab, function(event)
      if event.name == "LOCK" then
        assert(f:close())
      elseif event.name == "LOCK_FAILED" then
        again = assert(lab.machine:open "D:\\a.txt")
      end
    end)
    c.refused("STATUS_ACCESS_DENIED", v:lock())
    assert.equal("LOCK; LOCK_FAILED", heard())
    assert.equal("alpha\n", again:read(0, 6))
    assert(again:close())
    assert(w:close())
  end, result = "STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED" },

  { "2 listener fat ntfs", "a listener that keeps its volume handle", function(lab)
    local v = lab:open "D:"
    local mine = lab:open("D:", { access = "r" })
    local heard = listen(lab)
    c.refused("STATUS_ACCESS_DENIED", v:lock())
    assert.equal("LOCK; LOCK_FAILED", heard())
    assert(mine:close())
  end, result = "STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED" },
  { "2 listener fat ntfs", "a listener without data access", function(lab)
    local v = lab:open "D:"
    local mine = lab:open("D:", { access = "none" })
    local heard = listen(lab)
    assert(v:lock())
    assert.equal("LOCK", heard())
    assert(mine:close())
  end, result = "success; LOCK" },

  { "2 dismount alone fat ntfs", "dismount without a lock", [[
    v = open D:
    --
    v dismount; DISMOUNT
  ]] },

  { "2 parameters fat ntfs", "wrong handle, no right, dismounted already", [[
    v = open D:
    f = open D:\a.txt
    w = open D: access=traverse
    d = open D: access=none
    v dismount
    --
    d lock -> STATUS_INVALID_DEVICE_REQUEST
    d unlock -> STATUS_INVALID_DEVICE_REQUEST
    d dismount -> STATUS_INVALID_DEVICE_REQUEST
    f lock -> STATUS_INVALID_PARAMETER
    f unlock -> STATUS_INVALID_PARAMETER
    f dismount -> STATUS_INVALID_PARAMETER
    w lock -> STATUS_INVALID_PARAMETER
    w dismount -> STATUS_INVALID_PARAMETER
    v unlock -> STATUS_NOT_LOCKED
    v dismount -> STATUS_VOLUME_DISMOUNTED
  ]], result = "no event" },
  { "2 parameters cdfs", "wrong handle", [[
    v = open D:
    f = open D:\a.txt access=r
    --
    f lock -> STATUS_INVALID_PARAMETER
    f unlock -> STATUS_INVALID_PARAMETER
    f dismount -> STATUS_INVALID_PARAMETER
    v unlock -> STATUS_NOT_LOCKED
  ]], result = "no event" },
  { "2 parameters cdfs", "dismount, dismounted already", [[
    v = open D:
    v dismount
    --
    v dismount -> STATUS_VOLUME_DISMOUNTED; DISMOUNT
  ]] },
  { "2 parameters cdfs", "a dismount that fails", function(lab)
    local v = lab:open "D:"
    local _subscription <close> = assert(lab.machine:subscribe(function(event)
      if event.name == "DISMOUNT" then
        assert(v:close())
      end
    end))
    lab:trail()
    c.refused("STATUS_FILE_CLOSED", v:dismount())
    assert.equal("DISMOUNT", lab:trail())
  end, result = "STATUS_FILE_CLOSED; DISMOUNT, never DISMOUNT_FAILED" },
  { "2 parameters fat ntfs", "dismount of the boot volume", [[
    v = open D:
    --
    v dismount -> STATUS_ACCESS_DENIED
  ]], volume = { boot = true }, result = "no event" },

  { "2 unlock fat", "by unlock, by close, of a lock by share mode", [[
    v = open D:
    --
    v lock; LOCK
    v unlock; UNLOCK
    v lock; LOCK
    v close; UNLOCK
    w = open D: share=
    w close; UNLOCK
  ]], result = "UNLOCK each time" },
  { "2 unlock ntfs", "by close, of a lock by share mode", [[
    v = open D:
    --
    v lock; LOCK
    v close; UNLOCK
    w = open D: share=
    w close; UNLOCK
  ]], result = "UNLOCK each time" },

  { "2 offline", "offline and online", function(lab)
    local v = lab:open "D:"
    assert(v:dismount())
    lab:trail()
    assert(v:offline())
    assert(v:online())
    local seen = lab.seen
    assert.equal("", lab:trail())
    lab.seen = seen
    assert.equal("OFFLINE; ONLINE", lab:trail "state")
  end, result = "no event of the file system" },

  { "2 trace lock unlock close fat", "lock, unlock, close", [[
    v = open D:
    --
    v lock; LOCK
    v unlock; UNLOCK
    v close
    w = open D:
  ]], result = "LOCK, UNLOCK" },
  { "2 trace lock fails fat ntfs", "lock with a file open", [[
    v = open D:
    f = open D:\a.txt
    --
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
  ]] },
  { "2 trace lock close fat ntfs", "lock, close", [[
    v = open D:
    --
    v lock; LOCK
    v close; UNLOCK
    w = open D:
  ]], result = "LOCK, UNLOCK" },
  { "2 trace format fat ntfs", "lock, write, dismount, unlock, close, open", [[
    v = open D:
    --
    v lock; LOCK
    v renumber -> 512
    v dismount; DISMOUNT
    v unlock; UNLOCK
    v close
    w = open D:; MOUNT
  ]], result = "LOCK, DISMOUNT, UNLOCK, MOUNT" },
  { "2 trace dismount close open fat ntfs", "dismount, close, open", [[
    v = open D:
    --
    v dismount; DISMOUNT
    v close
    w = open D:; MOUNT
  ]], result = "DISMOUNT, MOUNT" },
  { "2 trace dismount twice fat ntfs", "dismount, dismount", [[
    v = open D:
    --
    v dismount; DISMOUNT
    v dismount -> STATUS_VOLUME_DISMOUNTED
  ]], result = "DISMOUNT" },
  { "2 trace offline fat ntfs", "lock, dismount, offline, close, open", [[
    v = open D:
    --
    v lock; LOCK
    v dismount; DISMOUNT
    v offline
    v close; UNLOCK
    w = open D:
    w close
  ]], result = "LOCK, DISMOUNT, UNLOCK" },
  { "2 trace remount ntfs", "lock, unlock, close, open", [[
    v = open D:
    --
    v lock; LOCK
    v unlock; UNLOCK
    v close
    w = open D:; MOUNT
  ]], result = "LOCK, UNLOCK, MOUNT" },
} do
  add(case)
end

c.suite(_ENV, cases)
c.not_yet(_ENV, "2 events")
