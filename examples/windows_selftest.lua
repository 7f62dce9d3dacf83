#!/usr/bin/env lua5.4
-- Checks on a scratch volume what lock, unlock, dismount, offline, online and
-- format really do here, and prints a report that can be attached to an issue.
-- It is made for real Windows and needs an administrator. On a simulated machine
-- all its checks pass.
--
--   lua examples/windows_selftest.lua            lists volumes that may be used
--   lua examples/windows_selftest.lua E:         all but the format; the volume
--                                                is dismounted and taken offline
--   lua examples/windows_selftest.lua E: E:      and the format: everything on
--                                                E: is lost
--
-- Use a virtual disk. In an administrator's prompt, diskpart makes one:
--
--   create vdisk file=C:\scratch.vhd maximum=512
--   attach vdisk
--   create partition primary
--   format fs=fat quick
--   assign letter=E
--
-- and takes it away again: select vdisk file=C:\scratch.vhd, detach vdisk.

local USAGE = "usage: windows_selftest.lua [VOLUME [VOLUME]]"
if arg[1] == "--help" or arg[1] == "-h" then
  print(USAGE)
  os.exit(0, true)
elseif #arg > 2 or not (arg[1] or "D:"):find "^[^-]" then
  io.stderr:write(USAGE, "\n")
  os.exit(2, true)
end

local ntvol = require "ntvol"

local name, erase = arg[1], arg[2]

-- The machine that NTVOL_MACHINE names, else this computer, else a simulated
-- one in memory.
if not os.getenv("NTVOL_MACHINE") and not ntvol.machine() then
  ntvol.machine(assert(ntvol.sim.create(":memory:", {
    disks = { "64M:fat:E:SCRATCH" },
  })))
end
local machine = assert(ntvol.machine())

-- ---- which volume --------------------------------------------------------

-- Why a volume must not be used for experiments; nil when it may be.
local function taboo(volume)
  for _, flag in ipairs { "system", "boot", "pagefile", "readonly", "csv" } do
    if volume[flag] then
      return flag
    end
  end
end

local function list()
  print("Name a volume whose contents do not matter:")
  for _, volume in ipairs(assert(machine:volumes())) do
    local reason = taboo(volume)
    print(("  %s%s"):format(volume, reason and "  -- not this one: " .. reason
      or ""))
  end
  print("Nothing was changed. The head of this script says how to make a"
    .. " virtual disk.")
end

local function find()
  for _, volume in ipairs(assert(machine:volumes())) do
    if volume.name:lower() == name:lower() then
      return volume
    end
  end
end

local function stop(text)
  io.stderr:write("windows_selftest: ", text, "\n")
  os.exit(2, true)
end

if not name then
  list()
  os.exit(0, true)
end
local volume = find() or stop(("there is no volume '%s' here"):format(name))
if taboo(volume) then
  stop(("'%s' is a %s volume; use a scratch volume"):format(name,
    taboo(volume)))
elseif erase and erase:lower() ~= name:lower() then
  stop(("the second name, '%s', is not the first; nothing was changed")
    :format(erase))
end

-- ---- the report ----------------------------------------------------------

local passed, differs = 0, 0

-- Prints one line: what was tried, what the documents say, what happened.
local function report(what, wanted, seen, ok)
  passed, differs = passed + (ok and 1 or 0), differs + (ok and 0 or 1)
  print(("%s\t%s\tdocumented: %s\tseen: %s"):format(ok and "ok" or "DIFFERS",
    what, wanted, seen))
end

local function seen_of(value, _, code, info)
  if value then
    return "success"
  end
  local who = {}
  for _, holder in ipairs(info.holders or {}) do
    who[#who + 1] = ("%s (%d)"):format(holder.name, holder.pid)
  end
  return ("%s %s%s"):format(code, info.status_name,
    #who > 0 and ", holders: " .. table.concat(who, ", ") or ""), code
end

-- `wanted` is "success", or one or several error codes.
local function expect(what, wanted, ...)
  local seen, code = seen_of(...)
  report(what, wanted, seen, (" " .. wanted .. " "):find(
    " " .. (code or "success") .. " ", 1, true) ~= nil)
  return (...)
end

-- The same for a question, whose result is compared.
local function expect_answer(what, wanted, answer, message)
  report(what, tostring(wanted), answer == nil and message or tostring(answer),
    answer == wanted)
end

-- Prints what happened where no document says what should happen.
local function note(what, ...)
  print(("note\t%s\tdocumented: nothing\tseen: %s"):format(what,
    (seen_of(...))))
end

local function open(options)
  return machine:open(name, options)
end

-- ---- the checks ----------------------------------------------------------

local function check_lock()
  local first <close> = expect("open for reading and writing", "success",
    open())
  expect_answer("mounted after the open", true, first:is_mounted())
  expect("unlock without a lock", "ERROR_NOT_LOCKED", first:unlock())
  expect("lock", "success", first:lock())
  local other = expect("open while it is locked",
    "ERROR_ACCESS_DENIED or ERROR_SHARING_VIOLATION", open())
  if other then
    other:close()
  end
  note("lock again by the same handle", first:lock())
  expect("unlock", "success", first:unlock())
  expect("unlock again", "ERROR_NOT_LOCKED", first:unlock())
end

local function check_close()
  local first = assert(open())
  expect("lock before the close", "success", first:lock())
  first:close()
  local second <close> = expect("open after the owner of the lock has closed",
    "success", open())
  expect_answer("mounted then", true, second:is_mounted())
end

local function check_holder()
  local root <close> = assert(machine:open(name .. "\\", { access = "r" }))
  local first <close> = assert(open())
  expect("lock while a directory is open", "ERROR_ACCESS_DENIED",
    first:lock())
  expect("lock a directory", "ERROR_INVALID_PARAMETER",
    root:control "FSCTL_LOCK_VOLUME")
end

local function check_dismount()
  do
    local first <close> = assert(open())
    expect("lock before the dismount", "success", first:lock())
    expect("dismount", "success", first:dismount())
    expect_answer("mounted after the dismount", false, first:is_mounted())
    expect("unlock after the dismount", "success", first:unlock())
  end
  local second <close> = expect("open after the dismount", "success", open())
  expect_answer("mounted again", true, second:is_mounted())
end

local function check_offline()
  do
    local reader <close> = assert(open { access = "r" })
    expect("offline by a handle that cannot write", "ERROR_ACCESS_DENIED",
      reader:offline())
  end
  local first <close> = assert(open())
  expect("lock before offline", "success", first:lock())
  expect("dismount before offline", "success", first:dismount())
  if not expect("offline", "success", first:offline()) then
    return
  end
  expect_answer("offline then", true, first:is_offline())
  expect("read while it is offline", "ERROR_NOT_READY",
    first:read(0, first:sector_size()))
  expect("online", "success", first:online())
  expect_answer("offline after online", false, first:is_offline())
end

local function check_back()
  local first <close> = expect("open after online", "success", open())
  expect("read after online", "success", first:read(0, first:sector_size()))
  expect_answer("mounted after online", true, first:is_mounted())
end

local function check_format()
  local plan = assert(ntvol.plan.change_filesystem(name,
    { to = "ntfs", label = "SCRATCH" }))
  expect("change the file system to NTFS", "success",
    plan:run { erase = erase })
  local first <close> = assert(open { access = "r" })
  expect_answer("the new label", "SCRATCH", first:label())
end

-- A check that cannot go on ends there, and the others still run.
local function attempt(what, check)
  local ok, message = pcall(check)
  if not ok then
    report(what, "runs to its end", tostring(message), false)
  end
end

-- Whatever happened: the volume does not stay offline.
local function bring_back()
  local last = open()
  if last then
    last:online()
    last:close()
  end
end

machine:events() -- Windows tells what happens from the first call on
print(("ntvol %s on %s, Lua %s"):format(ntvol._VERSION, machine:name(),
  _VERSION:match("[%d.]+")))
print(volume)
attempt("the checks of the lock", check_lock)
attempt("the checks of the close", check_close)
attempt("the checks of holders", check_holder)
attempt("the checks of the dismount", check_dismount)
attempt("the checks of offline", check_offline)
attempt("the checks after online", check_back)
bring_back()
if erase then
  attempt("the checks of the format", check_format)
end
for _, event in ipairs(machine:events() or {}) do
  print("event\t" .. tostring(event))
end
print(("%d as documented, %d differ"):format(passed, differs))
os.exit(differs == 0, true)
