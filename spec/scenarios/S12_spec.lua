-- S12: a quick format over an old signature leaves no second signature: blkid
-- and wipefs, which look everywhere, agree on one.

local btrfs = require "spec.support.btrfs"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local SIZE = 32 << 20

local function run(command)
  local output, code = proc.run(command)
  assert.equal(0, code, output)
end

local function put(path, offset, bytes)
  local file = assert(io.open(path, "r+b"))
  assert(file:seek("set", offset))
  assert(file:write(bytes))
  assert(file:close())
end

-- What was on the disk before: a name, the program it takes, and how it gets
-- there.
local OLD = {
  { "ext4", "mkfs.ext4", function(path)
    run("mkfs.ext4 -q -F " .. path)
  end },
  { "swap", "mkswap", function(path) run("mkswap -q " .. path) end },
  { "btrfs", nil, function(path)
    put(path, 0, btrfs { label = "OLD", size = SIZE })
  end },
  { "exfat", "mkfs.exfat", function(path) run("mkfs.exfat " .. path) end },
  { "ntfs", "mkfs.ntfs", function(path) run("mkfs.ntfs -q -Q -F " .. path) end },
  { "iso9660", nil, function(path)
    put(path, 0x8000, "\1CD001\1\0")
    put(path, 0x8800, "\255CD001\1")
  end },
  { "LVM2_member", nil, function(path)
    put(path, 512, "LABELONE" .. string.pack("<I8I4I4", 1, 0, 32)
      .. "LVM2 001" .. ("A"):rep(32))
  end },
  -- the members of a RAID write at their end
  { "linux_raid_member", nil, function(path)
    put(path, SIZE - 65536, string.pack("<I4I4I4", 0xa92b4efc, 0, 90))
  end },
}

-- The kinds of signatures that wipefs finds, without repetition.
local function signatures(path)
  local seen, list = {}, {}
  for _, kind in ipairs(proc.lines("wipefs -n --noheadings -O TYPE " .. path)) do
    kind = kind:match("%S+")
    if not seen[kind] then
      seen[kind] = true
      list[#list + 1] = kind
    end
  end
  table.sort(list)
  return table.concat(list, " ")
end

local function type_of(path)
  return proc.lines("blkid -p -o value -s TYPE " .. path)[1]
end

local NEW = {
  { "ntfs", "ntfs", "mkfs.ntfs -q -Q -F" }, { "fat", "vfat", "mkfs.fat" },
  { "exfat", "exfat", "mkfs.exfat" },
}

-- What wipefs finds on an empty disk with only this file system: the end of a
-- boot sector looks like that of a partition table to it.
local function alone(folder, new)
  local path = folder .. "/new.img"
  run(("truncate -s %d %s"):format(SIZE, path))
  run(new[3] .. " " .. path)
  return signatures(path)
end

-- The image, and a machine around it.
local function lab(folder, old)
  local path = folder .. "/old.img"
  run(("truncate -s %d %s"):format(SIZE, path))
  old(path)
  local machine = assert(sim.create(":memory:",
    { disks = { { image = path, volumes = { { letter = "D:" } } } } }))
  return machine, path
end

describe("S12:", function()
  if not (proc.has "wipefs" and proc.has "blkid") then
    pending "the programs wipefs and blkid are not installed"
    return
  end
  for _, old in ipairs(OLD) do
    for _, new in ipairs(NEW) do
      it(("%s over %s leaves one signature"):format(new[1], old[1]), function()
        if old[2] and not proc.has(old[2]) then
          pending("the program " .. old[2] .. " is not installed")
          return
        end
        local folder = tempdir(finally)
        local machine <close>, path = lab(folder, old[3])
        assert(signatures(path):find(old[1], 1, true),
          "the old signature is not there: " .. signatures(path))
        local object = assert(plan.change_filesystem("D:", { to = new[1],
          machine = machine }))
        assert(object:run { erase = "D:" })
        assert.equal(alone(folder, new), signatures(path))
        assert.equal(new[2], type_of(path))
      end)
    end
  end

  it("several at once are all gone", function()
    local folder = tempdir(finally)
    local machine <close>, path = lab(folder, function(path)
      for _, old in ipairs(OLD) do
        if not old[2] then
          old[3](path)
        end
      end
    end)
    local object = assert(plan.change_filesystem("D:", { to = "ntfs",
      machine = machine }))
    assert(object:run { erase = "D:" })
    assert.equal(alone(folder, NEW[1]), signatures(path))
    assert.equal("ntfs", type_of(path))
  end)
end)
