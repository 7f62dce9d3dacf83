-- Memory runs out: every verb of the module, its nth allocation failing, for
-- every n (here for a part of them), once by Lua's allocator and once by the C
-- library's. Nothing crashes, leaks, stays locked or is half done, and the
-- refusal says what it was. spec/sweep/verbs.lua has the verbs.

local core = require "ntvol.core"
local journal = require "ntvol.journal.core"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local program = require "spec.sweep.program"
local sim = require "ntvol.sim.core"
local verbs = require "spec.sweep.verbs"

local CLASSES = { "core", "journal", "journal_module", "lock", "machine", "sim",
  "subscription", "volume" }

-- Functions and methods that the module has, and those of a list.
local function missing(list, object)
  local found = {}
  for name, value in pairs(object) do
    if type(value) == "function" and list[name] == nil then
      found[#found + 1] = name
    end
  end
  table.sort(found)
  return found
end

local function methods(object)
  return debug.getmetatable(object).__index
end

describe("when memory runs out,", function()
  local reason = proc.windows and "LD_PRELOAD is of POSIX"
    or machines.missing("mkfs.fat", "mkfs.ntfs", "mmd", "mcopy", "ntfscp")
    or program.preloaded()
  if reason then
    pending(reason)
    return
  end

  it("no verb is left out", function()
    local machine <close> = assert(sim.create(":memory:", { disks = { {
      size = 1 << 20, volumes = { { letter = "D:" } } } } }))
    local volume <close> = assert(machine:open "D:")
    local subscription <close> = assert(machine:subscribe(function() end))
    local guard <close> = assert(volume:lock())
    assert.same({}, missing(verbs.machine, methods(machine)))
    assert.same({}, missing(verbs.volume, methods(volume)))
    assert.same({}, missing(verbs.lock, methods(guard)))
    assert.same({}, missing(verbs.subscription, methods(subscription)))
    assert.same({}, missing(verbs.core, core))
    assert.same({}, missing(verbs.sim, sim))
    assert.same({}, missing(verbs.journal_module, journal))
    local folder = proc.lines "mktemp -d"[1]
    local log <close> = assert(journal.open(folder))
    assert.same({}, missing(verbs.journal, methods(log)))
    assert(log:close())
    proc.run("rm -rf " .. proc.quote(folder))
  end)

  for _, class in ipairs(CLASSES) do
    it("every verb of " .. class .. " refuses and is as before", function()
      program.run(finally, "alloc", "spec/sweep/allocations.lua", class)
    end)
  end
end)
