-- What programs read with --json: what was done, and what went wrong.

local cjson = require "cjson"
local command = require "spec.support.command"
local proc = require "spec.support.proc"

local function run(lab, words, code)
  local result = lab:run(words)
  assert.equal(code or 0, result.code, result.err .. result.out)
  return result
end

-- The one object on standard error.
local function told(result)
  assert.matches("^{[^\n]*}\n$", result.err)
  return cjson.decode(result.err)
end

describe("a command that does something", function()
  it("says with --json what it did, and nothing without", function()
    local lab = command.lab(finally, "8M:fat:D", "8M:raw:-")
    local machine <close> = lab:connect()
    local letterless = machine:volumes()[2].guid_path
    machine:close()
    for _, row in ipairs {
      { { "dismount", "D:" }, { did = { "lock", "dismount" }, volume = "D:" } },
      { { "dismount", "D:", "--no-lock" }, { did = { "dismount" },
        volume = "D:" } },
      { { "offline", "D:" }, { did = { "lock", "dismount", "offline" },
        volume = "D:" } },
      { { "online", "D:" }, { did = { "online" }, volume = "D:" } },
      { { "assign", letterless, "F:" }, { did = { "assign" },
        volume = letterless, point = "F:" } },
      { { "unassign", "F:" }, { did = { "unassign" }, point = "F:" } },
      { { "sim", "mask", lab.path, "1" }, { did = { "mask" },
        machine = lab.path, disk = "1" } },
      { { "sim", "rm", lab.path }, { did = { "rm" }, machine = lab.path } },
    } do
      local json = table.move(row[1], 1, #row[1], 1, {})
      json[#json + 1] = "--json"
      local result = run(lab, json)
      assert.same(row[2], cjson.decode(result.out))
      assert.equal("", result.err)
    end
  end)

  it("prints nothing without --json", function()
    local lab = command.lab(finally, "8M:fat:D")
    for _, words in ipairs { { "dismount", "D:" }, { "offline", "D:" },
      { "online", "D:" }, { "sim", "rm", lab.path } } do
      local result = run(lab, words)
      assert.equal("", result.out .. result.err)
    end
  end)

  it("lock: the program prints to standard error, its status is told", function()
    local lab = command.lab(finally, "8M:fat:D")
    local result = run(lab, { "lock", "D:", "--json", "--", "sh", "-c",
      "echo --json; exit 3" }, 3)
    assert.same({ did = { "lock", "run" }, volume = "D:", status = 3,
      command = { "sh", "-c", "echo --json; exit 3" } },
      cjson.decode(result.out))
    assert.equal("--json\n", result.err)
    -- a word of the program asks for nothing
    result = run(lab, { "lock", "D:", "--", "echo", "--json" })
    assert.equal("--json\n", result.out)
    result = run(lab, { "lock", "Q:", "--", "echo", "--json" }, 3)
    assert.matches("^ntvol: open 'Q:'", result.err)
  end)
end)

describe("an error with --json", function()
  it("is an object on one line, with the exit code that the text has", function()
    local lab = command.lab(finally, "8M:fat:D")
    for _, row in ipairs {
      { { "show", "Q:" }, 3, code = "ERROR_FILE_NOT_FOUND", op = "open",
        status = "STATUS_OBJECT_NAME_NOT_FOUND", target = "Q:" },
      { { "dismount", "Q:" }, 3, op = "open", target = "Q:" },
      { { "lock", "Q:", "--", "true" }, 3, op = "open", target = "Q:" },
      { { "log", "99" }, 3, code = "ERROR_FILE_NOT_FOUND" },
      { { "sim", "show", "/none" }, 3, code = "ERROR_FILE_NOT_FOUND" },
      { { "volumes", "extra" }, 2, class = "usage",
        message = "too many arguments" },
      { { "nonsense" }, 2, class = "usage",
        message = "unknown command 'nonsense'" },
      { { "format", "D:" }, 2, class = "usage" },
      { { "format", "D:", "--fs", "ext4" }, 2, class = "usage" },
    } do
      local json = table.move(row[1], 1, #row[1], 1, {})
      table.insert(json, json[1] == "sim" and 3 or 2, "--json")
      local text = run(lab, row[1], row[2])
      local found = told(run(lab, json, row[2])).error
      assert.equal(row[2], found.exit_code)
      assert.matches("ntvol: " .. found.message .. "\n", text.err, 1, true)
      for field, value in pairs(row) do
        if type(field) == "string" then
          assert.equal(value, found[field], json[1] .. " " .. field)
        end
      end
    end
  end)

  it("has the holders and the hint of a volume that is in use", function()
    local lab = command.lab(finally, "8M:fat:D")
    local machine <close> = lab:connect()
    local volume <close> = assert(machine:open "D:")
    local result = run(lab, { "dismount", "D:", "--json" }, 4)
    local found = told(result).error
    assert.equal("in_use", found.reason)
    assert.equal("transient", found.class)
    assert.equal(1, #found.holders)
    assert.matches("--wait 10", found.hint, 1, true)
    assert.equal("", result.out)
    assert(volume)
  end)

  it("is told when output gets lost, too", function()
    if not proc.run("test -w /dev/full && echo yes"):find "yes" then
      pending "there is no /dev/full"
    end
    local lab = command.lab(finally, "8M:fat:D")
    local result = command.capture(command.line({ "volumes", "--json" },
      { machine = lab.path }) .. " >/dev/full", lab.folder)
    assert.equal(1, result.code)
    assert.matches("^write to standard output: ", told(result).error.message)
  end)

  it("of a run stands beside the report", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local machine <close> = lab:connect()
    local volume <close> = assert(machine:open "D:")
    local result = run(lab, { "format", "D:", "--erase", "D:", "--json" }, 4)
    local report = cjson.decode(result.out)
    assert.equal("in_use", report.reason)
    assert.equal(report.reason, told(result).error.reason)
    assert(volume)
  end)
end)

describe("times with --json", function()
  it("are seconds since 1970 in reports, the journal and events", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local now = os.time()
    local function check(time)
      assert(time > now - 5 and time < now + 600, time)
    end
    local report = cjson.decode(run(lab, { "format", "D:", "--erase", "D:",
      "--json" }).out)
    check(report.started)
    check(report.steps[4].ended)
    check(report.events[1].time)
    check(cjson.decode(run(lab, { "events", "--json" }).out)[1].time)
    local entry = cjson.decode(run(lab, { "log", "--json" }).out)
    check(entry[#entry].started)
  end)
end)

describe("ntvol events --last", function()
  it("shows the newest events only", function()
    local lab = command.lab(finally, "8M:fat:D")
    run(lab, { "lock", "D:", "--", "true" })
    run(lab, { "dismount", "D:" })
    local all = cjson.decode(run(lab, { "events", "--json" }).out)
    assert(#all >= 3)
    local last = cjson.decode(run(lab, { "events", "--json", "--last", "2" }).out)
    assert.same({ all[#all - 1], all[#all] }, last)
    assert.same(all, cjson.decode(run(lab, { "events", "--json", "--last",
      "1000" }).out))
    assert.same({}, cjson.decode(run(lab, { "events", "--json", "--last",
      "0" }).out))
    assert.same({ all[#all] }, cjson.decode(run(lab, { "events", "--json",
      "--after", ("%d"):format(all[1].id), "--last", "1" }).out))
  end)
end)

describe("a number on the command line", function()
  it("is plain, finite and not negative, and the message says the range",
    function()
      local lab = command.lab(finally, "8M:fat:D")
      local rows = {
        { "watch --timeout", "a number of seconds: write a number from 0 to"
          .. " 31536000" },
        { "lock --wait", "a number of seconds: write a number from 0 to 86400" },
        { "events --after", "the id of an event: write a number from 0 to "
          .. math.maxinteger },
        { "events --last", "a number of events: write a number from 0 to "
          .. math.maxinteger },
      }
      for _, row in ipairs(rows) do
        for _, value in ipairs { "1e400", "inf", "nan", "-1", "-0.5", "-inf",
          "0x10", "", "1e1", "x", "99999999999999999999" } do
          local words = {}
          for word in row[1]:gmatch "%S+" do
            words[#words + 1] = word
          end
          words[#words + 1] = value
          if words[1] == "lock" then
            table.move({ "D:", "--", "true" }, 1, 3, #words + 1, words)
          end
          assert.matches(("'%s' is not %s\n"):format(value, row[2]),
            run(lab, words, 2).err, 1, true)
        end
      end
      assert.matches("'0' is not the number of an operation: write a number from"
        .. " 1 to", run(lab, { "log", "0" }, 2).err, 1, true)
    end)

  it("that is negative is no option", function()
    local lab = command.lab(finally, "8M:fat:D")
    for _, words in ipairs { { "log", "-1" }, { "show", "-1" },
      { "prepare-removal", "-1" } } do
      assert.matches("ntvol: '-1' is negative: no command takes that\n",
        run(lab, words, 2).err, 1, true)
    end
    -- behind -- it is a word of the program
    assert.equal("-1\n", run(lab, { "lock", "D:", "--", "echo", "-1" }).out)
  end)
end)

describe("names on the command line", function()
  it("a letter without its colon is told to have one", function()
    local lab = command.lab(finally, "8M:fat:D")
    for _, words in ipairs { { "show", "D" }, { "holders", "d" },
      { "format", "D" }, { "dismount", "D" } } do
      assert.matches("\nhint: a letter has a colon: " .. words[2] .. ":\n",
        run(lab, words, 2).err, 1, true)
    end
  end)

  it("a disk may be named by its number", function()
    local lab = command.lab(finally, "8M:fat:D")
    for _, words in ipairs { { "show", "0" }, { "holders", "0" },
      { "prepare-removal", "0", "--plan" }, { "restore-lun", "0", "--plan" } } do
      run(lab, words)
    end
    assert.matches("fixed", run(lab, { "sim", "eject", lab.path, "0" }, 6).err)
  end)

  it("the machine win32 on another system says what it needs", function()
    if proc.windows then
      pending "this is Windows"
    end
    local lab = command.lab(finally)
    local result = lab:run({ "--machine", "win32:", "volumes" },
      { machine = false })
    assert.equal(6, result.code, result.err)
    assert.matches("connect to 'win32:': .*a computer with Windows", result.err)
    assert.matches("hint: run ntvol on Windows", result.err, 1, true)
  end)

  it("the folder of a machine that is not there is named from the root",
    function()
      local lab = command.lab(finally)
      local result = command.capture("cd " .. proc.quote(lab.folder) .. " && "
        .. command.line({ "--machine", "none", "volumes" }, { script =
        proc.lines "pwd"[1] .. "/bin/ntvol" }), lab.folder)
      assert.equal(3, result.code, result.err)
      assert.matches("the folder " .. lab.folder .. "/none: ", result.err, 1,
        true)
    end)
end)
