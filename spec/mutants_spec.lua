-- The list of planted faults stays true to the code, and `make mutants` tells a
-- fault that a test notices from one that gets through, and from one that only
-- hangs or ends a spec. Planting all of them takes long: CONTRIBUTING.md says when.

local machines = require "spec.support.machines"
local mutants = require "spec.support.mutants"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

describe("the list of planted faults", function()
  it("can be planted: each old text stands in its file exactly once", function()
    assert.same({}, mutants.problems(mutants.list()))
  end)

  it("reaches every folder of the code", function()
    local folders = {}
    for _, row in ipairs(mutants.list()) do
      for slash in row.file:gmatch "()/" do -- a room counts for its folder
        folders[row.file:sub(1, slash - 1)] = true
      end
    end
    for _, folder in ipairs { "src", "src/nt", "src/nt/posix", "src/nt/sim",
        "src/nt/db", "src/nt/disk", "src/nt/journal", "src/nt/win32",
        "src/nt/sim/win32", "lua/ntvol", "lua/ntvol/procedures" } do
      assert(folders[folder], "no fault is planted in " .. folder)
    end
  end)
end)

-- ---- a tree that is small enough -----------------------------------------

-- Its code is one line, which the specs, shell scripts, look at.
local FILES = {
  ["Makefile"] = "all fakes:\n\t@! grep -q broken code\n"
    .. "part:\n\t@sh $(lastword $(ARGS))\n",
  ["code"] = "one two three four\n",
  ["one.sh"] = "! grep -q sleep code || sleep 30\n"
    .. "! grep -q crash code || { echo last words; exit 3; }\n"
    .. "grep -q one code || { echo; echo FAILED one is there; exit 1; }\n",
  ["two.sh"] = "grep -q two code || { echo; echo FAILED two is there; exit 1; }\n",
}

local function row(name, old, new, more)
  return ([[{ name = %q, file = "code", old = %q, new = %q, breaks = "a rule",
    %s },]]):format(name, old, new, more or 'specs = { "one.sh" }')
end

-- Runs `tools/mutants.lua` over such rows. Returns its output, exit status and
-- folder.
local function run(defer, rows, more, words)
  local folder, root = tempdir(defer), proc.lines("pwd")[1]
  proc.lines("mkdir " .. folder .. "/spec")
  local files = { ["spec/mutants.lua"] = "return {" .. table.concat(rows) .. "}" }
  for name, text in pairs(FILES) do
    files[name] = more and more[name] or text
  end
  for name, text in pairs(files) do
    local file = assert(io.open(folder .. "/" .. name, "w"))
    assert(file:write(text))
    assert(file:close())
  end
  local output, code = proc.run(("cd %s && LUA_PATH=%s %s %s 1 %s"):format(
    proc.quote(folder), proc.quote(root .. "/?.lua"),
    os.getenv("LUA") or "lua5.4", proc.quote(root .. "/tools/mutants.lua"),
    words or ""))
  return output, code, folder
end

local ONE = row("one", "one", "1")

local SUM = "%d+ planted in %d+ s: 1 caught by a test, 0 by a time limit or a crash, "

describe("make mutants", function()
  it("is content when a test notices every fault, and names the test", function()
    local output, code, folder = run(machines.cleanup(finally), { ONE })
    assert.equal(0, code, output)
    assert.matches("one +caught +%d+ s  one%.sh: one is there\n", output)
    assert.matches(SUM .. "0 not\n$", output)
    assert.matches("FAILED one is there",
      proc.slurp(folder .. "/build/mutants/one.out"))
  end)

  it("fails when one gets through the specs of its row", function()
    local output, code = run(finally, { ONE, row("two", "two", "2") })
    assert.equal(1, code, output)
    assert.matches("two +NOT CAUGHT +%d+ s  a rule\n", output)
    assert.matches(SUM .. "1 not\n$", output)
  end)

  it("tells a fault that hangs from one that a test notices", function()
    local output, code = run(finally, { row("hang", "four", "sleep",
      'limit = 1, specs = { "one.sh" }') })
    assert.equal(0, code, output)
    assert.matches("hang +time limit +%d+ s  one%.sh: ended after 1 s", output)
    assert.matches("0 caught by a test, 1 by a time limit", output)
  end)

  it("tells a spec that broke off from one in which a test failed", function()
    local output, code = run(finally, { row("dies", "four", "crash") })
    assert.equal(0, code, output)
    assert.matches("dies +crash +%d+ s  one%.sh: exit status %d", output)
  end)

  it("looks for a test that notices after a spec that hung or broke off",
    function()
      local output, code = run(finally, { row("two", "two", "crash",
        'specs = { "one.sh", "two.sh" }') })
      assert.equal(0, code, output)
      assert.matches("two +caught +%d+ s  two%.sh: two is there", output)
    end)

  it("plants one fault at a time, and only those that are named", function()
    local defer = machines.cleanup(finally)
    local output, code = run(defer, { row("four", "four", "4"), ONE }, nil,
      "on")
    assert.equal(0, code, output)
    assert.matches("^one +caught[^\n]*\n\n1 planted", output)
    output, code = run(defer, { ONE }, nil, "nobody")
    assert.equal(1, code, output)
  end)

  it("fails for a text that is not there, or more than once", function()
    local defer = machines.cleanup(finally)
    for _, old in ipairs { "five", "o" } do
      local output, code = run(defer, { row("old", old, "x") })
      assert.equal(1, code, output)
      assert.matches("old its old text stands in code %d times", output)
    end
  end)

  it("fails for a fault that does not build", function()
    local output, code = run(finally, { row("bad", "four", "broken") })
    assert.equal(1, code, output)
    assert.matches("bad +NOT BUILT", output)
  end)

  it("fails when a spec fails without a fault", function()
    local output, code = run(finally, { ONE }, { ["one.sh"] = "exit 3\n" })
    assert.equal(1, code, output)
    assert.matches("without a fault, one%.sh fails: exit status %d", output)
  end)
end)
