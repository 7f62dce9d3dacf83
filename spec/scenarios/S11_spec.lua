-- S11: cancelling a full format really stops it, and the result says what the
-- volume is worth.

local cjson = require "cjson"
local command = require "spec.support.command"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"

local SIZE = 32 << 20

local function lab()
  local machine = assert(sim.create(":memory:",
    { disks = { "32M:fat:D:OLD" } }))
  finally(function() machine:close() end)
  return machine
end

local function full(machine)
  return assert(plan.change_filesystem("D:", { to = "ntfs", quick = false,
    machine = machine }))
end

local function bytes_of(machine)
  local disk <close> = assert(machine:open("PhysicalDrive0",
    { access = "r" }))
  return assert(disk:read(0, assert(disk:size())))
end

-- Runs the plan and cancels when `share` of it is done. Returns the report and
-- how far it was.
local function cancel_at(machine, share)
  local last, total
  local ok, message, code, info = full(machine):run { erase = "D:",
    on_progress = function(done, all)
      last, total = done, all
      return done < share * all
    end }
  assert.is_nil(ok)
  assert.matches("^step 'format': format 'D:': cancelled: ", message)
  assert.equal("ERROR_OPERATION_ABORTED", code)
  assert.equal("cancelled", info.class)
  return info.report, last / total
end

describe("S11: a cancelled full format", function()
  for _, share in ipairs { 0.25, 0.5, 0.75, 0.97 } do
    it(("at %d %% stops there and leaves the volume unformatted")
      :format(share * 100), function()
        local machine = lab()
        local report, reached = cancel_at(machine, share)
        assert(reached < share + 0.05, reached)
        assert.equal("unformatted", report.outcome)
        assert.equal("failed", report.state)
        assert.equal("failed", report.steps[4].outcome)
        assert.equal("undone", report.steps[2].outcome)
        local volume = machine:volumes()[1]
        assert.equal("RAW", volume.file_system)
        -- it has stopped: nobody writes behind our back
        local after = bytes_of(machine)
        assert.equal(0, #after:sub(1, 512):gsub("\0", ""))
        assert.equal(after, bytes_of(machine))
        local handle <close> = assert(machine:open "D:")
        assert(handle:lock())
      end)
  end

  it("writes everything when nobody cancels", function()
    local machine = lab()
    do
      local volume <close> = assert(machine:open "D:")
      local _guard <close> = assert(volume:lock())
      assert(volume:write(20 << 20, ("secret"):rep(1 << 16):sub(1, 1 << 16)))
    end
    assert(bytes_of(machine):find("secretsecret", 1, true))
    assert(full(machine):run { erase = "D:" })
    assert.is_nil(bytes_of(machine):find("secretsecret", 1, true))
  end)

  it("that has not written yet leaves the volume untouched", function()
    local machine = lab()
    local before = bytes_of(machine)
    local report = cancel_at(machine, 0)
    assert.equal("untouched", report.outcome)
    assert.equal("undone", report.state)
    assert.equal(before, bytes_of(machine))
    assert.equal("OLD", machine:volumes()[1].label)
  end)

  it("can be done again", function()
    local machine = lab()
    cancel_at(machine, 0.5)
    assert(full(machine):run { erase = "D:" })
    assert.equal("NTFS", machine:volumes()[1].file_system)
    assert.equal(SIZE, machine:volumes()[1].size)
  end)

  it("on the command line by Ctrl-C: exit code 5, a report, and a word on the"
    .. " volume", function()
    local there = command.lab(finally, "64M:fat:D:OLD")
    local script = there.folder .. "/interrupted.lua"
    local file = assert(io.open(script, "w"))
    assert(file:write [[
      package.path = "./lua/?.lua;./lua/?/init.lua;" .. package.path
      local progress = require "ntvol.progress"
      local sent = false
      progress.bar = function(done, total)
        if not sent and done > total / 2 then
          sent = true
          io.popen("kill -INT $PPID"):close()
        end
      end
      arg[0] = "bin/ntvol"
      dofile "bin/ntvol"]])
    assert(file:close())
    local result = command.capture(("env NTVOL_MACHINE=%s %s %s change-fs D:"
      .. " --to ntfs --full --erase D: --json"):format(
      proc.quote(there.path), command.LUA, proc.quote(script)), there.folder)
    assert.equal(5, result.code, result.err)
    assert.matches("interrupted", result.err)
    assert.matches("the volume holds no file system now", result.err)
    local report = cjson.decode(result.out)
    assert.equal("failed", report.state)
    assert.equal("failed", report.steps[4].outcome)
    assert.matches("interrupted", report.message)
    local machine <close> = there:connect()
    assert.equal("RAW", machine:volumes()[1].file_system)
  end)
end)
