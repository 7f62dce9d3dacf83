-- A journal from somebody else: each column of each table at its extremes, bits
-- of what was saved and of the file itself, pieces that are missing, doubled,
-- swapped and moved. Every command looks at it. What is wrong is refused and
-- named; the volume holds what it held, or all of its old bytes; and a success
-- means the old bytes.

local command = require "spec.support.command"
local journal = require "ntvol.journal"
local journals = require "spec.support.journals"
local json = require "ntvol.json"
local ntvol = require "ntvol"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local sweep = require "spec.support.sweep"
local timeline = require "ntvol.timeline"

local INTEGERS = { "-1", "0", "2147483648", "4294967296",
  "9223372036854775807", "(-9223372036854775807 - 1)" }
local OTHERS = { "NULL", "'text'", "x'00ff10'", "1.5",
  "replace(hex(zeroblob(524288)), '0', 'a')" }

-- ---- the lab -------------------------------------------------------------

local lab, OLD, NEW, ID

local function put(path, data)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(data))
end

local function read_all(folder, names)
  local files = {}
  for _, name in ipairs(names) do
    files[name] = proc.slurp(folder .. "/" .. name)
  end
  return files
end

-- A volume that was formatted, the journal of that, and all of it as it was:
-- every case begins with these files.
local function make_lab()
  local clean
  lab = command.lab(function(f) clean = f end, "2M:fat:D:OLD")
  lab.clean = clean
  lab.state = lab.folder .. "/state"
  do
    local machine <close> = lab:connect()
    local log <close> = assert(journal.open(lab.state))
    local volume = assert(machine:open "D:")
    local guard = assert(volume:lock())
    assert(volume:write(64 << 10, ("old bytes, one by one "):rep(512):sub(1, 8192)))
    assert(guard:unlock())
    volume:close()
    OLD = lab:bytes()
    assert(assert(plan.change_filesystem("D:", { to = "fat",
      machine = machine })):run { erase = "D:", journal = log })
    for _, entry in ipairs(assert(log:entries())) do
      ID = entry.plan == "format" and entry.id or ID
    end
    NEW = lab:bytes()
  end
  lab.db = lab.state .. "/journal.db"
  lab.machine_files = read_all(lab.path, { "machine.db", "disk0.img" })
  lab.committed = proc.slurp(lab.db)
  journals.sql(lab.db, ("UPDATE operation SET state = 'running', ended_us = 0"
    .. " WHERE id = %d"):format(ID))
  lab.interrupted = proc.slurp(lab.db)
  assert(OLD ~= NEW and ID)
end

local function reset(database)
  for _, path in ipairs { lab.db, lab.path .. "/machine.db" } do
    os.remove(path .. "-wal")
    os.remove(path .. "-shm")
  end
  put(lab.db, database)
  for name, data in pairs(lab.machine_files) do
    put(lab.path .. "/" .. name, data)
  end
end

-- ---- one look ------------------------------------------------------------

-- A refusal has its shape, and says what to do next.
local function judge(seen, ok, message, code, info)
  if ok == nil or ok == false then
    assert(type(message) == "string" and type(code) == "string"
      and type(info) == "table", tostring(message))
    assert(info.hint and info.hint ~= "", "no hint: " .. message)
    seen[#seen + 1] = message
    return nil, info
  end
  return ok
end

local function look(seen, log)
  local entries = judge(seen, log:entries())
  if entries then
    json.encode(entries)
  end
  local entry = judge(seen, log:entry(ID))
  if entry then
    json.encode(entry)
    timeline.svg(timeline.of_report(entry, {}))
  end
  local found = judge(seen, log:check(ID))
  if found then
    json.encode(found)
    seen[#seen + 1] = found.damaged
  end
end

-- Takes back, and looks what the volume holds.
local function take_back(seen, log, how)
  local machine <close> = assert(sim.open(lab.path))
  local options = { machine = machine, journal = log, erase = "D:" }
  local ok, info = judge(seen, ntvol[how]("D:", options))
  machine:close()
  local bytes = lab:bytes()
  assert(bytes == NEW or bytes == OLD, "the volume holds a mixture")
  if not ok then
    -- what was written back and only not recognised afterwards is all there
    assert(bytes == NEW or info.reason ~= "journal_damaged",
      "a damaged journal was written back")
  elseif how == "undo" or (ok[1] and ok[1].outcome == "recovered") then
    assert(bytes == OLD, "a success, and not the old bytes")
  else
    assert(bytes == NEW)
  end
end

--- Tampers and looks with every method; returns what was refused, or nil when
-- the file cannot hold that.
local function try(base, how, change)
  reset(base)
  if not change() then
    return nil
  end
  local seen = {}
  local log = judge(seen, journal.open(lab.state))
  if log then
    local _ <close> = log
    look(seen, log)
    take_back(seen, log, how)
    judge(seen, log:prune { keep = 0 })
  else
    assert(lab:bytes() == NEW)
  end
  return seen
end

local function both(change)
  local seen = try(lab.committed, "undo", change)
  return seen and { seen, try(lab.interrupted, "recover", change) }
end

local function names(seen, text)
  for _, message in ipairs(seen) do
    if message:find(text, 1, true) then
      return true
    end
  end
  return false
end

-- ---- the cases -----------------------------------------------------------

-- The one row that is changed: of the format, its first extent, its plan's
-- first step, its second piece.
local function where(name)
  return ({
    operation = "id = " .. ID,
    extent = ("operation = %d AND ordinal = 0"):format(ID),
    step = "operation = (SELECT min(operation) FROM step) AND number = 1",
    saved = ("operation = %d AND start = (SELECT max(start) FROM saved"
      .. " WHERE operation = %d AND length(old) > 1)"):format(ID, ID),
  })[name]
end

local function column_cases()
  local cases = {}
  for _, name in ipairs { "operation", "extent", "step", "saved" } do
    for _, column in ipairs(journals.TABLES[name]) do
      for kind, values in pairs { integer = INTEGERS, other = OTHERS } do
        for _, value in ipairs(values) do
          cases[#cases + 1] = { table = name, column = column, value = value,
            other = kind == "other" }
        end
      end
    end
  end
  table.sort(cases, function(a, b)
    return a.table .. a.column .. a.value < b.table .. b.column .. b.value
  end)
  return cases
end

local function set(case)
  return function()
    return (journals.tamper(lab.db, ("UPDATE %s SET %s = %s WHERE %s"):format(
      case.table, case.column, case.value, where(case.table))))
  end
end

-- A text in a column of texts is one, and a row that says it belongs to another
-- operation is not among those of this one: what must be refused is the rest.
local TEXTS = {}
for name in ("plan machine target guid_path serial file_system command program"
  .. " state message name outcome"):gmatch "%S+" do
  TEXTS[name] = true
end

local function must_be_refused(case)
  -- the steps are of the plan, and are looked at by its entry alone
  if not case.other or case.column == "operation" or case.table == "step" then
    return false
  elseif case.value == "'text'" then
    return not TEXTS[case.column] or case.column == "state"
  elseif case.value == "x'00ff10'" and (case.column == "old"
    or case.column == "new") then
    return true
  end
  return true
end

local function hex_of_pieces()
  reset(lab.committed)
  local pieces = {}
  for line in journals.sql(lab.db, ("SELECT start, hex(old), hex(new) FROM saved"
    .. " WHERE operation = %d ORDER BY start"):format(ID)):gmatch "[^\n]+" do
    local start, old, new = line:match "^(%d+)|(%x*)|(%x*)$"
    for column, hex in pairs { old = old, new = new } do
      if hex ~= "" then
        pieces[#pieces + 1] = { start = start, column = column,
          bytes = hex:gsub("%x%x", function(byte)
            return string.char(tonumber(byte, 16))
          end) }
      end
    end
  end
  table.sort(pieces, function(a, b)
    return a.start .. a.column < b.start .. b.column
  end)
  return pieces
end

local function flip(bytes, bit)
  local at = bit // 8 + 1
  return bytes:sub(1, at - 1)
    .. string.char(bytes:byte(at) ~ 1 << bit % 8) .. bytes:sub(at + 1)
end

local function to_hex(bytes)
  return (bytes:gsub(".", function(byte)
    return ("%02x"):format(byte:byte())
  end))
end

-- What happens to whole pieces; %d is the operation.
local PIECES = {
  { "the boot sector is missing", "DELETE FROM saved WHERE operation = %d"
    .. " AND start = 0" },
  { "the last piece is missing", "DELETE FROM saved WHERE operation = %d"
    .. " AND start = (SELECT max(start) FROM saved)" },
  { "all are missing", "DELETE FROM saved WHERE operation = %d" },
  { "one is doubled", "DROP INDEX saved_of_operation; INSERT INTO saved SELECT *"
    .. " FROM saved WHERE operation = %d AND start = 0" },
  { "one is there again elsewhere", "INSERT INTO saved SELECT operation,"
    .. " start + 512, length, old_method, new_method, old_checksum,"
    .. " new_checksum, old, new FROM saved WHERE operation = %d AND start ="
    .. " (SELECT max(start) FROM saved)" },
  { "one is moved", "UPDATE saved SET start = start + 512 WHERE operation = %d"
    .. " AND start = (SELECT max(start) FROM saved)" },
  { "one is longer", "UPDATE saved SET length = length + 1 WHERE operation = %d"
    .. " AND start = (SELECT max(start) FROM saved)" },
  { "one belongs to another", "UPDATE saved SET operation = 1 WHERE"
    .. " operation = %d AND start = (SELECT max(start) FROM saved)" },
  { "before and after are swapped", "UPDATE saved SET old = new, new = old,"
    .. " old_method = new_method, new_method = old_method,"
    .. " old_checksum = new_checksum, new_checksum = old_checksum"
    .. " WHERE operation = %d AND old <> new" },
  { "two have each other's bytes", "UPDATE saved SET (old, old_method,"
    .. " old_checksum) = (SELECT old, old_method, old_checksum FROM saved AS o"
    .. " WHERE o.operation = saved.operation AND o.start = (SELECT max(start)"
    .. " FROM saved)) WHERE operation = %d AND start = 0" },
  { "they have no checksums", "UPDATE saved SET old_checksum = 0,"
    .. " new_checksum = 0 WHERE operation = %d" },
  { "the operation says that it has none", "UPDATE operation SET checked = 0,"
    .. " about_checksum = 0, old_checksum = 0, new_checksum = 0 WHERE id = %d" },
}
for _, column in ipairs { "old_method", "new_method" } do
  for _, method in ipairs { -1, 4, 5, 255, 256, 65536, 1 << 32, math.maxinteger }
  do
    PIECES[#PIECES + 1] = { ("%s is %d"):format(column, method),
      ("UPDATE saved SET %s = %d WHERE operation = %%d AND start = 0"):format(
        column, method) }
  end
end

-- ---- the sweep -----------------------------------------------------------

local COMMANDS = { { "log" }, { "log", "--json" }, { "log", "ID" },
  { "log", "ID", "--json" }, { "log", "ID", "--svg", "-" },
  { "log", "ID", "--check" }, { "log", "ID", "--check", "--json" },
  { "undo", "D:", "--plan" }, { "undo", "D:", "--plan", "--json" },
  { "recover", "--plan", "--json" }, { "recover", "D:" },
  { "undo", "D:", "--erase", "D:", "--json" },
  { "explain", "journal_damaged" }, { "log", "--prune" } }

local function run_command(words)
  local list = {}
  for i, word in ipairs(words) do
    list[i] = word == "ID" and ID or word
  end
  local result = command.capture(("NTVOL_STATE=%s %s"):format(
    proc.quote(lab.state), command.line(list, { machine = lab.path })),
    lab.folder)
  assert(result.code <= 6, ("exit %d: %s"):format(result.code, result.err))
  assert(not result.err:find("traceback", 1, true), result.err)
  local bytes = lab:bytes()
  assert(bytes == NEW or bytes == OLD, "the volume holds a mixture")
  return result, bytes
end

local function missing()
  if proc.windows then
    return "Windows formats its volumes itself: nothing is saved there"
  end
  for _, program in ipairs { "sqlite3", "mkfs.fat" } do
    if not proc.has(program) then
      return program .. " is not installed"
    end
  end
end

local function prepare()
  local reason = missing()
  if reason then
    pending(reason)
  end
  if not lab then
    make_lab()
  end
end

local function about(text, f)
  local ok, problem = pcall(f)
  assert(ok, ("%s (NTVOL_SEED=%d): %s"):format(text, sweep.seed,
    tostring(problem)))
end

describe("a tampered journal", function()
  teardown(function()
    if lab then
      lab.clean()
    end
  end)

  it("is taken back when nothing was done to it", function()
    prepare()
    for i, seen in ipairs(both(function() return true end)) do
      assert.same({}, seen, i)
    end
    reset(lab.committed)
    local result, bytes = run_command { "undo", "D:", "--erase", "D:" }
    assert.equal(0, result.code, result.err)
    assert(bytes == OLD)
  end)

  it("names the column that holds what it cannot", function()
    prepare()
    local cases = column_cases()
    local refused = 0
    for i in sweep.sample(#cases, sweep.pick(50, 600, 100000)) do
      local case = cases[i]
      local name = ("%s.%s"):format(case.table, case.column)
      about(("%s = %s"):format(name, case.value), function()
        local seen = try(lab.committed, "undo", set(case))
        if seen and #seen > 0 then
          refused = refused + 1
        end
        if seen and must_be_refused(case) then
          assert(#seen > 0, "nothing was refused")
          assert(names(seen, name) or names(seen, case.table),
            table.concat(seen, "\n"))
        end
        if sweep.extent ~= "part" then
          try(lab.interrupted, "recover", set(case))
        end
      end)
    end
    assert(refused > 0)
  end)

  it("is never written back with a bit of a piece flipped", function()
    prepare()
    local pieces = hex_of_pieces()
    local draw = sweep.random(1)
    assert(#pieces > 1)
    for _ = 1, sweep.pick(8, 150, 20000) do
      local piece = pieces[draw(#pieces)]
      local bit = draw(#piece.bytes * 8) - 1
      about(("bit %d of %s at %s"):format(bit, piece.column, piece.start),
        function()
          local change = function()
            return (journals.tamper(lab.db, ("UPDATE saved SET %s = x'%s' WHERE"
              .. " operation = %d AND start = %s"):format(piece.column,
              to_hex(flip(piece.bytes, bit)), ID, piece.start)))
          end
          for _, seen in ipairs(both(change)) do
            -- Nothing is refused for a bit that a frame of Zstandard does not
            -- use: the same bytes come out, and are back on the volume.
            if #seen > 0 then
              assert(names(seen, "does not fit") or names(seen, "unpacked"),
                table.concat(seen, "\n"))
              assert(lab:bytes() == NEW)
            end
          end
        end)
    end
  end)

  it("is never written back with pieces that are not its own", function()
    prepare()
    for i in sweep.sample(#PIECES, sweep.pick(12, 100, 100)) do
      about(PIECES[i][1], function()
        local seen = both(function()
          return (journals.tamper(lab.db, PIECES[i][2]:format(ID)))
        end)
        assert(seen, "was not carried out")
        for _, list in ipairs(seen) do
          assert(#list > 0, "nothing was refused")
          assert(lab:bytes() == NEW)
        end
      end)
    end
  end)

  it("does no harm with any bit of the file flipped", function()
    prepare()
    local draw = sweep.random(2)
    for _ = 1, sweep.pick(12, 200, 50000) do
      local bit = draw(#lab.committed * 8) - 1
      about("bit " .. bit .. " of the file", function()
        try(lab.committed, "undo", function()
          put(lab.db, flip(lab.committed, bit))
          return true
        end)
      end)
    end
  end)

  it("crashes no command", function()
    prepare()
    local cases = column_cases()
    local draw = sweep.random(3)
    for _ = 1, sweep.pick(1, 25, 2000) do
      local case = cases[draw(#cases)]
      about(("%s.%s = %s"):format(case.table, case.column, case.value),
        function()
          reset(lab.committed)
          if not set(case)() then
            return
          end
          for _, words in ipairs(COMMANDS) do
            local result, bytes = run_command(words)
            if words[1] == "undo" and words[3] == "--erase"
              and result.code == 0 then
              assert(bytes == OLD, "exit 0, and not the old bytes")
            end
          end
        end)
    end
  end)
end)
