-- Commands that look: volumes, disks, show, events; and what is the same for
-- all commands: usage, help, exit codes, the choice of the machine.

local cjson = require "cjson"
local command = require "spec.support.command"
local proc = require "spec.support.proc"

local TWO = "gpt:60M=20M:ntfs:E:DATA+rest:fat:F"

local function lines(text)
  local list = {}
  for line in text:gmatch("([^\n]*)\n") do
    list[#list + 1] = line
  end
  return list
end

-- A run that must have this exit code.
local function run(lab, words, code, options)
  local result = lab:run(words, options)
  assert.equal(code or 0, result.code, result.err .. result.out)
  return result
end

describe("ntvol volumes", function()
  it("prints fields with tabs in a pipe, titles first, sizes in bytes",
    function()
      local lab = command.lab(finally, "16M:fat:D:OLD", TWO)
      local result = run(lab, { "volumes" })
      assert.same({
        "NAME\tFS\tLABEL\tSIZE\tSTATE",
        "D:\tFAT16\tOLD\t16777216\tmounted",
        "E:\tNTFS\tDATA\t20971520\tmounted",
        "F:\tFAT16\t\t39845888\tmounted",
      }, lines(result.out))
      assert.equal("", result.err)
    end)

  it("prints JSON with everything in it", function()
    local lab = command.lab(finally, "16M:fat:D:OLD", TWO)
    local list = cjson.decode(run(lab, { "volumes", "--json" }).out)
    assert.equal(3, #list)
    assert.equal("D:", list[1].name)
    assert.equal(1 << 24, list[1].size)
    assert.same({ { disk = 0, offset = 0, length = 1 << 24 } },
      list[1].extents)
    assert.is_false(list[1].locked)
    assert.same({ "D:" }, list[1].mount_points)
  end)

  it("prints a machine without volumes as an empty list", function()
    local lab = command.lab(finally, "8M:fat:D")
    run(lab, { "prepare-removal", "0", "--yes" })
    assert.equal("[]\n", run(lab, { "volumes", "--json" }).out)
    assert.equal("NAME\tFS\tLABEL\tSIZE\tSTATE\n", run(lab, { "volumes" }).out)
  end)

  it("prints aligned columns on a terminal", function()
    if not proc.has "script" then
      pending "the program script is not installed"
    end
    local lab = command.lab(finally, "16M:fat:D:OLD", TWO)
    local line = command.line({ "volumes" }, { machine = lab.path })
    local result = command.capture(
      "script -qec " .. proc.quote(line) .. " /dev/null", lab.folder)
    assert.same({
      "NAME  FS     LABEL  SIZE    STATE",
      "D:    FAT16  OLD    16 MiB  mounted",
      "E:    NTFS   DATA   20 MiB  mounted",
      "F:    FAT16         38 MiB  mounted",
    }, lines((result.out:gsub("\r", ""))))
  end)

  it("changes nothing", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local before = lab:bytes()
    for _, name in ipairs { "volumes", "disks", "events" } do
      run(lab, { name })
    end
    run(lab, { "show", "D:" })
    run(lab, { "show", "0" })
    assert.equal(before, lab:bytes())
    assert.same({}, lab:history())
  end)
end)

describe("ntvol disks", function()
  it("lists disks, masked ones too", function()
    local lab = command.lab(finally, "16M:fat:D:OLD", TWO)
    run(lab, { "sim", "mask", lab.path, "1" })
    local result = lines(run(lab, { "disks" }).out)
    assert.equal(3, #result)
    assert.equal(("PhysicalDrive0\t16777216\tnone\t1\tpresent\t%s/disk0.img")
      :format(lab.path), result[2])
    assert.matches("^PhysicalDrive1\t62914560\tgpt\t%d\tmasked\t", result[3])
    local list = cjson.decode(run(lab, { "disks", "--json" }).out)
    assert.is_true(list[2].masked)
    assert.equal("gpt", list[2].style)
  end)
end)

describe("ntvol show", function()
  it("shows a volume by any of its names", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local first = run(lab, { "show", "D:" }).out
    for _, words in ipairs { "file system: FAT16", "label:       OLD",
      "size:        16777216 (16 MiB)", "partition:   none, the whole disk",
      "extent:      PhysicalDrive0 from 0, 16777216 (16 MiB)",
      "GUID path:   \\\\?\\Volume{", "geometry:    2 cylinders" } do
      assert.matches(words, first, 1, true)
    end
    local guid = first:match("GUID path:%s+(%S+)")
    for _, name in ipairs { "d:", "\\\\.\\D:", guid } do
      local same = run(lab, { "show", name }).out
      assert.matches("label:       OLD", same, 1, true)
    end
  end)

  it("shows a disk and its volumes", function()
    local lab = command.lab(finally, "16M:fat:D:OLD", TWO)
    for _, name in ipairs { "1", "PhysicalDrive1", "\\\\.\\PhysicalDrive1" } do
      local out = run(lab, { "show", name }).out
      assert.matches("style:       gpt", out, 1, true)
      assert.matches('volume:      E:  NTFS  "DATA"', out, 1, true)
      assert.matches("volume:      F:", out, 1, true)
    end
  end)

  it("prints JSON", function()
    local lab = command.lab(finally, "16M:fat:D:OLD", TWO)
    local volume = cjson.decode(run(lab, { "show", "E:", "--json" }).out)
    assert.equal("volume", volume.kind)
    assert.equal("sim:" .. lab.path, volume.machine)
    assert.equal("DATA", volume.volume.label)
    assert.equal(255, volume.geometry.heads)
    assert.equal(1, volume.device_number.number)
    local disk = cjson.decode(run(lab, { "show", "1", "--json" }).out)
    assert.equal("disk", disk.kind)
    assert.equal(2, #disk.volumes)
    assert.equal("gpt", disk.disk.style)
  end)

  it("says when there is no such thing", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    for _, name in ipairs { "Q:", "7", "PhysicalDrive7" } do
      local result = run(lab, { "show", name }, 3)
      assert.equal("", result.out)
      assert.matches("^ntvol: .*'" .. name .. "'.*ERROR_FILE_NOT_FOUND",
        result.err)
      assert.matches("\nhint: list .*\n$", result.err)
    end
  end)
end)

describe("ntvol events", function()
  it("lists the history, and what comes after an event", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    assert.equal("[]\n", run(lab, { "events", "--json" }).out)
    run(lab, { "lock", "D:", "--", "true" })
    local list = cjson.decode(run(lab, { "events", "--json" }).out)
    local names = {}
    for i, event in ipairs(list) do
      names[i] = event.name
      assert.equal("D:", event.target)
      assert(event.pid > 0 and event.time > 1e9)
    end
    assert.same({ "LOCK", "UNLOCK" }, names)
    local rest = cjson.decode(run(lab, { "events", "--json", "--after",
      tostring(list[1].id) }).out)
    assert.equal(1, #rest)
    assert.same(list[2], rest[1])
    local text = lines(run(lab, { "events" }).out)
    assert.equal("ID\tTIME\tKIND\tTARGET\tNAME\tPID", text[1])
    assert.matches(
      "^%d+\t%d+%-%d%d%-%d%d %d%d:%d%d:%d%d%.%d%d%d\tvolume\tD:\tLOCK\t%d+$",
      text[2])
  end)

  it("refuses an id that is none", function()
    local lab = command.lab(finally, "8M:fat:D")
    for _, id in ipairs { "x", "-1", "1.5" } do
      local result = run(lab, { "events", "--after=" .. id }, 2)
      assert.matches("is not the id of an event", result.err)
    end
  end)
end)

describe("wrong usage", function()
  local rows = {
    { {}, "command is required" },
    { { "nonsense" }, "unknown command 'nonsense'" },
    { { "volumes", "extra" }, "too many arguments" },
    { { "volumes", "--jsn" }, "unknown option '%-%-jsn'" },
    { { "show" }, "missing argument 'name'" },
    { { "lock", "D:" }, "missing argument 'command'" },
    { { "change-fs", "D:" }, "missing option '%-%-to'" },
    { { "change-fs", "D:", "--to", "xfs" }, "name one of: ntfs" },
    { { "change-fs", "D:", "--to", "ntfs", "--cluster-size", "3K" },
      "not a power of two" },
    { { "change-fs", "D:", "--to", "ntfs", "--cluster-size", "x" },
      "not a size" },
    { { "prepare-removal" }, "missing argument 'disk'" },
    { { "prepare-removal", "0", "--lock", "maybe" }, "must be one of" },
    { { "sim" }, "command is required" },
    { { "sim", "create" }, "missing argument 'dir'" },
    { { "--machine" }, "requires an argument" },
  }
  for _, row in ipairs(rows) do
    it("is answered by 2 and the usage: ntvol " .. table.concat(row[1], " "),
      function()
        local lab = command.lab(finally)
        local result = run(lab, row[1], 2, { machine = "/nowhere/at/all" })
        assert.equal("", result.out)
        assert.matches("^ntvol: ", result.err)
        assert.matches(row[2], result.err)
        assert.matches("\nUsage: ntvol", result.err)
      end)
  end
end)

describe("help", function()
  local commands = { {}, { "volumes" }, { "disks" }, { "show" }, { "events" },
    { "lock" }, { "dismount" }, { "offline" }, { "online" }, { "change-fs" },
    { "prepare-removal" }, { "repl" }, { "sim" }, { "sim", "create" },
    { "sim", "show" }, { "sim", "mask" }, { "sim", "unmask" },
    { "sim", "rm" } }
  for _, words in ipairs(commands) do
    local name = table.concat(words, " ")
    it("is there, with an example: ntvol " .. name, function()
      local lab = command.lab(finally)
      local asked = table.move(words, 1, #words, 1, {})
      asked[#asked + 1] = "--help"
      local result = run(lab, asked, 0, { machine = false })
      assert.equal("", result.err)
      assert.matches("Usage: ntvol" .. (name ~= "" and " " or ""), result.out)
      if name ~= "sim" then
        assert.matches("Examples?:%s+ntvol ", result.out)
      end
      for line in result.out:gmatch("[^\n]+") do
        assert(#line <= 80, line)
      end
    end)
  end

  it("lists the exit codes", function()
    local lab = command.lab(finally)
    local out = run(lab, { "--help" }, 0, { machine = false }).out
    assert.matches("Exit codes: 0 done, 1 refused", out, 1, true)
  end)

  it("knows its version", function()
    local lab = command.lab(finally)
    local result = run(lab, { "--version" }, 0, { machine = false })
    assert.equal("ntvol " .. require "ntvol"._VERSION .. "\n", result.out)
  end)
end)

describe("the machine", function()
  it("is what --machine says, before NTVOL_MACHINE", function()
    local one = command.lab(finally, "8M:fat:D:ONE")
    local two = one:neighbour("8M:fat:D:TWO")
    assert.matches("\tONE\t", run(one, { "volumes" }).out)
    for _, spec in ipairs { two.path, "sim:" .. two.path } do
      local out = run(one, { "--machine", spec, "volumes" }).out
      assert.matches("\tTWO\t", out)
    end
  end)

  it("is not there: 6 when nothing names one, 3 when the folder is none",
    function()
      local lab = command.lab(finally)
      local result = run(lab, { "volumes" }, 6, { machine = false })
      assert.matches("\nhint: name a machine: NTVOL_MACHINE=FOLDER, ntvol --ma",
        result.err, 1, true)
      result = run(lab, { "volumes" }, 3, { machine = "/nowhere/at/all" })
      assert.matches("^ntvol: connect to 'sim:/nowhere/at/all'", result.err)
      result = run(lab, { "--machine", "vms:x", "volumes" }, 6)
      assert.matches("vms", result.err)
    end)
end)

describe("bin/ntvol", function()
  it("finds its modules by any path, through a link, from any folder",
    function()
      local lab = command.lab(finally, "8M:fat:D:HERE")
      local tree = proc.lines("pwd")[1]
      local link = lab.folder .. "/my-ntvol"
      proc.lines(("ln -s %s %s"):format(proc.quote(tree .. "/bin/ntvol"),
        proc.quote(link)))
      for _, script in ipairs { tree .. "/bin/ntvol", link } do
        local line = ("cd / && env -u LUA_PATH -u LUA_CPATH %s"):format(
          command.line({ "volumes" }, { machine = lab.path, script = script }))
        local result = command.capture(line, lab.folder)
        assert.equal(0, result.code, result.err)
        assert.matches("HERE", result.out)
      end
    end)

  it("can be run by itself", function()
    local lab = command.lab(finally, "8M:fat:D:HERE")
    local result = command.capture("./bin/ntvol --machine "
      .. proc.quote(lab.path) .. " volumes", lab.folder)
    assert.equal(0, result.code, result.err)
    assert.matches("HERE", result.out)
  end)
end)

describe("ntvol", function()
  it("says where the help is when it was used wrongly", function()
    local lab = command.lab(finally)
    for words, help in pairs {
      [""] = "ntvol", ["nosuch"] = "ntvol", ["sim"] = "ntvol sim",
      ["sim create"] = "ntvol sim create", ["lock D:"] = "ntvol lock",
      ["change-fs D:"] = "ntvol change-fs", ["volumes --x"] = "ntvol volumes",
    } do
      local list = {}
      for word in words:gmatch("%S+") do
        list[#list + 1] = word
      end
      local result = run(lab, list, 2)
      assert.matches(("\nhint: see %s --help\n"):format(help), result.err, 1,
        true)
      assert.equal("", result.out)
    end
  end)

  it("fails when what it prints gets lost", function()
    local lab = command.lab(finally, "16M:fat:D")
    for _, words in ipairs { { "volumes" }, { "show", "D:" }, { "man" },
      { "change-fs", "D:", "--to", "ntfs", "--plan" } } do
      local result = command.capture(command.line(words,
        { machine = lab.path }) .. " >/dev/full", lab.folder)
      assert.equal(1, result.code)
      assert.matches("^ntvol: write to standard output: ", result.err)
    end
  end)

  it("fails when what it prints gets lost on the way", function()
    local lab = command.lab(finally, "16M:fat:D")
    for _, words in ipairs { { "change-fs", "D:", "--to", "ntfs", "--erase",
        "D:" }, { "undo", "D:", "--erase", "D:" }, { "watch", "--after", "0",
        "--timeout", "0" } } do
      local result = command.capture("env NTVOL_STATE=" .. lab.folder .. "/state "
        .. command.line(words, { machine = lab.path }) .. " >/dev/full",
        lab.folder)
      assert.equal(1, result.code, words[1])
      assert.matches("^ntvol: write to standard output: ", result.err)
    end
  end)

  it("names the disk of a volume that was named instead of a disk", function()
    local lab = command.lab(finally, "16M:fat:D", "gpt:32M=16M:fat:E")
    local result = run(lab, { "prepare-removal", "e:", "--plan" }, 3)
    assert.matches("hint: e: is a volume; name its disk: PhysicalDrive1\n",
      result.err, 1, true)
    result = run(lab, { "prepare-removal", "X:", "--plan" }, 3)
    assert.matches("hint: list the disks: ntvol disks\n", result.err, 1, true)
  end)
end)
