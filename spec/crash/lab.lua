--- What the specs here share: a change of a file system that is killed, or whose
-- power is cut, at every write of the image and of the journal; then recovered.
-- And the same for the recovery itself. Each spec is a file of its own, so that
-- they run at the same time.
--
-- `make test` looks at a part of the states: every write of the image and some
-- of the journal, always the same ones. `make crash` looks at all.

local crash = require "spec.crash.crash"
local journal = require "ntvol.journal"
local ntvol = require "ntvol"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local M = {}

local ALL = os.getenv "NTVOL_CRASH" == "all"
local SEEDS = ALL and { 1, 2 } or { 1 }

M.CHANGES = {
  { from = "fat", to = "ntfs", size = 6 << 20 },
  { from = "ntfs", to = "fat32", size = 36 << 20 },
  { from = "exfat", to = "ntfs", size = 6 << 20 },
}

local IMAGE, DATABASE = "/lab/disk0.img", "/state/journal.db"
local INTERESTING = { [IMAGE] = true, [DATABASE] = true,
  [DATABASE .. "-wal"] = true, ["/state"] = true, ["/lab"] = true }

local function known(path)
  return INTERESTING[path] or false
end

-- ---- one change ----------------------------------------------------------

local Lab = {}
Lab.__index = Lab

-- Bytes that no mkfs program writes, where the new file system will.
local function noise(volume, size)
  local block = {}
  for i = 1, 4096 do
    block[i] = string.char((i * 7 + i // 256 * 31) % 251)
  end
  block = table.concat(block)
  for at = size - (768 << 10), size - (16 << 10), 4096 do
    assert(volume:write(at, block))
  end
end

-- A machine with the old file system, and an empty journal; closed.
local function new_lab(defer, change)
  local lab = setmetatable({ folder = tempdir(defer) }, Lab)
  lab.path = lab.folder .. "/lab"
  local machine <close> = assert(sim.create(lab.path, {
    disks = { ("%d:%s:D:OLD"):format(change.size, change.from) } }))
  do
    local volume <close> = assert(machine:open "D:")
    local _guard <close> = assert(volume:lock())
    assert(volume:extended_io())
    noise(volume, change.size)
  end
  local log <close> = assert(journal.open(lab.folder .. "/state"))
  assert(log:finish(assert(log:begin { plan = "before" }), "committed"))
  return lab
end

local function put(path, content)
  local file = assert(io.open(path, "wb"))
  assert(file:write(content))
  assert(file:close())
end

function Lab:bytes()
  return proc.slurp(self.folder .. IMAGE)
end

-- The journal as it was at a time when nobody had it open.
function Lab:remember()
  self.database = proc.slurp(self.folder .. DATABASE)
end

function Lab:reset_journal()
  os.remove(self.folder .. DATABASE .. "-wal")
  os.remove(self.folder .. DATABASE .. "-shm")
  put(self.folder .. DATABASE, self.database)
end

local function is_free(machine)
  local volume <close> = assert(machine:open "D:")
  local _guard <close> = assert(volume:lock())
end

local function states(log)
  local found = {}
  for _, entry in ipairs(assert(log:entries())) do
    found[entry.state] = true
    if entry.plan == "format" then
      found.format = entry.state
    end
  end
  return found
end

-- Recovers; then the volume is as before, or the change was committed, and an
-- undo makes it so. `after` nil: nobody knows the new bytes.
function Lab:recover(before, after, what)
  local machine <close> = assert(sim.open(self.path))
  local log <close> = assert(journal.open(self.folder .. "/state"), what)
  local options = { machine = machine, journal = log, erase = "D:" }
  local ok, message = ntvol.recover("D:", options)
  assert(ok, what .. ": " .. tostring(message))
  local bytes, found = self:bytes(), states(log)
  assert(not found.interrupted and not found.running, what .. ": left open")
  if bytes ~= before then
    assert(after == nil or bytes == after, what .. ": neither the old bytes nor the new ones")
    assert(found.format == "committed", what .. ": the new bytes, and the"
      .. " journal says " .. tostring(found.format))
    ok, message = ntvol.undo("D:", options)
    assert(ok, what .. ": undo: " .. tostring(message))
    assert(self:bytes() == before, what .. ": undo is not byte for byte")
  end
  is_free(machine)
end

-- Whose boot sector is there, his are all bytes: nothing that a system would
-- mount is half of one file system and half of another.
local function check_whole(bytes, before, after, what)
  for _, whole in ipairs { before, after } do
    if bytes:sub(1, 512) == whole:sub(1, 512) then
      assert(bytes == whole, what .. ": a boot sector before half a file system")
    end
  end
end

-- ---- all states ----------------------------------------------------------

-- Which numbers of writes to look at.
local function numbers(ops)
  local list, others = {}, 0
  for i, op in ipairs(ops) do
    local picked = ALL or op.path == IMAGE or op.kind == "s" or i == #ops
    if not picked then
      others = others + 1
      picked = others % 16 == 1
    end
    if picked then
      list[#list + 1] = i
    end
  end
  return list
end

local function ways(op)
  local list = { "kill", "lost" }
  if op.kind == "w" then
    list[#list + 1] = "torn"
  end
  return table.move(SEEDS, 1, #SEEDS, #list + 1, list)
end

-- Before every state the image is `start`, and so it is afterwards: only what
-- `ops` wrote needs to be put there. `recover` makes it `before`.
local function try_all(lab, ops, start, before, after)
  local exists = { [IMAGE] = true, [DATABASE] = true }
  local current, count = start, 0
  for _, n in ipairs(numbers(ops)) do
    for _, how in ipairs(ways(ops[n])) do
      if current ~= start then
        put(lab.folder .. IMAGE, start)
      end
      lab:reset_journal()
      crash.apply(lab.folder, crash.left(ops, n, exists, how))
      local what = ("write %d of %d, %s"):format(n, #ops, how)
      check_whole(lab:bytes(), before, after, what)
      lab:recover(before, after, what)
      current, count = before, count + 1
    end
  end
  return count
end

local function check_tool(lab, fs)
  local tool = ({ fat = "fsck.fat -n", fat32 = "fsck.fat -n",
    ntfs = "ntfsfix -n", exfat = "fsck.exfat -n" })[fs]
  if proc.has(tool:match "%S+") then
    local output, code = proc.run(("%s %s"):format(tool,
      proc.quote(lab.folder .. IMAGE)))
    assert(code == 0, fs .. ": " .. output)
  end
end

--- Cuts one change at every write, and recovers it each time.
function M.cut(change, defer)
  local lab = new_lab(defer, change)
  check_tool(lab, change.from)
  local before = lab:bytes()
  lab:remember()
  local ops = crash.record(lab.folder, known, "spec/crash/change.lua",
    lab.path, change.to)
  local after = lab:bytes()
  check_tool(lab, change.to)
  assert(before ~= after)
  put(lab.folder .. IMAGE, before)
  local count = try_all(lab, ops, before, before, after)
  check_tool(lab, change.from)
  assert(count > 100, count)
  if ALL then
    print(("%s to %s: %d writes and flushes, %d states"):format(
      change.from, change.to, #ops, count))
  end
end

--- Kills a change for real, with everything that a dead process leaves: its
-- handles and its lock in the machine's database, its log of the journal.
function M.kill(change, defer)
  local lab = new_lab(defer, change)
  local before = lab:bytes()
  lab:remember()
  local total = #crash.record(lab.folder, function() return true end,
    "spec/crash/change.lua", lab.path, change.to)
  local times = ALL and 40 or 12
  for i = 1, times do
    put(lab.folder .. IMAGE, before)
    lab:reset_journal()
    local count = total * i // (times + 1)
    crash.kill(lab.folder, count, "spec/crash/change.lua", lab.path, change.to)
    lab:recover(before, nil, ("killed after %d of %d"):format(count, total))
  end
end

-- Numbers of writes after which a recovery has something to do: the image was
-- wiped; half of it is written; all is, and the journal does not know.
local function moments(ops)
  local image = {}
  for i, op in ipairs(ops) do
    if op.path == IMAGE and op.kind == "w" then
      image[#image + 1] = i
    end
  end
  assert(#image > 3)
  return { image[1], image[#image // 2 + 1], image[#image] }
end

--- Cuts the recovery of a change that was killed at moment 1, 2 or 3 of those.
function M.cut_recovery(change, moment, defer)
  local lab = new_lab(defer, change)
  local before = lab:bytes()
  lab:remember()
  local ops = crash.record(lab.folder, known, "spec/crash/change.lua",
    lab.path, change.to)
  local after = lab:bytes()
  put(lab.folder .. IMAGE, before)
  lab:reset_journal()
  crash.apply(lab.folder, crash.left(ops, moments(ops)[moment], {}, "kill"))
  do -- folds the log of the dead process into the database
    local log <close> = assert(journal.open(lab.folder .. "/state"))
    assert(states(log).interrupted)
  end
  local start = lab:bytes()
  lab:remember()
  ops = crash.record(lab.folder, known, "spec/crash/change.lua", lab.path)
  assert(lab:bytes() == before)
  assert(try_all(lab, ops, start, before, after) > 20)
end

--- Why these tests cannot run; nil when they can.
function M.obstacle()
  return (os.getenv "LD_PRELOAD" or "") ~= ""
    and "something else is preloaded" or nil
end

return M
