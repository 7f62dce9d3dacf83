-- Lets a system call fail, or do half of what it should, within a whole
-- operation, one call after the other, and looks at what is left. The program
-- of syscall_spec.lua, with build/KIND/calls.so preloaded:
--
--   system_calls.lua FOLDER OPERATION
--
-- It prints TAP, a test for each way to fail.

local calls = require "calls"
local helpers = require "spec.helpers"
local journal = require "ntvol.journal"
local machines = require "spec.support.machines"
local ntvol = require "ntvol"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local sweep = require "spec.support.sweep"

local folder, operation = arg[1], arg[2]
local MOST = sweep.pick(2, 8, math.maxinteger)
local MOST_WAYS = sweep.pick(7, math.maxinteger, math.maxinteger)
local PATH, STATE = folder .. "/lab", folder .. "/state"
local IMAGE = PATH .. "/disk0.img"

-- What fails, how, and whether all do from the nth on.
local WAYS = {
  { "read", "EIO" }, { "read", "EINTR" }, { "read", "short" },
  { "read", "EIO", true },
  { "write", "ENOSPC" }, { "write", "EIO" }, { "write", "EINTR" },
  { "write", "short" }, { "write", "ENOSPC", true },
  { "open", "EMFILE" }, { "open", "EACCES" }, { "open", "EMFILE", true },
  { "flush", "EIO" }, { "flush", "EIO", true },
  { "size", "ENOSPC" }, { "size", "EIO" }, { "lock", "EIO" },
  { "name", "EACCES" }, { "name", "EIO", true }, { "process", "EAGAIN" },
  { "map", "ENOMEM" },
}

-- ---- the start -------------------------------------------------------------

local FILES = { IMAGE, PATH .. "/machine.db", STATE .. "/journal.db" }
local start = {}

local function remember()
  for _, path in ipairs(FILES) do
    start[path] = proc.slurp(path)
  end
end

local function put_back()
  for _, path in ipairs(FILES) do
    os.remove(path .. "-wal")
    os.remove(path .. "-shm")
    if proc.slurp(path) ~= start[path] then
      machines.put(path, start[path])
    end
  end
end

local function change(machine, log)
  local plan = assert(ntvol.plan.change_filesystem("D:", { to = "ntfs",
    machine = machine }))
  return plan:run { erase = "D:", journal = log }
end

-- A format whose writes fail from some on: all that is left is a half of it,
-- and what the journal saved.
local function break_off(machine, log)
  local volume <close> = assert(machine:open "D:")
  local _guard <close> = assert(volume:lock())
  local count = 0
  calls.arm(0, "write", "EIO")
  volume:format { fs = "ntfs", erase = "D:", journal = log,
    on_progress = function()
      count = count + 1
      if count == 4 then
        calls.arm(1, "write", "EIO", true)
      end
      return true
    end }
  calls.disarm()
end

-- ---- the operations ----------------------------------------------------------

local function formatted(fs)
  return function(machine, log)
    local volume <close> = assert(machine:open "D:")
    local _guard <close> = assert(volume:lock())
    return volume:format { fs = fs, erase = "D:", journal = log }
  end
end

local AT, SECTOR = 8192, ("\xA5"):rep(512)

-- Opens, locks, writes, reads, writes the old bytes back, unlocks.
local function use(machine)
  local volume <close> = assert(machine:open "D:")
  local guard <close> = assert(volume:lock())
  local old = assert(volume:read(AT, #SECTOR))
  assert(volume:write(AT, SECTOR))
  local read = assert(volume:read(AT, #SECTOR))
  assert(volume:write(AT, old))
  assert(volume:flush())
  assert(guard:unlock())
  return read == SECTOR or error "WRONG: other bytes were read"
end

-- The bytes that a refusal of `use` may leave beside the old ones: it wrote the
-- sector, and then said that it could not write the old one back.
local function written(before)
  return before:sub(1, AT) .. SECTOR .. before:sub(AT + #SECTOR + 1)
end

local OPERATIONS = {
  use = { run = use, leaves = written },
  format_fat = { run = formatted "fat", changes = "FAT" },
  format_ntfs = { run = formatted "ntfs", changes = "NTFS" },
  change = { run = change, changes = "NTFS" },
  undo = { before = change, run = function(machine, log)
    return ntvol.undo("D:", { machine = machine, journal = log,
      erase = "D:" })
  end },
  recover = { before = break_off, run = function(machine, log)
    return ntvol.recover("D:", { machine = machine, journal = log })
  end },
  list = { run = function()
    local machine <close> = assert(sim.open(PATH))
    local volumes = assert(machine:volumes())
    assert(machine:disks())
    assert(machine:events())
    assert(volumes[1].state:find("cannot be read", 1, true)
      or volumes[1].file_system == "FAT12" or volumes[1].file_system == "FAT16",
      "WRONG: file system " .. volumes[1].file_system)
    return true
  end },
  file = { run = function(machine)
    local file <close> = assert(machine:open "D:\\a.txt")
    local bytes = assert(file:read(0, 6))
    return bytes == machines.FILES["a.txt"]
      or error "WRONG: other bytes were read"
  end },
  log = { run = function()
    local log <close> = assert(journal.open(STATE))
    local entries = assert(log:entries())
    return #entries == 1 or error "WRONG: not one entry"
  end },
  create = { run = function()
    assert(sim.create(folder .. "/new", { disks = {
      { size = "3M", style = "gpt", volumes = { { letter = "D:",
        size = "1M" } } } } })):close()
    return true
  end, after = function(way)
    if way[1] == "name" then -- what cannot be removed stays
      proc.run("rm -rf " .. folder .. "/new")
      return
    end
    local ok, message = sim.remove(folder .. "/new")
    assert(ok or message:find("not found", 1, true) or message:find(
      "path not found", 1, true), message)
    local _, code = proc.run("test -e " .. folder .. "/new")
    proc.run("rm -rf " .. folder .. "/new")
    assert(code ~= 0, "a half machine is left")
  end },
}

-- ---- the end -----------------------------------------------------------------

local function states(log)
  local found = {}
  for _, entry in ipairs(assert(log:entries())) do
    found[entry.state] = true
    found.format = entry.plan == "format" and entry.state or found.format
  end
  return found
end

local function check_free(machine)
  local volume <close> = assert(machine:open "D:")
  local _guard <close> = assert(volume:lock())
end

-- The bytes that were there before, or those that a refused operation wrote.
local function is_expected(op, call, before)
  local bytes = proc.slurp(IMAGE)
  return bytes == before
    or not call.ok and op.leaves and bytes == op.leaves(before)
end

-- The old bytes are there, or come back; or the new file system is whole and the
-- journal says so.
local function check_recovered(op, call, before)
  local machine <close> = assert(sim.open(PATH))
  local log <close> = assert(journal.open(STATE))
  local options = { machine = machine, journal = log, erase = "D:" }
  assert(ntvol.recover("D:", options))
  local found = states(log)
  assert(not found.interrupted and not found.running, "left open")
  if not is_expected(op, call, before) then
    assert(found.format == "committed", "other bytes, and the format is "
      .. tostring(found.format))
    assert(ntvol.undo("D:", options))
    assert(proc.slurp(IMAGE) == before, "undo is not byte for byte")
  end
  check_free(machine)
end

local function check_words(result)
  local message = result[1] and result[3] or result[2]
  assert(type(message) == "string", "no message: " .. tostring(message))
  assert(not message:find("WRONG", 1, true), message)
  assert(not message:find("stack traceback", 1, true)
    and not message:find "attempt to %a+ a %a+ value", message)
  if result[1] and type(result[5]) == "table" then
    helpers.refused(result[4], nil, (message:gsub("^step '[^']*': ", "")),
      table.unpack(result, 4, result.n))
  end
end

local function check_outcome(op, result, before)
  local info = result[1] and result[5]
  local bytes = proc.slurp(IMAGE)
  if result[1] and result[2] then
    local machine <close> = assert(sim.open(PATH))
    local volume = assert(machine:volumes())[1]
    assert(not op.changes or volume.file_system:find("^" .. op.changes),
      "succeeded, and there is " .. volume.file_system)
  elseif type(info) == "table" and info.outcome == "untouched" then
    assert(bytes == start[IMAGE] or bytes == before, "untouched, it says")
  end
end

local function answered(...)
  local seen, failed = calls.disarm()
  return { result = table.pack(...), seen = seen, failed = failed }
end

local function try(op, n, way, before)
  put_back()
  local machine, log = assert(sim.open(PATH)), assert(journal.open(STATE))
  calls.arm(n, way[1], way[2], way[3])
  local call = answered(pcall(op.run, machine, log))
  call.ok = call.result[1] and call.result[2] and true or false
  local fine, problem = pcall(function()
    assert(call.ok or call.failed, "refused without need: "
      .. tostring(call.result[3] or call.result[2]))
    if not call.ok then
      check_words(call.result)
    end
    check_free(machine)
  end)
  machine:close()
  log:close()
  if fine then
    fine, problem = pcall(function()
      check_outcome(op, call.result, before)
      check_recovered(op, call, before);
      (op.after or function() end)(way)
    end)
  end
  return call, not fine and problem or nil
end

local function sweep_way(op, way, before)
  local call, problem = try(op, 0, way, before)
  assert(not problem, problem)
  for n in sweep.sample(call.seen, MOST) do
    io.write(("# %s %s, %d of %d\n"):format(way[1], way[2], n, call.seen))
      :flush()
    local tried
    tried, problem = try(op, n, way, before)
    assert(not problem, ("%s %d of %d fails with %s: %s\n%s"):format(
      tostring(tried.failed), n, call.seen, way[2], problem,
      tostring(tried.result[3] or tried.result[2])))
  end
  return call.seen
end

local op = assert(OPERATIONS[operation], operation)
assert(sim.create(PATH, { disks = { "6M:raw:D:" } })):close()
do
  local machine <close> = assert(sim.open(PATH))
  local log <close> = assert(journal.open(STATE))
  assert(log:finish(assert(log:begin { plan = "before" }), "committed"))
  local volume <close> = assert(machine:open "D:")
  local _guard <close> = assert(volume:lock())
  assert(volume:write(0, machines.content "fat"))
end
local before = proc.slurp(IMAGE)
if op.before then
  local machine <close> = assert(sim.open(PATH))
  local log <close> = assert(journal.open(STATE))
  op.before(machine, log)
end
remember()
local number = 0
for i in sweep.sample(#WAYS, MOST_WAYS) do
  local way = WAYS[i]
  local ok, answer = pcall(sweep_way, op, way, before)
  number = number + 1
  io.write(("%s %d - %s: %s %s, %s\n"):format(ok and "ok" or "not ok", number,
    operation, way[1], way[2], way[3] and "all from one on" or "each once"))
  io.write("# ", tostring(answer):gsub("\n", "\n# "), "\n")
end
print("1.." .. number)
