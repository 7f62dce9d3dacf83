-- Offline, exact statuses, lengths and slow requests, on the volume V: of the
-- test driver. What Wine answers itself (lock, unlock, is mounted) proves
-- nothing and is not looked at.

local helpers = require "spec.helpers"
local win = require "spec.win.support"

local driver = win.driver

local SECTOR = 512
local SIZE = 1 << 20

-- A limit that a request which waits for ever always exceeds, and one that no
-- other request does.
local SHORT, LONG = 0.05, 60

-- The driver is loaded once; every test finds it as after loading. `control` is
-- opened first, so that what it does is not counted.
local function part(title, body)
  win.describe(_ENV, "the test driver: " .. title, function(lab)
    before_each(function()
      driver.load()
      lab.control = lab:open "V:"
      driver.reset(lab.control)
      lab:defer(function()
        driver.reset(lab.control)
      end)
    end)
    body(lab)
  end)
end

part("offline and online", function(lab)
  it("is asked, set and taken back (F1, F2)", function()
    local volume = lab:open "V:"
    assert.is_false(volume:is_offline())
    assert.is_true(volume:offline())
    assert.is_true(volume:is_offline())
    assert.equal(1, driver.counts(lab.control).offline)
    assert.is_true(volume:online())
    assert.is_false(volume:is_offline())
    assert.equal(0, driver.counts(lab.control).offline)
  end)

  it("is the volume's, not the handle's", function()
    local one, two = lab:open "V:", lab:open "V:"
    assert.is_true(one:offline())
    assert.is_true(two:is_offline())
    assert(one:close())
    assert.is_true(two:is_offline())
  end)

  it("can be asked without any right", function()
    local volume = lab:open("V:", { access = "none" })
    assert.is_false(volume:is_offline())
  end)

  it("does not reach the driver from a handle without both rights (5)", function()
    for _, access in ipairs { "r", "w", "none" } do
      local volume = lab:open("V:", { access = access })
      helpers.refused("ERROR_ACCESS_DENIED", volume:offline())
    end
    assert.equal(0, driver.counts(lab.control).offline)
  end)

  it("stops reading and writing, and says why", function()
    local volume = lab:open "V:"
    assert.equal(SECTOR, volume:write(0, ("a"):rep(SECTOR)))
    assert(volume:offline())
    for _, try in ipairs {
      function() return volume:read(0, SECTOR) end,
      function() return volume:write(0, ("b"):rep(SECTOR)) end,
    } do
      local _, info = helpers.refused("ERROR_NOT_READY", try())
      assert.equal("STATUS_DEVICE_NOT_READY", info.status_name)
      assert.equal("offline", info.reason)
      assert(info.hint:find("online", 1, true))
    end
    assert(volume:online())
    assert.equal(("a"):rep(SECTOR), volume:read(0, SECTOR))
  end)

  it("hides the length, with another status of the same error 21", function()
    local volume = lab:open "V:"
    assert.equal(SIZE, volume:size())
    assert(volume:offline())
    local _, info = helpers.refused("ERROR_NOT_READY", volume:size())
    assert.equal("STATUS_DEVICE_OFF_LINE", info.status_name)
    assert.equal("offline", info.reason)
  end)
end)

part("what it is", function(lab)
  it("says its size, geometry, place and number", function()
    local volume = lab:open "V:"
    assert.equal("volume", volume:kind())
    assert.equal(SIZE, volume:size())
    assert.equal(SECTOR, volume:sector_size())
    assert.same({ { disk = 0, offset = SIZE, length = SIZE } }, volume:extents())
    assert.same({ type = 7, number = 0, partition = 1 }, volume:device_number())
    local geometry = assert(volume:geometry())
    assert.equal(SECTOR, geometry.sector_size)
    assert.equal(SIZE, geometry.size)
    assert.equal(SIZE, volume:info().size)
  end)

  it("holds what is written, sector by sector", function()
    local volume = lab:open "V:"
    for sector = 0, 8 do
      local data = string.char(65 + sector):rep(SECTOR)
      assert.equal(SECTOR, volume:write(sector * SECTOR, data))
    end
    local last = SIZE - SECTOR
    assert.equal(SECTOR, volume:write(last, ("z"):rep(SECTOR)))
    local other = lab:open("V:", { timeout = LONG })
    for sector = 0, 8 do
      assert.equal(string.char(65 + sector):rep(SECTOR), other:read(sector * SECTOR, SECTOR))
    end
    assert.equal(("z"):rep(SECTOR), other:read(last, 2 * SECTOR))
    helpers.refused("ERROR_HANDLE_EOF", other:read(SIZE, SECTOR))
  end)

  it("sees every handle opened and closed once", function()
    local handles = {}
    for i = 1, 5 do
      handles[i] = lab:open "V:"
    end
    local before = driver.counts(lab.control)
    for _, handle in ipairs(handles) do
      handle:close()
      handle:close()
    end
    local after = driver.counts(lab.control)
    assert.equal(5, after.closed - before.closed)
    assert.equal(after.opened, after.closed)
  end)

  it("gets a dismount", function()
    local volume = lab:open "V:"
    volume:dismount() -- what Wine adds to the driver's answer is its own
    assert.equal(1, driver.counts(lab.control).dismounts)
  end)
end)

part("statuses", function(lab)
  for _, case in ipairs {
    { 0xC0000001, "STATUS_UNSUCCESSFUL", "ERROR_GEN_FAILURE", 31 },
    { 0xC000000D, "STATUS_INVALID_PARAMETER", "ERROR_INVALID_PARAMETER", 87 },
    { 0xC0000010, "STATUS_INVALID_DEVICE_REQUEST", "ERROR_INVALID_FUNCTION", 1 },
    { 0xC0000022, "STATUS_ACCESS_DENIED", "ERROR_ACCESS_DENIED", 5 },
    { 0xC00000A3, "STATUS_DEVICE_NOT_READY", "ERROR_NOT_READY", 21 },
    { 0x80000010, "STATUS_DEVICE_OFF_LINE", "ERROR_NOT_READY", 21 },
    { 0xC000026E, "STATUS_VOLUME_DISMOUNTED", "ERROR_NOT_READY", 21 },
    { 0xC0000013, "STATUS_NO_MEDIA_IN_DEVICE", "ERROR_NOT_READY", 21 },
    { 0x80000011, "STATUS_DEVICE_BUSY", "ERROR_BUSY", 170 },
    { 0xC00000BB, "STATUS_NOT_SUPPORTED", "ERROR_NOT_SUPPORTED", 50 },
  } do
    it("of a request come through: " .. case[2], function()
      local volume = lab:open "V:"
      driver.prepare(lab.control, "IOCTL_VOLUME_OFFLINE", { status = case[1] })
      local _, info = helpers.refused(case[3], volume:offline())
      assert.equal(case[2], info.status_name)
      assert.equal(case[1], info.status)
      assert.equal(case[4], info.win32)
      assert.same({ kind = "ntstatus", number = case[1] }, info.native)
      assert.is_true(volume:offline())
    end)

    it("come through with a time limit and a wait: " .. case[2], function()
      local volume = lab:open("V:", { timeout = LONG })
      driver.prepare(lab.control, "IOCTL_VOLUME_OFFLINE", { status = case[1], wait = 1 })
      local _, info = helpers.refused(case[3], volume:offline())
      assert.equal(case[2], info.status_name)
    end)
  end

  it("that nobody knows keep their number", function()
    local volume = lab:open "V:"
    driver.prepare(lab.control, "IOCTL_VOLUME_OFFLINE", { status = 0xDEADBEEF })
    local answer, message, _, info = volume:offline()
    assert.is_nil(answer)
    assert.equal("STATUS_0xDEADBEEF", info.status_name)
    assert(message:find("0xDEADBEEF", 1, true))
  end)

  it("of reading, writing and flushing come through", function()
    local volume = lab:open "V:"
    driver.prepare(lab.control, driver.READ, { status = 0xC000009C })
    helpers.refused("ERROR_CRC", volume:read(0, SECTOR))
    driver.prepare(lab.control, driver.WRITE, { status = 0xC00000A2 })
    helpers.refused("ERROR_WRITE_PROTECT", volume:write(0, ("w"):rep(SECTOR)))
    driver.prepare(lab.control, driver.FLUSH, { status = 0xC0000185 })
    helpers.refused("ERROR_IO_DEVICE", volume:flush())
    assert.is_true(volume:flush())
  end)

  it("of a dismount come through (D2)", function()
    local volume = lab:open "V:"
    driver.prepare(lab.control, "FSCTL_DISMOUNT_VOLUME", { status = 0xC0000022 })
    local _, info = helpers.refused("ERROR_ACCESS_DENIED", volume:dismount())
    assert.equal("STATUS_ACCESS_DENIED", info.status_name)
    assert.equal(0, driver.counts(lab.control).dismounts)
  end)

  it("UNSUCCESSFUL is a no where the code asks (1.8)", function()
    local volume = lab:open "V:"
    driver.prepare(lab.control, "IOCTL_VOLUME_IS_OFFLINE", { status = 0xC0000001 })
    assert.is_false(volume:is_offline())
    driver.prepare(lab.control, "IOCTL_VOLUME_IS_OFFLINE", { status = 0xC00000A3 })
    helpers.refused("ERROR_NOT_READY", volume:is_offline())
  end)
end)

part("lengths", function(lab)
  local CODE = "IOCTL_STORAGE_GET_HOTPLUG_INFO"

  for _, timeout in ipairs { false, LONG } do
    local how = timeout and " (with a time limit)" or ""

    local function volume()
      return lab:open("V:", timeout and { timeout = timeout } or nil)
    end

    it("of an answer are the driver's" .. how, function()
      driver.prepare(lab.control, CODE, { information = 5, fills = true })
      assert.equal(("\xEE"):rep(5), volume():control(CODE, nil, 16))
    end)

    it("larger than the room are cut" .. how, function()
      driver.prepare(lab.control, CODE, { information = 20, fills = true })
      assert.equal(("\xEE"):rep(16), volume():control(CODE, nil, 16))
    end)

    it("are nothing where there is no room, whatever the driver says" .. how, function()
      driver.prepare(lab.control, CODE, { information = 0xC6702090 })
      assert.equal("", volume():control(CODE))
    end)

    it("of an overflow: what fits is in output" .. how, function()
      driver.prepare(lab.control, CODE, { status = 0x80000005, information = 16, fills = true })
      local _, info = helpers.refused("ERROR_MORE_DATA", volume():control(CODE, nil, 16))
      assert.equal("STATUS_BUFFER_OVERFLOW", info.status_name)
      assert.equal(("\xEE"):rep(16), info.output)
    end)

    it("of a read may be short, and are never more than was asked" .. how, function()
      local v = volume()
      driver.prepare(lab.control, driver.READ, { information = 100, fills = true })
      assert.equal(("\xEE"):rep(100), v:read(0, SECTOR))
      driver.prepare(lab.control, driver.READ, { information = SECTOR + 8, fills = true })
      assert.equal(("\xEE"):rep(SECTOR), v:read(0, SECTOR))
    end)

    it("of a write may be short, and are never more than was given" .. how, function()
      local v = volume()
      driver.prepare(lab.control, driver.WRITE, { information = 0 })
      assert.equal(0, v:write(0, ("w"):rep(SECTOR)))
      driver.prepare(lab.control, driver.WRITE, { information = 0xC6702090 })
      assert.equal(SECTOR, v:write(0, ("w"):rep(SECTOR)))
    end)
  end

  it("that are too short for the question are refused", function()
    local volume = lab:open "V:"
    driver.prepare(lab.control, "IOCTL_DISK_GET_LENGTH_INFO", { information = 4, fills = true })
    local answer, message = volume:size()
    assert.is_nil(answer)
    assert(message:find("query length 'V:'", 1, true), message)
    assert.equal(SIZE, volume:size())
  end)
end)

part("slow requests", function(lab)
  local function timed_out(op, ...)
    local message, info = helpers.refused("ERROR_SEM_TIMEOUT", ...)
    assert.equal("STATUS_IO_TIMEOUT", info.status_name)
    assert.equal("timeout", info.class)
    assert.equal(op, info.op)
    return info, message
  end

  it("are waited for", function()
    local volume = lab:open "V:"
    driver.prepare(lab.control, "IOCTL_VOLUME_IS_OFFLINE", { wait = 20 })
    assert.is_true(volume:is_offline())
    driver.prepare(lab.control, "IOCTL_STORAGE_GET_HOTPLUG_INFO",
      { wait = 20, information = 8, fills = true })
    assert.equal(("\xEE"):rep(8),
      volume:control("IOCTL_STORAGE_GET_HOTPLUG_INFO", nil, 8))
  end)

  it("that end in time are like any other", function()
    local volume = lab:open("V:", { timeout = LONG })
    driver.prepare(lab.control, "IOCTL_STORAGE_GET_HOTPLUG_INFO",
      { wait = 20, information = 8, fills = true })
    assert.equal(("\xEE"):rep(8),
      volume:control("IOCTL_STORAGE_GET_HOTPLUG_INFO", nil, 8))
    driver.prepare(lab.control, driver.READ, { wait = 20, information = SECTOR, fills = true })
    assert.equal(("\xEE"):rep(SECTOR), volume:read(0, SECTOR))
  end)

  it("that take too long are cancelled, and nothing waits any more", function()
    local volume = lab:open("V:", { timeout = SHORT })
    driver.prepare(lab.control, "IOCTL_VOLUME_OFFLINE", { wait = driver.FOR_EVER })
    timed_out("offline", volume:offline())
    local counts = driver.counts(lab.control)
    assert.equal(1, counts.cancelled)
    assert.equal(0, counts.waiting)
    assert.equal(0, counts.offline)
  end)

  it("that were cancelled leave the handle usable", function()
    local volume = lab:open("V:", { timeout = SHORT })
    driver.prepare(lab.control, "IOCTL_VOLUME_IS_OFFLINE", { wait = driver.FOR_EVER, times = 3 })
    for _ = 1, 3 do
      timed_out("is offline", volume:is_offline())
    end
    assert.is_false(volume:is_offline())
    assert.equal(3, driver.counts(lab.control).cancelled)
  end)

  it("of reading and writing are cancelled, too", function()
    local volume = lab:open("V:", { timeout = SHORT })
    driver.prepare(lab.control, driver.READ, { wait = driver.FOR_EVER })
    timed_out("read", volume:read(0, SECTOR))
    driver.prepare(lab.control, driver.WRITE, { wait = driver.FOR_EVER })
    timed_out("write", volume:write(0, ("w"):rep(SECTOR)))
    assert.equal(2, driver.counts(lab.control).cancelled)
    assert.equal(("\0"):rep(SECTOR), volume:read(0, SECTOR))
  end)

  it("limit only their own handle", function()
    local limited, free = lab:open("V:", { timeout = SHORT }), lab:open "V:"
    driver.prepare(lab.control, "IOCTL_VOLUME_IS_OFFLINE", { wait = driver.FOR_EVER })
    timed_out("is offline", limited:is_offline())
    driver.prepare(lab.control, "IOCTL_VOLUME_IS_OFFLINE", { wait = 200 })
    assert.is_true(free:is_offline())
  end)

  it("that cannot be cancelled are given up: the handle is stuck", function()
    local volume = lab:open("V:", { timeout = SHORT })
    driver.prepare(lab.control, "IOCTL_STORAGE_GET_HOTPLUG_INFO",
      { wait = driver.FOR_EVER, ignores_cancel = true, information = 8, fills = true })
    local info = timed_out("query hotplug information",
      volume:control("IOCTL_STORAGE_GET_HOTPLUG_INFO", nil, 8))
    assert.equal("stuck", info.reason)
    assert.equal("stuck", timed_out("is offline", volume:is_offline()).reason)
    assert.equal(1, driver.counts(lab.control).waiting)
    assert.is_false(lab:open("V:"):is_offline())
    driver.release(lab.control)
    local counts = driver.counts(lab.control)
    assert.equal(0, counts.cancelled)
    assert.is_true(volume:close())
  end)
end)

part("formatting", function(lab)
  it("says that this Windows has no formatter: Wine has no fmifs.dll", function()
    local volume = lab:open "V:"
    -- Wine's lock means nothing; a format asks for one.
    local guard <close> = assert(volume:lock())
    assert.is_true(guard:held())
    local _, info = helpers.refused("ERROR_NOT_SUPPORTED",
      volume:format { fs = "ntfs", erase = "V:" })
    assert(info.detail:find("fmifs.dll", 1, true))
    assert.equal("untouched", info.outcome)
    assert.equal(0, driver.counts(lab.control).writes)
  end)
end)

describe("on Windows: the test driver", function()
  if win.absent() then
    pending(win.absent())
    return
  end

  it("is unloaded, and its volume gone", function()
    driver.load()
    driver.unload()
    local machine <close> = assert(helpers.core.connect("win32", ""))
    helpers.refused("ERROR_FILE_NOT_FOUND", machine:open "V:")
  end)
end)
