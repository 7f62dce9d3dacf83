-- Rules about the source tree that no compiler checks.

local proc = require "spec.support.proc"

-- What is built is not of the tree: neither by make, nor by `luarocks make`.
local FILES = [[find . \( -name .git -o -name build -o -path ./docs/api \
  -o -path ./ntvol -o -path ./luarocks -o -path ./lua_modules \
  -o -name .luarocks -o -name '*.o' -o -name '*.so' \) -prune -o -type f -print]]

-- Files of the tree, without ./, that match a pattern.
local function files(pattern)
  local found = {}
  for _, path in ipairs(proc.lines(FILES .. " | sort")) do
    path = path:sub(3)
    if path:find(pattern) then
      found[#found + 1] = path
    end
  end
  assert(#found > 0, "no file matches " .. pattern)
  return found
end

local function includes(path)
  local found = {}
  for line in proc.slurp(path):gmatch("[^\n]+") do
    found[#found + 1] = line:match('^%s*#%s*include%s+[<"]([^>"]+)[>"]')
  end
  return found
end

-- What `name` in an #include of `path` is in the tree: "src/nt/nt.h".
local function target_of(path, name)
  local target = (path:match("^(.*/)") or "") .. name
  while target:find("[^/]+/%.%./") do
    target = target:gsub("[^/]+/%.%./", "", 1)
  end
  return target
end

-- Lines of `path` that `refuse(line)` objects to, as "path:line: text".
local function objections(path, refuse, found)
  local number = 0
  for line in (proc.slurp(path) .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    if refuse(line) then
      found[#found + 1] = ("%s:%d: %s"):format(path, number, line)
    end
  end
end

local function refuse_includes(pattern, except, refused)
  local found = {}
  for _, path in ipairs(files(pattern)) do
    for _, name in ipairs(includes(path)) do
      if not except[path] and refused(name, path) then
        found[#found + 1] = path .. " includes " .. name
      end
    end
  end
  assert.same({}, found)
end

local function rockspec()
  local spec = {}
  assert(loadfile("ntvol-scm-1.rockspec", "t", spec))()
  return spec
end

local function sorted(list)
  table.sort(list)
  return list
end

describe("the suite", function()
  it("runs on Lua 5.4", function()
    assert.equal("Lua 5.4", _VERSION)
  end)
end)

-- C without comments and strings, so that what is left are names that are used.
local function code_of(text)
  return (text:gsub("/%*.-%*/", " "):gsub('"[^"\n]*"', '""'))
end

-- Names of the functions that a file defines for others, each with the file.
local function defined_functions(sources)
  local owner = {}
  for path, text in pairs(sources) do
    for head in ("\n" .. code_of(text)):gmatch("\n(%a[%w_ *]*%b())%s*{") do
      local name = head:match("([%w_]+)%(")
      if not head:find("^static ") then
        owner[name] = path
      end
    end
  end
  return owner
end

-- From a file to those whose functions it uses: in a call, or by name in a list.
local function users_of(sources)
  local owner, uses = defined_functions(sources), {}
  for path, text in pairs(sources) do
    uses[path] = {}
    for name in code_of(text):gmatch("[%a_][%w_]*") do
      if owner[name] and owner[name] ~= path then
        uses[path][owner[name]] = name
      end
    end
  end
  return uses
end

-- "a.c (f) -> b.c (g) -> a.c", or nil where all uses point one way.
local function find_circle(uses)
  local state = {}
  local function visit(path, trail)
    if state[path] == "open" then
      return trail .. path
    elseif state[path] then
      return nil
    end
    state[path] = "open"
    for target, name in pairs(uses[path]) do
      local circle = visit(target, ("%s%s (%s) -> "):format(trail, path, name))
      if circle then
        return circle
      end
    end
    state[path] = "done"
  end
  for path in pairs(uses) do
    local circle = visit(path, "")
    if circle then
      return circle
    end
  end
end

describe("layers:", function()
  it("src/nt knows no Lua", function()
    refuse_includes("^src/nt/.*%.[ch]$", {}, function(name)
      return name:find("^l?ua") or name:find("lua[xl]?[ilh%.]")
        or name:find("ntvol%.h$")
    end)
  end)

  it("src/nt/*.c knows no back end", function()
    refuse_includes("^src/nt/[^/]+%.[ch]$", {}, function(name)
      return name:find("sim/") or name:find("posix/") or name:find("win32/")
    end)
  end)

  it("only sim_core.c of the binding knows the simulated machine", function()
    refuse_includes("^src/[^/]+%.[ch]$", { ["src/sim_core.c"] = true },
      function(name)
        return name:find("nt/sim/")
      end)
  end)

  it("a back end includes its own folder, the one above, disk, its system", function()
    refuse_includes("^src/nt/[^/]+/.*%.[ch]$", {}, function(name, path)
      local target = target_of(path, name)
      local own = path:match("^src/nt/[^/]+/")
      return name:find("^%.%./") and target:sub(1, #own) ~= own
        and not target:find("^src/nt/[^/]+$")
        and not target:find("^src/nt/disk/[^/]+$")
        and not (path:find("/posix/") and target:find("^src/nt/posix/"))
    end)
  end)

  -- What it says about bytes holds on every system and every machine.
  it("the formats on disk know bytes and texts only", function()
    refuse_includes("^src/nt/disk/.*%.[ch]$", {}, function(name)
      return name:find("/") and name ~= "../text.h" or name:find("sqlite")
    end)
  end)

  -- What is above a folder of a system is what every system has.
  it("each system has a folder of its own", function()
    refuse_includes("^src/nt/sim/posix/.*%.[ch]$", {}, function(name)
      return name:find("win32/")
    end)
    refuse_includes("^src/nt/sim/win32/.*%.[ch]$", {}, function(name)
      return name:find("posix/")
    end)
  end)

  -- In the folders of Windows only the rooms that call it do.
  it("plain C includes no header of a system", function()
    local portable, found = {}, {}
    for name in ([[ctype errno inttypes limits math stdarg stdbool stddef stdint
        stdio stdlib string time sqlite3]]):gmatch("%w+") do
      portable[name .. ".h"] = true
    end
    for _, path in ipairs(files("^src/nt/.*%.[ch]$")) do
      local calls = path:find("/posix/") or path:find("nt/win32/host/")
        or path:find("nt/win32/os/")
      for line in proc.slurp(path):gmatch("[^\n]+") do
        local name = line:match("^%s*#%s*include%s+<([^>]+)>")
        if name and not portable[name] and not calls then
          found[#found + 1] = path .. " includes " .. name
        end
      end
    end
    assert.same({}, found)
  end)

  it("files of the binding use each other in no circle", function()
    local sources, count = {}, 0
    for _, path in ipairs(files("^src/[^/]+%.c$")) do
      sources[path] = proc.slurp(path)
    end
    local uses = users_of(sources)
    for _, targets in pairs(uses) do
      for _ in pairs(targets) do
        count = count + 1
      end
    end
    assert(count > 50, count .. " uses found")
    assert.is_nil(find_circle(uses))
  end)

  it("a circle is found in calls and in lists, not in comments", function()
    local one = "int f(int a) {\n  return a;\n}\n"
    assert.is_nil(find_circle(users_of { ["a.c"] = one,
      ["b.c"] = "int g(void) {\n  return f(1);\n}\n" }))
    assert.is_nil(find_circle(users_of { ["a.c"] = one .. "/* g() */ \"g\"",
      ["b.c"] = "int g(void) {\n  return f(1);\n}\n" }))
    assert.is_nil(find_circle(users_of { ["a.c"] = one .. "int i = g;",
      ["b.c"] = "static int g(void) {\n  return f(1);\n}\n" }))
    for _, use in ipairs { "int h(void) {\n  return g();\n}\n",
        "static int (*const list[])(void) = {g};\n" } do
      local circle = find_circle(users_of { ["a.c"] = one .. use,
        ["b.c"] = "int g(int a,\n      int b) {\n  return f(1);\n}\n" })
      assert(circle and circle:find("a.c (g) -> b.c", 1, true), circle)
    end
  end)

  it("headers include each other in no circle", function()
    local state = {}
    local function visit(path, trail)
      assert(state[path] ~= "open", "circle: " .. trail .. path)
      if state[path] then
        return
      end
      state[path] = "open"
      for _, name in ipairs(includes(path)) do
        local target = target_of(path, name)
        local file = io.open(target)
        if file then
          file:close()
          visit(target, trail .. path .. " -> ")
        end
      end
      state[path] = "done"
    end
    for _, path in ipairs(files("^src/.*%.h$")) do
      visit(path, "")
    end
  end)
end)

-- The rooms of a folder, and which others each may include. "." is what lies in
-- the folder itself. ARCHITECTURE.md says what each room may know.
local ROOMS = {
  ["src/nt/win32"] = {
    ["os"] = "",
    ["convert"] = "os",
    ["host"] = "convert",
    ["request"] = "convert os",
    ["list"] = "request",
    ["handle"] = "list request",
    ["events"] = "list request",
    ["removal"] = "handle list request",
    ["format"] = "handle list request",
    ["."] = "events format handle list os removal",
  },
  ["src/nt/sim"] = {
    ["."] = "",
    ["fs"] = "",
    ["db"] = ". fs",
    ["disk"] = ". db",
    ["posix"] = ". disk",
    ["win32"] = ". disk",
    ["rules"] = ". db disk",
    ["codes"] = "db disk rules",
    ["slots"] = ". codes db disk rules",
    ["create"] = ". db disk rules slots",
  },
}

-- Headers whose functions other rooms define: what each system has, and what
-- only those above call, who see no room.
local DEFINED_IN = {
  ["src/nt/sim/files.h"] = { "posix", "win32" },
  ["src/nt/sim/partition.h"] = { "posix", "win32" },
  ["src/nt/sim/sim.h"] = { "slots create" },
}

local function room_of(folder, path)
  local rest = path:sub(1, #folder + 1) == folder .. "/"
    and path:sub(#folder + 2)
  return rest and (rest:match("^([^/]+)/") or ".")
end

local function words(text)
  local set = {}
  for word in text:gmatch("%S+") do
    set[word] = true
  end
  return set
end

-- A header without comments, the bodies of functions and directives.
local function declarations(path)
  local text = proc.slurp(path):gsub("/%*.-%*/", "")
    :gsub("#[^\n]*\n", "\n"):gsub("%f[%w_]NT_PRINTF%b()", "")
    :gsub("%f[%w_]struct [%w_]+ %b{}", ""):gsub("static inline[^;{]*%b{}", "")
  local names = {}
  for name in text:gmatch("([%a_][%w_]*)%s*%b()%s*;") do
    if name ~= "_Static_assert" then
      names[#names + 1] = { name, "%f[%w_]" .. name .. "%s*%b()%s*{" }
    end
  end
  for name in text:gmatch("extern[^;()]-([%a_][%w_]*)%s*%f[[;][^;]*;") do
    names[#names + 1] = { name, "%f[%w_]" .. name .. "[%[%w_%]]* =%s" }
  end
  return names
end

-- Whether a definition is in the code of one of the rooms.
local function is_in_one(code, rooms, definition)
  for room in pairs(words(rooms)) do
    if (code[room] or ""):find(definition) then
      return true
    end
  end
end

-- The functions and tables of the simulated machine that a C file defines.
local function defined_in(text)
  local found = {}
  for _, pattern in ipairs { "\n%l[^\n;{}()=]-(nt_?_sim_[%w_]+)%b()%s*{",
      "\nconst struct [%w_]+ (nt_?_sim_[%w_]+)[%[%]]* = {" } do
    for name in text:gmatch(pattern) do
      found[name] = true
    end
  end
  return found
end

for folder, rooms in pairs(ROOMS) do
  describe("the rooms of " .. folder .. ":", function()
    local here = "^" .. folder:gsub("%p", "%%%0") .. "/"

    it("each is in the table, and each in the table is there", function()
      local found = {}
      for _, path in ipairs(files(here .. ".*%.[ch]$")) do
        found[room_of(folder, path)] = true
      end
      for room in pairs(found) do
        assert(rooms[room], folder .. "/" .. room .. " is not in ROOMS")
      end
      for room in pairs(rooms) do
        assert(found[room], folder .. "/" .. room .. " has no file")
      end
    end)

    it("the table goes in no circle", function()
      local state = {}
      local function visit(room, trail)
        assert(state[room] ~= "open", "circle: " .. trail .. room)
        if state[room] == nil then
          state[room] = "open"
          for other in pairs(words(assert(rooms[room], room))) do
            visit(other, trail .. room .. " -> ")
          end
          state[room] = "done"
        end
      end
      for room in pairs(rooms) do
        visit(room, "")
      end
    end)

    it("each includes itself and what the table says", function()
      local used, found = {}, {}
      for _, path in ipairs(files(here .. ".*%.[ch]$")) do
        local room = room_of(folder, path)
        for _, name in ipairs(includes(path)) do
          local other = room_of(folder, target_of(path, name))
          if other and other ~= room then
            used[room .. " " .. other] = true
            if not words(rooms[room])[other] then
              found[#found + 1] = path .. " includes " .. name
            end
          end
        end
      end
      for room, others in pairs(rooms) do
        for other in pairs(words(others)) do
          if not used[room .. " " .. other] then
            found[#found + 1] = room .. " does not use " .. other
          end
        end
      end
      assert.same({}, found)
    end)

    -- Else a call could go up although no include does.
    it("what a header declares is defined in the header's room", function()
      local found, code = {}, {}
      for _, path in ipairs(files(here .. ".*%.cc?$")) do
        local room = room_of(folder, path)
        code[room] = (code[room] or "") .. proc.slurp(path)
      end
      for _, path in ipairs(files(here .. ".*%.h$")) do
        for _, name in ipairs(declarations(path)) do
          for _, homes in ipairs(DEFINED_IN[path] or { room_of(folder, path) }) do
            if not is_in_one(code, homes, name[2]) then
              found[#found + 1] = path .. " declares " .. name[1]
            end
          end
        end
      end
      assert.same({}, found)
    end)
  end)
end

describe("the simulated machine", function()
  it("has files that call each other in no circle", function()
    local text, homes, state = {}, {}, {}
    for _, path in ipairs(files("^src/nt/sim/.*%.c$")) do
      text[path] = "\n" .. proc.slurp(path):gsub("/%*.-%*/", " ")
        :gsub('"[^"\n]*"', '""')
      for name in pairs(defined_in(text[path])) do
        homes[name] = homes[name] or {}
        table.insert(homes[name], path)
      end
    end
    assert(homes.nt__sim_mount and homes.nt_sim_ops)
    local function visit(path, trail)
      assert(state[path] ~= "open", "circle: " .. trail .. path)
      if state[path] then
        return
      end
      state[path] = "open"
      local own = defined_in(text[path])
      for name in text[path]:gmatch("nt_?_sim_[%w_]+") do
        for _, other in ipairs(not own[name] and homes[name] or {}) do
          visit(other, trail .. path .. " -> ")
        end
      end
      state[path] = "done"
    end
    for path in pairs(text) do
      visit(path, "")
    end
  end)
end)

describe("the rockspec", function()
  it("names every Lua module", function()
    local named, present = {}, {}
    for name, value in pairs(rockspec().build.modules) do
      if type(value) == "string" then
        named[#named + 1] = value
        local stem = value:match("^lua/(.*)%.lua$"):gsub("/init$", "")
        assert.equal(stem:gsub("/", "."), name)
      end
    end
    for _, path in ipairs(files("^lua/.*%.lua$")) do
      present[#present + 1] = path
    end
    assert.same(sorted(present), sorted(named))
  end)

  -- LuaRocks merges the tables of a system into the common ones, lists entry
  -- by entry: what is a list may stand in one of them only.
  it("keeps what is compiled out of the common modules", function()
    for name, value in pairs(rockspec().build.modules) do
      assert.equal("string", type(value), name)
    end
  end)

  local function expected_core(folder)
    local core = files("^src/nt/[^/]+%.c$")
    for _, pattern in ipairs { "^src/lua_[^/]+%.c$", "^src/core%.c$",
        "^src/nt/disk/[^/]+%.c$",
        "^src/nt/" .. folder .. "/.*%.c$" } do
      for _, path in ipairs(files(pattern)) do
        core[#core + 1] = path
      end
    end
    return sorted(core)
  end

  for system, folder in pairs { unix = "posix", windows = "win32" } do
    it("names every C source of ntvol.core: " .. system, function()
      local modules = rockspec().build.platforms[system].modules
      assert.same(expected_core(folder), sorted(modules["ntvol.core"].sources))
    end)
  end

  it("names every C source of the journal", function()
    local modules = rockspec().build.platforms.unix.modules
    local named = {}
    for _, path in ipairs(modules["ntvol.journal.core"].sources) do
      named[path] = true
    end
    assert(named["src/journal_core.c"])
    for _, folder in ipairs { "", "posix/" } do
      for _, path in ipairs(files("^src/nt/journal/" .. folder .. "[^/]+%.c$")) do
        assert(named[path], path .. " is not in ntvol.journal.core")
      end
    end
  end)

  it("names every C source of the simulated machine", function()
    local modules = rockspec().build.platforms.unix.modules
    local sim = {}
    for _, path in ipairs(modules["ntvol.sim.core"].sources) do
      sim[path] = true
    end
    assert(sim["src/sim_core.c"])
    for _, folder in ipairs { "sim/[^/]+/", "disk/" } do
      for _, path in ipairs(files("^src/nt/" .. folder .. "[^/]+%.cc?$")) do
        assert(sim[path] or path:find "/win32/",
          path .. " is not in ntvol.sim.core")
      end
    end
  end)

  it("builds on Windows with what every Windows compiler has", function()
    local windows = rockspec().build.platforms.windows.modules
    assert.is_nil(windows["ntvol.sim.core"])
    assert.is_nil(windows["ntvol.journal.core"])
    assert.same({ "advapi32", "ntdll" }, windows["ntvol.core"].libraries)
    assert.same({}, windows["ntvol.core"].libdirs)
    assert.is_nil(rockspec().external_dependencies.platforms.windows)
  end)

  it("carries the version of the code, or scm", function()
    assert.equal("scm-1", rockspec().version)
    assert.equal("ntvol-" .. rockspec().version .. ".rockspec",
      files("%.rockspec$")[1])
  end)
end)

describe("the tree", function()
  it("has a Makefile that can be read in one go", function()
    local _, lines = proc.slurp("Makefile"):gsub("\n", "\n")
    assert(lines < 150, lines .. " lines")
  end)

  -- The words are put together here, so that this file passes its own test.
  local WORDS = { "TO" .. "DO", "FIX" .. "ME", "X" .. "XX", "HA" .. "CK" }
  local PATHS = { "/wo" .. "rk/", "/tmp/bash" .. "_jobs", "/ro" .. "ot/",
    "/ho" .. "me/" }

  it("has nothing left for later", function()
    local found = {}
    for _, path in ipairs(files("")) do
      objections(path, function(line)
        for _, word in ipairs(WORDS) do
          if line:find("%f[%w]" .. word .. "%f[%W]") then
            return not line:find("mktemp") and not line:find("XX" .. "XXXX")
          end
        end
      end, found)
    end
    assert.same({}, found)
  end)

  it("names no place of one machine", function()
    local found = {}
    for _, path in ipairs(files("")) do
      objections(path, function(line)
        for _, place in ipairs(PATHS) do
          if line:find(place, 1, true) then
            return true
          end
        end
      end, found)
    end
    assert.same({}, found)
  end)

  it("has no tab, no carriage return and no blank at a line's end", function()
    local found = {}
    for _, path in ipairs(files("")) do
      if path ~= "Makefile" and not path:find("%.mk$") then
        objections(path, function(line)
          return line:find("[\t\r]") or line:find(" $")
        end, found)
      end
    end
    assert.same({}, found)
  end)

  it("has every documented C file in config.ld", function()
    local config = proc.slurp("config.ld")
    for _, path in ipairs(files("^src/.*%.c$")) do
      if proc.slurp(path):find("\n@s?u?b?module ") then
        assert(config:find('"' .. path .. '"', 1, true), path)
      end
    end
  end)

  it("has Lua modules that end in a return", function()
    for _, path in ipairs(files("^lua/.*%.lua$")) do
      local last = proc.slurp(path):match(".*\n(return [^\n]+)\n")
      assert(last, path)
    end
  end)

  it("has a first comment in every source that says what it is", function()
    for _, path in ipairs(files("^src/.*%.[ch]$")) do
      assert(proc.slurp(path):find("^/%*"), path)
    end
    for _, path in ipairs(files("^lua/.*%.lua$")) do
      assert(proc.slurp(path):find("^%-%-"), path)
    end
  end)
end)
