-- Every example runs: by itself on a machine in memory, and on a machine that
-- NTVOL_MACHINE names; without being told to, none of them changes anything.

local command = require "spec.support.command"
local proc = require "spec.support.proc"

local function example(lab, name, words, machine)
  local quoted = {}
  for i, word in ipairs(words or {}) do
    quoted[i] = proc.quote(word)
  end
  local variable = machine and "NTVOL_MACHINE=" .. proc.quote(machine)
    or "-u NTVOL_MACHINE"
  local result = command.capture(
    ("env %s LUA_PATH=%s LUA_CPATH=%s %s -W examples/%s.lua %s"):format(
      variable, proc.quote(package.path), proc.quote(package.cpath),
      command.LUA, name, table.concat(quoted, " ")), lab.folder)
  assert.is_nil(result.err:find("warning"), result.err)
  return result
end

local NAMES = {}
for _, path in ipairs(proc.lines("ls examples/*.lua")) do
  NAMES[#NAMES + 1] = path:match("([^/]+)%.lua$")
end

-- What each prints on a machine of its own.
local PRINTS = {
  list_volumes = 'E:  NTFS  "DATA"',
  change_filesystem = "Nothing was changed.",
  prepare_lun_removal = "Nothing was changed.",
  restore_lun = "restore_lun 'PhysicalDrive0': done.*E:  FAT32  \"LOGS\"",
  exclusive_read = "^D:  8388608 bytes  adler32 %x%x%x%x%x%x%x%x\n$",
  raw_sectors = "00000001f0 .* 55 aa  ",
  windows_selftest = "Nothing was changed.",
}

describe("examples/", function()
  for _, name in ipairs(NAMES) do
    it(name .. ".lua runs anywhere, and changes nothing by itself", function()
      local lab = command.lab(finally, "8M:fat:D:OLD")
      local words = assert(PRINTS[name], "say here what it prints")
      local result = example(lab, name)
      assert.equal(0, result.code, result.err)
      assert.matches(words, result.out)

      local before = lab:bytes()
      result = example(lab, name, nil, lab.path)
      assert.equal(0, result.code, result.err)
      assert.equal(before, lab:bytes())
      local events = table.concat(lab:history(), " ")
      assert.is_nil(events:find("DISMOUNT"), events)
      assert.is_nil(events:find("OFFLINE"), events)
    end)
  end

  it("list_volumes.lua shows the machine that is named", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local result = example(lab, "list_volumes", nil, lab.path)
    assert.matches('\n  D:  FAT12  "OLD"  8 MiB', result.out)
  end)

  it("change_filesystem.lua does it when the volume is named twice",
    function()
      local lab = command.lab(finally, "16M:fat:D:OLD")
      local result = example(lab, "change_filesystem", { "D:", "E:" },
        lab.path)
      assert.equal(1, result.code)
      assert.matches("give erase", result.err)
      assert.same({}, lab:history())
      result = example(lab, "change_filesystem", { "D:", "D:" }, lab.path)
      assert.equal(0, result.code, result.err)
      assert.matches('D:  NTFS  "DATA"', result.out)
      assert.equal("NTFS", lab:bytes():sub(4, 7))
    end)

  it("change_filesystem.lua says what failed", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local machine <close> = lab:connect()
    local volume <close> = assert(machine:open "D:")
    assert.equal("OLD", volume:label())
    local result = example(lab, "change_filesystem", { "D:", "D:" }, lab.path)
    assert.equal(1, result.code)
    assert.matches("step 'lock': ", result.err)
    assert.matches("  open: undone", result.err)
    result = example(lab, "change_filesystem", { "Q:" }, lab.path)
    assert.equal(1, result.code)
  end)

  it("prepare_lun_removal.lua shows that masking is no surprise", function()
    local lab = command.lab(finally)
    local result = example(lab, "prepare_lun_removal", { "0", "--yes" })
    assert.equal(0, result.code, result.err)
    assert.matches("PhysicalDrive0  REMOVAL", result.out)
    assert.matches("PhysicalDrive0  MASKED", result.out)
    assert.is_nil(result.out:find("SURPRISE"))
  end)

  it("restore_lun.lua takes the disk of a machine away and brings it back",
    function()
      local lab = command.lab(finally, "8M:fat:D:OLD")
      local result = example(lab, "restore_lun", { "0", "--yes" }, lab.path)
      assert.equal(0, result.code, result.err)
      assert.matches("verify +PhysicalDrive0  done[^\n]*D:\n", result.out)
      local events = table.concat(lab:history(), " ")
      assert.matches("MASKED PhysicalDrive0.*ARRIVAL D:", events)
      assert.is_nil(events:find("SURPRISE"), events)
    end)

  it("exclusive_read.lua sums the bytes of the image, and is refused while"
    .. " others hold the volume", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local result = example(lab, "exclusive_read", { "D:" }, lab.path)
    assert.equal(0, result.code, result.err)
    local a, b = 1, 0
    for byte in lab:bytes():gmatch "." do
      a = a + byte:byte()
      b = b + a
    end
    assert.equal(("%08x"):format((b % 65521) << 16 | a % 65521),
      result.out:match("adler32 (%x+)"))
    local machine <close> = lab:connect()
    local volume <close> = assert(machine:open "D:")
    assert.equal("volume", volume:kind())
    result = example(lab, "exclusive_read", { "D:" }, lab.path)
    assert.equal(1, result.code)
    assert.matches("^lock 'D:': access denied", result.err)
  end)

  it("windows_selftest.lua finds the simulated machine as documented",
    function()
      local lab = command.lab(finally, "64M:fat:E:OLD")
      local result = example(lab, "windows_selftest", { "E:" }, lab.path)
      assert.equal(0, result.code, result.out .. result.err)
      assert.matches("\nok\toffline\tdocumented: success", result.out)
      assert.matches("\n29 as documented, 0 differ\n", result.out)
      assert.matches('E:  FAT16  "OLD"', result.out)
      result = example(lab, "windows_selftest", { "E:", "e:" }, lab.path)
      assert.equal(0, result.code, result.out .. result.err)
      assert.matches("\n31 as documented, 0 differ\n", result.out)
      assert.equal("NTFS", lab:bytes():sub(4, 7))
    end)

  it("windows_selftest.lua says what differs, and brings the volume back",
    function()
      local lab = command.lab(finally, "64M:fat:E:OLD")
      local machine <close> = lab:connect()
      local holder = assert(machine:open "E:\\")
      assert.equal("directory", holder:kind())
      local result = example(lab, "windows_selftest", { "E:" }, lab.path)
      assert.equal(1, result.code)
      assert.matches("\nDIFFERS\tlock\tdocumented: success\tseen: "
        .. "ERROR_ACCESS_DENIED STATUS_ACCESS_DENIED, holders: ", result.out)
      assert.is_false(machine:volumes()[1].offline)
    end)

  it("windows_selftest.lua refuses what it must not touch", function()
    local lab = command.lab(finally, "16M:fat:E:OLD", "16M:fat:F:BOOT")
    do
      local machine <close> = lab:connect()
      assert(require "ntvol.sim.core".set_flags(machine, "F:",
        { boot = true }))
    end
    for _, words in ipairs { { "F:", "F:" }, { "E:", "F:" }, { "Q:" } } do
      local result = example(lab, "windows_selftest", words, lab.path)
      assert.equal(2, result.code)
      assert.matches("^windows_selftest: ", result.err)
    end
    assert.same({}, lab:history())
    local result = example(lab, "windows_selftest", nil, lab.path)
    assert.matches('F:  FAT%d+  "BOOT"[^\n]*not this one: boot', result.out)
  end)

  it("raw_sectors.lua reads disks, too, and refuses nonsense", function()
    local lab = command.lab(finally, "mbr:16M:fat:D:OLD")
    local result = example(lab, "raw_sectors", { "0" }, lab.path)
    assert.matches("00000001f0 .* 55 aa  ", result.out)
    result = example(lab, "raw_sectors", { "0", "1", "2" }, lab.path)
    assert.matches("\n0000000200 ", result.out)
    assert.matches("\n00000005f0 ", result.out)
    for _, words in ipairs { { "D:", "x" }, { "D:", "-1" }, { "D:", "0", "0" } }
    do
      assert.equal(2, example(lab, "raw_sectors", words, lab.path).code)
    end
  end)

  for _, name in ipairs(NAMES) do
    it(name .. ".lua has a short usage for --help and for what it cannot take",
      function()
        local lab = command.lab(finally)
        local result = example(lab, name, { "--help" })
        assert.equal(0, result.code, result.err)
        local usage = "^usage: " .. name .. "%.lua[^\n]*\n$"
        assert.matches(usage, result.out)
        for _, words in ipairs { { "--nonsense" }, { "" },
          { "D:", "1", "1", "1" } } do
          result = example(lab, name, words)
          assert.equal(2, result.code, table.concat(words, " "))
          assert.matches(usage, result.err)
          assert.equal("", result.out)
        end
      end)

    it(name .. ".lua can be run by its name", function()
      if proc.windows then
        pending "Windows runs no script by its first line"
      end
      local lab = command.lab(finally)
      local result = command.capture(
        ("LUA_PATH=%s LUA_CPATH=%s examples/%s.lua --help"):format(
        proc.quote(package.path), proc.quote(package.cpath), name), lab.folder)
      assert.equal(0, result.code, result.err)
    end)
  end

  -- The line "To run it" as it was printed, in sh.
  for name, words in pairs { change_filesystem = "D:", prepare_lun_removal = "0",
    restore_lun = "0" } do
    it(name .. ".lua says how to run it, and that works as it stands", function()
      if proc.windows then
        pending "the line is one of sh"
      end
      local lab = command.lab(finally, "8M:fat:D:OLD")
      local shown = example(lab, name, { words }, lab.path).out
      assert.same({}, lab:history())
      local result = command.capture(
        ("export NTVOL_MACHINE=%s LUA_PATH=%s LUA_CPATH=%s; %s"):format(
        proc.quote(lab.path), proc.quote(package.path), proc.quote(package.cpath),
        assert(shown:match "To run it: ([^\n]+)")), lab.folder)
      assert.equal(0, result.code, result.err)
      assert.is_true(#lab:history() > 0)
    end)
  end
end)
