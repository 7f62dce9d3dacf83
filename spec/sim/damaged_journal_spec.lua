-- Checksums of what a format saved: what is damaged is refused before anything
-- is written, and what is good can be written back on its own.

local cjson = require "cjson"
local command = require "spec.support.command"
local helpers = require "spec.helpers"
local journal = require "ntvol.journal"
local journals = require "spec.support.journals"
local ntvol = require "ntvol"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"

local raises, refused = helpers.raises, helpers.refused

-- A volume that was formatted, in a machine that is closed, and its journal.
local function new_lab(finally)
  if proc.windows then
    pending "Windows formats its volumes itself: nothing is saved there"
  elseif not proc.has "sqlite3" then
    pending "sqlite3 is not installed"
  end
  local lab = command.lab(finally, "16M:fat:D:OLD")
  lab.state = lab.folder .. "/state"
  lab.db = lab.state .. "/journal.db"
  lab.old = lab:bytes()
  local machine <close> = lab:connect()
  local log <close> = assert(journal.open(lab.state))
  local report = assert(assert(plan.change_filesystem("D:", { to = "ntfs",
    machine = machine })):run { erase = "D:", journal = log })
  assert.equal("done", report.state)
  for _, entry in ipairs(assert(log:entries())) do
    lab.id = entry.plan == "format" and entry.id or lab.id
  end
  lab.new = lab:bytes()
  return lab
end

local function run(lab, words)
  return command.capture(("NTVOL_STATE=%s %s"):format(proc.quote(lab.state),
    command.line(words, { machine = lab.path })), lab.folder)
end

-- The checksum of this piece does not fit any more.
local function damage(lab, which)
  assert(journals.tamper(lab.db, ("UPDATE saved SET old_checksum ="
    .. " old_checksum + 1 WHERE operation = %d AND start = %s"):format(lab.id,
    which)))
  return tonumber((journals.sql(lab.db, "SELECT " .. which)))
end

local FIRST, LAST = "0", "(SELECT max(start) FROM saved)"

local function interrupt(lab)
  journals.sql(lab.db, ("UPDATE operation SET state = 'running', ended_us = 0"
    .. " WHERE id = %d"):format(lab.id))
end

local function with(lab, f)
  local machine <close> = lab:connect()
  local log <close> = assert(journal.open(lab.state))
  return f({ machine = machine, journal = log, erase = "D:" }, log)
end

-- A plan that was refused or failed: its message, without its step, has the
-- shape of all others.
local function stopped(code, ok, message, ...)
  assert.is_nil(ok)
  local _, info = refused(code, nil, (message:gsub("^step '[^']+': ", "")), ...)
  return message, info
end

-- The old bytes but for a range, which has the new ones.
local function but_for(lab, from, length)
  return lab.old:sub(1, from) .. lab.new:sub(from + 1, from + length)
    .. lab.old:sub(from + length + 1)
end

local function pieces_of(lab)
  return with(lab, function(_, log)
    return assert(log:check(lab.id))
  end)
end

describe("what the journal saved", function()
  it("is found good, piece by piece, and covers what it says", function()
    local lab = new_lab(finally)
    local found = pieces_of(lab)
    assert.is_nil(found.damaged)
    assert.equal(found.noted, found.good)
    assert.equal(found.noted, #found.pieces)
    local sum = 0
    for _, piece in ipairs(found.pieces) do
      assert.is_true(piece.good)
      assert.is_nil(piece.problem)
      sum = sum + piece.length
    end
    with(lab, function(_, log)
      local entry = assert(log:entry(lab.id))
      assert.equal(sum, entry.saved_bytes)
      assert.equal(found.noted, entry.pieces)
      assert.is_nil(entry.unchecked)
      assert.same({ pieces = {}, noted = 0, good = 0 }, assert(log:check(1)))
      refused("ERROR_FILE_NOT_FOUND", log:check(99))
      raises("operation 0 is not from 1", log.check, log, 0)
    end)
  end)

  it("is refused when a piece is damaged, before anything is written",
    function()
      local lab = new_lab(finally)
      local start = damage(lab, LAST)
      with(lab, function(options)
        local message, info = stopped("ERROR_FILE_CORRUPT",
          ntvol.undo("D:", options))
        assert.equal("journal_damaged", info.reason)
        assert.equal("untouched", info.outcome)
        assert.matches("1 of %d+ saved pieces are damaged", message)
        assert.matches("saved of operation %d+: old at offset " .. start, message)
        assert.matches("damaged bytes: " .. start .. "%-", message)
        assert.matches("good: 0%-%d+", message)
        assert.matches("ntvol log %d+ %-%-check", info.hint)
        assert.matches("ntvol undo D: %-%-good%-only", info.hint)
      end)
      assert(lab:bytes() == lab.new)
      interrupt(lab)
      with(lab, function(options)
        local _, info = refused("ERROR_FILE_CORRUPT",
          ntvol.recover("D:", options))
        assert.equal("journal_damaged", info.reason)
        assert.equal("failed", info.recovered[1].outcome)
        assert.matches("ntvol recover .+ %-%-good%-only", info.hint)
      end)
      assert(lab:bytes() == lab.new)
    end)

  it("is written back as far as it is good, for who names the volume again",
    function()
      local lab = new_lab(finally)
      local start = damage(lab, LAST)
      local length
      for _, piece in ipairs(pieces_of(lab).pieces) do
        length = not piece.good and piece.length or length
      end
      with(lab, function(options, log)
        options.good_only, options.erase = true, nil
        local _, info = refused("ERROR_INVALID_PARAMETER",
          ntvol.undo("D:", options))
        assert.equal("erase_token", info.reason)
        assert(lab:bytes() == lab.new)
        options.erase = "D:"
        local message
        message, info = stopped("ERROR_FILE_CORRUPT", ntvol.undo("D:", options))
        assert.equal("partly restored", info.outcome)
        assert.equal("partly restored", info.report.outcome)
        assert.equal("failed", info.report.state)
        assert.matches("^step 'verify': .*only partly restored: %d+ of %d+ saved"
          .. " pieces were good.*bytes " .. start .. "%-", message)
        assert(info.hint)
        local entry = assert(log:entry(lab.id))
        assert.equal("partly undone", entry.state)
        assert.matches("not restored: " .. start .. "%-", entry.message)
        assert.is_nil(entry.saved_bytes)
      end)
      assert(lab:bytes() == but_for(lab, start, length), "not the good pieces")
    end)

  it("leaves the boot sector wiped when that is what is damaged", function()
    local lab = new_lab(finally)
    damage(lab, FIRST)
    interrupt(lab)
    with(lab, function(options)
      options.good_only = true
      for _, given in ipairs { false, "E:" } do
        options.erase = given or nil
        local _, info = refused("ERROR_INVALID_PARAMETER",
          ntvol.recover("D:", options))
        assert.equal("erase_token", info.reason)
      end
      refused("ERROR_INVALID_PARAMETER", ntvol.recover(nil, options))
      assert(lab:bytes() == lab.new)
      options.erase = "D:"
      local _, info = refused("ERROR_FILE_CORRUPT",
        ntvol.recover("D:", options))
      assert.equal("partly restored", info.outcome)
      assert.equal("partly restored", info.recovered[1].outcome)
      assert.equal("RAW", options.machine:volumes()[1].file_system)
    end)
    assert(lab:bytes() == ("\0"):rep(512) .. lab.old:sub(513))
  end)

  it("is refused when nothing of it is good, also with good_only", function()
    local lab = new_lab(finally)
    assert(journals.tamper(lab.db, "UPDATE saved SET old_checksum = 1"))
    with(lab, function(options)
      options.good_only = true
      local _, info = stopped("ERROR_FILE_CORRUPT", ntvol.undo("D:", options))
      assert.equal("journal_damaged", info.reason)
      assert.is_nil(info.hint:find("good-only", 1, true))
    end)
    assert(lab:bytes() == lab.new)
  end)

  it("is of no use when the identity of its volume was changed", function()
    local lab = new_lab(finally)
    journals.sql(lab.db, ("UPDATE operation SET serial = 'other' WHERE id = %d")
      :format(lab.id))
    with(lab, function(options)
      for _, good_only in ipairs { false, true } do
        options.good_only = good_only or nil
        local message, info = stopped("ERROR_FILE_CORRUPT",
          ntvol.undo("D:", options))
        assert.equal("journal_damaged", info.reason)
        assert.matches("operation.about_checksum", message)
      end
    end)
    assert(lab:bytes() == lab.new)
  end)

  it("restores all with good_only, too, when nothing is damaged", function()
    local lab = new_lab(finally)
    with(lab, function(options)
      options.good_only = true
      assert.equal("done", assert(ntvol.undo("D:", options)).state)
    end)
    assert(lab:bytes() == lab.old)
  end)
end)

describe("the commands, when the journal is damaged", function()
  it("log --check lists the pieces and fails", function()
    local lab = new_lab(finally)
    local result = run(lab, { "log", lab.id, "--check" })
    assert.equal(0, result.code, result.err)
    damage(lab, LAST)
    result = run(lab, { "log", lab.id, "--check" })
    assert.equal(1, result.code)
    assert.matches("\n%d+\t%d+\tyes\t\n", result.out)
    assert.matches("\n%d+\t%d+\tno\tsaved of operation", result.out)
    assert.matches("^ntvol: check 'operation %d+': .*damaged", result.err)
    result = run(lab, { "log", lab.id, "--check", "--json" })
    assert.equal(1, result.code)
    assert.matches("damaged", cjson.decode(result.out).damaged)
    assert.equal(2, run(lab, { "log", "--check" }).code)
    assert.equal(2, run(lab, { "log", lab.id, "--check", "--dismiss" }).code)
  end)

  it("undo refuses, and --good-only says that it is partly restored",
    function()
      local lab = new_lab(finally)
      damage(lab, LAST)
      local result = run(lab, { "undo", "D:", "--erase", "D:" })
      assert.equal(1, result.code)
      assert.matches("hint: .*%-%-good%-only", result.err)
      assert.matches("the volume is untouched", result.err)
      result = run(lab, { "undo", "D:", "--good-only" })
      assert.equal(2, result.code)
      assert.matches("undo D: %-%-good%-only %-%-erase D:", result.err)
      assert(lab:bytes() == lab.new)
      result = run(lab, { "undo", "D:", "--good-only", "--erase", "D:",
        "--json" })
      assert.equal(1, result.code)
      local report = cjson.decode(result.out)
      assert.equal("partly restored", report.outcome)
      assert.equal("failed", report.state)
      assert.matches("the volume is partly restored", result.err)
      assert(lab:bytes() ~= lab.new)
      result = run(lab, { "log", lab.id })
      assert.matches("state: +partly undone", result.out)
    end)

  it("recover refuses, and --good-only needs --erase", function()
    local lab = new_lab(finally)
    damage(lab, FIRST)
    interrupt(lab)
    local result = run(lab, { "recover", "D:" })
    assert.equal(1, result.code)
    assert.matches("hint: .*ntvol recover .*%-%-good%-only", result.err)
    assert.equal(2, run(lab, { "recover", "D:", "--good-only" }).code)
    assert.equal(2, run(lab, { "recover", "D:", "--erase", "D:" }).code)
    assert(lab:bytes() == lab.new)
    result = run(lab, { "recover", "D:", "--good-only", "--erase", "D:" })
    assert.equal(1, result.code)
    assert.matches("\tformat\tD:\tpartly restored\t", result.out)
    assert.matches("the volume is partly restored", result.err)
  end)
end)

describe("a journal that an older version wrote", function()
  for version = 1, 3 do
    it("is updated from schema " .. version .. ", and says that nothing is"
      .. " verified", function()
      local lab = new_lab(finally)
      journals.older(lab.db, version)
      with(lab, function(options, log)
        local entry = assert(log:entry(lab.id))
        assert.is_true(entry.unchecked)
        local object = assert(plan.undo("D:",
          { machine = options.machine, journal = log }))
        assert.matches("older version, without checksums", tostring(object))
        local report = assert(object:run { erase = "D:", journal = log })
        assert.matches("could not be verified", report.steps[4].message)
      end)
      assert(lab:bytes() == lab.old)
      local result = run(lab, { "log", lab.id })
      assert.equal(0, result.code, result.err)
      assert.equal("4\n", journals.sql(lab.db, "PRAGMA user_version"))
    end)
  end

  it("gives no number twice after the update", function()
    local lab = new_lab(finally)
    with(lab, function(_, log)
      assert(log:prune { keep = 0 })
    end)
    journals.older(lab.db, 3)
    with(lab, function(_, log)
      assert(assert(log:begin { plan = "next" }) > lab.id)
    end)
  end)

  it("is verified as far as that goes: a missing piece is noticed", function()
    local lab = new_lab(finally)
    journals.older(lab.db, 3)
    with(lab, function() end) -- updates it
    journals.sql(lab.db, "DELETE FROM saved WHERE start = " .. LAST)
    with(lab, function(options)
      local message, info = stopped("ERROR_FILE_CORRUPT",
        ntvol.undo("D:", options))
      assert.equal("journal_damaged", info.reason)
      assert.matches("operation.pieces", message)
    end)
    assert(lab:bytes() == lab.new)
  end)

  it("is verified as far as that goes: pieces that overlap are noticed",
    function()
      local lab = new_lab(finally)
      journals.older(lab.db, 3)
      with(lab, function() end) -- updates it
      journals.sql(lab.db, "UPDATE saved SET start = (SELECT start + length - 512"
        .. " FROM saved WHERE start < " .. LAST .. " ORDER BY start DESC LIMIT 1)"
        .. " WHERE start = " .. LAST)
      with(lab, function(options)
        local message, info = stopped("ERROR_FILE_CORRUPT",
          ntvol.undo("D:", options))
        assert.equal("journal_damaged", info.reason)
        assert.matches("overlaps the piece before", message)
      end)
      assert(lab:bytes() == lab.new)
    end)

  it("is refused when a value cannot be, and stays as it was", function()
    local lab = new_lab(finally)
    journals.older(lab.db, 3)
    journals.sql(lab.db, "UPDATE extent SET start = -1")
    local message = refused("ERROR_FILE_CORRUPT", journal.open(lab.state))
    assert.matches("CHECK constraint failed: start", message)
    assert.equal("3\n", journals.sql(lab.db, "PRAGMA user_version"))
  end)
end)
