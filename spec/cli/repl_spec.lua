-- The command ntvol repl: what it prints, and how it is used on a terminal.

local command = require "spec.support.command"
local proc = require "spec.support.proc"
local terminal = require "spec.support.terminal"

local function need_terminal()
  local reason = terminal.missing()
  if reason then
    pending(reason)
  end
end

local function run(lab, words, code, options)
  local result = lab:run(words, options)
  assert.equal(code or 0, result.code, result.err .. result.out)
  return result
end

local function contains(text, part)
  assert(text:find(part, 1, true), ("%q is not in %q"):format(part, text))
end

local function lacks(text, part)
  assert(not text:find(part, 1, true), ("%q is in %q"):format(part, text))
end

describe("ntvol repl", function()
  local function repl(input, code, ...)
    local lab = command.lab(finally, "8M:fat:D:OLD")
    return run(lab, { "repl", ... }, code, { input = input }), lab
  end

  local rows = {
    { "1 + 1\n", "2\n" },
    { "1, 'a', nil\n", "1\ta\tnil\n" },
    { "x = 1\nx\n", "1\n" },
    { "for i = 1, 2 do\nprint(i)\nend\n", "1\n2\n" },
    { "return (\n1\n)\n", "1\n" },
    { "'no newline'", "no newline\n" },
    { "", "" },
    { "\n\n1\n", "1\n" },
    { "nil\n", "nil\n" },
    { "{}\n", "{}\n" },
    { "{ 1, 'b' }\n", "1\nb\n" },
    { "{ b = 1, a = 2, 3 }\n", "3\na = 2\nb = 1\n" },
    { "nil, 'message'\n", "error: message\n" },
    { "{ 1, { 2, 'b', c = {} } }\n", '1\n[2] = { 2, "b", c = {} }\n' },
    { "t = { 1 } t.t = t\nt\n", "1\nt = { ... }\n" },
    { "{ { a = 1, b = 'x' }, { a = 22 } }\n", "A   B\n1   x\n22\n" },
    { "'a\\27[2J', { 'b\\27' }\n", 'a\\x1b[2J\t{ "b\\x1b" }\n' },
    { "print({ 1 }, '\\27')\n", "{ 1 }\t\\x1b\n" },
    { "1\nexit\n2\n", "1\n" },
    { "1\nquit()\n2\n", "1\n" },
    { "machine:volumes()[1].label\n", "OLD\n" },
    { "#ntvol.disks()\n", "1\n" },
    { "vol\n", "nil\n" },
  }
  for _, row in ipairs(rows) do
    it(("prints %q for %q"):format(row[2], row[1]), function()
      local result = repl(row[1])
      assert.equal(row[2], result.out)
      assert.equal("", result.err)
    end)
  end

  it("prints volumes, disks and events as tables, and has help", function()
    local result = repl "machine:volumes()\nhelp\nntvol.help()\nhelp 'lock'\n"
    assert.matches("^NAME  FS     LABEL  SIZE   STATE\n"
      .. "D:    FAT12  OLD    8 MiB  mounted\n", result.out)
    assert.matches("machine  the machine", result.out)
    assert.matches("ntvol %d", result.out)
    assert.matches("ntvol.lock: ", result.out)
  end)

  it("prints a failure as an error with its next step", function()
    local result = repl "ntvol.open 'Q:'\n"
    assert.equal("error: open 'Q:': not found: the machine has no such volume"
      .. " or disk [ERROR_FILE_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND]\n"
      .. "hint: list what is there: ntvol volumes, ntvol disks\n", result.out)
  end)

  it("shows long tables on lines of their own", function()
    local result = repl(("{ a = { %s } }\n"):format(
      ("'%s', "):format(("x"):rep(30)):rep(3)))
    assert.equal("a =\n" .. ("  " .. ("x"):rep(30) .. "\n"):rep(3), result.out)
  end)

  it("cuts very long tables", function()
    local result = repl "t = {} for i = 1, 1000 do t[i] = i end\nt\n"
    assert.matches("\n200\n... and 800 more\n$", result.out)
  end)

  it("opens a volume as vol, and gives it back at the end", function()
    local result, lab = repl("vol\nlock = vol:lock()\nlock\n", 0, "D:")
    assert.matches('^ntvol.volume %(D: FAT12 "OLD" 8 MiB, mounted%)\n'
      .. "ntvol.lock %(D:%)\n$", result.out)
    assert.same({ "LOCK D:", "UNLOCK D:" }, lab:history())
    run(lab, { "repl", "Q:" }, 3, { input = "1\n" })
  end)

  it("goes on after mistakes, and returns 1", function()
    local result = repl("error 'one'\nx x\n(\nnil)()\nprint 'still here'\n", 1)
    assert.equal("still here\n", result.out)
    assert.matches("repl:1: one", result.err)
    assert.matches("syntax error", result.err)
    assert.matches("attempt to call a nil value", result.err)
  end)

  it("says when the input ends in the middle", function()
    local result = repl("for i = 1, 2 do\n", 1)
    assert.matches("<eof>", result.err)
  end)
end)

describe("ntvol repl on a terminal", function()
  -- What it prints when these keys are typed; it is left by Ctrl-D.
  local function type_keys(lab, keys, before)
    need_terminal()
    keys[#keys + 1], keys[#keys + 2] = "> ", "\4"
    local result = terminal.line(lab, (before or "") .. command.line({ "repl" },
      { machine = lab.path }), keys)
    assert.is_nil(result.out:find "traceback", result.out)
    return result
  end

  it("prompts, and goes on with what is not finished", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local result = type_keys(lab, { "> ", "(1 +\n", ">> ", "1)\n", "2", "" })
    assert.equal(0, result.code, result.out)
    assert.matches("Type help, or exit", result.out)
    assert.matches(">> 1%)\r\n2\r\n> ", result.out)
  end)

  it("clears the line at Ctrl-C, and drops what was begun", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local result = type_keys(lab, { "> ", "error 'typed'", "typed'", "\3",
      "\r\n> ", "for i = 1, 2 do\n", ">> ", "\3", "\r\n> ", "3 + 4\n",
      "7\r\n", "" })
    assert.equal(0, result.code, result.out)
    lacks(result.out, "repl:1")
  end)

  it("cancels what runs at Ctrl-C, each time", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local result = type_keys(lab, {
      "> ", "io.write('lo', 'op') io.flush() while true do end\n", "loop", "\3",
      "interrupted", "io.write('mo', 're') io.flush() while true do end\n",
      "more", "\3", "interrupted", "3 + 4\n", "7\r\n", "" })
    assert.equal(0, result.code, result.out)
  end)

  it("cancels a procedure at Ctrl-C, and takes it back", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local before = proc.windows or lab:bytes()
    type_keys(lab, {
      "> ", "p = ntvol.plan.change_filesystem('D:', { to = 'ntfs' })\n",
      "> ", "p:run { erase = 'D:', on_progress = function() io.write('ha', 'lf')"
        .. " io.flush() while true do end end }\n",
      "half", "\3", "interrupted", "3 + 4\n", "7\r\n", "" })
    assert.equal(before, lab:bytes())
  end)

  it("says once what is missing for editing, with the package", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local broken = lab.folder .. "/readline.lua"
    proc.lines("echo 'error {}' >" .. proc.quote(broken))
    local result = type_keys(lab, { "> ", "1\n" }, ("env LUA_PATH=%s "):format(
      proc.quote(lab.folder .. "/?.lua;" .. package.path)))
    local _, count = result.out:gsub("apt%-get install lua%-readline", "")
    assert.equal(1, count, result.out)
  end)
end)

describe("ntvol repl with the module readline", function()
  local EDITS = "\27[?2004h" -- what the library prints when a line begins

  local function installed()
    local _, code = proc.run(command.LUA .. " -e 'require [[readline]]"
      .. ".handler_install(\"\", print)'")
    return code == 0
  end

  local function with_readline(keys)
    need_terminal()
    if not installed() then
      pending "the module readline for Lua 5.4 is not installed"
    end
    local lab = command.lab(finally, "8M:fat:D:OLD")
    keys[#keys + 1], keys[#keys + 2] = "> ", "\4"
    local result = terminal.run(lab, { "repl", "D:" }, keys)
    assert.equal(0, result.code, result.out)
    contains(result.out, EDITS)
    lacks(result.out, "is not installed")
    return result, lab
  end

  it("completes names, methods and volumes", function()
    with_readline { "> ", "machine:volum\t()\n", "D:    FAT12", "",
      "> ", "type(ntvol.plan.change_f\t)\n", "function\r\n", "",
      "> ", "ntvol.open(\"d\t):close()\n", "", "",
      "> ", "ntvol.open(\"PhysicalD\t):kind()\n", "disk\r\n", "" }
  end)

  it("keeps lines for the next time", function()
    local _, lab = with_readline { "> ", "'first ' .. 'line'\n",
      "first line", "" }
    local result = terminal.run(lab, { "repl" }, { "> ", "\27[A\n",
      "first line", "", "> ", "\4" })
    assert.equal(0, result.code, result.out)
  end)

  it("clears the line at Ctrl-C", function()
    local result = with_readline { "> ", "error 'typed'", "typed'", "\3",
      "\r\n> ", "3 + 4\n", "7\r\n", "" }
    lacks(result.out, "repl:1")
  end)
end)

-- A stand-in for the module: its "editing" is a read of a line, and a line that
-- ends in "?" asks for what completes it.
local STAND_IN = [[
local M, handler, complete = {}, nil, nil
local function say(...) io.stdout:write("<", table.concat({ ... }, " "), ">\n") end
function M.set_options(options)
  say("options", (options.histfile:gsub(".*/", "")), tostring(options.auto_add))
end
function M.set_readline_name(name) say("name", name) end
function M.set_complete_function(f) complete = f end
function M.set_completion_append_character(text) say("append", #text) end
function M.handler_install(prompt, f)
  io.stdout:write(prompt)
  io.stdout:flush()
  handler = f
end
function M.handler_remove() handler = nil end
function M.read_char()
  local line = io.stdin:read "l"
  local text = line and line:match "^(.*)%?$"
  if text then
    local from = text:find "[^ \"'(;]*$"
    say("found", table.unpack(complete(text, from, #text + 1)))
    line = ""
  end
  handler(line)
end
function M.add_history(line) say("history", line) end
function M.save_history() say "saved" end
return M
]]

describe("ntvol repl with a stand-in for readline", function()
  local function with_stand_in(keys)
    need_terminal()
    local lab = command.lab(finally, "8M:fat:D:OLD",
      "gpt:8M=4M:fat:E+rest:raw:F")
    local file <close> = assert(io.open(lab.folder .. "/readline.lua", "w"))
    assert(file:write(STAND_IN))
    assert(file:flush())
    keys[#keys + 1], keys[#keys + 2] = "> ", "\4"
    local result = terminal.line(lab, ("env LUA_PATH=%s "):format(proc.quote(
      lab.folder .. "/?.lua;" .. package.path))
      .. command.line({ "repl", "D:" }, { machine = lab.path }), keys)
    assert.equal(0, result.code, result.out)
    return result.out
  end

  it("sets it up, and keeps each line once", function()
    local out = with_stand_in { "> ", "1\n", "> ", "1\n", "> ", "\n",
      "> ", "x = 2\n" }
    contains(out, "<options repl_history false>")
    contains(out, "<name ntvol>")
    local _, count = out:gsub("<history 1>", "")
    assert.equal(1, count, out)
    contains(out, "<history x = 2>")
    lacks(out, "<history >")
    contains(out, "<saved>")
  end)

  for typed, found in pairs {
    ["machine:vol"] = "machine:volumes",
    ["vol:unl"] = "vol:unlock",
    ["ntvol.pl"] = "ntvol.plan",
    ["ntvol.plan.ej"] = "ntvol.plan.eject",
    ["#ntvol.codes.FSCTL_LOCK"] = "#ntvol.codes.FSCTL_LOCK_VOLUME",
    ["string.rev"] = "string.reverse",
    ["whi"] = "while",
    ["expl"] = "explain",
    ["ntvol.open \"d"] = "d:",
    ["ntvol.open 'Phys"] = "PhysicalDrive0 PhysicalDrive1",
    ["x = { fs = \"exf"] = "exfat",
    ["explain \"medium_p"] = "medium_present",
    ["nothing.at.all"] = "",
    ["nothing:at"] = "",
    ["(1):x"] = "",
    ["machine.."] = "",
    ["\"done\" .. vol:loc"] = "vol:lock",
  } do
    it(("completes %s"):format(typed), function()
      local out = with_stand_in { "> ", typed .. "?\n" }
      contains(out, "<append 0>")
      contains(out, ("<found%s>"):format(found == "" and "" or " " .. found))
    end)
  end
end)

describe("ntvol repl --playground", function()
  local function play(input, words)
    if proc.windows then
      pending "on Windows a simulated machine makes no file systems"
    end
    local lab = command.lab(finally)
    proc.lines("mkdir " .. proc.quote(lab.folder .. "/tmp"))
    local result = command.capture(("NTVOL_STATE=%s %s"):format(
      proc.quote(lab.folder .. "/state"), command.line({ "repl",
        table.unpack(words or { "--playground" }) })), lab.folder, input)
    return result, lab
  end

  it("brings a machine to play with; a format and its undo stay out of the"
    .. " user's journal", function()
    local result, lab = play([[
folder = machine:name():match "^sim:(.*)"
print("at " .. folder)
#ntvol.volumes()
p = ntvol.plan.change_filesystem("D:", { to = "ntfs" })
p:run({ erase = "D:" }).outcome
ntvol.volumes()[1].file_system
#ntvol.journal.open():entries() > 0
ntvol.journal.open():path():sub(1, #folder) == folder
ntvol.undo("D:", { erase = "D:" }).outcome
ntvol.machine():volumes()[1].file_system
]])
    assert.equal(0, result.code, result.err)
    local folder = result.out:match "^at ([^\n]+)\n"
    assert.equal(0, select(2, proc.run("test ! -e " .. folder)))
    assert.equal("", (proc.run("ls -d " .. folder .. "* 2>/dev/null")))
    assert.equal("", (proc.run("ls " .. lab.folder .. "/state 2>/dev/null")))
    assert.matches("\n3\n.*\ntrue\ntrue\n.*\nFAT16\n$", result.out)
  end)

  it("is removed when a mistake or the end of the input leaves it", function()
    local result = play("machine:name()\nv = ntvol.open 'D:'\nerror 'x'\n",
      { "--playground", "D:" })
    assert.equal(1, result.code)
    local folder = result.out:match "^sim:([^\n]+)\n"
    assert.equal("", (proc.run("ls -d " .. folder .. "* 2>/dev/null")))
  end)

  it("has no other machine", function()
    local lab = command.lab(finally, "8M:fat:D")
    local result = command.capture(command.line { "--machine", lab.path,
      "repl", "--playground" }, lab.folder)
    assert.equal(2, result.code)
    assert.matches("hint: leave out %-%-machine", result.err)
  end)
end)

describe("require \"ntvol.repl\"", function()
  it("prints results of lua5.4 -i as ntvol repl does", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local result = command.capture(("NTVOL_MACHINE=%s LUA_PATH=%s LUA_CPATH=%s"
      .. " %s -i -l ntvol.repl"):format(proc.quote(lab.path),
      proc.quote(package.path), proc.quote(package.cpath), command.LUA),
      lab.folder, "ntvol = require 'ntvol'\nntvol.volumes()\n"
        .. "ntvol.open 'Q:'\n'\\27[2J'\nprint({ 1, 2 }, nil)\n")
    assert.equal(0, result.code, result.err)
    contains(result.out, "NAME  FS     LABEL  SIZE   STATE\n"
      .. "D:    FAT12  OLD    8 MiB  mounted\n")
    contains(result.out, "error: open 'Q:': not found")
    contains(result.out, "\nhint: list what is there")
    contains(result.out, "\\x1b[2J\n")
    contains(result.out, "{ 1, 2 }\tnil\n")
  end)
end)
