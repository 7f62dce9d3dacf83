-- The journal: what is noted, how it is read back, and what is forgotten.

local core = require "ntvol.core"
local helpers = require "spec.helpers"
local journal = require "ntvol.journal"
local journals = require "spec.support.journals"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local raises, refused = helpers.raises, helpers.refused

local IDENTITY = {
  guid_path = [[\\?\Volume{6f1c}]], serial = "1234-ABCD", size = 64 << 20,
  file_system = "FAT16", label = "not kept",
  extents = { { disk = 1, offset = 1 << 20, length = 64 << 20 } },
}

-- busted keeps one `finally`, so this is called once a test.
local function folder_of(finally)
  return proc.native(tempdir(finally))
end

describe("the journal", function()
  it("makes its folder and returns its path", function()
    local folder = folder_of(finally) .. "/a/b"
    local log <close> = assert(journal.open(folder))
    assert.equal("journal.db", log:path():match("[^/\\]+$"))
    assert.equal("journal", core.type(log))
    assert(tostring(log):find("journal.db", 1, true))
    proc.slurp(log:path())
  end)

  it("is readable by its owner only, whatever the umask is", function()
    if proc.windows then
      pending("Windows has the rights of the folder")
    end
    local folder = folder_of(finally) .. "/state"
    local log <close> = assert(journal.open(folder))
    assert(log:begin { plan = "test" })
    local modes = proc.lines(("cd %s && stat -c '%%a %%n' . *"):format(
      proc.quote(folder)))
    table.sort(modes)
    assert.same({ "600 journal.db", "600 journal.db-shm", "600 journal.db-wal",
      "600 journal.lock", "700 ." }, modes)
  end)

  for name, sql in pairs {
    trap = "CREATE TRIGGER trap AFTER INSERT ON step BEGIN DELETE FROM step; END",
    window = "CREATE VIEW window AS SELECT * FROM operation",
    extra = "CREATE TABLE extra (x)",
    extent = "ALTER TABLE extent ADD COLUMN more TEXT",
  } do
    it("that has another schema is refused, by the name of: " .. name, function()
      if not proc.has "sqlite3" then
        pending "the program sqlite3 is not installed"
      end
      local folder = folder_of(finally)
      assert(journal.open(folder)):close()
      proc.lines(('sqlite3 %s "%s"'):format(
        proc.quote(folder .. "/journal.db"), sql))
      local message, info = refused("ERROR_FILE_CORRUPT", journal.open(folder))
      assert.equal("journal_damaged", info.reason)
      assert(message:find(name, 1, true), message)
      assert.equal("string", type(info.hint))
    end)
  end

  it("that is a link or has a link beside it is refused", function()
    if proc.windows then
      pending "needs links"
    end
    local parent = tempdir(finally)
    for _, name in ipairs { "journal.db", "journal.db-wal" } do
      local folder = parent .. "/of_" .. name
      proc.lines("mkdir " .. proc.quote(folder))
      proc.lines(("cd %s && echo precious >other && ln -s other %s"):format(
        proc.quote(folder), name))
      local message = refused("ERROR_FILE_CORRUPT", journal.open(folder))
      assert(message:find(name, 1, true), message)
      assert.equal("precious\n", proc.slurp(folder .. "/other"))
    end
  end)

  it("keeps what was begun, its steps, and how it ended", function()
    local folder = folder_of(finally)
    local log <close> = assert(journal.open(folder))
    local before = core.time()
    local id = assert(log:begin { plan = "change_filesystem", target = "D:",
      machine = "sim:lab", identity = IDENTITY, command = "--to ntfs" })
    assert(log:step(id, 1, { name = "open", target = "D:", started = 5.25 }))
    assert(log:step(id, 2, { name = "lock", outcome = "failed",
      message = "in use" }))
    assert(log:step(id, 1, { outcome = "done", ended = 6.5 }))
    assert(log:step(id, 2, { final = true, undo_started = 7.5 }))
    assert(log:step(id, 2, { undo_ended = 8.25 }))
    assert.equal("running", log:entry(id).state)
    assert(log:finish(id, "failed", "step 'lock': in use"))

    local other <close> = assert(journal.open(folder))
    local entry = assert(other:entry(id))
    assert(entry.started >= before - 1 and entry.ended >= entry.started)
    assert(math.type(entry.pid) == "integer" and #entry.program > 0)
    entry.started, entry.ended, entry.pid, entry.program = nil, nil, nil, nil
    local identity = { guid_path = IDENTITY.guid_path, size = IDENTITY.size,
      serial = IDENTITY.serial, file_system = "FAT16",
      extents = IDENTITY.extents }
    assert.same({
      id = id, plan = "change_filesystem", target = "D:", machine = "sim:lab",
      identity = identity, command = "--to ntfs", state = "failed",
      message = "step 'lock': in use",
      steps = {
        { number = 1, name = "open", target = "D:", started = 5.25,
          ended = 6.5, outcome = "done" },
        { number = 2, name = "lock", outcome = "failed", message = "in use",
          final = true, undo_started = 7.5, undo_ended = 8.25 },
      },
    }, entry)
  end)

  it("lists operations in their order, and says which is part of which",
    function()
      local log <close> = assert(journal.open(folder_of(finally)))
      local first = assert(log:begin { plan = "one" })
      local second = assert(log:begin { plan = "two", parent = first })
      assert(log:finish(first, "committed"))
      local entries = assert(log:entries())
      assert.equal(2, #entries)
      assert.same({ "one", "two" }, { entries[1].plan, entries[2].plan })
      assert.same({ "committed", "running" },
        { entries[1].state, entries[2].state })
      assert.is_nil(entries[1].parent)
      assert.equal(first, entries[2].parent)
      assert.is_nil(entries[1].steps)
      assert(second > first)
    end)

  it("sees operations of its own and of other connections as running",
    function()
      local folder = folder_of(finally)
      local log <close> = assert(journal.open(folder))
      local id = assert(log:begin { plan = "test" })
      local other <close> = assert(journal.open(folder))
      assert.equal("running", assert(log:entry(id)).state)
      assert.equal("running", assert(other:entry(id)).state)
      log:close()
      assert.equal("interrupted", assert(other:entry(id)).state)
      assert(other:finish(id, "recovered"))
      assert.equal("recovered", assert(other:entry(id)).state)
    end)

  it("never gives a number twice", function()
    local log <close> = assert(journal.open(folder_of(finally)))
    local id = assert(log:begin { plan = "one" })
    assert(log:finish(id, "committed"))
    assert.equal(1, assert(log:prune { keep = 0 }).operations)
    assert.equal(id + 1, assert(log:begin { plan = "two" }))
  end)

  it("refuses what is not under way", function()
    local log <close> = assert(journal.open(folder_of(finally)))
    local id = assert(log:begin { plan = "test" })
    assert(log:finish(id, "committed"))
    for _, call in ipairs {
      function() return log:finish(id, "failed") end,
      function() return log:finish(id + 1, "failed") end,
      function() return log:step(id, 1, { name = "late" }) end,
      function() return log:step(id + 1, 1, { name = "nowhere" }) end,
      function() return log:entry(id + 1) end,
    } do
      local _, info = refused("ERROR_FILE_NOT_FOUND", call())
      assert(info.hint)
    end
    assert.same({}, assert(log:entry(id)).steps)
  end)

  it("takes no more notes when its folder was moved away", function()
    if proc.windows then
      pending "Windows does not move a folder in which somebody has a file open"
    end
    local folder = folder_of(finally)
    local log <close> = assert(journal.open(folder .. "/state"))
    assert(log:begin { plan = "before" })
    assert(os.rename(folder .. "/state", folder .. "/moved"))
    local message, info = refused("ERROR_FILE_INVALID",
      log:begin { plan = "after" })
    assert.equal("journal", info.reason, message)
    assert.matches("start the program again", info.hint)
    local moved <close> = assert(journal.open(folder .. "/moved"))
    assert.equal(1, #assert(moved:entries()))
  end)

  it("knows no parent that began in another journal", function()
    local log <close> = assert(journal.open(folder_of(finally)))
    local id = assert(log:begin { plan = "one", parent = 99 })
    assert.is_nil(assert(log:entry(id)).parent)
    assert(log:finish(id, "committed"))
  end)

  it("raises for misuse", function()
    local log <close> = assert(journal.open(folder_of(finally)))
    raises("unknown option 'name'", log.begin, log, { name = "x" })
    raises("option 'plan' is missing", log.begin, log, {})
    raises("option 'identity' must be a table", log.begin, log,
      { plan = "x", identity = "D:" })
    raises("option 'identity.size' must be an integer", log.begin, log,
      { plan = "x", identity = { size = "big" } })
    raises("must be a list of tables", log.begin, log,
      { plan = "x", identity = { extents = { 1 } } })
    raises("operation 0 is not from 1", log.entry, log, 0)
    raises("step 0 is not from 1", log.step, log, 1, 0, {})
    raises("unknown option 'when'", log.step, log, 1, 1, { when = 1 })
    raises("must be seconds since 1970", log.step, log, 1, 1, { started = -1 })
    raises("must be seconds since 1970", log.step, log, 1, 1,
      { started = 253402300800 })
    raises("must be a number", log.step, log, 1, 1, { started = "now" })
    raises("state must be one of", log.finish, log, 1, "running")
    raises("unknown option 'age'", log.prune, log, { age = 1 })
    raises("folder is empty", journal.open, "")
    assert.same({}, assert(log:entries()))
  end)

  it("raises when it is used after it was closed", function()
    local log = assert(journal.open(folder_of(finally)))
    assert(log:close())
    assert(log:close())
    assert.equal("closed journal", core.type(log))
    assert.equal("ntvol.journal (closed)", tostring(log))
    for name, method in pairs(debug.getmetatable(log).__index) do
      if name ~= "close" and name ~= "help" then
        raises("attempt to use a closed journal", method, log, 1, 1, {})
      end
    end
  end)

  it("is closed by its scope and by the collector, once", function()
    local folder = folder_of(finally)
    local watcher <close> = assert(journal.open(folder))
    local id
    do
      local log <close> = assert(journal.open(folder))
      id = assert(log:begin { plan = "scope" })
    end
    assert.equal("interrupted", assert(watcher:entry(id)).state)
    local log = assert(journal.open(folder))
    id = assert(log:begin { plan = "collector" })
    log = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.equal("interrupted", assert(watcher:entry(id)).state)
  end)

  it("cuts what is longer than it keeps, between characters", function()
    local log <close> = assert(journal.open(folder_of(finally)))
    local id = assert(log:begin { plan = ("ä"):rep(100) })
    assert(log:finish(id, "failed", ("x"):rep(10000)))
    local entry = assert(log:entry(id))
    assert(utf8.len(entry.plan) and #entry.plan < 64)
    assert.equal(4095, #entry.message)
  end)
end)

describe("forgetting", function()
  it("keeps the newest, and never what runs or was interrupted", function()
    local folder = folder_of(finally)
    local dead = assert(journal.open(folder))
    local interrupted = assert(dead:begin { plan = "interrupted" })
    dead:close()
    local log <close> = assert(journal.open(folder))
    local running = assert(log:begin { plan = "running" })
    local ids = {}
    for i = 1, 4 do
      ids[i] = assert(log:begin { plan = "done", identity = IDENTITY })
      assert(log:step(ids[i], 1, { name = "one" }))
      assert(log:finish(ids[i], "committed"))
    end
    assert.equal(2, assert(log:prune { keep = 2 }).operations)
    local left = {}
    for i, entry in ipairs(assert(log:entries())) do
      left[i] = entry.id
    end
    assert.same({ interrupted, running, ids[3], ids[4] }, left)
    assert.equal(1, #assert(log:entry(ids[4])).steps)
    assert.equal(0, assert(log:prune()).operations)
    -- what ended before now
    assert.equal(2, assert(log:prune { days = 0 }).operations)
    assert.equal(2, #assert(log:entries()))
  end)
end)

describe("a journal that cannot be used", function()
  it("names the folder that is a file", function()
    local folder = folder_of(finally)
    local file = assert(io.open(folder .. "/file", "w"))
    file:close()
    local message, code, info = select(2, journal.open(folder .. "/file"))
    assert.equal("open journal", info.op, message)
    assert.equal("journal", info.reason)
    assert(info.hint:find "NTVOL_STATE", info.hint)
    assert(code ~= nil)
  end)

  it("refuses a file that is no database, and one of another program",
    function()
      local folder = folder_of(finally)
      local file = assert(io.open(folder .. "/journal.db", "wb"))
      file:write(("no database "):rep(1000))
      file:close()
      local message, info = refused("ERROR_FILE_CORRUPT", journal.open(folder))
      assert.equal("journal", info.reason, message)
      assert(info.hint:find "move the file away")
    end)

  it("brings an older schema up to date, and keeps what is in it", function()
    if not proc.has("sqlite3") then
      pending("sqlite3 is not installed")
    end
    local folder = folder_of(finally)
    local id
    do
      local log <close> = assert(journal.open(folder))
      id = assert(log:begin { plan = "old" })
      assert(log:step(id, 1, { name = "open", outcome = "done" }))
      assert(log:finish(id, "committed"))
    end
    journals.older(folder .. "/journal.db", 1)
    local log <close> = assert(journal.open(folder))
    assert.same({ { number = 1, name = "open", outcome = "done" } },
      assert(log:entry(id)).steps)
    local new = assert(log:begin { plan = "new" })
    assert(log:step(new, 1, { name = "open", final = true }))
    assert.is_true(assert(log:entry(new)).steps[1].final)
    local again <close> = assert(journal.open(folder))
    assert.equal(2, #assert(again:entries()))
  end)

  it("refuses the schema of another version", function()
    if not proc.has("sqlite3") then
      pending("the sqlite3 command is not installed")
    end
    local folder = folder_of(finally)
    assert(journal.open(folder)):close()
    proc.lines(("sqlite3 %s/journal.db 'PRAGMA user_version = 99'"):format(
      folder))
    local message = refused("ERROR_NOT_SUPPORTED", journal.open(folder))
    assert(message:find "schema 99", message)
    proc.lines(("sqlite3 %s/journal.db 'PRAGMA application_id = 7'"):format(
      folder))
    message = refused("ERROR_FILE_CORRUPT", journal.open(folder))
    assert(message:find "not a journal", message)
  end)
end)
