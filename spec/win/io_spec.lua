-- Bytes of raw volumes: they are compared with the image files themselves. The
-- image behind G: has in every sector the number of that sector.

local helpers = require "spec.helpers"
local win = require "spec.win.support"

local SECTOR = 512
local SIZE = 4 << 20

win.describe(_ENV, "reading and writing", function(lab)
  local function number_of(sector)
    return math.tointeger(tonumber((sector:gsub("%s", ""))))
  end

  it("reads from the offset that was asked for", function()
    local volume = lab:open "G:"
    for _, sector in ipairs { 0, 1, 4711, SIZE // SECTOR - 1 } do
      assert.equal(sector, number_of(volume:read(sector * SECTOR, SECTOR)))
    end
  end)

  it("reads many sectors at once", function()
    local volume = lab:open "G:"
    assert.equal(win.image("G", SECTOR, 1 << 20), volume:read(SECTOR, 1 << 20))
  end)

  it("reads the same through handles that are open at the same time", function()
    local one, two = lab:open "G:", lab:open("G:", { timeout = 30 })
    for sector = 100, 110 do
      assert.equal(one:read(sector * SECTOR, SECTOR), two:read(sector * SECTOR, SECTOR))
    end
  end)

  it("ends a read at the end of the volume", function()
    local volume = lab:open "G:"
    assert.equal(SECTOR, #volume:read(SIZE - SECTOR, 4 * SECTOR))
  end)

  it("has nothing to read at the end and past it", function()
    local volume = lab:open "G:"
    for _, offset in ipairs { SIZE, 2 * SIZE, 1 << 40 } do
      local _, info = helpers.refused("ERROR_HANDLE_EOF", volume:read(offset, SECTOR))
      assert.equal("STATUS_END_OF_FILE", info.status_name)
    end
  end)

  it("writes to the image, at the offset, and nowhere else", function()
    local volume = lab:open "F:"
    local offset = 2 << 20
    local data = string.pack("<I8", 0x1122334455667788):rep(128)
    local before = win.image("F", offset - SECTOR, SECTOR)
    local behind = win.image("F", offset + #data, SECTOR)
    assert.equal(#data, volume:write(offset, data))
    assert.is_true(volume:flush())
    assert.equal(data, win.image("F", offset, #data))
    assert.equal(before, win.image("F", offset - SECTOR, SECTOR))
    assert.equal(behind, win.image("F", offset + #data, SECTOR))
    assert.equal(data, volume:read(offset, #data))
  end)

  it("writes the same with a time limit, when memory is copied", function()
    local volume = lab:open("F:", { timeout = 30 })
    local offset = 3 << 20
    local data = ("limit!!\n"):rep(8 << 10)
    assert.equal(#data, volume:write(offset, data))
    assert.equal(data, win.image("F", offset, #data))
    assert.equal(data, volume:read(offset, #data))
  end)

  it("demands whole sectors before Windows is asked (1.11)", function()
    local volume = lab:open "F:"
    helpers.raises("sector", volume.read, volume, 1, SECTOR)
    helpers.raises("sector", volume.read, volume, 0, 10)
    helpers.raises("sector", volume.write, volume, 0, "short")
  end)

  it("does not work on a closed handle", function()
    local volume = lab:open "F:"
    assert.is_true(volume:close())
    assert.is_true(volume:close())
    helpers.raises("closed", volume.read, volume, 0, SECTOR)
  end)
end)

-- FSCTL_IS_VOLUME_MOUNTED is one of the codes that Wine answers without doing
-- anything. It leaves any number in the length of the answer.
win.describe(_ENV, "the length of an answer", function(lab)
  for _, capacity in ipairs { 0, 1, 16, 4096 } do
    it(("is at most the room for it: %d"):format(capacity), function()
      local volume = lab:open "F:"
      local answer = assert(volume:control("FSCTL_IS_VOLUME_MOUNTED", nil, capacity))
      assert(#answer <= capacity, #answer)
    end)

    it(("with a time limit: %d"):format(capacity), function()
      local volume = lab:open("F:", { timeout = 30 })
      local answer = assert(volume:control("FSCTL_IS_VOLUME_MOUNTED", nil, capacity))
      assert(#answer <= capacity, #answer)
    end)
  end
end)
