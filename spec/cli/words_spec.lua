-- Words of other tools: each is answered with a command of ours that is there,
-- and docs/from-other-tools.md has all of them.

local command = require "spec.support.command"
local proc = require "spec.support.proc"
local words = require "ntvol.cli.words"

local PAGE = "docs/from-other-tools.md"

-- Calls f(row, word) for each word.
local function each(f)
  for _, tool in ipairs(words.TOOLS) do
    for _, row in ipairs(tool.rows) do
      for _, word in ipairs(words.words_of(row)) do
        f(row, word)
      end
    end
  end
end

local function commands()
  local list = {}
  for _, tool in ipairs(words.TOOLS) do
    for _, row in ipairs(tool.rows) do
      for _, line in ipairs(row[2] or {}) do
        list[#list + 1] = line
      end
    end
  end
  return list
end

-- A line of ours with what the lab has, so that it may be run.
local function runnable(lab, line)
  local machine <close> = lab:connect()
  local list, letterless = {}, machine:volumes()[3].guid_path
  for word in line:gmatch "%S+" do
    list[#list + 1] = word == "VOLUME" and letterless or word == "lab"
      and lab.folder .. "/other" or word
  end
  if list[2] == "watch" then
    table.move({ "--timeout", "0" }, 1, 2, #list + 1, list)
  end
  assert.equal("ntvol", table.remove(list, 1))
  return list
end

describe("words of other tools", function()
  it("are answered with commands that are there, used rightly", function()
    local seen = {}
    for _, line in ipairs(commands()) do
      if not seen[line] then
        seen[line] = true
        local lab = command.lab(function() end, "8M:fat:D", "8M:fat:F",
          "8M:raw:-")
        local result = lab:run(runnable(lab, line),
          { input = "", machine = lab.path })
        proc.lines("rm -rf " .. proc.quote(lab.folder))
        assert.is_true(result.code ~= 2, line .. ": " .. result.err)
      end
    end
  end)

  it("are none of our own commands", function()
    local help = proc.run(command.line { "--help" })
    local ours = assert(help:match "\nCommands:\n(.-)\n\n")
    each(function(_, word)
      assert(not ours:find("\n   " .. word:lower() .. " ", 1, true), word)
    end)
  end)

  it("get the hint of their row in any case, and exit code 2", function()
    local lab = command.lab(finally)
    each(function(row, word)
      for _, spelled in ipairs { word, word:upper() } do
        local list = {}
        for part in spelled:gmatch "%S+" do
          list[#list + 1] = part:gsub("=$", "=E")
        end
        if list[2] then -- too many words for the command that we have
          table.move({ "x", "y", "z" }, 1, 3, #list + 1, list)
        end
        list[1] = list[2] and list[1]:lower() or list[1]
        local result = lab:run(list, { machine = false })
        assert.equal(2, result.code, result.err)
        assert.equal("hint: " .. words.hint(row) .. "\n",
          result.err:match "\n(hint: .*)$")
      end
    end)
  end)

  it("are looked up past --machine, and not among the words of a program",
    function()
      assert.equal("ntvol volumes",
        words.find({ "--machine", "lab", "LS" })[2][1])
      assert.equal("ntvol volumes", words.find({ "--machine=x", "ls" })[2][1])
      assert.is_nil(words.find { "lock", "--", "ls" })
      assert.is_nil(words.find { "lock", "ls" })
      assert.is_nil(words.find {})
    end)

  it("have one row each", function()
    local seen = {}
    each(function(_, word)
      assert.is_nil(seen[word:lower()], word)
      seen[word:lower()] = true
    end)
  end)

  it("are all in the page", function()
    local page = proc.slurp(PAGE)
    assert(page:find(assert(loadfile "tools/words.lua")("table"), 1, true),
      "run: make tables")
  end)

  it("the example of the page is what the command says", function()
    local word, line = proc.slurp(PAGE):match("\n%$ ntvol ([%w-]+)\n(.-)```")
    local output, code = proc.run(command.line { word } .. " 2>&1")
    assert.equal(2, code)
    assert.equal(line, output)
  end)
end)

describe("ntvol help", function()
  it("shows what --help shows", function()
    for _, row in ipairs { {}, { "format" }, { "sim" }, { "sim", "create" } } do
      local asked = table.move(row, 1, #row, 2, { "help" })
      local told = table.move(row, 1, #row, 1, {})
      told[#told + 1] = "--help"
      local output, code = proc.run(command.line(asked))
      assert.equal(0, code, output)
      assert.equal(proc.run(command.line(told)), output)
    end
  end)

  it("says which command is not there", function()
    local output, code = proc.run(command.line { "help", "volume" } .. " 2>&1")
    assert.equal(2, code)
    assert.matches("unknown command 'volume'\n", output, 1, true)
    assert.matches("\nhint: Did you mean 'volumes'?\n", output, 1, true)
  end)
end)
