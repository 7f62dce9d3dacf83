-- How handles live and end: machines, volumes and lock guards are closed
-- exactly once on every path, and say so when they are used afterwards.

local helpers = require "spec.helpers"
local proc = require "spec.support.proc"

local core, fake = helpers.core, helpers.fake
local raises, refused = helpers.raises, helpers.refused

local STATUS = core.statuses

local function methods_of(object)
  local names = {}
  for name in pairs(debug.getmetatable(object).__index) do
    names[#names + 1] = name
  end
  table.sort(names)
  assert(#names > 3)
  return names
end

-- What each class needs to be tested by the same rules. `make` returns an open
-- object and what must be closed after it; `close` ends it.
local classes = {
  {
    name = "machine",
    make = function()
      return assert(core.connect("fake", "spec"))
    end,
    counter = "disconnect",
    harmless = { close = true },
  },
  {
    name = "volume",
    make = function()
      local machine = assert(core.connect("fake", "spec"))
      return assert(machine:open("D:")), machine
    end,
    counter = "close",
    harmless = { close = true },
  },
  {
    name = "lock",
    make = function()
      local machine = assert(core.connect("fake", "spec"))
      local volume = assert(machine:open("D:"))
      return assert(volume:lock()), machine
    end,
    close = "unlock",
    counter = "control",
    harmless = { unlock = true, held = true, volume = true, help = true },
  },
}

local function finish_with(machine)
  if machine then
    assert(machine:close())
  end
end

-- Things that are of no class, or of another one.
local function strangers(class)
  local list = { 42, "D:", {}, io.stdout, print }
  local opened
  if class.name ~= "machine" then
    opened = assert(core.connect("fake", "other"))
    list[#list + 1] = opened
  end
  return list, opened
end

local function check_wrong_self(class, f)
  local wanted = ("ntvol.%s expected, got "):format(class.name)
  local list, opened = strangers(class)
  raises(wanted, f)
  raises(wanted, f, nil)
  for _, value in ipairs(list) do
    raises(wanted, f, value)
  end
  finish_with(opened)
end

describe("life of a handle:", function()
  before_each(helpers.start)
  after_each(helpers.finish)

  for _, class in ipairs(classes) do
    describe(class.name, function()
      local closing = class.close or "close"

      local function sample_methods()
        local object, machine = class.make()
        local index = debug.getmetatable(object).__index
        local names = methods_of(object)
        if class.name == "machine" then
          machine = object
        end
        finish_with(machine)
        return names, index
      end

      it("is of its type, open and closed", function()
        local object, machine = class.make()
        assert.equal(class.name, core.type(object))
        assert.is_true(object[closing](object))
        assert.equal("closed " .. class.name, core.type(object))
        finish_with(machine)
      end)

      it("has a metatable that scripts cannot reach", function()
        local object, machine = class.make()
        assert.equal("ntvol." .. class.name, getmetatable(object))
        assert.is_nil(object.__gc)
        assert.is_nil(object.__close)
        assert.is_nil(object.__index)
        object[closing](object)
        finish_with(machine)
      end)

      it("closes once, however often it is asked", function()
        local object, machine = class.make()
        local before = fake.stats()[class.counter]
        for _ = 1, 3 do
          assert.is_true(object[closing](object))
        end
        debug.getmetatable(object).__close(object)
        assert.equal(before + 1, fake.stats()[class.counter])
        finish_with(machine)
        helpers.collect()
      end)

      it("prints open and closed", function()
        local object, machine = class.make()
        assert.matches("^ntvol%." .. class.name .. " %(.+%)$",
          tostring(object))
        assert.is_nil(tostring(object):find("closed", 1, true))
        object[closing](object)
        assert.equal("ntvol." .. class.name .. " (closed)", tostring(object))
        finish_with(machine)
      end)

      it("checks the self of every method", function()
        local names, index = sample_methods()
        for _, name in ipairs(names) do
          check_wrong_self(class, index[name])
        end
      end)

      it("checks the self of every metamethod", function()
        local object, machine = class.make()
        local meta = debug.getmetatable(object)
        local seen = 0
        for _, name in ipairs { "__gc", "__close", "__tostring" } do
          if meta[name] then
            seen = seen + 1
            check_wrong_self(class, meta[name])
          end
        end
        assert.equal(class.name == "lock" and 2 or 3, seen)
        object[closing](object)
        finish_with(machine)
      end)

      it("refuses every other method after its end", function()
        local object, machine = class.make()
        assert(object[closing](object))
        for _, name in ipairs(methods_of(object)) do
          if not class.harmless[name] then
            raises("attempt to use a closed " .. class.name,
              object[name], object)
          else
            assert(pcall(object[name], object), name)
          end
        end
        finish_with(machine)
      end)

      it("has a line of help for every method", function()
        local object, machine = class.make()
        local help = object:help()
        for _, name in ipairs(methods_of(object)) do
          assert.matches("\n  " .. name .. "%([%w_, ]*%)  +%u?%l?%S[^\n]+%.",
            help .. "\n")
        end
        assert.equal(help, core.help_class(class.name))
        assert.equal(help, core.help_class("ntvol." .. class.name))
        object[closing](object)
        finish_with(machine)
      end)
    end)
  end

  describe("a scope with <close>", function()
    -- For each class: what makes closing fail, and the message of that.
    local failing = {
      volume = { "close", "close 'D:': I/O error of the device" },
      machine = { "close", "close 'D:': I/O error of the device" },
      lock = { "control", "unlock 'D:': I/O error of the device" },
    }

    local function run_scope(class, body)
      local machine <close> = assert(core.connect("fake", "spec"))
      local volume = assert(machine:open("D:"))
      local object = machine
      if class == "volume" then
        object = volume
      elseif class == "lock" then
        object = assert(volume:lock())
      end
      local ok, message = pcall(function()
        local scoped <close> = object
        body(class, scoped)
      end)
      return ok, message, core.type(object)
    end

    local function break_close(class)
      fake.fail(failing[class][1], 1, STATUS.STATUS_IO_DEVICE_ERROR)
    end

    for class, how in pairs(failing) do
      it("ends a " .. class .. " quietly", function()
        local ok, message, type = run_scope(class, function() end)
        assert.is_true(ok, message)
        assert.equal("closed " .. class, type)
      end)

      it("keeps the error of the body: " .. class, function()
        local ok, message, type = run_scope(class, function()
          error("of the body", 0)
        end)
        assert.is_false(ok)
        assert.equal("of the body", message)
        assert.equal("closed " .. class, type)
      end)

      it("raises when closing fails: " .. class, function()
        local ok, message = run_scope(class, break_close)
        assert.is_false(ok)
        assert(message:find(how[2], 1, true), message)
      end)

      it("warns when closing and the body fail: " .. class, function()
        local ok, message = run_scope(class, function(name)
          break_close(name)
          error("of the body", 0)
        end)
        assert.is_false(ok)
        assert.equal("of the body", message)
        local warnings = fake.warnings()
        assert(warnings:find("ntvol: " .. how[2], 1, true), warnings)
        assert.equal(1, select(2, warnings:gsub("\n", "\n")))
      end)
    end
  end)

  describe("close that fails", function()
    it("returns the failure, and the volume is closed", function()
      local volume = helpers.volume()
      fake.fail("close", 1, STATUS.STATUS_IO_DEVICE_ERROR)
      refused("ERROR_IO_DEVICE", volume:close())
      assert.equal("closed volume", core.type(volume))
      assert.is_true(volume:close())
      assert.equal(1, fake.stats().close)
    end)

    it("returns the first failure of a machine, and closes all", function()
      local machine = assert(core.connect("fake", "spec"))
      for _, name in ipairs { "PhysicalDrive0", "D:", "E:" } do
        assert(machine:open(name))
      end
      fake.fail("close", 2, STATUS.STATUS_IO_DEVICE_ERROR, { every = true })
      local _, info = refused("ERROR_IO_DEVICE", machine:close())
      assert.equal("close", info.op)
      assert.equal("D:", info.target, "the newest is closed first")
      assert.equal(3, fake.stats().close)
      assert.equal(1, fake.stats().disconnect)
      assert.is_true(machine:close())
    end)

    it("keeps a lock that could not be given back", function()
      local volume = helpers.volume()
      local guard = assert(volume:lock())
      fake.fail("control", 1, STATUS.STATUS_IO_DEVICE_ERROR)
      refused("ERROR_IO_DEVICE", guard:unlock())
      assert.is_true(guard:held())
      assert.is_true(guard:unlock())
      assert.is_false(guard:held())
    end)
  end)

  describe("open that fails", function()
    it("leaves nothing open", function()
      local machine = helpers.machine()
      fake.fail("open", 1, STATUS.STATUS_ACCESS_DENIED)
      refused("ERROR_ACCESS_DENIED", machine:open("D:"))
      helpers.collect()
      assert.equal(0, fake.stats().close)
    end)

    it("leaves nothing connected", function()
      fake.fail("connect", 1, STATUS.STATUS_ACCESS_DENIED)
      refused("ERROR_ACCESS_DENIED", core.connect("fake", "spec"))
      helpers.collect()
      assert.equal(0, fake.stats().disconnect)
    end)
  end)

  describe("a machine that is closed first", function()
    it("closes its volumes, once each", function()
      local machine = assert(core.connect("fake", "spec"))
      local one = assert(machine:open("D:"))
      local two = assert(machine:open("E:"))
      assert.is_true(machine:close())
      assert.equal("closed volume", core.type(one))
      assert.equal("closed volume", core.type(two))
      assert.is_true(one:close())
      raises("attempt to use a closed volume", two.size, two)
      assert.equal(2, fake.stats().close)
    end)

    it("ends locks", function()
      local machine = assert(core.connect("fake", "spec"))
      local volume = assert(machine:open("D:"))
      local guard = assert(volume:lock())
      assert.is_true(machine:close())
      assert.is_false(guard:held())
      assert.is_true(guard:unlock())
      assert.equal("closed lock", core.type(guard))
      assert.equal(volume, guard:volume())
    end)

    it("does not care in which order volumes were closed", function()
      local machine = assert(core.connect("fake", "spec"))
      local list = {}
      for i = 1, 5 do
        list[i] = assert(machine:open("D:"))
      end
      for _, i in ipairs { 3, 1, 5 } do
        assert(list[i]:close())
      end
      assert(machine:open("D:"))
      assert.is_true(machine:close())
      assert.equal(6, fake.stats().close)
    end)

    it("keeps another connection alone", function()
      local one = assert(core.connect("fake", "one"))
      local two = assert(core.connect("fake", "two"))
      local volume = assert(two:open("D:"))
      assert(one:close())
      assert.equal("volume", core.type(volume))
      assert(two:close())
    end)
  end)

  describe("the collector", function()
    it("closes a volume and warns", function()
      local machine = helpers.machine()
      assert(machine:open("D:"))
      helpers.collect()
      assert.equal(1, fake.stats().close)
      assert.equal("ntvol: volume D: was collected while open\n",
        fake.warnings())
      assert.equal("machine", core.type(machine))
    end)

    it("says when closing failed", function()
      local machine = helpers.machine()
      assert(machine:open("D:"))
      fake.fail("close", 1, STATUS.STATUS_IO_DEVICE_ERROR)
      helpers.collect()
      local warnings = fake.warnings()
      assert(warnings:find("ntvol: close 'D:': I/O error", 1, true), warnings)
      assert(warnings:find("was collected while open", 1, true), warnings)
    end)

    it("does not warn about closed volumes and machines", function()
      do
        local machine = assert(core.connect("fake", "spec"))
        assert(assert(machine:open("D:")):close())
        assert(machine:close())
        assert(core.connect("fake", "spec"))
      end
      helpers.collect()
      assert.equal("", fake.warnings())
      assert.equal(2, fake.stats().disconnect)
    end)

    it("closes machine and volumes together, once each", function()
      do
        local machine = assert(core.connect("fake", "spec"))
        for _ = 1, 3 do
          assert(machine:open("D:"))
        end
      end
      helpers.collect()
      local stats = fake.stats()
      assert.equal(3, stats.close)
      assert.equal(1, stats.disconnect)
      local _, lines = fake.warnings():gsub("volume D: was collected", "")
      assert.equal(3, lines)
    end)

    it("keeps a machine alive for its volume", function()
      local volume = assert(assert(core.connect("fake", "spec")):open("D:"))
      helpers.collect()
      assert.equal(8 << 20, volume:size())
      assert(volume:machine():close())
    end)

    it("keeps a volume alive for its guard", function()
      local machine = helpers.machine()
      local guard = assert(assert(machine:open("D:")):lock())
      helpers.collect()
      assert.is_true(guard:held())
      assert.is_true(guard:volume():close())
    end)

    it("finds everything when the state is closed", function()
      local output, code = helpers.child [[
        local core, fake = require "ntvol.core", require "fake"
        machine = assert(core.connect("fake", "child"))
        volume = assert(machine:open("D:"))
        guard = assert(volume:lock())
        os.exit(true, true)]]
      assert.equal(0, code, output)
      assert.equal("Lua warning: ntvol: volume D: was collected while open\n",
        output)
    end)

    -- The next allocation after "restart" runs a whole cycle: here that is the
    -- buffer of the method, which has checked by then that it is open.
    local function collect_within(f, ...)
      collectgarbage("stop")
      collectgarbage("incremental", 100, 1000, 40)
      local garbage = setmetatable({}, { __gc = function(t)
        t.object:close()
      end })
      garbage.object = ...
      garbage = nil -- luacheck: ignore
      local arguments = table.pack(...)
      collectgarbage("restart")
      local ok, message = pcall(f, table.unpack(arguments))
      collectgarbage("incremental", 200, 100, 13)
      return ok, message
    end

    for name, arguments in pairs {
      read = { 0, 1 << 20 },
      control = { "IOCTL_DISK_GET_LENGTH_INFO", "", 1 << 20 },
      lock = {},
    } do
      it("may close a volume while it works: " .. name, function()
        local volume = helpers.volume()
        local ok, message = collect_within(volume[name], volume,
          table.unpack(arguments))
        assert.is_false(ok)
        assert(message:find("attempt to use a closed volume", 1, true), message)
        assert.equal(1, fake.stats().close)
        assert.equal(0, fake.stats().read + fake.stats().control)
      end)
    end

    for _, name in ipairs { "volumes", "disks", "events", "open" } do
      it("may close a machine while it works: " .. name, function()
        local machine = helpers.machine()
        local ok, message = collect_within(machine[name], machine,
          name == "open" and "D:" or nil)
        assert.is_false(ok)
        assert(message:find("attempt to use a closed machine", 1, true),
          message)
        assert.equal(1, fake.stats().disconnect)
      end)
    end
  end)

  describe("a lock guard", function()
    it("does not unlock when it is dropped", function()
      local volume = helpers.volume()
      assert(volume:lock())
      helpers.collect()
      assert.is_true(volume:is_locked())
    end)

    it("unlocks at the end of its scope", function()
      local volume = helpers.volume()
      do
        local guard <close> = assert(volume:lock())
        assert.is_true(guard:held())
        assert.is_true(volume:is_locked())
      end
      assert.is_false(volume:is_locked())
    end)

    it("is closed by volume:unlock (U1)", function()
      local volume = helpers.volume()
      local guard = assert(volume:lock())
      assert(volume:unlock())
      assert.equal("closed lock", core.type(guard))
      assert.is_true(guard:unlock())
    end)

    it("is closed by an unlock through control", function()
      local volume = helpers.volume()
      local guard = assert(volume:lock())
      assert(volume:control("FSCTL_UNLOCK_VOLUME"))
      assert.is_false(guard:held())
      assert(volume:control("FSCTL_LOCK_VOLUME"))
      assert.is_false(guard:held())
      assert.is_true(guard:unlock())
      assert.is_true(volume:is_locked())
    end)

    it("leaves a later lock alone", function()
      local volume = helpers.volume()
      local first = assert(volume:lock())
      assert(volume:unlock())
      local second = assert(volume:lock())
      assert.is_true(first:unlock())
      assert.is_false(first:held())
      assert.is_true(second:held())
      debug.getmetatable(first).__close(first)
      assert.is_true(volume:is_locked())
    end)

    it("is not made when the lock is refused (L9)", function()
      local volume = helpers.volume()
      local guard = assert(volume:lock())
      refused("ERROR_ACCESS_DENIED", volume:lock())
      assert.is_true(guard:held())
    end)

    it("does nothing after the volume was closed", function()
      local volume = helpers.volume()
      local guard = assert(volume:lock())
      assert(volume:close())
      local before = fake.stats().control
      assert.is_true(guard:unlock())
      debug.getmetatable(guard).__close(guard)
      assert.equal(before, fake.stats().control)
    end)

    it("gives its volume", function()
      local volume, machine = helpers.volume()
      assert.equal(volume, assert(volume:lock()):volume())
      assert.equal(machine, volume:machine())
    end)
  end)

  describe("format", function()
    local function format(volume, on_progress)
      return volume:format {
        fs = "fat", erase = "D:", on_progress = on_progress,
      }
    end

    -- For what would not see that the build cannot format.
    local function needs_mkfs()
      if proc.windows then
        pending "Windows has no mkfs programs"
      end
    end

    local function locked_volume()
      local volume, machine = helpers.volume()
      assert(volume:lock())
      return volume, machine
    end

    it("reports bytes done and total", function()
      local volume = locked_volume()
      local last, total = -1, nil
      local result = assert(format(volume, function(done, of)
        assert.equal("integer", math.type(done))
        assert(done >= last and done <= of)
        last, total = done, of
      end))
      assert.equal(total, last)
      assert.equal("string", type(result.file_system))
      assert.equal("integer", math.type(result.bytes_written))
    end)

    it("is cancelled by false, and by nothing else", function()
      local volume = locked_volume()
      local _, info = refused("ERROR_OPERATION_ABORTED",
        format(volume, function()
          return false
        end))
      assert.equal("cancelled", info.class)
      assert.equal("string", type(info.outcome))
      for _, answer in ipairs { 0, "", true, {} } do
        assert(format(volume, function()
          return answer
        end))
      end
    end)

    -- What the volume holds cannot travel with an error of somebody else.
    local function warned_untouched()
      assert.matches("format 'D:': cancelled: .*nothing was written",
        fake.warnings())
    end

    it("raises again what the callback raised", function()
      needs_mkfs()
      local volume = locked_volume()
      local problem, calls = { "of the callback" }, 0
      local ok, message = pcall(format, volume, function()
        calls = calls + 1
        error(problem)
      end)
      assert.is_false(ok)
      assert.equal(problem, message)
      assert.equal(1, calls)
      assert.is_true(volume:is_locked())
      warned_untouched()
    end)

    it("refuses a callback that yields", function()
      needs_mkfs()
      local volume = locked_volume()
      local ok, message = coroutine.resume(coroutine.create(function()
        return format(volume, coroutine.yield)
      end))
      assert.is_false(ok)
      assert(message:find("yield", 1, true), message)
      assert.is_true(volume:is_locked())
      warned_untouched()
    end)

    it("lets nobody touch the volume meanwhile", function()
      local volume, machine = locked_volume()
      assert(volume:unlock())
      local guard = assert(volume:lock())
      local text
      assert(format(volume, function()
        text = tostring(volume)
        for _, name in ipairs(methods_of(volume)) do
          raises("the volume is being formatted", volume[name], volume)
        end
        raises("the volume is being formatted", guard.unlock, guard)
        raises("a volume of the machine is being formatted",
          machine.close, machine)
        for _, object in ipairs { volume, machine, guard } do
          raises("being formatted", debug.getmetatable(object).__close, object)
          debug.getmetatable(object).__close(object, "an error")
        end
        assert.equal(3, select(2, fake.warnings():gsub("being formatted", "")))
        helpers.collect()
      end))
      assert.equal("ntvol.volume (D:, being formatted)", text)
      assert.is_true(guard:unlock())
      assert.is_true(volume:close())
    end)

    it("is cancelled when its callback closes the volume", function()
      needs_mkfs()
      local volume = locked_volume()
      raises("the volume is being formatted", format, volume, function()
        volume:close()
      end)
      assert.equal("volume", core.type(volume))
      warned_untouched()
    end)

    it("survives that the callback ends the program", function()
      needs_mkfs()
      local output, code = helpers.child [[
        local core, fake = require "ntvol.core", require "fake"
        machine = assert(core.connect("fake", "child"))
        volume = assert(machine:open("D:"))
        guard = assert(volume:lock())
        volume:format { fs = "fat", erase = "D:", on_progress = function()
          os.exit(7, true)
        end }]]
      assert.equal(7, code, output)
      assert(output:find("volume D: was collected while open", 1, true),
        output)
    end)

    it("is refused without the lock", function()
      local volume = helpers.volume()
      local _, info = refused("ERROR_NOT_LOCKED", format(volume))
      assert.equal("not_locked", info.reason)
    end)
  end)
end)
