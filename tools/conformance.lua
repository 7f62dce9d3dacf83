-- Writes the page of all rows of the rules of NT, with their tests and results on
-- every kind of machine, from a run of spec/conformance. Called by `make tables`.

package.path = "./?.lua;" .. package.path

local kinds = require "spec.support.kinds"
local list = require "spec.support.rows"
local proc = require "spec.support.proc"
local tap = require "spec.support.tap"

local HEAD = [[
# Conformance

Every rule of NT, what is known about it, and the tests of `spec/conformance` that show it, on each
kind of machine. [rules.md](rules.md) states the rules with their sources. `make tables` writes
this page from a run of these tests. `spec/conformance/coverage_spec.lua` fails when a row has no
test, is missing here, or stands nowhere in the rules.

The first word of a row is its place: a letter with a number is a row of the transition tables, a
number a section, `obs` an observation; the last word is the file system. Evidence:

| mark | what it rests on |
| --- | --- |
| C | source code that Microsoft publishes |
| D | documentation of Microsoft |
| B, R, W | source code of WinBtrfs, ReactOS, Wine |
| X | executed |
| P | practice of programs that are in use |
| inf | inferred from the others |
| O | observed on a running kernel |
| choice | nothing: what this machine answers is documented in [simulator.md](simulator.md) |

]]

local CELLS = [[
In the columns of the machines:

| cell | what it says |
| --- | --- |
| passed | the tests of the row passed on this machine |
| passed, N of M | this machine plays so many of them; the rest is as in its empty cells |
| given | the system below was told what to answer: what is tested is what the machine makes of it |
| all | a table that every machine shares: no machine is asked |
| cannot X | this machine has no operation X, without which nothing can be seen of the row |
| not applicable | the rule can be seen on no machine |
]]

-- Results of the run: key -> { words = {...}, kind = { list of tests } }.
local function read_run(path)
  local run = {}
  for _, test in ipairs(tap.parse(proc.slurp(path)).tests) do
    local name = test.name ~= "" and test.name or test.skip
    local key, words, kind, given = list.parse_test(name)
    if kind then
      local row = run[key] or { words = {} }
      run[key] = row
      if not row.words[words] then
        row.words[words] = true
        table.insert(row.words, words)
      end
      row[kind] = row[kind] or {}
      table.insert(row[kind], { ok = test.ok, skip = test.skip, given = given })
    end
  end
  return run
end

-- What each machine says that it can do.
local can = kinds.capabilities()

local function escape(text)
  return (text:gsub("|", "\\|"))
end

local function tests_of(row)
  local words = {}
  for _, one in ipairs(row.words) do
    words[#words + 1] = escape(one)
  end
  return #words > 0 and table.concat(words, "<br>") or "-"
end

-- What a machine made of the tests that it played, of `all`.
local function result_of(tests, all)
  local given = true
  for _, test in ipairs(tests) do
    if not test.ok then
      return "FAILED"
    elseif test.skip then
      return "skipped"
    end
    given = given and test.given
  end
  local played = given and "given" or "passed"
  return #tests < all and ("%s, %d of %d"):format(played, #tests, all) or played
end

-- What of the needs of a row a machine cannot do; nil when it can all.
local function lacks(row, subject, kind)
  for _, word in ipairs(list.needs(row, subject)) do
    if not can[kind.key][word] then
      return word
    end
  end
end

local function cell_of(row, subject, played, kind)
  local key = list.key(row.id, subject)
  local lacking = lacks(row, subject, kind)
  if row.not_applicable then
    return "not applicable"
  elseif list.missing(key) then
    return "pending"
  elseif played[list.SHARED] and not played[kind.key] then
    return result_of(played[list.SHARED], 0) == "FAILED" and "FAILED" or "all"
  end
  return played[kind.key] and result_of(played[kind.key], #played.words)
    or lacking and "cannot " .. lacking or kind.blank
end

-- Why a row is not played at all.
local function reason_of(row, key)
  local feature = list.missing(key)
  return row.not_applicable and row.text .. " (" .. row.not_applicable .. ")"
    or feature and row.text .. " (not simulated yet: " .. feature .. ")"
    or row.text
end

local function heads(count, field)
  local words = {}
  for i, kind in ipairs(kinds.list) do
    words[i] = field and kind[field] or "---"
  end
  return ("| --- "):rep(count) .. "| " .. table.concat(words, " | ") .. " |"
end

-- One line for each row on each file system. Counts cells by machine.
local function row_lines(run, counts)
  local lines, section = {}, nil
  for _, row in ipairs(list.rows) do
    if row.table ~= section then
      section = row.table
      lines[#lines + 1] = ("\n## %s\n"):format(section)
      lines[#lines + 1] = (heads(4, "title"):gsub("^| %-+ | %-+ | %-+ | %-+",
        "| row | evidence | says | tests"))
      lines[#lines + 1] = heads(4)
    end
    for _, subject in ipairs(list.subjects(row)) do
      local key = list.key(row.id, subject.name)
      local played, cells = run[key] or { words = {} }, {}
      for i, kind in ipairs(kinds.list) do
        cells[i] = cell_of(row, subject.name, played, kind)
        local plain = cells[i]:gsub(",.*", ""):gsub("^cannot .*", "cannot")
        counts[i][plain] = (counts[i][plain] or 0) + 1
        counts[plain] = true
      end
      lines[#lines + 1] = ("| %s | %s | %s | %s | %s |"):format(key,
        subject.evidence, escape(reason_of(row, key)), tests_of(played),
        table.concat(cells, " | "))
    end
  end
  return lines
end

-- How many rows each machine plays.
local function count_lines(counts)
  local lines, names = { (heads(1, "title"):gsub("^| %-+", "| rows")), heads(1) }, {}
  for name in pairs(counts) do
    names[#names + 1] = type(name) == "string" and name or nil
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local cells = {}
    for i in ipairs(kinds.list) do
      cells[i] = counts[i][name] or "-"
    end
    lines[#lines + 1] = ("| %s | %s |"):format(name, table.concat(cells, " | "))
  end
  return lines
end

local function capability_lines()
  local lines = { (heads(1, "title"):gsub("^| %-+", "| operation")), heads(1) }
  local names = {}
  for name in pairs(can[kinds.list[1].key]) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local cells = {}
    for i, kind in ipairs(kinds.list) do
      cells[i] = can[kind.key][name] and "yes" or "-"
    end
    lines[#lines + 1] = ("| %s | %s |"):format(name, table.concat(cells, " | "))
  end
  return lines
end

-- What an empty cell says, for each machine.
local function blank_lines()
  local lines = {}
  for _, kind in ipairs(kinds.list) do
    lines[#lines + 1] = kind.blank ~= "NO TEST" and ("| %s | %s: %s |"):format(
      kind.blank, kind.title, kind.why) or nil
  end
  return lines
end

local function page_of(run)
  local counts = {}
  for i in ipairs(kinds.list) do
    counts[i] = {}
  end
  local rows = row_lines(run, counts)
  return table.concat({
    HEAD .. CELLS:gsub("\n$", ""):gsub("\n\n$", "\n"):gsub("\n$", ""),
    table.concat(blank_lines(), "\n"), "",
    table.concat(count_lines(counts), "\n"), "",
    "What each machine can do, as its `capabilities` say:", "",
    table.concat(capability_lines(), "\n"),
    table.concat(rows, "\n"), "" }, "\n")
end

local from, to = ...
if not to then
  io.stderr:write("usage: tools/conformance.lua RUN.tap PAGE.md\n")
  os.exit(2)
end
local page = page_of(read_run(from))
local file = assert(io.open(to, "w"))
assert(file:write(page))
assert(file:close())
