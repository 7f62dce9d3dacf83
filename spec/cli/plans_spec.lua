-- Commands that run a plan: change-fs, prepare-removal, restore-lun, exclusive,
-- eject.

local cjson = require "cjson"
local command = require "spec.support.command"
local proc = require "spec.support.proc"

local function run(lab, words, code, options)
  local result = lab:run(words, options)
  assert.equal(code or 0, result.code, result.err .. result.out)
  return result
end

local function label_of(lab, index)
  local machine <close> = lab:connect()
  local volume = machine:volumes()[index or 1]
  return volume.file_system .. " " .. volume.label
end

local CHANGE = { "change-fs", "D:", "--to", "ntfs" }

local function with(words, ...)
  local list = table.move(words, 1, #words, 1, {})
  for _, word in ipairs { ... } do
    list[#list + 1] = word
  end
  return list
end

describe("ntvol change-fs", function()
  it("changes the file system, and says each step", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local result = run(lab, with(CHANGE, "--label", "DATA", "--erase", "D:"))
    assert.equal("", result.err)
    local steps = {}
    for line in result.out:gmatch("[^\n]+") do
      steps[#steps + 1] = line:match("^(%w+) D:  done")
    end
    assert.same({ "open", "lock", "identify", "format", "dismount", "unlock",
      "close", "verify" }, steps)
    assert.equal("NTFS DATA", label_of(lab))
    assert.same({ "LOCK D:", "DISMOUNT D:", "UNLOCK D:",
      "MOUNT D:" }, lab:history())
  end)

  it("hands its options to the format", function()
    local lab = command.lab(finally, "16M:raw:D")
    run(lab, { "change-fs", "D:", "--to", "ntfs", "--cluster-size", "1K",
      "--full", "--erase", "d:" })
    local boot = lab:bytes()
    assert.equal("NTFS", boot:sub(4, 7))
    assert.equal(1024, (string.unpack("<I2", boot, 12)) * boot:byte(14))
  end)

  it("prints the plan and changes nothing with --plan", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    for _, words in ipairs { with(CHANGE, "--plan"),
      with(CHANGE, "--plan", "--erase", "D:") } do
      local result = run(lab, words)
      assert.matches("^change_filesystem D:\n", result.out)
      assert.is_nil(result.out:find "cannot be undone from here")
      assert.matches("\nRun it: ntvol change%-fs D: %-%-to ntfs %-%-erase D:\n$",
        result.out)
      assert.equal("", result.err)
    end
    local data = cjson.decode(run(lab, with(CHANGE, "--plan", "--json")).out)
    assert.equal("change_filesystem", data.plan)
    assert.equal("D:", data.target)
    assert.equal(8, #data.steps)
    assert.equal("format", data.steps[4].name)
    assert.is_true(data.steps[4].destroys)
    assert.is_true(data.steps[4].undo)
    assert.is_true(data.steps[2].undo)
    assert.is_false(data.steps[4].final)
    data = cjson.decode(run(lab, with(CHANGE, "--full", "--plan", "--json")).out)
    assert.is_true(data.steps[4].final)
    assert.matches("cannot be undone from here",
      run(lab, with(CHANGE, "--full", "--plan")).out)
    assert.is_false(data.steps[3].final)
    assert.equal("D:", data.identity[1].name)
    assert.equal(1, #data.unchecked)
    assert.equal(before, lab:bytes())
    assert.same({}, lab:history())
  end)

  it("without --erase prints the plan and the command, 2, changes nothing",
    function()
      local lab = command.lab(finally, "16M:fat:D:OLD")
      local before = lab:bytes()
      local result = run(lab, with(CHANGE, "--label", "my data",
        "--cluster-size", "4K", "--full"), 2)
      assert.matches("^change_filesystem D:\n", result.out)
      local repeated = result.err:match("\nhint: to run the plan: (.*)\n$")
      assert.equal("ntvol change-fs D: --to ntfs --label 'my data'"
        .. " --cluster-size 4096 --full --erase D:", repeated)
      assert.equal(before, lab:bytes())
      assert.same({}, lab:history())
      -- the command that it names really does it
      local line = command.line({}, { machine = lab.path })
        .. repeated:gsub("^ntvol", "")
      local done = command.capture(line, lab.folder)
      assert.equal(0, done.code, done.err)
      assert.equal("NTFS my data", label_of(lab))
    end)

  it("names the machine in the command when it was named", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local result = run(lab, with({ "--machine", lab.path },
      table.unpack(CHANGE)), 2, { machine = false })
    assert.matches(("ntvol --machine %s change-fs D: --to ntfs --erase D:")
      :format(lab.path), result.err, 1, true)
  end)

  it("refuses a wrong --erase with 2, and changes nothing", function()
    local lab = command.lab(finally, "16M:fat:D:OLD", "8M:fat:E")
    local before = lab:bytes()
    local result = run(lab, with(CHANGE, "--erase", "E:"), 2)
    assert.matches("\nhint: to run the plan: ntvol change-fs D: --to ntfs"
      .. " --erase D:\n", result.err, 1, true)
    assert.equal(before, lab:bytes())
    assert.same({}, lab:history())
  end)

  it("prints a report as JSON", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local result = run(lab, with(CHANGE, "--erase", "D:", "--json"))
    local report = cjson.decode(result.out)
    assert.is_true(report.ok)
    assert.equal("change_filesystem", report.plan)
    assert.equal("done", report.state)
    assert.equal("ntvol.report/1", report.format)
    assert.equal("ntvol change-fs D: --to ntfs --erase D:", report.command)
    assert.equal("sim:" .. lab.path, report.machine)
    assert.equal("LOCK", report.events[1].name)
    assert.equal(8, #report.steps)
    for _, step in ipairs(report.steps) do
      assert.equal("done", step.outcome)
      assert.equal("D:", step.target)
    end
  end)

  it("is refused with 4 while the volume is in use; the report says it",
    function()
      local lab = command.lab(finally, "16M:fat:D:OLD")
      local machine <close> = lab:connect()
      local volume <close> = assert(machine:open "D:")
      assert.equal("OLD", volume:label())
      local result = run(lab, with(CHANGE, "--erase", "D:", "--json"), 4)
      local report = cjson.decode(result.out)
      assert.is_false(report.ok)
      assert.equal("ERROR_ACCESS_DENIED", report.code)
      assert.equal("undone", report.steps[1].outcome)
      assert.equal("failed", report.steps[2].outcome)
      assert.equal("not run", report.steps[3].outcome)
      assert.matches("^step 'lock': lock 'D:': .*pid %d+",
        cjson.decode(result.err).error.message)
      result = run(lab, with(CHANGE, "--erase", "D:"), 4)
      assert.matches("lock D:  failed\nopen D:  undone\n$", result.out)
    end)

  it("says what the volume holds when the format fails", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    local result = run(lab, { "change-fs", "D:", "--to", "fat", "--label",
      "MUCH_TOO_LONG_FOR_FAT", "--erase", "D:" }, 2)
    assert.matches("^ntvol: step 'format': ", result.err)
    assert.equal(before, lab:bytes())
  end)

  local refusals = {
    { "system", 1, "the system starts from this volume" },
    { "pagefile", 1, "page file" }, { "readonly", 1, "read%-only" },
  }
  for _, row in ipairs(refusals) do
    it("refuses a " .. row[1] .. " volume, with --plan too", function()
      local lab = command.lab(finally)
      assert(require "ntvol.sim".create(lab.path, { disks = { { size = "16M",
        volumes = { { letter = "D:", fs = "fat", [row[1]] = true } },
      } } })):close()
      for _, last in ipairs { { "--plan" }, { "--erase", "D:" } } do
        local result = run(lab, with(CHANGE, table.unpack(last)), row[2])
        assert.matches(row[3], result.err)
        assert.matches("\nhint: ", result.err)
      end
      assert.same({}, lab:history())
    end)
  end

  it("says 3 when there is no such volume", function()
    local lab = command.lab(finally, "8M:fat:D")
    run(lab, { "change-fs", "Q:", "--to", "ntfs", "--erase", "Q:" }, 3)
    run(lab, { "change-fs", "Q:", "--to", "ntfs", "--plan" }, 3)
  end)

  it("is silent about progress in a pipe and draws it on a terminal",
    function()
      local lab = command.lab(finally, "16M:fat:D:OLD")
      if not proc.has "script" then
        pending "the program script is not installed"
      end
      local line = command.line(with(CHANGE, "--erase", "D:"),
        { machine = lab.path })
      local result = command.capture(
        "script -qec " .. proc.quote(line) .. " /dev/null", lab.folder)
      assert.equal(0, result.code, result.out)
      assert.matches("\r%[#+%-*%] +%d+%%", result.out)
      result = run(lab, { "change-fs", "D:", "--to", "fat", "--erase", "D:" })
      assert.is_nil(result.out:find("%%"))
      assert.equal("", result.err)
    end)

  for _, signal in ipairs { "INT", "TERM" } do
    it(("stops at SIG%s with 5, unlocks, and the volume can be used"):format(
      signal), function()
      local lab = command.lab(finally, "256M:raw:D")
      -- Lua code in place of the bar: the signal comes while the format runs.
      local script = lab.folder .. "/interrupted.lua"
      local file = assert(io.open(script, "w"))
      assert(file:write(([[
        package.path = "./lua/?.lua;./lua/?/init.lua;" .. package.path
        local progress = require "ntvol.progress"
        local calls = 0
        progress.bar = function()
          calls = calls + 1
          if calls == 2 then
            -- not os.execute, which ignores the signal meanwhile
            io.popen("kill -%s $PPID"):close()
          end
        end
        arg[0] = "bin/ntvol"
        dofile "bin/ntvol"]]):format(signal)))
      assert(file:close())
      local line = ("env NTVOL_MACHINE=%s %s %s change-fs D: --to ntfs --full"
        .. " --erase D:"):format(proc.quote(lab.path), command.LUA,
        proc.quote(script))
      local result = command.capture(line, lab.folder)
      assert.equal(5, result.code, result.err .. result.out)
      assert.matches("ntvol: interrupted", result.err)
      assert.matches("format 'D:': cancelled: .*nothing was written", result.err)
      assert.matches("lock D:  undone\nopen D:  undone\n$", result.out)
      local history = lab:history()
      assert.equal("UNLOCK D:", history[#history])
      run(lab, { "lock", "D:", "--", "true" })
    end)
  end
end)

describe("ntvol format", function()
  it("formats a volume that has no file system, and is taken back", function()
    local lab = command.lab(finally, "16M:raw:D")
    local before = lab:bytes()
    local result = run(lab, { "format", "D:", "--fs", "exFAT", "--label",
      "STICK", "--erase", "D:" })
    assert.matches("format D:  done", result.out)
    assert.equal("exFAT STICK", label_of(lab))
    run(lab, { "undo", "D:", "--erase", "D:" })
    assert.equal(before, lab:bytes())
    -- the plan itself is no format that an undo takes back
    result = run(lab, { "undo", "D:", "--plan" }, 3)
    assert.matches("no format of it that could be taken back", result.err)
  end)

  it("makes the same file system again unless another is named", function()
    local lab = command.lab(finally, "16M:fat:D:OLD", "16M:raw:E")
    local result = run(lab, { "format", "D:", "--label", "NEW", "--cluster-size",
      "2K", "--full", "--erase", "D:" })
    assert.matches("format D:  done %(FAT16, ", result.out)
    assert.equal("FAT16 NEW", label_of(lab))
    result = run(lab, { "format", "E:", "--plan" }, 1)
    assert.matches("^ntvol: format 'E:': .*it holds RAW, so the new file system"
      .. " has to be named", result.err)
    assert.matches("hint: name it: ntvol format E: --fs ntfs; there are ntfs,",
      result.err, 1, true)
  end)

  it("needs the name of the volume once more, and says how", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    local result = run(lab, { "format", "D:", "--fs", "NTFS", "--label", "A B" },
      2)
    assert.matches("format D: --fs ntfs --label 'A B' --erase D:", result.err,
      1, true)
    run(lab, { "format", "D:", "--fs", "ntfs", "--erase", "E:" }, 2)
    assert.equal(before, lab:bytes())
  end)

  it("knows file systems in any case, and names all that there are", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    run(lab, { "format", "D:", "--fs", "NtFs", "--plan" })
    run(lab, { "change-fs", "D:", "--to", "FAT16", "--plan" })
    for _, words in ipairs { { "format", "D:", "--fs", "ext4" },
      { "change-fs", "D:", "--to", "ext4" } } do
      assert.matches("'ext4' is no file system that can be made; name one of:"
        .. " ntfs, fat, fat16, fat32, exfat\n", run(lab, words, 2).err, 1, true)
    end
  end)
end)

describe("a plan whose output nobody reads any more", function()
  -- Runs it into a program that reads some lines and goes away.
  local function read_lines(lab, count, words)
    return command.capture(("{ env NTVOL_STATE=%s %s; echo $? >%s/code; } | head"
      .. " -n %d"):format(lab.folder .. "/state",
      command.line(words, { machine = lab.path }), lab.folder, count), lab.folder)
  end

  for count = 0, 6 do
    it(("after %d lines goes on to its end, and fails"):format(count), function()
      if proc.windows then
        pending "there are no signals on Windows"
      end
      local lab = command.lab(finally, "16M:fat:D:OLD")
      local result = read_lines(lab, count, with(CHANGE, "--erase", "D:"))
      assert.equal("1\n", proc.slurp(lab.folder .. "/code"))
      assert.matches("ntvol: write to standard output: ", result.err)
      assert(run(lab, { "volumes" }).out:find("NTFS", 1, true))
      result = command.capture("env NTVOL_STATE=" .. lab.folder .. "/state "
        .. command.line({ "recover" }, { machine = lab.path }), lab.folder)
      assert.equal("nothing was interrupted\n", result.out)
    end)
  end
end)

-- Lua code in place of a part of the command raises what Ctrl-C raises.
local function interrupted(lab, code, args)
  local script = lab.folder .. "/interrupted.lua"
  local file = assert(io.open(script, "w"))
  assert(file:write('package.path = "./lua/?.lua;./lua/?/init.lua;"'
    .. " .. package.path\n", code, '\narg[0] = "bin/ntvol"\ndofile "bin/ntvol"'))
  assert(file:close())
  local line = { "env", "NTVOL_MACHINE=" .. proc.quote(lab.path),
    "NTVOL_STATE=" .. proc.quote(lab.folder .. "/state"), command.LUA,
    proc.quote(script) }
  for _, word in ipairs(args) do
    line[#line + 1] = proc.quote(word)
  end
  local result = command.capture(table.concat(line, " "), lab.folder)
  assert.equal(5, result.code, result.err .. result.out)
  return result.err
end

describe("a command that is interrupted", function()
  it("while it is loaded says that nothing was changed", function()
    local lab = command.lab(finally, "16M:raw:D")
    assert.equal("ntvol: interrupted: nothing was changed\n", interrupted(lab,
      'package.preload["ntvol.plan"] = function() error "interrupted!" end',
      CHANGE))
  end)

  it("while it connects does not say that a module is missing", function()
    local lab = command.lab(finally, "16M:raw:D")
    assert.equal("ntvol: interrupted: nothing was changed\n", interrupted(lab, [[
      local main = coroutine.running()
      package.preload["ntvol.sim"] = function()
        package.preload["ntvol.sim"] = nil
        -- as Ctrl-C does
        debug.sethook(main, function()
          debug.sethook(main)
          error("interrupted!", 0)
        end, "", 1)
        return dofile "lua/ntvol/sim.lua"
      end]], CHANGE))
  end)

  it("before its plan runs says so, and how to run it", function()
    local lab = command.lab(finally, "16M:raw:D")
    assert.equal("ntvol: interrupted: change_filesystem 'D:' did not begin:"
      .. " nothing was changed\nhint: to run it again: ntvol change-fs D: --to ntfs"
      .. " --erase D:\n", interrupted(lab, [[
      local run = require "ntvol.run"
      run.shielded = function() error "interrupted!" end]],
      with(CHANGE, "--erase", "D:")))
  end)

  it("and is taken back says that all is as it was, and how to run it again",
    function()
      local lab = command.lab(finally, "16M:raw:D")
      local said = interrupted(lab, [[
        local progress = require "ntvol.progress"
        progress.bar = function() error "interrupted!" end]],
        with(CHANGE, "--erase", "D:"))
      assert(said:find("ntvol: interrupted: change_filesystem 'D:' was taken back:"
        .. " all is as it was before: ", 1, true), said)
      assert(said:find("\nhint: to run it again: ntvol change-fs D: --to ntfs"
        .. " --erase D:\n", 1, true), said)
    end)

  it("elsewhere names a command that shows what there is", function()
    local lab = command.lab(finally, "16M:raw:D")
    assert.equal("ntvol: interrupted\nhint: see what there is now: ntvol volumes\n",
      interrupted(lab, [[
      require("ntvol.cli.output").table = function() error "interrupted!" end]],
      { "volumes" }))
  end)
end)

describe("ntvol prepare-removal", function()
  local TWO = "gpt:60M=20M:ntfs:D:DATA+rest:fat:E"

  it("prepares the disk, so that masking is no surprise", function()
    local lab = command.lab(finally, TWO)
    local result = run(lab, { "prepare-removal", "0", "--yes" })
    assert.matches("offline E:  done\n", result.out)
    assert.matches("uninstall PhysicalDrive0  done\n", result.out)
    run(lab, { "sim", "mask", lab.path, "0" })
    for _, event in ipairs(lab:history()) do
      assert.is_nil(event:find("SURPRISE"), event)
    end
    run(lab, { "sim", "unmask", lab.path, "0" })
    assert.equal("NTFS DATA", label_of(lab))
  end)

  it("without --yes prints the plan and the command, 2, changes nothing",
    function()
      local lab = command.lab(finally, TWO)
      local rows = {
        { { "prepare-removal", "0" }, "ntvol prepare-removal 0 --yes" },
        { { "prepare-removal", "PhysicalDrive0", "--lock", "try" },
          "ntvol prepare-removal PhysicalDrive0 --lock try --yes" },
        { { "prepare-removal", "0", "--spanned" },
          "ntvol prepare-removal 0 --spanned --yes" },
      }
      for _, row in ipairs(rows) do
        local result = run(lab, row[1], 2)
        assert.matches("^prepare_lun_removal PhysicalDrive0\n", result.out)
        assert.matches("to run the plan: " .. row[2] .. "\n", result.err, 1,
          true)
      end
      assert.same({}, lab:history())
    end)

  it("prints the plan with --plan, and checks it", function()
    local lab = command.lab(finally, TWO)
    local result = run(lab, { "prepare-removal", "0", "--plan" })
    assert.matches("Run it: ntvol prepare%-removal 0 %-%-yes\n$", result.out)
    local data = cjson.decode(run(lab, { "prepare-removal", "0", "--plan",
      "--json" }).out)
    assert.equal(14, #data.steps)
    assert.equal("E:", data.steps[5].target)
    assert.same({}, lab:history())
    run(lab, { "prepare-removal", "0", "--yes" })
    local again = run(lab, { "prepare-removal", "0", "--plan" }, 1)
    assert.matches("uninstalled already", again.err)
  end)

  it("prints a report as JSON, of a failure too", function()
    local lab = command.lab(finally, TWO)
    local machine <close> = lab:connect()
    local volume <close> = assert(machine:open "E:")
    assert.equal("volume", volume:kind())
    local result = run(lab, { "prepare-removal", "0", "--lock", "required",
      "--yes", "--json" }, 4)
    local report = cjson.decode(result.out)
    assert.is_false(report.ok)
    assert.equal("lock", report.steps[6].name)
    assert.equal("failed", report.steps[6].outcome)
    assert.equal("undone", report.steps[4].outcome)
    assert.same({}, report.undo_failures)
    volume:close()
    result = run(lab, { "prepare-removal", "0", "--yes", "--json" })
    assert.is_true(cjson.decode(result.out).ok)
  end)

  it("says 3 when there is no such disk", function()
    local lab = command.lab(finally, TWO)
    for _, disk in ipairs { "7", "PhysicalDrive7", "D:" } do
      run(lab, { "prepare-removal", disk, "--yes" }, 3)
    end
  end)
end)

describe("ntvol restore-lun", function()
  local TWO = "gpt:60M=20M:ntfs:D:DATA+rest:fat:E"

  local function away()
    local lab = command.lab(finally, TWO)
    run(lab, { "prepare-removal", "0", "--yes" })
    run(lab, { "sim", "mask", lab.path, "0" })
    return lab
  end

  it("brings the disk back, and says each step", function()
    local lab = away()
    local result = run(lab, { "restore-lun", "0" })
    assert.equal("", result.err)
    assert.matches("present PhysicalDrive0  done\n", result.out)
    assert.matches("verify PhysicalDrive0  done %(D:, E:%)\n$", result.out)
    assert.equal("NTFS DATA", label_of(lab))
  end)

  it("prints the plan with --plan, and changes nothing", function()
    local lab = away()
    local before = #lab:history()
    local result = run(lab, { "restore-lun", "PhysicalDrive0", "--plan" })
    assert.matches("^restore_lun PhysicalDrive0\n", result.out)
    assert.matches("Run it: ntvol restore%-lun PhysicalDrive0\n$", result.out)
    local data = cjson.decode(run(lab, { "restore-lun", "0", "--plan",
      "--json", "--serial", "X" }, 1).out)
    assert.equal("ntvol restore-lun 0 --serial X", data.run_it)
    assert.equal("restore_lun", data.plan)
    assert.equal(before, #lab:history())
  end)

  it("refuses another serial number with 1, and prints a report as JSON",
    function()
      local lab = away()
      local result = run(lab, { "restore-lun", "0", "--serial", "X",
        "--json" }, 1)
      local report = cjson.decode(result.out)
      assert.equal("refused", report.state)
      assert.equal("identity_changed", report.reason)
      assert.equal("ERROR_WRONG_DISK", report.code)
      report = cjson.decode(run(lab, { "restore-lun", "0", "--json" }).out)
      assert.is_true(report.ok)
    end)

  it("says 3 when there is no such disk", function()
    run(away(), { "restore-lun", "7" }, 3)
  end)
end)

describe("ntvol exclusive", function()
  it("runs the program under the lock", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local result = run(lab, { "exclusive", "D:", "--", "echo", "a b" })
    assert.equal("a b\n", result.out)
    assert.equal("open D:  done\nlock D:  done\nidentify D:  done\n"
      .. "work D:  done\nunlock D:  done\nclose D:  done\n", result.err)
    assert.same({ "LOCK D:", "UNLOCK D:" }, lab:history())
    result = run(lab, { "exclusive", "D:", "--", "sh", "-c",
      command.line({ "show", "D:" }, { machine = lab.path }) })
    assert.matches("locked", result.out)
  end)

  it("prints the plan with --plan, and runs nothing", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local result = run(lab, { "exclusive", "D:", "--plan", "--", "touch",
      lab.folder .. "/touched" })
    assert.matches("cannot be undone from here", result.out)
    assert.matches("4. work      D:  Run touch%.", result.out)
    assert.matches("Run it: ntvol exclusive D: %-%- touch [^\n]*\n$",
      result.out)
    result = run(lab, { "exclusive", "D:", "--read-only", "--plan", "--",
      "cat" })
    assert.is_nil(result.out:find("cannot be undone", 1, true))
    assert.matches("Run it: ntvol exclusive D: %-%-read%-only %-%- cat\n$",
      result.out)
    assert.is_nil(io.open(lab.folder .. "/touched"))
    assert.same({}, lab:history())
  end)

  it("keeps the program's output apart from a report as JSON", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local result = run(lab, { "exclusive", "D:", "--json", "--", "echo",
      "hello" })
    assert.equal("hello\n", result.err)
    local report = cjson.decode(result.out)
    assert.equal("with_exclusive_volume", report.plan)
    assert.is_true(report.ok)
  end)

  it("passes the program's exit status on, and the lock is gone", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local result = run(lab, { "exclusive", "D:", "--json", "--", "sh", "-c",
      "exit 7" }, 7)
    assert.matches("run 'sh': .*the command ended with exit status 7", result.err)
    local report = cjson.decode(result.out)
    assert.equal("failed", report.state)
    assert.equal("undone", report.steps[2].outcome)
    run(lab, { "exclusive", "D:", "--", "true" })
  end)

  it("does not run it while the volume is in use: 4", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local machine <close> = lab:connect()
    local volume <close> = assert(machine:open "D:")
    assert.equal("volume", volume:kind())
    local result = run(lab, { "exclusive", "D:", "--", "echo", "ran" }, 4)
    assert.is_nil(result.out:find("ran", 1, true))
    assert.matches("pid %d+", result.err)
    run(lab, { "exclusive", "Q:", "--", "true" }, 3)
  end)
end)

describe("ntvol eject", function()
  it("prints the plan with --plan, checks it, and changes nothing", function()
    local lab = command.lab(finally)
    assert(require "ntvol.sim".create(lab.path, { disks = {
      { size = "16M", removable = true, volumes = { { letter = "E:",
        fs = "fat" } } } } })):close()
    local result = run(lab, { "eject", "E:", "--plan" })
    assert.matches("^eject PhysicalDrive0\n", result.out)
    assert.matches("Run it: ntvol eject E:\n$", result.out)
    local data = cjson.decode(run(lab, { "eject", "0", "--what", "medium",
      "--plan", "--json" }).out)
    assert.equal("ntvol eject 0 --what medium", data.run_it)
    assert.same({}, lab:history())
  end)

  it("is refused with 6 where nothing can be ejected, 4 while in use, 3 when"
    .. " it is not there", function()
    local lab = command.lab(finally)
    assert(require "ntvol.sim".create(lab.path, { disks = { "16M:fat:D:OLD",
      { size = "16M", removable = true, volumes = { { letter = "E:",
        fs = "fat" } } } } })):close()
    run(lab, { "eject", "D:", "--what", "medium" }, 6)
    run(lab, { "eject", "Q:" }, 3)
    local machine <close> = lab:connect()
    local volume <close> = assert(machine:open "E:")
    assert.equal("volume", volume:kind())
    local result = run(lab, { "eject", "E:", "--json" }, 4)
    assert.equal("undone", cjson.decode(result.out).state)
    volume:close()
    result = run(lab, { "eject", "E:" })
    assert.matches("eject PhysicalDrive1  done\n", result.out)
    assert.is_true(machine:disks()[2].no_medium)
  end)
end)

describe("the help of every command that runs a plan", function()
  for _, name in ipairs { "change-fs", "prepare-removal", "restore-lun",
    "exclusive", "eject" } do
    it(name .. " has examples, --plan and --json", function()
      local lab = command.lab(finally)
      local result = run(lab, { name, "--help" }, 0, { machine = false })
      assert.matches("Examples?: ntvol " .. name:gsub("%-", "%%-"), result.out)
      assert.matches("%-%-plan", result.out)
      assert.matches("%-%-json", result.out)
    end)
  end
end)
