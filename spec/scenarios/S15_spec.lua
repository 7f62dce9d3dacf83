-- S15: an offline volume opens, but its I/O says that it is not ready. I/O of
-- the disk below still works.

local machines = require "spec.support.machines"
local shared = require "spec.support.shared"

describe("S15: an offline volume", function()
  local function start()
    local lab = shared.start(finally)
    local volume = assert(lab.machine:open "D:")
    assert(volume:lock())
    assert(volume:dismount())
    assert(volume:offline())
    assert(volume:close())
    return lab.machine
  end

  local function not_ready(...)
    local info, message = machines.refused("STATUS_DEVICE_NOT_READY", ...)
    assert.equal("offline", info.reason)
    assert.equal(21, info.win32)
    assert(message:find("bring it online first", 1, true), message)
    return info
  end

  it("opens, and says that it is offline", function()
    local machine = start()
    local volume <close> = assert(machine:open "D:")
    assert.is_true(volume:is_offline())
    assert.is_true(machine:volumes()[1].offline)
  end)

  it("is not ready for I/O, and waiting is no way out", function()
    local machine = start()
    local volume <close> = assert(machine:open "D:")
    not_ready(volume:read(0, 512))
    not_ready(volume:write(0, ("x"):rep(512)))
    local info = not_ready(machine:open("D:\\a.txt", { wait = 3600 }))
    assert.equal(1, info.attempts)
  end)

  it("leaves its disk usable", function()
    local machine = start()
    local disk <close> = assert(machine:open "PhysicalDrive0")
    assert.equal(machines.content("fat"):sub(1, 512), disk:read(0, 512))
    local sector = ("\xA5"):rep(512)
    assert.equal(512, disk:write(machines.FAT_SIZE - 512, sector))
    assert.equal(sector, disk:read(machines.FAT_SIZE - 512, 512))
  end)

  it("is ready again when it is online", function()
    local machine = start()
    do
      local volume <close> = assert(machine:open "D:")
      assert(volume:online())
    end
    local file <close> = assert(machine:open("D:\\a.txt", { access = "r" }))
    assert.equal("alpha\n", file:read(0, 6))
  end)
end)
