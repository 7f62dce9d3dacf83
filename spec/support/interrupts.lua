--- A machine with a journal, and what can be interrupted on it. All of it can be
--- put back as often as it is wanted.
---
---   local lab = interrupts.lab(defer, scenario)
---   lab:reset()

local journal = require "ntvol.journal"
local ntvol = require "ntvol"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local M = {}

-- ---- scenarios -----------------------------------------------------------

-- The file system that the first volume's bytes, its mounted instance and a list of
-- the machine agree on.
local function file_system(machine, bytes)
  local named = bytes:sub(4, 7) == "NTFS" and "NTFS"
    or bytes:sub(55, 59) == "FAT12" and "FAT12" or "RAW"
  local volume <close> = assert(machine:open "D:")
  local mounted = assert(volume:info()).file_system
  local listed = assert(machine:volumes())[1].file_system
  if mounted == named and listed == named then
    return named
  end
  return ("%s, mounted as %s, listed as %s"):format(named, mounted, listed)
end

-- Whether all of the disk is online, or all of it gone.
local function presence(machine)
  local disk = assert(machine:disks())[1]
  local online, offline = 0, 0
  for _, volume in ipairs(assert(machine:volumes())) do
    online = online + (volume.offline and 0 or 1)
    offline = offline + (volume.offline and 1 or 0)
  end
  if not disk.uninstalled and online == 2 then
    return "here"
  elseif disk.uninstalled and online + offline == 0 then
    return "gone"
  end
  return ("disk %s, %d volumes online, %d offline"):format(disk.uninstalled
    and "uninstalled" or "installed", online, offline)
end

local function change(machine, log)
  return assert(plan.change_filesystem("D:", { to = "ntfs",
    machine = machine })), { erase = "D:", journal = log }
end

local function undo(machine, log)
  return assert(plan.undo("D:", { machine = machine, journal = log })),
    { erase = "D:", journal = log }
end

local function prepare(machine, log)
  return assert(plan.prepare_lun_removal(0, { machine = machine })),
    { journal = log }
end

local function restore(machine, log)
  return assert(plan.restore_lun(0, { machine = machine })), { journal = log }
end

local function run(make, machine, log)
  local object, opts = make(machine, log)
  return assert(object:run(opts))
end

-- An interrupt that does not leave the process the time to say so.
local function kill_half_way(lab)
  local _, code = lab:child({ kind = "progress", at = 8,
    signal = "KILL" }, { "change-fs", "D:", "--to", "ntfs", "--erase", "D:" })
  assert(code == 137, code)
end

local ONE, TWO = { "6M:fat:D:OLD" },
  { "gpt:24M=8M:fat:D:DATA+rest:fat:E:LOGS" }

-- `look` returns what there is: `from` before and `to` after it; `format` says
-- which state the journal has of the format then.
M.scenarios = {
  { name = "change_filesystem", disks = ONE, make = change,
    words = { "change-fs", "D:", "--to", "ntfs", "--erase", "D:" },
    look = file_system, from = "FAT12", to = "NTFS",
    format = { to = { committed = true },
      from = { none = true, failed = true, undone = true } } },
  { name = "undo", disks = ONE, make = undo,
    before = function(machine, log) run(change, machine, log) end,
    words = { "undo", "D:", "--erase", "D:" },
    look = file_system, from = "NTFS", to = "FAT12",
    format = { from = { committed = true }, to = { undone = true } } },
  { name = "recover", disks = ONE, kill = kill_half_way,
    words = { "recover" },
    look = file_system, from = "RAW", to = "FAT12",
    format = { from = { interrupted = true }, to = { recovered = true } } },
  { name = "prepare_lun_removal", disks = TWO, make = prepare,
    words = { "prepare-removal", "0", "--yes" },
    look = presence, from = "here", to = "gone" },
  { name = "restore_lun", disks = TWO, make = restore,
    before = function(machine, log) run(prepare, machine, log) end,
    words = { "restore-lun", "0" },
    look = presence, from = "gone", to = "here" },
}

-- ---- the lab -------------------------------------------------------------

local Lab = {}
Lab.__index = Lab

local FILES = { "/lab/disk0.img", "/lab/machine.db", "/state/journal.db" }

local function put(path, content)
  local file = assert(io.open(path, "wb"))
  assert(file:write(content))
  assert(file:close())
end

function Lab:image()
  return proc.slurp(self.folder .. FILES[1])
end

--- Calls f(machine, log), and closes both.
function Lab:with(f)
  local machine <close> = assert(sim.open(self.folder .. "/lab"))
  local log <close> = assert(journal.open(self.folder .. "/state"))
  return f(machine, log)
end

--- Makes it the start again.
function Lab:reset()
  for _, file in ipairs(FILES) do
    local path = self.folder .. file
    os.remove(path .. "-wal")
    os.remove(path .. "-shm")
    put(path, self.start[file])
  end
end

-- No power is cut here, so nothing needs to reach a disk.
local function in_memory()
  return proc.run "test -d /dev/shm -a -w /dev/shm && printf y" == "y"
    and "/dev/shm" or nil
end

--- A lab at the start of a scenario. `lab.old` are the bytes of the disk before
--- anything, `lab.last` the last number of the journal.
function M.lab(defer, scenario)
  local folder = tempdir(defer, in_memory())
  local lab = setmetatable({ folder = folder, scenario = scenario, start = {} },
    Lab)
  assert(sim.create(folder .. "/lab", { disks = scenario.disks })):close()
  lab.old = lab:image()
  if scenario.kill then
    scenario.kill(lab)
  end
  lab:with(function(machine, log)
    if scenario.before then
      scenario.before(machine, log)
    end
    local entries = assert(log:entries())
    lab.last = #entries > 0 and entries[#entries].id or 0
  end)
  for _, file in ipairs(FILES) do
    lab.start[file] = proc.slurp(folder .. file)
  end
  return lab
end

--- Runs `ntvol` on it and sends a signal; see spec/sweep/interrupted.lua. Returns
--- what it printed on the two channels, and its exit code. Leaks of such a
--- command are looked for by the specs of spec/cli: here the leak checker itself
--- breaks at some of them ("Tracer caught signal 11").
-- @param moment `kind`, `at`, `signal`, `again`
function Lab:child(moment, words)
  local list = {}
  for i, word in ipairs(words) do
    list[i] = proc.quote(word)
  end
  local folder = proc.quote(self.folder)
  local _, code = proc.run(("ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0"
    .. " NTVOL_STATE=%s/state NTVOL_MACHINE=%s/lab exec %s"
    .. " spec/sweep/interrupted.lua %s %d %s %d %s/child.counts %s"
    .. " >%s/child.out 2>%s/child.err"):format(folder, folder,
    os.getenv "LUA" or "lua5.4", moment.kind, moment.at, moment.signal,
    moment.again or 0, folder, table.concat(list, " "), folder, folder))
  return { out = proc.slurp(self.folder .. "/child.out"),
    err = proc.slurp(self.folder .. "/child.err") }, code
end

--- What the last child counted.
function Lab:counts()
  return assert(loadfile(self.folder .. "/child.counts"))()
end

-- ---- looking -------------------------------------------------------------

local function is_free(machine)
  for _, found in ipairs(assert(machine:volumes())) do
    if not found.offline then
      local volume <close> = assert(machine:open(found.guid_path))
      local _guard <close> = assert(volume:lock())
    end
  end
end

-- What the journal says since the start: of the plan, and of the format.
function Lab:notes(log)
  local notes = { format = "none" }
  for _, entry in ipairs(assert(log:entries())) do
    if entry.plan == "format" then
      notes.format = entry.state
    elseif entry.id > self.last and entry.plan == self.scenario.name then
      notes.plan = assert(log:entry(entry.id))
    end
  end
  return notes
end

--- What there is: "from", "to", or what else; and the notes of the journal.
function Lab:look()
  local scenario = self.scenario
  return self:with(function(machine, log)
    is_free(machine)
    local found = scenario.look(machine, self:image())
    return found == scenario.from and "from" or found == scenario.to and "to"
      or found, self:notes(log)
  end)
end

-- The format of the journal belongs to the bytes.
function Lab:check_format(found, notes, what)
  local wanted = self.scenario.format
  assert(not wanted or wanted[found][notes.format], ("%s: the format is %s in"
    .. " the journal"):format(what, notes.format))
end

--- Puts all back as a user would: the bytes are those of before.
function Lab:put_back(what)
  self:with(function(machine, log)
    local options = { machine = machine, journal = log, erase = "D:" }
    local ok, message = ntvol.recover(nil, options)
    assert(ok, what .. ": recover: " .. tostring(message))
    local found = self.scenario.look(machine, self:image())
    assert(self.scenario.look ~= file_system or #found <= 5, ("%s: recover left"
      .. " %s"):format(what, found))
    if self.scenario.look == file_system then
      if self:notes(log).format == "committed" then
        ok, message = ntvol.undo("D:", options)
        assert(ok, what .. ": undo: " .. tostring(message))
      end
    elseif presence(machine) ~= "here" then
      run(restore, machine, log)
    end
    is_free(machine)
    if self.scenario.look == presence then
      assert(presence(machine) == "here", what)
    end
    for _, entry in ipairs(assert(log:entries())) do
      assert(entry.state ~= "interrupted" and entry.state ~= "running",
        ("%s: operation %d stays %s"):format(what, entry.id, entry.state))
    end
  end)
  assert(self:image() == self.old, what .. ": not the old bytes")
end

return M
