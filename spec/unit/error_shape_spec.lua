-- The shape of a failure: nil, message, code, info; and what the tables of the
-- vocabulary say about it.

local helpers = require "spec.helpers"

local core, fake, refused = helpers.core, helpers.fake, helpers.refused
local STATUS = core.statuses

describe("a failure", function()
  before_each(helpers.start)
  after_each(helpers.finish)

  -- The failure of one read, with what fake.fail() is told.
  local function fail_read(status, details)
    local volume = helpers.volume()
    fake.fail("read", 1, status, details)
    return volume:read(0, 512)
  end

  local function info_of(status, details)
    return select(4, fail_read(status, details))
  end

  it("names operation, object and reason", function()
    local message, info = refused("ERROR_ACCESS_DENIED",
      fail_read(STATUS.STATUS_ACCESS_DENIED, {
        reason = "in_use", detail = "somebody reads", hint = "wait for it",
      }))
    assert.equal("read", info.op)
    assert.equal("D:", info.target)
    assert.equal(0xC0000022, info.status)
    assert.equal("STATUS_ACCESS_DENIED", info.status_name)
    assert.equal(5, info.win32)
    assert.equal("in_use", info.reason)
    assert.equal("somebody reads", info.detail)
    assert.equal("wait for it", info.hint)
    assert.matches("^read 'D:': .*somebody reads.*wait for it", message)
    assert.matches("%[ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED%]$", message)
  end)

  it("leaves out what is not known", function()
    local volume = helpers.volume()
    fake.fail("info", 1, STATUS.STATUS_IO_DEVICE_ERROR)
    local info = select(4, volume:info())
    for _, field in ipairs {
      "reason", "detail", "hint", "outcome", "native",
      "holders", "holders_complete", "holders_missing",
    } do
      assert.is_nil(info[field], field)
    end
  end)

  it("comes back whatever the status is", function()
    local count = 0
    for name, status in pairs(STATUS) do
      if status >= 0x80000000 and name ~= "STATUS_NO_MORE_ENTRIES" then
        count = count + 1
        local code = select(3, fail_read(status))
        local _, info = refused(code, fail_read(status))
        assert.equal(status, info.status)
        assert.equal(name, info.status_name)
        local entry = core.errors[code]
        assert.equal(entry.win32, info.win32, name)
      end
    end
    assert(count > 40)
  end)

  it("has a name also for a status outside of the list", function()
    local _, message, code, info = fail_read(0xC0ABCDEF)
    assert.equal("STATUS_0xC0ABCDEF", info.status_name)
    assert.equal(317, info.win32)
    assert.equal("ERROR_MR_MID_NOT_FOUND", code)
    assert(message:find("STATUS_0xC0ABCDEF", 1, true), message)
  end)

  it("carries the native number and its kind", function()
    local kinds = { "errno", "win32", "ntstatus", "sqlite", "exit" }
    for number, kind in ipairs(kinds) do
      local info = info_of(STATUS.STATUS_IO_DEVICE_ERROR,
        { native_kind = number, native = -number })
      assert.same({ kind = kind, number = -number }, info.native)
    end
  end)

  it("says what the object holds now", function()
    local info = info_of(STATUS.STATUS_IO_DEVICE_ERROR,
      { untouched = true })
    assert.equal("untouched", info.outcome)
  end)

  it("lists holders", function()
    local info = info_of(STATUS.STATUS_SHARING_VIOLATION,
      { holders = 2 })
    assert.same({
      {
        pid = 100, self = true, name = "holder",
        how = "open file \\a.txt",
      },
      {
        pid = 101, self = false, name = "holder",
        how = "open file \\a.txt",
      },
    }, info.holders)
    assert.is_true(info.holders_complete)
    assert.is_nil(info.holders_missing)
  end)

  it("says why a list of holders may be incomplete", function()
    local info = info_of(STATUS.STATUS_SHARING_VIOLATION,
      { holders = 1, missing = "cannot look into other processes" })
    assert.is_false(info.holders_complete)
    assert.equal("cannot look into other processes", info.holders_missing)
  end)

  it("says when there are more holders than it lists", function()
    local info = info_of(STATUS.STATUS_SHARING_VIOLATION,
      { holders = 40 })
    assert.equal(16, #info.holders)
    assert.is_false(info.holders_complete)
    assert.equal("string", type(info.holders_missing))
  end)

  it("is one line of text, whatever the detail is", function()
    local message = select(2, fail_read(
      STATUS.STATUS_IO_DEVICE_ERROR, { detail = "two\r\nlines" }))
    assert.is_nil(message:find("[\r\n]"))
  end)

  it("is raised as it is by assert", function()
    local volume = helpers.volume()
    fake.fail("read", 1, STATUS.STATUS_ACCESS_DENIED)
    helpers.raises("read 'D:': access denied", function()
      assert(volume:read(0, 512))
    end)
  end)

  describe("of an operation that is not there", function()
    local unsupported = "ERROR_NOT_SUPPORTED"

    it("names operation and machine", function()
      local machine = helpers.machine()
      for _, verb in ipairs { "mask", "unmask" } do
        local message, info = refused(unsupported, machine[verb](machine, 1))
        assert.equal(verb, info.op)
        assert.equal("PhysicalDrive1", info.target)
        assert.equal("unsupported", info.class)
        assert(message:find("fake machine", 1, true), message)
      end
    end)

    it("names operation and handle", function()
      local disk = helpers.volume("PhysicalDrive0")
      local calls = {
        flush = disk:capabilities().flush == false and
          table.pack(disk:flush()),
        write = table.pack(disk:write(0, ("x"):rep(512))),
        query = table.pack(disk:info()),
      }
      for op, answer in pairs(calls) do
        local _, info = refused(unsupported, table.unpack(answer, 1, answer.n))
        assert.equal(op, info.op)
        assert.equal("PhysicalDrive0", info.target)
      end
    end)

    it("names a machine kind that nobody registered", function()
      local message, info = refused(unsupported, core.connect("moon", "base"))
      assert.equal("moon:base", info.target)
      assert.equal("unknown_kind", info.reason)
      assert(message:find("fake", 1, true), message)
    end)
  end)

  describe("of each method", function()
    -- slot that fails -> calls that must answer it
    local volume_calls = {
      control = {
        "lock", "unlock", "dismount", "offline", "online", "size", "extents",
        "geometry", "device_number", "is_mounted", "is_offline",
        "extended_io", "eject",
      },
      info = { "info", "identity", "label" },
      flush = { "flush" },
      close = { "close" },
    }

    for slot, names in pairs(volume_calls) do
      for _, name in ipairs(names) do
        it("volume:" .. name, function()
          local volume = helpers.volume()
          fake.fail(slot, 1, STATUS.STATUS_IO_DEVICE_ERROR)
          local _, info = refused("ERROR_IO_DEVICE", volume[name](volume))
          assert.equal("D:", info.target)
        end)
      end
    end

    it("volume:control and volume:write", function()
      local volume = helpers.volume()
      fake.fail("control", 1, STATUS.STATUS_IO_DEVICE_ERROR)
      local _, info = refused("ERROR_IO_DEVICE",
        volume:control("FSCTL_IS_VOLUME_DIRTY", nil, 4))
      assert.equal("is dirty", info.op)
      fake.fail("write", 1, STATUS.STATUS_MEDIA_WRITE_PROTECTED)
      refused("ERROR_WRITE_PROTECT", volume:write(0, ("x"):rep(512)))
    end)

    for slot, name in pairs {
      next_volume = "volumes", next_disk = "disks", next_event = "events",
    } do
      it("machine:" .. name .. ", also in the middle", function()
        local machine = helpers.machine()
        for nth = 1, 2 do
          fake.fail(slot, nth, STATUS.STATUS_IO_DEVICE_ERROR)
          local _, info = refused("ERROR_IO_DEVICE", machine[name](machine))
          assert.equal("fake:spec", info.target)
        end
      end)
    end

    it("machine:uninstall", function()
      local machine = helpers.machine()
      fake.fail("uninstall", 1, STATUS.STATUS_DEVICE_BUSY, { holders = 1 })
      local _, info = refused("ERROR_BUSY", machine:uninstall("D:"))
      assert.equal("uninstall", info.op)
      assert.equal(1, #info.holders)
      assert.is_true(machine:uninstall("D:"))
    end)

    it("machine:eject, which says who refused", function()
      local machine = helpers.machine()
      fake.fail("eject", 1, STATUS.STATUS_DEVICE_BUSY, { veto = true })
      local _, info = refused("ERROR_BUSY", machine:eject("PhysicalDrive0"))
      assert.equal("eject", info.op)
      assert.equal("PhysicalDrive0", info.target)
      assert.same({ type = "driver", name = "fake.sys" }, info.veto)
      assert.is_true(machine:eject("PhysicalDrive0"))
      assert.equal(2, fake.stats().eject)
      local other <close> = assert(core.connect("formatter", "spec"))
      _, info = refused("ERROR_NOT_SUPPORTED", other:eject("D:"))
      assert.is_nil(info.veto)
    end)

    it("volume:media_removal", function()
      local volume = helpers.volume()
      for _, allowed in ipairs { true, false } do
        -- the fake knows no such code: the drive has no lock
        local _, info = refused("ERROR_INVALID_FUNCTION",
          volume:media_removal(allowed))
        assert.equal("D:", info.target)
      end
      helpers.raises("boolean expected, got no value", volume.media_removal,
        volume)
      helpers.raises("boolean expected, got number", volume.media_removal,
        volume, 1)
    end)

    it("open and connect", function()
      local machine = helpers.machine()
      local _, info = refused("ERROR_FILE_NOT_FOUND", machine:open("Q:"))
      assert.equal("open", info.op)
      assert.equal("Q:", info.target)
      fake.fail("connect", 1, STATUS.STATUS_OBJECT_PATH_NOT_FOUND)
      _, info = refused("ERROR_PATH_NOT_FOUND", core.connect("fake", "nowhere"))
      assert.equal("fake:nowhere", info.target)
    end)
  end)

  it("of a buffer that is too small has what fits", function()
    local volume = helpers.volume()
    local code = "IOCTL_DISK_GET_DRIVE_GEOMETRY_EX"
    local whole = assert(volume:control(code, "", 32))
    local _, info = refused("ERROR_MORE_DATA", volume:control(code, "", 24))
    assert.equal(whole:sub(1, 24), info.output)
    _, info = refused("ERROR_MORE_DATA", volume:control(code))
    assert.equal("", info.output)
  end)

  it("of a question is not its no", function()
    local volume = helpers.volume()
    assert.is_true(volume:is_mounted())
    assert.is_false(volume:is_offline())
    assert(volume:dismount())
    assert.is_false(volume:is_mounted())
  end)

  it("does not disturb tostring", function()
    local volume = helpers.volume()
    fake.fail("info", 1, STATUS.STATUS_IO_DEVICE_ERROR, { every = true })
    assert.equal("ntvol.volume (D:)", tostring(volume))
  end)
end)

describe("the vocabulary", function()
  it("has the five control codes of the documentation", function()
    local wanted = {
      FSCTL_LOCK_VOLUME = 0x00090018,
      FSCTL_UNLOCK_VOLUME = 0x0009001C,
      FSCTL_DISMOUNT_VOLUME = 0x00090020,
      IOCTL_VOLUME_ONLINE = 0x0056C008,
      IOCTL_VOLUME_OFFLINE = 0x0056C00C,
    }
    for name, code in pairs(wanted) do
      assert.equal(code, core.codes[name], name)
    end
  end)

  it("puts control codes together", function()
    assert.equal(0x0056C00C, core.ctl_code(0x56, 3, 0, 3))
    assert.equal(0xFFFFFFFF, core.ctl_code(0xFFFF, 0xFFF, 3, 3))
    assert.equal(0, core.ctl_code(0, 0, 0, 0))
    helpers.raises("device 65536 is not from 0 to 65535",
      core.ctl_code, 0x10000, 0, 0, 0)
    helpers.raises("function 4096 is not from 0 to 4095",
      core.ctl_code, 0, 0x1000, 0, 0)
    helpers.raises("method 4 is not from 0 to 3", core.ctl_code, 0, 0, 4, 0)
    helpers.raises("access -1 is not from 0 to 3", core.ctl_code, 0, 0, 0, -1)
    helpers.raises("number expected", core.ctl_code, 0, 0, 0)
  end)

  it("says of every error what it is", function()
    local statuses = 0
    for name, entry in pairs(core.errors) do
      assert.matches("^%u[%u%d_]+$", name)
      assert.equal("integer", math.type(entry.win32))
      assert.equal("string", type(entry.class))
      assert(entry.message ~= "", name)
      assert(#entry.statuses > 0, name)
      for _, status in ipairs(entry.statuses) do
        statuses = statuses + 1
        assert.equal("integer", math.type(core.statuses[status]), status)
      end
    end
    local known = 0
    for _ in pairs(core.statuses) do
      known = known + 1
    end
    assert.equal(known, statuses)
  end)

  it("keeps apart what Win32 calls by one name", function()
    local wanted = {}
    for _, name in ipairs(core.errors.ERROR_NOT_READY.statuses) do
      wanted[name] = true
    end
    assert.is_true(wanted.STATUS_VOLUME_DISMOUNTED)
    assert.is_true(wanted.STATUS_DEVICE_OFF_LINE)
    assert.is_true(wanted.STATUS_NO_MEDIA_IN_DEVICE)
    assert.equal(21, core.errors.ERROR_NOT_READY.win32)
  end)
end)
