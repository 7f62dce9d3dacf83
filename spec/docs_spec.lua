-- Every public name is documented where people look for it: beside the code
-- (LDoc), in types/ntvol.lua (editors), in docs/manual.md, in help(). The last
-- three are made of the first. Every usage example runs.

local proc = require "spec.support.proc"
local reasons = require "ntvol.reasons"
local ntvol = require "ntvol"
local sim = require "ntvol.sim"
local plan = require "ntvol.plan"
local journal = require "ntvol.journal"

local function in_memory()
  return assert(sim.create(":memory:", { disks = { "16M:fat:D:OLD" } }))
end

local function add(names, class, source, separator)
  for name, value in pairs(source) do
    if type(value) == "function" and not name:find("^_") then
      names[#names + 1] = { class = class, name = name, separator = separator }
    end
  end
end

local function methods(object)
  local index = debug.getmetatable(object).__index
  assert(type(index) == "table", "methods are not in a table")
  return index
end

-- All that a program may call: { class, name, separator }.
local function public_names()
  local names = {}
  add(names, "ntvol", ntvol, ".")
  add(names, "sim", sim, ".")
  add(names, "plan", plan, ".")
  add(names, "retry", ntvol.retry, ".")
  add(names, "policy", getmetatable(ntvol.retry.new()).__index, ":")
  add(names, "timeline", ntvol.timeline, ".")
  local machine <close> = in_memory()
  local volume <close> = assert(machine:open("D:"))
  local lock <close> = assert(volume:lock())
  add(names, "machine", methods(machine), ":")
  add(names, "volume", methods(volume), ":")
  add(names, "lock", methods(lock), ":")
  local subscription <close> = assert(machine:subscribe(print))
  add(names, "subscription", methods(subscription), ":")
  add(names, "journal", journal, ".")
  local log <close> = assert(journal.open())
  add(names, "journal", methods(log), ":")
  local object = plan.new { name = "nothing", target = "D:", steps = {} }
  add(names, "object", methods(object), ":")
  table.sort(names, function(a, b)
    return a.class .. a.name < b.class .. b.name
  end)
  return names
end

local function sources(pattern)
  return proc.lines("find src lua types -name '" .. pattern .. "' | sort")
end

local function add_c_names(found)
  for _, path in ipairs(sources("*.c")) do
    for block in proc.slurp(path):gmatch("/%*%*%*(.-)%*/") do
      local name = block:match("@function%s+([%w_:.]+)")
      if name then
        found[name] = path
      end
    end
  end
end

-- A comment block that begins with three dashes, and a function right below.
local function add_lua_names(found)
  for _, path in ipairs(proc.lines("find lua -name '*.lua' | sort")) do
    local documented = false
    for line in proc.slurp(path):gmatch("[^\n]*") do
      local name = line:match("^%s*function%s+[%w_]+([.:][%w_]+)")
        or line:match("^%s*[%w_]+(%.[%w_]+)%s*=")
      if line:find("^%s*%-%-%-") then
        documented = true
      elseif not line:find("^%s*%-%-") then
        if name and documented then
          found[path .. name:gsub(":", ".")] = path
        end
        documented = false
      end
    end
  end
end

local FILES = {
  ntvol = "lua/ntvol/init.lua",
  sim = "lua/ntvol/sim.lua",
  plan = "lua/ntvol/plan.lua",
  journal = "lua/ntvol/journal.lua",
  retry = "lua/ntvol/retry.lua",
  policy = "lua/ntvol/retry.lua",
  timeline = "lua/ntvol/timeline.lua",
}

local function in_ldoc(found, item)
  -- Plans and policies are classes in Lua. All others are in C; a method that
  -- waits stands in Lua, over that of the core.
  if item.separator == ":" and item.class ~= "object"
    and item.class ~= "policy" then
    return found[item.class .. ":" .. item.name]
      or found[("lua/ntvol/%s.lua.%s"):format(item.class, item.name)]
  end
  local path = FILES[item.class] or FILES.plan
  return found[path .. "." .. item.name] or found[item.name]
    or found[item.class .. "." .. item.name]
end

-- "Exit codes: 0 done, 1 refused by ..." of the help.
local function exit_codes(help)
  local text = assert(help:match("Exit codes: (.-)%.")):gsub("%s+", " ")
  local found = {}
  for number, meaning in text:gmatch("(%d) ([%l ]+)") do
    found[tonumber(number)] = meaning
  end
  assert(found[0] and found[6], text)
  return found
end

local function collect(missing, item)
  missing[#missing + 1] = item.class .. item.separator .. item.name
end

-- The words after @usage of every block, with the place to blame.
local function usages()
  local found = {}
  for _, path in ipairs(proc.lines("find src lua -name '*.c' -o -name '*.lua'"
      .. " | sort")) do
    local text = proc.slurp(path)
    if path:find("%.lua$") then
      -- One comment block becomes one piece of text.
      text = text:gsub("\n%s*%-%-+ ?", "\n\1"):gsub("\n[^\1][^\n]*", "\n\2")
        :gsub("\1", "")
    end
    for place, usage in text:gmatch("()@usage([^\2]-)\n?[\2*][/\n]") do
      local _, line = text:sub(1, place):gsub("\n", "\n")
      found[#found + 1] = {
        name = ("%s:%d"):format(path, line + 1),
        code = (usage:gsub("\n@%w.*$", "")),
      }
    end
  end
  return found
end

local function run_usage(usage)
  local before = ntvol.machine
  local machine <close> = in_memory()
  assert(before(machine))
  local env = setmetatable({
    ntvol = ntvol,
    print = function(...)
      for i = 1, select("#", ...) do
        tostring((select(i, ...)))
      end
    end,
  }, { __index = _G })
  local chunk = assert(load(usage.code, "=" .. usage.name, "t", env))
  chunk()
end

local function check_reason(missing, path, reason)
  if not reasons.find(reason) then
    missing[#missing + 1] = ("%s: %s"):format(path, reason)
  end
end

describe("documentation:", function()
  local names = public_names()

  it("finds the public names", function()
    local seen = {}
    for _, item in ipairs(names) do
      seen[item.class .. item.separator .. item.name] = true
    end
    for _, name in ipairs { "ntvol.open", "sim.create", "machine:open",
      "volume:lock", "lock:unlock", "object:run", "plan.change_filesystem" } do
      assert(seen[name], name)
    end
  end)

  it("every public name has an LDoc comment", function()
    local found, missing = {}, {}
    add_c_names(found)
    add_lua_names(found)
    for _, item in ipairs(names) do
      if not in_ldoc(found, item) then
        collect(missing, item)
      end
    end
    assert.same({}, missing)
  end)

  it("every public name has a type", function()
    local types, missing = proc.slurp("types/ntvol.lua"), {}
    for _, item in ipairs(names) do
      local head = "\nfunction " .. item.class .. item.separator .. item.name
      if not types:find(head .. "(", 1, true) then
        collect(missing, item)
      end
    end
    assert.same({}, missing)
  end)

  it("every type is a public name", function()
    local known, extra = {}, {}
    for _, item in ipairs(names) do
      known[item.class .. item.separator .. item.name] = true
    end
    for name in proc.slurp("types/ntvol.lua"):gmatch("\nfunction ([%w_.:]+)") do
      if not known[name] then
        extra[#extra + 1] = name
      end
    end
    assert.same({}, extra)
  end)

  it("every public name is in the manual", function()
    local manual, missing = proc.slurp("docs/manual.md"), {}
    for _, item in ipairs(names) do
      local class = item.class == "object" and "plan" or item.class
      if not manual:find(class .. item.separator .. item.name, 1, true) then
        collect(missing, item)
      end
    end
    assert.same({}, missing)
  end)

  it("types, help and the manual's reference are those of the LDoc comments",
    function()
      local texts, count = assert(loadfile("tools/reference.lua"))("texts"), 0
      for path, text in pairs(texts) do
        count = count + 1
        assert(proc.slurp(path) == text, path .. " is out of date: make tables")
      end
      assert.equal(3, count)
    end)

  it("docs/errors.md has the table that the code makes", function()
    local make = assert(loadfile("tools/errors.lua"))
    assert(proc.slurp("docs/errors.md"):find(make("table"), 1, true),
      "out of date: run make tables")
  end)

  it("docs/errors.md has the table of src/nt/reasons.h", function()
    local make = assert(loadfile("tools/errors.lua"))
    assert(proc.slurp("docs/errors.md"):find(make("reasons"), 1, true),
      "a new reason belongs into src/nt/reasons.h; then run make tables")
  end)

  it("every status that a refusal names is among those of its reason", function()
    local by_id, count = {}, 0
    for _, row in ipairs(reasons.list) do
      by_id[row.reason] = row
    end
    local ids = {}
    for id, name in proc.slurp "src/nt/reasons.h":gmatch 'X%((%u[%u_%d]*), "([%w_]+)"' do
      ids[id] = by_id[name]
    end
    for _, path in ipairs(proc.lines("find src -name '*.c' | sort")) do
      local text = proc.slurp(path)
      for status, id in text:gmatch
        "nt_refuse_as%(%s*[^,]+,%s*NT_(STATUS_[%u_%d]+),%s*NT_REASON_([%u_%d]+)," do
        local known = " " .. table.concat(ids[id].statuses, " ") .. " "
        assert(known:find(" " .. status .. " ", 1, true),
          ("%s: %s of %s"):format(path, status, id))
        count = count + 1
      end
    end
    assert(count > 20, count)
  end)

  it("src/nt/reasons.h has every reason of the Lua code", function()
    local missing, count = {}, 0
    for _, path in ipairs(proc.lines("find lua -name '*.lua' | sort")) do
      local text = proc.slurp(path)
      for _, pattern in ipairs { 'refuse%([^,"]+,%s*"([%w_]+)",',
        '[{,]%s+reason = "([%w_]+)"' } do
        for reason in text:gmatch(pattern) do
          count = count + 1
          check_reason(missing, path, reason)
        end
      end
    end
    assert.same({}, missing)
    assert(count > 15, count)
  end)

  it("docs/simulator.md has the table that the drivers' records make", function()
    local make = assert(loadfile("tools/personalities.lua"))
    assert(proc.slurp("docs/simulator.md"):find(make("table"), 1, true),
      "out of date: run make tables")
  end)

  it("docs/errors.md names every reason that the code gives", function()
    local text, missing = proc.slurp("docs/errors.md"), {}
    for _, path in ipairs(sources("*.c")) do
      for call in proc.slurp(path):gmatch("nt_fail[_%w]*(%b())") do
        local reason = call:match('^%(%s*[%w_>.&-]+,%s*[%w_>. -]+,%s*"([%w_]+)"')
        if reason and not text:find("`" .. reason .. "`", 1, true) then
          missing[#missing + 1] = path .. ": " .. reason
        end
      end
    end
    assert.same({}, missing)
  end)

  it("links between the documents lead somewhere", function()
    local broken = {}
    for _, path in ipairs(proc.lines("ls *.md docs/*.md")) do
      for target in proc.slurp(path):gmatch("%]%(([^)#:]+)[^):]*%)") do
        local file = io.open((path:match("^(.*/)") or "") .. target)
        if file then
          file:close()
        else
          broken[#broken + 1] = path .. " -> " .. target
        end
      end
    end
    assert.same({}, broken)
  end)

  it("the manual names every command and its own exit codes", function()
    local manual = proc.slurp("docs/manual.md")
    local help, code = proc.run("lua5.4 bin/ntvol --help")
    assert.equal(0, code, help)
    local commands, count = assert(help:match("\nCommands:\n(.-)\n\n"), help), 0
    for line in commands:gmatch("[^\n]+") do
      local name = line:match("^   ([%w-]+)")
      if name then
        count = count + 1
        assert(manual:find("ntvol " .. name, 1, true), name)
      end
    end
    assert(count >= 12, help)
    for number, meaning in pairs(exit_codes(help)) do
      local row = ("| %d | %s"):format(number, meaning)
      assert(manual:find(row, 1, true), row)
      assert(proc.slurp("README.md"):find(row, 1, true), row)
    end
  end)
end)

describe("usage of", function()
  local list = usages()

  it("is found in C and in Lua", function()
    assert(#list > 20, #list .. " found")
  end)

  for _, usage in ipairs(list) do
    it(usage.name, function()
      run_usage(usage)
    end)
  end
end)
