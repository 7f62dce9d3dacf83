-- A machine folder from somebody else: what it says is checked, and which files
-- it may use is this user's word.

local core = require "ntvol.core"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

-- folder/lab, closed: D: is an image of the folder, E: is folder/old.img.
local function start(finally)
  local folder = tempdir(machines.cleanup(finally))
  machines.put(folder .. "/old.img", machines.content "fat")
  local machine <close> = assert(sim.create(folder .. "/lab", { -- luacheck: ignore
    disks = { "1M:raw:D", { image = folder .. "/old.img" } } }))
  return folder
end

local function sqlite(folder, sql)
  local reason = machines.missing "sqlite3"
  if reason then
    pending(reason)
  end
  machines.sh("sqlite3 %s/lab/machine.db \"%s\"", folder, sql)
end

local function needs_posix()
  if proc.windows then
    pending "needs links, owners and modes of files"
  end
end

-- What opening E: says, while somebody is connected for that only.
local function open_e(path)
  local machine <close> = assert(core.connect("sim", path))
  local volume, message, code, info = machine:open "E:"
  if volume then
    assert(volume:close())
    return true
  end
  return volume, message, code, info
end

local function damages(path)
  local list = {}
  for i, damage in ipairs(assert(sim.check(path))) do
    list[i] = ("%s.%s %s %s%s"):format(damage.table, damage.column, damage.row,
      damage.value, damage.note and " (note)" or "")
  end
  return list
end

describe("an image outside of the folder", function()
  it("is used where sim.create was told so", function()
    local folder = start(finally)
    assert.is_true(open_e(folder .. "/lab"))
    assert.same({}, damages(folder .. "/lab"))
  end)

  it("is not used by a machine that was moved, until the user allows it", function()
    local folder = start(finally)
    local moved = folder .. "/moved"
    assert(os.rename(folder .. "/lab", moved))
    local info, message = refused("STATUS_ACCESS_DENIED", open_e(moved))
    assert.equal("image_outside", info.reason)
    assert(message:find("old.img", 1, true), message)
    assert(info.hint:find("--allow-images", 1, true), info.hint)
    assert.equal(1, #damages(moved))
    assert.same({}, assert(sim.check(moved, { allow_images = true })))
    assert.is_true(open_e(moved))
  end)

  it("is not used by a copy of the machine, which says what it is told", function()
    local folder = start(finally)
    machines.sh("cp -r %s/lab %s/copy", folder, folder)
    refused("STATUS_ACCESS_DENIED", open_e(folder .. "/copy"))
    -- In the place of the first one it is another one, too.
    machines.sh("mv %s/lab %s/old && mv %s/copy %s/lab", folder, folder, folder,
      folder)
    refused("STATUS_ACCESS_DENIED", open_e(folder .. "/lab"))
  end)

  it("is another one than was allowed: it is refused", function()
    local folder = start(finally)
    machines.put(folder .. "/secret", machines.content "fat")
    for _, image in ipairs { folder .. "/secret", "../secret",
        folder .. "/lab/../old.img" } do
      sqlite(folder, ("UPDATE disk SET image = '%s' WHERE number = 1"):format(image))
      local info = refused("STATUS_ACCESS_DENIED", open_e(folder .. "/lab"))
      assert.equal("image_outside", info.reason)
    end
  end)

  it("is not used where others can write to the machine", function()
    needs_posix()
    local folder = start(finally)
    for _, name in ipairs { "lab", "lab/machine.db" } do
      machines.sh("chmod g+w %s/%s", folder, name)
      local info, message = refused("STATUS_ACCESS_DENIED", open_e(folder .. "/lab"))
      assert.equal("image_outside", info.reason)
      assert(message:find("can be written by other users", 1, true), message)
      assert(info.hint:find("chmod go%-w"), info.hint)
      local answer = sim.check(folder .. "/lab", { allow_images = true })
      assert.is_nil(answer)
      machines.sh("chmod g-w %s/%s", folder, name)
      assert.is_true(open_e(folder .. "/lab"))
    end
  end)

  it("became a link, or lies behind one: it is refused", function()
    needs_posix()
    local folder = start(finally)
    machines.sh("mv %s/old.img %s/new.img && ln -s new.img %s/old.img", folder,
      folder, folder)
    refused("STATUS_ACCESS_DENIED", open_e(folder .. "/lab"))
  end)

  it("goes into a drive by the user's hand", function()
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.put(folder .. "/stick.img", machines.content "fat")
    local machine = assert(sim.create(folder .. "/lab", { disks = {
      { removable = true, volumes = { { letter = "E:" } } } } }))
    assert(sim.insert(machine, "E:", folder .. "/stick.img"))
    assert(machine:close())
    assert.is_true(open_e(folder .. "/lab"))
  end)
end)

describe("an image in the folder", function()
  for name, make in pairs {
    ["a link"] = "ln -s ../old.img disk0.img", ["a pipe"] = "mkfifo disk0.img",
    ["a link to a device"] = "ln -s /dev/zero disk0.img",
    ["a folder"] = "mkdir disk0.img",
  } do
    it("that is " .. name .. " is not opened", function()
      needs_posix()
      local folder = start(finally)
      machines.sh("cd %s/lab && rm disk0.img && %s", folder, make)
      local machine <close> = assert(core.connect("sim", folder .. "/lab"))
      local volume, message, _, info = machine:open "D:"
      assert.is_nil(volume)
      assert.matches("disk0%.img is no file", message)
      assert.equal("image", info.reason)
      assert.equal("string", type(info.hint))
      machine:close()
      assert.equal(1, #damages(folder .. "/lab"))
    end)
  end
end)

-- A file of a stranger's folder that has another name, too, may be any file of
-- this user.
describe("a hard link in the folder", function()
  local function start_linked(name, content)
    local folder = start(finally)
    machines.put(folder .. "/mine", content)
    machines.sh("ln -f %s/mine %s/lab/%s", folder, folder, name)
    return folder
  end

  local function open_d(path)
    local machine <close> = assert(core.connect("sim", path))
    local volume <close>, message, code, info = machine:open "D:" -- luacheck: ignore
    return volume ~= nil or nil, message, code, info
  end

  it("is no image, until the user allows it", function()
    needs_posix()
    local folder = start_linked("disk0.img", ("x"):rep(1 << 20))
    local info, message = refused("STATUS_ACCESS_DENIED", open_d(folder .. "/lab"))
    assert.equal("image_outside", info.reason)
    assert(message:find("disk0.img", 1, true), message)
    assert(message:find("hard link", 1, true), message)
    assert(info.hint:find("--allow-images", 1, true), info.hint)
    assert.equal(1, #damages(folder .. "/lab"))
    assert.same({}, assert(sim.check(folder .. "/lab", { allow_images = true })))
    assert.is_true(open_d(folder .. "/lab"))
    -- Others who can write to the folder could put another one there.
    machines.sh("chmod g+w %s/lab", folder)
    refused("STATUS_ACCESS_DENIED", open_d(folder .. "/lab"))
    machines.sh("chmod g-w %s/lab && mv %s/lab %s/moved", folder, folder, folder)
    refused("STATUS_ACCESS_DENIED", open_d(folder .. "/moved"))
  end)

  it("is an image when it is the only name of the file", function()
    needs_posix()
    local folder = start_linked("disk0.img", ("x"):rep(1 << 20))
    os.remove(folder .. "/mine")
    assert.is_true(open_d(folder .. "/lab"))
    assert.same({}, damages(folder .. "/lab"))
  end)

  for _, ending in ipairs { "", "-wal", "-shm", "-journal" } do
    it(("is neither the database nor a part of it: machine.db%s"):format(ending),
      function()
        needs_posix()
        local content = ("x"):rep(5000)
        local folder = start_linked("machine.db" .. ending, content)
        local info, message = refused("STATUS_FILE_CORRUPT_ERROR",
          core.connect("sim", folder .. "/lab"))
        assert.equal("machine_damaged", info.reason)
        assert(message:find("machine.db" .. ending .. " ", 1, true), message)
        assert(info.hint:find("copy", 1, true), info.hint)
        assert.equal(content, proc.slurp(folder .. "/mine"))
      end)
  end
end)

describe("ntvol.sim.check", function()
  it("names table, column, row and value, and changes nothing", function()
    local folder = start(finally)
    sqlite(folder, [[PRAGMA ignore_check_constraints = ON;
      UPDATE disk SET sector_size = 0 WHERE number = 1;
      UPDATE volume SET flags = -1 WHERE id = 1]])
    local before = machines.sh("cd %s/lab && cksum *", folder)
    assert.same({ "disk.sector_size number 1 0", "volume.flags id 1 -1" },
      damages(folder .. "/lab"))
    assert.equal(before, machines.sh("cd %s/lab && cksum *", folder))
    local info, message = refused("STATUS_FILE_CORRUPT_ERROR",
      core.connect("sim", folder .. "/lab"))
    assert.equal("machine_damaged", info.reason)
    assert(message:find("table disk, column sector_size, number 1: 0", 1, true),
      message)
    assert(info.hint:find("ntvol sim check", 1, true), info.hint)
  end)

  it("finds what does not fit together", function()
    local folder = start(finally)
    sqlite(folder, [[UPDATE extent SET start = 512 WHERE volume = 1;
      INSERT INTO mount_point VALUES ('X:', 77, 1)]])
    assert.same({ "extent.start volume 1 512", "mount_point.volume 'X:' 77" },
      (function(list)
        for i, text in ipairs(list) do
          list[i] = text:gsub("path ", "")
        end
        return list
      end)(damages(folder .. "/lab")))
  end)

  it("finds a driver that does not exist", function()
    local folder = start(finally)
    local machine <close> = assert(core.connect("sim", folder .. "/lab"))
    local volume <close> = assert(machine:open "E:")
    sqlite(folder, "UPDATE instance SET fsd = 'none' WHERE fsd = 'fat'")
    local list = damages(folder .. "/lab")
    sqlite(folder, "UPDATE instance SET fsd = 'fat' WHERE fsd = 'none'")
    assert.matches("^instance%.fsd id %d+ 'none'$", list[1])
    assert.equal(1, #list)
    assert(volume:lock())
  end)

  it("finds two volumes on the same bytes", function()
    local folder = start(finally)
    sqlite(folder, [[UPDATE extent SET disk = 1 WHERE volume = 1;
      UPDATE extent SET length = 512; UPDATE volume SET length = 512]])
    assert.same({ "extent.start volume 1 0" }, damages(folder .. "/lab"))
  end)

  it("notes a process that has ended, which is no damage", function()
    local folder = start(finally)
    sqlite(folder, "INSERT INTO owner VALUES (99, 12345, 'gone', 0, 0)")
    assert.same({ "owner.pid id 99 12345 (note)" }, damages(folder .. "/lab"))
  end)

  it("looks at a machine that is in use", function()
    local folder = start(finally)
    local machine <close> = assert(core.connect("sim", folder .. "/lab"))
    assert(machine:volumes())
    assert.same({}, damages(folder .. "/lab"))
  end)

  it("refuses what is no machine", function()
    local folder = tempdir(machines.cleanup(finally))
    assert.is_nil((sim.check(folder)))
    assert.is_nil((sim.check(folder .. "/none")))
    assert.has_error(function()
      sim.check(folder, { all = true })
    end)
  end)
end)

-- What was found all right is compared only, and what tables have to do with each
-- other is asked when one of them changed: each time a stranger makes the same
-- rows wrong, right and wrong again.
describe("a machine that somebody changes while it is in use", function()
  local CHANGES = {
    ["a value out of range"] = {
      "PRAGMA ignore_check_constraints = ON;"
        .. " UPDATE disk SET sector_size = 0 WHERE number = 1",
      "UPDATE disk SET sector_size = 512 WHERE number = 1" },
    ["a value of a free process"] = {
      "PRAGMA ignore_check_constraints = ON; UPDATE owner SET pid = -1",
      "UPDATE owner SET pid = 1" },
    ["the first of two tables"] = {
      "UPDATE extent SET disk = 7 WHERE volume = 2",
      "UPDATE extent SET disk = 1 WHERE volume = 2" },
    ["the second of two tables"] = {
      "UPDATE disk SET number = 7 WHERE number = 1",
      "UPDATE disk SET number = 1 WHERE number = 7" },
    ["a volume that names extents"] = {
      "UPDATE volume SET length = 512 WHERE id = 2",
      "UPDATE volume SET length = (SELECT length FROM extent WHERE volume = 2)"
        .. " WHERE id = 2" },
    ["extents that a volume names"] = {
      "UPDATE extent SET length = 512 WHERE volume = 2",
      "UPDATE extent SET length = (SELECT length FROM volume WHERE id = 2)"
        .. " WHERE volume = 2" },
    ["an instance's driver"] = {
      "UPDATE instance SET fsd = 'none'", "UPDATE instance SET fsd = 'fat'" },
    ["a file system that handles belong to"] = {
      "UPDATE instance SET id = id + 77", "UPDATE instance SET id = id - 77" },
    ["the process of a handle"] = {
      "UPDATE file_object SET owner = owner + 77",
      "UPDATE file_object SET owner = owner - 77" },
    ["a row more"] = {
      "INSERT INTO mount_point VALUES ('X:', 77, 1)",
      "DELETE FROM mount_point WHERE path = 'X:'" },
    ["the last row fewer"] = {
      "CREATE TEMP TABLE t AS SELECT * FROM disk; DELETE FROM disk WHERE number = 1",
      "INSERT INTO disk SELECT 1, image, made, length, sector_size, style, serial,"
        .. " model, flags, changes FROM disk" },
    ["a number of SQLite's own"] = {
      "UPDATE sqlite_sequence SET seq = -1 WHERE name = 'owner'",
      "UPDATE sqlite_sequence SET seq = 99 WHERE name = 'owner'" },
  }

  for name, change in pairs(CHANGES) do
    it("is looked at again: " .. name, function()
      local defer = machines.cleanup(finally)
      local folder = tempdir(defer)
      local content = machines.content "fat"
      assert(sim.create(folder .. "/lab", { disks = { "1M:raw:D", "1M:raw:E" } }))
        :close()
      machines.put(folder .. "/lab/disk0.img", content)
      machines.put(folder .. "/lab/disk1.img", content)
      local machine <close> = assert(core.connect("sim", folder .. "/lab"))
      local volume <close> = assert(machine:open "D:")
      for _ = 1, 2 do
        assert(volume:lock())
        sqlite(folder, change[1])
        local info = refused("STATUS_FILE_CORRUPT_ERROR", volume:unlock())
        assert.equal("machine_damaged", info.reason)
        refused("STATUS_FILE_CORRUPT_ERROR", machine:volumes())
        refused("STATUS_FILE_CORRUPT_ERROR", volume:unlock())
        sqlite(folder, change[2])
        assert(volume:unlock())
      end
    end)
  end
end)
