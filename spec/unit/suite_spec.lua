-- What the suite says of a test program, or of a part of itself, that dies.

local ctest = require "spec.support.ctest"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

describe("A C test program that", function()
  local function problem(script)
    return ctest.run("sh -c " .. proc.quote(script)).problem
  end

  it("is killed by a signal is a failure with the signal and its last line",
    function()
      if proc.windows then
        pending "signals of Linux"
      end
      assert.equal("killed by signal 11, SIGSEGV; its last line: ok 1 - a",
        problem "echo 'ok 1 - a'; kill -SEGV $$")
      assert.equal("killed by signal 6, SIGABRT; its last line: x.c:7: abort \\xff",
        problem "printf 'x.c:7: abort \\377\\n'; kill -ABRT $$")
      assert.equal("killed by signal 9, SIGKILL; it printed nothing",
        problem "kill -KILL $$")
    end)

  it("ends early is a failure, though its exit status is 0", function()
    assert.equal("ended early: it printed no plan; its last line: ok 1 - a",
      problem "echo 'ok 1 - a'")
    assert.equal("ended early: 1 tests of 2; its last line: 1..2",
      problem "echo 'ok 1 - a'; echo 1..2")
    assert.equal("has no test; its last line: 1..0", problem "echo 1..0")
  end)

  it("ends with an exit status is a failure with it", function()
    assert.equal("ended with exit status 3; its last line: 1..1",
      problem "echo 'ok 1 - a'; echo 1..1; exit 3")
    assert.equal("ended with exit status 1; its last line: 1..1",
      problem "echo 'ok 1 - a'; echo 1..1; exit 1")
  end)

  it("runs to its end is none, whatever its tests say", function()
    assert.is_nil(problem "echo 'ok 1 - a'; echo 1..1")
    assert.is_nil(problem "echo 'not ok 1 - a'; echo 1..1; exit 1")
  end)
end)

describe("A part of the suite that", function()
  -- One part, run by tools/suite.sh with this script in place of busted, and
  -- such words before it.
  local function suite(finally, script, words)
    local folder = tempdir(finally)
    assert(os.execute("mkdir " .. folder .. "/spec"))
    for name, text in pairs { ["spec/a_spec.lua"] = "", run = script } do
      local file <close> = assert(io.open(folder .. "/" .. name, "w"))
      file:write(text)
    end
    local here = proc.lines("pwd")[1]
    return proc.run(("cd %s && %s sh %s/tools/suite.sh 1 sh ./run"):format(
      folder, words or "PARTS=", proc.quote(here)))
  end

  local function need_tools()
    if proc.windows or not proc.has "flock" then
      pending "tools/suite.sh needs sh and flock"
    end
  end

  local function check(finally, script, ...)
    need_tools()
    local output, code = suite(finally, script)
    for _, text in ipairs { ... } do
      assert(output:find(text, 1, true), text .. " is not in: " .. output)
    end
    return code
  end

  it("prints bytes that are no text fails with what it printed", function()
    local code = check(finally,
      "printf 'why \\000\\377 it failed\\n0 passed, 1 failed, 0 skipped\\n'; exit 1",
      "it failed", "0 passed, 1 failed, 0 skipped")
    assert.equal(1, code)
  end)

  it("is killed fails by name, with the signal and what it printed", function()
    local code = check(finally, "printf 'last \\377 words\\n'; kill -SEGV $$",
      "words", "FAILED spec/a_spec.lua: killed by signal 11 (SEGV)",
      "0 passed, 1 failed, 0 skipped")
    assert.equal(1, code)
  end)

  it("ends without a sum fails by name", function()
    assert.equal(1, check(finally, "echo early", "early",
      "FAILED spec/a_spec.lua: ended with 0, and no sum of its tests"))
  end)

  it("passes with bytes that are no text is none", function()
    assert.equal(0, check(finally,
      "printf '\\000\\377\\n1 passed, 0 failed, 0 skipped\\n'",
      "1 passed, 0 failed, 0 skipped"))
  end)

  it("is not there fails, and so does a suite without any", function()
    need_tools()
    local defer = machines.cleanup(finally)
    for parts, said in pairs { ["'spec other'"] = "other",
        run = "0 passed, 0 failed" } do
      local output, code = suite(defer, "echo 1 passed, 0 failed, 0 skipped",
        "PARTS=" .. parts)
      assert(output:find(said, 1, true), output)
      assert.equal(1, code)
    end
  end)

  it("runs a suite itself names the parts of that", function()
    need_tools()
    local output = suite(finally,
      'echo "parts: ${PARTS-none} ${WITHOUT-none}"; echo 1 passed, 0 failed, 0 skipped',
      "PARTS=spec WITHOUT=b")
    assert(output:find("parts: none none", 1, true), output)
  end)
end)
