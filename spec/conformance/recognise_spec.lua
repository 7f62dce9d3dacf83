-- Which file system a volume has, and which volumes are in use from the start:
-- docs/rules.md 10.1.

local c = require "spec.support.conformance"
local sim = require "ntvol.sim"

local cases = {}
local function add(id, text, body, more)
  local case = more or {}
  case[1], case[2], case[3] = id, text, body
  cases[#cases + 1] = case
end

local BLOCK = ("\0"):rep(4096)

-- Writes `text` into D: through its disk.
local function plant(lab, offset, text)
  local disk <close> = assert(lab.machine:open "PhysicalDrive0")
  local block = assert(disk:read(offset // 512 * 512, 512))
  local at = offset % 512
  assert(disk:write(offset // 512 * 512,
    block:sub(1, at) .. text .. block:sub(at + #text + 1)))
end

local SIGNATURES = { { "btrfs", 0x10040, "_BHRfS_M" },
  { "LUKS", 0x8000, "SKUL\xBA\xBE" }, { "XFS", 0x20000, "XFSB" } }
for _, one in ipairs(SIGNATURES) do
  add("W1 fat ntfs", "with a signature of " .. one[1] .. " on it", function(lab)
    local before = lab.machine:volumes()[1].file_system
    assert.not_equal("RAW", before)
    plant(lab, one[2], one[3])
    lab:open "D:"
    local volume = lab.machine:volumes()[1]
    assert.equal(before, volume.file_system)
    assert.is_true(volume.mounted)
  end, { result = "it is mounted as what its boot sector says" })
end

for _, flag in ipairs { "system", "boot", "pagefile" } do
  add("W2", "written through its disk, with the flag " .. flag, function(lab)
    local disk = lab:open "PhysicalDrive0"
    for _, offset in ipairs { 0, 1 << 19 } do
      local info = c.refused("STATUS_ACCESS_DENIED", disk:write(offset, BLOCK))
      assert.equal("system_volume", info.reason)
    end
  end, { volume = { [flag] = true }, result = "STATUS_ACCESS_DENIED" })
end

local function looked_at(mounted)
  return function()
    local machine <close> = assert(sim.create(":memory:", { mounted = mounted,
      disks = { "8M:fat:D" } }))
    assert.equal(mounted, machine:volumes()[1].mounted)
    local disk <close> = assert(machine:open "PhysicalDrive0")
    if not mounted then
      return assert.equal(#BLOCK, disk:write(1 << 20, BLOCK))
    end
    c.refused("STATUS_ACCESS_DENIED", disk:write(1 << 20, BLOCK))
    local volume <close> = assert(machine:open "D:")
    c.refused("STATUS_ACCESS_DENIED", volume:write(1 << 20, BLOCK))
    assert(volume:lock())
    assert.equal(#BLOCK, disk:write(1 << 20, BLOCK))
  end
end
add("W3", "written through its disk, mounted from the start", looked_at(true),
  { posix = "it is formatted", result = "STATUS_ACCESS_DENIED until it is locked" })
add("W3", "written through its disk, not mounted", looked_at(false),
  { posix = "it is formatted" })

c.suite(_ENV, cases)
