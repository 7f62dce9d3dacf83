--- What specs of the binding share: machines of the kind "fake" (see
--- spec/c/fake_kind.c), checks of the error shape, child processes.

local assert = require "luassert"
local core = require "ntvol.core"
local fake = require "fake"
local proc = require "spec.support.proc"

local M = { core = core, fake = fake }

-- Machines and volumes that M.finish closes.
local opened = {}

local classes = {
  transient = true, permanent = true, unsupported = true, cancelled = true,
  timeout = true, usage = true,
}

local strings = { "op", "target", "status_name" }
local optional_strings = {
  "reason", "detail", "hint", "outcome", "holders_missing",
}

local function check_holders(info)
  if info.holders == nil then
    assert(info.holders_complete == nil, "holders_complete without holders")
    return
  end
  assert.equal("boolean", type(info.holders_complete))
  assert.equal(info.holders_complete, info.holders.complete)
  assert.equal(info.holders_missing, info.holders.missing)
  for _, holder in ipairs(info.holders) do
    assert.equal("integer", math.type(holder.pid))
    assert.equal("boolean", type(holder.self))
    assert.equal("string", type(holder.name))
    assert.equal("string", type(holder.how))
    assert(holder.path == nil or type(holder.path) == "string")
  end
end

local function check_info(info)
  for _, field in ipairs(strings) do
    assert.equal("string", type(info[field]), field)
    assert(info[field] ~= "", field .. " is empty")
  end
  for _, field in ipairs(optional_strings) do
    assert(info[field] == nil or type(info[field]) == "string", field)
  end
  assert.equal("integer", math.type(info.status))
  assert.equal("integer", math.type(info.win32))
  assert(classes[info.class], "class " .. tostring(info.class))
  check_holders(info)
  if info.veto ~= nil then
    assert.equal("string", type(info.veto.type))
    assert.equal("string", type(info.veto.name))
  end
end

--- Checks that the values are a failure of the documented shape, with this
--- error code. Returns message and info.
function M.refused(wanted, ...)
  local answer, message, code, info = ...
  assert.equal(4, select("#", ...), "a failure has four values")
  assert.is_nil(answer)
  assert.equal("string", type(message))
  assert.is_nil(message:find("\n", 1, true), "more than one line: " .. message)
  assert.equal(wanted, code, message)
  assert.equal("table", type(info))
  check_info(info)
  assert(message:find(code, 1, true), "no code in: " .. message)
  assert(message:find(info.status_name, 1, true), "no status in: " .. message)
  assert.equal(info.op, message:sub(1, #info.op))
  assert(message:find("'" .. info.target .. "'", 1, true), message)
  return message, info
end

--- Checks that f(...) raises an error with this text in it.
function M.raises(text, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok, "did not raise: " .. text)
  message = tostring(message)
  assert(message:find(text, 1, true),
    ("%q is not in %q"):format(text, message))
end

--- Two collections: the second frees what finalizers of the first let go.
function M.collect()
  collectgarbage()
  collectgarbage()
end

--- For before_each: no faults, no counts, warnings are captured.
function M.start()
  M.collect()
  fake.reset()
  fake.warnings()
end

--- For after_each: closes what M.machine and M.volume opened; nothing else was left open,
--- and nothing was warned about.
function M.finish()
  fake.reset()
  for i = #opened, 1, -1 do
    table.remove(opened, i):close()
  end
  M.collect()
  local stats = fake.stats()
  assert.equal(0, stats.handles, "handles are still open")
  assert.equal(0, stats.machines, "machines are still connected")
  assert.equal("", fake.warnings(), "warnings nobody looked at")
end

--- A machine of kind "fake" that M.finish closes.
function M.machine()
  local machine = assert(core.connect("fake", "spec"))
  opened[#opened + 1] = machine
  return machine
end

--- A volume of such a machine, and the machine.
function M.volume(name, options)
  local machine = M.machine()
  local volume = assert(machine:open(name or "D:", options))
  opened[#opened + 1] = volume
  return volume, machine
end

--- Runs Lua code in a process of its own, with warnings on. Returns what it
--- printed on both channels, and its exit status.
function M.child(code)
  return proc.run(("LUA_PATH=%s LUA_CPATH=%s %s -W -e %s"):format(
    proc.quote(package.path), proc.quote(package.cpath),
    os.getenv("LUA") or "lua5.4", proc.quote(code)))
end

return M
