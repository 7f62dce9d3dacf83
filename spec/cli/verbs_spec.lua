-- Commands that do one thing: lock, dismount, offline, online.

local command = require "spec.support.command"
local proc = require "spec.support.proc"

local function run(lab, words, code, options)
  local result = lab:run(words, options)
  assert.equal(code or 0, result.code, result.err .. result.out)
  return result
end

local function state(lab, name)
  local machine <close> = lab:connect()
  for _, volume in ipairs(machine:volumes()) do
    if volume.name == name then
      return volume.state
    end
  end
end

describe("a program without a name", function()
  it("is wrong usage", function()
    local lab = command.lab(finally, "8M:raw:D")
    for _, verb in ipairs { "lock", "exclusive" } do
      local result = lab:run { verb, "D:", "--", "", "word" }
      assert.equal(2, result.code, result.err)
      assert.equal("ntvol: the name of the program is empty\nhint: name one: ntvol "
        .. verb .. " D: -- command\n", result.err)
      assert.same({}, lab:history())
    end
  end)
end)

describe("ntvol lock", function()
  for _, code in ipairs { 0, 1, 7, 42, 125 } do
    it("passes on exit status " .. code, function()
      local lab = command.lab(finally, "8M:fat:D")
      run(lab, { "lock", "D:", "--", "sh", "-c", "exit " .. code }, code)
      assert.same({ "LOCK D:", "UNLOCK D:" }, lab:history())
    end)
  end

  for name, number in pairs { TERM = 15, KILL = 9 } do
    it("returns 128 and the number of signal " .. name, function()
      local lab = command.lab(finally, "8M:fat:D")
      run(lab, { "lock", "D:", "--", "sh", "-c", "kill -" .. name .. " $$" },
        128 + number)
      assert.equal("UNLOCK D:", lab:history()[2])
    end)
  end

  it("returns what sh returns when there is no such program", function()
    local lab = command.lab(finally, "8M:fat:D")
    local result = run(lab, { "lock", "D:", "--", "/no/such/program" }, 127)
    assert.matches("^ntvol: run '/no/such/program': .*starting", result.err)
    assert.matches("\nhint: ", result.err)
    if not proc.windows then
      run(lab, { "lock", "D:", "--", "/" }, 126)
    end
    assert.equal("UNLOCK D:", lab:history()[2])
  end)

  it("hands on every word as it is, stdin and stdout", function()
    local lab = command.lab(finally, "8M:fat:D")
    local words = { "a b", "$HOME", "it's", "*", "--json", "--", "", "x\ny" }
    local line = { "lock", "D:", "--", "printf", "[%s]" }
    table.move(words, 1, #words, #line + 1, line)
    local expected = "[" .. table.concat(words, "][") .. "]"
    assert.equal(expected, run(lab, line).out)
    local result = run(lab, { "lock", "D:", "--", "cat" }, 0,
      { input = "through" })
    assert.equal("through", result.out)
  end)

  it("holds the lock while the command runs", function()
    local lab = command.lab(finally, "8M:fat:D")
    local inner = command.line({ "lock", "D:", "--", "true" },
      { machine = lab.path })
    local result = run(lab, { "lock", "D:", "--", "sh", "-c", inner }, 4)
    assert.matches("^ntvol: open 'D:': ", result.err)
    assert.matches("pid %d+", result.err)
    run(lab, { "lock", "D:", "--", "true" })
  end)

  it("is refused with 4 while the volume is in use, and says by whom",
    function()
      local lab = command.lab(finally, "8M:fat:D")
      local machine <close> = lab:connect()
      local volume <close> = assert(machine:open "D:")
      assert.equal("volume", volume:kind())
      local marker = lab.folder .. "/ran"
      local result = run(lab, { "lock", "D:", "--", "touch", marker }, 4)
      assert.matches("^ntvol: lock 'D:': access denied: 1 holder: .*pid %d+",
        result.err)
      assert.matches("\nhint: ", result.err)
      local _, there = proc.run("test -e " .. proc.quote(marker))
      assert.equal(1, there, "the command ran without the lock")
    end)

  it("gives one handle to the command, and a high one: that of the lock",
    function()
      local lab = command.lab(finally, "8M:fat:D")
      if proc.run("test -d /proc/self/fd && echo yes") ~= "yes\n" then
        pending "there is no /proc here"
      end
      local bare = command.capture("ls /proc/self/fd | wc -l", lab.folder).out
      local out = run(lab, { "lock", "D:", "--", "sh", "-c",
        "ls -l /proc/self/fd" }).out
      local list = {}
      for number, path in out:gmatch "(%d+) %-> ([^\n]*)" do
        list[#list + 1] = path:find(lab.path, 1, true) and number or nil
        assert.is_nil(path:find("socket:", 1, true), out)
      end
      assert.equal(1, #list, out)
      assert(tonumber(list[1]) >= 10, out)
      assert.matches(lab.path .. "/machine.lock\n", out, 1, true)
      local count = select(2, out:gsub("%->", ""))
      assert.equal(tonumber(bare) + 1, count, out)
    end)

  it("says 3 when there is no such volume", function()
    local lab = command.lab(finally, "8M:fat:D")
    run(lab, { "lock", "Q:", "--", "true" }, 3)
  end)

  it("refuses a system volume with 1", function()
    local lab = command.lab(finally)
    assert(require "ntvol.sim".create(lab.path, { disks = { {
      size = "8M", volumes = { { letter = "C:", fs = "fat", system = true } },
    } } })):close()
    local result = run(lab, { "lock", "C:", "--", "true" }, 1)
    assert.matches("the system runs from this volume", result.err)
  end)
end)

-- Help, manual and documents show commands that run a program. They run as they
-- stand, when `ntvol` can be found and NTVOL_MACHINE names the machine.
local function shown_commands()
  local found = {}
  for _, verb in ipairs { "lock", "exclusive" } do
    local help = proc.run(command.line { verb, "--help" })
    for line in help:gmatch "[^\n]+" do
      found[#found + 1] = line:match("^Examples: +(ntvol .*)$")
        or line:match("^ +(ntvol " .. verb .. " .*)$")
    end
  end
  for line in proc.slurp("docs/procedures.md"):gmatch "[^\n]+" do
    found[#found + 1] = line:match "^%$ (ntvol %a+ .* %-%- .*)$"
  end
  return found
end

describe("a program under a lock", function()
  local function needs_sh()
    if proc.windows then
      pending "the program is one of sh"
    end
  end

  -- What sh prints under the lock.
  local function said(lab, verb, script, options)
    options = options or {}
    local words = { verb, "D:", "--", "sh", "-c", script }
    if options.option then
      table.move(words, 1, #words, 3)
      words[1], words[2] = "--machine", options.option
    end
    local result = command.capture((options.before or "") .. command.line(words,
      { machine = options.variable, script = options.script }), lab.folder)
    assert.equal(0, result.code, result.err)
    return result.out
  end

  for _, verb in ipairs { "lock", "exclusive" } do
    it("is told by ntvol " .. verb .. " which machine it works on", function()
      needs_sh()
      local lab = command.lab(finally, "8M:fat:D:OLD")
      local expected = "sim:" .. lab.path .. "\n"
      local print = "echo $NTVOL_MACHINE"
      assert.equal(expected, said(lab, verb, print, { option = lab.path }))
      assert.equal(expected, said(lab, verb, print, { variable = lab.path }))
      assert.equal(expected, said(lab, verb, print,
        { option = lab.path, variable = "sim:/nowhere" }))
    end)
  end

  it("reaches the machine from another folder, and has the rest of the"
    .. " environment", function()
    needs_sh()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local tree = proc.lines("pwd")[1]
    local out = said(lab, "lock", ("cd / && echo $OTHER && %s %s/bin/ntvol show D:")
      :format(command.LUA, proc.quote(tree)), { option = "lab",
        before = ("cd %s && OTHER=kept "):format(proc.quote(lab.folder)),
        script = tree .. "/bin/ntvol" })
    assert.matches("^kept\n", out)
    assert.matches("machine: +sim:" .. lab.path:gsub("%p", "%%%0") .. "\n", out)
    assert.matches("state: +mounted, locked\n", out)
  end)

  it("is told by volume:run, too; this process is not changed", function()
    needs_sh()
    local machine <close> = assert(require "ntvol.sim".create(":memory:",
      { disks = { "8M:fat:D:OLD" } }))
    local volume <close> = assert(machine:open "D:")
    local before = os.getenv "NTVOL_MACHINE"
    assert.equal(0, volume:run { "sh", "-c", "test \"$NTVOL_MACHINE\" = '"
      .. machine:name() .. "'" })
    assert.equal(before, os.getenv "NTVOL_MACHINE")
  end)

  it("is shown by help, manual and documents in commands that run", function()
    needs_sh()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local bin = lab.folder .. "/bin"
    proc.lines(("mkdir %s"):format(bin))
    local file <close> = assert(io.open(bin .. "/ntvol", "w"))
    assert(file:write(("#!/bin/sh\nexec %s %s \"$@\"\n"):format(command.LUA,
      proc.quote(proc.lines("pwd")[1] .. "/bin/ntvol"))))
    assert(file:close())
    proc.lines("chmod 755 " .. bin .. "/ntvol")
    local commands = shown_commands()
    assert.equal(6, #commands)
    for _, line in ipairs(commands) do
      local result = command.capture(("export NTVOL_MACHINE=%s NTVOL_STATE=%s"
        .. " PATH=%s:$PATH; %s"):format(lab.path, lab.folder, bin, line),
        lab.folder)
      assert.equal(0, result.code, line .. "\n" .. result.err)
    end
  end)
end)

describe("ntvol dismount, offline, online", function()
  it("do what they say, in the documented order", function()
    local lab = command.lab(finally, "8M:fat:D")
    run(lab, { "dismount", "D:" })
    assert.same({ "LOCK D:", "DISMOUNT D:", "UNLOCK D:" },
      lab:history())
    run(lab, { "offline", "D:" })
    assert.equal("offline", state(lab, "D:"))
    local list = lab:history()
    assert.same({ "LOCK D:", "DISMOUNT D:", "OFFLINE D:", "UNLOCK D:" },
      { table.unpack(list, #list - 3) })
    run(lab, { "online", "D:" })
    assert.is_nil(state(lab, "D:"):find "offline")
    list = lab:history()
    assert.equal("ONLINE D:", list[#list])
  end)

  for _, verb in ipairs { "dismount", "offline" } do
    it(verb .. " is refused with 4 while the volume is in use", function()
      local lab = command.lab(finally, "8M:fat:D")
      local machine <close> = lab:connect()
      local volume <close> = assert(machine:open "D:")
      local result = run(lab, { verb, "D:" }, 4)
      assert.matches("^ntvol: lock 'D:': ", result.err)
      assert.equal("string", type(volume:read(0, 512)))
    end)

    it(verb .. " --no-lock does it all the same", function()
      local lab = command.lab(finally, "8M:fat:D")
      local machine <close> = lab:connect()
      local volume <close> = assert(machine:open "D:")
      run(lab, { verb, "D:", "--no-lock" })
      local data, _, code = volume:read(0, 512)
      assert.is_nil(data)
      assert.equal("ERROR_NOT_READY", code)
    end)

    it(verb .. " refuses a page file with 1, and what is not there with 3",
      function()
        local lab = command.lab(finally)
        assert(require "ntvol.sim".create(lab.path, { disks = { { size = "8M",
          volumes = { { letter = "P:", fs = "fat", pagefile = true } },
        } } })):close()
        run(lab, { verb, "P:" }, 1)
        run(lab, { verb, "P:", "--no-lock" }, 1)
        run(lab, { verb, "Q:" }, 3)
      end)
  end

  it("offline twice and online twice are harmless", function()
    local lab = command.lab(finally, "8M:fat:D")
    run(lab, { "online", "D:" })
    run(lab, { "offline", "D:" })
    run(lab, { "offline", "D:" })
    assert.equal("offline", state(lab, "D:"))
    run(lab, { "online", "D:" })
    run(lab, { "online", "D:" })
    assert.is_nil(state(lab, "D:"):find "offline")
  end)
end)
