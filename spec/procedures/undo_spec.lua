-- Taking back: ntvol.undo, ntvol.recover, plan.undo, and the commands.

local cjson = require "cjson"
local command = require "spec.support.command"
local core = require "ntvol.core"
local helpers = require "spec.helpers"
local journal = require "ntvol.journal"
local ntvol = require "ntvol"
local plan = require "ntvol.plan"
local proc = require "spec.support.proc"

local raises, refused = helpers.raises, helpers.refused

-- A lab with a machine of one FAT volume, and a journal; what is open is
-- closed at the end.
local function new_lab(finally, ...)
  local clean
  local lab = command.lab(function(f) clean = f end, ...)
  lab.log = assert(journal.open(lab.folder .. "/state"))
  lab.machine = lab:connect()
  finally(function()
    lab.log:close()
    if core.type(lab.machine) == "machine" then
      lab.machine:close()
    end
    clean()
  end)
  lab.options = { machine = lab.machine, journal = lab.log, erase = "D:" }
  return lab
end

local function run(lab, words)
  return command.capture(("NTVOL_STATE=%s %s"):format(
    proc.quote(lab.folder .. "/state"),
    command.line(words, { machine = lab.path })), lab.folder)
end

local function change(lab, to, options, log)
  options = options or {}
  options.to, options.machine = to or "ntfs", lab.machine
  local object = assert(plan.change_filesystem("D:", options))
  return object, object:run { erase = "D:", journal = log or lab.log }
end

local FORMAT = [[
    local vol = assert(ntvol.open "D:")
    local guard = assert(vol:lock())
    vol:format { fs = %q, erase = "D:", journal = log,
      on_progress = on_progress }]]

local CHANGE = [[
    assert(ntvol.plan.change_filesystem("D:", { to = %q })):run { erase = "D:",
      journal = log, on_progress = on_progress }]]

-- Formats in a process that is killed when it has written some, or as `when`
-- says.
local function killed_format(lab, fs, how, when)
  lab.machine:close()
  local script = ([[
    local ntvol = require "ntvol"
    assert(ntvol.machine(%q))
    local log = assert(ntvol.journal.open(%q))
    local function on_progress(done, total)
      if %s then
        io.stdout:write("half\n"):flush()
        os.execute("kill -9 $PPID")
      end
    end
  ]] .. (how or FORMAT)):format(lab.path, lab.folder .. "/state",
    when or "done > total // 2", fs or "ntfs")
  local file = assert(io.open(lab.folder .. "/child.lua", "w"))
  file:write(script)
  file:close()
  local result = command.capture(command.LUA .. " "
    .. proc.quote(lab.folder .. "/child.lua"), lab.folder)
  assert.equal("half\n", result.out)
  assert.equal(137, result.code)
  lab.machine = lab:connect()
  lab.options.machine = lab.machine
end

local WITHOUT_UNDO = FORMAT:gsub("journal = log", "undo = false, %0")

-- Notes a plan of D: whose process died.
local function killed_plan(lab, name)
  local volume <close> = assert(lab.machine:open "D:")
  local dead <close> = assert(journal.open(lab.folder .. "/state"))
  return assert(dead:begin { plan = name, target = "D:",
    identity = volume:identity() })
end

local function is_free(machine)
  local volume <close> = assert(machine:open "D:")
  assert(volume:lock())
end

describe("undo", function()
  it("brings the bytes back, and the machine knows the old file system",
    function()
      local lab = new_lab(finally, "16M:fat:D:OLD")
      local before = lab:bytes()
      local _, report = change(lab)
      assert.equal("done", report.state)
      assert(lab:bytes() ~= before)
      local back = assert(ntvol.undo("D:", lab.options))
      assert.equal("done", back.state)
      assert(lab:bytes() == before, "not byte for byte")
      local volume = lab.machine:volumes()[1]
      assert.equal("FAT16", volume.file_system)
      assert.equal("OLD", volume.label)
      is_free(lab.machine)
    end)

  it("has steps, a check that changes nothing, and its token", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    change(lab)
    local object = assert(plan.undo("D:", { machine = lab.machine, journal = lab.log }))
    assert.matches("cannot be undone from here %-%-\n   4. write back",
      tostring(object))
    assert.matches("operation %d+ of the journal: fs=ntfs", tostring(object))
    local bytes, events = lab:bytes(), #lab.machine:events()
    assert(object:check())
    local _, info = refused("ERROR_INVALID_PARAMETER",
      object:run { journal = lab.log })
    assert.equal("erase_token", info.reason)
    assert(lab:bytes() == bytes)
    assert.equal(events, #lab.machine:events())
  end)

  it("takes back one format after the other, the newest first", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local first = lab:bytes()
    change(lab, "ntfs")
    local second = lab:bytes()
    change(lab, "exfat")
    assert(ntvol.undo("D:", lab.options))
    assert(lab:bytes() == second)
    assert(ntvol.undo("D:", lab.options))
    assert(lab:bytes() == first)
    local _, info = refused("ERROR_FILE_NOT_FOUND",
      ntvol.undo("D:", lab.options))
    assert.equal("no_undo", info.reason)
  end)

  it("refuses a file system that was used, and undoes its own steps",
    function()
      local lab = new_lab(finally, "16M:fat:D:OLD")
      change(lab, "fat16")
      do
        local volume <close> = assert(lab.machine:open "D:")
        local _guard <close> = assert(volume:lock())
        local sector = assert(volume:read(512 * 8, 512))
        assert(volume:write(512 * 8, "new" .. sector:sub(4)))
      end
      local used = lab:bytes()
      local ok, message, code, info = ntvol.undo("D:", lab.options)
      assert.is_nil(ok)
      assert.equal("ERROR_ACCESS_DENIED", code)
      assert.equal("file_system_used", info.reason)
      assert.matches("^step 'compare': .*byte 4096 ", message)
      assert(lab:bytes() == used)
      is_free(lab.machine)
    end)

  it("asks for the name of the volume once more, as the command does",
    function()
      local lab = new_lab(finally, "16M:fat:D:OLD")
      change(lab, "ntfs")
      local after = lab:bytes()
      for _, given in ipairs { false, "E:" } do
        lab.options.erase = given or nil
        local message, info = refused("ERROR_INVALID_PARAMETER",
          ntvol.undo("D:", lab.options))
        assert.equal("erase_token", info.reason)
        assert.equal("refused", info.report.state)
        assert(message:find('erase = "D:"', 1, true), message)
      end
      assert(lab:bytes() == after)
    end)

  it("refuses what nothing is saved of, with what to do", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local _, info = refused("ERROR_FILE_NOT_FOUND",
      ntvol.undo("D:", lab.options))
    assert.equal("see what there is: ntvol log", info.hint)
    change(lab, "ntfs")
    change(lab, "fat", { undo = false })
    _, info = refused("ERROR_FILE_NOT_FOUND", ntvol.undo("D:", lab.options))
    assert.equal("restore it from a backup", info.hint)
    raises("string expected, got number", ntvol.undo, 1)
    raises("unknown option 'lock'", ntvol.undo, "D:", { lock = "D:" })
  end)

  it("is refused while others have the volume open", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    change(lab, "fat16")
    local bytes = lab:bytes()
    local other <close> = assert(lab.machine:open "D:")
    local ok, message, _, info = ntvol.undo("D:", lab.options)
    assert.is_nil(ok)
    assert.matches("^step 'lock': ", message)
    assert.equal("in_use", info.reason)
    assert(lab:bytes() == bytes)
    other:close()
  end)
end)

describe("change_filesystem", function()
  it("takes its format back when a later step fails", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    for _, name in ipairs { "dismount", "unlock", "close", "verify" } do
      local object = assert(plan.change_filesystem("D:", { to = "ntfs",
        machine = lab.machine }))
      for _, step in ipairs(object.steps) do
        if step.name == name then
          local run_it = step.run
          step.run = function(context)
            assert(run_it(context))
            return nil, "broken", "ERROR_GEN_FAILURE"
          end
        end
      end
      local ok, _, _, info = object:run { erase = "D:", journal = lab.log }
      assert.is_nil(ok)
      assert.same({}, info.report.undo_failures, name)
      assert.equal("undone", info.report.state, name)
      assert(lab:bytes() == before, name)
      is_free(lab.machine)
    end
  end)

  it("can be taken back as a plan when it is done", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    local object = change(lab)
    assert(object:undo { journal = lab.log })
    assert(lab:bytes() == before)
    is_free(lab.machine)
  end)
end)

describe("recover", function()
  it("does nothing where nothing was interrupted", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    change(lab)
    local bytes = lab:bytes()
    assert.same({}, assert(ntvol.recover(nil, lab.options)))
    assert.same({}, assert(ntvol.recover("D:", lab.options)))
    assert(lab:bytes() == bytes)
    refused("ERROR_FILE_NOT_FOUND", ntvol.recover("X:", lab.options))
    raises("string expected, got number", ntvol.recover, 1)
  end)

  it("brings the bytes back after kill -9 in the middle", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    killed_format(lab)
    assert(lab:bytes() ~= before)
    assert.equal("RAW", lab.machine:volumes()[1].file_system)
    local _, info = refused("ERROR_FILE_NOT_FOUND",
      ntvol.undo("D:", lab.options))
    assert.equal("ntvol recover D:", info.hint)
    local found = assert(ntvol.recover("D:", lab.options))
    assert.equal(1, #found)
    assert.equal("recovered", found[1].outcome)
    assert(found[1].bytes_written > 0)
    assert(lab:bytes() == before, "not byte for byte")
    assert.equal("recovered", lab.log:entry(found[1].operation).state)
    assert.equal("FAT16", lab.machine:volumes()[1].file_system)
    is_free(lab.machine)
    assert.same({}, assert(ntvol.recover("D:", lab.options)))
  end)

  it("takes the newest back first when two were interrupted", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    killed_format(lab, "ntfs")
    killed_format(lab, "exfat")
    local found = assert(ntvol.recover(nil, lab.options))
    assert.equal(2, #found)
    assert(found[1].operation > found[2].operation)
    assert(lab:bytes() == before)
  end)

  it("leaves alone what a later format wrote over, until that is undone",
    function()
      local lab = new_lab(finally, "16M:fat:D:OLD")
      local before = lab:bytes()
      killed_format(lab, "ntfs")
      change(lab, "exfat")
      local newer = lab:bytes()
      local found = assert(ntvol.recover("D:", lab.options))
      assert.equal("superseded", found[1].outcome)
      assert.matches("operation %d+ formatted the volume after it",
        found[1].message)
      assert(lab:bytes() == newer)
      assert.equal("interrupted", lab.log:entry(found[1].operation).state)
      assert(ntvol.undo("D:", lab.options))
      found = assert(ntvol.recover("D:", lab.options))
      assert.equal("recovered", found[1].outcome)
      assert(lab:bytes() == before)
      is_free(lab.machine)
    end)

  it("leaves alone what a full format, which saves nothing, wrote over",
    function()
      local lab = new_lab(finally, "16M:fat:D:OLD")
      killed_format(lab, "ntfs")
      do
        local volume <close> = assert(lab.machine:open "D:")
        local _guard <close> = assert(volume:lock())
        refused("ERROR_OPERATION_ABORTED", volume:format { fs = "exfat",
          quick = false, erase = "D:", journal = lab.log,
          on_progress = function(done, total) return done <= total // 2 end })
      end
      local half = lab:bytes()
      local found = assert(ntvol.recover("D:", lab.options))
      assert.equal(1, #found)
      assert.equal("superseded", found[1].outcome)
      assert.matches("which has no undo, wrote to the volume after it",
        found[1].message)
      assert.equal("interrupted", lab.log:entry(found[1].operation).state)
      assert(lab:bytes() == half)
    end)

  it("calls recovered the plan that the format was a part of, and no other",
    function()
      local lab = new_lab(finally, "16M:fat:D:OLD")
      local other = killed_plan(lab, "eject")
      killed_format(lab, "ntfs", CHANGE)
      local found = assert(ntvol.recover("D:", lab.options))
      local states = {}
      for _, item in ipairs(found) do
        states[item.plan] = assert(lab.log:entry(item.operation)).state
      end
      assert.same({ format = "recovered", change_filesystem = "recovered",
        eject = "failed" }, states)
      assert.equal("failed", assert(lab.log:entry(other)).state)
    end)

  it("refuses when somebody else formatted the volume since", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    killed_format(lab, "ntfs")
    local other <close> = assert(journal.open(lab.folder .. "/other"))
    change(lab, "exfat", nil, other)
    local newer = lab:bytes()
    local message, info = refused("ERROR_ACCESS_DENIED",
      ntvol.recover("D:", lab.options))
    assert.equal("file_system_used", info.reason, message)
    assert.equal("failed", info.recovered[1].outcome)
    assert(lab:bytes() == newer)
    is_free(lab.machine)
  end)

  it("closes the note of what was interrupted and wrote nothing", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local id = killed_plan(lab, "eject")
    local found = assert(ntvol.recover(nil, lab.options))
    assert.equal("closed", found[1].outcome)
    local entry = assert(lab.log:entry(id))
    assert.equal("failed", entry.state)
    assert.matches("its process died", entry.message)
  end)

  it("says once that a format without an undo had begun to write", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    killed_format(lab, "ntfs", WITHOUT_UNDO)
    local half = lab:bytes()
    assert(half ~= before)
    local message, info = refused("ERROR_FILE_NOT_FOUND",
      ntvol.recover("D:", lab.options))
    assert.equal("no_undo", info.reason, message)
    assert.matches("restore it from a backup", info.hint)
    local item = info.recovered[1]
    assert.equal("lost", item.outcome)
    local entry = assert(lab.log:entry(item.operation))
    assert.equal("failed", entry.state)
    assert.is_true(entry.unsaved)
    assert(lab:bytes() == half)
    assert.same({}, ntvol.recover("D:", lab.options))
    assert.equal(3, run(lab, { "undo", "D:" }).code)
  end)

  it("closes the note of one that had not", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    killed_format(lab, "ntfs", WITHOUT_UNDO, "done == 0")
    assert(lab:bytes() == before)
    local found = assert(ntvol.recover("D:", lab.options))
    assert.equal("closed", found[1].outcome)
    assert.is_nil(assert(lab.log:entry(found[1].operation)).unsaved)
  end)

  it("says that it wrote back what it could not dismount", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    killed_format(lab)
    local methods
    do
      local volume <close> = assert(lab.machine:open "D:")
      methods = debug.getmetatable(volume).__index
    end
    local dismount = methods.dismount
    local _ <close> = setmetatable({}, { __close = function()
      methods.dismount = dismount
    end })
    methods.dismount = function()
      return core.fail { op = "dismount", target = "D:",
        status = "STATUS_IO_DEVICE_ERROR" }
    end
    local _, info = refused("ERROR_IO_DEVICE",
      ntvol.recover("D:", lab.options))
    local item = info.recovered[1]
    assert.equal("recovered", item.outcome)
    assert(item.bytes_written > 0)
    assert.matches("^dismount 'D:': ", item.message)
    assert.equal("recovered", lab.log:entry(item.operation).state)
    assert(lab:bytes() == before)
  end)
end)

describe("plan.undo", function()
  it("blames who called it for an option that it does not know", function()
    local ok, problem = pcall(function()
      plan.undo("D:", { age = 1 })
    end)
    assert.is_false(ok)
    assert.matches("undo_spec.lua:%d+: bad argument #2 to 'undo'", problem)
  end)
end)

describe("the commands undo and recover", function()
  it("show the plan without --erase, and take back with it", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    change(lab)
    lab.machine:close()
    local changed = lab:bytes()
    local result = run(lab, { "undo", "D:" })
    assert.equal(2, result.code)
    assert.matches("the confirmation is missing", result.err)
    assert.matches("write back", result.out)
    result = run(lab, { "undo", "D:", "--plan", "--json" })
    assert.equal(0, result.code, result.err)
    assert.equal("undo", cjson.decode(result.out).plan)
    assert(lab:bytes() == changed)
    result = run(lab, { "undo", "D:", "--erase", "D:", "--json" })
    assert.equal(0, result.code, result.err)
    assert.equal("done", cjson.decode(result.out).state)
    assert(lab:bytes() == before)
    assert.equal(3, run(lab, { "undo", "D:" }).code)
  end)

  it("say what was interrupted, and recover it", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    killed_format(lab)
    lab.machine:close()
    local half = lab:bytes()
    local result = run(lab, { "recover", "--plan", "--json" })
    assert.equal(0, result.code, result.err)
    assert.equal("interrupted", cjson.decode(result.out)[1].outcome)
    assert(lab:bytes() == half)
    result = run(lab, { "recover", "D:" })
    assert.equal(0, result.code, result.err)
    assert.matches("\tformat\tD:\trecovered\t", result.out)
    assert(lab:bytes() == before)
    assert.equal("nothing was interrupted\n", run(lab, { "recover" }).out)
  end)

  it("log --dismiss ends the note of what is to stay as it is", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    killed_format(lab)
    local other <close> = assert(journal.open(lab.folder .. "/other"))
    change(lab, "exfat", nil, other)
    lab.machine:close()
    local newer = lab:bytes()
    local result = run(lab, { "recover", "D:" })
    local id = result.err:match "ntvol log (%d+) %-%-dismiss"
    assert(id, result.err)
    result = run(lab, { "log", id, "--dismiss" })
    assert.equal(0, result.code, result.err)
    assert.matches("state: +failed\n", result.out)
    assert.is_nil(assert(lab.log:entry(tonumber(id))).saved_bytes)
    assert.equal("nothing was interrupted\n", run(lab, { "recover" }).out)
    assert(lab:bytes() == newer)
    result = run(lab, { "log", id, "--dismiss" })
    assert.matches("operation %d+.*it is failed", result.err)
    assert.equal(2, result.code)
    assert.equal(2, run(lab, { "log", "--dismiss" }).code)
  end)

  it("change-fs takes --no-undo and --undo-limit", function()
    local lab = new_lab(finally, "16M:fat:D:OLD")
    lab.machine:close()
    local before = lab:bytes()
    local result = run(lab, { "change-fs", "D:", "--to", "ntfs",
      "--undo-limit", "1K", "--erase", "D:" })
    assert.equal(2, result.code)
    assert.matches("undo_limit", result.err)
    assert(lab:bytes() == before)
    result = run(lab, { "change-fs", "D:", "--to", "ntfs", "--no-undo",
      "--erase", "D:" })
    assert.equal(0, result.code, result.err)
    assert.equal(3, run(lab, { "undo", "D:" }).code)
  end)
end)
