-- Who has what open: volume:holders, machine:holders.

local core = require "ntvol.core"
local json = require "ntvol.json"
local machines = require "spec.support.machines"

-- "volume handle; open file \a.txt"
local function hows(list)
  local texts = {}
  for i, holder in ipairs(list) do
    assert(math.type(holder.pid) == "integer" and holder.pid > 0)
    assert.is_true(holder.self)
    assert(holder.name ~= "")
    texts[i] = holder.path and holder.how .. " " .. holder.path or holder.how
  end
  return table.concat(texts, "; ")
end

machines.each(_ENV, function(lab)
  it("holders: there are none beside the handle that asks", function()
    lab:start()
    local v = lab:open "D:"
    local list = assert(v:holders())
    assert.same({}, list)
    assert.is_true(list.complete)
    assert.is_nil(list.missing)
    assert.equal("[]", json.encode(list))
  end)

  it("holders: all that is open on the volume, in order", function()
    lab:start()
    local v = lab:open "D:"
    lab:open("D:", { access = "r" })
    lab:open("D:", { access = "none" })
    local file = lab:open("D:\\a.txt", { access = "r" })
    lab:open("D:\\Some Dir", { access = "r" })
    assert(file:map { image = true })
    assert(file:map())
    lab:open "E:"
    local all = "volume handle; device handle; open file \\a.txt;"
      .. " directory \\Some Dir; image \\a.txt; mapped file \\a.txt"
    assert.equal(all, hows(assert(v:holders())))
    assert.equal("volume handle; " .. all,
      hows(assert(lab.machine:holders "D:")))
    assert.equal("volume handle", hows(assert(lab.machine:holders "E:")))
  end)

  it("holders: asking mounts nothing, opens nothing and leaves no trace", function()
    lab:start()
    assert.same({}, lab.machine:holders "D:")
    assert.same({}, lab.machine:holders "D:")
    assert.equal("", lab:trail())
    assert.is_false(lab.machine:volumes()[1].mounted)
  end)

  it("holders: who holds the lock is told", function()
    lab:start()
    local v = lab:open "D:"
    assert(v:lock())
    assert.equal("lock", hows(assert(lab.machine:holders "D:")))
    assert(v:unlock())
    assert.equal("volume handle", hows(assert(lab.machine:holders "D:")))
  end)

  it("holders: those of a file are its own", function()
    lab:start()
    local v = lab:open "D:"
    local file = lab:open("D:\\a.txt", { access = "r" })
    assert.equal("", hows(assert(file:holders())))
    lab:open("D:\\A.TXT", { access = "r" })
    lab:open("D:\\long file name.txt", { access = "r" })
    local section = assert(file:map())
    assert.equal("open file \\a.txt; mapped file \\a.txt",
      hows(assert(file:holders())))
    assert.equal("open file \\a.txt; open file \\a.txt",
      hows(assert(section:holders())))
    assert.equal(4, #v:holders())
  end)

  it("holders: those of a disk name the volume", function()
    lab:start()
    local disk = lab:open "PhysicalDrive0"
    lab:open "PhysicalDrive0"
    lab:open "D:"
    lab:open("D:\\a.txt", { access = "r" })
    lab:open "E:"
    assert.equal("disk handle; volume handle D:; open file D:\\a.txt",
      hows(assert(disk:holders())))
  end)

  it("holders: those of a dismounted volume are still there", function()
    lab:start()
    local v, w = lab:open "D:", lab:open "D:"
    assert(v:dismount())
    assert.equal("volume handle", hows(assert(v:holders())))
    assert(w:close())
    assert.same({}, v:holders())
  end)

  it("holders: what is not there has none", function()
    lab:start()
    lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", "Q:")
    local info = machines.refused("STATUS_OBJECT_NAME_NOT_FOUND",
      lab.machine:holders "Q:")
    assert.equal("open", info.op)
  end)

  it("holders: is a capability", function()
    lab:start()
    assert.is_true(lab:open("D:"):capabilities().holders)
    assert.equal("volume", core.type(lab:open "D:"))
  end)
end)
