--- Journals that were tampered with, and journals as older versions made them,
-- by the sqlite3 command.

local proc = require "spec.support.proc"

local M = {}

--- The tables and their columns, in their order.
M.TABLES = {
  operation = { "id", "parent", "plan", "machine", "target", "guid_path",
    "serial", "file_system", "size", "command", "pid", "program", "started_us",
    "ended_us", "state", "message", "saved_bytes", "stored_bytes", "unsaved",
    "pieces", "checked", "about_checksum", "old_checksum", "new_checksum" },
  extent = { "operation", "ordinal", "disk", "start", "length" },
  step = { "operation", "number", "name", "target", "started_us", "ended_us",
    "outcome", "message", "undo_started_us", "undo_ended_us", "final" },
  saved = { "operation", "start", "length", "old_method", "new_method",
    "old_checksum", "new_checksum", "old", "new" },
}

local KEYS = { extent = "operation, ordinal", step = "operation, number" }

--- Runs statements. Returns whether they were carried out, and the output.
-- @param path of the database
function M.try(path, statements)
  local script = path .. ".sql"
  local file = assert(io.open(script, "w"))
  assert(file:write(statements, "\n"))
  assert(file:close())
  local output, code = proc.run(("sqlite3 -bail %s <%s"):format(
    proc.quote(path), proc.quote(script)))
  os.remove(script)
  return code == 0, output
end

--- The same, when they must be carried out; returns the output.
function M.sql(path, statements)
  local done, output = M.try(path, statements)
  assert(done, output)
  return output
end

-- The table as it lies in the file, without what it demands of its values.
local function bare(name)
  local list = {}
  for i, column in ipairs(M.TABLES[name]) do
    list[i] = column
  end
  if name == "operation" then
    list[1] = "id INTEGER PRIMARY KEY AUTOINCREMENT"
  end
  local key = KEYS[name]
  return ("CREATE TABLE %s (%s%s)%s"):format(name, table.concat(list, ", "),
    key and ", PRIMARY KEY (" .. key .. ")" or "",
    key and " WITHOUT ROWID" or "")
end

--- Changes a journal past its own schema, which is the same afterwards: no CHECK
-- and no type is asked. Returns false when the file cannot hold that at all.
function M.tamper(path, statements)
  local loosen, restore = {}, {}
  for name in pairs(M.TABLES) do
    loosen[#loosen + 1] = ("UPDATE sqlite_schema SET sql = '%s'"
      .. " WHERE type = 'table' AND name = '%s';"):format(bare(name), name)
    restore[#restore + 1] = ("UPDATE sqlite_schema SET sql = (SELECT sql FROM"
      .. " temp.kept WHERE kept.name = '%s') WHERE type = 'table'"
      .. " AND name = '%s';"):format(name, name)
  end
  return M.try(path, table.concat({
    "CREATE TEMP TABLE kept AS SELECT name, sql FROM main.sqlite_schema;",
    "PRAGMA writable_schema = ON;", table.concat(loosen, "\n"),
    "PRAGMA writable_schema = RESET;", statements .. ";",
    "PRAGMA writable_schema = ON;", table.concat(restore, "\n"),
    "PRAGMA writable_schema = RESET;" }, "\n"))
end

local SCHEMA_3 = [[
CREATE TABLE operation (id INTEGER PRIMARY KEY AUTOINCREMENT,
  parent INTEGER NOT NULL, plan TEXT NOT NULL, machine TEXT NOT NULL,
  target TEXT NOT NULL, guid_path TEXT NOT NULL, serial TEXT NOT NULL,
  file_system TEXT NOT NULL, size INTEGER NOT NULL, command TEXT NOT NULL,
  pid INTEGER NOT NULL, program TEXT NOT NULL, started_us INTEGER NOT NULL,
  ended_us INTEGER NOT NULL, state TEXT NOT NULL, message TEXT NOT NULL,
  saved_bytes INTEGER NOT NULL, stored_bytes INTEGER NOT NULL,
  unsaved INTEGER NOT NULL) STRICT;
CREATE TABLE extent (operation INTEGER NOT NULL, ordinal INTEGER NOT NULL,
  disk INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL,
  PRIMARY KEY (operation, ordinal)) STRICT, WITHOUT ROWID;
CREATE TABLE step (operation INTEGER NOT NULL, number INTEGER NOT NULL,
  name TEXT NOT NULL, target TEXT NOT NULL, started_us INTEGER NOT NULL,
  ended_us INTEGER NOT NULL, outcome TEXT NOT NULL, message TEXT NOT NULL,
  undo_started_us INTEGER NOT NULL, undo_ended_us INTEGER NOT NULL,
  final INTEGER NOT NULL, PRIMARY KEY (operation, number)) STRICT, WITHOUT ROWID;
CREATE TABLE saved (operation INTEGER NOT NULL, start INTEGER NOT NULL,
  length INTEGER NOT NULL, old_method INTEGER NOT NULL,
  new_method INTEGER NOT NULL, old BLOB NOT NULL, new BLOB NOT NULL) STRICT;
]]

-- What each version lacks that the next one has.
local LACKS = {
  [1] = [[
ALTER TABLE step DROP COLUMN final;
ALTER TABLE step DROP COLUMN undo_started_us;
ALTER TABLE step DROP COLUMN undo_ended_us;]],
  [2] = "ALTER TABLE operation DROP COLUMN unsaved;",
}

--- Makes a journal of this version one as an older version had it, with what is
-- in it.
-- @tparam string path
-- @tparam integer version 1 to 3
function M.older(path, version)
  local list = { "BEGIN; DROP INDEX saved_of_operation;" }
  local columns = {
    operation = table.concat(M.TABLES.operation, ", ", 1, 19),
    extent = "*", step = "*",
    saved = "operation, start, length, old_method, new_method, old, new",
  }
  for name in pairs(columns) do
    list[#list + 1] = ("ALTER TABLE %s RENAME TO now_%s;"):format(name, name)
  end
  list[#list + 1] = SCHEMA_3
  for name, names in pairs(columns) do
    list[#list + 1] = ("INSERT INTO %s SELECT %s FROM now_%s;"):format(name,
      names, name)
  end
  list[#list + 1] = "UPDATE sqlite_sequence SET seq = (SELECT seq FROM"
    .. " sqlite_sequence WHERE name = 'now_operation') WHERE name = 'operation';"
  for name in pairs(columns) do
    list[#list + 1] = ("DROP TABLE now_%s;"):format(name)
  end
  list[#list + 1] = "CREATE UNIQUE INDEX saved_of_operation"
    .. " ON saved (operation, start);"
  for old = 2, version, -1 do
    list[#list + 1] = LACKS[old]
  end
  list[#list + 1] = ("PRAGMA user_version = %d; COMMIT;"):format(version)
  M.sql(path, table.concat(list, "\n"))
end

return M
