-- Measures, and prints a table. Numbers are of this machine and this run; the
-- ratios compare things measured in the same run. `make bench` runs it.

local core = require "ntvol.core"
local ntvol = require "ntvol"
local sim = require "ntvol.sim"

local here = arg[0]:match("^(.*/)") or "./"
local KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

-- ---- helpers ----------------------------------------------------------------

-- Seconds of a steady clock. Without lua-system it moves in steps of 10 ms.
local has_system, system = pcall(require, "system")

local function now()
  if has_system then
    return system.monotime()
  end
  local file = assert(io.open("/proc/uptime"))
  local seconds = file:read("n")
  file:close()
  return seconds
end

-- Seconds for one call, measured over at least half a second.
local function time(call)
  local count = 1
  while true do
    local start = now()
    for _ = 1, count do
      call()
    end
    local elapsed = now() - start
    if elapsed >= 0.5 then
      return elapsed / count
    end
    count = elapsed < 0.05 and count * 8 or math.ceil(count * 0.6 / elapsed)
  end
end

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function capture(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read("a")
  return pipe:close() and output or nil, output
end

local function tempdir()
  local base = os.getenv("TMPDIR") or "/tmp"
  local folder = assert(capture("mktemp -d " .. quote(base .. "/ntvol-bench.XXXXXX")))
  folder = folder:gsub("\n$", "")
  return setmetatable({ path = folder }, {
    __close = function()
      capture("rm -rf " .. quote(folder))
    end,
  })
end

local function row(what, value, note)
  print(("%-46s %14s   %s"):format(what, value, note or ""))
end

local function us(seconds)
  return ("%.2f us"):format(seconds * 1e6)
end

-- ---- what is measured ---------------------------------------------------------

local function calls(machine)
  local volume <close> = assert(machine:open("D:"))
  local text = "text"
  local empty = time(function()
    for _ = 1, 1000 do
      text:len()
    end
  end) / 1000
  local method = time(function()
    for _ = 1, 1000 do
      volume:is_locked()
    end
  end) / 1000
  row("string.len, the baseline C function", us(empty))
  row("volume:is_locked, a method that asks nobody", us(method),
    ("%.2f times the baseline"):format(method / empty))
end

local function pairs_of(machine, where)
  row("open and close, " .. where, us(time(function()
    assert(assert(machine:open("D:")):close())
  end)))
  local volume <close> = assert(machine:open("D:"))
  row("lock and unlock, " .. where, us(time(function()
    assert(volume:lock())
    assert(volume:unlock())
  end)))
end

local function in_memory()
  local machine <close> = assert(sim.create(":memory:", { disks = { "16M:fat:D:BENCH" } }))
  calls(machine)
  pairs_of(machine, "machine in memory")
end

-- Each finds that another one has written, and looks at what changed.
local function in_turn(path, count)
  local volumes = {}
  for i = 1, count do
    volumes[i] = assert(assert(sim.open(path)):open(string.char(67 + i) .. ":"))
  end
  row(("lock and unlock, %d connections in turn"):format(count), us(time(function()
    for _, volume in ipairs(volumes) do
      assert(volume:lock())
      assert(volume:unlock())
    end
  end) / count))
  for _, volume in ipairs(volumes) do
    local machine = volume:machine()
    assert(volume:close())
    assert(machine:close())
  end
end

local function beside_others()
  local folder <close> = tempdir()
  local disks = {}
  for i = 1, 8 do
    disks[i] = "16M:fat:" .. string.char(67 + i)
  end
  assert(sim.create(folder.path .. "/lab", { disks = disks })):close()
  in_turn(folder.path .. "/lab", 1)
  in_turn(folder.path .. "/lab", 8)
end

local function on_disk()
  local folder <close> = tempdir()
  local machine <close> = assert(sim.create(folder.path .. "/lab",
    { disks = { "16M:fat:D:BENCH" } }))
  pairs_of(machine, "machine on disk")
  local log <close> = assert(ntvol.journal.open(folder.path .. "/state"))
  row("one step noted in the journal, durably", us(time(function()
    local id = assert(log:begin { plan = "bench" })
    assert(log:step(id, 1, { name = "step" }))
    assert(log:finish(id, "committed"))
  end) / 3))
end

-- The middle one of five runs.
local function median(run)
  local times = {}
  for i = 1, 5 do
    local start = now()
    run()
    times[i] = now() - start
  end
  table.sort(times)
  return times[3]
end

-- What a format cannot do without: mkfs in a sparse file, one copy of what it
-- wrote, made durable.
local function bare_mkfs(folder, size)
  return median(function()
    assert(capture(([[cd %s && rm -f bare copy && truncate -s %d bare &&
      PATH=$PATH:/usr/sbin mkfs.ntfs -F -Q -q bare 2>&1 &&
      cp --sparse=auto bare copy && sync copy]]):format(quote(folder), size)))
  end)
end

local function quick_format(machine, log)
  local volume <close> = assert(machine:open("D:"))
  local _guard <close> = assert(volume:lock())
  local result
  local elapsed = median(function()
    result = assert(volume:format { fs = "ntfs", erase = "D:", journal = log,
      undo = log and true })
  end)
  return elapsed, result
end

-- Taking the last format back, and formatting again; the middle one of five.
local function undo(machine, log, operation)
  local volume <close> = assert(machine:open("D:"))
  local _guard <close> = assert(volume:lock())
  local times = {}
  for i = 1, 5 do
    local start = now()
    assert(core.take_back(volume, log, operation))
    times[i] = now() - start
    operation = assert(volume:format { fs = "ntfs", erase = "D:",
      journal = log }).operation
  end
  table.sort(times)
  return times[3]
end

-- Taking back what was killed half-way; the middle one of five.
local function recover(folder, machine, log)
  local times = {}
  for i = 1, 5 do
    os.execute(("lua5.4 %s %s %s 2>/dev/null"):format(
      quote(here .. "child_killed.lua"), quote(folder .. "/lab"),
      quote(folder .. "/state")))
    local start = now()
    local found = assert(ntvol.recover("D:", { machine = machine, journal = log }))
    times[i] = now() - start
    assert(found[1].outcome == "recovered", "the child was not killed half-way")
  end
  table.sort(times)
  return times[3]
end

-- The volume holds an exFAT before, so that there is something to save.
local function format_against_mkfs(size)
  local folder <close> = tempdir()
  local bare = bare_mkfs(folder.path, size)
  local machine <close> = assert(sim.create(folder.path .. "/lab",
    { disks = { { size = size, volumes = { { letter = "D:" } } } } }))
  local log <close> = assert(ntvol.journal.open(folder.path .. "/state"))
  do
    local volume <close> = assert(machine:open("D:"))
    local _guard <close> = assert(volume:lock())
    assert(volume:format { fs = "exfat", erase = "D:", journal = false })
  end
  local function against(what, elapsed, note)
    row(("%s %d GiB"):format(what, size // GIB), ("%.0f ms"):format(elapsed * 1e3),
      ("%.2f times mkfs.ntfs, copy, sync (%.0f ms); %s"):format(
        elapsed / bare, bare * 1e3, note))
  end
  local elapsed, result = quick_format(machine, log)
  local entry = assert(log:entry(result.operation))
  against("quick NTFS format with undo of", elapsed,
    ("saved %.1f MiB in %.1f KiB"):format(entry.saved_bytes / MIB,
      entry.stored_bytes / KIB))
  against("undo of it,", undo(machine, log, result.operation), "compared first")
  against("recover of one killed half-way,",
    recover(folder.path, machine, log), "compared first")
  elapsed, result = quick_format(machine, false)
  against("quick NTFS format without a journal of", elapsed,
    ("wrote %.1f MiB"):format(result.bytes_written / MIB))
end

local function memory_of_format()
  local size = 4096 * GIB
  local folder <close> = tempdir()
  local what = ("peak memory, quick format of %d TiB"):format(size // (1024 * GIB))
  local fits, why = capture(("truncate -s %d %s 2>&1"):format(size, quote(folder.path .. "/probe")))
  if not fits then
    row(what, "skipped", "the scratch folder cannot hold such a file: " .. why:gsub("\n", " "))
    return
  end
  local output, said = capture(("lua5.4 %s %s %d 2>&1"):format(
    quote(here .. "child_format.lua"), quote(folder.path .. "/lab"), size))
  assert(output, said)
  row(what, ("%.1f MiB"):format(tonumber(output:match("VmHWM (%d+)")) * KIB / MIB),
    "of our process, mkfs.ntfs has its own; " .. output:match("seconds [^\n]*"))
end

-- What a check asks before anything is changed; that of a format runs mkfs for
-- nothing, to hear what it would say.
local function plan_checks()
  local folder <close> = tempdir()
  local machine <close> = assert(sim.create(folder.path .. "/lab", { disks = {
    "16M:fat:D:BENCH", "gpt:64M=16M:fat:E+16M:ntfs:F+16M:fat:G" } }))
  local change = assert(ntvol.plan.change_filesystem("D:",
    { to = "ntfs", machine = machine }))
  row("check of change_filesystem", ("%.2f ms"):format(time(function()
    assert(change:check())
  end) * 1e3), "makes the new file system in a scratch file")
  local removal = assert(ntvol.plan.prepare_lun_removal(1,
    { machine = machine }))
  row("check of prepare_lun_removal, three volumes", us(time(function()
    assert(removal:check())
  end)))
  local data = ntvol.timeline.of_report(assert(removal:run()))
  row("picture of that removal", ("%.2f ms"):format(time(function()
    ntvol.timeline.svg(data)
  end) * 1e3), ("%d steps, %d events"):format(#data.steps, #data.events))
end

print(("ntvol %s, %s"):format(ntvol._VERSION, _VERSION))
print()
in_memory()
on_disk()
beside_others()
plan_checks()
format_against_mkfs(1 * GIB)
format_against_mkfs(64 * GIB)
memory_of_format()
