-- An image has one user: a machine with all of its processes, or another
-- program, or a loop device. The locks are those of QEMU, bytes of the open
-- file.

local machines = require "spec.support.machines"
local ntvol_sim = require "ntvol.sim"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local defer, folder, image

local function prepare(finally)
  defer = machines.cleanup(finally)
  folder = tempdir(defer)
  image = folder .. "/disk.img"
  local file <close> = assert(io.open(image, "wb"))
  assert(file:write(("\0"):rep(1 << 20)))
end

local function create(name, options)
  local disk = { image = image }
  for key, value in pairs(options or {}) do
    disk[key] = value
  end
  return machines.create(defer, folder .. "/" .. name, { disks = { disk } })
end

local function other_process(code)
  local child = process.start(defer)
  child:run(code:format(folder, image))
  return child
end

local CREATE = [[machine = assert(require "ntvol.sim".create("%s/other",
  { disks = { { image = "%s" } } }))]]

describe("an image", function()
  it("of one machine is refused to another, which is told whose it is", function()
    prepare(finally)
    create "a"
    local info, message = refused("STATUS_SHARING_VIOLATION", create "b")
    assert.same({ "transient", "image_in_use" }, { info.class, info.reason })
    assert.matches("disk.img", message, 1, true)
    if not proc.windows then
      assert.matches(image, message, 1, true)
      assert.matches("the machine in " .. folder .. "/a", message, 1, true)
      assert.equal(1, #info.holders)
    end
  end)

  it("of another process is refused, until that is killed", function()
    prepare(finally)
    local child = other_process(CREATE)
    local info, message = refused("STATUS_SHARING_VIOLATION", create "mine")
    if not proc.windows then
      assert.equal(child.pid, info.holders[1].pid)
      assert.matches("the machine in " .. folder .. "/other", message, 1, true)
    end
    child:kill()
    assert(create "mine")
  end)

  it("is free when the machine is closed", function()
    prepare(finally)
    assert(create "a"):close()
    assert(create "b")
  end)

  it("of a machine is used by all of its processes", function()
    prepare(finally)
    local machine = create "a"
    local child = process.start(defer)
    child:run(("machine = assert(core.connect('sim', '%s/a'))"):format(folder))
    local data = child:run [[
      local volume <close> = assert(machine:open "D:")
      assert(volume:write(0, ("x"):rep(512)))
      return volume:read(0, 512)]]
    assert.equal(("x"):rep(512), data)
    machine:close()
    refused("STATUS_SHARING_VIOLATION", create "b")
    child:kill()
    assert(create "b")
  end)

  it("of a machine is not that of a copy of the machine", function()
    local reason = machines.missing "cp"
    if reason then
      pending(reason)
    end
    prepare(finally)
    create("a"):close()
    machines.sh("cp -a %s/a %s/copy", folder, folder)
    machines.sh("chmod -R go-w %s", folder)
    local machine <close> = assert(ntvol_sim.open(folder .. "/a"))
    assert(machine:open "D:"):close()
    assert(ntvol_sim.check(folder .. "/copy", { allow_images = true }))
    local copy <close> = assert(ntvol_sim.open(folder .. "/copy"))
    assert.equal("image_in_use",
      refused("STATUS_SHARING_VIOLATION", copy:open "D:").reason)
    assert.is_true(copy:volumes()[1].unreadable)
  end)

  it("that is only read is shared by readers", function()
    prepare(finally)
    assert(create("a", { readonly = true }))
    assert(create("b", { readonly = true }))
  end)

  it("that is written is not read by another machine", function()
    prepare(finally)
    create "a"
    refused("STATUS_SHARING_VIOLATION", create("b", { readonly = true }))
  end)

  it("that was taken out of a drive is free", function()
    prepare(finally)
    local machine = create("a", { removable = true })
    assert(ntvol_sim.eject(machine, "D:"))
    assert(create "b"):close()
    assert(ntvol_sim.insert(machine, "D:", image))
    refused("STATUS_SHARING_VIOLATION", create "c")
  end)

  it("in the folder of a machine is its own", function()
    prepare(finally)
    local machine <close> = assert(ntvol_sim.create(folder .. "/a",
      { disks = { "1M:raw:D" } }))
    image = folder .. "/a/disk0.img"
    refused("STATUS_SHARING_VIOLATION", create "b")
    assert(machine:open "D:"):close()
  end)

  it("is kept by no child of fork", function()
    local reason = proc.windows and "POSIX only" or machines.missing "sleep"
    if reason then
      pending(reason)
    end
    prepare(finally)
    local child = other_process(CREATE)
    child:run [[sleeper = io.popen("exec sleep 60 & echo $!"):read "l"]]
    local sleeper = child:run "return sleeper"
    defer(function()
      os.execute("kill " .. sleeper .. " 2>/dev/null")
    end)
    child:kill()
    assert(create "mine")
  end)
end)

describe("an image of", function()
  it("a loop device is refused, which is named", function()
    local reason = proc.windows and "POSIX only" or machines.missing "losetup"
    if reason then
      pending(reason)
    end
    prepare(finally)
    local pipe = io.popen(("losetup -f --show %s 2>/dev/null"):format(image))
    local device = pipe:read "l"
    pipe:close()
    if not device then
      pending "no loop device can be attached here"
      return
    end
    local detached
    local function detach()
      if not detached then
        detached = true
        machines.sh("losetup -d %s", device)
      end
    end
    defer(detach)
    local info, message = refused("STATUS_SHARING_VIOLATION", create "a")
    assert.equal("image_in_use", info.reason)
    assert.matches(device, message, 1, true)
    assert.matches("losetup -d " .. device, info.hint, 1, true)
    detach()
    assert(create "b")
  end)

  it("a machine is not written by QEMU, and one of QEMU makes no machine",
    function()
      local reason = proc.windows and "POSIX only" or machines.missing "qemu-io"
      if reason then
        pending(reason)
      end
      prepare(finally)
      local machine = create "a"
      local write = "env -u LD_PRELOAD qemu-io -f raw -c 'write -P 7 0 512' %s 2>&1"
      local pipe = io.popen(write:format(image))
      local said = pipe:read "a"
      assert.is_nil((pipe:close()))
      assert.matches('lock', said, 1, true)
      do
        local volume <close> = assert(machine:open "D:")
        assert.equal(("\0"):rep(512), volume:read(0, 512))
      end
      machine:close()
      machines.sh(write, image)
      -- It has the image open from its first answer on.
      local ready = folder .. "/ready"
      local holder = io.popen(("env -u LD_PRELOAD qemu-io -f raw %s >%s 2>&1"):format(image, ready),
        "w")
      defer(function()
        holder:close()
      end)
      assert(holder:write "read 0 512\n")
      assert(holder:flush())
      repeat
        local file <close> = io.open(ready)
        local answer = file and file:read "a" or ""
      until answer:find("read 512/512", 1, true)
      local info, message = refused("STATUS_SHARING_VIOLATION", create "b")
      assert.same({ "image_in_use", "qemu-io", 1 },
        { info.reason, info.holders[1].name, #info.holders })
      assert.matches(("process %d (qemu-io)"):format(info.holders[1].pid),
        message, 1, true)
      assert.is_nil(io.open(folder .. "/b/machine.db"))
    end)

  it("a program that takes QEMU's locks is refused", function()
    local reason = proc.windows and "POSIX only" or machines.missing "python3"
    if reason then
      pending(reason)
    end
    prepare(finally)
    -- 101: it writes; 201: nobody else may.
    for _, byte in ipairs { 101, 200, 201 } do
      local holder = io.popen(([[python3 -c '
import fcntl, os, struct, sys
fd = os.open("%s", os.O_RDWR)
fcntl.fcntl(fd, 37, struct.pack("hhqqi", fcntl.F_RDLCK, 0, %d, 1, 0))
open("%s/ready", "w").close()
sys.stdin.read()']]):format(image, byte, folder), "w")
      local ready
      repeat
        ready = io.open(folder .. "/ready")
      until ready
      ready:close()
      os.remove(folder .. "/ready")
      local info, message = refused("STATUS_SHARING_VIOLATION", create "b")
      assert.equal("image_in_use", info.reason)
      assert.matches("python3", message)
      holder:close()
    end
  end)
end)
