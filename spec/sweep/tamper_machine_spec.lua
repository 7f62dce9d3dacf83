-- A machine folder from somebody else is hostile input: each column of each
-- table of machine.db at its extremes, bits flipped, triggers and views
-- planted, images that are links, pipes and devices. Whatever stands there, an
-- operation is refused, naming table and column, or it returns what it would
-- have; no process dies or waits for ever, and nothing outside of the folder
-- changes.

local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sweep = require "spec.support.sweep"
local tempdir = require "spec.support.tempdir"

local LUA = os.getenv("LUA") or "lua5.4"

local function environment()
  return ("LUA_PATH=%s LUA_CPATH=%s"):format(proc.quote(package.path),
    proc.quote(package.cpath))
end

local function skip_reason()
  if proc.windows then
    return "needs links, pipes and a process that may die"
  end
  return machines.missing("sqlite3", "timeout", "mkfifo", "ln", "cat", "cp")
end

-- A process that ends with everything open: its rows stay, as after kill -9.
local LEAVE = [[
  local core = require "ntvol.core"
  require "ntvol.sim.core"
  machine = assert(core.connect("sim", arg[1]))
  volume = assert(machine:open("E:", { access = "r" }))
  folder = assert(machine:open "D:\\")
  file = assert(machine:open "D:\\A.TXT")
  assert(file:write(0, "alpha\n"))
  disk = assert(machine:open("PhysicalDrive0", { access = "r" }))
  os.exit(0, false)]]

-- folder/lab, folder/template, and folder/canary, which no machine may touch.
-- D: is an image of the folder, E: one outside that this user allowed.
local function start(finally)
  local sim = require "ntvol.sim.core"
  local defer = machines.cleanup(finally)
  local folder = tempdir(defer)
  machines.put(folder .. "/old.img", machines.content "fat")
  machines.put(folder .. "/canary", machines.content "fat")
  local machine = assert(sim.create(folder .. "/lab", {
    disks = { { size = #machines.content "fat" },
      { image = folder .. "/old.img" } }, nodes = { "n1" } }))
  local disk = assert(machine:open "PhysicalDrive0")
  assert(disk:write(0, machines.content "fat"))
  assert(disk:close())
  local volume = assert(machine:open "D:")
  assert(volume:close())
  assert(machine:close())
  machines.put(folder .. "/leave.lua", LEAVE)
  machines.sh("%s %s %s/leave.lua %s/lab", environment(), LUA, folder, folder)
  machines.sh([[cd %s && sqlite3 lab/machine.db "PRAGMA wal_checkpoint(TRUNCATE);
    UPDATE file_object SET flags = flags & ~16; -- what was written waits on
    INSERT INTO no_letter VALUES (1);
    INSERT INTO heir SELECT max(id), 7, 'tar', 0 FROM owner;
    INSERT INTO setting VALUES ('automount', 1);
    INSERT INTO persistent_state VALUES (1, 'FAT12', '0', 1)" &&
    mkdir template && cp lab/machine.db lab/disk0.img template/]], folder)
  return folder
end

local function sqlite(folder, sql)
  local path = folder .. "/question.sql"
  machines.put(path, sql)
  return proc.lines(("sqlite3 %s <%s"):format(
    proc.quote(folder .. "/template/machine.db"), proc.quote(path)))
end

-- ---- cases -------------------------------------------------------------------

local VALUES = { "-1", "-9223372036854775807 - 1", "0", "1", "2147483648",
  "4294967296", "9223372036854775807", "NULL", "'x'", "''", "1.5", "x'00ff'",
  "CAST(zeroblob(1048576) AS TEXT)", "zeroblob(1048576)",
  "printf('%.*c', 1048576, 'a')" }

-- Of the wrong type in every column: the refusal has to name it.
local WRONG = { ["NULL"] = true, ["1.5"] = true }

-- A STRICT table takes no value of another type. So the schema is edited, the
-- value written, and the schema put back, as an attacker would do it.
local function loosen(sql)
  local name, body, tail = sql:match "^CREATE TABLE (%w+_?%w*) (%b())(.*)$"
  local columns, depth, part = {}, 0, ""
  for char in (body:sub(2, -2) .. ","):gmatch "." do
    depth = depth + (char == "(" and 1 or char == ")" and -1 or 0)
    if char == "," and depth == 0 then
      columns[#columns + 1], part = part, ""
    else
      part = part .. char
    end
  end
  for i, column in ipairs(columns) do
    local words = column:gsub("CHECK %b()", ""):gsub("NOT NULL", "")
      :gsub("DEFAULT %d+", "")
    if not words:find "INTEGER PRIMARY KEY" then
      words = words:gsub("^(%s*%w+_?%w*) [ITB][NEL]%u+", "%1")
    end
    columns[i] = words
  end
  return ("CREATE TABLE %s (%s)%s"):format(name, table.concat(columns, ","),
    (tail:gsub("STRICT,?", "")))
end

local function quoted(text)
  return "'" .. text:gsub("'", "''") .. "'"
end

-- A shell command that runs SQL on the machine.
local function on_database(sql)
  return ("sqlite3 -bail lab/machine.db <<'END'\n%s\nEND"):format(sql)
end

local function set_schema(name, sql)
  return ("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = %s"
    .. " WHERE type = 'table' AND name = '%s'; PRAGMA writable_schema = RESET;")
    :format(quoted(sql), name)
end

local function add_columns(folder, list)
  for _, name in ipairs(sqlite(folder, [[SELECT name FROM sqlite_schema
      WHERE type = 'table' AND name <> 'sqlite_sequence' ORDER BY name]])) do
    local sql = table.concat(sqlite(folder,
      ("SELECT sql FROM sqlite_schema WHERE name = '%s'"):format(name)), " ")
    for _, column in ipairs(sqlite(folder,
        ("SELECT name FROM pragma_table_info('%s')"):format(name))) do
      for _, value in ipairs(VALUES) do
        list[#list + 1] = { table = name, column = column, value = value,
          name = ("%s.%s = %s"):format(name, column, value),
          command = on_database(set_schema(name, loosen(sql))
            .. ("UPDATE OR REPLACE %s SET %s = %s;"):format(name, column, value)
            .. set_schema(name, sql)) }
      end
    end
  end
  for _, value in ipairs { "-1", "9223372036854775807", "'x'", "NULL" } do
    list[#list + 1] = { name = "sqlite_sequence.seq = " .. value,
      command = on_database("UPDATE sqlite_sequence SET seq = " .. value) }
  end
end

local ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"

-- Objects that do not belong there: each has to be refused by its name.
local function planted()
  local list = {}
  for name, sql in pairs {
    trap = "CREATE TRIGGER trap AFTER INSERT ON event BEGIN INSERT INTO setting "
      .. "SELECT 'x', count(*) FROM (" .. ENDLESS .. " SELECT x FROM c); END",
    window = "CREATE VIEW window AS " .. ENDLESS .. " SELECT x FROM c",
    persistent_state = "DROP TABLE persistent_state; CREATE VIEW persistent_state"
      .. " AS " .. ENDLESS .. " SELECT x AS volume, 'FAT12' AS file_system,"
      .. " '0' AS serial, x AS flags FROM c",
    no_letter = "DROP TABLE no_letter; CREATE TABLE no_letter (volume INTEGER"
      .. " PRIMARY KEY, more TEXT)",
    extra = "CREATE TABLE extra (x)",
    reminder = "CREATE INDEX reminder ON volume (guid || randomblob(10))",
    dirty_of_file = "DROP INDEX dirty_of_file",
  } do
    list[#list + 1] = { name = sql, object = name, command = on_database(sql) }
  end
  return list
end

local function images()
  local list = {}
  for _, command in ipairs {
    "ln -sf ../canary lab/disk0.img", "ln -sf /dev/zero lab/disk0.img",
    "ln -f canary lab/disk0.img", "rm lab/disk0.img && mkfifo lab/disk0.img",
    "rm lab/disk0.img && mkdir lab/disk0.img",
    "rm lab/disk0.img", "truncate -s 100K lab/disk0.img",
    "rm lab/machine.db && ln -s ../canary lab/machine.db",
    "rm lab/machine.db && mkfifo lab/machine.db",
    "ln -s ../canary lab/machine.db-wal", "ln -s ../canary lab/machine.db-shm",
    "ln -s ../canary lab/machine.db-journal", "mkfifo lab/machine.db-wal",
    "ln canary lab/machine.db-wal", "ln canary lab/machine.db-shm",
    "ln canary lab/machine.db-journal", "ln -f canary lab/machine.db",
  } do
    list[#list + 1] = { name = command, command = command }
  end
  for _, image in ipairs { "$PWD/canary", "../canary", "./../canary",
      "x/../../canary", "/dev/zero", "", ".", "..", "disk0.img/", "/" } do
    local sql = ("UPDATE disk SET image = '%s' WHERE number = 0"):format(image)
    list[#list + 1] = { name = sql, command =
      ('sqlite3 lab/machine.db "%s"'):format(sql) }
  end
  return list
end

local function flipped(count)
  local random, list = sweep.random(3), {}
  for i = 1, count do
    local place, bit = random(40000) - 1, 1 << (random(8) - 1)
    list[i] = { name = ("byte %d, bit %d"):format(place, bit), command = (
      "p=$((%d %% $(stat -c %%s lab/machine.db))); b=$(dd if=lab/machine.db "
      .. "bs=1 skip=$p count=1 2>/dev/null | od -An -tu1); printf \"$(printf "
      .. "'\\\\%%o' $((b ^ %d)))\" | dd of=lab/machine.db bs=1 seek=$p "
      .. "conv=notrunc"):format(place, bit) }
  end
  list[#list + 1] = { name = "a bit of what waits", command = on_database(
    "UPDATE dirty SET data = x'ff' || substr(data, 2)"), changes = true }
  return list
end

-- ---- running -------------------------------------------------------------------

local BATCH = 25

-- The lines that the process printed, by case; a case without "end" ended it.
local function run_batch(folder, first, last)
  local output, code = proc.run(("%s timeout -k 5 120 %s spec/support/tamper.lua"
    .. " %s %d %d"):format(environment(), LUA, proc.quote(folder), first, last))
  local results, current = {}, nil
  for line in output:gmatch "[^\n]+" do
    local word, number = line:match "^(%l+)\t(%d+)$"
    if word == "case" then
      current = { index = tonumber(number) }
      results[#results + 1] = current
    elseif word == "end" and current then
      current.ended = true
    elseif current then
      current[#current + 1] = line
    end
  end
  return results, code, output
end

local function run_all(folder, cases)
  local commands = {}
  for i, case in ipairs(cases) do
    commands[i] = ("%q"):format(case.command)
  end
  machines.put(folder .. "/cases.lua",
    "return {\n" .. table.concat(commands, ",\n") .. "\n}\n")
  local results, first = {}, 1
  while first <= #cases do
    local part, code, output = run_batch(folder, first, first + BATCH - 1)
    assert(#part > 0, output)
    for _, result in ipairs(part) do
      results[result.index] = result
    end
    local last = part[#part]
    last.code = not last.ended and code or nil
    last.output = not last.ended and output:sub(-2000) or nil
    first = last.index + 1
  end
  return results
end

-- ---- judging ---------------------------------------------------------------------

local function parse(line)
  local fields = {}
  for field in (line .. "\t"):gmatch "([^\t]*)\t" do
    fields[#fields + 1] = field
  end
  return { op = fields[1], answer = fields[2], reason = fields[3],
    message = fields[4], hint = fields[5] }
end

-- Why what a case did is not all right; nil when it is.
local function objection(case, result, usual)
  if not result or not result.ended then
    return ("the process ended (exit code %s): %s"):format(
      result and result.code, result and result.output)
  end
  local found, connect
  for _, line in ipairs(result) do
    local it = parse(line)
    if it.op == "check" and it.answer ~= "refused" then
      found = tonumber(it.answer)
    elseif it.op == "connect" then
      connect = it
    end
    if it.answer == "refused" and it.message == "" then
      return it.op .. " is refused without a word"
    end
    if it.reason == "machine_damaged" and (it.hint == ""
        or not it.message:find "machine.db") then
      return "no file or no next step: " .. line
    end
    if (it.op:find "^read" and it.answer ~= "refused" and not case.changes)
        and usual[it.op] and it.answer ~= usual[it.op] then
      return it.op .. " answers other bytes"
    end
  end
  local refused = connect and connect.reason == "machine_damaged"
  if refused and found == 0 then
    return "sim.check finds nothing, but: " .. connect.message
  end
  local named = case.object or case.column
  local made = result[1] == "damage\tmade"
  local must = case.object or (WRONG[case.value] and not case.grows)
  if made and must and not (refused and connect.message:find(named, 1, true)) then
    return ("it is not refused by its name, %s: %s"):format(named,
      connect and connect.message or "?")
  end
end

local function usual_answers(folder)
  local result = run_all(folder, { { command = "true" } })[1]
  assert(result.ended, result.output)
  local usual = {}
  for _, line in ipairs(result) do
    local it = parse(line)
    assert(it.op == "damage" or it.answer ~= "refused"
      or it.reason == "answer_no", line)
    usual[it.op] = it.answer
  end
  return usual
end

-- Rows of these are looked at when they are read.
local GROWS = { event = true, dirty = true }
-- Such a column never holds another type: it is the number of the row.
local function is_key(folder, case)
  return sqlite(folder, ([[SELECT count(*) FROM pragma_table_info('%s')
    WHERE name = '%s' AND pk = 1 AND type = 'INTEGER']]):format(case.table,
    case.column))[1] == "1"
end

local function judge(folder, cases)
  local before = machines.sh("cd %s && cksum canary", folder)
  local usual = usual_answers(folder)
  local problems = {}
  local results = run_all(folder, cases)
  for i, case in ipairs(cases) do
    local why = objection(case, results[i], usual)
    if why then
      problems[#problems + 1] = case.name .. ": " .. why
    end
  end
  if machines.sh("cd %s && cksum canary", folder) ~= before then
    problems[#problems + 1] = "a file outside of the folder was changed"
  end
  assert.same({}, problems, ("NTVOL_SEED=%d"):format(sweep.seed))
end

-- What once ended a process, or made it wait for ever: these always run.
local HARMFUL = { ["dirty.start = -1"] = true, ["disk.sector_size = 0"] = true,
  ["volume.sector_size = 0"] = true, ["event.event = 2147483648"] = true,
  ["disk.number = 4294967296"] = true, ["extent.disk = 4294967296"] = true }

-- Every so many of the cases.
local function some(cases, most)
  local list, chosen = {}, {}
  for i in sweep.sample(#cases, most) do
    chosen[i] = true
  end
  for i, case in ipairs(cases) do
    if chosen[i] or HARMFUL[case.name] then
      list[#list + 1] = case
    end
  end
  return list
end

describe("a machine from somebody else", function()
  local function check(body)
    return function()
      local reason = skip_reason()
      if reason then
        pending(reason)
        return
      end
      judge(body(start(finally)))
    end
  end

  it("has any value in any column", check(function(folder)
    local cases = {}
    add_columns(folder, cases)
    cases = some(cases, sweep.pick(60, 600, math.huge))
    for _, case in ipairs(cases) do
      case.grows = not case.table or GROWS[case.table] or is_key(folder, case)
    end
    return folder, cases
  end))

  it("has triggers, views, tables and columns of its own", check(function(folder)
    return folder, planted()
  end))

  it("has links, pipes and devices for images", check(function(folder)
    return folder, images()
  end))

  it("has flipped bits", check(function(folder)
    return folder, flipped(sweep.pick(15, 150, 20000))
  end))
end)
