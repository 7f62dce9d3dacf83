-- S16: an I/O error at an offset during a format. The error names the step, the
-- offset and the code; what was written is taken back where it was saved, the
-- steps before it are undone, and the report says what the volume holds.
--
-- The error is a real one: the system refuses to write behind a limit in the
-- image of the disk.

local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local KIB, MIB = 1024, 1 << 20

-- A machine with the volume E: at 41 MiB of a disk, and a process that can
-- write no file behind `limit` bytes.
local function lab(limit)
  local defer = machines.cleanup(finally)
  local folder = tempdir(defer) .. "/lab"
  local machine = assert(sim.create(folder,
    { disks = { "mbr:64M=40M:fat:D:KEEP+rest:fat:E:OLD" } }))
  defer(function() machine:close() end)
  local child = process.start(defer, ("bash -c 'trap \"\" XFSZ;"
    .. " ulimit -f %d; exec \"$@\"' bash"):format(limit // KIB))
  child:run(([[
    plan = require "ntvol.plan"
    machine = assert(require "ntvol.sim".open(%q))]]):format(folder))
  return machine, child
end

local function bytes_of(machine, name)
  local volume <close> = assert(machine:open(name, { access = "r" }))
  assert(volume:extended_io())
  return assert(volume:read(0, assert(volume:size())))
end

local function put(machine, offset, bytes)
  local volume <close> = assert(machine:open "E:")
  local _guard <close> = assert(volume:lock())
  assert(volume:write(offset, bytes))
end

-- Runs the plan in the child: message, code, outcome, the report as data.
local function run(child, undo)
  return child:run(([[
    local object = assert(plan.change_filesystem("E:", { to = "ntfs",
      machine = machine, undo = %s }))
    local ok, message, code, info = object:run { erase = "E:" }
    assert(not ok)
    local data = object:report():data()
    local steps = {}
    for i, step in ipairs(data.steps) do
      steps[i] = step.name .. " " .. step.outcome
    end
    return message, code, info.outcome, data.state, steps,
      tostring(object:report())]]):format(undo))
end

local FAILED = { "open undone", "lock undone", "identify done",
  "format failed", "dismount not run", "unlock not run", "close not run",
  "verify not run" }

-- Where it fails: from the start of the volume, in which step of the format,
-- and what the volume holds when nothing was saved.
local ROWS = {
  { "at the first write", at = 0, step = "wipe old signatures at offset 0",
    left = "untouched" },
  -- the disk does not let them be wiped: nothing is promised
  { "in the signatures", at = 2 * MIB, step = "wipe old signatures" },
  { "in the new file system", at = 12 * MIB,
    step = "write the new file system", left = "unformatted" },
}

local function check_message(row, start, message)
  assert.matches("^step 'format': format 'E:': ", message)
  assert(message:find(row.step, 1, true), message)
  local offset = tonumber(message:match("at offset (%d+)"))
  assert(offset >= row.at and offset < row.at + 2 * MIB, message)
  assert.equal(start + offset, tonumber(message:match("at byte (%d+)")),
    message)
end

local function test(row, undo)
  local machine, child = lab(41 * MIB + row.at)
  -- something to wipe, which the old file system does not use
  put(machine, 2 * MIB, ("x"):rep(MIB))
  local keep, old = bytes_of(machine, "D:"), bytes_of(machine, "E:")
  local start = machine:volumes()[2].extents[1].offset
  assert.equal(41 * MIB, start)
  local message, code, outcome, state, steps, text = run(child, undo)
  check_message(row, start, message)
  assert.equal("ERROR_FILE_TOO_LARGE", code)
  local left = undo and "untouched" or row.left
  assert.equal(left, outcome)
  assert.equal(left == "untouched" and "undone" or "failed", state)
  assert.same(FAILED, steps)
  assert(text:find("format 'E:'", 1, true), text)
  assert.equal(keep, bytes_of(machine, "D:"))
  if left == "untouched" then
    assert.equal(old, bytes_of(machine, "E:"))
    assert.equal("OLD", machine:volumes()[2].label)
  else
    assert.equal("RAW", machine:volumes()[2].file_system)
  end
  -- and the lock is gone, though the process lives
  local volume <close> = assert(machine:open "E:")
  assert(volume:lock())
end

describe("S16: an I/O error", function()
  if proc.windows then
    pending "the limit of a file's size is a system call of POSIX"
    return
  end
  for _, row in ipairs(ROWS) do
    it(row[1] .. " names step, offset and code; what was saved is back",
      function() test(row, true) end)
    it(row[1] .. " names step, offset and code; nothing was saved",
      function() test(row, false) end)
  end
end)
