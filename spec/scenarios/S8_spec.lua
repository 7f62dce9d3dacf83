-- S8: a dry run leaves every byte and every mount as it was. Shown for every
-- procedure from outside: hashes of the images, the whole database of the
-- machine, and a count of the handles that may write.

local journal = require "ntvol.journal"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local procedures = require "spec.support.procedures"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

-- FILE_WRITE_DATA, FILE_APPEND_DATA, FILE_WRITE_EA, FILE_WRITE_ATTRIBUTES,
-- DELETE, WRITE_DAC, WRITE_OWNER
local WRITES = 0x2 | 0x4 | 0x10 | 0x100 | 0x10000 | 0x40000 | 0x80000

local function sql(folder, text)
  return table.concat(proc.lines(("sqlite3 %s %s"):format(
    proc.quote(folder .. "/machine.db"), proc.quote(text))), "\n")
end

-- From now on every handle that this machine opens with a right to write is
-- counted, by what the database says that it may.
local function log_handles(machine, folder)
  local methods, count = debug.getmetatable(machine).__index, 0
  local open = methods.open
  local most = tonumber(sql(folder, "SELECT ifnull(max(seq), 0) FROM"
    .. " sqlite_sequence WHERE name = 'file_object'"))
  methods.open = function(...)
    local results = table.pack(open(...))
    local row = sql(folder, ("SELECT max(id), sum((access & %d) <> 0) FROM"
      .. " file_object WHERE id > %d"):format(WRITES, most))
    local last, writing = row:match "^(%d+)|(%d+)$"
    if last then
      most, count = tonumber(last), count + tonumber(writing)
    end
    return table.unpack(results, 1, results.n)
  end
  return setmetatable({}, {
    __close = function()
      methods.open = open
    end,
    __call = function()
      return count
    end,
  })
end

-- All that the machine remembers except who is connected and how many handles
-- there ever were; and the bytes of its images.
local function everything(folder)
  local tables = {}
  for _, name in ipairs { "disk", "volume", "extent", "mount_point", "instance",
    "file_object", "dirty", "event" } do
    tables[#tables + 1] = name .. ":\n" .. sql(folder, "SELECT * FROM " .. name)
  end
  tables[#tables + 1] = table.concat(proc.lines(("cd %s && sha256sum *.img")
    :format(proc.quote(folder))), "\n")
  return table.concat(tables, "\n")
end

local function lab(row)
  local folder = tempdir(finally) .. "/lab"
  return assert(sim.create(folder, { disks = row.disks })), folder
end

local function journal_entries()
  local log <close> = assert(journal.open())
  local list = assert(log:entries())
  return #list > 0 and list[#list].id or 0
end

local function needs_sqlite3()
  if not proc.has "sqlite3" then
    pending "the program sqlite3 is not installed"
    return true
  end
end

describe("S8:", function()
  it("every procedure is looked at", function()
    local known = { new = true }
    for _, row in ipairs(procedures) do
      known[row.name] = true
    end
    for name, value in pairs(plan) do
      assert(type(value) ~= "function" or known[name],
        name .. " is not in spec/support/procedures.lua")
    end
  end)

  for _, row in ipairs(procedures) do
    it(row.name .. ": printing and checking change nothing", function()
      if needs_sqlite3() then
        return
      end
      local machine <close>, folder = lab(row)
      if row.before then
        row.before(machine)
      end
      local before, noted = everything(folder), journal_entries()
      local writers <close> = log_handles(machine, folder)
      local object = assert(row.make(machine))
      assert.equal("string", type(tostring(object)))
      assert.is_true(object:check())
      assert.equal(0, writers())
      assert.equal(before, everything(folder))
      assert.equal(noted, journal_entries())
    end)

    it(row.name .. ": a run opens what a dry run does not", function()
      if needs_sqlite3() then
        return
      end
      local machine <close>, folder = lab(row)
      if row.before then
        row.before(machine)
      end
      local before, noted = everything(folder), journal_entries()
      local writers <close> = log_handles(machine, folder)
      local done, message = assert(row.make(machine)):run(row.run)
      assert(writers() > 0, "the log of handles does not work")
      assert(done, message)
      assert.not_equal(before, everything(folder))
      assert(journal_entries() > noted)
    end)

    it(row.name .. ": says what it cannot check without writing", function()
      local machine <close> = lab(row)
      if row.before then
        row.before(machine)
      end
      local object = assert(row.make(machine))
      assert(#object.unchecked > 0)
      for _, line in ipairs(object.unchecked) do
        assert(tostring(object):find(line, 1, true), line)
      end
    end)
  end
end)
