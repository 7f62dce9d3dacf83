-- Every row of the rules has a test, every test a row.

local c = require "spec.support.conformance"
local kinds = require "spec.support.kinds"
local proc = require "spec.support.proc"
local list = require "spec.support.rows"

local FOLDER = "spec/conformance/"
local PAGE = "docs/conformance.md"

-- Names of all tests of the folder.
local function tests()
  local names = {}
  for _, path in ipairs(proc.lines("ls " .. FOLDER .. "*_spec.lua")) do
    if path ~= FOLDER .. "coverage_spec.lua" then
      for _, name in ipairs(c.names_in(path)) do
        names[#names + 1] = name
      end
    end
  end
  return names
end

-- Keys of the rows that need a test: "L3 fat".
local function keys()
  local found = {}
  for _, row in ipairs(list.rows) do
    for _, subject in ipairs(list.subjects(row)) do
      found[list.key(row.id, subject.name)] = row
    end
  end
  return found
end

describe("conformance:", function()
  if proc.windows then
    pending "the tree is looked at where it is native: other machines play there"
    return
  end

  it("every row has a test on every simulated machine, on every file system it"
    .. " speaks of", function()
    local tested, lacking = {}, {}
    for _, name in ipairs(tests()) do
      local key, _, kind = list.parse_test(name)
      tested[key .. " @" .. kind] = true
    end
    for key, row in pairs(keys()) do
      local on = tested[key .. " @" .. list.SHARED] or row.not_applicable
      for _, kind in ipairs(kinds.named "folder memory") do
        local alone = kind.key == "memory" and list.needs_others(key)
        if not (on or alone or tested[key .. " @" .. kind.key]) then
          lacking[#lacking + 1] = key .. " @" .. kind.key
        end
      end
    end
    table.sort(lacking)
    assert.same({}, lacking)
  end)

  it("what the machines share, and what Windows decides, is played there", function()
    local count = {}
    for _, name in ipairs(tests()) do
      local _, _, kind, given = list.parse_test(name)
      kind = given and "given" or kind
      count[kind] = (count[kind] or 0) + 1
    end
    for _, kind in ipairs { "windows", "given", "foreign", list.SHARED } do
      assert((count[kind] or 0) > 10, "hardly any test on " .. kind)
    end
  end)

  it("what a machine cannot do, as its capabilities say, is not played there", function()
    local can, known, wrong = kinds.capabilities(), keys(), {}
    for _, name in ipairs(tests()) do
      local key, _, kind = list.parse_test(name)
      for _, word in ipairs(known[key] and list.needs(known[key], key:match "%S+$")
        or {}) do
        if kind ~= list.SHARED and not can[kind][word] then
          wrong[#wrong + 1] = name
        end
        assert(can.folder[word] ~= nil, "no capability is called " .. word)
      end
    end
    assert.same({}, wrong)
  end)

  it("every test names a row that it can prove", function()
    local known, wrong = keys(), {}
    for _, name in ipairs(tests()) do
      local row = known[(list.parse_test(name))]
      if not row or row.not_applicable then
        wrong[#wrong + 1] = name
      end
    end
    assert.same({}, wrong)
  end)

  it("a row that waits for a feature has no other test", function()
    local wrong = {}
    for _, name in ipairs(tests()) do
      local waits = name:find("(not simulated yet: ", 1, true) ~= nil
      if waits ~= (list.missing((list.parse_test(name))) ~= nil) then
        wrong[#wrong + 1] = name
      end
    end
    assert.same({}, wrong)
  end)

  it("what waits for a feature is a row", function()
    local known, wrong = keys(), {}
    for feature, what in pairs(require "spec.conformance.missing") do
      for _, key in ipairs(what.rows or {}) do
        if not known[key] then
          wrong[#wrong + 1] = feature .. ": " .. key
        end
      end
    end
    assert.same({}, wrong)
  end)

  it("docs/rules.md has no rule without a row, and no row is without a rule",
    function()
      local rules, stated, has, wrong = list.rules(), {}, {}, {}
      for _, anchor in ipairs(rules) do
        stated[anchor] = true
      end
      for _, row in ipairs(list.rows) do
        has[list.anchor_of(row)] = true
        if not stated[list.anchor_of(row)] then
          wrong[#wrong + 1] = row.id .. " stands nowhere"
        end
      end
      for _, anchor in ipairs(rules) do
        if not has[anchor] then
          wrong[#wrong + 1] = anchor .. " has no row"
        end
      end
      assert(#rules > 300, "docs/rules.md was not understood")
      assert.same({}, wrong)
    end)

  it("the page lists every row", function()
    local page, lacking = proc.slurp(PAGE), {}
    for key in pairs(keys()) do
      if not page:find("| " .. key .. " |", 1, true) then
        lacking[#lacking + 1] = key
      end
    end
    table.sort(lacking)
    assert.same({}, lacking)
  end)
end)
