-- The manual page and the completions say what the command's help says: these
-- specs walk the help as a user sees it, so that a new command is in all of them.

local command = require "spec.support.command"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local function ntvol(...)
  local output, code = proc.run(command.line { ... })
  assert.equal(0, code, output)
  return output
end

local function one_line(text)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- The entries of one section of a help text: { label, description }.
local function entries(help, section)
  local list, text = {}, help:match("\n" .. section .. ":\n(.-)\n\n")
    or help:match("\n" .. section .. ":\n(.*)$")
  for line in (text or ""):gmatch("[^\n]+") do
    local label, rest = line:match("^   (%S.-)%s%s%s*(%S.*)$")
    if not label and line:find("^   %S") then
      label, rest = line:match("^   (.*)$"), ""
    end
    if label then
      list[#list + 1] = { label = label, description = rest }
    else
      local last = list[#list]
      last.description = one_line(last.description .. " " .. line)
    end
  end
  return list
end

-- Every command with its help, the one of all commands first.
local function walk(list, words)
  local line = table.move(words, 1, #words, 1, {})
  line[#line + 1] = "--help"
  local help = ntvol(table.unpack(line))
  list[#list + 1] = { name = table.concat(words, " "), help = help }
  for _, entry in ipairs(entries(help, "Commands")) do
    local deeper = table.move(words, 1, #words, 1, {})
    deeper[#deeper + 1] = entry.label
    walk(list, deeper)
  end
  return list
end

local commands = walk({}, {})

describe("the help", function()
  it("has the commands and options that these specs walk", function()
    local names = {}
    for _, item in ipairs(commands) do
      names[item.name] = #entries(item.help, "Options")
    end
    assert.equal(3, names[""])
    assert(names["change-fs"] >= 7)
    assert(names["sim create"] >= 4)
  end)

  it("fits into 79 columns", function()
    local wide = {}
    for _, item in ipairs(commands) do
      for line in item.help:gmatch("[^\n]+") do
        if utf8.len(line) > 79 then
          wide[#wide + 1] = item.name .. ": " .. line
        end
      end
    end
    assert.same({}, wide)
  end)

  it("has an example for every command", function()
    local without = {}
    for _, item in ipairs(commands) do
      if not item.help:find("\nExamples?:") and item.name ~= "sim" then
        without[#without + 1] = item.name
      end
    end
    assert.same({}, without)
  end)
end)

describe("ntvol man", function()
  -- The page as a reader sees it, in one line.
  local function rendered(folder)
    local path = folder .. "/ntvol.1"
    proc.lines(command.line { "man" } .. " >" .. path)
    return one_line(table.concat(proc.lines(
      "MANWIDTH=100 LC_ALL=C.UTF-8 groff -man -Tutf8 -P-c " .. path
      .. " | sed 's/.\b//g'"), "\n")), path
  end

  it("has every command, argument and option with its description", function()
    if not proc.has("groff") then
      pending("groff is not installed")
    end
    local page, missing = rendered(tempdir(finally)), {}
    local function need(text, where)
      if not page:find(one_line(text), 1, true) then
        missing[#missing + 1] = where .. ": " .. text
      end
    end
    for _, item in ipairs(commands) do
      need("ntvol " .. item.name, "commands")
      for _, section in ipairs { "Arguments", "Options" } do
        for _, entry in ipairs(entries(item.help, section)) do
          if item.name == "" or entry.label ~= "-h, --help" then
            need(entry.label .. " " .. entry.description, item.name)
          end
        end
      end
    end
    assert.same({}, missing)
  end)

  it("has what the help says below the options", function()
    if not proc.has("groff") then
      pending("groff is not installed")
    end
    local page = rendered(tempdir(finally))
    for _, text in ipairs {
      "EXIT STATUS 0 done, 1 refused by the machine",
      "go to the command, and ntvol waits for it. The lock holds until the command",
      "ntvol lock D: -- ntvol show D:",
      "EXAMPLES ntvol sim create lab --disk 64M:fat:D:OLD",
    } do
      assert(page:find(text, 1, true), text .. " is not in " .. page)
    end
  end)

  it("is a page that man and groff have nothing to say against", function()
    if not proc.has("groff") then
      pending("groff is not installed")
    end
    local _, path = rendered(tempdir(finally))
    assert.same({}, proc.lines("groff -ww -man -Tutf8 -z " .. path))
    local _, code = proc.run("man --version")
    if code == 0 then
      assert.same({}, proc.lines(
        "LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l " .. path .. " 2>&1 >"
        .. path .. ".txt"))
    end
  end)

  it("is a page that mandoc only misses a date in", function()
    if not proc.has("mandoc") then
      pending("mandoc is not installed")
    end
    local _, path = rendered(tempdir(finally))
    local output = proc.run("mandoc -T lint -W warning " .. path)
    assert.matches('^mandoc: [^\n]*: WARNING: missing date, using "": TH\n$',
      output)
  end)

  it("escapes what roff would take for itself", function()
    local man = require "ntvol.cli.man"
    local parser = require "argparse"("x", "A -test.")
    parser:option "--a"
      :argname "B"
      :description ".begins with a dot, has \\ and 'quotes'"
    local page = man.page(parser, "1-0")
    assert.matches("\n\\&.begins with a dot, has \\(rs and \\(aqquotes\\(aq\n",
      page, 1, true)
    assert.matches('"x 1\\-0"', page, 1, true)
  end)
end)
