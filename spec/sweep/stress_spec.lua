-- Stress: many processes on one machine, drawn operations, drawn kills.
--
-- First one operation at a time, each compared with a model of NT's rules
-- (spec/support/nt_model.lua), so that NTVOL_SEED=n repeats a run step by step.
-- Then all processes at once, where only what must hold in every order is
-- compared.

local machines = require "spec.support.machines"
local nt_model = require "spec.support.nt_model"
local proc = require "spec.support.proc"
local sim_core = require "ntvol.sim.core"
local sweep = require "spec.support.sweep"
local process = require "spec.multi.process"
local tempdir = require "spec.support.tempdir"

local PROCESSES = 8
local SLOTS = 3 -- things that a process has open at most
local SECTOR = nt_model.SECTOR
local FREE_SECTORS = 128 -- at the end of the file system, where no file lies

-- ---- the processes --------------------------------------------------------

-- What a process knows beside child.lua: handles by number, and results as a
-- Win32 error and a value.
local PRELUDE = [[
machine = assert(core.connect("sim", %q))
handles = {}
local function shown(value, _, _, info)
  if value == nil then
    return info.win32
  end
  return 0, value
end
function open(slot, name, access, share)
  local handle, message, code, info = machine:open(name,
    { access = access, share = share })
  handles[slot] = handle
  return handle and 0 or info.win32
end
function close(slot)
  local handle = handles[slot]
  handles[slot] = nil
  return shown(handle:close())
end
function call(slot, method, ...)
  local code, value = shown(handles[slot][method](handles[slot], ...))
  if type(value) == "userdata" then
    value = nil -- the guard of a lock: closing the handle ends it
  elseif type(value) == "table" then
    value = nil
  end
  return code, value
end]]

local function start_process(lab)
  local child = process.start(lab.defer)
  child:run(PRELUDE:format(lab.path))
  return child
end

local function start_lab(finally)
  local reason = machines.missing("mkfs.fat", "mmd", "mcopy")
  if reason then
    pending(reason)
  end
  local lab = { defer = machines.cleanup(finally) }
  lab.path = tempdir(lab.defer) .. "/lab"
  lab.machine = assert(sim_core.create(lab.path, { disks = {
    { size = machines.FAT_VOLUME_SIZE }, { size = machines.FAT_VOLUME_SIZE },
    { size = machines.RAW_SIZE },
  } }))
  lab.defer(function()
    lab.machine:close()
  end)
  for number = 0, 1 do
    local disk <close> = assert(lab.machine:open("PhysicalDrive" .. number))
    assert(disk:write(0, machines.content "fat"))
  end
  return lab
end

local function image(lab, number)
  return proc.slurp(("%s/disk%d.img"):format(lab.path, number))
end

-- ---- one at a time --------------------------------------------------------

local LETTERS = { "D:", "E:", "F:" }

-- A drawn run: the processes, what each has open, and what was done.
local Run = {}
Run.__index = Run

local function new_run(lab)
  local disks = {}
  for i, letter in ipairs(LETTERS) do
    disks[i] = { letter = letter, fs = letter == "F:" and "raw" or "fat",
      bytes = image(lab, i - 1) }
  end
  local self = setmetatable({ lab = lab, random = sweep.random(1), log = {},
    model = nt_model.new(disks), children = {}, open = {}, counts = {} }, Run)
  for i = 1, PROCESSES do
    self.children[i] = start_process(lab)
    self.open[i] = {}
  end
  return self
end

function Run:pick(list)
  return list[self.random(#list)]
end

function Run:diverged(what)
  local first = math.max(1, #self.log - 40)
  error(("%s\nNTVOL_SEED=%d repeats it; the last operations:\n%s"):format(what,
    sweep.seed, table.concat(self.log, "\n", first)), 0)
end

local function brief(value)
  return type(value) == "string" and #value > 40
    and ("%d bytes, %q..."):format(#value, value:sub(1, 12)) or tostring(value)
end

-- Compares what the process says with what the model says.
function Run:compare(wanted, value, code, got)
  self.log[#self.log] = ("%s -> %s"):format(self.log[#self.log], tostring(code))
  if code ~= wanted or code == 0 and value ~= nil and value ~= got then
    self:diverged(("model: %s %s, machine: %s %s"):format(wanted, brief(value),
      code, brief(got)))
  end
  self.counts[code] = (self.counts[code] or 0) + 1
end

function Run:note(format, ...)
  self.log[#self.log + 1] = ("%d. "):format(#self.log + 1) .. format:format(...)
end

-- Of O10 (opening a volume that is offline and not mounted) the sources say
-- different things: not drawn. Neither are files while it is offline and
-- mounted.
local function is_settled(volume, name)
  if not volume or not volume.offline then
    return true
  end
  return (#name > 2) ~= (volume.instance ~= nil)
end

function Run:draw_open(who, slot)
  local letter = self:pick(LETTERS)
  local names = { letter, letter, letter, letter, "PhysicalDrive"
    .. self.random(3) - 1 }
  if letter ~= "F:" then
    table.move({ letter .. "\\a.txt", letter .. "\\" }, 1, 2, 6, names)
  end
  local name = self:pick(names)
  local path = #name > 2
  local access = path and "r" or self:pick { "rw", "rw", "rw", "r", "none" }
  if name:find "^Phys" then
    access = "rw"
  end
  local share = path and "rw" or self:pick { "rw", "rw", "rw", "rw", "rw", "r",
    "", "rwd", "w" }
  if access ~= "none" and not is_settled(self.model.volumes[name:sub(1, 2)], name)
  then
    return
  end
  self:note("process %d: open(%d, %q, %q, %q)", who, slot, name, access, share)
  local code, handle = self.model:open(who, name, access, share)
  self:compare(code, nil, self.children[who]:run(
    ("return open(%d, %q, %q, %q)"):format(slot, name, access, share)))
  self.open[who][slot] = handle
end

local ALIGNED = { 1, 1, 2, 4 }

-- A place for reading and writing: nearly always at the end of the file system.
function Run:draw_place(handle)
  local fs_end = handle.volume.fs_end or handle.volume.size
  local offset = fs_end - self.random(FREE_SECTORS) * SECTOR
  local length = self:pick(ALIGNED) * SECTOR
  if self.random(15) == 1 and handle.kind == "volume"
    and handle.volume.fs_end then
    offset = fs_end
  end
  -- what a machine says behind its last sector is not among the rules here
  return offset, math.min(length, handle.volume.size - offset)
end

function Run:call(who, slot, method, ...)
  local words, shown = { slot, ("%q"):format(method) }, {}
  for i, value in ipairs { ... } do
    words[i + 2] = ("%q"):format(value)
    shown[i] = brief(value)
  end
  self:note("process %d: %d:%s(%s)", who, slot, method, table.concat(shown, ", "))
  return self.children[who]:run(("return call(%s)"):format(
    table.concat(words, ", ")))
end

local BYTES = { read = true, write = true }
-- What the rules say of a kind of handle, more than once what happens more often.
local METHODS = {
  volume = { "lock", "lock", "lock", "unlock", "unlock", "dismount", "offline",
    "online", "online", "is_mounted", "is_offline", "read", "read", "write",
    "write", "write", "flush" },
  device = { "lock", "unlock", "dismount", "offline", "online", "is_mounted",
    "is_offline", "read" },
  file = { "lock", "unlock", "dismount", "offline", "online", "is_mounted",
    "read", "read" },
  directory = { "lock", "unlock", "dismount", "online", "is_mounted" },
  disk = { "read", "write", "write" },
}

-- Sources do not say what a lock, a dismount and a question about the file
-- system return on a volume that is offline (L20), nor what a flush returns on
-- one that is RAW or offline.
local UNSETTLED_OFFLINE = { lock = true, dismount = true, is_mounted = true,
  flush = true }

local function is_drawn(handle, method)
  if handle.volume.offline and UNSETTLED_OFFLINE[method]
    and handle.kind == "volume" then
    return false
  elseif handle.volume.offline and handle.kind == "file" then
    return method ~= "read" and method ~= "is_mounted"
  end
  return method ~= "flush" or handle.volume.fs == "fat"
end

function Run:draw_bytes(who, slot, handle, method)
  local offset, length = self:draw_place(handle)
  if handle.kind == "file" then
    local code = self.model:read(handle, 0, 5)
    self:compare(code, code == 0 and "alpha" or nil,
      self:call(who, slot, "read", 0, 5))
    return
  end
  local argument = method == "read" and length
    or (("%d.%d "):format(who, #self.log):rep(length // 4 + 1)):sub(1, length)
  local code, value = self.model[method](self.model, handle, offset, argument)
  self:compare(code, value, self:call(who, slot, method, offset, argument))
end

function Run:draw_call(who, slot, handle)
  local method = self:pick(METHODS[handle.kind])
  if not is_drawn(handle, method) then
    return
  elseif BYTES[method] then
    return self:draw_bytes(who, slot, handle, method)
  end
  local code, value = self.model[method](self.model, handle)
  self:compare(code, value, self:call(who, slot, method))
end

function Run:close(who, slot, handle)
  self:note("process %d: close(%d)", who, slot)
  local code = self.model:close(handle)
  self:compare(code, nil, self.children[who]:run(
    ("return close(%d)"):format(slot)))
  self.open[who][slot] = nil
end

function Run:kill(who)
  self:note("kill process %d", who)
  self.children[who]:kill()
  local handles = {}
  for _, handle in pairs(self.open[who]) do
    handles[#handles + 1] = handle
  end
  self.model:die(handles)
  self.children[who], self.open[who] = start_process(self.lab), {}
  self.kills = (self.kills or 0) + 1
end

-- One drawn step.
function Run:step()
  local who, slot = self.random(PROCESSES), self.random(SLOTS)
  local handle = self.open[who][slot]
  if self.random(150) == 1 then
    self:kill(who)
  elseif not handle then
    self:draw_open(who, slot)
  elseif self.random(5) == 1 then
    self:close(who, slot, handle)
  else
    self:draw_call(who, slot, handle)
  end
end

function Run:check_images()
  for i, letter in ipairs(LETTERS) do
    if self.model:image(letter) ~= image(self.lab, i - 1) then
      self:diverged("the image of " .. letter .. " has other bytes")
    end
  end
end

function Run:finish()
  for who = 1, PROCESSES do
    for slot = 1, SLOTS do
      if self.open[who][slot] then
        self:close(who, slot, self.open[who][slot])
      end
    end
  end
end

-- Whoever comes afterwards can lock every volume.
local function check_unlocked(lab)
  for _, letter in ipairs(LETTERS) do
    local device <close> = assert(lab.machine:open(letter, { access = "none" }))
    assert.equal(0, #assert(device:holders()))
    local volume <close> = assert(lab.machine:open(letter))
    assert(volume:online())
    local guard <close> = assert(volume:lock())
    assert.is_true(guard:held())
  end
end

describe("processes that share a machine", function()
  it("get what the rules say, one operation at a time, with kills", function()
    local run = new_run(start_lab(finally))
    local steps = sweep.pick(1500, 10000, 300000)
    while #run.log < steps do
      run:step()
      if #run.log % 500 == 0 then
        run:check_images()
      end
    end
    run:finish()
    run:check_images()
    check_unlocked(run.lab)
    -- a draw that only meets refusals would say nothing
    for _, code in ipairs { 0, 1, 5, 21, 32, 87, 158 } do
      assert((run.counts[code] or 0) > 0, "nothing answered " .. code)
    end
    assert(run.counts[0] > steps // 4)
    assert(run.kills > 0)
  end)
end)

-- ---- all at once ----------------------------------------------------------

-- Under the lock, and nowhere else, a process raises the number in a sector by
-- one. It says before what it will do, and after that it is done: a kill
-- between leaves it open whether it was. FAT locks even what another handle has
-- dismounted, and reads no more of it: then the number stays.
local WORK = [[
local seed, rounds, letter, offset, path = ...
local random = function(n)
  seed = (seed * 6364136223846793005 + 1442695040888963407)
  return (seed >> 33) %% n + 1
end
local log = assert(io.open(path, "a"))
log:setvbuf "no"
local allowed = { ERROR_ACCESS_DENIED = true, ERROR_NOT_READY = true,
  ERROR_SHARING_VIOLATION = true, ERROR_NOT_LOCKED = true }
local function check(value, message, code)
  if value == nil and not allowed[code] then
    error(message)
  end
  return value
end
local function count(volume)
  local guard <close> = check(volume:lock())
  if not guard then
    return
  end
  local sector, message, code = volume:read(offset, 512)
  if code == "ERROR_NOT_READY" then -- dismounted by another before: L16, I4
    return
  end
  assert(sector, message)
  local n = string.unpack("<I8", sector) + 1
  log:write "will\n"
  assert(volume:write(offset, string.pack("<I8", n) .. sector:sub(9)) == 512)
  log:write "done\n"
  local again = assert(volume:read(offset, 512))
  assert(string.unpack("<I8", again) == n, "somebody else wrote under the lock")
end
local function disturb(volume)
  local what = random(4)
  if what == 1 then
    check(volume:dismount())
  elseif what == 2 then
    check(volume:read(offset, 512))
  elseif what == 3 then
    check(volume:unlock())
  else
    local file <close> = check(machine:open(letter .. "\\a.txt",
      { access = "r" }))
    if file then
      check(file:read(0, 5))
    end
  end
end
for _ = 1, rounds do
  local volume <close> = check(machine:open(letter))
  if volume then
    if random(3) < 3 then
      count(volume)
    else
      disturb(volume)
    end
  end
end
return true]]

local function lines(path, word)
  local file = io.open(path)
  local n = 0
  for line in file and file:lines() or function() end do
    n = n + (line == word and 1 or 0)
  end
  return n
end

describe("processes that all run at once", function()
  it("lock one at a time, lose no write, and leave no lock when killed",
    function()
      local lab = start_lab(finally)
      local random = sweep.random(2)
      local offset = machines.FAT_SIZE - FREE_SECTORS * SECTOR
      local rounds = sweep.pick(40, 300, 20000)
      local folder = tempdir(lab.defer)
      local names, children = {}, {}
      local before = string.unpack("<I8", image(lab, 0), offset + 1)
      local function work(i)
        names[#names + 1] = ("%s/log%d"):format(folder, #names)
        children[i] = start_process(lab)
        children[i]:send(("return assert(load(%q, '=work', 't', _ENV))"
          .. "(%d, %d, 'D:', %d, %q)"):format(WORK:gsub("%%%%", "%%"),
          random(1 << 40), rounds, offset, names[#names]))
      end
      for i = 1, PROCESSES do
        work(i)
      end
      for _ = 1, sweep.pick(4, 20, 400) do
        proc.run(("sleep 0.%02d"):format(random(20)))
        local i = random(PROCESSES)
        children[i]:kill()
        work(i)
      end
      for i = 1, PROCESSES do
        assert.is_true(children[i]:answer())
        children[i]:stop()
      end
      local will, done = 0, 0
      for _, name in ipairs(names) do
        will, done = will + lines(name, "will"), done + lines(name, "done")
      end
      local counted = string.unpack("<I8", image(lab, 0), offset + 1) - before
      local seen = ("%d counted, %d done, %d begun (NTVOL_SEED=%d)"):format(
        counted, done, will, sweep.seed)
      assert(done > 0 and counted >= done and counted <= will, seen)
      check_unlocked(lab)
      local rest = machines.content "fat"
      local now = image(lab, 0)
      assert.equal(rest:sub(1, offset), now:sub(1, offset))
      assert.equal(rest:sub(offset + SECTOR + 1),
        now:sub(offset + SECTOR + 1, #rest))
    end)
end)
