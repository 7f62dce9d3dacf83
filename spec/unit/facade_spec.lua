-- The module `ntvol`: what it offers, which machine it works on, and the small
-- modules below it.

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local json = require "ntvol.json"
local names = require "ntvol.names"
local ntvol = require "ntvol"
local progress = require "ntvol.progress"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"
local terminal = require "spec.support.terminal"

local function lab(...)
  return assert(sim.create(":memory:", { disks = { ... } }))
end

-- A child process that sees NTVOL_MACHINE = `machine`, nil for unset.
local function child(machine, code)
  local variable = machine and "NTVOL_MACHINE=" .. proc.quote(machine)
    or "-u NTVOL_MACHINE"
  return proc.run(("env %s LUA_PATH=%s LUA_CPATH=%s %s -W -e %s"):format(
    variable, proc.quote(package.path), proc.quote(package.cpath),
    os.getenv("LUA") or "lua5.4", proc.quote(code)))
end

describe("a module that is loaded late", function()
  -- A hook that raises at an instruction of the module that is loaded.
  local function interrupt(name, at, call)
    local module, loading, count = require(name), false, 0
    package.loaded[name] = nil
    package.preload[name] = function()
      loading = true
      for _ = 1, 20 do
        count = count + 0
      end
      loading = false
      return module
    end
    debug.sethook(function()
      count = loading and count + 1 or count
      if count == at then
        debug.sethook()
        error("interrupted!", 0)
      end
    end, "", 1)
    local results = table.pack(pcall(call))
    debug.sethook()
    package.preload[name] = nil
    package.loaded[name] = module
    return table.unpack(results, 1, results.n)
  end

  local function interrupt_each(name, call)
    for at = 1, 40 do
      local ok, object, message = interrupt(name, at, call)
      assert(ok and object or object == "interrupted!", message)
      if ok then
        assert(object:close())
      end
    end
  end

  it("and cannot be, says why", function()
    for name, text in pairs {
      ["no.such.module"] = "module 'no.such.module' not found:",
      broken = "error loading module 'a' from file 'b': b: cannot map",
    } do
      package.preload.broken = function()
        error("error loading module 'a' from file 'b':\n\tb: cannot map\nmore", 0)
      end
      local found, problem = failure.load(name)
      package.preload.broken = nil
      assert.is_false(found)
      assert.equal(text, problem)
    end
  end)

  it("is not taken for one that is missing when that is interrupted", function()
    local folder = tempdir(finally) .. "/lab"
    assert(sim.create(folder, { disks = { "1M:raw:D" } })):close()
    interrupt_each("ntvol.sim", function()
      return require("ntvol.current").connect("sim:" .. folder)
    end)
  end)

  it("is not either when it is that of the journal", function()
    local folder = tempdir(finally)
    interrupt_each("ntvol.journal.core", function()
      return require("ntvol.journal").open(folder)
    end)
  end)
end)

describe("the module", function()
  it("is a table of its own with the names of the core", function()
    assert.is_false(rawequal(ntvol, core))
    assert.equal(core._VERSION, ntvol._VERSION)
    assert.equal(0x90018, ntvol.codes.FSCTL_LOCK_VOLUME)
    assert.equal(5, ntvol.errors.ERROR_ACCESS_DENIED.win32)
    assert.equal(0x90018, ntvol.ctl_code(9, 6, 0, 0))
    assert.is_nil(ntvol.connect)
    assert.is_nil(ntvol.nonsense)
  end)

  it("loads sim and plan only when they are used", function()
    local output, code = child(nil, [[
      local ntvol = require "ntvol"
      assert(not package.loaded["ntvol.sim"])
      assert(not package.loaded["ntvol.sim.core"])
      assert(not package.loaded["ntvol.plan"])
      assert(ntvol.sim == require "ntvol.sim")
      assert(ntvol.plan == require "ntvol.plan")
      assert(rawget(ntvol, "sim") and rawget(ntvol, "plan"))]])
    assert.equal(0, code, output)
  end)

  it("has help on itself, on classes and on objects", function()
    assert.matches("open%(name, options%)", ntvol.help())
    local machine <close> = lab "8M:fat:D"
    local volume = assert(machine:open "D:")
    local guard = assert(volume:lock())
    assert.equal(machine:help(), ntvol.help(machine))
    assert.equal(volume:help(), ntvol.help(volume))
    assert.equal(guard:help(), ntvol.help(guard))
    assert.equal(volume:help(), ntvol.help "volume")
    assert(volume:close())
    assert.equal(ntvol.help "volume", ntvol.help(volume))
    for _, topic in ipairs { "nonsense", 1, {} } do
      local ok, problem = pcall(ntvol.help, topic)
      assert.is_false(ok)
      assert.matches("no help on", problem)
    end
  end)
end)

describe("the current machine", function()
  it("is the one that was chosen", function()
    local one <close> = lab "8M:fat:D:ONE"
    local two <close> = lab "8M:fat:E:TWO"
    assert.equal(one, ntvol.machine(one))
    assert.equal(one, ntvol.machine())
    assert.equal("D:", ntvol.volumes()[1].name)
    assert.equal("PhysicalDrive0", ntvol.disks()[1].name)
    local volume <close> = assert(ntvol.open("D:", { access = "r" }))
    assert.equal("ONE", volume:label())
    assert.equal(two, ntvol.machine(two))
    assert.equal("E:", ntvol.volumes()[1].name)
  end)

  it("stays chosen when it is closed: there is no silent other one",
    function()
      local machine = lab "8M:fat:D"
      ntvol.machine(machine)
      machine:close()
      for _, f in ipairs { ntvol.volumes, ntvol.disks, ntvol.open } do
        local ok, problem = pcall(f, "D:")
        assert.is_false(ok)
        assert.matches("closed machine", problem)
      end
      local ok, problem = pcall(ntvol.machine, machine)
      assert.is_false(ok)
      assert.matches("closed machine", problem)
    end)

  it("takes machines and specifications, and nothing else", function()
    for _, value in ipairs { 1, true, {}, print } do
      local ok, problem = pcall(ntvol.machine, value)
      assert.is_false(ok)
      assert.matches("string or machine expected", problem)
    end
  end)

  it("is named by a folder, with sim: or without", function()
    local folder = tempdir(finally) .. "/lab"
    assert(sim.create(folder, { disks = { "8M:fat:D:HERE" } })):close()
    for _, spec in ipairs { folder, "sim:" .. folder } do
      local machine <close> = assert(ntvol.machine(spec))
      assert.equal("sim:" .. folder, machine:name())
      assert.equal("HERE", ntvol.volumes()[1].label)
    end
    local machine <close> = assert(sim.open(folder))
    assert.equal("machine", ntvol.type(machine))
  end)

  it("does not change when the new one cannot be had", function()
    local machine <close> = lab "8M:fat:D"
    ntvol.machine(machine)
    local answer, message, code, info = ntvol.machine "/nowhere/at/all"
    assert.is_nil(answer)
    assert.equal("ERROR_FILE_NOT_FOUND", code, message)
    assert.equal("table", type(info))
    assert.equal(machine, ntvol.machine())
  end)

  it("of an unknown kind is refused", function()
    local answer, message, code = ntvol.machine "vms:there"
    assert.is_nil(answer)
    assert.equal("ERROR_NOT_SUPPORTED", code)
    assert.matches("vms", message)
  end)

  it("with one letter before the colon is a folder", function()
    local _, message, code = ntvol.machine "C:\\lab"
    assert.equal("ERROR_FILE_NOT_FOUND", code, message)
  end)

  it("comes from NTVOL_MACHINE", function()
    local folder = tempdir(finally) .. "/lab"
    assert(sim.create(folder, { disks = { "8M:fat:D:ENV" } })):close()
    for _, spec in ipairs { folder, "sim:" .. folder } do
      local output, code = child(spec, [[
        local ntvol = require "ntvol"
        print(ntvol.volumes()[1].label)
        assert(ntvol.machine() == ntvol.machine())
        ntvol.machine():close()
        print(#ntvol.disks())]])
      assert.equal("ENV\n1\n", output)
      assert.equal(0, code)
    end
  end)

  it("is refused with a hint when nothing names one", function()
    if proc.windows then
      pending "on Windows it is this computer"
    end
    for _, variable in ipairs { false, "" } do
      local output, code = child(variable or nil, [[
        local ntvol = require "ntvol"
        for _, f in ipairs { ntvol.machine, ntvol.volumes, ntvol.disks,
          function() return ntvol.open "D:" end } do
          local answer, message, code, info = f()
          assert(answer == nil and code == "ERROR_NOT_SUPPORTED")
          assert(info.hint:find "NTVOL_MACHINE", info.hint)
          assert(message:find(info.hint, 1, true))
        end]])
      assert.equal(0, code, output)
    end
  end)

  it("of kind sim is refused clearly when its module is missing", function()
    local output, code = child(nil, [[
      package.preload["ntvol.sim.core"] = nil
      table.insert(package.searchers, 2, function(name)
        if name == "ntvol.sim.core" then
          return function() error "module 'ntvol.sim.core' not found" end
        end
      end)
      local ntvol = require "ntvol"
      local answer, message, code, info = ntvol.machine "sim:lab"
      assert(answer == nil and code == "ERROR_NOT_SUPPORTED")
      assert(info.reason == "not_installed")
      assert(info.hint:find "install", info.hint)
      print(message)]])
    assert.equal(0, code, output)
    assert.matches("^connect to 'sim:lab': not supported: simulated machines",
      output)
  end)
end)

describe("sim.create", function()
  it("makes the file systems and begins with an empty history", function()
    local machine <close> = lab("16M:fat:D:OLD",
      "gpt:100M=40M:ntfs:E:DATA+rest:exfat:F", "8M:raw:-")
    local found = {}
    for _, v in ipairs(machine:volumes()) do
      found[#found + 1] = ("%s %s %s"):format(
        v.name:gsub("{.*}", "{}"), v.file_system, v.label)
    end
    assert.same({ "D: FAT16 OLD", "E: NTFS DATA", "F: exFAT ",
      "\\\\?\\Volume{} RAW " }, found)
    assert.same({}, machine:events())
    for _, v in ipairs(machine:volumes()) do
      assert.is_false(v.locked)
      assert.equal(v.file_system ~= "RAW", v.mounted)
    end
  end)

  for _, flag in ipairs { "system", "boot", "pagefile", "readonly" } do
    it("formats a volume with the flag " .. flag, function()
      local machine <close> = lab({ size = "60M", volumes = {
        { size = "20M", fs = "fat", label = "FIRST" },
        { size = "20M", letter = "C:", fs = "ntfs", label = "SECOND",
          [flag] = true },
      } })
      local volume = machine:volumes()[2]
      assert.equal("C:", volume.name)
      assert.equal("NTFS", volume.file_system)
      assert.equal("SECOND", volume.label)
      assert.is_true(volume[flag])
      assert.equal("FIRST", machine:volumes()[1].label)
      assert.same({}, machine:events())
      local handle <close> = assert(machine:open("C:", { access = "r" }))
      local sector = assert(handle:read(0, 512))
      assert.equal("NTFS", sector:sub(4, 7))
      -- hidden sectors: where the partition begins
      assert.equal(volume.extents[1].offset // 512,
        (string.unpack("<I4", sector, 0x1D)))
    end)
  end

  it("raises for a bad specification, and says where", function()
    local ok, problem = pcall(sim.create, ":memory:",
      { disks = { { size = "1M", volumes = { { fs = "xfs" } } } } })
    assert.is_false(ok)
    assert.matches("bad argument #2 to 'create' %(disk 1: volume 1: ", problem)
    assert.is_false(pcall(sim.create, 1, {}))
    assert.is_false(pcall(sim.create, ":memory:"))
    assert.is_false(pcall(sim.open))
  end)

  it("leaves nothing behind when a file system cannot be made", function()
    local folder = tempdir(finally) .. "/lab"
    local machine, message, code, info = sim.create(folder,
      { disks = { "8M:fat:D:GOOD", "8M:fat:E:THIS_LABEL_IS_MUCH_TOO_LONG" } })
    assert.is_nil(machine)
    assert.equal("ERROR_INVALID_PARAMETER", code, message)
    assert.equal("format", info.op)
    local _, status = proc.run("test -e " .. proc.quote(folder))
    assert.equal(1, status, "the folder is still there")
  end)

  it("does not touch a folder that is not empty", function()
    local folder = tempdir(finally)
    local file = assert(io.open(folder .. "/mine", "w"))
    assert(file:write "keep")
    assert(file:close())
    local machine = sim.create(folder, { disks = { "8M:fat:D" } })
    assert.is_nil(machine)
    assert.same({ folder .. "/mine" }, proc.lines("ls -d " .. folder .. "/*"))
    assert.equal("keep", proc.slurp(folder .. "/mine"))
  end)

  it("builds around an existing image and leaves it alone", function()
    local folder = tempdir(finally)
    local image = folder .. "/old.img"
    assert(sim.create(folder .. "/a", { disks = { "8M:fat:D:KEPT" } })):close()
    os.rename(folder .. "/a/disk0.img", image)
    local before = proc.slurp(image)
    local machine = assert(sim.create(folder .. "/b", { disks = {
      { image = image, volumes = { { letter = "K:" } } } } }))
    assert.equal("K:", machine:volumes()[1].name)
    assert.equal("KEPT", machine:volumes()[1].label)
    machine:close()
    assert.equal(before, proc.slurp(image))
    assert.is_true(sim.remove(folder .. "/b"))
    assert.equal(before, proc.slurp(image))
  end)
end)

describe("a failure made in Lua", function()
  it("has the shape and the grammar of the core", function()
    local _, message, code, info = core.connect("nowhere", "x")
    local nothing, ours, our_code, our_info = core.fail {
      op = info.op, target = info.target, status = info.status_name,
      reason = info.reason, detail = info.detail, hint = info.hint,
    }
    assert.is_nil(nothing)
    assert.equal(message, ours)
    assert.equal(code, our_code)
    assert.same(info, our_info)
  end)

  it("is one line", function()
    local _, message = core.fail { op = "lock", target = "a\nb",
      status = "STATUS_ACCESS_DENIED", detail = "c\r\nd" }
    assert.equal("lock 'a\\x0ab': access denied: c\\x0d\\x0ad"
      .. " [ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED]", message)
  end)

  it("can have another class", function()
    local _, _, _, info = core.fail { op = "a", target = "b",
      status = "STATUS_ACCESS_DENIED", class = "transient" }
    assert.equal("transient", info.class)
  end)

  it("of an unknown status raises", function()
    assert.is_false(pcall(core.fail,
      { op = "a", target = "b", status = "STATUS_NONSENSE" }))
  end)

  it("can be said without its hint", function()
    local _, message, _, info = core.fail { op = "a", target = "b",
      status = "STATUS_ACCESS_DENIED", hint = "100% (sure)" }
    assert.equal("a 'b': access denied"
      .. " [ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED]",
      failure.without_hint(message, info))
    assert.equal("x", failure.without_hint("x", nil))
    assert.equal("x", failure.without_hint("x", {}))
    assert.equal("x", failure.without_hint("x", { hint = "y" }))
  end)
end)

describe("names", function()
  it("have one spelling", function()
    for _, name in ipairs { "D:", "d:", "\\\\.\\D:", "\\\\?\\d:", "D:\\" } do
      assert.equal("d:", names.canonical(name))
    end
    assert.is_true(names.is_one_of("\\\\.\\d:", { "C:", "D:" }))
    assert.is_false(names.is_one_of("E:", { "C:", "D:" }))
    assert.is_false(names.is_one_of(nil, { "C:" }))
  end)

  it("of disks have a number", function()
    for _, name in ipairs { 7, "7", "PhysicalDrive7", "\\\\.\\physicaldrive7" }
    do
      assert.equal(7, names.disk_number(name))
    end
    for _, name in ipairs { "D:", "7x", "PhysicalDrive", "", "-1" } do
      assert.is_nil(names.disk_number(name))
    end
  end)

  it("are looked up without mounting or writing history", function()
    local machine <close> = lab("gpt:40M=10M:fat:D:A+rest:fat:E:B", "8M:fat:F")
    local found = assert(names.volume(machine, "\\\\.\\d:"))
    assert.equal("A", found.label)
    assert.equal(found.guid_path,
      assert(names.volume(machine, found.guid_path)).guid_path)
    assert.equal("PhysicalDrive1", assert(names.disk(machine, "1")).name)
    local list = assert(names.volumes_of_disk(machine, 0))
    assert.same({ "D:", "E:" }, { list[1].name, list[2].name })
    assert.same({}, machine:events())
    local volume = failure.protect(names.volume)
    local _, _, code, info = volume(machine, "D:\\")
    assert.equal("ERROR_INVALID_PARAMETER", code)
    assert.equal("not_a_volume", info.reason)
    _, _, code = volume(machine, "Q:")
    assert.equal("ERROR_FILE_NOT_FOUND", code)
    _, _, code = volume(machine, "PhysicalDrive0")
    assert.equal("ERROR_INVALID_FUNCTION", code)
    for _, disk in ipairs { 9, "9", "D:" } do
      _, _, code = failure.protect(names.disk)(machine, disk)
      assert.equal("ERROR_FILE_NOT_FOUND", code)
    end
  end)
end)

describe("json.encode", function()
  local rows = {
    { nil, "null" }, { true, "true" }, { false, "false" }, { 0, "0" },
    { math.maxinteger, "9223372036854775807" },
    { math.mininteger, "-9223372036854775808" }, { 1.5, "1.5" },
    { 1 / 0, "null" }, { 0 / 0, "null" }, { "", '""' },
    { 'a"b\\c', '"a\\"b\\\\c"' }, { "\n\t\r\0\x1f\x7f",
      '"\\n\\t\\r\\u0000\\u001f\\u007f"' }, { "äöü", '"äöü"' },
    { "a\xFFb\xC3", '"a\u{FFFD}b\u{FFFD}"' }, { {}, "[]" },
    { "\u{9b}\u{202e}\u{e0041}", '"\\u009b\\u202e\\udb40\\udc41"' },
    { { 1, "a" }, '[\n  1,\n  "a"\n]' },
    { { b = 1, a = { x = {} } },
      '{\n  "a": {\n    "x": []\n  },\n  "b": 1\n}' },
  }
  for i, row in ipairs(rows) do
    it(("writes %d: %s"):format(i, row[2]:gsub("%s+", " ")), function()
      assert.equal(row[2], json.encode(row[1]))
    end)
  end

  it("is read back by another program", function()
    local value = { list = { 1, 2, { deep = "x\ny" } }, yes = true,
      number = 0.1, size = 16 << 40 }
    assert.same(value, require "cjson".decode(json.encode(value)))
  end)

  it("refuses what has no JSON", function()
    assert.is_false(pcall(json.encode, print))
  end)
end)

describe("the progress bar", function()
  it("shows the share, cut and never past the end", function()
    assert.equal("[" .. ("-"):rep(32) .. "]   0%  0 bytes of 64 MiB",
      progress.line(0, 64 << 20))
    assert.equal("[" .. ("#"):rep(16) .. ("-"):rep(16)
      .. "]  50%  32 MiB of 64 MiB", progress.line(32 << 20, 64 << 20))
    assert.matches("99%%", progress.line(9999, 10000))
    assert.matches("100%%", progress.line(10, 10))
    assert.matches("100%%", progress.line(11, 10))
    assert.matches("100%%", progress.line(0, 0))
  end)

  it("fits a narrow terminal: a shorter bar, then less words", function()
    local done, total = 1023 << 20, 2047 << 20
    for width = 1, 120 do
      assert(#progress.line(done, total, width) <= math.max(width, 4), width)
    end
    assert.equal("[#####-------]  49%  1023 MiB of 1.9 GiB",
      progress.line(done, total, 40))
    assert.equal(" 49%  1023 MiB of 1.9 GiB", progress.line(done, total, 30))
    assert.equal(" 49%", progress.line(done, total, 20))
  end)

  it("asks the terminal how wide it is", function()
    local reason = terminal.missing()
    if reason then
      pending(reason)
    end
    local place = { folder = tempdir(finally) }
    local result = terminal.line(place, ("sh -c 'stty cols 34; %s -e \"require(%s)"
      .. ".progress_bar(1, 2)\"'"):format(os.getenv "LUA" or "lua5.4",
      "[[ntvol]]"), {})
    assert.matches(" 50%%  1 bytes? of 2 bytes", result.out)
    assert.not_matches("[", result.out, 1, true)
  end)

  it("is silent in a pipe, and does not cancel", function()
    local output, code = child(nil, [[
      local bar = require "ntvol".progress_bar
      assert(bar(1, 2) == nil)
      assert(bar(2, 2) == nil)]])
    assert.equal("", output)
    assert.equal(0, code)
  end)

  it("draws on a terminal and ends its line", function()
    if proc.windows then
      pending "there is no terminal here"
    elseif not proc.has "script" then
      pending "the program script is not installed"
    end
    local output = child(nil, [[
      local lua = "]] .. (os.getenv("LUA") or "lua5.4") .. [["
      os.execute("script -qec '" .. lua .. " -e \"local bar = require [=[ntvol]=]"
        .. ".progress_bar bar(1, 2) bar(1, 2) bar(2, 2)\"' /dev/null")]])
    local _, bars = output:gsub("\r%[", "")
    assert.equal(2, bars, output)
    assert.matches("100%%  2 bytes of 2 bytes%s*\n$", output)
  end)
end)
