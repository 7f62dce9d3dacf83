-- The tutorials: their files are written, their commands are typed on a terminal,
-- and what they show is what was printed. "..." in a line stands for any text,
-- and a line of it for any lines.

local command = require "spec.support.command"
local proc = require "spec.support.proc"
local terminal = require "spec.support.terminal"

local function need_terminal()
  local reason = terminal.missing()
  if reason then
    pending(reason)
  end
end

local MARK = "-- command --"

-- The blocks of a page: `{ language, text }`.
local function blocks_of(page)
  local blocks = {}
  for language, text in ("\n" .. proc.slurp(page)):gmatch "\n```(%a+)\n(.-)\n```" do
    blocks[#blocks + 1] = { language = language, text = text }
  end
  return blocks
end

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text, "\n"))
  assert(file:flush())
end

-- The commands of all console blocks, and the lines shown after each.
local function commands_of(blocks)
  local commands = {}
  for _, block in ipairs(blocks) do
    for line in (block.language == "console" and block.text or "")
      :gmatch "[^\n]+" do
      local typed = line:match "^%$ (.*)$"
      if typed then
        commands[#commands + 1] = { typed = typed, shown = {} }
      else
        table.insert(commands[#commands].shown, line)
      end
    end
  end
  return commands
end

local function write_files(blocks, folder)
  for _, block in ipairs(blocks) do
    local name = block.language == "lua" and block.text:match "^%-%- (%S+%.lua)\n"
    if name then
      write(folder .. "/" .. name, block.text)
    end
  end
end

-- A tab counts as blanks, as on a terminal.
local function one_blank(text)
  return (text:gsub("%s+", " "))
end

local function matches_line(line, shown)
  local pattern = one_blank(shown):gsub("%p", "%%%0"):gsub("%%%.%%%.%%%.", ".*")
  return one_blank(line):find("^" .. pattern .. "$") ~= nil
end

-- Whether lines from `i` on are those shown from `k` on.
local function is_shown(lines, shown, i, k)
  if not shown[k] then
    return not lines[i]
  elseif shown[k] == "..." then
    return is_shown(lines, shown, i, k + 1)
      or lines[i] ~= nil and is_shown(lines, shown, i + 1, k)
  end
  return lines[i] ~= nil and matches_line(lines[i], shown[k])
    and is_shown(lines, shown, i + 1, k + 1)
end

-- What a terminal shows at the end: a line that was written over is not seen.
local function lines_of(text)
  local lines = {}
  for line in text:gsub("\r\n", "\n"):gmatch "[^\n]+" do
    lines[#lines + 1] = line:match "[^\r]*$"
  end
  return lines
end

-- One sh types all commands of a page, with ntvol and its modules at hand.
local function script_of(commands, folder)
  local tree = proc.lines("pwd")[1]
  local script = { ("export PATH=%s/bin:$PATH LUA_PATH='./?.lua;%s' LUA_CPATH='%s'")
    :format(folder, package.path:gsub("%./", tree .. "/"),
      package.cpath:gsub("%./", tree .. "/")), "unset NTVOL_MACHINE",
    "cd " .. folder }
  for _, one in ipairs(commands) do
    script[#script + 1] = "echo '" .. MARK .. "'\n" .. one.typed
  end
  script[#script + 1] = "exit 0"
  return table.concat(script, "\n")
end

-- The output of each command.
local function outputs_of(out)
  local outputs = {}
  for part in (out .. MARK):gmatch("(.-)" .. MARK:gsub("%-", "%%-")) do
    outputs[#outputs + 1] = part
  end
  table.remove(outputs, 1)
  return outputs
end

local function run(page, lab)
  local blocks = blocks_of(page)
  local commands = commands_of(blocks)
  write_files(blocks, lab.folder)
  proc.lines("mkdir " .. lab.folder .. "/bin")
  write(lab.folder .. "/bin/ntvol", ("#!/bin/sh\nexec %s %s \"$@\""):format(
    command.LUA, proc.quote(proc.lines("pwd")[1] .. "/bin/ntvol")))
  proc.lines("chmod 755 " .. lab.folder .. "/bin/ntvol")
  write(lab.folder .. "/page.sh", script_of(commands, lab.folder))
  local result = terminal.line(lab, "sh " .. lab.folder .. "/page.sh", {})
  assert.equal(0, result.code, result.err)
  return commands, outputs_of(result.out)
end

describe("docs/", function()
  for _, page in ipairs(proc.lines "ls docs/tutorial-*.md") do
    it(page:match "[^/]+$" .. " runs as it stands, and prints what it shows",
      function()
        need_terminal()
        local lab = command.lab(finally)
        local commands, outputs = run(page, lab)
        assert.is_true(#commands > 0)
        assert.equal(#commands, #outputs)
        for i, one in ipairs(commands) do
          local lines = lines_of(outputs[i])
          assert(is_shown(lines, one.shown, 1, 1), ("$ %s\n%s\nshown:\n%s"):format(
            one.typed, table.concat(lines, "\n"),
            table.concat(one.shown, "\n")))
        end
      end)

    it(page:match "[^/]+$" .. " is one screen, and known to README", function()
      local count = select(2, proc.slurp(page):gsub("\n", ""))
      assert.is_true(count <= 80, count)
      assert(proc.slurp("README.md"):find(page, 1, true), page)
    end)
  end
end)

-- README's Lua can be pasted into lua5.4, line by line.
describe("README", function()
  it("has Lua that can be pasted at the prompt of lua5.4", function()
    if proc.windows then
      pending "on Windows a simulated machine makes no file systems"
    end
    local lab = command.lab(finally, "64M:fat:D:OLD")
    local tree = proc.lines("pwd")[1]
    local lines = {}
    for _, block in ipairs(blocks_of "README.md") do
      if block.language == "lua" then
        lines[#lines + 1] = block.text
      end
    end
    assert.is_true(#lines >= 2)
    lines[#lines + 1] = "print 'all of it'\n"
    local result = command.capture(("cd %s && NTVOL_STATE=state LUA_PATH='%s'"
      .. " LUA_CPATH='%s' %s -i"):format(proc.quote(lab.folder),
      package.path:gsub("%./", tree .. "/"),
      package.cpath:gsub("%./", tree .. "/"), command.LUA), lab.folder,
      table.concat(lines, "\n"))
    assert.equal(0, result.code, result.err)
    assert.is_nil(result.err:find "stdin:", result.err)
    assert.matches("all of it", result.out)
    local machine <close> = lab:connect()
    assert.equal("NTFS", machine:volumes()[1].file_system)
  end)

  it("shows what ntvol repl --playground prints", function()
    if proc.windows then
      pending "on Windows a simulated machine makes no file systems"
    end
    local lab = command.lab(finally)
    local typed, shown = {}, {}
    for _, block in ipairs(blocks_of "README.md") do
      for line in (block.text:find "^> " and block.text or ""):gmatch "[^\n]+" do
        local text = line:match "^> (.*)$"
        table.insert(text and typed or shown, text or line)
      end
    end
    assert.is_true(#typed > 2 and #shown > 2)
    local result = command.capture("NTVOL_STATE=" .. lab.folder .. " "
      .. command.line { "repl", "--playground" }, lab.folder,
      table.concat(typed, "\n"))
    assert.equal(0, result.code, result.err)
    assert.same(shown, lines_of(result.out))
  end)
end)
