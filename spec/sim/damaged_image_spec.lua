-- Images of disks whose tables and containers are damaged: small good images,
-- with a few bytes changed where their structures are, the same ones every time.
-- Each makes a machine that can be looked at, or is refused with a reason and a
-- next step. The parsers alone get more of this: tools/fuzz.sh.

local machines = require "spec.support.machines"
local ntvol_sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local MIB = 1 << 20
local TIMES = 60 -- damaged images of each kind

-- The generator of C's manual page of rand.
local function generator()
  local state = 1
  return function(below)
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return (state >> 8) % below
  end
end

local function overwrite(path, place, bytes)
  local file <close> = assert(io.open(path, "r+b"))
  assert(file:seek("set", place))
  assert(file:write(bytes))
end

local function read(path, place, length)
  local file <close> = assert(io.open(path, "rb"))
  assert(file:seek("set", place))
  return file:read(length)
end

-- Values that stand at the edges of what fields may hold.
local VALUES = { "\0", "\1", "\xff", "\x7f", "\x80", "\xee", "\5", "\x0f",
  "\xff\xff\xff\xff", "\0\0\0\0", "\xff\xff\xff\x7f",
  "\xff\xff\xff\xff\xff\xff\xff\xff", "\0\0\0\0\0\0\0\x80" }

local function look(machine)
  for _, volume in ipairs(machine:volumes()) do
    local ends = volume.extents[1].offset + volume.extents[1].length
    assert(volume.extents[1].length > 0)
    assert(volume.unreadable or ends <= machine:disks()[1].size)
    local handle, _, _, info = machine:open(volume.name)
    if handle then
      assert(handle:read(0, 4096))
      assert(handle:close())
    else
      assert.equal("partition_table", info.reason)
    end
  end
  local disk <close> = assert(machine:open "PhysicalDrive0")
  local out, message, _, info =
    disk:control("IOCTL_DISK_GET_DRIVE_LAYOUT_EX", "", 1 << 20)
  assert(out or info.reason == "partition_table", message)
  local updated, why, _, details = disk:control "IOCTL_DISK_UPDATE_PROPERTIES"
  assert(updated or details.reason == "partition_table", why)
end

local REASONS = { partition_table = true, image_format = true, image = true }

local function try(path)
  local machine, message, _, info =
    ntvol_sim.create(":memory:", { disks = { { image = path } } })
  if not machine then
    assert(info.class ~= "usage" or info.hint, message)
    assert(REASONS[info.reason] or info.status_name == "STATUS_INVALID_PARAMETER",
      message)
    assert.is_string(info.hint)
    return
  end
  local ok, problem = pcall(look, machine)
  machine:close()
  assert(ok, problem)
end

local KINDS = {
  { "mbr", "sfdisk", { { 440, 72 }, { 1 * MIB + 446, 66 },
      { 3 * MIB + 446, 66 } },
    "printf 'label: dos\\n128,1024,7\\n2048,12288,5\\n4096,1024,7\\n"
      .. "8192,1024,c\\n' | sfdisk -q %s" },
  { "gpt", "sfdisk", { { 440, 72 }, { 512, 92 }, { 1024, 384 },
      { 8 * MIB - 512, 92 } },
    "printf 'label: gpt\\n2048,2048\\n4096,2048\\n' | sfdisk -q %s" },
  { "qcow2", "qemu-img", { { 0, 112 } }, "qemu-img create -q -f qcow2 %s 8M" },
  { "vhdx", "qemu-img", { { 0, 64 }, { 0x10000, 128 } },
    "qemu-img create -q -f vhdx %s 8M" },
  { "vmdk", "qemu-img", { { 0, 128 } }, "qemu-img create -q -f vmdk %s 8M" },
  { "vdi", "qemu-img", { { 0, 160 } }, "qemu-img create -q -f vdi %s 8M" },
  { "dynamic vhd", "qemu-img", { { 0, 512 }, { -512, 512 } },
    "qemu-img create -q -f vpc %s 8M" },
  { "fixed vhd", "qemu-img", { { -512, 512 } },
    "qemu-img create -q -f vpc -o subformat=fixed %s 8M" },
}

-- A good image of 8 MiB, as its own program makes it. QEMU hangs below a
-- preloaded checker.
local function image(finally, kind)
  local reason = machines.missing(kind[2], "truncate")
  if reason then
    pending(reason)
  end
  local path = tempdir(machines.cleanup(finally)) .. "/disk.img"
  machines.sh("truncate -s 8M %s", path)
  machines.sh("env -u LD_PRELOAD " .. kind[4], path)
  return path
end

describe("a damaged image of", function()
  for _, kind in ipairs(KINDS) do
    it(kind[1] .. " makes a machine to look at, or is refused", function()
      local path = image(finally, kind)
      local file <close> = assert(io.open(path, "rb"))
      local length = file:seek "end"
      local random = generator()
      try(path)
      for _ = 1, TIMES do
        local old = {}
        for i = 1, 1 + random(3) do
          local range = kind[3][1 + random(#kind[3])]
          local value = VALUES[1 + random(#VALUES)]
          local first = range[1] < 0 and length + range[1] or range[1]
          local place = first + random(range[2] - #value + 1)
          if place + #value <= length then
            old[i] = { place, read(path, place, #value) }
            overwrite(path, place, value)
          end
        end
        try(path)
        for i = 4, 1, -1 do
          if old[i] then
            overwrite(path, old[i][1], old[i][2])
          end
        end
      end
    end)

    it(kind[1] .. " may be cut off anywhere", function()
      local path = image(finally, kind)
      for _, size in ipairs { 7 * MIB, 4 * MIB + 511, MIB + 512, MIB + 100, 4096,
        2000, 1024, 1023, 512 } do
        if machines.sh("stat -c %%s %s", path):match "%d+" + 0 > size then
          machines.sh("truncate -s %d %s", size, path)
          try(path)
        end
      end
    end)
  end
end)
