-- What a process may not have: open files, and room for scratch files. The
-- refusal says which, and what to do.

local command = require "spec.support.command"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local COMMANDS = {
  "volumes", "disks", "events", "show D:", "holders D:", "lock D: -- true",
  "dismount D:", "offline D:", "log", "recover D:",
  "undo D:",
  "sim create LAB --disk 4M:fat:D", "change-fs D: --to fat --erase D:",
  "exclusive D: -- true", "prepare-removal 0",
}

describe("few descriptors:", function()
  if proc.windows then
    pending("ulimit is of POSIX")
    return
  end

  -- A command that gets through with so few is right; one that does not says
  -- what it lacks.
  for limit = 6, 12 do
    it(("with %d, every command works or says why not"):format(limit),
      function()
        local lab = command.lab(finally, "4M:raw:D:", "4M:raw:E:")
        local short = 0
        for i, words in ipairs(COMMANDS) do
          local line = words:gsub("LAB", lab.folder .. "/new" .. i)
          local result = command.capture(("ulimit -n %d; exec env"
            .. " NTVOL_MACHINE=%s NTVOL_STATE=%s %s bin/ntvol %s"):format(limit,
            proc.quote(lab.path), proc.quote(lab.folder .. "/state"),
            command.LUA, line), lab.folder)
          if result.err:find("open files", 1, true) then
            short = short + 1
            assert(result.err:find("ulimit -n", 1, true), result.err)
          else
            for _, wrong in ipairs { "writable", "invalid parameter", "damaged",
                "cannot be read", "put the", "not installed", "traceback",
                "Usage:" } do
              assert(not (result.err .. result.out):find(wrong, 1, true),
                words .. ": " .. result.out .. result.err)
            end
          end
        end
        assert(limit > 8 or short > 0, "nothing was short")
      end)
  end
end)

describe("small files:", function()
  if proc.windows then
    pending("ulimit is of POSIX")
    return
  end

  -- In blocks of 512 bytes: none, less than a database, less than its index,
  -- less than the volume.
  for _, limit in ipairs { 0, 1, 30, 80, 2000 } do
    it(("with %d blocks, every command works or says why not"):format(limit),
      function()
        local lab = command.lab(finally, "4M:raw:D:", "4M:raw:E:")
        local short = 0
        for i, words in ipairs(COMMANDS) do
          local line = words:gsub("LAB", lab.folder .. "/new" .. i)
          -- GCOV_PREFIX: a build that counts lines keeps the count of a process
          -- that cannot write it whole apart from the counts of the others.
          local output, code = proc.run(("(ulimit -f %d; exec env GCOV_PREFIX=%s"
            .. " NTVOL_MACHINE=%s NTVOL_STATE=%s %s bin/ntvol %s)"):format(limit,
            proc.quote(lab.folder .. "/gcov"), proc.quote(lab.path),
            proc.quote(lab.folder .. "/state"), command.LUA, line))
          assert(code < 128, words .. ": died: " .. output)
          if output:find("ulimit -f", 1, true) then
            short = short + 1
            assert(code ~= 0, words .. ": " .. output)
          else
            for _, wrong in ipairs { "writable", "damaged", "I/O error",
                "is full", "traceback", "warning" } do
              assert(not output:find(wrong, 1, true), words .. ": " .. output)
            end
          end
        end
        assert(short > 0, "nothing was short")
      end)
  end

  -- The command heeds the signal; the module leaves a host's signals alone.
  it("the module does not keep SIGXFSZ from its host", function()
    local lab = command.lab(finally, "4M:raw:D:")
    local script = ("print(require 'ntvol.sim'.open '%s')"):format(lab.path)
    local output = proc.run(("(ulimit -c 0; ulimit -f 1; exec %s -e %s)"
      .. "; echo exit $?"):format(command.LUA, proc.quote(script)))
    assert.matches("exit 153\n$", output)
  end)
end)

describe("little memory:", function()
  local reason = proc.windows and "ulimit is of POSIX"
    or ((os.getenv "LD_PRELOAD" or "") ~= "" or os.getenv "NTVOL_CHECKER")
      and "a checker needs more memory than there is here"
  if reason then
    pending(reason)
    return
  end

  -- From too little for a library of the core to enough. With less than that
  -- there is not even a Lua: the dynamic linker says so.
  for _, words in ipairs { "volumes", "log", "change-fs D: --to fat --erase D:" }
  do
    it(("'%s' works, or says that it is memory"):format(words), function()
      local lab = command.lab(finally, "4M:raw:D:")
      local short = 0
      for kib = 4000, 40000, 1000 do
        local result = command.capture(("ulimit -v %d; exec env NTVOL_MACHINE=%s"
          .. " NTVOL_STATE=%s %s bin/ntvol %s"):format(kib, proc.quote(lab.path),
          proc.quote(lab.folder .. "/state"), command.LUA, words), lab.folder)
        local no_lua = result.err:find("loading shared libraries", 1, true)
        if result.err ~= "" and not no_lua then
          short = short + 1
          assert(result.err:find("^ntvol: "), result.err)
          assert(result.err:find("not enough memory", 1, true), result.err)
          assert(result.err:find("\nhint: ", 1, true), result.err)
          assert(not result.err:find("cannot be loaded", 1, true)
            or result.err:find("hint: give this process more memory: ulimit -v",
              1, true), result.err)
          for _, wrong in ipairs { "install", "traceback", "internal" } do
            assert(not result.err:find(wrong, 1, true), result.err)
          end
        end
      end
      assert(short > 0, "nothing was short")
    end)
  end
end)

describe("a full folder for scratch files", function()
  local reason = machines.missing("unshare", "mount", "mkfs.ntfs")
    or select(2, proc.run "unshare -m true") ~= 0 and "no private mounts here"
  if reason then
    pending(reason)
    return
  end

  local function rehearse(folder, size, fs)
    return proc.run(([[unshare -m --propagation private sh -c '
      mount -t tmpfs -o size=%s tmpfs %s && NTVOL_TMPDIR=%s exec %s -e "
        local ok, message, code, info = require [=[ntvol.core]=].rehearse_format {
          fs = [=[%s]=], size = 64 << 20, sector_size = 512 }
        print(ok, message, code, info and info.reason)"']]):format(size, folder,
      folder, command.LUA, fs))
  end

  for _, fs in ipairs { "ntfs", "fat32", "exfat" } do
    it("is disk_full, not a bad parameter: " .. fs, function()
      local output = rehearse(tempdir(finally), "24k", fs)
      assert(output:find("disk_full", 1, true), output)
      assert(output:find("ERROR_DISK_FULL", 1, true), output)
      assert(output:find("NTVOL_TMPDIR", 1, true), output)
      assert(not output:find("larger volume", 1, true), output)
    end)
  end

  it("leaves the volume alone", function()
    local folder = tempdir(finally)
    local path = folder .. "/lab"
    assert(sim.create(path, { disks = { "64M:raw:D:" } })):close()
    assert(os.execute("mkdir " .. folder .. "/full"))
    local output = proc.run(([[unshare -m --propagation private sh -c '
      mount -t tmpfs -o size=24k tmpfs %s/full
      NTVOL_TMPDIR=%s/full NTVOL_MACHINE=%s NTVOL_STATE=%s/state exec %s \
        bin/ntvol change-fs D: --to ntfs --erase D:']]):format(folder, folder, path,
      folder, command.LUA))
    assert(output:find("ERROR_DISK_FULL", 1, true), output)
    assert(proc.slurp(path .. "/disk0.img") == ("\0"):rep(64 << 20))
  end)
end)
