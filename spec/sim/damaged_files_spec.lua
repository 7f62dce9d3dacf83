-- File systems whose bytes are damaged: good images of every kind that files are
-- read from, with some bytes changed where their structures are, the same ones
-- every time. All of it is listed and read. Whatever does not work is refused as
-- damaged, or as what no reader knows; nothing ends the process.

local iso = require "spec.support.iso"
local machines = require "spec.support.machines"
local ntvol_sim = require "ntvol.sim"
local proc = require "spec.support.proc"
local sweep = require "spec.support.sweep"
local tempdir = require "spec.support.tempdir"

local TIMES = sweep.pick(40, 400, 20000) -- damaged images of each kind
local VALUES = { "\0", "\1", "\2", "\x10", "\x7f", "\x80", "\xfe", "\xff",
  "\xff\xff\xff\xff", "\0\0\0\0", "\xff\xff\xff\x7f",
  "\xff\xff\xff\xff\xff\xff\xff\xff" }

local REASONS = { file_system = true, no_file_reader = true,
  no_file_system = true, past_end = true, not_found = true, name = true,
  unknown_code = true, system_file = true, sparse_file = true,
  encoded_file = true }

local function refused(message, info)
  assert(REASONS[info.reason] or info.status_name == "STATUS_END_OF_FILE"
    or info.status_name == "STATUS_FILE_CORRUPT_ERROR"
    or info.status_name:find "^STATUS_OBJECT_", message)
  assert(info.hint or info.class ~= "usage", message)
end

-- Opens a path, and all that is in it.
local function walk(machine, path, depth)
  local handle, message, _, info = machine:open(path, { access = "r" })
  if not handle then
    return refused(message, info)
  end
  local _ <close> = handle
  if handle:kind() ~= "directory" then
    local data, why, _, details = handle:read(0, 4096)
    return data or refused(why, details)
  end
  local list, why, _, details = handle:list()
  if not list then
    return refused(why, details)
  end
  for i = 1, depth < 3 and math.min(#list, 20) or 0 do
    walk(machine, path:gsub("\\$", "") .. "\\" .. list[i].name, depth + 1)
  end
end

local QUERIES = { "FSCTL_GET_VOLUME_BITMAP", "FSCTL_GET_NTFS_VOLUME_DATA",
  "FSCTL_QUERY_FAT_BPB", "FSCTL_IS_VOLUME_DIRTY",
  "FSCTL_FILESYSTEM_GET_STATISTICS" }

local function look(machine)
  for _, info in ipairs(machine:volumes()) do
    assert.is_string(tostring(info))
    walk(machine, info.name .. "\\", 0)
    local volume <close> = assert(machine:open(info.name, { access = "r" }))
    for _, code in ipairs(QUERIES) do
      volume:control(code, ("\0"):rep(8), 4096)
    end
    assert(volume:read(0, 4096))
  end
end

local function try(path, cdrom)
  local machine <close> = assert(ntvol_sim.create(":memory:",
    { disks = { { image = path, cdrom = cdrom, readonly = true } } }))
  look(machine)
end

-- The sectors that are not empty.
local function used_sectors(bytes)
  local list, at = {}, 1
  while true do
    local found = bytes:find("[^\0]", at)
    if not found then
      return list
    end
    local sector = (found - 1) // 512
    list[#list + 1] = sector * 512
    at = (sector + 1) * 512 + 1
  end
end

local function damage(path, bytes, sectors, random)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(bytes))
  -- the structures are in front, so most changes are there
  local most = #sectors // ({ 1, 4, 16 })[random(3)]
  for _ = 1, ({ 1, 2, 8, 32 })[random(4)] do
    local sector = sectors[random(math.max(most, math.min(8, #sectors)))]
    local value = VALUES[random(#VALUES)]
    assert(file:seek("set", sector + random(512 - #value)))
    assert(file:write(value))
  end
end

local function joliet()
  return iso { label = "MY_CD", files = { ["DIR/A.TXT;1"] = "text" },
    joliet = { ["A folder/A long name.txt"] = "text" } }
end

local KINDS = {
  { "FAT", false, function() return machines.content "fat" end },
  { "exFAT", false, function() return machines.content "exfat" end },
  { "NTFS", false, function() return machines.content "ntfs" end },
  { "a CD", true, function() return machines.content "cdfs" end },
  { "a CD with Joliet", true, joliet },
}

describe("a damaged file system of", function()
  for number, kind in ipairs(KINDS) do
    it(kind[1] .. " is listed and read, or refused as what it is", function()
      local reason = machines.missing("mkfs.fat", "mmd", "mcopy", "mkfs.ntfs",
        "ntfscp", "mkfs.exfat", "fsck.exfat")
      if reason or proc.windows then
        pending(reason or "this build cannot look into the file systems of images")
      end
      local path = tempdir(machines.cleanup(finally)) .. "/disk.img"
      local bytes = kind[3]()
      local sectors, random = used_sectors(bytes), sweep.random(number)
      for n = 1, TIMES do
        damage(path, bytes, sectors, random)
        local ok, problem = pcall(try, path, kind[2])
        assert(ok, ("seed %d, image %d: %s"):format(sweep.seed, n,
          tostring(problem)))
      end
    end)
  end
end)

describe("a file on a CD", function()
  it("that is interleaved is not damaged: no reader knows it", function()
    local path = tempdir(machines.cleanup(finally)) .. "/cd.iso"
    local bytes = iso { label = "MY_CD", files = { ["A.TXT;1"] = "text" } }
    local name = assert(bytes:find("A.TXT;1", 1, true))
    -- the unit and the gap of ECMA-119 9.1.7 and 9.1.8
    machines.put(path, bytes:sub(1, name - 8) .. "\1\1" .. bytes:sub(name - 5))
    local machine <close> = assert(ntvol_sim.create(":memory:",
      { disks = { { image = path, cdrom = true } } }))
    local file, message, _, info =
      machine:open("D:\\A.TXT", { access = "r" })
    if file then
      message, _, info = select(2, file:read(0, 4))
      file:close()
    end
    assert.equal("no_file_reader", info.reason, message)
    assert.equal("STATUS_NOT_SUPPORTED", info.status_name)
  end)
end)
