-- Labels, names, paths and programs that speak to the terminal: whatever a disk
-- or another program holds, no command prints a control character but line ends
-- and tabs, nothing that turns the direction of writing, nothing but UTF-8.

local cjson = require "cjson"
local command = require "spec.support.command"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local WINDOWS = proc.windows and "paths and processes of Linux"
local MISSING = WINDOWS
  or machines.missing("mkfs.fat", "mkfs.ntfs", "sqlite3", "script")

-- Of each kind one: ESC, C1 as UTF-8 and as a byte, an override, an isolate,
-- DEL, a line end, a tab.
local EVIL = "\27[31m\u{9b}2J\u{202e}\u{2066}\127\n\t"
local EVIL_BYTES = EVIL .. "\x9b\xff\xed\xa0\x80"
local FAT_LABEL = "A\27[2J\127\u{9b}\r\nB"
local NTFS_LABEL = "\27]0;x\7\u{202e}\u{2028}\u{85}z"

-- ---- what must not be printed --------------------------------------------

-- Written without the function that is tested.
local function problem_of(text)
  local byte = text:match "[\0-\8\11-\31\127]"
  if byte then
    return ("byte %02x"):format(byte:byte())
  elseif not utf8.len(text) then
    return "no UTF-8"
  end
  for _, code in utf8.codes(text) do
    if code >= 0x80 and code <= 0x9f or code >= 0x2028 and code <= 0x202e
      or code >= 0x2066 and code <= 0x2069 or code == 0x200e
      or code == 0x200f or code == 0x61c or code == 0xfeff then
      return ("U+%04X"):format(code)
    end
  end
end

local function check(text, what)
  local problem = problem_of(text)
  assert(not problem, ("%s printed %s: %q"):format(what, problem or "", text))
end

-- ---- a machine full of them ----------------------------------------------

-- Writes another name of the same length over the one that mkfs was given.
local function relabel(path, from, to)
  assert(#from == #to)
  local bytes = proc.slurp(path)
  local changed, count = bytes:gsub(from, (to:gsub("%%", "%%%%")))
  assert(count > 0, "no label in " .. path)
  machines.put(path, changed)
end

local function utf16(text)
  local units = {}
  for _, code in utf8.codes(text) do
    units[#units + 1] = ("<I2"):pack(code)
  end
  return table.concat(units)
end

local function images(folder)
  local fat = folder .. "/\27[5m\u{202e}fat.img"
  machines.sh("mkfs.fat -C -F 12 -n ABCDEFGHIJK %s 4096", proc.quote(fat))
  relabel(fat, "ABCDEFGHIJK", FAT_LABEL)
  local ntfs = folder .. "/ntfs\127.img"
  machines.sh("truncate -s 4M %s", proc.quote(ntfs))
  local plain = ("ABCDEFGHIJKLMNOPQRST"):sub(1, utf8.len(NTFS_LABEL))
  machines.sh("mkfs.ntfs -q -F -f -L %s -p 0 -H 255 -S 63 -s 512 %s", plain,
    proc.quote(ntfs))
  relabel(ntfs, utf16(plain), utf16(NTFS_LABEL))
  return fat, ntfs
end

-- What a program with an odd name would have written into the database.
local function tamper(path)
  machines.sh("sqlite3 %s %s", proc.quote(path .. "/machine.db"), proc.quote(
    ("UPDATE disk SET serial = '%s', model = '%s'"):format(
      EVIL_BYTES, EVIL_BYTES)))
end

local function new_lab(finally)
  local lab = command.lab(finally)
  lab.path = lab.folder .. "/lab" .. EVIL
  local fat, ntfs = images(lab.folder)
  local made = lab:run({ "sim", "create", lab.path, "--disk-image",
    fat .. ":D", "--disk-image", ntfs .. ":E", "--disk", "4M:raw:F",
    "--removable", "none:G" }, { machine = false })
  assert.equal(0, made.code, made.err)
  check(made.out .. made.err, "sim create")
  tamper(lab.path)
  return lab
end

-- ---- the commands --------------------------------------------------------

local function help_of(...)
  return (proc.run(command.line { ... }))
end

local function names_in(help)
  local names = {}
  for name in help:match("\nCommands:\n(.*)$"):gmatch("\n?   (%l[%l-]*) %s") do
    names[#names + 1] = name
  end
  return names
end

-- Every command that the help lists, "sim create" included.
local function all_commands()
  local list = {}
  for _, name in ipairs(names_in(help_of "--help")) do
    if name == "sim" then
      for _, below in ipairs(names_in(help_of("sim", "--help"))) do
        list[#list + 1] = "sim " .. below
      end
    else
      list[#list + 1] = name
    end
  end
  return list
end

-- A program that is not there is named by the shell, and not by us: it is only
-- planned here. Words of each command; %LAB stands for the folder of the machine, %EVIL for a
-- name that nobody should print. The order is that of one machine's life.
local NOTHING = {}
local WORDS = {
  ["volumes"] = { NOTHING }, ["disks"] = { NOTHING },
  ["show"] = { { "D:" }, { "E:" }, { "0" }, { "%EVIL" } },
  ["holders"] = { { "D:" }, { "D:\\%EVIL" }, { "%EVIL" } },
  ["events"] = { NOTHING, { "--after", "%EVIL" } },
  ["watch"] = { { "--after", "0", "--timeout", "0" },
    { "--timeout", "%EVIL" } },
  ["lock"] = { { "D:", "--", "true" }, { "%EVIL", "--", "true" } },
  ["dismount"] = { { "D:" }, { "%EVIL" } },
  ["offline"] = { { "E:" }, { "%EVIL" } },
  ["online"] = { { "E:" }, { "%EVIL" } },
  ["assign"] = { { "D:", "%EVIL" }, { "E:", "C:\\%EVIL" } },
  ["unassign"] = { { "%EVIL" }, { "C:\\%EVIL" } },
  ["exclusive"] = { { "D:", "--", "true" }, { "D:", "--", "false", "%EVIL" },
    { "D:", "--plan", "--", "%EVIL" }, { "%EVIL", "--", "true" } },
  ["change-fs"] = { { "D:", "--to", "fat" }, { "D:", "--to", "fat", "--plan" },
    { "D:", "--to", "fat", "--label", "%EVIL", "--erase", "D:" },
    { "D:", "--to", "%EVIL" }, { "D:", "--to", "fat", "--erase", "%EVIL" },
    { "E:", "--to", "fat", "--erase", "E:" } },
  ["format"] = { { "D:" }, { "D:", "--plan" }, { "D:", "--fs", "%EVIL" },
    { "D:", "--fs", "fat", "--label", "%EVIL", "--erase", "D:" },
    { "D:", "--erase", "%EVIL" }, { "E:", "--erase", "E:" } },
  ["undo"] = { { "E:" }, { "E:", "--plan" }, { "E:", "--erase", "%EVIL" },
    { "E:", "--erase", "E:" }, { "%EVIL" } },
  ["recover"] = { NOTHING, { "--plan" }, { "%EVIL" } },
  ["log"] = { NOTHING, { "1" }, { "2" }, { "%EVIL" }, { "1", "--svg", "-" },
    { "2", "--svg", "-" }, { "1", "--svg", "/%EVIL/x" } },
  ["explain"] = { { "%EVIL" }, { "in_use" } },
  ["eject"] = { { "G:" }, { "%EVIL" }, { "D:", "--plan" } },
  ["prepare-removal"] = { { "0" }, { "0", "--plan" }, { "0", "--yes" },
    { "%EVIL" } },
  ["restore-lun"] = { { "0" }, { "0", "--plan" }, { "0", "--serial", "%EVIL" },
    { "%EVIL" } },
  ["sim create"] = { { "%LAB" }, { "%LAB", "--disk", "%EVIL" },
    { "%LAB/%EVIL", "--disk", "1M:raw:D", "--node", "%EVIL" } },
  ["sim check"] = { { "%LAB" }, { "%LAB", "--allow-images" }, { "%EVIL" } },
  ["sim show"] = { { "%LAB" }, { "%EVIL" } },
  ["sim insert"] = { { "%LAB", "G:", "%EVIL" }, { "%LAB", "%EVIL", "x" } },
  ["sim eject"] = { { "%LAB", "%EVIL" } },
  ["sim mask"] = { { "%LAB", "2" }, { "%LAB", "%EVIL" } },
  ["sim unmask"] = { { "%LAB", "2" }, { "%LAB", "%EVIL" } },
  ["sim maintenance"] = { { "%LAB", "%EVIL", "on" }, { "%LAB", "D:", "%EVIL" } },
  ["sim owner"] = { { "%LAB", "D:", "%EVIL" } },
  ["repl"] = { NOTHING, { "D:" }, { "%EVIL" } },
  ["completion"] = { { "bash" }, { "%EVIL" } },
  ["help"] = { NOTHING, { "sim", "create" }, { "%EVIL" } },
  ["man"] = { NOTHING, { "%EVIL" } },
  ["sim rm"] = { { "%EVIL" }, { "%LAB" } },
}

local LAST = { ["sim rm"] = true } -- nothing is left to look at after it

local INPUT = [[
machine:volumes()
machine:disks()
machine:events()
for _, v in ipairs(machine:volumes()) do print(v.label, v) end
vol
machine:volumes()[1].label
machine:volumes()[1]
machine:open "a\27b\u{202e}"
explain()
machine
error "\27\u{202e}"
]]

local function words_of(lab, name, words)
  local line = {}
  for word in name:gmatch "%S+" do
    line[#line + 1] = word
  end
  local values = { LAB = lab.path, EVIL = EVIL_BYTES }
  for _, word in ipairs(words) do
    line[#line + 1] = word:gsub("%%(%u+)", values)
  end
  return line
end

local function run(lab, name, words)
  local result = lab:run(words, { input = INPUT })
  local what = "ntvol " .. name
  check(result.out, what)
  check(result.err, what)
  assert(not result.err:find "internal error", what .. ": " .. result.err)
  return result
end

-- Standard output is JSON, or nothing where it was refused.
local function run_json(lab, name, words)
  local line = table.move(words, 2, #words, 3, { words[1], "--json" })
  if name:find "^sim " then
    line = table.move(words, 3, #words, 4, { "sim", words[2], "--json" })
  end
  local result = run(lab, name, line)
  for text in name == "watch" and result.out:gmatch "[^\n]+"
    or function(_, last) return not last and result.out or nil end do
    local ok, problem = pcall(cjson.decode, text)
    assert(text == "" or text:find "^<%?xml" or ok,
      ("ntvol %s: %s: %s"):format(name, problem, text))
  end
end

describe("Hostile labels, names, paths and programs:", function()
  if MISSING then
    pending(MISSING)
    return
  end

  it("every command has its words here", function()
    local listed = {}
    for _, name in ipairs(all_commands()) do
      listed[name] = true
      assert(WORDS[name], "no words for the command " .. name)
    end
    for name in pairs(WORDS) do
      assert(listed[name], "there is no command " .. name)
    end
  end)

  it("no command prints what a terminal would obey", function()
    local lab = new_lab(finally)
    local commands = all_commands()
    table.sort(commands, function(a, b)
      return LAST[b] and not LAST[a] or not LAST[a] == not LAST[b] and a < b
    end)
    for _, name in ipairs(commands) do
      local has_json = help_of(table.unpack(words_of(lab, name,
        { "--help" }))):find("--json", 1, true)
      for _, words in ipairs(WORDS[name]) do
        local line = words_of(lab, name, words)
        run(lab, name, line)
        if has_json then
          run_json(lab, name, line)
        end
      end
    end
  end)

  it("a terminal gets no more than a pipe", function()
    local lab = new_lab(finally)
    for _, words in ipairs { { "volumes" }, { "disks" }, { "events" },
      { "show", "D:" }, { "sim", "show", lab.path } } do
      local out = proc.run(("script -qec %s /dev/null"):format(proc.quote(
        command.line(words, { machine = lab.path }))))
      -- the terminal turns each line end into two characters
      check(out:gsub("\r\n", "\n"), "ntvol " .. words[1] .. " on a terminal")
    end
  end)

  it("a value with a tab or a line end stays in its column", function()
    local lab = new_lab(finally)
    for _, name in ipairs { "volumes", "disks", "events" } do
      local columns
      for line in lab:run({ name }).out:gmatch "[^\n]+" do
        local _, tabs = line:gsub("\t", "")
        columns = columns or tabs
        assert.equal(columns, tabs, line)
      end
    end
  end)

  it("JSON gives a label back byte for byte", function()
    local lab = new_lab(finally)
    local machine <close> = lab:connect()
    local volumes = cjson.decode(lab:run({ "volumes", "--json" }).out)
    for i, volume in ipairs(assert(machine:volumes())) do
      assert.equal(volume.label, volumes[i].label)
    end
    assert.equal(NTFS_LABEL, volumes[2].label)
    assert(volumes[1].label:find("\27[2J\127\u{9b}", 1, true))
  end)

  it("JSON has U+FFFD for what is not UTF-8", function()
    local lab = new_lab(finally)
    local disks = cjson.decode(lab:run({ "disks", "--json" }).out)
    assert.equal(EVIL .. ("\u{fffd}"):rep(5), disks[1].serial)
  end)

  it("who holds a volume can have any name", function()
    local lab = new_lab(finally)
    local link = lab.folder .. "/p\27[7m\u{202e}q"
    local lua = proc.lines("command -v " .. command.LUA)[1]
    machines.sh("ln -s %s %s", lua, proc.quote(link))
    machines.sh("mkfifo %s/ready", proc.quote(lab.folder))
    local holder <close> = proc.feed(("LUA_PATH=%s LUA_CPATH=%s %s -e %s"
      .. " >%s/ready"):format(proc.quote(package.path),
      proc.quote(package.cpath), proc.quote(link), proc.quote([[
        local m = assert(require "ntvol.sim".open(io.read "L" .. io.read "l"))
        local v = assert(m:open "D:")
        print "open"; io.stdout:flush(); io.read "a"]]),
      proc.quote(lab.folder)))
    holder:write(lab.path, "\n")
    holder:flush()
    local ready <close> = assert(io.open(lab.folder .. "/ready"))
    assert.equal("open", ready:read "l")
    local list = cjson.decode(lab:run({ "holders", "D:", "--json" }).out)
    assert.equal("p\27[7m\u{202e}q", list.holders[1].name)
    for _, words in ipairs { { "holders", "D:" }, { "lock", "D:", "--", "true" },
      { "change-fs", "D:", "--to", "fat", "--erase", "D:" },
      { "offline", "D:" }, { "eject", "D:", "--what", "device" } } do
      local result = run(lab, words[1], words)
      assert((result.out .. result.err):find("p\\x1b[7m\\u{202e}q", 1, true),
        words[1] .. ": " .. result.out .. result.err)
    end
    -- the line that says who is waited for is the terminal's
    local out = proc.run(("script -qec %s /dev/null"):format(proc.quote(
      command.line({ "lock", "D:", "--wait", "0.05", "--", "true" },
        { machine = lab.path }))))
    assert(out:find("waiting for 1 holder: p\\x1b[7m\\u{202e}q", 1, true), out)
    check(out:gsub("\r", ""), "ntvol lock --wait on a terminal")
  end)

  it("a hint with a command has the name as a shell reads it", function()
    local folder = tempdir(finally)
    local name = "a\27\u{202e}'b"
    local word = require "ntvol.shell".word(name)
    check(word, "ntvol.shell.word")
    if not proc.has "bash" then
      pending "bash is not installed"
      return
    end
    machines.put(folder .. "/script", "printf %s " .. word)
    assert.equal(name, (proc.run("bash " .. folder .. "/script")))
  end)
end)

describe("What the command prints", function()
  it("is written in two places only, and both clean it", function()
    for _, path in ipairs(proc.lines "find lua -name '*.lua'") do
      local number = 0
      for line in io.lines(path) do
        number = number + 1
        local code = line:gsub("^%s*%-%-.*", ""):gsub('"[^"]*"', "")
        local writes = code:find "io%.write" or code:find "io%.std%w+:write"
          or code:find "%f[%w.:]print%f[^%w]%(" and not code:find "[.:]print%("
        assert(not writes or path:find "cli/output%.lua$"
          or path:find "ntvol/progress%.lua$",
          ("%s:%d writes past ntvol.cli.output"):format(path, number))
      end
    end
  end)
end)

describe("Hostile labels and names in Lua:", function()
  if MISSING then
    pending(MISSING)
    return
  end

  -- Everything that prints, of plans, runs and failures on a hostile volume.
  local SCRIPT = [[
    warn "@on"
    local ntvol = require "ntvol"
    local machine = assert(ntvol.machine(io.read "a"))
    local function show(...) -- as print does, and with what errors show
      for _, value in ipairs { ... } do print(value) end
    end
    show(machine, machine:name() and "", assert(ntvol.journal.of(machine)))
    for _, list in ipairs { machine:volumes(), machine:disks(),
      machine:events() } do
      for _, item in ipairs(list) do show(item) end
    end
    for _, name in ipairs { "D:", "E:" } do
      local volume <close> = assert(ntvol.open(name))
      show(volume, select(2, ntvol.open(name .. "\\a\27[1m\u{202e}")))
      local _guard <close> = assert(volume:lock())
      show(_guard, ntvol.plan.eject(name), ntvol.plan.undo(name) or "")
    end
    local plan = assert(ntvol.plan.change_filesystem("D:", { to = "fat" }))
    show(plan, (pcall(plan.run, plan, { erase = "D:",
      on_step = function(step, state)
        if step.name == "format" and state == "start" then
          error("stop \27[2J", 0)
        end
      end })))
    show(plan:report(), assert(plan:run { erase = "D:" }))
    show(ntvol.plan.undo "D:", ntvol.undo("D:", { erase = "D:" }))
    show(ntvol.timeline.svg(ntvol.timeline.of_report(plan:report())))
    for disk = 0, 2 do
      show(ntvol.plan.prepare_lun_removal(disk), ntvol.plan.restore_lun(disk))
    end
    local _, message, _, info = plan:run { erase = "\27[2J" }
    show(message, info.report, ntvol.explain(info))
    show(select(2, ntvol.recover "\27[2J\u{202e}"))]]

  it("no tostring, message, warning or picture shows what a terminal would"
    .. " obey", function()
    local lab = new_lab(finally)
    local script = lab.folder .. "/script.lua"
    machines.put(script, SCRIPT)
    local result = command.capture(("%s %s"):format(command.LUA,
      proc.quote(script)), lab.folder, lab.path)
    assert.equal(0, result.code, result.err)
    check(result.out, "Lua")
    check(result.err, "a warning")
    assert.matches("\\x1b", result.out, 1, true)
    assert.matches("was taken back: all is as it was before: stop \\x1b[2J",
      result.err, 1, true)
  end)
end)
