--- The kinds of machines that the rules of NT are played on, and what each of
-- them lacks. A new machine is one entry here: it runs the rows that name it,
-- and docs/conformance.md gets a column.
--
-- Fields of a kind:
--   key       the word for it in the rows, behind the "@" of a test's name
--   title     the head of its column
--   name      what contract specs call it; nil when it is not for them
--   create    (defer, specification) -> machine
--   blank     what an empty cell of its column says
--   why       why a rule is not played on it, in a sentence
--   disks     it can be made with the disks of a specification
--   events    it has a history to compare with
--   handles   it knows which handle of a holder is in the way, and where
--   given     function(step, status, win32): tells the system below what it
--             returns; nil when the machine is the system

local core = require "ntvol.core"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local M = {}

local function sim_create(path, specification)
  return assert(require("ntvol.sim.core").create(path, specification))
end

-- A machine whose folder no program makes and removes: that would cost more than
-- most tests.
local function folder_create(defer, specification)
  if proc.windows then
    return sim_create(tempdir(defer) .. "/lab", specification)
  end
  local name = os.tmpname()
  os.remove(name)
  local path = ("%s/ntvol-spec.%s"):format(os.getenv "TMPDIR" or "/tmp",
    name:match "[^/]+$")
  local machine = sim_create(path, specification)
  defer(function()
    machine:close()
    assert(require("ntvol.sim.core").remove(path))
  end)
  return machine
end

-- ---- the Windows machine, over a table of fakes --------------------------------

-- What the fakes call requests that are no control codes: see fake_os.h.
local TRANSFERS = { read = 1, count = 1, write = 2, put = 2, flush = 3 }

local CODES = {
  lock = "FSCTL_LOCK_VOLUME", unlock = "FSCTL_UNLOCK_VOLUME",
  dismount = "FSCTL_DISMOUNT_VOLUME", mounted = "FSCTL_IS_VOLUME_MOUNTED",
  online = "IOCTL_VOLUME_ONLINE", offline = "IOCTL_VOLUME_OFFLINE",
  is_mounted = "FSCTL_IS_VOLUME_MOUNTED", is_offline = "IOCTL_VOLUME_IS_OFFLINE",
  extended_io = "FSCTL_ALLOW_EXTENDED_DASD_IO",
}

local function request_of(step)
  local name = step.verb == "control" and step.words[1] or CODES[step.verb]
  return TRANSFERS[step.verb] or assert(core.codes[name], "no code: " .. step.verb)
end

-- What the machine decides on its own.
local OWN = { close = true, is_locked = true, kind = true }

-- The system does what the row says; what the machine makes of it is tested.
local function give(step, status, win32)
  local windows = require "windows"
  local holders = tonumber(step.details.holders) or 0
  if step.verb == "open" then
    windows.open(status, win32, holders)
  elseif not OWN[step.verb] then
    windows.answer(request_of(step), status, holders)
  end
end

local function windows_create(defer, specification)
  local windows = require "windows"
  local volume = specification.disks and specification.disks[1].volumes[1] or {}
  windows.start { pagefile = volume.pagefile, system = volume.system,
    boot = volume.boot }
  defer(function()
    local open, wrong = windows.stop()
    assert(open == 0 and wrong == 0,
      ("%d handles of Windows are open, %d were closed twice"):format(open, wrong))
  end)
  return assert(core.connect("win32", ""))
end

-- ---- all -------------------------------------------------------------------------

M.list = {
  {
    key = "folder", title = "simulated, folder",
    name = "simulated machine in a folder",
    blank = "NO TEST", why = "a simulated machine is NT itself, and plays every rule",
    disks = true, events = true, handles = true,
    create = folder_create,
  },
  {
    key = "memory", title = "simulated, memory",
    name = "simulated machine in memory",
    blank = "alone", why = "nobody else can connect to a machine in memory: it has"
      .. " neither other processes nor nodes, and ends with its connection",
    disks = true, events = true, handles = true,
    create = function(_, specification)
      return sim_create(":memory:", specification)
    end,
  },
  {
    key = "windows", title = "Windows, over fakes",
    blank = "NT", why = "NT's own kernel decides it, and a table of fakes would only"
      .. " repeat what it was told",
    create = windows_create, given = give,
  },
  {
    key = "foreign", title = "foreign kind",
    blank = "its own", why = "the rule is the machine's own business, and not that of"
      .. " the layer which all machines share",
    create = function()
      require "fake" -- registers the kind
      return assert(core.connect("fake", "conformance"))
    end,
  },
}

for _, kind in ipairs(M.list) do
  M[kind.key] = kind
end

--- The capabilities of each kind, by its key.
function M.capabilities()
  local can = {}
  for _, kind in ipairs(M.list) do
    local cleaners = {}
    local machine = kind.create(function(f)
      table.insert(cleaners, 1, f)
    end, { disks = { { size = 1 << 20, volumes = { { letter = "D:" } } } } })
    can[kind.key] = machine:capabilities()
    machine:close()
    for _, clean in ipairs(cleaners) do
      clean()
    end
  end
  return can
end

--- The kinds that these words name, "folder memory", in the order of the list.
function M.named(words)
  local wanted, kinds = {}, {}
  for word in words:gmatch("%S+") do
    assert(M[word] and M[word].key, "no kind of machine: " .. word)
    wanted[word] = true
  end
  for _, kind in ipairs(M.list) do
    kinds[#kinds + 1] = wanted[kind.key] and kind or nil
  end
  return kinds
end

return M
