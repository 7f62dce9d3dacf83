-- What a format keeps in the journal, and what it does with it when it fails.

local core = require "ntvol.core"
local helpers = require "spec.helpers"
local journal = require "ntvol.journal"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local raises, refused = helpers.raises, helpers.refused

local Lab = {}
Lab.__index = Lab

-- A machine with one FAT volume with old bytes in it, locked, and a journal.
local function new_lab(finally)
  local cleaners = {}
  local folder = tempdir(function(f) cleaners[1] = f end)
  local lab = setmetatable({ folder = folder }, Lab)
  lab.machine = assert(sim.create(folder .. "/lab",
    { disks = { "16M:fat:D:OLD" } }))
  lab.log = assert(journal.open(folder .. "/state"))
  lab.volume = assert(lab.machine:open "D:")
  lab.guard = assert(lab.volume:lock())
  assert(lab.volume:extended_io())
  for at = 0, 15 << 20, 1 << 20 do
    lab.volume:write(at + (512 << 10), ("old bytes!!!!!!\n"):rep(32 + (at >> 12)))
  end
  finally(function()
    if core.type(lab.machine) == "machine" then
      lab.machine:close()
    end
    lab.log:close()
    cleaners[1]()
  end)
  return lab
end

function Lab:bytes()
  return proc.slurp(self.folder .. "/lab/disk0.img")
end

function Lab:format(options)
  options.fs, options.erase = options.fs or "ntfs", "D:"
  if options.journal == nil then
    options.journal = self.log
  end
  return self.volume:format(options)
end

describe("a quick format", function()
  it("notes what it is and saves what it overwrites", function()
    local lab = new_lab(finally)
    local before = lab:bytes()
    local parent = assert(lab.log:begin { plan = "test" })
    local result = assert(lab:format { label = "NEW", operation = parent })
    assert.equal(true, result.can_undo)
    local entry = assert(lab.log:entry(result.operation))
    assert.equal("format", entry.plan)
    assert.equal("D:", entry.target)
    assert.equal(parent, entry.parent)
    assert.equal("fs=ntfs label=NEW", entry.command)
    assert.equal("committed", entry.state)
    assert.equal("NTFS; can be undone", entry.message)
    assert.equal("FAT16", entry.identity.file_system)
    assert.equal(16 << 20, entry.identity.size)
    assert.equal(1, #entry.identity.extents)
    -- more than was written: wiped zeros are not written again
    assert(entry.saved_bytes >= 5 << 20)
    assert(entry.stored_bytes < entry.saved_bytes)
    assert(lab:bytes() ~= before)
    assert.equal(0, core.take_back(lab.volume, lab.log, result.operation, true))
    assert(core.take_back(lab.volume, lab.log, result.operation) > 0)
    assert(lab:bytes() == before, "not byte for byte")
    entry = assert(lab.log:entry(result.operation))
    assert.equal("undone", entry.state)
    assert.is_nil(entry.saved_bytes)
  end)

  for _, fs in ipairs { "fat", "fat16", "exfat", "ntfs" } do
    it("can be undone: " .. fs, function()
      local lab = new_lab(finally)
      local before = lab:bytes()
      local result = assert(lab:format { fs = fs })
      assert(core.take_back(lab.volume, lab.log, result.operation))
      assert(lab:bytes() == before, "not byte for byte")
    end)
  end

  it("writes the old bytes back when it is cancelled, at whatever call",
    function()
      local lab = new_lab(finally)
      local before = lab:bytes()
      local calls = 0
      assert(lab:format { on_progress = function() calls = calls + 1 end })
      local last = #lab.log:entries()
      assert(core.take_back(lab.volume, lab.log, last))
      assert(calls > 10)
      for stop = 1, calls - 1 do -- the answer to the last one does not count
        local count = 0
        local _, info = refused("ERROR_OPERATION_ABORTED", lab:format {
          on_progress = function()
            count = count + 1
            return count < stop
          end })
        assert.equal("untouched", info.outcome)
        assert(lab:bytes() == before, "cancelled at call " .. stop)
        last = last + 1
        assert.equal("failed", assert(lab.log:entry(last)).state)
      end
    end)

  it("is refused before the first write when too much would be saved",
    function()
      local lab = new_lab(finally)
      local before = lab:bytes()
      local message, info = refused("ERROR_INVALID_PARAMETER",
        lab:format { undo_limit = 1000 })
      assert.equal("undo_limit", info.reason)
      assert.equal("untouched", info.outcome)
      assert(message:find("more than 1000 bytes", 1, true), message)
      assert(info.hint:find("undo = false", 1, true), info.hint)
      local enough = tonumber(info.hint:match("(%d+) bytes are always enough"))
      assert(lab:bytes() == before)
      local entry = assert(lab.log:entry(1))
      assert.equal("failed", entry.state)
      assert.is_nil(entry.saved_bytes)
      assert(lab:format { undo_limit = enough })
    end)

  it("saves nothing with undo = false, and keeps its note", function()
    local lab = new_lab(finally)
    local result = assert(lab:format { undo = false })
    assert.equal(false, result.can_undo)
    local entry = assert(lab.log:entry(result.operation))
    assert.equal("NTFS; cannot be undone", entry.message)
    assert.equal("fs=ntfs undo=false", entry.command)
    assert.is_nil(entry.saved_bytes)
    local _, info = refused("ERROR_INVALID_PARAMETER",
      core.take_back(lab.volume, lab.log, result.operation))
    assert.equal("no_undo", info.reason)
  end)

  it("keeps nothing at all with journal = false", function()
    local lab = new_lab(finally)
    local result = assert(lab:format { journal = false })
    assert.is_nil(result.operation)
    assert.same({}, assert(lab.log:entries()))
  end)

  it("is refused when the journal cannot be used", function()
    local lab = new_lab(finally)
    local before = lab:bytes()
    local path = lab.log:path()
    lab.log:close()
    local file = assert(io.open(path, "wb"))
    file:write(("no database "):rep(1000))
    file:close()
    local result = select(2, refused("ERROR_FILE_CORRUPT",
      journal.open(lab.folder .. "/state")))
    assert.equal("journal", result.reason)
    assert(lab:bytes() == before)
    raises("closed journal", lab.format, lab, {})
    raises("must be a journal or false", lab.format, lab, { journal = true })
    assert(lab:bytes() == before)
  end)

  it("lets nobody use or close its journal meanwhile", function()
    local lab = new_lab(finally)
    local result = assert(lab:format { on_progress = function()
      raises("a format writes to this journal", lab.log.close, lab.log)
      raises("a format writes to this journal", lab.log.entries, lab.log)
    end })
    assert.equal("committed", assert(lab.log:entry(result.operation)).state)
  end)
end)

describe("a full format", function()
  it("keeps its note and saves nothing", function()
    local lab = new_lab(finally)
    local result = assert(lab:format { quick = false })
    assert.equal(false, result.can_undo)
    local entry = assert(lab.log:entry(result.operation))
    assert.equal("fs=ntfs quick=false", entry.command)
    assert.is_nil(entry.saved_bytes)
  end)
end)

describe("taking back", function()
  it("needs the lock", function()
    local lab = new_lab(finally)
    local result = assert(lab:format {})
    assert(lab.volume:unlock())
    local _, info = refused("ERROR_NOT_LOCKED",
      core.take_back(lab.volume, lab.log, result.operation))
    assert.equal("untouched", info.outcome)
    assert.equal(0, core.take_back(lab.volume, lab.log, result.operation, true))
  end)

  it("refuses when the new file system was used, and says where", function()
    local lab = new_lab(finally)
    local result = assert(lab:format {})
    local there = lab.volume:read(4096, 512)
    assert(lab.volume:write(4096, there:sub(1, 99) .. "\1" .. there:sub(101)))
    local used = lab:bytes()
    local message, info = refused("ERROR_ACCESS_DENIED",
      core.take_back(lab.volume, lab.log, result.operation))
    assert.equal("file_system_used", info.reason)
    assert(message:find("byte 4195 of the volume is 0x01", 1, true), message)
    assert(info.hint)
    assert(lab:bytes() == used)
    assert.equal("committed", assert(lab.log:entry(result.operation)).state)
    assert(lab.volume:write(4096, there))
    assert(core.take_back(lab.volume, lab.log, result.operation))
  end)

  it("refuses another volume", function()
    local lab = new_lab(finally)
    local result = assert(lab:format {})
    local other <close> = assert(sim.create(":memory:",
      { disks = { "16M:fat:D:OLD" } }))
    local volume <close> = assert(other:open "D:")
    local _guard <close> = assert(volume:lock())
    local _, info = refused("ERROR_WRONG_DISK",
      core.take_back(volume, lab.log, result.operation))
    assert.equal("identity_changed", info.reason)
    assert.equal("untouched", info.outcome)
  end)

  it("refuses an operation that runs, was taken back, or is unknown",
    function()
      local lab = new_lab(finally)
      local result = assert(lab:format {})
      assert(core.take_back(lab.volume, lab.log, result.operation))
      local _, info = refused("ERROR_INVALID_PARAMETER",
        core.take_back(lab.volume, lab.log, result.operation))
      assert.equal("no_undo", info.reason)
      local id = assert(lab.log:begin { plan = "format" })
      refused("ERROR_INVALID_PARAMETER", core.take_back(lab.volume, lab.log, id))
      refused("ERROR_FILE_NOT_FOUND", core.take_back(lab.volume, lab.log, 99))
      raises("is not from 1", core.take_back, lab.volume, lab.log, 0)
      raises("ntvol.journal expected", core.take_back, lab.volume, {}, 1)
    end)

  it("forgets saved bytes by the policy, and refuses then", function()
    local lab = new_lab(finally)
    local result = assert(lab:format {})
    assert.same({ operations = 0, saved = 1 },
      assert(lab.log:prune { keep_saved = 0 }))
    local entry = assert(lab.log:entry(result.operation))
    assert.equal("committed", entry.state)
    assert.is_nil(entry.saved_bytes)
    local _, info = refused("ERROR_INVALID_PARAMETER",
      core.take_back(lab.volume, lab.log, result.operation))
    assert.equal("no_undo", info.reason)
  end)
end)
