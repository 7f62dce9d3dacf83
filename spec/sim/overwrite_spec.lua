-- Overwriting files where they lie: which ones can be, files in several pieces,
-- and how much waits (simulator.md, "Files").

local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local function connect(defer, folder, image)
  local machine = assert(sim.create(folder .. "/lab",
    { disks = { { image = image } } }))
  defer(function()
    machine:close()
  end)
  return machine
end

describe("a FAT volume:", function()
  local defer, folder, finish, image

  before_each(function()
    local reason = machines.missing("mkfs.fat", "mcopy", "mdel")
    if reason then
      pending(reason)
    end
    defer = machines.cleanup(function(f)
      finish = f
    end)
    folder = tempdir(defer)
    image = folder .. "/fat.img"
    machines.sh("truncate -s 16M %s && mkfs.fat -F 16 -n LABEL %s", image, image)
  end)

  after_each(function()
    finish()
  end)

  local function copy(name, data)
    machines.put(folder .. "/file", data)
    machines.sh("mcopy -i %s %s/file '::%s'", image, folder, name)
  end

  -- What mtools reads, which knows nothing of us.
  local function extract(name)
    machines.sh("mcopy -n -i %s '::%s' %s/out", image, name, folder)
    local data = proc.slurp(folder .. "/out")
    assert(os.remove(folder .. "/out"))
    return data
  end

  it("a file in many pieces is overwritten in all of them", function()
    local big = ("0123456789abcdef"):rep(20000)
    local wanted
    for i = 1, 40 do
      copy("gap" .. i, ("x"):rep(5000))
    end
    for i = 1, 40, 2 do
      machines.sh("mdel -i %s ::gap%d", image, i)
    end
    copy("big", big)
    local machine = connect(defer, folder, image)
    do
      local f <close> = assert(machine:open "D:\\big")
      local other = big:gsub("a", "Z")
      assert.equal(#other, f:write(0, other))
      assert.equal(other, f:read(0, #other))
      assert.equal(3, f:write(77777, "new"))
      wanted = other:sub(1, 77777) .. "new" .. other:sub(77781)
      assert.equal(wanted, f:read(0, #wanted))
    end
    assert.equal(wanted, extract "big")
    assert.equal(("x"):rep(5000), extract "gap2")
  end)

  it("more than 1 MiB does not wait", function()
    local size = 3 << 20
    copy("large", ("l"):rep(size))
    copy("other", ("o"):rep(4096))
    local machine = connect(defer, folder, image)
    local f, g = assert(machine:open "D:\\large"), assert(machine:open "D:\\other")
    assert.equal(4, g:write(10, "wait"))
    assert.equal(2 << 20, f:write(1, ("A"):rep(2 << 20)))
    assert.equal("l" .. ("A"):rep(2 << 20) .. ("l"):rep(size - (2 << 20) - 1),
      extract "large")
    assert.equal(("o"):rep(4096), extract "other")
    -- With the fourth it is more than the limit, because `other` waits, too.
    for i = 0, 3 do
      assert.equal("l", extract "large":sub(1, 1))
      assert.equal(256 << 10, f:write(i << 18, ("B"):rep(256 << 10)))
    end
    assert.equal(("B"):rep(1 << 20) .. "A",
      extract "large":sub(1, (1 << 20) + 1))
    assert.equal(("o"):rep(10) .. "wait" .. ("o"):rep(4082), extract "other")
    assert(f:close())
    assert(g:close())
  end)

  -- Whoever locked or dismounted the volume writes below its file system:
  -- nothing may come after that (L1, I5).
  local OLD, RAW = ("old!"):rep(128), ("raw!"):rep(128)

  local function waiting()
    copy("file", OLD)
    local at = assert(proc.slurp(image):find(OLD, 1, true)) - 1
    local machine = connect(defer, folder, image)
    local f = assert(machine:open "D:\\file")
    local v = assert(machine:open "D:")
    assert.equal(OLD, v:read(at, 512)) -- only the first access writes back
    assert.equal(512, f:write(0, ("late"):rep(128)))
    assert(v:offline())
    return f, v, at
  end

  it("I5: what waits is lost by a dismount while the volume is offline",
    function()
      local f, v, at = waiting()
      assert(v:dismount())
      assert(v:online())
      assert.equal(512, v:write(at, RAW))
      assert.equal(RAW, v:read(at, 512))
      f:close()
      assert(v:close())
      assert.equal(RAW, extract "file")
    end)

  it("L1: what waits is lost by a lock while the volume is offline", function()
    local f, v, at = waiting()
    f:close()
    assert(v:lock())
    assert(v:online())
    assert.equal(512, v:write(at, RAW))
    assert(v:dismount())
    assert.equal(RAW, v:read(at, 512))
    assert(v:close())
    assert.equal(RAW, extract "file")
  end)

  it("L1: what waits is written back by a lock, even one that is refused",
    function()
      copy("file", OLD)
      local machine = connect(defer, folder, image)
      local f = assert(machine:open "D:\\file")
      local v = assert(machine:open "D:")
      assert.equal(#RAW, f:write(0, RAW))
      assert.equal(OLD, extract "file")
      refused("STATUS_ACCESS_DENIED", v:lock())
      assert.equal(RAW, extract "file")
      assert(f:close())
      assert(v:close())
    end)

  it("an empty file cannot be mapped", function()
    copy("empty", "")
    local machine = connect(defer, folder, image)
    local f <close> = assert(machine:open "D:\\empty")
    refused("STATUS_MAPPED_FILE_SIZE_ZERO", f:map())
    refused("STATUS_NOT_SUPPORTED", f:write(0, "x"))
  end)

  it("its label is no file", function()
    local machine = connect(defer, folder, image)
    local dir <close> = assert(machine:open("D:\\", { access = "r" }))
    assert.same({}, dir:list())
    refused("STATUS_OBJECT_NAME_NOT_FOUND",
      machine:open "D:\\LABEL       (Volume Label Entry)")
    local created = "a file (Volume Label Entry)"
    assert(dir:close())
    machine:close()
    machines.sh("rm -r %s/lab", folder)
    copy(created, "text")
    machine = connect(defer, folder, image)
    local f <close> = assert(machine:open("D:\\" .. created, { access = "r" }))
    assert.equal("text", f:read(0, 10))
  end)
end)

describe("exFAT", function()
  it("has a file in many pieces overwritten in all of them", function()
    local reason = machines.missing("mkfs.exfat", "fsck.exfat")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local image = folder .. "/e.img"
    local before = machines.content "exfat"
    machines.put(image, before)
    local machine = connect(defer, folder, image)
    local f = assert(machine:open "D:\\long file name.txt")
    local size = #machines.FILES["long file name.txt"]
    assert.equal(size - 100, f:write(100, ("N"):rep(size - 100)))
    assert(f:flush())
    assert(f:close())
    local after = proc.slurp(image)
    assert.equal(size - 100, select(2, after:gsub("N", "N"))
      - select(2, before:gsub("N", "N")))
    for _, kept in ipairs { "alpha\n", "in a folder\n",
      before:sub(1, 32 * 512) } do
      assert(after:find(kept, 1, true))
    end
    machines.sh("fsck.exfat -n %s", image)
    local g <close> = assert(machine:open("D:\\long file name.txt",
      { access = "r" }))
    assert.equal(machines.FILES["long file name.txt"]:sub(1, 100)
      .. ("N"):rep(size - 100), g:read(0, size))
  end)

  it("lists what was put there, and nothing of its own", function()
    local reason = machines.missing "mkfs.exfat"
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.sh("truncate -s 8M %s/e.img && mkfs.exfat -L EX %s/e.img", folder, folder)
    local machine = connect(defer, folder, folder .. "/e.img")
    local dir <close> = assert(machine:open("D:\\", { access = "r" }))
    assert.same({}, dir:list())
  end)
end)

describe("an NTFS file", function()
  local NAME = "long file name.txt"

  -- The image with the $DATA attribute of the file changed: `patch` gets the
  -- attribute as its file record has it, and answers another of the same length.
  -- Offsets: the NTFS documentation of the Linux-NTFS project.
  local function create(finally, patch)
    local reason = machines.missing("mkfs.ntfs", "ntfscp")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local bytes = machines.content "ntfs"
    local utf16 = NAME:gsub(".", "%0\0")
    local record
    for at in bytes:gmatch "()FILE0" do
      if bytes:sub(at, at + 1023):find(utf16, 1, true) then
        record = at
        break
      end
    end
    local offset = record + string.unpack("<I2", bytes, record + 20)
    while string.unpack("<I4", bytes, offset) ~= 0x80 do
      offset = offset + string.unpack("<I4", bytes, offset + 4)
    end
    local length = string.unpack("<I4", bytes, offset + 4)
    local attribute = bytes:sub(offset, offset + length - 1)
    local patched = patch(attribute)
    assert.equal(length, #patched)
    machines.put(folder .. "/n.img",
      bytes:sub(1, offset - 1) .. patched .. bytes:sub(offset + length))
    return connect(defer, folder, folder .. "/n.img")
  end

  local function refuses(finally, reason, at, patch)
    local machine = create(finally, patch)
    local f <close> = assert(machine:open("D:\\" .. NAME))
    local info = refused("STATUS_NOT_SUPPORTED", f:write(at, "x"))
    assert.equal(reason, info.reason)
    assert(info.hint)
    return f
  end

  it("that is plain is overwritten", function()
    local machine = create(finally, function(attribute)
      return attribute
    end)
    local f <close> = assert(machine:open("D:\\" .. NAME))
    assert.equal(1, f:write(0, "x"))
  end)

  it("that is encrypted refuses", function()
    refuses(finally, "encoded_file", 0, function(attribute)
      return attribute:sub(1, 12) .. "\0\x40" .. attribute:sub(15)
    end)
  end)

  it("refuses where it was not given a value, and takes the rest", function()
    local machine = create(finally, function(attribute)
      return attribute:sub(1, 56) .. string.pack("<I8", 5000) .. attribute:sub(65)
    end)
    local f <close> = assert(machine:open("D:\\" .. NAME))
    for _, span in ipairs { { 5000, "x" }, { 4999, "xy" } } do
      local info = refused("STATUS_NOT_SUPPORTED", f:write(span[1], span[2]))
      assert.equal("uninitialized", info.reason)
    end
    assert.equal(machines.FILES[NAME]:sub(4991, 5000), f:read(4990, 10))
    assert.equal(1, f:write(4999, "x"))
    assert.equal("x\0", f:read(4999, 2))
  end)

  it("refuses where it has no clusters", function()
    refuses(finally, "sparse_file", 0, function(attribute)
      local runs = string.unpack("<I2", attribute, 33)
      local head = attribute:byte(runs + 1)
      local size, place = head & 15, head >> 4
      local run = string.char(size) .. attribute:sub(runs + 2, runs + 1 + size) .. "\0"
      return attribute:sub(1, runs) .. run
        .. ("\0"):rep(place - 1) .. attribute:sub(runs + #run + place)
    end)
  end)
end)
