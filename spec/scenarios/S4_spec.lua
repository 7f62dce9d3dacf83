-- S4: the script's own process holds it. It is said so plainly.

local machines = require "spec.support.machines"
local shared = require "spec.support.shared"

describe("S4: the script itself is in the way", function()
  local function check(path, words, how)
    local lab = shared.start(finally)
    local machine = lab:virtual()
    local volume = assert(machine:open "D:")
    local leaked = assert(machine:open(path, { access = "r" }))
    local info, message = machines.refused("STATUS_ACCESS_DENIED",
      volume:lock { wait = 2 })
    local holder = info.holders[1]
    assert.equal(1, #info.holders)
    assert.is_true(holder.self)
    assert.equal(how, holder.how)
    assert(message:find(("1 holder: this script (pid %d, %s)"):format(holder.pid,
      words), 1, true), message)
    assert(leaked:close())
    assert(volume:lock())
  end

  it("with a file", function()
    check("D:\\a.txt", "open file \\a.txt", "open file")
  end)

  it("with a folder", function()
    check("D:\\Some Dir", "directory \\Some Dir", "directory")
  end)

  it("with a second handle of the volume", function()
    check("D:", "volume handle", "volume handle")
  end)

  it("and on_busy can tell that, and close it", function()
    local lab = shared.start(finally)
    local child = lab:child()
    child:run [[other = assert(machine:open("D:\\Some Dir", { access = "r" }))]]
    local machine = lab:virtual()
    local volume = assert(machine:open "D:")
    local mine = assert(machine:open("D:\\a.txt", { access = "r" }))
    local asked = {}
    local guard, waited = volume:lock { wait = 60,
      on_busy = function(holders)
        for _, holder in ipairs(holders) do
          asked[#asked + 1] = holder.self and "self" or holder.pid
        end
        if holders[1].self or holders[2] then
          return mine:close()
        end
        return child:run "return other:close()"
      end }
    assert.is_true(guard:held())
    assert.same({ child.pid, "self", child.pid }, asked)
    assert.equal(3, waited.attempts)
  end)

  it("with its current directory", function()
    pending("a simulated volume is no folder of this system: nothing can be in"
      .. " it; a machine of block devices could tell")
  end)
end)
