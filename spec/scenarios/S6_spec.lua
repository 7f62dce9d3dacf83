-- S6: the name means another disk now: same letter, other volume, other serial
-- number, other disk. Refused before the first write; by the check, and on the
-- open handle when it happens after the check.

local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local function lab(...)
  local folder = tempdir(finally) .. "/lab"
  return assert(sim.create(folder, { disks = { ... } })), folder
end

local function sql(folder, text)
  proc.lines(("sqlite3 %s %s"):format(proc.quote(folder .. "/machine.db"),
    proc.quote(text)))
end

local function hashes(folder)
  return table.concat(proc.lines(("cd %s && sha256sum *.img"):format(
    proc.quote(folder))), "\n")
end

-- What an administrator, or a cable, does meanwhile.
local MOVES = {
  { name = "the letter goes to another volume", words = "another volume",
    disks = { "16M:fat:D:OLD", "16M:fat:E:PRECIOUS" },
    move = function(folder)
      sql(folder, [[
        UPDATE mount_point SET path = 'X:' WHERE path = 'D:';
        UPDATE mount_point SET path = 'D:' WHERE path = 'E:';
        UPDATE mount_point SET path = 'E:' WHERE path = 'X:']])
    end },
  { name = "another disk is in the same place", words = "serial number",
    disks = { { size = "16M", serial = "AAAA", volumes = { { letter = "D:",
      fs = "fat" } } } },
    move = function(folder)
      sql(folder, "UPDATE disk SET serial = 'BBBB'")
    end },
  { name = "the volume has another size", words = "size",
    disks = { "gpt:40M=16M:fat:D:OLD+rest:raw:E" },
    move = function(folder)
      sql(folder, "UPDATE volume SET length = length - 512 WHERE id = 1;"
        .. " UPDATE extent SET length = length - 512 WHERE volume = 1")
    end },
  { name = "the volume lies elsewhere", words = "elsewhere",
    disks = { "gpt:40M=16M:fat:D:OLD+rest:raw:E" },
    move = function(folder)
      sql(folder, "UPDATE extent SET start = start + 512 WHERE volume = 1")
    end },
}

local function change(machine)
  return assert(plan.change_filesystem("D:", { to = "ntfs",
    machine = machine }))
end

local function assert_refused(words, ok, message, code, info)
  assert.is_nil(ok)
  assert.equal("ERROR_WRONG_DISK", code, message)
  assert.equal("identity_changed", info.reason)
  assert(message:find(words, 1, true), message)
  return info.report
end

describe("S6:", function()
  for _, row in ipairs(MOVES) do
    it(row.name .. ": the check refuses it", function()
      if not proc.has "sqlite3" then
        pending "the program sqlite3 is not installed"
        return
      end
      local machine <close>, folder = lab(table.unpack(row.disks))
      local before = hashes(folder)
      local object = change(machine)
      row.move(folder)
      assert_refused(row.words, object:check())
      local report = assert_refused(row.words, object:run { erase = "D:" })
      assert.equal("refused", report.state)
      assert.same({}, machine:events())
      assert.equal(before, hashes(folder))
    end)

    it(row.name .. " after the check: refused on the open handle", function()
      if not proc.has "sqlite3" then
        pending "the program sqlite3 is not installed"
        return
      end
      local machine <close>, folder = lab(table.unpack(row.disks))
      local before = hashes(folder)
      local object = change(machine)
      local report = assert_refused(row.words, object:run { erase = "D:",
        on_step = function(step, state)
          if step.name == "open" and state == "start" then
            row.move(folder) -- between the check and the open
          end
        end })
      assert.equal("failed", report.steps[3].outcome)
      assert.equal("identify", report.steps[3].name)
      assert.equal("undone", report.state)
      assert.equal(before, hashes(folder))
    end)
  end

  it("another medium is in the drive: refused before, and on the handle",
    function()
      local folder = tempdir(finally)
      local images = {}
      for i, label in ipairs { "MINE", "YOURS" } do
        images[i] = ("%s/%d.img"):format(folder, i)
        proc.lines(("truncate -s 16M %s && mkfs.fat -n %s %s"):format(
          images[i], label, images[i]))
      end
      local machine <close> = assert(sim.create(folder .. "/lab", { disks = {
        { image = images[1], removable = true,
          volumes = { { letter = "E:" } } } } }))
      local function swap(image)
        assert(sim.eject(machine, "E:"))
        assert(sim.insert(machine, "E:", image))
      end
      local function sums()
        return table.concat(proc.lines(("sha256sum %s %s"):format(
          images[1], images[2])), "\n")
      end
      local before = sums()
      local object = assert(plan.change_filesystem("E:", { to = "ntfs",
        machine = machine }))
      swap(images[2])
      assert.is_nil((object:check()))
      assert.is_nil((object:run { erase = "E:" }))
      swap(images[1])
      local ok, _, code, info = object:run { erase = "E:",
        on_step = function(step, state)
          if step.name == "open" and state == "start" then
            swap(images[2])
          end
        end }
      assert.is_nil(ok)
      assert.equal("ERROR_WRONG_DISK", code)
      assert.equal("identity_changed", info.reason)
      assert.equal("identify", info.report.steps[3].name)
      assert.equal("failed", info.report.steps[3].outcome)
      assert.equal(before, sums())
    end)

  it("a disk whose sequence number rose is another one", function()
    local machine <close> = lab "16M:fat:D:OLD"
    local identity = require "ntvol.identity"
    local pinned = assert(identity.pin(machine, "D:"))
    local found = assert(identity.pin(machine, "D:"))
    assert.is_nil(identity.difference(pinned, found))
    pinned.disks[1].sequence, found.disks[1].sequence = 7, 8
    assert.matches("went away and came back",
      identity.difference(pinned, found))
    local lines = table.concat(identity.describe(pinned), "\n")
    assert.matches("PhysicalDrive0 sequence 7", lines)
  end)

  it("a disk that stops telling its number is not trusted", function()
    local machine <close> = lab { size = "16M", serial = "AAAA",
      volumes = { { letter = "D:", fs = "fat" } } }
    local identity = require "ntvol.identity"
    local pinned = assert(identity.pin(machine, "D:"))
    assert.equal("AAAA", pinned.disk_serial)
    local found = assert(identity.pin(machine, "D:"))
    found.disk_serial = nil
    local compare = require "ntvol.failure".protect(identity.compare)
    local _, message, code = compare(pinned, found)
    assert.equal("ERROR_WRONG_DISK", code)
    assert.matches("is '' now, it was 'AAAA'", message)
    found.disks = {}
    found.disk_serial = "AAAA"
    assert.matches("PhysicalDrive0 is not there",
      identity.difference(pinned, found))
  end)

  it("prepare_lun_removal refuses it on the open handle, too", function()
    if not proc.has "sqlite3" then
      pending "the program sqlite3 is not installed"
      return
    end
    local machine <close>, folder = lab { size = "16M", serial = "AAAA",
      volumes = { { letter = "D:", fs = "fat" } } }
    local object = assert(plan.prepare_lun_removal(0, { machine = machine }))
    local report = assert_refused("serial number", object:run {
      on_step = function(step, state)
        if step.name == "open" and state == "start" then
          sql(folder, "UPDATE disk SET serial = 'BBBB'")
        end
      end })
    assert.equal("failed", report.steps[1].outcome)
    assert.equal("undone", report.state)
  end)
end)
