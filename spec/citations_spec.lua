-- What comments, tests and documents cite can be looked up: rules of NT in
-- docs/rules.md, complaints of users in docs/scenarios.md.

local model = require "spec.support.nt_model"
local proc = require "spec.support.proc"
local rows = require "spec.support.rows"

local SCENARIOS = "docs/scenarios.md"

-- Files that cite sections of another document, which they name.
local OF_ANOTHER = {
  ["src/nt/disk/gpt.c"] = "UEFI", ["src/nt/disk/mbr.c"] = "UEFI",
  ["src/nt/disk/exfat.c"] = "exFAT", ["src/nt/disk/iso.c"] = "ECMA",
  ["spec/support/iso.lua"] = "ECMA",
  ["examples/exclusive_read.lua"] = "RFC 1950",
}

-- The anchors of a page, added to `found`.
local function anchors_of(path, found)
  for anchor in proc.slurp(path):gmatch '<a id="([^"]+)">' do
    assert(not found[anchor], anchor .. " stands twice in " .. path)
    found[anchor] = true
  end
  return found
end

local function anchors()
  return anchors_of(SCENARIOS, anchors_of(rows.PAGE, {}))
end

local function add(found, cited, anchor)
  found[#found + 1] = { cited = cited, anchor = anchor or rows.anchor(cited) }
end

-- "L3", "obs 10 to 12", "9.1 row 16", "S7"
local function add_rules(found, line)
  for rule in line:gmatch "%f[%w_%-][OLUDIFX]%d%d?%f[^%w_]" do
    add(found, rule)
  end
  for rule in line:gmatch "%f[%w_%-]W%d%f[^%w_]" do
    add(found, rule)
  end
  for number in line:gmatch "%f[%w_%-]S(%d%d?)%f[^%w_]" do
    add(found, "S" .. number, "scenario-S" .. number)
  end
  for list in line:gmatch "%f[%w]obs (%d[%d, to]*)" do
    for number in list:gmatch "%d+" do
      add(found, "obs " .. number)
    end
  end
  for section, kind, number in line:gmatch "%f[%w.](%d[%d.]*) (%l+) (%d+)" do
    if kind == "row" or kind == "bullet" or kind == "step" then
      add(found, ("%s %s %s"):format(section, kind, number))
    end
  end
end

-- "section 3", "1.10": the latter in comments and in front of tests only,
-- because sizes and times look like it.
local function add_sections(found, line, notes)
  for section in line:gmatch "[Ss]ection (%d[%d.]*)" do
    add(found, (section:gsub("%.$", "")))
  end
  for section in notes:gmatch "%f[%w.]([1-9]%.[1-9]%d?)%f[^%w]" do
    add(found, section)
  end
  local section = line:match '"(%d%.%d%d?)[%w ]*: '
  if section then
    add(found, section)
  end
end

-- What of a line is comment.
local function notes_of(path, line)
  if path:find "%.lua$" then
    return line:match "%-%- (.*)" or ""
  elseif path:find "%.[ch]c?$" then
    return line:match "/%*(.*)" or line:match "^%s*%*(.*)"
      or line:match "^ +[%w(].*%*/$" or ""
  end
  return ""
end

-- What cannot be looked up, as "path:line: cited: text".
local function broken(path, text, known)
  local found, number = {}, 0
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local cited = {}
    number = number + 1
    add_rules(cited, line)
    if not OF_ANOTHER[path] then
      add_sections(cited, line, notes_of(path, line))
    end
    for _, one in ipairs(cited) do
      if not known[one.anchor] then
        found[#found + 1] = ("%s:%d: %s cannot be looked up: %s"):format(path,
          number, one.cited, line)
      end
    end
  end
  return found
end

-- The rule named in the first cell of a table's row, and its last cell.
local function corrections()
  local found = {}
  for line in io.lines(rows.PAGE) do
    local name, last = line:match '^| <a id="rule%-([XW]%d+)">.*| ([^|]+) |$'
    if name then
      found[name] = last
    end
  end
  return found
end

describe("citations:", function()
  local known = anchors()

  it("all lead to an anchor of docs/rules.md or docs/scenarios.md",
    function()
      local wrong, count = {}, 0
      for _, path in ipairs(proc.lines [[find src lua spec tools bench \
          examples docs *.md -name '*.[ch]' -o -name '*.cc' -o -name '*.lua' \
          -o -name '*.md' | grep -v citations_spec | sort]]) do
        count = count + 1
        for _, one in ipairs(broken(path, proc.slurp(path), known)) do
          wrong[#wrong + 1] = one
        end
      end
      assert(count > 300, count .. " files")
      assert.same({}, wrong)
    end)

  for _, case in ipairs {
    { "a.c", "/* L99 */" }, { "a.lua", 'it("X40: no")' }, { "a.md", "W9" },
    { "a.c", "/* 9.1 row 42 */" }, { "a.md", "7 step 11" },
    { "a.md", "obs 40, 42" }, { "a.lua", "-- obs 3 to 44" },
    { "a.c", "/* 1.13: ... */" }, { "a.c", " * (1.10, 4.5)." },
    { "a.lua", "-- as 7.7 says" }, { "a.lua", 'it("9.5 fat: no")' },
    { "a.md", "see section 11" }, { "a.lua", "-- S19" },
  } do
    it("a wrong one is noticed: " .. case[2], function()
      assert.equal(1, #broken(case[1], case[2], known))
    end)
  end

  it("every file that cites another document names it", function()
    for path, name in pairs(OF_ANOTHER) do
      assert(proc.slurp(path):find(name, 1, true), path)
    end
  end)

  it("every scenario has its spec, and every spec its scenario", function()
    local page, stated, specs = proc.slurp(SCENARIOS), {}, {}
    for number in page:gmatch '<a id="scenario%-S(%d+)">' do
      stated[#stated + 1] = ("spec/scenarios/S%s_spec.lua"):format(number)
      assert(page:find("`" .. stated[#stated] .. "`", 1, true), number)
    end
    for _, path in ipairs(proc.lines "ls spec/scenarios/*_spec.lua") do
      specs[#specs + 1] = path
    end
    table.sort(stated)
    table.sort(specs)
    assert.same(stated, specs)
  end)

  it("docs/rules.md and the model agree on which are built in", function()
    local page = corrections()
    for name, is_built_in in pairs(model.BUILT_IN) do
      assert.equal(is_built_in and "yes" or "no", page[name], name)
    end
    assert(page.X21 and page.W8, "docs/rules.md was not understood")
  end)
end)
