-- Writes the page of all rows of the rules of NT, with their tests and results,
-- from a run of spec/conformance. Called by `make tables`.

package.path = "./?.lua;" .. package.path

local list = require "spec.support.rows"
local proc = require "spec.support.proc"
local tap = require "spec.support.tap"

local HEAD = [[
# Conformance

Every rule of NT, what is known about it, and the tests of `spec/conformance` that show it on a
simulated machine. [rules.md](rules.md) states the rules with their sources. `make tables` writes
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

| result | rows |
| --- | --- |
]]

-- Results of the run: key -> list of { name, ok }.
local function read_run(path)
  local run = {}
  for _, test in ipairs(tap.parse(proc.slurp(path)).tests) do
    local name = test.name ~= "" and test.name or test.skip
    local key = name:match("^(.-): ")
    run[key or name] = run[key or name] or {}
    table.insert(run[key or name], { name = name, ok = test.ok,
      skip = test.skip })
  end
  return run
end

-- What follows the key in the name of a test, without the mark of evidence.
local function words_of(name)
  local text = name:match("^.-: (.*)$")
  return (text:gsub(" %[[^%]]*%]$", ""):gsub(" choice$", ""))
end

local function escape(text)
  return (text:gsub("|", "\\|"))
end

local function tests_of(tests)
  local words = {}
  for _, test in ipairs(tests) do
    words[#words + 1] = escape(words_of(test.name))
  end
  return table.concat(words, "<br>")
end

local function result_of(row, key, tests)
  if row.not_applicable then
    return "not applicable", row.not_applicable
  end
  local feature = list.missing(key)
  if feature then
    return "pending", "not simulated yet: " .. feature
  end
  for _, test in ipairs(tests) do
    if not test.ok then
      return "FAILED"
    elseif test.skip then
      return "skipped", test.skip
    end
  end
  return #tests > 0 and "passed" or "NO TEST"
end

local function page_of(run)
  local lines, counts, order, section = {}, {}, {}, nil
  for _, row in ipairs(list.rows) do
    if row.table ~= section then
      section = row.table
      lines[#lines + 1] = ("\n## %s\n\n| row | evidence | says | tests | result |")
        :format(section)
      lines[#lines + 1] = "| --- | --- | --- | --- | --- |"
    end
    for _, subject in ipairs(list.subjects(row)) do
      local key = list.key(row.id, subject.name)
      local tests = run[key] or {}
      local result, reason = result_of(row, key, tests)
      if not counts[result] then
        counts[result] = 0
        order[#order + 1] = result
      end
      counts[result] = counts[result] + 1
      local tested = (result == "pending" or result == "not applicable")
        and "-" or tests_of(tests)
      lines[#lines + 1] = ("| %s | %s | %s | %s | %s |"):format(key,
        subject.evidence, escape(row.text), tested,
        reason and result .. ": " .. escape(reason) or result)
    end
  end
  local head = {}
  for _, result in ipairs(order) do
    head[#head + 1] = ("| %s | %d |"):format(result, counts[result])
  end
  return HEAD .. table.concat(head, "\n") .. "\n" .. table.concat(lines, "\n")
    .. "\n"
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
