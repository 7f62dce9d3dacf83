-- What the simulated machine of the Windows build does not do, it refuses with
-- the reason and what to do. Other specs are skipped where they need it, see
-- spec/support/win/limits.lua.

local proc = require "spec.support.proc"

describe("a simulated machine on Windows", function()
  if not proc.windows then
    pending "this is not Windows: make test-wine"
    return
  end

  local limits = require "spec.support.win.limits"
  local machines = require "spec.support.machines"
  local refused = machines.refused

  local function start(finally, content)
    local machine = assert(limits.plain.create(":memory:",
      { disks = { { size = "4M", volumes = { { letter = "D:" } } } } }))
    finally(function()
      machine:close()
    end)
    if content then
      local disk <close> = assert(machine:open "PhysicalDrive0")
      assert(disk:write(0, machines.content(content)))
    end
    return machine
  end

  it("refuses files, and opens the volume and its root folder", function()
    local machine = start(finally, "ntfs")
    local info = refused("STATUS_NOT_SUPPORTED",
      limits.plain.open(machine, "D:\\a.txt"))
    assert.equal("no_file_reader", info.reason)
    assert.equal("string", type(info.hint))
    for _, name in ipairs { "D:", "D:\\", "PhysicalDrive0" } do
      assert(limits.plain.open(machine, name)):close()
    end
  end)

  it("refuses to format, and has touched nothing", function()
    local machine = start(finally, "ntfs")
    local volume = assert(machine:open "D:")
    assert(volume:lock())
    local before = volume:read(0, 4096)
    local info = refused("STATUS_NOT_SUPPORTED",
      limits.plain.format(volume, { fs = "fat", erase = "D:" }))
    assert.equal("mkfs_missing", info.reason)
    assert.equal("string", type(info.hint))
    assert.equal(before, volume:read(0, 4096))
  end)

  it("refuses to be made with a file system", function()
    local answer, message, code, info = limits.plain.create(":memory:",
      { disks = { "8M:fat:D" } })
    assert.is_nil(answer)
    assert.equal("ERROR_NOT_SUPPORTED", code, message)
    assert.equal("mkfs_missing", info.reason)
  end)
end)
